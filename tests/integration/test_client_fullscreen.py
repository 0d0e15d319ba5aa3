"""The full screen in a real terminal, tmux, which is looked at as a person would."""
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from brusio_test import ServerTest, deadline
from client_tools import address_of, brusio, client_environment


@unittest.skipUnless(shutil.which("tmux"), "needs tmux")
class FullScreen(ServerTest):
    def setUp(self):
        super().setUp()
        self.mario = self.full("mario", self.room)
        self.me = self.named("anna")
        self.directory = tempfile.TemporaryDirectory(prefix="brusio-tmux-")
        self.addCleanup(self.directory.cleanup)
        self.socket = os.path.join(self.directory.name, "socket")

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *args], capture_output=True,
                              text=True, timeout=deadline(20))
        return done.stdout

    def open(self, columns=100, rows=24, conf="", env=None):
        environment = client_environment({"LC_ALL": "C.UTF-8", **(env or {})})
        self.home = environment["XDG_STATE_HOME"]
        self.configure(conf)
        command = ["env", *(f"{name}={value}" for name, value in environment.items() if name != "TERM"), brusio(),
                   "--config", self.conf, "--room", self.room, address_of(self.server, self.me)]
        shell = " ".join(f"'{word}'" for word in command) + "; echo ended with $?; read wait"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), shell)
        self.addCleanup(self.tmux, "kill-server")
        self.shows("You are in")

    def configure(self, text):
        self.conf = os.path.join(self.directory.name, "brusio.conf")
        with open(self.conf, "w") as file:
            file.write(text)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def wait(self, condition, what):
        until = time.monotonic() + deadline()
        while not condition(screen := self.screen()):
            if time.monotonic() > until:
                raise AssertionError(f"never came: {what}\n{screen}")

    def shows(self, text):
        self.wait(lambda screen: text in screen, repr(text))

    def hides(self, text):
        self.wait(lambda screen: text not in screen, f"{text!r} gone")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def test_talking(self):
        self.open()
        self.shows(f" {self.room}")
        self.press("hello everybody", "Enter")
        self.assertEqual(self.mario.entry(self.room)["message"], "hello everybody")
        self.mario.say("ciao anna", self.room)
        self.shows(f"{self.mario.name}: ciao anna")
        self.press("M-Up", "+")
        self.shows("React with")
        self.press("tada", "Enter")
        self.assertEqual(self.mario.push(op="react")["emoji"], "🎉")
        self.shows("🎉 1")
        self.press("C-c", "C-d")
        self.shows("ended with 0")

    def test_a_draft_stays_where_it_was_written(self):
        other = self.room + "p"
        self.mario.join(other)
        self.open()
        self.press(f"/join {other}", "Enter")
        self.shows(f"You are in {other}")
        self.press("my secret")
        self.shows("> my secret")
        self.mario.ok("kick", room=other, name=self.me)
        self.hides("my secret")
        self.press("Enter")
        self.press("M-1")
        self.shows("1 " + self.room)
        self.press("hello", "Enter")
        self.assertEqual(self.mario.entry(self.room)["message"], "hello")

    def test_history_and_sizes(self):
        for number in range(120):
            self.mario.post("send", room=self.room, message=f"line {number}.")
        self.mario.ok("ping")
        self.open()
        self.shows("line 119.")
        self.wait(lambda screen: self.press("PageUp") or "line 0." in screen, "the first line")
        self.mario.say("while looking back", self.room)
        self.shows("1 new below")
        for columns, rows in ((40, 10), (200, 50), (20, 5), (100, 24)):
            self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            self.wait(lambda screen, rows=rows: len(screen.rstrip("\n").split("\n")) >= rows - 2, f"{rows} rows")
        self.press("Escape")
        self.shows("while looking back")

    def test_search_goes_to_a_message(self):
        for number in range(100):
            self.mario.post("send", room=self.room, message=f"line {number} {'needle' if number == 7 else 'hay'}")
        self.mario.ok("ping")
        self.open()
        self.wait_for_index()
        self.press("/search needle", "Enter")
        self.shows("Found")
        self.press("Enter")
        self.shows("line 7 needle")
        self.shows("line 8 hay")

    def wait_for_file(self, path, text):
        """Until the file has this text; returns all of it."""
        until = time.monotonic() + deadline()
        while True:
            with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
                if text in (read := file.read()):
                    return read
            self.assertLess(time.monotonic(), until, f"{text!r} in {path}")
            time.sleep(0.05)

    def test_the_configuration_is_checked(self):
        def check(text):
            self.configure(text)
            done = subprocess.run([brusio(), "--check-config", "--config", self.conf], capture_output=True, text=True,
                                  env=client_environment(), timeout=deadline(20))
            return done.returncode, done.stdout, done.stderr
        self.assertEqual(check("theme = dark\n"), (0, f"{self.conf} is valid.\n", ""))
        status, _, errors = check("\ntheme = pink\nbells = on\n")
        self.assertEqual(status, 1)
        self.assertIn(f"{self.conf}:2: invalid value for theme; possible: default, dark, light, mono", errors)
        self.assertIn(f'{self.conf}:3: unknown key "bells"; did you mean "bell"?', errors)
        os.remove(self.conf)
        done = subprocess.run([brusio(), "--check-config", "--config", self.conf], capture_output=True, text=True,
                              env=client_environment(), timeout=deadline(20))
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_commands_of_the_user(self):
        """Commands for alerts, links and the log: no text from others ever becomes part of a command."""
        told, opened, log = (os.path.join(self.directory.name, name) for name in ("told", "opened", "log"))
        other = self.room + "o"
        self.mario.join(other)
        self.open(conf=f"highlight = deploy\nnotify_command = echo \"$BRUSIO_ROOM $BRUSIO_NAME $BRUSIO_TEXT\" >> {told}\n"
                       f"open_command = echo \"$1\" >> {opened}\nlog = {log}\n")
        self.press(f"/join {other}", "Enter")
        self.shows(f"2 {other}")
        self.press("M-1")
        self.shows("1 " + self.room)
        self.mario.say(f"the deploy $(touch {told}.pwned) `touch {told}.pwned`", other)
        text = self.wait_for_file(told, "deploy")
        self.assertEqual(text, f"{other} {self.mario.name} the deploy $(touch {told}.pwned) `touch {told}.pwned`\n")
        self.mario.say("see https://a.example/?a=1&b=$(id).", self.room)
        self.shows("see https")
        self.press("M-Up", "o")
        self.assertEqual(self.wait_for_file(opened, "example"), "https://a.example/?a=1&b=$(id)\n")
        self.press("of my own", "Enter")
        folder = os.path.join(log, f"127.0.0.1:{self.server.port}")
        self.wait_for_file(os.path.join(folder, f"{self.room}.log"), f"{self.me}: of my own\n")
        self.wait_for_file(os.path.join(folder, f"{other}.log"), f"{self.mario.name}: the deploy ")
        self.assertFalse(os.path.exists(told + ".pwned"))

    def test_the_draft_in_an_editor(self):
        """The chat goes on while the editor has the terminal, and neither gets the other's keys."""
        editor = os.path.join(self.directory.name, "editor")
        with open(editor, "w") as file:
            file.write("#!/bin/sh\necho editing\nread line\nprintf '%s\\n%s' \"$line\" \"$(cat $1)\" >$1\n")
        os.chmod(editor, 0o755)
        self.open(conf=f"editor = {editor}\n")
        self.press("my draft", "M-e")
        self.shows("editing")
        self.mario.say("said meanwhile", self.room)
        self.press("from the editor", "Enter")
        self.shows("> from the editor")
        self.shows("  my draft")
        self.shows("said meanwhile")
        self.press("Enter")
        self.assertEqual(self.mario.entry(self.room)["message"], "from the editor\nmy draft")

    def test_a_day_of_the_history(self):
        for number in range(60):
            self.mario.post("send", room=self.room, message=f"line {number}.")
        self.mario.ok("ping")
        self.open()
        self.shows("line 59.")
        self.press("/goto 1d", "Enter")
        self.shows("line 0.")
        self.press("M-g")
        self.shows("Go to a day")
        self.press("e", "n", "d", "Enter")
        self.shows("line 59.")

    def wait_for_index(self):
        until = time.monotonic() + deadline()
        while not self.mario.ok("search", query="needle", room=self.room)["messages"]:
            self.assertLess(time.monotonic(), until, "the search index")


if __name__ == "__main__":
    unittest.main()
