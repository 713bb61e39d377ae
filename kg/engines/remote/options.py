"""How a server is reached: the settings of `[engine]` in `kg.toml` for the remote engine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from kg.engines.remote.servers import SERVERS, Server
from kg.errors import UsageError, nearest

__all__ = ["REMOTE_KEYS", "RemoteOptions", "remote_options"]

#: The settings of `[engine]` that are about a server.
REMOTE_KEYS = frozenset(
    [
        "url",
        "update",
        "graph_store",
        "server",
        "user",
        "password",
        "password_env",
        "authentication",
        "timeout",
        "batch",
        "retries",
    ]
)
_AUTHENTICATIONS = ("basic", "digest")


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """The addresses of a server's endpoints, who asks, and how patient one is.

    `timeout` is in seconds and for each request, `batch` in statements, `retries` what is tried beyond the first time.
    """

    url: str
    update: str
    graph_store: str
    server: Server = SERVERS["sparql11"]
    user: str = ""
    password: str = field(default="", repr=False)
    authentication: str = ""
    timeout: float = 600
    batch: int = 10_000
    retries: int = 4


def remote_options(where: str, section: Mapping[str, Any], environment: Mapping[str, str]) -> RemoteOptions | None:
    """Return the settings of a server from a section of `kg.toml`; nothing when the section is not about one.

    Parameters
    ----------
    where:
        What messages call the section.
    section:
        The section; its keys are known ones.
    environment:
        Where `password_env` is looked up.

    Raises
    ------
    UsageError
        for an impossible value; no message has a password.
    """
    if not REMOTE_KEYS & set(section):
        return None
    name = section.get("server", "sparql11")
    if name not in SERVERS:
        raise UsageError(f"{where} there is no server {name!r}{nearest(str(name), SERVERS)}")
    server = SERVERS[name]
    url = _address(where, "url", section.get("url"))
    user, password = _who(where, section, environment)
    asked = section.get("authentication", server.authentication if user else "")
    if asked and asked not in _AUTHENTICATIONS:
        raise UsageError(f"{where} there is no authentication {asked!r}{nearest(str(asked), _AUTHENTICATIONS)}")
    if asked and not user:
        raise UsageError(f"{where} authentication = {asked!r} needs a user")
    return RemoteOptions(
        url=url,
        update=_beside(where, "update", section, url, server, server.update_end),
        graph_store=_beside(where, "graph_store", section, url, server, server.store_end),
        server=server,
        user=user,
        password=password,
        authentication=asked,
        timeout=float(_number(where, "timeout", section.get("timeout", 600), least=0.001, most=86_400)),
        batch=int(_whole(where, "batch", section.get("batch", 10_000), least=1, most=10_000_000)),
        retries=int(_whole(where, "retries", section.get("retries", 4), least=0, most=100)),
    )


def _address(where: str, name: str, value: object) -> str:
    """Return an address, checked."""
    if value is None:
        raise UsageError(f"{where} the remote engine needs {name}, the address of the server's endpoint for queries")
    shown = f"{where} {name}"
    if not isinstance(value, str) or any(c.isspace() or c in '<>"{}|\\^`' for c in value):
        raise UsageError(f"{shown} must be an address such as http://localhost:7878/query")
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        raise UsageError(f"{shown} must be an address such as http://localhost:7878/query") from None
    if "@" in parts.netloc:
        raise UsageError(f"{shown} must not name a user: there are settings for the user and the password")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise UsageError(f"{shown} must be an address such as http://localhost:7878/query")
    return value


def _beside(where: str, name: str, section: Mapping[str, Any], url: str, server: Server, end: str) -> str:
    """Return the address of another endpoint: as given, or told by that of the endpoint for queries."""
    if name in section:
        return _address(where, name, section[name])
    start = url.removesuffix("-auth").removesuffix(server.query_end)
    if not end or start == url:
        raise UsageError(
            f"{where} needs {name}, the address of the server's {_ENDPOINTS[name]}; it can't be told by url"
        )
    return start + end


_ENDPOINTS = {"update": "endpoint for updates", "graph_store": "Graph Store Protocol"}


def _who(where: str, section: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the user and the password."""
    for name in ("user", "password", "password_env"):
        if not isinstance(section.get(name, ""), str):
            raise UsageError(f"{where} {name} must be a text")
    user, password, variable = (section.get(name, "") for name in ("user", "password", "password_env"))
    if password and variable:
        raise UsageError(f"{where} has password and password_env: leave one of them out")
    if variable:
        if variable not in environment:
            raise UsageError(f"{where} password_env = {variable!r}: the environment has no such variable")
        password = environment[variable]
    if password and not user:
        raise UsageError(f"{where} has a password and no user")
    if ":" in user or any(ord(c) < 32 for c in user + password):
        raise UsageError(f"{where} user must have no colon, user and password no control characters")
    return user, password


def _number(where: str, name: str, value: object, *, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise UsageError(f"{where} {name} = {value!r} must be a number")
    if not least <= value <= most:
        raise UsageError(f"{where} {name} = {value} must be from {least:g} to {most:g}")
    return float(value)


def _whole(where: str, name: str, value: object, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{where} {name} = {value!r} must be a whole number")
    return int(_number(where, name, value, least=least, most=most))
