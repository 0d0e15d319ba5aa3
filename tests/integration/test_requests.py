"""Every request of the full form with right, wrong, missing and huge fields (protocol section 3)."""
import json
import unittest

from brusio_test import PrivateServerTest, ServerTest

NO_STRINGS = (None, 1, 1.5, True, [], {}, ["#lobby"])
BAD_ROOMS = ("lobby", "#", "", "##", "#a b", "#a,b", "# ", "#" + "x" * 49, "#a\u0000", "#\u200b", "/", "#\U0001f44d",
             "#" + "x" * 60_000)
NO_NUMBERS = ("5", None, 1.5, [], {}, True, -1)
HUGE = "x" * 60_000
REFUSED_ROOM = {"bad_field", "no_room", "bad_name", "not_member"}


class Hello(ServerTest):
    def test_welcome_has_every_field(self):
        client = self.unnamed()
        welcome = client.ok("hello", name=self.named("mario"), client="test/1", lang="en", device="desk")
        self.assertEqual(welcome["op"], "welcome")
        self.assertEqual(welcome["user"], {"name": self.named("mario"), "account": False, "admin": False})
        self.assertIsInstance(welcome["session"], str)
        self.assertGreaterEqual(len(welcome["session"]), 16)
        self.assertEqual(welcome["server"]["name"], "brusio")
        self.assertRegex(welcome["server"]["version"], r"^\d+\.\d+\.\d+")
        self.assertIn("epoch", welcome)
        self.assertEqual(welcome["limits"]["object_bytes"], 65536)
        self.assertEqual(welcome["limits"]["message_bytes"], 8192)
        self.assertEqual(welcome["rooms"], [])

    def test_the_epoch_is_the_same_for_all_and_sessions_are_not(self):
        one, two = self.full("one"), self.full("two")
        self.assertEqual(one.epoch, two.epoch)
        self.assertNotEqual(one.session, two.session)

    def test_optional_fields_of_another_type_are_refused(self):
        for field in ("session", "device", "client", "lang"):
            for value in (1, [], {}, True):
                with self.subTest(field=field, value=value):
                    client = self.unnamed()
                    client.refused("bad_field", "hello", name=self.named("typed"), **{field: value})
                    client.close()

    def test_huge_optional_fields_harm_nobody(self):
        for field in ("session", "device", "client", "lang"):
            with self.subTest(field=field):
                client = self.unnamed()
                answer = client.request("hello", name=self.named(field), **{field: HUGE})
                # A session that nobody knows is ignored.
                self.assertEqual(answer.get("code"), None if field == "session" else "bad_field")
                client.close()
        self.full("after", self.room)

    def test_a_second_hello_changes_no_name(self):
        client, reader = self.full("first", self.room), self.full("reader", self.room)
        client.request("hello", name=self.named("second"))
        client.post("send", room=self.room, message="who am I")
        self.assertEqual(reader.push(message="who am I")["from"]["name"], client.name)


