"""Files in a bucket of S3's kind (files.md, demand 12): there before 201, brought back, gone when they are deleted, and never in
the way of the chat."""
import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from brusio_test import Closed, PrivateServerTest, deadline, pictures, sanitizer
from brusio_test.bucket import Bucket
from brusio_test.faults import Faults
from brusio_test.cluster import find_programs
from brusio_test.server import clean_environment, only_sqlite, run_to_end
from test_files import FilesTest
from test_nodes import NodesTest
from test_pictures import has_painter, parent_of


class BucketTest(FilesTest, PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="brusio-bucket-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def begin(self, *args, bucket=None, **more):
        self.bucket = bucket or Bucket()
        self.addCleanup(self.bucket.close)
        self.start(*args, env=self.bucket.environment(self.folder, **more))
        return self.full("anna", "#lobby")

    def lose_folder(self):
        """Only the bucket has them now."""
        for path in (self.server.data / "files").glob("*/*"):
            path.unlink()

    def wait_for(self, condition):
        limit = time.monotonic() + deadline(40)
        while not condition() and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertTrue(condition(), self.server.output())

    def values(self):
        lines = self.http().get("/metrics").body.decode().splitlines()
        return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in lines if line.startswith(("brusio_b", "brusio_files")))}

    def goes_and_comes(self, anna):
        content = os.urandom(300000)
        seq, file = self.sent(anna, content, "a.bin")
        self.assertIn(file["file"], self.bucket.names())
        self.lose_folder()
        self.assertEqual(self.fetch(file["url"], anna).body, content)
        self.assertEqual(self.blobs(), [file["file"]])
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for(lambda: not self.bucket.names() and not self.blobs())


