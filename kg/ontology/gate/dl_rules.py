"""What can keep a graph out of OWL 2 DL, in words."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib.term import Node

__all__ = ["DL_RULES", "DlBreach"]

#: What each rule finds, what the problem with it is, and how it is solved.
DL_RULES: dict[str, tuple[str, str, str]] = {
    "dl-undeclared-class": (
        "A class is used without being declared.",
        "OWL tools cannot tell what it is and drop the axiom, or the ontology (OOPS! P34).",
        "Declare it an owl:Class, with rdfs:isDefinedBy where it is another vocabulary's.",
    ),
    "dl-undeclared-property": (
        "A property is used without being declared.",
        "OWL tools cannot tell an annotation from a fact and drop the axiom, or the ontology (OOPS! P35).",
        "Declare it an owl:ObjectProperty, owl:DatatypeProperty or owl:AnnotationProperty.",
    ),
    "dl-unknown-datatype": (
        "A datatype is neither in the OWL 2 datatype map nor defined.",
        "Reasoners refuse it: dates and years without time are the common case.",
        "Use a datatype of the map, or define yours with owl:equivalentClass, or move the condition to a shape.",
    ),
    "dl-class-and-datatype": (
        "A name is both a class and a datatype.",
        "OWL 2 DL tells the two apart by name only.",
        "Use two names.",
    ),
    "dl-two-kinds-of-property": (
        "A name is a property of more than one kind.",
        "OWL 2 DL tells object, datatype and annotation properties apart by name only.",
        "Declare it as one kind, or use two names.",
    ),
    "dl-property-of-wrong-kind": (
        "A property stands where OWL 2 wants one of another kind.",
        "The axiom has no meaning: data properties have no inverse and are not transitive, annotations carry no logic.",
        "Drop the axiom, or declare the property as the kind that is meant.",
    ),
    "dl-value-of-wrong-kind": (
        "An object property has a literal as value, or a data property has a thing.",
        "The statement cannot be read as a fact.",
        "Correct the value or the kind of the property.",
    ),
    "dl-reserved-term": (
        "A name in the namespaces of OWL, RDF, RDFS or XML Schema is used that OWL 2 does not allow there.",
        "Those namespaces are reserved; tools reject the ontology.",
        "Use a name of your own, or the OWL term that is meant (owl:Class for rdfs:Class, owl:Thing for rdfs:Resource).",
    ),
    "dl-property-not-simple": (
        "A property that a chain or a transitive property implies is counted, disjoint, functional, irreflexive or asymmetric.",
        "Reasoning would be undecidable; reasoners refuse the ontology.",
        "Drop the transitivity or the chain, or the restriction; or count on a subproperty.",
    ),
    "dl-irregular-hierarchy": (
        "A property chain implies a property that is part of the chain's own making.",
        "Reasoning would be undecidable; reasoners refuse the ontology.",
        "Break the circle: what a chain implies may stand in it only as its first or its last link.",
    ),
    "dl-malformed-expression": (
        "A class expression or data range is not well formed.",
        "OWL tools drop the axiom that it stands in, without a word.",
        "Give a restriction one owl:onProperty and one filler or number, and other expressions one list.",
    ),
    "dl-anonymous-individual": (
        "An anonymous individual stands where OWL 2 DL wants a named one, or anonymous individuals form a circle.",
        "Reasoners refuse it in enumerations, value restrictions, sameness and negative facts, and refuse circles.",
        "Give the individual an IRI.",
    ),
    "dl-class-for-datatype": (
        "A datatype stands where OWL 2 wants a class, or a class where it wants a datatype.",
        "The axiom has no meaning: the values of object properties are things, those of data properties literals.",
        "Name a class or a datatype, whichever fits the property, or declare the property as the kind that is meant.",
    ),
    "dl-malformed-literal": (
        "A literal does not have the form that its datatype asks for.",
        "It stands for no value: the statement makes the ontology inconsistent, or reasoners refuse it.",
        "Correct the text of the literal or its datatype.",
    ),
    "dl-facet-of-wrong-kind": (
        "A datatype is restricted by a facet that OWL 2 does not give it, or by a value that does not fit the facet.",
        "Reasoners refuse it: texts have lengths and patterns, numbers and times have bounds.",
        "Use a facet of the datatype, with a value of its kind, or move the condition to a shape.",
    ),
    "dl-malformed-list": (
        "A list has fewer members than its axiom or expression needs, breaks off, or runs into itself.",
        "OWL tools drop the axiom, or read another one than is meant.",
        "Complete the list: two members for most, one for owl:oneOf, owl:hasKey and owl:withRestrictions.",
    ),
    "dl-paired-with-itself": (
        "A class, property or individual is declared equal to, disjoint with or different from itself.",
        "OWL 2 wants two of them; what is disjoint with itself is empty, what differs from itself a contradiction.",
        "Name the other one that is meant, or drop the statement.",
    ),
}


@dataclass(frozen=True, slots=True)
class DlBreach:
    """A breach of OWL 2 DL: the rule, the term to blame, and what with."""

    rule: str
    term: Node
    detail: str = ""
