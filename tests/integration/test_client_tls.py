"""The terminal client's line: encrypted without being asked, the same server as last time, no secrets in the open."""
import pathlib
import re
import socket
import stat
import tempfile
import threading
import unittest

from brusio_test import PrivateServerTest, Server
from client_tools import Pipes, run


class Trust(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.known = self.home / "brusio" / "known_hosts"

    def fingerprint(self, server=None):
        return re.search(r"SHA-256 (\S+)", (server or self.server).stdout.text()).group(1)

    def say(self, *options, host="127.0.0.1", given="ciao\n"):
        return run(*options, f"teller@{host}:{self.server.port}", given=given,
                   env={"XDG_CONFIG_HOME": str(self.home)})

    def changed_server(self):
        """The same port, another certificate."""
        self.start()
        self.assertEqual(self.say().returncode, 0)
        self.server.stop()
        for name in ("tls.key", "tls.crt"):
            (self.server.data / name).unlink()
        self.server.start()

    def test_encrypted_and_remembered(self):
        self.start("--tls", "required")
        done = self.say()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.known.read_text(), f"127.0.0.1:{self.server.port} {self.fingerprint()}\n")
        self.assertEqual(stat.S_IMODE(self.known.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.known.parent.stat().st_mode), 0o700)
        self.assertEqual(self.say().returncode, 0)

    def test_plain_is_plain(self):
        self.start("--tls", "required")
        done = self.say("--plain")
        self.assertEqual(done.returncode, 1)
        self.assertIn("TLS", done.stderr)
        self.assertFalse(self.known.exists())

    def test_a_changed_certificate_is_refused(self):
        self.changed_server()
        before = self.known.read_text()
        reader = self.full("reader", "#lobby")
        done = self.say(given="a secret\n")
        self.assertEqual(done.returncode, 1)
        for part in ("REFUSED", self.fingerprint(), "--fingerprint", str(self.known)):
            self.assertIn(part, done.stderr)
        self.assertEqual(self.known.read_text(), before)
        reader.barrier()
        self.assertFalse([push for push in reader.pushes if push.get("op") == "message"])

    def test_the_way_out(self):
        self.changed_server()
        self.assertEqual(self.say("--fingerprint", self.fingerprint()).returncode, 0)
        self.assertEqual(self.known.read_text(), f"127.0.0.1:{self.server.port} {self.fingerprint()}\n")
        self.assertEqual(self.say().returncode, 0)

    def test_a_given_fingerprint(self):
        self.start()
        right = self.fingerprint()
        for form in (right, right.lower(), right.replace(":", ""), "SHA256:" + right):
            self.assertEqual(self.say("--fingerprint", form).returncode, 0)
        wrong = ("00" if right[:2] != "00" else "11") + right[2:]
        done = self.say("--fingerprint", wrong)
        self.assertEqual(done.returncode, 1)
        self.assertIn(right, done.stderr)
        for none in ("", "00", right[:-1], right + ":00", "xx" + right[2:]):
            self.assertEqual(self.say("--fingerprint", none).returncode, 1)

    def test_other_servers_stay_known(self):
        self.known.parent.mkdir(parents=True)
        self.known.write_text("# mine\nother.example:5000 certified\n")
        self.start()
        self.assertEqual(self.say().returncode, 0)
        self.assertEqual(self.known.read_text(), "# mine\nother.example:5000 certified\n"
                         f"127.0.0.1:{self.server.port} {self.fingerprint()}\n")

    def test_each_name_for_itself(self):
        self.start()
        self.assertEqual(self.say(host="localhost").returncode, 0)
        self.assertEqual(self.say(host="LOCALHOST").returncode, 0)
        self.assertEqual(self.say().returncode, 0)
        self.assertEqual(len(self.known.read_text().splitlines()), 2)

    def test_what_cannot_be_remembered_is_used_nonetheless(self):
        self.start()
        self.home.joinpath("brusio").write_text("a file where the directory should be")
        self.assertEqual(self.say().returncode, 0)

    def certified(self, *options, trusted=True, host="localhost"):
        """The same as say(), on a machine whose authorities vouch for the server's own certificate, or for
        none."""
        cert = self.server.data / "tls.crt"
        return run(*options, f"teller@{host}:{self.server.port}", given="ciao\n",
                   env={"XDG_CONFIG_HOME": str(self.home), "SSL_CERT_DIR": "/nonexistent",
                        "SSL_CERT_FILE": str(cert) if trusted else "/nonexistent"})

    def test_certified(self):
        self.start()
        self.assertEqual(self.certified().returncode, 0)
        self.assertEqual(self.known.read_text(), f"localhost:{self.server.port} certified\n")
        done = self.certified(trusted=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("REFUSED", done.stderr)
        self.assertEqual(self.certified("--fingerprint", self.fingerprint(), trusted=False).returncode, 0)
        self.assertEqual(self.certified(trusted=False).returncode, 0)

    def test_certified_for_another_name_is_not_certified(self):
        self.start(listen=("127.0.0.2",))
        self.assertEqual(self.certified(host="127.0.0.2").returncode, 0)
        self.assertNotIn("certified", self.known.read_text())

    def test_a_certified_one_may_change(self):
        self.start()
        self.assertEqual(self.certified(trusted=False).returncode, 0)
        self.server.stop()
        for name in ("tls.key", "tls.crt"):
            (self.server.data / name).unlink()
        self.server.start()
        self.assertEqual(self.certified().returncode, 0)
        self.assertIn(" certified\n", self.known.read_text())

    def test_on_coming_back_a_changed_certificate_ends_it(self):
        self.start()
        pipes = Pipes(f"stayer@127.0.0.1:{self.server.port}", "--timeout", "30")
        self.addCleanup(pipes.close)
        reader = self.full("reader", "#lobby")
        pipes.write("hello\n")
        reader.entry("#lobby")
        self.server.kill()
        for name in ("tls.key", "tls.crt"):
            (self.server.data / name).unlink()
        self.server.start()
        # 2 where the kill came before the ack.
        self.assertIn(pipes.ended(), (1, 2))
        self.assertIn("REFUSED", pipes.errors)


class NoTls(unittest.TestCase):
    """Servers that are there and do not speak TLS: the message names --plain."""

    def ask(self, answer):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                with server.accept()[0] as peer:
                    peer.recv(65536)
                    answer(peer)
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            done = run(f"a@127.0.0.1:{server.getsockname()[1]}", given="ciao\n")
            thread.join()
            return done

    def test_it_names_the_way(self):
        for answer in (lambda peer: None, lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                       lambda peer: peer.sendall(b"Hello, who are you?\n"),
                       lambda peer: peer.sendall(bytes.fromhex("15030100020246"))):
            done = self.ask(answer)
            self.assertEqual(done.returncode, 1)
            self.assertIn("--plain", done.stderr)

    def test_a_server_that_has_no_room(self):
        done = self.ask(lambda peer: peer.sendall(b'{"op":"error","message":"No room\\u001b[2J now."}\n'))
        self.assertEqual(done.returncode, 1)
        self.assertIn("now.", done.stderr)
        self.assertNotIn("--plain", done.stderr)
        self.assertNotIn("\x1b", done.stderr)

    def test_a_brusiod_without_tls(self):
        server = Server("--tls", "off")
        self.addCleanup(server.remove)
        server.start()
        done = run(f"a@127.0.0.1:{server.port}", given="ciao\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--plain", done.stderr)
        self.assertEqual(run("--plain", f"a@127.0.0.1:{server.port}", given="ciao\n").returncode, 0)


if __name__ == "__main__":
    unittest.main()
