"""Parsing in a process of its own: RDFLib's parser takes some 25 ms for a query, which another core has to spare.

The process reads the queries from standard input and writes their algebra, one after the other, to standard output; what
can't be parsed is left to whoever asks for it. Both ends are this package's own.
"""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue, Expr

from kg.errors import ClusterKGError

__all__ = ["Ahead"]


class Ahead:
    """Queries that another process parses; :meth:`take` gives each when it is there.

    Parameters
    ----------
    texts:
        The queries in the order in which they will be asked for.
    prefixes:
        Prefixes that need not be declared.
    """

    def __init__(self, texts: Iterable[str], prefixes: Mapping[str, str]) -> None:
        self.waiting = list(texts)
        self._found: dict[str, CompValue | None] = {}
        command = [sys.executable, "-c", "from kg.sparql.ahead import main; main()"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(pickle.dumps((self.waiting, dict(prefixes))))
            self._process.stdin.close()

    def take(self, text: str) -> CompValue | None:
        """Return the algebra of a query, waiting for it if need be; nothing when the process has none to give."""
        while text not in self._found and self.waiting:
            self._found[self.waiting.pop(0)] = self._next()
        if not self.waiting:
            self._process.wait()
        return self._found.pop(text, None)

    def _next(self) -> CompValue | None:
        assert self._process.stdout is not None
        try:
            found: CompValue | None = pickle.load(self._process.stdout)
        except (OSError, EOFError, AttributeError, ImportError, pickle.UnpicklingError):
            self.waiting.clear()
            return None
        return found


class _Pickler(pickle.Pickler):
    """Writes RDFLib's algebra, whose nodes can't be pickled by themselves; how expressions are evaluated is left out."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, CompValue):
            attributes = {name: part for name, part in value.__dict__.items() if name != "_evalfn"}
            return rebuilt, (isinstance(value, Expr), dict(value), attributes)
        return NotImplemented


def rebuilt(expression: bool, parts: Mapping[str, Any], attributes: Mapping[str, Any]) -> CompValue:
    """Return a node of RDFLib's algebra made of its parts."""
    node = CompValue.__new__(Expr if expression else CompValue)
    dict.__init__(node)
    node.__dict__.update(attributes)
    for name, part in parts.items():
        dict.__setitem__(node, name, part)
    return node


def main() -> None:
    """Parse what standard input names."""
    from kg.sparql.parse import parse  # parse imports this module

    texts, prefixes = pickle.load(sys.stdin.buffer)
    for text in texts:
        try:
            algebra = parse(text, prefixes)
        except ClusterKGError:
            algebra = None
        stream = io.BytesIO()
        _Pickler(stream).dump(algebra)
        try:
            sys.stdout.buffer.write(stream.getvalue())
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            return
