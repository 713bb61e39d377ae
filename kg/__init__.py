"""ClusterKG: from tables of organisations to explained clusters, as linked data."""

from __future__ import annotations

from kg.ask import ask, query
from kg.build import Build
from kg.build import open_build as open
from kg.project import build

__all__ = ["Build", "ask", "build", "open", "query"]
