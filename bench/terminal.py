#!/usr/bin/env python3
"""Measures what the terminal client costs: the real brusio on its full screen, in a pseudo-terminal, beside the real server.

    bench/terminal.py [--messages N] [--lines N] [--columns N] [--rows N]

A room is filled with N messages (a million) before the server starts. Then brusio enters it, is scrolled up and typed
in, and somebody says N lines (20,000). Printed is the processor time of brusio alone, and its memory:

    a key on the screen       at most 5 ms
    20,000 lines that come    at most 0.2 s and 20 MB

The exit status is 1 where a figure is above its bound. `make all bench-tools` builds what it needs.
"""
import argparse
import fcntl
import os
import pathlib
import pty
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))
KEY_MS_MAX, LINES_SECONDS_MAX, LINES_MB_MAX = 5, 0.2, 20


def cpu_seconds(pid):
    """User's and system's, to the nanosecond."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def memory_mb(pid, field="RssAnon"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


class Terminal:
    """brusio in a pseudo-terminal that is read by a thread, as a fast one would be."""

    def __init__(self, port, columns, rows, home):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "HOME": home, "XDG_STATE_HOME": home,
                       "XDG_CONFIG_HOME": home, "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            [BUILD / "brusio", "--plain", "--room", "#lobby", f"anna@127.0.0.1:{port}"], stdin=slave, stdout=slave,
            stderr=slave, env=environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen, self.changed = b"", threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            with self.changed:
                self.seen = (self.seen + data)[-(1 << 16):]
                self.changed.notify_all()

    def until(self, text, seconds=120):
        with self.changed:
            if not self.changed.wait_for(lambda: text in self.seen, seconds):
                raise SystemExit(f"never came: {text!r}\n{self.seen[-2000:]!r}")
            self.seen = b""

    def press(self, keys, times, pause=0.03):
        """The mean of what a key costs until it has nothing more to do, in milliseconds."""
        before = cpu_seconds(self.process.pid)
        for _ in range(times):
            os.write(self.master, keys)
            time.sleep(pause)
        return (cpu_seconds(self.process.pid) - before) * 1000 / times


def drain(line):
    try:
        while line.recv(1 << 16):
            pass
    except OSError:
        pass


def say(port, count):
    """One speaker in the simple form; the last line is a word of its own."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        threading.Thread(target=drain, args=(line,), daemon=True).start()
        text = "a message of an ordinary length, as people write them"
        line.sendall(b'{"from":{"name":"mario"},"message":""}\n')
        for start in range(0, count, 100):
            line.sendall(b"".join(b'{"message":"%s"}\n' % text.encode() for _ in range(min(100, count - start))))
        line.sendall(b'{"message":"QZXWVK"}\n')
        time.sleep(0.5)


def start_server(data, fill):
    def start():
        log = open(os.path.join(data, "log"), "w")
        process = subprocess.Popen(
            [BUILD / "brusiod", "--data", data, "--port", "0", "--listen", "127.0.0.1", "--told-per-second", "0",
             "--send-rate", "0", "--account-rate", "0"], stdout=subprocess.PIPE, stderr=log, text=True)
        for line in process.stdout:
            if line.startswith("listening on"):
                return process, int(line.rpartition(":")[2])
        raise SystemExit("brusiod does not start: " + open(log.name).read())
    process, port = start()
    say(port, 1)
    process.terminate()
    process.wait()
    if fill:
        subprocess.run([BUILD / "bench/fill", os.path.join(data, "brusio.db"), "#lobby", str(fill)], check=True,
                       stdout=subprocess.DEVNULL)
    return start()


def measure(options, directory):
    server, port = start_server(directory, options.messages)
    try:
        terminal = Terminal(port, options.columns, options.rows, directory)
        pid = terminal.process.pid
        terminal.until(b"You are in")
        time.sleep(1)
        keys = {"a letter": terminal.press(b"x", 100), "Backspace": terminal.press(b"\x7f", 100),
                "Page Up": terminal.press(b"\x1b[5~", 100), "Page Down": terminal.press(b"\x1b[6~", 50)}
        terminal.press(b"\x1b", 1, 0.2)
        memory, before = memory_mb(pid), cpu_seconds(pid)
        say(port, options.lines)
        terminal.until(b"QZXWVK")
        lines = cpu_seconds(pid) - before
        grown = memory_mb(pid)
        terminal.process.kill()
        return keys, lines, grown, memory
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1000000, help="in the room beforehand")
    parser.add_argument("--lines", type=int, default=20000, help="that come")
    parser.add_argument("--columns", type=int, default=200)
    parser.add_argument("--rows", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brusio-bench-") as directory:
        keys, lines, memory, before = measure(options, directory)
    for name, ms in keys.items():
        print(f"{name:12} {ms:6.2f} ms")
    print(f"{options.lines} lines  {lines:6.3f} s, memory {before:.1f} -> {memory:.1f} MB")
    is_above = max(keys.values()) > KEY_MS_MAX or lines > LINES_SECONDS_MAX * options.lines / 20000 or memory > LINES_MB_MAX
    sys.exit(int(is_above))


if __name__ == "__main__":
    main()
