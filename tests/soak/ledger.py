"""Records what the clients of a soak were told, and checks it against itself and against the logs in the
end."""
import threading

from brusio_test import ENTRIES

SHOWN = 20


class Ledger:
    """Acks and entries of all rooms, from many threads. A direct conversation is known by its two people."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acks = {}   # room -> id -> (seq, op, name, text)
        self.shown = {}  # room -> seq -> (op, name, time)
        self.counts = {"acks": 0, "entries": 0, "lives": 0, "resent": 0, "pages": 0}
        self.wrong = []

    def fault(self, text):
        with self.lock:
            self.wrong.append(text)

    def count(self, what, more=1):
        with self.lock:
            self.counts[what] += more

    def acknowledged(self, room, identity, seq, op, name, text):
        """A second ack of the same request must say the same."""
        said = (seq, op, name, text)
        with self.lock:
            self.counts["acks"] += 1
            before = self.acks.setdefault(room, {}).setdefault(identity, said)
        if before != said:
            self.fault(f"{room}: {identity} acknowledged as {before} and as {said}")

    def entry(self, room, entry):
        """To everybody it must be the same."""
        content = (entry["op"], entry["from"]["name"], entry["time"])
        with self.lock:
            self.counts["entries"] += 1
            before = self.shown.setdefault(room, {}).setdefault(entry["seq"], content)
        if before != content:
            self.fault(f"{room}: seq {entry['seq']} is {before} and {content}")

    def check(self, room, log):
        """LOG is all of ROOM, as it was replayed; the server is quiet."""
        if [entry["seq"] for entry in log] != list(range(1, len(log) + 1)):
            self.fault(f"{room}: the log is not 1..{len(log)}")
        by_seq = {entry["seq"]: entry for entry in log}
        texts = [entry["message"] for entry in log if entry["op"] == "message" and not entry.get("deleted")]
        if len(set(texts)) != len(texts):
            self.fault(f"{room}: something is stored twice")
        for identity, (seq, op, name, text) in self.acks.get(room, {}).items():
            entry = by_seq.get(seq, {})
            if entry.get("op") != op or entry["from"]["name"] != name:
                self.fault(f"{room}: {identity} was acknowledged as {seq}, where {entry} is")
            elif op == "message" and not entry.get("deleted") and entry["message"] != text:
                self.fault(f"{room}: {identity} was acknowledged as {seq} and reads {entry['message'][:80]!r}")
        for seq, content in self.shown.get(room, {}).items():
            entry = by_seq.get(seq)
            if not entry or (entry["op"], entry["from"]["name"], entry["time"]) != content:
                self.fault(f"{room}: seq {seq} was shown as {content} and is {entry}")

    def faults(self):
        with self.lock:
            return self.wrong[:SHOWN]


class Track:
    """The entries of one room that a connection gets from its join on: in order, without a hole, without an
    echo."""

    def __init__(self, after, joined):
        self.after = after
        self.joined = joined
        self.last = after
        self.own = set()
        self.pushed = set()

    def take(self, entry):
        """A problem, as text, or None."""
        seq = entry["seq"]
        if entry["op"] not in ENTRIES or seq <= self.last:
            return f"{seq} came after {self.last}"
        self.last = seq
        self.pushed.add(seq)
        return None

    def story(self):
        """For a failure's message."""
        return (f"joined after {self.after} at {self.joined}; came {sorted(self.pushed)[:3]}...{sorted(self.pushed)[-9:]}, "
                f"own {sorted(self.own)[-9:]}")

    def problem(self):
        """After the last of it."""
        missing = set(range(self.after + 1, self.last + 1)) - self.pushed - self.own
        echo = {seq for seq in self.pushed & self.own if seq > self.joined}
        if missing:
            return f"never came: {sorted(missing)[:9]}"
        return f"own ones came live: {sorted(echo)[:9]}" if echo else None
