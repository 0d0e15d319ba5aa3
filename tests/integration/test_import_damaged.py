"""Files for `brusiod import` that somebody or something has changed: it refuses them with a word, or takes what `check` accepts."""
import json
import random

from brusio_test import PrivateServerTest, only_sqlite

VALUES = (None, "", 0, -1, 2**53, 2**63, 1.5, True, [], {}, "x" * 10000, "a\nb", "\0", "#absent", "@anna", "M\u0430rio",
          "2026-11-30T10:00:00.000Z", "9999-99-99", "message", "delete", "edit", "react", "owner", ["x"], {"name": "x"})
ROUNDS = 60


def number_anew(lines):
    """Gives the entries of each room numbers without a gap, so that more is looked at than those."""
    ends = {}
    for line in lines:
        if isinstance(line.get("room"), str) and line.get("op") != "room" and "seq" in line:
            ends[line["room"]] = line["seq"] = ends.get(line["room"], 0) + 1
    return lines


def changed(dice, lines):
    """The lines, a few of which are lost, repeated, in another place, or say something else."""
    lines = json.loads(json.dumps(lines))
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(lines))
        line = lines[at]
        key = dice.choice(sorted(line))
        inside = line[key] if isinstance(line[key], dict) and line[key] else line
        what = dice.randrange(6)
        if what == 0:
            del lines[at]
        elif what == 1:
            lines.insert(dice.randrange(len(lines)), json.loads(json.dumps(line)))
        elif what == 2:
            lines.insert(dice.randrange(len(lines)), lines.pop(at))
        elif what == 3 and len(line) > 1:
            del line[key]
        elif what == 4:
            line[key] = dice.choice(lines).get(key, 0)
        else:
            inside[dice.choice(sorted(inside))] = dice.choice(VALUES)
    return number_anew(lines) if dice.random() < 0.8 else lines


@only_sqlite
class Damaged(PrivateServerTest):
    def exported(self):
        self.start()
        anna, guest = self.full("anna"), self.full("guest")
        anna.ok("register", password="correct horse battery")
        for room in ("#one", "#two"):
            anna.join(room)
            guest.join(room)
            anna.ok("set", room=room, keep_edits=room == "#two")
            for number in range(3):
                seq = anna.say(f"text {number}", room)["seq"]
                guest.ok("send", room=room, message=f"answer {number}", reply_to=seq)
                guest.ok("react", room=room, target=seq, emoji="\N{THUMBS UP SIGN}", on=True)
                anna.ok("edit", room=room, target=seq, message=f"edited {number}")
            anna.ok("delete", room=room, target=seq)
            anna.ok("topic", room=room, topic=f"about {room}")
        return [json.loads(line) for line in self.server.run("export").stdout.splitlines()]

    def test_what_import_takes_check_accepts(self):
        lines, taken = self.exported(), 0
        file = self.server.directory / "lines"
        for seed in range(ROUNDS):
            file.write_text("".join(json.dumps(line) + "\n" for line in changed(random.Random(seed), lines)))
            self.server.stop()
            self.server.data = self.server.directory / f"data{seed}"
            imported = self.server.run("import", str(file))
            if imported.returncode:
                self.assertEqual(imported.returncode, 1, f"seed {seed}: {imported.stderr}")
                self.assertRegex(imported.stderr, r"(?m)^brusiod: line \d+: .*nothing was imported", f"seed {seed}")
            else:
                taken += 1
                checked = self.server.run("check")
                self.assertEqual(checked.returncode, 0, f"seed {seed}: {checked.stdout}{checked.stderr}")
        self.assertIn(taken, range(5, ROUNDS - 5))
