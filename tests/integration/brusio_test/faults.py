"""Makes the server's calls fail and its clock jump, through tests/integration/faults.c."""
import mmap
import struct
import unittest

from .server import build_directory, sanitizer

FIELDS = ("shift_ms", "interrupted", "brief", "refused", "memory", "sync")


class Faults:
    """Faults of servers that were started with env=faults.environment(); there are none at first."""

    def __init__(self, directory):
        library = build_directory() / "faults.so"
        if sanitizer():
            raise unittest.SkipTest("a sanitizer stands between the server and libc already")
        if not library.exists():
            raise unittest.SkipTest(f"{library} is not built: make unit")
        self.library = library
        self.path = directory / "faults"
        self.path.write_bytes(bytes(8 * len(FIELDS)))
        self.path.chmod(0o644)
        with open(self.path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)

    def environment(self):
        return {"LD_PRELOAD": str(self.library), "BRUSIO_TEST_FAULTS": str(self.path)}

    def set(self, **values):
        """Odds are one in so many calls, 0 is never; what is not named becomes 0."""
        for place, field in enumerate(FIELDS):
            struct.pack_into("q", self.shared, 8 * place, values.get(field, 0))
