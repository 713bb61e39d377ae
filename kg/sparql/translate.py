"""SPARQL 1.1 queries to SQL over a graph in columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Identifier, Variable
from sqlglot import exp

from kg.errors import ClusterKGError, UnsupportedQuery, UsageError
from kg.sparql.bindings import substituted
from kg.sparql.graph import Schema
from kg.sparql.parse import parse
from kg.sparql.patterns import Patterns
from kg.sparql.relation import ORDER, Relation, as_keys, fresh, name_of, project
from kg.sparql.scope import Library
from kg.sparql.sql import column, const, over, select, sql
from kg.sparql.terms import key_of
from kg.sparql.walk import constants

__all__ = ["Part", "Rule", "Translation", "named", "part_of", "translate", "translate_rule"]


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated query.

    `form` is ``select``, ``ask`` or ``construct``; the SQL gives a column of keys for each variable (NULL where
    unbound), the columns s, p, o of keys, or a row where there is a solution. `library` has the functions that it calls,
    `tables` the queries that are to be made tables of these names before, in this order: terms are looked up for rows
    whose number is known.
    """

    form: str
    variables: tuple[str, ...]
    query: exp.Query
    library: Library
    tables: Mapping[str, exp.Query] = field(default_factory=dict)

    def sql(self, dialect: str = "duckdb") -> str:
        """Return the SQL as text."""
        return self.query.sql(dialect=dialect, copy=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A translated CONSTRUCT query whose triples are to be stored.

    `solutions` has a column (named by :func:`~kg.sparql.relation.name_of`) for each variable of `template`, whose
    triples are of names of variables and of keys of terms, told apart by their type. `tables` are queries that are to be
    made tables of these names before, in this order.
    """

    solutions: Relation
    template: tuple[tuple[Part, Part, Part], ...]
    library: Library
    tables: Mapping[str, exp.Query] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """A place of a template: a variable, or a term given by its key."""

    variable: str = ""
    key: str = ""


def translate_rule(text: str, schema: Schema, *, prefixes: Mapping[str, str] | None = None) -> Rule:
    """Translate a CONSTRUCT query whose triples the engine stores itself.

    Raises
    ------
    UsageError
        when the query is not well formed or no CONSTRUCT.
    UnsupportedQuery
        for a construct that is not supported; blank nodes and variables as predicates in the template are none.
    """
    query = parse(text, prefixes or {})
    if query.name != "ConstructQuery" or query.template is None:
        raise UsageError("a rule is a CONSTRUCT query with a template")
    if query.datasetClause:
        raise UnsupportedQuery("FROM is not supported by the columnar engine")
    schema.expect({key_of(term) for term in constants([query, query.template])})
    patterns = Patterns(schema)
    patterns.compiler.based = bool(re.search(r"\bBASE\s*<", text, re.IGNORECASE))
    patterns.share(query.p)
    try:
        relation = patterns.relation(query.p)
    except RecursionError:
        raise UnsupportedQuery("the query is nested too deeply") from None
    template = []
    for triple in query.template:
        parts = tuple(part_of(term) for term in triple)
        if not parts[1].key:
            raise UnsupportedQuery("a variable as a predicate of a rule's template is not supported")
        if all(part.key or part.variable in relation.columns for part in parts):
            template.append(parts)
    used = {part.variable for triple in template for part in triple if part.variable}
    names = [name for name in relation.columns if name in used]
    return Rule(project(relation, names), tuple(template), patterns.library, patterns.tables)  # type: ignore[arg-type]


def named(text: str, prefixes: Mapping[str, str]) -> set[str]:
    """Return the keys of the terms that a query names; none where it can't be read."""
    try:
        query = parse(text, prefixes)
    except ClusterKGError:
        return set()
    return {key_of(term) for term in constants([query, query.template])}


def part_of(term: Any) -> Part:
    """Return a place of a template.

    Raises
    ------
    UnsupportedQuery
        for a blank node.
    """
    if isinstance(term, BNode):
        raise UnsupportedQuery("blank nodes in a rule's template are not supported")
    return Part(variable=str(term)) if isinstance(term, Variable) else Part(key=key_of(term))


def translate(
    text: str,
    schema: Schema,
    *,
    prefixes: Mapping[str, str] | None = None,
    bindings: Mapping[str, Identifier] | None = None,
) -> Translation:
    """Translate a SELECT, ASK or CONSTRUCT query of SPARQL 1.1 (https://www.w3.org/TR/sparql11-query/).

    Parameters
    ----------
    text:
        The query.
    schema:
        The stored graph.
    prefixes:
        Prefixes that need not be declared.
    bindings:
        Terms put in the place of variables.

    Raises
    ------
    UsageError
        when the query is not well formed.
    UnsupportedQuery
        for a construct that is not supported; the message names it.
    """
    query = parse(text, prefixes or {})
    if query.datasetClause:
        raise UnsupportedQuery("FROM is not supported by the columnar engine")
    if query.name not in ("SelectQuery", "AskQuery", "ConstructQuery"):
        raise UnsupportedQuery(f"{query.name.removesuffix('Query').upper()} is not supported by the columnar engine")
    pattern, shown = query.p, [str(name) for name in query.PV or ()]
    if bindings:
        pattern = substituted(pattern, bindings)
        shown = [name for name in shown if name not in bindings]
    schema.expect({key_of(term) for term in constants(query)})
    patterns = Patterns(schema)
    patterns.compiler.based = bool(re.search(r"\bBASE\s*<", text, re.IGNORECASE))
    try:
        if query.name == "ConstructQuery":
            return _construct(patterns, query, pattern, text)
        if query.name == "AskQuery":
            return _ask(patterns, pattern)
        return _select(patterns, pattern, shown, text)
    except RecursionError:
        raise UnsupportedQuery("the query is nested too deeply") from None


def _ask(patterns: Patterns, pattern: CompValue) -> Translation:
    relation, alias = patterns.relation(pattern), fresh()
    asked = (
        exp.select(exp.Literal.number(1))
        .from_(relation.query.subquery(alias, copy=False), copy=False)
        .limit(1, copy=False)
    )
    return Translation("ask", (), asked, patterns.library, patterns.tables)


def _select(patterns: Patterns, pattern: CompValue, shown: list[str], text: str) -> Translation:
    patterns.show(pattern)
    relation = patterns.relation(pattern)
    if re.search(r"SELECT\s+(?:DISTINCT\s+|REDUCED\s+)?\*", text, re.IGNORECASE):
        # RDFLib gathers the variables of SELECT * in a set; show them as they come in the text.
        shown = [name for name in shown if name in relation.columns]
        shown.sort(key=lambda name: (found.start() if (found := re.search(rf"[?$]{name}\b", text)) else 0, name))
    relation = project(relation, shown)
    if not patterns.tables and not _is_cut(pattern):
        relation = patterns.stored(relation)
    return Translation("select", tuple(shown), _answer(relation, shown), patterns.library, patterns.tables)


def _is_cut(node: CompValue) -> bool:
    """Whether only some solutions are asked for, so that not all should be found."""
    return bool(node.name == "Slice")


def _answer(relation: Relation, names: Sequence[str]) -> exp.Query:
    keyed = as_keys(relation, names)
    alias = fresh()
    parts = {f"c{place}": column(name_of(name), alias) for place, name in enumerate(names)}
    if not relation.ordered:
        return over(keyed.query, alias, parts)
    query = select(parts).from_(keyed.query.subquery(alias, copy=False), copy=False)
    return query.order_by(column(ORDER, alias), copy=False)


def _construct(patterns: Patterns, query: CompValue, pattern: CompValue, text: str) -> Translation:
    template = query.template
    if template is None and re.search(r"\bCONSTRUCT\s*\{", text, re.IGNORECASE):
        if re.search(r"\bCONSTRUCT\s+(WHERE|FROM)\b", text, re.IGNORECASE):
            raise UnsupportedQuery("CONSTRUCT with an empty template is not told from CONSTRUCT WHERE")
        template = []
    if template is None:
        inner = pattern.p if pattern.name == "Project" else pattern
        if inner.name != "BGP":
            raise UnsupportedQuery("CONSTRUCT WHERE over more than triples is not supported")
        template = inner.triples
    relation = patterns.relation(pattern)
    names = list(relation.columns)
    if not _is_cut(pattern):
        relation = patterns.stored(relation)
    blank = any(isinstance(term, BNode) for triple in template for term in triple)
    keyed = as_keys(relation, [name for name in names if any(Variable(name) in triple for triple in template)])
    source, alias, run = fresh("solutions"), fresh(), uuid4().hex
    rows = {name_of(name): column(name_of(name), alias) for name in names}
    if blank:
        rows["row"] = sql("row_number() over ()")
    solutions = select(rows).from_(keyed.query.subquery(alias, copy=False), copy=False)
    out: exp.Query | None = None
    for triple in template:
        cells = [_cell(term, names, run) for term in triple]
        if any(cell is None for cell in cells):
            continue
        s, p, o = (cell for cell in cells if cell is not None)
        made = (
            select({"s": s, "p": p, "o": o})
            .from_(source, copy=False)
            .where(sql("s is not null and o is not null", s=s, o=o), copy=False)
        )
        made = made.where(
            sql("starts_with(p, '<') and (starts_with(s, '<') or starts_with(s, '_'))", p=p, s=s), copy=False
        )
        out = made if out is None else exp.union(out, made, distinct=False, copy=False)
    if out is None:
        out = select({name: const("") for name in "spo"}).where(exp.false(), copy=False)
    alias = fresh()
    final = (
        select({name: column(name, alias) for name in "spo"})
        .distinct(copy=False)
        .from_(out.subquery(alias, copy=False), copy=False)
    )
    return Translation(
        "construct",
        (),
        final.with_(source, as_=solutions, materialized=blank or None, copy=False),
        patterns.library,
        patterns.tables,
    )


def _cell(term: Any, names: Sequence[str], run: str) -> exp.Expression | None:
    if isinstance(term, Variable):
        return column(name_of(str(term))) if str(term) in names else None
    if isinstance(term, BNode):
        label = str(term).encode().hex()
        return sql(f"'_{run}' || cast(a as varchar) || 'x{label}'", a=column("row"))
    return const(key_of(term))
