"""Communities of the tie graph: clear ones are found, large ones are divided, and iterating ends when all is stable."""

from __future__ import annotations

import random
from itertools import combinations

import igraph
import numpy as np
import pytest
from pyoxigraph import NamedNode, Triple

import kg.infer
from kg.engines import ColumnarEngine, Engine, OxigraphEngine
from kg.infer import SEED, _leiden, _Ties, communities
from kg.namespaces import CKG

ENGINES = (ColumnarEngine, OxigraphEngine)


def supplied(engine: Engine, *pairs: tuple[str, str]) -> Engine:
    """Return an engine that holds a supply link for each pair of names."""
    engine.conclude(Triple(NamedNode(f"urn:{one}"), CKG["supplies"], NamedNode(f"urn:{other}")) for one, other in pairs)
    return engine


@pytest.mark.parametrize("engine", ENGINES)
def test_two_circles_with_a_bridge_are_two_communities(engine: type[Engine]) -> None:
    bridged = [*combinations("abcde", 2), *combinations("vwxyz", 2), ("e", "v")]
    found = communities(supplied(engine(), *bridged), most=200)
    assert found == [[f"urn:{name}" for name in circle] for circle in ("abcde", "vwxyz")]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_community_that_is_too_large_is_divided_until_it_no_longer_divides(engine: type[Engine]) -> None:
    chain = [(f"{number:02}", f"{number + 1:02}") for number in range(39)]
    sizes = [len(members) for members in communities(supplied(engine(), *chain), most=4)]
    assert sum(sizes) == 40
    assert max(sizes) <= 4
    circle = list(combinations("abcdef", 2))
    assert [len(members) for members in communities(supplied(engine(), *circle), most=4)] == [6]


def test_nobody_has_a_tie() -> None:
    assert communities(ColumnarEngine(), most=200) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_large_graph_is_iterated_until_stable_too(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """With a least gain that is smaller than any gain in these graphs, igraph's own loop ends in the same partition."""
    monkeypatch.setattr(kg.infer, "LEAST_GAIN", 1e-5)
    state = random.Random(seed)
    graph = igraph.Graph(n=600)
    graph.add_edges([(one, (one + state.randint(1, 30)) % 600) for one in range(600) for _ in range(4)])
    graph.es["weight"] = [state.random() for _ in range(graph.ecount())]
    igraph.set_random_number_generator(random.Random(SEED))
    stable = graph.community_leiden(objective_function="modularity", weights="weight", n_iterations=-1)
    ties = _Ties(np.arange(600), *np.array(graph.get_edgelist()).T, np.array(graph.es["weight"]))
    assert list(_leiden(ties, stable=False)) == list(_leiden(ties, stable=True)) == list(stable)
    igraph.set_random_number_generator(random.Random(SEED))
    once = graph.community_leiden(objective_function="modularity", weights="weight", n_iterations=1)
    assert list(once) != list(stable)


def test_parts_are_the_subgraphs_of_their_vertices() -> None:
    state = random.Random(7)
    pairs = sorted({tuple(sorted(state.sample(range(60), 2))) for _ in range(400)})
    weights = [state.random() for _ in pairs]
    graph = igraph.Graph(60, pairs)
    graph.es["weight"] = weights
    groups = [list(range(0, 60, 3)), [1, 4, 7], list(range(2, 60, 3))]
    ties = _Ties(np.arange(60) + 100, *np.array(pairs).T, np.array(weights))
    for part, members in zip(ties.parts(groups), groups, strict=True):
        expected = graph.induced_subgraph(members)
        made = part.graph()
        assert part.places.tolist() == [member + 100 for member in members]
        assert made.vcount() == expected.vcount()
        assert sorted(zip(made.get_edgelist(), made.es["weight"] if made.ecount() else [], strict=True)) == sorted(
            zip(expected.get_edgelist(), expected.es["weight"], strict=True)
        )
    assert ties.parts([]) == []
