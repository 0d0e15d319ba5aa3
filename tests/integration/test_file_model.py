"""Files against a model: random uploads, sends, deletions, closed rooms and kill -9, after which the bytes on disk are those
that something refers to, and no others.

BRUSIO_FILE_OPERATIONS says how many, BRUSIO_FILE_SEED begins the same run again.
"""
import json
import os
import pathlib
import random
import sqlite3
import time

from brusio_test import Closed, Full, Late, PrivateServerTest, deadline
from brusio_test.web import Http
from test_files import FilesTest

OPERATIONS = int(os.environ.get("BRUSIO_FILE_OPERATIONS") or 250)
SEED = int(os.environ.get("BRUSIO_FILE_SEED") or random.randrange(1 << 32))
GONE = (Closed, Late, OSError)
ROOMS = ("#lobby", "#one", "#two")
DAY = 86400


class Person:
    """Somebody who comes back after each crash, as the same guest."""

    def __init__(self, name):
        self.name = name
        self.session = None
        self.client = None
        self.numbers = 0

    def come(self, server):
        self.client = Full(server, self.name, session=self.session)
        self.session = self.client.session
        for room in ROOMS:
            self.client.join(room)

    def next_id(self):
        self.numbers += 1
        return f"{self.name} {self.numbers}"


