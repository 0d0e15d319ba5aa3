"""Building blocks of the integration tests: the real server, clients of every form, and a test case.

Nothing here knows the server's source: everything is said in terms of doc/protocol.md, so that a test that
passes says something about any client that was written from that document.
"""
from .case import ServerTest, PrivateServerTest
from .client import Closed, Connection, Late, connect_address
from .encryption import TLS, client_hello, trusting
from .forms import ENTRIES, Full, Original, Simple, Text, exchange
from .irc import CAPS, Irc
from .server import Server, StartFailed, build_directory, deadline, files_of, only_sqlite, sanitizer

__all__ = [
    "CAPS", "Closed", "Connection", "ENTRIES", "Full", "Irc", "Late", "Original", "PrivateServerTest", "Server", "ServerTest",
    "Simple", "StartFailed", "TLS", "Text", "build_directory", "client_hello", "connect_address", "deadline",
    "exchange", "files_of", "only_sqlite", "sanitizer", "trusting",
]
