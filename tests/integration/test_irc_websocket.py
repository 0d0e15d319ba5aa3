"""IRC over WebSocket: the subprotocols text.ircv3.net and binary.ircv3.net, a line in each message."""
import base64
import hashlib
import os
import unittest

from brusio_test import CAPS, Closed, ServerTest
from brusio_test.irc import Irc
from brusio_test.web import BINARY, CLOSE, GUID, PING, PONG, TEXT, Http, WebSocket, frame


class IrcSocket(Irc, WebSocket):
    """A client of IRC whose lines are messages."""

    def __init__(self, server, name, protocol="text.ircv3.net", path="/", caps=None):
        Http.__init__(self, server)
        self.opcode = BINARY if protocol.startswith("binary") else TEXT
        self.name, self.greeting = name, []
        key = base64.b64encode(os.urandom(16)).decode()
        Http.request(self, path, Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Key=key,
                     Sec_WebSocket_Version="13", Sec_WebSocket_Protocol=protocol)
        answer = Http.answer(self)
        assert answer.status == 101, answer
        assert answer.fields["sec-websocket-protocol"] == protocol.split(",")[0], answer
        accepted = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        assert answer.fields["sec-websocket-accept"] == accepted
        if name:
            self.greet(name, caps, None, "tester")

    def until(self, part, *limit):
        """Reads bytes during the handshake, and lines afterwards."""
        return Http.until(self, part, *limit) if isinstance(part, bytes) else Irc.until(self, part)

    def line(self, *lines):
        self.send_bytes(b"".join(frame(line.encode(), self.opcode) for line in lines))

    def read(self):
        opcode, payload = self.receive_frame()
        if opcode == CLOSE:
            raise Closed("closed")
        assert opcode == self.opcode and b"\n" not in payload and b"\r" not in payload, (opcode, payload)
        return payload.decode()


class Sockets(ServerTest):
    def socket(self, base, **options):
        return self.keep(IrcSocket(self.server, self.named(base), **options))

    def test_bytes_that_are_not_utf8_are_refused_in_a_binary_message(self):
        web = self.socket("web")
        web.send_bytes(frame(b"PRIVMSG #x :caf\xe9", BINARY))
        self.assertIn(" FAIL PRIVMSG INVALID_UTF8 ", web.read())
        self.assertEqual(web.all(), [])

    def test_lines_go_both_ways_in_each_form(self):
        forms = (("text.ircv3.net", "/"), ("binary.ircv3.net", "/irc"),
                 ("text.ircv3.net,binary.ircv3.net", "/ws"), ("binary.ircv3.net,text.ircv3.net", "/ws"))
        for number, (protocol, path) in enumerate(forms):
            room = f"{self.room}x{number}"
            web, plain = self.socket(f"web{number}", protocol=protocol, path=path, caps=CAPS), self.irc(f"plain{number}")
            web.ask(f"JOIN {room}")
            plain.ask(f"JOIN {room}")
            web.until(f":{plain.name}!")
            echo = web.ask(f"@label=e1 PRIVMSG {room} :from the web ü")
            self.assertRegex(echo[0], r"^@label=e1;time=.* :from the web ü$")
            plain.until(":from the web ü")
            plain.line(*[f"PRIVMSG {room} :text {line}" for line in range(300)])
            lines = [line for line in web.until(":text 299") if "PRIVMSG" in line]
            self.assertEqual([line.rsplit(" :", 1)[1] for line in lines], [f"text {line}" for line in range(300)])

    def test_what_was_written_before_is_sent_before_the_end(self):
        web = self.socket("web")
        web.line("QUIT :bye")
        lines = []
        with self.assertRaises(Closed):
            while True:
                lines.append(web.read())
        self.assertIn("ERROR :", lines[-1])

    def test_pings_of_the_socket_and_lines_that_are_too_long(self):
        web = self.socket("web")
        web.send_frame(b"are you there", PING)
        self.assertEqual(web.receive_frame(), (PONG, b"are you there"))
        self.assertIn(" 417 ", web.ask("PRIVMSG #x :" + "x" * 600)[0])
        self.assertIn(" 417 ", web.ask("PRIVMSG #x :" + "x" * 20000)[0])

    def test_a_page_of_another_site_gets_no_irc(self):
        key = base64.b64encode(os.urandom(16)).decode()
        http = self.keep(Http(self.server))
        http.request("/irc", Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Key=key,
                     Sec_WebSocket_Version="13", Sec_WebSocket_Protocol="text.ircv3.net",
                     Origin="https://elsewhere.example")
        self.assertEqual(http.answer().status, 403)


if __name__ == "__main__":
    unittest.main()
