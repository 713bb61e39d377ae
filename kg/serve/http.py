"""Running the application on a port: uvicorn, with patience for slow clients that has an end."""

from __future__ import annotations

import asyncio
import logging
import logging.config
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kg.errors import EngineError, InputError
from kg.serve.state import Keeper

__all__ = ["MOST_HEAD", "logs", "run"]

#: The most bytes of a request until its head is whole.
MOST_HEAD = 1 << 19
#: How many connections beyond the limit are told so; more are closed at once.
_TOLD = 100


class _Patient(HttpToolsProtocol):
    """HTTP on one connection; a request whose head does not arrive in time closes it."""

    patience, most = 15.0, 500
    _head: asyncio.TimerHandle | None = None
    _size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most + _TOLD:
            transport.abort()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expected()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head is None and (self.cycle is None or self.cycle.response_complete):
            self._expect()
        if self._head is not None:  # it may hold the beginning of a body as well
            self._size += len(data)
            if self._size > MOST_HEAD:
                self.transport.write(
                    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                )
                self._expected()
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # For whom it is who finds that the client does not read.
        self.scope["abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]

    def on_headers_complete(self) -> None:
        self._expected()
        self.scope["crowded"] = len(self.connections) > self.most  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()

    def _expect(self) -> None:
        self._expected()
        self._head = self.loop.call_later(self.patience, self._give_up)

    def _expected(self) -> None:
        self._size = 0
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        self._head = None
        if self.transport is not None and not self.transport.is_closing():
            self.transport.abort()


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def run(
    app: Starlette, keeper: Keeper, host: str, port: int, *, root: str = "", ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until a signal ends it; what is active is answered first.

    Parameters
    ----------
    app:
        The application.
    keeper:
        Keeps the build that it is about.
    host, port:
        Where it listens.
    root:
        The path that a server in front of this one has taken from the addresses.
    ready:
        Called when it listens.

    Raises
    ------
    ClusterKGError
        when there is no build that can be served, or the port can't be used.
    """
    limits = keeper.limits
    protocol = type("Patient", (_Patient,), {"patience": limits.patience, "most": limits.connections})
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        root_path=root,
        http=protocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_keep_alive=int(limits.patience),
        timeout_graceful_shutdown=int(limits.seconds) + 1,
        proxy_headers=True,  # believed of this machine alone, or of those that FORWARDED_ALLOW_IPS names
        log_level="critical",  # what goes wrong in an answer, the application says itself
    )
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the usual limit is too low for many connections
    server = _Server(config, ready)
    with suppress(SystemExit):  # it would end the process without a word
        server.run()
    if not server.started:
        raise keeper.failed or EngineError(f"the server could not listen on {host} port {port}")


def logs(*, access: Any) -> None:
    """Send messages of the server to standard error, and a line for each request to a stream or a file, or nowhere."""
    handlers: dict[str, Any] = {"said": {"class": "logging.StreamHandler", "formatter": "said"}}
    if access:
        handlers["access"] = {"formatter": "plain", **(
            {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"} if access == "-"
            else {"class": "logging.handlers.WatchedFileHandler", "filename": access, "encoding": "utf-8"}
        )}  # fmt: skip
    settings: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"said": {"format": "%(levelname)s: %(message)s"}, "plain": {"format": "%(message)s"}},
        "handlers": handlers,
        "loggers": {
            "kg.serve": {"handlers": ["said"], "level": "INFO"},
            "kg.access": {"handlers": ["access"] if access else [], "level": "INFO" if access else "CRITICAL", "propagate": False},
            "uvicorn": {"handlers": ["said"], "level": "CRITICAL"},
        },
    }  # fmt: skip
    try:
        logging.config.dictConfig(settings)
    except ValueError as error:
        raise InputError(f"the log can't be written ({error.__cause__ or error})", file=access) from None
