"""METADATA of IRC: what people and rooms say of themselves, and who hears of it."""
import socket
import unittest

from brusio_test import PrivateServerTest, ServerTest, deadline
from brusio_test.irc import Irc

CAPS = "batch draft/metadata-3"


def values(lines):
    """{(target, key): value} of all that is said of somebody; None where a key is not set."""
    found = {}
    for line in lines:
        words = line.split(" ", 1)[1].split(" ") if line.startswith("@") else line.split(" ")
        if words[1] in ("761", "760"):
            found[words[3], words[4]] = " ".join(words[6:])[1:]
        elif words[1] == "766":
            found[words[3], words[4]] = None
    return found


class Metadata(ServerTest):
    def setUp(self):
        super().setUp()
        self.anna, self.bob = self.irc("anna", caps=CAPS), self.irc("bob", caps=CAPS)

    def together(self):
        for client in (self.anna, self.bob):
            client.ask(f"JOIN {self.room}")
        self.anna.all()

    def test_one_says_it_and_others_read_it(self):
        name = self.anna.name
        self.assertEqual(values(self.anna.ask("METADATA * SET pronouns :she/her")), {(name, "pronouns"): "she/her"})
        self.assertEqual(values(self.bob.ask(f"METADATA {name} GET pronouns avatar")),
                         {(name, "pronouns"): "she/her", (name, "avatar"): None})
        self.assertEqual(values(self.bob.ask(f"WHOIS {name}")), {(name, "pronouns"): "she/her"})
        self.assertEqual(values(self.anna.ask("METADATA * CLEAR")), {(name, "pronouns"): None})
        self.assertEqual(values(self.bob.ask(f"METADATA {name} LIST")), {})

    def test_who_asked_for_a_key_hears_of_it_and_nobody_else(self):
        other = self.irc("other", caps=CAPS)
        other.ask(f"JOIN {self.room}")
        self.bob.ask("METADATA * SUB color")
        self.together()
        other.all()
        self.anna.ask("METADATA * SET color :red", "METADATA * SET avatar :https://a.example/a.png")
        self.assertEqual(values(self.bob.all()), {(self.anna.name, "color"): "red"})
        self.assertEqual(values(other.all()), {})
        self.bob.ask("METADATA * UNSUB color")
        self.anna.ask("METADATA * SET color :blue")
        self.assertEqual(values(self.bob.all()), {})

    def test_who_comes_in_learns_what_was_said_and_those_there_what_they_say(self):
        self.bob.ask("METADATA * SUB color")
        self.anna.ask("METADATA * SUB color", "METADATA * SET color :red", f"JOIN {self.room}")
        self.bob.ask("METADATA * SET color :blue")
        self.assertEqual(values(self.bob.ask(f"JOIN {self.room}")),
                         {(self.anna.name, "color"): "red", (self.bob.name, "color"): "blue"})
        self.assertEqual(values(self.anna.all()), {(self.bob.name, "color"): "blue"})

    def test_rooms_are_described_by_those_who_keep_order_there(self):
        self.together()
        self.assertEqual(values(self.anna.ask(f"METADATA {self.room} SET color :red")), {(self.room, "color"): "red"})
        self.assertIn(f" FAIL METADATA KEY_NO_PERMISSION {self.room} color ",
                      self.bob.ask(f"METADATA {self.room} SET color :blue")[0])
        self.assertIn(f" FAIL METADATA KEY_NO_PERMISSION {self.anna.name} * ",
                      self.bob.ask(f"METADATA {self.anna.name} CLEAR")[0])
        self.assertEqual(values(self.bob.ask(f"METADATA {self.room} LIST")), {(self.room, "color"): "red"})

    def test_a_private_room_says_nothing_to_those_outside(self):
        self.anna.ask(f"JOIN {self.room}", f"METADATA {self.room} SET color :red", f"MODE {self.room} +i")
        for what in ("GET color", "LIST", "SYNC"):
            self.assertIn(f" FAIL METADATA INVALID_TARGET {self.room} ", self.bob.ask(f"METADATA {self.room} {what}")[0])

    def test_what_cannot_be_is_refused(self):
        for words, code in (("* SET Color :x", "KEY_INVALID Color"), ("* SET color :" + "x" * 301, "INVALID_VALUE color"),
                            ("nobody GET color", "INVALID_TARGET nobody"), ("* WHAT", "SUBCOMMAND_INVALID WHAT")):
            self.assertIn(f" FAIL METADATA {code} ", self.anna.ask(f"METADATA {words}")[0])
        self.assertEqual(len(values(self.anna.ask(*[f"METADATA * SET k{n} :v" for n in range(30)]))), 30)
        self.assertIn(" FAIL METADATA LIMIT_REACHED * ", self.anna.ask("METADATA * SET k30 :v")[0])
        keys = [f"k{n}" for n in range(51)]
        lines = self.anna.ask(*[f"METADATA * SUB {key}" for key in keys])
        self.assertIn(" FAIL METADATA TOO_MANY_SUBS k50 ", lines[-1])
        self.assertIn(" 421 ", self.irc("plain").ask("METADATA * LIST")[0])

    def test_what_is_said_before_the_greeting_is_said_after_it(self):
        name = self.named("early")
        early = self.keep(Irc(self.server))
        early.line(f"CAP REQ :{CAPS}", "METADATA * SET color :red", "METADATA * SET color :green",
                   "METADATA * GET color", "METADATA x SET color :no", f"NICK {name}", "USER u 0 * :u", "CAP END")
        lines = early.until(" 422 ")
        self.assertEqual(values(lines)[name, "color"], "green")
        self.assertEqual(values(lines)["*", "color"], "green")
        self.assertTrue([line for line in lines if " FAIL METADATA INVALID_TARGET x " in line])
        self.assertEqual(values(self.bob.ask(f"METADATA {name} LIST")), {(name, "color"): "green"})


class Crowds(PrivateServerTest):
    def test_a_crowd_that_comes_at_once_is_greeted(self):
        self.start()
        crowd = []
        for number in range(30):
            client = socket.create_connection(("127.0.0.1", self.server.port), timeout=deadline())
            self.addCleanup(client.close)
            client.sendall(f"CAP REQ :draft/metadata-3 batch\r\nNICK ir{number}\r\nUSER a 0 * :a\r\nCAP END\r\n".encode()
                           + b"METADATA * SUB key\r\nWHO *\r\n" * 40 + b"PING :end\r\n")
            crowd.append(client)
        for client in crowd:
            lines = client.makefile("rb")
            while b" PONG brusio :end" not in (line := lines.readline()):
                self.assertTrue(line, "the server is gone")


if __name__ == "__main__":
    unittest.main()
