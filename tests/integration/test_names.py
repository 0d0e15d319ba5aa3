"""Names: which are good, when two are the same, and who holds one (protocol sections 2, 3 and 5)."""
import unittest

from brusio_test import PrivateServerTest, ServerTest

GOOD = ["m", "Mario", "mario.rossi", "mario-2", "_x", "[bot]", "a|b", "{a}", "^up^", "\u00e8ric", "\u4e2d\u6587",
        "\u0416\u0435\u043d\u044f", "x" * 32, "\u00e8" * 32, "caf\u00e9", "\u0661a", "a1", "A_-.[]{}|^9"]
BAD = ["", "x" * 33, "1st", "-dash", "#room", "@at", "/slash", "a b", "a,b", "a:b", "a!b", "a/b", "a#b", "a@b",
       "tab\tname", "new\nline", "\u200bzero", "a\u202eb", "a\u00a0b", "\U0001f44d", "a\u0000b", "'quote'", "a\x7f",
       "<a>", "a*", "a\\b", "a\u2028b"]
# The server's own name, however it is spelled.
RESERVED = ["brusio", "BRUSIO", "Brusio", "\uff42\uff52\uff55\uff53\uff49\uff4f", "bru\u017fio"]
# An Arabic digit is a digit of Unicode: whether a name may begin with it is the server's choice.
GOOD.remove("\u0661a")


class GoodAndBad(PrivateServerTest):
    """Without the suffix that keeps other tests' names apart, since the name itself is what is tried."""

    def setUp(self):
        super().setUp()
        self.start()

    def test_good_names_are_kept_as_they_are_written(self):
        for name in GOOD:
            with self.subTest(name=name):
                client = self.unnamed()
                self.assertEqual(client.ok("hello", name=name)["user"]["name"], name)

    def test_bad_names_are_refused_and_another_may_follow(self):
        client = self.unnamed()
        for name in BAD:
            with self.subTest(name=name):
                client.refused({"bad_name", "bad_field"} if name in ("", "a\u0000b") else {"bad_name"}, "hello", name=name)
        client.ok("hello", name="good")

    def test_nobody_can_take_the_servers_name(self):
        client = self.unnamed()
        for name in RESERVED:
            client.refused({"bad_name", "name_taken"}, "hello", name=name)
        client.ok("hello", name="good")
        for name in RESERVED:
            client.refused({"bad_name", "name_taken"}, "nick", name=name)
        simple = self.simple("unused")
        for name in RESERVED:
            simple.send_object({"from": {"name": name, "ip": ""}, "message": "forged"})
            self.assertIn(simple.expect(op="error")["code"], ("bad_name", "name_taken"))

    def test_a_name_that_is_no_string_is_a_bad_field(self):
        client = self.unnamed()
        for name in (None, 1, True, ["mario"], {"name": "mario"}):
            client.refused({"bad_field", "bad_name"}, "hello", name=name)
        client.refused({"bad_field", "bad_name"}, "hello")
        client.ok("hello", name="good")

    def test_a_huge_name_is_refused(self):
        client = self.unnamed()
        client.refused({"bad_name", "bad_field"}, "hello", name="x" * 60_000)
        client.ok("hello", name="good")

    def test_bad_names_of_the_simple_form(self):
        reader = self.full("reader", "#lobby")
        client = self.simple("unused")
        for name in ("7up", "#room", "a,b", "x" * 33, "\u00e8" * 5000):
            client.send_object({"from": {"name": name, "ip": ""}, "message": "not heard"})
            self.assertEqual(client.expect(op="error")["code"], "bad_name")
        client.send_object({"from": {"name": "good", "ip": ""}, "message": "heard"})
        self.assertEqual(reader.push(op="message")["message"], "heard")

    def test_a_first_object_without_a_name(self):
        client = self.simple("unused")
        for first in ({"message": "x"}, {}, {"from": None, "message": "x"}, {"from": {}, "message": "x"},
                      {"from": "mario", "message": "x"}, {"from": {"name": 3}, "message": "x"}):
            client.send_object(first)
            self.assertIn(client.expect(op="error")["code"], ("bad_name", "bad_field", "need_hello"))
        client.send_object({"from": {"name": "good", "ip": ""}, "message": ""})
        client.say("/list")
        client.notice("good")


