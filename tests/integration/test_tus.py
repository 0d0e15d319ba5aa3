"""Uploads that are resumed, by tus 1.0.0: what is there, what was synced, who may go on, and what a hostile client tries."""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import unittest

from brusio_test import PrivateServerTest, ServerTest, deadline, pictures
from test_files import FilesTest

TYPE = "application/offset+octet-stream"
MODULES = pathlib.Path(__file__).resolve().parents[2] / "web" / "node_modules"


def metadata(**values):
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def checksum(content, name="sha1"):
    return f"{name} {base64.b64encode(hashlib.new(name, content).digest()).decode()}"


class TusTest(FilesTest):
    def tus(self, who, method, path, content=None, http=None, **fields):
        """The answer to a request of tus."""
        http = http or self.http()
        fields = {"Tus_Resumable": "1.0.0", "Authorization": f"Bearer {who.session}" if who else None, **fields}
        if content is not None:
            fields = {"Content_Type": TYPE, "Content_Length": len(content), **fields}
        http.request(path, method=method, **fields)
        http.send_bytes(content or b"")
        answer = http.answer(is_head=method == "HEAD")
        self.assertEqual(answer.fields["tus-resumable"], "1.0.0")
        return answer

    def create(self, who, length, name="a.txt", **fields):
        """The path of a new upload."""
        answer = self.tus(who, "POST", "/files", Upload_Length=length, Upload_Metadata=metadata(filename=name), **fields)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.fields["location"]

    def patch(self, who, path, offset, content, **fields):
        return self.tus(who, "PATCH", path, content, Upload_Offset=offset, **fields)

    def offset(self, who, path):
        answer = self.tus(who, "HEAD", path)
        return int(answer.fields["upload-offset"]) if answer.status == 200 else answer.status

    def wait_for_offset(self, who, path, wanted):
        limit = time.monotonic() + deadline()
        while (found := self.offset(who, path)) != wanted and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertEqual(found, wanted)

    def begin_patch(self, who, path, offset, length, content, **fields):
        """A connection on which the first bytes of a longer piece have come."""
        http = self.http()
        http.request(path, method="PATCH", Tus_Resumable="1.0.0", Authorization=f"Bearer {who.session}",
                     Content_Type=TYPE, Upload_Offset=offset, Content_Length=length, **fields)
        http.send_bytes(content)
        return http

    def wait_for_bytes(self, path, count):
        part = self.server.data / "files" / path[7:9] / (path[7:] + ".part")
        limit = time.monotonic() + deadline()
        while (not part.exists() or part.stat().st_size < count) and time.monotonic() < limit:
            time.sleep(0.02)

    def notes(self):
        return [name for name in self.blobs() if "." in name]


