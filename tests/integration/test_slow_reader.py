"""A reader that does not read costs nobody else anything, and misses nothing (promise 7)."""
import threading
import unittest

from brusio_test import PrivateServerTest, deadline, sanitizer

TEXT_BYTES = 7_000
# Several times what the server may keep in memory of a room, and what kernel buffers hold.
FLOOD = 1_500 if sanitizer() else 6_000


class SlowReader(PrivateServerTest):
    def flood(self, writer, count, own=None):
        """COUNT large messages; OWN, where given, is called with the number of each."""
        waiting = []
        for number in range(count):
            waiting.append(writer.post("send", room=self.room, message=f"{number} " + "x" * TEXT_BYTES))
            if own:
                own(number)
            if len(waiting) == 16:
                writer.answer(waiting.pop(0))
        for identity in waiting:
            writer.answer(identity)

    def test_it_reads_everything_later_and_others_at_once(self):
        server = self.start("--stall-seconds", 3600)
        writer, quick = self.full("writer", self.room), self.full("quick", self.room)
        slow = self.full("slow", self.room, receive_buffer=8192)
        bystander = self.full("bystander", "#elsewhere")
        before = server.resident_bytes()
        own = []

        def say_now_and_then(number):
            """The slow one goes on talking while it does not read."""
            if number % (FLOOD // 20) == 7:
                own.append(slow.post("send", room=self.room, message=f"own {number}"))
            if number % (FLOOD // 10) == 0:
                bystander.say("not disturbed", "#elsewhere")

        heard = []
        reading = threading.Thread(target=lambda: heard.extend(
            entry["seq"] for entry in quick.entries(FLOOD + 20, self.room)))
        reading.start()
        self.flood(writer, FLOOD, say_now_and_then)
        reading.join()
        self.assertEqual(heard, list(range(1, FLOOD + 21)), "the quick reader has everything")
        if not sanitizer():
            self.assertLess(server.resident_bytes() - before, 24_000_000, "what the slow reader costs")

        self.assertEqual(len(own), 20)
        acks = [slow.answer(identity)["seq"] for identity in own]
        seqs = [slow.entry(self.room)["seq"] for _ in range(FLOOD)]
        self.assertEqual(seqs, sorted(set(range(1, FLOOD + 21)) - set(acks)))
        writer.say("live again", self.room)
        self.assertEqual(slow.entry(self.room)["message"], "live again")

    def test_pages_full_of_own_messages_are_passed_over(self):
        """Entries that are left out of the log must not keep the reader from those behind them."""
        self.start("--stall-seconds", 3600, "--room-log-bytes", 65536)
        writer, slow = self.full("writer", self.room), self.full("slow", self.room, receive_buffer=8192)
        self.flood(writer, 1_500)
        for number in range(700):
            slow.post("send", room=self.room, message=f"own {number}")
        writer.push(op="message", message="own 699")
        self.flood(writer, 3)
        self.assertEqual([entry["seq"] for entry in slow.entries(1_503, self.room)],
                         [*range(1, 1_501), 2_201, 2_202, 2_203])

    def test_many_slow_readers_hold_no_memory(self):
        server = self.start("--stall-seconds", 3600)
        writer = self.full("writer", self.room)
        slow = [self.full(f"slow{number}", self.room, receive_buffer=8192) for number in range(40)]
        before = server.resident_bytes()
        count = FLOOD // 4
        self.flood(writer, count)
        if not sanitizer():
            self.assertLess(server.resident_bytes() - before, 40_000_000)
        for reader in slow[::8]:
            self.assertEqual([entry["seq"] for entry in reader.entries(count, self.room)], list(range(1, count + 1)))
        for reader in slow:
            reader.reset()
        writer.say("still served", self.room)

    def test_a_slow_simple_reader_gets_whole_objects_in_order(self):
        self.start()
        slow = self.simple("slow", receive_buffer=8192).enter()
        writer = self.full("writer")
        self.room = "#lobby"
        writer.join("#lobby")
        self.flood(writer, 400)
        numbers = [slow.expect(op="message")["message"].split()[0] for _ in range(400)]
        self.assertEqual(numbers, [str(number) for number in range(400)])

    def test_a_slow_text_reader_gets_whole_lines_in_order(self):
        self.start()
        slow = self.text("slow", receive_buffer=8192).enter()
        writer = self.full("writer")
        self.room = "#lobby"
        writer.join("#lobby")
        self.flood(writer, 400)
        for number in range(400):
            self.assertTrue(slow.hears("x" * TEXT_BYTES).startswith(f"{writer.name}: {number} "))

    def test_who_does_not_read_his_answers_is_not_read(self):
        """The answers for a slow reader are bounded: the server stops reading their requests, and goes on when they read."""
        server = self.start("--stall-seconds", 3600)
        writer, greedy = self.full("writer", self.room), self.full("greedy", self.room, receive_buffer=8192)
        self.flood(writer, 100)
        before = server.resident_bytes()
        sending = threading.Thread(target=lambda: [
            greedy.post("history", room=self.room, limit=100, id=f"page{number}") for number in range(150)])
        sending.start()
        for _ in range(50):
            writer.barrier()
        if not sanitizer():
            self.assertLess(server.resident_bytes() - before, 32_000_000)
        for number in range(150):
            self.assertGreater(len(greedy.answer(f"page{number}")["messages"]), 10)
        sending.join()

    def test_a_stalled_reader_is_closed_in_the_end(self):
        self.start("--stall-seconds", 1)
        writer, stalled = self.full("writer", self.room), self.full("stalled", self.room, receive_buffer=4096)
        self.flood(writer, 1_500)
        writer.push(op="exit", name=stalled.name)

    def test_a_slow_but_moving_reader_is_not_closed(self):
        """It takes a little at a time, for longer than stall_seconds, and reaches the end."""
        stall_seconds = int(deadline(3))
        self.start("--stall-seconds", stall_seconds)
        writer, slow = self.full("writer", self.room), self.full("slow", self.room, receive_buffer=4096)
        flood = threading.Thread(target=self.flood, args=(writer, 700))
        flood.start()
        pause = threading.Event()
        for seq in range(1, 701):
            self.assertEqual(slow.entry(self.room)["seq"], seq)
            if seq % 10 == 0:
                pause.wait(stall_seconds * 2 / 70)
        flood.join()
        writer.say("still there", self.room)
        self.assertEqual(slow.entry(self.room)["message"], "still there")


if __name__ == "__main__":
    unittest.main()
