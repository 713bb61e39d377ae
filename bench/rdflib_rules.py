"""Load the facts of a build into an RDFLib graph, run the rules over it, and print the seconds as JSON.

    python bench/rdflib_rules.py PROJECT BUILD

What is being run goes to stderr, so that whoever stops it knows how far it came.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import perf_counter

import pyoxigraph as ox
import rdflib

import kg
from kg.engines.base import Solutions, Term
from kg.infer import infer
from kg.namespaces import PREFIXES
from kg.settings import read_settings


class RdflibEngine:
    """The rules' view of an `rdflib.Graph`."""

    name = "rdflib"

    def __init__(self, graph: rdflib.Graph) -> None:
        self.graph = graph
        for prefix, iri in PREFIXES.items():
            graph.bind(prefix, iri, override=True)

    def add(self, triples: Iterable[ox.Triple]) -> None:
        """Add triples."""
        for triple in triples:
            self.graph.add((_theirs(triple.subject), _theirs(triple.predicate), _theirs(triple.object)))

    def load(self, quads: Iterable[ox.Quad]) -> None:
        """Add the triples of quads."""
        self.add(quad.triple for quad in quads)

    def run_rule(self, construct: str) -> list[ox.Triple]:
        """Run a CONSTRUCT query, add what it says and return what was new."""
        new = [triple for triple in self.graph.query(construct) if triple not in self.graph]  # type: ignore[operator]
        for triple in new:
            self.graph.add(triple)  # type: ignore[arg-type]
        return [ox.Triple(*map(_ours, triple)) for triple in new]  # type: ignore[arg-type]

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query."""
        given = {name: _theirs(term) for name, term in (bindings or {}).items()}
        found = self.graph.query(query, initBindings=given)
        names = tuple(map(str, found.vars or ()))
        return Solutions(names, [tuple(_ours(term) for term in row) for row in found])  # type: ignore[union-attr]


def _theirs(term: object) -> rdflib.term.Identifier:
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.Literal):
        datatype = None if term.language or term.datatype.value.endswith("#string") else term.datatype.value
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype and rdflib.URIRef(datatype))
    raise TypeError(f"facts have no {term!r}")


def _ours(term: object) -> Term | None:
    if term is None:
        return None
    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(str(term))
    assert isinstance(term, rdflib.Literal)
    if term.language:
        return ox.Literal(str(term), language=term.language)
    return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype))) if term.datatype else ox.Literal(str(term))


def main() -> None:
    """Load, infer, print."""
    parser = argparse.ArgumentParser(description="Run the rules over RDFLib.")
    parser.add_argument("project", type=Path)
    parser.add_argument("build", type=Path)
    given = parser.parse_args()
    build = kg.open(given.build)
    start = perf_counter()
    dataset = rdflib.Dataset()
    dataset.parse(given.build / "facts.nq", format="nquads")
    graph = rdflib.Graph()
    for subject, predicate, value, _ in dataset.quads():
        graph.add((subject, predicate, value))
    del dataset
    load = perf_counter() - start
    print(f"loaded {len(graph)} facts in {load:.1f} s", file=sys.stderr, flush=True)
    start = perf_counter()
    result = infer(
        RdflibEngine(graph),
        base=build.base,
        profile=read_settings(given.project).profile,
        facts_digest=str(build.run["digests"]["facts"]),
        progress=lambda what, done, total: print(f"{what} ({done} of {total})", file=sys.stderr, flush=True),
    )
    seconds = {"load": load, "infer": perf_counter() - start} | result.seconds
    print(json.dumps({"seconds": seconds, "triples": len(result.triples)}))


if __name__ == "__main__":
    main()
