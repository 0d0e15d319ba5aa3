"""brusio in a terminal: one types, others write, nothing is torn, nothing is lost, and the terminal is given back."""
import pathlib
import re
import signal
import tempfile
import unittest

from brusio_test import PrivateServerTest, ServerTest
from client_tools import Terminal, address_of

CTRL_A, CTRL_C, CTRL_D, CTRL_E, CTRL_L, CTRL_R, CTRL_U = "\x01", "\x03", "\x04", "\x05", "\x0c", "\x12", "\x15"
LEFT, UP = "\x1b[D", "\x1b[A"


class TerminalTest(ServerTest):
    """A terminal in a room of its own, and a full client there who sees what it says."""

    def setUp(self):
        super().setUp()
        self.mario = self.full("mario", self.room)
        self.me = self.named("anna")

    def open(self, *more, name=None, room=None, **options):
        args = (*more, "--room", room or self.room, address_of(self.server, name or self.me))
        terminal = Terminal(*args, **options)
        self.addCleanup(terminal.close)
        return terminal

    def inside(self, *more, **options):
        """A terminal whose user is in the room and may type."""
        terminal = self.open(*more, **options)
        terminal.shows(f"in {self.room}.")
        terminal.typed_is(f"{self.room}> ")
        return terminal

    def heard(self, count=1):
        """The next COUNT messages that Mario gets."""
        return [entry["message"] for entry in self.mario.entries(count, self.room)]

    def leave(self, terminal):
        terminal.type(CTRL_U + CTRL_D)
        self.assertEqual(terminal.ended(), 0)


