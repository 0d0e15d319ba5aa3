#!/usr/bin/env python3
"""How long one person's send takes beside guests who pipeline changes as fast as they can.

    python3 bench/fair.py [--build build] [--guests 60] [--rounds 5] [--sends 100] [--rates]

Each guest owns a room and keeps 256 requests under way, of every kind that changes something: topics, settings, bans,
invitations, names, away texts, coming and going, messages, reactions. One person elsewhere sends a message, waits for its
ack, and so on. Rounds without the guests' requests and beside them take turns; printed are the medians of both, over the
rounds' medians, and their ratio. Ends with an error where that is above 3 (--most).
"""
import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

LIFTED = ["--send-rate", "0", "--account-rate", "0", "--told-per-second", "0", "--rooms-made-per-hour", "0"]
DEPTH = 256

# A process of its own: what it costs is not the sender's time. It goes and rests as lines on its input tell.
CROWD = """
import itertools, json, selectors, socket, sys
port, guests, depth = (int(one) for one in sys.argv[1:])
chosen = selectors.DefaultSelector()


class Guest:
    def __init__(self, number):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.number, self.rest, self.unsent, self.under_way, self.goes = number, b"", b"", 0, False
        self.room, self.next = f"#fair{number}", f"crowd{(number + 1) % guests}"
        self.ids, self.kinds = itertools.count(), itertools.cycle(range(len(self.cycle(0))))
        self.name = f"crowd{number}"
        for fields in ({"op": "hello", "name": self.name}, {"op": "join", "room": self.room}):
            self.send([fields])
        while self.under_way:
            self.take()
        self.socket.setblocking(False)
        chosen.register(self.socket, selectors.EVENT_READ, self)

    def cycle(self, number):
        room = {"room": self.room}
        return ({"op": "topic", "topic": f"topic {number}", **room}, {"op": "set", "read_only": number % 2 == 0, **room},
                {"op": "ban", "name": self.next, **room}, {"op": "unban", "name": self.next, **room},
                {"op": "mute", "name": self.next, **room}, {"op": "unmute", "name": self.next, **room},
                {"op": "invite", "name": self.next, **room}, {"op": "away", "message": f"away {number}"},
                {"op": "send", "message": f"message {number}", **room}, {"op": "react", "target": 1, "emoji": "👍",
                 "on": number % 2 == 0, **room}, {"op": "nick", "name": f"crowd{self.number}n{number % 2}"},
                {"op": "nick", "name": f"crowd{self.number}"}, {"op": "join", "room": "#many"},
                {"op": "leave", "room": "#many"}, {"op": "read", "seq": 1, **room})

    def send(self, asked):
        self.under_way += len(asked)
        self.unsent += b"".join(json.dumps({"id": f"crowd:{next(self.ids)}", **one}).encode() + b"\\n" for one in asked)
        self.flush()

    # The server does not read one who does not read, so writing must not keep from reading.
    def flush(self):
        try:
            while self.unsent:
                self.unsent = self.unsent[self.socket.send(self.unsent):]
        except BlockingIOError:
            pass
        if not self.socket.getblocking():
            chosen.modify(self.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if self.unsent else 0), self)

    def fill(self):
        if self.goes:
            number = next(self.ids)
            self.send([self.cycle(number)[next(self.kinds)] for _ in range(depth - self.under_way)])

    def turn(self, events):
        if events & selectors.EVENT_WRITE:
            self.flush()
        if events & selectors.EVENT_READ:
            self.take()

    def take(self):
        try:
            data = self.socket.recv(262144)
        except BlockingIOError:
            data = None
        if data is None:
            return
        if not data:
            sys.exit("a connection of the crowd was closed")
        data = self.rest + data
        lines, _, self.rest = data.rpartition(b"\\n")
        self.under_way -= lines.count(b'"id":"crowd:')
        self.fill()


crowd = [Guest(number) for number in range(guests)]
chosen.register(sys.stdin, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, events in chosen.select():
        if key.data:
            key.data.turn(events)
            continue
        word = sys.stdin.readline().strip()
        if not word:
            sys.exit()
        for guest in crowd:
            guest.goes = word == "go"
            guest.fill()
        while word == "rest" and any(guest.under_way for guest in crowd):
            for key, events in chosen.select():
                key.data.turn(events)
        print(word, flush=True)
"""


class Crowd:
    def __init__(self, port, guests):
        self.process = subprocess.Popen([sys.executable, "-c", CROWD, str(port), str(guests), str(DEPTH)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.hear("ready")

    def hear(self, word):
        if self.process.stdout.readline().strip() != word:
            sys.exit("the crowd has ended")

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        self.hear(word)

    def end(self):
        self.process.kill()
        self.process.wait()


class Person:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        self.number = 0
        self.ask(op="hello", name="person")
        self.ask(op="join", room="#talk")

    def ask(self, **fields):
        """Waits for the answer."""
        self.number += 1
        fields["id"] = f"p{self.number}"
        self.socket.sendall(json.dumps(fields).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if answer.get("id") == fields["id"]:
                if answer["op"] == "error":
                    sys.exit(f"refused: {answer}")
                return answer

    def times_ms(self, sends):
        times = []
        for number in range(sends):
            began = time.monotonic()
            self.ask(op="send", room="#talk", message=f"message {number}")
            times.append((time.monotonic() - began) * 1000)
        return times


def measure(port, options):
    """The times of each round, without the crowd and beside it."""
    person, crowd = Person(port), Crowd(port, options.guests)
    idle, beside = [], []
    try:
        person.times_ms(options.sends)  # nobody's first time counts
        for _ in range(options.rounds):
            idle.append(person.times_ms(options.sends))
            crowd.tell("go")
            beside.append(person.times_ms(options.sends))
            crowd.tell("rest")
    finally:
        crowd.end()
    return idle, beside


def show(name, rounds):
    medians = [statistics.median(times) for times in rounds]
    median = statistics.median(medians)
    print(f"{name:20} p50 {median:7.2f} ms   of rounds {min(medians):7.2f} to {max(medians):7.2f}   "
          f"most {max(map(max, rounds)):7.2f} ms")
    return median


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--guests", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sends", type=int, default=100, help="in each round")
    parser.add_argument("--rates", action="store_true", help="with the rates for people, as the server is by default")
    parser.add_argument("--most", type=float, default=3, help="the ratio that is not to be exceeded (3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brusio-fair-") as data:
        server = subprocess.Popen([options.build / "brusiod", "--port", "0", "--listen", "127.0.0.1", "--data", data,
                                   "--log-level", "warn", *([] if options.rates else LIFTED)],
                                  stdout=subprocess.PIPE, text=True)
        try:
            port = next(int(line.rsplit(":", 1)[1]) for line in server.stdout if "listening on" in line)
            idle, beside = measure(port, options)
        finally:
            server.terminate()
            server.wait()
    ratio = show(f"beside {options.guests} guests", beside) / show("idle", idle)
    print(f"ratio of p50         {ratio:.1f}")
    sys.exit(ratio > options.most)


if __name__ == "__main__":
    main()
