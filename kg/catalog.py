"""Query files with their header: ``#+ key: value`` lines, then SPARQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from kg.errors import ClusterKGError, UsageError, nearest
from kg.resources import folder

__all__ = ["Parameter", "Query", "asked_often", "find", "load", "read_query"]

_HEADER = re.compile(r"^#\+\s*(\w+):\s*(.*)$")
_PARAMETER = re.compile(r"^(\w+)\s*\((\w+)(?:\s*=\s*([^)]*))?\)\s*[-:]?\s*(.*)$")

#: What a parameter may be; see :func:`kg.ask.bind` for how each is turned into a term.
_TYPES = ("organization", "region", "sector", "group", "collaboration", "iri", "string", "integer", "decimal")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a question: the name of the variable it binds, its type, default and meaning."""

    name: str
    type: str
    default: str | None
    description: str

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is None


@dataclass(frozen=True, slots=True)
class Query:
    """A SPARQL query read from a file, with what its header says of it.

    The stage of a rule is the number that its file name begins with; `repeat` is set for a rule that must run again
    until it says nothing new. A hygiene query says how bad its finding is, what the problem with it is and how it is
    solved.
    """

    name: str
    text: str
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    repeat: str = ""
    parameters: tuple[Parameter, ...] = field(default=())
    severity: str = ""
    problem: str = ""
    solution: str = ""

    @property
    def stage(self) -> str:
        """The leading number of the file name."""
        return self.name.split("-", 1)[0]


def read_query(path: Path) -> Query:
    """Read one ``.rq`` file.

    Raises
    ------
    ClusterKGError
        when a header line is not of the form that the catalogue knows.
    """
    text = path.read_text(encoding="utf-8")
    header: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := _HEADER.match(line):
            header.setdefault(match[1], []).append(match[2].strip())
        elif line.startswith("#+ ") and header:
            header[list(header)[-1]][-1] += " " + line[2:].strip()
    return Query(
        name=path.stem,
        text=text,
        summary=" ".join(header.get("summary", [])),
        description=" ".join(header.get("description", [])),
        tags=tuple(tag.strip() for tag in ",".join(header.get("tags", [])).split(",") if tag.strip()),
        repeat=" ".join(header.get("repeat", [])),
        parameters=tuple(_parameter(path, text) for text in header.get("parameter", [])),
        severity=" ".join(header.get("severity", [])),
        problem=" ".join(header.get("problem", [])),
        solution=" ".join(header.get("solution", [])),
    )


def _parameter(path: Path, text: str) -> Parameter:
    match = _PARAMETER.match(text)
    if match is None or match[2] not in _TYPES:
        raise ClusterKGError(
            f"{path}: '{text}' is no parameter; write 'name (type = default): meaning' with a type of {_TYPES}"
        )
    return Parameter(match[1], match[2], match[3], match[4])


@cache
def load(place: str) -> tuple[Query, ...]:
    """Return the queries of a resource folder, such as ``queries/infer``, in order of their file names."""
    return tuple(read_query(path) for path in sorted(folder(place).glob("*.rq")))


def find(place: str, name: str) -> Query:
    """Return the query of that name.

    Raises
    ------
    UsageError
        when there is none; it names the nearest.
    """
    known = {query.name: query for query in load(place)}
    if name not in known:
        raise UsageError(f"there is no question '{name}'{nearest(name, known)}")
    return known[name]


def asked_often() -> list[str]:
    """Return the texts of the queries that every build asks, in their order, and of those asked of it afterwards."""
    return [query.text for name in ("infer", "results", "questions") for query in load(f"queries/{name}")]
