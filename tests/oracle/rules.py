"""The groups, members and evidence that the contract names, as the tables of a build.

Nothing here is shared with the program it is compared with. Every figure is a fraction that is rounded once,
half up, to four places; rows are dicts with the columns of the files of a build, in the order of their keys.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.findings import (
    DRIVERS,
    Candidate,
    Finding,
    cells,
    communities,
    declared,
    held,
    inside,
    judge_all,
)
from tests.oracle.world import (
    Collaboration,
    Facts,
    Neighbours,
    Node,
    Organization,
    Parameters,
    Supply,
    World,
    canonical,
    joined,
)

__all__ = [
    "Collaboration",
    "Node",
    "Organization",
    "Parameters",
    "Result",
    "Row",
    "Supply",
    "World",
    "evaluate",
]

Row = dict[str, str]
HALF = Fraction(1, 2)


@dataclass
class Result:
    """The five tables of a build, each in the order of its keys."""

    candidates: list[Row]
    groups: list[Row]
    memberships: list[Row]
    links_by_year: list[Row]
    not_evidenced: list[Row]


def evaluate(
    world: World,
    parameters: Parameters | None = None,
    communities_given: Iterable[Set[str]] = (),
    base: str = "https://example.org/r/",
) -> Result:
    """Apply the contract to a world.

    `communities_given` are the communities of the tie graph, as sets of organisation ids: the library that
    finds them is not copied here. Those with fewer than `min_members` organisations are ignored.
    """
    facts = Facts(world, parameters or Parameters(), base)
    candidates = cells(facts) + communities(facts, communities_given) + declared(facts)
    findings = judge_all(facts, candidates)
    reports = [Report(facts, finding) for finding in findings if not finding.reason]
    return Result(
        candidate_rows(facts, candidates),
        [report.group_row() for report in reports],
        [row for report in reports for row in report.membership_rows()],
        [row for report in reports for row in report.year_rows()],
        [row for finding in findings if finding.reason for row in failure_rows(facts, finding)],
    )


def candidate_rows(facts: Facts, candidates: Iterable[Candidate]) -> list[Row]:
    """Every organisation of every candidate, before the membership rule."""
    pairs = {(c.iri, facts.name("organization", o)) for c in candidates for o in c.organizations}
    return [{"group": group, "organization": o} for group, o in sorted(pairs)]


def failure_rows(facts: Facts, finding: Finding) -> list[Row]:
    """Why a candidate came to nothing, then what each organisation dropped from it held and lacked."""

    def row(reason: str, organization: str, turn: str, drivers: Set[str], lacks: Set[str]) -> Row:
        return {
            "group": finding.candidate.iri,
            "source": finding.candidate.source,
            "reason": reason,
            "organization": organization,
            "round": turn,
            "drivers": joined(drivers),
            "lacks": joined(lacks),
        }

    has = finding.sustaining if finding.reason == "too-thin" else frozenset[str]()
    lacks = DRIVERS - has if finding.reason == "too-thin" else frozenset[str]()
    dropped = [
        row("dropped", facts.name("organization", d.organization), str(d.round), d.held, DRIVERS - d.held)
        for d in finding.drops
    ]
    return [row(finding.reason, "", "", has, lacks), *sorted(dropped, key=lambda r: r["organization"])]


def linked_pairs(facts: Facts, neighbours: Mapping[str, Set[str]], group: Set[str]) -> tuple[int, int]:
    """The linked pairs with an end in a group, each once, and how many lie in one region of level L."""
    twice = local_twice = 0
    for o in group:
        others = neighbours.get(o, frozenset())
        twice += 2 * len(others) - len(others & group)
        if o in facts.place:
            near = others & facts.residents[facts.place[o]]
            local_twice += 2 * len(near) - len(near & group)
    return twice // 2, local_twice // 2


def centralization(degrees: Iterable[int]) -> Fraction:
    """Freeman's degree centralization: 1 for a star, 0 where all are alike and for fewer than three."""
    values = list(degrees)
    if len(values) < 3:
        return Fraction(0)
    return Fraction(sum(max(values) - d for d in values), (len(values) - 1) * (len(values) - 2))


