"""Passkeys: made by whoever knows the password, shown in its place, each proof once."""
import json
import unittest

from brusio_test import PrivateServerTest
from brusio_test.passkey import HAS_KEY, PRESENT, VERIFIED, Authenticator
from brusio_test.web import Http

PASSWORD = "correct horse"


class PasskeyTest(PrivateServerTest):
    def account(self, name="anna"):
        client = self.full(name)
        client.ok("register", password=PASSWORD)
        return client

    def give(self, client, authenticator, label="laptop"):
        """The account gets the passkey."""
        offered = client.ok("passkey", label=label, password=PASSWORD)
        client.ok("passkey", label=label, password=PASSWORD, **authenticator.make(offered["challenge"]))
        return client

    def challenge(self):
        """The page's answer before anybody has said who they are."""
        return json.loads(Http(self.server).get("/api/server").body)["challenge"]

    def show(self, authenticator, **options):
        return authenticator.show(self.challenge(), **options)

    def enter(self, proof, **fields):
        return self.unnamed().ok("hello", **{"device": "another", **proof, **fields})

    def refuse(self, proof, code="auth_failed"):
        return self.unnamed().refused(code, "hello", **proof)


class Passkeys(PasskeyTest):
    def test_it_stands_for_name_and_password(self):
        server = self.start()
        laptop = Authenticator()
        anna = self.give(self.account(), laptop)
        welcome = self.enter(self.show(laptop), device="laptop")
        self.assertEqual(welcome["user"]["name"], self.named("anna"))
        self.assertTrue(welcome["user"]["account"])
        self.assertTrue(welcome["session"])
        (row,) = anna.ok("passkey")["passkeys"]
        self.assertEqual(row["label"], "laptop")
        self.assertIn("used", row)
        # It outlives the process.
        server.stop()
        server.start()
        self.enter(self.show(laptop))

    def test_a_proof_lets_in_once(self):
        server = self.start()
        laptop = Authenticator()
        anna = self.give(self.account(), laptop)
        earlier, later = self.show(laptop), self.show(laptop)
        self.enter(later)
        self.refuse(later)
        self.refuse(earlier)
        server.stop()
        server.start()
        # Challenges of another process are strange to this one.
        self.refuse(later)

    def test_a_counter_that_goes_back_is_a_copy(self):
        self.start()
        laptop = Authenticator(counts=True)
        anna = self.give(self.account(), laptop)
        self.enter(self.show(laptop))
        laptop.counter -= 1
        self.refuse(self.show(laptop))
        self.enter(self.show(laptop))

    def test_what_is_not_quite_right_is_refused(self):
        self.start()
        laptop, other = Authenticator(), Authenticator()
        anna = self.give(self.account(), laptop)
        good = self.show(laptop)
        cases = {
            "of another key": {**good, "signature": self.show(other)["signature"]},
            "a number that nobody has": {**good, "credential": "AAAA"},
            "no base64": {**good, "credential": "%%%"},
            "user not verified": self.show(laptop, flags=PRESENT),
            "user not present": self.show(laptop, flags=VERIFIED),
            "of another page": self.show(laptop, origin="https://evil.example"),
            "of a page that begins alike": self.show(laptop, origin="https://localhost.evil.example"),
            "of an unencrypted page": self.show(laptop, origin="http://chat.example"),
            "a challenge of nobody": laptop.show("A" * 43),
            "a challenge too long": laptop.show("A" * 44),
            "cut off": {**good, "auth_data": good["auth_data"][:20]},
            "one that makes": {**good, "client_data": laptop.make(self.challenge())["client_data"]},
        }
        for name, proof in cases.items():
            with self.subTest(name):
                self.refuse(proof)
        for field in ("client_data", "auth_data", "signature"):
            with self.subTest(field):
                self.assertEqual(self.refuse({**good, field: None}, "bad_field")["field"], field)
        # None of them held up the right one.
        self.enter(good)

    def test_making_one_takes_the_password_and_a_fitting_claim(self):
        self.start()
        laptop = Authenticator()
        anna = self.account()
        # Nothing is made before the server would take it.
        anna.refused("auth_failed", "passkey", label="laptop", password="wrong horse")
        challenge = anna.ok("passkey", label="laptop", password=PASSWORD)["challenge"]
        made = laptop.make(challenge)
        anna.refused("auth_failed", "passkey", label="laptop", password="wrong horse", **made)
        self.assertEqual(anna.refused("bad_field", "passkey", label="laptop", **made)["field"], "password")
        for name, wrong in {
            "the number of another": {**made, "credential": Authenticator().make(challenge)["credential"]},
            "no key": {**made, "key": "AAAA"},
            "without the key's part": laptop.make(challenge, flags=PRESENT | VERIFIED),
            "not verified": laptop.make(challenge, flags=PRESENT | HAS_KEY),
        }.items():
            with self.subTest(name):
                anna.refused("auth_failed", "passkey", label="laptop", password=PASSWORD, **wrong)
        anna.ok("passkey", label="laptop", password=PASSWORD, **made)
        anna.refused("bad_field", "passkey", label="laptop", password=PASSWORD)
        anna.refused("bad_field", "passkey", label="laptop", password=PASSWORD, **made)
        anna.refused("bad_field", "passkey", label="again", password=PASSWORD, **made)

    def test_removed_ones_open_nothing(self):
        self.start()
        laptop, phone = Authenticator(), Authenticator()
        anna = self.give(self.give(self.account(), laptop), phone, "phone")
        anna.refused("bad_field", "passkey", label="tablet", revoke=True)
        anna.ok("passkey", label="laptop", revoke=True)
        self.refuse(self.show(laptop))
        self.enter(self.show(phone))
        # Somebody who knew the password may have made one.
        anna.ok("passwd", old=PASSWORD, new="another horse")
        self.assertEqual(anna.ok("passkey")["passkeys"], [])
        self.refuse(self.show(phone))

    def test_there_are_only_so_many(self):
        self.start("--passkeys-per-account", "2")
        anna = self.account()
        for label in "ab":
            self.give(anna, Authenticator(), label)
        anna.refused("limit", "passkey", label="c", password=PASSWORD)
        made = Authenticator().make(self.challenge())
        anna.refused("limit", "passkey", label="c", password=PASSWORD, **made)

    def test_without_them_the_old_ones_open_nothing(self):
        server = self.start()
        laptop = Authenticator()
        self.give(self.account(), laptop)
        server.stop()
        server.args += ("--passkeys-per-account", "0")
        server.start()
        self.refuse(self.show(laptop))

    def test_guests_have_none(self):
        self.start()
        self.full("mario").refused("auth_required", "passkey")


if __name__ == "__main__":
    unittest.main()
