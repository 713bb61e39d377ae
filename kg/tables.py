"""Reading CSV and TSV files row by row with the line each row begins on, losing nothing on the way.

A row that can't be parsed is handed on as a :class:`BrokenRow`; only a file that can't be read at all raises.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kg.errors import InputError

__all__ = ["MOST_CHARACTERS", "BrokenRow", "Table", "open_table"]

#: The longest line, cell or row that is read; more is a fault of the file (an unclosed quote, a binary blob).
MOST_CHARACTERS = 1_000_000
#: How much of an unreadable row is kept in the report.
KEPT_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not be parsed: the text it begins with and what is wrong with it."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """An open table: its header, and its rows as (line of the file, cells)."""

    path: Path
    header: tuple[str, ...]
    rows: Iterator[tuple[int, tuple[str, ...]] | BrokenRow]


def open_table(path: Path, *, shown: str | None = None, delimiter: str | None = None) -> Table:
    """Open a delimited text file and read its header.

    Parameters
    ----------
    path:
        A UTF-8 file (a byte order mark is allowed) with a header in its first line.
    shown:
        How messages call the file.
    delimiter:
        One character; without it a tab for ``.tsv``, else the comma or the semicolon, whichever the header has more of.

    Raises
    ------
    InputError
        when the file is missing, empty, binary or not UTF-8. While rows are read too, with the line.
    """
    shown = shown or path.name
    lines = _lines(path, shown)
    first = next(lines, None)
    while first is not None and isinstance(first[1], str) and not first[1].strip():
        first = next(lines, None)
    if first is None:
        raise InputError("the file is empty; its first line must name the columns", file=shown, line=1)
    number, text = first
    if isinstance(text, BrokenRow):
        raise InputError(f"the header {text.reason}", file=shown, line=number)
    if delimiter is None:
        tab = path.suffix.lower() == ".tsv"
        delimiter = "\t" if tab else max(",;", key=text.count)
    try:
        header = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True)))
    except csv.Error as error:
        raise InputError(f"the header can't be read ({error})", file=shown, line=number) from None
    return Table(path, header, _rows(lines, delimiter))


def _lines(path: Path, shown: str) -> Iterator[tuple[int, str | BrokenRow]]:
    """Yield the lines of a file with their numbers; a line beyond the limit is skipped and reported."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"the file can't be opened ({error.strerror})", file=shown) from None
    with stream:
        if b"\0" in stream.read(8192):
            raise InputError("this is no text file (it has NUL bytes); save it as UTF-8 text", file=shown, line=1)
        stream.seek(0)
        number = 0
        while raw := stream.readline(MOST_CHARACTERS + 1):
            number += 1
            if len(raw) > MOST_CHARACTERS and not raw.endswith(b"\n"):
                length = len(raw) + _skip_line(stream)
                text = raw[:KEPT_CHARACTERS].decode("utf-8", "replace")
                reason = f"is longer than {MOST_CHARACTERS:,} bytes ({length:,}); it is cut after {KEPT_CHARACTERS:,}"
                yield number, BrokenRow(number, text, reason)
                continue
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                byte = raw[error.start]
                raise InputError(
                    f"this is not UTF-8 (byte 0x{byte:02X} at position {error.start + 1} of the line);"
                    " save the file as UTF-8",
                    file=shown,
                    line=number,
                ) from None


def _skip_line(stream: IO[bytes]) -> int:
    skipped = 0
    while chunk := stream.readline(MOST_CHARACTERS):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped


def _rows(
    lines: Iterator[tuple[int, str | BrokenRow]], delimiter: str
) -> Iterator[tuple[int, tuple[str, ...]] | BrokenRow]:
    """Yield the parsed rows; after a row that can't be parsed, go on with the line after its first one."""
    csv.field_size_limit(MOST_CHARACTERS)
    waiting: deque[tuple[int, str | BrokenRow]] = deque()
    while True:
        taken: list[tuple[int, str]] = []
        broken: BrokenRow | None = None

        def feed(taken: list[tuple[int, str]] = taken) -> Iterator[str]:
            nonlocal broken
            size = 0
            while item := (waiting.popleft() if waiting else next(lines, None)):
                number, text = item
                if isinstance(text, BrokenRow):
                    broken = text
                    return
                size += len(text)
                if size > MOST_CHARACTERS:
                    waiting.appendleft(item)
                    return
                taken.append((number, text))
                yield text

        try:
            cells = next(csv.reader(feed(), delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            if taken:
                number, text = taken[0]
                hint = (
                    "a quote is opened and not closed, or the cell is too long"
                    if len(taken) > 1 or "end of data" in str(error)
                    else str(error)
                )
                yield BrokenRow(number, text.rstrip("\r\n")[:KEPT_CHARACTERS], f"can't be read ({hint})")
                waiting.extendleft(reversed(taken[1:]))
                if broken is not None:
                    waiting.insert(len(taken) - 1, (broken.line, broken))
                continue
            cells = None
        if broken is not None and not taken:
            yield broken
            continue
        if cells is None:
            return
        if cells:
            yield taken[0][0], tuple(cells)
