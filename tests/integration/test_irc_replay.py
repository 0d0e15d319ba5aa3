"""Messages that an IRC client missed are shown once each when it comes back, before newer ones."""
import unittest

from brusio_test import CAPS, Closed, ServerTest
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
