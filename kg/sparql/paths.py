"""Property paths as queries of pairs (s, o), with the graph g where that is a variable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.term import URIRef
from sqlglot import exp

from kg.errors import UnsupportedQuery
from kg.sparql.graph import Schema
from kg.sparql.relation import fresh
from kg.sparql.sql import all_of, column, number, select, sql
from kg.sparql.terms import ALL, key_of

__all__ = ["PathCompiler"]


@dataclass(frozen=True, slots=True)
class PathCompiler:
    """Compiles paths over one graph of a schema; `between` gives n (and g) of the nodes that the whole path can join."""

    schema: Schema
    graph: int | str | None
    between: exp.Query | None = None

    @property
    def names(self) -> list[str]:
        """The columns of every query here."""
        return ["s", "o", "g"] if isinstance(self.graph, str) else ["s", "o"]

    @property
    def _inside(self) -> PathCompiler:
        """Compiles the parts of a path, whose ends can be any node."""
        return replace(self, between=None)

    def pairs(self, path: Path | URIRef, start: int | None = None, end: int | None = None) -> exp.Query:
        """Return the pairs that a path joins, once for each way unless the standard says once.

        `start` and `end` are constant ends: only the zero-length step and the direction of search need to know.
        """
        if isinstance(path, URIRef):
            fixed = None if end is None else frozenset([end])
            return self.schema.triples(self.schema.number_of(key_of(path)), self.graph, fixed)
        if isinstance(path, InvPath):
            return self._swapped(self.pairs(path.arg, end, start))
        if isinstance(path, SequencePath):
            return self._inside._sequence(path.args, start, end)
        if isinstance(path, AlternativePath):
            return self._union([self.pairs(part, start, end) for part in path.args], distinct=False)
        if isinstance(path, MulPath):
            return self._repeated(path, start, end)
        if isinstance(path, NegatedPath):
            return self._negated(path)
        raise UnsupportedQuery(f"the property path {path!r} is not supported by the columnar engine")

    def ends(self, path: Path | URIRef) -> tuple[int, int]:
        """Return the classes that the two ends of a path can have."""
        if isinstance(path, URIRef):
            return self.schema.classes(self.schema.number_of(key_of(path)))
        if isinstance(path, InvPath):
            subjects, objects = self.ends(path.arg)
            return objects, subjects
        if isinstance(path, SequencePath):
            return self.ends(path.args[0])[0], self.ends(path.args[-1])[1]
        if isinstance(path, AlternativePath):
            each = [self.ends(part) for part in path.args]
            return reduce(or_, (one for one, _ in each)), reduce(or_, (other for _, other in each))
        if isinstance(path, MulPath) and path.mod == "+":
            return self.ends(path.path)
        return ALL, ALL

    def _select(self, alias: str, *, swap: bool = False) -> exp.Select:
        parts = {name: column(name, alias) for name in self.names}
        if swap:
            parts["s"], parts["o"] = parts["o"], parts["s"]
        return select(parts)

    def _swapped(self, query: exp.Query) -> exp.Query:
        alias = fresh("p")
        return self._select(alias, swap=True).from_(query.subquery(alias, copy=False), copy=False)

    def _plain(self, query: exp.Query) -> exp.Query:
        alias = fresh("p")
        return self._select(alias).from_(query.subquery(alias, copy=False), copy=False)

    def _union(self, parts: Sequence[exp.Query], *, distinct: bool) -> exp.Query:
        out = self._plain(parts[0])
        for part in parts[1:]:
            out = exp.union(out, self._plain(part), distinct=distinct, copy=False)
        return out

    def _distinct(self, query: exp.Query) -> exp.Query:
        alias = fresh("p")
        return self._select(alias).distinct(copy=False).from_(query.subquery(alias, copy=False), copy=False)

    def _sequence(self, parts: Sequence[Path | URIRef], start: int | None, end: int | None) -> exp.Query:
        first = self
        if _may_stay(parts[0]) and not _may_stay(parts[1]):
            first = replace(self, between=self._ends_of(self.pairs(parts[1]), "s"))
        out = first.pairs(parts[0], start, None)
        for place, part in enumerate(parts[1:], 2):
            one, other = fresh("p"), fresh("p")
            columns = {"s": column("s", one), "o": column("o", other)}
            on = [sql("a = b", a=column("o", one), b=column("s", other))]
            if "g" in self.names:
                columns["g"] = column("g", one)
                on.append(sql("a = b", a=column("g", one), b=column("g", other)))
            after = replace(self, between=self._ends_of(out.copy(), "o")) if _may_stay(part) else self
            right = after.pairs(part, None, end if place == len(parts) else None)
            out = (
                select(columns)
                .from_(out.subquery(one, copy=False), copy=False)
                .join(right.subquery(other, copy=False), on=all_of(*on), copy=False)
            )
        return out

    def _ends_of(self, query: exp.Query, end: str) -> exp.Query:
        """The nodes at one end of pairs: as far as they go on by a step that may be none, nothing else can."""
        alias = fresh("p")
        names = {"n": column(end, alias), **({"g": column("g", alias)} if "g" in self.names else {})}
        return select(names).distinct(copy=False).from_(query.subquery(alias, copy=False), copy=False)

    def _same(self, start: int | None, end: int | None) -> exp.Query:
        """The pairs of length zero: each node with itself, and a constant end with itself."""
        constants = [place for place in (start, end) if place is not None]
        nodes = self.between or self.schema.nodes(self.graph)
        alias = fresh("n")
        columns = {"s": column("n", alias), "o": column("n", alias)}
        if "g" in self.names:
            if constants:
                graphs = self.schema.graphs().subquery(alias, copy=False)
                columns = {"s": number(constants[0]), "o": number(constants[0]), "g": column("g", alias)}
                return select(columns).from_(graphs, copy=False)
            columns["g"] = column("g", alias)
        elif constants:
            return select({"s": number(constants[0]), "o": number(constants[0])})
        return select(columns).from_(nodes.subquery(alias, copy=False), copy=False)

    def _repeated(self, path: MulPath, start: int | None, end: int | None) -> exp.Query:
        step = self._inside.pairs(path.path)
        if path.mod == "?":
            near = self._inside.pairs(path.path, start, end)
            return self._union([self._same(start, end), near], distinct=True)
        closure = self._closure(step, start, end)
        if path.mod == "+":
            return closure
        return self._union([self._same(start, end), closure], distinct=True)

    def _closure(self, step: exp.Query, start: int | None, end: int | None) -> exp.Query:
        """The transitive closure, searched from the constant end if there is one."""
        if start is None and end is not None:
            return self._swapped(self._closure(self._swapped(step), end, None))
        name, edges, one, other = fresh("walk"), fresh("edges"), fresh("p"), fresh("p")
        first = self._select(one).from_(exp.alias_(exp.to_table(edges), one, table=True, copy=False), copy=False)
        if start is not None:
            first = first.where(sql("a = b", a=column("s", one), b=number(start)), copy=False)
        columns = {"s": column("s", one), "o": column("o", other)}
        on = [sql("a = b", a=column("o", one), b=column("s", other))]
        if "g" in self.names:
            columns["g"] = column("g", one)
            on.append(sql("a = b", a=column("g", one), b=column("g", other)))
        onward = (
            select(columns)
            .from_(exp.alias_(exp.to_table(name), one, table=True, copy=False), copy=False)
            .join(exp.alias_(exp.to_table(edges), other, table=True, copy=False), on=all_of(*on), copy=False)
        )
        return (
            self._select(name)
            .from_(name, copy=False)
            .with_(edges, as_=self._distinct(step), recursive=True, copy=False)
            .with_(name, as_=exp.union(first, onward, distinct=True, copy=False), recursive=True, copy=False)
        )

    def _negated(self, path: NegatedPath) -> exp.Query:
        forward = [part for part in path.args if isinstance(part, URIRef)]
        backward = [part.arg for part in path.args if isinstance(part, InvPath) and isinstance(part.arg, URIRef)]
        if len(forward) + len(backward) != len(path.args):
            raise UnsupportedQuery(f"the negated property set {path!r} is not supported by the columnar engine")
        parts = []
        if forward or not backward:
            parts.append(self._without(forward))
        if backward:
            parts.append(self._swapped(self._without(backward)))
        return self._union(parts, distinct=False)

    def _without(self, predicates: Sequence[URIRef]) -> exp.Query:
        known = [self.schema.number_of(key_of(part)) for part in predicates]
        alias = fresh("p")
        query = self._select(alias).from_(self.schema.triples(None, self.graph).subquery(alias, copy=False), copy=False)
        for place in known:
            query = query.where(sql("a <> b", a=column("p", alias), b=number(place)), copy=False)
        return query


def _may_stay(path: Path | URIRef) -> bool:
    """Whether a path joins a node with itself by no step at all."""
    if isinstance(path, InvPath):
        return _may_stay(path.arg)
    if isinstance(path, (SequencePath, AlternativePath)):
        several = all if isinstance(path, SequencePath) else any
        return several(_may_stay(part) for part in path.args)
    return isinstance(path, MulPath) and (path.mod != "+" or _may_stay(path.path))
