"""The generator of the benchmarks is deterministic, and the work by hand gives what `kg build` gives."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kg
from bench import generate, hand
from bench.cells import COLUMNS
from bench.compare import FILES, differences
from kg.mapping import TABLES

ORGANIZATIONS = 500


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("invented")
    generate.generate(folder, organizations=ORGANIZATIONS, seed=3, dirty=0.02)
    return folder


@pytest.fixture(scope="module")
def by_hand(project: Path) -> dict[str, Any]:
    return hand.build(project, project / "hand")


def test_the_tables_are_the_canonical_ones() -> None:
    assert {name: columns.split() for name, columns in COLUMNS.items()} == {
        name: list(spec.columns) for name, spec in TABLES.items()
    }


def test_the_same_seed_gives_the_same_files(project: Path, tmp_path: Path) -> None:
    generate.generate(tmp_path, organizations=ORGANIZATIONS, seed=3, dirty=0.02)
    files = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file())
    assert len(files) == len(COLUMNS) + 3
    assert all((project / file).read_bytes() == (tmp_path / file).read_bytes() for file in files)
    generate.generate(tmp_path, organizations=ORGANIZATIONS, seed=4, dirty=0.02)
    assert (project / "data/supplies.csv").read_bytes() != (tmp_path / "data/supplies.csv").read_bytes()


def test_the_work_by_hand_holds_what_the_build_holds(project: Path, by_hand: dict[str, Any]) -> None:
    build = kg.build(project, engine="oxigraph", with_validation=False, with_store=False)
    assert differences(project / "hand", build.folder) == []
    assert by_hand["counts"]["groups"] == build.groups().num_rows > 0
    assert all(build.table(name).num_rows > 0 for name in FILES)


def test_a_difference_is_seen(project: Path, by_hand: dict[str, Any], tmp_path: Path) -> None:
    for name in FILES:
        text = (project / "hand" / f"{name}.csv").read_text(encoding="utf-8")
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    groups = tmp_path / "groups.csv"
    groups.write_text(groups.read_text(encoding="utf-8").replace(",Cluster,", ",Hub,", 1), encoding="utf-8")
    first, *_ = differences(project / "hand", tmp_path)
    assert first == f"groups: 1 rows only in {project / 'hand'}"


def test_the_faults_that_were_seeded_are_counted(project: Path, by_hand: dict[str, Any]) -> None:
    expected = json.loads((project / "expected.json").read_text(encoding="utf-8"))["faults"]
    seen = {kind: count for kind, count in expected.items() if not kind.endswith("blank-line")}
    assert by_hand["faults"] == seen
    assert len({kind.split()[1] for kind in expected}) >= 20


LOOKS: dict[str, Callable[[list[str]], bool]] = {
    "missing-id": lambda cells: cells[0] == "",
    "missing-name": lambda cells: cells[1] == "",
    "impossible-latitude": lambda cells: abs(float(cells[5])) > 90,
    "negative-employees": lambda cells: int(cells[9]) < 0,
    "surplus-cells": lambda cells: len(cells) > 15,
    "short-row": lambda cells: len(cells) < 15,
    "blank-line": lambda cells: cells == [],
}


def test_faults_are_where_the_list_says(project: Path) -> None:
    with (project / "dirty.csv").open(encoding="utf-8", newline="") as stream:
        places = [row for row in csv.DictReader(stream) if row["file"] == "organizations.csv"]
    lines = (project / "data/organizations.csv").read_text(encoding="utf-8").splitlines()
    looked = [
        (row["kind"], next(csv.reader([lines[int(row["line"]) - 1]]), [])) for row in places if row["kind"] in LOOKS
    ]
    assert {kind for kind, _ in looked} == set(LOOKS)
    assert [kind for kind, cells in looked if not LOOKS[kind](cells)] == []
