"""The bytes of files in backups: held while they are copied, put back, checked (files.md, demand 11)."""
import fcntl
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest

from brusio_test import PrivateServerTest, build_directory, deadline, sanitizer
from brusio_test.server import store_of
from test_files import PNG, FilesTest

CALLS = ("write", "pwrite64", "rename", "mkdir", "mkdirat", "renameat", "unlinkat", "fsync")


class Backups(FilesTest, PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()
        self.anna = self.full("anna", "#lobby")
        self.file = self.server.directory / "backup.db"

    def run_ok(self, *words):
        result = self.server.run(*map(str, words))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def run_refused(self, *words):
        result = self.server.run(*map(str, words))
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def send_some(self, count=5):
        """{id: content} of so many files, the largest of several pieces."""
        contents = {}
        for number in range(count):
            content = os.urandom((0, 1, 511, 512, 700000)[number % 5])
            contents[self.sent(self.anna, content, f"f{number}.bin")[1]["file"]] = content
        return contents

    def path(self, file, data=None):
        return (data or self.server.data) / "files" / file[:2] / file

    def on_disk(self, data=None):
        return {path.name: path.read_bytes() for path in ((data or self.server.data) / "files").glob("*/*")}

    def restore_elsewhere(self, *options, file=None):
        """A restore into a directory that is not there yet: (data, what it says)."""
        data = self.server.directory / "elsewhere"
        shutil.rmtree(data, ignore_errors=True)
        result = subprocess.run([build_directory() / "brusiod", "restore", *options, file or self.file, "--data", data],
                                capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        return data, result.stderr

    def test_a_backup_has_them_and_a_restore_puts_them_back(self):
        contents = self.send_some()
        self.run_ok("backup", self.file)
        data, said = self.restore_elsewhere()
        self.assertEqual(self.on_disk(data), contents)
        self.assertEqual(said, "")
        self.assertEqual({path.stat().st_mode & 0o777 for path in (data / "files").glob("*/*")}, {0o600})
        # It is still a database, and what follows it is an archive.
        database = sqlite3.connect(self.file.as_uri() + "?mode=ro", uri=True)
        pages, size = (database.execute("PRAGMA " + name).fetchone()[0] for name in ("page_count", "page_size"))
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        database.close()
        with open(self.file, "rb") as behind:
            behind.seek(pages * size)
            with tarfile.open(fileobj=behind) as archive:
                self.assertEqual({name.rsplit("/")[-1]: archive.extractfile(name).read()
                                  for name in archive.getnames()}, contents)
        self.server.stop()
        self.start(data=data)
        file, content = max(contents.items(), key=lambda one: len(one[1]))
        bruno = self.full("bruno", "#lobby")
        self.assertEqual(self.fetch("/files/" + file, bruno).body, content)
        self.run_ok("check")

    def test_one_without_them_says_on_restore_what_is_missing(self):
        contents = self.send_some(25)
        self.run_ok("backup", "--without-files", self.file)
        self.assertLess(self.file.stat().st_size, 700000)
        data, said = self.restore_elsewhere()
        self.assertEqual(self.on_disk(data), {})
        self.assertIn("25 files are missing", said)
        self.assertEqual(said.count("(f"), 20)
        self.assertIn(str(data / "files"), said)
        # They are where they were: nothing is missing.
        self.server.stop()
        self.assertNotIn("missing", self.run_ok("restore", self.file))
        self.assertEqual(self.on_disk(), contents)

    def test_none_is_dropped_while_it_is_copied(self):
        """The server is held off as a backup does it; what was deleted goes when that is done."""
        seq, file = self.sent(self.anna, b"copy me")
        held = os.open(self.server.data / "files", os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_SH)
        self.anna.ok("delete", room="#lobby", target=seq)
        self.assertEqual(self.fetch("/files/" + file["file"], self.anna).status, 404)
        time.sleep(3)
        self.assertEqual(self.path(file["file"]).read_bytes(), b"copy me")
        os.close(held)
        self.wait_for_blobs(0)

    def test_one_that_is_made_while_files_come_and_go_is_whole(self):
        self.send_some(10)
        done = threading.Event()

        def come_and_go():
            while not done.is_set():
                seq, _ = self.sent(self.anna, os.urandom(3000))
                self.anna.ok("delete", room="#lobby", target=seq)
        thread = threading.Thread(target=come_and_go)
        thread.start()
        try:
            for number in range(3):
                said = self.run_ok("backup", "--force", self.file)
                data, missing = self.restore_elsewhere()
                self.assertEqual((said, missing), ("", ""))
                checked = subprocess.run([build_directory() / "brusiod", "check", "--data", data],
                                         capture_output=True, text=True, timeout=120)
                self.assertEqual((checked.returncode, "files" in checked.stdout), (0, False), checked.stdout)
        finally:
            done.set()
            thread.join()
        self.assertIn("kept", self.run_ok("check"))

    def test_a_damaged_one_is_taken_by_force_alone(self):
        contents = self.send_some()
        self.run_ok("backup", self.file)
        whole = self.file.read_bytes()
        file, content = max(contents.items(), key=lambda one: len(one[1]))
        flipped = bytearray(whole)
        flipped[whole.index(content) + 5] ^= 1
        self.server.stop()
        for what, bytes_, named in (("flipped", bytes(flipped), file), ("cut", whole[:-1500], "cut off"),
                                    ("cut at a header", whole[:-1024], "cut off")):
            with self.subTest(what=what):
                self.file.write_bytes(bytes_)
                before = self.on_disk()
                said = self.run_refused("restore", self.file)
                self.assertIn(named, said)
                self.assertIn("--force", said)
                self.assertEqual(self.on_disk(), before)
                self.assertEqual(list(self.server.data.glob("before-*")), [])
        self.file.write_bytes(bytes(flipped))
        data, _ = self.restore_elsewhere("--force")
        self.assertEqual(set(self.on_disk(data)), set(contents))

    def test_names_in_it_lead_nowhere_else(self):
        self.send_some(1)
        seq, file = self.sent(self.anna, b"x" * 600)
        self.run_ok("backup", self.file)
        whole = self.file.read_bytes()
        at = whole.index(b"files/" + file["file"][:2].encode() + b"/" + file["file"].encode())
        for name in (b"../../../../tmp/brusio-evil", b"files/../" + file["file"].encode(), b"files/zz/" + b"z" * 32):
            header = bytearray(whole[at:at + 512])
            header[:100] = name.ljust(100, b"\0")
            header[148:156] = b" " * 8
            header[148:156] = b"%06o\0 " % sum(header)
            self.file.write_bytes(whole[:at] + header + whole[at + 512:])
            with self.subTest(name=name):
                data, _ = self.restore_elsewhere("--force")
                self.assertNotIn(b"x" * 600, self.on_disk(data).values())
                self.assertFalse(os.path.exists("/tmp/brusio-evil"))

    def test_what_only_the_old_database_knows_is_spared(self):
        """A restore can be taken back, also where the files are old."""
        self.run_ok("backup", self.file)
        _, file = self.sent(self.anna, b"after the backup")
        self.server.stop()
        old = time.time() - 100 * 86400
        os.utime(self.path(file["file"]), (old, old))
        self.run_ok("restore", self.file)
        self.start(data=self.server.data)
        self.server.stop()
        self.assertEqual(self.on_disk(), {file["file"]: b"after the backup"})
        self.assertIn(file["file"] + " belongs to no message", self.run_ok("check"))
        kept, = self.server.data.glob("before-*")
        self.assertNotIn("missing", self.run_ok("restore", kept / "brusio.db"))
        self.assertNotIn("files", self.run_ok("check"))

    def test_check_names_what_is_missing_and_what_is_not_as_it_was_sent(self):
        one, two, three = (self.sent(self.anna, name.encode() * 100, name)[1]["file"] for name in "abc")
        self.path(one).unlink()
        self.path(two).write_bytes(b"B" * 100)
        stranger = "0123456789abcdef" * 2
        self.path(stranger).write_bytes(b"?")
        (self.server.data / "files" / "00" / "notes.txt").write_bytes(b"?")
        said = self.run_refused("check")
        self.assertIn(f"file {one} (a): its bytes are missing", said)
        self.assertIn(f"file {two} (b): its checksum does not fit", said)
        self.assertNotIn(three, said)
        self.assertIn(f"files: {stranger} belongs to no message", said)
        self.assertIn("no/notes.txt is not of this server", said)
        self.assertIn("2 promises are broken", said)
        backup = self.run_ok("backup", self.file)
        self.assertIn(f"{one} (a) are missing", backup)
        self.assertIn(f"{two} (b) are not those that were sent", backup)

    @unittest.skipIf(sanitizer() or not shutil.which("strace"), "needs strace and a plain build")
    def test_a_backup_and_a_restore_that_are_killed_anywhere_can_be_done_again(self):
        contents = self.send_some(3)
        self.server.stop()
        for call in CALLS:
            for number in (1, 2, 4, 9):
                with self.subTest(call=call, number=number):
                    cut = self.cut("SIGKILL", call, number, "backup", "--force", self.file)
                    self.assertTrue(cut or self.file.exists())
                    self.run_ok("backup", "--force", self.file)
                    data = self.server.directory / "elsewhere"
                    shutil.rmtree(data, ignore_errors=True)
                    self.cut("SIGKILL", call, number, "restore", self.file, data=data)
                    again = subprocess.run([build_directory() / "brusiod", "restore", self.file, "--data", data],
                                           capture_output=True, text=True, timeout=60)
                    self.assertEqual((again.returncode, "missing" in again.stderr), (0, False), again.stderr)
                    self.assertEqual(self.on_disk(data), contents)

    @unittest.skipIf(sanitizer() or not shutil.which("strace"), "needs strace and a plain build")
    def test_a_full_disk_leaves_neither_half_a_backup_nor_half_a_restore(self):
        contents = self.send_some(3)
        self.server.stop()
        for call in ("write", "pwrite64", "fsync"):
            for number in (1, 5):
                with self.subTest(call=call, number=number):
                    self.file.unlink(missing_ok=True)
                    failed = self.cut("ENOSPC", call, number, "backup", self.file)
                    self.assertEqual(bool(failed), not self.file.exists())
                    self.assertEqual(list(self.server.directory.glob("*.part")), [])
                    self.run_ok("backup", "--force", self.file)
                    failed = self.cut("ENOSPC", call, number, "restore", self.file)
                    if failed:
                        self.run_ok("check")
                    self.assertEqual(self.on_disk(), contents)

    def cut(self, how, call, number, *words, data=None):
        """Runs it with a call that kills it or fails; returns its status."""
        fault = "signal=SIGKILL" if how == "SIGKILL" else "error=" + how
        return subprocess.run(
            ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}",
             build_directory() / "brusiod", *words, "--data", data or self.server.data],
            capture_output=True, timeout=60).returncode


