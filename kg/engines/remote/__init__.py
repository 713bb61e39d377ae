"""The remote engine: any server of SPARQL 1.1."""

from __future__ import annotations

from kg.engines.remote.checked import CheckedEngine
from kg.engines.remote.engine import RemoteEngine
from kg.engines.remote.fidelity import Changed
from kg.engines.remote.options import REMOTE_KEYS, RemoteOptions, remote_options

__all__ = [
    "REMOTE_KEYS",
    "Changed",
    "CheckedEngine",
    "RemoteEngine",
    "RemoteOptions",
    "remote_engine",
    "remote_options",
]


def remote_engine(options: RemoteOptions, working: str) -> RemoteEngine:
    """Return the engine for a server: one whose answers are compared, where it is known to be wrong at times.

    Parameters
    ----------
    options, working:
        As for :class:`RemoteEngine`.
    """
    return (RemoteEngine if options.server.exact else CheckedEngine)(options, working)
