"""The functions of texts, languages and datatypes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.sparql.expressions import SLOW, Core, listed
from kg.sparql.scope import Scope
from kg.sparql.sql import all_of, const, sql
from kg.sparql.terms import (
    INTEGER,
    IRI,
    LANG,
    OTHER,
    RESOURCES,
    STRING,
    XSD,
)
from kg.sparql.values import Value, key, plain, truth_of_key

__all__ = ["Compiler"]


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
        text = sql(
            f"""case when starts_with(a, '^') then substr(a, 2, strpos(a, ' ') - 2)
            when starts_with(a, '"') then '{XSD}string'
            when starts_with(a, '@') then 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString' end""",
            a=key(self.value(node.arg, scope)),
        )
        return Value("iri", text, IRI)

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
        value = self.value(node.arg, scope)
        if value.kind == "str":
            return Value("int", sql("length(a)", a=value.sql), INTEGER)
        return self.slow("STRLEN", [value], INTEGER)

    def _Builtin_SUBSTR(self, node: CompValue, scope: Scope) -> Value:
        values = [self.value(part, scope) for part in (node.arg, node.start, node.length) if part is not None]
        whole = all(v.constant is not None and v.kind == "int" for v in values[1:2]) and values[1].sql.sql() != "0"
        if values[0].kind == "str" and whole and int(str(node.start)) >= 1:
            if len(values) == 2:
                return Value("str", sql("substr(a, b)", a=values[0].sql, b=values[1].sql), STRING)
            if values[2].kind == "int":
                template = "substr(a, b, cast(greatest(c, 0) as bigint))"
                return Value("str", sql(template, a=values[0].sql, b=values[1].sql, c=values[2].sql), STRING)
        return self.slow("SUBSTR", values, STRING | LANG)

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
