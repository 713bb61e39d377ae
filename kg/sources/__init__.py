"""Sources: one file per format or data set, registered by the name that `kg.toml` uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from kg.engines.columnar import Drafts
from kg.errors import UsageError, nearest
from kg.rows import Loaded, Progress
from kg.settings import ABOUT_SOURCE
from kg.sources import cordis, rdf, tables

__all__ = ["SOURCES", "read_source"]

#: A source: (path, how it is shown, base IRI, number, options of its `[[source]]` entry, drafts, progress) -> what it read.
Reader = Callable[[Path, str, str, int, Mapping[str, object], Drafts, Progress], Loaded]

SOURCES: dict[str, Reader] = {"tables": tables.read, "cordis": cordis.read, "rdf": rdf.read}
#: What each source's entry may hold beside `type` and `path`.
OPTIONS: dict[str, frozenset[str]] = {
    "tables": frozenset(tables.OPTIONS),
    "cordis": frozenset(cordis.OPTIONS),
    "rdf": frozenset(rdf.OPTIONS),
}


def read_source(
    kind: str,
    path: Path,
    *,
    shown: str,
    base: str,
    number: int,
    options: Mapping[str, object],
    drafts: Drafts,
    progress: Progress,
) -> Loaded:
    """Read one source into drafts.

    Parameters
    ----------
    kind:
        The `type` of the source.
    path:
        Its file or folder.
    shown:
        What stands for it in messages and reports.
    base, number:
        The base IRI of what is minted, and the source's place in `kg.toml`, from 1.
    options:
        The other settings of its entry.
    drafts:
        Take its rows and what they state.
    progress:
        Called while rows are read.

    Raises
    ------
    UsageError
        for an unknown type or option.
    InputError
        when the source can't be read.
    """
    if kind not in SOURCES:
        raise UsageError(f"[[source]] {number}: there is no source type '{kind}'{nearest(kind, SOURCES)}")
    for name in options:
        if name not in OPTIONS[kind]:
            raise UsageError(
                f"[[source]] {number}: a source of type '{kind}' has no setting '{name}'"
                + nearest(name, OPTIONS[kind] | {"type", "path", *ABOUT_SOURCE})
            )
    return SOURCES[kind](path, shown, base, number, options, drafts, progress)
