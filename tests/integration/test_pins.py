"""Pinned messages: moderators pin, whoever is in the room reads, and what is gone is pinned no more."""
from brusio_test import PrivateServerTest


class Pins(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()
        self.anna, self.bruno = self.full("anna", self.room), self.full("bruno", self.room)

    def pin(self, target, on=True, client=None):
        return (client or self.anna).ok("pin", room=self.room, target=target, on=on)

    def pins(self, client=None):
        return [(pin["target"], pin["message"]) for pin in (client or self.anna).ok("pins", room=self.room)["pins"]]

    def say(self, text):
        return self.bruno.say(text, self.room)["seq"]

    def test_they_are_listed_and_told(self):
        first, second = self.say("first"), self.say("second")
        self.pin(first)
        notice = self.bruno.push(op="notice", code="pin")
        self.assertEqual((notice["room"], notice["by"]), (self.room, self.named("anna")))
        self.pin(second)
        self.assertEqual(self.pins(self.bruno), [(second, "second"), (first, "first")])
        pin = self.bruno.ok("pins", room=self.room)["pins"][0]
        self.assertEqual((pin["name"], pin["by"]), (self.named("bruno"), self.named("anna")))
        self.pin(second, on=False)
        self.assertEqual(self.pins(), [(first, "first")])
        self.anna.refused("no_message", "pin", room=self.room, target=second, on=False)
        self.server.stop()
        self.server.start()
        session = self.unnamed()
        session.ok("hello", name=self.named("cora"))
        session.join(self.room)
        self.assertEqual(self.pins(session), [(first, "first")])

    def test_who_may(self):
        seq = self.say("first")
        self.bruno.refused("forbidden", "pin", room=self.room, target=seq, on=True)
        self.pin(seq)
        self.bruno.refused("forbidden", "pin", room=self.room, target=seq, on=False)
        self.anna.ok("set", room=self.room, private=True)
        self.full("carla").refused("no_room", "pins", room=self.room)
        self.anna.ok("kick", room=self.room, name=self.named("bruno"))
        self.bruno.refused(("not_member", "no_room"), "pins", room=self.room)

    def test_edited_and_deleted_messages(self):
        seq, other = self.say("first"), self.say("other")
        self.pin(seq)
        self.pin(other)
        edit = self.bruno.ok("edit", room=self.room, target=seq, message="first, edited")["seq"]
        self.assertEqual(self.pins(), [(other, "other"), (seq, "first, edited")])
        self.anna.refused("no_message", "pin", room=self.room, target=edit, on=True)
        self.bruno.ok("delete", room=self.room, target=seq)
        self.assertEqual(self.pins(), [(other, "other")])
        self.anna.refused("no_message", "pin", room=self.room, target=seq, on=True)

    def test_there_is_a_bound(self):
        seqs = [self.say(f"message {n}") for n in range(51)]
        for seq in seqs[:50]:
            self.pin(seq)
        self.assertIn("50", self.anna.refused("limit", "pin", room=self.room, target=seqs[50], on=True)["message"])
        self.bruno.ok("delete", room=self.room, target=seqs[0])
        self.pin(seqs[50])

    def test_long_texts_are_cut(self):
        seq = self.say("è" * 400)
        self.pin(seq)
        self.assertEqual(self.pins(), [(seq, "è" * 300)])
