"""OWL 2 as it lies in an RDF graph: what is declared, class expressions, and the axioms they stand in.

Follows the mapping from RDF graphs (https://www.w3.org/TR/owl2-mapping-to-rdf/#Mapping_from_RDF_Graphs_to_the_Structural_Specification)
as far as profiles need it. Annotations are passed over: they have no meaning for a reasoner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.ontology.reason import OWL2_DATATYPES

__all__ = ["CARDINALITIES", "CHARACTERISTICS", "Axiom", "Expression", "Owl", "names"]

#: How deep an expression may nest before it is taken for a circle.
_DEPTH = 200
_OPERATORS = {
    OWL.intersectionOf: "IntersectionOf",
    OWL.unionOf: "UnionOf",
    OWL.complementOf: "ComplementOf",
    OWL.datatypeComplementOf: "ComplementOf",
    OWL.oneOf: "OneOf",
    OWL.onDatatype: "DatatypeRestriction",
}
_FILLERS = {
    OWL.someValuesFrom: "SomeValuesFrom",
    OWL.allValuesFrom: "AllValuesFrom",
    OWL.hasValue: "HasValue",
    OWL.hasSelf: "HasSelf",
}
#: The six forms of a number restriction.
CARDINALITIES = {
    OWL.minCardinality: "MinCardinality",
    OWL.maxCardinality: "MaxCardinality",
    OWL.cardinality: "ExactCardinality",
    OWL.minQualifiedCardinality: "MinCardinality",
    OWL.maxQualifiedCardinality: "MaxCardinality",
    OWL.qualifiedCardinality: "ExactCardinality",
}
#: Characteristics of object properties, by the names that the profiles use.
CHARACTERISTICS = {
    OWL.FunctionalProperty: "FunctionalObjectProperty",
    OWL.InverseFunctionalProperty: "InverseFunctionalObjectProperty",
    OWL.ReflexiveProperty: "ReflexiveObjectProperty",
    OWL.IrreflexiveProperty: "IrreflexiveObjectProperty",
    OWL.SymmetricProperty: "SymmetricObjectProperty",
    OWL.AsymmetricProperty: "AsymmetricObjectProperty",
    OWL.TransitiveProperty: "TransitiveObjectProperty",
}
#: Characteristics that make a property an object property even when nothing else does.
_MAKE_OBJECT = (OWL.InverseFunctionalProperty, OWL.SymmetricProperty, OWL.TransitiveProperty)
_BUILT_IN = ("http://www.w3.org/2002/07/owl#", str(RDF), str(RDFS), str(XSD))


@dataclass(frozen=True, slots=True)
class Expression:
    """A class expression or data range: its constructor as OWL 2 calls it, and what stands in it."""

    kind: str
    node: Node
    parts: tuple[Expression, ...] = ()
    property: Node | None = None
    #: The number of a number restriction.
    number: int | None = None
    #: The individuals or literals of an enumeration or a value restriction.
    values: tuple[Node, ...] = ()
    qualified: bool = False

    def all(self) -> Iterator[Expression]:
        """Yield this expression and all that it is made of."""
        yield self
        for part in self.parts:
            yield from part.all()


@dataclass(frozen=True, slots=True)
class Axiom:
    """An axiom: its name in OWL 2, the term to name for it, and its expressions with their position.

    A position is ``sub``, ``super`` or ``equal``.
    """

    kind: str
    about: Node
    expressions: tuple[tuple[str, Expression], ...] = ()
    #: The properties that the axiom is about, in order; of a chain its links and then the property that they imply.
    properties: tuple[Node, ...] = ()


def names(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


class Owl:
    """A graph read as OWL 2."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.classes = self._typed(OWL.Class) | {OWL.Thing, OWL.Nothing}
        self.datatypes = self._typed(RDFS.Datatype) | set(OWL2_DATATYPES) | {RDFS.Literal, RDF.langString}
        self.object_properties = self._typed(OWL.ObjectProperty, *_MAKE_OBJECT)
        self.object_properties |= {OWL.topObjectProperty, OWL.bottomObjectProperty}
        self.data_properties = self._typed(OWL.DatatypeProperty) | {OWL.topDataProperty, OWL.bottomDataProperty}
        self.annotation_properties = self._typed(OWL.AnnotationProperty, OWL.OntologyProperty)

    def _typed(self, *kinds: URIRef) -> set[Node]:
        return {s for kind in kinds for s in self.graph.subjects(RDF.type, kind) if isinstance(s, URIRef)}

    @cached_property
    def axioms(self) -> tuple[Axiom, ...]:
        """All axioms, declarations and annotations left out."""
        return (
            *self._class_axioms(),
            *self._property_axioms(),
            *self._characteristics(),
            *self._individual_axioms(),
        )

    def items(self, node: Node) -> tuple[Node, ...]:
        """Return the items of a list, as many as there are before it breaks off."""
        found: list[Node] = []
        seen: set[Node] = {RDF.nil}
        while node not in seen:
            seen.add(node)
            first, rest = self.graph.value(node, RDF.first), self.graph.value(node, RDF.rest)
            if first is None or rest is None:
                break
            found.append(first)
            node = rest
        return tuple(found)

    def is_data(self, node: Node | None) -> bool:
        """Whether a node that fills a restriction or range is a data range."""
        if isinstance(node, URIRef):
            return node in self.datatypes or str(node).startswith(str(XSD))
        return node is not None and bool({RDFS.Datatype, OWL.DataRange} & set(self.graph.objects(node, RDF.type)))

    def property_of(self, node: Node | None) -> Node | None:
        """Return the property of a property expression, which may be an inverse."""
        inverse = self.graph.value(node, OWL.inverseOf) if isinstance(node, BNode) else None
        return node if inverse is None else inverse

    def expression(self, node: Node, *, data: bool = False, depth: int = 0) -> Expression:
        """Read the class expression or data range at a node."""
        data = data or self.is_data(node)
        if isinstance(node, URIRef):
            return Expression("Datatype" if data else "Class", node)
        return self._anonymous(node, data, depth)

    def _anonymous(self, node: Node, data: bool, depth: int) -> Expression:
        malformed = Expression("Malformed", node)
        if isinstance(node, Literal) or depth > _DEPTH:
            return malformed
        if self.graph.value(node, OWL.onProperty) is not None or self.graph.value(node, OWL.onProperties) is not None:
            return self._restriction(node, depth)
        found = [(name, o) for p, name in _OPERATORS.items() for o in self.graph.objects(node, p)]
        if len(found) != 1:
            return malformed
        name, value = found[0]
        if name == "DatatypeRestriction":
            return Expression(name, node, (self.expression(value, data=True, depth=depth + 1),))
        kind = ("Data" if data else "Object") + name
        if name == "ComplementOf":
            return Expression(kind, node, (self.expression(value, data=data, depth=depth + 1),))
        items = self.items(value)
        if name == "OneOf":
            literal = bool(items) and isinstance(items[0], Literal)
            return Expression("DataOneOf" if literal else kind, node, values=items)
        if not items:
            return malformed
        return Expression(kind, node, tuple(self.expression(item, data=data, depth=depth + 1) for item in items))

    def _restriction(self, node: Node, depth: int) -> Expression:
        graph = self.graph
        on = graph.value(node, OWL.onProperty)
        found = [(p, o) for p in (*_FILLERS, *CARDINALITIES) for o in graph.objects(node, p)]
        if len(found) != 1 or len(list(graph.objects(node, OWL.onProperty))) != 1:
            return Expression("Malformed", node, property=on)
        predicate, value = found[0]
        if predicate in CARDINALITIES:
            return self._cardinality(node, on, predicate, value, depth)
        name = _FILLERS[predicate]
        if name == "HasValue":
            side = "Data" if isinstance(value, Literal) else "Object"
            return Expression(side + name, node, property=on, values=(value,))
        if name == "HasSelf":
            return Expression("ObjectHasSelf", node, property=on)
        data = self.is_data(value) or self._is_data_property(on)
        filler = self.expression(value, data=data, depth=depth + 1)
        return Expression(("Data" if data else "Object") + name, node, (filler,), on)

    def _cardinality(self, node: Node, on: Node | None, predicate: URIRef, value: Node, depth: int) -> Expression:
        filler = self.graph.value(node, OWL.onClass)
        ranged = self.graph.value(node, OWL.onDataRange)
        data = ranged is not None or self._is_data_property(on)
        name = ("Data" if data else "Object") + CARDINALITIES[predicate]
        of = filler if ranged is None else ranged
        qualified = "ualified" in str(predicate)
        number = value.toPython() if isinstance(value, Literal) else None
        if type(number) is not int or number < 0 or qualified != (of is not None):
            return Expression("Malformed", node, property=on)
        parts = () if of is None else (self.expression(of, data=data, depth=depth + 1),)
        return Expression(name, node, parts, on, number, qualified=qualified)

    def _is_data_property(self, node: Node | None) -> bool:
        return node in self.data_properties and node not in self.object_properties

    def _blame(self, *nodes: Node) -> Node:
        """Return the first IRI among nodes, or the first that one of them is made of."""
        for node in nodes:
            if isinstance(node, URIRef):
                return node
        for node in nodes:
            for part in self.expression(node).all():
                if isinstance(part.node, URIRef):
                    return part.node
                if isinstance(property_of := self.property_of(part.property), URIRef):
                    return property_of
        return nodes[0]

    def _class_axioms(self) -> Iterator[Axiom]:
        graph, read = self.graph, self.expression
        for s, o in graph.subject_objects(RDFS.subClassOf):
            yield Axiom("SubClassOf", self._blame(s, o), (("sub", read(s)), ("super", read(o))))
        for s, o in graph.subject_objects(OWL.equivalentClass):
            kind = "DatatypeDefinition" if s in self.datatypes else "EquivalentClasses"
            yield Axiom(kind, self._blame(s, o), (("equal", read(s)), ("equal", read(o, data=s in self.datatypes))))
        for s in {s for operator in _OPERATORS for s in graph.subjects(operator) if isinstance(s, URIRef)}:
            written = self._anonymous(s, s in self.datatypes, 0)
            yield Axiom("EquivalentClasses", s, (("equal", read(s)), ("equal", written)))
        for s, o in graph.subject_objects(OWL.disjointWith):
            yield Axiom("DisjointClasses", self._blame(s, o), (("sub", read(s)), ("sub", read(o))))
        for node in graph.subjects(RDF.type, OWL.AllDisjointClasses):
            members = self.items(graph.value(node, OWL.members) or RDF.nil)
            if members:
                yield Axiom("DisjointClasses", self._blame(*members), tuple(("sub", read(m)) for m in members))
        for s, o in graph.subject_objects(OWL.disjointUnionOf):
            yield Axiom("DisjointUnion", s, tuple(("equal", read(m)) for m in (s, *self.items(o))))
        for s, o in graph.subject_objects(OWL.hasKey):
            yield Axiom("HasKey", self._blame(s), (("sub", read(s)),), self.items(o))

    def _property_axioms(self) -> Iterator[Axiom]:
        graph = self.graph
        for predicate, name in ((RDFS.domain, "Domain"), (RDFS.range, "Range")):
            for s, o in graph.subject_objects(predicate):
                if s in self.annotation_properties and s not in self.object_properties | self.data_properties:
                    continue
                data = self._is_data_property(s)
                kind = f"{'Data' if data else 'Object'}Property{name}"
                read = self.expression(o, data=data and name == "Range")
                yield Axiom(kind, s, (("super", read),), (s,))
        named = {
            RDFS.subPropertyOf: ("SubObjectPropertyOf", "SubDataPropertyOf"),
            OWL.equivalentProperty: ("EquivalentObjectProperties", "EquivalentDataProperties"),
            OWL.propertyDisjointWith: ("DisjointObjectProperties", "DisjointDataProperties"),
        }
        for predicate, kinds in named.items():
            for s, o in graph.subject_objects(predicate):
                if s not in self.annotation_properties or s in self.object_properties | self.data_properties:
                    yield Axiom(kinds[self._is_data_property(s)], self._blame(s, o), properties=(s, o))
        for node in graph.subjects(RDF.type, OWL.AllDisjointProperties):
            members = self.items(graph.value(node, OWL.members) or RDF.nil)
            if members:
                data = self._is_data_property(members[0])
                yield Axiom(f"Disjoint{'Data' if data else 'Object'}Properties", members[0], properties=members)
        for s, o in graph.subject_objects(OWL.inverseOf):
            if isinstance(s, URIRef):
                yield Axiom("InverseObjectProperties", s, properties=(s, o))
        for s, o in graph.subject_objects(OWL.propertyChainAxiom):
            yield Axiom("SubPropertyChainOf", s, properties=(*self.items(o), s))

    def _characteristics(self) -> Iterator[Axiom]:
        for kind, name in CHARACTERISTICS.items():
            for s in self.graph.subjects(RDF.type, kind):
                data = kind == OWL.FunctionalProperty and self._is_data_property(s)
                yield Axiom("FunctionalDataProperty" if data else name, s, properties=(s,))

    def _individual_axioms(self) -> Iterator[Axiom]:
        graph = self.graph
        for s, o in graph.subject_objects(RDF.type):
            if isinstance(o, BNode) or not str(o).startswith(_BUILT_IN) or o in (OWL.Thing, OWL.Nothing):
                yield Axiom("ClassAssertion", s, (("super", self.expression(o)),))
        for predicate, name in ((OWL.sameAs, "SameIndividual"), (OWL.differentFrom, "DifferentIndividuals")):
            for s, o in graph.subject_objects(predicate):
                yield Axiom(name, self._blame(s), (("super", Expression("Individuals", s, values=(s, o))),))
        for node in graph.subjects(RDF.type, OWL.AllDifferent):
            members = self.items(graph.value(node, OWL.distinctMembers) or graph.value(node, OWL.members) or RDF.nil)
            if members:
                yield Axiom(
                    "DifferentIndividuals", members[0], (("super", Expression("Individuals", node, values=members)),)
                )
        for node in graph.subjects(RDF.type, OWL.NegativePropertyAssertion):
            target = graph.value(node, OWL.targetValue)
            source = graph.value(node, OWL.sourceIndividual) or node
            on = graph.value(node, OWL.assertionProperty)
            kind = "NegativeObjectPropertyAssertion" if target is None else "NegativeDataPropertyAssertion"
            values = (source, target or graph.value(node, OWL.targetIndividual) or node)
            yield Axiom(kind, source, (("super", Expression("Individuals", node, values=values)),), (on or node,))
        for s, p, o in graph:
            if p in self.object_properties or p in self.data_properties:
                kind = "DataPropertyAssertion" if self._is_data_property(p) else "ObjectPropertyAssertion"
                yield Axiom(kind, s, (("super", Expression("Individuals", s, values=(s, o))),), (p,))
