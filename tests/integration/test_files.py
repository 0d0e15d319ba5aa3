"""Files: sent over HTTP, named by a message, read by those who may read it, and really gone when it is."""
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.parse

from brusio_test import PrivateServerTest, ServerTest, TLS, deadline, pictures
from brusio_test.web import Http

PNG = pictures.png(2, 3)


class FilesTest:
    def http(self, **options):
        return self.keep(Http(self.server, **options))

    def upload(self, who, content=b"ciao\n", name="a.txt", connection=None, **fields):
        """The answer to an upload."""
        http = connection or self.http()
        fields.setdefault("Authorization", f"Bearer {who.session}" if who else None)
        fields.setdefault("Content_Length", len(content))
        http.request("/files?name=" + urllib.parse.quote(name), method="POST", **fields)
        http.send_bytes(content)
        return http.answer()

    def sent(self, who, content=b"ciao\n", name="a.txt", room="#lobby", message="look"):
        """Sends a message with a file; returns its seq and the file as others see it."""
        file = json.loads(self.upload(who, content, name).body)["file"]
        seq = who.ok("send", room=room, message=message, files=[file])["seq"]
        page = who.ok("history", room=room, around=seq, limit=3)
        return seq, next(one for one in page["messages"] if one["seq"] == seq)["files"][0]

    def fetch(self, path, who=None, **fields):
        if who:
            fields["Authorization"] = f"Bearer {who.session}"
        return self.http().get(path, **fields)

    def blobs(self):
        return sorted(path.name for path in (self.server.data / "files").glob("*/*"))

    def wait_for_blobs(self, count):
        limit = time.monotonic() + deadline()
        while len(self.blobs()) != count and time.monotonic() < limit:
            time.sleep(0.1)
        self.assertEqual(len(self.blobs()), count)


