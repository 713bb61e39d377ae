"""All that a reference says of one term, gathered from the graphs and put in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, VANN, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from kg.ontology.reference.axioms import Speaker
from kg.ontology.reference.texts import DEFINITIONS, LABELS, Names, Text, local_name, texts
from kg.ontology.reference.words import Ref, Words, plain, say
from kg.ontology.usage import Usage
from kg.ontology.vocabulary import Vocabulary

__all__ = ["KINDS", "Alignment", "Entries", "Entry", "Fact"]

_SDO = Namespace("https://schema.org/")
#: The kinds of term, in the order in which pages show them: singular, plural, and the types that make one.
KINDS: tuple[tuple[str, str, frozenset[Node]], ...] = (
    ("Class", "Classes", frozenset({OWL.Class, RDFS.Class, OWL.DeprecatedClass})),
    ("Datatype", "Datatypes", frozenset({RDFS.Datatype})),
    ("Object property", "Object properties", frozenset({OWL.ObjectProperty})),
    ("Datatype property", "Datatype properties", frozenset({OWL.DatatypeProperty})),
    ("Annotation property", "Annotation properties", frozenset({OWL.AnnotationProperty, OWL.OntologyProperty})),
    (
        "Property",
        "Properties",
        frozenset(
            {RDF.Property, OWL.FunctionalProperty, OWL.SymmetricProperty, OWL.TransitiveProperty}
            | {OWL.InverseFunctionalProperty, OWL.DeprecatedProperty}
        ),
    ),
    ("Concept scheme", "Concept schemes", frozenset({SKOS.ConceptScheme})),
    ("Concept", "Concepts", frozenset({SKOS.Concept})),
    ("Individual", "Individuals", frozenset()),
)
_NOTES = (
    SKOS.scopeNote,
    SKOS.note,
    VANN.usageNote,
    SKOS.historyNote,
    SKOS.changeNote,
    SKOS.editorialNote,
)
_SOURCES = (DCTERMS.source, DCTERMS.references, DCTERMS.bibliographicCitation, _SDO.citation, RDFS.seeAlso)
#: Relations to terms of other vocabularies, in words.
_RELATIONS: dict[Node, str] = {
    OWL.equivalentClass: "the same class as",
    OWL.equivalentProperty: "the same property as",
    OWL.sameAs: "the same thing as",
    RDFS.subClassOf: "a kind of",
    RDFS.subPropertyOf: "a special case of",
    OWL.inverseOf: "the inverse of",
    OWL.disjointWith: "never the same as",
    SKOS.exactMatch: "an exact match of",
    SKOS.closeMatch: "close to",
    SKOS.broadMatch: "narrower than",
    SKOS.narrowMatch: "broader than",
    SKOS.relatedMatch: "related to",
    RDFS.seeAlso: "see also",
    RDF.type: "one of",
}
_REVERSED: dict[Node, str] = {
    **_RELATIONS,
    RDFS.subClassOf: "more general than",
    RDFS.subPropertyOf: "more general than",
    SKOS.broadMatch: "broader than",
    SKOS.narrowMatch: "narrower than",
}
_MATCHES = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch)
#: What an entry shows in a place of its own, so that it is no further statement.
_SHOWN = frozenset(
    {
        *LABELS,
        *DEFINITIONS,
        *_NOTES,
        *_SOURCES,
        *_MATCHES,
        RDF.type,
        RDFS.isDefinedBy,
        RDFS.domain,
        RDFS.range,
        RDFS.subClassOf,
        RDFS.subPropertyOf,
        SKOS.altLabel,
        SKOS.hiddenLabel,
        SKOS.example,
        VANN.example,
        SKOS.notation,
        SKOS.broader,
        SKOS.narrower,
        SKOS.related,
        SKOS.inScheme,
        SKOS.topConceptOf,
        SKOS.hasTopConcept,
        DCTERMS.isReplacedBy,
        *(
            Namespace(schema)[place]
            for schema in ("https://schema.org/", "http://schema.org/")
            for place in ("domainIncludes", "rangeIncludes")
        ),
    }
)
_NEGATIVE = "Negative example:"


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a term relates to something in another vocabulary."""

    term: URIRef
    relation: str
    target: Words


