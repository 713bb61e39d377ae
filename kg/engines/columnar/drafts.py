"""Facts that are not decided yet, as columns: what rows state, and what is left out of it.

A draft fact has the number of its row, the columns it was made from, and the numbers of its terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyoxigraph import NamedNode, Triple

from kg.engines.columnar.cells import CELLS
from kg.engines.columnar.input_rows import SOURCE, InputRows
from kg.engines.columnar.keys import term_of, to_key
from kg.engines.columnar.sorted_lines import write_sorted
from kg.engines.columnar.store import ColumnarStore, Rows, quoted
from kg.lines import Written
from kg.namespaces import RDF
from kg.rows import RowTable, Statement
from kg.sparql.terms import IRI, typed

__all__ = ["DraftFact", "Drafts"]

_INTEGER, _DECIMAL = typed("integer"), typed("decimal")
#: The object of a statement, its number in canonical form.
_CANONICAL = f"""CASE WHEN starts_with(o, '{_INTEGER}') THEN integer_key(substr(o, {len(_INTEGER) + 1}))
    WHEN starts_with(o, '{_DECIMAL}') THEN decimal_key(substr(o, {len(_DECIMAL) + 1})) ELSE o END"""


class DraftFact(NamedTuple):
    """A fact that a row states: the row, its columns by their place in :attr:`Drafts.columns`, and keys of terms."""

    row: int
    part: int
    s: str
    p: str
    o: str

    @property
    def triple(self) -> Triple:
        """The triple."""
        subject, predicate = term_of(self.s), term_of(self.p)
        assert isinstance(subject, NamedNode)
        assert isinstance(predicate, NamedNode)
        return Triple(subject, predicate, term_of(self.o))


@dataclass(slots=True)
class _Place:
    """A table of draft facts: row, part, s, and p and o where they are not the same for all."""

    name: str
    predicate: str
    object: str
    #: Whether no two rows of one source state the same.
    once: bool = True
    sources: set[int] = field(default_factory=set)

    @property
    def columns(self) -> list[str]:
        return ["s", *([] if self.predicate else ["p"]), *([] if self.object else ["o"])]


class Drafts(InputRows):
    """The rows of all sources of a build with what they state."""

    def __init__(self, store: ColumnarStore) -> None:
        super().__init__(store)
        #: The columns that facts were made from, the one to blame first; none where no row states a fact.
        self.columns: list[tuple[str, ...]] = [()]
        self._places: dict[tuple[str, str], _Place] = {}
        self._loaded = False
        for name, body in CELLS.items():
            store.connection.execute(f"CREATE MACRO {name} AS {body}")
        store.connection.execute("CREATE TABLE left_out (row BIGINT, part INTEGER, s BIGINT, p BIGINT, o BIGINT)")

    # -- what rows state

    def fill_statements(self, table: RowTable, batch: pa.Table) -> None:
        """Add rows that are triples, given as their "line" and the keys "s", "p" and "o"."""
        run = self.store.connection.execute
        self.store.connection.register("batch", batch)
        run(f"CREATE OR REPLACE TEMP TABLE given AS SELECT line, s, p, {_CANONICAL} AS o FROM batch")
        self.store.connection.unregister("batch")
        for name in "spo":
            self.store.add_terms(f"SELECT DISTINCT {name} AS key FROM given")
        run(f"""INSERT INTO {self.cells(table)} BY NAME
            SELECT {table.base} + line AS row, iri_id(s) AS node, term_id(p) AS p, term_id(o) AS o FROM given""")
        run("DROP TABLE given")

    def state_statements(self, table: RowTable) -> None:
        """Make the facts of a table of triples; a repeated one adds nothing and is no row."""
        run = self.store.connection.execute
        cells = self.cells(table)
        run(f"""CREATE TABLE kept AS SELECT min(row) AS row, node, p, o FROM {cells} GROUP BY node, p, o""")
        run(f"DROP TABLE {cells}")
        run(f"ALTER TABLE kept RENAME TO {cells}")
        place = self._place("", "", table, once=False)
        part = self._part(("object",))
        run(f"INSERT INTO {place.name} SELECT row, {part}, node, p, o FROM {cells}")

    def canonical(self, triples: Iterable[Triple]) -> dict[Triple, Triple]:
        """Return triples, the first of equal ones, by what they are with numbers in canonical form."""
        listed = list(triples)
        keys = pa.array([to_key(triple.object) for triple in listed], pa.string())
        with self.given(n=pa.array(range(len(listed)), pa.int64()), o=keys) as given:
            found = self.store.connection.execute(f"SELECT {_CANONICAL} FROM {given} ORDER BY n").fetchall()
        out: dict[Triple, Triple] = {}
        for triple, (key,) in zip(listed, found, strict=True):
            out.setdefault(Triple(triple.subject, triple.predicate, term_of(key)), triple)
        return out

    def state(self, table: RowTable, statements: Iterable[Statement]) -> None:
        """Make the draft facts of a table's rows."""
        listed = list(statements)
        named = [term for one in listed for term in (one.predicate, one.object) if isinstance(term, NamedNode)]
        self.store.expect(map(to_key, named))
        own = [statement.where or "true" for statement in listed if not statement.subject]
        if own:
            where = "" if "true" in own else f" WHERE {' OR '.join(f'({condition})' for condition in own)}"
            self.store.add_terms(f"SELECT iri AS key FROM {self.cells(table)}{where}")
        for statement in listed:
            self._state(table, statement)

    def _state(self, table: RowTable, statement: Statement) -> None:
        source, where = self.cells(table), statement.where
        if statement.items:
            parts = f"SELECT *, unnest(string_split({statement.items}, ';')) AS part FROM {source}"
            source, where = f"(SELECT *, stripped(part) AS item FROM ({parts}))", "item <> ''"
        clause = f" FROM {source}" + (f" WHERE {where}" if where else "")
        subject, term = statement.subject, statement.object
        if subject and not statement.known:
            self.store.add_terms(f"SELECT DISTINCT {subject} AS key{clause}")
        shown = ["row", f"{subject or 'node'} AS s", *([] if isinstance(term, NamedNode) else [f"{term} AS key"])]
        select = f"SELECT {', '.join(shown)}{clause}"
        if subject:
            select = f"SELECT * REPLACE (iri_id(s) AS s) FROM ({select})"
        self._put(table, statement.predicate, term, select, self._part(statement.columns), once=statement.once)

    def state_anew(self, table: RowTable, facts: Iterable[tuple[NamedNode, NamedNode | None, str]]) -> None:
        """State what no single row of a table states, in place of what was stated so before.

        Parameters
        ----------
        table:
            Has no rows of its own.
        facts:
            For each predicate the object or None, and SQL for the keys "s" and, without an object, "key"; none twice.
        """
        for place in self._places.values():
            self.store.connection.execute(f"DELETE FROM {place.name} WHERE row = {table.base}")
        for predicate, term, select in facts:
            self.store.add_terms(f"SELECT DISTINCT s AS key FROM ({select})")
            numbers = f"SELECT {table.base} AS row, * REPLACE (iri_id(s) AS s) FROM ({select})"
            self._put(table, predicate, term or "key", numbers, 0, once=True)
            if self._loaded:
                self.store.drop(to_key(predicate))
                for place in self._places.values():
                    if place.predicate == to_key(predicate):
                        names = ", ".join(place.columns)
                        self._load(f"SELECT {names} FROM {place.name}", place.predicate, place.object, once=False)

    def _put(
        self, table: RowTable, predicate: NamedNode, term: NamedNode | str, select: str, part: int, *, once: bool
    ) -> None:
        """Add facts, given as a SELECT of row, s and, where the object is not one term, its key."""
        run = self.store.connection.execute
        if isinstance(term, NamedNode):
            object_ = self.store.numbered(to_key(term))
            by_class = predicate == RDF["type"]
            place = self._place(to_key(predicate), to_key(term) if by_class else "", table, once=once)
            cell = "" if by_class else f", {object_}"
            run(f"INSERT INTO {place.name} SELECT row, {part}, s{cell} FROM ({select})")
            return
        place = self._place(to_key(predicate), "", table, once=once)
        run(f"CREATE OR REPLACE TEMP TABLE made AS SELECT row, s, term_id(key) AS id, key FROM ({select})")
        run(f"INSERT INTO {place.name} SELECT row, {part}, s, id FROM made")
        self.store.take_terms("made")

    def _part(self, columns: tuple[str, ...]) -> int:
        self.columns.append(columns)
        return len(self.columns) - 1

    def _place(self, predicate: str, object_: str, table: RowTable, *, once: bool) -> _Place:
        """Return the table of draft facts with a predicate and, for types, an object; without a predicate of any."""
        place = self._places.get((predicate, object_))
        if place is None:
            place = _Place(f"draft_{len(self._places)}", predicate, object_)
            self._places[predicate, object_] = place
            for key in filter(None, (predicate, object_)):
                self.store.numbered(key)
            names = ", ".join(f"{name} BIGINT" for name in place.columns)
            self.store.connection.execute(f"CREATE TABLE {place.name} (row BIGINT, part INTEGER, {names})")
        place.once &= once
        place.sources.add(table.source)
        return place

    # -- what is said of some nodes and rows, and what of it is left out

    def nodes(self, iris: Iterable[str]) -> list[tuple[int, str]]:
        """Return the rows that describe some nodes, in order, with the node's IRI."""
        found: list[tuple[int, str]] = []
        with self.given(key=pa.array([f"<{iri}" for iri in sorted(iris)], pa.string())) as given:
            for table in self.tables:
                found += self.store.connection.execute(f"""SELECT row, substr(key, 2) FROM {self.cells(table)}
                    JOIN (SELECT key, iri_id(key) AS node FROM {given}) USING (node) ORDER BY row""").fetchall()
        return found

    def about(self, iris: Iterable[str]) -> list[DraftFact]:
        """Return the facts about some nodes that rows state, in the order of the rows and their columns."""
        with self.given(key=pa.array([f"<{iri}" for iri in sorted(iris)], pa.string())) as given:
            return self._facts(f"s IN (SELECT iri_id(key) FROM {given}) AND part > 0")

    def stated(self, rows: Iterable[int]) -> list[DraftFact]:
        """Return all that some rows state, what is left out too, in the order of the rows and their columns."""
        with self.given(row=pa.array(sorted(rows), pa.int64())) as given:
            return self._facts(f"row IN (SELECT row FROM {given})", left_out=True)

    def _facts(self, where: str, *, left_out: bool = False) -> list[DraftFact]:
        parts = [f"{self._all(place)} WHERE {where}" for place in self._places.values()]
        if left_out:
            parts.append(f"SELECT row, part, s, p, o FROM left_out WHERE {where}")
        if not parts:
            return []
        self.store.keep()
        found = self.store.connection.execute(f"""SELECT row, part, s.key, p.key, key_of_id(f.o, o.key) AS o
            FROM ({" UNION ALL ".join(parts)}) f JOIN terms s ON s.id = f.s JOIN terms p ON p.id = f.p
            LEFT JOIN terms o ON o.id = f.o ORDER BY row, part, o""").fetchall()
        return [DraftFact(*fact) for fact in found]

    def _all(self, place: _Place) -> str:
        p = f"{self.store.number_of(place.predicate)}::BIGINT" if place.predicate else "p"
        o = f"{self.store.number_of(place.object)}::BIGINT" if place.object else "o"
        return f"SELECT row, part, s, {p} AS p, {o} AS o FROM {place.name}"

    def facts(self) -> str:
        """Return SQL for all that is stated: row, part (the place of its columns in :attr:`columns`), s, p and o."""
        self.store.keep()
        parts = " UNION ALL ".join(self._all(place) for place in self._places.values())
        return parts or "SELECT 0 AS row, 0 AS part, 0 AS s, 0 AS p, 0 AS o WHERE false"

    def leave_out(self, rows: Iterable[int], facts: Iterable[DraftFact], *, steps: int = 1) -> list[str]:
        """Leave facts out, and keep out rows of which they are all that is stated.

        Returns
        -------
        The IRIs of the nodes that lost a triple, and of those from which so many steps along triples lead to one.
        """
        run = self.store.connection.execute
        columns = list(zip(*facts, strict=True)) or [(), (), (), (), ()]
        types = [pa.int64(), pa.int32(), pa.string(), pa.string(), pa.string()]
        texts = dict(zip(DraftFact._fields, map(pa.array, columns, types), strict=True))
        with self.given(**texts) as given:
            run(f"""CREATE TEMP TABLE taken AS
                SELECT row, part, iri_id(s) AS s, iri_id(p) AS p, term_id(o) AS o FROM {given}""")
        for place in self._places.values():
            ((count,),) = run(f"""INSERT INTO left_out SELECT f.* FROM ({self._all(place)}) f
                SEMI JOIN taken USING (row, part, s, p, o)""").fetchall()
            if count:
                p = "f.p" if not place.predicate else self.store.number_of(place.predicate)
                o = "f.o" if not place.object else self.store.number_of(place.object)
                run(f"""DELETE FROM {place.name} f USING taken WHERE f.row = taken.row AND f.part = taken.part
                    AND f.s = taken.s AND taken.p = {p} AND taken.o = {o}""")
        touched = self._withdraw(steps)
        run("DROP TABLE taken")
        self.discard(rows)
        return touched

    def _withdraw(self, steps: int) -> list[str]:
        """Take the triples of the table `taken` that no row states any more out of the store."""
        run = self.store.connection.execute
        run("CREATE TEMP TABLE withdrawn AS SELECT DISTINCT s, p, o FROM taken")
        for place in self._places.values():
            run(f"DELETE FROM withdrawn w USING ({self._all(place)}) f WHERE f.s = w.s AND f.p = w.p AND f.o = w.o")
        predicates = run("SELECT DISTINCT p, key FROM withdrawn JOIN terms ON id = p ORDER BY p").fetchall()
        for number, predicate in predicates:
            self.store.remove(predicate, f"SELECT s, o FROM withdrawn WHERE p = {number}")
        run("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT s FROM withdrawn")
        run("DROP TABLE withdrawn")
        for _ in range(steps):
            run(f"INSERT INTO touched {self.store.leading_to('SELECT s FROM touched')} EXCEPT SELECT s FROM touched")
        return self.store.names("SELECT s FROM touched")

    # -- what becomes of them

    def write_facts(self, path: Path, graphs: Mapping[int, str]) -> Written:
        """Write the facts as sorted N-Quads, each once in the graph of its source, given by its number; end the drafts."""
        facts = self._different(f"(row >> {SOURCE})::SMALLINT")
        self.store.connection.execute(f"CREATE OR REPLACE TEMP TABLE facts AS {facts}")
        self._drop_facts()
        return write_sorted(self.store, "facts", graphs, path, drop=True)

    def _different(self, graph: str) -> str:
        """SQL for the numbers of all different facts, with SQL for their graph."""
        self.store.keep()
        parts = []
        for place in self._places.values():
            distinct = "" if place.once and len(place.sources) == 1 else "DISTINCT "
            parts.append(f"SELECT {distinct}{graph} AS graph, s, p, o FROM ({self._all(place)})")
        return (
            " UNION ALL ".join(parts)
            or "SELECT 0::SMALLINT AS graph, 0::BIGINT AS s, 0::BIGINT AS p, 0::BIGINT AS o WHERE false"
        )

    def load(self) -> None:
        """Make the facts the triples of the default graph; from then on it goes with what is left out and stated anew."""
        if self._loaded:
            return
        self._loaded = True
        for place in self._places.values():
            if place.predicate:
                names = ", ".join(place.columns)
                once = place.once and len(place.sources) == 1
                self._load(f"SELECT {names} FROM {place.name}", place.predicate, place.object, once=once)
                continue
            predicates = f"SELECT DISTINCT key FROM {place.name} JOIN terms ON id = p ORDER BY key"
            for (predicate,) in self.store.connection.execute(predicates).fetchall():
                chosen = f"SELECT s, o FROM {place.name} WHERE p = {self.store.number_of(predicate)}"
                self._load(chosen, predicate, "", once=False)

    def _load(self, select: str, predicate: str, object_: str, *, once: bool) -> None:
        objects = IRI
        if not object_:
            ((objects,),) = self.store.connection.execute(
                f"SELECT coalesce(bit_or(1 << term_class(o)::INTEGER), 0) FROM ({select})"
            ).fetchall()
        self.store.insert(Rows(select, predicate, object_ or None, once=once, subjects=IRI, objects=objects))

    def place(self, triples: Iterable[Triple], graphs: Mapping[int, str]) -> None:
        """State triples about nodes that facts are about, each in the first graph (by IRI) that says something of its node.

        They are added to the store, whose default graph has the other facts.
        """
        listed = list(triples)
        keys = {"s": [to_key(triple.subject) for triple in listed], "o": [to_key(triple.object) for triple in listed]}
        keys["p"] = [to_key(triple.predicate) for triple in listed]
        everything = " UNION ALL ".join(f"SELECT s, row >> {SOURCE} AS n FROM {p.name}" for p in self._places.values())
        by_name = {graph: number for number, graph in graphs.items()}
        order = {number: place for place, number in enumerate(by_name[graph] for graph in sorted(by_name))}
        cases = " ".join(f"WHEN {number} THEN {place}" for number, place in order.items())
        with self.given("placed", **{name: pa.array(column, pa.string()) for name, column in keys.items()}) as given:
            homes = f"""SELECT arg_min(n, CASE n {cases} END) AS n, s AS node FROM ({everything})
                SEMI JOIN (SELECT iri_id(s) AS s FROM {given}) USING (s) GROUP BY s"""
            self.store.connection.execute(
                f"CREATE TEMP TABLE homes AS SELECT x.*, n FROM {given} x JOIN ({homes}) h ON h.node = iri_id(x.s)"
            )
        stated = {
            predicate: f"SELECT s, o AS key FROM homes WHERE p = {quoted(to_key(predicate))}"
            for predicate in dict.fromkeys(triple.predicate for triple in listed)
        }
        for number in graphs:
            table = self.add_table("", "placed", number)
            self.state_anew(table, [(name, None, f"{select} AND n = {number}") for name, select in stated.items()])
        for predicate, select in stated.items():
            numbers = f"SELECT iri_id(s) AS s, iri_id(key) AS o FROM ({select})"
            self.store.insert(Rows(numbers, to_key(predicate), subjects=IRI, objects=IRI))
        self.store.connection.execute("DROP TABLE homes")

    def _drop_facts(self) -> None:
        for place in self._places.values():
            self.store.connection.execute(f"DROP TABLE {place.name}")
        self.store.connection.execute("DROP TABLE left_out")
        self._places = {}
