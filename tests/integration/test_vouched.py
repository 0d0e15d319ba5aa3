"""People for whom a proxy vouches (auth_header): they come in without a password, as nobody else."""
import json
import unittest

from brusio_test import PrivateServerTest
from brusio_test.server import run_to_end
from brusio_test.web import Http, WebSocket

PROXY = "127.0.0.2"
HEADER = b"PROXY TCP4 192.0.2.7 192.0.2.1 1 5000\r\n"


class Vouched(PrivateServerTest):
    def begin(self, *args):
        return self.start("--proxy-from", PROXY, "--auth-header", "X-Remote-User", "--insecure-passwords", "yes", *args)

    def page(self, user=None, **options):
        handshake = {"X_Remote_User": user} if user is not None else {}
        return self.keep(WebSocket(self.server, handshake=handshake, before=HEADER, source=PROXY, **options))

    def test_the_first_login_makes_the_account(self):
        server = self.begin()
        anna = self.page("anna")
        welcome = anna.ok("hello", name="Anna")
        self.assertEqual(welcome["user"], {"name": "anna", "account": True, "admin": False})
        anna.join("#ops")
        anna.say("hello", "#ops")
        server.stop()
        server.start()
        again = self.page("anna").ok("hello", name="anna")
        self.assertIn("#ops", [row["room"] for row in again["rooms"]])
        self.assertEqual(run_to_end("check", "--data", server.data).returncode, 0)

    def test_nobody_is_somebody_else(self):
        self.begin()
        self.page("anna").ok("hello", name="anna")
        mallory = self.page("mallory")
        self.assertIn("mallory", mallory.refused("auth_failed", "hello", name="anna")["message"])
        mallory.ok("hello", name="mallory")

    def test_the_field_is_believed_from_the_proxy_alone(self):
        self.begin()
        self.page("anna").ok("hello", name="anna")
        direct = self.keep(WebSocket(self.server, handshake={"X_Remote_User": "anna"}))
        direct.refused("auth_required", "hello", name="anna")
        self.unnamed().refused("auth_failed", "hello", name="anna", password="*")

    def test_without_the_field_one_comes_in_as_anybody(self):
        self.begin()
        self.page("anna").ok("hello", name="anna")
        guest = self.page()
        guest.refused("auth_required", "hello", name="anna")
        guest.ok("hello", name="guest")
        guest.refused("forbidden", "register", password="correct horse")

    def test_a_guest_of_the_name_makes_room(self):
        self.begin()
        guest = self.page()
        guest.ok("hello", name="anna")
        self.page("anna").ok("hello", name="anna", device="desk")
        self.assertEqual(guest.push(op="notice")["code"], "revoked")

    def test_what_is_not_a_name_is_refused(self):
        self.begin()
        for user in ("", "two words", "x" * 200, "anna@example.org"):
            with self.assertRaises(AssertionError) as refused:
                self.page(user)
            self.assertIn("status=400", str(refused.exception))

    def test_the_page_is_told_who_it_is(self):
        self.begin()
        page = self.keep(Http(self.server, before=HEADER, source=PROXY))
        said = json.loads(page.get("/api/server", X_Remote_User="anna").body)
        self.assertEqual((said["user"], said["registration"]), ("anna", "admin"))
        direct = json.loads(self.keep(Http(self.server)).get("/api/server", X_Remote_User="anna").body)
        self.assertNotIn("user", direct)

    def test_it_needs_a_proxy(self):
        ended = run_to_end("--auth-header", "X-Remote-User", "--check-config")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("proxy_from", ended.stderr)


if __name__ == "__main__":
    unittest.main()
