"""The commands `kg ontology …`: check, document and release an ontology."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import click
from rdflib import Graph

from kg.build import Build, open_build
from kg.errors import EngineError, InputError, UsageError
from kg.ontology.gate.check import check
from kg.ontology.gate.report import as_html, as_json, as_table, as_turtle
from kg.ontology.reference.pages import reference, write_site
from kg.ontology.releases.changelog import COLUMNS, changes_json, changes_markdown, changes_turtle, rows, summary
from kg.ontology.releases.changes import compare, read_version, releases
from kg.ontology.releases.migrate import migrate, migrations, missing, read_data, write_data
from kg.ontology.releases.names import version, version_key
from kg.ontology.releases.release import release
from kg.ontology.vocabulary import read_vocabulary
from kg.render import printable, progress_bar, show
from kg.resources import folder

__all__ = ["ontology"]


@click.group(name="ontology")
def ontology() -> None:
    """Check, document or release the ontology, or somebody else's."""


_PATH = click.Path(path_type=Path)


@ontology.command(name="check")
@click.argument("files", nargs=-1, type=_PATH)
@click.option("--format", "form", default="table", type=click.Choice(["table", "json", "ttl", "html"]))
@click.option("--no-reasoner", is_flag=True, help="Do not look for contradictions, which takes HermiT and a Java.")
def check_command(files: Sequence[Path], form: str, no_reasoner: bool) -> int:
    """Check the ontology, or that in FILES: logic, OWL 2 profiles, metadata, structure, style and use.

    Ends with 0 when there is neither a Violation nor a Warning, with 1 when there is one (Info never fails), with 2 when
    a file can't be read, and with 3 when the reasoner is missing or fails. Nothing is fetched from the web: imports are
    not read, and what would have to be looked up there is reported as not checked.
    """
    with progress_bar() as progress:
        result = check(read_vocabulary(files), reasoner=not no_reasoner, progress=progress)
    if form == "table":
        click.echo(printable(as_table(result, width=shutil.get_terminal_size((100, 24)).columns)))
    else:
        click.echo({"json": as_json, "ttl": as_turtle, "html": as_html}[form](result).rstrip("\n"))
    if result.failure:
        raise EngineError(result.failure)
    return 0 if result.passed else 1


@ontology.command(name="release")
@click.argument("files", nargs=-1, type=_PATH)
@click.option("--out", required=True, type=_PATH, help="The folder of all releases; earlier ones in it stay.")
@click.option("--site", default="", help="The web address where that folder will be: writes the w3id redirect rules.")
@click.option("--contact", "contacts", multiple=True, help="Whom w3id.org may ask, with the GitHub name; repeatable.")
@click.option("--previous", multiple=True, type=_PATH, help="An earlier version that is not in the folder; repeatable.")
@click.option("--name", default="", help="The name of the files; else the w3id folder, the prefix, or the IRI's end.")
@click.option("--example", type=_PATH, help="A built project that shows each term at work on the HTML pages.")
@click.option("--replace", is_flag=True, help="Write a version again that is there with other contents.")
def release_command(
    files: Sequence[Path],
    out: Path,
    site: str,
    contacts: Sequence[str],
    previous: Sequence[Path],
    name: str,
    example: Path | None,
    replace: bool,
) -> None:
    """Write a release of the ontology, or of that in FILES.

    It holds all formats, the JSON-LD context, the reference as HTML, the changelog, the migration queries and the
    redirect rules of w3id.org.
    """
    vocabulary = read_vocabulary(files)
    build = None if example is None else open_build(example)
    extras: dict[str, Graph] = {}
    if not files:
        now = version_key(version(vocabulary)) or (0, 0, 0)
        previous = previous or [path for path in releases() if (version_key(path.stem) or (0, 0, 0)) < now]
        extras["shapes"] = Graph(bind_namespaces="none")
        for path in sorted(folder("shapes").rglob("*.ttl")):
            extras["shapes"].parse(path)
    made = release(
        vocabulary,
        out,
        previous=[read_version(path) for path in previous],
        extras=extras,
        name=name,
        site=site,
        contacts=contacts,
        pages=lambda one: reference(one, example=build if one is vocabulary else None),
        replace=replace,
    )
    for note in made.notes:
        click.echo(f"note: {printable(note)}", err=True)
    click.echo(printable(f"{made.folder}: {made.name} {made.version or 'without a version'}, {len(made.files)} files"))


