"""The conditions of OWL 2 DL on data ranges, literals, facets and lists.

https://www.w3.org/TR/owl2-syntax/: sections 4 (the datatype map, with the facets of each datatype), 7.5 (datatype
restrictions) and 8 and 9 (how many expressions an axiom or expression takes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rdflib import OWL, RDF, RDFS, XSD, Literal, URIRef
from rdflib.term import Node

from kg.ontology.gate.dl_rules import DlBreach
from kg.ontology.gate.owl import Axiom, Expression, Owl, names
from kg.ontology.reason import OWL2_DATATYPES

__all__ = ["data_breaches"]

_RANGES = names("Datatype DatatypeRestriction DataIntersectionOf DataUnionOf DataComplementOf DataOneOf")
_TEXTS = frozenset(XSD[n] for n in names("string normalizedString token language Name NCName NMTOKEN anyURI"))
_TEXTS |= {RDF.PlainLiteral, RDF.langString}
_BYTES = frozenset({XSD.hexBinary, XSD.base64Binary})
_WITHOUT_FACETS = frozenset({XSD.boolean, RDF.XMLLiteral, RDFS.Literal})
_TIMES = frozenset({XSD.dateTime, XSD.dateTimeStamp})
_NUMBERS = OWL2_DATATYPES - _TEXTS - _BYTES - _WITHOUT_FACETS - _TIMES
_BOUNDS = frozenset(XSD[n] for n in names("minInclusive minExclusive maxInclusive maxExclusive"))
_LENGTHS = frozenset(XSD[n] for n in names("length minLength maxLength"))
_LANG_RANGE = URIRef(f"{RDF}langRange")
_ZONE = r"(?:Z|[+-]\d\d:\d\d)"
_TIME = r"-?(?:\d{4}|[1-9]\d{4,})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-4]):[0-5]\d:[0-5]\d(?:\.\d+)?"
#: Forms that RDFLib does not test, or takes for those of Python.
_FORMS = {
    # RDFLib itself writes small decimals with an exponent.
    XSD.decimal: r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+|[0-9](?:\.[0-9]+)?E[+-][0-9]+)",
    XSD.dateTime: f"{_TIME}{_ZONE}?",
    XSD.dateTimeStamp: f"{_TIME}{_ZONE}",
    XSD.language: r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
    XSD.Name: r"[^\W\d]|[^\W\d][\w.:·-]*|[:_][\w.:·-]*",
    XSD.NCName: r"[^\W\d][\w.·-]*",
    XSD.NMTOKEN: r"[\w.:·-]+",
    OWL.rational: r"[+-]?[0-9]+ */ *0*[1-9][0-9]*",
}
#: How many members the list at a property needs.
_LISTS = {
    OWL.intersectionOf: 2,
    OWL.unionOf: 2,
    OWL.disjointUnionOf: 2,
    OWL.propertyChainAxiom: 2,
    OWL.members: 2,
    OWL.distinctMembers: 2,
    OWL.oneOf: 1,
    OWL.hasKey: 1,
    OWL.withRestrictions: 1,
}
_PAIRED = ("Equivalent", "Disjoint", "Same", "Different")


def data_breaches(owl: Owl) -> Iterator[DlBreach]:
    """Yield what data ranges, literals, facets and lists breach of OWL 2 DL.

    Parameters
    ----------
    owl:
        The graph.
    """
    for axiom in owl.axioms:
        if _repeats(axiom):
            yield DlBreach("dl-paired-with-itself", axiom.about, axiom.kind)
        for _, expression in axiom.expressions:
            for part in expression.all():
                for value in part.values:
                    if isinstance(value, Literal) and _ill_formed(value):
                        yield DlBreach("dl-malformed-literal", axiom.about, f"{value} as {value.datatype}")
                if part.kind == "DatatypeRestriction":
                    yield from (DlBreach("dl-facet-of-wrong-kind", axiom.about, d) for d in _facets(owl, part))
            yield from (
                DlBreach("dl-class-for-datatype", axiom.about, d) for d in _out_of_place(owl, axiom, expression)
            )
    yield from _lists(owl)


def _ill_formed(literal: Literal) -> bool:
    """Whether a literal has no value in its datatype, as far as that is an OWL 2 one."""
    if literal.datatype not in OWL2_DATATYPES:
        return False
    form = _FORMS.get(literal.datatype)
    if form is not None and not re.fullmatch(form, str(literal)):
        return True
    # No literal has owl:real as its datatype; and Python knows no year beyond 9999 and no hour 24.
    return literal.datatype == OWL.real or (
        literal.ill_typed is True and literal.datatype not in _TIMES | {XSD.decimal}
    )


def _repeats(axiom: Axiom) -> bool:
    """Whether an axiom that wants different members has one of them twice."""
    if not axiom.kind.startswith(_PAIRED):
        return False
    members: list[object] = list(axiom.properties)
    for _, expression in axiom.expressions:
        members += expression.values if expression.kind == "Individuals" else [expression]
    return len(set(members)) < len(members)


def _out_of_place(owl: Owl, axiom: Axiom, expression: Expression) -> Iterator[str]:
    # Of an undeclared property nobody knows what its range should be.
    if axiom.kind != "ObjectPropertyRange" or owl.property_of(axiom.about) in owl.object_properties:
        yield from _misplaced(owl, expression, axiom.kind in ("DataPropertyRange", "DatatypeDefinition"))


def _misplaced(owl: Owl, expression: Expression, data: bool) -> Iterator[str]:
    """Yield the names and kinds of what is a datatype in the place of a class, or the other way round."""
    node, kind = expression.node, expression.kind
    if kind in ("Individuals", "Malformed") or node in owl.classes & owl.datatypes:
        return
    is_data = kind in _RANGES and not (kind == "Datatype" and node in owl.classes)
    if is_data != data:
        yield str(node) if isinstance(node, URIRef) else kind
        return
    for part in expression.parts:
        yield from _misplaced(owl, part, kind.startswith("Data"))


def _facets(owl: Owl, restriction: Expression) -> Iterator[str]:
    """Yield the facets of a datatype restriction that its datatype lacks, or whose value does not fit."""
    base = restriction.parts[0].node
    if base not in owl.datatypes:
        return
    for item in owl.items(owl.graph.value(restriction.node, OWL.withRestrictions) or RDF.nil):
        for facet, value in owl.graph.predicate_objects(item):
            if facet != RDF.type and not _fits(base, facet, value):
                yield f"{facet} on {base}"


def _fits(base: Node, facet: Node, value: Node) -> bool:
    if not isinstance(value, Literal) or _ill_formed(value):
        return False
    if facet in _LENGTHS:
        return base in _TEXTS | _BYTES and isinstance(value.value, int) and value.value >= 0
    if facet == XSD.pattern:
        return base in _TEXTS and value.datatype in (None, XSD.string)
    if facet == _LANG_RANGE:
        return base in (RDF.PlainLiteral, RDF.langString)
    if facet in _BOUNDS:
        return any(base in kind and value.datatype in kind for kind in (_NUMBERS, _TIMES))
    return False


def _lists(owl: Owl) -> Iterator[DlBreach]:
    blamed: dict[Node, Node] = {}
    for axiom in owl.axioms:
        for _, expression in axiom.expressions:
            for part in expression.all():
                blamed.setdefault(part.node, axiom.about)
    for predicate, least in _LISTS.items():
        for subject, head in owl.graph.subject_objects(predicate):
            if not _is_list(owl, head) or len(owl.items(head)) < least:
                named = (item for item in owl.items(head) if isinstance(item, URIRef))
                about = blamed.get(subject) or next(named, subject)
                yield DlBreach("dl-malformed-list", subject if isinstance(subject, URIRef) else about, str(predicate))


def _is_list(owl: Owl, head: Node) -> bool:
    """Whether each node of a list has one item and one next node, and the last is rdf:nil."""
    seen: set[Node] = set()
    while head != RDF.nil:
        nexts = list(owl.graph.objects(head, RDF.rest))
        if head in seen or len(nexts) != 1 or len(list(owl.graph.objects(head, RDF.first))) != 1:
            return False
        seen.add(head)
        head = nexts[0]
    return True
