"""The ontology: its text, its style, its logic."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

from kg.errors import EngineError
from kg.ontology.reason import classify
from kg.turtle import PREFIXES, canonical_turtle, leading_comment

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "ontology").glob("*.ttl"))
STYLE = ROOT / "shapes" / "style.ttl"
ONTOLOGY = URIRef("https://w3id.org/clusterkg/ontology")
CKG = Namespace(PREFIXES["ckg"])
EX = Namespace("https://example.org/")
PREAMBLE = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
PREAMBLE += f"@prefix ex: <{EX}> .\n@prefix : <{EX}> .\n"

#: The terms that loaders, rules, shapes and pages have agreed on.
AGREED_TEXT = """
AffiliateRole AgglomerationProfile Alliance Association BusinessWeb Candidate CellCandidate Cluster
ClusterOrganization CoPatent CoPublication Collaboration CollaborationKindScheme Community
CommunityCandidate Company Competitive CompetitionLink Consortium Cooperative DeclaredCandidate
DeclaredGroup DefaultProfile Driver DriverScheme DroppedCandidate Evidence Evidenced FocalRole Forum
Geography Group GroupType Horizontal Hub Independent IndustryAssociation InferenceRun InnovationCluster
InnovationType InterestGroup JointMarketing JointVenture KnowledgeExchange Licence MemberRole Membership
NearestRegion Network Node NodeRole OrganizationKindScheme OtherOrganization Participation ProjectFields
PublicBody RDProject Region ResearchCentre RuleProfile SameAsCell Sector SectorConcept SharedFacility
SharedInterest Skill SkillCluster SkillSimilarity SkillType SpinOff StandardsBody SupplyLink TooSmall
TooThin University ValueChainCluster ValueChainType Vertical VirtualGroup YearlyLinks
asOf baseIri bothMembers candidateSource cellRegion cellSector collaborationKind competesWith
competitiveMembers competitor cooperativeMembers countriesSpanned customer declaredPlace declaredTheme
declaresMember degreeCentralization driverShare droppedFrom droppedInRound droppedOrganization evaluates
evidencedBy focalShare geographyPartners hasCandidateMember hasFocalOrganization hasGroupType
hasMemberRole hasParticipant hasStance hasTheme hasYearlyLinks herfindahlIndex holdsDriver
horizontalPairs horizontalPartners hubCentralization inCollaboration inPlace inSector independentMembers
inputDigest lacksDriver leavesOutCollaboration linkDensity linkYear linkedPairs linksOfGroup
localLinkShare localPairs locatedIn locationQuotient manages market maxCollaborationSize
maxCommunitySize memberCount memberOf membershipGroup membershipOrganization minDrivers
minLocationQuotient minMembers minNetworkDrivers minPartners minSharedSkills missesDriver nodeOf outcome
participantRole participatingOrganization placedBy product regionLevel regionLevelParameter regionWithin
regionsSpanned requiresSkill rulesDigest sameGroupAs sectorLevel sectorLevelParameter sectorPartners
sectorsFrom supplier supplies sustainedBy takesPartIn usedProfile verticalPairs verticalPartners
"""
AGREED = set(AGREED_TEXT.split())

#: Codes that tables use, by the concept that they stand for, under the concept above it.
CODES = {
    None: "knowledge-exchange alliance shared-interest",
    "KnowledgeExchange": "rd-project co-patent licence co-publication spin-off",
    "Alliance": "joint-venture consortium shared-facility joint-marketing",
    "SharedInterest": "association interest-group forum standards-body",
}

PARAMETERS = {
    "regionLevelParameter": 3,
    "sectorLevelParameter": 2,
    "minMembers": 5,
    "minPartners": 1,
    "minDrivers": 2,
    "minNetworkDrivers": 1,
    "minLocationQuotient": Decimal("1.25"),
    "driverShare": Decimal("0.5"),
    "focalShare": Decimal("0.5"),
    "hubCentralization": Decimal("0.5"),
    "minSharedSkills": 2,
    "maxCollaborationSize": 500,
    "maxCommunitySize": 200,
}


def union() -> Graph:
    """The modules as one graph."""
    graph = Graph()
    for path in MODULES:
        graph.parse(path)
    return graph


def turtle(text: str) -> Graph:
    """A graph from Turtle without its prefix declarations."""
    return Graph().parse(data=PREAMBLE + text, format="turtle")


# --- the text


@pytest.mark.parametrize("path", [*MODULES, STYLE], ids=lambda path: path.name)
def test_file_is_as_the_writer_makes_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert canonical_turtle(Graph().parse(path), header=leading_comment(text)) == text


def test_modules() -> None:
    assert [path.name for path in MODULES] == ["clusterkg.ttl", "kinds.ttl", "literature.ttl", "profiles.ttl"]


def test_agreed_terms_are_declared() -> None:
    declared = {str(term).removeprefix(CKG) for term in union().subjects(RDFS.isDefinedBy, ONTOLOGY)}
    assert AGREED - declared == set()


def test_every_term_that_is_used_is_declared_once() -> None:
    graph = union()
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    builtin = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs", "xsd"))
    for predicate in set(graph.predicates()):
        if not str(predicate).startswith(builtin):
            assert len([kind for kind in kinds if (predicate, RDF.type, kind) in graph]) == 1, predicate
    named = {node for triple in graph for node in triple if isinstance(node, URIRef) and node.startswith(CKG)}
    assert {node for node in named if (node, RDFS.isDefinedBy, ONTOLOGY) not in graph} == set()
    classes = {node for p in (RDF.type, RDFS.subClassOf, RDFS.domain) for node in graph.objects(None, p)}
    external = {node for node in classes if isinstance(node, URIRef) and not str(node).startswith(builtin)}
    assert {node for node in external if (node, RDF.type, OWL.Class) not in graph} == set()


def test_collaboration_kinds_have_the_codes_of_the_tables() -> None:
    graph = union()
    for top, codes in CODES.items():
        found = {
            str(graph.value(kind, SKOS.notation))
            for kind in graph.subjects(SKOS.inScheme, CKG.CollaborationKindScheme)
            if graph.value(kind, SKOS.broader) == (CKG[top] if top else None)
        }
        assert found == set(codes.split())


def test_organization_kinds_have_the_codes_of_the_tables() -> None:
    graph = union()
    kinds = graph.subjects(SKOS.inScheme, CKG.OrganizationKindScheme)
    codes = {str(graph.value(kind, SKOS.notation)) for kind in kinds}
    assert codes == {"company", "university", "research", "public", "association", "other"}


@pytest.mark.parametrize(
    ("name", "notation", "different"),
    [("DefaultProfile", "default", {}), ("AgglomerationProfile", "agglomeration", {"minNetworkDrivers": 0})],
)
def test_profiles(name: str, notation: str, different: dict[str, int]) -> None:
    graph = union()
    values = {
        str(p).removeprefix(CKG): o.toPython()
        for p, o in graph.predicate_objects(CKG[name])
        if str(p).startswith(CKG) and isinstance(o, Literal)
    }
    assert values == {**PARAMETERS, **different}
    assert graph.value(CKG[name], SKOS.notation) == Literal(notation)


# --- the logic


def test_ontology_is_consistent() -> None:
    reasoned = classify(union())
    assert reasoned.consistent
    assert reasoned.unsatisfiable == ()


def test_unsatisfiable_class_is_found() -> None:
    graph = union() + turtle("ckg:Impossible a owl:Class ; rdfs:subClassOf ckg:Cluster, ckg:BusinessWeb .")
    assert classify(graph).unsatisfiable == (CKG.Impossible,)


@pytest.mark.parametrize(
    "facts",
    [
        ":g a ckg:Cluster, ckg:Hub .",
        ":g a ckg:Group ; ckg:sustainedBy ckg:Sector ; ckg:lacksDriver ckg:Sector .",
        # the rule of two
        ":g a ckg:Group ; ckg:sustainedBy ckg:Vertical ; ckg:lacksDriver ckg:Geography, ckg:Horizontal, ckg:Sector .",
        ":g a ckg:Group, ckg:Region .",
        ":g a ckg:Group, org:Organization .",
        ":g ckg:outcome ckg:Evidenced, ckg:TooThin .",
        ":g ckg:outcome :other . :other owl:differentFrom ckg:Evidenced, ckg:SameAsCell, ckg:TooSmall, ckg:TooThin .",
        ":d ckg:holdsDriver ckg:Vertical ; ckg:missesDriver ckg:Vertical .",
        ":o ckg:supplies :o .",
        ":o ckg:competesWith :o .",
        # roles and stances
        ":m a ckg:Membership ; ckg:hasMemberRole ckg:NodeRole ; ckg:membershipGroup :g . :g a ckg:Cluster .",
        ":m a ckg:Membership ; ckg:hasMemberRole ckg:AffiliateRole ; ckg:membershipGroup :g . :g a ckg:Network .",
        ":m a ckg:Membership ; ckg:hasMemberRole ckg:MemberRole, ckg:FocalRole .",
        ":m a ckg:Membership ; ckg:hasStance ckg:Independent, ckg:Competitive .",
        ":m a ckg:Membership ; ckg:hasStance ckg:Independent ; ckg:verticalPartners 3 .",
        # the literature
        ":g ckg:atLifeCycleStage :stage . :stage a ckg:DistrictType .",
        ":i a ckg:ClusterInitiative, ckg:Cluster .",
        ":g a ckg:Cluster, ckg:ClusterOrganization .",
        ":o ckg:nodeOf :g . :g a ckg:SkillCluster .",
        ":g ckg:sustainedBy :weather . ckg:Driver owl:disjointWith [ owl:oneOf ( :weather ) ] .",
        "ckg:Vertical owl:sameAs ckg:Horizontal .",
        ":c a ckg:Collaboration, ckg:Region .",
    ],
)
def test_contradictions_are_found(facts: str) -> None:
    assert not classify(union() + turtle(facts)).consistent


#: What the rules write about a group, and the kinds and types that follow, none of which is written.
GROUPS = {
    "web": ("Vertical Sector", "Geography Horizontal", "", False, "BusinessWeb", "ValueChainType"),
    "network": (
        "Horizontal Sector",
        "Geography Vertical",
        "KnowledgeExchange",
        False,
        "Network",
        "InnovationType",
    ),
    "community": (
        "Horizontal Sector",
        "Geography Vertical",
        "SharedInterest",
        False,
        "Network Community",
        "",
    ),
    "hub": ("Horizontal Vertical", "Geography Sector", "", True, "Hub Network BusinessWeb", "ValueChainType"),
    "plain": ("Geography Horizontal", "Sector Vertical", "SharedInterest", True, "", ""),
    "chain": ("Geography Vertical", "Sector Horizontal", "", False, "ValueChainCluster", "ValueChainType"),
    "skilled": (
        "Geography Sector",
        "Vertical Horizontal",
        "SkillSimilarity",
        False,
        "SkillCluster",
        "SkillType",
    ),
    "inventive": (
        "Geography Horizontal",
        "Sector Vertical",
        "KnowledgeExchange SkillSimilarity",
        False,
        "InnovationCluster SkillCluster",
        "InnovationType SkillType",
    ),
}


def group_facts() -> str:
    """The groups as the rules write them, without their classes, each with one member."""
    lines = []
    for name, (sustained, lacked, evidence, focal, _, _) in GROUPS.items():
        lines.append(f":{name} ckg:outcome ckg:Evidenced .")
        for predicate, values in (
            ("sustainedBy", sustained),
            ("lacksDriver", lacked),
            ("evidencedBy", evidence),
        ):
            lines += [f":{name} ckg:{predicate} ckg:{value} ." for value in values.split()]
        if focal:
            lines.append(f":{name} ckg:hasFocalOrganization :of-{name} .")
        lines.append(f":of-{name} ckg:memberOf :{name} .")
    lines.append(":thin ckg:outcome ckg:TooThin ; ckg:sustainedBy ckg:Geography, ckg:Vertical ;")
    lines.append("    ckg:lacksDriver ckg:Horizontal, ckg:Sector .")
    return "\n".join(lines)


def names(things: Iterable[URIRef]) -> set[str]:
    """Local names of the things that are of the ontology."""
    return {thing.removeprefix(CKG) for thing in things if thing.startswith(CKG)}


def test_kinds_and_types_follow_from_what_the_rules_write() -> None:
    reasoned = classify(union() + turtle(group_facts()))
    for name, (sustained, _, _, _, kinds, types) in GROUPS.items():
        side = "Cluster" if "Geography" in sustained else "VirtualGroup"
        assert names(reasoned.types[EX[name]]) == {"Candidate", "Group", side, *kinds.split()}, name
        found = {o for s, p, o in reasoned.values if s == EX[name] and p == CKG.hasGroupType}
        assert names(found) == set(types.split()), name
        member = reasoned.types.get(EX[f"of-{name}"], frozenset())
        assert names(member) == ({"Node"} if side == "VirtualGroup" else set()), name
    assert names(reasoned.types[EX.thin]) == {"Candidate"}


def test_group_needs_no_outcome_when_it_is_called_one() -> None:
    facts = ":g a ckg:Group ; ckg:lacksDriver ckg:Geography ; ckg:sustainedBy ckg:Vertical ."
    assert "BusinessWeb" in names(classify(union() + turtle(facts)).types[EX.g])


def test_memberships_say_who_is_a_member_and_who_cooperates() -> None:
    facts = """:m a ckg:Membership ; ckg:membershipOrganization :o ; ckg:membershipGroup :g ; ckg:horizontalPartners 2 .
    :n a ckg:Membership ; ckg:membershipOrganization :p ; ckg:membershipGroup :g ; ckg:horizontalPartners 0 ."""
    reasoned = classify(union() + turtle(facts))
    assert {(EX.o, CKG.memberOf, EX.g), (EX.p, CKG.memberOf, EX.g)} <= reasoned.values
    assert (EX.m, CKG.hasStance, CKG.Cooperative) in reasoned.values
    assert (EX.n, CKG.hasStance, CKG.Cooperative) not in reasoned.values


def test_every_group_is_sustained_by_two_drivers() -> None:
    """What the definition of a cluster says in words follows from the axioms."""
    for kind in ("Cluster", "VirtualGroup"):
        lonely = f"""ckg:Lonely a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( ckg:{kind}
            [ a owl:Restriction ; owl:onProperty ckg:sustainedBy ;
              owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass ckg:Driver ] ) ] ."""
        assert classify(union() + turtle(lonely)).unsatisfiable == (CKG.Lonely,)


def test_dates_are_set_aside_and_counted() -> None:
    reasoned = classify(
        turtle(':o a org:Organization ; schema:foundingDate "1984"^^xsd:gYear . org:Organization a owl:Class .')
    )
    assert (reasoned.consistent, reasoned.set_aside) == (True, 1)


def test_what_hermit_refuses_is_an_error_of_one_line() -> None:
    facts = """ckg:memberOf a owl:ObjectProperty, owl:FunctionalProperty, owl:TransitiveProperty .
    [] a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ckg:memberOf ;
        owl:maxCardinality "1"^^xsd:nonNegativeInteger ] ."""
    with pytest.raises(EngineError, match="HermiT could not classify"):
        classify(turtle(facts))
