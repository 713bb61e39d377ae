"""Things are found by IRI, id or name; what names none, or several, is told in one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kg.build import Build
from kg.errors import InputError, UsageError
from kg.explain import explain


@pytest.fixture(scope="module", params=[True, False], ids=["store", "no store"])
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, example_project: Path) -> Build:
    if request.param:
        return Build(example_project / "build")
    folder = tmp_path_factory.mktemp("names") / "build"
    shutil.copytree(example_project / "build", folder, ignore=shutil.ignore_patterns("store"))
    return Build(folder)


def test_what_is_found(build: Build) -> None:
    airbus = f"{build.base}organization/airbus"
    assert {build.find_organization(text) for text in (airbus, "airbus", "AIRBUS", "Airbus")} == {airbus}
    group = next(iri for iri in build.groups()["group"].to_pylist() if "/cell/" in iri)
    rest = group.removeprefix(f"{build.base}group/")
    named = {build.find_group(text) for text in (group, rest, rest.removeprefix("cell/"), build.label(group).upper())}
    assert named == {group}
    region = build.find_thing("region", "Toulouse")
    assert build.name(region).startswith("Toulouse")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name the organisation"),
        (" ", "name the organisation"),
        ("Airbuz", "there is no organisation 'Airbuz': did you mean 'Airbus'?"),
        ("caf\udce9", "no UTF-8"),
        ("x" * 5_000, "x…'"),
        ('"} DROP ALL #', "there is no organisation"),
    ],
)
def test_what_is_not_found(build: Build, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        build.find_organization(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400


def test_several_of_a_name_are_listed(build: Build) -> None:
    with pytest.raises(UsageError, match=r"'Airbu' names \d+ organisations: Airbus <"):
        build.find_organization("Airbu")


def test_a_damaged_table_of_rows_is_named(build: Build) -> None:
    file = build.folder / "rows.parquet"
    whole = file.read_bytes()
    try:
        for damaged in (whole[:-9], None):
            file.write_bytes(damaged) if damaged else file.unlink()
            with pytest.raises(InputError, match="damaged"):
                explain(build, "airbus")
    finally:
        file.write_bytes(whole)
