"""(i) Clients of IRC: the same lines from brusiod and from servers of IRC, plain and in TLS; a storm of those that come back; an idle
one's memory."""
import time

from . import load, machine
from .report import Table, best, ratio
from .resources import anonymous_kb
from .servers import BRUSIO, BRUSIO_HISTORY, BRUSIO_IRC, BRUSIO_IRC_TLS, INSPIRCD, INSPIRCD_TLS, NGIRCD, NGIRCD_TLS

COLUMNS = [("case", "case", "text"), ("server", "server", "text"), ("deliveries_per_s", "deliveries/s", "million"),
           ("cpu_us", "server CPU, µs/delivery", "3"), ("to_best_peer", "to the best peer", "ratio"),
           ("seconds", "until all are back, s", "2"), ("to_native", "to the full form", "ratio"),
           ("kib", "KiB an idle one", "2"), ("faults", "faults", "text")]
NOTE = ("Texts of 100 bytes from 8 senders, 64 outstanding, each delivery checked. All speak IRC without capabilities; brusiod stores and "
        "syncs what it shows. In TLS the generator decrypts all of it on its core, so that with few receivers it may be what is "
        "measured. Those who come back after a second away ask for what they missed, in the full form by `join` with `after`, in IRC "
        "by CHATHISTORY, and are back when they have all of it. Memory is that of connections in rooms of 100 once the server has given back what their coming took "
        "(brusiod does so after some ten quiet seconds).")
# After so much quiet the heap that a storm of connections took is given back.
QUIET_S = 25


def _fan_out(receivers, seconds):
    def measure(server):
        with server.start() as running:
            return load.run(running, [f"receivers={receivers},senders=8,window=64"], seconds, warmup=0.7)
    return measure


def _idle_kib(count, quiet_s):
    with BRUSIO_IRC.start() as running, load.Idle(running, ["rooms=1,receivers=100,senders=0"]):
        time.sleep(quiet_s)
        before = anonymous_kb(running.pid)
        with load.Idle(running, [f"rooms={count // 100},receivers=100,senders=0"]):
            time.sleep(quiet_s)
            return (anonymous_kb(running.pid) - before) / count


def _storm(table, quick):
    clients = 500 if quick else min(10000, machine.raise_descriptor_limit() // 2 - 500)
    rooms = 5 if quick else 100
    case, each = f"{clients:,} come back, {rooms} rooms", clients // rooms
    machine.say(f"  {case}")

    def measure(server):
        with server.start() as running:
            return load.run(running, [f"rooms={rooms},receivers={each + 1},storm={each},senders=1,rate={10 * rooms}"],
                            1 if quick else 2, extra=["--storm"], patience=300)

    for server, results in load.alternate([BRUSIO, BRUSIO_HISTORY], 1 if quick else 3, measure).items():
        behind = load.median(results, lambda r: r["storm"]["still_behind"])
        table.add(case=case, server=server.label, seconds=load.median(results, lambda r: r["storm"]["seconds"] or None),
                  faults="; ".join(filter(None, [load.faults(results), f"{behind:.0f} never came back" if behind else ""])))
    native, irc = table.find(case=case)
    irc["to_native"] = ratio(irc["seconds"], native["seconds"])


def clients_of_irc(servers, quick):
    table = Table("i", "Clients of IRC", COLUMNS, NOTE)
    receivers, rounds, seconds = (200, 1, 1) if quick else (1000, 3, 2)
    taken = [server for server in servers if server in (INSPIRCD, NGIRCD)]
    plans = [("plain", [BRUSIO_IRC, *taken]),
             ("TLS", [BRUSIO_IRC_TLS, *[{INSPIRCD: INSPIRCD_TLS, NGIRCD: NGIRCD_TLS}[server] for server in taken]])]
    for name, takers in plans if BRUSIO in servers else []:
        case = f"{receivers:,} receivers, {name}"
        machine.say(f"  {case}")
        for server, results in load.alternate(takers, rounds, _fan_out(receivers, seconds)).items():
            table.add(case=case, server=server.label, faults=load.faults(results),
                      deliveries_per_s=load.median(results, lambda r: r["deliveries_per_s"]),
                      cpu_us=load.median(results, lambda r: r["server"].get("cpu_us_per_delivery")))
        rows = table.find(case=case)
        peer = best(row["deliveries_per_s"] for row in rows if row["server"] != takers[0].label)
        for row in rows:
            row["to_best_peer"] = ratio(row["deliveries_per_s"], peer)
    if BRUSIO in servers:
        _storm(table, quick)
        machine.say("  memory")
        count = 1000 if quick else 6000
        table.add(case=f"{count:,} idle", server=BRUSIO_IRC.label, kib=_idle_kib(count, 2 if quick else QUIET_S), faults="")
    return table
