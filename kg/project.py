"""The order of the stages: read, validate, place, infer, write. The only place that knows it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import resource
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.parquet as pq
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kg.build import COLUMNS_FILE, Build, open_build
from kg.catalog import asked_often, load
from kg.engines import ColumnarEngine, Engine, OxigraphEngine
from kg.engines.bulk import StoreMaker
from kg.engines.columnar import Drafts
from kg.errors import ClusterKGError, UsageError, nearest
from kg.folders import replacing
from kg.identifiers import mint
from kg.infer import Inferred, infer, rules_digest
from kg.lines import Written
from kg.namespaces import CKG, IS_ORGANIZATION, WORKING
from kg.places import nearest_regions
from kg.quarantine import Quarantine
from kg.rejected import in_order, write_report
from kg.results import Counts, count_results, write_results
from kg.rows import Finding, Loaded, Progress, RowCounts, silent
from kg.settings import ENGINES, Settings, read_settings
from kg.sources import read_source
from kg.validate import Shapes, finding_of, shapes, validate

__all__ = ["Violations", "build", "check", "checked", "prepared"]

#: Where a build has what was validated, for the next time.
VALIDATED = "validated"
#: The engines that a build can run on.
_BUILDERS = ("columnar", "oxigraph")
_PREFIX = f"PREFIX ckg: <{CKG}> "
#: What is kept of a row: the nodes that it is about, and where it is.
_ROWS = pa.schema(
    [("node", pa.string()), ("other", pa.string()), ("source", pa.int64()), ("file", pa.string()), ("line", pa.int64())]
)


class Violations(ClusterKGError):
    """The data has violations and the build was asked to be strict."""

    exit_status = 1


@dataclass(slots=True)
class _Work:
    """What the stages hand to each other."""

    settings: Settings
    columnar: ColumnarEngine
    quarantine: Quarantine
    seconds: dict[str, float]
    notes: list[str]
    placed: list[Triple]
    engine: str


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
        The engine to run on: ``columnar`` or ``oxigraph``.
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
        _write(target, work, with_validation=with_validation, with_store=with_store, progress=progress)
    return open_build(project)


def check(
    folder: Path | str, *, against: Shapes | None = None, engine: str = "columnar", progress: Progress = silent
) -> list[Finding]:
    """Load and validate a project and return the findings; see :func:`checked`."""
    return checked(folder, against=against, engine=engine, progress=progress)[0]


def checked(
    folder: Path | str, *, against: Shapes | None = None, engine: str = "columnar", progress: Progress = silent
) -> tuple[list[Finding], RowCounts]:
    """Load and validate a project and return the findings and how many rows were read; nothing is written.

    Parameters
    ----------
    folder:
        A project folder.
    against:
        Shapes other than those that ship for input.
    engine:
        What the shapes are run by: ``columnar``, or ``pyshacl`` as the reference.
    progress:
        Called with what is being done.

    Raises
    ------
    UsageError, InputError
        when the project or an input can't be read.
    """
    if engine not in ("columnar", "pyshacl"):
        raise UsageError(f"a project is validated by columnar or pyshacl, not by '{engine}'")
    folder = Path(folder)
    if (folder / "run.json").is_file() and (folder.parent / "kg.toml").is_file():
        folder = folder.parent  # the folder of a build was named
    settings = read_settings(folder)
    with tempfile.TemporaryDirectory() as place:
        work = _prepare(
            settings,
            Path(place),
            engine=None,
            with_validation=True,
            against=against,
            before=folder / "build" / VALIDATED,
            by_reference=engine == "pyshacl",
            progress=progress,
        )
        work.columnar.store.connection.close()
    return in_order(work.quarantine.findings), work.quarantine.rows


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
    work = _prepare(settings, place, engine=None, with_validation=True, progress=progress)
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
) -> _Work:
    """Read and validate; `target` is a folder that may be used."""
    notes: list[str] = []
    name = engine or settings.engine
    if name not in ENGINES:
        raise UsageError(f"there is no engine '{name}'{nearest(name, ENGINES)}")
    if name not in _BUILDERS:
        if engine:
            raise UsageError(f"the engine '{name}' is not in this release; use --engine columnar or oxigraph")
        notes.append(f"the engine '{name}' is not in this release: columnar was used")
        name = "columnar"
    seconds: dict[str, float] = {}
    start = perf_counter()
    if name == "columnar":
        ColumnarEngine.expect(asked_often())
    columnar = ColumnarEngine(union=True, spill=target / "spill", conclusions=_inferred(settings).value)
    drafts = Drafts(columnar.store)
    loaded = _read(settings, drafts, progress)
    seconds["read"] = perf_counter() - start
    start = perf_counter()
    quarantine = Quarantine(columnar, drafts, loaded, progress=progress)
    if with_validation:
        quarantine.run(against, before=before, target=target / VALIDATED if keep else None, by_reference=by_reference)
    seconds["validate"] = perf_counter() - start
    return _Work(settings, columnar, quarantine, seconds, notes, [], name)


def _inferred(settings: Settings) -> NamedNode:
    return NamedNode(mint(settings.base, "graph", "inferred"))


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


def _graph(settings: Settings, number: int) -> str:
    return mint(settings.base, "graph", "source") + f"/{number}"


def _write(target: Path, work: _Work, *, with_validation: bool, with_store: bool, progress: Progress) -> None:
    with StoreMaker(target / "store" if with_store else None) as store:
        _write_all(target, work, store, with_validation=with_validation, progress=progress)
    shutil.rmtree(target / "spill", ignore_errors=True)


def _write_all(target: Path, work: _Work, store: StoreMaker, *, with_validation: bool, progress: Progress) -> None:
    settings = work.settings
    inferred = _inferred(settings)
    graphs = {source.number: _graph(settings, source.number) for source in work.quarantine.loaded}
    start = perf_counter()
    progress("loading facts", 0, 0)
    _load_facts(work, graphs)
    loaded = perf_counter()
    progress("writing facts", 0, 0)
    facts = _write_facts(target, work, graphs)
    store.take(target / "facts.nq")
    written = perf_counter()
    engine = _engine(target, work)
    work.seconds["load"] = loaded - start + perf_counter() - written
    work.seconds["facts"] = written - loaded
    _check_levels(engine, work)
    start = perf_counter()
    result = infer(
        engine,
        base=settings.base,
        profile=settings.profile,
        facts_digest=facts.digest,
        graphs=graphs.values(),
        progress=progress,
    )
    work.seconds["infer"] = perf_counter() - start
    if result.by_size_alone:
        work.notes.append(
            f"{result.by_size_alone} cells were admitted by size alone: one region or one sector has every organisation"
        )
    start = perf_counter()
    progress("writing conclusions", 0, 0)
    if isinstance(engine, ColumnarEngine):
        engine.store.forget(WORKING)
    engine.write_conclusions(target / "inferred.nq", inferred, WORKING)
    store.take(target / "inferred.nq")
    counts = write_results(engine, target)
    work.seconds["write"] = perf_counter() - start
    if isinstance(engine, ColumnarEngine):
        start = perf_counter()
        progress("writing columns", 0, 0)
        # What answers may name is in the file, so that its dictionary is all that a question needs.
        engine.ready((query.text for query in load("queries/questions")), wait=True)
        engine.save(target / COLUMNS_FILE)
        work.seconds["columns"] = perf_counter() - start
    if with_validation:
        start = perf_counter()
        progress("validating conclusions", 0, 0)
        work.quarantine.findings += [
            finding_of(result, prefix="a conclusion is not as the shapes have it: ")
            for result in validate(engine, shapes("output")).results
        ]
        work.seconds["validate output"] = perf_counter() - start
    write_report(target, work.quarantine.findings, rows=work.quarantine.rows, title=work.settings.title)
    start = perf_counter()
    progress("making the store", 0, 0)
    store.finish()
    work.seconds["store"] = perf_counter() - start
    _write_run(target, work, result, facts, counts, count_results(engine))


def _load_facts(work: _Work, graphs: Mapping[int, str]) -> None:
    """Give the default graph the union of the facts, and a region to whoever has only a point."""
    work.quarantine.drafts.load()
    work.placed = list(nearest_regions(work.columnar))
    if work.placed:
        work.quarantine.drafts.place(work.placed, graphs)


def _write_facts(target: Path, work: _Work, graphs: Mapping[int, str]) -> Written:
    """Write every fact in its source's graph, and where rows are."""
    drafts = work.quarantine.drafts
    with pq.ParquetWriter(target / "rows.parquet", _ROWS, compression="zstd") as writer:
        for batch in drafts.accepted():
            writer.write_batch(batch.cast(_ROWS))
    drafts.drop_rows()
    return drafts.write_facts(target / "facts.nq", graphs)


