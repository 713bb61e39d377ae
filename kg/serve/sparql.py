"""The SPARQL 1.1 Protocol and the Graph Store Protocol for reading.

https://www.w3.org/TR/sparql11-protocol/ · https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kg.serve.address import absolute, path_of, query_of
from kg.serve.description import described
from kg.serve.formats import ARROW, GRAPHS, NAMES, RESULTS, accepted, accepts
from kg.serve.state import State
from kg.serve.tasks import DEFAULT, Answer, Refused, Task
from kg.serve.text import form

__all__ = ["answered", "graph_store", "sent", "sparql"]

_FORM, _QUERY, _UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
_ENGINES = ("auto", "oxigraph", "columnar")
_READ_ONLY = "this server is read-only: it answers queries and carries out no update"


async def sparql(request: Request) -> Response:
    """Answer a query; without one describe the service, or lead a browser to the page for queries."""
    given = await _given(request)
    if any(name in ("update", "using-graph-uri", "using-named-graph-uri") for name, _ in given):
        raise Refused(_READ_ONLY, 403)
    queries = [value for name, value in given if name == "query"]
    if not queries and request.method in ("GET", "HEAD"):
        return _introduced(request)
    if len(queries) != 1:
        raise Refused(f"a request has one parameter 'query'; this one has {len(queries)}", 400)
    state = State.of(request)
    task = _task(request, queries[0], given, state)
    return sent(await state.pool.run(task), {"Cache-Control": "no-cache", "Vary": "Accept"})


async def graph_store(request: Request) -> Response:
    """Return a graph by its name, or the default graph, which is the union of all."""
    state = State.of(request)
    given = _parameters(query_of(request))
    names = [value for name, value in given if name == "graph"]
    whole = [value for name, value in given if name == "default"]
    direct = path_of(request).removeprefix("/graph-store").removeprefix("/")
    if len(names) + len(whole) + bool(direct) == 0:
        names_type = _chosen(request, dict(given).get("format"), list(RESULTS))
        return await answered(request, Task("graphs", type=names_type))
    if len(names) + len(whole) + bool(direct) != 1:
        raise Refused("name one graph, with ?graph=IRI or ?default", 400)
    name = DEFAULT if whole else names[0] if names else f"{state.base}{direct}"
    kind = _chosen(request, dict(given).get("format"), list(GRAPHS))
    return await answered(request, Task("graph", text=name, graph_type=kind))


async def answered(request: Request, task: Task) -> Response:
    """Return the answer of a worker."""
    return sent(await State.of(request).pool.run(task), {"Vary": "Accept"})


def sent(answer: Answer, headers: dict[str, str]) -> Response:
    """Return an answer as a response."""
    kind = f"{answer.type}; charset=utf-8" if answer.type.startswith("text/") else answer.type
    if answer.type.startswith("application/sparql-results") or answer.type == "text/turtle":
        kind = answer.type
    return Response(answer.body, headers={"Content-Type": kind, "X-Engine": answer.engine, **headers})


async def _given(request: Request) -> list[tuple[str, str]]:
    """Return the parameters of a request, and its query, wherever they stand.

    Raises
    ------
    Refused
        when its body is of no kind that the protocol knows.
    """
    given = _parameters(query_of(request))
    if request.method != "POST":
        return given
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    match kind.strip().lower():
        case "application/x-www-form-urlencoded":
            return given + _parameters(_text(await request.body(), ""))
        case "application/sparql-query":
            return [*(one for one in given if one[0] != "query"), ("query", _text(await request.body(), rest))]
        case "application/sparql-update":
            raise Refused(_READ_ONLY, 403)
        case other:
            raise Refused(f"a body is {_FORM} or {_QUERY}, not {other[:80] or 'without a type'}", 415)


def _parameters(text: str) -> list[tuple[str, str]]:
    try:
        text.encode()  # what came as bytes that are no UTF-8 can't be written as such
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise Refused("the parameters are not encoded in UTF-8, or are more than 200", 400) from None


def _text(body: bytes, parameters: str) -> str:
    named = parameters.strip().lower().removeprefix("charset=").strip('"')
    if parameters.strip().lower().startswith("charset=") and named not in ("utf-8", "utf8"):
        raise Refused("queries are encoded in UTF-8", 415)
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refused("the query is not encoded in UTF-8", 400) from None


def _task(request: Request, query: str, given: Sequence[tuple[str, str]], state: State) -> Task:
    one = dict(given)
    engine = one.get("engine", "auto")
    if engine not in _ENGINES:
        raise Refused(f"there is no engine '{engine[:40]}': it is one of {', '.join(_ENGINES)}", 400)
    if len(query) > state.limits.request << 10:
        raise Refused(f"the query has more than {state.limits.request} kB", 413)
    graph = form(query) in ("CONSTRUCT", "DESCRIBE")
    kind = _chosen(request, one.get("format"), [*RESULTS, ARROW] if not graph else list(GRAPHS), fallback=graph)
    return Task(
        "query",
        query,
        type=next(iter(RESULTS)) if graph else kind,
        graph_type=kind if graph else next(iter(GRAPHS)),
        engine=engine,
        default_graphs=[value for name, value in given if name == "default-graph-uri"],
        named_graphs=[value for name, value in given if name == "named-graph-uri"],
    )  # fmt: skip


def _chosen(request: Request, named: str | None, offered: list[str], *, fallback: bool = False) -> str:
    """Return the media type of an answer: the one that is named, or the one that is liked best."""
    if named and NAMES.get(named, named) in offered:
        return NAMES.get(named, named)
    header = accepts(request)
    if named and header in (None, "*/*"):
        raise Refused(f"this can't be given as '{named[:80]}'", 406)
    # Clients that send both a name of their own and the field mean the field.
    kind = accepted(header, offered)
    if kind is None:
        raise Refused(f"this is there as {', '.join(offered)}", 406)
    return kind


def _introduced(request: Request) -> Response:
    """Answer a request without a query."""
    state = State.of(request)
    page = ["text/html"] if state.pages is not None else []
    kind = accepted(accepts(request), [*list(GRAPHS)[:4], *page])
    if kind == "text/html":
        return RedirectResponse(f"{request.scope.get('root_path', '')}/query.html", 303, {"Vary": "Accept"})
    if kind is None:
        raise Refused(f"the description of this service is there as {', '.join(list(GRAPHS)[:4])}", 406)
    return Response(
        described(state.build, absolute(request, "sparql"), kind), media_type=kind, headers={"Vary": "Accept"}
    )
