"""DISTINCT, ORDER BY and LIMIT."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from kg.errors import UnsupportedQuery
from kg.sparql.functions import Compiler
from kg.sparql.relation import ORDER, Relation, enrich, fresh, name_of
from kg.sparql.scope import Scope
from kg.sparql.sql import column, over, select, sql, whole
from kg.sparql.terms import DOUBLE, OTHER, XSD
from kg.sparql.values import key, units

__all__ = ["distinct", "ordered", "sliced"]


def distinct(relation: Relation) -> Relation:
    """Keep one of equal solutions, the first where they are ordered."""
    alias = fresh()
    parts = {name_of(name): column(name_of(name), alias) for name in relation.columns}
    if not parts:
        return Relation(
            over(relation.query, alias, {}).limit(1, copy=False),
            {},
            keys=(frozenset(),),
        )
    if not relation.ordered:
        query = over(relation.query, alias, parts).distinct(copy=False)
        return Relation(query, relation.columns, keys=(*relation.keys, frozenset(relation.columns)))
    parts[ORDER] = sql("min(a)", a=column(ORDER, alias))
    groups = [column(name_of(name), alias) for name in relation.columns]
    query = select(parts).from_(relation.query.subquery(alias, copy=False), copy=False).group_by(*groups, copy=False)
    return Relation(query, relation.columns, ordered=True)


def ordered(relation: Relation, keys: Iterable[tuple[str, bool]], keep: Iterable[str], compiler: Compiler) -> Relation:
    """Number the solutions in SPARQL's order: unbound, blank nodes, IRIs, literals; numbers and strings by value.

    Where the standard gives no order between two literals, numbers come first, then texts, then the rest by form. A
    date or another value that only its type can compare stops the query unless all forms sort as their values do.
    """
    alias = fresh()
    scope = Scope({alias: relation})
    # The steps are columns of their own first: a window may not hold a function that can stop the query.
    kept: dict[str, exp.Expression] = {name_of(name): column(name_of(name), alias) for name in keep}
    inner = dict(kept)
    terms: list[exp.Expression] = []
    for name, down in keys:
        value = scope.value(name)
        if value.kind == "null":
            continue
        steps = (
            [value.sql]
            if value.kind in ("int", "dec", "str", "iri")
            else _steps(value.classes, units(value), key(value))
        )
        for step in steps:
            inner[fresh("step")] = step
            terms.append(exp.Ordered(this=column(list(inner)[-1]), desc=down, nulls_first=not down))
    if relation.ordered:
        inner[ORDER] = column(ORDER, alias)
        terms.append(exp.Ordered(this=column(ORDER)))
    rich = enrich(relation, scope.requests.get(alias, ()))
    computed, outer = over(rich.query, alias, inner), fresh()
    parts: dict[str, exp.Expression] = {name: column(name, outer) for name in kept}
    order = exp.Order(expressions=terms) if terms else None
    parts[ORDER] = exp.Window(this=exp.RowNumber(), order=order)
    query = whole(select(parts).from_(computed.subquery(outer, copy=False), copy=False))
    return Relation(query, {name: relation.columns[name] for name in keep}, ordered=True)


def _steps(classes: int, exact_value: exp.Expression, term: exp.Expression) -> list[exp.Expression]:
    rank = sql(
        f"""case when a is null then 0 when starts_with(a, '_') then 1 when starts_with(a, '<') then 2
        when x is not null or starts_with(a, '^{XSD}double ') then 3
        when starts_with(a, '"') then 4 when starts_with(a, '@') then 5 else 6 end""",
        a=term,
        x=exact_value,
    )
    number = f"(x is not null or starts_with(a, '^{XSD}double '))"
    # Numbers of one value are equal, so that the next key decides: their forms are no step.
    text = sql(
        f"""case when {number} then null
        when starts_with(a, '@') then substr(a, strpos(a, ' ') + 1) else a end""",
        a=term,
        x=exact_value,
    )
    form = sql(f"case when {number} then null else a end", a=term, x=exact_value)
    if not classes & (DOUBLE | OTHER):
        return [rank, exact_value, text, form]
    odd = sql(
        f"""case when x is not null or starts_with(a, '_') or starts_with(a, '<') or starts_with(a, '"')
        or starts_with(a, '@') or regexp_full_match(a, '\\^{XSD}boolean (true|false)') then null
        when starts_with(a, '^{XSD}double ')
        then coalesce(try_cast(substr(a, {len(XSD) + 9}) as double), error('ordering this double'))
        when regexp_full_match(a, '\\^{XSD}(date [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|gYear [0-9]{{4}}|gYearMonth [0-9]{{4}}-[0-9]{{2}})') then null
        else error('the order of ' || a || ' among other literals is not supported') end""",
        a=term,
        x=exact_value,
    )
    if not classes & DOUBLE:
        return [rank, exact_value, odd, text, form]
    # Beside a double the others are compared as doubles, which must not round them.
    among = f"(bool_or(coalesce(starts_with(a, '^{XSD}double '), false)) over ())"
    number_ = sql(
        f"""case when x is null then y when not {among} then null
        when try_cast(cast(d as double) as decimal(38, 18)) is not distinct from d then cast(d as double)
        else error('the order of numbers that a double rounds, beside doubles, is not supported') end""",
        a=term,
        x=exact_value,
        d=sql("cast(decimal_text(x) as decimal(38, 18))", x=exact_value),
        y=odd,
    )
    alone = sql(f"case when {among} then null else x end", a=term, x=exact_value)
    return [rank, number_, alone, text, form]


def sliced(relation: Relation, start: int, length: int | None) -> Relation:
    """Return some solutions; which ones is not fixed where they are not ordered."""
    if start and not relation.ordered and length is None:
        raise UnsupportedQuery("OFFSET without ORDER BY is not supported by the columnar engine")
    alias = fresh()
    parts = {name_of(name): column(name_of(name), alias) for name in relation.columns}
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    query = select(parts).from_(relation.query.subquery(alias, copy=False), copy=False)
    if relation.ordered:
        query = query.order_by(column(ORDER, alias), copy=False)
    if length is not None:
        query = query.limit(exp.Literal.number(length), copy=False)
    if start:
        query = query.offset(exp.Literal.number(start), copy=False)
    return Relation(query, relation.columns, relation.ordered)
