"""The source `cordis`: the CSV files that the EU publishes on its research programmes.

Organisations with NUTS regions and points, projects as collaborations, EuroSciVoc fields as sectors. An
organisation's sectors are a proxy, derived from the fields of its projects and marked as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode

from kg.engines.columnar import Drafts
from kg.engines.columnar.keys import to_key
from kg.errors import InputError, UsageError
from kg.frames import Frame, open_frame
from kg.identifiers import mint
from kg.mapping import chosen, codes, literal, minted, point, text, typed_key
from kg.namespaces import CKG, DCT, ORG, RDF, SCHEMA, SKOS
from kg.rows import Loaded, Progress, RowTable, Statement
from kg.sources.faults import Case, Faults, impossible, missing, take_rows
from kg.sources.tables import keep_columns, shown_in

__all__ = ["OPTIONS", "read"]

OPTIONS = ("min_projects_per_field",)
_KINDS = {"PRC": "company", "HES": "university", "REC": "research", "PUB": "public"}
#: The codes that CORDIS uses for two countries, and those of ISO 3166-1.
_COUNTRIES = {"EL": "GR", "UK": "GB"}
#: What orders the repetitions of an organisation.
_DETAILS = ("legalName", "nutsCode", "geolocation", "lat", "lon", "activityType", "vatNumber", "country", "url")
_NEEDED = {
    "organization": ("organisationID", "legalName"),
    "participation": ("projectID", "organisationID"),
    "project": ("id", "title"),
    "euroSciVoc": ("projectID", "code", "title"),
}
_OTHERS = "nutsName projectID organisationID role id acronym title startDate endDate topic code path"
#: The columns that are read, by what releases call them; the others are passed over.
_COLUMNS = {name: name for name in (*_DETAILS, *_OTHERS.split())} | {"name": "legalName", "organizationURL": "url"}
#: What codes look like; anything longer would have a tree of its own above it.
_NUTS, _FIELD = "[A-Z]{2}[0-9A-Z]{0,3}", "[0-9]+(/[0-9]+){0,8}"
#: SQL for the cells of a column that is not there, and for the id of a field.
_NONE, _DOTTED = "''", "replace(code, '/', '.')"

#: A predicate, an object or None, and SQL for the keys "s" and, without an object, "key".
Derived: TypeAlias = tuple[NamedNode, NamedNode | None, str]


def read(
    path: Path, shown: str, base: str, number: int, options: Mapping[str, object], drafts: Drafts, progress: Progress
) -> Loaded:
    """Read a folder of CORDIS files; see :func:`kg.sources.read_source` for the parameters."""
    least = options.get("min_projects_per_field", 2)
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise UsageError(f"min_projects_per_field = {least!r}: it must be a whole number of at least 1")
    if not path.is_dir():
        raise InputError("there is no such folder" if not path.exists() else "this is no folder", file=path)
    return _Reader(shown, base, number, least, drafts, progress).read(path)


class _Reader:
    """Reads the four files, the projects first, so that what refers to them can be checked."""

    def __init__(self, shown: str, base: str, number: int, least: int, drafts: Drafts, progress: Progress) -> None:
        self.shown, self.base = shown, base
        self.least = least
        self.drafts = drafts
        self.run = drafts.store.connection.execute
        self.progress = progress
        self.loaded = Loaded(number, derive=self.derive)
        #: The drafts of a file's rows, by what they are.
        self.tables: dict[str, RowTable] = {}
        self.names = {name: f"{name}_names_{number}" for name in ("region", "field")}

    def read(self, path: Path) -> Loaded:
        self.projects(self.open(path, "project"))
        organizations = self.open(path, "organization")
        together = "projectID" in organizations.header
        self.organizations(organizations, together=together)
        if not together:
            self.participations(self.fill(self.open(path, "participation"), "participation"))
        self.fields(self.open(path, "euroSciVoc"))
        self.trees = self.drafts.add_table("", "trees", self.loaded.number)
        self.derive()
        return self.loaded

    def open(self, path: Path, name: str) -> Frame:
        file = path / f"{name}.csv"
        if not file.exists():
            raise InputError(f"{name}.csv is missing: a source of type 'cordis' must have it", file=path)
        frame = open_frame(file, shown=shown_in(self.shown, file))
        self.positions(frame)
        return frame

    @staticmethod
    def positions(frame: Frame) -> dict[str, int]:
        return keep_columns(frame, _COLUMNS, required=_NEEDED[frame.path.stem], ignore=True)

    def add_table(self, frame: Frame, name: str) -> RowTable:
        self.tables[name] = self.drafts.add_table(
            frame.shown, name, self.loaded.number, frame.header, self.positions(frame)
        )
        return self.tables[name]

    def fill(self, frame: Frame, name: str) -> Faults:
        """Take in the rows of a file and return what is wrong with those that can't be parsed."""
        table = self.add_table(frame, name)
        needed = name == "organization"
        faults = take_rows(self.drafts, table, frame, self.nodes(table), self.loaded, self.progress, needed=needed)
        faults.surplus(frame.surplus)
        return faults

    def nodes(self, table: RowTable) -> tuple[str, str]:
        """Return SQL for the node that a row of a file describes, and for its second end."""
        cells = table.cells
        match table.name:
            case "organization":
                return minted(self.base, "organization", cells["organisationID"]), "''"
            case "project":
                return minted(self.base, "collaboration", cells["id"]), "''"
            case "participation":
                project, organization = cells["projectID"], cells["organisationID"]
                return minted(self.base, "participation", project, organization), minted(
                    self.base, "organization", organization
                )
            case _:
                return self.sector(_code(cells)), minted(self.base, "collaboration", cells["projectID"])

    def sector(self, code: str) -> str:
        return minted(self.base, "sector", f"replace({code}, '/', '.')")

    def cells(self, name: str) -> str:
        """Return the name of the table of the rows of a file."""
        return self.drafts.cells(self.tables[name])

    def projects(self, frame: Frame) -> None:
        faults = self.fill(frame, "project")
        table = faults.table
        faults.reject([missing(table, "id"), missing(table, "title"), impossible(table, "id")])
        self.once(faults, "id")
        self.drafts.state(table, self.project_statements(table.cells))

    def once(self, faults: Faults, column: str) -> None:
        """Keep the first row of each id, and note the others."""
        self.drafts.store.add_terms(f"SELECT iri AS key FROM {self.drafts.cells(faults.table)}")
        faults.repeated(column, focus=False)
        self.loaded.findings += faults.findings()

    def organizations(self, frame: Frame, *, together: bool) -> None:
        """Read the organisations; in older releases a row is a participation too, and repeats the organisation."""
        faults = self.fill(frame, "organization")
        table = faults.table
        faults.reject([missing(table, "organisationID"), missing(table, "legalName")])
        if together:
            links = self.add_table(frame, "participation")
            shown = ", ".join(f"c{place}" for place in range(len(table.header)))
            rows = f"SELECT row - {table.base} AS line, {shown} FROM {self.drafts.cells(table)}"
            iri, other = self.nodes(links)
            self.drafts.fill(links, rows, iri=iri, other=other)
            self.best(table)
        faults.reject([impossible(table, "organisationID")])
        self.once(faults, "organisationID")
        self.drafts.state(table, self.organization_statements(table.cells))
        code, name = (f"stripped({table.cells.get(column, _NONE)})" for column in ("nutsCode", "nutsName"))
        self.run(f"""CREATE TABLE {self.names["region"]} AS SELECT {code} AS code, min({name}) AS name
            FROM {self.drafts.cells(table)} WHERE {code} <> '' AND {name} <> '' GROUP BY ALL""")
        if together:
            self.participations(Faults(self.drafts, links, faults))

    def best(self, table: RowTable) -> None:
        """Keep one row of each organisation, whatever the order of the rows."""
        cells = [table.cells[name] for name in _DETAILS if name in table.cells]
        order = ", ".join([*cells, "row"])
        chosen = f"""SELECT row FROM {self.drafts.cells(table)}
            QUALIFY row_number() OVER (PARTITION BY {table.cells["organisationID"]} ORDER BY {order}) > 1"""
        self.drafts.discard(row for (row,) in self.run(chosen).fetchall())

    def participations(self, faults: Faults) -> None:
        table = faults.table
        project, organization = table.cells["projectID"], table.cells["organisationID"]
        unknown = f"other NOT IN (SELECT iri FROM {self.cells('organization')})"
        message = f"'the organisation ''' || {organization} || ''' is no accepted row of organization.csv'"
        faults.reject([self.unknown_project(table, minted(self.base, "collaboration", project)),
                       (unknown, "organisationID", message, "UnknownOrganization")])  # fmt: skip
        faults.repeated("projectID", by_cells=True, focus=False)
        self.loaded.findings += faults.findings()
        self.drafts.state(table, self.participation_statements(table.cells))

    def unknown_project(self, table: RowTable, iri: str) -> Case:
        message = f"'the project ''' || {table.cells['projectID']} || ''' is no accepted row of project.csv'"
        unknown = f"{iri} NOT IN (SELECT iri FROM {self.cells('project')})"
        return unknown, "projectID", message, "UnknownProject"

    def fields(self, frame: Frame) -> None:
        faults = self.fill(frame, "euroSciVoc")
        table = faults.table
        code = _code(table.cells)
        impossible_code = f"NOT regexp_full_match({code}, '{_FIELD}')"
        message = f"'''' || {table.cells['code']} || ''' is no EuroSciVoc code such as /23/53/373'"
        faults.reject([self.unknown_project(table, "other"), (impossible_code, "code", message, "MissingKey")])
        faults.repeated("code", by_cells=True, focus=False)
        self.loaded.findings += faults.findings()
        self.drafts.state(table, [Statement(DCT["subject"], "iri", ("code",), "other")])
        self.field_names(table)

    def field_names(self, table: RowTable) -> None:
        """Keep the name of each field: of those that rows give it the first; a row names the fields above its own too."""
        code, title = _code(table.cells), f"stripped({table.cells['title']})"
        path = table.cells.get("path", _NONE)
        given = f"CASE WHEN blank({path}) THEN [{title}] ELSE string_split(trim({path}, '/ '), '/') END"
        alone = "list_resize([]::VARCHAR[], len(parts) - 1, '') || [title]"
        self.run(f"""CREATE TABLE {self.names["field"]} AS
            SELECT {_joined("parts[:depth]")} AS code, min(names[depth]) AS name
            FROM (SELECT parts, CASE WHEN len(given) = len(parts) THEN given ELSE {alone} END AS names
                  FROM (SELECT DISTINCT string_split({code}, '/') AS parts, {given} AS given, {title} AS title
                        FROM {self.drafts.cells(table)})), range(1, len(parts) + 1) t(depth)
            WHERE names[depth] <> '' GROUP BY ALL""")

    def organization_statements(self, cells: Mapping[str, str]) -> Iterator[Statement]:
        given = {name: (f"stripped({cell})", f"NOT blank({cell})") for name, cell in cells.items()}
        yield Statement(RDF["type"], ORG["Organization"], ("organisationID",), once=True)
        yield Statement(DCT["identifier"], text(cells["organisationID"]), ("organisationID",), once=True)
        yield Statement(SKOS["prefLabel"], text(cells["legalName"]), ("legalName",), once=True)
        for column, predicate in (("activityType", ORG["classification"]), ("country", SCHEMA["addressCountry"]),
                                  ("vatNumber", SCHEMA["vatID"]), ("url", SCHEMA["url"]),
                                  ("nutsCode", CKG["locatedIn"])):  # fmt: skip
            if column in given:
                cell, where = given[column]
                yield Statement(predicate, self.term(column, cell), (column,), where=where, once=True)
        yield from _points(cells)

    def term(self, column: str, cell: str) -> str:
        """Return SQL for the key of what a column says of an organisation."""
        match column:
            case "activityType":
                kinds = codes()["OrganizationKindScheme"]
                named = {name: kinds[kind] for name, kind in _KINDS.items()}
                return chosen(cell, named, literal(to_key(kinds["other"])))
            case "country":
                return chosen(cell, {own: Literal(iso) for own, iso in _COUNTRIES.items()}, text(cell))
            case "url":
                return typed_key("anyURI", f"CASE WHEN contains({cell}, '://') THEN '' ELSE 'http://' END || {cell}")
            case "nutsCode":
                return minted(self.base, "region", cell)
            case _:
                return text(cell)

    def project_statements(self, cells: Mapping[str, str]) -> Iterator[Statement]:
        title, acronym = cells["title"], cells.get("acronym", _NONE)
        label = f"CASE WHEN blank({acronym}) THEN '' ELSE stripped({acronym}) || ': ' END || {title}"
        yield Statement(RDF["type"], CKG["Collaboration"], ("id",), once=True)
        yield Statement(DCT["identifier"], text(cells["id"]), ("id",), once=True)
        yield Statement(SKOS["prefLabel"], text(label), ("title",), once=True)
        yield Statement(CKG["collaborationKind"], CKG["RDProject"], ("id",), once=True)
        for column in ("startDate", "endDate", "topic"):
            if cell := cells.get(column):
                predicate = SCHEMA["keywords" if column == "topic" else column]
                term = text(f"stripped({cell})") if column == "topic" else f"date_key({cell})"
                yield Statement(predicate, term, (column,), where=f"NOT blank({cell})", once=True)

    def participation_statements(self, cells: Mapping[str, str]) -> Iterator[Statement]:
        project = minted(self.base, "collaboration", cells["projectID"])
        role = cells.get("role", _NONE)
        where = f"NOT blank({role})"
        yield Statement(CKG["hasParticipant"], "other", ("organisationID",), project)
        yield Statement(RDF["type"], CKG["Participation"], ("role",), where=where)
        yield Statement(CKG["inCollaboration"], project, ("projectID",), where=where)
        yield Statement(CKG["participatingOrganization"], "other", ("organisationID",), where=where)
        yield Statement(CKG["participantRole"], text(f"stripped({role})"), ("role",), where=where)

    def derive(self) -> None:
        """State the trees of regions and fields, and the sectors of organisations."""
        made = [*self.region_tree(), *self.field_tree(), *self.sectors()]
        self.drafts.state_anew(self.trees, made)
        for name in ("regions", "fields", "enough"):
            self.run(f"DROP TABLE {name}")

    def region_tree(self) -> Iterator[Derived]:
        """Yield the regions of the NUTS codes and all the levels above them, from the digits of the codes.

        A code that is none has no region, which the shapes find.
        """
        table = self.tables["organization"]
        code = f"stripped({table.cells.get('nutsCode', _NONE)})"
        self.run(f"""CREATE TEMP TABLE regions AS SELECT DISTINCT left(code, length) AS code
            FROM (SELECT DISTINCT {code} AS code FROM {self.drafts.cells(table)}
                  WHERE regexp_full_match({code}, '{_NUTS}')) c, range(2, length(code) + 1) t(length)""")
        region = f"{minted(self.base, 'region', 'code')} AS s"
        yield RDF["type"], CKG["Region"], f"SELECT {region} FROM regions"
        yield DCT["identifier"], None, f"SELECT {region}, {text('code')} AS key FROM regions"
        yield (
            SKOS["prefLabel"],
            None,
            f"""SELECT {region}, {text("coalesce(name, code)")} AS key
            FROM regions LEFT JOIN {self.names["region"]} USING (code)""",
        )
        yield (
            CKG["regionLevel"],
            None,
            f"SELECT {region}, {typed_key('integer', 'length(code) - 2')} AS key FROM regions",
        )
        above = minted(self.base, "region", "left(code, length(code) - 1)")
        yield CKG["regionWithin"], None, f"SELECT {region}, {above} AS key FROM regions WHERE length(code) > 2"

    def field_tree(self) -> Iterator[Derived]:
        """Yield the fields of the projects and all the fields above them."""
        table = self.tables["euroSciVoc"]
        self.run(f"""CREATE TEMP TABLE fields AS SELECT DISTINCT project, {_joined("parts[:depth]")} AS code, depth
            FROM (SELECT iri_id(other) AS project, string_split({_code(table.cells)}, '/') AS parts
                  FROM {self.drafts.cells(table)}), range(1, len(parts) + 1) t(depth)""")
        scheme = to_key(NamedNode(mint(self.base, "scheme", "EuroSciVoc")))
        any_field = f"SELECT DISTINCT {literal(scheme)} AS s{{}} FROM fields"
        yield RDF["type"], SKOS["ConceptScheme"], any_field.format("")
        yield SKOS["prefLabel"], None, any_field.format(", '\"EuroSciVoc' AS key")
        sector = f"{self.sector('code')} AS s"
        different = "(SELECT DISTINCT code, depth FROM fields)"
        yield RDF["type"], CKG["SectorConcept"], f"SELECT {sector} FROM {different}"
        yield RDF["type"], SKOS["Concept"], f"SELECT {sector} FROM {different}"
        yield DCT["identifier"], None, f"SELECT {sector}, {text(_DOTTED)} AS key FROM {different}"
        yield (
            SKOS["prefLabel"],
            None,
            f"""SELECT {sector}, {text("coalesce(name, code)")} AS key
            FROM {different} LEFT JOIN {self.names["field"]} USING (code)""",
        )
        yield CKG["sectorLevel"], None, f"SELECT {sector}, {typed_key('integer', 'depth')} AS key FROM {different}"
        yield SKOS["inScheme"], None, f"SELECT {sector}, {literal(scheme)} AS key FROM {different}"
        broader = self.sector(_above("code"))
        yield SKOS["broader"], None, f"SELECT {sector}, {broader} AS key FROM {different} WHERE depth > 1"

    def sectors(self) -> Iterator[Derived]:
        """Yield the sectors of organisations: the most specific fields of enough different projects of their own."""
        table = self.tables["participation"]
        project = f"iri_id({minted(self.base, 'collaboration', table.cells['projectID'])})"
        self.run(f"""CREATE TEMP TABLE enough AS SELECT organization, code FROM
            (SELECT DISTINCT other AS organization, {project} AS project FROM {self.drafts.cells(table)}
             WHERE iri_id(other) IN (SELECT node FROM {self.cells("organization")}))
            SEMI JOIN {self.cells("project")} p ON p.node = project JOIN fields USING (project)
            GROUP BY ALL HAVING count(*) >= {self.least}""")
        yield (
            CKG["inSector"],
            None,
            f"""SELECT organization AS s, {self.sector("code")} AS key FROM enough
            ANTI JOIN (SELECT organization, {_above("code")} AS code FROM enough WHERE contains(code, '/'))
            USING (organization, code)""",
        )
        yield CKG["sectorsFrom"], CKG["ProjectFields"], "SELECT DISTINCT organization AS s FROM enough"


def _code(cells: Mapping[str, str]) -> str:
    return f"trim({cells['code']}, '/ ')"


def _joined(parts: str) -> str:
    return f"array_to_string({parts}, '/')"


def _above(code: str) -> str:
    """Return SQL for a code without its last part."""
    return rf"regexp_replace({code}, '/[^/]*$', '')"


def _points(cells: Mapping[str, str]) -> Iterator[Statement]:
    """Yield what a row states of its organisation's point, from two columns or, where both are empty, from one."""
    latitude, longitude = cells.get("lat", _NONE), cells.get("lon", _NONE)
    yield from point(latitude, longitude, ("lat", "lon"))
    if "geolocation" in cells:
        both = f"trim({cells['geolocation']}, '() ')"
        first, second = f"split_part({both}, ',', 1)", f"regexp_replace({both}, '^[^,]*,?', '')"
        empty = f"blank({latitude}) AND blank({longitude})"
        yield from point(first, second, ("geolocation", "geolocation"), empty)
