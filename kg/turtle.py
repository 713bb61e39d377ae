"""A Turtle writer whose output changes only where the graph changes.

One term per block, blocks under section headers, everything in code-point order: the same
graph gives the same bytes, and a changed triple gives a changed line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import to_canonical_graph
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.term import Node

__all__ = ["PREFIXES", "canonical_turtle", "leading_comment"]

#: Prefixes that mean the same in every file, whatever the graph itself has bound (rdflib binds
#: some of them to other addresses).
PREFIXES: dict[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "ckg": "https://w3id.org/clusterkg/ontology#",
    "ckgsh": "https://w3id.org/clusterkg/shapes#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "ebg": "http://data.businessgraph.io/ontology#",
    "eurio": "http://data.europa.eu/s66#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "gist": "https://w3id.org/semanticarts/ns/ontology/gist/",
    "gleif-L1": "https://www.gleif.org/ontology/L1/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "ramon": "http://rdfdata.eionet.europa.eu/ramon/ontology/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rov": "http://www.w3.org/ns/regorg#",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "time": "http://www.w3.org/2006/time#",
    "vann": "http://purl.org/vocab/vann/",
    "wgs": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "xkos": "http://rdf-vocabulary.ddialliance.org/xkos#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

#: Sections in the order of the file, each with the types that put a subject there; a subject of
#: several such types stands in the first section that claims it.
_SECTIONS: tuple[tuple[str, frozenset[Node]], ...] = (
    ("Ontology", frozenset({OWL.Ontology})),
    ("Classes", frozenset({OWL.Class, RDFS.Class})),
    (
        "Object properties",
        frozenset(
            {
                OWL.ObjectProperty,
                OWL.AsymmetricProperty,
                OWL.InverseFunctionalProperty,
                OWL.IrreflexiveProperty,
                OWL.ReflexiveProperty,
                OWL.SymmetricProperty,
                OWL.TransitiveProperty,
            }
        ),
    ),
    ("Datatype properties", frozenset({OWL.DatatypeProperty})),
    ("Annotation properties", frozenset({OWL.AnnotationProperty})),
    ("Shapes", frozenset({SH.NodeShape, SH.PropertyShape})),
)
_INDIVIDUALS = len(_SECTIONS)
_OTHER = _INDIVIDUALS + 1
_TITLES = (*(title for title, _ in _SECTIONS), "Individuals", "Other")
_SECTION_MARK = "# --- "

_INDENT = "    "
#: A list of plain items stays on one line up to this many characters.
_LIST_WIDTH = 80
#: A subset of Turtle's local names that needs no escapes.
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_SHORTHAND: dict[URIRef, re.Pattern[str]] = {
    XSD.integer: re.compile(r"[+-]?[0-9]+\Z"),
    XSD.decimal: re.compile(r"[+-]?[0-9]*\.[0-9]+\Z"),
    XSD.boolean: re.compile(r"(?:true|false)\Z"),
}
_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')


def canonical_turtle(graph: Graph, *, header: str = "") -> str:
    """Write a graph as Turtle that depends on its triples only.

    Args:
        graph: what to write. Its own prefix bindings are used for namespaces that `PREFIXES`
            does not know, where the prefix is free.
        header: text that opens the file as a comment, one comment line per line.

    Returns:
        The text, ending in a newline. It parses (https://www.w3.org/TR/turtle/) to a graph
        isomorphic to the one given; the one thing not kept is the difference that rdflib makes
        between `"x"` and `"x"^^xsd:string`, which RDF 1.1 says are the same literal.

    Example:
        >>> g = Graph().parse(data="@prefix owl: <http://www.w3.org/2002/07/owl#> . owl:Thing a owl:Class .")
        >>> print(canonical_turtle(g), end="")
        @prefix owl: <http://www.w3.org/2002/07/owl#> .
        <BLANKLINE>
        # --- Classes
        <BLANKLINE>
        owl:Thing
            a owl:Class ;
            .
    """
    return _Writer(graph).document(header)


def leading_comment(text: str) -> str:
    """Return the header that `canonical_turtle` was given when it wrote a text.

    Args:
        text: a Turtle document.

    Returns:
        The comment lines at the very top without their marks; empty when there are none.
    """
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#") or line.startswith(_SECTION_MARK):
            break
        lines.append(line[1:].removeprefix(" "))
    return "\n".join(lines)


class _Writer:
    """State of one writing: which blank nodes are nested, which prefixes were used."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.labels: dict[Node, str] = {}
        self.nested = _nested_blank_nodes(graph)
        if _shared_blank_nodes(graph, self.nested):
            # Only a graph with shared blank nodes pays for canonical labels.
            self.graph = to_canonical_graph(graph)
            self.nested = _nested_blank_nodes(self.graph)
            ordered = sorted(_shared_blank_nodes(self.graph, self.nested), key=str)
            self.labels = {node: f"_:b{number}" for number, node in enumerate(ordered, start=1)}
        self.namespaces = {namespace: prefix for prefix, namespace in PREFIXES.items()}
        for prefix, namespace in sorted(graph.namespaces()):
            if prefix and prefix not in PREFIXES and _LOCAL.match(prefix):
                self.namespaces.setdefault(str(namespace), prefix)
        self.used: set[str] = set()

    def document(self, header: str) -> str:
        """Return the whole text: header, prefixes, sections."""
        sections: list[list[tuple[str, str]]] = [[] for _ in _TITLES]
        for subject in set(self.graph.subjects()):
            if subject not in self.nested:
                name = self.subject_name(subject)
                sections[self.section(subject)].append((name, self.block(subject, name)))
        parts: list[str] = []
        if header:
            parts.append("\n".join(f"# {line}".rstrip() for line in header.splitlines()))
        if self.used:
            by_prefix = sorted((prefix, namespace) for namespace, prefix in self.namespaces.items())
            parts.append("\n".join(f"@prefix {p}: <{namespace}> ." for p, namespace in by_prefix if p in self.used))
        for title, blocks in zip(_TITLES, sections, strict=True):
            if blocks:
                parts.append(f"{_SECTION_MARK}{title}")
                parts.extend(text for _, text in sorted(blocks))
        return "\n\n".join(parts) + "\n"

    def section(self, subject: Node) -> int:
        """Return the number of the section that a subject stands in."""
        types = set(self.graph.objects(subject, RDF.type))
        if isinstance(subject, BNode):
            return _OTHER
        for number, (_, members) in enumerate(_SECTIONS):
            if types & members:
                return number
        return _INDIVIDUALS if types else _OTHER

    def subject_name(self, subject: Node) -> str:
        """Return what opens a block: a name, a label, or `[]` for a node nobody points to."""
        if isinstance(subject, BNode) and subject not in self.labels:
            return "[]"
        return self.term(subject, "")

    def block(self, subject: Node, name: str) -> str:
        """Return the block of one subject, closing dot included."""
        return f"{name}\n{self.predicates(subject, _INDENT)}\n{_INDENT}."

    def predicates(self, subject: Node, indent: str) -> str:
        """Return the predicate lines of a subject, `a` first, then by name."""
        keyed = {
            predicate: "a" if predicate == RDF.type else self.term(predicate, indent)
            for predicate in set(self.graph.predicates(subject))
        }
        ordered = sorted(keyed.items(), key=lambda item: (item[0] != RDF.type, item[1]))
        return "\n".join(self.predicate(subject, node, name, indent) for node, name in ordered)

    def predicate(self, subject: Node, predicate: Node, name: str, indent: str) -> str:
        """Return one predicate with its values: one on the same line, several on a line each."""
        values = list(self.graph.objects(subject, predicate))
        if len(values) == 1:
            return f"{indent}{name} {self.term(values[0], indent)} ;"
        inner = indent + _INDENT
        written = sorted((_rank(value), self.term(value, inner)) for value in values)
        lines = " ,\n".join(f"{inner}{text}" for _, text in written)
        return f"{indent}{name}\n{lines}\n{inner};"

    def term(self, node: Node, indent: str) -> str:
        """Return any term as it stands at this indentation."""
        if isinstance(node, Literal):
            return self.literal(node)
        if isinstance(node, URIRef):
            return "()" if node == RDF.nil else self.iri(node)
        if node in self.labels:
            return self.labels[node]
        if (items := self.list_items(node)) is not None:
            return self.collection(items, indent)
        if next(self.graph.predicate_objects(node), None) is None:
            return "[]"
        return f"[\n{self.predicates(node, indent + _INDENT)}\n{indent}]"

    def iri(self, iri: URIRef) -> str:
        """Return an IRI, shortened where a prefix is known and the rest needs no escape."""
        text = str(iri)
        cut = max(text.rfind("#"), text.rfind("/")) + 1
        prefix = self.namespaces.get(text[:cut])
        if prefix is not None and _LOCAL.match(text[cut:]):
            self.used.add(prefix)
            return f"{prefix}:{text[cut:]}"
        return "<" + _NOT_IN_IRI.sub(lambda match: f"\\u{ord(match[0]):04X}", text) + ">"

    def literal(self, literal: Literal) -> str:
        """Return a literal, numbers and booleans bare where Turtle reads them back unchanged."""
        datatype = literal.datatype
        if datatype in _SHORTHAND and _SHORTHAND[datatype].match(str(literal)):
            return str(literal)
        quoted = _quoted(str(literal))
        if literal.language:
            return f"{quoted}@{literal.language}"
        if datatype is None or datatype == XSD.string:
            return quoted
        return f"{quoted}^^{self.iri(datatype)}"

    def list_items(self, node: Node) -> list[Node] | None:
        """Return the items of a well-formed list that starts here, or None."""
        items: list[Node] = []
        while node != RDF.nil:
            if node in self.labels or node not in self.nested:
                return None
            properties = dict(self.graph.predicate_objects(node))
            if set(properties) != {RDF.first, RDF.rest} or len(list(self.graph.objects(node))) != 2:
                return None
            items.append(properties[RDF.first])
            node = properties[RDF.rest]
        return items

    def collection(self, items: list[Node], indent: str) -> str:
        """Return a list, on one line when it is short and plain."""
        inner = indent + _INDENT
        written = [self.term(item, inner) for item in items]
        line = f"( {' '.join(written)} )"
        if len(line) <= _LIST_WIDTH and not any("\n" in text or text == "[]" for text in written):
            return line
        return "(\n" + "\n".join(f"{inner}{text}" for text in written) + f"\n{indent})"


def _rank(node: Node) -> int:
    """Order values: names, then literals, then nested nodes."""
    if isinstance(node, BNode):
        return 2
    return 1 if isinstance(node, Literal) else 0


def _quoted(text: str) -> str:
    """Return a quoted string: long quotes where it has line breaks, short ones elsewhere."""
    text = text.replace("\\", "\\\\").replace("\r", "\\r")
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04X}", text)
    if "\n" not in text:
        return '"' + text.replace('"', '\\"').replace("\t", "\\t") + '"'
    text = text.replace('"""', '\\"\\"\\"')
    if text.endswith('"'):
        text = text[:-1] + '\\"'
    return f'"""{text}"""'


def _blank_nodes(nodes: Iterable[Node]) -> Iterator[BNode]:
    """Yield the blank nodes among nodes, repeats included."""
    return (node for node in nodes if isinstance(node, BNode))


def _nested_blank_nodes(graph: Graph) -> set[Node]:
    """Return the blank nodes that can stand inside the one block that points to them.

    Those are pointed to exactly once, and reachable from a node that is not itself nested: a
    ring of blank nodes has no outside to be written from.
    """
    pointed = Counter(_blank_nodes(graph.objects()))
    once: set[Node] = {node for node, times in pointed.items() if times == 1}
    reached: set[Node] = set()
    todo = [subject for subject in set(graph.subjects()) if subject not in once]
    while todo:
        inside = {o for o in graph.objects(todo.pop()) if o in once and o not in reached}
        reached |= inside
        todo.extend(inside)
    return reached


def _shared_blank_nodes(graph: Graph, nested: set[Node]) -> set[Node]:
    """Return the blank nodes that something points to and that cannot be nested: they need labels."""
    return {node for node in _blank_nodes(graph.objects()) if node not in nested}