class Sending(FilesTest, ServerTest):
    def test_a_file_goes_with_a_message_and_comes_back_as_it_was(self):
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        content = os.urandom(300000)
        answer = self.upload(anna, content, "x y.bin")
        self.assertEqual(answer.status, 201)
        file = json.loads(answer.body)
        self.assertEqual((file["name"], file["bytes"], file["type"]), ("x y.bin", 300000, "application/octet-stream"))
        self.assertEqual(answer.fields["location"], "/files/" + file["file"])
        anna.ok("send", room="#lobby", message="look", files=[file["file"]])
        message = bruno.push(op="message", text="look")
        self.assertRegex(message["message"], r"^look\nx y\.bin \(300 kB\) http://[^/]+/f/\w{32}/\w{32}/x%20y\.bin$")
        self.assertEqual(message["files"][0]["file"], file["file"])
        for path, who in ((message["files"][0]["url"], None), ("/files/" + file["file"], bruno)):
            answer = self.fetch(path, who)
            self.assertEqual((answer.status, answer.body == content), (200, True))

    def test_over_tls_too(self):
        anna = self.full("anna", "#lobby", tls=TLS)
        content = os.urandom(1000000)
        answer = self.upload(anna, content, connection=self.http(tls=TLS))
        self.assertEqual(answer.status, 201)
        path = answer.fields["location"]
        fetched = self.http(tls=TLS).get(path, Authorization=f"Bearer {anna.session}")
        self.assertEqual((fetched.status, fetched.body == content), (200, True))

    def test_chunks_of_any_size_and_a_line_that_goes_on(self):
        anna, http = self.full("anna", "#lobby"), self.http()
        content = os.urandom(5000)
        for size in (1, 7, 4999, 5000):
            http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}",
                         Transfer_Encoding="chunked", Expect="100-continue")
            self.assertEqual(http.until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
            pieces = [content[at:at + size] for at in range(0, len(content), size)]
            http.send_bytes(b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n")
            answer = http.answer()
            self.assertEqual((answer.status, json.loads(answer.body)["bytes"]), (201, 5000))
            self.assertEqual(http.get(answer.fields["location"], Authorization=f"Bearer {anna.session}").body, content)

    def test_an_empty_file_is_a_file(self):
        anna = self.full("anna", "#lobby")
        answer = self.upload(anna, b"")
        self.assertEqual((answer.status, json.loads(answer.body)["bytes"]), (201, 0))
        self.assertEqual(self.fetch(answer.fields["location"], anna).body, b"")

    def test_a_picture_tells_its_size(self):
        anna = self.full("anna", "#lobby")
        _, file = self.sent(anna, PNG, "p.png", message="")
        self.assertEqual((file["type"], file["width"], file["height"]), ("image/png", 2, 3))

    def test_those_who_know_no_files_read_a_link(self):
        anna, text, simple = self.full("anna", "#lobby"), self.text("nina"), self.simple("simone")
        text.enter()
        simple.enter()
        text.hears(simple.name, "joined")
        _, file = self.sent(anna, b"for all\n", "n.txt")
        text.hears(anna.name, "look")
        line = text.receive_line().decode()
        found = re.search(r"n\.txt \(8 B\) http://([^/]+)(/\S+)", line)
        self.assertEqual(found[2], file["url"])
        self.assertEqual(self.fetch(found[2]).body, b"for all\n")
        simple.hears(f"look\nn.txt (8 B) http://{found[1]}{found[2]}")

    def test_a_send_that_comes_again_is_the_same_send(self):
        anna = self.full("anna", "#lobby")
        first, second = (json.loads(self.upload(anna).body)["file"] for _ in range(2))
        ack = anna.ok("send", id="one", room="#lobby", message="look", files=[first])
        self.assertEqual(anna.ok("send", id="one", room="#lobby", message="look", files=[first])["seq"], ack["seq"])
        anna.refused("id_reused", "send", id="one", room="#lobby", message="look", files=[second])
        anna.refused("id_reused", "send", id="one", room="#lobby", message="look")

    def test_a_file_is_sent_once_by_whose_it_is(self):
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        file = json.loads(self.upload(anna).body)["file"]
        bruno.refused("no_file", "send", room="#lobby", message="mine", files=[file])
        anna.refused("no_file", "send", room="#lobby", message="twice", files=[file, file])
        anna.refused("no_file", "send", room="#lobby", message="none", files=["0" * 32])
        anna.ok("send", room="#lobby", message="", files=[file])
        anna.refused("no_file", "send", room="#lobby", message="again", files=[file])
        anna.refused("bad_field", "send", room="#lobby", message="")

    def test_an_edit_changes_the_text_and_the_files_stay(self):
        anna = self.full("anna", "#lobby")
        seq, file = self.sent(anna)
        anna.ok("edit", room="#lobby", target=seq, message="better")
        message = anna.ok("history", room="#lobby", around=seq, limit=1)["messages"][0]
        self.assertEqual((message["text"], message["files"]), ("better", [file]))


    def test_a_search_finds_files_by_what_they_are_called(self):
        anna = self.full("anna", "#files")
        anna.ok("send", room="#files", message="before the index begins")
        seq, _ = self.sent(anna, name="Holiday Lucca.png", room="#files", message="look")
        alone, _ = self.sent(anna, name="budget.ods", room="#files", message="")
        anna.ok("send", room="#files", message="budget without a file")

        def found(query):
            while (page := anna.ok("search", query=query, room="#files")).get("lag"):
                pass
            return [message["seq"] for message in page["messages"]]
        self.assertEqual(found("has:file"), [alone, seq])
        self.assertEqual(found("has:file budg*"), [alone])
        self.assertEqual(found("lucca"), [seq])
        anna.ok("edit", room="#files", target=seq, message="see")
        self.assertEqual(found("has:file see lucca"), [seq])
        self.assertEqual(found("has:file look"), [])
        # The edit that this one replaces leaves the index, with the names that it had there.
        anna.ok("edit", room="#files", target=seq, message="watch")
        self.assertEqual(found("has:file watch lucca"), [seq])
        self.assertEqual(found("lucca"), [seq])
        checked = self.server.run("check")
        self.assertEqual(checked.returncode, 0, checked.stdout)
        anna.ok("delete", room="#files", target=seq)
        anna.ok("delete", room="#files", target=alone)
        self.assertEqual(found("has:file"), [])
        self.assertEqual(found("budg* -without"), [])

    def test_a_form_brings_one_file(self):
        """Forms as curl -F sends them, in pieces and chunks, and bodies that are not such forms."""
        anna = self.full("anna", "#lobby")
        content = os.urandom(200000) + b"\r\n--"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x y.bin")
            with open(path, "wb") as file:
                file.write(content)
            url = f"http://127.0.0.1:{self.server.port}/files"
            for options in (["-F", f"file=@{path}"], ["-F", "text=hello", "-F", f"f=@{path};type=text/html"],
                            ["-F", f"file=@{path}", "-H", "Transfer-Encoding: chunked"],
                            ["-F", f"file=@{path}", "-H", "Expect: 100-continue"]):
                with self.subTest(options=options[2:]):
                    done = subprocess.run(["curl", "-sS", "-H", f"Authorization: Bearer {anna.session}", *options, url],
                                          capture_output=True, timeout=60, check=True)
                    file = json.loads(done.stdout)
                    self.assertEqual((file.get("name"), file.get("bytes")), ("x y.bin", len(content)), file)
                    self.assertEqual(self.fetch("/files/" + file["file"], anna).body, content)
        form = "multipart/form-data; boundary=b"
        part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="../../.profile"\r\n\r\n'
        named = self.upload(anna, part + b"x\r\n--b--\r\n", "", Content_Type=form)
        self.assertEqual(json.loads(named.body)["name"], "_profile")
        named = self.upload(anna, part + b"x\r\n--b--\r\n", "mine", Content_Type=form)
        self.assertEqual(json.loads(named.body)["name"], "mine")
        for body in (b"", part + b"cut", part + b"x\r\n" + part + b"y\r\n--b--\r\n", b"--b--", part + b"x\r\n--b?"):
            with self.subTest(body=body[-20:]):
                answer = self.upload(anna, body, "", Content_Type=form)
                self.assertEqual((answer.status, json.loads(answer.body)["code"]), (400, "bad_field"))
        self.assertFalse([name for name in self.blobs() if name.endswith(".part")])


class Administering(FilesTest, PrivateServerTest):
    def listed(self, *words):
        done = self.server.run("files", "list", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def deleted(self, which):
        done = self.server.run("files", "delete", which)
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(re.search(r"(\d+) files deleted", done.stdout)[1])

    def test_pictures_of_profiles_are_listed_and_deleted(self):
        self.start()
        anna = self.full("anna", "#lobby")
        anna.ok("register", password="correct horse")
        picture = json.loads(self.upload(anna, PNG, "me.png").body)["file"]
        anna.ok("profile", set={"picture": picture, "about": "here"})
        self.assertEqual([row[0:1] + row[3:6] for row in self.listed("@" + anna.name)], [[picture, anna.name, "picture", "0"]])
        self.assertEqual(self.deleted(picture), 1)
        self.wait_for_blobs(0)
        self.assertEqual(self.server.run("check").returncode, 0)
        self.server.restart()
        profile = self.full("bruno", "#lobby").ok("profile", name=anna.name)["profile"]
        self.assertEqual(profile["about"], "here")
        self.assertNotIn("picture", profile)

    def test_an_account_is_deleted_with_its_files(self):
        self.start()
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        anna.ok("register", password="correct horse")
        anna.ok("profile", set={"picture": json.loads(self.upload(anna, PNG, "me.png").body)["file"]})
        seq, _ = self.sent(anna, b"one", "a.txt")
        self.upload(anna, b"waits")
        _, kept = self.sent(bruno, b"two", "b.txt")
        # A guest is no account: nothing of theirs goes.
        done = self.server.run("user", "delete", "--files", bruno.name)
        self.assertEqual(done.returncode, 1)
        done = self.server.run("user", "delete", anna.name, "--files")
        self.assertEqual((done.returncode, done.stdout), (0, "brusiod: 3 files deleted\n"), done.stderr)
        self.wait_for_blobs(1)
        self.assertEqual([row[0] for row in self.listed()], [kept["file"]])
        page = bruno.ok("history", room="#lobby", around=seq, limit=3)
        self.assertEqual(next(one for one in page["messages"] if one["seq"] == seq)["from"]["name"], anna.name)

    def test_files_are_listed_and_deleted_beside_the_server(self):
        self.start()
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        bruno.join("#music")
        seq, first = self.sent(anna, b"one", "a b.txt")
        _, second = self.sent(bruno, b"three", "c.txt", room="#music")
        _, third = self.sent(anna, b"four", "d.txt", message="")
        unsent = json.loads(self.upload(bruno, b"waits").body)["file"]
        rows = self.listed()
        self.assertEqual([row[0] for row in rows], [first["file"], second["file"], third["file"], unsent])
        self.assertEqual(rows[0][1:2] + rows[0][3:], ["3", anna.name, "#lobby", str(seq), "text/plain; charset=utf-8", "a b.txt"])
        self.assertEqual(rows[3][3:6], [bruno.name, "-", "0"])
        self.assertEqual([row[0] for row in self.listed("@" + anna.name)], [first["file"], third["file"]])
        self.assertEqual([row[0] for row in self.listed("#music")], [second["file"]])
        for wrong in ("@nobody", "#nowhere", "0" * 32, "x"):
            done = self.server.run("files", "delete", wrong)
            self.assertEqual((done.returncode, done.stdout), (1, ""), wrong)
        self.assertEqual(self.deleted("#music"), 1)
        self.assertEqual(self.deleted(first["file"]), 1)
        self.wait_for_blobs(2)
        self.assertEqual(self.fetch(first["url"]).status, 404)
        self.assertEqual(self.fetch(third["url"]).body, b"four")
        page = anna.ok("history", room="#lobby", around=seq, limit=1)["messages"]
        self.assertEqual((page[0]["message"], "files" in page[0]), ("look", False))
        self.assertEqual(self.deleted("@" + anna.name), 1)
        self.assertEqual(self.deleted("@" + anna.name), 0)
        self.wait_for_blobs(1)
        while (page := anna.ok("search", query="has:file", room="#lobby")).get("lag"):
            pass
        limit = time.monotonic() + deadline()
        while page["messages"] and time.monotonic() < limit:
            page = anna.ok("search", query="has:file", room="#lobby")
        self.assertEqual(page["messages"], [])
        checked = self.server.run("check")
        self.assertEqual(checked.returncode, 0, checked.stdout)

    def test_many_go_in_steps(self):
        self.start("--file-user-bytes-per-day", 0)
        anna, http = self.full("anna", "#lobby"), self.http()
        for _ in range(140):
            self.upload(anna, b"x", connection=http)
        self.assertEqual(self.deleted("@" + anna.name), 140)
        self.wait_for_blobs(0)


class Refusing(FilesTest, ServerTest):
    def test_who_asks_has_to_say_who_they_are(self):
        anna = self.full("anna", "#lobby")
        self.assertEqual(self.upload(None).status, 401)
        for secret in ("x", "0" * 32, "0" * 64, "0" * 128, "x" * 1000):
            self.assertEqual(self.upload(None, Authorization="Bearer " + secret).status, 401)
        location = self.upload(anna).fields["location"]
        self.assertEqual(self.fetch(location).status, 401)

    def test_a_refusal_comes_before_the_body(self):
        anna, http = self.full("anna", "#lobby"), self.http()
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}",
                     Content_Length=10 ** 12, Expect="100-continue")
        answer = http.answer()
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (413, "too_large"))
        self.assertTrue(http.ended())

    def test_chunks_beyond_the_bound_are_refused(self):
        anna, http = self.full("anna", "#lobby"), self.http()
        before = self.blobs()
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}", Transfer_Encoding="chunked")
        http.send_bytes(b"fffffff\r\n" + bytes((32 << 20) + 1))
        self.assertEqual(http.answer().status, 413)
        self.wait_for_blobs(len(before))

    def test_without_a_length_nothing_is_taken(self):
        anna = self.full("anna", "#lobby")
        self.assertEqual(self.upload(anna, b"", Content_Length=None).status, 411)

    def test_a_body_that_is_none_ends_the_line_and_leaves_nothing(self):
        anna, before = self.full("anna", "#lobby"), len(self.blobs())
        for body in (b"5;a=b\r\nhello\r\n0\r\n\r\n", b"5\nhello", b"5\r\nhelloX", b"x\r\n", b"0\r\nA: b\r\n\r\n"):
            http = self.http()
            http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}", Transfer_Encoding="chunked")
            http.send_bytes(body)
            self.assertEqual(http.answer().status, 400, body)
            self.assertTrue(http.ended())
        self.wait_for_blobs(before)

    def test_who_stops_in_the_middle_leaves_nothing(self):
        anna, http, before = self.full("anna", "#lobby"), self.http(), len(self.blobs())
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}", Content_Length=100)
        http.send_bytes(b"half")
        self.wait_for_blobs(before + 1)
        http.close()
        self.wait_for_blobs(before)

    def test_other_methods_and_paths(self):
        for path in ("/files/", "/files/x", "/files/" + "0" * 31, "/f/x", "/f/" + "0" * 32, "/f/" + "0" * 32 + "/" + "1" * 31):
            self.assertEqual(self.fetch(path).status, 404, path)
        http = self.http()
        http.request("/files", method="PUT")
        self.assertEqual(http.answer().status, 405)


