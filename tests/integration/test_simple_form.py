"""The simple form: what the original chat's clients rely on (protocol section 2)."""
import json
import unittest

from brusio_test import Late, Server, ServerTest, exchange


class Talking(ServerTest):
    def test_a_message_goes_to_everyone_else(self):
        people = [self.simple(name).enter() for name in ("anna", "bruno", "carla")]
        exchange(*people)
        people[0].say("Ciao a tutti")
        for other in people[1:]:
            value = other.hears("Ciao a tutti", people[0].name)
            self.assertEqual(value["from"], {"name": people[0].name, "ip": "127.0.0.1"})

    def test_the_sender_does_not_get_his_own_message(self):
        one, two = self.simple("one").enter(), self.simple("two").enter()
        exchange(one, two)
        one.say("mine")
        two.hears("mine")
        two.say("yours")
        self.assertEqual(one.expect(op="message")["message"], "yours")

    def test_a_message_in_the_first_object_is_broadcast(self):
        reader = self.simple("reader").enter()
        writer = self.simple("writer")
        writer.say("with the first object")
        reader.hears("with the first object", writer.name)

    def test_an_empty_message_in_the_first_object_is_not(self):
        reader = self.full("reader", "#lobby")
        writer = self.simple("writer").enter()
        writer.say("the first")
        self.assertEqual(reader.push(op="message")["message"], "the first")

    def test_the_first_object_needs_no_message(self):
        reader = self.full("reader", "#lobby")
        writer = self.simple("writer")
        writer.send_object({"from": {"name": writer.name}})
        reader.push(op="enter", name=writer.name)

    def test_from_of_a_later_object_is_ignored(self):
        reader = self.full("reader", "#lobby")
        writer = self.simple("writer").enter()
        for later in ({"name": "brusio", "ip": "8.8.8.8"}, {"name": "somebody else"}, {"name": 3},
                      {"name": "x" * 1_000}, {"name": ""}, "text", None, 3):
            text = f"from {str(later)[:40]}"
            writer.send_object({"from": later, "message": text})
            self.assertEqual(reader.push(op="message", message=text)["from"], {"name": writer.name, "ip": "127.0.0.1"})

    def test_from_of_a_later_object_may_be_missing(self):
        reader = self.full("reader", "#lobby")
        writer = self.simple("writer").enter()
        writer.send_object({"message": "no from"})
        self.assertEqual(reader.push(message="no from")["from"]["name"], writer.name)

    def test_the_address_is_what_the_server_sees(self):
        reader = self.full("reader", "#lobby")
        writer = self.simple("writer", address=("127.0.0.1", self.server.port))
        writer.send_object({"from": {"name": writer.name, "ip": "203.0.113.9"}, "message": "forged"})
        self.assertEqual(reader.push(message="forged")["from"]["ip"], "127.0.0.1")

    def test_all_forms_hear_each_other(self):
        full = self.full("full", "#lobby")
        people = [self.simple("simple"), self.text("text"), self.original("original")]
        for person in people:
            person.introduce()
            full.push(op="enter", name=person.name)
        for person in people:
            person.say(f"all of you, {person.name}")
            entry = full.push(op="message", message=f"all of you, {person.name}")
            self.assertEqual(entry["from"]["name"], person.name)
            for other in people:
                if other is not person:
                    other.hears(f"all of you, {person.name}")
        full.say("and you")
        for person in people:
            person.hears("and you")

    def test_what_is_read_has_the_two_fields_and_more(self):
        reader, writer = self.simple("reader").enter(), self.simple("writer").enter()
        exchange(reader, writer)
        writer.say("fields")
        value = reader.hears("fields")
        self.assertEqual(value["room"], "#lobby")
        self.assertEqual(value["op"], "message")

    def test_two_messages_with_the_same_text_are_two(self):
        reader, writer = self.full("reader", "#lobby"), self.simple("writer").enter()
        for _ in range(3):
            writer.say("same")
        first = reader.push(message="same")["seq"]
        self.assertEqual([reader.push(message="same")["seq"] for _ in range(2)], [first + 1, first + 2])


