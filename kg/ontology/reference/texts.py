"""What an ontology calls its things: texts with their language, labels, short names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from rdflib import DCTERMS, FOAF, RDFS, SDO, SKOS, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.namespaces import PREFIXES

__all__ = ["DEFINITIONS", "LABELS", "Names", "Text", "local_name", "texts"]

#: What labels a thing, the best first.
LABELS = (SKOS.prefLabel, RDFS.label, DCTERMS.title, SDO.name, FOAF.name, URIRef("http://schema.org/name"))
#: What defines a thing, the best first.
DEFINITIONS = (SKOS.definition, RDFS.comment, DCTERMS.description, SDO.description)
_LOCAL = re.compile(r"[^\W\d][\w.-]*\Z")


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A text and its language tag, empty where the ontology gives none."""

    value: str
    lang: str = ""

    def __str__(self) -> str:
        return self.value


class Names:
    """The names of the things in a graph, in the one language that its pages are written in."""

    def __init__(self, graph: Graph, namespace: str) -> None:
        self.graph = graph
        self.namespace = namespace

    @cached_property
    def language(self) -> str:
        """English where there are English texts; else none where most have none; else the most frequent."""
        counts = Counter(text.lang for p in (*LABELS, *DEFINITIONS) for text in _literals(self.graph.objects(None, p)))
        english = [tag for tag in counts if tag.split("-")[0] == "en"]
        ranked = sorted(english or counts, key=lambda tag: (-counts[tag], tag))
        return ranked[0] if ranked else "en"

    @cached_property
    def _prefixes(self) -> list[tuple[str, str]]:
        known = {namespace: prefix for prefix, namespace in PREFIXES.items()}
        for prefix, namespace in sorted(self.graph.namespaces()):
            if prefix:
                known.setdefault(str(namespace), prefix)
        return sorted(known.items(), key=lambda pair: -len(pair[0]))

    def main(self, found: Iterable[Text]) -> list[Text]:
        """Return the texts of the main language; where there are none, those without a tag, else all of one language."""
        by_language: dict[str, list[Text]] = {}
        for text in found:
            by_language.setdefault(text.lang, []).append(text)
        order = sorted(by_language, key=lambda tag: (tag != self.language, tag.split("-")[0] != "en", tag))
        return by_language[order[0]] if order else []

    def label(self, node: Node) -> Text:
        """Return the label of a node, or its short name when it has none."""
        for predicate in LABELS:
            if found := self.main(texts(self.graph, node, predicate)):
                return found[0]
        if isinstance(node, BNode):
            return Text("something without a name")
        return Text(self.short(str(node)))

    def short(self, iri: str) -> str:
        """Return an IRI in short: the local name of an own term, a prefixed name, or as it is."""
        rest = iri.removeprefix(self.namespace)
        if rest != iri and rest and not any(c.isspace() for c in rest):
            return rest
        return self.prefixed(iri)

    def prefixed(self, iri: str) -> str:
        """Return an IRI with a prefix in place of its namespace where one is known, else as it is."""
        for namespace, prefix in self._prefixes:
            rest = iri.removeprefix(namespace)
            if rest != iri and _LOCAL.match(rest):
                return f"{prefix}:{rest}"
        return iri


def texts(graph: Graph, node: Node, *predicates: URIRef) -> list[Text]:
    """Return the literals that some predicates give a node, each once, those of the first predicate first."""
    found = (text for p in predicates for text in sorted(_literals(graph.objects(node, p))))
    return list(dict.fromkeys(found))


def local_name(iri: str) -> str:
    """Return the part of an IRI after its last hash, slash or colon."""
    return re.split(r"[#/:]", iri.rstrip("#/"))[-1] or iri


def _literals(nodes: Iterable[Node]) -> list[Text]:
    return [Text(str(node), node.language or "") for node in nodes if isinstance(node, Literal)]
