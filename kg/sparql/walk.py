"""Walks through RDFLib's algebra: what a part of a query names and holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Identifier, Literal, URIRef, Variable

__all__ = ["constants", "mentions", "nested", "variables"]


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, CompValue):
        yield from (part for name, part in node.items() if name not in ("_vars", "graph"))
        if "graph" in node or "EXISTS" in node.name:
            yield node.graph
    elif isinstance(node, dict):
        yield from node.keys()
    elif isinstance(node, (list, tuple)):
        yield from node


def variables(node: Any) -> set[Variable]:
    """Return the variables that a part of a query names."""
    if isinstance(node, Variable):
        return {node}
    if isinstance(node, (Literal, URIRef, BNode, str, Path)):
        return set()
    return {name for part in _children(node) for name in variables(part)}


def nested(node: Any, names: tuple[str, ...]) -> Iterable[CompValue]:
    """Yield the nodes of some names that a part of a query holds, itself included."""
    if isinstance(node, CompValue) and node.name in names:
        yield node
    if not isinstance(node, (str, Path)):
        for part in _children(node):
            yield from nested(part, names)


def mentions(node: Any, names: tuple[str, ...]) -> bool:
    """Whether a part of a query holds a node of one of some names."""
    return any(True for _ in nested(node, names))


def constants(node: Any) -> Iterator[Identifier]:
    """Yield the IRIs and literals that a part of a query names, those of its paths and of VALUES too."""
    if isinstance(node, (URIRef, Literal)):
        yield node
    elif isinstance(node, (InvPath, MulPath)):
        yield from constants(node.arg if isinstance(node, InvPath) else node.path)
    elif isinstance(node, (SequencePath, AlternativePath, NegatedPath)):
        yield from constants(list(node.args))
    elif not isinstance(node, str):
        for part in _children(node):
            yield from constants(part)
        if isinstance(node, dict) and not isinstance(node, CompValue):
            yield from constants(list(node.values()))