class Notices(ServerTest):
    """On entering and on leaving all others in the room are told, however the leaving came."""

    def setUp(self):
        super().setUp()
        self.simple_reader = self.simple("watcher").enter()
        self.text_reader = self.text("listener").enter()
        self.reader = self.full("reader", "#lobby")

    def told(self, op, name):
        notice = self.reader.push(op=op, name=name, room="#lobby")
        self.assertEqual(notice["from"]["name"], "brusio")
        self.assertIn(name, notice["message"])
        self.assertEqual(self.simple_reader.expect(op=op, name=name)["from"]["name"], "brusio")
        self.assertIn(notice["message"], self.text_reader.hears(notice["message"]))

    def test_entering_in_each_form(self):
        for client in (self.simple("simple"), self.text("text"), self.original("original")):
            client.introduce()
            self.told("enter", client.name)
        full = self.full("full", "#lobby")
        self.told("enter", full.name)

    def test_leaving_by_command(self):
        client = self.simple("leaver").enter()
        self.told("enter", client.name)
        client.say("/quit")
        self.told("exit", client.name)
        client.rest_of_lines()

    def test_leaving_by_request(self):
        client = self.full("leaver", "#lobby")
        self.told("enter", client.name)
        client.ok("leave", room="#lobby")
        self.told("exit", client.name)

    def test_leaving_by_closing(self):
        client = self.simple("leaver").enter()
        client.close()
        self.told("exit", client.name)

    def test_leaving_by_reset(self):
        client = self.simple("leaver").enter()
        client.reset()
        self.told("exit", client.name)

    def test_leaving_by_half_closing(self):
        client = self.text("leaver").enter()
        client.end_of_sending()
        self.told("exit", client.name)
        client.rest_of_lines()

    def test_a_newcomer_does_not_read_of_his_own_entering_as_of_another(self):
        """Somebody who enters is told what the server wants to tell them, but not that somebody of their name entered."""
        client = self.simple("newcomer").enter()
        self.told("enter", client.name)
        self.reader.say("a first word")
        client.hears("a first word")
        self.assertFalse([line for line in client.transcript if line.startswith("<-") and '"op":"enter"' in line])

    def test_only_the_room_is_told(self):
        elsewhere = self.full("elsewhere", self.room)
        client = self.simple("passing").enter()
        client.close()
        self.told("enter", client.name)
        self.told("exit", client.name)
        other = self.full("other", self.room)
        self.assertEqual(elsewhere.push()["name"], other.name)


class OriginalClient(ServerTest):
    """json.loads(recv(4096)) on one object at a time, and no newline after what is sent."""

    def test_a_conversation(self):
        mario, luigi = self.original("mario"), self.original("luigi")
        watcher = self.full("watcher", "#lobby")
        mario.say("")
        watcher.push(op="enter", name=mario.name)
        luigi.say("")
        mario.hears(luigi.name)
        for number in range(10):
            mario.say(f"ciao {number}")
            luigi.hears(f"ciao {number}", mario.name)
            luigi.say(f"salve {number}")
            mario.hears(f"salve {number}", luigi.name)
        luigi.close()
        mario.hears(luigi.name)

    def test_objects_that_follow_each_other_come_apart(self):
        """A busy machine may delay the reader past the server's pause, so one clean burst in a few is enough."""
        for attempt in range(8):
            reader = self.original(f"reader{attempt}")
            writer = self.full(f"writer{attempt}", "#lobby")
            reader.say("here")
            writer.push(message="here")
            for number in range(4):
                writer.post("send", room="#lobby", message=f"burst {number}")
            try:
                for number in range(4):
                    reader.hears(f"burst {number}", writer.name)
                return
            except AssertionError as error:
                if isinstance(error, Late):
                    raise
                failure = error
        raise failure

    def test_commands_answer_in_one_object_each(self):
        client = self.original("commander")
        client.say("")
        client.say("/list")
        client.hears(client.name)
        client.say("/help")
        client.hears("/nick")

    def test_ctrl_c_in_the_original_tells_the_others(self):
        staying, leaving = self.simple("staying").enter(), self.original("leaving")
        leaving.say("")
        staying.notice(leaving.name)
        leaving.close()
        self.assertEqual(staying.expect(op="exit")["name"], leaving.name)


