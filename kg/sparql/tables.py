"""Parts of a query that are made tables before it is run: each is computed once, and its size is known then."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.sparql.algebra_json import to_json
from kg.sparql.relation import ORDER, Relation, fresh, name_of
from kg.sparql.sql import column, select
from kg.sparql.walk import nested

__all__ = ["Tables"]


@dataclass
class Tables:
    """The queries of such tables by name, in the order in which they are to be made."""

    queries: dict[str, exp.Query] = field(default_factory=dict)
    _repeated: dict[str, tuple[str, Relation] | None] = field(default_factory=dict)

    def share(self, node: CompValue) -> None:
        """Look for sub-selects that a part of a query has more than once."""
        found = Counter(_form(part.p) for part in nested(node, ("ToMultiSet",)) if _is_select(part))
        self._repeated = {form: None for form, times in found.items() if times > 1}

    def has(self, node: CompValue) -> bool:
        """Whether a node of the algebra is such a sub-select."""
        return bool(self._repeated) and _is_select(node) and _form(node.p) in self._repeated

    def shared(self, node: CompValue, translate: Callable[[CompValue], Relation]) -> Relation:
        """Return the rows of the table of a repeated sub-select."""
        form = _form(node.p)
        made = self._repeated[form]
        if made is None:
            found = translate(node.p)
            made = self._repeated[form] = self._table(found), found
        table, known = made
        return replace(known, query=_rows(table, known), ordered=False)

    def stored(self, relation: Relation) -> Relation:
        """Return the rows of a relation as those of a table."""
        return replace(relation, query=_rows(self._table(relation), relation))

    def _table(self, relation: Relation) -> str:
        name = fresh("solutions")
        self.queries[name] = relation.query
        return name


def _rows(table: str, relation: Relation) -> exp.Select:
    alias = fresh()
    parts = {name_of(name): column(name_of(name), alias) for name in relation.columns}
    if relation.ordered:
        parts[ORDER] = column(ORDER, alias)
    return select(parts).from_(exp.alias_(exp.to_table(table), alias, table=True, copy=False), copy=False)


def _is_select(node: CompValue) -> bool:
    return isinstance(node.p, CompValue) and node.p.name != "values"


def _form(node: CompValue) -> str:
    """What tells two parts of a query apart."""
    return json.dumps(to_json(node))
