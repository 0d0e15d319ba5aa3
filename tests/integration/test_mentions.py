"""Whom a message names: `mentions` of `welcome.rooms` (doc/protocol.md)."""
from brusio_test import PrivateServerTest

PASSWORD = "correct horse battery"


class Mentions(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()

    def named(self, base):
        """Each test has a server of its own, and the names are what it is about."""
        return base

    def account(self, name):
        client = self.full(name)
        client.ok("register", password=PASSWORD)
        client.join("#talk")
        return client

    def counted(self, name):
        client = self.unnamed()
        rooms = client.ok("hello", name=name, password=PASSWORD, device="count")["rooms"]
        client.close()
        return {row["room"]: row for row in rooms}["#talk"]["mentions"]

    def names(self, sayer, name, text):
        before = self.counted(name)
        sayer.say(text, "#talk")
        return self.counted(name) - before

    def test_whole_words_in_any_case_with_signs_around(self):
        anna, bob = self.account("anna"), self.account("Bob.")
        for text in ("anna", "@anna", "ANNA!", "(Anna)", "hi anna, bye", "anna...", "anna" + "." * 4000, "a anna b",
                     "ａｎｎａ", "ANNA]]"):
            self.assertEqual(self.names(bob, "anna", text), 1, text[:40])
        for text in ("annalisa", "joanna", "anna_b", "anna.b", "an na", "." * 8000, "é" * 4000, "xanna", "ann", ""):
            self.assertEqual(self.names(bob, "anna", text or "-"), 0, text[:40])
        for text in ("bob.", "Bob. is here", "bob..", "BOB.]"):
            self.assertEqual(self.names(anna, "Bob.", text), 1, text)
        self.assertEqual(self.names(anna, "Bob.", "bob is here"), 0)

    def test_an_edit_names_whom_it_names(self):
        self.account("anna")
        bob = self.account("bob")
        seq = bob.say("hello", "#talk")["seq"]
        bob.ok("edit", room="#talk", target=seq, message="hello anna")
        self.assertEqual(self.counted("anna"), 1)
        bob.ok("edit", room="#talk", target=seq, message="hello, ann")
        self.assertEqual(self.counted("anna"), 0)

    def listed(self, client, **fields):
        return [(row["room"], row["message"]) for row in client.ok("mentions", **fields)["mentions"]]

    def test_what_names_or_answers_one_is_listed(self):
        anna, bob = self.account("anna"), self.account("bob")
        own = anna.say("I am anna", "#talk")["seq"]
        bob.ok("send", room="#talk", message="yes", reply_to=own)
        named = bob.say("hi anna", "#talk")["seq"]
        bob.say("nothing", "#talk")
        bob.join("#other")
        anna.join("#other")
        bob.say("anna here", "#other")
        bob.ok("send", room="@anna", message="anna, between us")
        self.assertEqual(self.listed(anna), [("#other", "anna here"), ("#talk", "hi anna"), ("#talk", "yes")])
        self.assertEqual(self.listed(bob), [])
        row = anna.ok("mentions", limit=1)["mentions"]
        self.assertEqual([(one["room"], one["name"]) for one in row], [("#other", "bob")])
        bob.ok("edit", room="#talk", target=named, message="hello anna")
        anna.ok("leave", room="#other")
        self.server.stop()
        self.server.start()
        again = self.unnamed()
        again.ok("hello", name="anna", password=PASSWORD, device="another")
        self.assertEqual(self.listed(again), [("#talk", "hello anna"), ("#talk", "yes")])
        bob = self.unnamed()
        bob.ok("hello", name="bob", password=PASSWORD)
        bob.ok("edit", room="#talk", target=named, message="hello")
        bob.ok("delete", room="#talk", target=own + 1)
        self.assertEqual(self.listed(again), [])

    def test_names_beyond_ascii(self):
        bob, zoe = self.account("bob"), self.account("Zoë")
        for text in ("zoë", "ZOË", "zoe\u0308", "@Zoë...", "ciao Zoë!"):
            self.assertEqual(self.names(bob, "Zoë", text), 1, text)
        for text in ("zoe", "zoëx", "xzoë"):
            self.assertEqual(self.names(bob, "Zoë", text), 0, text)
        zoe.say("I am Zoë", "#talk")
        self.assertEqual(self.counted("Zoë"), 0)

    def test_a_name_that_folds_to_more_bytes(self):
        long = "\u1fb7" * 32
        bob, _ = self.account("bob"), self.account(long)
        for text in (long, f"ciao {long}!", f"{'a' * 150} {long}"):
            self.assertEqual(self.names(bob, long, text), 1, text)
        for text in ("a" * 150, "a" * 8000, "\u1fb7" * 33, "\u1fb7" * 2000):
            self.assertEqual(self.names(bob, long, text), 0, text[:40])

    def test_a_new_name_counts_at_once(self):
        anna, bob = self.account("anna"), self.account("bob")
        bob.ok("nick", name="roberto")
        self.assertEqual(self.names(anna, "roberto", "ciao roberto"), 1)
        self.assertEqual(self.names(anna, "roberto", "ciao bob"), 0)

    def test_in_a_room_of_many(self):
        anna = self.account("anna")
        crowd = [self.full(f"crowd{number}") for number in range(60)]
        for client in crowd:
            client.join("#talk")
        last = self.account("zuleika")
        self.assertEqual(self.names(anna, "zuleika", "crowd1 crowd59 Zuleika"), 1)
        self.assertEqual(self.names(last, "anna", "crowd3, anna"), 1)

    def test_everybody_by_who_keeps_order(self):
        anna, bob = self.account("anna"), self.account("bob")
        self.assertEqual(self.names(anna, "bob", "@all dinner"), 1)
        self.assertEqual(self.names(bob, "anna", "@all dinner"), 0)
        self.assertEqual(self.names(anna, "bob", "all dinner"), 0)
