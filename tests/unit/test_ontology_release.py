"""Releases of an ontology: formats, context, changes, migrations, redirect rules."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, SKOS, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from kg.cli import main
from kg.errors import InputError, UsageError
from kg.namespaces import PREFIXES
from kg.ontology.releases import release as release_module
from kg.ontology.releases import w3id
from kg.ontology.releases.changelog import changelog, changes_json, changes_markdown, changes_turtle
from kg.ontology.releases.changes import Changes, compare, deprecated, read_version, releases
from kg.ontology.releases.context import context_of
from kg.ontology.releases.formats import canonical, jsonld, ntriples, rdfxml
from kg.ontology.releases.migrate import generated, migrate, migrations, missing, read_data, write_data
from kg.ontology.releases.names import names_of
from kg.ontology.releases.release import release
from kg.ontology.vocabulary import Vocabulary, read_vocabulary
from kg.resources import folder, ontology_files
from kg.turtle import canonical_turtle, leading_comment
from tests.conftest import SHARED

SITE = "https://site.example/ontology"
ZOO = "https://w3id.org/zoo/o#"
PREAMBLE = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
PREAMBLE += f"@prefix : <{ZOO}> .\n@prefix vann: <http://purl.org/vocab/vann/> .\n"


def zoo(path: Path, body: str, version: str = "1.0.0", header: str = "") -> Path:
    """Write an ontology of animals."""
    number = f'owl:versionInfo "{version}" ; owl:versionIRI <https://w3id.org/zoo/o/{version}> ; ' if version else ""
    text = f'<https://w3id.org/zoo/o> a owl:Ontology ; {number}{header} dct:title "Zoo"@en .\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PREAMBLE + text + body, encoding="utf-8")
    return path


OLD = """
:Animal a owl:Class ; skos:prefLabel "animal"@en ; skos:definition "Living being that eats."@en .
:Ape a owl:Class ; skos:prefLabel "ape"@en ; rdfs:subClassOf :Animal, [ a owl:Restriction ;
    owl:onProperty :eats ; owl:someValuesFrom [ a owl:Class ; owl:unionOf ( :Animal :Plant ) ] ] .
:Plant a owl:Class ; skos:prefLabel "plant"@en ; owl:disjointWith :Animal .
:Gone a owl:Class .
:Monkey a owl:Class ; owl:deprecated true ; dct:isReplacedBy :Ape .
:eats a owl:ObjectProperty ; rdfs:domain :Animal ; skos:prefLabel "eats"@en, "frisst"@de .
"""
NEW = """
:Animal a owl:Class ; skos:prefLabel "animal"@en, "Tier"@de ; skos:definition "Living being that eats others."@en .
:Ape a owl:Class ; skos:prefLabel "ape"@en ; rdfs:subClassOf :Animal, [ a owl:Restriction ;
    owl:onProperty :eats ; owl:someValuesFrom [ a owl:Class ; owl:unionOf ( :Plant ) ] ] .
:Plant a owl:Class ; skos:prefLabel "plant"@en .
:Fungus a owl:Class ; skos:prefLabel "fungus"@en .
:eats a owl:ObjectProperty ; rdfs:domain :Animal ; skos:prefLabel "eats"@en ;
    owl:deprecated true ; dct:isReplacedBy :feedsOn .
