"""Write a project of invented organisations, of any size and always the same: what the benchmarks run on.

    python bench/generate.py DIR --organizations 10000 [--seed 1] [--dirty 0.01]

The shapes are those of real data: region and sector trees with heavy tails, regions that specialise, supplies and
collaborations that look for partners near by or in the same line of business, a few firms that everybody supplies.
`expected.json` counts the faults that were seeded by table and kind; `dirty.csv` says where each is.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]

#: Rows that are made at a time.
CHUNK = 100_000
#: Organisations that a region of level 3 has on average, and the most it is expected to have.
REGION_MEAN, REGION_MOST = 400, 12_000
#: Concepts of each sector level, as in NACE.
SECTORS = (21, 88, 270, 600)
#: The share of organisations whose sector is one of their region's own.
SPECIALISED = 0.3
SPECIALITIES = np.array([0.4, 0.3, 0.2, 0.1])
#: Organisations that share a hub, and of how many such blocks one has members that deal with nobody else.
BLOCK, CAPTIVE = 40, 12
SUPPLIES_PER_ORGANIZATION = 1.5
COLLABORATIONS_PER_ORGANIZATION = 0.15
COMPETITIONS_PER_ORGANIZATION = 0.1
MOST_PARTICIPANTS = 300
COUNTRIES = [
    "DE",
    "FR",
    "IT",
    "ES",
    "PL",
    "RO",
    "NL",
    "BE",
    "CZ",
    "SE",
    "PT",
    "GR",
    "HU",
    "AT",
    "CH",
    "BG",
    "DK",
    "FI",
    "SK",
    "NO",
    "IE",
    "HR",
    "LT",
    "SI",
    "LV",
    "EE",
    "CY",
    "LU",
    "MT",
    "IS",
]
COLUMNS = {
    "regions": "id name parent level latitude longitude",
    "sectors": "id name broader level scheme",
    "skills": "id name",
    "organizations": "id name kind country region latitude longitude sectors skills employees founded website"
    " lei vat wikidata",
    "supplies": "supplier customer product since until source",
    "collaborations": "id name kind start end topics website",
    "participants": "collaboration organization role",
    "competitors": "organization competitor market",
    "groups": "id name region sector website",
    "members": "group organization",
}
KINDS = ("company", "university", "research", "public", "association", "other")
COLLABORATIONS = [
    "rd-project",
    "co-patent",
    "licence",
    "co-publication",
    "spin-off",
    "joint-venture",
    "consortium",
    "shared-facility",
    "joint-marketing",
    "association",
    "interest-group",
    "forum",
    "standards-body",
]
FIRST = [
    "Alpen",
    "Atlas",
    "Baltic",
    "Bérénger",
    "Červená",
    "Delta",
    "Émile",
    "Fjord",
    "Größe",
    "Helios",
    "Iberia",
    "Jura",
    "Kraków",
    "Lumen",
    "Møller",
    "Nova",
]
SECOND = [
    "Antrieb",
    "Bois",
    "Chemie",
    "Donnée",
    "Énergie",
    "Foundry",
    "Genetics",
    "Hydraulik",
    "Instrumente",
    "Kałuża",
    "Logistics",
    "Metall",
]
FORM = ["GmbH", "S.A.", "B.V.", "Oy", "AB", "s.r.o.", "Ltd", "SpA"]
PRODUCTS = [
    "bearings",
    "castings",
    "chips",
    "coatings",
    "data",
    "engines",
    "films",
    "gears",
    "lenses",
    "maintenance",
    "motors",
    "pumps",
    "resins",
    "sensors",
]
TOML = """[project]
title   = "{count} invented organisations"
base    = "https://example.org/bench/"
license = "https://creativecommons.org/publicdomain/zero/1.0/"

