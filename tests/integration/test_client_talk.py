"""Everything beside plain messages in the terminal client: changes, replies, private talk, order, looking back."""
import json
import pathlib
import re
import subprocess
import unittest

from brusio_test import ServerTest
from client_tools import Terminal, address_of

CTRL_D, CTRL_U = "\x04", "\x15"


class TalkTest(ServerTest):
    """Anna owns a room, and Mario is in it, too."""

    def setUp(self):
        super().setUp()
        self.me = self.named("anna")
        self.asked = 0
        self.terminal = Terminal("--room", self.room, address_of(self.server, self.me))
        self.addCleanup(self.terminal.close)
        self.terminal.shows(f"You are in {self.room}.")
        self.mario = self.full("mario", self.room)
        self.terminal.shows(f"{self.mario.name} joined")

    def type(self, line):
        self.terminal.type(line + "\n")

    def shows(self, *texts):
        self.terminal.shows(*texts)

    def says(self, text):
        """Anna says it; returns the entry that Mario gets. Her client knows its number, too."""
        self.type(text)
        entry = self.mario.entry(self.room)
        self.settled()
        return entry

    def settled(self):
        """All earlier requests of Anna's client are answered by then: answers come in order."""
        self.asked += 1
        self.type("/list")
        self.terminal.wait(lambda: self.terminal.count("-- In ") == self.asked, "the list")

    def leave(self):
        self.terminal.type(CTRL_U + CTRL_D)
        self.assertEqual(self.terminal.ended(), 0)


class Changing(TalkTest):
    def test_the_last_own_message(self):
        self.mario.say("of somebody else", self.room)
        seq = self.says("frist")["seq"]
        self.mario.say("later", self.room)
        self.shows("later")
        self.type("/edit first")
        entry = self.mario.push(op="edit", room=self.room)
        self.assertEqual((entry["target"], entry["message"]), (seq, "first"))
        self.shows(f"Message #{seq} now reads: first")
        self.type("/delete")
        self.assertEqual(self.mario.push(op="delete", room=self.room)["target"], seq)
        self.shows(f"Message #{seq} was deleted.")
        self.type("/delete")
        self.shows("There is no message of yours here")
        self.leave()

    def test_one_by_number(self):
        first = self.says("one")["seq"]
        self.says("two")
        self.type("/numbers")
        self.type(f"/edit #{first} one and a half")
        self.assertEqual(self.mario.push(op="edit")["target"], first)
        self.type("/edit 5")
        self.assertEqual(self.mario.push(op="edit")["message"], "5")
        other = self.mario.say("not yours", self.room)["seq"]
        self.shows(f" #{other} {self.mario.name}: not yours")
        self.type(f"/edit #{other} mine")
        self.shows("!! That is not your message.")
        self.type(f"/delete #{first}")
        self.assertEqual(self.mario.push(op="delete")["target"], first)
        self.leave()

    def test_what_others_change(self):
        seq = self.mario.say("Hello wrold", self.room)["seq"]
        own = self.says("ciao")["seq"]
        self.mario.ok("edit", room=self.room, target=seq, message="Hello world")
        self.shows(f"{self.mario.name}: Hello world (was #{seq})")
        self.mario.ok("react", room=self.room, target=own, emoji="👍", on=True)
        self.shows(f"{self.mario.name} reacted with 👍 to message {own} ({self.me}: ciao)")
        self.mario.ok("send", room=self.room, message="ciao anche a te", reply_to=own)
        self.shows(f"{self.mario.name}: (re #{own} {self.me}: ciao) ciao anche a te")
        self.mario.ok("delete", room=self.room, target=seq)
        self.shows(f"Message {seq} was deleted")
        self.type("/history")
        self.shows(f"#{seq} {self.mario.name}: (deleted)", f"#{own} {self.me}: ciao [👍]")
        self.leave()

    def test_replies_and_reactions(self):
        seq = self.mario.say("question?", self.room)["seq"]
        self.says("meanwhile")
        self.type("/reply answer")
        entry = self.mario.entry(self.room)
        self.assertEqual((entry["reply_to"], entry["message"]), (seq, "answer"))
        self.shows(f"{self.me}: (re #{seq} {self.mario.name}: question?) answer")
        self.type("/react 🎉")
        entry = self.mario.push(op="react")
        self.assertEqual((entry["target"], entry["emoji"], entry["on"]), (seq, "🎉", True))
        self.type("/unreact 🎉")
        self.assertFalse(self.mario.push(op="react")["on"])
        self.shows(f"You removed 🎉 from message #{seq}.")
        self.type("/react")
        self.shows("Usage: /react [#NUMBER] EMOJI")
        self.leave()

    def test_a_change_survives_the_line(self):
        """An own edit is an entry that the own line does not get: what follows it must not wait for it."""
        self.says("one")
        self.type("/edit two")
        self.mario.push(op="edit")
        self.mario.say("after it", self.room)
        self.shows("after it")
        self.type("/topic all of it")
        self.shows(f"The topic of {self.room}: all of it")
        self.mario.say("after the topic", self.room)
        self.shows("after the topic")
        self.leave()


