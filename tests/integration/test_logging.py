"""One line an event, with time, level and fields; never a text or a secret."""
import re
import unittest

from brusio_test import PrivateServerTest

LINE = re.compile(r"\S*\d\d:\d\d:\d\d\S* (error|warn|info|debug) \S+", re.IGNORECASE)


class Logging(PrivateServerTest):
    def busy(self, level):
        """A server that has seen a bit of everything; returns what it logged and what it must not have."""
        server = self.start("--log-level", level)
        text = "a-very-private-text"
        full, simple, lines = self.full("full", "#lobby"), self.simple("simple").enter(), self.text("text").enter()
        for client in (full, simple, lines):
            client.say(text)
        full.refused("too_large", "send", room="#lobby", message=text * 600)
        full.refused("bad_field", "send", room="#lobby", message=[text])
        simple.say(f"/{text}")
        full.request("ping", password=text, token=text)
        bad = self.full("bad")
        bad.send_bytes(b'{"password":"%s" nonsense}' % text.encode())
        bad.send_bytes(b"%s, which is not JSON\n" % text.encode())
        bad.rest_of_lines()
        session = full.session
        full.barrier()
        server.stop()
        return server.log(), [text, session]

    def test_every_line_has_time_level_and_event(self):
        log, _ = self.busy("debug")
        self.assertGreater(len(log.splitlines()), 3)
        for line in log.splitlines():
            self.assertRegex(line, LINE)

    def test_no_text_and_no_secret_at_any_level(self):
        log, secrets = self.busy("debug")
        for secret in secrets:
            self.assertNotIn(secret, log)

    def test_the_level_is_kept(self):
        self.assertEqual(self.busy("error")[0], "")
        info, _ = self.busy("info")
        self.assertTrue(re.search("info", info, re.IGNORECASE))
        self.assertFalse(re.search(r" debug ", info, re.IGNORECASE))

    def test_what_a_client_sends_cannot_forge_a_line(self):
        server = self.start("--log-level", "debug")
        client = self.unnamed()
        client.request("hello", name="x\n2026-01-01T00:00:00.000Z error forged", client="c\nforged line", device="d\nforged")
        client.request("hello", name=self.named("good"), client="c\nforged line", device="d\nforged")
        client.request("join", room="#a\nforged")
        client.barrier()
        server.stop()
        for line in server.log().splitlines():
            self.assertRegex(line, LINE)
            self.assertFalse(line.startswith("forged"))


if __name__ == "__main__":
    unittest.main()
