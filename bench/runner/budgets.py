"""Compares the results with the budgets that brusiod sets itself."""
import json
import os

from .report import Table, best, least, ratio

COLUMNS = [("what", "budget", "text"), ("measured", "measured", "text"), ("target", "target", "text"), ("met", "met", "text")]


class _Results:
    def __init__(self, directory):
        self.directory = directory

    def rows(self, letter, **wanted):
        path = os.path.join(self.directory, letter + ".json")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)["rows"]
        return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]

    def value(self, letter, key, **wanted):
        rows = self.rows(letter, **wanted)
        return rows[0].get(key) if rows else None


def _judge(table, what, value, target, at_least, show):
    """Adds a row, unless nothing was measured."""
    if value is None:
        return
    table.add(what=what, measured=show(value), target=(">= " if at_least else "<= ") + show(target),
              met="yes" if (value >= target if at_least else value <= target) else "no")


def _ratio(value):
    return f"{value:.2f} x"


def _judge_fan_out(table, results):
    for outstanding in (64, 256):
        for whose in ("8 senders", "one sender"):
            case = f"1,000 receivers, {outstanding} outstanding from {whose}"
            _judge(table, f"{case}: to the best peer", results.value("a", "to_best_peer", case=case, server="brusiod"),
                   2.5, True, _ratio)
            _judge(table, f"{case}: to the bare loop", results.value("a", "to_bare_loop", case=case, server="brusiod"),
                   0.85, True, _ratio)
    for case, target in (("1,000 receivers, 64 outstanding from 10 senders", 2.5),
                         ("100 rooms of 100, one outstanding in each", 1.0),
                         ("1,000 rooms of 10, one outstanding in each", 1.2)):
        for server in ("brusiod", "brusiod, data in memory"):
            _judge(table, f"{case}: {server} to the best peer",
                   results.value("a", "to_best_peer", case=case, server=server), target, True, _ratio)


def _judge_latency(table, results):
    for cores in ("", ", all cores"):
        case = f"1,000 receivers, 10 messages/s{cores}"
        _judge(table, f"{case}: p99 to the best peer", results.value("b", "p99_to_best_peer", case=case, server="brusiod"),
               0.5, False, _ratio)


def _judge_rest(table, results):
    _judge(table, "idle connection", results.value("c", "kib", server="brusiod"), 1.0, False, lambda v: f"{v:.2f} KiB")
    _judge(table, "idle TLS connection", results.value("c", "kib", server="brusiod, TLS"), 12.0, False,
           lambda v: f"{v:.2f} KiB")
    durable = best(row["ratio"] for row in results.rows("d", server="brusiod, all cores"))
    lowest = least(row["ratio"] for row in results.rows("d", server="brusiod, all cores"))
    _judge(table, "durable messages to bare SQLite, all cores, at best", durable, 0.5, True, _ratio)
    _judge(table, "durable messages to bare SQLite, all cores, at worst", lowest, 0.5, True, _ratio)
    for row in results.rows("e", server="brusiod"):
        _judge(table, f"storm of {row['case']}", row["seconds"], 10.0, False, lambda v: f"{v:.2f} s")
    for name, target in (("plain", 3.0), ("TLS", 2.5)):
        for row in results.rows("i", case=f"1,000 receivers, {name}"):
            if row["server"].startswith("brusiod"):
                _judge(table, f"IRC, {row['case']}: to the best peer", row["to_best_peer"], target, True, _ratio)
    for row in results.rows("i", server="brusiod, IRC with CHATHISTORY"):
        _judge(table, f"IRC, {row['case']}: to the full form", row["to_native"], 2.0, False, _ratio)
    for row in results.rows("i", case="6,000 idle"):
        _judge(table, "IRC, idle connection", row["kib"], 1.0, False, lambda v: f"{v:.2f} KiB")
    for row in results.rows("h", messages=10000000):
        for key, what, target in (("history", "history page", 10.0), ("search", "slowest search", 100.0),
                                  ("start", "start-up", 100.0)):
            _judge(table, f"{what} at 10 million messages", row.get(key), target, False, lambda v: f"{v:.2f} ms")


def judge(directory):
    """The table of budgets, from whatever result files are there."""
    table, results = Table("budgets", "Budgets", COLUMNS), _Results(directory)
    _judge_fan_out(table, results)
    _judge_latency(table, results)
    _judge_rest(table, results)
    two = results.rows("a", server="brusiod, 2 workers, all cores")
    for row in two:
        one = results.value("a", "deliveries_per_s", case=row["case"], server="brusiod, 1 worker, all cores")
        _judge(table, f"{row['case']}: two workers to one", ratio(row["deliveries_per_s"], one), 1.0, True, _ratio)
    return table
