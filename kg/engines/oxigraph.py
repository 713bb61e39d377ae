"""The reference engine: Oxigraph, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyoxigraph import (
    DefaultGraph,
    NamedNode,
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
        self.concluded: list[Triple] = []

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

    def ready(self, queries: Iterable[str]) -> None:
        """Do nothing: a query is read when it is run."""

    def run_rule(self, construct: str) -> int:
        """Run a CONSTRUCT query, add its triples to the default graph and return how many were new."""
        found = self.store.query(construct)
        assert isinstance(found, QueryTriples)
        return self.conclude(found)

    def conclude(self, triples: Iterable[Triple]) -> int:
        """Add triples to the default graph as conclusions and return how many were new."""
        new = {triple for triple in triples if in_graph(triple) not in self.store}
        self.add(new)
        self.concluded += new
        return len(new)

    def conclude_pairs(self, predicate: NamedNode, subjects: Sequence[str], objects: Sequence[str]) -> None:
        """Add triples between IRIs, given as two columns, as conclusions."""
        pairs = zip(subjects, objects, strict=True)
        self.conclude(Triple(NamedNode(one), predicate, NamedNode(other)) for one, other in pairs)

    def aside(self) -> AbstractContextManager[None]:
        """Do nothing: the store can't leave memory."""
        return nullcontext()

    def table(self, query: str) -> pa.Table:
        """Run a SELECT query and return its solutions as texts: IRIs and lexical forms, null where unbound."""
        return self.select(query).texts()

    def copy(self) -> Store:
        """Return all that queries see as the default graph of another store."""
        graph = None if self.union else DefaultGraph()
        store = Store()
        store.bulk_extend(in_graph(quad.triple) for quad in self.store.quads_for_pattern(None, None, None, graph))
        return store

    def write_conclusions(self, path: Path, graph: NamedNode, leave_out: str) -> int:
        """Write the conclusions as sorted N-Quads, all in one graph, but those that name a term of a namespace."""
        kept = (triple for triple in self.concluded if not _names(triple, leave_out))
        lines = sorted({f"{in_graph(triple, graph)} .\n" for triple in kept})
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        return len(lines)

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


def _names(triple: Triple, namespace: str) -> bool:
    """Whether the predicate or the object of a triple is a term of a namespace."""
    terms = (triple.predicate, triple.object)
    return any(isinstance(term, NamedNode) and term.value.startswith(namespace) for term in terms)
