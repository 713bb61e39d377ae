"""The loop over the rules, and the one step that is not SPARQL: communities.

Everything that is decided is decided by `queries/infer/*.rq`: CONSTRUCT queries in stages, the stage being the number
that a file name begins with. A stage is run until it adds nothing; only rules that say `#+ repeat` can add anything
when run again, so only they are.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter

import igraph
import numpy as np
from pyoxigraph import Literal, NamedNode, Triple

from kg.catalog import Query, load
from kg.engines import Engine
from kg.identifiers import community_iri
from kg.namespaces import CKG, PROV, RDF, WORKING
from kg.profile import Profile
from kg.rows import Progress, silent

__all__ = ["COMMUNITIES_BEFORE", "Inferred", "communities", "infer", "is_working", "rules", "rules_digest", "seed"]

#: Communities are asserted before the first stage of at least this number.
COMMUNITIES_BEFORE = "30"
#: Leiden is run with this seed, so that the same ties give the same communities.
SEED = 20260101
_PREFIXES = f"PREFIX ckg: <{CKG}> PREFIX w: <{WORKING}> "


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a run concluded: triples without the working ones, the run's node, and the seconds of each rule."""

    run: NamedNode
    triples: list[Triple]
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


def is_working(triple: Triple) -> bool:
    """Whether a triple is one that rules only need on their way."""
    return triple.predicate.value.startswith(WORKING) or (
        isinstance(triple.object, NamedNode) and triple.object.value.startswith(WORKING)
    )


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
        Holds the facts; the conclusions and working triples are added to its default graph.
    base, profile, facts_digest, graphs:
        As for :func:`seed`.
    progress:
        Called before each rule.

    Returns
    -------
    The conclusions, seed and candidates included.
    """
    run, concluded = seed(base=base, profile=profile, facts_digest=facts_digest, graphs=graphs)
    engine.add(concluded)
    seconds: dict[str, float] = {}
    ordered = rules()
    done = 0
    with_communities = False
    for stage, queries in groupby(ordered, key=lambda rule: rule.stage):
        if stage >= COMMUNITIES_BEFORE and not with_communities:
            with_communities = True
            progress("finding communities", done, len(ordered))
            start = perf_counter()
            found = list(community_triples(engine, base=base, profile=profile))
            engine.add(found)
            concluded += found
            seconds["communities"] = perf_counter() - start
        for rule in queries:
            progress(f"inferring: {rule.name}", done, len(ordered))
            start = perf_counter()
            concluded += run_to_fixpoint(engine, rule)
            seconds[rule.name] = perf_counter() - start
            done += 1
    alone = engine.select(_PREFIXES + "SELECT ?cell WHERE { ?cell a w:AdmittedBySize }")
    triples = [triple for triple in concluded if not is_working(triple)]
    return Inferred(run, triples, seconds, len(alone.rows))


def run_to_fixpoint(engine: Engine, rule: Query) -> list[Triple]:
    """Run a rule, again and again if it asks for it, and return the triples it added."""
    added = engine.run_rule(rule.text)
    concluded = added
    while rule.repeat and added:
        added = engine.run_rule(rule.text)
        concluded = concluded + added
    return concluded


def community_triples(engine: Engine, *, base: str, profile: Profile) -> Iterator[Triple]:
    """Yield the communities of the tie graph as candidates."""
    least = profile.whole("min_members")
    for members in communities(engine, most=profile.whole("max_community_size")):
        if len(members) >= least:
            node = NamedNode(community_iri(base, members))
            yield Triple(node, RDF["type"], CKG["Candidate"])
            yield Triple(node, CKG["candidateSource"], CKG["CommunityCandidate"])
            for member in members:
                yield Triple(node, CKG["hasCandidateMember"], NamedNode(member))


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
    networks II" (2001): a collaboration of n participants gives each pair 1/(n-1), a supply pair gives 1.
    """
    graph = _tie_graph(engine)
    waiting = [graph]
    found: list[list[str]] = []
    while waiting:
        part = waiting.pop()
        for members in _leiden(part):
            if most < len(members) < part.vcount():
                waiting.append(part.induced_subgraph(members))
            else:
                found.append(sorted(part.vs[member]["name"] for member in members))
    return sorted(found)


def _leiden(graph: igraph.Graph) -> Iterable[list[int]]:
    if graph.vcount() == 0:
        return []
    igraph.set_random_number_generator(random.Random(SEED))
    partition = graph.community_leiden(
        objective_function="modularity", weights="weight", resolution=1.0, n_iterations=-1
    )
    return list(partition)


def _tie_graph(engine: Engine) -> igraph.Graph:
    """Return the weighted graph of ties; vertices in order of IRI, edges in order of their vertices."""
    parts: dict[str, list[str]] = {}
    shared = _PREFIXES + "SELECT ?collaboration ?organization WHERE"
    shared += " { ?collaboration a w:Tying . ?organization ckg:takesPartIn ?collaboration }"
    for collaboration, organization in engine.select(shared):
        assert isinstance(collaboration, NamedNode)
        assert isinstance(organization, NamedNode)
        parts.setdefault(collaboration.value, []).append(organization.value)
    groups = [sorted(parts[name]) for name in sorted(parts) if len(parts[name]) > 1]
    supplies = engine.select(_PREFIXES + "SELECT ?one ?other WHERE { ?one ckg:supplies ?other }")
    groups += sorted({tuple(sorted((one.value, other.value))) for one, other in supplies})  # type: ignore[union-attr,misc]
    names = sorted({name for group in groups for name in group})
    index = {name: place for place, name in enumerate(names)}
    firsts, seconds, weights = [], [], []
    for group in groups:
        members = np.array([index[name] for name in group])
        one, other = np.triu_indices(len(members), k=1)
        firsts.append(members[one])
        seconds.append(members[other])
        weights.append(np.full(len(one), 1 / (len(members) - 1)))
    graph = igraph.Graph(n=len(names))
    graph.vs["name"] = names
    if groups:
        keys = np.concatenate(firsts) * len(names) + np.concatenate(seconds)
        pairs, position = np.unique(keys, return_inverse=True)
        graph.add_edges(zip((pairs // len(names)).tolist(), (pairs % len(names)).tolist(), strict=True))
        graph.es["weight"] = np.bincount(position, weights=np.concatenate(weights)).tolist()
    return graph
