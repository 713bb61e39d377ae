"""Property paths of shapes (SHACL, section 2.3.1): as SPARQL, and back as the nodes of a report."""

from __future__ import annotations

from dataclasses import dataclass

import rdflib
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl.terms import named, read_list, sparql

__all__ = ["Path", "read_path"]

_REPEATED: dict[Node, str] = {SH.zeroOrMorePath: "*", SH.oneOrMorePath: "+", SH.zeroOrOnePath: "?"}


@dataclass(frozen=True, slots=True)
class Path:
    """A property path: its node in the shapes graph, SPARQL for it, and whether it may have no step at all."""

    node: Node
    text: str
    nullable: bool = False

    @property
    def predicate(self) -> rdflib.URIRef | None:
        """The one predicate that the path is; none where it is more."""
        return self.node if isinstance(self.node, rdflib.URIRef) else None


def read_path(graph: rdflib.Graph, node: Node, above: frozenset[Node] = frozenset()) -> Path:
    """Return the path that a node of a shapes graph is.

    Raises
    ------
    ShapesError
        when it is no well-formed path. https://www.w3.org/TR/shacl/#property-paths
    """
    if isinstance(node, rdflib.URIRef):
        return Path(node, sparql(node))
    if isinstance(node, rdflib.Literal):
        raise ShapesError(f"{named(node)} is a literal, and no property path")
    if node in above:
        raise ShapesError("a property path contains itself")
    above |= {node}
    if (node, RDF.first, None) in graph:
        return _joined(graph, node, node, above, "/")
    found = list(graph.predicate_objects(node))
    if len(found) != 1 or found[0][0] not in (*_REPEATED, SH.alternativePath, SH.inversePath):
        raise ShapesError(f"{named(node)} is not one of the property paths of SHACL and nothing else")
    ((kind, inner),) = found
    if kind == SH.alternativePath:
        return _joined(graph, node, inner, above, "|")
    path = read_path(graph, inner, above)
    if kind == SH.inversePath:
        return Path(node, f"^({path.text})", path.nullable)
    return Path(node, f"({path.text}){_REPEATED[kind]}", path.nullable or kind != SH.oneOrMorePath)


def _joined(graph: rdflib.Graph, node: Node, items: Node, above: frozenset[Node], sign: str) -> Path:
    paths = [read_path(graph, item, above) for item in read_list(graph, items)]
    if len(paths) < 2:
        raise ShapesError("a sequence or an alternative of paths needs at least two of them")
    nullable = [path.nullable for path in paths]
    return Path(node, f"({sign.join(path.text for path in paths)})", all(nullable) if sign == "/" else any(nullable))
