"""The W3C's SHACL tests: the report on each engine is the expected one, and everything is compiled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from kg.engines import ColumnarEngine, Engine, OxigraphEngine
from kg.errors import ShapesError
from kg.shacl.report import report_graph
from kg.validate import read_shapes, validate
from tests.conftest import SHARED
from tests.shapes.w3c import Case, cases, comparable, same, shown

FOLDER = SHARED / "w3c" / "shacl"
CASES = cases(FOLDER) if FOLDER.is_dir() else []
#: Oxigraph shortens numbers when it stores them: 4.0 is 4 there, and "55"^^xsd:byte an xsd:integer.
NORMALIZED = {"core/node/minExclusive-001", "core/property/datatype-ill-formed"}


def test_the_tests_are_there() -> None:
    if not CASES:
        if os.environ.get("CI"):
            pytest.fail(f"{FOLDER} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    assert len(CASES) >= 94


@pytest.mark.parametrize("engine", [ColumnarEngine, OxigraphEngine])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_report_is_the_expected_one(case: Case, engine: type[Engine]) -> None:
    if engine is OxigraphEngine and case.name in NORMALIZED:
        pytest.skip("Oxigraph does not keep the form of numbers")
    data = engine()
    data.load(parse(path=str(case.data), format=RdfFormat.TURTLE, base_iri=case.data.as_uri()))
    if case.expected is None:
        with pytest.raises(ShapesError):
            validate(data, read_shapes([case.shapes]))
        return
    against = read_shapes([case.shapes])
    report = validate(data, against)
    assert report.by_pyshacl == []
    found = report_graph(report.results, against.graph.graph)
    assert same(found, case.expected), [*shown(comparable(found, case.expected)), "expected", *shown(case.expected)]


CLOSED = """@prefix : <https://e.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:D rdfs:subClassOf :C . :a a :D ; :p 1 ; :q 2 . :b a :C .
:S sh:targetClass :C ; sh:closed true ; sh:property [ sh:path :p ] .
:T sh:targetClass :C ; sh:property [ sh:path <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ; sh:maxCount 1 ] .
:U sh:targetClass :C ; sh:sparql [ sh:select "SELECT $this ?value { $this a ?value FILTER(CONTAINS(STR(?value), 'working')) }" ] ."""


@pytest.mark.parametrize("only", [None, ["https://e.org/a", "https://e.org/b"]])
def test_shapes_do_not_see_which_nodes_are_looked_at(tmp_path: Path, only: list[str] | None) -> None:
    file = tmp_path / "s.ttl"
    file.write_text(CLOSED, encoding="utf-8")
    data = ColumnarEngine(threads=1)
    data.load(parse(CLOSED, format=RdfFormat.TURTLE))
    nodes = None if only is None else map(NamedNode, only)
    results = validate(data, read_shapes([file]), only=nodes).results
    found = {(result.focus.value[-1], str(result.value).rsplit("/", 1)[-1]) for result in results}
    assert found == {("a", "D>"), ("a", ['2"^^<http://www.w3.org/2001', "XMLSchema#integer>"][-1]), ("b", "C>")}
