"""What is known of servers: where their endpoints are, and what they can and can't do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from kg.engines.base import Term
from kg.namespaces import GEO, Namespace

__all__ = ["SERVERS", "Server"]

#: Datatypes that no server knows anything about.
_VERBATIM = Namespace("https://w3id.org/clusterkg/verbatim#")


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server and its capabilities.

    The endpoints for updates and for the Graph Store Protocol are told by the end of the query endpoint's address:
    `query_end`, `update_end` and `store_end`; empty where nothing can be told.
    """

    name: str
    query_end: str = ""
    update_end: str = ""
    store_end: str = ""
    #: How it asks who one is, where nothing else is set.
    authentication: str = "basic"
    #: Whether an update is done as a whole or not at all.
    transactional: bool = False
    #: Whether ``USING`` says what the WHERE of an update sees; else the pattern is put into ``GRAPH``.
    using: bool = True
    #: Whether it answers as the standard has it; else each answer is compared with Oxigraph's.
    exact: bool = True
    #: Datatypes whose values it changes, and those that stand for them on the server, which it leaves alone.
    verbatim: Mapping[str, str] = field(default_factory=dict)

    def line(self, line: str) -> str:
        """Return a triple, as N-Triples writes it, with the datatype that stands for its own on the server."""
        for own, there in self.verbatim.items():
            if line.endswith(f'"^^<{own}>'):
                return f"{line[: -len(own) - 1]}{there}>"
        return line

    def term(self, term: Term | None) -> Term | None:
        """Return a term of the server with the datatype that another stands for there."""
        if isinstance(term, Literal) and self.verbatim:
            for own, there in self.verbatim.items():
                if term.datatype.value == there:
                    return Literal(term.value, datatype=NamedNode(own))
        return term


#: The servers that a project may name.
SERVERS: Mapping[str, Server] = {
    server.name: server
    for server in (
        Server("sparql11"),
        Server("oxigraph", query_end="/query", update_end="/update", store_end="/store", transactional=True),
        Server(
            "virtuoso",
            query_end="/sparql",
            update_end="/sparql-auth",
            store_end="/sparql-graph-crud-auth",
            authentication="digest",
            using=False,
            exact=False,
            verbatim={f"{GEO}wktLiteral": f"{_VERBATIM}wktLiteral"},
        ),
    )
}
