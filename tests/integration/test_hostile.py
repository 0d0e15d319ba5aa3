"""A hostile crowd of every kind beside good users, in small; tests/hostile/run does the same with thousands."""
import json
import pathlib
import subprocess
import sys
import time
import unittest

from brusio_test import PrivateServerTest, deadline, sanitizer

CROWD = pathlib.Path(__file__).resolve().parents[1] / "hostile" / "crowd.py"
COUNT = 150 if sanitizer() else 300
USERS = 4
ROUNDS = 25 if sanitizer() else 60
# The bound of doc/design.md for one connection, which none of these comes near to in the mean.
EACH_BYTES = 500_000


class Hostile(PrivateServerTest):
    def crowd(self):
        """Starts it, and returns once all of it has come."""
        process = subprocess.Popen(
            [sys.executable, str(CROWD), "--connect", f"127.0.0.1:{self.server.port}", "--count", str(COUNT)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        begun = json.loads(process.stdout.readline())
        self.assertGreater(begun["begun"], COUNT)
        return process

    def talk(self, users, turn):
        """Each says something and all others hear it, in order and once."""
        for number in range(ROUNDS):
            for user in users:
                user.say(f"{turn}.{number} of {user.name}", "#good")
            for user in users:
                others = [f"{turn}.{number} of {other.name}" for other in users if other is not user]
                self.assertEqual([entry["message"] for entry in user.entries(len(others), "#good")], others)

    def test_good_users_notice_nothing_and_all_is_given_back(self):
        server = self.start("--proxy-from", "127.9.0.0/16", "--log-level", "error")
        users = [self.full(f"good{number}", "#good") for number in range(USERS)]
        self.talk(users, "before")
        users[0].ok("history", room="#good")
        users[0].ok("search", query="good")
        descriptors, memory = server.descriptors(), server.resident_bytes()
        crowd = self.crowd()
        self.talk(users, "beside")
        users[0].ok("history", room="#good", limit=5)
        if not sanitizer():
            self.assertLess(server.resident_bytes() - memory, COUNT * EACH_BYTES)
        crowd.stdin.close()
        crowd.wait(deadline())
        until = time.monotonic() + deadline(60)
        # A second reader of the database may have been needed.
        while server.descriptors() > descriptors + 4:
            self.assertLess(time.monotonic(), until, "descriptors were not given back")
            users[0].barrier()
        self.talk(users, "after")


if __name__ == "__main__":
    unittest.main()
