"""Triples given by their numbers as a file of sorted N-Quads, written some subjects at a time.

The order of the lines is that of their bytes, as `LC_ALL=C sort` has it. Subjects and predicates are compared by their
places among all, which are found once; only objects are compared as texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kg.engines.columnar.store import ColumnarStore, quoted
from kg.errors import EngineError
from kg.lines import Written, write_lines

__all__ = ["write_sorted"]

#: How many lines are sorted at a time.
_LINES = 2_000_000


def write_sorted(
    store: ColumnarStore, table: str, graphs: Mapping[int, str], path: Path, *, drop: bool = False
) -> Written:
    """Write the triples of a table or a view as sorted N-Quads.

    Parameters
    ----------
    store:
        Its dictionary has the terms.
    table:
        Has graph, s, p and o: a number that `graphs` has, and the numbers of terms; no row twice.
    graphs:
        The IRI of each graph by its number.
    path:
        The file.
    drop:
        Whether the table is dropped, as soon as it is not needed.

    Raises
    ------
    EngineError
        when two terms have one number, or one is not in the dictionary.
    """
    store.check()
    run = store.connection.execute
    ((count,),) = run(f"SELECT count(*) FROM {table}").fetchall()
    for name, column in (("subjects", "s"), ("predicates", "p")):
        # What follows an IRI in a line is ">", so that is a part of what is compared.
        run(f"""CREATE OR REPLACE TEMP TABLE {name} AS
            SELECT id, (row_number() OVER (ORDER BY key || '>'))::INTEGER AS place, key || '> ' AS text
            FROM terms SEMI JOIN {table} ON {column} = id""")
    run(f"""CREATE OR REPLACE TEMP TABLE ordered AS SELECT s.place AS subject, p.place AS predicate, o, graph FROM {table}
        JOIN subjects s ON s.id = s JOIN predicates p ON p.id = p ORDER BY subject""")
    if drop:
        run(f"DROP TABLE {table}")
    ((last,),) = run("SELECT coalesce(max(subject), 0) FROM ordered").fetchall()
    step = max(1, last * _LINES // max(1, count))
    ends = " ".join(f"WHEN {number} THEN {quoted(f' <{graph}> .')}" for number, graph in graphs.items())

    def parts() -> Iterator[str]:
        for first in range(1, last + 1, step):
            chosen = f"BETWEEN {first} AND {first + step - 1}"
            # A table, so that DuckDB knows how few they are.
            run(f"CREATE OR REPLACE TEMP TABLE part AS FROM ordered WHERE subject {chosen}")
            yield f"""SELECT s.text || p.text || f.o || f.ending AS line FROM
                (SELECT subject, predicate, ntriples(key_of_id(part.o, terms.key)) AS o, CASE graph {ends} END AS ending
                 FROM part LEFT JOIN terms ON terms.id = part.o) f
                JOIN (FROM subjects WHERE place {chosen}) s ON s.place = subject
                JOIN predicates p ON p.place = predicate ORDER BY subject, predicate, f.o, f.ending"""

    written = write_lines(store.connection, parts(), path)
    if written.lines != count:
        raise EngineError(f"{count - written.lines} facts have a term that is not in the dictionary")
    for name in ("part", "ordered", "subjects", "predicates"):
        run(f"DROP TABLE IF EXISTS {name}")
    return written
