#!/usr/bin/env python3
"""How long brusiod takes to serve with many accounts: fills a database and measures the start.

usage: bench/accounts.py [--brusiod build/brusiod] [--accounts 200000] [--rooms-each 5] [--rooms 2000] [--starts 5]

Prints one JSON object: the seconds from exec to the first `pong` (all starts, and their median), those of the
processor in them, and the resident memory behind the start.
"""
import argparse
import json
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time

PORT = 25117


class Line:
    def __init__(self, wait=30.0):
        end = time.monotonic() + wait
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=wait)
                break
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.002)
        self.file = self.socket.makefile("rb")

    def ask(self, **request):
        request["id"] = "1"
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self.file.readline())
            if answer.get("id") == "1":
                return answer

    def close(self):
        self.file.close()
        self.socket.close()


def start(options, data):
    return subprocess.Popen([options.brusiod, "--data", data, "--listen", "127.0.0.1", "--port", str(PORT),
                             "--told-per-second", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stop(server):
    server.terminate()
    server.wait()


def fill(path, options):
    """Rows as the server writes them; `path` is the database of a stopped server."""
    with sqlite3.connect(path) as db:
        now = int(time.time() * 1000)
        db.executemany("INSERT INTO rooms(id, name, created_ms) VALUES(?, ?, ?)",
                       ((1000 + i, f"#room{i}", now) for i in range(options.rooms)))
        db.executemany("INSERT INTO people(id, kind, name, folded, password, created_ms) VALUES(?, 1, ?, ?, '!', ?)",
                       ((1000 + i, f"person{i}", f"person{i}", now) for i in range(options.accounts)))
        db.executemany("INSERT INTO members(person, room, role, joined_ms) VALUES(?, ?, 0, ?)",
                       ((1000 + i, 1000 + (i * 7 + j * 331) % options.rooms, now)
                        for i in range(options.accounts) for j in range(options.rooms_each)))


def resident_kb(server):
    for line in pathlib.Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def processor_s(server):
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options, data):
    took, worked, resident = [], [], 0
    for _ in range(options.starts):
        began = time.monotonic()
        server = start(options, data)
        line = Line()
        line.ask(op="ping")
        took.append(time.monotonic() - began)
        worked.append(processor_s(server))
        resident = resident_kb(server)
        line.close()
        stop(server)
    return took, worked, resident


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brusiod", default="build/brusiod")
    parser.add_argument("--accounts", type=int, default=200_000)
    parser.add_argument("--rooms", type=int, default=2_000)
    parser.add_argument("--rooms-each", type=int, default=5)
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brusio-accounts-") as data:
        server = start(options, data)
        Line().close()
        stop(server)
        fill(f"{data}/brusio.db", options)
        took, worked, resident = measure(options, data)
    print(json.dumps({"accounts": options.accounts, "rooms_each": options.rooms_each,
                      "start_s": [round(seconds, 3) for seconds in took],
                      "start_s_median": round(statistics.median(took), 3),
                      "processor_s_median": statistics.median(worked), "resident_kb": resident}))


if __name__ == "__main__":
    main()
