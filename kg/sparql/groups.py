"""GROUP BY and aggregates."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable
from sqlglot import exp

from kg.errors import UnsupportedQuery
from kg.sparql.relation import Column, Relation, enrich, fresh, name_of
from kg.sparql.scope import Scope
from kg.sparql.solutions import distinct
from kg.sparql.sql import column, select, sql, whole
from kg.sparql.terms import ALL, DECIMAL, INTEGER, IRI, STRING, UNIT, typed
from kg.sparql.values import Value, constant, key, units

if TYPE_CHECKING:
    from kg.sparql.patterns import Patterns

__all__ = ["aggregate"]


def aggregate(patterns: Patterns, node: CompValue) -> Relation:
    """Translate AggregateJoin over Group."""
    group = node.p
    if isinstance(patterns.graph, str):
        raise UnsupportedQuery("aggregates inside GRAPH with a variable are not supported by the columnar engine")
    relation = patterns.relation(group.p)
    relation = Relation(relation.query, relation.columns)
    names: list[str] = []
    computed: dict[str, Any] = {}
    for place, part in enumerate(group.expr or ()):
        if isinstance(part, Variable):
            names.append(str(part))
        else:
            names.append(f"group {place}")
            computed[names[-1]] = part
    arguments: dict[str, str] = {}
    for part in node.A:
        if isinstance(part.vars, Variable):
            arguments[str(part.res)] = str(part.vars)
        elif part.vars != "*":
            arguments[str(part.res)] = f"argument {part.res}"
            computed[arguments[str(part.res)]] = part.vars
    if any(part.vars == "*" and bool(part.distinct) for part in node.A):
        grouped = {str(name) for name in names}
        others = [part for part in node.A if part.vars != "*"]
        if computed or any(part.name != "Aggregate_Sample" or str(part.vars) not in grouped for part in others):
            raise UnsupportedQuery("COUNT(DISTINCT *) beside other aggregates is not supported")
        relation = distinct(relation)
    if computed:
        relation = patterns.extended(relation, computed)
    return _grouped(patterns, relation, node.A, names, arguments)


def _grouped(
    patterns: Patterns, relation: Relation, parts: list[CompValue], names: list[str], arguments: dict[str, str]
) -> Relation:
    alias = fresh()
    scope = Scope({alias: relation})
    shown: dict[str, exp.Expression] = {}
    columns: dict[str, Column] = {}
    groups = [name for name in names if name in relation.columns]
    for part in parts:
        argument = arguments.get(str(part.res))
        if part.name == "Aggregate_Sample" and argument in names:
            # RDFLib samples what is grouped by.
            known = relation.columns.get(argument, Column("id", False, 0))
            cell = column(name_of(argument), alias) if argument in relation.columns else sql("cast(null as bigint)")
            shown[name_of(str(part.res))], columns[str(part.res)] = cell, known
            continue
        value = None if argument is None else scope.value(argument)
        cell, known = _cell(patterns, part, value)
        shown[name_of(str(part.res))], columns[str(part.res)] = cell, known
    rich = enrich(relation, scope.requests.get(alias, ()))
    query = whole(select(shown).from_(rich.query.subquery(alias, copy=False), copy=False))
    if groups:
        query = query.group_by(*(column(name_of(name), alias) for name in groups), copy=False)
    elif names or not parts:
        # Grouped by unbound variables: one group where there are solutions.
        query = query.having(sql("count(*) > 0"), copy=False)
    samples = {
        str(part.res) for part in parts if part.name == "Aggregate_Sample" and arguments.get(str(part.res)) in groups
    }
    keys = (frozenset(samples),) if len(samples) == len(set(groups)) else ()
    return Relation(query, columns, keys=keys)


def _cell(patterns: Patterns, part: CompValue, value: Value | None) -> tuple[exp.Expression, Column]:
    kind = part.name.removeprefix("Aggregate_")
    word = "distinct " if part.distinct else ""
    if kind == "Count":
        if value is None:
            return sql("count(*)"), Column("int", True, INTEGER)
        if value.kind == "null":
            return sql("count(cast(null as bigint))"), Column("int", True, INTEGER)
        return sql(f"count({word}a)", a=value.sql), Column("int", True, INTEGER)
    assert value is not None
    if part.distinct and kind in ("Sum", "Avg") and value.kind != "int":
        # Terms are their forms here, so 01 and 1 are two; numbers alone would count them once.
        raise UnsupportedQuery(f"{kind.upper()}(DISTINCT …) of stored terms is not supported by the columnar engine")
    if value.kind in ("int", "dec", "str") and kind in ("Min", "Max"):
        least = sql(f"case when count(*) = count(a) then {kind.lower()}(a) end", a=value.sql)
        return least, Column(value.kind, False, value.classes)
    if value.kind in ("int", "dec") and kind in ("Sum", "Avg"):
        return _total(kind, word, value)
    if kind == "Sample":
        return sql("any_value(a)", a=value.sql), Column(value.kind, False, value.classes)
    if kind in ("Min", "Max") and value.kind == "id" and (value.is_exact or value.classes in (IRI, STRING)):
        template = f"case when count(*) = count(a) then arg_{kind.lower()}(a, b) end"
        order = units(value) if value.is_exact else key(value)
        return sql(template, a=value.sql, b=order), Column("id", False, value.classes)
    return _listed(patterns, part, kind, word, value)


def _total(kind: str, word: str, value: Value) -> tuple[exp.Expression, Column]:
    """SUM or AVG of whole or of decimal numbers; nothing where a term is no number."""
    total = sql(f"case when count(*) = count(a) then coalesce(sum({word}a), 0) end", a=value.sql)
    if kind == "Sum" and value.kind == "dec":
        # Without any number the sum is the whole zero.
        none, found = key(constant(typed("integer", "0"))), key(Value("dec", total, DECIMAL))
        return sql("case when count(*) = 0 then n else m end", n=none, m=found), Column("key", False, ALL)
    if kind == "Sum":
        return sql("try_cast(t as bigint)", t=total), Column("int", False, INTEGER)
    size = UNIT if value.kind == "int" else 1
    mean = Value("dec", sql(f"t * {size} // count({word}a)", t=total, a=value.sql), DECIMAL)
    none = key(constant(typed("integer", "0")))
    return sql("case when count(*) = 0 then n else m end", n=none, m=key(mean)), Column("key", False, ALL)


def _listed(patterns: Patterns, part: CompValue, kind: str, word: str, value: Value) -> tuple[exp.Expression, Column]:
    """An aggregate of the listed terms, by the evaluator of the engine."""
    names = {"Sum": "SUM", "Avg": "AVG", "Min": "MIN", "Max": "MAX", "Sample": "SAMPLE", "GroupConcat": "GROUP_CONCAT"}
    if kind not in names:
        raise UnsupportedQuery(f"the aggregate {kind} is not supported by the columnar engine")
    more = ""
    if kind == "GroupConcat" and part.separator is not None:
        separator = (
            str(part.separator).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        )
        more = f'; SEPARATOR = "{separator}"'
    text = f"{names[kind]}({word.upper()}?a0{more})"
    name = "sparql_" + hashlib.sha256(f"list {text}".encode()).hexdigest()[:16]
    patterns.library.aggregates[name] = text
    classes = STRING if kind == "GroupConcat" else value.classes if kind in ("Min", "Max") else ALL
    call = exp.Anonymous(this=name, expressions=[sql("list(a)", a=key(value))])
    return call, Column("key", False, classes)
