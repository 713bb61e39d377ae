"""Shapes, read from a shapes graph and checked (SHACL, sections 2 to 5).

https://www.w3.org/TR/shacl/#shapes
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl.components import Component, SparqlConstraint, read_component, read_constraint, read_target
from kg.shacl.paths import Path, read_path
from kg.shacl.query_text import is_pattern
from kg.shacl.terms import is_text, named, read_list

__all__ = ["Constraint", "Qualified", "Shape", "ShapesGraph", "Target"]

_TARGETS = (SH.targetNode, SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.target)
_NODE_KINDS = frozenset([SH.IRI, SH.BlankNode, SH.Literal, SH.BlankNodeOrIRI, SH.BlankNodeOrLiteral, SH.IRIOrLiteral])
#: Parameters whose values are shapes, and those whose values are lists of shapes.
_OF_SHAPES = (SH.node, SH.property, SH["not"], SH.qualifiedValueShape)
_OF_LISTS = (SH["and"], SH["or"], SH.xone)
#: Parameters that only a property shape may have.
_OF_PATHS = frozenset(
    [SH.minCount, SH.maxCount, SH.lessThan, SH.lessThanOrEquals, SH.uniqueLang, SH.qualifiedValueShape]
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a shape asks: the component, the name of the parameter, and its value as the compiler takes it."""

    component: rdflib.URIRef
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Qualified:
    """How many value nodes must be as a shape has them, and not as any of its siblings."""

    shape: Node
    count: int
    siblings: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a shape is about: the kind (the name of the property), and the node that says it."""

    kind: str
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A shape; a property shape has a path."""

    node: Node
    path: Path | None
    severity: rdflib.URIRef
    messages: tuple[rdflib.Literal, ...]
    deactivated: bool
    constraints: tuple[Constraint, ...] = ()
    targets: tuple[Target, ...] = ()
    #: What nothing here compiles; :mod:`pyshacl` has to look at the shape.
    foreign: tuple[str, ...] = ()


