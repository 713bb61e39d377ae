"""Solutions as relations: a SELECT with one column for each variable, and what is known of each column."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from kg.sparql.sql import all_of, any_of, beside, column, over, select, sql
from kg.sparql.terms import ALL, INLINE, LONG
from kg.sparql.values import SQL_TYPES, Value, identity, key

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
    "prepared",
    "project",
    "unbound",
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

    The kind says how a term is written: as a :class:`~kg.sparql.values.Value` is. `sure` is set when no row leaves it
    unbound, and `classes` is a mask of the classes its terms can have. `among` has the numbers of the only terms that
    it can hold, where they are few and known.
    """

    kind: str
    sure: bool = True
    classes: int = ALL
    among: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A query and its columns, by variable; `ordered` when it also has the column :data:`ORDER`.

    `keys` are sets of variables whose values no two rows have in common; a relation with an empty one has one row.
    """

    query: exp.Query
    columns: Mapping[str, Column]
    ordered: bool = False
    keys: tuple[frozenset[str], ...] = ()


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
    return Relation(select({}), {}, keys=(frozenset(),))


def empty(variables: Iterable[str]) -> Relation:
    """Return the relation without solutions."""
    names = list(variables)
    query = select({name_of(name): unbound() for name in names}).where(exp.false(), copy=False)
    return Relation(query, {name: Column("id", True, 0) for name in names}, keys=(frozenset(),))


def unbound(kind: str = "id") -> exp.Expression:
    """Return a cell that holds nothing."""
    return sql(f"cast(null as {SQL_TYPES[kind]})")


def project(relation: Relation, variables: Iterable[str]) -> Relation:
    """Keep some columns; a variable that is not there is unbound."""
    alias = fresh()
    columns: dict[str, Column] = {}
    parts: dict[str, exp.Expression] = {}
    for name in variables:
        known = relation.columns.get(name)
        columns[name] = known or Column("id", False, 0)
        parts[name_of(name)] = column(name_of(name), alias) if known else unbound()
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    keys = tuple(key for key in relation.keys if key <= set(columns))
    return Relation(over(relation.query, alias, parts), columns, relation.ordered, keys)


def enrich(relation: Relation, requests: Iterable[Request]) -> Relation:
    """Fetch values of stored terms, as further columns that :func:`value_name` names.

    Terms that are their own number are computed, the others are looked up in the dictionary.
    """
    wanted = sorted(set(requests))
    if not wanted:
        return relation
    alias = fresh()
    parts = {name_of(name): column(name_of(name), alias) for name in relation.columns}
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    joins = []
    for variable in sorted({variable for variable, _ in wanted}):
        known = relation.columns[variable]
        terms = fresh("t")
        place = column(name_of(variable), alias)
        looked_up = False
        for what in sorted(what for name, what in wanted if name == variable):
            stored = known.classes & (~INLINE if what == "key" else LONG)
            looked_up |= bool(stored)
            parts[value_name(variable, what)] = _fetched(what, place, known, terms)
        if looked_up:
            joins.append(
                exp.Join(
                    this=exp.alias_(exp.to_table("terms"), terms, table=True, copy=False),
                    on=sql("a = b", a=column("id", terms), b=place),
                    kind="inner" if known.sure and not known.classes & INLINE else None,
                    side=None if known.sure and not known.classes & INLINE else "left",
                )
            )
    return replace(relation, query=over(relation.query, alias, parts, joins=joins))


def _fetched(what: str, place: exp.Expression, known: Column, terms: str) -> exp.Expression:
    """Return the key or the value of a stored term, from its number and its row of the dictionary."""
    if what == "key":
        stored = column("key", terms) if known.classes & ~INLINE else sql("cast(null as varchar)")
        return sql("key_of_id(a, b)", a=place, b=stored) if known.classes & INLINE else stored
    stored = sql("units_of_key(a)", a=column("key", terms)) if known.classes & LONG else sql("cast(null as hugeint)")
    return sql("units_of_id(a, b)", a=place, b=stored) if known.classes & INLINE else stored


def rewritten(relation: Relation, changed: Mapping[str, tuple[exp.Expression, Column]], alias: str) -> Relation:
    """Return a relation, whose query is given that alias, with some columns written in another way."""
    parts = {
        name_of(name): changed[name][0] if name in changed else column(name_of(name), alias)
        for name in relation.columns
    }
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    columns = {name: changed[name][1] if name in changed else known for name, known in relation.columns.items()}
    return Relation(over(relation.query, alias, parts), columns, relation.ordered, relation.keys)


def as_keys(relation: Relation, variables: Iterable[str]) -> Relation:
    """Write some columns as keys."""
    names = [name for name in variables if name in relation.columns and relation.columns[name].kind != "key"]
    if not names:
        return relation
    rich = enrich(relation, [(name, "key") for name in names if relation.columns[name].kind == "id"])
    alias = fresh()
    changed = {}
    for name in names:
        known = relation.columns[name]
        if known.kind == "id":
            cell = column(value_name(name, "key"), alias)
        else:
            cell = key(Value(known.kind, column(name_of(name), alias), known.classes))
        changed[name] = cell, replace(known, kind="key")
    return rewritten(rich, changed, alias)


def _as_ids(relation: Relation, variables: Iterable[str]) -> Relation:
    """Write some columns of whole numbers as numbers of terms."""
    alias = fresh()
    changed = {
        name: (sql("short_whole_id(a)", a=column(name_of(name), alias)), replace(relation.columns[name], kind="id"))
        for name in variables
        if relation.columns[name].kind == "int"
    }
    return rewritten(relation, changed, alias) if changed else relation


def _never(relation: Relation, names: Mapping[str, str]) -> Relation:
    """Give columns that hold nothing but unbound another kind."""
    if not names:
        return relation
    alias = fresh()
    changed = {name: (unbound(kind), Column(kind, relation.columns[name].sure, 0)) for name, kind in names.items()}
    return rewritten(relation, changed, alias)


def _alike(left: Relation, right: Relation, *, sure: bool = False) -> tuple[Relation, Relation, list[str]]:
    """Give shared variables one kind on both sides; return the sides and the shared variables.

    With `sure`, those that are bound in every row of both sides may differ: they are compared by their numbers.
    """
    shared = [name for name in left.columns if name in right.columns]
    mixed = [name for name in shared if left.columns[name].kind != right.columns[name].kind]
    if sure:
        mixed = [name for name in mixed if not (left.columns[name].sure and right.columns[name].sure)]
    left_never = {n: right.columns[n].kind for n in mixed if not left.columns[n].classes}
    right_never = {n: left.columns[n].kind for n in mixed if n not in left_never and not right.columns[n].classes}
    left, right = _never(left, left_never), _never(right, right_never)
    mixed = [n for n in mixed if n not in left_never and n not in right_never]
    whole = [n for n in mixed if {left.columns[n].kind, right.columns[n].kind} == {"int", "id"}]
    left, right = _as_ids(left, whole), _as_ids(right, whole)
    others = [n for n in mixed if n not in whole]
    return as_keys(left, others), as_keys(right, others), shared


def _value(relation: Relation, name: str, alias: str) -> Value:
    known = relation.columns[name]

    def fetch(what: str) -> exp.Expression:
        raise AssertionError(f"the {what} of a stored term is not needed to compare it")

    return Value(known.kind, column(name_of(name), alias), known.classes, fetch)


def compatible(left: Relation, right: Relation, shared: Iterable[str], one: str, other: str) -> exp.Expression:
    """Return the condition that two solutions, aliased `one` and `other`, agree wherever both are bound."""
    conditions = []
    for name in shared:
        a, b = column(name_of(name), one), column(name_of(name), other)
        if left.columns[name].kind != right.columns[name].kind:
            a, b = identity(_value(left, name, one)), identity(_value(right, name, other))
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
    among = left.among if left.sure else None
    if right.sure and not optional:
        among = among or right.among
    return Column(left.kind, left.sure or (right.sure and not optional), classes, among)


def _joined_keys(left: Relation, right: Relation, shared: Iterable[str]) -> tuple[frozenset[str], ...]:
    """Return what identifies a joined row: both keys, or the left one where the right has one row for it."""
    names = set(shared)
    sure = {name for name in names if left.columns[name].sure and right.columns[name].sure}
    if sure != names:
        return ()
    if any(key <= sure for key in right.keys):
        return left.keys
    if any(key <= sure for key in left.keys):
        return right.keys
    return tuple(a | b for a in left.keys for b in right.keys)[:4]


def join(left: Relation, right: Relation) -> Relation:
    """Join two relations on compatible solutions."""
    left, right, shared = _alike(left, right, sure=True)
    # A term that is stored is read more cheaply than one that is written out.
    if any(left.columns[n].kind != right.columns[n].kind and right.columns[n].kind == "id" for n in shared):
        left, right = right, left
    one, other = fresh(), fresh()
    names = [*left.columns, *(name for name in right.columns if name not in left.columns)]
    parts = {name_of(name): merged(left, right, name, one, other) for name in names}
    on = compatible(left, right, shared, one, other)
    query: exp.Query
    if all(left.columns[name].sure and right.columns[name].sure for name in shared):
        query = beside(left.query, one, right.query, other, parts, on)
    else:
        query = (
            select(parts)
            .from_(left.query.subquery(one, copy=False), copy=False)
            .join(right.query.subquery(other, copy=False), on=on, join_type="inner", copy=False)
        )
    columns = {name: _together(left.columns.get(name), right.columns.get(name), optional=False) for name in names}
    return Relation(query, columns, keys=_joined_keys(left, right, shared))


def prepared(left: Relation, right: Relation) -> tuple[Relation, Relation, list[str]]:
    """Return both sides of a join with shared variables written alike."""
    return _alike(left, right)


def leftjoin(left: Relation, right: Relation, one: str, other: str, extra: exp.Expression | None) -> Relation:
    """Join, keeping left solutions without a partner; the sides are written alike already."""
    shared = [name for name in left.columns if name in right.columns]
    names = [*left.columns, *(name for name in right.columns if name not in left.columns)]
    query = select({name_of(name): merged(left, right, name, one, other) for name in names})
    on = all_of(compatible(left, right, shared, one, other), extra)
    query = query.from_(left.query.subquery(one, copy=False), copy=False).join(
        right.query.subquery(other, copy=False), on=on, join_type="left", copy=False
    )
    columns = {name: _together(left.columns.get(name), right.columns.get(name), optional=True) for name in names}
    sure = {name for name in shared if left.columns[name].sure and right.columns[name].sure}
    single = any(key <= sure for key in right.keys) and all(left.columns[name].sure for name in shared)
    return Relation(query, columns, keys=left.keys if single else ())


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
    parts = {name_of(name): column(name_of(name), one) for name in left.columns}
    if all(left.columns[name].sure and right.columns[name].sure for name in shared):
        joined = exp.Join(this=right.query.subquery(other, copy=False), kind="ANTI", on=condition)
        return Relation(over(left.query, one, parts, joins=[joined]), left.columns, keys=left.keys)
    inner = (
        exp.select(exp.Literal.number(1))
        .from_(right.query.subquery(other, copy=False), copy=False)
        .where(condition, copy=False)
    )
    query = over(left.query, one, parts, where=exp.not_(exp.Exists(this=inner), copy=False))
    return Relation(query, left.columns, keys=left.keys)


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
        parts.append(over(side.query, alias, {name_of(name): column(name_of(name), alias) for name in names}))
    return Relation(exp.union(parts[0], parts[1], distinct=False, copy=False), columns)
