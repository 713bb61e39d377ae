"""Two independent ways to one answer: what the rules wrote of groups is what HermiT derives without having been told."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, BNode, Graph, Namespace, URIRef
from rdflib.collection import Collection

import kg
from kg.ontology.reason import classify
from kg.ontology.vocabulary import read_vocabulary
from tests.oracle.projects import BASE, write_project

CKG = Namespace("https://w3id.org/clusterkg/ontology#")
Types = set[tuple[URIRef, URIRef]]

#: The classes that are taken away from a build and must come back.
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
#: Values that are taken away too. HermiT is asked for them as classes of those that have them: asking for the values of
#: all properties takes it many times as long.
VALUES = {
    (CKG.hasGroupType, CKG.SkillType),
    (CKG.hasGroupType, CKG.ValueChainType),
    (CKG.hasGroupType, CKG.InnovationType),
    (CKG.hasStance, CKG.Cooperative),
}
#: What HermiT is told: what the rules counted of groups, and who is recorded in them.
TOLD = {
    CKG[name]
    for name in (
        "outcome",
        "sustainedBy",
        "lacksDriver",
        "evidencedBy",
        "hasFocalOrganization",
        "membershipGroup",
        "membershipOrganization",
        "hasMemberRole",
        "hasStance",
        "verticalPartners",
        "horizontalPartners",
    )
}


def probes() -> Graph:
    """A class for each value that is asked for, and one of all that are a member of some group."""
    graph = Graph()
    for predicate, value in VALUES:
        restriction = BNode()
        graph.add((restriction, RDF.type, OWL.Restriction))
        graph.add((restriction, OWL.onProperty, predicate))
        graph.add((restriction, OWL.hasValue, value))
        graph.add((probe(value), RDF.type, OWL.Class))
        graph.add((probe(value), OWL.equivalentClass, restriction))
    graph.parse(
        data=f"""@prefix owl: <{OWL}> . @prefix ckg: <{CKG}> .
        <{MEMBER}> a owl:Class ; owl:equivalentClass
            [ a owl:Restriction ; owl:onProperty ckg:memberOf ; owl:someValuesFrom ckg:Group ] .""",
        format="turtle",
    )
    return graph


def probe(value: URIRef) -> URIRef:
    return URIRef(value.replace("#", "#Has"))


MEMBER = CKG.MemberOfSomeGroup


def read(*files: Path) -> Graph:
    """Quads of files as triples."""
    lines = [f"{quad.triple} ." for file in files for quad in ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS)]
    return Graph().parse(data="\n".join(lines), format="nt")


def differences(graph: Graph, ontology: Graph | None = None) -> tuple[Types, Types, int]:
    """What HermiT derives from a graph and the rules did not write, the other way round, and how much they agree on."""
    told, written = Graph(), set()
    for s, p, o in graph:
        if p == RDF.type and o in CLASSES:
            written.add((s, o))
        elif (p, o) in VALUES:
            written.add((s, probe(o)))
        elif p == CKG.memberOf:
            written.add((s, MEMBER))
        elif p in TOLD:
            told.add((s, p, o))
    reasoned = classify((ontology or read_vocabulary().graph) + probes() + told, values=False)
    assert reasoned.consistent
    assert reasoned.unsatisfiable == ()
    wanted = CLASSES | {probe(value) for _, value in VALUES} | {MEMBER}
    derived = {(node, found) for node, classes in reasoned.types.items() for found in classes & wanted}
    return derived - written, written - derived, len(derived & written)


@pytest.fixture
def example(example_project: Path) -> Path:
    """The build of the example."""
    return example_project / "build"


def test_example(example: Path) -> None:
    more, less, same = differences(read(example / "inferred.nq"))
    assert (more, less) == (set(), set())
    assert same > 500


def test_example_is_consistent_with_the_ontology(example: Path) -> None:
    """All of it: facts, conclusions, and every number that OWL knows the datatype of."""
    graph = read(example / "facts.nq", example / "inferred.nq")
    reasoned = classify(read_vocabulary().graph + graph, values=False)
    assert reasoned.consistent
    assert reasoned.unsatisfiable == ()
    written = {(s, o) for s, o in graph.subject_objects(RDF.type) if o in CLASSES}
    assert {(node, found) for node, found_in in reasoned.types.items() for found in found_in & CLASSES} == written


def test_a_wrong_definition_is_noticed(tmp_path: Path) -> None:
    """Were a network what vertical ties sustain, HermiT and the rules would disagree."""
    write_project(tmp_path, 7)
    kg.build(tmp_path, engine="oxigraph", with_validation=False, with_store=False)
    ontology = Graph() + read_vocabulary().graph
    (definition,) = ontology.objects(CKG.Network, OWL.equivalentClass)
    (operands,) = ontology.objects(definition, OWL.intersectionOf)
    restriction = Collection(ontology, operands)[1]
    ontology.set((restriction, OWL.hasValue, CKG.Vertical))
    more, less, _ = differences(read(tmp_path / "build" / "inferred.nq"), ontology)
    assert more
    assert less


def test_random_projects(tmp_path: Path) -> None:
    """Six projects in one run of HermiT: each has IRIs of its own, so none says anything of another."""
    graph = Graph()
    for seed in range(6):
        folder = tmp_path / f"p{seed}"
        folder.mkdir()
        write_project(folder, seed)
        kg.build(folder, engine="oxigraph", with_validation=False, with_store=False)
        file = folder / "build" / "inferred.nq"
        file.write_text(file.read_text(encoding="utf-8").replace(BASE, f"{BASE}{seed}/"), encoding="utf-8")
        graph += read(file)
    more, less, same = differences(graph)
    assert (more, less) == (set(), set())
    assert same > 20
