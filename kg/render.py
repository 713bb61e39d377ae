"""Showing rows and progress on a terminal: the printing half of the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import click
import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kg.ask import files_engine
from kg.build import Build
from kg.engines import Solutions
from kg.engines.base import Term
from kg.namespaces import shorten
from kg.resources import ontology_files
from kg.rows import Progress as Callback
from kg.rows import silent

__all__ = ["name_of", "named", "printable", "progress_bar", "show", "show_solutions"]

#: The columns of a build's tables that fit a terminal; the other forms show all.
_TERMINAL = frozenset("group source kinds types members organization drivers stance role".split())  # noqa: SIM905


@contextmanager
def progress_bar() -> Iterator[Callback]:
    """Give a progress callback: a bar on standard error where that is a terminal, else nothing."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total or None)


def show(columns: Sequence[str], rows: Sequence[Sequence[object]], form: str) -> None:
    """Print rows in one of the forms that every command knows."""
    if form == "json":
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False, indent=1))
    elif form in ("csv", "tsv"):
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter="\t" if form == "tsv" else ",", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
        click.echo(stream.getvalue(), nl=False)
    else:
        console = Console()
        table = Table(*columns, header_style="bold", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(escape("" if cell is None else printable(str(cell))) for cell in row))
        console.print(table)
        console.print(f"{len(rows)} rows", style="dim", highlight=False)


def named(build: Build, table: pa.Table, form: str) -> tuple[list[str], list[list[object]]]:
    """Return the rows of a table; on a terminal with names in place of IRIs and the widest columns left out."""
    rows = [list(row.values()) for row in table.to_pylist()]
    if form != "table":
        return table.column_names, rows
    keep = [name for name in table.column_names if name in _TERMINAL]
    places = [table.column_names.index(name) for name in keep]
    shown = [[name_of(build, row[place]) for place in places] for row in rows]
    return keep, shown


def printable(text: str) -> str:
    """Return a text without the control characters that a terminal would obey; they may come from strangers' data."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def name_of(build: Build, value: object) -> object:
    """Return the name of what an IRI stands for, in the build or among the concepts of the ontology; else the value."""
    if not isinstance(value, str):
        return value
    return build.label(value) if value.startswith(build.base) else _concepts().get(value, value)


@cache
def _concepts() -> dict[str, str]:
    """Return the English labels of the concepts of the ontology, which answers name by their IRIs."""
    engine = files_engine(ontology_files())
    found = engine.select(
        'SELECT ?term ?label { ?term a skos:Concept ; skos:prefLabel ?label FILTER(LANG(?label) = "en") }'
    )
    return {term.value: label.value for term, label in found if term and label}


def show_solutions(answer: Solutions, form: str, build: Build | None = None) -> None:
    """Print the solutions of a query; on a terminal with names or shortened IRIs."""

    def cell(term: Term | None) -> object:
        if term is None or form != "table":
            return None if term is None else term.value
        name = name_of(build, term.value) if build else term.value
        return shorten(name) if isinstance(name, str) else name

    show(list(answer.variables), [[cell(term) for term in row] for row in answer], form)
