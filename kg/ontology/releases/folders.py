"""A folder of releases: what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kg.ontology.releases.names import file_name, version, version_key
from kg.ontology.vocabulary import Vocabulary, read_vocabulary

__all__ = ["SCRATCH", "by_age", "found_in", "newest"]

#: What the names of the folders begin with that are there only while a release is written.
SCRATCH = ".release-"


def found_in(out: Path, name: str, iri: str) -> tuple[Vocabulary, ...]:
    """Return the versions of an ontology that are in a folder of releases, oldest first.

    Parameters
    ----------
    out:
        The folder; it need not be there.
    name, iri:
        The name of the files, and the IRI of the ontology: what is of another is left out.

    Raises
    ------
    InputError
        when a version can't be read.
    """
    folders = [path for path in out.iterdir() if version_key(path.name)] if out.is_dir() else []
    files = [path / f"{name}.ttl" for path in folders if (path / f"{name}.ttl").is_file()]
    read = [(path.parent.name, read_vocabulary([path])) for path in files]
    return by_age([one for number, one in read if str(one.iri) == iri and file_name(version(one)) == number])


def by_age(versions: Sequence[Vocabulary]) -> tuple[Vocabulary, ...]:
    """Return versions oldest first, as their numbers say; as they come when some has none."""
    keys = [version_key(version(one)) for one in versions]
    known = [key for key in keys if key is not None]
    if len(known) < len(keys):
        return tuple(versions)
    return tuple(one for _, _, one in sorted(zip(known, range(len(known)), versions, strict=True), key=lambda x: x[:2]))


def newest(versions: Sequence[Vocabulary]) -> Vocabulary | None:
    """Return the version with the highest number, the last of those with the same; None when none has one."""
    numbered = [one for one in versions if version_key(version(one))]
    return by_age(numbered)[-1] if numbered else None
