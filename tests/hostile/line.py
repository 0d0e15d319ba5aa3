"""A connection of the crowd, and the loop that drives thousands of them: what each does is a generator.

A generator yields a number of seconds to wait, READ or WRITE to wait for its socket, or HOLD to do nothing until
the server closes the connection. When it ends or the connection breaks, another takes its place.
"""
import collections
import heapq
import itertools
import select
import socket
import ssl
import struct
import time

from brusio_test import TLS

READ, WRITE, HOLD = "read", "write", "hold"
TCP_REPAIR = 19
WAITS = {READ: select.EPOLLIN, WRITE: select.EPOLLOUT, HOLD: 0}
HUNG_UP = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP


class Line:
    """A socket that never blocks. What can wait is a generator, for `yield from`."""

    numbers = itertools.count(1)

    def __init__(self, source, receive_buffer=None):
        self.number = next(self.numbers)
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))

    def connect(self, address):
        error = self.socket.connect_ex(address)
        yield WRITE
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "connect")

    def encrypt(self):
        self.socket = TLS.wrap_socket(self.socket, do_handshake_on_connect=False)
        yield from self.patiently(self.socket.do_handshake)

    @staticmethod
    def patiently(call, *args):
        """CALL's result, once it has one."""
        while True:
            try:
                return call(*args)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield READ
            except ssl.SSLWantWriteError:
                yield WRITE

    def send(self, data):
        while data:
            try:
                data = data[self.socket.send(data):]
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield WRITE
            except ssl.SSLWantReadError:
                yield READ

    def until(self, wanted):
        """Read, and forget, everything up to WANTED."""
        tail = b""
        while wanted not in tail:
            data = yield from self.patiently(self.socket.recv, 65536)
            if not data:
                raise ConnectionResetError
            tail = tail[-len(wanted):] + data

    def raw(self):
        """The socket without its encryption, to send what TLS would not."""
        self.socket = socket.socket(fileno=self.socket.detach())
        self.socket.setblocking(False)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Loop:
    """One epoll loop. A connection that ends is begun again after the kind's `again_s`."""

    def __init__(self, address, sources):
        self.address = address
        self.sources = sources
        self.epoll = select.epoll()
        self.running = {}  # descriptor -> (line, kind, generator)
        self.waiting = []  # (when, tie, what to call)
        self.ties = itertools.count()
        self.ended = collections.Counter()
        self.begun = 0

    def after(self, seconds, call):
        heapq.heappush(self.waiting, (time.monotonic() + seconds, next(self.ties), call))

    def begin(self, kind):
        """Open another connection of KIND."""
        try:
            line = Line(self.sources(kind), kind.receive_buffer)
        except OSError:
            self.ended["local"] += 1
            self.after(1, lambda: self.begin(kind))
            return
        self.begun += 1
        descriptor = line.socket.fileno()
        self.epoll.register(descriptor, 0)
        self.running[descriptor] = line, kind, self.life(line, kind)
        self.step(descriptor, self.running[descriptor])

    def life(self, line, kind):
        yield from line.connect(self.address)
        if kind.tls:
            yield from line.encrypt()
        yield from kind.behave(line)

    def step(self, descriptor, entry):
        """Let a generator run to its next wait. ENTRY is whose turn it was: the descriptor may be another's now."""
        if self.running.get(descriptor) is not entry:
            return
        line, kind, behaviour = entry
        try:
            wanted = next(behaviour)
        except (OSError, StopIteration) as end:
            self.end(descriptor, line, kind, isinstance(end, StopIteration))
            return
        if isinstance(wanted, str):
            self.epoll.modify(descriptor, WAITS[wanted])
        else:
            # While it sleeps, only the end of the connection is of interest.
            self.epoll.modify(descriptor, 0)
            self.after(wanted, lambda: self.step(descriptor, entry))

    def end(self, descriptor, line, kind, of_itself):
        del self.running[descriptor]
        self.ended[kind.name if of_itself else f"{kind.name} (by the server)"] += 1
        line.socket.close()
        self.after(kind.again_s, lambda: self.begin(kind))

    def turn(self, seconds):
        due = self.waiting[0][0] - time.monotonic() if self.waiting else seconds
        for descriptor, events in self.epoll.poll(max(0, min(due, seconds))):
            entry = self.running.get(descriptor)
            if not entry:
                continue
            if events & HUNG_UP and not events & (select.EPOLLIN | select.EPOLLOUT):
                self.end(descriptor, *entry[:2], False)
            else:
                self.step(descriptor, entry)
        now = time.monotonic()
        for _ in range(256):
            if not self.waiting or self.waiting[0][0] > now:
                break
            heapq.heappop(self.waiting)[2]()