class Looking(TalkTest):
    def test_search(self):
        self.mario.say("the quick brown fox", self.room)
        self.says("a lazy dog and a fox")
        for query, found, other in (("/search brown", "quick brown", None),
                                    (f"/search {self.room} fox from:{self.me}", "lazy dog", None),
                                    ("/search unicorn", "Nothing found.", None)):
            before = self.terminal.count(found)
            self.terminal.wait(lambda: self.found(query, found, before), query)
        self.leave()

    def found(self, query, found, before):
        """The index lags a little behind what was said, so the search is repeated until it knows."""
        answers = self.terminal.count("Nothing found.") + self.terminal.count("fox")
        self.type(query)
        self.terminal.wait(lambda: self.terminal.count("Nothing found.") + self.terminal.count("fox") > answers,
                           "an answer")
        return self.terminal.count(found) > before

    def test_older_pages_of_a_search(self):
        for number in range(60):
            self.mario.say(f"needle {number}.", self.room)
        self.terminal.wait(lambda: self.mario.request("search", query="needle", room=self.room, limit=200)
                           ["messages"].__len__() == 60, "all of them are indexed")
        self.type(f"/search {self.room} needle")
        self.shows("50 are shown")
        self.type("/numbers")
        self.shows("Message numbers are")
        before = self.terminal.count("needle 0.")
        self.type("/search")
        self.terminal.wait(lambda: self.terminal.count("needle 0.") > before, "the oldest one")
        self.assertEqual(self.terminal.count("are shown"), 1)
        self.type("/search")
        self.shows("Usage: /search")
        self.leave()

    def test_history_before_a_number(self):
        for number in range(5):
            seq = self.mario.say(f"line {number}", self.room)["seq"]
        self.shows("line 4")
        self.type(f"/history 2 #{seq - 1}")
        self.terminal.wait(lambda: self.terminal.count("line 2") == 2, "the older ones")
        self.assertEqual((self.terminal.count("line 1"), self.terminal.count("line 3")), (2, 1))
        self.leave()

    def test_who_and_away(self):
        self.mario.ok("away", message="lunch")
        self.shows(f"{self.mario.name} is away: lunch")
        self.type("/who")
        self.shows(f"{self.me} (owner) (you)", f"{self.mario.name} (away: lunch)")
        self.type("/away reading")
        self.shows("You are away: reading")
        self.assertEqual(self.mario.push(op="away", name=self.me)["away"], "reading")
        self.type("/away")
        self.shows("You are back.")
        self.leave()


class Privately(TalkTest):
    def test_a_conversation(self):
        self.mario.ok("send", room=f"@{self.me}", message="psst")
        self.shows(f"@{self.mario.name} {self.mario.name}: psst")
        self.type("/rooms")
        self.shows(f"@{self.mario.name}, unread: 1")
        self.terminal.type(f"/join @{self.mario.name[:3]}\t")
        self.terminal.typed_is(f"{self.room}> /join @{self.mario.name} ")
        self.type("")
        self.terminal.typed_is(f"@{self.mario.name}> ")
        self.type("what?")
        self.assertEqual(self.mario.push(op="message", room=f"@{self.me}")["message"], "what?")
        self.settled()
        self.type("/edit what is it?")
        self.assertEqual(self.mario.push(op="edit", room=f"@{self.me}")["message"], "what is it?")
        self.type("/leave")
        self.terminal.typed_is("> ")
        self.type(f"/join {self.room}")
        self.terminal.typed_is(f"{self.room}> ")
        self.type(f"/msg @{self.mario.name} later")
        self.assertEqual(self.mario.push(op="message", room=f"@{self.me}")["message"], "later")
        self.leave()

    def test_nobody_of_that_name(self):
        self.type("/msg nobody_at_all hello")
        self.shows("Not sent to @nobody_at_all: There is no user called nobody_at_all.")
        self.leave()

    def test_the_other_takes_another_name(self):
        self.mario.ok("send", room=f"@{self.me}", message="psst")
        self.shows("psst")
        self.mario.ok("nick", name=self.named("luigi"))
        self.shows(f"is now called {self.named('luigi')}")
        self.mario.ok("send", room=f"@{self.me}", message="it is me")
        self.shows(f"@{self.named('luigi')} {self.named('luigi')}: it is me")
        self.leave()


