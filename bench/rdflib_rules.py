"""Load the facts of a build into an RDFLib graph, run the rules over it, and print the seconds as JSON.

    python bench/rdflib_rules.py PROJECT BUILD

What is being run goes to stderr, so that whoever stops it knows how far it came.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyoxigraph as ox
import rdflib

import kg
from kg.engines.base import Solutions, Term
from kg.errors import EngineError
from kg.infer import infer
from kg.namespaces import PREFIXES
from kg.settings import read_settings


class RdflibEngine:
    """The rules' view of an `rdflib.Graph`."""

    name = "rdflib"

    def __init__(self, graph: rdflib.Graph) -> None:
        self.graph = graph
        self.concluded = 0
        for prefix, iri in PREFIXES.items():
            graph.bind(prefix, iri, override=True)

    def add(self, triples: Iterable[ox.Triple]) -> None:
        """Add triples."""
        for triple in triples:
            self.graph.add((_theirs(triple.subject), _theirs(triple.predicate), _theirs(triple.object)))

    def load(self, quads: Iterable[ox.Quad]) -> None:
        """Add the triples of quads."""
        self.add(quad.triple for quad in quads)

    def ready(self, queries: Iterable[str]) -> None:
        """Do nothing: a query is read when it is run."""

    def run_rule(self, construct: str) -> int:
        """Run a CONSTRUCT query, add what it says and return how many triples were new."""
        new = [triple for triple in self.graph.query(construct) if triple not in self.graph]  # type: ignore[operator]
        for triple in new:
            self.graph.add(triple)  # type: ignore[arg-type]
        self.concluded += len(new)
        return len(new)

    def conclude(self, triples: Iterable[ox.Triple]) -> int:
        """Add triples and return how many there are now more."""
        before = len(self.graph)
        self.add(triples)
        self.concluded += len(self.graph) - before
        return len(self.graph) - before

    def conclude_pairs(self, predicate: ox.NamedNode, subjects: Sequence[str], objects: Sequence[str]) -> None:
        """Add triples between IRIs."""
        pairs = zip(subjects, objects, strict=True)
        self.conclude(ox.Triple(ox.NamedNode(one), predicate, ox.NamedNode(other)) for one, other in pairs)

    def aside(self) -> AbstractContextManager[None]:
        """Do nothing: the graph can't leave memory."""
        return nullcontext()

    def copy(self) -> ox.Store:
        """Refuse: nothing is validated here."""
        raise EngineError("an RDFLib graph is only timed here")

    def table(self, query: str) -> pa.Table:
        """Run a SELECT query and return its solutions as texts."""
        answer = self.select(query)
        columns = zip(*answer.rows, strict=True) if answer.rows else ([] for _ in answer.variables)
        texts = [pa.array([None if term is None else term.value for term in column], pa.string()) for column in columns]
        return pa.table(dict(zip(answer.variables, texts, strict=True)))

    def write_conclusions(self, path: Path, graph: ox.NamedNode, leave_out: str) -> int:
        """Refuse: facts and conclusions are one graph here, which is only timed."""
        raise EngineError("an RDFLib graph doesn't keep conclusions apart from facts: it is only timed here")

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
    engine = RdflibEngine(graph)
    result = infer(
        engine,
        base=build.base,
        profile=read_settings(given.project).profile,
        facts_digest=str(build.run["digests"]["facts"]),
        progress=lambda what, done, total: print(f"{what} ({done} of {total})", file=sys.stderr, flush=True),
    )
    seconds = {"load": load, "infer": perf_counter() - start} | result.seconds
    print(json.dumps({"seconds": seconds, "triples": engine.concluded}))


if __name__ == "__main__":
    main()
