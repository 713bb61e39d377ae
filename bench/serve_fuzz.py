"""Many requests that mean ill, to a server of its own: none may be answered with a fault of the server.

    python bench/serve_fuzz.py FOLDER [--requests 20000] [--seed 1]

FOLDER is a project with its build. A third of the requests is Schemathesis', after the description of the interface; the
others are Hypothesis': the protocol of SPARQL, headers and paths, and bytes that are hardly HTTP. It fails on a status of 500,
on a response or a log with the text of an error in Python, and when the server is not there any more at the end.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote_from_bytes

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

#: What a response or a log has when something went wrong that was not foreseen.
INTERNAL = re.compile(rb"Traceback \(most recent|File \"[^\"]*\.py\"|Exception in ASGI")
#: Statuses of servers that are meant: not implemented, busy, too slow, too large.
MEANT = frozenset({501, 503, 504, 507})

_WORDS = st.sampled_from([
    "SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "WHERE", "FROM", "FROM NAMED", "GRAPH", "SERVICE", "OPTIONAL", "MINUS", "UNION",
    "FILTER", "BIND", "VALUES", "GROUP BY", "ORDER BY", "LIMIT", "OFFSET", "INSERT DATA", "LOAD", "DROP ALL", "BASE", "PREFIX",
    "*", "{", "}", "(", ")", ".", ";", "?s", "?p", "?o", "?g", "<http://e.org/a>", "<a>", "<", ">", "a", "ex:a", "_:b", "1",
    "1e999", "'x'", '"""', "'", "@en", "^^", "\\u0000", "\\ud800", "#", "\n", "COUNT(*)", "AS", "REGEX(?o, '(a+)+$')", "NOT EXISTS",
    "<<", ">>", "{|", "|}", "/", "|", "^", "+", "STRDT('x', <a>)", "1/0", "IRI(?o)", "EXISTS", "HAVING", "UUID()", "\0", "é", "𝕏",
])  # fmt: skip
_TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(_WORDS, max_size=25).map(" ".join),
    st.lists(_WORDS, max_size=8).map(lambda words: f"SELECT * {{ ?s ?p ?o . {' '.join(words)} }} LIMIT 3"),
    st.sampled_from(
        ["ASK {}", "SELECT * { ?s ?p ?o } LIMIT 2", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 2", "DESCRIBE <a>"]
    ),
)
_BYTES = st.one_of(_TEXTS.map(lambda text: text.encode(errors="surrogatepass")), st.binary(max_size=60))
_NAMES = st.sampled_from([
    "query", "default-graph-uri", "named-graph-uri", "update", "using-graph-uri", "format", "engine", "graph", "default", "iri",
    "organization", "group", "region", "limit", "", "quérÿ",
])  # fmt: skip
_KINDS = st.sampled_from([
    "application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/turtle", "application/rdf+xml", "*/*",
    "text/*", "application/vnd.apache.arrow.stream", "image/png", ";", ",", "a/b;q=x", "*/*;q=nan", "text/csv;q=1e999", "/", "é",
    "application/sparql-query", "application/sparql-query; charset=latin-1", "application/sparql-update", "multipart/form-data",
    "application/x-www-form-urlencoded", "application/json",
])  # fmt: skip
_FIELDS = st.sampled_from([
    "Accept", "Content-Type", "Accept-Encoding", "Range", "If-Range", "If-None-Match", "If-Modified-Since", "Origin", "Host",
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Cookie", "Authorization", "Expect", "Upgrade", "Connection",
    "Transfer-Encoding", "Content-Length", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Forwarded",
])  # fmt: skip
_VALUES = st.one_of(
    _KINDS,
    st.sampled_from([
        "bytes=0-", "bytes=-1", "bytes=5-2", "bytes=0-0,2-3,9-", "bytes=" + "0-1," * 300, "gzip;q=0", "*", '"x"', "W/", "[::1", "[", "a:b:c",
        "Mon, 01 Jan 0001 00:00:00 -0000", "Mon, 99 Foo 99999 99:99:99 GMT", "chunked", "-1", "99999999999999999999", "h2c",
        "websocket", "100-continue", "https, http", "javascript:", "close", "keep-alive", "",
    ]),
    st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40),
)  # fmt: skip
_PARTS = st.one_of(
    st.sampled_from(["sparql", "sparql/", "graph-store", "api/questions", "api/questions/strongest-clusters", "api/explain",
                     "api/describe", "openapi.json", "health", "ready", "metrics", ".well-known/void", "organization", "page",
                     "data", "..", "%2e%2e", "%2f", "%5c", "%00", "%ff", "%", "%zz", "index.html", "query.html", "void.ttl", "dump.nq.gz", "assets",
                     "group", "cell", "", ".", ";", "server", "a" * 300, "mcp"]),
    _BYTES.map(quote_from_bytes),
)  # fmt: skip
_PATHS = st.one_of(
    st.sampled_from(["/sparql", "/graph-store", "/api/explain", "/api/describe", "/api/questions/clusters-of-a-region", "/sparql/"]),
    st.lists(_PARTS, max_size=4).map(lambda parts: "/" + "/".join(parts)),
)  # fmt: skip
_PAIRS = st.lists(st.tuples(_NAMES, _BYTES), max_size=4).map(
    lambda pairs: "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in pairs)
)
_METHODS = st.sampled_from(
    ["GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO", "CONNECT"]
)
_REQUESTS = st.tuples(
    _METHODS, _PATHS, st.one_of(_PAIRS, st.binary(max_size=20).map(lambda b: b.decode("latin-1"))),
    st.lists(st.tuples(_FIELDS, _VALUES), max_size=4), st.one_of(st.just(b""), _BYTES, _PAIRS.map(str.encode)), st.booleans(),
)  # fmt: skip
_RAW = st.lists(
    st.one_of(
        st.sampled_from([
            b"GET / HTTP/1.1\r\n", b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n", b"POST /sparql HTTP/1.1\r\n", b"Host: a\r\n", b"\r\n",
            b"\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"5\r\nASK{}\r\n0\r\n\r\n",
            b"Content-Type: application/sparql-query\r\n", b"GET http://other/ HTTP/1.1\r\n", b"GET * HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n",
            b"GET \xff\xfe HTTP/1.1\r\n", b"GET /\xc3\xa9 HTTP/1.0\r\n", b"GET /a?\xff HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" : x\r\n",
            b"GET / HTTP/9.9\r\n", b"X: " + b"y" * 70_000 + b"\r\n", b"CONNECT a:1 HTTP/1.1\r\n", b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
            b"GET //a//b HTTP/1.1\r\n", b"Accept: \xff\r\n", b"Connection: close\r\n", b"\x16\x03\x01\x02\x00\x01", b"zz\r\n", b"Host: [::1\r\n",
        ]),
        st.binary(max_size=30),
    ),
    max_size=8,
).map(b"".join)  # fmt: skip


