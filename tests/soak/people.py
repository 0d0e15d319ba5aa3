"""The people of a soak: they use everything that the protocol has, on every transport."""
import itertools
import random

from brusio_test import Closed, ENTRIES, Full, Simple, TLS, Text
from brusio_test.web import WebSocket
from ledger import Track

PASSWORD = "correct horse battery"
ROOMS = [f"#soak{number}" for number in range(4)]
GONE = (Closed, OSError)


def connect(server, chance, **options):
    """A full client that has not said hello, on one of the transports."""
    form = chance.choice((Full, Full, WebSocket))
    return form(server, tls=chance.choice((None, TLS)), **options)


class Person:
    """One device of one user: lives of some requests each, with an end of some kind between them."""

    numbers = itertools.count(1)

    def __init__(self, name, device, ledger, seed, is_account, contacts=()):
        self.name = name
        self.device = device
        self.ledger = ledger
        self.chance = random.Random(seed)
        self.is_account = is_account
        self.contacts = [contact for contact in contacts if contact != name]
        self.session = None
        self.token = None
        self.epoch = None
        self.seen = {}    # room -> the last seq up to which everything came
        self.outbox = []  # requests without an ack: (op, fields)
        self.mine = {}    # room -> seqs of own messages
        self.client = None
        self.tracks = {}
        self.actions = [(self.send, 12), (self.burst, 1), (self.change, 4), (self.page, 2), (self.find, 1),
                        (self.look, 2), (self.mark, 1), (self.pause, 2)]
        # A user leaves a room with all of their devices.
        if not is_account:
            self.actions.append((self.rejoin, 1))

    def run(self, server, stop):
        while not stop.is_set():
            try:
                self.live(server, stop)
            except GONE:
                stop.wait(self.chance.uniform(0.02, 0.3))
            except Exception as error:
                self.ledger.fault(f"{self.name}/{self.device}: {error!r}\n{self.client.story() if self.client else ''}")
                stop.wait(1)
            finally:
                self.leave()

    def live(self, server, stop):
        self.tracks = {}
        slow = {"receive_buffer": 4096} if self.chance.random() < 0.2 else {}
        self.client = connect(server, self.chance, **slow)
        self.greet()
        self.ledger.count("lives")
        owed = {fields["room"] for _, fields in self.outbox if fields["room"] in ROOMS}
        for room in owed | set(self.chance.sample(ROOMS, 3)):
            self.join(room)
        for op, fields in list(self.outbox):
            self.ledger.count("resent")
            self.finish(op, fields, self.client.request(op, **fields))
        functions, weights = zip(*self.actions)
        for action in self.chance.choices(functions, weights, k=self.chance.randrange(5, 60)):
            if stop.is_set():
                break
            action(stop)
            self.drain()
        self.client.barrier()
        self.drain()
        for room, track in self.tracks.items():
            self.settle(room, track)

    def greet(self):
        secret = {"session": self.session} if self.session else {}
        if self.is_account:
            secret = {"token": self.token} if self.token and self.chance.random() < 0.8 else {"password": PASSWORD}
        welcome = self.client.ok("hello", name=self.name, device=self.device, **secret)
        if self.epoch not in (None, welcome["epoch"]):
            self.ledger.fault(f"the epoch changed from {self.epoch} to {welcome['epoch']}")
        self.epoch, self.session = welcome["epoch"], welcome["session"]
        if self.is_account and not self.token:
            self.token = self.client.ok("token", label=f"{self.device}")["token"]

    def leave(self):
        """Close, reset, or say goodbye."""
        if not self.client:
            return
        try:
            self.chance.choice((self.client.close, self.client.close, self.client.reset,
                                lambda: self.client.ok("quit")))()
        except (*GONE, AssertionError):
            pass
        self.client.close()
        self.client = None

    def join(self, room):
        after = self.seen.get(room, 0)
        joined = self.client.join(room, after=after, epoch=self.epoch)
        if joined.get("reset"):
            self.ledger.fault(f"{self.name} has seen {after} of {room} and joined {joined}")
        # An account is a member already, and may have been told of something before.
        self.drain(but=room)
        self.tracks[room] = Track(after, joined["seq"])

    def drain(self, but=None):
        """Look at all that has come."""
        while self.client.pushes:
            push = self.client.pushes.popleft()
            room = push.get("room")
            if push.get("op") == "gap":
                self.ledger.fault(f"{self.name}: a gap, though nothing is ever removed: {push}")
            if push.get("op") not in ENTRIES or room == but:
                continue
            self.ledger.entry(self.key(room), push)
            problem = self.tracks[room].take(push) if room in self.tracks else None
            if problem:
                self.ledger.fault(f"{self.name}/{self.device} in {room}: {problem}; {self.tracks[room].story()}")

    def settle(self, room, track):
        problem = track.problem()
        if problem:
            self.ledger.fault(f"{self.name}/{self.device} in {room}: {problem}; {track.story()}")
        # The entries that came; of its own ones it can know only those in between.
        self.seen[room] = track.last

    def key(self, room):
        return room if room.startswith("#") else "@".join(sorted((self.name, room[1:])))

    def finish(self, op, fields, answer):
        """An answer to something that is stored."""
        self.outbox = [one for one in self.outbox if one[1]["id"] != fields["id"]]
        room = fields["room"]
        if answer["op"] != "ack":
            # Its target may have been deleted by the other device meanwhile.
            if answer.get("code") not in ("no_message", "forbidden"):
                self.ledger.fault(f"{self.name}: {op} got {answer}")
            return
        entry_op = "message" if op == "send" else op
        self.ledger.acknowledged(self.key(room), f"{self.name}/{self.device}/{fields['id']}", answer["seq"], entry_op,
                                 self.name, fields.get("message"))
        if room in self.tracks:
            self.tracks[room].own.add(answer["seq"])
        if op == "send":
            self.mine.setdefault(room, []).append(answer["seq"])

    def store(self, op, **fields):
        fields["id"] = f"{self.device}-{next(self.numbers)}"
        self.outbox.append((op, fields))
        self.client.post(op, **fields)
        return op, fields

    def somewhere(self):
        return self.chance.choice(list(self.tracks))

    def text(self):
        return f"{self.name}/{self.device} {next(self.numbers)} è \U0001f44d " + "x" * self.chance.choice((5, 50, 400))

    def send(self, _stop):
        room = f"@{self.chance.choice(self.contacts)}" if self.contacts and self.chance.random() < 0.2 else self.somewhere()
        op, fields = self.store("send", room=room, message=self.text())
        self.finish(op, fields, self.client.answer(fields["id"]))

    def burst(self, _stop):
        """Enough at once for slow readers to fall behind what memory holds."""
        room = self.somewhere()
        posted = [self.store("send", room=room, message=self.text() + "y" * 3_000) for _ in range(30)]
        for op, fields in posted:
            self.finish(op, fields, self.client.answer(fields["id"]))

    def change(self, _stop):
        room = self.somewhere()
        if not self.mine.get(room):
            return
        target = self.chance.choice(self.mine[room][-50:])
        op, more = self.chance.choice((("edit", {"message": self.text()}), ("react", {"emoji": "\U0001f44d", "on": True}),
                                       ("react", {"emoji": "\u2764", "on": True}), ("delete", {})))
        op, fields = self.store(op, room=room, target=target, **more)
        self.finish(op, fields, self.client.answer(fields["id"]))

    def page(self, _stop):
        room = self.somewhere()
        where = self.chance.choice(({}, {"before": self.chance.randrange(1, 500)}, {"after": self.chance.randrange(500)},
                                    {"around": self.chance.randrange(1, 500)}))
        page = self.client.ok("history", room=room, limit=self.chance.choice((1, 20, 200)), **where)
        seqs = [message["seq"] for message in page["messages"]]
        if seqs != sorted(set(seqs)):
            self.ledger.fault(f"{self.name}: a page of {room} is {seqs}")
        self.ledger.count("pages")

    def find(self, _stop):
        self.client.ok("search", query=self.chance.choice((self.name, "x*", "from:" + self.name, '"nothing at all"')))

    def look(self, _stop):
        if self.chance.random() < 0.5:
            self.client.ok("who", room=self.somewhere())
        else:
            self.client.ok("rooms")

    def mark(self, _stop):
        room = self.somewhere()
        self.client.ok("read", room=room, seq=self.tracks[room].last)
        self.client.post("typing", room=room, on=True)
        self.client.waiting.clear()
        self.client.ok("away", **({"message": "tea"} if self.chance.random() < 0.5 else {}))

    def rejoin(self, _stop):
        """Leave a room, and come back to where it was left."""
        room = self.somewhere()
        self.client.ok("leave", room=room)
        self.drain()
        self.settle(room, self.tracks.pop(room))
        self.join(room)

    def pause(self, stop):
        """Read nothing for a while."""
        stop.wait(self.chance.uniform(0, 0.4))


class Bystander:
    """Simple objects and plain text in the lobby, and rooms that nobody else visits."""

    def __init__(self, name, ledger, seed):
        self.name = name
        self.ledger = ledger
        self.chance = random.Random(seed)

    def run(self, server, stop):
        while not stop.is_set():
            client = None
            try:
                client = self.chance.choice((Simple, Text))(server, self.name)
                client.introduce()
                for text in self.chance.choices(("ciao", "/list", "/help", "/history 5", "/me waves", "/rooms", "/search x",
                                                 f"/join #side{self.chance.randrange(5)}", "/leave", "//shrug"), k=10):
                    client.say(text)
                client.say("/quit")
                client.rest_of_lines()
            except GONE:
                pass
            except Exception as error:
                self.ledger.fault(f"{self.name}: {error!r}")
            finally:
                if client:
                    client.close()
            stop.wait(self.chance.uniform(0.02, 0.3))