class Ids(ServerTest):
    def test_an_id_comes_back_as_it_was(self):
        client = self.full("asker")
        for identity in ("x", "x" * 64, "\u00e8" * 32, "a b\"\\/{}", "\U0001f44d", "7", "tab\there"):
            self.assertEqual(client.ok("ping", id=identity), {"op": "pong", "id": identity})

    def test_a_bad_id_is_refused_and_nothing_is_stored(self):
        client, reader = self.full("asker", self.room), self.full("reader", self.room)
        for identity in ("", "x" * 65, "\u00e8" * 33, 7, [], {}, True, HUGE):
            client.send_object({"op": "send", "id": identity, "room": self.room, "message": "bad id"}, b"\n")
            self.assertEqual(client.receive_op("error")["code"], "bad_field", identity)
        self.assertEqual(client.say("good", self.room)["seq"], 1)
        self.assertEqual(reader.entry(self.room)["message"], "good")

    def test_a_request_without_an_id_is_carried_out(self):
        """Its answer has none: whoever needs to tell answers apart gives ids."""
        client, reader = self.full("asker", self.room), self.full("reader", self.room)
        for request in ({"message": "absent"}, {"message": "null", "id": None}):
            client.send_object({"op": "send", "room": self.room, **request}, b"\n")
            self.assertNotIn("id", client.receive_op("ack"))
        self.assertEqual([entry["message"] for entry in reader.entries(2, self.room)], ["absent", "null"])
        client.send_object({"op": "send", "room": "#nowhere", "message": "x"}, b"\n")
        self.assertNotIn("id", client.push(op="error"))

    def test_an_error_names_its_request(self):
        client = self.full("asker")
        self.assertEqual(client.refused(REFUSED_ROOM, "send", id="mine", room="#nowhere", message="x")["id"], "mine")

    def test_a_number_of_more_than_64_bits_is_a_bad_field_of_its_request(self):
        client = self.full("asker", self.room)
        for field, value in (("limit", 2 ** 63), ("before", -2 ** 63 - 1), ("after", 10 ** 30)):
            client.refused("bad_field", "history", room=self.room, **{field: value})
        client.refused("bad_field", "join", room=self.room, after=10 ** 300)
        client.refused("bad_field", "send", room=self.room, message="x", reply_to=10 ** 25)

    def test_numbers_beyond_all_bounds(self):
        """They are bad in the field that has them, and nothing in one that nobody knows."""
        client = self.full("asker", self.room)
        for number in ("1e999", "-1e999", "9" * 400, str(2 ** 64)):
            with self.subTest(number=number[:9]):
                client.waiting |= {"bad", "good"}
                client.send_bytes(f'{{"id":"bad","op":"history","room":"{self.room}","limit":{number}}}'
                                  f'{{"id":"good","x":[{number}],"op":"history","room":"{self.room}","limit":5,'
                                  f'"y":{number}}}'.encode())
                error = client.answer("bad")
                self.assertEqual(error["code"], "bad_field")
                self.assertIn('"limit"', error["message"])
                self.assertEqual(client.answer("good")["op"], "history")

    def test_fields_that_are_not_named_are_ignored(self):
        client = self.full("asker", self.room)
        client.ok("send", room=self.room, message="x", name=5, limit="many", extra={"op": "quit", "a": [1, {}]})
        client.ok("ping", room=3)

    def test_requests_may_be_sent_without_waiting(self):
        client = self.full("asker", self.room)
        asked = [(client.post("send", room=self.room, message=f"m{number}"), client.post("ping"),
                  client.post("who", room=self.room), client.post("rooms")) for number in range(25)]
        for number, (send, ping, who, rooms) in enumerate(asked):
            self.assertEqual(client.answer(send)["seq"], number + 1)
            self.assertEqual(client.answer(ping)["op"], "pong")
            self.assertEqual(client.answer(who)["op"], "who")
            self.assertEqual(client.answer(rooms)["op"], "rooms")


