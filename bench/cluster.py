#!/usr/bin/env python3
"""What several nodes on a PostgreSQL cost, beside one server with its own database.

usage: bench/cluster.py [--build build] [--only durable,foreign,nodes,latency,snapshot] [--rounds 3] [--seconds 3] [--out FILE]

All processes share the machine, so what counts is the time that each takes of a processor, and ratios of runs that take turns.
PostgreSQL runs on a Unix socket with its defaults and waits for the disk; its standby is on the same disk. A section says what
is asked of it. Prints a table for each section, and writes all figures to --out as JSON.

  durable   messages that are stored and acknowledged: SQLite, PostgreSQL, PostgreSQL with a synchronous standby
  foreign   what a delivery costs the node that makes it: of messages of its own, and of another node's
  nodes     the same deliveries by one, two and three nodes; the senders are all on the first
  latency   from due to delivered at 50 messages a second: readers on the senders' node, and on another one
  snapshot  acknowledgements while a transaction stays open that keeps dead rows from being removed
"""
import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
sys.dont_write_bytecode = True
from brusio_test.cluster import Cluster  # pylint: disable=wrong-import-position

SECTIONS = {}


def section(function):
    SECTIONS[function.__name__] = function
    return function


class Database:
    """A PostgreSQL, with a standby that each commit waits for where it is asked for."""

    def __init__(self, has_standby=False):
        self.has_standby = has_standby
        self.clusters = [Cluster(tempfile.mkdtemp(prefix="brusio-bench-")) for _ in range(1 + has_standby)]

    def __enter__(self):
        primary = self.clusters[0].start(is_safe=True)
        primary.run("CREATE DATABASE chat")
        if self.has_standby:
            self.clusters[1].follow(primary)
            primary.wait_for_standby()
        self.run(OPTIONS.brusiod, "migrate", "--store", self.url())
        return self

    def __exit__(self, *_):
        for cluster in reversed(self.clusters):
            cluster.remove()

    @staticmethod
    def run(*words):
        subprocess.run([str(word) for word in words], check=True, capture_output=True)

    def url(self):
        return self.clusters[0].url("chat")

    def processes(self):
        """Those of the primary and of the standby."""
        found = []
        for cluster in self.clusters:
            main = int((cluster.data / "postmaster.pid").read_text().split()[0])
            found += [main, *children(main)]
        return found


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], check=False, capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


