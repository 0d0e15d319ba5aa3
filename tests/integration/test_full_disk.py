"""A disk that is full refuses sends, and nothing else; with space again, everything goes on."""
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

from brusio_test import Full, PrivateServerTest, files_of, only_sqlite

TEXT = "x" * 4_000


class DiskFull:
    """The tests; what fills the disk and frees it again is the concrete class's."""

    def fill(self):
        raise NotImplementedError

    def free(self):
        raise NotImplementedError

    def refused_at_last(self, client):
        """Send until the first refusal; returns the texts that were acknowledged, by seq."""
        stored = {}
        for number in range(5_000):
            text = f"{number} {TEXT}"
            answer = client.request("send", room=self.room, message=text, id=f"fill{number}")
            if answer["op"] == "error":
                self.assertEqual(answer["code"], "store_failed")
                return stored, (f"fill{number}", text)
            stored[answer["seq"]] = text
        self.fail("the disk took everything")

    def test_a_full_disk_refuses_sends_until_there_is_space(self):
        server = self.started()
        writer, reader = self.full("writer", self.room), self.full("reader", self.room)
        for number in range(10):
            writer.say(f"before {number}", self.room)
        sessions = {}
        for name in ("watcher", "comer"):
            client = self.full(name, self.room)
            sessions[name] = client.session
            client.reset()
        self.fill()
        stored, (identity, text) = self.refused_at_last(writer)
        # The server goes on: it answers, it reads from the store, people whom it knows come in and hear of each
        # other; somebody new, who would have to be stored, is told why not.
        writer.barrier()
        self.assertEqual(len(writer.ok("history", room=self.room, limit=5)["messages"]), 5)
        watcher, comer = (self.full(name, self.room, session=session) for name, session in sessions.items())
        watcher.push(op="enter", name=comer.name)
        self.unnamed().refused("store_failed", "hello", name=self.named("newcomer"))
        for number in range(20):
            writer.refused("store_failed", "send", room=self.room, message=TEXT, id=f"none{number}")
        self.free()
        again = writer.say(text, self.room, id=identity)
        self.assertEqual(again["seq"], 11 + len(stored), "a refused send has left no trace")
        self.assertEqual(writer.say("with space again", self.room)["seq"], 12 + len(stored))
        entries = reader.entries(12 + len(stored), self.room)
        self.assertEqual([entry["seq"] for entry in entries], list(range(1, 13 + len(stored))))
        self.assertEqual(entries[-1]["message"], "with space again")
        self.kept_over_a_restart(server, {**stored, again["seq"]: text, again["seq"] + 1: "with space again"})

    def kept_over_a_restart(self, server, stored):
        server.restart()
        reader = Full(server, "checker")
        self.keep(reader)
        last = reader.join(self.room, after=0)["seq"]
        log = {entry["seq"]: entry["message"] for entry in reader.entries(last, self.room)}
        self.assertEqual(sorted(log), list(range(1, last + 1)))
        self.assertEqual({seq: log.get(seq) for seq in stored}, stored)

    def test_kill_9_on_a_full_disk_loses_nothing(self):
        server = self.started()
        writer = self.full("writer", self.room)
        self.fill()
        stored, _ = self.refused_at_last(writer)
        server.kill()
        self.free()
        server.start()
        self.kept_over_a_restart(server, stored)

    def test_the_log_says_it(self):
        server = self.started()
        writer = self.full("writer", self.room)
        self.fill()
        self.refused_at_last(writer)
        self.assertTrue(server.stderr.wait_for(r"(?i)error"), server.log())
        self.free()


def mounted_tmpfs():
    """A directory on a file system of its own with room for a few megabytes, or None."""
    directory = tempfile.mkdtemp(prefix="brusio-disk-")
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "brusio-test", directory], capture_output=True)
    if mount.returncode == 0:
        return pathlib.Path(directory)
    os.rmdir(directory)
    return None


class SmallFileSystem(DiskFull, PrivateServerTest):
    """A real file system that is full: ENOSPC."""

    def started(self):
        self.directory = mounted_tmpfs() if os.geteuid() == 0 and shutil.which("mount") else None
        if not self.directory:
            self.skipTest("mounting a tmpfs needs root and the right to mount")
        self.addCleanup(os.rmdir, self.directory)
        self.addCleanup(subprocess.run, ["umount", "-l", self.directory], check=True)
        return self.start(data=self.directory / "data")

    def fill(self):
        with open(self.directory / "ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"\0" * 4096):
                    pass
            except OSError:
                pass

    def free(self):
        (self.directory / "ballast").unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=64m", self.directory], check=True)


@only_sqlite
class FileSizeLimit(DiskFull, PrivateServerTest):
    """RLIMIT_FSIZE: EFBIG where a disk would say ENOSPC."""

    def started(self):
        # The signal dispositions that a service manager passes on must not decide whether the server
        # survives.
        return self.start(prepare=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_DFL))

    def fill(self):
        largest = max(status.st_size for path, status in files_of(self.server.data) if path.is_file())
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def free(self):
        if self.server.running():
            resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE,
                             (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    unittest.main()
