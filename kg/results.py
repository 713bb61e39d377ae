"""Conclusions as tables: the CSV files of a build, from the triples that were inferred. Only formatting."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.identifiers import local_name
from kg.namespaces import CKG, RDF, SKOS
from kg.resources import folder

__all__ = ["COLUMNS", "Conclusions", "write_csv"]

_DRIVERS = ("Geography", "Horizontal", "Sector", "Vertical")
_KINDS = ("BusinessWeb", "Cluster", "Community", "Hub", "Network")
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


def _notations() -> dict[str, str]:
    """Return the notation of every concept of the ontology, by the local name of the concept."""
    return {
        quad.subject.value.removeprefix(CKG): quad.object.value
        for quad in parse(path=str(folder("ontology") / "kinds.ttl"), format=RdfFormat.TURTLE)
        if quad.predicate == SKOS["notation"]
        and isinstance(quad.subject, NamedNode)
        and isinstance(quad.object, Literal)
    }


class Conclusions:
    """The conclusions of a run by subject and property, and the rows of each table in order."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.by_class: dict[str, list[str]] = defaultdict(list)
        self.notations = _notations()
        for triple in triples:
            assert isinstance(triple.subject, NamedNode)
            subject, value = triple.subject.value, getattr(triple.object, "value", "")
            if triple.predicate == RDF["type"]:
                self.by_class[value.removeprefix(CKG)].append(subject)
            else:
                self.facts[subject][triple.predicate.value.removeprefix(CKG)].append(value)
        self.classes: dict[str, set[str]] = defaultdict(set)
        for name, subjects in self.by_class.items():
            for subject in subjects:
                self.classes[subject].add(name)

    def one(self, subject: str, name: str) -> str:
        """Return the value of a property, or nothing."""
        return min(self.facts[subject].get(name, ()), default="")

    def joined(self, subject: str, name: str, *, notations: bool = False) -> str:
        """Return the values of a property as local names or notations, in alphabetical order, joined."""
        names = (local_name(value) for value in self.facts[subject].get(name, ()))
        return ";".join(sorted(self.notations[value] if notations else value for value in names))

    def subjects(self, name: str) -> list[str]:
        """Return the instances of a class in order."""
        return sorted(self.by_class[name])

    def rows(self, table: str) -> Iterator[Sequence[str]]:
        """Yield the rows of one of :data:`COLUMNS`, in order."""
        return iter(sorted(getattr(self, f"_{table}")()))

    def source(self, group: str) -> str:
        """Return where a candidate comes from: cell, community or declared."""
        return self.joined(group, "candidateSource", notations=True)

    def _candidates(self) -> Iterator[tuple[str, ...]]:
        for group in self.subjects("Candidate"):
            for organization in self.facts[group].get("hasCandidateMember", ()):
                yield group, organization

    def _groups(self) -> Iterator[tuple[str, ...]]:
        for group in self.subjects("Group"):
            yield (
                group,
                self.source(group),
                ";".join(kind for kind in _KINDS if kind in self.classes[group]),
                self.joined(group, "hasGroupType", notations=True),
                self.joined(group, "sustainedBy"),
                self.one(group, "cellRegion") or self.one(group, "inPlace"),
                self.one(group, "cellSector") or self.one(group, "hasTheme"),
                *(self.one(group, name) for name in _MEASURES.values()),
                ";".join(sorted(self.facts[group].get("hasFocalOrganization", ()))),
            )

    def _memberships(self) -> Iterator[tuple[str, ...]]:
        for node in self.subjects("Membership"):
            yield (
                self.one(node, "membershipGroup"),
                self.one(node, "membershipOrganization"),
                *(self.one(node, f"{name}Partners") for name in _PARTNERS),
                self.joined(node, "holdsDriver"),
                self.joined(node, "hasStance", notations=True),
                self.joined(node, "hasMemberRole", notations=True),
            )

    def _links_by_year(self) -> Iterator[tuple[str, ...]]:
        for node in self.subjects("YearlyLinks"):
            yield (
                self.one(node, "linksOfGroup"),
                self.one(node, "linkYear"),
                self.one(node, "linkedPairs"),
                self.one(node, "localPairs"),
            )

    def _not_evidenced(self) -> Iterator[tuple[str, ...]]:
        failed = {}
        for group in self.subjects("Candidate"):
            reason = self.joined(group, "outcome", notations=True)
            if reason in ("too-small", "too-thin"):
                failed[group] = self.source(group)
                drivers = self.joined(group, "sustainedBy"), self.joined(group, "lacksDriver")
                yield group, failed[group], reason, "", "", *drivers
        for node in self.subjects("DroppedCandidate"):
            group = self.one(node, "droppedFrom")
            if group in failed:
                yield (
                    group,
                    failed[group],
                    "dropped",
                    self.one(node, "droppedOrganization"),
                    self.one(node, "droppedInRound"),
                    self.joined(node, "holdsDriver"),
                    self.joined(node, "missesDriver"),
                )


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str] | Mapping[str, str]]) -> int:
    """Write a CSV file (UTF-8, line feeds) and return how many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([row[name] for name in columns] if isinstance(row, Mapping) else row)
            count += 1
    return count
