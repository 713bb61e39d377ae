"""A server whose answers are not always those of the standard: each is compared with Oxigraph's, here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import sleep

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.engines.base import Solutions, Term
from kg.engines.oxigraph import OxigraphEngine
from kg.engines.remote.engine import Answer, RemoteEngine
from kg.engines.remote.options import RemoteOptions
from kg.engines.remote.transport import Unreachable
from kg.errors import EngineError
from kg.namespaces import XSD

__all__ = ["CheckedEngine"]

#: The most characters of an answer or a query that a note repeats.
_LONGEST = 240


class CheckedEngine(RemoteEngine):
    """The remote engine for a server that is known to be wrong at times; it never answers wrongly itself.

    What the server answers counts only when Oxigraph has the same answer over the same triples; else, and where it fails,
    Oxigraph's is taken. :attr:`notes` says where, and why.
    """

    def __init__(self, options: RemoteOptions, working: str, *, wait: Callable[[float], None] = sleep) -> None:
        super().__init__(options, working, wait=wait)
        self.mirror = OxigraphEngine()

    def prove(self) -> None:
        """Take the server as it is."""

    def clear(self) -> None:
        """Remove the graphs of the work, and what answers are compared with."""
        super().clear()
        self.mirror = OxigraphEngine()

    def load(self, quads: Iterable[Quad]) -> None:
        """Add the triples of quads to what queries see, here and on the server."""
        given = list(quads)
        super().load(given)
        self.mirror.add(quad.triple for quad in given)

    def load_file(self, path: Path) -> None:
        """Load a file of sorted N-Quads, here and on the server."""
        super().load_file(path)
        self.mirror.add(quad.triple for quad in parse(path=str(path), format=RdfFormat.N_QUADS))

    def conclude(self, triples: Iterable[Triple]) -> int:
        """Add triples as conclusions, here and on the server, and return how many were new."""
        given = list(triples)
        return self._same(super().conclude(given), self.mirror.conclude(given))

    def conclude_pairs(self, predicate: NamedNode, subjects: Sequence[str], objects: Sequence[str]) -> None:
        """Add triples between IRIs, given as two columns, as conclusions."""
        super().conclude_pairs(predicate, subjects, objects)
        self.mirror.conclude_pairs(predicate, subjects, objects)

    def run_rule(self, construct: str) -> int:
        """Run a CONSTRUCT query, add its triples as conclusions and return how many were new."""
        answer = self.mirror.query(construct)
        assert isinstance(answer, list)
        expected = set(answer)
        try:
            self._say(construct)
            reason = _difference(_lines(expected), _lines(self.graphs.read(self.said, list)))
        except Unreachable:
            raise
        except EngineError as error:
            reason = f"the server fails ({error})"
        if reason:
            self._tell(construct, reason)
            new = self._conclude_lines(sorted(map(str, expected)))
        else:
            new = self._conclude_said()
        return self._same(new, self.mirror.conclude(expected))

    def _same(self, here: int, there: int) -> int:
        if here != there:
            raise EngineError(f"{self.options.url}: the server counts {here} new triples in place of {there}")
        return here

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query with some variables of its outermost pattern bound to terms; they are left out of the answer."""
        expected = self.mirror.select(query, bindings)
        try:
            answer = super().select(query, bindings)
        except Unreachable:
            raise
        except EngineError as error:
            reason = f"the server fails ({error})"
        else:
            reason = _difference(_rows(expected), _rows(answer))
        if reason:
            self._tell(query, reason)
        return expected

    def query(self, query: str) -> Answer:
        """Run any query; what is no SELECT is answered here."""
        answer = self.mirror.query(query)
        if isinstance(answer, Solutions):
            return self.select(query)
        self._tell(query, "only answers of SELECT are compared")
        return answer

    def copy(self) -> Store:
        """Return all that queries see as the default graph of a store of Oxigraph."""
        return self.mirror.copy()

    def write_conclusions(self, path: Path, graph: NamedNode, leave_out: str) -> int:
        """Write the conclusions as sorted N-Quads, and check that they are those of Oxigraph."""
        count = super().write_conclusions(path, graph, leave_out)
        written = path.read_bytes()
        self.mirror.write_conclusions(path, graph, leave_out)
        if path.read_bytes() != written:
            raise EngineError(f"{self.options.url}: the conclusions on the server are not those that were concluded")
        return count

    def _tell(self, query: str, reason: str) -> None:
        asked = re.search(r"(?m)^#\+ summary: (.*)$", query)
        what = asked[1] if asked else _brief(" ".join(query.split()))
        note = f"answered here by Oxigraph, for {reason}" + (f": {what}" if what else "")
        if note not in self.notes:
            self.notes.append(note)


def _lines(triples: Iterable[Triple]) -> Counter[str]:
    return Counter(map(str, triples))


def _rows(answer: Solutions) -> Counter[str]:
    """Return the solutions so that they can be compared.

    Blank nodes have other names elsewhere, and a truth value that is computed may come as a number.
    """
    names = sorted(answer.variables)
    places = [answer.variables.index(name) for name in names]
    return Counter(
        " ".join(f"?{name} {_shown(row[place])}" for name, place in zip(names, places, strict=True)) for row in answer
    )


def _shown(term: Term | None) -> str:
    if isinstance(term, BlankNode):
        return "_:"
    if isinstance(term, Literal) and term.datatype == XSD["boolean"]:
        return str(Literal({"true": "1", "false": "0"}.get(term.value, term.value), datatype=XSD["integer"]))
    return str(term)


def _difference(expected: Counter[str], came: Counter[str]) -> str:
    """Say what an answer has or lacks, nothing when it is as expected."""
    for what, some in (("lacks", expected - came), ("has", came - expected)):
        if some:
            return f"the server's answer {what} {_brief(min(some))}"
    return ""


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
