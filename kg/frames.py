"""Reading CSV and TSV files as columns: the rows, lines and faults of :func:`kg.tables.open_table`, at the speed of Arrow.

A *regular* line is a row by itself whatever stands before or after it: it has no quotes, or quotes only around whole
cells, and as many cells as the header. Arrow parses those, piece by piece on several cores. Every other line is read by
:func:`kg.tables.read_row`, in the order of the file, so that the lines that one of them swallows are not read again.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import IO, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from kg.errors import InputError
from kg.tables import (
    MOST_CHARACTERS,
    BrokenRow,
    Head,
    Line,
    Row,
    line_text,
    open_bytes,
    read_head,
    read_row,
    skip_line,
)

__all__ = ["Frame", "open_frame"]

#: The bytes that are parsed at a time: few enough to stay in a processor's cache.
PIECE = 2 << 20
#: The most threads that parse; more would only hold more of the file in memory.
MOST_THREADS = 8
#: A byte order mark: text at the beginning of a line after the first.
MARK = "\ufeff".encode()
LINE_FEED, RETURN, QUOTE = b'\n\r"'

Mask: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.int64]
Item = TypeVar("Item")
Result = TypeVar("Result")


#: A file in which every row is short is one finding, not a million.
MOST_SHORT = 10_000


@dataclass(slots=True)
class Frame:
    """A table as columns; what is said of its rows is filled while batches are taken."""

    path: Path
    #: How the file is named in messages.
    shown: str
    header: tuple[str, ...]
    #: Tables of "line" (the file's line on which the row begins, from 1) and, for every column of the header, "c0",
    #: "c1" and so on: text, never null, "" where a short row has no cell.
    batches: Iterator[pa.Table]
    broken: list[BrokenRow]
    #: Line and all cells of the rows with more cells than the header; cut to the header they are in the batches too.
    surplus: list[Row]
    #: The first rows with fewer cells than the header, at most :data:`MOST_SHORT`, and how many there are.
    short: list[Row]
    short_rows: int
    #: The rows so far, with the broken ones.
    read: int


def open_frame(path: Path, *, shown: str | None = None, delimiter: str | None = None, chunk: int = 64 << 20) -> Frame:
    """Open a delimited text file and read its header; the rows come as columns, in the order of the file.

    Parameters
    ----------
    path, shown, delimiter:
        As for :func:`kg.tables.open_table`.
    chunk:
        About how many bytes of the file become one batch.

    Raises
    ------
    InputError
        when the file is missing, empty, binary or not UTF-8. While batches are taken too, with the line, after the
        batch of the rows before it.
    """
    shown = shown or path.name
    head = read_head(path, shown=shown, delimiter=delimiter)
    frame = Frame(path, shown, head.names, iter(()), [], [], [], 0, 0)
    frame.batches = _batches(_Reader(frame, head).tables(max(1, min(chunk, PIECE))), chunk)
    return frame


def _batches(tables: Iterator[tuple[pa.Table, int]], chunk: int) -> Iterator[pa.Table]:
    """Join tables until they stand for so many bytes; when reading fails, what was read before is handed on first."""
    waiting: list[pa.Table] = []
    size = 0
    fault: InputError | None = None
    try:
        for table, length in tables:
            size += length
            if table.num_rows:
                waiting.append(table)
            if waiting and size >= chunk:
                yield pa.concat_tables(waiting)
                waiting, size = [], 0
    except InputError as error:
        fault = error
    if waiting:
        yield pa.concat_tables(waiting)
    if fault is not None:
        raise fault


@dataclass(frozen=True)
class _Piece:
    """Some whole lines of the file."""

    raw: bytes
    #: How many bytes of the last line are left out because it is beyond the limit.
    cut: int
    #: Where each line begins, and where the last one ends.
    bounds: Numbers
    #: The lines that are parsed, and their cells.
    regular: Numbers
    cells: pa.Table
    #: The lines that are not, without blank ones.
    irregular: Numbers

    @cached_property
    def places(self) -> list[int]:
        """The bounds, to look them up one by one."""
        places: list[int] = self.bounds.tolist()
        return places

    @property
    def size(self) -> int:
        return len(self.bounds) - 1

    def lines(self, index: int, number: int, shown: str) -> Iterator[Line]:
        """Yield the lines from one on; the number in the file is that of the piece's first line."""
        places, size = self.places, self.size
        for at in range(index, size):
            raw = self.raw[places[at] : places[at + 1]]
            length = len(raw) + (self.cut if at == size - 1 else 0)
            yield number + at, line_text(raw[: MOST_CHARACTERS + 1], length, number + at, shown)


