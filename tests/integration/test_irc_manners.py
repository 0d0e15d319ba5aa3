"""Manners of IRC that clients and their test suites look at: what a PONG promises, masks of people who are not here,
who hears of an invitation, what administrators do, what is said before the greeting."""
import re
import time
import unittest

from brusio_test import CAPS, Closed, PrivateServerTest, ServerTest, deadline
from brusio_test.irc import Irc

PASSWORD = "correct horse battery"


class Order(ServerTest):
    def test_a_pong_comes_behind_what_others_had_said(self):
        anna, bob = self.irc("anna"), self.irc("bob")
        for client in (anna, bob):
            client.ask(f"JOIN {self.room}")
        for number in range(50):
            anna.line(f"PRIVMSG {self.room} :number {number}", "PING sent")
            anna.until(":sent")
            self.assertTrue([line for line in bob.all() if line.endswith(f":number {number}")])

    def test_another_real_name_is_told_once(self):
        anna, bob = self.irc("anna", caps="setname"), self.irc("bob", caps="setname")
        for client in (anna, bob):
            client.ask(f"JOIN {self.room}")
        own = [line for line in anna.ask("SETNAME :Anna the second") if " SETNAME " in line]
        self.assertEqual([line.split(" ", 1)[1] for line in own], ["SETNAME :Anna the second"])
        self.assertEqual(len([line for line in bob.all() if " SETNAME " in line]), 1)


class Tags(ServerTest):
    def test_a_client_that_reads_accounts_alone_gets_them(self):
        anna = self.keep(self.full("anna"))
        anna.ok("register", password=PASSWORD)
        anna.ok("join", room=self.room)
        lines = {caps: self.irc(f"bob{number}", caps=caps) for number, caps in
                 enumerate(("account-tag", "account-tag server-time", "server-time"))}
        for client in lines.values():
            client.ask(f"JOIN {self.room}")
        anna.say("hello", self.room)
        tags = {caps: client.until(":hello")[-1].split(" ", 1)[0] for caps, client in lines.items()}
        self.assertEqual(tags["account-tag"], f"@account={anna.name}")
        self.assertRegex(tags["account-tag server-time"], f"^@time=.*;account={anna.name}")
        self.assertRegex(tags["server-time"], "^@time=[^;]*$")

    def test_a_line_that_is_not_utf8_names_its_command(self):
        anna = self.irc("anna")
        anna.send_bytes(b"PRIVMSG #x :caf\xe9\r\n@a=b AWAY :\xff\r\nNONE \xff\r\n")
        self.assertEqual([line.split(" ")[1:4] for line in anna.all()],
                         [["FAIL", name, "INVALID_UTF8"] for name in ("PRIVMSG", "AWAY", "*")])

    def test_the_time_up_to_which_one_has_read_somebody_who_said_nothing(self):
        anna, bob = self.irc("anna", caps="draft/read-marker"), self.irc("bob")
        mark = f"MARKREAD {bob.name} timestamp=2023-07-04T00:00:00.000Z"
        self.assertIn(mark, anna.ask(mark)[-1])
        self.assertIn(mark, anna.ask(f"MARKREAD {bob.name}")[-1])


class Masks(ServerTest):
    def setUp(self):
        super().setUp()
        self.owner = self.irc("owner")
        self.owner.ask(f"JOIN {self.room}")
        self.absent = self.named("absent")

    def set(self, change):
        lines = self.owner.ask(f"MODE {self.room} {change}")
        self.assertEqual(lines[0].split(" ")[1:3], ["MODE", self.room], lines)

    def enters(self):
        client = self.keep(Irc(self.server, self.absent))
        lines = client.ask(f"JOIN {self.room}")
        client.line("QUIT")
        client.until("ERROR")
        return not [line for line in lines if " 474 " in line]

    def test_a_ban_of_somebody_who_is_not_here_meets_them_when_they_come(self):
        self.set(f"+b {self.absent}!*@*")
        self.assertIn(f" {self.absent}!*@* ", self.owner.ask(f"MODE {self.room} +b")[0])
        self.assertFalse(self.enters())
        self.set(f"-b {self.absent}!*@*")
        self.assertTrue(self.enters())

    def test_one_takes_no_banned_name_inside_the_room(self):
        self.set(f"+b {self.absent}!*@*")
        guest = self.irc("guest")
        guest.ask(f"JOIN {self.room}")
        self.assertIn(" 435 ", guest.ask(f"NICK {self.absent}")[-1])

    def test_a_ban_of_an_account_does_not_meet_a_guest_of_its_name(self):
        self.set(f"+b a:{self.absent}")
        self.assertTrue(self.enters())

    def test_a_ban_of_an_account_meets_it_once_it_is_one(self):
        self.set(f"+b a:{self.absent}")
        full = self.unnamed()
        full.ok("hello", name=self.absent)
        full.ok("register", password=PASSWORD)
        full.refused("banned", "join", room=self.room)

    def test_the_full_form_still_names_people_alone(self):
        full = self.full("full", self.room + "2")
        full.refused("no_user", "ban", room=self.room + "2", name=self.absent)


class Invitations(ServerTest):
    def test_those_who_keep_order_hear_of_it_by_invite_notify(self):
        owner, other, guest = (self.irc(name, caps="invite-notify") for name in ("owner", "other", "guest"))
        member, deaf = self.irc("member", caps="invite-notify"), self.irc("deaf")
        for client in (owner, other, member, deaf):
            client.ask(f"JOIN {self.room}")
        owner.ask(f"MODE {self.room} +o {other.name}", f"MODE {self.room} +o {deaf.name}")
        owner.ask(f"INVITE {guest.name} {self.room}")
        told = f" INVITE {guest.name} {self.room}"
        self.assertRegex(other.until(told)[-1], rf"^:{owner.name}!\S+{re.escape(told)}$")
        guest.until(told)
        for client in (member, deaf, owner):
            self.assertFalse([line for line in client.all() if " INVITE " in line])


