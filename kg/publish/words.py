"""The words of the site: what kinds, types, roles and measures are called, and what the ontology says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.identifiers import local_name
from kg.namespaces import CKG, RDFS, SKOS
from kg.resources import ontology_files

__all__ = [
    "KINDS",
    "REASONS",
    "ROLES",
    "SOURCES",
    "STANCES",
    "TYPES",
    "Term",
    "bits_of",
    "needed",
    "terms",
    "too_few",
    "words_of",
]

#: Kinds of groups by their names in the tables, in the order of their bits.
KINDS = {
    "Cluster": "cluster",
    "BusinessWeb": "business web",
    "Network": "network",
    "Community": "community",
    "Hub": "hub",
}
#: Types of groups, likewise.
TYPES = {"skill": "skill", "value-chain": "value chain", "innovation": "innovation"}
SOURCES = {
    "cell": "found as a region and sector with more organisations than expected",
    "community": "found as a community in the network of ties",
    "declared": "declared by a source",
}
ROLES = {"focal": "focal", "node": "node", "member": "member", "affiliate": "affiliate"}
STANCES = {
    "cooperative": "cooperates",
    "competitive": "competes",
    "competitive;cooperative": "competes and cooperates",
    "independent": "independent",
}
REASONS = {
    "too-small": "too few organisations were left in it",
    "too-thin": "too few drivers sustain it",
    "same-as-cell": "it is the same group as one that was found as a cell",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the ontology in English."""

    name: str
    label: str
    definition: str
    note: str


@cache
def terms() -> Mapping[str, Term]:
    """Return the terms of the ontology by IRI."""
    texts: dict[str, dict[str, str]] = {}
    wanted = {SKOS["prefLabel"]: "label", RDFS["label"]: "label", SKOS["definition"]: "definition",
              SKOS["scopeNote"]: "note"}  # fmt: skip
    for file in ontology_files():
        for quad in parse(path=str(file), format=RdfFormat.TURTLE):
            subject, value, key = quad.subject, quad.object, wanted.get(quad.predicate)
            if key and isinstance(subject, NamedNode) and isinstance(value, Literal) and value.language == "en":
                texts.setdefault(subject.value, {}).setdefault(key, value.value)
    return {
        iri: Term(
            local_name(iri), found.get("label", local_name(iri)), found.get("definition", ""), found.get("note", "")
        )
        for iri, found in texts.items()
    }


def term(name: str) -> Term:
    """Return a term of the ontology by its local name, or a bare one."""
    return terms().get(f"{CKG}{name}", Term(name, name, "", ""))


def label_of(iri: str | None) -> str:
    """Return what a term is called."""
    if not iri:
        return ""
    found = terms().get(iri)
    return found.label if found else local_name(iri)


def needed(profile: Mapping[str, object]) -> str:
    """Return which drivers an organisation has to hold to be a member, by the profile of a run.

    >>> needed({"min_drivers": 2, "min_network_drivers": 1})
    'at least 2 of the four drivers, at least 1 of them Vertical or Horizontal'
    """
    network = int(str(profile.get("min_network_drivers") or 0))
    more = f", at least {network} of them Vertical or Horizontal" if network else ""
    return f"at least {profile.get('min_drivers', 1)} of the four drivers{more}"


def too_few(drivers: int, profile: Mapping[str, object]) -> str:
    """Return what of :func:`needed` the drivers that are held do not come to.

    >>> too_few(3, {"min_drivers": 2, "min_network_drivers": 1})
    'neither Vertical nor Horizontal'
    """
    held, network = drivers.bit_count(), (drivers & 12).bit_count()
    few = []
    if held < (least := int(str(profile.get("min_drivers") or 0))):
        few.append(f"{held} of {least} drivers")
    if network < (least := int(str(profile.get("min_network_drivers") or 0))):
        few.append("only one of Vertical and Horizontal" if network else "neither Vertical nor Horizontal")
    return ", ".join(few)


def bits_of(text: str, names: Iterable[str]) -> int:
    """Return the bits of names joined by semicolons.

    >>> bits_of("Hub;Network", KINDS)
    20
    """
    given = set(text.split(";"))
    return sum(1 << place for place, name in enumerate(names) if name in given)


def words_of(text: str, names: Mapping[str, str]) -> str:
    """Return names joined by semicolons in words.

    >>> words_of("BusinessWeb;Hub", KINDS)
    'business web, hub'
    """
    given = set(text.split(";"))
    return ", ".join(word for name, word in names.items() if name in given)
