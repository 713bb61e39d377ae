"""Folders that are replaced as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kg.errors import InputError

__all__ = ["beside", "replacing"]


@contextmanager
def replacing(target: Path, scratch: str) -> Iterator[Path]:
    """Give a folder to write into; what is in it takes the place of all in `target` when all went well.

    A folder that can't be moved, as it is a mount or the one that the command runs in, keeps its place: then its
    contents are exchanged. Where `target` is a symbolic link, what it leads to is replaced and the link stays. What runs
    before left that were killed is removed.

    Parameters
    ----------
    target:
        The folder that is replaced; it need not be there.
    scratch:
        What the names of the folders begin with that are there only meanwhile; the number of the process follows.

    Raises
    ------
    InputError
        when `target` is a file or a link that leads nowhere, or can't be written.
    """
    if target.is_symlink():
        if not target.exists():
            raise InputError("this link leads nowhere; make the folder that it names, or remove it", file=target)
        target = target.resolve()
    if target.exists() and not target.is_dir():
        raise InputError("there is a file where the folder goes; move it away", file=target)
    stays = target.is_dir() and (os.path.ismount(target) or target.samefile(Path.cwd()))
    place = target if stays else target.parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place, target, scratch)
        fresh = Path(tempfile.mkdtemp(prefix=f"{scratch}{os.getpid()}-", dir=place))
    except OSError as error:
        raise InputError(f"nothing can be written here ({error.strerror})", file=place) from None
    old = fresh.with_name(fresh.name + "-old")
    try:
        fresh.chmod(0o755)
        yield fresh
        if stays:
            _exchange(target, fresh, old, scratch)
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


@contextmanager
def beside(fresh: Path, name: str) -> Iterator[Path]:
    """Give a folder for a while beside one of :func:`replacing`; a run that is killed leaves neither for good.

    Parameters
    ----------
    fresh:
        The folder that is written.
    name:
        What the folder is for.
    """
    with tempfile.TemporaryDirectory(prefix=f"{fresh.name}-{name}-", dir=fresh.parent) as place:
        yield Path(place)


def _exchange(target: Path, fresh: Path, old: Path, scratch: str) -> None:
    """Move what is in a folder away, and what is in a fresh one in.

    When that fails, all goes back; what can't go back stays in the folder `old`.
    """
    old.mkdir()
    moves = [(path, old / path.name) for path in sorted(target.iterdir()) if not path.name.startswith(scratch)]
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


def _remove_abandoned(place: Path, target: Path, scratch: str) -> None:
    """Remove what runs left that were killed: the name of each has the number of its process.

    Where one was killed just before the new folder took the place of the old one, the old one gets it back.
    """
    if os.name != "posix":
        return  # elsewhere a process can't be asked whether it is there
    for left in sorted(place.iterdir()):
        number = left.name.removeprefix(scratch).split("-")[0]
        if left.name.startswith(scratch) and number.isdecimal():
            try:
                os.kill(int(number), 0)
            except ProcessLookupError:
                if left.name.endswith("-old") and not target.exists():
                    left.replace(target)
                shutil.rmtree(left, ignore_errors=True)
            except (OSError, OverflowError):
                continue  # it runs, as somebody else