class Attacker:
    """Sends requests to a port and looks at what comes back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: Counter[str] = Counter()

    def request(self, given: tuple[str, str, str, list[tuple[str, str]], bytes, bool]) -> None:
        """Send a request whose framing is right."""
        method, path, query, fields, body, typed = given
        head = f"{method} {path}{'?' + query if query else ''} HTTP/1.1\r\n"
        framing = {"transfer-encoding", "content-length", "expect", "upgrade"}
        lines = [f"{name}: {value}\r\n" for name, value in fields if name.lower() not in framing]
        if typed:
            lines.append(
                "Content-Type: application/sparql-query\r\n"
                if len(body) % 2
                else "Content-Type: application/x-www-form-urlencoded\r\n"
            )
        text = head + "Host: a\r\nConnection: close\r\n" + "".join(lines) + f"Content-Length: {len(body)}\r\n\r\n"
        self._look(text.encode("latin-1", "replace") + body, "protocol", patience=60)

    def raw(self, sent: bytes) -> None:
        """Send bytes, and wait a moment for an answer, for they may be no whole request."""
        self._look(sent, "bytes", patience=0.03)

    def _look(self, sent: bytes, kind: str, *, patience: float) -> None:
        said = b""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=60) as channel,
            suppress(ConnectionError, TimeoutError),
        ):
            channel.sendall(sent)
            channel.settimeout(patience)
            while part := channel.recv(1 << 16):
                said += part
        status = int(said[9:12]) if said.startswith(b"HTTP/1.1 ") and said[9:12].isdigit() else 0
        self.seen[f"{kind} {status or 'closed'}"] += 1
        assert status < 500 or status in MEANT, (sent[:2000], said[:2000])
        assert not INTERNAL.search(said), (sent[:2000], said[:2000])


def serve(folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers."""
    code = "from kg.cli import main; main()"
    arguments = [
        "serve",
        str(folder),
        "--port",
        str(port),
        "--set",
        "seconds=2",
        "--set",
        "connections=200",
        "--set",
        "patience=5",
    ]
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=said, stderr=said)
    for _ in range(600):
        if alive(port):
            return process
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"the server did not start: {log.read_text()[-2000:]}")


