"""Pages are bounded by bytes: whatever stands in a room, nobody is sent more than 1 MiB at once."""
import json
import sqlite3

from brusio_test import PrivateServerTest, only_sqlite

MOST = 1 << 20


class Pages(PrivateServerTest):
    def page(self, client, **fields):
        """The answer and its size on the wire."""
        client.post("history", **fields)
        while True:
            line = client.receive_line()
            value = json.loads(line)
            if value.get("op") == "history":
                return value, len(line)

    def fill(self, messages):
        """Fills messages with as many reactions as they may have, in the store itself."""
        flag = "🏴" + "".join(chr(0xe0061 + number) for number in range(12)) + "\U000e007f"
        emoji = [chr(0x1f600 + number) + "\u200d" + flag[:13] + "\U000e007f" for number in range(32)]
        chat = sqlite3.connect(self.server.data / "brusio.db")
        ids = [row[0] for row in chat.execute("SELECT id FROM entries WHERE kind=1")]
        self.assertEqual(len(ids), messages)
        columns = [row[1] for row in chat.execute("PRAGMA table_info(reactions)")]
        with chat:
            chat.execute("UPDATE entries SET flags=flags|? WHERE kind=1", (self.reacted_flag,))
            chat.executemany(f"INSERT INTO reactions({','.join(columns)}) VALUES(?,?,?,?)",
                             ((entry, sign, str(person) if columns[2] == "user" else person, "界" * 30 + f"{person:02}")
                              for entry in ids for sign in emoji for person in range(20)))
        chat.close()

    reacted_flag = 8

    @only_sqlite
    def test_reactions_do_not_make_a_page_too_large(self):
        server = self.start()
        writer = self.full("writer", self.room)
        for number in range(200):
            writer.post("send", room=self.room, message=f"message {number}")
        writer.barrier()
        server.stop()
        self.fill(200)
        server.start()
        reader = self.full("reader", self.room)
        page, size = self.page(reader, room=self.room, limit=200)
        self.assertLessEqual(size, MOST)
        self.assertGreater(len(page["messages"]), 50)
        newest = page["messages"][-1]["reactions"]
        self.assertEqual([len(newest), newest[0]["count"]], [32, 20])

    def test_texts_are_cut_into_pages(self):
        self.start()
        writer = self.full("writer", self.room)
        text = "\x01" * 8000
        for number in range(60):
            writer.post("send", room=self.room, message=text)
        writer.barrier()
        reader = self.full("reader", self.room)
        got, before = 0, {}
        while True:
            page, size = self.page(reader, room=self.room, limit=200, **before)
            self.assertLessEqual(size, MOST)
            got += len(page["messages"])
            if not page["more"]:
                break
            before = {"before": page["messages"][0]["seq"]}
        self.assertEqual(got, 60)
