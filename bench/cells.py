"""Columns of text: the cells of tables, made many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]

#: The columns of the canonical tables, written out so that the work by hand needs nothing of the toolkit.
COLUMNS = {
    "regions": "id name parent level latitude longitude",
    "sectors": "id name broader level scheme",
    "skills": "id name",
    "organizations": "id name kind country region latitude longitude sectors skills employees founded website"
    " lei vat wikidata",
    "supplies": "supplier customer product since until source",
    "collaborations": "id name kind start end topics website",
    "participants": "collaboration organization role",
    "competitors": "organization competitor market",
    "groups": "id name region sector website",
    "members": "group organization",
}


def take(words: Sequence[str], places: Ints) -> pa.Array:
    """Return the word at each place."""
    return pa.array(words, pa.string()).take(pa.array(places))


def ids(prefix: str, numbers: Ints) -> pa.Array:
    """Return ids of nine digits after a prefix."""
    digits = pc.utf8_slice_codeunits(pa.array(numbers + 10**9).cast(pa.string()), 1)
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


def where(mask: Any, column: pa.Array | str, other: pa.Array | str = "") -> pa.Array:
    """Return a cell of one column where a mask is set, else of the other."""
    return pc.if_else(pa.array(mask), column, other)


def numbers(values: Ints | Floats) -> pa.Array:
    """Return numbers as text."""
    return pa.array(values).cast(pa.string())


def joined(separator: str, *columns: pa.Array) -> pa.Array:
    """Return cells joined by a separator."""
    return pc.binary_join_element_wise(*columns, separator)


def items(*columns: pa.Array) -> pa.Array:
    """Join the cells that are not empty by semicolons."""
    marked = [pc.if_else(pc.equal(column, ""), "", joined(";", pa.scalar(""), column)) for column in columns]
    return pc.utf8_ltrim(joined("", *marked), ";")


def constant(text: str, count: int) -> pa.Array:
    """Return the same text in every row."""
    return pa.array([text] * count, pa.string())


#: The days that dates are drawn from.
DAYS = np.arange("2000-01-01", "2027-01-01", dtype="datetime64[D]").astype(str).tolist()


def dates(rng: np.random.Generator, days: Ints, given: Any) -> pa.Array:
    """Return days as texts of a year, a month or a day; empty where none is given or it is after the last."""
    day = take(DAYS, np.minimum(days, len(DAYS) - 1))
    form = rng.random(len(days))
    year, month = pc.utf8_slice_codeunits(day, 0, 4), pc.utf8_slice_codeunits(day, 0, 7)
    text = where(form < 0.5, year, where(form < 0.6, month, day))
    return where(given & (days < len(DAYS)), text)
