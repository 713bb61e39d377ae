"""What a build of fuzzed tables must account for: every row, and every cell of the rows that are accepted.

Files are read here by a reader of its own, character by character, and terms are made without the toolkit's SQL.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from bench.fuzz_files import BASE, Fuzzed
from kg.mapping import TABLES, Column, codes
from kg.namespaces import CKG, DCT, ORG, SCHEMA, SKOS, WGS

__all__ = ["read_table", "unaccounted"]

MOST = 1_000_000
csv.field_size_limit(10 * MOST)
_CORDIS: dict[str, dict[str, NamedNode | None]] = {
    "organization": {"legalName": SKOS["prefLabel"], "nutsCode": CKG["locatedIn"], "activityType": ORG["classification"],
                     "vatNumber": SCHEMA["vatID"], "country": SCHEMA["addressCountry"], "url": SCHEMA["url"], "lat": WGS["lat"], "lon": WGS["long"],
                     "geolocation": None},
    "project": {"title": SKOS["prefLabel"], "acronym": SKOS["prefLabel"], "startDate": SCHEMA["startDate"], "endDate": SCHEMA["endDate"],
                "topic": SCHEMA["keywords"]},
    "participation": {"role": CKG["participantRole"]},
    "euroSciVoc": {"code": DCT["subject"]},
}  # fmt: skip
_ALIASES = {"name": "legalName", "organizationURL": "url"}


@dataclass(slots=True)
class Table:
    """A file as it was read here: names of columns, and the cells of each row by its line, None where it is broken."""

    header: list[str]
    rows: dict[int, list[str] | None]


def read_table(content: bytes, *, tab: bool) -> Table:
    """Read a delimited text that has a header: strictly by RFC 4180, a broken row being one line."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    texts = ["" if _overlong(line) else line.decode("utf-8-sig" if at == 0 else "utf-8") for at, line in enumerate(lines)]  # fmt: skip
    overlong = [_overlong(line) for line in lines]
    first = next(at for at, text in enumerate(texts) if text.strip())
    delimiter = "\t" if tab else ";" if texts[first].count(";") > texts[first].count(",") else ","
    header, _ = _row(texts, overlong, first, delimiter)
    rows: dict[int, list[str] | None] = {}
    at = first + 1
    while at < len(lines):
        if not lines[at]:
            break
        cells, used = _row(texts, overlong, at, delimiter)
        if cells != []:
            rows[at + 1] = cells
        at += used
    return Table([name.strip() for name in header or []], rows)


def _overlong(line: bytes) -> bool:
    return len(line) > MOST and line[MOST : MOST + 1] != b"\n"


