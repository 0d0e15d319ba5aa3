"""(c) memory of idle connections, (d) durable messages, (e) the storm, (h) ten million messages."""
import json
import os
import shutil
import subprocess
import time

from . import load, machine
from .client import Client
from .report import Table, least, ratio
from .servers import BRUSIO, NGIRCD, Brusio

FILL = os.path.join(machine.TOOLS, "fill")
INDEX_PATIENCE_S = 1200
BARE_SQLITE = os.path.join(machine.TOOLS, "bare_sqlite")


def anonymous_kb(pid):
    """The memory that belongs to a process alone: not the kernel's buffers, not its program's text."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
        for line in rollup:
            if line.startswith("Anonymous:"):
                return int(line.split()[1])
    return 0


# --- (c) ---

def _join_over_tls(clients, port, count):
    for _ in range(count):
        number = len(clients)
        clients.append(Client(port, f"tls{number}", tls=True))
        clients[-1].ask(op="join", room=f"#tls{number // 100}")


def _tls_memory(count):
    """The same as for plain connections; encrypting is this script's work, so there are fewer of them."""
    clients = []
    with BRUSIO.start() as running:
        try:
            _join_over_tls(clients, running.port, 100)
            before = anonymous_kb(running.pid)
            _join_over_tls(clients, running.port, count)
            time.sleep(1)
            return {"kib": (anonymous_kb(running.pid) - before) / count, "connections": count}
        finally:
            for client in clients:
                client.close()


def idle_memory(servers, quick):
    table = Table("c", "Memory of an idle connection",
                  [("server", "server", "text"), ("connections", "connections", "count"), ("kib", "KiB each", "2"),
                   ("to_best_peer", "to the best peer", "ratio"), ("faults", "faults", "text")],
                  "User space only (anonymous memory of /proc/PID/smaps_rollup): what the server holds with the "
                  "connections less what it held with 100, by their number. All are registered and in rooms of 100 "
                  "(the original: in its one room).")

    def measure(server):
        if server is over_tls:
            return _tls_memory(200 if quick else 1000)
        count = 500 if quick else 5000 if server.rooms else 1000
        rooms = count // 100 if server.rooms else 1
        with server.start() as running, load.Idle(running, ["rooms=1,receivers=100,senders=0"]):
            time.sleep(0.5)
            before = anonymous_kb(running.pid)
            with load.Idle(running, [f"rooms={rooms},receivers={count // rooms},senders=0"]):
                time.sleep(1)
                after = anonymous_kb(running.pid)
        return {"kib": (after - before) / count, "connections": count}

    over_tls = Brusio("brusio-tls", "brusiod, TLS")
    taken = [over_tls] * any(server is BRUSIO for server in servers)
    for server, results in load.alternate(servers + taken, 1 if quick else 2, measure).items():
        table.add(server=server.label, connections=load.median(results, lambda r: r["connections"]),
                  kib=load.median(results, lambda r: r["kib"]), faults=load.faults(results))
    peers = {server.label for server in servers if server.is_peer}
    peer = least(row["kib"] for row in table.rows if row["server"] in peers)
    for row in table.rows:
        row["to_best_peer"] = ratio(row["kib"], peer)
    return table


# --- (d) ---

def _seed_database(directory, room):
    """A database that brusiod made, with one message in the room; brusiod is stopped again."""
    with BRUSIO.start(data=directory) as running, Client(running.port, "bench") as client:
        client.ask(op="join", room=room)
        client.ask(op="send", room=room, message="the first message")
    return os.path.join(directory, "brusio.db")


