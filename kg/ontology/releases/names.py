"""What an ontology and its terms are called: labels, short names, version, title."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rdflib import DC, DCTERMS, OWL, RDFS, SKOS, VANN, Graph, Literal, URIRef
from rdflib.term import Node

from kg.ontology.vocabulary import Vocabulary
from kg.turtle import PREFIXES

__all__ = ["SAFE_NAME", "Names", "file_name", "label", "names_of", "title", "version", "version_key"]

#: A prefix, or the local part of a name, that no format needs to escape.
SAFE_NAME = re.compile(r"[^\W\d][\w-]*\Z")
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?\Z")


@dataclass(frozen=True)
class Names:
    """Prefixes, and the short names that they give."""

    prefixes: Mapping[str, str]

    @cached_property
    def _by_namespace(self) -> dict[str, str]:
        return {namespace: prefix for prefix, namespace in self.prefixes.items()}

    def shorten(self, iri: str) -> str:
        """Return an IRI as a prefixed name where a prefix is known and the rest is a plain name, else as it is."""
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._by_namespace.get(iri[:cut])
        return f"{prefix}:{iri[cut:]}" if prefix and SAFE_NAME.match(iri[cut:]) else iri


def names_of(vocabulary: Vocabulary, graph: Graph | None = None) -> Names:
    """Return the prefixes that an ontology uses, its own among them; or those of a graph that goes with it."""
    graph = vocabulary.graph if graph is None else graph
    known = dict(PREFIXES)
    own = str(vocabulary.graph.value(vocabulary.iri, VANN.preferredNamespacePrefix) or "")
    if SAFE_NAME.match(own) and own not in known and vocabulary.namespace not in known.values():
        known[own] = vocabulary.namespace
    taken = set(known.values())
    for prefix, namespace in sorted(graph.namespaces()):
        if prefix not in known and str(namespace) not in taken and SAFE_NAME.match(prefix):
            known[prefix] = str(namespace)
            taken.add(str(namespace))
    if vocabulary.namespace not in taken:
        derived = file_name(re.split(r"[/#]", vocabulary.namespace.rstrip("/#"))[-1])
        if SAFE_NAME.match(derived) and derived not in known:
            known[derived] = vocabulary.namespace
    iris = {str(node) for triple in graph for node in triple if isinstance(node, URIRef)}
    iris |= {str(o.datatype) for o in graph.objects() if isinstance(o, Literal) and o.datatype}
    # A prefix named like a scheme (doi, urn) would make JSON-LD read an IRI of that scheme as a short name.
    schemes = {iri.partition(":")[0] for iri in iris}
    used = {iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] for iri in iris}
    return Names({p: n for p, n in sorted(known.items()) if n in used and p not in schemes})


def label(graph: Graph, subject: Node) -> str:
    """Return the label of a term: the English one, else one without a language, else the first; empty without any."""
    for predicate in (SKOS.prefLabel, RDFS.label):
        if found := _text(graph, subject, predicate):
            return found
    return ""


def title(vocabulary: Vocabulary) -> str:
    """Return the title of an ontology, or its IRI."""
    for predicate in (DCTERMS.title, DC.title, SKOS.prefLabel, RDFS.label):
        if found := _text(vocabulary.graph, vocabulary.iri, predicate):
            return found
    return str(vocabulary.iri)


def _text(graph: Graph, subject: Node, predicate: URIRef) -> str:
    found = [o for o in graph.objects(subject, predicate) if isinstance(o, Literal)]
    found.sort(key=lambda o: ({"en": 0, "": 1}.get(o.language or "", 2), o.language or "", str(o)))
    return " ".join(str(found[0]).split()) if found else ""


def version(vocabulary: Vocabulary) -> str:
    """Return the version that an ontology states: its `owl:versionInfo`, else the end of its version IRI, else nothing."""
    stated = _text(vocabulary.graph, vocabulary.iri, OWL.versionInfo)
    if _VERSION.match(stated):
        return stated
    iri = next(iter(sorted(map(str, vocabulary.graph.objects(vocabulary.iri, OWL.versionIRI)))), "")
    found = next((part for part in reversed(re.split(r"[/#]", iri)) if _VERSION.match(part)), "")
    return found or stated


def version_key(text: str) -> tuple[int, int, int] | None:
    """Return a version as numbers, or None when it is not of the form that https://semver.org/ asks for.

    >>> version_key("0.2.0"), version_key("v2.4"), version_key("spring")
    ((0, 2, 0), (2, 4, 0), None)
    """
    match = _VERSION.match(text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def file_name(text: str) -> str:
    """Return a text as a name that is safe as a file name on every system; empty when nothing of it is.

    >>> file_name("../GLEIF L1")
    'GLEIF-L1'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-_")
