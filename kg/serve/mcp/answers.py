"""Answers as an assistant gets them: values in a fixed shape, and the same as a text.

Names and texts of a build come from strangers, who may write to whoever reads them. They stand in quotation marks, on one
line, cut, with signs that would not be seen as their codes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import pyoxigraph as ox

from kg.namespaces import XSD, shorten
from kg.reports.kinds import readable
from kg.serve.mcp.vocabulary import label
from kg.serve.tasks import Answer

__all__ = ["Reply", "described", "explained", "found", "plain", "rows"]

#: The most characters of a text from data, of a sentence, and of all rows of an answer together.
MOST, SENTENCE, TOTAL = 300, 600, 40_000
#: The most ties on one driver that an explanation has.
TIES = 5
#: The whole numbers that every reader of JSON keeps: https://www.rfc-editor.org/rfc/rfc8259#section-6
_EXACT = 2**53
_WHOLE, _DECIMAL, _DOUBLE, _TRUTH = (XSD[name].value for name in ("integer", "decimal", "double", "boolean"))

Value = dict[str, str] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a tool gives: values that follow its schema, and a text that says the same."""

    values: dict[str, Any]
    text: str


def plain(text: str, most: int = MOST) -> str:
    """Return a text from data as it can be shown.

    >>> plain("Boats\\x1b[31m")
    'Boats\\\\u001b[31m'
    """
    return readable(text, most)


def rows(answer: Answer) -> Reply:
    """Return the rows of a SELECT, or the truth value of an ASK."""
    given = json.loads(answer.body)
    if "boolean" in given:
        return Reply(
            {"columns": ["answer"], "rows": [{"answer": given["boolean"]}], "more": False},
            str(given["boolean"]).lower(),
        )
    columns = given["head"]["vars"]
    found_rows = [
        {name: _value(row.get(name), answer.names) for name in columns} for row in given["results"]["bindings"]
    ]
    kept, lines, more = _fitting(found_rows, lambda row: " | ".join(map(_shown, row.values())), answer.more)
    values = {"columns": columns, "rows": kept, "more": more}
    return Reply(values, "\n".join([_counted(len(kept), "row", more), " | ".join(columns), *lines]))


def found(answer: Answer) -> Reply:
    """Return what has a name."""
    things: list[dict[str, Any]] = []
    for row in json.loads(answer.body)["results"]["bindings"]:
        thing = {"iri": _iri(row["thing"]["value"]), "name": plain(row["name"]["value"]), "kind": row["kind"]["value"]}
        if thing["kind"] == "group":
            thing["kind"] = "group" if row["found"]["value"] == "true" else "candidate"
        things.append(thing)
    kept, lines, more = _fitting(things, lambda one: f"{one['kind']} {_shown(one)}", answer.more)
    return Reply({"things": kept, "more": more}, "\n".join([_counted(len(kept), "thing", more), *lines]))


def described(answer: Answer, iri: str) -> Reply:
    """Return what is said of a thing, and what of others names it."""
    facts: list[dict[str, Any]] = []
    for triple in ox.parse(answer.body, format=ox.RdfFormat.N_TRIPLES):
        fact: dict[str, Any] = {"property": shorten(triple.predicate.value)}
        if isinstance(triple.subject, ox.NamedNode) and triple.subject.value == iri:
            fact["value"] = _term(triple.object, answer.names)
        else:
            fact["of"] = _term(triple.subject, answer.names)
        facts.append(fact)
    facts.sort(key=lambda fact: ("of" in fact, fact["property"]))

    def line(fact: dict[str, Any]) -> str:
        if "of" in fact:
            return f"is {fact['property']} of {_shown(fact['of'])}"
        return f"{fact['property']} {_shown(fact['value'])}"

    kept, lines, more = _fitting(facts, line, answer.more)
    subject = _named(iri, answer.names)
    values = {"thing": subject, "facts": kept, "more": more}
    return Reply(values, "\n".join([f"{_shown(subject)}: {_counted(len(kept), 'fact', more)}", *lines]))


