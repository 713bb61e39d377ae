"""Sections 3 to 5 and the test of what sustains a group: candidates, ties, drivers, membership.

The rule is computed as the contract words it: drop every organisation that fails, all in one round, until
none fails. Thresholds are compared exactly.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.world import Facts, Neighbours, Parameters, iri

DRIVERS = frozenset({"Geography", "Horizontal", "Sector", "Vertical"})
NETWORK = frozenset({"Horizontal", "Vertical"})


@dataclass(frozen=True)
class Candidate:
    """Organisations that may be a group; a cell has a region, a sector and a quotient as well."""

    iri: str
    source: str
    organizations: frozenset[str]
    region: str | None = None
    sector: str | None = None
    quotient: Fraction | None = None


@dataclass(frozen=True)
class Drop:
    """An organisation that left a candidate: in which round (from 1), and the drivers it held then."""

    organization: str
    round: int
    held: frozenset[str]


@dataclass(frozen=True)
class Finding:
    """A candidate after the membership rule and the test of what sustains it."""

    candidate: Candidate
    members: frozenset[str]
    partners: Mapping[str, Mapping[str, int]]
    drops: tuple[Drop, ...]
    place: str | None
    theme: str | None
    sustaining: frozenset[str]
    reason: str  # too-small, too-thin, or empty for a group


def cells(facts: Facts) -> list[Candidate]:
    """The admitted region-and-sector cells."""
    p = facts.parameters
    inside: dict[tuple[str, str], set[str]] = defaultdict(set)
    of_region: Counter[str] = Counter()
    of_sector: Counter[str] = Counter()
    total = 0
    for o, place in facts.place.items():
        if themes := facts.themes[o]:
            total += 1
            of_region[place] += 1
            of_sector.update(themes)
            for theme in themes:
                inside[place, theme].add(o)
    found = []
    for (r, t), members in inside.items():
        quotient = Fraction(len(members) * total, of_region[r] * of_sector[t])
        says_nothing = total in (of_region[r], of_sector[t])
        if len(members) >= p.min_members and (says_nothing or quotient >= p.min_location_quotient):
            name = iri(facts.base, "group", "cell", r, t)
            found.append(Candidate(name, "cell", frozenset(members), r, t, quotient))
    return found


def communities(facts: Facts, given: Iterable[Set[str]]) -> list[Candidate]:
    """The communities that are large enough, named after the organisations in them."""
    found = []
    for community in given:
        if len(community) >= facts.parameters.min_members:
            text = "\n".join(sorted(facts.name("organization", o) for o in community))
            key = hashlib.sha256(text.encode()).hexdigest()[:16]
            name = iri(facts.base, "group", "community", key)
            found.append(Candidate(name, "community", frozenset(community)))
    return found


def declared(facts: Facts) -> list[Candidate]:
    """The groups that a source says exist, whatever their size."""
    return [
        Candidate(iri(facts.base, "group", "declared", id_), "declared", listed)
        for id_, listed in facts.world.declared.items()
    ]


def partners(facts: Facts, group: Set[str]) -> dict[str, dict[str, int]]:
    """For each driver and each organisation of a set: how many others in the set are tied to it."""
    here = Counter(facts.place[o] for o in group if o in facts.place)
    alike: Neighbours = defaultdict(set)
    for o in group:
        for theme in facts.themes[o]:
            alike[theme].add(o)
    return {
        "Geography": {o: here[facts.place[o]] - 1 if o in facts.place else 0 for o in group},
        "Sector": {o: len(set[str]().union(*(alike[t] for t in facts.themes[o])) - {o}) for o in group},
        "Vertical": inside(facts.vertical, group),
        "Horizontal": inside(facts.horizontal, group),
    }


def inside(neighbours: Neighbours, group: Set[str]) -> dict[str, int]:
    """For each organisation of a set: how many of its neighbours are in the set."""
    return {o: len(neighbours.get(o, set()) & group) for o in group}


def held(counts: Mapping[str, Mapping[str, int]], o: str, k: int) -> frozenset[str]:
    """The drivers that an organisation holds."""
    return frozenset(driver for driver in DRIVERS if counts[driver][o] >= k)


def enough(drivers: Set[str], p: Parameters) -> bool:
    """Whether drivers suffice: d of the four, w of them horizontal or vertical."""
    return len(drivers) >= p.min_drivers and len(drivers & NETWORK) >= p.min_network_drivers


def settle(facts: Facts, organizations: Set[str]) -> tuple[set[str], dict[str, dict[str, int]], list[Drop]]:
    """The largest set that satisfies the membership rule, its partner counts, and who was dropped when."""
    p = facts.parameters
    group, drops, turn = set(organizations), list[Drop](), 1
    while True:
        counts = partners(facts, group)
        failing = [Drop(o, turn, drivers) for o in group if not enough(drivers := held(counts, o, p.min_partners), p)]
        if not failing:
            return group, counts, drops
        drops += failing
        group -= {drop.organization for drop in failing}
        turn += 1


def most(facts: Facts, kind: str, incidences: Iterable[str]) -> str | None:
    """The region or sector that occurs most; of equals the one whose IRI comes first."""
    counts = Counter(incidences)
    return min(counts, key=lambda x: (-counts[x], facts.name(kind, x)), default=None)


def judge(facts: Facts, candidate: Candidate) -> Finding:
    """Apply the membership rule to a candidate, then ask what sustains what is left."""
    p = facts.parameters
    group, counts, drops = settle(facts, candidate.organizations)
    place, theme = candidate.region, candidate.sector
    if candidate.source != "cell":
        place = most(facts, "region", (facts.place[o] for o in group if o in facts.place))
        theme = most(facts, "sector", (t for o in group for t in facts.themes[o]))
    holders = {
        "Geography": sum(place is not None and facts.place.get(o) == place for o in group),
        "Sector": sum(theme in facts.themes[o] for o in group),
        "Vertical": sum(n >= p.min_partners for n in counts["Vertical"].values()),
        "Horizontal": sum(n >= p.min_partners for n in counts["Horizontal"].values()),
    }
    sustaining = frozenset(x for x, n in holders.items() if n > 0 and n >= p.driver_share * len(group))
    reason = "" if enough(sustaining, p) else "too-thin"
    if len(group) < p.min_members:
        reason = "too-small"
    return Finding(candidate, frozenset(group), counts, tuple(drops), place, theme, sustaining, reason)


def judge_all(facts: Facts, candidates: Iterable[Candidate]) -> list[Finding]:
    """All findings in order of IRI, without the communities that are a cell under another name."""
    findings = [judge(facts, candidate) for candidate in sorted(candidates, key=lambda c: c.iri)]
    of_cells = {f.members for f in findings if f.candidate.source == "cell" and not f.reason}
    return [f for f in findings if f.candidate.source != "community" or f.members not in of_cells]
