"""What the quality gate found, for people and for programs: text, JSON, a SHACL report, and an HTML page."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

import pyoxigraph as ox
from jinja2 import Environment, PackageLoader

from kg.namespaces import CKGSH, PREFIXES, RDF, RDFS, SH, XSD, shorten
from kg.ontology.gate.check import Check, Finding
from kg.ontology.gate.foops import FAILED, NOT_CHECKED, PASSED
from kg.ontology.gate.rules import SEVERITIES, rules

__all__ = ["as_html", "as_json", "as_table", "as_turtle"]

#: How many terms of a check and of a construct the terminal shows.
SHOWN = 8
_IRI = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,:;)]")
_PLURAL = {"Violation": ("violation", "violations"), "Warning": ("warning", "warnings"), "Info": ("note", "notes")}


def as_table(result: Check, *, width: int = 100) -> str:
    """Return the findings for a terminal, those of one check together, then profiles, reasoner and FOOPS! tests."""
    lines = [_clean(f"{result.ontology} {result.version}").strip(), f"{result.terms} terms", ""]
    for name, findings in groupby(result.findings, key=lambda finding: finding.check):
        lines += [*_block(result, name, list(findings), width), ""]
    lines += [_total(result), ""]
    lines += [f"Reasoner: {_clean(result.reasoner)}", f"Usage: {_clean(result.usage)}", ""]
    for name, profile in result.profiles.items():
        lines.append(f"OWL 2 {name}: {'in' if profile.holds else 'not in it'}")
        for construct, terms in profile.kept_out_by:
            lines += _wrap(f"{construct}: {_some(result, terms)}" if terms else construct, "  ", width)
    lines += ["", f"FOOPS!: {_foops_total(result)}"]
    for test in result.foops:
        if test.status == FAILED:
            lines += _wrap(f"{test.test} {test.title}: failed ({', '.join(test.because)})", "  ", width)
    unchecked = ", ".join(test.test for test in result.foops if test.status == NOT_CHECKED)
    lines += _wrap(f"not checked offline: {unchecked}", "  ", width)
    return "\n".join(lines)


def as_json(result: Check) -> str:
    """Return everything as one JSON object."""
    return json.dumps(
        {
            "ontology": result.ontology,
            "version": result.version,
            "terms": result.terms,
            "counts": result.counts,
            "passed": result.passed,
            "reasoner": result.reasoner,
            "usage": result.usage,
            "findings": [asdict(finding) for finding in result.findings],
            "profiles": {
                name: {"in": profile.holds, "kept_out_by": dict(profile.kept_out_by)}
                for name, profile in result.profiles.items()
            },
            "foops": {test.test: asdict(test) for test in result.foops},
        },
        ensure_ascii=False,
        indent=1,
    )


def as_turtle(result: Check) -> str:
    """Return the findings as a `sh:ValidationReport` in Turtle (https://www.w3.org/TR/shacl/#validation-report)."""
    report = ox.BlankNode("report")
    conforms = ox.Literal(str(not result.findings).lower(), datatype=XSD["boolean"])
    triples = [
        ox.Triple(report, RDF["type"], SH["ValidationReport"]),
        ox.Triple(report, SH["conforms"], conforms),
    ]
    for number, finding in enumerate(result.findings):
        node = ox.BlankNode(f"r{number}")
        triples.append(ox.Triple(report, SH["result"], node))
        triples += _result_triples(node, finding)
    for name in sorted({finding.check for finding in result.findings}):
        triples.append(ox.Triple(CKGSH[name], RDFS["comment"], ox.Literal(rules()[name].problem, language="en")))
        triples.append(ox.Triple(CKGSH[name], CKGSH["solution"], ox.Literal(rules()[name].solution, language="en")))
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES).decode()  # type: ignore[union-attr]


