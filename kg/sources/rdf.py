"""The source `rdf`: any RDF file, statement by statement, checked like the rest.

Every statement is a row. A resource keeps its IRI; blank nodes get IRIs from the RDF Dataset Canonicalization
(https://www.w3.org/TR/rdf-canon/), so that the order of statements in the file does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from kg.engines.columnar import STATEMENTS, Drafts
from kg.engines.columnar.keys import to_key
from kg.errors import InputError
from kg.identifiers import short_hash
from kg.namespaces import CKG, RDF, WORKING
from kg.resources import ontology_files
from kg.rows import Finding, Loaded, Progress, Row, RowTable
from kg.sources.tables import shown_in
from kg.tables import brief

__all__ = ["FACT_TERMS", "OPTIONS", "parse_file", "read", "statement_lines"]

OPTIONS: tuple[str, ...] = ()
_HEADER = ("subject", "predicate", "object")
_POSITIONS = {"subject": 0, "predicate": 1, "object": 2}
#: Statements that are read at a time.
_BATCH = 100_000

#: The terms of the ontology that a source may use; the others are for the rules alone to write.
FACT_TERMS = frozenset(
    str(CKG) + name
    for name in [
        "Region",
        "SectorConcept",
        "Skill",
        "SupplyLink",
        "Collaboration",
        "Participation",
        "CompetitionLink",
        "DeclaredGroup",
        "ClusterOrganization",
        "locatedIn",
        "regionWithin",
        "regionLevel",
        "inSector",
        "sectorLevel",
        "requiresSkill",
        "placedBy",
        "sectorsFrom",
        "supplier",
        "customer",
        "product",
        "collaborationKind",
        "hasParticipant",
        "inCollaboration",
        "participatingOrganization",
        "participantRole",
        "competitor",
        "market",
        "declaresMember",
        "declaredPlace",
        "declaredTheme",
        "manages",
    ]
)


def parse_file(path: Path) -> Iterator[Quad]:
    """Parse an RDF file of any format that its extension names.

    Raises
    ------
    InputError
        when the file is missing, of an unknown format, or not well formed (with the line).
    """
    if not path.exists():
        raise InputError("there is no such file", file=path)
    if path.is_dir():
        raise InputError("this is a folder; name an RDF file", file=path)
    suffix = path.suffix.lstrip(".").lower()
    kind = RdfFormat.from_extension({"jsonld": "jsonld", "json": "jsonld", "owl": "rdf"}.get(suffix, suffix))
    if kind is None:
        raise InputError(f"'.{suffix}' is no RDF format; known are ttl, nt, nq, trig, rdf, jsonld, n3", file=path)
    try:
        yield from parse(path=str(path), format=kind)
    except SyntaxError as error:
        raise InputError(f"this is no {kind.name}: {brief(error.msg, 300)}", file=path, line=error.lineno) from None
    except (OSError, ValueError) as error:
        raise InputError(f"the file can't be read ({brief(str(error), 300)})", file=path) from None


def statement_lines(path: Path) -> list[int]:
    """Return the line of each statement of a file whose syntax has one in a line: N-Triples and N-Quads; else nothing.

    https://www.w3.org/TR/n-triples/#n-triples-grammar
    """
    if path.suffix.lower() not in (".nt", ".nq"):
        return []
    with path.open("rb") as stream:
        text = (line.strip() for line in stream)
        return [number for number, line in enumerate(text, start=1) if line and not line.startswith(b"#")]


def read(
    path: Path, shown: str, base: str, number: int, options: Mapping[str, object], drafts: Drafts, progress: Progress
) -> Loaded:
    """Read an RDF file, or every RDF file of a folder; see :func:`kg.sources.read_source` for the parameters."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    loaded = Loaded(number)
    inside = _vocabulary()
    for file in files:
        listed, lines = _quads(file, base)
        named = shown_in(shown, file) if path.is_dir() else shown
        table = drafts.add_table(named, STATEMENTS, number, _HEADER, _POSITIONS, lines=lines)
        refused: dict[Triple, tuple[int, str]] = {}
        count = 0
        while batch := listed[count : count + _BATCH]:
            count += len(batch)
            progress(f"reading {named}", count, 0)
            drafts.fill_statements(table, _columns(batch, inside, refused))
        drafts.state_statements(table)
        loaded.read[named] = count
        written = drafts.canonical(refused)
        loaded.findings += [_no_fact(table, triple, *refused[one]) for triple, one in written.items()]
    return loaded


