"""script/cluster: nodes, databases and a balancer, as one looks at them; and what bench/cluster.py leaves running."""
import contextlib
import importlib.util
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from types import SimpleNamespace
from unittest import mock

from brusio_test import Closed, Full, deadline
from brusio_test.case import BrusioTest
from brusio_test.cluster import find_programs
from brusio_test.server import build_directory

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NODES = 2


def free_ports(count):
    """The first of so many in a row, where the kernel takes none for connections."""
    while True:
        port = random.randrange(20000, 30000)
        with contextlib.suppress(OSError):
            for number in range(count):
                socket.create_server(("127.0.0.1", port + number)).close()
            return port


@unittest.skipUnless(find_programs() and shutil.which("haproxy"), "there is no PostgreSQL or no HAProxy here")
class ClusterScript(BrusioTest):
    server = None

    def come_back(self, balancer, line):
        """As clients do: again, until the balancer has seen that the node is gone."""
        until = time.monotonic() + deadline()
        while time.monotonic() < until:
            with contextlib.suppress(Closed, ConnectionError):
                return self.keep(Full(balancer, line.name, session=line.session))
            time.sleep(0.1)
        raise AssertionError("nobody is let in any more")

    def test_people_of_a_node_that_is_killed_come_back_by_the_balancer(self):
        port = free_ports(NODES + 1)
        directory = tempfile.mkdtemp(prefix="brusio-script-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        program = subprocess.Popen([f"{ROOT}/script/cluster", "--build", str(build_directory()), "--port", str(port), "--nodes",
                                    str(NODES), "--directory", directory], stdout=subprocess.PIPE, text=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.send_signal, signal.SIGTERM)
        shown = ""
        while "Ctrl+C" not in shown:
            line = program.stdout.readline()
            self.assertTrue(line, shown)
            shown += line
        database = re.search(r"psql '(.*)'", shown).group(1)
        balancer = SimpleNamespace(listen=None, port=port)
        anna, bruno = (self.keep(Full(balancer, name)) for name in ("anna", "bruno"))
        for line in (anna, bruno):
            line.join("#r")
        anna.say("before", "#r")
        node = subprocess.run(["psql", "-XqAt", "-d", database, "-c", "SELECT d.name FROM brusio.people p JOIN brusio.nodes d"
                               " ON d.id = p.node WHERE p.name = 'anna'"], check=True, capture_output=True, text=True).stdout
        os.kill(int(re.search(rf"^{node.strip()}: process (\d+)", shown, re.M).group(1)), signal.SIGKILL)
        anna.rest_of_lines()
        again = self.come_back(balancer, anna)
        self.assertEqual(again.join("#r", after=0)["seq"], 1)
        self.assertEqual(again.say("behind", "#r")["seq"], 2)
        program.send_signal(signal.SIGINT)
        self.assertEqual(program.wait(deadline(60)), 0)


class Bench(unittest.TestCase):
    def nodes(self, running, fails=None):
        """Two nodes of bench/cluster.py, none of which is a process; FAILS does not come up."""
        place = importlib.util.spec_from_file_location("bench_cluster", f"{ROOT}/bench/cluster.py")
        bench = importlib.util.module_from_spec(place)
        place.loader.exec_module(bench)

        def start(_, name):
            if name == fails:
                sys.exit("brusiod ended before it listened")
            running.add(name)
            return SimpleNamespace(stop=lambda: running.remove(name))
        bench.Node, bench.time = start, mock.Mock()
        return bench.nodes(2, None)

    def test_no_node_outlives_a_run_that_fails(self):
        running = set()
        with self.assertRaises(SystemExit), self.nodes(running):
            self.assertEqual(running, {"a", "b"})
            sys.exit("loadgen: cannot connect")
        self.assertEqual(running, set())
        with self.assertRaises(SystemExit), self.nodes(running, fails="b"):
            self.fail("one of them is not there")
        self.assertEqual(running, set())


if __name__ == "__main__":
    unittest.main()
