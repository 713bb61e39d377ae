"""Two engines that hold the same graph: every rule is run on both, and what differs or is refused is noted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from kg.engines import OxigraphEngine
from kg.engines.columnar import ColumnarEngine
from kg.errors import UnsupportedQuery
from tests.engines.library import canonical_rows

__all__ = ["PairEngine"]


class PairEngine(OxigraphEngine):
    """Oxigraph, with the columnar engine beside it; each instance is kept in :attr:`made`."""

    made: list[PairEngine]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.columnar = ColumnarEngine(union=self.union, threads=1)
        self.refused: dict[str, str] = {}
        self.different: list[str] = []
        self.agreed = 0
        self.made.append(self)

    def add(self, triples: Iterable[ox.Triple]) -> None:
        given = list(triples)
        super().add(given)
        self.columnar.add(given)

    def load(self, quads: Iterable[ox.Quad]) -> None:
        given = list(quads)
        super().load(given)
        self.columnar.load(given)

    def run_rule(self, construct: str) -> int:
        self.compare(construct)
        return super().run_rule(construct)

    def compare(self, text: str, bindings: Any = None) -> None:
        """Answer on both engines and note the outcome."""
        try:
            answer = self.columnar.query(text, bindings)
        except UnsupportedQuery as error:
            self.refused[text] = str(error)
            return
        expected = self.select(text, bindings) if bindings else self.query(text)
        if canonical_rows(answer) == canonical_rows(expected):
            self.agreed += 1
        else:
            self.different.append(text)
