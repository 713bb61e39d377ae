"""Placing organisations that give a point and no region in the nearest region."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from pyoxigraph import Literal, NamedNode, Triple

from kg.engines import Engine
from kg.namespaces import CKG, GEO, IS_ORGANIZATION

__all__ = ["EARTH_RADIUS_KM", "FARTHEST_KM", "nearest_regions"]

EARTH_RADIUS_KM = 6371.0088
#: A region farther away is not near.
FARTHEST_KM = 100.0
_POINT = re.compile(r"\s*POINT\s*\(\s*(\S+)\s+(\S+)\s*\)\s*", re.IGNORECASE)
_PREFIXES = f"PREFIX ckg: <{CKG}> PREFIX geo: <{GEO}> "
_LOST = f"""SELECT DISTINCT ?o ?point WHERE {{
  {IS_ORGANIZATION}
  ?o geo:hasGeometry/geo:asWKT ?point .
  FILTER NOT EXISTS {{ ?o ckg:locatedIn ?region }}
}} ORDER BY ?o STR(?point)"""
_REGIONS = """SELECT DISTINCT ?region ?point ?level WHERE {
  ?region a ckg:Region ; ckg:regionLevel ?level ; geo:hasGeometry/geo:asWKT ?point .
} ORDER BY ?region STR(?point)"""


def nearest_regions(engine: Engine) -> Iterator[Triple]:
    """Yield the region of each organisation that gives a point and no region, marked as derived.

    Parameters
    ----------
    engine:
        Holds the facts. Points are WGS84, degrees; the regions are those of the largest level for which any has one.

    Notes
    -----
    Haversine distance on a sphere of the earth's mean radius; at most 100 km, of equals the first IRI.
    """
    regions = [
        (thing, point, int(_lexical(level)))
        for thing, point, level in _points(engine, _REGIONS)
        if re.fullmatch("[0-9]{1,9}", _lexical(level))
    ]
    lost = list(_points(engine, _LOST))
    if not regions or not lost:
        return
    finest = max(level for _, _, level in regions)
    chosen = [(thing, point) for thing, point, level in regions if level == finest]
    places = np.radians(np.array([point for _, point in chosen]))
    for thing, point, *_ in lost:
        distance = np.round(_haversine(np.radians(np.array(point)), places), 9)
        best = int(np.argmin(distance))
        if distance[best] <= FARTHEST_KM:
            yield Triple(thing, CKG["locatedIn"], chosen[best][0])
            yield Triple(thing, CKG["placedBy"], CKG["NearestRegion"])


def _haversine(point: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the distances in km from one (longitude, latitude) in radians to many."""
    half = (places - point) / 2
    a = np.sin(half[:, 1]) ** 2 + np.cos(point[1]) * np.cos(places[:, 1]) * np.sin(half[:, 0]) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(a, 1.0))))


def _points(engine: Engine, query: str) -> Iterator[tuple[NamedNode, tuple[float, float], object]]:
    seen: set[NamedNode] = set()
    for thing, point, *rest in engine.select(_PREFIXES + query):
        assert isinstance(thing, NamedNode)
        match = _POINT.fullmatch(_lexical(point))
        point_or_none = _degrees(match[1], match[2]) if match else None
        if point_or_none and thing not in seen:
            seen.add(thing)
            yield thing, point_or_none, rest[0] if rest else None


def _degrees(longitude: str, latitude: str) -> tuple[float, float] | None:
    try:
        point = float(longitude), float(latitude)
    except ValueError:
        return None
    return point if abs(point[0]) <= 180 and abs(point[1]) <= 90 else None


def _lexical(term: object) -> str:
    return term.value if isinstance(term, Literal) else ""
