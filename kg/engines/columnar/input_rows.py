"""The rows of all inputs, as columns in DuckDB: cells, and the thing that each row describes.

A row has a number that says its source, its table and its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from kg.engines.columnar.store import ColumnarStore, quoted
from kg.errors import EngineError
from kg.rows import LAST_LINE, Row, RowTable

__all__ = ["SOURCE", "STATEMENTS", "InputRows"]

#: The name of a table that has a triple in each row.
STATEMENTS = "statements"
#: Where the number of a row has that of its source and that of its table, in bits.
SOURCE, _TABLE = 48, 32


class InputRows:
    """The rows of all sources of a build, beside the graph that they will become.

    Parameters
    ----------
    store:
        Holds nothing yet.
    """

    def __init__(self, store: ColumnarStore) -> None:
        self.store = store
        self.tables: list[RowTable] = []
        self._rows: dict[int, Row] = {}

    def add_table(
        self,
        file: str,
        name: str,
        source: int,
        header: tuple[str, ...] = (),
        positions: Mapping[str, int] | None = None,
        *,
        lines: int = LAST_LINE,
    ) -> RowTable:
        """Make a table for the rows of a file and return what is known of it.

        Parameters
        ----------
        file, name, source:
            The shown name of the file, the table it is, and the number of the source.
        header, positions:
            Its columns as they came, and the position of each that is read.
        lines:
            The last line; rows with greater numbers are of none.

        Raises
        ------
        EngineError
            when there are more sources or tables than the number of a row can say.
        """
        if source >> 15 or len(self.tables) >> 16:
            raise EngineError("more than 32,767 sources or 65,536 files can't be loaded; join some of them")
        base = source << SOURCE | len(self.tables) << _TABLE
        table = RowTable(file, name, header, positions or {}, source, base, lines)
        self.tables.append(table)
        names = ["p BIGINT", "o BIGINT"] if name == STATEMENTS else ["iri VARCHAR", "other VARCHAR"]
        names += [f"c{place} VARCHAR" for place in range(len(header))] if name != STATEMENTS else []
        self.store.connection.execute(f"CREATE TABLE {self.cells(table)} (row BIGINT, node BIGINT, {', '.join(names)})")
        return table

    @staticmethod
    def cells(table: RowTable) -> str:
        """Return the name of the table of a file's rows: row, node (a number), iri and other (keys), c0, c1 and so on."""
        return f"cells_{table.base >> _TABLE & 0xFFFF}"

    def fill(self, table: RowTable, batch: pa.Table | str, *, iri: str = "''", other: str = "''") -> None:
        """Add rows.

        Parameters
        ----------
        table:
            Where they belong.
        batch:
            Their "line", "c0", "c1" and so on, or SQL for them.
        iri, other:
            SQL over the cells for the keys of the thing that a row describes and of its second end.
        """
        source = batch if isinstance(batch, str) else "SELECT * FROM batch"
        if not isinstance(batch, str):
            self.store.connection.register("batch", batch)
        self.store.connection.execute(f"""INSERT INTO {self.cells(table)} BY NAME
            SELECT {table.base} + line AS row, iri_id(iri) AS node, * EXCLUDE (line)
            FROM (SELECT *, {iri} AS iri, {other} AS other FROM ({source}))""")
        if not isinstance(batch, str):
            self.store.connection.unregister("batch")

    def line(self, row: int) -> int:
        """Return the line of a row, 0 where it has none."""
        number = row & LAST_LINE
        return number if number <= self.table(row).lines else 0

    def table(self, row: int) -> RowTable:
        """Return the table that a row is in."""
        return self.tables[row >> _TABLE & 0xFFFF]

    def rows(self, numbers: Iterable[int]) -> dict[int, Row]:
        """Return rows by their numbers, each always as the same object, the discarded ones that were asked for before too."""
        wanted = set(numbers)
        missing: dict[int, list[int]] = {}
        for number in sorted(wanted - self._rows.keys()):
            missing.setdefault(number >> _TABLE & 0xFFFF, []).append(number)
        for index, listed in missing.items():
            with self.given(row=pa.array(listed, pa.int64())) as given:
                names = [f"c{place}" for place in range(len(self.tables[index].header))]
                found = self.store.connection.execute(
                    f"SELECT row, {', '.join(names)} FROM ({self.shown(self.tables[index])}) SEMI JOIN {given} USING (row)"
                ).fetchall()
            for number, *cells in found:
                self._rows[number] = Row(self.tables[index], self.line(number), tuple(cells))
        return {number: self._rows[number] for number in wanted}

    def discard(self, numbers: Iterable[int]) -> None:
        """Take rows away that state nothing."""
        listed = sorted(numbers)
        for index in sorted({number >> _TABLE & 0xFFFF for number in listed}):
            with self.given(row=pa.array(listed, pa.int64())) as given:
                self.store.connection.execute(
                    f"DELETE FROM {self.cells(self.tables[index])} WHERE row IN (SELECT row FROM {given})"
                )

    def shown(self, table: RowTable) -> str:
        """Return SQL for the rows of a table with the keys and cells."""
        if table.name != STATEMENTS:
            return f"SELECT * FROM {self.cells(table)}"
        return f"""SELECT row, s.key AS iri, '' AS other, ntriples(s.key) AS c0, ntriples(p.key) AS c1,
            ntriples(key_of_id(c.o, o.key)) AS c2 FROM {self.cells(table)} c
            JOIN terms s ON s.id = c.node JOIN terms p ON p.id = c.p LEFT JOIN terms o ON o.id = c.o"""

    def accepted(self, size: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Yield the rows that are not kept out, in order: node, other, source, file and line."""
        for table in self.tables:
            line = f"CASE WHEN row - {table.base} <= {table.lines} THEN row - {table.base} ELSE 0 END"
            found = self.store.connection.sql(f"""SELECT substr(iri, 2) AS node, substr(other, 2) AS other,
                {table.source}::BIGINT AS source, {quoted(table.file)} AS file, ({line})::BIGINT AS line
                FROM ({self.shown(table)}) ORDER BY row""")
            yield from found.to_arrow_reader(size)

    def drop_rows(self) -> None:
        """Free what the rows take."""
        for table in self.tables:
            self.store.connection.execute(f"DROP TABLE {self.cells(table)}")
        self.tables = []

    def given(self, name: str = "given", **columns: pa.Array) -> Given:
        """Return a table of columns that SQL sees by its name while it is entered."""
        return Given(self.store, name, pa.table(columns))


class Given:
    """A table that SQL sees by its name for a while."""

    def __init__(self, store: ColumnarStore, name: str, table: pa.Table) -> None:
        self.connection, self.name = store.connection, name
        self.connection.register(name, table)

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *_: object) -> None:
        self.connection.unregister(self.name)
