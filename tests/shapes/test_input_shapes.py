"""The input shapes find what `invalid.ttl` says they must, nothing else, and nothing in `valid.ttl`."""

from __future__ import annotations

from pathlib import Path

import rdflib
from pyoxigraph import RdfFormat, parse
from rdflib import SH

from kg.engines import ColumnarEngine
from kg.shacl.report import report_graph
from kg.validate import shapes, validate
from tests.shapes.w3c import same

FOLDER = Path(__file__).parent
NAMES = {
    str(shape).rsplit("#", 1)[-1]
    for kind in (SH.message, SH.path)
    for shape in shapes("input").graph.graph.subjects(kind)
    if isinstance(shape, rdflib.URIRef)
}


def loaded(*names: str) -> ColumnarEngine:
    engine = ColumnarEngine(threads=1)
    for name in names:
        engine.load(parse(path=str(FOLDER / name), format=RdfFormat.TURTLE))
    return engine


def short(shape: object) -> str:
    return str(shape).rsplit("#", 1)[-1]


def test_valid_resources_conform() -> None:
    assert validate(loaded("valid.ttl"), shapes("input")).results == []


def test_each_shape_finds_its_own_resource() -> None:
    """A resource is named for its shape; a SPARQL constraint reports under the shape that holds it."""
    found = {
        (r.focus.value.rsplit("/", 1)[-1], short(r.shape))
        for r in validate(loaded("valid.ttl", "invalid.ttl"), shapes("input")).results
    }
    holders = {"RegionTreeShape-cycle", "RegionTreeShape-order", "SectorTreeShape-cycle", "SectorTreeShape-order"}
    expected = {(name, name.split("-")[0] if name in holders else name) for name in NAMES}
    along = {  # what is wrong with a resource beside what it is named for, and can't be otherwise
        ("RegionTreeShape-cycle", "RegionShape-hasLevel"),
        ("CompetitionLinkShape-competitor", "CompetitionLinkShape-competitor"),
    }
    assert expected - found == set()
    assert found - expected - along == set()


def test_pyshacl_finds_the_same() -> None:
    """But for one: it takes the ill-typed "NaN"^^xsd:decimal for no more than 180, though not for at least -180."""
    data, against = loaded("valid.ttl", "invalid.ttl"), shapes("input")
    ours, theirs = validate(data, against), validate(data, against, by_reference=True)
    assert ours.by_pyshacl == []
    more = [
        result
        for result in ours.results
        if getattr(result.value, "value", "") == "NaN" and result.component == SH.MaxInclusiveConstraintComponent
    ]
    assert len(more) == 1
    kept = [result for result in ours.results if result not in more]
    assert same(report_graph(kept, against.graph.graph), report_graph(theirs.results, against.graph.graph))
