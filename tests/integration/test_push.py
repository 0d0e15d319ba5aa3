"""Web Push: browsers are told of mentions and direct messages while nobody looks at a page in them."""
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from brusio_test import PrivateServerTest, build_directory, deadline, sanitizer
from brusio_test.push import Browser, PushService, to_bytes
from brusio_test.server import run_to_end
from brusio_test.web import Http, WebSocket

PASSWORD = "correct horse"
WAIT_S = 0.02  # between two looks at something that another process does


@unittest.skipUnless((build_directory() / "brusio-push").exists(), "built without libcurl")
class PushTest(PrivateServerTest):
    options = ()

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="brusio-push-")
        self.addCleanup(directory.cleanup)
        self.service = PushService(Path(directory.name))
        self.addCleanup(self.service.close)
        self.begin()

    def begin(self):
        self.start(*self.service.options, *self.options)
        self.service.key = self.facts()["push"]
        self.bruno = self.full("bruno", self.room)

    def http(self):
        return self.keep(Http(self.server))

    def facts(self):
        return json.loads(self.http().get("/api/server").body)

    def values(self):
        lines = self.http().get("/metrics").body.decode().splitlines()
        return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in lines
                                                     if line.startswith(("brusio_pushes", "brusio_courier")))}

    def until(self, **wanted):
        """Waits until the server's counters are these."""
        limit = time.monotonic() + deadline()
        wanted = {f"brusio_{name}": value for name, value in wanted.items()}
        while not wanted.items() <= self.values().items():
            self.assertLess(time.monotonic(), limit, f"{self.values()} {self.server.output()}")
            time.sleep(WAIT_S)

    def subscribe(self, name="anna", label="web-1", **more):
        """A browser of the account, in the room, whose page is closed again."""
        client = self.full(name, self.room)
        client.ok("register", password=PASSWORD)
        client.ok("token", label=label)
        browser = Browser(self.service)
        client.ok("push", **browser.fields(label, **more))
        return client, browser

    def mention(self, text="hello {}", name="anna"):
        return self.bruno.say(text.format(self.named(name)), self.room)["seq"]

    def labels(self, client):
        return [row["label"] for row in client.ok("push")["push"]]


