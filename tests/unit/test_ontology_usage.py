"""Which shapes, rules and questions name a term, and where its block is."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import Graph, URIRef

from kg.namespaces import CKG, CKGSH
from kg.ontology.gate.places import Places
from kg.ontology.usage import Usage, named_iris, usage, usage_faults
from kg.ontology.vocabulary import Module, Vocabulary, read_vocabulary


def ckg(name: str) -> URIRef:
    return URIRef(CKG[name].value)


def test_every_term_has_an_entry_and_known_ones_are_right() -> None:
    vocabulary = read_vocabulary()
    found = usage(vocabulary)
    assert set(found) == set(vocabulary.terms)
    assert "97-hubs" in found[ckg("Hub")].rules
    assert "hubs" in found[ckg("Hub")].questions
    kind = found[ckg("collaborationKind")]
    assert CKGSH["CollaborationShape-kind"].value in kind.shapes
    assert CKGSH["CollaborationShape-name"].value not in kind.shapes


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("ASK { ?s a ckg:Hub }", {"Hub"}),
        (
            "PREFIX k: <https://w3id.org/clusterkg/ontology#> ASK { ?s k:memberOf/k:inPlace+ ?o }",
            {"memberOf", "inPlace"},
        ),
        ("ASK { ?s a <https://w3id.org/clusterkg/ontology#Hub> FILTER (?n < 3 && ?n > 1) }", {"Hub"}),
        ('ASK { ?s ?p "ckg:Hub", """a "ckg:Node" b""", \'ckg:Node\' } # ckg:Cluster', set()),
        ('ASK { ?s ?p "a \\" ckg:Hub" ; ckg:inPlace ?o }', {"inPlace"}),
        ("ASK { ?s a ckg:Cluster. ?s !ckg:inPlace ?o FILTER (?o IN (ckg:A,ckg:B)) }", {"Cluster", "inPlace", "A", "B"}),
        ("ASK { ?ckg:Hub }", set()),
        ("ASK { ?s a unknown:Hub }", set()),
    ],
)
def test_names_in_sparql(text: str, local: set[str]) -> None:
    named = {iri.removeprefix(CKG) for iri in named_iris(text) if iri.startswith(CKG) and iri != str(CKG)}
    assert named == local


SMALL = """
@prefix : <https://example.org/o#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix ckg: <https://w3id.org/clusterkg/ontology#> .
<https://example.org/o> a owl:Ontology .
:Used a owl:Class ; rdfs:subClassOf :Above, [ a owl:Restriction ; owl:onProperty :link ; owl:someValuesFrom :Deep ] .
:Above a owl:Class . :Deep a owl:Class . :link a owl:ObjectProperty . :Alone a owl:Class ; rdfs:subClassOf :Used .
:one a :Used . :other a :Above . :Marked a owl:Class ; ckg:referenceOnly true . :Stale a owl:Class ; ckg:referenceOnly true .
"""


def test_what_a_used_term_is_described_with_is_used() -> None:
    graph = Graph().parse(data=SMALL, format="turtle")
    vocabulary = Vocabulary(URIRef("https://example.org/o"), "https://example.org/o#", (Module(Path("o.ttl"), graph),))
    own = {term.rpartition("#")[2]: term for term in vocabulary.terms}
    named = {own["Used"]: Usage(rules=("rule",)), own["Stale"]: Usage(questions=("question",))}
    unused, stale = usage_faults(vocabulary, named)
    assert [term.rpartition("#")[2] for term in unused] == ["Alone", "other"]
    assert stale == (own["Stale"],)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.ttl", "@prefix o: <https://example.org/o#> .\no:Other a o:Term .\n\no:Term\n    a o:Other .\n", 4),
        ("b.ttl", "@prefix schema: <https://example.org/o#> .\nschema:Term a schema:Other .\n", 2),
        (
            "c.nt",
            "<https://example.org/o#Other> <urn:p> <urn:o> .\n<https://example.org/o#Term> <urn:p> <urn:o> .\n",
            2,
        ),
        (
            "d.rdf",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:o="https://example.org/o#">\n'
            '<o:Other rdf:about="https://example.org/o#Terms"/>\n<o:Other rdf:about="https://example.org/o#Term"/></rdf:RDF>',
            3,
        ),
        ("e.jsonld", '{"@graph": [\n{"@id": "https://example.org/o#Term", "urn:p": 1}]}', 2),
        ("g.ttl", "@prefix o: <https://example.org/o#> .\no:A a\n  o:Term ;\n  a o:B .\no:Term\n    a o:C .\n", 5),
        ("h.ttl", "@prefix o: <https://example.org/o#> .\n  o:Term a o:B .\n", 2),
        ("f.ttl", "@base <https://example.org/o> .\n\n<#Term> a <#Other> .\n", 3),
    ],
)
def test_places(tmp_path: Path, name: str, text: str, line: int) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    module = Module(path, Graph().parse(path))
    vocabulary = Vocabulary(URIRef("https://example.org/o"), "https://example.org/o#", (module,))
    assert Places(vocabulary).of("https://example.org/o#Term") == (str(path), line)
