"""Queries and updates through SPARQLWrapper: https://www.w3.org/TR/sparql11-protocol/."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO, TypeVar

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat, Triple, parse, parse_query_results
from SPARQLWrapper import JSON, POST, SPARQLWrapper

from kg.engines.base import Solutions
from kg.engines.remote.transport import Answer, Broken, Transport
from kg.errors import EngineError

__all__ = ["Client"]

_JSON = "application/sparql-results+json"
_TRIPLES = "application/n-triples"
#: Headers by which a server says that an answer is not all there is.
_PARTIAL = {
    "x-sparql-maxrows": "the server gave only as many rows as it is set to; raise its ResultSetMaxRows",
    "x-sparql-anytime": "the server gave only what it found in time; set its MaxQueryExecutionTime to 0",
}

T = TypeVar("T")


class _Wrapper(SPARQLWrapper):
    """SPARQLWrapper that makes requests and leaves the sending to others.

    Its own way to send follows redirects with credentials, and authentication by digest is set up for the whole process.
    """

    def __init__(self, transport: Transport, text: str, kind: str) -> None:
        super().__init__(transport.options.url, transport.options.update)
        self.setMethod(POST)
        self.setOnlyConneg(True)
        self.setReturnFormat(JSON)
        # As they are: its own look at the text takes names in IRIs for keywords.
        self.queryString, self.queryType = text, kind


class Client:
    """The endpoints for queries and updates of a server.

    Parameters
    ----------
    transport:
        Sends the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def select(self, text: str, graphs: Sequence[str]) -> Solutions:
        """Run a SELECT query over the union of some graphs."""
        answer = self._query(text, graphs, _JSON, _solutions)
        server = self._transport.options.server
        if server.verbatim:
            return Solutions(answer.variables, [tuple(map(server.term, row)) for row in answer])
        return answer

    def ask(self, text: str, graphs: Sequence[str]) -> bool:
        """Run an ASK query over the union of some graphs."""
        return self._query(text, graphs, _JSON, _truth)

    def construct(self, text: str, graphs: Sequence[str]) -> list[Triple]:
        """Run a CONSTRUCT or DESCRIBE query over the union of some graphs."""
        return self._query(text, graphs, _TRIPLES, _graph)

    def update(self, text: str, *, repeatable: bool) -> None:
        """Run an update."""
        self._transport.send(
            lambda: _Wrapper(self._transport, text, "INSERT")._createRequest(),
            _done,
            what="an update",
            repeatable=repeatable,
        )

    def _query(self, text: str, graphs: Sequence[str], accept: str, read: Callable[[Answer], T]) -> T:
        wrapper = _Wrapper(self._transport, text, "SELECT")
        wrapper.addCustomHttpHeader("Accept", accept)
        for graph in graphs:
            wrapper.addDefaultGraph(graph)
        return self._transport.send(wrapper._createRequest, read, what="a query")


def _done(answer: Answer) -> None:
    """Accept what servers say after an update; a page is no answer of an endpoint."""
    if "html" in answer.kind:
        answer.expect("any other media type")


def _whole(answer: Answer) -> None:
    for name, reason in _PARTIAL.items():
        if name in answer.headers:
            raise EngineError(reason)


def _solutions(answer: Answer) -> Solutions:
    found = _results(answer)
    if not isinstance(found, Solutions):
        raise EngineError("the server answered SELECT with a truth value")
    return found


def _truth(answer: Answer) -> bool:
    found = _results(answer)
    if isinstance(found, Solutions):
        raise EngineError("the server answered ASK with rows")
    return found


def _results(answer: Answer) -> Solutions | bool:
    answer.expect(_JSON, "application/json")
    _whole(answer)
    try:
        return _parsed(answer.body)
    except SyntaxError as error:
        reason = error.msg
    except ValueError as error:
        raise EngineError(f"the answer can't be read ({error})") from None
    # Outside, so that nothing holds on to the parser: it must not be let go by another thread.
    raise Broken(f"the answer is cut short or no JSON of SPARQL results ({reason})")


def _parsed(body: IO[bytes]) -> Solutions | bool:
    found = parse_query_results(input=body, format=QueryResultsFormat.JSON)
    if isinstance(found, QueryBoolean):
        return bool(found)
    assert isinstance(found, QuerySolutions)
    names = tuple(variable.value for variable in found.variables)
    return Solutions(names, [tuple(solution) for solution in found])


def _graph(answer: Answer) -> list[Triple]:
    answer.expect(_TRIPLES, "text/plain", "text/turtle")
    _whole(answer)
    kind = RdfFormat.TURTLE if answer.kind == "text/turtle" else RdfFormat.N_TRIPLES
    try:
        return [quad.triple for quad in parse(input=answer.body, format=kind)]
    except SyntaxError as error:
        raise Broken(f"the answer is cut short or no {answer.kind} ({error.msg})") from None
