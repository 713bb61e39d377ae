"""Migration queries: what data has to change when a term is deprecated, as SPARQL Update, and how it is applied."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from rdflib import RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.plugins.sparql.algebra import translateUpdate
from rdflib.plugins.sparql.parser import parseUpdate
from rdflib.plugins.sparql.sparql import Update
from rdflib.term import Node

from kg.errors import InputError, UsageError
from kg.ontology.releases.descriptions import deprecated, successors
from kg.ontology.releases.formats import check_characters
from kg.ontology.releases.names import version, version_key
from kg.ontology.releases.written import as_written
from kg.ontology.vocabulary import Vocabulary

__all__ = ["Applied", "Data", "Migration", "generated", "migrate", "migrations", "missing", "read_data", "write_data"]

# Literals that are no value of their type pass through as they are, without a warning on standard error.
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

#: Operations that would fetch something over the network.
_REMOTE = {"Load": "LOAD", "ServiceGraphPattern": "SERVICE"}


@dataclass(frozen=True, slots=True)
class Migration:
    """A SPARQL Update for one deprecated term; `source` is its file, or None when it follows from `dct:isReplacedBy`."""

    term: URIRef
    text: str
    #: The version that deprecated the term: the folder of the file, or the version of the ontology.
    version: str
    source: Path | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """How many triples a migration took away and put in."""

    migration: Migration
    removed: int
    added: int


@dataclass(frozen=True)
class Data:
    """Data as it was read: graphs by their names (None is the default graph), with their prefixes."""

    graphs: dict[ox.NamedNode | ox.BlankNode | None, Graph]
    prefixes: dict[str, str] = field(default_factory=dict)

    def uses(self, term: URIRef) -> bool:
        """Return whether a term occurs anywhere, as the datatype of a literal too."""
        patterns = ((term, None, None), (None, term, None), (None, None, term))
        if any(pattern in graph for graph in self.graphs.values() for pattern in patterns):
            return True
        values = (o for graph in self.graphs.values() for o in graph.objects())
        return any(isinstance(o, Literal) and o.datatype == term for o in values)


def missing(vocabulary: Vocabulary) -> tuple[URIRef, ...]:
    """Return the deprecated terms of an ontology that have no migration query, and for which none can be generated."""
    covered = {migration.term for migration in migrations(vocabulary)}
    return tuple(term for term in deprecated(vocabulary) if term not in covered)


def migrations(vocabulary: Vocabulary) -> tuple[Migration, ...]:
    """Return the migration queries of an ontology in the order in which they are to be applied.

    They are the files ``migrations/<version>/<Term>.ru`` beside its first module, and for deprecated terms without
    such a file a plain renaming, where `dct:isReplacedBy` names one term. The queries of earlier versions come first,
    and that of a term before that of its successor.

    Raises
    ------
    InputError
        when a file is no SPARQL Update, or would fetch something over the network.
    """
    folder = vocabulary.modules[0].path.parent / "migrations"
    found = [_read(vocabulary, path) for path in sorted(folder.glob("*/*.ru"))]
    written = {migration.term for migration in found}
    stated = version(vocabulary)
    for term in deprecated(vocabulary):
        text = "" if term in written else generated(vocabulary, term)
        if text:
            found.append(Migration(term, text, stated))
    found.sort(key=lambda m: (version_key(m.version) or (0, 0, 0), m.version, m.term))
    return tuple(_in_order(found, vocabulary.graph))


def _in_order(found: Sequence[Migration], graph: Graph) -> Iterator[Migration]:
    """Yield migrations as they come, but each after those of the terms that its term replaces."""
    before: dict[URIRef, list[Migration]] = defaultdict(list)
    for migration in found:
        for successor in successors(graph, migration.term):
            before[successor].append(migration)
    seen: set[int] = set()

    def visit(migration: Migration) -> Iterator[Migration]:
        if id(migration) not in seen:
            seen.add(id(migration))
            for earlier in before[migration.term]:
                yield from visit(earlier)
            yield migration

    for migration in found:
        yield from visit(migration)


def generated(vocabulary: Vocabulary, term: URIRef) -> str:
    """Return the query that renames a deprecated term to its successor.

    It is empty when there is no successor, or more than one, or when the successors lead back to the term.

    Raises
    ------
    InputError
        when one of the two is no IRI that SPARQL can write.
    """
    following = successors(vocabulary.graph, term)
    if len(following) != 1 or term in _reached(vocabulary.graph, term):
        return ""
    try:
        # NamedNode lets no character through that could end the IRI, so these are safe inside a query.
        old, new = str(ox.NamedNode(term)), str(ox.NamedNode(following[0]))
    except ValueError as error:
        raise InputError(f"no query can be written for {term} ({error}); correct the IRI") from None
    steps = [
        f"DELETE {{ {old} ?p ?o }} INSERT {{ {new} ?p ?o }} WHERE {{ {old} ?p ?o }}",
        f"DELETE {{ ?s {old} ?o }} INSERT {{ ?s {new} ?o }} WHERE {{ ?s {old} ?o }}",
        f"DELETE {{ ?s ?p {old} }} INSERT {{ ?s ?p {new} }} WHERE {{ ?s ?p {old} }}",
    ]
    if (term, RDF.type, RDFS.Datatype) in vocabulary.graph:
        steps.append(
            "DELETE { ?s ?p ?o } INSERT { ?s ?p ?n } WHERE { ?s ?p ?o "
            f"FILTER (isLiteral(?o) && datatype(?o) = {old}) BIND (STRDT(STR(?o), {new}) AS ?n) }}"
        )
    return f"#+ summary: {old} is replaced by {new}.\n\n" + " ;\n".join(steps) + "\n"


def _reached(graph: Graph, term: URIRef) -> set[URIRef]:
    """Return the terms that replace a term in one step or more."""
    reached: set[URIRef] = set()
    todo = [term]
    while todo:
        new = set(successors(graph, todo.pop())) - reached
        reached |= new
        todo.extend(new)
    return reached


def _read(vocabulary: Vocabulary, path: Path) -> Migration:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"this can't be read ({error})", file=path) from None
    _parse(text, path)
    return Migration(URIRef(vocabulary.namespace + path.stem), text, path.parent.name, path)


def _parse(text: str, path: Path | str) -> Update:
    """Parse a SPARQL Update.

    Raises
    ------
    InputError
        when it is none, or would fetch something over the network.
    """
    try:
        tree = translateUpdate(parseUpdate(text))
    except Exception as error:  # the parser has no exception of its own
        what = " ".join(str(error).split())[:200]
        raise InputError(f"this is no SPARQL Update ({what})", file=path) from None
    for name in _operations(tree.algebra):
        if name in _REMOTE:
            raise InputError(f"{_REMOTE[name]} fetches data over the network; a migration must not", file=path)
    return tree


def _operations(part: object) -> Iterator[str]:
    name = getattr(part, "name", None)
    if isinstance(name, str):
        yield name
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list | tuple | set):
        for item in part:
            yield from _operations(item)


def migrate(data: Data, queries: Iterable[Migration]) -> tuple[Applied, ...]:
    """Apply migration queries to data, each to every graph by itself, and return what they changed.

    Raises
    ------
    InputError
        when a query can't be carried out on a single graph.
    """
    done = []
    for migration in queries:
        where = migration.source or migration.term
        update = _parse(migration.text, str(where))
        removed = added = 0
        for graph in data.graphs.values():
            before = set(graph)
            try:
                graph.update(update)
            except Exception as error:
                what = " ".join(str(error).split())[:200]
                raise InputError(f"this query fails on a single graph ({what})", file=str(where)) from None
            after = set(graph)
            removed, added = removed + len(before - after), added + len(after - before)
        done.append(Applied(migration, removed, added))
    return tuple(done)


def read_data(files: Sequence[Path]) -> Data:
    """Read RDF files; literals keep the form they are written in.

    Raises
    ------
    InputError
        when a file can't be read.
    """
    data = Data(defaultdict(lambda: Graph(bind_namespaces="none")))
    for number, path in enumerate(files):
        form = ox.RdfFormat.from_extension(path.suffix.lstrip(".").replace("owl", "rdf"))
        if form is None:
            raise InputError("its extension is none of an RDF format", file=path)
        if not path.is_file():
            raise InputError("there is no such file", file=path)
        try:
            parser = ox.parse(path=str(path), format=form)
            for quad in parser:
                graph = None if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name
                data.graphs[graph].add(tuple(as_written(t, number) for t in quad.triple))  # type: ignore[arg-type]
            data.prefixes.update(parser.prefixes)
        except (SyntaxError, ValueError, OSError) as error:
            raise InputError(f"this can't be read ({' '.join(str(error).split())[:200]})", file=path) from None
    return data


def write_data(data: Data, target: Path) -> None:
    """Write data to a file, in the format of its extension, in place of what was there.

    Raises
    ------
    UsageError
        when that format has no graphs with names and the data has.
    InputError
        when the file can't be written, or is RDF/XML and the data holds a character that XML has not.
    """
    form = ox.RdfFormat.from_extension(target.suffix.lstrip(".").replace("owl", "rdf"))
    if form is None:
        raise UsageError(f"{target}: its extension is none of an RDF format")
    if not form.supports_datasets and any(name is not None for name in data.graphs):
        raise UsageError(f"{target}: the data has named graphs, which this format has not; write .nq, .trig or .jsonld")
    quads = [
        ox.Quad(_back(s), ox.NamedNode(str(p)), _back(o), name or ox.DefaultGraph())  # type: ignore[arg-type]
        for name, graph in data.graphs.items()
        for s, p, o in graph
    ]
    quads.sort(key=str)
    items = quads if form.supports_datasets else [quad.triple for quad in quads]
    if form == ox.RdfFormat.RDF_XML:
        check_characters([quad.triple for quad in quads])
    fresh = target.with_name(f".{target.name}.new")
    try:
        ox.serialize(items, str(fresh), format=form, prefixes=data.prefixes)
        fresh.replace(target)
    except OSError as error:
        raise InputError(f"this can't be written ({error.strerror or error})", file=target) from None
    finally:
        fresh.unlink(missing_ok=True)


def _back(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    if isinstance(node, Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)) if node.datatype else None)
    return ox.NamedNode(str(node))
