"""Which queries are slow, and what is known of those that were."""

from __future__ import annotations

import time

from kg.serve.tasks import Task
from kg.serve.text import shape

__all__ = ["Known", "allowed"]

#: Seconds for which it is kept that a query is slow, of how many, and how much more often those of a shape count as slow or quick.
_KEPT, _MOST_KNOWN, _MOST_BALANCE = 300.0, 1_000, 20
#: Seconds of the processor after which a stranger's query is slow, and what is asked of the library, which always ends.
_STRANGER, _OWN = 0.2, 2.0


def allowed(task: Task) -> float:
    """Return the seconds of the processor after which a task is slow."""
    return _STRANGER if task.kind == "query" else _OWN


class Known:
    """Which queries are known to be slow: those that were, and those of a shape that was slow more often than not."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._balance: dict[str, tuple[int, float]] = {}

    def slow(self, task: Task) -> bool:
        """Whether a query is to begin as a slow one."""
        now = time.monotonic()
        return self._until.get(task.key, 0.0) > now or self._of(_kind(task), now) > 0

    def _of(self, name: str, now: float) -> int:
        balance, until = self._balance.get(name, (0, now))
        return balance if until > now else 0

    def keep(self, task: Task, *, slow: bool) -> None:
        """Keep that a query was slow, or was not."""
        if slow:
            self._until[task.key] = time.monotonic() + _KEPT
        else:
            self._until.pop(task.key, None)
        name, now = _kind(task), time.monotonic()
        balance = self._of(name, now) + (1 if slow else -1)
        self._balance.pop(name, None)
        self._balance[name] = max(-_MOST_BALANCE, min(_MOST_BALANCE, balance)), now + _KEPT
        for kept in (self._until, self._balance):
            while len(kept) > _MOST_KNOWN:
                del kept[next(iter(kept))]


def _kind(task: Task) -> str:
    """Return what a task has in common with others that differ in their constants."""
    match task.kind:
        case "query":
            return shape(task.text)
        case "ask":
            return f"ask {task.text}"
        case kind:
            return f"{kind} {'by IRI' if '://' in task.text else 'by name'}"
