"""Engines: whatever can hold a graph and run SPARQL on it; the only modules that touch a store."""

from __future__ import annotations

from kg.engines.base import Engine, Solutions
from kg.engines.columnar import ColumnarEngine
from kg.engines.oxigraph import OxigraphEngine
from kg.engines.remote import RemoteEngine

__all__ = ["ColumnarEngine", "Engine", "OxigraphEngine", "RemoteEngine", "Solutions"]