class Push(PushTest):
    def test_a_mention_is_one_push_which_only_the_browser_can_read(self):
        _, browser = self.subscribe()
        seq = self.mention("a secret for {}")
        push = self.service.take()
        told = browser.open(push)
        self.assertEqual(told, {"room": self.room, "seq": seq, "title": f"{self.named('bruno')} in {self.room}",
                                "body": f"{self.named('bruno')} mentioned or answered you in {self.room}."})
        self.assertEqual((push.path, push.fields["TTL"], push.fields["Urgency"]), (browser.path, "86400", "high"))
        self.assertEqual((push.fields["Content-Encoding"], len(push.fields["Topic"])), ("aes128gcm", 32))
        self.assertEqual(push.claims["sub"], "mailto:admin@chat.example")
        self.until(pushes_total=1, pushes_failed_total=0, pushes_waiting=0, courier_up=1)
        self.assertTrue(self.service.pushes.empty())
        for word in ("secret", self.room):
            self.assertNotIn(word, str(push.fields) + str(push.body))

    def test_direct_messages_answers_and_everybody(self):
        anna, browser = self.subscribe(lang="it")
        seq = self.bruno.say("only for you", f"@{self.named('anna')}")["seq"]
        self.assertEqual(browser.take(), {"room": f"@{self.named('bruno')}", "seq": seq, "title": self.named("bruno"),
                                          "body": f"{self.named('bruno')} ti ha mandato un messaggio."})
        said = anna.say("my words", self.room)["seq"]
        seq = self.bruno.say("yes", self.room, reply_to=said)["seq"]
        self.assertEqual(browser.take()["seq"], seq)
        seq = self.bruno.say("@all come", self.room)["seq"]
        self.assertEqual(browser.take()["seq"], seq)
        # An answer that names its reader is one push, too.
        seq = self.mention("{}: yes")
        self.assertEqual(browser.take()["seq"], seq)
        self.until(pushes_total=4, pushes_waiting=0)

    def test_the_text_is_told_where_it_is_wanted(self):
        _, browser = self.subscribe(texts=True)
        self.mention("{}, \"dinner\"? " + "è" * 500)
        body = browser.take()["body"]
        self.assertTrue(body.startswith(f"{self.named('anna')}, \"dinner\"? èè"), body)
        self.assertLess(len(body), 250)
        self.assertTrue(body.endswith("è…"), body)

    def test_what_nobody_asked_for_is_no_push(self):
        anna, browser = self.subscribe()
        self.bruno.say("about nobody", self.room)
        anna.say(f"{self.named('anna')} says it of herself", self.room)
        self.bruno.ok("send", room=self.room, message=f"a notice for {self.named('anna')}", notice=True)
        carla = self.full("carla", self.room)
        carla.ok("register", password=PASSWORD)
        anna.ok("block", name=self.named("carla"))
        carla.say(f"{self.named('anna')}!", self.room)
        anna.ok("settings", set={f"notify.{self.room}": "nothing"})
        self.mention("not in this room, {}")
        anna.ok("settings", set={f"notify.{self.room}": "", "quiet": "on"})
        self.mention("not now, {}")
        self.bruno.say("nor this", f"@{self.named('anna')}")
        anna.ok("settings", set={"quiet": ""})
        seq = self.mention("now, {}")
        self.assertEqual(browser.take()["seq"], seq)
        self.until(pushes_total=1, pushes_failed_total=0, pushes_dropped_total=0, pushes_waiting=0)

    def page(self, **proof):
        page = self.keep(WebSocket(self.server))
        page.ok("hello", name=self.named("anna"), device=f"page-{len(self.connections)}", **proof)
        return page

    def test_an_open_page_keeps_its_browser_silent_and_no_other(self):
        anna, here = self.subscribe(label="web-here")
        there = Browser(self.service)
        token = anna.ok("token", label="web-there")["token"]
        anna.ok("push", **there.fields("web-there"))
        page = self.page(token=token)
        # The push to the one browser is on its way behind that of the other.
        seq = self.mention("one sees it, {}")
        self.assertEqual(here.take()["seq"], seq)
        self.until(pushes_total=1, pushes_waiting=0)
        # Nobody looks at a page that is hidden.
        page.send_object({"op": "visible", "on": False})
        page.ok("ping")
        seq = self.mention("none does, {}")
        self.assertEqual(self.both(here, there), [seq, seq])
        page.send_object({"op": "visible", "on": True})
        page.ok("ping")
        seq = self.mention("one does again, {}")
        self.assertEqual(here.take()["seq"], seq)
        self.until(pushes_total=4, pushes_waiting=0)

    def both(self, *browsers):
        pushes = {push.path: push for push in (self.service.take() for _ in browsers)}
        return [browser.open(pushes[browser.path])["seq"] for browser in browsers]

    def test_a_page_that_made_its_token_is_that_browser(self):
        _, here = self.subscribe(label="web-here")
        page = self.page(password=PASSWORD)
        there = Browser(self.service)
        page.ok("token", label="web-there")
        page.ok("push", **there.fields("web-there"))
        seq = self.mention("one sees it, {}")
        self.assertEqual(here.take()["seq"], seq)
        self.until(pushes_total=1, pushes_waiting=0)
        page.close()
        limit = time.monotonic() + deadline()
        while any(row["online"] for row in self.log_in().ok("sessions")["sessions"] if row.get("device", "").startswith("page")):
            self.assertLess(time.monotonic(), limit)
        seq = self.mention("none does, {}")
        self.assertEqual(self.both(here, there), [seq, seq])

    def log_in(self):
        client = self.unnamed()
        client.ok("hello", name=self.named("anna"), password=PASSWORD, device="terminal")
        return client

    def test_a_subscription_that_is_over_is_forgotten(self):
        anna, browser = self.subscribe()
        _, other = self.subscribe("carla")
        for status in (410, 404):
            self.service.answers.append(status)
            self.mention()
            self.service.take()
            limit = time.monotonic() + deadline()
            while self.labels(anna):
                self.assertLess(time.monotonic(), limit, self.server.output())
                time.sleep(WAIT_S)
            self.mention()
            # Decided behind the one before it, which nobody is told of.
            seq = self.mention(name="carla")
            self.assertEqual(other.take()["seq"], seq)
            anna.ok("push", **browser.fields())
        seq = self.mention()
        self.assertEqual(browser.take()["seq"], seq)
        self.until(pushes_total=3, pushes_failed_total=2, pushes_waiting=0)
        self.assertIn("push.gone", self.server.log())

    def test_a_service_that_is_busy_is_asked_again(self):
        _, browser = self.subscribe()
        self.service.answers.extend([(503, ("Retry-After", "1")), 429])
        seq = self.mention()
        for _ in range(3):
            self.assertEqual(browser.take()["seq"], seq)
        self.until(pushes_total=1, pushes_failed_total=0, pushes_waiting=0)

    def test_what_is_refused_is_not_tried_again_and_keeps_the_subscription(self):
        anna, browser = self.subscribe()
        for status in (400, 403, 413, (307, ("Location", f"{self.service.origin}/elsewhere"))):
            self.service.answers.append(status)
            self.mention()
            self.assertEqual(self.service.take().path, browser.path)
        self.until(pushes_total=0, pushes_failed_total=4, pushes_waiting=0)
        self.assertEqual(self.labels(anna), ["web-1"])
        self.assertRegex(self.server.log(), "push.failed host=localhost status=400 tries=1")
        self.assertNotIn(browser.path, self.server.log())

    def test_of_a_flood_the_newest_is_told(self):
        _, browser = self.subscribe()
        self.service.answers.append((503, ("Retry-After", "2")))
        seqs = [self.mention() for _ in range(2)]
        self.assertIn(self.service.take().path, browser.path)
        self.until(pushes_waiting=1)
        last = self.mention()
        # Those that wait have the topic of the room, so the last stands for all of them.
        limit = time.monotonic() + deadline()
        while (told := browser.take()["seq"]) != last:
            self.assertIn(told, seqs)
            self.assertLess(time.monotonic(), limit)
        self.until(pushes_waiting=0)
        values = self.values()
        self.assertLessEqual(values["brusio_pushes_total"] + values["brusio_pushes_dropped_total"], 3)


