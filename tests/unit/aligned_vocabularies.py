"""What the tests of the alignments know of the other vocabularies."""

from __future__ import annotations

from rdflib import DCTERMS, OWL, SKOS, namespace

#: Vocabularies whose terms RDFLib knows.
KNOWN: dict[str, type[namespace.DefinedNamespace]] = {
    "dcat": namespace.DCAT,
    "dct": DCTERMS,
    "foaf": namespace.FOAF,
    "geo": namespace.GEO,
    "org": namespace.ORG,
    "prov": namespace.PROV,
    "schema": namespace.SDO,
    "skos": SKOS,
    "time": namespace.TIME,
}

#: Terms of vocabularies that are neither, as read in the version named, with the kind they are declared as there.
READ = {
    # the W3C note of 2013-08-01 and http://www.w3.org/ns/regorg#
    "rov": {
        OWL.Class: "RegisteredOrganization",
        OWL.ObjectProperty: "orgActivity orgStatus orgType registration hasRegisteredOrganization",
        OWL.DatatypeProperty: "legalName",
    },
    # xkos.ttl, version 1.0.1 of 2014-11-26
    "xkos": {
        OWL.Class: "ClassificationLevel ConceptAssociation Correspondence",
        OWL.ObjectProperty: "classifiedUnder isPartOf hasPart generalizes specializes levels organizedBy",
        OWL.DatatypeProperty: "depth numberOfLevels",
    },
    # gistCore.ttl, version 14.0.0 of 2025-10-31
    "gist": {
        OWL.Class: """Agreement Behavior Category Collection Composite CountryGeoRegion Determination Discipline
            Event GeoLocation GeoRegion GovernedGeoRegion GovernmentOrganization IntellectualProperty
            IntergovernmentalOrganization Network NetworkLink NetworkNode Organization Permission Project
            Specification TemporalRelation""",
        OWL.ObjectProperty: """hasGiver hasParticipant hasPhysicalLocation hasRecipient isCategorizedBy isConnectedTo
            isGeoContainedIn isMemberOf links linksFrom linksTo requires""",
        OWL.DatatypeProperty: "endDateTime idText startDateTime",
    },
}

#: What the vocabularies that are not at hand say of the terms that ours are put under, where it could clash: the ORG
#: and PROV-O recommendations, FOAF 0.99, SKOS, XKOS 1.0.1, GeoSPARQL 1.1 and gist 14.0.0.
THEIRS = """
org:Organization owl:equivalentClass foaf:Organization .
org:OrganizationalCollaboration rdfs:subClassOf org:Organization .
org:linkedTo rdfs:domain org:Organization ; rdfs:range org:Organization .
org:Role rdfs:subClassOf skos:Concept .
foaf:Agent a owl:Class .
foaf:Person a owl:Class .
foaf:Document a owl:Class .
foaf:Organization rdfs:subClassOf foaf:Agent ; owl:disjointWith foaf:Person, foaf:Document .
foaf:Group rdfs:subClassOf foaf:Agent .
foaf:Project owl:disjointWith foaf:Person, foaf:Document .
schema:Project rdfs:subClassOf schema:Organization .
schema:AdministrativeArea rdfs:subClassOf schema:Place .
skos:Collection a owl:Class ; owl:disjointWith skos:Concept, skos:ConceptScheme .
skos:ConceptScheme owl:disjointWith skos:Concept .
xkos:ClassificationLevel rdfs:subClassOf skos:Collection .
xkos:depth rdfs:domain xkos:ClassificationLevel .
xkos:classifiedUnder rdfs:range skos:Concept .
geo:SpatialObject a owl:Class .
geo:Feature rdfs:subClassOf geo:SpatialObject ; owl:disjointWith geo:Geometry .
geo:Geometry rdfs:subClassOf geo:SpatialObject .
geo:sfWithin rdfs:domain geo:SpatialObject ; rdfs:range geo:SpatialObject .
prov:Activity owl:disjointWith prov:Entity .
prov:used rdfs:domain prov:Activity ; rdfs:range prov:Entity .
prov:wasGeneratedBy rdfs:domain prov:Entity ; rdfs:range prov:Activity .
prov:wasDerivedFrom rdfs:domain prov:Entity ; rdfs:range prov:Entity .
prov:atLocation rdfs:range prov:Location .
gist:Composite a owl:Class .
gist:GeoLocation a owl:Class .
gist:Event a owl:Class ; owl:disjointWith gist:Category .
gist:Collection rdfs:subClassOf gist:Composite .
gist:GeoRegion rdfs:subClassOf gist:GeoLocation ;
    owl:disjointWith gist:Organization, gist:IntellectualProperty .
gist:IntellectualProperty owl:disjointWith gist:Organization .
gist:Determination rdfs:subClassOf gist:Event .
gist:isGeoContainedIn a owl:TransitiveProperty ; rdfs:domain gist:GeoLocation ; rdfs:range gist:GeoLocation .
gist:hasPhysicalLocation a owl:TransitiveProperty ; rdfs:range gist:GeoLocation .
"""
