"""Small helpers to build SQL as sqlglot expressions."""

from __future__ import annotations

from functools import cache
from typing import cast

import sqlglot
from sqlglot import exp

__all__ = ["all_of", "any_of", "column", "const", "number", "select", "sql"]

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


def select(columns: dict[str, exp.Expression]) -> exp.Select:
    """Return a SELECT of named expressions; of the number 1 where there are none."""
    if not columns:
        return exp.select(exp.alias_(exp.Literal.number(1), "unit", quoted=True, copy=False))
    return exp.select(*(exp.alias_(part, name, quoted=True, copy=False) for name, part in columns.items()))
