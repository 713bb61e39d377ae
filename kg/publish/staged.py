"""The graph of a build beside its site: its facts with the file that each is described in, in DuckDB.

A file is a range of numbers in the order of names, so that all that is said in it can be taken out in one go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from kg.build import Build
from kg.database import connect
from kg.engines.columnar.store import quoted
from kg.folders import beside
from kg.namespaces import CKG, ORG, RDF
from kg.publish.addresses import FOLDERS, GROUPS, LONGEST, MOST_FILES, Addresses

__all__ = ["KIND_OF_CLASS", "Staged", "staged"]

#: The kind of what has an IRI of its own, by its class; the first that fits.
KIND_OF_CLASS = {
    ORG["Organization"].value: "organization",
    ORG["FormalOrganization"].value: "organization",
    CKG["Region"].value: "region",
    CKG["SectorConcept"].value: "sector",
    CKG["Skill"].value: "skill",
    CKG["Collaboration"].value: "collaboration",
    CKG["DeclaredGroup"].value: "group/declared",
}
#: The kind of everything else.
_OTHER = "thing"
#: What DuckDB takes of the memory before it goes to disk.
_MEMORY = "2GB"
#: Bytes of a file read at a time: a line has to fit.
_BLOCK = 1 << 26


@dataclass(frozen=True)
class Staged:
    """The facts and conclusions of a build as tables of DuckDB.

    ``facts`` has every quad: subject (a number), s, p, o, g as N-Quads have them, and file, the number of its file; rows
    are nearly in the order of files. ``files`` has no and file. ``subjects`` has subject, s and file.
    """

    connection: duckdb.DuckDBPyConnection
    addresses: Addresses
    files: int
    quads: int


@contextmanager
def staged(build: Build, site: Path, *, most: int = MOST_FILES) -> Iterator[Staged]:
    """Read the graph of a build and say in which file each fact is.

    Parameters
    ----------
    build:
        An open build.
    site:
        The folder of the site that is being written; the tables are beside it.
    most:
        How many files a kind may have; groups have one each.
    """
    with beside(site, "staged") as place:
        config: dict[str, Any] = {"memory_limit": _MEMORY, "temp_directory": f"{place}/spill"}
        connection = connect(f"{place}/graph.duckdb", config)
        try:
            yield _staged(build, connection, most)
        finally:
            connection.close()


def _staged(build: Build, connection: duckdb.DuckDBPyConnection, most: int) -> Staged:
    run = connection.execute
    # Terms other than literals have no spaces, and what N-Quads separate is separated by one.
    run(f"""CREATE TABLE raw AS SELECT w[1] AS s, w[2] AS p, array_to_string(w[3:len(w) - 2], ' ') AS o, w[len(w) - 1] AS g
        FROM (SELECT string_split(line, ' ') AS w FROM {lines_of(build.folder / "facts.nq", build.folder / "inferred.nq")})""")
    run(f"CREATE TABLE named AS SELECT s, {_minted(build.base)} AS place FROM (SELECT DISTINCT s FROM raw)")
    classes = ", ".join(
        f"({place}, {quoted(f'<{name}>')}, {quoted(kind)})" for place, (name, kind) in enumerate(KIND_OF_CLASS.items())
    )
    run(f"""CREATE TABLE own AS SELECT s, min_by(kind, place) AS kind FROM raw
        JOIN (VALUES {classes}) c (place, class, kind) ON o = class
        WHERE p = '<{RDF["type"].value}>' AND s IN (SELECT s FROM named WHERE place IS NULL) GROUP BY s""")
    # What is left is a blank node, or is under no kind.
    run(f"""CREATE TABLE parts AS SELECT s, coalesce(place.kind, own.kind, '{_OTHER}') AS kind,
            coalesce(place.id, url_encode(substr(s, 2, length(s) - 2))) AS id
        FROM named LEFT JOIN own USING (s) WHERE NOT starts_with(s, '_')""")
    addresses = Addresses(build.base, _cuts(connection, most))
    cuts = " ".join(f"WHEN {quoted(kind)} THEN {cut}" for kind, cut in addresses.cuts.items())
    short = f"left(id, CASE kind {cuts} ELSE {LONGEST} END)" if cuts else f"left(id, {LONGEST})"
    cell = f"left(split_part(id, '/', 1), {LONGEST}) || '/' || left(split_part(id, '/', 2), {LONGEST})"
    run(f"""CREATE TABLE subjects AS SELECT (row_number() OVER (ORDER BY s))::INTEGER AS subject, s,
        kind || '/' || CASE kind WHEN 'group/cell' THEN {cell} ELSE {short} END AS file FROM parts""")
    run("""CREATE TABLE files AS SELECT (row_number() OVER (ORDER BY file))::INTEGER AS no, file
        FROM (SELECT DISTINCT file FROM subjects)""")
    run("""CREATE TABLE facts AS SELECT coalesce(no, 0) AS file, coalesce(subject, 0) AS subject, raw.s, p, o, g
        FROM raw LEFT JOIN (FROM subjects JOIN files USING (file)) f ON f.s = raw.s""")
    for name in ("raw", "named", "own", "parts"):
        run(f"DROP TABLE {name}")
    ((files, quads),) = run("SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM facts)").fetchall()
    return Staged(connection, addresses, files, quads)


def lines_of(*files: Path) -> str:
    """Return SQL for a table of the lines of files, ``line``; there is no byte that separates columns."""
    names = ", ".join(quoted(str(file)) for file in files)
    return f"""read_csv([{names}], columns = {{'line': 'VARCHAR'}}, header = false, delim = chr(1), quote = '', escape = '',
        auto_detect = false, comment = '', strict_mode = false, max_line_size = {_BLOCK}, buffer_size = {_BLOCK})"""


def _minted(base: str) -> str:
    """Return SQL for the kind and the id of a subject s, as :meth:`Addresses.file` finds them; NULL where it has none."""
    rest = f"regexp_extract(substr(s, {len(base) + 2}, length(s) - {len(base) + 2}), '^[^?#]*')"
    # One character at a time: what is not ASCII reaches a server percent-encoded.
    plain = f"""CASE WHEN regexp_matches(s, '[^!-~]') THEN array_to_string(list_transform(string_split({rest}, ''),
        lambda c: CASE WHEN regexp_matches(c, '[!-~]') THEN c ELSE url_encode(c) END), '') ELSE {rest} END"""
    named = "w[{0}] NOT IN ('', '.', '..')"
    groups = " ".join(
        f"WHEN {quoted(kind)} THEN CASE WHEN {' AND '.join(named.format(n) for n in range(3, 3 + count))} "
        f"THEN {{'kind': 'group/{kind}', 'id': {' || chr(47) || '.join(f'w[{n}]' for n in range(3, 3 + count))}}} END"
        for kind, count in GROUPS.items()
    )
    folders = ", ".join(map(quoted, sorted(FOLDERS)))
    return f"""CASE WHEN starts_with(s, {quoted("<" + base)}) THEN list_transform([string_split({plain}, '/')],
        lambda w: CASE WHEN w[1] = 'group' THEN CASE w[2] {groups} END
        WHEN w[1] = '.well-known' AND w[2] = 'genid' THEN CASE WHEN {named.format(3)} THEN {{'kind': 'genid', 'id': w[3]}} END
        WHEN regexp_full_match(w[1], '[A-Za-z]+') AND w[1] NOT IN ({folders}) AND {named.format(2)}
        THEN {{'kind': w[1], 'id': w[2]}} END)[1] END"""


def _cuts(connection: duckdb.DuckDBPyConnection, most: int) -> dict[str, int]:
    """Return how many characters of ids name files, for kinds that would else have more files than they may."""
    cuts = {}
    run = connection.execute
    many = run(
        f"""SELECT kind FROM parts WHERE NOT starts_with(kind, 'group/') GROUP BY kind
        HAVING count(DISTINCT left(id, {LONGEST})) > ? ORDER BY kind""",
        [most],
    ).fetchall()
    for (kind,) in many:
        low, high = 1, LONGEST
        while high - low > 1:  # at `high` there are too many
            middle = (low + high) // 2
            query = "SELECT count(DISTINCT left(id, ?)) <= ? FROM parts WHERE kind = ?"
            ((fits,),) = run(query, [middle, most, kind]).fetchall()
            low, high = (middle, high) if fits else (low, middle)
        cuts[kind] = low
    return cuts
