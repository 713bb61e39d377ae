"""The axioms of an ontology as English sentences, with the terms in them kept as links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from rdflib import OWL, RDF, RDFS, BNode, URIRef
from rdflib.term import Node

from kg.ontology.reference.english import plural
from kg.ontology.reference.words import Expressions, Words, listed, plain, say, sentence

__all__ = ["Speaker"]

_SCHEMA = ("https://schema.org/", "http://schema.org/")


class Speaker(Expressions):
    """Says what the axioms of a graph say."""

    # --- classes

    def of(self, term: URIRef) -> list[Words]:
        """Return what the axioms about a term say, a sentence each."""
        found = [*self._of_class(term), *self._of_property(term), *self._of_individual(term)]
        found += self._general.get(term, [])
        return list(dict.fromkeys(found))

    def _of_class(self, term: URIRef) -> Iterator[Words]:
        for node in self.objects(term, OWL.equivalentClass):
            yield self._equivalent(term, node)
        for predicate in (OWL.intersectionOf, OWL.unionOf, OWL.oneOf, OWL.complementOf):
            if (term, predicate, None) in self.graph:
                yield self._equivalent(term, self._copy(term, predicate))
        for node in self.objects(term, RDFS.subClassOf):
            if node != OWL.Thing:
                yield sentence(self.noun(term, "every"), self.predicate(node))
        for node in self.either(term, OWL.disjointWith):
            if isinstance(node, URIRef):
                yield sentence("Nothing is both", self.noun(term), "and", self.noun(node))
            else:
                yield sentence(self.noun(term, "no"), self.predicate(node))
        for node in self.objects(term, OWL.disjointUnionOf):
            parts = [self.noun(part) for part in self.items(node)]
            yield sentence(self.noun(term, "every"), "is exactly one of these:", listed(parts, "or"))
        for node in self.objects(term, OWL.hasKey):
            keys = listed([say("the same", self.ref(key)) for key in self.items(node)])
            yield sentence("Two", self.ref(term, plural), "that have", keys, "are one and the same")

    def _equivalent(self, term: URIRef, node: Node) -> Words:
        every, what = self.noun(term, "every"), say("is", self.noun(term))
        if isinstance(node, URIRef):
            return sentence(every, self.predicate(node), ", and", self.noun(node, "every"), what)
        heads = [part for part in self.list_of(node, OWL.intersectionOf) if isinstance(part, URIRef)]
        if heads:
            return sentence(every, self.predicate(node), ", and every such", self.ref(heads[0]), what)
        if self.list_of(node, OWL.oneOf):
            return sentence(every, self.predicate(node), ", and there are no others")
        if (parts := self.list_of(node, OWL.unionOf)) and all(isinstance(part, URIRef) for part in parts):
            return sentence(every, self.predicate(node), ", and", self.noun(node, "every"), what)
        if (node, OWL.onDatatype, None) in self.graph:
            return sentence(every, self.predicate(node))
        return sentence(every, self.predicate(node), ", and everything of which that is true", what)

    def _copy(self, term: URIRef, predicate: URIRef) -> BNode:
        """Return a node with the expression that is stated of a named class itself."""
        node = BNode(f"of-{term}-{predicate}")
        for value in self.graph.objects(term, predicate):
            self.graph.add((node, predicate, value))
        return node

    # --- properties

    def _of_property(self, term: URIRef) -> Iterator[Words]:
        if not any((term, RDF.type, kind) in self.graph for kind in _PROPERTIES):
            return
        is_data = (term, RDF.type, OWL.DatatypeProperty) in self.graph
        for node in self.objects(term, RDFS.domain):
            if node != OWL.Thing:
                has_it = ("has it",) if is_data else self.some(term, OWL.Thing)
                yield sentence("Whatever", has_it, self.predicate(node))
        for node in self.objects(term, RDFS.range):
            if node != OWL.Thing:
                yield sentence("Each of its values is", self.noun(node))
        for place, words in (("domainIncludes", "It is meant for"), ("rangeIncludes", "Its values are meant to be")):
            nodes = [node for schema in _SCHEMA for node in self.objects(term, URIRef(schema + place))]
            if nodes:
                yield sentence(words, listed([self.noun(node) for node in nodes], "or"))
        yield from self._related(term)
        yield from self._characteristics(term)

    def _related(self, term: URIRef) -> Iterator[Words]:
        for node in self.objects(term, RDFS.subPropertyOf):
            yield sentence("It is a special case of", self.ref(node))
        for node in self.objects(term, OWL.equivalentProperty):
            yield sentence("It says the same as", self.ref(node))
        for node in self.either(term, OWL.inverseOf):
            if isinstance(node, URIRef):
                yield sentence("It is the inverse of", self.ref(node))
        for node in self.either(term, OWL.propertyDisjointWith):
            yield sentence("No two things are related both by it and by", self.ref(node))
        for node in self.objects(term, OWL.propertyChainAxiom):
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            links = self.items(node)[:25]
            steps = [self._between(links[n], letters[n], letters[n + 1]) for n in range(len(links))]
            yield sentence("If", listed(steps), ", then", self._between(term, "A", letters[len(links)]))

    def _characteristics(self, term: URIRef) -> Iterator[Words]:
        types = set(self.graph.objects(term, RDF.type))
        if OWL.FunctionalProperty in types:
            yield ("Nothing has more than one value of it.",)
        if OWL.InverseFunctionalProperty in types:
            yield ("No two things share a value of it.",)
        if OWL.SymmetricProperty in types:
            yield sentence("If", self._between(term, "A", "B"), ", then", self._between(term, "B", "A"))
        if OWL.AsymmetricProperty in types:
            yield sentence("If", self._between(term, "A", "B"), ", then it never holds the other way round")
        if OWL.TransitiveProperty in types:
            first, second = self._between(term, "A", "B"), self._between(term, "B", "C")
            yield sentence("If", first, "and", second, ", then", self._between(term, "A", "C"))
        if OWL.ReflexiveProperty in types:
            yield ("It relates everything to itself.",)
        if OWL.IrreflexiveProperty in types:
            yield ("It never relates a thing to itself.",)

    def _between(self, on: Node, subject: str, value: str) -> Words:
        return say(subject, self.valued(on, "the", (value,)))

    # --- individuals, and of several things at once

    def _of_individual(self, term: URIRef) -> Iterator[Words]:
        for node in self.either(term, OWL.sameAs):
            yield sentence("It is one and the same as", self.ref(node))
        for node in self.either(term, OWL.differentFrom):
            yield sentence("It is not the same as", self.ref(node))
        for node in self.objects(term, RDF.type):
            if isinstance(node, BNode):
                yield sentence("It", self.predicate(node))

    @cached_property
    def _general(self) -> dict[URIRef, list[Words]]:
        """Axioms whose subject has no name, under every term that they mention."""
        out: dict[URIRef, list[Words]] = {}
        for predicate in (RDFS.subClassOf, OWL.equivalentClass, OWL.disjointWith):
            for subject, node in self.graph.subject_objects(predicate):
                if isinstance(subject, BNode):
                    words = self._of_unnamed(subject, predicate, node)
                    for term in self.mentioned(subject) | self.mentioned(node):
                        out.setdefault(term, []).append(words)
        for kind, list_of, told in _MANY:
            for axiom in self.graph.subjects(RDF.type, kind):
                parts = [part for place in list_of for part in self.list_of(axiom, place)]
                for part in parts:
                    if isinstance(part, URIRef):
                        others = [other for other in parts if other != part]
                        out.setdefault(part, []).append(told(self, part, others))
        for axiom in self.graph.subjects(RDF.type, OWL.NegativePropertyAssertion):
            self._negative(axiom, out)
        return {term: sorted(said, key=plain) for term, said in out.items()}

    def _of_unnamed(self, subject: Node, predicate: URIRef, node: Node) -> Words:
        if predicate == OWL.disjointWith:
            return sentence(self.noun(subject, "no"), self.predicate(node))
        words = say(self.noun(subject, "every"), self.predicate(node))
        if predicate == OWL.equivalentClass:
            return sentence(words, ", and", self.noun(node, "every"), self.predicate(subject))
        return sentence(words)

    def _negative(self, axiom: Node, out: dict[URIRef, list[Words]]) -> None:
        source = self.graph.value(axiom, OWL.sourceIndividual)
        on = self.graph.value(axiom, OWL.assertionProperty)
        target = self.graph.value(axiom, OWL.targetIndividual) or self.graph.value(axiom, OWL.targetValue)
        if isinstance(source, URIRef) and on is not None and target is not None:
            words = sentence("It is not true that it", self.valued(on, "the", say(self.ref(target))))
            out.setdefault(source, []).append(words)


_PROPERTIES = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDF.Property, OWL.FunctionalProperty)


def _disjoint_classes(speaker: Speaker, term: URIRef, others: list[Node]) -> Words:
    return sentence(speaker.noun(term, "no"), "is", listed([speaker.noun(other) for other in others], "or"))


def _disjoint_properties(speaker: Speaker, term: URIRef, others: list[Node]) -> Words:
    names = listed([say(speaker.ref(other)) for other in others], "or")
    return sentence("No two things are related both by it and by", names)


def _different(speaker: Speaker, term: URIRef, others: list[Node]) -> Words:
    names = listed([say(speaker.ref(other)) for other in others], "or")
    return sentence("It is not the same as", names)


#: Axioms over several things: their type, where the list is, how one of the things is told of the others.
_MANY: tuple[tuple[URIRef, tuple[URIRef, ...], Callable[[Speaker, URIRef, list[Node]], Words]], ...] = (
    (OWL.AllDisjointClasses, (OWL.members,), _disjoint_classes),
    (OWL.AllDisjointProperties, (OWL.members,), _disjoint_properties),
    (OWL.AllDifferent, (OWL.members, OWL.distinctMembers), _different),
)
