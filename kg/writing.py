"""From what was read and validated to a build: facts, conclusions, tables, columns, store, report and record."""

from __future__ import annotations

import contextlib
import itertools
import json
import platform
import re
import resource
import shutil
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

from kg.build import COLUMNS_FILE
from kg.catalog import load
from kg.engines import ColumnarEngine, Engine, OxigraphEngine, RemoteEngine
from kg.engines.bulk import StoreMaker
from kg.errors import UsageError
from kg.identifiers import mint
from kg.infer import Inferred, infer, rules_digest
from kg.lines import Written
from kg.namespaces import CKG, IS_ORGANIZATION, WORKING
from kg.places import nearest_regions
from kg.quarantine import Quarantine
from kg.rejected import write_report
from kg.results import Counts, count_results, write_results
from kg.rows import Progress, silent
from kg.settings import Settings
from kg.validate import finding_of, shapes, validate

__all__ = ["Work", "inferred_graph", "source_graph", "write_build"]

_PREFIX = f"PREFIX ckg: <{CKG}> "
#: What is kept of a row: the nodes that it is about, and where it is.
_ROWS = pa.schema(
    [("node", pa.string()), ("other", pa.string()), ("source", pa.int64()), ("file", pa.string()), ("line", pa.int64())]
)


@dataclass(slots=True)
class Work:
    """What the stages hand to each other."""

    settings: Settings
    columnar: ColumnarEngine
    quarantine: Quarantine
    seconds: dict[str, float]
    notes: list[str]
    placed: list[Triple]
    engine: str

    @property
    def graphs(self) -> dict[int, str]:
        """The graph of each source, by its number."""
        return {source.number: source_graph(self.settings, source.number) for source in self.quarantine.loaded}


def inferred_graph(settings: Settings) -> NamedNode:
    """Return the name of the graph of conclusions."""
    return NamedNode(mint(settings.base, "graph", "inferred"))


def source_graph(settings: Settings, number: int) -> str:
    """Return the name of the graph of a source."""
    return mint(settings.base, "graph", "source") + f"/{number}"


def write_build(
    target: Path, work: Work, *, with_validation: bool, with_store: bool, progress: Progress = silent
) -> None:
    """Infer from what was read and validated, and write all files of a build.

    Parameters
    ----------
    target:
        A new folder.
    work:
        What was read; its columns are closed by this, or kept for the rules.
    with_validation:
        Whether conclusions are validated too.
    with_store:
        Whether to make the Oxigraph store that queries open; it is made beside the other work.
    progress:
        Called with what is being done.

    Raises
    ------
    UsageError
        when the profile judges at a level that nothing has.
    """
    with StoreMaker(target / "store" if with_store else None) as store, contextlib.ExitStack() as stack:
        facts, engine = _with_facts(target, work, store, stack, progress)
        _check_levels(engine, work)
        with _stage(work, "infer", progress):
            result = infer(
                engine,
                base=work.settings.base,
                profile=work.settings.profile,
                facts_digest=facts.digest,
                graphs=work.graphs.values(),
                progress=progress,
            )
        if result.by_size_alone:
            work.notes.append(
                f"{result.by_size_alone} cells were admitted by size alone: one region or one sector has every organisation"
            )
        counts = _write_conclusions(target, work, engine, store, progress)
        if with_validation:
            with _stage(work, "validate output", progress, "validating conclusions"):
                work.quarantine.findings += [
                    finding_of(found, prefix="a conclusion is not as the shapes have it: ")
                    for found in validate(engine, shapes("output")).results
                ]
        write_report(target, work.quarantine.findings, rows=work.quarantine.rows, title=work.settings.title)
        with _stage(work, "store", progress, "making the store"):
            store.finish()
        totals = count_results(engine)
        work.notes += getattr(engine, "notes", [])
        _write_run(target, work, result, facts, counts, totals)
        if isinstance(engine, RemoteEngine):
            engine.publish(inferred_graph(work.settings).value)
            engine.drop(
                source_graph(work.settings, number) for number in itertools.count(len(work.settings.sources) + 1)
            )
    shutil.rmtree(target / "spill", ignore_errors=True)


@contextlib.contextmanager
def _stage(work: Work, name: str, progress: Progress, said: str = "") -> Iterator[None]:
    """Say what is done, and keep how long it takes."""
    if said:
        progress(said, 0, 0)
    start = perf_counter()
    yield
    work.seconds[name] = work.seconds.get(name, 0.0) + perf_counter() - start


def _with_facts(
    target: Path, work: Work, store: StoreMaker, stack: contextlib.ExitStack, progress: Progress
) -> tuple[Written, Engine]:
    """Write the facts, and return what was written and the engine that has them."""
    with _stage(work, "load", progress, "loading facts"):
        _load_facts(work)
    with _stage(work, "facts", progress, "writing facts"):
        facts = _write_facts(target, work)
        store.take(target / "facts.nq")
    with _stage(work, "load", progress):
        return facts, _engine(target, work, stack)


def _write_conclusions(
    target: Path, work: Work, engine: Engine, store: StoreMaker, progress: Progress
) -> Mapping[str, int]:
    """Write what was concluded, as a graph, as tables and as columns, and return how much there is of each."""
    with _stage(work, "write", progress, "writing conclusions"):
        if isinstance(engine, ColumnarEngine):
            engine.store.forget(WORKING)
        engine.write_conclusions(target / "inferred.nq", inferred_graph(work.settings), WORKING)
        store.take(target / "inferred.nq")
        counts = write_results(engine, target)
    if isinstance(engine, ColumnarEngine):
        with _stage(work, "columns", progress, "writing columns"):
            # What answers may name is in the file, so that its dictionary is all that a question needs.
            engine.ready((query.text for query in load("queries/questions")), wait=True)
            engine.save(target / COLUMNS_FILE)
    return counts


def _load_facts(work: Work) -> None:
    """Give the default graph the union of the facts, and a region to whoever has only a point."""
    work.quarantine.drafts.load()
    work.placed = list(nearest_regions(work.columnar))
    if work.placed:
        work.quarantine.drafts.place(work.placed, work.graphs)


def _write_facts(target: Path, work: Work) -> Written:
    """Write every fact in its source's graph, and where rows are."""
    drafts = work.quarantine.drafts
    with pq.ParquetWriter(target / "rows.parquet", _ROWS, compression="zstd") as writer:
        for batch in drafts.accepted():
            writer.write_batch(batch.cast(_ROWS))
    drafts.drop_rows()
    return drafts.write_facts(target / "facts.nq", work.graphs)


def _engine(target: Path, work: Work, stack: contextlib.ExitStack) -> Engine:
    """Return the engine that rules run on, with the facts; what it has on a server is removed with the stack."""
    if work.engine == "columnar":
        return work.columnar
    work.columnar.store.connection.close()
    if work.engine == "remote":
        remote = stack.enter_context(work.settings.on_server("working"))
        remote.load_file(target / "facts.nq")
        return remote
    engine = OxigraphEngine()
    engine.add(quad.triple for quad in parse(path=str(target / "facts.nq"), format=RdfFormat.N_QUADS))
    return engine


def _check_levels(engine: Engine, work: Work) -> None:
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
    work: Work,
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
