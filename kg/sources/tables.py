"""The source `tables`: a folder of CSV or TSV files in the canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kg.errors import InputError, UsageError, nearest
from kg.mapping import TABLES, TableSpec, row_facts, row_nodes
from kg.rows import Fact, Finding, Loaded, Progress, Row, RowTable
from kg.tables import BrokenRow, Table, open_table

__all__ = ["OPTIONS", "broken", "keep_columns", "read", "rejected"]

OPTIONS = ("columns", "extra_columns")
_SUFFIXES = (".csv", ".tsv")
_OTHER_FORMATS = (".xlsx", ".parquet", ".geojson")
_STEP = 5_000


def read(path: Path, base: str, number: int, options: Mapping[str, object], progress: Progress) -> Loaded:
    """Read a folder of canonical tables; see :func:`kg.sources.read_source` for the parameters."""
    files = _files(path)
    renamed = _renaming(options.get("columns", {}))
    ignore = _ignores_extra(options.get("extra_columns", "error"))
    reader = _Reader(base, number, progress)
    used: set[str] = set()
    for name in TABLES:
        if name in files:
            table = open_table(files[name], shown=_shown(files[name]))
            positions = keep_columns(table, _known(TABLES[name], renamed), required=_required(name), ignore=ignore)
            used |= {table.header[position] for position in positions.values()}
            reader.read(name, table, positions)
    for canonical, own in renamed.items():
        if own not in used:
            raise UsageError(f"[[source]] {number}: columns: no table has a column '{own}' to be read as '{canonical}'")
    return reader.loaded


def _files(path: Path) -> dict[str, Path]:
    if not path.exists():
        raise InputError("there is no such folder", file=path)
    if not path.is_dir():
        raise InputError("a source of type 'tables' is a folder of CSV files, this is a file", file=path)
    found: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        suffix = file.suffix.lower()
        if suffix in _OTHER_FORMATS and file.stem in TABLES:
            raise InputError(f"{suffix} files can't be read yet: save the table as CSV", file=_shown(file))
        if suffix not in _SUFFIXES:
            continue
        if file.stem not in TABLES:
            raise InputError(
                f"'{file.stem}' is none of the canonical tables{nearest(file.stem, TABLES)}", file=_shown(file)
            )
        if file.stem in found:
            raise InputError(f"the table is there twice, as {found[file.stem].name} too", file=_shown(file))
        found[file.stem] = file
    if "organizations" not in found:
        raise InputError("organizations.csv is missing: a source of type 'tables' must have it", file=path)
    return found


def _shown(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


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


def keep_columns(table: Table, known: Mapping[str, str], *, required: Iterable[str], ignore: bool) -> dict[str, int]:
    """Return the position of each canonical column in a table.

    Raises
    ------
    InputError
        when a column is unknown (unless `ignore`), there twice, or missing though required.
    """
    shown = _shown(table.path)
    positions: dict[str, int] = {}
    for position, header in enumerate(table.header):
        canonical = known.get(header)
        if canonical is None:
            if ignore:
                continue
            raise InputError(
                f"the column '{header}' is not known here{nearest(header, known)}"
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


def rejected(row: Row, column: str, message: str, component: str, number: int) -> Finding:
    """Return the finding that keeps a row out."""
    return Finding(
        "Violation",
        "rejected",
        message,
        source=number,
        file=row.table.file,
        line=row.line,
        column=column,
        value=row[column] if column else "",
        focus=row.node,
        component=component,
        row=row,
    )


def broken(item: BrokenRow, table: RowTable, number: int) -> Finding:
    """Return the finding for a row that can't be parsed."""
    row = Row(table, item.line, (item.text,), "")
    return Finding(
        "Violation",
        "rejected",
        f"the row {item.reason}",
        source=number,
        file=table.file,
        line=item.line,
        value=item.text[:80],
        component="UnreadableRow",
        row=row,
    )


class _Reader:
    """Reads table after table and keeps what the rows of one source share: the ids that were given."""

    def __init__(self, base: str, number: int, progress: Progress) -> None:
        self.base = base
        self.progress = progress
        self.names: dict[int, str] = {}
        self.loaded = Loaded(number, [], [], {}, self.facts)

    def facts(self, row: Row) -> Iterator[Fact]:
        return row_facts(self.base, row.table.name, row)

    def read(self, name: str, table: Table, positions: dict[str, int]) -> None:
        spec = TABLES[name]
        shown = RowTable(_shown(table.path), name, table.header, positions, self.loaded.number)
        seen: dict[str, Row] = {}
        count = 0
        for item in table.rows:
            count += 1
            if count % _STEP == 0:
                self.progress(f"reading {shown.file}", count, 0)
            if isinstance(item, BrokenRow):
                self.loaded.findings.append(broken(item, shown, self.loaded.number))
                continue
            self.row(name, spec, Row(shown, item[0], item[1], ""), seen)
        self.loaded.read[shown.file] = count
        if count == 0:
            if name == "organizations":
                raise InputError(
                    "the table has a header and no rows: there is nothing to build", file=shown.file, line=1
                )
            self.note(Row(shown, 1, (), ""), "the table has a header and no rows", "EmptyTable")

    def note(self, row: Row, message: str, component: str) -> None:
        self.loaded.findings.append(
            Finding(
                "Warning",
                "kept",
                message,
                source=self.loaded.number,
                file=row.table.file,
                line=row.line,
                focus=row.node,
                component=component,
                row=row,
            )
        )

    def row(self, name: str, spec: TableSpec, row: Row, seen: dict[str, Row]) -> None:
        findings = self.loaded.findings
        number = self.loaded.number
        width = len(row.table.header)
        surplus = [cell for cell in row.cells[width:] if cell.strip()]
        row = Row(row.table, row.line, row.cells[:width], "")
        if surplus:
            findings.append(
                Finding(
                    "Violation",
                    "left-out",
                    f"the row has {len(surplus)} more cells than the header has columns",
                    source=number,
                    file=row.table.file,
                    line=row.line,
                    value=";".join(surplus)[:200],
                    focus=row.node,
                    component="SurplusCells",
                    row=row,
                )
            )
        for column in spec.key:
            if not row[column].strip():
                findings.append(rejected(row, column, f"the {column} is missing", "MissingKey", number))
                return
            if row[column] in (".", "..") and (column == "id" or spec.link):
                findings.append(
                    rejected(
                        row, column, f"'{row[column]}' can't be an id: an IRI can't end in it", "ImpossibleId", number
                    )
                )
                return
        row = Row(row.table, row.line, row.cells, *row_nodes(self.base, name, row))
        key = "\n".join(row.cells) if spec.link else row["id"]
        if first := seen.get(key):
            if first.cells == row.cells:
                self.note(row, f"the row is the same as line {first.line} and adds nothing", "RepeatedRow")
            else:
                message = f"the id '{row['id']}' was already given in line {first.line}"
                findings.append(rejected(row, "id", message, "DuplicateId", number))
            return
        seen[key] = row
        self.loaded.rows.append(row)
