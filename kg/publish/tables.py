"""The tables of a build as downloads, described by CSV on the Web.

https://www.w3.org/TR/tabular-metadata/
"""

from __future__ import annotations

import json
import shutil
from typing import Any

from kg.namespaces import CKG
from kg.publish.dataset import About, about
from kg.publish.site import Site
from kg.publish.void import license_of
from kg.results import COLUMNS

__all__ = ["METADATA", "metadata", "tables"]

#: The description of the tables.
METADATA = "dumps/csv-metadata.json"
_IRI, _COUNT, _SHARE = "anyURI", "nonNegativeInteger", "decimal"
_LIST = ";"
#: What every column holds: its title, datatype, property, and whether a cell has several values.
_COLUMNS: dict[str, tuple[str, str, str, bool]] = {
    "group": ("group", _IRI, "", False),
    "organization": ("organisation", _IRI, "", False),
    "source": ("where the candidate is from", "string", f"{CKG}candidateSource", False),
    "kinds": ("kinds of group", "string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", True),
    "types": ("types of group", "string", f"{CKG}hasGroupType", True),
    "drivers": ("drivers", "string", f"{CKG}sustainedBy", True),
    "region": ("region", _IRI, f"{CKG}inPlace", False),
    "sector": ("sector", _IRI, f"{CKG}hasTheme", False),
    "members": ("members", _COUNT, f"{CKG}memberCount", False),
    "location_quotient": ("location quotient of a cell", _SHARE, f"{CKG}locationQuotient", False),
    "link_density": ("share of pairs of members that are linked", _SHARE, f"{CKG}linkDensity", False),
    "local_link_share": ("share of links inside one region", _SHARE, f"{CKG}localLinkShare", False),
    "herfindahl": ("Herfindahl index of themes", _SHARE, f"{CKG}herfindahlIndex", False),
    "centralization": ("degree centralisation", _SHARE, f"{CKG}degreeCentralization", False),
    "vertical_pairs": ("pairs of members tied by supply", _COUNT, f"{CKG}verticalPairs", False),
    "horizontal_pairs": ("pairs of members tied by collaboration", _COUNT, f"{CKG}horizontalPairs", False),
    "regions": ("regions spanned", _COUNT, f"{CKG}regionsSpanned", False),
    "countries": ("countries spanned", _COUNT, f"{CKG}countriesSpanned", False),
    "competitive": ("members that only compete", _COUNT, f"{CKG}competitiveMembers", False),
    "cooperative": ("members that only cooperate", _COUNT, f"{CKG}cooperativeMembers", False),
    "both": ("members that do both", _COUNT, f"{CKG}bothMembers", False),
    "independent": ("members that do neither", _COUNT, f"{CKG}independentMembers", False),
    "focal": ("focal organisations", _IRI, f"{CKG}hasFocalOrganization", True),
    "geography": ("partners in the same place", _COUNT, f"{CKG}geographyPartners", False),
    "vertical": ("partners by supply", _COUNT, f"{CKG}verticalPartners", False),
    "horizontal": ("partners by collaboration", _COUNT, f"{CKG}horizontalPartners", False),
    "stance": ("stance", "string", f"{CKG}hasStance", True),
    "role": ("role", "string", f"{CKG}hasMemberRole", False),
    "year": ("year", "gYear", f"{CKG}linkYear", False),
    "linked": ("linked pairs", _COUNT, f"{CKG}linkedPairs", False),
    "local": ("linked pairs in one region", _COUNT, f"{CKG}localPairs", False),
    "reason": ("why it is no group, or dropped", "string", f"{CKG}outcome", False),
    "round": ("round in which it was dropped", _COUNT, f"{CKG}droppedInRound", False),
    "lacks": ("drivers that it lacks", "string", f"{CKG}missesDriver", True),
}
#: Columns that mean something else in one table.
_OTHERWISE = {
    ("memberships", "group"): ("group", _IRI, f"{CKG}membershipGroup", False),
    ("memberships", "organization"): ("organisation", _IRI, f"{CKG}membershipOrganization", False),
    ("memberships", "sector"): ("partners with the same theme", _COUNT, f"{CKG}sectorPartners", False),
    ("memberships", "drivers"): ("drivers held", "string", f"{CKG}holdsDriver", True),
    ("candidates", "organization"): ("organisation", _IRI, f"{CKG}hasCandidateMember", False),
    ("not_evidenced", "organization"): ("organisation that was dropped", _IRI, f"{CKG}droppedOrganization", False),
    ("not_evidenced", "drivers"): ("drivers that it has", "string", f"{CKG}holdsDriver", True),
}
_KEYS = {
    "groups": ("group",),
    "memberships": ("group", "organization"),
    "candidates": ("group", "organization"),
    "links_by_year": ("group", "year"),
}
#: The tables whose groups are all in groups.csv.
_OF_GROUPS = ("memberships", "links_by_year")
_TITLES = {
    "groups": "The groups that were found",
    "memberships": "Who belongs to which group",
    "candidates": "Who was considered for which group",
    "links_by_year": "Links of groups by year",
    "not_evidenced": "What came to nothing, and who was dropped",
}


def tables(site: Site) -> None:
    """Copy the tables and write their description."""
    for name in COLUMNS:
        shutil.copyfile(site.build.folder / f"{name}.csv", site.path(f"dumps/{name}.csv"))
    site.write(METADATA, json.dumps(metadata(about(site.build)), indent=1, ensure_ascii=False) + "\n")


def metadata(facts: About) -> dict[str, Any]:
    """Return the description of the tables.

    Parameters
    ----------
    facts:
        What is said of the data set.
    """
    said: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": facts.title,
        "dc:description": facts.description,
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\n"], "header": True},
        "tables": [_table(name, columns) for name, columns in COLUMNS.items()],
    }
    if license_of(facts.license) is not None:
        said["dc:license"] = {"@id": facts.license}
    if facts.publisher_stated:
        said["dc:publisher"] = facts.publisher
    return said


def _table(name: str, columns: tuple[str, ...]) -> dict[str, Any]:
    keys = _KEYS.get(name, ())
    schema: dict[str, Any] = {"columns": [_column(name, column, column in keys) for column in columns]}
    if keys:
        schema["primaryKey"] = list(keys)
    if name in _OF_GROUPS:
        reference = {"resource": "groups.csv", "columnReference": "group"}
        schema["foreignKeys"] = [{"columnReference": "group", "reference": reference}]
    if name in ("groups", "links_by_year", "candidates"):
        schema["aboutUrl"] = "{+group}"
    return {"url": f"{name}.csv", "dc:title": _TITLES[name], "tableSchema": schema}


def _column(table: str, name: str, key: bool) -> dict[str, Any]:
    title, datatype, prop, several = _OTHERWISE.get((table, name), _COLUMNS[name])
    said: dict[str, Any] = {"name": name, "titles": name, "dc:description": title, "datatype": datatype}
    if prop:
        said["propertyUrl"] = prop
    if datatype == _IRI and not several:
        said["valueUrl"] = f"{{+{name}}}"
    if several:
        said["separator"] = _LIST
    if key:
        said["required"] = True
    return said
