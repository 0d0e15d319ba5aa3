"""The past over IRC: CHATHISTORY by msgid and by time, SEARCH, and up to where somebody has read."""
import contextlib
import json
import re
import sqlite3
import unittest

from brusio_test import CAPS, PrivateServerTest, ServerTest, deadline

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

    def page(self, *words, is_flat=True):
        lines = self.anna.ask("CHATHISTORY " + " ".join(words))
        self.assertIn(f" chathistory {self.room}", lines[0])
        reference = re.search(r"BATCH \+(\S+)", lines[0]).group(1)
        self.assertIn(f"BATCH -{reference}", lines[-1])
        # Lines of a batch within it belong to that one.
        self.assertTrue(all(tags_of(line)["batch"] == reference for line in lines[1:-1]) or not is_flat)
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
        self.anna.until(" deleted")
        self.assertEqual(self.texts(self.page("LATEST", self.room, "*", "9")), ["better"])

    def speak_of_all_kinds(self, writer):
        """Entries of every kind; the writer's last text says that all have come."""
        self.anna.ask(f"PRIVMSG {self.room} :\1ACTION waves\1", f"NOTICE {self.room} :mind the gap")
        writer.say("one\n\nthree " + "x" * 700, self.room)
        seq = writer.say("answer", self.room, reply_to=1)["seq"]
        writer.ok("react", room=self.room, target=seq, emoji="👍", on=True)
        writer.request("topic", room=self.room, topic="a topic")
        writer.say("the last", self.room)
        self.anna.until(" :the last")

    def pages_of_all_ways(self, room, lines):
        """Commands that ask for pages: every way, from the first, a middle and the last of LINES, by msgid and time."""
        ends = [tags_of(lines[at]) for at in (0, len(lines) // 2, -1)]
        bounds = [f"{name}={tags[key]}" for tags in ends for name, key in (("msgid", "msgid"), ("timestamp", "time"))]
        for limit in (1, 4, 200):
            for bound in bounds:
                for way in ("BEFORE", "AFTER", "LATEST", "AROUND"):
                    yield f"CHATHISTORY {way} {room} {bound} {limit}"
                for other in bounds:
                    yield f"CHATHISTORY BETWEEN {room} {bound} {other} {limit}"
            yield f"CHATHISTORY LATEST {room} * {limit}"

    def test_what_the_log_holds_reads_as_what_the_store_holds(self):
        """Pages for clients without batches come from the store."""
        pairs = [[self.irc(f"reader{number}{kind}", caps=f"message-tags server-time draft/chathistory {batch}{events}")
                  for kind, batch in enumerate(("batch", ""))]
                 for number, events in enumerate(("", " draft/event-playback"))]
        for reader in sum(pairs, []):
            reader.ask(f"JOIN {self.room}")
        self.speak_of_all_kinds(self.say_many(3))

        def plain(lines):
            return [(sorted(item for item in tags_of(line).items() if item[0] != "batch"), line.split(" ", 1)[-1])
                    for line in lines if " BATCH " not in line]
        for log, store in pairs:
            log.all()
            store.all()
            lines = store.ask(f"CHATHISTORY LATEST {self.room} * 200")
            for wish in self.pages_of_all_ways(self.room, [line for line in lines if "msgid=" in line]):
                self.assertEqual(plain(log.ask(wish)), plain(store.ask(wish)), wish)

    def test_a_page_of_the_log_has_no_text_that_was_changed(self):
        writer = self.say_many(4)
        first = tags_of(self.page("LATEST", self.room, "*", "9")[0])
        writer.request("edit", room=self.room, target=3, message="better")
        writer.request("delete", room=self.room, target=2)
        self.anna.until(" deleted")
        for bound in (f"msgid={first['msgid']}", "timestamp=1971-01-01T00:00:00.000Z"):
            texts = self.texts(self.page("AFTER", self.room, bound, "9"))
            self.assertEqual(texts[-2:], ["better", "text 3"])
            self.assertNotIn("text 1", texts)
        writer.request("set", room=self.room, keep_edits=True)
        writer.request("edit", room=self.room, target=4, message="best")
        self.anna.until(":* best")
        self.assertEqual(self.texts(self.page("AFTER", self.room, f"msgid={first['msgid']}", "9"))[-1], "best")

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
        # Somebody's coming in may be told before the answer.
        begin = next(index for index, line in enumerate(lines) if "BATCH +" in line)
        self.assertEqual(self.texts(lines[begin + 1:-1]), ["text 1", "text 2"])
        self.assertIn("FAIL SEARCH INVALID_PARAMS", self.anna.ask("SEARCH limit=5")[0])

    def test_the_past_as_znc_gives_it(self):
        reader, other = self.irc("reader", caps=f"{CAPS} znc.in/playback"), self.irc("other", caps=CAPS)
        reader.ask(f"JOIN {self.room}", f"JOIN {self.room}2")
        other.ask(f"PRIVMSG {reader.name} :in private")
        self.say_many(450)
        lines = self.anna.ask(f"CHATHISTORY AROUND {self.room} msgid=" +
                              tags_of(self.page("LATEST", self.room, "*", "1")[0])["msgid"] + " 1")
        self.assertIn(":text 449", lines[1])

        def played(words):
            lines = reader.ask(f"PRIVMSG *playback :PLAY {words}")
            begins = [line.split(" ")[-1] for line in lines if " BATCH +" in line]
            self.assertTrue(all(" znc.in/playback " in line for line in lines if " BATCH +" in line))
            return begins, [line.split(" :")[-1] for line in lines if " PRIVMSG " in line and "batch" in tags_of(line)]
        # All that came after a time, in pages, and the newest page where no time is given.
        begins, texts = played(f"{self.room} 1.5")
        self.assertEqual((set(begins), texts), ({self.room}, [f"text {number}" for number in range(450)]))
        self.assertEqual(played(self.room)[1], [f"text {number}" for number in range(250, 450)])
        self.assertEqual(played(f"{self.room} 1 2")[1], [])
        begins, texts = played("* 1")
        self.assertEqual(set(begins), {self.room, f"{self.room}2", other.name})
        self.assertEqual((len(texts), texts.count("in private")), (451, 1))
        self.assertEqual(played(f"{self.room}2,{other.name} 1"), ([f"{self.room}2", other.name], ["in private"]))
        self.assertIn(" 40", reader.ask(f"PRIVMSG *playback :PLAY {self.room}3 1")[-1])
        self.assertIn(" 404 ", reader.ask("PRIVMSG *playback :CLEAR *")[-1])

    def test_a_list_of_what_is_played_is_as_short_as_any_other(self):
        reader = self.irc("reader", caps=f"{CAPS} znc.in/playback draft/multiline")
        reader.ask(f"JOIN {self.room}")
        lines = reader.ask("PRIVMSG *playback :PLAY " + ",".join([self.room] * 21))
        self.assertEqual([line.split(" ")[1] for line in lines], ["407"])
        lines = reader.ask(f"PRIVMSG *playback :PLAY *,{self.room}")
        self.assertIn(" 403 ", lines[0])
        self.assertEqual(sum("znc.in/playback" in line for line in lines), 1, lines)
        lines = reader.ask("BATCH +b draft/multiline *playback", f"@batch=b PRIVMSG *playback :PLAY {self.room}", "BATCH -b")
        self.assertEqual([line.split(" ")[1] for line in lines], ["404"])

    def test_a_client_that_asks_as_znc_is_asked_is_not_shown_it_unasked(self):
        first = self.full("keeper", self.room)
        first.request("register", password="correct horse battery")
        self.say_many(3)
        for caps, count in (("sasl server-time", 3), ("sasl server-time znc.in/playback", 0)):
            client = self.keep(type(self.anna)(self.server))
            client.greet(first.name, caps, "correct horse battery", "tester")
            lines = list(client.greeting)
            while not [line for line in lines if " 366 " in line]:
                lines.append(client.read())
            while count and not lines[-1].endswith(":text 2"):
                lines.append(client.read())
            lines += client.all()
            self.assertEqual(len([line for line in lines if " PRIVMSG " in line]), count, caps)

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


class Storm(PrivateServerTest):
    def test_what_the_log_holds_is_not_asked_of_the_store(self):
        """Many who come back at once would wait for a turn of the chat thread and a job each."""
        self.start()
        path = self.server.data / "brusio.db"
        if not path.exists():
            self.skipTest("the store is not a file")
        anna = self.irc("anna", caps=PAST)
        anna.ask("JOIN #lobby", *(f"PRIVMSG #lobby :text {number}" for number in range(3)))
        with contextlib.closing(sqlite3.connect(path, timeout=deadline())) as database, database:
            self.assertEqual(database.execute("UPDATE entries SET text = 'of the store' WHERE seq = 2").rowcount, 1)
        for wish in ("* 3", "* 9"):
            lines = anna.ask(f"CHATHISTORY LATEST #lobby {wish}")[1:-1]
            self.assertEqual([line.split(" :")[-1] for line in lines], ["text 0", "text 1", "text 2"])
        lines = anna.ask("CHATHISTORY AROUND #lobby timestamp=2999-01-01T00:00:00.000Z 9")[1:-1]
        self.assertEqual([line.split(" :")[-1] for line in lines], ["text 0", "of the store", "text 2"])
        first, _, last = map(tags_of, lines)
        ends = f"msgid={first['msgid']} msgid={last['msgid']}"
        for wish in (f"BEFORE #lobby msgid={last['msgid']} 1", "BEFORE #lobby timestamp=2999-01-01T00:00:00.000Z 9",
                     f"BETWEEN #lobby {ends} 9", f"AROUND #lobby msgid={first['msgid']} 5"):
            self.assertIn("text 1", " ".join(anna.ask(f"CHATHISTORY {wish}")), wish)
        for bound in (f"msgid={first['msgid']}", "timestamp=1971-01-01T00:00:00.000Z"):
            lines = anna.ask(f"CHATHISTORY AFTER #lobby {bound} 9")[1:-1]
            self.assertEqual([line.split(" :")[-1] for line in lines][-2:], ["text 1", "text 2"], bound)


if __name__ == "__main__":
    unittest.main()
