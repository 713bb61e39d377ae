"""Processes that answer queries: quick ones at once, long ones a few at a time, none beyond its time.

Every query starts in a process of its own out of some that stand ready. One that uses more of the processor than a moment, which
is shorter when others run, is found to be slow: it gives up its place, is given less of the processor, and goes on as one of the few
slow ones; where they are all taken it is stopped and begins again when there is room. That it is slow is kept for a while. So quick
queries do not wait for slow ones. What has not ended in its time is stopped by ending its process.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from kg.errors import EngineError
from kg.serve.limits import Limits
from kg.serve.process import Running, Worker, start_worker
from kg.serve.slow import Known, allowed
from kg.serve.tasks import Answer, Refused, Task
from kg.serve.text import GUESSED, look

__all__ = ["Pool"]

_log = logging.getLogger("kg.serve")
#: Seconds of the processor after which a query gives up its place, after which it does when others run or wait, and between looks.
_QUICK, _YIELDS, _LOOK = 0.2, 0.01, 0.01
#: How many start at a time: the first is ready the sooner.
_STARTS = _CORES = max(2, os.cpu_count() or 2)


class Pool:
    """Workers for one build.

    Parameters
    ----------
    folder:
        The folder of the build; nothing in it may change as long as the pool is open.
    limits:
        How many processes, and how long and how much for each query.
    columns:
        Whether queries that count and group, and questions, go to the columnar engine when they are slow.
    """

    def __init__(self, folder: Path, limits: Limits, *, columns: bool = False) -> None:
        self.folder = folder
        self.limits = limits
        self.columns = columns
        self.stopped = 0
        self._idle: deque[Worker] = deque()
        #: Queries that wait for a place and a worker, in the order in which they came.
        self._queue: deque[asyncio.Future[Worker]] = deque()
        self._quick = self._leaving = 0
        #: Places for slow queries of strangers, and for those of the library, which always end.
        self._slow = asyncio.Semaphore(limits.slow)
        self._own = asyncio.Semaphore(limits.slow + 1)
        self._waiting = {self._slow: 0, self._own: 0}
        self._active = 0
        self._done = asyncio.Event()
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False
        self._known = Known()

    @property
    def counts(self) -> dict[str, int]:
        """How many workers stand ready, how many queries are active, and how many of them wait to go on."""
        return {
            "ready": len(self._idle),
            "active": self._active,
            "waiting": sum(self._waiting.values()) + len(self._queue),
        }

    async def open(self) -> None:
        """Start the workers that stand ready.

        Raises
        ------
        EngineError
            when one can't open the build.
        """
        self._idle.append(await self._start())
        self._refill()

    async def close(self) -> None:
        """Let active queries end, then stop all workers."""
        self._closed = True
        while self._active:
            self._done.clear()
            await self._done.wait()
        starting = list(self._starting)
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        while self._idle:
            self._idle.popleft().stop()

    async def run(self, task: Task) -> Answer:
        """Carry out a task in a worker.

        Raises
        ------
        Refused
            when it is not carried out, takes too long, or too many others wait.
        """
        self._active += 1
        try:
            async with asyncio.timeout(self.limits.seconds):
                return await self._run(task)
        except TimeoutError:
            self.stopped += 1
            raise Refused(f"it was stopped after {self.limits.seconds:g} seconds; ask for less", 504) from None
        finally:
            self._active -= 1
            self._done.set()

    async def _run(self, task: Task) -> Answer:
        analytical = task.engine == "auto" and self.columns and _analytical(task)
        if task.engine == "auto":
            task = replace(task, engine="oxigraph")
        if self._known.slow(task):
            return await self._later(task, analytical=analytical)
        worker = await self._take()
        asking = asyncio.ensure_future(worker.ask(task))
        running = Running(worker)
        try:
            while not asking.done() and (left := self._patience() - running.took()) > 0:
                await asyncio.wait({asking}, timeout=min(max(left, 0.002), _LOOK))
        except asyncio.CancelledError:
            self._drop(worker, asking)
            raise
        finally:
            self._quick -= 1
            self._hand_out()
        if asking.done():
            self._known.keep(task, slow=False)
            return await self._ended(worker, asking)
        worker.yield_processor(task)
        self._refill()
        if await self._ends_soon(running, asking, allowed(task)):
            self._known.keep(task, slow=False)
            return await self._ended(worker, asking, keep=False)
        if running.took() >= allowed(task):
            self._known.keep(task, slow=True)
        return await self._slowly(worker, asking, task, analytical=analytical)

    def _patience(self) -> float:
        """Return the seconds of the processor after which a query gives up its place."""
        return _YIELDS if self._queue or self._quick > _CORES else _QUICK

    async def _ends_soon(self, running: Running, asking: asyncio.Future[Answer], slow: float) -> bool:
        """Whether a query that gave up its place ends before it is slow; a few may show it."""
        if self._leaving >= self.limits.quick:
            return False
        self._leaving += 1
        try:
            while not asking.done() and (left := slow - running.took()) > 0:
                await asyncio.wait({asking}, timeout=max(left, 0.01))
        except asyncio.CancelledError:
            self._drop(running.worker, asking)
            raise
        finally:
            self._leaving -= 1
        return asking.done()

    async def _slowly(self, worker: Worker, asking: asyncio.Future[Answer], task: Task, *, analytical: bool) -> Answer:
        """Go on with a query that takes long."""
        if self._place(task).locked() or analytical:
            self._drop(worker, asking)
            return await self._later(task, analytical=analytical)
        async with self._place(task):
            try:
                return await self._ended(worker, asking, keep=False)
            except asyncio.CancelledError:
                self._drop(worker, asking)
                raise

    def _place(self, task: Task) -> asyncio.Semaphore:
        return self._slow if task.kind == "query" else self._own

    async def _later(self, task: Task, *, analytical: bool) -> Answer:
        """Begin a query, perhaps again, when there is room for another slow one."""
        place = self._place(task)
        if place.locked() and self._waiting[place] >= self.limits.waiting:
            raise Refused("too many long queries are waiting; try again later", 503)
        self._waiting[place] += 1
        try:
            await place.acquire()
        finally:
            self._waiting[place] -= 1
        try:
            return await self._again(task, analytical=analytical)
        finally:
            place.release()

    async def _again(self, task: Task, *, analytical: bool) -> Answer:
        """Begin a query again as a slow one; an analytical one in columns, where they can answer it."""
        if analytical:
            try:
                return await self._alone(replace(task, engine="columnar"), task)
            except Refused as error:
                if error.status == 413:
                    raise
        return await self._alone(task, task)

    async def _alone(self, task: Task, known: Task) -> Answer:
        """Carry out a task in a worker of its own, and keep it as quick if it was."""
        worker = await self._start_slow(task)
        running = Running(worker)
        try:
            answer = await worker.ask(task)
            if running.took() < allowed(task):
                self._known.keep(known, slow=False)
            return answer
        finally:
            worker.stop()

    async def _ended(self, worker: Worker, asking: asyncio.Future[Answer], *, keep: bool = True) -> Answer:
        """Return the answer; a worker that has not failed stands ready again."""
        try:
            answer = await asking
        except Refused as error:
            self._free(worker, keep=keep and error.status != 507)
            raise
        self._free(worker, keep=keep)
        return answer

    # -- places and workers

    async def _take(self) -> Worker:
        """Return a worker that stands ready, when it is our turn."""
        turn: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._hand_out()
        try:
            return await turn
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._queue.remove(turn)
            if turn.done() and not turn.cancelled():
                self._quick -= 1
                self._free(turn.result(), keep=True)
            raise

    def _hand_out(self) -> None:
        """Give workers that stand ready to those that wait."""
        while self._queue and self._idle and self._quick < self.limits.quick:
            worker = self._idle.popleft()
            if worker.process.exitcode is not None:  # the system has ended it
                worker.stop()
                self._refill()
                continue
            turn = self._queue.popleft()
            if turn.done():
                self._idle.appendleft(worker)
            else:
                self._quick += 1
                turn.set_result(worker)

    def _free(self, worker: Worker, *, keep: bool) -> None:
        """Have a worker stand ready again, or stop it."""
        if keep and worker.process.exitcode is None and len(self._idle) < self._ready:
            self._idle.append(worker)
        else:
            worker.stop()
            self._refill()
        self._hand_out()

    def _drop(self, worker: Worker, asking: asyncio.Future[Answer]) -> None:
        """Stop a worker and what it was asked."""
        asking.cancel()
        worker.stop()
        self._refill()

    @property
    def _ready(self) -> int:
        """How many workers stand ready when none is at work: those that run, and some to take their place."""
        return self.limits.quick + max(1, self.limits.quick // 4)

    def _refill(self) -> None:
        """Start workers until enough are ready or at quick work."""
        while (
            (not self._closed or self._queue)
            and len(self._starting) < _STARTS
            and len(self._idle) + self._quick + len(self._starting) < self._ready
        ):
            task = asyncio.create_task(self._add())
            self._starting.add(task)
            task.add_done_callback(self._added)

    def _added(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        self._refill()

    async def _add(self) -> None:
        while True:
            try:
                worker = await self._start()
                break
            except EngineError as error:  # nobody else tries when all are gone
                _log.error("%s", error)
                await asyncio.sleep(1)
        if self._closed and not self._queue:
            worker.stop()
            return
        self._idle.append(worker)
        self._hand_out()

    async def _start_slow(self, task: Task) -> Worker:
        try:
            worker = await self._start()
        except EngineError as error:
            _log.error("%s", error)
            raise Refused("there is no room for another long query; try again later", 503) from None
        worker.yield_processor(task)
        return worker

    async def _start(self) -> Worker:
        return await start_worker(self.folder, self.limits)


def _analytical(task: Task) -> bool:
    """Whether columns are likely to be quicker with it than Oxigraph, once it is slow."""
    return look(task.text[:GUESSED]).gathers if task.kind == "query" else task.kind in ("ask", "explain")
