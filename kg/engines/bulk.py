"""A store of Oxigraph that is made of files, beside other work."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import Self

from pyoxigraph import RdfFormat, Store

__all__ = ["StoreMaker"]


class StoreMaker:
    """Makes a store beside other work: each file is loaded as soon as it is there.

    Parameters
    ----------
    folder:
        Where the store is made; None to make none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(1)
        self._waiting: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    @cached_property
    def _store(self) -> Store:
        return Store(str(self._folder))

    def take(self, file: Path) -> None:
        """Load a file of N-Quads, in its turn."""
        if self._folder is not None:
            load = partial(self._store.bulk_load, path=str(file), format=RdfFormat.N_QUADS)
            self._waiting.append(self._pool.submit(load))

    def finish(self) -> None:
        """Wait until all is loaded, and write it in the order that is quickest to read."""
        for loaded in self._waiting:
            loaded.result()
        if self._folder is not None:
            self._store.optimize()
            self._store.flush()
