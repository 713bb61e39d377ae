"""A process that answers for one build: it reads requests from a socket, one after the other, until it is stopped.

Oxigraph can't be told to stop, so that what takes too long is stopped with its process; nothing but its own memory is lost.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from kg.build import Build
from kg.errors import ClusterKGError, UsageError
from kg.serve.apart import cut_off
from kg.serve.limits import Limits
from kg.serve.tasks import TOO_MUCH, Refused, Task, carry_out
from kg.serve.text import names_service

__all__ = ["FRAME", "run_worker"]

#: What is before each message: the lengths of its head, which is JSON, and of its body.
FRAME = struct.Struct("!II")
pa.array([""])  # imports pandas, where it is installed: once, and not in each process


def run_worker(channel: socket.socket, folder: Path, limits: Limits) -> None:
    """Answer requests about a build until the other side closes the channel.

    Parameters
    ----------
    channel:
        A connected socket; each message has :data:`FRAME`, a head and a body.
    folder:
        The folder of the build.
    limits:
        How much an answer may have, and how much memory this process.
    """
    with suppress(ConnectionError):  # the server has stopped this process, or has ended
        _work(channel, folder, limits)


def _work(channel: socket.socket, folder: Path, limits: Limits) -> None:
    os.environ["RUST_BACKTRACE"] = "0"  # a query that is too large ends its process, which is told in one line
    os.nice(5)  # the process that answers requests comes first
    # A signal of the keyboard is for the server, which stops its workers itself. In a session of their own niceness would
    # count among them alone: https://man7.org/linux/man-pages/man7/sched.7.html (autogroup)
    os.setpgid(0, 0)
    apart = cut_off()
    most = limits.memory << 20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    build, in_columns = Build(folder, columnar=False), Build(folder)
    try:
        build.engine.query("ASK { ?s ?p ?o }")  # the first query takes longer
        _send(channel, {"ready": True})
    except (ClusterKGError, OSError) as error:  # of a build that is not served any more the files may be gone
        _send(channel, {"ready": False, "message": str(error)})
        return
    gc.freeze()
    while (given := _received(channel)) is not None:
        # Without the server, which stops what is beyond its time, the system does.
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime + limits.seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        task = Task(**given)
        head, body = _answered(in_columns if task.engine == "columnar" else build, task, limits, apart=apart)
        _send(channel, head, body)


def _answered(build: Build, task: Task, limits: Limits, *, apart: bool) -> tuple[dict[str, Any], bytes]:
    if not apart and task.kind == "query" and names_service(task.text):
        # Readers of SPARQL differ in where a name ends, and nothing else keeps this process from calling.
        return {"status": 403, "message": "the word SERVICE may not stand in a query here, not even in a text"}, b""
    try:
        answer = carry_out(build, task, limits)
    except Refused as error:
        return {"status": error.status, "message": str(error)}, b""
    except UsageError as error:
        return {"status": 400, "message": str(error)}, b""
    except MemoryError:
        return {"status": 507, "message": TOO_MUCH}, b""
    except Exception:
        logging.getLogger("kg.serve").exception("%s", task.kind)
        return {"status": 500, "message": "something went wrong here; it is in the log of the server"}, b""
    head = {"status": 200, "type": answer.type, "engine": answer.engine, "count": answer.count}
    return head | {"more": answer.more, "names": dict(answer.names)}, answer.body


def _send(channel: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    text = json.dumps(head).encode()
    channel.sendall(FRAME.pack(len(text), len(body)) + text)
    channel.sendall(body)


def _received(channel: socket.socket) -> dict[str, Any] | None:
    """Return the next request; nothing when the channel is closed."""
    lengths = _exactly(channel, FRAME.size)
    if lengths is None:
        return None
    text = _exactly(channel, FRAME.unpack(lengths)[0])
    return None if text is None else json.loads(text)


def _exactly(channel: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = channel.recv(count - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)