:feedsOn a owl:ObjectProperty ; skos:prefLabel "feeds on"@en .
[] a owl:AllDisjointClasses ; owl:members ( :Animal :Plant :Fungus ) .
"""


def canon(data: bytes, form: ox.RdfFormat) -> set[str]:
    """The triples of a document, blank nodes named by RDFC-1.0."""
    dataset = ox.Dataset(ox.parse(data, format=form))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def others() -> list[Path]:
    """Somebody else's ontologies."""
    found = sorted((SHARED / "data" / "ontologies").glob("*.ttl"))
    if not found:
        if os.environ.get("CI"):
            pytest.fail("the shared ontologies are missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    return found


# --- formats

ODD = """
:Größe a owl:DatatypeProperty ; rdfs:range xsd:decimal ; rdfs:label "Größe" .
:fits a owl:ObjectProperty . :note a owl:AnnotationProperty .
:Nameless a owl:Class ; :fits :Größe, "no thing", [ :note "in", "auf"@de, "1"^^xsd:integer ] ; :Größe 1, "x", "2.50"^^xsd:decimal .
:日本 a owl:Class ; owl:oneOf ( :a ( :b "c"@en-GB ) [] ) ; rdfs:seeAlso <urn:isbn:1>, _:shared .
:other rdfs:seeAlso _:shared . _:shared rdfs:label "line\\n\\"quoted\\" \\\\ <b>&" . _:r :note _:s . _:s :note _:r .
:empty owl:members () . :skos a owl:Class . :type a owl:Class . _:c a _:d .
"""


def written(vocabulary: Vocabulary) -> dict[ox.RdfFormat, bytes]:
    """An ontology in all formats but the Turtle, which has its own tests."""
    triples = canonical(vocabulary.graph)
    return {
        ox.RdfFormat.N_TRIPLES: ntriples(triples),
        ox.RdfFormat.RDF_XML: rdfxml(triples, names_of(vocabulary).prefixes),
        ox.RdfFormat.JSON_LD: jsonld(triples, context_of(vocabulary)),
        ox.RdfFormat.TURTLE: canonical_turtle(vocabulary.graph).encode(),
    }


def test_formats_hold_the_same_graph() -> None:
    vocabulary = read_vocabulary()
    documents = written(vocabulary)
    names = {
        ox.RdfFormat.N_TRIPLES: "nt",
        ox.RdfFormat.RDF_XML: "xml",
        ox.RdfFormat.JSON_LD: "json-ld",
        ox.RdfFormat.TURTLE: "turtle",
    }
    for form, data in documents.items():
        assert isomorphic(vocabulary.graph, Graph().parse(data=data, format=names[form])), names[form]
        assert canon(data, form) == canon(documents[ox.RdfFormat.N_TRIPLES], ox.RdfFormat.N_TRIPLES), names[form]


def test_formats_hold_somebody_elses_graph() -> None:
    for path in others():
        documents = written(read_vocabulary([path]))
        wanted = canon(documents[ox.RdfFormat.N_TRIPLES], ox.RdfFormat.N_TRIPLES)
        for form, data in documents.items():
            assert canon(data, form) == wanted, (path.name, form)
        plain = Graph().parse(data=documents[ox.RdfFormat.N_TRIPLES], format="nt")
        assert isomorphic(plain, Graph().parse(data=documents[ox.RdfFormat.JSON_LD], format="json-ld")), path.name
        assert isomorphic(plain, Graph().parse(data=documents[ox.RdfFormat.RDF_XML], format="xml")), path.name


def test_formats_hold_odd_graphs(tmp_path: Path) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", ODD)])
    documents = written(vocabulary)
    wanted = canon(documents[ox.RdfFormat.N_TRIPLES], ox.RdfFormat.N_TRIPLES)
    for form, data in documents.items():
        assert canon(data, form) == wanted, form
    assert ElementTree.fromstring(documents[ox.RdfFormat.RDF_XML]).tag.endswith("RDF")


def test_ntriples_are_sorted() -> None:
    lines = ntriples(canonical(read_vocabulary().graph)).decode().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == len(read_vocabulary().graph)


def test_order_of_the_source_does_not_matter(tmp_path: Path) -> None:
    before = written(read_vocabulary([zoo(tmp_path / "a.ttl", NEW)]))
    graph = Graph().parse(tmp_path / "a.ttl")
    shuffled = "\n".join(sorted(graph.serialize(format="nt").splitlines(), reverse=True))
    (tmp_path / "b.nt").write_text(shuffled, encoding="utf-8")
    after = written(read_vocabulary([tmp_path / "b.nt"]))
    assert before[ox.RdfFormat.N_TRIPLES] == after[ox.RdfFormat.N_TRIPLES]
    assert canon(before[ox.RdfFormat.JSON_LD], ox.RdfFormat.JSON_LD) == canon(
        after[ox.RdfFormat.JSON_LD], ox.RdfFormat.JSON_LD
    )


def test_property_that_xml_cannot_name(tmp_path: Path) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", ":a <https://example.org/12> :b .")])
    with pytest.raises(InputError, match=r"https://example\.org/12 can't be written in RDF/XML"):
        rdfxml(canonical(vocabulary.graph), {})


def test_character_that_xml_has_not(tmp_path: Path) -> None:
    path = zoo(tmp_path / "zoo.ttl", r":Bell a owl:Class ; rdfs:label 'ring \u0007' .")
    with pytest.raises(InputError, match=r"zoo/o#Bell> <.*label>: the text holds the character U\+0007"):
        release(read_vocabulary([path]), tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["zoo.ttl"]
    data = read_data([path])
    with pytest.raises(InputError, match=r"U\+0007"):
        write_data(data, tmp_path / "out.rdf")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["zoo.ttl"]


def test_rdfxml_keeps_carriage_returns(tmp_path: Path) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", r":A rdfs:label 'a\r\nb\tc' .")])
    text = ElementTree.fromstring(rdfxml(canonical(vocabulary.graph), {})).findtext(".//{*}label")
    assert text == "a\r\nb\tc"


#: Literals that RDFLib's readers would write otherwise; the form of the file is kept.
FORMS = (
    ('"1"', "boolean"),
    ('"01.5"', "decimal"),
    ('"007"', "integer"),
    ('"2024-01-01T00:00:00Z"', "dateTime"),
    ('"1e0"', "double"),
    ('"heavy"', "integer"),
)


def test_release_keeps_the_form_of_literals(tmp_path: Path) -> None:
    values = ", ".join(f"{text}^^xsd:{kind}" for text, kind in FORMS) + ", 2.50, 'x'@en-GB, [ :v '0'^^xsd:boolean ]"
    first = read_vocabulary([zoo(tmp_path / "a" / "zoo.ttl", f":A a owl:Class ; :v {values} .")])
    second = read_vocabulary([zoo(tmp_path / "b" / "zoo.ttl", f":A a owl:Class ; :v {values} .", "1.1.0")])
    release(second, tmp_path / "out", previous=[first])
    xsd = "http://www.w3.org/2001/XMLSchema#"
    wanted = {f"{text}^^<{xsd}{kind}>" for text, kind in (*FORMS, ('"2.50"', "decimal"), ('"0"', "boolean"))}
    for file in ("latest/zoo", "1.0.0/zoo", "latest/modules/zoo"):
        for extension in ("ttl", "rdf", "jsonld", "nt") if "modules" not in file else ("ttl",):
            form = ox.RdfFormat.from_extension(extension)
            quads = ox.parse(path=str(tmp_path / "out" / f"{file}.{extension}"), format=form)
            literals = {q.object for q in quads if q.predicate.value == ZOO + "v" and isinstance(q.object, ox.Literal)}
            assert {str(value) for value in literals if not value.language} == wanted, (file, extension)
    assert '"x"@en-GB' in (tmp_path / "out" / "latest" / "zoo.ttl").read_text(encoding="utf-8")


def test_file_that_has_changed_is_released_as_it_was_read(tmp_path: Path) -> None:
    path = zoo(tmp_path / "zoo.ttl", ":A a owl:Class .")
    vocabulary = read_vocabulary([path])
    zoo(path, ":B a owl:Class .")
    release(vocabulary, tmp_path / "out")
    assert "o#B>" not in (tmp_path / "out" / "latest" / "zoo.nt").read_text(encoding="utf-8")
    assert "o#A>" in (tmp_path / "out" / "latest" / "zoo.nt").read_text(encoding="utf-8")


# --- context


def test_context_of_the_ontology() -> None:
    vocabulary = read_vocabulary()
    context = context_of(vocabulary).document
    assert {str(term).removeprefix(vocabulary.namespace) for term in vocabulary.terms} <= set(context)
    assert context["@version"] == 1.1
    assert context["ckg"] == vocabulary.namespace
    assert context["Cluster"] == "ckg:Cluster"
    assert context["sustainedBy"] == {"@id": "ckg:sustainedBy", "@type": "@id"}
    assert context["minMembers"] == {"@id": "ckg:minMembers", "@type": "xsd:integer"}
    assert context["prefLabel"] == {"@id": "skos:prefLabel", "@container": "@language"}


def test_context_reads_data() -> None:
    document = context_of(read_vocabulary()).document
    data = {
        "@context": document,
        "@id": "https://example.org/g",
        "@type": "Cluster",
        "sustainedBy": ["ckg:Geography", "ckg:Sector"],
        "memberCount": 12,
        "prefLabel": {"en": "Ports", "nl": ["Havens", "Zeehavens"]},
    }
    graph = Graph().parse(data=json.dumps(data), format="json-ld")
    ckg = "https://w3id.org/clusterkg/ontology#"
    group = URIRef("https://example.org/g")
    assert (group, RDF.type, URIRef(ckg + "Cluster")) in graph
    assert set(graph.objects(group, URIRef(ckg + "sustainedBy"))) == {URIRef(ckg + "Geography"), URIRef(ckg + "Sector")}
    assert (group, URIRef(ckg + "memberCount"), Literal(12)) in graph
    assert Literal("Zeehavens", lang="nl") in graph.objects(group, SKOS.prefLabel)
    assert len(graph) == 7


def test_context_prefers_own_names(tmp_path: Path) -> None:
    body = ":definition a owl:Class . :skos a owl:Class . :x skos:definition 'd' ; dct:description 'e' ; schema:description 'f' ."
    context = context_of(read_vocabulary([zoo(tmp_path / "zoo.ttl", body)]))
    assert context.terms[ZOO + "definition"].name == "definition"
    assert context.document["skos"] == "o:skos", "a term of its own, not the prefix"
    assert str(SKOS.definition) not in context.terms
    assert {context.terms[iri].name for iri in context.terms if iri.endswith("/description")} == {
        "dct:description",
        "schema:description",
    }


# --- changes


def changes(tmp_path: Path, old: str = OLD, new: str = NEW, **versions: str) -> Changes:
    """The changes from one ontology of animals to another."""
    before = read_vocabulary([zoo(tmp_path / "old" / "zoo.ttl", old, versions.get("was", "1.0.0"))])
    after = read_vocabulary([zoo(tmp_path / "new" / "zoo.ttl", new, versions.get("now", "1.1.0"))])
    return compare(before, after)


def test_changes_of_every_kind(tmp_path: Path) -> None:
    found = changes(tmp_path)
    seen = {(c.kind, str(c.term).removeprefix(ZOO)): c.detail for c in found.changes}
    assert seen == {
        ("removed", "Gone"): (),
        ("removed", "Monkey"): ("replaced by o:Ape",),
        ("redefined", "Ape"): (
            "- rdfs:subClassOf [ a owl:Restriction ; owl:onProperty o:eats ; "
            "owl:someValuesFrom [ a owl:Class ; owl:unionOf ( o:Animal o:Plant ) ] ]",
            "+ rdfs:subClassOf [ a owl:Restriction ; owl:onProperty o:eats ; "
            "owl:someValuesFrom [ a owl:Class ; owl:unionOf ( o:Plant ) ] ]",
        ),
        ("deprecated", "eats"): ("replaced by o:feedsOn",),
        ("added", "Fungus"): (),
        ("added", "feedsOn"): (),
        ("redocumented", "Animal"): ("skos:definition changed (en)", "skos:prefLabel added (de)"),
        ("redocumented", "eats"): ("skos:prefLabel removed (de)",),
    }
    assert found.counts == {"removed": 2, "redefined": 1, "deprecated": 1, "added": 2, "redocumented": 2}
    assert found.faults == (
        "o:Gone: removed without having been deprecated in a release",
        "the changes ask for a major step from 1.0.0; 1.1.0 is a step of 'minor'",
    )


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        (":A a owl:Class .", ":A a owl:Class .", "none"),
        (":A a owl:Class .", ":A a owl:Class ; rdfs:label 'a' .", "patch"),
        (":A a owl:Class .", ":A a owl:Class . :B a owl:Class .", "minor"),
        (":A a owl:Class .", ":A a owl:Class ; owl:deprecated true .", "minor"),
        (":A a owl:Class .", ":A a owl:Class ; rdfs:subClassOf :B .", "major"),
        (":A a owl:Class . :B a owl:Class .", ":A a owl:Class .", "major"),
        (":p a owl:ObjectProperty .", ":p a owl:ObjectProperty, owl:FunctionalProperty .", "major"),
        # the same definition, said with other blank nodes or another axiom
        (":A a owl:Class ; owl:unionOf ( [] [] ) .", ":A a owl:Class ; owl:unionOf ( _:x _:y ) .", "none"),
        (
            ":A a owl:Class . :B a owl:Class ; owl:disjointWith :A .",
            ":A a owl:Class . :B a owl:Class . [] a owl:AllDisjointClasses ; owl:members ( :A :B ) .",
            "none",
        ),
        (
            ":A a owl:Class . :B a owl:Class .",
            ":A a owl:Class . :B a owl:Class . [] a owl:AllDisjointClasses ; owl:members ( :A :B ) .",
            "major",
        ),
        # an annotation property of the ontology's own documents
        (
            ":n a owl:AnnotationProperty . :A a owl:Class .",
            ":n a owl:AnnotationProperty . :A a owl:Class ; :n 'x' .",
            "patch",
        ),
        # a value that is no documentation
        (":A a :Profile ; :least 3 .", ":A a :Profile ; :least 4 .", "major"),
        # lists that stand for sets have no order; a chain of properties has one
        (":A a owl:Class ; owl:unionOf ( :B :C ) .", ":A a owl:Class ; owl:unionOf ( :C :B ) .", "none"),
        (":A a owl:Class ; owl:unionOf ( :B :C ) .", ":A a owl:Class ; owl:unionOf ( :C :D ) .", "major"),
        (":A a owl:Class ; owl:unionOf ( :B :C ) .", ":A a owl:Class ; owl:intersectionOf ( :B :C ) .", "major"),
        (":A a owl:Class ; owl:oneOf ( :b 'c' ) .", ":A a owl:Class ; owl:oneOf ( 'c' :b ) .", "none"),
        (
            ":A a owl:Class ; rdfs:subClassOf [ owl:intersectionOf ( [ owl:unionOf ( :B :C ) ] [ owl:complementOf :D ] ) ] .",
            ":A a owl:Class ; rdfs:subClassOf [ owl:intersectionOf ( [ owl:complementOf :D ] [ owl:unionOf ( :C :B ) ] ) ] .",
            "none",
        ),
        (
            ":A a owl:Class . [] a owl:AllDisjointClasses ; owl:members ( :A [ owl:complementOf :B ] ) .",
            ":A a owl:Class . [] a owl:AllDisjointClasses ; owl:members ( [ owl:complementOf :B ] :A ) .",
            "none",
        ),
        (
            ":a a :A . [] a owl:AllDifferent ; owl:distinctMembers ( :a :b :c ) .",
            ":a a :A . [] a owl:AllDifferent ; owl:distinctMembers ( :c :b :a ) .",
            "none",
        ),
        (
            ":p a owl:ObjectProperty ; owl:propertyChainAxiom ( :q :r ) .",
            ":p a owl:ObjectProperty ; owl:propertyChainAxiom ( :r :q ) .",
            "major",
        ),
        # what annotates an axiom is documentation
        (
            ":A a owl:Class ; rdfs:subClassOf :B .",
            ":A a owl:Class ; rdfs:subClassOf :B . [] a owl:Axiom ; owl:annotatedSource :A ; "
            "owl:annotatedProperty rdfs:subClassOf ; owl:annotatedTarget :B ; rdfs:comment 'why'@en .",
            "patch",
        ),
        # deprecation by class, and its end
        (
            ":A a owl:Class . :B a owl:Class .",
            ":A a owl:Class, owl:DeprecatedClass ; dct:isReplacedBy :B . :B a owl:Class .",
            "minor",
        ),
        (
            ":p a owl:ObjectProperty, owl:DeprecatedProperty ; dct:isReplacedBy :q .",
            ":p a owl:ObjectProperty .",
            "minor",
        ),
        (":A a owl:Class ; owl:deprecated true .", ":A a owl:Class .", "minor"),
        # statements about what is not of the ontology
        (":A a owl:Class .", ":A a owl:Class . <http://other.example/X> rdfs:subClassOf :A .", "minor"),
        (":A a owl:Class . <http://other.example/X> rdfs:subClassOf :A .", ":A a owl:Class .", "minor"),
        (
            ":A a owl:Class . <https://w3id.org/zoo/o> rdfs:seeAlso <http://other.example/X> .",
            ":A a owl:Class . <https://w3id.org/zoo/o> rdfs:seeAlso <http://other.example/X> . "
            "<http://other.example/X> rdfs:subClassOf :A .",
            "minor",
        ),
        (
            ":A a owl:Class .",
            ":A a owl:Class . [] a owl:AllDisjointClasses ; owl:members ( <http://o.example/X> <http://o.example/Y> ) .",
            "minor",
        ),
        (":A a owl:Class .", ":A a owl:Class . <http://other.example/X> a owl:Class ; rdfs:label 'x' .", "none"),
        # a list that runs into itself must not hang
        (
            ":A a owl:Class .",
            ":A a owl:Class . _:x a owl:AllDisjointClasses ; owl:members _:y . _:y rdf:rest _:y .",
            "none",
        ),
    ],
)
def test_step_that_changes_ask_for(tmp_path: Path, old: str, new: str, asked: str) -> None:
    assert changes(tmp_path, old, new).asked == asked


