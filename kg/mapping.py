"""From the cells of the canonical tables to facts: the one place that knows which column becomes which term.

A cell that is not of its column's form becomes an ill-typed or a plain literal, for the shapes to find: nothing is
dropped here. Source: the canonical tables of the interface, section "Canonical tables".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.identifiers import mint, short_hash
from kg.namespaces import CKG, DCT, GEO, ORG, RDF, SCHEMA, SKOS, WGS, XSD
from kg.profile import canonical_decimal
from kg.resources import folder
from kg.rows import Fact, Row

__all__ = [
    "TABLES",
    "Column",
    "TableSpec",
    "date_literal",
    "decimal_literal",
    "integer_literal",
    "point_facts",
    "row_facts",
    "row_nodes",
]

_DATES = ((re.compile(r"[0-9]{4}"), "gYear"), (re.compile(r"[0-9]{4}-[0-9]{2}"), "gYearMonth"))
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_WIKIDATA = re.compile(r"Q[1-9]\d*")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the form of its cells, the property it becomes, and for references the kind of thing they name."""

    form: str
    property: NamedNode | None = None
    target: str = ""
    required: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A canonical table: the kind of thing a row describes, its classes and its columns.

    `key` are the columns that a row is nothing without: its id and name, or the two ends of a link.
    """

    kind: str
    classes: tuple[NamedNode, ...]
    columns: dict[str, Column]
    key: tuple[str, ...]
    link: bool = False


def _thing(what: str, /, *classes: NamedNode, **columns: Column) -> TableSpec:
    own = {
        "id": Column("text", DCT["identifier"], required=True),
        "name": Column("text", SKOS["prefLabel"], required=True),
    }
    return TableSpec(what, classes, {**own, **columns}, ("id", "name"))


def _link(what: str, /, *classes: NamedNode, key: tuple[str, str], **columns: Column) -> TableSpec:
    return TableSpec(what, classes, columns, key, link=True)


def _ref(target: str, name: NamedNode | None = None, *, required: bool = False, several: bool = False) -> Column:
    return Column("reference", name, target, required, several)


_POINT = {"latitude": Column("decimal", WGS["lat"]), "longitude": Column("decimal", WGS["long"])}
_WEBSITE = Column("url", SCHEMA["url"], several=True)

#: The canonical tables, in the order in which they are read.
TABLES: dict[str, TableSpec] = {
    "regions": _thing(
        "region",
        CKG["Region"],
        parent=_ref("region", CKG["regionWithin"]),
        level=Column("integer", CKG["regionLevel"], required=True),
        **_POINT,
    ),
    "sectors": _thing(
        "sector",
        CKG["SectorConcept"],
        SKOS["Concept"],
        broader=_ref("sector", SKOS["broader"]),
        level=Column("integer", CKG["sectorLevel"], required=True),
        scheme=Column("scheme", SKOS["inScheme"]),
    ),
    "skills": _thing("skill", CKG["Skill"], SKOS["Concept"]),
    "organizations": _thing(
        "organization",
        ORG["Organization"],
        kind=Column("code", ORG["classification"], "OrganizationKindScheme"),
        country=Column("text", SCHEMA["addressCountry"]),
        region=_ref("region", CKG["locatedIn"]),
        **_POINT,
        sectors=_ref("sector", CKG["inSector"], several=True),
        skills=_ref("skill", CKG["requiresSkill"], several=True),
        employees=Column("integer", SCHEMA["numberOfEmployees"]),
        founded=Column("date", SCHEMA["foundingDate"]),
        website=_WEBSITE,
        lei=Column("text", SCHEMA["leiCode"]),
        vat=Column("text", SCHEMA["vatID"]),
        wikidata=Column("wikidata", SCHEMA["sameAs"]),
    ),
    "supplies": _link(
        "supply",
        CKG["SupplyLink"],
        key=("supplier", "customer"),
        supplier=_ref("organization", CKG["supplier"], required=True),
        customer=_ref("organization", CKG["customer"], required=True),
        product=Column("text", CKG["product"]),
        since=Column("date", SCHEMA["startDate"]),
        until=Column("date", SCHEMA["endDate"]),
        source=Column("text", DCT["source"]),
    ),
    "collaborations": _thing(
        "collaboration",
        CKG["Collaboration"],
        kind=Column("code", CKG["collaborationKind"], "CollaborationKindScheme", required=True),
        start=Column("date", SCHEMA["startDate"]),
        end=Column("date", SCHEMA["endDate"]),
        topics=Column("text", SCHEMA["keywords"], several=True),
        website=_WEBSITE,
    ),
    "participants": _link(
        "participation",
        CKG["Participation"],
        key=("collaboration", "organization"),
        collaboration=_ref("collaboration", required=True),
        organization=_ref("organization", required=True),
        role=Column("text", CKG["participantRole"]),
    ),
    "competitors": _link(
        "competition",
        CKG["CompetitionLink"],
        key=("organization", "competitor"),
        organization=_ref("organization", CKG["competitor"], required=True),
        competitor=_ref("organization", CKG["competitor"], required=True),
        market=Column("text", CKG["market"]),
    ),
    "groups": _thing(
        "group/declared",
        CKG["DeclaredGroup"],
        region=_ref("region", CKG["declaredPlace"]),
        sector=_ref("sector", CKG["declaredTheme"]),
        website=_WEBSITE,
    ),
    "members": _link(
        "group/declared",
        key=("group", "organization"),
        group=_ref("group/declared", required=True),
        organization=_ref("organization", required=True),
    ),
}


@cache
def codes() -> dict[str, dict[str, NamedNode]]:
    """Return the concept of every code of the ontology, by scheme and notation."""
    schemes: dict[NamedNode, set[str]] = {}
    notations: dict[NamedNode, str] = {}
    for quad in parse(path=str(folder("ontology") / "kinds.ttl"), format=RdfFormat.TURTLE):
        if not isinstance(quad.subject, NamedNode):
            continue
        if quad.predicate == SKOS["inScheme"] and isinstance(quad.object, NamedNode):
            schemes.setdefault(quad.subject, set()).add(quad.object.value.removeprefix(CKG))
        elif quad.predicate == SKOS["notation"] and isinstance(quad.object, Literal):
            notations[quad.subject] = quad.object.value
    out: dict[str, dict[str, NamedNode]] = {}
    for concept, notation in notations.items():
        for scheme in schemes.get(concept, ()):
            out.setdefault(scheme, {})[notation] = concept
    return out


def decimal_literal(text: str) -> Literal:
    """Return a decimal in canonical form, or the text as an ill-typed ``xsd:decimal``."""
    text = text.strip()
    return Literal(canonical_decimal(Decimal(text)) if _DECIMAL.fullmatch(text) else text, datatype=XSD["decimal"])


def integer_literal(text: str) -> Literal:
    """Return a whole number in canonical form, or the text as an ill-typed ``xsd:integer``."""
    text = text.strip()
    fits = _INTEGER.fullmatch(text) and len(text) <= 18
    return Literal(str(int(text)) if fits else text, datatype=XSD["integer"])


def date_literal(text: str) -> Literal:
    """Return a year, a month or a day as the XSD type of its form; anything else as an ill-typed ``xsd:date``."""
    text = text.strip()
    datatype = next((name for form, name in _DATES if form.fullmatch(text)), "date")
    return Literal(text, datatype=XSD[datatype])


def _items(column: Column, cell: str) -> Iterable[str]:
    if column.several:
        return [item.strip() for item in cell.split(";") if item.strip()]
    return [cell] if cell.strip() else []


def _term(base: str, column: Column, text: str) -> NamedNode | Literal:
    match column.form:
        case "reference":
            return NamedNode(mint(base, column.target, text))
        case "code":
            return codes()[column.target].get(text.strip()) or Literal(text)
        case "decimal":
            return decimal_literal(text)
        case "integer":
            return integer_literal(text)
        case "date":
            return date_literal(text)
        case "url":
            return Literal(text, datatype=XSD["anyURI"])
        case "wikidata":
            text = text.strip()
            return NamedNode(f"http://www.wikidata.org/entity/{text}") if _WIKIDATA.fullmatch(text) else Literal(text)
        case "scheme":
            return NamedNode(mint(base, "scheme", text))
        case _:
            return Literal(text)


def row_nodes(base: str, table: str, row: Row) -> tuple[str, str]:
    """Return the IRI of the thing that a row describes and, for a row of a link table, of its second end.

    Where a link has no node of its own (a member of a declared group) the first is the IRI of its first end.
    """
    spec = TABLES[table]
    if not spec.link:
        return mint(base, spec.kind, row["id"]), ""
    first, second = (row[name] for name in spec.key)
    target = spec.columns[spec.key[1]].target
    other = mint(base, target, second)
    if table == "members":
        return mint(base, spec.kind, first), other
    if table == "competitors":
        first, second = sorted((first, second))
    rest = [row[name].strip() for name in spec.columns if name not in spec.key]
    suffix = [short_hash(*rest)] if any(rest) and table != "participants" else []
    return mint(base, spec.kind, first, second, *suffix), other


def row_facts(base: str, table: str, row: Row) -> Iterator[Fact]:
    """Yield the facts that a row of a canonical table states."""
    spec = TABLES[table]
    node = NamedNode(row.node)
    if table == "members":
        yield Fact(Triple(node, CKG["declaresMember"], NamedNode(row.other)), ("organization",))
        return
    if table == "participants":
        yield from _participation(base, row, node)
    else:
        for kind in spec.classes:
            yield Fact(Triple(node, RDF["type"], kind), (spec.key[0],))
    for name, column in spec.columns.items():
        if column.property is None or name in _POINT or (table == "participants" and name != "role"):
            continue
        for item in _items(column, row[name]):
            term = _term(base, column, item)
            yield Fact(Triple(node, column.property, term), (name,))
            if column.form == "scheme" and isinstance(term, NamedNode):
                yield Fact(Triple(term, RDF["type"], SKOS["ConceptScheme"]), (name,))
                yield Fact(Triple(term, SKOS["prefLabel"], Literal(item)), (name,))
    if "latitude" in spec.columns:
        yield from point_facts(row.node, row["latitude"], row["longitude"])


def _participation(base: str, row: Row, node: NamedNode) -> Iterator[Fact]:
    collaboration = NamedNode(mint(base, "collaboration", row["collaboration"]))
    organization = NamedNode(row.other)
    yield Fact(Triple(collaboration, CKG["hasParticipant"], organization), ("organization",))
    if row["role"].strip():
        yield Fact(Triple(node, RDF["type"], CKG["Participation"]), ("role",))
        yield Fact(Triple(node, CKG["inCollaboration"], collaboration), ("collaboration",))
        yield Fact(Triple(node, CKG["participatingOrganization"], organization), ("organization",))


def point_facts(node: str, latitude: str, longitude: str) -> Iterator[Fact]:
    """Yield the facts of a WGS84 point in degrees; each stands and falls with both its columns."""
    if not latitude.strip() and not longitude.strip():
        return
    place = NamedNode(f"{node}/geometry")
    both = ("latitude", "longitude")
    yield Fact(Triple(NamedNode(node), GEO["hasGeometry"], place), both)
    yield Fact(Triple(place, RDF["type"], GEO["Geometry"]), both)
    lat, long = decimal_literal(latitude), decimal_literal(longitude)
    if latitude.strip():
        yield Fact(Triple(place, WGS["lat"], lat), both)
    if longitude.strip():
        yield Fact(Triple(place, WGS["long"], long), ("longitude", "latitude"))
    if latitude.strip() and longitude.strip():
        wkt = Literal(f"POINT({long.value} {lat.value})", datatype=GEO["wktLiteral"])
        yield Fact(Triple(place, GEO["asWKT"], wkt), both)
