"""Faults for the quality gate: each breaks a copy of the ontology in one way, and one check must say so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, OWL, RDF, RDFS, SKOS, VANN, XSD
from rdflib.term import Node

from kg.turtle import PREFIXES

CKG = Namespace(PREFIXES["ckg"])
BIBO = Namespace("http://purl.org/ontology/bibo/")
ONTOLOGY = URIRef("https://w3id.org/clusterkg/ontology")
VERSION = URIRef("https://w3id.org/clusterkg/ontology/0.0.1")
LANGUAGES = ("en", "de", "fr", "es", "nl")
_PREAMBLE = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
_PREAMBLE += f"@prefix bibo: <{BIBO}> .\n@prefix foaf: <{FOAF}> .\n@prefix ex: <https://example.org/> .\n"

Pattern = tuple[Node | None, Node | None, Node | None]


def turtle(text: str) -> Graph:
    """A graph from Turtle without its prefix declarations."""
    return Graph().parse(data=_PREAMBLE + text, format="turtle")


def term(name: str, more: str, *, label: str = "", definition: str = "Addition that a test makes.") -> str:
    """A well-documented term in Turtle; `more` says what it is."""
    labels = ", ".join(f'"{label or "trial " + name.lower()}"@{language}' for language in LANGUAGES)
    defined = f' skos:definition "{definition}"@en ;' if definition else ""
    return (
        f"ckg:{name} skos:prefLabel {labels} ;{defined}"
        f" rdfs:isDefinedBy <{ONTOLOGY}> ; ckg:referenceOnly true ; {more} .\n"
    )


def good(shipped: Graph) -> Graph:
    """The ontology that ships, with every optional piece of metadata, so that each can be taken away."""
    graph = Graph() + shipped
    wanted: dict[URIRef, Node] = {
        DCTERMS.created: Literal("2000-01-01", datatype=XSD.date),
        DCTERMS.issued: Literal("2001-01-01", datatype=XSD.date),
        DCTERMS.modified: Literal("2001-01-01", datatype=XSD.date),
        DCTERMS.publisher: Literal("A publisher"),
        DCTERMS.contributor: Literal("A contributor"),
        DCTERMS.source: Literal("A source"),
        DCTERMS.bibliographicCitation: Literal("A citation"),
        BIBO.status: URIRef("http://purl.org/ontology/bibo/status/draft"),
        BIBO.doi: Literal("10.0/0"),
        FOAF.logo: URIRef("https://example.org/logo.svg"),
        OWL.priorVersion: VERSION,
    }
    for predicate, value in wanted.items():
        if (ONTOLOGY, predicate, None) not in graph:
            graph.add((ONTOLOGY, predicate, value))
        if not predicate.startswith(str(OWL)) and (predicate, RDF.type, None) not in graph:
            graph.add((predicate, RDF.type, OWL.AnnotationProperty))
    if not {OWL.backwardCompatibleWith, OWL.incompatibleWith} & set(graph.predicates(ONTOLOGY)):
        graph.add((ONTOLOGY, OWL.incompatibleWith, VERSION))
    for predicate in (SKOS.altLabel, DCTERMS.isReplacedBy):
        graph.add((predicate, RDF.type, OWL.AnnotationProperty))
    graph.add((SKOS.related, RDF.type, OWL.ObjectProperty))
    if (CKG.referenceOnly, RDF.type, None) not in graph:
        graph += turtle(term("referenceOnly", "a owl:AnnotationProperty"))
    return graph


@dataclass(frozen=True)
class Fault:
    """What is added and taken away, which check must then say something new, and of which term."""

    check: str
    term: Node
    add: str = ""
    remove: tuple[Pattern, ...] = ()
    #: Further checks that the same fault must make speak.
    also: frozenset[str] = frozenset()
    change: Callable[[Graph], None] | None = None
    #: What the ontology is renamed to, and where its terms are then said to be.
    iri: URIRef = ONTOLOGY
    namespace: str = PREFIXES["ckg"]

    def apply(self, graph: Graph) -> Graph:
        """Return a broken copy."""
        broken = Graph() + graph
        for pattern in self.remove:
            broken.remove(pattern)
        broken += turtle(self.add)
        if self.change:
            self.change(broken)
        if self.iri != ONTOLOGY:
            _rename(broken, self.iri)
        return broken


def _rename(graph: Graph, iri: URIRef) -> None:
    for s, p, o in list(graph):
        if ONTOLOGY in (s, o):
            graph.remove((s, p, o))
            graph.add((iri if s == ONTOLOGY else s, p, iri if o == ONTOLOGY else o))


def _without_metadata(graph: Graph) -> None:
    for predicate in set(graph.predicates(ONTOLOGY)):
        if not str(predicate).startswith((str(OWL), str(RDF), str(RDFS))):
            graph.remove((ONTOLOGY, predicate, None))


def _without_disjointness(graph: Graph) -> None:
    graph.remove((None, OWL.disjointWith, None))
    for node in list(graph.subjects(RDF.type, OWL.AllDisjointClasses)):
        graph.remove((node, None, None))


def _without_languages(graph: Graph) -> None:
    for term, label in list(graph.subject_objects(SKOS.prefLabel)):
        graph.remove((term, SKOS.prefLabel, label))
        if isinstance(label, Literal) and label.language == "en":
            graph.add((term, SKOS.prefLabel, Literal(str(label))))


def _without_foreign_terms(graph: Graph) -> None:
    own = PREFIXES["ckg"]
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, OWL.equivalentClass):
        for s, o in list(graph.subject_objects(predicate)):
            built_in = str(o).startswith((own, str(XSD), str(OWL), str(RDFS)))
            if isinstance(o, URIRef) and not built_in and str(s).startswith(own):
                name = "Own" + re.sub("^.*[#/]", "", o)
                graph.remove((s, predicate, o))
                if predicate != RDFS.subPropertyOf:
                    graph.add((s, predicate, CKG[name]))
                    graph += turtle(term(name, _CLASS))


def _fault(check: str, name: str, add: str = "", *remove: Pattern, also: str = "") -> Fault:
    return Fault(check, CKG[name] if name else ONTOLOGY, add, remove, frozenset(also.split()))


def _lost(name: str, *predicates: URIRef, also: str = "") -> Fault:
    lost: tuple[Pattern, ...] = tuple((ONTOLOGY, predicate, None) for predicate in predicates)
    return _fault(f"ontology-without-{name}", "", "", *lost, also=also)


_CLASS = "a owl:Class ; rdfs:subClassOf ckg:Candidate"
_LINK = "a owl:ObjectProperty ; rdfs:domain ckg:Group ; rdfs:range ckg:Region"
_DATUM = "a owl:DatatypeProperty ; rdfs:domain ckg:Group ; rdfs:range xsd:string"
_CONCEPT = "a skos:Concept, ckg:Stance ; skos:inScheme ckg:StanceScheme ; skos:topConceptOf ckg:StanceScheme"
_OWN = f"<{ONTOLOGY}>"
#: A class in no relation to others but its superclass.
CLASS = term("Trial", _CLASS)
LINK = term("trials", _LINK)

_STATED = (
    *("licence", "creator", "creation-date", "namespace", "prefix", "citation", "contributor", "publisher"),
    *("issue-date", "status", "source", "doi", "logo", "modification-date"),
)

METADATA = (
    _lost("title", DCTERMS.title),
    _lost("description", DCTERMS.description),
    _lost("licence", DCTERMS.license),
    _lost("creator", DCTERMS.creator),
    _lost("creation-date", DCTERMS.created),
    _lost("namespace", VANN.preferredNamespaceUri),
    _lost("version-iri", OWL.versionIRI),
    _lost("prefix", VANN.preferredNamespacePrefix),
    _lost("version-number", OWL.versionInfo),
    _lost("citation", DCTERMS.bibliographicCitation),
    _lost("contributor", DCTERMS.contributor),
    _lost("publisher", DCTERMS.publisher),
    _lost("issue-date", DCTERMS.issued),
    _lost("status", BIBO.status),
    _lost("source", DCTERMS.source),
    _lost("doi", BIBO.doi),
    _lost("logo", FOAF.logo),
    _lost("modification-date", DCTERMS.modified),
    _lost("prior-version", OWL.priorVersion),
    _lost("compatibility", OWL.incompatibleWith, OWL.backwardCompatibleWith),
    _fault("version-iri-of-the-ontology", "", f"{_OWN} owl:versionIRI {_OWN} .", also="version-numbers-differ"),
    _fault(
        "version-iri-of-the-prior-version",
        "",
        f"{_OWN} owl:priorVersion <https://example.org/v1> ; owl:versionIRI <https://example.org/v1> .",
        also="version-numbers-differ",
    ),
    _fault("version-numbers-differ", "", f'{_OWN} owl:versionInfo "9.9.9" .', (ONTOLOGY, OWL.versionInfo, None)),
    _fault("ill-formed-date", "", f'{_OWN} dct:issued "last spring" .'),
    _fault("issued-before-created", "", f'{_OWN} dct:modified "1999-01-01"^^xsd:date .'),
    _fault("licence-without-iri", "", f'{_OWN} dct:license "CC BY 4.0" .', (ONTOLOGY, DCTERMS.license, None)),
    Fault(
        "iri-without-persistence", URIRef("https://example.org/ontology"), iri=URIRef("https://example.org/ontology")
    ),
    Fault(
        "iri-without-http",
        URIRef("ftp://w3id.org/ontology"),
        iri=URIRef("ftp://w3id.org/ontology"),
        also=frozenset({"iri-without-persistence"}),
    ),
    Fault("iri-with-file-extension", URIRef(f"{ONTOLOGY}.ttl"), iri=URIRef(f"{ONTOLOGY}.ttl")),
    Fault(
        "namespace-without-terms",
        ONTOLOGY,
        namespace="https://example.org/none#",
        also=frozenset({"nothing-reused"}),
    ),
    Fault(
        "metadata-of-its-own",
        ONTOLOGY,
        f'{_OWN} rdfs:label "A label" ; rdfs:comment "A comment." .',
        change=_without_metadata,
        also=frozenset(f"ontology-without-{name}" for name in _STATED),
    ),
    Fault("nothing-reused", ONTOLOGY, change=_without_foreign_terms),
    Fault("no-disjointness", ONTOLOGY, change=_without_disjointness),
    Fault("labels-without-language", ONTOLOGY, change=_without_languages),
    _fault("import-not-read", "", f"{_OWN} owl:imports ex:other ."),
    _fault("StyleOntologyShape-title", "", f'{_OWN} dct:title "A second title"@en .'),
    _fault("StyleOntologyShape-description", "", f'{_OWN} dct:description "A second description."@en .'),
    _fault("StyleOntologyShape-license", "", f"{_OWN} dct:license ex:licence ."),
    _fault("StyleOntologyShape-version", "", f'{_OWN} owl:versionInfo "0" .'),
)

TEXTS = (
    _fault("term-without-label", "Cluster", "", (CKG.Cluster, SKOS.prefLabel, None)),
    _fault("term-without-definition", "Cluster", "", (CKG.Cluster, SKOS.definition, None)),
    _fault("term-without-home", "Cluster", "", (CKG.Cluster, RDFS.isDefinedBy, None)),
    _fault("term-with-another-home", "Cluster", "ckg:Cluster rdfs:isDefinedBy ex:other ."),
    _fault(
        "label-missing-in-a-language",
        "Trial",
        f'ckg:Trial {_CLASS} ; skos:prefLabel "Versuch"@de ; skos:definition "Addition that a test makes."@en ;'
        f" rdfs:isDefinedBy {_OWN} ; ckg:referenceOnly true .",
    ),
    _fault(
        "definition-missing-in-the-language",
        "Trial",
        term("Trial", _CLASS + ' ; skos:definition "Zugabe eines Versuchs."@de', definition=""),
    ),
    _fault(
        "definition-is-the-label",
        "Trial",
        term("Trial", _CLASS, label="proof of the thing", definition="Proof of the thing."),
        also="StyleTermShape-circular",
    ),
    _fault("label-preferred-and-alternative", "Cluster", 'ckg:Cluster skos:altLabel "cluster"@en .'),
    _fault("text-with-stray-space", "Cluster", 'ckg:Cluster skos:altLabel "agglomeration "@en .'),
    _fault("text-empty", "Cluster", 'ckg:Cluster skos:altLabel ""@en .'),
    _fault("text-without-language", "Cluster", 'ckg:Cluster skos:scopeNote "In some language." .'),
    _fault("code-missing", "Trial", term("Trial", _CONCEPT)),
    _fault("StyleTextShape-prefLabel", "Cluster", 'ckg:Cluster skos:prefLabel "bunch"@en .'),
    _fault("StyleTextShape-label", "Cluster", 'ckg:Cluster rdfs:label "bunch"@en, "lot"@en .'),
    _fault("StyleTextShape-definition", "Cluster", 'ckg:Cluster skos:definition "Second one."@en .'),
    _fault("StyleTextShape-sentence", "Trial", term("Trial", _CLASS, definition="addition of a test")),
    _fault("StyleTermShape-circular", "Trial", term("Trial", _CLASS, definition="Set of each trial trial.")),
    _fault("StyleTermShape-counterExample", "Cluster", 'ckg:Cluster skos:example "Counterexample: one firm."@en .'),
    _fault("StyleClassShape-label", "Trial", term("Trial", _CLASS, label="hub")),
    _fault("StyleClassShape-name", "trialClass", term("trialClass", _CLASS)),
    _fault("StylePropertyShape-label", "trials", term("trials", _LINK, label="in place")),
    _fault("StylePropertyShape-name", "Trials", term("Trials", _LINK)),
    _fault("StylePropertyShape-datatype", "trials", term("trials", _DATUM.replace("string", "double"))),
    _fault("StyleNotationShape-notation", "trials", 'ckg:trials skos:notation "LOUD" .' + LINK),
    _fault("StyleConceptShape-name", "trialStance", term("trialStance", _CONCEPT + ' ; skos:notation "trial"')),
    _fault(
        "StyleConceptShape-class",
        "Trial",
        term("Trial", _CONCEPT.replace(", ckg:Stance", "") + ' ; skos:notation "trial"'),
    ),
    _fault(
        "StyleConceptShape-placed",
        "Trial",
        term("Trial", _CONCEPT.partition("; skos:topConceptOf")[0] + '; skos:notation "trial"'),
    ),
    _fault(
        "StyleConceptShape-sameNotation",
        "Trial",
        term("Trial", _CONCEPT + ' ; skos:notation "cooperative"'),
    ),
)

STRUCTURE = (
    _fault("class-above-itself", "Trial", CLASS + "ckg:Trial rdfs:subClassOf ckg:Trial ."),
    _fault("property-above-itself", "trials", LINK + "ckg:trials rdfs:subPropertyOf ckg:trials ."),
    _fault(
        "concept-above-itself",
        "Trial",
        term("Trial", _CONCEPT + ' ; skos:notation "trial" ; skos:broader ckg:Trial'),
    ),
    _fault("unconnected-term", "Trial", term("Trial", "a owl:Class")),
    _fault("synonym-as-class", "Trial", term("Trial", _CLASS + " ; owl:equivalentClass ckg:Region")),
    _fault("property-named-is", "isA", term("isA", _LINK)),
    _fault(
        "wrong-inverse",
        "trials",
        term("trials", _LINK + " ; owl:inverseOf ckg:collaborationKind"),
    ),
    _fault(
        "inverse-of-itself",
        "trials",
        term(
            "trials", "a owl:ObjectProperty ; rdfs:domain ckg:Group ; rdfs:range ckg:Group ; owl:inverseOf ckg:trials"
        ),
    ),
    _fault(
        "inverse-of-a-symmetric-property",
        "competesWith",
        term(
            "trials",
            "a owl:ObjectProperty ; rdfs:domain org:Organization ; rdfs:range org:Organization ; owl:inverseOf ckg:competesWith",
        ),
    ),
    _fault(
        "inverse-undeclared",
        "hasTrial",
        term("hasTrial", _LINK)
        + term("trialOf", "a owl:ObjectProperty ; rdfs:domain ckg:Region ; rdfs:range ckg:Group"),
    ),
    _fault("symmetric-with-two-ends", "inPlace", "ckg:inPlace a owl:SymmetricProperty ."),
    _fault("transitive-with-two-ends", "trials", LINK + "ckg:trials a owl:TransitiveProperty ."),
    _fault("wrong-equivalent-property", "inPlace", "ckg:inPlace owl:equivalentProperty ckg:hasTheme ."),
    _fault(
        "wrong-equivalent-class",
        "Trial",
        term("Trial", _CLASS + " ; owl:equivalentClass org:Organization ; rdfs:subClassOf org:Organization"),
    ),
    _fault(
        "definition-of-itself",
        "Trial",
        CLASS + "ckg:Trial owl:equivalentClass [ a owl:Class ; owl:unionOf ( ckg:Region ckg:Trial ) ] .",
    ),
    _fault(
        "chain-of-one-property",
        "trials",
        LINK + "ckg:trials owl:propertyChainAxiom ( ckg:inPlace ) .",
        also="dl-malformed-list",
    ),
    _fault("property-without-domain", "trials", term("trials", "a owl:ObjectProperty ; rdfs:range ckg:Region")),
    _fault("property-without-range", "trials", term("trials", "a owl:ObjectProperty ; rdfs:domain ckg:Group")),
    _fault("property-with-several-domains", "inPlace", "ckg:inPlace rdfs:domain ckg:Candidate ."),
    _fault("property-with-several-ranges", "inPlace", "ckg:inPlace rdfs:range geo:Feature ."),
    _fault("class-joins-two-things", "TrialsAndErrors", term("TrialsAndErrors", _CLASS)),
    _fault("class-for-the-rest", "OtherTrial", term("OtherTrial", _CLASS)),
    _fault("classes-named-alike", "Region", term("Regions", _CLASS)),
    _fault("properties-named-alike", "hasTheme", term("theme", _LINK)),
    _fault("redundant-superclass", "Trial", term("Trial", _CLASS + ", ckg:Group")),
    _fault("individual-without-class", "Trial", term("Trial", "a owl:NamedIndividual")),
    Fault(
        "foreign-term-changed",
        URIRef(PREFIXES["org"] + "Organization"),
        "org:Organization rdfs:subClassOf ckg:Region .",
    ),
    _fault("deprecated-without-successor", "Trial", CLASS + "ckg:Trial owl:deprecated true ."),
    _fault("deprecated-without-successor", "Trial", CLASS + "ckg:Trial a owl:DeprecatedClass ."),
    _fault("deprecated-without-successor", "trials", LINK + "ckg:trials a owl:DeprecatedProperty ."),
    _fault(
        "successor-not-current",
        "Trial",
        CLASS
        + term("Former", _CLASS + " ; a owl:DeprecatedClass ; dct:isReplacedBy ckg:Region")
        + "ckg:Trial owl:deprecated true ; dct:isReplacedBy ckg:Former . dct:isReplacedBy a owl:AnnotationProperty .",
    ),
    _fault(
        "successor-not-current",
        "Trial",
        CLASS
        + "ckg:Trial owl:deprecated true ; dct:isReplacedBy ckg:Trial . dct:isReplacedBy a owl:AnnotationProperty .",
    ),
    _fault(
        "deprecated-term-in-use",
        "Trial",
        CLASS
        + term("Former", _CLASS + " ; owl:deprecated true ; dct:isReplacedBy ckg:Region")
        + "ckg:Trial rdfs:subClassOf ckg:Former . dct:isReplacedBy a owl:AnnotationProperty .",
        also="redundant-superclass",
    ),
    _fault("scheme-without-concepts", "TrialScheme", term("TrialScheme", "a skos:ConceptScheme")),
    _fault(
        "broader-in-another-scheme",
        "Trial",
        term("Trial", _CONCEPT + ' ; skos:notation "trial" ; skos:broader ckg:Alliance'),
    ),
    _fault(
        "related-and-broader",
        "Trial",
        term(
            "Trial", _CONCEPT + ' ; skos:notation "trial" ; skos:broader ckg:Cooperative ; skos:related ckg:Cooperative'
        )
        + "skos:related a owl:ObjectProperty .",
    ),
)

DL = (
    _fault("dl-undeclared-class", "Nowhere", "ckg:Cluster rdfs:subClassOf ckg:Nowhere ."),
    _fault("dl-undeclared-class", "Trial", term("Trial", _CLASS.replace("owl", "rdfs"))),
    _fault("dl-undeclared-property", "trials", term("trials", _LINK.replace("owl:Object", "rdf:"))),
    _fault("dl-undeclared-property", "nowhere", 'ckg:Cluster ckg:nowhere "there" .'),
    _fault(
        "dl-unknown-datatype",
        "Trial",
        CLASS
        + "ckg:Trial rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ckg:product ; owl:allValuesFrom xsd:gYear ] .",
    ),
    _fault("dl-class-and-datatype", "Trial", CLASS + "ckg:Trial a rdfs:Datatype .", also="dl-unknown-datatype"),
    _fault("dl-two-kinds-of-property", "trials", LINK + "ckg:trials a owl:AnnotationProperty ."),
    _fault(
        "dl-property-of-wrong-kind",
        "trials",
        term("trials", _DATUM) + "ckg:trials owl:inverseOf ckg:inPlace .",
        also="wrong-inverse",
    ),
    _fault("dl-value-of-wrong-kind", "DefaultProfile", 'ckg:DefaultProfile skos:broader "the default" .'),
    Fault("dl-reserved-term", URIRef(f"{OWL}Trial"), CLASS + "ckg:Trial rdfs:subClassOf owl:Trial ."),
    _fault(
        "dl-property-not-simple",
        "regionWithin",
        "ckg:Region rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ckg:regionWithin ; owl:maxCardinality 1 ] .",
    ),
    _fault(
        "dl-irregular-hierarchy",
        "trials",
        LINK + "ckg:trials owl:propertyChainAxiom ( ckg:inPlace ckg:trials ckg:inPlace ) .",
    ),
    _fault(
        "dl-malformed-expression",
        "Trial",
        CLASS + "ckg:Trial rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ckg:inPlace ] .",
    ),
    _fault(
        "dl-anonymous-individual",
        "Trial",
        CLASS + "ckg:Trial rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ckg:inPlace ; owl:hasValue [] ] .",
    ),
    _fault("dl-class-for-datatype", "trials", term("trials", _LINK.replace("ckg:Region", "xsd:string"))),
    _fault(
        "dl-class-for-datatype",
        "trials",
        term("trials", _DATUM.replace("xsd:string", "ckg:Region")),
        also="StylePropertyShape-datatype",
    ),
    _fault(
        "dl-malformed-literal",
        "Trial",
        CLASS
        + term("trials", _DATUM.replace("string", "integer"))
        + 'ckg:Trial rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ckg:trials ; owl:hasValue "x"^^xsd:integer ] .',
    ),
    _fault(
        "dl-facet-of-wrong-kind",
        "Trial",
        CLASS
        + "ckg:Trial rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ckg:product ; owl:allValuesFrom"
        + " [ a rdfs:Datatype ; owl:onDatatype xsd:string ; owl:withRestrictions ( [ xsd:minInclusive 1 ] ) ] ] .",
    ),
    _fault(
        "dl-malformed-list",
        "Trial",
        CLASS + "ckg:Trial rdfs:subClassOf [ a owl:Class ; owl:unionOf ( ckg:Region ) ] .",
    ),
    _fault("dl-paired-with-itself", "trials", LINK + "ckg:trials owl:propertyDisjointWith ckg:trials ."),
)

USAGE = (
    Fault(
        "unused-term",
        CKG.Trial,
        term("Trial", _CLASS).replace("ckg:referenceOnly true ; ", ""),
    ),
    _fault("reference-only-term-in-use", "Hub", "ckg:Hub ckg:referenceOnly true ."),
)

LOGIC = (
    _fault(
        "unsatisfiable-class", "Trial", term("Trial", "a owl:Class ; rdfs:subClassOf ckg:Cluster, ckg:VirtualGroup")
    ),
    _fault(
        "inconsistent",
        "",
        term("Trial", "a owl:NamedIndividual, ckg:Cluster, ckg:VirtualGroup"),
    ),
)
