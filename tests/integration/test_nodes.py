"""Several servers on one PostgreSQL, each a node: what is said, done and decided on one holds on the others. What goes wrong
is in tests/cluster."""
import pathlib
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest
import urllib.request

from brusio_test import Full, PrivateServerTest, build_directory, deadline
from brusio_test.authenticator import App
from brusio_test.irc import Irc
from brusio_test.cluster import Cluster, find_programs
from brusio_test.push import Browser, PushService
from brusio_test.server import run_to_end
from brusio_test.web import WebSocket


class NodesTest(PrivateServerTest):
    """Two nodes on a database of their own."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(tempfile.mkdtemp(prefix="brusio-nodes-")).start()
        cls.addClassCleanup(cls.cluster.remove)

    def setUp(self):
        super().setUp()
        self.cluster.run("DROP DATABASE IF EXISTS chat WITH (FORCE)")
        self.cluster.run("CREATE DATABASE chat")
        done = run_to_end("migrate", "--store", self.cluster.url("chat"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.one, self.two = self.node("one"), self.node("two")

    def node(self, name, *args, **env):
        # Nobody who is waited for is given up meanwhile, however slow the machine is.
        waits = () if "--node-return-seconds" in args else ("--node-return-seconds", 3600)
        return self.start("--node", name, *waits, *args, env={"BRUSIO_STORE": self.cluster.url("chat"), **env})

    def greet(self, server, name, **fields):
        line = Full(server)
        self.addCleanup(line.close)
        return line, line.request("hello", name=name, **fields)

    def come(self, server, name, room=None, **fields):
        line, welcome = self.greet(server, name, **fields)
        self.assertEqual(welcome["op"], "welcome", welcome)
        line.session = welcome["session"]
        if room:
            self.assertEqual(line.request("join", room=room)["op"], "joined")
        return line

    def who(self, line, room, name):
        """Whether the member is shown as online; None: there is no such member."""
        return {row["name"]: row["online"] for row in line.ok("who", room=room)["members"]}.get(name)

    def wait(self, question):
        until = time.monotonic() + deadline()
        while not question():
            self.assertLess(time.monotonic(), until, "it does not come to that")
            time.sleep(0.02)

    def stop_for_a_moment(self, server):
        """It is not to be taken for dead meanwhile, on a machine however slow."""
        server.send_signal(signal.SIGSTOP)
        self.cluster.run("UPDATE brusio.leases SET at = at + interval '1 hour'", "chat")

    def ended(self, server):
        """It has found out that it may write no more."""
        self.assertTrue(server.stderr.wait_for("store.fenced"))
        self.assertEqual(server.process.wait(deadline()), 0)
        server.end(signal.SIGTERM)

    def deafen(self):
        """Others' news is not heard until the next poll; what is asked of the store is known all the same."""
        self.cluster.run("SELECT pg_terminate_backend(backend) FROM brusio.leases", "chat")


