"""What every engine can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

__all__ = ["Engine", "Solutions", "Term"]

#: A term of an RDF 1.1 graph.
Term = NamedNode | Literal | BlankNode


@dataclass(frozen=True, slots=True)
class Solutions:
    """The answer of a SELECT query: variable names, and a row of terms (or None) for each solution."""

    variables: tuple[str, ...]
    rows: list[tuple[Term | None, ...]]

    def __iter__(self) -> Iterator[tuple[Term | None, ...]]:
        return iter(self.rows)

    def texts(self) -> pa.Table:
        """Return a table of IRIs and lexical forms, null where unbound."""
        columns = zip(*self.rows, strict=True) if self.rows else ([] for _ in self.variables)
        texts = [pa.array([None if term is None else term.value for term in column], pa.string()) for column in columns]
        return pa.table(dict(zip(self.variables, texts, strict=True)))


class Engine(Protocol):
    """A graph that can be added to, and SPARQL over it.

    Rules run over the facts and what was concluded from them; conclusions are kept apart so that they can be written.
    """

    name: str

    def load(self, quads: Iterable[Quad]) -> None:
        """Add quads to their graphs."""

    def conclude(self, triples: Iterable[Triple]) -> int:
        """Add triples as conclusions and return how many were new."""

    def conclude_pairs(self, predicate: NamedNode, subjects: Sequence[str], objects: Sequence[str]) -> None:
        """Add triples between IRIs, given as two columns, as conclusions."""

    def ready(self, queries: Iterable[str]) -> None:
        """Get ready for queries that will be run."""

    def run_rule(self, construct: str) -> int:
        """Run a CONSTRUCT query, add its triples as conclusions and return how many were new."""

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query with some variables bound to terms."""

    def aside(self) -> AbstractContextManager[None]:
        """Leave the memory to other work for a while; what is asked meanwhile is answered all the same."""

    def table(self, query: str) -> pa.Table:
        """Run a SELECT query and return its solutions as texts: IRIs and lexical forms, null where unbound."""

    def copy(self) -> Store:
        """Return all that queries see as the default graph of a store of Oxigraph."""

    def write_conclusions(self, path: Path, graph: NamedNode, leave_out: str) -> int:
        """Write the conclusions as sorted N-Quads, all in one graph, but those that name a term of a namespace.

        Returns
        -------
        How many lines were written.
        """
