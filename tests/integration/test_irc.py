"""IRC on the same port: what its clients see, and what people of the other dialects see of them."""
import re
import time
import unittest

from brusio_test import CAPS, Closed, PrivateServerTest, ServerTest, deadline
from brusio_test.irc import Irc

PASSWORD = "correct horse battery"


class Greeting(ServerTest):
    """From the first line to 001."""

    def test_a_client_without_capabilities(self):
        anna = self.irc("anna")
        self.assertIn(f" 001 {anna.name} :", anna.greeting[0])
        self.assertTrue(any("PREFIX=(qov)~@+" in line for line in anna.greeting))

    def test_each_first_line_of_known_clients_is_irc(self):
        for first in ("CAP LS 302", "CAP LS :302", "NICK :bot", "USER x 0 * :y", "PASS x", "JOIN :", "PING x"):
            client = self.connection()
            client.send_bytes(f"{first}\r\nPING token\r\n".encode())
            lines = [client.receive_line()]
            while b"PONG" not in lines[-1] or b":token" not in lines[-1]:
                lines.append(client.receive_line())

    def test_a_name_that_is_taken_is_told_and_another_one_tried(self):
        taken = self.irc("taken").name
        late = self.keep(type(self.irc("other"))(self.server))
        late.line(f"NICK {taken}", "USER x 0 * :x")
        self.assertIn(" 433 ", late.read())
        late.line(f"NICK {taken}2")
        self.assertIn(f" 001 {taken}2 ", late.read())

    def test_guests_leave_their_name_when_they_quit(self):
        first = self.irc("brief")
        first.line("QUIT :bye")
        with self.assertRaises(Closed):
            while True:
                first.read()
        self.assertIn(" 001 ", self.irc("brief").greeting[0])

    def test_an_oversized_line_is_refused_and_nothing_is_stored(self):
        anna = self.irc("anna")
        anna.ask(f"JOIN {self.room}")
        lines = anna.ask(f"PRIVMSG {self.room} :{'x' * 600}")
        self.assertTrue(any(" 417 " in line for line in lines), lines)
        reader = self.full("reader", self.room)
        self.assertEqual(reader.request("history", room=self.room)["messages"], [])


class Accounts(ServerTest):
    """Passwords, several clients of one account, and what stays when they go."""

    def account(self, name):
        owner = self.irc(name, caps="draft/account-registration")
        lines = owner.ask(f"REGISTER * * :{PASSWORD}")
        self.assertTrue(any("REGISTER SUCCESS" in line for line in lines), lines)
        return owner

    def test_register_and_sasl(self):
        owner = self.account("anna")
        owner.line("QUIT")
        again = self.irc("anna", caps="sasl", password=PASSWORD)
        self.assertTrue(any(" 903 " in line for line in again.greeting), again.greeting)

    def test_a_password_of_450_bytes_leads_in_by_each_dialect(self):
        owner = self.irc("anna", caps="draft/account-registration")
        lines = owner.ask(f"REGISTER * * :{'x' * 450}")
        self.assertTrue(any("REGISTER SUCCESS" in line for line in lines), lines)
        again = self.irc("anna", caps="sasl", password="x" * 450)
        self.assertTrue(any(" 903 " in line for line in again.greeting), again.greeting)
        self.assertTrue(self.unnamed().ok("hello", name=owner.name, password="x" * 450)["user"]["account"])
        self.unnamed().refused("auth_failed", "hello", name=owner.name, password="x" * 449)
        self.unnamed().refused("bad_field", "hello", name=owner.name, password="x" * 513)

    def test_a_wrong_password_is_refused(self):
        self.account("anna").line("QUIT")
        other = self.keep(type(self.irc("someone"))(self.server))
        other.line("CAP REQ :sasl", "AUTHENTICATE PLAIN", "AUTHENTICATE AGFubmEAd3Jvbmc=")
        self.assertTrue(any(" 904 " in line for line in other.until(" 904 ")))

    def test_an_accounts_name_is_not_for_guests(self):
        name = self.account("anna").name
        other = self.keep(type(self.irc("someone"))(self.server))
        other.line(f"NICK {name}", "USER x 0 * :x")
        self.assertIn(" 433 ", other.read())

    def test_a_second_client_is_in_the_rooms_without_asking_and_sees_what_the_first_says(self):
        first = self.account("anna")
        first.ask(f"JOIN {self.room}")
        second = self.irc("anna", caps=f"sasl {CAPS}", password=PASSWORD)
        second.until(f" 366 {second.name} {self.room} ")
        first.line(f"PRIVMSG {self.room} :from the first")
        second.until("from the first")

    def test_an_account_that_quits_stays_in_its_rooms(self):
        owner = self.account("anna")
        owner.ask(f"JOIN {self.room}")
        guest = self.irc("guest")
        guest.ask(f"JOIN {self.room}")
        owner.line("QUIT :gone")
        with self.assertRaises(Closed):
            while True:
                owner.read()
        self.assertFalse(any(" QUIT " in line or " PART " in line for line in guest.all()))
        names = [line for line in guest.ask(f"NAMES {self.room}") if " 353 " in line]
        self.assertIn(owner.name, names[0])


