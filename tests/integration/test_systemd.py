"""The server as a service of systemd, which the test plays: sockets, notifications, the watchdog."""
import ctypes
import os
import pathlib
import signal
import socket
import time
import unittest

from brusio_test import PrivateServerTest, Server, StartFailed, deadline


class Service(Server):
    """brusiod with sockets passed and a place for its notifications, as systemd starts it."""

    def __init__(self, *args, sockets=(), names="", watchdog_ms=0, **options):
        super().__init__(*args, **options)
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(str(self.directory / "notify"))
        self.pass_fds = tuple(one.fileno() for one in sockets)
        self.env["NOTIFY_SOCKET"] = str(self.directory / "notify")
        if watchdog_ms:
            self.env["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        if sockets:
            self.env |= {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": names}
            moved = "".join(f"exec {3 + index}<&{fd}; " for index, fd in enumerate(self.pass_fds))
            self.wrap = ["sh", "-c", moved + 'LISTEN_PID=$$ exec "$@"', "sh"]

    @property
    def pid(self):
        return self.process.pid  # the shell has become the server

    def told(self, field, seconds=None):
        """The next notification with FIELD, as a dictionary; others are passed over."""
        until = time.monotonic() + (deadline() if seconds is None else seconds)
        while True:
            self.notified.settimeout(max(0.01, until - time.monotonic()))
            lines = self.notified.recv(4096).decode().split("\n")
            told = dict(line.split("=", 1) for line in lines)
            if field in told:
                return told

    def remove(self):
        super().remove()
        self.notified.close()


def listening(kind=socket.AF_INET, address="127.0.0.1"):
    one = socket.socket(kind)
    one.bind((address, 0))
    one.listen(4096)
    return one


class Systemd(PrivateServerTest):
    def service(self, **options):
        self.server = Service(**options)
        self.addCleanup(self.server.remove)
        return self.server

    def test_it_tells_when_it_is_ready_reloads_and_stops(self):
        server = self.service()
        server.start()
        self.assertEqual(server.told("READY"), {"READY": "1"})
        self.assertRegex(server.told("STATUS")["STATUS"], r"^0 connections, 1 rooms$")
        before = time.monotonic_ns() // 1000
        server.send_signal(signal.SIGHUP)
        told = server.told("RELOADING")
        self.assertEqual(told["RELOADING"], "1")
        self.assertLessEqual(before, int(told["MONOTONIC_USEC"]))
        self.assertLessEqual(int(told["MONOTONIC_USEC"]), time.monotonic_ns() // 1000)
        server.told("READY")
        server.stop()
        server.told("STOPPING")

    def test_the_watchdog_hears_of_a_chat_thread_that_lives(self):
        server = self.service(watchdog_ms=6000)
        server.start()
        for _ in range(3):
            self.assertEqual(server.told("WATCHDOG")["WATCHDOG"], "1")

    def test_the_watchdog_hears_nothing_of_a_chat_thread_that_hangs(self):
        server = self.service(watchdog_ms=6000)
        server.start()
        server.told("WATCHDOG")
        self.freeze(self.task_of(server, "chat"))
        told = server.told("STATUS")
        while "stands still" not in told["STATUS"]:
            told = server.told("STATUS")
        self.assertNotIn("WATCHDOG", told)

    def task_of(self, server, name):
        """The number of the thread of this name, which it gives itself when it begins."""
        until = time.monotonic() + deadline()
        while time.monotonic() < until:
            for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
                if (task / "comm").read_text().strip() == name:
                    return int(task.name)
        self.fail(f"no thread {name}")

    def freeze(self, task):
        """Stop one thread alone, as a disk that does not answer does."""
        libc = ctypes.CDLL(None, use_errno=True)
        seize, interrupt, detach = 0x4206, 0x4207, 17
        libc.ptrace.argtypes = [ctypes.c_long] * 4
        if libc.ptrace(seize, task, 0, 0):
            self.skipTest(f"no ptrace here: {os.strerror(ctypes.get_errno())}")
        self.addCleanup(libc.ptrace, detach, task, 0, 0)
        self.assertEqual(libc.ptrace(interrupt, task, 0, 0), 0)
        os.waitpid(task, 0x40000000)

    def test_it_serves_the_sockets_that_it_is_given(self):
        one, two = listening(), listening()
        self.addCleanup(one.close)
        self.addCleanup(two.close)
        server = self.service(sockets=(one, two), names="brusio:other")
        server.start()
        ports = [each.getsockname()[1] for each in (one, two)]
        self.assertEqual(server.listeners(), [("127.0.0.1", port) for port in ports])
        for port in ports:
            with socket.create_connection(("127.0.0.1", port), deadline()) as client:
                client.sendall(b'{"op":"ping","id":"1"}\n')
                self.assertIn(b"pong", client.recv(4096))

    def test_nobody_is_refused_while_it_restarts(self):
        one = listening()
        self.addCleanup(one.close)
        server = self.service(sockets=(one,), names="brusio")
        server.start()
        server.stop()
        clients = [socket.create_connection(one.getsockname(), deadline()) for _ in range(1000)]
        for client in clients:
            self.addCleanup(client.close)
            client.sendall(b'{"op":"ping","id":"1"}\n')
        server.start()
        for client in clients:
            client.settimeout(deadline())
            self.assertIn(b"pong", client.recv(4096))

    def test_a_socket_of_another_kind_is_refused(self):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(one.close)
        server = self.service(sockets=(one,), names="brusio")
        with self.assertRaises(StartFailed):
            server.start()
        self.assertIn('the socket "brusio" that systemd passed does not listen', server.log())


if __name__ == "__main__":
    unittest.main()
