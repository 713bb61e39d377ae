"""SPARQL 1.1 updates of the default graph: INSERT DATA, DELETE DATA, DELETE WHERE and DELETE/INSERT … WHERE.

https://www.w3.org/TR/sparql11-update/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue

from kg.errors import UnsupportedQuery
from kg.sparql.graph import Schema
from kg.sparql.parse import parse_update
from kg.sparql.patterns import Patterns
from kg.sparql.relation import Relation, project, unit
from kg.sparql.scope import Library
from kg.sparql.translate import Part, Rule, part_of

__all__ = ["Change", "translate_update"]

Template = tuple[tuple[Part, Part, Part], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One operation: for each solution the triples of one template are removed, then those of another are added."""

    solutions: Relation
    remove: Template
    add: Template
    library: Library

    def rule(self, template: Template) -> Rule:
        """Return the solutions with one of the templates."""
        return Rule(self.solutions, template, self.library)


def translate_update(text: str, prefixes: Mapping[str, str]) -> list[CompValue]:
    """Return the operations of an update, in order; :func:`change` translates one once those before it are done.

    Raises
    ------
    UsageError
        when the text is not well formed.
    UnsupportedQuery
        for LOAD, CLEAR, DROP, CREATE, ADD, MOVE, COPY, and for GRAPH, WITH and USING.
    """
    operations = parse_update(text, prefixes)
    for operation in operations:
        if operation.name not in ("Modify", "InsertData", "DeleteData", "DeleteWhere"):
            raise UnsupportedQuery(f"{operation.name.upper()} is not supported by the columnar engine")
        if operation.using or operation.withClause:
            raise UnsupportedQuery("WITH and USING are not supported by the columnar engine")
    return operations


def change(operation: CompValue, schema: Schema) -> Change:
    """Translate one operation for the graph as it is."""
    patterns = Patterns(schema)
    if operation.name in ("InsertData", "DeleteData"):
        triples = _template(operation, unit())
        inserts = operation.name == "InsertData"
        return Change(unit(), () if inserts else triples, triples if inserts else (), patterns.library)
    if operation.name == "DeleteWhere":
        relation = patterns.relation(CompValue("BGP", triples=_triples(operation)))
        return _change(patterns, relation, _template(operation, relation), ())
    relation = patterns.relation(operation.where)
    remove = _template(operation.delete, relation) if operation.delete else ()
    add = _template(operation.insert, relation) if operation.insert else ()
    return _change(patterns, relation, remove, add)


def _change(patterns: Patterns, relation: Relation, remove: Template, add: Template) -> Change:
    used = {part.variable for triple in (*remove, *add) for part in triple if part.variable}
    return Change(project(relation, [n for n in relation.columns if n in used]), remove, add, patterns.library)


def _triples(operation: CompValue) -> Iterable[Any]:
    if operation.quads:
        raise UnsupportedQuery("GRAPH in an update is not supported by the columnar engine")
    return list(operation.triples or ())


def _template(operation: CompValue, relation: Relation) -> Template:
    template = []
    for s, p, o in _triples(operation):
        subject, predicate, object_ = part_of(s), part_of(p), part_of(o)
        if not predicate.key:
            raise UnsupportedQuery("a variable as a predicate of an update's template is not supported")
        if all(part.key or part.variable in relation.columns for part in (subject, object_)):
            template.append((subject, predicate, object_))
    return tuple(template)
