"""The description of the data set in VoID, and of its graphs with PROV-O.

https://www.w3.org/TR/void/
"""

from __future__ import annotations

from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, PROV, VOID

from kg.identifiers import mint
from kg.namespaces import PREFIXES
from kg.publish.dataset import About, Source, about
from kg.publish.shards import write_shards
from kg.publish.site import Site
from kg.publish.statistics import Statistics, statistics

__all__ = ["describe_graphs", "license_of", "new_graph", "void", "void_graph"]

FORMATS = Namespace("http://www.w3.org/ns/formats/")
#: The formats that every resource and the dumps are in, by their names there.
_FEATURES = ("Turtle", "JSON-LD", "N-Triples", "N-Quads")


def void(site: Site) -> None:
    """Write ``void.ttl``, the same at the well-known place, and the descriptions of the named graphs."""
    site.progress("describing the data set", 0, 0)
    facts = about(site.build)
    graph = void_graph(facts, statistics(site.graph, facts.base), site)
    text = graph.serialize(format="turtle")
    site.write("void.ttl", text)
    site.write(".well-known/void", text)
    described = []
    for name, part in describe_graphs(facts, site).items():
        # A source may say something of a named graph too.
        said = site.path(f"data/{name}.nt")
        described.append((name, part.serialize(format="nt").encode() + (said.read_bytes() if said.is_file() else b"")))
    write_shards(str(site.folder / "data"), described)


def new_graph() -> Graph:
    """Return an empty graph with the prefixes that descriptions use."""
    graph = Graph(bind_namespaces="none")
    for prefix, iri in PREFIXES.items():
        graph.bind(prefix, iri)
    for prefix, namespace in (
        ("adms", "http://www.w3.org/ns/adms#"),
        ("dcat", "http://www.w3.org/ns/dcat#"),
        ("foaf", str(FOAF)),
        ("spdx", "http://spdx.org/rdf/terms#"),
        ("vcard", "http://www.w3.org/2006/vcard/ns#"),
        ("void", str(VOID)),
    ):
        graph.bind(prefix, namespace)
    return graph


def license_of(text: str) -> URIRef | None:
    """Return a licence that is given by its address."""
    return URIRef(text) if text.startswith(("http://", "https://")) and " " not in text else None


def void_graph(facts: About, counted: Statistics, site: Site) -> Graph:
    """Return the description of the data set."""
    graph = new_graph()
    dataset, document = URIRef(facts.base), URIRef(facts.address("void.ttl"))
    graph.add((document, RDF.type, VOID.DatasetDescription))
    graph.add((document, FOAF.primaryTopic, dataset))
    graph.add((document, DCTERMS.title, Literal(f"A description of {facts.title}")))
    graph.add((dataset, RDF.type, VOID.Dataset))
    graph.add((dataset, DCTERMS.title, Literal(facts.title, lang=facts.language)))
    graph.add((dataset, DCTERMS.description, Literal(facts.description, lang=facts.language)))
    graph.add((dataset, FOAF.homepage, URIRef(facts.address("index.html"))))
    graph.add((dataset, VOID.uriSpace, Literal(facts.base)))
    if (licence := license_of(facts.license)) is not None:
        graph.add((dataset, DCTERMS.license, licence))
    if facts.publisher_stated:
        graph.add((dataset, DCTERMS.publisher, URIRef(facts.part("publisher"))))
        graph.add((URIRef(facts.part("publisher")), RDF.type, FOAF.Agent))
        graph.add((URIRef(facts.part("publisher")), FOAF.name, Literal(facts.publisher)))
    if facts.finished:
        graph.add((dataset, DCTERMS.modified, Literal(facts.finished, datatype=XSD.dateTime)))
    if facts.endpoint:
        graph.add((dataset, VOID.sparqlEndpoint, URIRef(facts.endpoint)))
    for name in _FEATURES:
        graph.add((dataset, VOID.feature, FORMATS[name.replace("-", "_")]))
    for path in sorted((site.folder / "dumps").glob("graph.*")):
        if path.suffix == ".gz":
            graph.add((dataset, VOID.dataDump, URIRef(facts.address(f"dumps/{path.name}"))))
    for namespace in sorted({_namespace(item.iri) for item in counted.properties}):
        graph.add((dataset, VOID.vocabulary, URIRef(namespace)))
    _count(graph, dataset, facts, counted)
    for name, triples in counted.graphs:
        graph.add((URIRef(name), RDF.type, VOID.Dataset))
        graph.add((dataset, VOID.subset, URIRef(name)))
        graph.add((URIRef(name), VOID.triples, _number(triples)))
    for part in describe_graphs(facts, site).values():
        graph += part
    return graph


