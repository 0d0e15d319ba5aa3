"""The past over IRC: CHATHISTORY by msgid and by time, SEARCH, and up to where somebody has read."""
import json
import re
import unittest

from brusio_test import CAPS, PrivateServerTest, ServerTest

PAST = f"{CAPS} draft/chathistory draft/read-marker soju.im/search"


def tags_of(line):
    head = line.split(" ", 1)[0][1:] if line.startswith("@") else ""
    return dict((tag.split("=", 1) + [""])[:2] for tag in head.split(";"))


class Past(ServerTest):
    def setUp(self):
        super().setUp()
        self.anna = self.irc("anna", caps=PAST)
        self.anna.ask(f"JOIN {self.room}")

    def say_many(self, count):
        """COUNT messages in one segment: many share a millisecond."""
        writer = self.full("writer", self.room)
        writer.send_bytes("".join(
            json.dumps({"op": "send", "id": f"m{number}", "room": self.room, "message": f"text {number}"}) + "\n"
            for number in range(count)).encode())
        self.anna.until(f":text {count - 1}")
        return writer

    def page(self, *words):
        lines = self.anna.ask("CHATHISTORY " + " ".join(words))
        self.assertIn(f" chathistory {self.room}", lines[0])
        reference = re.search(r"BATCH \+(\S+)", lines[0]).group(1)
        self.assertIn(f"BATCH -{reference}", lines[-1])
        self.assertTrue(all(tags_of(line)["batch"] == reference for line in lines[1:-1]))
        return lines[1:-1]

    def texts(self, lines):
        return [line.split(" :", 2)[-1] for line in lines]

    def walk(self, way, name, limit=10):
        """Pages until nothing comes, each from the end of the one before; all lines, oldest first."""
        lines, page = [], self.page("LATEST", self.room, "*", "1") if way == "BEFORE" else []
        bound = f"{name}={tags_of(page[0])['time' if name == 'timestamp' else name]}" if page else \
            "timestamp=1971-01-01T00:00:00.000Z"
        lines = page
        while True:
            page = self.page(way, self.room, bound, str(limit))
            if not page:
                return lines
            lines = page + lines if way == "BEFORE" else lines + page
            edge = tags_of(page[0] if way == "BEFORE" else page[-1])
            bound = f"{name}={edge['time' if name == 'timestamp' else name]}"

    def test_each_of_many_in_the_same_millisecond_comes_once(self):
        self.say_many(97)
        all_texts = [f"text {number}" for number in range(97)]
        self.assertEqual(self.texts(self.walk("BEFORE", "msgid")), all_texts)
        self.assertEqual(self.texts(self.walk("AFTER", "msgid")), all_texts)
        self.assertEqual(self.texts(self.walk("AFTER", "timestamp")), all_texts)
        newest = tags_of(self.page("LATEST", self.room, "*", "1")[0])["time"]
        older = [line for line in self.walk("BEFORE", "timestamp") if tags_of(line)["time"] < newest]
        self.assertEqual(self.texts(older), all_texts[:len(older)])

    def test_pages_that_end_by_their_bytes_lose_nothing(self):
        writer = self.full("writer", self.room)
        writer.send_bytes("".join(
            json.dumps({"op": "send", "id": f"m{number}", "room": self.room, "message": f"{number} " + "x" * 380}) + "\n"
            for number in range(900)).encode())
        self.anna.until(":899 ")
        numbers = [int(text.split()[0]) for text in self.texts(self.walk("AFTER", "timestamp", 800))]
        self.assertEqual(numbers, list(range(900)))

    def test_between_goes_both_ways_and_around_has_both_sides(self):
        self.say_many(20)
        ids = [tags_of(line)["msgid"] for line in self.page("LATEST", self.room, "*", "20")]
        ends = (f"msgid={ids[2]}", f"msgid={ids[17]}")
        self.assertEqual(self.texts(self.page("BETWEEN", self.room, *ends, "4")),
                         [f"text {number}" for number in range(3, 7)])
        self.assertEqual(self.texts(self.page("BETWEEN", self.room, *reversed(ends), "4")),
                         [f"text {number}" for number in range(13, 17)])
        self.assertEqual(self.texts(self.page("AROUND", self.room, f"msgid={ids[10]}", "3")),
                         ["text 9", "text 10", "text 11"])
        self.assertEqual(self.page("LATEST", self.room, f"msgid={ids[19]}", "5"), [])

    def test_texts_are_shown_as_they_read_now(self):
        writer = self.say_many(2)
        writer.request("edit", room=self.room, target=1, message="better")
        writer.request("delete", room=self.room, target=2)
        self.anna.until(" deleted ")
        self.assertEqual(self.texts(self.page("LATEST", self.room, "*", "9")), ["better"])

    def test_what_cannot_be_asked_for_is_refused(self):
        for words in ("LATEST #nowhere * 5", "LATEST #lobby * 5"):
            self.assertIn("FAIL CHATHISTORY INVALID_TARGET LATEST ", self.anna.ask(f"CHATHISTORY {words}")[0])
        for words in (f"BEFORE {self.room} * 5", f"AFTER {self.room} msgid=x 5", f"LATEST {self.room} * 0",
                      f"AFTER {self.room} timestamp=x 5", "NOWHERE", "TARGETS * * 5"):
            self.assertIn("FAIL CHATHISTORY INVALID_PARAMS", self.anna.ask(f"CHATHISTORY {words}")[0], words)

    def test_targets_are_those_in_which_something_was_said(self):
        self.say_many(1)
        self.anna.ask("JOIN #silent_irc")
        lines = self.anna.ask("CHATHISTORY TARGETS timestamp=2001-01-01T00:00:00Z timestamp=2099-01-01T00:00:00Z 9")
        self.assertEqual(len([line for line in lines if f"CHATHISTORY TARGETS {self.room} 2" in line]), 1)
        self.assertFalse([line for line in lines if "#silent_irc" in line])

    def test_search(self):
        writer = self.say_many(3)
        while writer.request("search", query="text", room=self.room).get("lag"):
            pass
        lines = self.anna.ask(f"SEARCH in={self.room};text=text;limit=2")
        self.assertEqual(self.texts(lines[1:-1]), ["text 1", "text 2"])
        self.assertIn("BATCH +", lines[0])
        self.assertIn("FAIL SEARCH INVALID_PARAMS", self.anna.ask("SEARCH limit=5")[0])

    def test_what_one_client_has_read_the_others_have_read(self):
        first = self.full("reader", self.room)
        first.request("register", password="correct horse battery")
        second = self.keep(type(self.anna)(self.server))
        second.greet(first.name, PAST + " sasl", "correct horse battery", "tester")
        second.name = first.name
        self.say_many(3)
        time = tags_of(self.page("LATEST", self.room, "*", "1")[0])["time"]
        second.line(f"MARKREAD {self.room} timestamp={time}")
        self.assertEqual(first.receive_op("read")["seq"], 3)
        second.until(f"MARKREAD {self.room} timestamp={time}")
        first.request("send", room=self.room, message="one more")
        first.request("read", room=self.room, seq=3)
        self.assertIn(f"MARKREAD {self.room} timestamp=", second.ask(f"MARKREAD {self.room}")[-1])


if __name__ == "__main__":
    unittest.main()
