"""Casts, and the functions of texts, languages, datatypes and kinds of terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.errors import UnsupportedQuery
from kg.sparql.expressions import SLOW, Core, listed
from kg.sparql.regex import is_portable
from kg.sparql.scope import Scope
from kg.sparql.sql import all_of, const, sql
from kg.sparql.terms import (
    BLANK,
    CLASSES,
    DECIMAL,
    INTEGER,
    IRI,
    LANG,
    LITERALS,
    OTHER,
    RESOURCES,
    STRING,
    UNIT,
    XSD,
)
from kg.sparql.values import NOTHING, Value, key, plain, truth_of_key, units

__all__ = ["Compiler"]

_CASTS = {XSD + name for name in ("boolean", "integer", "decimal", "double", "float", "string", "dateTime", "date")}


class Compiler(Core):
    """Compiles every expression."""

    def _Builtin_LANG(self, node: CompValue, scope: Scope) -> Value:
        value = self.value(node.arg, scope)
        text = sql(
            """case when starts_with(a, '@') then substr(a, 2, strpos(a, ' ') - 2)
            when not (starts_with(a, '_') or starts_with(a, '<')) then '' end""",
            a=key(value),
        )
        return Value("str", text, STRING)

    def _Builtin_DATATYPE(self, node: CompValue, scope: Scope) -> Value:
        value = self.value(node.arg, scope)
        known = {"int": "integer", "dec": "decimal", "bool": "boolean", "str": "string"}.get(value.kind)
        if known is not None:
            return Value("iri", sql(f"case when a is not null then '{XSD}{known}' end", a=value.sql), IRI)
        text = sql(
            f"""case when starts_with(a, '^') then substr(a, 2, strpos(a, ' ') - 2)
            when starts_with(a, '"') then '{XSD}string'
            when starts_with(a, '@') then 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString' end""",
            a=key(value),
        )
        if value.kind == "id":
            # Of what is its own number the text need not be made.
            inline = f"case term_class(n) when 4 then '{XSD}integer' when 5 then '{XSD}decimal' else z end"
            text = sql(inline, n=value.sql, z=text)
        return Value("iri", text, IRI)

    # -- casts and kinds of terms

    def _Function(self, node: CompValue, scope: Scope) -> Value:
        if str(node.iri) not in _CASTS:
            raise UnsupportedQuery(f"the function <{node.iri}> is not supported by the columnar engine")
        value = self.value(node.expr[0], scope)
        if (str(node.iri), value.kind) in ((XSD + "integer", "int"), (XSD + "decimal", "dec")):
            return value
        if (str(node.iri), value.kind) == (XSD + "integer", "dec"):
            return Value("int", sql(f"try_cast(a // {UNIT} as bigint)", a=value.sql), INTEGER)
        if (str(node.iri), value.kind) == (XSD + "decimal", "int"):
            return Value("dec", units(value), DECIMAL)
        if str(node.iri) == XSD + "string" and (value.kind in ("str", "iri", "int") or not value.classes & ~STRING):
            return self._text(value)
        if str(node.iri) == XSD + "integer" and value.kind == "str":
            return Value(
                "int",
                sql(
                    f"""case when regexp_full_match(a, '[+-]?[0-9]{{1,18}}') then cast(a as bigint)
                    else try_cast(substr(b, {len("^" + XSD + "integer ") + 1}) as bigint) end""",
                    a=value.sql,
                    b=self.slow(f"<{node.iri}>", [value]).sql,
                ),
                INTEGER,
            )
        return self.slow(f"<{node.iri}>", [value], LITERALS)

    def _kind_test(self, node: CompValue, scope: Scope, mask: int, test: str) -> Value:
        value = self.value(node.arg, scope)
        if value.kind == "null":
            return NOTHING
        if value.kind in ("int", "dec", "str", "bool", "iri"):
            known = exp.true() if value.classes & mask else exp.false()
            return Value("bool", sql("case when a is not null then b end", a=value.sql, b=known), OTHER)
        if value.kind == "id":
            places = [str(place) for place in range(CLASSES) if mask >> place & 1]
            return Value("bool", sql(f"term_class(a) in ({', '.join(places)})", a=value.sql), OTHER)
        return Value("bool", sql(test, a=key(value)), OTHER)

    def _Builtin_isIRI(self, node: CompValue, scope: Scope) -> Value:
        return self._kind_test(node, scope, IRI, "starts_with(a, '<')")

    _Builtin_isURI = _Builtin_isIRI

    def _Builtin_isBLANK(self, node: CompValue, scope: Scope) -> Value:
        return self._kind_test(node, scope, BLANK, "starts_with(a, '_')")

    def _Builtin_isLITERAL(self, node: CompValue, scope: Scope) -> Value:
        return self._kind_test(node, scope, LITERALS, "not (starts_with(a, '_') or starts_with(a, '<'))")

    def _Builtin_isNUMERIC(self, node: CompValue, scope: Scope) -> Value:
        value = self.value(node.arg, scope)
        test = """case when starts_with(a, '<') or starts_with(a, '_') or starts_with(a, '"') or starts_with(a, '@')
        then false else z end"""
        slow = truth_of_key(self.slow("isNumeric", [value]).sql)
        if value.kind in ("int", "dec"):
            return Value("bool", sql("case when a is not null then true end", a=value.sql), OTHER)
        if value.kind == "id":
            # What is its own number needs no text.
            test = f"case when term_class(n) in (4, 5) then true else {test} end"
            return Value("bool", sql(test, a=key(value), z=slow, n=value.sql), OTHER)
        return Value("bool", sql(test, a=key(value), z=slow), OTHER)

    def _Builtin_REGEX(self, node: CompValue, scope: Scope) -> Value:
        value, pattern = self.value(node.text, scope), self.value(node.pattern, scope)
        given = [value, pattern, *([self.value(node.flags, scope)] if node.flags is not None else [])]
        slow = truth_of_key(self.slow("REGEX", given).sql)
        text = str(node.pattern) if pattern.kind == "str" and pattern.constant is not None else None
        if node.flags is not None or text is None or not is_portable(text):
            return Value("bool", slow, OTHER)
        value = as_text(value)
        match = f"regexp_matches(a, {const(text).sql(dialect='duckdb')})"
        if value.kind == "str":
            return Value("bool", sql(match, a=value.sql), OTHER)
        return Value("bool", sql(f"case when a is not null then {match} else z end", a=plain(value), z=slow), OTHER)

    # -- strings in columns, where the arguments are known to be plain

    def _Builtin_CONCAT(self, node: CompValue, scope: Scope) -> Value:
        values = [self.value(part, scope) for part in listed(node.arg)]
        if not values:
            return Value("str", const(""), STRING)
        if all(value.kind == "str" or not value.classes & ~(STRING | RESOURCES) for value in values):
            texts = [plain(value) for value in values]
            whole = reduce(lambda one, other: sql("a || b", a=one, b=other), texts)
            return Value("str", whole, STRING, iri_when=_still_iri(values, texts))
        return self.slow("CONCAT", values, STRING | LANG)

    def _two_texts(self, node: CompValue, scope: Scope, name: str, template: str, kind: str) -> Value:
        one, other = as_text(self.value(node.arg1, scope)), as_text(self.value(node.arg2, scope))
        if one.kind == other.kind == "str":
            return Value(kind, sql(template, a=one.sql, b=other.sql), OTHER if kind == "bool" else STRING)
        slow = self.slow(name, [one, other], SLOW[name])
        if kind == "bool":
            return Value("bool", truth_of_key(slow.sql), OTHER)
        return slow

    def _Builtin_STRSTARTS(self, node: CompValue, scope: Scope) -> Value:
        return self._two_texts(node, scope, "STRSTARTS", "starts_with(a, b)", "bool")

    def _Builtin_STRENDS(self, node: CompValue, scope: Scope) -> Value:
        return self._two_texts(node, scope, "STRENDS", "ends_with(a, b)", "bool")

    def _Builtin_CONTAINS(self, node: CompValue, scope: Scope) -> Value:
        return self._two_texts(node, scope, "CONTAINS", "contains(a, b)", "bool")

    def _Builtin_STRAFTER(self, node: CompValue, scope: Scope) -> Value:
        template = "case when contains(a, b) then substr(a, strpos(a, b) + length(b)) else '' end"
        return self._two_texts(node, scope, "STRAFTER", template, "str")

    def _Builtin_STRBEFORE(self, node: CompValue, scope: Scope) -> Value:
        template = "case when contains(a, b) then substr(a, 1, strpos(a, b) - 1) else '' end"
        return self._two_texts(node, scope, "STRBEFORE", template, "str")

    def _Builtin_STRLEN(self, node: CompValue, scope: Scope) -> Value:
        value = as_text(self.value(node.arg, scope))
        if value.kind == "str":
            return Value("int", sql("length(a)", a=value.sql), INTEGER)
        return self.slow("STRLEN", [value], INTEGER)

    def _Builtin_SUBSTR(self, node: CompValue, scope: Scope) -> Value:
        values = [self.value(part, scope) for part in (node.arg, node.start, node.length) if part is not None]
        values[0] = as_text(values[0])
        if values[0].kind != "str" or any(value.kind != "int" for value in values[1:]):
            return self.slow("SUBSTR", values, STRING | LANG)
        parts = {name: value.sql for name, value in zip("abc", values, strict=False)}
        template = "substr(a, b)" if len(values) == 2 else "substr(a, b, cast(greatest(c, 0) as bigint))"
        if values[1].constant is not None and int(str(node.start)) >= 1:
            return Value("str", sql(template, **parts), STRING)
        # What begins before the first character is left to the evaluator.
        rest = self.slow("SUBSTR", values).sql
        return Value("str", sql(f"case when b >= 1 then {template} else substr(z, 2) end", **parts, z=rest), STRING)

    def _Builtin_ENCODE_FOR_URI(self, node: CompValue, scope: Scope) -> Value:
        value = as_text(self.value(node.arg, scope))
        if value.kind != "str":
            return self.slow("ENCODE_FOR_URI", [value], STRING)
        return Value("str", sql("url_encode(a)", a=value.sql), STRING)


