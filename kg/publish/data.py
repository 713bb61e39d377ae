"""Every resource in Turtle, JSON-LD and N-Triples, and the whole graph as dumps."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kg.engines.columnar.ntriples import CODES, NAMED
from kg.engines.columnar.store import quoted
from kg.namespaces import PREFIXES, RDF, XSD
from kg.publish.distributions import write_checksums
from kg.publish.shards import Made, Shards, compressed, in_order, turtle_head, workers, write_shards
from kg.publish.site import Site
from kg.publish.staged import Staged
from kg.publish.tables import tables

__all__ = ["DUMP", "data"]

#: The name of the dumps, without what says their format.
DUMP = "dumps/graph"
#: How many facts are taken out at a time, and how many are one piece of work.
_TAKEN, _PIECE = 400_000, 25_000


@dataclass(frozen=True, slots=True)
class _Piece:
    shards: Shards
    first: bool


def data(site: Site) -> None:
    """Write the descriptions of all resources, and the dumps."""
    site.progress("writing linked data", 0, site.graph.quads)
    with workers(site.graph.quads) as executor:
        plain = [site.build.folder / name for name in ("facts.nq", "inferred.nq")]
        target = site.path(f"{DUMP}.nq.gz")
        packed = None
        if executor is None:
            compressed(plain, target)
        else:
            packed = executor.submit(compressed, plain, target)
        _shards(site, executor)
        site.progress("writing dumps", 0, 0)
        _parquet(site.graph, site.path(f"{DUMP}.parquet"))
        if packed is not None:
            packed.result()
    tables(site)
    write_checksums(site)


def _shards(site: Site, executor: Executor | None) -> None:
    work = partial(_write, str(site.folder / "data"))
    done = 0
    with site.path(f"{DUMP}.ttl.gz").open("wb") as turtle, site.path(f"{DUMP}.jsonld.gz").open("wb") as json_ld:
        for stream, text in ((turtle, turtle_head(PREFIXES)), (json_ld, b"[")):
            stream.write(_packed(text))
        for made in in_order(executor, work, _pieces(site.graph)):
            turtle.write(made.turtle)
            json_ld.write(made.json_ld)
            done += made.triples
            site.progress("writing linked data", done, site.graph.quads)
        json_ld.write(_packed(b"]\n"))


def _write(folder: str, piece: _Piece) -> Made:
    return write_shards(folder, piece.shards, first=piece.first)


def _pieces(graph: Staged) -> Iterator[_Piece]:
    """Yield what is said in each file, some files at a time."""
    shards: Shards = []
    size, first = 0, True
    for name, count, lines in _said(graph):
        shards.append((name, lines))
        size += count
        if size >= _PIECE:
            yield _Piece(shards, first)
            shards, size, first = [], 0, False
    if shards:
        yield _Piece(shards, first)


def _said(graph: Staged) -> Iterator[tuple[str, int, bytes]]:
    """Yield the name of each file, how many lines it has, and the lines; files are in order."""
    names: Mapping[int, str] = dict(graph.connection.execute("FROM files").fetchall())
    for first, last in _ranges(graph):
        found = graph.connection.execute(
            """SELECT file, count(*), string_agg(s || ' ' || p || ' ' || o || ' .' || chr(10), '')
            FROM facts WHERE file BETWEEN ? AND ? GROUP BY file ORDER BY file""",
            [first, last],
        )
        for file, count, lines in found.fetchall():
            yield names.get(file, ""), count, lines.encode()


def _ranges(graph: Staged) -> Iterator[tuple[int, int]]:
    """Yield ranges of numbers of files that have about as many facts as can be taken out at a time."""
    found = graph.connection.execute(
        """SELECT min(file), max(file) FROM (
            SELECT file, (sum(n) OVER (ORDER BY file) - n) // ? AS part FROM (SELECT file, count(*) AS n FROM facts GROUP BY file)
        ) GROUP BY part ORDER BY part""",
        [_TAKEN],
    )
    yield from found.fetchall()


def _packed(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def _parquet(graph: Staged, target: Path) -> None:
    """Write a row for each quad; a literal without datatype or language has that of strings."""
    # What follows the last quotation mark is the datatype or the language.
    graph.connection.execute(f"""COPY (SELECT s[2:-2] AS subject, p[2:-2] AS predicate,
            CASE WHEN literal THEN {_unescaped("o[2:-2 - length(after)]")} WHEN starts_with(o, '<') THEN o[2:-2] ELSE o END AS object,
            CASE WHEN NOT literal THEN NULL WHEN after = '' THEN '{XSD["string"].value}'
                WHEN starts_with(after, '@') THEN '{RDF["langString"].value}' ELSE after[4:-2] END AS datatype,
            CASE WHEN starts_with(after, '@') THEN after[2:] END AS language, g[2:-2] AS graph
        FROM (SELECT *, CASE WHEN literal THEN string_split(o, '"')[-1] END AS after
            FROM (SELECT *, starts_with(o, '"') AS literal FROM facts))
        ) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)""")


def _unescaped(text: str) -> str:
    """Return SQL for a text of N-Quads without its escapes."""
    part = "t"
    for code in CODES[1:]:
        escape = NAMED.get(code, f"{chr(92)}u{code:04X}")
        part = f"replace({part}, {quoted(escape)}, chr({code}))"
    slash = quoted(chr(92))
    return f"""CASE WHEN contains({text}, {slash}) THEN array_to_string(list_transform(
        string_split({text}, {quoted(2 * chr(92))}), lambda t: {part}), {slash}) ELSE {text} END"""
