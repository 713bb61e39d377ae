"""An invented world: where every organisation is, what it does, and who is near it in either way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from bench.cells import Floats, Ints

#: Organisations that are settled at a time.
CHUNK = 100_000
#: Organisations that a region of level 3 has on average, and the most it is expected to have.
REGION_MEAN, REGION_MOST = 400, 12_000
#: Concepts of each sector level, as in NACE.
SECTORS = (21, 88, 270, 600)
#: The share of organisations whose sector is one of their region's own.
SPECIALISED = 0.3
SPECIALITIES = np.array([0.4, 0.3, 0.2, 0.1])
#: Organisations of a field of collaboration; of n draws, the first 1/m of a field gets n / m^(1/SKEW): with 3, one in a
#: hundred is in a fifth of all, as in the Framework Programmes.
FIELD, SKEW = 600, 3
#: Organisations that share a hub, and of how many such blocks one has members that deal with nobody else.
BLOCK, CAPTIVE = 40, 12
COUNTRIES = "DE FR IT ES PL RO NL BE CZ SE PT GR HU AT CH BG DK FI SK NO IE HR LT SI LV EE CY LU MT IS"


@dataclass(slots=True)
class Tree:
    """A tree, level by level: ids, and for every node the number of its parent on the level above."""

    ids: list[list[str]]
    parents: list[Ints]


def _tree(rng: np.random.Generator, sizes: Sequence[int], tops: Sequence[str]) -> Tree:
    tree = Tree([list(tops[: sizes[0]])], [np.zeros(sizes[0], dtype=np.int64)])
    for above, size in pairwise(sizes):
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
    return min(len(COUNTRIES.split()), max(2, first // 4)), first, second, finest


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


class World:
    """The organisations' regions and sectors, and ways to find partners near by or in the same line of business."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.rng, self.count = rng, count
        self.regions = _tree(rng, _region_sizes(count), COUNTRIES.split())
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

    def actives(self, of: Ints, most: Ints) -> Ints:
        """Return an organisation of the same field for each, of which a few are in most of what happens there.

        Parameters
        ----------
        of:
            Organisations.
        most:
            For each, how many organisations its field has at least.
        """
        field = np.maximum(FIELD, most)
        first = self.niche[of] // field * field
        step = (self.rng.random(len(of)) ** SKEW * field).astype(np.int64)
        found: Ints = self.by_code[np.minimum(first + step, self.count - 1)]
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
