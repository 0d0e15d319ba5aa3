"""Pictures in the full screen, in a pseudo-terminal that answers what it is asked: kitty's protocol, sixels, or nothing."""
import base64
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import tempfile
import termios
import time
import unittest
import zlib

from brusio_test import ServerTest, deadline, pictures
from brusio_test.server import REPORT
from client_tools import address_of, brusio, client_environment, run

CELL = b"\x1b[6;20;10t"  # 10 by 20 pixels
SIXEL = re.compile(rb'\x1b\[(\d+);(\d+)H\x1bP0;1q"1;1;(\d+);(\d+)#[^\x1b]*\x1b\\')
PLACED = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b_Ga=p,i=(\d+),p=(\d+),x=0,y=(\d+),w=(\d+),h=(\d+),C=1,q=2\x1b\\")
TAKEN = re.compile(rb"\x1b_Ga=d,d=i,i=(\d+),p=(\d+),q=2\x1b\\")


def png(width, height):
    """A picture of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"\xff\x00\x00" * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Answering:
    """brusio in a pseudo-terminal that answers questions as its kind does; all that was written is kept."""

    def __init__(self, *args, answers, columns=100, rows=30):
        self.answers, self.written, self.answered = dict(answers), b"", set()
        self.master, slave = pty.openpty()
        self.size(columns, rows)
        environment = client_environment({"TERM": "xterm-256color", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"})
        self.process = subprocess.Popen([brusio(), *map(str, args)], stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.1):
        ready, _, _ = select.select([self.master], [], [], seconds)
        try:
            data = os.read(self.master, 1 << 20) if ready else b""
        except OSError:
            data = b""
        self.written += data
        for question, answer in self.answers.items():
            if question not in self.answered and question in self.written:
                self.answered.add(question)
                os.write(self.master, answer)
        return bool(data)

    def until(self, found, what):
        """Read until FOUND, a pattern or a text, was written; returns the first match, and forgets all up to it."""
        pattern = found if hasattr(found, "search") else re.compile(re.escape(found))
        end = time.monotonic() + deadline()
        while not (match := pattern.search(self.written)):
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}\n{self.written[-2000:]!r}")
            self.read()
        self.written = self.written[match.end():]
        return match

    def type(self, data):
        os.write(self.master, data)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


KITTY = {b"\x1b_Gi=31,": b"\x1b_Gi=31;OK\x1b\\", b"\x1b[16t": CELL, b"\x1b[c": b"\x1b[?62;22c"}
SIXELS = {b"\x1b[16t": CELL, b"\x1b[?1;1;0S": b"\x1b[?1;0;256S", b"\x1b[c": b"\x1b[?62;4;22c"}
NEITHER = {b"\x1b[16t": CELL, b"\x1b[c": b"\x1b[?62;22c"}


class Pictures(ServerTest):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="brusio-pictures-")))
        self.mario = self.full("mario", self.room)

    def show(self, content, name="red.png"):
        path = self.folder / name
        path.write_bytes(content)
        done = run("--plain", "--send", path, "--to", self.room, address_of(self.server, self.named("sender")))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def say(self, text):
        self.mario.say(text, self.room)

    def open(self, answers, *args, **size):
        terminal = Answering("--plain", *args, "--room", self.room, address_of(self.server, self.named("anna")),
                             answers=answers, **size)
        self.addCleanup(terminal.close)
        return terminal

    def goes(self, terminal):
        """All that it writes until a line that is said now is there."""
        before = len(terminal.written)
        self.say("QZXWVK")  # one word: blanks that are there already are not written
        end = time.monotonic() + deadline()
        while b"QZXWVK" not in terminal.written[before:]:
            self.assertLess(time.monotonic(), end, terminal.written[-2000:])
            terminal.read()
        self.assertIsNone(REPORT.search(terminal.written.decode(errors="replace")))
        return terminal.written

    def test_kitty_is_given_the_picture_once_and_told_where(self):
        terminal = self.open(KITTY)
        self.show(png(100, 60))
        pixels = terminal.until(re.compile(rb"\x1b_Ga=t,f=32,o=z,s=100,v=60,i=(\d+),q=2,m=0;([^\x1b]+)\x1b\\"), "pixels")
        self.assertEqual(zlib.decompress(base64.b64decode(pixels[2])), b"\xff\x00\x00\xff" * 6000)
        placed = terminal.until(PLACED, "a place")
        self.assertEqual(placed.groups()[2:3] + placed.groups()[4:], (pixels[1], b"0", b"100", b"60"))
        # Another line moves it: it is taken away there, and put here, without its pixels.
        self.say("one more")
        taken = terminal.until(TAKEN, "taken away")
        self.assertEqual(taken.groups(), placed.groups()[2:4])
        again = terminal.until(PLACED, "another place")
        self.assertEqual(int(again[1]), int(placed[1]) - 1)
        self.assertNotIn(b"a=t,", self.goes(terminal))

    def test_what_scrolls_out_is_cut_and_goes(self):
        terminal = self.open(KITTY, rows=10)
        self.show(png(100, 60))
        row = int(terminal.until(PLACED, "a place")[1])
        for _ in range(row - 2):
            self.say("up")
        self.say("cut")
        cut = terminal.until(re.compile(PLACED.pattern.replace(rb"y=(\d+)", rb"y=(20)")), "its lower two rows")
        self.assertEqual(cut.groups()[:2] + cut.groups()[4:], (b"2", cut[2], b"20", b"100", b"40"))
        for _ in range(4):
            self.say("away")
        self.goes(terminal)
        terminal.until(TAKEN, "taken away")
        self.assertIsNone(PLACED.search(terminal.written.rpartition(b"a=d,d=i")[2]))

    def test_another_size_begins_anew(self):
        terminal = self.open(KITTY)
        self.show(png(100, 60))
        terminal.until(PLACED, "a place")
        terminal.size(90, 20)
        terminal.until(b"\x1b_Ga=d,d=A,q=2\x1b\\", "all taken away")
        terminal.until(b"a=t,f=32", "pixels again")
        terminal.until(PLACED, "a place again")

    def test_sixels_are_drawn_once_for_each_place(self):
        terminal = self.open(SIXELS)
        self.show(png(100, 60))
        drawn = terminal.until(SIXEL, "sixels")
        self.assertEqual(drawn.groups()[2:], (b"100", b"60"))
        # Sixty rows of pixels are ten bands of one colour: no other is in it.
        body = drawn[0].rpartition(b"#251;2;100;100;100")[2].removesuffix(b"\x1b\\")
        self.assertEqual(set(body.split(b"-")), {b"#210!100~"})
        self.assertEqual(len(body.split(b"-")), 10)
        terminal.type(b"x")
        terminal.until(b"x", "a key")
        self.assertIsNone(SIXEL.search(terminal.written))
        self.say("one more")
        again = terminal.until(SIXEL, "sixels a row above")
        self.assertEqual(int(again[1]), int(drawn[1]) - 1)

    def test_the_preview_is_shown_of_what_is_not_decoded_here(self):
        terminal = self.open(KITTY)
        self.show(pictures.gif(400, 100, frames=2), "moving.gif")
        pixels = terminal.until(re.compile(rb"\x1b_Ga=t,f=32,o=z,s=400,v=100,i=\d+,q=2,m=0;([^\x1b]+)\x1b\\"), "pixels")
        red, _, blue, seen = zlib.decompress(base64.b64decode(pixels[1]))[:4]
        self.assertGreater(blue, red)
        self.assertEqual(seen, 255)
        terminal.until(PLACED, "a place")

    def test_a_picture_too_large_to_be_decoded_here_is_shown_by_its_preview(self):
        terminal = self.open(KITTY)
        self.show(png(6000, 4000), "large.png")  # 24 million pixels
        terminal.until(re.compile(rb"\x1b_Ga=t,f=32,o=z,s=36\d,v=240,"), "pixels")

    def test_a_list_over_a_picture_hides_its_rows_alone(self):
        terminal = self.open(SIXELS, rows=16)
        self.show(png(400, 220))
        whole = terminal.until(SIXEL, "sixels")
        terminal.type(b"\x0b")
        below = terminal.until(SIXEL, "what is below the list")
        self.assertLess(int(below[4]), int(whole[4]))
        terminal.type(b"\x1b")
        self.assertEqual(terminal.until(SIXEL, "all of it")[4], whole[4])

    def test_a_terminal_that_cannot_is_drawn_nothing(self):
        for answers in (NEITHER, {}):
            with self.subTest(answers=answers):
                terminal = self.open(answers)
                self.show(png(100, 60))
                written = self.goes(terminal)
                self.assertIn(b"red.png", written)
                self.assertIsNone(re.search(rb"\x1bP|\x1b_G(?!i=31,s=1,v=1,a=q)", written))
                terminal.type(b"/quit\r")
                terminal.process.wait(deadline(20))

    def test_off_asks_nothing(self):
        conf = self.folder / "brusio.conf"
        conf.write_text("pictures = off\n")
        terminal = self.open(KITTY, "--config", conf)
        self.show(png(100, 60))
        self.assertNotIn(b"\x1b_G", self.goes(terminal))

    def test_a_picture_that_is_none_has_its_name_alone(self):
        terminal = self.open(SIXELS)
        good = png(100, 60)
        self.show(good[:60] + b"?" * 40 + good[100:], "torn.png")
        self.show(good[:-60], "short.png")
        self.show(png(50, 50), "good.png")
        self.assertEqual(terminal.until(SIXEL, "the good one").groups()[2:], (b"50", b"50"))
        self.assertIsNone(SIXEL.search(self.goes(terminal)))


if __name__ == "__main__":
    unittest.main()
