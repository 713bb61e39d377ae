"""A new build takes the place of the old one between two queries; one that is broken is refused."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kg import project
from kg.errors import ClusterKGError
from kg.serve.limits import Limits
from kg.serve.state import Keeper
from kg.serve.tasks import Task
from tests.serve.alone import run_alone

COUNT = Task("query", "SELECT (COUNT(*) AS ?n) { ?o a org:Organization }")


@pytest.fixture
def folder(example_project: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(example_project, tmp_path / "project"))


def another(folder: Path) -> None:
    """Build the project with one organisation more."""
    file = folder / "data" / "organizations.csv"
    header = file.read_text(encoding="utf-8").splitlines()[0].split(",")
    cells = {"id": "newcomer", "name": "The newcomer"}
    with file.open("a", encoding="utf-8") as stream:
        stream.write(",".join(cells.get(name, "") for name in header) + "\n")
    project.build(folder)


def kept(folder: Path, work: Callable[[Keeper], Awaitable[None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.serve.state._LOOK", 0.1)
    monkeypatch.setattr("kg.serve.state._LINGER", 0.3)

    async def run() -> None:
        keeper = Keeper(folder, Limits(quick=2, slow=1))
        await keeper.open()
        try:
            await work(keeper)
        finally:
            await keeper.close()

    run_alone(run())
    assert not list(folder.glob(".served-*"))


async def count(keeper: Keeper) -> int:
    assert keeper.state is not None
    answer = await keeper.state.pool.run(COUNT)
    return int(json.loads(answer.body)["results"]["bindings"][0]["n"]["value"])


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)


def test_a_new_build_is_taken_up_without_a_query_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(keeper: Keeper) -> None:
        before = await count(keeper)
        counts: list[int] = []
        building = asyncio.create_task(asyncio.to_thread(another, folder))
        while not (building.done() and keeper.taken_up):
            counts.append(await count(keeper))
        await building
        assert await count(keeper) == before + 1
        assert set(counts) <= {before, before + 1}
        assert counts == sorted(counts)
        assert len(counts) > 20
        # The files of the old one are removed once nobody uses them.
        assert keeper._scratch is not None
        scratch = keeper._scratch
        await until(lambda: len(list(scratch.iterdir())) == 1)

    kept(folder, work, monkeypatch)


def truncated_store(build: Path) -> None:
    for file in (build / "store").glob("*"):
        file.unlink()
        file.write_bytes(b"broken")


def no_store(build: Path) -> None:
    shutil.rmtree(build / "store")


def other_tables(build: Path) -> None:
    text = (build / "groups.csv").read_text(encoding="utf-8")
    (build / "groups.csv").unlink()
    (build / "groups.csv").write_text(text.replace("/group/", "/groups/"), encoding="utf-8")


def torn_record(build: Path) -> None:
    text = (build / "run.json").read_text(encoding="utf-8")
    (build / "run.json").unlink()
    (build / "run.json").write_text(text[:100], encoding="utf-8")


def strange_record(build: Path) -> None:
    (build / "run.json").unlink()
    (build / "run.json").write_text("[]", encoding="utf-8")


@pytest.mark.parametrize("harm", [truncated_store, no_store, other_tables, torn_record, strange_record])
def test_a_broken_build_is_refused_and_the_old_one_stays(
    folder: Path, harm: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(keeper: Keeper) -> None:
        before = await count(keeper)
        fresh = folder / "fresh"
        shutil.copytree(folder / "build", fresh)
        harm(fresh)
        os.utime(fresh / "run.json")
        (folder / "build").replace(folder / "old")
        fresh.replace(folder / "build")
        await until(lambda: bool(keeper.refused))
        assert await count(keeper) == before
        assert keeper.taken_up == 0
        # What is whole again is taken up.
        (folder / "build").replace(folder / "harmed")
        os.utime(folder / "old" / "run.json")
        (folder / "old").replace(folder / "build")
        await until(lambda: keeper.taken_up == 1)
        assert not keeper.refused
        assert await count(keeper) == before

    kept(folder, work, monkeypatch)


def test_a_build_that_is_removed_is_served_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(keeper: Keeper) -> None:
        before = await count(keeper)
        shutil.rmtree(folder / "build")
        await asyncio.sleep(0.4)
        for worker in list(keeper.state.pool._idle) if keeper.state else []:
            worker.stop()  # new ones open the files that were linked
        assert keeper.state is not None
        keeper.state.pool._idle.clear()
        keeper.state.pool._refill()
        assert await count(keeper) == before

    kept(folder, work, monkeypatch)


def test_what_cannot_be_served_is_an_error_from_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_store(folder / "build")
    with pytest.raises(ClusterKGError, match="no store"):
        kept(folder, lambda keeper: asyncio.sleep(0), monkeypatch)
