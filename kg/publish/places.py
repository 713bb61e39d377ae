"""The pages of regions, sectors and skills, and the two indexes: who is there, which groups, what is below and above."""

from __future__ import annotations

from typing import Any

from kg.namespaces import CKG
from kg.publish.groups import GROUP_COLUMNS, described
from kg.publish.organizations import spans
from kg.publish.reading import Model, Record
from kg.publish.render import Frame, Resource, about_page, shown

__all__ = ["write_indexes", "write_regions", "write_sectors", "write_skills"]

#: How much a page lists of what there may be any number of.
MOST_GROUPS, MOST_ORGANIZATIONS, MOST_CHILDREN, MOST_BARS, MOST_LISTED = 100, 60, 200, 10, 1_200
_BATCH = 400
_KINDS: dict[str, dict[str, str]] = {
    "region": {"title": "Region", "plural": "Regions", "index": "regions.html", "type": f"{CKG}Region"},
    "sector": {"title": "Sector", "plural": "Sectors", "index": "sectors.html", "type": f"{CKG}SectorConcept"},
}


def write_regions(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the pages of regions with numbers in a range, and return how many."""
    return sum(_write(frame, model, "region", *part) for part in spans(model, "region", first, last, _BATCH))


def write_sectors(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the pages of sectors with numbers in a range, and return how many."""
    return sum(_write(frame, model, "sector", *part) for part in spans(model, "sector", first, last, _BATCH))


def _write(frame: Frame, model: Model, kind: str, first: int, last: int) -> int:
    part = (first, last)
    things = model.rows(
        f"""SELECT t.*, coalesce(z.organizations, 0) AS organizations FROM {kind} t LEFT JOIN {kind}_size z ON z.{kind} = t.n
        WHERE t.n >= ? AND t.n < ? ORDER BY t.n""",
        part,
    )
    above = model.by(
        f"""SELECT u.n AS key, t.name, t.href FROM {kind}_up u JOIN {kind} t ON t.n = u.above
        WHERE u.n >= ? AND u.n < ? AND u.above <> u.n ORDER BY u.n, try_cast(t.level AS INTEGER), t.n""",
        part,
    )
    below = model.by(
        f"""SELECT k.parent AS key, t.name, t.href, coalesce(z.organizations, 0) AS value FROM {kind}_parents k
        JOIN {kind} t ON t.n = k.child LEFT JOIN {kind}_size z ON z.{kind} = t.n WHERE k.parent >= ? AND k.parent < ?
        ORDER BY k.parent, t.name""",
        part,
    )
    groups = model.by(
        f"""SELECT u.above AS key, {GROUP_COLUMNS}, count(*) OVER (PARTITION BY u.above) AS all FROM "group" g
        JOIN {kind}_up u ON u.n = g.{kind} WHERE g.evidenced AND u.above >= ? AND u.above < ?
        QUALIFY row_number() OVER (PARTITION BY u.above ORDER BY g.n) <= {MOST_GROUPS} ORDER BY u.above, g.n""",
        part,
    )
    own = "o.region" if kind == "region" else "x.sector"
    joined = "" if kind == "region" else "JOIN org_sector x ON x.organization = o.n"
    organizations = model.by(
        f"""SELECT key, o.name, o.href, r.name AS region FROM (SELECT DISTINCT u.above AS key, o.n, s.groups, s.ties
            FROM organization o {joined} JOIN {kind}_up u ON u.n = {own} JOIN score s ON s.n = o.n
            WHERE u.above >= ? AND u.above < ?
            QUALIFY dense_rank() OVER (PARTITION BY u.above ORDER BY s.groups DESC, s.ties DESC, o.n) <= {MOST_ORGANIZATIONS}) t
        JOIN organization o ON o.n = t.n LEFT JOIN region r ON r.n = o.region
        ORDER BY key, t.groups DESC, t.ties DESC, o.n""",
        part,
    )
    bars = model.by(_mix(kind), part)
    pages: dict[str, list[Record]] = {}
    for thing in things:
        n = thing["n"]
        for group in groups[n]:
            described(group)
        most = max((row["value"] for row in bars[n]), default=1)
        thing |= {
            "above": above[n], "below": below[n][:MOST_CHILDREN], "below_count": len(below[n]), "groups": groups[n],
            "group_count": groups[n][0]["all"] if groups[n] else 0, "members": organizations[n],
            "bars": [row | {"share": round(100 * row["value"] / most, 1), "class": "s" if kind == "region" else "g",
                            "label": row["name"]} for row in bars[n]],
        }  # fmt: skip
        pages.setdefault(thing["file"], []).append(thing)
    for file, rows in pages.items():
        single = rows[0] if len(rows) == 1 else None
        resource = Resource(file, single["iri"] if single else "", _KINDS[kind]["type"], _about(frame, kind, rows))
        frame.page("places.html.j2", resource, things=rows, single=single, kind=kind, **_KINDS[kind])
    return len(pages)


def _mix(kind: str) -> str:
    """SQL for the themes of a region's organisations, or the places of a sector's."""
    if kind == "region":
        return f"""SELECT u.above AS key, t.name, t.href, count(*) AS value FROM organization o
            JOIN region_up u ON u.n = o.region JOIN org_theme x ON x.organization = o.n JOIN sector t ON t.n = x.theme
            WHERE u.above >= ? AND u.above < ? GROUP BY u.above, t.name, t.href
            QUALIFY row_number() OVER (PARTITION BY u.above ORDER BY count(*) DESC, t.name) <= {MOST_BARS} ORDER BY key, value DESC, t.name"""
    return f"""SELECT key, t.name, t.href, count(*) AS value FROM
            (SELECT DISTINCT u.above AS key, o.n, o.place FROM organization o JOIN org_sector x ON x.organization = o.n
            JOIN sector_up u ON u.n = x.sector WHERE u.above >= ? AND u.above < ?) JOIN region t ON t.n = place GROUP BY key, t.name, t.href
            QUALIFY row_number() OVER (PARTITION BY key ORDER BY count(*) DESC, t.name) <= {MOST_BARS} ORDER BY key, value DESC, t.name"""


def _about(frame: Frame, kind: str, rows: list[Record]) -> dict[str, Any]:
    things = []
    for row in rows[:200]:
        thing = {
            "@type": "Place" if kind == "region" else "DefinedTerm",
            "@id": row["iri"],
            "name": shown(row["name"], 200),
        }
        if kind == "region" and row["latitude"] and row["longitude"]:
            thing["geo"] = {"@type": "GeoCoordinates", "latitude": shown(row["latitude"], 20),
                            "longitude": shown(row["longitude"], 20)}  # fmt: skip
        things.append(thing)
    return about_page(frame, things[0] if len(things) == 1 else things)


def write_skills(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the pages of skills with numbers in a range, and return how many."""
    part = (first, last)
    things = model.rows("SELECT * FROM skill WHERE n >= ? AND n < ? ORDER BY n", part)
    organizations = model.by(
        f"""SELECT x.skill AS key, o.name, o.href, r.name AS region, count(*) OVER (PARTITION BY x.skill) AS all
        FROM org_skill x JOIN organization o ON o.n = x.organization JOIN score s ON s.n = o.n LEFT JOIN region r ON r.n = o.region
        WHERE x.skill >= ? AND x.skill < ?
        QUALIFY row_number() OVER (PARTITION BY x.skill ORDER BY s.groups DESC, s.ties DESC, o.n) <= {MOST_ORGANIZATIONS}
        ORDER BY x.skill, s.groups DESC, s.ties DESC, o.n""",
        part,
    )
    pages: dict[str, list[Record]] = {}
    for thing in things:
        rows = organizations[thing["n"]]
        thing |= {"members": rows, "organizations": rows[0]["all"] if rows else 0}
        pages.setdefault(thing["file"], []).append(thing)
    for file, rows in pages.items():
        single = rows[0] if len(rows) == 1 else None
        about = _about(frame, "skill", rows)
        frame.page("skills.html.j2", Resource(file, single["iri"] if single else "", f"{CKG}Skill", about),
                   things=rows, single=single)  # fmt: skip
    return len(pages)


def write_indexes(frame: Frame, model: Model) -> None:
    """Write the index of regions and that of sectors: the upper levels, as many as a page can show."""
    for kind, words in _KINDS.items():
        rows = model.rows(
            f"""SELECT t.n, t.name, t.href, coalesce(try_cast(t.level AS INTEGER), 0) AS level, min(k.parent) AS parent,
                coalesce(any_value(z.organizations), 0) AS organizations, coalesce(any_value(c.groups), 0) AS groups FROM {kind} t
            LEFT JOIN {kind}_parents k ON k.child = t.n LEFT JOIN {kind}_size z ON z.{kind} = t.n
            LEFT JOIN (SELECT u.above, count(*) AS groups FROM "group" g JOIN {kind}_up u ON u.n = g.{kind} WHERE g.evidenced
                GROUP BY 1) c ON c.above = t.n
            GROUP BY ALL ORDER BY level, t.name"""
        )
        by_level: dict[int, int] = {}
        for row in rows:
            by_level[row["level"]] = by_level.get(row["level"], 0) + 1
        deepest, count = min(by_level, default=0), 0
        for level in sorted(by_level):
            count += by_level[level]
            if count > MOST_LISTED and level > min(by_level):
                break
            deepest = level
        tree = _tree([row for row in rows if row["level"] <= deepest])
        frame.write("index-of.html.j2", words["index"], tree=tree[:MOST_LISTED], all=len(rows), kind=kind, **words)


def _tree(rows: list[Record]) -> list[Record]:
    """Return things in the order of a tree, each with its depth."""
    known = {row["n"] for row in rows}
    below: dict[int | None, list[Record]] = {}
    for row in rows:
        below.setdefault(row["parent"] if row["parent"] in known else None, []).append(row)
    out: list[Record] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    seen: set[int] = set()
    while waiting:
        row, depth = waiting.pop()
        if row["n"] in seen:
            continue
        seen.add(row["n"])
        out.append(row | {"depth": min(depth, 5)})
        waiting += [(child, depth + 1) for child in reversed(below.get(row["n"], []))]
    return out
