"""Secrets do not stay in the memory of a process: passwords, sessions, tokens, second factors. The memory of
the server and of the client is searched for them, and for a text that is not secret and must be found."""
import base64
import json
import re
import secrets
import tempfile
import time

from brusio_test import PrivateServerTest, TLS, deadline, sanitizer
from brusio_test.authenticator import App
from brusio_test.irc import Irc
from brusio_test.web import Http, WebSocket
from client_tools import Terminal, address_of


def found_in(pid, needles):
    """The names of those of NEEDLES, a dictionary, that stand in memory that the process can write."""
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            ends = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not ends:
                continue
            begin, end = (int(one, 16) for one in ends.groups())
            try:
                memory.seek(begin)
                text = memory.read(end - begin)
            except OSError:
                continue
            found |= {name for name, needle in needles.items() if needle.encode() in text}
    return found


class Memory(PrivateServerTest):
    def setUp(self):
        super().setUp()
        if sanitizer():
            self.skipTest("a sanitizer maps more memory than can be read, and keeps what is freed")
        self.secrets = {}

    def new(self, name):
        """A password that nobody has had before, known as NAME."""
        self.secrets[name] = secrets.token_hex(14)
        return self.secrets[name]

    def only_the_control_is_in(self, pid, control):
        """At the latest when the process has noticed that a line was closed."""
        found, limit = None, time.monotonic() + deadline()
        while found != {"control"} and time.monotonic() < limit:
            try:
                found = found_in(pid, {**self.secrets, "control": control})
            except PermissionError:
                self.skipTest("this system does not let a test look into the memory of its child")
        self.assertEqual(found, {"control"})


class OfTheServer(Memory):
    def setUp(self):
        super().setUp()
        self.start("--sandbox", "off")  # else nobody may look
        self.control = self.full("witness" + secrets.token_hex(4))

    def account(self, name, **options):
        client = self.full(name, **options)
        client.ok("register", password=self.new(f"password of {name}"))
        return client

    def log_in(self, name, client=None, **fields):
        client = client or self.unnamed()
        welcome = client.ok("hello", name=self.named(name), device=secrets.token_hex(4), **fields)
        self.secrets[f"session {len(self.secrets)} of {name}"] = welcome["session"]
        return client

    def check(self):
        """Neither in memory nor in the log nor in a database that somebody steals."""
        self.control.barrier()
        self.only_the_control_is_in(self.server.pid, self.control.name)
        texts = [path.read_bytes() for path in self.server.data.glob("brusio.db*")] + [self.server.log().encode()]
        self.assertTrue(any(self.control.name.encode() in text for text in texts))
        self.assertEqual([name for name, secret in self.secrets.items() for text in texts if secret.encode() in text], [])

    def test_passwords_and_sessions_of_the_full_form(self):
        anna = self.account("anna")
        self.secrets["session of anna"] = anna.session
        old = self.secrets["password of anna"]
        self.log_in("anna", password=old)
        self.log_in("anna", self.unnamed(tls=TLS), password=old)
        self.log_in("anna", self.keep(WebSocket(self.server)), password=old)
        anna.ok("passwd", old=old, new=self.new("new password"))
        self.unnamed().refused("auth_failed", "hello", name=anna.name, password=self.new("wrong password"))
        self.check()

    def test_a_password_that_comes_in_pieces(self):
        anna = self.account("anna")
        client = self.unnamed()
        line = json.dumps({"op": "hello", "id": "h", "name": anna.name, "device": "d",
                           "password": self.secrets["password of anna"]})
        for part in (line[:-30], line[-30:-20], line[-20:] + "\n"):
            client.send_bytes(part.encode())
            anna.barrier()
        self.secrets["session"] = client.push(op="welcome")["session"]
        # One that never ends is wiped with its connection.
        half = self.unnamed()
        half.send_bytes(b'{"op":"hello","password":"' + self.new("half a hello").encode())
        half.close()
        anna.barrier()
        self.check()

    def test_tokens(self):
        anna = self.account("anna")
        self.secrets["token"] = token = anna.request("token", label="bot")["token"]
        self.log_in("anna", token=token)
        http = self.keep(Http(self.server))
        http.request("/files?name=a", method="POST", Authorization=f"Bearer {token}", Content_Length=2)
        http.send_bytes(b"hi")
        self.assertEqual(http.answer().status, 201)
        self.check()

    def test_the_second_factor(self):
        anna = self.account("anna")
        password = self.secrets["password of anna"]
        app = App(anna.ok("totp", on=True, password=password)["secret"])
        done = anna.ok("totp", on=True, password=password, secret=app.secret, code=app.code())
        self.secrets.update({f"code {code}": code for code in done["recovery"]})
        self.log_in("anna", password=password, code=done["recovery"][0])
        self.check()

    def test_irc(self):
        for name in ("pass", "sasl", "oper"):
            self.account(name)
        self.keep(Irc(self.server, self.named("sasl"), password=self.secrets["password of sasl"]))
        client = self.keep(Irc(self.server))
        client.line(f"PASS {self.named('pass')}:{self.secrets['password of pass']}", f"NICK {self.named('pass')}", "USER a 0 * :b")
        client.until(" 422 ")
        oper = self.named("oper")
        client.ask(f"OPER {oper} {self.secrets['password of oper']}", f"OPER {oper} {self.new('wrong oper')}")
        guest = self.keep(Irc(self.server, "guest"))
        guest.ask(f"PRIVMSG NickServ :REGISTER {self.new('of NickServ')}")
        half = self.keep(Irc(self.server))
        half.line("CAP REQ :sasl", "AUTHENTICATE PLAIN",
                  "AUTHENTICATE " + base64.b64encode(("\0half\0" + self.new("half of SASL")).encode()).decode())
        half.line(f"PASS half:{self.new('half a PASS')}")
        half.close()
        self.check()

    def test_what_is_typed(self):
        text = self.text("typist").enter()
        text.say(f"/register {self.new('typed')}")
        text.hears("is now yours")
        self.check()


class OfTheClient(Memory):
    """The token by which it stays logged in is needed; the passwords are not, once they have been sent."""

    def setUp(self):
        super().setUp()
        self.start()
        self.state = tempfile.TemporaryDirectory(prefix="brusio-test-")
        self.addCleanup(self.state.cleanup)

    def open(self, home, *args):
        home = f"{self.state.name}/{home}"
        terminal = Terminal(*args, "--room", "#a-room-of-their-own", address_of(self.server, self.named("anna")),
                            env={"XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home})
        self.addCleanup(terminal.close)
        return terminal

    def type_secret(self, terminal, prompt, text):
        terminal.typed_is(f"{prompt}> ")
        terminal.type(text + "\n")

    def test_passwords_that_were_typed(self):
        terminal = self.open("laptop")
        terminal.typed_is("#a-room-of-their-own> ")
        terminal.type("/register\n")
        password = self.new("password")
        self.type_secret(terminal, "new password", password)
        self.type_secret(terminal, "repeat the password", password)
        terminal.shows("is now your account.", "stay logged in")
        terminal.type("/passwd\n")
        self.type_secret(terminal, "current password", password)
        self.type_secret(terminal, "new password", self.new("changed"))
        self.type_secret(terminal, "repeat the password", self.secrets["changed"])
        terminal.shows("Your password was changed.")
        self.only_the_control_is_in(terminal.process.pid, "#a-room-of-their-own")
        other = self.open("phone")
        self.type_secret(other, f"password of {self.named('anna')}", self.secrets["changed"])
        other.typed_is("#a-room-of-their-own> ")
        self.only_the_control_is_in(other.process.pid, "#a-room-of-their-own")
