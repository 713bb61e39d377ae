"""Read canonical tables, a project folder or the published CORDIS files into a World; the data is valid."""

from __future__ import annotations

import csv
import math
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

from tests.oracle.world import Collaboration, Node, Organization, Parameters, Supply, World, iri

__all__ = ["TOPS", "read_cordis", "read_parameters", "read_project", "read_tables"]

#: The top concept that the code of a collaboration kind stands under.
TOPS = {
    **dict.fromkeys(("rd-project", "co-patent", "licence", "co-publication", "spin-off"), "KnowledgeExchange"),
    **dict.fromkeys(("joint-venture", "consortium", "shared-facility", "joint-marketing"), "Alliance"),
    **dict.fromkeys(("association", "interest-group", "forum", "standards-body"), "SharedInterest"),
}
EARTH_RADIUS_KM = 6371.0088
MAX_DISTANCE_KM = 100.0

Point = tuple[float, float]
Row = dict[str, str]


def rows(file: Path) -> list[Row]:
    """The rows of a CSV file, none where it is missing; comma or, where the header has it, semicolon."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8-sig", newline="") as stream:
        header = stream.readline()
        stream.seek(0)
        delimiter = ";" if header.count(";") > header.count(",") else ","
        return [
            {column: value or "" for column, value in row.items()}
            for row in csv.DictReader(stream, delimiter=delimiter)
        ]


def several(cell: str) -> list[str]:
    """The items of a cell with several values."""
    return [item for part in cell.split(";") if (item := part.strip())]


def point(row: Row) -> Point | None:
    """Latitude and longitude in degrees, where both are given."""
    latitude, longitude = row.get("latitude", ""), row.get("longitude", "")
    return (float(latitude), float(longitude)) if latitude and longitude else None


def distance(a: Point, b: Point) -> float:
    """The great-circle distance in km, by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = a, b
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    h = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(h)))


def nearest(here: Point, centres: dict[str, Point]) -> str | None:
    """The nearest region, at most 100 km away; of equals the one whose IRI comes first."""
    ranked = ((distance(here, centre), iri("", id_), id_) for id_, centre in centres.items())
    best = min(ranked, default=None)
    return best[2] if best is not None and best[0] <= MAX_DISTANCE_KM else None


def finest_centres(table: Iterable[Row]) -> dict[str, Point]:
    """The points of the regions of the largest level at which any region has a point."""
    by_level: dict[int, dict[str, Point]] = defaultdict(dict)
    for row in table:
        if (centre := point(row)) is not None:
            by_level[int(row["level"])][row["id"]] = centre
    return by_level[max(by_level)] if by_level else {}


def read_tables(folder: Path) -> World:
    """The world that a folder of canonical CSV tables describes."""
    table = {name: rows(folder / f"{name}.csv") for name in ("regions", "sectors", "skills")}
    world = World()
    world.regions = {r["id"]: Node(int(r["level"]), r.get("parent") or None) for r in table["regions"]}
    world.sectors = {r["id"]: Node(int(r["level"]), r.get("broader") or None) for r in table["sectors"]}
    skills = {r["id"] for r in table["skills"]}
    centres = finest_centres(table["regions"])
    for row in rows(folder / "organizations.csv"):
        region = row.get("region") or None
        if region is None and (here := point(row)) is not None:
            region = nearest(here, centres)
        world.organizations[row["id"]] = Organization(
            region,
            frozenset(several(row.get("sectors", ""))) & world.sectors.keys(),
            frozenset(several(row.get("skills", ""))) & skills,
        )
    read_links(folder, world)
    return world


def read_links(folder: Path, world: World) -> None:
    """Add the tables that link organisations to each other."""
    for row in rows(folder / "supplies.csv"):
        dates = row.get("since") or None, row.get("until") or None
        world.supplies.append(Supply(row["supplier"], row["customer"], *dates))
    participants = gather(folder / "participants.csv", "collaboration")
    for row in rows(folder / "collaborations.csv"):
        dates = row.get("start") or None, row.get("end") or None
        world.collaborations[row["id"]] = Collaboration(
            frozenset(participants[row["id"]]), TOPS.get(row["kind"]), *dates
        )
    world.competitors = {(r["organization"], r["competitor"]) for r in rows(folder / "competitors.csv")}
    listed = gather(folder / "members.csv", "group")
    world.declared = {row["id"]: frozenset(listed[row["id"]]) for row in rows(folder / "groups.csv")}


