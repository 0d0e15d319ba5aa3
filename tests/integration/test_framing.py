"""Framing: where an object begins and ends, and how input that is not an object is answered (protocol section
1)."""
import json
import random
import time
import unittest

from brusio_test import Closed, Full, ServerTest, deadline, sanitizer

OBJECT_BYTES = 64 * 1024
MESSAGE_BYTES = 8 * 1024


def padded(value, size):
    """VALUE as an object of exactly SIZE bytes, made longer by a field that the protocol does not name."""
    short = json.dumps({**value, "padding": ""}).encode()
    return json.dumps({**value, "padding": "x" * (size - len(short))}).encode()


class Framing(ServerTest):
    """Objects in every shape that a client may give them."""

    def setUp(self):
        super().setUp()
        self.reader = self.full("reader", self.room)
        self.sender = self.full("sender", self.room)

    def sent(self, message, **fields):
        return {"op": "send", "id": f"frame-{message[:20]}", "room": self.room, "message": message, **fields}

    def heard(self, *messages):
        self.assertEqual([entry["message"] for entry in self.reader.entries(len(messages), self.room)],
                         list(messages))

    def test_an_object_may_end_with_a_newline_or_not(self):
        self.sender.send_object(self.sent("with"), b"\n")
        self.heard("with")
        self.sender.send_object(self.sent("without"))
        self.heard("without")
        self.sender.send_object(self.sent("carriage return"), b"\r\n")
        self.heard("carriage return")

    def test_an_object_may_be_pretty_printed(self):
        pretty = json.dumps(self.sent("pretty"), indent=4)
        self.sender.send_bytes(pretty.encode())
        self.sender.send_bytes(json.dumps(self.sent("tabs"), indent="\t").replace("\n", "\r\n").encode())
        self.heard("pretty", "tabs")

    def test_white_space_between_objects_is_nothing(self):
        self.sender.send_bytes(b" \t\r\n\n" + json.dumps(self.sent("spaced")).encode() + b"\n\n  \r\n")
        self.sender.send_object(self.sent("again"))
        self.heard("spaced", "again")

    def test_several_objects_in_one_segment(self):
        texts = [f"segment {number}" for number in range(20)]
        for separator in (b"", b"\n", b" "):
            self.sender.send_bytes(separator.join(
                json.dumps(self.sent(text, id=f"{text}{separator}")).encode() for text in texts))
            self.heard(*texts)

    def test_byte_by_byte(self):
        for byte in json.dumps(self.sent("drop \u00e8 by {drop}"), ensure_ascii=False).encode():
            self.sender.send_bytes(bytes([byte]))
        self.heard("drop \u00e8 by {drop}")

    def test_split_at_random(self):
        chance = random.Random(2)
        texts = [f"{number} \U0001f44d }}{{ \" \\ \u00e8 \u4e2d" for number in range(60)]
        stream = b"".join(json.dumps(self.sent(text, id=f"r{number}"), ensure_ascii=number % 2 == 0,
                                     indent=number % 3 or None).encode() for number, text in enumerate(texts))
        while stream:
            size = chance.choice((1, 2, 3, 50, 400))
            self.sender.send_bytes(stream[:size])
            stream = stream[size:]
        self.heard(*texts)

    def test_braces_quotes_and_escapes_inside_strings(self):
        texts = ["}", "{", "{}}}{{{", "]", "[[[", '"', '\\', '\\"}', '"}{"', "\\\\", 'a\\"b', "tab\tend",
                 '{"op":"quit"}', "\U0001f600 emoji", "\u00e8\u0301", "a/b"]
        for number, text in enumerate(texts):
            self.sender.send_object(self.sent(text, id=f"plain{number}"))
            self.sender.send_bytes(json.dumps(self.sent(text, id=f"escaped{number}")).encode())
        self.heard(*[text for text in texts for _ in range(2)])

    def test_escaped_letters_are_the_letters(self):
        request = json.dumps(self.sent("MARK")).replace("MARK", r"\u007d\u0041\u00e8\ud83d\ude00\/")
        self.sender.send_bytes(request.encode())
        self.heard("}A\u00e8\U0001f600/")

    def test_escaped_keys_are_the_keys(self):
        request = json.dumps(self.sent("keys")).replace('"op"', r'"\u006fp"')
        self.sender.send_bytes(request.encode())
        self.heard("keys")

    def test_no_raw_newline_in_what_the_server_writes(self):
        text = "one\ntwo\r\nthree\u2028four\u0085five\x1b[31m\x7f"
        self.sender.say(text, self.room)
        self.sender.say("after", self.room)
        self.heard(text, "after")

    def test_an_object_of_exactly_64_kib_is_taken(self):
        request = padded(self.sent("largest"), OBJECT_BYTES)
        self.assertEqual(len(request), OBJECT_BYTES)
        self.sender.send_bytes(request)
        self.heard("largest")

    def test_a_larger_object_is_skipped_and_the_connection_goes_on(self):
        for size in (OBJECT_BYTES + 1, OBJECT_BYTES * 2, 3_000_000):
            with self.subTest(size=size):
                self.sender.send_bytes(padded(self.sent(f"too large {size}"), size)
                                       + json.dumps(self.sent(f"after {size}")).encode())
                error = self.sender.push(op="error")
                self.assertEqual(error["code"], "too_large")
                self.heard(f"after {size}")
        self.assertFalse([value for value in self.sender.pushes if value["op"] == "error"],
                         "each large object is told once")

    def test_the_end_of_a_skipped_object_is_found_like_any_other(self):
        inner = {"op": "send", "id": "inner", "room": self.room, "message": "inside what is skipped"}
        large = json.dumps({"text": 'x}"{' * 20_000, "deep": {"a": [inner, {"b": inner}]}, "end": "}\\"}).encode()
        for part in range(0, len(large), 5_001):
            self.sender.send_bytes(large[part:part + 5_001])
        self.sender.send_object(self.sent("outside"))
        self.assertEqual(self.sender.push(op="error")["code"], "too_large")
        self.heard("outside")

    def test_a_text_of_exactly_8_kib_is_taken_and_one_byte_more_is_not(self):
        fitting = ["x" * MESSAGE_BYTES, "\u00e8" * (MESSAGE_BYTES // 2), "\U0001f44d" * (MESSAGE_BYTES // 4),
                   '"' * MESSAGE_BYTES]
        for text in fitting:
            self.sender.refused("too_large", "send", room=self.room, message=text + "x")
            self.sender.say(text, self.room)
        self.heard(*fitting)

    def test_a_refused_text_leaves_no_entry(self):
        self.sender.refused("too_large", "send", room=self.room, message="x" * (MESSAGE_BYTES + 1))
        self.assertEqual(self.sender.say("first", self.room)["seq"], 1)

    def test_an_object_whose_end_is_known_never_closes_the_connection(self):
        wrong = [b'{"op":}', b'{"op" "ping"}', b'{op:1}', b"{'op':'ping'}", b"{,}", b'{"a":1,}', b"{]}", b'{"a":tru}',
                 b'{"a":01}', b'{"a":"tab\tinside"}', b'{"a":"line\ninside"}', b'{"a":"\\x"}', b'{"message":"\xff"}',
                 b'{"message":"\xc0\xaf"}', b'{"message":"\xed\xa0\x80"}', b'{"message":"\xf5\x80\x80\x80"}',
                 b'{"message":"a\x00b"}', b'{"op":"ping"\x00}']
        client = self.full("wrong", self.room)
        for text in wrong:
            with self.subTest(text=text):
                client.send_bytes(text[:-1] + b',"id":"that one"}\n')
                error = client.receive()
                self.assertEqual((error["op"], error["code"], error["id"]), ("error", "bad_json", "that one"))
                client.barrier()

    def test_an_object_that_cannot_be_meant_is_refused_by_its_id(self):
        client = self.full("refused", self.room)
        for field, text in (("message", '"message":"\\ud83d"'), ("message", '"message":"a","message":"b"'),
                            ("reply_to", '"message":"a","reply_to":10.5'), ("room", '"room":"#x","message":"a"')):
            with self.subTest(text=text):
                client.send_bytes(f'{{"op":"send","id":"s","room":"{self.room}",{text}}}'.encode())
                error = client.receive()
                self.assertEqual((error["code"], error["id"]), ("bad_field", "s"))
                self.assertIn(field, error["message"])
        client.send_bytes(f'{{"op":"history","id":"h","room":"{self.room}","limit":10.0,"x":{"[" * 63 + "]" * 63}}}'.encode())
        self.assertEqual(client.receive()["op"], "history")
        client.send_bytes(f'{{"op":"ping","x":{"[" * 64 + "]" * 64},"id":"deep"}}'.encode())
        error = client.receive()
        self.assertEqual((error["code"], error["id"]), ("bad_json", "deep"))
        client.say("still there", self.room)

    def test_text_in_which_no_object_begins_closes_the_connection(self):
        garbage = [b"[1,2]", b'"text"', b"42 ", b"null", b"hello there\n", b"}", b"\xff\xfe", b"\x00"]
        for number, text in enumerate(garbage):
            with self.subTest(text=text):
                client = self.full(f"garbage{number}", self.room)
                client.send_bytes(text + b'\n{"op":"ping","id":"after"}\n')
                said = [json.loads(line) for line in client.rest_of_lines()]
                self.assertEqual([value.get("code") for value in said if value["op"] == "error"], ["bad_json"])
                self.assertNotIn("pong", [value["op"] for value in said])
        self.reader.say("still served", self.room)

    def test_a_wrong_first_object_is_told(self):
        for text in (b'{"from": mario}', b"{{}}", b'{"from":{"name":"mario"},"message":"\xff"}'):
            with self.subTest(text=text):
                client = self.connection()
                client.send_bytes(text)
                self.assertEqual(json.loads(client.receive_line())["code"], "bad_json")
                client.send_bytes(b'{"op":"ping"}')
                self.assertEqual(json.loads(client.receive_line())["op"], "pong")

    def test_a_byte_order_mark_and_a_null_op(self):
        reader = self.full("hearer", "#lobby")
        client = self.connection()
        name = self.named("marked")
        client.send_bytes(b"\xef\xbb\xbf" + json.dumps({"op": None, "from": {"name": name, "ip": ""}, "message": ""}).encode())
        client.send_bytes(json.dumps({"op": None, "message": "marked text"}).encode())
        self.assertEqual(reader.push(op="message", message="marked text")["from"]["name"], name)

    def test_what_came_before_the_garbage_counts(self):
        self.sender.send_bytes(json.dumps(self.sent("good")).encode() + b"[bad]")
        self.heard("good")

    def test_what_was_asked_before_the_garbage_is_answered(self):
        asked = [self.sent(f"m{number}", id=f"m{number}") for number in range(20)]
        self.sender.send_bytes("".join(map(json.dumps, asked)).encode() + b"[bad]" + json.dumps(asked[0]).encode())
        said = [json.loads(line) for line in self.sender.rest_of_lines()]
        self.assertEqual([value["id"] for value in said if value["op"] == "ack"], [one["id"] for one in asked])
        self.assertEqual(said[-1]["code"], "bad_json")

    def test_deep_nesting_harms_nobody(self):
        deep = 20_000
        for number, text in enumerate((
                b'{"a":' * (deep // 2) + b"1" + b"}" * (deep // 2), b'{"a":' + b"[" * deep + b"]" * deep + b"}",
                b'{"a":' * (deep // 2), b'{"a":' + b'[{"b":' * 4_000)):
            client = self.full(f"deep{number}", self.room)
            try:
                client.send_bytes(text)
                client.send_object({"op": "quit"})
                client.end_of_sending()
            except Closed:
                pass
            client.rest_of_lines()
            client.close()
            self.reader.push(op="exit", name=client.name, room=self.room)
        self.reader.say("still served", self.room)

    def test_odd_values_are_refused_or_taken_whole(self):
        """An escaped NUL, a lone surrogate, a number out of range: an error or the very text, nothing between."""
        for number, written in enumerate((r'"a\u0000b"', r'"\ud800"', r'"\udc00\ud800"', "1e999", "-0", "9" * 400)):
            with self.subTest(written=written):
                client = self.full(f"odd{number}", self.room)
                client.send_bytes(json.dumps(self.sent("MARK", id=f"odd{number}"))
                                  .replace('"MARK"', written).encode() + b"\n")
                client.end_of_sending()
                answers = [json.loads(line) for line in client.rest_of_lines()]
                for answer in answers:
                    self.assertIn(answer["op"], ("error", "ack", "bye", "enter", "exit", "notice"))
                self.assertTrue([answer for answer in answers if answer["op"] in ("error", "ack")], answers)
        self.reader.say("still served", self.room)

    def test_a_message_must_be_a_string(self):
        for value in (None, 1, True, [], {}, ["text"]):
            self.sender.refused("bad_field", "send", room=self.room, message=value)
        self.assertEqual(self.sender.say("first", self.room)["seq"], 1)

    def test_silence_is_allowed(self):
        """A connection that has said nothing, or half an object, does not stop another."""
        silent, half = self.connection(), self.connection()
        half.send_bytes(b'{"from":{"na')
        self.sender.say("others talk", self.room)
        self.heard("others talk")
        half.send_bytes(b'me":"%s"},"message":"late"}' % self.named("late").encode())
        self.full("lobby").request("who", room="#lobby")
        silent.close()

    @unittest.skipIf(sanitizer(), "a sanitizer's allocator keeps what is freed")
    def test_an_object_without_end_takes_no_memory(self):
        clients = [self.full(f"endless{number}", self.room) for number in range(4)]
        before = self.server.resident_bytes()
        for client in clients:
            client.send_bytes(b'{"text":"')
            for _ in range(40):
                client.send_bytes(b"x" * 500_000)
            self.assertEqual(client.push(op="error")["code"], "too_large")
        self.assertLess(self.server.resident_bytes() - before, 16_000_000)
        until = time.monotonic() + deadline()
        for client in clients:
            client.send_bytes(b'"}')
            client.barrier()
        self.assertLess(time.monotonic(), until)


class FramingOfTheSimpleForm(ServerTest):
    """The same framings before and after the first object of the simple form."""

    def setUp(self):
        super().setUp()
        self.reader = self.full("reader", "#lobby")

    def test_the_first_object_in_every_framing(self):
        for number, indent in enumerate((None, 2)):
            client = self.connection()
            name = self.named(f"shape{number}")
            text = json.dumps({"from": {"name": name, "ip": "1.2.3.4"}, "message": f"first {number}"}, indent=indent)
            for byte in text.encode():
                client.send_bytes(bytes([byte]))
            self.assertEqual(self.reader.push(message=f"first {number}")["from"]["name"], name)

    def test_many_objects_in_the_first_segment(self):
        client = self.connection()
        name = self.named("many")
        client.send_bytes(b"".join(json.dumps({"from": {"name": name, "ip": ""}, "message": f"many {number}"}).encode()
                                   for number in range(30)))
        said = [self.reader.push(op="message", **{"from": {"name": name, "ip": "127.0.0.1"}})["message"]
                for _ in range(30)]
        self.assertEqual(said, [f"many {number}" for number in range(30)])

    def test_the_order_of_fields_does_not_matter(self):
        client = self.connection()
        name = self.named("order")
        client.send_bytes(b'{"message":"turned","extra":{"from":1},"from":{"ip":"x","age":3,"name":"%s"}}'
                          % name.encode())
        self.assertEqual(self.reader.push(message="turned")["from"]["name"], name)

    def test_a_text_of_8_kib_and_one_byte_more(self):
        client = self.simple("long").enter()
        client.say("x" * (MESSAGE_BYTES + 1))
        error = client.expect(op="error")
        self.assertEqual(error["code"], "too_large")
        self.assertIn(str(MESSAGE_BYTES), error["message"])
        client.say("y" * MESSAGE_BYTES)
        self.assertEqual(self.reader.push(op="message")["message"], "y" * MESSAGE_BYTES)

    def test_a_too_large_object_is_skipped(self):
        client = self.simple("large").enter()
        client.say("z" * OBJECT_BYTES)
        self.assertEqual(client.expect(op="error")["code"], "too_large")
        client.say("small")
        self.assertEqual(self.reader.push(op="message")["message"], "small")

    def test_a_too_large_first_object_is_skipped(self):
        client = self.connection()
        name = self.named("first")
        client.send_bytes(padded({"from": {"name": name, "ip": ""}, "message": "lost"}, OBJECT_BYTES + 1))
        self.assertEqual(json.loads(client.receive_line())["code"], "too_large")
        client.send_bytes(json.dumps({"from": {"name": name, "ip": ""}, "message": "found"}).encode())
        self.assertEqual(self.reader.push(op="message")["message"], "found")

    def test_garbage_closes_the_connection_and_others_are_told(self):
        client = self.simple("bad").enter()
        client.send_bytes(b'["message"]')
        said = [json.loads(line) for line in client.rest_of_lines()]
        self.assertEqual([value["code"] for value in said if value["op"] == "error"], ["bad_json"])
        self.reader.push(op="exit", name=client.name)

    def test_a_message_that_is_no_string_is_a_bad_field(self):
        client = self.simple("typed").enter()
        for value in (1, True, [], {}):
            client.send_object({"from": {"name": client.name, "ip": ""}, "message": value})
            self.assertEqual(client.expect(op="error")["code"], "bad_field")
        client.say("string")
        self.assertEqual(self.reader.push(op="message")["message"], "string")


class Greeting(ServerTest):
    """Both forms on one connection: an object with "op" is a request whenever it comes."""

    def test_a_request_needs_hello(self):
        for op, fields in (("send", {"room": "#lobby", "message": "x"}), ("join", {"room": "#lobby"}),
                           ("history", {"room": "#lobby"}), ("who", {"room": "#lobby"}),
                           ("leave", {"room": "#lobby"}), ("nick", {"name": "somebody"}), ("rooms", {})):
            with self.subTest(op=op):
                client = self.unnamed()
                client.refused("need_hello", op, **fields)
                client.close()

    def test_hello_works_after_need_hello(self):
        client = self.unnamed()
        client.refused("need_hello", "join", room=self.room)
        client.ok("hello", name=self.named("patient"))
        client.join(self.room)

    def test_an_unknown_op_is_told_by_name(self):
        client = self.full("asker")
        self.assertEqual(client.refused("unknown_op", "dance", id="d")["id"], "d")

    def test_an_op_that_is_no_string_is_an_error(self):
        client = self.full("typed")
        for op in (1, {}, []):
            client.refused({"bad_field", "unknown_op"}, op)
        client.barrier()

    def test_the_json_of_a_full_client_needs_no_newline(self):
        client = Full(self.server)
        self.keep(client)
        for op, fields in (("hello", {"name": self.named("bare")}), ("join", {"room": self.room}), ("ping", {})):
            client.answer(client.post(op, end=b"", **fields))


if __name__ == "__main__":
    unittest.main()
