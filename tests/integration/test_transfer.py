"""Export and import: what is kept, and that an import takes only what check is content with."""
import json
import sqlite3

from brusio_test import PrivateServerTest, only_sqlite

PASSWORD = "correct horse battery"
SAID = {"time": "2026-11-22T10:00:00.000Z", "from": {"name": "mario", "ip": "192.168.1.20"}}


def message(room, seq, text="ciao", **more):
    return {"op": "message", "room": room, "seq": seq, **SAID, "message": text, **more}


class Transfer(PrivateServerTest):
    def run_ok(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def account(self, name):
        client = self.unnamed()
        client.ok("hello", name=name)
        client.ok("register", password=PASSWORD)
        return client

    def login(self, name):
        client = self.unnamed()
        client.ok("hello", name=name, password=PASSWORD)
        return client

    def exported(self, *options):
        return [json.loads(line) for line in self.run_ok("export", *options).splitlines()]

    def file_of(self, lines):
        file = self.server.directory / "lines"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return file

    def imports(self, *lines):
        self.run_ok("import", str(self.file_of(lines)))
        self.assertIn("kept", self.run_ok("check"))

    def refuses(self, *lines, why="line"):
        before = self.run_ok("export")
        result = self.server.run("import", str(self.file_of(lines)))
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(why, result.stderr)
        self.assertIn("nothing was imported", result.stderr)
        self.assertEqual(self.run_ok("export"), before)

    def roles(self, client, room):
        return {member["name"]: member["role"] for member in client.ok("who", room=room)["members"]}


class Rooms(Transfer):
    def test_privacy_retention_topic_and_roles_come_along(self):
        server = self.start()
        anna, bruno, carla = (self.account(name) for name in ("anna", "bruno", "carla"))
        anna.join("#priv")
        anna.ok("set", room="#priv", private=True, retention_days=30)
        anna.ok("topic", room="#priv", topic="Ours alone")
        anna.say("secret", "#priv")
        for name, client in (("bruno", bruno), ("carla", carla)):
            anna.ok("invite", room="#priv", name=name)
            client.join("#priv")
        anna.ok("role", room="#priv", name="bruno", role="moderator")
        lines = self.exported()
        room = next(line for line in lines if line["op"] == "room" and line["room"] == "#priv")
        self.assertEqual((room["private"], room["retention_days"], room["topic"]), (True, 30, "Ours alone"))
        self.assertEqual([(member["name"], member["role"]) for member in room["members"]],
                         [("anna", "owner"), ("bruno", "moderator"), ("carla", "member")])
        server.stop()

        other = self.start()
        bruno = self.account("bruno")
        other.stop()
        self.imports(*lines)
        other.start()
        bruno = self.login("bruno")
        # An owner without an account is followed by the moderator.
        self.assertEqual(self.roles(bruno, "#priv"), {"bruno": "owner"})
        self.assertEqual(bruno.ok("history", room="#priv")["messages"][0]["message"], "secret")
        guest = self.full("guest")
        guest.refused("no_room", "history", room="#priv")
        self.assertNotIn("#priv", [row["room"] for row in guest.ok("rooms")["rooms"]])
        again = next(line for line in self.exported("--room", "#priv") if line["op"] == "room")
        self.assertEqual({key: again[key] for key in ("private", "retention_days", "topic")},
                         {key: room[key] for key in ("private", "retention_days", "topic")})

    def test_a_room_that_is_there_keeps_what_it_has(self):
        server = self.start()
        anna = self.account("anna")
        bruno = self.account("bruno")
        anna.join("#priv")
        anna.ok("set", room="#priv", private=True, retention_days=30)
        anna.say("one", "#priv")
        bruno.barrier()
        server.stop()
        self.imports({"op": "room", "room": "#priv", "private": False, "retention_days": 0, "topic": "No",
                      "members": [{"name": "bruno", "role": "owner"}]},
                     {"op": "topic", "room": "#priv", "seq": 2, **SAID, "topic": "Later"})
        room = self.exported("--room", "#priv")[0]
        self.assertEqual((room["private"], room["retention_days"], room["topic"]), (True, 30, "Later"))
        self.assertEqual([member["name"] for member in room["members"]], ["anna"])
        server.start()
        self.full("guest").refused("no_room", "history", room="#priv")

    def test_a_round_trip_changes_nothing(self):
        server = self.start()
        anna = self.account("anna")
        anna.join("#a")
        anna.say("one", "#a")
        anna.ok("edit", room="#a", target=1, message="uno")
        anna.say("two", "#a")
        anna.ok("delete", room="#a", target=3)
        anna.ok("react", room="#a", target=1, emoji="👍", on=True)
        anna.ok("topic", room="#a", topic="A topic")
        anna.ok("send", room="#a", message="three", reply_to=1)
        server.stop()
        before = self.run_ok("export")
        file = self.server.directory / "lines"
        file.write_text(before)

        other = self.start()
        self.account("anna")
        other.stop()
        self.run_ok("import", str(file))
        self.assertIn("kept", self.run_ok("check"))
        self.assertEqual(self.run_ok("export"), before)


@only_sqlite
class Failures(Transfer):
    """A database that refuses in the middle: neither a line nor a room of the file is there."""

    def rooms_made(self):
        with sqlite3.connect(self.server.data / "brusio.db") as database:
            return database.execute("SELECT id, name FROM rooms").fetchall()

    def test_nothing_is_left_of_an_import_that_failed(self):
        self.start().stop()
        with sqlite3.connect(self.server.data / "brusio.db") as database:
            database.execute("CREATE TRIGGER stop BEFORE INSERT ON entries WHEN new.text='stop'"
                             " BEGIN SELECT raise(ABORT, 'stopped'); END")
        before = self.rooms_made()
        lines = [{"op": "room", "room": "#new"}, message("#new", 1), message("#newer", 5, "stop")]
        self.assertIn("nothing was imported", self.server.run("import", str(self.file_of(lines))).stderr)
        self.assertEqual(self.rooms_made(), before)
        with sqlite3.connect(self.server.data / "brusio.db") as database:
            database.execute("DROP TRIGGER stop")
        self.imports(*lines)
        self.assertEqual([line["message"] for line in self.exported() if line["op"] == "message"],
                         ["ciao", "stop"])


class Refusals(Transfer):
    def setUp(self):
        super().setUp()
        self.start()
        self.full("writer", "#old").say("one", "#old")
        self.server.stop()

    def test_what_check_would_object_to(self):
        first = message("#a", 1)
        for lines, why in (
                ([{"op": "edit", "room": "#a", "seq": 1, **SAID, "target": 1, "message": "x"}], "comes later"),
                ([first, {"op": "edit", "room": "#a", "seq": 2, **SAID, "target": 9, "message": "x"}], "comes later"),
                ([first, {"op": "topic", "room": "#a", "seq": 2, **SAID, "topic": "t"},
                  {"op": "delete", "room": "#a", "seq": 3, **SAID, "target": 2}], "not a message"),
                ([first, message("#a", 3)], "does not follow"),
                ([message("#a", 1, deleted=True)], "deleted"),
                ([first, message("#a", 2, text="")], "empty"),
                ([first, message("#a", 2, text="x" * 9000)], "too long"),
                ([first, {"op": "react", "room": "#a", "seq": 2, **SAID, "target": 1, "emoji": "spam"}], "emoji"),
                ([first, {"op": "delete", "room": "#a", "seq": 2, **SAID, "target": 1},
                  {"op": "edit", "room": "#a", "seq": 3, **SAID, "target": 1, "message": "x"}], "deleted"),
                ([message("#old", 2, reply_to=1), {"op": "edit", "room": "#old", "seq": 3, **SAID, "target": 2,
                                                    "message": "x"}, message("#old", 5)], "does not follow"),
                ([message("#old", 1)], "does not follow"),
                ([first, {"op": "room", "room": "#a"}], "once, before"),
                ([message("direct:1:2", 1)], "room"),
        ):
            with self.subTest(why=why, lines=lines):
                self.refuses(*lines, why=why)

    def test_a_log_goes_on(self):
        self.imports(message("#old", 2, reply_to=1), {"op": "delete", "room": "#old", "seq": 3, **SAID, "target": 1})
        self.refuses({"op": "edit", "room": "#old", "seq": 4, **SAID, "target": 1, "message": "x"}, why="deleted")

    def test_what_is_not_json(self):
        file = self.server.directory / "lines"
        for text in ("no json\n", "[1]\n", '{"op":"message"\n', '"text"\n', "\ud800\n".encode("utf-8", "surrogatepass")):
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
            with self.subTest(text=text):
                self.assertIn("line 1", self.server.run("import", str(file)).stderr)