[[source]]
type = "tables"
path = "data"
"""


@dataclass(slots=True)
class Faults:
    """The faults of one chunk: cells that were spoilt, lines that were changed, lines that were put in after others."""

    cells: list[tuple[int, str, str]] = field(default_factory=list)
    changed: dict[int, tuple[str, str]] = field(default_factory=dict)
    inserted: list[tuple[int, str, str, str]] = field(default_factory=list)


class Table:
    """A CSV file that is written in chunks, with the place of every fault in it.

    Parameters
    ----------
    folder:
        Where the file goes.
    name:
        One of :data:`COLUMNS`.
    places:
        Where faults are noted, as file, line, column and kind.
    """

    def __init__(self, folder: Path, name: str, places: list[tuple[str, int, str, str]]) -> None:
        self.file = f"{name}.csv"
        self.line = 1
        self.places = places
        self.stream = (folder / self.file).open("wb")
        self.stream.write((",".join(COLUMNS[name].split()) + "\n").encode())

    def write(self, columns: Sequence[pa.Array], faults: Faults | None = None) -> None:
        """Write rows, given as columns of text, and the faults among them; `{line}` in a fault is the row as it was."""
        lines = pc.binary_join_element_wise(*columns, ",")
        faults = faults or Faults()
        count, changed = len(lines), list(faults.changed)
        texts = [text.replace("{line}", lines[place].as_py()) for place, (text, _) in faults.changed.items()]
        texts += [text.replace("{line}", lines[place].as_py()) for place, text, _, _ in faults.inserted]
        order = np.arange(count)
        order[changed] = count + np.arange(len(changed))
        after = np.array([place + 1 for place, _, _, _ in faults.inserted], dtype=np.int64)
        order = np.insert(order, after, count + len(changed) + np.arange(len(after)))
        lines = pa.concat_arrays([lines, pa.array(texts, pa.string())]).take(pa.array(order))
        where = np.zeros(count + len(texts), dtype=np.int64)
        where[order] = self.line + 1 + np.arange(len(order))
        self._note(faults, where, count)
        self.stream.write(_bytes(pc.binary_join_element_wise(lines, pa.scalar("\n"), "")))
        self.line += len(order)

    def _note(self, faults: Faults, where: Ints, count: int) -> None:
        found = [(place, column, kind) for place, column, kind in faults.cells]
        found += [(count + number, "", kind) for number, (_, kind) in enumerate(faults.changed.values())]
        start = count + len(faults.changed)
        found += [(number, column, kind) for number, (_, _, column, kind) in enumerate(faults.inserted, start)]
        self.places += [(self.file, int(where[place]), column, kind) for place, column, kind in found]


def _bytes(text: pa.Array) -> memoryview:
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(data)[: int(ends[len(text)])]


# Columns of text


def _take(words: Sequence[str], places: Ints) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(places))


def _ids(prefix: str, numbers: Ints) -> pa.Array:
    digits = pc.utf8_slice_codeunits(pa.array(numbers + 10**9).cast(pa.string()), 1)
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


def _where(mask: Any, column: pa.Array | str, other: pa.Array | str = "") -> pa.Array:
    return pc.if_else(pa.array(mask), column, other)


def _numbers(values: Ints | Floats) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _joined(separator: str, *columns: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*columns, separator)


def _items(*columns: pa.Array) -> pa.Array:
    """Join the cells that are not empty by semicolons."""
    marked = [pc.if_else(pc.equal(column, ""), "", _joined(";", pa.scalar(""), column)) for column in columns]
    return pc.utf8_ltrim(_joined("", *marked), ";")


def _constant(text: str, count: int) -> pa.Array:
    return pa.array([text] * count, pa.string())


# Trees


@dataclass(slots=True)
class Tree:
    """A tree, level by level: ids, and for every node the number of its parent on the level above."""

    ids: list[list[str]]
    parents: list[Ints]


def _tree(rng: np.random.Generator, sizes: Sequence[int], tops: Sequence[str]) -> Tree:
    tree = Tree([list(tops[: sizes[0]])], [np.zeros(sizes[0], dtype=np.int64)])
    for above, size in itertools.pairwise(sizes):
        weights = 1 / np.arange(1, above + 1) ** 0.5
        rest = rng.choice(above, size=max(0, size - above), p=weights / weights.sum())
        parents = np.sort(np.concatenate([np.arange(min(above, size)), rest]))
        seen: Counter[int] = Counter()
        ids = []
        for parent in parents.tolist():
            seen[parent] += 1
            ids.append(f"{tree.ids[-1][parent]}.{seen[parent]}")
        tree.ids.append(ids)
        tree.parents.append(parents)
    return tree


def _region_sizes(count: int) -> tuple[int, int, int, int]:
    finest = max(10, count // REGION_MEAN)
    second = max(4, finest // 4)
    first = max(3, second // 4)
    return min(len(COUNTRIES), max(2, first // 4)), first, second, finest


def _region_weights(rng: np.random.Generator, regions: int, count: int) -> Floats:
    weights = 1 / np.arange(1, regions + 1) ** 0.6
    most = max(REGION_MOST / count, 1.2 / regions)
    for _ in range(20):
        weights = np.minimum(weights / weights.sum(), most)
    weights = weights / weights.sum()
    return rng.permutation(weights)


def _centres(rng: np.random.Generator, tree: Tree) -> list[Floats]:
    """Return latitude and longitude of the regions of each level: countries on a grid, others about their parent."""
    top = np.arange(len(tree.ids[0]))
    centres: list[Floats] = [np.stack([37.0 + 6 * (top % 5), -8.0 + 8 * (top // 5)], axis=1)]
    for parents, spread in zip(tree.parents[1:], (1.4, 0.7, 0.3), strict=True):
        centres.append(centres[-1][parents] + rng.normal(0, spread, (len(parents), 2)))
    return centres


# The world: where every organisation is and what it does


class World:
    """The organisations' regions and sectors, and ways to find partners near by or in the same line of business."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.rng, self.count = rng, count
        self.regions = _tree(rng, _region_sizes(count), COUNTRIES)
        self.centres = _centres(rng, self.regions)
        self.sectors = _tree(rng, SECTORS, [chr(ord("A") + number) for number in range(SECTORS[0])])
        self.themes = SECTORS[1]
        self.codes = self.sectors.ids[2] + self.sectors.ids[3]
        theme_of_third = self.sectors.parents[2]
        theme_of = np.concatenate([theme_of_third, theme_of_third[self.sectors.parents[3]]])
        self.codes_by_theme = np.argsort(theme_of, kind="stable")
        self.theme_ends = np.searchsorted(theme_of[self.codes_by_theme], np.arange(self.themes + 1))
        weights = rng.permutation(1 / np.arange(1, self.themes + 1) ** 0.7)
        weights = np.minimum(weights / weights.sum(), 0.075)
        self.theme_ladder = np.cumsum(weights / weights.sum())
        finest = len(self.regions.ids[3])
        self.region_ladder = np.cumsum(_region_weights(rng, finest, count))
        self.own = np.stack([rng.permutation(self.themes)[: len(SPECIALITIES)] for _ in range(finest)])
        self.related = rng.integers(0, self.themes, (self.themes, 2))
        country = np.arange(len(self.regions.ids[0]))
        for parents in self.regions.parents[1:]:
            country = country[parents]
        self.country = country
        self._settle()

    def _settle(self) -> None:
        self.region = np.empty(self.count, dtype=np.int32)
        self.theme = np.empty(self.count, dtype=np.int16)
        self.code = np.empty(self.count, dtype=np.int16)
        for start in range(0, self.count, CHUNK):
            part = slice(start, min(start + CHUNK, self.count))
            size = part.stop - start
            drawn = np.searchsorted(self.region_ladder, self.rng.random(size))
            self.region[part] = np.minimum(drawn, len(self.region_ladder) - 1)
            self.theme[part] = self.draw_themes(self.region[part])
            self.code[part] = self.draw_codes(self.theme[part])
        cell = self.region * np.int32(self.themes) + self.theme
        self.by_cell = np.argsort(cell, kind="stable").astype(np.int32)
        self.cells = cell[self.by_cell]
        self.by_code = np.argsort(self.code, kind="stable").astype(np.int32)
        self.niche = np.empty(self.count, dtype=np.int32)
        self.niche[self.by_code] = np.arange(self.count, dtype=np.int32)

    def draw_themes(self, regions: Ints) -> Ints:
        """Return a sector of level 2 for an organisation of each region."""
        anywhere = np.searchsorted(self.theme_ladder, self.rng.random(len(regions)))
        own = self.own[regions, self.rng.choice(len(SPECIALITIES), size=len(regions), p=SPECIALITIES)]
        chosen = np.where(self.rng.random(len(regions)) < SPECIALISED, own, anywhere)
        themes: Ints = np.minimum(chosen, self.themes - 1)
        return themes

    def draw_codes(self, themes: Ints) -> Ints:
        """Return a sector of level 3 or 4 under each sector of level 2."""
        start, end = self.theme_ends[themes], self.theme_ends[themes + np.int16(1)]
        codes: Ints = self.codes_by_theme[start + (self.rng.random(len(themes)) ** 2 * (end - start)).astype(np.int64)]
        return codes

    def anyone(self, like: Ints) -> Ints:
        """Return any organisation for each."""
        return self.rng.integers(0, self.count, len(like))

    def neighbours(self, of: Ints, themes: Ints | None = None) -> Ints:
        """Return an organisation of the same region for each, of the given sectors; anyone where there is none."""
        first = self.region[of] * np.int32(self.themes)
        last = first + np.int32(self.themes - 1)
        if themes is not None:
            first = last = first + themes
        start = np.searchsorted(self.cells, first, side="left")
        size = np.searchsorted(self.cells, last, side="right") - start
        there = np.minimum(start + (self.rng.random(len(of)) * size).astype(np.int64), self.count - 1)
        found: Ints = np.where(size > 0, self.by_cell[there], self.anyone(of))
        return found

    def central(self, count: int) -> Ints:
        """Return organisations with many neighbours of their own sector, each the best of thirty."""
        drawn = self.rng.integers(0, self.count, (count, 30))
        cell = self.region[drawn] * np.int32(self.themes) + self.theme[drawn]
        sizes = np.searchsorted(self.cells, cell, side="right") - np.searchsorted(self.cells, cell, side="left")
        best: Ints = np.take_along_axis(drawn, sizes.argmax(axis=1)[:, None], axis=1)[:, 0]
        return best

    def peers(self, of: Ints, width: Ints | int) -> Ints:
        """Return an organisation of the same or nearly the same line of business for each."""
        step = np.rint(self.rng.normal(0, 1, len(of)) * width).astype(np.int64)
        found: Ints = self.by_code[np.clip(self.niche[of] + step, 0, self.count - 1)]
        return found

    def hubs(self, of: Ints) -> Ints:
        """Return the organisation that everybody in each one's block of a line of business supplies."""
        return self.by_code[np.minimum(self.niche[of] // BLOCK * BLOCK + 7, self.count - 1)]

    def captive(self, of: Ints) -> Any:
        """Whether each deals with nobody but the hub of its block."""
        return self.niche[of] // BLOCK % CAPTIVE == 1

    def partners(self, of: Ints, ladder: Sequence[float], width: Ints | int) -> Ints:
        """Return a partner for each, in ways that are drawn: hub, own cell, a related one, region, peers, anyone."""
        way = np.searchsorted(np.cumsum(ladder), self.rng.random(len(of)))
        theme = self.theme[of]
        related = self.related[theme, self.rng.integers(0, 2, len(of))]
        found = [
            self.hubs(of),
            self.neighbours(of, theme),
            self.neighbours(of, related.astype(np.int16)),
            self.neighbours(of),
            self.peers(of, width),
            self.anyone(of),
        ]
        chosen = np.choose(np.minimum(way, len(found) - 1), found)
        chosen = np.where(
            self.captive(of) | self.captive(chosen), self.hubs(np.where(self.captive(of), of, chosen)), chosen
        )
        return np.where(chosen == of, (of + 1) % self.count, chosen)


_DAYS = np.arange("2000-01-01", "2027-01-01", dtype="datetime64[D]").astype(str).tolist()


def _dates(rng: np.random.Generator, days: Ints, given: Any) -> pa.Array:
    """Return days as texts of a year, a month or a day; empty where none is given or it is after the last."""
    day = _take(_DAYS, np.minimum(days, len(_DAYS) - 1))
    form = rng.random(len(days))
    year, month = pc.utf8_slice_codeunits(day, 0, 4), pc.utf8_slice_codeunits(day, 0, 7)
    text = _where(form < 0.5, year, _where(form < 0.6, month, day))
    return _where(given & (days < len(_DAYS)), text)


# Faults


class Spoiler:
    """Chooses which rows get a fault, the same share of every kind."""

    def __init__(self, rng: np.random.Generator, share: float) -> None:
        self.rng, self.share = rng, share

    def choose(self, rows: int, kinds: Sequence[str], *, first: bool) -> Iterator[tuple[str, int]]:
        """Yield a kind and a row for each fault of a chunk, each row once; in the first chunk every kind occurs."""
        if not self.share:
            return
        counts = self.rng.multinomial(self.rng.binomial(rows, self.share), [1 / len(kinds)] * len(kinds))
        counts = np.maximum(counts, 1) if first else counts
        chosen = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
        places = self.rng.permutation(rows)[: len(chosen)]
        yield from zip(chosen, places.tolist(), strict=False)

    def spoil(self, columns: dict[str, pa.Array], kinds: Kinds, *, first: bool, number: int = 0) -> Faults:
        """Return the faults of a chunk; cells are spoilt in `columns` itself."""
        faults = Faults()
        spoilt: dict[str, dict[int, str]] = {}
        rows = len(next(iter(columns.values())))
        for count, (kind, place) in enumerate(self.choose(rows, list(kinds), first=first), number):
            match kinds[kind]:
                case ("cell", column, *values):
                    spoilt.setdefault(column, {})[place] = values[count % len(values)]
                    if column == "latitude":
                        spoilt.setdefault("longitude", {})[place] = "10.5"
                    faults.cells.append((place, column, kind))
                case ("change", text):
                    faults.changed[place] = text, kind
                case ("insert", column, text):
                    own = {name: values[place].as_py() for name, values in columns.items()}
                    faults.inserted.append((place, text.format(line="{line}", count=count, **own), column, kind))
        for column, texts in spoilt.items():
            places = np.zeros(rows, dtype=bool)
            places[list(texts)] = True
            ordered = pa.array([texts[place] for place in sorted(texts)], pa.string())
            columns[column] = pc.replace_with_mask(columns[column], pa.array(places), ordered)
        faults.inserted.sort(key=lambda item: item[0])
        return faults


Kinds = dict[str, tuple[str, ...]]
_REPEATED = ("insert", "", "{line}")
#: Dates that are none; those of links begin with a year, for without validation any other leaves no link a year.
_BAD_DATES = ("2019-02-30", "2021-13-01", "2020-1-5")
_NO_DATES = (*_BAD_DATES, "31/12/2019", "soon")
#: What may be wrong in each table: a cell that is spoilt, a line that is changed, or one that is put in after a row.
KINDS_OF: dict[str, Kinds] = {
    "regions": {
        "unknown-parent": ("insert", "parent", "X{count},Nowhere,nowhere,3,,"),
        "ill-typed-number": ("insert", "level", "X{count},Nowhere,,three,,"),
    },
    "sectors": {
        "unknown-parent": ("insert", "broader", "X{count},Nothing,nothing,3,nace"),
        "ill-typed-number": ("insert", "level", "X{count},Nothing,,3.5,nace"),
    },
    "organizations": {
        "unknown-region": ("cell", "region", "nowhere", "ZZ.1"),
        "unknown-sector": ("cell", "sectors", "99.99", "alchemy"),
        "unknown-skill": ("cell", "skills", "alchemy", "augury"),
        "impossible-latitude": ("cell", "latitude", "91.5", "-123.25"),
        "ill-typed-number": ("cell", "employees", "many", "12.5", "1e3"),
        "negative-employees": ("cell", "employees", "-5"),
        "bad-date": ("cell", "founded", *_NO_DATES),
        "unknown-code": ("cell", "kind", "firm", "startup"),
        "bad-country": ("cell", "country", "Germany", "de"),
        "bad-lei": ("cell", "lei", "529900", "not-a-lei"),
        "bad-wikidata": ("cell", "wikidata", "42", "Q0"),
        "bad-website": ("cell", "website", "www.example.org", "ftp://example.org"),
        "missing-name": ("insert", "name", "nameless{count},,company,,,,,,,,,,,,"),
        "missing-id": ("insert", "id", ",Without an id {count},company,,,,,,,,,,,,"),
        "duplicate-id": ("insert", "id", "{id},Somebody else,company,,,,,,,,,,,,"),
        "repeated-row": _REPEATED,
        "surplus-cells": ("change", "{line},surplus,cells"),
        "short-row": ("insert", "", "short{count},Short row,company"),
        "blank-line": ("insert", "", ""),
    },
    "supplies": {
        "unknown-organization": ("insert", "customer", "{supplier},ghost{count},gears,2019,,"),
        "self-link": ("insert", "customer", "{supplier},{supplier},gears,2019,,self{count}"),
        "missing-key": ("insert", "customer", "{supplier},,gears,2019,,"),
        "bad-date": ("cell", "since", *_BAD_DATES),
        "repeated-row": _REPEATED,
        "blank-line": ("insert", "", ""),
    },
    "collaborations": {
        "unknown-code": ("cell", "kind", "picnic"),
        "bad-date": ("cell", "end", *_BAD_DATES),
        "missing-name": ("insert", "name", "nameless{count},,forum,,,,"),
        "duplicate-id": ("insert", "id", "{id},Something else,forum,,,,"),
    },
    "participants": {
        "unknown-organization": ("insert", "organization", "{collaboration},ghost{count},"),
        "unknown-collaboration": ("insert", "collaboration", "ghost{count},{organization},"),
        "repeated-row": _REPEATED,
    },
    "competitors": {
        "unknown-organization": ("insert", "competitor", "{organization},ghost{count},"),
        "self-link": ("insert", "competitor", "{organization},{organization},self{count}"),
    },
    "members": {
        "unknown-organization": ("insert", "organization", "{group},ghost{count}"),
        "unknown-group": ("insert", "group", "ghost{count},{organization}"),
    },
}


# The tables


class Project:
    """Writes the tables of a world into a folder."""

    def __init__(self, folder: Path, world: World, share: float) -> None:
        self.folder, self.world, self.rng = folder, world, world.rng
        self.spoiler = Spoiler(world.rng, share)
        self.places: list[tuple[str, int, str, str]] = []
        self.rows: dict[str, int] = {}

    def write(self) -> None:
        """Write all tables."""
        self._table("regions", [self._regions()])
        self._table("sectors", [self._sectors()])
        names = [f"{sector} skill {number}" for sector in self.world.sectors.ids[1] for number in range(6)]
        ids = pa.array([name.replace(" skill ", "-") for name in names])
        self._table("skills", [{"id": ids, "name": pa.array(names)}])
        self._table("organizations", map(self._organizations, self._chunks(self.world.count)))
        links = int(self.world.count * SUPPLIES_PER_ORGANIZATION)
        self._table("supplies", map(self._supplies, self._chunks(links)))
        collaborations = int(self.world.count * COLLABORATIONS_PER_ORGANIZATION)
        sizes = np.empty(collaborations, dtype=np.int16)
        self._table("collaborations", (self._collaborations(part, sizes) for part in self._chunks(collaborations)))
        few = self._chunks(collaborations, CHUNK // 5)
        self._table("participants", (self._participants(part, sizes[part.start : part.stop]) for part in few))
        self._table("competitors", [self._competitors()])
        groups = 6 + self.world.count // 1500
        self._table("groups", [self._groups(groups)])
        self._table("members", [self._members(groups)])

    @staticmethod
    def _chunks(count: int, size: int = CHUNK) -> Iterator[range]:
        return (range(start, min(start + size, count)) for start in range(0, count, size))

    def _table(self, name: str, chunks: Iterable[dict[str, pa.Array]]) -> None:
        table = Table(self.folder, name, self.places)
        with table.stream:
            for number, columns in enumerate(chunks):
                kinds = KINDS_OF.get(name, {})
                first = number == 0
                faults = self.spoiler.spoil(columns, kinds, first=first, number=table.line) if kinds else None
                table.write(list(columns.values()), faults)
        self.rows[table.file] = table.line - 1

    def _regions(self) -> dict[str, pa.Array]:
        tree = self.world.regions
        ids = [id_ for level in tree.ids for id_ in level]
        parents = [""] * len(tree.ids[0])
        for above, places in zip(tree.ids, tree.parents[1:], strict=False):
            parents += [above[place] for place in places]
        level = [str(number) for number, level in enumerate(tree.ids) for _ in level]
        points = np.round(np.concatenate(self.world.centres), 4)
        names = [f"Region {id_}" for id_ in ids]
        texts = [_numbers(points[:, 0]), _numbers(points[:, 1])]
        fixed = [pa.array(column, pa.string()) for column in (ids, names, parents, level)]
        return dict(zip(COLUMNS["regions"].split(), [*fixed, *texts], strict=True))

    def _sectors(self) -> dict[str, pa.Array]:
        tree = self.world.sectors
        ids = [id_ for level in tree.ids for id_ in level]
        parents = [""] * len(tree.ids[0])
        for above, places in zip(tree.ids, tree.parents[1:], strict=False):
            parents += [above[place] for place in places]
        level = [str(number) for number, level in enumerate(tree.ids, start=1) for _ in level]
        names = [f"Sector {id_}" for id_ in ids]
        columns = (ids, names, parents, level, ["nace"] * len(ids))
        return dict(zip(COLUMNS["sectors"].split(), (pa.array(column) for column in columns), strict=True))

    def _organizations(self, part: range) -> dict[str, pa.Array]:
        world, rng, size = self.world, self.rng, len(part)
        numbers = np.arange(part.start, part.stop)
        region, theme, code = (values[part.start : part.stop] for values in (world.region, world.theme, world.code))
        ids = _ids("o", numbers)
        country = _take(world.regions.ids[0], world.country[region])
        lot = rng.random(size)
        placed, lost = lot < 0.96, (lot >= 0.96) & (lot < 0.98)
        pointed = lost | (placed & (rng.random(size) < 0.4))
        points = world.centres[3][region] + rng.normal(0, 0.15, (size, 2))
        points[lost & (rng.random(size) < 0.1)] = (-48.0, -123.0)
        latitude, longitude = (_numbers(np.round(points[:, axis], 5)) for axis in (0, 1))
        others = [world.draw_codes(world.draw_themes(region)) for _ in range(2)]
        several = rng.random(size)
        sectors = _items(
            _where(several >= 0.03, _take(world.codes, code)),
            _where(several >= 0.84, _take(world.codes, others[0])),
            _where(several >= 0.96, _take(world.codes, others[1])),
        )
        employees = np.exp(rng.normal(2.5, 1.6, size)).astype(np.int64)
        days = rng.integers(0, len(_DAYS), size)
        founded = _dates(rng, days, rng.random(size) < 0.6)
        columns = (
            ids,
            self._names(numbers),
            _take(KINDS, rng.choice(len(KINDS), size=size, p=(0.84, 0.03, 0.04, 0.03, 0.03, 0.03))),
            country,
            _where(placed, _take(world.regions.ids[3], region)),
            _where(pointed, latitude),
            _where(pointed, longitude),
            sectors,
            self._skills(theme),
            _where(rng.random(size) < 0.7, _numbers(employees)),
            founded,
            _where(
                rng.random(size) < 0.4, _joined("", _constant("https://www.", size), ids, _constant(".example", size))
            ),
            _where(rng.random(size) < 0.05, _ids("52990000000", numbers)),
            _where(rng.random(size) < 0.1, _joined("", country, _ids("", numbers))),
            _where(rng.random(size) < 0.03, _joined("", _constant("Q", size), _numbers(numbers + 1))),
        )
        return dict(zip(COLUMNS["organizations"].split(), columns, strict=True))

    def _names(self, numbers: Ints) -> pa.Array:
        rng, size = self.rng, len(numbers)
        first, second, form = (_take(words, rng.integers(0, len(words), size)) for words in (FIRST, SECOND, FORM))
        number = _numbers(numbers)
        plain = _joined(" ", first, second, number, form)
        comma = _joined(
            "", _constant('"', size), _joined(", ", _joined(" ", first, number), form), _constant('"', size)
        )
        parts = (_constant('"', size), first, _constant(' ""', size), second, _constant('"" ', size), number)
        quote = _joined("", *parts, _constant('"', size))
        lot = rng.random(size)
        return _where(lot < 0.8, plain, _where(lot < 0.93, comma, quote))

    def _skills(self, themes: Ints) -> pa.Array:
        world, rng, size = self.world, self.rng, len(themes)
        own = _take(world.sectors.ids[1], themes)
        lot, skilled = rng.random(size), np.where(themes % 3 == 0, 0.45, 0)
        columns = []
        for least in (0.5, 0.7, 0.85, 0.95):
            number = _numbers((rng.random(size) ** 1.3 * 6).astype(np.int64))
            columns.append(_where(lot >= least - skilled, _joined("-", own, number)))
        return _items(*columns)

    def _interval(self, size: int, *, given: float, ended: float, days: float) -> tuple[pa.Array, pa.Array]:
        rng = self.rng
        start = (len(_DAYS) * rng.random(size) ** 0.7).astype(np.int64)
        end = start + 1 + (rng.exponential(days, size)).astype(np.int64)
        begins = _dates(rng, start, rng.random(size) < given)
        return begins, _dates(rng, end + 366, rng.random(size) < ended)

    def _supplies(self, part: range) -> dict[str, pa.Array]:
        world, rng, size = self.world, self.rng, len(part)
        supplier = rng.integers(0, world.count, size)
        customer = world.partners(supplier, (0.1, 0.28, 0.12, 0.05, 0.28), 40)
        since, until = self._interval(size, given=0.85, ended=0.35, days=1200)
        columns = (
            _ids("o", supplier),
            _ids("o", customer),
            _take(PRODUCTS, rng.integers(0, len(PRODUCTS), size)),
            since,
            until,
            _ids("register/", np.arange(part.start, part.stop)),
        )
        return dict(zip(COLUMNS["supplies"].split(), columns, strict=True))

    def _collaborations(self, part: range, sizes: np.ndarray[Any, np.dtype[np.int16]]) -> dict[str, pa.Array]:
        rng, size = self.rng, len(part)
        drawn = np.minimum(2 * (1 - rng.random(size)) ** (-1 / 1.5), MOST_PARTICIPANTS).astype(np.int16)
        sizes[part.start : part.stop] = drawn
        weights = np.array([0.35, *[0.05] * 8, *[0.0625] * 4])
        kind = rng.choice(len(COLLABORATIONS), size=size, p=weights / weights.sum())
        kind = np.where(drawn > 30, rng.integers(9, 13, size), kind)
        start, end = self._interval(size, given=0.92, ended=0.88, days=700)
        ids = _ids("c", np.arange(part.start, part.stop))
        topic = _take(self.world.sectors.ids[1], rng.integers(0, self.world.themes, size))
        names = _joined(" ", _take(SECOND, rng.integers(0, len(SECOND), size)), ids)
        columns = (ids, names, _take(COLLABORATIONS, kind), start, end, topic, _constant("", size))
        return dict(zip(COLUMNS["collaborations"].split(), columns, strict=True))

    def _participants(self, part: range, sizes: Ints) -> dict[str, pa.Array]:
        world, rng = self.world, self.rng
        anchors = rng.integers(0, world.count, len(part))
        way = rng.random(len(part))
        each = np.repeat(np.arange(len(part)), sizes)
        anchor, widths = anchors[each], np.repeat(np.maximum(15, 2 * sizes.astype(np.int64)), sizes)
        home, away = (
            world.partners(anchor, (0, 0.5, 0.2, 0.3), widths),
            world.partners(anchor, (0, 0, 0, 0, 0.9), widths),
        )
        mixed = world.partners(anchor, (0, 0.3, 0.1, 0.1, 0.3), widths)
        chosen = np.where(way[each] < 0.35, home, np.where(way[each] < 0.8, away, mixed))
        keys = np.concatenate([each * np.int64(world.count) + chosen, np.arange(len(part)) * world.count + anchors])
        keys = np.unique(keys)
        collaboration, organization = keys // world.count + part.start, keys % world.count
        role = _where(rng.random(len(keys)) < 0.3, _take(("coordinator", "partner"), rng.integers(0, 2, len(keys))))
        columns = (_ids("c", collaboration), _ids("o", organization), role)
        return dict(zip(COLUMNS["participants"].split(), columns, strict=True))

    def _competitors(self) -> dict[str, pa.Array]:
        world, rng = self.world, self.rng
        one = rng.integers(0, world.count, int(world.count * COMPETITIONS_PER_ORGANIZATION))
        other = world.partners(one, (0, 0.6, 0, 0, 0.4), 10)
        keys = np.unique(np.minimum(one, other) * np.int64(world.count) + np.maximum(one, other))
        market = _where(rng.random(len(keys)) < 0.5, _take(PRODUCTS, rng.integers(0, len(PRODUCTS), len(keys))))
        columns = (_ids("o", keys // world.count), _ids("o", keys % world.count), market)
        return dict(zip(COLUMNS["competitors"].split(), columns, strict=True))

    def _groups(self, count: int) -> dict[str, pa.Array]:
        ids = _ids("g", np.arange(count))
        names = _joined(" ", _constant("Initiative", count), ids)
        empty = _constant("", count)
        return dict(zip(COLUMNS["groups"].split(), (ids, names, empty, empty, empty), strict=True))

    def _members(self, count: int) -> dict[str, pa.Array]:
        world, rng = self.world, self.rng
        sizes = rng.integers(3, 40, count)
        group = np.repeat(np.arange(count), sizes)
        anchor = world.central(count)[group]
        near, far, any_ = world.neighbours(anchor, world.theme[anchor]), world.peers(anchor, 8), world.anyone(anchor)
        keys = np.unique(group * np.int64(world.count) + np.choose(group % 3, [near, far, any_]))
        columns = (_ids("g", keys // world.count), _ids("o", keys % world.count))
        return dict(zip(COLUMNS["members"].split(), columns, strict=True))


def generate(folder: Path, *, organizations: int, seed: int = 1, dirty: float = 0.01) -> dict[str, Any]:
    """Write a project folder and return what `expected.json` says of it.

    Parameters
    ----------
    folder:
        Is made if it is not there.
    organizations:
        How many to write, apart from faulty rows that are added.
    seed:
        The same seed gives the same files.
    dirty:
        The share of rows with a fault; every kind occurs at least once unless it is 0.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "kg.toml").write_text(TOML.format(count=organizations), encoding="utf-8")
    project = Project(data, World(np.random.default_rng(seed), organizations), dirty)
    project.write()
    places = project.places
    with (folder / "dirty.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("file", "line", "column", "kind"))
        writer.writerows(places)
    faults = Counter(f"{file.removesuffix('.csv')} {kind}" for file, _, _, kind in places)
    expected: dict[str, Any] = {
        "organizations": organizations,
        "seed": seed,
        "dirty": dirty,
        "lines": project.rows,
        "faults": dict(sorted(faults.items())),
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
    return expected


def main() -> None:
    """Read the command line and write a project."""
    parser = argparse.ArgumentParser(description="Write a project of invented organisations.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--organizations", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dirty", type=float, default=0.01)
    given = parser.parse_args()
    expected = generate(given.folder, organizations=given.organizations, seed=given.seed, dirty=given.dirty)
    print(json.dumps(expected, indent=2))


if __name__ == "__main__":
    main()
