"""Reading CSV and TSV files row by row with the line each row begins on, losing nothing on the way.

A row that can't be parsed is handed on as a :class:`BrokenRow`; only a file that can't be read at all raises.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from kg.errors import InputError

__all__ = [
    "MOST_CHARACTERS",
    "BrokenRow",
    "Head",
    "Line",
    "Row",
    "Table",
    "brief",
    "line_text",
    "open_bytes",
    "open_table",
    "read_head",
    "read_row",
    "skip_line",
]

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


#: The line on which a row begins, and its cells.
Row: TypeAlias = tuple[int, tuple[str, ...]]
#: The number of a line, and its text with its end; a line beyond the limit is a broken row already.
Line: TypeAlias = tuple[int, str | BrokenRow]


@dataclass(frozen=True, slots=True)
class Table:
    """An open table: its header, and its rows as (line of the file, cells)."""

    path: Path
    header: tuple[str, ...]
    rows: Iterator[Row | BrokenRow]


@dataclass(frozen=True, slots=True)
class Head:
    """What the header says: names, delimiter, the header's own line, and the byte at which the line after it begins."""

    names: tuple[str, ...]
    delimiter: str
    line: int
    end: int


def brief(text: str, most: int = 60) -> str:
    """Return a text as a message shows it: on one line, and cut after so many characters."""
    line = " ".join(text.splitlines())
    return line if len(line) <= most else f"{line[:most]}…"


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
    head = read_head(path, shown=shown, delimiter=delimiter)
    return Table(path, head.names, _rows(_body(path, shown, head), head.delimiter))


def read_head(path: Path, *, shown: str, delimiter: str | None = None) -> Head:
    """Read the header of a delimited text file; parameters and errors are those of :func:`open_table`."""
    with open_bytes(path, shown) as stream:
        if b"\0" in stream.read(8192):
            raise InputError("this is no text file (it has NUL bytes); save it as UTF-8 text", file=shown, line=1)
        stream.seek(0)
        number, text = _first_line(stream, shown)
        end = stream.tell()
    if isinstance(text, BrokenRow):
        raise InputError(f"the header {text.reason}", file=shown, line=number)
    if delimiter is None:
        tab = path.suffix.lower() == ".tsv"
        delimiter = "\t" if tab else max(",;", key=text.count)
    csv.field_size_limit(MOST_CHARACTERS)
    try:
        names = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True)))
    except csv.Error as error:
        raise InputError(f"the header can't be read ({error})", file=shown, line=number) from None
    return Head(names, delimiter, number, end)


def open_bytes(path: Path, shown: str) -> IO[bytes]:
    """Open a file to read its bytes, or raise an InputError."""
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"the file can't be opened ({error.strerror})", file=shown) from None


def _first_line(stream: IO[bytes], shown: str) -> Line:
    """Return the first line that is not blank."""
    for line in _lines(stream, shown, 0):
        if isinstance(line[1], BrokenRow) or line[1].strip():
            return line
    raise InputError("the file is empty; its first line must name the columns", file=shown, line=1)


def _body(path: Path, shown: str, head: Head) -> Iterator[Line]:
    """Yield the lines after the header."""
    with open_bytes(path, shown) as stream:
        stream.seek(head.end)
        yield from _lines(stream, shown, head.line)


def _lines(stream: IO[bytes], shown: str, number: int) -> Iterator[Line]:
    """Yield the lines from here to the end; so many are before them."""
    while raw := stream.readline(MOST_CHARACTERS + 1):
        number += 1
        length = len(raw)
        if length > MOST_CHARACTERS and not raw.endswith(b"\n"):
            length += skip_line(stream)
        yield number, line_text(raw, length, number, shown)


def line_text(raw: bytes, length: int, number: int, shown: str) -> str | BrokenRow:
    """Decode a line.

    Parameters
    ----------
    raw:
        The line with its end, cut after one byte more than ``MOST_CHARACTERS``.
    length:
        The bytes it had before it was cut.
    number:
        Which line of the file it is, from 1.
    shown:
        How messages call the file.

    Returns
    -------
    str or BrokenRow
        the text, or for a line beyond the limit the row that is reported.

    Raises
    ------
    InputError
        when the line is not UTF-8.
    """
    if len(raw) > MOST_CHARACTERS and not raw.endswith(b"\n"):
        text = raw[:KEPT_CHARACTERS].decode("utf-8", "replace")
        reason = f"is longer than {MOST_CHARACTERS:,} bytes ({length:,}); it is cut after {KEPT_CHARACTERS:,}"
        return BrokenRow(number, text, reason)
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        byte = raw[error.start]
        raise InputError(
            f"this is not UTF-8 (byte 0x{byte:02X} at position {error.start + 1} of the line); save the file as UTF-8",
            file=shown,
            line=number,
        ) from None


def skip_line(stream: IO[bytes]) -> int:
    """Read to the end of the line and return how many bytes that were."""
    skipped = 0
    while chunk := stream.readline(MOST_CHARACTERS):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped


def _rows(lines: Iterator[Line], delimiter: str) -> Iterator[Row | BrokenRow]:
    """Yield the rows, the broken ones too."""
    waiting: deque[Line] = deque()

    def take() -> Line | None:
        return waiting.popleft() if waiting else next(lines, None)

    while True:
        row, used, seen = read_row(iter(take, None), delimiter)
        if not seen:
            return
        waiting.extendleft(reversed(seen[used:]))
        if row is not None:
            yield row


def read_row(lines: Iterable[Line], delimiter: str) -> tuple[Row | BrokenRow | None, int, list[Line]]:
    """Read the row that begins with the first of the lines.

    Returns
    -------
    tuple
        the row (None for a blank line), how many lines it has (one when it is broken: reading goes on with the line
        after its first), and the lines that were looked at to find out, none at the end of the file.
    """
    seen: list[Line] = []

    def feed() -> Iterator[str]:
        size = 0
        for line in lines:
            seen.append(line)
            text = line[1]
            if isinstance(text, BrokenRow):
                return
            size += len(text)
            if size > MOST_CHARACTERS and len(seen) > 1:
                return
            yield text

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    try:
        cells = next(reader, None)
    except csv.Error as error:
        return _unreadable(seen[0], reader.line_num, str(error)), 1, seen
    if cells:
        return (seen[0][0], tuple(cells)), reader.line_num, seen
    if seen and isinstance(seen[0][1], BrokenRow):
        return seen[0][1], 1, seen
    return None, len(seen), seen


def _unreadable(line: Line, lines: int, error: str) -> BrokenRow:
    number, text = line
    assert isinstance(text, str)
    quoted = lines > 1 or "end of data" in error
    hint = "a quote is opened and not closed, or the cell is too long" if quoted else error
    return BrokenRow(number, text.rstrip("\r\n")[:KEPT_CHARACTERS], f"can't be read ({hint})")