def _still_iri(values: Sequence[Value], texts: Sequence[exp.Expression]) -> exp.Expression | None:
    """Return when an IRI with texts after it is one: they go on with a path, and hold nothing but unreserved characters."""
    after = values[1].constant if len(values) > 1 else None
    if values[0].iri_when is None or after is None or not _PATH.fullmatch(after[1:]):
        return None
    conditions: list[exp.Expression | None] = [values[0].iri_when]
    for value, text in zip(values[2:], texts[2:], strict=True):
        if value.constant is None:
            conditions.append(sql(f"regexp_full_match(a, '{_SEGMENT}')", a=text))
        elif not _PATH.fullmatch("/" + value.constant[1:].removeprefix("/")):
            return None
    return all_of(*conditions)


#: A path of unreserved characters, and a text that can stand in one; neither begins a segment with a dot.
_PATH = re.compile("(/([-A-Za-z0-9_~][-A-Za-z0-9._~]*)?)+")
_SEGMENT = "([-A-Za-z0-9_~]|%[0-9A-Fa-f][0-9A-Fa-f])([-A-Za-z0-9._~]|%[0-9A-Fa-f][0-9A-Fa-f])*"


def as_text(value: Value) -> Value:
    """Return a value whose only texts are plain strings as the text it holds; resources are errors to text functions."""
    if value.kind in ("id", "key") and not value.classes & ~(STRING | RESOURCES):
        return Value("str", plain(value), STRING)
    return value
