"""Mutes, blocks, bans and private rooms hold on every way: nobody reaches others by another one."""
import json
import re

from brusio_test import Full, ServerTest

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

    def test_signs_of_life_in_a_room_are_told_to_others_alone(self):
        reader = self.full("reader", self.room)
        self.heard()
        self.account.pushes.clear()
        self.guest.post("typing", room=self.room, on=True)
        self.guest.ok("away", message="look at me")
        self.assertEqual(reader.push(op="typing")["name"], self.guest.name)
        self.assertEqual(reader.push(op="away")["away"], "look at me")
        self.assertEqual(self.heard(), [])
        for client, away in ((self.account, None), (reader, "look at me")):
            row = {row["name"]: row for row in client.ok("who", room=self.room)["members"]}[self.guest.name]
            self.assertEqual(row.get("away"), away)
            self.assertEqual(client.ok("profile", name=self.guest.name)["profile"].get("away"), away)
        self.account.ok("unblock", name=self.guest.name)
        self.guest.ok("away")
        self.assertNotIn("away", self.account.push(op="away"))

    def test_a_blocked_person_comes_and_goes_without_a_word(self):
        reader = self.full("reader", self.room)
        self.guest.ok("leave", room=self.room, reason="look at me")
        self.assertEqual(reader.push(op="exit")["reason"], "look at me")
        self.assertNotIn("look at me", json.dumps(self.account.push(op="exit")))

    def test_a_message_of_who_has_blocked_them_is_not_reacted_to(self):
        reader = self.full("reader", self.room)
        mine, others = (client.say("hi", self.room)["seq"] for client in (self.account, reader))
        self.guest.refused("forbidden", "react", room=self.room, target=mine, emoji="👍", on=True)
        self.guest.ok("react", room=self.room, target=others, emoji="👍", on=True)
        self.account.ok("unblock", name=self.guest.name)
        self.guest.ok("react", room=self.room, target=mine, emoji="👍", on=True)

    def test_a_reaction_from_before_the_block_is_taken_back(self):
        self.account.ok("unblock", name=self.guest.name)
        mine = self.account.say("hi", self.room)["seq"]
        self.guest.ok("react", room=self.room, target=mine, emoji="👍", on=True)
        self.account.ok("block", name=self.guest.name)
        self.guest.ok("react", room=self.room, target=mine, emoji="👍", on=False)
        self.guest.refused("forbidden", "react", room=self.room, target=mine, emoji="👍", on=True)

    def test_who_reads_slowly_is_not_shown_them_either(self):
        """Signs of life and messages in one go: what is left out is no gap, and nothing is there twice."""
        reader = self.full("reader", self.room)
        for n in range(3):
            self.guest.ok("away", message=f"look at me {n}")
            self.guest.say(f"said {n}", self.room)
        seen = [reader.push(op="message")["message"] for _ in range(3)]
        self.assertEqual(seen, [f"said {n}" for n in range(3)])
        self.assertEqual([push["op"] for push in self.heard()], ["message"] * 3)

    def test_in_irc(self):
        caps = "sasl message-tags away-notify setname extended-monitor"
        mine = self.irc("account", caps=caps, password=PASSWORD)
        other = self.irc("reader", caps=caps)
        for client in (mine, other):
            client.ask(f"JOIN {self.room}", f"MONITOR + {self.guest.name}")
        blocked = self.irc("blocked", caps="message-tags")
        blocked.ask(f"JOIN {self.room}")
        self.account.ok("block", name=blocked.name)
        other.ask(f"PRIVMSG {self.room} :hi")
        msgid = re.search(r"msgid=([^; ]+)", blocked.until(" PRIVMSG ")[-1])[1]
        blocked.ask(f"@+draft/react=lol;+reply={msgid} TAGMSG {self.room}")
        self.assertTrue([line for line in other.all() if "TAGMSG" in line])
        self.assertFalse([line for line in mine.all() if "TAGMSG" in line])
        self.guest.post("typing", room=self.room, on=True)
        self.guest.ok("away", message="look at me")
        self.guest.ok("leave", room=self.room, reason="look at me")
        heard = other.until(" PART ")
        self.assertTrue([line for line in heard if "+typing=active" in line], heard)
        self.assertEqual(sum("look at me" in line for line in heard), 2, heard)
        heard = mine.until(" PART ")
        self.assertFalse([line for line in heard if "+typing" in line or "look at me" in line], heard)
        self.assertFalse([line for line in mine.ask(f"WHOIS {self.guest.name}") if "look at me" in line])
        self.assertTrue([line for line in other.ask(f"WHOIS {self.guest.name}") if "look at me" in line])

    def test_tags_that_irc_passes_on(self):
        caps = "sasl message-tags echo-message"
        guest = self.irc("tagger", caps=caps)
        mine = self.irc("account", caps=caps, password=PASSWORD)
        other = self.irc("reader", caps=caps)
        self.account.ok("block", name=guest.name)
        for client in (guest, mine, other):
            client.ask(f"JOIN {self.room}")
        msgid = guest.ask(f"PRIVMSG {self.room} :hello")[-1].split("msgid=")[1].split(";")[0].split(" ")[0]
        guest.ask(f"@+draft/reply={msgid};+draft/react=ha TAGMSG {self.room}", f"PRIVMSG {self.room} :end")
        self.assertTrue([line for line in other.until(":end") if " TAGMSG " in line])
        self.assertFalse([line for line in mine.until(":end") if " TAGMSG " in line])

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