class Rooms(ServerTest):
    """Coming, going, speaking, and keeping order, beside people of the full form."""

    def setUp(self):
        super().setUp()
        self.anna = self.irc("anna", caps=CAPS)
        self.anna.ask(f"JOIN {self.room}")
        self.bob = self.irc("bob")
        self.bob.ask(f"JOIN {self.room}")
        self.anna.until(f":{self.bob.name}!")

    def test_messages_go_both_ways(self):
        full = self.full("full", self.room)
        self.assertIn(" JOIN ", self.bob.until(f":{full.name}!")[-1])
        full.request("send", room=self.room, message="from the full form")
        line = self.bob.until(f"PRIVMSG {self.room} :from the full form")[-1]
        self.assertRegex(line, rf"^:{re.escape(full.name)}!~u\w+@127\.0\.0\.1 ")
        # Clients take the same user and host for the same person by another name.
        self.anna.line(f"PRIVMSG {self.room} :from anna")
        other = self.bob.until(f"PRIVMSG {self.room} :from anna")[-1]
        self.assertNotEqual(line.split()[0].split("!")[1], other.split()[0].split("!")[1])
        self.bob.ask(f"PRIVMSG {self.room} :from IRC")
        entry = full.entries(2, self.room)[1]
        self.assertEqual((entry["from"]["name"], entry["message"]), (self.bob.name, "from IRC"))

    def test_an_action_and_a_notice(self):
        full = self.full("full", self.room)
        self.bob.ask(f"PRIVMSG {self.room} :\1ACTION waves\1", f"NOTICE {self.room} :read this")
        action, notice = full.entries(2, self.room)
        self.assertTrue(action["action"])
        self.assertTrue(notice["notice"])

    def test_the_own_echo_comes_from_the_log_with_its_label(self):
        lines = self.anna.ask(f"@label=a1 PRIVMSG {self.room} :hello")
        self.assertRegex(lines[0], rf"^@label=a1;time=[^ ]*;msgid=[^ ]* :{re.escape(self.anna.name)}!.* :hello$")
        self.assertEqual(len(lines), 1)
        line = self.bob.until(f"PRIVMSG {self.room} :hello")[-1]
        self.assertRegex(line, rf"^:{re.escape(self.anna.name)}!~u\w+@127\.0\.0\.1 ")
        self.assertEqual(self.bob.ask(f"PRIVMSG {self.room} :no echo"), [])

    def test_direct_messages(self):
        self.bob.ask(f"PRIVMSG {self.anna.name} :psst")
        self.anna.until(f"PRIVMSG {self.anna.name} :psst")
        self.assertIn(" 401 ", self.bob.ask("PRIVMSG nobody_at_all :x")[0])

    def test_one_nick_and_one_quit_for_several_rooms(self):
        for client in (self.anna, self.bob):
            client.ask(f"JOIN {self.room}b", f"JOIN {self.room}c")
        self.anna.until(f" JOIN {self.room}c")
        self.bob.ask(f"NICK {self.bob.name}x")
        self.anna.until(" NICK ")
        self.assertFalse(any(" NICK " in line for line in self.anna.all()))
        self.bob.line("QUIT :see you")
        lines = self.anna.until(" QUIT ")
        self.assertTrue(lines[-1].endswith("QUIT :Quit: see you"))
        self.assertFalse(any(" QUIT " in line for line in self.anna.all()))

    def test_a_name_has_a_user_of_its_own_of_which_is_told(self):
        carol = self.irc("carol", caps="chghost")
        carol.ask(f"JOIN {self.room}")
        self.bob.all()
        before, after = carol.name, f"{carol.name}x"

        def mask():
            return carol.ask(f"USERHOST {carol.name}")[0].split("=+")[1].strip()
        old = mask()
        lines = carol.ask(f"NICK {after}")
        carol.name = after
        self.assertEqual([line.split(" ", 1)[0] for line in lines], [f":{before}!{old}", f":{after}!{old}"])
        self.assertEqual(lines[1].split(" ", 1)[1], "CHGHOST " + mask().replace("@", " "))
        self.assertEqual([line.split(" ")[1] for line in self.bob.all()], ["NICK"])
        self.bob.ask(f"NICK {self.bob.name}y", f"PRIVMSG {self.room} :hello")
        nick, changed, said = carol.until("hello")
        self.assertEqual(said.split(" ")[0], f":{self.bob.name}y!" + "@".join(changed.split(" ")[2:]))
        self.assertEqual(changed.split("!")[1].split(" ")[0], nick.split("!")[1].split(" ")[0])

    def test_part_is_seen_as_leaving_and_kick_as_kick(self):
        full = self.full("full", self.room)
        self.bob.ask(f"PART {self.room} :enough")
        left = full.receive_op("exit")
        self.assertEqual((left["name"], left["membership"], left["reason"]), (self.bob.name, True, "enough"))
        self.anna.until(f"PART {self.room} :enough")
        self.anna.ask(f"KICK {self.room} {full.name} :out")
        self.assertEqual(full.receive_op("kick")["reason"], "out")

    def test_roles_and_settings(self):
        full = self.full("full", self.room)
        self.bob.until(f":{full.name}!")
        self.anna.ask(f"MODE {self.room} +v {self.bob.name}")
        self.assertEqual(full.receive_op("role")["role"], "speaker")
        self.anna.ask(f"MODE {self.room} +mt")
        self.assertTrue(full.receive_op("set")["read_only"])
        self.bob.until(f"MODE {self.room} +v {self.bob.name}")
        self.bob.until(f"MODE {self.room} +mt")
        self.assertIn(f"{self.room} +nmt", "".join(self.bob.ask(f"MODE {self.room}")))
        self.assertIn(" 472 ", self.anna.ask(f"MODE {self.room} +k secret")[0])

    def test_bans(self):
        self.anna.ask(f"MODE {self.room} +b {self.bob.name}!*@*")
        self.bob.until(" KICK ")
        self.assertIn(" 474 ", self.bob.ask(f"JOIN {self.room}")[0])
        bans = [line for line in self.anna.ask(f"MODE {self.room} b") if " 367 " in line]
        self.assertRegex(bans[0], rf"{re.escape(self.bob.name)}!\*@\* {re.escape(self.anna.name)} \d+$")

    def test_who_may_not_see_the_bans_sees_an_empty_list(self):
        self.anna.line(f"MODE {self.room} +b 192.0.2.1")
        self.bob.until(" MODE ")
        self.assertEqual([line.split()[1] for line in self.bob.ask(f"MODE {self.room} b")], ["368"])

    def test_topics(self):
        self.anna.ask(f"TOPIC {self.room} :of the day")
        self.bob.until(f"TOPIC {self.room} :of the day")
        lines = self.bob.ask(f"TOPIC {self.room}")
        self.assertIn(" 332 ", lines[0])
        self.assertIn(f" 333 {self.bob.name} {self.room} {self.anna.name} ", lines[1])

    def test_a_text_of_several_lines(self):
        full = self.full("full", self.room)
        full.request("send", room=self.room, message="one\ntwo")
        lines = [line for line in self.bob.until("two") if "PRIVMSG" in line]
        self.assertEqual([line.split(" :")[1] for line in lines], ["one", "two"])

    def test_replies_reactions_and_deletions(self):
        redacting = self.irc("redacting", caps=f"{CAPS} draft/message-redaction")
        redacting.ask(f"JOIN {self.room}")
        full = self.full("full", self.room)
        seq = full.request("send", room=self.room, message="to be answered")["seq"]
        line = redacting.until("to be answered")[-1]
        msgid = re.search(r"msgid=([^ ;]*)", line).group(1)
        redacting.ask(f"@+reply={msgid} PRIVMSG {self.room} :the answer")
        self.assertEqual(full.entries(1, self.room)[0]["reply_to"], seq)
        redacting.ask(f"@+draft/react=👍;+reply={msgid} TAGMSG {self.room}")
        self.assertEqual(full.entries(1, self.room)[0]["emoji"], "👍")
        full.request("delete", room=self.room, target=seq)
        redacting.until(f"REDACT {self.room} {msgid}")
        self.bob.until("NOTICE")
        self.assertIn("UNKNOWN_MSGID", redacting.ask(f"REDACT {self.room} nonsense")[0])

    def test_who_and_whois(self):
        who = [line for line in self.bob.ask(f"WHO {self.room}") if " 352 " in line]
        self.assertEqual(len(who), 2)
        whois = self.bob.ask(f"WHOIS {self.anna.name}")
        self.assertIn(f" 311 {self.bob.name} {self.anna.name} ~tester 127.0.0.1 * :Real", whois[0])
        self.assertIn(" 318 ", whois[-1])

    def test_what_a_browser_sends_is_never_irc(self):
        client = self.connection()
        client.send_bytes(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n"
                          b"NICK evil\r\nUSER e 0 * :e\r\nJOIN #x\r\n")
        self.assertTrue(client.receive_line().startswith(b"HTTP/1.1 4"))


