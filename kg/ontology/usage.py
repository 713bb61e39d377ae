"""Where the terms of an ontology are used: which shapes, rules and questions that ship name them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.catalog import Query, load
from kg.namespaces import CKG, PREFIXES
from kg.ontology.vocabulary import Vocabulary
from kg.resources import folder

__all__ = ["REFERENCE_ONLY", "Usage", "named_iris", "usage", "usage_faults"]

#: Marks a term that is there for readers, not for shapes, rules or questions.
REFERENCE_ONLY = URIRef(CKG["referenceOnly"].value)

#: What makes a node of a shapes graph one that is worth naming to a reader.
_SHAPE_KINDS = (SH.NodeShape, SH.PropertyShape, SH.SPARQLConstraint)
#: Predicates that carry SPARQL text.
_SPARQL = frozenset({SH.select, SH.ask, SH.construct})
#: One token of SPARQL that may hide or hold a name: IRI, string, comment, prefix declaration or prefixed name.
_TOKEN = re.compile(
    r"""(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'
    |\#[^\n]*
    |(?i:\bPREFIX)\s+(?P<prefix>[\w-]*):\s*<(?P<namespace>[^<>\s]*)>
    |(?<![\w?$:-])(?P<short>[A-Za-z][\w-]*):(?P<local>[A-Za-z_][\w-]*)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What names a term: the IRIs of shapes, the names of rules (explaining queries among them) and of questions."""

    shapes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.shapes or self.rules or self.questions)


def usage(vocabulary: Vocabulary) -> dict[URIRef, Usage]:
    """Return for each own term of an ontology what names it; an empty :class:`Usage` for a term that nothing does.

    The shapes are those on data (`shapes/input` and `shapes/output`), the rules `queries/infer` and `queries/explain`,
    the questions `queries/questions`. A term is named where its IRI stands in the text, in full or shortened.
    """
    return {term: Usage(*(tuple(sorted(found.get(str(term), ()))) for found in _users())) for term in vocabulary.terms}


def usage_faults(
    vocabulary: Vocabulary, named: Mapping[URIRef, Usage]
) -> tuple[tuple[URIRef, ...], tuple[URIRef, ...]]:
    """Return the terms that are neither used nor marked as reference only, and those that are marked and named.

    A term is used when something names it, when it is an individual of a class that something names, or when the
    ontology describes a used term with it: as its domain, range, superclass, scheme, class, or in its definition.
    """
    graph, own = vocabulary.graph, set(vocabulary.terms)
    marked = {s for s, o in graph.subject_objects(REFERENCE_ONLY) if str(o) in ("true", "1")}
    direct = {term for term in own if named.get(term)}
    todo: list[Node] = [*direct, *(s for s, o in graph.subject_objects(RDF.type) if o in direct), *marked]
    reached: set[Node] = set()
    while todo:
        if (node := todo.pop()) in reached:
            continue
        reached.add(node)
        for predicate, value in graph.predicate_objects(node):
            todo += [at for at in (predicate, value) if at in own or isinstance(at, BNode)]
    unused = own - reached - marked
    return tuple(sorted(unused)), tuple(sorted(term for term in direct if term in marked))


def named_iris(sparql: str, prefixes: dict[str, str] | None = None) -> set[str]:
    """Return the IRIs that a SPARQL text names, prefixed names written out.

    Comments and strings are passed over. The prefixes that queries need not declare are known.

    >>> sorted(named_iris('ASK { ?s a ckg:Cluster ; <urn:p> "ckg:Hub" } # ckg:Node'))
    ['https://w3id.org/clusterkg/ontology#Cluster', 'urn:p']
    """
    known = {**PREFIXES, **(prefixes or {})}
    found = set()
    for token in _TOKEN.finditer(sparql):
        if token["prefix"] is not None:
            known[token["prefix"]] = token["namespace"]
        elif token["iri"]:
            found.add(token["iri"][1:-1])
        elif token["short"] in known:
            found.add(known[token["short"]] + token["local"])
    return found


@cache
def _users() -> tuple[dict[str, set[str]], ...]:
    """Return the shapes, the rules and the questions that name each IRI."""
    return (
        _by_term(_shape_names()),
        _by_term(_query_names((*load("queries/infer"), *load("queries/explain")))),
        _by_term(_query_names(load("queries/questions"))),
    )


def _by_term(named: Iterator[tuple[str, str]]) -> dict[str, set[str]]:
    users: dict[str, set[str]] = defaultdict(set)
    for iri, user in named:
        users[iri].add(user)
    return users


def _query_names(queries: tuple[Query, ...]) -> Iterator[tuple[str, str]]:
    for query in queries:
        for iri in named_iris(query.text):
            yield iri, query.name


def _shape_names() -> Iterator[tuple[str, str]]:
    for kind in ("input", "output"):
        for path in sorted(folder(f"shapes/{kind}").glob("*.ttl")):
            graph = Graph().parse(path)
            named = {s for kind in _SHAPE_KINDS for s in graph.subjects(RDF.type, kind) if isinstance(s, URIRef)}
            for shape in named:
                for iri in _names_below(graph, shape, named):
                    yield iri, str(shape)


def _names_below(graph: Graph, shape: Node, others: set[URIRef]) -> Iterator[str]:
    """Yield the IRIs in the description of a shape, its blank nodes included and other named shapes left out."""
    seen: set[Node] = set()
    todo: list[Node] = [shape]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        for predicate, value in graph.predicate_objects(node):
            if isinstance(value, Literal):
                yield from named_iris(str(value)) if predicate in _SPARQL else ()
            elif isinstance(value, URIRef):
                yield str(value)
                if (value, RDF.type, SH.SPARQLConstraint) in graph:
                    todo.append(value)
            else:
                todo.append(value)
