"""Out of descriptors: no spinning, nobody who is there is affected, and it recovers by itself."""
import resource
import socket
import threading
import unittest

from brusio_test import Full, Late, PrivateServerTest, connect_address, deadline

DESCRIPTORS = 80


class Descriptors(PrivateServerTest):
    def limited(self):
        return self.start(prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)))

    def crowd(self, count):
        """COUNT connections, made by the kernel's backlog whether the server accepts them or not."""
        crowd = []
        for _ in range(count):
            connection = socket.socket()
            self.addCleanup(connection.close)
            connection.settimeout(deadline())
            connection.connect(connect_address(self.server))
            crowd.append(connection)
        return crowd

    def test_it_does_not_spin_and_recovers(self):
        server = self.limited()
        writer, reader = self.full("writer", self.room), self.full("reader", self.room)
        crowd = self.crowd(DESCRIPTORS * 2)
        writer.barrier()
        before = server.cpu_seconds()
        threading.Event().wait(2)
        self.assertLess(server.cpu_seconds() - before, 1.0, "the server is busy with nothing")
        for number in range(50):
            writer.say(f"undisturbed {number}", self.room)
            self.assertEqual(reader.entry(self.room)["message"], f"undisturbed {number}")
        self.assertLessEqual(len([line for line in server.log().splitlines() if "descriptor" in line.lower()
                                  or "open files" in line.lower()]), 10, "the log is not flooded")
        for connection in crowd:
            connection.close()
        self.newcomer().say("in again", self.room)
        reader.push(message="in again")

    def newcomer(self):
        """A connection may still be among those that are refused: try until the deadline."""
        attempts = int(deadline(20))
        for attempt in range(attempts):
            client = None
            try:
                client = Full(self.server)
                client.answer(client.post("hello", name=f"newcomer{attempt}"), 1)
                client.join(self.room)
                return self.keep(client)
            except (Late, AssertionError, OSError) as error:
                failure = error
                if client:
                    client.close()
        raise failure

    def test_descriptors_are_given_back(self):
        server = self.start()
        reader = self.full("reader", self.room)
        before = 0
        for turn in range(4):
            clients = [self.full(f"guest{turn}x{number}", self.room) for number in range(100)]
            for number, client in enumerate(clients):
                (client.reset if number % 2 else client.close)()
            for _ in clients:
                reader.push(op="exit")
            # Descriptors that the server opens on first use may stay open.
            before = before or self.settled(server, reader)
        self.assertLessEqual(self.settled(server, reader, before), before)

    @staticmethod
    def settled(server, reader, wanted=0):
        """The open descriptors: a connection's may be closed a moment after the others were told of its end."""
        for _ in range(200):
            if server.descriptors() <= wanted:
                break
            reader.barrier()
        return server.descriptors()


if __name__ == "__main__":
    unittest.main()
