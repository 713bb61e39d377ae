"""Validation by pySHACL on a pyoxigraph store, and its results as plain values."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from typing import Literal as Choice

import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, serialize
from pyshacl.graph_abstraction import DataGraph
from rdflib.namespace import SH as RSH

from kg.engines import OxigraphEngine
from kg.errors import EngineError, InputError
from kg.namespaces import CKG, CKGSH, ORG, PREFIXES, RDF, RDFS, SH, XSD
from kg.resources import folder
from kg.rows import Finding, in_graph

#: RDFLib logs a trace for every ill-typed literal; finding those is what the shapes are for.
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


def _strict(form: str, convert: Callable[[str], Any]) -> Callable[[str], Any]:
    pattern = re.compile(form)

    def constructor(text: str) -> Any:
        if not pattern.fullmatch(text):
            raise ValueError(f"{text!r} is not in the lexical space")
        return convert(text)

    return constructor


# RDFLib takes what Python's own types take: "NaN" and "1e400" for an xsd:decimal, "1_000" for an xsd:integer. Neither is
# in the lexical space of XML Schema (Part 2, 3.3.3 and 3.4.13), and a comparison with NaN stops pySHACL.
for _datatype, _type, _constructor in (
    (rdflib.XSD.decimal, Decimal, _strict(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", Decimal)),
    (rdflib.XSD.integer, int, _strict(r"[+-]?[0-9]{1,4000}", int)),
):
    rdflib.term.bind(_datatype, _type, _constructor, datatype_specific=True)

__all__ = [
    "HIERARCHY",
    "Result",
    "Shapes",
    "check_graph",
    "finding_of",
    "read_shapes",
    "report_turtle",
    "shapes",
    "validate",
]

#: What the data graph says beside the data, so that sh:class and sh:targetClass see both classes of organisation.
HIERARCHY = (Triple(ORG["FormalOrganization"], RDFS["subClassOf"], ORG["Organization"]),)

Severity = Choice["Violation", "Warning", "Info"]


@dataclass(frozen=True, slots=True)
class Result:
    """One `sh:ValidationResult`: terms in N-Triples form, so that an ill-typed literal stays what it is."""

    focus: str
    path: str
    value: str
    component: str
    shape: str
    severity: Severity
    message: str
    #: The IRI of the `sh:sparql` constraint, where one was at work.
    constraint: str = ""


@dataclass(frozen=True, slots=True)
class Shapes:
    """A shapes graph, and which of its shapes reject a row."""

    graph: rdflib.Graph
    rejecting: frozenset[str]


@cache
def shapes(kind: str) -> Shapes:
    """Return the shapes that ship.

    Parameters
    ----------
    kind:
        ``input`` or ``output``.
    """
    return read_shapes(sorted(folder(f"shapes/{kind}").glob("*.ttl")))


def read_shapes(files: Iterable[Path]) -> Shapes:
    """Read a shapes graph from Turtle files.

    Raises
    ------
    InputError
        when one is missing or not well formed.
    """
    graph = rdflib.Graph()
    for file in files:
        try:
            graph.parse(file, format=rdflib.util.guess_format(str(file)) or "turtle")
        except FileNotFoundError:
            raise InputError("there is no such shapes file", file=file) from None
        except Exception as error:  # every parser of RDFLib has its own exceptions
            raise InputError(f"the shapes can't be read ({str(error).splitlines()[0]})", file=file) from None
    effect = rdflib.URIRef(CKGSH["onViolation"].value)
    rejecting = graph.subjects(effect, rdflib.URIRef(CKGSH["RejectRow"].value))
    return Shapes(graph, frozenset(str(shape) for shape in rejecting))


def validate(store: Store, against: Shapes, *, focus: Iterable[str] | None = None) -> list[Result]:
    """Validate the default graph of a store.

    Parameters
    ----------
    store:
        The data; it is not changed.
    against:
        The shapes.
    focus:
        IRIs; when given, only these nodes are looked at.

    Returns
    -------
    The results in a fixed order.

    Raises
    ------
    EngineError
        when pySHACL fails.
    """
    nodes = None if focus is None else sorted(set(focus))
    if nodes is not None and not nodes:
        return []
    try:
        _, report, text = pyshacl.validate(
            _data_graph(store),
            shacl_graph=against.graph,
            inplace=True,
            advanced=False,
            focus_nodes=[rdflib.URIRef(node) for node in nodes] if nodes else None,
        )
    except Exception as error:  # pySHACL lets Python's own exceptions through
        raise EngineError(f"pySHACL could not validate: {str(error).splitlines()[0]}") from error
    if not isinstance(report, rdflib.Graph):
        raise EngineError(f"pySHACL could not validate: {str(text).splitlines()[0]}")
    found = (_result(report, node, against.graph) for node in report.subjects(rdflib.RDF.type, RSH.ValidationResult))
    return sorted(found, key=lambda result: (result.focus, result.path, result.value, result.shape, result.component))


def check_graph(engine: OxigraphEngine, against: Shapes) -> list[Finding]:
    """Validate the union of an engine's graphs and return what is found; nothing is kept out."""
    store = Store()
    store.bulk_extend(in_graph(quad.triple) for quad in engine.store)
    store.extend(in_graph(triple) for triple in HIERARCHY)
    return [finding_of(result) for result in validate(store, against)]


