"""WebSocket: the handshake, the frames, and the same conversation as over the other dialects."""
import json
import time
import unittest

from brusio_test import Closed, Late, PrivateServerTest, ServerTest, TLS, deadline
from brusio_test.web import BINARY, CLOSE, CONTINUATION, PING, PONG, Http, WebSocket, frame

OBJECT_BYTES = 65536


class WebSocketTest(ServerTest):
    def web(self, name, room=None, **options):
        client = self.keep(WebSocket(self.server, self.named(name), **options))
        if room:
            client.join(room)
        return client

    def bare(self, **options):
        """A WebSocket that has not said hello."""
        return self.keep(WebSocket(self.server, **options))

    def http(self):
        return self.keep(Http(self.server))


class Handshake(WebSocketTest):
    server_args = ("--web-origins", "https://chat.example, http://other.example:8080", "--server-names", "pi.local, b")

    def status(self, path="/ws", method="GET", version="HTTP/1.1", **fields):
        fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
                  "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", **fields}
        client = self.http()
        client.request(path, method, version, **fields)
        return client.answer(is_head=method == "HEAD")

    def test_the_example_of_the_rfc(self):
        answer = self.status()
        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.fields["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.assertNotIn("sec-websocket-extensions", answer.fields)
        self.assertNotIn("content-length", answer.fields)

    def test_a_browser_asks_for_more_than_it_gets(self):
        answer = self.status(Connection="keep-alive, Upgrade", Upgrade="WebSocket",
                             Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits",
                             Cookie="a=b", User_Agent="x" * 500)
        self.assertEqual(answer.status, 101)
        self.assertNotIn("sec-websocket-extensions", answer.fields)

    def test_what_is_no_handshake_is_told_so(self):
        for fields in ({"Upgrade": None}, {"Connection": None}, {"Connection": "close"}, {"Upgrade": "h2c"},
                       {"method": "HEAD"}):
            with self.subTest(fields=fields):
                answer = self.status(**fields)
                self.assertEqual(answer.status, 426)
                self.assertEqual(answer.fields.get("upgrade"), "websocket")

    def test_another_version_is_told_ours(self):
        for version in ("8", "14", "013", None):
            with self.subTest(version=version):
                answer = self.status(Sec_WebSocket_Version=version)
                self.assertEqual((answer.status, answer.fields.get("sec-websocket-version")), (426, "13"))

    def test_a_bad_key_is_refused(self):
        for key in (None, "", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZSE=", "!" * 22 + "=="):
            with self.subTest(key=key):
                self.assertEqual(self.status(Sec_WebSocket_Key=key).status, 400)
        self.assertEqual(self.status(version="HTTP/1.0").status, 400)

    def test_origins(self):
        host = f"localhost:{self.server.port}"
        for origin, status in ((f"http://{host}", 101), (f"https://{host}", 101), (f"HTTP://{host.upper()}", 101),
                               ("https://chat.example", 101), ("http://other.example:8080", 101),
                               ("http://chat.example", 403), ("https://chat.example.evil.example", 403),
                               ("http://localhost", 403), (f"http://evil.example/{host}", 403), ("null", 403),
                               (f"ftp://{host}", 403), (f"http://{host}.evil.example", 403), ("", 403)):
            with self.subTest(origin=origin):
                self.assertEqual(self.status(Origin=origin).status, status)

    def test_the_host_is_believed_only_where_nobody_else_can_say_it(self):
        port = self.server.port
        for host, status in (("127.0.0.1", 101), ("[::1]", 101), ("localhost", 101), ("pi.local", 101), ("PI.LOCAL", 101),
                             ("evil.example", 403), ("pi.local.evil.example", 403), ("x.pi.local", 403), ("pi", 403)):
            with self.subTest(host=host):
                self.assertEqual(self.status(Host=f"{host}:{port}", Origin=f"http://{host}:{port}").status, status)
        mapped, plain = f"[::ffff:192.0.2.7]:{port}", f"192.0.2.7:{port}"
        self.assertEqual(self.status(Host=mapped, Origin=f"http://{plain}").status, 101)
        self.assertEqual(self.status(Host="localhost", Origin="http://localhost:80").status, 101)
        self.assertEqual(self.status(Host="localhost:443", Origin="https://localhost").status, 101)
        self.assertEqual(self.status(Host="localhost:443", Origin="http://localhost").status, 403)

    def test_a_refused_page_leaves_the_connection_usable(self):
        client = self.http()
        client.request("/ws", Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Version="13",
                       Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==", Origin="http://evil.example")
        self.assertEqual(client.answer().status, 403)
        self.assertEqual(client.get("/healthz").status, 200)

    def test_frames_may_come_right_behind_the_handshake(self):
        client = self.http()
        hello = json.dumps({"op": "hello", "id": "h", "name": self.named("early")}).encode()
        client.send_bytes(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                          b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                          + frame(hello))
        self.assertEqual(client.answer().status, 200)
        self.assertEqual(client.answer().status, 101)
        first, length = client.exactly(2)
        self.assertEqual((first, length), (0x81, 126))
        welcome = json.loads(client.exactly(int.from_bytes(client.exactly(2), "big")))
        self.assertEqual((welcome["op"], welcome["id"]), ("welcome", "h"))


class Talk(WebSocketTest):
    def test_all_dialects_hear_each_other(self):
        room = self.room
        web, native, text = self.web("web", room), self.full("native", room), self.text("text").enter()
        other = self.web("other", room)
        text.say(f"/join {room}")
        text.hears(room)
        web.say("from the web", room)
        self.assertEqual(native.entry(room)["message"], "from the web")
        self.assertEqual(other.entry(room)["message"], "from the web")
        text.hears(f"{web.name}: from the web")
        native.say("from TCP", room)
        self.assertEqual(web.entry(room)["message"], "from TCP")
        text.say("from netcat")
        self.assertEqual(web.push(op="message", room=room)["message"], "from netcat")

    def test_the_simple_form_works_too(self):
        reader = self.web("reader")
        reader.join("#lobby")
        client = self.bare()
        for message in ("", f"simple {self.number}"):
            client.send_object({"from": {"name": self.named("simple"), "ip": ""}, "message": message})
        while reader.push(op="message")["message"] != f"simple {self.number}":
            pass

    def test_own_messages_come_back_only_to_other_connections(self):
        room = self.room
        first = self.web("twin", room)
        second = self.web("twin", room, session=first.session, device="second")
        first.say("one", room)
        second.say("two", room)
        self.assertEqual(first.entry(room)["message"], "two")
        self.assertEqual(second.entry(room)["message"], "one")

    def test_resuming(self):
        room = self.room
        writer, reader = self.full("writer", room), self.web("reader", room)
        texts = [f"{number} " + "è€𝄞" * 40 for number in range(300)]
        for text in texts[:100]:
            writer.say(text, room)
        seen = [entry["message"] for entry in reader.entries(100, room)]
        last = reader.request("history", room=room, limit=1)["messages"][0]["seq"]
        reader.close()
        for text in texts[100:]:
            writer.say(text, room)
        back = self.keep(WebSocket(self.server, reader.name, session=reader.session))
        back.join(room, after=last, epoch=back.epoch)
        seen += [entry["message"] for entry in back.entries(200, room)]
        self.assertEqual(seen, texts)

    def test_a_slow_reader_gets_everything_in_whole_frames(self):
        room = self.room
        reader = self.web("slow", room, receive_buffer=4096)
        writer = self.full("writer", room)
        texts = [f"{number} " + "x" * (7000 if number % 7 == 0 else number % 300) for number in range(1500)]
        waiting = [writer.post("send", room=room, message=text) for text in texts]
        for identity in waiting:
            self.assertEqual(writer.answer(identity)["op"], "ack")
        for text in texts:
            self.assertEqual(reader.entry(room)["message"], text)

    def test_a_long_answer_is_one_frame(self):
        room = self.room
        client = self.web("long", room)
        for number in range(20):
            client.say(f"{number}" + "y" * 8000, room)
        messages = client.ok("history", room=room, limit=20)["messages"]
        self.assertEqual(len(messages), 20)

    def test_quit(self):
        client = self.web("leaver")
        client.post("quit")
        self.assertEqual(client.receive()["op"], "bye")
        self.assertEqual(client.closes_with(), 1000)

    def test_over_tls(self):
        plain, secret = self.web("plain", self.room), self.web("secret", self.room, tls=TLS)
        secret.say("psst", self.room)
        self.assertEqual(plain.entry(self.room)["message"], "psst")
        plain.say("what?", self.room)
        self.assertEqual(secret.entry(self.room)["message"], "what?")


class Frames(WebSocketTest):
    def setUp(self):
        super().setUp()
        self.client = self.web("framer", self.room)

    def request(self, **fields):
        return json.dumps({"op": "ping", **fields}, ensure_ascii=False).encode()

    def test_fragments_with_control_frames_between(self):
        data = self.request(id="è€𝄞")
        for index, byte in enumerate(data):
            self.client.send_frame(bytes([byte]), CONTINUATION if index else 1, final=index == len(data) - 1)
            if index % 7 == 0:
                self.client.send_frame(b"still here", PING)
                self.client.send_frame(b"unasked", PONG)
        self.assertEqual(self.client.receive_op("pong")["id"], "è€𝄞")
        self.assertEqual(set(self.client.controls), {(PONG, b"still here")})

    def test_one_byte_at_a_time(self):
        for byte in frame(self.request(id="bytes")):
            self.client.send_bytes(bytes([byte]))
        self.assertEqual(self.client.receive_op("pong")["id"], "bytes")

    def test_many_frames_at_once(self):
        self.client.send_bytes(b"".join(frame(self.request(id=str(number))) for number in range(1000)))
        self.assertEqual([self.client.receive()["id"] for _ in range(1000)], [str(number) for number in range(1000)])

    def test_pings_are_answered_with_their_payload(self):
        for payload in (b"", b"x", bytes(range(125))):
            self.client.send_frame(payload, PING)
            self.assertEqual(self.client.receive_frame(), (PONG, payload))

    def test_an_object_of_exactly_64_kib(self):
        data = self.request(id="big", padding="")
        data = data.replace(b'""', b'"' + b"x" * (OBJECT_BYTES - len(data)) + b'"')
        self.assertEqual(len(data), OBJECT_BYTES)
        self.client.send_frame(data)
        self.assertEqual(self.client.receive()["id"], "big")

    def test_a_larger_object_is_skipped_and_the_connection_goes_on(self):
        for size in (OBJECT_BYTES + 1, 2 * OBJECT_BYTES, 3_000_000):
            with self.subTest(size=size):
                self.client.send_frame(b"x" * size)
                self.client.send_frame(self.request(id="after"))
                self.assertEqual(self.client.receive()["code"], "too_large")
                self.assertEqual(self.client.receive()["id"], "after")

    def test_a_larger_object_in_fragments_too(self):
        self.client.send_frame(b"x" * OBJECT_BYTES, final=False)
        for _ in range(20):
            self.client.send_frame(b"x" * 9000, CONTINUATION, final=False)
        self.client.send_frame(b"x", CONTINUATION)
        self.client.send_frame(self.request(id="after"))
        self.assertEqual(self.client.receive()["code"], "too_large")
        self.assertEqual(self.client.receive()["id"], "after")

    def test_breaking_the_protocol(self):
        cases = {
            "not masked": (frame(b"{}", masked=False), 1002),
            "reserved bit": (frame(b"{}", reserved=4), 1002),
            "reserved opcode": (frame(b"", 3), 1002),
            "reserved control opcode": (frame(b"", 11), 1002),
            "cut ping": (frame(b"", PING, final=False), 1002),
            "long ping": (frame(b"x" * 126, PING), 1002),
            "continuation of nothing": (frame(b"x", CONTINUATION), 1002),
            "text inside a message": (frame(b"{", final=False) + frame(b"{}"), 1002),
            "length in too many bytes": (frame(b"{}", size=16), 1002),
            "length in far too many bytes": (frame(b"{}", size=64), 1002),
            "binary": (frame(b"{}", BINARY), 1003),
            "not UTF-8": (frame(b'"\xff"'), 1007),
            "surrogate": (frame(b'"\xed\xa0\x80"'), 1007),
            "cut code point": (frame(b"\xe2\x82"), 1007),
            "not UTF-8 in a fragment": (frame(b'"\xe2', final=False) + frame(b'"', CONTINUATION), 1007),
            "unbounded": (frame(b"x")[:1] + b"\xff" + b"\x00\x00\x10" + b"\x00" * 9, 1009),
        }
        for number, (case, (data, code)) in enumerate(cases.items()):
            with self.subTest(case=case):
                client = self.web(f"breaker{number}")
                client.send_bytes(data)
                self.assertEqual(client.closes_with(), code)
        self.client.barrier()

    def test_a_message_that_is_not_one_object_is_told(self):
        client = self.web("teller")
        for data in (b"{", b'{"op":"ping"}{"op":"ping"}', b"{abc}", b'{"id":"1",}'):
            with self.subTest(data=data):
                client.send_frame(data)
                self.assertEqual(client.receive()["code"], "bad_json")
                client.barrier()

    def test_what_begins_no_object_is_told_and_closed(self):
        for number, data in enumerate((b"hello", b"", b"[]", b"\x00")):
            with self.subTest(data=data):
                client = self.web(f"speaker{number}")
                client.send_frame(data)
                self.assertEqual(client.receive()["code"], "bad_json")
                self.assertEqual(client.closes_with(), 1008)

    def test_closing_is_answered_with_the_same_code(self):
        for number, (payload, code) in enumerate(((b"", None), (b"\x03\xe8", 1000), (b"\x03\xe9bye \xe2\x82\xac", 1001),
                                                  (b"\x0f\xa0", 4000))):
            with self.subTest(payload=payload):
                client = self.web(f"closer{number}")
                client.send_frame(payload, CLOSE)
                client.send_frame(self.request(id="too late"))
                self.assertEqual(client.closes_with(), code)

    def test_what_was_asked_before_the_close_is_answered(self):
        for payload in (frame(b"\x03\xe8", CLOSE), frame(b"no object"), frame(b"x", 3)):
            with self.subTest(payload=payload):
                client = self.web(f"asker{payload[0]}{len(payload)}")
                client.send_bytes(b"".join(frame(self.request(id=str(number))) for number in range(20)) + payload)
                for number in range(20):
                    self.assertEqual(client.receive()["id"], str(number))
                client.close()

    def test_closing_wrongly(self):
        for number, (payload, code) in enumerate(((b"\x03", 1002), (b"\x03\xe7", 1002), (b"\x03\xed", 1002),
                                                  (b"\x03\xe8\xff", 1007))):
            with self.subTest(payload=payload):
                client = self.web(f"closer{number}")
                client.send_frame(payload, CLOSE)
                self.assertEqual(client.closes_with(), code)

    def test_others_see_who_went(self):
        for end in ("close frame", "line"):
            client = self.web(f"goer_{end[0]}", self.room)
            if end == "close frame":
                client.send_frame(b"\x03\xe9", CLOSE)
            else:
                client.reset()
            self.client.push(op="exit", name=client.name)

    def test_a_flood_of_pings_that_nobody_reads_is_bounded(self):
        flooder = self.keep(WebSocket(self.server, receive_buffer=4096))
        flooder.socket.settimeout(deadline(2))
        data, sent = frame(b"x" * 125, PING) * 500, 0
        before = self.server.resident_bytes()
        try:
            while sent < 64 << 20:
                sent += flooder.socket.send(data)
        except TimeoutError:
            pass
        self.assertLess(sent, 64 << 20, "the server reads on without end")
        self.assertLess(self.server.resident_bytes() - before, 16 << 20)
        self.client.barrier()


class Life(PrivateServerTest):
    def test_silence_is_pinged_and_an_answer_keeps_the_line(self):
        self.start("--ping-seconds", 1)
        client = self.keep(WebSocket(self.server, "alive"))
        # There is a second one only for who answered the first.
        until = time.monotonic() + deadline()
        while client.controls.count((PING, b"")) < 2:
            self.assertLess(time.monotonic(), until)
            try:
                client.receive(0.5)
            except Late:
                pass
        client.barrier()

    def test_who_does_not_answer_is_closed(self):
        self.start("--ping-seconds", 1)
        client = self.keep(WebSocket(self.server, "dead"))
        client.answers_pings = False
        started = time.monotonic()
        with self.assertRaises(Closed):
            client.receive()
        self.assertGreater(time.monotonic() - started, 1)
        self.assertEqual(list(client.controls), [(PING, b"")])

    def test_who_does_not_say_hello_is_told_and_closed(self):
        self.start("--greet-seconds", 1)
        client = self.keep(WebSocket(self.server))
        self.assertEqual(client.receive()["op"], "notice")
        self.assertEqual(client.closes_with(), 1000)

    def test_stopping_is_told(self):
        self.start()
        client = self.keep(WebSocket(self.server, "stayer"))
        self.server.stop()
        self.assertEqual(client.receive()["op"], "notice")
        self.assertEqual(client.closes_with(), 1001)

    def test_any_origin_may_be_allowed(self):
        self.start("--web-origins", "*")
        client = self.keep(WebSocket(self.server, "guest", handshake={"Origin": "http://anywhere.example"}))
        client.barrier()


if __name__ == "__main__":
    unittest.main()
