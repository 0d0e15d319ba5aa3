"""(user, device, id) names one send, however often and wherever it is sent (promise 4)."""
import unittest

from brusio_test import PrivateServerTest, ServerTest


class Repeated(ServerTest):
    def setUp(self):
        super().setUp()
        self.reader = self.full("reader", self.room)
        self.writer = self.full("writer", self.room)

    def heard_once(self, text):
        """The reader gets TEXT once: the next entry is the one that is said after it."""
        self.writer.say("after", self.room)
        self.assertEqual([entry["message"] for entry in self.reader.entries(2, self.room)], [text, "after"])

    def again(self, **fields):
        """The writer on a new connection of the same session."""
        self.writer = self.full("writer", self.room, session=self.writer.session, **fields)
        return self.writer

    def test_on_the_same_connection(self):
        first = self.writer.say("once", self.room, id="same")
        for _ in range(3):
            self.assertEqual(self.writer.say("once", self.room, id="same"), first)
        self.heard_once("once")

    def test_before_the_first_is_acknowledged(self):
        for _ in range(5):
            self.writer.post("send", room=self.room, message="once", id="early")
        acks = [self.writer.receive_op("ack") for _ in range(5)]
        self.assertEqual([ack["seq"] for ack in acks], [1] * 5)
        self.assertEqual(len({ack["time"] for ack in acks}), 1)
        self.heard_once("once")

    def test_on_another_connection(self):
        first = self.writer.say("once", self.room, id="other")
        self.assertEqual(self.again().say("once", self.room, id="other"), first)
        self.heard_once("once")

    def test_on_another_connection_before_the_first_is_acknowledged(self):
        for number in range(20):
            with self.subTest(number=number):
                self.writer.post("send", room=self.room, message=f"once {number}", id=f"quick{number}")
                ack = self.again().say(f"once {number}", self.room, id=f"quick{number}")
                self.assertEqual(ack["seq"], number + 1)
        self.writer.say("after", self.room)
        self.assertEqual([entry["message"] for entry in self.reader.entries(21, self.room)],
                         [f"once {number}" for number in range(20)] + ["after"])

    def test_after_the_connection_was_lost(self):
        first = self.writer.say("once", self.room, id="lost")
        self.writer.reset()
        self.assertEqual(self.again().say("once", self.room, id="lost"), first)
        self.heard_once("once")

    def test_another_body_is_refused(self):
        first = self.writer.say("once", self.room, id="body", action=True)
        other = self.room + "b"
        self.writer.join(other)
        for fields in ({"message": "twice"}, {"room": other}, {"reply_to": 1}, {"action": False}):
            with self.subTest(**fields):
                self.writer.refused("id_reused", "send",
                                    **{"room": self.room, "message": "once", "id": "body", "action": True, **fields})
        self.assertEqual(self.writer.say("once", self.room, id="body", action=True), first)
        self.heard_once("once")

    def test_another_body_is_refused_before_the_first_is_acknowledged(self):
        self.writer.post("send", room=self.room, message="once", id="race")
        self.writer.post("send", room=self.room, message="twice", id="race")
        answers = [self.writer.receive() for _ in range(2)]
        while any(answer["op"] in ("enter", "exit") for answer in answers):
            answers = [answer for answer in answers if answer["op"] not in ("enter", "exit")]
            answers.append(self.writer.receive())
        self.assertEqual([answers[0]["op"], answers[1].get("code")], ["ack", "id_reused"])
        self.heard_once("once")

    def test_ids_of_two_devices_are_two(self):
        phone = self.full("writer", self.room, session=self.writer.session, device="phone")
        one, two = self.writer.say("one", self.room, id="shared"), phone.say("two", self.room, id="shared")
        self.assertNotEqual(one["seq"], two["seq"])

    def test_ids_of_two_users_are_two(self):
        one, two = self.writer.say("one", self.room, id="users"), self.reader.say("two", self.room, id="users")
        self.assertNotEqual(one["seq"], two["seq"])

    def test_a_refused_send_may_be_sent_again(self):
        other = self.room + "b"
        self.writer.refused({"no_room", "not_member"}, "send", room=other, message="x", id="refused")
        self.writer.join(other)
        self.assertEqual(self.writer.say("x", other, id="refused")["seq"], 1)

    def test_what_was_granted_stays_granted(self):
        """A repeat is acknowledged as it was, also to whom the same would be refused by now."""
        said = self.writer.say("once", self.room, id="said")
        edited = self.writer.ok("edit", room=self.room, target=said["seq"], message="twice", id="edited")

        def repeat():
            self.assertEqual(self.writer.say("once", self.room, id="said"), said)
            self.assertEqual(self.writer.ok("edit", room=self.room, target=said["seq"], message="twice", id="edited"),
                             edited)

        for op in ("mute", "kick", "ban"):
            with self.subTest(op=op):
                self.reader.ok(op, room=self.room, name=self.writer.name)
                repeat()
                self.writer.refused({"muted", "not_member"}, "send", room=self.room, message="once", id="other")
                self.writer.refused({"muted", "not_member"}, "send", room=self.room, message="more", id="said")
        self.again_outside()
        repeat()

    def again_outside(self):
        self.writer.reset()
        self.reader.push(op="ban")
        self.writer = self.full("writer", session=self.writer.session)

    def test_a_change_of_what_is_deleted_by_now(self):
        said = self.writer.say("once", self.room)
        fields = {"room": self.room, "target": said["seq"]}
        edited = self.writer.ok("edit", message="twice", id="edited", **fields)
        reacted = self.writer.ok("react", emoji="👍", on=True, id="reacted", **fields)
        deleted = self.writer.ok("delete", id="deleted", **fields)
        self.assertEqual(self.writer.ok("edit", message="twice", id="edited", **fields), edited)
        self.assertEqual(self.writer.ok("react", emoji="👍", on=True, id="reacted", **fields), reacted)
        self.assertEqual(self.writer.ok("delete", id="deleted", **fields), deleted)
        self.writer.refused("no_message", "edit", message="thrice", **fields)
        self.writer.refused("no_message", "delete", **fields)


class AfterRestart(PrivateServerTest):
    def repeated(self, end):
        server = self.start()
        writer = self.full("writer", self.room)
        firsts = [writer.say(f"m{number}", self.room, id=f"id{number}") for number in range(20)]
        end(server)
        server.restart()
        writer = self.full("writer", session=writer.session)
        writer.join(self.room, after=0, epoch=writer.epoch)
        for number, first in enumerate(firsts):
            self.assertEqual(writer.say(f"m{number}", self.room, id=f"id{number}"), first)
        writer.refused("id_reused", "send", room=self.room, message="else", id="id3")
        self.assertEqual(writer.say("new", self.room)["seq"], 21)
        self.assertEqual([entry["message"] for entry in writer.entries(20, self.room)],
                         [f"m{number}" for number in range(20)])

    def test_after_a_restart(self):
        self.repeated(lambda server: server.stop())

    def test_after_kill_9(self):
        self.repeated(lambda server: server.kill())


if __name__ == "__main__":
    unittest.main()
