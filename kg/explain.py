"""Why an organisation is in a group, driver by driver, down to file and line; or why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from kg.build import Build
from kg.catalog import find
from kg.engines.base import Term
from kg.namespaces import shorten

__all__ = ["Explanation", "Tie", "explain"]

_PLACE = "queries/explain"


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties the organisation to one partner on one driver: the fact, and where it is stated."""

    driver: str
    partner: str
    fact: str
    where: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an organisation is, or is not, in one group."""

    organization: str
    group: str
    #: member, dropped, candidate (left in one that came to nothing), not-admitted
    outcome: str
    text: str
    ties: list[Tie] = field(default_factory=list)


def explain(build: Build, organization: str, group: str | None = None) -> list[Explanation]:
    """Explain an organisation's membership of one group, or of all it was considered for.

    Parameters
    ----------
    build:
        An open build.
    organization, group:
        IRIs, ids or names.

    Returns
    -------
    One explanation for each group that it is in or was dropped from; where it was a candidate for none, one for each
    cell it was in, with why that was not admitted.
    """
    node = NamedNode(build.find_organization(organization))
    bindings: dict[str, Term] = {"organization": node}
    wanted = NamedNode(build.find_group(group)) if group else None
    if wanted:
        bindings["group"] = wanted
    found = [_member(build, node, row) for row in _rows(build, "member", bindings)]
    found += [_not_member(build, node, row) for row in _rows(build, "not-member", bindings)]
    if not found and wanted:
        text = f"{build.label(node.value)} was no candidate of {build.label(wanted.value)}."
        found = [Explanation(node.value, wanted.value, "no-candidate", text)]
    if not found:
        found = [_not_admitted(build, node, row) for row in _rows(build, "cells", {"organization": node})]
    if not found:
        text = f"{build.label(node.value)} is in no cell (it lacks a region or a sector at the judged levels), in no"
        found = [
            Explanation(
                node.value, "", "no-candidate", text + " community of enough organisations and in no declared group."
            )
        ]
    return sorted(found, key=lambda e: (e.outcome != "member", e.group))


def _rows(build: Build, name: str, bindings: dict[str, Term]) -> Iterator[dict[str, str]]:
    solutions = build.select(find(_PLACE, name).text, bindings)
    given = {name: term.value for name, term in bindings.items()}
    for row in solutions:
        found = {key: "" if term is None else term.value for key, term in zip(solutions.variables, row, strict=True)}
        yield given | found


def _member(build: Build, node: NamedNode, row: dict[str, str]) -> Explanation:
    group = row["group"]
    counts = ", ".join(f"{row[name]} on {name}" for name in ("geography", "sector", "vertical", "horizontal"))
    text = f"{build.label(node.value)} is a member of {build.label(group)}: it has partners: {counts}."
    found = list(_rows(build, "ties", {"organization": node, "group": NamedNode(group)}))
    keys = [_keys(build, node, tie) for tie in found]
    stated = build.stated({key for some in keys for key in some})
    ties = [
        Tie(tie["driver"], tie["partner"], _fact(build, tie), "; ".join(p for key in some for p in stated.get(key, [])))
        for tie, some in zip(found, keys, strict=True)
    ]
    return Explanation(node.value, group, "member", text, sorted(ties, key=lambda t: (t.driver, t.partner, t.fact)))


def _fact(build: Build, tie: dict[str, str]) -> str:
    what = build.label(tie["fact"])
    match tie["driver"]:
        case "Geography":
            return f"both in {what}"
        case "Sector":
            return f"both in {what}"
        case "Vertical":
            return f"{build.label(tie['from'])} supplies {build.label(tie['to'])}"
        case _:
            return f"both in {what}"


def _keys(build: Build, node: NamedNode, tie: dict[str, str]) -> list[tuple[str, str]]:
    """Return under which keys the rows are known that state a tie."""
    match tie["driver"]:
        case "Vertical":
            return [(tie["fact"], tie["to"])]
        case "Horizontal":
            return build.link_keys(tie["fact"], (node.value, tie["partner"]))
        case _:
            return [(node.value, ""), (tie["partner"], "")]


def _not_member(build: Build, node: NamedNode, row: dict[str, str]) -> Explanation:
    group, name = row["group"], build.label(node.value)
    if row["round"]:
        held = ", ".join(sorted(shorten(iri).removeprefix("ckg:") for iri in row["held"].split())) or "no driver"
        missed = ", ".join(sorted(shorten(iri).removeprefix("ckg:") for iri in row["missed"].split())) or "nothing"
        text = (
            f"{name} was dropped from {build.label(group)} in round {row['round']}: it held {held} and lacked {missed}."
        )
        return Explanation(node.value, group, "dropped", text)
    reasons = {
        "too-small": "too few organisations were left in it",
        "too-thin": "too few drivers sustain it",
        "same-as-cell": "it is the same group as a cell",
    }
    outcome = shorten(row["outcome"]).removeprefix("ckg:")
    key = {"TooSmall": "too-small", "TooThin": "too-thin", "SameAsCell": "same-as-cell"}.get(outcome, outcome)
    text = f"{name} held out in {build.label(group)}, but that is no group: {reasons.get(key, key)}."
    return Explanation(node.value, group, key, text)


def _not_admitted(build: Build, node: NamedNode, row: dict[str, str]) -> Explanation:
    cell = f"{build.label(row['region'])} · {build.label(row['sector'])}"
    why = []
    if int(row["size"]) < int(row["least"]):
        why.append(f"it has {row['size']} organisations, {row['least']} are needed")
    if float(row["quotient"]) < float(row["leastQuotient"]):
        why.append(f"its location quotient is {row['quotient']}, {row['leastQuotient']} is needed")
    text = f"{build.label(node.value)} is in the cell {cell}, which was not admitted: {' and '.join(why) or 'see its size'}."
    return Explanation(node.value, "", "not-admitted", text)