class Subscriptions(PushTest):
    def test_they_end_with_the_token(self):
        anna, browser = self.subscribe()
        other = Browser(self.service)
        anna.ok("token", label="web-2")
        anna.ok("push", **other.fields("web-2"))
        row = anna.ok("push")["push"][0]
        self.assertEqual((row["label"], row["host"], row["texts"]), ("web-1", f"localhost:{self.service.port}", False))
        self.assertNotIn(browser.path, str(anna.ok("push")))
        anna.ok("token", label="web-1", revoke=True)
        self.assertEqual(self.labels(anna), ["web-2"])
        seq = self.mention()
        self.assertEqual(other.take()["seq"], seq)
        anna.ok("passwd", old=PASSWORD, new="another horse")
        self.assertEqual(self.labels(anna), [])
        anna.ok("token", label="web-1")
        anna.ok("push", **browser.fields())
        self.assertEqual(self.server.run("user", "sessions", self.named("anna"), "--end").returncode, 0)
        self.mention()
        self.until(pushes_total=1, pushes_waiting=0)

    def test_they_end_with_the_account(self):
        self.subscribe()
        self.assertEqual(self.server.run("user", "delete", self.named("anna")).returncode, 0)
        self.bruno.say(f"{self.named('anna')}?", self.room)
        self.assertEqual(self.server.sql("SELECT count(*) FROM pushes"), "0")
        self.assertEqual(self.server.run("check").returncode, 0)

    def test_one_can_be_ended_and_is_whose_browser_asked_last(self):
        anna, browser = self.subscribe()
        carla, _ = self.subscribe("carla")
        carla.ok("push", **browser.fields())
        self.assertEqual((self.labels(anna), self.labels(carla)), ([], ["web-1"]))
        carla.ok("push", endpoint=browser.endpoint, revoke=True)
        carla.ok("push", endpoint=browser.endpoint, revoke=True)
        self.assertEqual(self.labels(carla), [])

    def test_what_is_wrong_is_refused(self):
        anna, browser = self.subscribe()
        for field, value in (("endpoint", "http://localhost/a"), ("endpoint", "https://localhost/a"),
                             ("endpoint", f"https://other.example:{self.service.port}/a"),
                             ("endpoint", f"https://localhost:{self.service.port}@10.0.0.1/a"),
                             ("endpoint", f"https://169.254.169.254:{self.service.port}/latest"),
                             ("p256dh", "AAAA"), ("auth", "AAAA")):
            answer = anna.refused("bad_field", "push", **{**browser.fields(), field: value})
            self.assertEqual(answer["field"], "p256dh" if field == "auth" else field)
        anna.refused("bad_field", "push", **browser.fields("nothing"))
        anna.refused("bad_field", "push", endpoint=browser.endpoint)
        self.full("guest").refused("auth_required", "push")
        for number in range(2, 22):
            anna.ok("token", label=f"web-{number}")
            fields = Browser(self.service).fields(f"web-{number}")
            if number <= 20:
                anna.ok("push", **fields)
            else:
                anna.refused("limit", "push", **fields)

    def test_a_restart_keeps_them_and_the_key(self):
        _, browser = self.subscribe()
        key = self.service.key
        path = self.server.data / "push.key"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.facts()["push"], key)
        self.assertEqual(len(to_bytes(key)), 65)
        bruno = self.unnamed()
        bruno.ok("hello", name=self.named("dora"))
        bruno.join(self.room)
        seq = bruno.say(f"again, {self.named('anna')}", self.room)["seq"]
        self.assertEqual(browser.take()["seq"], seq)


