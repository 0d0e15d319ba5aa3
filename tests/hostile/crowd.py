#!/usr/bin/env python3
"""Holds thousands of hostile connections to a brusiod on this machine.

    tests/hostile/crowd.py --connect 127.0.0.1:PORT [--count N] [--kinds NAME,...]

What the kinds do stands in kinds.py. The connections come from some hundred addresses (127.0.1.1 and up; those
that pretend to be a proxy from 127.9.0.0/16). Prints a JSON object once all have been begun, and one at the end,
which comes when standard input ends.
"""
import argparse
import collections
import ipaddress
import itertools
import json
import os
import resource
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "integration"))

from kinds import FLOOD, KINDS  # noqa: E402
from line import Loop  # noqa: E402

SOURCES = 200


def address_of(text):
    """(host, port), of this machine only."""
    host, _, port = text.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]"))
    if not (address.is_loopback or address.is_private):
        raise argparse.ArgumentTypeError("only a loopback or private address can be attacked")
    return str(address), int(port)


def sources(is_loopback):
    turns = itertools.count()

    def source(kind):
        number = next(turns) % SOURCES + 1
        return f"127.{9 if kind.is_proxy else 0}.1.{number}" if is_loopback else None
    return source


def shares(kinds, count):
    """How many of COUNT connections each kind gets: at least one, and in proportion."""
    whole = sum(kind.share for kind in kinds)
    return {kind: max(1, round(count * kind.share / whole)) for kind in kinds}


def ended(descriptor):
    """Whether standard input has: whoever started us has no use for us any more."""
    try:
        return os.read(descriptor, 4096) == b""
    except BlockingIOError:
        return False


def report(loop, **more):
    open_ones = collections.Counter(kind.name for _, kind, _ in loop.running.values())
    print(json.dumps({"open": sum(open_ones.values()), "begun": loop.begun, "kinds": open_ones, "ended": loop.ended,
                      **more}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connect", type=address_of, required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--kinds", type=lambda text: [KINDS[name] for name in text.split(",")],
                        default=list(KINDS.values()), metavar="NAME,...", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--per-second", type=int, default=1000, help="how many are begun a second (default 1000)")
    options = parser.parse_args()

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.set_blocking(sys.stdin.fileno(), False)
    loop = Loop(options.connect, sources(options.connect[0].startswith("127.")))
    loop.begin(FLOOD)
    wanted = [kind for kind, count in shares(options.kinds, options.count).items() for _ in range(count)]
    for number, kind in enumerate(wanted):
        loop.after(number / options.per_second, lambda kind=kind: loop.begin(kind))
    said = False
    next_look = 0
    while True:
        loop.turn(0.2)
        now = time.monotonic()
        if now < next_look:
            continue
        next_look = now + 0.2
        if not said and loop.begun > len(wanted):
            said = True
            report(loop)
        if ended(sys.stdin.fileno()):
            report(loop)
            return


if __name__ == "__main__":
    main()
