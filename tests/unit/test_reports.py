"""Reports for people and code hosts: what they say of a fault, what they suggest, and what they do with hostile text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from kg.check import check_files
from kg.cli import main
from kg.identifiers import encode
from kg.project import checked
from kg.rejected import REPORT_COLUMNS, write_report
from kg.report_turtle import report_turtle
from kg.reports import report_html, report_sarif, report_text
from kg.rows import Finding, Row, RowCounts, RowTable
from kg.suggestions import near_ids
from kg.validate import read_shapes

TABLE = RowTable(
    "data/organizations.csv", "organizations", ("id", "Name", "sectors"), {"id": 0, "name": 1, "sectors": 2}
)
SECTOR = "https://w3id.org/clusterkg/shapes#OrganizationShape-inSector"
HOSTILE = "<script>alert(1)</script>\u202ereversed\x1b[31m <a href='javascript:alert(2)'>"


def unknown_sector(line: int, name: str = "N", value: str = "26.1l") -> Finding:
    return Finding(
        "Violation",
        "left-out",
        f"unknown sector '{value}': did you mean '26.11'?",
        source=1,
        file=TABLE.file,
        line=line,
        column="sectors",
        value=f"{value};28",
        component="ClassConstraintComponent",
        shape=SECTOR,
        row=Row(TABLE, line, (f"o{line}", name, f"{value};28")),
        stated="unknown sector",
    )


def unreadable(line: int, text: str) -> Finding:
    row = Row(TABLE, line, (text,))
    return Finding("Violation", "rejected", "the row can't be read", 1, TABLE.file, line, value=text, component="UnreadableRow", row=row)  # fmt: skip


# -- what is said


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int, str], str]:
    """The messages of a project with a fault of each sort, by file, line and column."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "data").mkdir()
    (folder / "kg.toml").write_text(
        '[project]\nbase = "https://e.org/"\n[[source]]\ntype = "tables"\npath = "data"\n', encoding="utf-8"
    )
    tables = {
        "organizations": "id,name,kind,country,region,sectors,employees,founded,latitude,longitude\n"
        "acme,A,companie,de,DE2l,26.1l;28,5,2024/01/02,95.2,5\n"
        'b1,B,Company,Germany,nowhere,s,-3,1.2.2003,"48,5",7\n'
        "c1,C,,,DE21,26.13,1O,,NaN,20\n"
        "gone,,,,,,,,,\n",
        "regions": "id,name,parent,level\nDE21,R,,3\n",
        "sectors": "id,name,broader,level\n26.11,S,,2\n28,T,26.l1,2\n",
        "supplies": "supplier,customer\nacme,acmee\nacme,acme\ngone,acme\n",
        "participants": "collaboration,organization\np-1,acme\n",
        "collaborations": "id,name,kind\np-l,P,rd-projet\n",
    }
    for name, text in tables.items():
        (folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    findings, rows = checked(folder)
    assert (rows.read, rows.accepted, rows.rejected) == (12, 7, 5)
    return {(f.file.removeprefix("data/"), f.line, f.column): f.message for f in reversed(findings)}


@pytest.mark.parametrize(
    ("file", "line", "column", "message"),
    [
        ("organizations", 2, "sectors", "unknown sector '26.1l': did you mean '26.11'?"),
        ("organizations", 2, "region", "unknown region 'DE2l': did you mean 'DE21'?"),
        ("organizations", 2, "latitude", "95.2 is above 90: the latitude must be a number of degrees from -90 to 90"),
        ("organizations", 2, "country", "the country must be two capital letters (ISO 3166-1 alpha-2), not 'de': did you mean 'DE'?"),
        ("organizations", 3, "country", "the country must be two capital letters (ISO 3166-1 alpha-2), not 'Germany'"),
        ("organizations", 3, "region", "unknown region 'nowhere'"),
        ("organizations", 3, "sectors", "unknown sector 's'"),
        ("organizations", 4, "sectors", "unknown sector '26.13'"),
        ("organizations", 5, "name", "the name is missing"),
        ("sectors", 3, "broader", "unknown broader sector '26.l1': did you mean '26.11'?"),
        ("supplies", 2, "customer", "the customer 'acmee' is no accepted organisation: did you mean 'acme'?"),
        ("supplies", 3, "customer", "an organisation can not supply itself"),
        ("supplies", 4, "supplier", "the supplier 'gone' is no accepted organisation"),
        ("participants", 2, "collaboration", "the collaboration 'p-1' is no accepted row: did you mean 'p-l'?"),
        ("collaborations", 2, "kind", "unknown kind of collaboration 'rd-projet': did you mean 'rd-project'?"),
    ],
)  # fmt: skip
def test_messages_say_the_value_and_what_was_meant(
    faults: dict[tuple[str, int, str], str], file: str, line: int, column: str, message: str
) -> None:
    assert faults[f"{file}.csv", line, column] == message


@pytest.mark.parametrize(
    ("line", "column", "end"),
    [
        (2, "kind", "not 'companie': did you mean 'company'?"),
        (3, "kind", "not 'Company': did you mean 'company'?"),
        (2, "founded", "not '2024/01/02': did you mean '2024-01-02'?"),
        (3, "founded", "not '1.2.2003'"),
        (3, "latitude", "not '48,5': did you mean '48.5'?"),
        (4, "latitude", "not 'NaN'"),
        (4, "employees", "not '1O': did you mean '10'?"),
    ],
)
def test_a_form_that_was_missed_is_suggested(
    faults: dict[tuple[str, int, str], str], line: int, column: str, end: str
) -> None:
    assert faults["organizations.csv", line, column].endswith(end)


@pytest.mark.parametrize(
    ("unknown", "known", "meant"),
    [
        ("26.1l", ["26.11", "26.12"], "26.11"),
        ("de 21", ["DE21"], "DE21"),
        ("АВ1", ["AB1"], "AB1"),  # Cyrillic
        ("Semicondutcors", ["semiconductors"], "semiconductors"),
        ("semicnductrs", ["semiconductors"], "semiconductors"),
        ("steal", ["steel", "stell"], None),  # two are as near
        ("26.12", ["26.11"], None),  # another number is another thing
        ("abc", ["abd"], None),  # too short to tell
        ("chemistry", ["physics"], None),
        ("a/b c1", ["a/b cl"], "a/b cl"),
        ("%FF?", ["%FF"], "%FF"),
    ],
)
def test_only_an_obvious_id_is_suggested(unknown: str, known: list[str], meant: str | None) -> None:
    place = "https://e.org/sector/"
    others = [f"https://e.org/skill/{encode(unknown)}x", "https://e.org/sector/%FF"]
    found = near_ids([(place, unknown)], [place + encode(one) for one in known] + others)
    assert found.get((place, unknown)) == meant


def test_many_ids_are_looked_up_at_once() -> None:
    place = "https://e.org/o/"
    known = [f"{place}firm-{number:05}-{chr(97 + number % 26)}" for number in range(20_000)]
    asked = [(place, f"firn-{number:05}-{chr(97 + number % 26)}") for number in range(0, 20_000, 2)]
    found = near_ids(asked, known)
    assert len(found) == len(asked)
    assert all(other == one.replace("firn", "firm") for (_, one), other in found.items())


def test_shapes_of_others_without_messages_speak_too(tmp_path: Path) -> None:
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "data.ttl"
    shapes.write_text(
        """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix e: <https://e.org/> .
        e:S a sh:NodeShape ; sh:targetClass e:T ; sh:property [ sh:path e:p ; sh:maxExclusive 90 ; ] ,
          [ sh:path e:q ; sh:pattern "^[a-z]+$" ; sh:message "No such code." ] , [ sh:path e:r ; sh:class e:C ] .""",
        encoding="utf-8",
    )
    data.write_text(
        '@prefix e: <https://e.org/> . e:x a e:T ; e:p 95.2 ; e:q "A \\"B\\"" ; e:r e:thinq . e:thing a e:C .',
        encoding="utf-8",
    )
    findings, _, _ = check_files([data], read_shapes([shapes]))
    assert sorted(finding.message for finding in findings) == [
        "95.2 is not below 90",
        "No such code: 'A \"B\"'",
        "https://e.org/r must be of the class https://e.org/C, not 'https://e.org/thinq': did you mean 'https://e.org/thing'?",
    ]
    assert {finding.stated for finding in findings} >= {"No such code."}


@pytest.mark.parametrize("form", ["text", "json", "csv", "html", "ttl", "sarif"])
@pytest.mark.parametrize(("data", "status"), [("", 0), ("a <http://www.w3.org/ns/org#Organization>", 1), ("a", 2)])
def test_exit_statuses_are_those_of_every_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, data: str, status: int
) -> None:
    file = tmp_path / "d.ttl"
    file.write_text(f"<urn:o> {data} ." if data else "", encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["validate", str(file), "--format", form])
    shown = capsys.readouterr()
    assert stop.value.code == status
    assert (bool(shown.out), bool(shown.err)) == (status < 2, status == 2)
    assert ("the name is missing" in shown.out) == (status == 1)


