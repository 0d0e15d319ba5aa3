"""Direct conversations, presence, read markers (issue: the whole conversation, points 2 and 3)."""
from brusio_test import PrivateServerTest, ServerTest

PASSWORD = "correct horse battery"


class People(ServerTest):
    def account(self, name):
        client = self.full(name)
        client.ok("register", password=PASSWORD)
        return client

    def device(self, account, device):
        client = self.unnamed()
        client.welcome = client.ok("hello", name=account.name, password=PASSWORD, device=device)
        client.name = account.name
        return client


class Direct(People):
    def test_both_see_one_log_under_the_others_name(self):
        anna, bob = self.account("anna"), self.account("bob")
        ack = anna.say("ciao", f"@{bob.name}")
        self.assertEqual((ack["room"], ack["seq"]), (f"@{bob.name}", 1))
        push = bob.push(op="message")
        self.assertEqual((push["room"], push["seq"], push["message"]), (f"@{anna.name}", 1, "ciao"))
        self.assertEqual(bob.say("ciao a te", f"@{anna.name}")["seq"], 2)
        self.assertEqual(anna.push(op="message")["room"], f"@{bob.name}")
        for client, other in ((anna, bob), (bob, anna)):
            messages = client.ok("history", room=f"@{other.name}")["messages"]
            self.assertEqual([message["message"] for message in messages], ["ciao", "ciao a te"])

    def test_all_devices_see_it(self):
        anna, bob = self.account("anna"), self.account("bob")
        phone = self.device(anna, "phone")
        anna.say("from the desk", f"@{bob.name}")
        self.assertEqual(phone.push(op="message")["room"], f"@{bob.name}")
        bob.say("to all", f"@{anna.name}")
        for client in (anna, phone):
            client.push(op="message", message="to all")

    def test_a_marker_goes_back_only_where_that_is_asked_for(self):
        anna, bob = self.account("anna"), self.account("bob")
        room = f"@{bob.name}"
        phone = self.device(anna, "phone")
        for text in ("one", "two"):
            bob.say(text, f"@{anna.name}")
        anna.ok("read", room=room, seq=2)
        self.assertEqual(phone.push(op="read")["seq"], 2)
        anna.ok("read", room=room, seq=1)
        anna.ok("read", room=room, seq=0, back=True)
        self.assertEqual(phone.push(op="read")["seq"], 0)
        row = {row["room"]: row for row in self.device(anna, "tablet").welcome["rooms"]}[room]
        self.assertEqual((row["read"], row["unread"]), (0, 2))

    def test_it_waits_for_who_is_away(self):
        anna, bob = self.account("anna"), self.account("bob")
        bob.close()
        anna.say("are you there?", f"@{bob.name}")
        again = self.device(bob, "default")
        row = {row["room"]: row for row in again.welcome["rooms"]}[f"@{anna.name}"]
        self.assertEqual((row["seq"], row["read"], row["unread"], row["mentions"]), (1, 0, 1, 1))
        again.join(f"@{anna.name}", after=0)
        self.assertEqual(again.entry(f"@{anna.name}")["message"], "are you there?")

    def test_nobody_else_reads_it(self):
        anna, bob, eve = self.account("anna"), self.account("bob"), self.account("eve")
        anna.say("secret between us", f"@{bob.name}")
        self.assertEqual(eve.ok("search", query="secret")["messages"], [])
        self.assertNotIn("direct", str(eve.ok("rooms")))
        for name in ("direct:1:2", f"@{anna.name}@{bob.name}"):
            eve.refused({"no_room", "bad_name", "no_user"}, "join", room=name)
            eve.refused({"no_room", "bad_name", "no_user"}, "history", room=name)

    def test_nobody(self):
        anna = self.account("anna")
        anna.refused("no_user", "send", room=f"@{self.named('nobody')}", message="x")

    def test_blocking(self):
        anna, bob = self.account("anna"), self.account("bob")
        anna.say("before", f"@{bob.name}")
        bob.ok("block", name=anna.name)
        anna.refused("forbidden", "send", room=f"@{bob.name}", message="after")
        bob.ok("unblock", name=anna.name)
        anna.say("again", f"@{bob.name}")

    def test_the_first_message_to_somebody_who_blocks_is_refused_by_name(self):
        carl, bob = self.full("carl"), self.account("bob")
        bob.ok("block", name=carl.name)
        refusal = carl.refused("forbidden", "send", room=f"@{bob.name}", message="hi")
        self.assertIn(f"@{bob.name}:", refusal["message"])

    def test_guests_talk_too(self):
        """A conversation of two guests is not found by later owners of their names."""
        anna, bob = self.full("anna"), self.full("bob")
        anna.say("between guests", f"@{bob.name}")
        bob.push(op="message", room=f"@{anna.name}")
        names = anna.name, bob.name
        for client in (anna, bob):
            client.ok("quit", forget=True)
            client.rest_of_lines()
        anna, bob = self.unnamed(), self.unnamed()
        anna.ok("hello", name=names[0])
        bob.ok("hello", name=names[1])
        self.assertEqual(anna.join(f"@{names[1]}")["seq"], 0)

    def test_guests_who_are_gone_do_not_fill_the_list(self):
        """Of conversations with them the list has 200; the oldest goes off it, and nothing of it is lost."""
        anna = self.account("anna")
        for number in range(203):
            guest = self.full(f"g{number}")
            guest.say(f"text {number}", f"@{anna.name}")
            guest.ok("quit", forget=True)
            guest.rest_of_lines()
        listed = [row["room"] for row in self.device(anna, "phone").welcome["rooms"] if row["room"].startswith("@")]
        self.assertIn(len(listed), (200, 201))
        left = anna.push(op="membership", joined=False)["room"]
        self.assertNotIn(left, listed)
        self.assertEqual(anna.ok("history", room=left)["messages"][0]["message"], "text 0")
        # The connection whose own message shortens the list learns of it, too.
        anna.barrier()
        anna.pushes.clear()
        anna.say("hello", f"@{self.full('last').name}")
        self.assertIn(anna.push(op="membership", joined=False)["room"], listed)

    def test_a_guest_who_registers_keeps_his_conversation(self):
        anna, bob = self.full("anna"), self.full("bob")
        anna.say("as a guest", f"@{bob.name}")
        anna.ok("register", password=PASSWORD)
        self.assertEqual(anna.say("as an account", f"@{bob.name}")["seq"], 2)
        self.assertEqual([bob.push(op="message")["seq"] for _ in range(2)], [1, 2])
        bob.ok("register", password=PASSWORD)
        self.assertEqual(bob.say("both", f"@{anna.name}")["seq"], 3)
        rooms = [room["room"] for room in self.device(bob, "phone").welcome["rooms"]]
        self.assertEqual(rooms.count(f"@{anna.name}"), 1)

    def test_from_the_simple_form(self):
        anna = self.full("anna")
        simple = self.simple("simple").enter()
        simple.say(f"/msg {anna.name} psst")
        self.assertEqual(anna.push(op="message")["room"], f"@{simple.name}")
        anna.say("yes?", f"@{simple.name}")
        simple.hears("yes?", anna.name)


