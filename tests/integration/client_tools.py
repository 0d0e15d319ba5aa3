"""Building blocks of the terminal client's tests: brusio behind pipes, brusio in a terminal, and that
terminal.

The terminal is a real pseudo-terminal; what comes out of it is drawn by a small emulator, so that a test can look
at the screen as a person would.
"""
import codecs
import fcntl
import itertools
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unicodedata

from brusio_test import build_directory, deadline
from brusio_test.server import REPORT, clean_environment

CSI = re.compile(r"\[([?\d;]*)([A-Za-z~])")


HOMES = tempfile.TemporaryDirectory(prefix="brusio-test-")
homes = itertools.count()


def client_environment(env=None):
    """The same as clean_environment(), for a client that has met no server yet: ports are given out again and
    again."""
    home = f"{HOMES.name}/{next(homes)}"
    return clean_environment({"XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, **(env or {})})


def brusio():
    return str(build_directory() / "brusio")


def address_of(server, name=None):
    return (f"{name}@" if name else "") + f"127.0.0.1:{server.port}"


def run(*args, given="", env=None, seconds=20):
    """Run the filter to its end; GIVEN is its whole input, text or bytes. Output comes as text."""
    given = given.encode() if isinstance(given, str) else given
    done = subprocess.run([brusio(), *map(str, args)], input=given, capture_output=True,
                          timeout=deadline(seconds), env=client_environment(env))
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    if REPORT.search(done.stderr):
        raise AssertionError(done.stderr)
    return done


class Pipes:
    """A running filter whose input stays open."""

    def __init__(self, *args, stdout=subprocess.PIPE, env=None):
        self.process = subprocess.Popen([brusio(), *map(str, args)], stdin=subprocess.PIPE, stdout=stdout,
                                        stderr=subprocess.PIPE, env=client_environment(env))
        self.kept = b""

    def write(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def line(self, seconds=20):
        """The next line of its output."""
        until = time.monotonic() + deadline(seconds)
        while b"\n" not in self.kept:
            ready, _, _ = select.select([self.process.stdout], [], [], max(until - time.monotonic(), 0))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                raise AssertionError(f"no line came; so far {self.kept!r}")
            self.kept += data
        line, self.kept = self.kept.split(b"\n", 1)
        return line.decode()

    def line_with(self, *contained):
        while True:
            line = self.line()
            if all(text in line for text in contained):
                return line

    def end(self, seconds=20):
        """Close its input; returns its exit status once it has ended."""
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        return self.ended(seconds)

    def ended(self, seconds=20):
        status = self.process.wait(deadline(seconds))
        self.errors = self.process.stderr.read().decode()
        if REPORT.search(self.errors):
            raise AssertionError(self.errors)
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream and not stream.closed:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass


def columns_of(character):
    if unicodedata.combining(character) or character in "\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """Emulates the part of a terminal that brusio uses. Rows that scroll off the top are kept."""

    def __init__(self, columns, rows):
        self.columns, self.height = columns, rows
        self.rows = [[]]  # of cells; a wide character is followed by an empty cell
        self.row = self.column = 0
        self.wraps = True
        self.bells = 0
        self.speaks_utf8 = False  # as far as it was told
        self.alt = self.alt_kept = "a letter"  # or "escape": how Alt comes with a key, as xterm has it
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pending = ""

    def feed(self, data):
        text = self.pending + self.decoder.decode(data)
        self.pending = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.put(text[at])
                at += 1
                continue
            if text.startswith("\x1b%G", at):
                self.speaks_utf8 = True
                at += 3
                continue
            match = CSI.match(text, at + 1)
            if not match:
                if len(text) - at > 32:
                    raise AssertionError(f"an escape sequence that brusio should not write: {text[at:at + 32]!r}")
                self.pending = text[at:]
                return
            self.control(match.group(2), match.group(1))
            at = match.end()

    def control(self, final, parameters):
        number = int(parameters) if parameters.isdigit() else 1
        if final == "A":
            self.row = max(self.row - number, 0)
        elif final == "C":
            self.column = min(self.column + number, self.columns - 1)
        elif final == "J" and parameters == "":
            del self.rows[self.row + 1:]
            del self.rows[self.row][self.column:]
        elif final == "K" and parameters == "":
            del self.rows[self.row][self.column:]
        elif final == "J" and parameters == "2":
            self.rows, self.row, self.column = [[]], 0, 0
        elif final == "H" and parameters == "":
            self.row = max(len(self.rows) - self.height, 0)
            self.column = 0
        elif parameters == "?7":
            self.wraps = final == "h"
        elif parameters == "?1036;1039":
            self.control_alt(final)
        elif final != "m" and parameters != "?2004":
            raise AssertionError(f"a control sequence that brusio should not write: {parameters!r} {final!r}")

    def control_alt(self, final):
        if final == "s":
            self.alt_kept = self.alt
        elif final in "hr":
            self.alt = "escape" if final == "h" else self.alt_kept

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.go_down()
        elif character == "\a":
            self.bells += 1
        elif character < " " or "\x7f" <= character < "\xa0":
            raise AssertionError(f"a control character that brusio should not write: {character!r}")
        else:
            self.print(character)

    def go_down(self):
        self.row += 1
        while len(self.rows) <= self.row:
            self.rows.append([])

    def print(self, character):
        width = columns_of(character)
        row = self.rows[self.row]
        if width == 0:
            if row and self.column:
                row[min(self.column, len(row)) - 1] += character
            return
        if self.column + width > self.columns:
            if self.wraps:
                self.column = 0
                self.go_down()
                row = self.rows[self.row]
            else:
                self.column = self.columns - width
        row.extend(" " * (self.column + width - len(row)))
        row[self.column:self.column + width] = [character] + [""] * (width - 1)
        self.column += width

    def text(self):
        """All rows, also those that have scrolled off."""
        return ["".join(row).rstrip() for row in self.rows]

    def resize(self, columns):
        """Resizes like most terminals: rows keep their length, and rows that are too long are folded."""
        rows, cursor = [], None
        for number, row in enumerate(self.rows):
            pieces = [row[at:at + columns] for at in range(0, len(row), columns)] or [[]]
            if number == self.row:
                folded = min(self.column, max(len(row), self.column)) // columns
                pieces += [[] for _ in range(folded + 1 - len(pieces))]
                cursor = (len(rows) + folded, self.column % columns)
            rows += pieces
        self.rows, (self.row, self.column), self.columns = rows, cursor, columns


class Terminal:
    """brusio in a pseudo-terminal. What is typed goes to it, what it draws is in `screen`."""

    def __init__(self, *args, columns=80, rows=24, env=None):
        self.screen = Screen(columns, rows)
        self.master, slave = pty.openpty()
        self.set_size(columns, rows)
        self.slave = os.dup(slave)  # so that the terminal can be looked at after brusio has ended
        self.modes = termios.tcgetattr(self.slave)
        environment = client_environment({"TERM": "xterm-256color", "HOME": "/nonexistent", **(env or {})})
        self.environment = {name: environment[name] for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        self.process = subprocess.Popen([brusio(), "--line", *map(str, args)], stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, start_new_session=True, preexec_fn=self.control)
        os.close(slave)

    @staticmethod
    def control():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows=24):
        self.screen.resize(columns)
        self.set_size(columns, rows)

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        """Takes at most one piece of output that brusio draws within SECONDS; False if nothing came."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        try:
            data = os.read(self.master, 65536) if ready else b""
        except OSError:  # the last one on the other side has closed it
            data = b""
        self.screen.feed(data)
        return bool(data)

    def wait(self, condition, what):
        """Read until CONDITION of the screen holds."""
        until = time.monotonic() + deadline()
        while not condition():
            if time.monotonic() > until or (self.process.poll() is not None and not self.read(0)):
                raise AssertionError(f"never came: {what}\n" + "\n".join(self.screen.text()[-30:]))
            self.read(0.2)

    def shows(self, *texts):
        """Wait until each of TEXTS is a part of some row."""
        for text in texts:
            self.wait(lambda: any(text in row for row in self.screen.text()), repr(text))

    def typed_is(self, text, column=None):
        """Wait until the row of the cursor, the last one, is exactly TEXT (and the cursor is in COLUMN)."""
        def holds():
            rows = self.screen.text()
            return (rows[-1] == text.rstrip() and self.screen.row == len(rows) - 1 and
                    column in (None, self.screen.column))
        self.wait(holds, f"{text!r} as the row that is typed")

    def count(self, text):
        """How often TEXT stands in what was shown."""
        return "\n".join(self.screen.text()).count(text)

    def signal(self, number):
        self.process.send_signal(number)

    def ended(self):
        """The exit status, once brusio has ended; the terminal must be as it was before."""
        until = time.monotonic() + deadline()
        while self.process.poll() is None:
            if time.monotonic() > until:
                raise AssertionError("brusio does not end\n" + "\n".join(self.screen.text()[-30:]))
            self.read(0.1)
        while self.read(0):
            pass
        if termios.tcgetattr(self.slave) != self.modes:
            raise AssertionError("the terminal was not given back as it was")
        if self.screen.alt != "a letter":
            raise AssertionError("the terminal's Alt was not given back as it was")
        shown = "\n".join(self.screen.text())
        if REPORT.search(shown):
            raise AssertionError(shown)
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)
