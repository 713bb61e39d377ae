"""SPARQL expressions evaluated by Oxigraph on columns of keys: the scalar functions that SQL doesn't have.

Oxigraph's expression evaluator is used as a library, batch by batch and over different arguments only. It sees no data
but the arguments, so it decides what a function returns, never which solutions there are.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection
from duckdb.func import FunctionNullHandling, PythonUDFType
from pyoxigraph import QuerySolutions, Store

from kg.engines.columnar.keys import sparql_text, to_key
from kg.errors import UnsupportedQuery
from kg.sparql.scope import Library

__all__ = ["register"]

_empty = Store()


def register(connection: DuckDBPyConnection, library: Library, known: set[str]) -> None:
    """Create the functions of a translation that a connection doesn't have yet."""
    for name, (text, arity) in library.functions.items():
        _create(connection, known, name, _scalar(text, arity), ["VARCHAR"] * arity)
    for name, text in library.aggregates.items():
        _create(connection, known, name, _listed(text), ["VARCHAR[]"])


def _create(
    connection: DuckDBPyConnection, known: set[str], name: str, function: Callable[..., Any], types: list[str]
) -> None:
    if name in known:
        return
    known.add(name)
    arrow, special = PythonUDFType.ARROW, FunctionNullHandling.SPECIAL
    given: list[Any] = [*types]
    connection.create_function(name, function, given, "VARCHAR", type=arrow, null_handling=special)


def _solutions(text: str) -> QuerySolutions:
    found = _empty.query(text)
    assert isinstance(found, QuerySolutions)
    return found


def _scalar(text: str, arity: int) -> Callable[..., pa.Array]:
    def evaluate(*columns: Any) -> pa.Array:
        rows = list(zip(*(column.to_pylist() for column in columns), strict=True))
        different = list(dict.fromkeys(rows))
        answers = dict(zip(different, _each(text, different), strict=True))
        return pa.array([answers[row] for row in rows], pa.string())

    # DuckDB counts the parameters that a signature names.
    kind = inspect.Parameter.POSITIONAL_ONLY
    evaluate.__signature__ = inspect.Signature([inspect.Parameter(f"a{place}", kind) for place in range(arity)])  # type: ignore[attr-defined]
    return evaluate


def _each(text: str, rows: Sequence[tuple[str | None, ...]]) -> list[str | None]:
    names = " ".join(f"?a{place}" for place in range(len(rows[0]) if rows else 0))
    lines = "\n".join(
        f"({place} {' '.join('UNDEF' if key is None else sparql_text(key) for key in row)})"
        for place, row in enumerate(rows)
    )
    out: list[str | None] = [None] * len(rows)
    for place, value in _solutions(f"SELECT ?i ({text} AS ?r) {{ VALUES (?i {names}) {{ {lines} }} }}"):
        if value is not None:
            out[int(place.value)] = to_key(value)
    return out


def _listed(text: str) -> Callable[[Any], pa.Array]:
    chooses = text.startswith(("MIN", "MAX", "SAMPLE"))

    def evaluate(column: Any) -> pa.Array:
        return pa.array([_aggregate(text, keys, chooses=chooses) for keys in column.to_pylist()], pa.string())

    return evaluate


def _texts(keys: Sequence[str | None], *, different: bool) -> list[str | None]:
    """The texts that GROUP_CONCAT joins: by the standard it gives a plain string, whatever the languages."""
    if different and any(key is not None and key[0] == "@" for key in keys):
        raise UnsupportedQuery("GROUP_CONCAT of different texts with a language")
    return ['"' + key.split(" ", 1)[1] if key is not None and key[0] == "@" else key for key in keys]


def _aggregate(text: str, keys: Sequence[str | None] | None, *, chooses: bool) -> str | None:
    # SQL lists nothing as NULL where SPARQL has an empty group.
    given = [] if keys is None else list(keys)
    if chooses and any(key is not None and key[0] == "_" for key in given):
        raise UnsupportedQuery("MIN, MAX or SAMPLE of blank nodes")
    if text.startswith("GROUP_CONCAT"):
        given = _texts(given, different="DISTINCT" in text)
    lines = " ".join(f"({place} {'UNDEF' if key is None else sparql_text(key)})" for place, key in enumerate(given))
    values = f"VALUES (?i ?a0) {{ {lines} }}"
    for (value,) in _solutions(f"SELECT ({text} AS ?r) {{ {values} }}"):
        if value is None:
            return None
        if not chooses or to_key(value) in given:
            return to_key(value)
        # Oxigraph shortens numbers; return the term as it was stored.
        for (place,) in _solutions(f"SELECT ?i {{ {values} FILTER(sameTerm(?a0, {value})) }} LIMIT 1"):
            return given[int(place.value)]
    return None
