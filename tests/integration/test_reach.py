"""Mutes, blocks, bans and private rooms hold on every way: nobody reaches others by another one."""
from brusio_test import ServerTest

PASSWORD = "correct horse battery"


class Blocked(ServerTest):
    """A guest whom an account has blocked, both in a room."""

    def setUp(self):
        super().setUp()
        self.account = self.full("account", self.room)
        self.account.ok("register", password=PASSWORD)
        self.guest = self.full("guest", self.room)
        self.account.ok("block", name=self.guest.name)

    def heard(self):
        self.guest.barrier()
        self.account.barrier()
        return [push for push in self.account.pushes if push["op"] not in ("enter", "exit")]

    def test_a_guest_is_blocked_also_by_another_name(self):
        self.guest.ok("nick", name=self.named("other"))
        self.account.push(op="nick")
        refusal = self.guest.refused("forbidden", "send", room="@" + self.account.name, message="hi")
        self.assertIn("@" + self.account.name + ":", refusal["message"])
        self.guest.refused("forbidden", "join", room="@" + self.account.name)
        self.assertEqual(self.heard(), [])

    def test_an_invitation_is_not_told_and_the_asker_does_not_learn_of_it(self):
        stranger = self.full("stranger")
        for room in (self.room + "a", self.room + "b"):
            self.guest.join(room)
            mine = self.guest.request("invite", room=room, name=self.account.name)
            other = self.guest.request("invite", room=room, name=stranger.name)
            self.assertEqual((mine["op"], set(mine)), (other["op"], set(other)))
        self.assertEqual(self.heard(), [])
        self.assertEqual(stranger.push(op="notice")["code"], "invited")

    def test_typing_in_a_conversation_from_before_is_not_told(self):
        self.account.ok("unblock", name=self.guest.name)
        self.guest.say("hi", "@" + self.account.name)
        self.account.push(op="message")
        self.account.ok("block", name=self.guest.name)
        self.guest.post("typing", room="@" + self.account.name, on=True)
        self.guest.refused("forbidden", "react", room="@" + self.account.name, target=1, emoji="👍", on=True)
        self.guest.refused("forbidden", "edit", room="@" + self.account.name, target=1, message="look")
        self.guest.ok("away", message="look at me")
        self.assertEqual([push for push in self.heard() if push["room"] != self.room], [])


class Muted(ServerTest):
    def setUp(self):
        super().setUp()
        self.owner = self.full("owner", self.room)
        self.muted = self.full("muted", self.room)
        self.target = self.muted.say("before", self.room)["seq"]

    def mute(self):
        self.owner.ok("mute", room=self.room, name=self.muted.name)
        self.owner.push(op="mute")
        self.owner.pushes.clear()

    def test_the_muted_reach_nobody(self):
        self.mute()
        room, target = self.room, self.target
        self.muted.refused("muted", "send", room=room, message="x")
        self.muted.refused("muted", "edit", room=room, target=target, message="x")
        self.muted.refused("muted", "react", room=room, target=target, emoji="👍", on=True)
        self.muted.refused("muted", "topic", room=room, topic="x")
        self.muted.refused("muted", "invite", room=room, name=self.owner.name)
        self.muted.refused("muted", "nick", name=self.named("loud"))
        self.muted.ok("away", message="look at me")
        self.muted.post("typing", room=room, on=True)
        self.muted.barrier()
        self.owner.barrier()
        self.assertEqual(list(self.owner.pushes), [])

    def test_a_deletion_keeps_its_place_and_names_nobody(self):
        self.mute()
        self.muted.ok("delete", room=self.room, target=self.target)
        self.assertNotIn(self.muted.name, self.owner.push(op="delete")["message"])

    def test_a_moderator_does_not_unmute_themself(self):
        self.owner.ok("role", room=self.room, name=self.muted.name, role="moderator")
        self.mute()
        self.muted.refused("forbidden", "unmute", room=self.room, name=self.muted.name)
        self.muted.refused("muted", "send", room=self.room, message="x")

    def test_another_name_from_the_same_address_is_still_banned(self):
        self.owner.ok("ban", room=self.room, name=self.muted.name, address=True)
        self.muted.ok("quit", forget=True)
        self.full("disguise").refused("banned", "join", room=self.room)
        self.full("elsewhere", self.room, source="127.0.0.2")


class Private(ServerTest):
    """A private room cannot be told from one that is not there, by any operation."""

    OPERATIONS = {
        "join": {}, "leave": {}, "who": {}, "history": {}, "bans": {}, "record": {}, "close": {},
        "send": {"message": "x"}, "edit": {"target": 1, "message": "x"}, "delete": {"target": 1},
        "react": {"target": 1, "emoji": "👍", "on": True}, "topic": {"topic": "x"}, "read": {"seq": 1},
        "kick": {"name": "NAME"}, "ban": {"name": "NAME"}, "unban": {"name": "NAME"}, "mute": {"name": "NAME"},
        "unmute": {"name": "NAME"}, "role": {"name": "NAME", "role": "member"}, "invite": {"name": "NAME"},
        "set": {"private": False}, "search": {"query": "secret"},
    }

    def setUp(self):
        super().setUp()
        self.owner = self.full("owner", self.room)
        self.owner.ok("set", room=self.room, private=True)
        self.owner.say("secret", self.room)
        self.stranger = self.full("stranger")

    def answer(self, op, room, fields):
        fields = {key: self.owner.name if value == "NAME" else value for key, value in fields.items()}
        answer = self.stranger.request(op, room=room, **fields)
        return {key: value.replace(room, "ROOM") if isinstance(value, str) else value
                for key, value in answer.items() if key != "id"}

    def test_in_every_answer(self):
        for op, fields in self.OPERATIONS.items():
            with self.subTest(op=op):
                there = self.answer(op, self.room, fields)
                self.assertEqual(there["code"], "no_room")
                # A join would make the room that is not there.
                if op != "join":
                    self.assertEqual(there, self.answer(op, "#absent", fields))

    def test_in_queries(self):
        there, absent = (self.stranger.request("search", query=f"secret in:{room}") for room in (self.room, "#absent"))
        self.assertEqual(there["code"], "bad_field")
        self.assertEqual(there["message"].replace(self.room, "#absent"), absent["message"])
        self.assertEqual(self.stranger.ok("search", query="secret")["messages"], [])

    def test_in_lists_and_signs_of_life(self):
        self.assertNotIn(self.room, [row["room"] for row in self.stranger.ok("rooms")["rooms"]])
        self.stranger.post("typing", room=self.room, on=True)
        self.stranger.barrier()
        self.owner.barrier()
        self.assertFalse([push for push in self.owner.pushes if push["op"] == "typing"])