class Ignoring(TerminalTest):
    def test_history_and_searches_pass_over_who_is_ignored(self):
        troll = self.full("troll", self.room)
        troll.say("a word of the troll", self.room)
        self.mario.say("a word of mario", self.room)
        terminal = self.inside("--no-history", "--line")
        terminal.type(f"/ignore {troll.name}\n")
        terminal.shows(f"Hidden: {troll.name}")
        for command in ("/history", "/search word"):
            terminal.type(command + "\n")
            terminal.shows("a word of mario")
            self.assertEqual(terminal.count("a word of the troll"), 0)
            terminal.type(CTRL_L)
        self.leave(terminal)

    def test_names_of_the_configuration_stay_there(self):
        with tempfile.TemporaryDirectory() as home:
            folder = pathlib.Path(home) / "brusio"
            folder.mkdir()
            (folder / "brusio.conf").write_text("ignore = Configured\n")
            terminal = self.inside("--line", env={"XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home})
            terminal.type("/ignore Typed\n")
            terminal.shows("Hidden: Configured, Typed")
            self.leave(terminal)
            choices = (folder / "choices").read_text()
        self.assertIn("Typed", choices)
        self.assertNotIn("Configured", choices)


class Entering(TerminalTest):
    def test_without_arguments_it_asks(self):
        terminal = Terminal()
        self.addCleanup(terminal.close)
        terminal.typed_is("Username: ")
        terminal.type(self.me + "\n")
        terminal.typed_is("Server address (ENTER = localhost): ")
        terminal.type(address_of(self.server) + "\n")
        terminal.shows("You are in #lobby.")
        self.leave(terminal)

    def test_it_asks_in_italian(self):
        terminal = Terminal(env={"LC_ALL": "it_IT.UTF-8"})
        self.addCleanup(terminal.close)
        terminal.typed_is("Nome utente: ")
        terminal.type("1\n")
        terminal.shows("non è un nome")
        terminal.typed_is("Nome utente: ")
        terminal.type(self.me + "\n")
        terminal.typed_is("Indirizzo del server (INVIO = localhost): ")
        terminal.type("http://x\n")
        terminal.shows("non è un indirizzo")
        terminal.typed_is("Indirizzo del server (INVIO = localhost): ")
        terminal.type(address_of(self.server) + "\n")
        terminal.shows("Sei in #lobby.")
        self.leave(terminal)

    def test_leaving_instead_of_answering(self):
        for key in (CTRL_C, CTRL_D):
            terminal = Terminal()
            self.addCleanup(terminal.close)
            terminal.typed_is("Username: ")
            terminal.type(key)
            self.assertEqual(terminal.ended(), 0)

    def test_with_an_address_it_asks_for_the_name_alone(self):
        terminal = Terminal(address_of(self.server))
        self.addCleanup(terminal.close)
        terminal.typed_is("Username: ")
        terminal.type(self.me + "\n")
        terminal.shows("You are in #lobby.")
        self.leave(terminal)

    def test_the_last_messages_are_shown(self):
        for number in range(25):
            self.mario.say(f"message {number}.", self.room)
        terminal = self.inside()
        shown = [row.split(": ")[1] for row in terminal.screen.text() if "message" in row]
        self.assertEqual(shown, [f"message {number}." for number in range(5, 25)])
        self.leave(terminal)

    def test_fewer_messages_or_none(self):
        for number in range(5):
            self.mario.say(f"message {number}.", self.room)
        for options, count in (("--no-history",), 0), (("--history", "2"), 2):
            terminal = self.inside(*options)
            self.assertEqual(terminal.count("message "), count)
            self.leave(terminal)

    def test_a_taken_name_can_be_replaced(self):
        terminal = self.open(name=self.mario.name)
        terminal.typed_is("another name> ")
        terminal.type("1nope\n")
        terminal.shows("not a valid name")
        terminal.typed_is("another name> ")
        terminal.type(self.me + "\n")
        terminal.typed_is(f"{self.room}> ")
        terminal.type("here\n")
        self.assertEqual(self.mario.entry(self.room)["from"]["name"], self.me)
        self.leave(terminal)

    def test_a_terminal_that_cannot_be_drawn_on(self):
        terminal = Terminal(env={"TERM": "dumb"})
        self.addCleanup(terminal.close)
        terminal.typed_is("Username: ")
        terminal.type(self.me + "\n")
        terminal.typed_is("Server address (ENTER = localhost): ")
        terminal.type(address_of(self.server) + "\n/list\n")
        terminal.shows(f"-- In #lobby (1): {self.me} (you)")
        terminal.type(CTRL_D)
        self.assertEqual(terminal.ended(), 0)

    def test_nobody_listens(self):
        terminal = Terminal("anna@127.0.0.1:1")
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.ended(), 1)
        self.assertIn("127.0.0.1", "".join(terminal.screen.text()))


class Typing(TerminalTest):
    def test_what_is_typed_is_said_and_shown_once(self):
        terminal = self.inside()
        terminal.type("ciao a tutti\n")
        self.assertEqual(self.heard(), ["ciao a tutti"])
        terminal.shows(f"{self.me}: ciao a tutti")
        self.mario.say("ciao", self.room)
        terminal.shows(f"{self.mario.name}: ciao")
        terminal.typed_is(f"{self.room}> ")
        self.assertEqual(terminal.count("ciao a tutti"), 1)
        self.leave(terminal)

    def test_what_others_write_does_not_tear_the_line(self):
        terminal = self.inside()
        terminal.type("half a sentence" + LEFT * 8)
        column = len(self.room) + 2 + 7
        terminal.typed_is(f"{self.room}> half a sentence", column)
        for number in range(5):
            self.mario.say(f"interruption {number}", self.room)
            terminal.shows(f"interruption {number}")
            terminal.typed_is(f"{self.room}> half a sentence", column)
        terminal.type("whole " + CTRL_E + ".\n")
        self.assertEqual(self.heard(), ["half a whole sentence."])
        self.assertEqual(terminal.count(">"), 1)
        self.leave(terminal)

    def test_typing_in_a_flood(self):
        terminal = self.inside()
        text = "Nel mezzo del cammin di nostra vita mi ritrovai per una selva oscura"
        for number in range(3000):
            self.mario.post("send", room=self.room, message=f"flood {number}.")
            if number % 40 == 0 and number // 40 < len(text):
                terminal.type(text[number // 40])
            terminal.read(0)
        terminal.shows("flood 2999.")
        terminal.wait(lambda: terminal.screen.text()[-1].endswith(text[-40:]), "the text, whole")
        terminal.type("\n")
        self.assertEqual(self.heard(), [text])
        flood = re.findall(r"flood (\d+)\.", "\n".join(terminal.screen.text()))
        self.assertEqual(flood, [str(number) for number in range(3000)])
        self.leave(terminal)

    def test_wide_and_combining_characters(self):
        terminal = self.inside()
        start = len(self.room) + 2
        terminal.type("你好 e\u0301 👍")
        terminal.typed_is(f"{self.room}> 你好 e\u0301 👍", start + 9)
        terminal.type(LEFT * 3)
        terminal.typed_is(f"{self.room}> 你好 e\u0301 👍", start + 5)
        self.mario.say("大家好", self.room)
        terminal.shows("大家好")
        terminal.typed_is(f"{self.room}> 你好 e\u0301 👍", start + 5)
        terminal.type("\x7f\x7f世\n")
        self.assertEqual(self.heard(), ["你世e\u0301 👍"])
        self.leave(terminal)

    def test_a_line_longer_than_the_row_scrolls_sideways(self):
        terminal = self.inside(columns=30)
        text = " ".join(f"word{number}" for number in range(30))
        terminal.type(text)
        terminal.wait(lambda: terminal.screen.text()[-1].endswith("word29"), "its end")
        self.mario.say("in between", self.room)
        terminal.shows("in between")
        terminal.type(CTRL_A)
        terminal.wait(lambda: terminal.screen.text()[-1].startswith(f"{self.room}> word0 word1"), "its beginning")
        self.assertEqual(terminal.screen.column, len(self.room) + 2)
        terminal.type("\n")
        self.assertEqual(self.heard(), [text])
        self.leave(terminal)

    def test_a_very_narrow_terminal(self):
        terminal = self.open(columns=8, rows=4)
        terminal.wait(lambda: "".join(terminal.screen.text()).count(self.room) >= 1, "the room")
        terminal.type("做一个非常窄的终端")
        self.mario.say("0123456789abcdef", self.room)
        terminal.wait(lambda: "0123456789abcdef" in "".join(map(str.strip, terminal.screen.text())), "the message")
        self.assertNotIn("f", [row[:1] for row in terminal.screen.text()])  # nothing of it begins a row
        terminal.wait(lambda: terminal.screen.text()[-1].endswith("端"), "the end of the line")
        terminal.type("\n")
        self.assertEqual(self.heard(), ["做一个非常窄的终端"])
        self.leave(terminal)

    def test_resizing(self):
        terminal = self.inside(columns=100)
        terminal.type("x" * 70)
        terminal.typed_is(f"{self.room}> " + "x" * 70)
        for columns in (40, 25, 60, 100):
            terminal.resize(columns)
            terminal.wait(lambda: len(terminal.screen.text()[-1]) < columns and
                          terminal.count(f"{self.room}>") <= 1, f"one row of {columns} columns")
            self.mario.say(f"now {columns} wide", self.room)
            terminal.wait(lambda: f"now {columns} wide" in " ".join("".join(terminal.screen.text()).split()), "the message")
        terminal.typed_is(f"{self.room}> " + "x" * 70)
        terminal.type("\n")
        self.assertEqual(self.heard(), ["x" * 70])
        self.leave(terminal)

    def test_history_of_what_was_typed(self):
        terminal = self.inside()
        terminal.type("first one\nsecond one\n" + CTRL_R + "fir")
        terminal.shows("search fir> first one")
        self.mario.say("while searching", self.room)
        terminal.shows("while searching")
        terminal.type("\n")
        self.assertEqual(self.heard(3), ["first one", "second one", "first one"])
        terminal.type(UP)
        terminal.typed_is(f"{self.room}> first one")
        terminal.type(UP)
        terminal.typed_is(f"{self.room}> second one")
        self.leave(terminal)

    def test_keys_that_do_nothing_leave_nothing_behind(self):
        terminal = self.inside()
        terminal.type("quiet")
        terminal.typed_is(f"{self.room}> quiet")
        for key in ("[2~", "[5~", "[6~", "OP", "OS", "[15~", "[24~"):
            terminal.type("\x1b" + key)
        terminal.type(" keys\n")
        self.assertEqual(self.heard(), ["quiet keys"])
        self.leave(terminal)

    def test_pasted_lines_are_one_message(self):
        terminal = self.inside()
        terminal.type("\x1b[200~first line\r\n/quit\tx\r\x1b[201~")
        terminal.typed_is(f"{self.room}> first line⏎/quit⇥x⏎")
        terminal.type("\n")
        self.assertEqual(self.heard(), ["first line\n/quit\tx"])
        self.leave(terminal)

    def test_strangers_cannot_draw_on_the_terminal(self):
        terminal = self.inside()
        terminal.type("typed")
        self.mario.say("\x1b[2J\x1b]0;title\x07\x1b[1;1H\u009b5A\r\u202eowned", self.room)
        terminal.shows("owned")
        terminal.typed_is(f"{self.room}> typed")
        terminal.shows(f"in {self.room}.")
        self.leave(terminal)

    def test_clearing(self):
        terminal = self.inside()
        terminal.type("typed" + CTRL_L)
        terminal.wait(lambda: terminal.screen.text() == [f"{self.room}> typed"], "nothing but the typed line")
        self.leave(terminal)

    def test_colours_only_where_wanted(self):
        plain = self.inside(env={"NO_COLOR": "1"})
        coloured = self.inside(name=self.me + "2")
        for terminal in (plain, coloured):
            terminal.drawn = b""
            feed = terminal.screen.feed
            terminal.screen.feed = lambda data, t=terminal, f=feed: (setattr(t, "drawn", t.drawn + data), f(data))
        self.mario.say("ciao", self.room)
        for terminal in (plain, coloured):
            terminal.shows("ciao")
        self.assertNotRegex(plain.drawn, rb"\x1b\[[\d;]*m")
        self.assertRegex(coloured.drawn, rb"\x1b\[\d+m" + self.mario.name.encode())
        self.leave(plain)
        self.leave(coloured)


class Commands(TerminalTest):
    def test_help_lists_what_completion_completes(self):
        terminal = self.inside(rows=80, columns=600)
        terminal.type("/help\n")
        terminal.shows("/quit  quit")
        listed = set(re.findall(r"^-- +(/\w+)", "\n".join(terminal.screen.text()), re.MULTILINE))
        terminal.type("/\t")
        terminal.shows("/help, ")
        row = next(row for row in terminal.screen.text() if "/help, " in row)
        self.assertEqual(set(row.removeprefix("-- ").split(", ")) & listed, listed & set(re.findall(r"/\w+", row)))
        self.assertGreaterEqual(len(listed), 12)
        self.leave(terminal)

    def test_completion(self):
        terminal = self.inside()
        terminal.type("/he\t")
        terminal.typed_is(f"{self.room}> /help ")
        terminal.type(CTRL_U + "/list\n")
        terminal.shows(f"In {self.room} (2)")  # so it knows who is here
        terminal.type(self.mario.name[:3].upper() + "\t")
        terminal.typed_is(f"{self.room}> {self.mario.name}: ")
        terminal.type(CTRL_U + f"ask {self.mario.name[:3]}\t")
        terminal.typed_is(f"{self.room}> ask {self.mario.name} ")
        terminal.type(CTRL_U + f"/join {self.room[:3]}\t")
        terminal.typed_is(f"{self.room}> /join {self.room} ")
        self.leave(terminal)

    def test_list_me_nick(self):
        terminal = self.inside()
        terminal.type("/list\n")
        terminal.shows(f"{self.me} (you)", self.mario.name)
        terminal.type("/me waves\n")
        terminal.shows(f"* {self.me} waves")
        self.assertTrue(self.mario.entry(self.room)["action"])
        terminal.type(f"/nick {self.me}x\n")
        terminal.shows(f"You are now {self.me}x.")
        terminal.type("//me\n")
        entry = self.mario.entry(self.room)
        self.assertEqual((entry["from"]["name"], entry["message"]), (f"{self.me}x", "/me"))
        self.leave(terminal)

    def test_several_rooms(self):
        terminal = self.inside()
        other = self.room + "b"
        terminal.type(f"/join {other}\n")
        terminal.typed_is(f"{other}> ")
        self.mario.join(other)
        self.mario.say("over here", other)
        self.mario.say("still here", self.room)
        terminal.shows(f"{self.mario.name}: over here", f"{self.room} {self.mario.name}: still here")
        terminal.type("/leave\n")
        terminal.typed_is("> ")
        terminal.type(f"/join {self.room}\n")
        terminal.typed_is(f"{self.room}> ")
        terminal.type("/rooms\n")
        terminal.shows(f"{self.room} (2)", f"{other} (1)")
        self.leave(terminal)

    def test_what_somebody_says_of_themselves(self):
        terminal = self.inside()
        self.mario.ok("register", password="correct horse")
        self.mario.ok("profile", set={"display": "Mario Rossi", "about": "Second floor"})
        terminal.type(f"/whois {self.mario.name}\n")
        terminal.shows(f"name: {self.mario.name}", "display: Mario Rossi", "about: Second floor")
        self.leave(terminal)

    def test_history_and_wrong_usage(self):
        terminal = self.inside()
        self.mario.say("to be read again", self.room)
        terminal.shows("to be read again")
        terminal.type("/history 1\n")
        terminal.wait(lambda: terminal.count("to be read again") == 2, "the message once more")
        terminal.type("/history many\n/nick\n/dance\n")
        terminal.shows("Usage: /history [N [#BEFORE]]", "Usage: /nick NAME", "Unknown command /dance")
        self.leave(terminal)


class Leaving(TerminalTest):
    def test_ways_to_leave(self):
        for way in (CTRL_C, CTRL_D, "/quit\n", "half typed" + CTRL_C + CTRL_C):
            terminal = self.inside()
            terminal.type(way)
            self.assertEqual(terminal.ended(), 0, repr(way))
            self.mario.push(op="exit", name=self.me)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            terminal = self.inside()
            terminal.signal(number)
            self.assertEqual(terminal.ended(), 0, signal.Signals(number).name)
            self.mario.push(op="exit", name=self.me)

    def test_a_terminal_without_a_locale_is_told_of_utf8(self):
        for locale, is_told in (("C", True), ("C.UTF-8", False)):
            with self.subTest(locale):
                terminal = self.open(env={"LC_ALL": locale})
                terminal.shows("You are in")
                self.assertEqual(terminal.screen.speaks_utf8, is_told)
                terminal.type("però\n")
                terminal.shows("però")
                self.leave(terminal)

    def test_alt_is_no_letter(self):
        terminal = self.inside()
        self.assertEqual(terminal.screen.alt, "escape")
        self.leave(terminal)

    def test_a_crash_gives_the_terminal_back(self):
        terminal = self.inside()
        terminal.signal(signal.SIGABRT)
        self.assertNotEqual(terminal.ended(), 0)

    def test_what_was_said_last_arrives(self):
        terminal = self.inside()
        terminal.type("one\ntwo\nthree\n" + CTRL_C)
        self.assertEqual(terminal.ended(), 0)
        self.assertEqual(self.heard(3), ["one", "two", "three"])

    def test_stopping_and_going_on(self):
        terminal = self.inside()
        terminal.type("before")
        terminal.typed_is(f"{self.room}> before")
        terminal.signal(signal.SIGTSTP)
        self.mario.say("meanwhile", self.room)
        terminal.signal(signal.SIGCONT)
        terminal.shows("meanwhile")
        terminal.typed_is(f"{self.room}> before")
        self.leave(terminal)


class Breaking(PrivateServerTest):
    def open(self, server):
        self.server = server
        terminal = Terminal(address_of(server, "anna"))
        self.addCleanup(terminal.close)
        terminal.typed_is("#lobby> ")
        return terminal

    def test_a_killed_server_in_the_middle_of_typing(self):
        server = self.start()
        terminal = self.open(server)
        mario = self.full("mario", "#lobby")
        terminal.type("before\n")
        mario.entry()
        mario.say("seen before")
        terminal.shows("seen before")
        terminal.type("half of")
        server.kill()
        terminal.shows("Disconnected")
        terminal.typed_is("#lobby (offline)> half of")
        terminal.type(" a line\nand another\n")
        terminal.shows("anna: half of a line  (waiting to be sent)")
        server.start()
        mario = self.full("luigi")
        mario.join("#lobby", after=2)
        self.assertEqual([entry["message"] for entry in mario.entries(2)], ["half of a line", "and another"])
        terminal.shows("Connected again. Messages being sent: 2.")
        mario.say("seen after", id="after")
        terminal.shows("seen after")
        terminal.typed_is("#lobby> ")
        for text in ("seen before", "half of a line", "and another", "seen after"):
            self.assertEqual(terminal.count(text), 1, text)
        terminal.type(CTRL_D)
        self.assertEqual(terminal.ended(), 0)

    def test_what_was_said_meanwhile_is_caught_up(self):
        server = self.start()
        terminal = self.open(server)
        said = []
        for round_ in range(3):
            server.kill()
            terminal.typed_is("#lobby (offline)> ")
            server.start()
            mario = self.full(f"mario{round_}", "#lobby")
            for number in range(10):
                said.append(f"({round_}.{number})")
                mario.say(said[-1], id=said[-1])
            terminal.shows(said[-1])
        self.assertEqual(re.findall(r"\(\d\.\d\)", "\n".join(terminal.screen.text())), said)
        terminal.type(CTRL_C)
        self.assertEqual(terminal.ended(), 0)

    def test_leaving_while_offline(self):
        server = self.start()
        terminal = self.open(server)
        server.kill()
        terminal.typed_is("#lobby (offline)> ")
        terminal.type(CTRL_C)
        self.assertEqual(terminal.ended(), 0)

    def test_leaving_with_something_unsent_says_so(self):
        server = self.start()
        terminal = self.open(server)
        server.kill()
        terminal.typed_is("#lobby (offline)> ")
        terminal.type("lost\n" + CTRL_C)
        self.assertEqual(terminal.ended(), 2)
        terminal.shows("Not acknowledged by the server: 1.")


if __name__ == "__main__":
    unittest.main()
