"""Validation of a project that was built before: only what changed is looked at, and the report is that of a full run."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

import kg
import kg.quarantine
from kg.project import VALIDATED, check
from kg.validate import Report, chosen_shapes, validate
from tests.oracle.projects import write_project

CHANGES = [
    ("organizations", lambda line: line.rsplit(",", 1)[0] + ",no-wikidata"),
    ("organizations", lambda line: ""),
    ("regions", lambda line: ""),
    ("sectors", lambda line: line.replace(",", ",x", 1)),
    ("supplies", lambda line: line + "x"),
    ("participants", lambda line: "nowhere," + line.split(",", 1)[1]),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    write_project(folder, 11)
    kg.build(folder, with_store=False)
    return folder


def reported(folder: Path) -> list[tuple[object, ...]]:
    return [
        (f.severity, f.effect, f.file, f.line, f.column, f.value, f.message, f.focus, f.path, f.shape, f.component)
        for f in check(folder)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_the_report_is_that_of_a_full_run(built: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    folder = tmp_path / "p"
    shutil.copytree(built, folder)
    for name, change in rng.sample(CHANGES, 3):
        file = folder / "data" / f"{name}.csv"
        if file.exists():
            lines = file.read_text(encoding="utf-8").splitlines()
            place = rng.randrange(1, len(lines))
            lines[place] = change(lines[place])
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partly = reported(folder)
    shutil.rmtree(folder / "build")
    assert partly == reported(folder)
    assert partly


def test_what_did_not_change_is_not_looked_at(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int | None] = []

    def counted(engine: object, against: object, *, only: object = None, by_reference: bool = False) -> Report:
        nodes = None if only is None else list(only)  # type: ignore[call-overload]
        looked.append(None if nodes is None else len(nodes))
        return validate(engine, against, only=nodes, by_reference=by_reference)  # type: ignore[arg-type]

    monkeypatch.setattr(kg.quarantine, "validate", counted)
    check(built)
    assert looked[0] == 0
    looked.clear()
    check(built, against=chosen_shapes(["strict"]))
    assert looked[0] is None, "other shapes were kept"
    assert (built / "build" / VALIDATED).is_dir()
