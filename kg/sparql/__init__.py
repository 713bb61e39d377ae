"""The compiler of SPARQL: parsed by RDFLib, translated to SQL as sqlglot expressions."""

from __future__ import annotations

from kg.sparql.graph import Schema, Table
from kg.sparql.translate import Translation, translate

__all__ = ["Schema", "Table", "Translation", "translate"]
