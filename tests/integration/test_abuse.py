"""Bad clients, many at once: the server goes on, and whoever behaves notices nothing."""
import json
import os
import random
import threading
import time
import unittest

from brusio_test import Closed, Connection, Full, Late, PrivateServerTest, Simple, Text
from brusio_test.promises import Ledger

SEED = int(os.environ.get("BRUSIO_SEED") or 5)
GOOD = [
    b'{"op":"hello","id":"1","name":"%s"}\n', b'{"op":"join","id":"2","room":"#abuse","after":0}',
    b'{"op":"send","id":"3","room":"#abuse","message":"\xc3\xa8 \\u00e8 \\ud83d\\ude00"}',
    b'{"op":"history","id":"4","room":"#abuse","limit":200}', b'{"op":"who","id":"5","room":"#lobby"}',
    b'{"op":"leave","id":"6","room":"#abuse"}', b'{"op":"rooms","id":"7"}', b'{"op":"nick","id":"8","name":"%s_"}',
    b'{"from":{"name":"%s","ip":"1.2.3.4"},"message":"ciao"}', b'{"message":"/list"}', b'{"message":"/history 5"}',
    b'{"op":"quit"}', b"%s\nciao\n/list\n",
]


def mangled(chance, name):
    """A few requests, most of them right, with some bytes changed, cut, doubled or moved."""
    data = bytearray(b"".join(part.replace(b"%s", name.encode()) for part in chance.choices(GOOD, k=8)))
    for _ in range(chance.choice((0, 1, 1, 2, 8))):
        place = chance.randrange(len(data))
        what = chance.randrange(5)
        if what == 0:
            data[place] = chance.randrange(256)
        elif what == 1:
            del data[place:place + chance.randrange(20)]
        elif what == 2:
            data[place:place] = bytes(chance.choices(b'{}[]",:\\\x00\xff\xc3 \n0e-u', k=chance.randrange(1, 9)))
        elif what == 3:
            data[place:place] = data[:chance.randrange(200)]
        else:
            data = data[:place + 1]
        if not data:
            data = bytearray(b"{")
    return bytes(data)


