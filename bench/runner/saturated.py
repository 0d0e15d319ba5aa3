"""(a) How much can be delivered at all, and (f) what more receivers, rooms and history cost."""
import os

from . import load, machine
from .report import Table, best, ratio
from .servers import BRUSIO, BRUSIO_IN_MEMORY, Brusio

COLUMNS = [("case", "case", "text"), ("server", "server", "text"), ("deliveries_per_s", "deliveries/s", "million"),
           ("cpu_us", "server CPU, µs/delivery", "3"), ("server_share", "server busy", "2"),
           ("to_best_peer", "to the best peer", "ratio"), ("to_bare_loop", "to the bare loop", "ratio"),
           ("faults", "faults", "text")]
NOTE = ("Texts of 100 bytes; a message is outstanding until every receiver of its room has it. One core for the server and "
        "one for the generator, except in the rows that say all cores, where both share all of them. Every delivery "
        "was checked for loss, order and repetition. The bare loop sends brusiod's bytes, as many messages in each call "
        "as are outstanding. Where the row with brusiod's data in memory (a tmpfs) is better, the difference is the disk's, which the "
        "others do not use. With 1,024 outstanding the generator looks at one receiver in ten message by message and compares "
        "the others' bytes with theirs, which leaves more of both cores to the server: there, two workers can show what "
        "they are for.")


class Case:
    def __init__(self, name, group, outstanding, receivers, rounds=3, seconds=2.0, connections=None, beside_peers=True):
        self.name, self.group, self.outstanding, self.receivers = name, group, outstanding, receivers
        self.rounds, self.seconds = rounds, seconds
        self.connections = connections or receivers
        self.beside_peers = beside_peers
        self.one_room = "rooms=" not in group


def cases(quick):
    if quick:
        return [Case("10 receivers, 64 outstanding", "receivers=10,senders=1,window=64", 64, 10, 1, 1),
                Case("200 receivers, 64 outstanding from 8 senders", "receivers=200,senders=8,window=64", 64, 200, 1, 1)]
    chosen = []
    for receivers in (10, 100):
        chosen.append(Case(f"{receivers} receivers, 64 outstanding from 8 senders",
                           f"receivers={receivers},senders=8,window=64", 64, receivers))
    for outstanding in (64, 256):
        for senders in (8, 1):
            whose = "8 senders" if senders == 8 else "one sender"
            chosen.append(Case(f"1,000 receivers, {outstanding} outstanding from {whose}",
                               f"receivers=1000,senders={senders},window={outstanding}", outstanding, 1000))
    chosen.append(Case("1,000 receivers, 1,024 outstanding from 8 senders", "receivers=1000,senders=8,window=1024,check=10", 1024,
                       1000, beside_peers=False))
    chosen.append(Case("5,000 receivers, 64 outstanding from 8 senders", "receivers=5000,senders=8,window=64", 64, 5000, 1, 3))
    chosen.append(Case("1,000 receivers, 64 outstanding from 10 senders", "receivers=1000,senders=10,window=64", 64, 1000))
    chosen.append(Case("100 rooms of 100, one outstanding in each", "rooms=100,receivers=100,senders=1,window=1", 1, 100, 1, 3,
                       connections=10100))
    chosen.append(Case("1,000 rooms of 10, one outstanding in each", "rooms=1000,receivers=10,senders=1,window=1", 1, 10, 1, 3,
                       connections=11000))
    return chosen


def _measure(case, alone=True):
    def measure(server):
        with server.start(alone=alone) as running:
            return load.run(running, [case.group], case.seconds, warmup=0.7)
    return measure


def _add(table, case, server_label, results):
    table.add(case=case.name, server=server_label,
              deliveries_per_s=load.median(results, lambda r: r["deliveries_per_s"]),
              cpu_us=load.median(results, lambda r: r["server"].get("cpu_us_per_delivery")),
              server_share=load.median(results, lambda r: r["server"]["cpu_share"]),
              generator_share=load.median(results, lambda r: r["generator_cpu_share"]),
              line_bytes=load.median(results, lambda r: r.get("bytes_per_delivery")),
              deliveries_per_read=load.median(results, lambda r: r.get("deliveries_per_read")),
              runs=[None if isinstance(r, load.Failed) else r["deliveries_per_s"] for r in results],
              faults=load.faults(results))


