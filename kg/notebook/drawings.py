"""A map and a network of a build as SVG that needs nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, pi, radians, sin, sqrt
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from kg.build import Build
from kg.catalog import find
from kg.errors import InputError, UsageError
from kg.notebook.table import render
from kg.publish.network import HEIGHT, WIDTH, network
from kg.publish.render import DRIVERS, shown
from kg.publish.worldmap import base_map

__all__ = ["COLOURS", "Drawing", "located", "map_of", "network_of", "pairs", "points"]

_PLACE = "queries/notebook"
#: The colour of each driver, by its letter, as the sites have them on light paper.
COLOURS = {"g": "#0b7a5b", "s": "#8a4a98", "v": "#b34a06", "h": "#0a63a6"}
#: The most signs on a map, and how many are named at most.
_MOST, _NAMED = 400, 24
#: The angle between seeds of a sunflower: signs in one place stand about it like them.
_GOLDEN = pi * (3 - sqrt(5))

#: Longitude and latitude in degrees.
Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """A drawing that notebooks show."""

    svg: str
    #: What is drawn, in words.
    label: str

    def __repr__(self) -> str:
        return f"Drawing({self.label!r})"

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: Path | str) -> None:
        """Write the drawing to a file.

        Raises
        ------
        InputError
            when it can't be written.
        """
        try:
            Path(path).write_text(self.svg, encoding="utf-8")
        except OSError as error:
            raise InputError(f"the file can't be written ({error.strerror})", file=Path(path)) from None


def points(build: Build) -> dict[str, Point]:
    """Return where organisations and regions are; an organisation without a point is where its region is."""
    out: dict[str, Point] = {}
    for thing, longitude, latitude in build.select(find(_PLACE, "points").text):
        if thing is not None and longitude is not None and latitude is not None:
            out.setdefault(thing.value, (float(longitude.value), float(latitude.value)))
    for organization, region in located(build).items():
        if region in out:
            out.setdefault(organization, out[region])
    return out


def located(build: Build) -> dict[str, str | None]:
    """Return the organisations, each with its region, if it has one."""
    out: dict[str, str | None] = {}
    for organization, region in build.select(find(_PLACE, "located").text):
        if organization is not None:
            out[organization.value] = out.get(organization.value) or (region.value if region is not None else None)
    return out


def map_of(build: Build, group: str | None = None) -> Drawing:
    """Return a map of the clusters of a build, or of the members of a group.

    Parameters
    ----------
    build:
        An open build.
    group:
        The IRI of a group.

    Raises
    ------
    UsageError
        when nothing that is to be shown has a place.
    """
    where = points(build)
    marks = _groups(build, where) if group is None else _members(build, group, where)
    if not marks:
        raise UsageError(
            "there is no map, for nothing that it would show has a point; regions or organisations need one"
        )
    several = "clusters" if group is None else "members"
    label = f"Map of {len(marks)} {several if len(marks) != 1 else several[:-1]}"
    if group is not None:
        label = f"{label} of {shown(build.label(group), 80)}"
    base = base_map([mark["point"] for mark in marks])
    taken: Counter[Point] = Counter()
    boxes: list[tuple[float, float, float, float]] = []
    for mark in marks:
        x, y = base.project(*mark["point"])
        turn = taken[mark["point"]]
        taken[mark["point"]] += 1
        out = 9 * sqrt(turn)
        mark["x"], mark["y"] = round(x + out * cos(turn * _GOLDEN), 1), round(y + out * sin(turn * _GOLDEN), 1)
    for mark in marks:
        _name(mark, boxes, base.width)
    return Drawing(
        render(
            "map.svg.j2", width=base.width, height=base.height, path=base.path, marks=marks[::-1], label=label,
            colours=COLOURS, drivers_named=DRIVERS,
        ),
        label,
    )  # fmt: skip


def _name(mark: dict[str, Any], boxes: list[tuple[float, float, float, float]], width: int) -> None:
    """Say whether and where a mark is named: where no other name is, the largest first."""
    length = 6.6 * len(mark["name"])
    end = mark["x"] + mark["size"] + 5 + length > width
    left = mark["x"] - mark["size"] - 5 - length if end else mark["x"] + mark["size"] + 5
    box = (left, mark["y"] - 8, left + length, mark["y"] + 8)
    free = all(box[2] < b[0] or box[0] > b[2] or box[3] < b[1] or box[1] > b[3] for b in boxes)
    mark["named"] = free and len(boxes) < _NAMED
    mark["end"], mark["text_x"] = end, round(left + length if end else left, 1)
    if mark["named"]:
        boxes.append(box)


def _groups(build: Build, where: Mapping[str, Point]) -> list[dict[str, Any]]:
    """Return a mark for each cluster, the largest first."""
    members: dict[str, list[str]] = defaultdict(list)
    for row in build.table("memberships").select(["group", "organization"]).to_pylist():
        members[row["group"]].append(row["organization"])
    marks = []
    for row in sorted(build.table("groups").to_pylist(), key=lambda row: (-row["members"], row["group"])):
        if "Cluster" not in (row["kinds"] or "").split(";"):
            continue
        point = where.get(row["region"] or "") or _middle([where[one] for one in members[row["group"]] if one in where])
        if point is not None:
            name = build.label(row["group"])
            size = round(3.5 + 1.5 * sqrt(row["members"]), 1)
            marks.append(
                {"point": point, "name": shown(name, 32), "title": f"{shown(name, 80)}: {row['members']} members"}
                | {"size": min(size, 26), "drivers": _bits(row["drivers"])}
            )
    return marks[:_MOST]


def _members(build: Build, group: str, where: Mapping[str, Point]) -> list[dict[str, Any]]:
    """Return a mark for each member of a group, those with the most partners first."""
    marks = []
    for row in _rows_of(build, group):
        if row["organization"] in where:
            name = build.label(row["organization"])
            marks.append(
                {"point": where[row["organization"]], "name": shown(name, 32), "title": shown(name, 80)}
                | {"size": 9 if row["role"] == "focal" else 6.5, "drivers": _bits(row["drivers"])}
            )
    return marks[:_MOST]


def _rows_of(build: Build, group: str) -> list[dict[str, Any]]:
    """Return the memberships of a group, those with the most partners first."""
    rows = [row for row in build.table("memberships").to_pylist() if row["group"] == group]
    return sorted(rows, key=lambda row: (-(row["vertical"] or 0) - (row["horizontal"] or 0), row["organization"]))


def _bits(drivers: str | None) -> int:
    """Return drivers as bits, in the order of :data:`DRIVERS`."""
    held = (drivers or "").split(";")
    return sum(1 << place for place, (name, _) in enumerate(DRIVERS) if name in held)


def _middle(given: list[Point]) -> Point | None:
    """Return the middle of some points on the sphere; nothing where there is none."""
    x = y = z = 0.0
    for longitude, latitude in given:
        east, north = radians(longitude), radians(latitude)
        x, y, z = x + cos(north) * cos(east), y + cos(north) * sin(east), z + sin(north)
    flat = hypot(x, y)
    if not given or hypot(flat, z) < 1e-9:
        return None
    return degrees(atan2(y, x)), degrees(atan2(z, flat))


def pairs(build: Build, group: str) -> tuple[list[tuple[str, str]], list[tuple[str, list[str]]]]:
    """Return the ties inside a group: supplier and customer; each collaboration with the members that take part in it."""
    bound = {"group": NamedNode(group)}
    supplies = [
        (one.value, other.value)
        for one, other in build.select(find(_PLACE, "supplies").text, bound)
        if one is not None and other is not None
    ]
    shared: dict[str, set[str]] = defaultdict(set)
    for collaboration, organization in build.select(find(_PLACE, "participants").text, bound):
        if collaboration is not None and organization is not None:
            shared[collaboration.value].add(organization.value)
    return sorted(set(supplies)), [(name, sorted(them)) for name, them in sorted(shared.items()) if len(them) > 1]


def network_of(build: Build, group: str) -> Drawing:
    """Return the network of a group: its members and the ties of supply and collaboration between them.

    Parameters
    ----------
    build:
        An open build.
    group:
        The IRI of a group.

    Raises
    ------
    UsageError
        when it has no members.
    """
    rows = _rows_of(build, group)
    if not rows:
        raise UsageError(
            f"{build.label(group)} was a candidate and is no group, so it has no network; explain says why"
        )
    numbers = {row["organization"]: place for place, row in enumerate(rows)}
    supplies, shared = pairs(build, group)
    for row in rows:
        name = build.label(row["organization"])
        row |= {"name": shown(name, 26), "title": shown(name, 80), "drivers": _bits(row["drivers"])}
        row["organization"] = numbers[row["organization"]]
    net = network(rows, _numbered(supplies, numbers), (list(_each(them, numbers)) for _, them in shared), len(rows))
    label = f"Network of {shown(build.label(group), 80)}: {len(net.nodes)} members, {net.pairs} linked pairs"
    svg = render(
        "network.svg.j2", width=WIDTH, height=HEIGHT, net=net, label=label, colours=COLOURS, drivers_named=DRIVERS
    )
    return Drawing(svg, label)


def _numbered(supplies: Iterable[tuple[str, str]], numbers: Mapping[str, int]) -> Iterable[tuple[int, int]]:
    return ((numbers[one], numbers[other]) for one, other in supplies if one in numbers and other in numbers)


def _each(them: Iterable[str], numbers: Mapping[str, int]) -> Iterable[int]:
    return (numbers[one] for one in them if one in numbers)
