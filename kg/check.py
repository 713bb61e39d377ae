"""Validation of RDF files: they are loaded, the shapes are run, and nothing is kept out."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import rdflib

from kg.ask import load_files
from kg.engines import ColumnarEngine, Engine, OxigraphEngine
from kg.errors import UsageError, nearest
from kg.rows import Finding
from kg.settings import read_settings
from kg.shacl.report import Result, report_graph
from kg.sources.rdf import parse_file, statement_lines
from kg.validate import Shapes, finding_of, validate
from kg.wording import worded

__all__ = ["VALIDATORS", "check_files"]

#: What shapes can be run by.
VALIDATORS = ("columnar", "oxigraph", "remote", "pyshacl")


def check_files(
    files: Sequence[Path | str],
    against: Shapes,
    *,
    engine: str = "columnar",
    tell: Callable[[str], None] = lambda note: None,
) -> tuple[list[Finding], rdflib.Graph, list[str]]:
    """Validate the union of the graphs of RDF files.

    Parameters
    ----------
    files:
        RDF files.
    against:
        The shapes.
    engine:
        One of :data:`VALIDATORS`. Oxigraph shortens numbers when it stores them, and so they are in its report; the
        server of ``remote`` is the one that the `kg.toml` of the current folder names.
    tell:
        Called with what is to be said of the work.

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
    with contextlib.ExitStack() as stack:
        data: Engine = OxigraphEngine(union=True)
        if engine == "columnar":
            data = ColumnarEngine(union=True)
        elif engine == "remote":
            data = stack.enter_context(read_settings(Path()).on_server("checked"))
        load_files(data, files)
        report = validate(data, against, by_reference=engine == "pyshacl")
        for note in getattr(data, "notes", ()):
            tell(note)
        graph = report_graph(report.results, against.graph.graph)
        return worded(list(_placed(report.results, files)), against, data), graph, report.by_pyshacl


def _placed(results: Sequence[Result], files: Sequence[Path | str]) -> Iterator[Finding]:
    """Yield the findings of results with the file, and where the syntax has lines the line, that states what is wrong.

    That is the triple that a result is about, or else the first about its focus node.
    """
    nodes = {result.focus for result in results}
    of_node: dict[object, tuple[str, int]] = {}
    of_triple: dict[tuple[object, ...], tuple[str, int]] = {}
    for name in files if results else ():
        file = Path(name)
        quads, lines = list(parse_file(file)), statement_lines(file)
        numbers = lines if len(lines) == len(quads) else itertools.repeat(0)
        for quad, number in zip(quads, numbers, strict=False):
            if quad.subject in nodes:
                of_node.setdefault(quad.subject, (str(name), number))
                of_triple.setdefault((quad.subject, quad.predicate.value, quad.object), (str(name), number))
    # Blank nodes have other labels each time a file is read.
    otherwise = (str(files[0]), 0) if len(files) == 1 else ("", 0)
    for result in results:
        triple = (result.focus, str(result.path), result.value)
        place = of_triple.get(triple) or of_node.get(result.focus) or otherwise
        yield replace(finding_of(result), file=place[0], line=place[1])
