"""Findings as SARIF 2.1.0, which code hosts show beside the lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from urllib.parse import quote

from kg.reports.kinds import Kind, brief, kinds, readable
from kg.rows import Finding

__all__ = ["report_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"Violation": "error", "Warning": "warning", "Info": "note"}
#: How much of a message is handed on, and of the description of a rule.
_MESSAGE, _DESCRIPTION = 1_000, 1_000


def report_sarif(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield, line by line, one run of a log with all findings; its rules are the shapes and the checks of sources."""
    by_rule: dict[str, list[Kind]] = {}
    for kind in kinds(findings):
        by_rule.setdefault(kind.rule, []).append(kind)
    names = sorted(by_rule)
    rules = {id(f): number for number, rule in enumerate(names) for kind in by_rule[rule] for f in kind.findings}
    driver = {
        "name": "clusterkg",
        "version": metadata.version("clusterkg"),
        "rules": [_rule(rule, by_rule[rule]) for rule in names],
    }
    yield f'{{"$schema": {_text(_SCHEMA)}, "version": "2.1.0", "runs": [{{"tool": {_text({"driver": driver})}, "results": ['
    for place, finding in enumerate(findings):
        number = rules[id(finding)]
        yield ("," if place else "") + "\n" + _text(_result(finding, names[number], number))
    yield "\n]}]}\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rule(rule: str, of: Iterable[Kind]) -> dict[str, object]:
    listed = list(of)
    said = "; ".join(dict.fromkeys(kind.title for kind in listed))
    return {
        "id": rule,
        "name": rule.removeprefix("ckgsh:"),
        "shortDescription": {"text": readable(listed[0].title, _DESCRIPTION)},
        "fullDescription": {"text": readable(said, _DESCRIPTION)},
        "defaultConfiguration": {"level": _LEVELS[listed[0].severity]},
    }


def _result(finding: Finding, rule: str, number: int) -> dict[str, object]:
    column = f"{finding.column}: " if finding.column else ""
    said = finding.message if not finding.value or finding.value[:60] in finding.message else brief(finding)
    result: dict[str, object] = {
        "ruleId": rule,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": readable(column + said, _MESSAGE) or rule},
        "properties": {"effect": finding.effect},
    }
    if location := _location(finding):
        result["locations"] = [location]
    return result


def _location(finding: Finding) -> dict[str, object]:
    """Return where a finding is: the line of the file, and the column or node by its name.

    Where in the line a cell begins depends on quotes that are not known any more.
    """
    location: dict[str, object] = {}
    if finding.file:
        place: dict[str, object] = {"artifactLocation": {"uri": quote(finding.file.replace("\\", "/"))}}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        location["physicalLocation"] = place
    if finding.column:
        name = {"name": finding.column, "fullyQualifiedName": f"{finding.file}#{finding.column}", "kind": "member"}
        location["logicalLocations"] = [name]
    elif finding.focus:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.focus, "kind": "resource"}]
    return location
