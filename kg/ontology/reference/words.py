"""Class expressions of an ontology as English phrases, with the terms in them kept as links.

Every construct of the OWL 2 mapping to RDF graphs (https://www.w3.org/TR/owl2-mapping-to-rdf/) that can stand in a
class expression has words; what is not well formed is said to be so, never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.ontology.reference.english import amount, article, phrase, plural
from kg.ontology.reference.texts import Names

__all__ = ["Expressions", "Part", "Ref", "Words", "listed", "plain", "say", "sentence"]

_BUILT_IN = tuple(str(namespace) for namespace in (OWL, RDF, RDFS, XSD))
_THINGS = {"a": "something", "every": "everything", "no": "nothing"}
_UNNAMED = "something that has no words here"
#: How deep expressions may nest before the words give up.
_DEPTH = 8
_DATATYPES = {
    XSD.string: "a text",
    XSD.integer: "a whole number",
    XSD.int: "a whole number",
    XSD.long: "a whole number",
    XSD.nonNegativeInteger: "a whole number of at least 0",
    XSD.positiveInteger: "a whole number of at least 1",
    XSD.decimal: "a decimal number",
    XSD.double: "a number",
    XSD.float: "a number",
    XSD.boolean: "true or false",
    XSD.date: "a date",
    XSD.dateTime: "a point in time",
    XSD.gYear: "a year",
    XSD.anyURI: "a web address",
    RDF.langString: "a text in a language",
    RDFS.Literal: "any value",
}
_FACETS = {
    XSD.minInclusive: "of at least",
    XSD.maxInclusive: "of at most",
    XSD.minExclusive: "of more than",
    XSD.maxExclusive: "of less than",
    XSD.length: "of length",
    XSD.minLength: "of at least this length:",
    XSD.maxLength: "of at most this length:",
    XSD.pattern: "that matches the pattern",
    XSD.totalDigits: "with at most this many digits:",
    XSD.fractionDigits: "with at most this many digits after the point:",
}
_COUNTS = {
    OWL.minCardinality: "at least",
    OWL.maxCardinality: "at most",
    OWL.cardinality: "exactly",
    OWL.minQualifiedCardinality: "at least",
    OWL.maxQualifiedCardinality: "at most",
    OWL.qualifiedCardinality: "exactly",
}


@dataclass(frozen=True, slots=True)
class Ref:
    """A term in a sentence, under the name that it has there."""

    iri: URIRef
    text: str
    lang: str = ""


#: A piece of a sentence: words, a term, or a value.
Part = str | Ref | Literal
Words = tuple[Part, ...]


def say(*parts: Part | Words) -> Words:
    """Join parts to one sentence, with a space between two of them unless the second opens with a stop."""
    flat: list[Part] = []
    for part in parts:
        for piece in part if isinstance(part, tuple) else (part,):
            if piece in ("", " ") and not isinstance(piece, Literal):
                continue
            if flat and not (isinstance(piece, str) and not isinstance(piece, Literal) and piece[0] in ",.;:"):
                flat.append(" ")
            flat.append(piece)
    return tuple(flat)


def sentence(*parts: Part | Words) -> Words:
    """Join parts to a sentence with a capital and a full stop."""
    words = say(*parts, ".")
    first = words[0]
    return (first[0].upper() + first[1:], *words[1:]) if type(first) is str else words


def plain(words: Words) -> str:
    """Return a sentence as text."""
    return "".join(part.text if isinstance(part, Ref) else str(part) for part in words)


def listed(items: Sequence[Words], word: str = "and") -> Words:
    """Join phrases: ``a, b and c``."""
    if not items:
        return ("nothing",)
    out = items[0]
    for number, item in enumerate(items[1:], start=2):
        out = say(out, word, item) if number == len(items) else say(out, ",", item)
    return out


class Expressions:
    """Says what class expressions, data ranges and restrictions of a graph say."""

    def __init__(self, graph: Graph, names: Names) -> None:
        self.graph = Graph() + graph  # a copy, since reading adds to it
        self.names = names
        self._busy: set[Node] = set()  # expressions whose words are being put together

    def ref(self, iri: Node, change: Callable[[str], str] = str) -> Part:
        """Return a term as a part of a sentence, its name changed (to the plural, say)."""
        if isinstance(iri, Literal):
            return iri
        if not isinstance(iri, URIRef):
            return "something without a name"
        label = self.names.label(iri)
        return Ref(iri, change(label.value), label.lang)

    # --- class expressions and data ranges

    def noun(self, node: Node, kind: str = "a", depth: int = 0) -> Words:
        """Return an expression as a noun phrase that opens with ``a``, ``every`` or ``no``."""
        if isinstance(node, Literal):
            return (node,)
        if isinstance(node, URIRef):
            return self._named(node, kind)
        if depth > _DEPTH or node in self._busy:
            return ("…",)
        self._busy.add(node)
        try:
            return self._unnamed(node, kind, depth)
        finally:
            self._busy.discard(node)

    def _unnamed(self, node: Node, kind: str, depth: int) -> Words:
        if parts := self.list_of(node, OWL.intersectionOf):
            return self._intersection(parts, kind, depth)
        if parts := self.list_of(node, OWL.unionOf):
            return self._union(parts, kind, depth)
        if parts := self.list_of(node, OWL.oneOf):
            members = [say(self.ref(part)) for part in parts]
            if len(members) == 1:
                return members[0]
            return say({"a": "one", "every": "each", "no": "none"}[kind], "of", listed(members))
        other = self.graph.value(node, OWL.complementOf) or self.graph.value(node, OWL.datatypeComplementOf)
        if other is not None:
            return say(_THINGS[kind], "that is not", self.noun(other, "a", depth + 1))
        if (node, OWL.onDatatype, None) in self.graph:
            return self._faceted(node)
        if (node, RDF.type, OWL.Restriction) in self.graph or (node, OWL.onProperty, None) in self.graph:
            return say(_THINGS[kind], "that", self._restriction(node, depth))
        return (_UNNAMED,)

    def predicate(self, node: Node, depth: int = 0) -> Words:
        """Return an expression as a verb phrase: ``is a cluster``, ``has the outcome x``."""
        if not isinstance(node, URIRef) and (node, OWL.onProperty, None) in self.graph:
            return self._restriction(node, depth)
        if isinstance(node, BNode) and depth < _DEPTH:
            either, all_of = self.list_of(node, OWL.unionOf), self.list_of(node, OWL.intersectionOf)
            if either and not all(map(self._nouny, either)):
                return listed([self.predicate(part, depth + 1) for part in either], "or")
            if all_of and not any(map(self._nouny, all_of)):
                return listed([self.predicate(part, depth + 1) for part in all_of])
        return say("is", self.noun(node, "a", depth))

    def _named(self, iri: URIRef, kind: str) -> Words:
        if iri == OWL.Thing:
            return (_THINGS[kind],)
        if iri == OWL.Nothing:
            return ("nothing",)
        if iri in _DATATYPES:
            return (f"{_DATATYPES[iri]} ({self.names.prefixed(iri)})",)
        name = self.ref(iri)
        return say(article(str(self.names.label(iri))) if kind == "a" else kind, name)

    def _intersection(self, parts: list[Node], kind: str, depth: int) -> Words:
        heads = [part for part in parts if isinstance(part, URIRef)]
        rest = [part for part in parts if not isinstance(part, URIRef)]
        clauses = [say("is also", self.noun(head)) for head in heads[1:]]
        clauses += [self.predicate(part, depth + 1) for part in rest]
        head = self.noun(heads[0], kind) if heads else (_THINGS[kind],)
        if not clauses:
            return head
        return say(head, "that", listed([clauses[0], *(say("that", clause) for clause in clauses[1:])]))

    def _union(self, parts: list[Node], kind: str, depth: int) -> Words:
        if all(self._nouny(part) for part in parts):
            return listed([self.noun(part, kind, depth + 1) for part in parts], "or" if kind != "every" else "and")
        clauses = [self.predicate(part, depth + 1) for part in parts]
        return say(_THINGS[kind], "that", listed([clauses[0], *(say("that", clause) for clause in clauses[1:])], "or"))

    def _nouny(self, node: Node) -> bool:
        if isinstance(node, URIRef):
            return True
        if (node, OWL.onDatatype, None) in self.graph:
            return True
        return any(isinstance(part, URIRef) for part in self.list_of(node, OWL.intersectionOf))

    def _faceted(self, node: Node) -> Words:
        base: Node = self.graph.value(node, OWL.onDatatype) or RDFS.Literal
        facets = []
        for facet in self.list_of(node, OWL.withRestrictions):
            for predicate, value in sorted(self.graph.predicate_objects(facet), key=str):
                words = _FACETS.get(URIRef(str(predicate)), f"with {self.names.prefixed(str(predicate))}")
                facets.append(say(words, str(value)))
        return say(self.noun(base), listed(facets) if facets else "")

    # --- restrictions

    def _restriction(self, node: Node, depth: int) -> Words:
        on = self.graph.value(node, OWL.onProperty)
        if on is None:
            return ("meets a condition that has no words here",)
        if (value := self.graph.value(node, OWL.hasValue)) is not None:
            return self.valued(on, "the", say(self.ref(value)))
        if (filler := self.graph.value(node, OWL.someValuesFrom)) is not None:
            return self.some(on, filler, depth)
        if (filler := self.graph.value(node, OWL.allValuesFrom)) is not None:
            return self._only(on, filler, depth)
        if (node, OWL.hasSelf, None) in self.graph:
            return self.valued(on, "as", ("itself",))
        for predicate, words in _COUNTS.items():
            if (number := self.graph.value(node, predicate)) is not None:
                filler = self.graph.value(node, OWL.onClass) or self.graph.value(node, OWL.onDataRange)
                return self._counted(on, words, str(number), filler, depth)
        return ("meets a condition on", self.ref(on), "that has no words here")

    def valued(self, on: Node, how: str, filler: Words) -> Words:
        """Say that a property has a value: with a verb, or with ``has`` and a noun."""
        prefix, link, is_noun = self._property(on)
        if not is_noun:
            return say(prefix, link, filler)
        if how == "as":
            return say("has", filler, "as", link)
        return say("has", how, link, filler)

    def some(self, on: Node, filler: Node, depth: int = 0) -> Words:
        """Say that a property has some value of a kind."""
        prefix, link, is_noun = self._property(on)
        anything = filler in (OWL.Thing, RDFS.Literal)
        if not is_noun:
            return say(prefix, link, "something" if anything else self.noun(filler, "a", depth + 1))
        name = link.text if isinstance(link, Ref) else str(link)
        return say("has", article(name), link, "" if anything else say("that is", self.noun(filler, "a", depth + 1)))

    def _only(self, on: Node, filler: Node, depth: int) -> Words:
        words = say("nothing but", self.noun(filler, "a", depth + 1))
        if filler == OWL.Nothing:
            words = ("nothing",)
        return self.valued(on, "as", words)

    def _counted(self, on: Node, words: str, number: str, filler: Node | None, depth: int) -> Words:
        prefix, link, is_noun = self._property(on)
        one = number == "1"
        count = "no" if number == "0" else f"{words} {amount(number)}"
        if filler in (OWL.Thing, RDFS.Literal):
            filler = None
        if is_noun:
            name = link if one or not isinstance(link, Ref) else Ref(link.iri, plural(link.text), link.lang)
            also = say("that is" if one else "that are each", self.noun(filler, "a", depth + 1)) if filler else ""
            return say("has", count, name, also)
        if isinstance(filler, URIRef) and filler not in _DATATYPES:
            return say(prefix, link, count, self.ref(filler, str if one else plural))
        if number == "0" and filler:
            return say(prefix, link, "nothing that is", self.noun(filler, "a", depth + 1))
        which = ", which is" if one else ", each of them"
        also = say(which, self.noun(filler, "a", depth + 1)) if filler else ""
        return say(prefix, link, count, "thing" if one else "things", also)

    def _property(self, node: Node) -> tuple[str, Part, bool]:
        """Return what comes before the name of a property, its name, and whether the name is a noun."""
        if not isinstance(node, URIRef):
            inverse = self.graph.value(node, OWL.inverseOf)
            if isinstance(inverse, URIRef):
                return "is, the other way round of", self.ref(inverse), False
            return "has", "something without a name", True
        label = self.names.label(node)
        prefix, name, is_noun = phrase(str(label), datatype=(node, RDF.type, OWL.DatatypeProperty) in self.graph)
        return prefix, Ref(node, name, label.lang), is_noun

    # --- reading

    def mentioned(self, node: Node) -> set[URIRef]:
        """Return the named things inside an expression, the words of OWL itself left out."""
        found: set[URIRef] = set()
        seen: set[Node] = set()
        todo = [node]
        while todo:
            here = todo.pop()
            if isinstance(here, URIRef):
                if not str(here).startswith(_BUILT_IN):
                    found.add(here)
            elif isinstance(here, BNode) and here not in seen:
                seen.add(here)
                todo.extend(self.graph.objects(here))
        return found

    def objects(self, term: Node, predicate: URIRef) -> list[Node]:
        """Return the values of a predicate, named things first, in an order that the graph alone decides."""
        return sorted(self.graph.objects(term, predicate), key=lambda node: (isinstance(node, BNode), self._key(node)))

    def either(self, term: Node, predicate: URIRef) -> list[Node]:
        """Return what a predicate that holds both ways ties to a term, in the order of :meth:`objects`."""
        found = {*self.graph.objects(term, predicate), *self.graph.subjects(predicate, term)}
        return sorted(found - {term}, key=lambda node: (isinstance(node, BNode), self._key(node)))

    def _key(self, node: Node) -> str:
        """Return what a node sorts by: the labels of blank nodes differ from one reading to the next."""
        return plain(self.noun(node)) if isinstance(node, BNode) else str(node)

    def list_of(self, node: Node, predicate: URIRef) -> list[Node]:
        """Return the items of the list that a predicate leads to; none where there is no list."""
        head = self.graph.value(node, predicate)
        return [] if head is None else self.items(head)

    def items(self, head: Node) -> list[Node]:
        """Return the items of a list; none where it is not well formed."""
        try:
            return list(self.graph.items(head))
        except ValueError:  # a list that runs in a circle
            return []
