"""Files in the terminal client: sent from a script and by hand, completed, saved under harmless names, shown."""
import os
import pathlib
import subprocess
import tempfile
import time

from brusio_test import PrivateServerTest, ServerTest, deadline
from client_tools import Pipes, Terminal, address_of, brusio, client_environment, run
from test_client_fullscreen import FullScreen as FullScreenTest
from test_files import PNG, FilesTest


class Folder(FilesTest):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="brusio-files-")))

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def left(self, folder=None):
        """All that is in the folder, parts and hidden files too."""
        return {path.name: path.read_bytes() for path in (folder or self.folder).iterdir() if path.is_file()}

    def came(self, reader, name=None):
        """The next message with files that the reader gets, and what is in them."""
        message = reader.entry(self.room)
        contents = [self.fetch("/files/" + one["file"], reader).body for one in message["files"]]
        return message, dict(zip([one["name"] for one in message["files"]], contents))


class Scripts(Folder, ServerTest):
    server_args = ("--file-bytes-max", 3000000)

    def setUp(self):
        super().setUp()
        self.reader = self.full("reader", self.room)

    def send(self, *args, given="", status=0, tls=()):
        done = run(*tls, *args, address_of(self.server, self.named("script")), given=given)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        return done.stderr

    def test_a_file_is_sent_and_stored(self):
        content = os.urandom(1200000)
        for tls in ((), ("--plain",)):
            with self.subTest(tls=tls):
                path = self.file("a b é.bin", content)
                self.assertEqual(self.send("--send", path, "--to", self.room, tls=tls), "")
                _, files = self.came(self.reader)
                self.assertEqual(files, {"a b é.bin": content})

    def test_a_pipe_is_a_file(self):
        log = b"line\n" * 100000
        self.send("--send", "-", "--name", "build.log", "--to", self.room, given=log)
        message, files = self.came(self.reader)
        self.assertEqual(files, {"build.log": log})
        self.assertEqual(message["text"], "")
        self.send("--send", "-", "--to", self.room, given=b"")
        self.assertEqual(self.came(self.reader)[1], {"stdin": b""})

    def test_a_pipe_that_pauses_is_waited_for(self):
        pipes = Pipes("--send", "-", "--name", "slow", "--timeout", 1, "--to", self.room, address_of(self.server))
        try:
            pipes.write("one")
            self.assertRaises(subprocess.TimeoutExpired, pipes.process.wait, 0.5)
            pipes.write("two")
            self.assertEqual(pipes.end(), 0)
        finally:
            pipes.close()
        self.assertEqual(self.came(self.reader)[1], {"slow": b"onetwo"})

    def test_several_go_in_one_message_and_to_one_person(self):
        one, two = self.file("one", b"1"), self.file("two", b"2")
        self.send("--send", one, "--send", two, "--room", self.room)
        self.assertEqual(self.came(self.reader)[1], {"one": b"1", "two": b"2"})
        anna = self.full("anna")
        anna.ok("register", password="correct horse battery")
        self.send("--send", one, "--to", "@" + anna.name)
        self.assertEqual(anna.push(op="message")["files"][0]["name"], "one")

    def test_what_cannot_be_sent_is_told(self):
        big = self.file("big", bytes(3000001))
        cases = ((self.folder / "none", "No such file"), (self.folder, "directory"), ("/dev/zero", "Invalid"),
                 (big, "3.0 MB"))
        for path, why in cases:
            with self.subTest(path=path):
                said = self.send("--send", path, "--to", self.room, status=1)
                self.assertIn(pathlib.Path(path).name, said)
                self.assertIn(why, said)
        self.assertIn("3.0 MB", self.send("--send", "-", "--to", self.room, given=bytes(3000001), status=1))
        self.assertIn("--to", self.send("--send", big, "--to", "@@", status=1))
        self.reader.say("nothing came", self.room)
        self.assertEqual(self.reader.ok("history", room=self.room, limit=1)["messages"][0]["message"], "nothing came")

    def test_a_name_is_a_name(self):
        for name in ("-rf", "a%2e.txt", "x?y#z&name=w", "\x1b[31m"):
            with self.subTest(name=name):
                self.file(name, b"x")
                self.send("--send", f"{self.folder}/{name}", "--to", self.room)
                sent, = self.came(self.reader)[1]
                self.assertNotIn("\x1b", sent)
                self.assertNotEqual(sent[0], "-")


