"""The query library on two engines: what each query gives, written so that it can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pyoxigraph as ox

from kg.catalog import Query, load
from kg.engines import OxigraphEngine, Solutions
from kg.engines.base import Term

__all__ = ["FOLDERS", "canonical_rows", "parameters_of", "queries"]

FOLDERS = (
    "queries/infer",
    "queries/results",
    "queries/questions",
    "queries/hygiene",
    "queries/explain",
    "queries/notebook",
    "queries/serve",
)


def queries() -> list[tuple[str, Query]]:
    """Every query that ships, with the folder it is in."""
    return [(folder, query) for folder in FOLDERS for query in load(folder)]


def canonical_rows(answer: object) -> object:
    """An answer whose solutions can be compared regardless of their order."""
    if isinstance(answer, Solutions):
        return sorted(answer.variables), Counter(
            tuple(_shown(row[answer.variables.index(name)]) for name in sorted(answer.variables)) for row in answer.rows
        )
    if isinstance(answer, list):
        return {str(triple) for triple in answer}
    return answer


def _shown(term: object) -> str:
    # GROUP_CONCAT joins in any order; no other text of the library has words whose order alone could differ.
    return " ".join(sorted(str(term).strip('"').split(" ")))


def parameters_of(query: Query, engine: OxigraphEngine) -> Mapping[str, Term]:
    """A term for each parameter: its default, or a thing of the data."""
    kinds = {
        "organization": "?x a <https://w3id.org/clusterkg/working#Organization>",
        "group": "?g <https://w3id.org/clusterkg/ontology#hasCandidateMember> ?m . BIND(?g AS ?x)",
        "region": "?x <https://w3id.org/clusterkg/ontology#regionLevel> ?l",
        "sector": "?x <https://w3id.org/clusterkg/ontology#sectorLevel> ?l",
        "collaboration": "?x a <https://w3id.org/clusterkg/ontology#Collaboration>",
    }
    out: dict[str, Term] = {}
    for parameter in query.parameters:
        if parameter.type in ("integer", "decimal"):
            kind = ox.NamedNode("http://www.w3.org/2001/XMLSchema#" + parameter.type)
            out[parameter.name] = ox.Literal(parameter.default or "1", datatype=kind)
        elif parameter.type in kinds:
            rows = engine.select(f"SELECT ?x {{ {kinds[parameter.type]} }} ORDER BY ?x LIMIT 1").rows
            out[parameter.name] = rows[0][0] if rows and rows[0][0] else ox.NamedNode("https://example.org/none")
        else:
            out[parameter.name] = (
                ox.Literal(parameter.default or "")
                if parameter.type == "string"
                else ox.NamedNode("https://example.org/none")
            )
    return out
