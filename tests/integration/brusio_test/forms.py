"""The ways to speak to brusio: simple objects, requests, plain text, and the original Python client."""
import collections
import itertools
import json
import re
import socket

from .client import Closed, Connection, Late, connect_address
from .server import deadline

ENTRIES = ("message", "edit", "delete", "react", "topic")
ANSWERS = ("welcome", "ok", "joined", "ack", "history", "results", "rooms", "who", "token", "pong", "bye")
ERROR_CODES = set("""bad_json too_large unknown_op bad_field need_hello name_taken bad_name auth_required
    auth_failed insecure no_room not_member forbidden muted banned rate_limited id_reused no_message
    store_failed busy no_user limit no_file""".split())
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check_pushed(value, story):
    """Every pushed object is a valid message of the simple form, entries have seq and time, errors a code."""
    sender = value.get("from")
    shape = isinstance(sender, dict) and isinstance(sender.get("name"), str) and isinstance(sender.get("ip"), str)
    if not shape or not isinstance(value.get("message"), str):
        raise AssertionError(f"not a message of the simple form: {value}\n{story()}")
    if value.get("op") in ENTRIES:
        if not isinstance(value.get("seq"), int) or value["seq"] < 1 or not TIME.fullmatch(value.get("time", "")):
            raise AssertionError(f"an entry without seq or time: {value}\n{story()}")
    if value.get("op") == "error":
        if value.get("code") not in ERROR_CODES or not value["message"] or sender["name"] != "brusio":
            raise AssertionError(f"not an error of the protocol: {value}\n{story()}")


def matches(value, wanted):
    """Whether VALUE has every field of WANTED; a set as wanted value means any of these."""
    return all(value.get(key) in want if isinstance(want, (set, frozenset)) else value.get(key) == want
               for key, want in wanted.items())


class Native(Connection):
    """A connection on which the server writes one JSON object a line."""

    def receive(self, seconds=None):
        line = self.receive_line(seconds)
        try:
            value = json.loads(line.decode("utf-8"))
        except ValueError as error:
            raise AssertionError(f"not one JSON object on a line: {error}\n{self.story()}") from None
        if not isinstance(value, dict):
            raise AssertionError(f"not an object: {value!r}\n{self.story()}")
        return value

    def receive_op(self, op):
        """The next object with this op, answer or not; what comes before it is passed over."""
        while True:
            value = self.receive()
            if value.get("op") == op:
                return value

    def send_object(self, value, end=b""):
        self.send_bytes(json.dumps(value, ensure_ascii=False).encode() + end)


class Simple(Native):
    """Speaks the simple form. Everything that comes to it must be a message of the simple form."""

    def __init__(self, server, name, end=b"", **options):
        super().__init__(server, **options)
        self.name = name
        self.end = end

    def receive(self, seconds=None):
        value = super().receive(seconds)
        check_pushed(value, self.story)
        return value

    def say(self, message):
        self.send_object({"from": {"name": self.name, "ip": "0.0.0.0"}, "message": message}, self.end)

    def introduce(self):
        """Send what makes us known, and nothing more."""
        self.say("")

    def enter(self):
        """Be in the lobby: the server's list of who is there shows us."""
        self.introduce()
        self.say("/list")
        self.notice(self.name)
        return self

    def expect(self, **wanted):
        """The next object with these fields; what comes before it is passed over."""
        while True:
            value = self.receive()
            if matches(value, wanted):
                return value

    def notice(self, *contained):
        """The next object from the server itself whose text contains all of these."""
        while True:
            value = self.receive()
            if value["from"]["name"] == "brusio" and all(text in value["message"] for text in contained):
                return value

    def hears(self, message, name=None):
        """The next message with this text, and, where given, from this person."""
        value = self.expect(message=message, op="message")
        if name is not None and value["from"]["name"] != name:
            raise AssertionError(f"from {value['from']['name']!r}, not {name!r}\n{self.story()}")
        return value


