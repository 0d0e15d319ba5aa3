"""Faults that must never happen in the terminal: a draft elsewhere, a silent hole, a forged line, a published
password."""
import os
import signal
import subprocess
import unittest

from client_tools import Terminal, address_of, brusio, client_environment, run
from test_client_terminal import CTRL_C, CTRL_U, TerminalTest

BACKSPACE = "\x7f"


class Drafts(TerminalTest):
    def test_a_draft_stays_in_the_room_that_one_was_kicked_from(self):
        other = self.room + "p"
        self.mario.join(other)
        terminal = self.inside()
        terminal.type(f"/join {other}\n")
        terminal.typed_is(f"{other}> ")
        terminal.type("my secret")
        terminal.typed_is(f"{other}> my secret")
        self.mario.ok("kick", room=other, name=self.me)
        terminal.typed_is("> ")
        terminal.type(" plan\n")
        terminal.shows("You are not in a room")
        terminal.typed_is(">  plan")
        terminal.type(CTRL_U + f"/join {self.room}\n")
        terminal.typed_is(f"{self.room}> ")
        terminal.type("hello\n")
        self.assertEqual(self.heard(), ["hello"])
        terminal.type(f"/join {other}\n")
        terminal.typed_is(f"{other}> my secret")
        self.leave(terminal)

    def test_each_room_has_its_own(self):
        other = self.room + "b"
        terminal = self.inside()
        terminal.type(f"/join {other}\n")
        terminal.typed_is(f"{other}> ")
        terminal.type(f"/leave {other}\n")
        terminal.typed_is("> ")
        terminal.type("half")
        terminal.typed_is("> half")
        self.leave(terminal)


    def test_a_conversation_that_never_began_can_be_left(self):
        terminal = self.inside()
        terminal.type(f"/query {self.mario.name}\n")
        terminal.typed_is(f"@{self.mario.name}> ")
        terminal.type("/leave\n")
        terminal.shows(f"You left @{self.mario.name}")
        self.assertNotIn("There is no room", "\n".join(terminal.screen.text()))
        self.leave(terminal)


class Lines(TerminalTest):
    def test_padding_forges_no_line(self):
        terminal = self.inside(columns=80)
        self.mario.say("ok" + " " * (80 - len(f"00:00 {self.mario.name}: ok")) + "15:38 anna: I resign", self.room)
        terminal.shows("15:38 anna: I resign")
        self.assertFalse([row for row in terminal.screen.text() if row.startswith("15:38 anna")])
        self.leave(terminal)

    def test_the_topic_that_was_just_set(self):
        terminal = self.inside()
        terminal.type("/topic all about it\n/topic\n")
        terminal.wait(lambda: terminal.count("all about it") >= 2, "the topic once more")
        self.assertEqual(terminal.count("has no topic"), 0)
        self.leave(terminal)

    def test_a_number_without_its_sign_is_text(self):
        first = self.mario.say("one", self.room)["seq"]
        second = self.mario.say("two", self.room)["seq"]
        terminal = self.inside()
        terminal.type(f"/reply {first} is good\n")
        entry = self.mario.entry(self.room)
        self.assertEqual((entry["reply_to"], entry["message"]), (second, f"{first} is good"))
        terminal.type(f"/reply #{first} is better\n")
        self.assertEqual(self.mario.entry(self.room)["reply_to"], first)
        self.leave(terminal)

    def test_what_is_nearly_a_command(self):
        terminal = self.inside()
        terminal.type("/jion x\n")
        terminal.shows("is it /join?")
        terminal.type("/un x\n")
        terminal.shows("/un could be /unreact, /unignore, /unban")
        terminal.type("/hist 1 2\n")
        terminal.shows("Usage: /history [N [#BEFORE]]")
        terminal.type("/token revoke\n")
        terminal.shows("Usage: /token")
        self.leave(terminal)

    def test_what_is_typed(self):
        terminal = self.inside()
        terminal.type("x👨‍👩‍👧" + BACKSPACE)
        terminal.typed_is(f"{self.room}> x")
        terminal.type("\x1b\ry\n")
        self.assertEqual(self.heard(), ["x\ny"])
        terminal.type("half" + CTRL_C)
        terminal.typed_is(f"{self.room}> ")
        self.leave(terminal)

    def test_no_key_wipes_to_the_end_of_the_screen(self):
        """Some terminals keep what is wiped so: a copy of the row in the scrollback for each key."""
        terminal = self.inside()
        drawn = []
        feed = terminal.screen.feed
        terminal.screen.feed = lambda data: (drawn.append(data), feed(data))
        terminal.type("abc")
        terminal.typed_is(f"{self.room}> abc")
        self.assertNotIn(b"\x1b[J", b"".join(drawn))
        self.leave(terminal)

    def test_stopping_where_no_shell_waits(self):
        terminal = self.inside()
        terminal.type("\x1ax")
        terminal.typed_is(f"{self.room}> x")
        self.leave(terminal)


