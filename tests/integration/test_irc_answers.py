"""Answers of IRC beside what others do meanwhile: labels, long lines, lines to oneself, slow readers."""
import re
import unittest

from brusio_test import CAPS, Closed, ServerTest


class Answers(ServerTest):
    def setUp(self):
        super().setUp()
        self.anna = self.irc("anna", caps=CAPS)
        self.anna.ask(f"JOIN {self.room}")
        self.bob = self.irc("bob", caps=CAPS)
        self.bob.ask(f"JOIN {self.room}")
        self.anna.all()

    def test_what_others_do_is_no_part_of_a_labelled_answer(self):
        for round_ in range(20):
            self.bob.line(f"MODE {self.room} +b", f"NICK {self.bob.name}{round_}")
            self.anna.line(f"@label=w{round_} WHO {self.room}")
            lines = self.anna.all()
            batch = [line for line in lines if line.startswith("@batch=L") or "@label" in line]
            self.assertFalse([line for line in batch if " NICK " in line], lines)

    def test_a_long_labelled_answer_is_one_batch(self):
        rooms = [f"{self.room}{number}" for number in range(30)]
        self.anna.ask(*[f"JOIN {room}" for room in rooms])
        lines = self.anna.ask("@label=n1 NAMES " + ",".join(rooms))
        self.assertRegex(lines[0], r"^@label=n1 :\S+ BATCH \+L labeled-response$")
        self.assertRegex(lines[-1], r"^:\S+ BATCH -L$")
        self.assertEqual(sum(" 366 " in line for line in lines), 30)
        self.assertTrue(all(line.startswith("@batch=L") for line in lines[1:-1]), lines)

    def test_lines_to_oneself_come_as_lines(self):
        name = self.anna.name
        lines = self.anna.ask(f"@label=s1 PRIVMSG {name} :hello")
        self.assertEqual(sorted("@label=s1" in line for line in lines), [False, True], lines)
        multi = self.irc("multi", caps=f"{CAPS} draft/multiline")
        lines = multi.ask(f"BATCH +b draft/multiline {multi.name}", f"@batch=b PRIVMSG {multi.name} :one",
                          f"@batch=b PRIVMSG {multi.name} :two", "BATCH -b")
        texts = [line.split(" PRIVMSG ")[1] for line in lines if " PRIVMSG " in line]
        self.assertEqual(texts, [f"{multi.name} :one", f"{multi.name} :two"] * 2)

    def test_what_one_says_to_oneself_is_kept_and_is_the_same_twice(self):
        anna = self.irc("notes", caps=f"{CAPS} draft/account-registration draft/chathistory")
        anna.ask("REGISTER * * :correct horse battery")
        phone = self.irc("notes", caps="sasl message-tags", password="correct horse battery")
        plain = self.irc("notes", password="correct horse battery")
        for client in (phone, plain):
            client.all()
        echo, delivery = anna.ask(f"@label=s1 PRIVMSG {anna.name} :milk")
        self.assertEqual(echo.replace("label=s1;", ""), delivery)
        self.assertTrue(delivery.endswith(f" PRIVMSG {anna.name} :milk"), delivery)
        self.assertEqual([line.split(" ", 1)[1] for line in phone.all()], [delivery.split(" ", 1)[1]])
        plain.all()
        # Without echo-message it comes once: what the client sent it shows by itself.
        lines = plain.ask(f"PRIVMSG {anna.name} :\1ACTION thinks\1")
        self.assertEqual([line.split(" ", 1)[1] for line in lines], [f"PRIVMSG {anna.name} :\1ACTION thinks\1"])
        anna.until("thinks")
        lines = anna.ask(f"CHATHISTORY LATEST {anna.name} * 10")
        self.assertEqual([line.split(f" {anna.name} :")[1] for line in lines if " PRIVMSG " in line],
                         ["milk", "\1ACTION thinks\1"])
        self.assertEqual([line.rsplit(" ", 2)[1] for line in
                          anna.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00Z timestamp=2099-01-01T00:00:00Z 9")
                          if " TARGETS " in line], [anna.name])
        self.assertEqual(len(anna.ask(f"PRIVMSG {anna.name} :\1PING 1\1")), 2)

    def test_a_long_text_stays_broken_where_its_sender_broke_it(self):
        caps = f"{CAPS} draft/multiline"
        carol, dora = self.irc("carol", caps=caps), self.irc("dora", caps=caps)
        for client in (carol, dora):
            client.ask(f"JOIN {self.room}")
        self.bob.all()
        carol.line(f"BATCH +b draft/multiline {self.room}", f"@batch=b PRIVMSG {self.room} :",
                   f"@batch=b PRIVMSG {self.room} :#how is ",
                   f"@batch=b;draft/multiline-concat PRIVMSG {self.room} :everyone?", "BATCH -b")
        lines = [line for line in dora.until(" BATCH -") if " PRIVMSG " in line]
        self.assertEqual([line.split(f" {self.room} :")[1] for line in lines], ["", "#how is ", "everyone?"])
        self.assertEqual(["draft/multiline-concat" in line.split(" ")[0] for line in lines], [False, False, True])
        # A client that knows no batches gets the same pieces, but no empty one; the text is one.
        fallback = [line for line in self.bob.all() if " PRIVMSG " in line]
        self.assertEqual([line.split(f" {self.room} :")[1] for line in fallback], ["#how is ", "everyone?"])
        self.assertEqual([";msgid=" in line for line in fallback], [True, False])
        full = self.full("full", self.room)
        last = full.request("history", room=self.room, limit=1)["messages"][-1]
        self.assertEqual(last["message"], "\n#how is everyone?")

    def test_the_end_of_the_last_line_is_not_lost(self):
        carol = self.irc("carol", caps=f"{CAPS} draft/multiline draft/chathistory")
        carol.ask(f"JOIN {self.room}")
        text = "one\n\ntwo \n"
        self.full("full", self.room).say(text, self.room)
        live = carol.until(" BATCH -")
        past = carol.ask(f"CHATHISTORY LATEST {self.room} * 1")
        for lines in (live, past):
            pieces = [line.split(f" {self.room} :")[1] for line in lines if " PRIVMSG " in line]
            self.assertEqual("\n".join(pieces), text)

    def test_a_reaction_that_is_no_emoji_reaches_those_who_are_there(self):
        for target, told in ((self.room, self.room), (self.bob.name, self.bob.name)):
            echo = self.anna.ask(f"PRIVMSG {target} :hello")[-1]
            msgid = re.search("msgid=([^; ]*)", echo).group(1)
            self.bob.all()
            tags = f"+draft/reply={msgid};+draft/react=l😃l\\:"
            own = self.anna.ask(f"@label=r1;{tags} TAGMSG {target}")
            self.assertEqual(len(own), 1, own)
            self.assertRegex(own[0], rf"^@label=r1;{re.escape(tags)};time=\S+ :{self.anna.name}!\S+ TAGMSG {told}$")
            others = self.bob.all()
            self.assertRegex(others[-1], rf"^@{re.escape(tags)};time=\S+ :{self.anna.name}!\S+ TAGMSG {told}$")
        plain = self.irc("plain")
        plain.ask(f"JOIN {self.room}")
        self.anna.ask(f"@{tags} TAGMSG {self.room}")
        self.assertEqual(plain.all(), [])
        own = self.anna.ask(f"@label=r2;{tags} TAGMSG {self.anna.name}")
        self.assertEqual(sorted("@label=r2;" in line and " TAGMSG " in line for line in own), [False, True], own)

    def test_nobody_gets_a_reaction_to_what_is_not_there_or_of_those_who_must_be_silent(self):
        echo = self.anna.ask(f"PRIVMSG {self.room} :hello")[-1]
        msgid = re.search("msgid=([^; ]*)", echo).group(1)
        self.bob.all()
        for reply, text in (("123", "ha"), (msgid, "h" * 65)):
            self.assertIn(" FAIL TAGMSG " if reply == "123" else " 404 ",
                          self.anna.ask(f"@+draft/reply={reply};+draft/react={text} TAGMSG {self.room}")[-1])
        self.anna.ask(f"MODE {self.room} +b m:{self.bob.name}")
        self.anna.all()
        self.assertIn(" 404 ", self.bob.ask(f"@+draft/reply={msgid};+draft/react=ha TAGMSG {self.room}")[-1])
        self.assertEqual(self.anna.all(), [])

    def test_a_line_beside_an_open_batch_is_one_by_itself(self):
        carol = self.irc("carol", caps=f"{CAPS} draft/multiline")
        carol.ask(f"JOIN {self.room}", f"BATCH +b draft/multiline {self.room}", f"@batch=b PRIVMSG {self.room} :one ",
                  f"@batch=b;draft/multiline-concat PRIVMSG {self.room} :two")
        self.assertIn(" 417 ", carol.ask(f"PRIVMSG {self.room} :{'x' * 490}")[-1])
        self.assertTrue(carol.ask(f"PRIVMSG {self.room} :beside")[-1].endswith(" :beside"))
        carol.line("BATCH -b")
        self.assertTrue(carol.until(" :two"))

    def test_no_line_is_longer_than_a_line(self):
        full = self.full("full", self.room)
        full.request("topic", room=self.room, topic="t" * 512)
        line = self.bob.until(" TOPIC ")[-1]
        self.assertLessEqual(len(line.split(" ", 1)[1]), 510)
        self.anna.all()
        full.request("leave", room=self.room, reason="ü" * 256)
        line = self.anna.until(" PART ")[-1]
        self.assertLessEqual(len(line.split(" ", 1)[1].encode()), 510)

    def test_a_client_cannot_make_itself_greeted_again(self):
        self.assertFalse([line for line in self.bob.ask(":greeting LUSERS") if " 422 " in line])

    def test_who_does_not_read_gets_all_or_is_told(self):
        deaf = self.irc("deaf")
        deaf.ask(f"JOIN {self.room}")
        away = "a" * 400
        rounds = 2500
        deaf.line("CAP REQ :away-notify")
        deaf.all()
        for number in range(rounds):
            self.bob.line(f"AWAY :{number} {away}")
            if number % 100 == 99:
                self.bob.all()
        seen = []
        try:
            lines = deaf.all()
        except Closed:
            return
        seen = [line for line in lines if " AWAY :" in line]
        told = [line for line in lines if line.startswith("ERROR :")]
        self.assertTrue(told or len(seen) == rounds, (len(seen), lines[-1:]))


if __name__ == "__main__":
    unittest.main()
