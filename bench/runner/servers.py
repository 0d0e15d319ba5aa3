"""The servers that are compared: how each is started, pinned, and stopped."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from . import machine


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(core, command):
    """The command, kept on one core; on a machine with one core there is nothing to keep apart."""
    if core is None or machine.SERVER_CORE == machine.GENERATOR_CORE:
        return command
    return ["taskset", "-c", str(core), *command]


class Running:
    """A started server. Its directory lies on the disk unless one in memory is given: what is stored must really be stored."""

    def __init__(self, server, alone, directory=None):
        self.server = server
        self.directory = tempfile.mkdtemp(prefix=server.key + "-", dir=directory or machine.TOOLS)
        self.log = open(os.path.join(self.directory, "log"), "wb")
        self.process = None
        self.port = None
        self.alone = alone

    def spawn(self, command, port=None):
        core = machine.SERVER_CORE if self.alone else None
        self.process = subprocess.Popen(pinned(core, command), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE if port is None else self.log, stderr=self.log,
                                        cwd=self.directory)
        self.port = port if port is not None else self._announced_port()
        self._wait_until_it_answers()

    def _announced_port(self):
        for line in self.process.stdout:
            words = line.decode().split()
            if words[:2] == ["listening", "on"]:
                return int(words[2].rpartition(":")[2])
        raise RuntimeError(f"{self.server.label} ended before it listened; see {self.directory}/log")

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.server.label} does not listen; see {self.directory}/log") from error
                time.sleep(0.02)

    @property
    def pid(self):
        return self.process.pid

    def stop(self, keep=False):
        """Ends the server; with `keep` its directory stays for the caller to use and remove."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()
        self.log.close()
        if not keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Server:
    """One kind of server. `burst`: connections that it takes at once without losing time to its own listen queue."""

    key = label = dialect = ""
    tls = False
    burst = 200
    is_peer = True
    rooms = True  # has more than one
    room_max = 20000  # receivers that it lets into one room within reasonable time

    def installed(self):
        return True

    def configure(self, running, port):
        raise NotImplementedError

    def start(self, alone=True):
        """Starts it on the server's core, or (not alone) on all of them."""
        running = Running(self, alone)
        try:
            port = _free_port()
            running.spawn(self.configure(running, port), port)
        except BaseException:
            running.stop(keep=True)
            raise
        return running


def make_certificate(directory):
    """A key and a certificate of its own, as brusiod makes them for itself."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=bench.invalid", "-keyout", os.path.join(directory, "key.pem"),
                    "-out", os.path.join(directory, "cert.pem")], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Peer(Server):
    """A server from Debian, with the configuration of bench/peers."""

    def __init__(self, key, label, dialect, config, arguments, burst, room_max=20000, tls=False):
        self.key, self.label, self.dialect = key, label, dialect
        self.config, self.arguments, self.burst, self.room_max, self.tls = config, arguments, burst, room_max, tls

    def installed(self):
        return machine.program(self.key) is not None

    def configure(self, running, port):
        with open(os.path.join(machine.PEERS, self.config), encoding="utf-8") as template:
            text = template.read().replace("@PORT@", str(port)).replace("@DIR@", running.directory)
        if self.tls:
            make_certificate(running.directory)
        path = os.path.join(running.directory, self.config)
        with open(path, "w", encoding="utf-8") as config:
            config.write(text)
        # Some give up their privileges and must still be able to read this.
        os.chmod(running.directory, 0o755)
        return [machine.program(self.key), *[argument.replace("@CONFIG@", path) for argument in self.arguments]]


class Original(Server):
    """The threaded Python chat."""

    key, label, dialect = "original", "Python original", "simple"
    burst = 50
    rooms = False
    room_max = 1000

    def configure(self, running, port):
        return [sys.executable, os.path.join(machine.PEERS, "original.py"), str(port), "127.0.0.1"]


class Brusio(Server):
    """brusiod itself, with so many workers."""

    is_peer = False
    dialect = "full"

    def __init__(self, key="brusio", label="brusiod", workers=1, directory=None, dialect="full", tls=False):
        self.key, self.label, self.workers, self.directory = key, label, workers, directory
        self.dialect, self.tls = dialect, tls

    def start(self, alone=True, data=None):
        running = Running(self, alone, self.directory)
        try:
            running.spawn([os.path.join(machine.BUILD, "brusiod"), "--port", "0", "--listen", "127.0.0.1",
                           "--data", data or os.path.join(running.directory, "data"),
                           "--workers", str(self.workers), "--log-level", "warn",
                           # Like the peers' flood control, which their configurations turn off.
                           "--send-rate", "0", "--account-rate", "0", "--token-rate", "0", "--told-per-second", "0",
                           "--rooms-made-per-hour", "0", "--rooms-per-guest", "10000"])
        except BaseException:
            running.stop(keep=True)
            raise
        return running


NGIRCD = Peer("ngircd", "ngIRCd", "irc", "ngircd.conf", ["-n", "-f", "@CONFIG@"], burst=8, room_max=2000)
INSPIRCD = Peer("inspircd", "InspIRCd", "irc", "inspircd.conf",
                ["--nofork", "--runasroot", "--config", "@CONFIG@"], burst=1000)
NGIRCD_TLS = Peer("ngircd", "ngIRCd, TLS", "irc", "ngircd-tls.conf", ["-n", "-f", "@CONFIG@"], burst=8, room_max=2000, tls=True)
INSPIRCD_TLS = Peer("inspircd", "InspIRCd, TLS", "irc", "inspircd-tls.conf",
                    ["--nofork", "--runasroot", "--config", "@CONFIG@"], burst=50, tls=True)
NATS = Peer("nats-server", "nats-server", "nats", "nats.conf", ["-c", "@CONFIG@"], burst=200)
REDIS = Peer("redis-server", "Redis pub/sub", "redis", "redis.conf", ["@CONFIG@"], burst=1000)
ORIGINAL = Original()
BRUSIO = Brusio()
BRUSIO_IRC = Brusio("brusio-irc", "brusiod, IRC", dialect="irc")
BRUSIO_HISTORY = Brusio("brusio-irc-history", "brusiod, IRC with CHATHISTORY", dialect="irc-history")
BRUSIO_IRC_TLS = Brusio("brusio-irc-tls", "brusiod, IRC in TLS", dialect="irc", tls=True)
# The share of the difference that the disk explains: the other servers keep nothing.
BRUSIO_IN_MEMORY = Brusio("brusio-in-memory", "brusiod, data in memory", directory="/dev/shm")


def all_installed():
    return [server for server in (BRUSIO, NGIRCD, INSPIRCD, NATS, REDIS, ORIGINAL) if server.installed()]