class Inviters(ServerTest):
    """An invitation is somebody's, whatever they and others are called later."""

    def setUp(self):
        super().setUp()
        self.account = self.full("account")
        self.account.ok("register", password=PASSWORD)
        self.inviter = self.full("inviter", self.room)
        self.was = self.inviter.name
        self.inviter.ok("invite", room=self.room, name=self.account.name)

    def inviters(self):
        client = self.keep(Full(self.server))
        welcome = client.ok("hello", name=self.account.name, password=PASSWORD, device=self.named("device"))
        return [row["by"] for row in welcome["invitations"]]

    def test_somebody_else_who_takes_their_name_is_not_taken_for_them(self):
        new = self.named("renamed")
        self.inviter.ok("nick", name=new)
        self.assertEqual(self.inviters(), [new])
        self.inviter.ok("nick", name=self.was)
        self.inviter.ok("quit", forget=True)
        self.account.barrier()
        self.keep(Full(self.server, self.was))
        (by,) = self.inviters()
        self.assertRegex(by, f"^{re.escape(self.was)}![0-9]+$")

    def test_who_is_blocked_since_is_not_shown(self):
        new = self.named("renamed")
        self.inviter.ok("nick", name=new)
        self.account.ok("block", name=new)
        self.assertEqual(self.inviters(), [])
        self.account.ok("unblock", name=new)
        self.assertEqual(self.inviters(), [new])


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

    def test_the_muted_say_nothing_by_coming_and_going(self):
        self.mute()
        self.muted.ok("away", message="look at me")
        self.muted.ok("leave", room=self.room, reason="look at me")
        self.muted.ok("join", room=self.room)
        self.muted.ok("quit", reason="look at me")
        for _ in range(2):
            self.assertNotIn("look at me", json.dumps(self.owner.push(op="exit")))
        self.assertNotIn("look at me", json.dumps(list(self.owner.pushes)))

    def test_a_deletion_keeps_its_place_and_names_nobody(self):
        self.mute()
        self.muted.ok("delete", room=self.room, target=self.target, reason="look at me")
        deletion = self.owner.push(op="delete")
        self.assertNotIn(self.muted.name, deletion["message"])
        self.assertNotIn("look at me", json.dumps(deletion))

    def test_a_deletion_of_somebody_blocked_names_nobody(self):
        reader = self.full("reader")
        reader.ok("register", password=PASSWORD)
        reader.join(self.room)
        reader.ok("block", name=self.muted.name)
        self.muted.ok("delete", room=self.room, target=self.target, reason="look at me")
        deletion = reader.push(op="delete")
        self.assertNotIn(self.muted.name, deletion["message"])
        self.assertNotIn("look at me", json.dumps(deletion))

    def test_a_deletion_from_before_the_block_names_nobody_either(self):
        reader = self.full("reader")
        reader.ok("register", password=PASSWORD)
        self.muted.ok("delete", room=self.room, target=self.target)
        target = self.muted.say("again", self.room)["seq"]
        self.owner.ok("delete", room=self.room, target=target)
        reader.ok("block", name=self.muted.name)
        reader.request("join", room=self.room, after=0)
        self.assertEqual([reader.push(op="delete")["message"] for _ in range(2)],
                         ["Message 1 was deleted", f"{self.owner.name} deleted message {target}"])

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
