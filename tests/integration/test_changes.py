"""Edits, deletions, reactions, replies, topics: entries that change others (the whole conversation, point 4)."""

from brusio_test import PrivateServerTest, ServerTest


class Changes(ServerTest):
    def setUp(self):
        super().setUp()
        self.owner = self.full("owner", self.room)
        self.writer = self.full("writer", self.room)
        self.seq = self.writer.say("first", self.room)["seq"]

    def current(self, seq=None):
        messages = self.owner.ok("history", room=self.room)["messages"]
        return next(message for message in messages if message["seq"] == (seq or self.seq))

    def change(self, op, **fields):
        return self.writer.ok(op, room=self.room, target=self.seq, **fields)

    def test_an_edit_is_an_entry_and_changes_what_history_says(self):
        ack = self.change("edit", message="second")
        push = self.owner.push(op="edit")
        self.assertEqual((push["seq"], push["target"], push["message"]), (ack["seq"], self.seq, "second"))
        self.assertEqual(self.current()["message"], "second")

    def test_the_last_edit_counts(self):
        for text in ("second", "third", "fourth"):
            self.change("edit", message=text)
        self.assertEqual(self.current()["message"], "fourth")

    def test_a_replay_gives_the_entries(self):
        self.change("edit", message="second")
        late = self.full("late")
        late.join(self.room, after=0)
        self.assertEqual([late.entry(self.room)["message"] for _ in range(2)], ["second", "second"])

    def test_others_messages_are_not_edited(self):
        self.owner.refused("forbidden", "edit", room=self.room, target=self.seq, message="forged")
        self.assertEqual(self.current()["message"], "first")

    def test_an_edit_that_comes_again_is_the_same(self):
        first = self.writer.ok("edit", room=self.room, target=self.seq, message="second", id=self.named("edit"))
        again = self.writer.ok("edit", room=self.room, target=self.seq, message="second", id=self.named("edit"))
        self.assertEqual(first["seq"], again["seq"])
        self.writer.refused("id_reused", "edit", room=self.room, target=self.seq, message="other", id=self.named("edit"))

    def test_targets_that_are_none(self):
        topic = self.writer.ok("topic", room=self.room, topic="x")["seq"]
        for target in (topic, 99999):
            self.writer.refused("no_message", "edit", room=self.room, target=target, message="x")
            self.writer.refused("no_message", "react", room=self.room, target=target, emoji="👍", on=True)
            self.writer.refused("no_message", "delete", room=self.room, target=target)
        for target in (0, -1, "1", None):
            self.writer.refused("bad_field", "edit", room=self.room, target=target, message="x")

    def test_a_deletion_leaves_a_tombstone(self):
        self.change("edit", message="second")
        self.change("delete")
        self.assertEqual(self.owner.push(op="delete")["target"], self.seq)
        message = self.current()
        self.assertEqual((message["message"], message["deleted"]), ("", True))
        self.writer.refused("no_message", "edit", room=self.room, target=self.seq, message="x")
        late = self.full("late")
        late.join(self.room, after=0)
        self.assertEqual([late.entry(self.room)["message"] for _ in range(2)], ["", ""])

    def test_moderators_delete_and_others_do_not(self):
        other = self.full("other", self.room)
        other.refused("forbidden", "delete", room=self.room, target=self.seq)
        self.owner.ok("delete", room=self.room, target=self.seq)

    def test_a_deletion_that_comes_again_is_the_same(self):
        acks = [self.writer.ok("delete", room=self.room, target=self.seq, id=self.named("d"))["seq"] for _ in range(2)]
        self.assertEqual(acks[0], acks[1])

    def test_reactions_are_counted(self):
        self.change("react", emoji="👍", on=True)
        self.owner.ok("react", room=self.room, target=self.seq, emoji="👍", on=True)
        self.owner.ok("react", room=self.room, target=self.seq, emoji="🎉", on=True)
        self.change("react", emoji="👍", on=False)
        reactions = {one["emoji"]: one["names"] for one in self.current()["reactions"]}
        self.assertEqual(reactions, {"👍": [self.owner.name], "🎉": [self.owner.name]})

    def test_a_reply_names_its_message(self):
        reply = self.writer.say("answer", self.room, reply_to=self.seq)["seq"]
        self.assertEqual(self.current(reply)["reply_to"], self.seq)
        self.writer.refused("no_message", "send", room=self.room, message="x", reply_to=99999)

    def test_a_topic_is_an_entry_and_told_on_joining(self):
        self.assertEqual(self.writer.ok("topic", room=self.room, topic="Of today")["op"], "ok")
        self.assertEqual(self.owner.push(op="topic")["topic"], "Of today")
        self.assertEqual(self.full("late").join(self.room)["topic"], "Of today")
        self.writer.refused("too_large", "topic", room=self.room, topic="x" * 600)


class Forgotten(PrivateServerTest):
    def test_a_replaced_text_is_in_no_index(self):
        server = self.start()
        writer = self.full("writer", self.room)
        seq = writer.say("the unspeakable xyzzyplugh word", self.room)["seq"]
        for word in ("quuxfrobnicate", "harmless"):
            while not writer.ok("search", query="word")["messages"]:
                pass
            writer.ok("edit", room=self.room, target=seq, message=f"the {word} word")
            while not writer.ok("search", query=word)["messages"]:
                pass
        while "f" in server.sql("SELECT 'f' FROM forgotten"):
            pass
        server.stop()
        self.assert_gone(server, b"xyzzyplugh", b"quuxfrobnicate")

    def assert_gone(self, server, *words):
        for path in server.data.iterdir():
            content = path.read_bytes().lower() if path.is_file() else b""
            for word in words:
                self.assertFalse(word in content, f"{word} is in {path}")

    def test_a_deleted_text_is_in_no_file(self):
        """Neither the message nor an edit of it, after a checkpoint; the search index forgets the words."""
        server = self.start()
        writer = self.full("writer", self.room)
        seq = writer.say("the unspeakable xyzzyplugh word", self.room)["seq"]
        writer.ok("edit", room=self.room, target=seq, message="the quuxfrobnicate word")
        # Both are in the index before they go.
        while not writer.ok("search", query="quuxfrobnicate")["messages"]:
            pass
        writer.ok("delete", room=self.room, target=seq)
        while "f" in server.sql("SELECT 'f' FROM forgotten"):
            pass
        self.assertEqual(writer.ok("search", query="quuxfrobnicate")["messages"], [])
        server.stop()
        self.assert_gone(server, b"xyzzyplugh", b"quuxfrobnicate")
