"""The build that is served now, and how another takes its place without a request being lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode
from starlette.requests import Request

from kg.build import COLUMNS_FILE, WORTH_COLUMNS, Build, open_build
from kg.errors import ClusterKGError, EngineError, InputError
from kg.folders import remove_abandoned
from kg.publish.site import is_of
from kg.serve.limits import Limits
from kg.serve.pool import Pool
from kg.serve.site import Pages
from kg.serve.tasks import Refused, Task

__all__ = ["Keeper", "State"]

_log = logging.getLogger("kg.serve")
#: Seconds between looks at the folder of the build, and those that a build stays open after another took its place.
_LOOK, _LINGER = 2.0, 2.0
#: What the name of the folder with what is served begins with.
_SCRATCH = ".served-"
#: Files of fewer bytes are copied.
_SMALL = 64 << 20
#: What of a build is kept for serving: all but the large texts, which its store has.
_LEFT_OUT = shutil.ignore_patterns("*.nq", "report.*", "rejected", "validated")


@dataclass(frozen=True)
class State:
    """A build that is served, with the processes that answer for it and the pages about it."""

    build: Build
    base: str
    pool: Pool
    limits: Limits
    pages: Pages | None
    stamp: tuple[int, int]
    since: float

    @classmethod
    def of(cls, request: Request) -> State:
        """Return the state that a request is answered from.

        Raises
        ------
        Refused
            while there is none.
        """
        state: State | None = request.app.state.keeper.state
        if state is None:
            raise Refused("the server is starting; try again in a moment", 503)
        return state


class Keeper:
    """Keeps the state: opens a build, looks for newer ones, and closes those that are done with.

    The files of a build are linked into a folder of the server's own, so that they stay as long as it is served, whatever
    becomes of the folder of the project.

    Parameters
    ----------
    folder:
        The folder of the project, or of a build.
    limits:
        The limits of the server.
    site:
        The folder of the published site, which is written for a new build; None where pages are not served.
    """

    def __init__(self, folder: Path, limits: Limits, *, site: Path | None = None) -> None:
        self.folder = folder
        self.limits = limits
        self.site = site
        self.state: State | None = None
        self.failed: ClusterKGError | None = None
        self.refused = ""
        self.taken_up = 0
        self._refused_stamp: tuple[int, int] | None = None
        self._scratch: Path | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Open the build that is there, and begin to look for others.

        Raises
        ------
        ClusterKGError
            when it can't be served.
        """
        try:
            self.state = await self._opened()
        except (ClusterKGError, Refused) as error:
            self.failed = error
            await self.close()
            raise
        self._run(self._look())

    async def close(self) -> None:
        """Let what is active end, and remove what was linked."""
        for task in list(self._tasks):
            task.cancel()
        try:
            if self.state is not None:
                await self.state.pool.close()
        finally:
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self) -> None:
        """Take up every new build; one that can't be served is refused once, and the one before goes on."""
        while True:
            await asyncio.sleep(_LOOK)
            try:
                stamp = _stamp(open_build(self.folder).folder)
            except Exception:
                continue  # it is being replaced, or gone: what is served has its own files
            if self.state is None or stamp in (self.state.stamp, self._refused_stamp):
                continue
            try:
                fresh = await self._opened()
            except Exception as error:  # whatever is wrong with it, what is served goes on
                self._refused_stamp, self.refused = stamp, str(error)
                _log.error("a new build is refused: %s", error)
                continue
            before, self.state = self.state, fresh
            self.refused, self.taken_up = "", self.taken_up + 1
            _log.info("a new build is served: %s", fresh.build.run["run"])
            self._run(self._close(before))

    @staticmethod
    async def _close(state: State) -> None:
        await asyncio.sleep(_LINGER)  # requests that have it, and have not begun
        await state.pool.close()
        shutil.rmtree(state.build.folder.parent, ignore_errors=True)

    async def _opened(self) -> State:
        given = open_build(self.folder)
        stamp = _stamp(given.folder)
        build = await asyncio.to_thread(self._linked, given)
        pool: Pool | None = None
        try:
            if not (build.folder / "store").is_dir():
                raise InputError("the build has no store; build it again without --no-store", file=given.folder)
            columns = build.run["counts"]["facts"] >= WORTH_COLUMNS and (build.folder / COLUMNS_FILE).is_file()
            pool = Pool(build.folder, self.limits, columns=columns)
            await pool.open()
            await _check(build, pool)
            if self.site is not None and not is_of(self.site, build):
                await _published(given.folder, self.site)
        except BaseException:
            if pool is not None:
                await pool.close()
            shutil.rmtree(build.folder.parent, ignore_errors=True)
            raise
        pages = Pages(self.site, build.base) if self.site is not None else None
        return State(build, build.base, pool, self.limits, pages, stamp, time.time())

    def _linked(self, build: Build) -> Build:
        """Return the build with its files in a folder of our own."""
        if self._scratch is None:
            place = _beside(build.folder)
            if place is not None:
                remove_abandoned(place, place / _SCRATCH, _SCRATCH)
            self._scratch = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-", dir=place))
        target = Path(tempfile.mkdtemp(dir=self._scratch)) / "build"
        shutil.copytree(build.folder, target, ignore=_LEFT_OUT, copy_function=_link)
        return Build(target)


def _beside(folder: Path) -> Path | None:
    """Return a folder on the same disk that can be written; None for one of the system's."""
    place = folder.resolve().parent
    return place if os.access(place, os.W_OK) else None


def _link(source: str, target: str) -> str:
    """Give a file another name, or copy it: a store is never changed in place, and small files might be."""
    with contextlib.suppress(OSError):
        if os.stat(source).st_size < _SMALL and Path(source).parent.name != "store":  # noqa: PTH116
            return str(shutil.copy2(source, target))
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))


def _stamp(folder: Path) -> tuple[int, int]:
    known = (folder / "run.json").stat()
    return known.st_mtime_ns, known.st_ino


async def _published(folder: Path, site: Path) -> None:
    """Write the site of a build in a process of its own, which gets what others leave of the processor."""
    code = "import os, sys; from kg.cli import main; os.nice(15); main(sys.argv[1:])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "publish", str(folder), "--out", str(site),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode:
        raise EngineError(f"its pages could not be written: {said.decode(errors='replace').strip()[-500:]}")


async def _check(build: Build, pool: Pool) -> None:
    """Raise an error when tables can't be read, or groups that they list are not in the store."""
    groups = (await asyncio.to_thread(build.groups))["group"].to_pylist()
    await asyncio.to_thread(build.memberships)
    for group in {*groups[:1], *groups[-1:]}:
        said = await pool.run(Task("query", f"ASK {{ {NamedNode(group)} a ?kind }}"))
        if not json.loads(said.body)["boolean"]:
            raise InputError("the store is not that of the tables; build it again", file=build.folder)
