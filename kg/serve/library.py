"""The library of questions as an interface for programs: an endpoint for each, with typed parameters, and their description.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kg.catalog import Parameter, Query, load
from kg.errors import nearest
from kg.serve.formats import ARROW, NAMES, accepted, accepts
from kg.serve.sparql import answered
from kg.serve.state import State
from kg.serve.tasks import Refused, Task

__all__ = ["ask", "describe", "explain", "listed", "openapi"]

_PLACE = "queries/questions"
#: The formats of answers; plain JSON is the one for programs that know nothing of SPARQL.
_FORMATS = ("application/json", "text/csv", ARROW, "application/sparql-results+json", "text/tab-separated-values")
#: The most characters of the value of a parameter.
_LONGEST = 2000
_TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "string": {"type": "string", "maxLength": _LONGEST},
    "iri": {"type": "string", "format": "uri", "maxLength": _LONGEST},
}
_THING = {"type": "string", "minLength": 1, "maxLength": _LONGEST}


async def listed(request: Request) -> Response:
    """Return the questions and their parameters."""
    _known(request, set())
    return JSONResponse({
        "questions": [
            {
                "name": query.name,
                "summary": query.summary,
                "tags": list(query.tags),
                "parameters": [
                    {"name": one.name, "type": one.type, "required": one.required, "default": one.default,
                     "description": one.description}
                    for one in query.parameters
                ],
            }
            for query in load(_PLACE)
        ]
    })  # fmt: skip


async def ask(request: Request) -> Response:
    """Answer a question."""
    known = {query.name: query for query in load(_PLACE)}
    name = request.path_params["name"]
    if name not in known:
        raise Refused(f"there is no question '{name[:80]}'{nearest(name[:80], known)}", 404)
    question = known[name]
    given = _known(request, {one.name for one in question.parameters})
    kind = _kind(request)
    return await answered(request, Task("ask", text=name, parameters=given, type=kind))


async def explain(request: Request) -> Response:
    """Say why an organisation is in a group, or is not."""
    given = _known(request, {"organization", "group"})
    organization = given.pop("organization", "")
    if not organization:
        raise Refused("name an organisation, with ?organization= its IRI, id or name", 400)
    return await answered(request, Task("explain", text=organization, parameters=given, type=_kind(request)))


async def describe(request: Request) -> Response:
    """Return what is said of a thing, as RDF."""
    given = _known(request, {"iri"})
    if not given.get("iri"):
        raise Refused("name a thing, with ?iri=", 400)
    offered = ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
    named = request.query_params.get("format")
    kind = accepted(accepts(request), offered) if named is None else NAMES.get(named)
    if kind not in offered:
        raise Refused(f"this is there as {', '.join(offered)}", 406)
    return await answered(request, Task("describe", text=given["iri"], graph_type=kind))


async def openapi(request: Request) -> Response:
    """Return the description of this interface."""
    state = State.of(request)
    paths: dict[str, Any] = {
        "/api/questions": {"get": {
            "operationId": "questions", "summary": "The questions and their parameters",
            "responses": {"200": {"description": "A list", "content": {"application/json": {"schema": {"type": "object"}}}},
                          **_faults("400")},
        }},
        "/api/explain": {"get": {
            "operationId": "explain", "summary": "Why an organisation is in a group, or is not",
            "parameters": [
                _parameter("organization", _THING, "Its IRI, id or name", required=True),
                _parameter("group", _THING, "One group; without it all for which it was considered"),
                _format(),
            ],
            "responses": _answers(),
        }},
        "/api/describe": {"get": {
            "operationId": "describe", "summary": "What is said of a thing",
            "parameters": [_parameter("iri", _TYPES["iri"], "Its IRI", required=True)],
            "responses": {"200": {"description": "Triples", "content": {"text/turtle": {}, "application/n-triples": {},
                          "application/ld+json": {}, "application/rdf+xml": {}}}, **_faults("400", "404", "406")},
        }},
        **{f"/api/questions/{query.name}": {"get": _operation(query)} for query in load(_PLACE)},
    }  # fmt: skip
    return JSONResponse({
        "openapi": "3.1.0",
        "info": {
            "title": str(state.build.run.get("title") or "Business clusters"),
            "version": metadata.version("clusterkg"),
            "description": "Questions about business clusters. Things are given by IRI, id or name.",
        },
        "servers": [{"url": str(request.base_url).rstrip("/")}],
        "paths": paths,
    })  # fmt: skip


def _operation(query: Query) -> dict[str, Any]:
    return {
        "operationId": query.name,
        "summary": query.summary,
        **({"description": query.description} if query.description else {}),
        "tags": list(query.tags),
        "parameters": [*(_declared(one) for one in query.parameters), _format()],
        "responses": _answers(),
    }


def _declared(parameter: Parameter) -> dict[str, Any]:
    schema = dict(_TYPES.get(parameter.type, _THING))
    if parameter.default is not None:
        number = schema["type"] in ("integer", "number")
        schema["default"] = (float(parameter.default) if schema["type"] == "number" else int(parameter.default)) if number else parameter.default  # fmt: skip
    return _parameter(parameter.name, schema, parameter.description, required=parameter.required)


def _parameter(name: str, schema: dict[str, Any], description: str, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


def _format() -> dict[str, Any]:
    names = [name for name, kind in NAMES.items() if kind in (*_FORMATS, NAMES["json"])]
    return _parameter("format", {"type": "string", "enum": names}, "In place of the field Accept")


def _answers() -> dict[str, Any]:
    content: dict[str, Any] = {kind: {} for kind in _FORMATS}
    content["application/json"] = {"schema": {"type": "object", "properties": {
        "head": {"type": "object"}, "results": {"type": "object"}}}}  # fmt: skip
    return {
        "200": {"description": "The answer", "content": content},
        **_faults("400", "404", "406", "413", "503", "504", "507"),
    }


def _faults(*statuses: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    return {status: {"description": "Why it is not answered", "content": {"application/json": {"schema": schema}}}
            for status in statuses}  # fmt: skip


def _known(request: Request, names: set[str]) -> dict[str, str]:
    """Return the parameters of a request, each of which must be known and stand once."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name == "format":
            continue
        if name not in names:
            raise Refused(f"there is no parameter '{name[:80]}'{nearest(name[:80], names)}", 400)
        if name in given:
            raise Refused(f"the parameter '{name}' stands twice", 400)
        if "\0" in value or any(0xD800 <= ord(c) < 0xE000 for c in value):
            raise Refused(f"the parameter '{name}' has characters that no name has", 400)
        if len(value) > _LONGEST:
            raise Refused(f"the parameter '{name}' has more than {_LONGEST} characters", 400)
        given[name] = value
    return given


def _kind(request: Request) -> str:
    named = request.query_params.get("format")
    if named is not None:
        kind = NAMES.get(named)
        if kind not in _FORMATS:
            raise Refused(f"this can't be given as '{named[:80]}'", 406)
        return kind
    kind = accepted(accepts(request), _FORMATS)
    if kind is None:
        raise Refused(f"this is there as {', '.join(_FORMATS)}", 406)
    return kind
