"""SPARQL on a server: a graph of its own that is loaded, that rules add to, and that is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from itertools import count
from pathlib import Path
from time import sleep
from typing import Self

import pyarrow as pa
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg.engines.base import Solutions, Term
from kg.engines.oxigraph import OxigraphEngine
from kg.engines.remote.client import Client
from kg.engines.remote.fidelity import Changed, Tally, has_blank_nodes
from kg.engines.remote.graph_store import GraphStore
from kg.engines.remote.options import RemoteOptions
from kg.engines.remote.text import bound, declared, parts, rule_update
from kg.engines.remote.transport import Transport
from kg.errors import EngineError, UsageError
from kg.rows import in_graph

__all__ = ["RemoteEngine"]

Answer = Solutions | list[Triple] | bool
_ALL = "{ ?s ?p ?o }"
#: What rules need and some servers get wrong: quotients, rounding, truth values, casts, what is not bound, encoding, tags.
_PROOF = {
    "quotient": "1 / 4",
    "rounded": "ROUND(20000 / 3) / 10000",
    "truth": "1 < 2",
    "whole": "<http://www.w3.org/2001/XMLSchema#integer>(7 / 2)",
    "other": "COALESCE(SUBSTR(?none, 1), 1.5)",
    "encoded": 'ENCODE_FOR_URI("\u00e9/ ")',
    "text": 'STRLANG("a", "en")',
}


class RemoteEngine:
    """SPARQL 1.1 on a server, over graphs of its own; no other graph is read or changed.

    A graph whose name begins with that of `working` has all that queries see. What a rule says goes to another first,
    so that what is new of it can be counted and each request can be repeated; what was new is kept in a third. While it
    is entered the engine has these graphs; afterwards they are gone.

    Parameters
    ----------
    options:
        Where the server is, who asks, and how patient one is.
    working:
        The IRI of the graph for the time of the work; others are named below it.
    wait:
        Called with the seconds before a request is sent again.
    """

    name = "remote"

    def __init__(self, options: RemoteOptions, working: str, *, wait: Callable[[float], None] = sleep) -> None:
        transport = Transport(options, wait=wait)
        self.options = options
        self.client, self.graphs = Client(transport), GraphStore(transport)
        self.working, self.said, self.concluded = working, f"{working}/said", f"{working}/concluded"
        #: The graphs whose union queries see.
        self.seen: tuple[str, ...] = (working,)
        #: The graphs that files were loaded to, by the names that the files have for them.
        self.loaded: dict[str, str] = {}
        #: What is to be said of the work.
        self.notes: list[str] = []
        self._given = self._new = 0

    def __enter__(self) -> Self:
        self.prove()
        self.clear()
        self.drop(f"{self.working}/loaded/{number}" for number in count(1))  # of a run that was killed
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(EngineError):  # an error that led here says more
            self._drop([self.working, self.said, self.concluded, *self.loaded.values()])

    def prove(self) -> None:
        """Ask the server for what some get wrong.

        Raises
        ------
        EngineError
            when its answer is another one than Oxigraph's.
        """
        query = f"SELECT {' '.join(f'({text} AS ?{name})' for name, text in _PROOF.items())} WHERE {{ }}"
        answer, expected = self.client.select(query, self.seen), OxigraphEngine().select(query)
        found = dict(zip(answer.variables, answer.rows[0], strict=True)) if len(answer.rows) == 1 else {}
        for name, term in zip(expected.variables, expected.rows[0], strict=True):
            if found.get(name) != term:
                raise EngineError(
                    f"{self.options.url}: the server's SPARQL is not that of the standard: {_PROOF[name]} is "
                    f'{found.get(name)} in place of {term}; server = "virtuoso" has every answer compared with Oxigraph\'s'
                )

    def clear(self) -> None:
        """Remove the graphs of the work.

        Raises
        ------
        EngineError
            when they are not gone then.
        """
        self._drop([self.working, self.said, self.concluded, *self.loaded.values()])
        self._given = self._new = 0
        self._check("can't be removed")

    def _drop(self, graphs: Iterable[str]) -> None:
        self.client.update(" ;\n".join(f"DROP SILENT GRAPH <{graph}>" for graph in graphs), repeatable=True)

    def load(self, quads: Iterable[Quad]) -> None:
        """Add the triples of quads to what queries see, and check that the server has them as they are.

        Triples with blank nodes go in one request, for in two the nodes would be others.

        Raises
        ------
        EngineError
            when the server does not keep a value; it is named.
        """
        triples = list(dict.fromkeys(quad.triple for quad in quads))
        before = self.graphs.read(self.working, Tally.of)
        lines = [str(triple) for triple in triples if not has_blank_nodes(triple)]
        blank = [str(triple) for triple in triples if has_blank_nodes(triple)]
        for start in range(0, len(lines), self.options.batch):
            self.graphs.add(self.working, lines[start : start + self.options.batch])
        if blank:
            self.graphs.add(self.working, blank, repeatable=False)
        before.add_all(triples)
        self._compare(self.working, before, lambda: lines)
        self._given = len(before)

    def load_file(self, path: Path) -> None:
        """Load a file of sorted N-Quads, each graph to one of its own, and their union to what queries see.

        Raises
        ------
        EngineError
            when the server does not keep a value; it is named.
        """
        self.loaded = {}
        given: dict[str, Tally] = {}
        waiting: dict[str, list[str]] = {}
        for line, graph in _lines(path):
            if graph not in given:
                self.loaded[graph] = f"{self.working}/loaded/{len(self.loaded) + 1}"
                given[graph], waiting[graph] = Tally(), []
                self._drop([self.loaded[graph]])
            given[graph].add(line)
            waiting[graph].append(line)
            if len(waiting[graph]) >= self.options.batch:
                self.graphs.add(self.loaded[graph], waiting[graph])
                waiting[graph] = []
        for graph, own in self.loaded.items():
            if waiting[graph]:
                self.graphs.add(own, waiting[graph])
            self._compare(own, given[graph], partial(_of_graph, path, graph))
            self._update(f"ADD GRAPH <{own}> TO GRAPH <{self.working}>")
        self._given = len(Tally.union(given.values()))
        self._has(self.working, self._given, "is not the union of what was loaded")
        for own in sorted(self.graphs.renamed):
            there = self.options.server.verbatim[own]
            self.notes.append(f"values of {own} have the datatype {there} on the server, which would change them")

    def ready(self, queries: Iterable[str]) -> None:
        """Do nothing: a query is sent when it is run."""

    def run_rule(self, construct: str) -> int:
        """Run a CONSTRUCT query as an update, add its triples as conclusions and return how many were new."""
        self._say(construct)
        return self._conclude_said()

    def _say(self, construct: str) -> None:
        """Have a graph of what a rule says."""
        using = self.options.server.using
        update = rule_update(construct, into=self.said, seen=self.working, using=using)
        self._drop([self.said])
        self._update(update)

    def conclude(self, triples: Iterable[Triple]) -> int:
        """Add triples as conclusions and return how many were new."""
        return self._conclude_lines(list(map(str, triples)))

    def conclude_pairs(self, predicate: NamedNode, subjects: Sequence[str], objects: Sequence[str]) -> None:
        """Add triples between IRIs, given as two columns, as conclusions."""
        pairs = zip(subjects, objects, strict=True)
        self._conclude_lines([str(Triple(NamedNode(one), predicate, NamedNode(other))) for one, other in pairs])

    def _conclude_lines(self, lines: list[str]) -> int:
        self._drop([self.said])
        given = Tally()
        for start in range(0, len(lines), self.options.batch):
            self.graphs.add(self.said, lines[start : start + self.options.batch])
        for line in lines:
            given.add(line)
        self._compare(self.said, given, lambda: lines)
        return self._conclude_said()

    def _compare(self, graph: str, given: Tally, lines: Callable[[], Iterable[str]]) -> None:
        """Refuse a server that does not have in a graph what it was given."""
        came = self.graphs.read(graph, Tally.of)
        try:
            given.compare(came, lines, lambda: self.graphs.read(graph, list))
        except Changed as error:
            self._whole(graph, len(came))
            raise Changed(f"{self.options.url}: {error}") from None

    def _whole(self, graph: str, came: int) -> None:
        """Refuse a server that gives only a part of a graph."""
        if came < (found := self._count(graph)):
            raise EngineError(
                f"{self.options.graph_store}: the server gave {came} of the {found} triples of <{graph}>: raise its limit of "
                "rows (Virtuoso: ResultSetMaxRows)"
            )

    def _conclude_said(self) -> int:
        """Add what was said to what queries see, and what of it is new to the conclusions."""
        new = f"GRAPH <{self.said}> {_ALL} FILTER NOT EXISTS {{ GRAPH <{self.working}> {_ALL} }}"
        found = self._number(f"SELECT (COUNT(*) AS ?n) WHERE {{ {new} }}")
        if found:
            self._update(
                f"INSERT {{ GRAPH <{self.concluded}> {_ALL} }} WHERE {{ {new} }} ;\n"
                f"ADD GRAPH <{self.said}> TO GRAPH <{self.working}>"
            )
        self._new += found
        return found

    def _update(self, text: str) -> None:
        """Run an update that does no more when it is run twice."""
        self.client.update(text, repeatable=True)

    def _number(self, query: str, graphs: Sequence[str] = ()) -> int:
        (found,) = self.client.select(query, graphs).rows
        (term,) = found
        if not isinstance(term, Literal) or not term.value.isdecimal():
            raise EngineError(f"{self.options.url}: the server counts {term}")
        return int(term.value)

    def _count(self, graph: str) -> int:
        return self._number(f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {_ALL} }}")

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query with some variables of its outermost pattern bound to terms; they are left out of the answer."""
        if parts(query).form != "SELECT":
            raise UsageError("this query is no SELECT")
        answer = self.client.select(declared(bound(query, bindings or {})), self.seen)
        shown = [place for place, name in enumerate(answer.variables) if name not in (bindings or {})]
        if len(shown) == len(answer.variables):
            return answer
        names = tuple(answer.variables[place] for place in shown)
        return Solutions(names, [tuple(row[place] for place in shown) for row in answer])

    def query(self, query: str) -> Answer:
        """Run any query.

        Raises
        ------
        UsageError
            when the query is not well formed.
        EngineError
            when the server fails.
        """
        match parts(query).form:
            case "SELECT":
                return self.select(query)
            case "ASK":
                return self.client.ask(declared(query), self.seen)
            case _:
                return self.client.construct(declared(query), self.seen)

    def aside(self) -> AbstractContextManager[None]:
        """Do nothing: the graph is in nobody's way."""
        return nullcontext()

    def table(self, query: str) -> pa.Table:
        """Run a SELECT query and return its solutions as texts: IRIs and lexical forms, null where unbound."""
        return self.select(query).texts()

    def copy(self) -> Store:
        """Return all that queries see as the default graph of a store of Oxigraph."""
        store = self.graphs.store(self.working)
        self._whole(self.working, len(store))
        return store

    def write_conclusions(self, path: Path, graph: NamedNode, leave_out: str) -> int:
        """Write the conclusions as sorted N-Quads, all in one graph, but those that name a term of a namespace.

        Raises
        ------
        EngineError
            when the server has other triples than the work led to, as when somebody else changed them.
        """
        self._check("was changed by somebody else, or the server lost some")
        said = self.graphs.read(self.concluded, list)
        self._whole(self.concluded, len(said))
        lines = sorted({f"{in_graph(triple, graph)} .\n" for triple in said if not _names(triple, leave_out)})
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
        self._update(
            f"DELETE {{ GRAPH <{self.concluded}> {_ALL} }} WHERE {{ GRAPH <{self.concluded}> {_ALL} "
            f'FILTER(STRSTARTS(STR(?p), "{leave_out}") || (isIRI(?o) && STRSTARTS(STR(?o), "{leave_out}"))) }}'
        )
        self._has(self.concluded, len(lines), "was changed by somebody else, or has what it should not")
        return len(lines)

    def _check(self, otherwise: str) -> None:
        for graph, expected in ((self.working, self._given + self._new), (self.concluded, self._new)):
            self._has(graph, expected, otherwise)

    def _has(self, graph: str, expected: int, otherwise: str) -> None:
        found = self._count(graph)
        if found != expected:
            raise EngineError(
                f"{self.options.url}: <{graph}> has {found} triples in place of {expected}: it {otherwise}; build again "
                "when nobody else builds this project on the server"
            )

    def publish(self, inferred: str) -> None:
        """Have the graphs that were loaded, and the conclusions, take the places of those from before.

        Parameters
        ----------
        inferred:
            The IRI of the graph of conclusions.
        """
        moves = [*((own, graph) for graph, own in self.loaded.items()), (self.concluded, inferred)]
        sizes = [self._count(own) for own, _ in moves]
        copies = [f"COPY SILENT GRAPH <{own}> TO GRAPH <{graph}>" for own, graph in moves]
        for update in [" ;\n".join(copies)] if self.options.server.transactional else copies:
            self._update(update)
        for (_, graph), size in zip(moves, sizes, strict=True):
            self._has(graph, size, "was not written whole")

    def drop(self, graphs: Iterable[str]) -> None:
        """Remove graphs of the project, the first of them that are there."""
        for graph in graphs:
            if not self._count(graph):
                break
            self._drop([graph])


def _lines(path: Path) -> Iterable[tuple[str, str]]:
    """Yield each triple of a file of N-Quads as it is written, and the IRI of its graph."""
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            triple, _, graph = line.rstrip("\n").removesuffix(" .").rpartition(" ")
            yield triple, graph[1:-1]


def _of_graph(path: Path, graph: str) -> Iterable[str]:
    """Yield the triples of one graph of a file of N-Quads."""
    return (line for line, name in _lines(path) if name == graph)


def _names(triple: Triple, namespace: str) -> bool:
    """Whether the predicate or the object of a triple is a term of a namespace."""
    terms = (triple.predicate, triple.object)
    return any(isinstance(term, NamedNode) and term.value.startswith(namespace) for term in terms)