@dataclass(slots=True, weakref_slot=True)
class ShapesGraph:
    """The shapes of a graph, each read and checked when it is asked for.

    Raises
    ------
    ShapesError
        when one is not well formed.
    """

    graph: rdflib.Graph
    _shapes: dict[Node, Shape] = field(default_factory=dict)
    _components: list[Component] | None = None

    def roots(self) -> list[Shape]:
        """Return the shapes that have targets, in a fixed order."""
        graph = self.graph
        nodes = {subject for target in _TARGETS for subject in graph.subjects(target)}
        nodes |= {node for node in self._typed() if self.is_class(node)}
        return [self.shape(node) for node in sorted(nodes, key=_order)]

    def all(self) -> list[Shape]:
        """Return every shape, nested ones too: to check them is to read them."""
        graph = self.graph
        nodes = set(self._typed())
        nodes |= {subject for told in (*_TARGETS, *_READERS) for subject in graph.subjects(told)}
        nodes |= {value for parameter in _OF_SHAPES for value in graph.objects(None, parameter)}
        for parameter in _OF_LISTS:
            for subject, items in graph.subject_objects(parameter):
                nodes |= set(_Reader(self, subject).items(parameter, items))
        # A literal is a fault of the shapes that name it.
        return [self.shape(node) for node in sorted(nodes, key=_order) if not isinstance(node, rdflib.Literal)]

    def aimed(self, focus: Mapping[Node, Iterable[Node] | None]) -> rdflib.Graph:
        """Return a copy of the graph that validates nothing else, and derives nothing.

        Parameters
        ----------
        focus:
            The shapes that keep targets, and the nodes that they have in place of their own ones; None where they have none.
        """
        graph = rdflib.Graph()
        graph += self.graph
        graph.remove((None, SH.rule, None))
        for shape in self.roots():
            nodes = focus.get(shape.node, ())
            graph.add((shape.node, RDF.type, SH.NodeShape if shape.path is None else SH.PropertyShape))
            targets = shape.targets if nodes is None else [Target("targetNode", node) for node in nodes]
            for kind in _TARGETS:
                graph.remove((shape.node, kind, None))
            for of in self._class_kinds():
                graph.remove((shape.node, RDF.type, of))
            for target in targets:
                graph.add((shape.node, SH[target.kind], target.value))
        return graph

    def shape(self, node: Node) -> Shape:
        """Return the shape that a node is."""
        if node not in self._shapes:
            self._shapes[node] = _Reader(self, node).read()
        return self._shapes[node]

    @property
    def components(self) -> list[Component]:
        """The constraint components that the graph declares itself (SHACL, section 6)."""
        if self._components is None:
            found = {
                node
                for kind in self.subclasses(SH.ConstraintComponent)
                for node in self.graph.subjects(RDF.type, kind)
                if (node, SH.parameter, None) in self.graph
            }
            self._components = [read_component(self.graph, node) for node in sorted(found, key=str)]
        return self._components

    def subclasses(self, of: Node) -> set[Node]:
        """Return a class and those below it in the shapes graph."""
        return {node for node in self.graph.transitive_subjects(RDFS.subClassOf, of) if node is not None}

    def _typed(self) -> Iterator[Node]:
        for kind in (SH.NodeShape, SH.PropertyShape):
            for one in self.subclasses(kind):
                yield from self.graph.subjects(RDF.type, one)

    def _class_kinds(self) -> set[Node]:
        return self.subclasses(RDFS.Class) | {OWL.Class}

    def is_class(self, node: Node) -> bool:
        """Whether a node is a class of the shapes graph."""
        kinds = self._class_kinds()
        return any(kind in kinds for kind in self.graph.objects(node, RDF.type))

    def targets(self, node: Node) -> tuple[Target, ...]:
        """Return the targets of a shape, the implicit one too."""
        found = [
            Target(str(kind).removeprefix(str(SH)), value)
            for kind in _TARGETS
            for value in sorted(self.graph.objects(node, kind), key=_order)
        ]
        if isinstance(node, rdflib.URIRef) and self.is_class(node):
            found.append(Target("targetClass", node))
        return tuple(found)


class _Told(ShapesError):
    """An error that says which shape it is about."""