class Reach(PushTest):
    """A name of the list that leads to this machine, which nobody has allowed."""

    def begin(self):
        at = self.service.options.index("--push-private")
        self.start(*self.service.options[:at], *self.service.options[at + 2:])
        self.bruno = self.full("bruno", self.room)

    def test_a_private_address_is_not_reached(self):
        self.subscribe()
        self.mention()
        self.until(pushes_total=0, pushes_failed_total=1, pushes_waiting=0)
        self.assertEqual(self.service.connections, 0)
        self.assertIn("push.failed host=localhost status=-1 tries=1", self.server.log())


class Trust(PushTest):
    """A push service with a certificate that nobody vouches for."""

    def begin(self):
        at = self.service.options.index("--push-ca")
        self.start(*self.service.options[:at], *self.service.options[at + 2:])
        self.bruno = self.full("bruno", self.room)

    def test_a_certificate_that_is_not_trusted_gets_nothing(self):
        self.subscribe()
        self.mention()
        limit = time.monotonic() + deadline()
        while not self.service.connections:
            self.assertLess(time.monotonic(), limit, self.server.output())
            time.sleep(WAIT_S)
        self.until(pushes_total=0, pushes_waiting=1)
        self.assertTrue(self.service.pushes.empty())


def is_there(pid):
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


class Courier(PushTest):
    def children(self, pid):
        return [int(child) for task in Path(f"/proc/{pid}/task").glob("*") for child in (task / "children").read_text().split()]

    def until_gone(self, *pids):
        limit = time.monotonic() + deadline()
        while any(map(is_there, pids)):
            self.assertLess(time.monotonic(), limit)
            time.sleep(WAIT_S)

    def couriers(self):
        """The process that keeps the other, and that one where it is there."""
        keeper, = (pid for pid in self.children(self.server.pid)
                   if b"brusio-push" in Path(f"/proc/{pid}/cmdline").read_bytes())
        return keeper, self.children(keeper)

    def test_one_that_was_killed_is_made_anew(self):
        _, browser = self.subscribe()
        keeper, (worker,) = self.couriers()
        os.kill(worker, signal.SIGKILL)
        seq = self.mention()
        self.assertEqual(browser.take()["seq"], seq)
        self.assertEqual(self.couriers()[0], keeper)
        self.assertNotEqual(self.couriers()[1], [worker])
        for said in ("is=gone error=\"it died\"", "is=back"):
            self.assertIn(f"push.courier {said}", self.server.log())

    def test_a_server_without_it_goes_on(self):
        self.subscribe()
        keeper, (worker,) = self.couriers()
        os.kill(keeper, signal.SIGKILL)
        self.until(courier_up=0)
        self.until_gone(worker)
        self.mention()
        self.until(pushes_failed_total=1, pushes_waiting=0)
        self.assertIn("push.courier is=gone", self.server.log())

    def test_it_ends_with_the_server(self):
        keeper, (worker,) = self.couriers()
        self.server.kill()
        self.until_gone(keeper, worker)

    def test_it_has_nothing_of_the_servers(self):
        keeper, (worker,) = self.couriers()
        for pid in (keeper, worker):
            status = Path(f"/proc/{pid}/status").read_text()
            if sanitizer() != "address":
                self.assertIn("NoNewPrivs:\t1", status)
                self.assertIn("Seccomp:\t2", status)
            self.assertEqual(Path(f"/proc/{pid}/environ").read_bytes(), b"")
            links = {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
            self.assertFalse([link for link in links if str(self.server.data) in link], links)


class Off(PrivateServerTest):
    def test_it_is_off_unless_the_operator_turns_it_on(self):
        self.start()
        self.assertNotIn("push", json.loads(self.keep(Http(self.server)).get("/api/server").body))
        anna = self.full("anna")
        anna.ok("register", password=PASSWORD)
        anna.refused("forbidden", "push")
        self.assertFalse((self.server.data / "push.key").exists())

    def test_wrong_settings_are_told(self):
        with tempfile.TemporaryDirectory() as data:
            for option, value in (("--push-hosts", "https://push.example"), ("--push-contact", "admin")):
                done = run_to_end("--data", data, option, value)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"for {option[2:].replace('-', '_')}", done.stderr)
            for check in ([], ["--check-config"]):
                done = run_to_end("--data", data, "--port", "0", "--push", "yes", "--push-ca", f"{data}/none.pem", *check)
                self.assertEqual(done.returncode, 1)
                self.assertIn("cannot read push_ca", done.stderr)

    def test_a_check_tries_the_helper(self):
        """A unit that checks its configuration first must not pass where the start fails."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(build_directory() / "brusiod", folder)
            for program in (build_directory() / "brusiod", Path(folder) / "brusiod"):
                done = subprocess.run([program, "--data", folder, "--push", "yes", "--check-config"], capture_output=True,
                                      text=True, timeout=60)
                self.assertEqual(done.returncode, int(program.parent == Path(folder)), done.stderr)
            self.assertIn("push = yes needs", done.stderr)
            self.assertIn("install libcurl", done.stderr)
