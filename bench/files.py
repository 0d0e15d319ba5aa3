#!/usr/bin/env python3
"""Files over brusiod beside nginx that receives (dav PUT) and serves the same bytes, in one run.

    python3 bench/files.py [--build build] [--megabytes 100] [--rounds 5] [--readers 1000] [--sends 1000]

Uploads: the same client sends a file to each in turn. brusiod answers once it is synced; nginx does not sync, so that the file
and its folder are synced behind its answer, within its time. Downloads: the same client reads it from each. Then a person
sends messages one by one, while nobody, or so many readers, read a file at 10 kB/s each; rounds of both take turns. Printed are
medians over the rounds, and what they are to each other. Ends with 1 where a bar is missed: uploads 0.7 and downloads 0.8 of
nginx's speed, and the 99th of a hundred sends 10 % slower beside the readers.

It needs nginx with its dav module (on Debian: nginx-light, libnginx-mod-http-dav-ext), which it runs itself, in a directory of its own.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

NGINX = """
daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; client_max_body_size 0; client_body_temp_path {folder}/body;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; location / {{ dav_methods PUT; }} }}
}}
"""
LIFTED = ["--send-rate", "0", "--account-rate", "0", "--told-per-second", "0", "--file-bytes-max", "1073741824",
          "--file-user-bytes-per-day", "0", "--files-bytes-max", "0", "--files-free-min", "0", "--log-level", "warn"]

# A process of its own, so that what it costs is not the sender's time in the interpreter.
READERS = """
import selectors, socket, sys, time
port, count, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
sockets = []
for number in range(count):
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    one.connect(("127.0.0.1", port))
    one.sendall(f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
    one.setblocking(False)
    sockets.append(one)
print("ready", flush=True)
at = 0
begun, taken = time.monotonic(), 0
while True:
    due = int((time.monotonic() - begun) * count)
    while taken < due:
        try:
            if not sockets[taken % count].recv(10000):
                sys.exit("a reader was cut off")
        except BlockingIOError:
            pass
        taken += 1
    time.sleep(0.005)
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def await_port(port, process):
    for _ in range(400):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None:
                sys.exit("bench/files.py: a server ended at its start")
            time.sleep(0.05)
    sys.exit("bench/files.py: a server does not listen")


def read_head(stream):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = stream.recv(65536)
        if not piece:
            sys.exit(f"bench/files.py: the connection ended: {head[:300]}")
        head += piece
    head, _, rest = head.partition(b"\r\n\r\n")
    return head.decode(), rest


def send(port, method, path, source, fields=""):
    """Uploads the file; its answer's head, and what came of the body."""
    with socket.create_connection(("127.0.0.1", port)) as stream, open(source, "rb") as file:
        stream.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {os.path.getsize(source)}\r\n{fields}\r\n".encode())
        stream.sendfile(file)
        return read_head(stream)


def fetch(port, path, wanted):
    room = bytearray(1 << 18)
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head, rest = read_head(stream)
        if " 200 " not in head.splitlines()[0]:
            sys.exit(f"bench/files.py: {head.splitlines()[0]}")
        left = wanted - len(rest)
        while left > 0:
            got = stream.recv_into(room)
            if not got:
                sys.exit("bench/files.py: a download was cut off")
            left -= got


def timed(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def sync(path):
    for one in (path, path.parent):
        fd = os.open(one, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)


class Person:
    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port))
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines, self.number = self.stream.makefile("rb"), 0
        self.session = self.ask(op="hello", name="bench")["session"]
        self.ask(op="join", room="#bench")

    def ask(self, **fields):
        self.number += 1
        fields["id"] = f"b{self.number}"
        self.stream.sendall(json.dumps(fields).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if answer.get("id") == fields["id"] and answer["op"] != "message":
                if answer["op"] == "error":
                    sys.exit(f"bench/files.py: {answer['message']}")
                return answer

    def ninety_ninth(self, count):
        times = sorted(timed(lambda: self.ask(op="send", room="#bench", message="hello")) for _ in range(count))
        return times[count * 99 // 100]


def report(what, ours, theirs, least):
    """Speeds are 1/time: prints how fast we are, in parts of the other; True where that is enough."""
    part = statistics.median(theirs) / statistics.median(ours)
    print(f"{what}: {statistics.median(ours) * 1000:.1f} ms, nginx {statistics.median(theirs) * 1000:.1f} ms: {part:.2f} of its speed (least {least})")
    return part >= least


def transfers(options, brusiod, nginx, person, folder):
    source, size = folder / "source", options.megabytes << 20
    source.write_bytes(os.urandom(size))
    ours, theirs, place = [], [], []

    def to_brusiod():
        head, _ = send(brusiod, "POST", "/files?name=a.bin", source, f"Authorization: Bearer {person.session}\r\n")
        place[:] = re.findall(r"(?mi)^Location: (\S+)", head) or sys.exit(f"bench/files.py: {head.splitlines()[0]}")

    def to_nginx(number):
        send(nginx, "PUT", f"/{number}", source)
        sync(folder / "root" / str(number))
    for number in range(options.rounds):
        ours.append(timed(to_brusiod))
        theirs.append(timed(lambda: to_nginx(number)))
    is_good = report(f"upload of {options.megabytes} MiB", ours, theirs, 0.7)
    person.ask(op="send", room="#bench", message="", files=[place[0].rsplit("/", 1)[1]])
    message = person.ask(op="history", room="#bench", limit=1)["messages"][0]
    url = message["files"][0]["url"]
    ours, theirs = [], []
    for _ in range(options.rounds * 2):
        ours.append(timed(lambda: fetch(brusiod, url, size)))
        theirs.append(timed(lambda: fetch(nginx, "/0", size)))
    return report(f"download of {options.megabytes} MiB", ours, theirs, 0.8) & is_good, url


def beside_readers(options, brusiod, nginx, person, url):
    """The readers themselves take time of the processors: those who read from nginx show how much of it is theirs."""
    alone, elsewhere, beside = [], [], []
    person.ninety_ninth(options.sends)
    for _ in range(options.rounds):
        alone.append(person.ninety_ninth(options.sends))
        for port, path, times in ((nginx, "/0", elsewhere), (brusiod, url, beside)):
            readers = subprocess.Popen([sys.executable, "-c", READERS, str(port), str(options.readers), path], stdout=subprocess.PIPE)
            readers.stdout.readline()
            times.append(person.ninety_ninth(options.sends))
            if readers.poll() is not None:
                sys.exit("bench/files.py: the readers ended")
            readers.kill()
            readers.wait()
            time.sleep(1)
    alone, elsewhere, beside = (statistics.median(times) * 1000 for times in (alone, elsewhere, beside))
    print(f"99th of a hundred sends: alone {alone:.2f} ms; while {options.readers} read at 10 kB/s from nginx {elsewhere:.2f} ms, from brusiod "
          f"{beside:.2f} ms: {beside / alone:.2f} times alone (most 1.1), {beside / elsewhere:.2f} times beside nginx's")
    return beside <= 1.1 * alone


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--sends", type=int, default=1000)
    options = parser.parse_args()
    if not shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"]):
        sys.exit("bench/files.py: nginx is not installed (on Debian: nginx-light, libnginx-mod-http-dav-ext)")
    with tempfile.TemporaryDirectory(prefix="brusio-bench-") as name:
        folder, ports, servers = pathlib.Path(name), (free_port(), free_port()), []
        (folder / "root").mkdir()
        folder.chmod(0o755)
        (folder / "root").chmod(0o777)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=ports[1]))
        try:
            servers.append(subprocess.Popen([f"{options.build}/brusiod", "--listen", "127.0.0.1", "--port", str(ports[0]), "--tls", "off",
                                             "--data", folder / "data", *LIFTED], stdout=subprocess.DEVNULL))
            servers.append(subprocess.Popen(["nginx", "-c", folder / "nginx.conf"], env={**os.environ, "PATH": "/usr/sbin:" + os.environ["PATH"]}))
            for port, server in zip(ports, servers):
                await_port(port, server)
            person = Person(ports[0])
            is_good, url = transfers(options, *ports, person, folder)
            return 0 if beside_readers(options, *ports, person, url) & is_good else 1
        finally:
            for server in servers:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    sys.exit(main())
