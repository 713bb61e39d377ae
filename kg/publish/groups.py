"""The pages of groups: who is in one and why, its ties, its measures, and how local its links are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg.namespaces import CKG
from kg.publish.charts import years_chart
from kg.publish.network import MOST_NODES, network
from kg.publish.reading import Model, Record
from kg.publish.render import Frame, Resource, about_page, shown
from kg.publish.words import (
    KINDS,
    REASONS,
    ROLES,
    SOURCES,
    STANCES,
    TYPES,
    bits_of,
    label_of,
    term,
    too_few,
    words_of,
)

__all__ = ["BATCH", "GROUP_COLUMNS", "described", "period", "write_groups"]

#: How much of a group its page shows; the data has all.
MOST_MEMBERS, MOST_TIES, MOST_NAMED = 500, 200, 12
#: So many groups are read at a time.
BATCH = 400
GROUP_COLUMNS = """g.n, g.iri, g.file, g.href, g.name, g.source, g.evidenced, g.kinds, g.types, g.drivers, g.members,
    g.region, g.sector"""
_MEASURES = (
    ("memberCount", "members"),
    ("locationQuotient", "location_quotient"),
    ("linkDensity", "link_density"),
    ("localLinkShare", "local_link_share"),
    ("herfindahlIndex", "herfindahl"),
    ("degreeCentralization", "centralization"),
    ("verticalPairs", "vertical_pairs"),
    ("horizontalPairs", "horizontal_pairs"),
    ("regionsSpanned", "regions"),
    ("countriesSpanned", "countries"),
    ("cooperativeMembers", "cooperative"),
    ("competitiveMembers", "competitive"),
    ("bothMembers", "both_stances"),
    ("independentMembers", "independent"),
)


def described(group: Record) -> Record:
    """Return a group with its kinds and types in words and as bits."""
    group["kind_bits"] = bits_of(group["kinds"], KINDS)
    group["type_bits"] = bits_of(group["types"], TYPES)
    group["kind_words"] = words_of(group["kinds"], KINDS)
    group["type_words"] = words_of(group["types"], TYPES)
    return group


def write_groups(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the pages of the groups with numbers from `first` to before `last`, and return how many."""
    count = 0
    for begin in range(first, last, BATCH):
        count += _write(frame, model, begin, min(begin + BATCH, last))
    return count


def _write(frame: Frame, model: Model, first: int, last: int) -> int:
    groups = model.rows(
        """SELECT g.*, r.name AS region_name, r.href AS region_href, s.name AS sector_name, s.href AS sector_href,
            x.near, x.kindred, x.vertical AS with_vertical, x.horizontal AS with_horizontal, x.geography AS with_geography,
            x.sector AS with_sector, o.name AS other_name, o.href AS other_href
        FROM "group" g LEFT JOIN region r ON r.n = g.region LEFT JOIN sector s ON s.n = g.sector
        LEFT JOIN share x ON x."group" = g.n LEFT JOIN "group" o ON o.iri = g.same_as
        WHERE g.n >= ? AND g.n < ? ORDER BY g.n""",
        (first, last),
    )
    of = _of_groups(model, first, last)
    for group in groups:
        beside = {name: found[group["n"]] for name, found in of.items()}
        members = beside["members"]
        frame.page(
            "group.html.j2" if group["evidenced"] else "candidate.html.j2",
            Resource(group["file"], group["iri"], f"{CKG}{_class(group)}", _about(frame, group, members)),
            lacking=[{**row, "few": too_few(row["drivers"], frame.about["profile"])} for row in beside["lacking"]],
            candidates=beside["candidates"],
            rivals=len(beside["rivals"]),
            themes={row["organization"]: row["themes"] for row in beside["themes"]},
            **_context(group, members, beside, _year(frame)),
        )
    return len(groups)


def _of_groups(model: Model, first: int, last: int) -> dict[str, dict[int, list[Record]]]:
    """Return what is said of groups beside what they are, each by the number of the group."""
    part = (first, last)
    within = '"group" >= ? AND "group" < ?'
    members = model.by(
        f"""SELECT m."group" AS key, m.*, o.href, o.stated, o.kind, p.name AS place, o.place AS place_n
        FROM membership m JOIN organization o ON o.n = m.organization LEFT JOIN region p ON p.n = coalesce(o.place, o.region)
        WHERE m.{within} AND m.rank <= {MOST_MEMBERS} ORDER BY m."group", m.rank""",
        part,
    )
    themes = model.by(
        f"""SELECT m."group" AS key, m.organization, list(t.theme) AS themes FROM membership m
        JOIN org_theme t ON t.organization = m.organization WHERE m.{within} AND m.rank <= 60 GROUP BY ALL""",
        part,
    )
    supplies = model.by(
        f"""SELECT t."group" AS key, t.one, t.other, l.product, l.stated, a.name AS one_name, a.href AS one_href,
            b.name AS other_name, b.href AS other_href FROM
            (SELECT *, row_number() OVER (PARTITION BY "group" ORDER BY supply) AS place FROM supply_tie WHERE {within}) t
        JOIN supply l ON l.n = t.supply JOIN organization a ON a.n = t.one JOIN organization b ON b.n = t.other
        WHERE t.place <= 600 ORDER BY t."group", t.place""",
        part,
    )
    shared = model.by(
        f"""SELECT t.key, t.organizations, t.size, c.name, c.href, c.kind, c.begins, c.ends, x.stated FROM
            (SELECT "group" AS key, collaboration, count(*) AS size, list(organization ORDER BY organization)[:120]
                AS organizations FROM shared WHERE {within} GROUP BY ALL) t
        JOIN collaboration c ON c.n = t.collaboration
        LEFT JOIN part x ON x.collaboration = t.collaboration AND x.organization = t.organizations[1]
        ORDER BY t.key, t.size DESC, c.n""",
        part,
    )
    sold, worked = _drawn(model, part)
    rivals = model.by(f'SELECT "group" AS key, one, other FROM rival_tie WHERE {within}', part)
    years = model.by(f'SELECT "group" AS key, year, linked, near FROM year WHERE {within} ORDER BY 1, 2', part)
    lacking = model.by(
        f"""SELECT l."group" AS key, o.name, o.href, l.round, l.drivers FROM lacking l JOIN organization o
        ON o.n = l.organization WHERE l.{within} ORDER BY l."group", l.round, o.name""",
        part,
    )
    candidates = model.by(
        f"""SELECT c."group" AS key, o.name, o.href FROM candidate c JOIN organization o ON o.n = c.organization
        WHERE c.{within} ORDER BY c."group", o.name""",
        part,
    )
    return {
        "members": members,
        "themes": themes,
        "supplies": supplies,
        "shared": shared,
        "sold": sold,
        "worked": worked,
        "rivals": rivals,
        "years": years,
        "lacking": lacking,
        "candidates": candidates,
    }


