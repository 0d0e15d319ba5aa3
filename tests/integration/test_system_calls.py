"""The server's system calls, seen through strace."""
import os
import re
import shutil
import subprocess
import unittest

from brusio_test import PrivateServerTest, deadline, sanitizer

WRITES = "write,writev,pwrite64,sendto,sendmsg,sendmmsg,sendfile"
SYNCS = "fsync,fdatasync,sync_file_range,msync"


def strace_works():
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True).returncode == 0


@unittest.skipUnless(strace_works(), "strace is not installed or may not trace")
@unittest.skipIf(sanitizer(), "a sanitizer's run under strace proves nothing more")
class SystemCalls(PrivateServerTest):
    """-yy names the peer of each socket, so the calls for one connection can be told from the others'."""

    def traced(self, calls):
        server = self.start()
        self.trace = server.directory / "trace"
        self.tracer = subprocess.Popen(
            ["strace", "-f", "-yy", "-s", "400", "-e", f"trace={calls}", "-o", self.trace, "-p", str(server.pid)],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.detach)
        # strace says "Process N attached" once it holds the process and its threads.
        self.assertIn("attached", self.tracer.stderr.readline())
        return server

    def detach(self):
        if self.tracer.poll() is None:
            self.tracer.send_signal(2)
            self.tracer.wait(deadline())
        self.tracer.stderr.close()

    def lines(self):
        self.detach()
        return self.trace.read_text().splitlines()

    def writes_to(self, client):
        """The traced calls that wrote to CLIENT's connection."""
        ending = f"->{client.local[0]}:{client.local[1]}]"
        return [line for line in self.lines() if ending in line and re.search(r"\b(write|send)\w*\(", line)]

    def test_100_entries_that_wait_take_few_writes(self):
        """The replay to a reader who joins after 100 entries."""
        self.traced(WRITES)
        writer, reader = self.full("writer", self.room), self.full("reader")
        for identity in [writer.post("send", room=self.room, message=f"m{number}") for number in range(100)]:
            writer.answer(identity)
        reader.join(self.room, after=0)
        reader.entries(100, self.room)
        writes = self.writes_to(reader)
        self.assertGreaterEqual(len(writes), 1)
        # One each for welcome and joined, and a few for the entries.
        self.assertLessEqual(len(writes), 10, "\n".join(writes))

    def test_100_live_entries_in_one_segment_take_fewer_writes(self):
        self.traced(WRITES)
        writer, reader = self.full("writer", self.room), self.full("reader", self.room)
        burst = b"".join(b'{"op":"send","id":"b%d","room":"%s","message":"m"}' % (number, self.room.encode())
                         for number in range(100))
        writer.send_bytes(burst)
        reader.entries(100, self.room)
        for number in range(100):
            self.assertEqual(writer.receive_op("ack")["id"], f"b{number}")
        self.detach()
        self.assertLessEqual(len(self.writes_to(reader)), 40)
        self.assertLessEqual(len(self.writes_to(writer)), 40)

    def test_the_disk_has_it_before_the_ack_and_before_anyone_sees_it(self):
        """Between the send and what tells of it there is an fsync (or fdatasync) that has returned."""
        self.traced(f"{WRITES},{SYNCS},read,recvfrom,recvmsg")
        writer, reader = self.full("writer", self.room), self.full("reader", self.room)
        for number in range(5):
            writer.say(f"durable-{number}", self.room, id=f"id-{number}")
            reader.entry(self.room)
        lines = self.lines()
        for number in range(5):
            asked = self.first(lines, rf"(read|recv)\w*(\(| resumed>).*durable-{number}")
            told = min(self.first(lines, rf"(write|send)\w*\(.*\\\"ack\\\".*id-{number}"),
                       self.first(lines, rf"send\w*\(.*{reader.local[1]}.*durable-{number}"))
            between = "\n".join(lines[asked:told])
            self.assertRegex(between, r"(fsync|fdatasync)(\(.*\)| resumed>.*\)) += 0", between)

    def test_a_commit_is_one_write_to_the_log(self):
        """SQLite writes a header and a page for each page that changed; they come to the log together."""
        self.traced(f"pwrite64,{SYNCS}")
        writer = self.full("writer", self.room)
        for number in range(20):
            writer.say("x" * 100, self.room, id=f"id-{number}")
        log = [line for line in self.lines() if "brusio.db-wal>" in line]
        syncs = sum(bool(re.search(r"sync\(", line)) for line in log)
        writes = sum("pwrite64(" in line for line in log)
        self.assertGreaterEqual(syncs, 20)
        # The log's own header, at most, comes apart; so do changes of more than 64 KiB, which these are not.
        self.assertLessEqual(writes, syncs + 2, "\n".join(log))

    def first(self, lines, pattern):
        for place, line in enumerate(lines):
            if re.search(pattern, line):
                return place
        self.fail(f"no {pattern} in\n" + "\n".join(lines))

    def test_an_idle_server_does_nothing(self):
        """No polling: with connections that are quiet there is nothing to do but wait."""
        server = self.start()
        clients = [self.full(f"quiet{number}", self.room) for number in range(20)]
        for client in clients:
            client.barrier()
        before = server.cpu_seconds()
        switches = voluntary_switches(server.pid)
        with self.assertRaises(subprocess.TimeoutExpired):
            server.process.wait(2)
        self.assertLess(server.cpu_seconds() - before, 0.2)
        self.assertLess(voluntary_switches(server.pid) - switches, 200)


def voluntary_switches(pid):
    """How often the threads of PID went to sleep."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as status:
            total += int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", status.read()).group(1))
    return total


if __name__ == "__main__":
    unittest.main()
