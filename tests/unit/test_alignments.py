"""The alignments with other vocabularies: their text, the terms that they name, and that nothing contradicts."""

from __future__ import annotations

import os
from functools import cache

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

from kg.ontology.reason import OWL2_DATATYPES, Reasoned, classify
from kg.ontology.vocabulary import Module, read_vocabulary, union
from kg.turtle import PREFIXES, canonical_turtle, leading_comment
from tests.conftest import ROOT, SHARED
from tests.unit.aligned_vocabularies import KNOWN, READ, THEIRS

VOCABULARY = read_vocabulary()
MODULES = VOCABULARY.alignments
CORE = VOCABULARY.graph
CKG = Namespace(VOCABULARY.namespace)
XSD = Namespace(PREFIXES["xsd"])
EX = Namespace("https://example.org/")
BASE = "https://w3id.org/clusterkg/ontology/alignments/"
PREAMBLE = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
PREAMBLE += f"@prefix : <{EX}> .\n"

BUILTIN = tuple(map(str, (RDF, RDFS, OWL, XSD)))
LOGICAL = {RDFS.subClassOf, RDFS.subPropertyOf}
MAPPINGS = {SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch}
RELATIONS = LOGICAL | MAPPINGS | {RDFS.seeAlso}
PROPERTIES = {OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty}
KINDS = PROPERTIES | {OWL.Class, OWL.NamedIndividual}

#: The ontologies that are at hand, by the alignment with them.
AT_HAND = {"eurio": "eurio_v2.4.ttl", "eubusinessgraph": "ebg-ontology.ttl", "gleif": "gleif_L1.ttl"}

#: Relations that the core had until 0.1.0; each must be here, as it was or better grounded.
MOVED = """
Collaboration org:OrganizationalCollaboration, Membership org:Membership, MembershipRole org:Role,
Group org:OrganizationalCollaboration, OrganizationKind rov:orgType, Participation org:Membership,
hasMemberRole org:role, participantRole org:role, inSector rov:orgActivity, locatedIn org:hasSite,
locatedIn org:siteAddress, memberOf org:memberOf, membershipGroup org:organization,
membershipOrganization org:member, participatingOrganization org:member, regionWithin geo:sfWithin,
Company rov:RegisteredOrganization
"""

each_file = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
each_at_hand = pytest.mark.parametrize("name", sorted(AT_HAND))


def turtle(text: str) -> Graph:
    """A graph from Turtle without its prefix declarations."""
    return Graph().parse(data=PREAMBLE + text, format="turtle")


def named(curie: str) -> URIRef:
    """The IRI of a prefixed name; our own prefix may be left out."""
    prefix, _, local = curie.rpartition(":")
    return URIRef(PREFIXES[prefix or "ckg"] + local)


def prefix_of(term: URIRef) -> str:
    """The prefix of the namespace that a term is in."""
    return next((prefix for prefix, namespace in PREFIXES.items() if term in Namespace(namespace)), "")


def relations(graph: Graph) -> set[tuple[URIRef, URIRef, URIRef]]:
    """What a graph says of two terms."""
    return {(s, p, o) for s, p, o in graph if p in RELATIONS and isinstance(s, URIRef) and isinstance(o, URIRef)}


def foreign(module: Module) -> dict[URIRef, URIRef]:
    """The terms of others that a file declares, with their kinds; what belongs to the file itself is left out."""
    used = {node for s, _, o in relations(module.graph) for node in (s, o)}
    pairs = ((term, kind) for term in used for kind in module.graph.objects(term, RDF.type))
    return {term: URIRef(kind) for term, kind in pairs if not term.startswith(CKG)}


@cache
def other(name: str) -> Graph:
    """An ontology that is at hand, as HermiT can read it.

    EURIO has ranges of datatypes that OWL 2 does not know; any literal is allowed in their stead. GLEIF counts the
    values of a property that has a chain, which OWL 2 DL forbids; the chain is left out. euBusinessGraph declares
    annotation properties of the core (`dct:creator`, `skos:prefLabel`) as others, where the core's word holds, and
    speaks of its properties as if they were individuals, which is left out.
    """
    path = SHARED / "data" / "ontologies" / AT_HAND[name]
    if not path.is_file():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    whole = Graph().parse(path, format="turtle")
    graph = Graph()
    for s, p, o in whole:
        unknown = isinstance(o, URIRef) and o.startswith(str(XSD)) and o not in OWL2_DATATYPES
        if o in PROPERTIES:
            o = next(iter(PROPERTIES & set(CORE.objects(s, RDF.type))), o)
        individual = PROPERTIES & set(whole.objects(s, RDF.type)) and not str(p).startswith(BUILTIN)
        if p != OWL.propertyChainAxiom and not individual:
            graph.add((s, p, RDFS.Literal if unknown else o))
    return graph


