"""Pictures: without what cameras write about them, and small ones of them, whatever they do to a decoder."""
import contextlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import zlib
from pathlib import Path

from brusio_test import PrivateServerTest, ServerTest, build_directory, deadline, only_sqlite, pictures, sanitizer
from brusio_test.server import clean_environment
from test_files import FilesTest


class Stripping(FilesTest, ServerTest):
    def test_what_a_camera_wrote_reaches_no_reader(self):
        anna = self.full("anna", "#lobby")
        turned = pictures.chunk(b"eXIf", pictures.exif(6)[6:])
        for name, content in (pictures.all_private() | {"b.png": pictures.png(64, 32, before=turned + pictures.PNG_PRIVATE)}).items():
            with self.subTest(name=name):
                self.assertIn(pictures.PRIVATE, content)
                _, file = self.sent(anna, content, name)
                stored = self.fetch(file["url"]).body
                self.assertNotIn(pictures.PRIVATE, stored)
                self.assertEqual(len(stored), file["bytes"])
                self.assertEqual(self.fetch(f"/files/{file['file']}", anna).body, stored)
                wanted = (32, 64) if name in ("a.jpg", "b.png") else (64, 32)
                self.assertEqual((file["width"], file["height"]), wanted, "the orientation stays")
        self.assertEqual(self.server.run("check").returncode, 0)

    def test_the_answer_speaks_of_what_is_stored(self):
        anna = self.full("anna", "#lobby")
        answer = json.loads(self.upload(anna, pictures.all_private()["a.png"], "a.png").body)
        plain = pictures.png(64, 32)
        same = json.loads(self.upload(anna, plain, "b.png").body)
        self.assertEqual((answer["bytes"], answer["hash"]), (len(plain), same["hash"]))

    def test_a_picture_that_says_nothing_is_stored_as_it_is(self):
        anna = self.full("anna", "#lobby")
        for name, content in (("a.jpg", pictures.jpeg(64, 32)), ("a.png", pictures.png(64, 32)),
                              ("a.gif", pictures.gif(64, 32, frames=3)), ("a.webp", pictures.webp(64, 32))):
            with self.subTest(name=name):
                _, file = self.sent(anna, content, name)
                self.assertEqual(self.fetch(file["url"]).body, content)

    def test_other_files_are_stored_as_they_are(self):
        anna = self.full("anna", "#lobby")
        content = b"\0" + pictures.all_private()["a.jpg"]
        _, file = self.sent(anna, content, "a.jpg")
        self.assertEqual(self.fetch(file["url"]).body, content)

    @unittest.skipUnless(shutil.which("exiftool"), "exiftool is not installed")
    def test_exiftool_finds_nothing_private(self):
        anna = self.full("anna", "#lobby")
        for name, content in pictures.all_private().items():
            _, file = self.sent(anna, content, name)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / name
                path.write_bytes(self.fetch(file["url"]).body)
                done = subprocess.run(["exiftool", "-a", "-G1", "-s", str(path)], capture_output=True, text=True, timeout=60)
                groups = {line.split("]")[0][1:].strip() for line in done.stdout.splitlines()}
                self.assertLessEqual(groups, {"ExifTool", "System", "File", "JFIF", "IFD0", "PNG", "GIF", "RIFF", "Composite"},
                                     done.stdout)
                private = [line for line in done.stdout.splitlines() if "IFD0" in line and "Orientation" not in line]
                self.assertEqual(private, [], done.stdout)


