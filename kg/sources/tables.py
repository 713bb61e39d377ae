"""The source `tables`: a folder of CSV or TSV files in the canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kg.engines.columnar import Drafts
from kg.errors import InputError, UsageError, nearest
from kg.frames import Frame, open_frame
from kg.mapping import TABLES, TableSpec, row_nodes, statements
from kg.rows import Loaded, Progress, Row, RowTable
from kg.sources.faults import Case, impossible, missing, take_rows
from kg.tables import brief

__all__ = ["OPTIONS", "keep_columns", "read", "shown_in"]

OPTIONS = ("columns", "extra_columns")
_SUFFIXES = (".csv", ".tsv")
_OTHER_FORMATS = (".xlsx", ".parquet", ".geojson")


def read(
    path: Path, shown: str, base: str, number: int, options: Mapping[str, object], drafts: Drafts, progress: Progress
) -> Loaded:
    """Read a folder of canonical tables; see :func:`kg.sources.read_source` for the parameters."""
    files = _files(path, shown)
    renamed = _renaming(options.get("columns", {}))
    ignore = _ignores_extra(options.get("extra_columns", "error"))
    reader = _Reader(base, drafts, Loaded(number), progress)
    used: set[str] = set()
    for name in TABLES:
        if name in files:
            frame = open_frame(files[name], shown=shown_in(shown, files[name]))
            positions = keep_columns(frame, _known(TABLES[name], renamed), required=_required(name), ignore=ignore)
            used |= {frame.header[position] for position in positions.values()}
            reader.read(name, frame, positions)
    for canonical, own in renamed.items():
        if own not in used:
            raise UsageError(f"[[source]] {number}: columns: no table has a column '{own}' to be read as '{canonical}'")
    return reader.loaded


def _files(path: Path, shown: str) -> dict[str, Path]:
    if not path.exists():
        raise InputError("there is no such folder", file=path)
    if not path.is_dir():
        raise InputError("a source of type 'tables' is a folder of CSV files, this is a file", file=path)
    found: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        suffix = file.suffix.lower()
        if suffix in _OTHER_FORMATS and file.stem in TABLES:
            raise InputError(f"{suffix} files can't be read yet: save the table as CSV", file=shown_in(shown, file))
        if suffix not in _SUFFIXES:
            continue
        if file.stem not in TABLES:
            raise InputError(
                f"'{file.stem}' is none of the canonical tables{nearest(file.stem, TABLES)}", file=shown_in(shown, file)
            )
        if file.stem in found:
            raise InputError(f"the table is there twice, as {found[file.stem].name} too", file=shown_in(shown, file))
        found[file.stem] = file
    if "organizations" not in found:
        raise InputError("organizations.csv is missing: a source of type 'tables' must have it", file=path)
    return found


def shown_in(folder: str, file: Path) -> str:
    """Return how a file is shown that is in a folder which is shown itself."""
    return file.name if folder in ("", ".") else f"{folder}/{file.name}"


def _renaming(value: object) -> dict[str, str]:
    known = {name for spec in TABLES.values() for name in spec.columns}
    if not isinstance(value, dict) or not all(isinstance(own, str) for own in value.values()):
        raise UsageError('columns must be a table such as { id = "siren", name = "denomination" }')
    for name in value:
        if name not in known:
            raise UsageError(f"columns: no canonical table has a column '{name}'{nearest(name, known)}")
    return value


def _ignores_extra(value: object) -> bool:
    if value not in ("error", "ignore"):
        raise UsageError(f'extra_columns = {value!r}: it must be "error" or "ignore"')
    return value == "ignore"


def _known(spec: TableSpec, renamed: Mapping[str, str]) -> dict[str, str]:
    """Return the canonical name of every header that a table may have."""
    return {name: name for name in spec.columns} | {own: name for name, own in renamed.items() if name in spec.columns}


def _required(name: str) -> list[str]:
    return [column for column, spec in TABLES[name].columns.items() if spec.required]


def keep_columns(frame: Frame, known: Mapping[str, str], *, required: Iterable[str], ignore: bool) -> dict[str, int]:
    """Return the position of each canonical column in a table.

    Raises
    ------
    InputError
        when a column is unknown (unless `ignore`), there twice, or missing though required.
    """
    shown = frame.shown
    positions: dict[str, int] = {}
    for position, header in enumerate(frame.header):
        canonical = known.get(header)
        if canonical is None:
            if ignore:
                continue
            name = brief(header)
            raise InputError(
                f"the column '{name}' is not known here{nearest(name, known)}"
                ' (extra_columns = "ignore" in the source passes over such columns)',
                file=shown,
                line=1,
            )
        if canonical in positions:
            raise InputError(f"the column '{canonical}' is there twice", file=shown, line=1)
        positions[canonical] = position
    for name in required:
        if name not in positions:
            raise InputError(f"the column '{name}' is missing", file=shown, line=1)
    return positions


class _Reader:
    """Reads table after table of one source."""

    def __init__(self, base: str, drafts: Drafts, loaded: Loaded, progress: Progress) -> None:
        self.base = base
        self.drafts = drafts
        self.loaded = loaded
        self.progress = progress

    def read(self, name: str, frame: Frame, positions: dict[str, int]) -> None:
        """Read the rows of a table, keep out those that nothing can be made of, and state what the others say."""
        spec = TABLES[name]
        table = self.drafts.add_table(frame.shown, name, self.loaded.number, frame.header, positions)
        nodes = row_nodes(self.base, name, table.cells)
        needed = name == "organizations"
        faults = take_rows(self.drafts, table, frame, nodes, self.loaded, self.progress, needed=needed)
        faults.surplus(frame.surplus)
        faults.short(frame)
        faults.reject(_key_faults(spec, table))
        if spec.link:
            faults.repeated(spec.key[0], by_cells=True)
        else:
            self.drafts.store.add_terms(f"SELECT iri AS key FROM {self.drafts.cells(table)}")
            faults.repeated("id")
        if frame.read == 0:
            faults.note(Row(table, 1, ()), "the table has a header and no rows", "EmptyTable")
        self.loaded.findings += faults.findings()
        self.drafts.state(table, statements(self.base, name, table.cells))


def _key_faults(spec: TableSpec, table: RowTable) -> list[Case]:
    """Return the faults of rows without a key, or with an id that no IRI can end in."""
    cases = []
    for column in spec.key:
        cases.append(missing(table, column))
        if column == "id" or spec.link:
            cases.append(impossible(table, column))
    return cases
