"""kill -9 in the middle of a load, over and over, and then the promises (protocol section 5, 1 to 5).

BRUSIO_KILL_ROUNDS says how often; each round kills the server at a random moment while senders count their
acks and readers note what they are shown, all of which must be found again after the restart.
"""
import os
import random
import subprocess
import threading
import time
import unittest

from brusio_test import Closed, Full, Late, PrivateServerTest, Server, deadline
from brusio_test.promises import Ledger

ROUNDS = int(os.environ.get("BRUSIO_KILL_ROUNDS") or 10)
# So many rounds have a room and people of their own: reading the whole log again and again takes ever longer.
STRETCH = 25
SENDERS = 4
READERS = 2
ROOM = "#crash"
GONE = (Closed, Late, OSError)


class Sender:
    """Sends numbered texts, 16 under way; after a crash sends again what has no ack, with the same ids."""

    def __init__(self, name, ledger, room=ROOM):
        self.name = name
        self.ledger = ledger
        self.room = room
        self.next = 0
        self.waiting = []
        self.repeat = []
        self.session = None

    def run(self, server, stop):
        client = None
        try:
            client = Full(server, self.name, session=self.session)
            self.session = client.session
            client.join(self.room)
            self.resend(client)
            while not stop.is_set():
                text = f"{self.name} {self.next}"
                self.next += 1
                self.waiting.append(text)
                client.post("send", room=self.room, message=text, id=text)
                if len(self.waiting) >= 16:
                    self.collect(client)
            while self.waiting:
                self.collect(client)
        except GONE:
            pass
        except Exception as error:
            self.ledger.fault(f"{self.name}: {error!r}")
        finally:
            if client:
                client.close()

    def resend(self, client):
        """Repeats the sends that were under way, and a few that had their ack already: these must get the
        same ack again."""
        for text in self.repeat + self.waiting:
            client.post("send", room=self.room, message=text, id=text)
        for text in self.repeat:
            self.ledger.acknowledged(text, self.seq_of(client, text))
        while self.waiting:
            self.collect(client)

    def collect(self, client):
        text = self.waiting[0]
        self.ledger.acknowledged(text, self.seq_of(client, text))
        self.waiting.pop(0)
        self.repeat = (self.repeat + [text])[-5:]

    @staticmethod
    def seq_of(client, text):
        answer = client.answer(text)
        if answer["op"] != "ack":
            raise AssertionError(f"{text!r} was answered with {answer}")
        return answer["seq"]


class Reader:
    """Follows the room from where it left off, and expects the very next entry each time."""

    def __init__(self, name, ledger, room=ROOM):
        self.name = name
        self.ledger = ledger
        self.room = room
        self.seen = 0
        self.epoch = None
        self.session = None

    def run(self, server):
        client = None
        try:
            client = Full(server, self.name, session=self.session)
            self.session = client.session
            if self.epoch not in (None, client.epoch):
                self.ledger.fault(f"the epoch changed from {self.epoch} to {client.epoch}")
            self.epoch = client.epoch
            joined = client.join(self.room, after=self.seen, epoch=self.epoch)
            if joined["seq"] < self.seen or joined.get("reset"):
                self.ledger.fault(f"{self.name} has seen {self.seen} and joined {joined}")
            while True:
                entry = client.entry(self.room)
                if entry["seq"] != self.seen + 1:
                    self.ledger.fault(f"{self.name} got {entry['seq']} after {self.seen}")
                self.seen = entry["seq"]
                self.ledger.entry(entry)
        except GONE:
            pass
        except Exception as error:
            self.ledger.fault(f"{self.name}: {error!r}")
        finally:
            if client:
                client.close()


class Crash(PrivateServerTest):
    def round(self, server, people, seconds):
        """Let everybody work for some time, kill the server, and wait until all have noticed."""
        stop = threading.Event()
        threads = [threading.Thread(target=person.run, args=(server, stop) if isinstance(person, Sender) else (server,))
                   for person in people]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(deadline(60))
            self.assertFalse(thread.is_alive())

    def test_promises_hold_over_many_rounds(self):
        server = self.start()
        for first in range(0, ROUNDS, STRETCH):
            self.stretch(server, f"{ROOM}{first}", range(first, min(first + STRETCH, ROUNDS)))

    def stretch(self, server, room, rounds):
        ledger = Ledger()
        people = [Sender(f"sender{number}_{rounds[0]}", ledger, room) for number in range(SENDERS)]
        people += [Reader(f"reader{number}_{rounds[0]}", ledger, room) for number in range(READERS)]
        chance = random.Random()
        for number in rounds:
            acknowledged = len(ledger.acks)
            self.round(server, people, chance.uniform(0.05, 0.7) * deadline(1))
            server.start()
            if number % 5 == 4:
                self.assertEqual(ledger.check(server, room, f"checker{number}")[:10], [], f"round {number}")
            self.assertEqual(ledger.wrong[:10], [], f"round {number}, {acknowledged} acks before it")
        self.finish(server, people, ledger, room, len(rounds))

    def finish(self, server, people, ledger, room, rounds):
        """Sends that were under way at the last kill get their ack now, and the log holds everything once."""
        stop = threading.Event()
        stop.set()
        for person in people:
            if isinstance(person, Sender):
                person.run(server, stop)
                self.assertEqual(person.waiting, [])
        self.assertEqual(ledger.check(server, room, f"checker_of_{room[1:]}")[:10], [])
        self.assertGreater(len(ledger.acks), rounds)
        self.assertGreater(len(ledger.shown), rounds)

    def test_killed_during_the_first_start_it_starts_again(self):
        """A half-made database does not keep the server from starting."""
        for milliseconds in (0, 1, 3, 6, 10, 20, 40):
            server = Server()
            self.addCleanup(server.remove)
            process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(milliseconds / 1000)
            process.kill()
            process.wait()
            server.start()
            writer = Full(server, "first")
            writer.join(ROOM)
            writer.say("works", ROOM)
            writer.close()
            server.stop()


if __name__ == "__main__":
    unittest.main()
