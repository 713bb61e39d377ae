"""SPARQL over a graph in columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import duckdb
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kg.engines.base import Solutions, Term
from kg.engines.columnar.evaluator import register
from kg.engines.columnar.keys import term_of
from kg.engines.columnar.store import ColumnarStore
from kg.errors import EngineError, UnsupportedQuery, UsageError
from kg.namespaces import PREFIXES
from kg.rows import in_graph
from kg.sparql import Translation, translate

__all__ = ["ColumnarEngine"]

Answer = Solutions | list[Triple] | bool


class ColumnarEngine:
    """SPARQL 1.1 by SQL over columns; queries see the union of the graphs when `union` is set.

    What it doesn't know it refuses with :class:`~kg.errors.UnsupportedQuery`; it has no approximate answers.
    """

    name = "columnar"

    def __init__(self, *, union: bool = False, threads: int | None = None) -> None:
        self.store = ColumnarStore(union=union, threads=threads)
        self._functions: set[str] = set()

    def add(self, triples: Iterable[Triple]) -> None:
        """Add triples to the default graph."""
        self.store.load(in_graph(triple) for triple in triples)

    def load(self, quads: Iterable[Quad]) -> None:
        """Add quads to their graphs."""
        self.store.load(quads)

    def run_rule(self, construct: str) -> list[Triple]:
        """Run a CONSTRUCT query, add its triples to the default graph and return those that were new."""
        found = self.query(construct)
        if not isinstance(found, list):
            raise UsageError("this query is no CONSTRUCT")
        new = self.store.missing(found)
        self.add(new)
        return new

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
        try:
            rows = self.store.connection.execute(made.sql()).fetchall()
        except duckdb.OutOfMemoryException as error:
            raise EngineError(f"DuckDB could not answer: {_line(error)}") from None
        except duckdb.Error as error:
            raise UnsupportedQuery(f"the columnar engine can't answer exactly: {_line(error)}") from None
        if made.form == "ask":
            return bool(rows)
        term = lru_cache(maxsize=None)(term_of)
        if made.form == "select":
            if not made.variables:
                return Solutions((), [() for _ in rows])
            return Solutions(made.variables, [tuple(key if key is None else term(key) for key in row) for row in rows])
        return [Triple(term(s), term(p), term(o)) for s, p, o in rows]  # type: ignore[arg-type]


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
