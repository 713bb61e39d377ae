"""Write a project of invented organisations, of any size and always the same: what the benchmarks run on.

    python bench/generate.py DIR --organizations 10000 [--seed 1] [--dirty 0.01]

The shapes are those of real data: region and sector trees with heavy tails, regions that specialise, supplies and
collaborations that look for partners near by or in the same line of business, a few firms that everybody supplies.
`expected.json` counts the faults that were seeded by table and kind; `dirty.csv` says where each is.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench import cells
from bench.cells import COLUMNS, Ints
from bench.faults import KINDS_OF, Spoiler, Table
from bench.world import Tree, World

#: Rows that are made at a time.
CHUNK = 100_000
SUPPLIES_PER_ORGANIZATION = 1.5
COLLABORATIONS_PER_ORGANIZATION = 0.15
COMPETITIONS_PER_ORGANIZATION = 0.1
MOST_PARTICIPANTS = 300
KINDS = ("company", "university", "research", "public", "association", "other")
COLLABORATIONS = (
    "rd-project co-patent licence co-publication spin-off joint-venture consortium shared-facility "
    "joint-marketing association interest-group forum standards-body"
)
FIRST = "Alpen Atlas Baltic Bérénger Červená Delta Émile Fjord Größe Helios Iberia Jura Kraków Lumen Møller Nova"
SECOND = "Antrieb Bois Chemie Donnée Énergie Foundry Genetics Hydraulik Instrumente Kałuża Logistics Metall"
FORM = "GmbH S.A. B.V. Oy AB s.r.o. Ltd SpA"
PRODUCTS = "bearings castings chips coatings data engines films gears lenses maintenance motors pumps resins sensors"
TOML = """[project]
title   = "{count} invented organisations"
base    = "https://example.org/bench/"
license = "https://creativecommons.org/publicdomain/zero/1.0/"

