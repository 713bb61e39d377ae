"""The compiler of SPARQL: parsed by RDFLib, translated to SQL as sqlglot expressions."""

from __future__ import annotations

from kg.sparql.graph import Piece, Schema
from kg.sparql.parse import is_parsed, parse_ahead
from kg.sparql.translate import Rule, Translation, named, translate, translate_rule

__all__ = ["Piece", "Rule", "Schema", "Translation", "is_parsed", "named", "parse_ahead", "translate", "translate_rule"]
