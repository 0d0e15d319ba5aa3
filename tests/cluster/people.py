"""Clients that lose their line and come back, and write down what they were told: nothing else is known of the server."""
import random
import threading
import time

from brusio_test import Closed, Full, Late

ROOM = "#cluster"
COURT = "#court"
LOST = (Closed, Late, OSError, KeyError)
PASSING = ("busy", "store_failed", "rate_limited")


class Person(threading.Thread):
    """WORLD says where the servers are; `problems` are what no client may ever see."""

    def __init__(self, world, name, room=ROOM):
        super().__init__(daemon=True)
        self.world, self.name, self.room = world, name, room
        self.session = self.epoch = self.line = None
        self.last = 0
        self.problems = []
        self.ends = threading.Event()
        self.chance = random.Random(name)

    def come(self):
        line = Full(self.world.pick(self.chance))
        welcome = line.request("hello", name=self.name, **({"session": self.session} if self.session else {}))
        if welcome["op"] == "error":
            raise Closed(welcome["code"])
        self.session = welcome["session"]
        if self.epoch and welcome["epoch"] != self.epoch:
            self.problems.append(f"{self.name}: another epoch")
        self.epoch = welcome["epoch"]
        joined = line.request("join", room=self.room, after=self.last, epoch=self.epoch)
        if joined["op"] == "error":
            raise Closed(joined["code"])
        if joined.get("reset"):
            self.problems.append(f"{self.name}: a reset behind {self.last}")
        self.line = line

    def wander(self):
        """With several nodes, people go from one to another now and then."""
        if len(self.world.nodes) > 1 and not self.world.is_quiet and self.chance.random() < 0.005:
            self.line.close()
            self.come()

    def lose(self):
        if self.line:
            self.line.close()
        self.line = None
        time.sleep(0.05 + self.chance.random() / 5)

    def run(self):
        while not self.ends.is_set():
            try:
                if not self.line:
                    self.come()
                self.turn()
            except LOST:
                self.lose()
        self.lose()


class Sender(Person):
    """Sends each message under its id until it is acknowledged; or, without ids, once."""

    def __init__(self, world, name, has_ids=True):
        super().__init__(world, name)
        self.has_ids = has_ids
        self.number = 0
        self.acknowledged = {}
        self.text = None

    def say(self, text):
        """Without an id, an answer has none, too."""
        if self.has_ids:
            return self.line.request("send", room=ROOM, message=text, id=text)
        self.line.post("send", room=ROOM, message=text, id=None)
        return self.line.push(op={"ack", "error"})

    def turn(self):
        if not self.text:
            self.number += 1
            self.text = f"{self.name} {self.number}"
        text = self.text
        if not self.has_ids:
            self.text = None
        answer = self.say(text)
        if answer["op"] == "ack":
            self.acknowledged[text] = answer["seq"]
            self.text = None
        elif answer["code"] not in PASSING:
            self.problems.append(f"{text}: {answer['code']}")
            self.text = None
        else:
            time.sleep(0.2)


class Reader(Person):
    """Follows the room, and looks into its history now and then."""

    def __init__(self, world, name):
        super().__init__(world, name)
        self.shown = set()
        self.looked = 0

    def take(self, entry):
        if entry["seq"] != self.last + 1:
            self.problems.append(f"{self.name}: {entry['seq']} behind {self.last}")
        self.last = entry["seq"]
        self.shown.add((entry["seq"], entry["message"]))

    def turn(self):
        self.wander()
        try:
            self.take(self.line.entry(ROOM, seconds=0.2))
        except Late:
            pass
        if time.monotonic() - self.looked > 0.1:
            self.looked = time.monotonic()
            page = self.line.request("history", room=ROOM, limit=20)
            self.shown |= {(one["seq"], one["message"]) for one in page.get("messages", [])}


class Warden(Person):
    """Bans and pardons the victim, and says so behind each: what is between the two is nobody's that is banned."""

    def __init__(self, world):
        super().__init__(world, "warden", COURT)
        self.number = 0
        self.victim = None

    def insist(self, op, **fields):
        """Until it is granted: over broken lines, too."""
        while not self.ends.is_set():
            try:
                if not self.line:
                    self.come()
                answer = self.line.request(op, **fields)
                if answer["op"] != "error" or (op == "unban" and answer["code"] == "no_user"):
                    return
                time.sleep(0.05)
            except LOST:
                self.lose()

    def come(self):
        self.last = 0
        super().come()

    def turn(self):
        self.number += 1
        self.insist("ban", room=COURT, name="victim")
        self.insist("send", room=COURT, message=f"banned {self.number}", id=f"banned {self.number}")
        time.sleep(self.chance.random() / 5)
        self.insist("send", room=COURT, message=f"pardoned {self.number}", id=f"pardoned {self.number}")
        self.insist("unban", room=COURT, name="victim")
        time.sleep(self.chance.random() / 5)


class Victim(Person):
    """Says what it can, as fast as it can."""

    def __init__(self, world):
        super().__init__(world, "victim", COURT)
        self.number = self.said = 0

    def come(self):
        self.last = 0
        super().come()

    def turn(self):
        self.wander()
        self.number += 1
        answer = self.line.request("send", room=COURT, message=f"victim {self.number}")
        self.said += answer["op"] == "ack"
        if answer["op"] == "error":
            self.line.request("join", room=COURT)
            time.sleep(0.01)