class Deletions(ServerTest):
    def test_the_reason_goes_to_all_and_stays(self):
        caps = f"{CAPS} draft/message-redaction draft/chathistory draft/event-playback"
        anna, bob, full = self.irc("anna", caps=caps), self.irc("bob", caps=caps), self.full("full", self.room)
        for client in (anna, bob):
            client.ask(f"JOIN {self.room}")
        echo = anna.ask(f"PRIVMSG {self.room} :a slip")[-1]
        msgid = re.search("msgid=([^; ]*)", echo).group(1)
        told = f" REDACT {self.room} {msgid} :wrong room"
        self.assertTrue(anna.ask(f"REDACT {self.room} {msgid} :wrong room")[-1].endswith(told))
        self.assertTrue(bob.until(" REDACT ")[-1].endswith(told))
        self.assertEqual(full.push(op="delete")["reason"], "wrong room")
        self.assertTrue([line for line in bob.ask(f"CHATHISTORY LATEST {self.room} * 10") if line.endswith(told)])
        echo = full.say("another", self.room)
        full.ok("delete", room=self.room, target=echo["seq"])
        self.assertRegex(anna.until(" REDACT ")[-1], rf" REDACT {self.room} [^ ]*$")


class Lists(ServerTest):
    def test_rooms_by_the_time_of_their_making_and_of_their_topic(self):
        anna = self.irc("anna")
        anna.ask(f"JOIN {self.room}", f"JOIN {self.room}2", f"TOPIC {self.room} :a topic")

        def listed(wishes):
            return [line.split(" ")[3] for line in anna.ask(f"LIST {wishes}") if " 322 " in line]
        self.assertEqual(listed(f"{self.room}*,C<5"), [self.room, f"{self.room}2"])
        self.assertEqual(listed(f"{self.room}*,C>5"), [])
        self.assertEqual(listed(f"{self.room}*,T<5"), [self.room])
        self.assertEqual(listed(f"{self.room}*,T>5"), [])


class Greeting(ServerTest):
    def test_who_says_so_before_the_greeting_is_away_from_the_first_moment(self):
        name, bob = self.named("anna"), self.irc("bob")
        anna = self.keep(Irc(self.server))
        anna.line("CAP LIST", "AWAY :too early", "CAP REQ :draft/pre-away", "AWAY :at lunch", f"NICK {name}",
                  "USER u 0 * :u", "CAP END")
        lines = anna.until(" 306 ")
        self.assertIn(" 451 ", lines[1])
        self.assertIn(f" 301 {bob.name} {name} :at lunch", bob.ask(f"WHOIS {name}")[-3])

    def test_what_the_server_supports_may_be_asked_and_is_a_batch(self):
        anna = self.keep(Irc(self.server))
        anna.line("CAP REQ :batch draft/extended-isupport", "ISUPPORT")
        lines = anna.until(" BATCH -")[1:]
        self.assertIn(" BATCH +s draft/isupport", lines[0])
        self.assertTrue(all(line.startswith("@batch=s :") and " 005 " in line for line in lines[1:-1]), lines)
        self.assertGreater(len(lines), 3)


class Administrators(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()
        for name in ("anna", "bruno"):
            self.assertEqual(self.server.run("user", "add", name, input=f"{PASSWORD}\n").returncode, 0)
        self.assertEqual(self.server.run("user", "admin", "anna").returncode, 0)

    def administrator(self):
        limit = time.monotonic() + deadline()
        while time.monotonic() < limit:
            anna = self.keep(Irc(self.server, "anna", password=PASSWORD))
            if [line for line in anna.ask("WHOIS anna") if " 313 " in line]:
                return anna
            anna.close()
        raise AssertionError("anna is no administrator")

    def test_they_put_connections_out_and_others_do_not(self):
        anna, bruno = self.administrator(), self.keep(Irc(self.server, "bruno", password=PASSWORD))
        guest = self.irc("guest")
        self.assertIn(" 481 ", bruno.ask(f"KILL {guest.name} :no")[-1])
        self.assertIn(" 401 ", anna.ask("KILL nobody :no")[-1])
        self.assertEqual(anna.ask(f"KILL {guest.name} :for a reason", "KILL bruno"), [])
        self.assertTrue([line for line in guest.until("ERROR") if "anna" in line and "for a reason" in line])
        for client in (guest, bruno):
            with self.assertRaises(Closed):
                while True:
                    client.read()
        record = self.server.run("record", "#lobby").stdout
        for name in (guest.name, "bruno"):
            self.assertRegex(record, f"(?m)\tanna\tkill\t{name}\t")
        self.assertIn("for a reason", record)
        # They may come again.
        self.keep(Irc(self.server, "bruno", password=PASSWORD))

    def test_they_tell_each_other_something(self):
        anna, guest = self.administrator(), self.irc("guest")
        full = self.unnamed()
        full.ok("hello", name="anna", password=PASSWORD)
        self.assertIn(" 481 ", guest.ask("WALLOPS :hello")[-1])
        lines = anna.ask("WALLOPS :the disk is full")
        self.assertRegex(lines[0], r"^:anna!\S+ WALLOPS :the disk is full$")
        self.assertIn("the disk is full", full.push(op="notice")["message"])
        self.assertEqual(guest.all(), [])


if __name__ == "__main__":
    unittest.main()
