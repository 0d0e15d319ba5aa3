"""Starting: options, environment, configuration file, and what must not be started."""
import fcntl
import hashlib
import os
import socket
import sqlite3
import subprocess
import threading
import time
import unittest
from pathlib import Path

from brusio_test import PrivateServerTest, Server, StartFailed, build_directory, deadline, files_of, only_sqlite
from brusio_test.server import ROOT, run_to_end


def digest(directory):
    """Maps each file of DIRECTORY to its content."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(directory.iterdir()) if path.is_file()}


def has_socket(pid):
    """Whether the process has made one; not while it ends."""
    try:
        return any(os.readlink(file).startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


class Listening(PrivateServerTest):
    def test_an_address_may_have_a_port_of_its_own(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = self.start(listen=(f"127.0.0.1:{port}", "127.0.0.1"))
        listeners = server.listeners()
        self.assertEqual((len(listeners), listeners[0]), (2, ("127.0.0.1", port)))
        for address in listeners:
            socket.create_connection(address).close()

    def test_what_is_no_address_is_refused(self):
        for text in ("127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "[::1", ":5000"):
            with self.assertRaises(StartFailed):
                self.start(listen=(text,))


class Refusals(PrivateServerTest):
    """One clear line on stderr, a status that is not zero, and nothing damaged."""

    def refuses(self, server, *contained):
        with self.assertRaises(StartFailed):
            server.start()
        self.assertGreater(server.process.returncode, 0, server.output())
        said = server.log().strip().splitlines()
        self.assertEqual(len(said), 1, server.output())
        for text in contained:
            self.assertIn(str(text), said[0])
        return said[0]

    def another(self, *args, **options):
        server = Server(*args, **options)
        self.addCleanup(server.remove)
        return server

    def test_a_port_in_use(self):
        first = self.start()
        second = self.another()
        second.port = first.port
        self.refuses(second, first.port, "use")
        self.full("guest").barrier()

    def test_a_port_in_use_by_something_else(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            server = self.another()
            server.port = other.getsockname()[1]
            self.refuses(server, server.port, "use")

    def test_a_data_directory_in_use(self):
        first = self.start()
        second = self.another(data=first.data)
        self.refuses(second, first.data)
        self.full("guest", self.room).say("not disturbed", self.room)

    def test_a_data_directory_that_another_has_for_a_moment(self):
        directory = self.start().data
        self.server.stop()
        with open(directory / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            threading.Timer(0.5, fcntl.flock, (lock, fcntl.LOCK_UN)).start()
            self.start(data=directory)

    def test_connections_are_refused_until_they_can_be_served(self):
        """Those that wait for a start would be served in any order."""
        first = self.start()
        first.stop()
        server = self.another(data=first.data)
        server.port = first.port
        with open(first.data / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            start = threading.Thread(target=server.start)
            start.start()
            until = time.monotonic() + deadline()
            while not (server.process and has_socket(server.pid)):
                self.assertLess(time.monotonic(), until)
                time.sleep(0.01)
            for _ in range(10):
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", server.port))
        start.join()
        socket.create_connection(("127.0.0.1", server.port)).close()

    def test_a_data_directory_that_cannot_be(self):
        server = self.another()
        blocking = server.directory / "file"
        blocking.write_text("in the way")
        server.data = blocking / "data"
        self.refuses(server, server.data)
        self.assertEqual(blocking.read_text(), "in the way")

    def test_an_unwritable_data_directory(self):
        server = self.another()
        server.data.mkdir()
        server.data.chmod(0o555)
        server.directory.chmod(0o755)
        if os.geteuid() == 0:
            self.readable_by_all(build_directory() / "brusiod")
            server.prepare = lambda: os.setuid(65534)
        self.refuses(server, server.data)
        self.assertEqual(list(server.data.iterdir()), [])

    def readable_by_all(self, binary):
        """The test needs a binary that the user `nobody` can run."""
        if subprocess.run([binary, "--version"], user=65534, capture_output=True).returncode != 0:
            self.skipTest(f"nobody may run {binary}")

    @only_sqlite
    def test_a_database_of_a_newer_version(self):
        server = self.start()
        self.full("guest", self.room).say("kept", self.room)
        server.stop()
        path = server.data / "brusio.db"
        with sqlite3.connect(path) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute(f"PRAGMA user_version = {version + 1000}")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        before = digest(server.data)
        self.refuses(server, version + 1000)
        self.assertEqual({name: before[name] for name in before if "-" not in name},
                         {name: value for name, value in digest(server.data).items() if name in before and "-" not in name})
        with sqlite3.connect(path) as database:
            database.execute(f"PRAGMA user_version = {version}")
        database.close()
        server.start()
        self.assertEqual(self.full("later").join(self.room)["seq"], 1)

    @only_sqlite
    def test_a_database_that_is_none(self):
        server = self.start()
        server.stop()
        path = server.data / "brusio.db"
        for left in server.data.iterdir():
            if left.is_file():
                left.unlink()
        path.write_bytes(b"this is a text and no database\n" * 500)
        self.refuses(server, path)
        self.assertTrue(path.read_bytes().startswith(b"this is a text"))

    def test_an_address_that_is_not_ours(self):
        self.refuses(self.another(listen=("192.0.2.77",)), "192.0.2.77")

    def test_bad_options(self):
        for args, contained in ((("--no-such-option",), "no-such-option"), (("--port", "70000"), "port"),
                                (("--port", "many"), "port"), (("--workers", "none"), "workers"),
                                (("--log-level", "loud"), "log"), (("stray",), "command"), (("--data",), "data"),
                                (("--listen", "nowhere at all"), "listen"), (("--config", "/nowhere.conf"), "/nowhere.conf")):
            with self.subTest(args=args):
                ended = run_to_end(*args)
                self.assertNotEqual(ended.returncode, 0)
                self.assertIn(contained, ended.stderr)
                self.assertEqual(ended.stdout, "")


class Configuration(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.holder = Server()
        self.addCleanup(self.holder.remove)
        self.file = self.holder.directory / "brusio.conf"

    def check(self, content, *args, env=None):
        self.file.write_text(content)
        return run_to_end("--config", self.file, "--check-config", *args, env=env)

    def test_a_good_file_is_good(self):
        ended = self.check(f"# a comment\nport = 0\nworkers = 3\n\nlog_level = warn\ndata = {self.holder.data}\n")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertFalse(self.holder.data.exists(), "checking makes nothing")

    def test_a_directory_that_cannot_be_is_found_before_the_start(self):
        file = self.holder.directory / "file"
        file.write_text("")
        for data in (file, file / "below" / "it"):
            with self.subTest(data=data):
                ended = self.check(f"port = 0\ndata = {data}\n")
                self.assertEqual(ended.returncode, 1, ended.stdout)
                self.assertIn(str(data), ended.stderr)

    def test_a_store_that_cannot_be_reached_is_found_before_the_start(self):
        ended = self.check(f"port = 0\ndata = {self.holder.data}\nstore = postgres://nobody@127.0.0.1:1/none\n")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn("127.0.0.1", ended.stderr)

    def test_a_port_is_found_taken_unless_by_the_server_of_the_directory(self):
        server = self.start()
        content = f"port = {server.port}\nlisten = 127.0.0.1\ndata = "
        ended = self.check(content + f"{self.holder.data}\n")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn(str(server.port), ended.stderr)
        # The unit of a service that has a socket checks before its start.
        unit = subprocess.run(["sh", "-c", 'SYSTEMD_EXEC_PID=$$ exec "$@"', "unit", build_directory() / "brusiod", "--config",
                               self.file, "--check-config"], check=False, capture_output=True, text=True, timeout=60)
        self.assertEqual((unit.returncode, unit.stderr), (0, ""))
        ended = self.check(content + f"{server.data}\n")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn(str(server.port), ended.stdout)
        self.full("guest").barrier()

    def test_a_bad_file_is_told_with_file_line_and_what_is_allowed(self):
        for line, contained in (("prot = 5000", "prot"), ("port = many", "port"), ("port = 70000", "65535"),
                                ("port = -1", "65535"), ("workers = none", "workers"), ("log_level = loud", "debug"),
                                ("log_level =", "debug"), ("port = 5000 and more", "port"), ("no equals sign", "")):
            with self.subTest(line=line):
                ended = self.check(f"# first line\nworkers = 2\n{line}\n")
                self.assertNotEqual(ended.returncode, 0)
                self.assertIn(f"{self.file}:3", ended.stderr)
                self.assertIn(contained, ended.stderr)

    def test_the_check_tries_what_would_fail_at_the_start(self):
        wrong = self.holder.directory / "wrong.pem"
        wrong.write_text("this is not a certificate\n")
        ended = self.check(f"tls_cert = {wrong}\ntls_key = {wrong}\nuser = nobody_of_this_name\n"
                           "listen = 127.0.0.1\nlisten = 192.0.2.77\n")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertEqual(len(ended.stderr.splitlines()), 3, ended.stderr)
        for contained in (str(wrong), "nobody_of_this_name", "192.0.2.77"):
            self.assertIn(contained, ended.stderr)

    def test_the_check_does_not_mind_that_the_server_runs(self):
        server = self.start()
        ended = self.check(f"listen = 127.0.0.1\nport = {server.port}\ndata = {server.data}\n")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_a_missing_file(self):
        ended = run_to_end("--config", self.file, "--check-config")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn(str(self.file), ended.stderr)

    def test_a_bad_file_is_not_started_with(self):
        self.file.write_text("prot = 5000\n")
        with self.assertRaises(StartFailed):
            self.start("--config", self.file)

    def test_bad_options_and_environment_are_told_too(self):
        ended = run_to_end("--check-config", "--workers", "none")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("workers", ended.stderr)
        ended = run_to_end("--check-config", env={"BRUSIO_WORKERS": "none"})
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("BRUSIO_WORKERS", ended.stderr)

    def started_with(self, args=(), env=None):
        """Start with nothing but ARGS and ENV; returns the server."""
        server = self.server = Server(env=env)
        self.addCleanup(server.remove)
        command = [str(build_directory() / "brusiod"), *map(str, args)]
        server.command = lambda: command
        return server.start()

    def test_every_key_from_the_file(self):
        self.file.write_text(f"port = 0\nlisten = 127.0.0.1\ndata = {self.holder.data}\nworkers = 2\nlog_level = info\n")
        self.started_with(["--config", self.file])
        self.full("guest").barrier()
        self.assertTrue(self.holder.data.is_dir())

    def test_every_key_from_the_environment(self):
        self.started_with(env={"BRUSIO_PORT": "0", "BRUSIO_LISTEN": "127.0.0.1", "BRUSIO_DATA": str(self.holder.data),
                               "BRUSIO_WORKERS": "2", "BRUSIO_LOG_LEVEL": "warn"})
        self.full("guest").barrier()
        self.assertTrue(self.holder.data.is_dir())

    def test_the_command_line_wins_over_the_environment_and_that_over_the_file(self):
        file, environment, line = (self.holder.directory / name for name in ("file", "environment", "line"))
        self.file.write_text(f"port = 0\nlisten = 127.0.0.1\ndata = {file}\n")
        self.started_with(["--config", self.file], env={"BRUSIO_DATA": str(environment)})
        self.assertEqual((file.exists(), environment.exists()), (False, True))
        self.started_with(["--config", self.file, "--data", line], env={"BRUSIO_DATA": str(environment / "other")})
        self.assertEqual((line.exists(), (environment / "other").exists()), (True, False))

    def test_dashes_and_underscores_and_equals(self):
        for args in (["--log-level", "warn"], ["--log_level", "warn"]):
            ended = run_to_end("--check-config", "--port", "0", *args)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))


class Saying(PrivateServerTest):
    def test_help(self):
        ended = run_to_end("--help")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        for option in ("--port", "--listen", "--data", "--workers", "--log-level", "--config", "--check-config",
                       "--help", "--version"):
            self.assertIn(option, ended.stdout)

    def test_the_program_does_not_tell_where_it_was_built(self):
        self.assertNotIn(str(ROOT).encode(), (build_directory() / "brusiod").read_bytes())

    def test_version(self):
        ended = run_to_end("--version")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertRegex(ended.stdout, r"^brusiod \d+\.\d+\.\d+\n$")

    def test_the_banner_says_where_and_how(self):
        server = self.start()
        server.stdout.wait_for("in a browser")
        said = server.stdout.text()
        self.assertIn(f"listening on 127.0.0.1:{server.port}", said)
        self.assertIn(str(server.data), said)
        self.assertIn(f"join with: brusio 127.0.0.1:{server.port} ", said)
        self.assertIn(f"http://127.0.0.1:{server.port}/", said)
        self.assertLess(len(said.splitlines()), 12)

    def test_two_addresses(self):
        server = self.start(listen=("127.0.0.1", "::1"))
        server.stdout.wait_for(r"\[::1\]:\d+")
        addresses = dict(server.listeners())
        self.assertEqual(set(addresses), {"127.0.0.1", "::1"})
        four = self.full("four", self.room, address=("127.0.0.1", addresses["127.0.0.1"]))
        six = self.full("six", self.room, address=("::1", addresses["::1"]))
        six.say("over six", self.room)
        self.assertEqual(four.push(message="over six")["from"]["ip"], "::1")

    @unittest.skipIf(os.geteuid() == 0, "root's data is in /var/lib/brusio, which a test leaves alone")
    def test_without_a_place_for_data_it_goes_where_the_desktop_says(self):
        server = self.server = Server()
        self.addCleanup(server.remove)
        server.env = {"XDG_DATA_HOME": str(server.directory / "share")}
        server.command = lambda: [str(build_directory() / "brusiod"), "--port", "0", "--listen", "127.0.0.1"]
        server.start()
        self.assertTrue(any((server.directory / "share").rglob("*")))

    def test_the_data_directory_is_private(self):
        server = self.start()
        self.full("guest", self.room).say("private", self.room)
        self.assertEqual(server.data.stat().st_mode & 0o077, 0)
        for path, status in files_of(server.data):
            self.assertEqual(status.st_mode & 0o077, 0, path)


if __name__ == "__main__":
    unittest.main()
