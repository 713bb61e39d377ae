"""Which OWL 2 profiles an ontology is in, and what keeps it out of the others.

The grammars of EL, QL and RL are those of https://www.w3.org/TR/owl2-profiles/; the conditions of DL are in
:mod:`kg.ontology.gate.dl`. An ontology that is not in OWL 2 DL is in none of the three.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, URIRef
from rdflib.term import Node

from kg.ontology.gate.dl import DlBreach, dl_breaches
from kg.ontology.gate.owl import Axiom, Expression, Owl, names
from kg.ontology.reason import OWL2_DATATYPES

__all__ = ["PROFILES", "Profile", "profiles"]

#: The profiles in the order in which they are shown.
PROFILES = ("DL", "EL", "QL", "RL")

_Checker = Callable[[Owl, str, Expression], Iterator[str]]

_INDIVIDUALS = names(
    "SameIndividual DifferentIndividuals ClassAssertion ObjectPropertyAssertion DataPropertyAssertion "
    "NegativeObjectPropertyAssertion NegativeDataPropertyAssertion"
)
_COMMON = names(
    "SubClassOf EquivalentClasses DisjointClasses SubObjectPropertyOf EquivalentObjectProperties ObjectPropertyDomain "
    "ObjectPropertyRange SubDataPropertyOf EquivalentDataProperties DataPropertyDomain DataPropertyRange DatatypeDefinition"
)
_EL = (
    _COMMON
    | _INDIVIDUALS
    | {
        "SubPropertyChainOf",
        "TransitiveObjectProperty",
        "ReflexiveObjectProperty",
        "FunctionalDataProperty",
        "HasKey",
    }
)
_QL = (
    _COMMON
    | {"ClassAssertion", "ObjectPropertyAssertion", "DataPropertyAssertion", "DifferentIndividuals"}
    | {"InverseObjectProperties", "DisjointObjectProperties", "DisjointDataProperties", "SymmetricObjectProperty"}
    | {"AsymmetricObjectProperty", "ReflexiveObjectProperty", "IrreflexiveObjectProperty"}
)
_RL = (
    _COMMON
    | _INDIVIDUALS
    | {"InverseObjectProperties", "DisjointObjectProperties", "DisjointDataProperties", "SymmetricObjectProperty"}
    | {"AsymmetricObjectProperty", "IrreflexiveObjectProperty", "TransitiveObjectProperty", "SubPropertyChainOf"}
    | {"FunctionalObjectProperty", "InverseFunctionalObjectProperty", "FunctionalDataProperty", "HasKey"}
)
#: The datatypes of EL and QL (sections 2.2.5 and 3.2.5).
_SMALL_DATATYPES = frozenset(
    {
        RDF.PlainLiteral,
        RDF.langString,
        RDF.XMLLiteral,
        RDFS.Literal,
        OWL.real,
        OWL.rational,
        *(
            XSD[name]
            for name in names(
                "decimal integer nonNegativeInteger string normalizedString token Name NCName NMTOKEN hexBinary "
                "base64Binary anyURI dateTime dateTimeStamp"
            )
        ),
    }
)
_EL_CONSTRUCTORS = names(
    "Class Datatype ObjectIntersectionOf ObjectSomeValuesFrom ObjectHasValue ObjectHasSelf DataSomeValuesFrom "
    "DataHasValue DataIntersectionOf Individuals"
)
_RL_DATATYPES = (OWL2_DATATYPES | {RDFS.Literal, RDF.langString}) - {OWL.real, OWL.rational}


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, and what keeps the ontology out of it: constructs with the terms whose axioms have them."""

    name: str
    holds: bool
    kept_out_by: tuple[tuple[str, tuple[str, ...]], ...] = ()


