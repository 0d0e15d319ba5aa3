#!/usr/bin/env python3
"""How long one person's send takes beside guests who pipeline changes as fast as they can.

    python3 bench/fair.py [--build build] [--guests 60] [--sends 200] [--rates]

Each guest owns a room and keeps 256 requests under way: `topic` and `set` in turns. One person elsewhere sends
a message, waits for its ack, and so on: without the guests, and beside them. Prints both medians and their ratio.
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

ROOMS = ["--rooms-made-per-hour", "0"]
LIFTED = ["--send-rate", "0", "--account-rate", "0", "--told-per-second", "0"]
DEPTH = 256

# A process of its own: what it costs is not the sender's time.
CROWD = """
import json, selectors, socket, sys
port, guests = int(sys.argv[1]), int(sys.argv[2])
chosen = selectors.DefaultSelector()
for number in range(guests):
    line = socket.create_connection(("127.0.0.1", port))
    room = f"#fair{number}"
    ask = lambda **fields: line.sendall(json.dumps(fields).encode() + b"\\n")
    ask(op="hello", id="h", name=f"crowd{number}")
    ask(op="join", id="j", room=room)
    pair = b"".join(json.dumps(fields).encode() + b"\\n" for fields in (
        {"op": "topic", "id": "T", "room": room, "topic": "x"}, {"op": "set", "id": "s", "room": room, "read_only": False}))
    for pairs in range(%d // 2):
        line.sendall(pair.replace(b'"T"', b'"T%%d"' %% pairs))
    chosen.register(line, selectors.EVENT_READ, [pair, %d])
print("ready", flush=True)
while True:
    for key, _ in chosen.select():
        data = key.fileobj.recv(65536)
        if not data:
            sys.exit()
        pair, sent = key.data
        for _ in range(data.count(b'"op":"ok"') + data.count(b'rate_limited')):
            key.data[1] += 1
            key.fileobj.sendall(pair.replace(b'"T"', b'"T%%d"' %% key.data[1]))
""" % (DEPTH, DEPTH)


class Person:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        self.number = 0
        self.ask(op="hello", name="person")
        self.ask(op="join", room="#talk")

    def ask(self, **fields):
        """Waits for the answer with this id."""
        self.number += 1
        fields["id"] = f"p{self.number}"
        self.socket.sendall(json.dumps(fields).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if answer.get("id") == fields["id"] and "room" in answer or answer["op"] in ("welcome", "joined"):
                if answer["op"] == "error":
                    sys.exit(f"refused: {answer}")
                return answer

    def median_ms(self, sends):
        times = []
        for number in range(sends):
            began = time.monotonic()
            self.ask(op="send", room="#talk", message=f"message {number}")
            times.append((time.monotonic() - began) * 1000)
        return statistics.median(times), max(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--guests", type=int, default=60)
    parser.add_argument("--sends", type=int, default=200)
    parser.add_argument("--rates", action="store_true", help="with the rates for people, as the server is by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brusio-fair-") as data:
        server = subprocess.Popen([options.build / "brusiod", "--port", "0", "--listen", "127.0.0.1", "--data", data,
                                   "--log-level", "warn", *ROOMS,
                                   *([] if options.rates else LIFTED)], stdout=subprocess.PIPE, text=True)
        crowd = None
        try:
            port = next(int(line.rsplit(":", 1)[1]) for line in server.stdout if "listening on" in line)
            person = Person(port)
            idle, idle_most = person.median_ms(options.sends)
            crowd = subprocess.Popen([sys.executable, "-c", CROWD, str(port), str(options.guests)],
                                     stdout=subprocess.PIPE)
            crowd.stdout.readline()
            beside, beside_most = person.median_ms(options.sends)
            print(f"idle                 p50 {idle:7.2f} ms   most {idle_most:7.2f} ms")
            print(f"beside {options.guests:3} guests    p50 {beside:7.2f} ms   most {beside_most:7.2f} ms")
            print(f"ratio of p50         {beside / idle:.1f}")
        finally:
            if crowd:
                crowd.kill()
                crowd.wait()
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
