"""The W3C's tests of the protocol, of the Graph Store protocol for reading, and of the description of the service.

Of the protocol's, all that ask queries are run as they are. Those about updating (``update_…``, ``bad_update_…``) are checked
to be refused with a status of 4xx, every request of them that writes. Of the Graph Store's, requests that read are run on
graphs that were loaded before, with what the writes of the test would have left; requests that write are checked to be refused.
"""

from __future__ import annotations

import os

import pyoxigraph as ox
import pytest
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.compare import isomorphic

from tests.serve.conftest import Server
from tests.serve.w3c import FOLDER, Entry, Exchange, entries, graph_path, reading

THERE = FOLDER.is_dir()
PROTOCOL = entries("protocol/manifest.ttl") if THERE else []
QUERIES = [entry for entry in PROTOCOL if not entry.updates]
UPDATES = [entry for entry in PROTOCOL if entry.updates]
READING = reading() if THERE else []
STORES = (
    entries("graph-store-protocol/manifest-direct.ttl", "graph-store-protocol/manifest-indirect.ttl") if THERE else []
)
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": {"application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values"},
    "RDF": {"text/turtle", "application/n-triples", "application/rdf+xml"},
}  # fmt: skip


def test_the_tests_are_there() -> None:
    if not THERE:
        if os.environ.get("CI"):
            pytest.fail(f"{FOLDER} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    assert (len(QUERIES), len(UPDATES), len(STORES), len(READING)) == (21, 13, 13, 18)


@pytest.mark.parametrize("entry", QUERIES, ids=lambda entry: entry.name)
def test_a_query(server: Server, entry: Entry) -> None:
    for exchange in entry.exchanges:
        reply = server.ask(exchange.path, exchange.method, exchange.body, exchange.headers)
        assert exchange.allows(reply.status), reply
        if exchange.format is not None:
            assert reply.type in FORMATS[exchange.format]
        if exchange.truth is not None:
            assert reply.json()["boolean"] is exchange.truth


@pytest.mark.parametrize("entry", UPDATES, ids=lambda entry: entry.name)
def test_an_update_is_refused(server: Server, entry: Entry) -> None:
    before = server.ask("/sparql?query=SELECT+(COUNT(*)+AS+%3Fn)+%7B+GRAPH+%3Fg+%7B+%3Fs+%3Fp+%3Fo+%7D+%7D").body
    writing = [one for one in entry.exchanges if one.truth is None]
    assert writing
    for exchange in writing:
        reply = server.ask(exchange.path, exchange.method, exchange.body, exchange.headers)
        assert reply.status in (400, 403, 415), reply
        assert reply.json()["error"]
    after = server.ask("/sparql?query=SELECT+(COUNT(*)+AS+%3Fn)+%7B+GRAPH+%3Fg+%7B+%3Fs+%3Fp+%3Fo+%7D+%7D").body
    assert before == after


@pytest.mark.parametrize("place", range(len(READING)), ids=lambda place: f"{READING[place][0].name}-{place}")
def test_a_graph_is_read(server: Server, place: int) -> None:
    _, exchange = READING[place]
    reply = server.ask(graph_path(exchange, place), exchange.method, None, exchange.headers)
    if exchange.method == "HEAD" and exchange.allows(200):
        # Nothing of its graph is told in the test, so that none was loaded: one that is there stands in for it.
        stands_in = next(at for at, (_, one) in enumerate(READING) if one.expected and "graph=" in one.path)
        reply = server.ask(graph_path(READING[stands_in][1], stands_in), "HEAD", None, exchange.headers)
        assert reply.status == 200
        assert reply.body == b""
        assert reply.type == "text/turtle"
        assert int(reply.headers["content-length"]) > 0
        return
    assert exchange.allows(reply.status), reply
    if exchange.expected is None:
        return
    assert reply.type == "text/turtle"
    if exchange.path == "/gsp?default":  # the default graph is the union of all
        store = ox.Store()
        store.load(reply.body, ox.RdfFormat.TURTLE)
        pattern = ox.serialize((quad.triple for quad in ox.parse(exchange.expected, ox.RdfFormat.TURTLE)), format=ox.RdfFormat.N_TRIPLES)  # fmt: skip
        assert store.query(f"ASK {{ {pattern.decode() if pattern else ''} }}")
        return
    found = Graph().parse(reply.body, format="turtle")
    assert isomorphic(found, Graph().parse(data=exchange.expected, format="turtle"))


@pytest.mark.parametrize("entry", STORES, ids=lambda entry: entry.name)
def test_a_graph_is_not_written(server: Server, entry: Entry) -> None:
    for exchange in entry.exchanges:
        if exchange.reads:
            continue
        path = exchange.path.replace("/gsp", "/graph-store", 1)
        reply = server.ask(path, exchange.method, exchange.body, exchange.headers)
        assert reply.status == 405, reply
        assert reply.headers["allow"] == "GET, HEAD"


def description(server: Server, exchange: Exchange | None = None) -> tuple[Graph, str]:
    reply = server.ask("/sparql")
    assert reply.status == 200
    return Graph().parse(reply.body, format=reply.type), reply.type


def test_the_service_is_described(server: Server) -> None:
    """returns-rdf, has-endpoint-triple, conforms-to-schema."""
    graph, kind = description(server)
    assert kind in FORMATS["RDF"]
    services = set(graph.subjects(RDF.type, SD.Service))
    assert len(services) == 1
    (service,) = services
    assert set(graph.objects(service, SD.endpoint)) == {URIRef(server.address + "sparql")}
    # Every term is one of the schema, with what it leads to of the kind that is its range.
    ranges = {SD.defaultDataset: SD.Dataset, SD.defaultGraph: SD.Graph, SD.namedGraph: SD.NamedGraph}
    known = {*ranges, SD.endpoint, SD.supportedLanguage, SD.resultFormat, SD.feature, SD.name, SD.graph, SD.inputFormat}
    assert set(graph.predicates()) - {RDF.type} <= known
    for property_, kind_ in ranges.items():
        for value in graph.objects(None, property_):
            assert (value, RDF.type, kind_) in graph
    assert set(graph.objects(service, SD.supportedLanguage)) == {SD.SPARQL11Query}
    assert SD.UnionDefaultGraph in set(graph.objects(service, SD.feature))
    for node in graph.subjects(RDF.type, SD.NamedGraph):
        assert isinstance(graph.value(node, SD.name), URIRef)


def test_the_graphs_described_are_there(server: Server) -> None:
    graph, _ = description(server)
    names = [str(name) for name in graph.objects(None, SD.name)]
    listed = server.ask("/graph-store").json()["results"]["bindings"]
    assert names
    assert set(names) <= {row["graph"]["value"] for row in listed}
