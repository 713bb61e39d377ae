"""What fuzzing found, kind by kind, and a short run of it; `bench/fuzz.py` is the long one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import kg
from bench.fuzz import fuzz
from bench.fuzz_checks import read_table
from kg.errors import InputError
from kg.tables import BrokenRow, brief, open_table

CORDIS = {
    "project": "id,title\n1,One\n",
    "organization": "organisationID,legalName\n9,Nine\n",
    "participation": "projectID,organisationID,role\n1,9,coordinator\n",
    "euroSciVoc": "projectID,code,title\n1,/23/53,chemistry\n",
}


def project(folder: Path, kind: str, **files: str) -> Path:
    (folder / "data").mkdir()
    (folder / "kg.toml").write_text(
        f'[project]\nbase = "https://e.org/"\n[[source]]\ntype = "{kind}"\npath = "data"\n[engine]\nname = "oxigraph"\n',
        encoding="utf-8",
    )
    for name, text in files.items():
        suffix = "" if kind == "rdf" else ".csv"
        (folder / "data" / f"{name.replace('_', '.')}{suffix}").write_text(text, encoding="utf-8", newline="")
    return folder


def report(folder: Path) -> list[dict[str, str]]:
    with (folder / "build" / "report.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_surplus_cells_of_cordis_are_reported(tmp_path: Path) -> None:
    files = CORDIS | {"organization": "organisationID,legalName\n9,Nine,surplus\n"}
    kg.build(project(tmp_path, "cordis", **files), with_store=False)
    assert [(row["component"], row["file"], row["line"], row["value"]) for row in report(tmp_path)] == [
        ("SurplusCells", "data/organization.csv", "2", "surplus")
    ]


@pytest.mark.parametrize("other", ["legalName", "name"])
def test_a_column_of_cordis_that_is_there_twice_is_refused(tmp_path: Path, other: str) -> None:
    files = CORDIS | {"organization": f"organisationID,legalName,{other}\n9,Nine,Ten\n"}
    with pytest.raises(InputError, match=r"organization\.csv line 1: the column 'legalName' is there twice"):
        kg.build(project(tmp_path, "cordis", **files))


@pytest.mark.parametrize("header", ['"na\rme"', "x" * 5000, "a\u2028b"])
def test_an_odd_header_is_refused_in_one_short_line(tmp_path: Path, header: str) -> None:
    with pytest.raises(InputError, match=r"organizations\.csv line 1: the column '.*' is not known") as stop:
        kg.build(project(tmp_path, "tables", organizations=f"id,name,{header}\na,A,\n"))
    assert len(str(stop.value).splitlines()) == 1
    assert len(str(stop.value)) < 500


def test_broken_rdf_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"d\.nt line 1: this is no N-Triples") as stop:
        kg.build(project(tmp_path, "rdf", d_nt="<urn:a\n> <urn:b> <urn:c> .\n"))
    assert len(str(stop.value).splitlines()) == 1


def test_texts_in_messages_are_cut() -> None:
    assert brief("a\nb\u2028c") == "a b c"
    assert brief("x" * 61) == "x" * 60 + "…"


@pytest.mark.parametrize(
    "text",
    ['a,b\n"x\ny",1\r\n\n"z\n,2\n3,"4"5\n6\r7,8\n', "a;b\n1;2,3\n", '\n\ufeffa\n""\n\r\n"', "\ufeffa\n\n1\r", 'a\n"1\r2""3"\n'],
)  # fmt: skip
def test_the_reader_of_the_checks_reads_as_the_toolkit_does(tmp_path: Path, text: str) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(text.encode())
    table = open_table(file)
    expected = {
        row.line if isinstance(row, BrokenRow) else row[0]: None if isinstance(row, BrokenRow) else list(row[1])
        for row in table.rows
    }
    found = read_table(text.encode(), tab=False)
    assert (tuple(found.header), found.rows) == (table.header, expected)


@pytest.mark.parametrize(("kinds", "seed"), [("t", 1), ("o", 2), ("cr", 3)])
def test_fuzzed_files(kinds: str, seed: int) -> None:
    """A few projects; `python bench/fuzz.py` takes more."""
    assert fuzz(files=1, seed=seed, kinds=kinds).failures == []


@pytest.mark.parametrize("code", ["D", "..", "DE2123", "de", "X" * 200_000])
def test_what_is_no_nuts_code_is_no_tree_of_regions(tmp_path: Path, code: str) -> None:
    files = CORDIS | {"organization": f"organisationID,legalName,nutsCode\n9,Nine,{code}\n8,Eight,DE212\n"}
    kg.build(project(tmp_path, "cordis", **files), with_store=False)
    assert [(row["effect"], row["line"], row["column"]) for row in report(tmp_path)] == [("left-out", "2", "nutsCode")]
    facts = (tmp_path / "build" / "facts.nq").read_text(encoding="utf-8")
    assert facts.count("regionLevel") == 4


@pytest.mark.parametrize("code", ["/.", "23/..", "//", "/23/x", "/1" * 50_000])
def test_what_is_no_field_is_no_tree_of_sectors(tmp_path: Path, code: str) -> None:
    files = CORDIS | {"euroSciVoc": f"projectID,code,title\n1,{code},none\n1,/23/53,chemistry\n"}
    kg.build(project(tmp_path, "cordis", **files), with_store=False)
    assert [(row["effect"], row["line"], row["column"]) for row in report(tmp_path)] == [("rejected", "2", "code")]
    facts = (tmp_path / "build" / "facts.nq").read_text(encoding="utf-8")
    assert facts.count("sectorLevel") == 2
