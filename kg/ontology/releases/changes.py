"""What changed between two versions of an ontology, from their graphs, and the version step that it asks for."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rdflib import DC, DCTERMS, OWL, RDF, RDFS, SKOS, VANN, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

from kg.errors import InputError, UsageError
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
    "added": "minor",
    "moved": "patch",
    "redocumented": "patch",
}

_TRUE = frozenset({"true", "1"})
#: Axioms that say of every two members what a property can say of two: https://www.w3.org/TR/owl2-mapping-to-rdf/.
_PAIRWISE = {
    OWL.AllDisjointClasses: OWL.disjointWith,
    OWL.AllDisjointProperties: OWL.propertyDisjointWith,
    OWL.AllDifferent: OWL.differentFrom,
}
#: Properties of the ontology that change with every version, so that a change of them says nothing.
_OF_VERSION = frozenset({OWL.versionInfo, OWL.versionIRI, OWL.priorVersion, DCTERMS.modified, DCTERMS.issued})
#: Namespaces of which every property is documentation, and single properties that are.
_DOCUMENTING = (str(DC), str(DCTERMS), str(VANN))
_DOCUMENTS = frozenset(
    {
        RDFS.label,
        RDFS.comment,
        RDFS.seeAlso,
        RDFS.isDefinedBy,
        OWL.deprecated,
        OWL.versionInfo,
        OWL.incompatibleWith,
        OWL.backwardCompatibleWith,
        SKOS.prefLabel,
        SKOS.altLabel,
        SKOS.hiddenLabel,
        SKOS.definition,
        SKOS.scopeNote,
        SKOS.example,
        SKOS.note,
        SKOS.editorialNote,
        SKOS.historyNote,
        SKOS.changeNote,
        SKOS.closeMatch,
        SKOS.exactMatch,
        SKOS.broadMatch,
        SKOS.narrowMatch,
        SKOS.relatedMatch,
    }
)


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


def deprecated(vocabulary: Vocabulary) -> tuple[URIRef, ...]:
    """Return the own terms that are deprecated."""
    graph = vocabulary.graph
    marked = {s for s, o in graph.subject_objects(OWL.deprecated) if str(o) in _TRUE}
    marked |= {s for kind in (OWL.DeprecatedClass, OWL.DeprecatedProperty) for s in graph.subjects(RDF.type, kind)}
    return tuple(sorted(s for s in marked if isinstance(s, URIRef) and s.startswith(vocabulary.namespace)))


def successors(graph: Graph, term: URIRef) -> tuple[URIRef, ...]:
    """Return the terms that replace a term, as its `dct:isReplacedBy` says."""
    return tuple(sorted(o for o in graph.objects(term, DCTERMS.isReplacedBy) if isinstance(o, URIRef)))


def compare(old: Vocabulary, new: Vocabulary) -> Changes:
    """Compare two versions of one ontology; alignments are left out.

    Definitions are compared as concise bounded descriptions, blank nodes and axioms that name the term included
    (https://www.w3.org/submissions/CBD/), by isomorphism. That a term is disjoint with, or different from, one that is
    in one version only is no change of its definition.

    Raises
    ------
    UsageError
        when they are two ontologies, not two versions of one.
    """
    if old.iri != new.iri:
        raise UsageError(f"these are two ontologies, {old.iri} and {new.iri}, and not two versions of one")
    names = Names({**names_of(old).prefixes, **names_of(new).prefixes})
    before, after = _Descriptions(old, new), _Descriptions(new, old)
    found = [*_vocabulary_changes(old, new, names)]
    for term in sorted({*old.terms, *new.terms} - (set(old.terms) ^ set(new.terms))):
        found += _term_changes(term, before, after, names)
    found += _header_changes(old, new, names)
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
    if len(old.modules) > 1 and len(new.modules) > 1:
        for term in sorted(set(old.terms) & set(new.terms)):
            was, now = old.module_of(term), new.module_of(term)
            if was and now and was.name != now.name:
                yield Change("moved", term, label(new.graph, term), (f"from {was.name} to {now.name}",))


def _replaced(graph: Graph, term: URIRef, names: Names) -> tuple[str, ...]:
    return tuple(f"replaced by {names.shorten(by)}" for by in successors(graph, term))


def _term_changes(term: URIRef, before: _Descriptions, after: _Descriptions, names: Names) -> Iterator[Change]:
    """Yield how a term that is in both versions was redefined and redocumented."""
    name = label(after.graph, term) or label(before.graph, term)
    old, new = before.logic(term), after.logic(term)
    if len(old) != len(new) or not isomorphic(old, new):
        went, came = _statements(old, names), _statements(new, names)
        detail = [f"- {text}" for text in sorted(went - came)] + [f"+ {text}" for text in sorted(came - went)]
        yield Change("redefined", term, name, tuple(detail))
    was, now = before.texts(term), after.texts(term)
    if term in after.deprecated and term not in before.deprecated:
        now = {pair for pair in now if pair[0] not in (OWL.deprecated, DCTERMS.isReplacedBy)}
    if texts := _documentation(was, now, names):
        yield Change("redocumented", term, name, texts)


def _header_changes(old: Vocabulary, new: Vocabulary, names: Names) -> Iterator[Change]:
    """Yield how the description of the ontology itself changed."""

    def texts(vocabulary: Vocabulary) -> set[tuple[URIRef, Node]]:
        pairs = vocabulary.graph.predicate_objects(vocabulary.iri)
        return {(URIRef(str(p)), o) for p, o in pairs if p not in _OF_VERSION and not isinstance(o, BNode)}

    if detail := _documentation(texts(old), texts(new), names):
        yield Change("redocumented", new.iri, label(new.graph, new.iri), detail)


class _Descriptions:
    """What one version says of its terms, apart into logic and documentation."""

    def __init__(self, vocabulary: Vocabulary, other: Vocabulary) -> None:
        self.graph = vocabulary.graph
        annotations = {
            p for v in (vocabulary, other) for p in v.graph.subjects(RDF.type, OWL.AnnotationProperty, unique=True)
        }
        self.documents = _DOCUMENTS | annotations
        self.deprecated = frozenset(deprecated(vocabulary))
        self.single = set(vocabulary.terms) ^ set(other.terms)
        self.axioms: dict[Node, list[BNode]] = defaultdict(list)
        self.apart: dict[Node, set[tuple[URIRef, URIRef]]] = defaultdict(set)
        for predicate in _PAIRWISE.values():
            for s, o in self.graph.subject_objects(predicate):
                self._set_apart(predicate, [s, o])
        for node in {s for s in self.graph.subjects() if isinstance(s, BNode)}:
            if next(self.graph.subjects(None, node), None) is None:
                self._add_axiom(node)

    def _add_axiom(self, node: BNode) -> None:
        """Note an axiom without a name under each term that it names."""
        predicate = next((p for kind, p in _PAIRWISE.items() if (node, RDF.type, kind) in self.graph), None)
        heads = [o for p in (OWL.members, OWL.distinctMembers) for o in self.graph.objects(node, p)]
        try:
            members = [member for head in heads for member in self.graph.items(head)]
        except ValueError:  # a list that runs into itself
            members = []
        if predicate and members and self._set_apart(predicate, members):
            return
        for named in {o for _, _, o in _description(self.graph, node) if isinstance(o, URIRef)}:
            self.axioms[named].append(node)

    def _set_apart(self, predicate: URIRef, members: Sequence[Node]) -> bool:
        """Note that members are pairwise disjoint or different; false when some has no name."""
        named = [member for member in members if isinstance(member, URIRef)]
        if len(named) < len(members):
            return False
        for member in named:
            self.apart[member] |= {(predicate, o) for o in named if o != member and o not in self.single}
        return True

    def texts(self, term: URIRef) -> set[tuple[URIRef, Node]]:
        """Return the documentation of a term, without what hangs on blank nodes."""
        pairs = self.graph.predicate_objects(term)
        return {(URIRef(str(p)), o) for p, o in pairs if self.is_document(p) and not isinstance(o, BNode)}

    def logic(self, term: URIRef) -> Graph:
        """Return all else that is said of a term, axioms without a name that mention it included."""
        found = Graph(bind_namespaces="none")
        for p, o in self.graph.predicate_objects(term):
            if not self.is_document(p) and not (p in _PAIRWISE.values() and isinstance(o, URIRef)):
                found.add((term, p, o))
                for triple in _description(self.graph, o) if isinstance(o, BNode) else ():
                    found.add(triple)
        for predicate, other in self.apart[term]:
            found.add((term, predicate, other))
        for node in self.axioms[term]:
            for triple in _description(self.graph, node):
                found.add(triple)
        return found

    def is_document(self, predicate: Node) -> bool:
        """Return whether a property says nothing that follows logically."""
        return predicate in self.documents or str(predicate).startswith(_DOCUMENTING)


def _description(graph: Graph, start: Node) -> Iterator[tuple[Node, Node, Node]]:
    """Yield the triples of a blank node and of the blank nodes that it reaches."""
    todo, seen = [start], {start}
    while todo:
        node = todo.pop()
        for p, o in graph.predicate_objects(node):
            yield node, p, o
            if isinstance(o, BNode) and o not in seen:
                seen.add(o)
                todo.append(o)


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
    for triple in _description(graph, node):
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
