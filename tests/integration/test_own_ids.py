"""One's own entries carry the id that one gave them, wherever one meets them; nobody else sees it."""
from brusio_test.case import ServerTest


class OwnIds(ServerTest):
    def ids(self, client, count):
        return [client.push(op="message").get("id") for _ in range(count)]

    def test_on_another_device(self):
        phone = self.full("anna")
        other = self.full("bob", self.room)
        phone.join(self.room)
        desk = self.full("anna", session=phone.session, device="desk")
        desk.join(self.room)
        for number in range(3):
            phone.say(f"{number}", self.room, id=f"from-phone-{number}")
        other.say("from bob", self.room, id="from-bob")
        self.assertEqual(self.ids(desk, 4), ["from-phone-0", "from-phone-1", "from-phone-2", None])
        self.assertEqual(self.ids(other, 3), [None] * 3)
        self.assertEqual(self.ids(phone, 1), [None])

    def test_in_a_replay_of_the_live_log_and_of_pages(self):
        writer, other = self.full("writer", self.room), self.full("other", self.room)
        for number in range(300):
            (writer if number % 3 else other).post("send", room=self.room, message=f"{number}", id=f"id{number}")
        writer.barrier()
        other.barrier()
        expected = None
        for after in (0, 290):
            again = self.full("writer", session=writer.session)
            again.post("join", room=self.room, after=after)
            entries = again.entries(300 - after, self.room)
            mine = [entry.get("id") is not None for entry in entries]
            self.assertEqual(mine, [entry["from"]["name"] == again.name for entry in entries])
            self.assertEqual([entry["seq"] for entry in entries], list(range(after + 1, 301)))
            expected = expected or {entry["seq"]: entry.get("id") for entry in entries}
            self.assertEqual({entry["seq"]: entry.get("id") for entry in entries},
                             {seq: expected[seq] for seq in range(after + 1, 301)})
            again.reset()

    def test_in_history(self):
        writer, other = self.full("writer", self.room), self.full("other", self.room)
        writer.say("mine", self.room, id="x1")
        other.say("theirs", self.room, id="x2")
        self.assertEqual([m.get("id") for m in writer.ok("history", room=self.room)["messages"]], ["x1", None])
        self.assertEqual([m.get("id") for m in other.ok("history", room=self.room)["messages"]], [None, "x2"])
