"""Tables for people, files for programs."""
import json
import os


class Table:
    """One section's outcome: rows of values by column key, and what a reader must know of them."""

    def __init__(self, letter, title, columns, note=""):
        self.letter, self.title, self.columns, self.note = letter, title, columns, note
        self.rows = []

    def add(self, **values):
        self.rows.append(values)

    def find(self, **wanted):
        """The rows whose values are these."""
        return [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]

    def value(self, key, **wanted):
        """One value of the only row whose values are these; None when there is no such row."""
        rows = self.find(**wanted)
        return rows[0].get(key) if rows else None

    def text(self):
        """The table as Markdown."""
        lines = [f"### ({self.letter}) {self.title}", ""]
        cells = [[label for _, label, _ in self.columns]]
        cells += [[_cell(row.get(key), form) for key, _, form in self.columns] for row in self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        for number, row in enumerate(cells):
            words = [cell.ljust(width) if form == "text" else cell.rjust(width)
                     for cell, width, (_, _, form) in zip(row, widths, self.columns)]
            lines.append("| " + " | ".join(words) + " |")
            if number == 0:
                lines.append("|" + "|".join("-" * (width + 1) + (":" if form != "text" else "-")
                                            for width, (_, _, form) in zip(widths, self.columns)) + "|")
        if self.note:
            lines += ["", self.note]
        return "\n".join(lines) + "\n"


def _cell(value, form):
    if value is None or value == "":
        return "" if form == "text" else "-"
    if form == "text":
        return str(value)
    if form == "ratio":
        return f"{value:.2f} x"
    if form == "count":
        return f"{value:,.0f}"
    if form == "million":
        return f"{value / 1e6:.2f} M"
    return f"{value:.{int(form)}f}"


def best(values):
    """The largest of those that are there."""
    values = [value for value in values if value is not None]
    return max(values) if values else None


def least(values):
    """The smallest of those that are there."""
    values = [value for value in values if value is not None]
    return min(values) if values else None


def ratio(value, to):
    return value / to if value is not None and to else None


def write_json(directory, name, content):
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


def write_table(directory, table, machine):
    write_json(directory, f"{table.letter}",
               {"section": table.letter, "title": table.title, "note": table.note, "machine": machine,
                "rows": table.rows})
