"""Starts, stops, kills and restarts the real brusiod.

Every server has a data directory of its own and a port that the kernel chose. A server that a test stops must
exit with status 0 and without a sanitizer's report, whatever the test was about.
"""
import atexit
import contextlib
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECONDS = 20
LISTENING = re.compile(r"listening on (\[[^\]]+\]|[^\s:]+):(\d+)")
REPORT = re.compile(r"ERROR: \w*Sanitizer|WARNING: ThreadSanitizer|runtime error: |SUMMARY: \w*Sanitizer")


def build_directory():
    """The directory that holds the binaries under test."""
    return pathlib.Path(os.environ.get("BRUSIO_BUILD") or ROOT / "build").resolve()


def deadline(seconds=SECONDS):
    """How long to wait for something that takes an instant on an idle machine: slow builds get more."""
    return seconds * float(os.environ.get("BRUSIO_TEST_SCALE") or 1)


@functools.cache
def sanitizer(binary=None):
    """'address', 'thread' or None: what the server under test was instrumented with."""
    content = pathlib.Path(binary or build_directory() / "brusiod").read_bytes()
    for name, symbol in (("address", b"__asan_init"), ("thread", b"__tsan_init")):
        if symbol in content:
            return name
    return None


def clean_environment(extra=None):
    """The environment of this process, without variables that configure a server, and in a known language."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("BRUSIO_", "LC_")) and key not in ("LANG", "LANGUAGE")}
    kept["LC_ALL"] = "C.UTF-8"
    # The leak checker looks at the process from another one, which is just what the sandbox refuses.
    if sanitizer() == "address":
        kept["BRUSIO_SANDBOX"] = "off"
    kept.update(extra or {})
    return kept


def files_of(directory):
    """Lists DIRECTORY as pairs of path and status; a journal may come and go meanwhile."""
    for path in directory.iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield path, path.stat()


# The databases of the data directories, where BRUSIO_TEST_STORE=postgres: a directory that comes again has the same.
stores = {}


def test_store():
    """'sqlite' or 'postgres': what the servers under test keep their data in."""
    return os.environ.get("BRUSIO_TEST_STORE") or "sqlite"


@functools.cache
def cluster():
    """The PostgreSQL of tests/run.py, or one of our own; with a database that others are made from."""
    from brusio_test.cluster import Cluster
    shared = os.environ.get("BRUSIO_TEST_CLUSTER")
    made = Cluster(shared or tempfile.mkdtemp(prefix="brusio-postgres-"))
    if not shared:
        made.start()
        atexit.register(made.remove)
    name = f"origin_{os.getpid()}"
    made.run(f"CREATE DATABASE {name}")
    done = run_to_end("migrate", "--store", made.url(name))
    if done.returncode:
        raise AssertionError(done.stderr)
    made.origin = name
    return made


def store_of(data):
    """The URL of the database that belongs to a data directory, an empty one where it is new; None: SQLite."""
    if test_store() != "postgres":
        return None
    if str(data) not in stores:
        name = f"test_{os.getpid()}_{len(stores)}"
        cluster().run(f"CREATE DATABASE {name} TEMPLATE {cluster().origin}")
        stores[str(data)] = cluster().url(name)
    return stores[str(data)]


# For tests of SQLite's own files.
only_sqlite = unittest.skipIf(test_store() != "sqlite", "PostgreSQL keeps the data")


class StartFailed(AssertionError):
    """The server ended, or said nothing, before it listened."""


class Output:
    """Collects what a process writes to a pipe, so that it never waits for us to read it."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.lines = []
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        for line in self.pipe:
            with self.changed:
                self.lines.append(line.decode("utf-8", "replace"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def text(self):
        with self.changed:
            return "".join(self.lines)

    def wait_for(self, pattern, seconds=None):
        """The first match of PATTERN in the output, or None when the output ends or time is up."""
        until = time.monotonic() + (deadline() if seconds is None else seconds)
        with self.changed:
            while True:
                match = re.search(pattern, "".join(self.lines))
                left = until - time.monotonic()
                if match or self.ended or left <= 0:
                    return match
                self.changed.wait(left)

    def finish(self):
        self.thread.join(deadline())
        self.pipe.close()


# Tests do in a second what people do in an hour; those about these bounds set them (LIFTED=() for the defaults).
LIFTED = ("--told-per-second", "0", "--rooms-made-per-hour", "0", "--rooms-per-guest", "200", "--send-rate", "0",
          "--account-rate", "0", "--token-rate", "0", "--registrations-per-hour", "0", "--directs-per-hour", "0")


class Server:
    """One brusiod and its data directory.

    ARGS are more options, WRAP is a command to run it under (strace), PREPARE runs in the child before exec.
    Options in ARGS follow the harness's own, and LISTEN=() leaves the listening addresses to the server.
    """

    def __init__(self, *args, data=None, env=None, listen=("127.0.0.1",), workers=2, wrap=(), prepare=None, lifted=LIFTED):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="brusio-test-"))
        self.data = pathlib.Path(data) if data else self.directory / "data"
        self.args = [str(arg) for arg in args]
        self.env = dict(env or {})
        self.store = store_of(self.data)
        if self.store:
            self.env.setdefault("BRUSIO_STORE", self.store)
        self.listen = listen
        self.workers = workers
        self.wrap = list(wrap)
        self.lifted = list(lifted)
        self.prepare = prepare
        self.pass_fds = ()
        self.port = 0
        self.process = None

    def command(self):
        line = self.wrap + [str(build_directory() / "brusiod"), "--port", str(self.port),
                            "--data", str(self.data), "--workers", str(self.workers)] + self.lifted
        for address in self.listen:
            line += ["--listen", address]
        return line + self.args

    def start(self):
        """Start, and return once the server has said that it listens. The port stays the same from then on."""
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(self.env), preexec_fn=self.prepare, cwd=self.directory,
            pass_fds=self.pass_fds)
        self.stdout, self.stderr = Output(self.process.stdout), Output(self.process.stderr)
        match = self.stdout.wait_for(LISTENING.pattern)
        if not match:
            status = self.end(signal.SIGKILL)
            raise StartFailed(f"the server does not listen (status {status})\n{self.output()}")
        self.port = int(match.group(2))
        return self

    def listeners(self):
        """(address, port) of each listener that the banner names."""
        return [(address.strip("[]"), int(port)) for address, port in LISTENING.findall(self.stdout.text())]

    @property
    def pid(self):
        """The server's process, also where it runs under a wrapper such as strace."""
        if not self.wrap:
            return self.process.pid
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[0])

    def running(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return self.stderr.text()

    def output(self):
        """Everything the server printed, for a failure's message."""
        return (f"--- {' '.join(self.command())}\n--- stdout\n{self.stdout.text()}"
                f"--- stderr (last lines)\n{''.join(self.log().splitlines(True)[-60:])}")

    def send_signal(self, number):
        os.kill(self.pid, number)

    def end(self, number):
        """Send NUMBER if the server still runs, wait for its end, and return its exit status."""
        if self.running():
            self.send_signal(number)
        try:
            status = self.process.wait(deadline(60))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end after signal {number}\n{self.output()}") from None
        self.stdout.finish()
        self.stderr.finish()
        self.check_reports()
        return status

    def check_reports(self):
        printed = self.stdout.text() + self.log()
        if REPORT.search(printed):
            raise AssertionError(f"a sanitizer reports\n{printed}")

    def stop(self, number=signal.SIGTERM):
        """Stop gracefully; anything but exit status 0 is a failure."""
        if self.process is None or self.process.stdout.closed:
            return
        gone = not self.running()
        status = self.end(number)
        if gone or status != 0:
            raise AssertionError(f"the server {'had ended by itself' if gone else 'was stopped'}, "
                                 f"status {status}\n{self.output()}")

    def kill(self):
        """kill -9, as a crash would: nothing is flushed, nobody is told."""
        self.end(signal.SIGKILL)

    def restart(self):
        """Start again on the same data and the same port."""
        if self.running():
            self.stop()
        return self.start()

    def run(self, *words, **options):
        """Run a command of brusiod (backup, user list) on this server's data, to its end."""
        return subprocess.run([str(build_directory() / "brusiod"), *map(str, words), "--data", str(self.data)],
                              capture_output=True, text=True, timeout=deadline(60), env=clean_environment(self.env),
                              **({"stdin": subprocess.DEVNULL} if "input" not in options else {}), **options)

    def sql(self, statements):
        """Change or ask what is stored behind the server's back; the rows as text, with | between columns."""
        if not self.store:
            return subprocess.run(["sqlite3", self.data / "brusio.db", statements], check=True, capture_output=True,
                                  text=True).stdout.strip()
        # There, the database checks its pages itself.
        statements = statements.replace(", checksum=NULL", "")
        return cluster().run(f"SET search_path = brusio; {statements}", self.store.split("/")[3].split("?")[0])

    def remove(self):
        """Stop, and delete the directory. Safe to call in any state."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def proc(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}").read_text()

    def resident_bytes(self):
        return int(re.search(r"VmRSS:\s+(\d+) kB", self.proc("status")).group(1)) * 1024

    def cpu_seconds(self):
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def run_to_end(*args, env=None, prepare=None, cwd=None):
    """Runs brusiod with ARGS, and expects it to end by itself; returns the completed process, output as
    text."""
    return subprocess.run([str(build_directory() / "brusiod"), *map(str, args)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=deadline(), env=clean_environment(env),
                          preexec_fn=prepare, cwd=cwd)
