"""Every question of the library has an answer on the example that is written down in `expected/`.

`python -m tests.questions.test_questions` writes the answers anew; read the difference before committing it.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import kg
from kg.catalog import load
from kg.errors import UsageError
from tests.conftest import EXAMPLE

EXPECTED = Path(__file__).parent / "expected"
PARAMETERS = {
    "clusters-of-a-region": {"region": "Netherlands"},
    "groups-of-an-organization": {"organization": "asml"},
    "bridges-between": {"one": "Brainport Eindhoven", "other": "euv-ecosystem"},
    "skills-of-a-group": {"group": "Brainport Eindhoven"},
    "locality-of-a-group-by-year": {"group": "Silicon Saxony"},
    "supplies-inside-a-group": {"group": "apple-suppliers"},
}
NAMES = [question.name for question in load("queries/questions")]


def answer(build: kg.Build, name: str) -> str:
    found = kg.ask(build, name, PARAMETERS.get(name))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(found.variables)
    writer.writerows(["" if term is None else term.value for term in row] for row in found)
    return stream.getvalue()


def make(folder: Path) -> kg.Build:
    toml = (EXAMPLE / "kg.toml").read_text(encoding="utf-8").replace('"data"', f'"{EXAMPLE / "data"}"')
    (folder / "kg.toml").write_text(toml, encoding="utf-8")
    return kg.build(folder)


@pytest.fixture
def build(example_build: kg.Build) -> kg.Build:
    return example_build


@pytest.mark.parametrize("name", NAMES)
def test_answer(build: kg.Build, name: str) -> None:
    assert answer(build, name) == (EXPECTED / f"{name}.csv").read_text(encoding="utf-8")


def test_there_are_enough_and_each_says_something(build: kg.Build) -> None:
    assert len(NAMES) >= 45
    silent = [name for name in NAMES if len(answer(build, name).splitlines()) < 2]
    assert silent == []


def test_the_example_brings_out_everything(build: kg.Build) -> None:
    rows = build.groups().to_pylist()
    kinds = {kind for row in rows for kind in row["kinds"].split(";")}
    assert kinds == {"BusinessWeb", "Cluster", "Community", "Hub", "Network"}
    assert {kind for row in rows for kind in row["types"].split(";") if kind} == {"innovation", "skill", "value-chain"}
    assert build.run["counts"]["findings"] == {}


def test_parameters_are_terms_not_text(build: kg.Build) -> None:
    with pytest.raises(UsageError, match="no organisation"):
        kg.ask(build, "groups-of-an-organization", {"organization": "x> } DROP ALL #"})
    with pytest.raises(UsageError, match="whole number"):
        kg.ask(build, "skills-of-a-group", {"group": "Brainport Eindhoven", "least": "1.5"})
    with pytest.raises(UsageError, match="did you mean 'strongest-clusters'"):
        kg.ask(build, "strongest-cluster")
    with pytest.raises(UsageError, match="there is no region 'Nethrlands': did you mean 'Netherlands'"):
        kg.ask(build, "clusters-of-a-region", {"region": "Nethrlands"})
    with pytest.raises(UsageError, match="needs --region"):
        kg.ask(build, "clusters-of-a-region")


if __name__ == "__main__":
    import tempfile

    EXPECTED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder))
        for question in NAMES:
            (EXPECTED / f"{question}.csv").write_text(answer(made, question), encoding="utf-8")
