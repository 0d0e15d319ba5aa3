"""RFC 6455 case by case, in the order of the well-known conformance suites: sizes, pings, reserved bits, opcodes,
fragments, UTF-8, closing, large messages. The server does not echo: what it takes whole it answers with a pong."""
import itertools
import json
import struct

from brusio_test import ServerTest
from brusio_test.web import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocket, frame

GOOD_TEXTS = ("Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "𐍈", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff",
              "\ufffd", "\U00010000", "\U0001ffff", "\U0010ffff")
BAD_UTF8 = (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",  # a surrogate behind good text
            b"\xce", b"\xe1\xbd", b"\xf0\x9f\x98", b"\x80", b"\xbf", b"\x80\xbf", b"\xc0 ", b"\xfe", b"\xff", b"\xfe\xfe\xff\xff",
            b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf",
            b"\xc0\x80", b"\xe0\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xf4\x90\x80\x80",
            b"\xf7\xbf\xbf\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xf5\x80\x80\x80")


def ping_object(identity, size=0):
    """A request of at least SIZE bytes whose answer names IDENTITY."""
    data = json.dumps({"op": "ping", "id": identity, "pad": ""}, ensure_ascii=False).encode()
    return data[:-2] + b"x" * max(0, size - len(data)) + data[-2:]


def close_payload(code, reason=b""):
    return struct.pack(">H", code) + reason


def cut(data, size):
    """The frames of one text message in pieces of SIZE bytes."""
    pieces = [data[at:at + size] for at in range(0, len(data), size)]
    return b"".join(frame(piece, CONTINUATION if index else TEXT, final=index == len(pieces) - 1)
                    for index, piece in enumerate(pieces))


