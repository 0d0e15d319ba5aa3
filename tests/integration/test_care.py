"""An operator's care of rooms, sessions and the record of moderation, beside the running server."""

from brusio_test import Closed, PrivateServerTest

PASSWORD = "correct horse battery"


class Care(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()

    def run_ok(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [line.split("\t") for line in result.stdout.splitlines()]

    def run_refused(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertEqual(result.returncode, 1, result.stdout)
        return result.stderr

    def account(self, name):
        client = self.unnamed()
        client.session = client.ok("hello", name=name)["session"]
        client.ok("register", password=PASSWORD)
        return client


class Sessions(Care):
    def test_they_are_listed_and_ended(self):
        anna = self.account("anna")
        token = anna.ok("token", label="bot")["token"]
        phone = self.unnamed()
        phone.ok("hello", name="anna", device="phone", client="brusio-web", password=PASSWORD)
        rows = self.run_ok("user", "sessions", "anna")
        self.assertEqual([(row[0], row[1], row[2], row[3], row[5]) for row in rows if row[0] == "session"],
                         [("session", "default", "", "127.0.0.1", "now"),
                          ("session", "phone", "brusio-web", "127.0.0.1", "now")])
        self.assertEqual([row[:2] for row in rows if row[0] == "token"], [["token", "bot"]])
        self.assertEqual(self.run_ok("user", "sessions", "anna", "--end"), [])
        for client in (anna, phone):
            client.rest_of_lines()
        self.unnamed().refused("auth_failed", "hello", name="anna", token=token)
        self.unnamed().refused("auth_required", "hello", name="anna", session=anna.session)
        self.assertEqual(self.run_ok("user", "sessions", "anna"), [])
        self.unnamed().ok("hello", name="anna", password=PASSWORD)
        self.assertIn("no such account", self.run_refused("user", "sessions", "nobody"))
        self.assertIn("--end", self.run_refused("backup", "x", "--end"))

    def test_another_password_ends_all(self):
        anna = self.account("anna")
        token = anna.ok("token", label="bot")["token"]
        self.run_ok("user", "passwd", "anna", input="another password\n")
        anna.rest_of_lines()
        self.unnamed().refused("auth_failed", "hello", name="anna", token=token)
        self.unnamed().refused("auth_required", "hello", name="anna", session=anna.session)
        self.unnamed().ok("hello", name="anna", password="another password")

    def test_what_is_made_before_the_server_hears_of_it_ends_too(self):
        for words, options in ((("user", "passwd"), {"input": "another password\n"}), (("user", "sessions", "--end"), {})):
            with self.subTest(words=words):
                name = words[1]
                thief, tokens = self.account(name), []
                self.run_ok(*words[:2], name, *words[2:], **options)
                with self.assertRaises(Closed):
                    while True:
                        tokens.append(thief.request("token", label=f"bot{len(tokens) % 40}").get("token"))
                # The last one may be answered to somebody who is out already.
                for token in list(filter(None, tokens))[-3:]:
                    self.unnamed().refused("auth_failed", "hello", name=name, token=token)
                self.assertEqual(self.run_ok("user", "sessions", name), [])


class Rooms(Care):
    def names(self, *options):
        return [row[0] for row in self.run_ok("room", "list", *options)]

    def test_they_are_listed_and_deleted(self):
        anna = self.account("anna")
        anna.join("#one")
        anna.join("#two")
        anna.ok("set", room="#two", private=True)
        anna.say("something", "#two")
        rows = {row[0]: row[1:4] for row in self.run_ok("room", "list")}
        self.assertEqual(rows["#one"], ["public", "1", "0"])
        self.assertEqual(rows["#two"], ["private", "1", "1"])
        self.run_ok("room", "delete", "#two")
        self.assertNotIn("#two", self.names())
        self.unnamed_is_told(anna)
        guest = self.full("guest")
        guest.refused("no_room", "history", room="#two")
        guest.join("#two")
        self.assertEqual(guest.say("anew", "#two")["seq"], 1)
        self.assertIn("not a room", self.run_refused("room", "delete", "#nowhere"))
        self.assertIn("lobby", self.run_refused("room", "delete", "#lobby"))
        self.assertIn("which", self.run_refused("room", "delete"))
        self.assertIn("which", self.run_refused("room", "delete", "#one", "--idle", "3"))
        self.assertEqual(self.server.run("check").returncode, 0)

    def unnamed_is_told(self, client):
        """A member learns that the room is gone: they are no longer in it."""
        while "#two" in [row["room"] for row in client.ok("rooms")["rooms"]]:
            pass
        client.refused({"no_room", "not_member"}, "send", room="#two", message="still here?")

    def test_idle_ones(self):
        anna = self.account("anna")
        for room in ("#old", "#young", "#unsaid"):
            anna.join(room)
        anna.say("long ago", "#old")
        anna.say("just now", "#young")
        self.server.stop()
        self.server.sql("UPDATE entries SET time_ms=time_ms-864000000, checksum=NULL WHERE text='long ago';"
                        "UPDATE rooms SET created_ms=created_ms-864000000 WHERE name IN ('#old', '#unsaid')")
        self.assertEqual(self.names("--idle", "9"), ["#old", "#unsaid"])
        self.assertEqual(self.names("--idle", "11"), [])
        self.assertEqual(self.run_ok("room", "delete", "--idle", "9"), [["brusiod: 2 rooms deleted"]])
        self.assertIn("#young", self.names())
        self.assertNotIn("#old", self.names())
        self.assertIn("days", self.run_refused("room", "list", "--idle", "soon"))
        self.server.start()
        self.assertEqual(self.server.run("check").returncode, 0)


    def test_the_server_removes_idle_ones_where_it_is_told_to(self):
        anna = self.account("anna")
        for room in ("#old", "#young"):
            anna.join(room)
            anna.say("something", room)
        self.server.stop()
        self.server.sql("UPDATE entries SET time_ms=time_ms-864000000, checksum=NULL WHERE room="
                        "(SELECT id FROM rooms WHERE name='#old')")
        self.start("--room-idle-days", 9, data=self.server.data)
        self.assertTrue(self.server.stderr.wait_for("room.idle room=#old"), self.server.log())
        guest = self.full("guest")
        while "#old" in [row["room"] for row in guest.ok("rooms")["rooms"]]:
            pass
        self.assertIn("#young", [row["room"] for row in guest.ok("rooms")["rooms"]])


class Record(Care):
    def test_who_did_what_to_whom(self):
        anna = self.account("anna")
        self.account("bruno")
        anna.join("#one")
        anna.join("#two")
        anna.ok("ban", room="#one", name="bruno", reason="spam", seconds=3600)
        anna.ok("mute", room="#two", name="bruno")
        anna.ok("unban", room="#one", name="bruno")
        rows = self.run_ok("record", "#one")
        self.assertEqual([row[1:5] for row in rows],
                         [["#one", "anna", "ban", "bruno"], ["#one", "anna", "unban", "bruno"]])
        self.assertEqual((bool(rows[0][5]), rows[0][6]), (True, "spam"))
        self.assertEqual([row[3] for row in self.run_ok("record")], ["ban", "mute", "unban"])
        self.assertIn("not a room", self.run_refused("record", "#nowhere"))