def profiles(graph: Graph, *, namespace: str = "") -> tuple[dict[str, Profile], tuple[DlBreach, ...]]:
    """Say for each OWL 2 profile whether an ontology is in it.

    Parameters
    ----------
    graph:
        The ontology. Imports are not read; where there are any, terms outside `namespace` count as declared.
    namespace:
        What the IRIs of its own terms begin with.

    Returns
    -------
    The profiles by name, and the breaches of OWL 2 DL one by one.
    """
    owl = Owl(graph)
    breaches = tuple(dl_breaches(owl, namespace))
    report = {"DL": _profile("DL", ((breach.rule, breach.term) for breach in breaches))}
    for name, (kinds, check, datatypes) in _GRAMMARS.items():
        found = _profile(name, _offences(owl, kinds, check, datatypes, name))
        holds = found.holds and report["DL"].holds
        why = found.kept_out_by if report["DL"].holds else (("not in OWL 2 DL", ()), *found.kept_out_by)
        report[name] = Profile(name, holds, why)
    return report, breaches


def _profile(name: str, offences: Iterator[tuple[str, Node]]) -> Profile:
    terms: dict[str, set[str]] = defaultdict(set)
    for construct, term in offences:
        terms[construct].add(str(term) if isinstance(term, URIRef) else "a blank node")
    return Profile(
        name, not terms, tuple((construct, tuple(sorted(found))) for construct, found in sorted(terms.items()))
    )


def _offences(
    owl: Owl, kinds: frozenset[str], check: _Checker, datatypes: frozenset[URIRef], name: str
) -> Iterator[tuple[str, Node]]:
    for axiom in owl.axioms:
        if axiom.kind not in kinds:
            yield axiom.kind, axiom.about
            continue
        for position, expression in axiom.expressions:
            for construct in check(owl, position, expression):
                yield construct, axiom.about
            for datatype in _datatypes(expression):
                if datatype in OWL2_DATATYPES and datatype not in datatypes:
                    yield f"datatype {_short(datatype)}", axiom.about
        if name != "RL":
            yield from ((construct, axiom.about) for construct in _plain_nodes(owl, axiom, name))
    if name == "EL":
        yield from _chain_ranges(owl)


def _datatypes(expression: Expression) -> Iterator[Node]:
    for part in expression.all():
        if part.kind == "Datatype":
            yield part.node
        for value in part.values:
            if (datatype := getattr(value, "datatype", None)) is not None:
                yield datatype


def _short(iri: Node) -> str:
    return str(iri).replace(str(XSD), "xsd:").replace(str(OWL), "owl:")


def _plain_nodes(owl: Owl, axiom: Axiom, name: str) -> Iterator[str]:
    """Yield what EL and QL do not have: anonymous individuals, and in EL inverse properties."""
    expressions = [part for _, expression in axiom.expressions for part in expression.all()]
    if axiom.kind == "ClassAssertion" and isinstance(axiom.about, BNode):
        yield "anonymous individual"
    if any(isinstance(value, BNode) for part in expressions for value in part.values):
        yield "anonymous individual"
    used = [*axiom.properties, *(part.property for part in expressions)]
    if name == "EL" and any(isinstance(node, BNode) and owl.property_of(node) != node for node in used):
        yield "ObjectInverseOf"


def _el(owl: Owl, position: str, expression: Expression) -> Iterator[str]:
    """Yield the constructors that OWL 2 EL lacks; it knows no positions (section 2.2.3)."""
    for part in expression.all():
        if part.kind in ("ObjectOneOf", "DataOneOf"):
            if len(part.values) != 1:
                yield f"{part.kind} of several"
        elif part.kind not in _EL_CONSTRUCTORS:
            yield part.kind


