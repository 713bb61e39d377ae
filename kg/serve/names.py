"""What things are called, looked up one by one: an answer names few of the many that a build has."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from pyoxigraph import Literal, NamedNode

from kg.build import Build
from kg.catalog import find
from kg.engines.base import Term
from kg.namespaces import SKOS

__all__ = ["names_of"]

#: The most characters of a name, which is a stranger's, and the most names of an answer.
LONGEST, _MOST = 200, 5_000


def names_of(build: Build, terms: Iterable[Term | None]) -> dict[str, str]:
    """Return the names of the things of a build that are among terms, by IRI; they are those of :meth:`kg.build.Build.label`.

    Parameters
    ----------
    build:
        The build.
    terms:
        Terms of an answer; what is no IRI of the build, or has no name, is left out.
    """
    iris = dict.fromkeys(t.value for t in terms if isinstance(t, NamedNode) and t.value.startswith(build.base))
    found = ((iri, _name(build, iri)) for iri in islice(iris, _MOST))
    return {iri: name[:LONGEST] for iri, name in found if name}


def _name(build: Build, iri: str) -> str:
    """Return the name of a thing; of a cell its region and sector, of a community who is central; else nothing."""
    quads = build.engine.store.quads_for_pattern(NamedNode(iri), SKOS["prefLabel"], None)
    labels = [quad.object.value for quad in quads if isinstance(quad.object, Literal)]
    if labels:
        return min(labels)
    kind, _, rest = iri.removeprefix(f"{build.base}group/").partition("/")
    if kind == "cell" and rest.count("/") == 1:
        region, sector = (
            f"{build.base}{what}/{part}" for what, part in zip(("region", "sector"), rest.split("/"), strict=True)
        )
        return f"{_name(build, region) or region.removeprefix(build.base)} · {_name(build, sector) or sector.removeprefix(build.base)}"
    if kind == "community" and "/" not in rest:
        central = build.engine.select(find("queries/serve", "central").text, {"group": NamedNode(iri)})
        names = [_name(build, term.value) or term.value.removeprefix(build.base) for (term,) in central if term]
        return f"around {', '.join(names)} ({rest[:6]})" if names else ""
    return ""
