"""What a source hands on: rows with their place in a file, what rows state, and findings about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pyoxigraph import DefaultGraph, NamedNode, Quad, Triple

__all__ = [
    "LAST_LINE",
    "Finding",
    "Loaded",
    "Progress",
    "Row",
    "RowCounts",
    "RowTable",
    "Statement",
    "in_graph",
    "silent",
]

#: Called with what is being done, how much of it is done and how much there is (0: unknown).
Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def in_graph(triple: Triple, graph: NamedNode | None = None) -> Quad:
    """Return the quad of a triple in a graph, the default graph without one."""
    return Quad(triple.subject, triple.predicate, triple.object, graph or DefaultGraph())


@dataclass(frozen=True, slots=True)
class Statement:
    """What each row of a table states, as SQL over its cells: terms are keys (see :mod:`kg.sparql.terms`).

    The subject is the thing that the row describes where none is given. `columns` are those that the statement is made
    from, the one to blame first. With `items`, a cell of several values, the object is made from each ``item`` of it.
    `once` says that no two rows state the same, `known` that a statement before has the subject as a term.
    """

    predicate: NamedNode
    object: NamedNode | str
    columns: tuple[str, ...] = ()
    subject: str = ""
    where: str = ""
    items: str = ""
    once: bool = False
    known: bool = False


#: The greatest number that a row has in its table, and so the last line that is told.
LAST_LINE = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class RowTable:
    """A file that rows come from: its shown name, the table it is, and its columns as they came.

    A table of ``statements`` has a triple in each row.
    """

    file: str
    name: str
    header: tuple[str, ...] = ()
    #: Position of each column that is read, by its canonical name.
    positions: Mapping[str, int] = field(default_factory=dict)
    #: The number of the source.
    source: int = 1
    #: What the numbers of its rows begin at.
    base: int = 0
    #: The last line that a row can be of, 0 where there are none: rows with greater numbers are of no line.
    lines: int = LAST_LINE

    @property
    def cells(self) -> dict[str, str]:
        """The columns that are read, as SQL over the table's rows."""
        return {name: f"c{position}" for name, position in self.positions.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One input row that something is said about."""

    table: RowTable
    line: int
    cells: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        position = self.table.positions.get(column)
        return "" if position is None or position >= len(self.cells) else self.cells[position]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with an input: where, what, and what was done about it."""

    severity: Literal["Violation", "Warning", "Info"]
    effect: Literal["rejected", "left-out", "kept"]
    message: str
    source: int = 0
    file: str = ""
    line: int = 0
    column: str = ""
    value: str = ""
    focus: str = ""
    path: str = ""
    component: str = ""
    shape: str = ""
    #: The value as a term in N-Triples form, where the shapes gave one; `value` is the text of the cell.
    term: str = ""
    #: The row as it came, with its columns; for a row that can't be parsed the text it begins with.
    row: Row | None = None
    #: What the shape says of every such value; `message` says it of this one.
    stated: str = ""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows all files have, and how many of them are kept out."""

    read: int
    rejected: int

    @property
    def accepted(self) -> int:
        """The others."""
        return self.read - self.rejected


@dataclass(slots=True)
class Loaded:
    """What is known of a source once its rows are drafts.

    `read` counts every row of every file, the rejected and the repeated ones too. `derive` states anew what no single
    row states, from the rows that are accepted.
    """

    number: int
    findings: list[Finding] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    derive: Callable[[], None] = field(default=lambda: None)
