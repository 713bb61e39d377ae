"""What is known of servers: where their endpoints are, and what they can and can't do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SERVERS", "Server"]


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
    #: Whether terms and numbers are what the standard says: forms of literals, truth values, division, datatypes.
    exact: bool = True
    #: Whether a path of zero or more steps may have two free ends.
    free_paths: bool = True
    #: Whether the answer of ASK is one.
    ask: bool = True


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
            free_paths=False,
            ask=False,
        ),
    )
}