class Full(Native):
    """Speaks the full form: requests with an id, answers by id, and what is pushed in the order it came.

    No id comes twice in a process: one that a user's earlier connection gave to a send would name that send.
    """

    numbers = itertools.count(1)

    def __init__(self, server, name=None, session=None, device=None, **options):
        super().__init__(server, **options)
        self.waiting = set()
        self.answers = {}
        self.pushes = collections.deque()
        self.name = name
        self.session = None
        if name is not None:
            optional = {"session": session, "device": device}
            welcome = self.ok("hello", name=name, **{key: value for key, value in optional.items() if value})
            self.session = welcome["session"]
            self.epoch = welcome["epoch"]

    def post(self, op, end=b"\n", **fields):
        """Send a request without waiting for its answer; returns its id."""
        if "id" not in fields:
            fields["id"] = f"q{next(self.numbers)}"
        request = {"op": op, **fields}
        if isinstance(fields["id"], str):
            self.waiting.add(fields["id"])
        self.send_object(request, end)
        return fields["id"]

    def take(self, seconds=None):
        """Read one object and put it where it belongs."""
        value = self.receive(seconds)
        identity = value.get("id")
        if value.get("op") == "error":
            check_pushed(value, self.story)
        # One's own entries carry their id wherever one meets them.
        is_entry = value.get("op") in ENTRIES
        if isinstance(identity, str) and identity in self.waiting and not is_entry:
            self.waiting.discard(identity)
            self.answers[identity] = value
        else:
            # An answer may be to a request that was sent by hand.
            if value.get("op") not in ANSWERS:
                check_pushed(value, self.story)
            self.pushes.append(value)
        return value

    def answer(self, identity, seconds=None):
        while identity not in self.answers:
            self.take(seconds)
        return self.answers.pop(identity)

    def request(self, op, **fields):
        return self.answer(self.post(op, **fields))

    def ok(self, op, **fields):
        """A request that must be granted."""
        answer = self.request(op, **fields)
        if answer["op"] == "error":
            raise AssertionError(f"{op} was refused: {answer['code']}: {answer['message']}\n{self.story()}")
        return answer

    def refused(self, codes, op, **fields):
        """A request that must be refused with one of CODES (a code or several)."""
        codes = {codes} if isinstance(codes, str) else set(codes)
        answer = self.request(op, **fields)
        if answer["op"] != "error" or answer["code"] not in codes:
            raise AssertionError(f"{op} was answered with {answer}, not an error {sorted(codes)}\n{self.story()}")
        return answer

    def join(self, room, **fields):
        return self.ok("join", room=room, **fields)

    def say(self, message, room="#lobby", **fields):
        """Send a message and wait for its ack."""
        return self.ok("send", room=room, message=message, **fields)

    def push(self, seconds=None, **wanted):
        """The next pushed object with these fields; what comes before it is passed over."""
        while True:
            while self.pushes:
                value = self.pushes.popleft()
                if matches(value, wanted):
                    return value
            self.take(seconds)

    def entry(self, room="#lobby", seconds=None):
        """The next entry of ROOM, whatever it is: nothing in the room's stream is passed over."""
        return self.push(seconds, op=set(ENTRIES), room=room)

    def entries(self, count, room="#lobby", seconds=None):
        return [self.entry(room, seconds) for _ in range(count)]

    def barrier(self):
        """Return once the server has dealt with everything that we sent before."""
        self.ok("ping")


class Text(Connection):
    """netcat or telnet: the first line is the name."""

    def __init__(self, server, name, end="\n", **options):
        super().__init__(server, **options)
        self.name = name
        self.end = end

    def say(self, text):
        self.send_bytes((text + self.end).encode())

    def introduce(self):
        self.say(self.name)

    def enter(self):
        self.introduce()
        self.say("/list")
        self.hears("* In ", self.name)
        return self

    def hears(self, *contained):
        """The next line that contains all of these; what comes before it is passed over."""
        while True:
            line = self.receive_line().decode("utf-8").rstrip("\r")
            if all(text in line for text in contained):
                return line


class Original:
    """The original Python chat's client: one recv, one json.loads, and no newline after what it sends."""

    def __init__(self, server, name):
        self.socket = socket.create_connection(connect_address(server), deadline())
        self.name = name
        self.came = []

    def say(self, message):
        self.socket.send(json.dumps({"from": {"name": self.name, "ip": "127.0.0.1"}, "message": message}).encode())

    def introduce(self):
        self.say("")

    def receive(self):
        data = self.socket.recv(4096)
        if not data:
            raise Closed(f"connection closed after {self.came}")
        self.came.append(data)
        try:
            value = json.loads(data.decode())
            return value["from"]["name"], value["message"]
        except (ValueError, KeyError, TypeError) as error:
            raise AssertionError(f"the original client dies of {data!r}: {error!r}") from None

    def hears(self, text, name=None):
        try:
            while True:
                sender, message = self.receive()
                if text in message and name in (None, sender):
                    return message
        except TimeoutError:
            raise Late(f"no {text!r} among {self.came}") from None

    def story(self):
        return f"the original client {self.name} got {self.came}"

    def close(self):
        self.socket.close()


def exchange(*people):
    """Each says a text that every other hears: returns once all of them are in the room and served."""
    for person in people:
        person.say(f"exchange of {person.name}")
        for other in people:
            if other is not person:
                other.hears(f"exchange of {person.name}")