class Report:
    """What is to be said of a group (sections 6 and 7)."""

    def __init__(self, facts: Facts, finding: Finding) -> None:
        self.facts, self.finding = facts, finding
        self.members = finding.members
        self.size = len(finding.members)
        self.is_cluster = "Geography" in finding.sustaining
        self.degrees = inside(facts.linked, self.members)
        self.centralization = centralization(self.degrees.values())
        self.focal = self._focal()
        self.stances = {o: self._stance(o) for o in self.members}

    def _focal(self) -> frozenset[str]:
        p = self.facts.parameters
        if self.centralization < p.hub_centralization:
            return frozenset()
        return frozenset(o for o, d in self.degrees.items() if d >= p.focal_share * (self.size - 1))

    def _stance(self, o: str) -> frozenset[str]:
        stance = set()
        if self.degrees[o]:
            stance.add("cooperative")
        if self.facts.rivals.get(o, set()) & self.members:
            stance.add("competitive")
        return frozenset(stance)

    def _half_have(self, neighbours: Neighbours) -> bool:
        """Whether at least half of the members have k others of the group among their neighbours."""
        k = self.facts.parameters.min_partners
        having = sum(n >= k for n in inside(neighbours, self.members).values())
        return having >= HALF * self.size

    def _alike_in_skill(self) -> Neighbours:
        """Who shares enough skills with whom."""
        skills = {o: self.facts.world.organizations[o].skills for o in self.members}
        m = self.facts.parameters.min_shared_skills
        return {o: {q for q in skills if q != o and len(skills[o] & skills[q]) >= m} for o in skills}

    def kinds(self) -> set[str]:
        """Cluster, or what kinds of virtual group it is."""
        if self.is_cluster:
            return {"Cluster"}
        found = set()
        if "Vertical" in self.finding.sustaining:
            found.add("BusinessWeb")
        if "Horizontal" in self.finding.sustaining:
            found.add("Network")
            if self._half_have(self.facts.through["SharedInterest"]):
                found.add("Community")
        if self.focal:
            found.add("Hub")
        return found

    def types(self) -> set[str]:
        """The types among the three that have a rule."""
        found = set()
        if self._half_have(self._alike_in_skill()):
            found.add("skill")
        if "Vertical" in self.finding.sustaining:
            found.add("value-chain")
        if self._half_have(self.facts.through["KnowledgeExchange"]):
            found.add("innovation")
        return found

    def group_row(self) -> Row:
        """The row of `groups.csv`."""
        finding, name = self.finding, self.facts.name
        place = finding.place if self.is_cluster else None
        theme = finding.theme if "Sector" in finding.sustaining else None
        return {
            "group": finding.candidate.iri,
            "source": finding.candidate.source,
            "kinds": joined(self.kinds()),
            "types": joined(self.types()),
            "drivers": joined(finding.sustaining),
            "region": name("region", place) if place is not None else "",
            "sector": name("sector", theme) if theme is not None else "",
            "members": str(self.size),
            **self._figures(),
            **self._counts(),
            "focal": joined(name("organization", o) for o in self.focal),
        }

    def _figures(self) -> Row:
        """The figures that are quotients."""
        quotient = self.finding.candidate.quotient
        pairs_inside = sum(self.degrees.values()) // 2
        linked, local = linked_pairs(self.facts, self.facts.linked, self.members)
        themes = Counter(t for o in self.members for t in self.facts.themes[o]).values()
        return {
            "location_quotient": canonical(quotient) if quotient is not None else "",
            "link_density": canonical(Fraction(2 * pairs_inside, self.size * (self.size - 1))),
            "local_link_share": canonical(Fraction(local, linked)) if linked else "",
            "herfindahl": canonical(Fraction(sum(c * c for c in themes), sum(themes) ** 2)) if themes else "",
            "centralization": canonical(self.centralization),
        }

    def _counts(self) -> Row:
        """The figures that are whole numbers."""
        stances = Counter(self.stances.values())
        places = {self.facts.place[o] for o in self.members if o in self.facts.place}
        countries = {self.facts.country[o] for o in self.members if o in self.facts.country}
        counts = {
            "vertical_pairs": sum(self.finding.partners["Vertical"].values()) // 2,
            "horizontal_pairs": sum(self.finding.partners["Horizontal"].values()) // 2,
            "regions": len(places),
            "countries": len(countries),
            "competitive": stances[frozenset({"competitive"})],
            "cooperative": stances[frozenset({"cooperative"})],
            "both": stances[frozenset({"competitive", "cooperative"})],
            "independent": stances[frozenset()],
        }
        return {column: str(value) for column, value in counts.items()}

    def _role(self, o: str) -> str:
        if o in self.focal:
            return "focal"
        if not self.is_cluster:
            return "node"
        return "member" if self.facts.place.get(o) == self.finding.place else "affiliate"

    def membership_rows(self) -> list[Row]:
        """The rows of `memberships.csv`."""
        counts = self.finding.partners
        rows = [
            {
                "group": self.finding.candidate.iri,
                "organization": self.facts.name("organization", o),
                "geography": str(counts["Geography"][o]),
                "sector": str(counts["Sector"][o]),
                "vertical": str(counts["Vertical"][o]),
                "horizontal": str(counts["Horizontal"][o]),
                "drivers": joined(held(counts, o, self.facts.parameters.min_partners)),
                "stance": joined(self.stances[o]) or "independent",
                "role": self._role(o),
            }
            for o in self.members
        ]
        return sorted(rows, key=lambda row: row["organization"])

    def year_rows(self) -> list[Row]:
        """The rows of `links_by_year.csv`: the years in which some pair is linked."""
        by_year: dict[int, Neighbours] = defaultdict(lambda: defaultdict(set))
        for o in self.members:
            for years, ends in self.facts.dated.get(o, ()):
                for year in years:
                    by_year[year][o] |= ends
        rows = []
        for year, neighbours in sorted(by_year.items()):
            others = {o: ends - {o} for o, ends in neighbours.items()}
            linked, local = linked_pairs(self.facts, others, self.members)
            if linked:
                rows.append(
                    {
                        "group": self.finding.candidate.iri,
                        "year": str(year),
                        "linked": str(linked),
                        "local": str(local),
                    }
                )
        return rows
