"""The store in a PostgreSQL with a synchronous standby, both of the test's own: what may be acknowledged and shown, and when."""
import contextlib
import os
import signal
import tempfile
import threading
import time
import unittest

from brusio_test import Late, PrivateServerTest, deadline
from brusio_test.cluster import Cluster, find_programs
from brusio_test.server import run_to_end


@unittest.skipUnless(find_programs(), "there is no PostgreSQL here")
class PostgresStandby(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.primary = Cluster(tempfile.mkdtemp(prefix="brusio-primary-")).start()
        self.addCleanup(self.primary.remove)
        self.standby = Cluster(tempfile.mkdtemp(prefix="brusio-standby-"))
        self.addCleanup(self.standby.remove)
        self.primary.run("CREATE DATABASE chat")
        self.url = self.primary.url("chat")
        done = run_to_end("migrate", "--store", self.url)
        self.assertEqual(done.returncode, 0, done.stderr)

    def begin(self, *args):
        return self.start(*args, env={"BRUSIO_STORE": self.url})

    def begin_with_standby(self, *args):
        self.standby.follow(self.primary)
        self.primary.wait_for_standby()
        return self.begin("--store-replicas", 1, *args)

    def account(self, name):
        done = self.server.run("user", "add", name, input="correct horse\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        client = self.unnamed()
        client.ok("hello", name=name, password="correct horse")
        return client

    def texts(self, cluster):
        return cluster.run("SELECT text FROM brusio.entries WHERE kind = 1 ORDER BY room, seq", "chat").split("\n")

    def has_answered(self, client, identity):
        with contextlib.suppress(Late):
            client.take(0.2)
        return identity in client.answers

    def until(self, is_so):
        end = time.monotonic() + deadline()
        while not is_so():
            self.assertLess(time.monotonic(), end, self.server.log())

    def test_without_the_standby_that_is_demanded_messages_are_refused(self):
        server = self.begin()
        self.assertIn("store.standby is=none", server.log())
        self.account("anna").ok("join", room=self.room)
        self.full("guest", self.room).say("before", self.room)
        server.args += ["--store-replicas", "1"]
        server.restart()
        self.assertIn("synchronous_standby_names is empty", server.log())
        self.assertIn("synchronous_standby_names is empty", server.run("status").stdout)
        # Somebody whom it knows may read.
        anna = self.unnamed()
        anna.ok("hello", name="anna", password="correct horse")
        anna.ok("join", room=self.room)
        anna.refused("busy", "send", room=self.room, message="unsafe")
        self.assertEqual([one["message"] for one in anna.ok("history", room=self.room)["messages"]], ["before"])
        self.standby.follow(self.primary)
        self.primary.wait_for_standby()
        self.assertTrue(server.stderr.wait_for("store.back"))
        anna.ok("send", room=self.room, message="safe")
        self.assertEqual(self.texts(self.primary), ["before", "safe"])

    def test_a_first_start_without_it_says_so(self):
        data = tempfile.mkdtemp(prefix="brusio-test-")
        refused = run_to_end("--port", 0, "--data", data, "--store", self.url, "--store-replicas", 1)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("synchronous_standby_names is empty", refused.stderr)

    def test_a_commit_whose_wait_is_cut_off_is_neither_acknowledged_nor_shown(self):
        self.begin_with_standby("--store-wait-seconds", 1)
        writer, reader, third = (self.full(name, self.room) for name in ("writer", "reader", "third"))
        writer.say("both have it", self.room)
        self.assertEqual(reader.entry(self.room)["message"], "both have it")
        self.standby.stop()
        writer.post("send", room=self.room, message="only one has it", id="a")
        waits = ("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                 " AND application_name = 'brusiod'")
        self.until(lambda: self.primary.run(waits))
        self.until(lambda: "only one has it" in self.texts(self.primary))
        # Before the store is taken to be silent, and while it is.
        reader.ok("ping")
        self.until(lambda: third.request("send", room=self.room, message="later", id="b").get("code") == "busy")
        third.ok("ping")
        third.ok("who", room=self.room)
        self.assertNotIn("only one has it", str(reader.request("history", room=self.room)))
        reader.ok("ping")
        self.assertEqual([push for push in reader.pushes if push["op"] == "message"], [])
        self.assertNotIn("a", writer.answers)
        self.standby.pg_ctl("start")
        self.assertEqual(writer.answer("a")["seq"], 2)
        self.assertEqual(reader.entry(self.room)["message"], "only one has it")
        third.ok("send", room=self.room, message="later", id="b")
        self.assertEqual(self.texts(self.primary), ["both have it", "only one has it", "later"])
        self.assertEqual(self.server.run("check").returncode, 0)

    def test_a_commit_that_waited_for_nobody_is_not_acknowledged_by_a_node(self):
        """Settings may name a standby already while commits do not wait yet: PostgreSQL's checkpointer has to see them first. So it
        is behind a failover that Patroni makes."""
        self.primary.run("GRANT pg_monitor TO brusio")
        self.begin_with_standby("--node", "one", "--store-wait-seconds", 1)
        writer = self.full("writer", self.room)
        writer.say("both have it", self.room)
        self.server.send_signal(signal.SIGSTOP)
        self.standby.stop()
        self.primary.wait_for_standby(False)
        self.primary.run("CREATE TABLE waits_for_nobody()")
        checkpointer = int(self.primary.run("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"))
        os.kill(checkpointer, signal.SIGSTOP)
        self.addCleanup(os.kill, checkpointer, signal.SIGCONT)
        self.primary.wait_for_standby()
        self.primary.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'brusiod'")
        writer.post("send", room=self.room, message="only one has it", id="a")
        self.server.send_signal(signal.SIGCONT)
        # Either it sends the batch again, or it could not even read before it.
        self.until(lambda: self.primary.run("SELECT sum(repeats) FROM brusio.batches", "chat") != "0"
                   or "store.lost" in self.server.stderr.text() or self.has_answered(writer, "a"))
        self.assertNotIn("a", writer.answers)
        os.kill(checkpointer, signal.SIGCONT)
        self.standby.pg_ctl("start")
        self.assertEqual(writer.answer("a")["seq"], 2)

    def send_until(self, end, acknowledged, name):
        client = self.full(name, self.room)
        number = 0
        while not end.is_set():
            number += 1
            client.say(f"{name} {number}", self.room)
            acknowledged.append(f"{name} {number}")

    def test_what_was_acknowledged_outlives_the_primary(self):
        self.standby.follow(self.primary)
        self.primary.wait_for_standby()
        self.url = f"postgres://brusio@/chat?host={self.primary.directory},{self.standby.directory}"
        server = self.begin()
        end, said = threading.Event(), []
        senders = [threading.Thread(target=self.send_until, args=(end, said, f"sender{i}")) for i in range(4)]
        for sender in senders:
            sender.start()
        self.until(lambda: len(said) > 50)
        self.primary.stop()
        self.standby.promote()
        before = len(said)
        self.until(lambda: len(said) > before + 50)
        end.set()
        for sender in senders:
            sender.join(deadline())
            self.assertFalse(sender.is_alive())
        stored = self.texts(self.standby)
        self.assertEqual(len(stored), len(set(stored)))
        self.assertEqual(set(said) - set(stored), set())
        self.assertEqual(server.run("check").returncode, 0)

    def test_a_history_that_went_back_gets_another_name(self):
        """An asynchronous standby lacks what was acknowledged last: nobody takes what is stored next for what they have."""
        self.standby.follow(self.primary)
        self.url = f"postgres://brusio@/chat?host={self.primary.directory},{self.standby.directory}"
        server = self.begin()
        client = self.full("client", self.room)
        client.say("both have it", self.room)
        end = self.primary.run("SELECT pg_current_wal_flush_lsn()")
        self.until(lambda: self.primary.run(f"SELECT bool_or(replay_lsn >= '{end}') FROM pg_stat_replication") == "t")
        self.standby.stop()
        last = client.say("gone", self.room)["seq"]
        self.primary.stop()
        self.standby.pg_ctl("start")
        self.standby.promote()
        self.assertTrue(server.stderr.wait_for("store.behind"))
        self.assertEqual(server.end(signal.SIGTERM), 1)
        server.start()
        back = self.unnamed()
        welcome = back.ok("hello", name=client.name, session=client.session)
        self.assertNotEqual(welcome["epoch"], client.epoch)
        self.assertTrue(back.join(self.room, after=last, epoch=client.epoch)["reset"])
        self.assertEqual(back.say("next", self.room)["seq"], last)
        self.assertEqual(self.texts(self.standby), ["both have it", "next"])

    def test_a_primary_that_has_lost_its_standby_is_left_for_the_new_one(self):
        self.standby.follow(self.primary)
        self.primary.wait_for_standby()
        self.url = f"postgres://brusio@/chat?host={self.primary.directory},{self.standby.directory}"
        server = self.begin()
        client, other = self.full("client", self.room), self.full("other", self.room)
        client.say("both have it", self.room)
        # The old one lives on, and waits for a standby that does not follow it any more.
        self.standby.promote()
        client.post("send", room=self.room, message="on the new one", id="a")
        self.assertEqual(client.answer("a", deadline(60))["seq"], 2)
        self.assertEqual([one["message"] for one in other.ok("history", room=self.room)["messages"]],
                         ["both have it", "on the new one"])
        self.assertEqual(self.texts(self.standby), ["both have it", "on the new one"])
        self.assertNotIn("store.behind", server.log())


if __name__ == "__main__":
    unittest.main()
