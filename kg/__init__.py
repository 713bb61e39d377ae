"""ClusterKG: from tables of organisations to explained clusters, as linked data."""

from __future__ import annotations

from kg.ask import ask, query
from kg.build import Build
from kg.notebook import Drawing, Explanations, OpenBuild, Table, build
from kg.notebook import open_for_reading as open

__all__ = ["Build", "Drawing", "Explanations", "OpenBuild", "Table", "ask", "build", "open", "query"]
