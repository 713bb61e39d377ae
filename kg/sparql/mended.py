"""What RDFLib's parser and algebra leave out, put into the tree of a query before it becomes algebra.

RDFLib 7 drops a FILTER of a constant that Python takes for false, keeps the backslashes of escaped names, shows with
``SELECT *`` what is not in scope and not all that is, and lets pass what SPARQL does not allow beside aggregates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, URIRef, Variable

from kg.errors import UnsupportedQuery, UsageError

__all__ = ["mend"]

_ESCAPED = re.compile(r"\\(.)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def mend(query: Any, *, based: bool) -> Any:
    """Return the tree of a query with what RDFLib gets wrong put right.

    Parameters
    ----------
    query:
        What the parser gave; it is changed.
    based:
        Whether the query has a BASE, against which relative IRIs are resolved.

    Raises
    ------
    UsageError
        for a query that SPARQL does not allow (section 11.4, and 18.2.4.1).
    UnsupportedQuery
        for a relative IRI without a BASE.
    """
    for node in _nodes(query):
        if node.name == "Filter" and _is_constant(node.expr):
            node["expr"] = _both(node.expr)
        elif node.name == "pname" and "\\" in str(node.localname or ""):
            node["localname"] = _ESCAPED.sub(r"\1", str(node.localname))
        elif node.name in ("SelectQuery", "SubSelect"):
            _mend_select(node)
    if not based:
        # The prologue is no part of it: its IRIs are namespaces.
        for term in _leaves(query[1:] if isinstance(query, (list, tuple)) or hasattr(query, "asList") else query):
            if isinstance(term, URIRef) and not _ABSOLUTE.match(term):
                raise UnsupportedQuery(f"<{term}> is a relative IRI, and the query has no BASE")
    return query


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, CompValue):
        return list(node.values())
    if isinstance(node, (str, bytes)) or not hasattr(node, "__iter__"):
        return ()
    return list(node.values()) if isinstance(node, dict) else list(node)


def _nodes(tree: Any) -> Iterator[CompValue]:
    """Yield the nodes of a tree, inner ones first."""
    for part in _children(tree):
        yield from _nodes(part)
    if isinstance(tree, CompValue):
        yield tree


def _leaves(tree: Any) -> Iterator[Any]:
    children = _children(tree)
    if not children:
        yield tree
    for part in children:
        yield from _leaves(part)


def _only(expression: Any) -> Any:
    """Return the term that an expression is, without the levels of grammar around it."""
    while isinstance(expression, CompValue) and set(expression.keys()) <= {"expr"}:
        expression = expression.expr
    return expression


def _is_constant(expression: Any) -> bool:
    term = _only(expression)
    return isinstance(term, Literal) or (isinstance(term, CompValue) and term.name == "literal")


def _both(expression: Any) -> Any:
    """Return `e && e`, which is as true as e is."""
    made = parseQuery("SELECT * { FILTER(?e && ?e) }")[1].where.part[0].expr
    for node in _nodes(made):
        for name, value in list(node.items()):
            if isinstance(value, Variable):
                node[name] = _only(expression)
    return made


# -- SELECT


def _mend_select(node: CompValue) -> None:
    grouped = node.groupby is not None or any(
        part.name.startswith("Aggregate_") for part in _within([node.projection, node.having])
    )
    if node.projection is None:
        if grouped:
            raise UsageError("SELECT * and GROUP BY don't go together (SPARQL 1.1, section 11.4): name the variables")
        shown = dict.fromkeys([*_visible(node.where), *_variables(node.valuesClause)])
        if shown:
            node["projection"] = [CompValue("vars", var=name) for name in shown]
    elif grouped:
        _check_grouped(node)


def _within(parts: Iterable[Any]) -> Iterator[CompValue]:
    """Yield the nodes of some parts of a SELECT, those of inner queries left out."""
    for part in parts:
        if isinstance(part, CompValue):
            yield part
            if part.name == "SubSelect" or (part.name.startswith("Builtin_") and "EXISTS" in part.name):
                continue
        yield from _within(_children(part))


def _check_grouped(node: CompValue) -> None:
    conditions = [] if node.groupby is None else list(node.groupby.condition)
    keys = {
        str(part.var if isinstance(part, CompValue) and part.name == "GroupAs" else _only(part)) for part in conditions
    }
    for shown in node.projection:
        free = {str(shown.var)} if shown.evar is None else set(_free(shown.expr))
        for name in sorted(free - keys):
            raise UsageError(f"?{name} is neither grouped by nor aggregated (SPARQL 1.1, section 11.4)")


def _free(expression: Any) -> Iterator[str]:
    """Yield the variables of an expression outside its aggregates."""
    if isinstance(expression, Variable):
        yield str(expression)
    elif isinstance(expression, CompValue) and (
        expression.name.startswith("Aggregate_") or "EXISTS" in expression.name
    ):
        return
    else:
        for part in _children(expression):
            yield from _free(part)


def _visible(part: Any) -> Iterator[Variable]:
    """Yield the variables that are in scope after a pattern, as they come (SPARQL 1.1, section 18.2.1)."""
    if not isinstance(part, CompValue):
        for one in _children(part):
            yield from _visible(one)
        return
    match part.name:
        case "Filter" | "MinusGraphPattern":
            return
        case "TriplesBlock":
            yield from _variables(part.triples)
        case "Bind":
            yield part.var
        case "InlineData":
            yield from _variables(part.var)
        case "SubSelect":
            for shown in part.projection or ():
                yield shown.evar if shown.evar is not None else shown.var
        case _:
            yield from _variables(part.term)
            yield from _visible(part.part)
            yield from _visible(part.graph)
            yield from _visible(part.where)


def _variables(tree: Any) -> Iterator[Variable]:
    if isinstance(tree, CompValue) and tree.name == "ValuesClause":
        tree = tree.var
    if isinstance(tree, Variable):
        yield tree
    for part in _children(tree):
        yield from _variables(part)
