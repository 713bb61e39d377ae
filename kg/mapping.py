"""From the cells of the canonical tables to facts: the one place that knows which column becomes which term.

What rows state is said in SQL over their cells, with the functions of :mod:`kg.engines.columnar.cells`. A cell that is
not of its column's form becomes an ill-typed or a plain literal, for the shapes to find: nothing is dropped here.
Source: the canonical tables of the interface, section "Canonical tables".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.engines.columnar.keys import to_key
from kg.namespaces import CKG, DCT, GEO, ORG, RDF, SCHEMA, SKOS, WGS
from kg.resources import folder
from kg.rows import Statement
from kg.sparql.terms import typed

__all__ = [
    "TABLES",
    "Column",
    "TableSpec",
    "chosen",
    "codes",
    "literal",
    "minted",
    "point",
    "row_nodes",
    "statements",
    "text",
    "typed_key",
]


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


def literal(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def minted(base: str, kind: str, *texts: str) -> str:
    """Return SQL for the key of what :func:`kg.identifiers.mint` gives of a kind and ids, given as SQL."""
    return f"{literal(f'<{base}{kind}/')} || " + " || '/' || ".join(f"url_encode({text})" for text in texts)


def chosen(cell: str, terms: Mapping[str, NamedNode | Literal], otherwise: str) -> str:
    """Return SQL for the key of the term that a text names, and of another where it names none."""
    cases = " ".join(f"WHEN {literal(name)} THEN {literal(to_key(term))}" for name, term in terms.items())
    return f"CASE {cell} {cases} ELSE {otherwise} END"


def text(cell: str) -> str:
    """Return SQL for the key of a plain string."""
    return f"'\"' || {cell}"


def typed_key(datatype: str, cell: str) -> str:
    """Return SQL for the key of a literal of a datatype of XML Schema."""
    return f"{literal(typed(datatype))} || ({cell})"


def _key(base: str, column: Column, cell: str) -> str:
    match column.form:
        case "reference":
            return minted(base, column.target, cell)
        case "scheme":
            return minted(base, "scheme", cell)
        case "code":
            return chosen(f"stripped({cell})", codes()[column.target], text(cell))
        case "decimal" | "integer" | "date":
            return f"{column.form}_key({cell})"
        case "url":
            return typed_key("anyURI", cell)
        case "wikidata":
            name = f"stripped({cell})"
            return f"""CASE WHEN regexp_full_match({name}, 'Q[1-9]\\p{{Nd}}*')
                THEN '<http://www.wikidata.org/entity/' ELSE '"' END || {name}"""
        case _:
            return text(cell)


def row_nodes(base: str, table: str, cells: Mapping[str, str]) -> tuple[str, str]:
    """Return SQL for the key of the thing that a row describes and, for a row of a link table, of its second end.

    Where a link has no node of its own (a member of a declared group) the first is that of its first end.

    Parameters
    ----------
    base, table:
        The base IRI, and the canonical table.
    cells:
        SQL for each column that the table has.
    """
    spec = TABLES[table]
    if not spec.link:
        return minted(base, spec.kind, cells["id"]), "''"
    first, second = (cells[name] for name in spec.key)
    other = minted(base, spec.columns[spec.key[1]].target, second)
    if table == "members":
        return minted(base, spec.kind, first), other
    if table == "competitors":
        first, second = f"least({first}, {second})", f"greatest({first}, {second})"
    node = minted(base, spec.kind, first, second)
    rest = [cells.get(name, "''") for name in spec.columns if name not in spec.key]
    if rest and table != "participants":
        joined = " || chr(10) || ".join(f"stripped({cell})" for cell in rest)
        none = " AND ".join(f"blank({cell})" for cell in rest)
        node += f" || CASE WHEN {none} THEN '' ELSE '/' || left(sha256({joined}), 16) END"
    return node, other


def statements(base: str, table: str, cells: Mapping[str, str]) -> Iterator[Statement]:
    """Yield what a row of a canonical table states; see :func:`row_nodes` for the parameters."""
    spec = TABLES[table]
    if table == "members":
        yield Statement(CKG["declaresMember"], "other", ("organization",))
        return
    if table == "participants":
        yield from _participation(base, cells)
    for kind in spec.classes if table != "participants" else ():
        yield Statement(RDF["type"], kind, (spec.key[0],), once=not spec.link)
    for name, column in spec.columns.items():
        if column.property is None or name in _POINT or name not in cells:
            continue
        cell = cells[name]
        if column.several:
            yield Statement(column.property, _key(base, column, "item"), (name,), items=cell)
            continue
        where = "" if name in spec.key else f"NOT blank({cell})"
        term = _key(base, column, cell)
        yield Statement(column.property, term, (name,), where=where, once=not spec.link)
        if column.form == "scheme":
            yield Statement(RDF["type"], SKOS["ConceptScheme"], (name,), term, where, known=True)
            yield Statement(SKOS["prefLabel"], text(cell), (name,), term, where, known=True)
    if "latitude" in cells or "longitude" in cells:
        yield from point(cells.get("latitude", "''"), cells.get("longitude", "''"), ("latitude", "longitude"))


def _participation(base: str, cells: Mapping[str, str]) -> Iterator[Statement]:
    collaboration = minted(base, "collaboration", cells["collaboration"])
    role = f"NOT blank({cells['role']})" if "role" in cells else "false"
    yield Statement(CKG["hasParticipant"], "other", ("organization",), collaboration)
    yield Statement(RDF["type"], CKG["Participation"], ("role",), where=role)
    yield Statement(CKG["inCollaboration"], collaboration, ("collaboration",), where=role)
    yield Statement(CKG["participatingOrganization"], "other", ("organization",), where=role)


def point(latitude: str, longitude: str, columns: tuple[str, str], where: str = "true") -> Iterator[Statement]:
    """Yield what a row states of its thing's WGS84 point in degrees; each stands and falls with both columns.

    Parameters
    ----------
    latitude, longitude:
        SQL for the two texts.
    columns:
        The columns that they are from.
    where:
        SQL for the rows that they are of.
    """
    place = "iri || '/geometry'"
    no_latitude, no_longitude = f"blank({latitude})", f"blank({longitude})"
    either = f"{where} AND NOT ({no_latitude} AND {no_longitude})"
    wkt = f"decimal_form(stripped({longitude})) || ' ' || decimal_form(stripped({latitude})) || ')'"
    wkt = f"{literal(f'^{GEO}wktLiteral POINT(')} || {wkt}"
    yield Statement(GEO["hasGeometry"], place, columns, where=either, once=True)
    yield Statement(RDF["type"], GEO["Geometry"], columns, place, either, once=True, known=True)
    lat, long = f"decimal_key({latitude})", f"decimal_key({longitude})"
    yield Statement(WGS["lat"], lat, columns, place, f"{where} AND NOT {no_latitude}", once=True, known=True)
    yield Statement(WGS["long"], long, columns[::-1], place, f"{where} AND NOT {no_longitude}", once=True, known=True)
    both = f"{where} AND NOT {no_latitude} AND NOT {no_longitude}"
    yield Statement(GEO["asWKT"], wkt, columns, place, both, once=True, known=True)
