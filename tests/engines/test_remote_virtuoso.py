"""The remote engine on Virtuoso, which is wrong at times: same bytes all the same, and what it got wrong is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

import kg
from kg import project
from kg.build import Build
from kg.cli import cli
from kg.engines.remote import Changed, CheckedEngine, remote_options
from kg.errors import EngineError
from kg.infer import rules
from tests.conftest import Writer
from tests.engines.servers import virtuoso_server
from tests.engines.test_build import contents
from tests.engines.test_remote import address, on

XSD = "http://www.w3.org/2001/XMLSchema#"
#: Rules that divide whole numbers, which it does not do as the standard says.
DIVIDING = {"20-cells", "90-herfindahl", "90-network", "92-local-link-share"}
#: What is said of a rule or a query that it got wrong: its own error, or a solution that it lacks or has too many.
REASON = re.compile(r"answered here by Oxigraph, for the server('s answer (lacks|has) \S| fails \(\S)")
#: On one processor in CI it takes its time.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with virtuoso_server(tmp_path_factory.mktemp("virtuoso")) as settings:
        yield settings


@pytest.fixture(scope="module")
def built(server: str, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return kg.build(on(server, tmp_path_factory.mktemp("remote") / "landmarks"))


@pytest.fixture
def engine(server: str) -> Iterator[CheckedEngine]:
    section = {"url": address(server), "server": "virtuoso", "user": "dba", "password": "dba", "retries": 0}
    options = remote_options("[engine]", section, {})
    assert options is not None
    with CheckedEngine(options, "https://example.org/t/graph/working") as made:
        yield made


def load(engine: CheckedEngine, text: str) -> list[str]:
    """Load triples and return what is said of it."""
    engine.load(ox.parse(text, format=ox.RdfFormat.TURTLE))
    return engine.notes


def test_the_example_has_the_same_bytes_and_what_the_server_got_wrong_is_said(
    built: Build, example_build: Build
) -> None:
    assert contents(built) == contents(example_build)
    # Its plans follow samples that it takes of the data, and so does what its compiler gives up on beside these.
    assert told(built) >= DIVIDING
    assert len(told(built)) <= len(rules()) // 4
    notes = [note for note in built.run["notes"] if note.startswith("answered here")]
    assert all(REASON.match(note) for note in notes), notes
    (kept,) = (note for note in built.run["notes"] if "verbatim#wktLiteral" in note)
    assert kept.startswith("values of http://www.opengis.net/ont/geosparql#wktLiteral have the datatype")


def told(build: Build) -> set[str]:
    """The rules that the notes of a build are about."""
    names = {rule.summary: rule.name for rule in rules()}
    return {name for note in build.run["notes"] for text, name in names.items() if note.endswith(f": {text}")}


def test_questions_have_the_right_answers(built: Build) -> None:
    given = ["--project", str(built.folder.parent), "--format", "csv"]
    for name in ("strongest-clusters", "types-by-group", "nodes"):
        local = CliRunner().invoke(cli, ["ask", name, *given])
        remote = CliRunner().invoke(cli, ["ask", name, *given, "--engine", "remote"])
        assert remote.stdout == local.stdout
    server = project.published(built)
    assert server.query("ASK { ?x a ckg:Candidate }") is True


def test_terms_that_it_keeps(engine: CheckedEngine) -> None:
    text = (
        f'<http://e/a> <http://e/p> "", "é\\n\\"\\\\", "x"@en, "x"^^<http://e/t>, 7, 2.5, "50.85"^^<{XSD}decimal>, '
        f'"2005"^^<{XSD}gYear>, "2020-01-02"^^<{XSD}date>, "2020-02-30"^^<{XSD}date>, "http://e/"^^<{XSD}anyURI>, '
        '<http://e/é>, "POINT(0.14 52.17)"^^<http://www.opengis.net/ont/geosparql#wktLiteral> . <http://e/a> <http://e/b> true .'
    )
    assert load(engine, text) == []
    assert len(engine.select("SELECT ?o { ?s ?p ?o }").rows) == 14
    assert engine.notes == []


def test_blank_nodes(engine: CheckedEngine) -> None:
    assert load(engine, "<http://e/a> <http://e/p> [ <http://e/p> [ <http://e/q> 1 ] ] .") == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ('"abc"^^xsd:integer', '"abc"'),
        ('"007"^^xsd:integer', '"007"'),
        ('"2.50"^^xsd:decimal', '"2.50"'),
        ("1.5e3", '"1.5e3"'),
        ("1, true", '"true"'),
        ('1, "1"^^xsd:decimal', '"1"'),
        ('"123456789012345678901"^^xsd:integer', '"123456789012345678901"'),
        ('"1"^^xsd:boolean', '"1"'),
    ],
)
def test_terms_that_it_changes_are_named(engine: CheckedEngine, values: str, named: str) -> None:
    with pytest.raises(Changed) as raised:
        load(engine, f"@prefix xsd: <{XSD}> . <http://e/a> <http://e/p> {values} .")
    assert f"the server does not keep what it is given: {named}" in str(raised.value)


def test_values_that_are_kept_out_are_only_validated_here(write: Writer, server: str) -> None:
    """A fault that Virtuoso would take for another value is found by the embedded engine, which is said."""
    folder = write(organizations="id,name,employees\na,A,seven\nb,B,7\n")
    embedded = contents(kg.build(folder, engine="columnar", with_store=False))
    build = kg.build(on(server, folder, folder), with_store=False)
    assert contents(build) == embedded
    assert build.run["counts"]["findings"]["Violation"]
    assert any(note.startswith("validated here and not on the server, for") for note in build.run["notes"])


def test_a_build_with_a_fact_that_it_changes_is_refused(write: Writer, server: str) -> None:
    folder = write(organizations="id,name\na,A\n")
    toml = folder / "kg.toml"
    toml.write_text(toml.read_text().replace("[engine]", '[[source]]\ntype = "rdf"\npath = "more.ttl"\n[engine]'))
    (folder / "more.ttl").write_text(
        '<http://e/a> <http://www.w3.org/ns/org#x> "abc"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    )
    with pytest.raises(EngineError, match='does not keep what it is given: "abc"'):
        kg.build(on(server, folder, folder), with_validation=False)


def test_a_wrong_password(engine: CheckedEngine) -> None:
    stranger = CheckedEngine(replace(engine.options, password="wr0ng"), engine.working)
    with pytest.raises(EngineError, match=r"does not let us in \(status 401\)") as raised:
        stranger.clear()
    assert "wr0ng" not in str(raised.value)


def test_a_server_that_is_gone_is_no_server_that_is_wrong(engine: CheckedEngine) -> None:
    load(engine, "<http://e/a> <http://e/p> 1 .")
    gone = CheckedEngine(replace(engine.options, url="http://127.0.0.1:9/sparql"), engine.working)
    gone.mirror = engine.mirror
    with pytest.raises(EngineError, match="no connection"):
        gone.select("SELECT ?s { ?s ?p ?o }")


def test_what_its_sparql_gets_wrong_is_found(engine: CheckedEngine) -> None:
    load(engine, "<http://e/a> <http://e/p> <http://e/b> . <http://e/b> <http://e/p> 3 .")
    wrong = {
        "SELECT (1 / 4 AS ?x) { }": ["0.25"],
        "SELECT ?x ?y { ?x <http://e/p>* ?y }": 6,
        "SELECT (ROUND(10000 * 2 / 3) / 10000 AS ?x) { }": ["0.6667"],
    }
    for number, (query, expected) in enumerate(wrong.items(), start=1):
        answer = engine.select(query)
        assert len(engine.notes) == number, query
        assert expected == (len(answer.rows) if isinstance(expected, int) else [term.value for (term,) in answer])  # type: ignore[union-attr]
    assert "transitive start not given" in engine.notes[1]
    right = engine.select("SELECT (EXISTS { ?x ?y ?z } AS ?there) (COUNT(*) AS ?n) { ?s <http://e/p> ?o }")
    assert [term.value for term in right.rows[0]] == ["true", "2"]  # type: ignore[union-attr]
    assert engine.run_rule("CONSTRUCT { ?s <http://e/half> ?n } WHERE { ?s <http://e/p> ?o BIND(?o / 2 AS ?n) }") == 1
    assert "1.5" in engine.notes[-1]
    assert engine.select("SELECT ?n { ?s <http://e/half> ?n }").rows[0][0] == ox.Literal(
        "1.5", datatype=ox.NamedNode(f"{XSD}decimal")
    )
