"""What every engine can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

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


class Engine(Protocol):
    """A graph that can be added to, and SPARQL over it.

    Rules run over the default graph; what they conclude is added to it and returned.
    """

    name: str

    def add(self, triples: Iterable[Triple]) -> None:
        """Add triples to the default graph."""

    def run_rule(self, construct: str) -> list[Triple]:
        """Run a CONSTRUCT query, add its triples to the default graph and return those that were new."""

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query with some variables bound to terms."""

    def load(self, quads: Iterable[Quad]) -> None:
        """Add quads to their graphs."""
