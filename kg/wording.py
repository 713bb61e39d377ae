"""Findings of shapes in plain words: what is wrong with this value, and which one was meant where that is obvious."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from urllib.parse import unquote

import pyarrow as pa
import pyoxigraph as ox
import rdflib
from rdflib.term import Node

from kg.engines import Engine
from kg.identifiers import encode
from kg.mapping import codes
from kg.rows import Finding
from kg.shacl.model import Constraint, Shape
from kg.suggestions import Id, near_ids, split_iri
from kg.validate import Shapes

__all__ = ["worded"]

#: How much of a value a message shows.
_SHOWN = 80
_SAYING_VALUES = frozenset("class in pattern datatype nodeKind minLength maxLength".split())  # noqa: SIM905
_LIMITS: Mapping[str, tuple[str, Callable[[Decimal, Decimal], bool]]] = {
    "minInclusive": ("is below", lambda value, limit: value < limit),
    "maxInclusive": ("is above", lambda value, limit: value > limit),
    "minExclusive": ("is not above", lambda value, limit: value <= limit),
    "maxExclusive": ("is not below", lambda value, limit: value >= limit),
}
_NUMBERS: Mapping[Node | None, re.Pattern[str]] = {
    rdflib.XSD.decimal: re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    rdflib.XSD.integer: re.compile(r"[+-]?[0-9]+"),
}
_NUMBER = _NUMBERS[rdflib.XSD.decimal]
_LOOK_LIKE_DIGITS = str.maketrans("lIOo", "1100")
#: "the supplier is no accepted organisation" has a place for the value.
_NO_SUCH = re.compile(r"(the \w+) (?=is no )")


@dataclass(slots=True)
class _Draft:
    """A finding that says its value: the constraint, the value as it stands in its cell, and whose id it would be."""

    finding: Finding
    constraint: Constraint
    #: The datatype that the shape asks for.
    datatype: Node | None
    #: Whether the shape has a message of its own.
    own: bool
    item: str
    iri: str


def worded(findings: Sequence[Finding], against: Shapes, engine: Engine) -> list[Finding]:
    """Return findings with messages that say the value, and suggest another where it is obvious which one was meant.

    Parameters
    ----------
    findings:
        Those that are not of a shape stay as they are.
    against:
        The shapes.
    engine:
        Has what is accepted, which is what can be suggested.
    """
    shapes = {str(shape.node): shape for shape in against.graph.all()} if findings else {}
    out = [replace(f, stated=f.message) if f.shape in shapes and not f.stated else f for f in findings]
    drafts = dict(_drafts(out, shapes))
    suggested = _suggestions(list(drafts.values()), findings, against, engine)
    for place, draft in drafts.items():
        said = _said(draft, suggested.get((draft.constraint.component, draft.iri or draft.item), ""))
        rest = draft.finding.message.removeprefix(draft.finding.stated)
        out[place] = replace(draft.finding, message=said + rest)
    return out


def _drafts(findings: Sequence[Finding], shapes: Mapping[str, Shape]) -> Iterator[tuple[int, _Draft]]:
    for place, finding in enumerate(findings):
        shape = shapes.get(finding.shape)
        # A blank node has another label each time.
        if shape is None or not finding.term or finding.term.startswith("_:"):
            continue
        constraint = next((c for c in shape.constraints if c.component.endswith(f"#{finding.component}")), None)
        if constraint is not None and (constraint.kind in _SAYING_VALUES or constraint.kind in _LIMITS):
            item, iri = _item(finding)
            datatype = next((c.value for c in shape.constraints if c.kind == "datatype"), None)
            yield place, _Draft(finding, constraint, datatype, bool(shape.messages), item, iri)


def _item(finding: Finding) -> tuple[str, str]:
    """Return the value as it stands in the cell, one of several too, and the IRI that was made of it."""
    iri = finding.term[1:-1] if finding.term.startswith("<") else ""
    text = unquote(split_iri(iri)[1]) if iri else _lexical(finding.term)
    parts = [finding.value, *(part.strip() for part in finding.value.split(";"))]
    if text in parts or (iri and finding.row is not None and text in finding.row.cells):
        return text, iri
    if iri:
        return iri, iri
    return (finding.value if finding.row is not None and finding.column else text), ""


def _lexical(term: str) -> str:
    """Return the text of a literal in N-Triples form."""
    inner = term[1 : term.rindex('"')] if term.startswith('"') else term
    if "\\" not in inner:
        return inner
    (quad,) = ox.parse(f"<a:a> <a:b> {term} .", format=ox.RdfFormat.N_TRIPLES)
    return quad.object.value if isinstance(quad.object, ox.Literal) else inner


# -- what is said


def _said(draft: _Draft, suggestion: str) -> str:
    stated, kind, item = draft.finding.stated.removesuffix("."), draft.constraint.kind, draft.item
    shown = f"'{_cut(item)}'"
    if kind in _LIMITS:
        words, passes = _LIMITS[kind]
        limit = str(draft.constraint.value)
        if _NUMBER.fullmatch(item) and _NUMBER.fullmatch(limit) and passes(Decimal(item), Decimal(limit)):
            return f"{_cut(item)} {words} {limit}" + (f": {stated}" if draft.own else "")
    suggestion = suggestion or _mended(draft)
    if stated.startswith("unknown "):
        said = f"{stated} {shown}"
    elif kind == "class" and _NO_SUCH.match(stated):
        said = _NO_SUCH.sub(lambda match: f"{match[1]} {shown} ", stated, count=1)
    else:
        said = f"{stated}, not {shown}" if " must " in stated else f"{stated}: {shown}"
    return f"{said}: did you mean '{_cut(suggestion)}'?" if suggestion else said


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _mended(draft: _Draft) -> str:
    """Return a value as it was meant where its form alone tells."""
    constraint, item = draft.constraint, draft.item
    if len(item) > _SHOWN:
        return ""
    if constraint.kind == "pattern" and (pattern := _pattern(*constraint.value)) is not None:
        closed_up = "".join(item.split())
        tries = [closed_up, closed_up.upper(), re.sub("[/.]", "-", closed_up)]
        return next((text for text in tries if text != item and pattern.search(text)), "")
    if constraint.kind in ("datatype", *_LIMITS) and draft.datatype in _NUMBERS:
        text = "".join(item.split()).translate(_LOOK_LIKE_DIGITS)
        text = text.replace(",", ".") if draft.datatype == rdflib.XSD.decimal else text
        return text if text != item and _NUMBERS[draft.datatype].fullmatch(text) else ""
    return ""


@cache
def _pattern(text: str, flags: str) -> re.Pattern[str] | None:
    """Return a pattern of SHACL as Python has it, where it does."""
    try:
        return re.compile(text, re.IGNORECASE if "i" in flags else 0)
    except re.error:
        return None


# -- what is suggested

#: The component that is violated and the value or its IRI, and what was meant.
_Suggested = dict[tuple[str, str], str]


def _suggestions(drafts: Sequence[_Draft], findings: Sequence[Finding], against: Shapes, engine: Engine) -> _Suggested:
    # What is there and was rejected is not mistyped.
    there = {f.row["id"] for f in findings if f.effect == "rejected" and f.row is not None}
    of_class: dict[Node, list[_Draft]] = defaultdict(list)
    of_list: list[_Draft] = []
    for draft in drafts:
        if draft.constraint.kind == "class" and draft.iri and draft.item not in there:
            of_class[draft.constraint.value].append(draft)
        elif draft.constraint.kind == "in":
            of_list.append(draft)
    found: _Suggested = {}
    for name, listed in of_class.items():
        found |= _known_things(listed, _instances(engine, (str(name), *against.hierarchy.get(str(name), ()))))
    return found | _known_values(of_list)


def _instances(engine: Engine, classes_of: Sequence[str]) -> pa.ChunkedArray:
    classes = " ".join(f"<{one}>" for one in classes_of)
    return engine.table(f"SELECT ?x WHERE {{ VALUES ?class {{ {classes} }} ?x a ?class }}").column(0)


def _known_things(drafts: Sequence[_Draft], iris: pa.ChunkedArray) -> _Suggested:
    asked: dict[Id, list[_Draft]] = defaultdict(list)
    for draft in drafts:
        place, rest = split_iri(draft.iri)
        asked[place, unquote(rest)].append(draft)
    found: _Suggested = {}
    for (place, known_as), other in near_ids(asked, iris).items():
        for draft in asked[place, known_as]:
            meant = other if draft.item == known_as else place + encode(other)
            found[draft.constraint.component, draft.iri] = meant
    return found


def _known_values(drafts: Sequence[_Draft]) -> _Suggested:
    """Return what was meant among the values of lists, of which concepts of the ontology go by their codes."""
    notations = {concept.value: code for scheme in codes().values() for code, concept in scheme.items()}
    asked: dict[Id, _Draft] = {}
    known: set[str] = set()
    for draft in drafts:
        place = f"{id(draft.constraint.value)}/"
        asked[place, draft.item] = draft
        known |= {place + encode(notations.get(str(one), str(one))) for one in draft.constraint.value}
    found = near_ids(asked, sorted(known)) if asked else {}
    return {(asked[one].constraint.component, asked[one].iri or one[1]): other for one, other in found.items()}