def as_html(result: Check) -> str:
    """Return one HTML page that needs nothing else; all text from the ontology is escaped."""
    environment = Environment(loader=PackageLoader("kg", "templates/ontology"), autoescape=True, trim_blocks=True)
    environment.filters["clean"] = _clean
    environment.filters["short"] = lambda iri: _short(result, iri)
    groups = [(rules()[name], list(found)) for name, found in groupby(result.findings, key=lambda f: f.check)]
    return environment.get_template("check.html.j2").render(
        result=result,
        groups=groups,
        severities=SEVERITIES,
        total=_total(result),
        foops_total=_foops_total(result),
    )


def _result_triples(node: ox.BlankNode, finding: Finding) -> list[ox.Triple]:
    told = f"{finding.message} ({finding.detail})" if finding.detail else finding.message
    out = [
        ox.Triple(node, RDF["type"], SH["ValidationResult"]),
        ox.Triple(node, SH["resultSeverity"], SH[finding.severity]),
        ox.Triple(node, SH["focusNode"], ox.NamedNode(finding.term)),
        ox.Triple(node, SH["resultMessage"], ox.Literal(told, language="en")),
        ox.Triple(node, SH["sourceShape"], CKGSH[finding.check]),
        ox.Triple(node, SH["sourceConstraintComponent"], CKGSH[finding.check]),
        ox.Triple(node, CKGSH["file"], ox.Literal(finding.file)),
    ]
    if finding.line:
        out.append(ox.Triple(node, CKGSH["line"], ox.Literal(finding.line)))
    return out


def _block(result: Check, name: str, findings: Sequence[Finding], width: int) -> list[str]:
    rule = rules()[name]
    count = f" ({len(findings)})" if len(findings) > 1 else ""
    summary = rule.summary if "{?" not in rule.summary else rule.problem
    lines = _wrap(f"{rule.severity} {name}{count}: {summary}", "", width)
    lines += _wrap(f"problem: {rule.problem}", "  ", width) if summary != rule.problem else []
    lines += _wrap(f"solution: {rule.solution}", "  ", width)
    for finding in findings[:SHOWN]:
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        detail = f": {_short(result, finding.detail)}" if finding.detail else ""
        if finding.message != rule.summary:
            detail = f": {_short(result, finding.message)}{detail}"
        lines += _wrap(f"- {_clean(_short(result, finding.term))} ({_clean(place)}){_clean(detail)}", "  ", width)
    if len(findings) > SHOWN:
        lines.append(f"  and {len(findings) - SHOWN} more; --format json shows all")
    return lines


def _wrap(text: str, indent: str, width: int) -> list[str]:
    further = indent + "  "
    return textwrap.wrap(
        text, max(width, 40), initial_indent=indent, subsequent_indent=further, break_on_hyphens=False
    ) or [indent]


def _some(result: Check, terms: Sequence[str]) -> str:
    shown = ", ".join(_clean(_short(result, term)) for term in terms[:SHOWN])
    return shown + (f" and {len(terms) - SHOWN} more" if len(terms) > SHOWN else "")


def _short(result: Check, text: str) -> str:
    """Return a text with its IRIs shortened: with the ontology's own prefix or a known one."""
    return _IRI.sub(lambda match: _short_iri(result, match[0]), text)


def _short_iri(result: Check, iri: str) -> str:
    local = iri.removeprefix(result.namespace)
    if local != iri and re.fullmatch(r"[\w-]+", local):
        return f"{result.prefix}:{local}" if result.prefix else local
    return shorten(iri)


def _clean(text: str) -> str:
    """Return a text on one line, without characters that a terminal or a page would obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def _total(result: Check) -> str:
    counted = [f"{number} {_PLURAL[severity][number != 1]}" for severity, number in result.counts.items() if number]
    return ", ".join(counted) or "nothing found"


def _foops_total(result: Check) -> str:
    counted = Counter(test.status for test in result.foops)
    return ", ".join(f"{counted[status]} {status}" for status in (PASSED, FAILED, NOT_CHECKED))
