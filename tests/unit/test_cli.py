"""The command line: every command has a help text, the README shows it, and it prints what it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kg
from kg.cli import cli, main
from tests.conftest import EXAMPLE, ROOT, Writer


@pytest.fixture
def example(example_project: Path) -> Path:
    return example_project


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    shown = capsys.readouterr()
    return int(str(stop.value.code or 0)), shown.out, shown.err


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help_and_is_in_the_readme(capsys: pytest.CaptureFixture[str], name: str) -> None:
    status, out, _ = run(capsys, name, "--help")
    assert status == 0
    assert cli.commands[name].help
    assert cli.commands[name].help.split("\n")[0][:40] in out
    assert f"kg {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_mistyped_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "bild") == (2, "", "kg: there is no command 'bild': did you mean 'build'?\n")


def test_new_project_is_refused_until_filled(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "new", str(tmp_path / "mine"))[0] == 0
    status, _, err = run(capsys, "build", str(tmp_path / "mine"))
    assert (status, err.count("\n")) == (2, 1)
    assert "organizations.csv line 1" in err
    assert run(capsys, "new", str(tmp_path / "mine"))[0] == 2


def test_rows_as_json_and_csv(capsys: pytest.CaptureFixture[str], example: Path) -> None:
    _, out, _ = run(capsys, "groups", str(example), "--format", "json")
    rows = json.loads(out)
    assert len(rows) == kg.open(example).groups().num_rows
    _, out, _ = run(capsys, "groups", str(example), "--format", "csv")
    assert len(out.splitlines()) == len(rows) + 1
    assert out.startswith("group,source,kinds,types,drivers,region,sector,members,")
    _, out, _ = run(capsys, "members", "Brainport Eindhoven", "--project", str(example))
    assert "ASML" in out


def test_explanations(capsys: pytest.CaptureFixture[str], example: Path) -> None:
    _, out, _ = run(capsys, "explain", "ASML", "euv-ecosystem", "--project", str(example))
    assert "ASML is a member of ASML, its main suppliers" in out
    assert "supplies ASML [data/supplies.csv line" in out
    _, out, _ = run(capsys, "explain", "tesla", "paypal-mafia", "--project", str(example))
    assert "was dropped from" in out
    assert "in round 1" in out
    status, _, err = run(capsys, "explain", "AMSL", "--project", str(example))
    assert (status, err) == (2, "kg: there is no organisation 'AMSL': did you mean 'ASML'?\n")


def test_not_a_candidate_is_told_its_cells(capsys: pytest.CaptureFixture[str], write: Writer) -> None:
    """o0 to o3 are four of nine in s and of eight in r: too few, and 4·13 / (8·9) is 0.7222."""
    rows = [(4, "r", "s"), (4, "r", "t"), (4, "q", "s"), (1, "q", "s")]
    lines = [f"{region},{sector}" for count, region, sector in rows for _ in range(count)]
    folder = write(
        organizations="id,name,region,sectors\n" + "".join(f"o{n},O{n},{line}\n" for n, line in enumerate(lines)),
        regions="id,name,level\nr,R,3\nq,Q,3\n",
        sectors="id,name,level\ns,S,2\nt,T,2\n",
    )
    kg.build(folder)
    _, out, _ = run(capsys, "explain", "o0", "--project", str(folder))
    assert "O0 is in the cell R · S, which was not admitted: it has 4 organisations, 5 are needed" in out
    assert "its location quotient is 0.7222, 1.25 is needed" in out


def test_query(capsys: pytest.CaptureFixture[str], example: Path, tmp_path: Path) -> None:
    file = tmp_path / "count.rq"
    file.write_text("SELECT (COUNT(?o) AS ?n) { ?o a org:Organization }", encoding="utf-8")
    _, out, _ = run(capsys, "query", str(file), "--project", str(example), "--format", "csv")
    assert out.split() == ["n", str(len((EXAMPLE / "data" / "organizations.csv").read_text().splitlines()) - 1)]
    file.write_text("SELEC", encoding="utf-8")
    status, _, err = run(capsys, "query", str(file), "--project", str(example))
    assert (status, err.count("\n")) == (2, 1)
    data = tmp_path / "d.ttl"
    data.write_text("<urn:a> <urn:b> 1 .", encoding="utf-8")
    file.write_text("CONSTRUCT { ?s <urn:c> ?o } WHERE { ?s <urn:b> ?o }", encoding="utf-8")
    _, out, _ = run(capsys, "query", str(file), "--data", str(data), "--format", "nt")
    assert out == '<urn:a> <urn:c> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'


def test_export_and_validate(capsys: pytest.CaptureFixture[str], example: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.nt"
    assert run(capsys, "export", str(example), "--format", "nt", "--out", str(out))[0] == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) > 8000
    status, shown, _ = run(capsys, "validate", str(example))
    rows = json.loads((example / "build" / "run.json").read_text(encoding="utf-8"))["counts"]["rows"]
    counts = f"rows: {rows['read']} read = {rows['accepted']} accepted + {rows['rejected']} rejected"
    assert (status, shown) == (0, f"{counts}\nthe data conforms\n")
    bad = tmp_path / "bad.ttl"
    bad.write_text(
        '<urn:o> a <http://www.w3.org/ns/org#Organization> ; <https://schema.org/addressCountry> "Germany" .',
        encoding="utf-8",
    )
    status, shown, _ = run(capsys, "validate", str(bad), "--format", "ttl")
    assert status == 1
    assert shown.count("sh:ValidationResult") == 2


def test_reports_in_every_format(capsys: pytest.CaptureFixture[str], write: Writer) -> None:
    folder = write(organizations="id,name,country\na,A,<script>alert(1)</script>\n")
    arguments = ("validate", str(folder), "--format")
    status, page, _ = run(capsys, *arguments, "html")
    assert status == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in page
    _, text, _ = run(capsys, *arguments, "sarif")
    result = json.loads(text)["runs"][0]["results"][0]
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "data/organizations.csv"},
        "region": {"startLine": 2},
    }
    _, text, _ = run(capsys, *arguments, "text")
    assert text.startswith("Violation: the country must be two")
    assert "data/organizations.csv line 2, column country: not '<script>alert(1)</script>'" in text
    _, text, _ = run(capsys, *arguments, "json")
    assert [(row["file"], row["line"], row["column"]) for row in json.loads(text)] == [
        ("data/organizations.csv", 2, "country")
    ]


def test_rdf_files_may_use_the_narrower_class(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "d.ttl"
    file.write_text(
        """@prefix org: <http://www.w3.org/ns/org#> . @prefix ckg: <https://w3id.org/clusterkg/ontology#> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        <urn:a> a org:FormalOrganization ; skos:prefLabel "A" . <urn:b> a org:FormalOrganization ; skos:prefLabel "B" .
        <urn:l> a ckg:SupplyLink ; ckg:supplier <urn:a> ; ckg:customer <urn:b> .""",
        encoding="utf-8",
    )
    assert run(capsys, "validate", str(file)) == (0, "the data conforms\n", "")
