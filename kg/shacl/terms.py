"""Terms of a shapes graph, as RDFLib has them, as text of a query and as shown to people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeGuard

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from kg.errors import InputError, ShapesError
from kg.namespaces import shorten

__all__ = ["from_rdflib", "is_rdf", "is_text", "named", "read_graph", "read_list", "sparql", "to_rdflib"]

_FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdf": ox.RdfFormat.RDF_XML,
    "xml": ox.RdfFormat.RDF_XML,
    "owl": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "json": ox.RdfFormat.JSON_LD,
    "n3": ox.RdfFormat.N3,
}


def is_rdf(path: Path) -> bool:
    """Whether the name of a file is that of one of RDF."""
    return path.is_file() and path.suffix.lower()[1:] in _FORMATS


def to_rdflib(term: Any) -> Any:
    """Return a term of pyoxigraph as one of RDFLib that keeps its form."""
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    if term.datatype.value == str(rdflib.XSD.string):
        return rdflib.Literal(term.value)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)


def from_rdflib(term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return a term of RDFLib as one of pyoxigraph that keeps its form."""
    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return ox.BlankNode(str(term))
    assert isinstance(term, rdflib.Literal)
    if term.language:
        return ox.Literal(str(term), language=term.language)
    return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype)) if term.datatype else None)


def sparql(term: Node) -> str:
    """Return a term as text of a query.

    Raises
    ------
    ShapesError
        for a blank node and for what is no IRI.
    """
    if isinstance(term, rdflib.BNode):
        raise ShapesError("a blank node can't be named in a query")
    try:
        return str(from_rdflib(term))
    except ValueError as error:
        raise ShapesError(f"{str(term)!r} can't be named in a query ({error})") from None


def named(term: Node) -> str:
    """Return a term as it is shown to people."""
    if isinstance(term, rdflib.URIRef):
        return shorten(str(term))
    if isinstance(term, rdflib.BNode):
        return "a node without a name"
    return f'"{term}"'


def read_list(graph: rdflib.Graph, node: Node) -> list[Node]:
    """Return the items of a list.

    Raises
    ------
    ShapesError
        when it is not well formed. https://www.w3.org/TR/shacl/#syntax-rule-SHACL-list
    """
    items: list[Node] = []
    seen: set[Node] = set()
    while node != RDF.nil:
        first, rest = list(graph.objects(node, RDF.first)), list(graph.objects(node, RDF.rest))
        if len(first) != 1 or len(rest) != 1:
            raise ShapesError("a node of the list has not one rdf:first and one rdf:rest")
        if node in seen:
            raise ShapesError("the list contains itself")
        seen.add(node)
        items += first
        (node,) = rest
    return items


def is_text(term: Node, *, languages: bool = False) -> TypeGuard[rdflib.Literal]:
    """Whether a term is a string, or where `languages` are welcome one with a language."""
    if not isinstance(term, rdflib.Literal):
        return False
    return languages if term.language else term.datatype in (None, XSD.string)


def read_graph(files: Iterable[Path]) -> rdflib.Graph:
    """Read files of RDF into one graph of RDFLib, literals exactly as they are written.

    Raises
    ------
    InputError
        when one is missing or not well formed.
    """
    graph = rdflib.Graph()
    for number, file in enumerate(files):
        form = _FORMATS.get(file.suffix.lower().lstrip("."), ox.RdfFormat.TURTLE)
        try:
            base = file.resolve().as_uri()
            for quad in ox.parse(path=str(file), format=form, base_iri=base, rename_blank_nodes=number > 0):
                graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
        except FileNotFoundError:
            raise InputError("there is no such shapes file", file=file) from None
        except (SyntaxError, OSError, ValueError) as error:
            raise InputError(f"the shapes can't be read ({str(error).splitlines()[0]})", file=file) from None
    return graph
