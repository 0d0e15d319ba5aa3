"""Presence over IRC: MONITOR, extended-monitor, account-notify, WHOWAS."""
import unittest

from brusio_test import CAPS, ServerTest


class Monitor(ServerTest):
    def setUp(self):
        super().setUp()
        self.anna = self.irc("anna", caps=f"{CAPS} extended-monitor away-notify setname")

    def test_who_comes_goes_and_is_renamed(self):
        name = self.named("bob")
        self.assertIn(f" 731 {self.anna.name} :{name}", self.anna.ask(f"MONITOR + {name}")[0])
        full = self.keep(self.full("bob"))
        name = full.name
        self.anna.ask(f"MONITOR + {name}")
        full.request("nick", name=f"{name}x")
        self.assertIn(f"{name}", self.anna.until(" 731 ")[-1])
        full.request("nick", name=name)
        self.assertIn(f":{name}!~u", self.anna.until(" 730 ")[-1])
        full.close()
        self.assertIn(f":{name}", self.anna.until(" 731 ")[-1])

    def test_the_list_its_end_and_its_bound(self):
        names = [f"w{number}" for number in range(101)]
        lines = self.anna.ask("MONITOR + " + ",".join(names[:60]), "MONITOR + " + ",".join(names[60:]))
        self.assertEqual([line.split()[1] for line in lines], ["731"] * 100 + ["734"])
        listed = self.anna.ask("MONITOR L")
        seen = ",".join(line.split(" :")[1] for line in listed if " 732 " in line).split(",")
        self.assertEqual(seen, names[:100])
        self.assertEqual([line.split()[1] for line in self.anna.ask("MONITOR C", "MONITOR L")], ["733"])

    def test_a_name_is_watched_once_however_it_is_written(self):
        """The chat counts one watch for all spellings, so the list has one, too."""
        lines = self.anna.ask("MONITOR + жук", "MONITOR + Жук", "MONITOR + ЖУК", "MONITOR L")
        self.assertEqual([line.split(" :")[1] for line in lines if " 732 " in line], ["жук"])
        self.assertEqual([line.split()[1] for line in self.anna.ask("MONITOR - Жук", "MONITOR L")], ["733"])

    def test_away_and_real_names_of_those_who_share_no_room(self):
        bob = self.irc("bob", caps=f"{CAPS} setname")
        self.anna.ask(f"MONITOR + {bob.name}")
        bob.line("AWAY :out", "SETNAME :Robert")
        self.anna.until(" AWAY :out")
        self.anna.until(" SETNAME :Robert")
        self.anna.ask(f"JOIN {self.room}")
        bob.ask(f"JOIN {self.room}", "AWAY")
        self.anna.until(" JOIN ")
        while not self.anna.until(" AWAY")[-1].endswith(" AWAY"):
            pass  # that bob is away is told with the join
        self.assertEqual([line for line in self.anna.all() if line.endswith(" AWAY")], [])

    def test_an_account_that_is_made_is_told_to_those_who_ask(self):
        room, told = self.room, self.irc("told", caps="account-notify")
        told.ask(f"JOIN {room}")
        bob = self.irc("bob", caps="draft/account-registration")
        bob.ask(f"JOIN {room}", "REGISTER * * :correct horse battery")
        told.until(f"ACCOUNT {bob.name}")

    def test_names_of_those_who_are_gone(self):
        bob = self.irc("bob")
        bob.line("QUIT")
        self.anna.ask(f"MONITOR + {bob.name}")
        while True:
            lines = self.anna.ask(f"WHOWAS {bob.name}")
            if " 314 " in lines[0]:
                break
        self.assertIn(f" 314 {self.anna.name} {bob.name} ~tester 127.0.0.1 * :Real {bob.name}", lines[0])
        self.assertIn(" 406 ", self.anna.ask("WHOWAS nobody_at_all")[0])


if __name__ == "__main__":
    unittest.main()
