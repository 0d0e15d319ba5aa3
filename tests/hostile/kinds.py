"""The ways of meaning ill: what a connection of each kind does, for the loop of line.py."""
import base64
import dataclasses
import itertools
import json
import os
import random
import typing

from brusio_test import client_hello
from line import HOLD, Line

ROOM = "#flood"
PIECE = 4096
STEP_S = 1.5


def object_of(**fields):
    return json.dumps(fields).encode() + b"\n"


def greeting(line):
    return object_of(op="hello", id="h", name=f"bad{os.getpid()}x{line.number}")


def enter(line, room=ROOM):
    yield from line.send(greeting(line) + object_of(op="join", id="j", room=room))
    yield from line.until(b'"joined"')


HELLO = client_hello()
UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n\r\n")


def drip(line, begin, rest):
    """Slow loris: BEGIN, and then a byte of REST at a time, for as long as the server takes them."""
    yield from line.send(begin)
    yield random.random() * STEP_S
    for byte in rest:
        yield from line.send(bytes([byte]))
        yield STEP_S


def for_ever(data):
    return itertools.cycle(data)


def slow_tls(line):
    yield from drip(line, HELLO[:1], HELLO[1:])


def slow_json(line):
    yield from drip(line, b'{"op":"hello","id":"', for_ever(b"x"))


def slow_json_inside(line):
    """The same as slow_json, but it has said its name, so no time limit ends it."""
    yield from enter(line, "#idle")
    yield from drip(line, b'{"op":"send","message":"', for_ever(b"x"))


def slow_http(line):
    yield from drip(line, b"GET / HTTP/1.1\r\nHost: a\r\n", for_ever(b"X: y\r\n"))


def slow_websocket(line):
    yield from line.send(UPGRADE)
    yield from line.until(b"\r\n\r\n")
    # A text message of 60,000 bytes, masked with zeros.
    yield from drip(line, b"\x81\xfe\xea\x60\0\0\0\0" + b'{"op":"hello","id":"', for_ever(b"x"))


def slow_text(line):
    yield from drip(line, b"n", for_ever(b"x"))


def slow_space(line):
    yield from drip(line, b" ", for_ever(b" \n"))


def slow_proxy(line):
    yield from drip(line, b"P", b"ROXY TCP4 192.0.2.1 192.0.2.2 4096 5000\r\n")


def endless_object(line):
    yield from line.send(greeting(line) + b'{"text":"')
    while True:
        yield from line.send(b"x" * PIECE)
        yield STEP_S / 4


def endless_message(line):
    """A WebSocket message in fragments that never ends."""
    yield from line.send(UPGRADE)
    yield from line.until(b"\r\n\r\n")
    opcode = 0x01
    while True:
        yield from line.send(bytes([opcode, 0xfe]) + PIECE.to_bytes(2, "big") + bytes(4) + b"x" * PIECE)
        opcode = 0
        yield STEP_S / 4


def half_object(line):
    """The largest input that is kept: an object that lacks its last byte."""
    yield from line.send(greeting(line) + b'{"text":"' + b"x" * 65_000)
    yield from line.until(b"welcome")
    yield HOLD


def ask_for_ever(line, request):
    """Requests, until the server reads no more of them."""
    for number in itertools.count(step=20):
        yield from line.send(b"".join(request(one) for one in range(number, number + 20)))
        yield STEP_S / 30


def deaf_room(line):
    """Is in a room in which much is said, and reads nothing of it."""
    yield from enter(line)
    yield HOLD


def deaf_history(line):
    """Asks for all there is, over and over, and reads no answer."""
    yield from enter(line)
    yield from ask_for_ever(line, lambda number: object_of(op="history", id=f"p{number}", room=ROOM, limit=200))


def deaf_who(line):
    yield from enter(line)
    yield from ask_for_ever(line, lambda number: object_of(op="who", id=f"w{number}", room=ROOM))


def greedy(line, **fields):
    """Asks for what is much work, several at once and on and on, and reads all of it."""
    yield from enter(line)
    for number in itertools.count():
        yield from line.send(b"".join(object_of(id=f"g{number}.{one}", room=ROOM, **fields) for one in range(10)))
        yield from line.until(b'"id":"g%d.9"' % number)


