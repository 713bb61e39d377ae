"""The files of a site that describe resources, and the dumps of the graph: made from N-Triples in processes of their own."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pyoxigraph import RdfFormat, parse, serialize

from kg.namespaces import PREFIXES

__all__ = ["Made", "Shards", "compressed", "in_order", "turtle_head", "workers", "write_shards"]

#: The level that dumps are compressed at: beyond it takes much longer and gains little.
_LEVEL = 6
#: From so many facts on, processes of their own pay.
_WORTH_PROCESSES = 100_000
#: How many pieces of work may be waiting for each process: they are held in memory.
_AHEAD = 2
#: Names of files and what is said in them: N-Triples, in any order, with repetitions.
Shards = list[tuple[str, bytes]]
_Given = TypeVar("_Given")
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Made:
    """What became of some shards: how many triples and files, and their part of the dumps, compressed."""

    triples: int
    files: int
    turtle: bytes
    json_ld: bytes


def write_shards(folder: str, shards: Shards, *, first: bool = False) -> Made:
    """Write the descriptions in some files, in three formats.

    Parameters
    ----------
    folder:
        Where the files are written.
    shards:
        What is said in each; without a name it is for the dumps only.
    first:
        Whether nothing is before them in the dumps.
    """
    triples, files, turtle, objects = 0, 0, [], []
    for name, given in shards:
        lines = sorted(set(given.splitlines(keepends=True)))
        plain = b"".join(lines)
        quads = list(parse(plain, format=RdfFormat.N_TRIPLES))
        used = {prefix: iri for prefix, iri in PREFIXES.items() if b"<" + iri.encode() in plain}
        text = serialize(quads, format=RdfFormat.TURTLE, prefixes=used) or b""
        json_ld = serialize(quads, format=RdfFormat.JSON_LD) or b"[]"
        if name:
            path = os.path.join(folder, name)  # noqa: PTH118 (there are very many)
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            for suffix, content in (("nt", plain), ("ttl", text), ("jsonld", json_ld + b"\n")):
                with open(f"{path}.{suffix}", "wb") as stream:  # noqa: PTH123
                    stream.write(content)
            files += 3
        triples += len(lines)
        turtle.append(text[len(turtle_head(used)) :])
        objects.append(json_ld.strip()[1:-1])
    separator = b"" if first else b",\n"
    return Made(
        triples,
        files,
        gzip.compress(b"".join(turtle), _LEVEL, mtime=0),
        gzip.compress(separator + b",\n".join(objects), _LEVEL, mtime=0),
    )


def turtle_head(prefixes: dict[str, str]) -> bytes:
    """Return what declares prefixes at the head of Turtle as it is written here."""
    return serialize([], format=RdfFormat.TURTLE, prefixes=prefixes) or b""


def compressed(files: list[Path], target: Path) -> None:
    """Write files one after the other, compressed."""
    with target.open("wb") as out, gzip.GzipFile("", "wb", _LEVEL, out, mtime=0) as stream:
        for file in files:
            with file.open("rb") as given:
                shutil.copyfileobj(given, stream, 1 << 20)


@contextmanager
def workers(facts: int) -> Iterator[Executor | None]:
    """Give processes to work in where so many facts are worth it."""
    if facts < _WORTH_PROCESSES:
        yield None
        return
    # A fork would take over the threads of DuckDB.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


def in_order(executor: Executor | None, work: Callable[[_Given], _Done], items: Iterable[_Given]) -> Iterator[_Done]:
    """Yield what work makes of each item, in their order, a few of them ahead."""
    if executor is None:
        yield from map(work, items)
        return
    waiting: deque[Future[_Done]] = deque()
    for item in items:
        waiting.append(executor.submit(work, item))
        if len(waiting) > _AHEAD * (os.cpu_count() or 1):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
