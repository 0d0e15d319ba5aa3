"""A message that is deleted while the search index forgets an earlier deletion is forgotten, too."""
import contextlib
import sqlite3
import time
import unittest

from brusio_test import PrivateServerTest, deadline, only_sqlite


@only_sqlite
class Forgetting(PrivateServerTest):
    def until(self, done):
        end = time.monotonic() + deadline()
        while not done():
            self.assertLess(time.monotonic(), end)

    def database(self, name):
        return self.enterContext(contextlib.closing(
            sqlite3.connect(self.server.data / name, timeout=deadline(), isolation_level=None)))

    def indexed(self, word):
        """Whether the end of the word is in the index, whose tokenizer we do not have; what words begin with is left
        out there where the word before begins in the same way."""
        return self.index.execute("SELECT count(*) FROM segment_0_data WHERE instr(block, CAST(? AS BLOB))",
                                  (word[2:],)).fetchone()[0]

    def test_a_deletion_while_another_is_being_forgotten(self):
        """The segment is made anew, and before that is noted down an older text of it goes."""
        self.start()
        writer = self.full("writer", self.room)
        writer.say("staysword", self.room)
        older = writer.say("olderword", self.room)["seq"]
        newer = writer.say("newerword", self.room)["seq"]
        self.until(lambda: writer.ok("search", query="newerword")["messages"])
        chat, self.index = self.database("brusio.db"), self.database("search.db")
        writer.ok("delete", room=self.room, target=newer)
        # While we write, the indexer can read, but not note down what it has forgotten.
        chat.execute("BEGIN IMMEDIATE")
        chat.execute("UPDATE entries SET text='' WHERE seq=? AND text='olderword'", (older,))
        chat.execute("INSERT INTO forgotten SELECT id FROM entries WHERE seq=? AND text=''", (older,))
        self.until(lambda: not self.indexed("newerword"))
        chat.execute("COMMIT")
        self.until(lambda: not chat.execute("SELECT count(*) FROM forgotten").fetchone()[0])
        self.assertEqual(self.indexed("olderword"), 0)


if __name__ == "__main__":
    unittest.main()
