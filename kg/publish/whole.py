"""Whether a build is whole: each file that a site is made of is there, as long as the record of the run says."""

from __future__ import annotations

from pathlib import Path

from kg.build import COLUMNS_FILE, Build
from kg.errors import EngineError, InputError
from kg.results import COLUMNS

__all__ = ["whole"]

#: What a site is made of besides the tables.
_FILES = ("facts.nq", "inferred.nq", "rows.parquet", "report.csv", "report.html")
_BLOCK = 1 << 22


def whole(build: Build) -> None:
    """Check that no file of a build is missing or cut.

    Parameters
    ----------
    build:
        An open build. One made before sizes were recorded is checked by the numbers of its lines.

    Raises
    ------
    InputError
        when one is; the message names it.
    """
    sizes = build.run.get("sizes", {})
    counts = build.run.get("counts", {})
    # The record of a build counts the rows of its tables, which have a line for their names besides.
    lines = {f"{name}.csv": counts[name] + 1 for name in COLUMNS if name in counts}
    lines |= {"facts.nq": counts["facts"]} if "facts" in counts else {}
    for name in (*_FILES, *(f"{name}.csv" for name in COLUMNS)):
        file = build.folder / name
        if not file.is_file():
            raise InputError("a site is made of this file, and it is not there; build again", file=file)
        try:
            if name in sizes:
                _same(file, file.stat().st_size, sizes[name], "bytes")
            elif name in lines:
                _same(file, _lines(file), lines[name], "lines")
        except OSError as error:
            raise InputError(f"this can't be read ({error.strerror}); build again", file=file) from None
    columns = build.folder / COLUMNS_FILE
    if columns.is_file():
        if COLUMNS_FILE in sizes:
            _same(columns, columns.stat().st_size, sizes[COLUMNS_FILE], "bytes")
        try:
            _ = build.columns
        except EngineError:
            raise InputError("the file is damaged; build again", file=columns) from None


def _same(file: Path, found: int, wanted: int, what: str) -> None:
    if found != wanted:
        raise InputError(
            f"the file has {found:,} {what}, and the build wrote {wanted:,}: it is damaged; build again", file=file
        )


def _lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(_BLOCK), b""))