class Resuming(TusTest, ServerTest):
    def test_pieces_make_a_file_that_goes_with_a_message(self):
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        content = b"\0" + os.urandom(300000)
        path = self.create(anna, len(content), "x y.bin")
        for start in range(0, len(content), 100000):
            self.assertEqual(self.offset(anna, path), start)
            answer = self.patch(anna, path, start, content[start:start + 100000])
            self.assertEqual((answer.status, int(answer.fields["upload-offset"])), (204, min(start + 100000, len(content))))
        self.assertEqual(self.offset(anna, path), len(content))
        anna.ok("send", room="#lobby", message="look", files=[path[7:]])
        file = bruno.push(op="message", text="look")["files"][0]
        self.assertEqual((file["name"], file["bytes"], file["type"]), ("x y.bin", len(content), "application/octet-stream"))
        self.assertEqual(self.fetch(file["url"]).body, content)
        self.assertFalse([name for name in self.notes() if name.startswith(path[7:])])
        self.assertEqual(self.server.run("check").returncode, 0)

    def test_a_picture_is_stored_without_what_a_camera_wrote(self):
        anna = self.full("anna", "#lobby")
        content = pictures.all_private()["a.png"]
        path = self.create(anna, len(content), "a.png")
        self.patch(anna, path, 0, content[:50])
        self.assertEqual(self.patch(anna, path, 50, content[50:]).fields["upload-offset"], str(len(content)))
        anna.ok("send", room="#lobby", message="a picture", files=[path[7:]])
        message = anna.ok("history", room="#lobby", limit=1)["messages"][0]
        self.assertEqual((message["files"][0]["width"], message["files"][0]["height"]), (64, 32))
        self.assertNotIn(pictures.PRIVATE, self.fetch(message["files"][0]["url"]).body)

    def test_the_head_says_what_is_known(self):
        anna = self.full("anna", "#lobby")
        said = metadata(filename="a.txt", filetype="text/plain") + ",private"
        path = self.tus(anna, "POST", "/files", Upload_Length=10, Upload_Metadata=said).fields["location"]
        self.patch(anna, path, 0, b"four")
        fields = self.tus(anna, "HEAD", path).fields
        self.assertEqual((fields["upload-offset"], fields["upload-length"], fields["upload-metadata"]), ("4", "10", said))
        self.assertEqual(fields["cache-control"], "no-store")
        left = time.mktime(time.strptime(fields["upload-expires"], "%a, %d %b %Y %H:%M:%S GMT")) - time.mktime(time.gmtime())
        self.assertAlmostEqual(left, 86400, delta=120)
        self.tus(anna, "DELETE", path)

    def test_the_first_bytes_may_come_with_the_creation(self):
        anna = self.full("anna", "#lobby")
        answer = self.tus(anna, "POST", "/files", b"all of it", Upload_Length=9, Upload_Metadata=metadata(filename="b"))
        self.assertEqual((answer.status, answer.fields["upload-offset"]), (201, "9"))
        self.assertEqual(self.fetch(answer.fields["location"], anna).body, b"all of it")
        answer = self.tus(anna, "POST", "/files", b"half", Upload_Length=9)
        path = answer.fields["location"]
        self.assertEqual(self.patch(anna, path, 4, b" more").status, 204)
        self.assertEqual(self.fetch(path, anna).body, b"half more")
        empty = self.tus(anna, "POST", "/files", Upload_Length=0)
        self.assertEqual((empty.status, self.fetch(empty.fields["location"], anna).body), (201, b""))

    def test_a_lost_line_keeps_what_has_come(self):
        anna = self.full("anna", "#lobby")
        content = os.urandom(500000)
        path = self.create(anna, len(content))
        http = self.begin_patch(anna, path, 0, len(content), content[:200000])
        self.wait_for_bytes(path, 200000)
        http.close()
        self.wait_for_offset(anna, path, 200000)
        self.assertEqual(self.patch(anna, path, 200000, content[200000:]).status, 204)
        self.assertEqual(self.fetch(path, anna).body, content)

    def test_who_asks_anew_takes_over_from_a_line_that_says_nothing(self):
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 100)
        silent = self.begin_patch(anna, path, 0, 100, b"x" * 30)
        self.wait_for_bytes(path, 30)
        self.assertEqual(self.tus(anna, "HEAD", path).status, 423)
        self.wait_for_offset(anna, path, 30)
        self.assertTrue(silent.ended())
        self.assertEqual(self.patch(anna, path, 30, b"y" * 70).status, 204)

    def test_two_pieces_at_once(self):
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 100)
        first = self.begin_patch(anna, path, 0, 50, b"a" * 20)
        self.wait_for_bytes(path, 20)
        self.assertEqual(self.patch(anna, path, 0, b"b" * 50).status, 423)
        first.send_bytes(b"a" * 30)
        self.assertEqual(first.answer().status, 204)
        self.assertEqual(self.patch(anna, path, 50, b"c" * 50).status, 204)
        self.assertEqual(self.fetch(path, anna).body, b"a" * 50 + b"c" * 50)

    def test_the_wrong_place(self):
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 100)
        self.patch(anna, path, 0, b"x" * 40)
        for offset in (0, 39, 41, 100, 10 ** 17):
            self.assertEqual(self.patch(anna, path, offset, b"y" * 10).status, 409)
        for offset in ("-1", "", "4 0", "0x28", "9" * 30):
            self.assertEqual(self.patch(anna, path, offset, b"y").status, 400)
        self.assertEqual(self.offset(anna, path), 40)
        self.tus(anna, "DELETE", path)

    def test_more_than_was_announced(self):
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 10)
        self.assertEqual(self.patch(anna, path, 0, b"x" * 11).status, 413)
        http = self.begin_patch(anna, path, 0, None, b"b\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n", Transfer_Encoding="chunked")
        self.assertEqual(http.answer().status, 413)
        self.wait_for_offset(anna, path, 0)
        self.assertEqual(self.patch(anna, path, 0, b"x" * 10).status, 204)

    def test_lengths_that_are_none(self):
        anna, before = self.full("anna", "#lobby"), self.blobs()
        for length in ("-1", "", "1.5", "ten", "9" * 19, "9" * 400, None):
            self.assertEqual(self.tus(anna, "POST", "/files", Upload_Length=length).status, 400, length)
        self.assertEqual(self.tus(anna, "POST", "/files", Upload_Length=(32 << 20) + 1).status, 413)
        self.assertEqual(self.tus(anna, "POST", "/files", Upload_Length="9" * 18).status, 413)
        self.assertEqual(self.tus(anna, "POST", "/files", Upload_Length=5, Upload_Defer_Length=1).status, 201)
        for said in ("filename !!!", "a b c", "a,,b", "filename " + "A" * 3000):
            self.assertEqual(self.tus(anna, "POST", "/files", Upload_Length=5, Upload_Metadata=said).status, 400, said)
        self.assertEqual(len(self.blobs()), len(before) + 2)

    def test_checksums(self):
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 30)
        self.assertEqual(self.patch(anna, path, 0, b"x" * 10, Upload_Checksum=checksum(b"x" * 10)).status, 204)
        self.assertEqual(self.patch(anna, path, 10, b"y" * 20, Upload_Checksum=checksum(b"z" * 20)).status, 460)
        self.assertEqual(self.offset(anna, path), 10)
        for wrong in ("md5 AAAA", "sha1", "sha1 AAAA", "sha1 " + "A" * 500, checksum(b"y").replace("sha1", "sha256")):
            self.assertEqual(self.patch(anna, path, 10, b"y", Upload_Checksum=wrong).status, 400, wrong)
        self.assertEqual(self.patch(anna, path, 10, b"y" * 10, Upload_Checksum=checksum(b"y" * 10, "sha256")).status, 204)
        fits = checksum(b"z" * 10, "blake2b").replace("blake2b", "blake2b512")
        self.assertEqual(self.patch(anna, path, 20, b"z" * 10, Upload_Checksum=fits).status, 204)
        self.assertEqual(self.fetch(path, anna).body, b"x" * 10 + b"y" * 10 + b"z" * 10)

    def test_a_piece_with_a_checksum_counts_whole_or_not_at_all(self):
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 100)
        http = self.begin_patch(anna, path, 0, 100, b"x" * 30, Upload_Checksum=checksum(b"x" * 100))
        self.wait_for_bytes(path, 30)
        http.close()
        self.wait_for_offset(anna, path, 0)
        self.tus(anna, "DELETE", path)

    def test_nobody_else_learns_of_it(self):
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        path = self.create(anna, 10)
        self.patch(anna, path, 0, b"half")
        for method in ("HEAD", "DELETE"):
            self.assertEqual(self.tus(bruno, method, path).status, 404)
            self.assertEqual(self.tus(None, method, path).status, 401)
        self.assertEqual(self.patch(bruno, path, 4, b"mine").status, 404)
        self.assertEqual(self.fetch(path, anna).status, 404)
        bruno.refused("no_file", "send", room="#lobby", message="mine", files=[path[7:]])
        anna.refused("no_file", "send", room="#lobby", message="half", files=[path[7:]])
        self.tus(anna, "DELETE", path)

    def test_what_is_given_up_is_gone(self):
        anna, before = self.full("anna", "#lobby"), len(self.blobs())
        path, coming = self.create(anna, 10), self.create(anna, 10)
        http = self.begin_patch(anna, coming, 0, 10, b"half")
        self.wait_for_bytes(coming, 4)
        for one in (path, coming):
            self.assertEqual(self.tus(anna, "DELETE", one).status, 204)
            self.assertEqual(self.tus(anna, "HEAD", one).status, 404)
        self.assertTrue(http.ended())
        self.wait_for_blobs(before)
        self.assertEqual(self.patch(anna, path, 0, b"x").status, 404)

    def test_versions_types_and_places(self):
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 10)
        for version in ("0.2.2", "1.0.1", None):
            self.assertEqual(self.tus(anna, "DELETE", path, Tus_Resumable=version).status, 412)
        self.assertEqual(self.patch(anna, path, 0, b"x", Content_Type="text/plain").status, 415)
        self.assertEqual(self.patch(anna, path, 0, b"", Content_Length=None).status, 411)
        for wrong in ("/files/", "/files/x", "/files/" + "0" * 32, path + "/a", "/files/" + "../" * 8 + "0" * 8):
            self.assertEqual(self.patch(anna, wrong, 0, b"x").status, 404, wrong)
        # Those who know no PATCH.
        self.assertEqual(self.tus(anna, "POST", path, b"x" * 10, Upload_Offset=0, X_HTTP_Method_Override="PATCH").status, 204)
        self.assertEqual(self.fetch(path, anna).body, b"x" * 10)

    def test_those_who_know_no_delete_keep_their_connection(self):
        anna, http = self.full("anna", "#lobby"), self.http()
        for path in [self.create(anna, 10) for _ in range(2)]:
            answer = self.tus(anna, "POST", path, http=http, Content_Length=0, X_HTTP_Method_Override="DELETE")
            self.assertEqual(answer.status, 204)
            self.assertNotEqual(answer.fields.get("connection"), "close")

    def test_what_the_server_can(self):
        http = self.http()
        http.request("/files", method="OPTIONS")
        answer = http.answer()
        self.assertEqual((answer.status, answer.fields["tus-version"], answer.fields["tus-max-size"]), (204, "1.0.0", str(32 << 20)))
        self.assertEqual(answer.fields["tus-extension"].split(","),
                         ["creation", "creation-with-upload", "termination", "expiration", "checksum"])
        self.assertIn("sha1", answer.fields["tus-checksum-algorithm"].split(","))
        self.assertNotIn("access-control-allow-origin", answer.fields)
        http.request("/files", method="OPTIONS", Origin="https://evil.example", Access_Control_Request_Method="POST")
        self.assertEqual(http.answer().status, 403)
        http.request("/", method="OPTIONS")
        self.assertEqual(http.answer().status, 405)


