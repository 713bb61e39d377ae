"""Validation by pySHACL: the reference, and what shapes are left to that are not compiled."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pyshacl
import rdflib
from pyoxigraph import NamedNode, Store
from pyshacl.graph_abstraction import DataGraph
from rdflib.namespace import SH
from rdflib.term import Node

from kg.errors import EngineError
from kg.shacl.report import Result
from kg.shacl.terms import from_rdflib

__all__ = ["by_pyshacl"]

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


def by_pyshacl(
    store: Store, shapes: rdflib.Graph, shape: Node | None = None, *, only: Iterable[NamedNode] | None = None
) -> list[Result]:
    """Validate the default graph of a store.

    Parameters
    ----------
    store:
        The data; it is not changed.
    shapes:
        The shapes graph.
    shape:
        When given, only this shape is looked at.
    only:
        When given, only these focus nodes are.

    Raises
    ------
    EngineError
        when pySHACL fails.
    """
    nodes: list[str | rdflib.URIRef] | None = None if only is None else [rdflib.URIRef(node.value) for node in only]
    if nodes is not None and not nodes:
        return []
    try:
        _, report, text = pyshacl.validate(
            _data_graph(store),
            shacl_graph=shapes,
            inplace=True,
            advanced=True,
            focus_nodes=nodes,
            use_shapes=None if shape is None else [str(shape)],
        )
    except Exception as error:  # pySHACL lets Python's own exceptions through
        raise EngineError(f"pySHACL could not validate: {str(error).splitlines()[0]}") from error
    if not isinstance(report, rdflib.Graph):
        raise EngineError(f"pySHACL could not validate: {str(text).splitlines()[0]}")
    top = report.objects(None, SH.result)
    return [_result(report, node) for node in top]


def _data_graph(store: Store) -> Any:
    """Return pySHACL's view of a store, with a length that is not counted.

    pySHACL 0.40 asks three times for each result whether the graph is true, which counts every triple of it.
    """
    view = DataGraph.from_oxigraph_store(store)
    view.__class__ = type("UncountedGraph", (type(view),), {"__len__": lambda self: 1, "__slots__": ()})
    return view


def _result(report: rdflib.Graph, node: Node) -> Result:
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
