"""OWL 2 profiles, on small graphs: what is in each, what keeps out, and what DL forbids."""

from __future__ import annotations

import pytest
from rdflib import Graph

from kg.ontology.gate.dl import DL_RULES, dl_breaches
from kg.ontology.gate.owl import Owl
from kg.ontology.gate.profiles import profiles

PREAMBLE = """
@prefix : <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://example.org/> a owl:Ontology .
:A a owl:Class . :B a owl:Class . :C a owl:Class .
:p a owl:ObjectProperty . :q a owl:ObjectProperty . :r a owl:ObjectProperty .
:d a owl:DatatypeProperty . :e a owl:DatatypeProperty . :n a owl:AnnotationProperty .
:i a owl:NamedIndividual, :A . :j a owl:NamedIndividual, :B .
"""
SOME = "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ]"
THING = "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom owl:Thing ]"
ALL = "[ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :B ]"
VALUE = "[ a owl:Restriction ; owl:onProperty :p ; owl:hasValue :j ]"
SELF = "[ a owl:Restriction ; owl:onProperty :p ; owl:hasSelf true ]"
MAX1 = "[ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 ]"
MAX2 = "[ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 2 ]"
MAX1B = "[ a owl:Restriction ; owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass :B ]"
AND = "[ a owl:Class ; owl:intersectionOf ( :B :C ) ]"
OR = "[ a owl:Class ; owl:unionOf ( :B :C ) ]"
NOT = "[ a owl:Class ; owl:complementOf :B ]"
ONE = "[ a owl:Class ; owl:oneOf ( :i ) ]"
TWO = "[ a owl:Class ; owl:oneOf ( :i :j ) ]"
DATA = "[ a owl:Restriction ; owl:onProperty :d ; owl:someValuesFrom xsd:string ]"


def facet(datatype: str, restriction: str) -> str:
    return f"[ a rdfs:Datatype ; owl:onDatatype xsd:{datatype} ; owl:withRestrictions ( [ xsd:{restriction} ] ) ]"


FACET = facet("integer", "minInclusive 1")


def graph_of(text: str) -> Graph:
    return Graph().parse(data=PREAMBLE + text, format="turtle")


