"""Builds as the objects of other libraries, where they are installed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kg.build import Build
from kg.notebook.drawings import located, pairs, points
from kg.notebook.table import wanted

__all__ = ["to_geopandas", "to_networkx"]


def to_networkx(build: Build, group: str | None = None) -> Any:
    """Return a graph of networkx; nodes are IRIs with a ``name``.

    Parameters
    ----------
    build:
        An open build.
    group:
        The IRI of a group. Without one the graph is that of affiliation: organisations and groups, ``bipartite`` 0 and 1,
        and an edge for each membership with its columns.

    Returns
    -------
    Of a group a MultiDiGraph of its members: an edge from supplier to customer, ``driver`` Vertical, and one between two
    that collaborate (from the first IRI to the second), ``driver`` Horizontal, with the number of ``collaborations`` and
    their ``weight``: each collaboration of n members gives 1 / (n - 1).

    Raises
    ------
    UsageError
        when networkx is not installed.
    """
    networkx = wanted("networkx")
    memberships = build.table("memberships").to_pylist()
    if group is None:
        graph = networkx.Graph(name=str(build.run["title"]))
        for row in build.table("groups").to_pylist():
            graph.add_node(row["group"], name=build.label(row["group"]), bipartite=1, kinds=row["kinds"])
        for row in memberships:
            graph.add_node(row["organization"], name=build.label(row["organization"]), bipartite=0)
            held = {key: value for key, value in row.items() if key not in ("group", "organization")}
            graph.add_edge(row["organization"], row["group"], **held)
        return graph
    graph = networkx.MultiDiGraph(name=build.label(group))
    for row in memberships:
        if row["group"] == group:
            graph.add_node(row["organization"], name=build.label(row["organization"]), role=row["role"])
    supplies, shared = pairs(build, group)
    graph.add_edges_from(((one, other, {"driver": "Vertical"}) for one, other in supplies))
    counts: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _, them in shared:
        for place, one in enumerate(them):
            for other in them[place + 1 :]:
                counts[one, other].append(1 / (len(them) - 1))
    for (one, other), weights in sorted(counts.items()):
        graph.add_edge(one, other, driver="Horizontal", collaborations=len(weights), weight=sum(weights))
    return graph


def to_geopandas(build: Build) -> Any:
    """Return a GeoDataFrame (WGS 84) of the organisations that have a place.

    Its columns are organization, name, region, groups (how many it is in) and geometry: its own point, or that of its
    region.

    Raises
    ------
    UsageError
        when geopandas is not installed.
    """
    geopandas = wanted("geopandas")
    where = points(build)
    counts: dict[str, int] = defaultdict(int)
    for iri in build.table("memberships")["organization"].to_pylist():
        counts[iri] += 1
    regions = located(build)
    here = [iri for iri in sorted(regions) if iri in where]
    columns = {
        "organization": here,
        "name": [build.label(iri) for iri in here],
        "region": [regions[iri] for iri in here],
        "groups": [counts[iri] for iri in here],
    }
    places = geopandas.points_from_xy([where[iri][0] for iri in here], [where[iri][1] for iri in here])
    return geopandas.GeoDataFrame(columns, geometry=places, crs="EPSG:4326")