def test_changes_beside_the_terms(tmp_path: Path) -> None:
    anna = "<https://people.example/anna>"
    body = ":A a owl:Class ; dct:creator [ schema:name 'Bo' ] . :D a owl:Class ; "
    old = zoo(
        tmp_path / "old.ttl",
        body + f"owl:deprecated true . {anna} a schema:Person ; schema:name 'Anna' .",
        "1.0.0",
        f"dct:creator {anna} ;",
    )
    new = zoo(
        tmp_path / "new.ttl",
        body.replace("'Bo'", "'Bob'") + "rdfs:label 'd' . <http://other.example/X> rdfs:subClassOf :A .",
        "1.1.0",
        "dct:creator [ schema:name 'Anna' ] ; owl:imports <http://other.example/> ;",
    )
    found = compare(read_vocabulary([old]), read_vocabulary([new]))
    assert [(c.kind, str(c.term), c.detail) for c in found.changes] == [
        ("restored", ZOO + "D", ()),
        ("linked", "http://other.example/X", ("+ rdfs:subClassOf o:A",)),
        ("linked", "https://w3id.org/zoo/o", ("+ owl:imports http://other.example/",)),
        ("redocumented", "https://w3id.org/zoo/o", ("dct:creator changed",)),
        ("redocumented", ZOO + "A", ("dct:creator changed",)),
        ("redocumented", ZOO + "D", ("rdfs:label added",)),
    ]
    assert found.faults == ()
    assert all(kind in changes_markdown(found) for kind in ("### Deprecated no longer", "### Imports, and statements"))
    same = compare(read_vocabulary([new]), read_vocabulary([new]))
    assert same.changes == ()


