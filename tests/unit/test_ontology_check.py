"""The quality gate: every check finds its fault, the ontology passes, and others' ontologies can be read."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from rdflib import RDF, SH, Graph, URIRef

from kg.cli_ontology import ontology as cli
from kg.errors import EngineError, InputError
from kg.ontology.gate.check import Check, check
from kg.ontology.gate.profiles import PROFILES
from kg.ontology.gate.report import as_html, as_json, as_table, as_turtle
from kg.ontology.gate.rules import SEVERITIES, rules
from kg.ontology.reason import Refused
from kg.ontology.vocabulary import Module, Vocabulary, read_vocabulary
from kg.resources import ontology_files
from tests.conftest import SHARED
from tests.unit.ontology_faults import (
    DL,
    LOGIC,
    METADATA,
    ONTOLOGY,
    STRUCTURE,
    TEXTS,
    USAGE,
    Fault,
    good,
    turtle,
)

FAULTS = (*METADATA, *TEXTS, *STRUCTURE, *DL, *USAGE)
SMALL = """
<https://w3id.org/small> a owl:Ontology ; dct:title "Small"@en .
<https://w3id.org/small#A> a owl:Class ; rdfs:label "thing"@en ; rdfs:comment "Any."@en .
"""


def vocabulary_of(graph: Graph, *, iri: URIRef = ONTOLOGY, namespace: str = "") -> Vocabulary:
    """A graph as an ontology in the place of the one that ships."""
    return Vocabulary(iri, namespace or f"{iri}#", (Module(ontology_files()[0], graph),))


@pytest.fixture(scope="module")
def base() -> Graph:
    return good(read_vocabulary().graph)


@pytest.fixture(scope="module")
def before(base: Graph) -> set[tuple[str, str, str]]:
    return hits(check(vocabulary_of(base), reasoner=False, with_usage=True))


@pytest.fixture(scope="module")
def small() -> Check:
    return check(vocabulary_of(turtle(SMALL), iri=URIRef("https://w3id.org/small")), reasoner=False)


def hits(result: Check) -> set[tuple[str, str, str]]:
    """What was found, without the IRI of the ontology, so that renaming it is no finding."""
    return {(f.check, "" if f.term == result.ontology else f.term, f.detail + f.message) for f in result.findings}


# --- faults


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.check)
def test_each_fault_is_found_by_its_check_alone(fault: Fault, base: Graph, before: set[tuple[str, str, str]]) -> None:
    broken = vocabulary_of(fault.apply(base), iri=fault.iri, namespace=fault.namespace)
    result = check(broken, reasoner=False, with_usage=True)
    new = hits(result) - before
    assert {name for name, _, _ in new} == {fault.check, *fault.also}
    where = "" if fault.term == fault.iri else str(fault.term)
    assert (fault.check, where) in {(name, at) for name, at, _ in new}
    assert {f.severity for f in result.findings if f.check == fault.check} == {rules()[fault.check].severity}


@pytest.mark.parametrize("fault", LOGIC, ids=lambda fault: fault.check)
def test_the_reasoner_finds_contradictions(fault: Fault, base: Graph) -> None:
    result = check(vocabulary_of(fault.apply(base)), with_usage=False)
    assert (fault.check, str(fault.term)) in {(f.check, f.term) for f in result.findings}
    assert not result.passed


def test_every_check_has_a_fault() -> None:
    # that of the alignments is test_alignments_are_judged
    assert {fault.check for fault in (*FAULTS, *LOGIC)} | {"alignment-of-an-unknown-term"} == set(rules())


def test_every_check_says_what_to_do() -> None:
    for rule in rules().values():
        assert rule.severity in SEVERITIES, rule.name
        assert all(text.endswith((".", "}")) for text in (rule.summary, rule.problem, rule.solution)), rule.name
        assert rule.tags, rule.name


# --- the ontology that ships


def test_the_ontology_passes() -> None:
    result = check(read_vocabulary())
    assert [f for f in result.findings if f.severity != "Info"] == []
    assert result.profiles["DL"].holds
    assert result.reasoner == "consistent, no unsatisfiable class"
    assert not result.usage.startswith("not checked")


def test_the_ontology_fails_no_offline_foops_test_but_that_on_doi_and_logo(base: Graph) -> None:
    tests = {test.test: test for test in check(read_vocabulary(), reasoner=False).foops}
    assert len(tests) == 24
    assert {name for name, test in tests.items() if test.status == "failed"} <= {"OM3"}
    assert set(tests["OM3"].because) <= {"ontology-without-doi", "ontology-without-logo"}
    assert {test.status for test in check(vocabulary_of(base), reasoner=False).foops} == {
        "passed",
        "not checked offline",
    }


# --- somebody else's


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("eurio_v2.4.ttl", {("unsatisfiable-class", "PersonRole"), ("dl-unknown-datatype", "startDate")}),
        ("gleif_L1.ttl", {("dl-malformed-expression", "LegalEntityEvent"), ("dl-undeclared-class", "EventGroup")}),
        ("ebg-ontology.ttl", {("property-without-range", "geoResolution"), ("term-without-home", "foundingYear")}),
    ],
)
def test_ontologies_of_others(name: str, found: set[tuple[str, str]]) -> None:
    path = SHARED / "data" / "ontologies" / name
    if not path.is_file():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    result = check(read_vocabulary([path]))
    assert found <= {(f.check, re.split("[#/]", f.term)[-1]) for f in result.findings}
    assert result.usage.startswith("not checked")
    assert set(result.profiles) == set(PROFILES)
    assert all(f.line for f in result.findings), "each of these files names its terms as they are looked for"
    for write in (as_table, as_json, as_turtle, as_html):
        assert write(result)


def test_a_small_ontology_is_told_what_it_lacks(small: Check) -> None:
    found = {finding.check for finding in small.findings}
    assert {"ontology-without-licence", "ontology-without-version-iri", "unconnected-term"} <= found
    assert not {"term-without-label", "term-without-definition", "no-disjointness"} & found
    assert {test.test: test.status for test in small.foops}["VER2"] == "failed"


def test_without_the_reasoner_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.ontology.gate.check.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'clusterkg\[ontology\]'.*--no-reasoner"):
        check(read_vocabulary())
    result = check(read_vocabulary(), reasoner=False)
    assert result.reasoner == "not checked, as asked"


def test_a_name_that_is_no_iri_is_an_input_error() -> None:
    graph = turtle(SMALL)
    graph.add((URIRef("https://w3id.org/small#two words"), RDF.type, URIRef("http://www.w3.org/2002/07/owl#Class")))
    with pytest.raises(InputError, match="no IRI"):
        check(vocabulary_of(graph, iri=URIRef("https://w3id.org/small")), reasoner=False)


# --- what is written


def test_the_table_groups_findings_and_fits(base: Graph) -> None:
    result = check(vocabulary_of(METADATA[0].apply(base)), reasoner=False, with_usage=False)
    text = as_table(result, width=80)
    assert "Violation ontology-without-title: The ontology states no title." in text
    assert "solution: Add dct:title, with a language." in text
    assert "OWL 2 DL: in" in text
    assert max(map(len, text.splitlines())) <= 100
    assert "Usage: not checked" in text


def test_json_says_everything(small: Check) -> None:
    told = json.loads(as_json(small))
    assert told["ontology"] == "https://w3id.org/small"
    assert len(told["findings"]) == sum(told["counts"].values()) == len(small.findings)
    assert set(told["findings"][0]) == {
        *("check", "severity", "term", "detail", "message", "problem", "solution", "file", "line"),
    }
    assert set(told["profiles"]) == set(PROFILES)
    assert len(told["foops"]) == 24
    assert told["passed"] is False


def test_turtle_is_a_shacl_report(small: Check) -> None:
    graph = Graph().parse(data=as_turtle(small), format="turtle")
    results = set(graph.objects(graph.value(predicate=RDF.type, object=SH.ValidationReport), SH.result))
    assert len(results) == len(small.findings)
    for predicate in (SH.focusNode, SH.resultSeverity, SH.resultMessage, SH.sourceShape, SH.sourceConstraintComponent):
        assert all(graph.value(node, predicate) is not None for node in results), predicate
    severities = Counter(str(graph.value(node, SH.resultSeverity)).partition("#")[2] for node in results)
    assert {name: severities[name] for name in SEVERITIES} == small.counts


class _Page(HTMLParser):
    """Collects what would reach out of a page, and whether its elements close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.outside += [
            value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_hostile_text_stays_text() -> None:
    bad = "<script>alert(1)</script>\\u001b[31mred\\u0007"
    graph = turtle(
        SMALL
        + f'<https://w3id.org/small#A> skos:altLabel "{bad} " ; skos:prefLabel "x"@en ; skos:definition "{bad}"@en .'
    )
    result = check(vocabulary_of(graph, iri=URIRef("https://w3id.org/small")), reasoner=False)
    assert any("\x1b" in finding.detail for finding in result.findings)
    page = as_html(result)
    reader = _Page()
    reader.feed(page)
    assert reader.scripts == 0
    assert reader.outside == []
    assert reader.open == []
    assert "&lt;script&gt;" in page
    for text in (page, as_table(result), as_json(result)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    assert Graph().parse(data=as_turtle(result), format="turtle")


# --- the command


def test_command_ends_with_the_severity(tmp_path: Path, base: Graph) -> None:
    good_file, bad_file = tmp_path / "good.ttl", tmp_path / "bad.ttl"
    base.serialize(good_file)
    METADATA[0].apply(base).serialize(bad_file)
    run = CliRunner()
    passed = run.invoke(cli, ["check", str(good_file), "--no-reasoner"], standalone_mode=False)
    assert passed.return_value == 0, passed.output
    assert "not checked, as asked" in passed.output
    failed = run.invoke(cli, ["check", str(bad_file), "--no-reasoner", "--format", "json"], standalone_mode=False)
    assert failed.return_value == 1
    assert json.loads(failed.output)["counts"]["Violation"] == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.ttl", None, "no such file"),
        ("broken.ttl", "this is not Turtle", "can't be read"),
        ("notes.txt", "text", "none of an RDF format"),
        ("none.ttl", "<urn:a> <urn:b> <urn:c> .", "no owl:Ontology"),
        (
            "two.ttl",
            "<urn:a> a <http://www.w3.org/2002/07/owl#Ontology> . <urn:b> a <http://www.w3.org/2002/07/owl#Ontology> .",
            "more than one",
        ),
    ],
)
def test_unreadable_input(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", str(path)], standalone_mode=False)
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_status == 2
    assert message in str(result.exception)


def test_places_are_those_of_the_blocks() -> None:
    vocabulary = read_vocabulary()
    graph = vocabulary.modules[0].graph
    kept = [
        (s, p, o) for s, p, o in graph.triples((URIRef(f"{ONTOLOGY}#Cluster"), None, None)) if "definition" not in p
    ]
    graph.remove((URIRef(f"{ONTOLOGY}#Cluster"), None, None))
    for triple in kept:
        graph.add(triple)
    result = check(replace(vocabulary), reasoner=False)
    found = next(f for f in result.findings if f.check == "term-without-definition")
    lines = ontology_files()[0].read_text(encoding="utf-8").splitlines()
    assert Path(found.file).name == "clusterkg.ttl"
    assert lines[found.line - 1] == "ckg:Cluster"


def test_alignments_are_judged() -> None:
    shipped = read_vocabulary()
    wrong = Graph().parse(
        data="""@prefix ckg: <https://w3id.org/clusterkg/ontology#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix org: <http://www.w3.org/ns/org#> .
        ckg:Nope skos:closeMatch org:Organization . ckg:Cluster owl:equivalentClass ckg:VirtualGroup .""",
        format="turtle",
    )
    result = check(replace(shipped, alignments=(Module(Path("wrong.ttl"), wrong),)), with_usage=False)
    found = {(finding.check, finding.term.partition("#")[2]) for finding in result.findings}
    assert ("alignment-of-an-unknown-term", "Nope") in found
    assert {("unsatisfiable-class", "Cluster"), ("unsatisfiable-class", "VirtualGroup")} <= found


def test_what_was_found_is_shown_when_the_reasoner_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Refused("HermiT could not classify the ontology: too deep")

    monkeypatch.setattr("kg.ontology.gate.check.classify", refuse)
    shown = CliRunner().invoke(cli, ["check", "--format", "json"])
    assert isinstance(shown.exception, EngineError)
    assert shown.exception.exit_status == 3
    result = json.loads(shown.stdout)
    assert result["reasoner"] == "failed"
    assert {finding["check"] for finding in result["findings"]} == {"ontology-without-doi", "ontology-without-logo"}


@pytest.mark.parametrize("name", ["[br]", "p#q", "a b"])
def test_the_place_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / name))
    assert check(vocabulary_of(small_graph()), with_usage=False).reasoner == "consistent, no unsatisfiable class"


def small_graph() -> Graph:
    return Graph().parse(
        data=f"@prefix owl: <http://www.w3.org/2002/07/owl#> . <{ONTOLOGY}> a owl:Ontology . <{ONTOLOGY}#A> a owl:Class .",
        format="turtle",
    )


def test_a_remote_context_is_not_fetched(tmp_path: Path) -> None:
    asked = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        file = tmp_path / "o.jsonld"
        address = f"http://127.0.0.1:{server.server_port}/context.jsonld"
        file.write_text(
            json.dumps({"@context": address, "@id": str(ONTOLOGY), "@type": "owl:Ontology"}), encoding="utf-8"
        )
        with pytest.raises(InputError, match=re.escape("o.jsonld")):
            read_vocabulary([file])
        server.shutdown()
    assert asked == []
