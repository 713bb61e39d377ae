"""Findings for the terminal: by kind, with counts and the first few of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from kg.reports.kinds import SEVERITIES, Kind, brief, kinds, place, readable, rows_line, totals
from kg.rows import Finding, RowCounts

__all__ = ["report_text"]

#: How many findings of a kind are shown, and how many kinds.
EXAMPLES, KINDS = 3, 40
#: How much of a place and of a message is shown.
_PLACE, _MESSAGE = 160, 320
#: Narrower than that lines are not folded.
_NARROWEST = 20


def report_text(findings: Sequence[Finding], *, rows: RowCounts | None = None, width: int = 0) -> str:
    """Return a summary for the terminal.

    Parameters
    ----------
    findings:
        In the order in which they are to be shown.
    rows:
        How many rows were read; of RDF files that is not counted.
    width:
        The columns of the terminal; without them lines are as long as they are.
    """
    listed = kinds(findings)
    lines = [line for kind in listed[:KINDS] for line in _kind_lines(kind, width)]
    end = [] if rows is None else [rows_line(rows)]
    end.append(totals(findings))
    if len(listed) > KINDS or any(_examples(kind)[1] < len(kind.findings) for kind in listed):
        end.append("--format html, csv, json, sarif or ttl shows all")
    if len(listed) > KINDS:
        lines += [f"and {len(listed) - KINDS} more kinds", ""]
    lines += [line for text in end for line in _folded(text, 0, width)]
    return "\n".join(lines)


def _kind_lines(kind: Kind, width: int) -> Iterator[str]:
    yield from _folded(f"{SEVERITIES[kind.severity].capitalize()}: {kind.title}", 0, width)
    yield from _folded(f"{kind.counts} ({kind.rule})", 2, width)
    examples, looked_at = _examples(kind)
    for line in examples:
        yield from _folded(line, 4, width)
    if looked_at < len(kind.findings):
        yield f"    and {len(kind.findings) - looked_at:,} more"
    yield ""


def _examples(kind: Kind) -> tuple[list[str], int]:
    """Return the first different findings of a kind, and how many findings that took."""
    lines: list[str] = []
    for number, finding in enumerate(kind.findings):
        text = brief(finding)
        said = "" if text == finding.stated else f": {readable(text, _MESSAGE)}"
        line = f"{readable(place(finding), _PLACE)}{said}"
        if line not in lines:
            if len(lines) == EXAMPLES:
                return lines, number
            lines.append(line)
    return lines, len(kind.findings)


def _folded(text: str, indent: int, width: int) -> Iterator[str]:
    """Yield a text in lines that fit, those after the first set in by two."""
    if width < _NARROWEST:
        yield " " * indent + text
        return
    console = Console(width=width, color_system=None)
    lines = Text(text).wrap(console, width - indent - 2, overflow="fold")
    for number, line in enumerate(lines):
        yield " " * (indent + 2 * (number > 0)) + line.plain.rstrip()
