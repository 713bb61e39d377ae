"""The strict shapes ask for more: each finds its own resource, and the examples that ship say what they lack."""

from __future__ import annotations

from pyoxigraph import RdfFormat, parse

from kg.engines import ColumnarEngine
from kg.project import check
from kg.validate import chosen_shapes, shapes, validate
from tests.conftest import EXAMPLE

DATA = """@prefix : <https://e.org/> . @prefix ckg: <https://w3id.org/clusterkg/ontology#> .
@prefix org: <http://www.w3.org/ns/org#> . @prefix schema: <https://schema.org/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:r a ckg:Region ; skos:prefLabel "R" ; ckg:regionLevel 3 . :s a ckg:SectorConcept, skos:Concept ; skos:prefLabel "S" ; ckg:sectorLevel 2 .
:good a org:Organization ; skos:prefLabel "G" ; org:classification ckg:Company ; schema:addressCountry "DE" ; ckg:locatedIn :r ;
  ckg:inSector :s ; schema:vatID "DE1" .
:bare a org:FormalOrganization ; skos:prefLabel "B" .
:well a ckg:SupplyLink ; ckg:supplier :good ; ckg:customer :bare ; schema:startDate "2020"^^xsd:gYear ; schema:endDate "2020-03-01"^^xsd:date .
:late a ckg:SupplyLink ; ckg:supplier :good ; ckg:customer :bare ; schema:startDate "2021-05"^^xsd:gYearMonth ; schema:endDate "2021-04-30"^^xsd:date .
:undated a ckg:SupplyLink ; ckg:supplier :good ; ckg:customer :bare .
:alone a ckg:Collaboration ; skos:prefLabel "A" ; ckg:collaborationKind ckg:RDProject ; ckg:hasParticipant :good ;
  schema:startDate "2022"^^xsd:gYear ; schema:endDate "2021"^^xsd:gYear ."""
EXPECTED = {
    ("bare", "StrictOrganizationShape-classification"),
    ("bare", "StrictOrganizationShape-country"),
    ("bare", "StrictOrganizationShape-identifier"),
    ("bare", "StrictOrganizationShape-inSector"),
    ("bare", "StrictOrganizationShape-locatedIn"),
    ("late", "StrictSupplyLinkShape-dates"),
    ("undated", "StrictSupplyLinkShape-start"),
    ("alone", "StrictCollaborationShape-dates"),
    ("alone", "StrictCollaborationShape-participants"),
}


def test_each_strict_shape_finds_what_it_is_for() -> None:
    engine = ColumnarEngine(threads=1)
    engine.load(parse(DATA, format=RdfFormat.TURTLE))
    report = validate(engine, shapes("strict"))
    found = {(r.focus.value.rsplit("/", 1)[-1], str(r.shape).rsplit("#", 1)[-1]) for r in report.results}
    assert found == EXPECTED
    assert report.by_pyshacl == []
    names = {str(root.node).rsplit("#", 1)[-1] for root in shapes("strict").graph.roots()}
    assert {name for name in names if name.startswith("Strict")} == {shape for _, shape in EXPECTED} | {
        "StrictCollaborationShape-start"
    }


def test_the_example_conforms_and_lacks_what_strict_shapes_ask() -> None:
    assert not [finding for finding in check(EXAMPLE) if finding.severity == "Violation"]
    strict = check(EXAMPLE, against=chosen_shapes(["strict"]))
    assert strict
    assert all(finding.file and finding.line for finding in strict)