class Rooms(ServerTest):
    def rooms(self, client):
        return {room["room"]: room for room in client.ok("rooms")["rooms"]}

    def test_the_first_join_makes_the_room(self):
        client = self.full("first")
        self.assertNotIn(self.room, self.rooms(client))
        joined = client.join(self.room)
        self.assertEqual({key: joined[key] for key in ("op", "room", "seq", "topic", "count")},
                         {"op": "joined", "room": self.room, "seq": 0, "topic": "", "count": 1})
        self.assertEqual(self.rooms(client)[self.room], {"room": self.room, "topic": "", "count": 1, "seq": 0})

    def test_the_lobby_is_there_from_the_start(self):
        self.assertIn("#lobby", self.rooms(self.full("first")))

    def test_seq_and_count_of_a_room(self):
        one, two = self.full("one", self.room), self.full("two")
        for number in range(3):
            one.say(f"m{number}", self.room)
        joined = two.join(self.room)
        self.assertEqual((joined["seq"], joined["count"]), (3, 2))
        self.assertEqual(self.rooms(one)[self.room]["seq"], 3)
        self.assertEqual(self.rooms(one)[self.room]["count"], 2)

    def test_bad_rooms_are_refused_by_every_request_and_none_is_made(self):
        client = self.full("asker")
        before = self.rooms(client)
        for op, fields in (("join", {}), ("leave", {}), ("send", {"message": "x"}), ("history", {}), ("who", {})):
            for room in (*BAD_ROOMS, *NO_STRINGS):
                with self.subTest(op=op, room=str(room)[:20]):
                    client.refused(REFUSED_ROOM, op, room=room, **fields)
            client.refused({"bad_field"}, op, **fields)
        # Rooms of earlier tests may go meanwhile, with their last member.
        self.assertLessEqual(set(self.rooms(client)), set(before))

    def test_a_room_name_of_48_code_points(self):
        client = self.full("asker")
        for room in ("#" + "x" * 48, "#" + "\u00e8" * 48, "#1st", "#-dash", "#a.b_c[d]{e}|^"):
            client.join(room)
            client.ok("leave", room=room)

    def test_rooms_are_compared_folded(self):
        one, two = self.full("one"), self.full("two")
        name = one.join(f"#Caff\u00e8{self.number}")["room"]
        two.join(f"#CAFFE\u0300{self.number}")
        two.say("same room", f"#caff\u00e8{self.number}")
        self.assertEqual(one.push(message="same room")["room"], name)

    def test_a_missing_message_is_told_before_the_room(self):
        client = self.full("asker")
        for op in ("send", "edit"):
            client.refused("bad_field", op, room="#nowhere", target=1)

    def test_a_room_that_is_not_there(self):
        client = self.full("asker")
        before = set(self.rooms(client))
        for op, fields in (("leave", {}), ("send", {"message": "x"}), ("history", {}), ("who", {})):
            client.refused({"no_room", "not_member"}, op, room="#nowhere", **fields)
        self.assertLessEqual(set(self.rooms(client)), before)

    def test_a_room_that_one_is_not_in(self):
        inside, outside = self.full("inside", self.room), self.full("outside")
        outside.refused("not_member", "send", room=self.room, message="x")
        outside.refused("not_member", "leave", room=self.room)
        self.assertEqual(inside.say("the first", self.room)["seq"], 1)

    def test_leaving_ends_hearing_and_saying(self):
        staying, leaving = self.full("staying", self.room), self.full("leaving", self.room)
        leaving.ok("leave", room=self.room)
        staying.say("not for you", self.room)
        leaving.refused("not_member", "send", room=self.room, message="x")
        leaving.join(self.room)
        staying.say("for you", self.room)
        self.assertEqual(leaving.entry(self.room)["message"], "for you")
        self.assertEqual(staying.ok("who", room=self.room)["room"], self.room)

    def test_leaving_twice_is_refused(self):
        client = self.full("leaving", self.room)
        client.ok("leave", room=self.room)
        client.refused({"not_member", "no_room"}, "leave", room=self.room)

    def test_several_rooms_on_one_connection(self):
        rooms = [f"{self.room}-{number}" for number in range(10)]
        many, one = self.full("many"), self.full("one", rooms[3])
        for room in rooms:
            many.join(room)
        one.say("in three", rooms[3])
        self.assertEqual(many.entry(rooms[3])["message"], "in three")
        for room in rooms:
            self.assertEqual(many.say(f"to {room}", room)["seq"], 2 if room == rooms[3] else 1)
        self.assertEqual(one.entry(rooms[3])["message"], f"to {rooms[3]}")
        many.ok("leave", room=rooms[3])
        for room in rooms[:3] + rooms[4:]:
            many.say("still here", room)

    def test_entering_is_told_to_each_room(self):
        first, second = self.full("first", self.room), self.full("second", self.room + "b")
        newcomer = self.full("newcomer", self.room)
        self.assertEqual(first.push(op="enter")["name"], newcomer.name)
        newcomer.join(self.room + "b")
        self.assertEqual(second.push(op="enter")["room"], self.room + "b")
        newcomer.close()
        self.assertEqual(first.push(op="exit")["room"], self.room)
        self.assertEqual(second.push(op="exit")["name"], newcomer.name)

    def test_joining_twice_enters_once(self):
        reader, client = self.full("reader", self.room), self.full("client", self.room)
        self.assertEqual(client.join(self.room)["count"], 2)
        reader.push(op="enter", name=client.name)
        client.say("once", self.room)
        self.assertEqual(reader.push()["op"], "message")
        reader.say("heard once", self.room)
        reader.say("end", self.room)
        self.assertEqual([entry["message"] for entry in client.entries(2, self.room)], ["heard once", "end"])


