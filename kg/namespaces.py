"""Namespaces and the few terms that Python itself has to name; everything else lives in `ontology/`."""

from __future__ import annotations

from pyoxigraph import NamedNode

__all__ = [
    "CKG",
    "CKGSH",
    "DCT",
    "GEO",
    "IS_ORGANIZATION",
    "MARKS",
    "ORG",
    "PREFIXES",
    "PROV",
    "RDF",
    "RDFS",
    "SCHEMA",
    "SH",
    "SKOS",
    "WGS",
    "WORKING",
    "XSD",
    "Namespace",
    "shorten",
]


class Namespace(str):
    """A namespace IRI; ``CKG["Cluster"]`` is the node ``ckg:Cluster``."""

    __slots__ = ()

    def __getitem__(self, name: object) -> NamedNode:  # type: ignore[override]
        return NamedNode(f"{self!s}{name}")


CKG = Namespace("https://w3id.org/clusterkg/ontology#")
CKGSH = Namespace("https://w3id.org/clusterkg/shapes#")
#: Triples that the rules need on their way and nobody else: never written to a file.
WORKING = Namespace("https://w3id.org/clusterkg/working#")
#: Classes of nodes that are looked at for a while: nothing sees them but who names them.
MARKS = Namespace(f"{WORKING}mark-")
DCT = Namespace("http://purl.org/dc/terms/")
GEO = Namespace("http://www.opengis.net/ont/geosparql#")
ORG = Namespace("http://www.w3.org/ns/org#")
PROV = Namespace("http://www.w3.org/ns/prov#")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
SCHEMA = Namespace("https://schema.org/")
SH = Namespace("http://www.w3.org/ns/shacl#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
WGS = Namespace("http://www.w3.org/2003/01/geo/wgs84_pos#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")

#: The prefixes that queries may use without declaring them, and that results are shortened with.
PREFIXES: dict[str, str] = {
    "ckg": str(CKG),
    "ckgsh": str(CKGSH),
    "dct": str(DCT),
    "geo": str(GEO),
    "org": str(ORG),
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": str(PROV),
    "rdf": str(RDF),
    "rdfs": str(RDFS),
    "schema": str(SCHEMA),
    "sh": str(SH),
    "skos": str(SKOS),
    "wgs": str(WGS),
    "xsd": str(XSD),
}

#: SPARQL for what an organisation is, ?o; it needs no prefix.
IS_ORGANIZATION = (
    f"VALUES ?organizationClass {{ <{ORG}Organization> <{ORG}FormalOrganization> }} ?o a ?organizationClass ."
)


def shorten(iri: str) -> str:
    """Return `iri` with a known prefix in place of its namespace, or as it is.

    >>> shorten("https://w3id.org/clusterkg/ontology#Cluster")
    'ckg:Cluster'
    """
    for prefix, namespace in PREFIXES.items():
        rest = iri.removeprefix(namespace)
        if rest != iri and rest.replace("_", "").replace("-", "").isalnum():
            return f"{prefix}:{rest}"
    return iri