class Buckets(BucketTest):
    def test_what_was_sent_is_there_and_comes_back(self):
        anna = self.begin()
        self.goes_and_comes(anna)
        self.wait_for(lambda: self.values()["brusio_bucket_drops_total"])
        values = self.values()
        self.assertEqual((values["brusio_bucket_puts_total"], values["brusio_bucket_gets_total"], values["brusio_bucket_up"]), (1, 1, 1))
        self.assertEqual((values["brusio_bucket_failures_total"], values["brusio_bucket_drops_total"]), (0, 1))
        self.assertIn("bucket_up                    1", self.server.run("status").stdout)
        self.assertEqual({path.split("/")[1:4:2] == ["chat-files", "chat"] for what, path, _ in self.bucket.asked if what == "put"}, {True})

    def test_the_bucket_has_it_before_201(self):
        anna = self.begin()
        self.bucket.faults["put"] = ["hang"]
        http = self.http()
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}", Content_Length=3)
        http.send_bytes(b"abc")
        self.wait_for(lambda: self.bucket.count("put") == 1)
        self.assertEqual(self.bucket.names(), [])
        # The chat goes on meanwhile.
        for number in range(50):
            anna.ok("send", room="#lobby", message=str(number))
        self.bucket.released.set()
        self.assertEqual(http.answer().status, 201)
        self.assertEqual(len(self.bucket.names()), 1)

    def test_the_bucket_named_by_its_host(self):
        self.goes_and_comes(self.begin(bucket=Bucket(is_virtual_host=True)))

    def test_tls_with_an_authority_of_its_own(self):
        for names, is_trusted in (("DNS:localhost", True), ("DNS:elsewhere", False)):
            with self.subTest(names=names):
                certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
                subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                                "-subj", "/CN=bucket", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate],
                               check=True, capture_output=True)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate, key)
                anna = self.begin(bucket=Bucket(tls=context), BRUSIO_BLOBS_CA=str(certificate))
                if is_trusted:
                    self.goes_and_comes(anna)
                else:
                    self.assertEqual(self.upload(anna).status, 503)
                    self.wait_for(lambda: not self.blobs())
                    self.assertEqual(self.bucket.asked, [])

    @unittest.skipIf(sanitizer() == "thread", "the picture's process cannot run instrumented")
    def test_previews_go_and_come_too(self):
        anna = self.begin()
        if not has_painter(self.server):
            self.skipTest("built without previews")
        content = pictures.png(300, 300)
        seq, file = self.sent(anna, content, "a.png")
        self.assertEqual(len(self.bucket.names()), 3)
        before = {path.name: path.read_bytes() for path in (self.server.data / "files").glob("*/*")}
        self.lose_folder()
        small = self.fetch(file["preview"].replace("size=800", "size=160"))
        self.assertEqual((small.status, small.body), (200, before[file["file"] + ".160.webp"]))
        self.assertNotIn(file["file"], self.blobs())
        self.assertEqual(self.fetch(file["url"]).body, content)
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for(lambda: not self.bucket.names() and not self.blobs())

    @unittest.skipIf(sanitizer() == "thread", "the picture's process cannot run instrumented")
    def test_an_answer_that_says_no_length_is_not_believed(self):
        anna = self.begin()
        if not has_painter(self.server):
            self.skipTest("built without previews")
        _, file = self.sent(anna, pictures.png(300, 300), "a.png")
        before = {path.name: path.read_bytes() for path in (self.server.data / "files").glob("*/*")}
        self.lose_folder()
        self.bucket.faults["get"] = ["untold", "untold"]
        large = self.fetch(file["preview"])
        self.assertEqual((large.status, large.body), (200, before[file["file"] + ".800.webp"]))
        self.assertEqual(self.bucket.faults["get"], [])

    def test_what_is_deleted_on_its_way_back_does_not_come(self):
        anna = self.begin()
        seq, file = self.sent(anna, os.urandom(300000))
        _, other = self.sent(anna, b"another")
        self.lose_folder()
        self.bucket.faults["get"] = ["late"]
        reader = self.http()
        reader.request(file["url"])
        self.wait_for(lambda: self.bucket.count("get") == 1)
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for(lambda: self.bucket.names() == [other["file"]])
        self.wait_for(lambda: self.values()["brusio_files_going"] == 0)
        self.bucket.released.set()
        self.assertEqual(reader.answer().status, 410)
        self.assertEqual(list((self.server.data / "files").glob("*/*")), [])

    def test_what_is_here_goes_whatever_the_bucket_says(self):
        anna = self.begin()
        seq, file = self.sent(anna)
        self.bucket.faults["drop"] = [403] * 9
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for(lambda: self.bucket.count("drop") == 1)
        self.assertEqual((self.blobs(), self.bucket.names()), ([], [file["file"]]))
        self.bucket.faults["drop"] = []
        self.wait_for(lambda: not self.bucket.names())

    def test_what_fails_for_a_moment_is_tried_again(self):
        anna = self.begin()
        self.bucket.faults["put"] = [503, "end", 500]
        _, file = self.sent(anna, b"x" * 100000)
        self.assertEqual(self.bucket.count("put"), 4)
        self.lose_folder()
        # A body that breaks off goes on where it was.
        self.bucket.faults["get"] = [500, "cut", "cut"]
        self.assertEqual(self.fetch(file["url"]).body, b"x" * 100000)
        self.assertEqual([range_ for what, _, range_ in self.bucket.asked if what == "get"], [None, None, "bytes=50000-", "bytes=75000-"])
        self.lose_folder()
        self.bucket.has_ranges = False
        self.bucket.faults["get"] = ["cut"]
        self.assertEqual(self.fetch(file["url"]).body, b"x" * 100000)
        self.assertEqual(self.values()["brusio_bucket_failures_total"], 0)

    def test_a_bucket_that_does_not_answer_refuses_files_alone(self):
        anna = self.begin(BRUSIO_BLOBS_WAIT_SECONDS="1")
        _, file = self.sent(anna)
        self.lose_folder()
        for fault in (500, "hang"):
            self.bucket.faults = {"put": [fault] * 9}
            answer = self.upload(anna)
            self.assertEqual((answer.status, json.loads(answer.body)["code"]), (503, "busy"))
            self.wait_for(lambda: not self.blobs())
        for fault in (500, "end"):
            self.bucket.faults = {"get": [fault] * 9}
            self.assertEqual(self.fetch(file["url"]).status, 503)
        self.assertEqual(self.values()["brusio_bucket_up"], 0)
        self.wait_for(lambda: "file.bucket op=put" in self.server.log())
        self.bucket.faults = {}
        self.assertEqual(self.upload(anna).status, 201)
        self.assertEqual(self.fetch(file["url"]).status, 200)
        self.assertEqual(self.values()["brusio_bucket_up"], 1)

    def test_an_upload_by_tus_rests_while_the_bucket_is_away(self):
        anna = self.begin()
        self.bucket.faults["put"] = [500] * 4
        fields = {"Authorization": f"Bearer {anna.session}", "Tus_Resumable": "1.0.0"}
        http = self.http()
        http.request("/files", method="POST", Upload_Length=5, Content_Length=0, **fields)
        place = http.answer().fields["location"]

        def patch(offset, content):
            other = self.http()
            other.request(place, method="PATCH", Upload_Offset=offset, Content_Type="application/offset+octet-stream",
                          Content_Length=len(content), **fields)
            other.send_bytes(content)
            return other.answer()
        self.assertEqual(patch(0, b"hello").status, 503)
        look = self.http()
        look.request(place, method="HEAD", **fields)
        self.assertEqual(look.answer().fields["upload-offset"], "4")
        self.assertEqual(patch(4, b"o").status, 204)
        self.assertEqual(len(self.bucket.names()), 1)

    def test_a_wrong_key_and_a_wrong_object_are_told(self):
        anna = self.begin()
        _, file = self.sent(anna)
        name = next(iter(self.bucket.objects))
        self.bucket.objects[name] = b"CIAO\n"
        self.lose_folder()
        self.assertEqual(self.fetch(file["url"]).status, 503)
        self.wait_for(lambda: "it is not what was put there" in self.server.log())
        del self.bucket.objects[name]
        self.assertEqual(self.fetch(file["url"]).status, 410)
        self.bucket.secret = "another"
        self.assertEqual(self.upload(anna).status, 500)
        self.wait_for(lambda: "403 SignatureDoesNotMatch" in self.server.log())

    def test_what_cannot_be_deleted_is_deleted_later(self):
        anna = self.begin()
        seq, file = self.sent(anna)
        self.bucket.faults["drop"] = [403, 403]
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for(lambda: self.bucket.count("drop") == 1)
        self.wait_for(lambda: self.values()["brusio_files_going"] == 1)
        self.assertEqual(self.fetch(file["url"]).status, 404)
        self.assertEqual(self.bucket.names(), [file["file"]])
        self.wait_for(lambda: not self.bucket.names() and not self.blobs())
        self.wait_for(lambda: self.values()["brusio_files_going"] == 0)

    def test_a_bucket_that_deletes_one_at_a_time(self):
        anna = self.begin()
        self.bucket.has_batches = False
        self.goes_and_comes(anna)

    def test_a_killed_helper_is_started_anew(self):
        anna = self.begin()
        self.sent(anna)
        for path in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = b"bucket" in (path / "cmdline").read_bytes() and parent_of(parent_of(int(path.name))) == self.server.pid
            except (OSError, ValueError):
                continue
            if is_ours:
                if not sanitizer():
                    self.assertIn("Seccomp:\t2", (path / "status").read_text())
                self.assertEqual((path / "environ").read_bytes(), b"")
                os.kill(int(path.name), signal.SIGKILL)
        for _ in range(5):
            self.assertEqual(self.upload(anna).status, 201)

    def test_nobodys_go_once_they_are_old(self):
        anna = self.begin()
        _, file = self.sent(anna)
        old, young = "00" + "a" * 30, "00" + "b" * 30
        for name in (old, old + ".160.webp", young):
            self.bucket.objects[f"one/chat/00/{name}"] = b"left over"
            self.bucket.made[f"one/chat/00/{name}"] = time.time() - (40 * 86400 if name.startswith(old) else 86400)
        for name in ("one/chat/00/readme.txt", "other/00/" + old):
            self.bucket.objects[name] = b"somebody's"
            self.bucket.made[name] = 0
        for name in list(self.bucket.objects):
            if file["file"] in name:
                self.bucket.made[name] = 0
        self.server.restart()
        self.wait_for(lambda: f"one/chat/00/{old}" not in self.bucket.objects)
        self.wait_for(lambda: f"one/chat/00/{old}.160.webp" not in self.bucket.objects)
        self.assertEqual(self.bucket.names(), sorted([file["file"], young, "readme.txt", old]))

    def test_the_folder_keeps_what_was_read_last(self):
        anna = self.begin("--blobs-cache-bytes", "150000")
        files = [self.sent(anna, os.urandom(100000))[1] for _ in range(3)]
        for age, file in enumerate(files):
            path = next((self.server.data / "files").glob("*/" + file["file"]))
            os.utime(path, (time.time() - 86400 - 100 * age,) * 2)
        self.server.restart()
        self.wait_for(lambda: self.blobs() == [files[0]["file"]])
        self.assertEqual(len(self.bucket.names()), 3)
        for file in files:
            self.assertEqual(len(self.fetch(file["url"]).body), 100000)


