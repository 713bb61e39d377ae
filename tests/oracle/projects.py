"""Random small projects of canonical tables, the same for the same seed, dense enough to hold groups."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.oracle.load import TOPS

__all__ = ["BASE", "write_project"]

BASE = "https://example.org/r/"

#: Ids that an encoder may get wrong; none has a semicolon, which separates the values of a cell.
ODD = (
    "a b",
    "x/y",
    "50%",
    "c+d",
    "it's",
    '"q"',
    "#1",
    "Zürich",
    "日本",
    "a&b=c",
    "~t",
    "(p)!*",
    "😀",
    "%41",
    "A,B",
)
COLUMNS = {
    "organizations": "id name kind country region latitude longitude sectors skills",
    "regions": "id name parent level latitude longitude",
    "sectors": "id name broader level",
    "skills": "id name",
    "supplies": "supplier customer product since until",
    "collaborations": "id name kind start end",
    "participants": "collaboration organization role",
    "competitors": "organization competitor market",
    "groups": "id name region sector",
    "members": "group organization",
}
KINDS = ("company", "university", "research", "public", "association", "other", "")
ROLES = ("coordinator", "participant", "")

Row = dict[str, str]


@dataclass
class Draft:
    """The tables while they are being drawn."""

    rng: random.Random
    odd_share: float
    irregular: bool
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    seen: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: {name: set() for name in COLUMNS})

    def add(self, table: str, *values: str) -> None:
        """Add a row unless its first three values are there (a link's key); the rest may stay empty."""
        if values[:3] not in self.seen[table]:
            self.seen[table].add(values[:3])
            self.tables[table].append(dict(zip(COLUMNS[table].split(), values, strict=False)))

    def id(self, table: str, stem: str) -> str:
        """A new id, now and then one with odd characters."""
        if self.chance(self.odd_share):
            stem = f"{self.rng.choice(ODD)}{stem}" if self.chance(0.5) else f"{stem}{self.rng.choice(ODD)}"
        assert all(row["id"] != stem for row in self.tables[table])
        return stem

    def ids(self, table: str) -> list[str]:
        """The ids of a table, in the order they were drawn."""
        return [row["id"] for row in self.tables[table]]

    def chance(self, share: float) -> bool:
        """True in the given share of the draws."""
        return self.rng.random() < share

    def some(self, items: Sequence[str], least: int, most: int) -> list[str]:
        """A sample of between `least` and `most` different items, fewer where there are not so many."""
        return self.rng.sample(items, min(len(items), self.rng.randint(least, most)))


def write_project(
    folder: Path,
    seed: int,
    *,
    min_organizations: int = 10,
    max_organizations: int = 60,
    odd_share: float = 0.06,
    irregular: bool = True,
) -> None:
    """Write `kg.toml` and the tables below `data/`, the same bytes for the same arguments.

    `odd_share` is the share of ids with characters that must be encoded. `irregular` allows trees that skip a
    level or begin below the coarsest one, and projects that have no regions or no sectors at all.
    """
    draft = Draft(random.Random(seed), odd_share, irregular)
    draw_regions(draft)
    draw_sectors(draft)
    for n in range(draft.rng.randint(3, 8)):
        draft.add("skills", draft.id("skills", f"k{n}"), f"Skill {n}")
    draw_organizations(draft, draft.rng.randint(min_organizations, max_organizations))
    draw_declared(draft)
    draw_links(draft)
    write_tables(draft, folder / "data")
    (folder / "kg.toml").write_text(profile(draft, seed), encoding="utf-8")


def draw_tree(draft: Draft, table: str, levels: Sequence[tuple[int, int, int]]) -> None:
    """A tree, level by level, each given as (level, fewest nodes, most nodes)."""
    above: dict[int, list[str]] = {}
    for level, least, most in levels:
        above[level] = []
        for n in range(draft.rng.randint(least, most)):
            parents = above.get(level - 1, [])
            if draft.irregular and draft.chance(0.08):
                parents = above.get(level - 2, [])
            parent = draft.rng.choice(parents) if parents else ""
            id_ = draft.id(table, f"{table[0]}{level}{n}")
            above[level].append(id_)
            draft.add(table, id_, f"{table} {level} {n}", parent, str(level))


def draw_regions(draft: Draft) -> None:
    """Regions of levels 0 to 3, in some projects with the points that place organisations."""
    if draft.irregular and draft.chance(0.03):
        return
    draw_tree(draft, "regions", [(0, 1, 3), (1, 1, 3), (2, 2, 4), (3, 2, 5)])
    if draft.chance(0.6):
        level = draft.rng.choice(["2", "3", "3", "3"])
        for row in draft.tables["regions"]:
            if row["level"] <= level and draft.chance(0.8):
                row["latitude"], row["longitude"] = coordinates(draft)


def coordinates(draft: Draft) -> tuple[str, str]:
    """A point in a window of some 300 km, so that some are within 100 km of a centre and some are not."""
    return f"{draft.rng.uniform(48, 51):.4f}", f"{draft.rng.uniform(8, 12):.4f}"


def draw_sectors(draft: Draft) -> None:
    """Sectors of levels 1 to 3."""
    if draft.irregular and draft.chance(0.03):
        return
    draw_tree(draft, "sectors", [(1, 1, 3), (2, 2, 4), (3, 2, 6)])


def draw_organizations(draft: Draft, count: int) -> None:
    """Organisations, most of them in regions of level 3 and in sectors of level 2 or 3."""
    regions, sectors = draft.tables["regions"], draft.tables["sectors"]
    fine = [row["id"] for row in regions if row["level"] == "3"]
    coarse = [row["id"] for row in regions if row["level"] != "3"]
    narrow = [row["id"] for row in sectors if row["level"] != "1"]
    skills = draft.ids("skills")
    located = draft.rng.choice([0.5, 0.85, 0.95])
    for n in range(count):
        region, point = "", ("", "")
        if fine and draft.chance(located):
            region = draft.rng.choice(coarse if draft.chance(0.12) else fine)
        if draft.chance(0.15 if region else 0.6):
            point = coordinates(draft)
        fields = draft.some(narrow, 1, 2 if draft.chance(0.6) else 4) if draft.chance(0.92) else []
        if sectors and draft.chance(0.1):
            fields = sorted({*fields, draft.rng.choice(sectors)["id"]})
        draft.add(
            "organizations",
            draft.id("organizations", f"o{n}"),
            f"Organisation {n}",
            draft.rng.choice(KINDS),
            draft.rng.choice(["DE", "AT", "", ""]),
            region,
            *point,
            ";".join(fields),
            "; ".join(draft.some(skills, 0, 4)),
        )


def draw_declared(draft: Draft) -> None:
    """Declared groups: tiny, empty, overlapping, and some that a pattern of links ties together."""
    organizations = draft.ids("organizations")
    for n in range(draft.rng.randint(1, 6)):
        id_ = draft.id("groups", f"g{n}")
        draft.add("groups", id_, f"Group {n}")
        listed = draft.some(organizations, 0, 3) if draft.chance(0.2) else draft.some(organizations, 4, 14)
        for o in listed:
            draft.add("members", id_, o)
        if len(listed) > 2 and draft.chance(0.75):
            draw_pattern(draft, f"g{n}", listed)


def draw_pattern(draft: Draft, stem: str, listed: list[str]) -> None:
    """Tie a group as a star, a chain or a ring of supply, or by one collaboration or several small ones."""
    pattern = draft.rng.choice(["star", "star", "chain", "ring", "collaboration", "collaborations", "star of pairs"])
    if pattern == "star":
        for o in listed[1:]:
            draw_supply(draft, *draft.rng.sample([listed[0], o], 2))
    elif pattern in ("chain", "ring"):
        for a, b in zip(listed, listed[1:] + listed[:1] if pattern == "ring" else listed[1:], strict=False):
            draw_supply(draft, a, b)
    elif pattern == "collaboration":
        draw_collaboration(draft, stem, listed[:12])
    else:
        size = 3 if pattern == "collaborations" else 1
        hub = [] if pattern == "collaborations" else listed[:1]
        for n in range(len(hub), len(listed), size):
            draw_collaboration(draft, f"{stem}{n}", [*hub, *listed[n : n + size]])


def draw_links(draft: Draft) -> None:
    """Supplies, collaborations and competition among any organisations, the near ones more often."""
    organizations = draft.ids("organizations")
    density = draft.rng.choice([0.2, 0.7, 1.5])
    for _ in range(int(density * len(organizations))):
        draw_supply(draft, *draft.rng.sample(organizations, 2))
    near: dict[str, list[str]] = {}
    for row in draft.tables["organizations"]:
        near.setdefault(row["region"], []).append(row["id"])
    for n in range(int(draft.rng.choice([0.15, 0.35, 0.6]) * len(organizations))):
        pool = draft.rng.choice(list(near.values())) if draft.chance(0.5) else organizations
        draw_collaboration(draft, f"c{n}", draft.some(pool, 1, draft.rng.choice([3, 5, 12])))
    for _ in range(draft.rng.randint(0, len(organizations))):
        pair = draft.rng.sample(organizations, 2)
        draft.add("competitors", *pair, draft.rng.choice(["", "home", "abroad"]))


def draw_supply(draft: Draft, supplier: str, customer: str) -> None:
    """A supply link, now and then a second one of another product, or one the other way."""
    draft.add("supplies", supplier, customer, draft.rng.choice(["", "steel", "glass"]), *interval(draft))
    if draft.chance(0.15):
        draft.add("supplies", supplier, customer, draft.rng.choice(["code", "sand"]), *interval(draft))
    if draft.chance(0.1):
        draft.add("supplies", customer, supplier, "waste", *interval(draft))


def draw_collaboration(draft: Draft, stem: str, participants: list[str]) -> None:
    """A collaboration of any of the kinds; now and then a participant has two roles in it."""
    id_ = draft.id("collaborations", stem)
    draft.add("collaborations", id_, f"Collaboration {stem}", draft.rng.choice(list(TOPS)), *interval(draft))
    for o in participants:
        role = draft.rng.choice(ROLES)
        draft.add("participants", id_, o, role)
        if draft.chance(0.03):
            draft.add("participants", id_, o, "reviewer")


def interval(draft: Draft) -> tuple[str, str]:
    """The dates of a link: none, a beginning, an end or both, each a year, a month or a day."""
    first = draft.rng.randint(2015, 2022)
    begin = date(draft, first)
    end = date(draft, first + draft.rng.randint(1, 4))
    return draft.rng.choice([("", ""), ("", ""), (begin, ""), ("", end), (begin, end), (begin, end)])


def date(draft: Draft, year: int) -> str:
    """A date in a year, as precise as it happens to be."""
    month, day = draft.rng.randint(1, 12), draft.rng.randint(1, 28)
    return draft.rng.choice([f"{year}", f"{year}-{month:02d}", f"{year}-{month:02d}-{day:02d}"])


def write_tables(draft: Draft, folder: Path) -> None:
    """Write the tables that have rows; only the organisations must be there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in draft.tables.items():
        if table:
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, COLUMNS[name].split(), restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(table)


def profile(draft: Draft, seed: int) -> str:
    """The text of `kg.toml`, with parameters drawn within their bounds and levels that the data has."""
    pick = draft.rng.choice
    region_levels = {int(row["level"]) for row in draft.tables["regions"]} & {1, 2, 3} or {3}
    sector_levels = {int(row["level"]) for row in draft.tables["sectors"]} & {1, 2} or {2}
    parameters: dict[str, str | int] = {
        "name": '"default"',
        "region_level": pick([*sorted(region_levels), max(region_levels)]),
        "sector_level": pick(sorted(sector_levels)),
        "min_members": pick([2, 3, 3, 4, 5]),
        "min_partners": pick([1, 1, 1, 2]),
        "min_drivers": pick([2, 2, 2, 3]),
        "min_network_drivers": pick([0, 1, 1, 2]),
        "min_location_quotient": pick(["0.5", "1", "1.25", "2"]),
        "driver_share": pick(["0.3", "0.5", "0.75"]),
        "focal_share": pick(["0.3", "0.5", "0.9"]),
        "hub_centralization": pick(["0.2", "0.5"]),
        "min_shared_skills": pick([1, 2, 3]),
        "max_collaboration_size": pick([3, 8, 500]),
    }
    if draft.chance(0.25):
        parameters["as_of"] = f'"{draft.rng.randint(2016, 2024)}-{pick(["01-01", "06-30", "12-31", "02-28"])}"'
    lines = [f"{name} = {value}" for name, value in parameters.items()]
    head = f'[project]\ntitle = "Random project {seed}"\nbase = "{BASE}"\n'
    source = '[[source]]\ntype = "tables"\npath = "data"\n'
    licence = 'license = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
    return f"{head}{licence}\n{source}\n[profile]\n" + "\n".join(lines) + "\n"
