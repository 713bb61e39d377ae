"""Arithmetic of whole and decimal numbers in SQL, exactly as the operators of SPARQL give it.

A decimal is kept in units of its eighteenth place, as Oxigraph keeps it; a result that 128 bits can't hold is an error.
"""

from __future__ import annotations

from kg.sparql.sql import sql
from kg.sparql.terms import DECIMAL, INTEGER, UNIT
from kg.sparql.values import Value, units

__all__ = ["arithmetic", "negative", "rounded"]

_QUICK = ("int", "dec")


def arithmetic(operator: str, one: Value, other: Value) -> Value | None:
    """Return the value of an operator; nothing where SQL can't give it exactly."""
    if one.kind not in _QUICK or other.kind not in _QUICK:
        return None
    if operator == "/":
        if other.kind != "int":
            return None
        template = "case when b <> 0 then a // b end"
        return Value("dec", sql(template, a=units(one), b=sql("cast(a as hugeint)", a=other.sql)), DECIMAL)
    if one.kind == other.kind == "int":
        return Value("int", sql(f"try(a {operator} b)", a=one.sql, b=other.sql), INTEGER)
    if operator in "+-":
        return Value("dec", sql(f"try(a {operator} b)", a=units(one), b=units(other)), DECIMAL)
    if one.kind == other.kind:
        return None
    return Value("dec", sql("try(cast(a as hugeint) * cast(b as hugeint))", a=one.sql, b=other.sql), DECIMAL)


def negative(value: Value) -> Value | None:
    """Return the value with the other sign; nothing where SQL can't give it exactly."""
    if value.kind not in _QUICK:
        return None
    return Value(value.kind, sql("try(0 - a)", a=value.sql), INTEGER if value.kind == "int" else DECIMAL)


_ROUNDED = {
    "ABS": "abs(a)",
    "FLOOR": f"(case when a >= 0 then a // {UNIT} else -((-a + {UNIT - 1}) // {UNIT}) end) * {UNIT}",
    "CEIL": f"(case when a >= 0 then (a + {UNIT - 1}) // {UNIT} else -((-a) // {UNIT}) end) * {UNIT}",
    # Halves go up, towards positive infinity (XPath and XQuery Functions 4.4.4).
    "ROUND": f"(case when a >= 0 then (a + {UNIT // 2}) // {UNIT} else -((-a + {UNIT // 2 - 1}) // {UNIT}) end) * {UNIT}",
}


def rounded(name: str, value: Value) -> Value | None:
    """Return ABS, FLOOR, CEIL or ROUND of a value; nothing where SQL can't give it exactly."""
    if value.kind == "int":
        return Value("int", sql("try(abs(a))", a=value.sql), INTEGER) if name == "ABS" else value
    if value.kind == "dec":
        return Value("dec", sql(f"try({_ROUNDED[name]})", a=value.sql), DECIMAL)
    return None
