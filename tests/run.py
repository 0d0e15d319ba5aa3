#!/usr/bin/env python3
"""Runs the unit and integration tests of one or more builds.

    tests/run.py --build build [--build build/asan ...] [--only unit|integration|client] [-k PATTERN] [--again] [-v]

Each test file is a process of its own: DIR/unit/test_* (cmocka), tests/integration/test_*.py and
tests/client/test_*.py (unittest), which find the binaries under test through BRUSIO_BUILD. Tests of the terminal
client are those of tests/client and tests/integration/test_client*.py. A pattern selects the files whose names
contain it, or else the Python tests whose names do. With BRUSIO_TEST_STORE=postgres the servers of the integration tests
keep their data in a PostgreSQL of the tests' own.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
# Under ThreadSanitizer only what several threads do can show anything; the rest is slow there. These are the unit tests that
# start threads, and the scripts about one thread: the terminal client, commands on the data directory, and helper processes.
UNITS_WITH_THREADS = re.compile(
    "test_(chat|cursor_threads|fault_schedules|fuzz_connection|gateway|jobs|mailbox|operation|part_hash|rate|store)")
SCRIPTS_OF_ONE_THREAD = re.compile(
    "test_(client|administration|bucket|care|cluster_script|file_backup|import_damaged|pam|passkey|pictures|postgres_standby"
    "|systemd|totp|transfer)")
# How much slower than a release build an instrumented one may be before a wait in a test gives up.
SCALE = {None: 1, "address": 3, "thread": 6}
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:detect_stack_use_after_return=1:quarantine_size_mb=16",
    "LSAN_OPTIONS": "exitcode=99",
    "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1",
    "TSAN_OPTIONS": "exitcode=99:halt_on_error=1:second_deadlock_stack=1",
}


@dataclasses.dataclass
class Build:
    """A directory of binaries and how its tests must be run."""

    directory: pathlib.Path
    sanitizer: str | None = None
    wrap: list = dataclasses.field(default_factory=list)

    @classmethod
    def inspect(cls, directory):
        build = cls(directory.resolve())
        for binary in [directory / "brusiod", *sorted(directory.glob("unit/test_*"))]:
            if os.access(binary, os.X_OK) and binary.is_file():
                build.sanitizer = sanitizer_of(binary.read_bytes())
                build.wrap = fixed_addresses() if build.sanitizer else []
                break
        return build

    @property
    def scale(self):
        return SCALE[self.sanitizer] * float(os.environ.get("BRUSIO_TEST_SCALE") or 1)

    def environment(self):
        added = {"BRUSIO_BUILD": str(self.directory), "BRUSIO_TEST_SCALE": str(self.scale),
                 "CMOCKA_MESSAGE_OUTPUT": "TAP", "PYTHONDONTWRITEBYTECODE": "1"}
        if self.sanitizer:
            added |= SANITIZER_OPTIONS
        return os.environ | added


@dataclasses.dataclass
class Result:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    output: str = ""
    seconds: float = 0

    def count(self, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def add(self, other):
        self.count(other.passed, other.failed, other.skipped)


def sanitizer_of(content):
    if b"__asan_init" in content:
        return "address"
    return "thread" if b"__tsan_init" in content else None


def fixed_addresses():
    """A sanitizer's shadow memory can collide with what the kernel's address randomisation chose."""
    try:
        works = subprocess.run(["setarch", "-R", "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        works = False
    return ["setarch", "-R"] if works else []


def is_client_test(path):
    return path.parent.name == "client" or path.name.startswith("test_client")


def find_files(build, only):
    """The test files of BUILD: unit binaries, then Python files."""
    units = [path for path in sorted((build.directory / "unit").glob("test_*"))
             if path.is_file() and os.access(path, os.X_OK) and not path.suffix]
    scripts = sorted([*TESTS.glob("integration/test_*.py"), *TESTS.glob("client/test_*.py")])
    if build.sanitizer == "thread":
        units = [path for path in units if UNITS_WITH_THREADS.match(path.name)]
        scripts = [path for path in scripts if not SCRIPTS_OF_ONE_THREAD.match(path.name)]
    if only == "unit":
        return units
    if only:
        return [path for path in scripts if is_client_test(path) == (only == "client")]
    return units + scripts


def command_of(build, path, pattern):
    if path.suffix != ".py":
        return [*build.wrap, str(path)]
    chosen = ["-k", pattern] if pattern and pattern not in path.stem else []
    return [*build.wrap, sys.executable, "-m", "unittest", "-v", *chosen, path.stem]


def run_process(build, path, options):
    """Run one file in a process group of its own, so that what it leaves behind ends with it."""
    seconds = options.seconds * build.scale
    process = subprocess.Popen(
        command_of(build, path, options.pattern), cwd=path.parent if path.suffix else ROOT, env=build.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
        end = ""
    except subprocess.TimeoutExpired:
        # SIGINT first: a Python test then says where it was.
        os.killpg(process.pid, signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        end = f"\nended after {seconds:.0f} s without a result\n"
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return process.returncode, output.decode("utf-8", "replace") + end


def count_cmocka(output, result):
    """TAP, or cmocka's own format; a group that ends early counts its missing tests as one failure."""
    tap = re.findall(r"^(not )?ok \d+[^\n#]*(# ?SKIP)?", output, re.MULTILINE)
    for failed, skip in tap:
        # cmocka calls a skipped test "not ok".
        result.count(**{"skipped" if skip else "failed" if failed else "passed": 1})
    planned = sum(int(number) for number in re.findall(r"^1\.\.(\d+)", output, re.MULTILINE))
    if planned > len(tap):
        result.count(failed=1)
    if not tap:
        result.count(passed=len(re.findall(r"^\[       OK \]", output, re.MULTILINE)),
                     failed=len(re.findall(r"^\[  FAILED  \] (?!tests)\w+$", output, re.MULTILINE)),
                     skipped=len(re.findall(r"^\[  SKIPPED \] (?!tests)\w+$", output, re.MULTILINE)))


