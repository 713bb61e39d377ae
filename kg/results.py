"""Conclusions as tables: the CSV files of a build, from queries over what was inferred. Only formatting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.catalog import find
from kg.database import connect
from kg.engines import Engine
from kg.lines import csv_line, csv_text, write_lines
from kg.namespaces import CKG, SKOS
from kg.resources import folder

__all__ = ["COLUMNS", "Counts", "count_results", "write_csv", "write_results"]

_DRIVERS = ("Geography", "Horizontal", "Sector", "Vertical")
#: Columns of groups.csv that are a property of the group, in order.
_MEASURES = {
    "members": "memberCount",
    "location_quotient": "locationQuotient",
    "link_density": "linkDensity",
    "local_link_share": "localLinkShare",
    "herfindahl": "herfindahlIndex",
    "centralization": "degreeCentralization",
    "vertical_pairs": "verticalPairs",
    "horizontal_pairs": "horizontalPairs",
    "regions": "regionsSpanned",
    "countries": "countriesSpanned",
    "competitive": "competitiveMembers",
    "cooperative": "cooperativeMembers",
    "both": "bothMembers",
    "independent": "independentMembers",
}
_PARTNERS = ("geography", "sector", "vertical", "horizontal")

#: The columns of each CSV file of a build.
COLUMNS: dict[str, tuple[str, ...]] = {
    "candidates": ("group", "organization"),
    "groups": ("group", "source", "kinds", "types", "drivers", "region", "sector", *_MEASURES, "focal"),
    "memberships": ("group", "organization", *_PARTNERS, "drivers", "stance", "role"),
    "links_by_year": ("group", "year", "linked", "local"),
    "not_evidenced": ("group", "source", "reason", "organization", "round", "drivers", "lacks"),
}


def _flags(names: Iterable[str], prefix: str = "") -> str:
    """SQL for the names whose truth value holds, joined; they are in alphabetical order."""
    cells = ", ".join(f"CASE WHEN \"{prefix}{name}\" = 'true' THEN '{name}' END" for name in names)
    return f"concat_ws(';', {cells})"


def _notation(column: str) -> str:
    return f"(SELECT notation FROM notations WHERE concept = {column})"


def _list(name: str, value: str) -> str:
    return f"""(SELECT string_agg({value}, ';' ORDER BY {value}) FROM group_lists l
        WHERE l."group" = g."group" AND list = '{name}')"""


_LOCAL = f"replace(value, '{CKG}', '')"
_HELD, _LACKED = _flags(_DRIVERS, "holds"), _flags(_DRIVERS, "lacks")

#: How each file is made of the solutions of queries, which are tables of texts by their names.
_FORMATS: dict[str, tuple[tuple[str, ...], str]] = {
    "candidates": (("candidates",), 'SELECT "group", organization FROM candidates'),
    "groups": (
        ("groups", "group-lists"),
        f"""SELECT "group", {_notation("source")}, {_list("kinds", _LOCAL)},
        {_list("types", "(SELECT notation FROM notations WHERE concept = value)")}, {_list("drivers", _LOCAL)},
        coalesce("cellRegion", "inPlace"), coalesce("cellSector", "hasTheme"),
        {", ".join(f'"{name}"' for name in _MEASURES.values())}, {_list("focal", "value")} FROM groups g""",
    ),
    "memberships": (
        ("memberships",),
        f"""SELECT "group", organization, geography, sector, vertical, horizontal, {_HELD},
        {_flags(("competitive", "cooperative", "independent"))}, {_notation("role")} FROM memberships""",
    ),
    "links_by_year": (("links-by-year",), 'SELECT "group", "year", linked, "local" FROM links_by_year'),
    "not_evidenced": (
        ("failed", "dropped"),
        f"""SELECT "group", {_notation("source")}, {_notation("reason")}, NULL, NULL, {_HELD}, {_LACKED} FROM failed
        UNION ALL SELECT "group", {_notation("source")}, 'dropped', organization, round, {_HELD}, {_LACKED} FROM dropped""",
    ),
}


def _notations() -> dict[str, str]:
    """Return the notation of every concept of the ontology, by its IRI."""
    return {
        quad.subject.value: quad.object.value
        for quad in parse(path=str(folder("ontology") / "kinds.ttl"), format=RdfFormat.TURTLE)
        if quad.predicate == SKOS["notation"]
        and isinstance(quad.subject, NamedNode)
        and isinstance(quad.object, Literal)
    }


def write_results(engine: Engine, target: Path) -> dict[str, int]:
    """Write the CSV files of a build; rows are in the order of their cells.

    Parameters
    ----------
    engine:
        Has run the rules.
    target:
        The folder.

    Returns
    -------
    How many rows each file has.
    """
    connection = connect()
    known = _notations()
    connection.register("notations", pa.table({"concept": list(known), "notation": list(known.values())}))
    counts = {}
    for name, (queries, select) in _FORMATS.items():
        for query in queries:
            connection.register(query.replace("-", "_"), engine.table(find("queries/results", query).text))
        names = [f"c{place}" for place in range(len(COLUMNS[name]))]
        rows = (
            f"SELECT * FROM ({select}) AS t({', '.join(names)}) ORDER BY {', '.join(f'{n} NULLS FIRST' for n in names)}"
        )
        line = f"SELECT {csv_line(names)} AS line FROM ({rows})"
        counts[name] = write_lines(connection, line, target / f"{name}.csv", header=",".join(COLUMNS[name])).lines
        for query in queries:
            connection.unregister(query.replace("-", "_"))
    connection.close()
    return counts


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run came to: candidates by source and outcome, groups by class, collaborations too large to tie."""

    outcomes: dict[str, int]
    kinds: dict[str, int]
    left_out: list[str]


def count_results(engine: Engine) -> Counts:
    """Return the counts of a run for its record."""
    known: dict[str | None, str] = {None: ""}
    known.update(_notations())
    outcomes = {
        f"{known[row['source']]} {known[row['outcome']]}": int(row["count"])
        for row in engine.table(find("queries/results", "outcomes").text).to_pylist()
    }
    kinds = {
        row["kind"].removeprefix(CKG): int(row["count"])
        for row in engine.table(find("queries/results", "kinds").text).to_pylist()
    }
    left_out = engine.table(find("queries/results", "left-out-collaborations").text).column(0).to_pylist()
    return Counts(dict(sorted(outcomes.items())), dict(sorted(kinds.items())), sorted(left_out))


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str] | Mapping[str, str]]) -> int:
    """Write a CSV file (UTF-8, line feeds) and return how many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(csv_text(columns))
        for row in rows:
            stream.write(csv_text([row[name] for name in columns] if isinstance(row, Mapping) else row))
            count += 1
    return count
