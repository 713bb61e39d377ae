"""Where the stacks of a diagram stand: in columns, in an order with few crossings, with room between for the lines.

The columns and the order are found by the method of Sugiyama, Tagawa and Toda
(https://doi.org/10.1109/TSMC.1981.4308636) as igraph has it, with the columns as its layers. A line that passes a
column has a place in it, as if it were a stack of small height; lines to one stack share it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

__all__ = ["Item", "Link", "place"]

_GAP_X, _GAP_Y, _EDGE = 46, 16, 2
#: How often the heights are made to agree; more changes nothing that can be seen.
_ROUNDS = 40

What = TypeVar("What")
Key = TypeVar("Key", bound=str)


@dataclass(slots=True)
class Item:
    """A stack, or the place where lines pass a column: its size, and where it stands."""

    width: float
    height: float
    x: float = 0
    y: float = 0


@dataclass(frozen=True, slots=True)
class Link(Generic[What, Key]):
    """A line from one stack to another: what it means, and how far down in each it ends."""

    what: What
    source: Key
    target: Key
    source_down: float = 0
    target_down: float = 0


def place(items: Mapping[Key, Item], links: list[Link[What, Key]]) -> list[list[tuple[float, float, float]]]:
    """Give each item its place.

    Parameters
    ----------
    items:
        What is to stand in columns; their `x`, `y` and `width` (that of the column) are set.
    links:
        Which of them lines join.

    Returns
    -------
    For each link the way past the columns between its ends: where a column begins and ends, and the height, in pixels.
    """
    layers = _layers(items, links)
    passing = [_passing(link, layers) for link in links]
    ways: dict[tuple[str, int], Item] = {key: Item(0, 0) for keys in passing for key in keys}
    columns = _order(items, layers, links, passing)
    _stand(items, ways, columns)
    _settle(items, ways, columns, links, passing)
    return [[(ways[key].x, ways[key].x + ways[key].width, ways[key].y) for key in keys] for keys in passing]


def _layers(items: Mapping[Key, Item], links: list[Link[What, Key]]) -> dict[Key, int]:
    """Return the column of each item; one without links goes where there is most room."""
    order = {key: number for number, key in enumerate(items)}
    pairs = sorted({(order[link.source], order[link.target]) for link in links if link.source != link.target})
    import igraph  # here: it takes long to load, and few commands draw

    graph = igraph.Graph(len(items), pairs, directed=True)
    graph.vs["number"] = range(len(items))
    column: dict[int, int] = {}
    for part in graph.connected_components(mode="weak").subgraphs():  # of several together it may crash (igraph 1.0)
        if part.ecount():
            heights_of = part.layout_sugiyama(maxiter=500)
            column.update((vertex["number"], round(heights_of[vertex.index][1])) for vertex in part.vs)
    layers = {key: column[order[key]] for key in items if order[key] in column}
    heights: dict[int, float] = defaultdict(float, dict.fromkeys(layers.values() or [0], 0.0))
    for key, layer in layers.items():
        heights[layer] += items[key].height + _GAP_Y
    for key in items:
        if key not in layers:
            layers[key] = min(heights, key=lambda layer: (heights[layer], layer))
            heights[layers[key]] += items[key].height + _GAP_Y
    return layers


def _passing(link: Link[What, Key], layers: Mapping[Key, int]) -> list[tuple[str, int]]:
    """Return the places that a line passes, in its direction; lines to the same height of a stack share them."""
    first, last = layers[link.source], layers[link.target]
    step = 1 if last > first else -1
    return [(f"{link.target} {link.target_down:g}", layer) for layer in range(first + step, last, step)]


def _order(
    items: Mapping[Key, Item],
    layers: Mapping[Key, int],
    links: list[Link[What, Key]],
    passing: list[list[tuple[str, int]]],
) -> dict[int, list[Key | tuple[str, int]]]:
    """Return what stands in each column, from top to bottom, with few lines crossing."""
    nodes: list[Key | tuple[str, int]] = [*items, *dict.fromkeys(key for keys in passing for key in keys)]
    number = {node: place for place, node in enumerate(nodes)}
    level = [layers[node] if isinstance(node, str) else node[1] for node in nodes]
    pairs: set[tuple[int, int]] = set()
    for link, keys in zip(links, passing, strict=True):
        steps = [number[link.source], *(number[key] for key in keys), number[link.target]]
        pairs |= {(min(a, b, key=level.__getitem__), max(a, b, key=level.__getitem__)) for a, b in pairwise(steps)}
    edges = sorted((a, b) for a, b in pairs if level[a] != level[b])
    import igraph

    layout = igraph.Graph(len(nodes), edges, directed=True).layout_sugiyama(layers=level, maxiter=2000)
    columns: dict[int, list[Key | tuple[str, int]]] = defaultdict(list)
    for node in sorted(nodes, key=lambda node: (layout[number[node]][0], number[node])):
        columns[level[number[node]]].append(node)
    return dict(sorted(columns.items()))


def _stand(
    items: Mapping[Key, Item], ways: Mapping[tuple[str, int], Item], columns: Mapping[int, list[Key | tuple[str, int]]]
) -> None:
    x: float = _EDGE
    for nodes in columns.values():
        width = max((items[node].width for node in nodes if isinstance(node, str)), default=0)
        y: float = _EDGE
        for node in nodes:
            item = items[node] if isinstance(node, str) else ways[node]
            item.x, item.y, item.width = x, y, width
            y += item.height + _GAP_Y
        x += width + _GAP_X


def _settle(
    items: Mapping[Key, Item],
    ways: Mapping[tuple[str, int], Item],
    columns: Mapping[int, list[Key | tuple[str, int]]],
    links: list[Link[What, Key]],
    passing: list[list[tuple[str, int]]],
) -> None:
    """Move what stands in the columns, in its order, towards what it is joined to."""

    def item(node: Key | tuple[str, int]) -> Item:
        return items[node] if isinstance(node, str) else ways[node]

    joined: dict[Key | tuple[str, int], list[tuple[float, Key | tuple[str, int], float]]] = defaultdict(list)
    for link, keys in zip(links, passing, strict=True):
        steps: list[tuple[Key | tuple[str, int], float]] = [(link.source, link.source_down)]
        steps += [(key, 0) for key in keys]
        steps.append((link.target, link.target_down))
        for (a, down_a), (b, down_b) in pairwise(steps):
            if a != b:
                joined[a].append((down_a, b, down_b))
                joined[b].append((down_b, a, down_a))
    for turn in range(_ROUNDS):
        for layer in sorted(columns, reverse=bool(turn % 2)):
            nodes = columns[layer]
            heights = [item(node).height for node in nodes]
            wanted: list[float] = []
            for number, node in enumerate(nodes):
                aims = [item(other).y + there - here for here, other, there in joined[node]]
                below = wanted[-1] + heights[number - 1] + _GAP_Y if wanted else 0
                wanted.append(sum(aims) / len(aims) if aims else below)
            for node, y in zip(nodes, _apart(wanted, heights), strict=True):
                item(node).y = y
    top = min(one.y for one in (*items.values(), *ways.values())) - _EDGE
    for one in (*items.values(), *ways.values()):
        one.y = round(one.y - top)


def _apart(wanted: list[float], heights: list[float]) -> list[float]:
    """Return places near those wanted, in their order, that leave room for each height; blocks that meet are merged.

    >>> _apart([0, 5, 100], [10, 10, 10])
    [-10.5, 15.5, 100.0]
    """
    blocks: list[tuple[float, float, list[int]]] = []  # place, height, what is in it
    for number, (y, height) in enumerate(zip(wanted, heights, strict=True)):
        block = (float(y), height + _GAP_Y, [number])
        while blocks and blocks[-1][0] + blocks[-1][1] > block[0]:
            before = blocks.pop()
            count, more = len(before[2]), len(block[2])
            middle = (before[0] * count + (block[0] - before[1]) * more) / (count + more)
            block = (middle, before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    out = [0.0] * len(wanted)
    for y, _, inside in blocks:
        for number in inside:
            out[number] = y
            y += heights[number] + _GAP_Y
    return out
