"""Runs the load generator against a server and reads what it counted."""
import json
import os
import statistics
import subprocess

from . import machine
from .servers import Running, pinned

LOADGEN = os.path.join(machine.TOOLS, "loadgen")
BARELOOP = os.path.join(machine.TOOLS, "bareloop")


class Failed(Exception):
    """A run that gave no number; the text says why."""


def check_generator():
    """A generator that does not find faults proves nothing about a server, so nothing is measured with it."""
    checked = subprocess.run([LOADGEN, "--self-test"], capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        raise SystemExit("bench: the load generator does not find the faults that it is fed:\n" + checked.stdout)


def _command(running: Running, groups, seconds, warmup, extra):
    server = running.server
    command = [LOADGEN, "--dialect", server.dialect, "--connect", f"127.0.0.1:{running.port}",
               "--pid", str(running.pid), "--burst", str(server.burst),
               "--seconds", str(seconds), "--warmup", str(warmup), *extra]
    for group in groups:
        command += ["--group", group]
    if server.tls:
        command.append("--tls")
    # A generator with a core of its own never sleeps, so that waking it costs the server nothing.
    if running.alone:
        command.append("--spin")
    return pinned(machine.GENERATOR_CORE if running.alone else None, command)


def run(running, groups, seconds, warmup=0.5, extra=(), patience=150):
    """One measurement; raises Failed when it gave none or when what was delivered is not what was sent."""
    command = _command(running, groups, seconds, warmup, extra)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no end after {patience} s") from error
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"exit status {done.returncode}")
    result = json.loads(done.stdout)
    result["faults"] = _faults(result)
    return result


def _faults(result):
    """Everything in a result that makes its numbers doubtful, as words."""
    faults = [f"{group[key]} {key}" for group in result["groups"]
              for key in ("lost", "reordered", "repeated", "corrupt", "uneven") if group[key]]
    if result["disconnected"]:
        faults.append(f"{result['disconnected']} disconnected")
    if result["errors"]:
        faults.append(f"{result['errors']} errors ({result['first_error']})")
    return faults


class Idle:
    """Connections that are held while something else is looked at."""

    def __init__(self, running, groups, patience=200):
        command = _command(running, groups, 1, 0, ["--idle"])
        command = [word for word in command if word != "--spin"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.patience = patience

    def __enter__(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise Failed("the connections did not get in")
        return json.loads(line)["ready"]

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(self.patience)


def bare_loop(receivers, per_send, line_bytes, text_bytes, seconds):
    """Deliveries per second of a loop that only sends; the generator counts and checks them as it does all others."""
    loop = subprocess.Popen(pinned(machine.SERVER_CORE, [BARELOOP, str(receivers), str(per_send), str(line_bytes),
                                                         str(text_bytes)]), stdout=subprocess.PIPE)
    try:
        port = int(loop.stdout.readline())
        command = pinned(machine.GENERATOR_CORE,
                         [LOADGEN, "--dialect", "raw", "--connect", f"127.0.0.1:{port}", "--spin",
                          "--size", str(text_bytes), "--pid", str(loop.pid), "--group", f"receivers={receivers}",
                          "--seconds", str(seconds), "--warmup", "0.5"])
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise Failed(done.stderr.strip())
        return json.loads(done.stdout)
    finally:
        loop.terminate()
        loop.wait()
        loop.stdout.close()


def alternate(servers, rounds, measure):
    """
    Runs measure(server) for every server in turn, several times over, beginning each round with another one, so
    that what else the machine does falls on all of them. Returns {server: [results]}; a failure is a Failed.
    """
    results = {server: [] for server in servers}
    for turn in range(rounds):
        first = turn % len(servers)
        for server in servers[first:] + servers[:first]:
            try:
                results[server].append(measure(server))
            except (Failed, RuntimeError, OSError) as error:
                machine.say(f"    {server.label}: {error}")
                results[server].append(error if isinstance(error, Failed) else Failed(str(error)))
    return results


def median(results, pick):
    """The median of pick(result) over the runs that gave one; None when none did."""
    values = [pick(result) for result in results if not isinstance(result, Failed)]
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def faults(results):
    """Describes in a few words the failures of all runs."""
    found = []
    for result in results:
        for fault in [str(result)] if isinstance(result, Failed) else result.get("faults", []):
            if fault not in found:
                found.append(fault)
    return "; ".join(found)
