"""Answers as Arrow streams, with numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import pyarrow as pa
from pyoxigraph import Literal

from kg.engines import Solutions
from kg.engines.base import Term
from kg.namespaces import XSD

__all__ = ["arrow_stream"]

_WHOLE, _DECIMAL, _DOUBLE, _TRUTH = (XSD[name] for name in ("integer", "decimal", "double", "boolean"))


def arrow_stream(found: Solutions) -> bytes:
    """Return solutions as an Arrow IPC stream.

    A column in which all terms are integers, decimals or doubles, or truth values is one of ``int64``, ``float64`` or
    ``bool``; every other has texts: IRIs and lexical forms. What is unbound is null.

    Parameters
    ----------
    found:
        What a SELECT gave.
    """
    columns = zip(*found.rows, strict=True) if found.rows else ([] for _ in found.variables)
    arrays = [_array(list(column)) for column in columns]
    table = pa.table(arrays, names=list(found.variables))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def _array(terms: Sequence[Term | None]) -> pa.Array:
    kinds = {term.datatype if isinstance(term, Literal) else None for term in terms if term is not None}
    texts = [None if term is None else term.value for term in terms]
    try:
        if kinds == {_WHOLE}:
            return pa.array([None if text is None else int(text) for text in texts], pa.int64())
        if kinds and kinds <= {_WHOLE, _DECIMAL, _DOUBLE}:
            return pa.array([None if text is None else float(Decimal(text)) for text in texts], pa.float64())
        if kinds == {_TRUTH}:
            return pa.array([None if text is None else text in ("true", "1") for text in texts], pa.bool_())
    except (ValueError, InvalidOperation, pa.ArrowInvalid, OverflowError):
        pass  # an ill-formed or very large number: texts lose nothing
    return pa.array(texts, pa.string())
