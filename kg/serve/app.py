"""The server as one application: which address is answered by what."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kg.publish.query_page import ENDPOINT
from kg.serve import library
from kg.serve.address import absolute, path_of
from kg.serve.description import described
from kg.serve.guard import Guard, Metrics, fault, refused
from kg.serve.sparql import graph_store, sparql
from kg.serve.state import Keeper, State
from kg.serve.tasks import Refused

__all__ = ["application"]

_READ = ["GET", "HEAD"]


def application(
    keeper: Keeper,
    *,
    more: tuple[BaseRoute, ...] = (),
    during: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    bare: bool = False,
) -> Starlette:
    """Return the server as an ASGI application.

    Parameters
    ----------
    keeper:
        Keeps the build that is served; it is opened and closed with the application.
    more:
        Routes that come before the pages.
    during:
        What is entered when the build is open, and left before it is closed.
    bare:
        Whether there is nothing but those routes and the health of the server.
    """
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await keeper.open()
        try:
            async with during():
                yield
        finally:
            await keeper.close()

    served: list[BaseRoute] = [] if bare else [
        Route("/sparql", sparql, methods=["GET", "HEAD", "POST"]),
        Route("/sparql/", sparql, methods=["GET", "HEAD", "POST"]),
        Route("/graph-store", graph_store, methods=_READ),
        Route("/graph-store/{name:path}", graph_store, methods=_READ),
        Route("/.well-known/void", well_known_void, methods=_READ),
        Route("/api/questions", library.listed, methods=_READ),
        Route("/api/questions/{name}", library.ask, methods=_READ),
        Route("/api/explain", library.explain, methods=_READ),
        Route("/api/describe", library.describe, methods=_READ),
        Route("/openapi.json", library.openapi, methods=_READ),
        Route(f"/{ENDPOINT}", endpoint, methods=_READ),
    ]  # fmt: skip
    site: list[BaseRoute] = [] if bare else [Route("/{path:path}", pages, methods=_READ)]
    app = Starlette(
        routes=[
            *served,
            Route("/health", health, methods=_READ),
            Route("/ready", readiness, methods=_READ),
            Route("/metrics", numbers, methods=_READ),
            *more,
            *site,
        ],
        middleware=[Middleware(Guard, limits=keeper.limits, metrics=metrics)],
        exception_handlers={HTTPException: _http_fault, Exception: fault, Refused: fault},
        lifespan=lifespan,
    )
    app.state.keeper = keeper
    app.state.metrics = metrics
    return app


async def pages(request: Request) -> Response:
    """Answer with a file of the site, or lead an IRI to one."""
    state = State.of(request)
    if state.pages is not None:
        return await state.pages(request)
    if path_of(request) == "/":
        return RedirectResponse(f"{request.scope.get('root_path', '')}/sparql", 303)
    return PlainTextResponse("There is no such page.\n", 404)


async def well_known_void(request: Request) -> Response:
    """Return the description of the data set: that of the site, or else that of the service."""
    state = State.of(request)
    if state.pages is not None and (state.pages.folder / "void.ttl").is_file():
        return Response((state.pages.folder / "void.ttl").read_bytes(), media_type="text/turtle")
    return Response(described(state.build, absolute(request, "sparql"), "text/turtle"), media_type="text/turtle")


async def endpoint(request: Request) -> Response:
    """Tell the page for queries where to ask them."""
    return JSONResponse(
        {"endpoint": f"{request.scope.get('root_path', '')}/sparql"}, headers={"Cache-Control": "no-cache"}
    )


async def health(request: Request) -> Response:
    """Say that the server runs."""
    return JSONResponse({"status": "alive"}, headers={"Cache-Control": "no-store"})


async def readiness(request: Request) -> Response:
    """Say whether queries are answered, of which build, and why a newer one is refused, if one is."""
    keeper: Keeper = request.app.state.keeper
    if keeper.state is None:
        return JSONResponse({"status": "starting"}, 503, {"Cache-Control": "no-store"})
    state = keeper.state
    if not (state.build.folder / "run.json").is_file():
        return JSONResponse({"status": "the files of the build are gone"}, 503, {"Cache-Control": "no-store"})
    said = {"status": "ready", "run": state.build.run.get("run", ""), "queries": state.pool.counts}
    if keeper.refused:
        said["refused"] = "a newer build is there and can't be served; the log says why"
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


async def numbers(request: Request) -> Response:
    """Return the numbers of the server for Prometheus."""
    metrics: Metrics = request.app.state.metrics
    state = State.of(request)
    for name, count in state.pool.counts.items():
        metrics.queries.labels(name).set(count)
    metrics.stopped.set(state.pool.stopped)
    metrics.builds.set(request.app.state.keeper.taken_up)
    metrics.since.set(state.since)
    return Response(metrics.text(), media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})


async def _http_fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is no such page", 405: "this server is read: with GET or HEAD, and queries with POST too"}
    allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
    if error.status_code == 405 and request.method == "OPTIONS":
        return _options(allowed)
    headers = {"Allow": allowed} if allowed else {}
    return refused(error.status_code, words.get(error.status_code, error.detail), headers)


def _options(allowed: str) -> Response:
    """Say what may be sent, to the scripts of other sites too: https://fetch.spec.whatwg.org/#cors-preflight-request"""
    return Response(
        status_code=204,
        headers={
            "Allow": f"{allowed}, OPTIONS",
            "Access-Control-Allow-Methods": allowed,
            "Access-Control-Allow-Headers": "Accept, Content-Type, If-Modified-Since, If-None-Match, Range",
            "Access-Control-Max-Age": "86400",
        },
    )
