"""A process that answers queries, seen from the server: how it is started, asked, held back and stopped."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kg.errors import EngineError
from kg.serve.limits import Limits
from kg.serve.tasks import Answer, Refused, Task
from kg.serve.worker import FRAME, run_worker

__all__ = ["Running", "Worker", "start_worker"]

#: How much less of the processor slow queries get, and what is asked of the library: https://man7.org/linux/man-pages/man7/sched.7.html
_NICE, _NICE_OWN = 19, 10
#: Seconds that a process has to get ready.
_START = 30.0
#: Arrow's own would claim a gigabyte of addresses in each process, which counts as memory that may not be used.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["kg.serve.worker"])


@dataclass(eq=False)
class Worker:
    """A process, and the socket to it; a handle of the system's is of this process alone, as its number is not for good."""

    process: Any
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    handle: int | None = None

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
        if self.handle is not None:  # where its parent is gone, nobody else knows whether it has ended
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            os.close(self.handle)
            self.handle = None
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


class Running:
    """A query in its quick time."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._began = time.monotonic()
        self._used = worker.used()

    def took(self) -> float:
        """Return the seconds that it took: of the processor, or a small part of all, for one may wait for a disk."""
        return max(self.worker.used() - self._used, (time.monotonic() - self._began) / 40)


async def start_worker(folder: Path, limits: Limits) -> Worker:
    """Start a process that answers about a build, and return it when it is ready.

    Raises
    ------
    EngineError
        when it does not get ready.
    """
    try:
        ours, theirs = socket.socketpair()
    except OSError as error:
        raise EngineError(f"a process that answers queries did not start: {error}") from None
    process = _CONTEXT.Process(target=run_worker, args=(theirs, folder, limits), daemon=True)

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
    worker = Worker(process, reader, writer)
    with suppress(AttributeError, OSError):  # not every system has them
        worker.handle = os.pidfd_open(process.pid or 0)
    try:
        async with asyncio.timeout(_START):
            head, _ = await worker.receive()
    except (TimeoutError, Refused):
        worker.stop()
        raise EngineError(
            f"a process that answers queries did not start; it may need more than the {limits.memory} MB of 'memory'"
        ) from None
    except asyncio.CancelledError:
        worker.stop()  # its build is about to be removed
        raise
    if not head["ready"]:
        worker.stop()
        raise EngineError(head["message"])
    return worker
