"""The command `kg`: parses, calls the library, prints."""

from __future__ import annotations

import gc
import json
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox

from kg import project
from kg.answers import serialize_answer
from kg.ask import ask as ask_question
from kg.ask import endpoint as ask_endpoint
from kg.ask import files_engine
from kg.ask import query as run_query
from kg.build import open_build
from kg.catalog import load
from kg.check import check_files
from kg.cli_ontology import ontology
from kg.cli_serve import mcp, serve
from kg.engines import Solutions
from kg.errors import ClusterKGError, InputError, UsageError, nearest
from kg.explain import explain as explain_it
from kg.export import FORMATS, export
from kg.provenance import write_provenance
from kg.publish import publish
from kg.rejected import REPORT_COLUMNS, report_cells
from kg.render import named, printable, progress_bar, show, show_solutions
from kg.report_turtle import report_turtle
from kg.reports import report_html, report_sarif, report_text
from kg.rows import Finding, RowCounts
from kg.validate import chosen_shapes

__all__ = ["main"]

_ROWS = click.Choice(["table", "csv", "tsv", "json"])
_RESULTS = {
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
}
_ACCEPT = {
    "table": "application/sparql-results+json",
    "json": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
    "ttl": "text/turtle",
    "nt": "application/n-triples",
}
_NEW = """[project]
title   = {title}
base    = "https://example.org/{name}/"     # every IRI that is minted begins with it
license = "https://creativecommons.org/licenses/by/4.0/"

[[source]]
type = "tables"
path = "data"

[profile]
name = "default"
# region_level = 3
# min_members = 5
"""


class _Group(click.Group):
    """A group of commands that suggests the nearest for a mistyped name."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise UsageError(f"there is no command '{args[0]}'{nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clusterkg", prog_name="kg")
@click.option("--debug", is_flag=True, help="Show the trace of an error.")
def cli(debug: bool) -> None:
    """From tables of organisations to explained clusters, as linked data."""


cli.add_command(ontology)
cli.add_command(serve)
cli.add_command(mcp)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    # Queries are trees of many objects that live for a moment: looking for cycles among them so often costs a tenth.
    gc.set_threshold(50_000, 20, 20)
    args = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in args
    args = [arg for arg in args if arg != "--debug"]
    try:
        status = cli.main(args, prog_name="kg", standalone_mode=False)
        # What is left goes with the process: to look through it for cycles once more takes half a second after a build.
        gc.freeze()
        sys.exit(status if isinstance(status, int) else 0)
    except ClusterKGError as error:
        _fail(str(error), error.exit_status, debug)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message().replace("\n", " "), 2, debug)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted; what was there before is untouched", 3, debug)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:  # the last line of defence: one line, not a trace
        if "interrupted" in str(error).casefold() and type(error).__name__ in ("RuntimeError", "InterruptException"):
            _fail("interrupted; what was there before is untouched", 3, debug)  # DuckDB's way to say it
        _fail(f"internal error: {type(error).__name__}: {str(error).splitlines()[:1]}; --debug shows more", 3, debug)


def _fail(message: str, status: int, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    click.echo("kg: " + printable(" ".join(message.splitlines())), err=True)
    sys.exit(status)


def _tell(notes: Iterable[str]) -> None:
    for note in notes:
        click.echo(printable(f"note: {note}"), err=True)


def _project_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--project", "folder", default=".", type=click.Path(path_type=Path), help="The project or build folder."
    )(function)


def _format_option(function: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option("--format", "form", default="table", type=_ROWS, help="How rows are shown.")

    @wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    return option(wrapped)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Write a project folder to fill in."""
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise UsageError(f"{folder} is there already and not empty; name a new folder")
    from kg.mapping import TABLES

    (folder / "data").mkdir(parents=True, exist_ok=True)
    name = "".join(c if c.isalnum() else "-" for c in folder.resolve().name.lower()).strip("-") or "project"
    (folder / "kg.toml").write_text(
        _NEW.format(title=json.dumps(folder.resolve().name, ensure_ascii=False), name=name), encoding="utf-8"
    )
    for table, spec in TABLES.items():
        (folder / "data" / f"{table}.csv").write_text(",".join(spec.columns) + "\n", encoding="utf-8")
    click.echo(f"{folder}: fill in data/*.csv (only organizations.csv must have rows), then run: kg build {folder}")


