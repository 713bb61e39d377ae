"""What a source hands on: rows with their place in a file, the facts of a row, and findings about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pyoxigraph import DefaultGraph, NamedNode, Quad, Triple

__all__ = ["Fact", "Finding", "Loaded", "Progress", "Row", "RowTable", "in_graph", "silent"]

#: Called with what is being done, how much of it is done and how much there is (0: unknown).
Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


def in_graph(triple: Triple, graph: NamedNode | None = None) -> Quad:
    """Return the quad of a triple in a graph, the default graph without one."""
    return Quad(triple.subject, triple.predicate, triple.object, graph or DefaultGraph())


class Fact(NamedTuple):
    """A triple and the columns it was made from, the one to blame first; none where it was derived."""

    triple: Triple
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowTable:
    """The file that rows came from: its shown name, the table it is, and its columns as they came."""

    file: str
    name: str
    header: tuple[str, ...]
    #: Position of each column that is read, by its canonical name.
    positions: dict[str, int]
    #: The number of the source.
    source: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One input row: `node` is the IRI of the thing it describes, `other` of the second end of a link row."""

    table: RowTable
    line: int
    cells: tuple[str, ...]
    node: str
    other: str = ""

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


@dataclass(slots=True)
class Loaded:
    """What a source read: rows that may become facts, and findings on those that can't.

    `facts` turns one of the rows into its facts; `derived` gives those that no single row states, from the rows
    that were accepted. `read` counts every row of every file, the rejected and the repeated ones too.
    """

    number: int
    rows: list[Row]
    findings: list[Finding]
    read: dict[str, int]
    facts: Callable[[Row], Iterable[Fact]]
    derived: Callable[[list[Row]], Iterator[Fact]] = field(default=lambda rows: iter(()))
