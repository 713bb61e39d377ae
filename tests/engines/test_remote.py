"""The remote engine on real servers: the same bytes as the embedded engines, and nobody else's graphs touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

import kg
from kg import project
from kg.ask import ask
from kg.build import Build
from kg.cli import cli
from kg.engines import RemoteEngine, Solutions
from kg.engines.remote import remote_options
from kg.errors import EngineError, UsageError
from tests.conftest import EXAMPLE, Writer
from tests.engines.library import canonical_rows, parameters_of
from tests.engines.servers import oxigraph_server
from tests.engines.test_build import contents
from tests.oracle.projects import write_project

#: A graph of somebody else.
STRANGER = "http://elsewhere.example/graph"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with oxigraph_server(tmp_path_factory.mktemp("oxigraph")) as settings:
        store = address(settings).removesuffix("/query") + "/store"
        body = b"<http://e/stranger> a <https://w3id.org/clusterkg/ontology#Candidate> ."
        headers = {"Content-Type": "text/turtle"}
        urlopen(Request(f"{store}?graph={quote(STRANGER)}", data=body, headers=headers, method="PUT")).close()
        urlopen(Request(f"{store}?default", data=body, headers=headers, method="PUT")).close()
        yield settings


def address(settings: str) -> str:
    return next(line.split('"')[1] for line in settings.splitlines() if line.startswith("url"))


def engine(settings: str, **more: object) -> RemoteEngine:
    options = remote_options("[engine]", {"url": address(settings), "server": "oxigraph", **more}, {})
    assert options is not None
    return RemoteEngine(options, "https://example.org/t/graph/working")


def graphs(settings: str) -> dict[str, int]:
    found = engine(settings).client.select("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", [])
    return {graph.value: int(count.value) for graph, count in found.rows}  # type: ignore[union-attr]


def on(settings: str, folder: Path, source: Path = EXAMPLE, *, batch: int = 300) -> Path:
    """Copy a project to a folder and have it built on a server."""
    if source != folder:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("build"))
    text = (folder / "kg.toml").read_text()
    (folder / "kg.toml").write_text(
        text.split("[engine]")[0] + f'[engine]\nname = "remote"\nbatch = {batch}\n{settings}'
    )
    return folder


@pytest.fixture(scope="module")
def built(server: str, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return kg.build(on(server, tmp_path_factory.mktemp("remote") / "landmarks"))


def test_the_example_has_the_same_bytes(built: Build, example_build: Build, server: str) -> None:
    embedded = example_build
    assert contents(built) == contents(embedded)
    assert built.run["engine"] == "remote"
    assert built.run["notes"] == embedded.run["notes"]
    left = graphs(server)
    base = f"{built.base}graph/"
    assert left == {
        STRANGER: 1,
        f"{base}source/1": embedded.run["counts"]["facts"],
        f"{base}inferred": len((embedded.folder / "inferred.nq").read_text().splitlines()),
    }


@pytest.mark.parametrize("seed", [3])
def test_a_project_with_faults_has_the_same_bytes(seed: int, tmp_path: Path, server: str) -> None:
    write_project(tmp_path / "project", seed)
    embedded = contents(kg.build(tmp_path / "project", engine="columnar", with_store=False))
    folder = on(server, tmp_path / "project", tmp_path / "project")
    assert contents(kg.build(folder, with_store=False)) == embedded
    assert [f.message for f in project.check(folder, engine="remote")] == [f.message for f in project.check(folder)]


def test_sources_that_say_the_same_are_counted_once(write: Writer, server: str) -> None:
    """What two sources say is one triple for the rules, in the graphs of both."""
    folder = write(organizations="id,name\na,A\nb,B\n")
    toml = folder / "kg.toml"
    toml.write_text(toml.read_text().replace("[engine]", '[[source]]\ntype = "rdf"\npath = "more.ttl"\n[engine]'))
    (folder / "more.ttl").write_text(
        "<https://example.org/t/organization/a> a <http://www.w3.org/ns/org#Organization> ; "
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "A" .'
    )
    embedded = contents(kg.build(folder, engine="columnar", with_store=False))
    assert contents(kg.build(on(server, folder, folder), with_store=False)) == embedded
    left = graphs(server)
    assert {name for name in left if name.startswith("https://example.org/t/")} == {
        f"https://example.org/t/graph/{name}" for name in ("source/1", "source/2", "inferred")
    }
    toml.write_text(toml.read_text().replace('[[source]]\ntype = "rdf"\npath = "more.ttl"\n', ""))
    kg.build(folder, with_store=False)
    assert "https://example.org/t/graph/source/2" not in graphs(server)


def test_every_question_has_the_same_answer(built: Build) -> None:
    server = project.published(built)
    asked = 0
    somebody = ox.NamedNode(built.find_organization("Airbus"))
    for question in kg.catalog.load("queries/questions"):
        given = dict(parameters_of(question, built.engine))
        given |= {p.name: somebody for p in question.parameters if p.type == "organization"}
        expected = built.engine.select(question.text, given)
        answer = server.select(question.text, given)
        assert answer.variables == expected.variables
        assert canonical_rows(answer) == canonical_rows(expected), question.name
        asked += bool(answer.rows)
    assert asked > 40
    assert ask(built, "nodes", {"least": "1"}, server=server).rows


def test_the_commands_ask_the_server(built: Build) -> None:
    run = CliRunner().invoke
    given = ["--project", str(built.folder.parent)]
    local = run(cli, ["ask", "nodes", *given, "--format", "csv"])
    remote = run(cli, ["ask", "nodes", *given, "--format", "csv", "--engine", "remote"])
    assert (remote.exit_code, remote.output) == (0, local.output)
    query = "SELECT (COUNT(*) AS ?n) { ?x a ckg:Candidate }"
    answers = [
        run(cli, ["query", "-", *given, "--engine", name, "--format", "csv"], input=query)
        for name in ("oxigraph", "remote")
    ]
    assert answers[0].output == answers[1].output
    assert run(cli, ["query", "-", *given, "--engine", "remote"], input="ASK { ?x a ckg:Candidate }").output == "true\n"
    described = run(cli, ["query", "-", *given, "--engine", "remote", "--format", "nt"], input="DESCRIBE ckg:Candidate")
    assert described.exit_code == 0


def test_files_are_validated_on_a_server(
    built: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """Blank nodes too: they go in one request, and what is not compiled is left to pySHACL over a copy."""
    (tmp_path / "data.ttl").write_text(
        "@prefix org: <http://www.w3.org/ns/org#> . [] a org:FormalOrganization . <http://e/o> a org:FormalOrganization ; org:hasSite [ a org:Site ] ."
    )
    monkeypatch.chdir(built.folder.parent)
    before = graphs(server)
    run = CliRunner().invoke
    local = run(cli, ["validate", str(tmp_path / "data.ttl"), "--format", "csv", "--engine", "oxigraph"])
    remote = run(cli, ["validate", str(tmp_path / "data.ttl"), "--format", "csv", "--engine", "remote"])
    assert remote.exception is local.exception is None
    assert len(remote.output.splitlines()) == len(local.output.splitlines()) > 2
    assert graphs(server) == before
    monkeypatch.chdir(tmp_path)
    assert run(cli, ["validate", "data.ttl", "--engine", "remote"]).exit_code != 0


def test_a_value_that_the_server_changes_is_refused(write: Writer, server: str) -> None:
    folder = write(organizations="id,name\na,A\n")
    toml = folder / "kg.toml"
    toml.write_text(toml.read_text().replace("[engine]", '[[source]]\ntype = "rdf"\npath = "more.ttl"\n[engine]'))
    (folder / "more.ttl").write_text(
        '<http://e/a> <http://www.w3.org/ns/org#x> "7"^^<http://www.w3.org/2001/XMLSchema#byte> .'
    )
    kg.build(on(server, folder, folder), engine="columnar")
    before = graphs(server), contents(kg.open(folder))
    with pytest.raises(
        EngineError, match=r'does not keep what it is given: "7"\^\^<http://www.w3.org/2001/XMLSchema#byte>'
    ):
        kg.build(folder)
    assert (graphs(server), contents(kg.open(folder))) == before


def test_somebody_else_who_changes_the_graph_is_found_out(tmp_path: Path, server: str) -> None:
    with engine(server) as one:
        one.load(ox.parse("<http://e/a> <http://e/p> 1 .", format=ox.RdfFormat.TURTLE))
        assert one.run_rule("CONSTRUCT { ?s <http://e/q> ?o } WHERE { ?s <http://e/p> ?o }") == 1
        with engine(server):
            pass
        with pytest.raises(EngineError, match="has 0 triples in place of 2: it was changed by somebody else"):
            one.write_conclusions(tmp_path / "inferred.nq", ox.NamedNode("http://e/g"), "http://e/w#")


def test_conclusions_are_what_is_new(server: str, tmp_path: Path) -> None:
    node = ox.NamedNode
    with engine(server, batch=1) as one:
        one.load(ox.parse('<http://e/a> <http://e/p> <http://e/b>, "x"@en .', format=ox.RdfFormat.TURTLE))
        assert one.conclude([ox.Triple(node("http://e/a"), node("http://e/p"), node("http://e/b"))]) == 0
        one.conclude_pairs(node("http://e/w#p"), ["http://e/a", "http://e/b"], ["http://e/b", "http://e/c"])
        one.conclude_pairs(node("http://e/w#p"), [], [])
        rule = "CONSTRUCT { ?x <http://e/q> ?z } WHERE { ?x <http://e/w#p> ?y . ?y <http://e/w#p> ?z }"
        assert [one.run_rule(rule), one.run_rule(rule)] == [1, 0]
        assert len(one.copy()) == 5
        assert one.table("SELECT ?z ?none { ?x <http://e/q> ?z }").to_pylist() == [{"z": "http://e/c", "none": None}]
        assert one.write_conclusions(tmp_path / "out.nq", node("http://e/g"), "http://e/w#") == 1
    assert (tmp_path / "out.nq").read_text() == "<http://e/a> <http://e/q> <http://e/c> <http://e/g> .\n"
    assert all(not name.startswith("https://example.org/t/graph/working") for name in graphs(server))


def test_all_kinds_of_terms_come_back(server: str) -> None:
    text = (
        '<http://e/a> <http://e/p> "", "é\\u2028\\U0001F600", "a\\nb\\rc\\t\\"\\\\", "x"@en-GB, "x"@de, "x"^^<http://e/t>, true, '
        '1, 2.5, 1.5e3, "abc"^^<http://www.w3.org/2001/XMLSchema#integer>, "2020-02-30"^^<http://www.w3.org/2001/XMLSchema#date>, '
        '<http://e/é?x=%20&y>, "\\u0001\\u007F" .'
    )
    quads = [q for q in ox.parse(text, format=ox.RdfFormat.TURTLE) if "1.5e3" not in str(q)]
    with engine(server) as one:
        one.load(quads)
        answer = one.query("SELECT ?o { ?s ?p ?o }")
        assert isinstance(answer, Solutions)
        assert {term for (term,) in answer} == {q.object for q in quads}


def test_a_project_without_a_server(write: Writer) -> None:
    folder = write(organizations="id,name\na,A\n")
    with pytest.raises(UsageError, match="names no server"):
        kg.build(folder, engine="remote")
    kg.build(folder)
    with pytest.raises(UsageError, match="is on no server"):
        project.published(kg.open(folder))
