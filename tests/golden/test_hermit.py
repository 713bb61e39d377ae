"""Two independent ways to one answer: what the rules wrote of groups is what HermiT derives without having been told."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import RDF, Dataset, Graph, Namespace, URIRef

import kg
from kg.ontology.reason import classify
from kg.ontology.vocabulary import read_vocabulary
from tests.conftest import EXAMPLE
from tests.oracle.projects import BASE, write_project

CKG = Namespace("https://w3id.org/clusterkg/ontology#")
Triples = set[tuple[URIRef, URIRef, URIRef]]

#: What is taken away from a build and must come back.
CLASSES = {
    CKG[name]
    for name in (
        "Group",
        "Cluster",
        "VirtualGroup",
        "BusinessWeb",
        "Network",
        "Community",
        "Hub",
        "Node",
        "SkillCluster",
        "ValueChainCluster",
        "InnovationCluster",
    )
}
PROPERTIES = {CKG.hasGroupType, CKG.memberOf}


def is_derived(triple: tuple[object, object, object]) -> bool:
    """Whether a triple is one that HermiT has to find by itself."""
    _, p, o = triple
    return (p == RDF.type and o in CLASSES) or p in PROPERTIES or (p == CKG.hasStance and o == CKG.Cooperative)


def read(*files: Path) -> Graph:
    dataset = Dataset(default_union=True)
    for file in files:
        dataset.parse(file, format="nquads")
    graph = Graph()
    for s, p, o, _ in dataset.quads((None, None, None, None)):
        graph.add((s, p, o))
    return graph


def differences(graph: Graph) -> tuple[Triples, Triples, int]:
    """What HermiT derives from a graph and the rules did not write, the other way round, and how much they agree on."""
    given = Graph()
    written = set()
    for triple in graph:
        if is_derived(triple):
            written.add(triple)
        elif triple[1] != CKG.nodeOf:  # a narrower memberOf, which would give it away
            given.add(triple)
    reasoned = classify(read_vocabulary().graph + given)
    assert reasoned.consistent
    assert reasoned.unsatisfiable == ()
    derived = {(node, RDF.type, found) for node, classes in reasoned.types.items() for found in classes & CLASSES}
    derived |= {triple for triple in reasoned.values if is_derived(triple)}
    return derived - written, written - derived, len(derived & written)


def test_example(tmp_path: Path) -> None:
    toml = (EXAMPLE / "kg.toml").read_text(encoding="utf-8").replace('"data"', f'"{EXAMPLE / "data"}"')
    (tmp_path / "kg.toml").write_text(toml, encoding="utf-8")
    kg.build(tmp_path, with_validation=False, with_store=False)
    more, less, same = differences(read(tmp_path / "build" / "facts.nq", tmp_path / "build" / "inferred.nq"))
    assert (more, less) == (set(), set())
    assert same > 1000


@pytest.mark.parametrize("start", range(0, 100, 25))
def test_random_projects(tmp_path: Path, start: int) -> None:
    """A hundred projects, twenty-five to a run of HermiT: each has IRIs of its own, so none says anything of another."""
    graph = Graph()
    for seed in range(start, start + 25):
        folder = tmp_path / f"p{seed}"
        folder.mkdir()
        write_project(folder, seed)
        kg.build(folder, with_validation=False, with_store=False)
        file = folder / "build" / "inferred.nq"
        file.write_text(file.read_text(encoding="utf-8").replace(BASE, f"{BASE}{seed}/"), encoding="utf-8")
        graph += read(file)
    more, less, same = differences(graph)
    assert (more, less) == (set(), set())
    assert same > 100