def greedy_who(line):
    yield from greedy(line, op="who")


def greedy_history(line):
    yield from greedy(line, op="history", limit=200)


def greedy_search(line):
    yield from greedy(line, op="search", query="x*", limit=200)


def deaf_page(line):
    """Asks for the web page again and again, and reads none."""
    yield from ask_for_ever(line, lambda _: b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


def deaf_pings(line):
    yield from line.send(UPGRADE)
    yield from line.until(b"\r\n\r\n")
    ping = b"\x89\xfd" + bytes(4) + b"x" * 125
    while True:
        yield from line.send(ping * 20)
        yield STEP_S / 4


def silent(_line):
    yield HOLD


def silent_hello(line):
    """Sends a whole ClientHello, so that the server has its share of the handshake's work, and then nothing."""
    yield from line.send(HELLO)
    yield HOLD


def half_record(line):
    """Announces a TLS record of 16 KiB and sends half of it."""
    line.raw()
    yield from line.send(b"\x17\x03\x03\x40\x00" + bytes(8_000))
    yield HOLD


def reset(line):
    yield from line.send(random.choice((b"", b"{", b"name\nhello", b"GET / HT", HELLO[:9], greeting(line))))
    line.reset()


def reset_inside(line):
    yield from enter(line, "#storm")
    line.reset()


def reset_hello(line):
    """The server works on an answer that nobody waits for."""
    yield from line.send(HELLO)
    line.reset()


def close(_line):
    return
    yield


def flood(line):
    """Fills the room of the deaf, first as fast as it is let and then a little for ever; reads its acks."""
    yield from enter(line)
    text = "x" * 8_000
    for number in itertools.count():
        yield from line.send(object_of(op="send", id=f"f{number}", room=ROOM, message=f"{number} {text}"))
        yield from line.until(b'"id":"f%d"' % number)
        if number > 1_000:
            yield 0.25


@dataclasses.dataclass(frozen=True)
class Kind:
    """SHARE of 100 connections are of this kind; one that ended comes back after AGAIN_S."""

    behave: typing.Callable[[Line], typing.Generator]
    share: float = 5
    tls: bool = False
    receive_buffer: int | None = None
    again_s: float = 1
    is_proxy: bool = False
    is_guest: bool = False
    label: str = ""

    @property
    def name(self):
        return self.label or self.behave.__name__


DEAF = {"receive_buffer": 4096}
STORM = {"share": 0.5, "again_s": 0.1}
KINDS = {kind.name: kind for kind in (
    Kind(slow_tls), Kind(slow_json), Kind(slow_json_inside), Kind(slow_json_inside, tls=True, label="slow_json_in_tls"),
    Kind(slow_http), Kind(slow_http, tls=True, label="slow_http_in_tls"), Kind(slow_websocket), Kind(slow_text),
    Kind(slow_space, share=2), Kind(slow_proxy, is_proxy=True), Kind(endless_object), Kind(endless_message, share=3),
    Kind(half_object, share=3), Kind(half_object, share=2, tls=True, label="half_object_in_tls"),
    Kind(deaf_room, **DEAF), Kind(deaf_room, tls=True, label="deaf_room_in_tls", **DEAF), Kind(deaf_history, **DEAF),
    Kind(deaf_history, tls=True, label="deaf_history_in_tls", share=3, **DEAF), Kind(deaf_who, share=2, **DEAF),
    Kind(greedy_who, share=1), Kind(greedy_history, share=1), Kind(greedy_search, share=1),
    Kind(deaf_page, share=2, **DEAF), Kind(deaf_pings, share=2, **DEAF), Kind(silent), Kind(silent_hello),
    Kind(silent, tls=True, label="silent_in_tls"), Kind(half_record, tls=True),
    Kind(reset, **STORM), Kind(reset_inside, **STORM), Kind(reset_hello, **STORM), Kind(close, **STORM))}
FLOOD = Kind(flood)
