"""The reference engine: Oxigraph, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyoxigraph import (
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    Variable,
)

from kg.engines.base import Solutions, Term
from kg.errors import EngineError, UsageError
from kg.namespaces import PREFIXES
from kg.rows import in_graph

__all__ = ["OxigraphEngine"]

Answer = Solutions | list[Triple] | bool


class OxigraphEngine:
    """SPARQL 1.1 over an Oxigraph store; queries see the union of the graphs when `union` is set."""

    name = "oxigraph"

    def __init__(self, store: Store | None = None, *, union: bool = False) -> None:
        self.store = Store() if store is None else store
        self.union = union

    @classmethod
    def open(cls, path: Path) -> OxigraphEngine:
        """Open a store on disk for reading.

        Raises
        ------
        EngineError
            when it can't be opened.
        """
        try:
            return cls(Store.read_only(str(path)), union=True)
        except OSError as error:
            raise EngineError(f"the store {path} can't be opened ({error}); build the project again") from None

    def add(self, triples: Iterable[Triple]) -> None:
        """Add triples to the default graph."""
        self.store.bulk_extend(in_graph(triple) for triple in triples)

    def load(self, quads: Iterable[Quad]) -> None:
        """Add quads to their graphs."""
        self.store.bulk_extend(quads)

    def load_file(self, path: Path, kind: RdfFormat = RdfFormat.N_QUADS) -> None:
        """Bulk-load a file of quads."""
        self.store.bulk_load(path=str(path), format=kind)

    def run_rule(self, construct: str) -> list[Triple]:
        """Run a CONSTRUCT query, add its triples to the default graph and return those that were new."""
        found = self.store.query(construct)
        assert isinstance(found, QueryTriples)
        new = list({triple for triple in found if in_graph(triple) not in self.store})
        self.add(new)
        return new

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query with some variables bound to terms.

        Oxigraph binds only variables that the query selects; they are left out of the answer.
        """
        answer = self.query(query, bindings)
        if not isinstance(answer, Solutions):
            raise UsageError("this query is no SELECT")
        shown = [place for place, name in enumerate(answer.variables) if name not in (bindings or {})]
        names = tuple(answer.variables[place] for place in shown)
        return Solutions(names, [tuple(row[place] for place in shown) for row in answer])

    def query(self, query: str, bindings: Mapping[str, Term] | None = None) -> Answer:
        """Run any query.

        Parameters
        ----------
        query:
            SPARQL 1.1; the prefixes of :data:`kg.namespaces.PREFIXES` need not be declared.
        bindings:
            Terms for variables, put in by Oxigraph as terms, never as text.

        Returns
        -------
        Solutions for SELECT, triples for CONSTRUCT and DESCRIBE, a truth value for ASK.

        Raises
        ------
        UsageError
            when the query is not well formed.
        EngineError
            when it can't be carried out.
        """
        given: dict[Variable, Any] = {Variable(name): term for name, term in (bindings or {}).items()}
        try:
            answer = self.store.query(
                query, use_default_graph_as_union=self.union, substitutions=given, prefixes=PREFIXES
            )
            if isinstance(answer, QuerySolutions):
                names = tuple(variable.value for variable in answer.variables)
                return Solutions(names, [tuple(solution) for solution in answer])
            if isinstance(answer, QueryBoolean):
                return bool(answer)
            return list(answer)
        except SyntaxError as error:
            raise UsageError(f"the query is not well formed: {error.msg or error}") from None
        except (OSError, ValueError, RuntimeError) as error:
            raise EngineError(f"Oxigraph could not answer: {error}") from None

    def serialize(self, query: str, form: QueryResultsFormat) -> bytes:
        """Return the answer of a SELECT or ASK in a standard format; nothing for a query that gives a graph."""
        try:
            answer = self.store.query(query, use_default_graph_as_union=self.union, prefixes=PREFIXES)
            if isinstance(answer, QueryTriples):
                return b""
            return answer.serialize(format=form) or b""
        except SyntaxError as error:
            raise UsageError(f"the query is not well formed: {error.msg or error}") from None
        except (OSError, ValueError, RuntimeError) as error:
            raise EngineError(f"Oxigraph could not answer: {error}") from None