class _Reader:
    """Reads a file piece by piece and puts regular and irregular rows together."""

    def __init__(self, frame: Frame, head: Head) -> None:
        self._frame = frame
        self._head = head
        self._schema = pa.schema([(f"c{column}", pa.string()) for column in range(len(head.names))])
        #: Pieces that an irregular row ran on into.
        self._ahead: deque[_Piece] = deque()
        self._pieces: Iterator[_Piece] = iter(())

    def tables(self, size: int) -> Iterator[tuple[pa.Table, int]]:
        """Yield the rows of each piece of about so many bytes, and its bytes."""
        parse = partial(_parse, delimiter=self._head.delimiter, schema=self._schema)
        with (
            open_bytes(self._frame.path, self._frame.shown) as stream,
            closing(_in_order(parse, _blocks(stream, self._head.end, size))) as self._pieces,
        ):
            number = self._head.line + 1
            swallowed = 0
            while piece := self._next_piece():
                taken = np.zeros(piece.size, dtype=np.bool_)
                rows, swallowed, fault = self._irregular(piece, number, swallowed, taken)
                table = self._together(piece, number, rows, taken)
                self._frame.read += table.num_rows
                yield table, len(piece.raw)
                if fault is not None:
                    raise fault
                number += piece.size

    def _next_piece(self) -> _Piece | None:
        return self._ahead.popleft() if self._ahead else next(self._pieces, None)

    def _irregular(
        self, piece: _Piece, number: int, swallowed: int, taken: Mask
    ) -> tuple[list[Row], int, InputError | None]:
        """Read the irregular rows of a piece.

        Parameters
        ----------
        number:
            The line of the file with which the piece begins.
        swallowed:
            How many lines at its beginning belong to a row before it.
        taken:
            Is set for the lines that can't be rows of their own any more.

        Returns
        -------
        tuple
            the rows, how many lines of what follows the piece they swallowed, and why reading must end, if it must.
        """
        rows: list[Row] = []
        following = swallowed
        taken[:following] = True
        for index in piece.irregular.tolist():
            if index < following:
                continue
            try:
                row, used, _ = read_row(self._lines(piece, index, number), self._head.delimiter)
            except InputError as error:
                taken[index:] = True
                return rows, 0, error
            following = index + used
            if used > 1:
                taken[index:following] = True
            self._keep(row, rows)
        return rows, max(0, following - piece.size), None

    def _lines(self, piece: _Piece, index: int, number: int) -> Iterator[Line]:
        """Yield the lines of the file from one of a piece on."""
        yield from piece.lines(index, number, self._frame.shown)
        number += piece.size
        for after in count():
            if after == len(self._ahead):
                following = next(self._pieces, None)
                if following is None:
                    return
                self._ahead.append(following)
            yield from self._ahead[after].lines(0, number, self._frame.shown)
            number += self._ahead[after].size

    def _keep(self, row: Row | BrokenRow | None, rows: list[Row]) -> None:
        if isinstance(row, BrokenRow):
            self._frame.broken.append(row)
            self._frame.read += 1
        elif row is not None:
            rows.append(row)
            if len(row[1]) > len(self._schema):
                self._frame.surplus.append(row)
            elif len(row[1]) < len(self._schema):
                self._frame.short_rows += 1
                if len(self._frame.short) < MOST_SHORT:
                    self._frame.short.append(row)

    def _together(self, piece: _Piece, number: int, rows: list[Row], taken: Mask) -> pa.Table:
        """Put the regular rows that are left and the irregular ones in the order of their lines."""
        kept = ~taken[piece.regular]
        lines, cells = piece.regular + number, piece.cells
        if not kept.all():
            lines, cells = lines[kept], cells.filter(pa.array(kept))
        if rows:
            lines = np.concatenate([lines, np.array([line for line, _ in rows], dtype=np.int64)])
            order = np.argsort(lines, kind="stable")
            lines, cells = lines[order], pa.concat_tables([cells, self._table(rows)]).take(pa.array(order))
        return cells.add_column(0, "line", pa.array(lines, pa.int64()))

    def _table(self, rows: list[Row]) -> pa.Table:
        width = len(self._schema)
        nothing = ("",) * width
        fitted = (cells if len(cells) == width else (cells + nothing)[:width] for _, cells in rows)
        columns = zip(*fitted, strict=True)
        return pa.table([pa.array(column, pa.string()) for column in columns], schema=self._schema)


