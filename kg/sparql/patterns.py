"""Graph patterns to relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rdflib.paths import Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Identifier, URIRef, Variable
from sqlglot import exp

from kg.errors import UnsupportedQuery
from kg.sparql.functions import Compiler
from kg.sparql.graph import Schema
from kg.sparql.groups import aggregate
from kg.sparql.meeting import MEETING, exists, meeting
from kg.sparql.paths import PathCompiler
from kg.sparql.relation import (
    ORDER,
    Column,
    Relation,
    antijoin,
    as_keys,
    enrich,
    fresh,
    join,
    leftjoin,
    name_of,
    prepared,
    project,
    unbound,
    union,
    unit,
)
from kg.sparql.scope import Library, Scope
from kg.sparql.solutions import distinct, ordered, sliced
from kg.sparql.sql import after_joins, all_of, column, number, over, select, sql
from kg.sparql.tables import Tables
from kg.sparql.terms import ALL, INLINE, IRI, RESOURCES, class_of, key_of
from kg.sparql.values import Value
from kg.sparql.walk import mentions

__all__ = ["Patterns"]

Graph = int | str | None


@dataclass
class Patterns:
    """Translates graph patterns over one schema; `library` gathers the functions they need."""

    schema: Schema
    library: Library = field(default_factory=Library)

    def __post_init__(self) -> None:
        self._graphs: list[Graph] = [None]
        self._known: dict[str, frozenset[int]] = {}
        self._tables = Tables()
        self._last_order: CompValue | None = None
        self.compiler = Compiler(self.library, partial(exists, self), self.schema.numbered)

    @property
    def graph(self) -> Graph:
        """The graph that patterns are matched against: None, the number of a graph, or a hidden variable."""
        return self._graphs[-1]

    @property
    def tables(self) -> Mapping[str, exp.Query]:
        """Queries that are to be made tables, by name, before the one that reads them is run."""
        return self._tables.queries

    def share(self, node: CompValue) -> None:
        """Let sub-selects that a query has more than once be :attr:`tables`: computed once, their size is known as well."""
        self._tables.share(node)

    def show(self, node: CompValue) -> None:
        """Say that the solutions of a part of a query are shown, so that terms fetched to order them are kept as keys."""
        while node.name in ("Project", "Slice", "Reduced"):
            node = node.p
        self._last_order = node if node.name == "OrderBy" else None

    def relation(self, node: CompValue) -> Relation:
        """Translate a node of the algebra.

        Raises
        ------
        UnsupportedQuery
            for what is not supported; the message names it.
        """
        method = getattr(self, "_" + node.name, None)
        if method is None:
            raise UnsupportedQuery(f"{node.name} is not supported by the columnar engine")
        found = method(node)
        assert isinstance(found, Relation)
        return found

    # -- triples

    def _unit(self) -> Relation:
        """The empty group pattern: one solution, or one for each graph where the graph is a variable."""
        if not isinstance(self.graph, str):
            return unit()
        alias = fresh()
        query = over(self.schema.graphs(), alias, {name_of(self.graph): column("g", alias)})
        return Relation(query, {self.graph: Column("id", True, IRI)})

    def _BGP(self, node: CompValue) -> Relation:
        if not node.triples:
            return self._unit()
        tables: list[tuple[str, exp.Query]] = []
        conditions: list[exp.Expression] = []
        places: dict[str, list[exp.Expression]] = {}
        classes: dict[str, int] = {}
        for subject, predicate, object_ in node.triples:
            alias = fresh("t")
            source, subjects, objects = self._triples(node, subject, predicate, object_)
            tables.append((alias, source))
            ends: list[tuple[str, Any, int]] = [("s", subject, subjects), ("o", object_, objects)]
            if isinstance(predicate, Variable):
                ends.append(("p", predicate, IRI))
            if isinstance(self.graph, str):
                ends.append(("g", Variable(self.graph), IRI))
            for name, term, mask in ends:
                place = column(name, alias)
                if isinstance(term, (Variable, BNode)):
                    label = self._label(term)
                    places.setdefault(label, []).append(place)
                    classes[label] = classes.get(label, ALL) & mask
                else:
                    conditions.append(sql("a = b", a=place, b=number(self.schema.number_of(key_of(term)))))
        for same in places.values():
            conditions += [sql("a = b", a=same[0], b=other) for other in same[1:]]
        once = not any(isinstance(predicate, Path) for _, predicate, _ in node.triples)
        return self._matched(tables, conditions, places, classes, once=once)

    @staticmethod
    def _matched(
        tables: list[tuple[str, exp.Query]],
        conditions: list[exp.Expression],
        places: Mapping[str, list[exp.Expression]],
        classes: Mapping[str, int],
        *,
        once: bool,
    ) -> Relation:
        shown = {name: same for name, same in places.items() if not name.startswith("_:")}
        query = select({name_of(name): same[0] for name, same in shown.items()})
        query = query.from_(tables[0][1].subquery(tables[0][0], copy=False), copy=False)
        for alias, source in tables[1:]:
            query = query.join(source.subquery(alias, copy=False), join_type="cross", copy=False)
        if conditions:
            query = query.where(all_of(*conditions), copy=False)
        columns = {name: Column("id", True, classes[name]) for name in shown}
        return Relation(query, columns, keys=(frozenset(shown),) if once and len(shown) == len(places) else ())

    @staticmethod
    def _label(term: Identifier) -> str:
        return f"_:{term}" if isinstance(term, BNode) else str(term)

    def _end(self, term: Any) -> int | None:
        """The number of a constant end of a path, which need not be stored to be joined with itself."""
        if isinstance(term, (Variable, BNode)):
            return None
        return self.schema.numbered(key_of(term))

    def _triples(self, node: CompValue, subject: Any, predicate: Any, object_: Any) -> tuple[exp.Query, int, int]:
        """Return the triples that a pattern may match, and the classes of their subjects and objects."""
        fixed = self._among(object_)
        if isinstance(predicate, Variable):
            return self.schema.triples(None, self.graph, fixed), RESOURCES, ALL
        if isinstance(predicate, URIRef):
            place = self.schema.number_of(key_of(predicate))
            return self.schema.triples(place, self.graph, fixed), *self.schema.classes(place, fixed)
        if isinstance(predicate, Path):
            paths = PathCompiler(self.schema, self.graph, self._nodes_between(node, subject, object_))
            return paths.pairs(predicate, self._end(subject), self._end(object_)), *paths.ends(predicate)
        raise UnsupportedQuery(f"{predicate!r} as a predicate is not supported by the columnar engine")

    def _among(self, term: Any) -> frozenset[int] | None:
        """The numbers of the only terms that a place of a pattern can have, where they are known."""
        if isinstance(term, BNode):
            return None
        if isinstance(term, Variable):
            return self._known.get(str(term))
        return frozenset([self.schema.number_of(key_of(term))])

    def _nodes_between(self, node: CompValue, subject: Any, object_: Any) -> exp.Query | None:
        """Return the nodes that a variable end of a path can be, where another triple of the pattern tells them."""
        for start, predicate, end in node.triples:
            if not isinstance(predicate, URIRef):
                continue
            for name, term in (("s", start), ("o", end)):
                if isinstance(term, Variable) and term in (subject, object_):
                    fixed = self._among(end)
                    names = {"n": column(name), **({"g": column("g")} if isinstance(self.graph, str) else {})}
                    rows = self.schema.triples(self.schema.number_of(key_of(predicate)), self.graph, fixed)
                    query = select(names).distinct(copy=False).from_(rows.subquery("t", copy=False), copy=False)
                    if not isinstance(end, (Variable, BNode)):
                        query = query.where(sql("o = a", a=number(self.schema.number_of(key_of(end)))), copy=False)
                    return query
        return None

    # -- combinations

    def _Join(self, node: CompValue) -> Relation:
        first, second = node.p1, node.p2
        if first.name == "BGP":
            first, second = second, first
        one = self.relation(first)
        # What is joined with a few known terms is looked for among them only.
        before = self._known
        if second.name == "BGP":
            few = {name: known.among for name, known in one.columns.items() if known.sure and known.among}
            self._known = {**before, **few}
        try:
            other = self.relation(second)
        finally:
            self._known = before
        return join(one, other)

    def _Union(self, node: CompValue) -> Relation:
        return union(self.relation(node.p1), self.relation(node.p2))

    def _Minus(self, node: CompValue) -> Relation:
        always = [self.graph] if isinstance(self.graph, str) else []
        return antijoin(self.relation(node.p1), self.relation(node.p2), always=always)

    def _LeftJoin(self, node: CompValue) -> Relation:
        left, right, _ = prepared(self.relation(node.p1), self.relation(node.p2))
        one, other = fresh(), fresh()
        condition = None
        if isinstance(node.expr, Identifier) or node.expr.name != "TrueFilter":
            if mentions(node.expr, ("Builtin_EXISTS", "Builtin_NOTEXISTS")):
                raise UnsupportedQuery("EXISTS in the FILTER of an OPTIONAL is not supported by the columnar engine")
            scope = Scope({one: left, other: right})
            condition = self.compiler.truth(node.expr, scope)
            left = enrich(left, scope.requests.get(one, ()))
            right = enrich(right, scope.requests.get(other, ()))
        return leftjoin(left, right, one, other, condition)

    def _Filter(self, node: CompValue) -> Relation:
        return self.filtered(self.relation(node.p), node.expr)

    def filtered(self, relation: Relation, condition: Any) -> Relation:
        """Keep the solutions for which an expression is true."""
        if isinstance(condition, CompValue) and condition.name in MEETING:
            kept = meeting(self, relation, condition)
            if kept is not None:
                return kept
        alias = fresh()
        scope = Scope({alias: relation})
        test = after_joins(self.compiler.truth(condition, scope))
        rich = enrich(relation, scope.requests.get(alias, ()))
        parts = {name_of(name): column(name_of(name), alias) for name in relation.columns}
        return Relation(over(rich.query, alias, parts, where=test), relation.columns, keys=relation.keys)

    def _Extend(self, node: CompValue) -> Relation:
        return self.extended(self.relation(node.p), {str(node.var): node.expr})

    def extended(self, relation: Relation, expressions: Mapping[str, Any]) -> Relation:
        """Add a column for each expression."""
        alias = fresh()
        scope = Scope({alias: relation})
        parts = {name_of(name): column(name_of(name), alias) for name in relation.columns}
        columns = dict(relation.columns)
        for name, expression in expressions.items():
            if name in relation.columns:
                raise UnsupportedQuery(f"?{name} is bound twice")
            value = self.compiler.bound(expression, scope)
            parts[name_of(name)], columns[name] = _stored(value, self.schema)
            if isinstance(expression, Variable) and scope.is_sure(str(expression)):
                columns[name] = Column(columns[name].kind, True, columns[name].classes)
        rich = enrich(relation, scope.requests.get(alias, ()))
        if relation.ordered:
            parts[ORDER] = column(ORDER, alias)
        return Relation(over(rich.query, alias, parts), columns, relation.ordered, relation.keys)

    # -- data and sub-selects

    def _ToMultiSet(self, node: CompValue) -> Relation:
        if isinstance(node.p, CompValue) and node.p.name == "values":
            return self._values(node.p.res)
        if self.graph is None and self._tables.has(node):
            before, self._known = self._known, {}
            try:
                return self._tables.shared(node, self.relation)
            finally:
                self._known = before
        if isinstance(node.p, CompValue):
            found = self.relation(node.p)
            return Relation(found.query, found.columns, keys=found.keys)
        raise UnsupportedQuery("VALUES without rows or without variables is not supported by the columnar engine")

    def stored(self, relation: Relation) -> Relation:
        """Return the rows of a relation as those of one of the :attr:`tables`."""
        return self._tables.stored(relation)

    def _values(self, rows: list[dict[Variable, Any]]) -> Relation:
        names = list(dict.fromkeys(str(name) for row in rows for name in row))
        columns: dict[str, Column] = {}
        query: exp.Query | None = None
        table = [{name: _given(dict.get(row, Variable(name))) for name in names} for row in rows]
        for name in names:
            terms = [row[name] for row in table]
            classes = 0
            for term in terms:
                classes |= 0 if term is None else class_of(term)
            among = frozenset(self.schema.numbered(term) for term in terms if term is not None)
            columns[name] = Column("id", None not in terms, classes, among if None not in terms else None)
        for row in table:
            cells = {
                name_of(name): sql("cast(null as bigint)") if term is None else number(self.schema.numbered(term))
                for name, term in row.items()
            }
            query = select(cells) if query is None else exp.union(query, select(cells), distinct=False, copy=False)
        assert query is not None
        found = Relation(query, columns)
        return join(self._unit(), found) if isinstance(self.graph, str) else found

    def _Project(self, node: CompValue) -> Relation:
        names = [str(name) for name in node.PV]
        return project(self.relation(node.p), [*names, self.graph] if isinstance(self.graph, str) else names)

    def _Distinct(self, node: CompValue) -> Relation:
        return distinct(self.relation(node.p))

    def _Reduced(self, node: CompValue) -> Relation:
        return self.relation(node.p)

    def _OrderBy(self, node: CompValue) -> Relation:
        relation = self.relation(node.p)
        if node is self._last_order:
            relation = self.stored(relation)
            relation = as_keys(relation, [str(part.expr) for part in node.expr if _is_looked_up(relation, part.expr)])
        names = {fresh("order "): condition for condition in node.expr}
        extended = self.extended(relation, {name: condition.expr for name, condition in names.items()})
        return ordered(
            extended, [(name, part.order == "DESC") for name, part in names.items()], relation.columns, self.compiler
        )

    def _Slice(self, node: CompValue) -> Relation:
        if isinstance(self.graph, str):
            raise UnsupportedQuery("LIMIT inside GRAPH with a variable is not supported by the columnar engine")
        return sliced(self.relation(node.p), node.start or 0, node.length)

    def _AggregateJoin(self, node: CompValue) -> Relation:
        return aggregate(self, node)

    # -- graphs

    def _Graph(self, node: CompValue) -> Relation:
        if not self.schema.named:
            raise UnsupportedQuery(
                "GRAPH on the columns of a build is not supported: they hold the union of its graphs"
            )
        if isinstance(node.term, Variable):
            hidden = fresh("graph ")
            self._graphs.append(hidden)
            try:
                inside = self.relation(node.p)
            finally:
                self._graphs.pop()
            alias = fresh()
            parts = {name_of(name): column(name_of(name), alias) for name in inside.columns if name != hidden}
            columns = {name: known for name, known in inside.columns.items() if name != hidden}
            parts[name_of(hidden)] = column(name_of(hidden), alias)
            picked = Relation(over(inside.query, alias, parts), {**columns, hidden: inside.columns[hidden]})
            return self._named(picked, hidden, str(node.term))
        wanted = self.schema.number_of(key_of(node.term))
        self._graphs.append(wanted)
        try:
            inside = self.relation(node.p)
        finally:
            self._graphs.pop()
        if node.p.name == "BGP" and node.p.triples:
            return inside
        # Where there is no such graph there are no solutions (section 18.6), of no triples either.
        alias = fresh()
        parts = {name_of(name): column(name_of(name), alias) for name in inside.columns}
        there = exp.Exists(this=exp.select("1").from_(self.schema.graphs().subquery("n", copy=False)).where(
            sql("n.g = a", a=number(wanted))))  # fmt: skip
        return Relation(over(inside.query, alias, parts, where=there), inside.columns, keys=inside.keys)

    @staticmethod
    def _named(relation: Relation, hidden: str, name: str) -> Relation:
        """Give the graph's column its name; where the pattern binds that name too, both must agree."""
        alias = fresh()
        parts = {name_of(n): column(name_of(n), alias) for n in relation.columns if n not in (hidden, name)}
        parts[name_of(name)] = column(name_of(hidden), alias)
        columns = {n: known for n, known in relation.columns.items() if n not in (hidden, name)}
        columns[name] = Column("id", True, IRI)
        if name not in relation.columns:
            return Relation(over(relation.query, alias, parts), columns)
        if relation.columns[name].kind != "id":
            raise UnsupportedQuery(f"?{name} names a graph and is computed inside it, which is not supported")
        test = sql("a = b or a is null", a=column(name_of(name), alias), b=column(name_of(hidden), alias))
        return Relation(over(relation.query, alias, parts, where=test), columns)


def _is_looked_up(relation: Relation, term: Any) -> bool:
    """Whether a variable's terms are in the dictionary."""
    known = relation.columns.get(str(term)) if isinstance(term, Variable) else None
    return known is not None and known.kind == "id" and not known.classes & INLINE


def _given(term: Any) -> str | None:
    return None if term is None or (isinstance(term, str) and not isinstance(term, Identifier)) else key_of(term)


def _stored(value: Value, schema: Schema) -> tuple[exp.Expression, Column]:
    """Return what a column holds for a value."""
    if value.kind == "null":
        return unbound(), Column("id", False, 0)
    if value.constant is not None and value.kind not in ("int", "dec"):
        return number(schema.numbered(value.constant)), Column("id", True, value.classes)
    return value.sql, Column(value.kind, value.constant is not None, value.classes)
