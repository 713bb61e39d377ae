"""The pages of what ties organisations: collaborations, and tables of supply and competition links and participations."""

from __future__ import annotations

from typing import Any

from kg.namespaces import CKG
from kg.publish.groups import period
from kg.publish.organizations import spans
from kg.publish.reading import Model, Record
from kg.publish.render import Frame, Resource, about_page, shown
from kg.publish.words import label_of

__all__ = ["write_collaborations", "write_competitions", "write_participations", "write_supplies"]

#: How many participants, topics and groups are shown with a collaboration, and rows of a table.
MOST_PARTICIPANTS, MOST_GROUPS, MOST_ROWS = 100, 12, 3_000
_BATCH = 10_000


def write_collaborations(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the pages of collaborations with numbers in a range, and return how many."""
    return sum(_collaborations(frame, model, *part) for part in spans(model, "collaboration", first, last, _BATCH))


def _collaborations(frame: Frame, model: Model, first: int, last: int) -> int:
    part = (first, last)
    rows = model.rows(
        """SELECT c.*, w.address AS website, coalesce(z.size, 0) AS size FROM collaboration c
        LEFT JOIN website w ON w.iri = c.iri LEFT JOIN collaboration_size z ON z.collaboration = c.n
        WHERE c.n >= ? AND c.n < ? ORDER BY c.n""",
        part,
    )
    participants = model.by(
        f"""SELECT key, o.name, o.href, t.role, t.stated FROM (SELECT collaboration AS key, organization, role, stated FROM part
            WHERE collaboration >= ? AND collaboration < ?
            QUALIFY row_number() OVER (PARTITION BY collaboration ORDER BY organization) <= {MOST_PARTICIPANTS}) t
        JOIN organization o ON o.n = t.organization ORDER BY key, o.name""",
        part,
    )
    groups = model.by(
        f"""SELECT key, g.name, g.href, t.members, t.all FROM (SELECT collaboration AS key, "group", count(*) AS members,
                count(*) OVER (PARTITION BY collaboration) AS all FROM shared
            WHERE collaboration >= ? AND collaboration < ? GROUP BY 1, 2
            QUALIFY row_number() OVER (PARTITION BY collaboration ORDER BY "group") <= {MOST_GROUPS}) t
        JOIN "group" g ON g.n = t."group" ORDER BY key, g.n""",
        part,
    )
    topics = model.by(
        """SELECT c.n AS key, list_distinct(list(k.other))[:20] AS topics FROM read_keywords k JOIN collaboration c ON c.iri = k.one
        WHERE c.n >= ? AND c.n < ? GROUP BY 1""",
        part,
    )
    pages: dict[str, list[Record]] = {}
    for row in rows:
        n = row["n"]
        row |= {
            "participants": participants[n], "groups": groups[n], "kind_words": label_of(row["kind"]),
            "topics": sorted(topics[n][0]["topics"]) if topics[n] else [], "period": period(row["begins"], row["ends"]),
        }  # fmt: skip
        pages.setdefault(row["file"], []).append(row)
    for file, found in pages.items():
        single = found[0] if len(found) == 1 else None
        resource = Resource(file, single["iri"] if single else "", f"{CKG}Collaboration", _about(frame, found))
        frame.page("collaborations.html.j2", resource, things=found, single=single)
    return len(pages)


def _about(frame: Frame, rows: list[Record]) -> dict[str, Any]:
    things = []
    for row in rows[:100]:
        thing: dict[str, Any] = {"@type": "Project", "@id": row["iri"], "name": shown(row["name"], 200)}
        if row["participants"]:
            thing["member"] = [
                {"@type": "Organization", "name": shown(one["name"], 120)} for one in row["participants"][:20]
            ]
        things.append(thing)
    return about_page(frame, things[0] if len(things) == 1 else things)


def write_supplies(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the tables of supply links with numbers in a range, and return how many pages."""
    columns = ("Supplier", "Customer", "What", "Since", "Until", "Source", "Stated in")
    more = "l.product AS c1, l.begins AS c2, l.ends AS c3, l.source AS c4, l.stated AS c5"
    return _tables(frame, model, "supply", "Supply links", "SupplyLink", columns, more, first, last)


def write_competitions(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the tables of competition links with numbers in a range, and return how many pages."""
    return _tables(frame, model, "competition", "Competition links", "CompetitionLink", ("Competitor", "Competitor", "Market"),
                   "l.market AS c1", first, last)  # fmt: skip


def write_participations(frame: Frame, model: Model, first: int, last: int) -> int:
    """Write the tables of participations with numbers in a range, and return how many pages."""
    return _tables(frame, model, "participation", "Participations", "Participation", ("Collaboration", "Organisation", "Role"),
                   "l.role AS c1", first, last)  # fmt: skip


def _first(rows: list[Record]) -> Record:
    """Return what the links of a page are of: the name that all begin with, or the first and how many others."""
    names = dict.fromkeys((row["a_name"], row["a_href"]) for row in rows if row["a_name"])
    name, href = next(iter(names), ("", ""))
    return {"name": name, "href": href, "others": max(0, len(names) - 1)}


def _tables(
    frame: Frame,
    model: Model,
    kind: str,
    title: str,
    name: str,
    columns: tuple[str, ...],
    more: str,
    first: int,
    last: int,
) -> int:
    count = 0
    ends = ("collaboration", "organization") if kind == "participation" else ("one", "other")
    left = "collaboration" if kind == "participation" else "organization"
    for begin, end in spans(model, kind, first, last, _BATCH):
        rows = model.rows(
            f"""SELECT l.iri, l.file, l.anchor, a.name AS a_name, a.href AS a_href, b.name AS b_name, b.href AS b_href, {more}
            FROM {kind} l LEFT JOIN {left} a ON a.n = l.{ends[0]} LEFT JOIN organization b ON b.n = l.{ends[1]}
            WHERE l.n >= ? AND l.n < ? AND l.file IS NOT NULL ORDER BY l.n""",
            (begin, end),
        )
        pages: dict[str, list[Record]] = {}
        for row in rows:
            pages.setdefault(row["file"], []).append(row)
        for file, found in pages.items():
            resource = Resource(file, found[0]["iri"] if len(found) == 1 else "", f"{CKG}{name}")
            rows = found[:MOST_ROWS]
            places = [place for place in range(1, len(columns) - 1) if any(row[f"c{place}"] for row in rows)]
            frame.page("links.html.j2", resource, title=title, of=_first(found), columns=columns, places=places,
                       rows=rows, all=len(found))  # fmt: skip
        count += len(pages)
    return count