class Node:
    def __init__(self, database=None, name=""):
        self.directory = tempfile.TemporaryDirectory(prefix="brusio-bench-")
        where = ["--store", database.url()] if database else []
        if name:
            where += ["--node", name]
        if database and database.has_standby:
            where += ["--store-replicas", "1"]
        self.process = subprocess.Popen(
            [OPTIONS.brusiod, "--port", "0", "--listen", "127.0.0.1", "--data", self.directory.name, "--log-level", "warn",
             "--workers", "1", "--send-rate", "0", "--account-rate", "0", "--told-per-second", "0", "--rooms-made-per-hour", "0", *where],
            stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.address = "127.0.0.1:" + line.split()[2].rpartition(":")[2]
                return
        sys.exit("brusiod ended before it listened")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()


@contextlib.contextmanager
def nodes(count, database):
    """So many nodes that know each other, or one server."""
    started = []
    with contextlib.ExitStack() as running:
        for name in "abcdefgh"[:count] if count > 1 else [""]:
            started.append(Node(database, name))
            running.callback(started[-1].stop)
        if count > 1:
            time.sleep(2)  # until each has heard of the others
        yield started


def load(group, servers, readers=(), database=None, seconds=None):
    """One run: what loadgen says, with the processor's time in us a message and a delivery, of each server and of PostgreSQL."""
    time.sleep(0.5)  # until each server has the connections that it keeps
    others = [node.process.pid for node in servers] + (database.processes() if database else [])
    command = [OPTIONS.loadgen, "--dialect", "full", "--connect", servers[0].address, "--group", group,
               "--seconds", str(seconds or OPTIONS.seconds)]
    for node in readers:
        command += ["--readers", node.address]
    for pid in others:
        command += ["--also", str(pid)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"loadgen: {done.stderr}")
    said = json.loads(done.stdout)
    total = said["groups"][0]
    faults = {key: total[key] for key in ("lost", "reordered", "repeated", "corrupt") if total[key]}
    if faults or said["disconnected"]:
        sys.exit(f"what was delivered is not what was sent: {faults} {said['disconnected']} disconnected")
    took = said["also_cpu_s"]
    of_each = [1e6 * second / said["seconds"] for second in took[:len(servers)]]
    return {"sent_per_s": total["sent"] / said["seconds"], "deliveries_per_s": said["deliveries_per_s"],
            "server_us": of_each, "database_us": 1e6 * sum(took[len(servers):]) / said["seconds"],
            "latency_us": total["latency_us"], "ack_us": total["ack_us"]}


def alternate(measures):
    """Each of them in turn, as many times as there are rounds; the results by name."""
    results = {name: [] for name in measures}
    for _ in range(OPTIONS.rounds):
        for name, measure in measures.items():
            results[name].append(measure())
            print(f"  {name}", file=sys.stderr)
    return results


def median(results, value):
    return statistics.median(value(result) for result in results)


def show(title, rows):
    print(f"\n{title}")
    for name, values in rows.items():
        print(f"  {name:<44}" + "  ".join(f"{key} {value:,.3f}" for key, value in values.items()), flush=True)
    return rows


@section
def durable():
    """Asked: PostgreSQL at least 0.5 of SQLite without a standby, 0.4 with one."""
    rows = {}
    with Database() as alone, Database(has_standby=True) as replicated:
        for window in (64, 256):
            def measure(database, window=window):
                with nodes(1, database) as servers:
                    return load(f"receivers=1,senders=8,window={window},by=ack", servers, database=database)
            results = alternate({"SQLite": lambda: measure(None), "PostgreSQL": lambda: measure(alone),
                                 "PostgreSQL with a standby": lambda: measure(replicated)})
            base = median(results["SQLite"], lambda result: result["sent_per_s"])
            for name, found in results.items():
                rate = median(found, lambda result: result["sent_per_s"])
                rows[f"{name}, {window} outstanding"] = {
                    "messages/s": rate, "to SQLite": rate / base,
                    "us a message, brusiod": median(found, lambda result: result["server_us"][0] / result["sent_per_s"]),
                    "PostgreSQL": median(found, lambda result: result["database_us"] / result["sent_per_s"])}
    return show("Messages that are stored and acknowledged", rows)


def deliver(database, readers, count=2):
    """To 1,000 readers on these nodes; us of the processor a delivery, of each node and of all."""
    with nodes(count, database) as servers:
        result = load("receivers=1000,senders=8,window=64", servers, [servers[reader] for reader in readers], database)
        result["delivery_us"] = [us / result["deliveries_per_s"] for us in result["server_us"]]
        result["total_us"] = sum(result["delivery_us"])
        return result


@section
def foreign():
    """Asked: a delivery of another node's message takes at most 1.1 times the processor of one of the node's own."""
    rows = {}
    with Database() as database:
        results = alternate({"own": lambda: deliver(database, [0]), "another node's": lambda: deliver(database, [1])})
        own = median(results["own"], lambda result: result["delivery_us"][0])
        strange = median(results["another node's"], lambda result: result["delivery_us"][1])
        rows["1,000 readers, us a delivery"] = {"own": own, "another node's": strange, "ratio": strange / own}

        def entry(reader):
            with nodes(2, database) as servers:
                return load("receivers=1,senders=8,window=256,by=ack", servers, [servers[reader]], database)
        results = alternate({"entries": lambda: entry(1)})["entries"]
        rows["1 reader, us an entry"] = {
            "its node": median(results, lambda result: result["server_us"][1] / result["sent_per_s"]),
            "the senders' node": median(results, lambda result: result["server_us"][0] / result["sent_per_s"]),
            "PostgreSQL": median(results, lambda result: result["database_us"] / result["sent_per_s"])}
    return show("Deliveries of another node's messages", rows)


@section
def nodes_compared():
    """Asked: three nodes take at most 1.1 times the processor of one for the same deliveries, and deliver at least 0.8 as many."""
    rows = {}
    with Database() as database:
        results = alternate({count: lambda count=count: deliver(database, range(count), count) for count in (1, 2, 3)})
        one = median(results[1], lambda result: result["total_us"])
        rate = median(results[1], lambda result: result["deliveries_per_s"])
        for count, found in results.items():
            took = median(found, lambda result: result["total_us"])
            delivered = median(found, lambda result: result["deliveries_per_s"])
            rows[f"{count} nodes"] = {"us a delivery, all": took, "to one": took / one, "deliveries/s": delivered,
                                      "speed to one": delivered / rate}
    return show("1,000 readers on one, two and three nodes", rows)


@section
def latency():
    """Asked: the p99 of readers on another node at most 3 times that of readers on the senders' node."""
    with Database() as database:
        def measure(reader):
            with nodes(2, database) as servers:
                return load("receivers=100,senders=2,rate=50", servers, [servers[reader]], database, seconds=10)["latency_us"]
        results = alternate({"the senders' node": lambda: measure(0), "another node": lambda: measure(1)})
    rows = {name: {key: median(found, lambda result, key=key: result[key]) for key in ("p50", "p99")} for name, found in results.items()}
    here, there = (rows[name]["p99"] for name in results)
    rows["ratio"] = {"p99": there / here}
    return show("From due to delivered, us", rows)


@section
def snapshot():
    """Asked: with a snapshot open for a minute, acknowledgements take at most 1.2 times as long (p50)."""
    with Database() as database, nodes(1, database) as servers:
        def measure(seconds):
            return load("receivers=1,senders=4,rate=500", servers, database=database, seconds=seconds)["ack_us"]["p50"]
        before = measure(10)
        with open_snapshot(database):
            during = [measure(20) for _ in range(3)]
        rows = {"p50 of an ack, us": {"before": before, "in the last 20 s": during[-1], "ratio": during[-1] / before}}
    return show("Beside a transaction that stays open for a minute", rows)


@contextlib.contextmanager
def open_snapshot(database):
    with subprocess.Popen(["psql", "-XqAt", "-d", database.url()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        print("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) >= 0 FROM rooms;", file=holder.stdin, flush=True)
        holder.stdout.readline()
        yield


def main():
    SECTIONS["nodes"] = SECTIONS.pop("nodes_compared")
    chosen = OPTIONS.only.split(",") if OPTIONS.only else list(SECTIONS)
    unknown = set(chosen) - set(SECTIONS)
    if unknown:
        sys.exit(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    subprocess.run(["make", "-s", "build/bench/loadgen"], cwd=ROOT, check=True)
    found = {}
    for name in chosen:
        print(f"{name}: {SECTIONS[name].__doc__}", file=sys.stderr)
        found[name] = SECTIONS[name]()
        if OPTIONS.out:
            pathlib.Path(OPTIONS.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--only", help="these sections, as in --only foreign,nodes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--out")
    OPTIONS = parser.parse_args()
    OPTIONS.brusiod, OPTIONS.loadgen = f"{OPTIONS.build}/brusiod", str(ROOT / "build" / "bench" / "loadgen")
    main()
