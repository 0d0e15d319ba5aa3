"""The store in a PostgreSQL of the test's own: what holds when it dies, stops or changes hands. See tests/run.py for the
other tests on it (BRUSIO_TEST_STORE=postgres)."""
import contextlib
import signal
import tempfile
import threading
import time
import unittest

from brusio_test import Closed, PrivateServerTest, Server, deadline
from brusio_test.cluster import Cluster, find_programs
from brusio_test.server import run_to_end


@unittest.skipUnless(find_programs(), "there is no PostgreSQL here")
class Postgres(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.cluster = Cluster(tempfile.mkdtemp(prefix="brusio-postgres-")).start()
        self.addCleanup(self.cluster.remove)
        self.cluster.run("CREATE DATABASE chat")
        self.url = self.cluster.url("chat")

    def migrate(self):
        done = run_to_end("migrate", "--store", self.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def begin(self, *args):
        self.migrate()
        return self.start(*args, env={"BRUSIO_STORE": self.url})

    def stored(self):
        return self.cluster.run("SELECT text FROM brusio.entries WHERE kind = 1 ORDER BY room, seq", "chat").split("\n")

    def test_migrate_makes_the_tables_once_and_a_server_says_where_they_are_missing(self):
        server = Server(env={"BRUSIO_STORE": self.url})
        self.addCleanup(server.remove)
        refused = run_to_end("--port", 0, "--data", server.data, "--store", self.url)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("brusiod migrate", refused.stderr)
        self.assertIn("were made", self.migrate())
        epoch = self.cluster.run("SELECT value FROM brusio.meta WHERE key = 'epoch'", "chat")
        self.assertIn("this version", self.migrate())
        self.assertEqual(self.cluster.run("SELECT value FROM brusio.meta WHERE key = 'epoch'", "chat"), epoch)
        self.cluster.run("UPDATE brusio.meta SET value = 'older' WHERE key = 'functions'", "chat")
        refused = run_to_end("--port", 0, "--data", server.data, "--store", self.url)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("functions in the database", refused.stderr)
        self.migrate()
        self.cluster.run("UPDATE brusio.meta SET value = '99' WHERE key = 'version'", "chat")
        self.assertIn("newer brusiod", run_to_end("migrate", "--store", self.url).stderr)

    def test_a_url_that_cannot_be_read_is_not_repeated(self):
        refused = run_to_end("--port", 0, "--data", tempfile.mkdtemp(), "--store", "postgres://x:hunter2%zz@h/y")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("cannot be read", refused.stderr)
        self.assertNotIn("hunter2", refused.stderr)

    def test_where_nothing_answers_the_start_says_so(self):
        refused = run_to_end("--port", 0, "--data", tempfile.mkdtemp(), "--store", "postgres://nobody@/x?host=/nowhere")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("cannot be reached", refused.stderr)

    def send_until(self, end, acknowledged, name):
        """Numbered messages, each until it is acknowledged, as a client does over broken lines."""
        client = self.full(name, self.room)
        number = 0
        while not end.is_set():
            number += 1
            client.say(f"{name} {number}", self.room)
            acknowledged.append(f"{name} {number}")

    def test_what_was_acknowledged_outlives_crashes_and_is_there_once(self):
        server = self.begin()
        end, said = threading.Event(), []
        senders = [threading.Thread(target=self.send_until, args=(end, said, f"sender{i}")) for i in range(4)]
        for sender in senders:
            sender.start()
        for _ in range(3):
            before = len(said)
            until = time.monotonic() + deadline()
            while len(said) < before + 50:
                self.assertLess(time.monotonic(), until, server.log())
            self.cluster.crash()
        end.set()
        for sender in senders:
            sender.join(deadline())
            self.assertFalse(sender.is_alive())
        stored = self.stored()
        self.assertEqual(len(stored), len(set(stored)))
        self.assertEqual(set(said) - set(stored), set())
        self.assertIn("store.lost", server.log())
        self.assertTrue(server.stderr.wait_for("store.back"))
        self.assertEqual(server.run("check").returncode, 0)

    def test_messages_wait_while_it_is_away_and_the_status_says_so(self):
        server = self.begin()
        client, other = self.full("client", self.room), self.full("other", self.room)
        self.cluster.stop()
        client.post("send", room=self.room, message="later")
        self.assertTrue(server.stderr.wait_for("store.lost"))
        self.assertIn("messages wait for the database", server.run("status").stdout)
        self.cluster.pg_ctl("start")
        self.assertEqual(other.push(room=self.room, op="message")["message"], "later")
        until = time.monotonic() + deadline()
        while "messages wait" in server.run("status").stdout:
            self.assertLess(time.monotonic(), until)
        self.assertEqual(self.stored(), ["later"])

    def test_a_server_stops_though_nothing_answers(self):
        server = self.begin()
        client = self.full("client", self.room)
        self.cluster.stop()
        client.post("send", room=self.room, message="lost")
        self.assertTrue(server.stderr.wait_for("store.lost"))
        server.stop()
        self.cluster.pg_ctl("start")

    def test_the_server_that_came_first_ends_when_another_one_takes_the_database(self):
        first = self.begin()
        client = self.full("client", self.room)
        client.say("before", self.room)
        second = Server(env={"BRUSIO_STORE": self.url}).start()
        self.addCleanup(second.remove)
        with contextlib.suppress(Closed):
            client.post("send", room=self.room, message="too late")
        self.assertTrue(first.stderr.wait_for("store.fenced"))
        self.assertEqual(first.process.wait(deadline()), 0)
        first.end(signal.SIGTERM)
        client.rest_of_lines()
        self.assertEqual(self.stored(), ["before"])

    def test_it_ends_also_where_nobody_says_anything(self):
        first = self.begin()
        second = Server(env={"BRUSIO_STORE": self.url}).start()
        self.addCleanup(second.remove)
        self.assertTrue(first.stderr.wait_for("store.fenced"))
        self.assertEqual(first.process.wait(deadline()), 0)
        first.end(signal.SIGTERM)

    def test_a_history_can_be_given_another_name(self):
        server = self.begin()
        client = self.full("client", self.room)
        last = client.say("before", self.room)["seq"]
        done = server.run("new-epoch")
        self.assertIn("start it again", done.stdout)
        self.assertTrue(server.stderr.wait_for("store.fenced"))
        self.assertEqual(server.process.wait(deadline()), 0)
        server.end(signal.SIGTERM)
        server.start()
        back = self.unnamed()
        self.assertNotEqual(back.ok("hello", name=client.name, session=client.session)["epoch"], client.epoch)
        self.assertTrue(back.join(self.room, after=last, epoch=client.epoch)["reset"])

    def test_terminated_backends_are_replaced(self):
        server = self.begin()
        client = self.full("client", self.room)
        for number in range(5):
            client.say(f"message {number}", self.room)
            self.cluster.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'brusiod'")
        history = client.ok("history", room=self.room)
        self.assertEqual([message["message"] for message in history["messages"]], [f"message {i}" for i in range(5)])
        self.assertEqual(server.run("check").returncode, 0)

    def test_users_are_made_beside_the_server_and_backups_are_refused(self):
        server = self.begin()
        self.assertEqual(server.run("user", "add", "anna", input="correct horse\n").returncode, 0)
        self.unnamed().ok("hello", name="anna", password="correct horse")
        self.assertIn("anna", server.run("user", "list").stdout)
        refused = server.run("backup", str(server.directory / "copy"))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("pg_dump", refused.stderr)

    def test_a_room_that_was_removed_beside_the_server_takes_no_more_messages(self):
        server = self.begin()
        client = self.full("client", "#x")
        for number in range(3):
            client.say(f"message {number}", "#x")
        removed = server.run("room", "delete", "#x")
        self.assertEqual(removed.returncode, 0, removed.stderr)
        client.refused("no_room", "send", room="#x", message="too late")
        self.assertNotIn("too late", self.stored())
        self.assertEqual(server.run("check").returncode, 0)

    def test_a_copy_keeps_all_and_clients_go_on(self):
        """A client that knows its session, its place and its ids sees no difference; nothing is missing."""
        server = self.start()
        self.assertEqual(server.run("user", "add", "anna", input="correct horse\n").returncode, 0)
        client = self.full("client", self.room)
        texts = ["one", "two\n\ttabs and \\ signs", "three", "'quotes' \"too\" 界"]
        seqs = [client.say(text, self.room)["seq"] for text in texts]
        client.ok("edit", room=self.room, target=seqs[0], message="one, better")
        client.ok("react", room=self.room, target=seqs[1], emoji="👍", on=True)
        client.ok("delete", room=self.room, target=seqs[2])
        sent = client.ok("send", room=self.room, message="once", id="mine")
        session, name, epoch = client.session, client.name, client.epoch
        server.stop()
        exported = server.run("export").stdout
        self.migrate()
        copied = run_to_end("copy", "--from", server.data, "--to", self.url)
        self.assertEqual(copied.returncode, 0, copied.stderr)
        self.assertIn("entries copied", copied.stdout)
        again = run_to_end("copy", "--from", server.data, "--to", self.url)
        self.assertIn("already", again.stderr)
        server.env["BRUSIO_STORE"] = self.url
        self.assertEqual(server.run("export").stdout, exported)
        self.assertEqual(server.run("check").returncode, 0, server.run("check").stdout)
        server.start()
        back = self.unnamed()
        welcome = back.ok("hello", name=name, session=session)
        self.assertEqual((welcome["user"]["name"], welcome["epoch"]), (name, epoch))
        joined = back.ok("join", room=self.room, after=seqs[3])
        self.assertFalse(joined.get("reset"))
        repeat = back.ok("send", room=self.room, message="once", id="mine")
        self.assertEqual((repeat["seq"], repeat["time"]), (sent["seq"], sent["time"]))
        self.assertEqual(back.say("next", self.room)["seq"], sent["seq"] + 1)
        self.unnamed().ok("hello", name="anna", password="correct horse")


if __name__ == "__main__":
    unittest.main()