def _ql(owl: Owl, position: str, expression: Expression) -> Iterator[str]:
    """Yield the constructors that OWL 2 QL lacks in this position (section 3.2.3)."""
    kind, where = expression.kind, "superclass" if position == "super" else "subclass"
    if kind in ("Class", "Datatype", "Individuals"):
        return
    if kind in ("DataSomeValuesFrom", "DataIntersectionOf"):
        yield from (part.kind for part in expression.parts if part.kind not in ("Datatype", "DataIntersectionOf"))
    elif kind == "ObjectSomeValuesFrom":
        filler = expression.parts[0]
        if filler.kind != "Class" or (position != "super" and filler.node != OWL.Thing):
            yield f"qualified ObjectSomeValuesFrom as {where}"
    elif position == "super" and kind == "ObjectIntersectionOf":
        for part in expression.parts:
            yield from _ql(owl, "super", part)
    elif position == "super" and kind == "ObjectComplementOf":
        yield from _ql(owl, "sub", expression.parts[0])
    else:
        yield f"{kind} as {where}"


def _rl(owl: Owl, position: str, expression: Expression) -> Iterator[str]:
    """Yield the constructors that OWL 2 RL lacks in this position (section 4.2.3)."""
    kind, parts = expression.kind, expression.parts
    where = {"sub": "subclass", "super": "superclass", "equal": "equivalent class"}[position]
    if kind == "Class":
        if expression.node == OWL.Thing:
            yield f"owl:Thing as {where}"
    elif kind in ("Datatype", "DataIntersectionOf", "Individuals", "ObjectHasValue", "DataHasValue"):
        return
    elif kind == "ObjectIntersectionOf":
        for part in parts:
            yield from _rl(owl, position, part)
    elif position == "sub" and kind in ("ObjectUnionOf", "ObjectSomeValuesFrom"):
        for part in parts:
            if kind == "ObjectUnionOf" or part.node != OWL.Thing:
                yield from _rl(owl, "sub", part)
    elif position == "sub" and kind in ("ObjectOneOf", "DataSomeValuesFrom"):
        return
    elif position == "super" and kind == "ObjectAllValuesFrom":
        yield from _rl(owl, "super", parts[0])
    elif position == "super" and kind == "ObjectComplementOf":
        yield from _rl(owl, "sub", parts[0])
    elif position == "super" and kind == "DataAllValuesFrom":
        return
    elif position == "super" and kind in ("ObjectMaxCardinality", "DataMaxCardinality") and expression.number in (0, 1):
        for part in parts:
            if kind == "ObjectMaxCardinality" and part.node != OWL.Thing:
                yield from _rl(owl, "sub", part)
    else:
        yield f"{kind} as {where}"


def _chain_ranges(owl: Owl) -> Iterator[tuple[str, Node]]:
    """Yield the chains whose last link lacks the range of what they imply (section 2.2.6)."""
    above: dict[Node, set[Node]] = defaultdict(set)
    ranges: dict[Node, set[Node]] = defaultdict(set)
    for axiom in owl.axioms:
        if axiom.kind == "SubObjectPropertyOf":
            above[axiom.properties[0]].add(axiom.properties[1])
        elif axiom.kind == "EquivalentObjectProperties":
            above[axiom.properties[0]].add(axiom.properties[1])
            above[axiom.properties[1]].add(axiom.properties[0])
        elif axiom.kind == "ObjectPropertyRange":
            ranges[axiom.about].add(axiom.expressions[0][1].node)

    def imposed(node: Node) -> set[Node]:
        seen, todo = set[Node](), [node]
        while todo:
            if (at := todo.pop()) not in seen:
                seen.add(at)
                todo.extend(above[at])
        return set().union(*(ranges[at] for at in seen))

    for axiom in owl.axioms:
        if axiom.kind == "SubPropertyChainOf" and not imposed(axiom.about) <= imposed(axiom.properties[-2]):
            yield "range of a property that a chain implies", axiom.about


_GRAMMARS: dict[str, tuple[frozenset[str], _Checker, frozenset[URIRef]]] = {
    "EL": (_EL, _el, _SMALL_DATATYPES),
    "QL": (_QL, _ql, _SMALL_DATATYPES),
    "RL": (_RL, _rl, _RL_DATATYPES),
}
