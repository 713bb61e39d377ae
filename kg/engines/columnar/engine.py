"""SPARQL over a graph in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple
from sqlglot import exp

from kg.engines.base import Solutions, Term
from kg.engines.columnar.evaluator import register
from kg.engines.columnar.files import open_file, save
from kg.engines.columnar.keys import term_of, to_key
from kg.engines.columnar.sorted_lines import write_sorted
from kg.engines.columnar.store import MEMORY, ColumnarStore, Rows
from kg.errors import EngineError, UnsupportedQuery, UsageError
from kg.namespaces import PREFIXES
from kg.rows import in_graph
from kg.sparql import Piece, Rule, Translation, is_parsed, named, parse_ahead, translate, translate_rule
from kg.sparql.relation import Column, name_of, value_name
from kg.sparql.sql import column
from kg.sparql.terms import INLINE, RESOURCES, class_of
from kg.sparql.translate import Part
from kg.sparql.update import change, translate_update
from kg.sparql.values import Value, identity, key

__all__ = ["ColumnarEngine"]

Answer = Solutions | list[Triple] | bool
#: A triple of a template.
Triples = tuple[Part, Part, Part]


class ColumnarEngine:
    """SPARQL 1.1 by SQL over columns; queries see the union of the graphs when `union` is set.

    What it doesn't know it refuses with :class:`~kg.errors.UnsupportedQuery`; it has no approximate answers.
    """

    name = "columnar"

    def __init__(
        self, *, union: bool = False, threads: int | None = None, spill: Path | None = None, conclusions: str = ""
    ) -> None:
        self.store = ColumnarStore(union=union, threads=threads, spill=spill)
        self.conclusions = self.store.numbered(f"<{conclusions}") if conclusions else 0
        self._functions: set[str] = set()
        self._rules: dict[str, tuple[tuple[Piece, ...], Rule, str]] = {}

    @classmethod
    def open(cls, path: Path) -> ColumnarEngine:
        """Open the columns of a build for queries over the union of its graphs.

        Raises
        ------
        EngineError
            when they can't be opened.
        """
        engine = cls(union=True)
        engine.store = open_file(path)
        return engine

    def save(self, path: Path) -> None:
        """Write the graph to a file that :meth:`open` reads."""
        save(self.store, path)

    @staticmethod
    def expect(queries: Iterable[str], *, begin: bool = True) -> None:
        """Have queries ready that were parsed before; `begin` to parse them in the background where they were not."""
        parse_ahead(queries, PREFIXES, begin=begin)

    def ready(self, queries: Iterable[str], *, wait: bool = False) -> None:
        """Take the terms that queries name into the dictionary, all of them at once.

        Parameters
        ----------
        queries:
            Those that are not parsed yet are passed over, unless `wait` is set.
        """
        terms = {term for text in queries if wait or is_parsed(text, PREFIXES) for term in named(text, PREFIXES)}
        self.store.expect(terms)
        for term in sorted(terms):
            self.store.numbered(term)

    def add(self, triples: Iterable[Triple]) -> None:
        """Add triples to the default graph."""
        self.store.load(in_graph(triple) for triple in triples)

    def load(self, quads: Iterable[Quad]) -> None:
        """Add quads to their graphs."""
        self.store.load(quads)

    def conclude(self, triples: Iterable[Triple]) -> int:
        """Add triples to the graph of conclusions and return how many were new."""
        by_predicate: dict[str, tuple[list[str], list[str]]] = {}
        for triple in triples:
            subjects, objects = by_predicate.setdefault(to_key(triple.predicate), ([], []))
            subjects.append(to_key(triple.subject))
            objects.append(to_key(triple.object))
        return sum(self._conclude_keys(predicate, *columns) for predicate, columns in by_predicate.items())

    def conclude_pairs(self, predicate: NamedNode, subjects: Sequence[str], objects: Sequence[str]) -> None:
        """Add triples between IRIs, given as two columns, as conclusions."""
        self._conclude_keys(to_key(predicate), [f"<{iri}" for iri in subjects], [f"<{iri}" for iri in objects])

    def _conclude_keys(self, predicate: str, subjects: Sequence[str], objects: Sequence[str]) -> int:
        table = pa.table({"s": pa.array(subjects, pa.string()), "o": pa.array(objects, pa.string())})
        self.store.schema()
        self.store.connection.register("given", table)
        try:
            self.store.numbered(predicate)
            self.store.add_terms("SELECT s AS key FROM given UNION ALL SELECT o FROM given")
            masks = [reduce(or_, map(class_of, set(column)), 0) for column in (subjects, objects)]
            select = "SELECT term_id(s) AS s, term_id(o) AS o FROM given"
            rows = Rows(select, predicate, subjects=masks[0], objects=masks[1])
            return self.store.insert(rows, self.conclusions)
        finally:
            self.store.connection.unregister("given")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave most of the memory to other work for a while: what DuckDB has beyond a sixth of it goes to disk."""
        run = self.store.connection.execute
        run("SET memory_limit = '16%'")
        try:
            yield
        finally:
            run(f"SET memory_limit = '{MEMORY}'")

    def table(self, query: str) -> pa.Table:
        """Run a SELECT query and return its solutions as texts: IRIs and lexical forms, null where unbound."""
        made = self.translate(query)
        if made.form != "select":
            raise UsageError("this query is no SELECT")
        register(self.store.connection, made.library, self._functions)
        self.store.keep()
        shown = ", ".join(f'value_of(c{place}) AS "{name}"' for place, name in enumerate(made.variables))
        with _failures(), self._made(made.tables):
            return self.store.connection.sql(f"SELECT {shown} FROM ({made.sql()})").to_arrow_table()

    def copy(self) -> Store:
        """Return all that queries see as the default graph of a store of Oxigraph."""
        store = Store()
        answer = self.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
        assert isinstance(answer, list)
        store.bulk_extend(map(in_graph, answer))
        return store

    def write_conclusions(self, path: Path, graph: NamedNode, leave_out: str) -> int:
        """Write the conclusions as sorted N-Quads, all in one graph, but those that name a term of a namespace."""
        triples = self.store.triples(self.conclusions, leave_out)
        self.store.connection.execute(f"CREATE OR REPLACE TEMP VIEW shown AS SELECT 0 AS graph, * FROM ({triples})")
        written = write_sorted(self.store, "shown", {0: graph.value}, path)
        self.store.connection.execute("DROP VIEW shown")
        return written.lines

    def run_rule(self, construct: str) -> int:
        """Run a CONSTRUCT query, add its triples to the graph of conclusions and return how many were new."""
        rule = self._solve(*self._rule(construct))
        count = sum(self._conclude(rule, triple, self.conclusions) for triple in rule.template)
        self._run("DROP TABLE found")
        return count

    def update(self, text: str) -> None:
        """Change the default graph by a SPARQL update.

        Raises
        ------
        UsageError
            when it is not well formed.
        UnsupportedQuery
            for what is not supported; the message names it. Operations before it are done.
        """
        for operation in translate_update(text, PREFIXES):
            made = change(operation, self.store.schema())
            register(self.store.connection, made.library, self._functions)
            rule = self._solve(made.rule(made.add), made.solutions.query.sql(dialect="duckdb", copy=False))
            for triple in made.remove:
                predicate, select = self._rows(rule, triple)
                self.store.remove(predicate.key, select, triple[2].key or None)
            for triple in made.add:
                self._conclude(rule, triple, 0)
            self._run("DROP TABLE found")

    def _rule(self, construct: str) -> tuple[Rule, str]:
        """Return the translation of a rule and the SQL of its solutions; that of the round before where it still fits."""
        schema = self.store.schema()
        tables = tuple(piece for pieces in schema.pieces.values() for piece in pieces)
        known = self._rules.get(construct)
        if known is None or known[0] != tables:
            rule = translate_rule(construct, schema, prefixes=PREFIXES)
            register(self.store.connection, rule.library, self._functions)
            known = self._rules[construct] = tables, rule, rule.solutions.query.sql(dialect="duckdb", copy=False)
        return known[1], known[2]

    def _solve(self, rule: Rule, source: str) -> Rule:
        """Make the table `found` of the solutions of a rule, as numbers of terms that the dictionary has."""
        with self._made(rule.tables):
            return self._found(rule, source)

    @contextmanager
    def _made(self, tables: Mapping[str, exp.Query]) -> Iterator[None]:
        """Have the tables of a translation while it is run."""
        try:
            for name, query in tables.items():
                self._run(f"CREATE TEMP TABLE {name} AS {query.sql(dialect='duckdb', copy=False)}")
            yield
        finally:
            for name in tables:
                self._run(f"DROP TABLE IF EXISTS {name}")

    def _found(self, rule: Rule, source: str) -> Rule:
        plain = all(known.kind == "id" for known in rule.solutions.columns.values())
        if plain and rule.solutions.columns:
            self._run(f"CREATE OR REPLACE TEMP TABLE found AS {source}")
            return rule
        self._run(f"CREATE OR REPLACE TEMP TABLE solutions AS {source}")
        columns = self._stored_columns(rule.solutions.columns)
        numbers = [f'{_number(name, known)} AS "{name_of(name)}"' for name, known in columns.items()]
        written = [name for name, known in columns.items() if known.kind != "id" and known.classes & ~INLINE]
        keys = [f'{_key(name, columns[name])} AS "{value_name(name, "key")}"' for name in written]
        shown = ", ".join([*numbers, *keys]) or "1 AS unit"
        self._run(f"CREATE OR REPLACE TEMP TABLE found AS SELECT {shown} FROM solutions")
        self._run("DROP TABLE solutions")
        for name in written:
            self.store.add_terms(f'SELECT "{value_name(name, "key")}" AS key FROM found')
        return replace(rule, solutions=replace(rule.solutions, columns=columns))

    def _stored_columns(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        """Return what is known of the columns of the table of solutions once its numbers have been looked at.

        Numbers that are computed are almost always short; where all are, nothing that reads them needs the dictionary.
        """
        tests = {"int": f"abs(#) < {10**17}", "dec": f"# % {10**9} = 0 AND abs(#) < {10**26}"}
        computed = {name: known for name, known in columns.items() if known.kind in tests}
        if not computed:
            return dict(columns)
        checks = [
            f"coalesce(bool_and({tests[known.kind].replace('#', column(name_of(name)).sql(dialect='duckdb', copy=False))}), true)"
            for name, known in computed.items()
        ]
        (row,) = self._run(f"SELECT {', '.join(checks)} FROM solutions")
        short = {name for name, holds in zip(computed, row, strict=True) if holds}
        return {
            name: replace(known, classes=known.classes & INLINE) if name in short else known
            for name, known in columns.items()
        }

    def _conclude(self, rule: Rule, triple: Triples, graph: int) -> int:
        """Add the triples that one triple of a template makes of the solutions found."""
        predicate, select = self._rows(rule, triple)
        s, _, o = triple
        known = rule.solutions.columns
        variables = frozenset(part.variable for part in (s, o) if part.variable)
        rows = Rows(
            select,
            predicate.key,
            o.key or None,
            once=any(key <= variables for key in rule.solutions.keys),
            subjects=known[s.variable].classes & RESOURCES if s.variable else class_of(s.key),
            objects=known[o.variable].classes if o.variable else class_of(o.key),
        )
        return self.store.insert(rows, graph)

    def _rows(self, rule: Rule, triple: Triples) -> tuple[Part, str]:
        """Return the predicate of a triple of a template, and SQL for the numbers s and o of what it makes."""
        s, p, o = triple
        known = rule.solutions.columns
        cells, conditions = [], []
        for name, part in (("s", s), ("o", o)):
            if part.key:
                number = self.store.numbered(part.key)
                if name == "s":
                    cells.append(f"{number} AS s")
                continue
            cell = f'"{name_of(part.variable)}"'
            cells.append(f"{cell} AS {name}")
            if not known[part.variable].sure:
                conditions.append(f"{cell} IS NOT NULL")
            if name == "s" and known[part.variable].classes & ~RESOURCES:
                conditions.append(f"term_class({cell}) IN (0, 1)")
        self.store.numbered(p.key)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return p, f"SELECT {', '.join(cells)} FROM found{where}"

    def _run(self, text: str) -> list[Any]:
        self.store.keep()
        with _failures():
            return self.store.connection.execute(text).fetchall()

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query with some variables bound to terms; they are left out of the answer."""
        answer = self.query(query, bindings)
        if not isinstance(answer, Solutions):
            raise UsageError("this query is no SELECT")
        return answer

    def translate(self, query: str, bindings: Mapping[str, Term] | None = None) -> Translation:
        """Return the translation of a query for the graph that is stored.

        Raises
        ------
        UsageError
            when the query is not well formed.
        UnsupportedQuery
            when it holds a construct that is not supported.
        """
        given = {name: _plain(term) for name, term in (bindings or {}).items()}
        return translate(query, self.store.schema(), prefixes=PREFIXES, bindings=given)

    def query(self, query: str, bindings: Mapping[str, Term] | None = None) -> Answer:
        """Run a SELECT, ASK or CONSTRUCT query.

        Parameters
        ----------
        query:
            SPARQL 1.1; the prefixes of :data:`kg.namespaces.PREFIXES` need not be declared.
        bindings:
            Terms for variables, put into the algebra as terms, never into the text.

        Raises
        ------
        UsageError
            when the query is not well formed.
        UnsupportedQuery
            when it can't be answered exactly; the message names the construct.
        EngineError
            when DuckDB fails for want of memory.
        """
        made = self.translate(query, bindings)
        register(self.store.connection, made.library, self._functions)
        with self._made(made.tables):
            columns = self._columns(made.sql())
        if made.form == "ask":
            return bool(columns[0])
        if made.form == "select":
            if not made.variables:
                return Solutions((), [() for _ in columns[0]])
            return Solutions(made.variables, list(zip(*columns, strict=True)))
        return list(map(Triple, *columns))

    def _columns(self, text: str) -> list[list[Term | None]]:
        """Run SQL for keys and return its columns as terms; each term is made once for a column."""
        self.store.keep()
        with _failures():
            table = self.store.connection.sql(text).to_arrow_table()
        columns: list[list[Term | None]] = []
        for cells in table.columns:
            if not pa.types.is_string(cells.type):
                columns.append([None] * len(cells))
                continue
            encoded = cells.combine_chunks().dictionary_encode()
            terms = [term_of(key) for key in encoded.dictionary.to_pylist()]
            columns.append([None if place is None else terms[place] for place in encoded.indices.to_pylist()])
        return columns


@contextmanager
def _failures() -> Iterator[None]:
    """Say what DuckDB can't do as the engine says it."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EngineError(f"DuckDB could not answer: {_line(error)}") from None
    except duckdb.Error as error:
        raise UnsupportedQuery(f"the columnar engine can't answer exactly: {_line(error)}") from None


def _number(name: str, known: Column) -> str:
    """The number of a variable's term, as SQL."""
    return identity(Value(known.kind, column(name_of(name)), known.classes)).sql(dialect="duckdb", copy=False)


def _key(name: str, known: Column) -> str:
    """The key of a variable's term, as SQL; nothing for numbers that need no place in the dictionary."""
    return key(Value(known.kind, column(name_of(name)), known.classes)).sql(dialect="duckdb", copy=False)


def _line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _plain(term: Term) -> rdflib.URIRef | rdflib.Literal | rdflib.BNode:
    """A term of pyoxigraph as one of RDFLib, its form kept."""
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        raise UnsupportedQuery("a blank node as a parameter is not supported")
    assert isinstance(term, Literal)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)
