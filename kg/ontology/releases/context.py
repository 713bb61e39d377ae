"""The JSON-LD context of an ontology: its terms by their local names, with the types of their values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rdflib import OWL, RDF, RDFS, XSD, Graph, Literal, URIRef

from kg.ontology.releases.names import SAFE_NAME, Names, names_of
from kg.ontology.vocabulary import Vocabulary

__all__ = ["Context", "Term", "context_of"]

#: Vocabularies that say what terms are: no use in data, so their terms keep the prefix.
_META = (str(OWL), str(RDF), str(XSD))
_LANGUAGES = "@language"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a context.

    `type` is what its values are coerced to: ``@id``, the IRI of a datatype, or empty. `languages` says that its values
    are texts by language.
    """

    name: str
    iri: str
    type: str = ""
    languages: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """A JSON-LD 1.1 context (https://www.w3.org/TR/json-ld11/#the-context); `terms` are by their IRIs."""

    names: Names
    terms: Mapping[str, Term]

    def shorten(self, iri: str) -> str:
        """Return an IRI as it may stand as `@id`."""
        return self.names.shorten(iri)

    def name(self, iri: str) -> str:
        """Return an IRI as it may stand as a key or as `@type`: the term for it, else as :meth:`shorten` does."""
        return self.terms[iri].name if iri in self.terms else self.names.shorten(iri)

    @property
    def document(self) -> dict[str, Any]:
        """The value of ``@context``."""
        made: dict[str, Any] = {"@version": 1.1, **self.names.prefixes}
        for term in self.terms.values():
            definition = {"@id": self.shorten(term.iri)}
            if term.type:
                definition["@type"] = self.shorten(term.type)
            if term.languages:
                definition["@container"] = _LANGUAGES
            made[term.name] = definition if len(definition) > 1 else definition["@id"]
        return made

    def write(self) -> bytes:
        """Return the context as a document."""
        return (json.dumps({"@context": self.document}, ensure_ascii=False, indent=2) + "\n").encode()


def context_of(vocabulary: Vocabulary, graph: Graph | None = None) -> Context:
    """Return the context of an ontology.

    Its own terms go by their local names. So do the terms of other vocabularies that it uses, where no own term and no
    term of a third vocabulary has the same local name; those keep their prefixes.

    Parameters
    ----------
    vocabulary:
        The ontology.
    graph:
        The graph that is to be written with the context; without one, that of the ontology.
    """
    graph = vocabulary.graph if graph is None else graph
    names = names_of(vocabulary, graph)
    own = {local: iri for iri in vocabulary.terms if SAFE_NAME.match(local := iri[len(vocabulary.namespace) :])}
    # A term wins over a prefix of the same name: prefixes only shorten.
    names = Names({prefix: namespace for prefix, namespace in names.prefixes.items() if prefix not in own})
    terms = {str(iri): local for local, iri in sorted(own.items())}
    reused = _reused(graph, names, set(own.values()))
    locals_ = Counter(_local(iri) for iri in reused)
    for iri in reused:
        local = _local(iri)
        free = locals_[local] == 1 and local not in own and local not in names.prefixes and not iri.startswith(_META)
        terms[iri] = local if free else names.shorten(iri)
    return Context(names, {iri: _term(graph, name, URIRef(iri)) for iri, name in terms.items()})


def _reused(graph: Graph, names: Names, own: Iterable[URIRef]) -> list[str]:
    """Return the terms of other vocabularies in the order of their short names."""
    predicates = {str(p) for p in graph.predicates()} - {str(RDF.type)}
    named = {str(o) for o in graph.objects() if isinstance(o, URIRef)} | {
        str(s) for s in graph.subjects(RDF.type) if isinstance(s, URIRef)
    }
    # Of the vocabularies that say what terms are, only the properties that are written need a type.
    wanted = predicates | {iri for iri in named if not iri.startswith(_META)}
    known = set(names.prefixes.values())
    return sorted(
        (
            iri
            for iri in wanted - set(map(str, own))
            if _local(iri) and iri[: -len(_local(iri))] in known and _safe(iri)
        ),
        key=names.shorten,
    )


def _local(iri: str) -> str:
    return iri[max(iri.rfind("#"), iri.rfind("/")) + 1 :]


def _safe(iri: str) -> bool:
    return SAFE_NAME.match(_local(iri)) is not None


def _term(graph: Graph, name: str, iri: URIRef) -> Term:
    """Return a term with what is known of its values: from its declaration, else from how the graph uses it."""
    types = set(graph.objects(iri, RDF.type))
    ranges = {str(o) for o in graph.objects(iri, RDFS.range) if isinstance(o, URIRef)}
    if OWL.ObjectProperty in types:
        return Term(name, str(iri), "@id")
    values = list(graph.objects(None, iri))
    literals = [o for o in values if isinstance(o, Literal)]
    if str(RDF.langString) in ranges or (
        literals and all(o.language for o in literals) and len(literals) == len(values)
    ):
        return Term(name, str(iri), languages=True)
    if len(ranges) == 1 and (datatype := _datatype(graph, next(iter(ranges)), types)) is not None:
        return Term(name, str(iri), datatype)
    if values and not literals:
        return Term(name, str(iri), "@id")
    used = {str(o.datatype or XSD.string) for o in literals if not o.language}
    if len(used) == 1 and len(literals) == len(values) and not any(o.language for o in literals):
        datatype = used.pop()
        return Term(name, str(iri), "" if datatype == str(XSD.string) else datatype)
    return Term(name, str(iri))


def _datatype(graph: Graph, stated: str, types: Iterable[object]) -> str | None:
    """Return what a range coerces to; None when it says nothing."""
    if stated.startswith(str(XSD)) or (URIRef(stated), RDF.type, RDFS.Datatype) in graph:
        return "" if stated == str(XSD.string) else stated
    if OWL.DatatypeProperty in types or stated == str(RDFS.Literal):
        return None
    is_class = any((URIRef(stated), RDF.type, kind) in graph for kind in (OWL.Class, RDFS.Class))
    return "@id" if is_class else None
