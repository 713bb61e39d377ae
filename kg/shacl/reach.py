"""How far from a focus node what a shape looks at can be: what has to be looked at again when something changes."""

from __future__ import annotations

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from kg.shacl.model import Constraint, Qualified, Shape
from kg.shacl.shapes import ShapesGraph

__all__ = ["reach"]


def reach(shapes: ShapesGraph, shape: Shape, above: frozenset[Node] = frozenset()) -> int | None:
    """Return how many steps from a focus node the subject of a triple can be that decides whether it conforms.

    Steps go along triples, from subject to object. None where there is no bound, or where what decides leads to the
    focus node: queries, repeated and inverse paths, targets that are objects.
    """
    if shape.node in above or shape.foreign:
        return None
    if any(target.kind in ("targetObjectsOf", "target") for target in shape.targets):
        return None
    steps = 0 if shape.path is None else _steps(shapes.graph, shape.path.node)
    if steps is None:
        return None
    furthest = max(steps - 1, 0)
    for constraint in shape.constraints:
        own = _own(shapes, constraint, above | {shape.node})
        if own is None:
            return None
        furthest = max(furthest, steps + own if own >= 0 else 0)
    return furthest


def _own(shapes: ShapesGraph, constraint: Constraint, above: frozenset[Node]) -> int | None:
    """How far from a value node a constraint looks; -1 where it looks at no triple of it."""
    value = constraint.value
    if constraint.kind in ("sparql", "custom"):
        return None
    if constraint.kind in ("class", "closed"):
        return 0
    if isinstance(value, Qualified):
        inner = [value.shape, *value.siblings]
    elif constraint.kind in ("and", "or", "xone"):
        inner = value
    elif constraint.kind in ("node", "property", "not"):
        inner = [value]
    else:
        return -1
    found = [reach(shapes, shapes.shape(node), above) for node in inner]
    return None if None in found else max((steps for steps in found if steps is not None), default=-1)


def _steps(graph: rdflib.Graph, path: Node) -> int | None:
    """The number of steps of a property path, at most; None where there is no bound or a step goes back."""
    if isinstance(path, rdflib.URIRef):
        return 1
    if (path, RDF.first, None) in graph:
        parts = [_steps(graph, part) for part in Collection(graph, path)]
        return None if None in parts else sum(part or 0 for part in parts)
    for parameter, inner in graph.predicate_objects(path):
        if parameter == SH.zeroOrOnePath:
            return _steps(graph, inner)
        if parameter == SH.alternativePath:
            parts = [_steps(graph, part) for part in Collection(graph, inner)]
            return None if None in parts else max(part or 0 for part in parts)
    return None
