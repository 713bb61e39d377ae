"""Parsing once: RDFLib's parser takes some 50 ms for a query, so that of queries that stay the same the algebra is kept.

A process of its own, on another core, parses what is not kept. It reads the queries from standard input and writes their
algebra, a line of JSON for each, to standard output and, when all are parsed, to the folder of what is kept. A query that
can't be parsed is null there: it is left to whoever asks for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import rdflib
from platformdirs import user_cache_path
from rdflib.plugins.sparql.parserutils import CompValue

from kg.errors import ClusterKGError
from kg.sparql.algebra_json import from_json, to_json

__all__ = ["Ahead"]

#: The form of what is kept: another one is another file.
_FORM = 2
#: As many files are kept: each edition of the package has some.
_MOST_KEPT = 12


class Ahead:
    """Queries that were parsed before, or are by another process; :meth:`take` gives each when it is there.

    Parameters
    ----------
    texts:
        The queries in the order in which they will be asked for.
    prefixes:
        Prefixes that need not be declared.
    begin:
        Whether to begin to parse what was not parsed before.
    """

    def __init__(self, texts: Iterable[str], prefixes: Mapping[str, str], *, begin: bool = True) -> None:
        self.waiting = list(texts)
        self._found: dict[str, CompValue | None] = {}
        self._process: subprocess.Popen[bytes] | None = None
        given = json.dumps([self.waiting, dict(prefixes)]).encode()
        self._lines: IO[bytes] | None = None
        #: Whether the queries were parsed before, so that nobody has to wait.
        self.kept = True
        try:
            lines = _kept_at(given).read_bytes().splitlines()
            self._kept = dict(zip(self.waiting, lines, strict=True))
        except (OSError, ValueError):
            self._kept, self.kept = {}, False
            self._lines = self._parse(given) if begin else None

    def _parse(self, given: bytes) -> IO[bytes] | None:
        command = [sys.executable, "-c", "from kg.sparql.ahead import main; main()"]
        # A file and no pipe: nobody waits until the process has come up to read.
        with tempfile.TemporaryFile() as source:
            source.write(given)
            source.seek(0)
            self._process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return self._process.stdout

    def take(self, text: str) -> CompValue | None:
        """Return the algebra of a query, waiting for it if need be; nothing when it can't be had so."""
        if self._process is None:
            return _read(self._kept.pop(text, b"null"))
        while text not in self._found and self.waiting:
            line = self._lines.readline() if self._lines else b""
            self._found[self.waiting.pop(0)] = _read(line)
            if not line:
                self.waiting.clear()
        if not self.waiting:
            self._end()
        return self._found.pop(text, None)

    def _end(self) -> None:
        if self._lines:
            self._lines.close()
            self._lines = None
        if self._process:
            self._process.wait()


def _read(line: bytes) -> CompValue | None:
    try:
        found: CompValue | None = from_json(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None
    return found


def _kept_at(given: bytes) -> Path:
    digest = hashlib.sha256(f"{_FORM} {rdflib.__version__} {sys.version_info[:2]} ".encode() + given)
    return user_cache_path("clusterkg", appauthor=False) / f"queries-{digest.hexdigest()}.jsonl"


def _keep(given: bytes, lines: Iterable[bytes]) -> None:
    """Keep what was parsed, whole or not at all, and little of what was kept before."""
    target = _kept_at(given)
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}")
        part.write_bytes(b"".join(lines))
        part.replace(target)
        before = sorted(target.parent.glob("queries-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in before[_MOST_KEPT:]:
            path.unlink()


def main() -> None:
    """Parse what standard input names."""
    from kg.sparql.parse import parse  # parse imports this module

    given = sys.stdin.buffer.read()
    texts, prefixes = json.loads(given)
    lines = []
    for text in texts:
        try:
            found = to_json(parse(text, prefixes))
        except ClusterKGError:
            found = None
        lines.append(json.dumps(found, ensure_ascii=False).encode() + b"\n")
        with suppress(BrokenPipeError):
            sys.stdout.buffer.write(lines[-1])
            sys.stdout.buffer.flush()
    _keep(given, lines)
