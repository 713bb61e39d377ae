"""A server under load: cached resources, simple queries beside hostile ones, and mixed load while builds are taken up.

    python bench/serve.py FOLDER [--seconds 30] [--mixed 600] [--site SITE]

FOLDER is a project with a build that has a store. The server runs as its own process; the load comes from this one, so
that both share the machine. Latency is counted from the moment at which a request was due, not from when it was sent.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from kg.build import Build, open_build

LIMIT = 5.0
#: What a query may do to a server: cross products, paths without end, all in one order, texts that match slowly.
HOSTILE = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a (!<x:none>|^!<x:none>)* ?b . ?b (!<x:none>)* ?c }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f ?a",
    'SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(REGEX(CONCAT(STR(?c), STR(?f)), "(a+)+(b+)+c$")) }',
    "SELECT (GROUP_CONCAT(?c) AS ?all) { ?a ?b ?c . ?d ?e ?f }",
)


@dataclass
class Measured:
    """What was seen of requests of one kind."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def line(self, name: str, elapsed: float) -> str:
        """Return a line of numbers."""
        found = sorted(self.seconds) or [0.0]
        at = [1000 * found[min(len(found) - 1, int(share * len(found)))] for share in (0.5, 0.99, 1)]
        rate = len(self.seconds) / elapsed
        return (
            f"{name:18} {len(self.seconds):8,} answers {rate:8,.0f}/s  median {at[0]:8.1f} ms  p99 {at[1]:8.1f} ms  "
            f"most {at[2]:8.1f} ms  {dict(sorted(self.statuses.items()))} wrong {len(self.wrong)}"
        )


class Client:
    """One connection that is kept; a request in the plainest HTTP."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, accept: str = "*/*") -> tuple[int, bytes]:
        """Return the status and the body."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        reader, writer = self.streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        length, close = 0, False
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            close |= name.lower() == b"connection" and value.strip() == b"close"
        body = await reader.readexactly(length)
        if close:
            writer.close()
            self.streams = None
        return int(lines[0].split()[1]), body


class Server:
    """A server process of its own session, and what memory all of its processes use."""

    def __init__(self, folder: Path, site: Path | None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        pages = ["--site", str(site)] if site else ["--no-pages"]
        code = "from kg.cli import main; main()"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                code,
                "serve",
                str(folder),
                "--port",
                str(self.port),
                "--set",
                f"seconds={LIMIT}",
                *pages,
            ]
        )
        self.most = 0

    async def ready(self) -> None:
        """Wait until requests are answered."""
        while True:
            try:
                status, _ = await Client(self.port).get("/ready")
                if status == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit("the server did not start")
            await asyncio.sleep(0.2)

    async def watch(self) -> None:
        """Keep the most memory that was seen."""
        while True:
            self.most = max(self.most, await asyncio.to_thread(lambda: sum(map(_memory, _below(self.process.pid)))))
            await asyncio.sleep(3)  # what is shared is a part of each: to know it takes a while

    def stop(self) -> float:
        """End the server, and return the seconds that it took."""
        began = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.perf_counter() - began