@cli.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--profile", help="The rule profile, such as default or agglomeration.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A rule parameter; can be repeated.")
@click.option("--engine", help="columnar, oxigraph, or remote for the server that kg.toml names; all write the same.")
@click.option("--no-validate", is_flag=True, help="Do not run the shapes.")
@click.option("--no-store", is_flag=True, help="Do not make the Oxigraph store.")
@click.option("--strict", is_flag=True, help="Stop at any violation.")
def build(
    folder: Path,
    profile: str | None,
    settings: Sequence[str],
    engine: str | None,
    no_validate: bool,
    no_store: bool,
    strict: bool,
) -> int:
    """Load, validate and infer; write FOLDER/build/."""
    for setting in settings:
        if "=" not in setting:
            raise UsageError(f"--set {setting}: write it as KEY=VALUE")
    with progress_bar() as progress:
        made = project.build(
            folder,
            profile=profile,
            settings=dict(setting.split("=", 1) for setting in settings),
            engine=engine,
            with_validation=not no_validate,
            with_store=not no_store,
            strict=strict,
            progress=progress,
        )
    counts = made.run["counts"]
    rows, kinds = counts["rows"], counts["kinds"]
    click.echo(f"rows: {rows['read']} read = {rows['accepted']} accepted + {rows['rejected']} rejected")
    click.echo(f"facts: {counts['facts']}; groups: {counts['groups']} with {counts['memberships']} memberships")
    shown = [
        f"{kinds[kind]} {kind}" for kind in ("Cluster", "BusinessWeb", "Network", "Community", "Hub") if kind in kinds
    ]
    if shown:
        click.echo(f"kinds: {', '.join(shown)}")
    _tell(made.run["notes"])
    violations = counts["findings"].get("Violation", 0)
    if violations:
        click.echo(
            f"{violations} violations: see {made.folder / 'report.html'}, report.csv beside it, and "
            f"{made.folder / 'rejected'}",
            err=True,
        )
    return 1 if violations else 0