@unittest.skipUnless(find_programs(), "there is no PostgreSQL here")
class Nodes(NodesTest):
    def test_what_is_said_on_one_arrives_on_the_other_once_and_in_order(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        for number in range(1, 31):
            line, other = (anna, bruno) if number % 3 else (bruno, anna)
            self.assertEqual(line.request("send", room="#r", message=f"m{number}")["seq"], number)
            self.assertEqual(other.entry("#r")["seq"], number)
        third = self.come(self.node("three"), "carla")
        self.assertTrue(third.request("join", room="#r", after=25)["op"], "joined")
        self.assertEqual([third.entry("#r")["seq"] for _ in range(5)], [26, 27, 28, 29, 30])

    def test_both_say_at_once_and_everybody_sees_the_same(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        readers = [self.come(self.one, "carla", "#r"), self.come(self.two, "dora", "#r")]
        for number in range(100):
            for line in (anna, bruno):
                line.post("send", room="#r", message=str(number), id=str(number))
        seen = [[(entry["seq"], entry["from"]["name"], entry["message"]) for entry in
                 (reader.entry("#r") for _ in range(200))] for reader in readers]
        self.assertEqual(seen[0], seen[1])
        self.assertEqual([seq for seq, _, _ in seen[0]], list(range(1, 201)))

    def test_a_lost_notification_loses_nothing(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        for number in range(5):
            self.deafen()
            anna.request("send", room="#r", message=str(number))
            self.assertEqual(bruno.entry("#r")["message"], str(number))

    def test_one_holder_a_name(self):
        self.come(self.one, "anna")
        _, refused = self.greet(self.two, "Anna")
        self.assertEqual(refused["code"], "name_taken")
        self.deafen()
        names = [self.come(self.one, "eva"), self.greet(self.two, "eva")[1]]
        self.assertEqual(names[1]["code"], "name_taken")

    def test_a_session_goes_on_elsewhere_without_a_reset_and_its_sends_are_the_same(self):
        anna = self.come(self.one, "anna", "#r")
        self.assertEqual(anna.request("send", room="#r", message="once", id="7")["seq"], 1)
        self.deafen()
        moved = self.come(self.two, "anna", session=anna.session)
        self.assertEqual(moved.session, anna.session)
        joined = moved.request("join", room="#r", after=1)
        self.assertNotIn("reset", joined)
        self.assertEqual(moved.request("send", room="#r", message="once", id="7")["seq"], 1)
        self.assertEqual(moved.request("send", room="#r", message="more", id="8")["seq"], 2)
        # The line that it had is closed, and nobody was told that she left.
        anna.rest_of_lines()

    def test_who_is_banned_on_one_says_nothing_more_on_the_other(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.assertEqual(bruno.request("send", room="#r", message="hello")["op"], "ack")
        self.deafen()
        self.assertEqual(anna.request("ban", room="#r", name="bruno")["op"], "ok")
        self.assertIn(bruno.request("send", room="#r", message="still here")["code"], ("banned", "not_member"))
        self.assertEqual(bruno.request("join", room="#r")["code"], "banned")
        self.deafen()
        self.assertEqual(anna.request("unban", room="#r", name="bruno")["op"], "ok")
        self.assertEqual(bruno.request("join", room="#r")["op"], "joined")
        self.assertEqual(bruno.request("send", room="#r", message="again")["op"], "ack")

    def test_what_is_decided_anew_keeps_its_order(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        for turn in range(5):
            self.deafen()
            self.assertEqual(anna.request("set", room="#r", topic_locked=not turn % 2)["op"], "ok")
            for number in range(40):
                bruno.post("send", room="#r", message=f"{turn} {number}", id=f"{turn}-{number}")
            self.assertEqual([anna.entry("#r")["message"] for _ in range(40)],
                             [f"{turn} {number}" for number in range(40)])

    def test_roles_settings_and_invitations_hold_on_the_other(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.assertEqual(bruno.request("kick", room="#r", name="anna")["code"], "forbidden")
        self.deafen()
        self.assertEqual(anna.request("role", room="#r", name="bruno", role="moderator")["op"], "ok")
        carla = self.come(self.one, "carla", "#r")
        self.assertEqual(bruno.request("mute", room="#r", name="carla")["op"], "ok")
        self.assertEqual(carla.request("send", room="#r", message="may I?")["code"], "muted")
        self.deafen()
        self.assertEqual(anna.request("role", room="#r", name="bruno", role="member")["op"], "ok")
        self.assertEqual(bruno.request("unmute", room="#r", name="carla")["code"], "forbidden")
        self.assertEqual(anna.request("set", room="#r", read_only=True)["op"], "ok")
        self.assertEqual(bruno.request("send", room="#r", message="may I?")["code"], "forbidden")
        self.assertEqual(anna.request("set", room="#r", private=True)["op"], "ok")
        dora = self.come(self.two, "dora")
        self.assertEqual(dora.request("join", room="#r")["code"], "no_room")
        self.assertEqual(anna.request("invite", room="#r", name="dora")["op"], "ok")
        self.assertEqual(dora.request("join", room="#r")["op"], "joined")

    def test_accounts_names_and_markers_hold_on_the_other(self):
        anna = self.come(self.one, "anna", "#r")
        anna.request("send", room="#r", message="hello")
        self.assertEqual(anna.request("register", password="correct horse")["op"], "ok")
        self.assertEqual(self.greet(self.two, "anna")[1]["code"], "auth_required")
        there = self.come(self.two, "anna", password="correct horse", device="other")
        self.assertEqual(there.request("read", room="#r", seq=1)["op"], "ok")
        self.assertEqual(there.request("nick", name="annetta")["op"], "ok")
        self.assertEqual(self.greet(self.one, "annetta")[1]["code"], "auth_required")
        self.assertEqual(self.come(self.one, "anna").request("ping")["op"], "pong")

    def test_who_came_in_with_a_token_goes_when_it_ends_on_the_other(self):
        anna = self.come(self.one, "anna")
        self.assertEqual(anna.request("register", password="correct horse")["op"], "ok")
        for ends in ({"revoke": True}, {}):
            token = anna.request("token", label="bot")["token"]
            bot = self.come(self.two, "anna", token=token, device="bot")
            self.assertEqual(anna.request("token", label="bot", **ends)["op"], "token")
            bot.rest_of_lines()

    def test_a_device_that_begins_beside_another_one_elsewhere_leaves_it_alone(self):
        phone = self.come(self.two, "anna", "#r", device="phone")
        phone.ok("register", password="correct horse battery")
        desk = self.come(self.one, "anna", "#r", session=phone.session, device="desk")
        desk.ok("send", room="#r", message="from the desk")
        self.assertEqual(phone.receive_op("message")["message"], "from the desk")
        # Nor has its session moved: the place where it is looks after it.
        self.assertEqual(self.cluster.run("SELECT d.name FROM brusio.sessions s JOIN brusio.nodes d ON d.id = s.node"
                                          " WHERE s.device = 'phone'", "chat"), "two")
        phone.barrier()

    def test_who_is_disabled_on_one_is_out_on_the_other(self):
        anna = self.come(self.one, "anna")
        self.assertEqual(anna.request("register", password="correct horse")["op"], "ok")
        there = self.come(self.two, "anna", password="correct horse", device="other")
        root = self.come(self.one, "root")
        self.assertEqual(root.request("register", password="correct horse")["op"], "ok")
        done = run_to_end("user", "admin", "root", "--store", self.cluster.url("chat"))
        self.assertEqual(done.returncode, 0, done.stderr)
        limit = time.monotonic() + deadline()
        while root.request("account", name="anna", disabled=True)["op"] != "ok" and time.monotonic() < limit:
            time.sleep(0.1)
        anna.rest_of_lines()
        there.rest_of_lines()
        self.assertEqual(self.greet(self.two, "anna", password="correct horse")[1]["code"], "forbidden")

    def test_an_account_that_was_made_a_moment_ago_lets_in_on_the_other(self):
        for name in ("anna", "bruno", "carla"):
            guest = self.come(self.one, name)
            self.deafen()
            self.assertEqual(guest.request("register", password="correct horse")["op"], "ok")
            self.come(self.two, name, password="correct horse", device="other")

    def test_a_wrong_second_factor_is_one_guess(self):
        anna = self.come(self.one, "anna")
        self.assertEqual(anna.request("register", password="correct horse")["op"], "ok")
        app = App(anna.ok("totp", on=True, password="correct horse")["secret"])
        anna.ok("totp", on=True, password="correct horse", secret=app.secret, code=app.code())
        wrong = {"name": "anna", "password": "correct horse", "device": "other", "code": "000000"}
        self.assertEqual(self.greet(self.one, **wrong)[1]["code"], "auth_failed")
        self.come(self.one, "bruno")
        self.assertTrue(self.one.stderr.wait_for("user.hello.*name=bruno"))
        self.assertEqual(self.one.stderr.text().count("user.auth_failed"), 1)

    def test_a_conversation_over_two_nodes_is_told_at_once(self):
        anna, bruno = self.come(self.one, "anna"), self.come(self.two, "bruno")
        self.assertEqual(anna.request("send", room="@bruno", message="psst")["op"], "ack")
        self.assertEqual(bruno.entry("@anna")["message"], "psst")
        self.assertEqual(bruno.request("send", room="@anna", message="yes?")["op"], "ack")
        self.assertEqual(anna.entry("@bruno")["message"], "yes?")

    def test_nobody_waits_for_what_is_being_read_of_a_conversation(self):
        """Its sides follow it when something is said, so that the node has it read."""
        anna, bruno = self.come(self.one, "anna"), self.come(self.two, "bruno")
        carla = self.come(self.two, "carla")
        anna.say("m1", "@bruno")
        self.assertEqual(bruno.entry("@anna")["message"], "m1")
        bruno.close()
        bruno = self.come(self.two, "bruno", session=bruno.session)
        self.stop_for_a_moment(self.two)
        anna.say("m2", "@bruno")
        with self.cluster.locked("brusio.entries", "chat"):
            self.two.send_signal(signal.SIGCONT)
            self.wait(lambda: self.cluster.run("SELECT count(*) FROM pg_locks WHERE NOT granted", "chat") != "0")
            self.assertEqual(carla.request("ping")["op"], "pong")
        self.assertEqual(bruno.entry("@anna")["message"], "m2")
        bruno.say("m3", "@anna")
        self.assertEqual(anna.entry("@bruno")["seq"], 3)

    def test_a_node_that_is_gone_leaves_its_names_and_everything_that_was_said(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        anna.request("send", room="#r", message="last words")
        self.one.kill()
        self.assertEqual(bruno.entry("#r")["message"], "last words")
        moved = self.come(self.two, "anna", session=anna.session)
        moved.request("join", room="#r")
        self.assertEqual(moved.request("send", room="#r", message="here again")["seq"], 2)
        self.assertEqual(bruno.entry("#r")["message"], "here again")

    def test_another_start_of_a_node_ends_the_one_before_and_no_other(self):
        bruno = self.come(self.two, "bruno", "#r")
        again = self.node("one")
        self.ended(self.one)
        anna = self.come(again, "anna", "#r")
        anna.request("send", room="#r", message="hello")
        self.assertEqual(bruno.entry("#r")["message"], "hello")

    def test_a_node_whose_lease_is_over_stores_nothing_more_and_ends(self):
        anna = self.come(self.one, "anna", "#r")
        self.one.send_signal(signal.SIGSTOP)
        self.assertTrue(self.two.stderr.wait_for(r"node\.fenced", 60))
        anna.post("send", room="#r", message="from beyond")
        self.one.send_signal(signal.SIGCONT)
        self.ended(self.one)
        self.assertEqual(self.cluster.run("SELECT count(*) FROM brusio.entries", "chat"), "0")

    def test_a_node_that_takes_long_to_load_is_not_taken_for_dead(self):
        slow = ("SET search_path = brusio; DO $$ BEGIN LOCK TABLE sanctions;"
                " WHILE NOT EXISTS (SELECT 1 FROM leases WHERE node = 4) LOOP PERFORM pg_sleep(0.01); END LOOP;"
                " UPDATE leases SET at = at - interval '10 seconds' WHERE node = 4;"
                " PERFORM fence_nodes_v1(2, 5); END $$")
        loading = threading.Thread(target=self.cluster.run, args=(slow, "chat"))
        loading.start()
        self.wait(lambda: self.cluster.run("SELECT 1 FROM pg_locks WHERE relation = 'brusio.sanctions'::regclass"
                                           " AND mode = 'AccessExclusiveLock' AND granted", "chat"))
        three = self.node("three")
        loading.join()
        self.assertEqual(self.come(three, "anna", "#r").request("send", room="#r", message="hello")["seq"], 1)

    def test_a_server_that_is_no_node_has_the_database_alone(self):
        alone = self.start(env={"BRUSIO_STORE": self.cluster.url("chat")})
        for node in (self.one, self.two):
            self.ended(node)
        self.come(alone, "anna", "#r").request("send", room="#r", message="hello")
        self.node("one")
        self.ended(alone)

    def test_a_history_with_another_name_ends_all_nodes(self):
        self.cluster.run("UPDATE brusio.meta SET value = 'another' WHERE key = 'epoch'", "chat")
        for node in (self.one, self.two):
            self.assertEqual(node.process.wait(deadline()), 1)
            node.end(signal.SIGTERM)

    def test_a_history_with_another_name_that_a_new_line_finds_ends_all_nodes(self):
        self.cluster.run("UPDATE brusio.meta SET value = 'another' WHERE key = 'epoch';"
                         " SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                         " WHERE datname = 'chat' AND pid <> pg_backend_pid()", "chat")
        for node in (self.one, self.two):
            self.assertEqual(node.process.wait(deadline()), 1)
            node.end(signal.SIGTERM)

    def test_a_node_needs_a_database_of_its_kind_and_may_see_the_standbys(self):
        refused = run_to_end("--port", 0, "--data", tempfile.mkdtemp(), "--node", "one")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("PostgreSQL", refused.stderr)
        self.cluster.run("CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA brusio TO plain;"
                         " GRANT ALL ON ALL TABLES IN SCHEMA brusio TO plain;"
                         " GRANT ALL ON ALL SEQUENCES IN SCHEMA brusio TO plain", "chat")
        url = self.cluster.url("chat").replace("brusio@", "plain@")
        refused = run_to_end("--port", 0, "--data", tempfile.mkdtemp(), "--store", url, "--node", "one")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("pg_monitor", refused.stderr)


@unittest.skipUnless(find_programs(), "there is no PostgreSQL here")
class People(NodesTest):
    """Who is where is told, not stored."""

    def setUp(self):
        super().setUp()
        self.meet(self.one, self.two)

    def meet(self, *servers):
        """Waits until they have told each other who is there."""
        lines = [self.come(server, f"m{next(Full.numbers)}", "#met") for server in servers]
        for line in lines:
            self.wait(lambda: all(row["online"] for row in line.ok("who", room="#met")["members"][-len(lines):])
                      and len(line.ok("who", room="#met")["members"]) >= len(lines))

    def present(self, line, room, name, is_there=True):
        self.wait(lambda: self.who(line, room, name) is is_there)

    def test_who_comes_to_one_is_seen_on_the_other_and_who_goes(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.present(anna, "#r", "bruno")
        carla = self.come(self.two, "carla", "#r")
        for line in (anna, bruno):
            line.push(op="enter", room="#r", name="carla")
        carla.ok("away", message="at lunch")
        self.assertEqual(anna.push(op="away", room="#r")["name"], "carla")
        away = [row.get("away") for row in anna.ok("who", room="#r")["members"] if row["name"] == "carla"]
        self.assertEqual(away, ["at lunch"])
        carla.close()
        for line in (anna, bruno):
            self.assertEqual(line.push(op="exit", room="#r")["name"], "carla")
        self.assertIs(self.who(anna, "#r", "carla"), False)

    def test_who_begins_or_missed_something_is_told_everything(self):
        anna = self.come(self.one, "anna", "#r")
        bruno = self.come(self.two, "bruno", "#r")
        bruno.ok("away", message="at lunch")
        third = self.come(self.node("three"), "carla", "#r")
        for name in ("anna", "bruno"):
            self.present(third, "#r", name)
        self.assertEqual([row["name"] for row in third.ok("who", room="#r")["members"] if row.get("away") == "at lunch"], ["bruno"])
        self.deafen()
        dora = self.come(self.one, "dora", "#r")
        anna.close()
        for line in (bruno, third):
            self.present(line, "#r", "dora")
            self.present(line, "#r", "anna", False)
        self.present(dora, "#r", "carla")

    def test_who_goes_from_one_node_to_the_other_is_not_seen_to_leave(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        carla = self.come(self.one, "carla", "#r")
        self.present(bruno, "#r", "anna")
        moved = self.come(self.two, "anna", session=anna.session)
        anna.rest_of_lines()
        moved.join("#r")
        self.come(self.two, "dora", "#r")
        for line in (bruno, carla):
            met = [line.push(op={"enter", "exit"}, room="#r")]
            while met[-1]["name"] != "dora":
                met.append(line.push(op={"enter", "exit"}, room="#r"))
            self.assertNotIn("exit", [event["op"] for event in met])
            self.assertLessEqual([event["name"] for event in met].count("anna"), 1)
        # Two connections on two nodes are one person who is there.
        again = self.come(self.one, "eva", "#r")
        moved.close()
        self.assertEqual(again.push(op="exit", room="#r")["name"], "anna")

    def test_who_is_connected_to_two_nodes_leaves_with_the_last_line(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.present(bruno, "#r", "anna")
        anna.ok("register", password="correct horse")
        other = self.come(self.two, "anna", "#r", password="correct horse", device="other")
        carla = self.come(self.two, "carla", "#r")
        self.present(anna, "#r", "carla")
        other.close()
        carla.close()
        for line in (bruno, anna):
            self.assertEqual(line.push(op="exit", room="#r")["name"], "carla")
        anna.close()
        self.assertEqual(bruno.push(op="exit", room="#r")["name"], "anna")

    def test_people_of_a_node_that_died_leave_only_if_they_do_not_come_back(self):
        # Anna has these seconds to come back, on the slowest machine.
        three = self.node("three", "--node-return-seconds", 10)
        bruno = self.come(three, "bruno", "#r")
        lines = {name: self.come(self.one, name, "#r") for name in ("anna", "carla")}
        for name in lines:
            self.present(bruno, "#r", name)
        self.one.kill()
        moved = self.come(self.two, "anna", session=lines["anna"].session)
        moved.join("#r")
        # Behind her, so that her coming back is known where this is.
        self.come(self.two, "eva", "#r")
        bruno.push(op="enter", room="#r", name="eva")
        self.cluster.run("UPDATE brusio.leases SET at = at - interval '10 seconds' WHERE node ="
                         " (SELECT id FROM brusio.nodes WHERE name = 'one');"
                         " SET search_path = brusio; SELECT fence_nodes_v1(id, 5) FROM nodes WHERE name = 'two'", "chat")
        self.assertEqual(bruno.push(op="exit", room="#r")["name"], "carla")
        self.assertIs(self.who(bruno, "#r", "anna"), True)

    def test_people_of_a_node_that_stops_are_not_seen_to_leave(self):
        three = self.node("three")
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.come(self.one, "carla", "#r")
        self.meet(self.one, self.two, three)
        self.assertEqual(self.one.end(signal.SIGTERM), 0)
        self.come(self.two, "anna", session=anna.session).join("#r")
        self.come(three, "dora", "#r")
        met = [bruno.push(op={"enter", "exit"}, room="#r")]
        while met[-1]["name"] != "dora":
            met.append(bruno.push(op={"enter", "exit"}, room="#r"))
        self.assertNotIn("exit", [event["op"] for event in met])
        self.assertIs(self.who(bruno, "#r", "carla"), True)

    def test_what_people_of_a_room_do_is_told_on_all_nodes(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.present(bruno, "#r", "anna")
        anna.send_object({"op": "typing", "room": "#r", "on": True})
        self.assertEqual(bruno.push(op="typing", room="#r")["name"], "anna")
        anna.ok("role", room="#r", name="bruno", role="moderator")
        self.assertEqual(bruno.push(op="role", room="#r")["role"], "moderator")
        anna.ok("set", room="#r", topic_locked=True)
        self.assertIs(bruno.push(op="set", room="#r")["topic_locked"], True)
        anna.ok("nick", name="annetta")
        self.assertIn("annetta", bruno.push(op="nick", room="#r")["message"])
        anna.ok("kick", room="#r", name="bruno", reason="two\tlines\nof \\")
        self.assertIn("two\tlines\nof \\", bruno.push(op="kick", room="#r")["message"])
        self.assertEqual(anna.push(op="kick", room="#r")["name"], "bruno")

    def test_what_is_told_is_told_once(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.two, "bruno", "#r")
        self.present(bruno, "#r", "anna")
        anna.ok("register", password="correct horse")
        bruno.ok("register", password="correct horse")
        anna.ok("leave", room="#r")
        self.assertEqual(bruno.push(op="role", room="#r")["name"], "bruno")
        self.come(self.one, "carla", "#r").ok("send", room="#r", message="end")
        self.assertEqual(bruno.push(op={"role", "message"}, room="#r")["op"], "message")

    def test_an_account_is_told_on_all_nodes_what_it_does_on_one(self):
        anna = self.come(self.one, "anna")
        anna.ok("register", password="correct horse")
        other = self.come(self.two, "anna", password="correct horse", device="other")
        bruno = self.come(self.one, "bruno", "#b")
        anna.join("#r")
        joined = other.push(op="membership", room="#r")
        self.assertTrue(joined["joined"])
        seq = bruno.say("hello", "#b")["seq"]
        anna.join("#b")
        self.assertTrue(other.push(op="membership", room="#b")["joined"])
        anna.ok("read", room="#b", seq=seq)
        self.assertEqual(other.push(op="read", room="#b")["seq"], seq)
        bruno.ok("set", room="#b", private=True)
        anna.ok("leave", room="#b")
        self.assertFalse(other.push(op="membership", room="#b")["joined"])
        bruno.ok("invite", room="#b", name="anna")
        self.assertEqual(other.push(op="notice", code="invited")["room"], "#b")

    def test_somebody_is_put_out_on_whichever_node_they_are(self):
        root, bruno = self.come(self.one, "root", "#r"), self.come(self.two, "bruno", "#r")
        root.ok("register", password="correct horse")
        self.cluster.run("UPDATE brusio.people SET admin = true WHERE name = 'root'", "chat")
        self.assertEqual(self.one.end(signal.SIGTERM), 0)
        self.one = self.node("one")
        back = self.come(self.one, "root", "#r", password="correct horse")
        self.present(back, "#r", "bruno")
        root = self.keep(Irc(self.one, "root", password="correct horse"))
        self.assertIn(" 401 ", root.ask("KILL nobody :enough")[-1])
        # Two misses what is told in this moment.
        self.stop_for_a_moment(self.two)
        self.cluster.run("SELECT pg_terminate_backend(l.backend) FROM brusio.leases l JOIN brusio.nodes d ON d.id = l.node WHERE d.name = 'two'",
                         "chat")
        self.assertEqual(root.ask("KILL bruno :enough is enough"), [])
        self.wait(lambda: "node_told_bytes 0\n" in urllib.request.urlopen(f"http://127.0.0.1:{self.one.port}/metrics").read().decode())
        self.two.send_signal(signal.SIGCONT)
        self.assertIn("enough is enough", " ".join(line.decode() for line in bruno.rest_of_lines()))

    def test_how_a_node_is_can_be_measured(self):
        def measure(name):
            text = urllib.request.urlopen(f"http://127.0.0.1:{self.two.port}/metrics", timeout=deadline()).read().decode()
            return int(re.search(rf"^{name} (\d+)$", text, re.M).group(1))
        self.wait(lambda: measure("brusio_node_others") == 1)
        self.wait(lambda: 0 <= measure("brusio_node_news_age_milliseconds") < 5000)
        self.wait(lambda: 0 <= measure("brusio_node_lease_age_milliseconds") < 5000)
        self.assertEqual(measure("brusio_node_standbys"), 0)
        with self.cluster.locked("brusio.sanctions", "chat"):
            self.wait(lambda: measure("brusio_node_snapshot_age_milliseconds") > 500)
        before = measure("brusio_node_barriers_total")
        self.come(self.one, "anna", "#r")
        self.wait(lambda: measure("brusio_node_barriers_total") > before)
        self.assertGreater(measure("brusio_node_barrier_microseconds_total"), 0)

    def test_clients_of_irc_see_people_of_all_nodes(self):
        anna = self.come(self.one, "anna", "#r")
        line = self.keep(Irc(self.two, "bruno"))
        line.line("JOIN #r")
        line.until(" 366 ")
        self.wait(lambda: "anna" in " ".join(part for part in line.ask("NAMES #r") if " 353 " in part))
        whois = " ".join(line.ask("WHOIS anna"))
        self.assertIn(" 311 ", whois)
        self.assertIn("127.0.0.1", whois)
        anna.close()
        self.assertRegex(line.until(" QUIT ")[-1].split()[0], r"^:anna!~u\w+@127\.0\.0\.1$")


@unittest.skipUnless(find_programs() and (build_directory() / "brusio-push").exists(), "there is no PostgreSQL here, or no libcurl")
class Pushes(NodesTest):
    """Browsers are told by the node on which something is said, wherever somebody looks at a page in them."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="brusio-push-")
        self.addCleanup(directory.cleanup)
        self.service = PushService(pathlib.Path(directory.name))
        self.addCleanup(self.service.close)
        super().setUp()
        shutil.copy(self.one.data / "push.key", self.two.data / "push.key")
        self.two.restart()

    def node(self, name, *args, **env):
        return super().node(name, *self.service.options, *args)

    def test_a_page_on_one_keeps_its_browser_silent_on_the_other(self):
        anna, bruno = self.come(self.one, "anna", "#r"), self.come(self.one, "bruno", "#r")
        anna.ok("register", password="correct horse")
        here, there = Browser(self.service), Browser(self.service)
        tokens = [anna.ok("token", label=label)["token"] for label in ("here", "there")]
        anna.ok("push", **here.fields("here"))
        anna.ok("push", **there.fields("there"))
        anna.close()
        self.wait(lambda: self.who(bruno, "#r", "anna") is False)
        page = self.keep(WebSocket(self.two))
        page.ok("hello", name="anna", token=tokens[1])
        page.ok("join", room="#r")
        # What a node is told comes in its order, and which pages there are before the rooms that they read.
        self.wait(lambda: self.who(bruno, "#r", "anna"))
        seq = bruno.say("@anna: one sees it", "#r")["seq"]
        self.assertEqual(here.take()["seq"], seq)
        page.send_object({"op": "visible", "on": False})
        page.ok("away", message="elsewhere")
        bruno.push(op="away", room="#r")
        seq = bruno.say("@anna: none does", "#r")["seq"]
        pushes = {push.path: push for push in (self.service.take() for _ in range(2))}
        self.assertEqual([browser.open(pushes[browser.path])["seq"] for browser in (here, there)], [seq, seq])


if __name__ == "__main__":
    unittest.main()
