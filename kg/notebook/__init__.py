"""Builds in Python and notebooks: tables, explanations, a map, a network, graphs of other libraries."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from kg import project
from kg.build import Build
from kg.notebook.drawings import Drawing
from kg.notebook.opened import Explanations, OpenBuild, open_for_reading
from kg.notebook.table import Table

__all__ = ["Drawing", "Explanations", "OpenBuild", "Table", "build", "open_for_reading"]

_P = ParamSpec("_P")


def _opened(function: Callable[_P, Build]) -> Callable[_P, OpenBuild]:
    """Return a function that opens for notebooks what another has built."""

    @wraps(function)
    def opened(*arguments: _P.args, **options: _P.kwargs) -> OpenBuild:
        return OpenBuild(function(*arguments, **options).folder)

    return opened


build = _opened(project.build)
