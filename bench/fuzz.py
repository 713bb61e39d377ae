"""Build projects of fuzzed tables and see that nothing is lost and nothing breaks.

    python bench/fuzz.py --files 10000 --seed 1 [--engines 20] [--keep DIR]

A project may be built, or be refused by one line that names the file; that file is then put back as it was and the rest
is tried again, so that every file is read. Most files that can't be read are found alone, before the build, which is quicker. Whatever else happens is printed, and the project is kept in DIR/PROJECT-SEED.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from kg import project as kg_project
from kg.errors import ClusterKGError, InputError
from kg.frames import open_frame
from kg.mapping import TABLES
from kg.sources.tables import keep_columns

if __name__ == "__main__":  # a plain script: its own folder is on the path, not that above
    sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.fuzz_checks import unaccounted
from bench.fuzz_files import Fuzzed, fuzzed_project

__all__ = ["Fuzzing", "fuzz"]

#: What each project is made of: (t)ables, (c)ordis, (o)ld cordis, (r)df.
KINDS = "tttotrtctt"
#: Processor seconds that a build may take; beyond it hangs.
LIMIT = 60
#: The most characters of a message.
LONGEST = 1_000
#: Refusals of a project as a whole, which no file is to blame for.
_AS_A_WHOLE = re.compile(r"(region|sector)_level = \d+: no (region|sector) has that level")


class Hang(Exception):
    """Something took too long."""


@dataclass(slots=True)
class Fuzzing:
    """What came of it."""

    files: int = 0
    rows: int = 0
    projects: int = 0
    compared: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def fuzz(
    *,
    files: int,
    seed: int,
    engines: int = 0,
    kinds: str = KINDS,
    keep: Path | None = None,
    seconds: float = 1e9,
    progress: Callable[[Fuzzing], None] = lambda _: None,
) -> Fuzzing:
    """Build projects until so many fuzzed files have been read.

    Parameters
    ----------
    files, seed:
        How many, and where chance begins: the same seed gives the same projects.
    engines:
        Of how many projects one is built on the columnar engine too, and the files compared; 0: of none.
    kinds:
        The sources of a project.
    keep:
        Where projects that fail are kept.
    seconds:
        No project is begun after this time.
    progress:
        Called after each project.
    """
    out = Fuzzing()
    end = time.monotonic() + seconds
    while out.files < files and time.monotonic() < end:
        number = seed * 1_000_000 + out.projects
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "project"
            project = fuzzed_project(random.Random(number), folder, kinds)
            count = len(project.mutated)
            compare = engines > 0 and out.projects % engines == 0
            failures = list(_tried(project, out, compare=compare))
            out.failures += [f"{number}: {failure}" for failure in failures]
            if failures and keep:
                shutil.rmtree(keep / str(number), ignore_errors=True)
                shutil.copytree(folder, keep / str(number))
                (keep / str(number) / "failures.txt").write_text("\n".join(failures), encoding="utf-8", errors="replace")  # fmt: skip
        out.files += count
        out.projects += 1
        progress(out)
    return out


def _tried(project: Fuzzed, out: Fuzzing, *, compare: bool) -> Iterator[str]:
    """Build a project, putting files back that it is refused for, and yield what is wrong."""
    if out.projects % 10:
        yield from _screened(project, out)
    while True:
        try:
            with _limit():
                build = kg_project.build(project.folder, engine="oxigraph", with_store=False)
        except ClusterKGError as error:
            message = str(error)
            yield from _bad_message(error)
            if _AS_A_WHOLE.match(message):
                out.refused["as a whole"] += 1
                yield from _checked(project)
                return
            blamed = [file for file in project.mutated if f"{file.parent.name}/{file.name}" in message]
            if len(blamed) != 1:
                yield f"refused, and no file is named: {message[:500]}"
                return
            out.refused[_kind(message)] += 1
            project.heal(blamed[0])
        except Exception:
            yield traceback.format_exc()
            return
        else:
            break
    out.rows += build.run["counts"]["rows"]["read"]
    yield from unaccounted(project)
    if compare:
        out.compared += 1
        yield from _compared(project)


def _screened(project: Fuzzed, out: Fuzzing) -> Iterator[str]:
    """Put the files back that can't be read at all."""
    for file in list(project.mutated):
        kind, ignore = project.sources[int(file.parent.name[1:]) - 1]
        if kind == "rdf" or (kind == "tables" and file.stem not in TABLES):
            continue
        try:
            frame = open_frame(file, shown=f"{file.parent.name}/{file.name}")
            deque(frame.batches, maxlen=0)
            if kind == "tables":
                columns = TABLES[file.stem].columns
                required = [name for name, column in columns.items() if column.required]
                keep_columns(frame, {name: name for name in columns}, required=required, ignore=ignore)
        except InputError as error:
            yield from _bad_message(error)
            out.refused[_kind(str(error))] += 1
            project.heal(file)
        except Exception:
            yield traceback.format_exc()
            project.heal(file)


