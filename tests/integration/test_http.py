"""HTTP on the one port: the web client's files, what monitors read, and what malformed requests get."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from brusio_test import PrivateServerTest, ServerTest, TLS, deadline
from brusio_test.server import ROOT, run_to_end
from brusio_test.web import Http

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
          "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


class HttpTest(ServerTest):
    def http(self, **options):
        return self.keep(Http(self.server, **options))

    def get(self, path="/", **fields):
        return self.http().get(path, **fields)

    def raw(self, data):
        """The server's answer to exactly these bytes: (status, whether it closed)."""
        client = self.http()
        client.send_bytes(data)
        status = client.answer().status
        return status, client.ended()


class Files(HttpTest):
    def linked(self):
        """The page's own files: what it names."""
        page = self.get("/").body.decode()
        return re.findall(r'(?:src|href)="(/[^"]+)"', page)

    def test_the_page_with_its_fields(self):
        answer = self.get("/")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.fields["content-type"], "text/html; charset=utf-8")
        self.assertEqual(answer.fields["cache-control"], "no-cache")
        self.assertIn(b"<!doctype html>", answer.body.lower())
        self.assertIn(b"brusio", answer.body)
        self.assertRegex(answer.fields["date"], r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
        self.assertNotIn("content-encoding", answer.fields)

    def test_every_answer_has_the_security_fields(self):
        for path in ("/", "/nothing", "/healthz", "/metrics", "/ws"):
            fields = self.get(path).fields
            self.assertEqual(fields["content-security-policy"], POLICY)
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            self.assertEqual(fields["referrer-policy"], "no-referrer")

    def test_a_refusal_has_them_too(self):
        client = self.http()
        client.send_bytes(b"GET bad HTTP/1.1\r\n\r\n")
        self.assertEqual(client.answer().fields["content-security-policy"], POLICY)

    def test_the_page_s_files_never_change_under_their_name(self):
        for path in self.linked():
            answer = self.get(path)
            self.assertEqual(answer.status, 200, path)
            if re.search(r"-[0-9A-Za-z]{8,}\.", path):
                self.assertEqual(answer.fields["cache-control"], "public, max-age=31536000, immutable")
            else:
                self.assertEqual(answer.fields["cache-control"], "no-cache")

    def test_packed_forms_say_what_they_are(self):
        for path in ["/", *self.linked()]:
            plain = self.get(path, Accept_Encoding="identity")
            packed = self.get(path, Accept_Encoding="gzip")
            self.assertEqual(plain.fields["vary"], "Accept-Encoding")
            self.assertEqual(packed.fields["vary"], "Accept-Encoding")
            if "content-encoding" in packed.fields:
                self.assertEqual(packed.fields["content-encoding"], "gzip")
                self.assertEqual(gzip.decompress(packed.body), plain.body)
                self.assertLess(len(packed.body), len(plain.body))
                self.assertNotEqual(packed.fields["etag"], plain.fields["etag"])
            self.assertNotIn("content-encoding", self.get(path, Accept_Encoding="gzip;q=0").fields)

    def test_what_is_known_is_not_sent_again(self):
        for coding in ("identity", "gzip", "br"):
            tag = self.get("/", Accept_Encoding=coding).fields["etag"]
            for wanted, status in ((tag, 304), (f'"other", W/{tag}', 304), ("*", 304), ('"other"', 200)):
                answer = self.get("/", Accept_Encoding=coding, If_None_Match=wanted)
                self.assertEqual((answer.status, answer.fields["etag"]), (status, tag))
                self.assertEqual(bool(answer.body), status == 200)

    def test_head_says_what_get_would(self):
        client = self.http()
        for path in ("/", "/nothing", "/healthz"):
            client.request(path)
            whole = client.answer()
            client.request(path, "HEAD")
            head = client.answer(is_head=True)
            whole.fields.pop("date"), head.fields.pop("date")
            self.assertEqual((head.status, head.fields), (whole.status, whole.fields))
        self.assertEqual(client.get("/healthz").body, b"ok\n")

    def test_what_is_not_there(self):
        for path in ("/nothing", "/index.html/", "//", "/..", "/../etc/passwd", "/%2e%2e/etc/passwd", "/./", "/a/../",
                     "/index.html%00", "/files.json", "/%69ndex.html", "/WS", "/ws/"):
            self.assertEqual(self.get(path).status, 404, path)
        self.assertEqual(self.get("/?from=here").status, 200)

    def test_over_tls(self):
        self.assertEqual(self.http(tls=TLS).get("/").body, self.get("/").body)


class Lines(HttpTest):
    """Keep-alive, pipelining, pieces, and slow readers."""

    def test_a_connection_is_kept(self):
        client = self.http()
        for _ in range(50):
            self.assertEqual(client.get("/healthz").body, b"ok\n")

    def test_requests_may_wait_in_line(self):
        client = self.http()
        paths = ["/", "/healthz", "/nothing"] * 60
        client.send_bytes(b"".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in paths))
        page = self.get("/").body
        for path in paths:
            answer = client.answer()
            self.assertEqual(answer.status, 404 if path == "/nothing" else 200)
            if path == "/":
                self.assertEqual(answer.body, page)

    def test_one_byte_at_a_time(self):
        client = self.http()
        for byte in b"\r\n" + GET + GET:
            client.send_bytes(bytes([byte]))
        self.assertEqual([client.answer().status for _ in range(2)], [200, 200])

    def test_who_wants_to_close_is_closed(self):
        self.assertEqual(self.raw(b"GET / HTTP/1.0\r\n\r\n"), (200, True))
        self.assertEqual(self.raw(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), (200, True))
        client = self.http()
        client.request("/", Connection="close")
        self.assertEqual(client.answer().fields["connection"], "close")

    def test_half_closing_loses_nothing(self):
        page = self.get("/").body
        for end in (b"HTTP/1.0\r\n\r\n", b"HTTP/1.1\r\nHost: a\r\n\r\n"):
            client = self.http(receive_buffer=2048)
            client.send_bytes(b"GET / " + end)
            client.end_of_sending()
            self.assertEqual(client.answer().body, page)
            self.assertTrue(client.ended())

    def test_a_slow_reader_gets_every_file_whole(self):
        for path in re.findall(r'(?:src|href)="(/[^"]+)"', self.get("/").body.decode()) or ["/"]:
            whole = self.get(path).body
            client = self.http(receive_buffer=2048)
            for _ in range(3):
                client.request(path)
            for _ in range(3):
                self.assertEqual(client.answer().body, whole)

    def test_who_reads_nothing_is_not_read(self):
        client = self.http(receive_buffer=4096)
        client.socket.settimeout(deadline(2))
        before, sent = self.server.resident_bytes(), 0
        data = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 1000
        try:
            while sent < 64 << 20:
                sent += client.socket.send(data)
        except TimeoutError:
            pass
        self.assertLess(sent, 64 << 20)
        self.assertLess(self.server.resident_bytes() - before, 16 << 20)
        self.assertEqual(self.get("/healthz").status, 200)

    def test_a_page_never_talks(self):
        """Nothing that a browser can be made to send is taken for chat."""
        reader = self.full("reader", "#lobby")
        body = f"evil_{self.number}\nhello from elsewhere\n".encode()
        for method in (b"POST", b"PUT", b"OPTIONS", b"DELETE", b"PATCH"):
            status, closed = self.raw(method + b" / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                                      b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self.assertEqual((status, closed), (405, True))
        reader.say("mine")
        self.assertFalse([push for push in reader.pushes if push.get("op") in ("enter", "message")])


class Malformed(HttpTest):
    def test_each_is_refused_and_closed(self):
        fields = b"Host: a\r\n"
        cases = {
            "no version": (b"GET /\r\n\r\n", 400),
            "HTTP/2": (b"GET / HTTP/2.0\r\n" + fields + b"\r\n", 505),
            "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
            "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
            "two hosts": (b"GET / HTTP/1.1\r\n" + fields * 2 + b"\r\n", 400),
            "target of another scheme": (b"GET ftp://a/ HTTP/1.1\r\n" + fields + b"\r\n", 400),
            "absolute target without a host": (b"GET http:///x HTTP/1.1\r\n" + fields + b"\r\n", 400),
            "asterisk": (b"GET * HTTP/1.1\r\n" + fields + b"\r\n", 400),
            "two spaces": (b"GET  / HTTP/1.1\r\n" + fields + b"\r\n", 400),
            "bare LF": (b"GET / HTTP/1.1\n" + fields + b"\n", 400),
            "bare CR": (b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400),
            "NUL": (b"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", 400),
            "folded field": (b"GET / HTTP/1.1\r\n" + fields + b"X: a\r\n b\r\n\r\n", 400),
            "space before a colon": (b"GET / HTTP/1.1\r\n" + fields + b"Content-Length : 3\r\n\r\nabc", 400),
            "field without a colon": (b"GET / HTTP/1.1\r\n" + fields + b"what\r\n\r\n", 400),
            "body": (b"GET / HTTP/1.1\r\n" + fields + b"Content-Length: 3\r\n\r\nabc", 400),
            "two lengths": (b"GET / HTTP/1.1\r\n" + fields + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n", 400),
            "length that is none": (b"GET / HTTP/1.1\r\n" + fields + b"Content-Length: -1\r\n\r\n", 400),
            "chunked": (b"GET / HTTP/1.1\r\n" + fields + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            "length and coding": (b"GET / HTTP/1.1\r\n" + fields
                                  + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            "unknown coding": (b"GET / HTTP/1.1\r\n" + fields + b"Transfer-Encoding: xchunked\r\n\r\n", 400),
            "long target": (b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n" + fields + b"\r\n", 414),
            "long field": (b"GET / HTTP/1.1\r\n" + fields + b"X: " + b"a" * 20000, 431),
            "many fields": (b"GET / HTTP/1.1\r\n" + fields + b"X: y\r\n" * 100 + b"\r\n", 431),
            "endless line": (b"GET /" + b"a" * 70000, 431),
        }
        for case, (data, status) in cases.items():
            with self.subTest(case=case):
                # The bytes behind it are not a second request.
                self.assertEqual(self.raw(data + GET), (status, True))
        self.assertEqual(self.get("/healthz").status, 200)

    def test_an_absolute_target_is_taken(self):
        for target in (b"http://a/healthz", b"HTTP://a:5000/healthz?x=/y", b"https://[::1]:5000/healthz"):
            with self.subTest(target=target):
                self.assertEqual(self.raw(b"GET " + target + b" HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"),
                                 (200, True))
        self.assertEqual(self.raw(b"GET http://a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"), (200, True))

    def test_a_method_that_is_not_allowed_is_told_which_are(self):
        client = self.http()
        client.send_bytes(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        answer = client.answer()
        self.assertEqual((answer.status, answer.fields["allow"]), (405, "GET, HEAD"))


class Monitors(PrivateServerTest):
    def get(self, path="/metrics", **fields):
        return self.keep(Http(self.server)).get(path, **fields)

    def values(self, text):
        return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}

    def test_a_page_that_resolves_to_this_machine_reads_no_counters(self):
        self.start("--server-names", "chat.example")
        for host, status in (("evil.example:80", 403), ("localhost.evil.example", 403), ("localhost", 200),
                             ("127.0.0.1:5000", 200), ("[::1]", 200), ("Chat.Example:5000", 200)):
            with self.subTest(host):
                self.assertEqual(self.get(Host=host).status, status)

    def test_counters(self):
        self.start()
        answer = self.get()
        self.assertEqual((answer.status, answer.fields["content-type"]),
                         (200, "text/plain; version=0.0.4; charset=utf-8"))
        text = answer.body.decode()
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .+|\w+(\{\w+=\"[^\"]*\"\})? \d+)$")
        before = self.values(text)
        room = "#counted"
        clients = [self.full(name, room) for name in ("one", "two", "three")]
        for number in range(10):
            clients[0].say(str(number), room)
        for client in clients[1:]:
            client.entries(10, room)
        after = self.values(self.get().body.decode())
        self.assertEqual(after["brusio_connections"], 3 + 2)
        self.assertGreaterEqual(after["brusio_deliveries_total"] - before["brusio_deliveries_total"], 20)
        self.assertGreaterEqual(after["brusio_requests_total"] - before["brusio_requests_total"], 10)
        self.assertGreater(after["brusio_sent_bytes_total"], before["brusio_sent_bytes_total"])
        self.assertGreater(after["process_resident_memory_bytes"], 1 << 20)

    def test_a_proxy_is_not_this_machine(self):
        self.start()
        for field in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP", "CF_Connecting_IP", "X_Forwarded_Host",
                      "X_Forwarded_Proto", "X_Client_IP", "Fly_Client_IP", "X_Cluster_Client_IP", "Fastly_Client_IP",
                      "X_Azure_ClientIP", "X_Appengine_User_Ip", "X_Original_Forwarded_For", "CDN_Loop"):
            self.assertEqual(self.get(**{field: "for=192.0.2.1"}).status, 403, field)
        self.assertEqual(self.get(Accept_Encoding="gzip", User_Agent="Prometheus").status, 200)

    def test_a_token_opens_it(self):
        self.start("--metrics-token", "0123456789abcdef", "--web-origins", "*")
        proxied = {"X_Forwarded_For": "192.0.2.1"}
        self.assertEqual(self.get(Authorization="Bearer 0123456789abcdef", **proxied).status, 200)
        for wrong in ("Bearer 0123456789abcdeF", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Bearer ",
                      "0123456789abcdef", "Basic 0123456789abcdef", "Bearer 0123456789abcdef0123456789abcdef"):
            self.assertEqual(self.get(Authorization=wrong, **proxied).status, 403, wrong)

    def test_the_configuration_is_checked(self):
        for option, value in (("--metrics-token", "short"), ("--metrics-from", "10.0.0.0/33"),
                              ("--web-origins", "chat.example"), ("--web-origins", "https://chat.example/path")):
            answer = run_to_end(option, value, "--check-config")
            self.assertEqual(answer.returncode, 1)
            self.assertIn(value, answer.stderr)

    def server_says(self, **options):
        answer = self.keep(Http(self.server, **options)).get("/api/server")
        self.assertEqual((answer.status, answer.fields["content-type"], answer.fields["cache-control"]),
                         (200, "application/json", "no-store"))
        said = json.loads(answer.body)
        self.assertRegex(said.pop("challenge"), r"^[\w-]{43}$")
        return said

    def test_what_the_server_allows_is_told_before_anybody_says_who_they_are(self):
        self.start()
        said = self.server_says()
        shown = re.search(r"certificate SHA-256 ([0-9A-F:]{95})\n", self.server.stdout.text()).group(1)
        version = said.pop("version")
        self.assertRegex(version, r"^\d+\.\d+\.\d+")
        self.assertEqual(said, {"name": "brusio", "guests": True, "registration": "open", "secure": True, "tls": True,
                                "fingerprint": shown, "certificate": "own"})

    def test_what_the_server_does_not_allow_is_told(self):
        self.start("--guests", "no", "--registration", "admin", "--tls", "off", "--proxy-from", "127.0.0.1")
        header = b"PROXY TCP4 192.0.2.7 192.0.2.1 1 5000\r\n"
        said = self.server_says(before=header)
        del said["version"]
        self.assertEqual(said, {"name": "brusio", "guests": False, "registration": "admin", "secure": False, "tls": False})
        self.server.stop()
        self.start("--insecure-passwords", "yes", "--registration", "closed", "--proxy-from", "127.0.0.1")
        said = self.server_says(before=header)
        self.assertEqual((said["secure"], said["registration"]), (True, "closed"))

    def test_a_head_that_does_not_end_does(self):
        self.start("--greet-seconds", 1)
        client = self.keep(Http(self.server))
        client.send_bytes(b"GET / HTTP/1.1\r\nHost: a\r\n")
        started = time.monotonic()
        self.assertTrue(client.ended())
        self.assertGreater(time.monotonic() - started, 0.9)

    def test_stopping_ends_idle_connections(self):
        self.start()
        client = self.keep(Http(self.server))
        self.assertEqual(client.get("/healthz").status, 200)
        self.server.stop()
        self.assertTrue(client.ended())

    def test_where_encryption_is_required_a_browser_is_sent_there(self):
        self.start("--tls", "required")
        client = self.keep(Http(self.server))
        answer = client.get("/abc", Host="chat.example:5000")
        self.assertEqual((answer.status, answer.fields["location"]), (308, "https://chat.example:5000/abc"))
        answer = self.keep(Http(self.server, tls=TLS)).get("/")
        self.assertEqual(answer.status, 200)
        # A self-signed certificate must not make browsers insist on TLS later (HSTS).
        self.assertNotIn("strict-transport-security", answer.fields)


class Folder(PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="brusio-root-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.root = self.directory / "root"
        (self.root / "sub").mkdir(parents=True)
        (self.root / "index.html").write_text("<p>here")
        (self.root / "sub" / "app.js").write_text("let a;")
        (self.root / ".hidden").write_text("secret")
        (self.directory / "outside.txt").write_text("secret")
        (self.root / "link.txt").symlink_to(self.directory / "outside.txt")
        (self.root / "up").symlink_to(self.directory)
        (self.root / "large.txt").write_bytes(b"x" * (5 << 20))
        self.start("--web-root", self.root)

    def get(self, path):
        return self.keep(Http(self.server)).get(path)

    def test_files_are_as_they_are_now(self):
        answer = self.get("/")
        self.assertEqual((answer.body, answer.fields["cache-control"]), (b"<p>here", "no-store"))
        self.assertEqual(answer.fields["content-type"], "text/html; charset=utf-8")
        (self.root / "index.html").write_text("<p>now")
        self.assertEqual(self.get("/").body, b"<p>now")
        answer = self.get("/sub/app.js?v=1")
        self.assertEqual((answer.body, answer.fields["content-type"]), (b"let a;", "text/javascript; charset=utf-8"))

    def test_nothing_else_is_reachable(self):
        for path in ("/../outside.txt", "/sub/../../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt",
                     "/link.txt", "/up/outside.txt", "/.hidden", "/sub", "/sub/", "//etc/passwd",
                     f"/{self.directory}/outside.txt", "/sub/./app.js", "/sub//app.js", "/large.txt", "/" + "a" * 300,
                     "/index.html/x"):
            answer = self.get(path)
            self.assertEqual(answer.status, 404, path)
            self.assertNotIn(b"secret", answer.body)


class Embedding(unittest.TestCase):
    """script/embed-web, which puts the client into the binary."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="brusio-embed-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def embed(self, *arguments):
        return subprocess.run([ROOT / "script" / "embed-web", *arguments], capture_output=True, text=True, cwd=ROOT)

    def listed(self, *files, **options):
        (self.directory / "files.json").write_text(json.dumps(files, **options))

    def test_without_a_client_there_is_a_page_that_says_so(self):
        self.assertIn('.path = "index.html"', self.embed().stdout)

    def test_the_list_is_read_however_it_is_laid_out(self):
        (self.directory / "a-1.js").write_text("x" * 100)
        (self.directory / "a-1.js.gz").write_text("small")
        (self.directory / "a-1.js.br").write_text("y" * 100)
        for indent in (None, 2):
            self.listed({"path": "a-1.js", "type": "text/javascript; charset=utf-8", "immutable": True}, indent=indent)
            made = self.embed(str(self.directory)).stdout
            self.assertIn('.path = "a-1.js", .type = "text/javascript; charset=utf-8"', made)
            self.assertIn(".is_immutable = true", made)
            self.assertIn(".gzip = {", made)
            self.assertNotIn(".brotli = {", made, "packing that saves nothing is left out")

    def test_what_could_not_be_right_fails(self):
        wrong = ({"path": "../a", "type": "text/plain"}, {"path": "/a", "type": "text/plain"},
                 {"path": 'a";system("', "type": "text/plain"}, {"path": "missing.js", "type": "text/plain"},
                 {"path": "a", "type": "te\\xt"}, {"path": ".git", "type": "text/plain"})
        (self.directory / "a").write_text("a")
        for entry in wrong:
            self.listed(entry)
            made = self.embed(str(self.directory))
            self.assertNotEqual(made.returncode, 0, entry)
        self.listed()
        self.assertNotEqual(self.embed(str(self.directory)).returncode, 0)


if __name__ == "__main__":
    unittest.main()
