"""The privileges that the server gives up at its start: root, system calls, files; seen from outside on the
running process."""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import unittest

from brusio_test import PrivateServerTest, Server, StartFailed, TLS, files_of, sanitizer

NOBODY = "nobody"


def needs_root(test):
    return unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")(test)


class Sandbox(PrivateServerTest):
    def status(self, field):
        return re.search(rf"^{field}:\s+(.*)$", self.server.proc("status"), re.MULTILINE).group(1)

    def statuses(self, field):
        """The field of every thread."""
        tasks = pathlib.Path(f"/proc/{self.server.pid}/task")
        return {re.search(rf"^{field}:\s+(.*)$", (task / "status").read_text(), re.MULTILINE).group(1)
                for task in tasks.iterdir()}

    def start(self, *args, **options):
        """The directory around the data is one that others may pass through, as /var/lib is."""
        self.server = Server(*args, **options)
        self.addCleanup(self.server.remove)
        self.server.directory.chmod(0o755)
        return self.server.start()

    def use(self, name="one"):
        """Everything that makes the server do something of another kind."""
        one, two = self.full(name, self.room), self.full(f"{name}_friend", self.room, tls=TLS)
        for number in range(20):
            one.say(f"text {number}", self.room)
            two.entry(self.room)
        self.assertEqual(len(two.ok("history", room=self.room, limit=10)["messages"]), 10)
        one.ok("register", password="correct horse")
        self.assertEqual(two.ok("search", query="text", room=self.room)["op"], "results")

    def test_every_thread_is_inside(self):
        self.start("--sandbox", "on")
        if sanitizer() != "address":
            self.use()
        self.assertEqual(self.statuses("NoNewPrivs"), {"1"})
        self.assertEqual(self.statuses("Seccomp"), {"2"})
        if sanitizer() == "address":
            # The leak checker cannot do its work in there.
            self.server.kill()

    @needs_root
    def test_root_that_stays_root_keeps_no_capabilities(self):
        self.start("--user", "root")
        self.use()
        for field in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"):
            self.assertEqual({int(value, 16) for value in self.statuses(field)}, {0}, field)

    @needs_root
    def test_a_user_may_be_a_number(self):
        self.start("--user", "12345:23456")
        self.use()
        self.assertEqual(self.statuses("Uid"), {"\t".join(["12345"] * 4)})
        self.assertEqual(self.statuses("Gid"), {"\t".join(["23456"] * 4)})
        self.assertEqual({groups.strip() for groups in self.statuses("Groups")}, {"23456"})

    def test_off(self):
        self.start("--sandbox", "off")
        self.use()
        self.assertEqual(self.statuses("NoNewPrivs"), {"0"})
        self.assertEqual(self.statuses("Seccomp"), {"0"})
        self.assertIn("server.sandbox is=off", self.server.log())

    def test_no_refused_call_is_needed(self):
        """Serving, reloading and stopping make no call that the filter refuses."""
        if not shutil.which("strace") or sanitizer():
            self.skipTest("needs strace and a plain build")
        trace = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "trace"
        self.start("--sandbox", "on", wrap=("strace", "-f", "-Z", "-o", str(trace)))
        self.use()
        self.server.send_signal(1)
        self.full("after", self.room).barrier()
        self.server.stop()
        refused = [line for line in trace.read_text().splitlines() if "EPERM" in line or "EACCES" in line]
        self.assertEqual(refused, [])

    @needs_root
    def test_root_becomes_the_user(self):
        self.start("--user", NOBODY)
        user = pwd.getpwnam(NOBODY)
        self.assertEqual(set(self.status("Uid").split()), {str(user.pw_uid)})
        self.assertEqual(set(self.status("Gid").split()), {str(user.pw_gid)})
        self.assertEqual(self.status("CapEff"), "0" * 16)
        self.assertEqual(self.status("CapPrm"), "0" * 16)
        self.use()
        self.assertEqual(self.server.data.stat().st_uid, user.pw_uid)
        for path, status in files_of(self.server.data):
            self.assertEqual(status.st_uid, user.pw_uid, path)
        self.server.restart()
        self.use("other")

    @needs_root
    def test_a_directory_of_root_is_given_with_what_is_in_it(self):
        self.start("--user", "root")
        self.full("one", self.room).say("kept", self.room)
        self.server.stop()
        self.server.args = ["--user", NOBODY]
        target = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "precious"
        target.write_text("root's")
        (self.server.data / "link").symlink_to(target)
        os.link(target, self.server.data / "hard")
        self.server.start()
        client = self.full("two", self.room)
        self.assertEqual(client.ok("history", room=self.room)["messages"][0]["message"], "kept")
        self.assertEqual(target.stat().st_uid, 0, "what has another name elsewhere is not given away")

    @needs_root
    def test_a_directory_of_other_things_is_not_given(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (directory / "letter").write_text("private")
        with self.assertRaises(StartFailed) as failed:
            self.start("--user", NOBODY, data=directory)
        self.assertIn("other things", str(failed.exception))
        self.assertEqual(directory.stat().st_uid, 0)

    @needs_root
    def test_a_key_of_root_is_read_before(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        cert, key = directory / "c.pem", directory / "k.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=x", "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
        key.chmod(0o600)
        self.start("--user", NOBODY, "--tls-cert", cert, "--tls-key", key)
        self.full("one", self.room, tls=TLS)

    @needs_root
    def test_no_other_process_of_the_user_looks_inside(self):
        if sanitizer() == "address":
            self.skipTest("runs without the sandbox")
        self.start("--user", NOBODY)
        user = pwd.getpwnam(NOBODY)
        for name in ("mem", "environ", "maps", "fd"):
            done = subprocess.run(["ls" if name == "fd" else "cat", f"/proc/{self.server.pid}/{name}"],
                                  user=user.pw_uid, group=user.pw_gid, extra_groups=[], capture_output=True, text=True)
            self.assertIn("Permission denied", done.stderr, name)

    def test_users_that_cannot_be(self):
        for user in ("no-such-user", NOBODY if os.geteuid() else "no-such-user-either"):
            with self.assertRaises(StartFailed) as failed:
                self.start("--user", user)
            self.assertIn(user, str(failed.exception))


if __name__ == "__main__":
    unittest.main()
