"""Connections to DuckDB, as this package uses it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

__all__ = ["connect"]


def connect(
    path: Path | str = ":memory:", config: Mapping[str, Any] | None = None, *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """Return a connection that prints nothing: DuckDB draws a bar of its own where it takes the process for a session.

    Parameters
    ----------
    path:
        The file of the database; by default it is in memory.
    config:
        Settings, by their names in DuckDB.
    read_only:
        Whether the file is only read.
    """
    connection = duckdb.connect(str(path), read_only=read_only, config=dict(config or {}))
    with suppress(duckdb.InvalidInputException):  # in a notebook that has no means to draw it there is none to turn off
        connection.execute("SET enable_progress_bar = false")
    return connection