class Moving(FilesTest, PrivateServerTest):
    @only_sqlite
    def test_what_is_imported_is_stripped_too(self):
        server = self.start()
        anna = self.full("anna", "#lobby")
        _, file = self.sent(anna, pictures.png(64, 32), "a.png")
        folder, lines = server.directory / "out", server.directory / "lines"
        exported = server.run("export", "--files", folder)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        lines.write_text(exported.stdout)
        (folder / file["file"]).write_bytes(pictures.all_private()["a.png"])
        server.stop()
        elsewhere = server.directory / "elsewhere"
        done = subprocess.run([build_directory() / "brusiod", "import", "--files", folder, lines, "--data", elsewhere],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        kept = [path.read_bytes() for path in (elsewhere / "files").glob("*/*")]
        self.assertEqual(kept, [pictures.png(64, 32)])


def size_of(webp):
    """(width, height) as the head of a WebP says."""
    assert webp[:4] == b"RIFF" and webp[8:12] == b"WEBP", webp[:16]
    if webp[12:16] == b"VP8X":
        return tuple(1 + int.from_bytes(webp[at:at + 3], "little") for at in (24, 27))
    if webp[12:16] == b"VP8L":
        bits = int.from_bytes(webp[21:25], "little")
        return 1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff)
    return tuple(int.from_bytes(webp[at:at + 2], "little") & 0x3fff for at in (26, 28))


def has_painter(server):
    return "picture.painter is=off" not in server.log()


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(pid):
    """Processes end while they are looked at."""
    found = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").glob("*"):
            found |= {int(child) for child in (task / "children").read_text().split()}
    return found


class PreviewsTest(FilesTest):
    def preview(self, file, side=800, who=None):
        return self.fetch(file["preview"].replace("size=800", f"size={side}"), who)

    def values(self):
        lines = self.http().get("/metrics").body.decode().splitlines()
        return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in lines if line.startswith("brusio_p"))}

    def painters(self):
        """The ids of the helper of this server, and of its processes for one picture; the keeper is not among them."""
        found = []
        parents = {self.server.pid}
        for _ in range(3):
            parents = parents.union(*map(children_of, parents))
        for pid in sorted(parents - {self.server.pid}):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if b"painter" in Path(f"/proc/{pid}/cmdline").read_bytes() and parent_of(pid) != self.server.pid:
                    found.append(pid)
        return found


