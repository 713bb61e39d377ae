"""What one version of an ontology says of its terms, apart into logic and documentation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rdflib import DC, DCTERMS, OWL, RDF, RDFS, SKOS, VANN, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.ontology.vocabulary import Vocabulary

__all__ = ["Descriptions", "deprecated", "description", "key", "successors"]

_TRUE = frozenset({"true", "1"})
_DEPRECATED = (OWL.DeprecatedClass, OWL.DeprecatedProperty)
#: Axioms that say of every two members what a property can say of two: https://www.w3.org/TR/owl2-mapping-to-rdf/.
_PAIRWISE = {
    OWL.AllDisjointClasses: OWL.disjointWith,
    OWL.AllDisjointProperties: OWL.propertyDisjointWith,
    OWL.AllDifferent: OWL.differentFrom,
}
#: Properties whose value is a list that stands for a set (https://www.w3.org/TR/owl2-syntax/).
_SETS = frozenset(
    {
        OWL.unionOf,
        OWL.intersectionOf,
        OWL.oneOf,
        OWL.disjointUnionOf,
        OWL.hasKey,
        OWL.members,
        OWL.distinctMembers,
    }
)
#: What annotates an axiom, or an annotation, and the properties that say which.
_ANNOTATIONS = (OWL.Axiom, OWL.Annotation)
_ANNOTATED = (OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget)
#: Types that declare a term of somebody else, and say no more of it.
_DECLARATIONS = frozenset(
    {
        OWL.Class,
        RDFS.Class,
        RDFS.Datatype,
        RDF.Property,
        OWL.ObjectProperty,
        OWL.DatatypeProperty,
        OWL.AnnotationProperty,
        OWL.NamedIndividual,
        OWL.Ontology,
    }
)
_BUILT_IN = tuple(map(str, (RDF, RDFS, OWL, XSD)))
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
#: How deep blank nodes may stand in each other before :func:`key` tells them apart no more.
_DEPTH = 50


def deprecated(vocabulary: Vocabulary) -> tuple[URIRef, ...]:
    """Return the own terms that are deprecated."""
    graph = vocabulary.graph
    marked = {s for s, o in graph.subject_objects(OWL.deprecated) if str(o) in _TRUE}
    marked |= {s for kind in _DEPRECATED for s in graph.subjects(RDF.type, kind)}
    return tuple(sorted(s for s in marked if isinstance(s, URIRef) and s.startswith(vocabulary.namespace)))


def successors(graph: Graph, term: URIRef) -> tuple[URIRef, ...]:
    """Return the terms that replace a term, as its `dct:isReplacedBy` says."""
    return tuple(sorted(o for o in graph.objects(term, DCTERMS.isReplacedBy) if isinstance(o, URIRef)))


class Descriptions:
    """What one version says of its terms, beside another version."""

    def __init__(self, vocabulary: Vocabulary, other: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.graph = _in_order(vocabulary.graph)
        annotations = {
            p for v in (vocabulary, other) for p in v.graph.subjects(RDF.type, OWL.AnnotationProperty, unique=True)
        }
        self.documents = _DOCUMENTS | annotations
        self.deprecated = frozenset(deprecated(vocabulary))
        self.terms = frozenset(vocabulary.terms) | frozenset(other.terms)
        self.single = set(vocabulary.terms) ^ set(other.terms)
        self.named_by_header = {
            o
            for o in self.graph.objects(vocabulary.iri)
            if isinstance(o, URIRef) and o not in self.terms and o != vocabulary.iri and not self._has_axiom(o)
        }
        self.axioms: dict[Node, list[BNode]] = defaultdict(list)
        self.notes: dict[Node, list[BNode]] = defaultdict(list)
        self.apart: dict[Node, set[tuple[URIRef, URIRef]]] = defaultdict(set)
        for predicate in _PAIRWISE.values():
            for s, o in self.graph.subject_objects(predicate):
                self._set_apart(predicate, [s, o])
        for node in {s for s in self.graph.subjects() if isinstance(s, BNode)}:
            if next(self.graph.subjects(None, node), None) is None:
                self._add_axiom(node)

    def _has_axiom(self, node: URIRef) -> bool:
        return any(
            str(p).startswith((str(RDFS), str(OWL))) and p not in _DOCUMENTS for p in self.graph.predicates(node)
        )

    @property
    def foreign(self) -> set[URIRef]:
        """What is described here and is neither a term of the ontology nor named by its header, as a creator is."""
        subjects = {*self.graph.subjects(unique=True), *self.axioms, *self.notes, *self.apart}
        away = self.terms | self.named_by_header | {self.vocabulary.iri}
        return {s for s in subjects if isinstance(s, URIRef) and s not in away and not str(s).startswith(_BUILT_IN)}

    def _add_axiom(self, node: BNode) -> None:
        """Note an axiom without a name under each term that it names, or where it names none, under each name."""
        predicate = next((p for kind, p in _PAIRWISE.items() if (node, RDF.type, kind) in self.graph), None)
        heads = [o for p in (OWL.members, OWL.distinctMembers) for o in self.graph.objects(node, p)]
        members = [item for head in heads for item in _items(self.graph, head)]
        if predicate and members and self._set_apart(predicate, members):
            return
        notes = any((node, RDF.type, kind) in self.graph for kind in _ANNOTATIONS)
        source = self.graph.value(node, OWL.annotatedSource) if notes else None
        named = {o for _, _, o in description(self.graph, node) if isinstance(o, URIRef)}
        for name in {source} if isinstance(source, URIRef) else named & self.terms or named:
            (self.notes if notes else self.axioms)[name].append(node)

    def _set_apart(self, predicate: URIRef, members: Sequence[Node]) -> bool:
        """Note that members are pairwise disjoint or different; false when some has no name."""
        named = [member for member in members if isinstance(member, URIRef)]
        if len(named) < len(members):
            return False
        for member in named:
            self.apart[member] |= {(predicate, o) for o in named if o != member and o not in self.single}
        return True

    def texts(self, term: URIRef) -> set[tuple[URIRef, Node]]:
        """Return the documentation of a term; what stands in blank nodes, or annotates an axiom, as one text each."""
        found: set[tuple[URIRef, Node]] = set()
        for p, o in self.graph.predicate_objects(term):
            if self.is_document(p):
                found.add((URIRef(str(p)), Literal(key(self.graph, o)) if isinstance(o, BNode) else o))
        for node in self.notes[term]:
            about = " ".join(key(self.graph, o) for p in _ANNOTATED for o in self.graph.objects(node, p))
            for p, o in self.graph.predicate_objects(node):
                if p != RDF.type and p not in _ANNOTATED:
                    language = o.language if isinstance(o, Literal) else None
                    found.add((OWL.Axiom, Literal(f"{about} {p} {key(self.graph, o)}", lang=language)))
        return found

    def logic(self, term: URIRef) -> Graph:
        """Return all else that is said of a term, axioms without a name that mention it included."""
        found = Graph(bind_namespaces="none")
        for p, o in self.graph.predicate_objects(term):
            if self._is_logic(term, p, o):
                found.add((term, p, o))
                for triple in description(self.graph, o) if isinstance(o, BNode) else ():
                    found.add(triple)
        for predicate, other in self.apart[term]:
            found.add((term, predicate, other))
        for node in self.axioms[term]:
            for triple in description(self.graph, node):
                found.add(triple)
        return found

    def _is_logic(self, term: URIRef, predicate: Node, value: Node) -> bool:
        if predicate == RDF.type:
            return value not in _DEPRECATED and (term in self.terms or value not in _DECLARATIONS)
        return not self.is_document(predicate) and not (predicate in _PAIRWISE.values() and isinstance(value, URIRef))

    def is_document(self, predicate: Node) -> bool:
        """Return whether a property says nothing that follows logically."""
        return predicate in self.documents or str(predicate).startswith(_DOCUMENTING)


def description(graph: Graph, start: Node) -> Iterator[tuple[Node, Node, Node]]:
    """Yield the triples of a blank node and of the blank nodes that it reaches."""
    todo, seen = [start], {start}
    while todo:
        node = todo.pop()
        for p, o in graph.predicate_objects(node):
            yield node, p, o
            if isinstance(o, BNode) and o not in seen:
                seen.add(o)
                todo.append(o)


def key(graph: Graph, node: Node) -> str:
    """Return a text for a node that is the same for blank nodes of which the same is said."""
    return _key(graph, node, {}, 0)


def _key(graph: Graph, node: Node, known: dict[Node, str], depth: int, *, as_set: bool = False) -> str:
    if not isinstance(node, BNode):
        return node.n3()
    if node in known or depth > _DEPTH:
        return known.get(node, "[]")
    known[node] = "[]"  # for a blank node that leads back to itself
    if cells := _cells(graph, node):
        items = [_key(graph, item, known, depth + 1) for _, item in cells]
        known[node] = f"({' '.join(sorted(items) if as_set else items)})"
    else:
        said = [
            f"{p.n3()} {_key(graph, o, known, depth + 1, as_set=p in _SETS)}" for p, o in graph.predicate_objects(node)
        ]
        known[node] = f"[{' ; '.join(sorted(said))}]"
    return known[node]


def _cells(graph: Graph, head: Node) -> list[tuple[Node, Node]]:
    """Return the cells of a well-formed list with their items; empty for all else."""
    cells: list[tuple[Node, Node]] = []
    seen: set[Node] = set()
    while head != RDF.nil:
        first, rest = list(graph.objects(head, RDF.first)), list(graph.objects(head, RDF.rest))
        if len(first) != 1 or len(rest) != 1 or head in seen:
            return []
        seen.add(head)
        cells.append((head, first[0]))
        head = rest[0]
    return cells


def _items(graph: Graph, head: Node) -> list[Node]:
    return [item for _, item in _cells(graph, head)]


def _in_order(graph: Graph) -> Graph:
    """Return a graph with the lists that stand for sets in one order, whatever order they are written in."""
    known: dict[Node, str] = {}
    found = Graph(bind_namespaces="none")
    found += graph
    for predicate in sorted(_SETS):
        for head in set(graph.objects(None, predicate)):
            cells = _cells(graph, head)
            ordered = sorted((item for _, item in cells), key=lambda item: _key(graph, item, known, 0))
            for (cell, item), other in zip(cells, ordered, strict=True):
                if item != other:
                    found.set((cell, RDF.first, other))
    return found
