"""A folder of releases: what is in it, and how all of it is replaced at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from kg.errors import InputError
from kg.ontology.releases.names import file_name, version, version_key
from kg.ontology.vocabulary import Vocabulary, read_vocabulary

__all__ = ["SCRATCH", "by_age", "found_in", "newest", "replacing"]

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


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a folder to write into; what is in it takes the place of all in `target` when all went well.

    A folder that can't be moved, as it is a mount or the one that the command runs in, keeps its place: then its
    contents are exchanged.

    Raises
    ------
    InputError
        when `target` is a file, or can't be written.
    """
    if target.exists() and not target.is_dir():
        raise InputError("there is a file where the folder goes; move it away", file=target)
    stays = target.is_dir() and (os.path.ismount(target) or target.samefile(Path.cwd()))
    place = target if stays else target.parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=place))
    except OSError as error:
        raise InputError(f"no release can be written here ({error.strerror})", file=place) from None
    old = fresh.with_name(fresh.name + "-old")
    try:
        fresh.chmod(0o755)
        yield fresh
        if stays:
            _exchange(target, fresh, old)
        else:
            if target.exists():
                target.replace(old)
            fresh.replace(target)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        left = f"; what was there is in {old}" if stays and old.exists() else ""
        raise InputError(f"this can't be written ({error.strerror}){left}", file=error.filename or target) from None
    finally:
        if old.exists() and not target.exists():
            old.replace(target)
        shutil.rmtree(fresh, ignore_errors=True)


def _exchange(target: Path, fresh: Path, old: Path) -> None:
    """Move what is in a folder away, and what is in a fresh one in.

    When that fails, all goes back; what can't go back stays in the folder `old`.
    """
    old.mkdir()
    moves = [(path, old / path.name) for path in sorted(target.iterdir()) if not path.name.startswith(SCRATCH)]
    moves += [(path, target / path.name) for path in sorted(fresh.iterdir())]
    done: list[tuple[Path, Path]] = []
    try:
        for source, goal in moves:
            done.append((source, goal))
            source.replace(goal)
    except BaseException:
        for source, goal in reversed(done):
            if goal.exists() and not source.exists():
                with suppress(OSError):
                    goal.replace(source)
        with suppress(OSError):  # it is not empty when something could not go back
            old.rmdir()
        raise
