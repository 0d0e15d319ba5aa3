"""Ways of being a bad client: what each gets, and that whoever is beside it notices nothing.

More of them: objects without end and garbage (test_framing), slow and mangled beginnings, storms (test_abuse, test_limits),
bad HTTP and WebSocket frames (test_http, test_websocket), bad handshakes and proxies (test_tls), readers that do not
read (test_slow_reader), guesses at passwords (test_accounts), and all at once (test_hostile).
"""
import json
import socket
import ssl
import unittest

from brusio_test import Closed, ServerTest, TLS, deadline, sanitizer
from brusio_test.web import CONTINUATION, TEXT, Http, WebSocket, frame

PASSWORD = "correct horse battery"
MANY = 2_000 if sanitizer() else 8_000


class BadClients(ServerTest):
    server_args = ("--rooms-per-user", 20)

    def setUp(self):
        super().setUp()
        self.good, self.other = self.full("good", self.room), self.full("other", self.room)
        self.other.pushes.clear()
        self.said = 0

    def tearDown(self):
        """The good one is heard, and nobody has come into or gone from the room meanwhile."""
        try:
            for number in range(10):
                self.good.say(f"undisturbed {number}", self.room)
            heard = [self.other.push()["message"] for _ in range(10)]
            self.assertEqual(heard, [f"undisturbed {number}" for number in range(10)])
        finally:
            super().tearDown()

    def end_of(self, connection):
        """Returns the bytes that still come until the server closes the connection, in whatever way."""
        data = bytes(connection.buffer)
        connection.socket.settimeout(deadline())
        try:
            while part := connection.socket.recv(65536):
                data += part
        except ConnectionResetError:
            pass
        return data

    # --- who speaks something else ---

    def test_another_protocol(self):
        """Bytes that are not even text (RDP, DNS, Redis with its line of stars) make nobody enter."""
        for data in (b"*1\r\n$4\r\nPING\r\n",
                     b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
                     b"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"):
            with self.subTest(data=data):
                connection = self.connection()
                connection.send_bytes(data)
                connection.end_of_sending()
                self.assertNotIn(b"Welcome", self.end_of(connection))

    def test_nul_bytes_and_nothing_else(self):
        connection = self.connection()
        connection.send_bytes(bytes(100_000))
        connection.end_of_sending()
        self.end_of(connection)

    def test_tls_inside_tls(self):
        outer = self.connection(tls=TLS)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        inner = TLS.wrap_bio(incoming, outgoing)
        with self.assertRaises(ssl.SSLWantReadError):
            inner.do_handshake()
        outer.send_bytes(outgoing.read() + b"\n")
        outer.send_bytes(b"/quit\n")
        self.assertNotIn(b"\x16\x03", self.end_of(outer)[:2])

    def test_plain_bytes_after_tls(self):
        """Bytes that are injected into an encrypted line are not taken for its owner's."""
        client = self.full("secret", tls=TLS)
        client.socket = socket.socket(fileno=client.socket.detach())
        client.send_bytes(b'{"op":"send","id":"1","room":"%s","message":"forged"}\n' % self.room.encode())
        self.assertNotIn(b'"ack"', self.end_of(client))

    def test_urgent_data(self):
        client = self.full("urgent")
        client.socket.send(b"!", socket.MSG_OOB)
        client.barrier()

    # --- who goes at a bad moment ---

    def test_half_closing_in_every_dialect(self):
        for begin in (b"", b"{", b'{"op":"hello","id":"1","name":"h%d"}' % self.number, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                      b"GET / HT", b"\x16\x03\x01", b"name"):
            connection = self.connection()
            connection.send_bytes(begin)
            connection.end_of_sending()
            self.end_of(connection)

    def test_going_in_the_middle_of_a_replay(self):
        room = f"#long{self.number}"
        writer = self.full("writer", room)
        for number in range(300):
            writer.post("send", room=room, message=f"{number} " + "x" * 4_000)
        writer.barrier()
        for number in range(20):
            client = self.full(f"goer{number}", receive_buffer=4096)
            client.post("join", room=room, after=0)
            client.receive()
            (client.reset if number % 2 else client.close)()
        self.assertEqual(self.full("stays").join(room, after=0)["seq"], 300)

    def test_talking_on_after_goodbye(self):
        client = self.full("leaver")
        client.send_bytes(b'{"op":"quit"}\n' + b'{"op":"send","id":"late","room":"#lobby","message":"late"}\n' * 100)
        said = [json.loads(line) for line in client.rest_of_lines()]
        self.assertEqual([value["op"] for value in said if value["op"] in ("ack", "bye")], ["bye"])

    # --- who does too much of something ---

    def test_many_hellos_on_one_connection(self):
        client = self.full("again")
        for number in range(200):
            client.post("hello", name=f"{client.name}x{number}")
        client.barrier()
        self.assertEqual({answer.get("op") for answer in client.answers.values()} - {"error", "welcome"}, set())

    def test_many_rooms(self):
        client = self.full("joiner")
        codes = [client.request("join", room=f"#r{self.number}x{number}").get("code") for number in range(30)]
        self.assertEqual(codes.count(None), 20)

    def test_many_names(self):
        client = self.full("many", f"#names{self.number}")
        for number in range(300):
            client.ok("nick", name=f"{client.name}_{number}")

    def test_many_typing_notices(self):
        """They are not answered, so nothing else would slow them down; others get one a second at most."""
        room = f"#typing{self.number}"
        typist, watcher = self.full("typist", room), self.full("watcher", room)
        typist.send_bytes(b'{"op":"typing","room":"%s","on":true}\n' % room.encode() * MANY)
        typist.say("typed", room)
        notices = 0
        while (push := watcher.push()).get("op") != "message":
            notices += push["op"] == "typing"
        self.assertLess(notices, 60)

    def test_many_empty_objects(self):
        client = self.full("empty")
        client.send_bytes(b"{}" * 2_000)
        client.barrier()

    def test_many_pages_asked_for_and_read_late(self):
        """All are answered, in order, though a worker does few at once."""
        for _ in range(30):
            self.good.say("x" * 4_000, self.room)
        self.other.entries(30, self.room)
        clients = [self.full(f"reader{number}", receive_buffer=8192) for number in range(10)]
        room = f"#pages{self.number}"
        for client in clients:
            client.join(room)
            client.say("y" * 8_000, room)
        for client in clients:
            for number in range(60):
                client.post(("history", "who", "rooms")[number % 3], id=f"p{number}", room=room)
        for client in clients:
            for number in range(60):
                self.assertNotEqual(client.answer(f"p{number}")["op"], "error")

    def test_many_wrong_passwords_at_once(self):
        """Checking them takes memory and time, which must not be those of others."""
        account = self.full("owner")
        account.ok("register", password=PASSWORD)
        guessers = [self.unnamed() for _ in range(15)]
        for number, guesser in enumerate(guessers):
            guesser.post("hello", name=account.name, password=f"wrong guess {number}", id="guess")
        for number in range(20):
            self.good.say(f"meanwhile {number}", self.room)
            self.assertEqual(self.other.push()["message"], f"meanwhile {number}")
        codes = {guesser.answer("guess").get("code") for guesser in guessers}
        self.assertLessEqual(codes, {"auth_failed", "rate_limited"})

    def test_fields_without_number_and_keys_twice(self):
        client = self.full("fields", f"#fields{self.number}")
        many = b",".join(b'"k%d":%d' % (number, number) for number in range(4_000))
        client.send_bytes(b'{"op":"ping","id":"many",' + many + b"}\n")
        self.assertEqual(client.receive()["id"], "many")
        client.send_bytes(b'{"op":"ping","op":"quit","id":"twice","op":"ping"}\n')
        self.assertIn(client.receive()["op"], ("pong", "error"))

    # --- WebSockets ---

    def test_fragments_that_never_end(self):
        """Each may be small or empty: the message they make is counted as a whole, and the time does not begin anew."""
        client = self.keep(WebSocket(self.server))
        client.send_bytes(frame(b'{"op":"ping","id":"', TEXT, final=False))
        before = self.server.resident_bytes()
        client.send_bytes(frame(b"", CONTINUATION, final=False) * MANY)
        client.send_bytes(frame(b"x", CONTINUATION, final=False) * MANY)
        if not sanitizer():
            self.assertLess(self.server.resident_bytes() - before, 4 << 20)
        client.send_bytes(frame(b'"}', CONTINUATION))
        self.assertIn(client.receive()["op"], ("pong", "error"))

    def test_a_frame_as_long_as_there_are_bytes(self):
        client = self.keep(WebSocket(self.server))
        client.send_bytes(b"\x81\xff\x7f" + b"\xff" * 7 + bytes(4))
        self.assertEqual(client.closes_with(), 1009)

    def test_upgrading_again_inside(self):
        client = self.keep(WebSocket(self.server))
        client.send_bytes(b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
        self.assertEqual(client.closes_with(), 1002)

    # --- HTTP ---

    def test_a_request_for_the_chat_in_a_page_s_name(self):
        """A body that a page sends elsewhere is never taken for chat."""
        client = self.keep(Http(self.server))
        client.send_bytes(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n'
                          b'{"op":"hello","id":"1","name":"evil"}\n{"op":"ping","id":"2"}\n')
        self.assertNotIn(b'"welcome"', self.end_of(client))

    def test_a_page_read_byte_by_byte(self):
        client = self.keep(Http(self.server, receive_buffer=4096))
        client.request("/healthz")
        head = bytearray()
        while b"\r\n\r\n" not in head:
            byte = client.socket.recv(1)
            if not byte:
                raise Closed("closed")
            head += byte
        self.assertTrue(head.startswith(b"HTTP/1.1 200"))


if __name__ == "__main__":
    unittest.main()