class Abuse(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start("--stall-seconds", 3600)
        self.one, self.two = self.full("one", "#good"), self.full("two", "#good")
        self.said = 0

    def behave(self):
        """Those who behave are served as if nobody else were there."""
        self.said += 1
        self.one.say(f"good {self.said}", "#good")
        self.assertEqual(self.two.entry("#good")["message"], f"good {self.said}")

    def test_mangled_requests(self):
        chance = random.Random(SEED)
        for number in range(400):
            connection = Connection(self.server)
            data = mangled(chance, f"m{number}")
            try:
                while data:
                    size = chance.choice((1, 7, 100, 10_000))
                    connection.send_bytes(data[:size])
                    data = data[size:]
                if chance.random() < 0.3:
                    connection.end_of_sending()
                    self.check_lines(connection.rest_of_lines())
            except (Closed, OSError):
                pass
            chance.choice((connection.reset, connection.close))()
            if number % 20 == 0:
                self.behave()
        self.behave()

    def check_lines(self, lines):
        """Every answer is whole: JSON, or the lines of a client that began with text."""
        for line in lines:
            line.decode("utf-8")
            if line.startswith(b"{"):
                self.assertIsInstance(json.loads(line), dict)

    def test_connections_that_go_at_every_moment(self):
        story = b"".join(part.replace(b"%s", b"goer") for part in GOOD[:7])
        for cut in range(0, len(story), 3):
            connection = Connection(self.server)
            connection.send_bytes(story[:cut])
            (connection.reset if cut % 2 else connection.close)()
        self.behave()

    def test_a_storm_of_resets(self):
        for turn in range(20):
            storm = [Connection(self.server) for _ in range(30)]
            for number, connection in enumerate(storm):
                if number % 3:
                    connection.send_bytes(b'{"op":"hello","id":"1","name":"s%d"}{"op":"join","id":"2","room":"#storm"}'
                                          % (turn * 100 + number))
            for connection in storm:
                connection.reset()
            self.behave()

    def test_requests_whose_answers_nobody_reads(self):
        for number in range(30):
            client = Full(self.server, f"deaf{number}")
            client.join("#deaf")
            for _ in range(60):
                client.post("history", room="#deaf", limit=200)
                client.post("send", room="#deaf", message="x" * 4_000)
            client.reset()
        self.behave()

    def test_half_an_object_each(self):
        halves = [Connection(self.server) for _ in range(200)]
        for number, connection in enumerate(halves):
            connection.send_bytes(b'{"op":"hello","id":"1","name":"half%d", "pad":"' % number + b"x" * (number * 300))
        self.behave()
        for number, connection in enumerate(halves):
            connection.send_bytes(b'"}\n')
            self.assertEqual(json.loads(connection.receive_line())["op"], "welcome", number)
            connection.close()


class Churn(PrivateServerTest):
    """Everything at once on two workers: a test for the sanitizers, and for what it leaves in the log."""

    WORKING = 12
    TURNS = 25

    def test_joins_leaves_sends_and_resets_together(self):
        server = self.start()
        ledger = Ledger()
        threads = [threading.Thread(target=self.work, args=(number, ledger)) for number in range(self.WORKING)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(ledger.check(server, "#churn"), [])
        self.assertGreater(len(ledger.acks), self.WORKING * self.TURNS)

    def work(self, number, ledger):
        chance = random.Random(SEED * 100 + number)
        try:
            for turn in range(self.TURNS):
                chance.choice((self.full_turn, self.full_turn, self.simple_turn, self.text_turn))(
                    f"c{number}t{turn}", chance, ledger)
        except Exception as error:
            ledger.fault(f"worker {number}: {error!r}\n{error}")

    def full_turn(self, name, chance, ledger):
        client = Full(self.server, name)
        client.join("#churn", after=chance.choice((0, 5, None)))
        for number in range(chance.randrange(1, 9)):
            text = f"{name} {number}"
            ledger.acknowledged(text, client.say(text, "#churn")["seq"])
        for op, fields in (("who", {"room": "#churn"}), ("rooms", {}), ("history", {"room": "#churn"}),
                           ("nick", {"name": f"{name}n"}), ("leave", {"room": "#churn"}), ("join", {"room": "#churn"})):
            if chance.random() < 0.4:
                client.post(op, **fields)
        if chance.random() < 0.5:
            again = Full(self.server)
            answer = again.request("hello", name=client.name, session=client.session)
            self.assertIn(answer["op"], ("welcome", "error"))
            again.close()
        chance.choice((client.reset, client.close))()

    def simple_turn(self, name, chance, _ledger):
        client = Simple(self.server, name).enter()
        for text in chance.choices(("ciao", "/list", "/help", "/history 5", "/me waves", f"/nick {name}x"), k=5):
            client.say(text)
        chance.choice((client.reset, client.close, lambda: client.say("/quit")))()
        client.close()

    def text_turn(self, name, chance, _ledger):
        client = Text(self.server, name).enter()
        for text in chance.choices(("ciao", "/list", "/history 3", "/nonsense"), k=4):
            client.say(text)
        client.end_of_sending()
        try:
            client.rest_of_lines()
        except Late:
            raise AssertionError("the connection is not closed after its end") from None
        client.close()


if __name__ == "__main__":
    unittest.main()


class TooFast(PrivateServerTest):
    def test_who_is_too_fast_is_read_slower_and_loses_nothing(self):
        self.start("--send-rate", "100")
        sender, other = self.full("sender", self.room), self.full("other", self.room)
        began = time.monotonic()
        sender.send_bytes(b"".join(b'{"op":"send","id":"f%d","room":"%s","message":"%d"}'
                                   % (number, self.room.encode(), number) for number in range(300)))
        other.say("in between", self.room)
        self.assertEqual([sender.receive_op("ack")["id"] for _ in range(300)], [f"f{number}" for number in range(300)])
        # 100 at once and then 100 a second: it cannot have been faster, however slow the machine.
        self.assertGreater(time.monotonic() - began, 1.5)

    def test_a_user_who_stores_too_much_is_told(self):
        self.start("--account-rate", "2")
        sender = self.full("sender", self.room)
        posted = [sender.post("send", room=self.room, message=str(number)) for number in range(400)]
        codes = {sender.answer(identity).get("code") for identity in posted}
        self.assertEqual(codes, {None, "rate_limited"})