# --- EL, QL and RL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "DL EL QL RL"),
        (":A rdfs:subClassOf :B .", "DL EL QL RL"),
        (f":A rdfs:subClassOf {SOME} .", "DL EL QL"),
        (f"{SOME} rdfs:subClassOf :A .", "DL EL RL"),
        (f"{THING} rdfs:subClassOf :A .", "DL EL QL RL"),
        (f":A rdfs:subClassOf {THING} .", "DL EL QL"),
        (f":A rdfs:subClassOf {ALL} .", "DL RL"),
        (f"{ALL} rdfs:subClassOf :A .", "DL"),
        (f":A rdfs:subClassOf {VALUE} .", "DL EL RL"),
        (f":A rdfs:subClassOf {SELF} .", "DL EL"),
        (f":A rdfs:subClassOf {MAX1} .", "DL RL"),
        (f":A rdfs:subClassOf {MAX1B} .", "DL RL"),
        (f":A rdfs:subClassOf {MAX2} .", "DL"),
        (f":A rdfs:subClassOf {AND} .", "DL EL QL RL"),
        (f"{AND} rdfs:subClassOf :A .", "DL EL RL"),
        (f":A owl:equivalentClass {AND} .", "DL EL RL"),
        (f"{OR} rdfs:subClassOf :A .", "DL RL"),
        (f":A rdfs:subClassOf {OR} .", "DL"),
        (f":A rdfs:subClassOf {NOT} .", "DL QL RL"),
        (f"{NOT} rdfs:subClassOf :A .", "DL"),
        (f"{ONE} rdfs:subClassOf :A .", "DL EL RL"),
        (f"{TWO} rdfs:subClassOf :A .", "DL RL"),
        (f":A rdfs:subClassOf {ONE} .", "DL EL"),
        (f":A rdfs:subClassOf {DATA} .", "DL EL QL"),
        (f"{DATA} rdfs:subClassOf :A .", "DL EL QL RL"),
        (":A rdfs:subClassOf owl:Thing .", "DL EL QL"),
        (":A owl:disjointWith :B .", "DL EL QL RL"),
        ("[] a owl:AllDisjointClasses ; owl:members ( :A :B :C ) .", "DL EL QL RL"),
        (":A owl:disjointUnionOf ( :B :C ) .", "DL"),
        (f":p rdfs:domain {OR} .", "DL"),
        (":p rdfs:domain :A ; rdfs:range :B . :d rdfs:domain :A ; rdfs:range xsd:string .", "DL EL QL RL"),
        (":d rdfs:range xsd:boolean .", "DL RL"),
        (":d rdfs:range owl:real .", "DL EL QL"),
        (f":d rdfs:range {FACET} .", "DL"),
        (":p a owl:TransitiveProperty .", "DL EL RL"),
        (":p a owl:SymmetricProperty .", "DL QL RL"),
        (":p a owl:AsymmetricProperty .", "DL QL RL"),
        (":p a owl:IrreflexiveProperty .", "DL QL RL"),
        (":p a owl:ReflexiveProperty .", "DL EL QL"),
        (":p a owl:FunctionalProperty .", "DL RL"),
        (":p a owl:InverseFunctionalProperty .", "DL RL"),
        (":d a owl:FunctionalProperty .", "DL EL RL"),
        (":p owl:inverseOf :q .", "DL QL RL"),
        (":p rdfs:subPropertyOf [ owl:inverseOf :q ] .", "DL QL RL"),
        (":p owl:propertyDisjointWith :q .", "DL QL RL"),
        (":p owl:propertyChainAxiom ( :q :r ) .", "DL EL RL"),
        (":p owl:propertyChainAxiom ( :q :r ) ; rdfs:range :A .", "DL RL"),
        (":p owl:propertyChainAxiom ( :q :r ) ; rdfs:range :A . :r rdfs:range :A .", "DL EL RL"),
        (":A owl:hasKey ( :p :d ) .", "DL EL RL"),
        (":i owl:sameAs :j .", "DL EL RL"),
        (":i owl:differentFrom :j .", "DL EL QL RL"),
        (":i :p [ a :A ] .", "DL RL"),
        (
            "[] a owl:NegativePropertyAssertion ; owl:sourceIndividual :i ; owl:assertionProperty :p ; owl:targetIndividual :j .",
            "DL EL RL",
        ),
        (':i :d "text" ; :p :j .', "DL EL QL RL"),
        (":T a rdfs:Datatype ; owl:equivalentClass xsd:integer . :d rdfs:range :T .", "DL EL QL RL"),
    ],
)
def test_profiles(text: str, expected: str) -> None:
    report, _ = profiles(graph_of(text))
    assert " ".join(name for name, profile in report.items() if profile.holds) == expected
    assert all(profile.kept_out_by for profile in report.values() if not profile.holds)


def test_what_keeps_out_is_named_with_its_terms() -> None:
    report, _ = profiles(graph_of(f":A rdfs:subClassOf {OR}, {ALL} ."))
    assert report["RL"].kept_out_by == (("ObjectUnionOf as superclass", ("https://example.org/A",)),)
    assert dict(report["EL"].kept_out_by).keys() == {"ObjectUnionOf", "ObjectAllValuesFrom"}


def test_an_ontology_outside_dl_is_in_no_profile() -> None:
    report, breaches = profiles(graph_of(":A rdfs:subClassOf :Nowhere ."))
    assert not any(profile.holds for profile in report.values())
    assert report["EL"].kept_out_by == (("not in OWL 2 DL", ()),)
    assert [(breach.rule, str(breach.term)) for breach in breaches] == [
        ("dl-undeclared-class", "https://example.org/Nowhere")
    ]


# --- DL


