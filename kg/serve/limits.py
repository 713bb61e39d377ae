"""What a server may be asked for, and how much of the machine it may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from kg.errors import UsageError, nearest

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a server; every one may be set in ``[serve]`` of ``kg.toml``.

    Attributes
    ----------
    seconds:
        Seconds that a query may take from its arrival; then it is stopped.
    rows, megabytes:
        The most rows or triples of an answer, and its most megabytes; a larger answer is refused, never cut.
    memory:
        Megabytes of memory for each process that runs queries.
    quick:
        Queries that run at a time until they are found to take long, each in a process of its own.
    slow:
        Queries that run at a time of those that take long.
    waiting:
        The most queries that wait for one of those; more are turned away.
    request:
        The most kilobytes of a request, and of the text of a query.
    connections:
        The most connections at a time.
    patience:
        Seconds that a client may take to send a request, or to take a piece of an answer.
    """

    seconds: float = 30.0
    rows: int = 100_000
    megabytes: int = 50
    memory: int = 1_500
    quick: int = min(64, 12 * max(2, os.cpu_count() or 2))
    slow: int = max(1, (os.cpu_count() or 2) // 2)
    waiting: int = 50
    request: int = 256
    connections: int = 500
    patience: float = 15.0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Limits:
        """Return the limits that a table of a file states.

        Raises
        ------
        UsageError
            for an unknown name, or a value that is no number above 0.
        """
        known = {field.name: field.type for field in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise UsageError(f"[serve] {name}: there is no such limit{nearest(name, known)}")
            whole = known[name] == "int"
            number = isinstance(value, int if whole else (int, float, Decimal)) and not isinstance(value, bool)
            if not number or not 0 < value < 1e9:
                raise UsageError(
                    f"[serve] {name} = {value}: it must be a {'whole number' if whole else 'number'} above 0"
                )
        values: dict[str, Any] = {
            name: value if known[name] == "int" else float(value) for name, value in given.items()
        }
        return cls(**values)
