"""brusio as a filter: lines in are messages, messages come out as lines, and the exit status says how it went."""
import json
import os
import signal
import socket
import subprocess
import threading
import unittest

from brusio_test import PrivateServerTest, ServerTest, deadline
from client_tools import Pipes, address_of, brusio, client_environment, run


LINES = 6000  # that are said while the server is killed again and again


class FilterTest(ServerTest):
    """The filter speaks in a room of its own, which a full client follows."""

    def setUp(self):
        super().setUp()
        self.reader = self.full("reader", self.room)
        self.me = self.named("bot")

    def args(self, *more):
        return (*more, "--room", self.room, address_of(self.server, self.me))

    def run_filter(self, given, *more):
        return run(*self.args(*more), given=given)

    def open_filter(self, *more, **options):
        pipes = Pipes(*self.args(*more), **options)
        self.addCleanup(pipes.close)
        self.reader.push(op="enter", room=self.room)
        return pipes

    def hears(self, *texts):
        self.assertEqual([entry["message"] for entry in self.reader.entries(len(texts), self.room)], list(texts))


class Speaking(FilterTest):
    def test_a_line_is_a_message(self):
        done = self.run_filter("hello\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        entry = self.reader.entry(self.room)
        self.assertEqual((entry["message"], entry["from"]["name"]), ("hello", self.me))

    def test_what_stands_in_a_line_is_sent_as_it_is(self):
        texts = ["due  spazi ", "perché 你好 👩‍👩‍👧", '{"op":"quit"}', "tab\there", "a/b", "#room @name"]
        self.assertEqual(self.run_filter("".join(text + "\n" for text in texts)).returncode, 0)
        self.hears(*texts)

    def test_line_ends(self):
        """\\r\\n ends a line, too; empty lines say nothing; the last line may lack its end."""
        self.assertEqual(self.run_filter("one\r\n\n\r\ntwo\nthree").returncode, 0)
        self.hears("one", "two", "three")

    def test_bytes_that_are_no_text(self):
        self.assertEqual(self.run_filter(b"a\xff\x00b\nfine\n").returncode, 0)
        self.hears("a\ufffd\ufffdb", "fine")

    def test_no_input_at_all(self):
        self.assertEqual(self.run_filter("").returncode, 0)
        self.reader.push(op="enter", name=self.me)
        self.reader.push(op="exit", name=self.me)

    def test_a_line_that_is_too_long_is_refused_and_the_others_are_sent(self):
        done = self.run_filter("before\n" + "x" * 8193 + "\nbetween\n" + "y" * 3_000_000 + "\nafter\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("8192", done.stderr)
        self.hears("before", "between", "after")

    def test_the_longest_line(self):
        self.assertEqual(self.run_filter("è" * 4096 + "\n").returncode, 0)
        self.hears("è" * 4096)

    def test_ten_thousand_lines(self):
        done = self.run_filter("".join(f"line {number}\n" for number in range(10_000)))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.hears(*(f"line {number}" for number in range(10_000)))

    def test_several_at_once_under_one_name(self):
        at_one_home = client_environment()
        filters = [subprocess.Popen([brusio(), *self.args()], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, env=at_one_home) for _ in range(12)]
        for number, process in enumerate(filters):
            process.stdin.write(f"from {number}\n".encode())
            process.stdin.close()
        self.assertEqual([process.wait(deadline()) for process in filters], [0] * 12)
        said = {entry["message"] for entry in self.reader.entries(12, self.room)}
        self.assertEqual(said, {f"from {number}" for number in range(12)})

    def test_one_after_the_other_under_one_name(self):
        for number in range(5):
            self.assertEqual(self.run_filter(f"run {number}\n").stderr, "")
        self.assertEqual({entry["from"]["name"] for entry in self.reader.entries(5, self.room)}, {self.me})


class Commands(FilterTest):
    def test_a_slash_begins_a_command(self):
        done = self.run_filter("/list\n//list\n/me waves\n")
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"{self.me} (you)", done.stdout)
        first, second = self.reader.entries(2, self.room)
        self.assertEqual((first["message"], first.get("action", False)), ("/list", False))
        self.assertEqual((second["message"], second["action"]), ("waves", True))

    def test_literal_lines(self):
        self.assertEqual(self.run_filter("/quit\n//x\n", "--literal").returncode, 0)
        self.hears("/quit", "//x")

    def test_commands_keep_their_place_among_messages(self):
        other = f"{self.me}_later"
        done = self.run_filter(f"one\n/nick {other}\ntwo\n/join {self.room}b\nthree\n/leave\n"
                               f"/join {self.room}\nfour\n/quit\nfive\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = [(entry["message"], entry["from"]["name"]) for entry in self.reader.entries(3, self.room)]
        self.assertEqual(said, [("one", self.me), ("two", other), ("four", other)])
        self.reader.join(f"{self.room}b", after=0)
        self.assertEqual(self.reader.entry(f"{self.room}b")["message"], "three")

    def test_an_unknown_command_says_so(self):
        done = self.run_filter("/dance\nafter\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dance", done.stderr)
        self.hears("after")

    def test_wrong_usage_says_the_right_one(self):
        self.assertIn("/nick NAME", self.run_filter("/nick 1\n").stderr)
        self.assertIn("/history [N [#BEFORE]]", self.run_filter("/history 999\n").stderr)

    def test_rooms_and_history(self):
        self.reader.say("earlier", self.room)
        done = self.run_filter("/rooms\n/history 5\n")
        self.assertIn(self.room, done.stdout)
        self.assertIn(f"{self.reader.name}: earlier", done.stdout)


class Listening(FilterTest):
    def test_messages_come_out_at_once(self):
        pipes = self.open_filter()
        self.reader.say("ciao", self.room)
        self.assertEqual(pipes.line(), f"{self.reader.name}: ciao")
        self.reader.say("waves", self.room, action=True)
        self.assertEqual(pipes.line(), f"* {self.reader.name} waves")
        pipes.write("and back\n")
        self.hears("and back")
        self.assertEqual(pipes.end(), 0)

    def test_presence(self):
        pipes = self.open_filter()
        visitor = self.full("visitor", self.room)
        self.assertIn(visitor.name, pipes.line_with("-- "))
        self.assertEqual(pipes.end(), 0)

    def test_objects(self):
        pipes = self.open_filter("--json")
        seq = self.reader.say("ciao\nline", self.room)["seq"]
        value = json.loads(pipes.line())
        self.assertEqual((value["op"], value["room"], value["seq"], value["message"]),
                         ("message", self.room, seq, "ciao\nline"))
        pipes.write("/list\n")
        self.assertEqual(json.loads(pipes.line())["op"], "who")
        self.assertEqual(pipes.end(), 0)

    def test_history_on_entering(self):
        for number in range(5):
            self.reader.say(f"number {number}", self.room)
        done = self.run_filter("", "--history", "2")
        self.assertEqual(done.stdout, f"{self.reader.name}: number 3\n{self.reader.name}: number 4\n")
        self.assertEqual(self.run_filter("").stdout, "")

    def test_nobody_drives_the_terminal_or_fakes_a_line(self):
        self.reader.say("\x1b]0;title\x07\x1b[2J\u202egnp\u0085\nboss: you are fired\r", self.room)
        done = self.run_filter("", "--history", "1")
        self.assertNotRegex(done.stdout, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertEqual([line for line in done.stdout.splitlines() if line.startswith("boss:")], [])

    def test_several_rooms(self):
        pipes = self.open_filter("--room", f"{self.room}b")
        self.reader.join(f"{self.room}b")
        self.reader.say("here", self.room)
        self.reader.say("there", f"{self.room}b")
        self.assertEqual({pipes.line_with("here"), pipes.line_with("here")},
                         {f"{self.room} {self.reader.name}: here", f"{self.room}b {self.reader.name}: there"})
        self.assertEqual(pipes.end(), 0)

    def test_a_closed_output_ends_it(self):
        inside, outside = os.pipe()
        pipes = self.open_filter(stdout=outside)
        os.close(outside)
        os.close(inside)
        self.assertEqual(pipes.ended(), 1)
        self.assertIn("the output cannot be written", pipes.errors)

    def test_a_reader_of_one_line_ends_it(self):
        pipes = self.open_filter()
        self.reader.say("one", self.room)
        pipes.line()
        pipes.process.stdout.close()
        self.reader.say("two", self.room)
        self.assertEqual(pipes.ended(), 1)

    def test_output_that_nobody_reads_stops_nothing(self):
        pipes = self.open_filter()
        for number in range(2000):
            self.reader.post("send", room=self.room, message=f"{number} " + "x" * 100)
        self.reader.barrier()
        pipes.write("still here\n")
        self.hears("still here")
        self.assertEqual(pipes.line(), f"{self.reader.name}: 0 " + "x" * 100)

    def test_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            pipes = self.open_filter()
            pipes.process.send_signal(number)
            self.assertEqual(pipes.ended(), 0, signal.Signals(number).name)
            self.reader.push(op="exit", name=self.me)


class Refusals(FilterTest):
    def test_wrong_usage(self):
        for args in (("--colour",), ("--room",), ("--history", "x"), ("a", "b"), ("1x@localhost",), ("host:99999",)):
            done = run(*args)
            self.assertEqual((done.returncode, done.stdout), (1, ""), args)
            self.assertRegex(done.stderr, "brusio: ", args)

    def test_help_and_version(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--room", "--history", "--no-history", "--json", "--literal", "--timeout", "--plain",
                       "--version"):
            self.assertIn(option, done.stdout)
        self.assertTrue(all(len(line) <= 80 for line in done.stdout.splitlines()))
        self.assertRegex(run("--version").stdout, r"^brusio \d+\.\d+\.\d+\n$")
        self.assertIn("Uso: brusio", run("--help", env={"LC_ALL": "it_IT.UTF-8"}).stdout)

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            done = run(f"bot@127.0.0.1:{unused.getsockname()[1]}", given="hello\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("127.0.0.1", done.stderr)

    def test_no_such_host(self):
        done = run("bot@no.such.host.invalid", given="hello\n", seconds=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no.such.host.invalid", done.stderr)

    def test_something_else_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            threading.Thread(target=lambda: other.accept()[0].sendall(b"SSH-2.0-x\r\n"), daemon=True).start()
            done = run("--plain", f"bot@127.0.0.1:{other.getsockname()[1]}", given="hello\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("brusio server", done.stderr)

    def test_a_name_of_the_server(self):
        done = run("brusio@" + address_of(self.server), "--room", self.room, given="hello\n")
        self.assertIn(done.returncode, (0, 1))
        self.assertNotEqual(done.stderr, "")

    def test_a_server_that_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            done = run(f"bot@127.0.0.1:{silent.getsockname()[1]}", "--timeout", "1", given="hello\n")
        self.assertEqual(done.returncode, 2)


class Breaking(PrivateServerTest):
    """The server dies under the filter."""

    def args(self, server, *more):
        return (*more, address_of(server, "bot"))

    def stored(self, server):
        """Everything in the lobby, in order."""
        reader = self.keep_reader(server)
        seq = reader.join("#lobby", after=0)["seq"]
        return [entry["message"] for entry in reader.entries(seq)]

    def keep_reader(self, server):
        self.server = server
        self.readers = getattr(self, "readers", 0) + 1
        return self.full(f"reader{self.readers}")

    def test_a_killed_server_loses_and_doubles_nothing(self):
        server = self.start()
        pipes = Pipes(*self.args(server))
        self.addCleanup(pipes.close)
        writer = threading.Thread(target=self.feed, args=(pipes, LINES))
        writer.start()
        for _ in range(5):
            self.wait_until_more_is_stored(server)
            server.kill()
            server.start()
        writer.join(deadline(60))
        self.assertEqual(pipes.end(60), 0)
        self.assertEqual(self.stored(server), [f"line {number}" for number in range(LINES)])

    @staticmethod
    def feed(pipes, count):
        for number in range(count):
            pipes.write(f"line {number}\n")

    def wait_until_more_is_stored(self, server):
        """Not a fixed time: kill at some point while lines are on their way."""
        watcher = self.keep_reader(server)
        if watcher.join("#lobby")["seq"] < LINES - 100:
            watcher.entry()
        watcher.close()

    def test_what_others_say_meanwhile_comes_once(self):
        server = self.start()
        self.server = server
        pipes = Pipes(*self.args(server))
        self.addCleanup(pipes.close)
        pipes.write("ready\n")
        watcher = self.full("watcher")
        watcher.join("#lobby", after=0)
        watcher.push(op="message", message="ready")
        said = []
        for round_ in range(3):
            other = self.full(f"other{round_}", "#lobby")
            for number in range(20):
                said.append(f"{round_}.{number}")
                other.say(said[-1], id=f"said {said[-1]}")
            other.close()
            server.kill()
            server.start()
        last = self.full("last", "#lobby")
        last.say("end")
        heard = []
        while not heard or "end" not in heard[-1]:
            heard.append(pipes.line())
        self.assertEqual([line.split(": ")[1] for line in heard if line.startswith("other")], said)
        self.assertEqual(pipes.end(), 0)

    def test_a_server_that_stays_away(self):
        server = self.start()
        seconds = int(deadline(3))
        pipes = Pipes(*self.args(server, "--timeout", str(seconds)))
        self.addCleanup(pipes.close)
        self.server = server
        reader = self.full("reader", "#lobby")
        pipes.write("here\n")
        reader.entry()
        server.kill()
        pipes.write("too late\n")
        self.assertEqual(pipes.end(), 2)
        self.assertIn(f"{seconds} seconds", pipes.errors)

    def test_ipv6(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6 here")
        server = self.start(listen=("::1",))
        self.assertEqual(run(f"bot@[::1]:{server.port}", given="hello\n").returncode, 0)
        self.assertEqual(run(f"cat@[::1]:{server.port}", "--history", "1").stdout, "bot: hello\n")

    def test_a_stopping_server_is_waited_for(self):
        server = self.start()
        self.server = server
        reader = self.full("reader", "#lobby")
        pipes = Pipes(*self.args(server))
        self.addCleanup(pipes.close)
        reader.push(op="enter", name="bot")
        server.stop()
        pipes.write("meanwhile\n")
        server.start()
        self.assertEqual(pipes.end(), 0)
        self.assertEqual(self.stored(server), ["meanwhile"])


if __name__ == "__main__":
    unittest.main()