BREACHES = [
    ("dl-undeclared-class", "Nowhere", ":i a :Nowhere ."),
    ("dl-undeclared-class", "Old", ":Old a rdfs:Class . :A rdfs:subClassOf :Old ."),
    ("dl-undeclared-property", "nowhere", ":i :nowhere :j ."),
    ("dl-undeclared-property", "old", ":old a rdf:Property ; rdfs:domain :A ."),
    ("dl-undeclared-class", "Old", ":Old a rdfs:Class ."),
    ("dl-undeclared-property", "old", ":old a rdf:Property ."),
    ("dl-unknown-datatype", "d", ":d rdfs:range xsd:date ."),
    ("dl-unknown-datatype", "i", ':i :d "2001"^^xsd:gYear .'),
    ("dl-unknown-datatype", "d", ":T a rdfs:Datatype . :d rdfs:range :T ."),
    ("dl-class-and-datatype", "A", ":A a rdfs:Datatype ; owl:equivalentClass xsd:string ."),
    ("dl-two-kinds-of-property", "p", ":p a owl:DatatypeProperty ."),
    ("dl-two-kinds-of-property", "n", ":n a owl:ObjectProperty ."),
    ("dl-property-of-wrong-kind", "d", ":d a owl:IrreflexiveProperty ."),
    ("dl-property-of-wrong-kind", "d", ":p rdfs:subPropertyOf :d ."),
    ("dl-property-of-wrong-kind", "n", ":n owl:inverseOf :p ."),
    ("dl-property-of-wrong-kind", "n", f":A rdfs:subClassOf {SOME.replace(':p', ':n')} ."),
    ("dl-value-of-wrong-kind", "i", ':i :p "text" .'),
    ("dl-value-of-wrong-kind", "i", ":i :d :j ."),
    ("dl-reserved-term", "Resource", ":p rdfs:range rdfs:Resource ."),
    ("dl-reserved-term", "value", ':i rdf:value "1" .'),
    ("dl-reserved-term", "Sort", "owl:Sort a owl:Class ."),
    ("dl-reserved-term", "topDataProperty", "owl:topDataProperty rdfs:subPropertyOf :d ."),
    ("dl-reserved-term", "topDataProperty", f":A rdfs:subClassOf {DATA.replace(':d', 'owl:topDataProperty')} ."),
    ("dl-property-not-simple", "p", ":p a owl:TransitiveProperty, owl:FunctionalProperty ."),
    (
        "dl-property-not-simple",
        "q",
        ":p a owl:TransitiveProperty ; rdfs:subPropertyOf :q . :q a owl:AsymmetricProperty .",
    ),
    (
        "dl-property-not-simple",
        "q",
        ":p a owl:TransitiveProperty ; owl:inverseOf :q . :q owl:propertyDisjointWith :r .",
    ),
    ("dl-property-not-simple", "p", f":p owl:propertyChainAxiom ( :q :r ) . :A rdfs:subClassOf {MAX1} ."),
    ("dl-property-not-simple", "p", f":p a owl:TransitiveProperty . :A rdfs:subClassOf {SELF} ."),
    ("dl-irregular-hierarchy", "p", ":p owl:propertyChainAxiom ( :q :p :q ) ."),
    ("dl-irregular-hierarchy", "p", ":p owl:propertyChainAxiom ( :q :r ) . :q owl:propertyChainAxiom ( :p :r ) ."),
    ("dl-malformed-expression", "A", ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ] ."),
    ("dl-malformed-expression", "A", ":A rdfs:subClassOf [ a owl:Class ; owl:unionOf () ] ."),
    (
        "dl-malformed-expression",
        "A",
        ":A rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :B :C ) ; owl:complementOf :C ] .",
    ),
    (
        "dl-malformed-expression",
        "A",
        ':A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:minCardinality "x" ] .',
    ),
    ("dl-malformed-expression", "A", ':A rdfs:subClassOf "B" .'),
    ("dl-malformed-expression", "A", ':A owl:oneOf ( :i "i" ) .'),
    ("dl-malformed-expression", "d", ":d rdfs:range [ a rdfs:Datatype ; owl:oneOf ( 1 :i ) ] ."),
    ("dl-malformed-expression", "d", ":d rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:integer ] ."),
    ("dl-anonymous-individual", "i", ":i owl:sameAs [] ."),
    ("dl-anonymous-individual", "A", ":A rdfs:subClassOf [ a owl:Class ; owl:oneOf ( :i [] ) ] ."),
    ("dl-anonymous-individual", "p", "_:x :p _:y . _:y :p _:z . _:z :p _:x ."),
    ("dl-anonymous-individual", "p", "_:x :p _:x ."),
    ("dl-class-for-datatype", "p", ":p rdfs:range xsd:string ."),
    ("dl-class-for-datatype", "p", ":p rdfs:domain xsd:string ."),
    ("dl-class-for-datatype", "d", ":d rdfs:domain xsd:string ."),
    ("dl-class-for-datatype", "d", ":d rdfs:range :B ."),
    ("dl-class-for-datatype", "d", f":d rdfs:range {OR} ."),
    ("dl-class-for-datatype", "d", f":d rdfs:range {SOME} ."),
    ("dl-class-for-datatype", "A", f":A rdfs:subClassOf {DATA.replace('xsd:string', ':B')} ."),
    ("dl-class-for-datatype", "A", f":A rdfs:subClassOf {MAX1B.replace('onClass :B', 'onClass xsd:string')} ."),
    ("dl-class-for-datatype", "A", ":A rdfs:subClassOf xsd:string ."),
    ("dl-class-for-datatype", "T", ":T a rdfs:Datatype ; owl:equivalentClass :A ."),
    ("dl-malformed-literal", "i", ':i :d "abc"^^xsd:integer .'),
    ("dl-malformed-literal", "i", ':i :d "300"^^xsd:byte .'),
    ("dl-malformed-literal", "i", ':i :d "1.2.3"^^xsd:decimal .'),
    ("dl-malformed-literal", "i", ':i :d "1e5"^^xsd:decimal .'),
    ("dl-malformed-literal", "i", ':i :d "2001-01-01T00:00:00"^^xsd:dateTimeStamp .'),
    ("dl-malformed-literal", "i", ':i :d "2001-13-01T00:00:00"^^xsd:dateTime .'),
    ("dl-malformed-literal", "i", ':i :d "1/0"^^owl:rational .'),
    (
        "dl-malformed-literal",
        "A",
        ':A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :d ; owl:hasValue "x"^^xsd:boolean ] .',
    ),
    ("dl-malformed-literal", "d", ':d rdfs:range [ a rdfs:Datatype ; owl:oneOf ( 1 "x"^^xsd:decimal ) ] .'),
    ("dl-facet-of-wrong-kind", "d", ":d rdfs:range " + facet("string", "minInclusive 1") + " ."),
    ("dl-facet-of-wrong-kind", "d", ":d rdfs:range " + facet("integer", 'pattern "a"') + " ."),
    ("dl-facet-of-wrong-kind", "d", ":d rdfs:range " + facet("integer", "totalDigits 3") + " ."),
    ("dl-facet-of-wrong-kind", "d", ":d rdfs:range " + facet("integer", 'minInclusive "a"') + " ."),
    (
        "dl-facet-of-wrong-kind",
        "d",
        ":d rdfs:range " + facet("string", "maxLength -1") + " .",
    ),
    ("dl-malformed-list", "A", ":A rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :B ) ] ."),
    ("dl-malformed-list", "A", ":A owl:intersectionOf ( :B ) ."),
    ("dl-malformed-list", "A", ":A owl:hasKey () ."),
    ("dl-malformed-list", "A", ":A owl:disjointUnionOf ( :B ) ."),
    ("dl-malformed-list", "B", "[] a owl:AllDisjointClasses ; owl:members ( :B ) ."),
    (
        "dl-malformed-list",
        "A",
        ":A owl:unionOf _:l . _:l rdf:first :B ; rdf:rest _:m . _:m rdf:first :C ; rdf:rest _:l .",
    ),
    ("dl-malformed-list", "A", ":A owl:unionOf _:l . _:l rdf:first :B ; rdf:rest _:m . _:m rdf:first :C ."),
    ("dl-paired-with-itself", "A", ":A owl:disjointWith :A ."),
    ("dl-paired-with-itself", "A", "[] a owl:AllDisjointClasses ; owl:members ( :A :B :A ) ."),
    ("dl-paired-with-itself", "p", "[] a owl:AllDisjointProperties ; owl:members ( :p :q :p ) ."),
    ("dl-paired-with-itself", "i", "[] a owl:AllDifferent ; owl:members ( :i :j :i ) ."),
    ("dl-paired-with-itself", "i", ":i owl:sameAs :i ."),
]


