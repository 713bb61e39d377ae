"""Servers for the tests: real ones that are started and stopped, and one that answers as it is told."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

__all__ = ["Fake", "Request", "fake_server", "oxigraph_server", "virtuoso_server"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[str], address: str, folder: Path, seconds: float = 60) -> Iterator[None]:
    """Run a server until it is left; it is there once the address answers."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + seconds
        while True:
            try:
                urlopen(address, timeout=5).close()
                break
            except (URLError, OSError) as error:
                if getattr(error, "code", None):  # it answers
                    break
                if process.poll() is not None or time.monotonic() > end:
                    words = (folder / "server.log").read_text(errors="replace")
                    pytest.fail(f"{command[0]} did not start: {words[-2000:]}")
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def oxigraph_server(folder: Path) -> Iterator[str]:
    """Run Oxigraph's server; gives the settings of `[engine]` for it."""
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    if program is None:
        pytest.fail("Oxigraph's server is missing: pip install 'clusterkg[dev]'")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    with running([program, "serve", "--bind", f"127.0.0.1:{port}"], address, folder):
        yield f'server = "oxigraph"\nurl = "{address}/query"\n'


_VIRTUOSO = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = {sql}
ServerThreads = 10
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
DirsAllowed = .
DisableTcpSocket = 0
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 6
[SPARQL]
"""


@contextmanager
def virtuoso_server(folder: Path) -> Iterator[str]:
    """Run Virtuoso, whose first user has the password `dba`; its absence fails in CI and skips elsewhere."""
    program = shutil.which("virtuoso-t")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Virtuoso is missing in CI")
        pytest.skip("there is no Virtuoso: apt-get install virtuoso-opensource-7-bin virtuoso-opensource-7-common")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "virtuoso.ini").write_text(_VIRTUOSO.format(port=port, sql=free_port()))
    address = f"http://127.0.0.1:{port}"
    command = [program, "+foreground", "+configfile", "virtuoso.ini"]
    with running(command, f"{address}/sparql", folder):
        yield f'server = "virtuoso"\nurl = "{address}/sparql"\nuser = "dba"\npassword = "dba"\n'


@dataclass
class Request:
    """What the fake server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Fake:
    """A server that gives one answer after the other, the last one again and again.

    An answer is what is sent: the status, headers and body; or a function that is handed the handler.
    """

    address: str
    answers: list[tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]]
    asked: list[Request] = field(default_factory=list)


@contextmanager
def fake_server() -> Iterator[Fake]:
    """Run a server that answers as it is told."""
    fake = Fake("", [])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.casefold(): value for name, value in self.headers.items()}
            fake.asked.append(Request(self.command, self.path, headers, body))
            told = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
            if callable(told):
                told(self)
                return
            status, given, content = told
            self.send_response(status)
            for name, value in given.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