def _engine(target: Path, work: _Work) -> Engine:
    """Return the engine that rules run on, with the facts."""
    if work.engine == "columnar":
        return work.columnar
    work.columnar.store.connection.close()
    engine = OxigraphEngine()
    engine.add(quad.triple for quad in parse(path=str(target / "facts.nq"), format=RdfFormat.N_QUADS))
    return engine


def _check_levels(engine: Engine, work: _Work) -> None:
    """Refuse a level that nothing has, and say so when there are no regions or sectors at all."""
    for parameter, prop, what in (
        ("region_level", "regionLevel", "region"),
        ("sector_level", "sectorLevel", "sector"),
    ):
        rows = engine.select(f"{_PREFIX} SELECT DISTINCT ?level WHERE {{ ?thing ckg:{prop} ?level }}")
        levels = sorted(
            {int(value) for (term,) in rows if re.fullmatch("[0-9]{1,9}", value := getattr(term, "value", ""))}
        )
        asked = work.settings.profile.whole(parameter)
        if not levels:
            work.notes.append(f"the data has no {what}s: no two organisations are tied by them")
        elif asked not in levels:
            present = ", ".join(map(str, levels))
            raise UsageError(f"{parameter} = {asked}: no {what} has that level; the levels present are {present}")
    organizations = engine.select(f"SELECT (COUNT(DISTINCT ?o) AS ?n) WHERE {{ {IS_ORGANIZATION} }}")
    count = int(getattr(organizations.rows[0][0], "value", "0"))
    if count < work.settings.profile.whole("min_members"):
        work.notes.append(f"there are {count} organisations, fewer than min_members: there can be no group")


