"""The conditions that a graph must meet to be an OWL 2 DL ontology.

https://www.w3.org/TR/owl2-syntax/: sections 2.4 (reserved vocabulary), 4 (datatypes), 5.8 (declarations and typing) and
11 (global restrictions); literals, facets and lists are in :mod:`kg.ontology.gate.dl_data`. Not checked: circles of
datatype definitions, and how often the root of a tree of anonymous individuals meets named ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rdflib import OWL, RDF, RDFS, XSD, BNode, Literal, URIRef
from rdflib.term import Node

from kg.ontology.gate.dl_data import data_breaches
from kg.ontology.gate.dl_rules import DL_RULES, DlBreach
from kg.ontology.gate.owl import CARDINALITIES, CHARACTERISTICS, Axiom, Expression, Owl, names
from kg.ontology.reason import OWL2_DATATYPES

__all__ = ["DL_RULES", "DlBreach", "dl_breaches"]

_RDFS_ONLY = "declared in the terms of RDFS only"
_RESERVED = (str(OWL), str(RDF), str(RDFS), str(XSD))
_OBJECT_ONLY = frozenset(CHARACTERISTICS.values()) | {"InverseObjectProperties", "SubPropertyChainOf"}
#: Predicates of RDF and RDFS that the mapping to OWL 2 knows.
_KNOWN = frozenset(
    {RDF.type, RDF.first, RDF.rest, RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy}
    | {RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range}
)
_FACETS = frozenset(
    XSD[name]
    for name in names(
        "length minLength maxLength pattern minInclusive minExclusive maxInclusive maxExclusive totalDigits fractionDigits"
    )
) | {URIRef(f"{RDF}langRange")}
_MUST_BE_SIMPLE = names(
    "FunctionalObjectProperty InverseFunctionalObjectProperty IrreflexiveObjectProperty AsymmetricObjectProperty "
    "DisjointObjectProperties"
)
_NAMED_ONLY = names("SameIndividual DifferentIndividuals NegativeObjectPropertyAssertion NegativeDataPropertyAssertion")


def dl_breaches(owl: Owl, namespace: str = "") -> list[DlBreach]:
    """Return what keeps a graph out of OWL 2 DL, in a fixed order and each once.

    Parameters
    ----------
    owl:
        The graph.
    namespace:
        What the IRIs of its own terms begin with. Where the ontology imports others, undeclared terms outside it are
        passed over: the import may declare them.
    """
    imports = (None, OWL.imports, None) in owl.graph
    found = {
        *_undeclared_classes(owl),
        *_undeclared_properties(owl),
        *_datatypes(owl),
        *_puns(owl),
        *_kinds(owl),
        *_values(owl),
        *_reserved(owl),
        *_not_simple(owl),
        *_irregular(owl),
        *_malformed(owl),
        *_anonymous(owl),
        *_circles(owl),
        *data_breaches(owl),
    }
    kept = (
        breach
        for breach in found
        if not (imports and breach.rule.startswith("dl-undeclared") and not str(breach.term).startswith(namespace))
    )
    return sorted(kept, key=lambda breach: (breach.rule, str(breach.term), breach.detail))


def _is_reserved(node: Node) -> bool:
    return isinstance(node, URIRef) and str(node).startswith(_RESERVED)


def _undeclared_classes(owl: Owl) -> Iterator[DlBreach]:
    for axiom in owl.axioms:
        for _, expression in axiom.expressions:
            for part in expression.all():
                if part.kind == "Class" and part.node not in owl.classes and not _is_reserved(part.node):
                    old = (part.node, RDF.type, RDFS.Class) in owl.graph
                    yield DlBreach("dl-undeclared-class", part.node, _RDFS_ONLY if old else "")
    for node in owl.graph.subjects(RDF.type, RDFS.Class):
        if isinstance(node, URIRef) and node not in owl.classes | owl.datatypes and not _is_reserved(node):
            yield DlBreach("dl-undeclared-class", node, _RDFS_ONLY)


def _used_properties(owl: Owl) -> Iterator[Node]:
    for axiom in owl.axioms:
        yield from (node for node in map(owl.property_of, axiom.properties) if node is not None)
        for _, expression in axiom.expressions:
            yield from (node for part in expression.all() if (node := owl.property_of(part.property)) is not None)


def _undeclared_properties(owl: Owl) -> Iterator[DlBreach]:
    known = owl.object_properties | owl.data_properties | owl.annotation_properties
    old = set(owl.graph.subjects(RDF.type, RDF.Property))
    for node in {*owl.graph.predicates(), *_used_properties(owl), *old}:
        if isinstance(node, URIRef) and node not in known and not _is_reserved(node):
            yield DlBreach("dl-undeclared-property", node, _RDFS_ONLY if node in old else "")


def _datatypes(owl: Owl) -> Iterator[DlBreach]:
    defined = set(owl.graph.subjects(OWL.equivalentClass)) | {RDFS.Literal, RDF.langString}
    for axiom in owl.axioms:
        for _, expression in axiom.expressions:
            for part in expression.all():
                used = [part.node] if part.kind == "Datatype" and part.node not in owl.classes - owl.datatypes else []
                used += [value.datatype for value in part.values if isinstance(value, Literal) and value.datatype]
                for datatype in used:
                    if datatype not in OWL2_DATATYPES and datatype not in defined:
                        yield DlBreach("dl-unknown-datatype", axiom.about, str(datatype))


def _puns(owl: Owl) -> Iterator[DlBreach]:
    for node in owl.classes & owl.datatypes:
        yield DlBreach("dl-class-and-datatype", node)
    kinds = {"object": owl.object_properties, "datatype": owl.data_properties, "annotation": owl.annotation_properties}
    for node in set().union(*kinds.values()):
        named = [name for name, members in kinds.items() if node in members]
        if len(named) > 1:
            yield DlBreach("dl-two-kinds-of-property", node, " and ".join(named))


def _kinds(owl: Owl) -> Iterator[DlBreach]:
    not_object = (owl.data_properties | owl.annotation_properties) - owl.object_properties
    not_data = (owl.object_properties | owl.annotation_properties) - owl.data_properties
    for axiom in owl.axioms:
        object_only = axiom.kind in _OBJECT_ONLY
        of_data = axiom.kind in ("SubDataPropertyOf", "EquivalentDataProperties", "DisjointDataProperties")
        of_objects = axiom.kind in ("SubObjectPropertyOf", "EquivalentObjectProperties", "DisjointObjectProperties")
        wrong = not_object if object_only or of_objects else not_data if of_data else set()
        for node in map(owl.property_of, axiom.properties):
            if node in wrong:
                yield DlBreach("dl-property-of-wrong-kind", node or axiom.about, axiom.kind)
        for _, expression in axiom.expressions:
            for part in expression.all():
                node = owl.property_of(part.property) if part.kind != "Malformed" else None
                if node is not None and node in (not_data if part.kind.startswith("Data") else not_object):
                    yield DlBreach("dl-property-of-wrong-kind", node, part.kind)


def _values(owl: Owl) -> Iterator[DlBreach]:
    for axiom in owl.axioms:
        if axiom.kind == "ObjectPropertyAssertion" and isinstance(axiom.expressions[0][1].values[1], Literal):
            yield DlBreach("dl-value-of-wrong-kind", axiom.about, str(axiom.properties[0]))
        if axiom.kind == "DataPropertyAssertion" and not isinstance(axiom.expressions[0][1].values[1], Literal):
            yield DlBreach("dl-value-of-wrong-kind", axiom.about, str(axiom.properties[0]))


def _reserved(owl: Owl) -> Iterator[DlBreach]:
    known = _KNOWN | _FACETS | {OWL[name] for name in OWL.__annotations__ if not name.startswith("_")}
    for predicate in set(owl.graph.predicates()):
        if _is_reserved(predicate) and predicate not in known:
            yield DlBreach("dl-reserved-term", predicate, "as a property")
    for axiom in owl.axioms:
        for _, expression in axiom.expressions:
            for part in expression.all():
                if part.kind == "Class" and _is_reserved(part.node) and part.node not in (OWL.Thing, OWL.Nothing):
                    yield DlBreach("dl-reserved-term", part.node, f"as a class, in an axiom of {axiom.about}")
    for axiom in owl.axioms:
        used = [part.property for _, expression in axiom.expressions for part in expression.all()]
        used += axiom.properties[: 1 if axiom.kind == "SubDataPropertyOf" else None]
        if OWL.topDataProperty in used:
            yield DlBreach("dl-reserved-term", OWL.topDataProperty, f"in an axiom of {axiom.about}")
    declaring = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.NamedIndividual)
    allowed = {OWL.Thing, OWL.Nothing, *_BUILT_IN_PROPERTIES}
    for kind in declaring:
        for node in owl.graph.subjects(RDF.type, kind):
            if _is_reserved(node) and node not in allowed:
                yield DlBreach("dl-reserved-term", node, f"declared as {kind}")


_BUILT_IN_PROPERTIES = frozenset(
    {OWL.topObjectProperty, OWL.bottomObjectProperty, OWL.topDataProperty, OWL.bottomDataProperty}
    | {OWL.priorVersion, OWL.backwardCompatibleWith, OWL.incompatibleWith, OWL.versionInfo, OWL.deprecated}
    | {RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy}
)


def _composite(owl: Owl) -> set[Node]:
    """Return the properties that are not simple (section 11.1): transitive, implied by a chain, or above such a one."""
    above: dict[Node, set[Node]] = defaultdict(set)
    todo: list[Node] = []
    for axiom in owl.axioms:
        ends = [node for node in map(owl.property_of, axiom.properties) if node is not None]
        if axiom.kind in ("TransitiveObjectProperty", "SubPropertyChainOf"):
            todo.append(ends[-1])
        elif axiom.kind == "SubObjectPropertyOf":
            above[ends[0]].add(ends[1])
        elif axiom.kind in ("EquivalentObjectProperties", "InverseObjectProperties"):
            above[ends[0]].add(ends[1])
            above[ends[1]].add(ends[0])
    found: set[Node] = set()
    while todo:
        if (node := todo.pop()) not in found:
            found.add(node)
            todo.extend(above[node])
    return found


def _not_simple(owl: Owl) -> Iterator[DlBreach]:
    composite = _composite(owl)
    counted = {f"Object{name}" for name in CARDINALITIES.values()} | {"ObjectHasSelf"}
    for axiom in owl.axioms:
        if axiom.kind in _MUST_BE_SIMPLE:
            for node in map(owl.property_of, axiom.properties):
                if node is not None and node in composite:
                    yield DlBreach("dl-property-not-simple", node, axiom.kind)
        for _, expression in axiom.expressions:
            for part in expression.all():
                node = owl.property_of(part.property)
                if part.kind in counted and node is not None and node in composite:
                    yield DlBreach("dl-property-not-simple", node, f"{part.kind} in an axiom of {axiom.about}")


def _irregular(owl: Owl) -> Iterator[DlBreach]:
    """Yield the chains that no strict order of the properties allows (section 11.2)."""
    below: dict[Node, set[Node]] = defaultdict(set)
    strict: list[tuple[Node, Node]] = []
    for axiom in owl.axioms:
        ends = [node for node in map(owl.property_of, axiom.properties) if node is not None]
        if axiom.kind == "SubObjectPropertyOf":
            below[ends[1]].add(ends[0])
        elif axiom.kind in ("EquivalentObjectProperties", "InverseObjectProperties"):
            below[ends[1]].add(ends[0])
            below[ends[0]].add(ends[1])
        elif axiom.kind == "SubPropertyChainOf":
            links, implied = ends[:-1], ends[-1]
            if implied in links[1:-1] or (links.count(implied) > 1 and len(links) > 2):
                yield DlBreach("dl-irregular-hierarchy", implied)
            strict += [(link, implied) for link in links if link != implied]
    for link, implied in strict:
        below[implied].add(link)
    for link, implied in strict:
        if implied in _reach(below, link):
            yield DlBreach("dl-irregular-hierarchy", implied, str(link))


def _reach(edges: dict[Node, set[Node]], start: Node) -> set[Node]:
    seen: set[Node] = set()
    todo: list[Node] = [start]
    while todo:
        if (node := todo.pop()) not in seen:
            seen.add(node)
            todo.extend(edges[node])
    return seen


def _malformed(owl: Owl) -> Iterator[DlBreach]:
    for axiom in owl.axioms:
        for _, expression in axiom.expressions:
            if any(_is_malformed(owl, part) for part in expression.all()):
                yield DlBreach("dl-malformed-expression", axiom.about, axiom.kind)


def _is_malformed(owl: Owl, part: Expression) -> bool:
    if part.kind == "DatatypeRestriction":
        return (part.node, OWL.withRestrictions, None) not in owl.graph
    if part.kind in ("ObjectOneOf", "DataOneOf"):
        return any(isinstance(value, Literal) != (part.kind == "DataOneOf") for value in part.values)
    return part.kind == "Malformed"


def _anonymous(owl: Owl) -> Iterator[DlBreach]:
    for axiom in owl.axioms:
        for _, expression in axiom.expressions:
            for part in expression.all():
                must_be_named = part.kind in ("ObjectOneOf", "ObjectHasValue") or axiom.kind in _NAMED_ONLY
                if must_be_named and _has_blank(part.values):
                    yield DlBreach("dl-anonymous-individual", _named(axiom), part.kind)


def _circles(owl: Owl) -> Iterator[DlBreach]:
    """Yield the facts that keep anonymous individuals from being a forest (section 11.2)."""
    root: dict[Node, Node] = {}

    def top(node: Node) -> Node:
        while (above := root.get(node, node)) != node:
            node = above
        return node

    for axiom in owl.axioms:
        if axiom.kind != "ObjectPropertyAssertion":
            continue
        subject, value = axiom.expressions[0][1].values
        if not (isinstance(subject, BNode) and isinstance(value, BNode)):
            continue
        if top(subject) == top(value):
            yield DlBreach("dl-anonymous-individual", axiom.properties[0], "in a circle of anonymous individuals")
        root[top(subject)] = top(value)


def _has_blank(values: Iterable[Node]) -> bool:
    return any(isinstance(value, BNode) for value in values)


def _named(axiom: Axiom) -> Node:
    named = (value for _, expression in axiom.expressions for value in expression.values if isinstance(value, URIRef))
    return axiom.about if isinstance(axiom.about, URIRef) else next(named, axiom.about)