[[source]]
type = "tables"
path = "data"
"""


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
        table = Table(self.folder, name, COLUMNS[name].split(), self.places)
        with table.stream:
            for number, columns in enumerate(chunks):
                kinds = KINDS_OF.get(name, {})
                first = number == 0
                faults = self.spoiler.spoil(columns, kinds, first=first, number=table.line) if kinds else None
                table.write(list(columns.values()), faults)
        self.rows[table.file] = table.line - 1

    def _regions(self) -> dict[str, pa.Array]:
        tree = self.world.regions
        ids, parents = _nodes(tree)
        level = [str(number) for number, level in enumerate(tree.ids) for _ in level]
        points = np.round(np.concatenate(self.world.centres), 4)
        names = [f"Region {id_}" for id_ in ids]
        texts = [cells.numbers(points[:, 0]), cells.numbers(points[:, 1])]
        fixed = [pa.array(column, pa.string()) for column in (ids, names, parents, level)]
        return dict(zip(COLUMNS["regions"].split(), [*fixed, *texts], strict=True))

    def _sectors(self) -> dict[str, pa.Array]:
        tree = self.world.sectors
        ids, parents = _nodes(tree)
        level = [str(number) for number, level in enumerate(tree.ids, start=1) for _ in level]
        names = [f"Sector {id_}" for id_ in ids]
        columns = (ids, names, parents, level, ["nace"] * len(ids))
        return dict(zip(COLUMNS["sectors"].split(), (pa.array(column) for column in columns), strict=True))

    def _organizations(self, part: range) -> dict[str, pa.Array]:
        world, rng, size = self.world, self.rng, len(part)
        numbers = np.arange(part.start, part.stop)
        region, theme, code = (values[part.start : part.stop] for values in (world.region, world.theme, world.code))
        ids = cells.ids("o", numbers)
        country = cells.take(world.regions.ids[0], world.country[region])
        lot = rng.random(size)
        placed, lost = lot < 0.96, (lot >= 0.96) & (lot < 0.98)
        pointed = lost | (placed & (rng.random(size) < 0.4))
        points = world.centres[3][region] + rng.normal(0, 0.15, (size, 2))
        points[lost & (rng.random(size) < 0.1)] = (-48.0, -123.0)
        latitude, longitude = (cells.numbers(np.round(points[:, axis], 5)) for axis in (0, 1))
        others = [world.draw_codes(world.draw_themes(region)) for _ in range(2)]
        several = rng.random(size)
        sectors = cells.items(
            cells.where(several >= 0.03, cells.take(world.codes, code)),
            cells.where(several >= 0.84, cells.take(world.codes, others[0])),
            cells.where(several >= 0.96, cells.take(world.codes, others[1])),
        )
        employees = np.exp(rng.normal(2.5, 1.6, size)).astype(np.int64)
        days = rng.integers(0, len(cells.DAYS), size)
        founded = cells.dates(rng, days, rng.random(size) < 0.6)
        columns = (
            ids,
            self._names(numbers),
            cells.take(KINDS, rng.choice(len(KINDS), size=size, p=(0.84, 0.03, 0.04, 0.03, 0.03, 0.03))),
            country,
            cells.where(placed, cells.take(world.regions.ids[3], region)),
            cells.where(pointed, latitude),
            cells.where(pointed, longitude),
            sectors,
            self._skills(theme),
            cells.where(rng.random(size) < 0.7, cells.numbers(employees)),
            founded,
            cells.where(
                rng.random(size) < 0.4,
                cells.joined("", cells.constant("https://www.", size), ids, cells.constant(".example", size)),
            ),
            cells.where(rng.random(size) < 0.05, cells.ids("52990000000", numbers)),
            cells.where(rng.random(size) < 0.1, cells.joined("", country, cells.ids("", numbers))),
            cells.where(
                rng.random(size) < 0.03, cells.joined("", cells.constant("Q", size), cells.numbers(numbers + 1))
            ),
        )
        return dict(zip(COLUMNS["organizations"].split(), columns, strict=True))

    def _names(self, numbers: Ints) -> pa.Array:
        rng, size = self.rng, len(numbers)
        first, second, form = (
            cells.take(words, rng.integers(0, len(words), size))
            for words in (FIRST.split(), SECOND.split(), FORM.split())
        )
        number = cells.numbers(numbers)
        plain = cells.joined(" ", first, second, number, form)
        comma = cells.joined(
            "",
            cells.constant('"', size),
            cells.joined(", ", cells.joined(" ", first, number), form),
            cells.constant('"', size),
        )
        parts = (
            cells.constant('"', size),
            first,
            cells.constant(' ""', size),
            second,
            cells.constant('"" ', size),
            number,
        )
        quote = cells.joined("", *parts, cells.constant('"', size))
        lot = rng.random(size)
        return cells.where(lot < 0.8, plain, cells.where(lot < 0.93, comma, quote))

    def _skills(self, themes: Ints) -> pa.Array:
        world, rng, size = self.world, self.rng, len(themes)
        own = cells.take(world.sectors.ids[1], themes)
        lot, skilled = rng.random(size), np.where(themes % 3 == 0, 0.45, 0)
        columns = []
        for least in (0.5, 0.7, 0.85, 0.95):
            number = cells.numbers((rng.random(size) ** 1.3 * 6).astype(np.int64))
            columns.append(cells.where(lot >= least - skilled, cells.joined("-", own, number)))
        return cells.items(*columns)

    def _interval(self, size: int, *, given: float, ended: float, days: float) -> tuple[pa.Array, pa.Array]:
        rng = self.rng
        start = (len(cells.DAYS) * rng.random(size) ** 0.7).astype(np.int64)
        end = start + 1 + (rng.exponential(days, size)).astype(np.int64)
        begins = cells.dates(rng, start, rng.random(size) < given)
        return begins, cells.dates(rng, end + 366, rng.random(size) < ended)

    def _supplies(self, part: range) -> dict[str, pa.Array]:
        world, rng, size = self.world, self.rng, len(part)
        supplier = rng.integers(0, world.count, size)
        customer = world.partners(supplier, (0.1, 0.28, 0.12, 0.05, 0.28), 40)
        since, until = self._interval(size, given=0.85, ended=0.35, days=1200)
        columns = (
            cells.ids("o", supplier),
            cells.ids("o", customer),
            cells.take(PRODUCTS.split(), rng.integers(0, len(PRODUCTS.split()), size)),
            since,
            until,
            cells.ids("register/", np.arange(part.start, part.stop)),
        )
        return dict(zip(COLUMNS["supplies"].split(), columns, strict=True))

    def _collaborations(self, part: range, sizes: np.ndarray[Any, np.dtype[np.int16]]) -> dict[str, pa.Array]:
        rng, size = self.rng, len(part)
        drawn = np.minimum(2 * (1 - rng.random(size)) ** (-1 / 1.5), MOST_PARTICIPANTS).astype(np.int16)
        sizes[part.start : part.stop] = drawn
        weights = np.array([0.35, *[0.05] * 8, *[0.0625] * 4])
        kind = rng.choice(len(COLLABORATIONS.split()), size=size, p=weights / weights.sum())
        kind = np.where(drawn > 30, rng.integers(9, 13, size), kind)
        start, end = self._interval(size, given=0.92, ended=0.88, days=700)
        ids = cells.ids("c", np.arange(part.start, part.stop))
        topic = cells.take(self.world.sectors.ids[1], rng.integers(0, self.world.themes, size))
        names = cells.joined(" ", cells.take(SECOND.split(), rng.integers(0, len(SECOND.split()), size)), ids)
        columns = (ids, names, cells.take(COLLABORATIONS.split(), kind), start, end, topic, cells.constant("", size))
        return dict(zip(COLUMNS["collaborations"].split(), columns, strict=True))

    def _participants(self, part: range, sizes: Ints) -> dict[str, pa.Array]:
        world, rng = self.world, self.rng
        anchors = rng.integers(0, world.count, len(part))
        way = rng.random(len(part))
        each = np.repeat(np.arange(len(part)), sizes)
        anchor, widths = anchors[each], np.repeat(np.maximum(15, 2 * sizes.astype(np.int64)), sizes)
        home = world.partners(anchor, (0, 0.5, 0.2, 0.3), widths)
        away = world.actives(anchor, widths)
        mixed = np.where(rng.random(len(anchor)) < 0.5, away, world.partners(anchor, (0, 0.5, 0.2, 0.2), widths))
        chosen = np.where(way[each] < 0.35, home, np.where(way[each] < 0.8, away, mixed))
        keys = np.concatenate([each * np.int64(world.count) + chosen, np.arange(len(part)) * world.count + anchors])
        keys = np.unique(keys)
        collaboration, organization = keys // world.count + part.start, keys % world.count
        role = cells.where(
            rng.random(len(keys)) < 0.3, cells.take(("coordinator", "partner"), rng.integers(0, 2, len(keys)))
        )
        columns = (cells.ids("c", collaboration), cells.ids("o", organization), role)
        return dict(zip(COLUMNS["participants"].split(), columns, strict=True))

    def _competitors(self) -> dict[str, pa.Array]:
        world, rng = self.world, self.rng
        one = rng.integers(0, world.count, int(world.count * COMPETITIONS_PER_ORGANIZATION))
        other = world.partners(one, (0, 0.6, 0, 0, 0.4), 10)
        keys = np.unique(np.minimum(one, other) * np.int64(world.count) + np.maximum(one, other))
        market = cells.where(
            rng.random(len(keys)) < 0.5, cells.take(PRODUCTS.split(), rng.integers(0, len(PRODUCTS.split()), len(keys)))
        )
        columns = (cells.ids("o", keys // world.count), cells.ids("o", keys % world.count), market)
        return dict(zip(COLUMNS["competitors"].split(), columns, strict=True))

    def _groups(self, count: int) -> dict[str, pa.Array]:
        ids = cells.ids("g", np.arange(count))
        names = cells.joined(" ", cells.constant("Initiative", count), ids)
        empty = cells.constant("", count)
        return dict(zip(COLUMNS["groups"].split(), (ids, names, empty, empty, empty), strict=True))

    def _members(self, count: int) -> dict[str, pa.Array]:
        world, rng = self.world, self.rng
        sizes = rng.integers(3, 40, count)
        group = np.repeat(np.arange(count), sizes)
        anchor = world.central(count)[group]
        near, far, any_ = world.neighbours(anchor, world.theme[anchor]), world.peers(anchor, 8), world.anyone(anchor)
        keys = np.unique(group * np.int64(world.count) + np.choose(group % 3, [near, far, any_]))
        columns = (cells.ids("g", keys // world.count), cells.ids("o", keys % world.count))
        return dict(zip(COLUMNS["members"].split(), columns, strict=True))


def _nodes(tree: Tree) -> tuple[list[str], list[str]]:
    """Return the ids of a tree, level by level, and the id above each, empty at the top."""
    parents = [""] * len(tree.ids[0])
    for above, places in zip(tree.ids, tree.parents[1:], strict=False):
        parents += [above[place] for place in places]
    return [id_ for level in tree.ids for id_ in level], parents


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
