"""Accounts in the terminal client: passwords that nobody sees, and a token by which one stays logged in."""
import os
import pathlib
import re
import stat
import tempfile
import unittest

from brusio_test import ServerTest
from brusio_test.authenticator import App
from client_tools import Terminal, address_of, run

CTRL_C, CTRL_D, CTRL_U, UP = "\x03", "\x04", "\x15", "\x1b[A"
PASSWORD = "correct horse"


class AccountTest(ServerTest):
    """People whose state lasts from one run of the client to the next."""

    def setUp(self):
        super().setUp()
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="brusio-test-"))
        self.addCleanup(os.system, f"rm -rf {self.state}")
        self.me = self.named("anna")

    def home(self, name="laptop"):
        return {"XDG_STATE_HOME": str(self.state / name), "XDG_CONFIG_HOME": str(self.state / name)}

    def tokens(self, name="laptop"):
        return self.state / name / "brusio" / "tokens"

    def open(self, name=None, home="laptop", room=None, **env):
        terminal = Terminal("--room", room or self.room, address_of(self.server, name or self.me),
                            env={**self.home(home), **env})
        self.addCleanup(terminal.close)
        return terminal

    def leave(self, terminal):
        terminal.type(CTRL_U + CTRL_D)
        self.assertEqual(terminal.ended(), 0)

    def register(self, **options):
        """A terminal with an account, logged in."""
        terminal = self.open(**options)
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/register\n")
        terminal.typed_is("new password> ")
        terminal.type(PASSWORD + "\n")
        terminal.typed_is("repeat the password> ")
        terminal.type(PASSWORD + "\n")
        terminal.shows("is now your account.", "stay logged in")
        terminal.typed_is(f"{self.room}> ")
        return terminal

    def other_device(self):
        """The same account, as a full client of another device."""
        person = self.unnamed()
        person.ok("hello", name=self.me, password=PASSWORD, device="phone")
        return person


