"""The places of stacks in a diagram, whichever lines join them: igraph's own layout ends the process with some."""

from __future__ import annotations

import random
from itertools import pairwise

from kg.ontology.reference.placement import Item, Link, place


def test_any_lines_are_placed() -> None:
    for seed in range(150):
        turn = random.Random(seed)
        count = turn.randint(1, 60)
        items = {f"n{number}": Item(100, turn.choice((20, 60, 140))) for number in range(count)}
        ends = {(turn.randrange(count), turn.randrange(count)) for _ in range(turn.randint(0, 90))}
        links = [Link("line", f"n{one}", f"n{other}") for one, other in sorted(ends)]
        ways = place(items, links)
        assert len(ways) == len(links)
        for column in {item.x for item in items.values()}:
            stacks = sorted((item.y, item.height) for item in items.values() if item.x == column)
            assert all(y + height <= below + 1e-6 for (y, height), (below, _) in pairwise(stacks))
