"""Files that clients of IRC send: with the login that they have, and a link in a message (soju.im/FILEHOST)."""
import base64
import json
import re
import subprocess
import tempfile
import urllib.parse

from brusio_test import CAPS, ServerTest
import test_files


class Filehost(test_files.FilesTest, ServerTest):
    """Clients of IRC send a file with their login, and put the link that they get into a message (soju.im/FILEHOST)."""

    # A hundred messages at once.
    server_args = ("--account-rate", "1", "--web-origins", "https://app.example")

    def setUp(self):
        super().setUp()
        self.password = "correct horse battery"
        owner = self.irc("anna", caps="draft/account-registration")
        self.assertFalse([line for line in owner.greeting if "FILEHOST" in line])
        registered = owner.ask(f"REGISTER * * :{self.password}")
        self.assertTrue(any("soju.im/FILEHOST=" in line for line in registered), registered)
        self.anna = self.irc("anna", caps=f"sasl {CAPS}", password=self.password)
        self.anna.ask(f"JOIN {self.room}")
        self.reader = self.full("reader", self.room)

    def host(self, name=None, password=None, content=test_files.PNG, **fields):
        """The answer to an upload as gamja sends it."""
        login = base64.b64encode(f"{name or self.anna.name}:{password or self.password}".encode()).decode()
        http = self.http()
        fields.setdefault("Content_Disposition", 'attachment; filename="cat.png"')
        http.request("/files", method="POST", Authorization=f"Basic {login}", Content_Length=len(content),
                     Content_Type="image/png", **fields)
        http.send_bytes(content)
        return http.answer()

    def test_a_page_of_another_site_sends_nothing(self):
        """Browsers add a login that they know by themselves."""
        answer = self.host(Origin="https://evil.example")
        self.assertEqual((answer.status, json.loads(answer.body)["code"]), (403, "forbidden"))

    def test_a_page_of_a_site_that_is_configured_sends_as_gamja_does(self):
        site, http = {"Origin": "https://app.example"}, self.http()
        http.request("/files", method="OPTIONS", Access_Control_Request_Method="POST",
                     Access_Control_Request_Headers="authorization,content-disposition,content-type", **site)
        allowed = http.answer().fields
        wanted = {"Authorization", "Content-Disposition", "Content-Type"}
        self.assertLessEqual(wanted, set(allowed["access-control-allow-headers"].split(", ")))
        self.assertEqual(allowed["access-control-allow-credentials"], "true")
        for sent, name in (('filename="cat.png"', "cat.png"), ("filename*=UTF-8''l'%C3%A8%20(1)!.png", "l'è (1)!.png")):
            fields = self.host(Content_Disposition=f"attachment; {sent}", **site).fields
            self.assertEqual(fields["access-control-allow-origin"], "https://app.example")
            self.assertIn("Location", fields["access-control-expose-headers"])
            self.assertEqual(urllib.parse.unquote(fields["location"].rpartition("/")[2]), name)

    def test_the_address_is_told_and_curl_can_use_it(self):
        line = next(line for line in self.anna.greeting if "FILEHOST" in line)
        address = re.search(r" 005 \S+ soju\.im/FILEHOST=(http://127\.0\.0\.1:\d+/files) :", line)[1]
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(test_files.PNG)
            file.flush()
            done = subprocess.run(["curl", "-sS", "-i", "-u", f"{self.anna.name}:{self.password}", "--data-binary",
                                   f"@{file.name}", "-H", "Content-Type: image/png", "-H",
                                   "Content-Disposition: attachment; filename*=UTF-8''gatto%20%C3%A8.png", address],
                                  capture_output=True, timeout=60, check=True, text=True)
        self.assertIn(" 201 ", done.stdout)
        link = re.search(r"(?m)^Location: (\S+)", done.stdout)[1]
        self.assertRegex(link, r"^http://\S+/f/\w{32}/\w{32}/gatto%20%C3%A8\.png$")
        path = urllib.parse.urlsplit(link).path
        self.assertEqual(self.fetch(path).body, test_files.PNG)
        http = self.http()
        http.request(path, method="HEAD")
        self.assertEqual(http.answer(is_head=True).status, 200)

    def test_a_link_in_a_message_is_its_file(self):
        link = self.host().fields["location"]
        self.anna.line(f"PRIVMSG {self.room} :look at this {link}")
        line = self.anna.until(f"PRIVMSG {self.room} :look at this")[-1]
        message = self.reader.push(op="message", text="look at this")
        self.assertEqual([(one["name"], one["bytes"], one["type"]) for one in message["files"]],
                         [("cat.png", len(test_files.PNG), "image/png")])
        self.assertIn(f"cat.png ({len(test_files.PNG)} B) {link}", message["message"])
        self.assertEqual(self.fetch(urllib.parse.urlsplit(link).path).body, test_files.PNG)
        # Said again, it is a text: the file is in one message, and ends with it.
        self.anna.line(f"PRIVMSG {self.room} :again {link}")
        again = self.reader.push(op="message", message=f"again {link}")
        self.assertNotIn("files", again)
        self.assertEqual(again["seq"], message["seq"] + 1)
        self.anna.line(f"REDACT {self.room} {re.search('msgid=([^ ;]+)', line)[1]}")
        self.wait_for_blobs(0)

    def test_two_links_alone_are_a_message_of_two_files_to_somebody_new(self):
        links = [self.host().fields["location"] for _ in range(2)]
        self.anna.line(f"PRIVMSG {self.reader.name} :{' '.join(links)}", f"PRIVMSG {self.reader.name} :behind them")
        message = self.reader.push(op="message", room=f"@{self.anna.name}")
        self.assertEqual((message["text"], len(message["files"])), ("", 2))
        self.assertEqual(self.reader.push(op="message", message="behind them")["seq"], message["seq"] + 1)

    def test_a_link_that_is_a_message_s_already_does_not_hold_up_another(self):
        old, new = (self.host().fields["location"] for _ in range(2))
        self.anna.line(f"PRIVMSG {self.room} :{old}", f"PRIVMSG {self.room} :{old} and {new}")
        self.reader.push(op="message", text="")
        message = self.reader.push(op="message", text=f"{old} and {new}")
        self.assertEqual([one["url"] for one in message["files"]], [urllib.parse.urlsplit(new).path])

    def test_a_message_that_is_decided_anew_is_counted_once(self):
        """The first one takes the file that all of them name; the others become texts when the store says so."""
        link = self.host().fields["location"]
        self.anna.line(*[f"PRIVMSG {self.room} :{number} {link}" for number in range(80)])
        self.anna.ask("PING behind")
        self.assertEqual(self.reader.push(op="message")["text"], "0")
        for number in range(1, 80):
            self.assertEqual(self.reader.push(op="message")["message"], f"{number} {link}")

    def test_a_link_of_somebody_else_is_text(self):
        link = self.host().fields["location"]
        bob = self.irc("bob")
        bob.ask(f"JOIN {self.room}")
        bob.line(f"PRIVMSG {self.room} :mine {link}", f"PRIVMSG {self.room} :behind it")
        message = self.reader.push(op="message", message=f"mine {link}")
        self.assertNotIn("files", message)
        self.assertEqual(self.reader.push(op="message", message="behind it")["seq"], message["seq"] + 1)

    def test_who_may_not_is_refused(self):
        self.assertEqual(self.host(password="wrong horse").status, 401)
        self.assertEqual(self.host(name=self.reader.name).status, 401)
        self.assertEqual(self.host(name=self.anna.name + "@phone").status, 201)
        admin = self.full("tess", "#lobby")
        admin.ok("register", password=self.password)
        token = admin.ok("token", label="irc")["token"]
        self.assertEqual(self.host(name=admin.name, password=token).status, 201)
        self.assertEqual(self.host(password=token).status, 401)
        # Without a password that browsers would keep for pages of others.
        self.assertEqual(self.upload(None).fields["www-authenticate"], "Bearer")
