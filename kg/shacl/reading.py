"""The values of a shape's parameters, each checked when it is read: an error names the shape, the parameter and the value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import rdflib
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl.components import SparqlConstraint
from kg.shacl.model import order
from kg.shacl.terms import is_text, named, read_list

__all__ = ["Reader"]


class _Told(ShapesError):
    """An error that says which shape it is about."""


class Reader:
    """Reads the values that a node of a shapes graph has."""

    def __init__(self, graph: rdflib.Graph, node: Node) -> None:
        self.graph, self.node = graph, node

    def wrong(self, message: str) -> ShapesError:
        """Return an error about this shape; one without a name is told by its path and by the shape that it is in."""
        node: Node | None = self.node
        seen: set[Node | None] = {None}
        while isinstance(node, rdflib.BNode) and node not in seen:
            seen.add(node)
            node = min(self.graph.subjects(None, node), key=order, default=None)
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
        return sorted(self.graph.objects(self.node, parameter), key=order)

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