class Who(ServerTest):
    def members(self, client, room):
        return {member["name"]: member for member in client.ok("who", room=room)["members"]}

    def test_members_have_name_role_and_online(self):
        one, two = self.full("one", self.room), self.full("two", self.room)
        members = self.members(one, self.room)
        self.assertEqual(set(members), {one.name, two.name})
        for member in members.values():
            self.assertIs(member["online"], True)
            self.assertIsInstance(member["role"], str)

    def test_who_left_is_listed_as_absent_while_their_session_lives(self):
        staying, leaving = self.full("staying", self.room), self.full("leaving", self.room)
        leaving.close()
        staying.push(op="exit", name=leaving.name)
        self.assertIs(self.members(staying, self.room)[leaving.name]["online"], False)
        staying.barrier()

    def test_who_is_done_is_not_listed(self):
        staying, leaving = self.full("staying", self.room), self.full("leaving", self.room)
        leaving.ok("quit", forget=True)
        staying.push(op="exit", name=leaving.name)
        self.assertEqual(set(self.members(staying, self.room)), {staying.name})

    def test_simple_guests_are_listed_in_the_lobby(self):
        simple, text = self.simple("simple").enter(), self.text("text").enter()
        self.assertLessEqual({simple.name, text.name}, set(self.members(self.full("asker", "#lobby"), "#lobby")))


class Send(ServerTest):
    def setUp(self):
        super().setUp()
        self.writer, self.reader = self.full("writer", self.room), self.full("reader", self.room)

    def test_ack_and_entry_agree(self):
        ack = self.writer.say("ciao", self.room)
        entry = self.reader.entry(self.room)
        self.assertEqual((ack["op"], ack["room"], ack["seq"]), ("ack", self.room, 1))
        self.assertEqual((entry["op"], entry["seq"], entry["time"]), ("message", ack["seq"], ack["time"]))
        self.assertEqual(entry["from"], {"name": self.writer.name, "ip": "127.0.0.1"})
        self.assertNotIn("id", entry)

    def test_a_text_arrives_as_it_was_written(self):
        texts = ["\u00e8\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467", " spaces ", "\"quoted\" \\ /", "<b>&amp;</b>",
                 "\u202eright to left\u202c", "%s%n{name}", "'; DROP TABLE entries; --", "\u0001\u001f\u007f", "\ufeffbom",
                 "null", "0", "\ufffd\uffff", "\U0010ffff"]
        for text in texts:
            self.writer.say(text, self.room)
        self.assertEqual([entry["message"] for entry in self.reader.entries(len(texts), self.room)], texts)

    def test_reply_to_comes_with_the_entry(self):
        first = self.writer.say("question", self.room)["seq"]
        self.writer.say("answer", self.room, reply_to=first)
        self.assertNotIn("reply_to", self.reader.entry(self.room))
        self.assertEqual(self.reader.entry(self.room)["reply_to"], first)
        history = self.reader.ok("history", room=self.room)["messages"]
        self.assertEqual([entry.get("reply_to") for entry in history], [None, first])

    def test_only_messages_are_answered(self):
        writer = self.writer
        seq = writer.say("one", self.room)["seq"]
        edit = writer.ok("edit", room=self.room, target=seq, message="two")["seq"]
        for reply_to in (edit, edit + 1):
            writer.refused("no_message", "send", room=self.room, message="what?", reply_to=reply_to)
        writer.say("yes", self.room, reply_to=seq)

    def test_action_comes_with_the_entry(self):
        self.writer.say("waves", self.room, action=True)
        self.assertIs(self.reader.entry(self.room)["action"], True)

    def test_wrong_fields_are_refused_and_nothing_is_stored(self):
        for field, values in (("message", (*NO_STRINGS, "")), ("reply_to", NO_NUMBERS), ("action", ("yes", 1, [], {}))):
            for value in values:
                if (field, value) == ("reply_to", None):
                    continue
                with self.subTest(field=field, value=str(value)[:20]):
                    self.writer.refused({"bad_field", "no_message"}, "send",
                                        **{"room": self.room, "message": "x", field: value})
        self.writer.refused("bad_field", "send", room=self.room)
        self.writer.refused("too_large", "send", room=self.room, message=HUGE)
        self.assertEqual(self.writer.say("good", self.room)["seq"], 1)
        self.assertEqual(self.reader.entry(self.room)["message"], "good")