class Exports(Backups):
    """Out of one server and into another."""

    def export(self, *options):
        self.folder = self.server.directory / "files"
        result = self.server.run("export", "--files", self.folder, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.lines = self.server.directory / "history.jsonl"
        self.lines.write_text(result.stdout)
        return result.stderr

    def import_elsewhere(self, *options):
        data = pathlib.Path(tempfile.mkdtemp(prefix="elsewhere-", dir=self.server.directory))
        data.chmod(0o700)
        store = ["--store", store_of(data)] if store_of(data) else []
        result = subprocess.run([build_directory() / "brusiod", "import", *options, self.lines, "--data", data, *store],
                                capture_output=True, text=True, timeout=60)
        return data, result

    def complaints(self, result):
        return [line for line in result.stderr.splitlines() if "store.standby" not in line]

    def messages(self, data):
        self.server.stop()
        self.start(data=data)
        self.reader = self.full("reader", "#lobby")
        return self.reader.ok("history", room="#lobby", limit=50)["messages"]

    def test_files_come_along(self):
        contents = self.send_some()
        picture = self.sent(self.anna, PNG, "p.png", message="")[1]
        self.anna.say("no file", "#lobby")
        gone = self.sent(self.anna, b"gone")[0]
        self.anna.ok("delete", room="#lobby", target=gone)
        self.assertEqual(self.export(), "")
        contents[picture["file"]] = PNG
        self.assertEqual({path.name: path.read_bytes() for path in self.folder.iterdir()}, contents)
        self.assertEqual(self.export(), "")
        data, result = self.import_elsewhere("--files", self.folder)
        self.assertEqual((result.returncode, self.complaints(result)), (0, []))
        messages = self.messages(data)
        self.assertEqual([one["text"] for one in messages if "files" in one], ["look"] * 5 + [""])
        came = [(one["name"], self.fetch("/files/" + one["file"], self.reader).body)
                for message in messages for one in message.get("files", ())]
        self.assertEqual(came, [(f"f{number}.bin", content) for number, content in
                                enumerate(list(contents.values())[:5])] + [("p.png", PNG)])
        self.assertEqual((messages[5]["files"][0]["width"], messages[5]["files"][0]["type"]), (2, "image/png"))
        self.assertFalse(set(self.on_disk(data)) & set(contents))
        self.assertEqual(self.server.run("check").stdout.count("files"), 0)

    def test_without_their_folder_the_text_names_them(self):
        self.sent(self.anna, b"x", "a.txt", message="")
        self.export()
        data, result = self.import_elsewhere()
        self.assertEqual((result.returncode, self.complaints(result)), (0, []))
        message, = self.messages(data)
        self.assertNotIn("files", message)
        self.assertEqual(message["message"], "a.txt")
        self.assertEqual(self.on_disk(data), {})

    def test_an_import_is_all_or_nothing(self):
        self.send_some(3)
        self.export()
        victim = sorted(self.folder.iterdir())[1]
        victim.unlink()
        for make in (lambda: None, victim.mkdir, lambda: (victim.rmdir(), victim.symlink_to("/etc/passwd"))):
            make()
            data, result = self.import_elsewhere("--files", self.folder)
            self.assertEqual(result.returncode, 1)
            self.assertIn(victim.name, result.stderr)
            self.assertIn("nothing was imported", result.stderr)
            self.assertEqual(self.on_disk(data), {})
        text = self.lines.read_text()
        for wrong in ("../../../etc/passwd", "x", "0" * 33):
            self.lines.write_text(text.replace(victim.name, wrong))
            data, result = self.import_elsewhere("--files", self.folder)
            self.assertEqual((result.returncode, "files" in result.stderr), (1, True), result.stderr)
        _, result = self.import_elsewhere("--files", self.folder / "none")
        self.assertEqual(result.returncode, 1)

    def test_an_export_says_what_is_missing(self):
        file = self.sent(self.anna, b"x", "a.txt")[1]["file"]
        self.path(file).unlink()
        self.assertIn(f"{file} (a.txt) are missing", self.export())


for name in [name for name in dir(Backups) if name.startswith("test_")]:
    setattr(Exports, name, None)
del name


if __name__ == "__main__":
    unittest.main()
