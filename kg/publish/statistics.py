"""Counts of a graph for its description, and what time and space it covers; in few passes over the facts."""

from __future__ import annotations

from dataclasses import dataclass

from kg.engines.columnar.store import quoted
from kg.namespaces import RDF, RDFS, SCHEMA, SKOS, WGS
from kg.publish.staged import Staged

__all__ = ["Coverage", "Linkset", "Property", "Statistics", "coverage", "statistics"]

#: What says that something is the same as, or like, something of another data set.
_LINKS = (
    "http://www.w3.org/2002/07/owl#sameAs",
    SCHEMA["sameAs"].value,
    RDFS["seeAlso"].value,
    *(SKOS[f"{kind}Match"].value for kind in ("exact", "close", "broad", "narrow", "related")),
)
#: At most so many sets of links are described, those with the most links first.
_MOST_LINKSETS = 50


@dataclass(frozen=True, slots=True)
class Property:
    """How often a property is used; without a name, all of them together."""

    iri: str
    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True, slots=True)
class Linkset:
    """Links by one property to what has IRIs that begin in one way."""

    predicate: str
    target: str
    triples: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a VoID description counts, of the union of the graphs."""

    total: Property
    properties: tuple[Property, ...]
    classes: tuple[tuple[str, int], ...]
    graphs: tuple[tuple[str, int], ...]
    linksets: tuple[Linkset, ...]
    documents: int


def statistics(graph: Staged, base: str) -> Statistics:
    """Count the facts of a graph.

    Parameters
    ----------
    graph:
        The facts.
    base:
        The base IRI: what begins with it is no link to another data set.
    """
    run = graph.connection.execute
    # Objects are counted by a digest of 64 bits: of ten million, two have the same once in 400,000 times.
    run("""CREATE TEMP TABLE counted AS
        SELECT DISTINCT p, CASE WHEN subject = 0 THEN s END AS blank, subject, md5_number_lower(o) AS o FROM facts""")
    rows = run("""SELECT p[2:-2], count(*), count(DISTINCT (subject, blank)), count(DISTINCT o) FROM counted
        GROUP BY GROUPING SETS ((), (p)) ORDER BY p NULLS FIRST""").fetchall()
    run("DROP TABLE counted")
    total, *properties = [Property(iri or "", *counts) for iri, *counts in rows]
    classes = run(
        f"""SELECT o[2:-2], count(DISTINCT s) FROM facts WHERE p = '<{RDF["type"].value}>' AND starts_with(o, '<')
        GROUP BY o ORDER BY o"""
    ).fetchall()
    graphs = run("SELECT g[2:-2], count(*) FROM facts GROUP BY g ORDER BY g").fetchall()
    names = ", ".join(f"'<{name}>'" for name in _LINKS)
    links = run(
        f"""SELECT p[2:-2], target, count(*) AS n FROM (
            SELECT DISTINCT p, s, o, regexp_extract(o, '^<([A-Za-z][A-Za-z0-9+.-]*:(?://[^/>]*/)?(?:[^>]*[/#])?)', 1) AS target
            FROM facts WHERE p IN ({names}) AND starts_with(o, '<') AND NOT starts_with(o, {quoted("<" + base)})
        ) WHERE target <> '' GROUP BY p, target ORDER BY n DESC, p, target LIMIT {_MOST_LINKSETS}"""
    ).fetchall()
    return Statistics(
        total, tuple(properties), tuple(classes), tuple(graphs), tuple(Linkset(*row) for row in links), graph.files
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a graph covers.

    Attributes
    ----------
    start, end:
        The first and the last date of links and collaborations, as they are written; empty where there is none.
    box:
        West, south, east and north of all points in degrees; None where there is none.
    countries:
        The codes of the countries of organisations, sorted.
    """

    start: str
    end: str
    box: tuple[float, float, float, float] | None
    countries: tuple[str, ...]


def coverage(graph: Staged) -> Coverage:
    """Find what time and space the facts of a graph are about."""
    run = graph.connection.execute
    lexical = """regexp_extract(o, '^"([^"]*)"', 1)"""
    form = "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
    dates = ", ".join(f"'<{SCHEMA[name].value}>'" for name in ("startDate", "endDate"))
    ((start, end),) = run(
        f"""SELECT coalesce(min(d), ''), coalesce(max(d), '') FROM (
            SELECT {lexical} AS d FROM facts WHERE p IN ({dates})) WHERE regexp_full_match(d, '{form}')"""
    ).fetchall()
    box = []
    for prop, most in (("long", 180), ("lat", 90)):
        box.append(
            run(
                f"""SELECT min(d), max(d) FROM (SELECT TRY_CAST({lexical} AS DOUBLE) AS d FROM facts
                WHERE p = '<{WGS[prop].value}>') WHERE d BETWEEN {-most} AND {most}"""
            ).fetchall()[0]
        )
    (west, east), (south, north) = box
    countries = run(
        f"""SELECT DISTINCT {lexical} AS c FROM facts WHERE p = '<{SCHEMA["addressCountry"].value}>'
        AND regexp_full_match({lexical}, '[A-Z]{{2}}') ORDER BY c"""
    ).fetchall()
    return Coverage(
        start,
        end,
        None if west is None or south is None else (west, south, east, north),
        tuple(code for (code,) in countries),
    )