class Ordering(TalkTest):
    def test_kick_mute_ban_and_role(self):
        self.type(f"/mute {self.mario.name} 10m shouting")
        self.shows(f"{self.me} muted {self.mario.name}: shouting")
        event = self.mario.push(op="mute")
        self.assertEqual((event["reason"], "until" in event), ("shouting", True))
        self.mario.refused("muted", "send", room=self.room, message="but")
        self.type(f"/unmute {self.mario.name}")
        self.mario.push(op="unmute")
        self.terminal.type(f"/role {self.mario.name} mod\t")
        self.terminal.typed_is(f"{self.room}> /role {self.mario.name} moderator ")
        self.type("")
        self.assertEqual(self.mario.push(op="role")["role"], "moderator")
        self.shows(f"{self.mario.name} is now moderator of {self.room}")
        self.type(f"/kick {self.mario.name} enough is enough")
        self.assertEqual(self.mario.push(op="kick")["reason"], "enough is enough")
        self.type(f"/ban {self.mario.name} for good")
        self.shows(f"{self.me} banned {self.mario.name} from {self.room}: for good")
        self.mario.refused("banned", "join", room=self.room)
        self.type(f"/unban {self.mario.name}")
        self.shows(f"{self.me} lifted the ban on {self.mario.name}")
        self.mario.join(self.room)
        self.leave()

    def test_being_sent_out(self):
        other = self.room + "b"
        self.mario.join(other)
        self.type(f"/join {other}")
        self.terminal.typed_is(f"{other}> ")
        self.mario.ok("kick", room=other, name=self.me, reason="no")
        self.shows(f"removed {self.me} from {other}: no")
        self.terminal.typed_is("> ")
        self.leave()

    def test_a_private_room(self):
        self.type("/set private")
        self.shows(f"The settings of {self.room} were changed.")
        self.mario.push(op="set", room=self.room)
        luigi = self.full("luigi")
        luigi.refused("no_room", "join", room=self.room)
        self.type(f"/invite {luigi.name}")
        self.shows(f"{luigi.name} can now join {self.room}.")
        luigi.join(self.room)
        self.type("/set public yes")
        self.assertIn("public", self.mario.push(op="set")["message"])
        self.type("/set keep 30")
        self.assertIn("30", self.mario.push(op="set")["message"])
        self.type("/private yes")
        self.assertIn("private", self.mario.push(op="set")["message"])
        # The client asks once it has heard itself that the room is private, for the second time here.
        self.terminal.wait(lambda: sum("made the room private" in row for row in self.terminal.screen.text()) == 2, "private")
        self.type("/private no")
        self.shows("Everybody could then read all that was said")
        self.type("/set public yes")
        self.assertIn("public", self.mario.push(op="set")["message"])
        self.type("/private perhaps")
        self.shows("Usage: /private on|off")
        self.type("/keep 0")
        self.assertTrue(self.mario.push(op="set")["message"].endswith(": 0"))
        self.type("/set free")
        self.shows("\"free\" is not possible here: /set private | public |")
        self.leave()

    def test_wrong_usage(self):
        for line, usage in (("/kick", "/kick NAME [REASON]"), ("/ban", "/ban NAME [TIME] [REASON]"),
                            ("/role mario", "/role NAME owner"), ("/invite", "/invite NAME"),
                            ("/block", "/block NAME"), ("/invite a b", "/invite NAME")):
            before = self.terminal.count("Usage: " + usage)
            self.type(line)
            self.terminal.wait(lambda: self.terminal.count("Usage: " + usage) > before, line)
        self.type("/help ban")
        self.shows("/ban NAME [TIME] [REASON]  ban a user")
        self.leave()


class Completing(TalkTest):
    def test_what_tab_makes_of_it(self):
        self.mario.join(f"{self.room}other")
        self.type("/rooms")
        self.shows(f"{self.room}other (1)")
        for typed, completed in (("/unm", "/unmute "), ("/help unm", "/help unmute "),
                                 (f"/kick {self.mario.name[:3]}", f"/kick {self.mario.name} "),
                                 (f"/join {self.room}o", f"/join {self.room}other "),
                                 (f"{self.mario.name[:3]}", f"{self.mario.name}: "),
                                 ("/role x own", "/role x owner "), (f"hi @{self.mario.name[:3]}", f"hi @{self.mario.name} "),
                                 (f"/search from:{self.mario.name[:3]}", f"/search from:{self.mario.name} "),
                                 ("/set read", "/set read-only "), ("/token rev", "/token revoke "),
                                 (f"/msg @{self.mario.name[:3]}", f"/msg @{self.mario.name} "), ("good :thumbsu", "good 👍 ")):
            self.terminal.type(CTRL_U + typed + "\t")
            self.terminal.typed_is(f"{self.room}> {completed}")
        self.leave()


class Documented(unittest.TestCase):
    def test_every_command_is_in_the_manual(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        manual = set(re.findall(r"^\.It Ic /(\w+)", (root / "man/brusio.1").read_text(), re.M))
        own = set(re.findall(r"\{NAMED\((\w+)\)", (root / "src/client/commands.c").read_text()))
        rows = json.loads(subprocess.run([root / "script/operations"], capture_output=True, check=True).stdout)
        shared = {command["name"] for row in rows["operations"] for command in row["commands"]}
        self.assertEqual(manual, own | shared)


if __name__ == "__main__":
    unittest.main()