def gather(file: Path, key: str) -> dict[str, set[str]]:
    """The organisations that a table lists, by the id in another column."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(file):
        found[row[key]].add(row["organization"])
    return found


def read_parameters(profile: dict[str, object]) -> Parameters:
    """The parameters of a `[profile]` table, decimals exactly as they are written."""
    parameters = Parameters()
    if profile.get("name") == "agglomeration":
        parameters = replace(parameters, min_network_drivers=0)
    changes: dict[str, object] = {}
    for f in fields(Parameters):
        if f.name in profile:
            value = profile[f.name]
            default = getattr(parameters, f.name)
            changes[f.name] = str(value) if default is None else type(default)(str(value))
    return replace(parameters, **changes)  # type: ignore[arg-type]


def read_project(folder: Path) -> tuple[World, Parameters, str]:
    """The world, the parameters and the base IRI of a project with one source of tables."""
    text = (folder / "kg.toml").read_text(encoding="utf-8")
    config = tomllib.loads(text, parse_float=Fraction)
    (source,) = config["source"]
    return (
        read_tables(folder / source["path"]),
        read_parameters(config.get("profile", {})),
        config["project"]["base"],
    )


def ancestors_by_prefix(code: str) -> list[str]:
    """A NUTS code and the codes above it, finest first, down to the two letters of the country."""
    return [code[:length] for length in range(len(code), 1, -1)]


def add_field(sectors: dict[str, Node], path: str) -> tuple[str, ...]:
    """Add a EuroSciVoc field such as `/23/53/373` with those above it; give their ids, coarsest first."""
    steps = path.strip("/").split("/")
    ids = tuple(".".join(steps[:n]) for n in range(1, len(steps) + 1))
    for level, id_ in enumerate(ids, start=1):
        sectors[id_] = Node(level, ids[level - 2] if level > 1 else None)
    return ids


def specific_fields(projects: Iterable[str], fields_of: dict[str, set[str]], least: int) -> frozenset[str]:
    """The most specific fields that occur, themselves or below, in at least `least` of the projects."""
    seen: dict[str, int] = defaultdict(int)
    for project in projects:
        for id_ in fields_of.get(project, ()):
            seen[id_] += 1
    frequent = {id_ for id_, count in seen.items() if count >= least}
    above = {id_.rpartition(".")[0] for id_ in frequent}
    return frozenset(frequent - above)


def read_cordis(folder: Path, min_projects_per_field: int = 2) -> World:
    """The world of a folder with the published organization, participation, project and euroSciVoc files."""
    world = World()
    projects = {r["id"]: r for r in rows(folder / "project.csv")}
    fields_of: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder / "euroSciVoc.csv"):
        ids = add_field(world.sectors, row["code"])
        if row["projectID"] in projects:
            fields_of[row["projectID"]].update(ids)
    organizations = rows(folder / "organization.csv")
    known = {row["organisationID"] for row in organizations}
    takes_part: dict[str, set[str]] = defaultdict(set)
    participants: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder / "participation.csv") or organizations:
        if row["projectID"] in projects and row["organisationID"] in known:
            takes_part[row["organisationID"]].add(row["projectID"])
            participants[row["projectID"]].add(row["organisationID"])
    for row in organizations:
        codes = ancestors_by_prefix(row["nutsCode"])
        for code in codes:
            world.regions[code] = Node(len(code) - 2, code[:-1] if len(code) > 2 else None)
        own = specific_fields(takes_part[row["organisationID"]], fields_of, min_projects_per_field)
        world.organizations.setdefault(row["organisationID"], Organization(codes[0] if codes else None, own))
    for id_, row in projects.items():
        dates = row["startDate"] or None, row["endDate"] or None
        world.collaborations[id_] = Collaboration(frozenset(participants[id_]), TOPS["rd-project"], *dates)
    return world
