"""The site of a build: where it is written, and what every part of it needs to know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kg.build import Build
from kg.errors import InputError
from kg.folders import replacing
from kg.publish.addresses import Addresses
from kg.publish.staged import Staged
from kg.rows import Progress, silent

__all__ = ["MARK", "Site", "replacing_site"]

#: What marks a folder as a site of ours, which may be replaced.
MARK = "clusterkg-site.json"


@dataclass(frozen=True)
class Site:
    """A site that is being written.

    Attributes
    ----------
    build:
        The build that it shows.
    folder:
        Where its files are written; every path of the site is relative to it.
    graph:
        Its facts, with the file that each is described in.
    templates:
        A folder with templates that take the place of ours, by name; None where there is none.
    progress:
        Is told what is done.
    """

    build: Build
    folder: Path
    graph: Staged
    templates: Path | None = None
    progress: Progress = silent

    @property
    def addresses(self) -> Addresses:
        """Which files are about which IRI."""
        return self.graph.addresses

    def path(self, name: str) -> Path:
        """Return the path of a file, with the folders above it made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the site."""
        self.path(name).write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing_site(target: Path) -> Iterator[Path]:
    """Give a new folder beside a site; it takes the place of the site when all is done, and only then.

    Raises
    ------
    InputError
        when there is something else at that place.
    """
    if target.is_symlink() and target.exists():
        target = target.resolve()
    if target.is_dir() and any(target.iterdir()) and not (target / MARK).is_file():
        raise InputError("there are files here that are no site of kg; name a new or empty folder", file=target)
    with replacing(target, f".{target.name}-") as fresh:
        yield fresh
