"""Delimited text files as columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from kg.tables import BrokenRow, Table, open_table

__all__ = ["Frame", "open_frame"]


@dataclass(slots=True)
class Frame:
    """A table as columns; ``broken``, ``surplus`` and ``read`` are filled while batches are taken."""

    path: Path
    header: tuple[str, ...]
    #: Tables of "line" and, for every column of the header, "c0", "c1" and so on: text, "" where a row has no cell.
    batches: Iterator[pa.Table]
    broken: list[BrokenRow]
    #: Line and all cells of the rows with more cells than the header.
    surplus: list[tuple[int, tuple[str, ...]]]
    #: The rows so far, with the broken ones.
    read: int


def open_frame(path: Path, *, shown: str | None = None, delimiter: str | None = None, chunk: int = 100_000) -> Frame:
    """Open a delimited text file and read its header; the rows come as columns, `chunk` of them at a time.

    Raises
    ------
    InputError
        as :func:`kg.tables.open_table`.
    """
    table = open_table(path, shown=shown, delimiter=delimiter)
    frame = Frame(path, table.header, iter(()), [], [], 0)
    frame.batches = _batches(table, frame, chunk)
    return frame


def _batches(table: Table, frame: Frame, chunk: int) -> Iterator[pa.Table]:
    width = len(table.header)
    lines: list[int] = []
    rows: list[tuple[str, ...]] = []
    for item in table.rows:
        frame.read += 1
        if isinstance(item, BrokenRow):
            frame.broken.append(item)
            continue
        line, cells = item
        if len(cells) > width:
            frame.surplus.append(item)
        lines.append(line)
        rows.append((cells + ("",) * width)[:width])
        if len(rows) == chunk:
            yield _table(width, lines, rows)
            lines, rows = [], []
    if rows:
        yield _table(width, lines, rows)


def _table(width: int, lines: list[int], rows: list[tuple[str, ...]]) -> pa.Table:
    columns = {f"c{place}": pa.array([row[place] for row in rows], pa.string()) for place in range(width)}
    return pa.table({"line": pa.array(lines, pa.int64()), **columns})
