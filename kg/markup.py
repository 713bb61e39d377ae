"""HTML and SVG from the templates of the package: one way to read them, which escapes, and one set of colours."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

__all__ = ["environment", "read_asset", "read_style"]


def environment(folder: str, *, before: Path | None = None) -> Environment:
    """Return the templates of a folder; texts are escaped, and a name that nothing was given for is an error.

    Parameters
    ----------
    folder:
        Its name in ``kg/templates``.
    before:
        A folder whose templates take the place of those with the same names.
    """
    loaders: list[BaseLoader] = [PackageLoader("kg", f"templates/{folder}")]
    if before is not None:
        loaders.insert(0, FileSystemLoader(before))
    return Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def read_asset(name: str) -> str:
    """Return a text file of ``kg/templates``."""
    return resources.files("kg").joinpath("templates", *name.split("/")).read_text(encoding="utf-8")


def read_style(name: str) -> str:
    """Return a style sheet of ``kg/templates`` after the paper, inks and typefaces that all of them share."""
    return read_asset("dress.css") + read_asset(name)