def _write_run(
    target: Path,
    work: _Work,
    result: Inferred,
    facts: Written,
    counts: Mapping[str, int],
    totals: Counts,
) -> None:
    quarantine = work.quarantine
    files = [
        {"source": source.number, "file": file, "rows": count}
        for source in quarantine.loaded
        for file, count in source.read.items()
    ]
    rows = quarantine.rows
    record = {
        "title": work.settings.title,
        "base": work.settings.base,
        "license": work.settings.license,
        "about": dict(work.settings.about),
        "sources": [
            {"number": number, "type": entry.type, **entry.about}
            for number, entry in enumerate(work.settings.sources, start=1)
        ],
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": result.run.value,
        "engine": work.engine,
        "profile": work.settings.profile.as_json(),
        "digests": {"facts": facts.digest, "rules": rules_digest()},
        "versions": {
            name: metadata.version(name)
            for name in ("clusterkg", "pyoxigraph", "duckdb", "pyshacl", "rdflib", "igraph")
        }
        | {"python": platform.python_version()},
        "counts": {
            "rows": {"read": rows.read, "rejected": rows.rejected, "accepted": rows.accepted},
            "files": files,
            "facts": facts.lines,
            "findings": dict(sorted(Counter(f.severity for f in quarantine.findings).items())),
            "placed_by_point": len({triple.subject for triple in work.placed}),
            "outcomes": totals.outcomes,
            "kinds": totals.kinds,
            **counts,
        },
        "sizes": {path.name: path.stat().st_size for path in sorted(target.iterdir()) if path.is_file()},
        "left_out_collaborations": totals.left_out,
        "notes": work.notes,
        "seconds": {name: round(value, 3) for name, value in (work.seconds | result.seconds).items()},
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    (target / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
