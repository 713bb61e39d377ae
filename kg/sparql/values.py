"""Typed values of expressions: what SQL holds them, and how one is read as another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from kg.sparql.sql import const, number, sql
from kg.sparql.terms import (
    ALL,
    DECIMAL,
    DECIMAL_FORM,
    FALSE,
    INTEGER,
    INTEGER_FORM,
    IRI,
    OTHER,
    STRING,
    TRUE,
    class_of,
    typed,
)

__all__ = ["NOTHING", "Value", "constant", "exact", "key", "plain", "truth_of_key"]

_INT = typed("integer")
_DEC = typed("decimal")


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an expression; NULL stands for unbound and for an error.

    Kinds: ``id`` the number of a stored term (`fetch` gives its key or its number), ``key`` a term's key, ``int`` an
    xsd:integer, ``bool`` an xsd:boolean, ``str`` the text of a plain string, ``iri`` the text of an IRI, ``null``.
    """

    kind: str
    sql: exp.Expression
    classes: int = ALL
    fetch: Callable[[str], exp.Expression] | None = None
    constant: str | None = None

    @property
    def is_exact(self) -> bool:
        """Whether every term is a whole or a decimal number kept exactly."""
        return self.kind == "int" or (bool(self.classes) and not self.classes & ~(INTEGER | DECIMAL))


NOTHING = Value("null", exp.null(), 0)


def constant(term: str) -> Value:
    """Return the value of a term given by its key."""
    lexical = term[1:] if term[0] in '<_"' else term.split(" ", 1)[1]
    match class_of(term):
        case 2:
            return Value("iri", const(lexical), IRI, constant=term)
        case 4:
            return Value("str", const(lexical), STRING, constant=term)
        case _ if term.startswith(_INT) and term == _INT + _whole(lexical):
            return Value("int", number(int(lexical)), INTEGER, constant=term)
        case _ if term in (TRUE, FALSE):
            return Value("bool", exp.true() if term == TRUE else exp.false(), OTHER, constant=term)
        case classes:
            return Value("key", const(term), classes, constant=term)


def _whole(lexical: str) -> str:
    """The canonical form of a whole number of up to 18 digits; nothing for another text."""
    digits = lexical.removeprefix("-")
    return str(int(lexical)) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else ""


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
        case "bool":
            return sql(f"case when a then '{TRUE}' when not a then '{FALSE}' end", a=value.sql)
        case "str":
            return sql("'\"' || a", a=value.sql)
        case _:
            return sql("'<' || a", a=value.sql)


def exact(value: Value) -> exp.Expression:
    """Return a whole or decimal number exactly; NULL for every other term."""
    match value.kind:
        case "int":
            return value.sql
        case "id":
            assert value.fetch is not None
            return value.fetch("num")
        case "key" if value.classes & (INTEGER | DECIMAL):
            return sql(
                f"""case when starts_with(a, '{_INT}') and regexp_full_match(substr(a, {len(_INT) + 1}), '{INTEGER_FORM}')
                then try_cast(substr(a, {len(_INT) + 1}) as decimal(38, 18))
                when starts_with(a, '{_DEC}') and regexp_full_match(substr(a, {len(_DEC) + 1}), '{DECIMAL_FORM}')
                then try_cast(substr(a, {len(_DEC) + 1}) as decimal(38, 18)) end""",
                a=value.sql,
            )
        case _:
            return sql("cast(null as decimal(38, 18))")


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
