"""The server as a citizen of HTTP: negotiation, methods, conditions, ranges, IRIs that lead to pages, paths that lead nowhere."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest

from kg.build import Build
from tests.serve.conftest import LARGE, Server, started

SELECT = quote("SELECT ?s ?name { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?name } ORDER BY ?s LIMIT 5")
CONSTRUCT = quote("CONSTRUCT { <http://e.org/s> <http://e.org/p> 'é' } {}")
RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/xml": ox.QueryResultsFormat.XML,
}
GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}


@pytest.mark.parametrize("kind", RESULTS)
def test_solutions_in_each_format(server: Server, kind: str) -> None:
    reply = server.ask(f"/sparql?query={SELECT}", headers={"Accept": kind})
    assert (reply.status, reply.type) == (200, kind)
    assert "Accept" in reply.headers["vary"]
    found = ox.parse_query_results(reply.body, RESULTS[kind])
    assert isinstance(found, ox.QuerySolutions)
    assert len(list(found)) == 5


def test_solutions_as_csv(server: Server) -> None:
    reply = server.ask(f"/sparql?query={SELECT}", headers={"Accept": "text/csv"})
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    lines = reply.body.decode().split("\r\n")
    assert lines[0] == "s,name"
    assert len(lines) == 7


@pytest.mark.parametrize("kind", GRAPHS)
def test_triples_in_each_format(server: Server, kind: str) -> None:
    wanted = {ox.Triple(ox.NamedNode("http://e.org/s"), ox.NamedNode("http://e.org/p"), ox.Literal("é"))}
    for path in (f"/sparql?query={CONSTRUCT}", f"/sparql/?query={CONSTRUCT}"):
        reply = server.ask(path, headers={"Accept": kind})
        assert (reply.status, reply.type) == (200, kind)
        assert {quad.triple for quad in ox.parse(reply.body, GRAPHS[kind])} == wanted
    assert server.ask(f"/sparql?query={SELECT}", headers={"Accept": kind}).status == 406


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("text/*;q=0.5, application/sparql-results+xml;q=0.6", "application/sparql-results+xml"),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("text/csv;q=0.1, text/tab-separated-values ; Q=0.2", "text/tab-separated-values"),
        ("TEXT/CSV", "text/csv"),
        ("text/turtle, */*;q=0.1", "application/sparql-results+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
        ("text/csv;charset=utf-8", "text/csv"),
    ],
)
def test_the_best_is_chosen(server: Server, accept: str, kind: str) -> None:
    assert server.ask(f"/sparql?query={SELECT}", headers={"Accept": accept}).type == kind


def test_several_fields_are_one(server: Server) -> None:
    said = server.raw(
        f"GET /sparql?query={SELECT} HTTP/1.1\r\nHost: a\r\nAccept: text/csv;q=0.1\r\nAccept: application/xml\r\nConnection: close\r\n\r\n".encode()
    )
    assert b"content-type: application/xml" in said.lower()


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "nonsense", "*/*;q=0"])
def test_what_is_not_there_is_not_acceptable(server: Server, accept: str) -> None:
    for path in (
        f"/sparql?query={SELECT}",
        f"/sparql?query={CONSTRUCT}",
        "/sparql",
        "/api/questions/strongest-clusters",
    ):
        reply = server.ask(path, headers={"Accept": accept})
        assert (reply.status, reply.type) == (406, "application/json"), path
        assert reply.json()["error"]


PATHS = ["/", "/sparql", f"/sparql?query={SELECT}", "/graph-store", "/api/questions", "/openapi.json", "/health", "/ready",
         "/metrics", "/.well-known/void", f"/{LARGE}", "/query.html", "/none", "/assets/endpoint.json"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_a_body(server: Server, path: str) -> None:
    get, head = server.ask(path), server.ask(path, "HEAD")
    assert head.body == b""
    assert head.status == get.status
    assert head.type == get.type
    if path != "/metrics":
        assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", PATHS)
def test_methods_that_are_not_there(server: Server, path: str) -> None:
    allowed = "GET, HEAD, POST" if path.startswith("/sparql") else "GET, HEAD"
    for method in ("PUT", "DELETE", "PATCH", *(() if "POST" in allowed else ("POST",))):
        reply = server.ask(path, method)
        assert (reply.status, reply.headers["allow"]) == (405, allowed)


def test_scripts_of_other_sites_may_ask(server: Server) -> None:
    asking = {
        "Origin": "https://other.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, accept",
    }
    reply = server.ask("/sparql", "OPTIONS", headers=asking)
    assert reply.status == 204
    assert reply.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"].split(", ")
    assert {"content-type", "accept"} <= set(reply.headers["access-control-allow-headers"].lower().split(", "))
    for kind in ("application/sparql-query", "application/x-www-form-urlencoded"):
        body = "ASK {}" if kind.endswith("query") else "query=ASK%20%7B%7D"
        answer = server.ask("/sparql", "POST", body, {"Content-Type": kind, "Origin": "https://other.example"})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")


def iris(build: Build) -> set[str]:
    """Return all IRIs of the dump that begin with its base."""
    found: set[str] = set()
    for name in ("facts.nq", "inferred.nq"):
        for quad in ox.parse(path=str(build.folder / name), format=ox.RdfFormat.N_QUADS):
            found |= {
                term.value for term in (quad.subject, quad.predicate, quad.object) if isinstance(term, ox.NamedNode)
            }
    return {iri for iri in found if iri.startswith(build.base)}


def test_every_iri_leads_to_its_page_and_data(server: Server) -> None:
    build = server.build
    named = sorted(iris(build))
    assert len(named) > 500
    lost = []
    formats = {"text/turtle": ox.RdfFormat.TURTLE, "application/n-triples": ox.RdfFormat.N_TRIPLES,
               "application/ld+json": ox.RdfFormat.JSON_LD, "text/html": None}  # fmt: skip
    seen: dict[str, bytes] = {}
    for iri in named:
        path = "/" + quote(iri.removeprefix(build.base).split("#")[0], safe="/%:;,@!$&'()*+=~?")
        for kind, form in formats.items():
            reply = server.ask(path, headers={"Accept": kind})
            if reply.status != 303 or reply.headers["vary"] != "Accept":
                lost.append((iri, kind, reply.status))
                continue
            target = reply.headers["location"].split("#")[0]
            if target not in seen:
                there = server.ask(target)
                assert (there.status, there.type) == (200, kind), target
                seen[target] = there.body
                if form is not None:
                    list(ox.parse(there.body, form, base_iri=build.base))
            if kind == "application/n-triples" and f"<{iri}>".encode() not in seen[target]:
                lost.append((iri, "is not in its data", 0))
    # Graphs and parts of terms have no pages; whatever else has an IRI does.
    assert [one for one in lost if not one[0].startswith(f"{build.base}graph/")] == []


def test_a_client_that_minds_nothing_sees_the_page(server: Server) -> None:
    path = (
        f"/{next(iri for iri in sorted(iris(server.build)) if '/organization/' in iri).removeprefix(server.build.base)}"
    )
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/xhtml+xml"}):
        assert ".html" in server.ask(path, headers=headers).headers["location"]
    assert ".jsonld" in server.ask(path, headers={"Accept": "application/json"}).headers["location"]
    assert server.ask(path, headers={"Accept": "image/png"}).status == 406


@pytest.mark.parametrize("path", ["/index.html", f"/{LARGE}", "/void.ttl"])
def test_what_a_client_has_is_not_sent_again(server: Server, path: str) -> None:
    first = server.ask(path)
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"If-None-Match": tag}, {"If-None-Match": f'"other", {tag}'}, {"If-None-Match": "*"},
        {"If-None-Match": tag.removeprefix("W/")}, {"If-Modified-Since": changed},
    ):  # fmt: skip
        reply = server.ask(path, headers=headers)
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag), headers
    for headers in (
        {"If-None-Match": '"other"'}, {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, {"If-Modified-Since": "nonsense"},
        {"If-None-Match": '"other"', "If-Modified-Since": changed}, {"If-Modified-Since": "Mon, 01 Jan 0001 00:00:00 -0000"},
    ):  # fmt: skip
        assert server.ask(path, headers=headers).status == 200, headers


def test_a_part_of_a_large_file(server: Server) -> None:
    whole = server.ask(f"/{LARGE}")
    size = len(whole.body)
    assert whole.headers["accept-ranges"] == "bytes"
    for given, start, end in (("bytes=0-9", 0, 10), ("bytes=100-", 100, size), ("bytes=-7", size - 7, size)):
        reply = server.ask(f"/{LARGE}", headers={"Range": given})
        assert reply.status == 206
        assert reply.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert reply.body == whole.body[start:end]
    assert server.ask(f"/{LARGE}", headers={"Range": f"bytes={size}-"}).status == 416
    changed = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert server.ask(f"/{LARGE}", headers=changed).status == 200


def test_texts_are_compressed(server: Server) -> None:
    plain, packed = server.ask("/index.html"), server.ask("/index.html", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "Accept-Encoding" in packed.headers["vary"]
    refused = server.ask("/index.html", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


OUT = [
    "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt", "/%252e%252e%252fsecret.txt",
    "/..%5csecret.txt", "/..\\secret.txt", "/page/../../secret.txt", "/page/..%2f..%2fsecret.txt", "//secret.txt",
    "/%2fetc/passwd", "//etc/passwd", "/%2f%2fetc%2fpasswd", "/index.html%00", "/%00", "/.%00./secret.txt", "/leads-out.txt",
    "/folder-out/secret.txt", "/folder-out/site/index.html", "/.site.json", "/server/nginx.conf", "/./index.html",
    "/file:///etc/passwd", "/C:%5cWindows", "/%c0%ae%c0%ae/secret.txt", "/..;/secret.txt", "/index.html/", "/index.html/x",
    "/" + "a" * 300, "/" + "a/" * 3000, "/..%252fsecret.txt", "/.git/config", "/%2e/%2e%2e/secret.txt",
]  # fmt: skip


@pytest.mark.parametrize("path", OUT, ids=lambda path: path[:40])
def test_no_path_leads_out_of_the_site(server: Server, path: str) -> None:
    said = server.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert said.split(b" ")[1] in (b"404", b"400"), said[:300]
    assert b"secret" not in said.partition(b"\r\n\r\n")[2]
    assert b"root:" not in said


def test_the_data_set_is_described(server: Server) -> None:
    reply = server.ask("/.well-known/void")
    assert (reply.status, reply.type) == (200, "text/turtle")
    kinds = {
        quad.object.value for quad in ox.parse(reply.body, ox.RdfFormat.TURTLE) if isinstance(quad.object, ox.NamedNode)
    }
    assert "http://rdfs.org/ns/void#Dataset" in kinds


def test_what_every_response_says(server: Server) -> None:
    for path in (*PATHS, "/sparql?query=nonsense"):
        reply = server.ask(path)
        assert "default-src 'self'" in reply.headers["content-security-policy"]
        assert "unsafe-inline" not in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "server" not in reply.headers


@pytest.fixture(scope="module")
def behind(served_build: Build, served_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind one that has taken a path from the addresses."""
    yield from started(served_build, served_site, tmp_path_factory.mktemp("log") / "said.txt", root="/landmarks")


