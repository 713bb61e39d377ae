"""Findings as one page of HTML that needs nothing else: counts, and each row that something is wrong with."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Template
from markupsafe import Markup

from kg.markup import environment, read_asset, read_style
from kg.reports.kinds import SEVERITIES, Kind, kinds, readable, totals
from kg.reports.rows import EFFECTS, chosen, files
from kg.rows import Finding, RowCounts

__all__ = ["report_html"]

#: How many findings a page shows, and how many kinds and files are counted in it.
MOST, MOST_LISTED = 1_000, 200


@dataclass(slots=True)
class _Counts:
    """What was found in one file or by one rule: by severity and by effect, and where it begins on the page."""

    name: str
    rule: str
    findings: Counter[str] = field(default_factory=Counter)
    rejected: set[int] = field(default_factory=set)
    left_out: set[tuple[int, str, str]] = field(default_factory=set)
    anchor: str = ""

    def add(self, finding: Finding) -> None:
        """Count one more."""
        self.findings[SEVERITIES[finding.severity]] += 1
        row = id(finding.row) if finding.row is not None else id(finding)
        if finding.effect == "rejected":
            self.rejected.add(row)
        elif finding.effect == "left-out":
            self.left_out.add((row, finding.column, finding.value))


def report_html(
    findings: Sequence[Finding],
    *,
    rows: RowCounts | None = None,
    title: str = "",
    all_of_them: str = "kg validate --format csv shows all",
) -> str:
    """Return the page; all text from data is escaped, and long texts are cut.

    Parameters
    ----------
    findings:
        Of many the page shows the first of each kind; the counts are of all.
    rows:
        How many rows were read, where that is counted.
    title:
        What was validated.
    all_of_them:
        Where findings are that are not shown.
    """
    by_kind = kinds(findings)
    shown, each = chosen(by_kind, MOST)
    sources = _sources(findings)
    views = files(shown, {key: number for number, key in enumerate(sources)})
    rules, listed = [_counted(kind) for kind in by_kind], list(sources.values())
    for view in views:
        listed[view.number].anchor = view.id
        for row in view.rows:
            for one in row.findings:
                rules[one.kind].anchor = rules[one.kind].anchor or one.id
    style, script = read_style("report/report.css"), read_asset("report/report.js")
    return _template().render(
        title=readable(title, 200),
        totals=totals(findings),
        rows=rows,
        total=len(findings),
        shown=len(shown),
        each=each,
        all_of_them=all_of_them,
        sources=listed,
        rules=rules,
        most_listed=MOST_LISTED,
        severities=[(name, name) for name in SEVERITIES.values() if any(rule.findings[name] for rule in rules)],
        effects=list(EFFECTS.items()),
        file_names=[(view.number, listed[view.number].name) for view in views],
        kind_names=[(number, rule.name[:80]) for number, rule in enumerate(rules) if rule.anchor],
        files=views,
        style=Markup(style),
        script=Markup(script),
        style_digest=_digest(style),
        script_digest=_digest(script),
    )


def _sources(findings: Sequence[Finding]) -> dict[tuple[int, str], _Counts]:
    """Return what was found in each file of each source, in their order."""
    out: dict[tuple[int, str], _Counts] = {}
    for finding in sorted(findings, key=lambda f: (f.source, f.file)):
        key = finding.source, finding.file
        if key not in out:
            name = readable(finding.file, 200) or "not in a file"
            out[key] = _Counts(name, f"source {finding.source}" if finding.source else "")
        out[key].add(finding)
    return out


def _counted(kind: Kind) -> _Counts:
    counts = _Counts(kind.title, readable(kind.rule, 200))
    for finding in kind.findings:
        counts.add(finding)
    return counts


@cache
def _template() -> Template:
    return environment("report").get_template("report.html.j2")


def _digest(text: str) -> str:
    """Return the digest by which a page allows its own style and script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
