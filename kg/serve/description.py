"""The description of the service: https://www.w3.org/TR/sparql11-service-description/"""

from __future__ import annotations

from rdflib import RDF, BNode, Graph, Namespace, URIRef

from kg.build import Build
from kg.identifiers import mint
from kg.serve.formats import GRAPHS, RESULTS

__all__ = ["described"]

_SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_FORMATS = Namespace("http://www.w3.org/ns/formats/")
_NAMES = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV", "Turtle", "N-Triples",
          "JSON-LD", "RDF_XML")  # fmt: skip
_RDFLIB = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/ld+json": "json-ld",
    "application/rdf+xml": "xml",
}
assert len(_NAMES) == len(list(RESULTS)[:4]) + len(_RDFLIB)
assert set(_RDFLIB) <= set(GRAPHS)


def described(build: Build, address: str, kind: str) -> bytes:
    """Return the description of the service.

    Parameters
    ----------
    build:
        What it answers about.
    address:
        The address of its endpoint.
    kind:
        The media type.
    """
    graph = Graph(bind_namespaces="none")
    graph.bind("sd", _SD)
    service, dataset, default = BNode(), BNode(), BNode()
    graph.add((service, RDF.type, _SD.Service))
    graph.add((service, _SD.endpoint, URIRef(address)))
    graph.add((service, _SD.supportedLanguage, _SD.SPARQL11Query))
    for name in _NAMES:
        graph.add((service, _SD.resultFormat, _FORMATS[name]))
    graph.add((service, _SD.feature, _SD.UnionDefaultGraph))
    graph.add((service, _SD.defaultDataset, dataset))
    graph.add((dataset, RDF.type, _SD.Dataset))
    graph.add((dataset, _SD.defaultGraph, default))
    graph.add((default, RDF.type, _SD.Graph))
    counts = build.run.get("counts", {})
    numbers = sorted({file["source"] for file in counts.get("files", [])})
    names = [f"{mint(build.base, 'graph', 'source')}/{number}" for number in numbers]
    for name in [*names, mint(build.base, "graph", "inferred")]:
        named = BNode()
        graph.add((dataset, _SD.namedGraph, named))
        graph.add((named, RDF.type, _SD.NamedGraph))
        graph.add((named, _SD.name, URIRef(name)))
    return graph.serialize(format=_RDFLIB[kind], encoding="utf-8")