@cli.command(name="validate")
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--shapes",
    "named_shapes",
    multiple=True,
    metavar="NAME|FILE",
    help="Other shapes: strict, output, or files; can be repeated.",
)
@click.option(
    "--engine",
    default="columnar",
    show_default=True,
    help="columnar, oxigraph, remote (the server that kg.toml names) or pyshacl (the reference).",
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json", "csv", "html", "ttl", "sarif"]))
def validate_command(inputs: Sequence[Path], named_shapes: Sequence[str], engine: str, form: str) -> int:
    """Print the SHACL report of a project, or of RDF files."""
    inputs = inputs or (Path(),)
    against = chosen_shapes(named_shapes)
    _tell(f"in the shapes: {note}" for note in against.notes)
    rows: RowCounts | None = None
    if len(inputs) == 1 and inputs[0].is_dir():
        with progress_bar() as progress:
            findings, rows = project.checked(
                inputs[0], against=against, engine=engine, progress=progress, tell=lambda note: _tell([note])
            )
    else:
        findings, graph, left = check_files(inputs, against, engine=engine, tell=lambda note: _tell([note]))
        _tell(f"pySHACL was asked, for what is not compiled: {reason}" for reason in left)
        if form == "ttl":
            click.echo(graph.serialize(format="turtle"), nl=False)
    if form != "ttl" or inputs[0].is_dir():
        _report(findings, form, rows, ", ".join(map(str, inputs)))
    return 1 if any(finding.severity == "Violation" for finding in findings) else 0


def _report(findings: Sequence[Finding], form: str, rows: RowCounts | None, title: str) -> None:
    if form == "ttl":
        click.echo(report_turtle(findings), nl=False)
    elif form == "html":
        click.echo(report_html(findings, rows=rows, title=title), nl=False)
    elif form == "sarif":
        for part in report_sarif(findings):
            click.echo(part, nl=False)
    elif form in ("csv", "json"):
        show(REPORT_COLUMNS, list(map(report_cells, findings)), form)
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        click.echo(report_text(findings, rows=rows, width=width))


@cli.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@_format_option
def groups(folder: Path, form: str) -> None:
    """Show what was found."""
    made = open_build(folder)
    show(*named(made, made.groups().sort_by([("members", "descending"), ("group", "ascending")]), form), form)


@cli.command()
@click.argument("group")
@_project_option
@_format_option
def members(group: str, folder: Path, form: str) -> None:
    """Show who is in GROUP: an IRI, the end of one, or a name."""
    made = open_build(folder)
    table = made.members(group)
    if table.num_rows == 0:
        raise UsageError(f"{made.find_group(group)} was a candidate and is no group; kg explain says why")
    show(*named(made, table, form), form)


@cli.command()
@click.argument("organization")
@click.argument("group", required=False)
@_project_option
@_format_option
def explain(organization: str, group: str | None, folder: Path, form: str) -> None:
    """Say why ORGANIZATION is a member of GROUP, driver by driver; or why it is not."""
    made = open_build(folder)
    found = explain_it(made, organization, group)
    if form != "table":
        columns = ["organization", "group", "outcome", "text", "driver", "partner", "fact", "where"]
        rows = [
            [e.organization, e.group, e.outcome, e.text, *tie]
            for e in found
            for tie in [(t.driver, t.partner, t.fact, t.where) for t in e.ties] or [("", "", "", "")]
        ]
        show(columns, rows, form)
        return
    for explanation in found:
        click.secho(printable(explanation.text), bold=True)
        for driver in ("Geography", "Horizontal", "Sector", "Vertical"):
            ties = [tie for tie in explanation.ties if tie.driver == driver]
            for number, tie in enumerate(ties):
                if number == 10:
                    click.echo(f"  {driver}: and {len(ties) - 10} more (--format csv shows all)")
                    break
                where = f" [{tie.where}]" if tie.where else ""
                click.echo(printable(f"  {driver}: {made.label(tie.partner)}: {tie.fact}{where}"))


@cli.command()
@_format_option
def questions(form: str) -> None:
    """List the query library."""
    rows = [
        [q.name, q.summary, ", ".join(p.name if p.required else f"{p.name}={p.default}" for p in q.parameters)]
        for q in load("queries/questions")
    ]
    show(["question", "answers", "parameters"], rows, form)


@cli.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("name")
@_project_option
@_format_option
@click.option("--engine", type=click.Choice(["remote"]), help="Ask the server that kg.toml names, not the local build.")
@click.pass_context
def ask(ctx: click.Context, name: str, folder: Path, form: str, engine: str | None) -> None:
    """Answer question NAME; its parameters are given as --parameter value."""
    extra = list(ctx.args)
    given: dict[str, str] = {}
    while extra:
        option = extra.pop(0)
        if not option.startswith("--"):
            raise UsageError(f"'{option}' is out of place: parameters are given as --name value")
        key, equals, value = option[2:].partition("=")
        if not equals:
            if not extra:
                raise UsageError(f"--{key} needs a value")
            value = extra.pop(0)
        given[key] = value
    made = open_build(folder)
    server = project.published(made) if engine else None
    answer = ask_question(made, name, given, server=server)
    _tell(server.notes if server else ())
    show_solutions(answer, form, made)


@cli.command()
@click.argument("file")
@click.option("--data", multiple=True, type=click.Path(path_type=Path), help="RDF files to query in place of a build.")
@click.option("--endpoint", help="The address of a SPARQL server to query in place of a build.")
@click.option("--engine", default="oxigraph", help="oxigraph, columnar, or remote for the server that kg.toml names.")
@click.option("--format", "form", default="table", type=click.Choice(sorted({*_ACCEPT, *FORMATS} - {"parquet"})))
@_project_option
def query(file: str, data: Sequence[Path], endpoint: str | None, engine: str, form: str, folder: Path) -> None:
    """Run the SPARQL query in FILE (- for standard input) on the build, on RDF files or on a server."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"the file can't be read ({error.strerror})", file=file) from None
    except UnicodeDecodeError:
        raise InputError("this is not UTF-8", file=file) from None
    if endpoint:
        click.echo(ask_endpoint(endpoint, text, accept=_ACCEPT.get(form, "text/turtle")), nl=False)
        return
    made = None if data else open_build(folder)
    if form in _RESULTS and engine == "oxigraph":
        store = files_engine(data) if data else made.engine  # type: ignore[union-attr]
        if written := store.serialize(text, _RESULTS[form]):
            click.echo(written, nl=False)
            return
    if engine == "remote":
        if made is None:
            raise UsageError("--engine remote asks the project's server: leave --data out")
        server = project.published(made)
        answer = server.query(text)
        _tell(server.notes)
    else:
        answer = run_query(text, data=data, engine=engine, build=made, tell=lambda line: click.echo(line, err=True))
    if form in _RESULTS and isinstance(answer, bool | Solutions):
        click.echo(serialize_answer(answer, _RESULTS[form]), nl=False)
    elif isinstance(answer, bool):
        click.echo(str(answer).lower())
    elif isinstance(answer, Solutions):
        if form != "table":
            raise UsageError(f"--format {form} is for graphs; this query gives rows: table, csv, tsv, json or xml")
        show_solutions(answer, form)
    else:
        kind = FORMATS.get(form) or ox.RdfFormat.TURTLE
        click.echo(ox.serialize(answer, format=kind), nl=False)


@cli.command(name="export")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--format", "form", default="nq", type=click.Choice(list(FORMATS)), help="The format.")
@click.option("--out", type=click.Path(path_type=Path), help="A file to write; else standard output.")
@click.option("--provenance", is_flag=True, help="Instead: where each fact of the project is from (N-Triples, --out).")
def export_command(folder: Path, form: str, out: Path | None, provenance: bool) -> None:
    """Write the graph of a build: facts and conclusions."""
    if provenance:
        if out is None or form not in ("nq", "nt"):
            raise UsageError("--provenance is written as N-Triples to a file: name it with --out FILE")
        with progress_bar() as progress:
            click.echo(f"{out}: {write_provenance(folder, out, progress=progress)} facts with their places")
        return
    click.echo(export(open_build(folder), form, out), nl=False)


@cli.command(name="publish")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The folder of the site: new, or a site before."
)
@click.option(
    "--templates", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Templates in place of ours."
)
def publish_command(folder: Path, out: Path, templates: Path | None) -> None:
    """Write a build as a static site: pages, linked data and dumps."""
    with progress_bar() as progress:
        made = publish(open_build(folder), out, templates=templates, progress=progress)
    click.echo(f"{made.folder}: {made.files} files, {made.bytes / 1e6:.1f} MB; open {made.folder / 'index.html'}")
