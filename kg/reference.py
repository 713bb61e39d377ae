"""Validation by pySHACL: the reference, and what shapes are left to that are not compiled."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pyshacl
import rdflib
import rdflib.store
from pyoxigraph import DefaultGraph, Store
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.namespace import SH
from rdflib.term import Node

from kg.errors import EngineError
from kg.shacl.report import Result
from kg.shacl.terms import from_rdflib, to_rdflib

__all__ = ["by_pyshacl", "read_result"]

#: RDFLib logs a trace for every ill-typed literal; finding those is what the shapes are for.
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


def _strict(form: str, convert: Callable[[str], Any]) -> Callable[[str], Any]:
    pattern = re.compile(form)

    def constructor(text: str) -> Any:
        if not pattern.fullmatch(text):
            raise ValueError(f"{text!r} is not in the lexical space")
        return convert(text)

    return constructor


# RDFLib takes what Python's own types take: "NaN" and "1e400" for an xsd:decimal, "1_000" for an xsd:integer. Neither is
# in the lexical space of XML Schema (Part 2, 3.3.3 and 3.4.13), and a comparison with NaN stops pySHACL.
for _datatype, _type, _constructor in (
    (rdflib.XSD.decimal, Decimal, _strict(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", Decimal)),
    (rdflib.XSD.integer, int, _strict(r"[+-]?[0-9]{1,4000}", int)),
):
    rdflib.term.bind(_datatype, _type, _constructor, datatype_specific=True)


def by_pyshacl(store: Store, shapes: rdflib.Graph) -> list[Result]:
    """Validate the default graph of a store.

    Parameters
    ----------
    store:
        The data; it is not changed.
    shapes:
        The shapes graph.

    Raises
    ------
    EngineError
        when pySHACL fails.
    """
    # Its options for some shapes and some focus nodes are not used: use_shapes overlooks shapes in lists that have names,
    # focus_nodes the focus nodes of shapes within, and both together the targets. kg.shacl.shapes.ShapesGraph.aimed serves.
    try:
        _, report, text = pyshacl.validate(_Data(store).graph, shacl_graph=shapes, inplace=True, advanced=True)
    except Exception as error:  # pySHACL lets Python's own exceptions through
        raise EngineError(f"pySHACL could not validate: {str(error).splitlines()[0]}") from error
    if not isinstance(report, rdflib.Graph):
        raise EngineError(f"pySHACL could not validate: {str(text).splitlines()[0]}")
    top = report.objects(None, SH.result)
    return [read_result(report, node) for node in top]


class _Data(rdflib.store.Store):
    """A store of Oxigraph as one of RDFLib that is only read, and answers no queries itself.

    pySHACL's own view of one gives literals in RDFLib's form of them, can't be asked of a literal, refuses bindings of
    variables that a query doesn't select, and counts all triples to say whether there are any.
    """

    context_aware = graph_aware = True

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.graph = rdflib.Graph(self, DATASET_DEFAULT_GRAPH_ID, bind_namespaces="none")

    def __len__(self, context: object = None) -> int:
        return 1

    def triples(self, triple_pattern: Any, context: object = None) -> Iterator[Any]:
        """Yield the triples of the default graph that match."""
        if isinstance(triple_pattern[0], rdflib.Literal):
            return
        subject, predicate, object_ = (None if term is None else from_rdflib(term) for term in triple_pattern)
        for quad in self.store.quads_for_pattern(subject, predicate, object_, DefaultGraph()):  # type: ignore[arg-type]
            yield tuple(map(to_rdflib, (quad.subject, quad.predicate, quad.object))), iter([self.graph])


def read_result(report: rdflib.Graph, node: Node) -> Result:
    def one(predicate: rdflib.URIRef) -> Node | None:
        return next(iter(sorted(report.objects(node, predicate), key=str)), None)

    focus, value = one(SH.focusNode), one(SH.value)
    component, severity, shape = one(SH.sourceConstraintComponent), one(SH.resultSeverity), one(SH.sourceShape)
    assert focus is not None
    assert shape is not None
    messages = (text for text in report.objects(node, SH.resultMessage) if isinstance(text, rdflib.Literal))
    return Result(
        focus=from_rdflib(focus),
        path=one(SH.resultPath),
        value=None if value is None else from_rdflib(value),
        component=rdflib.URIRef(str(component)),
        shape=shape,
        severity=rdflib.URIRef(str(severity)),
        messages=tuple(sorted(messages, key=str)),
        constraint=one(SH.sourceConstraint),
    )