class Operators(PrivateServerTest):
    """OPER lends a connection's person the rights of an administrator for as long as it is here."""

    def logged_in(self, name):
        client = self.unnamed()
        return client, client.ok("hello", name=name, password=PASSWORD)["user"]["admin"]

    def is_admin(self, name):
        client, is_admin = self.logged_in(name)
        client.close()
        return is_admin

    def wait_until(self, name, is_admin):
        limit = time.monotonic() + deadline()
        while self.is_admin(name) != is_admin and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertEqual(self.is_admin(name), is_admin)

    def opers(self, count):
        """So many connections of bruno that are operators."""
        self.start()
        for name in ("anna", "bruno", "carla"):
            self.assertEqual(self.server.run("user", "add", name, input=f"{PASSWORD}\n").returncode, 0)
        self.server.run("user", "admin", "anna")
        self.wait_until("anna", True)
        clients = []
        for _ in range(count):
            clients.append(self.keep(Irc(self.server, "bruno", password=PASSWORD)))
            clients[-1].line(f"OPER anna :{PASSWORD}")
            clients[-1].until(" 381 ")
        return clients

    def test_the_rights_stay_until_the_last_operator_goes(self):
        first, second = self.opers(2)
        first.close()
        self.logged_in("bruno")
        second.ask("PING x")
        self.assertTrue(self.is_admin("bruno"))
        second.close()
        self.wait_until("bruno", False)

    def test_the_rights_go_with_those_of_the_account_that_lent_them(self):
        oper, = self.opers(1)
        self.server.run("user", "admin", "carla")
        self.wait_until("carla", True)
        root, _ = self.logged_in("carla")
        for change, back in (({"disabled": True}, {"disabled": False}), ({"admin": False}, {"admin": True}),
                             ({"password": PASSWORD}, None), ({"forget": True}, None)):
            oper.line(f"OPER anna :{PASSWORD}")
            oper.until(" 381 ")
            self.assertTrue(self.is_admin("bruno"), change)
            root.ok("account", name="anna", **change)
            self.assertFalse(self.is_admin("bruno"), change)
            if back:
                root.ok("account", name="anna", **back)

    def test_what_is_lent_is_not_kept_by_lending_it_on(self):
        self.opers(1)
        carla = self.keep(Irc(self.server, "carla", password=PASSWORD))
        carla.line(f"OPER bruno :{PASSWORD}")
        carla.until(" 381 ")
        self.assertTrue(self.is_admin("carla"))
        root = self.keep(Irc(self.server, "root"))
        root.line(f"OPER anna :{PASSWORD}")
        root.until(" 381 ")
        self.server.run("user", "disable", "anna")
        self.wait_until("bruno", False)
        self.assertFalse(self.is_admin("carla"))

    def test_who_is_made_an_administrator_meanwhile_stays_one(self):
        oper, = self.opers(1)
        watch = self.keep(Irc(self.server, "bruno", password=PASSWORD))
        for name in ("bruno", "carla"):
            self.server.run("user", "admin", name)
        self.wait_until("carla", True)  # so the server knows of both
        oper.line("QUIT")
        with self.assertRaises(Closed):
            while True:
                oper.read()
        watch.ask("PING x")
        self.wait_until("bruno", True)


if __name__ == "__main__":
    unittest.main()
