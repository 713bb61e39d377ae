"""An ontology in RDF/XML, JSON-LD and N-Triples: the same graph gives the same bytes."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal
from rdflib.term import Node

from kg.errors import InputError
from kg.namespaces import RDF, XSD
from kg.ontology.releases.context import Context

__all__ = ["Triples", "canonical", "check_characters", "jsonld", "ntriples", "rdfxml"]

Triples = Sequence[ox.Triple]
Json = str | dict[str, "Json"] | list["Json"]
_Value = ox.NamedNode | ox.BlankNode | ox.Literal

_TYPE, _FIRST, _REST, _NIL = RDF["type"].value, RDF["first"].value, RDF["rest"].value, RDF["nil"]
_STRING = XSD["string"].value
#: Characters that XML 1.0 has not, not even escaped (https://www.w3.org/TR/xml/#charsets).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def canonical(graph: Graph) -> Triples:
    """Return the triples of a graph in code-point order, blank nodes named by RDFC-1.0.

    See https://www.w3.org/TR/rdf-canon/.

    Raises
    ------
    InputError
        when the graph holds an IRI or language tag that RDF does not allow.
    """
    dataset = ox.Dataset()
    for s, p, o in graph:
        try:
            dataset.add(ox.Quad(_term(s), ox.NamedNode(str(p)), _term(o)))  # type: ignore[arg-type]
        except ValueError as error:
            raise InputError(f"{s} {p} {o}: this is not RDF ({error}); correct the IRI or language tag") from None
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted((quad.triple for quad in dataset), key=str)


def _term(node: Node) -> _Value:
    if isinstance(node, BNode):
        return ox.BlankNode("b" + "".join(c for c in node if c.isalnum()))
    if isinstance(node, Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)) if node.datatype else None)
    return ox.NamedNode(str(node))


def ntriples(triples: Triples) -> bytes:
    """Write triples as N-Triples, in the order given."""
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def rdfxml(triples: Triples, known: Mapping[str, str]) -> bytes:
    """Write triples as RDF/XML.

    Raises
    ------
    InputError
        when a property has no name that XML allows at its end (https://www.w3.org/TR/rdf-syntax-grammar/#section-Serialising),
        or a text holds a character that XML has not.
    """
    check_characters(triples)
    for predicate in sorted({triple.predicate.value for triple in triples}):
        if not re.search(r"[^\W\d][\w.-]*\Z", predicate):
            raise InputError(f"the property {predicate} can't be written in RDF/XML, as its IRI ends in no XML name")
    written = ox.serialize(triples, format=ox.RdfFormat.RDF_XML, prefixes=dict(known)) or b""
    # Who reads XML takes a bare carriage return for the end of a line, and makes it a line feed.
    return written.replace(b"\r", b"&#13;")


def check_characters(triples: Triples) -> None:
    """See that RDF/XML can hold all texts.

    Raises
    ------
    InputError
        when one holds a character that XML has not; the message names it, and the term.
    """
    for triple in triples:
        text = triple.object.value if isinstance(triple.object, ox.Literal) else ""
        if found := _NOT_IN_XML.search(text):
            raise InputError(
                f"{triple.subject} {triple.predicate}: the text holds the character U+{ord(found[0]):04X}, which RDF/XML "
                "can't hold; take it out"
            )


def jsonld(triples: Triples, context: Context) -> bytes:
    """Write triples as JSON-LD 1.1 in the terms of a context, which stands at the head of the document.

    See https://www.w3.org/TR/json-ld11/. Blank nodes stand where they are used, unless they are used more than once.
    """
    document = {"@context": context.document, "@graph": _Nodes(triples, context).top()}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


class _Nodes:
    """The node objects of a JSON-LD document."""

    def __init__(self, triples: Triples, context: Context) -> None:
        self.context = context
        self.of: dict[object, dict[str, list[_Value]]] = defaultdict(dict)
        for triple in triples:
            self.of[triple.subject].setdefault(triple.predicate.value, []).append(triple.object)  # type: ignore[arg-type]
        pointed = Counter(t.object for t in triples if isinstance(t.object, ox.BlankNode))
        self.nested = self._reached({node for node, times in pointed.items() if times == 1})
        self.named = set(pointed) - self.nested

    def _reached(self, once: set[ox.BlankNode]) -> set[ox.BlankNode]:
        """Return those that can be reached from outside: a ring of blank nodes has no outside."""
        reached: set[ox.BlankNode] = set()
        todo = [subject for subject in self.of if subject not in once]
        while todo:
            values = {v for many in self.of.get(todo.pop(), {}).values() for v in many if isinstance(v, ox.BlankNode)}
            new = values & once - reached
            reached |= new
            todo.extend(new)
        return reached

    def top(self) -> list[Json]:
        """Return the nodes that stand in no other."""
        return [self.node(subject) for subject in self.of if subject not in self.nested]

    def node(self, subject: object) -> Json:
        """Return one node object."""
        made: dict[str, Json] = {}
        if isinstance(subject, ox.NamedNode):
            made["@id"] = self.context.shorten(subject.value)
        elif subject in self.named:
            made["@id"] = str(subject)
        for predicate, values in self.of.get(subject, {}).items():
            classes: list[Json] = [self.context.name(v.value) for v in values if isinstance(v, ox.NamedNode)]
            if predicate == _TYPE and len(classes) == len(values):
                made["@type"] = _one(classes)
            else:
                key, written = self.property(predicate, values)
                made[key] = written
        return made

    def property(self, predicate: str, values: Sequence[_Value]) -> tuple[str, Json]:
        """Return the key and the values of one property."""
        term = self.context.terms.get(predicate)
        if term is None:
            return self.context.shorten(predicate), _one([self.value(value, "") for value in values])
        if not term.languages:
            return term.name, _one([self.value(value, term.type) for value in values])
        if not all(isinstance(value, ox.Literal) and value.language for value in values):
            return predicate, _one([self.value(value, "") for value in values])
        by_language: dict[str, list[Json]] = defaultdict(list)
        for value in values:
            by_language[value.language].append(value.value)  # type: ignore[union-attr, index]
        return term.name, {language: _one(texts) for language, texts in sorted(by_language.items())}

    def value(self, value: object, coerced: str) -> Json:
        """Return one value under a term that is coerced to a type."""
        if isinstance(value, ox.Literal):
            return self.literal(value, coerced)
        if isinstance(value, ox.NamedNode):
            short = self.context.shorten(value.value)
            return short if coerced == "@id" else {"@id": short}
        if (items := self.items(value)) is not None:
            return {"@list": [self.value(item, coerced) for item in items]}
        return self.node(value) if value in self.nested else {"@id": str(value)}

    def literal(self, value: ox.Literal, coerced: str) -> Json:
        """Return a literal, as a bare text where the context says the rest."""
        if value.language:
            return {"@language": value.language, "@value": value.value}
        datatype = value.datatype.value
        if datatype == (coerced or _STRING):
            return value.value
        if datatype == _STRING:
            return {"@value": value.value}
        return {"@type": self.context.name(datatype), "@value": value.value}

    def items(self, node: object) -> list[object] | None:
        """Return the items of a well-formed list that starts at a node, or None."""
        items: list[object] = []
        while node != _NIL:
            properties = self.of.get(node, {})
            if node not in self.nested or set(properties) != {_FIRST, _REST}:
                return None
            if any(len(values) != 1 for values in properties.values()):
                return None
            items.append(properties[_FIRST][0])
            node = properties[_REST][0]
        return items


def _one(values: list[Json]) -> Json:
    return values[0] if len(values) == 1 else values