@ontology.command(name="changes")
@click.argument("old", required=False, type=_PATH)
@click.argument("new", required=False, type=_PATH)
@click.option("--format", "form", default="table", type=click.Choice(["table", "json", "csv", "md", "ttl"]))
def changes_command(old: Path | None, new: Path | None, form: str) -> int:
    """Show what changed from OLD to NEW, each a file or a folder of modules, and which version step that asks for.

    OLD is otherwise the newest frozen release, and NEW the ontology that ships. Ends with 1 when a term was removed
    that was not deprecated before, or the version makes too small a step.
    """
    if old is None and not releases():
        raise UsageError("there is no frozen release in ontology/releases; name two files")
    before = read_version(old or releases()[-1])
    found = compare(before, read_version(new) if new else read_vocabulary())
    if form == "json":
        click.echo(changes_json(found), nl=False)
    elif form == "ttl":
        click.echo(changes_turtle(found), nl=False)
    elif form == "md":
        click.echo(changes_markdown(found), nl=False)
    else:
        show(COLUMNS, rows(found), form)
    if form == "table":
        click.echo(printable(summary(found)))
    for fault in found.faults:
        click.echo(f"fault: {printable(fault)}", err=True)
    return 1 if found.faults else 0


@ontology.command(name="migrate")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--ontology", "terms", multiple=True, type=_PATH, help="The files of another ontology; repeatable.")
@click.option("--out", type=_PATH, help="Where to write the changed data; else it is only said what would change.")
@click.option("--format", "form", default="table", type=click.Choice(["table", "json", "csv"]))
def migrate_command(files: Sequence[Path], terms: Sequence[Path], out: Path | None, form: str) -> int:
    """Bring the RDF FILES from deprecated terms to their successors.

    Ends with 1 when the data uses a deprecated term for which there is no migration query.
    """
    vocabulary = read_vocabulary(terms)
    data = read_data(files)
    done = migrate(data, migrations(vocabulary))
    if out is not None:
        write_data(data, out)
    columns = ("term", "version", "query", "removed", "added")
    changed = [applied for applied in done if applied.removed or applied.added]
    show(
        columns,
        [
            (a.migration.term, a.migration.version, str(a.migration.source or "generated"), a.removed, a.added)
            for a in changed
        ],
        form,
    )
    click.echo(f"{out}: written" if out else "nothing is written; --out FILE writes the changed data", err=True)
    left = [term for term in missing(vocabulary) if data.uses(term)]
    for term in left:
        click.echo(f"fault: {printable(term)} is deprecated and in use, and has no migration query", err=True)
    return 1 if left else 0


@ontology.command(name="docs")
@click.argument("files", nargs=-1, type=_PATH)
@click.option("--out", required=True, type=_PATH, help="The folder of the pages; a new one, or one written before.")
@click.option("--example", type=_PATH, help="A built project that shows each term at work; else that of the checkout.")
def docs_command(files: Sequence[Path], out: Path, example: Path | None) -> None:
    """Write the reference of the ontology, or of that in FILES, as HTML pages.

    The pages need no server and no network, and nothing outside the folder is touched.
    """
    vocabulary = read_vocabulary(files)
    build = _example(example, ours=not files)
    pages = reference(vocabulary, example=build)
    write_site(pages, out)
    if build is None:
        click.echo("note: no built project, so no term is shown at work; --example PROJECT names one", err=True)
    count = sum(name.endswith(".html") for name in pages)
    click.echo(f"{len(vocabulary.terms)} terms on {count} pages: {out / 'index.html'}")


def _example(project: Path | None, *, ours: bool) -> Build | None:
    """Return the build that was asked for; else, for the ontology that ships, that of the checkout's example."""
    if project is not None:
        return open_build(project)
    try:
        return open_build(folder("ontology").parent / "examples" / "landmarks") if ours else None
    except InputError:
        return None