def test_deprecation_by_class(tmp_path: Path) -> None:
    old = ":A a owl:Class . :B a owl:Class ."
    found = changes(tmp_path, old, old + " :A a owl:DeprecatedClass ; dct:isReplacedBy :B .")
    assert [(c.kind, c.detail) for c in found.changes] == [("deprecated", ("replaced by o:B",))]


@pytest.mark.parametrize(
    ("was", "now", "stated", "faulty"),
    [
        ("1.0.0", "2.0.0", "major", False),
        ("1.0.0", "1.1.0", "minor", True),
        ("0.1.0", "0.2.0", "minor", False),
        ("0.1.0", "0.1.1", "patch", True),
        ("1.0.0", "1.0.0", "none", True),
        ("1.0.0", "0.9.0", "backwards", True),
        ("v1.2", "v1.3", "minor", True),
        ("spring", "autumn", "", False),
    ],
)
def test_step_of_the_version(tmp_path: Path, was: str, now: str, stated: str, faulty: bool) -> None:
    found = changes(tmp_path, ":A a owl:Class .", ":A a owl:Class ; rdfs:subClassOf :B .", was=was, now=now)
    assert (found.stated, bool(found.faults)) == (stated, faulty)


def test_removal_after_deprecation_is_no_fault(tmp_path: Path) -> None:
    found = changes(
        tmp_path, ":A a owl:Class ; owl:deprecated true . :B a owl:Class .", ":B a owl:Class .", now="2.0.0"
    )
    assert [(c.kind, c.fault) for c in found.changes] == [("removed", "")]
    assert found.faults == ()


def test_term_that_moved(tmp_path: Path) -> None:
    for place, first, second in (
        ("old", ":A a owl:Class . :B a owl:Class .", ":C a owl:Class ."),
        ("new", ":A a owl:Class .", ":B a owl:Class . :C a owl:Class ."),
    ):
        zoo(tmp_path / place / "one.ttl", first)
        (tmp_path / place / "two.ttl").write_text(PREAMBLE + second, encoding="utf-8")
    found = compare(read_version(tmp_path / "old"), read_version(tmp_path / "new"))
    assert [(c.kind, c.term, c.detail) for c in found.changes] == [("moved", URIRef(ZOO + "B"), ("from one to two",))]


def test_two_ontologies_are_not_compared(tmp_path: Path) -> None:
    other = tmp_path / "other.ttl"
    other.write_text(PREAMBLE + "<https://example.org/o> a owl:Ontology .", encoding="utf-8")
    with pytest.raises(UsageError, match="two ontologies"):
        compare(read_vocabulary([zoo(tmp_path / "zoo.ttl", OLD)]), read_vocabulary([other]))


def test_changes_as_documents(tmp_path: Path) -> None:
    found = changes(tmp_path)
    document = json.loads(changes_json(found))
    assert (document["asked"], document["stated"], len(document["changes"])) == ("major", "minor", 8)
    graph = Graph().parse(data=changes_turtle(found), format="turtle")
    notes = list(graph.objects(URIRef(ZOO + "eats"), SKOS.changeNote))
    assert {str(graph.value(note, OWL.versionInfo)) for note in notes} == {"1.1.0"}
    assert len(list(graph.subject_objects(SKOS.changeNote))) == 8
    assert "- `o:eats` (eats)\n  - `replaced by o:feedsOn`" in changes_markdown(found)


def test_changelog_does_not_obey_labels(tmp_path: Path) -> None:
    body = ':A a owl:Class ; rdfs:label "<script>x</script> [a](b)\\n# head" .'
    text = changes_markdown(changes(tmp_path, "", body))
    assert "<script>" not in text
    assert "\n# head" not in text
    assert r"\[a\](b)" in text


def test_frozen_release_is_as_the_writer_makes_it() -> None:
    assert releases(), "0.1.0 at least"
    for path in releases():
        text = path.read_text(encoding="utf-8")
        frozen = read_version(path)
        assert canonical_turtle(frozen.graph, header=leading_comment(text)) == text
        assert str(frozen.graph.value(frozen.iri, OWL.versionInfo)) == path.stem
        assert path not in ontology_files()
        assert path not in [module.path for module in read_vocabulary().modules]


def test_changelog_of_the_ontology() -> None:
    text = changelog(read_vocabulary(), [read_version(path) for path in releases()])
    assert "## 0.1.0\n\nThe oldest version here: 186 terms." in text


# --- migrations

DEPRECATED = """
:eats a owl:ObjectProperty ; owl:deprecated true ; dct:isReplacedBy :feedsOn .
:feedsOn a owl:ObjectProperty ; owl:deprecated true ; dct:isReplacedBy :consumes . :consumes a owl:ObjectProperty .
:Monkey a owl:Class ; owl:deprecated true ; dct:isReplacedBy :Ape, :OldMonkey . :Ape a owl:Class .
:weight a owl:DatatypeProperty ; owl:deprecated true .
:kilo a rdfs:Datatype ; owl:deprecated true ; dct:isReplacedBy :kilogram .
:A a owl:Class ; owl:deprecated true ; dct:isReplacedBy :B . :B a owl:Class ; owl:deprecated true ; dct:isReplacedBy :A .
"""
DATA = """@prefix o: <https://w3id.org/zoo/o#> . @prefix e: <https://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
e:a a o:Monkey ; o:eats e:b ; o:weight "1.50"^^xsd:decimal, "heavy"^^xsd:integer, "07"^^o:kilo ; e:x "1.5"^^xsd:double .
e:g { _:x o:eats _:y . o:eats e:note "n" }
"""


def test_missing_migrations(tmp_path: Path) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", DEPRECATED)])
    assert len(deprecated(vocabulary)) == 7
    assert [term.removeprefix(ZOO) for term in missing(vocabulary)] == ["A", "B", "Monkey", "weight"]


def test_no_migration_of_the_ontology_is_missing() -> None:
    assert missing(read_vocabulary()) == ()


