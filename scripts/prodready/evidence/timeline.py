"""The timeline of a drill as SVG: each probe a mark, the outage a band as wide as it is known, the limit a line."""

from __future__ import annotations

from xml.sax.saxutils import escape

from prodready.evidence.record import Record, Struck

WIDTH, ROW, LEFT, TOP = 900, 70, 20, 44
_INK = {"good": "#1a7f37", "failed": "#cf222e", "band": "#ffebe9", "edge": "#ffcecb", "text": "#1f2328", "soft": "#59636e"}


def svg(record: Record) -> str:
    """One row an incident; fixed sizes and colours, no script, no fonts of its own."""
    rows = [_row(number, incident) for number, incident in enumerate(record.incidents)]
    height = TOP + ROW * len(rows) + 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="12">'
    title = f"{record.title}: {record.status}"
    paper = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    return "\n".join((head, f"<title>{escape(title)}</title>", paper, _text(LEFT, 24, title, "text"), *rows, "</svg>\n"))


def _row(number: int, incident: Struck) -> str:
    begin = min([0.0, *(probe[0] for probe in incident.probes)])
    end = max([1.0, *(probe[1] for probe in incident.probes)])
    scale = (WIDTH - 2 * LEFT) / (end - begin)
    top = TOP + ROW * number

    def x(second: float) -> float:
        return round(LEFT + (second - begin) * scale, 1)

    low, high = incident.lasted[0] or 0.0, incident.lasted[1]
    parts = [_box(x(0), top + 14, x(end if high is None else high) - x(0), _INK["edge"]), _box(x(0), top + 14, x(low) - x(0), _INK["band"])]
    parts += [_mark(x(start), top + 20 + (0 if ok else 10), "good" if ok else "failed") for start, _, ok in incident.probes]
    parts.append(f'<line x1="{x(0)}" y1="{top + 8}" x2="{x(0)}" y2="{top + 48}" stroke="{_INK["failed"]}"/>')
    parts.append(_text(x(0) + 3, top + 8, incident.fault[:90], "soft"))
    words = "never back" if high is None else f"back after {low:.3f} to {high:.3f} s"
    return "\n".join((*parts, _text(x(0) + 3, top + 60, f"{words}; {incident.proof[:90]}", "soft")))


def _box(left: float, top: float, width: float, colour: str) -> str:
    return f'<rect x="{left}" y="{top}" width="{max(0.0, round(width, 1))}" height="30" fill="{colour}"/>'


def _mark(left: float, top: float, kind: str) -> str:
    return f'<rect x="{left}" y="{top}" width="1.6" height="8" fill="{_INK[kind]}"/>'


def _text(left: float, top: float, words: str, kind: str) -> str:
    return f'<text x="{left}" y="{top}" fill="{_INK[kind]}">{escape(words)}</text>'
