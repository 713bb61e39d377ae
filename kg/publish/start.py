"""The start page and the list of groups: numbers, the map of clusters, and groups to be filtered."""

from __future__ import annotations

from math import cos, hypot, pi, sin, sqrt
from typing import Any

from kg.publish.groups import GROUP_COLUMNS, described
from kg.publish.reading import Model, Record
from kg.publish.render import Frame, shown, web
from kg.publish.words import KINDS, TYPES
from kg.publish.worldmap import BaseMap, base_map

__all__ = ["SHARD", "write_start"]

#: The most groups on the map, and of one place; so many are in the lists of the two pages, and in one file of data.
MOST_MARKS, MOST_AT_PLACE, ON_START, ON_LIST, SHARD = 2_000, 5, 100, 1_000, 4_000
#: The most choices of a region or a sector.
MOST_CHOICES = 300
_DUMPS = (
    ("dumps/graph.nq.gz", "application/n-quads"),
    ("dumps/graph.ttl.gz", "text/turtle"),
    ("dumps/graph.jsonld.gz", "application/ld+json"),
    ("dumps/graph.parquet", "application/vnd.apache.parquet"),
)
#: How often the map can be enlarged until all marks are shown.
_LEVELS = 5


def write_start(frame: Frame, model: Model) -> None:
    """Write the start page, the list of groups, and the data of its filters."""
    total = model.one('SELECT count(*) FROM "group" WHERE evidenced')
    groups = [described(row) for row in model.rows(
        f'SELECT {GROUP_COLUMNS} FROM "group" g WHERE evidenced ORDER BY n LIMIT {ON_LIST}')]  # fmt: skip
    choices = _choices(model)
    if total > ON_START:
        _shards(frame, model, total)
    failed = _failed(model)
    common = {
        "total": total,
        "choices": choices,
        "shards": -(-total // SHARD),
        "kinds": KINDS,
        "types": TYPES,
        "failed": failed,
    }
    frame.write(
        "index.html.j2", "index.html", groups=groups[:ON_START], map=_map(model), numbers=_numbers(frame, model),
        drivers=_drivers(model, total), data=_about(frame), items=dumps(frame), kind_counts=_kinds(model), **common,
    )  # fmt: skip
    frame.write("groups.html.j2", "groups.html", groups=groups, **common)


def _numbers(frame: Frame, model: Model) -> dict[str, int]:
    row = model.rows(
        """SELECT count(*) AS groups, count(*) FILTER (contains(kinds, 'Cluster')) AS clusters,
            count(*) FILTER (NOT contains(kinds, 'Cluster')) AS virtual FROM "group" WHERE evidenced"""
    )[0]
    return {
        **row,
        "organizations": model.one("SELECT count(*) FROM organization"),
        "inside": model.one("SELECT count(*) FROM score WHERE groups > 0"),
        "memberships": model.one("SELECT count(*) FROM membership"),
        "places": model.one(
            """SELECT count(DISTINCT region) FROM "group" WHERE evidenced AND contains(kinds, 'Cluster')"""
        ),
        "facts": int(frame.about["counts"].get("facts", 0)),
    }


def _kinds(model: Model) -> list[Record]:
    rows = model.rows("""SELECT unnest(string_split(kinds, ';')) AS kind, count(*) AS value FROM "group" WHERE evidenced
        GROUP BY 1 ORDER BY 2 DESC""")  # fmt: skip
    most = max((row["value"] for row in rows), default=1)
    return [
        {"label": KINDS.get(row["kind"], row["kind"]), "value": row["value"], "share": round(100 * row["value"] / most, 1),
         "class": "k", "href": ""} for row in rows
    ]  # fmt: skip


def _drivers(model: Model, total: int) -> list[Record]:
    names = (("Geography", "g"), ("Sector", "s"), ("Vertical", "v"), ("Horizontal", "h"))
    rows = []
    for place, (name, letter) in enumerate(names):
        count = model.one(f'SELECT count(*) FROM "group" WHERE evidenced AND drivers & {1 << place} > 0')
        rows.append({"label": name, "value": count, "share": round(100 * count / max(1, total), 1), "class": letter,
                     "href": ""})  # fmt: skip
    return rows


def _choices(model: Model) -> dict[str, list[Record]]:
    """Regions and sectors that groups are of, the most frequent of many, by name."""
    out = {}
    for kind in ("region", "sector"):
        rows = model.rows(
            f"""SELECT t.n, t.name, count(*) AS groups FROM "group" g JOIN {kind} t ON t.n = g.{kind} WHERE g.evidenced
            GROUP BY ALL ORDER BY groups DESC, t.n LIMIT {MOST_CHOICES}"""
        )
        out[kind] = sorted(rows, key=lambda row: row["name"].casefold())
    return out


def _failed(model: Model) -> list[Record]:
    return model.rows(
        """SELECT g.name, g.href, g.reason, (SELECT count(*) FROM "group" WHERE NOT evidenced AND source = 'declared') AS all
        FROM "group" g WHERE NOT evidenced AND source = 'declared' ORDER BY name LIMIT 50"""
    )


def _shards(frame: Frame, model: Model, total: int) -> None:
    """Write the columns of all groups for the filters, so many groups in each file."""
    for place, begin in enumerate(range(0, total, SHARD)):
        rows = [described(row) for row in model.rows(
            f'SELECT {GROUP_COLUMNS} FROM "group" g WHERE n >= ? AND n < ? ORDER BY n', (begin, min(begin + SHARD, total)))]  # fmt: skip
        frame.data(f"assets/data/groups/{place}.json", {
            "name": [shown(row["name"], 80) for row in rows],
            "href": [row["href"] for row in rows],
            "members": [row["members"] for row in rows],
            "k": [row["kind_bits"] for row in rows],
            "t": [row["type_bits"] for row in rows],
            "d": [row["drivers"] for row in rows],
            "r": [-1 if row["region"] is None else row["region"] for row in rows],
            "s": [-1 if row["sector"] is None else row["sector"] for row in rows],
        })  # fmt: skip


def _map(model: Model) -> Record:
    """Return the map: its base, and the places with the largest clusters in each."""
    clusters = model.rows(
        f"""SELECT g.n, g.name, g.href, g.drivers, g.members, g.region, r.name AS place, r.href AS place_href,
            s.latitude, s.longitude, count(*) OVER (PARTITION BY g.region) AS here
        FROM "group" g JOIN spot s ON s.region = g.region JOIN region r ON r.n = g.region
        WHERE g.evidenced AND contains(g.kinds, 'Cluster')
        QUALIFY row_number() OVER (PARTITION BY g.region ORDER BY g.n) <= {MOST_AT_PLACE} ORDER BY g.n LIMIT {MOST_MARKS}"""
    )
    every = model.one("""SELECT count(*) FROM "group" WHERE evidenced AND contains(kinds, 'Cluster')""")
    base = base_map([(row["longitude"], row["latitude"]) for row in clusters])
    places: dict[int, Record] = {}
    for row in clusters:
        place = places.get(row["region"])
        if place is None:
            x, y = base.project(row["longitude"], row["latitude"])
            place = places[row["region"]] = {
                "x": round(x, 1), "y": round(y, 1), "name": row["place"], "href": row["place_href"], "marks": [],
                "more": row["here"],
            }  # fmt: skip
        place["marks"].append(row)
        place["more"] -= 1
    for place in places.values():
        place["reach"] = _arranged(place["marks"])
        _inside(place, base)
    listed = list(places.values())
    _levels(listed)
    return {"base": base, "places": listed, "drawn": len(clusters), "all": every,
            "hidden": sum(1 for place in listed if place["z"])}  # fmt: skip


def _arranged(marks: list[Record]) -> float:
    """Give each cluster of a place its size and where it stands beside the largest; return how far they reach."""
    sizes = [min(13.0, 3.4 + 0.75 * sqrt(mark["members"])) for mark in marks]
    reach = sizes[0]
    for place, (mark, size) in enumerate(zip(marks, sizes, strict=True)):
        if place == 0:
            dx = dy = 0.0
        else:
            away = sizes[0] + size + 1.5
            angle = -pi / 6 + (place - 1) * max(0.95, 2 * pi / max(len(marks) - 1, 5))
            dx, dy = away * cos(angle), away * sin(angle)
            reach = max(reach, away + size)
        mark |= {"dx": round(dx, 1), "dy": round(dy, 1), "size": round(size, 1)}
    return reach


def _inside(place: Record, base: BaseMap) -> None:
    """Move a place at the edge of the map so far in that all of its signs are seen."""
    for axis, end in (("x", base.width), ("y", base.height)):
        place[axis] = round(min(max(place[axis], place["reach"]), end - place["reach"]), 1)


def _levels(places: list[Record]) -> None:
    """Say from which enlargement on a place is shown: where it would cover a larger one it waits."""
    kept: dict[tuple[int, int], list[Record]] = {}
    cell = 60.0
    for place in places:
        x, y = place["x"], place["y"]
        near = [
            one for i in (-1, 0, 1) for j in (-1, 0, 1)
            for one in kept.get((int(x // cell) + i, int(y // cell) + j), ())
        ]  # fmt: skip
        level = 0
        for one in near:
            gap = hypot(one["x"] - x, one["y"] - y)
            while level < _LEVELS and gap * 2**level < 0.8 * (one["reach"] + place["reach"]) and one["z"] <= level:
                level += 1
        place["z"] = level
        kept.setdefault((int(x // cell), int(y // cell)), []).append(place)


def _about(frame: Frame) -> dict[str, Any]:
    """Return the site as a data set of schema.org; the catalogue says more."""
    known = frame.about
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": frame.base,
        "name": shown(known["title"], 200),
        "description": shown(known["description"], 1000),
        "keywords": [shown(word, 60) for word in known["keywords"][:30]],
        "inLanguage": shown(known["language"], 20),
    }
    if web(known["license"]):
        about["license"] = known["license"]
    if known["publisher"]:
        about["publisher"] = {"@type": "Organization", "name": shown(known["publisher"], 200)}
    if known["finished"]:
        about["dateModified"] = known["finished"]
    about["distribution"] = [
        {"@type": "DataDownload", "contentUrl": name, "encodingFormat": kind} for name, kind in dumps(frame)
    ]
    return about


def dumps(frame: Frame) -> list[tuple[str, str]]:
    """Return the dumps of the whole graph that are there, with their media types."""
    return [(name, kind) for name, kind in _DUMPS if (frame.folder / name).is_file()]