class Broken(Folder, PrivateServerTest):
    def test_a_server_that_comes_back_gets_the_file_once(self):
        server = self.start()
        path = self.file("kept.bin", os.urandom(500000))
        pipes = Pipes("--send", "-", "--name", "kept.bin", "--to", self.room, address_of(server))
        try:
            pipes.write("first half, ")
            self.full("reader", self.room)
            # Before its first connection it waits for no server, and ends.
            limit = time.monotonic() + deadline()
            while server.log().count("user.hello") < 2 and time.monotonic() < limit:
                time.sleep(0.02)
            server.kill()
            server.start()
            pipes.write("second half")
            self.assertEqual(pipes.end(60), 0)
        finally:
            pipes.close()
        reader = self.full("other", self.room)
        messages = reader.ok("history", room=self.room, limit=10)["messages"]
        self.assertEqual([one["files"][0]["bytes"] for one in messages], [23])
        self.assertTrue(path.exists())

    def test_a_server_that_takes_none_says_so(self):
        server = self.start("--file-bytes-max", 0)
        done = run("--send", self.file("a", b"a"), "--to", self.room, address_of(server))
        self.assertEqual(done.returncode, 1)
        self.assertIn("does not accept files", done.stderr)


HOSTILE = ("../../.bashrc", "-rf", "a\x1b[2Jb.txt", "photo\u202egpj.exe", "n" * 1000, "..", "con/../x", ".profile", "a\nb")