def count_unittest(output, result):
    ran = re.findall(r"^Ran (\d+) tests? in", output, re.MULTILINE)
    if not ran:
        return
    closing = output[output.rindex("Ran "):]
    numbers = {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", closing)}
    failed = numbers.get("failures", 0) + numbers.get("errors", 0)
    skipped = numbers.get("skipped", 0)
    result.count(max(int(ran[-1]) - failed - skipped, 0), failed, skipped)


def run_file(build, path, options):
    result = Result()
    began = time.monotonic()
    status, result.output = run_process(build, path, options)
    result.seconds = time.monotonic() - began
    (count_unittest if path.suffix == ".py" else count_cmocka)(result.output, result)
    counted = result.passed + result.failed + result.skipped
    nothing_chosen = path.suffix == ".py" and counted == 0 and "Ran 0 tests" in result.output
    if status != 0 and result.failed == 0 and not nothing_chosen:
        result.output += f"\nexit status {status}\n"
        result.count(failed=1)
    elif counted == 0 and not nothing_chosen:
        result.count(passed=1)
    return result


def selected(path, pattern):
    """A pattern that names no test of a Python file is found out by running it with -k."""
    return not pattern or pattern in path.name or path.suffix == ".py"


def label_of(path, build, several):
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"[{build.directory.name}] {shown}" if several and path.suffix else str(shown)


def report(label, result, verbose):
    counted = result.passed + result.failed + result.skipped
    if counted == 0:
        return
    skipped = f", {result.skipped} skipped" if result.skipped else ""
    state = "FAILED" if result.failed else "ok"
    print(f"{state:6} {label:50} {counted:4} tests{skipped}  {result.seconds:.1f} s", flush=True)
    if result.failed or verbose:
        print("".join(f"    {line}\n" for line in result.output.splitlines()), flush=True)


def begin_cluster():
    """The PostgreSQL that the servers under test share where BRUSIO_TEST_STORE=postgres; else None."""
    if os.environ.get("BRUSIO_TEST_STORE") != "postgres" or os.environ.get("BRUSIO_TEST_CLUSTER"):
        return None
    sys.path.insert(0, str(TESTS / "integration"))
    from brusio_test.cluster import Cluster
    cluster = Cluster(tempfile.mkdtemp(prefix="brusio-postgres-")).start()
    os.environ["BRUSIO_TEST_CLUSTER"] = str(cluster.directory)
    return cluster


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="append", type=pathlib.Path, metavar="DIR",
                        help="the directory of the binaries (default: build)")
    parser.add_argument("--only", choices=("unit", "integration", "client"))
    parser.add_argument("-k", metavar="PATTERN", dest="pattern", help="only what contains PATTERN in its name")
    parser.add_argument("--files", default="", metavar="REGEX", help="only files whose names match it")
    parser.add_argument("-v", action="store_true", dest="verbose", help="show the output of what passes, too")
    parser.add_argument("--jobs", type=int, default=6, help="processes at once (default 6: tests mostly wait)")
    parser.add_argument("--seconds", type=int, default=300,
                        help="how long one file may take in a release build (default 300)")
    parser.add_argument("--again", action="store_true",
                        help="run a file that failed beside others once more by itself, and count what comes then")
    options = parser.parse_args()

    cluster = begin_cluster()
    builds = [Build.inspect(directory) for directory in options.build or [ROOT / "build"]]
    total = Result()
    failed = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {}
        for build in builds:
            for path in find_files(build, options.only):
                if selected(path, options.pattern) and re.search(options.files, path.stem):
                    running[pool.submit(run_file, build, path, options)] = build, path
        for future in concurrent.futures.as_completed(running):
            build, path = running[future]
            result = future.result()
            report(label_of(path, build, len(builds) > 1), result, options.verbose)
            if result.failed and options.again:
                failed.append((build, path))
            else:
                total.add(result)
    for build, path in failed:
        result = run_file(build, path, options)
        report("again, by itself: " + label_of(path, build, len(builds) > 1), result, options.verbose)
        total.add(result)

    if cluster:
        cluster.remove()
    print(f"{total.passed} passed, {total.failed} failed" + (f", {total.skipped} skipped" if total.skipped else ""))
    return 0 if total.passed and not total.failed else 1


if __name__ == "__main__":
    sys.exit(main())
