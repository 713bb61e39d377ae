"""The source `cordis`: the CSV files that the EU publishes on its research programmes.

Organisations with NUTS regions and points, projects as collaborations, EuroSciVoc fields as sectors. An
organisation's sectors are a proxy, derived from the fields of its projects and marked as such.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import InputError, UsageError
from kg.identifiers import mint
from kg.mapping import codes, date_literal, integer_literal, point_facts
from kg.namespaces import CKG, DCT, ORG, RDF, SCHEMA, SKOS, XSD
from kg.rows import Fact, Finding, Loaded, Progress, Row, RowTable
from kg.sources.tables import broken, rejected
from kg.tables import BrokenRow, Table, open_table

__all__ = ["OPTIONS", "read"]

OPTIONS = ("min_projects_per_field",)
_STEP = 5_000
_ALIASES = {"name": "legalName", "organizationURL": "url"}
_KINDS = {"PRC": "company", "HES": "university", "REC": "research", "PUB": "public"}
#: The codes that CORDIS uses for two countries, and those of ISO 3166-1.
_COUNTRIES = {"EL": "GR", "UK": "GB"}
_NEEDED = {
    "organization": ("organisationID", "legalName"),
    "participation": ("projectID", "organisationID"),
    "project": ("id", "title"),
    "euroSciVoc": ("projectID", "code", "title"),
}


def read(path: Path, base: str, number: int, options: Mapping[str, object], progress: Progress) -> Loaded:
    """Read a folder of CORDIS files; see :func:`kg.sources.read_source` for the parameters."""
    least = options.get("min_projects_per_field", 2)
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise UsageError(f"min_projects_per_field = {least!r}: it must be a whole number of at least 1")
    if not path.is_dir():
        raise InputError("there is no such folder" if not path.exists() else "this is no folder", file=path)
    return _Reader(base, number, least, progress).read(path)


class _Reader:
    """Reads the four files, the projects first, so that what refers to them can be checked."""

    def __init__(self, base: str, number: int, least: int, progress: Progress) -> None:
        self.base = base
        self.least = least
        self.progress = progress
        self.loaded = Loaded(number, [], [], {}, self.facts, self.derived)
        self.region_names: dict[str, str] = {}
        self.field_names: dict[str, str] = {}

    def read(self, path: Path) -> Loaded:
        self.projects(self.open(path, "project"))
        organizations = self.open(path, "organization")
        together = "projectID" in organizations.header
        self.organizations(organizations, together=together)
        if not together:
            self.links(self.open(path, "participation"), "participation")
        self.links(self.open(path, "euroSciVoc"), "euroSciVoc")
        return self.loaded

    def open(self, path: Path, name: str) -> Table:
        file = path / f"{name}.csv"
        if not file.exists():
            raise InputError(f"{name}.csv is missing: a source of type 'cordis' must have it", file=path)
        table = open_table(file, shown=self.shown(file))
        for column in _NEEDED[name]:
            if column not in self.positions(table):
                raise InputError(f"the column '{column}' is missing", file=self.shown(file), line=1)
        return table

    @staticmethod
    def shown(file: Path) -> str:
        return f"{file.parent.name}/{file.name}"

    @staticmethod
    def positions(table: Table) -> dict[str, int]:
        return {_ALIASES.get(name, name): position for position, name in enumerate(table.header)}

    def rows(self, table: Table, name: str) -> Iterator[Row]:
        """Yield the rows of a table that could be parsed; the others are noted."""
        shown = RowTable(self.shown(table.path), name, table.header, self.positions(table), self.loaded.number)
        count = 0
        for item in table.rows:
            count += 1
            if count % _STEP == 0:
                self.progress(f"reading {shown.file}", count, 0)
            if isinstance(item, BrokenRow):
                self.loaded.findings.append(broken(item, shown, self.loaded.number))
            else:
                yield Row(shown, item[0], item[1][: len(table.header)], "")
        self.loaded.read[shown.file] = count
        if count == 0 and name == "organization":
            raise InputError("the table has a header and no rows: there is nothing to build", file=shown.file, line=1)

    def reject(self, row: Row, column: str, message: str, component: str) -> None:
        self.loaded.findings.append(rejected(row, column, message, component, self.loaded.number))

    def identified(self, row: Row, column: str, name: str, seen: dict[str, Row]) -> bool:
        """Check the id and the name of a row, and that the id is new; note what is wrong."""
        for needed in (column, name):
            if not row[needed].strip():
                self.reject(row, needed, f"the {needed} is missing", "MissingKey")
                return False
        if row[column] in (".", ".."):
            self.reject(row, column, f"'{row[column]}' can't be an id: an IRI can't end in it", "ImpossibleId")
            return False
        if first := seen.get(row[column]):
            if first.cells == row.cells:
                self.repeated(row, first.line)
            else:
                message = f"the id '{row[column]}' was already given in line {first.line}"
                self.reject(row, column, message, "DuplicateId")
            return False
        return True

    def repeated(self, row: Row, line: int) -> None:
        self.loaded.findings.append(
            Finding(
                "Warning",
                "kept",
                f"the row is the same as line {line} and adds nothing",
                source=self.loaded.number,
                file=row.table.file,
                line=row.line,
                component="RepeatedRow",
                row=row,
            )
        )

    def projects(self, table: Table) -> None:
        self.known_projects: dict[str, Row] = {}
        for row in self.rows(table, "project"):
            if self.identified(row, "id", "title", self.known_projects):
                self.known_projects[row["id"]] = row
                self.keep(row, mint(self.base, "collaboration", row["id"]))

    def keep(self, row: Row, node: str, other: str = "") -> None:
        self.loaded.rows.append(Row(row.table, row.line, row.cells, node, other))

    def organizations(self, table: Table, *, together: bool) -> None:
        """Read the organisations; in older releases a row is a participation too, and repeats the organisation."""
        self.known: dict[str, Row] = {}
        rows: list[Row] = []
        best: dict[str, Row] = {}
        for row in self.rows(table, "organization"):
            key = row["organisationID"]
            if together and row["legalName"].strip() and key.strip():
                rows.append(row)
                if key not in best or self.details(row) < self.details(best[key]):
                    best[key] = row
            elif self.identified(row, "organisationID", "legalName", self.known):
                self.known[key] = row
                self.keep(row, mint(self.base, "organization", key))
        if together:
            for key, row in best.items():
                if self.identified(row, "organisationID", "legalName", self.known):
                    self.known[key] = row
                    self.keep(row, mint(self.base, "organization", key))
            repeated: dict[str, int] = {}
            for row in rows:
                self.link(row, "participation", repeated)
        for row in self.known.values():
            if row["nutsCode"].strip() and row["nutsName"].strip():
                code, name = row["nutsCode"].strip(), row["nutsName"].strip()
                self.region_names[code] = min(name, self.region_names.get(code, name))

    @staticmethod
    def details(row: Row) -> tuple[str, ...]:
        """Return what orders the repetitions of an organisation; the same whatever the order of the rows."""
        names = ("legalName", "nutsCode", "geolocation", "lat", "lon", "activityType", "vatNumber", "country", "url")
        return tuple(row[name] for name in names)

    def links(self, table: Table, name: str) -> None:
        repeated: dict[str, int] = {}
        for row in self.rows(table, name):
            if name == "euroSciVoc":
                self.field(row, repeated)
            else:
                self.link(row, name, repeated)

    def link(self, row: Row, name: str, repeated: dict[str, int]) -> None:
        project, organization = row["projectID"], row["organisationID"]
        if project not in self.known_projects:
            self.reject(
                row, "projectID", f"the project '{project}' is no accepted row of project.csv", "UnknownProject"
            )
        elif organization not in self.known:
            message = f"the organisation '{organization}' is no accepted row of organization.csv"
            self.reject(row, "organisationID", message, "UnknownOrganization")
        elif (line := repeated.setdefault("\n".join(row.cells), row.line)) != row.line:
            self.repeated(row, line)
        else:
            table = replace(row.table, name=name)
            node = mint(self.base, "participation", project, organization)
            self.loaded.rows.append(
                Row(table, row.line, row.cells, node, mint(self.base, "organization", organization))
            )

    def field(self, row: Row, repeated: dict[str, int]) -> None:
        code = row["code"].strip("/ ")
        if row["projectID"] not in self.known_projects:
            message = f"the project '{row['projectID']}' is no accepted row of project.csv"
            self.reject(row, "projectID", message, "UnknownProject")
        elif not code or not all(code.split("/")):
            self.reject(row, "code", f"'{row['code']}' is no EuroSciVoc code such as /23/53/373", "MissingKey")
        elif (line := repeated.setdefault("\n".join(row.cells), row.line)) != row.line:
            self.repeated(row, line)
        else:
            self.keep(row, self.sector(code), mint(self.base, "collaboration", row["projectID"]))
            parts = code.split("/")
            names = row["path"].strip("/ ").split("/") if row["path"].strip() else [row["title"].strip()]
            if len(names) != len(parts):
                names = [""] * (len(parts) - 1) + [row["title"].strip()]
            for depth, title in enumerate(names, start=1):
                if title:
                    key = "/".join(parts[:depth])
                    self.field_names[key] = min(title, self.field_names.get(key, title))

    def sector(self, code: str) -> str:
        return mint(self.base, "sector", code.replace("/", "."))

    def facts(self, row: Row) -> Iterator[Fact]:
        match row.table.name:
            case "organization":
                return self.organization_facts(row)
            case "project":
                return self.project_facts(row)
            case "participation":
                return self.participation_facts(row)
            case _:
                return self.field_facts(row)

    def organization_facts(self, row: Row) -> Iterator[Fact]:
        node = NamedNode(row.node)
        yield Fact(Triple(node, RDF["type"], ORG["Organization"]), ("organisationID",))
        yield Fact(Triple(node, DCT["identifier"], Literal(row["organisationID"])), ("organisationID",))
        yield Fact(Triple(node, SKOS["prefLabel"], Literal(row["legalName"])), ("legalName",))
        if row["activityType"].strip():
            kind = codes()["OrganizationKindScheme"][_KINDS.get(row["activityType"].strip(), "other")]
            yield Fact(Triple(node, ORG["classification"], kind), ("activityType",))
        if country := row["country"].strip():
            value = Literal(_COUNTRIES.get(country, country))
            yield Fact(Triple(node, SCHEMA["addressCountry"], value), ("country",))
        if vat := row["vatNumber"].strip():
            yield Fact(Triple(node, SCHEMA["vatID"], Literal(vat)), ("vatNumber",))
        if url := row["url"].strip():
            full = url if "://" in url else f"http://{url}"
            yield Fact(Triple(node, SCHEMA["url"], Literal(full, datatype=XSD["anyURI"])), ("url",))
        if row["nutsCode"].strip():
            region = self.region(row["nutsCode"].strip())
            yield Fact(Triple(node, CKG["locatedIn"], region), ("nutsCode",))
        latitude, longitude = row["lat"], row["lon"]
        if not latitude.strip() and not longitude.strip():
            latitude, _, longitude = row["geolocation"].strip("() ").partition(",")
        for triple, columns in point_facts(row.node, latitude, longitude):
            names = {"latitude": "lat", "longitude": "lon"} if row["lat"].strip() or row["lon"].strip() else {}
            yield Fact(triple, tuple(names.get(column, "geolocation") for column in columns))

    def region_tree(self, codes: set[str]) -> Iterator[Fact]:
        """Yield the regions of some NUTS codes and all the levels above them, from the digits of the codes."""
        for part in sorted({code[:length] for code in codes for length in range(min(2, len(code)), len(code) + 1)}):
            region = self.region(part)
            yield Fact(Triple(region, RDF["type"], CKG["Region"]))
            yield Fact(Triple(region, DCT["identifier"], Literal(part)))
            yield Fact(Triple(region, SKOS["prefLabel"], Literal(self.region_names.get(part, part))))
            yield Fact(Triple(region, CKG["regionLevel"], integer_literal(str(len(part) - 2))))
            if len(part) > 2:
                yield Fact(Triple(region, CKG["regionWithin"], self.region(part[:-1])))

    def region(self, code: str) -> NamedNode:
        return NamedNode(mint(self.base, "region", code))

    def project_facts(self, row: Row) -> Iterator[Fact]:
        node = NamedNode(row.node)
        label = f"{row['acronym'].strip()}: {row['title']}" if row["acronym"].strip() else row["title"]
        yield Fact(Triple(node, RDF["type"], CKG["Collaboration"]), ("id",))
        yield Fact(Triple(node, DCT["identifier"], Literal(row["id"])), ("id",))
        yield Fact(Triple(node, SKOS["prefLabel"], Literal(label)), ("title",))
        yield Fact(Triple(node, CKG["collaborationKind"], CKG["RDProject"]), ("id",))
        for column, name in (("startDate", "startDate"), ("endDate", "endDate")):
            if row[column].strip():
                yield Fact(Triple(node, SCHEMA[name], date_literal(row[column])), (column,))
        if row["topic"].strip():
            yield Fact(Triple(node, SCHEMA["keywords"], Literal(row["topic"].strip())), ("topic",))

    def participation_facts(self, row: Row) -> Iterator[Fact]:
        node, organization = NamedNode(row.node), NamedNode(row.other)
        project = NamedNode(mint(self.base, "collaboration", row["projectID"]))
        yield Fact(Triple(project, CKG["hasParticipant"], organization), ("organisationID",))
        if row["role"].strip():
            yield Fact(Triple(node, RDF["type"], CKG["Participation"]), ("role",))
            yield Fact(Triple(node, CKG["inCollaboration"], project), ("projectID",))
            yield Fact(Triple(node, CKG["participatingOrganization"], organization), ("organisationID",))
            yield Fact(Triple(node, CKG["participantRole"], Literal(row["role"].strip())), ("role",))

    def field_facts(self, row: Row) -> Iterator[Fact]:
        """Yield the field of a project."""
        yield Fact(Triple(NamedNode(row.other), DCT["subject"], NamedNode(row.node)), ("code",))

    def field_tree(self, codes: set[str]) -> Iterator[Fact]:
        """Yield some EuroSciVoc fields, given as 23/53/373, and all the fields above them."""
        scheme = NamedNode(mint(self.base, "scheme", "EuroSciVoc"))
        if codes:
            yield Fact(Triple(scheme, RDF["type"], SKOS["ConceptScheme"]))
            yield Fact(Triple(scheme, SKOS["prefLabel"], Literal("EuroSciVoc")))
        parts = [code.split("/") for code in codes]
        for code in sorted({"/".join(part[:depth]) for part in parts for depth in range(1, len(part) + 1)}):
            node = NamedNode(self.sector(code))
            yield Fact(Triple(node, RDF["type"], CKG["SectorConcept"]))
            yield Fact(Triple(node, RDF["type"], SKOS["Concept"]))
            yield Fact(Triple(node, DCT["identifier"], Literal(code.replace("/", "."))))
            yield Fact(Triple(node, SKOS["prefLabel"], Literal(self.field_names.get(code, code))))
            yield Fact(Triple(node, CKG["sectorLevel"], integer_literal(str(code.count("/") + 1))))
            yield Fact(Triple(node, SKOS["inScheme"], scheme))
            if "/" in code:
                yield Fact(Triple(node, SKOS["broader"], NamedNode(self.sector(code.rsplit("/", 1)[0]))))

    def derived(self, rows: list[Row]) -> Iterator[Fact]:
        """Yield the trees of regions and fields, and the sectors of organisations.

        Those are the most specific fields of enough different projects of an organisation's own.
        """
        located = {row["nutsCode"].strip() for row in rows if row.table.name == "organization"}
        yield from self.region_tree(located - {""})
        yield from self.field_tree({row["code"].strip("/ ") for row in rows if row.table.name == "euroSciVoc"})
        fields: dict[str, set[str]] = defaultdict(set)
        projects: dict[str, set[str]] = defaultdict(set)
        known = {row.node for row in rows if row.table.name in ("organization", "project")}
        for row in rows:
            if row.table.name == "euroSciVoc":
                parts = row["code"].strip("/ ").split("/")
                fields[row.other] |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
            elif row.table.name == "participation":
                project = mint(self.base, "collaboration", row["projectID"])
                if project in known and row.other in known:
                    projects[row.other].add(project)
        for organization in sorted(projects):
            counts = Counter(code for project in projects[organization] for code in fields[project])
            enough = {code for code, count in counts.items() if count >= self.least}
            above = {code.rsplit("/", 1)[0] for code in enough if "/" in code}
            node = NamedNode(organization)
            for code in sorted(enough - above):
                yield Fact(Triple(node, CKG["inSector"], NamedNode(self.sector(code))))
            if enough:
                yield Fact(Triple(node, CKG["sectorsFrom"], CKG["ProjectFields"]))
