"""A disk that refuses a step of an upload or of a deletion: who sends is told, nothing half is left, and it goes on."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from brusio_test import PrivateServerTest, sanitizer
from test_files import FilesTest
from test_tus import TusTest


class Faults(TusTest, PrivateServerTest):
    def fault(self, call, error, number=1):
        """Let the NUMBERth CALL of the server fail, and all behind it; returns what ends that."""
        # fsync, renameat and unlinkat are of the bytes of files alone: SQLite has fdatasync, and renames nothing.
        strace = subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
             f"inject={call}:error={error}:when={number}+", "-p", str(self.server.pid)],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(strace.stderr.close)
        self.addCleanup(strace.wait)
        self.addCleanup(strace.terminate)
        self.assertIn("attached", strace.stderr.readline())

        def end():
            strace.terminate()
            strace.wait()
        return end

    def good_upload(self, anna):
        answer = self.upload(anna, b"good")
        self.assertEqual(answer.status, 201, answer.body)
        file = json.loads(answer.body)["file"]
        self.assertEqual(self.fetch("/files/" + file, anna).body, b"good")

    @unittest.skipIf(sanitizer() or not shutil.which("strace"), "needs strace and a plain build")
    def test_an_upload_that_cannot_be_kept_is_refused_and_leaves_nothing(self):
        self.start()
        anna = self.full("anna", "#lobby")
        kept = 0
        for call, number in (("fsync", 1), ("fsync", 2), ("renameat", 1)):
            for error, status, code in (("ENOSPC", 507, "limit"), ("EDQUOT", 507, "limit"), ("EIO", 500, "store_failed")):
                with self.subTest(call=call, number=number, error=error):
                    end = self.fault(call, error, number)
                    answer = self.upload(anna, b"x" * 100000)
                    self.assertEqual((answer.status, json.loads(answer.body)["code"]), (status, code))
                    end()
                    self.wait_for_blobs(kept)
                    self.good_upload(anna)
                    kept += 1
        self.assertEqual(self.server.run("check").returncode, 0)

    @unittest.skipIf(sanitizer() or not shutil.which("strace"), "needs strace and a plain build")
    def test_an_upload_that_cannot_be_synced_stands_where_it_stood(self):
        self.start()
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 300)
        self.patch(anna, path, 0, b"a" * 100)
        for error, status in (("ENOSPC", 507), ("EIO", 500)):
            with self.subTest(error=error):
                end = self.fault("fsync", error)
                self.assertEqual(self.patch(anna, path, 100, b"b" * 100).status, status)
                self.assertEqual(self.tus(anna, "POST", "/files", Upload_Length=5).status, status)
                end()
                self.assertEqual(self.offset(anna, path), 100)
                self.wait_for_blobs(2)
        self.assertEqual(self.patch(anna, path, 100, b"c" * 200).status, 204)
        self.assertEqual(self.fetch(path, anna).body, b"a" * 100 + b"c" * 200)
        self.wait_for_blobs(1)

    @unittest.skipIf(sanitizer() or not shutil.which("strace"), "needs strace and a plain build")
    def test_a_whole_upload_that_the_disk_has_no_room_to_keep_is_ended_again(self):
        self.start()
        anna = self.full("anna", "#lobby")
        path = self.create(anna, 300)
        end = self.fault("renameat", "ENOSPC")
        self.assertEqual(self.patch(anna, path, 0, b"a" * 300).status, 507)
        end()
        self.server.restart()
        anna = self.full("anna", session=anna.session)
        self.assertEqual(self.offset(anna, path), 299)
        self.assertEqual(self.patch(anna, path, 299, b"a").status, 204)
        self.assertEqual(self.fetch(path, anna).body, b"a" * 300)
        self.wait_for_blobs(1)

    @unittest.skipIf(sanitizer() or not shutil.which("strace"), "needs strace and a plain build")
    def test_what_cannot_be_dropped_is_dropped_later(self):
        self.start()
        anna = self.full("anna", "#lobby")
        seq, file = self.sent(anna, b"secret")
        end = self.fault("unlinkat", "EIO")
        anna.ok("delete", room="#lobby", target=seq)
        self.assertTrue(self.server.stderr.wait_for("file.drop id=" + file["file"]))
        self.assertEqual(self.fetch("/files/" + file["file"], anna).status, 404)
        self.wait_for_blobs(1)
        end()
        self.wait_for_blobs(0)

    def test_a_disk_without_room_for_it_takes_smaller_ones(self):
        folder = tempfile.mkdtemp(prefix="brusio-disk-")
        self.addCleanup(shutil.rmtree, folder)
        files = os.path.join(folder, "data", "files")
        os.makedirs(files, 0o700)
        os.chmod(os.path.dirname(files), 0o700)
        mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "brusio-test", files]
        if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
            self.skipTest("mounting a tmpfs needs root and the right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", files], check=True)
        self.start("--files-free-min", 0, data=os.path.dirname(files))
        anna = self.full("anna", "#lobby")
        # The upload's length is not known before, so the disk runs full on the way.
        http = self.http()
        http.request("/files?name=large", method="POST", Authorization=f"Bearer {anna.session}",
                     Transfer_Encoding="chunked")
        try:
            for _ in range(64):
                http.send_bytes(b"10000\r\n" + bytes(65536) + b"\r\n")
        except OSError:
            pass
        self.assertEqual(self.upload(anna, bytes(3 << 20)).status, 507)
        # Other writes leave no room meanwhile: the upload waits where it stands.
        path = self.create(anna, 1 << 20)
        with open(os.path.join(files, "other"), "wb") as other:
            other.write(bytes(3 << 19))
        self.assertEqual(self.patch(anna, path, 0, bytes(1 << 20)).status, 507)
        os.unlink(os.path.join(files, "other"))
        while (offset := self.offset(anna, path)) == 423:
            pass
        self.assertEqual(self.patch(anna, path, offset, bytes((1 << 20) - offset)).status, 204)
        self.assertEqual(self.tus(anna, "DELETE", path).status, 404)
        anna.ok("send", room="#lobby", message="", files=[path[7:]])
        seq = anna.ok("history", room="#lobby", limit=1)["messages"][0]["seq"]
        anna.ok("delete", room="#lobby", target=seq)
        self.wait_for_blobs(0)
        self.good_upload(anna)
        anna.say("the chat goes on", "#lobby")
        self.assertEqual(self.server.run("check").returncode, 0)


if __name__ == "__main__":
    unittest.main()