class FileModel(FilesTest, PrivateServerTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.start("--file-user-bytes-per-day", 0, "--files-free-min", 0)
        self.people = [Person("anna"), Person("bruno")]
        self.unsent = []    # (person, id)
        self.messages = {}  # (room, seq) -> (person, [id])
        self.contents = {}  # id -> bytes, also of those that are gone
        self.come_back()

    def tearDown(self):
        for person in self.people:
            if person.client:
                person.client.close()
        super().tearDown()

    def come_back(self):
        for person in self.people:
            person.come(self.server)

    # --- what people do ---

    def begin_upload(self, person, content, cut=None):
        http = Http(self.server)
        http.request("/files?name=x", method="POST", Authorization=f"Bearer {person.session}",
                     Content_Length=len(content))
        http.send_bytes(content[:cut])
        return http

    def upload(self):
        person = self.random.choice(self.people)
        content = self.random.randbytes(self.random.choice((0, 1, 5000, 70000)))
        http = self.begin_upload(person, content)
        answer = http.answer()
        http.close()
        self.assertEqual(answer.status, 201, answer.body)
        file = json.loads(answer.body)["file"]
        self.contents[file] = content
        self.unsent.append((person, file))

    def abandon(self):
        content = self.random.randbytes(70000)
        self.begin_upload(self.random.choice(self.people), content, self.random.randrange(70000)).close()

    def choose_send(self):
        """(person, room, ids, send id), or None where nothing can be sent."""
        if not self.unsent:
            return None
        person = self.random.choice(self.unsent)[0]
        own = [file for owner, file in self.unsent if owner is person]
        files = self.random.sample(own, min(len(own), self.random.randint(1, 3)))
        return person, self.random.choice(ROOMS), files, person.next_id()

    def post_send(self, send):
        person, room, files, send_id = send
        person.client.post("send", room=room, message="", files=files, id=send_id)

    def take_ack(self, send):
        person, room, files, send_id = send
        answer = person.client.answer(send_id)
        self.assertEqual(answer["op"], "ack", answer)
        self.messages[room, answer["seq"]] = person, files
        self.unsent = [(owner, file) for owner, file in self.unsent if file not in files]

    def send(self):
        send = self.choose_send()
        if send:
            self.post_send(send)
            self.take_ack(send)

    def delete(self):
        if self.messages:
            room, seq = place = self.random.choice(sorted(self.messages))
            self.messages.pop(place)[0].client.ok("delete", room=room, target=seq)

    def edit(self):
        if self.messages:
            room, seq = place = self.random.choice(sorted(self.messages))
            self.messages[place][0].client.ok("edit", room=room, target=seq, message="edited")

    def close_room(self):
        room = self.random.choice(ROOMS[1:])
        for person in self.people:
            answer = person.client.request("close", room=room)
            if answer["op"] != "error":
                break
        else:
            return
        self.messages = {place: message for place, message in self.messages.items() if place[0] != room}
        for person in self.people:
            person.client.join(room)

    def download(self):
        if not self.contents:
            return
        file = self.random.choice(sorted(self.contents))
        there = any(file in files for _, files in self.messages.values())
        if there:
            self.assertEqual(self.fetch("/files/" + file, self.people[0].client).body, self.contents[file])
        elif not any(file == one for _, one in self.unsent):
            self.assertEqual(self.fetch("/files/" + file, self.people[0].client).status, 404)

    # --- and what happens to them ---

    def kill(self):
        """In the middle of an upload, a send and a deletion; what was asked is asked again."""
        send = self.choose_send()
        deleted = self.random.choice(sorted(self.messages)) if self.messages and self.random.random() < .5 else None
        http = None
        try:
            http = self.begin_upload(self.random.choice(self.people), self.random.randbytes(70000))
            if send:
                self.post_send(send)
            if deleted:
                self.messages[deleted][0].client.post("delete", room=deleted[0], target=deleted[1], id="d")
            time.sleep(self.random.random() * 0.03)
        except GONE:
            pass
        self.server.kill()
        for connection in [http, *(person.client for person in self.people)]:
            if connection:
                connection.close()
        self.server.start()
        self.come_back()
        if send:
            self.post_send(send)
            self.take_ack(send)
        if deleted:
            person = self.messages.pop(deleted)[0]
            answer = person.client.request("delete", room=deleted[0], target=deleted[1])
            self.assertIn(answer.get("code", "ack"), ("ack", "no_target", "no_message", "deleted"), answer)

    def forget_unsent(self):
        """An hour later."""
        self.server.stop()
        database = sqlite3.connect(self.server.data / "brusio.db")
        database.execute("UPDATE files SET made_ms=made_ms-4000000 WHERE entry=0")
        database.commit()
        database.close()
        self.unsent = []
        for person in self.people:
            person.client.close()
        self.server.start()
        self.come_back()

    # --- what must be there ---

    def wanted(self):
        return {file for _, files in self.messages.values() for file in files} | {file for _, file in self.unsent}

    def rows(self):
        database = sqlite3.connect(f"file:{self.server.data / 'brusio.db'}?mode=ro", uri=True)
        try:
            return {row[0] for row in database.execute("SELECT id FROM files")}
        finally:
            database.close()

    def disk(self):
        return {path.name: path for path in pathlib.Path(self.server.data / "files").glob("*/*")}

    def wait_until(self, condition, what):
        limit = time.monotonic() + deadline()
        while not condition():
            self.assertLess(time.monotonic(), limit, f"{what}; seed {SEED}: disk {sorted(self.disk())}, "
                            f"rows {sorted(self.rows())}, wanted {sorted(self.wanted())}")
            time.sleep(0.1)

    def settle(self):
        """No row that nothing refers to, but for uploads whose answer a kill cut off, and each with its bytes."""
        self.wait_until(lambda: self.wanted() <= self.rows() <= set(self.disk()), "something is missing")
        self.wait_until(lambda: not (self.rows() - self.wanted()) & set(self.contents), "a row nobody refers to")
        for file in self.wanted():
            self.assertEqual(self.disk()[file].read_bytes(), self.contents[file], f"seed {SEED}")
        self.wait_until(lambda: not set(self.disk()) & set(self.contents) - self.wanted(), "something deleted is there")

    def test_what_is_on_disk_is_what_something_refers_to(self):
        operations = [self.upload] * 6 + [self.send] * 5 + [self.delete] * 3 + [self.download] * 3 + [
            self.edit, self.abandon, self.abandon, self.close_room]
        for number in range(OPERATIONS):
            self.random.choice(operations)()
            if number % 25 == 24:
                self.kill()
            if number % 50 == 49:
                self.settle()
            if number % 100 == 99:
                self.forget_unsent()
                self.settle()
        self.forget_unsent()
        # Files that a kill left without a row are swept once they are old.
        self.server.stop()
        old = time.time() - 31 * DAY
        for path in self.disk().values():
            os.utime(path, (old, old))
        self.server.start()
        self.wait_until(lambda: set(self.disk()) == self.rows() == self.wanted(), "not the same")
        checked = self.server.run("check")
        self.assertEqual((checked.returncode, "files" in checked.stdout), (0, False), checked.stdout + str(SEED))
        for content in (self.contents[file] for file in set(self.contents) - self.wanted()):
            if len(content) >= 5000:
                self.assert_is_nowhere(content[:200])

    def assert_is_nowhere(self, content):
        for path in self.server.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(content, path.read_bytes(), f"{path}; seed {SEED}")