def _columns(
    quads: list[tuple[int, Quad]], vocabulary: frozenset[str], refused: dict[Triple, tuple[int, str]]
) -> pa.Table:
    """Return numbered statements as columns of keys; those that a source may not state are noted with the reason."""
    rows = []
    for number, quad in quads:
        if message := _forbidden(quad.predicate, quad.object, vocabulary):
            refused.setdefault(quad.triple, (number, message))
        else:
            rows.append((number, to_key(quad.subject), to_key(quad.predicate), to_key(quad.object)))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    types = [pa.int64(), pa.string(), pa.string(), pa.string()]
    return pa.table(dict(zip(("line", *"spo"), map(pa.array, columns, types), strict=True)))


def _no_fact(table: RowTable, triple: Triple, number: int, message: str) -> Finding:
    line = number if number <= table.lines else 0
    subject = triple.subject
    assert isinstance(subject, NamedNode)
    return Finding(
        "Violation",
        "rejected",
        message,
        source=table.source,
        file=table.file,
        line=line,
        column="predicate",
        value=str(triple),
        focus=subject.value,
        path=triple.predicate.value,
        component="NoFact",
        row=Row(table, line, (str(subject), str(triple.predicate), str(triple.object))),
    )


def _quads(file: Path, base: str) -> tuple[list[tuple[int, Quad]], int]:
    """Return the statements of a file with IRIs for blank nodes, in the default graph, numbered, and the last line.

    The number of a statement is its line; statements of no known line have numbers beyond the last.
    """
    lines = statement_lines(file)
    quads = [Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in parse_file(file)]
    if len(lines) != len(quads):
        lines = []
    last = max(lines, default=0)
    numbers = lines or list(range(1, len(quads) + 1))
    salt = ""
    if any(isinstance(end, BlankNode) for quad in quads for end in (quad.subject, quad.object)):
        places: dict[tuple[str, ...], list[int]] = {}
        for line, quad in zip(lines, quads, strict=False):
            places.setdefault(_sketch(quad), []).append(line)
        dataset = Dataset(quads)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        quads = sorted(dataset, key=str)
        salt = short_hash(*(str(quad.triple) for quad in quads))
        numbers = list(_numbers(quads, places, last))
    return sorted(zip(numbers, _facts(file, quads, base, salt), strict=True), key=itemgetter(0)), last


def _sketch(quad: Quad) -> tuple[str, ...]:
    """A statement without the labels of blank nodes, which are others each time a file is read."""
    return tuple(
        "_" if isinstance(term, BlankNode) else str(term) for term in (quad.subject, quad.predicate, quad.object)
    )


def _numbers(quads: Iterable[Quad], places: Mapping[tuple[str, ...], list[int]], last: int) -> Iterator[int]:
    """Yield the line of each statement where no other looks like it but for blank nodes, else a number beyond the last."""
    for beyond, quad in enumerate(quads, start=last + 1):
        sketch = _sketch(quad)
        found = places.get(sketch, [])
        yield found[0] if len(found) == 1 or (found and "_" not in sketch) else beyond


def _facts(file: Path, quads: Iterable[Quad], base: str, salt: str) -> Iterator[Quad]:
    for quad in quads:
        subject, value = _named(quad.subject, base, salt), _named(quad.object, base, salt)
        if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode | Literal):
            raise InputError("a triple term (RDF 1.2) can't be loaded", file=file)
        if isinstance(value, Literal) and value.direction is not None:
            raise InputError("a text with a direction (RDF 1.2) can't be loaded", file=file)
        yield Quad(subject, quad.predicate, value, DefaultGraph())


def _named(term: object, base: str, salt: str) -> object:
    if isinstance(term, BlankNode):
        return NamedNode(f"{base}.well-known/genid/{salt}-{term.value}")
    return term


def _vocabulary() -> frozenset[str]:
    """Return every term that the ontology defines."""
    return frozenset(
        quad.subject.value
        for file in ontology_files()
        for quad in parse_file(file)
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(CKG)
    )


def _forbidden(predicate: NamedNode, value: object, vocabulary: frozenset[str]) -> str:
    """Return why a statement may not be asserted by a source, or nothing."""
    named = [predicate]
    if predicate == RDF["type"] and isinstance(value, NamedNode):
        named.append(value)
    for term in named:
        if term.value.startswith(WORKING):
            return f"{term.value.removeprefix(WORKING)} is a working term of the rules; a source can't state it"
        if term.value.startswith(CKG) and term.value not in FACT_TERMS:
            name = f"ckg:{term.value.removeprefix(CKG)}"
            if term.value in vocabulary:
                return (
                    f"{name} is no fact: the rules conclude it, or it is there for reference; a source can't state it"
                )
            return f"{name} is no term of the ontology"
    return ""
