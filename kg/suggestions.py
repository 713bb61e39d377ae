"""Which known id an unknown one was meant to be: found for all of them at once, and only where it is obvious.

Obvious is an id that differs only by case, space or signs that look alike (``l`` and ``1``), else the only one within an
edit, or for a long id two. Ids that differ only in their digits are different things, however near they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import duckdb
import pyarrow as pa

from kg.database import connect

__all__ = ["Id", "near_ids", "split_iri"]

#: What is the same in the IRIs of all things of a kind, and the id of one.
Id: TypeAlias = tuple[str, str]
#: Signs that look alike, each with the sign that it is read as (from the fifth on they are Cyrillic); spaces are not read.
_ALIKE = ("oil|авекмнорстух \t\n\r\u00a0", "0111abekmh0pctyx")
#: From how many signs on an id may have one edit, and two.
_LEAST = {1: 4, 2: 8}
#: Up to how many signs on an id may have them; longer ones are compared only as a whole.
_MOST = {1: 64, 2: 24}
#: How many texts all ids may come to that lack two signs each; with more of them two edits are not looked for.
_MOST_TEXTS = 3_000_000

_MACROS = {
    "folded(t)": f"translate(lower(strip_accents(t)), '{_ALIKE[0]}', '{_ALIKE[1]}')",
    # Texts within an edit of each other have one in common that lacks at most one sign of each.
    "lacking_1(t)": """list_transform(range(0, length(t) + 1),
        lambda i: CASE i WHEN 0 THEN t ELSE left(t, i - 1) || substr(t, i + 1) END)""",
    "lacking_2(t)": "list_distinct(flatten(list_transform(lacking_1(t), lambda part: lacking_1(part))))",
    "lettered(t)": "regexp_replace(t, '[0-9]', '', 'g')",
    "place_of(iri)": "regexp_extract(iri, '^.*[/#]')",
}
_KNOWN = """CREATE TABLE known AS SELECT DISTINCT place, coalesce(TRY(url_decode(rest)), rest) AS id FROM (
    SELECT place_of(iri) AS place, substr(iri, length(place_of(iri)) + 1) AS rest FROM iris)
    SEMI JOIN unknown USING (place)"""
_ALIKE_PAIRS = """SELECT u.place, u.id, k.id AS other, 0 AS edits FROM unknown u
    JOIN known k ON u.place = k.place AND folded(u.id) = folded(k.id) WHERE u.id <> k.id"""


def split_iri(iri: str) -> Id:
    """Return an IRI up to its last ``/`` or ``#``, and what follows."""
    place = max(iri.rfind("/"), iri.rfind("#")) + 1
    return iri[:place], iri[place:]


def near_ids(unknown: Iterable[Id], iris: Iterable[str] | pa.ChunkedArray) -> dict[Id, str]:
    """Return the obvious known id for those of the unknown ones that have one.

    Parameters
    ----------
    unknown:
        Ids that nothing has.
    iris:
        All things that are known; their IRIs end in the encoded ids.
    """
    known = iris if isinstance(iris, pa.ChunkedArray) else pa.array(iris, pa.string())
    with connect(config={"preserve_insertion_order": False}) as connection:
        for name, body in _MACROS.items():
            connection.execute(f"CREATE MACRO {name} AS {body}")
        connection.register("iris", pa.table({"iri": known}))
        _take(connection, set(unknown))
        connection.execute(_KNOWN)
        found = _only(connection, _ALIKE_PAIRS)
        for edits in _LEAST:
            if edits == 1 or _affordable(connection):
                _take(connection, set(unknown) - found.keys())
                found |= _only(connection, _pairs(edits))
    return found


def _take(connection: duckdb.DuckDBPyConnection, unknown: Iterable[Id]) -> None:
    listed = sorted(unknown)
    columns = {name: pa.array([pair[n] for pair in listed], pa.string()) for n, name in enumerate(("place", "id"))}
    connection.register("unknown", pa.table(columns))


def _affordable(connection: duckdb.DuckDBPyConnection) -> bool:
    (row,) = connection.execute(
        f"""SELECT coalesce(sum(length(id) ** 2 / 2), 0) FROM (SELECT id FROM known UNION ALL SELECT id FROM unknown)
        WHERE length(id) BETWEEN {_LEAST[2]} AND {_MOST[2]}"""
    ).fetchall()
    return bool(row[0] <= _MOST_TEXTS)


def _pairs(edits: int) -> str:
    """SQL for pairs of an unknown and a known id within so many edits: those that share a text that lacks as many signs."""
    parts = {}
    for table, slack in (("unknown", 0), ("known", edits)):
        lengths = f"length(id) BETWEEN {_LEAST[edits] - slack} AND {_MOST[edits] + slack}"
        texts = f"SELECT place, id, unnest(lacking_{edits}(lower(id))) AS part FROM {table} WHERE {lengths}"
        parts[table] = f"SELECT place, id, hash(place, part) AS part FROM ({texts})"
    return f"""SELECT DISTINCT u.place, u.id, k.id AS other, damerau_levenshtein(lower(u.id), lower(k.id)) AS edits
        FROM ({parts["unknown"]}) u JOIN ({parts["known"]}) k ON u.part = k.part AND u.place = k.place
        WHERE lettered(lower(u.id)) <> lettered(lower(k.id))
        AND damerau_levenshtein(lower(u.id), lower(k.id)) <= {edits}"""


def _only(connection: duckdb.DuckDBPyConnection, pairs: str) -> dict[Id, str]:
    """Return the nearest known id of each unknown one that has no other as near."""
    nearest = f"""SELECT place, id, min(other), count(DISTINCT other) AS others FROM (
        SELECT * FROM ({pairs}) QUALIFY edits = min(edits) OVER (PARTITION BY place, id)) GROUP BY place, id"""
    rows = connection.execute(f"SELECT * FROM ({nearest}) WHERE others = 1").fetchall()
    return {(place, one): other for place, one, other, _ in rows}
