"""What an expression sees: the columns of the relations it is evaluated over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from kg.sparql.relation import Relation, Request, name_of, value_name
from kg.sparql.sql import column, sql
from kg.sparql.terms import SHORT, SHORT_ZERO, WHOLE, WHOLE_ZERO
from kg.sparql.values import NOTHING, Value

__all__ = ["Library", "Scope"]


@dataclass
class Library:
    """Functions that a query needs from the engine: the SPARQL expression that each evaluates, by name of function."""

    functions: dict[str, tuple[str, int]] = field(default_factory=dict)
    aggregates: dict[str, str] = field(default_factory=dict)


@dataclass
class Scope:
    """The sides of one SELECT, by alias; values that must be fetched for an expression are noted as it is compiled."""

    sides: dict[str, Relation]
    requests: dict[str, set[Request]] = field(default_factory=dict)

    def value(self, variable: str) -> Value:
        """Return the value of a variable."""
        found = [(alias, side) for alias, side in self.sides.items() if variable in side.columns]
        if not found:
            return NOTHING
        kind = found[0][1].columns[variable].kind
        classes = 0
        for _, side in found:
            classes |= side.columns[variable].classes
        if not classes:
            return NOTHING
        whole = self._either([column(name_of(variable), alias) for alias, _ in found])
        if kind == "id" and classes == WHOLE:
            return Value("int", sql(f"a - {WHOLE_ZERO}", a=whole), WHOLE)
        if kind == "id" and classes == SHORT:
            return Value("dec", sql(f"cast(a - {SHORT_ZERO} as hugeint) * {10**9}", a=whole), SHORT)
        fetch = self._fetcher(variable, [alias for alias, _ in found]) if kind == "id" else None
        return Value(kind, whole, classes, fetch)

    def is_sure(self, variable: str) -> bool:
        """Whether a variable is bound in every row."""
        return any(variable in side.columns and side.columns[variable].sure for side in self.sides.values())

    def _fetcher(self, variable: str, aliases: list[str]) -> Callable[[str], exp.Expression]:
        def fetch(what: str) -> exp.Expression:
            for alias in aliases:
                self.requests.setdefault(alias, set()).add((variable, what))
            return self._either([column(value_name(variable, what), alias) for alias in aliases])

        return fetch

    @staticmethod
    def _either(columns: list[exp.Expression]) -> exp.Expression:
        if len(columns) == 1:
            return columns[0]
        return sql("coalesce(a, b)", a=columns[0], b=columns[1])
