"""SIGTERM, SIGINT and SIGHUP."""
import contextlib
import json
import signal
import socket
import time
import unittest

from brusio_test import Closed, PrivateServerTest, Server, deadline


class Stopping(PrivateServerTest):
    def stops(self, number):
        server = self.start()
        full, simple, text = self.full("full", self.room), self.simple("simple").enter(), self.text("text").enter()
        ack = full.say("kept", self.room)
        server.send_signal(number)
        for client in (full, simple):
            said = [json.loads(line) for line in client.rest_of_lines()]
            self.assertTrue([value for value in said if value["from"]["name"] == "brusio" and value["message"]], said)
        self.assertTrue(text.rest_of_lines())
        self.assertEqual(server.process.wait(deadline()), 0)
        server.end(number)
        server.start()
        reader = self.full("reader")
        self.assertEqual(reader.join(self.room, after=0)["seq"], ack["seq"])
        self.assertEqual(reader.entry(self.room)["message"], "kept")

    def test_sigterm_tells_everybody_and_ends_with_0(self):
        self.stops(signal.SIGTERM)

    def test_sigint_tells_everybody_and_ends_with_0(self):
        self.stops(signal.SIGINT)

    def test_connections_end_over_the_time_that_is_given_and_nobody_new_comes(self):
        server = self.start("--drain-seconds", 3600)
        # One a worker, so that none has ended before the others.
        line, _ = self.full("full", self.room), self.full("other", self.room)
        server.send_signal(signal.SIGTERM)
        until = time.monotonic() + deadline()
        with self.assertRaises(ConnectionRefusedError):
            while time.monotonic() < until:
                # One that came just before is reset.
                with contextlib.suppress(ConnectionResetError):
                    socket.create_connection(("127.0.0.1", server.port), deadline()).close()
        self.assertEqual(line.say("still here", self.room)["seq"], 1)
        self.assertEqual(server.end(signal.SIGTERM), 1)
        server = self.start("--drain-seconds", 1)
        lines = [self.full(f"full{number}") for number in range(8)]
        server.send_signal(signal.SIGTERM)
        for line in lines:
            self.assertEqual(line.push(op="notice", code="stopping")["op"], "notice")
            line.rest_of_lines()
        self.assertEqual(server.process.wait(deadline()), 0)
        server.end(signal.SIGTERM)

    def test_what_was_acknowledged_under_load_is_kept(self):
        server = self.start()
        writer = self.full("writer", self.room)
        posted = 0
        with self.assertRaises(Closed):
            while posted < 100_000:
                writer.post("send", room=self.room, message=f"m{posted}")
                posted += 1
                if posted == 300:
                    server.send_signal(signal.SIGTERM)
                if posted > 30:
                    writer.take()
        seqs = [value["seq"] for value in writer.answers.values() if value["op"] == "ack"]
        self.assertEqual(seqs, list(range(1, len(seqs) + 1)))
        self.assertGreater(len(seqs), 200)
        self.assertEqual(server.process.wait(deadline(60)), 0)
        server.end(signal.SIGTERM)
        server.start()
        self.assertGreaterEqual(self.full("reader").join(self.room)["seq"], len(seqs))

    def test_connections_that_do_not_read_do_not_keep_it_from_ending(self):
        server = self.start()
        writer = self.full("writer", self.room)
        slow = [self.full(f"slow{number}", self.room, receive_buffer=4096) for number in range(5)]
        silent = [self.connection() for _ in range(5)]
        for identity in [writer.post("send", room=self.room, message="x" * 8_000) for _ in range(1_000)]:
            writer.answer(identity)
        self.assertEqual(len(slow) + len(silent), 10)
        server.stop()

    def test_a_second_signal_ends_it_at_once(self):
        server = self.start()
        writer, slow = self.full("writer", self.room), self.full("slow", self.room, receive_buffer=4096)
        for identity in [writer.post("send", room=self.room, message="x" * 8_000) for _ in range(1_000)]:
            writer.answer(identity)
        server.send_signal(signal.SIGTERM)
        try:
            server.send_signal(signal.SIGTERM)
        except ProcessLookupError:
            pass
        server.process.wait(deadline(3))
        server.end(signal.SIGTERM)
        slow.close()
        server.start()
        self.assertEqual(self.full("reader").join(self.room)["seq"], 1_000)

    def test_a_new_server_may_follow_at_once_on_the_same_port(self):
        server = self.start()
        for turn in range(3):
            clients = [self.full(f"guest{turn}x{number}", self.room) for number in range(10)]
            server.stop()
            server.start()
            for client in clients:
                client.rest_of_lines()


class Reloading(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.server = self.configured("warn")

    def configured(self, level):
        server = Server()
        self.addCleanup(server.remove)
        self.file = server.directory / "brusio.conf"
        self.write(level)
        server.args = ["--config", str(self.file)]
        return server.start()

    def write(self, level):
        self.file.write_text(f"log_level = {level}\n")

    def test_sighup_reads_the_configuration_again(self):
        client = self.full("guest", self.room)
        # A sanitizer's build runs without the sandbox, and says so.
        said = [line for line in self.server.log().splitlines() if " server.sandbox " not in line]
        self.assertEqual(said, [])
        self.write("debug")
        self.server.send_signal(signal.SIGHUP)
        self.assertTrue(self.server.stderr.wait_for(r"\S"), "the new level is in force")
        client.say("not disturbed", self.room)

    def test_a_bad_configuration_changes_nothing(self):
        client = self.full("guest", self.room)
        self.file.write_text("log_level = debug\nnonsense = 1\n")
        self.server.send_signal(signal.SIGHUP)
        self.assertTrue(self.server.stderr.wait_for(r"brusio\.conf:2"), self.server.log())
        client.say("not disturbed", self.room)
        self.full("newcomer", self.room).barrier()

    def test_a_configuration_that_is_gone_changes_nothing(self):
        client = self.full("guest", self.room)
        self.file.unlink()
        self.server.send_signal(signal.SIGHUP)
        self.assertTrue(self.server.stderr.wait_for(r"brusio\.conf"), self.server.log())
        client.say("not disturbed", self.room)


if __name__ == "__main__":
    unittest.main()