# -- the terminal


def test_text_is_grouped_with_counts_and_examples() -> None:
    findings = [unknown_sector(line) for line in range(2, 12)] + [unreadable(14, "x")]
    assert report_text(findings, rows=RowCounts(13, 1)) == (
        "Violation: unknown sector\n"
        "  10 violations: 10 values left out (ckgsh:OrganizationShape-inSector)\n"
        + "".join(
            f"    data/organizations.csv line {line}, column sectors: "
            "unknown sector '26.1l': did you mean '26.11'? (26.1l;28)\n"
            for line in (2, 3, 4)
        )
        + "    and 7 more\n\n"
        "Violation: the row can't be read\n"
        "  1 violation: 1 row rejected (UnreadableRow)\n"
        "    data/organizations.csv line 14: the row can't be read (x)\n\n"
        "rows: 13 read = 12 accepted + 1 rejected\n"
        "11 violations: 1 row rejected, 10 values left out\n"
        "--format html, csv, json, sarif or ttl shows all"
    )


def test_text_of_what_conforms() -> None:
    assert report_text([], rows=RowCounts(3, 0)) == "rows: 3 read = 3 accepted + 0 rejected\nthe data conforms"
    assert report_text([]) == "the data conforms"


@pytest.mark.parametrize("width", [40, 80, 132])
def test_text_fits_the_terminal(width: int) -> None:
    findings = [unknown_sector(2, value="漢字" * 60), unreadable(3, HOSTILE + "x" * 100_000), unreadable(4, "a\nb\tc")]
    text = report_text(findings, rows=RowCounts(3, 2), width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert all(character.isprintable() or character == "\n" for character in text)
    assert len(text) < 3_000
    assert "\\u202ereversed" in re.sub(r"\n\s*", "", text)


# -- the page


class Parsed(HTMLParser):
    """What is in a page: the tags with their attributes, ids, and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]


def test_page_shows_hostile_text_as_text() -> None:
    table = RowTable(f"{HOSTILE}.csv", "organizations", (HOSTILE, "name"), {"id": 0, "name": 1})
    row = Row(table, 2, (HOSTILE, HOSTILE + "x" * 100_000))
    finding = Finding("Violation", "rejected", HOSTILE, 1, table.file, 2, "id", HOSTILE, component=HOSTILE, shape=f"urn:{HOSTILE}", row=row)  # fmt: skip
    page = report_html([finding, unreadable(3, HOSTILE)], title=HOSTILE)
    parsed = Parsed(page)
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    assert not [value for value in parsed.all("href") if not value.startswith("#")]
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202ereversed" in page
    assert len(page) < 30_000
    assert "100," in page


def test_page_needs_nothing_else_and_every_link_leads_somewhere() -> None:
    findings = [unknown_sector(2), unknown_sector(2), unknown_sector(3), unreadable(9, "x")]
    findings.append(Finding("Warning", "kept", "a note", focus="https://e.org/x", component="C"))
    parsed = Parsed(report_html(findings, rows=RowCounts(9, 1)))
    ids = parsed.all("id")
    assert len(ids) == len(set(ids))
    assert {value.removeprefix("#") for value in parsed.all("href")} <= set(ids)
    assert not parsed.all("src")
    assert {"row-1-2", "row-1-2-1", "row-1-3", "row-1-9", "file-1"} <= set(ids)


def test_page_marks_the_cell_of_the_row_by_its_own_header() -> None:
    page = report_html([unknown_sector(2, name="Acme & Co")])
    assert '<dt><bdi>Name</bdi></dt><dd dir="auto">Acme &amp; Co</dd>' in page
    assert '<div class="blamed"><dt><bdi>sectors</bdi></dt><dd dir="auto"><mark>26.1l;28</mark></dd></div>' in page


def test_page_does_not_grow_without_bound_and_hides_no_kind() -> None:
    many = [unknown_sector(line, name="y" * 10_000) for line in range(2, 20_002)]
    page = report_html([*many, unreadable(20_005, "z")], all_of_them="report.csv has all")
    assert len(page) < 2_000_000
    assert "The first 1,000 of 20,001 are shown here, at most 999 of each kind; report.csv has all." in page
    assert 'id="row-0-20005"' in page
    assert "20,000 values left out" in page


def test_page_of_what_conforms() -> None:
    page = report_html([], rows=RowCounts(3, 0), title="T")
    assert "The data conforms." in page
    assert "3 rows read = 3 accepted + 0 rejected" in page
    assert "<table" not in page


# -- code hosts


def sarif(findings: list[Finding]) -> dict[str, Any]:
    log = json.loads("".join(report_sarif(findings)))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_sarif_rules_and_places() -> None:
    note = Finding(
        "Info", "kept", "m", focus="https://e.org/x", component="C", shape="n0123", path="https://schema.org/name"
    )
    run = sarif([unknown_sector(2), unreadable(3, "x" * 5_000), note])
    driver = run["tool"]["driver"]
    assert driver["name"] == "clusterkg"
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids == sorted(set(ids)) == ["C of schema:name", "UnreadableRow", "ckgsh:OrganizationShape-inSector"]
    assert driver["rules"][2] == {
        "id": "ckgsh:OrganizationShape-inSector",
        "name": "OrganizationShape-inSector",
        "shortDescription": {"text": "unknown sector"},
        "fullDescription": {"text": "unknown sector"},
        "defaultConfiguration": {"level": "error"},
    }
    for result in run["results"]:
        assert set(result) <= {"ruleId", "ruleIndex", "level", "message", "properties", "locations"}
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert 0 < len(result["message"]["text"]) < 1_100
    first = run["results"][0]
    assert first["message"]["text"] == "sectors: unknown sector '26.1l': did you mean '26.11'? (26.1l;28)"
    assert first["locations"] == [
        {
            "physicalLocation": {"artifactLocation": {"uri": "data/organizations.csv"}, "region": {"startLine": 2}},
            "logicalLocations": [
                {"name": "sectors", "fullyQualifiedName": "data/organizations.csv#sectors", "kind": "member"}
            ],
        }
    ]
    assert run["results"][2]["level"] == "note"
    assert "physicalLocation" not in run["results"][2]["locations"][0]


@pytest.mark.parametrize(
    ("file", "uri"), [("my data/ö.csv", "my%20data/%C3%B6.csv"), ("a:b.nt", "a%3Ab.nt"), ("d\\x.csv", "d/x.csv")]
)
def test_sarif_names_files_by_references(file: str, uri: str) -> None:
    run = sarif([Finding("Violation", "kept", "m", file=file, line=1)])
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_sarif_of_nothing() -> None:
    run = sarif([])
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


# -- the build


def test_a_build_has_the_report_in_every_form(tmp_path: Path) -> None:
    write_report(tmp_path, [unknown_sector(2)], rows=RowCounts(1, 0), title="Chips")
    assert tuple("severity effect source file line column value message focus path component shape".split()) == REPORT_COLUMNS  # fmt: skip  # noqa: SIM905
    header, row = (tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()
    assert header == ",".join(REPORT_COLUMNS)
    assert row.startswith("Violation,left-out,1,data/organizations.csv,2,sectors,26.1l;28,unknown sector '26.1l': did")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Chips" in page
    assert "1 row read = 1 accepted + 0 rejected" in page


def test_the_standard_report_has_the_message_of_the_shape() -> None:
    text = report_turtle([unknown_sector(2)])
    assert 'sh:resultMessage "unknown sector"' in text
    assert "ckgsh:message \"unknown sector '26.1l': did you mean '26.11'?\"" in text


@pytest.mark.parametrize("severity", ["Violation", "Warning", "Info"])
def test_the_standard_report_conforms_only_without_results(severity: str) -> None:
    assert "sh:conforms false" in report_turtle([replace(unknown_sector(2), severity=severity)])
    assert "sh:conforms true" in report_turtle([])


def test_rows_that_lost_a_value_have_what_was_meant_beside_it(tmp_path: Path) -> None:
    write_report(tmp_path, [unknown_sector(2)], rows=RowCounts(1, 0))
    kept_out = (tmp_path / "rejected" / "values" / "organizations.csv").read_text(encoding="utf-8")
    assert kept_out == "id,Name,sectors,line,reason\no2,N,26.1l;28,2,sectors: unknown sector: did you mean '26.11'?\n"