def alive(port: int) -> bool:
    """Whether queries are answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D")
        return b"true" in connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()


def counted(port: int) -> int:
    """Return how many requests the server says that it has answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return int(sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("kg_requests_total")))


def by_description(port: int, most: int, number: int) -> tuple[int, bool]:
    """Let Schemathesis ask until it has sent so many requests; return how many, and whether it found no fault."""
    before, whole = counted(port), True
    with tempfile.TemporaryDirectory() as folder:
        while counted(port) - before < most:
            number += 1
            command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{port}/openapi.json", "--phases",
                       "coverage,fuzzing", "--max-examples", "60", "--seed", str(number), "--no-color", "--exclude-checks",
                       "positive_data_acceptance", "--continue-on-failure"]  # fmt: skip
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                whole = False
                print(done.stdout[-5000:], done.stderr[-1000:])
                break
    return counted(port) - before, whole


def many(work: Callable[..., None], strategy: st.SearchStrategy[object], count: int, number: int) -> None:
    """Do work with so many things of a kind."""
    phases = (Phase.generate, Phase.shrink)
    checked = settings(
        max_examples=count, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck)
    )

    def one(thing: object) -> None:
        work(thing)

    seed(number)(checked(given(strategy)(one)))()


def main() -> None:
    """Run it, and end with status 1 when a fault is found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    handle, name = tempfile.mkstemp(suffix=".log")
    os.close(handle)
    log, began = Path(name), time.monotonic()
    process = serve(options.folder, port, log)
    whole = True
    attacker = Attacker(port)
    third = options.requests // 3
    try:
        for kind, work, strategy in (("protocol", attacker.request, _REQUESTS), ("bytes", attacker.raw, _RAW)):
            try:
                many(work, strategy, third, options.seed)
            except AssertionError as error:
                whole = False
                print(f"{kind}: {error}")
        described, kept = by_description(port, options.requests - sum(attacker.seen.values()), options.seed)
        whole &= kept
        whole &= alive(port)
    finally:
        process.terminate()
        process.wait(60)
    said = log.read_bytes()
    if INTERNAL.search(said):
        whole = False
        print(said[-6000:].decode(errors="replace"))
    print(
        f"{sum(attacker.seen.values())} requests of Hypothesis, {described} of Schemathesis, {time.monotonic() - began:.0f} s"
    )
    print(", ".join(f"{name}: {count}" for name, count in sorted(attacker.seen.items())))
    print("no fault" if whole else "FAULTS")
    sys.exit(not whole)


if __name__ == "__main__":
    main()
