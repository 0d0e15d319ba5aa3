"""Describes the machine: its hardware, the peers that are installed, and which cores measure what."""
import os
import platform
import resource
import shutil
import subprocess
import sys
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
TOOLS = os.path.join(BUILD, "bench")
PEERS = os.path.join(ROOT, "bench", "peers")

# Debian's package of each peer, and the program that it brings.
PEER_PROGRAMS = {"ngircd": "ngircd", "inspircd": "inspircd", "nats-server": "nats-server",
                 "redis-server": "redis-server"}

SERVER_CORE, GENERATOR_CORE = (sorted(os.sched_getaffinity(0)) * 2)[:2]


def program(name):
    """The path of a program, also where it lies in a directory that only root has in its PATH."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def say(text):
    """Progress goes to standard error; standard output is for the tables."""
    print(text, file=sys.stderr, flush=True)


def raise_descriptor_limit():
    """Raises the limit of descriptors as far as the machine allows, for the servers that inherit it; returns
    the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _available_kb():
    with open("/proc/meminfo", encoding="utf-8") as meminfo:
        return next(int(line.split()[1]) for line in meminfo if line.startswith("MemAvailable:"))


class MemoryTaken:
    """How much less memory the machine has meanwhile, at most: also what the kernel holds for sockets."""

    def __init__(self):
        self.mb = 0.0
        self._first = _available_kb()
        self._end = threading.Event()
        self._watching = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._end.wait(0.2):
            self.mb = max(self.mb, (self._first - _available_kb()) / 1024)

    def __enter__(self):
        self._watching.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._watching.join()


def _install(packages):
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        command.insert(0, "sudo")
    # Debian starts what it installs; the bench starts its own, with its own configuration.
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        say("The installation failed; going on with the peers that are there.")


def offer_missing_peers(assume_yes):
    """Offers to install what is missing; the bench goes on with what is there in any case."""
    missing = [package for package, name in PEER_PROGRAMS.items() if not program(name)]
    if not missing:
        return
    if not program("apt-get"):
        say(f"Not installed, so not measured: {', '.join(missing)}.")
        return
    if not assume_yes:
        if not sys.stdin.isatty():
            say(f"Not installed, so not measured: {', '.join(missing)} (--yes installs them with apt-get).")
            return
        answer = input(f"Install {' '.join(missing)} with apt-get, to compare with? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            return
    _install(missing)


def build_tools():
    """The generator and its companions, built as `make bench-tools` does."""
    made = subprocess.run(["make", "-s", "-C", ROOT, "bench-tools"], stdout=sys.stderr, check=False)
    if made.returncode != 0 or not os.path.exists(os.path.join(BUILD, "brusiod")):
        say("bench: the tools or build/brusiod are missing; run `make bench` at the root of the project")
        sys.exit(1)


def _first_line(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


def describe():
    """The facts about the machine that a reader of the numbers needs."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    versions = {"brusiod": _first_line([os.path.join(BUILD, "brusiod"), "--version"])}
    for name, option in (("ngircd", "--version"), ("inspircd", "--version"), ("nats-server", "--version"),
                         ("redis-server", "--version")):
        if program(name):
            versions[name] = _first_line([program(name), option])
    versions["python"] = platform.python_version()
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "load_before": os.getloadavg()[0],
        "versions": versions,
    }
