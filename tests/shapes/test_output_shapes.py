"""The output shapes find what is wrong with a conclusion: each property shape is broken once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import SH, URIRef

import kg
from kg.engines import OxigraphEngine
from kg.namespaces import XSD
from kg.shacl.report import Result
from kg.validate import shapes, validate
from tests.oracle.projects import write_project

GRAPH = shapes("output").graph.graph
PROPERTIES = sorted(
    (str(path), str(shape), str(target))
    for shape, target in GRAPH.subject_objects(SH.targetClass)
    for path in GRAPH.objects(shape, SH.path)
)
assert len(PROPERTIES) > 30


@pytest.fixture(scope="module")
def conclusions(tmp_path_factory: pytest.TempPathFactory) -> list[Quad]:
    folder = tmp_path_factory.mktemp("p")
    write_project(folder, 5)
    build = kg.build(folder)
    assert build.groups().num_rows
    quads = []
    for name in ("facts.nq", "inferred.nq"):
        quads += parse(path=str(folder / "build" / name), format=RdfFormat.N_QUADS)
    return [Quad(quad.subject, quad.predicate, quad.object) for quad in quads]


def store_of(quads: list[Quad]) -> Store:
    store = Store()
    store.extend(quads)
    return store


def found_in(store: Store, only: Iterable[NamedNode] | None = None) -> list[Result]:
    return validate(OxigraphEngine(store), shapes("output"), only=only).results


def test_a_build_conforms(conclusions: list[Quad]) -> None:
    assert found_in(store_of(conclusions)) == []


@pytest.mark.parametrize(("path", "shape", "target"), PROPERTIES, ids=lambda value: value.rsplit("#", 1)[-1])
def test_a_wrong_value_is_found(conclusions: list[Quad], path: str, shape: str, target: str) -> None:
    store = store_of(conclusions)
    kind = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    focus = next(iter(store.quads_for_pattern(None, kind, NamedNode(target), None)), None)
    assert focus is not None, f"the project has no {target}"
    for quad in list(store.quads_for_pattern(focus.subject, NamedNode(path), None, None)):
        store.remove(quad)
    store.add(Quad(focus.subject, NamedNode(path), Literal("many", datatype=XSD["integer"])))
    assert isinstance(focus.subject, NamedNode)
    assert shape in {str(result.shape) for result in found_in(store, [focus.subject])}


def test_every_shape_says_what_it_wants() -> None:
    for shape in GRAPH.subjects(SH.path):
        assert isinstance(shape, URIRef)
        assert (shape, SH.message, None) in GRAPH


def test_the_files_are_there() -> None:
    names = {path.stem for path in (Path(__file__).parents[2] / "shapes" / "output").glob("*.ttl")}
    assert names == {"candidate", "dropped-candidate", "group", "membership", "run", "yearly-links"}


def test_more_local_than_linked_pairs_are_found(conclusions: list[Quad]) -> None:
    store = store_of(conclusions)
    ckg = "https://w3id.org/clusterkg/ontology#"
    local = next(iter(store.quads_for_pattern(None, NamedNode(f"{ckg}localPairs"), None, None)))
    store.remove(local)
    store.add(Quad(local.subject, local.predicate, Literal(10**6)))
    assert [result.focus for result in found_in(store)] == [local.subject]
