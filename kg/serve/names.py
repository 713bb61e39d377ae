"""What things are called, looked up one by one: an answer names few of the many that a build has."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from pyoxigraph import NamedNode

from kg.build import Build
from kg.engines.base import Term

__all__ = ["names_of"]

#: The most characters of a name, which is a stranger's, and the most names of an answer.
LONGEST, _MOST = 200, 5_000


def names_of(build: Build, terms: Iterable[Term | None]) -> dict[str, str]:
    """Return the names of the things of a build that are among terms, by IRI; they are those of :meth:`kg.build.Build.name`.

    Parameters
    ----------
    build:
        The build.
    terms:
        Terms of an answer; what is no IRI of the build, or has no name, is left out.
    """
    iris = dict.fromkeys(t.value for t in terms if isinstance(t, NamedNode) and t.value.startswith(build.base))
    found = ((iri, build.name(iri)) for iri in islice(iris, _MOST))
    return {iri: name[:LONGEST] for iri, name in found if name}
