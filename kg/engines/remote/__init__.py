"""The remote engine: any server of SPARQL 1.1."""

from __future__ import annotations

from kg.engines.remote.engine import RemoteEngine
from kg.engines.remote.options import REMOTE_KEYS, RemoteOptions, remote_options

__all__ = ["REMOTE_KEYS", "RemoteEngine", "RemoteOptions", "remote_options"]
