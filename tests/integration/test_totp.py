"""The second factor: codes of an authenticator app, recovery codes, and what administrators need."""
import unittest

from brusio_test import PrivateServerTest
from brusio_test.authenticator import App
from brusio_test.server import run_to_end

PASSWORD = "correct horse"


class TotpTest(PrivateServerTest):
    def account(self, name="anna", **options):
        client = self.full(name, **options)
        client.ok("register", password=PASSWORD)
        return client

    def turn_on(self, client):
        """The app that knows the account's secret, and the recovery codes."""
        offered = client.ok("totp", on=True, password=PASSWORD)
        app = App(offered["secret"])
        self.assertIn(f"secret={app.secret}", offered["uri"])
        self.assertTrue(offered["uri"].startswith("otpauth://totp/brusio:"))
        done = client.ok("totp", on=True, password=PASSWORD, secret=app.secret, code=app.code())
        self.assertEqual(len(set(done["recovery"])), 10)
        return app, done["recovery"]

    def log_in(self, name="anna", **fields):
        return self.unnamed().ok("hello", name=self.named(name), password=PASSWORD, device="phone", **fields)

    def refused(self, error, name="anna", **fields):
        return self.unnamed().refused(error, "hello", name=self.named(name), password=PASSWORD, **fields)


class Totp(TotpTest):
    def test_the_password_alone_is_not_enough(self):
        self.start()
        app, _ = self.turn_on(self.account())
        self.assertEqual(self.refused("auth_required")["field"], "code")
        self.assertTrue(self.log_in(code=app.code())["user"]["account"])

    def test_a_wrong_password_is_told_as_one_whatever_the_code(self):
        self.start()
        app, _ = self.turn_on(self.account())
        answer = self.unnamed().refused("auth_failed", "hello", name=self.named("anna"), password="wrong horse", code=app.code())
        self.assertNotIn("field", answer)

    def test_a_code_lets_in_once(self):
        server = self.start()
        app, _ = self.turn_on(self.account())
        code = app.code()
        self.log_in(code=code)
        self.assertEqual(self.refused("auth_failed", code=code)["field"], "code")
        server.stop()
        server.start()
        self.refused("auth_failed", code=code)

    def test_wrong_codes_are_guesses(self):
        server = self.start()
        self.turn_on(self.account())
        answer = self.unnamed()
        for _ in range(12):
            client = self.unnamed()
            answer = client.request("hello", name=self.named("anna"), password=PASSWORD, code="000000")
            if answer["code"] == "rate_limited":
                break
        self.assertEqual(answer["code"], "rate_limited")
        self.assertTrue(server.stderr.wait_for("by=code"))

    def test_a_recovery_code_lets_in_once_however_it_is_spelled(self):
        self.start()
        _, recovery = self.turn_on(self.account())
        self.log_in(code=recovery[3].upper().replace("-", " "))
        self.refused("auth_failed", code=recovery[3])
        self.log_in(code=recovery[4])
        self.refused("auth_failed", code="abcd-efgh-ijkl-mnop")

    def test_sessions_and_tokens_need_no_code(self):
        self.start()
        anna = self.account()
        self.turn_on(anna)
        token = anna.ok("token", label="bot")["token"]
        self.unnamed().ok("hello", name=self.named("anna"), token=token, device="bot")
        self.unnamed().ok("hello", name=self.named("anna"), session=anna.session)

    def test_turning_it_on_takes_the_password_and_a_code_that_fits(self):
        self.start()
        anna = self.account()
        self.assertEqual(anna.refused("bad_field", "totp", on=True)["field"], "password")
        anna.refused("auth_failed", "totp", on=True, password="wrong horse")
        secret = anna.ok("totp", on=True, password=PASSWORD)["secret"]
        self.assertEqual(anna.refused("bad_field", "totp", on=True, password=PASSWORD, secret=secret)["field"], "code")
        anna.refused("bad_field", "totp", on=True, password=PASSWORD, secret="short", code="123456")
        wrong = App(secret[::-1]).code()
        anna.refused("auth_failed", "totp", on=True, password=PASSWORD, secret=secret, code=wrong)
        self.log_in()
        self.turn_on(anna)
        anna.refused("forbidden", "totp", on=True, password=PASSWORD)

    def test_turning_it_off_takes_a_code(self):
        self.start()
        anna = self.account()
        anna.refused("forbidden", "totp", on=False, code="123456")
        app, recovery = self.turn_on(anna)
        self.assertEqual(anna.refused("bad_field", "totp", on=False)["field"], "code")
        anna.refused("auth_failed", "totp", on=False, code="abcd-efgh-ijkl-mnop")
        anna.ok("totp", on=False, code=app.code())
        self.log_in()
        # Codes of the old one open nothing with the new one.
        self.turn_on(anna)
        self.refused("auth_failed", code=recovery[0])

    def test_guests_have_none(self):
        self.start()
        self.full("guest").refused({"forbidden", "auth_required", "need_hello"}, "totp", on=True, password=PASSWORD)

    def test_the_operator_turns_it_off_where_the_phone_is_lost(self):
        server = self.start()
        self.turn_on(self.account())
        self.refused("auth_required")
        ended = run_to_end("user", "totp", self.named("anna"), "off", "--data", server.data)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.log_in()
        ended = run_to_end("user", "totp", self.named("anna"), "off", "--data", server.data)
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("no second factor", ended.stderr)

    def test_it_goes_with_the_account(self):
        server = self.start()
        self.turn_on(self.account())
        self.assertEqual(run_to_end("user", "delete", self.named("anna"), "--data", server.data).returncode, 0)
        ended = run_to_end("check", "--data", server.data)
        self.assertEqual(ended.returncode, 0, ended.stdout)


class Administrators(TotpTest):
    """With admin_totp = required, an administrator without a second factor has no rights as one."""

    def test_administrators_are_such_with_a_second_factor_alone(self):
        server = self.start("--admin-totp", "required")
        anna = self.account()
        self.assertEqual(run_to_end("user", "admin", self.named("anna"), "--data", server.data).returncode, 0)
        client = self.unnamed()
        self.assertFalse(client.ok("hello", name=self.named("anna"), password=PASSWORD, device="phone")["user"]["admin"])
        self.assertIn("second factor", client.push(op="notice")["message"])
        app, _ = self.turn_on(anna)
        self.assertTrue(self.log_in(code=app.code())["user"]["admin"])
        server.stop()
        server.start()
        self.assertTrue(self.log_in(code=app.code())["user"]["admin"])

    def test_where_it_is_not_demanded_they_are_such_without(self):
        server = self.start()
        self.account()
        self.assertEqual(run_to_end("user", "admin", self.named("anna"), "--data", server.data).returncode, 0)
        self.assertTrue(self.log_in()["user"]["admin"])


if __name__ == "__main__":
    unittest.main()