def explained(answer: Answer) -> Reply:
    """Return why an organisation is in groups, or is not, with a few ties for each driver."""
    groups: dict[str, dict[str, Any]] = {}
    for row in json.loads(answer.body)["results"]["bindings"]:
        said = {name: term["value"] for name, term in row.items()}
        one = groups.setdefault(
            said.get("group", ""),
            {
                "organization": _named(said["organization"], answer.names),
                "group": _named(said["group"], answer.names) if "group" in said else None,
                "outcome": said["outcome"],
                "text": plain(said["text"], SENTENCE),
                "ties": [],
                "ties_left_out": 0,
            },
        )
        if "driver" not in said:
            continue
        if sum(tie["driver"] == said["driver"] for tie in one["ties"]) >= TIES:
            one["ties_left_out"] += 1
            continue
        partner = _named(said["partner"], answer.names)
        one["ties"].append(
            {"driver": said["driver"], "partner": partner, "fact": plain(said["fact"]), "where": plain(said["where"])}
        )

    def lines_of(one: dict[str, Any]) -> str:
        ties = [f"  {t['driver']}: {_shown(t['partner'])}: {_quoted(t['fact'])} [{t['where']}]" for t in one["ties"]]
        left = [f"  and {one['ties_left_out']} more ties"] if one["ties_left_out"] else []
        head = f"{one['outcome']}: {_quoted(one['text'])}"
        group = [f"  group {_shown(one['group'])}"] if one["group"] else []
        return "\n".join([head, *group, *ties, *left])

    kept, lines, more = _fitting(list(groups.values()), lines_of, answer.more)
    return Reply({"explanations": kept, "more": more}, "\n".join([_counted(len(kept), "explanation", more), *lines]))


def _fitting(
    items: Sequence[dict[str, Any]], line: Callable[[dict[str, Any]], str], more: bool
) -> tuple[list[dict[str, Any]], list[str], bool]:
    """Return the items that fit an answer, their lines, and whether there are more; the first is always there."""
    size = 0
    kept: list[dict[str, Any]] = []
    lines: list[str] = []
    for item in items:
        text = line(item)
        size += len(text)
        if kept and size > TOTAL:
            return kept, lines, True
        kept.append(item)
        lines.append(text)
    return kept, lines, more


def _counted(number: int, what: str, more: bool) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}" + (
        "; there are more: ask for less, or with LIMIT and OFFSET" if more else ""
    )


def _value(term: Mapping[str, Any] | None, names: Mapping[str, str]) -> Value:
    """Return a term of SPARQL's JSON results: https://www.w3.org/TR/sparql11-results-json/#select-encode-terms"""
    if term is None:
        return None
    if term["type"] == "uri":
        return _named(term["value"], names)
    if term["type"] == "literal":
        return _literal(term["value"], term.get("datatype", ""))
    return plain(str(term["value"]))


def _term(term: object, names: Mapping[str, str]) -> Value:
    if isinstance(term, ox.NamedNode):
        return _named(term.value, names)
    return _literal(term.value, term.datatype.value) if isinstance(term, ox.Literal) else plain(str(term))


def _literal(text: str, kind: str) -> Value:
    """Return a number or a truth value where a literal is one that JSON can keep; else its text."""
    try:
        if kind == _TRUTH and text in ("true", "false"):
            return text == "true"
        if kind == _WHOLE and re.fullmatch("[+-]?[0-9]{1,19}", text) and abs(int(text)) < _EXACT:
            return int(text)
        if kind in (_DECIMAL, _DOUBLE) and re.fullmatch("[+-]?[0-9.]{1,30}(?:[eE][+-]?[0-9]{1,3})?", text):
            number = float(text)
            if abs(number) < float("inf") and Decimal(repr(number)) == Decimal(text):
                return number
    except (ValueError, InvalidOperation):
        pass
    return plain(text)


def _named(iri: str, names: Mapping[str, str]) -> dict[str, str]:
    name = names.get(iri) or label(iri)
    return {"iri": _iri(iri)} | ({"name": plain(name)} if name else {})


def _iri(iri: str) -> str:
    return plain(iri, 2000)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"{_quoted(value['name'])} <{value['iri']}>" if "name" in value else f"<{value['iri']}>"
    return _quoted(value) if isinstance(value, str) else "" if value is None else str(value).lower()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