def module_of(name: str) -> Module:
    """The alignment of a name."""
    return next(module for module in MODULES if module.name == name)


# --- the text


def test_one_file_per_vocabulary() -> None:
    names = "dcat eubusinessgraph eurio foaf geosparql gist gleif org prov regorg schema skos-xkos time"
    assert [module.name for module in MODULES] == names.split()


@each_file
def test_file_is_as_the_writer_makes_it(module: Module) -> None:
    text = module.path.read_text(encoding="utf-8")
    header = leading_comment(text)
    assert len(header.splitlines()) == 2
    assert canonical_turtle(module.graph, header=header) == text


@each_file
def test_each_is_an_ontology_of_its_own(module: Module) -> None:
    graph, iri = module.graph, URIRef(BASE + module.name)
    assert set(graph.subjects(RDF.type, OWL.Ontology)) == {iri}
    assert graph.value(iri, OWL.versionInfo) == Literal("0.2.0")
    version = f"https://w3id.org/clusterkg/ontology/0.2.0/alignments/{module.name}"
    assert graph.value(iri, OWL.versionIRI) == URIRef(version)
    assert graph.value(iri, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert graph.value(iri, DCTERMS.creator) == Literal("The ClusterKG founders")
    for predicate in (DCTERMS.title, DCTERMS.description):
        text = graph.value(iri, predicate)
        assert isinstance(text, Literal)
        assert text.language == "en"
    homes = set(graph.objects(None, RDFS.isDefinedBy))
    assert set(graph.objects(iri, DCTERMS.references)) <= homes


@each_file
def test_nothing_but_relations_is_said(module: Module) -> None:
    said = {p for s, p, _ in module.graph if s != URIRef(BASE + module.name)}
    assert said <= RELATIONS | {RDF.type, RDFS.isDefinedBy}
    assert set(module.graph.objects(None, RDF.type)) <= KINDS | {OWL.Ontology}


@each_file
def test_relations_run_from_our_side_to_theirs(module: Module) -> None:
    found = relations(module.graph)
    assert found
    for subject, _, value in found:
        assert (subject, RDF.type, None) in CORE, f"{subject} is no term of the core"
        assert not value.startswith(CKG), f"{value} is one of ours"


@each_file
def test_own_terms_are_what_the_core_says(module: Module) -> None:
    own = {node for triple in module.graph for node in triple if isinstance(node, URIRef) and node.startswith(CKG)}
    assert own - set(VOCABULARY.terms) == set()
    for term in own:
        kinds = set(module.graph.objects(term, RDF.type))
        if kinds == {OWL.NamedIndividual}:
            assert not set(CORE.objects(term, RDF.type)) & (PROPERTIES | {OWL.Class}), term
        else:
            assert kinds <= set(CORE.objects(term, RDF.type)), term


def test_no_pair_is_related_twice() -> None:
    seen: dict[tuple[URIRef, URIRef], str] = {(s, o): "the core" for s, _, o in relations(CORE)}
    for module in MODULES:
        for subject, _, value in sorted(relations(module.graph)):
            assert (subject, value) not in seen, f"{subject} {value}: {module.name} and {seen[subject, value]}"
            seen[subject, value] = module.name


def test_what_left_the_core_is_here() -> None:
    here = {(s, o) for module in MODULES for s, _, o in relations(module.graph)}
    pairs = [pair.split() for pair in MOVED.split(",")]
    assert [pair for pair in pairs if (named(pair[0]), named(pair[1])) not in here] == []


def test_classes_without_relation_are_explained() -> None:
    text = (ROOT / "docs" / "alignments.md").read_text(encoding="utf-8")
    related = {s for module in MODULES for s, _, _ in relations(module.graph)}
    rest = {term for term in VOCABULARY.terms if (term, RDF.type, OWL.Class) in CORE} - related
    assert {term for term in rest if f"`{term.removeprefix(CKG)}`" not in text} == set()


def test_page_names_every_file() -> None:
    text = (ROOT / "docs" / "alignments.md").read_text(encoding="utf-8")
    assert [module.name for module in MODULES if f"`{module.name}.ttl`" not in text] == []


# --- declarations (https://www.w3.org/TR/owl2-syntax/#Typing_Constraints_of_OWL_2_DL)


@each_file
def test_core_and_file_stay_in_owl_2_dl(module: Module) -> None:
    graph = CORE + module.graph
    for predicate in set(graph.predicates()):
        if not str(predicate).startswith(BUILTIN):
            assert len(PROPERTIES & set(graph.objects(predicate, RDF.type))) == 1, predicate
    for term in {s for s, _, o in graph.triples((None, RDF.type, None)) if o in KINDS}:
        assert len((KINDS - {OWL.NamedIndividual}) & set(graph.objects(term, RDF.type))) <= 1, term


@each_file
def test_logic_relates_terms_of_one_kind(module: Module) -> None:
    graph = CORE + module.graph
    for subject, predicate, value in relations(module.graph):
        kinds = [PROPERTIES & set(graph.objects(term, RDF.type)) for term in (subject, value)]
        if predicate == RDFS.subPropertyOf:
            assert kinds[0] == kinds[1], (subject, value)
            assert kinds[0] <= {OWL.ObjectProperty, OWL.DatatypeProperty}
        if predicate == RDFS.subClassOf:
            assert (subject, RDF.type, OWL.Class) in graph
            assert (value, RDF.type, OWL.Class) in graph


@each_file
def test_foreign_terms_have_a_kind_and_a_home(module: Module) -> None:
    for term in {node for s, _, o in relations(module.graph) for node in (s, o)}:
        if not term.startswith(CKG):
            assert len(KINDS & set(module.graph.objects(term, RDF.type))) == 1, term
            assert len(set(module.graph.objects(term, RDFS.isDefinedBy))) == 1, term


# --- the terms of others


def exists(term: URIRef, kind: URIRef | None = None) -> bool | None:
    """Whether a vocabulary has a term, of a kind where that can be told; None when the vocabulary is not known."""
    prefix = prefix_of(term)
    local = term.removeprefix(PREFIXES.get(prefix, ""))
    if prefix in KNOWN:
        return local in KNOWN[prefix].__annotations__
    if prefix in READ:
        return any(local in text.split() for known, text in READ[prefix].items() if kind in {None, known})
    return None


@each_file
def test_foreign_terms_exist(module: Module) -> None:
    for term, kind in foreign(module).items():
        found = exists(term, kind)
        assert found is not False, f"{term} does not exist, or is of another kind"
        assert found or module.name in AT_HAND or prefix_of(term) == "wgs", f"{term} is of no known vocabulary"


def test_terms_that_do_not_exist_are_found() -> None:
    assert exists(named("org:linkedTo"))
    assert exists(named("org:linkedWith")) is False
    assert exists(named("gist:links"), OWL.Class) is False
    assert exists(named("eurio:Project")) is None


def test_terms_in_what_the_others_say_exist() -> None:
    nodes = {node for triple in turtle(THEIRS) for node in triple if isinstance(node, URIRef)}
    assert {node for node in nodes if not str(node).startswith(BUILTIN) and not exists(node)} == set()


def test_namespaces_are_the_real_ones() -> None:
    assert {prefix: PREFIXES[prefix] for prefix in KNOWN} == {prefix: str(known) for prefix, known in KNOWN.items()}


@each_at_hand
def test_terms_of_ontologies_at_hand_exist(name: str) -> None:
    rdfs_or_owl = {OWL.Class: {OWL.Class, RDFS.Class}}
    ours = {term: kind for term, kind in foreign(module_of(name)).items() if prefix_of(term) not in KNOWN}
    assert ours
    for term, kind in ours.items():
        kinds = rdfs_or_owl.get(kind, {kind})
        assert kinds & set(other(name).objects(term, RDF.type)), f"{term} is not there, or of another kind"


# --- the logic


def usage() -> Graph:
    """One value of each own property and one member of each own class, so that HermiT tries them all."""
    graph = Graph()
    samples = {XSD.integer: Literal(1), XSD.decimal: Literal("0.5", datatype=XSD.decimal), XSD.string: Literal("x")}
    for term in VOCABULARY.terms:
        name = term.removeprefix(CKG)
        if (term, RDF.type, OWL.Class) in CORE:
            graph.add((EX[f"a-{name}"], RDF.type, term))
        elif (term, RDF.type, OWL.ObjectProperty) in CORE:
            graph.add((EX[f"from-{name}"], term, EX[f"to-{name}"]))
        elif (term, RDF.type, OWL.DatatypeProperty) in CORE:
            graph.add((EX[f"from-{name}"], term, samples[URIRef(str(CORE.value(term, RDFS.range)))]))
    return graph


def everything() -> Graph:
    """Core, alignments, and what the vocabularies that are not at hand say."""
    return VOCABULARY.aligned + turtle(THEIRS)


@cache
def reasoned() -> Reasoned:
    """What follows when everything is used."""
    return classify(everything() + usage())


def test_core_and_all_alignments_are_satisfiable_and_usable() -> None:
    found = reasoned()
    assert found.consistent
    assert found.unsatisfiable == ()
    assert found.types is not None
    assert named("geo:SpatialObject") in found.types[EX["a-Region"]]
    assert named("prov:Entity") in found.types[EX["a-Cluster"]]


def test_nothing_new_follows_in_our_own_terms() -> None:
    without = classify(CORE + usage())
    assert without.types is not None
    found = reasoned().types
    assert found is not None
    for node, types in without.types.items():
        if node.startswith(str(EX)):
            assert {term for term in found[node] if term in CKG} == {term for term in types if term in CKG}, node
    own = {value for value in reasoned().values if value[1] in CKG}
    assert own == {value for value in without.values if value[1] in CKG}


def test_no_alignment_makes_an_organisation_of_a_group_or_a_collaboration() -> None:
    found = reasoned().types
    assert found is not None
    bodies = {named(curie) for curie in ("org:Organization", "foaf:Agent", "schema:Organization", "gist:Organization")}
    for name in ("Group", "Cluster", "Network", "DeclaredGroup", "Collaboration", "Membership", "Participation"):
        assert not bodies & found[EX[f"a-{name}"]], name
    assert bodies <= found[EX["a-ClusterOrganization"]]


def test_org_is_aligned_loosely_where_it_means_something_else() -> None:
    strict = {s.removeprefix(CKG) for s, p, _ in relations(module_of("org").graph) if p in LOGICAL}
    assert strict == {"supplies", "competesWith"}


@cache
def alone(name: str) -> Reasoned:
    """What follows from an ontology at hand without ours."""
    return classify(other(name))


@each_at_hand
def test_union_with_an_ontology_at_hand_loses_no_class(name: str) -> None:
    assert alone(name).consistent
    found = classify(union((*VOCABULARY.modules, module_of(name))) + other(name) + usage())
    assert found.consistent
    assert set(found.unsatisfiable) <= set(alone(name).unsatisfiable)


@pytest.mark.parametrize(
    "wrong",
    [
        # a collection of concepts is no concept
        "ckg:sectorLevel rdfs:subPropertyOf xkos:depth .",
        "ckg:SectorConcept rdfs:subClassOf xkos:ClassificationLevel .",
        # an activity is no entity
        "ckg:InferenceRun rdfs:subClassOf prov:Entity .",
        "ckg:leavesOutCollaboration rdfs:subPropertyOf prov:wasDerivedFrom .",
        # a region is no organisation
        "ckg:Region rdfs:subClassOf gist:Organization .",
        "ckg:locatedIn rdfs:subPropertyOf org:linkedTo . org:Organization owl:disjointWith ckg:Region .",
        # a phenomenon is no organisation
        "ckg:Cluster rdfs:subClassOf org:Organization . org:Organization owl:disjointWith ckg:Candidate .",
    ],
)
def test_wrong_alignment_is_found(wrong: str) -> None:
    assert not classify(everything() + usage() + turtle(wrong)).consistent


def test_wrong_alignment_with_an_ontology_at_hand_is_found() -> None:
    wrong = turtle("ckg:ClusterOrganization rdfs:subClassOf eurio:PublicBody, eurio:SME .")
    found = classify(VOCABULARY.aligned + other("eurio") + wrong)
    assert found.consistent
    assert set(found.unsatisfiable) - set(alone("eurio").unsatisfiable) == {CKG.ClusterOrganization}
