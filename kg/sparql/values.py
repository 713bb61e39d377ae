"""Typed values of expressions: what SQL holds them, and how one is read as another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from kg.sparql.sql import const, number, sql
from kg.sparql.terms import (
    ALL,
    DECIMAL,
    FALSE,
    INTEGER,
    IRI,
    OTHER,
    SHORT,
    STRING,
    TRUE,
    UNIT,
    WHOLE,
    class_of,
    typed,
)

__all__ = ["NOTHING", "SQL_TYPES", "Value", "constant", "hugeint", "identity", "key", "plain", "truth_of_key", "units"]

_INT = typed("integer")
_DEC = typed("decimal")

#: The SQL type of each kind of value.
SQL_TYPES = {
    "id": "bigint", "key": "varchar", "int": "bigint", "dec": "hugeint", "bool": "boolean", "str": "varchar",
    "iri": "varchar", "null": "bigint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an expression; NULL stands for unbound and for an error.

    Kinds: ``id`` the number of a stored term (`fetch` gives its key or its value), ``key`` a term's key, ``int`` an
    xsd:integer, ``dec`` an xsd:decimal in units of the eighteenth place, ``bool`` an xsd:boolean, ``str`` the text of a
    plain string, ``iri`` the text of an IRI, ``null``.

    `iri_when` is the condition on which a text is known to be an absolute IRI.
    """

    kind: str
    sql: exp.Expression
    classes: int = ALL
    fetch: Callable[[str], exp.Expression] | None = None
    constant: str | None = None
    iri_when: exp.Expression | None = None

    @property
    def is_exact(self) -> bool:
        """Whether every term is a whole or a decimal number kept exactly."""
        return self.kind in ("int", "dec") or (bool(self.classes) and not self.classes & ~(INTEGER | DECIMAL))


NOTHING = Value("null", exp.null(), 0)


def constant(term: str) -> Value:
    """Return the value of a term given by its key."""
    lexical = term[1:] if term[0] in '<_"' else term.split(" ", 1)[1]
    match class_of(term):
        case 2:
            return Value("iri", const(lexical), IRI, constant=term)
        case 4:
            return Value("str", const(lexical), STRING, constant=term)
        case classes if classes == WHOLE:
            return Value("int", number(int(lexical)), WHOLE, constant=term)
        case classes if classes == SHORT:
            whole, _, part = lexical.lstrip("-").partition(".")
            size = int(whole) * UNIT + int(part.ljust(18, "0") or 0)
            return Value("dec", hugeint(-size if lexical.startswith("-") else size), SHORT, constant=term)
        case _ if term in (TRUE, FALSE):
            return Value("bool", exp.true() if term == TRUE else exp.false(), OTHER, constant=term)
        case classes:
            return Value("key", const(term), classes, constant=term)


def hugeint(value: int) -> exp.Expression:
    """Return a 128-bit whole number."""
    return sql(f"cast('{value}' as hugeint)")


def key(value: Value) -> exp.Expression:
    """Return the key of a value."""
    match value.kind:
        case "id":
            assert value.fetch is not None
            return value.fetch("key")
        case "key":
            return value.sql
        case "null":
            return sql("cast(null as varchar)")
        case "int":
            return sql(f"'{_INT}' || cast(a as varchar)", a=value.sql)
        case "dec":
            return sql(f"'{_DEC}' || decimal_text(a)", a=value.sql)
        case "bool":
            return sql(f"case when a then '{TRUE}' when not a then '{FALSE}' end", a=value.sql)
        case "str":
            return sql("'\"' || a", a=value.sql)
        case _:
            return sql("'<' || a", a=value.sql)


def identity(value: Value) -> exp.Expression:
    """Return the number of a value's term; the dictionary need not have it."""
    match value.kind:
        case "id" | "null":
            return value.sql
        case "int":
            return sql("whole_id(a)", a=value.sql)
        case "dec":
            return sql("decimal_id(a)", a=value.sql)
        case "iri":
            return sql("iri_id('<' || a)", a=value.sql)
        case _:
            return sql("term_id(a)", a=key(value))


def units(value: Value) -> exp.Expression:
    """Return a whole or decimal number exactly, in units; NULL for every other term."""
    match value.kind:
        case "int":
            return sql(f"cast(a as hugeint) * {UNIT}", a=value.sql)
        case "dec":
            return value.sql
        case "id":
            assert value.fetch is not None
            return value.fetch("num")
        case "key" if value.classes & (INTEGER | DECIMAL):
            return sql("units_of_key(a)", a=value.sql)
        case _:
            return sql("cast(null as hugeint)")


def plain(value: Value) -> exp.Expression:
    """Return the text of a plain string; NULL for every other term."""
    if value.kind == "str":
        return value.sql
    if value.kind in ("id", "key") and value.classes & STRING:
        return sql("case when starts_with(a, '\"') then substr(a, 2) end", a=key(value))
    return sql("cast(null as varchar)")


def truth_of_key(term: exp.Expression) -> exp.Expression:
    """Return the truth value that a key of an xsd:boolean in canonical form stands for; NULL for other terms."""
    return sql(f"case when a = '{TRUE}' then true when a = '{FALSE}' then false end", a=term)
