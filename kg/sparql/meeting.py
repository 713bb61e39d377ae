"""EXISTS and NOT EXISTS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.errors import UnsupportedQuery
from kg.sparql.relation import Relation, compatible, fresh, join, name_of, project
from kg.sparql.scope import Scope
from kg.sparql.solutions import distinct
from kg.sparql.sql import column, over
from kg.sparql.walk import mentions, nested, variables

if TYPE_CHECKING:
    from kg.sparql.patterns import Patterns

__all__ = ["MEETING", "exists", "meeting"]

#: How solutions are joined with those of a pattern that has to be there, or must not.
MEETING = {"Builtin_EXISTS": "SEMI", "Builtin_NOTEXISTS": "ANTI"}


def exists(patterns: Patterns, node: CompValue, scope: Scope) -> exp.Expression:
    """Return the condition that a pattern of EXISTS can be met by the solutions of a scope."""
    (alias, outer), = scope.sides.items()  # fmt: skip
    inner, shared = _met(patterns, node, outer)
    other = fresh()
    return exp.Exists(
        this=exp.select(exp.Literal.number(1))
        .from_(inner.query.subquery(other, copy=False), copy=False)
        .where(compatible(outer, inner, shared, alias, other), copy=False)
    )


def meeting(patterns: Patterns, relation: Relation, condition: CompValue) -> Relation | None:
    """Return the solutions that meet a pattern of EXISTS, or none, by a join; nothing where values may be unbound."""
    inner, shared = _met(patterns, condition, relation)
    if not shared or not all(relation.columns[name].sure and inner.columns[name].sure for name in shared):
        return None
    alias, other = fresh(), fresh()
    test = compatible(relation, inner, shared, alias, other)
    joined = exp.Join(this=inner.query.subquery(other, copy=False), kind=MEETING[condition.name], on=test)
    parts = {name_of(name): column(name_of(name), alias) for name in relation.columns}
    return Relation(over(relation.query, alias, parts, joins=[joined]), relation.columns, keys=relation.keys)


def _met(patterns: Patterns, node: CompValue, outer: Relation) -> tuple[Relation, list[str]]:
    """Return the solutions of the pattern of EXISTS, and the variables that they have in common with others."""
    pattern = node.graph
    if not isinstance(pattern, CompValue) or pattern.name in ("GroupGraphPatternSub", "SubSelect"):
        raise UnsupportedQuery("EXISTS outside FILTER and BIND is not supported by the columnar engine")
    filters: list[Any] = []
    while pattern.name == "Filter":
        filters.append(pattern.expr)
        pattern = pattern.p
    inner = patterns.relation(pattern)
    _check_substitution(pattern, filters, outer, inner)
    wanted = {str(name) for part in filters for name in variables(part)}
    missing = [name for name in outer.columns if name in wanted and name not in inner.columns]
    if missing:
        shared = [name for name in outer.columns if name in inner.columns]
        seed = distinct(project(Relation(outer.query, outer.columns), [*missing, *shared]))
        inner = join(inner, seed)
    for part in filters:
        inner = patterns.filtered(inner, part)
    for name in (name for name in outer.columns if name in inner.columns):
        known = outer.columns[name], inner.columns[name]
        if known[0].kind != known[1].kind and not (known[0].sure and known[1].sure):
            raise UnsupportedQuery(f"EXISTS over ?{name}, computed on one side only, is not supported")
    return inner, [name for name in outer.columns if name in inner.columns]


def _check_substitution(pattern: CompValue, filters: list[Any], outer: Relation, inner: Relation) -> None:
    """EXISTS puts values into its pattern; refuse where a join afterwards would not be the same."""
    certain = {name for name, known in inner.columns.items() if known.sure}
    for name in outer.columns:
        if name in inner.columns and name not in certain:
            raise UnsupportedQuery(f"EXISTS with ?{name} in an OPTIONAL or UNION part is not supported")
    risky = mentions(pattern, ("Minus", "Filter", "Extend", "LeftJoin", "Slice", "AggregateJoin", "Union", "Graph"))
    if not risky:
        return
    mentioned = {str(name) for name in variables(pattern)}
    hidden = [name for name in outer.columns if name in mentioned and name not in inner.columns]
    if hidden or mentions(pattern, ("Minus", "Slice", "AggregateJoin")):
        raise UnsupportedQuery(
            "EXISTS with MINUS, LIMIT or aggregates, or with a variable deep inside, is not supported"
        )
    for part in nested(pattern, ("Filter", "Extend", "LeftJoin")):
        used = {str(name) for name in variables(part.expr)}
        free = used - {str(name) for name in variables(part.p or [part.p1, part.p2])}
        if free & set(outer.columns):
            raise UnsupportedQuery("EXISTS with an outer variable deep inside is not supported")
