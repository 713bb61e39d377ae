"""What a built project shows of the terms of an ontology: a few instances, statements and uses of each."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
from rdflib import Literal, URIRef

from kg.build import Build
from kg.ontology.reference.axioms import Speaker
from kg.ontology.reference.words import Part, Words, listed, say

__all__ = ["Samples"]

_INSTANCES = "SELECT DISTINCT ?class ?thing WHERE { ?thing a ?class } ORDER BY ?thing LIMIT 60"
_COUNT_INSTANCES = "SELECT ?class (COUNT(DISTINCT ?thing) AS ?n) WHERE { ?thing a ?class } GROUP BY ?class"
_STATEMENTS = "SELECT DISTINCT ?p ?s ?o WHERE { ?s ?p ?o } ORDER BY ?s ?o LIMIT 60"
_COUNT_STATEMENTS = "SELECT ?p (COUNT(*) AS ?n) WHERE { SELECT DISTINCT ?p ?s ?o WHERE { ?s ?p ?o } } GROUP BY ?p"
_USERS = """SELECT ?value ?p (COUNT(DISTINCT ?s) AS ?n) (MIN(?s) AS ?first)
WHERE { ?s ?p ?value FILTER(?p != rdf:type && ?p != skos:inScheme && ?p != skos:topConceptOf) }
GROUP BY ?value ?p ORDER BY ?p"""
_LINKS = "SELECT ?s ?p ?o WHERE { ?s ?p ?o FILTER(isIRI(?o) && ?p != rdf:type) } ORDER BY ?p ?o"


class Samples:
    """Reads the store of a build; terms are bound to variables, never written into a query."""

    def __init__(self, build: Build, speaker: Speaker) -> None:
        self.build = build
        self.speaker = speaker

    def of(self, term: URIRef, kind: str) -> Iterator[Words]:
        """Yield up to three instances of a class, two statements of a property, the users of anything else."""
        if kind in ("Class", "Datatype"):
            yield from self._instances(term)
        elif "roperty" in kind:
            yield from self._statements(term)
        else:
            yield from self._users(term)

    def _instances(self, term: URIRef) -> Iterator[Words]:
        bound = {"class": ox.NamedNode(str(term))}
        things = [thing for (thing,) in self.build.engine.select(_INSTANCES, bound) if isinstance(thing, ox.NamedNode)]
        if not things:
            return
        total = self._count(_COUNT_INSTANCES, bound)
        things.sort(key=lambda thing: (not self._is_named(thing.value), thing.value))
        for thing in things[:3]:
            yield self._thing(thing)
        if total > 3:
            yield (f"and {total - 3} more",)

    def _statements(self, term: URIRef) -> Iterator[Words]:
        bound = {"p": ox.NamedNode(str(term))}
        rows = [(s, o) for s, o in self.build.engine.select(_STATEMENTS, bound) if s is not None and o is not None]
        rows.sort(key=lambda row: (not self._is_named(str(row[0].value)), not self._is_named(str(row[1].value))))
        chosen = list({row[0]: row for row in reversed(rows)}.values())[::-1][:2]
        more = self._count(_COUNT_STATEMENTS, bound) - len(chosen) if chosen else 0
        for s, o in chosen:
            yield say(self._thing(s, term), "—", self.speaker.ref(term), "—", self._thing(o))
        if more:
            yield (f"and {more} more",)

    def _users(self, term: URIRef) -> Iterator[Words]:
        bound = {"value": ox.NamedNode(str(term))}
        for predicate, number, first in self.build.engine.select(_USERS, bound):
            if isinstance(predicate, ox.NamedNode) and number is not None and first is not None:
                more = int(number.value) - 1
                name = self.speaker.ref(URIRef(predicate.value))
                thing = self._thing(ox.NamedNode(first.value)) if isinstance(first, ox.NamedNode) else ("a record",)
                yield say(thing, f"and {more} more" if more else "", "—", name)

    def _count(self, query: str, bound: dict[str, ox.NamedNode]) -> int:
        rows = list(self.build.engine.select(query, bound))
        return int(rows[0][0].value) if rows and rows[0][0] is not None else 0

    def _is_named(self, iri: str) -> bool:
        return self.build.label(iri) != iri.removeprefix(self.build.base)

    def _thing(self, node: ox.NamedNode | ox.Literal | ox.BlankNode, but: URIRef | None = None) -> Words:
        """Return a thing by its name; a record without one by what it ties together, `but` left out; a term by its label."""
        if isinstance(node, ox.Literal):
            return (Literal(node.value, lang=node.language),)
        if isinstance(node, ox.BlankNode):
            return ("something without a name",)
        if not node.value.startswith(self.build.base):
            return say(self.speaker.ref(URIRef(node.value)))
        if self._is_named(node.value):
            return (self.build.label(node.value),)
        parts = self._parts(node, but)
        return listed(parts, ",") if parts else (self.build.label(node.value),)

    def _parts(self, node: ox.NamedNode, but: URIRef | None) -> list[Words]:
        found: dict[str, Words] = {}
        for predicate, value in self.build.engine.select(_LINKS, {"s": node}):
            if predicate is None or value is None or predicate.value == str(but) or not self._is_named(value.value):
                continue
            if value.value.startswith(self.build.base) and predicate.value not in found:
                label: Part = str(self.speaker.names.label(URIRef(predicate.value)))
                found[predicate.value] = say(label, self.build.label(value.value))
        return list(found.values())[:2]
