"""The rules against the independent program in `tests/oracle`: every row of every table, to the letter."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest

import kg
from tests.oracle.load import read_cordis, read_project
from tests.oracle.projects import write_project
from tests.oracle.rules import Parameters, evaluate
from tests.oracle.world import World

TABLES = ("candidates", "groups", "memberships", "links_by_year", "not_evidenced")


def ours(build: Path, table: str) -> list[dict[str, str]]:
    with (build / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def given_communities(build: Path, base: str) -> list[frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in ours(build, "candidates"):
        if "/group/community/" in row["group"]:
            found[row["group"]].add(unquote(row["organization"].removeprefix(f"{base}organization/")))
    return [frozenset(members) for members in found.values()]


def differences(build: Path, world: World, parameters: Parameters, base: str) -> dict[str, object]:
    expected = evaluate(world, parameters, given_communities(build, base), base)
    found = {}
    for table in TABLES:
        left = Counter(tuple(sorted(row.items())) for row in ours(build, table))
        right = Counter(tuple(sorted(row.items())) for row in getattr(expected, table))
        if left != right:
            found[table] = {"ours only": list(left - right)[:2], "theirs only": list(right - left)[:2]}
    return found


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_random_projects(tmp_path: Path, start: int) -> None:
    for seed in range(start, start + 6):
        folder = tmp_path / f"p{seed}"
        folder.mkdir()
        write_project(folder, seed)
        engine = ("columnar", "oxigraph")[seed % 2]
        kg.build(folder, engine=engine, with_validation=seed % 5 == 0, with_store=False)
        world, parameters, base = read_project(folder)
        assert differences(folder / "build", world, parameters, base) == {}, f"seed {seed}"


def test_cordis(tmp_path: Path, cordis: Path) -> None:
    base = "https://example.org/cordis/"
    (tmp_path / "kg.toml").write_text(
        f'[project]\nbase = "{base}"\n[[source]]\ntype = "cordis"\npath = "{cordis}"\n', encoding="utf-8"
    )
    build = kg.build(tmp_path, with_validation=False, with_store=False)
    assert differences(tmp_path / "build", read_cordis(cordis), Parameters(), base) == {}
    cells = [row for row in build.groups().to_pylist() if row["source"] == "cell"]
    assert len(cells) == 149
    assert sum(row["members"] for row in cells) == 1325
