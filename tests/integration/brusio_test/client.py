"""A TCP connection that reads lines with a deadline and remembers what went over it."""
import collections
import socket
import struct
import time

from .server import deadline

SHOWN_BYTES = 240
REMEMBERED = 24


class Late(AssertionError):
    """Nothing, or not what was expected, came in time."""


class Closed(AssertionError):
    """The server closed the connection."""


def connect_address(server):
    address = server.listen[0] if server.listen else "127.0.0.1"
    return ("127.0.0.1" if address == "0.0.0.0" else address, server.port)


class Connection:
    """Bytes out, lines in.

    RECEIVE_BUFFER bounds what the kernel holds for us, which makes a reader that does not read visible to the
    server early. BEFORE is sent as it is, and with TLS (an SSLContext) all else is encrypted.
    """

    def __init__(self, server, address=None, receive_buffer=None, before=b"", tls=None, source=None):
        target = address or connect_address(server)
        family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(deadline())
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(target)
        self.socket.sendall(before)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.local = self.socket.getsockname()[:2]
        self.buffer = bytearray()
        self.scanned = 0
        self.transcript = collections.deque(maxlen=REMEMBERED)

    def note(self, direction, data):
        shown = data[:SHOWN_BYTES]
        rest = f" … {len(data)} bytes" if len(data) > SHOWN_BYTES else ""
        self.transcript.append(f"{direction} {bytes(shown)!r}{rest}")

    def story(self):
        """Recent traffic of the connection, for a failure's message."""
        return f"transcript of {self.local[0]}:{self.local[1]}\n  " + "\n  ".join(self.transcript or ["(nothing)"])

    def send_bytes(self, data):
        self.note("->", data)
        self.socket.settimeout(deadline(60))
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(f"{error}\n{self.story()}") from None
        except TimeoutError:
            raise Late(f"the server does not read\n{self.story()}") from None

    def receive_line(self, seconds=None):
        """The next line without its newline. Raises Late or Closed."""
        until = time.monotonic() + deadline(seconds or 20)
        while True:
            end = self.buffer.find(b"\n", self.scanned)
            if end >= 0:
                line = bytes(self.buffer[:end])
                del self.buffer[:end + 1]
                self.scanned = 0
                self.note("<-", line)
                return line
            self.scanned = len(self.buffer)
            self.fill(until)

    def fill(self, until):
        left = until - time.monotonic()
        if left <= 0:
            raise Late(f"no line in time\n{self.story()}")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise Late(f"no line in time\n{self.story()}") from None
        except ConnectionResetError:
            raise Closed(f"connection reset\n{self.story()}") from None
        if not data:
            if self.buffer:
                self.note("<-", bytes(self.buffer) + b" (no newline)")
            raise Closed(f"connection closed\n{self.story()}")
        self.buffer += data

    def rest_of_lines(self, seconds=None):
        """Every line until the server closes the connection, which it must."""
        lines = []
        try:
            while True:
                lines.append(self.receive_line(seconds))
        except Closed:
            return lines

    def end_of_sending(self):
        """Half close, as netcat does at the end of its input."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Go away with an RST instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()
