"""Reads the W3C's manifests of the SPARQL protocol and of the Graph Store protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox
from rdflib import RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from tests.conftest import SHARED

FOLDER = SHARED / "w3c" / "sparql11"
_MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
_HT = Namespace("http://www.w3.org/2011/http#")
_CNT = Namespace("http://www.w3.org/2011/content#")
_UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
_CODES = {"OK": 200, "Created": 201, "NoContent": 204, "NotFound": 404}


@dataclass(frozen=True)
class Exchange:
    """A request of a test, and what is expected of its response."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    statuses: tuple[str, ...]
    format: str | None
    truth: bool | None
    expected: str | None

    @property
    def reads(self) -> bool:
        return self.method in ("GET", "HEAD")

    def allows(self, status: int) -> bool:
        """Whether a status is one of those expected, which may be classes of them."""
        return any(_CODES.get(name) == status or name == f"StatusCode{status // 100}xx" for name in self.statuses)


@dataclass(frozen=True)
class Entry:
    """A test: requests one after the other."""

    name: str
    exchanges: tuple[Exchange, ...]

    @property
    def updates(self) -> bool:
        """Whether it is about updating a store, which this server does not do."""
        return "update" in self.name.split("_")


def entries(*manifests: str) -> list[Entry]:
    """Return the tests of some manifests, with requests."""
    found = []
    for manifest in manifests:
        graph = Graph().parse(FOLDER / manifest, format="turtle")
        for items in graph.objects(None, _MF.entries):
            for node in Collection(graph, items):
                assert isinstance(node, URIRef)
                name = node.split("#")[-1]
                action = graph.value(node, _MF.action)
                sent = list(Collection(graph, graph.value(action, _HT.requests))) if action is not None else []
                found.append(Entry(name, tuple(_exchange(graph, one) for one in sent)))
    return found


def _exchange(graph: Graph, node: Node) -> Exchange:
    response = graph.value(node, _HT.resp)
    truth, form = graph.value(response, _MF.expectedBoolean), graph.value(response, _MF.expectedFormat)
    text = _text(graph, node)
    headers = _headers(graph, node)
    charset = "utf-16" if "utf-16" in headers.get("content-type", "").lower() else "utf-8"
    return Exchange(
        str(graph.value(node, _HT.methodName)),
        str(graph.value(node, _HT.absolutePath)),
        headers,
        None if text is None else text.encode(charset),
        tuple(str(one).split("#")[-1] for one in graph.objects(response, _MF.expectedStatus)),
        None if form is None else str(form),
        None if truth is None else bool(truth.toPython()),  # type: ignore[attr-defined]
        _text(graph, response),
    )


def _text(graph: Graph, node: Node | None) -> str | None:
    body = graph.value(node, _HT.body)
    text = graph.value(body, _CNT.chars) if body is not None else None
    return None if text is None else str(text)


def _headers(graph: Graph, node: Node) -> dict[str, str]:
    items = graph.value(node, _HT.headers)
    fields = Collection(graph, items) if items is not None else ()
    return {str(graph.value(one, _HT.fieldName)).lower(): str(graph.value(one, _HT.fieldValue)) for one in fields}


def graphs(base: str) -> Iterator[ox.Quad]:
    """Yield what the tests need in the store: the data of the protocol's, and what the Graph Store's writes would leave."""
    graph = Graph().parse(FOLDER / "protocol" / "manifest.ttl", format="turtle")
    for node in set(graph.objects(None, _UT.graphData)):
        file, name = graph.value(node, _UT.graph), graph.value(node, RDFS.label)
        text = Path(str(file).removeprefix("file://")).read_bytes()
        yield from _named(text, ox.RdfFormat.N_TRIPLES, str(name))
    for place, (_, exchange) in enumerate(reading()):
        if exchange.expected is not None:
            yield from _named(exchange.expected.encode(), ox.RdfFormat.TURTLE, graph_name(exchange, place, base))


def _named(text: bytes, form: ox.RdfFormat, name: str) -> Iterator[ox.Quad]:
    for quad in ox.parse(text, form):
        yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))


def reading() -> list[tuple[Entry, Exchange]]:
    """Return the reading requests of the Graph Store's tests."""
    found = entries("graph-store-protocol/manifest-direct.ttl", "graph-store-protocol/manifest-indirect.ttl")
    return [(entry, exchange) for entry in found for exchange in entry.exchanges if exchange.reads]


def graph_name(exchange: Exchange, place: int, base: str) -> str:
    """Return the name of the graph of a reading request: every request has its own, for none is replaced between them."""
    path = exchange.path.replace("$LOCATION$", "http://www.example/gsp/created")
    if path == "/gsp?default":
        return f"http://www.example/gsp/{place}/default"
    if path.startswith("/gsp/"):
        return f"{base}{place}/{path.removeprefix('/gsp/')}"
    name = unquote(path.removeprefix("/gsp?graph="))
    return name.replace("/gsp/", f"/gsp/{place}/")


def graph_path(exchange: Exchange, place: int) -> str:
    """Return the path of the request for that graph."""
    path = exchange.path.replace("$LOCATION$", "http://www.example/gsp/created")
    if path.startswith("/gsp/"):
        return path.replace("/gsp/", f"/graph-store/{place}/")
    for slash in ("%2F", "/"):
        path = path.replace(f"www.example{slash}gsp{slash}", f"www.example{slash}gsp{slash}{place}{slash}")
    return path.replace("/gsp?", "/graph-store?", 1)
