"""A client that goes away takes its query with it."""

from __future__ import annotations

import socket
import time
from urllib.parse import quote

from tests.serve.conftest import Server

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def active(server: Server) -> int:
    count = server.ask("/ready").json()["queries"]["active"]
    assert isinstance(count, int)
    return count


def test_its_query_is_stopped(server: Server) -> None:
    before = active(server)
    with socket.create_connection(("127.0.0.1", server.port)) as channel:
        channel.sendall(f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        end = time.monotonic() + 5
        while active(server) <= before:
            assert time.monotonic() < end
            time.sleep(0.02)
    end = time.monotonic() + 5
    while active(server) > before:
        assert time.monotonic() < end, "it goes on without anybody"
        time.sleep(0.02)
