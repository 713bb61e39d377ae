"""What the pages show, in one file of DuckDB: everything numbered, joined once, in the order in which it is written.

The graph is asked by SPARQL (``queries/publish``), whole columns at a time; what rules concluded of groups is read from
the CSV files of the build. A thing has a number ``n``, a name, and ``href``, its address from the root of the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

import duckdb
import pyarrow as pa

from kg.build import Build
from kg.catalog import find
from kg.database import connect
from kg.engines.columnar.store import MEMORY
from kg.identifiers import encode, short_hash
from kg.lines import csv_text
from kg.publish import model_sql
from kg.publish.addresses import LONGEST, Addresses
from kg.rows import Progress, silent

__all__ = ["LONGEST_NAME", "anchor_of", "frugal", "href_of", "make_model"]

#: So much of a name is kept; pages cut it again.
LONGEST_NAME = 400
#: What DuckDB may take while the model is made.
_MEMORY, _LITTLE = "3GB", "200MB"
_PLACE = "queries/publish"
_THINGS = {
    "organizations": "organization",
    "regions": "region",
    "sectors": "sector",
    "skills": "skill",
    "collaborations": "collaboration",
}
_LINKS = ("supplies", "competitions", "participations")
_PAIRS = (
    "declared",
    "in-sector",
    "requires-skill",
    "participants",
    "supplies-in-force",
    "takes-part-in",
    "competes-with",
    "left-out",
    "same-as",
    "same-group",
    "websites",
    "keywords",
    "others",
)
_TABLES = ("groups", "memberships", "candidates", "not_evidenced", "links_by_year")


def anchor_of(base: str, iri: str, kind: str) -> str:
    """Return the id that a thing has within its page: its encoded id, or a digest of it where that is long.

    >>> anchor_of("https://e.org/", "https://e.org/organization/a%2Fb", "organization")
    'a%2Fb'
    """
    rest = iri.removeprefix(base)
    name = rest.split("/", 1)[-1] if rest != iri else encode(iri)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 17]}-{short_hash(iri)}"


def href_of(file: str, anchor: str = "") -> str:
    """Return the address of a page from the root of the site.

    >>> href_of("organization/a%20", "a%20b")
    'page/organization/a%2520.html#a%2520b'
    """
    address = f"page/{quote(file, safe='/-_.~')}.html"
    return f"{address}#{quote(anchor, safe='/-_.~')}" if anchor else address


@contextmanager
def frugal(build: Build) -> Iterator[None]:
    """Let the engine of a build have little memory for a while, and forget what it has read when that is over."""
    if build.columns is None:
        yield
        return
    run = build.columns.store.connection.execute
    try:
        run(f"SET memory_limit = '{_MEMORY}'")
        yield
        with suppress(duckdb.Error):  # what is in use stays
            run(f"SET memory_limit = '{_LITTLE}'")
    finally:
        run(f"SET memory_limit = '{MEMORY}'")


def make_model(build: Build, addresses: Addresses, path: Path, progress: Progress = silent) -> None:
    """Write the model of a build.

    Parameters
    ----------
    build:
        An open build.
    addresses:
        Which files are about which IRI.
    path:
        The file of DuckDB; it must not be there.
    progress:
        Is told what is read.
    """
    engine = build.columns or build.engine
    names = [*_THINGS, *_LINKS, *_PAIRS]
    connection = connect(path, {"memory_limit": _MEMORY, "preserve_insertion_order": False})
    run = connection.execute
    try:
        with frugal(build):
            for place, name in enumerate(names):
                progress("reading", place, len(names))
                table = engine.table(find(_PLACE, name).text)
                if name in _THINGS or name in _LINKS:
                    # A link that has an IRI of its own is on a page of other things.
                    table = _addressed(table, addresses, _THINGS.get(name, ""))
                connection.register("read", table)
                run(f'CREATE TABLE "read_{name.replace("-", "_")}" AS SELECT * FROM read')
                connection.unregister("read")
                del table
        for name in _TABLES:
            run(f"""CREATE TABLE read_{name} AS SELECT * FROM read_csv(?, header = true, all_varchar = true, delim = ',',
                quote = '"', escape = '"', max_line_size = 16777216, auto_detect = false, columns = {_columns(build, name)})""",
                [str(build.folder / f"{name}.csv")])  # fmt: skip
        run("CREATE TABLE rows AS SELECT node, other, file, line FROM read_parquet(?)",
            [str(build.folder / "rows.parquet")])  # fmt: skip
        profile = build.run["profile"]
        levels = {"region_level": int(profile["region_level"]), "sector_level": int(profile["sector_level"])}
        for number, text in enumerate(model_sql.STEPS):
            progress("joining", number, len(model_sql.STEPS))
            run(text.replace("$region_level", str(levels["region_level"]))
                .replace("$sector_level", str(levels["sector_level"]))
                .replace("$base", build.base.replace("'", "''")))  # fmt: skip
        _groups(connection, addresses)
        for number, text in enumerate(model_sql.LAST):
            progress("joining", number, len(model_sql.LAST))
            run(text)
        run("CHECKPOINT")
    finally:
        connection.close()


def _columns(build: Build, name: str) -> str:
    with (build.folder / f"{name}.csv").open(encoding="utf-8") as stream:
        header = stream.readline().strip().split(",")
    assert csv_text(header).count('"') == 0
    return "{" + ", ".join(f"'{column}': 'VARCHAR'" for column in header) + "}"


def _mapped(values: Sequence[str], function: Callable[[str], str | None]) -> pa.Array:
    return pa.array([function(value) for value in values], pa.string())


def _addressed(table: pa.Table, addresses: Addresses, kind: str) -> pa.Table:
    """Return a table of things with the files and the anchors of their pages."""
    iris = table["iri"].to_pylist()
    base, file = addresses.base, addresses.file
    files = _mapped(iris, lambda iri: file(iri, kind))
    anchors = _mapped(iris, lambda iri: anchor_of(base, iri, kind))
    names = _mapped(iris, lambda iri: unquote(iri.rsplit("/", 1)[-1])[:LONGEST_NAME])
    return table.append_column("file", files).append_column("anchor", anchors).append_column("end", names)


def _groups(connection: duckdb.DuckDBPyConnection, addresses: Addresses) -> None:
    """Give every candidate its address."""
    iris = connection.sql("SELECT iri FROM found_groups").to_arrow_table()["iri"].to_pylist()
    files = [addresses.file(iri, "group/declared") or "" for iri in iris]
    table = pa.table({
        "iri": pa.array(iris, pa.string()),
        "file": pa.array(files, pa.string()),
        "href": pa.array([href_of(file) for file in files], pa.string()),
    })  # fmt: skip
    connection.register("addressed", table)
    connection.execute("CREATE TABLE group_addresses AS SELECT * FROM addressed")
    connection.unregister("addressed")
