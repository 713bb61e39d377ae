"""Shapes, read from a shapes graph and checked (SHACL, sections 2 to 5).

https://www.w3.org/TR/shacl/#shapes
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl.components import Component, read_component, read_target
from kg.shacl.model import Constraint, Shape, Target, order
from kg.shacl.parameters import READERS
from kg.shacl.paths import Path, read_path
from kg.shacl.reading import Reader
from kg.shacl.terms import named

__all__ = ["ShapesGraph"]

_TARGETS = (SH.targetNode, SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.target)
#: Parameters whose values are shapes, and those whose values are lists of shapes.
_OF_SHAPES = (SH.node, SH.property, SH["not"], SH.qualifiedValueShape)
_OF_LISTS = (SH["and"], SH["or"], SH.xone)
#: Parameters that only a property shape may have.
_OF_PATHS = frozenset(
    [SH.minCount, SH.maxCount, SH.lessThan, SH.lessThanOrEquals, SH.uniqueLang, SH.qualifiedValueShape]
)


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
        return [self.shape(node) for node in sorted(nodes, key=order)]

    def all(self) -> list[Shape]:
        """Return every shape, nested ones too: to check them is to read them."""
        graph = self.graph
        nodes = set(self._typed())
        nodes |= {subject for told in (*_TARGETS, *READERS) for subject in graph.subjects(told)}
        nodes |= {value for parameter in _OF_SHAPES for value in graph.objects(None, parameter)}
        for parameter in _OF_LISTS:
            for subject, items in graph.subject_objects(parameter):
                nodes |= set(_ShapeReader(self, subject).items(parameter, items))
        # A literal is a fault of the shapes that name it.
        return [self.shape(node) for node in sorted(nodes, key=order) if not isinstance(node, rdflib.Literal)]

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
            self._shapes[node] = _ShapeReader(self, node).read()
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
            for value in sorted(self.graph.objects(node, kind), key=order)
        ]
        if isinstance(node, rdflib.URIRef) and self.is_class(node):
            found.append(Target("targetClass", node))
        return tuple(found)


class _ShapeReader(Reader):
    """Reads one shape."""

    def __init__(self, shapes: ShapesGraph, node: Node) -> None:
        super().__init__(shapes.graph, node)
        self.shapes = shapes

    def read(self) -> Shape:
        graph, node = self.graph, self.node
        if isinstance(node, rdflib.Literal):
            raise ShapesError(f"{named(node)} is a literal, and no shape")
        path = self._path()
        severity = self.one(SH.severity) or SH.Violation
        if not isinstance(severity, rdflib.URIRef):
            raise self.fault(SH.severity, severity, "an IRI")
        messages = tuple(sorted((self.message(term) for term in graph.objects(node, SH.message)), key=order))
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
            read = READERS.get(parameter)
            if read is None:
                continue
            if path is None and parameter in _OF_PATHS:
                raise self.wrong(f"{named(parameter)} is for property shapes, which have a sh:path")
            yield from read(self, parameter)
        for component in self.shapes.components:
            with self.told():
                for made in component.constraints(graph, node, of_path=path is not None):
                    yield Constraint(component.node, "custom", self.runs(made))
