"""Invitation links: who makes them, whom they let in, how often, and what becomes of them."""
import re
import threading
import time

from brusio_test import PrivateServerTest
from client_tools import Terminal, run

PASSWORD = "correct horse"


class LinkTest(PrivateServerTest):
    def account(self, name, admin=False):
        client = self.full(name)
        client.ok("register", password=PASSWORD)
        if admin:
            self.run_ok("user", "admin", self.named(name))
            client.close()
            client = self.unnamed()
            client.ok("hello", name=self.named(name), password=PASSWORD)
        return client

    def run_ok(self, *words, **options):
        result = self.server.run(*words, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def run_refused(self, *words):
        result = self.server.run(*words)
        self.assertEqual(result.returncode, 1, result.stdout)
        return result.stderr

    def restart(self, *args):
        self.server.stop()
        self.server.args = list(args)
        self.server.start()

    def admin_of_closed(self, *args):
        """An administrator of a server that takes neither guests nor registrations."""
        self.start()
        self.account("anna", admin=True)
        self.restart("--guests", "no", "--registration", "closed", *args)
        return self.again("anna")

    def again(self, name):
        client = self.unnamed()
        client.ok("hello", name=self.named(name), password=PASSWORD)
        return client

    def come(self, link, name, **fields):
        client = self.unnamed()
        client.welcome = client.ok("hello", name=self.named(name), link=link, **fields)
        return client

    def private_room(self, owner):
        owner.join(self.room)
        owner.ok("set", room=self.room, private=True)


class Making(LinkTest):
    def test_an_account_makes_lists_and_ends_them(self):
        self.start()
        anna = self.account("anna")
        self.private_room(anna)
        made = anna.ok("link", room=self.room, uses=3, seconds=3600)
        self.assertEqual(made["op"], "link")
        self.assertEqual((made["room"], made["uses"], made["newcomers"]), (self.room, 3, True))
        self.assertRegex(made["link"], r"^[\w-]{32}$")
        self.assertRegex(made["url"], r"^http://[\w.:\[\]]+/#\+" + re.escape(made["link"]) + "$")
        (row,) = anna.ok("links")["links"]
        self.assertEqual((row["key"], row["room"], row["by"], row["uses"], row["used"]),
                         (made["key"], self.room, self.named("anna"), 3, 0))
        self.assertNotIn("link", row)
        self.assertEqual(anna.refused("bad_field", "link", key="nothing", revoke=True)["field"], "key")
        anna.ok("link", key=made["key"], revoke=True)
        self.assertEqual(anna.ok("links")["links"], [])
        self.unnamed().refused("auth_failed", "hello", name="luca", link=made["link"])
        ops = [row["what"] for row in anna.ok("record", room=self.room)["record"]]
        self.assertEqual(ops, ["link"])
        self.assertIn("unlink", self.run_ok("record"))

    def test_who_may_not(self):
        self.start()
        anna, bruno, guest = self.account("anna"), self.account("bruno"), self.full("luca")
        self.private_room(anna)
        guest.refused("auth_required", "link")
        bruno.refused("forbidden", "link")
        bruno.refused("no_room", "link", room=self.room)
        anna.ok("invite", room=self.room, name=self.named("bruno"))
        bruno.join(self.room)
        bruno.refused("forbidden", "link", room=self.room)
        anna.refused("bad_field", "link", uses=1001)
        self.assertEqual(anna.refused("bad_field", "link", room=self.room, seconds=31622401)["field"], "seconds")
        key = anna.ok("link", room=self.room)["key"]
        bruno.refused("bad_field", "link", key=key, revoke=True)
        # A moderator of the room ends what leads there.
        anna.ok("role", room=self.room, name=self.named("bruno"), role="moderator")
        self.assertEqual(len(bruno.ok("links", room=self.room)["links"]), 1)
        bruno.ok("link", room=self.room, key=key, revoke=True)
        self.assertEqual(anna.ok("links")["links"], [])

    def test_there_is_a_bound(self):
        self.start("--links-per-account", "2", "--links", "accounts")
        anna = self.account("anna")
        first = anna.ok("link")
        anna.ok("link")
        self.assertIn("2", anna.refused("limit", "link")["message"])
        anna.ok("link", key=first["key"], revoke=True)
        anna.ok("link")

    def test_they_can_be_off(self):
        self.start()
        anna = self.account("anna", admin=True)
        link = anna.ok("link")["link"]
        self.restart("--links", "no")
        self.again("anna").refused("forbidden", "link")
        self.unnamed().refused("auth_failed", "hello", name="luca", link=link)

    def test_the_secret_is_nowhere_in_the_data(self):
        self.start("--log-level", "debug")
        link = self.account("anna", admin=True).ok("link")["link"]
        self.come(link, "luca")
        self.server.stop()
        for path in self.server.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(link.encode(), path.read_bytes(), path)
        self.assertNotIn(link, self.server.output())


class ComingIn(LinkTest):
    def test_where_guests_and_registration_are_off(self):
        anna = self.admin_of_closed()
        self.unnamed().refused("auth_required", "hello", name="luca")
        link = anna.ok("link", uses=2)["link"]
        seen = self.unnamed().ok("invitation", link=link)
        self.assertEqual((seen["by"], seen["newcomers"], seen["register"]), (self.named("anna"), True, True))
        luca = self.come(link, "luca")
        self.assertFalse(luca.welcome["user"]["account"])
        luca.join("#lobby")
        luca.ok("register", password=PASSWORD)
        self.again("luca")
        self.come(link, "mara")
        self.unnamed().refused("auth_failed", "hello", name="nina", link=link)
        self.assertEqual(anna.ok("links")["links"], [])

    def test_only_who_came_in_by_one_registers(self):
        self.start()
        anna = self.account("anna", admin=True)
        self.restart("--registration", "admin")
        anna = self.again("anna")
        self.full("mara").refused("forbidden", "register", password=PASSWORD)
        made = anna.ok("link", uses=2)
        luca, nina = self.come(made["link"], "luca"), self.come(made["link"], "nina")
        # Over a restart, too.
        session = luca.welcome["session"]
        self.restart("--registration", "admin")
        luca = self.unnamed()
        luca.ok("hello", name=self.named("luca"), session=session)
        luca.ok("register", password=PASSWORD)
        # One that was taken back is worth nothing any more.
        self.again("anna").ok("link", key=made["key"], revoke=True)
        nina = self.unnamed()
        nina.refused("name_taken", "hello", name=self.named("nina"))

    def test_a_session_comes_back_without_it(self):
        anna = self.admin_of_closed()
        luca = self.come(anna.ok("link")["link"], "luca")
        luca.close()
        again = self.unnamed()
        again.ok("hello", name=self.named("luca"), session=luca.welcome["session"])

    def test_into_a_private_room(self):
        self.start()
        anna = self.account("anna")
        self.private_room(anna)
        link = anna.ok("link", room=self.room)["link"]
        self.assertEqual(self.unnamed().ok("invitation", link=link)["room"], self.room)
        luca = self.come(link, "luca")
        # The use that let them onto the server is the one that lets them into the room.
        luca.refused("no_room", "join", room=self.room)
        luca.ok("join", room=self.room, link=link)
        luca.ok("send", room=self.room, message="ciao")
        self.full("mara").refused("auth_failed", "join", room=self.room, link=link)
        record = anna.ok("record", room=self.room)["record"]
        self.assertEqual([(row["what"], row["name"]) for row in record][0], ("came_by_link", self.named("luca")))

    def test_an_account_takes_one_into_a_room(self):
        self.start()
        anna, bruno = self.account("anna"), self.account("bruno")
        self.private_room(anna)
        link = anna.ok("link", room=self.room)["link"]
        # It leads nowhere else, and makes no room.
        bruno.refused("auth_failed", "join", room="#elsewhere", link=link)
        bruno.ok("join", room=self.room, link=link)
        bruno.ok("join", room=self.room, link=link)
        self.assertEqual(anna.ok("links")["links"], [])
        bruno.ok("leave", room=self.room)
        bruno.ok("join", room=self.room, link=link)
        # It was for one.
        self.assertEqual(anna.ok("links")["links"], [])

    def test_a_ban_is_stronger(self):
        self.start()
        anna, bruno = self.account("anna"), self.account("bruno")
        self.private_room(anna)
        link = anna.ok("link", room=self.room)["link"]
        anna.ok("ban", room=self.room, name=self.named("bruno"))
        bruno.refused("banned", "join", room=self.room, link=link)
        self.assertEqual(anna.ok("links")["links"][0]["used"], 0)

    def test_it_is_worth_what_its_maker_may_do(self):
        self.start()
        anna, bruno, mara = self.account("anna"), self.account("bruno"), self.full("mara")
        self.private_room(anna)
        anna.ok("invite", room=self.room, name=self.named("bruno"))
        bruno.join(self.room)
        anna.ok("role", room=self.room, name=self.named("bruno"), role="moderator")
        link = bruno.ok("link", room=self.room)["link"]
        anna.ok("role", room=self.room, name=self.named("bruno"), role="member")
        mara.refused("auth_failed", "join", room=self.room, link=link)
        anna.ok("role", room=self.room, name=self.named("bruno"), role="moderator")
        mara.ok("join", room=self.room, link=link)

    def test_a_members_link_lets_no_stranger_onto_a_closed_server(self):
        self.start()
        bruno = self.account("bruno")
        self.restart("--guests", "no")
        bruno = self.again("bruno")
        self.private_room(bruno)
        made = bruno.ok("link", room=self.room)
        self.assertFalse(made["newcomers"])
        self.unnamed().refused("auth_required", "hello", name="luca", link=made["link"])
        self.restart("--guests", "no", "--links", "accounts")
        self.come(made["link"], "luca").ok("join", room=self.room, link=made["link"])

    def test_it_expires(self):
        self.start()
        anna = self.account("anna")
        self.private_room(anna)
        link = anna.ok("link", room=self.room, seconds=1)["link"]
        while anna.ok("links")["links"]:
            time.sleep(0.1)
        self.full("luca").refused("auth_failed", "join", room=self.room, link=link)

    def test_two_at_once_and_one_use(self):
        anna = self.admin_of_closed()
        for turn in range(5):
            link = anna.ok("link")["link"]
            clients = [self.unnamed() for _ in range(6)]
            answers = []
            def hello(number, client):
                answers.append(client.request("hello", name=f"x{turn}-{number}", link=link)["op"])
            threads = [threading.Thread(target=hello, args=(n, client)) for n, client in enumerate(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(answers.count("welcome"), 1, answers)

    def test_guesses_are_slowed(self):
        self.start()
        link = self.account("anna", admin=True).ok("link")["link"]
        mallory = self.unnamed()
        codes = [mallory.request("invitation", link="x" * 32)["code"] for _ in range(12)]
        self.assertEqual(codes[0], "auth_failed")
        self.assertEqual(codes[-1], "rate_limited")
        self.unnamed().refused("rate_limited", "hello", name="luca", link=link)
        # Somebody who brings no link is not delayed.
        self.full("nina")

    def test_it_counts_after_a_kill(self):
        anna = self.admin_of_closed()
        link = anna.ok("link", uses=2)["link"]
        self.come(link, "luca")
        self.server.kill()
        self.server.start()
        self.assertEqual(self.again("anna").ok("links")["links"][0]["used"], 1)
        self.come(link, "mara")
        self.unnamed().refused("auth_failed", "hello", name="nina", link=link)


class Operator(LinkTest):
    def test_brusiod_makes_lists_and_ends_them(self):
        self.start("--guests", "no", "--registration", "closed")
        url = self.run_ok("link", "add", "--uses", "2", "--days", "1", "--url", "https://chat.example").strip()
        self.assertRegex(url, r"^https://chat\.example/#\+[\w-]{32}$")
        link = url.partition("#+")[2]
        self.assertEqual(self.unnamed().ok("invitation", link=link)["by"], "brusio")
        luca = self.come(link, "luca")
        luca.join("#lobby")
        key, room, maker, used, until = self.run_ok("link", "list").strip().split("\t")
        self.assertEqual((room, maker, used), ("-", "brusio", "1/2"))
        self.run_ok("link", "revoke", key)
        self.unnamed().refused("auth_failed", "hello", name="mara", link=link)
        self.assertEqual(self.run_ok("link", "list"), "")
        for words, word in ((("revoke", key), "link list"), (("add", "--uses", "0"), "1 to 1000"),
                            (("add", "--days", "x"), "1 to 366"), (("add", "--room", "#nowhere"), "room list")):
            with self.subTest(words):
                self.assertIn(word, self.run_refused("link", *words))
        record = self.run_ok("record")
        for op in ("link", "came_by_link", "unlink"):
            self.assertIn(f"\t{op}\t", record)

    def test_into_a_private_room(self):
        self.start()
        anna = self.account("anna")
        self.private_room(anna)
        link = self.run_ok("link", "add", "--room", self.room).strip().partition("#+")[2]
        luca = self.full("luca")
        luca.ok("join", room=self.room, link=link)

    def test_its_deeds_are_in_the_record_of_their_room(self):
        self.start()
        anna = self.account("anna")
        self.private_room(anna)
        self.run_ok("user", "admin", anna.name)
        for room in ("#lobby", self.room):
            with self.subTest(room):
                self.run_ok("link", "add", *(["--room", room] if room == self.room else []))
                key = self.run_ok("link", "list").split("\t")[0]
                self.run_ok("link", "revoke", key)
                record = [line.split("\t")[1:4] for line in self.run_ok("record", room).splitlines()]
                self.assertIn([room, "brusio", "link"], record)
                self.assertIn([room, "brusio", "unlink"], record)


class InTheTerminal(LinkTest):
    def test_the_client_takes_one(self):
        anna = self.admin_of_closed()
        self.private_room(anna)
        made = anna.ok("link", room=self.room)
        terminal = Terminal(f"http://luca@127.0.0.1:{self.server.port}/#+{made['link']}")
        self.addCleanup(terminal.close)
        terminal.shows(self.room)
        anna.push(op="enter", room=self.room)
        terminal.type("ciao a tutti\r")
        self.assertEqual(anna.entry(self.room)["message"], "ciao a tutti")
        # It does so once.
        other = Terminal(f"http://mara@127.0.0.1:{self.server.port}/#+{made['link']}")
        self.addCleanup(other.close)
        other.shows("does not let you in")


class Typed(LinkTest):
    def test_commands(self):
        self.start()
        anna = self.account("anna")
        self.private_room(anna)
        anna.send_object({"message": "/link"})
        self.assertIn("administrators", anna.push(op="error")["message"])

    def test_by_the_client(self):
        self.start()
        anna = self.account("anna")
        self.private_room(anna)
        token = anna.ok("token", label="script")["token"]
        args = ("--plain", "--room", self.room, f"{self.named('anna')}@127.0.0.1:{self.server.port}")
        told = run(*args, given="/link 5\n", env={"BRUSIO_TOKEN": token})
        self.assertEqual(told.returncode, 0, told.stderr)
        (row,) = anna.ok("links")["links"]
        self.assertEqual((row["room"], row["uses"]), (self.room, 5))
        secret = re.search(r"/#\+([\w-]{32})", told.stdout + told.stderr)[1]
        luca = self.come(secret, "luca")
        self.assertTrue(luca.ok("join", room=self.room, link=secret)["private"])
        self.assertNotIn("private", luca.ok("join", room="#lobby"))
        run(*args, given=f"/unlink {row['key']}\n", env={"BRUSIO_TOKEN": token})
        self.assertEqual(anna.ok("links")["links"], [])
