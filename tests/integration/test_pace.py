"""Bounds on what one person, or one address, can announce and create; people never meet them (with the
defaults: nothing is lifted)."""
import re
from pathlib import Path

from brusio_test import Irc, PrivateServerTest

OPERATIONS = Path(__file__).parents[2] / "src/base/operations.h"

# Not 127.0.0.1, which is nobody's address: see the last test of Rooms.
HERE, THERE = "127.0.0.3", "127.0.0.2"


class Pace(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start(lifted=())

    def guest(self, name, source=HERE):
        client = self.unnamed(source=source)
        client.ok("hello", name=name)
        return client

    def account(self, name, source=HERE):
        client = self.guest(name, source)
        client.ok("register", password="correct horse battery")
        return client

    def codes(self, client, op, count, **fields):
        """The answers' codes to COUNT requests that are sent without waiting."""
        ids = [f"{op}{number}" for number in range(count)]
        client.waiting.update(ids)
        for number, one in enumerate(ids):
            client.send_object({"op": op, "id": one} | {key: value(number) if callable(value) else value
                                                        for key, value in fields.items()})
        return [client.answer(one).get("code") for one in ids]


class Rooms(Pace):
    def test_a_guest_is_in_few_rooms(self):
        """And what they use up is theirs alone."""
        other = self.guest("other", THERE)
        codes = self.codes(self.guest("greedy"), "join", 50, room=lambda number: f"#junk{number}")
        self.assertEqual((codes.count(None), codes.count("limit")), (20, 30))
        other.join("#mine")

    def test_an_address_makes_few_rooms(self):
        made = []
        for number in range(5):
            made += self.codes(self.guest(f"guest{number}"), "join", 15, room=lambda n, g=number: f"#g{g}n{n}")
        self.assertEqual((made.count(None), made.count("limit")), (20, 55))
        # Those that are there may be joined, and another address makes its own.
        self.guest("late").join("#g0n0")
        self.guest("other", THERE).join("#mine")

    def test_guests_of_one_address_keep_a_share_standing(self):
        self.server.stop()
        self.start("--rooms-made-per-hour", "1000", "--rooms-max", "200", lifted=())
        made = []
        for number in range(2):
            made += self.codes(self.guest(f"guest{number}"), "join", 15, room=lambda n, g=number: f"#g{g}n{n}")
        self.assertEqual((made.count(None), made.count("limit")), (10, 20))
        owner = self.account("owner")
        owner.join("#account")
        leaver = self.guest("leaver")
        leaver.refused("limit", "join", room="#more")
        self.guest("other", THERE).join("#mine")


    def test_the_machines_own_address_has_no_hourly_rate(self):
        """Everybody comes from there where a proxy does not say from where."""
        made = []
        for number in range(3):
            guest = self.guest(f"guest{number}", "127.0.0.1")
            made += self.codes(guest, "join", 15, room=lambda n, g=number: f"#g{g}n{n}")
        self.assertEqual(made, [None] * 45)


class Told(Pace):
    def flooder(self):
        flooder = self.account("flooder")
        flooder.join("#a")
        flooder.say("one", "#a")
        self.account("watcher").join("#a")
        return flooder

    def test_each_is_told_at_a_rate(self):
        texts = {"away": {"message": lambda number: f"gone {number}"},
                 "nick": {"name": lambda number: f"flooder{number}"},
                 "topic": {"room": "#a", "topic": lambda number: f"topic {number}"},
                 "profile": {"set": lambda number: {"about": f"line {number}"}},
                 "read": {"room": "#a", "back": True, "seq": lambda number: number % 2},
                 "role": {"room": "#a", "name": "watcher", "role": "member"}}
        for op, fields in texts.items():
            with self.subTest(op=op):
                flooder = self.flooder()
                codes = self.codes(flooder, op, 1000, **fields)
                self.assertLess(codes.count(None), 250)
                self.assertEqual(set(codes) - {None}, {"rate_limited"})
                flooder.ok("send", room="#a", message="still heard")
            self.server.stop()
            self.start(lifted=())

    def test_real_names_are_told_at_a_rate(self):
        flooder = self.keep(Irc(self.server, "flooder", caps="setname standard-replies"))
        flooder.line(*(f"SETNAME :name {number}" for number in range(400)))
        answers = flooder.all()
        self.assertGreater(sum("FAIL * rate_limited" in line for line in answers), 150, answers[-3:])

    def test_coming_and_going_is_told_at_a_rate(self):
        self.server.stop()
        self.start("--told-per-second", 1, "--told-burst", 20, lifted=())
        flooder, codes = self.flooder(), []
        # A join of who is still there is told to nobody.
        for _ in range(200):
            flooder.request("join", room="#a")
            codes.append(flooder.request("leave", room="#a").get("code"))
        self.assertIn("rate_limited", codes)
        self.assertLess(codes.count(None), 200)

    def test_what_reaches_many_rooms_counts_for_each(self):
        flooder = self.account("flooder")
        for number in range(19):
            flooder.join(f"#room{number}")
        codes = self.codes(flooder, "away", 100, message=lambda number: f"gone {number}")
        self.assertLess(codes.count(None), 15)

    def test_rejoining_many_rooms_costs_nothing(self):
        client = self.account("member")
        for number in range(15):
            client.join(f"#room{number}")
        for _ in range(30):
            self.assertEqual(set(self.codes(client, "join", 15, room=lambda number: f"#room{number}")), {None})

    def test_an_accounts_programs_have_a_rate_of_their_own(self):
        self.server.stop()
        self.start("--account-rate", "1", "--token-rate", "3", lifted=())
        owner = self.account("owner")
        owner.join("#a")
        secret = owner.request("token", label="bot")["token"]
        bot = self.unnamed(source=HERE)
        bot.ok("hello", name="owner", token=secret, device="bot")
        said = self.codes(bot, "send", 500, room="#a", message=lambda number: f"text {number}")
        self.assertEqual(said[:300], [None] * 300)
        self.assertIn("rate_limited", said)
        # Messages by the bot use up nothing of the person's allowance.
        said = self.codes(owner, "send", 300, room="#a", message=lambda number: f"word {number}")
        self.assertEqual(said[:100], [None] * 100)
        self.assertIn("rate_limited", said)

    def test_entries_are_said_at_a_rate(self):
        self.server.stop()
        self.start("--account-rate", "2", lifted=())
        client = self.account("talker")
        client.join("#a")
        codes = self.codes(client, "send", 600, room="#a", message=lambda number: f"text {number}")
        self.assertIn(codes.count(None), range(200, 400))
        self.assertEqual(codes[:200], [None] * 200)


class EachOperation(Pace):
    """Whatever a client may ask for without waiting is under a rate or a bound, named here."""

    HERE, NAME, SEQ = {"room": "#a"}, {"name": "other"}, {"room": "#a", "target": 1}
    # Refused at a rate: what others are told, and what is stored of oneself.
    TOLD = {
        "join": {"room": lambda number: f"#b{number}"}, "leave": HERE, "nick": {"name": "again"}, "away": {"message": "x"},
        "topic": HERE | {"topic": "x"}, "read": HERE | {"seq": 0, "back": True}, "kick": HERE | NAME, "ban": HERE | NAME,
        "unban": HERE | NAME, "mute": HERE | NAME, "unmute": HERE | NAME, "role": HERE | NAME | {"role": "member"},
        "invite": HERE | NAME, "set": HERE | {"private": False}, "pin": SEQ | {"on": True}, "profile": {"set": {"about": "x"}},
        "close": HERE, "settings": {"set": {"key": "x"}}, "block": NAME, "unblock": NAME, "token": {"label": "x"},
        "link": {"uses": 1}, "push": {"revoke": True, "label": "x"}, "passkey": {"label": "x", "revoke": True},
        "totp": {"on": False, "password": "x"}, "sessions": {"end": "x"}, "account": NAME, "passwd": {"old": "x", "new": "y"},
        "register": {"password": "x"}, "config": {"key": "x", "value": "y"},
    }
    # Refused at the rate of entries.
    SAID = {"send": HERE | {"message": "x"}, "edit": SEQ | {"message": "x"}, "delete": SEQ,
            "react": SEQ | {"emoji": "\N{THUMBS UP SIGN}", "on": True}}
    BOUNDED = {
        # One long answer at a time to each connection: gateway/expensive.h.
        "expensive": {"history", "search", "rooms", "who", "pins", "edits", "mentions", "links", "bans", "record", "accounts",
                      "status", "people", "targets", "properties"},
        # Refused or slowed by address, and each once a connection.
        "guests_made_per_hour, logins_per_second, wrong_passwords_per_minute": {"hello", "invitation", "oper"},
        "told_per_second, without an answer, or of IRC alone": {"typing", "visible", "realname", "property", "kill", "wallops"},
        "account_rate": {"simple", "tagged"},
        # One line of IRC after the other, and no more than these.
        "LIMIT_READ_TIMES, LIMIT_SEEN, LIMIT_WATCHES, LIMIT_GONE": {"mark", "seen", "watch", "whowas", "look"},
        "uploads_per_user, uploads_per_address, file_user_bytes_per_day, LIMIT_HALVES": {
            "upload", "uploaded", "abandon", "fetch", "half", "resume", "pause", "discard"},
        # Nothing but the answer, at send_rate; and what nobody asks for.
        "send_rate": {"ping", "quit", "help", "closed", "done"},
    }

    def test_each_has_its_bound(self):
        known = set(self.TOLD) | set(self.SAID) | set().union(*self.BOUNDED.values())
        self.assertEqual(known, set(re.findall(r"^\tX\([A-Z]+, ([a-z]+),", OPERATIONS.read_text(), re.M)))

    def test_changes_are_refused_at_a_rate(self):
        self.server.stop()
        self.start("--told-per-second", "1", "--told-burst", "4", lifted=())
        client, codes = self.account("flooder"), {}
        client.join("#a")
        for op, fields in self.TOLD.items():
            codes[op] = self.codes(client, op, 30, **fields)
        self.assertEqual([op for op in codes if "rate_limited" not in codes[op]], [])

    def test_entries_are_refused_at_a_rate(self):
        self.server.stop()
        self.start("--account-rate", "1", lifted=())
        client, codes = self.account("flooder"), {}
        client.join("#a")
        for op, fields in self.SAID.items():
            codes[op] = self.codes(client, op, 130, **fields)
        self.assertEqual([op for op in codes if "rate_limited" not in codes[op]], [])
