"""brusiod user, backup, restore, check, export, import; retention (issue: the whole conversation, points 1, 6, 8)."""
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import unittest

from brusio_test import PrivateServerTest, StartFailed, sanitizer, only_sqlite
from brusio_test.server import build_directory

PASSWORD = "correct horse battery"


class Administration(PrivateServerTest):
    def run_ok(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def run_refused(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stderr, r"(?m)^brusiod: ")
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

    def test_an_account_is_disabled_and_enabled_beside_the_server(self):
        self.start()
        self.run_ok("user", "add", "anna", input=PASSWORD + "\n")
        client = self.unnamed()
        client.ok("hello", name="anna", password=PASSWORD)
        self.run_ok("user", "disable", "anna")
        client.rest_of_lines()
        self.unnamed().refused("forbidden", "hello", name="anna", password=PASSWORD)
        self.assertRegex(self.run_ok("user", "list"), r"(?m)^anna\tuser\t\S+\tdisabled$")
        self.run_ok("user", "enable", "anna")
        self.assertEqual(self.login("anna", PASSWORD)["op"], "welcome")
        self.assertNotIn("disabled", self.run_ok("user", "list"))
        self.assertIn("no such account", self.run_refused("user", "disable", "nobody"))

    def test_a_room_is_told_who_inherits_it_from_a_deleted_account(self):
        self.start()
        owner, heir = self.unnamed(), self.unnamed()
        for client, name in ((owner, "olga"), (heir, "hans")):
            client.ok("hello", name=name)
            client.ok("register", password=PASSWORD)
            client.join("#ops")
        self.run_ok("user", "delete", "olga")
        told = heir.push(op="role")
        self.assertEqual((told["name"], told["role"]), ("hans", "owner"))

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

    @only_sqlite
    def test_an_account_is_made_before_the_first_start(self):
        """The first administrator, of a server that has never run."""
        server = self.start()
        server.stop()
        shutil.rmtree(server.data)
        self.assertIn("there is no database", self.run_refused("user", "list"))
        self.assertFalse(server.data.exists())
        self.run_ok("user", "add", "anna", input=PASSWORD + "\n")
        self.run_ok("user", "admin", "anna")
        self.assertEqual(server.data.stat().st_mode & 0o777, 0o700)
        self.assertEqual((server.data / "brusio.db").stat().st_mode & 0o777, 0o600)
        server.start()
        self.assertTrue(self.login("anna", PASSWORD)["user"]["admin"])

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

    @only_sqlite
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

    @only_sqlite
    def test_a_directory_that_was_put_back_by_hand_gets_another_name(self):
        server = self.start()
        self.talk(3)
        epoch = self.writer.epoch
        self.assertIn("in use", self.run_refused("new-epoch"))
        server.stop()
        self.assertIn("load anew", self.run_ok("new-epoch"))
        server.start()
        reader = self.full("reader")
        self.assertNotEqual(reader.epoch, epoch)
        self.assertTrue(reader.join(self.room, after=3, epoch=epoch)["reset"])

    @only_sqlite
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
        (data / "before-restore").mkdir(0o700)
        (data / "brusio.db").rename(data / "before-restore" / "brusio.db")
        shutil.copy(file, data / "brusio.db.restoring")
        with self.assertRaises(StartFailed) as failed:
            server.start()
        self.assertIn("brusiod restore", str(failed.exception))
        self.assertIn("cut off", self.run_refused("user", "add", "anna", input=PASSWORD + "\n"))
        self.assertFalse((data / "brusio.db").exists())
        said = self.run_ok("restore", str(file))
        self.run_ok("check")
        server.start()
        self.assertEqual(self.full("reader").join(self.room)["seq"], 3)
        server.stop()
        # The old log went with the old database: both are there as one, with what was said last.
        kept, = data.glob("before-2*")
        self.assertIn(str(kept), said)
        self.assertFalse((data / "before-restore").exists())
        self.assertEqual((data / kept).stat().st_mode & 0o777, 0o700)
        database = sqlite3.connect(kept / "brusio.db")
        self.assertEqual(database.execute("SELECT text FROM entries WHERE seq = 4").fetchall(),
                         [("after the backup",)])
        database.close()

    @unittest.skipIf(sanitizer() or not shutil.which("strace"), "needs strace and a plain build")
    @only_sqlite
    def test_a_restore_that_is_killed_anywhere_can_be_done_again(self):
        """At each of its calls that change a name: rename, mkdir, unlink."""
        server = self.start()
        self.talk(3)
        file = server.directory / "backup.db"
        self.run_ok("backup", str(file))
        self.writer.say("after the backup", self.room)
        server.kill()
        pristine = server.directory / "pristine"
        shutil.copytree(server.data, pristine, ignore=shutil.ignore_patterns("control"))
        for call in ("rename", "mkdir", "unlink"):
            for number in range(1, 20):
                with self.subTest(call=call, number=number):
                    shutil.rmtree(server.data)
                    shutil.copytree(pristine, server.data)
                    cut = subprocess.run(
                        ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}",
                         "-e", f"inject={call}:signal=SIGKILL:when={number}", build_directory() / "brusiod",
                         "restore", file, "--data", server.data], capture_output=True, text=True, timeout=60)
                    self.run_ok("restore", str(file))
                    self.run_ok("check")
                    old = [path for path in server.data.glob("before-*/brusio.db")]
                    self.assertTrue(old, list(server.data.iterdir()))
                    texts = []
                    for path in old:
                        database = sqlite3.connect(path)
                        texts += [row[0] for row in database.execute("SELECT text FROM entries")]
                        database.close()
                    self.assertEqual(texts.count("after the backup"), 1)
                if cut.returncode == 0:
                    break
            else:
                self.fail(f"{call} never ended")

    @only_sqlite
    def test_a_backup_is_its_owners_alone_and_takes_nobodys_place(self):
        server = self.start()
        self.talk(3)
        file = server.directory / "backup.db"
        before = os.umask(0)
        try:
            self.run_ok("backup", str(file))
        finally:
            os.umask(before)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        file.write_text("something else")
        file.chmod(0o644)
        self.assertIn("--force", self.run_refused("backup", str(file)))
        self.assertEqual(file.read_text(), "something else")
        self.run_ok("backup", "--force", str(file))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertTrue(file.read_bytes().startswith(b"SQLite format 3"))
        for name in ("brusio.db", "brusio.db-wal", "search.db", "tls.key"):
            self.assertIn("server's own", self.run_refused("backup", "--force", str(server.data / name)))
        link = server.directory / "link"
        link.symlink_to(server.directory / "elsewhere")
        self.run_refused("backup", "--force", str(link))
        self.assertFalse((server.directory / "elsewhere").exists())
        self.assertEqual(sorted(path.name for path in server.directory.iterdir()), ["backup.db", "data", "link"])
        server.stop()
        file.chmod(0o644)
        self.run_ok("restore", str(file))
        self.assertEqual((server.data / "brusio.db").stat().st_mode & 0o777, 0o600)

    @only_sqlite
    def test_restore_takes_only_a_good_database_of_brusio(self):
        server = self.start()
        self.talk(3)
        file = server.directory / "backup.db"
        self.run_ok("backup", str(file))
        server.stop()
        other = server.directory / "other.db"
        database = sqlite3.connect(other)
        database.executescript("CREATE TABLE meta(key, value); INSERT INTO meta VALUES('epoch', 'x')")
        database.close()
        newer = server.directory / "newer.db"
        shutil.copy(file, newer)
        database = sqlite3.connect(newer)
        database.execute("PRAGMA user_version = 1000")
        database.close()
        for path, why in ((server.data / "search.db", "not a database of brusio"),
                          (other, "not a database of brusio"), (newer, "newer"),
                          (server.data / "brusio.db", "itself")):
            with self.subTest(path=path.name):
                self.assertIn(why, self.run_refused("restore", str(path)))
        content = bytearray(file.read_bytes())
        content[content.index(b"message 2") + 2] ^= 1
        file.write_bytes(content)
        damaged = self.server.run("restore", str(file))
        self.assertEqual(damaged.returncode, 1)
        self.assertIn("entry 3", damaged.stderr)
        self.assertIn("--force", damaged.stderr)
        self.assertEqual(list(server.data.glob("before-*")) + list(server.data.glob("*.restoring*")), [])
        self.run_ok("check")
        self.run_ok("restore", "--force", str(file))
        self.assertIn("entry 3", self.server.run("check").stdout)
        # Back to what was there before.
        kept, = server.data.glob("before-*")
        self.run_ok("restore", str(kept / "brusio.db"))
        self.run_ok("check")

    @only_sqlite
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
        self.assertEqual(lines[0]["op"], "room")
        self.assertEqual([line["seq"] for line in lines[1:]], list(range(1, 10)))
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

    @only_sqlite
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
        self.assertIn("not a room", self.run_refused("export", "--room", "#nowhere"))
        self.assertEqual(self.run_ok("export", "--room", self.room).count("message 0"), 1)

    def test_check_finds_what_is_broken(self):
        server = self.start()
        self.talk(5)
        server.stop()
        self.run_ok("check")
        server.sql("DELETE FROM entries WHERE seq=3; INSERT INTO reactions VALUES(999,'x',7,'n')")
        result = server.run("check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("gap", result.stdout)
        self.assertIn("reaction", result.stdout)

    @only_sqlite
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

    @only_sqlite
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
        server.sql("UPDATE entries SET time_ms=time_ms-172800000 WHERE seq<=6")
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