@only_sqlite
class Care(BucketTest):
    def ok(self, *words, data=None):
        done = subprocess.run([str(self.server.command()[0]), *map(str, words), "--data", str(data or self.server.data)], capture_output=True,
                              text=True, timeout=deadline(60), env=clean_environment(self.server.env), stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_check_backup_and_restore(self):
        anna = self.begin()
        content = os.urandom(100000)
        _, file = self.sent(anna, content)
        self.sent(anna, pictures.png(300, 300), "a.png")
        objects = dict(self.bucket.objects)
        self.lose_folder()
        self.ok("check")
        backup, elsewhere = self.folder / "backup.db", self.folder / "elsewhere"
        self.lose_folder()
        self.ok("backup", backup)
        self.bucket.objects.clear()
        self.ok("restore", backup, data=elsewhere)
        self.assertEqual(self.bucket.objects, objects)
        name = next(name for name in objects if name.endswith(file["file"]))
        del self.bucket.objects[name]
        self.assertIn("its bytes are missing", self.server.run("check").stdout)
        self.bucket.objects[name] = b"another"
        self.assertIn("its checksum does not fit", self.server.run("check").stdout)

    def test_export_and_import(self):
        anna = self.begin()
        content = os.urandom(100000)
        _, file = self.sent(anna, content)
        self.lose_folder()
        lines = self.folder / "lines"
        lines.write_text(self.server.run("export", "--files", self.folder / "out").stdout)
        self.assertEqual((self.folder / "out" / file["file"]).read_bytes(), content)
        self.ok("import", "--files", self.folder / "out", lines, data=self.folder / "elsewhere")
        self.assertEqual([body for name, body in self.bucket.objects.items() if not name.endswith(file["file"])], [content])


@unittest.skipUnless(find_programs(), "there is no PostgreSQL here")
class BetweenNodes(NodesTest, FilesTest):
    """One bucket of two nodes."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="brusio-bucket-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.bucket = Bucket()
        self.addCleanup(self.bucket.close)
        self.more = self.bucket.environment(self.folder)
        super().setUp()

    def node(self, name, *args, **more):
        return super().node(name, *args, **{**self.more, **more})

    def on(self, server):
        """What comes next goes to this node."""
        self.server = server
        return self

    def here(self, server):
        return sorted(path.name for path in (server.data / "files").glob("*/*"))

    def count(self, table):
        return int(self.cluster.run(f"SELECT count(*) FROM brusio.{table}", "chat"))

    def gone(self):
        self.wait(lambda: not self.bucket.names() and not self.here(self.one) and not self.here(self.two))

    def everywhere(self, content=b"ciao\n", name="a.txt"):
        """Anna has sent it on one, and bruno got it from two."""
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        seq, file = self.on(self.one).sent(anna, content, name, room="#r")
        self.assertEqual(self.on(self.two).fetch(f"/files/{file['file']}", bruno).body, content)
        return anna, bruno, seq, file

    @unittest.skipIf(sanitizer() == "thread", "the picture's process cannot run instrumented")
    def test_what_one_took_the_other_gives_and_either_deletes(self):
        content = pictures.png(300, 300)
        anna, bruno, seq, file = self.everywhere(content, "a.png")
        self.assertEqual(bruno.entry("#r")["files"], [file])
        self.assertEqual(self.fetch(file["url"]).body, content)
        self.assertEqual(self.fetch(file["url"], Range="bytes=-7").body, content[-7:])
        if has_painter(self.one):
            self.assertEqual(self.fetch(file["preview"]).body, self.on(self.one).fetch(file["preview"]).body)
        stranger = self.come(self.two, "carla")
        self.assertEqual(self.on(self.two).fetch(f"/files/{file['file']}", stranger).status, 404)
        # They read it from the moment on in which another node lets them in.
        moved = self.come(self.one, "carla", session=stranger.session)
        self.assertEqual(self.fetch(f"/files/{file['file']}", moved).status, 404)
        self.deafen()
        moved.ok("join", room="#r")
        self.assertEqual(self.fetch(f"/files/{file['file']}", moved).status, 200)
        self.deafen()
        self.assertEqual(anna.request("ban", room="#r", name="bruno")["op"], "ok")
        self.wait(lambda: self.fetch(f"/files/{file['file']}", bruno).status == 404)
        # Two sleeps while one does it all.
        self.stop_for_a_moment(self.two)
        anna.ok("delete", room="#r", target=seq)
        self.wait(lambda: not self.count("dropped_files") and not self.bucket.names())
        self.two.send_signal(signal.SIGCONT)
        self.gone()
        self.assertEqual(self.fetch(file["url"]).status, 404)

    def test_a_download_ends_when_another_node_deletes_its_file(self):
        anna, _, seq, file = self.everywhere(os.urandom(12_000_000), "a.bin")
        slow = self.http(receive_buffer=4096)
        slow.request(file["url"])
        self.assertIn(b"200 OK", slow.until(b"\r\n\r\n"))
        anna.ok("delete", room="#r", target=seq)
        self.gone()
        with self.assertRaises(Closed):
            slow.exactly(12_000_000)

    def test_one_content_twice_at_once_and_sent_from_the_other_node(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.bucket.faults["put"] = ["late", "late"]
        content, waiting = os.urandom(100_000), []
        for server, who in ((self.one, anna), (self.two, bruno)):
            http = self.on(server).http()
            http.request("/files?name=a", method="POST", Authorization=f"Bearer {who.session}", Content_Length=len(content))
            http.send_bytes(content)
            waiting.append(http)
        self.wait(lambda: self.bucket.count("put") == 2)
        self.bucket.released.set()
        mine, theirs = (json.loads(http.answer().body)["file"] for http in waiting)
        self.assertEqual(self.bucket.names(), sorted([mine, theirs]))
        # Nobody sends what somebody else has uploaded, wherever.
        self.assertEqual(bruno.request("send", room="#r", message="", files=[mine])["code"], "no_file")
        self.deafen()
        moved = self.come(self.two, "anna", "#r", session=anna.session)
        seq = moved.ok("send", room="#r", message="", files=[mine])["seq"]
        self.assertEqual(bruno.ok("send", room="#r", message="", files=[theirs])["op"], "ack")
        moved.ok("delete", room="#r", target=seq)
        self.wait(lambda: self.bucket.names() == [theirs] and self.here(self.one) == [] and self.here(self.two) == [theirs])

    def test_who_dies_leaves_it_to_the_others_and_keeps_nothing(self):
        anna, bruno, seq, file = self.everywhere()
        _, other = self.on(self.one).sent(anna, room="#r")
        self.two.kill()
        anna.ok("delete", room="#r", target=seq)
        self.wait(lambda: self.bucket.names() == self.here(self.one) == [other["file"]])
        self.assertEqual(self.here(self.two), [file["file"]])
        # One could not tell the bucket.
        self.bucket.faults["drop"] = [403] * 1000
        anna.ok("delete", room="#r", target=seq + 1)
        self.wait(lambda: self.bucket.count("drop") > 1 and not self.here(self.one))
        self.one.kill()
        self.assertEqual(self.bucket.names(), [other["file"]])
        self.bucket.faults["drop"] = []
        self.two.start()
        self.assertEqual(self.here(self.two), [])
        self.gone()
        # One dies while the bucket takes a file: nothing refers to it, and what is sent once more is another one.
        self.one.start()
        anna = self.come(self.one, "anna2", "#r")
        self.bucket.faults["put"] = ["late"]
        http = self.on(self.one).http()
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}", Content_Length=3)
        http.send_bytes(b"abc")
        self.wait(lambda: self.bucket.count("put") == 3)
        self.one.kill()
        self.bucket.released.set()
        bruno = self.come(self.two, "bruno2", "#r")
        _, file = self.on(self.two).sent(bruno, room="#r")
        self.assertEqual(self.fetch(file["url"]).status, 200)
        self.one.start()
        self.assertEqual(self.here(self.one), [])
        done = self.two.run("check")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_clock_that_is_wrong_takes_nothing_from_others(self):
        faults = Faults(self.folder)
        faults.set(shift_ms=7_200_000)
        three = self.node("three", **faults.environment())
        waits = json.loads(self.on(self.one).upload(self.come(self.one, "anna")).body)["file"]
        self.one.kill()
        self.two.kill()
        bruno = self.come(three, "bruno", "#r")
        seq, _ = self.on(three).sent(bruno, room="#r")
        bruno.ok("delete", room="#r", target=seq)
        # What takes away the note of what was deleted looks for what was not sent, too.
        self.wait(lambda: self.bucket.names() == [waits] and not self.count("dropped_files"))
        self.assertEqual(self.count("files"), 1)

    def test_a_node_without_a_bucket_takes_none(self):
        self.more = {}
        _, welcome = self.greet(self.node("three"), "anna")
        self.assertEqual(welcome["limits"]["file_bytes"], 0)
        self.assertTrue(self.server.stderr.wait_for("no files are taken"))
        http = self.http()
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {welcome['session']}", Content_Length=1)
        answer = http.answer()
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (403, "forbidden"))

    def test_an_upload_rests_on_its_node_alone(self):
        anna = self.come(self.one, "anna", "#r")
        fields = {"Authorization": f"Bearer {anna.session}", "Tus_Resumable": "1.0.0"}

        def ask(server, method, path, content=b"", **more):
            http = self.on(server).http()
            http.request(path, method=method, Content_Length=len(content), **fields, **more)
            http.send_bytes(content)
            return http.answer(is_head=method == "HEAD")
        place = ask(self.one, "POST", "/files", Upload_Length=6).fields["location"]
        piece = {"Content_Type": "application/offset+octet-stream"}
        self.assertEqual(ask(self.one, "PATCH", place, b"abc", Upload_Offset=0, **piece).status, 204)
        self.assertEqual(ask(self.two, "HEAD", place).status, 404)
        self.assertEqual(ask(self.two, "PATCH", place, b"def", Upload_Offset=3, **piece).status, 404)
        self.assertEqual(ask(self.two, "DELETE", place).status, 404)
        self.assertEqual(ask(self.one, "PATCH", place, b"def", Upload_Offset=3, **piece).status, 204)
        self.assertEqual(len(self.bucket.names()), 1)


class Starts(BucketTest):
    def test_what_is_wrong_is_told_at_the_start(self):
        key = self.folder / "key"
        for words, told in ((["--blobs", "s3://files"], "blobs needs blobs_key"),
                            (["--blobs", "s3://files", "--blobs-key", key], "cannot read"),
                            (["--blobs", "https://files", "--blobs-key", key], "a URL like s3://bucket"),
                            (["--blobs", "s3://files", "--blobs-key", "/dev/null"], "has to have two lines"),
                            (["--blobs", "s3://files", "--blobs-key", key, "--blobs-endpoint", "http://x/y"], "do not go together")):
            with self.subTest(told=told):
                for check in ([], ["--check-config"]):
                    done = run_to_end(*words, *check, "--data", self.folder / "data", "--port", "0")
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(told, done.stderr)


if __name__ == "__main__":
    unittest.main()
