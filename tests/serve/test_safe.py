"""What a reviewer found a way to do, and what must not be possible."""

from __future__ import annotations

import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pytest

from kg.build import Build
from kg.serve.http import MOST_HEAD
from kg.serve.text import names_service
from tests.conftest import ROOT
from tests.serve.conftest import Server, started

ANSWER = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'


class Listener(socketserver.ThreadingTCPServer):
    """A server that a query must not reach."""

    allow_reuse_address = daemon_threads = True
    calls = 0


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Listener)
        self.server.calls += 1
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
        )
        self.request.sendall(head.encode() + ANSWER)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


CALLS = [
    "SELECT * { SERVICE <http://HERE/sparql> { ?s ?p ?o } }",
    "SELECT * { FILTER(1<'>'||true) SERVICE <http://HERE/sparql> { ?s ?p ?o } FILTER('q'='q') }",
    "SELECT * { FILTER(1<'>'||true) SERVICE SILENT <http://HERE/sparql> { ?s ?p ?o } FILTER('q'='q') }",
    "PREFIX e: <http://HERE/> SELECT * { FILTER(1<2)SERVICE#>\n e:sparql { ?s ?p ?o } }",
    "PREFIX e: <http://HERE/> SELECT * { FILTER(1<2)SERVICE SILENT#>\n e:sparql { ?s ?p ?o } }",
]


@pytest.mark.parametrize("query", CALLS)
def test_no_other_server_is_called(server: Server, listener: Listener, query: str) -> None:
    here = f"127.0.0.1:{listener.server_address[1]}"
    server.ask(f"/sparql?query={quote(query.replace('HERE', here))}")
    time.sleep(0.1)
    assert listener.calls == 0


@pytest.mark.parametrize("query", CALLS)
def test_every_call_names_the_word(query: str) -> None:
    assert names_service(query)


def test_a_head_has_an_end(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as channel:
        channel.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        line = b"X-Filler: " + b"x" * 8_000 + b"\r\n"
        answer = b""
        try:
            for _ in range(2 * MOST_HEAD // len(line)):
                channel.sendall(line)
            answer = channel.recv(100)
        except ConnectionError:
            answer = b"HTTP/1.1 431"  # it was closed before we had read it
    assert answer.startswith(b"HTTP/1.1 431")
    assert server.ask("/health").status == 200


def test_paths_of_the_machine_are_not_told(server: Server) -> None:
    for path in ("/api/explain?organization=nobody-of-that-name", "/api/describe?iri=x%20y", "/sparql?query=nothing"):
        reply = server.ask(path)
        assert 400 <= reply.status < 500
        assert b"/tmp" not in reply.body
        assert b"Traceback" not in reply.body


def test_ask_as_arrow_keeps_the_truth(server: Server) -> None:
    for query, truth in (("ASK { ?s ?p ?o }", True), ("ASK { <x:none> ?p ?o }", False)):
        reply = server.ask(f"/sparql?query={quote(query)}", headers={"Accept": "application/vnd.apache.arrow.stream"})
        assert pa.ipc.open_stream(reply.body).read_all().to_pydict() == {"boolean": [truth]}


def test_rdf_xml_that_cannot_be_is_refused(server: Server) -> None:
    query = "CONSTRUCT { ?s <http://e/1> ?o } WHERE { ?s ?p ?o } LIMIT 1"
    reply = server.ask(f"/sparql?query={quote(query)}", headers={"Accept": "application/rdf+xml"})
    assert reply.status == 406
    assert b"http://e/1" in reply.body


def test_all_of_what_is_said_is_described(server: Server) -> None:
    iri = "http://www.w3.org/ns/org#Organization"
    reply = server.ask(f"/api/describe?iri={quote(iri, safe='')}", headers={"Accept": "application/n-triples"})
    count = server.ask(f"/sparql?query={quote(f'SELECT ?s ?p {{ ?s ?p <{iri}> }}')}&format=json").json()
    assert len(reply.body.splitlines()) == len(count["results"]["bindings"]) > 100
    assert server.ask(f"/api/describe?iri={quote(iri, safe='')}&format=bogus").status == 406


def test_a_port_that_is_taken_is_an_error_of_one_line(server: Server) -> None:
    said = subprocess.run(
        [sys.executable, "-c", "from kg.cli import main; main()", "serve", str(server.build.folder), "--no-pages",
         "--port", str(server.port)],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert said.returncode == 3
    assert said.stderr.strip() == f"kg: the server could not listen on 127.0.0.1 port {server.port}"


def test_more_connections_than_may_be_are_told(served_build: Build, tmp_path: Path) -> None:
    for server in started(served_build, None, tmp_path / "log", "--set", "connections=3"):
        open_ones = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        assert server.ask("/health").status == 200
        refused = server.ask("/sparql")
        assert (refused.status, refused.headers["retry-after"], refused.headers["connection"]) == (503, "5", "close")
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert "connected" in refused.json()["error"]
        crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(120)]
        with suppress(ConnectionError):
            assert crowd[-1].recv(1) == b""  # closed at once
        for channel in (*open_ones, *crowd):
            channel.close()
        until = time.monotonic() + 10
        while server.ask("/sparql").status != 200:
            assert time.monotonic() < until
