"""Solutions as relations: a SELECT with one column for each variable, and what is known of each column."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from kg.sparql.sql import all_of, any_of, column, select, sql
from kg.sparql.terms import ALL, INTEGER, typed

__all__ = [
    "ORDER",
    "Column",
    "Relation",
    "Request",
    "antijoin",
    "as_keys",
    "compatible",
    "empty",
    "enrich",
    "fresh",
    "join",
    "leftjoin",
    "merged",
    "name_of",
    "project",
    "union",
    "unit",
    "value_name",
]  # fmt: skip

_numbers = itertools.count(1)

#: The column that holds the place of a solution where solutions are ordered.
ORDER = "place"

#: A wish for a value of a stored term: (variable, "key" | "num").
Request = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a variable's column.

    The kind says how a term is written: ``id`` the number of a stored term, ``key`` its key (:mod:`kg.sparql.terms`),
    ``int`` an xsd:integer as a number. `sure` is set when no row leaves it unbound, and `classes` is a mask of the
    classes its terms can have.
    """

    kind: str
    sure: bool = True
    classes: int = ALL


@dataclass(frozen=True, slots=True)
class Relation:
    """A query and its columns, by variable; `ordered` when it also has the column :data:`ORDER`."""

    query: exp.Query
    columns: Mapping[str, Column]
    ordered: bool = False


def fresh(stem: str = "r") -> str:
    """Return an alias not given before."""
    return f"{stem}{next(_numbers)}"


def name_of(variable: str) -> str:
    """Return the column of a variable: SQL compares names regardless of case, SPARQL doesn't."""
    return "v_" + re.sub("[A-Z$]", lambda match: "$" + match[0].lower(), variable)


def value_name(variable: str, what: str) -> str:
    """Return the column of a value that was fetched for a variable."""
    return f"{what}_{name_of(variable)}"


def unit() -> Relation:
    """Return the relation of one empty solution."""
    return Relation(select({}), {})


def empty(variables: Iterable[str]) -> Relation:
    """Return the relation without solutions."""
    names = list(variables)
    query = select({name_of(name): sql("cast(null as bigint)") for name in names}).where(exp.false())
    return Relation(query, {name: Column("id", True, 0) for name in names})


def project(relation: Relation, variables: Iterable[str]) -> Relation:
    """Keep some columns; a variable that is not there is unbound."""
    alias = fresh()
    columns: dict[str, Column] = {}
    parts: dict[str, exp.Expression] = {}
    for name in variables:
        known = relation.columns.get(name)
        columns[name] = known or Column("id", False, 0)
        parts[name_of(name)] = column(name_of(name), alias) if known else sql("cast(null as bigint)")
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    return Relation(select(parts).from_(relation.query.subquery(alias)), columns, relation.ordered)


def enrich(relation: Relation, requests: Iterable[Request]) -> Relation:
    """Fetch values of stored terms from the dictionary, as further columns that :func:`value_name` names."""
    wanted = sorted(set(requests))
    if not wanted:
        return relation
    alias = fresh()
    query = exp.select(f'"{alias}".*').from_(relation.query.subquery(alias))
    for variable in sorted({variable for variable, _ in wanted}):
        terms = fresh("t")
        for what in sorted(what for name, what in wanted if name == variable):
            query = query.select(exp.alias_(column(what, terms), value_name(variable, what), quoted=True))
        sure = relation.columns[variable].sure
        query = query.join(
            exp.alias_(exp.to_table("terms"), terms, table=True),
            on=sql("a = b", a=column("id", terms), b=column(name_of(variable), alias)),
            join_type="inner" if sure else "left",
        )
    return replace(relation, query=query)


def as_keys(relation: Relation, variables: Iterable[str]) -> Relation:
    """Write some columns as keys."""
    changed = [name for name in variables if name in relation.columns and relation.columns[name].kind != "key"]
    if not changed:
        return relation
    rich = enrich(relation, [(name, "key") for name in changed if relation.columns[name].kind == "id"])
    alias = fresh()
    parts: dict[str, exp.Expression] = {}
    columns = dict(relation.columns)
    for name, known in relation.columns.items():
        part = column(name_of(name), alias)
        if name in changed:
            columns[name] = replace(known, kind="key")
            if known.kind == "int":
                part = sql(f"'{typed('integer')}' || cast(a as varchar)", a=part)
            else:
                part = column(value_name(name, "key"), alias)
        parts[name_of(name)] = part
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    return Relation(select(parts).from_(rich.query.subquery(alias)), columns, relation.ordered)


def _alike(left: Relation, right: Relation) -> tuple[Relation, Relation, list[str]]:
    """Give shared variables one kind on both sides; return the sides and the shared variables."""
    shared = [name for name in left.columns if name in right.columns]
    mixed = [name for name in shared if left.columns[name].kind != right.columns[name].kind]
    mixed = [name for name in mixed if left.columns[name].classes and right.columns[name].classes]
    left, right = as_keys(left, mixed), as_keys(right, mixed)
    for name in shared:
        if left.columns[name].kind != right.columns[name].kind:
            if left.columns[name].classes == 0:
                left = _never(left, name, right.columns[name].kind)
            else:
                right = _never(right, name, left.columns[name].kind)
    return left, right, shared