class _Reader:
    """Reads one shape."""

    def __init__(self, shapes: ShapesGraph, node: Node) -> None:
        self.shapes, self.graph, self.node = shapes, shapes.graph, node

    def read(self) -> Shape:
        graph, node = self.graph, self.node
        if isinstance(node, rdflib.Literal):
            raise ShapesError(f"{named(node)} is a literal, and no shape")
        path = self._path()
        severity = self.one(SH.severity) or SH.Violation
        if not isinstance(severity, rdflib.URIRef):
            raise self.fault(SH.severity, severity, "an IRI")
        messages = tuple(sorted((self.message(term) for term in graph.objects(node, SH.message)), key=_order))
        deactivated = self.flag(SH.deactivated, ("true", "false"))
        if (node, SH.js, None) in graph:
            raise ShapesError(f"the shape {named(node)} has a constraint in JavaScript (sh:js), which can't be checked")
        foreign = (str(SH.expression),) if (node, SH.expression, None) in graph else ()
        targets = self.shapes.targets(node)
        for target in targets:
            self._check_target(target)
        if isinstance(node, rdflib.BNode) and self.shapes.is_class(node):
            raise self.wrong("a shape that is a class needs an IRI")
        constraints = tuple(self._constraints(path))
        return Shape(node, path, severity, messages, deactivated, constraints, targets, foreign)

    def _check_target(self, target: Target) -> None:
        if target.kind in ("targetClass", "targetSubjectsOf", "targetObjectsOf"):
            self.iri(SH[target.kind], target.value)
        elif target.kind == "targetNode" and isinstance(target.value, rdflib.BNode):
            raise self.fault(SH.targetNode, target.value, "an IRI or a literal")
        elif target.kind == "target":
            with self.told():
                query = read_target(self.graph, self.resource(SH.target, target.value))
                if (target.value, SH.jsFunctionName, None) in self.graph:
                    raise self.wrong("it has a target in JavaScript, which can't be found")
                if query is not None:
                    query.check("select")

    def _path(self) -> Path | None:
        paths = list(self.graph.objects(self.node, SH.path))
        if paths and (self.node, RDF.type, SH.NodeShape) in self.graph:
            raise self.wrong("a node shape has no sh:path")
        if not paths:
            if (self.node, RDF.type, SH.PropertyShape) in self.graph:
                raise self.wrong("a property shape needs sh:path")
            return None
        if len(paths) > 1:
            raise self.wrong("a property shape has one sh:path, not several")
        with self.told():
            return read_path(self.graph, paths[0])

    def _constraints(self, path: Path | None) -> Iterator[Constraint]:
        graph, node = self.graph, self.node
        for parameter in sorted(set(graph.predicates(node)), key=str):
            read = _READERS.get(parameter)
            if read is None:
                continue
            if path is None and parameter in _OF_PATHS:
                raise self.wrong(f"{named(parameter)} is for property shapes, which have a sh:path")
            yield from read(self, parameter)
        for component in self.shapes.components:
            with self.told():
                for made in component.constraints(graph, node, of_path=path is not None):
                    yield Constraint(component.node, "custom", self.runs(made))

    # -- values, checked

    def wrong(self, message: str) -> ShapesError:
        """Return an error about this shape; one without a name is told by its path and by the shape that it is in."""
        node: Node | None = self.node
        seen: set[Node | None] = {None}
        while isinstance(node, rdflib.BNode) and node not in seen:
            seen.add(node)
            node = min(self.graph.subjects(None, node), key=_order, default=None)
        path = self.graph.value(self.node, SH.path)
        of = f" of {named(path)}" if isinstance(path, rdflib.URIRef) and node != self.node else ""
        within = "" if node in (None, self.node) else f" in {named(node)}"
        name = f"the shape {named(self.node)}" if node == self.node or not of + within else f"a shape{of}{within}"
        return _Told(f"{name} is not well formed: {message}")

    @contextmanager
    def told(self) -> Iterator[None]:
        """Have errors say that they are about this shape."""
        try:
            yield
        except _Told:
            raise
        except ShapesError as error:
            raise self.wrong(str(error)) from None

    def fault(self, parameter: Node, value: Node, wanted: str) -> ShapesError:
        """Return the error that a value is not what it must be."""
        return self.wrong(f"{named(parameter)} must be {wanted}, and is {named(value)}")

    def values(self, parameter: Node) -> list[Node]:
        """Return the values of a parameter, in order."""
        return sorted(self.graph.objects(self.node, parameter), key=_order)

    def one(self, parameter: Node) -> Node | None:
        """Return the only value of a parameter, if it has one."""
        found = self.values(parameter)
        if len(found) > 1:
            raise self.wrong(f"{named(parameter)} may have one value, and has {len(found)}")
        return found[0] if found else None

    def flag(self, parameter: Node, forms: Collection[str] = ("true", "false", "1", "0")) -> bool:
        """Return whether a parameter is true; nothing but the literals `true` and `false` is a truth value here.

        Where a shape says ``"1"^^xsd:boolean`` the standard leaves out the constraint (W3C test uniqueLang-002).
        """
        value = self.one(parameter)
        if value is None:
            return False
        truth = isinstance(value, rdflib.Literal) and value.datatype == XSD.boolean
        if not truth or str(value) not in forms:
            raise self.fault(parameter, value, "true or false")
        return str(value) == "true"

    def iri(self, parameter: Node, value: Node) -> rdflib.URIRef:
        """Return a value that must be an IRI."""
        if not isinstance(value, rdflib.URIRef):
            raise self.fault(parameter, value, "an IRI")
        return value

    def whole(self, parameter: Node, value: Node) -> int:
        """Return a value that must be a whole number."""
        integer = isinstance(value, rdflib.Literal) and value.datatype == XSD.integer
        if integer and re.fullmatch("[+-]?[0-9]{1,18}", str(value)):
            return int(str(value))
        raise self.fault(parameter, value, "a whole number (xsd:integer)")

    def text(self, parameter: Node, value: Node) -> str:
        """Return a value that must be a plain string."""
        if not is_text(value):
            raise self.fault(parameter, value, "a string")
        return str(value)

    def message(self, value: Node) -> rdflib.Literal:
        """Return a message."""
        if not is_text(value, languages=True):
            raise self.fault(SH.message, value, "a string, with or without a language")
        return value

    def resource(self, parameter: Node, value: Node, wanted: str = "an IRI or a node without a name") -> Node:
        """Return a value that must be no literal."""
        if isinstance(value, rdflib.Literal):
            raise self.fault(parameter, value, wanted)
        return value

    def shape_node(self, parameter: Node, value: Node) -> Node:
        """Return a value that must be a shape."""
        return self.resource(parameter, value, "a shape")

    def node_shape(self, parameter: Node, value: Node) -> Node:
        """Return a value that must be a node shape."""
        if (value, SH.path, None) in self.graph:
            raise self.wrong(f"{named(parameter)} must be a node shape, and has a sh:path")
        return self.resource(parameter, value, "a node shape")

    def property_shape(self, parameter: Node, value: Node) -> Node:
        """Return a value that must be a property shape."""
        # One that the files don't have, such as those of DCAT-AP lack, is noted elsewhere and asks for nothing.
        told = (value, None, None) in self.graph
        if told and not isinstance(value, rdflib.Literal) and (value, SH.path, None) not in self.graph:
            raise self.wrong(f"{named(parameter)} must be a property shape, and {named(value)} has no sh:path")
        return self.resource(parameter, value, "a property shape")

    def items(self, parameter: Node, value: Node) -> list[Node]:
        """Return the items of a value that must be a list."""
        if value != RDF.nil and (value, RDF.first, None) not in self.graph:
            raise self.fault(parameter, value, "a list")
        try:
            return read_list(self.graph, value)
        except ShapesError as error:
            raise self.wrong(f"{named(parameter)}: {error}") from None

    def runs(self, made: SparqlConstraint) -> SparqlConstraint:
        """Return a constraint whose query must be well formed."""
        if "PATH" in made.query.variables and (self.node, SH.path, None) not in self.graph:
            raise self.wrong("a query names $PATH, and a node shape has no sh:path")
        made.query.check(made.form, made.prebound)
        return made


