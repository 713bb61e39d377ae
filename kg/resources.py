"""Where the ontology, shapes and queries lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from kg.errors import ClusterKGError

__all__ = ["folder", "ontology_files"]


@cache
def folder(name: str) -> Path:
    """Return the folder of a kind of resource.

    Parameters
    ----------
    name:
        ``ontology``, ``shapes``, ``queries`` or a folder below one of them, such as ``queries/infer``.

    Raises
    ------
    ClusterKGError
        when the installation lacks it.
    """
    package = Path(__file__).parent
    for root in (package / "data", package.parent):
        if (root / name).is_dir():
            return root / name
    raise ClusterKGError(f"the installation is incomplete: there is no folder '{name}'; install clusterkg again")


def ontology_files() -> list[Path]:
    """Return the Turtle files of the ontology, in order of their names."""
    return sorted(folder("ontology").glob("*.ttl"))
