"""The loop over the rules, and the one step that is not SPARQL: communities.

Everything that is decided is decided by `queries/infer/*.rq`: CONSTRUCT queries in stages, the stage being the number
that a file name begins with. A stage is run until it adds nothing; only rules that say `#+ repeat` can add anything
when run again, so only they are.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyoxigraph import Literal, NamedNode, Triple

from kg.catalog import Query, load
from kg.engines import Engine
from kg.identifiers import community_iri
from kg.namespaces import CKG, PROV, RDF, WORKING
from kg.profile import Profile
from kg.rows import Progress, silent

if TYPE_CHECKING:
    import igraph

__all__ = ["COMMUNITIES_BEFORE", "Inferred", "communities", "infer", "rules", "rules_digest", "seed"]

#: Communities are asserted before the first stage of at least this number.
COMMUNITIES_BEFORE = "30"
#: Leiden is run with this seed, so that the same ties give the same communities.
SEED = 20260101
#: With more ties than this, a partition, and one of its parts, counts as stable when one more iteration raises its
#: modularity by less than :data:`LEAST_GAIN`; with fewer, when none changes it.
MANY_TIES = 2_000_000
LEAST_GAIN = 1e-3
_PREFIXES = f"PREFIX ckg: <{CKG}> PREFIX w: <{WORKING}> "


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a run did: its node, the seconds of each rule, and how many cells size alone admitted."""

    run: NamedNode
    seconds: dict[str, float]
    by_size_alone: int


def rules() -> tuple[Query, ...]:
    """Return the rules in the order in which they run."""
    return load("queries/infer")


def rules_digest() -> str:
    """Return SHA-256 over the names and texts of the rules."""
    digest = hashlib.sha256()
    for rule in rules():
        digest.update(f"{rule.name}\n{rule.text}\n".encode())
    return digest.hexdigest()


def seed(*, base: str, profile: Profile, facts_digest: str, graphs: Iterable[str]) -> tuple[NamedNode, list[Triple]]:
    """Return the node of a run and what is asserted of it before the rules.

    Parameters
    ----------
    base:
        The base IRI of what is minted.
    profile:
        The parameters.
    facts_digest:
        SHA-256 over the sorted facts, hexadecimal.
    graphs:
        The IRIs of the named graphs that were used.
    """
    digest = hashlib.sha256("\n".join([facts_digest, rules_digest(), profile.canonical()]).encode()).hexdigest()
    run = NamedNode(f"{base}run/{digest[:16]}")
    node = NamedNode(f"{run.value}/profile")
    triples = [
        Triple(run, RDF["type"], CKG["InferenceRun"]),
        Triple(run, RDF["type"], PROV["Activity"]),
        Triple(run, CKG["baseIri"], Literal(base)),
        Triple(run, CKG["usedProfile"], node),
        Triple(run, CKG["rulesDigest"], Literal(rules_digest())),
        Triple(run, CKG["inputDigest"], Literal(facts_digest)),
        *(Triple(run, PROV["used"], NamedNode(graph)) for graph in graphs),
        *profile.triples(node),
    ]
    return run, triples


def infer(
    engine: Engine,
    *,
    base: str,
    profile: Profile,
    facts_digest: str,
    graphs: Iterable[str] = (),
    progress: Progress = silent,
) -> Inferred:
    """Run the rules over an engine whose default graph holds the facts.

    Parameters
    ----------
    engine:
        Holds the facts; conclusions and working triples are added to it.
    base, profile, facts_digest, graphs:
        As for :func:`seed`.
    progress:
        Called before each rule.
    """
    run, asserted = seed(base=base, profile=profile, facts_digest=facts_digest, graphs=graphs)
    engine.conclude(asserted)
    seconds: dict[str, float] = {}
    ordered = rules()
    engine.ready(rule.text for rule in ordered)
    done = 0
    with_communities = False
    for stage, queries in groupby(ordered, key=lambda rule: rule.stage):
        if stage >= COMMUNITIES_BEFORE and not with_communities:
            with_communities = True
            progress("finding communities", done, len(ordered))
            start = perf_counter()
            conclude_communities(engine, base=base, profile=profile)
            seconds["communities"] = perf_counter() - start
        for rule in queries:
            progress(f"inferring: {rule.name}", done, len(ordered))
            start = perf_counter()
            run_to_fixpoint(engine, rule)
            seconds[rule.name] = perf_counter() - start
            done += 1
    alone = engine.select(_PREFIXES + "SELECT ?cell WHERE { ?cell a w:AdmittedBySize }")
    return Inferred(run, seconds, len(alone.rows))