def test_migrate(tmp_path: Path) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", DEPRECATED)])
    written_by_hand = tmp_path / "migrations" / "1.0.0" / "Monkey.ru"
    written_by_hand.parent.mkdir(parents=True)
    written_by_hand.write_text(
        f"PREFIX o: <{ZOO}> DELETE {{ ?x a o:Monkey }} INSERT {{ ?x a o:Ape }} WHERE {{ ?x a o:Monkey ; o:weight ?w }}",
        encoding="utf-8",
    )
    (tmp_path / "data.trig").write_text(DATA, encoding="utf-8")
    data = read_data([tmp_path / "data.trig"])
    done = migrate(data, migrations(vocabulary))
    assert [(a.migration.term.removeprefix(ZOO), a.removed, a.added) for a in done] == [
        ("Monkey", 1, 1),
        ("eats", 3, 3),
        ("feedsOn", 3, 3),
        ("kilo", 1, 1),
    ]
    write_data(data, tmp_path / "new.nq")
    wanted = (
        '<https://example.org/a> <https://example.org/x> "1.5"^^<http://www.w3.org/2001/XMLSchema#double> .\n'
        f"<https://example.org/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{ZOO}Ape> .\n"
        f"<https://example.org/a> <{ZOO}consumes> <https://example.org/b> .\n"
        f'<https://example.org/a> <{ZOO}weight> "07"^^<{ZOO}kilogram> .\n'
        f'<https://example.org/a> <{ZOO}weight> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
        f'<https://example.org/a> <{ZOO}weight> "heavy"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
        f"_:x <{ZOO}consumes> _:y <https://example.org/g> .\n"
        f'<{ZOO}consumes> <https://example.org/note> "n" <https://example.org/g> .\n'
    )
    assert canon((tmp_path / "new.nq").read_bytes(), ox.RdfFormat.N_QUADS) == canon(
        wanted.encode(), ox.RdfFormat.N_QUADS
    )
    with pytest.raises(UsageError, match="named graphs"):
        write_data(data, tmp_path / "new.ttl")


def test_successor_is_migrated_after_its_predecessors(tmp_path: Path) -> None:
    body = ":z a owl:Class ; owl:deprecated true ; dct:isReplacedBy :a . :a a owl:Class ; owl:deprecated true ; dct:isReplacedBy :m ."
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", body)])
    assert [m.term.removeprefix(ZOO) for m in migrations(vocabulary)] == ["z", "a"]


def test_generated_query_holds_no_foreign_syntax(tmp_path: Path) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", "")])
    old, evil = URIRef(ZOO + "old"), URIRef("https://example.org/x> ?p ?o } ; CLEAR ALL ; #")
    vocabulary.graph.add((old, OWL.deprecated, Literal(True)))
    vocabulary.graph.add((old, URIRef("http://purl.org/dc/terms/isReplacedBy"), evil))
    with pytest.raises(InputError, match="no query can be written"):
        generated(vocabulary, old)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LOAD <https://example.org/x>", "LOAD fetches"),
        ("INSERT { ?s ?p ?o } WHERE { SERVICE <https://example.org/x> { ?s ?p ?o } }", "SERVICE fetches"),
        (
            "INSERT { ?s ?p ?o } WHERE { { SELECT * { SERVICE SILENT <https://e.org/> { ?s ?p ?o } } } }",
            "SERVICE fetches",
        ),
        ("SELECT * { ?s ?p ?o }", "no SPARQL Update"),
        ("INSERT DATA { <a", "no SPARQL Update"),
    ],
)
def test_migration_that_must_not_be(tmp_path: Path, text: str, message: str) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", "")])
    (tmp_path / "migrations" / "1.0.0").mkdir(parents=True)
    (tmp_path / "migrations" / "1.0.0" / "Old.ru").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        migrations(vocabulary)


# --- releases


