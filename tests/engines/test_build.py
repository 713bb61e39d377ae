"""Builds on both engines: the same bytes; and what a build on columns answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import kg
from kg.build import Build
from kg.cli import cli
from kg.errors import EngineError
from tests.conftest import EXAMPLE
from tests.oracle.projects import write_project

FILES = ("facts.nq", "inferred.nq", *(f"{name}.csv" for name in kg.results.COLUMNS), "report.csv", "report.ttl")


def contents(build: Build) -> dict[str, bytes]:
    return {name: (build.folder / name).read_bytes() for name in FILES}


def test_both_engines_write_the_same_bytes(example_build: Build, tmp_path: Path) -> None:
    assert example_build.run["engine"] == "columnar"
    other = tmp_path / "other"
    shutil.copytree(EXAMPLE, other, ignore=shutil.ignore_patterns("build"))
    assert contents(kg.build(other, engine="oxigraph", with_store=False)) == contents(example_build)


def test_both_engines_write_the_same_bytes_with_validation(tmp_path: Path) -> None:
    write_project(tmp_path / "project", 3)
    columnar = contents(kg.build(tmp_path / "project", engine="columnar", with_store=False))
    assert contents(kg.build(tmp_path / "project", engine="oxigraph", with_store=False)) == columnar


def test_the_columns_answer_as_the_store_does(example_build: Build) -> None:
    build = example_build
    query = "SELECT ?g (COUNT(?o) AS ?n) { ?o ckg:memberOf ?g } GROUP BY ?g ORDER BY ?g"
    assert build.columns is not None
    assert build.columns.select(query).rows == build.engine.select(query).rows
    assert build.columns.select("SELECT ?x { ?x a <https://w3id.org/clusterkg/working#Member> }").rows == []


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "xml"])
def test_answers_have_the_same_form_on_both_engines(example_project: Path, form: str) -> None:
    query = "SELECT ?o ?name ?n { ?o ckg:memberOf ?g ; skos:prefLabel ?name OPTIONAL { ?g ckg:regionsSpanned ?n } } ORDER BY ?o ?name ?n ?g"
    given = ["query", "-", "--project", str(example_project), "--format", form]
    answers = [
        CliRunner().invoke(cli, [*given, "--engine", engine], input=query) for engine in ("columnar", "oxigraph")
    ]
    assert [answer.exit_code for answer in answers] == [0, 0]
    assert answers[0].stdout == answers[1].stdout


def test_graphs_are_answered_by_the_store_and_said_so(example_project: Path) -> None:
    query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    given = ["query", "-", "--project", str(example_project), "--engine", "columnar", "--format", "csv"]
    answer = CliRunner().invoke(cli, given, input=query)
    assert "GRAPH on the columns of a build" in answer.stderr
    assert "Oxigraph answers" in answer.stderr
    assert len(answer.stdout.splitlines()) == 3


def test_columns_that_are_damaged_are_an_error_in_a_line(tmp_path: Path) -> None:
    damaged = tmp_path / "columns.duckdb"
    damaged.write_bytes(b"no database")
    with pytest.raises(EngineError, match="build the project again"):
        kg.engines.ColumnarEngine.open(damaged)
