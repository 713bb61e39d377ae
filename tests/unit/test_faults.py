"""What a fault does: rows and values are kept out with their line, everything else is built."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import kg
from kg.cli import main
from kg.errors import InputError, UsageError
from tests.conftest import Writer

ORGANIZATIONS = "id,name,region,sectors,employees,latitude,longitude\n"


def report(folder: Path) -> list[tuple[str, str, str, str]]:
    with (folder / "build" / "report.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return sorted((row["effect"], row["file"], row["line"], row["column"]) for row in rows)


def test_rows_and_values(write: Writer) -> None:
    folder = write(
        organizations=ORGANIZATIONS
        + "a,A,r,s,5,,\nb,,r,s,,,\na,Other,r,s,,,\na,A,r,s,5,,\nc,C,nowhere,s;bad,-3,95,5\nd,D,r,s,many,10,20\n",
        regions="id,name,parent,level\nr,R,,3\n",
        sectors="id,name,broader,level\ns,S,,2\n",
        supplies="supplier,customer\na,d\na,a\na,zzz\nb,a\n",
    )
    build = kg.build(folder, with_store=False)
    assert report(folder) == sorted(
        [
            ("kept", "data/organizations.csv", "5", ""),
            ("left-out", "data/organizations.csv", "6", "employees"),
            ("left-out", "data/organizations.csv", "6", "latitude"),
            ("left-out", "data/organizations.csv", "6", "region"),
            ("left-out", "data/organizations.csv", "6", "sectors"),
            ("left-out", "data/organizations.csv", "7", "employees"),
            ("left-out", "data/organizations.csv", "7", "employees"),  # neither a number nor above 0
            ("rejected", "data/organizations.csv", "3", "name"),
            ("rejected", "data/organizations.csv", "4", "id"),
            ("rejected", "data/supplies.csv", "3", "customer"),
            ("rejected", "data/supplies.csv", "4", "customer"),
            ("rejected", "data/supplies.csv", "5", "supplier"),
        ]
    )
    assert build.run["counts"]["rows"] == {"read": 12, "rejected": 5, "accepted": 7}
    facts = (folder / "build" / "facts.nq").read_text(encoding="utf-8")
    assert "sector/bad" not in facts
    assert "POINT(5 95)" not in facts
    assert "POINT(20 10)" in facts
    kept_out = (folder / "build" / "rejected" / "supplies.csv").read_text(encoding="utf-8")
    assert kept_out.splitlines()[0] == "supplier,customer,line,reason"
    assert len(kept_out.splitlines()) == 4


def test_a_cycle_in_the_region_tree_is_left_out(write: Writer) -> None:
    folder = write(
        organizations="id,name,region\na,A,x\n",
        regions="id,name,parent,level\nx,X,y,3\ny,Y,x,2\nz,Z,,3\n",
    )
    kg.build(folder, with_store=False)
    assert ("left-out", "data/regions.csv", "2", "parent") in report(folder)
    assert "regionWithin" not in (folder / "build" / "facts.nq").read_text(encoding="utf-8")


def test_impossible_dates(write: Writer) -> None:
    folder = write(
        organizations="id,name,founded\na,A,2021-02-29\nb,B,2020-02-29\nc,C,2021-13\nd,D,0999\ne,E,1891\n",
    )
    kg.build(folder, with_store=False)
    assert [line for _, _, line, _ in report(folder)] == ["2", "4", "5"]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"organizations": "id,name,latitud\na,A,1\n"},
            "organizations.csv line 1: .*'latitud'.*did you mean 'latitude'",
        ),
        ({"organizations": "id\na\n"}, "organizations.csv line 1: the column 'name' is missing"),
        ({"organizations": ""}, "organizations.csv line 1: the file is empty"),
        ({"organizations": "id,name\n"}, "organizations.csv line 1: the table has a header and no rows"),
        ({"regions": "id,name,level\nr,R,3\n"}, "organizations.csv is missing"),
        ({"organizations": "id,name\na,A\n", "suplies": "a\n"}, "did you mean 'supplies'"),
        ({"organizations": "id,name\na,A\x00\n"}, "organizations.csv line 1: this is no text file"),
    ],
)
def test_files_that_cannot_be_read(write: Writer, tables: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        kg.build(write(**tables))


def test_wrong_encoding_names_the_line(write: Writer) -> None:
    folder = write()
    (folder / "data" / "organizations.csv").write_bytes("id,name\na,A\nb,Köln\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"organizations\.csv line 3: this is not UTF-8 \(byte 0xF6"):
        kg.build(folder)


def test_an_oversized_cell_and_an_open_quote_lose_only_their_row(write: Writer) -> None:
    folder = write(organizations=f'id,name\na,A\nb,{"x" * 3_000_000}\nc,C\nd,"open\ne,E\n')
    build = kg.build(folder, with_store=False)
    assert build.run["counts"]["rows"] == {"read": 5, "rejected": 2, "accepted": 3}
    assert [(effect, line) for effect, _, line, _ in report(folder)] == [("rejected", "3"), ("rejected", "5")]


def test_a_failed_build_leaves_the_last_one(write: Writer) -> None:
    folder = write(organizations="id,name,region\na,A,r\n", regions="id,name,level\nr,R,3\n")
    kg.build(folder, with_store=False)
    before = (folder / "build" / "facts.nq").read_bytes()
    with pytest.raises(UsageError, match="region_level = 7: no region has that level; the levels present are 3"):
        kg.build(folder, settings={"region_level": "7"})
    assert (folder / "build" / "facts.nq").read_bytes() == before
    assert [path.name for path in folder.iterdir() if path.name.startswith(".build")] == []


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("min_members=1", "at least 2"),
        ("driver_share=0", "above 0"),
        ("driver_share=1.5", "at most 1"),
        ("min_driver=2", "did you mean 'min_drivers'"),
        ("as_of=yesterday", "a date such as"),
        ("min_members=five", "no number"),
    ],
)
def test_parameters_out_of_bounds(
    write: Writer, capsys: pytest.CaptureFixture[str], setting: str, message: str
) -> None:
    folder = write(organizations="id,name\na,A\n")
    with pytest.raises(SystemExit) as stop:
        main(["build", str(folder), "--set", setting])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("text", "status"), [("a,A,r\n", 0), ("a,A,unknown\n", 1)])
def test_exit_statuses(write: Writer, text: str, status: int) -> None:
    folder = write(organizations=f"id,name,region\n{text}", regions="id,name,level\nr,R,3\n")
    with pytest.raises(SystemExit) as stop:
        main(["build", str(folder)])
    assert stop.value.code == status


def test_strict_builds_nothing(write: Writer) -> None:
    folder = write(organizations="id,name,region\na,A,unknown\n", regions="id,name,level\nr,R,3\n")
    with pytest.raises(SystemExit) as stop:
        main(["build", str(folder), "--strict"])
    assert stop.value.code == 1
    assert not (folder / "build").exists()


def test_an_rdf_source_is_checked_like_the_rest(tmp_path: Path) -> None:
    (tmp_path / "kg.toml").write_text(
        '[project]\nbase = "https://e.org/"\n[[source]]\ntype = "rdf"\npath = "d.ttl"\n', encoding="utf-8"
    )
    (tmp_path / "d.ttl").write_text(
        """@prefix org: <http://www.w3.org/ns/org#> . @prefix ckg: <https://w3id.org/clusterkg/ontology#> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix schema: <https://schema.org/> .
        <urn:a> a org:FormalOrganization ; skos:prefLabel "A" ; ckg:memberOf <urn:g> ;
          schema:numberOfEmployees "many"^^<http://www.w3.org/2001/XMLSchema#integer> ;
          schema:address [ schema:streetAddress "S" ] .
        <urn:b> a org:Organization .
        <urn:c> a org:Organization ; skos:prefLabel "C" .
        [] a ckg:SupplyLink ; ckg:supplier <urn:a> ; ckg:customer <urn:b> .
        [] a ckg:SupplyLink ; ckg:supplier <urn:a> ; ckg:customer <urn:c> .
        """,
        encoding="utf-8",
    )
    build = kg.build(tmp_path, with_store=False)
    facts = (tmp_path / "build" / "facts.nq").read_text(encoding="utf-8")
    assert facts.count("SupplyLink") == 1
    assert "_:" not in facts
    assert "urn:b" not in facts
    assert "memberOf" not in facts
    assert "numberOfEmployees" not in facts
    assert "streetAddress" in facts
    rows = build.run["counts"]["rows"]
    assert rows["read"] == 15
    assert rows["accepted"] == len(facts.splitlines())
    kept_out = (tmp_path / "build" / "rejected" / "d.csv").read_text(encoding="utf-8")
    assert len(kept_out.splitlines()) == 1 + rows["rejected"]


@pytest.mark.parametrize("name", ["<b>", '"quoted', "<script>alert(1)</script>", "[bold]x[/bold]", "urn:x y"])
def test_odd_text_is_only_text(write: Writer, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    cell = '"' + name.replace('"', '""') + '"'
    folder = write(organizations=f"id,name,country\n{cell},{cell},{cell}\n")
    with pytest.raises(SystemExit) as stop:
        main(["build", str(folder)])
    assert stop.value.code == 1
    assert report(folder) == [("left-out", "data/organizations.csv", "2", "country")]
    with pytest.raises(SystemExit):
        main(["explain", name, "--project", str(folder)])
    assert name in capsys.readouterr().out


@pytest.mark.parametrize("latitude", ["NaN", "sNaN", "INF", "1e400", "1e1", "4٣", "abc", "91"])
def test_a_latitude_that_is_no_decimal_is_left_out(write: Writer, latitude: str) -> None:
    folder = write(organizations=f"id,name,latitude,longitude\nx,X,{latitude},10\ny,Y,10,10\n")
    kg.build(folder, with_store=False)
    assert set(report(folder)) == {("left-out", "data/organizations.csv", "2", "latitude")}
    facts = (folder / "build" / "facts.nq").read_text(encoding="utf-8")
    assert facts.count("POINT") == 1
    assert (folder / "build" / "rejected" / "values" / "organizations.csv").read_text(encoding="utf-8").count(
        latitude
    ) == 1


@pytest.mark.parametrize("level", ["NaN", "1e5", "x"])
def test_an_impossible_level_in_rdf_is_rejected(tmp_path: Path, level: str) -> None:
    (tmp_path / "kg.toml").write_text(
        '[project]\nbase = "https://e.org/"\n[[source]]\ntype = "rdf"\npath = "d.ttl"\n', encoding="utf-8"
    )
    (tmp_path / "d.ttl").write_text(
        "<urn:r> a <https://w3id.org/clusterkg/ontology#Region> ;"
        ' <http://www.w3.org/2004/02/skos/core#prefLabel> "R" ;'
        f' <https://w3id.org/clusterkg/ontology#regionLevel> "{level}"^^<http://www.w3.org/2001/XMLSchema#integer> .',
        encoding="utf-8",
    )
    build = kg.build(tmp_path, with_store=False)
    assert "regionLevel" not in (tmp_path / "build" / "facts.nq").read_text(encoding="utf-8")
    assert build.run["counts"]["rows"] == {"read": 3, "rejected": 1, "accepted": 2}


def test_two_sources_with_the_same_file_names_are_both_counted(tmp_path: Path) -> None:
    toml = '[project]\nbase = "https://e.org/"\n'
    for name in ("a", "b"):
        toml += f'[[source]]\ntype = "tables"\npath = "{name}/data"\n'
        (tmp_path / name / "data").mkdir(parents=True)
        text = f"id,name\n{name},N\n,missing\n"
        (tmp_path / name / "data" / "organizations.csv").write_text(text, encoding="utf-8")
    (tmp_path / "kg.toml").write_text(toml, encoding="utf-8")
    build = kg.build(tmp_path, with_store=False)
    assert build.run["counts"]["rows"] == {"read": 4, "rejected": 2, "accepted": 2}
    assert sorted(path.name for path in (tmp_path / "build" / "rejected").iterdir()) == [
        "organizations-2.csv",
        "organizations.csv",
    ]


def test_a_rejected_row_keeps_to_its_columns(write: Writer) -> None:
    folder = write(organizations="id,name\na,A\n,nobody,surplus\n")
    kg.build(folder, with_store=False)
    kept_out = (folder / "build" / "rejected" / "organizations.csv").read_text(encoding="utf-8")
    assert kept_out == "id,name,line,reason\n,nobody,3,the id is missing\n"
    assert "surplus" in (folder / "build" / "report.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["a/b", "é😀", "a b", "a#b", "%41", "[bold]x"])
def test_an_odd_id_is_found_as_it_stands(write: Writer, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(organizations=f"id,name\n{name},Name \x1b[31mred\n")
    kg.build(folder, with_store=False)
    with pytest.raises(SystemExit) as stop:
        main(["explain", name, "--project", str(folder)])
    out = capsys.readouterr().out
    assert stop.value.code == 0
    assert "Name" in out
    assert "\x1b[31m" not in out


@pytest.mark.parametrize(
    "toml",
    [
        '[project]\nbase = "https://e.org/[x]/"\n',
        'source = [1]\n[project]\nbase = "https://e.org/"\n',
        '[project]\nbase = "https://e.org/"\n',
        "[project\n",
    ],
)
def test_a_broken_kg_toml_is_a_usage_error(tmp_path: Path, toml: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kg.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["build", str(tmp_path)])
    err = capsys.readouterr().err
    assert (stop.value.code, err.count("\n")) == (2, 1)
    assert "kg.toml" in err


def test_what_a_killed_build_left_is_removed_and_the_last_good_one_comes_back(write: Writer) -> None:
    folder = write(organizations="id,name\na,A\n")
    kg.build(folder, with_store=False)
    nobody = 2**30  # no process has a number so large
    (folder / "build").replace(folder / f".build-{nobody}-x-old")
    (folder / f".build-{nobody}-x").mkdir()
    (folder / "data" / "organizations.csv").unlink()
    with pytest.raises(InputError):
        kg.build(folder, with_store=False)
    assert kg.open(folder).run["counts"]["rows"]["read"] == 1
    assert not list(folder.glob(".build-*"))


def test_rows_with_too_few_cells_are_kept_and_noted(write: Writer) -> None:
    folder = write(organizations="id,name,employees\na,A,5\nb,B\n")
    build = kg.build(folder, with_store=False)
    assert report(folder) == [("kept", "data/organizations.csv", "3", "")]
    assert build.run["counts"]["rows"] == {"read": 2, "rejected": 0, "accepted": 2}


def test_a_wrong_value_is_out_before_others_are_compared_with_it(write: Writer) -> None:
    folder = write(
        organizations="id,name,region\na,A,leuven\n",
        regions="id,name,parent,level\nbe,Belgium,,0\nleuven,Leuven,be,-1\nx,X,be,3\n",
    )
    kg.build(folder, with_store=False)
    assert [row for row in report(folder) if row[0] == "left-out"] == [("left-out", "data/regions.csv", "3", "level")]
    assert (folder / "build" / "facts.nq").read_text(encoding="utf-8").count("regionWithin") == 2


def test_half_a_point_is_told_and_kept(write: Writer) -> None:
    folder = write(organizations="id,name,latitude,longitude\na,A,50.9,\nb,B,,4.7\nc,C,99,4.7\n")
    kg.build(folder, with_store=False)
    with (folder / "build" / "report.csv").open(encoding="utf-8", newline="") as stream:
        found = [(row["severity"], row["effect"], row["line"], row["message"]) for row in csv.DictReader(stream)]
    assert found == [
        ("Warning", "kept", "2", "the longitude is missing, and a latitude alone is no point"),
        ("Warning", "kept", "3", "the latitude is missing, and a longitude alone is no point"),
        ("Violation", "left-out", "4", "99 is above 90: the latitude must be a number of degrees from -90 to 90"),
    ]


def test_files_are_named_from_the_folder_of_the_project(tmp_path: Path) -> None:
    text = '[project]\nbase = "https://e.org/"\n'
    for name in ("a", "b"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data" / "organizations.csv").write_text(
            f"id,name,region\n{name},A,nowhere\n", encoding="utf-8"
        )
        text += f'[[source]]\ntype = "tables"\npath = "{name}/data"\n'
    (tmp_path / "kg.toml").write_text(text, encoding="utf-8")
    kg.build(tmp_path, with_store=False)
    assert [row[1] for row in report(tmp_path)] == ["a/data/organizations.csv", "b/data/organizations.csv"]


def test_statements_beside_blank_nodes_have_their_lines(tmp_path: Path) -> None:
    org, name = "<http://www.w3.org/ns/org#Organization>", "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    kind, country = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<https://schema.org/addressCountry>"
    lines = [
        f"_:b {kind} {org} .",
        f'_:b {name} "B" .',
        "# a comment",
        f"<urn:a> {kind} {org} .",
        f'<urn:a> {name} "A" .',
        f'<urn:a> {country} "Belgium" .',
        f'_:b {country} "Holland" .',
        f'_:c {country} "Spain" .',
        f'_:d {country} "Spain" .',
        f"_:c {kind} {org} .",
        f"_:d {kind} {org} .",
        f'_:c {name} "C" .',
        f'_:d {name} "D" .',
    ]
    (tmp_path / "f.nt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "kg.toml").write_text(
        '[project]\nbase = "https://e.org/"\n[[source]]\ntype = "rdf"\npath = "f.nt"\n', encoding="utf-8"
    )
    kg.build(tmp_path, with_store=False)
    with (tmp_path / "build" / "report.csv").open(encoding="utf-8", newline="") as stream:
        found = sorted((row["value"], row["line"]) for row in csv.DictReader(stream) if "country" in row["message"])
    # Statements of nodes without a name that are the same but for the node have no line.
    assert [(value.split('"')[1] if '"' in value else value, line) for value, line in found] == [
        ("Belgium", "6"),
        ("Holland", "7"),
        ("Spain", ""),
        ("Spain", ""),
    ]
