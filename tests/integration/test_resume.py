"""Joining after an entry: everything later, once, in order, and no seam to what comes live (promise 5)."""
import threading
import unittest

from brusio_test import Full, PrivateServerTest, ServerTest


class Resume(ServerTest):
    def setUp(self):
        super().setUp()
        self.writer = self.full("writer", self.room)

    def write(self, *texts):
        for identity in [self.writer.post("send", room=self.room, message=text) for text in texts]:
            self.writer.answer(identity)

    def read(self, client, count):
        return [(entry["seq"], entry["message"]) for entry in client.entries(count, self.room)]

    def test_after_zero_is_everything(self):
        self.write(*[f"m{number}" for number in range(1, 301)])
        reader = self.full("reader")
        self.assertEqual(reader.join(self.room, after=0)["seq"], 300)
        self.write("live")
        self.assertEqual(self.read(reader, 301), [(n, f"m{n}") for n in range(1, 301)] + [(301, "live")])

    def test_in_the_middle(self):
        self.write(*[f"m{number}" for number in range(1, 11)])
        reader = self.full("reader")
        reader.join(self.room, after=6, epoch=reader.epoch)
        self.write("live")
        self.assertEqual([seq for seq, _ in self.read(reader, 5)], [7, 8, 9, 10, 11])

    def test_joined_comes_before_the_replay(self):
        self.write("one", "two")
        reader = self.full("reader")
        identity = reader.post("join", room=self.room, after=0)
        self.assertEqual(reader.take()["id"], identity)
        self.assertEqual([seq for seq, _ in self.read(reader, 2)], [1, 2])

    def test_after_the_last_is_only_what_is_live(self):
        self.write("one", "two")
        reader = self.full("reader")
        reader.join(self.room, after=2)
        self.write("three")
        self.assertEqual(self.read(reader, 1), [(3, "three")])

    def test_without_after_is_only_what_is_live(self):
        self.write("one", "two")
        reader = self.full("reader", self.room)
        self.write("three")
        self.assertEqual(self.read(reader, 1), [(3, "three")])

    def test_after_more_than_there_is(self):
        """A cursor that cannot be ours: no replay, no hole, and what is live comes."""
        self.write("one")
        reader = self.full("reader")
        answer = reader.request("join", room=self.room, after=1_000_000)
        if answer["op"] == "error":
            self.assertEqual(answer["code"], "bad_field")
            return
        self.write("two")
        self.assertEqual(self.read(reader, 1), [(2, "two")])

    def test_own_entries_are_replayed(self):
        self.write("mine")
        again = self.full("writer", session=self.writer.session)
        again.join(self.room, after=0)
        self.assertEqual(self.read(again, 1), [(1, "mine")])

    def test_wrong_values_of_after_are_refused_and_do_not_join(self):
        reader = self.full("reader")
        for value in ("1", -1, 1.5, [], {}, True):
            reader.refused("bad_field", "join", room=self.room, after=value)
        for value in (1, [], {}):
            reader.refused("bad_field", "join", room=self.room, after=0, epoch=value)
        reader.refused("not_member", "send", room=self.room, message="x")

    def test_another_epoch_resets(self):
        self.write("one", "two")
        reader = self.full("reader")
        joined = reader.join(self.room, after=1, epoch="another-epoch")
        self.assertIs(joined["reset"], True)
        self.assertEqual(joined["seq"], 2)
        self.write("live")
        self.assertEqual(self.read(reader, 1), [(3, "live")])

    def test_the_right_epoch_does_not_reset(self):
        reader = self.full("reader")
        self.assertFalse(reader.join(self.room, after=0, epoch=reader.epoch).get("reset", False))

    def test_everything_in_one_write(self):
        """hello, join, and the outbox, without waiting for an answer in between."""
        self.write("one", "two")
        reader = self.unnamed()
        asked = [reader.post("hello", name=self.named("quick")), reader.post("join", room=self.room, after=1),
                 reader.post("send", room=self.room, message="out")]
        self.assertEqual([reader.answer(identity)["op"] for identity in asked], ["welcome", "joined", "ack"])
        self.assertEqual(self.read(reader, 1), [(2, "two")])

    def test_several_rooms_resume_each_from_its_place(self):
        other = self.room + "b"
        self.writer.join(other)
        self.write("a1", "a2", "a3")
        for number in range(3):
            self.writer.say(f"b{number + 1}", other)
        reader = self.full("reader")
        reader.join(self.room, after=1)
        reader.join(other, after=2)
        self.assertEqual([seq for seq, _ in self.read(reader, 2)], [2, 3])
        self.assertEqual(reader.entry(other)["seq"], 3)

    def test_large_entries_resume_whole(self):
        texts = [f"{number} " + "\u00e8" * 4_000 for number in range(150)]
        self.write(*texts)
        reader = self.full("reader", receive_buffer=4096)
        reader.join(self.room, after=0)
        self.assertEqual(self.read(reader, 150), [(n + 1, text) for n, text in enumerate(texts)])


class Seam(PrivateServerTest):
    """Readers come, go and resume while others write: nobody misses or repeats an entry."""

    COUNT = 4_000
    READERS = 6

    def flood(self, writer):
        waiting = []
        for number in range(self.COUNT):
            waiting.append(writer.post("send", room="#flood", message=f"{writer.name} {number}"))
            if len(waiting) == 48:
                writer.answer(waiting.pop(0))
        for identity in waiting:
            writer.answer(identity)

    def follow(self, number, failures):
        """Read to the end, breaking off and resuming at every few hundred entries."""
        seen, session = 0, None
        try:
            while seen < 2 * self.COUNT:
                client = Full(self.server, f"reader{number}", session=session)
                session = client.session
                client.join("#flood", after=seen, epoch=client.epoch)
                until = min(seen + 150 + 130 * number, 2 * self.COUNT)
                while seen < until:
                    entry = client.entry("#flood")
                    if entry["seq"] != seen + 1:
                        failures.append(f"reader{number}: {entry['seq']} after {seen}\n{client.story()}")
                        return
                    seen = entry["seq"]
                client.reset()
        except Exception as error:
            failures.append(f"reader{number} at {seen}: {error!r}\n{error}")

    def test_no_gap_and_no_duplicate_under_flood(self):
        self.start("--room-log-bytes", 65536)
        failures = []
        writers = [self.full(f"writer{number}", "#flood") for number in range(2)]
        threads = [threading.Thread(target=self.flood, args=(writer,)) for writer in writers]
        threads += [threading.Thread(target=self.follow, args=(number, failures)) for number in range(self.READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()
