"""One server, as a process of its own, over the example with the graphs of the W3C's tests beside it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kg.build import Build
from kg.publish import publish
from tests.conftest import ROOT, Once
from tests.serve.w3c import FOLDER, graphs

#: A file of the site that is larger than those that are kept in memory.
LARGE = "large.nt"


@dataclass(frozen=True)
class Reply:
    """What a server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def type(self) -> str:
        return str(self.headers.get("content-type", "")).partition(";")[0]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    build: Build
    port: int
    root: str = ""
    log: Path = field(default=Path(os.devnull))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.root}/"

    def ask(
        self, path: str, method: str = "GET", body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request, its path as it stands."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            given = body.encode() if isinstance(body, str) else body
            connection.request(method, path, given, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def raw(self, sent: bytes) -> bytes:
        """Send bytes, which ask for the connection to be closed, and return those that come back until it is."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as channel:
            channel.sendall(sent)
            parts = []
            while part := channel.recv(1 << 16):
                parts.append(part)
        return b"".join(parts)


def started(build: Build, site: Path | None, log: Path, *more: str, root: str = "") -> Iterator[Server]:
    """Start a server and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pages = ("--site", str(site)) if site is not None else ("--no-pages",)
    arguments = ("serve", str(build.folder), "--port", str(port), "--root-path", root, *pages, *more)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", "from kg.cli import main; main()", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=said, stderr=said,
        )  # fmt: skip
    server = Server(build, port, root, log)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                if server.ask("/ready").status == 200:
                    break
            except OSError:
                pass
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, "it did not start"
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        assert process.wait(40) in (0, -15), log.read_text()


@pytest.fixture(scope="session")
def served_build(once: Once, example_project: Path) -> Build:
    """The example, built, with the graphs of the W3C's tests in its store where they are there."""

    def fill(place: Path) -> None:
        shutil.copytree(example_project, place / "project")
        build = Build(place / "project" / "build")
        store = ox.Store(str(build.folder / "store"))
        if FOLDER.is_dir():
            store.extend(graphs(build.base))
        store.flush()

    return Build(once("served", fill) / "project" / "build")


@pytest.fixture(scope="session")
def served_site(once: Once, served_build: Build) -> Path:
    """The site of the example, with a large file and a link that leads out of it."""

    def fill(place: Path) -> None:
        site = publish(served_build, place / "site").folder
        (site / LARGE).write_bytes(b"<https://e.org/s> <https://e.org/p> <https://e.org/o> .\n" * 40_000)
        secret = place / "secret.txt"
        secret.write_text("secret", encoding="utf-8")
        (site / "leads-out.txt").symlink_to(secret)
        (site / "folder-out").symlink_to(place)

    return once("served-site", fill) / "site"


@pytest.fixture(scope="session")
def server(served_build: Build, served_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with pages."""
    log = tmp_path_factory.mktemp("log") / "said.txt"
    yield from started(served_build, served_site, log)
    assert "Traceback" not in log.read_text(encoding="utf-8"), log.read_text(encoding="utf-8")
