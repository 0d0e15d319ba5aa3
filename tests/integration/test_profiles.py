"""Profiles: what people say of themselves, what others see of it, and who may not be taken for whom."""
import json
import urllib.parse

from brusio_test import PrivateServerTest, pictures
from brusio_test.web import Http

PASSWORD = "correct horse"
PNG = pictures.png(2, 3)


class Profiles(PrivateServerTest):
    def account(self, name="anna", room="#lobby"):
        client = self.full(name, room)
        client.ok("register", password=PASSWORD)
        return client

    def upload(self, who, content=PNG, name="me.png"):
        http = self.keep(Http(self.server))
        http.request("/files?name=" + urllib.parse.quote(name), method="POST", Authorization=f"Bearer {who.session}",
                     Content_Length=len(content))
        http.send_bytes(content)
        return json.loads(http.answer().body)["file"]

    def row(self, who, name, room="#lobby"):
        return next(row for row in who.ok("who", room=room)["members"] if row["name"] == name)

    def test_what_one_says_others_see(self):
        server = self.start()
        anna, luca = self.account(), self.full("luca", "#lobby")
        luca.ok("profile")
        said = anna.ok("profile", set={"display": "Anna Bianchi", "about": "Second floor"})["profile"]
        self.assertEqual(said, {"name": anna.name, "display": "Anna Bianchi", "about": "Second floor", "online": True,
                                "guest": False, "seen": True})
        told = luca.push(op="profile")
        self.assertEqual(told["profile"]["display"], "Anna Bianchi")
        self.assertNotIn("seen", told["profile"])
        self.assertEqual(self.row(luca, anna.name)["display"], "Anna Bianchi")
        # Each field changes only itself; an empty one takes it back.
        anna.ok("profile", set={"about": ""})
        self.assertNotIn("about", luca.ok("profile", name=anna.name)["profile"])
        server.kill()
        server.start()
        other = self.full("other", "#lobby")
        self.assertEqual(other.ok("profile", name=anna.name)["profile"]["display"], "Anna Bianchi")

    def test_who_is_blocked_is_told_to_who_did_it(self):
        self.start()
        anna, luca = self.account(), self.account("luca")
        anna.ok("block", name=luca.name)
        self.assertIs(anna.ok("profile", name=luca.name)["profile"]["blocked"], True)
        self.assertNotIn("blocked", luca.ok("profile", name=anna.name)["profile"])
        anna.ok("unblock", name=luca.name)
        self.assertNotIn("blocked", anna.ok("profile", name=luca.name)["profile"])

    def test_a_picture_is_a_file_of_ones_own(self):
        self.start()
        anna, bruno = self.account(), self.account("bruno")
        picture = self.upload(anna)
        bruno.refused("no_file", "profile", set={"picture": picture})
        anna.refused("no_file", "profile", set={"picture": self.upload(anna, b"text\n", "me.txt")})
        anna.refused("bad_field", "profile", set={"picture": "no id"})
        path = anna.ok("profile", set={"picture": picture})["profile"]["picture"]
        self.assertEqual(self.row(bruno, anna.name)["picture"], path)
        answer = self.keep(Http(self.server)).get(path)
        self.assertEqual((answer.status, answer.fields["content-type"]), (200, "image/png"))
        by_id = self.keep(Http(self.server)).get(f"/files/{picture}", Authorization=f"Bearer {bruno.session}")
        self.assertEqual(by_id.status, 200)
        self.assertEqual(self.keep(Http(self.server)).get(f"/files/{picture}").status, 401)
        # A profile's picture belongs to no message, and replaces the one before.
        anna.refused("no_file", "send", room="#lobby", message="me", files=[picture])
        second = anna.ok("profile", set={"picture": self.upload(anna)})["profile"]["picture"]
        self.assertNotEqual(second, path)
        self.assertEqual(self.keep(Http(self.server)).get(path).status, 404)
        anna.ok("profile", set={"picture": None})
        self.assertEqual(self.keep(Http(self.server)).get(second).status, 404)

    def test_nobody_is_taken_for_somebody_else(self):
        self.start()
        anna, bruno = self.account(), self.account("bruno")
        bruno.refused("name_taken", "profile", set={"display": anna.name})
        bruno.refused("name_taken", "profile", set={"display": anna.name.replace("_", " ")})
        bruno.refused("name_taken", "profile", set={"display": anna.name.upper()})
        bruno.refused("name_taken", "profile", set={"display": "brus.io"})
        bruno.refused("name_taken", "profile", set={"display": "Nick Serv"})
        anna.ok("profile", set={"display": "Anna Bianchi"})
        for like in ("anna bianchi", "Anna.Bianchi", "AnnaBianchi", "Anna-Bianchi", "Аnna Bianchi"):
            bruno.refused({"name_taken", "bad_name"}, "profile", set={"display": like})
        # Nor is a new name like it.
        self.unnamed().refused("name_taken", "hello", name="AnnaBianchi")
        bruno.refused("name_taken", "nick", name="Anna_Bianchi")
        # One's own name is one's own.
        anna.ok("profile", set={"display": anna.name.replace("_", " ")})
        bruno.ok("profile", set={"display": "Anna Bianchi"})

    def test_a_display_name_is_one_line_of_one_script(self):
        self.start()
        anna = self.account()
        for bad in (" Anna", "Anna ", "Anna  B", "A" * 49, "An\u202ena", "Anna\u2713", "...", "An\u200bna", "Аnna", "x\ty"):
            anna.refused({"bad_name", "bad_field"}, "profile", set={"display": bad})
        anna.refused("bad_field", "profile", set={"about": "x" * 257})
        anna.refused("bad_field", "profile", set={"seen": "maybe"})
        anna.refused("bad_field", "profile", set={"hat": "green"})
        anna.refused("bad_field", "profile", name=self.account("bruno").name, set={"about": "x"})
        for good in ("Anna D'Angelo", "王 小明", "Dr. Anna (3rd floor)", "Ольга"):
            anna.ok("profile", set={"display": good})

    def test_a_guest_says_nothing_of_themselves(self):
        self.start()
        luca = self.full("luca", "#lobby")
        luca.refused("auth_required", "profile", set={"display": "Luca"})
        self.assertEqual(luca.ok("profile", name=luca.name)["profile"]["guest"], True)
        luca.refused("no_user", "profile", name="nobody_at_all")

    def test_others_see_what_one_has_read_unless_it_is_turned_off(self):
        self.start()
        anna, bruno, guest = self.account(), self.account("bruno"), self.full("luca", "#lobby")
        anna.ok("profile")
        seq = guest.ok("send", room="#lobby", message="read this")["seq"]
        bruno.ok("read", room="#lobby", seq=seq)
        self.assertEqual(anna.push(op="seen")["seen"], {"room": "#lobby", "name": bruno.name, "seq": seq})
        self.assertEqual(self.row(anna, bruno.name)["read"], seq)
        guest.ok("read", room="#lobby", seq=seq)
        self.assertNotIn("read", self.row(anna, guest.name))
        bruno.ok("profile", set={"seen": "off"})
        self.assertNotIn("read", self.row(anna, bruno.name))
        anna.push(op="profile")
        seq = guest.ok("send", room="#lobby", message="and this")["seq"]
        bruno.ok("read", room="#lobby", seq=seq)
        anna.barrier()
        self.assertFalse([push for push in anna.pushes if push["op"] == "seen"])

    def test_in_a_large_room_nobody_sees_it(self):
        self.start()
        anna = self.account()
        self.assertIn("read", self.row(anna, anna.name))
        for number in range(20):
            self.full(f"guest{number}", "#lobby")
        self.assertNotIn("read", self.row(anna, anna.name))

    def test_irc_knows_it_as_the_real_name(self):
        self.start()
        anna = self.account()
        watcher = self.irc("watcher", caps="setname")
        watcher.ask("JOIN #lobby")
        anna.ok("profile", set={"display": "Anna Bianchi"})
        watcher.until(" SETNAME :Anna Bianchi")
        self.assertTrue([line for line in watcher.ask(f"WHOIS {anna.name}") if " 311 " in line and line.endswith(":Anna Bianchi")])

    def test_a_real_name_of_irc_is_a_display_name_where_it_may_be_one(self):
        self.start()
        anna = self.account()
        bruno = self.account("bruno")
        bruno.ok("profile")
        phone = self.irc("anna", caps="sasl setname", password=PASSWORD)
        phone.ask("JOIN #lobby", "SETNAME :Anna of IRC")
        self.assertEqual(bruno.push(op="profile")["profile"]["display"], "Anna of IRC")
        phone.ask(f"SETNAME :{bruno.name}")
        self.assertEqual(bruno.ok("profile", name=anna.name)["profile"]["display"], "Anna of IRC")
