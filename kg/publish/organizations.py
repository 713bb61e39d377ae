"""The pages of organisations: a shard's organisations one below the other, each with an anchor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.namespaces import ORG
from kg.publish.groups import described
from kg.publish.reading import Model, Record
from kg.publish.render import Frame, Resource, about_page, shown, web
from kg.publish.words import ROLES, STANCES, label_of

__all__ = ["spans", "write_organizations"]

#: How many links of each sort are shown with an organisation, and how many groups.
MOST_LINKS, MOST_GROUPS = 12, 25
#: About so many organisations are read at a time.
BATCH = 6_000


def spans(model: Model, table: str, first: int, last: int, size: int = BATCH) -> Iterator[tuple[int, int]]:
    """Yield ranges of numbers that hold whole files, of about so many things each."""
    begin = first
    ends = model.rows(
        f"SELECT max(n) + 1 AS e FROM {table} WHERE n >= ? AND n < ? GROUP BY file ORDER BY e", (first, last)
    )
    for row in ends:
        if row["e"] - begin >= size:
            yield begin, row["e"]
            begin = row["e"]
    if begin < last:
        yield begin, last


def write_organizations(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the pages of the organisations with numbers in a range, which holds whole files; return how many pages."""
    return sum(_write(frame, model, *part) for part in spans(model, "organization", first, last))


def _lists(model: Model, first: int, last: int) -> dict[str, dict[Any, list[Record]]]:
    """What is listed with each organisation, by its number."""
    part = (first, last)
    return {
        "groups": model.by(
            f"""SELECT m.organization AS key, g.name, g.href, g.kinds, g.types, m.drivers, m.role, m.stance, m.geography,
                m.sector, m.vertical, m.horizontal, g.drivers AS group_drivers
            FROM membership m JOIN "group" g ON g.n = m."group" WHERE m.organization >= ? AND m.organization < ?
            QUALIFY row_number() OVER (PARTITION BY m.organization ORDER BY g.n) <= {MOST_GROUPS} ORDER BY g.n""", part),
        "lacking": model.by(
            """SELECT l.organization AS key, g.name, g.href, l.round, l.drivers FROM lacking l JOIN "group" g ON g.n = l."group"
            WHERE l.organization >= ? AND l.organization < ?
            QUALIFY row_number() OVER (PARTITION BY l.organization ORDER BY g.n) <= 10 ORDER BY g.n""", part),
        "sectors": model.by(
            """SELECT x.organization AS key, s.name, s.href FROM org_sector x JOIN sector s ON s.n = x.sector
            WHERE x.organization >= ? AND x.organization < ? ORDER BY s.n""", part),
        "skills": model.by(
            """SELECT x.organization AS key, s.name, s.href FROM org_skill x JOIN skill s ON s.n = x.skill
            WHERE x.organization >= ? AND x.organization < ? ORDER BY s.n""", part),
        "customers": _linked(model, "one", "other", part),
        "suppliers": _linked(model, "other", "one", part),
        "collaborations": model.by(
            f"""SELECT key, c.name, c.href, c.kind, c.begins, c.ends, t.role, t.all, z.size FROM
                (SELECT organization AS key, collaboration, role, count(*) OVER (PARTITION BY organization) AS all
                FROM part WHERE organization >= ? AND organization < ?
                QUALIFY row_number() OVER (PARTITION BY organization ORDER BY collaboration) <= {MOST_LINKS}) t
            JOIN collaboration c ON c.n = t.collaboration JOIN collaboration_size z ON z.collaboration = c.n ORDER BY c.n""", part),
        "rivals": model.by(
            f"""SELECT key, o.name, o.href, t.market, t.all FROM
                (SELECT *, count(*) OVER (PARTITION BY key) AS all FROM
                    (SELECT one AS key, other AS o, market FROM competition UNION ALL SELECT other, one, market FROM competition)
                WHERE key >= ? AND key < ? QUALIFY row_number() OVER (PARTITION BY key ORDER BY o) <= {MOST_LINKS}) t
            JOIN organization o ON o.n = t.o ORDER BY o.n""", part),
        "same": model.by(
            """SELECT o.n AS key, min(s.other) AS address FROM read_same_as s JOIN organization o ON o.iri = s.one
            WHERE o.n >= ? AND o.n < ? GROUP BY 1""", part),
    }  # fmt: skip


def _linked(model: Model, own: str, far: str, part: tuple[int, int]) -> dict[Any, list[Record]]:
    return model.by(
        f"""SELECT key, o.name, o.href, t.product, t.all FROM
            (SELECT {own} AS key, {far} AS o, product, count(*) OVER (PARTITION BY {own}) AS all FROM supply
            WHERE {own} >= ? AND {own} < ? QUALIFY row_number() OVER (PARTITION BY {own} ORDER BY {far}) <= {MOST_LINKS}) t
        JOIN organization o ON o.n = t.o ORDER BY o.n""",
        part,
    )


def _write(frame: Frame, model: Model, first: int, last: int) -> int:
    found = model.rows(
        """SELECT o.*, r.name AS region_name, r.href AS region_href, w.address AS website, s.groups, s.ties
        FROM organization o LEFT JOIN region r ON r.n = o.region LEFT JOIN website w ON w.iri = o.iri
        LEFT JOIN score s ON s.n = o.n WHERE o.n >= ? AND o.n < ? ORDER BY o.n""",
        (first, last),
    )
    lists = _lists(model, first, last)
    pages: dict[str, list[Record]] = {}
    for row in found:
        n = row["n"]
        for what, listed in lists.items():
            row[what] = listed.get(n, ())
        row["kind_words"] = label_of(row["kind"]).lower() or "organisation"
        for group in row["groups"]:
            described(group)
            group["role_words"] = ROLES.get(group["role"], group["role"])
            group["stance_words"] = STANCES.get(group["stance"], group["stance"])
        for one in row["collaborations"]:
            one["kind_words"] = label_of(one["kind"]).lower()
        pages.setdefault(row["file"], []).append(row)
    counts = dict(model.connection.execute(
        "SELECT organization, count(*) FROM membership WHERE organization >= ? AND organization < ? GROUP BY 1",
        [first, last],
    ).fetchall())  # fmt: skip
    for file, rows in pages.items():
        single = rows[0] if len(rows) == 1 else None
        resource = Resource(
            file, single["iri"] if single else "", f"{ORG}Organization", _about(frame, rows),
        )  # fmt: skip
        frame.page("organizations.html.j2", resource, organizations=rows, single=single, counts=counts)
    return len(pages)


def _about(frame: Frame, rows: list[Record]) -> dict[str, Any]:
    """Return what a page says of its organisations in the terms of schema.org."""
    things = []
    for row in rows[:200]:
        thing: dict[str, Any] = {"@type": "Organization", "@id": row["iri"], "name": shown(row["name"], 200)}
        if web(row["website"]):
            thing["url"] = row["website"]
        if row["country"]:
            thing["address"] = {"@type": "PostalAddress", "addressCountry": shown(row["country"], 40)}
        if row["founded"]:
            thing["foundingDate"] = shown(row["founded"], 20)
        things.append(thing)
    return about_page(frame, things[0] if len(things) == 1 else things)
