"""The network of a group: its most linked members, where they stand, and the lines between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Any

from kg.publish.labels import Label, Sign, labels
from kg.publish.render import shown

__all__ = ["MOST_LINES", "MOST_NODES", "Line", "Network", "Node", "network"]

#: The most members and lines that are drawn; who has fewer partners is left out.
MOST_NODES, MOST_LINES = 60, 500
WIDTH, HEIGHT, _EDGE = 900, 560, 46
#: How much of a name is written, less where there is little room, and how often signs that touch are moved apart.
_LENGTHS, _PUSHES = (26, 16, 12), 30


@dataclass(frozen=True, slots=True)
class Node:
    """A member: where it stands, how large its sign is, and its name and where that stands, if it fits."""

    member: Any
    x: float
    y: float
    size: float
    label: Label | None


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
    """What is drawn, and of how many members and lines it was chosen.

    Of the members that are drawn, `pairs` is how many pairs are linked, and `all_lines` by how many lines; `aside` is how
    many have partners, but none that is drawn.
    """

    nodes: list[Node]
    lines: list[Line]
    members: int
    pairs: int
    all_lines: int
    aside: int


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
    strongest = sorted(horizontal, key=lambda pair: (-horizontal[pair], pair))
    every = [(a, b, "h") for a, b in strongest] + [(a, b, "v") for a, b in sorted(vertical)]
    drawn = _drawn(every)
    degrees = [0] * len(chosen)
    linked = {(min(a, b), max(a, b)) for a, b, _ in every}
    for one, other in linked:
        degrees[one] += 1
        degrees[other] += 1
    sizes = [round(5 + 1.6 * sqrt(degree), 1) for degree in degrees]
    points = _layout(sizes, {(min(a, b), max(a, b)) for a, b, _ in drawn})
    signs = [
        Sign(x, y, size, tuple(shown(member.get("name", ""), most) for most in _LENGTHS), member.get("role") == "focal")
        for member, (x, y), size in zip(chosen, points, sizes, strict=True)
    ]
    order = sorted(range(len(chosen)), key=lambda n: (not signs[n].bold, -degrees[n], n))
    named = labels(signs, order, [(*points[a], *points[b]) for a, b, _ in drawn], WIDTH, HEIGHT)
    nodes = [
        Node(member, sign.x, sign.y, sign.size, named.get(place))
        for place, (member, sign) in enumerate(zip(chosen, signs, strict=True))
    ]
    aside = sum(
        1 for member, degree in zip(chosen, degrees, strict=True)
        if not degree and (member["vertical"] or member["horizontal"])
    )  # fmt: skip
    return Network(nodes, [_line(nodes, *one) for one in drawn], total, len(linked), len(every), aside)


def _drawn(every: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the lines that are drawn: where there are many one for each member, then the first of both drivers."""
    if len(every) <= MOST_LINES:
        return every
    reached: set[int] = set()
    kept: dict[tuple[int, int, str], None] = {}
    for line in every:
        if not reached.issuperset(line[:2]):
            reached.update(line[:2])
            kept[line] = None
    rest = {driver: [line for line in every if line[2] == driver and line not in kept] for driver in "hv"}
    room = MOST_LINES - len(kept)
    few = rest["v"][: max(room // 2, room - len(rest["h"]))]
    kept |= dict.fromkeys(few) | dict.fromkeys(rest["h"][: room - len(few)])
    return [line for line in every if line in kept]


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


def _layout(sizes: Sequence[float], pairs: set[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return where each stands: the linked in the middle by their lines, those without a line in rows below."""
    count = len(sizes)
    linked = sorted({place for pair in pairs for place in pair})
    alone = [place for place in range(count) if place not in set(linked)]
    rows = (len(alone) + 19) // 20
    bottom = HEIGHT - _EDGE - (rows * 34 if linked else 0)
    points: dict[int, tuple[float, float]] = {}
    if linked:
        import igraph  # here: it takes long to load, and few commands draw

        index = {place: n for n, place in enumerate(linked)}
        graph = igraph.Graph(len(linked), [(index[a], index[b]) for a, b in sorted(pairs)])
        start = [[cos(2 * pi * n / len(linked)), sin(2 * pi * n / len(linked))] for n in range(len(linked))]
        found = graph.layout_kamada_kawai(seed=start, maxiter=12 * len(linked)).coords
        fitted = _fitted(found, _EDGE, _EDGE, WIDTH - _EDGE, bottom)
        points = dict(zip(linked, _apart(fitted, [sizes[place] for place in linked], bottom), strict=True))
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


def _apart(points: Sequence[tuple[float, float]], sizes: Sequence[float], bottom: float) -> list[tuple[float, float]]:
    """Return the points, moved until no sign touches another, or as far as some steps bring them."""
    spots = [list(point) for point in points]
    for _ in range(_PUSHES):
        moved = False
        for one, a in enumerate(spots):
            for other in range(one):
                b = spots[other]
                dx, dy, least = a[0] - b[0], a[1] - b[1], sizes[one] + sizes[other] + 8
                if abs(dx) >= least or abs(dy) >= least or dx * dx + dy * dy >= least * least - 0.1:
                    continue
                far = sqrt(dx * dx + dy * dy)
                ux, uy = (dx / far, dy / far) if far else (cos(one), sin(one))
                step = (least - far) / 2
                for spot, sign in ((a, 1), (b, -1)):
                    spot[0] = min(max(spot[0] + sign * ux * step, _EDGE), WIDTH - _EDGE)
                    spot[1] = min(max(spot[1] + sign * uy * step, _EDGE), bottom)
                moved = True
        if not moved:
            break
    return [(round(x, 1), round(y, 1)) for x, y in spots]
