"""The columnar engine: a graph in DuckDB, asked by translated SPARQL."""

from __future__ import annotations

from kg.engines.columnar.drafts import STATEMENTS, Drafts
from kg.engines.columnar.engine import ColumnarEngine

__all__ = ["STATEMENTS", "ColumnarEngine", "Drafts"]
