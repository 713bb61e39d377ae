"""SPARQL-based constraints and constraint components (SHACL, sections 5 and 6).

https://www.w3.org/TR/shacl/#sparql-constraints
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import rdflib
from rdflib.namespace import OWL, SH
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl.query_text import QueryText
from kg.shacl.terms import is_text, named

__all__ = ["Component", "SparqlConstraint", "read_component", "read_constraint", "read_target"]


_TRUE, _FALSE = rdflib.Literal(True), rdflib.Literal(False)
#: Variables that are bound before to something else than a parameter (SHACL, section 6.2.1).
_RESERVED = frozenset(["this", "shapesGraph", "currentShape", "path", "PATH", "value"])


@dataclass(frozen=True, slots=True)
class SparqlConstraint:
    """A query that tells violations.

    A ``select`` gives one solution for each; an ``ask`` is true of the value nodes that conform.
    """

    node: Node
    form: str
    query: QueryText
    messages: tuple[rdflib.Literal, ...]
    #: The parameters of a constraint component, by the names of the variables.
    parameters: tuple[tuple[str, Node], ...] = ()
    #: All variables that are bound before the query is run.
    prebound: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Parameter:
    path: rdflib.URIRef
    optional: bool

    @property
    def name(self) -> str:
        text = str(self.path)
        return text[max(text.rfind("#"), text.rfind("/")) + 1 :]


@dataclass(frozen=True, slots=True)
class _Validator:
    node: Node
    form: str
    query: QueryText
    messages: tuple[rdflib.Literal, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A constraint component that a shapes graph declares."""

    node: rdflib.URIRef
    parameters: tuple[_Parameter, ...]
    of_node: _Validator | None
    of_property: _Validator | None
    of_both: _Validator | None
    messages: tuple[rdflib.Literal, ...]

    def constraints(self, graph: rdflib.Graph, shape: Node, *, of_path: bool) -> Iterator[SparqlConstraint]:
        """Yield the constraints that a shape makes of the component: none where it lacks a parameter."""
        values = {parameter: sorted(graph.objects(shape, parameter.path), key=str) for parameter in self.parameters}
        if any(not found and not parameter.optional for parameter, found in values.items()):
            return
        if len(values) > 1 and any(len(found) > 1 for found in values.values()):
            raise ShapesError(f"a parameter of {named(self.node)}, which has several, may have one value")
        validator = (self.of_property if of_path else self.of_node) or self.of_both
        if validator is None:
            return  # section 6.3: without a suitable validator the component is ignored
        count = max(len(found) for found in values.values())
        for number in range(count):
            given = tuple((p.name, found[min(number, len(found) - 1)]) for p, found in values.items() if found)
            names = frozenset(parameter.name for parameter in self.parameters) | {"this"}
            names |= {"value"} if validator.form == "ask" else set()
            yield SparqlConstraint(
                validator.node, validator.form, validator.query, validator.messages or self.messages, given, names
            )


def read_target(graph: rdflib.Graph, node: Node) -> QueryText | None:
    """Return the query of a target; nothing where it is of another kind (SHACL Advanced Features, section 3)."""
    text = _query(graph, node, SH.select)
    return None if text is None else QueryText(text, prefixes_of(graph, node))


def read_constraint(graph: rdflib.Graph, node: Node) -> SparqlConstraint | None:
    """Return the SPARQL constraint that a node is; nothing where it is deactivated."""
    if _is_true(graph, node, SH.deactivated):
        return None
    text = _query(graph, node, SH.select)
    if text is None:
        raise ShapesError("its sh:sparql needs one sh:select")
    return SparqlConstraint(
        node, "select", QueryText(text, prefixes_of(graph, node)), _messages(graph, node), (), frozenset(["this"])
    )


def read_component(graph: rdflib.Graph, node: Node) -> Component:
    """Return the constraint component that a node of a shapes graph is.

    Raises
    ------
    ShapesError
        when it is not well formed.
    """
    if not isinstance(node, rdflib.URIRef):
        raise ShapesError("a constraint component needs an IRI")
    parameters = []
    for parameter in graph.objects(node, SH.parameter):
        path = graph.value(parameter, SH.path)
        if not isinstance(path, rdflib.URIRef):
            raise ShapesError(f"a parameter of the constraint component {named(node)} needs an IRI as sh:path")
        parameters.append(_Parameter(path, _is_true(graph, parameter, SH.optional)))
        name = parameters[-1].name
        if name in _RESERVED or not name.isidentifier():
            raise ShapesError(
                f"the parameter {named(path)} of {named(node)} has a name that no variable can have: '{name}'"
            )
    return Component(
        node,
        tuple(sorted(parameters, key=lambda parameter: parameter.path)),
        _validator(graph, node, SH.nodeValidator),
        _validator(graph, node, SH.propertyValidator),
        _validator(graph, node, SH.validator),
        _messages(graph, node),
    )


def _validator(graph: rdflib.Graph, component: Node, kind: Node) -> _Validator | None:
    found = sorted(graph.objects(component, kind), key=str)
    for node in found:
        for form, predicate in (("ask", SH.ask), ("select", SH.select)):
            text = _query(graph, node, predicate)
            if text is not None:
                return _Validator(node, form, QueryText(text, prefixes_of(graph, node)), _messages(graph, node))
    return None


def _query(graph: rdflib.Graph, node: Node, predicate: Node) -> str | None:
    found = list(graph.objects(node, predicate))
    if len(found) > 1 or not all(map(is_text, found)):
        raise ShapesError(f"what has {named(predicate)} may have one, a string")
    return str(found[0]) if found else None


def _is_true(graph: rdflib.Graph, node: Node, predicate: Node) -> bool:
    found = list(graph.objects(node, predicate))
    if len(found) > 1 or any(value not in (_TRUE, _FALSE) for value in found):
        raise ShapesError(f"{named(predicate)} must be true or false, also of what is in it")
    return _TRUE in found


def _messages(graph: rdflib.Graph, node: Node) -> tuple[rdflib.Literal, ...]:
    found = list(graph.objects(node, SH.message))
    texts = [term for term in found if is_text(term, languages=True)]
    if len(texts) < len(found):
        raise ShapesError("sh:message must be a string, with or without a language, also of what is in it")
    return tuple(sorted(texts, key=lambda term: (term.language or "", str(term))))


def prefixes_of(graph: rdflib.Graph, node: Node) -> tuple[tuple[str, str], ...]:
    """Return the declarations of the prefixes that a query may use (SHACL, section 5.2.1).

    Raises
    ------
    ShapesError
        when a prefix is declared for two namespaces.
    """
    waiting = list(graph.objects(node, SH.prefixes))
    seen: set[Node] = set()
    found: dict[str, str] = {}
    while waiting:
        ontology = waiting.pop()
        if ontology in seen:
            continue
        seen.add(ontology)
        waiting += graph.objects(ontology, OWL.imports)
        for declaration in graph.objects(ontology, SH.declare):
            prefix, namespace = graph.value(declaration, SH.prefix), graph.value(declaration, SH.namespace)
            if not isinstance(prefix, rdflib.Literal) or not isinstance(namespace, rdflib.Literal):
                raise ShapesError(f"a prefix declaration of {named(ontology)} needs sh:prefix and sh:namespace")
            if found.setdefault(str(prefix), str(namespace)) != str(namespace):
                raise ShapesError(f"the prefix {prefix} is declared for {found[str(prefix)]} and for {namespace}")
    return tuple(sorted(found.items()))
