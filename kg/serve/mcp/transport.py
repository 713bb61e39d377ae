"""How an assistant reaches the tools: over the standard streams of a process, or over HTTP without a session."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextResourceContents,
)
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kg.errors import UsageError
from kg.serve.app import application
from kg.serve.guard import refused
from kg.serve.http import logs, run
from kg.serve.limits import Limits
from kg.serve.mcp import texts
from kg.serve.mcp.answers import plain
from kg.serve.mcp.tools import Tools
from kg.serve.state import Keeper

__all__ = ["Mounted", "called", "serve_http", "serve_stdio"]

_LOCAL = ("127.0.0.1", "localhost", "[::1]")
#: Seconds for what is active to end when a signal comes.
_END = 2.0


def _server(keeper: Keeper, *, each: bool) -> Server[Any]:
    """Return the server of the protocol over the build that a keeper keeps."""
    tools = Tools(keeper, each=each)

    async def list_tools(_: Any, __: Any) -> ListToolsResult:
        return ListToolsResult(tools=tools.declared)

    async def call_tool(_: Any, given: CallToolRequestParams) -> CallToolResult:
        return await tools.call(given.name, given.arguments or {})

    async def list_resources(_: Any, __: Any) -> ListResourcesResult:
        return ListResourcesResult(resources=texts.RESOURCES)

    async def list_templates(_: Any, __: Any) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=texts.TEMPLATES)

    async def read(_: Any, given: ReadResourceRequestParams) -> ReadResourceResult:
        if keeper.state is None:
            raise MCPError(INVALID_PARAMS, "the server is starting; try again in a moment")
        with _told():
            text, kind = texts.resource(keeper.state, given.uri)
        return ReadResourceResult(contents=[TextResourceContents(uri=given.uri, text=text, mime_type=kind)])

    async def list_prompts(_: Any, __: Any) -> ListPromptsResult:
        return ListPromptsResult(prompts=texts.PROMPTS)

    async def get_prompt(_: Any, given: GetPromptRequestParams) -> GetPromptResult:
        with _told():
            return texts.prompt(given.name, given.arguments or {})

    return Server(
        "clusterkg",
        version=metadata.version("clusterkg"),
        title="Business clusters",
        instructions=texts.instructions(keeper.state),
        get_tool_input_schema=tools.schema,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
    )


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Give what is wrong with a request as an error of the protocol."""
    try:
        yield
    except UsageError as error:
        raise MCPError(INVALID_PARAMS, plain(str(error), 800)) from None


def serve_stdio(folder: Path, *, limits: Limits, each: bool = False) -> None:
    """Serve a build over standard input and output until the input ends.

    Parameters
    ----------
    folder:
        The folder of a project, or of a build.
    limits:
        What may be asked for.
    each:
        Whether every question is a tool of its own.

    Raises
    ------
    InputError
        when there is no build that can be served.
    """
    logs(access="")
    asyncio.run(_stdio(Keeper(folder, limits), each=each))


async def _stdio(keeper: Keeper, *, each: bool) -> None:
    # The streams are the protocol's alone: processes that answer, and whatever else prints, get others.
    given = os.fdopen(os.dup(0), encoding="utf-8", errors="replace")
    taken = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    await keeper.open()
    try:
        _end_with(keeper)
        server = _server(keeper, each=each)
        async with stdio_server(anyio.wrap_file(given), anyio.wrap_file(taken)) as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
    finally:
        await keeper.close()


def _end_with(keeper: Keeper) -> None:
    """End with a signal at once: a thread waits for input, which nothing else would end."""
    ending: list[asyncio.Task[None]] = []

    async def end(number: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END):
                await keeper.close()
        sys.stderr.flush()
        os._exit(128 + number)

    def begin(number: int) -> None:
        ending.append(asyncio.create_task(end(number)))

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, begin, number)


class Mounted:
    """The protocol over HTTP at an address of a server, without sessions: each request stands for itself.

    Parameters
    ----------
    keeper:
        Keeps the build.
    names:
        What the server is called by those who may use it: names of hosts, with a port or without. A page in a browser that was led
        here by another name is refused.
    each:
        Whether every question is a tool of its own.
    """

    __name__ = "mcp"

    def __init__(self, keeper: Keeper, names: tuple[str, ...], *, each: bool = False) -> None:
        self._keeper, self._each = keeper, each
        hosts = [form for name in names for form in (name, f"{name}:*")]
        origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
        self._security = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
        self._manager: StreamableHTTPSessionManager | None = None

    @property
    def route(self) -> Route:
        """The route at ``/mcp``."""
        return Route("/mcp", self)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer for as long as the context lasts."""
        manager = StreamableHTTPSessionManager(
            _server(self._keeper, each=self._each),
            json_response=True,
            stateless=True,
            security_settings=self._security,
            max_request_body_size=self._keeper.limits.request << 10,
        )
        async with manager.run():
            self._manager = manager
            try:
                yield
            finally:
                self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["method"] != "POST":  # a stream of messages, or the end of a session: there is neither
            response = refused(405, "requests are sent with POST")
            response.headers["Allow"] = "POST"
            await response(scope, receive, send)
        elif self._manager is None:
            await refused(503, "the server is starting; try again in a moment")(scope, receive, send)
        else:
            await self._manager.handle_request(scope, receive, send)


def serve_http(
    folder: Path,
    *,
    limits: Limits,
    host: str = "127.0.0.1",
    port: int = 8000,
    names: tuple[str, ...] = (),
    each: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve a build over HTTP at ``/mcp`` until the process is told to end.

    Parameters
    ----------
    folder:
        The folder of a project, or of a build.
    limits:
        What may be asked for.
    host, port:
        Where to listen.
    names:
        What else the server is called.
    each:
        Whether every question is a tool of its own.
    ready:
        Called when requests are answered.

    Raises
    ------
    InputError
        when there is no build that can be served.
    EngineError
        when the port can't be used.
    """
    logs(access="")
    keeper = Keeper(folder, limits)
    mounted = Mounted(keeper, called(host, names), each=each)
    app = application(keeper, more=(mounted.route,), during=mounted.running, bare=True)
    run(app, keeper, host, port, ready=ready)


def called(host: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a server is called that listens on a host: the names of this machine, that of the host, and others."""
    own = f"[{host}]" if ":" in host else host
    return tuple(dict.fromkeys((*_LOCAL, *((own,) if own not in ("0.0.0.0", "[::]") else ()), *names)))
