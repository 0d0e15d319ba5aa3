"""Roles, private rooms, kicks, bans and mutes (issue: the whole conversation, points 3 and 7)."""
from brusio_test import ServerTest

PASSWORD = "correct horse battery"


class Moderation(ServerTest):
    def setUp(self):
        super().setUp()
        self.owner = self.full("owner", self.room)
        self.member = self.full("member", self.room)

    def role(self, client):
        members = self.owner.ok("who", room=self.room)["members"]
        return next(member["role"] for member in members if member["name"] == client.name)

    def refuse_all(self, client, codes="forbidden"):
        for op in ("kick", "ban", "mute"):
            client.refused(codes, op, room=self.room, name=self.owner.name)
        client.refused(codes, "role", room=self.room, name=client.name, role="owner")
        client.refused(codes, "set", room=self.room, private=True)

    def test_who_makes_the_room_owns_it(self):
        self.assertEqual(self.role(self.owner), "owner")
        self.assertEqual(self.role(self.member), "member")

    def test_a_member_may_nothing(self):
        self.refuse_all(self.member)

    def test_somebody_outside_may_nothing(self):
        self.refuse_all(self.full("outsider"), "not_member")

    def test_nobody_touches_his_equals(self):
        moderator = self.full("moderator", self.room)
        other = self.full("other", self.room)
        for client in (moderator, other):
            self.owner.ok("role", room=self.room, name=client.name, role="moderator")
        moderator.refused("forbidden", "kick", room=self.room, name=other.name)
        moderator.refused("forbidden", "kick", room=self.room, name=self.owner.name)
        moderator.refused("forbidden", "role", room=self.room, name=self.member.name, role="moderator")
        moderator.ok("kick", room=self.room, name=self.member.name)

    def test_a_speaker_writes_where_others_only_read(self):
        self.owner.ok("set", room=self.room, read_only=True)
        for client in (self.owner, self.member):
            self.assertTrue(client.push(op="set")["read_only"])
        self.member.refused("forbidden", "send", room=self.room, message="not yet")
        self.owner.ok("role", room=self.room, name=self.member.name, role="speaker")
        self.assertTrue(self.member.push(op="role", role="speaker")["message"].endswith(
            f"is now speaker of {self.room}"))
        self.member.ok("send", room=self.room, message="now")

    def test_a_role_that_is_none(self):
        self.owner.refused("bad_field", "role", room=self.room, name=self.member.name, role="king")
        self.owner.refused("bad_name", "role", room=self.room, name=self.named("nobody"), role="member")
        self.assertEqual(self.role(self.member), "member")

    def test_a_kick_is_seen_and_the_kicked_may_come_back(self):
        self.owner.ok("kick", room=self.room, name=self.member.name, reason="enough")
        self.assertEqual(self.member.push(op="kick")["reason"], "enough")
        self.member.refused("not_member", "send", room=self.room, message="still here")
        self.member.join(self.room)
        self.member.say("back", self.room)

    def test_the_kicked_hears_nothing_more(self):
        self.owner.ok("kick", room=self.room, name=self.member.name)
        self.owner.say("he is gone", self.room)
        self.member.barrier()
        self.assertFalse([push for push in self.member.pushes if push.get("message") == "he is gone"])

    def test_a_ban_holds_on_every_way_in(self):
        self.owner.ok("ban", room=self.room, name=self.member.name, reason="enough")
        self.assertEqual(self.member.push(op="ban")["by"], self.owner.name)
        self.member.refused("banned", "join", room=self.room)
        self.member.refused("not_member", "send", room=self.room, message="x")
        self.member.refused("banned", "nick", name=self.named("disguise"))
        again = self.full("member", session=self.member.session)
        again.refused("banned", "join", room=self.room)
        again.close()

    def test_a_suffix_is_no_way_in(self):
        """Somebody who comes in again while they are still there gets a suffix, and stays banned and muted."""
        self.owner.ok("ban", room=self.room, name=self.member.name)
        self.simple("parrot").enter()
        self.owner.ok("mute", room=self.room, name=self.named("parrot"))
        for name, room_is_open in (("member", False), ("parrot", True)):
            with self.subTest(name=name):
                again = self.simple(name)
                again.say("")
                again.notice(f"{self.named(name)}-2")
                again.say(f"/join {self.room}")
                if room_is_open:
                    again.notice("Members")
                    again.say("can you hear me?")
                self.assertEqual(again.expect(op={"notice", "error"})["message"].count(self.room), 1)
                again.say("/nick " + self.named("disguise"))
                self.assertIn(again.expect(op="error")["code"], ("banned", "muted"))
        self.owner.say("last", self.room)
        self.assertEqual(self.full("late", self.room).ok("history", room=self.room)["messages"][0]["message"], "last")

    def test_nobody_takes_a_banned_name(self):
        for op, name in (("ban", "villain"), ("mute", "parrot")):
            guest = self.full(name)
            self.owner.ok(op, room=self.room, name=guest.name)
            guest.ok("quit", forget=True)
        self.member.refused("banned", "nick", name=self.named("Villain"))
        self.member.refused("muted", "nick", name=self.named("parrot"))
        self.member.say("still myself", self.room)
        self.assertEqual(self.owner.push(op="message")["from"]["name"], self.member.name)

    def test_a_reason_is_told_where_there_is_one(self):
        for op in ("mute", "kick", "ban"):
            with self.subTest(op=op):
                self.member.join(self.room)
                self.owner.ok(op, room=self.room, name=self.member.name)
                event = self.member.push(op=op)
                self.assertNotIn("reason", event)
                self.assertRegex(event["message"], r"\w$")
                self.owner.request("unmute", room=self.room, name=self.member.name)

    def test_a_ban_of_an_account_holds_for_all_its_devices(self):
        self.member.ok("register", password=PASSWORD)
        self.owner.ok("ban", room=self.room, name=self.member.name)
        phone = self.unnamed()
        phone.ok("hello", name=self.member.name, password=PASSWORD, device="phone")
        phone.refused("banned", "join", room=self.room)
        phone.refused("banned", "nick", name=self.named("disguise"))

    def test_a_ban_ends(self):
        self.owner.ok("ban", room=self.room, name=self.member.name, seconds=3600)
        self.member.refused("banned", "join", room=self.room)
        self.owner.ok("unban", room=self.room, name=self.member.name)
        self.member.join(self.room)

    def test_an_address_is_banned(self):
        guest = self.full("guest", address=("127.0.0.1", self.server.port))
        self.owner.ok("ban", room=self.room, name="127.0.0.0/8")
        guest.refused("banned", "join", room=self.room)
        self.owner.barrier()

    def test_an_address_has_one_form(self):
        """However it is written, it is shown, told and noted as what it is."""
        for written, form in (("::ffff:10.7.7.7", "10.7.7.7"), ("10.7.7.7/32", "10.7.7.7"), ("10.7.7.7/24", "10.7.7.0/24"),
                              ("2001:DB8:0:0::1", "2001:db8::1"), ("2001:db8::1/64", "2001:db8::/64")):
            with self.subTest(written=written):
                self.owner.ok("ban", room=self.room, name=written)
                self.assertEqual(self.member.push(op="ban")["name"], form)
                self.assertEqual([row["name"] for row in self.owner.ok("bans", room=self.room)["bans"]], [form])
                self.assertEqual(self.owner.ok("record", room=self.room)["record"][0]["name"], form)
                self.owner.ok("unban", room=self.room, name=form)

    def test_an_address_is_not_banned_over_the_heads_of_those_who_keep_order(self):
        moderator = self.full("moderator", self.room, address=("127.0.0.1", self.server.port))
        self.owner.ok("role", room=self.room, name=moderator.name, role="moderator")
        guest = self.full("guest", self.room, address=("127.0.0.1", self.server.port))
        moderator.ok("ban", room=self.room, name="127.0.0.0/8")
        guest.refused("not_member", "send", room=self.room, message="x")
        moderator.say("my own net", self.room)
        self.owner.say("and maybe mine", self.room)

    def test_a_bad_mask(self):
        for mask in ("127.0.0.1/33", "1.2.3/8", "::1/129", "127.0.0.0/x"):
            self.owner.refused("bad_name", "ban", room=self.room, name=mask)

    def test_the_muted_read_and_do_not_write(self):
        self.member.say("before", self.room)
        self.owner.ok("mute", room=self.room, name=self.member.name, seconds=3600)
        seq = self.owner.push(op="message")["seq"]
        for op, fields in (("send", {"message": "x"}), ("edit", {"target": seq, "message": "x"}),
                           ("react", {"target": seq, "emoji": "x", "on": True}), ("topic", {"topic": "x"})):
            self.member.refused("muted", op, room=self.room, **fields)
        self.member.refused("muted", "nick", name=self.named("disguise"))
        self.owner.say("can you read this?", self.room)
        self.member.push(op="message", message="can you read this?")
        self.owner.ok("unmute", room=self.room, name=self.member.name)
        self.member.say("after", self.room)

    def test_a_private_room(self):
        self.owner.ok("set", room=self.room, private=True)
        stranger = self.full("stranger")
        stranger.refused("no_room", "join", room=self.room)
        self.assertNotIn(self.room, [room["room"] for room in stranger.ok("rooms")["rooms"]])
        self.member.refused("forbidden", "invite", room=self.room, name=stranger.name)
        self.owner.ok("invite", room=self.room, name=stranger.name)
        self.assertIn(self.room, stranger.push(op="notice")["message"])
        stranger.join(self.room)

    def test_settings_are_checked(self):
        self.owner.refused("bad_field", "set", room=self.room)
        self.owner.refused("bad_field", "set", room=self.room, private="yes")
        self.owner.refused("bad_field", "set", room=self.room, retention_days=-1)
        self.owner.join("#lobby")
        self.owner.refused("forbidden", "set", room="#lobby", private=True)

    def test_commands_of_the_simple_form(self):
        """Wrong usage says the right usage; what is refused says why."""
        simple = self.simple("typist").enter()
        for line, answer in (("/kick", "/kick NAME"), ("/ban", "/ban NAME"), ("/mute", "/mute NAME"),
                             ("/role x", "/role NAME"), ("/join", "/join #ROOM"), ("/msg x", "/msg NAME TEXT"),
                             ("/topic", "/topic TEXT"), ("/search", "/search TEXT")):
            simple.say(line)
            simple.notice(answer)
        simple.say(f"/join {self.room}")
        simple.notice(self.room)
        simple.say(f"/kick {self.owner.name}")
        self.assertEqual(simple.expect(op="error")["code"], "forbidden")
        simple.say("heard in the room")
        self.owner.push(op="message", message="heard in the room")
        simple.say("/topic Of the simple")
        self.assertEqual(self.owner.push(op="topic")["topic"], "Of the simple")
        simple.say("/leave")
        simple.notice(self.room)