_Read = Callable[[_Reader, Node], Iterator[Constraint]]


def _component(name: str) -> rdflib.URIRef:
    return SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]


def _name(parameter: Node) -> str:
    return str(parameter).removeprefix(str(SH))


def _each(check: Callable[[_Reader, Node, Node], Any]) -> _Read:
    """A parameter each of whose values is a constraint."""

    def read(reader: _Reader, parameter: Node) -> Iterator[Constraint]:
        name = _name(parameter)
        for value in reader.values(parameter):
            yield Constraint(_component(name), name, check(reader, parameter, value))

    return read


def _single(check: Callable[[_Reader, Node, Node], Any]) -> _Read:
    """A parameter that has one value."""

    def read(reader: _Reader, parameter: Node) -> Iterator[Constraint]:
        reader.one(parameter)
        yield from _each(check)(reader, parameter)

    return read


def _node_kind(reader: _Reader, parameter: Node, value: Node) -> Node:
    if value not in _NODE_KINDS:
        raise reader.fault(parameter, value, "one of the six node kinds")
    return value


def _bound(reader: _Reader, parameter: Node, value: Node) -> Node:
    if not isinstance(value, rdflib.Literal):
        raise reader.fault(parameter, value, "a literal")
    return value


def _texts(reader: _Reader, parameter: Node, value: Node) -> list[str]:
    return [reader.text(parameter, item) for item in reader.items(parameter, value)]


