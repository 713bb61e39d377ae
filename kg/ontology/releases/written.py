"""Literals in the form they are written in: RDFLib's readers make `"1"^^xsd:boolean` into `true`, and so on."""

from __future__ import annotations

from dataclasses import replace

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import InputError
from kg.namespaces import XSD
from kg.ontology.releases.formats import canonical
from kg.ontology.vocabulary import Module, Vocabulary

__all__ = ["as_written", "written"]


def as_written(term: object, number: int) -> Node:
    """Return a term of Oxigraph for RDFLib; blank nodes are kept apart by the number of their file.

    Raises
    ------
    ValueError
        when it is a triple.
    """
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(f"f{number}x{term.value}")
    if not isinstance(term, ox.Literal):
        raise ValueError("a triple inside a triple is not supported")
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = None if term.datatype == XSD["string"] else URIRef(term.datatype.value)
    return Literal(term.value, datatype=datatype, normalize=False)


def written(vocabulary: Vocabulary) -> Vocabulary:
    """Return an ontology with its literals in the form that its files give them.

    A file that no longer says what was read from it, or that Oxigraph does not read, stays as it was read.
    """
    modules = tuple(_module(module, number) for number, module in enumerate(vocabulary.modules))
    more = tuple(_module(module, number) for number, module in enumerate(vocabulary.alignments))
    return replace(vocabulary, modules=modules, alignments=more)


def _module(module: Module, number: int) -> Module:
    form = ox.RdfFormat.from_extension(module.path.suffix.lstrip(".").replace("owl", "rdf"))
    if form is None:
        return module
    # Oxigraph writes language tags small.
    tagged = {(str(o), o.language.lower()): o for o in module.graph.objects() if isinstance(o, Literal) and o.language}
    exact, plain = Graph(bind_namespaces="none"), Graph(bind_namespaces="none")
    try:
        base = module.path.absolute().as_uri()
        for quad in ox.parse(path=str(module.path), format=form, base_iri=base):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                s, p, o = (as_written(term, number) for term in quad.triple)
                if isinstance(o, Literal) and o.language:
                    o = tagged.get((str(o), o.language), o)
                exact.add((s, p, o))
                plain.add((s, p, _normal(o)))
        if canonical(plain) != canonical(module.graph):
            return module
    except (SyntaxError, ValueError, OSError, InputError):
        return module
    for prefix, namespace in module.graph.namespaces():
        exact.bind(prefix, namespace)
    return replace(module, graph=exact)


def _normal(node: Node) -> Node:
    """Return a term as RDFLib's readers make it."""
    if isinstance(node, Literal) and node.datatype is not None:
        return Literal(str(node), datatype=node.datatype)
    return node
