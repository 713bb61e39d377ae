"""A client of the SPARQL 1.1 Graph Store HTTP Protocol: https://www.w3.org/TR/sparql11-http-rdf-update/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar
from urllib.parse import urlencode
from urllib.request import Request

from pyoxigraph import RdfFormat, Store, Triple, parse

from kg.engines.remote.transport import Answer, Broken, Missing, Transport
from kg.errors import EngineError
from kg.rows import in_graph

__all__ = ["GraphStore"]

_TRIPLES = "application/n-triples"
#: What servers call N-Triples; the last one did before it had a name of its own.
_READABLE = (_TRIPLES, "text/turtle", "text/plain")

T = TypeVar("T")


class GraphStore:
    """The named graphs of a server.

    Parameters
    ----------
    transport:
        Sends the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        #: The datatypes of what was added that others stand for on the server.
        self.renamed: set[str] = set()

    def add(self, graph: str, lines: Iterable[str], *, repeatable: bool = True) -> None:
        """Add triples to a graph, all in one request.

        Parameters
        ----------
        graph:
            Its IRI.
        lines:
            The triples as N-Triples writes them, without the stop.
        repeatable:
            Not with blank nodes: sent twice they are two.
        """
        body = "".join(f"{self._given(line)} .\n" for line in lines).encode()
        address, headers = self._address(graph), {"Content-Type": _TRIPLES}
        self._transport.send(
            lambda: Request(address, data=body, headers=headers, method="POST"),
            lambda _: None,
            what=f"adding to <{graph}>",
            repeatable=repeatable,
        )

    def read(self, graph: str, read: Callable[[Iterator[Triple]], T]) -> T:
        """Return what is read of the triples of a graph; of one that is not there, of none.

        Parameters
        ----------
        graph:
            Its IRI.
        read:
            Called with the triples; again, when they did not come whole.
        """

        def from_answer(answer: Answer) -> T:
            answer.expect(*_READABLE)
            return read(self._own(_triples(answer)))

        address = self._address(graph)
        try:
            return self._transport.send(
                lambda: Request(address, headers={"Accept": _TRIPLES}, method="GET"),
                from_answer,
                what=f"reading <{graph}>",
            )
        except Missing:
            return read(iter(()))

    def store(self, graph: str) -> Store:
        """Return a graph as the default graph of a store of Oxigraph."""

        def load(triples: Iterator[Triple]) -> Store:
            store = Store()
            store.bulk_extend(map(in_graph, triples))
            return store

        return self.read(graph, load)

    def _given(self, line: str) -> str:
        """Return a triple as the server is given it."""
        given = self._transport.options.server.line(line)
        if given is not line:
            self.renamed.add(line.rpartition("^^<")[2][:-1])
        return given

    def _own(self, triples: Iterator[Triple]) -> Iterator[Triple]:
        """Yield triples of the server with the terms that they were given with."""
        server = self._transport.options.server
        if not server.verbatim:
            return triples
        return (Triple(t.subject, t.predicate, server.term(t.object)) for t in triples)  # type: ignore[arg-type]

    def _address(self, graph: str) -> str:
        address = self._transport.options.graph_store
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'graph': graph})}"


def _triples(answer: Answer) -> Iterator[Triple]:
    try:
        for quad in parse(
            input=answer.body, format=RdfFormat.TURTLE if answer.kind == "text/turtle" else RdfFormat.N_TRIPLES
        ):
            yield quad.triple
    except SyntaxError as error:
        raise Broken(f"the answer is cut short or no {answer.kind} ({error.msg})") from None
    except (OSError, ValueError) as error:
        raise EngineError(f"the answer can't be read ({error})") from None