class Notes(People):
    """A conversation with oneself."""

    def test_all_own_devices_have_it_once_and_it_is_not_unread(self):
        anna = self.account("anna")
        phone, room = self.device(anna, "phone"), f"@{anna.name}"
        self.assertEqual(anna.join(room)["count"], 1)
        self.assertEqual(anna.say("milk", room)["seq"], 1)
        self.assertEqual(phone.say("bread", room)["seq"], 2)
        self.assertEqual([anna.entry(room)["message"], phone.entry(room)["message"]], ["bread", "milk"])
        for client in (anna, phone):
            client.barrier()
            self.assertFalse([push for push in client.pushes if push["op"] == "message"])
        self.assertEqual(anna.ok("react", room=room, target=1, emoji="👍", on=True)["seq"], 3)
        tablet = self.device(anna, "tablet")
        row = {row["room"]: row for row in tablet.welcome["rooms"]}[room]
        self.assertEqual((row["seq"], row["read"], row["unread"], row["mentions"]), (3, 2, 0, 0))
        self.assertNotIn("gone", row)
        self.assertEqual([one["name"] for one in anna.ok("who", room=room)["members"]], [anna.name])
        while (found := anna.ok("search", query=f"milk in:{room}")).get("lag"):
            pass
        self.assertEqual([one["seq"] for one in found["messages"]], [1])

    def test_it_goes_by_another_name_with_its_person(self):
        anna = self.full("anna")
        anna.say("as a guest", f"@{anna.name}")
        anna.ok("register", password=PASSWORD)
        name = self.named("anne")
        anna.ok("nick", name=name)
        self.assertEqual(anna.say("as anne", f"@{name}")["seq"], 2)
        anna.refused("no_user", "send", room=f"@{anna.name}", message="x")
        messages = anna.ok("history", room=f"@{name}")["messages"]
        self.assertEqual([message["message"] for message in messages], ["as a guest", "as anne"])

    def test_it_comes_back_when_something_is_said(self):
        anna = self.account("anna")
        room = f"@{anna.name}"
        anna.say("one", room)
        anna.ok("leave", room=room)
        self.assertNotIn(room, [row["room"] for row in self.device(anna, "phone").welcome["rooms"]])
        self.assertEqual(anna.say("two", room)["seq"], 2)
        self.assertIn(room, [row["room"] for row in self.device(anna, "phone").welcome["rooms"]])


