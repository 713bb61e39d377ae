"""The order of the stages: read, validate, then what :mod:`kg.writing` does. The only place that knows it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter

from kg.build import Build, open_build
from kg.catalog import asked_often
from kg.engines import ColumnarEngine, RemoteEngine
from kg.engines.columnar import Drafts
from kg.engines.remote import CheckedEngine
from kg.errors import ClusterKGError, UsageError, nearest
from kg.folders import replacing
from kg.quarantine import Quarantine
from kg.rejected import in_order
from kg.rows import Finding, Loaded, Progress, RowCounts, silent
from kg.settings import ENGINES, Settings, read_settings
from kg.sources import read_source
from kg.validate import Shapes
from kg.writing import Work, inferred_graph, source_graph, write_build

__all__ = ["Violations", "build", "check", "checked", "prepared", "published"]

#: Where a build has what was validated, for the next time.
VALIDATED = "validated"
#: The engines that a build can run on.
_BUILDERS = ("columnar", "oxigraph", "remote")


class Violations(ClusterKGError):
    """The data has violations and the build was asked to be strict."""

    exit_status = 1


def build(
    folder: Path | str = ".",
    *,
    profile: str | None = None,
    settings: Mapping[str, object] | None = None,
    engine: str | None = None,
    with_validation: bool = True,
    with_store: bool = True,
    strict: bool = False,
    progress: Progress = silent,
) -> Build:
    """Load, validate and infer; write the folder `build/` of a project, all of it or nothing.

    Parameters
    ----------
    folder:
        A project folder, with a `kg.toml`.
    profile, settings:
        A rule profile and parameters in place of those in the file.
    engine:
        The engine to run on: ``columnar``, ``oxigraph``, or ``remote`` for the server that `kg.toml` names.
    with_validation:
        Without it the shapes are not run: only rows that can't be read or have no key are kept out.
    with_store:
        Whether to make the Oxigraph store that queries open.
    strict:
        Stop at any violation, before anything is inferred.
    progress:
        Called with what is being done.

    Returns
    -------
    The build, open for reading.

    Raises
    ------
    UsageError, InputError
        when the request or an input can't be read; the last good build stays.
    EngineError
        when a server fails, or does not keep a value that it is given.
    Violations
        when `strict` and the data has any.
    """
    if strict and not with_validation:
        raise UsageError(
            "--strict stops at violations, and without validation none are looked for: leave one of them out"
        )
    project = Path(folder)
    chosen = read_settings(project, profile=profile, settings=settings)
    with replacing(project / "build", ".build-") as target:
        work = _prepare(chosen, target, engine=engine, with_validation=with_validation, keep=True, progress=progress)
        found = Counter(finding.severity for finding in work.quarantine.findings)
        if strict and found["Violation"]:
            first = next(f for f in work.quarantine.findings if f.severity == "Violation")
            place = f"{first.file} line {first.line}: " if first.file else ""
            raise Violations(f"{found['Violation']} violations, the first: {place}{first.message}; nothing was built")
        write_build(target, work, with_validation=with_validation, with_store=with_store, progress=progress)
    return open_build(project)


def check(
    folder: Path | str, *, against: Shapes | None = None, engine: str = "columnar", progress: Progress = silent
) -> list[Finding]:
    """Load and validate a project and return the findings; see :func:`checked`."""
    return checked(folder, against=against, engine=engine, progress=progress)[0]


def checked(
    folder: Path | str,
    *,
    against: Shapes | None = None,
    engine: str = "columnar",
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda note: None,
) -> tuple[list[Finding], RowCounts]:
    """Load and validate a project and return the findings and how many rows were read; nothing is written.

    Parameters
    ----------
    folder:
        A project folder.
    against:
        Shapes other than those that ship for input.
    engine:
        What the shapes are run by: ``columnar``, ``remote`` for the server that `kg.toml` names, or ``pyshacl`` as the
        reference.
    progress:
        Called with what is being done.
    tell:
        Called with what is to be said of the work.

    Raises
    ------
    UsageError, InputError
        when the project or an input can't be read.
    """
    if engine not in ("columnar", "pyshacl", "remote"):
        raise UsageError(f"a project is validated by columnar, remote or pyshacl, not by '{engine}'")
    folder = Path(folder)
    if (folder / "run.json").is_file() and (folder.parent / "kg.toml").is_file():
        folder = folder.parent  # the folder of a build was named
    settings = read_settings(folder)
    with tempfile.TemporaryDirectory() as place:
        work = _prepare(
            settings,
            Path(place),
            engine="remote" if engine == "remote" else "columnar",
            with_validation=True,
            against=against,
            before=folder / "build" / VALIDATED,
            by_reference=engine == "pyshacl",
            progress=progress,
        )
        work.columnar.store.connection.close()
    for note in work.notes:
        tell(note)
    return in_order(work.quarantine.findings), work.quarantine.rows


def published(build: Build) -> RemoteEngine:
    """Return the project's server, asked for what a build on it left there: its facts and conclusions.

    Raises
    ------
    UsageError
        when the build was not made on a server, or the project names none any more.
    """
    if build.run["engine"] != "remote":
        raise UsageError(f"this build was made on {build.run['engine']} and is on no server: kg build --engine remote")
    settings = read_settings(build.folder.parent)
    engine = settings.on_server("working")
    numbers = [source["number"] for source in build.run["sources"]]
    if isinstance(engine, CheckedEngine):
        engine.mirror = build.engine
    engine.seen = (*(source_graph(settings, number) for number in numbers), inferred_graph(settings).value)
    return engine


@contextlib.contextmanager
def prepared(folder: Path, place: Path, *, progress: Progress = silent) -> Iterator[tuple[str, Drafts]]:
    """Read and validate a project, and give its base IRI and what its rows state as long as it is entered.

    Parameters
    ----------
    folder, place:
        The project, and a folder that may be used.
    progress:
        Called with what is being done.
    """
    settings = read_settings(folder)
    work = _prepare(settings, place, engine="columnar", with_validation=True, progress=progress)
    try:
        yield settings.base, work.quarantine.drafts
    finally:
        work.columnar.store.connection.close()


def _prepare(
    settings: Settings,
    target: Path,
    *,
    engine: str | None,
    with_validation: bool,
    progress: Progress,
    against: Shapes | None = None,
    before: Path | None = None,
    keep: bool = False,
    by_reference: bool = False,
) -> Work:
    """Read and validate; `target` is a folder that may be used."""
    notes: list[str] = []
    name = engine or settings.engine
    if name not in ENGINES:
        raise UsageError(f"there is no engine '{name}'{nearest(name, ENGINES)}")
    if name not in _BUILDERS:
        if engine:
            raise UsageError(f"the engine '{name}' is not in this release; use --engine columnar, oxigraph or remote")
        notes.append(f"the engine '{name}' is not in this release: columnar was used")
        name = "columnar"
    if name == "remote":
        settings.on_server("working")  # it says at once that there is none
    seconds: dict[str, float] = {}
    start = perf_counter()
    if name == "columnar":
        ColumnarEngine.expect(asked_often())
    columnar = ColumnarEngine(union=True, spill=target / "spill", conclusions=inferred_graph(settings).value)
    drafts = Drafts(columnar.store)
    loaded = _read(settings, drafts, progress)
    seconds["read"] = perf_counter() - start
    start = perf_counter()
    quarantine = Quarantine(columnar, drafts, loaded, progress=progress)
    if with_validation:
        with contextlib.ExitStack() as stack:
            elsewhere = stack.enter_context(settings.on_server("checked")) if name == "remote" else None
            quarantine.run(
                against,
                before=before,
                target=target / VALIDATED if keep else None,
                by_reference=by_reference,
                elsewhere=elsewhere,
            )
            notes += elsewhere.notes if elsewhere else []
    seconds["validate"] = perf_counter() - start
    return Work(settings, columnar, quarantine, seconds, notes, [], name)


def _read(settings: Settings, drafts: Drafts, progress: Progress) -> list[Loaded]:
    return [
        read_source(
            entry.type,
            entry.path,
            shown=_shown(entry.path, settings.folder),
            base=settings.base,
            number=number,
            options=entry.options,
            drafts=drafts,
            progress=progress,
        )
        for number, entry in enumerate(settings.sources, start=1)
    ]


def _shown(path: Path, folder: Path) -> str:
    """Return the path of a source from the project's folder; of one outside it the name alone."""
    place = Path(os.path.relpath(path.resolve(), folder.resolve()))
    return path.resolve().name if ".." in place.parts else place.as_posix()
