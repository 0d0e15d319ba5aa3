"""A client of IRC: lines out, lines in, and a way to wait until all that was asked is answered."""
import base64
import itertools

from .client import Connection

CAPS = "batch echo-message labeled-response message-tags server-time"


class Irc(Connection):
    """Greets as NAME; with CAPS it asks for those, with PASSWORD it logs in by SASL."""

    numbers = itertools.count(1)

    def __init__(self, server, name=None, caps=None, password=None, user="tester", **options):
        super().__init__(server, **options)
        self.name = name
        self.greeting = []
        if name:
            self.greet(name, caps, password, user)

    def greet(self, name, caps, password, user):
        if caps or password:
            self.line("CAP LS 302", f"CAP REQ :{caps or 'sasl'}")
        if password:
            secret = base64.b64encode(f"\0{user if '@' in user else name}\0{password}".encode()).decode()
            chunks = [secret[at:at + 400] for at in range(0, len(secret) + 1, 400)]
            self.line("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {chunk or '+'}" for chunk in chunks))
        self.line(f"NICK {name}", f"USER {user.split('@')[0]} 0 * :Real {name}")
        if caps or password:
            self.line("CAP END")
        self.greeting = self.until(" 422 ")

    def line(self, *lines):
        self.send_bytes("".join(f"{line}\r\n" for line in lines).encode())

    def read(self):
        return self.receive_line().decode().rstrip("\r")

    def until(self, part):
        """The lines up to the one that has PART in it."""
        lines = []
        while True:
            lines.append(self.read())
            if part in lines[-1]:
                return lines

    def all(self):
        """Returns the lines that came until everything asked before was answered."""
        token = f"sync{next(self.numbers)}"
        self.line(f"PING {token}")
        return self.until(f":{token}")[:-1]

    def ask(self, *lines):
        self.line(*lines)
        return self.all()