@pytest.mark.parametrize(("rule", "name", "text"), BREACHES)
def test_dl_breaches(rule: str, name: str, text: str) -> None:
    found = dl_breaches(Owl(graph_of(text)))
    assert any(breach.rule == rule and str(breach.term).endswith(("/" + name, "#" + name)) for breach in found), found


def test_each_dl_rule_is_tested() -> None:
    assert {rule for rule, _, _ in BREACHES} == set(DL_RULES)


@pytest.mark.parametrize(
    "text",
    [
        ":A a owl:NamedIndividual, :B .",
        ":p a owl:NamedIndividual .",
        f":p a owl:TransitiveProperty . :A rdfs:subClassOf {SOME} .",
        ":p a owl:TransitiveProperty . :q rdfs:subPropertyOf :p ; a owl:FunctionalProperty .",
        ":p owl:propertyChainAxiom ( :p :q ) , ( :q :p ) , ( :p :p ) .",
        ":p owl:propertyChainAxiom ( :q :r ) . :r rdfs:subPropertyOf :q .",
        ':A :n "2001-01-01"^^xsd:date ; rdfs:comment "text" .',
        ":n rdfs:domain :Nowhere ; rdfs:range xsd:date .",
        ":s a owl:SymmetricProperty . :i :s :j .",
        "<https://example.org/> owl:imports <https://example.com/> . :A rdfs:subClassOf <https://example.com/X> .",
        f":T a rdfs:Datatype ; owl:equivalentClass {FACET} . :d rdfs:range :T .",
        ":p rdfs:label 'a label' . owl:Thing a owl:Class .",
        ":A a rdfs:Class . :p a rdf:Property .",
        ":d rdfs:subPropertyOf owl:topDataProperty .",
        ":i :p [ :p _:y ] . _:y :q :j .",
        ':A :n "abc"^^xsd:integer .',
        ':i :d "12001-01-01T24:00:00"^^xsd:dateTime, "INF"^^xsd:double, 0.00000001, "1/2"^^owl:rational .',
        ":d rdfs:range [ a rdfs:Datatype ; owl:oneOf ( 1 'a' ) ] .",
        ":d rdfs:range " + facet("string", "maxLength 3") + " .",
        ":d rdfs:range [ a rdfs:Datatype ; owl:intersectionOf ( xsd:integer [ a rdfs:Datatype ; owl:datatypeComplementOf xsd:byte ] ) ] .",
        f":T a rdfs:Datatype ; owl:equivalentClass {FACET} . :A rdfs:subClassOf {DATA.replace('xsd:string', ':T')} .",
        ":A owl:equivalentClass [ a owl:Class ; owl:unionOf ( :A :B ) ] ; owl:oneOf ( :i ) ; owl:hasKey ( :p ) .",
    ],
)
def test_allowed_in_dl(text: str) -> None:
    assert dl_breaches(Owl(graph_of(text)), "https://example.org/") == []


def test_an_undeclared_property_is_no_object_property_with_a_wrong_range() -> None:
    found = dl_breaches(Owl(graph_of(":nowhere rdfs:range xsd:string .")))
    assert {breach.rule for breach in found} == {"dl-undeclared-property"}


def test_lists_and_expressions_in_circles_end() -> None:
    ring = graph_of("_:l rdf:first :A ; rdf:rest _:l . :B owl:equivalentClass [ a owl:Class ; owl:unionOf _:l ] .")
    ring += graph_of("_:x a owl:Class ; owl:complementOf _:x . :C rdfs:subClassOf _:x .")
    report, _ = profiles(ring)
    assert not report["DL"].holds