def _blocks(stream: IO[bytes], start: int, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield whole lines of about so many bytes, and how much of the last line is left out because it is too long."""
    stream.seek(start)
    while raw := stream.read(size):
        cut = 0
        if not raw.endswith(b"\n"):
            rest = stream.readline(MOST_CHARACTERS + 1)
            if len(rest) > MOST_CHARACTERS and not rest.endswith(b"\n"):
                cut = skip_line(stream)
            raw += rest
        yield raw, cut


def _in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result, None, None]:
    """Do the work in threads; the results come in the order of the items."""
    threads = min(os.cpu_count() or 1, MOST_THREADS)
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # an abandoned generator may be closed in one of the threads, which can't wait for itself
        pool.shutdown(wait=False, cancel_futures=True)


def _parse(block: tuple[bytes, int], delimiter: str, schema: pa.Schema) -> _Piece:
    """Find the lines of a block and parse the regular ones."""
    raw, cut = block
    data = np.frombuffer(raw, np.uint8)
    bounds = _bounds(data)
    blank = _blank(data, bounds)
    text = pa.Array.from_buffers(
        pa.string(), len(blank), [None, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(raw)]
    )
    regular = ~blank & _one_row(raw, bounds, text, delimiter)
    try:
        cells = _cells(text, regular, blank, delimiter, schema)
    except pa.ArrowInvalid:
        regular &= _right_width(text, delimiter, len(schema)) & _before_fault(raw, bounds)
        cells = _cells(text, regular, blank, delimiter, schema)
    return _Piece(raw, cut, bounds, np.flatnonzero(regular), cells, np.flatnonzero(~regular & ~blank))


def _bounds(data: npt.NDArray[np.uint8]) -> Numbers:
    ends = np.flatnonzero(data == LINE_FEED) + 1
    rest = [] if data[-1] == LINE_FEED else [len(data)]
    return np.concatenate([[0], ends, rest]).astype(np.int64)


def _blank(data: npt.NDArray[np.uint8], bounds: Numbers) -> Mask:
    first, last = data[bounds[:-1]], data[bounds[1:] - 1]
    blank: Mask = (first == LINE_FEED) | ((first == RETURN) & (last == LINE_FEED) & (np.diff(bounds) == 2))
    return blank


def _one_row(raw: bytes, bounds: Numbers, text: pa.StringArray, delimiter: str) -> Mask:
    """Which lines can be rows by themselves: as long as is allowed, no return but at the end, no odd quotes."""
    if len(delimiter.encode()) > 1 or delimiter in '"\r\n':
        return np.zeros(len(text), dtype=np.bool_)
    data = np.frombuffer(raw, np.uint8)
    sound = np.diff(bounds) <= MOST_CHARACTERS
    if b"\r" in raw:
        returns = np.flatnonzero(data == RETURN)
        followers = data[np.minimum(returns + 1, len(data) - 1)]
        sound[_line_of(returns[followers != LINE_FEED], bounds)] = False
    if b'"' in raw:
        quoted = np.zeros(len(sound), dtype=np.bool_)
        quoted[_line_of(np.flatnonzero(data == QUOTE), bounds)] = True
        separator = f"\\x{ord(delimiter):02x}"
        cell = f'(?:"(?:[^"]|"")*"|[^"{separator}]*)'
        fine = pc.match_substring_regex(text.filter(pa.array(quoted)), f"^(?:{cell}{separator})*{cell}\\r?\\n?$")
        sound[quoted] &= fine.to_numpy(zero_copy_only=False)
    return sound


def _line_of(positions: Numbers, bounds: Numbers) -> Numbers:
    return np.searchsorted(bounds, positions, side="right") - 1


def _right_width(text: pa.StringArray, delimiter: str, width: int) -> Mask:
    """Which lines have the right number of cells, if their quotes are regular."""
    plain = pc.replace_substring_regex(text, '"[^"]*"', "")
    right: Mask = np.asarray(pc.count_substring(plain, delimiter)) == width - 1
    return right


def _before_fault(raw: bytes, bounds: Numbers) -> Mask:
    """Which lines are before the first that is not UTF-8."""
    before = np.ones(len(bounds) - 1, dtype=np.bool_)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        before[_line_of(np.array([error.start]), bounds)[0] :] = False
    return before


def _cells(text: pa.StringArray, regular: Mask, blank: Mask, delimiter: str, schema: pa.Schema) -> pa.Table:
    """Parse the regular lines.

    Raises
    ------
    pyarrow.ArrowInvalid
        when one of them has another number of cells than the schema has columns, or is not UTF-8.
    """
    if not regular.any():
        return schema.empty_table()
    whole = bool((regular | blank).all())
    buffer = (text if whole else text.filter(pa.array(regular))).buffers()[2]
    if bytes(memoryview(buffer)[: len(MARK)]) == MARK:  # Arrow drops one
        buffer = pa.py_buffer(MARK + buffer.to_pybytes())
    return pyarrow.csv.read_csv(
        pa.BufferReader(buffer),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=schema.names, block_size=buffer.size + 1),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter),
        convert_options=pyarrow.csv.ConvertOptions(column_types=schema, strings_can_be_null=False),
    )
