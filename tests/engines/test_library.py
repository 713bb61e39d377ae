"""Every rule, question, hygiene and explain query has the same answer on the columnar engine as on Oxigraph."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import kg.project
import kg.writing
from kg.infer import rules
from tests.conftest import EXAMPLE
from tests.engines.library import parameters_of, queries
from tests.engines.pair import PairEngine
from tests.oracle.projects import write_project


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> list[PairEngine]:
    PairEngine.made = []
    monkeypatch.setattr(kg.writing, "OxigraphEngine", PairEngine)
    return PairEngine.made


def compare(folder: Path, pairs: list[PairEngine]) -> None:
    kg.project.build(folder, engine="oxigraph", with_validation=False, with_store=False)
    pair = pairs[0]
    assert pair.agreed >= len(rules())
    for place, query in queries():
        if place != "queries/infer":
            pair.compare(query.text, parameters_of(query, pair) or None)
    assert pair.different == []
    assert pair.refused == {}


@pytest.mark.slow
def test_landmarks(tmp_path: Path, pairs: list[PairEngine]) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "landmarks", ignore=shutil.ignore_patterns("build"))
    compare(tmp_path / "landmarks", pairs)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2])
def test_random_projects(seed: int, tmp_path: Path, pairs: list[PairEngine]) -> None:
    write_project(tmp_path / "project", seed)
    compare(tmp_path / "project", pairs)
