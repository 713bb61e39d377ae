"""The findings of a build as files: the report, and `rejected/` with the rows and values that were kept out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kg.quarantine import CAUSE
from kg.report_turtle import report_turtle
from kg.reports import report_html
from kg.results import write_csv
from kg.rows import Finding, Row, RowCounts

__all__ = ["REPORT_COLUMNS", "in_order", "report_cells", "write_report"]

#: The columns of a report as a table.
REPORT_COLUMNS = (
    "severity",
    "effect",
    "source",
    "file",
    "line",
    "column",
    "value",
    "message",
    "focus",
    "path",
    "component",
    "shape",
)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of the files they are about."""
    return sorted(
        findings,
        key=lambda f: (f.source, f.file, f.line, f.column, f.value, f.message, f.focus, f.path, f.shape, f.component),
    )


def report_cells(finding: Finding) -> list[str | int]:
    """Return a finding as a row of a report; what it lacks is empty, as is the name of a shape without one."""
    if ":" not in finding.shape:
        finding = replace(finding, shape="")
    return [getattr(finding, name) or "" for name in REPORT_COLUMNS]


def write_report(target: Path, given: Iterable[Finding], *, rows: RowCounts, title: str = "") -> None:
    """Write the findings of a build, as CSV, Turtle and HTML, and the rows and values that they kept out.

    Parameters
    ----------
    target:
        The folder of the build.
    given:
        The findings, in any order.
    rows, title:
        How many rows were read, and what the build is called.
    """
    findings = in_order(given)
    write_csv(target / "report.csv", REPORT_COLUMNS, (list(map(str, report_cells(finding))) for finding in findings))
    page = report_html(findings, rows=rows, title=title, all_of_them="report.csv has all")
    for name, text in (("report.ttl", report_turtle(findings)), ("report.html", page)):
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    _write_rejected(target / "rejected", findings)


def _reason(finding: Finding) -> str:
    """Return a message without the value, which stands in the row."""
    if not finding.stated:
        return finding.message
    _, asking, meant = finding.message.partition(": did you mean ")
    cause = CAUSE if finding.message.endswith(CAUSE) and not asking else ""
    return finding.stated + asking + meant + cause


def _write_rejected(target: Path, findings: Iterable[Finding]) -> None:
    """Write the rows that were kept out, and those that lost a value, in the columns they came in plus the reason."""
    target.mkdir()
    for effect, place in (("rejected", target), ("left-out", target / "values")):
        files: dict[tuple[int, str], dict[Row, list[str]]] = defaultdict(lambda: defaultdict(list))
        for finding in findings:
            if finding.effect == effect and finding.row is not None:
                column = f"{finding.column}: " if finding.column and effect == "left-out" else ""
                files[finding.source, finding.row.table.file][finding.row].append(column + _reason(finding))
        names: Counter[str] = Counter()
        for (_, file), rows in sorted(files.items()):
            place.mkdir(exist_ok=True)
            name = Path(file).stem
            names[name] += 1
            shown = f"{name}.csv" if names[name] == 1 else f"{name}-{names[name]}.csv"
            header = next(iter(rows)).table.header
            write_csv(
                place / shown,
                (*header, "line", "reason"),
                (
                    (
                        *row.cells,
                        *[""] * (len(header) - len(row.cells)),
                        str(row.line),
                        "; ".join(dict.fromkeys(reasons)),
                    )
                    for row, reasons in sorted(rows.items(), key=lambda item: (item[0].line, item[0].cells))
                ),
            )
