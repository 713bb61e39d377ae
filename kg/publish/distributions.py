"""The files of a site that hold all of its data: their formats, sizes and checksums."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kg.publish.site import Site

__all__ = ["CHECKSUMS", "Distribution", "distributions", "write_checksums"]

#: The file with the checksums of the dumps, as `sha256sum` reads it.
CHECKSUMS = "dumps/SHA256SUMS"
#: By what a name ends in: what it is called, its media type, and its name in the European Union's table of file types.
_FORMATS = {
    ".nq": ("N-Quads", "application/n-quads", "RDF_N_QUADS"),
    ".ttl": ("Turtle", "text/turtle", "RDF_TURTLE"),
    ".jsonld": ("JSON-LD", "application/ld+json", "JSON_LD"),
    ".parquet": ("Parquet", "application/vnd.apache.parquet", "PARQUET"),
    ".csv": ("CSV", "text/csv", "CSV"),
}
_TITLES = {
    "graph": "The whole graph",
    "groups": "Groups: the clusters and the groups that are none",
    "memberships": "Memberships: who belongs to which group, with evidence",
    "candidates": "Candidates: who was considered for which group",
    "links_by_year": "Links of groups by year",
    "not_evidenced": "Groups that came to nothing, and who was dropped from which",
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """A file with data: its path in the site, what it is, and how to be sure that it came whole."""

    file: str
    title: str
    format: str
    media_type: str
    file_type: str
    compressed: bool
    size: int
    sha256: str

    @property
    def table(self) -> bool:
        """Whether it is one of the tables."""
        return self.format == "CSV"


def write_checksums(site: Site) -> None:
    """Write the checksums of all dumps."""
    found = {path.name: _digest(path) for path in (site.folder / "dumps").iterdir() if _format(path) is not None}
    site.write(CHECKSUMS, "".join(f"{digest}  {name}\n" for name, digest in sorted(found.items())))


def distributions(site: Site) -> list[Distribution]:
    """Return the dumps of a site once :func:`write_checksums` has been called; the graph first."""
    out = []
    for line in (site.folder / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        path = site.folder / "dumps" / name
        found = _format(path)
        assert found is not None
        stem = name.split(".")[0]
        title = f"{_TITLES.get(stem, stem)} ({found[0]})"
        out.append(Distribution(f"dumps/{name}", title, *found, path.suffix == ".gz", path.stat().st_size, digest))
    return sorted(out, key=lambda item: (item.table, item.file))


def _format(path: Path) -> tuple[str, str, str] | None:
    return _FORMATS.get(Path(path.name.removesuffix(".gz")).suffix)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
