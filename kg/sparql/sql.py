"""Small helpers to build SQL as sqlglot expressions."""

from __future__ import annotations

from functools import cache
from typing import cast

import sqlglot
from sqlglot import exp

__all__ = ["after_joins", "all_of", "any_of", "column", "const", "number", "select", "sql"]

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
