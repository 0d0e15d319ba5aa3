"""The full screen in a real terminal, tmux, which is looked at as a person would."""
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

    def open(self, columns=100, rows=24):
        environment = client_environment({"LC_ALL": "C.UTF-8"})
        command = ["env", *(f"{name}={value}" for name, value in environment.items() if name != "TERM"), brusio(),
                   "--room", self.room, address_of(self.server, self.me)]
        shell = " ".join(f"'{word}'" for word in command) + "; echo ended with $?; read wait"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), shell)
        self.addCleanup(self.tmux, "kill-server")
        self.shows("You are in")

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

    def wait_for_index(self):
        until = time.monotonic() + deadline()
        while not self.mario.ok("search", query="needle", room=self.room)["messages"]:
            self.assertLess(time.monotonic(), until, "the search index")


if __name__ == "__main__":
    unittest.main()
