"""The input shapes find what `invalid.ttl` says they must, nothing else, and nothing in `valid.ttl`."""

from __future__ import annotations

from pathlib import Path

import pyshacl
import rdflib
from pyoxigraph import Quad, RdfFormat, Store, parse
from rdflib import SH

from kg.validate import HIERARCHY, shapes, validate

FOLDER = Path(__file__).parent
NAMES = {
    str(shape).rsplit("#", 1)[-1]
    for kind in (SH.message, SH.path)
    for shape in shapes("input").graph.subjects(kind)
    if isinstance(shape, rdflib.URIRef)
}


def loaded(*names: str) -> Store:
    store = Store()
    for name in names:
        store.extend(
            Quad(q.subject, q.predicate, q.object) for q in parse(path=str(FOLDER / name), format=RdfFormat.TURTLE)
        )
    store.extend(Quad(t.subject, t.predicate, t.object) for t in HIERARCHY)
    return store


def short(shape: str) -> str:
    return shape.rsplit("#", 1)[-1]


def test_valid_resources_conform() -> None:
    assert validate(loaded("valid.ttl"), shapes("input")) == []


def test_each_shape_finds_its_own_resource() -> None:
    """A resource is named for its shape; a SPARQL constraint reports under the shape that holds it."""
    found = {
        (r.focus.rsplit("/", 1)[-1], short(r.shape))
        for r in validate(loaded("valid.ttl", "invalid.ttl"), shapes("input"))
    }
    holders = {"RegionTreeShape-cycle", "RegionTreeShape-order", "SectorTreeShape-cycle", "SectorTreeShape-order"}
    expected = {(name, name.split("-")[0] if name in holders else name) for name in NAMES}
    along = {  # what is wrong with a resource beside what it is named for, and can't be otherwise
        ("RegionTreeShape-cycle", "RegionShape-hasLevel"),
        ("CompetitionLinkShape-competitor", "CompetitionLinkShape-competitor"),
    }
    assert expected - found == set()
    assert found - expected - along == set()


def test_the_store_and_rdflib_agree() -> None:
    """pySHACL over a pyoxigraph store (with a length that is not counted) reports what it does over RDFLib."""
    graph = rdflib.Graph()
    for name in ("valid.ttl", "invalid.ttl"):
        graph.parse(FOLDER / name)
    for triple in HIERARCHY:
        graph.add(tuple(rdflib.URIRef(term.value) for term in triple))  # type: ignore[arg-type, union-attr]
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes("input").graph)
    theirs = sorted(
        (str(report.value(node, SH.focusNode)), str(report.value(node, SH.sourceShape)))  # type: ignore[union-attr]
        for node in report.subjects(rdflib.RDF.type, SH.ValidationResult)  # type: ignore[union-attr]
    )
    ours = sorted((r.focus, r.shape) for r in validate(loaded("valid.ttl", "invalid.ttl"), shapes("input")))
    assert ours == theirs
