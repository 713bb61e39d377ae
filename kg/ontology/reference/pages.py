"""The reference of an ontology: HTML pages in which every term stands with all that is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.build import Build
from kg.catalog import Query, load
from kg.errors import UsageError
from kg.markup import environment, read_asset, read_style
from kg.ontology.reference.diagram import diagram
from kg.ontology.reference.entries import KINDS, Alignment, Entries, Entry, Fact
from kg.ontology.reference.samples import Samples
from kg.ontology.reference.texts import Names, Text, texts
from kg.ontology.reference.words import Ref, Words, plain, say
from kg.ontology.usage import usage
from kg.ontology.vocabulary import Module, Vocabulary
from kg.resources import folder
from kg.turtle import canonical_turtle, leading_comment

__all__ = ["MARKER", "reference", "write_site"]

#: The file by which a folder is known to have been written by :func:`write_site`; it lists what was written.
MARKER = ".kg-ontology-docs"
_RESERVED = ("index", "foreign", "alignments", "questions")
_FILE = re.compile(r"[A-Za-z0-9][\w.-]*\Z", re.ASCII)
_DC = "http://purl.org/dc/elements/1.1/"
_TITLES = (DCTERMS.title, URIRef(f"{_DC}title"), RDFS.label)
_ABOUT = (DCTERMS.abstract, DCTERMS.description, URIRef(f"{_DC}description"), RDFS.comment)
_CREATORS = (DCTERMS.creator, URIRef(f"{_DC}creator"))
_DATES = (DCTERMS.issued, DCTERMS.modified, DCTERMS.created)
_CITATION = DCTERMS.bibliographicCitation


@dataclass(frozen=True, slots=True)
class Page:
    """A page of terms: the name of its file, its title, what it says of itself, and its terms."""

    file: str
    title: str
    intro: str
    terms: tuple[URIRef, ...]
    turtle: str = ""


@dataclass(frozen=True, slots=True)
class AlignedVocabulary:
    """What one alignment module says."""

    name: str
    title: str
    intro: tuple[Text, ...]
    turtle: str
    alignments: tuple[Alignment, ...]


def reference(vocabulary: Vocabulary, *, example: Build | None = None) -> dict[str, str]:
    """Return the pages of an ontology, its style sheet and its Turtle files, by file name.

    Parameters
    ----------
    vocabulary:
        The ontology; what it imports is named and not fetched.
    example:
        A build of which a few things are shown with each term.
    """
    return _Reference(vocabulary, example).files()


def write_site(files: Mapping[str, str], place: Path) -> None:
    """Write pages into a folder, and nothing outside it.

    Raises
    ------
    UsageError
        when the folder is not empty and was not written by this function, or can't be written.
    """
    if place.exists() and not place.is_dir():
        raise UsageError(f"{place} is a file; name a folder")
    before = _written_before(place)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name in sorted(before - set(files)):
            (place / name).unlink(missing_ok=True)
        for name, text in {MARKER: "\n".join(sorted(files)) + "\n", **files}.items():
            _replace(place / name, text)
    except OSError as error:
        raise UsageError(f"{place} can't be written ({error.strerror}); name another folder") from None


def _written_before(place: Path) -> set[str]:
    """Return the files that an earlier run wrote, so that those no longer wanted go."""
    if not place.is_dir() or not any(place.iterdir()):
        return set()
    marker = place / MARKER
    if not marker.is_file():
        raise UsageError(f"{place} is not empty and was not written by this command; name a new folder")
    return {name for name in marker.read_text(encoding="utf-8").splitlines() if _FILE.match(name)}


def _replace(path: Path, text: str) -> None:
    """Write a file in place of whatever bears its name: a link is replaced, not followed."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(path)