def finding_of(result: Result, *, prefix: str = "") -> Finding:
    """Return a result as a finding that has no row and changes nothing."""
    return Finding(
        result.severity,
        "kept",
        prefix + result.message,
        value=result.value,
        term=result.value,
        focus=result.focus,
        path=result.path,
        component=result.component,
        shape=result.shape,
    )


def _data_graph(store: Store) -> Any:
    """Return pySHACL's view of a store, with a length that is not counted.

    pySHACL 0.40 asks three times for each result whether the graph is true, which counts every triple of it.
    """
    view = DataGraph.from_oxigraph_store(store)
    view.__class__ = type("UncountedGraph", (type(view),), {"__len__": lambda self: 1, "__slots__": ()})
    return view


def _result(report: rdflib.Graph, node: rdflib.term.Node, graph: rdflib.Graph) -> Result:
    def one(predicate: rdflib.URIRef) -> rdflib.term.Node | None:
        return next(iter(sorted(report.objects(node, predicate), key=str)), None)

    focus, path, value = one(RSH.focusNode), one(RSH.resultPath), one(RSH.value)
    severity = str(one(RSH.resultSeverity)).removeprefix(SH)
    return Result(
        focus=str(focus),
        path=str(path) if isinstance(path, rdflib.URIRef) else "",
        value=value.n3() if isinstance(value, rdflib.URIRef | rdflib.Literal) else "",
        component=str(one(RSH.sourceConstraintComponent)).removeprefix(SH),
        shape=str(one(RSH.sourceShape)),
        severity="Violation" if severity not in ("Warning", "Info") else severity,  # type: ignore[arg-type]
        message=str(one(RSH.resultMessage) or ""),
        constraint=str(one(RSH.sourceConstraint) or ""),
    )


def report_turtle(findings: Iterable[Finding]) -> str:
    """Return findings as a `sh:ValidationReport` in Turtle (SHACL, section 3.6), with the place of each.

    https://www.w3.org/TR/shacl/#validation-report
    """
    report = BlankNode("report")
    listed = list(findings)
    conforms = not any(finding.severity == "Violation" for finding in listed)
    triples = [
        Triple(report, RDF["type"], SH["ValidationReport"]),
        Triple(report, SH["conforms"], Literal(str(conforms).lower(), datatype=XSD["boolean"])),
    ]
    for number, finding in enumerate(listed):
        triples += _result_triples(report, BlankNode(f"r{number}"), finding)
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=PREFIXES).decode()  # type: ignore[union-attr]


def _result_triples(report: BlankNode, node: BlankNode, finding: Finding) -> list[Triple]:
    component = CKG if finding.component in _LOADER_COMPONENTS else SH
    out = [
        Triple(report, SH["result"], node),
        Triple(node, RDF["type"], SH["ValidationResult"]),
        Triple(node, SH["resultSeverity"], SH[finding.severity]),
        Triple(node, SH["resultMessage"], Literal(finding.message)),
        Triple(node, SH["sourceConstraintComponent"], component[finding.component or "UnreadableRow"]),
        Triple(node, CKGSH["effect"], Literal(finding.effect)),
    ]
    focus = finding.focus or f"urn:clusterkg:row:{finding.source}:{finding.line}"
    out.append(Triple(node, SH["focusNode"], NamedNode(focus)))
    if finding.path:
        out.append(Triple(node, SH["resultPath"], NamedNode(finding.path)))
    if finding.term or finding.value:
        value = _term(finding.term) if finding.term else Literal(finding.value)
        out.append(Triple(node, SH["value"], value))
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


#: What the sources find themselves; such a component is named in the ontology's namespace, not in SHACL's.
_LOADER_COMPONENTS = frozenset(
    [
        "UnreadableRow",
        "MissingKey",
        "ImpossibleId",
        "DuplicateId",
        "RepeatedRow",
        "SurplusCells",
        "EmptyTable",
        "NoFact",
        "UnknownProject",
        "UnknownOrganization",
    ]
)
