"""brusiod user, backup, restore, check, export, import; retention (issue: the whole conversation, points 1, 6, 8)."""
import json
import shutil
import subprocess
import threading

from brusio_test import PrivateServerTest, StartFailed

PASSWORD = "correct horse battery"


class Administration(PrivateServerTest):
    def run_ok(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def run_refused(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertTrue(result.stderr.startswith("brusiod: "), result.stderr)
        return result.stderr


class Users(Administration):
    def login(self, name, password):
        while True:
            answer = self.unnamed().request("hello", name=name, password=password)
            if answer["op"] == "welcome" or answer["code"] not in ("auth_failed",):
                return answer

    def test_accounts_are_made_and_changed_while_the_server_runs(self):
        self.start("--registration", "admin")
        self.run_ok("user", "add", "anna", input=PASSWORD + "\n")
        self.assertFalse(self.login("anna", PASSWORD)["user"]["admin"])
        self.run_ok("user", "admin", "anna")
        self.assertIn("anna\tadmin", self.run_ok("user", "list"))
        while not self.login("anna", PASSWORD)["user"]["admin"]:
            pass
        self.run_ok("user", "passwd", "anna", input="another password\n")
        self.unnamed().refused("auth_failed", "hello", name="anna", password=PASSWORD)
        client = self.unnamed()
        client.ok("hello", name="anna", password="another password")
        self.run_ok("user", "delete", "anna")
        client.rest_of_lines()
        self.assertNotIn("anna", self.run_ok("user", "list"))

    def test_wrong_uses(self):
        self.start()
        self.run_ok("user", "add", "anna", input=PASSWORD + "\n")
        self.assertIn("already", self.run_refused("user", "add", "ANNA", input=PASSWORD + "\n"))
        self.run_refused("user", "add", "7up", input=PASSWORD + "\n")
        self.run_refused("user", "add", "bob", input="short\n")
        self.run_refused("user", "add", "bob", input="")
        self.run_refused("user", "delete", "nobody")
        self.run_refused("user", "frobnicate", "anna")
        self.run_refused("user", "add")
        self.run_refused("frobnicate")

    def test_a_guest_gives_way_to_a_new_account(self):
        self.start()
        guest = self.unnamed()
        guest.ok("hello", name="anna")
        self.run_ok("user", "add", "anna", input=PASSWORD + "\n")
        guest.rest_of_lines()
        self.assertTrue(self.login("anna", PASSWORD)["user"]["account"])

    def test_registration_closed(self):
        server = self.start("--registration", "closed")
        self.assertIn("closed", self.run_refused("user", "add", "anna", "--registration", "closed",
                                                 input=PASSWORD + "\n"))
        self.assertTrue(server.running())


class Data(Administration):
    def talk(self, count=30):
        self.writer = self.full("writer", self.room)
        for number in range(count):
            self.writer.say(f"message {number}", self.room)

    def test_a_backup_under_load_is_whole(self):
        server = self.start()
        self.talk()
        file = server.directory / "backup.db"
        done = threading.Event()
        acked = []

        def load():
            while not done.is_set():
                acked.append(self.writer.say(f"loaded {len(acked)}", self.room)["seq"])
        thread = threading.Thread(target=load)
        thread.start()
        try:
            self.run_ok("backup", str(file))
        finally:
            done.set()
            thread.join()
        self.assertIn("already", self.run_refused("backup", str(file)))
        epoch = self.writer.epoch
        server.stop()
        self.run_ok("restore", str(file))
        self.assertIn("kept", self.run_ok("check"))
        server.start()
        reader = self.full("reader")
        self.assertNotEqual(reader.epoch, epoch)
        joined = reader.join(self.room, after=5, epoch=epoch)
        self.assertTrue(joined["reset"])
        self.assertGreaterEqual(joined["seq"], 30)

    def test_a_restore_that_was_cut_off_is_no_empty_server(self):
        """Between moving the old database away and putting the new one in its place the machine went down."""
        server = self.start()
        self.talk(3)
        file = server.directory / "backup.db"
        self.run_ok("backup", str(file))
        self.writer.say("after the backup", self.room)
        server.kill()
        data = server.directory / "data"
        self.assertTrue((data / "brusio.db-wal").exists())
        (data / "brusio.db").rename(data / "brusio.db.before-2020-01-01T00:00:00")
        shutil.copy(file, data / "brusio.db.restoring")
        with self.assertRaises(StartFailed) as failed:
            server.start()
        self.assertIn("brusiod restore", str(failed.exception))
        self.assertFalse((data / "brusio.db").exists())
        self.run_ok("restore", str(file))
        self.run_ok("check")
        server.start()
        self.assertEqual(self.full("reader").join(self.room)["seq"], 3)

    def test_restore_refuses_what_is_no_backup_and_a_running_server(self):
        server = self.start()
        self.talk(3)
        file = server.directory / "backup.db"
        self.run_ok("backup", str(file))
        self.run_refused("restore", str(file))
        server.stop()
        noise = server.directory / "noise"
        noise.write_bytes(b"this is no database" * 500)
        self.run_refused("restore", str(noise))
        self.run_refused("restore", str(server.directory / "absent"))
        server.start()
        self.assertEqual(self.full("reader").join(self.room)["seq"], 3)

    def test_export_and_import(self):
        server = self.start()
        self.talk(5)
        self.writer.ok("edit", room=self.room, target=1, message="edited")
        self.writer.ok("delete", room=self.room, target=2)
        self.writer.ok("react", room=self.room, target=3, emoji="👍", on=True)
        self.writer.ok("topic", room=self.room, topic="A topic")
        exported = self.run_ok("export", "--room", self.room)
        lines = [json.loads(line) for line in exported.splitlines()]
        self.assertEqual([line["seq"] for line in lines], list(range(1, 10)))
        self.run_refused("export", "--since", "yesterday")
        self.assertEqual(self.run_ok("export", "--since", "2999-01-01"), "")
        file = server.directory / "lines"
        file.write_text(exported)
        server.stop()
        self.run_refused("import", str(file))

        other = self.start()
        other.stop()
        self.run_ok("import", str(file))
        self.assertEqual(self.run_ok("export", "--room", self.room), exported)
        self.run_ok("check")
        file.write_text(exported.splitlines()[0] + "\nno json\n")
        self.assertIn("line", self.run_refused("import", str(file)))
        other.start()
        reader = self.full("reader")
        self.assertEqual(reader.join(self.room)["topic"], "A topic")
        messages = reader.ok("history", room=self.room)["messages"]
        self.assertEqual([message["message"] for message in messages],
                         ["edited", "", "message 2", "message 3", "message 4"])

    def test_a_file_that_is_no_database_is_told_by_all(self):
        server = self.start()
        server.stop()
        with open(f"{server.data}/brusio.db", "w", encoding="utf-8") as file:
            file.write("not a database\n" * 1000)
        for words in (["check"], ["user", "list"], ["export"], ["backup", f"{server.data}/copy"]):
            with self.subTest(words=words):
                self.assertIn("not a database", self.run_refused(*words))

    def test_a_room_that_is_not_there_is_not_exported(self):
        self.start()
        self.talk(1)
        self.assertIn("no room", self.run_refused("export", "--room", "#nowhere"))
        self.assertEqual(self.run_ok("export", "--room", self.room).count("message 0"), 1)

    def test_check_finds_what_is_broken(self):
        server = self.start()
        self.talk(5)
        server.stop()
        self.run_ok("check")
        subprocess.run(["sqlite3", server.data / "brusio.db",
                        "DELETE FROM entries WHERE seq=3; INSERT INTO reactions VALUES(999,'x','u','n')"], check=True)
        result = server.run("check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("gap", result.stdout)
        self.assertIn("reaction", result.stdout)

    def test_check_sees_a_bit_that_flipped(self):
        """On the disk, in the middle of what somebody said: SQLite itself cannot tell."""
        server = self.start()
        self.talk(5)
        self.writer.ok("edit", room=self.room, target=1, message="edited")
        self.writer.ok("delete", room=self.room, target=2)
        server.stop()
        self.run_ok("check")
        file = server.data / "brusio.db"
        content = bytearray(file.read_bytes())
        self.assertEqual(content.count(b"message 3"), 1)
        content[content.index(b"message 3") + 2] ^= 0x10
        file.write_bytes(content)
        result = server.run("check")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"room {self.room}: entry 4: its checksum does not fit", result.stdout)
        self.assertEqual(result.stdout.count("\n"), 1)

    def test_check_is_content_with_an_index_that_is_only_begun(self):
        server = self.start()
        self.talk(5)
        server.stop()
        for file in server.data.glob("search.db*"):
            file.unlink()
        (server.data / "search.db").touch()
        self.run_ok("check")
        (server.data / "search.db").write_text("not a database\n" * 1000)
        self.assertIn("not a database", self.run_refused("check"))

    def test_retention_is_told_as_a_gap(self):
        server = self.start()
        self.talk(10)
        self.writer.ok("set", room=self.room, retention_days=1)
        server.stop()
        subprocess.run(["sqlite3", server.data / "brusio.db",
                        "UPDATE entries SET time_ms=time_ms-172800000 WHERE seq<=6"], check=True)
        server.start()
        while True:
            reader = self.full("reader")
            reader.join(self.room, after=2)
            first = reader.push(room=self.room, op={"gap", "message"})
            if first["op"] == "gap":
                break
            reader.ok("quit")
            reader.rest_of_lines()
        self.assertEqual((first["from_seq"], first["to_seq"]), (3, 6))
        self.assertEqual([reader.entry(self.room)["seq"] for _ in range(4)], [7, 8, 9, 10])
        self.assertEqual(self.full("writer2", self.room).say("next", self.room)["seq"], 11)
        self.assertIn("kept", self.run_ok("check"))
