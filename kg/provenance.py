"""Where each fact of a project is from, as triples: the file, the line and the column that state it.

Nothing of this is kept in a build but which rows describe which node: facts are many, and their places follow from the
inputs. On request the inputs are read once more.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from kg.engines.columnar.drafts import Drafts
from kg.engines.columnar.store import quoted
from kg.lines import write_lines
from kg.namespaces import CKGSH, PROV, RDF
from kg.project import prepared
from kg.rows import LAST_LINE, Progress, silent

__all__ = ["write_provenance"]


def write_provenance(folder: Path | str, target: Path, *, progress: Progress = silent) -> int:
    """Write, as N-Triples, a `rdf:Statement` for each row that states a fact, with the place it is derived from.

    The place is a fragment of the file as RFC 7111 has it, ``organizations.csv#row=4711``, with its line and column.

    Parameters
    ----------
    folder:
        A project folder; its inputs are read and validated, and only what is accepted is written.
    target:
        The file to write.
    progress:
        Called with what is being done.

    Returns
    -------
    How many facts were written, one for each row that states it.

    Raises
    ------
    UsageError, InputError
        when the project or an input can't be read.
    """
    with (
        tempfile.TemporaryDirectory() as place,
        prepared(Path(folder), Path(place), progress=progress) as (base, drafts),
    ):
        progress("writing provenance", 0, 0)
        written = write_lines(drafts.store.connection, _lines(base, drafts), target)
    return written.lines


def _lines(base: str, drafts: Drafts) -> str:
    columns = ", ".join(f"({part}, {quoted(next(iter(names), ''))})" for part, names in enumerate(drafts.columns))
    tables = ", ".join(
        f"({table.base >> 32}, {quoted(f'{base}source/{table.source}/')}, {quoted(table.file)}, {table.lines})"
        for table in drafts.tables
        if table.file
    )
    found = f"""SELECT s.key AS s, p.key AS p, ntriples(key_of_id(f.o, o.key)) AS o, t.place, t.file, c.name,
            CASE WHEN f.row & {LAST_LINE} <= t.lines THEN f.row & {LAST_LINE} END AS line
        FROM ({drafts.facts()}) f JOIN terms s ON s.id = f.s JOIN terms p ON p.id = f.p LEFT JOIN terms o ON o.id = f.o
        JOIN (VALUES {tables}) t (number, place, file, lines) ON t.number = f.row >> 32
        JOIN (VALUES {columns}) c (part, name) ON c.part = f.part"""
    where = (
        """place || replace(url_encode(file), '%2F', '/') || CASE WHEN line IS NULL THEN '' ELSE '#row=' || line END"""
    )
    said = {
        RDF["type"]: f"'{RDF['Statement']}'",
        RDF["subject"]: "s || '>'",
        RDF["predicate"]: "p || '>'",
        RDF["object"]: "o",
        PROV["wasDerivedFrom"]: "'<' || place || '>'",
        CKGSH["file"]: "'\"' || escaped(file) || '\"'",
        CKGSH["line"]: "'\"' || line || '\"^^<http://www.w3.org/2001/XMLSchema#integer>'",
        CKGSH["column"]: "CASE WHEN name <> '' THEN '\"' || escaped(name) || '\"' END",
    }
    triples = " || chr(10) || ".join(
        f"coalesce(n || ' {predicate} ' || ({term}) || ' .', '')" for predicate, term in said.items()
    )
    return f"""SELECT regexp_replace({triples}, '\\n+', chr(10), 'g') AS line FROM (
        SELECT * REPLACE ({where} AS place),
            '<{base}statement/' || left(sha256(s || chr(10) || p || chr(10) || o || chr(10) || file || chr(10) ||
                coalesce(line, 0)), 16) || '>' AS n
        FROM ({found}))"""
