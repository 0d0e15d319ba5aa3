"""(b) Latency at fixed rates, and (g) what stalled readers and flooded rooms do to the others."""
from . import load, machine
from .report import Table, least, ratio
from .servers import BRUSIO, Brusio


COLUMNS = [("case", "case", "text"), ("server", "server", "text"), ("p50", "p50, ms", "3"), ("p99", "p99, ms", "3"),
           ("p999", "p99.9, ms", "3"), ("cpu_share", "server busy", "2"),
           ("p99_to_best_peer", "p99 to the best peer", "ratio"), ("faults", "faults", "text")]


def _latency(result, group=0, name="latency_us"):
    return result["groups"][group].get(name) or {}


def _percentile(results, key, group=0, name="latency_us"):
    value = load.median(results, lambda r: _latency(r, group, name).get(key))
    return None if value is None else value / 1e3


def fixed_rates(servers, quick):
    table = Table("b", "Latency at fixed rates", COLUMNS,
                  "From the moment at which a message was due to be sent, whether or not it could be sent then, until "
                  "a receiver has it; over all receivers. All cores: the server may use every core, and the generator "
                  "shares them and sleeps between its turns.")
    cases = [(1000, 10, True), (1000, 10, False), (1000, 100, True), (100, 100, True)]
    rounds, seconds = 3, 5
    if quick:
        cases, rounds, seconds = [(200, 20, True)], 1, 1
    everywhere = [Brusio(workers=2) if server is BRUSIO else server for server in servers]
    for receivers, rate, alone in cases:
        name = f"{receivers:,} receivers, {rate} messages/s" + ("" if alone else ", all cores")
        machine.say(f"  {name}")

        def measure(server, group=f"receivers={receivers},senders=1,rate={rate}", on_its_core=alone):
            with server.start(alone=on_its_core) as running:
                return load.run(running, [group], seconds, warmup=0.5)

        for server, results in load.alternate(servers if alone else everywhere, rounds, measure).items():
            table.add(case=name, server=server.label, p50=_percentile(results, "p50"), p99=_percentile(results, "p99"),
                      p999=_percentile(results, "p999"), cpu_share=load.median(results, lambda r: r["server"]["cpu_share"]),
                      faults=load.faults(results))
        peers = {server.label for server in servers if server.is_peer}
        peer = least(row["p99"] for row in table.find(case=name) if row["server"] in peers)
        for row in table.find(case=name):
            row["p99_to_best_peer"] = ratio(row["p99"], peer)
    return table


STALL_COLUMNS = [("case", "case", "text"), ("server", "server", "text"), ("p50", "p50, ms", "2"), ("p99", "p99, ms", "2"),
                 ("mb", "server memory, MB", "1"), ("machine_mb", "with the kernel's, MB", "1"), ("stalled", "of the stalled", "text"), ("faults", "faults", "text")]


def _stalled_words(results):
    for result in results:
        if isinstance(result, load.Failed) or "stalled" not in result:
            continue
        stalled = result["stalled"]
        return f"{stalled['caught_up']} then got everything, {stalled['disconnected']} were cut off"
    return ""


def _stall_rows(table, servers, rounds, seconds, live, stalled, rate):
    for count in (0, *stalled):
        name = f"{live} readers at {rate:,} messages/s" + (f", {count} more that do not read" if count else "")
        machine.say(f"  {name}")

        def measure(server, group=f"receivers={live + count},stalled={count},senders=1,rate={rate}"):
            with machine.MemoryTaken() as taken, server.start() as running:
                result = load.run(running, [group], seconds, warmup=0.5, extra=["--size", "300"], patience=90)
            result["machine_mb"] = taken.mb
            return result

        for server, results in load.alternate(servers, rounds, measure).items():
            memory = load.median(results, lambda r: r["server"]["private_kb"][1])
            table.add(case=name, server=server.label, p50=_percentile(results, "p50"), p99=_percentile(results, "p99"),
                      mb=None if memory is None else memory / 1024,
                      machine_mb=load.median(results, lambda r: r["machine_mb"]), stalled=_stalled_words(results),
                      faults=load.faults(results))


def _quiet_room_rows(table, servers, rounds, seconds, receivers):
    quiet = "receivers=20,senders=1,rate=50"
    for flooded in (False, True):
        name = "a quiet room" + (f" beside one of {receivers:,} in full flood" if flooded else " alone")
        machine.say(f"  {name}")

        def measure(server, groups=tuple([quiet] + ([f"receivers={receivers},senders=8,window=64"] if flooded else []))):
            with server.start() as running:
                return load.run(running, groups, seconds, warmup=0.5)

        for server, results in load.alternate(servers, rounds, measure).items():
            table.add(case=name, server=server.label, p50=_percentile(results, "p50"), p99=_percentile(results, "p99"),
                      mb=None, machine_mb=None, stalled="", faults=load.faults(results))


def stalled_readers(servers, quick):
    table = Table("g", "Readers that do not read, and rooms that flood", STALL_COLUMNS,
                  "Texts of 300 bytes in the flood with stalled readers; the server's memory is its own at its end, with the kernel's "
                  "it is what the machine misses at most during the run (also the generator's, and what is cached for the disk). "
                  "A peer whose queue is full drops the reader; brusiod keeps its place in the log.")
    rounds, seconds = (1, 1) if quick else (2, 8)
    _stall_rows(table, [s for s in servers if s.key != "original"], rounds, seconds, 100,
                [20] if quick else [100, 1000], 2000 if quick else 5000)
    _quiet_room_rows(table, [s for s in servers if s.rooms], rounds, 1 if quick else 4, 200 if quick else 1000)
    original = [s for s in servers if s.key == "original"]
    if original and not quick:
        _stall_rows(table, original, 1, 4, 10, [1], 1000)
    return table
