"""The shapes of the style: what each says and of what; that each finds its fault is in test_ontology_check."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import OWL, RDF, SH, Graph, URIRef

from kg.ontology.vocabulary import TERM_OF, read_vocabulary
from kg.resources import folder
from tests.unit.ontology_faults import CKG, ONTOLOGY, Fault, good, term, turtle

STYLE = folder("shapes") / "style.ttl"


def style_report(data: Graph) -> tuple[bool, Graph]:
    """The verdict and the report of the style shapes, by pySHACL on RDFLib."""
    conforms, report, _ = validate(data, shacl_graph=Graph().parse(STYLE))
    assert isinstance(report, Graph)
    return bool(conforms), report


def test_style_of_the_ontology() -> None:
    conforms, report = style_report(read_vocabulary().marked)
    assert conforms, list(report.objects(None, SH.resultMessage))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            Fault("StyleClassShape-name", CKG.misnamed, term("misnamed", "a owl:Class")),
            f"The name of the class {CKG.misnamed} is not a noun in UpperCamel.",
        ),
        (
            Fault("StyleConceptShape-placed", CKG.Lost, term("Lost", "a skos:Concept, ckg:Stance")),
            f"{CKG.Lost} lacks http://www.w3.org/2004/02/skos/core#inScheme.",
        ),
    ],
    ids=lambda value: getattr(value, "check", ""),
)
def test_messages_name_the_term(fault: Fault, message: str) -> None:
    graph = fault.apply(good(read_vocabulary().graph))
    graph.add((URIRef(str(fault.term)), TERM_OF, ONTOLOGY))
    _, report = style_report(graph)
    said = [str(text).replace("<", "").replace(">", "") for text in report.objects(None, SH.resultMessage)]
    assert message in said
    assert "{?" not in " ".join(said)


def test_terms_of_others_are_not_judged() -> None:
    graph = turtle(f"<{ONTOLOGY}> a owl:Ontology . ex:misnamed a owl:Class ; skos:definition 'no'@en .")
    assert style_report(graph)[0]
    graph.add((URIRef("https://example.org/misnamed"), TERM_OF, ONTOLOGY))
    assert not style_report(graph)[0]


def test_the_shapes_name_no_ontology() -> None:
    text = Path(STYLE).read_text(encoding="utf-8")
    assert "https://w3id.org/clusterkg/ontology" not in text
    targets = set(Graph().parse(STYLE).objects(None, SH.targetClass))
    assert targets == {OWL.Ontology}
    assert (None, SH.targetNode, None) not in Graph().parse(STYLE)
    assert len(list(Graph().parse(STYLE).subjects(RDF.type, SH.NodeShape))) == 7
