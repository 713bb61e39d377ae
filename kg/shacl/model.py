"""What shapes are, once they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import rdflib
from rdflib.term import Node

from kg.shacl.paths import Path

__all__ = ["Constraint", "Qualified", "Shape", "Target", "order"]


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


def order(node: Node) -> tuple[str, str]:
    """Return what nodes are put in order by."""
    return type(node).__name__, str(node.n3()) if isinstance(node, rdflib.Literal) else str(node)
