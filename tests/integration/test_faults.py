"""Calls of the real server are interrupted, come short and fail while people talk, and memory runs out: the
promises hold, and where the server gives up it says why."""
import pathlib
import random
import tempfile
import threading
import time

from brusio_test import Full, PrivateServerTest, TLS, deadline, only_sqlite
from brusio_test.faults import Faults
from brusio_test.promises import Ledger
from test_crash import GONE, ROOM, Reader, Sender

SECONDS = 3


class Again:
    """Somebody of the crash test, who comes again whenever their connection ends, until it is time to stop."""

    def __init__(self, person, server, stop):
        self.person = person
        self.server = server
        self.stop = stop
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stop.is_set() and self.server.running():
            self.person.run(*(self.server, self.stop) if isinstance(self.person, Sender) else (self.server,))


class ServerFaults(PrivateServerTest):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.faults = Faults(pathlib.Path(directory.name))
        self.ledger = Ledger()
        self.people = [Sender(f"sender{number}", self.ledger) for number in range(3)]
        self.people += [Reader("reader", self.ledger)]

    def talk(self, server, **odds):
        """Everybody talks for some time while the odds are so."""
        stop = threading.Event()
        self.faults.set(**odds)
        threads = [Again(person, server, stop) for person in self.people]
        until = time.monotonic() + deadline(SECONDS)
        while server.running() and time.monotonic() < until:
            time.sleep(0.05)
        stop.set()
        self.faults.set()
        # Readers read until their connection ends.
        return threads

    def end(self, server, threads):
        if server.running():
            server.stop()
        for person in threads:
            person.thread.join(deadline(60))
            self.assertFalse(person.thread.is_alive())
        server.start()
        stop = threading.Event()
        stop.set()
        for person in self.people:
            if isinstance(person, Sender):
                person.run(server, stop)
                self.assertEqual(person.waiting, [])
        # Outcomes that the crash test does not expect are expected here: a refusal, or a lost answer to a
        # first hello, and with it the name for a while.
        self.ledger.wrong = [text for text in self.ledger.wrong
                             if "store_failed" not in text and "name_taken" not in text]
        self.assertEqual(self.ledger.check(server, ROOM)[:10], [])

    def test_interrupted_and_short_calls_change_nothing(self):
        server = self.start(env=self.faults.environment())
        threads = self.talk(server, interrupted=3, brief=3)
        self.assertTrue(server.running(), server.output())
        self.end(server, threads)
        self.assertGreater(len(self.ledger.acks), 10)
        self.assertNotRegex(server.log(), "error store")

    def test_the_same_through_tls(self):
        server = self.start(env=self.faults.environment())
        self.faults.set(interrupted=3, brief=3)
        for number in range(5):
            client = self.keep(Full(server, f"tls{number}", tls=TLS))
            client.join(self.room, after=0)
            for text in range(20):
                client.say(f"{number} {text} {'x' * random.randrange(8000)}", self.room)
            self.assertEqual(len(client.ok("history", room=self.room, limit=20)["messages"]), 20)
            client.close()

    def test_refused_calls_cost_connections_and_nothing_else(self):
        server = self.start(env=self.faults.environment())
        threads = self.talk(server, interrupted=10, brief=10, refused=200)
        self.assertTrue(server.running(), server.output())
        self.end(server, threads)
        self.assertGreater(len(self.ledger.acks), 10)

    @only_sqlite
    def test_a_sync_that_fails_refuses_what_it_would_have_stored(self):
        """A sender takes store_failed for the end of their connection, and sends again with the same id."""
        server = self.start(env=self.faults.environment())
        threads = self.talk(server, sync=4)
        self.assertTrue(server.running(), server.output())
        self.assertIn("store.write", server.log())
        self.end(server, threads)

    def test_without_memory_the_server_goes_on_or_says_so(self):
        for odds in (20_000, 3_000, 800, 300):
            server = self.start(env=self.faults.environment())
            threads = self.talk(server, memory=odds)
            if not server.running():
                self.assertIn("out of memory", server.log())
                self.assertEqual(server.end(9), -6, server.output())
            self.end(server, threads)
            server.stop()
            self.ledger = Ledger()
            for person in self.people:
                person.__init__(person.name, self.ledger)


if __name__ == "__main__":
    import unittest
    unittest.main()
