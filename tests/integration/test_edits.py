"""Earlier texts of an edited message: kept where the room allows it, and nowhere else."""
import json

from brusio_test import PrivateServerTest, only_sqlite


class Edits(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()
        self.anna, self.bruno = self.full("anna", self.room), self.full("bruno", self.room)

    def allow(self, on=True):
        self.anna.ok("set", room=self.room, keep_edits=on)
        self.assertEqual(self.bruno.push(op="set")["keep_edits"], on)

    def edit(self, seq, text):
        return self.bruno.ok("edit", room=self.room, target=seq, message=text)["seq"]

    def say(self, text):
        return self.bruno.say(text, self.room)["seq"]

    def texts(self, seq, client=None):
        return [edit["message"] for edit in (client or self.anna).ok("edits", room=self.room, target=seq)["edits"]]

    def test_earlier_texts_are_listed_where_the_room_keeps_them(self):
        self.allow()
        seq = self.say("one")
        last = self.edit(seq, "two")
        self.assertIs(self.anna.push(op="edit", seq=last)["kept"], True)
        self.edit(seq, "three")
        self.assertEqual(self.texts(seq), ["three", "two", "one"])
        rows = self.bruno.ok("edits", room=self.room, target=seq)["edits"]
        self.assertEqual([row["seq"] for row in rows], [last + 1, last, seq])
        self.assertTrue(all(row["time"] for row in rows))
        self.server.stop()
        self.server.start()
        again = self.full("cora", self.room)
        self.assertEqual(self.texts(seq, again), ["three", "two", "one"])

    def test_who_may(self):
        seq = self.say("one")
        self.anna.refused("forbidden", "edits", room=self.room, target=seq)
        self.bruno.refused("forbidden", "set", room=self.room, keep_edits=True)
        self.allow()
        self.full("carla").refused("not_member", "edits", room=self.room, target=seq)
        self.anna.refused("no_message", "edits", room=self.room, target=seq + 100)
        self.assertEqual(self.texts(seq), ["one"])

    def test_what_was_replaced_before_stays_gone(self):
        seq = self.say("one")
        self.edit(seq, "two")
        self.allow()
        self.edit(seq, "three")
        self.assertEqual(self.texts(seq), ["three", "two"])
        self.allow(False)
        self.anna.refused("forbidden", "edits", room=self.room, target=seq)
        self.allow()
        self.assertEqual(self.texts(seq), ["three"])

    def test_a_deletion_takes_all_of_them(self):
        self.allow()
        seq = self.say("one")
        self.edit(seq, "two")
        self.bruno.ok("delete", room=self.room, target=seq)
        self.anna.refused("no_message", "edits", room=self.room, target=seq)

    def test_a_replay_has_no_replaced_text(self):
        seq = self.say("one")
        self.edit(seq, "two")
        self.edit(seq, "three")
        carla = self.full("carla")
        carla.join(self.room, after=0)
        self.assertEqual([carla.push(op=op)["message"] for op in ("message", "edit", "edit")], ["three"] * 3)

    def test_the_same_edit_again_is_the_same(self):
        seq = self.say("one")
        first = self.bruno.ok("edit", id="e1", room=self.room, target=seq, message="two")["seq"]
        self.edit(seq, "three")
        self.assertEqual(self.bruno.ok("edit", id="e1", room=self.room, target=seq, message="two")["seq"], first)
        self.bruno.refused("id_reused", "edit", id="e1", room=self.room, target=seq, message="other")

    def test_welcome_says_it(self):
        self.anna.ok("register", password="correct horse")
        self.allow()
        again = self.unnamed()
        welcome = again.ok("hello", name=self.named("anna"), password="correct horse", device="other")
        row = [row for row in welcome["rooms"] if row["room"] == self.room][0]
        self.assertIs(row["keep_edits"], True)

    def test_an_export_carries_what_is_kept_and_nothing_else(self):
        seq = self.say("one")
        self.edit(seq, "two")
        self.allow()
        kept = self.say("first")
        self.edit(kept, "second")
        exported = self.server.run("export", "--room", self.room).stdout
        lines = [json.loads(line) for line in exported.splitlines()]
        self.assertEqual([line["message"] for line in lines if line["op"] in ("message", "edit")],
                         ["two", "two", "first", "second"])
        self.assertIs(lines[0]["keep_edits"], True)
        self.server.stop()
        file = self.server.directory / "lines"
        file.write_text(exported.replace(self.room, "#copied"))
        self.assertEqual(self.server.run("import", str(file)).returncode, 0)
        self.server.start()
        cora = self.full("cora", "#copied")
        history = cora.ok("history", room="#copied")["messages"]
        self.assertEqual([edit["message"] for edit in
                          cora.ok("edits", room="#copied", target=history[-1]["seq"])["edits"]],
                         ["second", "first"])

    @only_sqlite
    def test_the_database_forgets_what_was_replaced(self):
        seq = self.say("sehrgeheimeswort")
        self.edit(seq, "harmless")
        self.server.stop()
        database = self.server.data / "brusio.db"
        self.assertNotIn(b"sehrgeheimeswort", database.read_bytes())
