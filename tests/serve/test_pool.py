"""Queries that are hostile are stopped, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from kg.build import Build
from kg.errors import EngineError
from kg.serve.limits import Limits
from kg.serve.pool import Pool
from kg.serve.slow import Known
from kg.serve.tasks import Refused, Task
from tests.serve.alone import run_alone

T = TypeVar("T")
SIMPLE = Task("query", "SELECT ?name { ?o a org:Organization ; skos:prefLabel ?name } LIMIT 3")
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
HOSTILE = [
    ENDLESS,
    "SELECT * { ?a (!<x:none>|^!<x:none>)* ?b . ?b (!<x:none>)* ?c }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f ?a",
    'SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(REGEX(CONCAT(STR(?c), STR(?f)), "(a+)+(b+)+c$")) }',
    "SELECT (GROUP_CONCAT(?c) AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
]


@pytest.fixture
def build(example_build: Build) -> Build:
    return example_build


def with_pool(build: Build, work: Callable[[Pool], Awaitable[T]], *, columns: bool = False, **limits: float) -> T:
    """Do some work with a pool that is open."""

    async def run() -> T:
        pool = Pool(build.folder, Limits.of({"seconds": 20, "quick": 2, "slow": 1, **limits}), columns=columns)
        await pool.open()
        try:
            return await work(pool)
        finally:
            await pool.close()

    return run_alone(run())


async def refused(pool: Pool, query: str) -> Refused:
    with pytest.raises(Refused) as caught:
        await pool.run(Task("query", query))
    return caught.value


def test_a_query_is_answered(build: Build) -> None:
    answer = with_pool(build, lambda pool: pool.run(SIMPLE))
    assert len(json.loads(answer.body)["results"]["bindings"]) == answer.count == 3


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_query_is_stopped(build: Build, query: str) -> None:
    async def work(pool: Pool) -> tuple[Refused, float]:
        began = time.monotonic()
        return await refused(pool, query), time.monotonic() - began

    error, took = with_pool(build, work, seconds=2, memory=400)
    assert error.status in (504, 507, 413)
    assert took < 3  # a second after its limit


def test_simple_queries_are_answered_beside_hostile_ones(build: Build) -> None:
    async def work(pool: Pool) -> tuple[list[int], list[Refused]]:
        storm = [asyncio.create_task(refused(pool, query)) for query in HOSTILE * 3]
        counts = []
        while not all(task.done() for task in storm):
            counts.append((await pool.run(SIMPLE)).count)
        return counts, [await task for task in storm]

    counts, errors = with_pool(build, work, seconds=4, memory=400)
    assert set(counts) == {3}
    assert len(counts) > 20
    assert {error.status for error in errors} <= {503, 504, 507, 413}


def test_more_than_may_wait_are_turned_away(build: Build) -> None:
    async def work(pool: Pool) -> list[Refused]:
        return await asyncio.gather(*(refused(pool, ENDLESS) for _ in range(8)))

    found = sorted(error.status for error in with_pool(build, work, seconds=3, waiting=2))
    assert found[:2] == [503, 503]
    assert 504 in found


def test_the_library_does_not_wait_for_hostile_queries(build: Build) -> None:
    explain = Task("explain", "Airbus")

    async def work(pool: Pool) -> float:
        storm = [asyncio.create_task(refused(pool, query)) for query in HOSTILE * 2]
        await asyncio.sleep(0.5)
        pool._known.keep(explain, slow=True)  # as after a first time that took long
        began = time.monotonic()
        assert (await pool.run(explain)).count > 0
        took = time.monotonic() - began
        assert not all(task.done() for task in storm)
        await asyncio.gather(*storm)
        return took

    assert with_pool(build, work, seconds=8) < 7


def test_an_answer_is_never_cut(build: Build) -> None:
    async def work(pool: Pool) -> list[Refused]:
        return [
            await refused(pool, "SELECT * { ?s ?p ?o }"),
            await refused(pool, "CONSTRUCT WHERE { ?s ?p ?o }"),
        ]

    assert [error.status for error in with_pool(build, work, rows=100)] == [413, 413]
    long = "SELECT (GROUP_CONCAT(CONCAT(STR(?s), STR(?p), STR(?o))) AS ?all) { ?s ?p ?o }"
    assert with_pool(build, lambda pool: refused(pool, long), megabytes=1).status == 413


def test_no_other_server_is_called(build: Build) -> None:
    query = "SELECT * { SERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }"
    assert with_pool(build, lambda pool: refused(pool, query)).status == 403


def test_a_fault_is_told_in_words(build: Build) -> None:
    error = with_pool(build, lambda pool: refused(pool, "SELECT * {"))
    assert error.status == 400
    assert "not well formed" in str(error)
    assert "Traceback" not in str(error)


def test_workers_that_the_system_ends_are_replaced(build: Build) -> None:
    async def work(pool: Pool) -> list[int]:
        for worker in list(pool._idle):
            os.kill(worker.process.pid, signal.SIGKILL)
            worker.process.join()
        return [(await pool.run(SIMPLE)).count for _ in range(20)]

    assert with_pool(build, work) == [3] * 20


def test_a_worker_that_dies_at_work_is_told(build: Build) -> None:
    async def work(pool: Pool) -> tuple[Refused, int]:
        worker = pool._idle[0]
        asking = asyncio.create_task(refused(pool, ENDLESS))
        await asyncio.sleep(0.1)
        os.kill(worker.process.pid, signal.SIGKILL)
        return await asking, (await pool.run(SIMPLE)).count

    error, count = with_pool(build, work)
    assert (error.status, count) == (507, 3)


def test_workers_are_started_again_until_they_do(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    start, failures = Pool._start, iter(range(2))

    async def failing(pool: Pool) -> object:
        if next(failures, None) is not None:
            raise EngineError("there is no memory")
        return await start(pool)

    async def work(pool: Pool) -> int:
        monkeypatch.setattr(Pool, "_start", failing)
        while pool._starting:
            await asyncio.sleep(0.01)
        for worker in list(pool._idle):
            os.kill(worker.process.pid, signal.SIGKILL)
            worker.process.join()
        return (await pool.run(SIMPLE)).count

    assert with_pool(build, work, quick=1) == 3
    assert next(failures, None) is None


def test_what_differs_from_slow_queries_in_its_constants_begins_as_a_slow_one(build: Build) -> None:
    def other(number: int) -> Task:
        return Task("query", ENDLESS.replace("{", f"{{ FILTER(?a != <x:{number}>) # {number}\n"))

    async def work(pool: Pool) -> tuple[bool, bool, bool]:
        before = pool._known.slow(other(1))
        await refused(pool, other(2).text)
        after = pool._known.slow(other(1))
        for _ in range(3):
            pool._known.keep(other(3), slow=False)
        return before, after, pool._known.slow(other(1))

    assert with_pool(build, work, seconds=1.5) == (False, True, False)


def test_niceness_counts_between_the_server_and_its_workers(build: Build) -> None:
    async def work(pool: Pool) -> None:
        worker = pool._idle[0]
        assert os.getsid(worker.process.pid) == os.getsid(0)  # in another session it would count there alone
        assert os.getpgid(worker.process.pid) != os.getpgid(0)  # signals of the keyboard don't reach it
        before = os.getpriority(os.PRIO_PROCESS, worker.process.pid)
        worker.yield_processor(SIMPLE)
        assert os.getpriority(os.PRIO_PROCESS, 0) < before < os.getpriority(os.PRIO_PROCESS, worker.process.pid)

    with_pool(build, work)


def test_a_slow_query_that_counts_goes_to_the_columns(build: Build) -> None:
    # A cross product is a multiplication there, if the engine knows it; else Oxigraph goes on and is stopped.
    counting = "SELECT ?p (COUNT(DISTINCT ?a) AS ?n) { ?s ?p ?o . ?a ckg:memberOf ?b . ?c ckg:memberOf ?b } GROUP BY ?p"
    wanted = with_pool(build, lambda pool: pool.run(Task("query", counting, engine="columnar")), columns=True)
    found = with_pool(build, lambda pool: pool.run(Task("query", counting, engine="auto")), columns=True)
    assert wanted.engine == "columnar"
    rows = [sorted(map(str, json.loads(answer.body)["results"]["bindings"])) for answer in (wanted, found)]
    assert rows[0] == rows[1]


def test_what_columns_cannot_answer_is_said(build: Build) -> None:
    task = Task(
        "query", "SELECT * { GRAPH ?g { ?s ?p ?o } } LIMIT 1", engine="columnar", default_graphs=["http://e.org/g"]
    )

    async def work(pool: Pool) -> int:
        with pytest.raises(Refused) as caught:
            await pool.run(task)
        return caught.value.status

    assert with_pool(build, work) == 501


def test_a_build_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()

    async def run() -> None:
        await Pool(tmp_path, Limits()).open()

    with pytest.raises(EngineError, match="can't be opened"):
        run_alone(run())


def test_strangers_that_wait_do_not_turn_the_library_away(build: Build) -> None:
    explain = Task("explain", "https://example.org/landmarks/organization/airbus")

    async def work(pool: Pool) -> int:
        storm = [asyncio.create_task(refused(pool, query)) for query in HOSTILE]
        await asyncio.sleep(1)
        pool._known.keep(explain, slow=True)
        try:
            return (await pool.run(explain)).count
        finally:
            await asyncio.gather(*storm)

    assert with_pool(build, work, seconds=8, waiting=1) > 0


def test_what_waits_when_a_pool_closes_is_answered(build: Build) -> None:
    async def work(pool: Pool) -> list[int]:
        asked = [asyncio.create_task(pool.run(SIMPLE)) for _ in range(30)]
        await asyncio.sleep(0)
        await pool.close()
        return [(await one).count for one in asked]

    assert with_pool(build, work, quick=1) == [3] * 30


def test_a_size_of_an_answer_is_part_of_a_shape() -> None:
    known = Known()
    for number in range(5):
        known.keep(Task("query", f"SELECT * {{ ?s ?p ?o }} LIMIT 9000{number}"), slow=True)
    assert known.slow(Task("query", "SELECT * { ?a ?b ?c } LIMIT 90009"))
    assert not known.slow(Task("query", "SELECT * { ?s ?p ?o } LIMIT 3"))
