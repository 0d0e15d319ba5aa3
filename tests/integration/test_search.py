"""Search: words, phrases, prefixes, filters, pages, and only what one may read (point 5)."""
import datetime
import random
import sqlite3
import time

from brusio_test import PrivateServerTest, ServerTest, deadline, only_sqlite


class Search(ServerTest):
    def setUp(self):
        super().setUp()
        self.writer = self.full("writer", self.room)

    def say(self, *texts):
        acks = [self.writer.say(text, self.room)["seq"] for text in texts]
        return acks

    def search(self, query, client=None, **fields):
        client = client or self.writer
        while True:
            answer = client.ok("search", query=query, **fields)
            if not answer.get("lag"):
                return answer

    def found(self, query, client=None, **fields):
        return [message["message"] for message in self.search(query, client, **fields)["messages"]]

    def test_words_phrases_prefixes(self):
        self.say("the quick brown fox", "the brown quick dog", "quickly now")
        room = {"room": self.room}
        self.assertEqual(self.found("quick", **room), ["the brown quick dog", "the quick brown fox"])
        self.assertEqual(self.found('"quick brown"', **room), ["the quick brown fox"])
        self.assertEqual(self.found("quick*", **room), ["quickly now", "the brown quick dog", "the quick brown fox"])
        self.assertEqual(self.found("quick dog", **room), ["the brown quick dog"])
        self.assertEqual(self.found("absent", **room), [])

    def test_accents_and_case(self):
        self.say("Perché no? Così È")
        for query in ("perche", "PERCHÉ", "cosi", "è"):
            self.assertEqual(self.found(query, room=self.room), ["Perché no? Così È"], query)

    def test_operators_are_words(self):
        self.say("a AND b", 'quote " inside', "NOT this", "col:umn (x) ^y *")
        for query in ("AND", "NOT", "NEAR(", "col:umn", '"', "(", "^y", "-", "*", "a OR", "body:AND", "'; DROP"):
            answer = self.writer.request("search", query=query, room=self.room)
            self.assertIn(answer["op"], ("results", "error"))
            self.assertIn(answer.get("code", "bad_field"), ("bad_field",))

    def test_from(self):
        other = self.full("other", self.room)
        self.say("shared word")
        other.say("shared word too", self.room)
        self.assertEqual(self.found("shared", room=self.room, **{"from": other.name}), ["shared word too"])
        self.assertEqual(self.found(f"shared from:{other.name}", room=self.room), ["shared word too"])
        self.assertEqual(self.found(f"from:{other.name.upper()}", room=self.room), ["shared word too"])
        self.assertEqual(self.found("", room=self.room, **{"from": other.name}), ["shared word too"])

    def test_pages(self):
        self.say(*(f"paged {number}" for number in range(25)))
        got, before = [], None
        while True:
            page = self.search("paged", room=self.room, limit=10, **({"before": before} if before else {}))
            got += [message["message"] for message in page["messages"]]
            if not page["more"]:
                break
            before = page["next"]
        self.assertEqual(got, [f"paged {number}" for number in range(24, -1, -1)])

    def test_pages_over_all_rooms(self):
        word = f"everywhere{self.number}"
        other = f"{self.room}x"
        self.writer.join(other)
        for number in range(6):
            self.writer.say(f"{word} {number}", self.room if number % 2 else other)
        first = self.search(word, limit=4)
        second = self.search(word, limit=4, before=first["next"])
        texts = [message["message"] for message in first["messages"] + second["messages"]]
        self.assertEqual(texts, [f"{word} {number}" for number in range(5, -1, -1)])
        self.assertFalse(second["more"])

    def test_scripts_without_spaces(self):
        self.say("我的文件夹在这里", "東京タワーに行った", "서버가 멈췄다", "ที่นี่มีแม่น้ำ")
        for query, text in (("文件", "我的文件夹在这里"), ("夹", "我的文件夹在这里"), ("タワー", "東京タワーに行った"),
                            ("京タ", "東京タワーに行った"), ("서버", "서버가 멈췄다"), ("น้ำ", "ที่นี่มีแม่น้ำ"),
                            ("แม", "ที่นี่มีแม่น้ำ")):
            self.assertEqual(self.found(query, room=self.room), [text], query)
        self.assertEqual(self.found("件文", room=self.room), [])

    def test_emoji_in_all_skin_tones(self):
        self.say("well done 👍🏽!", "👍", "👎", "on my way 🚀🚀", "🇮🇹🇫🇷")
        self.assertEqual(self.found("👍", room=self.room), ["👍", "well done 👍🏽!"])
        self.assertEqual(self.found("👍🏿", room=self.room), ["👍", "well done 👍🏽!"])
        self.assertEqual(self.found("🚀", room=self.room), ["on my way 🚀🚀"])
        self.assertEqual(self.found("🇫🇷", room=self.room), ["🇮🇹🇫🇷"])

    def test_signs_that_belong_to_a_name(self):
        self.say("I write C", "I write C++.", "I write C#, too", "1+1 is a+b")
        self.assertEqual(self.found("C++", room=self.room), ["I write C++."])
        self.assertEqual(self.found("c#", room=self.room), ["I write C#, too"])
        self.assertEqual(self.found("C", room=self.room), ["I write C#, too", "I write C++.", "I write C"])
        self.assertEqual(self.found('"write c++"', room=self.room), ["I write C++."])
        self.assertEqual(self.found("b", room=self.room), ["1+1 is a+b"])

    def test_folding(self):
        texts = ["Straße", "Łódź", "１２３", "ﬁne", "हिन्दी की", "مُحَمَّد", "שָׁלוֹם"]
        self.say(*texts)
        for query, text in (("strasse", 0), ("STRASSE", 0), ("lodz", 1), ("123", 2), ("fine", 3), ("की", 4),
                            ("हिन्दी", 4), ("محمد", 5), ("שלום", 6)):
            self.assertEqual(self.found(query, room=self.room), [texts[text]], query)
        self.assertEqual(self.found("कि", room=self.room), [])
        self.say("strasse 123 محمد")
        self.assertEqual(len(self.found("straße １２３ مُحَمَّد", room=self.room)), 1)

    def test_excluded_words(self):
        self.say("red apple", "green apple", "green pear")
        self.assertEqual(self.found("apple -red", room=self.room), ["green apple"])
        self.assertEqual(self.found('green -"green apple"', room=self.room), ["green pear"])
        self.assertEqual(self.found(f"in:{self.room} -apple"), ["green pear"])

    def test_in(self):
        word, other = f"where{self.number}", f"{self.room}x"
        self.writer.join(other)
        self.say(word)
        self.writer.say(f"{word} too", other)
        self.assertEqual(self.found(f"{word} in:{other}"), [f"{word} too"])
        self.assertEqual(self.found(f"{word} in:{other[1:]}"), [f"{word} too"])
        stranger = self.full("stranger")
        self.writer.ok("set", room=other, private=True)
        for query in (f"{word} in:{other}", f"{word} in:#no-such-room"):
            error = stranger.refused("bad_field", "search", query=query)
            self.assertEqual(error["field"], "query")

    def test_days(self):
        self.say(f"day{self.number}")
        now = datetime.datetime.now(datetime.timezone.utc)
        today, tomorrow = now.date(), now.date() + datetime.timedelta(days=1)
        yesterday = today - datetime.timedelta(days=1)
        later = (now + datetime.timedelta(minutes=5)).isoformat()
        for query, count in ((f"after:{yesterday}", 1), (f"before:{tomorrow}", 1), (f"before:{yesterday}", 0),
                             (f"after:{tomorrow}", 0), (f"on:{yesterday}", 0), (f"before:{later}", 1),
                             (f"after:{later}", 0)):
            self.assertEqual(len(self.found(f"day{self.number} {query}", room=self.room)), count, query)
        # Midnight may have passed since.
        self.assertEqual(len(self.found(f"on:{today}", room=self.room)) +
                         len(self.found(f"on:{tomorrow}", room=self.room)), 1)

    def test_what_a_message_has(self):
        plain, _, liked = self.say("plain text", "see https://example.org/x", "liked")
        self.writer.ok("react", room=self.room, target=liked, emoji="👍", on=True)
        self.assertEqual(self.found("has:link", room=self.room), ["see https://example.org/x"])
        self.assertEqual(self.found("has:reaction", room=self.room), ["liked"])
        self.writer.ok("edit", room=self.room, target=plain, message="now http://example.org")
        self.assertEqual(self.found("now has:link", room=self.room), ["now http://example.org"])

    def test_what_is_not_understood_is_said(self):
        for query in ("'", "(", "-word", '"no end', "x from:", "from:Nobody_Said_This", "has:everything", "on:yesterday",
                      "before:2026-02-30", "in:#", "x -in:#lobby"):
            error = self.writer.refused("bad_field", "search", query=query)
            self.assertEqual(error["field"], "query", query)
            self.assertNotIn("{", error["message"])

    def test_an_edited_message_is_found_by_what_it_says_now(self):
        seq, = self.say(f"before{self.number}")
        self.writer.ok("edit", room=self.room, target=seq, message=f"after{self.number}")
        self.assertEqual(self.found(f"after{self.number}"), [f"after{self.number}"])
        self.assertEqual(self.found(f"before{self.number}"), [])

    def test_a_deleted_message_is_not_found(self):
        seq, = self.say(f"gone{self.number}")
        self.assertEqual(len(self.found(f"gone{self.number}")), 1)
        self.writer.ok("delete", room=self.room, target=seq)
        self.assertEqual(self.found(f"gone{self.number}"), [])

    def test_private_rooms_are_searched_by_their_members_alone(self):
        word = f"private{self.number}"
        self.say(word)
        stranger = self.full("stranger")
        self.assertEqual(self.found(word, stranger), [word])
        self.writer.ok("set", room=self.room, private=True)
        self.assertEqual(self.found(word, stranger), [])
        stranger.refused({"not_member", "no_room"}, "search", query=word, room=self.room)
        self.assertEqual(self.found(word), [word])

    def test_the_banned_do_not_find_what_they_may_not_read(self):
        word = f"banned{self.number}"
        self.say(word)
        stranger = self.full("stranger")
        self.writer.ok("ban", room=self.room, name=stranger.name)
        self.assertEqual(self.found(word, stranger), [])
        self.writer.ok("unban", room=self.room, name=stranger.name)
        self.assertEqual(self.found(word, stranger), [word])

    def test_wrong_fields(self):
        for query in ("", "   ", '""', None, 3, "x" * 600):
            answer = self.writer.request("search", query=query)
            self.assertIn(answer.get("code"), ("bad_field", "too_large"), query)
        self.writer.refused("bad_field", "search", query="x", limit=0)
        self.writer.refused("bad_field", "search", query="x", limit=201)
        self.writer.refused("no_room", "search", query="x", room="#nowhere-at-all")