def _shapes(reader: _Reader, parameter: Node, value: Node) -> list[Node]:
    return [reader.shape_node(parameter, item) for item in reader.items(parameter, value)]


def _checked(check: Callable[[_Reader, Node, Node], Any]) -> _Read:
    """A parameter that has one value and is no constraint by itself."""

    def read(reader: _Reader, parameter: Node) -> Iterator[Constraint]:
        value = reader.one(parameter)
        if value is not None:
            check(reader, parameter, value)
        yield from ()

    return read


def _pattern(reader: _Reader, parameter: Node, value: Node) -> tuple[str, str]:
    flags = reader.one(SH.flags)
    pattern, read = reader.text(parameter, value), "" if flags is None else reader.text(SH.flags, flags)
    if not is_pattern(pattern, read):
        raise reader.fault(parameter, value, "a regular expression of SPARQL" + (f" (flags '{read}')" if read else ""))
    return pattern, read


def _iris(reader: _Reader, parameter: Node, value: Node) -> set[Node]:
    return {reader.iri(parameter, item) for item in reader.items(parameter, value)}


def _truth(reader: _Reader, parameter: Node, value: Node) -> bool:
    return reader.flag(parameter)


def _unique_lang(reader: _Reader, parameter: Node) -> Iterator[Constraint]:
    if reader.flag(parameter):
        yield Constraint(_component("uniqueLang"), "uniqueLang", True)


def _closed(reader: _Reader, parameter: Node) -> Iterator[Constraint]:
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


def _qualified(reader: _Reader, parameter: Node) -> Iterator[Constraint]:
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
        tuple(sorted(siblings - {shape}, key=_order)),
    )
    yield Constraint(_component(name), name, value)


def _sparql(reader: _Reader, parameter: Node) -> Iterator[Constraint]:
    for value in reader.values(parameter):
        with reader.told():
            constraint = read_constraint(reader.graph, reader.resource(parameter, value, "a SPARQL constraint"))
            if constraint is not None:
                yield Constraint(SH.SPARQLConstraintComponent, "sparql", reader.runs(constraint))


_READERS: dict[Node, _Read] = {
    SH["class"]: _each(_Reader.iri),
    SH.datatype: _single(_Reader.iri),
    SH.nodeKind: _single(_node_kind),
    SH.minCount: _single(_Reader.whole),
    SH.maxCount: _single(_Reader.whole),
    SH.minExclusive: _single(_bound),
    SH.minInclusive: _single(_bound),
    SH.maxExclusive: _single(_bound),
    SH.maxInclusive: _single(_bound),
    SH.minLength: _single(_Reader.whole),
    SH.maxLength: _single(_Reader.whole),
    SH.pattern: _single(_pattern),
    SH.flags: _checked(_Reader.text),
    SH.languageIn: _single(_texts),
    SH.uniqueLang: _unique_lang,
    SH.equals: _each(_Reader.iri),
    SH.disjoint: _each(_Reader.iri),
    SH.lessThan: _each(_Reader.iri),
    SH.lessThanOrEquals: _each(_Reader.iri),
    SH["not"]: _each(_Reader.shape_node),
    SH["and"]: _each(_shapes),
    SH["or"]: _each(_shapes),
    SH.xone: _each(_shapes),
    SH.node: _each(_Reader.node_shape),
    SH.property: _each(_Reader.property_shape),
    SH.qualifiedValueShape: _checked(_Reader.shape_node),
    SH.qualifiedValueShapesDisjoint: _checked(_truth),
    SH.qualifiedMinCount: _qualified,
    SH.qualifiedMaxCount: _qualified,
    SH.closed: _closed,
    SH.ignoredProperties: _checked(_iris),
    SH.hasValue: _each(lambda reader, parameter, value: value),
    SH["in"]: _single(_Reader.items),
    SH.sparql: _sparql,
}


def _order(node: Node) -> tuple[str, str]:
    return type(node).__name__, str(node.n3()) if isinstance(node, rdflib.Literal) else str(node)
