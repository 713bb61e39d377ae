"""Processes that answer queries: quick ones at once, long ones a few at a time, none beyond its time.

Every query starts in a process of its own out of a few that stand ready. One that runs longer than a moment, or than the
next one can wait, is found to be slow: it gives up its place, is given less of the processor, and goes on as one of the few
slow ones; where they are all taken it is stopped and begins again when there is room. So quick queries never wait for slow
ones. What has not ended in its time is stopped by ending its process.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kg.errors import EngineError
from kg.serve.limits import Limits
from kg.serve.tasks import Answer, Refused, Task
from kg.serve.text import look
from kg.serve.worker import FRAME, run_worker

__all__ = ["Pool"]

#: Seconds after which a query is slow, and after which it is when another waits for its place.
_SLOW, _YIELDS = 0.25, 0.02
#: How much less of the processor slow queries get: https://man7.org/linux/man-pages/man7/sched.7.html
_NICE = 15
#: Seconds that a process has to get ready.
_START = 30.0
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["kg.serve.worker"])


@dataclass(eq=False)
class _Worker:
    """A process, and the socket to it."""

    process: Any
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, task: Task) -> Answer:
        """Send a task and return the answer."""
        text = json.dumps(asdict(task)).encode()
        self.writer.write(FRAME.pack(len(text), 0) + text)
        head, body = await self.receive()
        if head["status"] != 200:
            raise Refused(head["message"], head["status"])
        return Answer(head["type"], body, head["count"], head["engine"], head["more"], head["names"])

    async def receive(self) -> tuple[dict[str, Any], bytes]:
        """Return the head and the body of a message."""
        try:
            lengths = FRAME.unpack(await self.reader.readexactly(FRAME.size))
            head = json.loads(await self.reader.readexactly(lengths[0]))
            return head, await self.reader.readexactly(lengths[1])
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Refused(
                "the query was stopped: it needs more memory than it may have, or a fault of the store", 507
            ) from None

    def yield_processor(self) -> None:
        """Get less of the processor from now on."""
        with suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, _NICE)

    def stop(self) -> None:
        """End the process now."""
        with suppress(ProcessLookupError, AttributeError):
            self.process.kill()
        self.writer.close()


@dataclass(eq=False)
class _Running:
    """A query in its quick time; `slow` is set when it has to give up its place."""

    began: float
    slow: asyncio.Event = field(default_factory=asyncio.Event)


class Pool:
    """Workers for one build.

    Parameters
    ----------
    folder:
        The folder of the build; nothing in it may change as long as the pool is open.
    limits:
        How many processes, and how long and how much for each query.
    columns:
        Whether queries that count and group go to the columnar engine when they are slow.
    """

    def __init__(self, folder: Path, limits: Limits, *, columns: bool = False) -> None:
        self.folder = folder
        self.limits = limits
        self.columns = columns
        self.stopped = 0
        self._idle: deque[_Worker] = deque()
        self._arrived = asyncio.Condition()
        self._running: deque[_Running] = deque()
        self._quick = 0
        self._slow = asyncio.Semaphore(limits.slow)
        self._waiting = 0
        self._active = 0
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def counts(self) -> dict[str, int]:
        """How many workers stand ready, how many queries are active, and how many of them wait to go on."""
        return {"ready": len(self._idle), "active": self._active, "waiting": self._waiting}

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
        async with self._arrived:
            await self._arrived.wait_for(lambda: self._active == 0)
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
            async with self._arrived:
                self._arrived.notify_all()

    async def _run(self, task: Task) -> Answer:
        wanted = task.engine
        if wanted == "auto":
            task = replace(task, engine="oxigraph")
        worker = await self._take()
        asking = asyncio.ensure_future(worker.ask(task))
        running = _Running(time.monotonic())
        self._running.append(running)
        giving_up = asyncio.ensure_future(running.slow.wait())
        try:
            await asyncio.wait({asking, giving_up}, timeout=_SLOW, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._drop(worker, asking)
            raise
        finally:
            giving_up.cancel()
            self._running.remove(running)
            self._quick -= 1
        if asking.done():
            return await self._ended(worker, asking)
        async with self._arrived:  # its place is free
            self._arrived.notify()
        analytical = wanted == "auto" and self.columns and task.kind == "query" and look(task.text).gathers
        return await self._slowly(worker, asking, task, analytical=analytical)

    async def _slowly(self, worker: _Worker, asking: asyncio.Future[Answer], task: Task, *, analytical: bool) -> Answer:
        """Go on with a query that takes long."""
        worker.yield_processor()
        self._refill()
        if self._slow.locked() or analytical:
            self._drop(worker, asking)
            if self._waiting >= self.limits.waiting:
                raise Refused("too many long queries are waiting; try again later", 503)
            self._waiting += 1
            try:
                await self._slow.acquire()
            finally:
                self._waiting -= 1
            try:
                return await self._again(task, analytical=analytical)
            finally:
                self._slow.release()
        async with self._slow:
            try:
                return await self._ended(worker, asking, keep=False)
            except asyncio.CancelledError:
                self._drop(worker, asking)
                raise

    async def _again(self, task: Task, *, analytical: bool) -> Answer:
        """Begin a query again as a slow one; one that counts or groups in columns, where they can answer it."""
        worker = await self._start()
        worker.yield_processor()
        try:
            if analytical:
                try:
                    return await worker.ask(replace(task, engine="columnar"))
                except Refused as error:
                    if error.status != 501:
                        raise
            return await worker.ask(task)
        finally:
            worker.stop()

    async def _ended(self, worker: _Worker, asking: asyncio.Future[Answer], *, keep: bool = True) -> Answer:
        """Return the answer; a worker that has not failed stands ready again."""
        try:
            answer = await asking
        except Refused as error:
            await self._free(worker, keep=keep and error.status != 507)
            raise
        await self._free(worker, keep=keep)
        return answer

    async def _take(self) -> _Worker:
        """Return a worker that stands ready, when no more run than may; the one that runs longest gives up its place."""
        async with self._arrived:
            while self._quick >= self.limits.quick or not self._idle:
                now = time.monotonic()
                patience = _SLOW
                if self._running and not self._running[0].slow.is_set():
                    longest = self._running[0]
                    patience = longest.began + _YIELDS - now
                    if patience <= 0:
                        longest.slow.set()
                        patience = _SLOW
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), max(patience, 0.001))
            self._quick += 1
            return self._idle.popleft()

    async def _free(self, worker: _Worker, *, keep: bool) -> None:
        if keep and worker.process.exitcode is None and len(self._idle) < self._ready:
            self._idle.append(worker)
        else:
            worker.stop()
            self._refill()
        async with self._arrived:
            self._arrived.notify()

    def _drop(self, worker: _Worker, asking: asyncio.Future[Answer]) -> None:
        """Stop a worker and what it was asked."""
        asking.cancel()
        worker.stop()
        self._refill()

    @property
    def _ready(self) -> int:
        """How many workers stand ready when none is at work: those that run, and as many to take their place."""
        return self.limits.quick * 2

    def _refill(self) -> None:
        """Start workers until enough are ready or at quick work."""
        while not self._closed and len(self._idle) + self._quick + len(self._starting) < self._ready:
            task = asyncio.create_task(self._add())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _add(self) -> None:
        try:
            worker = await self._start()
        except EngineError:
            await asyncio.sleep(1)
            return
        if self._closed:
            worker.stop()
            return
        self._idle.append(worker)
        async with self._arrived:
            self._arrived.notify()

    async def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        process = _CONTEXT.Process(target=run_worker, args=(theirs, self.folder, self.limits), daemon=True)
        process.start()
        theirs.close()
        try:
            reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
            worker = _Worker(process, reader, writer)
            async with asyncio.timeout(_START):
                head, _ = await worker.receive()
        except (TimeoutError, Refused):
            process.kill()
            raise EngineError("a process that answers queries did not start") from None
        except asyncio.CancelledError:
            process.kill()  # its build is about to be removed
            raise
        if not head["ready"]:
            worker.stop()
            raise EngineError(head["message"])
        return worker
