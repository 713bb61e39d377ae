"""What a translation knows of the stored graph: its pieces, the numbers of its terms, and which classes stand where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from kg.sparql.sql import column, number, select, sql
from kg.sparql.terms import ALL, RESOURCES

__all__ = ["Piece", "Schema"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A table of some triples of one predicate.

    It has the column s; the column o unless all have one `object`; the column g unless all are in one `graph` (0: the
    default graph). `subjects` and `objects` are the classes of terms in s and o. What is `hidden` is seen only by a
    pattern that names predicate and object.
    """

    name: str
    predicate: int
    object: int | None = None
    graph: int | None = 0
    subjects: int = RESOURCES
    objects: int = ALL
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """A stored graph.

    `number_of` gives the number of a term by its key, `expect` has those of many found at once; `numbered` gives it too and makes sure that the dictionary ``terms``
    (id, key) has it. `disjoint` is set when no triple is in two graphs, so
    that their union holds none twice; `named` unless it is not known which graph a triple is in.
    """

    number_of: Callable[[str], int]
    numbered: Callable[[str], int]
    expect: Callable[[Iterable[str]], None]
    pieces: dict[int, list[Piece]] = field(default_factory=dict)
    disjoint: bool = True
    union: bool = False
    named: bool = True

    def chosen(self, predicate: int | None, objects: frozenset[int] | None = None) -> list[Piece]:
        """Return the pieces that may have triples of a predicate (None: of any) and one of some objects (None: any)."""
        found = (
            [p for pieces in self.pieces.values() for p in pieces]
            if predicate is None
            else self.pieces.get(predicate, [])
        )
        if objects is None:
            return [piece for piece in found if not piece.hidden]
        return [piece for piece in found if piece.object is None or piece.object in objects]

    def triples(
        self, predicate: int | None, graph: int | str | None, objects: frozenset[int] | None = None
    ) -> exp.Query:
        """Return s, o (and p when no predicate is given, g when the graph is a variable) of the triples of a graph.

        Parameters
        ----------
        predicate:
            The number of a predicate, or None for all.
        graph:
            None for the default graph, a number for a named one, a text for any named graph.
        objects:
            The numbers of the objects that are looked for, where they are known: pieces that can't have one are left
            out; rows may have others.
        """
        names = (["p"] if predicate is None else []) + ["s", "o"] + (["g"] if isinstance(graph, str) else [])
        parts = [self._rows(piece, names, graph) for piece in self.chosen(predicate, objects)]
        return self._together([part for part in parts if part is not None], names, graph)

    def nodes(self, graph: int | str | None) -> exp.Query:
        """Return n (and g) of the subjects and objects of a graph, each once."""
        names = ["n", "g"] if isinstance(graph, str) else ["n"]
        parts = []
        for piece in self.chosen(None):
            for end in ("s", "o"):
                found = self._rows(piece, [end, *names[1:]], graph)
                if found is not None:
                    alias = exp.TableAlias(this=exp.to_identifier("e"), columns=[exp.to_identifier(n) for n in names])
                    parts.append(
                        exp.select(*map(column, names)).from_(exp.Subquery(this=found, alias=alias), copy=False)
                    )
        return self._distinct(self._together(parts, names, 0), names)

    def graphs(self) -> exp.Query:
        """Return g of the named graphs, each once."""
        parts = [found for piece in self.chosen(None) if (found := self._rows(piece, ["g"], "g")) is not None]
        return self._distinct(self._together(parts, ["g"], 0), ["g"])

    def classes(self, predicate: int, objects: frozenset[int] | None = None) -> tuple[int, int]:
        """Return the classes of terms that are subjects and objects in the pieces that :meth:`triples` has."""
        of_subjects = of_objects = 0
        for piece in self.chosen(predicate, objects):
            of_subjects |= piece.subjects
            of_objects |= piece.objects
        return of_subjects, of_objects

    def _rows(self, piece: Piece, names: Sequence[str], graph: int | str | None) -> exp.Select | None:
        """Return the rows of a piece that are in a graph; nothing when none can be."""
        constants = {"p": piece.predicate, "o": piece.object, "g": piece.graph}
        cells = {}
        for name in names:
            known = constants.get(name)
            cells[name] = column(name) if known is None else number(known)
        query = select(cells).from_(exp.to_table(piece.name), copy=False)
        default = None if self.union else 0
        wanted = default if graph is None else None if isinstance(graph, str) else graph
        if piece.graph is None:
            if isinstance(graph, str):
                return query.where(sql("g <> 0"), copy=False)
            return query if wanted is None else query.where(sql("g = a", a=number(wanted)), copy=False)
        if (isinstance(graph, str) and piece.graph == 0) or (wanted is not None and piece.graph != wanted):
            return None
        return query

    def _together(self, parts: Sequence[exp.Query], names: Sequence[str], graph: int | str | None) -> exp.Query:
        if not parts:
            return select({name: sql("cast(null as bigint)") for name in names}).where(exp.false(), copy=False)
        out = parts[0]
        for part in parts[1:]:
            out = exp.union(out, part, distinct=False, copy=False)
        return out if graph is not None or not self.union or self.disjoint else self._distinct(out, names)

    @staticmethod
    def _distinct(query: exp.Query, names: Iterable[str]) -> exp.Query:
        return (
            exp.select(*(column(name) for name in names))
            .distinct(copy=False)
            .from_(query.subquery("d", copy=False), copy=False)
        )
