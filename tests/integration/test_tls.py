"""TLS and plain on one port: detection, certificates, handshakes that are bad or slow, bounded memory."""
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from brusio_test import (Closed, Connection, Full, Late, PrivateServerTest, ServerTest, StartFailed, TLS, client_hello,
                         connect_address, deadline, trusting)
from brusio_test.web import Http
from brusio_test.irc import Irc


TLS_1_2 = trusting(maximum_version=ssl.TLSVersion.TLSv1_2)


class Trickle:
    """A TLS client that sends PIECE bytes at a time."""

    def __init__(self, server, piece=1):
        self.piece = piece
        self.line = Connection(server)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = TLS.wrap_bio(self.incoming, self.outgoing)

    def exchange(self, step):
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                result = None
            while data := self.outgoing.read(self.piece):
                self.line.send_bytes(data)
            if result is not None:
                return result
            self.incoming.write(self.line.socket.recv(65536))


def make_certificate(directory, name):
    """A certificate and key of openssl's; returns their paths and the fingerprint."""
    cert, key = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(cert)],
                   check=True, capture_output=True)
    return cert, key, fingerprint(ssl.PEM_cert_to_DER_cert(cert.read_text()))


def fingerprint(der):
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


class Tls(ServerTest):
    def peer(self, context=TLS):
        return self.keep(Connection(self.server, tls=context))

    def test_every_dialect_inside(self):
        full = self.full("full", self.room, tls=TLS)
        older = self.full("older", self.room, tls=TLS_1_2)
        plain = self.full("plain", self.room)
        for speaker, listeners in ((full, (older, plain)), (older, (full, plain)), (plain, (full, older))):
            speaker.say(f"by {speaker.name}", self.room)
            for listener in listeners:
                self.assertEqual(listener.entry(self.room)["message"], f"by {speaker.name}")
        simple = self.simple("simple", tls=TLS).enter()
        text = self.text("text", tls=TLS)
        text.send_bytes(text.name.encode() + b"\nciao\n")
        simple.hears("ciao", text.name)

    def test_versions_and_suites(self):
        self.assertEqual(self.peer().socket.version(), "TLSv1.3")
        older = self.peer(TLS_1_2).socket
        self.assertEqual(older.version(), "TLSv1.2")
        self.assertIn("ECDHE", older.cipher()[0])
        for name in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES256-GCM-SHA384", "NULL"):
            weak = trusting(maximum_version=ssl.TLSVersion.TLSv1_2)
            weak.set_ciphers(f"{name}:@SECLEVEL=0")
            with self.assertRaises(OSError, msg=name):
                self.peer(weak)
        old = trusting(minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises(OSError):
            self.peer(old)

    def test_protocol_negotiation(self):
        for offered, chosen in ((["brusio"], "brusio"), (["h2", "http/1.1"], "http/1.1"), ([], None)):
            context = trusting()
            if offered:
                context.set_alpn_protocols(offered)
            self.assertEqual(self.peer(context).socket.selected_alpn_protocol(), chosen)
        context = trusting()
        context.set_alpn_protocols(["smtp"])
        with self.assertRaises(OSError):
            self.peer(context)

    def test_sessions_are_resumed(self):
        for context in (trusting(), trusting(maximum_version=ssl.TLSVersion.TLSv1_2)):
            first = self.keep(Full(self.server, self.named(f"first{context.maximum_version}"), tls=context))
            session = first.socket.session
            again = socket.create_connection(connect_address(self.server), deadline())
            self.addCleanup(again.close)
            with context.wrap_socket(again, session=session) as resumed:
                self.assertTrue(resumed.session_reused)

    def test_byte_by_byte(self):
        client = Trickle(self.server)
        self.keep(client.line)
        client.exchange(lambda: client.tls.do_handshake() or True)
        hello = json.dumps({"op": "hello", "id": "1", "name": self.named("slow")}).encode()
        client.exchange(lambda: client.tls.write(hello))
        self.assertEqual(json.loads(client.exchange(lambda: client.tls.read(65536)))["op"], "welcome")

    def test_goodbye_is_said_in_tls(self):
        client = self.full("leaver", tls=TLS)
        client.post("quit")
        self.assertEqual(client.receive_op("bye")["op"], "bye")
        # An end without close_notify would raise SSLEOFError.
        client.socket.settimeout(deadline())
        self.assertEqual(client.socket.recv(10), b"")

    def test_what_was_asked_is_answered_after_the_end_of_sending(self):
        client = Trickle(self.server, piece=1 << 20)
        self.keep(client.line)
        client.exchange(lambda: client.tls.do_handshake() or True)
        name = self.named("ender")
        requests = [{"op": "hello", "id": "h", "name": name}, {"op": "join", "id": "j", "room": self.room}]
        requests += [{"op": "send", "id": str(number), "room": self.room, "message": "last"} for number in range(50)]
        client.exchange(lambda: client.tls.write(b"".join(json.dumps(one).encode() for one in requests)))
        with self.assertRaises(ssl.SSLWantReadError):
            client.tls.unwrap()
        seen = b""
        while seen.count(b'"op":"ack"') < 50:
            seen += client.exchange(lambda: client.tls.read(65536))

    def test_garbage_in_the_handshake(self):
        hello = client_hello()
        for data in (b"\x16", b"\x16\x03\x01\xff\xff", b"\x16" * 70000, hello[:50] + os.urandom(200) + hello[50:],
                     hello + b"\x17\x03\x03\x00\x10" + bytes(16), hello + hello):
            connection = self.connection()
            try:
                connection.send_bytes(data)
                connection.end_of_sending()
                while connection.socket.recv(65536):
                    pass
            except (OSError, Closed):
                pass
        self.full("after", self.room, tls=TLS).say("still here", self.room)

    def test_a_cut_line_is_no_end_of_input(self):
        """Somebody who cuts the line must not be able to send half a line in another's name."""
        reader = self.text("reader").enter()
        writer = self.text("writer", tls=TLS)
        writer.send_bytes(writer.name.encode() + b"\nall of it\n")
        self.wait_for_line(reader, "all of it")
        writer.send_bytes(b"pay 100")
        writer.socket = socket.socket(fileno=writer.socket.detach())
        writer.end_of_sending()
        seen = self.wait_for_line(reader, writer.name)
        self.assertNotIn("pay", seen)

    def wait_for_line(self, connection, contained):
        while True:
            line = connection.receive_line().decode()
            if contained in line:
                return line

    def test_a_slow_reader_gets_everything(self):
        """More than sockets hold, so that records end in the middle, for a reader that begins late."""
        reader = self.full("reader", self.room, tls=TLS, receive_buffer=4096)
        writer = self.full("writer", self.room)
        text = "x" * 8000
        for number in range(1200):
            writer.post("send", room=self.room, message=f"{number} {text}")
        writer.barrier()
        for number in range(1200):
            self.assertTrue(reader.entry(self.room)["message"].startswith(f"{number} "))

    def test_many_entries_in_one_record(self):
        """100 entries that wait are not 100 records."""
        reader = self.full("reader", tls=TLS)
        writer = self.full("writer", self.room)
        for number in range(200):
            writer.post("send", room=self.room, message=f"entry {number}")
        writer.barrier()
        reader.post("join", room=self.room, after=0)
        records, data = 0, b""
        while data.count(b'"op":"message"') < 200:
            data += reader.socket.recv(65536)
            records += 1
        self.assertLess(records, 20)


class Certificates(PrivateServerTest):
    def shown(self):
        """The fingerprint of the certificate that a new connection is shown."""
        return fingerprint(self.keep(Connection(self.server, tls=TLS)).socket.getpeercert(True))

    def banner(self):
        return re.search(r"certificate SHA-256 ([0-9A-F:]{95})\n", self.server.stdout.text()).group(1)

    def test_made_once_and_kept(self):
        self.start()
        self.assertEqual(self.shown(), self.banner())
        for name in ("tls.key", "tls.crt"):
            self.assertEqual((self.server.data / name).stat().st_mode & 0o777, 0o600)
        first = self.banner()
        self.server.restart()
        self.assertEqual(self.banner(), first)

    def test_what_it_says(self):
        self.start()
        path = self.server.data / "tls.crt"
        said = subprocess.run(["openssl", "x509", "-in", str(path), "-noout", "-text", "-fingerprint", "-sha256"],
                              capture_output=True, text=True, check=True).stdout
        self.assertIn(self.banner(), said)
        for part in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", "CA:FALSE",
                     "prime256v1"):
            self.assertIn(part, said)
        # One that trusts it finds nothing wrong with it.
        context = ssl.create_default_context(cafile=str(path))
        with context.wrap_socket(socket.create_connection(connect_address(self.server), deadline()),
                                 server_hostname="localhost") as checked:
            self.assertEqual(checked.version(), "TLSv1.3")

    def test_a_key_alone_is_kept(self):
        self.start()
        key = (self.server.data / "tls.key").read_bytes()
        self.server.stop()
        (self.server.data / "tls.crt").unlink()
        self.server.start()
        self.assertEqual((self.server.data / "tls.key").read_bytes(), key)
        self.assertEqual(self.shown(), self.banner())

    def test_a_given_one_is_swapped_without_dropping_anybody(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        cert, key, first = make_certificate(directory, "first")
        self.start("--tls-cert", cert, "--tls-key", key)
        self.assertEqual((self.shown(), self.banner()), (first, first))
        self.assertFalse((self.server.data / "tls.key").exists())
        stays = self.full("stays", self.room, tls=TLS)
        session = stays.socket.session
        other_cert, other_key, second = make_certificate(directory, "second")
        other_key.replace(key)
        self.hang_up("error=")
        self.assertEqual(self.shown(), first, "a key without its certificate changes nothing")
        other_cert.replace(cert)
        self.hang_up(second)
        self.assertEqual(self.shown(), second)
        stays.say("still the same line", self.room)
        again = TLS.wrap_socket(socket.create_connection(connect_address(self.server), deadline()), session=session)
        self.assertTrue(again.session_reused, "tickets outlive the certificate")
        again.close()

    def test_clients_of_irc_are_told_to_come_encrypted(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        cert, key, _ = make_certificate(directory, "first")
        server = self.start("--irc-sts", "3600", "--tls-cert", cert, "--tls-key", key)
        for options, told in (({"tls": TLS}, "sts=duration=3600"), ({}, f"sts=port={server.port}")):
            client = self.keep(Irc(server, **options))
            client.line("CAP LS 302", "CAP REQ :sts")
            self.assertIn(f":{told} ", client.read())
            self.assertIn(" NAK :sts", client.until("NAK")[-1])
        self.server.stop()
        own = self.start("--irc-sts", "3600")
        client = self.keep(Irc(own, tls=TLS))
        client.line("CAP LS 302", "PING x")
        self.assertFalse(any("sts=" in line for line in client.until("PONG")))

    def test_its_names_are_the_server_s_own_and_browsers_stay_encrypted(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        cert, key, _ = make_certificate(directory, "chat.example")
        self.start("--tls-cert", cert, "--tls-key", key, "--tls", "required")
        answer = self.keep(Http(self.server, tls=TLS)).get("/healthz")
        self.assertEqual(answer.fields["strict-transport-security"], "max-age=31536000")
        for host, status in (("chat.example", 101), ("evil.example", 403)):
            client = self.keep(Http(self.server, tls=TLS))
            client.request("/ws", Host=host, Origin=f"https://{host}", Upgrade="websocket", Connection="Upgrade",
                           Sec_WebSocket_Version="13", Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")
            self.assertEqual(client.answer().status, status, host)

    def hang_up(self, expected):
        before = len(self.server.log())
        self.server.send_signal(signal.SIGHUP)
        until = time.monotonic() + deadline()
        while not re.search(f"server.certificate .*{expected}", self.server.log()[before:]):
            self.assertLess(time.monotonic(), until, self.server.log())
            threading.Event().wait(0.02)

    def test_wrong_ones_stop_the_start(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        cert, key, _ = make_certificate(directory, "one")
        _, other_key, _ = make_certificate(directory, "other")
        for args, said in ((("--tls-cert", cert), "belong together"),
                           (("--tls-cert", cert, "--tls-key", other_key), "tls"),
                           (("--tls-cert", "/nonexistent", "--tls-key", key), "/nonexistent"),
                           (("--tls-cert", cert, "--tls-key", cert), "key")):
            with self.assertRaises(StartFailed) as failed:
                self.start(*args)
            self.assertIn(said, str(failed.exception))


class Modes(PrivateServerTest):
    def test_required(self):
        self.start("--tls", "required")
        self.full("inside", self.room, tls=TLS).say("fine", self.room)
        simple = self.simple("outside")
        simple.introduce()
        self.assertEqual(simple.expect(op="error")["code"], "insecure")
        self.assertEqual(simple.rest_of_lines(), [])
        text = self.text("plain")
        text.send_bytes(b"Mario\n")
        self.assertIn("TLS", b"".join(text.rest_of_lines()).decode())

    def test_off(self):
        self.start("--tls", "off")
        self.assertNotIn("certificate", self.server.stdout.text())
        self.assertFalse((self.server.data / "tls.key").exists())
        self.full("plain", self.room).say("fine", self.room)
        with self.assertRaises(OSError):
            Connection(self.server, tls=TLS)

    def test_a_slow_handshake_ends(self):
        self.start("--greet-seconds", 1)
        hello = client_hello()
        for begin in (b"\x16", hello[:100], hello):
            connection = self.connection()
            connection.send_bytes(begin)
            connection.socket.settimeout(deadline(15))
            while connection.socket.recv(65536):
                pass

    def test_too_many_handshakes_wait(self):
        self.start("--handshakes-per-second", 2)
        began = time.monotonic()
        for _ in range(8):
            Connection(self.server, tls=TLS).close()
        self.assertGreater(time.monotonic() - began, 1.5, "four at once, then two a second")
        other = Connection(self.server, source="127.0.0.9", tls=TLS)
        other.close()

    def test_handshakes_that_would_wait_too_long(self):
        self.start("--handshakes-per-second", 1, "--greet-seconds", 1)
        hello = client_hello()
        crowd = [self.connection() for _ in range(10)]
        for connection in crowd:
            connection.send_bytes(hello)
        refused = 0
        for connection in crowd:
            connection.socket.settimeout(deadline(15))
            try:
                refused += not connection.socket.recv(65536)
            except ConnectionResetError:
                refused += 1
        self.assertGreaterEqual(refused, 5)
        self.assertTrue(self.server.stderr.wait_for("too many handshakes"), self.server.log())


def proxy_v2(source, tls=False, command=0x21):
    addresses = socket.inet_aton(source) + socket.inet_aton("192.0.2.1") + b"\x10\x00\x13\x88"
    extra = b"\x20\x00\x05\x01\x00\x00\x00\x00" if tls else b""
    return (b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, 0x11]) + len(addresses + extra).to_bytes(2, "big") + addresses
            + extra)


class Proxy(PrivateServerTest):
    def test_the_client_is_who_the_proxy_says(self):
        self.start("--proxy-from", "127.0.0.2", "--show-ip", "all")
        reader = self.full("reader", self.room)
        headers = (("192.0.2.77", b"PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\r\n"),
                   ("2001:db8::7", b"PROXY TCP6 2001:DB8:0::7 2001:db8::1 4096 5000\r\n"),
                   ("192.0.2.79", b"PROXY TCP6 ::ffff:192.0.2.79 2001:db8::1 4096 5000\r\n"),
                   ("192.0.2.78", proxy_v2("192.0.2.78")), ("127.0.0.2", b"PROXY UNKNOWN\r\n"),
                   ("127.0.0.2", proxy_v2("192.0.2.79", command=0x20)))
        for number, (shown, header) in enumerate(headers):
            for tls in (None, TLS):
                writer = self.full(f"w{number}{'t' if tls else ''}", self.room, before=header, tls=tls,
                                   source="127.0.0.2")
                writer.say("hi", self.room)
                self.assertEqual(reader.entry(self.room)["from"]["ip"], shown)

    def test_a_ban_of_an_address_holds_in_every_way_of_writing_it(self):
        self.start("--proxy-from", "127.0.0.2")
        owner = self.full("owner", "#banned")
        for number, (ban, header) in enumerate((
                ("::ffff:192.0.2.77", b"PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\r\n"),
                ("192.0.2.78", b"PROXY TCP6 ::ffff:192.0.2.78 2001:db8::1 4096 5000\r\n"),
                ("2001:DB8:0:0::/64", b"PROXY TCP6 2001:db8::7 2001:db8::1 4096 5000\r\n"))):
            owner.ok("ban", room="#banned", name=ban)
            client = self.full(f"banned{number}", before=header, source="127.0.0.2")
            client.refused("banned", "join", room="#banned")

    def test_an_account_s_session_is_no_more_taken_over_plain_lines_than_a_password(self):
        self.start("--proxy-from", "127.0.0.2")
        header = b"PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\r\n"
        here = self.full("anna")
        here.ok("register", password="a good one")
        session = here.session
        far = Full(self.server, before=header, source="127.0.0.2")
        self.keep(far)
        far.refused("insecure", "hello", name=here.name, session=session)
        safe = Full(self.server, before=header, source="127.0.0.2", tls=TLS)
        self.keep(safe)
        self.assertTrue(safe.ok("hello", name=here.name, session=session)["user"]["account"])
        guest = self.full("guest", before=header, source="127.0.0.2")
        again = Full(self.server, before=header, source="127.0.0.2")
        self.keep(again)
        again.ok("hello", name=guest.name, session=guest.session)

    def test_a_header_in_pieces(self):
        self.start("--proxy-from", "127.0.0.2", "--show-ip", "all")
        for header in (b"PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\r\n", proxy_v2("192.0.2.77")):
            connection = self.connection(source="127.0.0.2")
            hello = b'{"op":"hello","id":"1","name":"n%d"}' % len(header)
            for byte in header + hello:
                connection.send_bytes(bytes([byte]))
            self.assertIn(b'"welcome"', connection.receive_line())

    def test_without_a_header_there_is_no_service(self):
        self.start("--proxy-from", "127.0.0.2")
        for data in (b'{"op":"hello","id":"1","name":"a"}\n', b"PROXY TCP4 nonsense\r\n", b"PROXY " + b"x" * 200):
            connection = self.connection(source="127.0.0.2")
            connection.send_bytes(data)
            self.assertEqual(self.rest(connection), b"")

    def test_half_a_header_and_gone(self):
        self.start("--proxy-from", "127.0.0.2", "--greet-seconds", 3600)
        for data in (b"P", b"PROXY TCP4 192.0.2.77", proxy_v2("192.0.2.77")[:-1]):
            connection = self.connection(source="127.0.0.2")
            connection.send_bytes(data)
            connection.end_of_sending()
            self.assertEqual(self.rest(connection), b"")

    def rest(self, connection):
        connection.socket.settimeout(deadline())
        try:
            return connection.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def test_others_are_not_believed(self):
        self.start("--proxy-from", "127.0.0.2", "--show-ip", "all")
        text = self.connection()
        text.send_bytes(b"PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\r\nhello\n")
        self.assertNotIn(b"192.0.2.77 joined", text.receive_line())
        reader = self.full("reader", self.room)
        writer = self.full("writer", self.room, source="127.0.0.3")
        writer.say("hi", self.room)
        self.assertEqual(reader.entry(self.room)["from"]["ip"], "127.0.0.3")

    def test_limits_count_the_client_not_the_proxy(self):
        self.start("--proxy-from", "127.0.0.2", "--connections-per-address", 2)

        def connect(client):
            return self.full(f"c{next(self.numbers)}", before=proxy_v2(client), source="127.0.0.2")

        for host in range(5):
            connect(f"192.0.2.{host}"), connect(f"192.0.2.{host}")
        with self.assertRaises((Closed, Late, OSError)):
            connect("192.0.2.1")
        connect("192.0.2.9")


if __name__ == "__main__":
    unittest.main()