class _Reference:
    """State of one rendering: which term is on which page."""

    def __init__(self, vocabulary: Vocabulary, example: Build | None) -> None:
        self.vocabulary = vocabulary
        self.used = usage(vocabulary)
        self.entries = Entries(vocabulary, self.used)
        self.samples = None if example is None else Samples(example, self.entries.speaker)
        self._made: dict[URIRef, Entry] = {}
        self.pages = tuple(self._pages())
        self.home = {term: page.file for page in self.pages for term in page.terms}

    def files(self) -> dict[str, str]:
        """Return all files by name."""
        out = {
            "reference.css": read_style("ontology/reference.css"),
            "reference.js": read_asset("ontology/reference.js"),
        }
        shared = {
            "names": self.entries.names,
            "title": self.title,
            "pages": self.pages,
            "aligned": self.aligned,
            "questions": self.questions,
            "rules": self.rules,
            "version": metadata.version("clusterkg"),
            "kinds": [(one, many) for one, many, _ in KINDS],
        }
        templates = self._environment()
        out["index.html"] = templates.get_template("reference-index.html.j2").render(**shared, **self._index())
        for page in self.pages:
            sections = self._sections(page)
            template = templates.get_template("reference-module.html.j2")
            out[page.file] = template.render(**shared, page=page, sections=sections)
        if self.aligned:
            out["alignments.html"] = templates.get_template("reference-alignments.html.j2").render(**shared)
        if self.questions:
            template = templates.get_template("reference-questions.html.j2")
            out["questions.html"] = template.render(**shared, terms_of=self.terms_of)
        return out | dict(self._turtle())

    # --- pages

    def _pages(self) -> Iterator[Page]:
        taken = set(_RESERVED)
        for module in self.vocabulary.modules:
            name = _file_name(module.name, taken)
            terms = [term for term in self.vocabulary.terms if self.vocabulary.module_of(term) is module]
            yield Page(f"{name}.html", module.name, _intro(module), tuple(terms), f"{name}.ttl")
        if self.entries.foreign:
            intro = "Terms that other vocabularies define, with what is said of them here."
            yield Page("foreign.html", "Terms of others", intro, self.entries.foreign)

    def _turtle(self) -> Iterator[tuple[str, str]]:
        for module, page in zip(self.vocabulary.modules, self.pages, strict=False):
            yield page.turtle, _turtle_of(module)
        for module, one in zip(self.vocabulary.alignments, self.aligned, strict=True):
            yield one.turtle, _turtle_of(module)

    def _sections(self, page: Page) -> list[tuple[str, list[Entry]]]:
        """Return the entries of a page by kind; concepts in the order of their schemes."""
        entries = {term: self.entry(term) for term in page.terms}
        out = []
        for one, many, _ in KINDS:
            found = [entry for entry in entries.values() if entry.kind == one]
            found.sort(key=lambda entry: (entry.label.value.casefold(), entry.iri))
            if one == "Concept":
                found.sort(key=lambda entry: self._rank.get(entry.iri, len(self._rank)))
            if found:
                out.append((many, found))
        return out

    @cached_property
    def _rank(self) -> dict[URIRef, int]:
        schemes = [term for term in self.vocabulary.terms if self.entries.kind(term) == "Concept scheme"]
        schemes.sort(key=self.entries.order)
        concepts = [ref.iri for scheme in schemes for _, ref in self.entry(scheme).tree]
        return {concept: place for place, concept in enumerate(dict.fromkeys(concepts))}

    def entry(self, term: URIRef) -> Entry:
        """Return the entry of a term, with what the example shows of it."""
        if term not in self._made:
            sample = () if self.samples is None else self.samples.of(term, self.entries.kind(term))
            self._made[term] = self.entries.entry(term, sample)
        return self._made[term]

    # --- the overview

    @cached_property
    def title(self) -> Text:
        """What the ontology is called."""
        found = self.entries.names.main(texts(self.vocabulary.graph, self.vocabulary.iri, *_TITLES))
        return found[0] if found else Text(str(self.vocabulary.iri))

    def _index(self) -> dict[str, object]:
        graph, iri = self.vocabulary.graph, self.vocabulary.iri
        terms = [self.entry(term) for term in self.vocabulary.terms]
        terms.sort(key=lambda entry: (entry.label.value.casefold(), entry.iri))
        return {
            "iri": iri,
            "about": self.entries.names.main(texts(graph, iri, *_ABOUT))[:1],
            "metadata": self._metadata(),
            "licence": [self._value(node) for node in sorted(graph.objects(iri, DCTERMS.license), key=str)],
            "citation": self._citation(),
            "terms": terms,
            "counts": [(many, sum(entry.kind == one for entry in terms)) for one, many, _ in KINDS],
            "diagram": diagram(self.entries),
            "has_example": self.samples is not None,
        }

    def _metadata(self) -> list[Fact]:
        graph, iri, names = self.vocabulary.graph, self.vocabulary.iri, self.entries.names
        hidden = {RDF.type, DCTERMS.license, _CITATION, *_ABOUT, *_TITLES}
        facts = []
        for predicate in set(graph.predicates(iri)) - hidden:
            own = names.label(predicate)
            title = _spaced(own.value.rpartition(":")[2]) if own.value == names.prefixed(str(predicate)) else own.value
            values = sorted((self._value(node) for node in graph.objects(iri, predicate)), key=plain)
            facts.append(Fact((title[:1].upper() + title[1:],), tuple(values)))
        first = [Fact(("Ontology IRI",), ((Ref(iri, str(iri)),),))]
        return first + sorted(facts, key=lambda fact: plain(fact.title).casefold())

    def _value(self, node: Node) -> Words:
        """Return a value in metadata: an address as it is, an agent by its name."""
        if isinstance(node, URIRef):
            return (Ref(node, str(node)),)
        if isinstance(node, BNode):
            return (str(self.entries.names.label(node)),)
        return say(node) if isinstance(node, Literal) else ()

    def _citation(self) -> Words:
        graph, iri = self.vocabulary.graph, self.vocabulary.iri
        stated = texts(graph, iri, _CITATION)
        if stated:
            return (stated[0].value,)
        creators = sorted({plain(self._value(node)) for place in _CREATORS for node in graph.objects(iri, place)})
        dates = [str(node) for place in _DATES for node in sorted(graph.objects(iri, place), key=str)]
        version = graph.value(iri, OWL.versionInfo)
        year = f" ({dates[0][:4]})" if dates else ""
        number = f", version {str(version).removeprefix('v')}" if version is not None else ""
        who = f"{', '.join(creators)}{year}: " if creators else ""
        return say(f"{who}{self.title}{number}.", Ref(iri, str(iri)))

    # --- alignments, questions, rules, shapes

    @cached_property
    def aligned(self) -> tuple[AlignedVocabulary, ...]:
        """The alignment modules, in the order of the vocabulary."""
        taken = {page.turtle.removesuffix(".ttl") for page in self.pages}
        out = []
        for module in self.vocabulary.alignments:
            names = Names(module.graph, self.vocabulary.namespace)
            about = next(iter(sorted(module.graph.subjects(RDF.type, OWL.Ontology), key=str)), URIRef(""))
            title = names.main(texts(module.graph, about, *_TITLES))
            intro = tuple(names.main(texts(module.graph, about, *_ABOUT)))
            file = _file_name(f"alignment-{module.name}", taken)
            found = tuple(self.entries.of_module(module.graph))
            out.append(
                AlignedVocabulary(module.name, str(title[0]) if title else module.name, intro, f"{file}.ttl", found)
            )
        return tuple(out)

    @cached_property
    def questions(self) -> tuple[Query, ...]:
        """The questions that name a term of the ontology."""
        named = {name for use in self.used.values() for name in use.questions}
        return tuple(query for query in load("queries/questions") if query.name in named)

    @cached_property
    def rules(self) -> tuple[Query, ...]:
        """The rules that name a term of the ontology."""
        named = {name for use in self.used.values() for name in use.rules}
        return tuple(query for query in (*load("queries/infer"), *load("queries/explain")) if query.name in named)

    @cached_property
    def terms_of(self) -> dict[str, list[Ref]]:
        """The terms that each question and each rule names."""
        out: dict[str, list[Ref]] = {}
        for term, use in self.used.items():
            for name in (*use.questions, *use.rules):
                label = self.entries.names.label(term)
                out.setdefault(name, []).append(Ref(term, label.value, label.lang))
        return out

    @cached_property
    def shape_texts(self) -> dict[str, str]:
        """What each shape that ships says when it is broken."""
        graph = Graph()
        for path in (
            sorted(folder("shapes").glob("*put/*.ttl")) if any(use.shapes for use in self.used.values()) else ()
        ):
            graph.parse(path)
        shapes = {shape for use in self.used.values() for shape in use.shapes}
        found = {shape: texts(graph, URIRef(shape), SH.message, RDFS.comment) for shape in shapes}
        return {shape: said[0].value for shape, said in found.items() if said}

    # --- links

    def href(self, iri: Node | str) -> str:
        """Return where a link to a term leads: a place on a page, an address on the web, or nothing."""
        term = URIRef(str(iri))
        if term in self.home:
            return f"{quote(self.home[term])}#{quote(self.entries.anchor(term), safe=_IN_FRAGMENT)}"
        return str(term) if _is_web(term) else ""

    def _environment(self) -> Environment:
        made = environment("ontology")
        made.globals["href"] = self.href
        made.globals["web"] = _is_web
        made.globals["is_own"] = lambda iri: iri in self.used
        made.globals["shape_text"] = lambda shape: self.shape_texts.get(shape, "")
        made.globals["summary_of"] = {query.name: query.summary for query in (*self.questions, *self.rules)}
        made.filters["short"] = lambda iri: self.entries.names.prefixed(str(iri))
        made.tests["ref"] = lambda part: isinstance(part, Ref)
        made.tests["literal"] = lambda part: isinstance(part, Literal)
        return made


