"""A build on the web: for people, for SPARQL clients, and for programs that want one question answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kg.build import open_build
from kg.publish import publish
from kg.publish.site import is_of
from kg.rows import Progress, silent
from kg.serve.app import application
from kg.serve.http import logs, run
from kg.serve.limits import Limits
from kg.serve.state import Keeper

__all__ = ["Limits", "serve"]


def serve(
    folder: Path,
    *,
    limits: Limits,
    site: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    root: str = "",
    access: str = "",
    assistants: bool = False,
    names: tuple[str, ...] = (),
    progress: Progress = silent,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve a build until the process is told to end.

    Parameters
    ----------
    folder:
        The folder of a project, or of a build.
    limits:
        What it may be asked for.
    site:
        The folder of its site, which is written when it is not there or of another build; None to serve no pages.
    host, port:
        Where to listen.
    root:
        The path that a server in front has taken from the addresses.
    access:
        A file for a line about each request; ``-`` for standard output.
    assistants:
        Whether assistants are answered too, at ``/mcp``.
    names:
        What the server is called by assistants, beside the names of this machine and `host`.
    progress:
        Is told what is done before serving begins.
    ready:
        Called when requests are answered.

    Raises
    ------
    InputError
        when there is no build that can be served.
    EngineError
        when the port can't be used.
    UsageError
        when the library for assistants is not installed.
    """
    if assistants:
        from kg.serve.mcp import Mounted, called  # what it needs need not be installed
    build = open_build(folder)
    if site is not None and not is_of(site, build):
        publish(build, site, progress=progress)
    logs(access=access)
    keeper = Keeper(folder, limits, site=site)
    if assistants:
        mounted = Mounted(keeper, called(host, names))
        app = application(keeper, more=(mounted.route,), during=mounted.running)
    else:
        app = application(keeper)
    run(app, keeper, host, port, root=root, ready=ready)
