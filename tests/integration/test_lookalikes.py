"""Names: letters of one script, few marks, and nobody who cannot be told from somebody else."""
from brusio_test import PrivateServerTest, ServerTest


class Names(ServerTest):
    def called(self, name):
        client = self.unnamed()
        client.ok("hello", name=name)
        return client

    def hello(self, name):
        """The answer to somebody who comes with this name."""
        return self.unnamed().request("hello", name=name)

    def refused(self, code, name):
        answer = self.hello(name)
        self.assertEqual(answer.get("code"), code, (name, answer))
        self.assertNotIn("{", answer["message"])

    def test_letters_of_several_scripts_are_no_name(self):
        for name in ("M\u0430rio", "mari\u03bf", "\u0418van"):
            self.refused("bad_name", name)
        for name in (f"Мария{self.number}", f"田中Ken{self.number}", f"민수{self.number}", f"नमस्ते{self.number}"):
            self.assertEqual(self.hello(name)["op"], "welcome", name)

    def test_a_letter_carries_three_marks(self):
        self.refused("bad_name", "a" + "\u0301" * 31)
        self.refused("bad_name", "a\u0301\u0302\u0303\u0304")
        self.assertEqual(self.hello(f"a\u0301\u0302\u0303x{self.number}")["op"], "welcome")
        self.full("writer").refused({"bad_name", "bad_field"}, "join", room="#a" + "\u0301" * 30)

    def test_reserved_names(self):
        for name in ("brusio", "BRUSIO", "brus\u0131o", "BRUSlO", "brus1o", "NickServ", "ChanServ", "MemoServ", "HostServ",
                     "OperServ", "SaslServ", "Services", "Global", "nlckserv"):
            self.refused("name_taken", name)
        self.full("writer").refused("name_taken", "nick", name="N\u0131ckServ")

    def test_nobody_looks_like_somebody_who_is_here(self):
        mario = self.called(f"Mario{self.number}i")
        alike = f"Mar\u0131o{self.number}i"
        self.refused("name_taken", alike)
        self.refused("name_taken", alike.lower())
        self.full("other").refused("name_taken", "nick", name=alike)
        # Without a number behind it: that would be like the other's with a number.
        simple = self.connection()
        simple.send_bytes(b'{"from":{"name":"%s","ip":""},"message":""}\n' % alike.encode())
        self.assertIn(b"name_taken", simple.receive_line())
        mario.ok("nick", name=f"else{self.number}")
        self.assertEqual(self.hello(alike)["op"], "welcome")

    def test_one_may_look_like_oneself(self):
        mario = self.called(f"Ian{self.number}x")
        mario.ok("nick", name=f"lan{self.number}x")
        mario.ok("nick", name=f"Ian{self.number}x")

    def test_letters_that_look_alike_in_capitals_alone(self):
        self.called(f"kai{self.number}x")
        self.assertEqual(self.hello(f"kal{self.number}x")["op"], "welcome")


class Accounts(PrivateServerTest):
    def test_nobody_looks_like_an_account_that_is_away(self):
        server = self.start()
        self.assertEqual(server.run("user", "add", "Mario", input="long enough\n").returncode, 0)
        server.restart()
        self.assertEqual(self.unnamed().request("hello", name="Mar\u0131o").get("code"), "name_taken")
        self.assertEqual(self.unnamed().request("hello", name="mario").get("code"), "auth_required")
        for name in ("M\u0430rio", "NickServ", "a" + "\u0301" * 5):
            done = server.run("user", "add", name, input="long enough\n")
            self.assertNotEqual(done.returncode, 0, name)
            self.assertIn(name, done.stderr)