# ThreadSanitizer needs more memory and calls than the process of a picture has.
@unittest.skipIf(sanitizer() == "thread", "the picture's process cannot run instrumented")
class Previews(PreviewsTest, PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.start("--file-user-bytes-per-day", "0", "--uploads-per-user", "100")
        if not has_painter(self.server):
            self.skipTest("the server was built without the libraries")
        self.anna = self.full("anna", "#lobby")

    def test_of_each_kind_in_its_form(self):
        turned = pictures.segment(0xe1, pictures.exif(6))
        cases = {
            "wide.png": (pictures.png(2000, 1000), (2000, 1000), (800, 400), (160, 80)),
            "tall.gif": (pictures.gif(300, 900), (300, 900), (267, 800), (53, 160)),
            "moves.gif": (pictures.gif(200, 100, frames=3), (200, 100), (200, 100), (160, 80)),
            "middle.webp": (pictures.webp(500, 400), (500, 400), (500, 400), (160, 128)),
            "large.webp": (pictures.webp(5000, 2500), (5000, 2500), (800, 400), (160, 80)),
            "plain.jpg": (pictures.jpeg(3000, 2000), (3000, 2000), (800, 533), (160, 107)),
            "turned.jpg": (pictures.jpeg(1600, 800, before=turned), (800, 1600), (400, 800), (80, 160)),
            "turned.png": (pictures.png(1600, 800, before=pictures.chunk(b"eXIf", pictures.exif(6)[6:])), (800, 1600), (400, 800), (80, 160)),
            "line.png": (pictures.png(3000, 1), (3000, 1), (800, 1), (160, 1)),
        }
        for name, (content, size, large, small) in cases.items():
            with self.subTest(name=name):
                _, file = self.sent(self.anna, content, name)
                self.assertEqual((file["width"], file["height"]), size)
                self.assertEqual(file["preview"], f"{file['url'].rsplit('/', 1)[0]}?size=800")
                for side, wanted in ((800, large), (160, small)):
                    answer = self.preview(file, side)
                    self.assertEqual((answer.status, answer.fields["content-type"]), (200, "image/webp"))
                    self.assertEqual(size_of(answer.body), wanted)
                    self.assertEqual(answer.fields["etag"], f'"{file["file"]}-{side}"')
                    self.assertEqual(answer.fields["content-security-policy"], "sandbox; default-src 'none'")
                    self.assertEqual(answer.fields["cross-origin-resource-policy"], "same-origin")
                    self.assertTrue(answer.fields["content-disposition"].startswith(f"inline; filename*=UTF-8''{name}"))
        values = self.values()
        self.assertEqual((values["brusio_previews_total"], values["brusio_previews_failed_total"]), (len(cases), 0))
        self.assertEqual(self.server.run("check").returncode, 0)
        self.assertRegex(self.server.run("status").stdout, rf"previews_total +{len(cases)}\n")

    def test_colours_and_what_is_transparent(self):
        if not shutil.which("dwebp"):
            self.skipTest("dwebp is not installed")
        rows = b"".join(b"\0" + bytes((200, 40, 80, 255)) * 200 + bytes((9, 9, 9, 0)) * 200 for _ in range(400))
        half = pictures.png(400, 400, kind=6, rows=rows)
        luma = pictures.jpeg(1600, 1600, lambda x, y: 60 if x < 100 else 200,
                             before=pictures.segment(0xe1, pictures.exif(6)))
        for content, points in ((half, {(20, 80): (200, 40, 80, 255), (140, 80): (None, None, None, 0)}),
                                (luma, {(80, 20): (60, 60, 60, 255), (80, 140): (200, 200, 200, 255)}),
                                (pictures.gif(400, 400, (10, 200, 30)), {(80, 80): (10, 200, 30, 255)}),
                                (pictures.webp(400, 400, (90, 20, 250)), {(80, 80): (90, 20, 250, 255)})):
            _, file = self.sent(self.anna, content, "a")
            done = subprocess.run(["dwebp", "-quiet", "-pam", "-o", "-", "--", "-"], input=self.preview(file, 160).body,
                                  capture_output=True, timeout=60, check=True)
            head, pixels = done.stdout.split(b"ENDHDR\n", 1)
            self.assertIn(b"DEPTH 4", head)
            for (x, y), wanted in points.items():
                found = pixels[(y * 160 + x) * 4:][:4]
                for had, want in zip(found, wanted):
                    self.assertTrue(want is None or abs(had - want) <= 12, (tuple(found), wanted))

    def test_they_say_what_their_colours_mean(self):
        """A preview has its picture's ICC profile: without it, the colours of a wide one would be pale."""
        icc, grey, huge = pictures.profile(), pictures.profile(b"GRAY"), pictures.profile(length=60000)

        def jpeg(profile):
            return pictures.jpeg(400, 400, before=pictures.segment(0xe2, b"ICC_PROFILE\0\1\1" + profile))

        def png(profile, **more):
            return pictures.png(400, 400, before=pictures.chunk(b"iCCP", b"p\0\0" + zlib.compress(profile, 0)), **more)
        half = b"".join(b"\0" + bytes((200, 40, 80, 255)) * 200 + bytes((9, 9, 9, 0)) * 200 for _ in range(400))
        plain = pictures.webp(400, 400)
        body = plain[plain.index(b"VP8L"):][:8 + int.from_bytes(plain[plain.index(b"VP8L") + 4:][:4], "little")]
        body = b"VP8X" + struct.pack("<II", 10, 0x20) + b"\x8f\1\0\x8f\1\0" + pictures.riff_chunk(b"ICCP", icc) + body
        webp = b"RIFF" + struct.pack("<I", 4 + len(body) + len(body) % 2) + b"WEBP" + body + b"\0" * (len(body) % 2)
        for content, wanted in ((jpeg(icc), icc), (png(icc), icc), (png(icc, kind=6, rows=half), icc), (webp, icc), (jpeg(grey), None),
                                (jpeg(huge), None)):
            _, file = self.sent(self.anna, content, "a")
            for side, size in ((800, 400), (160, 160)):
                preview = self.preview(file, side).body
                self.assertEqual(int.from_bytes(preview[4:8], "little") + 8, len(preview))
                self.assertEqual(size_of(preview), (size, size))
                at = preview.find(b"ICCP")
                self.assertEqual(preview[at + 8:at + 8 + int.from_bytes(preview[at + 4:at + 8], "little")] if at > 0 else None, wanted)
                if shutil.which("dwebp"):
                    subprocess.run(["dwebp", "-quiet", "-pam", "-o", "-", "--", "-"], input=preview, capture_output=True, timeout=60,
                                   check=True)

    def test_a_little_picture_is_its_own(self):
        _, file = self.sent(self.anna, pictures.png(160, 160), "a.png")
        self.assertNotIn("preview", file)
        self.assertEqual(self.fetch(file["url"] + "?size=160").status, 404)

    def test_who_may_read_the_picture_may_read_them(self):
        owner, member, stranger = (self.full(name) for name in ("olga", "mara", "stan"))
        owner.join("#private")
        member.join("#private")
        owner.ok("set", room="#private", private=True)
        seq, file = self.sent(owner, pictures.png(300, 300), "a.png", room="#private")
        path = f"/files/{file['file']}?size=160"
        self.assertEqual([self.fetch(path, who).status for who in (owner, member, stranger, None)], [200, 200, 404, 401])
        wrong = file["preview"].replace(file["preview"].split("/")[3][:32], "0" * 32)
        self.assertEqual(self.fetch(wrong).status, 404)
        self.assertEqual(self.preview(file, 160).status, 200)
        tag = self.preview(file, 160).fields["etag"]
        self.assertEqual(self.fetch(path, member, If_None_Match=tag).status, 304)
        self.assertEqual(self.fetch(path, member, If_None_Match=f'"{file["file"]}"').status, 200)
        owner.ok("delete", room="#private", target=seq)
        self.assertEqual(self.fetch(path, owner).status, 404)
        self.wait_for_blobs(0)

    def test_they_count_and_go_with_the_file(self):
        content = pictures.png(1000, 1000)
        seq, file = self.sent(self.anna, content, "a.png")
        bytes_of_all = len(content) + sum(len(self.preview(file, side).body) for side in (160, 800))
        self.assertEqual(len(self.blobs()), 3)
        self.assertEqual(sum(path.stat().st_size for path in (self.server.data / "files").glob("*/*")), bytes_of_all)
        self.wait_for_bytes(bytes_of_all)
        self.anna.ok("delete", room="#lobby", target=seq)
        self.wait_for_blobs(0)
        self.wait_for_bytes(0)

    def wait_for_bytes(self, wanted):
        limit = time.monotonic() + deadline()
        while f"brusio_file_bytes {wanted}\n" not in self.http().get("/metrics").body.decode():
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.2)

    def test_what_cannot_be_read_is_sent_without(self):
        """Bombs, lies, and too much of everything."""
        huge = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
        row_bomb = zlib.compress(bytes(1 << 26), 9)
        interlaced = pictures.png(6000, 6000, rows=zlib.decompress(row_bomb)[:108006000], interlaced=1)
        cases = {
            "huge.png": b"\x89PNG\r\n\x1a\n" + pictures.chunk(b"IHDR", huge) + pictures.chunk(b"IDAT", row_bomb),
            "broken.png": pictures.png(500, 500)[:-60] + bytes(60),
            "lies.png": pictures.png(2000, 2000, rows=b"\0" * 100),
            "profile.png": pictures.png(500, 500, before=pictures.chunk(b"iCCP", b"x\0\0" + row_bomb)),
            "cut.webp": pictures.webp(500, 500)[:30],
            "huge.webp": pictures.webp(16000, 16000),
            "cut.gif": pictures.gif(500, 500)[:500],
            "huge.gif": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b"\x2c" +
                        struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x08" + b"\xff" + bytes(255) + b"\0;",
            "no.jpg": b"\xff\xd8\xff\xe0" + bytes(500),
            "huge.jpg": pictures.jpeg(64, 64).replace(struct.pack(">HH", 64, 64), struct.pack(">HH", 65000, 65000)),
            "turns.png": interlaced,
        }
        for name, content in cases.items():
            with self.subTest(name=name):
                begun = time.monotonic()
                _, file = self.sent(self.anna, content, name)
                self.assertLess(time.monotonic() - begun, deadline(20))
                if name not in ("turns.png", "profile.png", "cut.gif"):
                    self.assertNotIn("preview", file)
        self.assertEqual(self.values()["brusio_painter_up"], 1)
        _, file = self.sent(self.anna, pictures.png(300, 300), "a.png")
        self.assertEqual(size_of(self.preview(file).body), (300, 300))
        self.assertFalse([name for name in self.blobs() if name.endswith(".part")])

    def test_changed_ones_are_taken(self):
        """No picture is refused, and none takes the server with it. BRUSIO_MUTATED_PICTURES=n tries more, BRUSIO_SEED others."""
        seed = int(os.environ.get("BRUSIO_SEED", "14"))
        dice = random.Random(seed)
        seeds = [pictures.png(200, 120, before=pictures.PNG_PRIVATE), pictures.gif(200, 100, before=pictures.GIF_PRIVATE, frames=2),
                 pictures.webp(300, 200, private=pictures.PRIVATE),
                 pictures.jpeg(320, 200, lambda x, y: (x * 7 + y * 11) % 256, before=pictures.segment(0xe1, pictures.exif(3)))]
        http = self.http()
        for number in range(int(os.environ.get("BRUSIO_MUTATED_PICTURES", "200"))):
            content = bytearray(dice.choice(seeds))
            for _ in range(dice.randrange(1, 12)):
                at = dice.randrange(8, len(content))
                how = dice.randrange(4)
                if how == 0:
                    content[at] = dice.randrange(256)
                elif how == 1:
                    content[at] ^= 1 << dice.randrange(8)
                elif how == 2:
                    content[at:at] = dice.randbytes(dice.randrange(1, 20))
                else:
                    del content[at:at + dice.randrange(1, 20)]
                if len(content) < 20:
                    break
            answer = self.upload(self.anna, bytes(content), "m", connection=http)
            self.assertEqual(answer.status, 201, f"seed {seed}, picture {number}")
        self.assertEqual(self.values()["brusio_painter_up"], 1)
        self.assertEqual(self.server.run("check").returncode, 0)

    def test_a_killed_process_costs_its_picture_alone(self):
        """The process of a slow picture is killed in the middle; then the helper itself."""
        slow = pictures.png(6000, 6000, rows=bytes(108006000), interlaced=1)
        helper, = self.painters()
        killed = []

        def kill():
            limit = time.monotonic() + deadline()
            while time.monotonic() < limit and not killed:
                for pid in self.painters():
                    if pid != helper:
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)
        killer = threading.Thread(target=kill)
        killer.start()
        _, file = self.sent(self.anna, slow, "slow.png")
        killer.join()
        self.assertTrue(killed)
        self.assertNotIn("preview", file)
        _, file = self.sent(self.anna, pictures.png(300, 300), "a.png")
        self.assertIn("preview", file)

    def test_a_killed_helper_is_started_anew(self):
        for number in range(2):
            helper, = self.painters()
            os.kill(helper, signal.SIGKILL)
            limit = time.monotonic() + deadline()
            while self.painters() in ([], [helper]) and time.monotonic() < limit:
                time.sleep(0.02)
            another, = self.painters()
            self.assertNotEqual(another, helper)
            _, file = self.sent(self.anna, pictures.png(300, 300), f"{number}.png")
            self.assertIn("preview", file)
            self.assertEqual(self.values()["brusio_painter_up"], 1)

    def test_without_helper_and_keeper_pictures_have_no_previews(self):
        helper, = self.painters()
        for pid in (parent_of(helper), helper):
            os.kill(pid, signal.SIGKILL)
        for _ in range(2):
            _, file = self.sent(self.anna, pictures.png(300, 300, before=pictures.PNG_PRIVATE), "a.png")
            self.assertNotIn("preview", file)
            self.assertNotIn(pictures.PRIVATE, self.fetch(file["url"]).body)
        self.assertEqual(self.values()["brusio_painter_up"], 0)
        self.assertIn("picture.painter is=gone", self.server.log())
        self.server.restart()
        anna = self.full("carla", "#lobby")
        _, file = self.sent(anna, pictures.png(300, 300), "a.png")
        self.assertIn("preview", file)

    def test_the_helper_has_nothing_and_may_do_nothing(self):
        helper, = self.painters()
        status = Path(f"/proc/{helper}/status").read_text()
        if sanitizer() != "address":
            self.assertIn("NoNewPrivs:\t1", status)
            self.assertIn("Seccomp:\t2", status)
        links = {os.readlink(path) for path in Path(f"/proc/{helper}/fd").iterdir()}
        self.assertEqual(len([link for link in links if link.startswith("socket:")]), 1, links)
        self.assertLessEqual({link for link in links if not link.startswith("socket:")}, {"/dev/null"})
        self.assertEqual(Path(f"/proc/{helper}/environ").read_bytes(), b"")
        self.server.stop()
        limit = time.monotonic() + deadline()
        while Path(f"/proc/{helper}").exists() and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertFalse(Path(f"/proc/{helper}").exists())

    @only_sqlite
    def test_an_import_makes_them(self):
        self.sent(self.anna, pictures.png(300, 200), "a.png")
        folder, lines = self.server.directory / "out", self.server.directory / "lines"
        lines.write_text(self.server.run("export", "--files", folder).stdout)
        for words, count in (([], 3), (["--previews", "off"], 1)):
            elsewhere = self.server.directory / f"elsewhere-{count}"
            done = subprocess.run([build_directory() / "brusiod", "import", "--files", folder, lines, "--data", elsewhere, *words],
                                  env=clean_environment(), capture_output=True, text=True, timeout=deadline(60))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(list((elsewhere / "files").glob("*/*"))), count)
        large = next((self.server.directory / "elsewhere-3" / "files").glob("*/*.800.webp"))
        self.assertEqual(size_of(large.read_bytes()), (300, 200))
        checked = subprocess.run([build_directory() / "brusiod", "check", "--data", self.server.directory / "elsewhere-3"],
                                 capture_output=True, text=True, timeout=deadline(60))
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    @only_sqlite
    def test_a_backup_has_them_and_a_start_sweeps_those_of_nobody(self):
        _, file = self.sent(self.anna, pictures.png(300, 300), "a.png")
        backup = self.server.directory / "backup.db"
        self.assertEqual(self.server.run("backup", str(backup)).returncode, 0)
        before = {path.name: path.read_bytes() for path in (self.server.data / "files").glob("*/*")}
        elsewhere = self.server.directory / "elsewhere"
        done = subprocess.run([build_directory() / "brusiod", "restore", backup, "--data", elsewhere],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({path.name: path.read_bytes() for path in (elsewhere / "files").glob("*/*")}, before)
        large = next((self.server.data / "files").glob("*/*.800.webp"))
        large.write_bytes(b"cut")
        self.assertIn("its previews are missing or damaged", self.server.run("check").stdout)
        large.unlink()
        self.assertEqual(self.preview(file).status, 410)
        nobodys = self.server.data / "files" / "ab" / ("ab" + "0" * 30 + ".160.webp")
        nobodys.write_bytes(b"left over")
        self.server.restart()
        self.assertFalse(nobodys.exists())
        self.assertEqual(len(self.blobs()), 2)


class WithoutPreviews(PreviewsTest, PrivateServerTest):
    def test_off(self):
        self.start("--previews", "off")
        anna = self.full("anna", "#lobby")
        _, file = self.sent(anna, pictures.all_private()["a.jpg"] + pictures.PRIVATE, "a.jpg")
        self.assertNotIn("preview", file)
        self.assertNotIn(pictures.PRIVATE, self.fetch(file["url"]).body)
        self.assertEqual(self.painters(), [])


if __name__ == "__main__":
    unittest.main()