def test_behind_a_prefix(behind: Server) -> None:
    """Requests come without the prefix, and what leads anywhere has it."""
    assert behind.ask("/index.html").status == 200
    path = (
        f"/{next(iri for iri in sorted(iris(behind.build)) if '/organization/' in iri).removeprefix(behind.build.base)}"
    )
    assert behind.ask(path).headers["location"].startswith("/landmarks/page/organization/")
    page = behind.ask("/sparql", headers={"Accept": "text/html"})
    assert (page.status, page.headers["location"]) == (303, "/landmarks/query.html")
    host = {"Host": "data.example", "X-Forwarded-Proto": "https"}
    described = behind.ask("/sparql", headers=host | {"Accept": "text/turtle"})
    assert b"<https://data.example/landmarks/sparql>" in described.body
    assert behind.ask("/openapi.json", headers=host).json()["servers"] == [{"url": "https://data.example/landmarks"}]
    assert behind.ask("/assets/endpoint.json").json() == {"endpoint": "/landmarks/sparql"}
    assert behind.ask("/graph-store/graph/source/1").status == 200
    assert behind.ask("/sparql?query=ASK%20%7B%7D").json()["boolean"] is True


def test_without_pages(served_build: Build, tmp_path: Path) -> None:
    for server in started(served_build, None, tmp_path / "said.txt"):
        assert server.ask("/").headers["location"] == "/sparql"
        assert server.ask("/index.html").status == 404
        assert server.ask("/sparql", headers={"Accept": "text/html"}).status == 406
        assert b"/sparql>" in server.ask("/.well-known/void").body