#: Characters that need no escape in the fragment of an address (https://www.rfc-editor.org/rfc/rfc3986#section-3.5).
_IN_FRAGMENT = "!$&'()*+,;=:@/?-._~"


def _is_web(iri: str) -> bool:
    """Tell whether an IRI may be a link: nothing but an address on the web, no script."""
    try:
        return urlsplit(iri).scheme in ("http", "https")
    except ValueError:
        return False


def _file_name(name: str, taken: set[str]) -> str:
    """Return a file name that no other page has, of harmless characters."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_") or "module"
    names: Iterable[str] = (base if n == 1 else f"{base}-{n}" for n in range(1, 10_000))
    chosen = next(one for one in names if one.lower() not in taken)
    taken.add(chosen.lower())
    return chosen


def _intro(module: Module) -> str:
    """Return the first sentence of the comment at the top of a Turtle file."""
    if module.path.suffix != ".ttl":
        return ""
    text = leading_comment(module.path.read_text(encoding="utf-8"))
    first = re.match(r"(?s)\w[^#]*?\.(?=\s|\Z)", text)
    return " ".join(first[0].split()) if first else ""


def _turtle_of(module: Module) -> str:
    if module.path.suffix == ".ttl":
        return module.path.read_text(encoding="utf-8")
    return canonical_turtle(module.graph)


def _spaced(name: str) -> str:
    """Return a name in camel case as words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).split()
    return " ".join("IRI" if word in ("Uri", "URI") else word if word.isupper() else word.lower() for word in words)