class TheSameName(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()
        self.reader = self.keep_full("reader")

    def keep_full(self, name):
        client = self.unnamed()
        client.ok("hello", name=name)
        client.join("#lobby")
        return client

    def simple_named(self, name):
        """Enter NAME by the simple form; returns the client and the name that the others read."""
        client = self.simple("unused")
        client.name = name
        client.introduce()
        return client, self.reader.push(op="enter")["name"]

    def test_a_taken_name_gets_a_suffix_and_a_notice(self):
        _, first = self.simple_named("Mario")
        self.assertEqual(first, "Mario")
        for number in (2, 3, 4):
            client, name = self.simple_named("Mario")
            self.assertEqual(name, f"Mario-{number}")
            client.notice(name)

    def test_a_freed_suffix_is_used_again(self):
        self.simple_named("Mario")
        second, _ = self.simple_named("Mario")
        second.close()
        self.reader.push(op="exit", name="Mario-2")
        self.assertEqual(self.simple_named("Mario")[1], "Mario-2")

    def test_names_are_compared_folded(self):
        self.simple_named("Mario")
        # Capitals, full-width letters: folded, all are one name. The second spelling keeps its letters.
        for name in ("MARIO", "mario", "\uff2d\uff21\uff32\uff29\uff2f"):
            with self.subTest(name=name):
                self.assertRegex(self.simple_named(name)[1], r"-\d$")

    def test_composed_and_decomposed_letters_are_one_name(self):
        client = self.keep_full("caf\u00e9")
        self.unnamed().refused("name_taken", "hello", name="cafe\u0301")
        client.barrier()

    def test_sharp_s_folds_to_ss(self):
        self.keep_full("stra\u00dfe")
        self.unnamed().refused("name_taken", "hello", name="STRASSE")

    def test_the_suffix_fits_into_the_longest_name(self):
        long = "x" * 32
        self.assertEqual(self.simple_named(long)[1], long)
        _, second = self.simple_named(long)
        self.assertLessEqual(len(second), 32)
        self.assertTrue(second.endswith("-2"), second)

    def test_the_full_form_is_refused_instead(self):
        self.simple_named("Mario")
        client = self.unnamed()
        client.refused("name_taken", "hello", name="mario")
        client.ok("hello", name="luigi")

    def test_a_simple_guest_who_leaves_finds_his_name_again(self):
        for _ in range(3):
            client, name = self.simple_named("Mario")
            self.assertEqual(name, "Mario")
            client.close()
            self.reader.push(op="exit", name="Mario")

    def test_two_who_come_at_once_get_two_names(self):
        clients = [self.simple("unused") for _ in range(12)]
        for client in clients:
            client.name = "Twin"
            client.introduce()
        names = [self.reader.push(op="enter")["name"] for _ in clients]
        self.assertEqual(sorted(names), sorted(["Twin"] + [f"Twin-{number}" for number in range(2, 13)]))

    def test_a_space_becomes_an_underscore(self):
        self.assertEqual(self.simple_named("Mario Rossi")[1], "Mario_Rossi")
        self.assertEqual(self.simple_named("Mario Rossi")[1], "Mario_Rossi-2")


class Nick(ServerTest):
    def test_the_new_name_is_on_what_is_said_next(self):
        reader, writer = self.full("reader", self.room), self.full("before", self.room)
        after = self.named("after")
        writer.ok("nick", name=after)
        writer.say("renamed", self.room)
        self.assertEqual(reader.push(message="renamed")["from"]["name"], after)

    def test_the_others_in_the_room_are_told(self):
        reader, writer = self.full("reader", self.room), self.full("before", self.room)
        after = self.named("after")
        writer.ok("nick", name=after)
        told = reader.push(op="nick")
        self.assertIn(writer.name, told["message"])
        self.assertIn(after, told["message"])

    def test_the_old_name_is_free_and_the_new_one_is_taken(self):
        writer = self.full("before")
        writer.ok("nick", name=self.named("after"))
        self.unnamed().refused("name_taken", "hello", name=self.named("after"))
        self.full("before")

    def test_a_taken_name_is_refused(self):
        self.full("taken")
        writer, reader = self.full("writer", self.room), self.full("reader", self.room)
        writer.refused("name_taken", "nick", name=self.named("TAKEN"))
        writer.say("as before", self.room)
        self.assertEqual(reader.push(op="message")["from"]["name"], writer.name)

    def test_a_bad_name_is_refused(self):
        writer = self.full("writer", self.room)
        for name in ("", "9a", "a b", "x" * 33, "#a", "@a"):
            writer.refused({"bad_name", "bad_field"}, "nick", name=name)
        for name in (None, 1, []):
            writer.refused({"bad_field", "bad_name"}, "nick", name=name)
        writer.refused({"bad_field", "bad_name"}, "nick")
        self.assertEqual([member["name"] for member in writer.ok("who", room=self.room)["members"]], [writer.name])

    def test_the_spelling_of_the_own_name_may_change(self):
        writer = self.full("writer", self.room)
        writer.ok("nick", name=writer.name.upper())
        self.assertEqual([member["name"] for member in writer.ok("who", room=self.room)["members"]],
                         [writer.name.upper()])

    def test_the_command_of_the_simple_form(self):
        reader, writer = self.full("reader", "#lobby"), self.simple("before").enter()
        after = self.named("after")
        writer.say(f"/nick {after}")
        writer.say("renamed")
        self.assertEqual(reader.push(message="renamed")["from"]["name"], after)

    def test_the_command_is_refused_as_the_request_is(self):
        self.full("taken")
        reader, writer = self.full("reader", "#lobby"), self.simple("writer").enter()
        for name in (self.named("taken"), "9bad", "x" * 40):
            writer.say(f"/nick {name}")
        writer.say("as before")
        self.assertEqual(reader.push(op="message")["from"]["name"], writer.name)

    def test_two_who_want_the_same_name_at_once(self):
        rivals = [self.full(f"rival{number}") for number in range(8)]
        wanted = self.named("wanted")
        asked = [(rival, rival.post("nick", name=wanted)) for rival in rivals]
        answers = sorted(rival.answer(identity)["op"] for rival, identity in asked)
        self.assertEqual(answers, ["error"] * 7 + ["ok"])


if __name__ == "__main__":
    unittest.main()
