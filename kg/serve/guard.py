"""What stands before every request: size, patience and headers; and what is kept of it: a line, and numbers."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import UsageError
from kg.serve.limits import Limits
from kg.serve.tasks import Refused
from kg.serve.waiting import while_there

__all__ = ["HEADERS", "Guard", "Metrics", "fault", "refused"]

_log = logging.getLogger("kg.access")
#: What every response says to a browser. Oxigraph in the page for queries is WebAssembly.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: The most bytes that are sent at a time, and how many times the patience for a piece a client has for all.
_PIECE, _PATIENT = 1 << 16, 20
#: Data is for the programs of others too.
_OPEN = {"access-control-allow-origin": "*", "access-control-expose-headers": "X-Engine, ETag, Retry-After"}
#: What is answered whoever else is there, for those who run the server.
_ALWAYS = ("/health", "/ready", "/metrics")
_RAW = [(name.lower().encode(), value.encode()) for name, value in (HEADERS | _OPEN).items()]


class Metrics:
    """Numbers about requests and queries: https://prometheus.io/docs/practices/naming/"""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("kg_requests", "Requests", ["route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "kg_request_seconds", "Seconds until the end of an answer", ["route"], registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )  # fmt: skip
        self.bytes = Counter("kg_response_bytes", "Bytes of answers", ["route"], registry=self.registry)
        self.queries = Gauge("kg_queries", "Queries, by what they do", ["state"], registry=self.registry)
        self.stopped = Gauge(
            "kg_queries_stopped", "Queries of the build now served that took too long", registry=self.registry
        )
        self.builds = Gauge(
            "kg_builds_taken_up", "New builds that were taken up since the start", registry=self.registry
        )
        self.since = Gauge("kg_build_served_since_seconds", "When the build was taken up", registry=self.registry)

    def text(self) -> bytes:
        """Return all numbers in Prometheus' format."""
        return generate_latest(self.registry)


class Guard:
    """Limits the size and the time of requests, sets headers, and keeps a line of each.

    Parameters
    ----------
    app:
        What answers.
    limits, metrics:
        The limits, and where numbers are kept.
    """

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self.app = app
        self.limits = limits
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, size, engine = time.perf_counter(), 0, 0, ""

        async def sending(message: Message) -> None:
            nonlocal status, size, engine
            if message["type"] == "http.response.start":
                status = message["status"]
                names = {name for name, _ in message["headers"]}
                engine = next((value.decode() for name, value in message["headers"] if name == b"x-engine"), "")
                message = {**message, "headers": [*message["headers"], *(one for one in _RAW if one[0] not in names)]}
                await send(message)
                return
            body, more = message.get("body", b""), message.get("more_body", False)
            size += len(body)
            # A client that does not read holds memory: it gets a piece at a time, and a while for all of a message.
            async with asyncio.timeout(_PATIENT * self.limits.patience):
                for place in range(0, max(len(body), 1), _PIECE):
                    last = place + _PIECE >= len(body)
                    piece = body if last and not place else body[place : place + _PIECE]
                    async with asyncio.timeout(self.limits.patience):
                        await send({"type": "http.response.body", "body": piece, "more_body": more or not last})

        try:
            await self._answer(scope, self._limited(receive), sending)
        except TimeoutError:
            status = 499
            scope.get("abort", lambda: None)()
        except ClientDisconnect:
            status = 499
        except Exception as error:  # nothing else stands before the client
            response = await fault(Request(scope), error)
            if status == 0:
                await response(scope, receive, sending)
        finally:
            self._keep(scope, status, size, time.perf_counter() - began, engine)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("crowded") and not scope["path"].endswith(_ALWAYS):
            said = refused(503, "too many others are connected; try again later", {"Connection": "close"})
            await said(scope, receive, send)
            return
        if len(scope["query_string"]) + len(scope.get("raw_path", b"")) > self.limits.request << 10:
            await refused(413, f"the address has more than {self.limits.request} kB")(scope, receive, send)
            return
        await while_there(self.app, scope, receive, send)

    def _limited(self, receive: Receive) -> Callable[[], Awaitable[Message]]:
        size, end = 0, time.monotonic() + self.limits.patience
        whole = False

        async def receiving() -> Message:
            nonlocal size, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout(max(0.0, end - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise Refused("the request took too long to arrive", 408) from None
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            size += len(message.get("body", b""))
            if size > self.limits.request << 10:
                raise Refused(f"the request has more than {self.limits.request} kB", 413)
            return message

        return receiving

    def _keep(self, scope: Scope, status: int, size: int, seconds: float, engine: str) -> None:
        route = getattr(scope.get("endpoint"), "__name__", "pages")
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        self.metrics.bytes.labels(route).inc(size)
        if _log.isEnabledFor(logging.INFO):
            path = scope.get("raw_path", b"").decode("ascii", "replace")
            line = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "method": scope["method"],
                "path": path[:2000],
                "query": scope["query_string"].decode("ascii", "replace")[:2000],
                "status": status,
                "bytes": size,
                "ms": round(1000 * seconds, 2),
                "client": (scope.get("client") or ("",))[0],
            }
            if engine:
                line["engine"] = engine
            _log.info("%s", json.dumps(line))


def refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return why a request is not answered, with nothing of how the server works."""
    more = {"Retry-After": "5"} if status == 503 else {}
    # A message may quote halves of surrogate pairs, which no encoding has.
    text = message.encode(errors="replace").decode()
    return JSONResponse({"error": text}, status, {**more, **(headers or {})})


async def fault(request: Request, error: Exception) -> Response:
    """Return the response for an error."""
    if isinstance(error, Refused):
        return refused(error.status, str(error))
    if isinstance(error, UsageError):
        return refused(400, str(error))
    logging.getLogger("kg.serve").exception("%s %s", request.method, request.url.path)
    return refused(500, "something went wrong here; it is in the log of the server")
