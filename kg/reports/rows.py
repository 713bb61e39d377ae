"""Findings by the row that they are about, with the row as it came: what the page shows of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

from kg.namespaces import shorten
from kg.reports.kinds import SEVERITIES, Kind, readable
from kg.rows import Finding, Row

__all__ = ["EFFECTS", "FileView", "RowView", "chosen", "files"]

#: How much is shown of a cell, of one that is to blame, and of a message; and how many cells of a row.
_CELL, _BLAMED, _MESSAGE, _CELLS = 120, 400, 600, 40
#: How many ways to be wrong one row is shown to have.
_PER_ROW = 50
#: What is said of an effect.
EFFECTS = {"rejected": "row rejected", "left-out": "value left out", "kept": "kept"}


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding as it is shown, or several that say the same; `kind` is the number of their kind."""

    id: str
    severity: str
    effect: str
    effect_key: str
    column: str
    message: str
    kind: int
    count: int


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell of a row."""

    name: str
    text: str
    blamed: bool


@dataclass(slots=True)
class RowView:
    """A row, or a node where no row is known, with what was found and its cells as they came."""

    id: str
    label: str
    findings: list[FindingView] = field(default_factory=list)
    cells: list[CellView] = field(default_factory=list)
    #: What an unreadable row begins with, or a value of no row.
    text: str = ""
    #: How many cells, and findings, are not shown.
    more_cells: int = 0
    more_findings: int = 0


@dataclass(frozen=True, slots=True)
class FileView:
    """The rows of a file that something was found in."""

    id: str
    number: int
    rows: list[RowView]


def chosen(kinds: Sequence[Kind], most: int) -> tuple[list[tuple[Finding, int]], int]:
    """Return so many findings of all kinds, with the number of their kind, and how many of each there can be at most.

    Every kind has its first ones, rare ones all of them, so that one fault in every row doesn't hide the others.
    """
    counts = [len(kind.findings) for kind in kinds]
    share = max(counts, default=0)
    if sum(counts) > most:
        low, high = 0, share
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if sum(min(n, middle) for n in counts) <= most else (low, middle - 1)
        share = max(low, 1)
    found = [(finding, number) for number, kind in enumerate(kinds) for finding in kind.findings[:share]]
    return found[:most], share


def files(found: Sequence[tuple[Finding, int]], numbers: Mapping[tuple[int, str], int]) -> list[FileView]:
    """Return findings with the numbers of their kinds by file and row, in the order of the files and lines."""
    by_file: dict[tuple[int, str], dict[tuple[int, str], list[tuple[Finding, int]]]] = {}
    for finding, kind in sorted(found, key=lambda item: _order(item[0])):
        rows = by_file.setdefault((finding.source, finding.file), {})
        rows.setdefault((finding.line, "" if finding.line else _node(finding)), []).append((finding, kind))
    return [
        FileView(f"file-{numbers[key]}", numbers[key], [_row_view(numbers[key], *item) for item in rows.items()])
        for key, rows in by_file.items()
    ]


def _order(finding: Finding) -> tuple[object, ...]:
    return finding.source, finding.file, finding.line, _node(finding) if not finding.line else ""


def _node(finding: Finding) -> str:
    """Return what tells a row without a line from others."""
    return finding.focus if finding.row is None else "\n".join(finding.row.cells)


def _row_view(file: int, where: tuple[int, str], found: Sequence[tuple[Finding, int]]) -> RowView:
    line, node = where
    name = str(line) if line else sha256(node.encode()).hexdigest()[:10]
    label = f"line {line}" if line else readable(shorten(found[0][0].focus), _BLAMED) or "the file as a whole"
    view = RowView(f"row-{file}-{name}", label)
    row = next((f.row for f, _ in found if f.row is not None), None)
    ordered = sorted(found, key=lambda item: -1 if row is None else _position(row, item[0].column))
    said = Counter((f.severity, f.effect, f.column, f.message, kind) for f, kind in ordered)
    view.findings = [
        FindingView(
            f"{view.id}-{number}",
            SEVERITIES[severity],
            EFFECTS[effect],
            effect,
            readable(column, _CELL),
            readable(message, _MESSAGE),
            kind,
            count,
        )
        for number, ((severity, effect, column, message, kind), count) in enumerate(islice(said.items(), _PER_ROW), 1)
    ]
    view.more_findings = max(0, len(said) - _PER_ROW)
    if row is None or any(f.component == "UnreadableRow" for f, _ in found):
        view.text = readable("\n".join(dict.fromkeys(f.value for f, _ in found if f.value)), _BLAMED)
    else:
        blamed = {_position(row, f.column) for f, _ in found if f.column}
        view.cells = list(_cells(row, blamed))
        view.more_cells = len(row.cells) - len(view.cells)
    return view


def _position(row: Row, column: str) -> int:
    header = row.table.header
    return row.table.positions.get(column, header.index(column) if column in header else -1)


def _cells(row: Row, blamed: set[int]) -> Iterator[CellView]:
    for position, text in enumerate(row.cells):
        if position < _CELLS or position in blamed:
            name = row.table.header[position] if position < len(row.table.header) else ""
            wrong = position in blamed
            yield CellView(readable(name, _CELL), readable(text, _BLAMED if wrong else _CELL), wrong)