def _checked(project: Fuzzed) -> Iterator[str]:
    try:
        with _limit():
            kg_project.check(project.folder)
    except Exception:
        yield traceback.format_exc()


def _compared(project: Fuzzed) -> Iterator[str]:
    """Build on the other engine and yield the files that are not the same."""
    first = project.folder / "build-oxigraph"
    (project.folder / "build").replace(first)
    try:
        with _limit():
            kg_project.build(project.folder, engine="columnar", with_store=False)
    except Exception:
        yield "only on the columnar engine: " + traceback.format_exc()
        return
    second = project.folder / "build"
    names = {path.relative_to(place) for place in (first, second) for path in place.rglob("*") if path.is_file()}
    for name in sorted(names):
        if name.suffix in (".nq", ".csv", ".ttl"):
            one, other = ((place / name).read_bytes() if (place / name).exists() else None for place in (first, second))
            if one != other:
                yield f"{name} is not the same on both engines"


def _bad_message(error: ClusterKGError) -> Iterator[str]:
    message = str(error)
    if error.exit_status != 2 or len(message.splitlines()) != 1 or len(message) > LONGEST:
        yield f"a refusal with status {error.exit_status}, of {len(message.splitlines())} lines and {len(message)} characters: {message[:300]!r}"


def _kind(message: str) -> str:
    """A message without what differs from file to file."""
    return re.sub(r"'.*'|\(.*\)|\d+|\S*/\S+", "…", message)[:70]


@contextmanager
def _limit() -> Iterator[None]:
    def stop(*_: object) -> NoReturn:
        raise Hang(f"more than {LIMIT} processor seconds")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def main() -> None:
    """Read the command line and fuzz."""
    parser = argparse.ArgumentParser(description="Build projects of fuzzed tables.")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", type=int, default=20, help="compare the engines on one of so many projects")
    parser.add_argument("--kinds", default=KINDS, help="sources of a project: t(ables), c(ordis), o(ld cordis), r(df)")
    parser.add_argument("--keep", type=Path, default=Path("bench/.data/fuzz"))
    parser.add_argument("--seconds", type=float, default=1e9)
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    shown = 0

    def progress(out: Fuzzing) -> None:
        nonlocal shown
        for failure in out.failures[shown:]:
            print(failure.encode("utf-8", "replace").decode(), flush=True)
        shown = len(out.failures)
        print(f"{out.files} files, {out.projects} projects, {shown} failures", file=sys.stderr, flush=True)

    out = fuzz(
        files=given.files,
        seed=given.seed,
        engines=given.engines,
        kinds=given.kinds,
        keep=given.keep,
        seconds=given.seconds,
        progress=progress,
    )
    for kind, count in out.refused.most_common():
        print(f"refused {count}: {kind}")
    print(
        f"{out.files} files in {out.projects} projects, {out.rows} rows of those built, {out.compared} on both engines: {len(out.failures)} failures"
    )
    sys.exit(1 if out.failures else 0)


if __name__ == "__main__":
    main()
