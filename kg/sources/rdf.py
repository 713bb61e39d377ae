"""The source `rdf`: any RDF file, statement by statement, checked like the rest.

Every statement is a row. A resource keeps its IRI; blank nodes get IRIs from the RDF Dataset Canonicalization
(https://www.w3.org/TR/rdf-canon/), so that the order of statements in the file does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

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

from kg.errors import InputError
from kg.identifiers import short_hash
from kg.mapping import decimal_literal, integer_literal
from kg.namespaces import CKG, RDF, WORKING, XSD
from kg.resources import ontology_files
from kg.rows import Fact, Finding, Loaded, Progress, Row, RowTable

__all__ = ["FACT_TERMS", "OPTIONS", "parse_file", "read"]

OPTIONS: tuple[str, ...] = ()
_HEADER = ("subject", "predicate", "object")
_POSITIONS = {"subject": 0, "predicate": 1, "object": 2}
_STEP = 20_000

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
_NUMBERS = {XSD["decimal"]: decimal_literal, XSD["integer"]: integer_literal}


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
        raise InputError(f"this is no {kind.name}: {error.msg}", file=path, line=error.lineno) from None
    except (OSError, ValueError) as error:
        raise InputError(f"the file can't be read ({error})", file=path) from None


def read(path: Path, base: str, number: int, options: Mapping[str, object], progress: Progress) -> Loaded:
    """Read an RDF file, or every RDF file of a folder; see :func:`kg.sources.read_source` for the parameters."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    loaded = Loaded(number, [], [], {}, _facts)
    inside = _vocabulary()
    for file in files:
        table = RowTable(file.name, "statements", _HEADER, _POSITIONS, number)
        count = 0
        seen: set[Triple] = set()
        for triple in _triples(file, base):
            count += 1
            if count % _STEP == 0:
                progress(f"reading {file.name}", count, 0)
            if triple in seen:
                continue
            seen.add(triple)
            row = _StatementRow(table, 0, (str(triple.subject), str(triple.predicate), str(triple.object)), triple)
            if message := _forbidden(triple, inside):
                loaded.findings.append(
                    Finding(
                        "Violation",
                        "rejected",
                        message,
                        source=number,
                        file=file.name,
                        column="predicate",
                        value=str(triple),
                        focus=row.node,
                        path=triple.predicate.value,
                        component="NoFact",
                        row=row,
                    )
                )
            else:
                loaded.rows.append(row)
        loaded.read[file.name] = count
    return loaded


class _StatementRow(Row):
    """A row that keeps its statement as a triple."""

    __slots__ = ("triple",)

    def __init__(self, table: RowTable, line: int, cells: tuple[str, ...], triple: Triple) -> None:
        assert isinstance(triple.subject, NamedNode)
        super().__init__(table, line, cells, triple.subject.value)
        object.__setattr__(self, "triple", triple)


def _facts(row: Row) -> Iterator[Fact]:
    assert isinstance(row, _StatementRow)
    triple: Triple = row.triple  # type: ignore[attr-defined]
    yield Fact(triple, ("object",))


def _triples(file: Path, base: str) -> Iterator[Triple]:
    quads = [Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in parse_file(file)]
    if any(isinstance(end, BlankNode) for quad in quads for end in (quad.subject, quad.object)):
        dataset = Dataset(quads)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        quads = list(dataset)
    salt = short_hash(*sorted(str(quad.triple) for quad in quads))
    for quad in quads:
        subject, value = _named(quad.subject, base, salt), _named(quad.object, base, salt)
        if isinstance(value, Literal) and value.datatype in _NUMBERS:
            value = _NUMBERS[value.datatype](value.value)
        if isinstance(subject, NamedNode) and isinstance(value, NamedNode | Literal):
            yield Triple(subject, quad.predicate, value)
        else:
            raise InputError("a triple term (RDF 1.2) can't be loaded", file=file)


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


def _forbidden(triple: Triple, vocabulary: frozenset[str]) -> str:
    """Return why a statement may not be asserted by a source, or nothing."""
    named = [triple.predicate]
    if triple.predicate == RDF["type"] and isinstance(triple.object, NamedNode):
        named.append(triple.object)
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
