"""What a violated constraint says where the shape has no message of its own: in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rdflib.namespace import SH

from kg.shacl.model import Constraint, Shape
from kg.shacl.terms import named

__all__ = ["message_of"]

_KINDS = {
    SH.IRI: "an IRI",
    SH.BlankNode: "a blank node",
    SH.Literal: "a literal",
    SH.BlankNodeOrIRI: "an IRI or a blank node",
    SH.BlankNodeOrLiteral: "a literal or a blank node",
    SH.IRIOrLiteral: "an IRI or a literal",
}
_TEXTS: dict[str, Callable[[str, Any], str]] = {
    "class": lambda of, value: f"{of} must be of the class {named(value)}",
    "datatype": lambda of, value: f"{of} must be a well-formed {named(value)}",
    "nodeKind": lambda of, value: f"{of} must be {_KINDS[value]}",
    "minCount": lambda of, value: f"{of} is missing" if value == 1 else f"{of} must be there at least {value} times",
    "maxCount": lambda of, value: f"{of} may be there at most {value} times" if value else f"{of} must not be there",
    "minExclusive": lambda of, value: f"{of} must be more than {value}",
    "minInclusive": lambda of, value: f"{of} must be at least {value}",
    "maxExclusive": lambda of, value: f"{of} must be less than {value}",
    "maxInclusive": lambda of, value: f"{of} must be at most {value}",
    "minLength": lambda of, value: f"{of} must have at least {value} characters",
    "maxLength": lambda of, value: f"{of} may have at most {value} characters",
    "pattern": lambda of, value: f"{of} must match {value[0]}",
    "languageIn": lambda of, value: f"{of} must be in one of the languages {', '.join(value)}",
    "uniqueLang": lambda of, value: f"{of} may be there once in each language",
    "equals": lambda of, value: f"{of} must be the same as {named(value)}",
    "disjoint": lambda of, value: f"{of} must not be the same as {named(value)}",
    "lessThan": lambda of, value: f"{of} must be less than {named(value)}",
    "lessThanOrEquals": lambda of, value: f"{of} must not be more than {named(value)}",
    "not": lambda of, value: f"{of} must not be as {named(value)} has it",
    "and": lambda of, value: f"{of} must be as all of {len(value)} shapes have it",
    "or": lambda of, value: f"{of} must be as at least one of {len(value)} shapes has it",
    "xone": lambda of, value: f"{of} must be as exactly one of {len(value)} shapes has it",
    "node": lambda of, value: f"{of} must be as {named(value)} has it",
    "qualifiedMinCount": lambda of, value: f"{of} must be as {named(value.shape)} has it at least {value.count} times",
    "qualifiedMaxCount": lambda of, value: f"{of} may be as {named(value.shape)} has it at most {value.count} times",
    "closed": lambda of, value: "the property is not one of those that are allowed",
    "hasValue": lambda of, value: f"{of} must have the value {named(value)}",
    "in": lambda of, value: f"{of} must be one of {', '.join(map(named, value[:12]))}{' …' if len(value) > 12 else ''}",
    "sparql": lambda of, value: f"{of} violates a constraint of the shape",
}


def message_of(shape: Shape, constraint: Constraint) -> str:
    """Return what a violation of a constraint says by itself."""
    if shape.path is None:
        of = "the node"
    else:
        of = named(shape.path.predicate) if shape.path.predicate is not None else "the value"
    if constraint.kind == "custom":
        return f"{of} violates the constraint component {named(constraint.component)}"
    return _TEXTS[constraint.kind](of, constraint.value)
