"""A thousand connections in one room: everybody gets everything, in order."""
import json
import resource
import selectors
import socket
import time
import unittest

from brusio_test import Full, PrivateServerTest, connect_address, deadline, sanitizer

CROWD = 300 if sanitizer() else 1_000
WRITERS = 5
EACH = 20
DESCRIPTORS = 4_096


class Member:
    """One of the crowd: counts what it is shown without keeping it."""

    def __init__(self, server, number):
        self.socket = socket.create_connection(connect_address(server), deadline())
        self.socket.setblocking(False)
        self.buffer = b""
        self.joined = False
        self.seqs = []
        self.texts = []
        hello = {"op": "hello", "id": "h", "name": f"member{number}"}
        join = {"op": "join", "id": "j", "room": "#crowd"}
        self.socket.send(f"{json.dumps(hello)}\n{json.dumps(join)}\n".encode())

    def read(self):
        data = self.socket.recv(262_144)
        if not data:
            raise AssertionError("the server closed a member's connection")
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            if b'"op":"enter"' in line or b'"op":"exit"' in line:
                continue
            value = json.loads(line)
            if value["op"] == "joined":
                self.joined = True
            elif value["op"] == "message":
                self.seqs.append(value["seq"])
                self.texts.append(value["message"])
            elif value["op"] == "error":
                raise AssertionError(value)


class Crowd(PrivateServerTest):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < CROWD + 200:
            self.skipTest(f"only {hard} descriptors are allowed")
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
        self.selector = selectors.DefaultSelector()
        self.addCleanup(self.selector.close)

    def until(self, done, members, what):
        """Read whatever comes to MEMBERS until DONE says so of each."""
        end = time.monotonic() + deadline(60)
        missing = {member for member in members if not done(member)}
        while missing:
            if time.monotonic() > end:
                self.fail(f"{len(missing)} of {len(members)} are not {what}")
            for key, _ in self.selector.select(1):
                key.data.read()
                if done(key.data):
                    missing.discard(key.data)

    def gather(self, server):
        members = []
        for number in range(CROWD):
            member = Member(server, number)
            self.addCleanup(member.socket.close)
            self.selector.register(member.socket, selectors.EVENT_READ, member)
            members.append(member)
        self.until(lambda member: member.joined, members, "in the room")
        return members

    def test_everybody_gets_everything_in_order(self):
        server = self.start()
        members = self.gather(server)
        writers = [Full(server, f"writer{number}") for number in range(WRITERS)]
        for writer in writers:
            self.keep(writer)
            count = writer.join("#crowd")["count"]
        self.assertEqual(count, CROWD + WRITERS)
        for number in range(EACH):
            for writer in writers:
                writer.post("send", room="#crowd", message=f"{writer.name} {number}")
        total = WRITERS * EACH
        self.until(lambda member: len(member.seqs) >= total, members, "served")
        texts = members[0].texts
        for member in members:
            self.assertEqual(member.seqs, list(range(1, total + 1)))
            self.assertEqual(member.texts, texts)
        for writer in writers:
            own = [text for text in texts if text.startswith(f"{writer.name} ")]
            self.assertEqual(own, [f"{writer.name} {number}" for number in range(EACH)])

    def test_all_leave_at_once_and_come_again(self):
        server = self.start()
        members = self.gather(server)
        for member in members:
            self.selector.unregister(member.socket)
            member.socket.close()
        keeper = self.keep(Full(server, "keeper"))
        keeper.join("#crowd")
        until = time.monotonic() + deadline(60)
        while sum(member["online"] for member in keeper.ok("who", room="#crowd")["members"]) > 1:
            self.assertLess(time.monotonic(), until, "the dead are still listed as present")
            time.sleep(0.05)
        self.assertEqual(keeper.say("alone", "#crowd")["seq"], 1)


if __name__ == "__main__":
    unittest.main()