def _never(relation: Relation, name: str, kind: str) -> Relation:
    """Give a column that holds nothing but unbound another kind."""
    alias = fresh()
    parts = {name_of(other): column(name_of(other), alias) for other in relation.columns}
    parts[name_of(name)] = sql("cast(null as varchar)" if kind == "key" else "cast(null as bigint)")
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    query = select(parts).from_(relation.query.subquery(alias))
    known = Column(kind, relation.columns[name].sure, 0)
    return Relation(query, {**relation.columns, name: known}, relation.ordered)


def compatible(left: Relation, right: Relation, shared: Iterable[str], one: str, other: str) -> exp.Expression:
    """Return the condition that two solutions, aliased `one` and `other`, agree wherever both are bound."""
    conditions = []
    for name in shared:
        a, b = column(name_of(name), one), column(name_of(name), other)
        cases = [sql("a = b", a=a, b=b)]
        cases += [] if left.columns[name].sure else [sql("a is null", a=a)]
        cases += [] if right.columns[name].sure else [sql("b is null", b=b)]
        conditions.append(any_of(*cases))
    return all_of(*conditions)


def merged(left: Relation, right: Relation, name: str, one: str, other: str) -> exp.Expression:
    """Return the value of a variable in a joined row."""
    if name not in right.columns or (name in left.columns and left.columns[name].sure):
        return column(name_of(name), one)
    if name not in left.columns:
        return column(name_of(name), other)
    return sql("coalesce(a, b)", a=column(name_of(name), one), b=column(name_of(name), other))


def _together(left: Column | None, right: Column | None, *, optional: bool) -> Column:
    if left is None or right is None:
        one = left or right
        assert one is not None
        return replace(one, sure=one.sure and not (optional and left is None))
    classes = left.classes | right.classes
    if left.sure:
        classes = left.classes if optional or not right.sure else left.classes & right.classes
    elif right.sure and not optional:
        classes = right.classes
    return Column(left.kind, left.sure or (right.sure and not optional), classes)


def join(left: Relation, right: Relation) -> Relation:
    """Join two relations on compatible solutions."""
    left, right, shared = _alike(left, right)
    one, other = fresh(), fresh()
    names = [*left.columns, *(name for name in right.columns if name not in left.columns)]
    query = select({name_of(name): merged(left, right, name, one, other) for name in names})
    on = compatible(left, right, shared, one, other)
    query = query.from_(left.query.subquery(one)).join(right.query.subquery(other), on=on, join_type="inner")
    columns = {name: _together(left.columns.get(name), right.columns.get(name), optional=False) for name in names}
    return Relation(query, columns)


def prepared(left: Relation, right: Relation) -> tuple[Relation, Relation, list[str]]:
    """Return both sides of a join with shared variables written alike."""
    return _alike(left, right)


def leftjoin(left: Relation, right: Relation, one: str, other: str, extra: exp.Expression | None) -> Relation:
    """Join, keeping left solutions without a partner; the sides are written alike already."""
    shared = [name for name in left.columns if name in right.columns]
    names = [*left.columns, *(name for name in right.columns if name not in left.columns)]
    query = select({name_of(name): merged(left, right, name, one, other) for name in names})
    on = all_of(compatible(left, right, shared, one, other), extra)
    query = query.from_(left.query.subquery(one)).join(right.query.subquery(other), on=on, join_type="left")
    columns = {name: _together(left.columns.get(name), right.columns.get(name), optional=True) for name in names}
    return Relation(query, columns)


def antijoin(left: Relation, right: Relation, variables: Iterable[str] = (), always: Iterable[str] = ()) -> Relation:
    """Return MINUS: drop left solutions that agree with a right one and share a bound variable with it.

    Variables of `always` must agree, but don't count as shared.
    """
    left, right, shared = _alike(left, right)
    counted = [name for name in shared if name not in set(always)]
    if not counted:
        return left
    one, other = fresh(), fresh()
    condition = compatible(left, right, shared, one, other)
    if not any(left.columns[name].sure and right.columns[name].sure for name in counted):
        condition = all_of(
            condition,
            any_of(*(sql("a = b", a=column(name_of(n), one), b=column(name_of(n), other)) for n in counted)),
        )
    inner = exp.select("1").from_(right.query.subquery(other)).where(condition)
    parts = {name_of(name): column(name_of(name), one) for name in left.columns}
    query = select(parts).from_(left.query.subquery(one)).where(exp.not_(exp.Exists(this=inner)))
    return Relation(query, left.columns)


def union(left: Relation, right: Relation) -> Relation:
    """Return the solutions of both."""
    names = [*left.columns, *(name for name in right.columns if name not in left.columns)]
    absent = {name for name in names if name not in left.columns or name not in right.columns}
    left, right = project(left, names), project(right, names)
    left, right, _ = _alike(left, right)
    columns = {}
    for name in names:
        a, b = left.columns[name], right.columns[name]
        columns[name] = Column(a.kind, a.sure and b.sure and name not in absent, a.classes | b.classes)
    parts = []
    for side in (left, right):
        alias = fresh()
        picked = select({name_of(name): column(name_of(name), alias) for name in names})
        parts.append(picked.from_(side.query.subquery(alias)))
    return Relation(exp.union(parts[0], parts[1], distinct=False), columns)


def integers() -> Column:
    """Return what is known of a column of counts."""
    return Column("int", True, INTEGER)
