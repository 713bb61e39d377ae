"""The questions as an interface: the rows of `kg ask`, in every format; its description is valid, and it keeps to it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from openapi_spec_validator import validate

from kg.answers import serialize_answer
from kg.ask import ask
from kg.catalog import Query, load
from kg.publish.query_page import _found, _terms
from kg.serve.formats import ARROW, RESULTS
from tests.serve.conftest import Server

QUESTIONS = load("queries/questions")


@pytest.fixture(scope="session")
def things(server: Server) -> dict[str, list[str]]:
    """A few things of each kind that the build has."""
    return _found(server.build)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_gives_the_rows_of_the_command(
    server: Server, things: dict[str, list[str]], question: Query
) -> None:
    terms, _, lacking = _terms(server.build, question, things)
    assert not lacking
    given = {one.name: terms[one.name].value for one in question.parameters if one.required}
    wanted = ask(server.build, question.name, given)
    path = f"/api/questions/{question.name}?{urlencode(given)}"
    plain = server.ask(path)
    assert (plain.status, plain.type) == (200, "application/json"), plain
    assert plain.json()["head"]["vars"] == list(wanted.variables)
    for kind, reply in (("application/json", plain), ("text/csv", server.ask(path, headers={"Accept": "text/csv"}))):
        assert reply.type == kind
        assert reply.body == serialize_answer(wanted, RESULTS[kind])
    table = pa.ipc.open_stream(server.ask(path, headers={"Accept": ARROW}).body).read_all()
    assert table.column_names == list(wanted.variables)
    assert table.num_rows == len(wanted.rows)
    assert server.ask(f"{path}&format=arrow").body == server.ask(path, headers={"Accept": ARROW}).body
    texts = list(csv.reader(io.StringIO(server.ask(f"{path}&format=csv").body.decode(), newline="")))[1:]
    for row, line in zip(table.to_pylist(), texts, strict=True):
        for cell, text in zip(row.values(), line, strict=True):
            assert (cell is None and text == "") or _same(cell, text)


def _same(cell: object, text: str) -> bool:
    if isinstance(cell, bool):
        return str(cell).lower() == text
    return float(text) == cell if isinstance(cell, (int, float)) else cell == text


def test_numbers_are_numbers_in_arrow(server: Server) -> None:
    table = pa.ipc.open_stream(server.ask("/api/questions/strongest-clusters?format=arrow").body).read_all()
    assert pa.int64() in table.schema.types


def test_questions_are_listed(server: Server) -> None:
    listed = {one["name"]: one for one in server.ask("/api/questions").json()["questions"]}
    assert set(listed) == {question.name for question in QUESTIONS}
    for question in QUESTIONS:
        assert [one["name"] for one in listed[question.name]["parameters"]] == [one.name for one in question.parameters]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("questions/strongest-cluster", 404, "strongest-clusters"),
        ("questions/strongest-clusters?nonsense=1", 400, "nonsense"),
        ("questions/clusters-of-a-region", 400, "region"),
        ("questions/clusters-of-a-region?region=a&region=b", 400, "twice"),
        ("questions/clusters-of-a-region?region=no-such-place", 400, "no-such-place"),
        ("questions/clusters-of-a-region?region=http://e.org/%3E%7D", 400, ""),
        ("questions/strongest-clusters?format=pdf", 406, "pdf"),
        ("explain", 400, "organization"),
        ("explain?organization=no-such-one", 400, "no-such-one"),
        ("describe", 400, "iri"),
        ("describe?iri=no+iri", 400, ""),
        ("describe?iri=http://e.org/none", 404, ""),
        ("describe?iri=http://e.org/none&format=csv", 406, ""),
        ("nothing", 404, ""),
    ],
)
def test_faults_are_told(server: Server, path: str, status: int, words: str) -> None:
    reply = server.ask(f"/api/{path}")
    assert reply.status == status, reply
    if not path.startswith("nothing"):
        assert words in reply.json()["error"]


def test_why_and_what(server: Server, things: dict[str, list[str]]) -> None:
    (organization,) = things["organization"]
    found = server.ask(f"/api/explain?{urlencode({'organization': organization})}").json()
    assert found["results"]["bindings"]
    for kind in ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"):
        reply = server.ask(f"/api/describe?{urlencode({'iri': organization})}", headers={"Accept": kind})
        assert (reply.status, reply.type) == (200, kind)


@pytest.mark.parametrize(
    "value", ["sNaN", "NaN", "Infinity", "1e999999999", "-1e-999999999", "0x1", "١٢", "1_0", "", " 1", "9" * 900]
)
def test_numbers_that_are_none(server: Server, value: str) -> None:
    named = next((q.name, p.name) for q in QUESTIONS for p in q.parameters if p.type in ("integer", "decimal"))
    reply = server.ask(f"/api/questions/{named[0]}?{urlencode({named[1]: value})}")
    assert reply.status in (200, 400), reply


def test_its_description_is_valid(server: Server) -> None:
    described = server.ask("/openapi.json").json()
    validate(described)
    assert {f"/api/questions/{question.name}" for question in QUESTIONS} <= set(described["paths"])


@pytest.mark.slow
def test_it_keeps_to_its_description(server: Server, tmp_path: Path) -> None:
    """Schemathesis finds no fault; what is valid may still name a thing that is not there, which is refused with 4xx."""
    said = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}openapi.json", "--phases", "coverage,fuzzing",
         "--max-examples", "2", "--seed", "7", "--exclude-checks", "positive_data_acceptance", "--no-color"],
        cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert said.returncode == 0, said.stdout[-6000:] + said.stderr[-2000:]
