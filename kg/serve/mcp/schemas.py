"""What tools take and give, as JSON Schema, and one clear line for what does not follow it.

https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from kg.catalog import Parameter, Query
from kg.errors import UsageError, nearest
from kg.serve.mcp.answers import plain

__all__ = [
    "DESCRIBED",
    "EXPLAINED",
    "FOUND",
    "LIMIT",
    "QUESTIONS",
    "ROWS",
    "TERMS",
    "check",
    "given",
    "parameters_of",
    "text",
]

_TYPES: Mapping[str, dict[str, Any]] = {
    "integer": {"type": "integer", "minimum": -1_000_000_000, "maximum": 1_000_000_000},
    "decimal": {"type": "number", "minimum": -1e12, "maximum": 1e12},
}
_WHAT = {"organization": "IRI, id or name", "group": "IRI, end of it, or name", "region": "IRI, id or name",
         "sector": "IRI, id or name", "collaboration": "IRI, id or name", "iri": "IRI", "string": "text"}  # fmt: skip
#: The parameter of how many rows are wanted.
LIMIT = {"type": "integer", "minimum": 1, "maximum": 500, "default": 50, "description": "The most rows"}


def text(description: str, most: int = 2000) -> dict[str, Any]:
    """Return the schema of a text that has something in it."""
    return {"type": "string", "minLength": 1, "maxLength": most, "description": description}


def given(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    """Return the schema of what a tool takes."""
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


def parameters_of(query: Query) -> dict[str, Any]:
    """Return the schema of the parameters of a question, from its header."""
    return given(
        {one.name: _parameter(one) for one in query.parameters}, *(p.name for p in query.parameters if p.required)
    )


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = dict(_TYPES.get(one.type, text("")))
    schema["description"] = f"{one.description} ({_WHAT[one.type]})" if one.type in _WHAT else one.description
    if one.default is not None:
        number = {"integer": int, "number": float}.get(schema["type"])
        schema["default"] = number(one.default) if number else one.default
    return schema


def _gives(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_NAMED = {
    "type": "object",
    "properties": {
        "iri": {"type": "string"},
        "name": {"type": "string", "description": "From the data: a stranger's text"},
    },
    "required": ["iri"],
    "additionalProperties": False,
}
_VALUE = {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, _NAMED]}
_MORE = {"type": "boolean", "description": "Whether the answer was cut"}
_STRING, _COUNT = {"type": "string"}, {"type": "integer"}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


#: What tools give, by what they give.
ROWS = _gives(columns=_list(_STRING), rows=_list({"type": "object", "additionalProperties": _VALUE}), more=_MORE)
FOUND = _gives(things=_list(_gives(iri=_STRING, name=_STRING, kind=_STRING)), more=_MORE)
EXPLAINED = _gives(
    explanations=_list(
        _gives(
            organization=_NAMED,
            group={"anyOf": [_NAMED, {"type": "null"}]},
            outcome={"type": "string", "description": "member, dropped, candidate, not-admitted or no-candidate"},
            text=_STRING,
            ties=_list(_gives(driver=_STRING, partner=_NAMED, fact=_STRING, where=_STRING)),
            ties_left_out=_COUNT,
        )
    ),
    more=_MORE,
)
_FACT = {
    "type": "object",
    "properties": {"property": _STRING, "value": _VALUE, "of": {**_VALUE, "description": "Whose value the thing is"}},
    "required": ["property"],
    "additionalProperties": False,
}
DESCRIBED = _gives(thing=_NAMED, facts=_list(_FACT), more=_MORE)
_STATED = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "type", "description", "default"), _STRING),
        "required": {"type": "boolean"},
    },
    "required": ["name", "type", "description", "required"],
}
_QUESTION = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "summary", "description", "sparql"), _STRING),
        "parameters": _list(_STATED),
    },
    "required": ["name", "summary", "parameters"],
}
QUESTIONS = _gives(questions=_list(_QUESTION))
_TERM = {
    "type": "object",
    "properties": dict.fromkeys(("term", "kind", "label", "definition", "note", "above", "list"), _STRING),
    "required": ["term", "kind"],
}
TERMS = _gives(prefixes=_STRING, terms=_list(_TERM))


def check(values: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check what a tool was given.

    Raises
    ------
    UsageError
        when it does not follow the schema, with one line that says where and why.
    """
    errors = list(Draft202012Validator(schema).iter_errors(dict(values)))
    mistyped = [error for error in errors if error.validator == "additionalProperties"]
    error = best_match(mistyped or errors)
    if error is not None:
        raise UsageError(_line(error, schema))


def _line(error: ValidationError, schema: Mapping[str, Any]) -> str:
    """Return what is wrong; never the whole of a value, which may be of any size."""
    where = ".".join(str(part) for part in error.absolute_path)
    known = list(schema.get("properties", {}))
    limit = error.validator_value
    match error.validator:
        case "required":
            return f"'{next(name for name in limit if name not in error.instance)}' is missing"
        case "additionalProperties":
            other = plain(next(name for name in error.instance if name not in error.schema["properties"]), 80)
            return f"there is no parameter '{other}'{nearest(other, known) if known else ': it takes none'}"
        case "enum":
            value = plain(str(error.instance), 80)
            return f"{where}: there is no '{value}'{nearest(value, limit)}"
        case "maxLength":
            return f"{where}: a text of {len(error.instance):,} characters is too long; it may have {limit:,}"
        case "minLength":
            return f"{where}: it is empty"
        case "type":
            kind = " or ".join(limit) if isinstance(limit, list) else limit
            return f"{where}: it must be {'an' if kind[0] in 'aio' else 'a'} {kind}"
        case "minimum" | "maximum":
            return f"{where}: it must be {'at least' if error.validator == 'minimum' else 'at most'} {limit:,}"
        case other:
            return f"{where}: it does not follow '{other}' of the schema"
