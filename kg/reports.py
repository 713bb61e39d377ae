"""Findings for people and for code hosts: text, HTML and SARIF."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Sequence
from importlib import metadata

from kg.namespaces import shorten
from kg.rows import Finding

__all__ = ["report_html", "report_sarif", "report_text"]

#: How many findings the terminal shows.
SHOWN = 50
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;
border-bottom:1px solid #ddd}th{position:sticky;top:0;background:#fff}td:nth-child(3){overflow-wrap:anywhere}
th,td:first-child,td:last-child{white-space:nowrap}@media(max-width:48rem){thead{display:none}
td{display:block;border:0;padding:.1rem 0;white-space:normal}tr{display:block;border-bottom:1px solid #ddd;padding:.6rem 0}
td:first-child{font-weight:600}td:empty{display:none}}
@media(prefers-color-scheme:dark){body,th{color:#eee;background:#181818}td,th{border-color:#444}}"""
_LEVELS = {"Violation": "error", "Warning": "warning", "Info": "note"}


def _place(finding: Finding) -> str:
    place = finding.file + (f" line {finding.line}" if finding.line else "") if finding.file else shorten(finding.focus)
    return place + (f", column {finding.column}" if finding.column else "")


def _totals(findings: Sequence[Finding]) -> str:
    counts: Counter[str] = Counter(finding.severity for finding in findings)
    names = {"Violation": "violation", "Warning": "warning", "Info": "note"}
    shown = [f"{counts[key]} {name}{'s' * (counts[key] != 1)}" for key, name in names.items() if counts[key]]
    return ", ".join(shown) or "the data conforms"


def report_text(findings: Sequence[Finding]) -> str:
    """Return a summary for the terminal: the first findings, how many more, and the counts."""
    lines = []
    for finding in findings[:SHOWN]:
        value = f" {finding.value!r}" if finding.value else ""
        lines.append(f"{finding.severity}: {_place(finding)}: {finding.message}{value} ({finding.effect})")
    if len(findings) > SHOWN:
        lines.append(f"and {len(findings) - SHOWN} more (--format csv shows all)")
    return "\n".join([*lines, _totals(findings)])


def report_html(findings: Sequence[Finding]) -> str:
    """Return one HTML page that needs nothing else; all text from data is escaped."""
    rows = "\n".join(
        "<tr>"
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in (f.severity, _place(f), f.value, f.message, f.effect))
        + "</tr>"
        for f in findings
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Severity", "Where", "Value", "What", "Effect"))
    table = f"<table><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>" if findings else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Validation report</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body><h1>Validation report</h1><p>{html.escape(_totals(findings))}</p>\n{table}</body></html>\n"
    )


def report_sarif(findings: Sequence[Finding]) -> str:
    """Return the findings as SARIF 2.1.0, which code hosts show beside the lines.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/
    """
    rules = sorted({_rule(finding) for finding in findings})
    driver = {"name": "clusterkg", "version": metadata.version("clusterkg"), "rules": [{"id": rule} for rule in rules]}
    run = {"tool": {"driver": driver}, "results": [_sarif_result(finding) for finding in findings]}
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> str:
    return shorten(finding.shape) if finding.shape else finding.component or "finding"


def _sarif_result(finding: Finding) -> dict[str, object]:
    column = f"{finding.column}: " if finding.column else ""
    value = f" ({finding.value})" if finding.value else ""
    result: dict[str, object] = {
        "ruleId": _rule(finding),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{column}{finding.message}{value}"},
    }
    if finding.file:
        place: dict[str, object] = {"artifactLocation": {"uri": finding.file}}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        result["locations"] = [{"physicalLocation": place}]
    return result
