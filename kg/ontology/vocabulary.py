"""An ontology read from its files: modules, alignments, and which terms are its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from rdflib import OWL, RDF, RDFS, SKOS, VANN, BNode, Graph, Literal, URIRef
from rdflib.util import guess_format

from kg.engines import OxigraphEngine
from kg.errors import InputError
from kg.namespaces import CKGSH
from kg.resources import folder, ontology_files

__all__ = ["TERM_OF", "Module", "Vocabulary", "read_vocabulary"]

#: Says of a term that an ontology defines it. Added by :attr:`Vocabulary.marked`, so that the queries in
#: `queries/hygiene` and the shapes in `shapes/style.ttl` need not know the namespace they judge.
TERM_OF = URIRef(CKGSH["termOf"].value)

#: What makes a subject a term.
_DECLARES = frozenset(
    {
        OWL.Class,
        RDFS.Class,
        RDFS.Datatype,
        OWL.ObjectProperty,
        OWL.DatatypeProperty,
        OWL.AnnotationProperty,
        OWL.NamedIndividual,
        RDF.Property,
        SKOS.Concept,
        SKOS.ConceptScheme,
    }
)


@dataclass(frozen=True, slots=True)
class Module:
    """One file of an ontology: where it is and what it says."""

    path: Path
    graph: Graph

    @property
    def name(self) -> str:
        """The file name without its extension."""
        return self.path.stem


@dataclass(frozen=True)
class Vocabulary:
    """An ontology with its own terms.

    `alignments` are the modules that relate its terms to other vocabularies; they are not part of `graph`.
    """

    iri: URIRef
    #: The IRI that the names of its own terms begin with.
    namespace: str
    modules: tuple[Module, ...]
    alignments: tuple[Module, ...] = ()

    @cached_property
    def graph(self) -> Graph:
        """All modules as one graph, alignments left out."""
        return union(self.modules)

    @cached_property
    def aligned(self) -> Graph:
        """All modules and alignments as one graph."""
        return union((*self.modules, *self.alignments))

    @cached_property
    def terms(self) -> tuple[URIRef, ...]:
        """The terms in the namespace that some module gives a type, in code-point order."""
        typed = self.graph.subjects(RDF.type, unique=True)
        own = {s for s in typed if isinstance(s, URIRef) and s.startswith(self.namespace) and s != self.iri}
        return tuple(sorted(own))

    @cached_property
    def marked(self) -> Graph:
        """The graph, and for each own term that :data:`TERM_OF` this ontology."""
        graph = Graph() + self.graph
        for term in self.terms:
            graph.add((term, TERM_OF, self.iri))
        return graph

    def engine(self, *more: Graph) -> OxigraphEngine:
        """Return an engine over the marked graph and whatever more is given."""
        engine = OxigraphEngine()
        for number, graph in enumerate((self.marked, *more)):
            engine.add(_triples(graph, number))
        return engine

    def module_of(self, term: URIRef) -> Module | None:
        """Return the module that gives a term its type."""
        return next((module for module in self.modules if (term, RDF.type, None) in module.graph), None)


def read_vocabulary(files: Sequence[Path] = ()) -> Vocabulary:
    """Read an ontology.

    Parameters
    ----------
    files:
        Its files, in any RDF format; without any, the ontology that ships and its alignments.

    Raises
    ------
    InputError
        when a file can't be read, or no `owl:Ontology` is declared in any, or more than one is.
    """
    alignments: tuple[Module, ...] = ()
    if not files:
        files = ontology_files()
        alignments = tuple(map(read_module, sorted((folder("ontology") / "alignments").glob("*.ttl"))))
    modules = tuple(map(read_module, files))
    declared = sorted({s for module in modules for s in module.graph.subjects(RDF.type, OWL.Ontology)}, key=str)
    names = ", ".join(str(file) for file in files)
    if not declared:
        raise InputError("no owl:Ontology is declared here; add one, with an IRI", file=names)
    if len(declared) > 1:
        raise InputError(f"more than one owl:Ontology is declared here ({', '.join(map(str, declared))})", file=names)
    if not isinstance(declared[0], URIRef):
        raise InputError("the owl:Ontology has no IRI", file=names)
    return Vocabulary(declared[0], _namespace(declared[0], union(modules)), modules, alignments)


def read_module(path: Path) -> Module:
    """Read one file.

    Raises
    ------
    InputError
        when it is missing, no RDF, or not well formed.
    """
    kind = guess_format(str(path)) or ("xml" if path.suffix == ".owl" else None)
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    if kind is None:
        raise InputError("its extension is none of an RDF format", file=path)
    try:
        return Module(path, _jsonld(path) if kind == "json-ld" else Graph().parse(path, format=kind))
    except Exception as error:  # every parser of RDFLib has its own exceptions
        what = " ".join(str(error).split())[:200]
        raise InputError(f"this can't be read as {kind} ({what})", file=path) from None


def _jsonld(path: Path) -> Graph:
    """Return the graph of a JSON-LD file; RDFLib would fetch a context that is an address, Oxigraph refuses it."""
    quads = ox.parse(path=str(path), format=ox.RdfFormat.JSON_LD, base_iri=path.resolve().as_uri())
    return Graph().parse(data="".join(f"{quad.triple} .\n" for quad in quads), format="nt")


def union(modules: Iterable[Module]) -> Graph:
    """Return the triples of all modules, with their prefixes, as a new graph."""
    graph = Graph(bind_namespaces="none")
    for module in modules:
        for prefix, namespace in module.graph.namespaces():
            graph.bind(prefix, namespace)
        graph += module.graph
    return graph


def _namespace(iri: URIRef, graph: Graph) -> str:
    """Return the preferred namespace of an ontology, or the one that most of its terms are in."""
    stated = graph.value(iri, VANN.preferredNamespaceUri)
    if stated is not None:
        return str(stated)
    declared = {s for kind in _DECLARES for s in graph.subjects(RDF.type, kind) if isinstance(s, URIRef)}
    stem = str(iri).rstrip("#/")
    for namespace in (str(iri), f"{stem}#", f"{stem}/"):
        if namespace[-1] in "#/" and any(term.startswith(namespace) for term in declared):
            return namespace
    counts = Counter(str(term)[: max(term.rfind("#"), term.rfind("/")) + 1] for term in sorted(declared))
    return counts.most_common(1)[0][0] if counts else f"{stem}#"


def _triples(graph: Graph, number: int) -> Iterable[ox.Triple]:
    for s, p, o in graph:
        yield ox.Triple(_term(s, number), ox.NamedNode(p), _term(o, number))  # type: ignore[arg-type]


def _term(node: object, number: int) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if isinstance(node, BNode):
        return ox.BlankNode(f"g{number}{node}")
    if isinstance(node, Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(node.datatype) if node.datatype else None)
    return ox.NamedNode(str(node))