class Passwords(TerminalTest):
    def test_the_third_try_is_not_published(self):
        terminal = self.inside()
        terminal.type("/register\n")
        terminal.typed_is("new password> ")
        terminal.type("one password\nother password\nthird password\n")
        terminal.shows("The passwords differ")
        terminal.typed_is("repeat the password> ")
        terminal.type(CTRL_C)
        terminal.typed_is(f"{self.room}> ")
        terminal.type("done\n")
        self.assertEqual(self.heard(), ["done"])
        self.leave(terminal)

    def test_what_follows_a_refusal_is_not_published(self):
        terminal = self.inside()
        terminal.type("/register\nshort\nshort\nlong enough now\n")
        terminal.shows("needs at least 8 characters")
        terminal.typed_is("repeat the password> ")
        terminal.type("long enough now\n")
        terminal.shows("is now your account")
        terminal.type("done\n")
        self.assertEqual(self.heard(), ["done"])
        self.leave(terminal)


class Missed(TerminalTest):
    def test_what_is_not_shown_is_said(self):
        terminal = self.inside()
        terminal.type("/register\nlong enough\nlong enough\n")
        terminal.shows("is now your account")
        terminal.shows("You are logged in as")
        self.leave(terminal)
        env = terminal.environment
        for number in range(450):
            self.mario.post("send", room=self.room, message=f"line {number}.")
        self.mario.ok("ping")
        terminal = self.open(env=env)
        terminal.shows("line 449.", "earlier new messages are not shown", "/history 200 #")
        self.assertEqual(terminal.count("line 100."), 0)
        terminal.type("/rooms\n")
        terminal.shows(f"{self.room} (2)")
        terminal.type("/read\n")
        terminal.shows(f"All of {self.room} counts as read.")
        self.leave(terminal)


class Filter(TerminalTest):
    def test_a_refused_line_is_named(self):
        done = run("--room", self.room, address_of(self.server, self.me), given="one\n/kick nobody_here\ntwo\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 2:", done.stderr)
        self.assertEqual(self.heard(2), ["one", "two"])

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            process = subprocess.Popen([brusio(), "--room", self.room, address_of(self.server, self.me)],
                                       stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE,
                                       env=client_environment())
            _, errors = process.communicate(b"/rooms\n", timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"the output cannot be written: No space left on device", errors)

    def test_following(self):
        process = subprocess.Popen([brusio(), "--follow", "--room", self.room, address_of(self.server, self.me)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=client_environment())
        self.mario.push(op="enter", name=self.me)
        self.mario.say("still there", self.room)
        line = b""
        while b"still there" not in line:
            line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        process.stdout.close()

    def test_since(self):
        numbers = [self.mario.say(f"line {number}", self.room)["seq"] for number in range(5)]
        done = run("--room", self.room, "--since", f"#{numbers[3]}", address_of(self.server, self.me))
        self.assertEqual([line for line in done.stdout.splitlines() if "line" in line],
                         [f"{self.mario.name}: line 3", f"{self.mario.name}: line 4"])
        done = run("--room", self.room, "--since", "1h", address_of(self.server, self.me))
        self.assertEqual(done.stdout.count("line"), 5)
        done = run("--room", self.room, "--since", "2999-01-01", address_of(self.server, self.me))
        self.assertNotIn("line", done.stdout)
        self.assertEqual(run("--since", "then", address_of(self.server)).returncode, 1)


if __name__ == "__main__":
    unittest.main()
