"""The examples of the query page: the questions of the library with terms in place, which say what the command says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

import kg
from kg.ask import bind
from kg.catalog import load
from kg.publish.query_page import examples, with_values
from kg.publish.vendor import FOLDERS, check, integrity, packages
from tests.conftest import ROOT

VENDOR = ROOT / "kg" / "templates" / "site" / "vendor"


@pytest.fixture
def build(example_build: kg.Build) -> kg.Build:
    return example_build


def test_examples_say_what_the_questions_say(build: kg.Build) -> None:
    shown = {example.name: example for example in examples(build)}
    assert len(shown) == len(load("queries/questions"))
    rows = 0
    for question in load("queries/questions"):
        example = shown[question.name]
        assert example.lacking == ()
        labels = {name: value for name, value, _ in example.given}
        terms = bind(build, question, labels)
        asked = build.engine.select(question.text, terms)
        found = build.engine.store.query(example.text, use_default_graph_as_union=True)
        assert isinstance(found, QuerySolutions)
        written = Counter(tuple(map(str, (row[name] for name in asked.variables))) for row in found)
        assert written == Counter(tuple(map(str, row)) for row in asked), question.name
        rows += len(asked.rows)
    assert rows > 1000


def test_terms_are_written_as_terms() -> None:
    hostile = Literal('"} UNION { ?s ?p ?o } #\n\\')
    text = with_values("SELECT ?o WHERE { ?s ?p ?o }", {"o": hostile})
    answer = Store().query(text)
    assert isinstance(answer, QuerySolutions)
    assert list(answer) == []
    assert text.count("\n") == 1
    assert "VALUES ?s { <https://e.org/a> }" in with_values("SELECT * WHERE {}", {"s": NamedNode("https://e.org/a")})


def test_a_question_that_nothing_can_be_given_stays_open(write: object) -> None:
    folder = write(organizations="id,name\na,A\nb,B\n")  # type: ignore[operator]
    kg.build(folder, with_validation=False)
    shown = {example.name: example for example in examples(kg.open(folder))}
    assert shown["clusters-of-a-region"].lacking == ("region",)
    assert "VALUES" not in shown["clusters-of-a-region"].text


def test_vendored_files_are_what_was_pinned() -> None:
    for folder in (VENDOR / name for name in FOLDERS):
        assert list(check(folder)) == []
        assert any("LICENSE" in name for package in packages(folder) for name in package.files)


def test_a_changed_missing_or_strange_file_is_told(tmp_path: Path) -> None:
    listed = '[{"package": "p", "version": "1", "license": "MIT", "homepage": "", "integrity": "", "files": {"%s": {"from": "package/a", "integrity": "%s"}}}]'
    (tmp_path / "vendor.json").write_text(listed % ("a.js", integrity(b"a")), encoding="utf-8")
    assert list(check(tmp_path)) == [f"{tmp_path.name}/a.js is missing"]
    (tmp_path / "a.js").write_bytes(b"b")
    (tmp_path / "b.js").write_bytes(b"b")
    assert list(check(tmp_path)) == [
        f"{tmp_path.name}/a.js is not the file of p 1",
        f"{tmp_path.name}/b.js is of no package",
    ]