class History(PrivateServerTest):
    COUNT = 230

    def setUp(self):
        super().setUp()
        self.start()
        self.client = self.full("asker", self.room)
        self.fill(self.COUNT)

    def fill(self, count):
        for identity in [self.client.post("send", room=self.room, message=f"m{number}")
                         for number in range(1, count + 1)]:
            self.client.answer(identity)

    def page(self, **fields):
        answer = self.client.ok("history", room=self.room, **fields)
        self.assertEqual((answer["op"], answer["room"]), ("history", self.room))
        for message in answer["messages"]:
            self.assertEqual(message["message"], f"m{message['seq']}")
            self.assertEqual(message["from"]["name"], self.client.name)
        return [message["seq"] for message in answer["messages"]], answer["more"]

    def test_pages(self):
        last = self.COUNT
        for fields, seqs, more in (
                ({}, range(last - 49, last + 1), True),
                ({"limit": 1}, range(last, last + 1), True),
                ({"limit": 200}, range(last - 199, last + 1), True),
                ({"before": 11}, range(1, 11), False),
                ({"before": 1}, range(0), False),
                ({"before": 0}, range(0), False),
                ({"before": 51}, range(1, 51), False),
                ({"before": 52}, range(2, 52), True),
                ({"before": 100, "limit": 10}, range(90, 100), True),
                ({"before": 10 ** 9}, range(last - 49, last + 1), True),
                ({"after": 0}, range(1, 51), True),
                ({"after": 0, "limit": 7}, range(1, 8), True),
                ({"after": last - 50}, range(last - 49, last + 1), False),
                ({"after": last - 51}, range(last - 50, last), True),
                ({"after": last}, range(0), False)):
            with self.subTest(**fields):
                self.assertEqual(self.page(**fields), (list(seqs), more))

    def test_around(self):
        seqs, _ = self.page(around=100, limit=11)
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + 11)))
        self.assertIn(100, seqs[3:8])
        for around in (1, self.COUNT):
            seqs, _ = self.page(around=around, limit=11)
            self.assertIn(around, seqs)

    def test_paging_back_finds_everything_once(self):
        seen, before = [], {}
        while True:
            seqs, more = self.page(limit=33, **before)
            seen = seqs + seen
            if not more:
                break
            before = {"before": seqs[0]}
        self.assertEqual(seen, list(range(1, self.COUNT + 1)))

    def test_wrong_fields_are_refused(self):
        for field, values in (("limit", (*NO_NUMBERS, 0, 201, 10 ** 9)), ("before", NO_NUMBERS), ("after", NO_NUMBERS),
                              ("around", NO_NUMBERS)):
            for value in values:
                if value is None:
                    continue
                with self.subTest(field=field, value=value):
                    self.client.refused("bad_field", "history", room=self.room, **{field: value})

    def test_an_empty_room_has_an_empty_history(self):
        self.client.join("#empty")
        answer = self.client.ok("history", room="#empty")
        self.assertEqual((answer["messages"], answer["more"]), ([], False))

    def test_a_page_of_large_messages_is_whole(self):
        self.client.join("#large")
        texts = [f"{number}" + "\u4e2d" * 2_700 for number in range(200)]
        for identity in [self.client.post("send", room="#large", message=text) for text in texts]:
            self.client.answer(identity)
        seen, before = [], {}
        while True:
            answer = self.client.ok("history", room="#large", limit=200, **before)
            seen = [message["message"] for message in answer["messages"]] + seen
            if not answer["more"]:
                break
            before = {"before": answer["messages"][0]["seq"]}
        self.assertEqual(seen, texts)


class Ending(ServerTest):
    def test_ping(self):
        self.assertEqual(self.full("asker").ok("ping", id="p"), {"op": "pong", "id": "p"})

    def test_quit_says_bye_and_closes(self):
        reader, client = self.full("reader", self.room), self.full("leaver", self.room)
        client.send_object({"op": "quit"})
        said = [json.loads(line) for line in client.rest_of_lines()]
        self.assertEqual(said[-1]["op"], "bye")
        reader.push(op="exit", name=client.name)

    def test_what_was_sent_before_quit_is_acknowledged_first(self):
        reader, client = self.full("reader", self.room), self.full("leaver", self.room)
        for number in range(20):
            client.post("send", room=self.room, message=f"m{number}")
        client.send_object({"op": "quit"})
        said = [json.loads(line)["op"] for line in client.rest_of_lines()]
        self.assertEqual(said, ["ack"] * 20 + ["bye"])
        self.assertEqual(len(reader.entries(20, self.room)), 20)


if __name__ == "__main__":
    unittest.main()