def run_to_fixpoint(engine: Engine, rule: Query) -> None:
    """Run a rule, again and again if it asks for it, until it adds nothing."""
    while engine.run_rule(rule.text) and rule.repeat:
        pass


def conclude_communities(engine: Engine, *, base: str, profile: Profile) -> None:
    """Add the communities of the tie graph to an engine as candidates."""
    least = profile.whole("min_members")
    found = communities(engine, most=profile.whole("max_community_size"))
    large = [(community_iri(base, members), members) for members in found if len(members) >= least]
    nodes = [node for node, _ in large]
    engine.conclude_pairs(RDF["type"], nodes, [f"{CKG}Candidate"] * len(nodes))
    engine.conclude_pairs(CKG["candidateSource"], nodes, [f"{CKG}CommunityCandidate"] * len(nodes))
    firsts = [node for node, members in large for _ in members]
    engine.conclude_pairs(CKG["hasCandidateMember"], firsts, [member for _, members in large for member in members])


def communities(engine: Engine, *, most: int) -> list[list[str]]:
    """Return the communities of the tie graph as lists of organisation IRIs, found by Leiden.

    Parameters
    ----------
    engine:
        Has run the stages before :data:`COMMUNITIES_BEFORE`.
    most:
        A larger community is divided by the same step on its own subgraph, until it no longer divides.

    Returns
    -------
    Sorted lists, in order; communities of one or two organisations included.

    Notes
    -----
    Traag, Waltman and van Eck, "From Louvain to Leiden" (2019); weights of Newman, "Scientific collaboration
    networks II" (2001): a collaboration of n participants gives each pair 1/(n-1), a supply pair gives 1. Iterated
    until no iteration changes anything; in a graph of more than :data:`MANY_TIES` ties, and in what it is divided into,
    until one raises modularity by less than :data:`LEAST_GAIN`: a million organisations would take a hundred iterations.
    """
    with engine.aside():
        names, ties = _tie_graph(engine)
        waiting, many = [ties], len(ties.firsts) > MANY_TIES
        del ties
        found: list[list[int]] = []
        while waiting:
            part = waiting.pop()
            large = []
            for members in _leiden(part, stable=not many):
                if most < len(members) < len(part.places):
                    large.append(members)
                else:
                    found.append(sorted(part.places[members].tolist()))
            waiting += part.parts(large)
            del part
    # The names are in order, so the places are in the order of the names.
    listed = names.to_pylist()
    return [[listed[place] for place in members] for members in sorted(found)]


@dataclass(frozen=True, slots=True)
class _Ties:
    """A weighted graph: the place of each vertex among all, and of each edge the two vertices and the weight."""

    places: np.ndarray
    firsts: np.ndarray
    seconds: np.ndarray
    weights: np.ndarray

    def graph(self) -> igraph.Graph:
        """Return it as a graph of igraph."""
        import igraph  # here: it loads what it could draw with, and only this needs it

        graph = igraph.Graph(n=len(self.places))
        if len(self.firsts):
            graph.add_edges(np.stack([self.firsts, self.seconds], axis=1))
            # Most weights are of a few values: each value is one object, not one for each edge.
            values, which = np.unique(self.weights, return_inverse=True)
            graph.es["weight"] = values.astype(object)[which].tolist()
        return graph

    def parts(self, groups: list[list[int]]) -> list[_Ties]:
        """Return the subgraphs of disjoint groups of vertices, in one pass over the edges."""
        if not groups:
            return []
        of = np.full(len(self.places), -1, np.int32)
        at = np.zeros(len(self.places), np.int32)
        for number, members in enumerate(groups):
            of[members] = number
            at[members] = np.arange(len(members))
        inside = np.flatnonzero((of[self.firsts] == of[self.seconds]) & (of[self.firsts] >= 0))
        inside = inside[np.argsort(of[self.firsts[inside]], kind="stable")]
        ends = np.searchsorted(of[self.firsts[inside]], np.arange(len(groups) + 1))
        return [
            _Ties(self.places[members], at[self.firsts[edges]], at[self.seconds[edges]], self.weights[edges])
            for members, edges in zip(groups, np.split(inside, ends[1:-1]), strict=True)
        ]


