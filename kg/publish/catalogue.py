"""The data set as an entry of a catalogue, by the European profile of DCAT.

https://semiceu.github.io/DCAT-AP/releases/3.0.1/
"""

from __future__ import annotations

import json

from rdflib import RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, RDFS, SKOS
from rdflib.term import Node

from kg.publish.dataset import About, about
from kg.publish.distributions import Distribution, distributions
from kg.publish.site import Site
from kg.publish.statistics import Coverage, coverage
from kg.publish.void import license_of, new_graph

__all__ = ["catalogue", "catalogue_graph"]

ADMS = Namespace("http://www.w3.org/ns/adms#")
GEO = Namespace("http://www.opengis.net/ont/geosparql#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_EU = "http://publications.europa.eu/resource/authority"
_IANA = "https://www.iana.org/assignments/media-types/"
#: Themes of the European Union's table, and which counts of a build say that it has something of them.
_THEMES = {
    "ECON": ("Economy and finance", ()),
    "REGI": ("Regions and cities", ("Cluster",)),
    "TECH": ("Science and technology", ("InnovationCluster",)),
}


def catalogue(site: Site) -> None:
    """Write ``catalogue.ttl``, the same as JSON-LD and as N-Triples."""
    site.progress("writing the catalogue", 0, 0)
    graph = catalogue_graph(about(site.build), coverage(site.graph), distributions(site))
    site.write("catalogue.ttl", graph.serialize(format="turtle"))
    site.write("catalogue.nt", "".join(sorted(graph.serialize(format="nt").splitlines(keepends=True))))
    linked = json.loads(graph.serialize(format="json-ld", auto_compact=True))
    site.write("catalogue.jsonld", json.dumps(_ordered(linked), indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def _ordered(value: object) -> object:
    """Return JSON-LD with the members of its sets in an order of their own; RDFLib writes them as they come.

    Arrays are sets (https://www.w3.org/TR/json-ld11/#sets-and-lists), other than lists and contexts.
    """
    if isinstance(value, dict):
        return {key: one if key in ("@list", "@context") else _ordered(one) for key, one in value.items()}
    if isinstance(value, list):
        return sorted(map(_ordered, value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def catalogue_graph(facts: About, covered: Coverage, files: list[Distribution]) -> Graph:
    """Return the entry: a catalogue with one data set, its distributions, and where it is from.

    Parameters
    ----------
    facts:
        What is said of the data set.
    covered:
        What it covers.
    files:
        The files that have it.
    """
    entry = _Entry(facts)
    entry.catalogue()
    entry.dataset(covered)
    for file in files:
        entry.distribution(file)
    return entry.graph


class _Entry:
    """An entry that is being made."""

    def __init__(self, facts: About) -> None:
        self.facts = facts
        self.graph = new_graph()
        self.dataset_iri = URIRef(facts.base)
        self.licence = license_of(facts.license)
        self.changed = Literal(facts.finished, datatype=XSD.dateTime) if facts.finished else None

    def add(self, subject: Node, *pairs: tuple[Node, Node | None]) -> None:
        """Say something of a subject; what is None is not said."""
        for predicate, value in pairs:
            if value is not None:
                self.graph.add((subject, predicate, value))

    def typed(self, iri: str, kind: Node, *pairs: tuple[Node, Node | None]) -> URIRef:
        """Name a thing with its class."""
        self.add(URIRef(iri), (RDF.type, kind), *pairs)
        return URIRef(iri)

    def text(self, value: str) -> Literal:
        """Return a text in the language of the data set."""
        return Literal(value, lang=self.facts.language)

    def concept(self, scheme: str, name: str, label: str) -> URIRef:
        """Name a concept of a table of the European Union."""
        table = f"{_EU}/{scheme}"
        self.typed(table, SKOS.ConceptScheme, (DCTERMS.title, Literal(scheme, lang="en")))
        return self.typed(f"{table}/{name}", SKOS.Concept, (SKOS.prefLabel, Literal(label, lang="en")), (SKOS.inScheme, URIRef(table)))  # fmt: skip

    def publisher(self) -> URIRef:
        """Name who publishes."""
        return self.typed(self.facts.part("publisher"), FOAF.Agent, (FOAF.name, Literal(self.facts.publisher)))

    def licence_document(self) -> URIRef | None:
        """Name the licence; one that is only a text is quoted."""
        if self.licence is not None:
            return self.typed(str(self.licence), DCTERMS.LicenseDocument)
        if not self.facts.license:
            return None
        return self.typed(
            self.facts.part("license"), DCTERMS.LicenseDocument, (RDFS.label, Literal(self.facts.license))
        )

    def page(self, file: str) -> URIRef:
        """Name a page of the site."""
        return self.typed(self.facts.address(file), FOAF.Document)

    def catalogue(self) -> None:
        """Say what the catalogue is."""
        facts = self.facts
        self.add(
            URIRef(facts.part("catalogue")),
            (RDF.type, DCAT.Catalog),
            (DCTERMS.title, self.text(facts.title)),
            (DCTERMS.description, self.text(facts.description)),
            (DCTERMS.publisher, self.publisher()),
            (DCTERMS.license, self.licence_document()),
            (DCTERMS.language, self.typed(facts.language_iri, DCTERMS.LinguisticSystem)),
            (DCTERMS.modified, self.changed),
            (FOAF.homepage, self.page("index.html")),
            (DCAT.themeTaxonomy, URIRef(f"{_EU}/data-theme")),
            (DCAT.dataset, self.dataset_iri),
        )

    def dataset(self, covered: Coverage) -> None:
        """Say what the data set is."""
        facts, iri = self.facts, self.dataset_iri
        self.add(
            iri,
            (RDF.type, DCAT.Dataset),
            (DCTERMS.title, self.text(facts.title)),
            (DCTERMS.description, self.text(facts.description)),
            (DCTERMS.identifier, Literal(facts.base)),
            (DCTERMS.publisher, self.publisher()),
            (DCTERMS.license, self.licence_document()),
            (DCTERMS.language, self.typed(facts.language_iri, DCTERMS.LinguisticSystem)),
            (DCTERMS.modified, self.changed),
            (DCTERMS.accessRights, self._public()),
            (URIRef(f"{DCAT}version"), Literal(facts.digest[:16]) if facts.digest else None),
            (DCAT.landingPage, self.page("index.html")),
            (FOAF.page, self.page("method.html")),
            (DCTERMS.conformsTo, self._vocabulary()),
            (DCTERMS.isReferencedBy, URIRef(facts.address("void.ttl"))),
        )
        if facts.run:
            self.add(iri, (PROV.wasGeneratedBy, self.typed(facts.run, PROV.Activity)))
        for keyword in facts.keywords:
            self.add(iri, (DCAT.keyword, self.text(keyword)))
        kinds = facts.counts.get("kinds", {})
        for name, (label, wanted) in _THEMES.items():
            if not wanted or any(kinds.get(kind) for kind in wanted):
                self.add(iri, (DCAT.theme, self.concept("data-theme", name, label)))
        self._contact()
        self._coverage(covered)
        self._sources()
        if facts.endpoint:
            self._service()

    def _public(self) -> URIRef:
        return self.typed(
            f"{_EU}/access-right/PUBLIC", DCTERMS.RightsStatement, (RDFS.label, Literal("public", lang="en"))
        )

    def _vocabulary(self) -> URIRef:
        name = "https://w3id.org/clusterkg/ontology"
        return self.typed(name, DCTERMS.Standard, (DCTERMS.title, Literal("ClusterKG ontology", lang="en")))

    def _contact(self) -> None:
        contact = self.facts.contact
        if contact:
            mail = "@" in contact and not contact.startswith("http")
            place = (VCARD.hasEmail, URIRef(f"mailto:{contact}")) if mail else (VCARD.hasURL, URIRef(contact))
            name = (VCARD.fn, Literal(self.facts.publisher))
            self.add(
                self.dataset_iri, (DCAT.contactPoint, self.typed(self.facts.part("contact"), VCARD.Kind, name, place))
            )

    def _coverage(self, covered: Coverage) -> None:
        facts, iri = self.facts, self.dataset_iri
        if covered.start:
            period = self.typed(facts.part("period"), DCTERMS.PeriodOfTime)
            self.add(iri, (DCTERMS.temporal, period))
            self.add(period, (DCAT.startDate, _date(covered.start)), (DCAT.endDate, _date(covered.end)))
        if covered.box is not None:
            west, south, east, north = covered.box
            corners = ", ".join(f"{x:.4f} {y:.4f}" for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south)))  # fmt: skip
            middle = f"POINT({(west + east) / 2:.4f} {(south + north) / 2:.4f})"
            extent = self.typed(
                facts.part("extent"),
                DCTERMS.Location,
                (DCAT.bbox, Literal(f"POLYGON(({corners}))", datatype=GEO.wktLiteral)),
                (DCAT.centroid, Literal(middle, datatype=GEO.wktLiteral)),
            )
            self.add(iri, (DCTERMS.spatial, extent))
        for code in covered.countries:
            place = self.typed(facts.part(f"country-{code}"), DCTERMS.Location, (DCTERMS.identifier, Literal(code)))
            self.add(iri, (DCTERMS.spatial, place))

    def _sources(self) -> None:
        for source in self.facts.sources:
            origin = self.typed(
                self.facts.part(f"source-{source.number}"),
                DCAT.Dataset,
                (DCTERMS.title, self.text(source.title)),
                (DCTERMS.description, self.text(f"A source of {self.facts.title}: {source.title}")),
            )
            self.add(self.dataset_iri, (DCTERMS.source, origin), (PROV.wasDerivedFrom, origin))
            licence = license_of(source.license)
            if licence is not None:
                self.add(origin, (DCTERMS.license, self.typed(str(licence), DCTERMS.LicenseDocument)))
            elif source.license:
                self.add(origin, (DCTERMS.rights, Literal(source.license)))
            if source.publisher:
                name = (FOAF.name, Literal(source.publisher))
                self.add(origin, (DCTERMS.publisher, self.typed(f"{origin}-publisher", FOAF.Agent, name)))
            if source.homepage:
                self.add(origin, (DCAT.landingPage, self.typed(source.homepage, FOAF.Document)))

    def _service(self) -> None:
        facts = self.facts
        service = self.typed(
            facts.part("endpoint"),
            DCAT.DataService,
            (DCTERMS.title, self.text(f"SPARQL endpoint of {facts.title}")),
            (DCAT.endpointURL, self.typed(facts.endpoint, RDFS.Resource)),
            (DCAT.servesDataset, self.dataset_iri),
            (DCTERMS.conformsTo, self.typed("https://www.w3.org/TR/sparql11-protocol/", DCTERMS.Standard)),
            (DCTERMS.license, self.licence_document()),
        )
        self.add(URIRef(facts.part("catalogue")), (DCAT.service, service))

    def distribution(self, file: Distribution) -> None:
        """Say what a file is."""
        facts = self.facts
        iri, address = URIRef(facts.part(file.file.replace("/", "-"))), URIRef(facts.address(file.file))
        algorithm = self.typed(f"{SPDX}checksumAlgorithm_sha256", SPDX.ChecksumAlgorithm)
        checksum = self.typed(
            f"{iri}-checksum",
            SPDX.Checksum,
            (SPDX.algorithm, algorithm),
            (SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary, normalize=False)),
        )
        kind = self.typed(f"{_EU}/file-type/{file.file_type}", DCTERMS.MediaTypeOrExtent)
        packed = self.typed(f"{_IANA}application/gzip", DCTERMS.MediaType) if file.compressed else None
        self.add(self.dataset_iri, (DCAT.distribution, iri))
        self.add(
            iri,
            (RDF.type, DCAT.Distribution),
            (DCTERMS.title, self.text(file.title)),
            (DCTERMS.license, self.licence_document()),
            (DCTERMS.modified, self.changed),
            (DCTERMS["format"], kind),
            (DCAT.accessURL, address),
            (DCAT.downloadURL, address),
            (DCAT.mediaType, self.typed(_IANA + file.media_type, DCTERMS.MediaType)),
            (DCAT.compressFormat, packed),
            (DCAT.byteSize, Literal(str(file.size), datatype=XSD.nonNegativeInteger)),
            (SPDX.checksum, checksum),
        )
        if facts.endpoint and not file.table:
            self.add(iri, (DCAT.accessService, URIRef(facts.part("endpoint"))))
        if file.table:
            self.add(iri, (FOAF.page, self.page("dumps/csv-metadata.json")))


def _date(text: str) -> Literal:
    return Literal(text, datatype=(XSD.gYear, XSD.gYearMonth, XSD.date)[text.count("-")], normalize=False)
