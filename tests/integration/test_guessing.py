"""Somebody who guesses passwords is slowed, and keeps nobody out; a rate and a fair queue for every password."""
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from brusio_test import PrivateServerTest
from brusio_test.server import deadline

PASSWORD = "correct horse battery"
HERE, THERE = "127.0.0.1", "127.0.0.2"
FILTER = re.compile(r"```ini\n(# /etc/fail2ban/filter.d/brusiod.conf\n.*?)```", re.S)
OPERATIONS = pathlib.Path(__file__).resolve().parents[2] / "doc" / "operations.md"


class Guessing(PrivateServerTest):
    def setUp(self):
        super().setUp()
        # Ten at once, and another one after six seconds.
        self.start("--wrong-passwords-per-minute", 10)
        self.owner = self.unnamed(source=HERE)
        self.session = self.owner.ok("hello", name="anna")["session"]
        self.owner.ok("register", password=PASSWORD)

    def guess(self, guesser, name, number):
        return guesser.refused({"auth_failed", "rate_limited"}, "hello", name=name, password=f"wrong {number}")["code"]

    def comes_in(self, name="anna", source=HERE, **secret):
        client = self.unnamed(source=source)
        client.ok("hello", name=name, device=f"d{len(self.connections)}", **secret)
        return client

    def test_the_owner_comes_in_while_others_guess(self):
        token = self.owner.ok("token", label="bot")["token"]
        guesser = self.unnamed(source=THERE)
        codes = [self.guess(guesser, "anna", number) for number in range(50)]
        self.assertEqual(codes[:5] + codes[-1:], ["auth_failed"] * 5 + ["rate_limited"])
        for _ in range(45):
            self.comes_in(password=PASSWORD)
        self.comes_in(token=token, source=THERE)
        self.comes_in(token=token, source="127.0.0.3")
        self.comes_in(password=PASSWORD, source="127.0.0.3")

    def test_invented_names_keep_out_nobody_who_came_in_from_there(self):
        guesser = self.unnamed(source=HERE)
        codes = [self.guess(guesser, f"invented{number}", number) for number in range(200)]
        self.assertIn(codes.count("auth_failed"), range(10, 20))
        self.assertEqual(codes[-1], "rate_limited")
        self.comes_in(password=PASSWORD)
        self.unnamed(source=HERE).refused("rate_limited", "hello", name="bruno", password=PASSWORD)
        self.unnamed(source=THERE).refused("auth_failed", "hello", name="bruno", password=PASSWORD)

    def test_an_address_is_known_across_a_restart(self):
        self.server.restart()
        guesser = self.unnamed(source=HERE)
        codes = [self.guess(guesser, f"invented{number}", number) for number in range(200)]
        self.assertEqual(codes[-1], "rate_limited")
        self.comes_in(password=PASSWORD)

    def test_a_wrong_token_keeps_nobody_waiting(self):
        for number in range(100):
            self.unnamed(source=HERE).refused("auth_failed", "hello", name="anna", token=f"{number:064x}")
        self.comes_in(password=PASSWORD)
        self.assertIn(self.server.log().count("user.auth_failed"), range(1, 10))

    def test_a_session_is_not_held_up(self):
        guesser = self.unnamed(source=HERE)
        for number in range(20):
            self.guess(guesser, "anna", number)
        self.owner.close()
        self.comes_in(session=self.session)


class Registering(PrivateServerTest):
    def flood(self, connections, each, source):
        """Each of CONNECTIONS asks for EACH accounts at once, without waiting; the first of them counts."""
        guests = []
        for number in range(connections):
            guest = self.unnamed(source=source)
            guest.ok("hello", name=f"flood{number}")
            guests.append(guest)
        for guest in guests:
            for number in range(each):
                guest.post("register", password=PASSWORD, id=f"r{number}")
        return guests

    def test_accounts_of_one_address_are_made_at_a_rate(self):
        self.start("--registrations-per-hour", 5)
        codes = []
        for number in range(12):
            guest = self.unnamed(source=HERE)
            guest.ok("hello", name=f"guest{number}")
            codes.append(guest.request("register", password=PASSWORD).get("code"))
        self.assertEqual(codes.count("rate_limited"), 7)
        other = self.unnamed(source=THERE)
        other.ok("hello", name="other")
        other.ok("register", password=PASSWORD)

    def test_a_login_waits_for_few_of_anothers_proofs(self):
        """Counted: how many of the flood were answered when the login was, of all that came before it."""
        self.start("--registrations-per-hour", 0, "--logins-per-second", 1000000)
        owner = self.unnamed(source=HERE)
        owner.ok("hello", name="anna")
        owner.ok("register", password=PASSWORD)
        flood = self.flood(40, 1, THERE)
        login = self.unnamed(source=HERE)
        login.ok("hello", name="anna", device="other", password=PASSWORD)
        made = self.server.log().count("user.register") - 1
        for guest in flood:
            guest.answer("r0")
        # The log comes through a pipe.
        until = time.monotonic() + deadline()
        while self.server.log().count("user.register") - 1 < 40:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        self.assertLess(made, 20)


class Fail2ban(PrivateServerTest):
    def test_the_filter_of_the_manual_finds_who_guessed(self):
        if not shutil.which("fail2ban-regex"):
            raise unittest.SkipTest("fail2ban is not installed")
        self.start()
        self.unnamed(source=THERE).refused("auth_failed", "hello", name="anna", password="wrong guess")
        self.unnamed(source=THERE).refused("auth_failed", "hello", name="anna", token="0" * 64)
        self.server.stop()
        directory = self.server.directory
        (directory / "brusiod.conf").write_text(FILTER.search(OPERATIONS.read_text()).group(1))
        log = self.server.log()
        self.assertRegex(log, rf"warn user\.auth_failed ip={THERE} by=password name=anna\n")
        # The line as it stands in a file, and as fail2ban reads it from the journal of systemd.
        (directory / "log").write_text(log + "".join(
            f"{line[:24]} host brusiod[12]: {line}\n" for line in log.splitlines()))
        found = subprocess.run(["fail2ban-regex", "--print-all-matched", directory / "log",
                                directory / "brusiod.conf"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(found, r"Failregex: 2 total")
        self.assertIn(f"ip={THERE}", found)