def files_of(place: Path) -> dict[str, bytes]:
    """The files below a folder."""
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the ontology that ships, made by the command line in a process of its own."""
    out = tmp_path_factory.mktemp("release") / "out"
    run_release(out, "1")
    return out


def run_release(out: Path, seed: str) -> None:
    """Release the shipped ontology."""
    command = [sys.executable, "-m", "kg.cli", "ontology", "release", "--out", str(out), "--site", SITE]
    code = "import sys; from kg.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, *command[3:], "--contact", "A. Person, GitHub: aperson"]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True)


def test_release_of_the_ontology(shipped: Path) -> None:
    files = files_of(shipped)
    number = str(read_vocabulary().graph.value(read_vocabulary().iri, OWL.versionInfo))
    for place in ("latest", number):
        for name in ("clusterkg", "shapes", "alignments/org"):
            for extension in ("ttl", "rdf", "jsonld", "nt"):
                assert f"{place}/{name}.{extension}" in files
        assert f"{place}/context.jsonld" in files
        assert f"{place}/modules/kinds.ttl" in files
        assert f"{place}/html/kinds.html" in files
    assert "0.1.0/clusterkg.ttl" in files
    assert {path for path in files if path.startswith("w3id/")} == {
        "w3id/clusterkg/.htaccess",
        "w3id/clusterkg/README.md",
    }
    latest = {path.partition("/")[2]: data for path, data in files.items() if path.startswith("latest/")}
    assert latest == {p.partition("/")[2]: data for p, data in files.items() if p.startswith(f"{number}/")}
    assert b"aperson" in files["w3id/clusterkg/README.md"]


def test_release_in_four_formats_is_one_graph(shipped: Path) -> None:
    for place in ("latest/clusterkg", "latest/shapes", "latest/alignments/skos-xkos", "0.1.0/clusterkg"):
        wanted = canon((shipped / f"{place}.nt").read_bytes(), ox.RdfFormat.N_TRIPLES)
        for extension in ("ttl", "rdf", "jsonld"):
            form = ox.RdfFormat.from_extension(extension)
            assert form is not None
            assert canon((shipped / f"{place}.{extension}").read_bytes(), form) == wanted, (place, extension)


def test_modules_of_the_release_are_those_of_the_source(shipped: Path) -> None:
    for path in ontology_files():
        assert (shipped / "latest" / "modules" / path.name).read_bytes() == path.read_bytes()


def test_two_releases_have_the_same_bytes(shipped: Path, tmp_path: Path) -> None:
    run_release(tmp_path / "again", "2")
    assert files_of(tmp_path / "again") == files_of(shipped)


def test_release_keeps_earlier_ones_and_other_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = read_vocabulary([zoo(tmp_path / "a" / "zoo.ttl", OLD)])
    release(first, out)
    (out / "1.0.0" / "notes.html").write_text("by hand", encoding="utf-8")
    (out / "CNAME").write_text("zoo.example", encoding="utf-8")
    second = read_vocabulary([zoo(tmp_path / "b" / "zoo.ttl", NEW, "1.1.0")])
    made = release(second, out, previous=[first], site=SITE)
    assert made.version == "1.1.0"
    assert any("Gone: removed without having been deprecated" in note for note in made.notes)
    assert (out / "1.0.0" / "notes.html").read_text(encoding="utf-8") == "by hand"
    assert (out / "CNAME").is_file()
    assert json.loads((out / "1.1.0" / "changes.json").read_bytes())["old"] == "1.0.0"
    assert (out / "1.1.0" / "migrations" / "1.1.0" / "eats.ru").is_file()
    assert (out / "latest" / "zoo.nt").read_bytes() == (out / "1.1.0" / "zoo.nt").read_bytes()
    assert "## 1.1.0" in (out / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not list(tmp_path.glob(".release-*"))


def test_released_version_does_not_change(tmp_path: Path) -> None:
    out = tmp_path / "out"
    release(read_vocabulary([zoo(tmp_path / "zoo.ttl", OLD)]), out)
    before = files_of(out)
    release(read_vocabulary([zoo(tmp_path / "zoo.ttl", OLD)]), out)
    assert files_of(out) == before
    changed = read_vocabulary([zoo(tmp_path / "zoo.ttl", NEW)])
    with pytest.raises(UsageError, match=r"holds version 1\.0\.0 already"):
        release(changed, out)
    assert files_of(out) == before
    release(changed, out, replace=True)
    assert files_of(out) != before


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_interrupted_release_leaves_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    out = tmp_path / "out"
    release(read_vocabulary([zoo(tmp_path / "zoo.ttl", OLD)]), out)
    before = files_of(out)
    real = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if target == out and not self.name.endswith("-old"):
            raise failure
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises((KeyboardInterrupt, InputError)):
        release(read_vocabulary([zoo(tmp_path / "zoo.ttl", NEW, "1.1.0")]), out)
    assert files_of(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "zoo.ttl"]


def test_release_of_somebody_elses(tmp_path: Path) -> None:
    names = {}
    for path in others():
        made = release(read_vocabulary([path]), tmp_path / path.stem, site=SITE)
        names[path.stem] = (made.name, made.version)
        assert not (tmp_path / path.stem / "w3id").exists()
        assert any("not on w3id.org" in note for note in made.notes)
    assert names == {
        "ebg-ontology": ("ebg", "1.4.1"),
        "eurio_v2.4": ("eurio", "v2.4"),
        "gleif_L1": ("gleif-L1", ""),
    }


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ('vann:preferredNamespacePrefix "../../x" ;', "zoo"),
        ("", "zoo"),
    ],
)
def test_names_of_files_stay_in_the_folder(tmp_path: Path, header: str, wanted: str) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", "", "../../up", header)])
    made = release(vocabulary, tmp_path / "deep" / "out")
    assert made.name == wanted
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["out"]
    assert sorted(path.name for path in (tmp_path / "deep" / "out").iterdir()) == ["CHANGELOG.md", "latest", "up"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "../x"}, "no name for files"),
        ({"site": "ftp://x"}, "write it as https://host/path"),
        ({"site": "https://x/%{ENV:y}"}, "write it as https://host/path"),
    ],
)
def test_release_that_cannot_be(tmp_path: Path, options: dict[str, str], message: str) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", "")])
    with pytest.raises(UsageError, match=message):
        release(vocabulary, tmp_path / "out", name=options.get("name", ""), site=options.get("site", ""))
    assert not (tmp_path / "out").exists()


def test_release_does_not_touch_other_folders(tmp_path: Path) -> None:
    vocabulary = read_vocabulary([zoo(tmp_path / "zoo.ttl", "")])
    with pytest.raises(UsageError, match="holds no release"):
        release(vocabulary, tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="there is a file"):
        release(vocabulary, tmp_path / "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "zoo.ttl"]


def test_two_modules_of_one_name(tmp_path: Path) -> None:
    zoo(tmp_path / "a" / "zoo.ttl", "")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "zoo.ttl").write_text(PREAMBLE + ":A a owl:Class .", encoding="utf-8")
    vocabulary = read_vocabulary([tmp_path / "a" / "zoo.ttl", tmp_path / "b" / "zoo.ttl"])
    with pytest.raises(InputError, match=r"two files would be named modules/zoo\.ttl"):
        release(vocabulary, tmp_path / "out")


@pytest.mark.parametrize("number", [release_module.LATEST, "Latest", "w3id", "CHANGELOG.md"])
def test_version_named_like_something_of_ours(tmp_path: Path, number: str) -> None:
    odd = read_vocabulary([zoo(tmp_path / "odd" / "zoo.ttl", "", number)])
    plain = read_vocabulary([zoo(tmp_path / "zoo.ttl", "", "1.0.0")])
    with pytest.raises(UsageError, match="give it a number"):
        release(odd, tmp_path / "out")
    with pytest.raises(UsageError, match="give it a number"):
        release(plain, tmp_path / "out", previous=[odd])
    assert not (tmp_path / "out").exists()


def test_two_earlier_versions_of_one_number(tmp_path: Path) -> None:
    old = [read_vocabulary([zoo(tmp_path / name / "zoo.ttl", "", "1.0.0")]) for name in "ab"]
    with pytest.raises(UsageError, match=r"are both '1\.0\.0'"):
        release(read_vocabulary([zoo(tmp_path / "zoo.ttl", "", "1.1.0")]), tmp_path / "out", previous=old)


def test_version_named_like_a_file_of_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    release(read_vocabulary([zoo(tmp_path / "a" / "zoo.ttl", "")]), out)
    (out / "CNAME").write_text("zoo.example", encoding="utf-8")
    with pytest.raises(UsageError, match="give it a number"):
        release(read_vocabulary([zoo(tmp_path / "b" / "zoo.ttl", "", "CNAME")]), out)
    assert (out / "CNAME").read_text(encoding="utf-8") == "zoo.example"


def test_older_version_after_a_newer(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for number, body in (("1.0.0", ""), ("1.10.0", ":A a owl:Class . :B a owl:Class .")):
        release(read_vocabulary([zoo(tmp_path / number / "zoo.ttl", body, number)]), out)
    made = release(read_vocabulary([zoo(tmp_path / "c" / "zoo.ttl", ":A a owl:Class .", "1.9.0")]), out)
    assert "version 1.10.0 is newer than 1.9.0: 'latest' stays at 1.10.0" in made.notes
    files = files_of(out)
    for path in ("zoo.nt", "context.jsonld", "modules/zoo.ttl"):
        assert files[f"latest/{path}"] == files[f"1.10.0/{path}"]
    assert files["1.9.0/zoo.nt"] != files["latest/zoo.nt"]
    heads = re.findall(r"^## (.+)$", files["CHANGELOG.md"].decode(), re.MULTILINE)
    assert heads == ["1.10.0", "1.9.0", "1.0.0"]
    assert json.loads(files["1.9.0/changes.json"])["old"] == "1.0.0"
    # the same once more, and the newest again from nothing but its files
    release(read_vocabulary([tmp_path / "c" / "zoo.ttl"]), out)
    assert files_of(out) == files


def test_newer_version_given_as_previous(tmp_path: Path) -> None:
    newer = read_vocabulary([zoo(tmp_path / "a" / "zoo.ttl", ":A a owl:Class .", "2.0.0")])
    release(read_vocabulary([zoo(tmp_path / "b" / "zoo.ttl", "", "1.0.0")]), tmp_path / "out", previous=[newer])
    files = files_of(tmp_path / "out")
    assert files["latest/zoo.nt"] == files["2.0.0/zoo.nt"] != files["1.0.0/zoo.nt"]


def test_release_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    release(read_vocabulary([zoo(tmp_path / "zoo.ttl", "")]), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "latest" / "zoo.nt").is_file()
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    with pytest.raises(InputError, match="leads to itself"):
        release(read_vocabulary([tmp_path / "zoo.ttl"]), tmp_path / "ring")


def test_release_into_the_folder_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    number = here.stat().st_ino
    monkeypatch.chdir(here)
    release(read_vocabulary([zoo(tmp_path / "a" / "zoo.ttl", OLD)]), Path())
    before = files_of(here)
    assert "latest/zoo.nt" in before
    again = read_vocabulary([zoo(tmp_path / "b" / "zoo.ttl", NEW, "1.1.0")])
    real = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if self.name == "latest" and target.parent == here and not self.parent.name.endswith(stuck):
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    stuck = "-old"
    with pytest.raises(InputError, match=r"\(No space left on device\)$"):
        release(again, Path())
    assert files_of(here) == before
    stuck = "nothing"
    with pytest.raises(InputError, match="what was there is in ") as caught:
        release(again, Path())
    left = Path(str(caught.value).rpartition(" is in ")[2])
    assert {f"latest/{path}" for path in files_of(left / "latest")} == {p for p in before if p.startswith("latest/")}
    monkeypatch.setattr(Path, "replace", real)
    real(left / "latest", here / "latest")
    left.rmdir()
    assert files_of(here) == before
    release(again, Path())
    assert sorted(path.name for path in here.iterdir()) == ["1.0.0", "1.1.0", "CHANGELOG.md", "latest"]
    assert here.stat().st_ino == number


# --- redirect rules

#: What a request (path below the folder, header Accept) leads to; None is no such place.
REQUESTS: list[tuple[str, str | None, str | None]] = [
    ("ontology", None, "latest/clusterkg.ttl"),
    ("ontology", "*/*", "latest/clusterkg.ttl"),
    ("ontology", "text/html", "latest/html/index.html"),
    ("ontology", "TEXT/HTML", "latest/html/index.html"),
    ("ontology/", "application/xhtml+xml", "latest/html/index.html"),
    (
        "ontology",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
        "latest/html/index.html",
    ),
    ("ontology", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "latest/html/index.html"),
    ("ontology", "text/turtle", "latest/clusterkg.ttl"),
    ("ontology", "application/rdf+xml", "latest/clusterkg.rdf"),
    ("ontology", "application/ld+json", "latest/clusterkg.jsonld"),
    ("ontology", 'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "latest/clusterkg.jsonld"),
    ("ontology", "application/n-triples", "latest/clusterkg.nt"),
    ("ontology", "application/*", "latest/clusterkg.jsonld"),
    ("ontology", "application/pdf", "latest/clusterkg.ttl"),
    ("ontology", "text/html;q=0.5, text/turtle;q=0.9", "latest/clusterkg.ttl"),
    ("ontology", "text/turtle;q=0.5, application/rdf+xml", "latest/clusterkg.rdf"),
    ("ontology", "application/rdf+xml;q=0.85, application/ld+json;q=0.9;x=y", "latest/clusterkg.jsonld"),
    ("ontology", "application/rdf+xml, application/xml; q=0.7, text/plain; q=0.1, */*; q=0.09", "latest/clusterkg.rdf"),
    ("ontology", "text/turtle;q=0, */*;q=0.1", "latest/clusterkg.jsonld"),
    ("ontology", "text/turtle;q=0.123,application/n-triples;q=0.124", "latest/clusterkg.nt"),
    ("ontology", "text/*;q=0.3, text/html;q=0.7, */*;q=0.5", "latest/html/index.html"),
    ("ontology", "text/html;q=0.80,text/turtle;q=0.8", "latest/html/index.html"),
    ("ontology", "text/turtle;q=1.000,text/html;q=0.999", "latest/clusterkg.ttl"),
    ("ontology", "text/html ; q=0.2 , application/n-triples ; q=0.3", "latest/clusterkg.nt"),
    ("ontology", "x/text/html, not-text/turtle, application/n-triples-x, application/rdf+xml", "latest/clusterkg.rdf"),
    ("ontology/0.2.0", "text/turtle", "0.2.0/clusterkg.ttl"),
    ("ontology/0.2.0", "text/html", "0.2.0/html/index.html"),
    ("ontology/0.2.0/", "application/n-triples", "0.2.0/clusterkg.nt"),
    ("ontology/0x2x0", "text/turtle", None),
    ("ontology/alignments/skos-xkos", "application/rdf+xml", "latest/alignments/skos-xkos.rdf"),
    ("ontology/alignments/org", "text/html", "latest/html/index.html"),
    ("ontology/0.2.0/alignments/org", "application/n-triples", "0.2.0/alignments/org.nt"),
    ("shapes", "text/turtle", "latest/shapes.ttl"),
    ("context", "*/*", "latest/context.jsonld"),
    ("context.jsonld", "application/ld+json", "latest/context.jsonld"),
    ("ontology/0.1.0/context.jsonld", None, "0.1.0/context.jsonld"),
    ("", "text/html", "latest/html/index.html"),
    ("ontologyx", "text/turtle", None),
    ("nothing", "text/html", None),
]


class Rewriting:
    """As much of Apache's mod_rewrite as the rules use (https://httpd.apache.org/docs/2.4/mod/mod_rewrite.html)."""

    def __init__(self, text: str) -> None:
        self.lines = [self.words(line) for line in text.splitlines() if line.startswith("Rewrite")]
        assert self.lines.pop(0) == ["RewriteEngine", "on"]

    @staticmethod
    def words(line: str) -> list[str]:
        """The words of a line; a quoted one may hold spaces."""
        return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]

    def location(self, path: str, accept: str) -> str | None:
        """Where a request leads."""
        environment: dict[str, str] = {}
        conditions: list[list[str]] = []
        for name, *words in self.lines:
            if name == "RewriteCond":
                conditions.append(words)
                continue
            assert name == "RewriteRule"
            caught = self.meets(conditions, accept, environment)
            conditions = []
            match = re.search(words[0], path)
            if match is None or caught is None:
                continue
            flags = words[2].strip("[]").split(",")
            for flag in flags:
                if flag.startswith("E="):
                    key, _, value = flag[2:].partition(":")
                    environment[key] = self.expand(value, match, caught, environment)
            if words[1] != "-":
                assert flags == ["R=303", "L"]
                return self.expand(words[1], match, caught, environment)
        return None

    def meets(self, conditions: list[list[str]], accept: str, environment: dict[str, str]) -> tuple[str, ...] | None:
        """What the conditions caught, or None when they are not met."""
        caught: tuple[str, ...] = ()
        met = False
        for test, pattern, *flags in conditions:
            alternatives = bool(flags) and "OR" in flags[0].strip("[]").split(",")
            if not met:
                if test == "expr":
                    sides = re.fullmatch(r"reqenv\('(\w+)'\) > reqenv\('(\w+)'\)", pattern)
                    assert sides is not None
                    met = environment.get(sides[1], "") > environment.get(sides[2], "")
                elif pattern.startswith("="):
                    met = environment.get(test.removeprefix("%{ENV:").removesuffix("}"), "") == pattern[1:]
                else:
                    found = re.search(pattern, test.replace("%{HTTP_ACCEPT}", accept), re.IGNORECASE)
                    met, caught = found is not None, tuple(g or "" for g in found.groups()) if found else caught
            if not alternatives:
                if not met:
                    return None
                met = False
        return caught

    @staticmethod
    def expand(text: str, match: re.Match[str], caught: tuple[str, ...], environment: dict[str, str]) -> str:
        """A text with what was caught put in."""
        text = re.sub(r"%\{ENV:(\w+)\}", lambda m: environment.get(m[1], ""), text)
        text = re.sub(r"%(\d)", lambda m: caught[int(m[1]) - 1], text)
        return re.sub(r"\$(\d)", lambda m: match[int(m[1])] or "", text)


