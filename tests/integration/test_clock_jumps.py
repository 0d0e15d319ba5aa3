"""The wall clock is set, back and forth, while people talk."""
import pathlib
import tempfile

from brusio_test import PrivateServerTest
from brusio_test.faults import Faults

HOUR = 3_600_000
DAY = 24 * HOUR
YEAR = 365 * DAY


class ClockJumps(PrivateServerTest):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.faults = Faults(pathlib.Path(directory.name))
        self.start(env=self.faults.environment())

    def jump(self, milliseconds):
        self.faults.set(shift_ms=milliseconds)

    def test_order_and_connections_outlive_every_jump(self):
        writer, reader = self.full("writer", self.room), self.full("reader", self.room)
        times = []
        for number, shift in enumerate((0, -HOUR, 10 * YEAR, -40 * YEAR, 0, HOUR)):
            self.jump(shift)
            self.assertEqual(writer.say(f"at {shift}", self.room)["seq"], number + 1)
            entry = reader.entry(self.room)
            self.assertEqual((entry["seq"], entry["message"]), (number + 1, f"at {shift}"))
            times.append(entry["time"])
            writer.barrier()
            reader.barrier()
        self.assertLess(times[1], times[0], "the clock did jump")
        self.assertLess(times[3], times[2])
        late = self.full("late")
        late.join(self.room, after=0)
        self.assertEqual([entry["time"] for entry in late.entries(6, self.room)], times)
        history = late.ok("history", room=self.room)["messages"]
        self.assertEqual([entry["seq"] for entry in history], list(range(1, 7)))

    def test_what_was_sent_before_the_jump_is_a_repeat_after_it(self):
        writer = self.full("writer", self.room)
        seq = writer.say("once", self.room, id="one")["seq"]
        for shift in (-YEAR, HOUR, -HOUR):
            self.jump(shift)
            self.assertEqual(writer.say("once", self.room, id="one")["seq"], seq)

    def test_a_guest_changes_his_own_messages_after_a_jump_back(self):
        writer = self.full("writer", self.room)
        self.jump(-HOUR)
        seq = writer.say("mistake", self.room)["seq"]
        writer.ok("edit", room=self.room, target=seq, message="right")

    def test_a_jump_back_makes_nobody_the_author_of_what_another_said(self):
        """A name is free again: whoever takes it has said nothing yet, whatever the clock says."""
        self.full("owner", self.room)
        present = self.full("present", self.room)
        self.jump(HOUR)
        first = self.full("first", self.room)
        name = first.name
        seq = first.say("mine", self.room)["seq"]
        first.ok("nick", name=self.named("gone"))
        self.jump(0)
        second = self.unnamed()
        second.ok("hello", name=name)
        second.join(self.room)
        second.refused("forbidden", "edit", room=self.room, target=seq, message="not mine")
        second.refused("forbidden", "delete", room=self.room, target=seq)
        own = second.say("mine now", self.room)["seq"]
        second.ok("edit", room=self.room, target=own, message="mine indeed")
        # Nor whoever was there before, and takes it later.
        second.ok("nick", name=self.named("gone_too"))
        present.ok("nick", name=name)
        for target in (seq, own):
            present.refused("forbidden", "delete", room=self.room, target=target)

    def test_sanctions_end_when_the_clock_says_so(self):
        owner, guest = self.full("owner", self.room), self.full("guest", self.room)
        owner.ok("mute", room=self.room, name=guest.name, seconds=600)
        guest.refused("muted", "send", room=self.room, message="no")
        self.jump(HOUR)
        guest.say("yes", self.room)
        # It was not time yet after all.
        self.jump(0)
        guest.refused("muted", "send", room=self.room, message="no")
        self.jump(-YEAR)
        guest.refused("muted", "send", room=self.room, message="no")
        owner.ok("unmute", room=self.room, name=guest.name)
        guest.say("yes", self.room)

    def test_the_server_stops_while_the_clock_is_set_back(self):
        self.full("idle", self.room)
        self.jump(-YEAR)
        self.server.stop()


if __name__ == "__main__":
    import unittest
    unittest.main()
