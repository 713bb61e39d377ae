"""What changed between two versions of an ontology, from their graphs, and the version step that it asks for."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rdflib import DCTERMS, OWL, RDF, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

from kg.errors import InputError, UsageError
from kg.ontology.releases.descriptions import Descriptions, deprecated, description, key, successors
from kg.ontology.releases.names import Names, label, names_of, version, version_key
from kg.ontology.vocabulary import Vocabulary, read_vocabulary
from kg.resources import folder
from kg.turtle import canonical_turtle

__all__ = ["KINDS", "STEPS", "Change", "Changes", "compare", "deprecated", "read_version", "releases", "successors"]

#: The steps of a version number, smallest first (https://semver.org/spec/v2.0.0.html).
STEPS = ("none", "patch", "minor", "major")

#: The kinds of change in the order of the changelog, with the step that each asks for.
KINDS: dict[str, str] = {
    "removed": "major",
    "redefined": "major",
    "deprecated": "minor",
    "restored": "minor",
    "added": "minor",
    "linked": "minor",
    "moved": "patch",
    "redocumented": "patch",
}

#: Properties of the ontology that change with every version, so that a change of them says nothing.
_OF_VERSION = frozenset({OWL.versionInfo, OWL.versionIRI, OWL.priorVersion, DCTERMS.modified, DCTERMS.issued})
#: Properties that a deprecation brings and its end takes away.
_OF_DEPRECATION = (OWL.deprecated, DCTERMS.isReplacedBy)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one term; `detail` says what, one statement or property each; `fault` what is wrong with it."""

    kind: str
    term: URIRef
    label: str
    detail: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Changes:
    """All changes from one version to another, in the order of :data:`KINDS`, then of the terms."""

    iri: URIRef
    version_iri: str
    old: str
    new: str
    changes: tuple[Change, ...]
    names: Names

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many changes of each kind there are."""
        counted = Counter(change.kind for change in self.changes)
        return {kind: counted[kind] for kind in KINDS if counted[kind]}

    @property
    def asked(self) -> str:
        """The step that the changes ask for.

        While the major number is 0 a minor step is enough for a major change (https://semver.org/spec/v2.0.0.html#spec-item-4).
        """
        step = max((KINDS[change.kind] for change in self.changes), key=STEPS.index, default="none")
        old = version_key(self.old)
        return "minor" if step == "major" and old is not None and old[0] == 0 else step

    @property
    def stated(self) -> str:
        """The step from the old version number to the new; `backwards` for a smaller one, empty where one is unknown."""
        old, new = version_key(self.old), version_key(self.new)
        if old is None or new is None:
            return ""
        if new <= old:
            return "none" if new == old else "backwards"
        return "major" if new[0] > old[0] else "minor" if new[1] > old[1] else "patch"

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be in a release: removals without deprecation, and a step that is too small."""
        found = [f"{self.names.shorten(change.term)}: {change.fault}" for change in self.changes if change.fault]
        stated = self.stated
        if stated == "backwards":
            found.append(f"the new version, {self.new}, comes before the old, {self.old}")
        elif stated and STEPS.index(stated) < STEPS.index(self.asked):
            found.append(f"the changes ask for a {self.asked} step from {self.old}; {self.new} is a step of '{stated}'")
        return tuple(found)


def releases() -> tuple[Path, ...]:
    """Return the frozen releases of the ontology that ships, oldest first."""
    found = (folder("ontology") / "releases").glob("*.ttl")
    return tuple(sorted(found, key=lambda path: (version_key(path.stem) or (0, 0, 0), path.name)))


def read_version(path: Path) -> Vocabulary:
    """Read one version of an ontology: a file, or a folder of Turtle files, each of which is a module.

    Raises
    ------
    InputError
        when nothing can be read there.
    """
    if not path.is_dir():
        return read_vocabulary([path])
    files = sorted(path.glob("*.ttl"))
    if not files:
        raise InputError("this folder has no Turtle files; name a folder of modules, or a file", file=path)
    return read_vocabulary(files)


def compare(old: Vocabulary, new: Vocabulary) -> Changes:
    """Compare two versions of one ontology; alignments are left out.

    Definitions are compared as concise bounded descriptions, blank nodes and axioms that name the term included
    (https://www.w3.org/submissions/CBD/), by isomorphism; the order of a list counts only where OWL gives it a meaning,
    and what annotates an axiom is documentation. That a term is disjoint with, or different from, one that is in one
    version only is no change of its definition.

    Raises
    ------
    UsageError
        when they are two ontologies, not two versions of one.
    """
    if old.iri != new.iri:
        raise UsageError(f"these are two ontologies, {old.iri} and {new.iri}, and not two versions of one")
    names = Names({**names_of(old).prefixes, **names_of(new).prefixes})
    before, after = Descriptions(old, new), Descriptions(new, old)
    found = [*_vocabulary_changes(old, new, names)]
    for term in sorted({*old.terms, *new.terms} - (set(old.terms) ^ set(new.terms))):
        found += _term_changes(term, before, after, names)
    for term in sorted(before.foreign | after.foreign):
        if detail := _logic_changes(term, before, after, names):
            found.append(Change("linked", term, label(new.graph, term) or label(old.graph, term), detail))
    found += _header_changes(before, after, names)
    order = list(KINDS)
    found.sort(key=lambda change: (order.index(change.kind), change.term))
    iri = next(iter(sorted(map(str, new.graph.objects(new.iri, OWL.versionIRI)))), str(new.iri))
    return Changes(new.iri, iri, version(old), version(new), tuple(found), names)


def _vocabulary_changes(old: Vocabulary, new: Vocabulary, names: Names) -> Iterator[Change]:
    """Yield the terms that came, went, were deprecated, or are in another module."""
    went_before, goes_now = set(deprecated(old)), set(deprecated(new))
    for term in sorted(set(old.terms) - set(new.terms)):
        fault = "" if term in went_before else "removed without having been deprecated in a release"
        yield Change("removed", term, label(old.graph, term), _replaced(old.graph, term, names), fault)
    for term in sorted(set(new.terms) - set(old.terms)):
        yield Change("added", term, label(new.graph, term))
    for term in sorted(goes_now - went_before):
        yield Change("deprecated", term, label(new.graph, term), _replaced(new.graph, term, names))
    for term in sorted((went_before - goes_now) & set(new.terms)):
        yield Change("restored", term, label(new.graph, term))
    if len(old.modules) > 1 and len(new.modules) > 1:
        for term in sorted(set(old.terms) & set(new.terms)):
            was, now = old.module_of(term), new.module_of(term)
            if was and now and was.name != now.name:
                yield Change("moved", term, label(new.graph, term), (f"from {was.name} to {now.name}",))


def _replaced(graph: Graph, term: URIRef, names: Names) -> tuple[str, ...]:
    return tuple(f"replaced by {names.shorten(by)}" for by in successors(graph, term))


def _term_changes(term: URIRef, before: Descriptions, after: Descriptions, names: Names) -> Iterator[Change]:
    """Yield how a term that is in both versions was redefined and redocumented."""
    name = label(after.graph, term) or label(before.graph, term)
    if detail := _logic_changes(term, before, after, names):
        yield Change("redefined", term, name, detail)
    was, now = before.texts(term), after.texts(term)
    if (term in after.deprecated) != (term in before.deprecated):
        was, now = ({pair for pair in pairs if pair[0] not in _OF_DEPRECATION} for pairs in (was, now))
    if texts := _documentation(was, now, names):
        yield Change("redocumented", term, name, texts)


def _logic_changes(term: URIRef, before: Descriptions, after: Descriptions, names: Names) -> tuple[str, ...]:
    """Return the statements that went from and came to a description; empty when the two say the same."""
    old, new = before.logic(term), after.logic(term)
    if len(old) == len(new) and isomorphic(old, new):
        return ()
    went, came = _statements(old, names), _statements(new, names)
    return (*(f"- {text}" for text in sorted(went - came)), *(f"+ {text}" for text in sorted(came - went)))


def _header_changes(before: Descriptions, after: Descriptions, names: Names) -> Iterator[Change]:
    """Yield how the description of the ontology itself changed."""
    iri = after.vocabulary.iri
    name = label(after.graph, iri)
    was, now = ({str(o) for o in one.graph.objects(iri, OWL.imports)} for one in (before, after))
    detail = [f"- owl:imports {one}" for one in sorted(was - now)] + [
        f"+ owl:imports {one}" for one in sorted(now - was)
    ]
    if detail:
        yield Change("linked", iri, name, tuple(detail))
    if texts := _documentation(_header(before), _header(after), names):
        yield Change("redocumented", iri, name, texts)


def _header(one: Descriptions) -> set[tuple[URIRef, Node]]:
    """Return what is said of the ontology, and of what stands in blank nodes or is named there, such as its creators."""
    found: set[tuple[URIRef, Node]] = set()
    for p, o in one.graph.predicate_objects(one.vocabulary.iri):
        if p in _OF_VERSION or p == OWL.imports:
            continue
        found.add((URIRef(str(p)), Literal(key(one.graph, o)) if isinstance(o, BNode) else o))
        if o in one.named_by_header:
            found |= {(URIRef(str(p)), Literal(f"{q} {key(one.graph, v)}")) for q, v in one.graph.predicate_objects(o)}
    return found


def _statements(graph: Graph, names: Names) -> set[str]:
    """Return the statements of a description as lines of Turtle; what stands in a blank node is part of its line."""
    lines = set()
    roots = [s for s in set(graph.subjects()) if next(graph.subjects(None, s), None) is None or isinstance(s, URIRef)]
    for subject in roots:
        if isinstance(subject, BNode):
            lines.add(_turtle(graph, subject, names))
            continue
        for p, o in graph.predicate_objects(subject):
            value = _turtle(graph, o, names) if isinstance(o, BNode) else _written(o, names)
            lines.add(f"{names.shorten(str(p))} {value}")
    return lines


def _turtle(graph: Graph, node: Node, names: Names) -> str:
    """Return what is said of a blank node as one line of Turtle."""
    part = Graph(bind_namespaces="none")
    for prefix, namespace in names.prefixes.items():
        part.bind(prefix, namespace)
    part.add((OWL.Thing, RDF.value, node))
    for triple in description(graph, node):
        part.add(triple)
    text = canonical_turtle(part).rpartition("rdf:value ")[2]
    line = " ".join(text.split()).removesuffix(" .").removesuffix(" ;")
    return re.sub(r" ; (?=[\])])", " ", line)


def _written(node: Node, names: Names) -> str:
    return names.shorten(str(node)) if isinstance(node, URIRef) else node.n3()


def _documentation(old: set[tuple[URIRef, Node]], new: set[tuple[URIRef, Node]], names: Names) -> tuple[str, ...]:
    """Return which texts came, went or changed: one line for each property, with the languages."""
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    languages: dict[tuple[URIRef, str], list[set[Node]]] = defaultdict(lambda: [set(), set()])
    for place, pairs in enumerate((old, new)):
        for predicate, value in pairs:
            languages[predicate, (value.language or "") if isinstance(value, Literal) else ""][place].add(value)
    for (predicate, language), (was, now) in languages.items():
        if was != now:
            verb = "changed" if was and now else "added" if now else "removed"
            keys[names.shorten(str(predicate)), verb].add(language)
    lines = []
    for (short, verb), found in sorted(keys.items()):
        named = ", ".join(sorted(found - {""}))
        lines.append(f"{short} {verb}" + (f" ({named})" if named else ""))
    return tuple(lines)
