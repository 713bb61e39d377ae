"""Findings as a validation report of the standard, with the place of each."""

from __future__ import annotations

from collections.abc import Iterable

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg.namespaces import CKG, CKGSH, PREFIXES, RDF, SH, XSD
from kg.rows import Finding

__all__ = ["LOADER_COMPONENTS", "report_turtle"]

#: What the sources find themselves, in words; such a component is named in the ontology's namespace, not in SHACL's.
LOADER_COMPONENTS = {
    "UnreadableRow": "the row can't be read",
    "MissingKey": "an id, a name or an end of a link is missing",
    "ImpossibleId": "an IRI can't end in this id",
    "DuplicateId": "the id was already given",
    "RepeatedRow": "the row is the same as one before and adds nothing",
    "SurplusCells": "the row has more cells than the header has columns",
    "MissingCells": "the row has fewer cells than the header has columns",
    "EmptyTable": "the table has a header and no rows",
    "NoFact": "a source can't state this",
    "UnknownProject": "the project is no accepted row",
    "UnknownOrganization": "the organisation is no accepted row",
}


def report_turtle(findings: Iterable[Finding]) -> str:
    """Return findings as a `sh:ValidationReport` in Turtle (SHACL, section 3.6), with the place of each.

    https://www.w3.org/TR/shacl/#validation-report
    """
    report = BlankNode("report")
    listed = list(findings)
    conforms = not listed  # whatever their severity, section 3.6.1.1
    triples = [
        Triple(report, RDF["type"], SH["ValidationReport"]),
        Triple(report, SH["conforms"], Literal(str(conforms).lower(), datatype=XSD["boolean"])),
    ]
    for number, finding in enumerate(listed):
        triples += _result_triples(report, BlankNode(f"r{number}"), finding)
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=PREFIXES).decode()  # type: ignore[union-attr]


def _result_triples(report: BlankNode, node: BlankNode, finding: Finding) -> list[Triple]:
    component = CKG if finding.component in LOADER_COMPONENTS else SH
    out = [
        Triple(report, SH["result"], node),
        Triple(node, RDF["type"], SH["ValidationResult"]),
        Triple(node, SH["resultSeverity"], SH[finding.severity]),
        Triple(node, SH["resultMessage"], Literal(finding.stated or finding.message)),
        Triple(node, SH["sourceConstraintComponent"], component[finding.component or "UnreadableRow"]),
        Triple(node, CKGSH["effect"], Literal(finding.effect)),
    ]
    if finding.stated and finding.stated != finding.message:
        # A result has exactly the messages of its shape (section 3.6.2); what is said of the value is beside it.
        out.append(Triple(node, CKGSH["message"], Literal(finding.message)))
    focus = finding.focus or f"urn:clusterkg:row:{finding.source}:{finding.line}"
    out.append(Triple(node, SH["focusNode"], NamedNode(focus)))
    if finding.path:
        out.append(Triple(node, SH["resultPath"], NamedNode(finding.path)))
    if finding.term:
        out.append(Triple(node, SH["value"], _term(finding.term)))
    elif finding.value:
        # The text of a cell is no term of the data: a shape has results without a value too, such as of sh:minCount.
        out.append(Triple(node, CKGSH["cell"], Literal(finding.value)))
    if finding.shape:
        out.append(Triple(node, SH["sourceShape"], _shape_node(finding.shape)))
    places = {name: getattr(finding, name) for name in ("file", "line", "column")}
    out += [Triple(node, CKGSH[name], Literal(value)) for name, value in places.items() if value]
    return out


def _shape_node(shape: str) -> NamedNode | BlankNode:
    return NamedNode(shape) if ":" in shape else BlankNode(shape)


def _term(text: str) -> NamedNode | Literal:
    """Return the term that an N-Triples form writes, or the text as a string."""
    if text.startswith("<") and text.endswith(">"):
        return NamedNode(text[1:-1])
    if text.startswith('"'):
        literal = rdflib.util.from_n3(text)
        if isinstance(literal, rdflib.Literal):
            if literal.language:
                return Literal(str(literal), language=literal.language)
            return Literal(str(literal), datatype=NamedNode(str(literal.datatype)) if literal.datatype else None)
    return Literal(text)
