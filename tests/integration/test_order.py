"""Many who write at once, on two workers: one order for all (promises 1 and 6)."""
import threading
import unittest

from brusio_test import PrivateServerTest
from brusio_test.promises import Ledger


class Order(PrivateServerTest):
    WRITERS = 8
    EACH = 250
    READERS = 6

    def write(self, writer, ledger):
        waiting = []
        try:
            for number in range(self.EACH):
                text = f"{writer.name} {number}"
                waiting.append((text, writer.post("send", room=self.room, message=text)))
                if len(waiting) == 24:
                    self.acknowledged(writer, waiting.pop(0), ledger)
            for sent in waiting:
                self.acknowledged(writer, sent, ledger)
        except Exception as error:
            ledger.fault(f"{writer.name}: {error}")

    @staticmethod
    def acknowledged(writer, sent, ledger):
        text, identity = sent
        ledger.acknowledged(text, writer.answer(identity)["seq"])

    def read(self, reader, ledger):
        """Every entry, in order of seq, none missing and none twice."""
        total = self.WRITERS * self.EACH
        try:
            for seq in range(1, total + 1):
                entry = reader.entry(self.room)
                if entry["seq"] != seq:
                    ledger.fault(f"{reader.name} got {entry['seq']} instead of {seq}\n{reader.story()}")
                    return
                ledger.entry(entry)
        except Exception as error:
            ledger.fault(f"{reader.name}: {error}")

    def test_everybody_sees_one_order(self):
        server = self.start()
        ledger = Ledger()
        readers = [self.full(f"reader{number}", self.room) for number in range(self.READERS)]
        writers = [self.full(f"writer{number}", self.room) for number in range(self.WRITERS)]
        threads = [threading.Thread(target=self.read, args=(reader, ledger)) for reader in readers]
        threads += [threading.Thread(target=self.write, args=(writer, ledger)) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(ledger.check(server, self.room), [])
        self.assertEqual(len(ledger.acks), self.WRITERS * self.EACH)
        self.own_ones_left_out(writers, ledger)

    def own_ones_left_out(self, writers, ledger):
        """Each writer got the others' entries in order and none of their own."""
        for writer in writers:
            texts = [ledger.shown[seq][1] for seq in sorted(ledger.shown)]
            others = [text for text in texts if not text.startswith(f"{writer.name} ")]
            self.assertEqual([entry["message"] for entry in writer.entries(len(others), self.room)], others)
            own = [text for text in texts if text.startswith(f"{writer.name} ")]
            self.assertEqual(own, [f"{writer.name} {number}" for number in range(self.EACH)])

    def test_each_room_has_its_own_order(self):
        self.start()
        rooms = [f"{self.room}-{number}" for number in range(5)]
        writer, reader = self.full("writer"), self.full("reader")
        for room in rooms:
            writer.join(room)
            reader.join(room)
        asked = [(room, number, writer.post("send", room=room, message=f"{room} {number}"))
                 for number in range(40) for room in rooms]
        for room, number, identity in asked:
            self.assertEqual(writer.answer(identity)["seq"], number + 1)
        heard = {room: [] for room in rooms}
        for _ in asked:
            entry = reader.push(op="message")
            heard[entry["room"]].append((entry["seq"], entry["message"]))
        for room in rooms:
            self.assertEqual(heard[room], [(number + 1, f"{room} {number}") for number in range(40)])

    def test_times_do_not_run_backwards(self):
        self.start()
        writer = self.full("writer", self.room)
        asked = [writer.post("send", room=self.room, message=f"m{number}") for number in range(200)]
        times = [writer.answer(identity)["time"] for identity in asked]
        self.assertEqual(times, sorted(times))


if __name__ == "__main__":
    unittest.main()
