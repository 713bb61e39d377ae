"""The findings of a build as files: the report, and `rejected/` with the rows and values that were kept out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from kg.report_turtle import report_turtle
from kg.results import write_csv
from kg.rows import Finding, Row

__all__ = ["in_order", "write_report"]

_REPORT = (
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


def write_report(target: Path, given: Iterable[Finding]) -> None:
    """Write the findings of a build, as CSV and Turtle, and the rows and values that they kept out.

    Parameters
    ----------
    target:
        The folder of the build.
    given:
        The findings, in any order.
    """
    findings = in_order(given)
    write_csv(target / "report.csv", _REPORT, ([str(getattr(f, name) or "") for name in _REPORT] for f in findings))
    (target / "report.ttl").write_text(report_turtle(findings), encoding="utf-8", newline="\n")
    _write_rejected(target / "rejected", findings)


def _write_rejected(target: Path, findings: Iterable[Finding]) -> None:
    """Write the rows that were kept out, and those that lost a value, in the columns they came in plus the reason."""
    target.mkdir()
    for effect, place in (("rejected", target), ("left-out", target / "values")):
        files: dict[tuple[int, str], dict[Row, list[str]]] = defaultdict(lambda: defaultdict(list))
        for finding in findings:
            if finding.effect == effect and finding.row is not None:
                column = f"{finding.column}: " if finding.column and effect == "left-out" else ""
                files[finding.source, finding.row.table.file][finding.row].append(column + finding.message)
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
