"""Passwords of an organisation (auth = pam): the real helper, with a configuration of PAM of the test's own."""
import socket
import subprocess
import time
import unittest

from brusio_test import PrivateServerTest, Server, build_directory, deadline

HELPER = build_directory() / "brusiod-pam"
PASSWORDS = {"anna": "of the house", "bruno": "another one"}


@unittest.skipUnless(HELPER.exists(), "brusiod-pam was not built: there is no PAM to link")
class Pam(PrivateServerTest):
    """pam_exec runs a script that knows the passwords; it gets the name and the password as any module does."""

    helper = None

    def begin(self):
        self.server = Server("--auth", "pam", "--auth-socket", "helper")
        self.addCleanup(self.server.remove)
        self.start_helper()
        return self.server.start()

    def start_helper(self):
        directory = self.server.directory
        script = directory / "check"
        cases = "".join(f'"{name} {word}") exit 0;; ' for name, word in PASSWORDS.items())
        script.write_text(f'#!/bin/sh\nword=$(tr -d "\\0")\ncase "$PAM_USER $word" in {cases}esac\nexit 1\n')
        script.chmod(0o755)
        (directory / "pam.d").mkdir(exist_ok=True)
        (directory / "pam.d" / "brusiod").write_text(
            f"auth required pam_exec.so expose_authtok quiet {script}\naccount required pam_permit.so\n")
        self.helper = subprocess.Popen([HELPER, "--listen", directory / "helper", "--pam-directory", directory / "pam.d"])
        self.addCleanup(self.stop_helper)
        self.wait_for(directory / "helper")

    def wait_for(self, path):
        until = time.monotonic() + deadline()
        while time.monotonic() < until:
            with socket.socket(socket.AF_UNIX) as one:
                try:
                    one.connect(str(path))
                    return
                except OSError:
                    time.sleep(0.02)
        self.fail(f"nobody listens at {path}")

    def stop_helper(self):
        self.helper.kill()
        self.helper.wait()

    def log_in(self, name, password, **fields):
        return self.unnamed().ok("hello", name=name, password=password, **fields)

    def test_the_first_login_makes_the_account(self):
        server = self.begin()
        self.assertEqual(self.log_in("Anna", PASSWORDS["anna"])["user"], {"name": "Anna", "account": True, "admin": False})
        self.log_in("anna", PASSWORDS["anna"], device="phone")
        self.log_in("bruno", PASSWORDS["bruno"])
        self.assertEqual(server.run("check").returncode, 0)

    def test_a_wrong_password_makes_none(self):
        server = self.begin()
        self.unnamed().refused("auth_failed", "hello", name="anna", password=PASSWORDS["bruno"])
        self.unnamed().refused("auth_failed", "hello", name="nobody", password="whatever")
        self.assertEqual(server.run("user", "list").stdout, "")
        self.assertTrue(server.stderr.wait_for("by=password name=anna"))

    def test_nobody_registers_or_changes_a_password_that_is_kept_elsewhere(self):
        self.begin()
        self.full("guest").refused("forbidden", "register", password="correct horse")
        anna = self.unnamed()
        anna.ok("hello", name="anna", password=PASSWORDS["anna"])
        anna.refused("forbidden", "passwd", old=PASSWORDS["anna"], new="correct horse")

    def test_an_account_with_a_password_of_its_own_keeps_it(self):
        server = self.begin()
        made = server.run("user", "add", "anna", input="correct horse\n")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.log_in("anna", "correct horse")
        self.unnamed().refused("auth_failed", "hello", name="anna", password=PASSWORDS["anna"])

    def test_without_the_helper_nobody_comes_in_and_all_others_stay(self):
        server = self.begin()
        anna = self.unnamed()
        anna.ok("hello", name="anna", password=PASSWORDS["anna"])
        anna.join("#ops")
        self.stop_helper()
        (server.directory / "helper").unlink()
        self.unnamed().refused("busy", "hello", name="bruno", password=PASSWORDS["bruno"])
        self.assertTrue(server.stderr.wait_for("user\\.auth_helper"))
        anna.say("still here", "#ops")
        self.start_helper()
        self.log_in("bruno", PASSWORDS["bruno"])

    def test_the_log_says_why_the_helper_gave_no_answer(self):
        self.server = Server("--auth", "pam", "--auth-socket", "helper")
        self.addCleanup(self.server.remove)
        with socket.socket(socket.AF_UNIX) as helper:
            helper.bind(str(self.server.directory / "helper"))
            helper.listen()
            self.server.start()
            client = self.unnamed()
            client.post("hello", name="anna", password=PASSWORDS["anna"])
            asked, _ = helper.accept()
            with asked, asked.makefile("rb") as questions:
                got = b""
                while got.count(b"\0") < 2:
                    got += questions.read(1)
        self.assertTrue(self.server.stderr.wait_for('user.auth_helper path=helper error="Connection reset by peer"'))

    def test_what_is_not_a_question_is_not_answered(self):
        self.begin()
        for bytes_sent in (b"", b"anna", b"anna\0", b"\0x\0", b"x" * 5000):
            with socket.socket(socket.AF_UNIX) as one:
                one.settimeout(deadline())
                one.connect(str(self.server.directory / "helper"))
                try:
                    one.sendall(bytes_sent)
                    one.shutdown(socket.SHUT_WR)
                    self.assertEqual(one.recv(1), b"")
                except (BrokenPipeError, ConnectionResetError):
                    pass


if __name__ == "__main__":
    unittest.main()
