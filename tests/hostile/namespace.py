"""A network of our own beside the machine's, whose cable can be cut: then nobody hears that a line has gone.

It needs root and the command ip. The connections of a crowd inside come from 10.213.77.2, and 10.213.77.1 is this
machine.
"""
import os
import subprocess

NAME = f"hostile{os.getpid()}"
NEAR, FAR = f"hn{os.getpid() % 100_000}", f"hf{os.getpid() % 100_000}"
ADDRESS = "10.213.77.1"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def is_possible():
    if os.geteuid() != 0:
        return False
    try:
        ip("netns", "add", NAME)
        ip("netns", "del", NAME)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class Network:
    """WRAP is a command to run something inside; cut() lets nothing through any more, in either direction."""

    wrap = ["ip", "netns", "exec", NAME]

    def __enter__(self):
        ip("netns", "add", NAME)
        ip("link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", NAME)
        ip("address", "add", f"{ADDRESS}/30", "dev", NEAR)
        ip("link", "set", NEAR, "up")
        ip("-n", NAME, "address", "add", "10.213.77.2/30", "dev", FAR)
        ip("-n", NAME, "link", "set", FAR, "up")
        return self

    @staticmethod
    def cut():
        ip("-n", NAME, "link", "set", FAR, "down")

    def __exit__(self, *_):
        ip("netns", "del", NAME)
