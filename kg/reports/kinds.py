"""Findings by kind: what one shape, or one check of a source, has found; and the words that all reports share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.namespaces import shorten
from kg.report_turtle import LOADER_COMPONENTS
from kg.rows import Finding, RowCounts

__all__ = ["SEVERITIES", "Kind", "brief", "counted", "effects", "kinds", "place", "readable", "rows_line", "totals"]

#: What a severity is called, the worst first.
SEVERITIES = {"Violation": "violation", "Warning": "warning", "Info": "note"}
_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}
_EFFECTS = {"rejected": ("row", "rejected"), "left-out": ("value", "left out")}
#: How much is shown of the longest title.
_TITLE = 300


@dataclass(frozen=True, slots=True)
class Kind:
    """What one rule has found: its severity, its name, what it says, and the findings in their order."""

    severity: str
    rule: str
    title: str
    findings: list[Finding]

    @property
    def counts(self) -> str:
        """How often it was found and what was done, as ``3 violations: 3 values left out``."""
        found, done = counted(len(self.findings), SEVERITIES[self.severity]), effects(self.findings)
        return f"{found}: {done}" if done else found


def kinds(findings: Iterable[Finding]) -> list[Kind]:
    """Return findings by kind: the worst first, among them the most frequent."""
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.severity, _rule(finding), _title(finding)), []).append(finding)
    listed = [Kind(*key, group) for key, group in found.items()]
    return sorted(listed, key=lambda kind: (_RANK[kind.severity], -len(kind.findings), kind.rule, kind.title))


def _rule(finding: Finding) -> str:
    if ":" in finding.shape:
        return shorten(finding.shape)
    # A shape without a name has another one each time it is read.
    of = f" of {shorten(finding.path)}" if finding.path and finding.component not in LOADER_COMPONENTS else ""
    return (finding.component or "finding") + of


def _title(finding: Finding) -> str:
    general = finding.stated or LOADER_COMPONENTS.get(finding.component, "") or finding.message
    return readable(general, _TITLE)


def counted(count: int, noun: str) -> str:
    """Return a number and a noun, as ``1,200 rows``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def effects(findings: Iterable[Finding]) -> str:
    """Return what was done about findings; a row counts once, and so does a value."""
    done = {(f.effect, id(f.row) if f.row is not None else f, f.column, f.value) for f in findings}
    counts: Counter[str] = Counter(effect for effect, *_ in done)
    return ", ".join(
        f"{counted(counts[effect], noun)} {verb}" for effect, (noun, verb) in _EFFECTS.items() if counts[effect]
    )


def totals(findings: Sequence[Finding]) -> str:
    """Return how many findings there are and what was done about them."""
    if not findings:
        return "the data conforms"
    counts: Counter[str] = Counter(finding.severity for finding in findings)
    found = ", ".join(counted(counts[key], noun) for key, noun in SEVERITIES.items() if counts[key])
    done = effects(findings)
    return f"{found}: {done}" if done else found


def rows_line(rows: RowCounts) -> str:
    """Return the count that always holds."""
    return f"rows: {rows.read} read = {rows.accepted} accepted + {rows.rejected} rejected"


def place(finding: Finding) -> str:
    """Return where a finding is: file, line and column, else the node."""
    where = finding.file + (f" line {finding.line}" if finding.line else "") if finding.file else shorten(finding.focus)
    return where + (f", column {finding.column}" if finding.column else "")


def brief(finding: Finding) -> str:
    """Return what a message says of its value, without what the kind says of all; with the value where it lacks it."""
    message, stated = finding.message, finding.stated.removesuffix(".")
    short = message
    if stated and message != stated:
        short = message.removesuffix(f": {stated}")
        short = short.removeprefix(f"{stated}, ") if short.startswith(f"{stated}, not '") else short
    value = finding.value
    # A value that is no text of a cell is said already where the message says more than the shape.
    said = not value or value[:60] in message or (value == finding.term and message != finding.stated)
    return short if said else f"{short} ({value})"


def readable(text: str, most: int) -> str:
    """Return a text on one line, cut where it is too long, with signs that would not be seen as their codes.

    Control characters and marks that turn the direction of what follows may come from strangers' data.
    """
    begin = " ".join(text[: 4 * most].split())
    shown = "".join(c if c.isprintable() or c in "\u200c\u200d" else _code(c) for c in begin[:most])
    cut = len(begin) > most or len(text) > 4 * most
    return f"{shown.rstrip()}… ({counted(len(text), 'character')})" if cut else shown


def _code(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
