"""The W3C's SHACL tests: what each has as data and shapes, the report it expects, and how reports are compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import rdflib
from rdflib.collection import Collection
from rdflib.compare import to_isomorphic
from rdflib.namespace import RDF, SH

from kg.shacl.terms import read_graph

MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = rdflib.Namespace("http://www.w3.org/ns/shacl-test#")
#: What a report is compared by; messages where the expected report has one.
COMPARED = (
    SH.focusNode,
    SH.resultPath,
    SH.value,
    SH.resultSeverity,
    SH.sourceConstraintComponent,
    SH.sourceShape,
    SH.sourceConstraint,
)


@dataclass(frozen=True)
class Case:
    """A test: files of data and shapes, and the expected report, None where validation must fail."""

    name: str
    data: Path
    shapes: Path
    expected: rdflib.Graph | None


def cases(folder: Path) -> list[Case]:
    """Return the tests of a folder and those in it."""
    found = []
    for file in sorted(folder.rglob("*.ttl")):
        if "sht:Validate" not in file.read_text(encoding="utf-8"):
            continue
        graph = read_graph([file])
        for test in graph.subjects(RDF.type, SHT.Validate):
            action, result = graph.value(test, MF.action), graph.value(test, MF.result)
            data, shapes = (_file(graph.value(action, name)) for name in (SHT.dataGraph, SHT.shapesGraph))
            expected = None if result == SHT.Failure else _report(graph, result)
            found.append(Case(str(file.relative_to(folder).with_suffix("")), data, shapes, expected))
    return found


def _file(iri: object) -> Path:
    return Path(str(iri).removeprefix("file://"))


def _report(graph: rdflib.Graph, report: object) -> rdflib.Graph:
    out = rdflib.Graph()
    node = rdflib.BNode()
    out.add((node, SH.conforms, next(iter(graph.objects(report, SH.conforms)))))
    for result in graph.objects(report, SH.result):
        one = rdflib.BNode()
        out.add((node, SH.result, one))
        for predicate in (*COMPARED, SH.resultMessage):
            for value in graph.objects(result, predicate):
                out.add((one, predicate, _path(graph, value, out) if predicate == SH.resultPath else value))
    return out


def _path(graph: rdflib.Graph, node: rdflib.term.Node, out: rdflib.Graph) -> rdflib.term.Node:
    """Copy a path; each use of it is a node of its own."""
    if not isinstance(node, rdflib.BNode):
        return node
    copy = rdflib.BNode()
    if (node, RDF.first, None) in graph:
        items = [_path(graph, item, out) for item in Collection(graph, node)]
        Collection(out, copy, items)
        return copy
    for predicate, value in graph.predicate_objects(node):
        out.add((copy, predicate, _path(graph, value, out)))
    return copy


def comparable(report: rdflib.Graph, like: rdflib.Graph) -> rdflib.Graph:
    """Return a report with what another is compared by."""
    (node,) = report.subjects(SH.conforms)
    out = _report(report, node)
    if (None, SH.resultMessage, None) not in like:
        out.remove((None, SH.resultMessage, None))
    return out


def same(report: rdflib.Graph, expected: rdflib.Graph) -> bool:
    """Whether two reports are the same."""
    return to_isomorphic(comparable(report, expected)) == to_isomorphic(comparable(expected, expected))


def shown(graph: rdflib.Graph) -> Iterable[str]:
    """Return the lines of a report, for a message."""
    return sorted(
        " ".join(f"{p.split('#')[-1]}={o}" for p, o in sorted(graph.predicate_objects(result)))
        for result in graph.objects(None, SH.result)
    )
