"""HTTP answers and WebSocket frames over raw sockets, so that a test can also send what no library would."""
import base64
import collections
import hashlib
import json
import os
import struct
import time

from .client import Closed, Connection, Late
from .forms import Full
from .server import deadline

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

Answer = collections.namedtuple("Answer", "status fields body")


class Http(Connection):
    """Requests out, answers in."""

    def request(self, path="/", method="GET", version="HTTP/1.1", **fields):
        """Send a request; a field is named with _ for -, and Host is there unless it is given as None."""
        fields = {"Host": f"localhost:{self.socket.getpeername()[1]}", **fields}
        lines = [f"{method} {path} {version}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value is not None]
        self.send_bytes("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def until(self, end, seconds=None):
        """Everything up to and with END."""
        limit = time.monotonic() + deadline(seconds or 20)
        while end not in self.buffer:
            self.fill(limit)
        return self.exactly(self.buffer.index(end) + len(end))

    def exactly(self, count, limit=None):
        """The next COUNT bytes. LIMIT is when time is up."""
        limit = limit or time.monotonic() + deadline()
        while len(self.buffer) < count:
            self.fill(limit)
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def answer(self, is_head=False):
        """The next answer. Fields are by lower-case name; two of one name are refused."""
        head = self.until(b"\r\n\r\n").decode("latin-1")
        self.note("<-", head.encode("latin-1"))
        first, *lines = head.split("\r\n")[:-2]
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1", first
        fields = {}
        for line in lines:
            name, value = line.split(": ", 1)
            assert name.lower() not in fields, f"{name} twice\n{self.story()}"
            fields[name.lower()] = value
        has_body = not is_head and status not in ("204", "304", "101")
        body = self.exactly(int(fields["content-length"])) if has_body else b""
        return Answer(int(status), fields, body)

    def get(self, path="/", **fields):
        self.request(path, **fields)
        return self.answer()

    def ended(self):
        """Whether the server closes, and says nothing more before."""
        try:
            self.fill(time.monotonic() + deadline())
        except Closed:
            return not self.buffer
        return False


def frame(payload=b"", opcode=TEXT, final=True, reserved=0, masked=True, size=None):
    """One frame as a client sends it. SIZE forces the length into 7, 16 or 64 bits."""
    length = len(payload)
    size = size or (7 if length < 126 else 16 if length < 65536 else 64)
    mask_bit = 0x80 if masked else 0
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
    if size == 7:
        head += bytes([mask_bit | length])
    else:
        head += bytes([mask_bit | (126 if size == 16 else 127)]) + struct.pack(">H" if size == 16 else ">Q", length)
    if not masked:
        return head + payload
    key = os.urandom(4)
    pad = (key * (length // 4 + 1))[:length]
    return head + key + (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(length, "big")


class WebSocket(Full, Http):
    """The full form over WebSocket. What is not a text message for the test goes to `controls` or ends it."""

    def __init__(self, server, name=None, session=None, device=None, handshake=None, **options):
        super().__init__(server, **options)
        self.controls = collections.deque()
        self.code = None
        self.answers_pings = True
        self.upgrade(**(handshake or {}))
        if name is not None:
            self.name = name
            optional = {"session": session, "device": device}
            welcome = self.ok("hello", name=name, **{key: value for key, value in optional.items() if value})
            self.session, self.epoch = welcome["session"], welcome["epoch"]

    def upgrade(self, **fields):
        key = base64.b64encode(os.urandom(16)).decode()
        Http.request(self, "/ws", **{"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Key": key,
                                     "Sec_WebSocket_Version": "13", **fields})
        answer = Http.answer(self)
        wanted = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        if answer.status != 101 or answer.fields["sec-websocket-accept"] != wanted:
            raise AssertionError(f"no WebSocket: {answer}\n{self.story()}")
        assert answer.fields["upgrade"].lower() == "websocket" and answer.fields["connection"].lower() == "upgrade"

    # Full's names, which Http has too.
    def request(self, op, **fields):
        return Full.request(self, op, **fields)

    def answer(self, identity, seconds=None):
        return Full.answer(self, identity, seconds)

    def receive_frame(self, limit=None):
        """(opcode, payload) of the next frame, which a server neither masks nor, here, cuts."""
        first, second = self.exactly(2, limit)
        assert first & 0xf0 == 0x80 and not second & 0x80, f"frame begins {first:02x} {second:02x}\n{self.story()}"
        length = second & 0x7f
        if length >= 126:
            size = 2 if length == 126 else 8
            length = int.from_bytes(self.exactly(size, limit), "big")
            assert length >= (126 if size == 2 else 65536), "not the shortest length"
        payload = self.exactly(length, limit)
        self.note("<-", bytes([first]) + payload)
        return first & 0xf, payload

    def receive_line(self, seconds=None):
        """The next text message. Pings are answered, unless answers_pings is False."""
        limit = time.monotonic() + deadline(seconds or 20)
        while True:
            opcode, payload = self.receive_frame(limit)
            if opcode == TEXT:
                assert b"\n" not in payload, "a message holds one object and no newline"
                return payload
            if opcode == PING and self.answers_pings:
                self.send_frame(payload, PONG)
            if opcode == CLOSE:
                self.code = int.from_bytes(payload[:2], "big") if payload else None
                raise Closed(f"closed with {self.code}\n{self.story()}")
            self.controls.append((opcode, payload))

    def send_frame(self, payload=b"", opcode=TEXT, **options):
        self.send_bytes(frame(payload, opcode, **options))

    def send_object(self, value, end=b""):
        # A newline behind an object means nothing here.
        self.send_frame(json.dumps(value, ensure_ascii=False).encode())

    def closes_with(self, seconds=None):
        """The code of the server's close frame, behind which the connection ends; other frames are passed over."""
        while True:
            try:
                self.receive_line(seconds)
            except Closed:
                break
        code = self.code
        try:
            self.fill(time.monotonic() + deadline())
        except Closed:
            return code
        raise Late(f"more after the close frame\n{self.story()}")