class Reading(FilesTest, ServerTest):
    def test_ranges_and_what_one_has_already(self):
        anna = self.full("anna", "#lobby")
        _, file = self.sent(anna, bytes(range(100)) + b"\0" * 100)
        url, http = file["url"], self.http()
        part = http.get(url, Range="bytes=5-9")
        self.assertEqual((part.status, part.body, part.fields["content-range"]), (206, bytes(range(5, 10)), "bytes 5-9/200"))
        self.assertEqual(http.get(url, Range="bytes=-3").body, b"\0\0\0")
        self.assertEqual(http.get(url, Range="bytes=200-").status, 416)
        self.assertEqual(http.get(url, Range="bytes=0-1,5-6").status, 200)
        tag = part.fields["etag"]
        self.assertEqual(http.get(url, Range="bytes=0-1", If_Range=tag).status, 206)
        self.assertEqual(http.get(url, Range="bytes=0-1", If_Range='"other"').status, 200)
        self.assertEqual(http.get(url, If_None_Match=tag).status, 304)
        http.request(url, method="HEAD")
        head = http.answer(is_head=True)
        self.assertEqual((head.status, head.fields["content-length"]), (200, "200"))

    def test_hostile_bytes_and_names_do_nothing(self):
        anna = self.full("anna", "#lobby")
        for content, name, kind, shown in (
                (b"<html><script>alert(1)</script>", "x.html", "text/plain; charset=utf-8", "inline"),
                (b"<svg onload='a()'/>\0", "x.svg", "application/octet-stream", "attachment"),
                (b"%PDF-1.7\n\xff", "../../.bashrc", "application/octet-stream", "attachment"),
                (PNG + b"<script>", "\x1b[2J\u202egpj.exe", "image/png", "inline")):
            _, file = self.sent(anna, content, name)
            fields = self.fetch(file["url"]).fields
            self.assertEqual(fields["content-type"], kind)
            self.assertTrue(fields["content-disposition"].startswith(shown + "; filename*=UTF-8''"))
            self.assertEqual(fields["content-security-policy"], "sandbox; default-src 'none'")
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            self.assertEqual(fields["cross-origin-resource-policy"], "same-origin")
            self.assertNotIn("set-cookie", fields)
            self.assertRegex(file["name"], r"^[^\x00-\x1f/\\\u202e]+$")
            saved = self.fetch(file["url"] + "?download").fields["content-disposition"]
            self.assertTrue(saved.startswith("attachment;"))
        for name in ("x" * 1000, "è" * 300):
            self.assertEqual(json.loads(self.upload(anna, name=name).body)["name"], name[:200 // len(name[0].encode())])

    def test_who_may_read_the_message_may_read_the_file(self):
        owner, member, stranger = (self.full(name) for name in ("olga", "mara", "stan"))
        room = "#" + self.named("private")
        owner.join(room)
        member.join(room)
        owner.ok("set", room=room, private=True)
        _, file = self.sent(owner, room=room)
        path = "/files/" + file["file"]
        self.assertEqual([self.fetch(path, who).status for who in (owner, member, stranger)], [200, 200, 404])
        owner.ok("ban", room=room, name=member.name)
        self.assertEqual(self.fetch(path, member).status, 404)
        self.assertEqual(self.fetch(f"/f/{file['file']}/{'0' * 32}/a.txt").status, 404)

    def test_a_direct_conversation_is_its_two_sides(self):
        anna, bruno, carla = (self.full(name) for name in ("anna", "bruno", "carla"))
        _, file = self.sent(anna, room="@" + bruno.name)
        path = "/files/" + file["file"]
        self.assertEqual([self.fetch(path, who).status for who in (anna, bruno, carla)], [200, 200, 404])

    def test_what_is_not_sent_yet_is_its_owners(self):
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        path = self.upload(anna).fields["location"]
        self.assertEqual([self.fetch(path, who).status for who in (anna, bruno)], [200, 404])


class Counting(FilesTest, PrivateServerTest):
    def values(self):
        lines = self.http().get("/metrics").body.decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    def test_what_is_stored_and_what_is_refused(self):
        self.start("--file-bytes-max", 1000, "--file-user-bytes-per-day", 1500)
        anna = self.full("anna", "#lobby")
        seq, _ = self.sent(anna, bytes(900))
        self.assertEqual(self.upload(anna, bytes(1001)).status, 413)
        for _ in range(2):
            self.assertEqual(self.upload(anna, bytes(700)).status, 429)
        values = self.values()
        self.assertEqual(values["brusio_uploads_total"], "1")
        self.assertEqual([values[f'brusio_uploads_refused_total{{reason="{reason}"}}']
                          for reason in ("size", "day", "at_once", "full", "disk")], ["1", "2", "0", "0", "0"])
        self.wait_for_bytes("900")
        self.assertRegex(self.server.run("status").stdout, r"uploads_refused_day +2\n")
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for_bytes("0")

    def test_guests_of_an_address_send_together_what_some_people_do(self):
        self.start("--file-user-bytes-per-day", 1000, "--guests-count-as", 2, "--account-young-hours", 0)
        # One that is announced and never sent takes nothing of the others.
        for number in range(3):
            idle = self.full(f"i{number}", source="127.0.0.2")
            announced = self.http(source="127.0.0.2")
            announced.request("/files", method="POST", Tus_Resumable="1.0.0", Upload_Length=900, Content_Length=0,
                              Authorization=f"Bearer {idle.session}")
            self.assertEqual(announced.answer().status, 201)
        sent = {source: [self.upload(self.full(f"g{source[-1]}{number}", source=source), bytes(900),
                                     connection=self.http(source=source)).status for number in range(4)]
                for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3")}
        self.assertEqual(sent, {"127.0.0.1": [201] * 4, "127.0.0.2": [201, 201, 429, 429],
                                "127.0.0.3": [201, 201, 429, 429]})
        account = self.full("account", source="127.0.0.2")
        account.ok("register", password="correct horse battery")
        self.assertEqual(self.upload(account, bytes(900), connection=self.http(source="127.0.0.2")).status, 201)

    def wait_for_bytes(self, wanted):
        limit = time.monotonic() + deadline()
        while self.values()["brusio_file_bytes"] != wanted:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.2)


class Deleting(FilesTest, PrivateServerTest):
    def test_what_is_deleted_is_in_no_file(self):
        self.start()
        anna = self.full("anna", "#lobby")
        secret = os.urandom(40000)
        seq, file = self.sent(anna, secret)
        self.sent(anna, b"this stays\n")
        anna.ok("delete", room="#lobby", target=seq)
        self.assertEqual(self.fetch(file["url"]).status, 404)
        self.wait_for_blobs(1)
        for path in self.server.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret[:64], path.read_bytes(), path)

    def test_a_room_that_goes_takes_its_files(self):
        self.start()
        anna = self.full("anna", "#lobby")
        anna.join("#gone")
        self.sent(anna, room="#gone")
        self.sent(anna)
        anna.ok("close", room="#gone")
        self.wait_for_blobs(1)

    def test_a_download_ends_when_its_file_is_deleted(self):
        self.start()
        anna = self.full("anna", "#lobby")
        seq, file = self.sent(anna, bytes(30 << 20), "big")
        http = self.http(receive_buffer=4096)
        http.request(file["url"])
        head = http.until(b"\r\n\r\n")
        self.assertIn(b"200 OK", head)
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for_blobs(0)
        with self.assertRaises(Exception):
            http.exactly(30 << 20)

    def test_after_a_kill_the_files_are_those_that_something_refers_to(self):
        self.start()
        anna, http = self.full("anna", "#lobby"), self.http()
        seq, file = self.sent(anna, b"kept\n")
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}", Content_Length=100)
        http.send_bytes(b"half")
        self.wait_for_blobs(2)
        self.server.kill()
        self.server.restart()
        self.assertEqual(self.blobs(), [file["file"]])
        self.assertEqual(self.fetch(file["url"]).body, b"kept\n")

    def test_what_the_database_does_not_know_stays_for_a_month(self):
        """It may be of a newer database than the one that was restored."""
        self.start()
        name = "ab" + "0" * 30
        path = self.server.data / "files" / name[:2] / name
        path.write_bytes(b"of a newer database")
        self.server.restart()
        self.assertEqual(self.blobs(), [name])
        long_ago = time.time() - 31 * 86400
        os.utime(path, (long_ago, long_ago))
        self.server.restart()
        self.assertEqual(self.blobs(), [])

    def test_those_that_cannot_be_dropped_hold_up_no_others(self):
        self.start("--file-user-bytes-per-day", "1000000", "--send-rate", "0", "--account-rate", "0")
        anna = self.full("anna", "#lobby")
        files = sorted(json.loads(self.upload(anna).body)["file"] for _ in range(70))
        seqs = [anna.ok("send", room="#lobby", message="", files=files[first:first + 10])["seq"]
                for first in range(0, 70, 10)]
        for file in files[:64]:
            path = self.server.data / "files" / file[:2] / file
            path.unlink()
            path.mkdir()
        for seq in seqs:
            anna.ok("delete", room="#lobby", target=seq)
        self.wait_for_blobs(64)
        self.assertEqual(self.blobs(), files[:64])

    def test_a_message_of_files_alone_is_exported_and_imported(self):
        server = self.start()
        anna = self.full("anna", "#files")
        files = [json.loads(self.upload(anna, name=name).body)["file"] for name in ("b.txt", "a.txt")]
        anna.ok("send", room="#files", message="", files=files)
        exported = server.run("export", "--room", "#files").stdout
        server.stop()
        self.start().stop()
        lines = self.server.directory / "lines"
        lines.write_text(exported)
        result = self.server.run("import", str(lines))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.server.start()
        page = self.full("reader", "#files").ok("history", room="#files")
        self.assertEqual([message["message"] for message in page["messages"]], ["b.txt, a.txt"])

    def test_a_file_that_is_missing_is_told(self):
        self.start()
        anna = self.full("anna", "#lobby")
        _, file = self.sent(anna)
        (self.server.data / "files" / file["file"][:2] / file["file"]).unlink()
        answer = self.fetch(file["url"])
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (410, "no_file"))


