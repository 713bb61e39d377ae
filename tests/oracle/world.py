"""The facts of section 1 and the parameters of section 2, and an index of those that are in force."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from fractions import Fraction
from urllib.parse import quote

Neighbours = dict[str, set[str]]

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Organization:
    """What a source says of one organisation; everything is an id."""

    region: str | None = None
    sectors: frozenset[str] = _NONE
    skills: frozenset[str] = _NONE


@dataclass(frozen=True)
class Node:
    """A region or a sector: its level and the id of the one above it."""

    level: int
    parent: str | None = None


@dataclass(frozen=True)
class Supply:
    """A directed link; the dates are ISO 8601 years, months or days."""

    supplier: str
    customer: str
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Collaboration:
    """A collaboration by the top concept of its kind, None where the kind is not known."""

    participants: frozenset[str]
    top: str | None = None
    start: str | None = None
    end: str | None = None


@dataclass
class World:
    """All the facts, by id."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    regions: dict[str, Node] = field(default_factory=dict)
    sectors: dict[str, Node] = field(default_factory=dict)
    supplies: list[Supply] = field(default_factory=list)
    collaborations: dict[str, Collaboration] = field(default_factory=dict)
    competitors: set[tuple[str, str]] = field(default_factory=set)
    declared: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameters:
    """A rule profile; the defaults are those of the contract."""

    region_level: int = 3
    sector_level: int = 2
    min_members: int = 5
    min_partners: int = 1
    min_drivers: int = 2
    min_network_drivers: int = 1
    min_location_quotient: Fraction = Fraction(5, 4)
    driver_share: Fraction = Fraction(1, 2)
    focal_share: Fraction = Fraction(1, 2)
    hub_centralization: Fraction = Fraction(1, 2)
    min_shared_skills: int = 2
    max_collaboration_size: int = 500
    max_community_size: int = 200
    as_of: str | None = None


def iri(base: str, *steps: str) -> str:
    """The IRI of a thing: every step encoded as by ENCODE_FOR_URI."""
    return base + "/".join(quote(step, safe="") for step in steps)


def canonical(value: Fraction) -> str:
    """A canonical decimal of at most four places, rounded half up: `0.5`, `1`."""
    whole = int(value * 10000 + Fraction(1, 2))
    return f"{whole // 10000}.{whole % 10000:04d}".rstrip("0").rstrip(".")


def joined(items: Iterable[str]) -> str:
    """Several values in one cell, in alphabetical order."""
    return ";".join(sorted(items))


def days(text: str) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of an ISO year, month or day."""
    parts = [int(part) for part in text[:10].split("-")]
    if len(parts) == 3:
        return (datetime.date(*parts),) * 2
    if len(parts) == 1:
        return datetime.date(parts[0], 1, 1), datetime.date(parts[0], 12, 31)
    year, month = parts
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return datetime.date(year, month, 1), following - datetime.timedelta(days=1)


def in_force(begin: str | None, end: str | None, as_of: str | None) -> bool:
    """Whether an interval, open where an end is missing, holds on a date."""
    if as_of is None:
        return True
    date = datetime.date.fromisoformat(as_of)
    return (begin is None or days(begin)[0] <= date) and (end is None or date <= days(end)[1])


def ancestor(tree: Mapping[str, Node], node: str | None, level: int) -> str | None:
    """The node itself or the one above it whose level is `level`, if there is one."""
    seen: set[str] = set()
    while node is not None and node in tree and node not in seen:
        if tree[node].level == level:
            return node
        seen.add(node)
        node = tree[node].parent
    return None


class Facts:
    """The facts that are in force under a profile, indexed by organisation."""

    def __init__(self, world: World, parameters: Parameters, base: str) -> None:
        self.world, self.parameters, self.base = world, parameters, base
        p = parameters
        self.supplies = [s for s in world.supplies if in_force(s.since, s.until, p.as_of)]
        self.collaborations = [c for c in world.collaborations.values() if in_force(c.start, c.end, p.as_of)]
        self.place: dict[str, str] = {}
        self.country: dict[str, str] = {}
        self.themes: dict[str, frozenset[str]] = {}
        self.residents: Neighbours = defaultdict(set)
        for id_, o in world.organizations.items():
            if (place := ancestor(world.regions, o.region, p.region_level)) is not None:
                self.place[id_] = place
                self.residents[place].add(id_)
            if (country := ancestor(world.regions, o.region, 0)) is not None:
                self.country[id_] = country
            themes = {ancestor(world.sectors, s, p.sector_level) for s in o.sectors}
            self.themes[id_] = frozenset(t for t in themes if t is not None)
        self._index_links()

    def _index_links(self) -> None:
        self.vertical: Neighbours = defaultdict(set)
        self.horizontal: Neighbours = defaultdict(set)
        self.through: dict[str, Neighbours] = {"SharedInterest": {}, "KnowledgeExchange": {}}
        self.rivals: Neighbours = defaultdict(set)
        self.dated: dict[str, list[tuple[range, Set[str]]]] = defaultdict(list)
        self.years = self._years()
        for s in self.supplies:
            if s.supplier != s.customer:
                ends = frozenset({s.supplier, s.customer})
                self._tie(self.vertical, ends)
                self._date(ends, s.since, s.until)
        for c in self.collaborations:
            if len(c.participants) <= self.parameters.max_collaboration_size:
                self._tie(self.horizontal, c.participants)
                self._date(c.participants, c.start, c.end)
                if c.top in self.through:
                    self._tie(self.through[c.top], c.participants)
        for pair in self.world.competitors:
            self._tie(self.rivals, frozenset(pair))
        self.linked: Neighbours = {
            o: self.vertical.get(o, set()) | self.horizontal.get(o, set()) for o in self.world.organizations
        }

    @staticmethod
    def _tie(neighbours: Neighbours, ends: Set[str]) -> None:
        for o in ends:
            neighbours.setdefault(o, set()).update(ends)
            neighbours[o].discard(o)

    def _years(self) -> range:
        """From the first to the last year that a link in force names."""
        dates = [d for s in self.supplies for d in (s.since, s.until) if d]
        dates += [d for c in self.collaborations for d in (c.start, c.end) if d]
        years = [int(d[:4]) for d in dates]
        return range(min(years), max(years) + 1) if years else range(0)

    def _date(self, ends: Set[str], begin: str | None, end: str | None) -> None:
        if begin or end:
            first = int(begin[:4]) if begin else self.years.start
            last = int(end[:4]) if end else self.years.stop - 1
            for o in ends:
                self.dated[o].append((range(first, last + 1), ends))

    def name(self, kind: str, id_: str) -> str:
        """The IRI of an organisation, a region or a sector."""
        return iri(self.base, kind, id_)
