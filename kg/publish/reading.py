"""Reading the model: rows as records, and rows of many things at once by the thing that they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kg.database import connect

__all__ = ["Model", "Record"]

Record = dict[str, Any]


class Model:
    """A model that :func:`kg.publish.model.make_model` made, opened for reading.

    Parameters
    ----------
    path:
        The file of DuckDB.
    threads:
        How many it may use; one where several processes read.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        config: dict[str, Any] = {"memory_limit": "1GB"}
        if threads is not None:
            config["threads"] = threads
        self.path = path
        self.connection = connect(path, config, read_only=True)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Record]:
        """Return the rows of a query as records."""
        found = self.connection.execute(sql, list(parameters))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Return the only value of a query."""
        ((value,),) = self.connection.execute(sql, list(parameters)).fetchall()
        return value

    def by(self, sql: str, parameters: Sequence[object] = (), key: str = "key") -> dict[Any, list[Record]]:
        """Return the rows of a query by one of their columns."""
        out: dict[Any, list[Record]] = defaultdict(list)
        for row in self.rows(sql, parameters):
            out[row[key]].append(row)
        return out

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
