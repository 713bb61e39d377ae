"""A graph in columns, kept by DuckDB: a dictionary of terms, a table of numbered quads and one for each predicate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa
from pyoxigraph import DefaultGraph, Quad, Triple

from kg.engines.columnar.keys import to_key
from kg.sparql.graph import Schema, Table
from kg.sparql.terms import DECIMAL_FORM, INTEGER_FORM, SHIFT, XSD

__all__ = ["ColumnarStore"]

#: Quads handed to DuckDB at a time.
BATCH = 100_000

_CLASS = f"""CASE substr(key, 1, 1) WHEN '_' THEN 0 WHEN '<' THEN 1 WHEN '"' THEN 2 WHEN '@' THEN 3 ELSE
CASE WHEN starts_with(key, '^{XSD}integer ')
      AND regexp_full_match(substr(key, {len(XSD) + 10}), '{INTEGER_FORM}') THEN 4
     WHEN starts_with(key, '^{XSD}decimal ')
      AND regexp_full_match(substr(key, {len(XSD) + 10}), '{DECIMAL_FORM}') THEN 5
     WHEN starts_with(key, '^{XSD}double ') OR starts_with(key, '^{XSD}float ') THEN 6
     ELSE 7 END END"""

#: Keys of a source with a new number each, and the exact value of a whole or decimal number.
_NUMBERED = f"""SELECT (class << {SHIFT}) + (SELECT count(*) FROM terms) + row_number() OVER (), key,
  CASE WHEN class IN (4, 5) THEN CAST(substr(key, {len(XSD) + 10}) AS DECIMAL(38, 18)) END
FROM (SELECT key, CAST({_CLASS.replace("{", "{{").replace("}", "}}")} AS BIGINT) AS class FROM {{source}})"""


class ColumnarStore:
    """Holds quads; :meth:`schema` tells a translation what there is."""

    def __init__(self, *, union: bool = False, threads: int | None = None) -> None:
        self.connection = duckdb.connect(":memory:", config={} if threads is None else {"threads": threads})
        self.union = union
        self._changed = True
        self._numbers: dict[str, int | None] = {}
        self._schema = Schema(self.number_of, self.numbered)
        for statement in (
            "CREATE TABLE staged (s VARCHAR, p VARCHAR, o VARCHAR, g VARCHAR)",
            "CREATE TABLE terms (id BIGINT, key VARCHAR, num DECIMAL(38, 18))",
            "CREATE TABLE quads (p BIGINT, s BIGINT, o BIGINT, g BIGINT)",
        ):
            self.connection.execute(statement)

    def load(self, quads: Iterable[Quad]) -> None:
        """Add quads, each term exactly as it is written."""
        keys: dict[Any, str] = {}
        source = iter(quads)
        while batch := list(islice(source, BATCH)):
            columns: dict[str, list[str]] = {name: [] for name in "spog"}
            for quad in batch:
                columns["s"].append(to_key(quad.subject))
                predicate = keys.get(quad.predicate)
                if predicate is None:
                    predicate = keys[quad.predicate] = to_key(quad.predicate)
                columns["p"].append(predicate)
                columns["o"].append(to_key(quad.object))
                columns["g"].append("" if isinstance(quad.graph_name, DefaultGraph) else to_key(quad.graph_name))
            table = pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})
            self.connection.register("batch", table)
            self.connection.execute("INSERT INTO staged SELECT s, p, o, g FROM batch")
            self.connection.unregister("batch")
            self._changed = True

    def number_of(self, key: str) -> int | None:
        """Return the number of a stored term."""
        if key not in self._numbers:
            rows = self.connection.execute("SELECT id FROM terms WHERE key = ?", [key]).fetchall()
            self._numbers[key] = rows[0][0] if rows else None
        return self._numbers[key]

    def numbered(self, key: str) -> int:
        """Return the number of a term, taking it into the dictionary if it is not stored."""
        found = self.number_of(key)
        if found is None:
            self.connection.execute(
                f"INSERT INTO terms {_NUMBERED.format(source='(SELECT ? AS key)')}", [key]
            ).fetchall()
            del self._numbers[key]
            found = self.number_of(key)
        assert found is not None
        return found

    def missing(self, triples: Sequence[Triple]) -> list[Triple]:
        """Return the triples that the default graph doesn't hold."""
        self.schema()
        table = pa.table(
            {
                "place": pa.array(range(len(triples)), pa.int64()),
                "s": pa.array([to_key(triple.subject) for triple in triples], pa.string()),
                "p": pa.array([to_key(triple.predicate) for triple in triples], pa.string()),
                "o": pa.array([to_key(triple.object) for triple in triples], pa.string()),
            }
        )
        self.connection.register("batch", table)
        held = self.connection.execute("""SELECT place FROM batch JOIN terms s ON s.key = batch.s
            JOIN terms p ON p.key = batch.p JOIN terms o ON o.key = batch.o
            JOIN quads q ON q.s = s.id AND q.p = p.id AND q.o = o.id AND q.g = 0""").fetchall()
        self.connection.unregister("batch")
        there = {place for (place,) in held}
        return [triple for place, triple in enumerate(triples) if place not in there]

    def schema(self) -> Schema:
        """Return what is stored, after taking in what was loaded."""
        if self._changed:
            self._encode()
            self._divide()
            self._changed = False
        return self._schema

    def _encode(self) -> None:
        """Number new terms and move staged quads to the numbered table."""
        run = self.connection.execute
        run("CREATE TEMP TABLE found AS SELECT DISTINCT key FROM (SELECT s AS key FROM staged UNION ALL "
            "SELECT p FROM staged UNION ALL SELECT o FROM staged UNION ALL SELECT g FROM staged WHERE g <> '')")  # fmt: skip
        run(f"INSERT INTO terms {_NUMBERED.format(source='found ANTI JOIN terms USING (key)')}")
        run("""CREATE TEMP TABLE more AS SELECT DISTINCT p.id AS p, s.id AS s, o.id AS o, coalesce(g.id, 0) AS g
            FROM staged JOIN terms p ON p.key = staged.p JOIN terms s ON s.key = staged.s
            JOIN terms o ON o.key = staged.o LEFT JOIN terms g ON g.key = staged.g""")
        run("CREATE TEMP TABLE all_quads AS SELECT p, s, o, g FROM quads UNION SELECT p, s, o, g FROM more")
        run("CREATE OR REPLACE TABLE quads AS SELECT p, s, o, g FROM all_quads ORDER BY p, s")
        for name in ("found", "more", "all_quads"):
            run(f"DROP TABLE {name}")
        run("DELETE FROM staged")
        self._numbers = {key: place for key, place in self._numbers.items() if place is not None}

    def _divide(self) -> None:
        """Make the table of each predicate, and note which classes stand where."""
        run = self.connection.execute
        found = run(f"""SELECT p, bit_or(1 << (s >> {SHIFT})), bit_or(1 << (o >> {SHIFT}))
            FROM quads GROUP BY p ORDER BY p""").fetchall()
        tables = {}
        for place, subjects, objects in found:
            tables[place] = Table(f"predicate_{place}", place, subjects, objects)
            run(f"CREATE OR REPLACE TABLE predicate_{place} AS SELECT s, o, g FROM quads WHERE p = {place} ORDER BY s")
        run("CREATE OR REPLACE TABLE nodes AS SELECT s AS n, g FROM quads UNION SELECT o, g FROM quads")
        single = run("SELECT count(DISTINCT g) FROM quads").fetchall()[0][0] <= 1
        self._schema = Schema(self.number_of, self.numbered, tables, single=single, union=self.union)