@pytest.fixture(scope="module")
def rules(shipped: Path) -> str:
    """The rules of the shipped ontology."""
    return (shipped / "w3id" / "clusterkg" / ".htaccess").read_text(encoding="utf-8")


@pytest.mark.parametrize(("path", "accept", "wanted"), REQUESTS)
def test_rules(rules: str, path: str, accept: str | None, wanted: str | None) -> None:
    assert Rewriting(rules).location(path, accept or "") == (wanted and f"{SITE}/{wanted}")


def test_every_iri_of_the_readme_leads_to_a_file(shipped: Path, rules: str) -> None:
    text = (shipped / "w3id" / "clusterkg" / "README.md").read_text(encoding="utf-8")
    iris = re.findall(r"^- <(https://w3id\.org/clusterkg/[^>]+)>", text, re.MULTILINE)
    vocabulary = read_vocabulary()
    expected = {str(vocabulary.iri), "https://w3id.org/clusterkg/shapes", "https://w3id.org/clusterkg/context"}
    expected |= {str(o) for o in vocabulary.graph.objects(vocabulary.iri, OWL.versionIRI | OWL.priorVersion)}
    expected |= {
        f"{vocabulary.iri}/alignments/{path.stem}" for path in (folder("ontology") / "alignments").glob("*.ttl")
    }
    assert expected <= set(iris)
    for iri in iris:
        for accept in (
            "text/html",
            "text/turtle",
            "application/rdf+xml",
            "application/ld+json",
            "application/n-triples",
        ):
            place = Rewriting(rules).location(iri.removeprefix("https://w3id.org/clusterkg/"), accept)
            assert place is not None, iri
            assert (shipped / place.removeprefix(f"{SITE}/")).is_file(), place


