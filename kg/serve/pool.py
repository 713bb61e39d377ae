"""Processes that answer queries: quick ones at once, long ones a few at a time, none beyond its time.

Every query starts in a process of its own out of some that stand ready. One that uses more of the processor than a moment, which
is shorter when others run, is found to be slow: it gives up its place, is given less of the processor, and goes on as one of the few
slow ones; where they are all taken it is stopped and begins again when there is room. That it is slow is kept for a while. So quick
queries do not wait for slow ones. What has not ended in its time is stopped by ending its process.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import signal
import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kg.errors import EngineError
from kg.serve.limits import Limits
from kg.serve.tasks import Answer, Refused, Task
from kg.serve.text import GUESSED, look, shape
from kg.serve.worker import FRAME, run_worker

__all__ = ["Pool"]

_log = logging.getLogger("kg.serve")
#: Seconds of the processor after which a query is slow, after which it gives way when others run or wait, and between looks.
_SLOW, _YIELDS, _LOOK = 0.2, 0.01, 0.01
#: Seconds for which it is kept that a query is slow, of how many, and how much more often those of a shape count as slow or quick.
_KEPT, _MOST_KNOWN, _MOST_BALANCE = 300.0, 1_000, 20
#: What is asked of the library always ends; the seconds after which it is slow.
_SLOW_OWN = 2.0
#: How much less of the processor slow queries get, and what is asked of the library: https://man7.org/linux/man-pages/man7/sched.7.html
_NICE, _NICE_OWN = 19, 10
#: What is told of a process that ended when its parent had: https://docs.python.org/3/library/multiprocessing.html
_UNKNOWN = 255
#: Seconds that a process has to get ready.
_START = 30.0
#: How many start at a time: the first is ready the sooner.
_STARTS = _CORES = max(2, os.cpu_count() or 2)
#: Arrow's own would claim a gigabyte of addresses in each process, which counts as memory that may not be used.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
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

    def yield_processor(self, task: Task) -> None:
        """Get less of the processor from now on."""
        with suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, _NICE if task.kind == "query" else _NICE_OWN)

    def stop(self) -> None:
        """End the process now."""
        with suppress(ProcessLookupError, AttributeError):
            self.process.kill()
            if self.process.exitcode == _UNKNOWN:  # whose parent is gone: nobody knows how it ended, or whether it has
                os.kill(self.process.pid, signal.SIGKILL)
        self.writer.close()

    def used(self) -> float:
        """Return the seconds of the processor that the process has used so far."""
        try:
            # The clock of another process: https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
            return time.clock_gettime((~self.process.pid << 3) | 2)
        except OSError:
            return 0.0  # it has ended
        except (AttributeError, OverflowError):
            return time.monotonic()  # elsewhere it can't be told


class _Running:
    """A query in its quick time."""

    def __init__(self, worker: _Worker) -> None:
        self.worker = worker
        self._began = time.monotonic()
        self._used = worker.used()

    def took(self) -> float:
        """Return the seconds that it took: of the processor, or a small part of all, for one may wait for a disk."""
        return max(self.worker.used() - self._used, (time.monotonic() - self._began) / 40)


class _Known:
    """Which queries are known to be slow: those that were, and those of a shape that was slow more often than not."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._balance: dict[str, tuple[int, float]] = {}

    def slow(self, task: Task) -> bool:
        """Whether a query is to begin as a slow one."""
        now = time.monotonic()
        return self._until.get(task.key, 0.0) > now or self._of(_shape(task), now) > 0

    def _of(self, name: str, now: float) -> int:
        balance, until = self._balance.get(name, (0, now))
        return balance if until > now else 0

    def keep(self, task: Task, *, slow: bool) -> None:
        """Keep that a query was slow, or was not."""
        if slow:
            self._until[task.key] = time.monotonic() + _KEPT
        else:
            self._until.pop(task.key, None)
        name, now = _shape(task), time.monotonic()
        balance = self._of(name, now) + (1 if slow else -1)
        self._balance.pop(name, None)
        self._balance[name] = max(-_MOST_BALANCE, min(_MOST_BALANCE, balance)), now + _KEPT
        for kept in (self._until, self._balance):
            while len(kept) > _MOST_KNOWN:
                del kept[next(iter(kept))]


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
        self._idle: deque[_Worker] = deque()
        #: Queries that wait for a place and a worker, in the order in which they came.
        self._queue: deque[asyncio.Future[_Worker]] = deque()
        self._quick = self._leaving = 0
        #: Places for slow queries of strangers, and for those of the library, which always end.
        self._slow = asyncio.Semaphore(limits.slow)
        self._own = asyncio.Semaphore(limits.slow + 1)
        self._waiting = {self._slow: 0, self._own: 0}
        self._active = 0
        self._done = asyncio.Event()
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False
        self._known = _Known()

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
        running = _Running(worker)
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
        if await self._ends_soon(running, asking, _slow(task)):
            return await self._ended(worker, asking, keep=False)
        if running.took() >= _slow(task):
            self._known.keep(task, slow=True)
        return await self._slowly(worker, asking, task, analytical=analytical)

    def _patience(self) -> float:
        """Return the seconds of the processor after which a query gives up its place."""
        return _YIELDS if self._queue or self._quick > _CORES else _SLOW

    async def _ends_soon(self, running: _Running, asking: asyncio.Future[Answer], slow: float) -> bool:
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

    async def _slowly(self, worker: _Worker, asking: asyncio.Future[Answer], task: Task, *, analytical: bool) -> Answer:
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
        running = _Running(worker)
        try:
            answer = await worker.ask(task)
            if running.took() < _slow(task):
                self._known.keep(known, slow=False)
            return answer
        finally:
            worker.stop()

    async def _ended(self, worker: _Worker, asking: asyncio.Future[Answer], *, keep: bool = True) -> Answer:
        """Return the answer; a worker that has not failed stands ready again."""
        try:
            answer = await asking
        except Refused as error:
            self._free(worker, keep=keep and error.status != 507)
            raise
        self._free(worker, keep=keep)
        return answer

    # -- places and workers

    async def _take(self) -> _Worker:
        """Return a worker that stands ready, when it is our turn."""
        turn: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
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

    def _free(self, worker: _Worker, *, keep: bool) -> None:
        """Have a worker stand ready again, or stop it."""
        if keep and worker.process.exitcode is None and len(self._idle) < self._ready:
            self._idle.append(worker)
        else:
            worker.stop()
            self._refill()
        self._hand_out()

    def _drop(self, worker: _Worker, asking: asyncio.Future[Answer]) -> None:
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

    async def _start_slow(self, task: Task) -> _Worker:
        try:
            worker = await self._start()
        except EngineError as error:
            _log.error("%s", error)
            raise Refused("there is no room for another long query; try again later", 503) from None
        worker.yield_processor(task)
        return worker

    async def _start(self) -> _Worker:
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise EngineError(f"a process that answers queries did not start: {error}") from None
        process = _CONTEXT.Process(target=run_worker, args=(theirs, self.folder, self.limits), daemon=True)

        def start() -> None:
            with theirs:
                process.start()

        try:
            await asyncio.to_thread(start)
            reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        except BaseException as error:  # a process that starts all the same ends when nobody listens
            ours.close()
            if isinstance(error, (OSError, EOFError)):
                raise EngineError(f"a process that answers queries did not start: {error}") from None
            raise
        worker = _Worker(process, reader, writer)
        try:
            async with asyncio.timeout(_START):
                head, _ = await worker.receive()
        except (TimeoutError, Refused):
            worker.stop()
            raise EngineError(
                f"a process that answers queries did not start; it may need more than the {self.limits.memory} MB of 'memory'"
            ) from None
        except asyncio.CancelledError:
            worker.stop()  # its build is about to be removed
            raise
        if not head["ready"]:
            worker.stop()
            raise EngineError(head["message"])
        return worker


def _slow(task: Task) -> float:
    """Return the seconds of the processor after which a task is slow."""
    return _SLOW if task.kind == "query" else _SLOW_OWN


def _shape(task: Task) -> str:
    """Return what a task has in common with others that differ in their constants."""
    match task.kind:
        case "query":
            return shape(task.text)
        case "ask":
            return f"ask {task.text}"
        case kind:
            return f"{kind} {'by IRI' if '://' in task.text else 'by name'}"


def _analytical(task: Task) -> bool:
    """Whether columns are likely to be quicker with it than Oxigraph, once it is slow."""
    return look(task.text[:GUESSED]).gathers if task.kind == "query" else task.kind in ("ask", "explain")
