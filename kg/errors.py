"""What can go wrong, as one family of exceptions; each knows the exit status of the command line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

__all__ = ["ClusterKGError", "EngineError", "InputError", "ShapesError", "UnsupportedQuery", "UsageError", "nearest"]


class ClusterKGError(Exception):
    """Base of every error the toolkit raises on purpose; its text is one line for a person."""

    exit_status = 3


class UsageError(ClusterKGError):
    """The request itself can't be carried out: an unknown name, a parameter out of bounds."""

    exit_status = 2


class InputError(ClusterKGError):
    """An input can't be read at all.

    Parameters
    ----------
    message:
        What is wrong and what to do about it.
    file, line:
        Where; the line is that of the file, counted from 1.
    """

    exit_status = 2

    def __init__(self, message: str, *, file: Path | str | None = None, line: int | None = None) -> None:
        where = "" if file is None else f"{file} line {line}: " if line else f"{file}: "
        super().__init__(where + message)


class ShapesError(ClusterKGError):
    """A shapes graph is not as SHACL has it; the message names the shape and what is wrong with it."""

    exit_status = 2


class EngineError(ClusterKGError):
    """An engine or a server failed to carry out a valid request."""


class UnsupportedQuery(EngineError):
    """An engine doesn't know a construct of a query; the message names it."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``": did you mean 'x'?"`` for the known name nearest to `name`, or a list of a few known ones.

    >>> nearest("latitud", ["latitude", "longitude"])
    ": did you mean 'latitude'?"
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f": did you mean '{close[0]}'?"
    if not names:
        return ""
    shown = ", ".join(names[:12])
    return f"; known are {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
