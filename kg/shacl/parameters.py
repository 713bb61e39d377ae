"""The parameters of SHACL, and how each is read into constraints (SHACL, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import rdflib
from rdflib.namespace import SH
from rdflib.term import Node

from kg.shacl.components import read_constraint
from kg.shacl.model import Constraint, Qualified, order
from kg.shacl.query_text import is_pattern
from kg.shacl.reading import Reader

__all__ = ["READERS"]

_NODE_KINDS = frozenset([SH.IRI, SH.BlankNode, SH.Literal, SH.BlankNodeOrIRI, SH.BlankNodeOrLiteral, SH.IRIOrLiteral])

_Read = Callable[[Reader, Node], Iterator[Constraint]]


def _component(name: str) -> rdflib.URIRef:
    return SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]


def _name(parameter: Node) -> str:
    return str(parameter).removeprefix(str(SH))


def _each(check: Callable[[Reader, Node, Node], Any]) -> _Read:
    """A parameter each of whose values is a constraint."""

    def read(reader: Reader, parameter: Node) -> Iterator[Constraint]:
        name = _name(parameter)
        for value in reader.values(parameter):
            yield Constraint(_component(name), name, check(reader, parameter, value))

    return read


def _single(check: Callable[[Reader, Node, Node], Any]) -> _Read:
    """A parameter that has one value."""

    def read(reader: Reader, parameter: Node) -> Iterator[Constraint]:
        reader.one(parameter)
        yield from _each(check)(reader, parameter)

    return read


def _node_kind(reader: Reader, parameter: Node, value: Node) -> Node:
    if value not in _NODE_KINDS:
        raise reader.fault(parameter, value, "one of the six node kinds")
    return value


def _bound(reader: Reader, parameter: Node, value: Node) -> Node:
    if not isinstance(value, rdflib.Literal):
        raise reader.fault(parameter, value, "a literal")
    return value


def _texts(reader: Reader, parameter: Node, value: Node) -> list[str]:
    return [reader.text(parameter, item) for item in reader.items(parameter, value)]


def _shapes(reader: Reader, parameter: Node, value: Node) -> list[Node]:
    return [reader.shape_node(parameter, item) for item in reader.items(parameter, value)]


def _checked(check: Callable[[Reader, Node, Node], Any]) -> _Read:
    """A parameter that has one value and is no constraint by itself."""

    def read(reader: Reader, parameter: Node) -> Iterator[Constraint]:
        value = reader.one(parameter)
        if value is not None:
            check(reader, parameter, value)
        yield from ()

    return read


def _pattern(reader: Reader, parameter: Node, value: Node) -> tuple[str, str]:
    flags = reader.one(SH.flags)
    pattern, read = reader.text(parameter, value), "" if flags is None else reader.text(SH.flags, flags)
    if not is_pattern(pattern, read):
        raise reader.fault(parameter, value, "a regular expression of SPARQL" + (f" (flags '{read}')" if read else ""))
    return pattern, read


def _iris(reader: Reader, parameter: Node, value: Node) -> set[Node]:
    return {reader.iri(parameter, item) for item in reader.items(parameter, value)}


def _truth(reader: Reader, parameter: Node, value: Node) -> bool:
    return reader.flag(parameter)


def _unique_lang(reader: Reader, parameter: Node) -> Iterator[Constraint]:
    if reader.flag(parameter):
        yield Constraint(_component("uniqueLang"), "uniqueLang", True)


def _closed(reader: Reader, parameter: Node) -> Iterator[Constraint]:
    if not reader.flag(parameter):
        return
    graph = reader.graph
    allowed: set[Node] = set()
    for shape in graph.objects(reader.node, SH.property):
        allowed |= {path for path in graph.objects(shape, SH.path) if isinstance(path, rdflib.URIRef)}
    ignored = reader.one(SH.ignoredProperties)
    if ignored is not None:
        allowed |= _iris(reader, SH.ignoredProperties, ignored)
    yield Constraint(_component("closed"), "closed", tuple(sorted(map(str, allowed))))


def _qualified(reader: Reader, parameter: Node) -> Iterator[Constraint]:
    graph, node = reader.graph, reader.node
    shape = reader.one(SH.qualifiedValueShape)
    count = reader.one(parameter)
    number = 0 if count is None else reader.whole(parameter, count)
    if shape is None or count is None:
        return  # the parameters belong together
    siblings: set[Node] = set()
    if reader.flag(SH.qualifiedValueShapesDisjoint):
        for parent in graph.subjects(SH.property, node):
            for sibling in graph.objects(parent, SH.property):
                siblings |= set(graph.objects(sibling, SH.qualifiedValueShape))
    name = _name(parameter)
    value = Qualified(
        reader.shape_node(SH.qualifiedValueShape, shape),
        number,
        tuple(sorted(siblings - {shape}, key=order)),
    )
    yield Constraint(_component(name), name, value)


def _sparql(reader: Reader, parameter: Node) -> Iterator[Constraint]:
    for value in reader.values(parameter):
        with reader.told():
            constraint = read_constraint(reader.graph, reader.resource(parameter, value, "a SPARQL constraint"))
            if constraint is not None:
                yield Constraint(SH.SPARQLConstraintComponent, "sparql", reader.runs(constraint))


#: What reads each parameter.
READERS: dict[Node, _Read] = {
    SH["class"]: _each(Reader.iri),
    SH.datatype: _single(Reader.iri),
    SH.nodeKind: _single(_node_kind),
    SH.minCount: _single(Reader.whole),
    SH.maxCount: _single(Reader.whole),
    SH.minExclusive: _single(_bound),
    SH.minInclusive: _single(_bound),
    SH.maxExclusive: _single(_bound),
    SH.maxInclusive: _single(_bound),
    SH.minLength: _single(Reader.whole),
    SH.maxLength: _single(Reader.whole),
    SH.pattern: _single(_pattern),
    SH.flags: _checked(Reader.text),
    SH.languageIn: _single(_texts),
    SH.uniqueLang: _unique_lang,
    SH.equals: _each(Reader.iri),
    SH.disjoint: _each(Reader.iri),
    SH.lessThan: _each(Reader.iri),
    SH.lessThanOrEquals: _each(Reader.iri),
    SH["not"]: _each(Reader.shape_node),
    SH["and"]: _each(_shapes),
    SH["or"]: _each(_shapes),
    SH.xone: _each(_shapes),
    SH.node: _each(Reader.node_shape),
    SH.property: _each(Reader.property_shape),
    SH.qualifiedValueShape: _checked(Reader.shape_node),
    SH.qualifiedValueShapesDisjoint: _checked(_truth),
    SH.qualifiedMinCount: _qualified,
    SH.qualifiedMaxCount: _qualified,
    SH.closed: _closed,
    SH.ignoredProperties: _checked(_iris),
    SH.hasValue: _each(lambda reader, parameter, value: value),
    SH["in"]: _single(Reader.items),
    SH.sparql: _sparql,
}