def _fits(server, case):
    return case.receivers <= server.room_max and (server.rooms or case.one_room)


def _bare_row(table, case):
    line_bytes = table.value("line_bytes", case=case.name, server=BRUSIO.label) or 240
    results = []
    for _ in range(case.rounds):
        results.append(load.bare_loop(case.connections, case.outstanding, round(line_bytes), 100, case.seconds))
    table.add(case=case.name, server="bare loop",
              deliveries_per_s=load.median(results, lambda r: r["deliveries_per_s"]),
              cpu_us=load.median(results, lambda r: r["server"].get("cpu_us_per_delivery")),
              server_share=load.median(results, lambda r: r["server"]["cpu_share"]), faults="")


def saturated(servers, quick):
    table = Table("a", "Saturated fan-out", COLUMNS, NOTE)
    all_cores = [Brusio("brusio-all-1", "brusiod, 1 worker, all cores", 1),
                 Brusio("brusio-all-2", "brusiod, 2 workers, all cores", 2)]
    for case in cases(quick):
        machine.say(f"  {case.name}")
        fitting = [server for server in servers if _fits(server, case) and (case.beside_peers or not server.is_peer)]
        if os.path.isdir(BRUSIO_IN_MEMORY.directory) and case.beside_peers:
            fitting.append(BRUSIO_IN_MEMORY)
        for server, results in load.alternate(fitting, case.rounds, _measure(case)).items():
            _add(table, case, server.label, results)
        left_out = [server.label for server in servers if case.beside_peers and server not in fitting and case.one_room]
        if left_out:
            table.note += f" Left out with {case.receivers:,} receivers: {', '.join(left_out)}, which take minutes to let them in."
        if case.receivers >= 200:
            for server, results in load.alternate(all_cores, case.rounds, _measure(case, alone=False)).items():
                _add(table, case, server.label, results)
        _bare_row(table, case)
        peers = {server.label for server in fitting if server.is_peer}
        rows = table.find(case=case.name)
        peer = best(row["deliveries_per_s"] for row in rows if row["server"] in peers)
        bare = table.value("deliveries_per_s", case=case.name, server="bare loop")
        for row in rows:
            row["to_best_peer"] = ratio(row["deliveries_per_s"], peer)
            row["to_bare_loop"] = ratio(row["deliveries_per_s"], bare)
    return table


GROWTH_COLUMNS = [("what", "what grows", "text"), ("size", "size", "text"), ("deliveries_per_s", "deliveries/s", "million"),
                  ("cpu_us", "server CPU, µs/delivery", "3"), ("faults", "faults", "text")]


def growth(_servers, quick):
    """brusiod alone: twice the receivers and twice the rooms should cost no more a delivery. History is section (h)."""
    table = Table("f", "Cost as the work grows", GROWTH_COLUMNS,
                  "64 outstanding in one room, or one in each of many rooms. What ten times the history costs is in (h).")
    scale = 5 if quick else 1
    series = [("receivers", receivers // scale, f"receivers={receivers // scale},senders=8,window=64")
              for receivers in (500, 1000, 2000, 4000)]
    series += [("rooms of 10", rooms // scale, f"rooms={rooms // scale},receivers=10,senders=1,window=1")
               for rooms in (125, 250, 500, 1000)]
    rounds, seconds = (1, 0.7) if quick else (3, 2)
    for what, size, group in series[::2] if quick else series:
        machine.say(f"  {size} {what}")
        case = Case(f"{what} {size}", group, 64, size, rounds, seconds)
        results = load.alternate([BRUSIO], rounds, _measure(case))[BRUSIO]
        table.add(what=what, size=f"{size:,}",
                  deliveries_per_s=load.median(results, lambda r: r["deliveries_per_s"]),
                  cpu_us=load.median(results, lambda r: r["server"].get("cpu_us_per_delivery")),
                  faults=load.faults(results))
    return table