class Bounds(TusTest, PrivateServerTest):
    def test_pages_of_other_sites_where_they_are_configured(self):
        self.start("--web-origins", "https://app.example")
        anna, http = self.full("anna", "#lobby"), self.http()
        http.request("/files", method="OPTIONS", Origin="https://app.example", Access_Control_Request_Method="PATCH")
        fields = http.answer().fields
        self.assertEqual(fields["access-control-allow-origin"], "https://app.example")
        self.assertIn("PATCH", fields["access-control-allow-methods"])
        self.assertIn("Upload-Offset", fields["access-control-allow-headers"])
        answer = self.tus(anna, "POST", "/files", Upload_Length=3, Origin="https://app.example")
        self.assertIn("Location", answer.fields["access-control-expose-headers"])
        self.assertEqual(self.tus(anna, "POST", "/files", Upload_Length=3, Origin="https://evil.example").status, 403)

    def test_halves_count(self):
        self.start("--file-user-bytes-per-day", 1000, "--files-free-min", 0)
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        path = self.create(anna, 800)
        refused = self.tus(anna, "POST", "/files", Upload_Length=300)
        self.assertEqual((refused.status, json.loads(refused.body)["code"]), (429, "rate_limited"))
        self.create(bruno, 300)
        self.tus(anna, "DELETE", path)
        self.create(anna, 300)

    def test_what_is_announced_alone_keeps_nobody_out(self):
        self.start("--files-bytes-max", 1000, "--files-free-min", 0)
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        paths = [self.create(anna, 900) for _ in range(5)]
        self.assertEqual(self.patch(bruno, self.create(bruno, 800), 0, b"x" * 800).status, 204)
        self.assertEqual(self.patch(anna, paths[0], 0, b"x" * 900).status, 507)
        self.assertEqual(self.offset(anna, paths[0]), 0)

    def test_what_nothing_came_of_goes_soon(self):
        self.start()
        anna = self.full("anna", "#lobby")
        empty, begun = self.create(anna, 10), self.create(anna, 10)
        self.patch(anna, begun, 0, b"half")
        self.server.stop()
        for note in (self.server.data / "files").glob("*/*.half"):
            text = note.read_text()
            made = next(line for line in text.split("\n") if line.startswith("made "))
            note.write_text(text.replace(made, f"made {int(made.split()[1]) - 16 * 60 * 1000}"))
        self.server.start()
        anna = self.full("anna", session=anna.session)
        self.wait_for_offset(anna, empty, 404)
        self.assertEqual(self.offset(anna, begun), 4)

    def test_all_files_together(self):
        self.start("--files-bytes-max", 1000, "--files-free-min", 0)
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        self.patch(anna, self.create(anna, 800), 0, b"x" * 500)
        self.assertEqual(self.tus(bruno, "POST", "/files", Upload_Length=600).status, 507)
        self.create(bruno, 500)

    def test_the_oldest_half_gives_way(self):
        self.start("--uploads-kept-per-user", 2)
        anna = self.full("anna", "#lobby")
        paths = [self.create(anna, 10) for _ in range(3)]
        self.assertEqual([self.offset(anna, path) for path in paths], [404, 0, 0])

    def test_an_address_has_so_many_halves(self):
        """However many guests it is; the machine's own address, where a proxy may stand, has no such bound."""
        self.start()
        there = [self.full(f"there{number}", source="127.0.0.2") for number in range(11)]
        http = self.http(source="127.0.0.2")
        for number in range(200):
            self.create(there[number // 20], 10, http=http)
        for content in (10, 20):
            refused = self.tus(there[10], "POST", "/files", Upload_Length=content, http=http)
            self.assertEqual((refused.status, json.loads(refused.body)["code"]), (429, "rate_limited"))
        self.create(self.full("elsewhere", source="127.0.0.3"), 10, http=self.http(source="127.0.0.3"))
        self.create(self.full("here"), 10)

    def test_all_together_have_so_many_halves(self):
        self.start()
        session, path = (anna := self.full("anna", "#lobby")).session, self.create(anna, 10)
        self.server.stop()
        folder, first = self.server.data / "files" / path[7:9], path[7:]
        for number in range(1, 10000):
            for end in (".part", ".half"):
                os.link(folder / (first + end), folder / (first[:-4] + f"{number:04}" + end))
        self.server.start()
        anna, bruno = self.full("anna", session=session), self.full("bruno")
        refused = self.tus(bruno, "POST", "/files", Upload_Length=10)
        self.assertEqual((refused.status, json.loads(refused.body)["code"]), (429, "rate_limited"))
        self.assertEqual(self.tus(anna, "DELETE", path).status, 204)
        self.create(bruno, 10)

    def test_so_many_at_once(self):
        self.start("--uploads-per-user", 1)
        anna = self.full("anna", "#lobby")
        first, second = self.create(anna, 10), self.create(anna, 10)
        http = self.begin_patch(anna, first, 0, 10, b"half")
        self.wait_for_bytes(first, 4)
        self.assertEqual(self.patch(anna, second, 0, b"x" * 10).status, 429)
        http.send_bytes(b"x" * 6)
        self.assertEqual(http.answer().status, 204)
        self.assertEqual(self.patch(anna, second, 0, b"x" * 10).status, 204)

    def test_a_kill_keeps_what_has_come_and_a_restart_all(self):
        self.start()
        anna = self.full("anna", "#lobby")
        content = os.urandom(300000)
        done, cut, summed = (self.create(anna, len(content)) for _ in range(3))
        self.patch(anna, done, 0, content[:100000])
        self.begin_patch(anna, cut, 0, len(content), content[:150000])
        self.begin_patch(anna, summed, 0, len(content), content[:150000], Upload_Checksum=checksum(content))
        self.wait_for_bytes(cut, 150000)
        self.wait_for_bytes(summed, 150000)
        self.server.kill()
        self.server.start()
        session = anna.session
        anna = self.full("anna", session=session)
        anna.join("#lobby")
        self.assertEqual([self.offset(anna, path) for path in (done, cut, summed)], [100000, 150000, 0])
        self.server.restart()
        anna = self.full("anna", session=session)
        anna.join("#lobby")
        for path, offset in ((done, 100000), (cut, 150000), (summed, 0)):
            self.assertEqual(self.patch(anna, path, offset, content[offset:]).status, 204)
            self.assertEqual(self.fetch(path, anna).body, content)
        self.assertFalse(self.notes())

    def test_limits_that_changed_meanwhile_hold(self):
        """A restart may have brought others: guests who may send none go on with none."""
        for words, refusal in (({"BRUSIO_GUEST_FILES": "no"}, (403, "forbidden")), ({"BRUSIO_FILE_BYTES_MAX": "5"}, (413, "too_large"))):
            with self.subTest(words=words):
                self.start()
                anna = self.full("anna", "#lobby")
                path = self.create(anna, 10)
                self.assertEqual(self.patch(anna, path, 0, b"hello").status, 204)
                self.server.env |= words
                self.server.restart()
                answer = self.patch(anna, path, 5, b"world")
                self.assertEqual((answer.status, json.loads(answer.body)["code"]), refusal)

    def test_time_goes_by(self):
        self.start("--upload-hours", 1)
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 10)
        self.server.stop()
        note = next((self.server.data / "files").glob("*/*.half"))
        text = note.read_text().split("\n")
        made = next(i for i, line in enumerate(text) if line.startswith("made "))
        text[made] = f"made {int(text[made].split()[1]) - 3600 * 1000}"
        note.write_text("\n".join(text))
        self.server.start()
        anna = self.full("anna", session=anna.session)
        self.wait_for_blobs(0)
        self.assertEqual(self.offset(anna, path), 404)

    def test_notes_that_are_none_go(self):
        self.start()
        anna = self.full("anna", "#lobby")
        paths = [self.create(anna, 10) for _ in range(6)]
        self.server.stop()
        notes = [self.server.data / "files" / path[7:9] / (path[7:] + ".half") for path in paths]
        text = notes[0].read_text()
        notes[0].write_text(text[:-4])
        notes[1].write_bytes(b"\xff" * 5000)
        notes[2].write_text(text.replace("epoch ", "epoch 0"))
        notes[3].with_suffix(".part").unlink()
        notes[4].write_text("")
        self.server.start()
        self.assertEqual([name for name in self.blobs()], sorted([paths[5][7:] + ".half", paths[5][7:] + ".part"]))

    def test_with_the_person_their_halves_go(self):
        self.start("--session-seconds", 1)
        anna = self.full("anna", "#lobby")
        self.create(anna, 10)
        anna.ok("quit", forget=True)
        self.wait_for_blobs(0)

    @unittest.skipUnless(shutil.which("node") and (MODULES / "tus-js-client").exists(), "needs node and npm ci")
    def test_tus_js_client_resumes(self):
        """The client that everybody uses, unmodified: its line is cut again and again, and the server killed."""
        self.start()
        anna = self.full("anna", "#lobby")
        script = pathlib.Path(__file__).with_name("tus_client.mjs")
        content = os.urandom(3000000)
        with self.cut_line() as port:
            done = subprocess.run(["node", str(script), f"http://127.0.0.1:{port}/files", anna.session], input=content,
                                  capture_output=True, timeout=deadline(120))
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        result = json.loads(done.stdout)
        self.assertGreater(result["retries"], 0)
        file = result["url"].rsplit("/", 1)[1]
        self.assertEqual(self.fetch("/files/" + file, anna).body, content)
        anna.ok("send", room="#lobby", message="by tus-js-client", files=[file])
        self.assertEqual(result["terminated"], 404)

    def cut_line(self):
        return CutLine(self.server.port)


class CutLine:
    """A relay that ends each of the first connections after some bytes."""

    def __init__(self, port, allowed=900000, cuts=3):
        self.port, self.allowed, self.cuts = port, allowed, cuts

    def __enter__(self):
        import threading
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()
        return self.listener.getsockname()[1]

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        import threading
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self.relay, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.relay, args=(server, client, False), daemon=True).start()

    def relay(self, source, target, is_counted):
        passed = 0
        try:
            while data := source.recv(65536):
                passed += len(data)
                if is_counted and self.cuts and passed > self.allowed:
                    self.cuts -= 1
                    target.sendall(data[:len(data) // 2])
                    break
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


if __name__ == "__main__":
    unittest.main()