class ByHand(Folder, ServerTest):
    def setUp(self):
        super().setUp()
        self.reader = self.full("reader", self.room)
        self.home = self.folder / "home"
        self.home.mkdir()

    def open(self, **env):
        before = os.getcwd()
        os.chdir(self.home)
        try:
            terminal = Terminal("--room", self.room, address_of(self.server, self.named("anna")), columns=160,
                                env={"HOME": str(self.folder), "TMPDIR": str(self.folder), **env})
        finally:
            os.chdir(before)
        self.addCleanup(terminal.close)
        terminal.shows("You are in")
        return terminal

    def test_send_completes_paths_and_shows_what_was_sent(self):
        self.file("home/holiday photo.png", PNG)
        self.file("home/holiday notes.txt", b"notes")
        self.file("home/.hidden", b"x")
        terminal = self.open()
        terminal.type("/send ho\t")
        terminal.typed_is(f"{self.room}> /send holiday\\ ")
        terminal.type("\t")
        terminal.shows("holiday notes.txt, holiday photo.png")
        terminal.type("p\t")
        terminal.typed_is(f"{self.room}> /send holiday\\ photo.png")
        terminal.type("'~/home/holi\t\x15/send ~/home/holiday\\ n\t")
        terminal.typed_is(f"{self.room}> /send ~/home/holiday\\ notes.txt")
        terminal.type("holiday\\ photo.png\r")
        message, files = self.came(self.reader)
        self.assertEqual(files, {"holiday notes.txt": b"notes", "holiday photo.png": PNG})
        self.assertEqual([one["name"] for one in message["files"]], ["holiday notes.txt", "holiday photo.png"])
        terminal.shows("holiday notes.txt (5 B)", "holiday photo.png")
        terminal.type("/send nowhere.txt\r")
        terminal.shows("nowhere.txt was not sent: No such file")
        terminal.type("/send\r")
        terminal.shows("/send FILE...")

    def test_save_replaces_nothing(self):
        seq, _ = self.sent(self.reader, b"new", "a.txt", self.room)
        self.file("home/a.txt", b"old")
        terminal = self.open()
        terminal.shows("a.txt (3 B)")
        terminal.type(f"/save {seq}\r")
        terminal.shows("a.txt is saved as a (2).txt")
        terminal.type(f"/save #{seq} sub/\r")
        terminal.shows("not saved: No such file")
        (self.home / "sub").mkdir()
        terminal.type(f"/save #{seq} sub\r")
        terminal.shows("saved as sub/a.txt")
        terminal.type(f"/save #{seq} a.txt\r")
        terminal.shows("is not replaced")
        terminal.type(f"/save #{seq} b.txt\r")
        terminal.shows("saved as b.txt")
        (self.home / "link").symlink_to(self.folder / "elsewhere")
        terminal.type(f"/save #{seq} link\r")
        terminal.wait(lambda: terminal.count("is not replaced") == 2, "the refusal of a link")
        self.assertEqual(self.left(self.home), {"a.txt": b"old", "a (2).txt": b"new", "b.txt": b"new"})
        self.assertEqual(self.left(self.home / "sub"), {"a.txt": b"new"})
        self.assertFalse((self.folder / "elsewhere").exists())
        terminal.type("/save 9999\r")
        terminal.shows("#9999 is not on the screen")
        plain = self.reader.say("without", self.room)["seq"]
        terminal.shows("without")
        terminal.type(f"/save {plain}\r")
        terminal.shows(f"#{plain} has no files")
        terminal.type("/save x\r")
        terminal.shows("/save #NUMBER [PATH]")

    def test_names_of_others_lead_nowhere(self):
        terminal = self.open()
        self.file(".bashrc", b"mine")
        for number, name in enumerate(HOSTILE):
            content = b"%d" % number
            seq, _ = self.sent(self.reader, content, name, self.room, f"number {number}")
            terminal.shows(f"number {number}")
            before = self.left(self.home)
            terminal.type(f"/save {seq}\r")
            terminal.wait(lambda: terminal.count("is saved as") > number, f"{name!r} saved")
            after = self.left(self.home)
            new, = set(after) - set(before)
            self.assertEqual(after[new], content)
            self.assertNotIn(new[0], "-.~ ")
            self.assertLessEqual(len(new.encode()), 255)
            self.assertTrue(new.isprintable(), new)
        self.assertEqual(self.left(), {".bashrc": b"mine"})

    def test_one_that_is_gone_leaves_nothing(self):
        seq, file = self.sent(self.reader, b"x" * 1000, "gone.txt", self.room)
        terminal = self.open()
        terminal.shows("gone.txt")
        (self.server.data / "files" / file["file"][:2] / file["file"]).unlink()
        terminal.type(f"/save {seq}\r")
        terminal.shows("gone.txt was not saved:")
        self.assertEqual(self.left(self.home), {})

    def test_open_shows_what_may_be_shown(self):
        opener = self.folder / "bin" / "xdg-open"
        opener.parent.mkdir()
        opener.write_text(f'#!/bin/sh\nprintf %s "$1" >"{self.folder}/opened.new"\n'
                          f'mv "{self.folder}/opened.new" "{self.folder}/opened"\n')
        opener.chmod(0o755)
        picture, _ = self.sent(self.reader, PNG, "evil.desktop", self.room)
        program, _ = self.sent(self.reader, b"\x7fELF\0\1\2", "photo.png", self.room, "no picture")
        terminal = self.open(PATH=f"{opener.parent}:{os.environ['PATH']}")
        terminal.shows("no picture")
        terminal.type(f"/open {picture}\r")
        terminal.wait((self.folder / "opened").exists, "the other program")
        path = pathlib.Path((self.folder / "opened").read_text())
        self.assertEqual((path.name, path.read_bytes()), ("evil.desktop.png", PNG))
        self.assertEqual(path.parent.stat().st_mode & 0o777, 0o700)
        terminal.type(f"/open {program}\r")
        terminal.shows("photo.png was not saved: files of this kind are not opened from here")

    def test_italian(self):
        seq, _ = self.sent(self.reader, b"new", "a.txt", self.room)
        terminal = Terminal("--room", self.room, address_of(self.server, self.named("anna")), env={"LC_ALL": "it_IT.UTF-8"})
        self.addCleanup(terminal.close)
        terminal.shows("a.txt (3 B)")
        terminal.type(f"/save {seq} /nonexistent/x\r")
        terminal.shows("a.txt non è stato salvato")


class OnTheWholeScreen(Folder, FullScreenTest):
    def test_the_status_row_shows_the_progress(self):
        content = os.urandom(20000000)
        path = self.file("large.bin", content)
        self.open()
        self.press(f"/send {path}", "Enter")
        self.shows("sending,")
        self.shows("large.bin (20 MB)")
        message = self.mario.entry(self.room)
        self.assertEqual(message["files"][0]["bytes"], 20000000)
        target = self.folder / "saved.bin"
        self.press(f"/save {message['seq']} {target}", "Enter")
        self.shows("saved as")
        self.hides("fetching,")
        self.assertEqual(target.read_bytes(), content)
        self.press("C-d")
        self.shows("ended with 0")


# Its own tests are run by its file.
for name in [name for name in dir(FullScreenTest) if name.startswith("test_")]:
    setattr(OnTheWholeScreen, name, None)
del FullScreenTest, name
