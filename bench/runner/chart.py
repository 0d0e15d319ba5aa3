"""The chart of the README: bars drawn from the result files, legible on light and on dark pages."""
import html
import json
import os

WIDTH, LABEL_WIDTH, VALUE_WIDTH, BAR, GAP = 760, 150, 150, 18, 7
STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .note { font-size: 11px; fill: #57606a }
  .bar { fill: #9aa4af }
  .own { fill: #b5541c }
  .limit { fill: none; stroke: #9aa4af; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note { fill: #9198a1 }
    .bar { fill: #6e7681 }
    .own { fill: #e8833a }
    .limit { stroke: #6e7681 }
  }
"""


def _load(directory, letter):
    path = os.path.join(directory, letter + ".json")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return json.load(file)["rows"]


def _panel(title, note, rows, key, show):
    """Rows of one case as (label, value, text, is brusiod, is a limit); None when nothing was measured."""
    bars = [(row["server"], row[key], show(row[key]), row["server"].startswith("brusiod"), row["server"] == "bare loop")
            for row in rows if row.get(key) is not None]
    return (title, note, bars) if len(bars) > 1 else None


def _draw_panel(panel, top):
    title, note, bars = panel
    parts = [f'<text class="title" x="0" y="{top + 14}">{html.escape(title)}</text>',
             f'<text class="note" x="0" y="{top + 30}">{html.escape(note)}</text>']
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    most = max(value for _, value, _, _, _ in bars)
    y = top + 40
    for label, value, text, own, limit in bars:
        width = max(2, room * value / most)
        kind = "limit" if limit else "bar own" if own else "bar"
        middle = y + BAR - 5
        parts += [f'<text x="{LABEL_WIDTH - 8}" y="{middle}" text-anchor="end">{html.escape(label)}</text>',
                  f'<rect class="{kind}" x="{LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>',
                  f'<text x="{LABEL_WIDTH + width + 8:.1f}" y="{middle}">{html.escape(text)}</text>']
        y += BAR + GAP
    return parts, y + 14


def _case(rows, wanted):
    """The first case whose name begins so (or the last one at all), and its rows without those of all cores."""
    names = [row["case"] for row in rows if row["case"].startswith(wanted)] or [row["case"] for row in rows[-1:]] or [""]
    return names[0], [row for row in rows if row["case"] == names[0] and "all cores" not in row["server"]]


def _panels(directory):
    case, rows = _case(_load(directory, "a"), "1,000 receivers, 64")
    yield _panel("Deliveries per second", f"{case}, on one core; more is better", rows, "deliveries_per_s",
                 lambda v: f"{v / 1e6:.2f} million")
    yield _panel("Server CPU per delivery", f"{case}; less is better", rows, "cpu_us", lambda v: f"{v:.2f} µs")
    case, rows = _case(_load(directory, "b"), "1,000 receivers, 10 ")
    yield _panel("p99 latency", f"{case}; less is better", rows, "p99", lambda v: f"{v:.2f} ms")
    yield _panel("Memory of an idle connection", "user space; less is better", _load(directory, "c"), "kib",
                 lambda v: f"{v:.2f} KiB")


def draw(directory):
    """Draws what the files in the directory hold; returns the paths of the charts."""
    panels = [panel for panel in _panels(directory) if panel]
    if not panels:
        return []
    parts, top = [], 4
    for panel in panels:
        drawn, top = _draw_panel(panel, top)
        parts += drawn
    path = os.path.join(directory, "bench.svg")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 {WIDTH + 16} {top}" width="{WIDTH + 16}" '
                   f'height="{top}" role="img" aria-label="brusiod beside its peers">\n<style>{STYLE}</style>\n'
                   + "\n".join(parts) + "\n</svg>\n")
    return [path]