class KeptNotes(PrivateServerTest):
    def test_it_outlives_the_server_and_goes_with_its_person(self):
        server = self.start()
        anna, guest = self.full("anna"), self.full("guest")
        anna.ok("register", password=PASSWORD)
        for client in (anna, guest):
            client.say("before", f"@{client.name}")
            client.close()
        server.restart()
        anna = self.unnamed()
        welcome = anna.ok("hello", name=self.named("anna"), password=PASSWORD)
        self.assertEqual([row["seq"] for row in welcome["rooms"] if row["room"].startswith("@")], [1])
        again = self.keep(type(guest)(server, guest.name, session=guest.session))
        self.assertEqual(again.say("after", f"@{guest.name}")["seq"], 2)
        again.ok("quit", forget=True)
        again.rest_of_lines()
        anna.close()
        server.stop()
        self.assertEqual(server.sql("SELECT count(*) FROM rooms WHERE direct"), "1")
        self.assertEqual(server.run("check").returncode, 0, server.run("check").stdout)
        self.assertEqual(server.run("user", "delete", self.named("anna")).returncode, 0)
        server.start()
        self.assertEqual(server.sql("SELECT count(*) FROM rooms WHERE direct"), "0")
        server.stop()
        self.assertEqual(server.run("check").returncode, 0, server.run("check").stdout)


class Presence(People):
    def test_an_account_stays_a_member(self):
        reader, anna = self.full("reader", self.room), self.account("anna")
        anna.join(self.room)
        self.assertEqual(reader.push(op="enter")["name"], anna.name)
        anna.close()
        self.assertEqual(reader.push(op="exit")["name"], anna.name)
        members = {one["name"]: one["online"] for one in reader.ok("who", room=self.room)["members"]}
        self.assertEqual(members[anna.name], False)
        again = self.device(anna, "default")
        self.assertIn(self.room, [room["room"] for room in again.welcome["rooms"]])
        again.join(self.room)
        self.assertEqual(reader.push(op="enter")["name"], anna.name)
        again.ok("leave", room=self.room)
        reader.push(op="exit")
        self.assertNotIn(anna.name, [one["name"] for one in reader.ok("who", room=self.room)["members"]])

    def test_a_second_device_is_not_announced(self):
        reader, anna = self.full("reader", self.room), self.account("anna")
        anna.join(self.room)
        reader.push(op="enter")
        phone = self.device(anna, "phone")
        phone.join(self.room)
        phone.close()
        anna.say("still here", self.room)
        reader.push(op="message")
        self.assertFalse([push for push in reader.pushes if push["op"] in ("enter", "exit")])

    def test_away(self):
        reader, anna = self.full("reader", self.room), self.full("anna", self.room)
        anna.ok("away", message="at lunch")
        self.assertEqual(reader.push(op="away")["away"], "at lunch")
        who = {one["name"]: one.get("away") for one in reader.ok("who", room=self.room)["members"]}
        self.assertEqual(who[anna.name], "at lunch")
        anna.ok("away")
        who = {one["name"]: one.get("away") for one in reader.ok("who", room=self.room)["members"]}
        self.assertIsNone(who[anna.name])
        anna.refused("too_large", "away", message="x" * 600)

    def test_read_markers_are_shared(self):
        anna = self.account("anna")
        phone = self.device(anna, "phone")
        anna.join(self.room)
        phone.join(self.room)
        other = self.full("other", self.room)
        for number in range(5):
            other.say(f"{number}", self.room)
        anna.ok("read", room=self.room, seq=3)
        self.assertEqual(phone.push(op="read")["seq"], 3)
        anna.ok("read", room=self.room, seq=2)
        rooms = {room["room"]: room for room in self.device(anna, "third").welcome["rooms"]}
        self.assertEqual((rooms[self.room]["seq"], rooms[self.room]["read"]), (5, 3))
        anna.refused("bad_field", "read", room=self.room, seq=6)


class Crowded(PrivateServerTest):
    def test_comings_and_goings_are_not_told_in_large_rooms(self):
        self.start("--presence-members-max", "3")
        first = self.full("first", self.room)
        people = [self.full(f"p{number}", self.room) for number in range(5)]
        self.assertEqual(first.ok("who", room=self.room)["count"], 6)
        first.barrier()
        self.assertEqual(len([push for push in first.pushes if push["op"] == "enter"]), 2)
        self.assertEqual(people[-1].join(self.room)["count"], 6)


class Typing(PrivateServerTest):
    def test_it_is_told_at_a_rate(self):
        self.start("--typing-ms", "60000")
        reader, anna = self.full("reader", "#lobby"), self.full("anna", "#lobby")
        for _ in range(20):
            for on in (True, True, False):
                anna.post("typing", room="#lobby", on=on)
        anna.say("done", "#lobby")
        told = []
        while (push := reader.push(op={"typing", "message"}))["op"] == "typing":
            told.append(push["on"])
        self.assertEqual(told, [True, False])
