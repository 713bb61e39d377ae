"""Validation of RDF files: they are loaded, the shapes are run, and nothing is kept out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import rdflib

from kg.ask import load_files
from kg.engines import ColumnarEngine, Engine, OxigraphEngine
from kg.errors import UsageError, nearest
from kg.rows import Finding
from kg.shacl.report import report_graph
from kg.validate import Shapes, finding_of, validate

__all__ = ["VALIDATORS", "check_files"]

#: What shapes can be run by.
VALIDATORS = ("columnar", "oxigraph", "pyshacl")


def check_files(
    files: Sequence[Path | str], against: Shapes, *, engine: str = "columnar"
) -> tuple[list[Finding], rdflib.Graph, list[str]]:
    """Validate the union of the graphs of RDF files.

    Parameters
    ----------
    files:
        RDF files.
    against:
        The shapes.
    engine:
        One of :data:`VALIDATORS`. Oxigraph shortens numbers when it stores them, and so they are in its report.

    Returns
    -------
    The findings, the standard's report, and why something was left to pySHACL.

    Raises
    ------
    UsageError, InputError
        when the engine is unknown, or a file can't be read.
    """
    if engine not in VALIDATORS:
        raise UsageError(f"there is no validator '{engine}'{nearest(engine, VALIDATORS)}")
    data: Engine = ColumnarEngine(union=True) if engine == "columnar" else OxigraphEngine(union=True)
    load_files(data, files)
    report = validate(data, against, by_reference=engine == "pyshacl")
    graph = report_graph(report.results, against.graph.graph)
    return [finding_of(result) for result in report.results], graph, report.by_pyshacl