class Lines(ServerTest):
    """Plain text: the first line is the name, every later one a message or a command."""

    def test_lines_are_messages_both_ways(self):
        one, two = self.text("uno").enter(), self.text("due").enter()
        exchange(one, two)
        one.say("Ciao a tutti")
        self.assertEqual(two.hears("Ciao a tutti"), f"{one.name}: Ciao a tutti")

    def test_lines_may_end_as_telnet_ends_them(self):
        one, two = self.text("telnet", end="\r\n").enter(), self.simple("other").enter()
        exchange(two, one)
        one.say("carriage return")
        two.hears("carriage return", one.name)

    def test_what_telnet_sends_between_the_bytes_is_not_text(self):
        reader = self.full("reader", "#lobby")
        client = self.text("telnet")
        client.send_bytes(b"\xff\xfb\x01\xff\xfd\x03\xff\xfa\x18\x00xterm\xff\xf0" + client.name.encode() + b"\r\n")
        reader.push(op="enter", name=client.name)
        self.assertTrue(client.receive_line().startswith(b"\xff\xfe\x01\xff\xfc\x03"))
        for sent in (b"ci\xff\xf1ao\r\n", b"ciao\r\0", b"cix\x08ao\n", b"ciax\x7fo\n", "cià\x08ao\n".encode()):
            with self.subTest(sent=sent):
                client.send_bytes(sent)
                self.assertEqual(reader.push(op="message")["message"], "ciao")

    def test_an_empty_first_line_is_asked_again(self):
        reader = self.full("reader", "#lobby")
        client = self.text("slow")
        client.say("")
        client.hears("Type your name")
        client.say(" ")
        client.enter()
        reader.push(op="enter", name=client.name)

    def test_other_greetings_get_one_line_and_the_end(self):
        reader = self.full("reader", "#lobby")
        for greeting in (b"EHLO example.org", b"SSH-2.0-OpenSSH_9.2", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2",
                         b"PROPFIND / HTTP/1.1", b"WEBIRC secret", b"RFB 003.008", b"STLS", b"a LOGIN x y",
                         b"a001 CAPABILITY", b"PROTOCTL NAMESX", b"\r\n\r\n\0\r\nQUIT\n\x21\x11"):
            with self.subTest(greeting=greeting):
                client = self.connection()
                client.send_bytes(greeting + b"\r\n")
                lines = [line for line in client.rest_of_lines() if line.strip()]
                self.assertEqual(len(lines), 1)
                self.assertIn(b"brusio", lines[0])
        reader.say("nobody came", "#lobby")
        self.assertEqual(reader.request("history", room="#lobby", limit=1)["messages"][0]["message"], "nobody came")

    def test_the_name_and_messages_in_one_segment(self):
        reader = self.full("reader", "#lobby")
        client = self.text("quick")
        client.send_bytes(f"{client.name}\nfirst\nsecond\n".encode())
        self.assertEqual([reader.push(op="message")["message"] for _ in range(2)], ["first", "second"])

    def test_byte_by_byte(self):
        reader = self.full("reader", "#lobby")
        client = self.text("slow")
        for byte in f"{client.name}\nper favore, \u00e8 lento\n".encode():
            client.send_bytes(bytes([byte]))
        self.assertEqual(reader.push(op="message")["message"], "per favore, \u00e8 lento")

    def test_commands(self):
        client = self.text("commander").enter()
        client.say("/help")
        client.hears("/nick")
        client.say("/quit")
        client.rest_of_lines()

    def test_a_space_in_the_name_becomes_an_underscore(self):
        reader = self.full("reader", "#lobby")
        client = self.text("two words")
        client.say(client.name)
        self.assertEqual(reader.push(op="enter")["name"], client.name.replace(" ", "_"))

    def test_a_bad_name_is_told_and_the_next_line_is_the_name(self):
        reader = self.full("reader", "#lobby")
        client = self.text("good")
        client.say("7#bad,name")
        self.assertTrue(client.receive_line().strip())
        client.say(client.name)
        self.assertEqual(reader.push(op="enter")["name"], client.name)

    def test_a_taken_name_gets_a_suffix(self):
        first = self.text("double").enter()
        reader = self.full("reader", "#lobby")
        second = self.text("double")
        second.say(second.name)
        self.assertEqual(reader.push(op="enter")["name"], f"{first.name}-2")
        second.hears(f"{first.name}-2")

    def test_an_empty_line_is_nothing(self):
        reader = self.full("reader", "#lobby")
        client = self.text("quiet").enter()
        for line in ("", "", "said"):
            client.say(line)
        self.assertEqual(reader.push(op="message")["message"], "said")

    def test_a_line_of_8_kib_and_one_byte_more(self):
        reader = self.full("reader", "#lobby")
        client = self.text("long").enter()
        client.say("x" * 8193)
        client.say("y" * 8192)
        self.assertEqual(reader.push(op="message")["message"], "y" * 8192)

    def test_a_line_without_end_is_told_and_skipped(self):
        reader = self.full("reader", "#lobby")
        client = self.text("endless").enter()
        client.send_bytes(b"z" * 1_000_000)
        client.say("")
        client.say("after")
        self.assertEqual(reader.push(op="message")["message"], "after")

    def test_pushed_text_cannot_forge_lines_or_steer_a_terminal(self):
        reader = self.text("reader").enter()
        writer = self.full("writer", "#lobby")
        writer.say("one\n\x1b]0;title\x07somebody: forged\r\x08")
        writer.say("end")
        said = []
        while not said or not said[-1].endswith("end"):
            said.append(reader.receive_line().decode("utf-8").rstrip("\r"))
        self.assertFalse([line for line in said if line.startswith("somebody:")], said)
        self.assertFalse([line for line in said if set(line) & set("\x1b\x07\x08\r")], said)

    def test_text_that_is_not_utf8_harms_nobody(self):
        reader = self.full("reader", "#lobby")
        client = self.text("latin").enter()
        client.send_bytes(b"perch\xe9\n\x00\x01\x02\n")
        other = self.text("other").enter()
        other.say("still served")
        reader.push(message="still served")

    def test_a_line_that_looks_like_json_is_text_once_the_name_was_text(self):
        reader = self.full("reader", "#lobby")
        client = self.text("braces").enter()
        client.say('{"op":"quit"}')
        self.assertEqual(reader.push(op="message")["message"], '{"op":"quit"}')

    def test_what_was_said_before_netcat_ends_is_heard(self):
        reader = self.full("reader", "#lobby")
        client = self.text("script")
        client.send_bytes(f"{client.name}\nsaid by a script\n".encode())
        client.end_of_sending()
        self.assertEqual(reader.push(op="message")["message"], "said by a script")
        reader.push(op="exit", name=client.name)
        client.rest_of_lines()


class Addresses(ServerTest):
    """On a server that listens on everything, both families work and show their address as people write
    it."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(listen=())
        cls.addClassCleanup(cls.server.remove)
        cls.server.start()

    def shown(self, address):
        ports = dict(self.server.listeners())
        port = ports.get("::" if ":" in address else "0.0.0.0", self.server.port)
        reader = self.full("reader", "#lobby", address=("127.0.0.1", ports.get("0.0.0.0", self.server.port)))
        writer = self.simple("writer", address=(address, port))
        writer.say("where am I")
        return reader.push(message="where am I")["from"]["ip"]

    def test_ipv4(self):
        self.assertEqual(self.shown("127.0.0.1"), "127.0.0.1")

    def test_ipv6(self):
        self.assertEqual(self.shown("::1"), "::1")


if __name__ == "__main__":
    unittest.main()
