"""Messages that an IRC client missed are shown once each when it comes back, before newer ones."""
import sqlite3
import unittest

from brusio_test import CAPS, Closed, ServerTest, deadline, only_sqlite
from brusio_test.irc import Irc

PASSWORD = "correct horse battery"


class Replay(ServerTest):
    def setUp(self):
        super().setUp()
        self.name = self.irc("anna", caps="draft/account-registration")
        self.name.ask(f"REGISTER * * :{PASSWORD}", f"JOIN {self.room}")
        self.writer = self.full("writer", self.room)
        self.leave(self.name)
        self.name = self.name.name

    def leave(self, client):
        client.line("QUIT")
        with self.assertRaises(Closed):
            while True:
                client.read()

    def come_back(self, caps="server-time"):
        client = self.keep(Irc(self.server))
        client.name = self.name
        client.greet(self.name, f"sasl {caps}", PASSWORD, "tester")
        client.until(f" 366 {self.name} {self.room} ")
        return client

    def say(self, *texts):
        for text in texts:
            self.writer.request("send", room=self.room, message=text)

    def texts(self, client):
        return [line.rsplit(" :", 1)[1] for line in client.all() if f"PRIVMSG {self.room}" in line]

    def test_what_was_missed_comes_before_what_is_said_now_and_only_once(self):
        self.say("one", "two", "three")
        client = self.come_back()
        self.say("four")
        client.until(":three")
        client.until(":four")
        self.leave(client)
        self.say("five")
        client = self.come_back()
        self.assertEqual(len([line for line in client.until(":five") if "PRIVMSG" in line]), 1)

    def test_a_message_that_was_changed_meanwhile_is_shown_once_as_it_is_now(self):
        self.say("read before")
        client = self.come_back()
        client.until(":read before")
        self.leave(client)
        for text in ("frist", "wrong", "last"):
            self.say(text)
        self.writer.ok("edit", room=self.room, target=1, message="read before, better")
        self.writer.ok("edit", room=self.room, target=2, message="fisrt")
        self.writer.ok("edit", room=self.room, target=2, message="first")
        self.writer.ok("delete", room=self.room, target=3)
        client = self.come_back()
        lines = [line for line in client.all() if f" {self.room} :" in line]
        self.assertEqual([line.split(f" {self.room} :")[1] for line in lines], ["first", "last", "* read before, better"])

    def test_a_conversation_is_replayed_in_the_same_way(self):
        self.writer.ok("send", room=f"@{self.name}", message="hlelo")
        self.writer.ok("edit", room=f"@{self.name}", target=1, message="hello")
        client = self.keep(Irc(self.server))
        client.greet(self.name, "sasl server-time", PASSWORD, "tester")
        self.writer.ok("send", room=f"@{self.name}", message="more")
        lines = []
        # Said while it comes back, it may be shown before what is replayed, but once.
        while not all(any(line.endswith(text) for line in lines) for text in (":hello", ":more")):
            lines.append(client.read())
        lines += client.until(f" 366 {self.name} {self.room} ") if not any(" 366 " in line for line in lines) else []
        self.assertEqual(len([line for line in lines + client.all() if "PRIVMSG" in line]), 2, lines)

    def test_a_conversation_is_replayed_whole_where_it_is_more_than_a_page_of_the_history(self):
        for number in range(30):
            self.writer.ok("send", room=f"@{self.name}", message=f"text {number} {'x' * 8000}")
        client = self.keep(Irc(self.server))
        client.greet(self.name, "sasl server-time", PASSWORD, "tester")
        lines = client.until(":text 29 ")
        self.writer.ok("send", room=f"@{self.name}", message="said now")
        lines += client.until(":said now") + client.all()
        shown = [line.split(" :text ")[1].split(" ")[0] for line in lines if " :text " in line]
        self.assertEqual(shown, [str(number) for number in range(30)])
        self.assertEqual(sum(line.count("x") for line in lines if "PRIVMSG" in line) // 8000, 30)

    @only_sqlite
    def test_a_conversation_is_read_from_the_log_where_the_history_cannot_be_read(self):
        self.writer.ok("send", room=f"@{self.name}", message="hello")
        self.writer.ok("react", room=f"@{self.name}", target=1, emoji="👍", on=True)
        database = sqlite3.connect(self.server.data / "brusio.db", timeout=deadline())
        self.addCleanup(database.close)
        with database:
            # The log has no reactions: it can still be read.
            database.execute("ALTER TABLE reactions RENAME TO elsewhere")
            database.execute("CREATE VIEW reactions AS SELECT entry, emoji, abs(-9223372036854775807 - 1) AS name"
                             " FROM elsewhere")
        try:
            client = self.keep(Irc(self.server))
            client.greet(self.name, "sasl server-time", PASSWORD, "tester")
            lines = client.until(":hello")
            self.writer.ok("send", room=f"@{self.name}", message="more")
            lines += client.until(":more") + client.all()
        finally:
            with database:
                database.execute("DROP VIEW reactions")
                database.execute("ALTER TABLE elsewhere RENAME TO reactions")
        self.assertEqual([line.rsplit(":", 1)[1] for line in lines if "PRIVMSG" in line], ["hello", "more"])

    def test_who_can_ask_for_it_is_not_shown_it(self):
        self.say("one")
        self.assertEqual(self.texts(self.come_back(f"{CAPS} draft/chathistory")), [])

    def test_more_than_irc_replay_is_in_the_history(self):
        self.say(*[f"text {number}" for number in range(230)])
        client = self.keep(Irc(self.server))
        client.name = self.name
        client.greet(self.name, "sasl server-time", PASSWORD, "tester")
        self.assertIn(":30 older messages", client.until(" 366 ")[-3])
        lines = [line for line in client.until(":text 229") if "PRIVMSG" in line]
        self.assertEqual([line.rsplit(" :", 1)[1] for line in lines], [f"text {number}" for number in range(30, 230)])


if __name__ == "__main__":
    unittest.main()
