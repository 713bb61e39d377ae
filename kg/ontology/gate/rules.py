"""Every check of the quality gate: what it finds, how bad that is, and how it is solved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node

from kg.catalog import load
from kg.namespaces import CKGSH
from kg.ontology.gate.dl_rules import DL_RULES
from kg.resources import folder

__all__ = ["HYGIENE", "SEVERITIES", "Rule", "rules"]

#: Where the hygiene queries lie.
HYGIENE = "queries/hygiene"
#: Severities, worst first.
SEVERITIES = ("Violation", "Warning", "Info")

_SOLUTION, _TAGS = URIRef(CKGSH["solution"].value), URIRef(CKGSH["tags"].value)


@dataclass(frozen=True, slots=True)
class Rule:
    """A check: its name is that of the query file, of the shape or of the condition."""

    name: str
    severity: str
    summary: str
    problem: str
    solution: str
    tags: tuple[str, ...] = ()


#: The checks that are neither a query, a shape nor a condition of OWL 2 DL.
_OTHERS = (
    Rule(
        "inconsistent",
        "Violation",
        "The ontology contradicts itself.",
        "Everything follows from a contradiction, so that nothing can be learnt from it.",
        "Find the axioms that clash: take out the disjointness and individuals added last, until it is consistent again.",
        ("reasoner",),
    ),
    Rule(
        "unsatisfiable-class",
        "Violation",
        "Nothing can be an instance of a class.",
        "Its axioms contradict each other; the first individual of the class makes the whole inconsistent.",
        "Compare its superclasses and restrictions with the disjointness and domains that they meet.",
        ("reasoner",),
    ),
    Rule(
        "unused-term",
        "Warning",
        "No shape, rule or question uses a term, and it is not marked as there for reference only.",
        "A term that nothing uses is never tested, and nobody notices when it is wrong.",
        "Use it in a shape, rule or question, or mark it ckg:referenceOnly true, or deprecate it.",
        ("usage",),
    ),
    Rule(
        "reference-only-term-in-use",
        "Info",
        "A term marked as there for reference only is named by a shape, rule or question.",
        "The mark is out of date.",
        "Take the mark ckg:referenceOnly away.",
        ("usage",),
    ),
    Rule(
        "alignment-of-an-unknown-term",
        "Violation",
        "An alignment is about a term that the ontology does not define.",
        "Whoever follows it finds nothing: the term was misspelt, renamed or removed.",
        "Correct the name, or take the alignment out.",
        ("alignment",),
    ),
)


@cache
def rules() -> dict[str, Rule]:
    """Return all checks by name."""
    queries = (
        Rule(query.name, query.severity, query.summary, query.problem, query.solution, query.tags)
        for query in load(HYGIENE)
    )
    conditions = (
        Rule(name, "Violation", summary, problem, solution, ("profile", "DL"))
        for name, (summary, problem, solution) in DL_RULES.items()
    )
    return {rule.name: rule for rule in (*queries, *_style_rules(), *conditions, *_OTHERS)}


def _style_rules() -> list[Rule]:
    graph = Graph().parse(folder("shapes") / "style.ttl")
    found = []
    for link in (SH.property, SH.sparql):
        for shape, constraint in graph.subject_objects(link):
            found.append(_style_rule(graph, shape, constraint))
    return sorted(found, key=lambda rule: rule.name)


def _style_rule(graph: Graph, shape: Node, constraint: Node) -> Rule:
    def text(predicate: URIRef) -> str:
        return str(graph.value(constraint, predicate) or "")

    kind = SH.PropertyShape if (constraint, RDF.type, SH.PropertyShape) in graph else SH.NodeShape
    severity = graph.value(constraint if kind == SH.PropertyShape else shape, SH.severity)
    return Rule(
        str(constraint).removeprefix(CKGSH),
        str(severity).removeprefix(str(SH)),
        text(SH.message),
        text(RDFS.comment),
        text(_SOLUTION),
        tuple(tag.strip() for tag in text(_TAGS).split(",")),
    )
