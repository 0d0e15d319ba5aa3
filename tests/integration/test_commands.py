"""The commands of the simple form and of plain text (protocol section 2)."""
import unittest

from brusio_test import PrivateServerTest, ServerTest

COMMANDS = ("/quit", "/list", "/help", "/nick", "/me", "/history")


class Commands(ServerTest):
    def setUp(self):
        super().setUp()
        self.reader = self.full("reader", "#lobby")
        self.client = self.simple("commander").enter()

    def not_said(self):
        """Nothing that the client sent so far was broadcast."""
        self.client.say("the next word")
        self.assertEqual(self.reader.push(op="message")["message"], "the next word")

    def test_quit_ends_the_connection(self):
        self.client.say("/quit")
        self.client.rest_of_lines()
        self.reader.push(op="exit", name=self.client.name)

    def test_nothing_after_quit_is_said(self):
        self.client.say("/quit")
        try:
            self.client.say("too late")
        except AssertionError:
            pass
        self.client.rest_of_lines()
        self.reader.push(op="exit", name=self.client.name)
        self.reader.say("marker")
        said = [entry["message"] for entry in self.reader.ok("history", room="#lobby")["messages"]]
        self.assertNotIn("too late", said)

    def test_list_names_who_is_in_the_room(self):
        others = [self.full(f"other{number}", "#lobby") for number in range(3)]
        elsewhere = self.full("elsewhere", self.room)
        self.client.say("/list")
        notice = self.client.notice(self.client.name, self.reader.name, *[other.name for other in others])
        self.assertNotIn(elsewhere.name, notice["message"])

    def test_help_names_every_command(self):
        self.client.say("/help")
        self.client.notice(*COMMANDS)

    def test_me_says_what_one_does(self):
        self.client.say("/me waves at everybody")
        entry = self.reader.push(op="message")
        self.assertEqual(entry["from"]["name"], self.client.name)
        self.assertIn("waves at everybody", entry["message"])
        self.assertNotIn("/me", entry["message"])

    def test_me_reads_well_in_plain_text(self):
        line_reader = self.text("lines").enter()
        self.client.say("/me waves")
        line = line_reader.hears("waves")
        self.assertIn(self.client.name, line)
        self.assertNotIn(f"{self.client.name}: ", line)

    def test_two_slashes_say_one(self):
        for written, heard in (("//quit", "/quit"), ("//", "/"), ("///", "//"), ("//a /b", "/a /b")):
            self.client.say(written)
            self.assertEqual(self.reader.push(op="message")["message"], heard)

    def test_a_slash_later_in_the_text_is_text(self):
        for text in ("and/or", " /quit", "see /help"):
            self.client.say(text)
            self.assertEqual(self.reader.push(op="message")["message"], text)

    def test_an_unknown_command_is_told_and_not_said(self):
        for text in ("/dance", "/QUIET", "/quitter", "/ quit"):
            self.client.say(text)
            self.assertEqual(self.client.receive()["from"]["name"], "brusio")
        self.not_said()

    def test_wrong_usage_is_told_the_right_usage(self):
        for text, usage in (("/nick", "/nick"), ("/me", "/me"), ("/history x", "/history"),
                            ("/history 0", "/history"), ("/history -1", "/history")):
            with self.subTest(text=text):
                self.client.say(text)
                self.client.notice(usage)
        self.not_said()

    def test_answers_go_to_the_asker_alone(self):
        other = self.simple("other").enter()
        self.client.say("/help")
        self.client.notice(*COMMANDS)
        self.client.say("for all")
        value = other.receive()
        while value.get("op") in ("enter", "exit"):
            value = other.receive()
        self.assertEqual(value["message"], "for all")

    def test_a_full_client_says_what_looks_like_a_command(self):
        """In the full form a message is a message: requests are what the commands are for."""
        self.reader.say("/quit", "#lobby")
        self.client.hears("/quit", self.reader.name)


class History(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start()
        self.writer = self.full("writer", "#lobby")
        self.client = self.simple("asker").enter()

    def written(self, count):
        texts = [f"line <{number}>" for number in range(count)]
        for identity in [self.writer.post("send", room="#lobby", message=text) for text in texts]:
            self.writer.answer(identity)
        for text in texts:
            self.client.hears(text)
        return texts


    def asked(self, command, last):
        """Returns the answer to COMMAND, up to the text LAST."""
        self.client.say(command)
        answers = []
        while not answers or last not in answers[-1]:
            answers.append(self.client.receive()["message"])
        return "\n".join(answers)

    def test_the_last_n_messages_oldest_first(self):
        texts = self.written(12)
        answer = self.asked("/history 5", texts[-1])
        places = [answer.find(text) for text in texts[-5:]]
        self.assertNotIn(-1, places, answer)
        self.assertEqual(places, sorted(places))
        self.assertNotIn(texts[-6], answer)

    def test_without_a_number_it_gives_some(self):
        texts = self.written(8)
        answer = self.asked("/history", texts[-1])
        for text in texts:
            self.assertIn(text, answer)

    def test_own_messages_are_part_of_it(self):
        self.client.say("my own words")
        self.writer.push(op="message", message="my own words")
        self.asked("/history 3", "my own words")

    def test_an_empty_history_is_answered(self):
        self.client.say("/history")
        self.assertEqual(self.client.receive()["from"]["name"], "brusio")

    def test_history_in_plain_text(self):
        texts = self.written(4)
        reader = self.text("lines").enter()
        reader.say("/history 3")
        for text in texts[-3:]:
            reader.hears(text)

    def test_history_is_readable_to_the_original_client(self):
        """Every object that answers is short enough and comes alone when nobody else talks."""
        self.written(3)
        reader = self.original("original")
        reader.introduce()
        self.writer.push(op="enter")
        reader.say("/history 3")
        reader.hears("line <2>")


if __name__ == "__main__":
    unittest.main()
