"""Test cases that own a server, and show at a failure what went over each connection."""
import functools
import itertools
import unittest

from .client import Connection
from .forms import Full, Original, Simple, Text
from .irc import Irc
from .server import Server


class BrusioTest(unittest.TestCase):
    """Makes connections that are closed after the test, and names that no other test of the class uses."""

    numbers = itertools.count(1)

    def __init__(self, method="runTest"):
        super().__init__(method)
        if hasattr(self, method):
            setattr(self, method, self.telling(getattr(self, method)))

    def telling(self, test):
        """TEST with the connections' transcripts and the server's log added to what it raises."""
        @functools.wraps(test)
        def told():
            try:
                test()
            except unittest.SkipTest:
                raise
            except Exception as error:
                for connection in self.connections[-6:]:
                    error.add_note(connection.story())
                if self.server and self.server.process:
                    error.add_note(self.server.output())
                raise
        return told

    def setUp(self):
        self.connections = []
        self.number = next(self.numbers)
        self.room = f"#room{self.number}"

    def tearDown(self):
        for connection in self.connections:
            connection.close()

    def named(self, base):
        """BASE made unique among the tests that share this server."""
        return f"{base}_{self.number}"

    def keep(self, connection):
        self.connections.append(connection)
        return connection

    def connection(self, **options):
        return self.keep(Connection(self.server, **options))

    def simple(self, name, **options):
        return self.keep(Simple(self.server, self.named(name), **options))

    def full(self, name, room=None, **options):
        """A greeted full client, in ROOM where one is given."""
        client = self.keep(Full(self.server, self.named(name), **options))
        if room:
            client.join(room)
        return client

    def unnamed(self, **options):
        """A full client that has not said hello."""
        return self.keep(Full(self.server, **options))

    def text(self, name, **options):
        return self.keep(Text(self.server, self.named(name), **options))

    def irc(self, name, **options):
        return self.keep(Irc(self.server, self.named(name), **options))

    def original(self, name):
        return self.keep(Original(self.server, self.named(name)))


class ServerTest(BrusioTest):
    """One server for all tests of the class: for tests that only need rooms and names of their own."""

    server_args = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.server_args)
        cls.addClassCleanup(cls.server.remove)
        cls.server.start()


class PrivateServerTest(BrusioTest):
    """Each test starts its own servers."""

    server = None

    def start(self, *args, **options):
        self.server = Server(*args, **options)
        self.addCleanup(self.server.remove)
        return self.server.start()