def _below(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has its own
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _below(int(child))


def _memory(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss_Anon:"))


async def paced(
    port: int, rate: float, seconds: float, requests: Iterator[tuple[str, Callable[[bytes], bool]]]
) -> Measured:
    """Send requests at a rate, whether or not those before are answered."""
    seen, waiting = Measured(), set()
    idle: list[Client] = []
    began = asyncio.get_running_loop().time()

    async def one(path: str, right: Callable[[bytes], bool], due: float) -> None:
        client = idle.pop() if idle else Client(port)
        try:
            try:
                status, body = await client.get(path)
            except (OSError, asyncio.IncompleteReadError):  # a connection that was kept may be closed in the meantime
                client = Client(port)
                status, body = await client.get(path)
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.wrong.append(f"{path}: {error!r}")
            return
        idle.append(client)
        seen.seconds.append(asyncio.get_running_loop().time() - due)
        seen.statuses[status] += 1
        if status not in (200, 303) or not right(body):
            seen.wrong.append(f"{path}: {status} {body[:200]!r}")

    for place in itertools.count():
        due = began + place / rate
        if due > began + seconds:
            break
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        path, right = next(requests)
        task = asyncio.create_task(one(path, right, due))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
    await asyncio.gather(*waiting)
    return seen


async def flat_out(port: int, clients: int, seconds: float, paths: Sequence[str]) -> Measured:
    """Send requests one after the other on some connections."""
    seen = Measured()
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        client, turn = Client(port), random.Random(number)
        while time.perf_counter() < end:
            began = time.perf_counter()
            status, _ = await client.get(turn.choice(paths))
            seen.seconds.append(time.perf_counter() - began)
            seen.statuses[status] += 1

    await asyncio.gather(*map(one, range(clients)))
    return seen


async def hostile(port: int, clients: int, seconds: float) -> Measured:
    """Send queries that never end, each again when it was stopped; each must be stopped a second after its limit."""
    seen, turn = Measured(), itertools.count()
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        client = Client(port)
        while time.perf_counter() < end:
            # Each is another one, so that nothing can be known of it.
            query = HOSTILE[number % len(HOSTILE)].replace("{", f"{{ FILTER(?a != <x:{next(turn)}>)", 1)
            began = time.perf_counter()
            status, body = await client.get(f"/sparql?query={quote(query)}")
            took = time.perf_counter() - began
            seen.seconds.append(took)
            seen.statuses[status] += 1
            if took > LIMIT + 1 or status not in (503, 504, 507, 413):
                seen.wrong.append(f"{query}: {status} after {took:.1f} s {body[:200]!r}")
            if status == 503:
                await asyncio.sleep(1)

    await asyncio.gather(*map(one, range(clients)))
    return seen


def simple(build: Build) -> Iterator[tuple[str, Callable[[bytes], bool]]]:
    """Yield simple queries about organisations and groups, and what must be in their answers."""
    turn = random.Random(1)
    rows = build.memberships().select(["group", "organization"]).slice(0, 20_000).to_pylist()
    while True:
        row = turn.choice(rows)
        organization, group = row["organization"], row["group"]
        for query, wanted in (
            (f"SELECT ?p ?o {{ <{organization}> ?p ?o }}", "prefLabel"),
            (f"SELECT ?name {{ <{organization}> skos:prefLabel ?name }}", '"name"'),
            (f"ASK {{ <{organization}> ?p <{group}> }}", '"boolean"'),
            (f"SELECT ?type {{ <{group}> a ?type }} LIMIT 10", "type"),
        ):
            yield f"/sparql?query={quote(query)}", (lambda body, wanted=wanted: wanted.encode() in body)  # type: ignore[misc]


def other(build: Build, site: Path | None) -> Iterator[tuple[str, Callable[[bytes], bool]]]:
    """Yield requests of the other kinds: questions, reasons, descriptions, and pages and IRIs where there is a site."""
    turn = random.Random(2)
    rows = build.memberships().select(["group", "organization"]).slice(0, 20_000).to_pylist()
    prefix = urlsplit(build.base).path
    pages = sorted((site / "page" / "organization").rglob("*.html")) if site is not None else []
    while True:
        row = turn.choice(rows)
        organization, group = row["organization"], row["group"]
        wanted = [
            (f"/api/questions/groups-of-an-organization?organization={quote(organization)}", group),
            (f"/api/explain?organization={quote(organization)}&group={quote(group)}", group),
            (f"/api/describe?iri={quote(organization)}", "prefLabel"),
        ]
        if site is not None:
            page = turn.choice(pages).relative_to(site)
            wanted += [
                (f"/{quote(str(page))}", "</html>"),
                (f"/{urlsplit(organization).path.removeprefix(prefix)}", ""),
            ]
        for path, text in wanted:
            yield path, (lambda body, text=text: text.encode() in body)  # type: ignore[misc]


async def measure(folder: Path, seconds: float, mixed: float, site: Path | None) -> int:
    """Run all, print numbers and return how many things went wrong."""
    build = open_build(folder)
    server = Server(folder, site)
    await server.ready()
    watching = asyncio.create_task(server.watch())
    wrong: list[str] = []
    if site is not None:
        pages = sorted((site / "page" / "group").rglob("*.html"))[:200]
        paths = ["/" + quote(str(page.relative_to(site)), safe="/-_.~") for page in pages]
        iris = [urlsplit(iri).path for iri in build.groups()["group"].to_pylist()[:200]]
        prefix = urlsplit(build.base).path
        paths += ["/" + iri.removeprefix(prefix) for iri in iris]
        seen = await flat_out(server.port, 16, seconds / 2, paths)
        print(seen.line("cached resources", seconds / 2), flush=True)
    queries = simple(build)
    next(queries)  # reads the table
    seen = await paced(server.port, 200, seconds, queries)
    print(seen.line("simple alone", seconds), flush=True)
    wrong += seen.wrong
    storm = asyncio.create_task(hostile(server.port, 20, seconds))
    await asyncio.sleep(min(3, seconds / 4))
    seen = await paced(server.port, 200, max(5.0, seconds - 6), queries)
    print(seen.line("simple beside", max(5.0, seconds - 6)), flush=True)
    wrong += seen.wrong
    seen = await storm
    print(seen.line("hostile", seconds), flush=True)
    wrong += seen.wrong
    if mixed:
        wrong += await _mixed(server, folder, mixed, queries, other(build, site))
    print(f"most memory {server.most / 1e6:,.0f} MB of their own in all processes")
    watching.cancel()
    print(f"stopped in {server.stop():.1f} s")
    for line in wrong[:20]:
        print("WRONG", line)
    return len(wrong)


async def _mixed(
    server: Server,
    folder: Path,
    seconds: float,
    queries: Iterator[tuple[str, Callable[[bytes], bool]]],
    others: Iterator[tuple[str, Callable[[bytes], bool]]],
) -> list[str]:
    """Send requests of all kinds while the build is replaced twice by one of the same facts."""
    storm = asyncio.create_task(hostile(server.port, 6, seconds))
    load = asyncio.create_task(paced(server.port, 100, seconds, queries))
    more = asyncio.create_task(paced(server.port, 20, seconds, others))
    build = open_build(folder).folder
    before = _taken_up(await Client(server.port).get("/metrics"))
    for _ in range(2):
        await asyncio.sleep(seconds / 3)
        await asyncio.to_thread(_replace, build)
    simple_seen, other_seen, hostile_seen = await load, await more, await storm
    print(simple_seen.line("mixed: simple", seconds), flush=True)
    print(other_seen.line("mixed: others", seconds), flush=True)
    print(hostile_seen.line("mixed: hostile", seconds), flush=True)
    taken = _taken_up(await Client(server.port).get("/metrics")) - before
    print(f"builds taken up meanwhile: {taken:.0f}")
    return (
        simple_seen.wrong
        + other_seen.wrong
        + hostile_seen.wrong
        + ([] if taken == 2 else [f"{taken} builds were taken up, not 2"])
    )


def _taken_up(answer: tuple[int, bytes]) -> float:
    lines = answer[1].decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("kg_builds_taken_up "))


def _replace(build: Path) -> None:
    """Put a copy in the place of a build, as building does."""
    fresh, old = build.with_name(".bench-fresh"), build.with_name(".bench-old")
    subprocess.run(["cp", "-r", str(build), str(fresh)], check=True)
    record = json.loads((fresh / "run.json").read_text())
    (fresh / "run.json").write_text(json.dumps(record))
    build.replace(old)
    fresh.replace(build)
    subprocess.run(["rm", "-rf", str(old)], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--site", type=Path)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--mixed", type=float, default=0)
    given = parser.parse_args()
    os.environ.setdefault("PYTHONPATH", str(Path.cwd()))
    sys.exit(1 if asyncio.run(measure(given.folder, given.seconds, given.mixed, given.site)) else 0)
