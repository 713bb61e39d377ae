"""The columnar engine: a graph in DuckDB, asked by translated SPARQL."""

from __future__ import annotations

from kg.engines.columnar.drafts import Drafts
from kg.engines.columnar.engine import ColumnarEngine
from kg.engines.columnar.input_rows import STATEMENTS

__all__ = ["STATEMENTS", "ColumnarEngine", "Drafts"]
