"""The network of a group: its most linked members, where they stand, and the lines between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Any

__all__ = ["MOST_LINES", "MOST_NODES", "Line", "Network", "Node", "network"]

#: The most members and lines that are drawn; who has fewer partners is left out.
MOST_NODES, MOST_LINES = 60, 500
WIDTH, HEIGHT, _EDGE = 900, 560, 46
#: So many are named beside their sign.
_NAMED = 24


@dataclass(frozen=True, slots=True)
class Node:
    """A member: where it stands, how large its sign is, and on which side its name stands, if it does."""

    member: Any
    x: float
    y: float
    size: float
    named: bool
    side: str


@dataclass(frozen=True, slots=True)
class Line:
    """A tie between two members, given by their places in the list of nodes; the driver as its letter."""

    one: int
    other: int
    x1: float
    y1: float
    x2: float
    y2: float
    driver: str


@dataclass(frozen=True, slots=True)
class Network:
    """What is drawn, and of how many members and lines it was chosen."""

    nodes: list[Node]
    lines: list[Line]
    members: int
    pairs: int


def network(
    members: Sequence[Any], supplies: Iterable[tuple[int, int]], shared: Iterable[Sequence[int]], total: int
) -> Network:
    """Return the drawing of a group.

    Parameters
    ----------
    members:
        Records with ``organization``, ``vertical`` and ``horizontal``, the most linked first.
    supplies:
        Supplier and customer, by number of organisation.
    shared:
        The members in each collaboration that has several.
    total:
        How many members the group has.
    """
    chosen = list(members[:MOST_NODES])
    places = {member["organization"]: place for place, member in enumerate(chosen)}
    vertical = {(places[a], places[b]) for a, b in supplies if a in places and b in places}
    horizontal: dict[tuple[int, int], float] = {}
    for organizations in sorted(shared, key=len):
        here = sorted(places[one] for one in organizations if one in places)
        weight = 1 / max(1, len(organizations) - 1)
        for place, one in enumerate(here):
            for other in here[place + 1 :]:
                horizontal[one, other] = horizontal.get((one, other), 0) + weight
    weights: dict[tuple[int, int], float] = dict(horizontal)
    for one, other in vertical:
        pair = (min(one, other), max(one, other))
        weights[pair] = weights.get(pair, 0) + 1
    points = _layout(len(chosen), weights)
    degrees = [0] * len(chosen)
    for one, other in weights:
        degrees[one] += 1
        degrees[other] += 1
    named = set(sorted(range(len(chosen)), key=lambda n: (-degrees[n], n))[:_NAMED])
    nodes = [
        Node(member, x, y, round(5 + 1.6 * sqrt(degree), 1), place in named, "end" if x > WIDTH * 0.72 else "start")
        for place, (member, (x, y), degree) in enumerate(zip(chosen, points, degrees, strict=True))
    ]
    strongest = sorted(horizontal, key=lambda pair: (-horizontal[pair], pair))
    drawn = [(a, b, "h") for a, b in strongest] + [(a, b, "v") for a, b in sorted(vertical)]
    if len(drawn) > MOST_LINES:
        kept = max(MOST_LINES // 2, MOST_LINES - len(strongest))
        few = sorted(vertical)[:kept]
        drawn = [(a, b, "h") for a, b in strongest[: MOST_LINES - len(few)]] + [(a, b, "v") for a, b in few]
    lines = [_line(nodes, *one) for one in drawn]
    return Network(nodes, lines, total, len(weights))


def _line(nodes: Sequence[Node], one: int, other: int, driver: str) -> Line:
    """A line that ends at the rims of both signs; lines of the two drivers stand beside each other."""
    a, b = nodes[one], nodes[other]
    dx, dy = b.x - a.x, b.y - a.y
    length = sqrt(dx * dx + dy * dy) or 1
    ux, uy = dx / length, dy / length
    shift = 1.6 if driver == "v" else -1.6
    if one > other:
        shift = -shift
    ox, oy = -uy * shift, ux * shift
    rim = 3 if driver == "v" else 0
    return Line(
        one, other, round(a.x + ux * a.size + ox, 1), round(a.y + uy * a.size + oy, 1),
        round(b.x - ux * (b.size + rim) + ox, 1), round(b.y - uy * (b.size + rim) + oy, 1), driver,
    )  # fmt: skip


def _layout(count: int, weights: dict[tuple[int, int], float]) -> list[tuple[float, float]]:
    """Return where each stands: the linked in the middle by their ties, those without a line in rows below."""
    linked = sorted({place for pair in weights for place in pair})
    alone = [place for place in range(count) if place not in set(linked)]
    rows = (len(alone) + 19) // 20
    bottom = HEIGHT - _EDGE - (rows * 34 if linked else 0)
    points: dict[int, tuple[float, float]] = {}
    if linked:
        import igraph  # here: it takes long to load, and few commands draw

        index = {place: n for n, place in enumerate(linked)}
        graph = igraph.Graph(len(linked), [(index[a], index[b]) for a, b in weights])
        start = [[cos(2 * pi * n / len(linked)), sin(2 * pi * n / len(linked))] for n in range(len(linked))]
        found = graph.layout_kamada_kawai(seed=start, maxiter=12 * len(linked)).coords
        points = dict(zip(linked, _fitted(found, _EDGE, _EDGE, WIDTH - _EDGE, bottom), strict=True))
    for n, place in enumerate(alone):
        row, column = divmod(n, 20)
        in_row = min(20, len(alone) - 20 * row)
        x = WIDTH / 2 + (column - (in_row - 1) / 2) * 42
        y = (HEIGHT - _EDGE - (rows - 1 - row) * 34) if linked else HEIGHT / 2 + (row - (rows - 1) / 2) * 44
        points[place] = (round(x, 1), round(y, 1))
    return [points[place] for place in range(count)]


def _fitted(
    found: Sequence[Sequence[float]], left: float, top: float, right: float, bottom: float
) -> list[tuple[float, float]]:
    xs, ys = [p[0] for p in found], [p[1] for p in found]
    wide, high = max(xs) - min(xs) or 1, max(ys) - min(ys) or 1
    if len(found) == 2:
        return [(WIDTH / 2 - 90, (top + bottom) / 2), (WIDTH / 2 + 90, (top + bottom) / 2)]
    return [
        (round(left + (x - min(xs)) / wide * (right - left), 1), round(top + (y - min(ys)) / high * (bottom - top), 1))
        for x, y in zip(xs, ys, strict=True)
    ]
