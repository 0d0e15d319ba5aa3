"""Keeps what clients were told, and checks it against what the room's log says in the end."""
import threading

from .forms import Full


class Ledger:
    """Acks and entries of one room as clients got them, from many threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acks = {}
        self.shown = {}
        self.wrong = []

    def fault(self, text):
        with self.lock:
            self.wrong.append(text)

    def acknowledged(self, text, seq):
        """TEXT was acknowledged as SEQ; a second ack of the same send must say the same."""
        with self.lock:
            before = self.acks.setdefault(text, seq)
            if before != seq:
                self.wrong.append(f"{text!r} acknowledged as {before} and as {seq}")

    def entry(self, entry):
        """ENTRY was shown to somebody; to everybody it must be the same."""
        content = (entry["from"]["name"], entry["message"], entry["time"])
        with self.lock:
            before = self.shown.setdefault(entry["seq"], content)
            if before != content:
                self.wrong.append(f"seq {entry['seq']} is {before} and {content}")

    def check(self, server, room, name="checker"):
        """Read the whole log of ROOM and return what is wrong with it, as texts. The server must be quiet."""
        wrong = list(self.wrong)
        checker = Full(server, name)
        last = checker.join(room, after=0)["seq"]
        log = {entry["seq"]: entry for entry in checker.entries(last, room)}
        checker.close()
        if sorted(log) != list(range(1, last + 1)):
            wrong.append(f"the log is not 1..{last}: {len(log)} entries")
        places = {}
        for seq, entry in log.items():
            places.setdefault(entry["message"], []).append(seq)
        wrong += [f"{text!r} is stored {len(seqs)} times: {seqs}" for text, seqs in places.items() if len(seqs) > 1]
        wrong += [f"{text!r} was acknowledged as {seq} and is at {places.get(text)}"
                  for text, seq in self.acks.items() if places.get(text) != [seq]]
        for seq, content in self.shown.items():
            entry = log.get(seq)
            stored = entry and (entry["from"]["name"], entry["message"], entry["time"])
            if stored != content:
                wrong.append(f"seq {seq} was shown as {content} and is stored as {stored}")
        return wrong
