"""Expressions to SQL.

What the machine can do in columns is written as SQL over typed values. Everything else is handed, term by term and
exactly, to an evaluator of SPARQL expressions that the engine brings: a function of keys, named by what it evaluates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Identifier, Variable
from sqlglot import exp

from kg.errors import UnsupportedQuery
from kg.sparql.arithmetic import arithmetic, negative, rounded
from kg.sparql.relation import unbound
from kg.sparql.scope import Library, Scope
from kg.sparql.sql import all_of, any_of, const, number, sql
from kg.sparql.terms import (
    ALL,
    BLANK,
    DOUBLE,
    FALSE,
    INTEGER,
    IRI,
    LANG,
    LITERALS,
    OTHER,
    RESOURCES,
    STRING,
    TRUE,
    XSD,
    key_of,
)
from kg.sparql.values import NOTHING, Value, constant, identity, key, plain, truth_of_key, units

__all__ = ["SLOW", "Core", "listed"]

#: Functions of the standard that are evaluated by the engine's evaluator: name, and the classes of what they return.
SLOW = {
    "ABS": ALL, "CEIL": ALL, "FLOOR": ALL, "ROUND": ALL, "REGEX": OTHER, "REPLACE": STRING | LANG,
    "SUBSTR": STRING | LANG, "UCASE": STRING | LANG, "LCASE": STRING | LANG, "CONTAINS": OTHER, "STRENDS": OTHER,
    "STRSTARTS": OTHER, "STRBEFORE": STRING | LANG, "STRAFTER": STRING | LANG, "ENCODE_FOR_URI": STRING,
    "LANGMATCHES": OTHER, "YEAR": INTEGER, "MONTH": INTEGER, "DAY": INTEGER, "HOURS": INTEGER, "MINUTES": INTEGER,
    "SECONDS": ALL, "TIMEZONE": OTHER, "TZ": STRING, "MD5": STRING, "SHA1": STRING, "SHA256": STRING,
    "SHA384": STRING, "SHA512": STRING, "STRLEN": INTEGER, "CONCAT": STRING | LANG, "STRDT": LITERALS, "STRLANG": LANG,
    "IRI": IRI, "URI": IRI,
}  # fmt: skip
_ARGUMENTS = ("arg", "arg1", "arg2", "arg3", "text", "pattern", "replacement", "start", "length", "flags")

Exists = Callable[[CompValue, Scope], exp.Expression]


class Core:
    """Compiles expressions but the functions of texts; `exists` translates the pattern of EXISTS, `numbered` gives the number of a term and has it kept in the dictionary."""

    def __init__(self, library: Library, exists: Exists, numbered: Callable[[str], int]) -> None:
        self.library = library
        self.exists = exists
        self.numbered = numbered
        #: Whether relative IRIs have a base.
        self.based = False
        self._now = f"^{XSD}dateTime {datetime.now(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"

    # -- entry points

    def value(self, node: Any, scope: Scope) -> Value:
        """Return the value of an expression."""
        if isinstance(node, Variable):
            return scope.value(str(node))
        if isinstance(node, BNode) or not isinstance(node, (Identifier, CompValue)):
            if node is None:
                raise UnsupportedQuery("GROUP BY an expression without AS is not supported by the columnar engine")
            raise UnsupportedQuery(f"the expression {node!r} is not supported by the columnar engine")
        if isinstance(node, Identifier):
            return constant(key_of(node))
        if node.name.removeprefix("Builtin_") in _VOLATILE:
            raise UnsupportedQuery(f"{node.name.removeprefix('Builtin_')} inside an expression is not supported")
        method = getattr(self, "_" + node.name.rstrip("_"), None)
        if method is not None:
            found = method(node, scope)
            assert isinstance(found, Value)
            return found
        name = node.name.rstrip("_").removeprefix("Builtin_")
        if name not in SLOW:
            raise UnsupportedQuery(f"the function {name} is not supported by the columnar engine")
        arguments = [self.value(part, scope) for part in self._arguments(node)]
        return self.slow(name, arguments, SLOW[name])

    def truth(self, node: Any, scope: Scope) -> exp.Expression:
        """Return the effective boolean value of an expression as SQL; NULL for an error."""
        return self._truth(self.value(node, scope))

    def _truth(self, value: Value) -> exp.Expression:
        match value.kind:
            case "bool":
                return value.sql
            case "int" | "dec":
                return sql("a <> 0", a=value.sql)
            case "str":
                return sql("a <> ''", a=value.sql)
            case "iri" | "null":
                return sql("cast(null as boolean)")
        term = key(value)
        return sql(
            f"""case when a = '{TRUE}' then true when a = '{FALSE}' then false when starts_with(a, '"') then a <> '"'
            when starts_with(a, '<') or starts_with(a, '_') then null else b end""",
            a=term,
            b=truth_of_key(self._call("IF(?a0, true, false)", [term])),
        )

    # -- the evaluator of the engine

    def slow(self, name: str, arguments: list[Value], classes: int = ALL) -> Value:
        """Return a function or an operator with the evaluator's semantics."""
        given = [f"?a{place}" for place in range(len(arguments))]
        text = name.format(*given) if "{" in name else f"{name}({', '.join(given)})"
        return Value("key", self._call(text, [key(value) for value in arguments]), classes)

    def _call(self, text: str, keys: list[exp.Expression]) -> exp.Expression:
        name = "sparql_" + hashlib.sha256(f"{text} {len(keys)}".encode()).hexdigest()[:16]
        self.library.functions[name] = (text, len(keys))
        return exp.Anonymous(this=name, expressions=keys)

    @staticmethod
    def _arguments(node: CompValue) -> list[Any]:
        out: list[Any] = []
        for name in _ARGUMENTS:
            part = getattr(node, name)
            if part is not None:
                out += list(part) if isinstance(part, list) else [part]
        return out

    # -- logic

    def _ConditionalAndExpression(self, node: CompValue, scope: Scope) -> Value:
        parts = [self.truth(part, scope) for part in [node.expr, *node.other]]
        return Value("bool", all_of(*parts), OTHER)

    def _ConditionalOrExpression(self, node: CompValue, scope: Scope) -> Value:
        parts = [self.truth(part, scope) for part in [node.expr, *node.other]]
        return Value("bool", any_of(*parts), OTHER)

    def _UnaryNot(self, node: CompValue, scope: Scope) -> Value:
        return Value("bool", sql("not a", a=self.truth(node.expr, scope)), OTHER)

    def _TrueFilter(self, node: CompValue, scope: Scope) -> Value:
        return Value("bool", exp.true(), OTHER)

    def _Builtin_BOUND(self, node: CompValue, scope: Scope) -> Value:
        value = scope.value(str(node.arg))
        return Value("bool", sql("a is not null", a=value.sql), OTHER)

    def _Builtin_EXISTS(self, node: CompValue, scope: Scope) -> Value:
        return Value("bool", self.exists(node, scope), OTHER)

    def _Builtin_NOTEXISTS(self, node: CompValue, scope: Scope) -> Value:
        return Value("bool", sql("not a", a=self.exists(node, scope)), OTHER)

    # -- choices

    def _Builtin_IF(self, node: CompValue, scope: Scope) -> Value:
        condition = self.truth(node.arg1, scope)
        one, other = self.value(node.arg2, scope), self.value(node.arg3, scope)
        return self._choose("case when c then a when not c then b end", [one, other], c=condition)

    def _Builtin_COALESCE(self, node: CompValue, scope: Scope) -> Value:
        out = NOTHING
        for part in reversed(listed(node.arg)):
            value = self.value(part, scope)
            out = self._choose("coalesce(a, b)", [value, out])
        return out

    def _choose(self, template: str, options: list[Value], **more: exp.Expression) -> Value:
        if "id" in {value.kind for value in options} or {"iri"} == {v.kind for v in options if v.kind != "null"}:
            options = [self._as_stored(value) for value in options]
        one, other = options
        kinds = {value.kind for value in options if value.kind != "null"}
        classes = one.classes | other.classes
        if not kinds:
            return NOTHING
        kind = kinds.pop() if len(kinds) == 1 else "key"
        if len(options) == 2 and kind == "id":

            def fetch(what: str) -> exp.Expression:
                absent = sql("cast(null as varchar)") if what == "key" else sql("cast(null as hugeint)")
                got = [absent if value.fetch is None else value.fetch(what) for value in options]
                if more:
                    return sql(template, a=got[0], b=got[1], **more)
                # Which one it is goes by the term: what is fetched of it may be nothing.
                return sql("case when n is not null then a else b end", a=got[0], b=got[1], n=one.sql)

            return Value("id", sql(template, a=one.sql, b=other.sql, **more), classes, fetch)
        if kind == "key":
            return Value("key", sql(template, a=key(one), b=key(other), **more), classes)
        given = [unbound(kind) if value.kind == "null" else value.sql for value in options]
        return Value(kind, sql(template, a=given[0], b=given[1], **more), classes)

    def _as_stored(self, value: Value) -> Value:
        """A constant as the number of a term that the dictionary has."""
        if value.constant is None or value.kind in ("int", "dec"):
            return value
        term = const(value.constant)
        return Value(
            "id",
            number(self.numbered(value.constant)),
            value.classes,
            lambda what: term if what == "key" else sql("units_of_key(a)", a=term),
        )

    def _Builtin_NOW(self, node: CompValue, scope: Scope) -> Value:
        return constant(self._now)

    # -- comparison

    def _RelationalExpression(self, node: CompValue, scope: Scope) -> Value:
        one = self.value(node.expr, scope)
        if node.op in ("IN", "NOT IN"):
            others = node.other if isinstance(node.other, list) else [node.other]
            cases = [self._equal(one, self.value(part, scope)) for part in others if str(part) != str(_NIL)]
            found = any_of(*cases)
            return Value("bool", sql("not a", a=found) if node.op == "NOT IN" else found, OTHER)
        other = self.value(node.other, scope)
        if node.op == "=":
            return Value("bool", self._equal(one, other), OTHER)
        if node.op == "!=":
            return Value("bool", sql("not a", a=self._equal(one, other)), OTHER)
        return Value("bool", self._less(str(node.op), one, other), OTHER)

    def _equal(self, one: Value, other: Value) -> exp.Expression:
        if "null" in (one.kind, other.kind):
            return sql("cast(null as boolean)")
        if one.kind == other.kind and one.kind in ("int", "dec", "bool", "str", "iri"):
            return sql("a = b", a=one.sql, b=other.sql)
        apart = self._same_or_apart(one, other)
        if apart is not None:
            return apart
        if one.is_exact and other.is_exact:
            return sql("a = b", a=units(one), b=units(other))
        return sql(
            """case when x is not null and y is not null then x = y
            when starts_with(a, '<') or starts_with(b, '<') or starts_with(a, '_') or starts_with(b, '_')
            or (starts_with(a, '"') and starts_with(b, '"')) then a = b else z end""",
            x=units(one), y=units(other), a=key(one), b=key(other),
            z=truth_of_key(self._call("?a0 = ?a1", [key(one), key(other)])),
        )  # fmt: skip

    def _same_or_apart(self, one: Value, other: Value) -> exp.Expression | None:
        """Return equality where being one term decides it: a resource on one side, or strings on both."""
        simple = RESOURCES | STRING
        decided = not one.classes & ~RESOURCES or not other.classes & ~RESOURCES
        if not (decided or (not one.classes & ~simple and not other.classes & ~simple)):
            return None
        if one.kind == other.kind == "id":
            return sql("a = b", a=one.sql, b=other.sql)
        if "id" in (one.kind, other.kind):
            return sql("a = b", a=identity(one), b=identity(other))
        return sql("a = b", a=key(one), b=key(other))

    def _less(self, operator: str, one: Value, other: Value) -> exp.Expression:
        if "null" in (one.kind, other.kind):
            return sql("cast(null as boolean)")
        if one.kind == other.kind and one.kind in ("int", "dec", "str"):
            return sql(f"a {operator} b", a=one.sql, b=other.sql)
        if one.is_exact and other.is_exact:
            return sql(f"a {operator} b", a=units(one), b=units(other))
        return sql(
            f"""case when x is not null and y is not null then x {operator} y
            when p is not null and q is not null then p {operator} q else z end""",
            x=units(one), y=units(other), p=plain(one), q=plain(other),
            z=truth_of_key(self._call(f"?a0 {operator} ?a1", [key(one), key(other)])),
        )  # fmt: skip

    def _Builtin_sameTerm(self, node: CompValue, scope: Scope) -> Value:
        one, other = self.value(node.arg1, scope), self.value(node.arg2, scope)
        return Value("bool", sql("a = b", a=identity(one), b=identity(other)), OTHER)

    # -- arithmetic

    def _AdditiveExpression(self, node: CompValue, scope: Scope) -> Value:
        return self._chain(node, scope)

    def _MultiplicativeExpression(self, node: CompValue, scope: Scope) -> Value:
        return self._chain(node, scope)

    def _chain(self, node: CompValue, scope: Scope) -> Value:
        out = self.value(node.expr, scope)
        for operator, part in zip(node.op, node.other, strict=True):
            other = self.value(part, scope)
            quick = arithmetic(operator, out, other)
            out = quick or self.slow(f"{{}} {operator} {{}}", [out, other], ALL & ~RESOURCES & ~STRING & ~LANG)
        return out

    def _UnaryMinus(self, node: CompValue, scope: Scope) -> Value:
        value = self.value(node.expr, scope)
        return negative(value) or self.slow("- {}", [value])

    def _UnaryPlus(self, node: CompValue, scope: Scope) -> Value:
        value = self.value(node.expr, scope)
        return value if value.kind in ("int", "dec") else self.slow("+ {}", [value])

    def _rounding(self, node: CompValue, scope: Scope, name: str) -> Value:
        value = self.value(node.arg, scope)
        return rounded(name, value) or self.slow(name, [value])

    def _Builtin_ROUND(self, node: CompValue, scope: Scope) -> Value:
        return self._rounding(node, scope, "ROUND")

    def _Builtin_CEIL(self, node: CompValue, scope: Scope) -> Value:
        return self._rounding(node, scope, "CEIL")

    def _Builtin_FLOOR(self, node: CompValue, scope: Scope) -> Value:
        return self._rounding(node, scope, "FLOOR")

    def _Builtin_ABS(self, node: CompValue, scope: Scope) -> Value:
        return self._rounding(node, scope, "ABS")

    # -- terms

    def _text(self, value: Value) -> Value:
        """STR: the lexical form, or the IRI; an error for a blank node."""
        is_iri = exp.true() if value.classes and not value.classes & ~IRI else None
        if value.kind in ("str", "iri"):
            return Value("str", value.sql, STRING, iri_when=is_iri)
        if value.kind == "null":
            return NOTHING
        if value.kind == "int":
            return Value("str", sql("cast(a as varchar)", a=value.sql), STRING)
        if value.kind == "dec":
            return Value("str", sql("decimal_text(a)", a=value.sql), STRING)
        if value.classes and not value.classes & ~(IRI | STRING):
            return Value("str", sql("substr(a, 2)", a=key(value)), STRING, iri_when=is_iri)
        text = sql(
            """case when starts_with(a, '<') or starts_with(a, '"') then substr(a, 2)
            when not starts_with(a, '_') then substr(a, strpos(a, ' ') + 1) end""",
            a=key(value),
        )
        return Value("str", text, STRING)

    def _Builtin_STR(self, node: CompValue, scope: Scope) -> Value:
        return self._text(self.value(node.arg, scope))

    def _Builtin_IRI(self, node: CompValue, scope: Scope) -> Value:
        if self.based:
            raise UnsupportedQuery("IRI() in a query with BASE is not supported by the columnar engine")
        value = self.value(node.arg, scope)
        if value.kind == "iri":
            return value
        if value.kind == "null":
            return NOTHING
        # A text that is an absolute IRI without odd characters is that IRI; the evaluator judges the rest.
        text, judged = plain(value), self._call("IRI(?a0)", [key(value)])
        if value.iri_when is not None:
            template = "case when c then t else substr(z, 2) end"
            return Value("iri", sql(template, c=value.iri_when, t=text, z=judged), IRI)
        return Value(
            "iri",
            sql(
                r"""case when regexp_full_match(t, '(https?://|urn:[a-z]+:)[-A-Za-z0-9._~:/#%@!$&()*+,;=]+')
                and not regexp_matches(t, '%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|$|.$)|//.*[@:\[#].*#|#.*#') and not contains(t, '/.')
                and not regexp_matches(t, '^https?://[^/]*[:@]') then t else substr(z, 2) end""",
                t=text,
                z=judged,
            ),
            IRI,
        )

    _Builtin_URI = _Builtin_IRI

    def bound(self, node: Any, scope: Scope) -> Value:
        """Return the value that BIND gives a variable: only here may a function draw a new value for each row."""
        name = node.name.removeprefix("Builtin_") if isinstance(node, CompValue) else ""
        if name == "BNODE" and node.arg is not None:
            raise UnsupportedQuery("BNODE with an argument is not supported by the columnar engine")
        if name not in _VOLATILE:
            return self.value(node, scope)
        template, classes = _VOLATILE[name]
        return Value("key", sql(template), classes)


#: Functions that give another value each time.
_VOLATILE = {
    "UUID": ("'<urn:uuid:' || cast(uuid() as varchar)", IRI),
    "STRUUID": ("'\"' || cast(uuid() as varchar)", STRING),
    "RAND": (f"'^{XSD}double ' || cast(cast(random() as decimal(18, 17)) as varchar)", DOUBLE),
    "BNODE": ("'_' || replace(cast(uuid() as varchar), '-', '')", BLANK),
}


def listed(argument: Any) -> list[Any]:
    """Return the arguments of a function of any number of them; RDFLib reads () as rdf:nil."""
    return [] if str(argument) == _NIL else list(argument)


_NIL = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil"
