"""The base map: shapes of countries from Natural Earth, projected here and written as one path of SVG.

A map of the world is in the Equal Earth projection (Šavrič, Patterson and Jenny 2019,
https://doi.org/10.1080/13658816.2018.1504949), one of a part of it in the azimuthal equal-area projection of Lambert
around the middle of what is shown (Snyder 1987, https://doi.org/10.3133/pp1395, p. 185).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from math import asin, atan2, cos, hypot, radians, sin, sqrt
from typing import Any

__all__ = ["BaseMap", "base_map"]

#: A point in degrees, longitude first, or on the map.
Point = tuple[float, float]
#: From how many degrees of longitude on the whole world is shown.
_WORLD = 140
#: Farther from the middle (as an angle) Lambert's projection is not followed.
_FAR = radians(110)
#: The width of a map, and its least and greatest height.
WIDTH, LOWEST, HIGHEST = 1000, 440, 640
#: Points nearer to each other than this are one, and smaller islands are left out.
_NEAR, _SPECK = 0.45, 0.8


@dataclass(frozen=True)
class BaseMap:
    """A map: its size, its path, and where a point in degrees is on it."""

    width: int
    height: int
    path: str
    project: Callable[[float, float], Point]


def base_map(points: Sequence[Point]) -> BaseMap:
    """Return a map on which some points are, with room around them.

    Parameters
    ----------
    points:
        Longitude and latitude, in degrees; without any the world is shown.
    """
    west, span = _longitudes([point[0] for point in points])
    if not points or span > _WORLD:
        project: Callable[[float, float], Point] = _equal_earth
        # The ends of the world are left out where nothing is.
        east = 180 if any(abs(longitude) > 176 for longitude, _ in points) else 178
        latitudes = [latitude for _, latitude in points]
        right = _equal_earth(east, 0)[0]
        left, bottom, top = -right, *(_equal_earth(0, end)[1] for end in _ends(latitudes))
    else:
        low, high = min(p[1] for p in points), max(p[1] for p in points)
        project = _lambert(west + span / 2, (low + high) / 2)
        places = [project(*point) for point in points]
        left, right = min(x for x, _ in places), max(x for x, _ in places)
        bottom, top = min(y for _, y in places), max(y for _, y in places)
        edge = max((right - left), (top - bottom), 0.02) * 0.08
        left, right, bottom, top = left - edge, right + edge, bottom - edge, top + edge
    scale = min(WIDTH / (right - left), HIGHEST / (top - bottom))
    height = round(min(HIGHEST, max(LOWEST, scale * (top - bottom))))
    across, up = (left + right) / 2, (bottom + top) / 2

    def place(longitude: float, latitude: float) -> Point:
        x, y = project(longitude, latitude)
        return WIDTH / 2 + scale * (x - across), height / 2 - scale * (y - up)

    frame = (-0.02 * WIDTH, -0.02 * height, 1.02 * WIDTH, 1.02 * height)
    rings = (_clipped([place(*point) for point in ring], frame) for ring in _rings())
    return BaseMap(WIDTH, height, "".join(_written(ring) for ring in rings), place)


def _longitudes(given: Sequence[float]) -> tuple[float, float]:
    """Return the western end and the width of the narrowest range that has all longitudes, over 180° if need be."""
    known = sorted({(one + 180) % 360 - 180 for one in given})
    if not known:
        return -180.0, 360.0
    gaps = [(after - before, after) for before, after in zip(known, [*known[1:], known[0] + 360], strict=True)]
    gap, west = max(gaps)
    return (west + 180) % 360 - 180, 360 - gap


def _ends(latitudes: Sequence[float]) -> tuple[float, float]:
    """Return how far south and north a map of the world goes to show some latitudes with room beyond them."""
    return max(-90, min([-57, *(one - 5 for one in latitudes)])), min(90, max([80, *(one + 5 for one in latitudes)]))


def _equal_earth(longitude: float, latitude: float) -> Point:
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = asin(sqrt(3) / 2 * sin(radians(latitude)))
    t2 = t * t
    t6 = t2**3
    x = radians(longitude) * cos(t) / (sqrt(3) / 2 * (a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2)))
    return x, t * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))


def _lambert(longitude: float, latitude: float) -> Callable[[float, float], Point]:
    middle, sine, cosine = radians(longitude), sin(radians(latitude)), cos(radians(latitude))

    def project(east: float, north: float) -> Point:
        turn, up = radians(east) - middle, radians(north)
        x = cos(up) * sin(turn)
        y = cosine * sin(up) - sine * cos(up) * cos(turn)
        z = sine * sin(up) + cosine * cos(up) * cos(turn)
        away = atan2(hypot(x, y), z)
        length = 2 * sin(min(away, _FAR) / 2)
        across = hypot(x, y) or 1
        return length * x / across, length * y / across

    return project


@cache
def _rings() -> tuple[tuple[Point, ...], ...]:
    """The outlines of all countries in degrees.

    The file is ``countries-50m.json`` of the package without names, its arcs simplified (Douglas and Peucker, 0.035 degrees)
    and in hundredths of a degree; the arcs of a country are those of TopoJSON
    (https://github.com/topojson/topojson-specification, 2.1.4).
    """
    file = resources.files("kg") / "templates" / "site" / "vendor" / "world-atlas" / "world.json"
    world: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    arcs: list[list[Point]] = []
    for flat in world["arcs"]:
        x = y = 0
        points = []
        for place in range(0, len(flat), 2):
            x, y = x + flat[place], y + flat[place + 1]
            points.append((x / world["unit"], y / world["unit"]))
        arcs.append(points)
    found: list[tuple[Point, ...]] = []
    for country in world["countries"]:
        for polygon in country:
            for ring in polygon:
                outline: list[Point] = []
                for arc in ring:
                    points = arcs[arc] if arc >= 0 else arcs[~arc][::-1]
                    outline += points[1:] if outline else points
                found += map(tuple, _within_a_turn(outline))
    return tuple(found)


def _within_a_turn(ring: list[Point]) -> list[list[Point]]:
    """Return the parts of a ring east and west of the date line, each with longitudes from -180 to 180."""
    turned: list[Point] = []
    for x, y in ring:
        before = turned[-1][0] if turned else x
        turned.append((x + 360 * round((before - x) / 360), y))
    if abs(turned[-1][0] - turned[0][0]) > 180:  # once around the pole, which is that of the south
        turned += [(turned[-1][0], -90.0), (turned[0][0], -90.0)]
    frame = (-180.0, -90.0, 180.0, 90.0)
    parts = (_clipped([(x + shift, y) for x, y in turned], frame) for shift in (-360, 0, 360))
    return [part for part in parts if part]


def _clipped(ring: list[Point], frame: tuple[float, float, float, float]) -> list[Point]:
    """Return what of a ring is in a frame (Sutherland and Hodgman 1974)."""
    left, top, right, bottom = frame
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    if max(xs) < left or min(xs) > right or max(ys) < top or min(ys) > bottom:
        return []
    if min(xs) >= left and max(xs) <= right and min(ys) >= top and max(ys) <= bottom:
        return ring
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        cut: list[Point] = []
        for before, here in zip([ring[-1], *ring[:-1]] if ring else [], ring, strict=True):
            was, now = sign * (before[axis] - limit) >= 0, sign * (here[axis] - limit) >= 0
            if was != now:
                share = (limit - before[axis]) / (here[axis] - before[axis])
                cut.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
            if now:
                cut.append(here)
        ring = cut
    return ring


def _written(ring: Iterable[Point]) -> str:
    """Return a ring as a part of a path: whole tenths, each from the one before; nothing for a speck."""
    kept: list[tuple[int, int]] = []
    for x, y in ring:
        here = round(10 * x), round(10 * y)
        if not kept or hypot(here[0] - kept[-1][0], here[1] - kept[-1][1]) >= 10 * _NEAR:
            kept.append(here)
    if len(kept) < 3:
        return ""
    wide = max(x for x, _ in kept) - min(x for x, _ in kept)
    high = max(y for _, y in kept) - min(y for _, y in kept)
    if wide * high < 100 * _SPECK:
        return ""
    steps = [f"{_tenths(x - a)} {_tenths(y - b)}" for (a, b), (x, y) in pairwise(kept)]
    return f"M{_tenths(kept[0][0])} {_tenths(kept[0][1])}l{' '.join(steps)}z"


def _tenths(value: int) -> str:
    text = f"{value / 10:.1f}".removesuffix(".0")
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
