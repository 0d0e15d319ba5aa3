"""Limits on connections: how many, from where, for how long without a name, and what they may hold."""
import pathlib
import select
import socket
import threading
import time
import unittest

from brusio_test import Closed, Connection, Full, Late, PrivateServerTest, TLS, deadline, sanitizer

HOSTILE = 100 if sanitizer() else 400


class Connections(PrivateServerTest):
    def is_refused(self, **options):
        """The server says that it is busy, and closes; a reset may overtake the words."""
        connection = self.connection(**options)
        try:
            lines = connection.rest_of_lines()
        except OSError:
            lines = []
        return not lines or b'"busy"' in lines[0]

    def enters_in_the_end(self, name, **options):
        """That a connection has gone is counted a moment after its end was seen."""
        until = time.monotonic() + deadline()
        while True:
            try:
                return self.keep(Full(self.server, name, **options))
            except (Closed, Late, OSError, AssertionError):
                self.assertLess(time.monotonic(), until)

    def test_in_all(self):
        self.start("--connections-max", 5)
        inside = [self.full(f"n{number}", self.room) for number in range(5)]
        for _ in range(10):
            self.assertTrue(self.is_refused())
        inside[0].say("undisturbed", self.room)
        self.assertEqual(inside[1].entry(self.room)["message"], "undisturbed")
        inside[4].close()
        self.enters_in_the_end("next")
        self.assertTrue(self.server.stderr.wait_for("too many connections"), self.server.log())

    def test_per_address(self):
        self.start("--connections-per-address", 3)
        one = [self.full(f"a{number}") for number in range(3)]
        self.assertTrue(self.is_refused())
        other = self.full("b", source="127.0.0.2")
        other.barrier()
        one[0].reset()
        self.enters_in_the_end("again")

    def test_the_limit_counts_those_who_never_speak(self):
        self.start("--connections-per-address", 3)
        silent = [self.connection() for _ in range(4)]
        # Two workers take them, so that any of the four may be the one too many.
        told, _, _ = select.select([connection.socket for connection in silent], [], [], deadline())
        self.assertEqual(len(told), 1)
        for connection in silent:
            connection.close()
        self.enters_in_the_end("speaks")


class WithoutName(PrivateServerTest):
    """A connection that does not say who it is ends after greet_seconds, whatever else it does."""

    def setUp(self):
        super().setUp()
        self.start("--greet-seconds", 2)
        self.began = time.monotonic()

    def ends(self, connection, trickle=None):
        """It ends, not before its time; TRICKLE is sent all the while."""
        connection.socket.settimeout(0.1)
        until = self.began + deadline(20)
        while time.monotonic() < until:
            try:
                if trickle:
                    connection.socket.sendall(trickle)
                if not connection.socket.recv(65536):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.assertLess(time.monotonic(), until, "it was never closed")
        self.assertGreater(time.monotonic() - self.began, 1.5)

    def test_silence(self):
        self.ends(self.connection())

    def test_silence_in_tls(self):
        self.ends(self.connection(tls=TLS))

    def test_white_space(self):
        self.ends(self.connection(), trickle=b" \n")

    def test_an_object_that_never_ends(self):
        connection = self.connection()
        connection.send_bytes(b'{"op":"hello"')
        self.ends(connection, trickle=b" ")

    def test_requests_that_are_no_hello(self):
        connection = self.connection()
        self.ends(connection, trickle=b'{"op":"ping","id":"1"}\n')

    def test_half_a_request_of_http(self):
        connection = self.connection()
        connection.send_bytes(b"GET / HTTP/1.1\r\n")
        self.ends(connection, trickle=b"X: y\r\n")

    def test_who_has_a_name_stays(self):
        client = self.full("stays", self.room)
        threading.Event().wait(3)
        client.say("still here", self.room)


class Lines(PrivateServerTest):
    def test_half_open_ones_are_found_out(self):
        """The kernel asks whether a silent peer is still there: its keep-alive timer runs on our sockets."""
        self.start()
        self.full("silent", self.room)
        until = time.monotonic() + deadline()
        while self.timers() != ["02"]:
            self.assertLess(time.monotonic(), until, self.timers())
            threading.Event().wait(0.05)

    def timers(self):
        """The timers on the server's side of its connections; 02 is keep-alive."""
        port = f":{self.server.port:04X}"
        lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return [fields[5].split(":")[0] for fields in lines if fields[1].endswith(port) and fields[3] == "01"]

    def test_the_kernel_holds_little_for_who_does_not_read(self):
        """Its memory for sockets is one for all: who does not read must not use it up."""
        self.start("--stall-seconds", 3600)
        reader = self.full("reader", self.room, receive_buffer=4096)
        writer = self.full("writer", self.room)
        for number in range(1_200):
            writer.say(f"{number} " + "x" * 8000, self.room)
        self.assertLess(self.unsent_bytes(), 1_000_000)
        for number in range(1_200):
            self.assertEqual(reader.entry(self.room)["seq"], number + 1)

    def unsent_bytes(self):
        """The longest queue among the server's sides of its connections."""
        port = f":{self.server.port:04X}"
        lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return max(int(fields[4].split(":")[0], 16) for fields in lines if fields[1].endswith(port))

    def test_a_stalled_reader_in_tls_is_closed(self):
        self.start("--stall-seconds", 1)
        reader = self.full("reader", self.room, tls=TLS, receive_buffer=4096)
        writer = self.full("writer", self.room)
        until = time.monotonic() + deadline(30)
        number = 0
        while "exit" not in {push.get("op") for push in writer.pushes}:
            writer.say(f"{number} " + "x" * 8000, self.room)
            number += 1
            self.assertLess(time.monotonic(), until, "it was never closed")
        self.assertTrue(reader.socket)


