#!/usr/bin/env python3
"""A private PostgreSQL for tests: a cluster in a temporary directory, on a Unix socket alone.

    tests/integration/brusio_test/cluster.py start DIRECTORY    makes and starts it; prints the URL of its database
    tests/integration/brusio_test/cluster.py restart DIRECTORY  as after a crash: pg_ctl restart -m immediate
    tests/integration/brusio_test/cluster.py stop DIRECTORY

PostgreSQL refuses to run as root; then the user postgres or nobody has it. Status 77: there is no PostgreSQL here.
"""
import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import sys

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{directory}'
unix_socket_permissions = 0777
shared_buffers = 32MB
max_connections = 200
{sync}
"""


def find_programs():
    """The folder of initdb and pg_ctl, the newest; None where there is none."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    found = shutil.which("initdb")
    for folder in reversed(folders):
        if os.path.exists(f"{folder}/initdb"):
            return folder
    return os.path.dirname(found) if found else None


def owner():
    """The user that runs it where we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


class Cluster:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.data = self.directory / "cluster"
        self.programs = find_programs()
        self.owner = owner()

    def call(self, program, *words):
        def become():
            os.setgid(self.owner.pw_gid)
            os.setuid(self.owner.pw_uid)
        with open(self.directory / "log", "ab") as log:
            subprocess.run([f"{self.programs}/{program}", *words], check=True, stdin=subprocess.DEVNULL, stdout=log,
                           stderr=log, cwd="/", preexec_fn=become if self.owner else None,
                           env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})

    def prepare(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "log").touch()
        if self.owner:
            os.chown(self.directory, self.owner.pw_uid, self.owner.pw_gid)
            os.chmod(self.directory, 0o755)

    def configure(self, *lines):
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as config:
            config.writelines(f"{line}\n" for line in lines)

    def start(self, is_safe=False):
        """IS_SAFE: what is committed outlives the machine, too; else the disk is not waited for."""
        self.prepare()
        self.call("initdb", "-D", str(self.data), "-A", "trust", "-U", "brusio", "-E", "UTF8", "--locale=C", "-N")
        self.configure(SETTINGS.format(directory=self.directory, sync="" if is_safe else "fsync = off"))
        self.pg_ctl("start")
        return self

    def follow(self, primary):
        """Starts as a standby of the other one, which does not wait for it yet."""
        self.prepare()
        self.call("pg_basebackup", "-D", str(self.data), "-h", str(primary.directory), "-U", "brusio", "-R", "-N",
                  "-c", "fast")
        self.configure(f"unix_socket_directories = '{self.directory}'")
        self.pg_ctl("start")
        return self

    def wait_for_standby(self, is_on=True):
        """Makes later commits wait for a standby, or stops that."""
        self.run(f"ALTER SYSTEM SET synchronous_standby_names = '{'*' if is_on else ''}'")
        self.run("SELECT pg_reload_conf()")

    def promote(self):
        self.pg_ctl("promote")

    def pg_ctl(self, *words):
        self.call("pg_ctl", "-w", "-s", "-D", str(self.data), "-l", str(self.directory / "server.log"), *words)

    def url(self, database="postgres"):
        return f"postgres://brusio@/{database}?host={self.directory}"

    def run(self, sql, database="postgres"):
        """The output of psql for the SQL, without headers."""
        return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", sql],
                              check=True, capture_output=True, text=True).stdout.strip()

    @contextlib.contextmanager
    def locked(self, table, database):
        """Nobody reads the table meanwhile, and there is a snapshot."""
        with subprocess.Popen(["psql", "-XqAt", "-d", self.url(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as holder:
            print(f"BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE {table}; SELECT 'locked';", file=holder.stdin, flush=True)
            assert holder.stdout.readline() == "locked\n"
            yield

    def crash(self):
        self.pg_ctl("restart", "-m", "immediate")

    def stop(self):
        self.pg_ctl("stop", "-m", "immediate")

    def remove(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "restart", "stop"):
        sys.exit(__doc__)
    cluster = Cluster(sys.argv[2])
    if not cluster.programs:
        sys.exit(77)
    if sys.argv[1] == "start":
        print(cluster.start().url())
    elif sys.argv[1] == "restart":
        cluster.crash()
    else:
        cluster.stop()


if __name__ == "__main__":
    main()
