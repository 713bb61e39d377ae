"""Tables that read well: an Arrow table with the names of what its IRIs stand for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

import pyarrow as pa
from pyoxigraph import Literal

from kg.engines import Solutions
from kg.engines.base import Term
from kg.errors import UsageError
from kg.markup import environment
from kg.namespaces import XSD
from kg.publish.render import shown

__all__ = ["MOST_ROWS", "Table", "of_solutions", "render", "wanted"]

#: How many rows are shown, and how many characters of a cell.
MOST_ROWS, MOST_CHARACTERS = 20, 60
_WHOLE = frozenset(XSD[name] for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"))
_BROKEN = frozenset(XSD[name] for name in ("decimal", "double", "float"))


class Table:
    """An Arrow table that shows names in place of IRIs; what is read from it are the IRIs.

    It has the columns and methods of :class:`pyarrow.Table`, and can be handed to what reads Arrow by its C stream
    interface: DuckDB, Polars, ``pandas.DataFrame.from_arrow``.
    """

    def __init__(self, arrow: pa.Table, name_of: Callable[[object], object]) -> None:
        self._arrow = arrow
        self._name_of = name_of

    def to_arrow(self) -> pa.Table:
        """Return the Arrow table itself."""
        return self._arrow

    def to_pandas(self, **options: Any) -> Any:
        """Return a DataFrame.

        Raises
        ------
        UsageError
            when pandas is not installed.
        """
        wanted("pandas")
        return self._arrow.to_pandas(**options)

    def named(self) -> Table:
        """Return the table with the names of things in place of their IRIs."""
        columns = {}
        for name in self._arrow.column_names:
            column = self._arrow[name]
            if pa.types.is_string(column.type):
                column = pa.array([self._shown(cell) for cell in column.to_pylist()], pa.string())
            columns[name] = column
        return Table(pa.table(columns), self._name_of)

    def _shown(self, cell: object) -> str | None:
        """The name of what a cell stands for; of several, joined by semicolons, each."""
        if cell is None:
            return None
        parts = str(cell).split(";") if "://" in str(cell) else [str(cell)]
        return "; ".join(str(self._name_of(part)) for part in parts)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._arrow, name)
        if not callable(found):
            return found

        @wraps(found)
        def method(*given: Any, **options: Any) -> Any:
            plain = [one.to_arrow() if isinstance(one, Table) else one for one in given]
            answer = found(*plain, **options)
            return Table(answer, self._name_of) if isinstance(answer, pa.Table) else answer

        return method

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._arrow.__arrow_c_stream__(requested_schema)

    def __getitem__(self, key: str | int) -> pa.ChunkedArray:
        return self._arrow[key]

    def __len__(self) -> int:
        return int(self._arrow.num_rows)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._arrow)})

    def _cells(self) -> list[list[str]]:
        rows = self._arrow.slice(0, MOST_ROWS).to_pylist()
        return [["" if cell is None else self._cell(cell) for cell in row.values()] for row in rows]

    def _cell(self, cell: object) -> str:
        if isinstance(cell, float):
            return f"{cell:.4g}" if abs(cell) < 10_000 else f"{cell:.0f}"
        return shown(self._shown(cell) if isinstance(cell, str) else cell, MOST_CHARACTERS)

    @property
    def _more(self) -> str:
        count = f"{len(self)} rows" if len(self) != 1 else "1 row"
        return f"{count}; the first {MOST_ROWS} are shown" if len(self) > MOST_ROWS else count

    def __repr__(self) -> str:
        rows = [self._arrow.column_names, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([*lines, self._more])

    def _repr_html_(self) -> str:
        numbers = [pa.types.is_integer(t) or pa.types.is_floating(t) for t in self._arrow.schema.types]
        return render(
            "table.html.j2", names=self._arrow.column_names, rows=self._cells(), numbers=numbers, more=self._more
        )


def of_solutions(answer: Solutions, name_of: Callable[[object], object]) -> Table:
    """Return the solutions of a query as a table: numbers and truth values as such where a column has nothing else."""
    columns = zip(*answer.rows, strict=True) if answer.rows else [()] * len(answer.variables)
    return Table(
        pa.table({name: _column(list(column)) for name, column in zip(answer.variables, columns, strict=True)}), name_of
    )


def _column(terms: list[Term | None]) -> pa.Array:
    kinds = {term.datatype if isinstance(term, Literal) else None for term in terms if term is not None}
    texts = [None if term is None else term.value for term in terms]
    try:
        if kinds and kinds <= _WHOLE:
            return pa.array([None if text is None else int(text) for text in texts], pa.int64())
        if kinds and kinds <= _WHOLE | _BROKEN:
            return pa.array([None if text is None else float(Decimal(text)) for text in texts], pa.float64())
        if kinds == {XSD["boolean"]}:
            return pa.array([None if text is None else text in ("true", "1") for text in texts], pa.bool_())
    except (ValueError, ArithmeticError, pa.ArrowException):
        pass
    return pa.array(texts, pa.string())


def wanted(module: str) -> Any:
    """Return a library that is wanted now and then.

    Raises
    ------
    UsageError
        when it is not installed.
    """
    try:
        return __import__(module)
    except ImportError:
        raise UsageError(f"{module} is not installed; run: pip install 'clusterkg[notebook]'") from None


def render(template: str, **context: object) -> str:
    """Return what a notebook shows, as HTML or SVG; texts are escaped."""
    return environment("notebook").get_template(template).render(**context)
