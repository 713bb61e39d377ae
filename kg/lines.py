"""Text files written from columns: sorted lines, whole batches at a time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

__all__ = ["Written", "csv_line", "csv_text", "write_lines"]

_BATCH = 100_000


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many lines, and SHA-256 over the file, hexadecimal."""

    lines: int
    digest: str


def write_lines(connection: DuckDBPyConnection, query: str | Iterable[str], path: Path, *, header: str = "") -> Written:
    """Write the rows of a query, or of several one after the other, as lines.

    Parameters
    ----------
    connection:
        Where the query is run.
    query:
        A SELECT with one column, the text of a line without its end, in the order of the file.
    path:
        The file.
    header:
        A line to begin with; it is neither counted nor digested.
    """
    digest, count = hashlib.sha256(), 0
    with path.open("wb") as stream:
        if header:
            stream.write(f"{header}\n".encode())
        for part in [query] if isinstance(query, str) else query:
            found = connection.sql(f"SELECT line || chr(10) AS line FROM ({part})")
            for batch in found.to_arrow_reader(_BATCH):
                data = _bytes_of(batch.column(0))
                count += batch.num_rows
                digest.update(data)
                stream.write(data)
    return Written(count, digest.hexdigest())


def _bytes_of(column: pa.Array) -> memoryview:
    """The texts of a column one after the other; there are no nulls."""
    if len(column) == 0:
        return memoryview(b"")
    texts = column.cast(pa.large_string())
    _, places, data = texts.buffers()
    ends = memoryview(places).cast("q")
    return memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]]


def csv_line(columns: Sequence[str]) -> str:
    """Return SQL for a line of CSV (RFC 4180) of some columns; a cell is quoted where it has to be, NULL is empty."""
    cells = [
        f"""CASE WHEN {name} IS NULL THEN '' WHEN regexp_matches({name}, '[",\\r\\n]')
        THEN '"' || replace({name}, '"', '""') || '"' ELSE {name} END"""
        for name in columns
    ]
    return " || ',' || ".join(cells)


def csv_text(cells: Iterable[str]) -> str:
    """Return a line of CSV of some cells, with its end; unlike Python's writer it quotes a cell with a lone return."""
    shown = (f'"{cell.replace(chr(34), 2 * chr(34))}"' if re.search('[",\r\n]', cell) else cell for cell in cells)
    return ",".join(shown) + "\n"
