"""Terms put in the place of variables, in the algebra and never in the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdflib.paths import Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Identifier, Variable

from kg.errors import UnsupportedQuery

__all__ = ["substituted"]


def substituted(pattern: CompValue, bindings: Mapping[str, Identifier]) -> CompValue:
    """Return the algebra with variables replaced; a sub-select takes part only with variables that it shows.

    Raises
    ------
    UnsupportedQuery
        when a variable is computed, grouped by or listed in VALUES, where a term can't stand.
    """
    found = _replace(pattern, {Variable(name): term for name, term in bindings.items()})
    assert isinstance(found, CompValue)
    return found


def _replace(node: Any, terms: Mapping[Variable, Identifier]) -> Any:
    if isinstance(node, Variable):
        return terms.get(node, node)
    if isinstance(node, CompValue):
        return _compound(node, terms)
    if isinstance(node, (list, tuple)) and not isinstance(node, Path):
        return type(node)(_replace(part, terms) for part in node)
    return node


def _compound(node: CompValue, terms: Mapping[Variable, Identifier]) -> CompValue:
    if node.name == "ToMultiSet" and isinstance(node.p, CompValue) and node.p.name == "values":
        if any(name in terms for row in node.p.res for name in row):
            raise UnsupportedQuery("a parameter that VALUES lists is not supported by the columnar engine")
        return node
    if node.name == "Project":
        terms = {name: term for name, term in terms.items() if name in node.PV}
    if node.name == "Extend" and node.var in terms:
        if not str(node.expr).startswith("__agg_"):
            raise UnsupportedQuery("a parameter that the query computes is not supported by the columnar engine")
        # What is grouped by and given is the given term.
        found = _replace(node.p, terms)
        assert isinstance(found, CompValue)
        return found
    if node.name == "Group" and node.expr and all(name in terms for name in node.expr):
        raise UnsupportedQuery("grouping by nothing but parameters is not supported by the columnar engine")
    if node.name == "Builtin_BOUND" and node.arg in terms:
        raise UnsupportedQuery("BOUND of a parameter is not supported by the columnar engine")
    copy = CompValue.__new__(type(node))
    dict.__init__(copy)
    copy.__dict__.update(node.__dict__)
    for name, part in node.items():
        if name == "_vars":
            continue
        if node.name == "Group" and name == "expr" and part:
            copy[name] = [key for key in part if key not in terms]
        elif node.name == "Project" and name == "PV":
            copy[name] = [variable for variable in part if variable not in terms]
        else:
            copy[name] = _replace(part, terms)
    if "graph" in node.__dict__:
        copy.__dict__["graph"] = _replace(node.__dict__["graph"], terms)
    return copy