@dataclass(frozen=True, slots=True)
class Fact:
    """Further statements about a term: what they say, and of what."""

    title: Words
    values: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a page says of one term."""

    iri: URIRef
    anchor: str
    kind: str
    label: Text
    own: bool
    #: Labels in other languages, the preferred one of each first.
    labels: tuple[Text, ...] = ()
    also: tuple[Text, ...] = ()
    notation: tuple[str, ...] = ()
    definitions: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    examples: tuple[Text, ...] = ()
    counter_examples: tuple[Text, ...] = ()
    sources: tuple[Words, ...] = ()
    #: Definitions, notes and examples in other languages.
    elsewhere: tuple[Text, ...] = ()
    axioms: tuple[Words, ...] = ()
    facts: tuple[Fact, ...] = ()
    #: Concepts of a scheme, each with its depth in the tree.
    tree: tuple[tuple[int, Ref], ...] = ()
    sample: tuple[Words, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    usage: Usage = field(default_factory=Usage)
    deprecated: bool = False
    successors: tuple[Words, ...] = ()
    reference_only: bool = False


class Entries:
    """The entries of an ontology: one for each own term, one for each term of others that it describes."""

    def __init__(self, vocabulary: Vocabulary, used: Mapping[URIRef, Usage]) -> None:
        self.vocabulary = vocabulary
        self.used = used
        self.names = Names(vocabulary.graph, vocabulary.namespace)
        self.speaker = Speaker(vocabulary.graph, self.names)
        self.graph = vocabulary.graph

    @cached_property
    def foreign(self) -> tuple[URIRef, ...]:
        """The terms of other vocabularies that the modules give a type."""
        known = {*self.vocabulary.terms, self.vocabulary.iri}
        typed = self.graph.subjects(RDF.type, unique=True)
        return tuple(sorted(s for s in typed if isinstance(s, URIRef) and s not in known))

    def kind(self, term: URIRef) -> str:
        """Return the kind of a term, by the first of :data:`KINDS` that one of its types makes it."""
        types = set(self.graph.objects(term, RDF.type))
        return next(name for name, _, makes in KINDS if types & makes or not makes)

    def anchor(self, term: URIRef) -> str:
        """Return the name of the place on a page that a term has: its local name, with a prefix where it is foreign."""
        rest = term.removeprefix(self.vocabulary.namespace)
        name = rest if rest != term and rest else self.names.prefixed(str(term))
        return "".join("_" if c.isspace() else c for c in name)

    def entry(self, term: URIRef, sample: Iterable[Words] = ()) -> Entry:
        """Return the entry of a term."""
        own = term in self.used or term.startswith(self.vocabulary.namespace)
        labels = self._labels(term)
        label = self.names.label(term)
        definitions, notes, examples, elsewhere = self._texts(term)
        negative = tuple(text for text in examples if text.value.startswith(_NEGATIVE))
        return Entry(
            iri=term,
            anchor=self.anchor(term),
            kind=self.kind(term),
            label=label,
            own=own,
            labels=tuple(text for text in labels if text.lang != label.lang),
            also=tuple(text for text in labels if text.lang == label.lang and text != label),
            notation=tuple(sorted(str(node) for node in self.graph.objects(term, SKOS.notation))),
            definitions=definitions,
            notes=notes,
            examples=tuple(text for text in examples if text not in negative),
            counter_examples=tuple(Text(text.value.removeprefix(_NEGATIVE).strip(), text.lang) for text in negative),
            sources=tuple(self._values(term, *_SOURCES)),
            elsewhere=elsewhere,
            axioms=tuple(self.speaker.of(term)),
            facts=tuple(fact for fact in self._facts(term) if fact.values),
            tree=tuple(self._tree(term)),
            sample=tuple(sample),
            alignments=tuple(self.alignments.get(term, ())),
            usage=self.used.get(term, Usage()),
            deprecated=self._is_true(term, OWL.deprecated) or self._has_type(term, "Deprecated"),
            successors=tuple(self._values(term, DCTERMS.isReplacedBy)),
            reference_only=self._is_true(term, URIRef(f"{self.vocabulary.namespace}referenceOnly")),
        )

    # --- texts

    def _labels(self, term: URIRef) -> list[Text]:
        found = texts(self.graph, term, *LABELS, SKOS.altLabel, SKOS.hiddenLabel)
        return sorted(found, key=lambda text: text.lang)

    def _texts(self, term: URIRef) -> tuple[tuple[Text, ...], tuple[Text, ...], tuple[Text, ...], tuple[Text, ...]]:
        """Return definitions, notes and examples in the main language, and all of these in others."""
        first = next((p for p in DEFINITIONS if (term, p, None) in self.graph), DEFINITIONS[0])
        rest = [p for p in DEFINITIONS if p != first]
        groups = [
            texts(self.graph, term, first),
            texts(self.graph, term, *rest, *_NOTES),
            texts(self.graph, term, SKOS.example, VANN.example),
        ]
        shown = [tuple(self.names.main(group)) for group in groups]
        others = tuple(text for group, main in zip(groups, shown, strict=True) for text in group if text not in main)
        return shown[0], shown[1], shown[2], tuple(sorted(others, key=lambda text: text.lang))

    # --- statements

    def _values(self, term: Node, *predicates: URIRef) -> Iterator[Words]:
        for predicate in predicates:
            found = [self._value(node) for node in self.graph.objects(term, predicate)]
            yield from sorted(found, key=plain)

    def _value(self, node: Node) -> Words:
        if isinstance(node, BNode):
            named = self.names.label(node)
            return (named.value,) if named.value != "something without a name" else self.speaker.noun(node)
        return say(self.speaker.ref(node))

    def _facts(self, term: URIRef) -> Iterator[Fact]:
        yield self._fact("One of", self._types(term))
        yield self._fact("Subclasses", self.graph.subjects(RDFS.subClassOf, term))
        yield self._fact("Special cases", self.graph.subjects(RDFS.subPropertyOf, term))
        yield self._fact("Properties that it has", self._mentions[RDFS.domain].get(term, ()))
        yield self._fact("Properties that lead to it", self._mentions[RDFS.range].get(term, ()))
        yield self._fact("Mentioned by", self._mentions[RDFS.subClassOf].get(term, ()))
        if self.kind(term) in ("Class", "Datatype"):
            yield self._fact("Instances", self.graph.subjects(RDF.type, term))
        above = {*self.graph.objects(term, SKOS.broader), *self.graph.subjects(SKOS.narrower, term)}
        below = {*self.graph.objects(term, SKOS.narrower), *self.graph.subjects(SKOS.broader, term)}
        schemes = {*self.graph.objects(term, SKOS.inScheme), *self.graph.objects(term, SKOS.topConceptOf)}
        yield self._fact("In the scheme", schemes)
        yield self._fact("Under", above)
        yield self._fact("Above", below)
        related = {*self.graph.objects(term, SKOS.related), *self.graph.subjects(SKOS.related, term)}
        yield self._fact("Related to", related)
        yield from self._other(term)

    def _fact(self, title: str, nodes: Iterable[Node]) -> Fact:
        named = {node for node in nodes if isinstance(node, URIRef)}
        return Fact((title,), tuple(sorted((say(self.speaker.ref(node)) for node in named), key=_fold)))

    def _types(self, term: URIRef) -> list[Node]:
        formal = {kind for _, _, kinds in KINDS for kind in kinds} | {OWL.NamedIndividual}
        types = [node for node in self.graph.objects(term, RDF.type) if node not in formal]
        return [node for node in types if not str(node).startswith(str(OWL))]

    def _other(self, term: URIRef) -> Iterator[Fact]:
        """Yield the statements that have no place of their own: the values of individuals, and annotations."""
        flag = URIRef(f"{self.vocabulary.namespace}referenceOnly")
        predicates = set(self.graph.predicates(term)) - _SHOWN - {flag}
        for predicate in sorted(predicates, key=lambda node: str(self.names.label(node)).casefold()):
            if not str(predicate).startswith(str(OWL)) or predicate == OWL.versionInfo:
                yield Fact(say(self.speaker.ref(predicate)), tuple(self._values(term, URIRef(str(predicate)))))

    @cached_property
    def _mentions(self) -> dict[URIRef, dict[URIRef, set[URIRef]]]:
        """The terms in whose domains, ranges and definitions a term is named."""
        out: dict[URIRef, dict[URIRef, set[URIRef]]] = defaultdict(lambda: defaultdict(set))
        schema = [Namespace(name) for name in ("https://schema.org/", "http://schema.org/")]
        kept = {
            RDFS.domain: (RDFS.domain, *(space["domainIncludes"] for space in schema)),
            RDFS.range: (RDFS.range, *(space["rangeIncludes"] for space in schema)),
            RDFS.subClassOf: (RDFS.subClassOf, OWL.equivalentClass),
        }
        for place, predicates in kept.items():
            for predicate in predicates:
                for subject, node in self.graph.subject_objects(predicate):
                    plain_name = place == RDFS.subClassOf and isinstance(node, URIRef)
                    if isinstance(subject, URIRef) and not plain_name:
                        for named in self.speaker.mentioned(node):
                            out[place][named].add(subject)
        return out

    def _tree(self, scheme: URIRef) -> Iterator[tuple[int, Ref]]:
        """Yield the concepts of a scheme, each followed by those under it."""
        inside = {*self.graph.subjects(SKOS.inScheme, scheme), *self.graph.subjects(SKOS.topConceptOf, scheme)}
        inside |= set(self.graph.objects(scheme, SKOS.hasTopConcept))
        above = {node: set(self.graph.objects(node, SKOS.broader)) & inside for node in inside}
        seen: set[Node] = set()

        def walk(nodes: Iterable[Node], depth: int) -> Iterator[tuple[int, Ref]]:
            for node in sorted(nodes, key=self.order):
                if node not in seen and isinstance(node, URIRef):
                    seen.add(node)
                    label = self.names.label(node)
                    yield depth, Ref(node, label.value, label.lang)
                    yield from walk([other for other in inside if node in above[other]], depth + 1)

        yield from walk([node for node in inside if not above[node]], 0)
        yield from walk(inside, 0)  # what broader relations in a circle have kept from being a top

    def order(self, node: Node) -> tuple[str, str]:
        """Return what siblings sort by: the number that is their notation, where they have one, else the label."""
        notation = str(self.graph.value(node, SKOS.notation) or "")
        number = notation.zfill(12) if notation.isdecimal() else ""
        return number, str(self.names.label(node)).casefold()

    def _is_true(self, term: URIRef, predicate: URIRef) -> bool:
        return any(str(node) in ("true", "1") for node in self.graph.objects(term, predicate))

    def _has_type(self, term: URIRef, start: str) -> bool:
        return any(local_name(str(node)).startswith(start) for node in self.graph.objects(term, RDF.type))

    # --- alignments

    @cached_property
    def alignments(self) -> dict[URIRef, list[Alignment]]:
        """How the own terms relate to other vocabularies, by the alignment modules and by matches in the modules."""
        out: dict[URIRef, list[Alignment]] = defaultdict(list)
        for module in self.vocabulary.alignments:
            for alignment in self.of_module(module.graph):
                out[alignment.term].append(alignment)
        for predicate in _MATCHES:
            for subject, node in self.graph.subject_objects(predicate):
                if isinstance(subject, URIRef) and not str(node).startswith(self.vocabulary.namespace):
                    relation = _RELATIONS[predicate]
                    out[subject].append(Alignment(subject, relation, self._value(node)))
        return {
            term: sorted(set(found), key=lambda one: (one.relation, plain(one.target))) for term, found in out.items()
        }

    def of_module(self, graph: Graph) -> list[Alignment]:
        """Return what one alignment module says of own terms, sorted by term."""
        names = Names(graph, self.vocabulary.namespace)
        own = set(self.vocabulary.terms)
        found: set[Alignment] = set()

        @cache
        def speaker() -> Speaker:
            both = graph + self.graph
            return Speaker(both, Names(both, self.vocabulary.namespace))

        def target(node: Node) -> Words:
            if not isinstance(node, URIRef):
                return speaker().noun(node)
            if node.startswith(self.vocabulary.namespace):
                return say(self.speaker.ref(node))
            return (Ref(node, names.prefixed(str(node))),)

        for subject, predicate, node in graph:
            if isinstance(subject, URIRef) and subject in own and not isinstance(node, Literal):
                if predicate == RDF.type and str(node).startswith(str(OWL)):
                    continue
                relation = _RELATIONS.get(predicate, names.prefixed(str(predicate)))
                found.add(Alignment(subject, relation, target(node)))
            elif isinstance(node, URIRef) and node in own and isinstance(subject, URIRef):
                relation = _REVERSED.get(predicate, f"the {names.prefixed(str(predicate))} of")
                found.add(Alignment(node, relation, target(subject)))
        return sorted(
            found, key=lambda one: (str(self.names.label(one.term)).casefold(), one.relation, plain(one.target))
        )


def _fold(words: Words) -> str:
    return plain(words).casefold()