def _row(texts: list[str], overlong: list[bool], first: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Return the cells of the row that begins with a line, or None, and how many lines it has."""
    cells: list[str] = []
    cell: list[str] = []
    state = "start"
    size = 0
    for at in range(first, len(texts)):
        text = texts[at]
        size += len(text)
        if overlong[at] or (size > MOST and at > first):
            return None, 1
        if at == first and text in ("\n", "\r\n", "\r", ""):
            return [], 1
        place = 0
        while place < len(text):
            char = text[place]
            if state == "quoted":
                end = text.find('"', place)
                cell.append(text[place : end if end >= 0 else len(text)])
                place = end if end >= 0 else len(text)
                state = "quote" if end >= 0 else state
            elif char in "\r\n":
                if text[place:] not in ("\n", "\r\n", "\r"):
                    return None, 1
                place = len(text)
            elif char == delimiter:
                cells.append("".join(cell))
                cell, state = [], "start"
            elif state == "quote":
                if char != '"':
                    return None, 1
                cell.append('"')
                state = "quoted"
            elif char == '"' and state == "start":
                state = "quoted"
            else:
                cell.append(char)
                state = "plain"
            place += 1
        if state != "quoted":
            cells.append("".join(cell))
            return (None if any(len(one) > MOST for one in cells) else cells), at - first + 1
    return None, 1


@dataclass(slots=True)
class _File:
    """A file of a source and what the build says of it."""

    source: int
    kind: str
    shown: str
    name: str
    table: Table
    accepted: dict[int, list[str]]
    findings: dict[int, list[dict[str, str]]]


def unaccounted(project: Fuzzed) -> Iterator[str]:
    """Yield what a build leaves without account."""
    target = project.folder / "build"
    run = json.loads((target / "run.json").read_text(encoding="utf-8"))
    read = {(item["source"], item["file"]): item["rows"] for item in run["counts"]["files"]}
    with (target / "report.csv").open(encoding="utf-8", newline="") as stream:
        report = list(csv.DictReader(stream))
    if sum(run["counts"]["findings"].values()) != len(report):
        yield "report.csv has not as many rows as there are findings"
    facts = _facts(target / "facts.nq")
    kept_out = _kept_out(target / "rejected")
    rejected = 0
    for file in _files(project, target, report):
        if (count := read.pop((file.source, file.shown), None)) != len(file.table.rows):
            yield f"{file.shown}: {count} rows were read, there are {len(file.table.rows)}"
        gone = {line for line, found in file.findings.items() if any(f["effect"] == "rejected" for f in found)}
        rejected += len(gone)
        yield from _rows(file, gone, kept_out)
        yield from _values(file, gone, facts)
    # A statement of RDF is told by its line or, where it has none, by what it says.
    statements = {
        (row["source"], row["file"], row["line"] or row["value"])
        for row in report
        if row["effect"] == "rejected" and project.sources[int(row["source"]) - 1][0] == "rdf"
    }
    if rejected + len(statements) != run["counts"]["rows"]["rejected"]:
        yield f"{run['counts']['rows']['rejected']} rows are said to be rejected, the report has {rejected} and {len(statements)} statements"
    for source, shown in read:
        if project.sources[source - 1][0] != "rdf":
            yield f"{shown} was read, and it should not be there"
    for row in report:
        if row["effect"] != "kept" and not row["file"]:
            yield f"a finding names no file: {row['message']}"


def _files(project: Fuzzed, target: Path, report: list[dict[str, str]]) -> Iterator[_File]:
    accepted: dict[tuple[int, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in pq.read_table(target / "rows.parquet").to_pylist():
        accepted[row["source"], row["file"]][row["line"]].append(row["node"])
    found: dict[tuple[int, str], dict[int, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in report:
        if row["file"]:
            found[int(row["source"]), row["file"]][int(row["line"] or 0)].append(row)
    for number, (kind, _) in enumerate(project.sources, start=1):
        for file in sorted((project.folder / f"s{number}").iterdir()):
            if kind != "rdf":
                shown = f"s{number}/{file.name}"
                table = read_table(file.read_bytes(), tab=file.suffix == ".tsv")
                yield _File(number, kind, shown, file.stem, table, accepted[number, shown], found[number, shown])


def _kept_out(folder: Path) -> Counter[tuple[str, ...]]:
    """The rows of `rejected/`, each as its header's names and its cells."""
    rows: Counter[tuple[str, ...]] = Counter()
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            header, *others = csv.reader(stream)
            rows.update((*header, *row[:-1]) for row in others)
    return rows


def _rows(file: _File, gone: set[int], kept_out: Counter[tuple[str, ...]]) -> Iterator[str]:
    """Every row is accepted, repeated or rejected; the rejected ones are there to be corrected."""
    repeated = {line for line, found in file.findings.items() if any(f["component"] == "RepeatedRow" for f in found)}
    both = "projectID" in file.table.header and file.name == "organization"
    for line, cells in file.table.rows.items():
        states = [line in file.accepted, line in gone, line in repeated]
        if sum(states) != 1 and not (both and any(states)):
            yield f"{file.shown} line {line}: accepted, rejected, repeated: {states}"
        if line in gone:
            header = file.table.header
            shown = (cells + [""] * len(header))[: len(header)] if cells is not None else None
            wanted = (*header, "line", "reason", *(shown or ()), str(line))
            there = kept_out[wanted] if shown is not None else _broken_is_there(header, line, kept_out)
            if not there:
                yield f"{file.shown} line {line}: is not in rejected/"
        surplus = [cell for cell in (cells or [])[len(file.table.header) :] if cell.strip()]
        if surplus and not any(f["component"] == "SurplusCells" for f in file.findings.get(line, [])):
            yield f"{file.shown} line {line}: more cells than columns, and nothing is said of it"
    for line in {*file.accepted, *gone, *file.findings} - file.table.rows.keys():
        if [f["component"] for f in file.findings.get(line, [])] != ["EmptyTable"]:
            yield f"{file.shown} line {line}: no row begins here"


def _broken_is_there(header: list[str], line: int, kept_out: Counter[tuple[str, ...]]) -> bool:
    begin = (*header, "line", "reason")
    return any(row[: len(begin)] == begin and row[-1] == str(line) for row in kept_out)


# -- values

Facts = dict[tuple[int, str, str], list[NamedNode | Literal]]


def _facts(path: Path) -> Facts:
    facts: Facts = defaultdict(list)
    for quad in parse(path=str(path), format=RdfFormat.N_QUADS):
        assert isinstance(quad.subject, NamedNode)
        assert isinstance(quad.graph_name, NamedNode)
        assert isinstance(quad.object, NamedNode | Literal)
        number = int(quad.graph_name.value.rsplit("/", 1)[1])
        facts[number, quad.subject.value, quad.predicate.value].append(quad.object)
    return facts


def _values(file: _File, gone: set[int], facts: Facts) -> Iterator[str]:
    """Every cell that says something is a fact or in the report."""
    names = file.table.header if file.kind == "tables" else [_ALIASES.get(name, name) for name in file.table.header]
    check = _canonical if file.kind == "tables" else _cordis
    for line, cells in file.table.rows.items():
        if line not in file.accepted or line in gone or cells is None:
            continue
        blamed = {f["column"] for f in file.findings.get(line, [])}
        own = dict(zip(names, cells, strict=False))
        for name, cell in zip(names, cells, strict=False):
            point = {"latitude", "longitude", "lat", "lon"}
            if name not in blamed and cell.strip() and not (name in point and blamed & point):
                for lost in check(file, line, name, cell, own, facts):
                    yield f"{file.shown} line {line}: {name} {lost[:60]!r} is no fact and not in the report"


def _canonical(file: _File, line: int, name: str, cell: str, own: dict[str, str], facts: Facts) -> Iterator[str]:
    spec = TABLES[file.name]
    column = spec.columns.get(name)
    if column is None:
        return
    for node in file.accepted[line]:
        predicate = column.property
        if file.name == "participants" and name == "organization":
            node, predicate = _iri("collaboration", own["collaboration"]), CKG["hasParticipant"]
        elif file.name == "members" and name == "organization":
            predicate = CKG["declaresMember"]
        if predicate is None:
            continue
        if name in ("latitude", "longitude"):
            node += "/geometry"
        there = facts.get((file.source, node, predicate.value), [])
        items = [item.strip() for item in cell.split(";")] if column.several else [cell]
        yield from (item for item in items if item and not any(_is(term, column, item) for term in there))


def _is(term: NamedNode | Literal, column: Column, cell: str) -> bool:
    match column.form:
        case "reference" | "scheme":
            return term.value == _iri(column.target or "scheme", cell)
        case "code":
            return codes()[column.target].get(cell.strip()) == term
        case "decimal" | "integer":
            return _same_number(term.value, cell.strip())
        case "date":
            return term.value == cell.strip()
        case "wikidata":
            return term.value == f"http://www.wikidata.org/entity/{cell.strip()}"
        case _:
            return term.value == cell


def _same_number(one: str, other: str) -> bool:
    try:
        return one == other or Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _iri(kind: str, cell: str) -> str:
    return f"{BASE}{kind}/{quote(cell, safe='-_.~')}"


def _cordis(file: _File, line: int, name: str, cell: str, own: dict[str, str], facts: Facts) -> Iterator[str]:
    columns = _CORDIS.get(file.name, {})
    own_kind = {"organization": "organization/", "project": "collaboration/", "participation": "participation/"}
    if name not in columns:
        return
    for node in file.accepted[line]:
        if file.name != "euroSciVoc" and not node.startswith(BASE + own_kind[file.name]):
            continue
        predicate = columns[name]
        if file.name == "euroSciVoc":
            node = _iri("collaboration", own["projectID"])
        if name in ("lat", "lon", "geolocation"):
            node += "/geometry"
        if predicate is None:
            if not any(own.get(one, "").strip() for one in ("lat", "lon")) and not any(
                (file.source, node, WGS[one].value) in facts for one in ("lat", "long")
            ):
                yield cell
            continue
        there = [term.value for term in facts.get((file.source, node, predicate.value), [])]
        text = cell.strip()
        match name:
            case "nutsCode":
                found = _iri("region", text) in there
            case "activityType":
                found = len(there) == 1
            case "country":
                found = {"EL": "GR", "UK": "GB"}.get(text, text) in there
            case "lat" | "lon":
                found = any(_same_number(value, text) for value in there)
            case "code":
                found = _iri("sector", cell.strip("/ ").replace("/", ".")) in there
            case _:
                found = any(text in value for value in there)
        if not found:
            yield cell