def _bare_sqlite(batch, senders, seconds):
    directory = os.path.join(machine.TOOLS, "bare-sqlite-data")
    shutil.rmtree(directory, ignore_errors=True)
    try:
        database = _seed_database(directory, "#bench")
        command = [BARE_SQLITE, database, "#bench", str(batch), str(senders), "100", str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise load.Failed(done.stderr.strip())
        return json.loads(done.stdout)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class _Bare:
    """Stands in the row of servers where SQLite alone is measured."""

    label = "bare SQLite"


def durable(_servers, quick):
    table = Table("d", "Durable acknowledged messages",
                  [("case", "case", "text"), ("server", "server", "text"), ("per_s", "messages/s", "count"),
                   ("p50", "p50 to the ack, ms", "3"), ("p99", "p99, ms", "3"), ("ratio", "to bare SQLite", "ratio"),
                   ("faults", "faults", "text")],
                  "Texts of 100 bytes, each acknowledged after its commit was synced to the disk. Bare SQLite inserts "
                  "the same rows into the same tables and indexes at the same synchronous=FULL, as many in each commit "
                  "as are outstanding. All cores: the generator shares them.")
    rounds, seconds = (1, 1) if quick else (3, 3)
    everywhere, bare = Brusio("brusio-all", "brusiod, all cores"), _Bare()
    for outstanding, senders in ((1, 1), (64, 8), (256, 8), (1024, 8)):
        case = f"{outstanding:,} outstanding from {senders} sender{'s' if senders > 1 else ''}"
        machine.say(f"  {case}")

        def measure(server, batch=outstanding, senders=senders, spec=f"receivers=0,senders={senders},window={outstanding},by=ack"):
            if server is bare:
                return _bare_sqlite(batch, senders, seconds)
            with server.start(alone=server is BRUSIO) as running:
                return load.run(running, [spec], seconds)

        results = load.alternate([BRUSIO, everywhere, bare], rounds, measure)
        rows = load.median(results[bare], lambda r: r["messages_per_s"])
        for server in (BRUSIO, everywhere):
            acks = load.median(results[server], lambda r: r["groups"][0]["acks_per_s"])
            table.add(case=case, server=server.label, per_s=acks, ratio=ratio(acks, rows),
                      p50=_ack_ms(results[server], "p50"), p99=_ack_ms(results[server], "p99"),
                      faults=load.faults(results[server]))
        table.add(case=case, server=bare.label, per_s=rows, faults=load.faults(results[bare]))
    return table


def _ack_ms(results, key):
    value = load.median(results, lambda r: r["groups"][0].get("ack_us", {}).get(key))
    return None if value is None else value / 1e3


# --- (e) ---

def storm(servers, quick):
    table = Table("e", "A storm of reconnecting clients",
                  [("case", "case", "text"), ("server", "server", "text"), ("seconds", "until all are back, s", "2"),
                   ("before", "residents' p99 before, ms", "2"), ("during", "during, ms", "2"),
                   ("after", "after, ms", "2"), ("faults", "faults", "text")],
                  "All drop their connections, are away for a second, and come back at once. brusiod's clients resume: "
                  "they are back when they have every message that was sent before they came back. The peers' clients "
                  "only rejoin: what they missed is gone. Residents stay in the same rooms throughout.")
    clients = 500 if quick else min(10000, machine.raise_descriptor_limit() // 2 - 500)
    rooms = 5 if quick else 100
    each = clients // rooms
    spread = f"rooms={rooms},receivers={each + 1},storm={each},senders=1,rate={10 * rooms}"
    together = f"receivers={clients + 100},storm={clients},senders=1,rate=10"
    plans = [(f"{clients:,} clients in {rooms} rooms", spread,
              # ngIRCd's listen queue of ten costs it minutes.
              [s for s in servers if s.rooms and not (quick and s is NGIRCD)]),
             (f"{clients:,} clients in one room", together, [BRUSIO])]
    for name, group, takers in plans:
        machine.say(f"  {name}")

        def measure(server, spec=group):
            with server.start() as running:
                return load.run(running, [spec], 1 if quick else 3, extra=["--storm"], patience=300)

        for server, results in load.alternate(takers, 1, measure).items():
            def p99(key, found=results):
                value = load.median(found, lambda r: (r["groups"][0].get(key) or {}).get("p99"))
                return None if value is None else value / 1e3
            behind = load.median(results, lambda r: r["storm"]["still_behind"])
            table.add(case=name, server=server.label,
                      seconds=load.median(results, lambda r: r["storm"]["seconds"] or None),
                      before=p99("before_us"), during=p99("during_us"), after=p99("after_us"),
                      faults="; ".join(filter(None, [load.faults(results), f"{behind:.0f} never came back" if behind else ""])))
    return table


# --- (h) ---

def _start_ms(directory):
    """Milliseconds from starting brusiod on this data until it listens; the server is stopped again."""
    start = time.perf_counter()
    running = BRUSIO.start(data=directory)
    took = (time.perf_counter() - start) * 1e3
    running.stop()
    return took


def _middle(values):
    return sorted(values)[len(values) // 2]


def _word(number):
    """The words of bench/fill.c: the lower the number, the more frequent."""
    syllables = "ba ce di fo gu la me ni po ru sa te vi zo ca de fi go lu ma".split()
    word, rest = "", number + 20
    while rest:
        word += syllables[rest % 20]
        rest //= 20
    return word


def _wait_for_index(client, room):
    """Seconds until the server, which indexes by itself, has no newest messages that a search does not know."""
    start = time.perf_counter()
    while time.perf_counter() < start + INDEX_PATIENCE_S:
        if not client.ask(op="search", room=room, query=_word(0), limit=1).get("lag"):
            return time.perf_counter() - start
        time.sleep(0.2)
    raise load.Failed(f"the search index is not there after {INDEX_PATIENCE_S} s")


def _request_times(port, room, last):
    """Medians, in milliseconds, of what a client asks of a room whose newest entry is `last`."""
    times = {}
    with Client(port, "reader") as client:
        client.ask(op="join", room=room)
        times["indexed"] = _wait_for_index(client, room)
        places = [last * part // 10 + 1 for part in range(1, 11)]
        times["history"] = _middle([client.timed(op="history", room=room, before=place, limit=50)[1]
                                    for place in places])
        searches = []
        for query in (_word(0), _word(500), _word(15000), f"{_word(0)} {_word(1)} {_word(2)}",
                      f'"{_word(0)} {_word(1)}"', f"{_word(3)} {_word(19000)}"):
            answer, took = client.timed(op="search", room=room, query=query, limit=50)
            if answer["op"] == "error":
                break
            searches.append(took)
        times["search"] = max(searches) if searches else None
        times["send"] = _middle([client.timed(op="send", room=room, message="one more")[1] for _ in range(100)])
    resumes = []
    for number in range(5):
        with Client(port, f"returner{number}") as client:
            start = time.perf_counter()
            client.put(op="join", room=room, after=last - 1000)
            while True:
                pushed = client.get()
                if pushed["op"] == "message" and pushed["seq"] >= last:
                    break
            resumes.append((time.perf_counter() - start) * 1e3)
    times["resume"] = _middle(resumes)
    return times


def long_history(_servers, quick):
    table = Table("h", "The length of the history",
                  [("messages", "messages in the room", "count"), ("fill", "filled in, s", "1"),
                   ("start", "start-up, ms", "1"),
                   ("indexed", "then indexed in, s", "1"), ("history", "history page, ms", "2"), ("search", "slowest search, ms", "2"),
                   ("resume", "resume of 1,000, ms", "2"), ("send", "send to ack, ms", "2"), ("faults", "faults", "text")],
                  "Medians: of history pages all over the room, of a hundred sends, of five resumes. A search is for a rare or a "
                  "common word, a phrase, or several words; the slowest counts. The filler writes no search index: brusiod "
                  "makes it by itself, while it serves.")
    for messages in (1000, 100000) if quick else (10000, 100000, 1000000, 10000000):
        machine.say(f"  {messages:,} messages")
        directory = os.path.join(machine.TOOLS, "history-data")
        shutil.rmtree(directory, ignore_errors=True)
        try:
            database = _seed_database(directory, "#bench")
            start = time.perf_counter()
            done = subprocess.run([FILL, database, "#bench", str(messages)], capture_output=True, text=True, check=False)
            filled = time.perf_counter() - start
            if done.returncode != 0:
                raise load.Failed(done.stderr.strip())
            last = json.loads(done.stdout)["last_seq"]
            started = _middle([_start_ms(directory) for _ in range(3)])
            with BRUSIO.start(data=directory) as running:
                table.add(messages=messages, fill=filled, start=started, faults="",
                          **_request_times(running.port, "#bench", last))
        except (load.Failed, RuntimeError, OSError) as error:
            table.add(messages=messages, faults=str(error))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    return table