class Bounds(FilesTest, PrivateServerTest):
    def code(self, answer):
        return answer.status, json.loads(answer.body)["code"]

    def test_a_server_can_take_none(self):
        self.start("--file-bytes-max", "0")
        anna = self.full("anna", "#lobby")
        self.assertEqual(self.code(self.upload(anna)), (403, "forbidden"))

    def test_guests_may_be_kept_from_it(self):
        self.start("--guest-files", "no")
        anna = self.full("anna", "#lobby")
        self.assertEqual(self.code(self.upload(anna)), (403, "forbidden"))
        anna.ok("register", password="correct horse")
        self.assertEqual(self.upload(anna).status, 201)

    def test_links_can_be_switched_off(self):
        self.start("--file-links", "off")
        anna = self.full("anna", "#lobby")
        _, file = self.sent(anna)
        self.assertEqual(file["url"], "/files/" + file["file"])
        self.assertEqual(self.fetch(file["url"], anna).status, 200)

    def test_a_day_and_the_whole_have_their_bounds(self):
        self.start("--file-user-bytes-per-day", "1000", "--files-bytes-max", "1500")
        anna, bruno = self.full("anna", "#lobby"), self.full("bruno", "#lobby")
        self.assertEqual(self.upload(anna, bytes(900)).status, 201)
        late = self.upload(anna, bytes(200))
        self.assertEqual(self.code(late), (429, "rate_limited"))
        # Hours go by before it may: who tries each half minute would only be refused again.
        self.assertEqual(late.fields["retry-after"], "3600")
        self.assertEqual(self.code(self.upload(bruno, bytes(800))), (507, "limit"))
        self.assertEqual(self.upload(bruno, bytes(500)).status, 201)

    def test_so_many_at_the_same_time(self):
        self.start("--uploads-per-user", "2")
        anna, open_ones = self.full("anna", "#lobby"), []
        for _ in range(2):
            http = self.http()
            http.request("/files?name=a", method="POST", Authorization=f"Bearer {anna.session}", Content_Length=4)
            http.send_bytes(b"ci")
            open_ones.append(http)
        self.wait_for_blobs(2)
        self.assertEqual(self.code(self.upload(anna)), (429, "rate_limited"))
        open_ones[0].send_bytes(b"ao")
        self.assertEqual(open_ones[0].answer().status, 201)
        self.assertEqual(self.upload(anna).status, 201)
