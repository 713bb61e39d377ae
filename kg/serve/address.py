"""What a request asks for, as the client wrote it: Starlette decodes more, or raises errors, where bytes are not text."""

from __future__ import annotations

from starlette.requests import Request

__all__ = ["absolute", "path_of", "query_of"]


def path_of(request: Request) -> str:
    """Return the path that was asked for, its percent-encoding as it is, without the path that a server in front has taken."""
    path: str = request.scope["raw_path"].split(b"?")[0].decode("ascii", "replace")
    return path.removeprefix(request.scope.get("root_path", ""))


def query_of(request: Request) -> str:
    """Return what is behind the question mark; bytes that are no ASCII are read as those of a percent-encoded text would be."""
    given: bytes = request.scope["query_string"]
    return given.decode("utf-8", "surrogateescape")


def absolute(request: Request, path: str) -> str:
    """Return the address of a path of this server, as the client knows the server."""
    return f"{str(request.base_url).rstrip('/')}/{path.lstrip('/')}"