class Memory(PrivateServerTest):
    """Bounds the memory that a hostile crowd can make the server hold, while others talk undisturbed."""

    def hostile(self, begin, tls=None):
        crowd = []
        for number in range(HOSTILE):
            connection = Connection(self.server, tls=tls, source=f"127.0.1.{number % 250 + 1}")
            self.addCleanup(connection.close)
            try:
                connection.socket.sendall(begin)
            except OSError:
                pass
            crowd.append(connection)
        return crowd

    def bounded(self, each_bytes, *crowds):
        self.start("--greet-seconds", 600)
        one, two = self.full("one", self.room), self.full("two", self.room)
        before = self.server.resident_bytes()
        for begin, tls in crowds:
            self.hostile(begin, tls)
        for number in range(50):
            one.say(f"good {number}", self.room)
            self.assertEqual(two.entry(self.room)["message"], f"good {number}")
        if not sanitizer():
            self.assertLess(self.server.resident_bytes() - before, len(crowds) * HOSTILE * each_bytes + 4_000_000)

    def test_beginnings_that_go_on_never(self):
        self.bounded(8_000, (b"", None), (b"{", None), (b"GET / HT", None), (b"NICK", None), (b"\x16\x03\x01", None),
                     (b" " * 15, None))

    def test_large_beginnings(self):
        self.bounded(140_000, (b'{"op":"' + b"x" * 60_000, None), (b"y" * 8_000, None), (b"z" * 60_000, None))

    def test_silent_lines_in_tls(self):
        self.bounded(20_000, (b"", TLS), (b"{", TLS))

    def test_half_records_in_tls(self):
        """Each may hold the buffer of one record, and no more."""
        self.start("--greet-seconds", 600)
        before = self.server.resident_bytes()
        for connection in self.hostile(b"", TLS):
            raw = socket.socket(fileno=connection.socket.detach())
            connection.socket = raw
            raw.sendall(b"\x17\x03\x03\x40\x00" + bytes(8_000))
        self.full("good", self.room).barrier()
        if not sanitizer():
            self.assertLess(self.server.resident_bytes() - before, HOSTILE * 45_000 + 4_000_000)

    def test_resets_in_a_storm(self):
        self.start()
        one, two = self.full("one", self.room), self.full("two", self.room)
        before = self.server.descriptors()
        for number in range(HOSTILE):
            connection = Connection(self.server, tls=TLS if number % 3 == 0 else None)
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.socket.close()
        one.say("still here", self.room)
        self.assertEqual(two.entry(self.room)["message"], "still here")
        until = time.monotonic() + deadline()
        # The database opens a few of its files when they are first needed.
        while self.server.descriptors() > before + 5:
            self.assertLess(time.monotonic(), until, "descriptors were not given back")
            one.barrier()


class Kept(PrivateServerTest):
    """What is kept for people and rooms has an end, which says what to do, and what is there already goes on."""

    def setUp(self):
        super().setUp()
        self.start("--tokens-per-account", 3)
        self.anna = self.full("anna", self.room)
        self.anna.ok("register", password="correct horse battery")

    def all_ok(self, op, each):
        """Requests of which many are sent without waiting, all of them granted."""
        for start in range(0, len(each), 50):
            ids = [self.anna.post(op, **fields) for fields in each[start:start + 50]]
            self.assertNotIn("error", {self.anna.answer(one)["op"] for one in ids})

    def test_tokens(self):
        for label in "abc":
            self.anna.ok("token", label=label)
        self.assertIn("3 tokens; revoke one", self.anna.refused("limit", "token", label="d")["message"])
        self.anna.ok("token", label="a")
        self.anna.ok("token", label="b", revoke=True)
        self.anna.ok("token", label="d")

    def test_reactions(self):
        target = self.anna.say("hi", self.room)["seq"]
        emoji = [chr(0x1f600 + number) for number in range(33)]
        self.all_ok("react", [{"room": self.room, "target": target, "emoji": one, "on": True} for one in emoji[:32]])
        told = self.anna.refused("limit", "react", room=self.room, target=target, emoji=emoji[32], on=True)["message"]
        self.assertIn("32 different reactions; take one back", told)
        self.full("bruno", self.room).ok("react", room=self.room, target=target, emoji=emoji[0], on=True)
        self.anna.ok("react", room=self.room, target=target, emoji=emoji[1], on=False)
        self.anna.ok("react", room=self.room, target=target, emoji=emoji[32], on=True)

    def test_sanctions(self):
        self.all_ok("ban", [{"room": self.room, "name": f"10.1.{number // 250}.{number % 250}"} for number in range(1000)])
        told = self.anna.refused("limit", "ban", room=self.room, name="10.2.0.0")["message"]
        self.assertIn("1000 bans and mutes; lift one", told)
        self.anna.ok("ban", room=self.room, name="10.1.0.0", reason="another one")
        self.anna.ok("unban", room=self.room, name="10.1.0.1")
        self.anna.ok("ban", room=self.room, name="10.2.0.0")


if __name__ == "__main__":
    unittest.main()
