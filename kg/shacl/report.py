"""Results of validation, and the report of them as RDF (SHACL, section 3.6).

https://www.w3.org/TR/shacl/#validation-report
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from kg.shacl.messages import message_of
from kg.shacl.model import Constraint, Shape
from kg.shacl.terms import to_rdflib

__all__ = ["Result", "report_graph", "result_of"]

Term = ox.NamedNode | ox.BlankNode | ox.Literal
_PLACE = re.compile(r"\{[?$](\w+)\}")


@dataclass(frozen=True, slots=True)
class Result:
    """One `sh:ValidationResult`; terms keep the form that they have in the data."""

    focus: Term
    path: Node | None
    value: Term | None
    component: rdflib.URIRef
    shape: Node
    severity: rdflib.URIRef
    messages: tuple[rdflib.Literal, ...]
    #: The `sh:sparql` constraint, where one was at work.
    constraint: Node | None = None

    @property
    def message(self) -> str:
        """The message to show: the one without a language, or in English, before others."""
        ranked = sorted(self.messages, key=lambda text: (bool(text.language), text.language != "en", str(text)))
        return str(ranked[0]) if ranked else ""


def result_of(
    shape: Shape,
    constraint: Constraint,
    focus: Term,
    *,
    value: Term | None = None,
    path: Term | None = None,
    solution: Mapping[str, Term] | None = None,
) -> Result:
    """Return the result of a violation of a constraint.

    Parameters
    ----------
    shape, constraint:
        What is violated.
    focus, value, path:
        Where, as the query found it.
    solution:
        The solution of the query of a SPARQL-based constraint, for its messages.
    """
    of_query = constraint.kind in ("sparql", "custom")
    if of_query and constraint.value.form == "select" and value is None and shape.path is None:
        value = focus
    shown: Node | None = shape.path.node if shape.path is not None else None
    if isinstance(path, ox.NamedNode):
        shown = to_rdflib(path)
    messages = shape.messages
    if of_query:
        made = constraint.value
        solution = dict(solution or {})
        own = solution.get("message")
        messages = (to_rdflib(own),) if isinstance(own, ox.Literal) else made.messages or shape.messages
        given = {"this": focus, "value": value, "path": path}
        solution |= {name: term for name, term in given.items() if term is not None}
        terms = {name: to_rdflib(term) for name, term in solution.items()} | dict(made.parameters)
        if shape.path is not None:
            terms["PATH"] = shape.path.node if shape.path.predicate is not None else rdflib.Literal(shape.path.text)
        messages = tuple(_filled(message, terms) for message in messages)
    return Result(
        focus=focus,
        path=shown,
        value=value,
        component=constraint.component,
        shape=shape.node,
        severity=shape.severity,
        messages=messages or (rdflib.Literal(message_of(shape, constraint)),),
        constraint=constraint.value.node if constraint.kind == "sparql" else None,
    )


def _filled(message: rdflib.Literal, terms: Mapping[str, Node]) -> rdflib.Literal:
    """Put the values of variables in a message (SHACL, section 5.3.2)."""
    text = _PLACE.sub(lambda match: str(terms.get(match[1], match[0])), str(message))
    return rdflib.Literal(text, lang=message.language)


def report_graph(results: Iterable[Result], shapes: rdflib.Graph) -> rdflib.Graph:
    """Return the validation report of results as a graph.

    Parameters
    ----------
    results:
        What was found.
    shapes:
        The shapes graph, of which the report has the nodes of paths.
    """
    graph = rdflib.Graph()
    report = rdflib.BNode()
    listed = list(results)
    graph.add((report, RDF.type, SH.ValidationReport))
    graph.add((report, SH.conforms, rdflib.Literal(not listed)))
    for result in listed:
        node = rdflib.BNode()
        graph.add((report, SH.result, node))
        graph.add((node, RDF.type, SH.ValidationResult))
        graph.add((node, SH.focusNode, to_rdflib(result.focus)))
        graph.add((node, SH.resultSeverity, result.severity))
        graph.add((node, SH.sourceConstraintComponent, result.component))
        graph.add((node, SH.sourceShape, result.shape))
        for message in result.messages:
            graph.add((node, SH.resultMessage, message))
        if result.path is not None:
            graph.add((node, SH.resultPath, _copied(result.path, shapes, graph)))
        if result.value is not None:
            graph.add((node, SH.value, to_rdflib(result.value)))
        if result.constraint is not None:
            graph.add((node, SH.sourceConstraint, result.constraint))
    return graph


def _copied(node: Node, shapes: rdflib.Graph, graph: rdflib.Graph) -> Node:
    """Copy the nodes of a path."""
    if not isinstance(node, rdflib.BNode):
        return node
    copy = rdflib.BNode()
    in_list = (node, RDF.first, None) in shapes
    for predicate, value in shapes.predicate_objects(node):
        if not in_list or predicate in (RDF.first, RDF.rest):
            graph.add((copy, predicate, _copied(value, shapes, graph)))
    return copy
