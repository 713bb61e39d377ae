"""Clients that others wrote work with the server: SPARQLWrapper, RDFLib's store, curl."""

from __future__ import annotations

import json
import shutil
import subprocess
from urllib.parse import quote

import pytest
from rdflib import RDF, ConjunctiveGraph, Graph, Namespace, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (  # fmt: skip
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)

from tests.serve.conftest import Server

ORG = Namespace("http://www.w3.org/ns/org#")
SELECT = "SELECT ?o WHERE { ?o a <http://www.w3.org/ns/org#Organization> } ORDER BY ?o LIMIT 4"


@pytest.mark.parametrize("method", [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)], ids="-".join)
@pytest.mark.parametrize("form", [JSON, XML, CSV, TSV])
def test_sparqlwrapper_selects(server: Server, method: tuple[str, str], form: str) -> None:
    client = SPARQLWrapper(f"{server.address}sparql", returnFormat=form)
    client.setMethod(method[0])
    client.setRequestMethod(method[1])
    client.setQuery(SELECT)
    found = client.queryAndConvert()
    count = {
        JSON: lambda: len(found["results"]["bindings"]),
        XML: lambda: len(found.getElementsByTagName("result")),
        CSV: lambda: len(found.decode().split()) - 1,
        TSV: lambda: len(found.decode().split()) - 1,
    }[form]()
    assert count == 4


@pytest.mark.parametrize("form", [XML, RDFXML, TURTLE, N3, JSONLD])
def test_sparqlwrapper_constructs(server: Server, form: str) -> None:
    client = SPARQLWrapper(f"{server.address}sparql", returnFormat=form)
    client.setQuery(
        "CONSTRUCT { ?o a <http://www.w3.org/ns/org#Organization> } WHERE { "
        + SELECT.replace("SELECT", "{ SELECT")
        + " } }"
    )
    found = client.queryAndConvert()
    graph = found if isinstance(found, Graph) else Graph().parse(data=found, format="turtle")
    assert len(graph) == 4


def test_sparqlwrapper_asks(server: Server) -> None:
    client = SPARQLWrapper(f"{server.address}sparql", returnFormat=JSON)
    client.setQuery("ASK { ?s ?p ?o }")
    assert client.queryAndConvert()["boolean"] is True


def test_rdflib_reads(server: Server) -> None:
    for method in ("GET", "POST", "POST_FORM"):
        for form in ("xml", "json", "csv", "tsv"):
            graph = Graph(SPARQLStore(f"{server.address}sparql", method=method, returnFormat=form))
            rows = list(graph.query(SELECT))
            assert len(rows) == 4
            assert isinstance(rows[0][0], URIRef)  # type: ignore[index]
    graph = Graph(SPARQLStore(f"{server.address}sparql"))
    first = next(graph.subjects(RDF.type, ORG.Organization))
    assert (first, RDF.type, ORG.Organization) in graph
    assert len(list(graph.predicate_objects(first))) > 1
    assert len(graph.query(f"DESCRIBE <{first}>").graph or ()) > 1
    assert bool(graph.query("ASK { ?s ?p ?o }")) is True


def test_rdflib_reads_named_graphs(server: Server) -> None:
    store = SPARQLStore(f"{server.address}sparql", context_aware=True)
    names = {graph.identifier for graph in ConjunctiveGraph(store).contexts()}
    listed = server.ask("/graph-store").json()["results"]["bindings"]
    assert {str(name) for name in names} == {row["graph"]["value"] for row in listed}
    one = URIRef(f"{server.build.base}graph/inferred")
    assert 0 < len(Graph(store, identifier=one)) < len(Graph(SPARQLStore(f"{server.address}sparql")))


def curl(*arguments: str) -> str:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    return subprocess.run(
        ["curl", "-sS", "--max-time", "30", *arguments], check=True, capture_output=True, text=True
    ).stdout


def test_curl(server: Server) -> None:
    address = f"{server.address}sparql"
    assert curl("-H", "Accept: text/csv", f"{address}?query={quote(SELECT)}").split()[0] == "o"
    assert json.loads(curl("--data-urlencode", f"query={SELECT}", address))["head"]["vars"] == ["o"]
    direct = curl("-H", "Content-Type: application/sparql-query", "--data-binary", "ASK {}", address)
    assert json.loads(direct)["boolean"] is True
    chunked = curl(
        "-H",
        "Content-Type: application/sparql-query",
        "-H",
        "Transfer-Encoding: chunked",
        "--data-binary",
        "ASK {}",
        address,
    )
    assert json.loads(chunked)["boolean"] is True
    iri = json.loads(curl("--data-urlencode", f"query={SELECT}", address))["results"]["bindings"][0]["o"]["value"]
    path = iri.removeprefix(server.build.base)
    turtle = curl("-L", "-H", "Accept: text/turtle", f"{server.address}{path}")
    assert (URIRef(iri), None, None) in Graph().parse(data=turtle, format="turtle", publicID=iri)
    large = "SELECT * { ?s ?p ?o FILTER(?o != '" + "x" * 100_000 + "') } LIMIT 1"
    assert json.loads(curl("--data-urlencode", f"query={large}", address))["results"]["bindings"]
