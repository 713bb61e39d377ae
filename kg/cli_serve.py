"""The commands `kg serve` and `kg mcp`, which import what they need when they run: others begin as quickly without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from kg.errors import UsageError
from kg.render import progress_bar
from kg.settings import read_settings

__all__ = ["mcp", "serve"]


def _names_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--name",
        "names",
        multiple=True,
        metavar="HOST",
        help="What assistants call the server, such as data.example.org.",
    )(function)


def _limits_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--set", "limits", multiple=True, metavar="KEY=VALUE", help="A limit, in place of that in kg.toml."
    )(function)


def _limits(folder: Path, items: Sequence[str]) -> dict[str, object]:
    """Return the limits of a server that a project and the command line state."""
    given: dict[str, object] = {}
    if (folder / "kg.toml").is_file():
        given.update(read_settings(folder).serve)
    for item in items:
        key, mark, value = item.partition("=")
        if not mark or not value.replace(".", "", 1).isdecimal():
            raise UsageError(f"--set {item}: write it as KEY=NUMBER")
        given[key] = float(value) if "." in value else int(value)
    return given


@click.command(name="serve")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 for every address.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--site", type=click.Path(path_type=Path), help="The folder of the site; FOLDER/site without it.")
@click.option("--no-pages", is_flag=True, help="Queries and data only.")
@click.option("--root-path", default="", help="The path that a server in front has taken from the addresses.")
@click.option("--access-log", default="", help="A file for a line of JSON about each request; - for standard output.")
@click.option("--mcp", "assistants", is_flag=True, help="Answer assistants too, at /mcp.")
@_names_option
@_limits_option
def serve(
    folder: Path,
    host: str,
    port: int,
    site: Path | None,
    no_pages: bool,
    root_path: str,
    access_log: str,
    assistants: bool,
    names: tuple[str, ...],
    limits: tuple[str, ...],
) -> None:
    """Put a build on the web: pages, SPARQL, resources, the questions as an interface."""
    from kg.serve import Limits
    from kg.serve import serve as serve_it

    if site is not None and no_pages:
        raise UsageError("--site says where the pages are, and --no-pages that there are none: leave one of them out")
    if names and not assistants:
        raise UsageError("--name is for assistants: give --mcp too, or leave it out")
    place = None if no_pages else site or folder / "site"
    root_path = f"/{root_path.strip('/')}" if root_path.strip("/") else ""
    shown = f"http://{host}:{port}{root_path}/"
    with progress_bar() as progress:
        serve_it(folder, limits=Limits.of(_limits(folder, limits)), site=place, host=host, port=port, root=root_path,
              access=access_log, assistants=assistants, names=names, progress=progress,
              ready=lambda: click.echo(f"{shown} is served; SPARQL at {shown}sparql; Ctrl-C ends it", err=True))  # fmt: skip


@click.command(name="mcp")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--http", is_flag=True, help="Over HTTP at /mcp, in place of standard input and output.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen, with --http.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Likewise.")
@_names_option
@click.option("--each", is_flag=True, help="Every question as a tool of its own, in place of one tool that asks any.")
@_limits_option
def mcp(
    folder: Path, http: bool, host: str, port: int, names: tuple[str, ...], each: bool, limits: tuple[str, ...]
) -> None:
    """Answer assistants about a build: questions, explanations, SPARQL, the vocabulary."""
    from kg.serve.limits import Limits
    from kg.serve.mcp import serve_http, serve_stdio

    chosen = Limits.of(_limits(folder, limits))
    if not http:
        if names:
            raise UsageError("--name is for a server: give --http too, or leave it out")
        serve_stdio(folder, limits=chosen, each=each)
        return
    serve_http(folder, limits=chosen, host=host, port=port, names=names, each=each,
               ready=lambda: click.echo(f"http://{host}:{port}/mcp answers assistants; Ctrl-C ends it", err=True))  # fmt: skip
