"""The functions of texts, languages and datatypes."""

from __future__ import annotations

from rdflib.plugins.sparql.parserutils import CompValue

from kg.sparql.expressions import SLOW, Core, listed
from kg.sparql.scope import Scope
from kg.sparql.sql import const, sql
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
        if values and all(value.kind == "str" for value in values):
            text = values[0].sql
            for value in values[1:]:
                text = sql("a || b", a=text, b=value.sql)
            return Value("str", text, STRING)
        if not values:
            return Value("str", const(""), STRING)
        if all(value.kind == "str" or not value.classes & ~(STRING | RESOURCES) for value in values):
            text = plain(values[0])
            for value in values[1:]:
                text = sql("a || b", a=text, b=plain(value))
            return Value("str", text, STRING)
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
        slow = self.slow("ENCODE_FOR_URI", [value], STRING).sql
        if value.kind != "str":
            return Value("key", slow, STRING)
        template = "case when regexp_full_match(a, '[-A-Za-z0-9._~]*') then a else substr(z, 2) end"
        return Value("str", sql(template, a=value.sql, z=slow), STRING)


def as_text(value: Value) -> Value:
    """Return a value whose only texts are plain strings as the text it holds; resources are errors to text functions."""
    if value.kind in ("id", "key") and not value.classes & ~(STRING | RESOURCES):
        return Value("str", plain(value), STRING)
    return value