def _leiden(ties: _Ties, *, stable: bool) -> Iterable[list[int]]:
    """Return the communities of a graph as lists of vertices, iterated until none changes or until little is gained."""
    import igraph

    if len(ties.places) == 0:
        return []
    graph = ties.graph()
    igraph.set_random_number_generator(random.Random(SEED))
    iterations = -1 if stable else 1
    membership, before, reached = None, -2.0, -1.0
    while reached - before >= LEAST_GAIN:
        partition = graph.community_leiden(
            objective_function="modularity",
            weights="weight" if len(ties.firsts) else None,
            resolution=1.0,
            n_iterations=iterations,
            initial_membership=membership,
        )
        if iterations < 0:
            break
        membership, before, reached = partition.membership, reached, partition.modularity
    return list(partition)


def _tie_graph(engine: Engine) -> tuple[pa.Array, _Ties]:
    """Return the organisations that have a tie, in order, and the weighted graph of ties over their places.

    Edges are in the order of their vertices. What is not needed any more is let go at once: ten million organisations
    have some ninety million ties.
    """
    names, groups, members, ends = _tied(engine)
    order = np.lexsort((members, groups))
    groups, members = groups[order], members[order]
    del order
    keys, weights = _pairs(groups, members, len(names))
    del groups, members
    supplied = np.unique(ends.min(axis=0) * len(names) + ends.max(axis=0))
    del ends
    keys, weights = _merged(np.concatenate([keys, supplied]), np.concatenate([weights, np.ones(len(supplied))]))
    places = np.arange(len(names), dtype=np.int32)
    firsts, seconds = (part.astype(np.int32) for part in np.divmod(keys, max(len(names), 1)))
    return names, _Ties(places, firsts, seconds, weights)


def _tied(engine: Engine) -> tuple[pa.Array, np.ndarray, np.ndarray, np.ndarray]:
    """Return the organisations that may have a tie, in order, and by place: collaborations and participants, and supplies.

    Returns
    -------
    The names (n), a collaboration and a participant for each of the participations (m) of a collaboration that has
    several, and the two ends of each supply (2, k).
    """
    shared = engine.table(
        _PREFIXES
        + "SELECT ?collaboration ?organization { ?collaboration a w:Tying . ?organization ckg:takesPartIn ?collaboration }"
    )
    supplies = engine.table(_PREFIXES + "SELECT ?one ?other WHERE { ?one ckg:supplies ?other }")
    several = pc.value_counts(shared["collaboration"])
    tying = pc.struct_field(several.filter(pc.greater(pc.struct_field(several, "counts"), 1)), "values")
    shared = shared.filter(pc.is_in(shared["collaboration"], tying))
    names = pa.chunked_array([*shared["organization"].chunks, *supplies["one"].chunks, *supplies["other"].chunks],
                             pa.string()).unique().sort()  # fmt: skip
    ends = np.stack([_places(supplies["one"], names), _places(supplies["other"], names)])
    groups = _places(shared["collaboration"], shared["collaboration"].unique().sort())
    return names, groups, _places(shared["organization"], names), ends


def _places(texts: pa.ChunkedArray, known: pa.Array) -> np.ndarray:
    """Return the place of each text among the known ones."""
    return np.asarray(pc.index_in(texts, known).to_numpy(), dtype=np.int64)


def _pairs(groups: np.ndarray, members: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs within each group, first * count + second, and the weight of each, group by group.

    Parameters
    ----------
    groups, members:
        Both of length n, sorted by group, then by member; a member is once in a group.
    count:
        Members are less than this.
    """
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    sizes = np.diff(starts, append=len(groups))
    # Each member is paired with those after it in its group.
    after = np.repeat(starts + sizes, sizes) - np.arange(len(groups)) - 1
    seconds = np.arange(after.sum())
    seconds -= np.repeat(np.cumsum(after) - after - np.arange(len(groups)) - 1, after)
    keys = members[seconds]
    del seconds
    keys += np.repeat(members * count, after)
    return keys, np.repeat(1 / np.maximum(np.repeat(sizes, sizes) - 1, 1), after)


def _merged(keys: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different keys in order, and for each the sum of its weights, added in the order given."""
    order = np.argsort(keys, kind="stable")
    keys, weights = keys[order], weights[order]
    del order
    new = np.diff(keys, prepend=-1) != 0
    return keys[new], np.bincount(np.cumsum(new) - 1, weights=weights)