def _drawn(model: Model, part: tuple[int, int]) -> tuple[dict[int, list[Record]], dict[int, list[Record]]]:
    """Return all ties between the members that are drawn: supplies, and who works together in each collaboration."""
    first = f'SELECT "group", organization FROM membership WHERE "group" >= ? AND "group" < ? AND rank <= {MOST_NODES}'
    sold = model.by(
        f"""WITH m AS ({first}) SELECT DISTINCT t."group" AS key, t.one, t.other FROM supply_tie t
        JOIN m a ON a."group" = t."group" AND a.organization = t.one
        JOIN m b ON b."group" = t."group" AND b.organization = t.other ORDER BY ALL""",
        part,
    )
    worked = model.by(
        f"""WITH m AS ({first}) SELECT s."group" AS key, s.collaboration, list(s.organization ORDER BY s.organization)
            AS organizations FROM shared s JOIN m ON m."group" = s."group" AND m.organization = s.organization
        GROUP BY ALL HAVING count(*) > 1 ORDER BY 1, 2""",
        part,
    )
    return sold, worked


def _context(group: Record, members: list[Record], beside: dict[str, list[Record]], present: int | None) -> Record:
    described(group)
    supplies, shared, years = beside["supplies"], beside["shared"], beside["years"]
    group["reason_words"] = REASONS.get(group["reason"] or "", group["reason"] or "it was no candidate")
    group["source_words"] = SOURCES[group["source"]]
    names = {member["organization"]: member for member in members}
    for member in members:
        member["role_words"] = ROLES.get(member["role"], member["role"])
        member["stance_words"] = STANCES.get(member["stance"], member["stance"])
    ties = [
        {**one, "kind_words": label_of(one["kind"]), "period": period(one["begins"], one["ends"]),
         "members": [names[o] for o in one["organizations"][:MOST_NAMED] if o in names]}
        for one in shared[:MOST_TIES]
    ]  # fmt: skip
    drawing = network(
        members, [(one["one"], one["other"]) for one in beside["sold"]],
        [one["organizations"] for one in beside["worked"]], group["members"] or 0,
    ) if members else None  # fmt: skip
    return {
        "group": group,
        "members": members,
        "supplies": supplies[:MOST_TIES],
        "supply_count": len(supplies),
        "shared": ties,
        "shared_count": len(shared),
        "network": drawing,
        "chart": years_chart(years, present),
        "years": years,
        "measures": [
            (term(name), group[column]) for name, column in _MEASURES if group[column] is not None
        ],
        "kind_terms": [term(name) for name in KINDS if name in group["kinds"].split(";")],
        "driver_terms": {name: term(name) for name in ("Geography", "Sector", "Vertical", "Horizontal")},
        "type_terms": [
            term(name) for code, name in (("skill", "SkillType"), ("value-chain", "ValueChainType"),
                                          ("innovation", "InnovationType")) if code in group["types"].split(";")
        ],
    }  # fmt: skip


def period(begins: str | None, ends: str | None) -> str:
    """Return when something was, in years.

    >>> period("2010-02-01", None), period(None, "2020")
    ('since 2010', 'until 2020')
    """
    first, last = (begins or "")[:4], (ends or "")[:4]
    if first and last:
        return first if first == last else f"{first}–{last}"
    return f"since {first}" if first else f"until {last}" if last else ""


def _year(frame: Frame) -> int | None:
    """Return the year in which the build was finished, where that is known."""
    year = str(frame.about.get("finished") or "")[:4]
    return int(year) if year.isdecimal() else None


def _class(group: Record) -> str:
    kinds = [name for name in KINDS if name in group["kinds"].split(";")]
    return kinds[0] if kinds else "Candidate"


def _about(frame: Frame, group: Record, members: Sequence[Record]) -> dict[str, Any]:
    """Return what a page says of a group in the terms of schema.org."""
    thing: dict[str, Any] = {
        "@type": "Thing",
        "@id": group["iri"],
        "name": shown(group["name"], 200),
        "additionalType": f"{CKG}{_class(group)}",
    }
    mentioned = [{"@type": "Organization", "name": shown(member["name"], 200)} for member in members[:25]]
    return about_page(frame, thing) | {"name": thing["name"], "mentions": mentioned}
