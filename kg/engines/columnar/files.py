"""A graph in columns as a DuckDB file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from kg.engines.columnar.store import TYPE, ColumnarStore, quoted
from kg.errors import EngineError
from kg.sparql.graph import Piece

__all__ = ["open_file", "save"]


def save(store: ColumnarStore, path: Path) -> None:
    """Write everything to a DuckDB file that :func:`open_file` reads.

    Parameters
    ----------
    store:
        What is written.
    path:
        The file; it must not be there.
    """
    store.schema()
    store.check()
    run = store.connection.execute
    kept = list(store.pieces.values())
    run(f"ATTACH {quoted(str(path))} AS file")
    try:
        named = {n for p in kept for n in (p.predicate, p.object, p.graph) if n}
        named |= {store.number_of(key) for key in store.kept}
        used = ["SELECT unnest(?::BIGINT[]) AS id"]
        for piece in kept:
            run(f"CREATE TABLE file.{piece.name} AS SELECT * FROM {piece.name}")
            ends = ["s", *(["o"] if piece.object is None else []), *(["g"] if piece.graph is None else [])]
            used += [f"SELECT {end} FROM {piece.name}" for end in ends]
        listed = [sorted(named)]
        run(f"CREATE TABLE file.terms AS FROM terms SEMI JOIN ({' UNION ALL '.join(used)}) used USING (id)", listed)
        run(f"CREATE TABLE file.constants AS FROM terms SEMI JOIN ({used[0]}) used USING (id)", listed)
        run("""CREATE TABLE file.pieces (name VARCHAR, predicate BIGINT, object BIGINT, graph BIGINT, subjects BIGINT,
            objects BIGINT)""")
        for p in kept:
            row = [p.name, p.predicate, p.object, p.graph, p.subjects, p.objects]
            run("INSERT INTO file.pieces VALUES (?, ?, ?, ?, ?, ?)", row)
        run(f"CREATE TABLE file.made AS SELECT term_id({quoted(TYPE)}) AS probe")
        run("CREATE TABLE file.graphs AS SELECT unnest(?::BIGINT[]) AS graph", [sorted(store.graphs)])
    finally:
        run("DETACH file")


def open_file(path: Path, *, union: bool = True, disjoint: bool = True) -> ColumnarStore:
    """Open a file that :func:`save` wrote, for queries over the union of the graphs: it doesn't tell them apart.

    Parameters
    ----------
    path:
        The file; it is only read.
    union:
        Whether queries see the union of the graphs.
    disjoint:
        Whether no triple is in two graphs.

    Raises
    ------
    EngineError
        when it can't be opened.
    """
    store = ColumnarStore(union=union)
    run = store.connection.execute
    try:
        run(f"ATTACH {quoted(str(path))} AS file (READ_ONLY)")
        found = run("SELECT name, predicate, object, graph, subjects, objects FROM file.pieces").fetchall()
        store.graphs = {graph for (graph,) in run("SELECT graph FROM file.graphs").fetchall()}
        store.constants = dict(run("SELECT id, key FROM file.constants").fetchall())
        same = run(f"SELECT probe = term_id({quoted(TYPE)}) FROM file.made").fetchall() == [(True,)]
        if not same:
            raise duckdb.Error("another version numbers terms in another way")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise EngineError(f"the columns {path} can't be opened ({reason}); build the project again") from None
    store.disjoint, store.named = disjoint, False
    run("ALTER TABLE terms RENAME TO own_terms")
    run("CREATE VIEW terms AS SELECT * FROM file.terms")
    store.opened = True
    for row in found:
        piece = Piece(*row)
        run(f"CREATE VIEW {piece.name} AS SELECT * FROM file.{piece.name}")
        store.pieces[piece.predicate, piece.object, piece.graph] = piece
    return store