class Cases(ServerTest):
    def play(self, cases):
        """(what it is, bytes, what comes back): texts are ids of pongs, bytes payloads of pongs of the WebSocket, and
        a number is the code of the close."""
        for case, data, wanted in cases:
            for chopped in (False, True) if len(data) < 300 else (False,):
                with self.subTest(case=case, chopped=chopped):
                    self.play_one(data, wanted, chopped)

    def play_one(self, data, wanted, chopped):
        client = self.keep(WebSocket(self.server))
        client.answers_pings = False
        for piece in [data[at:at + 1] for at in range(len(data))] if chopped else [data]:
            client.send_bytes(piece)
        for one in wanted:
            if isinstance(one, bytes):
                self.assertEqual(client.receive_frame(), (PONG, one))
            elif isinstance(one, str):
                self.assertEqual(client.receive(), {"op": "pong", "id": one})
            else:
                self.assertEqual(client.closes_with(), one or None)
        if not wanted or isinstance(wanted[-1], (str, bytes)):
            client.barrier()
        client.close()

    def test_1_sizes(self):
        sizes = (0, 125, 126, 127, 128, 255, 65535, 65536)
        self.play([(f"text of {size}", frame(ping_object("size", size)), ["size"]) for size in sizes] +
                  [(f"binary of {size}", frame(b"\xfe" * size, BINARY), [1003]) for size in sizes])

    def test_2_pings_and_pongs(self):
        payloads = (b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125)
        unasked = frame(b"", PONG) + frame(b"unasked", PONG)
        self.play([("ping", frame(payload, PING), [payload]) for payload in payloads] +
                  [("ping too long", frame(b"\xfe" * 126, PING), [1002]),
                   ("pong too long", frame(b"\xfe" * 126, PONG), [1002]),
                   ("pongs that nobody asked for", unasked + frame(b"now", PING), [b"now"]),
                   ("ten pings", b"".join(frame(b"%d" % number, PING) for number in range(10)),
                    [b"%d" % number for number in range(10)])])

    def test_3_reserved_bits(self):
        good = frame(b"before", PING)
        self.play([(f"bits {bits} on {opcode}", good + frame(payload, opcode, reserved=bits) + frame(b"after", PING),
                    [b"before", 1002])
                   for bits in range(1, 8)
                   for opcode, payload in ((TEXT, ping_object("x")), (BINARY, b"x"), (PING, b""), (CLOSE, b""))])

    def test_4_opcodes(self):
        self.play([(f"opcode {opcode}", frame(b"before", PING) + frame(payload, opcode) + frame(b"after", PING),
                    [b"before", 1002])
                   for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15) for payload in (b"", b"payload")])

    def test_5_fragments(self):
        whole = ping_object("whole")
        first, rest = frame(whole[:9], final=False), frame(whole[9:], CONTINUATION)
        middle = frame(whole[9:12], CONTINUATION, final=False) + frame(b"", CONTINUATION, final=False)
        last = frame(whole[12:], CONTINUATION)
        self.play([
            ("a ping in two", frame(b"x", PING, final=False) + frame(b"y", CONTINUATION), [1002]),
            ("a pong in two", frame(b"x", PONG, final=False) + frame(b"y", CONTINUATION), [1002]),
            ("a close in two", frame(close_payload(1000), CLOSE, final=False), [1002]),
            ("a text in two", first + rest, ["whole"]),
            ("a text in four, one empty", first + middle + last, ["whole"]),
            ("empty ones around it", frame(b"", final=False) + frame(whole, CONTINUATION, final=False) +
             frame(b"", CONTINUATION), ["whole"]),
            ("a ping inside", first + frame(b"in", PING) + rest, [b"in", "whole"]),
            ("pings inside", first + frame(b"1", PING) + middle + frame(b"2", PING) + last, [b"1", b"2", "whole"]),
            ("a continuation of nothing", frame(b"x", CONTINUATION) + frame(whole), [1002]),
            ("an open continuation of nothing", frame(b"x", CONTINUATION, final=False) + frame(whole), [1002]),
            ("a continuation behind a whole text", frame(whole) + rest, ["whole", 1002]),
            ("a text inside a text", first + frame(whole), [1002]),
            ("a binary inside a text", first + frame(b"x", BINARY), [1002]),
            ("a binary in two", frame(b"x", BINARY, final=False) + frame(b"y", CONTINUATION), [1003]),
        ])

    def test_6_good_utf8(self):
        self.play(itertools.chain.from_iterable(
            [(text, frame(ping_object(text)), [text]), (f"{text} by the byte", cut(ping_object(text), 1), [text])]
            for text in GOOD_TEXTS))

    def test_6_bad_utf8(self):
        self.play(itertools.chain.from_iterable(
            [(bad, frame(b'{"op":"' + bad + b'"}'), [1007]), (f"{bad} by the byte", cut(b'"' + bad + b'"', 1), [1007]),
             # It is seen where it stands, and not at the end of a message that may never end.
             (f"{bad} early", frame(b'"' + bad + b'"', final=False), [1007])] for bad in BAD_UTF8))

    def test_7_closing(self):
        good, bad = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999), (
            0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
        self.play(
            [(f"code {code}", frame(close_payload(code), CLOSE), [code]) for code in good] +
            [(f"code {code}", frame(close_payload(code), CLOSE), [1002]) for code in bad] +
            [("no code", frame(b"", CLOSE), [0]),
             ("half a code", frame(b"\x03", CLOSE), [1002]),
             ("a reason", frame(close_payload(1000, "perché sì".encode()), CLOSE), [1000]),
             ("the longest reason", frame(close_payload(1000, b"*" * 123), CLOSE), [1000]),
             ("a reason too long", frame(close_payload(1000, b"*" * 124), CLOSE), [1002]),
             ("a reason that is not UTF-8", frame(close_payload(1000, b"\xce\xba\xed\xa0\x80"), CLOSE), [1007]),
             ("twice", frame(b"", CLOSE) * 2, [0]),
             ("a ping behind it", frame(close_payload(1000), CLOSE) + frame(b"late", PING), [1000]),
             ("a text behind it", frame(close_payload(1000), CLOSE) + frame(ping_object("late")), [1000]),
             ("inside a text", frame(b"{", final=False) + frame(close_payload(1000), CLOSE), [1000]),
             ("behind a text", frame(ping_object("early")) + frame(close_payload(1000), CLOSE), ["early", 1000])])

    def test_9_in_pieces(self):
        self.play([(f"64 KiB in pieces of {size}", cut(ping_object("pieces", 65536), size), ["pieces"])
                   for size in (64, 256, 1024, 4096, 32768)])
