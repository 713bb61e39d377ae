"""Small helpers to build SQL as sqlglot expressions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, cast

import sqlglot
from sqlglot import exp

__all__ = ["after_joins", "all_of", "any_of", "beside", "column", "const", "number", "over", "select", "sql", "whole"]

#: The dialect that templates in this package are written in; any that sqlglot knows can be written out.
_TEMPLATES = "duckdb"


@cache
def _parsed(template: str) -> exp.Expression:
    return cast(exp.Expression, sqlglot.parse_one(template, dialect=_TEMPLATES))


def sql(template: str, **parts: exp.Expression) -> exp.Expression:
    """Return an expression written as SQL, with the columns named like a keyword replaced by that expression.

    >>> sql("a + 1", a=const("x")).sql()
    "('x') + 1"
    """
    tree = _parsed(template).copy()
    if not parts:
        return tree

    def fill(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and not node.table and node.name in parts:
            part = parts[node.name]
            if part.parent is not None:
                part = part.copy()
            return part if isinstance(part, exp.Column) else exp.Paren(this=part)
        return node

    return tree.transform(fill, copy=False)


def const(text: str) -> exp.Expression:
    """Return a text as a literal."""
    return cast(exp.Expression, exp.Literal.string(text))


def number(value: int) -> exp.Expression:
    """Return a 64-bit whole number."""
    literal = exp.Neg(this=exp.Literal.number(-value)) if value < 0 else exp.Literal.number(value)
    return cast(exp.Expression, exp.cast(literal, "BIGINT", copy=False))


def column(name: str, table: str = "") -> exp.Expression:
    """Return a quoted column."""
    return cast(exp.Expression, exp.column(name, table=table or None, quoted=True))


def all_of(*conditions: exp.Expression | None) -> exp.Expression:
    """Return the conjunction."""
    given = [condition for condition in conditions if condition is not None]
    return cast(exp.Expression, exp.and_(*given, copy=False) if given else exp.true())


def any_of(*conditions: exp.Expression) -> exp.Expression:
    """Return the disjunction."""
    return cast(exp.Expression, exp.or_(*conditions, copy=False) if conditions else exp.false())


def after_joins(condition: exp.Expression) -> exp.Expression:
    """Return a condition that is not taken for the way to join two tables.

    An optimizer that sees `a < b` with a and b from two tables may join them by it, all with all, before the equalities
    that leave little to compare.
    """
    bare = condition.unnest()
    if isinstance(bare, exp.And):
        return all_of(*(after_joins(cast(exp.Expression, side)) for side in (bare.left, bare.right)))
    if isinstance(bare, (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NEQ)):
        names = [{part.name for part in side.find_all(exp.Column)} for side in (bare.left, bare.right)]
        if all(names) and names[0] != names[1]:
            return cast(exp.Expression, exp.func("COALESCE", condition, exp.false(), copy=False))
    return condition


def select(columns: dict[str, exp.Expression]) -> exp.Select:
    """Return a SELECT of named expressions; of the number 1 where there are none."""
    if not columns:
        return exp.select(exp.alias_(exp.Literal.number(1), "unit", quoted=True, copy=False))
    return exp.select(*(exp.alias_(part, name, quoted=True, copy=False) for name, part in columns.items()))


def over(
    query: exp.Query,
    alias: str,
    columns: Mapping[str, exp.Expression],
    *,
    where: exp.Expression | None = None,
    joins: Iterable[exp.Join] = (),
) -> exp.Select:
    """Return a SELECT of named expressions over a query that they call by an alias.

    Where the query is a plain SELECT and no computed column of it would be computed twice, the two become one: a chain
    of steps that each add a column is planned much faster so. The query itself is not changed.
    """
    parts = dict(columns) or {"unit": exp.Literal.number(1)}
    joined, cells = list(joins), _cells(query)
    if cells is None or not _fits(cells, alias, parts.values(), [where, *joined]):
        out = select(parts).from_(query.subquery(alias, copy=False), copy=False)
        out.set("joins", joined)
        return out.where(where, copy=False) if where is not None else out
    out = select({name: _put(part, alias, cells) for name, part in parts.items()})
    out.set("from_", query.args["from_"])
    out.set("joins", [*query.args.get("joins", ()), *(_put(join, alias, cells) for join in joined)])
    before = query.args.get("where")
    conditions = [before.this] if before else []
    conditions += [_put(where, alias, cells)] if where is not None else []
    return out.where(*conditions, copy=False) if conditions else out


def beside(
    left: exp.Query,
    one: str,
    right: exp.Query,
    other: str,
    columns: Mapping[str, exp.Expression],
    on: exp.Expression,
) -> exp.Select:
    """Return a SELECT of named expressions over two queries joined by a condition.

    The tables of a plain SELECT come beside those of the other, so that all of them can be joined in the best order.
    """
    parts: Mapping[str, exp.Expression] = columns or {"unit": exp.Literal.number(1)}
    tables: list[exp.Expression] = []
    joins: list[exp.Join] = []
    conditions = []
    for query, alias in ((left, one), (right, other)):
        cells = _cells(query)
        # What a side computes is computed before the join, which may have more rows.
        flat = cells is not None and all(_simple_in(part, alias, cells) for part in (*parts.values(), on))
        if flat and tables and any(join.side or join.kind in ("SEMI", "ANTI") for join in query.args.get("joins", ())):
            flat = False
        if not flat or cells is None:
            tables.append(query.subquery(alias, copy=False))
        else:
            tables.append(query.args["from_"].this)
            parts = {name: _put(part, alias, cells) for name, part in parts.items()}
            on = _put(on, alias, cells)
            conditions += [query.args["where"].this] if query.args.get("where") else []
        if len(tables) == 2:
            joins.append(exp.Join(this=tables[1], kind="CROSS"))
        if flat:
            joins += query.args.get("joins", ())
    out = select(dict(parts)).from_(tables[0], copy=False)
    out.set("joins", joins)
    return out.where(*conditions, on, copy=False)


def whole(query: exp.Select) -> exp.Select:
    """Say of a SELECT that aggregates or numbers its rows that :func:`over` must not change them."""
    query.meta["whole"] = True
    return query


def _cells(query: exp.Query) -> dict[str, exp.Expression] | None:
    """The columns of a plain SELECT, by name; None where the query is more."""
    plain = isinstance(query, exp.Select) and query.args.get("from_") and not query.meta.get("whole")
    if not plain or any(
        part for name, part in query.args.items() if name not in ("expressions", "from_", "joins", "where")
    ):
        return None
    return {part.alias: part.this for part in query.expressions if isinstance(part, exp.Alias)}


def _fits(
    cells: Mapping[str, exp.Expression], alias: str, parts: Iterable[exp.Expression], others: Iterable[Any]
) -> bool:
    """Whether every computed column is used at most once, and only as it is."""
    kept: set[str] = set()
    for part in parts:
        if isinstance(part, exp.Column) and part.table == alias:
            computed = not _is_simple(cells[part.name])
            if computed and part.name in kept:
                return False
            kept |= {part.name} if computed else set()
        elif not _simple_in(part, alias, cells):
            return False
    return all(other is None or _simple_in(other, alias, cells) for other in others)


def _is_simple(cell: exp.Expression) -> bool:
    return isinstance(cell, (exp.Column, exp.Literal)) or (
        isinstance(cell, exp.Cast) and isinstance(cell.this, (exp.Literal, exp.Neg, exp.Null))
    )


def _simple_in(part: exp.Expression, alias: str, cells: Mapping[str, exp.Expression]) -> bool:
    return all(_is_simple(cells[found.name]) for found in part.find_all(exp.Column) if found.table == alias)


def _put(part: Any, alias: str, cells: Mapping[str, exp.Expression]) -> Any:
    """Put the columns of a query in the place of their names."""
    if isinstance(part, exp.Column):
        return cells[part.name].copy() if part.table == alias else part
    # Not by the parents of nodes: one column can stand in several places.
    for name, child in list(part.args.items()):
        if isinstance(child, exp.Expression):
            part.set(name, _put(child, alias, cells))
        elif isinstance(child, list):
            part.set(name, [_put(item, alias, cells) if isinstance(item, exp.Expression) else item for item in child])
    return part
