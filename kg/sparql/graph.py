"""What a translation knows of the stored graph: its tables, the numbers of its terms, and which classes stand where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from kg.sparql.sql import any_of, column, number, sql
from kg.sparql.terms import ALL, RESOURCES

__all__ = ["Schema", "Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """The table of a predicate: columns s, o and g (0 for the default graph), and the classes of terms in s and o."""

    name: str
    predicate: int
    subjects: int = RESOURCES
    objects: int = ALL


@dataclass(frozen=True, slots=True)
class Schema:
    """A stored graph.

    `number_of` finds the number of a stored term, `numbered` gives one to any term. `tables` has a table for each predicate by its number; the view ``quads`` (p, s, o, g) has them all, ``terms``
    (id, key, num) the dictionary, ``nodes`` (n, g) each subject and object of each graph. `single` is set when all
    triples are in one graph, so that a union of graphs holds no triple twice.
    """

    number_of: Callable[[str], int | None]
    numbered: Callable[[str], int]
    tables: Mapping[int, Table] = field(default_factory=dict)
    single: bool = True
    union: bool = False

    def triples(self, predicate: int | None, graph: int | str | None) -> exp.Query:
        """Return s, o (and p when no predicate is given, g when the graph is a variable) of the triples of a graph.

        Parameters
        ----------
        predicate:
            The number of a predicate, or None for all.
        graph:
            None for the default graph, a number for a named one, a text for any named graph.
        """
        if predicate is not None and predicate not in self.tables:
            return sql(
                "select cast(null as bigint) as s, cast(null as bigint) as o, cast(null as bigint) as g where false"
            )  # type: ignore[return-value]
        source = "quads" if predicate is None else self.tables[predicate].name
        names = (["p"] if predicate is None else []) + ["s", "o"] + (["g"] if isinstance(graph, str) else [])
        query = exp.select(*(column(name) for name in names)).from_(source)
        return self._of_graph(query, graph)

    def nodes(self, graph: int | str | None) -> exp.Query:
        """Return n (and g) of the subjects and objects of a graph."""
        names = ["n", "g"] if isinstance(graph, str) else ["n"]
        return self._of_graph(exp.select(*(column(name) for name in names)).from_("nodes"), graph)

    def _of_graph(self, query: exp.Select, graph: int | str | None) -> exp.Query:
        if isinstance(graph, str):
            return query.where(sql("g <> 0"))
        if graph is not None:
            return query.where(any_of(sql("g = b", b=number(graph))))
        if not self.union:
            return query.where(sql("g = 0"))
        return query if self.single else query.distinct()