def test_rules_of_an_ontology_that_is_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "x.ttl"
    path.write_text(
        PREAMBLE + '<https://w3id.org/zoo> a owl:Ontology ; owl:versionInfo "v2.1" ; '
        "owl:versionIRI <https://w3id.org/elsewhere/v2.1> .",
        encoding="utf-8",
    )
    made = release(read_vocabulary([path]), tmp_path / "out", site=SITE, contacts=["A. Person"])
    text = (tmp_path / "out" / "w3id" / "zoo" / ".htaccess").read_text(encoding="utf-8")
    assert Rewriting(text).location("", "text/html") == f"{SITE}/latest/html/index.html"
    assert Rewriting(text).location("", "text/turtle") == f"{SITE}/latest/zoo.ttl"
    assert Rewriting(text).location("v2.1", "text/turtle") == f"{SITE}/v2.1/zoo.ttl"
    assert Rewriting(text).location("context", "") == f"{SITE}/latest/context.jsonld"
    assert any("https://w3id.org/elsewhere/v2.1" in note for note in made.notes)
    assert "<https://w3id.org/zoo/context>" in (tmp_path / "out/w3id/zoo/README.md").read_text(encoding="utf-8")


def test_rules_hold_no_line_of_a_stranger(tmp_path: Path) -> None:
    vocabulary = read_vocabulary(
        [zoo(tmp_path / "zoo.ttl", "", header='dct:creator "x\\nRedirect / https://evil.example" ;')]
    )
    release(vocabulary, tmp_path / "out", site=SITE)
    text = (tmp_path / "out" / "w3id" / "zoo" / ".htaccess").read_text(encoding="utf-8")
    words = {line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")}
    assert words == {
        "Options",
        "RewriteEngine",
        "<IfModule",
        "Header",
        "</IfModule>",
        "RewriteRule",
        "RewriteCond",
    }


MODULES = ("mpm_event", "authz_core", "dir", "headers", "rewrite")
PLACES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules", "/usr/libexec/apache2")


@pytest.fixture(scope="module")
def apache(shipped: Path) -> Iterator[int]:
    """The port of an Apache that obeys the rules; without one the test is skipped."""
    search = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    program = shutil.which("apache2", path=search) or shutil.which("httpd", path=search)
    modules = next((p for p in PLACES if all((Path(p) / f"mod_{m}.so").is_file() for m in MODULES)), None)
    if program is None or modules is None:
        pytest.skip("there is no Apache here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = Path(tempfile.mkdtemp(prefix="kg-apache-"))
    place.chmod(0o755)  # a server that was started by root reads as somebody else
    shutil.copytree(shipped / "w3id", place / "root")
    lines = [
        f"ServerRoot {place}\nPidFile {place}/pid\nErrorLog {place}/error.log\nServerName localhost",
        f"Listen 127.0.0.1:{port}\nDocumentRoot {place}/root\nDefaultRuntimeDir {place}",
        *(f"LoadModule {m}_module {modules}/mod_{m}.so" for m in MODULES),
        f"<Directory {place}/root>\nAllowOverride All\nRequire all granted\n</Directory>",
    ]
    if os.geteuid() == 0:
        lines.append("User nobody")
    (place / "conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    server = subprocess.Popen([program, "-f", str(place / "conf"), "-D", "FOREGROUND"], stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            if server.poll() is not None:
                pytest.skip(f"Apache does not start here: {server.stderr.read().decode() if server.stderr else ''}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        if server.stderr:
            server.stderr.close()
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize(("path", "accept", "wanted"), REQUESTS)
def test_rules_in_apache(apache: int, path: str, accept: str | None, wanted: str | None) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", apache, timeout=30)
    connection.request("GET", f"/clusterkg/{path}", headers={} if accept is None else {"Accept": accept})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert (answer.status, answer.getheader("Location")) == (
        (404, None) if wanted is None else (303, f"{SITE}/{wanted}")
    )
    assert answer.getheader("Vary") == "Accept"
    assert answer.getheader("Access-Control-Allow-Origin") == "*"


def test_site_is_a_plain_address() -> None:
    assert w3id.checked_site("https://zoo.example:8080/a/b/") == "https://zoo.example:8080/a/b"
    for site in ("zoo.example", "https://zoo.example/$1", "https://zoo.example/a b", "https://x.y\nRedirect"):
        with pytest.raises(UsageError):
            w3id.checked_site(site)


# --- the command line


def run(*arguments: str) -> int:
    """The exit status of a command."""
    with pytest.raises(SystemExit) as end:
        main(["ontology", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize("form", ["table", "json", "csv", "md", "ttl"])
def test_changes_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    old, new = zoo(tmp_path / "old.ttl", OLD), zoo(tmp_path / "new.ttl", NEW, "2.0.0")
    assert run("changes", str(old), str(new), "--format", form) == 1
    shown = capsys.readouterr()
    assert "feedsOn" in shown.out
    assert shown.err == "fault: o:Gone: removed without having been deprecated in a release\n"
    assert run("changes", str(old), str(old), "--format", form) == 0


def test_release_command_tells_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.ttl").write_text("@prefix x: <", encoding="utf-8")
    for file in ("broken.ttl", "missing.ttl"):
        assert run("release", str(tmp_path / file), "--out", str(tmp_path / "out")) == 2
        assert capsys.readouterr().err.startswith(f"kg: {tmp_path / file}: ")
    assert not (tmp_path / "out").exists()


def test_migrate_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ontology = zoo(tmp_path / "zoo.ttl", DEPRECATED)
    data = tmp_path / "data.nt"
    data.write_text(f"<https://e.org/a> <{ZOO}eats> <https://e.org/b> .\n", encoding="utf-8")
    assert run("migrate", str(data), "--ontology", str(ontology), "--format", "csv") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1:] == [f"{ZOO}eats,1.0.0,generated,1,1", f"{ZOO}feedsOn,1.0.0,generated,1,1"]
    assert "nothing is written" in shown.err
    assert run("migrate", str(data), "--ontology", str(ontology), "--out", str(data)) == 0
    assert data.read_text(encoding="utf-8") == f"<https://e.org/a> <{ZOO}consumes> <https://e.org/b> .\n"
    data.write_text(f'<https://e.org/a> <https://e.org/w> "5"^^<{ZOO}gone> .\n', encoding="utf-8")
    zoo(ontology, DEPRECATED + ":gone a rdfs:Datatype ; owl:deprecated true .")
    assert run("migrate", str(data), "--ontology", str(ontology)) == 1
    assert "gone is deprecated and in use" in capsys.readouterr().err
    data.write_text(f"<https://e.org/a> a <{ZOO}Monkey> .\n".replace(" a <", f" <{RDF.type}> <"), encoding="utf-8")
    assert run("migrate", str(data), "--ontology", str(ontology)) == 1
    assert "Monkey is deprecated and in use" in capsys.readouterr().err