class Index(PrivateServerTest):
    @only_sqlite
    def test_an_index_of_an_older_form_is_made_anew(self):
        server = self.start()
        writer = self.full("writer", self.room)
        writer.say("remember this", self.room)
        while not writer.ok("search", query="remember")["messages"]:
            pass
        server.stop()
        for path in server.data.glob("search.db*"):
            path.unlink()
        old = sqlite3.connect(server.data / "search.db")
        with sqlite3.connect(server.data / "brusio.db") as chat:
            epoch, = chat.execute("SELECT value FROM meta WHERE key='epoch'").fetchone()
        old.executescript("CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
                          "CREATE TABLE segments(number INTEGER PRIMARY KEY); INSERT INTO segments VALUES(0);"
                          "CREATE VIRTUAL TABLE segment_0 USING fts5(body, tags, content='', columnsize=0);"
                          "INSERT INTO meta VALUES('last_id', 1000)")
        with old:
            old.execute("INSERT INTO meta VALUES('epoch', ?)", (epoch,))
        old.close()
        server.start()
        reader = self.full("reader")
        while not reader.ok("search", query="remember")["messages"]:
            pass
        self.assertEqual(server.run("check").returncode, 0)

    def test_the_index_is_made_again(self):
        server = self.start()
        writer = self.full("writer", self.room)
        writer.say("remember this", self.room)
        server.stop()
        for path in server.data.glob("search.db*"):
            path.unlink()
        server.start()
        reader = self.full("reader")
        while not reader.ok("search", query="remember")["messages"]:
            pass

    def test_the_index_catches_up_after_kill_9(self):
        server = self.start()
        writer = self.full("writer", self.room)
        for number in range(50):
            writer.say(f"remember {number}", self.room)
        server.kill()
        server.start()
        reader = self.full("reader")
        while len(reader.ok("search", query="remember", limit=200)["messages"]) != 50:
            pass
        self.assertEqual(server.run("check").returncode, 0)

    def test_the_index_is_at_most_twice_the_text(self):
        """In scripts with spaces and without, of words as frequent as words are."""
        dice = random.Random(1)
        words = ["".join(dice.choice("abcdefghilmnopqrstuvz") for _ in range(dice.randint(2, 10))) for _ in range(3000)]
        signs = [chr(0x4E00 + number) for number in range(1500)]
        server = self.start()
        writer, text_bytes = self.full("writer", self.room), 0
        for number in range(4000):
            stock, gap = (words, " ") if number % 2 else (signs, "")
            places = (int(dice.paretovariate(0.6)) % len(stock) for _ in range(dice.randint(5, 25)))
            text = gap.join(stock[place] for place in places)
            text_bytes += len(text.encode())
            writer.post("send", id=f"s{number}", room=self.room, message=text)
            if number % 64 == 63:
                writer.answer(f"s{number}")
        writer.barrier()
        limit = time.monotonic() + deadline()
        while writer.ok("search", query=words[1]).get("lag") and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertFalse(writer.ok("search", query=words[1]).get("lag"))
        server.stop()
        self.assertLessEqual((server.data / "search.db").stat().st_size, 2 * text_bytes)
