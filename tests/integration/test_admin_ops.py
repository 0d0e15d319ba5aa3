"""Administration while the server runs: who may ask, what is told, what changes, and what is recorded of it."""
import json
import time

from brusio_test import PrivateServerTest, deadline
from brusio_test.web import Http

PASSWORD = "correct horse"


class Administration(PrivateServerTest):
    def account(self, name, room="#lobby"):
        client = self.full(name, room)
        client.ok("register", password=PASSWORD)
        return client

    def login(self, name, password=PASSWORD):
        client = self.unnamed()
        client.ok("hello", name=self.named(name), password=password, device="again")
        return client

    def admin(self, name="root"):
        """An administrator who is in."""
        client = self.account(name)
        self.assertEqual(self.server.run("user", "admin", client.name).returncode, 0)
        limit = time.monotonic() + deadline()
        while not self.welcome(name)["user"]["admin"] and time.monotonic() < limit:
            time.sleep(0.1)
        return self.login(name)

    def welcome(self, name):
        return self.unnamed().ok("hello", name=self.named(name), password=PASSWORD, device="again")

    def end_all(self, client, name):
        client.waiting.add("end")
        client.send_object({"op": "sessions", "id": "end", "name": name, "end": "all"}, b"\n")
        return client.answer("end")

    def recorded(self, admin):
        return [(row["what"], row["name"]) for row in admin.ok("record", room="#lobby")["record"]]

    def test_nobody_else_may_and_they_learn_nothing(self):
        self.start()
        anna, luca = self.account("anna"), self.full("luca", "#lobby")
        for client in (anna, luca):
            for op, fields in (("accounts", {}), ("status", {}), ("sessions", {"name": anna.name}),
                               ("account", {"name": anna.name, "admin": True}),
                               ("account", {"name": "nobody_here", "admin": True}),
                               ("sessions", {"name": "nobody_here"})):
                answer = client.refused("forbidden", op, **fields)
                self.assertEqual(answer["message"], "Only administrators may do this.")

    def test_accounts_come_in_pages(self):
        self.start()
        names = [self.account(name).name for name in ("carla", "anna", "bruno")]
        root = self.admin()
        self.full("luca")
        answer = root.ok("accounts")
        self.assertEqual([row["name"] for row in answer["accounts"]], sorted([*names, root.ok("profile")["profile"]["name"]]))
        self.assertFalse(answer["more"])
        page = root.ok("accounts", limit=2)
        self.assertEqual([row["name"] for row in page["accounts"]], sorted(names)[:2])
        self.assertTrue(page["more"])
        page = root.ok("accounts", limit=2, name=page["accounts"][-1]["name"])
        self.assertEqual(len(page["accounts"]), 2)
        self.assertFalse(page["more"])
        (row,) = root.ok("accounts", query="ANN")["accounts"]
        self.assertEqual((row["admin"], row["online"], row["sessions"], row["factor"]), (False, True, 1, False))

    def test_rights_are_given_and_taken(self):
        self.start()
        anna, root = self.account("anna"), self.admin()
        root.ok("account", name=anna.name, admin=True)
        anna.ok("accounts")
        root.ok("account", name=anna.name, admin=False)
        anna.refused("forbidden", "accounts")
        self.assertEqual(self.recorded(root), [("no_admin", anna.name), ("admin", anna.name)])

    def test_a_new_password_ends_what_the_old_one_let_in(self):
        self.start()
        anna, root = self.account("anna"), self.admin()
        token = anna.ok("token", label="bot")["token"]
        root.refused("bad_field", "account", name=anna.name, password="short")
        root.ok("account", name=anna.name, password="another horse")
        self.assertEqual(anna.push(op="notice", code="revoked")["code"], "revoked")
        self.unnamed().refused("auth_failed", "hello", name=anna.name, password=PASSWORD)
        self.unnamed().refused("auth_failed", "hello", name=anna.name, token=token)
        self.login("anna", "another horse")
        self.assertEqual(self.recorded(root), [("passwd", anna.name)])

    def test_an_account_goes_and_its_rooms_pass_on(self):
        self.start()
        anna, bruno = self.account("anna", "#den"), self.account("bruno", "#den")
        root = self.admin()
        root.ok("account", name=anna.name, forget=True)
        self.assertEqual(anna.push(op="notice", code="revoked")["code"], "revoked")
        self.assertEqual(bruno.push(op="role")["role"], "owner")
        root.refused("no_user", "account", name=anna.name, forget=True)
        self.assertNotIn(anna.name, [row["name"] for row in root.ok("accounts")["accounts"]])
        self.assertEqual(self.recorded(root), [("remove", anna.name)])

    def test_sessions_of_others_are_listed_and_ended(self):
        self.start()
        anna = self.account("anna")
        anna.ok("token", label="bot")
        root = self.admin()
        listed = root.ok("sessions", name=anna.name)["sessions"]
        self.assertEqual([row.get("token", row.get("device")) for row in listed], ["default", "bot"])
        self.assertFalse(any(row.get("current") for row in listed))
        self.assertEqual(self.end_all(root, anna.name)["op"], "sessions")
        anna.push(op="notice", code="revoked")
        self.assertEqual(root.ok("sessions", name=anna.name)["sessions"], [])
        self.assertEqual(len(root.ok("sessions")["sessions"]), 2)
        self.assertEqual(self.recorded(root), [("sessions", anna.name)])

    def test_nothing_lets_a_disabled_account_in(self):
        self.start("--links", "accounts")
        anna, root = self.account("anna", "#den"), self.admin()
        token = anna.ok("token", label="bot")["token"]
        link = anna.ok("link", room="#den")["link"]
        session = self.welcome("anna")["session"]
        root.ok("account", name=anna.name, disabled=True)
        notice = anna.push(op="notice", code="revoked")
        self.assertEqual(notice["message"], "An administrator has disabled this account, so this connection ends.")
        refused = self.unnamed().refused("forbidden", "hello", name=anna.name, password=PASSWORD)
        self.assertEqual(refused["message"], "This account is disabled. Ask an administrator of this server.")
        self.unnamed().refused("forbidden", "hello", name=anna.name, token=token)
        self.unnamed().refused("auth_required", "hello", name=anna.name, session=session, device="again")
        # Somebody who does not know the password learns nothing.
        self.unnamed().refused("auth_failed", "hello", name=anna.name, password="not hers at all")
        self.unnamed().refused("auth_failed", "hello", name=self.named("luca"), link=link)
        (row,) = root.ok("accounts", query="anna")["accounts"]
        self.assertEqual((row["disabled"], row["online"], row["sessions"]), (True, False, 0))
        self.server.restart()
        root = self.login("root")
        self.unnamed().refused("forbidden", "hello", name=anna.name, password=PASSWORD)
        root.ok("account", name=anna.name, disabled=False)
        self.unnamed().ok("hello", name=anna.name, token=token)
        self.assertEqual(self.login("anna").ok("who", room="#den")["members"][0]["role"], "owner")
        self.assertEqual(self.recorded(root), [("enable", anna.name), ("disable", anna.name)])

    def test_settings_change_while_the_server_runs_and_until_it_ends(self):
        self.start("--guests", "yes", "--links", "accounts")
        root, anna = self.admin(), self.account("anna")
        anna.refused("forbidden", "config")
        rows = {row["key"]: row for row in root.ok("config")["config"]}
        self.assertEqual((rows["guests"]["value"], rows["guests"]["configured"], rows["guests"]["expected"]),
                         ("yes", "yes", "no|yes"))
        self.assertEqual((rows["links"]["value"], rows["registration"]["value"]), ("accounts", "open"))
        (row,) = root.ok("config", key="guests", value="no")["config"]
        self.assertEqual((row["value"], row["configured"]), ("no", "yes"))
        self.unnamed().refused("auth_required", "hello", name=self.named("luca"))
        root.ok("config", key="registration", value="closed")
        facts = json.loads(self.keep(Http(self.server)).get("/api/server").body)
        self.assertEqual((facts["guests"], facts["registration"]), (False, "closed"))
        root.ok("config", key="guests", value="yes")
        luca = self.full("luca")
        luca.refused("forbidden", "register", password=PASSWORD)
        root.ok("config", key="guests_made_per_hour", value="12")
        for key, value in (("guests", "maybe"), ("guests_made_per_hour", "-1"), ("guests_made_per_hour", "1000001")):
            self.assertEqual(root.refused("bad_field", "config", key=key, value=value)["field"], "value")
        for fields in ({"key": "port"}, {"value": "yes"}):
            self.assertEqual(root.refused("bad_field", "config", **fields)["field"], "key")
        self.assertEqual([name for what, name in self.recorded(root) if what == "config"],
                         ["guests_made_per_hour = 12", "guests = yes", "registration = closed", "guests = no"])
        self.server.restart()
        rows = {row["key"]: row for row in self.login("root").ok("config")["config"]}
        self.assertEqual((rows["guests_made_per_hour"]["value"], rows["registration"]["value"]), ("12000", "open"))

    def test_one_thing_at_a_time_and_not_to_oneself(self):
        self.start()
        anna, root = self.account("anna"), self.admin()
        me = root.ok("profile")["profile"]["name"]
        root.refused("bad_field", "account", name=anna.name)
        root.refused("bad_field", "account", name=anna.name, admin=True, forget=True)
        root.refused("bad_field", "account", name=me, admin=False)
        root.refused("bad_field", "account", name=me, disabled=True)
        root.refused("no_user", "account", name=self.full("luca").name, admin=True)

    def test_the_counters(self):
        self.start()
        self.account("anna")
        root = self.admin()
        status = root.ok("status")["status"]
        self.assertEqual((status["accounts"], status["rooms"]), (2, 1))
        self.assertGreaterEqual(status["entries_total"], 0)
        self.assertIsInstance(status["resident_bytes"], int)

    def test_rooms_in_which_they_are_not(self):
        self.start()
        anna = self.account("anna", "#den")
        anna.ok("set", room="#den", private=True)
        anna.ok("mute", room="#den", name=self.full("luca", "#lobby").name)
        root = self.admin()
        self.assertIn("#den", [row["room"] for row in root.ok("rooms")["rooms"]])
        self.assertEqual(len(root.ok("bans", room="#den")["bans"]), 1)
        self.assertEqual(root.ok("record", room="#den")["record"][0]["what"], "mute")
        root.ok("close", room="#den")
        self.assertNotIn("#den", [row["room"] for row in root.ok("rooms")["rooms"]])