class Registering(AccountTest):
    def test_one_stays_logged_in(self):
        terminal = self.register()
        self.assertEqual(terminal.count(PASSWORD), 0)
        self.leave(terminal)
        self.assertEqual(stat.S_IMODE(self.tokens().stat().st_mode), 0o600)
        self.assertNotIn(PASSWORD, self.tokens().read_text())
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        self.assertTrue(self.other_device())
        terminal.type("/token\n")
        terminal.shows("Logins of your account: 1", "brusio on ")
        self.leave(terminal)

    def test_passwords_that_differ(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/register\n")
        terminal.typed_is("new password> ")
        terminal.type("correct horse\nbattery staple\n")
        terminal.shows("The passwords differ")
        terminal.typed_is("new password> ")
        terminal.type(CTRL_C)
        terminal.typed_is(f"{self.room}> ")
        self.assertEqual(self.unnamed().request("hello", name=self.me, password=PASSWORD)["code"], "auth_failed")
        self.leave(terminal)

    def test_a_short_password_is_refused_by_the_server(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/register\nshort\nshort\n")
        terminal.shows("A password needs at least 8 characters")
        terminal.typed_is("new password> ")
        terminal.type(CTRL_C)
        self.leave(terminal)

    def test_a_password_typed_ahead_is_not_said(self):
        """Command and answers in one write: what stands behind the command must not become a message."""
        mario = self.full("mario", self.room)
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type(f"/register\n{PASSWORD}\n{PASSWORD}\nhello\n")
        terminal.shows("is now your account.")
        self.assertEqual(mario.entry(self.room)["message"], "hello")
        self.assertEqual(terminal.count(PASSWORD), 0)
        terminal.type(UP + UP)
        terminal.typed_is(f"{self.room}> /register")
        self.leave(terminal)

    def test_cancelling(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        for key in (CTRL_C, CTRL_D, "half" + CTRL_C):
            terminal.type("/register\n")
            terminal.typed_is("new password> ")
            terminal.type(key)
            terminal.typed_is(f"{self.room}> ")
        terminal.shows("Nothing was changed.")
        self.leave(terminal)

    def test_a_filter_asks_for_no_password(self):
        done = run(address_of(self.server, self.me), given="/register\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("in a terminal", done.stderr)


class LoggingIn(AccountTest):
    def setUp(self):
        super().setUp()
        self.leave(self.register())

    def test_the_password_is_asked_for_where_no_token_is(self):
        terminal = self.open(home="desk")
        terminal.typed_is(f"password of {self.me}> ")
        terminal.type("wrong horse\n")
        terminal.shows("Wrong name or password.")
        terminal.typed_is(f"password of {self.me}> ")
        terminal.type("x" + CTRL_U + "correct" + "\x1b[D" + " horsf\x7fe\n")
        terminal.shows("stay logged in")
        terminal.typed_is(f"{self.room}> ")
        self.leave(terminal)
        terminal = self.open(home="desk")
        terminal.typed_is(f"{self.room}> ")
        self.leave(terminal)

    def test_the_second_factor_is_turned_on_and_off(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/totp\n")
        terminal.typed_is("current password> ")
        terminal.type("wrong horse\n")
        terminal.shows("Wrong name or password")
        terminal.typed_is("current password> ")
        # The secret comes in the middle of what is typed ahead: a code that cannot fit is asked for again.
        terminal.type(f"{PASSWORD}\n000000\n")
        terminal.shows("The code is wrong")
        terminal.typed_is(f"code of {self.me}> ")
        app = App(re.search(r"\b([A-Z2-7]{32})$", "\n".join(terminal.screen.text()), re.M).group(1))
        terminal.type(f"{app.code()}\n")
        terminal.shows("The second factor is on", "again:")
        terminal.typed_is(f"{self.room}> ")
        code = re.search(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", "\n".join(terminal.screen.text())).group(0)
        hello = {"name": self.me, "password": PASSWORD, "device": "phone"}
        self.assertEqual(self.unnamed().refused("auth_required", "hello", **hello)["field"], "code")
        terminal.type("/totp\n")
        terminal.typed_is("current password> ")
        terminal.type(f"{PASSWORD}\n")
        terminal.shows("has a second factor already")
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/totp off\n")
        terminal.typed_is(f"code of {self.me}> ")
        terminal.type(f"{code}\n")
        terminal.shows("The second factor is off.")
        self.unnamed().ok("hello", **hello)
        self.leave(terminal)

    def test_a_second_factor_is_asked_for(self):
        phone = self.other_device()
        app = App(phone.ok("totp", on=True, password=PASSWORD)["secret"])
        phone.ok("totp", on=True, password=PASSWORD, secret=app.secret, code=app.code())
        terminal = self.open(home="desk")
        terminal.typed_is(f"password of {self.me}> ")
        terminal.type(PASSWORD + "\n")
        terminal.shows("has a second factor")
        terminal.typed_is(f"code of {self.me}> ")
        terminal.type("abcd-efgh-ijkl-mnop\n")
        terminal.shows("The code is wrong")
        terminal.typed_is(f"code of {self.me}> ")
        terminal.type(app.code() + "\n")
        terminal.typed_is(f"{self.room}> ")
        self.leave(terminal)

    def test_another_name_instead_of_the_password(self):
        terminal = self.open(home="desk")
        terminal.typed_is(f"password of {self.me}> ")
        terminal.type(CTRL_C)
        terminal.typed_is("another name> ")
        terminal.type(f"{self.me}_guest\n")
        terminal.typed_is(f"{self.room}> ")
        self.leave(terminal)

    def test_a_guest_logs_in(self):
        mario = self.full("mario", self.room)
        terminal = self.open(name=self.named("guest"), home="desk")
        terminal.typed_is(f"{self.room}> ")
        terminal.type(f"/login {self.me}\n")
        terminal.typed_is(f"password of {self.me}> ")
        terminal.type(PASSWORD + "\n")
        terminal.shows(f"You are logged in as {self.me}")
        terminal.typed_is(f"{self.room}> ")
        terminal.type("hello\n")
        entry = mario.entry(self.room)
        self.assertEqual((entry["from"]["name"], entry["message"]), (self.me, "hello"))
        terminal.type("/login\n")
        terminal.shows(f"You are logged in as {self.me}.")
        self.leave(terminal)

    def test_a_token_that_was_taken_back(self):
        phone = self.other_device()
        label = phone.request("token", label="")["labels"][0]
        phone.request("token", label=label, revoke=True)
        terminal = self.open()
        terminal.shows("You are no longer logged in")
        terminal.typed_is(f"password of {self.me}> ")
        self.assertNotIn(self.me, self.tokens().read_text())
        terminal.type(PASSWORD + "\n")
        terminal.typed_is(f"{self.room}> ")
        self.leave(terminal)

    def test_logging_out(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/logout\n")
        terminal.shows("You are logged out")
        self.assertEqual(terminal.ended(), 0)
        self.assertEqual(self.tokens().read_text(), "")
        self.assertEqual(self.other_device().request("token", label="")["labels"], [])
        terminal = self.open()
        terminal.typed_is(f"password of {self.me}> ")

    def test_changing_the_password(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/passwd\n")
        terminal.typed_is("current password> ")
        terminal.type(f"{PASSWORD}\nbattery staple\nbattery staple\n")
        terminal.shows("Your password was changed.")
        self.unnamed().ok("hello", name=self.me, password="battery staple", device="phone")
        self.leave(terminal)

    def test_another_name_keeps_the_login(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type(f"/nick {self.me}x\n")
        terminal.shows(f"You are now {self.me}x.")
        self.leave(terminal)
        terminal = self.open(name=f"{self.me}x")
        terminal.typed_is(f"{self.room}> ")
        self.leave(terminal)

    def test_two_at_once_are_two_devices(self):
        one, other = self.open(), self.open()
        for terminal in (one, other):
            terminal.typed_is(f"{self.room}> ")
        one.type("from one\n")
        other.shows(f"{self.me}: from one")
        self.leave(one)
        self.leave(other)

    def test_a_script_has_a_token(self):
        terminal = self.open()
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/token cron\n")
        terminal.shows("The token for cron")
        row = next(row for row in terminal.screen.text() if "The token for cron" in row)
        shown = "".join(terminal.screen.text()[terminal.screen.text().index(row):][:3])
        token = shown.split(": ", 1)[1].split("#")[0].strip()
        self.leave(terminal)
        file = self.state / "token"
        file.write_text(token + "\n")
        mario = self.full("mario", self.room)
        args = ("--room", self.room, address_of(self.server, self.me))
        self.assertEqual(run("--token-file", file, *args, given="by file\n").stderr, "")
        self.assertEqual(run(*args, given="by environment\n", env={"BRUSIO_TOKEN": token}).stderr, "")
        self.assertEqual(run(*args, given="as the terminal\n", env=self.home()).stderr, "")
        said = [(entry["from"]["name"], entry["message"]) for entry in mario.entries(3, self.room)]
        self.assertEqual(said, [(self.me, "by file"), (self.me, "by environment"), (self.me, "as the terminal")])

    def test_a_script_without_one(self):
        done = run(address_of(self.server, self.me), given="hello\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("belongs to an account", done.stderr)
        done = run(address_of(self.server, self.me), given="hello\n", env={"BRUSIO_TOKEN": "0123"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("no longer logged in", done.stderr)
        done = run("--token-file", self.state / "none", address_of(self.server, self.me))
        self.assertEqual(done.returncode, 1)
        self.assertIn("the token cannot be read", done.stderr)


class ComingBack(AccountTest):
    def test_rooms_and_what_is_unread(self):
        other = self.room + "b"
        mario = self.full("mario", other)
        terminal = self.register()
        terminal.type(f"/join {other}\n")
        terminal.typed_is(f"{other}> ")
        self.leave(terminal)
        mario.say("while away", other)
        terminal = self.open()
        terminal.shows(f"{other} {mario.name}: while away")
        terminal.type("/rooms\n")
        terminal.shows(f"{other} (2), unread: 1")
        terminal.type(f"/join {other}\n")
        terminal.typed_is(f"{other}> ")
        phone = self.other_device()
        def read():
            welcome = phone.ok("join", room=other)
            again = self.other_device_rooms()
            return again[other]["read"] >= welcome["seq"]
        terminal.wait(read, "the room counts as read")
        terminal.type("/rooms\n")
        terminal.wait(lambda: terminal.count(f"{other} (2)") >= 2, "the rooms once more")
        self.assertEqual(terminal.count("unread"), 1)
        self.leave(terminal)

    def other_device_rooms(self):
        person = self.unnamed()
        rooms = person.ok("hello", name=self.me, password=PASSWORD, device="watch")["rooms"]
        person.close()
        return {room["room"]: room for room in rooms}

    def test_a_flood_is_counted_and_not_poured_out(self):
        other = self.room + "b"
        mario = self.full("mario", other)
        terminal = self.register()
        terminal.type(f"/join {other}\n")
        terminal.typed_is(f"{other}> ")
        self.leave(terminal)
        for number in range(150):
            mario.say(f"line {number}.", other)
        terminal = self.open()
        terminal.shows(f"While you were away: {other} 15")
        self.assertEqual(terminal.count("line 149."), 0)
        terminal.type(f"/join {other}\n")
        terminal.shows("line 149.", "line 110.")
        self.leave(terminal)

    def test_what_another_device_reads_is_read(self):
        other = self.room + "b"
        mario = self.full("mario", other)
        terminal = self.register()
        terminal.type(f"/join {other}\n")
        terminal.shows(f"You are in {other}.")
        terminal.type(f"/join {self.room}\n")
        terminal.typed_is(f"{self.room}> ")
        mario.say("news", other)
        terminal.shows("news")
        terminal.type("/rooms\n")
        terminal.shows("unread: 1")
        phone = self.other_device()
        joined = phone.join(other)
        phone.ok("read", room=other, seq=joined["seq"])
        terminal.type("/rooms\n")
        terminal.wait(lambda: terminal.count(f"{other} (2)") >= 2, "the rooms once more")
        self.assertEqual(terminal.count("unread"), 1)
        self.leave(terminal)


if __name__ == "__main__":
    unittest.main()