def _count(graph: Graph, dataset: URIRef, facts: About, counted: Statistics) -> None:
    """Add the counts of the whole, of classes and properties, and the links to other data sets."""
    total = counted.total
    for prop, number in (
        (VOID.triples, total.triples),
        (VOID.entities, total.subjects),
        (VOID.distinctSubjects, total.subjects),
        (VOID.distinctObjects, total.objects),
        (VOID.properties, len(counted.properties)),
        (VOID.classes, len(counted.classes)),
        (VOID.documents, counted.documents),
    ):
        graph.add((dataset, prop, _number(number)))
    # Names that are the same each time, so that the same build gives the same bytes.
    for place, (iri, entities) in enumerate(sorted(counted.classes), start=1):
        part = BNode(f"class{place:06}")
        graph.add((dataset, VOID.classPartition, part))
        graph.add((part, VOID["class"], URIRef(iri)))
        graph.add((part, VOID.entities, _number(entities)))
    for place, item in enumerate(counted.properties, start=1):
        part = BNode(f"property{place:06}")
        graph.add((dataset, VOID.propertyPartition, part))
        graph.add((part, VOID.property, URIRef(item.iri)))
        graph.add((part, VOID.triples, _number(item.triples)))
        graph.add((part, VOID.distinctSubjects, _number(item.subjects)))
        graph.add((part, VOID.distinctObjects, _number(item.objects)))
    for place, links in enumerate(counted.linksets, start=1):
        linkset, target = URIRef(facts.part(f"links-{place}")), BNode(f"target{place:06}")
        graph.add((dataset, VOID.subset, linkset))
        graph.add((linkset, RDF.type, VOID.Linkset))
        graph.add((linkset, VOID.linkPredicate, URIRef(links.predicate)))
        graph.add((linkset, VOID.subjectsTarget, dataset))
        graph.add((linkset, VOID.objectsTarget, target))
        graph.add((linkset, VOID.triples, _number(links.triples)))
        graph.add((target, RDF.type, VOID.Dataset))
        graph.add((target, VOID.uriSpace, Literal(links.target)))


def describe_graphs(facts: About, site: Site) -> dict[str, Graph]:
    """Return what is said of the named graphs: where each is from, and under which licence; by the file it is in."""
    parts: dict[str, Graph] = {}
    inferred = URIRef(mint(facts.base, "graph", "inferred"))
    sources = {
        source.number: URIRef(f"{mint(facts.base, 'graph', 'source')}/{source.number}") for source in facts.sources
    }
    for source in facts.sources:
        name = sources[source.number]
        graph = _part(parts, site, name)
        origin = URIRef(facts.part(f"source-{source.number}"))
        graph.add((name, RDF.type, VOID.Dataset))
        graph.add((name, RDF.type, PROV.Entity))
        graph.add((name, DCTERMS.title, Literal(f"Facts from {source.title}", lang="en")))
        graph.add((name, DCTERMS.isPartOf, URIRef(facts.base)))
        graph.add((name, PROV.wasDerivedFrom, origin))
        _origin(graph, origin, source)
        if (licence := license_of(source.license) or license_of(facts.license)) is not None:
            graph.add((name, DCTERMS.license, licence))
    graph = _part(parts, site, inferred)
    graph.add((inferred, RDF.type, VOID.Dataset))
    graph.add((inferred, RDF.type, PROV.Entity))
    graph.add((inferred, DCTERMS.title, Literal("Conclusions of the rules", lang="en")))
    graph.add((inferred, DCTERMS.isPartOf, URIRef(facts.base)))
    if facts.run:
        graph.add((inferred, PROV.wasGeneratedBy, URIRef(facts.run)))
    for name in sources.values():
        graph.add((inferred, PROV.wasDerivedFrom, name))
    if (licence := license_of(facts.license)) is not None:
        graph.add((inferred, DCTERMS.license, licence))
    return parts


def _part(parts: dict[str, Graph], site: Site, name: URIRef) -> Graph:
    file = site.addresses.file(str(name)) or "graph/other"
    return parts.setdefault(file, new_graph())


def _origin(graph: Graph, origin: URIRef, source: Source) -> None:
    """Say what is known of where a source is from."""
    graph.add((origin, RDF.type, PROV.Entity))
    graph.add((origin, DCTERMS.title, Literal(source.title)))
    if (licence := license_of(source.license)) is not None:
        graph.add((origin, DCTERMS.license, licence))
    elif source.license:
        graph.add((origin, DCTERMS.rights, Literal(source.license)))
    if source.publisher:
        graph.add((origin, DCTERMS.publisher, URIRef(f"{origin}-publisher")))
        graph.add((URIRef(f"{origin}-publisher"), RDF.type, FOAF.Agent))
        graph.add((URIRef(f"{origin}-publisher"), FOAF.name, Literal(source.publisher)))
    if source.homepage:
        graph.add((origin, FOAF.homepage, URIRef(source.homepage)))


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def _number(value: int) -> Literal:
    return Literal(value, datatype=XSD.integer)
