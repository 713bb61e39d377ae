"""Rows that nothing can be made of: SQL finds them, and a finding is made of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kg.engines.columnar import Drafts
from kg.errors import InputError
from kg.frames import Frame
from kg.rows import Finding, Loaded, Progress, Row, RowTable
from kg.tables import BrokenRow

__all__ = ["Case", "Faults", "impossible", "missing", "take_rows"]

#: A fault: SQL that is true of the rows that have it, the column to blame, SQL for the message, and the component.
Case = tuple[str, str, str, str]


def missing(table: RowTable, column: str) -> Case:
    """Return the fault of a row that lacks what must be there."""
    return f"blank({table.cells[column]})", column, f"'the {column} is missing'", "MissingKey"


def impossible(table: RowTable, column: str) -> Case:
    """Return the fault of a row whose id can't be the end of an IRI."""
    cell = table.cells[column]
    message = f"'''' || {cell} || ''' can''t be an id: an IRI can''t end in it'"
    return f"{cell} IN ('.', '..')", column, message, "ImpossibleId"


def take_rows(
    drafts: Drafts,
    table: RowTable,
    frame: Frame,
    nodes: tuple[str, str],
    loaded: Loaded,
    progress: Progress,
    *,
    needed: bool,
) -> Faults:
    """Take in the rows of a file and return the faults of those that can't be parsed.

    Parameters
    ----------
    drafts, table, frame:
        Where the rows go, and where they come from.
    nodes:
        SQL for the node that a row describes, and for its second end.
    loaded:
        Notes how many rows the file has.
    progress:
        Called after each batch.
    needed:
        Whether there is nothing to build without rows.

    Raises
    ------
    InputError
        when the file can't be read, or is needed and has no rows.
    """
    for batch in frame.batches:
        drafts.fill(table, batch, iri=nodes[0], other=nodes[1])
        progress(f"reading {table.file}", frame.read, 0)
    loaded.read[table.file] = frame.read
    if needed and frame.read == 0:
        raise InputError("the table has a header and no rows: there is nothing to build", file=table.file, line=1)
    faults = Faults(drafts, table)
    faults.broken(frame.broken)
    return faults


class Faults:
    """The findings on the rows of one table; the rows that are rejected or repeated are no rows of the drafts any more.

    Parameters
    ----------
    drafts, table:
        Where the rows are.
    same:
        The faults of another table that is read from the same file.
    """

    def __init__(self, drafts: Drafts, table: RowTable, same: Faults | None = None) -> None:
        self.drafts = drafts
        self.table = table
        self._lines: dict[int, Row] = same._lines if same else {}
        self._found: list[Finding] = []

    def findings(self) -> list[Finding]:
        """Return what was found, in the order of the lines."""
        return sorted(self._found, key=lambda finding: finding.line)

    def broken(self, rows: Iterable[BrokenRow]) -> None:
        """Note the rows that can't be parsed."""
        for item in rows:
            row = Row(self.table, item.line, (item.text,))
            self._add("rejected", f"the row {item.reason}", "UnreadableRow", row, value=item.text[:80])

    def surplus(self, rows: Iterable[tuple[int, tuple[str, ...]]]) -> None:
        """Note the rows, given by their lines and all their cells, with more cells than the header has columns."""
        width = len(self.table.header)
        for line, cells in rows:
            if surplus := [cell for cell in cells[width:] if cell.strip()]:
                message = f"the row has {len(surplus)} more cells than the header has columns"
                row = Row(self.table, line, cells[:width])
                self._add("left-out", message, "SurplusCells", row, value=";".join(surplus)[:200])

    def short(self, frame: Frame) -> None:
        """Note the rows with fewer cells than the header has columns; the cells that are not there are empty."""
        width = len(self.table.header)
        for line, cells in frame.short:
            missing = width - len(cells)
            message = f"the row has {missing} {'cell' if missing == 1 else 'cells'} fewer than the header has columns"
            self.note(Row(self.table, line, cells), message, "MissingCells")
        more = frame.short_rows - len(frame.short)
        if more:
            message = f"{more} more rows have fewer cells than the header has columns"
            self.note(Row(self.table, 1, ()), message, "MissingCells")

    def note(self, row: Row, message: str, component: str, *, focus: str = "") -> None:
        """Note something that changes nothing."""
        self._add("kept", message, component, row, focus=focus)

    def reject(self, cases: Sequence[Case]) -> None:
        """Keep out the rows that have one of some faults; the first that a row has counts."""
        conditions = " OR ".join(f"({condition})" for condition, *_ in cases)
        number = " ".join(f"WHEN {condition} THEN {place}" for place, (condition, *_) in enumerate(cases))
        message = " ".join(f"WHEN {condition} THEN {text}" for condition, _, text, _ in cases)
        found = self.drafts.store.connection.execute(
            f"""SELECT row, CASE {number} END, CASE {message} END FROM {self.drafts.cells(self.table)}
            WHERE {conditions} ORDER BY row"""
        ).fetchall()
        rows = self._take(row for row, *_ in found)
        for row, place, text in found:
            _, column, _, component = cases[place]
            self._add("rejected", text, component, rows[row], column=column, value=rows[row][column])

    def repeated(self, column: str, *, by_cells: bool = False, focus: bool = True) -> None:
        """Take out the rows that repeat one before them, and reject those that give its id to something else.

        Parameters
        ----------
        column:
            The column with the id of the node.
        by_cells:
            Whether rows are the same only when all their cells are.
        focus:
            Whether findings name the node.
        """
        cells = self.drafts.cells(self.table)
        names = [f"c{place}" for place in range(len(self.table.header))]
        group = f"node, {', '.join(names)}" if by_cells else "node"
        same = " AND ".join(f"r.{name} = f.{name}" for name in names)
        run = self.drafts.store.connection.execute
        run(f"""CREATE TEMP TABLE repeats AS SELECT row, min(row) OVER (PARTITION BY {group}) AS first FROM {cells}
            SEMI JOIN (SELECT node FROM {cells} GROUP BY node HAVING count(*) > 1) USING (node)""")
        found = run(f"""SELECT r.row, first, substr(r.iri, 2), {same} FROM repeats p
            JOIN {cells} r ON r.row = p.row JOIN {cells} f ON f.row = p.first WHERE p.row <> first
            ORDER BY r.row""").fetchall()
        run("DROP TABLE repeats")
        rows = self._take(row for row, *_ in found)
        for number, first, iri, is_same in found:
            row, line, node = rows[number], self.drafts.line(first), iri if focus else ""
            if is_same:
                self.note(row, f"the row is the same as line {line} and adds nothing", "RepeatedRow", focus=node)
            else:
                message = f"the id '{row[column]}' was already given in line {line}"
                self._add("rejected", message, "DuplicateId", row, column=column, value=row[column], focus=node)

    def _take(self, numbers: Iterable[int]) -> dict[int, Row]:
        listed = list(numbers)
        rows = self.drafts.rows(listed)
        self.drafts.discard(listed)
        return {number: self._lines.setdefault(row.line, row) for number, row in rows.items()}

    def _add(
        self, effect: str, message: str, component: str, row: Row, *, column: str = "", value: str = "", focus: str = ""
    ) -> None:
        self._found.append(
            Finding(
                "Warning" if effect == "kept" else "Violation",
                effect,  # type: ignore[arg-type]
                message,
                source=self.table.source,
                file=self.table.file,
                line=row.line,
                column=column,
                value=value,
                focus=focus,
                component=component,
                row=row,
            )
        )
