"""A graph in columns, kept by DuckDB: a dictionary of terms, and tables of the triples of each predicate."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyoxigraph import DefaultGraph, Quad

from kg.database import connect
from kg.engines.columnar.keys import to_key
from kg.engines.columnar.macros import MACROS
from kg.engines.columnar.ntriples import NTRIPLES
from kg.errors import EngineError
from kg.namespaces import MARKS, RDF
from kg.sparql.graph import Piece, Schema
from kg.sparql.terms import ALL, FALSE, INLINE, IRI, RESOURCES, TRUE, class_of

__all__ = ["MEMORY", "TYPE", "ColumnarStore", "Rows", "quoted"]

#: The numbers of terms that queries name: they are the same in every store.
_numbers: dict[str, int] = {}
_MOST_NUMBERS = 100_000
#: What DuckDB takes of the memory before it goes to disk; the rest is for what is not DuckDB's.
MEMORY = "50%"
#: Quads handed to DuckDB at a time.
BATCH = 100_000
#: The key of rdf:type, whose triples are in one table for each class.
TYPE = to_key(RDF["type"])


@dataclass(frozen=True, slots=True)
class Rows:
    """Triples of one predicate to be added: a SELECT of numbers s and o (o only where `object` is not given).

    `once` says that no two rows are the same; `subjects` and `objects` are the classes of terms in them.
    """

    sql: str
    predicate: str
    object: str | None = None
    once: bool = False
    subjects: int = RESOURCES
    objects: int = ALL


class ColumnarStore:
    """Holds quads; :meth:`schema` tells a translation what there is.

    Triples of one predicate are in one table with their graph, or, where :meth:`insert` puts them, in one for each
    predicate, class (of ``rdf:type``) and graph.
    """

    def __init__(self, *, union: bool = False, threads: int | None = None, spill: Path | None = None) -> None:
        config: dict[str, Any] = {"preserve_insertion_order": False, "memory_limit": MEMORY}
        if threads is not None:
            config["threads"] = threads
        if spill is not None:
            config["temp_directory"] = str(spill)
        self.connection = connect(config=config)
        self.union = union
        self.disjoint = True
        self.named = True
        self.kept: set[str] = set()
        self._waiting: list[str] = []
        self.pieces: dict[tuple[int, int | None, int | None], Piece] = {}
        self._names = itertools.count()
        self._staged = False
        #: Whether terms were taken in of which it is not known that their numbers are apart.
        self._unchecked = False
        self.graphs: set[int] = set()
        run = self.connection.execute
        for name, body in {**MACROS, **NTRIPLES}.items():
            run(f"CREATE MACRO {name} AS {body}")
        run("PREPARE number_of AS SELECT term_id(CAST($1 AS VARCHAR))")
        run("CREATE TABLE staged (s VARCHAR, p VARCHAR, o VARCHAR, g VARCHAR)")
        run("CREATE TABLE terms (id BIGINT, key VARCHAR)")
        #: Whether the dictionary is that of a file, and terms that it is known to have.
        self.opened = False
        self.constants: dict[int, str] = {}
        for term in (TRUE, FALSE):
            self.numbered(term)

    def forget(self, namespace: str) -> None:
        """Drop the triples whose predicate, or class, is a term of a namespace; nothing that is left may need them."""
        keys = self._constants()
        for place, piece in list(self.pieces.items()):
            if any(keys[n].startswith(f"<{namespace}") for n in (piece.predicate, piece.object) if n is not None):
                self.connection.execute(f"DROP TABLE {self.pieces.pop(place).name}")

    def _constants(self) -> dict[int, str]:
        """The keys of the predicates and classes that have tables of their own."""
        self.keep()
        wanted = [n for piece in self.pieces.values() for n in (piece.predicate, piece.object) if n is not None]
        return dict(
            self.connection.execute(
                "SELECT id, key FROM terms WHERE id IN (SELECT unnest(?::BIGINT[]))", [wanted]
            ).fetchall()
        )

    # -- terms

    def number_of(self, key: str) -> int:
        """Return the number of a term."""
        if key not in _numbers:
            if len(_numbers) > _MOST_NUMBERS:
                _numbers.clear()
            ((_numbers[key],),) = self.connection.execute(f"EXECUTE number_of({quoted(key)})").fetchall()
        return _numbers[key]

    def expect(self, keys: Iterable[str]) -> None:
        """Find the numbers of terms that :meth:`number_of` will be asked for."""
        new = sorted({key for key in keys if key not in _numbers})
        if len(_numbers) > _MOST_NUMBERS:
            _numbers.clear()
        if new:
            found = self.connection.execute("SELECT k, term_id(k) FROM (SELECT unnest(?::VARCHAR[]) AS k)", [new])
            _numbers.update(found.fetchall())

    def numbered(self, key: str) -> int:
        """Return the number of a term; :meth:`keep` takes it into the dictionary."""
        if key not in self.kept:
            self.kept.add(key)
            self._waiting.append(key)
        return self.number_of(key)

    def keep(self) -> None:
        """Take the terms that were asked for into the dictionary, before a query that may give them is run."""
        if self._waiting:
            keys, self._waiting = self._waiting, []
            self.expect(keys)
            new: dict[int, str] = {}
            for key in keys:
                if not class_of(key) & INLINE and new.setdefault(self.number_of(key), key) != key:
                    raise _same_number(new[self.number_of(key)], key)
            if self.opened:
                self._keep_beside(new)
            elif new:
                rows = ", ".join(f"({number}, {quoted(key)})" for number, key in new.items())
                self._take(f"(VALUES {rows}) AS new (id, key)")

    def _keep_beside(self, new: Mapping[int, str]) -> None:
        """Have terms beside those of an open file; the dictionary is a view of both only if it must be.

        A table that DuckDB knows to have different numbers is joined in a better order than a union.
        """
        run = self.connection.execute
        found = {number: key for number, key in self.constants.items() if number in new}
        listed = ", ".join(str(number) for number in new if number not in found)
        if listed:
            found |= dict(run(f"SELECT id, key FROM terms WHERE id IN ({listed})").fetchall())
        for number, key in found.items():
            if new[number] != key:
                raise _same_number(key, new[number])
        missing = [[number, key] for number, key in new.items() if number not in found]
        if missing:
            run(f"INSERT INTO own_terms VALUES {', '.join('(?, ?)' for _ in missing)}", list(chain(*missing)))
            run("CREATE OR REPLACE VIEW terms AS SELECT * FROM file.terms UNION ALL SELECT * FROM own_terms")

    def add_terms(self, keys: str) -> None:
        """Take the terms of a SELECT of `key` into the dictionary; it may have some of them already, or NULL.

        Two of one number, which could not be told apart, :meth:`check` finds.
        """
        self.connection.execute(f"""CREATE OR REPLACE TEMP TABLE new_terms AS SELECT term_id(key) AS id, key FROM ({keys})
            WHERE key IS NOT NULL""")
        self.take_terms("new_terms")

    def take_terms(self, table: str) -> None:
        """Take the terms of a table, their id and key, into the dictionary and drop the table."""
        self._take(table)
        self.connection.execute(f"DROP TABLE {table}")

    def _take(self, new: str) -> None:
        run = self.connection.execute
        ((count,),) = run(f"""INSERT INTO terms SELECT DISTINCT id, key FROM {new}
            ANTI JOIN terms USING (id, key) WHERE term_class(id) NOT IN (4, 5)""").fetchall()
        self._unchecked |= bool(count)

    def check(self) -> None:
        """Make sure that no two terms have one number; whoever hands out what is stored calls it before.

        Raises
        ------
        EngineError
            when two have.
        """
        if not self._unchecked:
            return
        clash = self.connection.execute("""SELECT min(key), max(key) FROM terms WHERE id IN
            (SELECT id FROM terms GROUP BY id HAVING count(*) > 1) GROUP BY id LIMIT 1""").fetchall()
        if clash:
            raise _same_number(*clash[0])
        self._unchecked = False

    # -- triples

    def triples(self, graph: int, leave_out: str) -> str:
        """Return SQL for the numbers s, p and o of the triples of a graph.

        Parameters
        ----------
        graph:
            The graph that they are in.
        leave_out:
            A namespace; triples whose predicate or object is a term of it are left out.
        """
        parts = []
        for piece in self.pieces.values():
            if piece.graph in (None, graph):
                o = "o" if piece.object is None else str(piece.object)
                where = f" WHERE g = {graph}" if piece.graph is None else ""
                parts.append(f"SELECT s, {piece.predicate}::BIGINT AS p, {o}::BIGINT AS o FROM {piece.name}{where}")
        everything = " UNION ALL ".join(parts) or "SELECT 0::BIGINT AS s, 0::BIGINT AS p, 0::BIGINT AS o WHERE false"
        if not leave_out:
            return everything
        hidden = f"(SELECT id FROM terms WHERE starts_with(key, {quoted(f'<{leave_out}')}))"
        return f"FROM ({everything}) q ANTI JOIN {hidden} x ON x.id = q.p ANTI JOIN {hidden} y ON y.id = q.o"

    def insert(self, rows: Rows, graph: int = 0) -> int:
        """Add triples that the store doesn't hold in any graph; return how many were new. Their terms must be known."""
        run = self.connection.execute
        predicate = self.number_of(rows.predicate)
        object_ = None if rows.object is None else self.number_of(rows.object)
        by_class = rows.predicate == TYPE
        if by_class and object_ is None:
            return self._insert_types(rows, graph)
        place = (predicate, object_ if by_class else None, graph)
        names = ["s"] if by_class else ["s", "o"]
        source = rows.sql
        if object_ is not None and not by_class:
            source = f"SELECT s, {object_}::BIGINT AS o FROM ({source})"
        if not rows.once:
            source = f"SELECT DISTINCT {', '.join(names)} FROM ({source})"
        for held in self._schema_pieces(predicate, object_):
            if not self.union and held.graph not in (None, graph):
                continue
            conditions = ["held.s = new.s"]
            if held.graph is None and not self.union:
                conditions.append(f"held.g = {graph}")
            if not by_class:
                conditions.append("held.o = new.o" if held.object is None else f"new.o = {held.object}")
            elif held.object is None:
                conditions.append(f"held.o = {object_}")
            source = f"SELECT new.* FROM ({source}) new ANTI JOIN {held.name} held ON {' AND '.join(conditions)}"
        piece = self.pieces.get(place)
        if piece is None:
            unseen = rows.object is not None and rows.object.startswith(f"<{MARKS}")
            piece = Piece(f"piece_{next(self._names)}", predicate, place[1], graph, 0, 0, hidden=unseen)
            run(f"CREATE TABLE {piece.name} ({', '.join(f'{name} BIGINT' for name in names)})")
        ((count,),) = run(f"INSERT INTO {piece.name} BY NAME ({source})").fetchall()
        objects = IRI if by_class else rows.objects
        self.pieces[place] = replace(piece, subjects=piece.subjects | rows.subjects, objects=piece.objects | objects)
        self.graphs.add(graph)
        return int(count)

    def remove(self, predicate: str, rows: str, object_: str | None = None) -> None:
        """Remove triples of one predicate from the default graph.

        Parameters
        ----------
        predicate:
            Its key.
        rows:
            A SELECT of numbers s and o; s alone where `object_` is given.
        object_:
            The key of the object of all of them.
        """
        run = self.connection.execute
        chosen = "s, o" if object_ is None else f"s, {self.number_of(object_)}::BIGINT AS o"
        run(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT DISTINCT {chosen} FROM ({rows})")
        for piece in self._schema_pieces(self.number_of(predicate), None):
            if piece.graph not in (None, 0):
                continue
            o = "o" if piece.object is None else str(piece.object)
            in_default = " AND g = 0" if piece.graph is None else ""
            run(f"DELETE FROM {piece.name} WHERE (s, {o}) IN (SELECT (s, o) FROM gone){in_default}")
        run("DROP TABLE gone")

    def drop(self, predicate: str) -> None:
        """Remove all triples of a predicate, given by its key."""
        number = self.number_of(predicate)
        for place in [place for place in self.pieces if place[0] == number]:
            self.connection.execute(f"DROP TABLE {self.pieces.pop(place).name}")

    def states(self) -> str:
        """Return SQL for the subjects, and a number over the triples of each that is another when they are."""
        parts = []
        for piece in self.pieces.values():
            o = "o" if piece.object is None else str(piece.object)
            parts.append(f"SELECT s, hash({piece.predicate}::BIGINT, {o}::BIGINT) AS h FROM {piece.name}")
        triples = " UNION ALL ".join(parts) or "SELECT 0::BIGINT AS s, 0::UBIGINT AS h WHERE false"
        return f"SELECT s, bit_xor(h) AS state FROM ({triples}) GROUP BY s"

    def state_of(self, predicate: str) -> int:
        """Return a number over the triples of a predicate, given by its key, that is another when they are."""
        number, found = self.number_of(predicate), 0
        for piece in self.pieces.values():
            if piece.predicate == number:
                ((state,),) = self.connection.execute(f"SELECT bit_xor(hash(s, o)) FROM {piece.name}").fetchall()
                found ^= state or 0
        return found

    def names(self, numbers: str) -> list[str]:
        """Return the IRIs, in order, of the numbers of a SELECT."""
        found = self.connection.execute(f"SELECT key FROM terms WHERE id IN ({numbers}) AND id < 0 ORDER BY key")
        return [key[1:] for (key,) in found.fetchall()]

    def leading_to(self, nodes: str) -> str:
        """Return SQL for the numbers s of the subjects of triples whose objects are among those of a SELECT."""
        parts = []
        for piece in self.pieces.values():
            if piece.object is None and piece.objects & RESOURCES:
                parts.append(f"SELECT s FROM {piece.name} SEMI JOIN ({nodes}) n (o) USING (o)")
            elif piece.object is not None:
                parts.append(f"SELECT s FROM {piece.name} WHERE {piece.object} IN ({nodes})")
        return " UNION ALL ".join(parts) or "SELECT 0::BIGINT AS s WHERE false"

    def _insert_types(self, rows: Rows, graph: int) -> int:
        """Add triples of rdf:type with various classes, each class by itself."""
        run = self.connection.execute
        run(f"CREATE OR REPLACE TEMP TABLE new_types AS SELECT DISTINCT s, o FROM ({rows.sql})")
        classes = run("SELECT DISTINCT key FROM new_types JOIN terms ON id = o").fetchall()
        added = 0
        for (key,) in classes:
            chosen = f"SELECT s FROM new_types WHERE o = {self.number_of(key)}"
            added += self.insert(replace(rows, sql=chosen, object=key, once=True), graph)
        run("DROP TABLE new_types")
        return added

    def _schema_pieces(self, predicate: int, object_: int | None) -> list[Piece]:
        return [
            piece
            for piece in self.pieces.values()
            if piece.predicate == predicate and (object_ is None or piece.object in (None, object_))
        ]

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
            self._staged = True

    def schema(self) -> Schema:
        """Return what is stored, after taking in what was loaded."""
        if self._staged:
            self._take_in()
            self._staged = False
        pieces: dict[int, list[Piece]] = {}
        for piece in self.pieces.values():
            pieces.setdefault(piece.predicate, []).append(piece)
        return Schema(self.number_of, self.numbered, self.expect, pieces, self.disjoint, self.union, self.named)

    def _take_in(self) -> None:
        """Move staged quads to a table with graphs for each of their predicates."""
        run = self.connection.execute
        for name in "spog":
            self.add_terms(f"SELECT DISTINCT {name} AS key FROM staged WHERE {name} <> ''")
        self.check()
        run("""CREATE OR REPLACE TEMP TABLE more AS SELECT DISTINCT term_id(p) AS p, term_id(s) AS s, term_id(o) AS o,
            CASE WHEN g = '' THEN 0 ELSE term_id(g) END AS g FROM staged""")
        found = run("""SELECT p, list(DISTINCT term_class(s)), list(DISTINCT term_class(o)) FROM more
            GROUP BY p ORDER BY p""").fetchall()
        for predicate, subjects, objects in found:
            self._to_quads(predicate)
            place = (predicate, None, None)
            piece = self.pieces.get(place)
            if piece is None:
                piece = Piece(f"piece_{next(self._names)}", predicate, None, None, 0, 0)
                run(f"CREATE TABLE {piece.name} (s BIGINT, o BIGINT, g BIGINT)")
            run(f"""INSERT INTO {piece.name} SELECT s, o, g FROM more WHERE p = {predicate}
                EXCEPT SELECT s, o, g FROM {piece.name}""")
            self.pieces[place] = replace(piece, subjects=piece.subjects | _mask(subjects), objects=piece.objects | _mask(objects))  # fmt: skip
        self.graphs.update(graph for (graph,) in run("SELECT DISTINCT g FROM more").fetchall())
        self.disjoint = len(self.graphs) <= 1
        run("DROP TABLE more")
        run("DELETE FROM staged")

    def _to_quads(self, predicate: int) -> None:
        """Put all triples of a predicate into one table with their graphs."""
        others = [place for place in self.pieces if place[0] == predicate and place != (predicate, None, None)]
        if not others:
            return
        run = self.connection.execute
        whole = self.pieces.get((predicate, None, None))
        if whole is None:
            whole = Piece(f"piece_{next(self._names)}", predicate, None, None, 0, 0)
            run(f"CREATE TABLE {whole.name} (s BIGINT, o BIGINT, g BIGINT)")
        for place in others:
            piece = self.pieces.pop(place)
            o = "o" if piece.object is None else str(piece.object)
            run(f"INSERT INTO {whole.name} SELECT s, {o}, {piece.graph} FROM {piece.name}")
            run(f"DROP TABLE {piece.name}")
            whole = replace(whole, subjects=whole.subjects | piece.subjects, objects=whole.objects | piece.objects)
        self.pieces[predicate, None, None] = whole


def _same_number(one: str, other: str) -> EngineError:
    return EngineError(
        f"two terms have the same number in the columnar engine ({one!r} and {other!r}); use --engine oxigraph"
    )


def quoted(text: str) -> str:
    """Return a text as a literal of SQL; EXECUTE takes no parameters."""
    return "'" + text.replace("'", "''") + "'"


def _mask(classes: Iterable[int]) -> int:
    out = 0
    for place in classes:
        out |= 1 << place
    return out
