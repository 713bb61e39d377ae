"""Real servers with the generated rules: every IRI leads to its page and its data. Skipped where they are not installed."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
import rdflib
from pyoxigraph import NamedNode, RdfFormat, parse
from rdflib.term import Node

from kg.publish.addresses import Addresses
from kg.publish.dataset import about
from kg.publish.servers.accept import FORMATS, greater, ranks
from kg.publish.site import MARK
from tests.publish.conftest import LONG_IDS, Published

Triples = frozenset[tuple[Node, Node, Node]]
_PARSED: dict[tuple[bytes, str], Triples] = {}
_RDF = {"text/turtle": "turtle", "application/ld+json": "json-ld", "application/n-triples": "nt"}


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """Asks a server, as it is told, with nothing made better on the way."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def get(self, path: str, accept: str | None = None) -> Answer:
        """Ask for a path, still encoded."""
        self.connection.putrequest("GET", path, skip_accept_encoding=True, skip_host=True)
        self.connection.putheader("Host", "example.org")
        if accept is not None:
            self.connection.putheader("Accept", accept)
        self.connection.endheaders()
        answer = self.connection.getresponse()
        headers: dict[str, str] = {}
        for name, value in answer.getheaders():
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        return Answer(answer.status, headers, answer.read())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[Client]:
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        for _ in range(200):
            if process.poll() is None and _listens(port):
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"the server does not answer: {log.read_text(errors='replace')}")
        client = Client(port)
        yield client
        client.connection.close()
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kg-server-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def _apache_config(place: Path, port: int, rest: str) -> Path:
    modules = next(
        (path for path in map(Path, ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules")) if path.is_dir()), None
    )
    if modules is None:
        pytest.skip("the modules of Apache are not where they are looked for")
    names = "mpm_event authz_core mime dir alias rewrite headers setenvif"
    loaded = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in names.split())
    user = "User nobody\n" if os.geteuid() == 0 else ""
    config = place / "apache.conf"
    # Languages, encodings and handlers by suffix, as distributions have them.
    config.write_text(
        f"ServerRoot {place}\nServerName example.org\nListen 127.0.0.1:{port}\nPidFile {place}/pid\nErrorLog {place}/error.log\n"
        f"DefaultRuntimeDir {place}\n{loaded}{user}TypesConfig /dev/null\nKeepAliveTimeout 60\nMaxKeepAliveRequests 0\n"
        "AddEncoding x-gzip .gz\nAddLanguage de .de\nAddType application/x-php .php\n" + rest,
        encoding="utf-8",
    )
    return config


@contextmanager
def apache_folder(site: Path, path: str) -> Iterator[Client]:
    """Apache with the `.htaccess` in the folder of the site."""
    program, port = _program("apache2"), _free_port()
    with _place() as place:
        (place / "www").mkdir()
        mount = place / "www" / path.strip("/")
        mount.parent.mkdir(parents=True, exist_ok=True)
        mount.symlink_to(site)
        config = _apache_config(
            place,
            port,
            f"DocumentRoot {place}/www\n<Directory />\nRequire all granted\nOptions FollowSymLinks\n</Directory>\n"
            f"<Directory {place}/www>\nAllowOverride FileInfo\n</Directory>\nDirectoryIndex index.html\n"
            "AllowEncodedSlashes NoDecode\n",
        )
        with _running([program, "-X", "-f", str(config)], port, place / "out.log") as client:
            yield client


@contextmanager
def apache_host(site: Path, path: str) -> Iterator[Client]:
    """Apache with the rules for a virtual host."""
    program, port = _program("apache2"), _free_port()
    with _place() as place:
        rules = (site / "server" / "apache.conf").read_text(encoding="utf-8").replace("/var/www/site", str(site))
        (place / "www").mkdir()
        config = _apache_config(place, port, f"DocumentRoot {place}/www\n{rules}")
        with _running([program, "-X", "-f", str(config)], port, place / "out.log") as client:
            yield client


@contextmanager
def nginx(site: Path, path: str) -> Iterator[Client]:
    """nginx with the server that is written."""
    program, port = _program("nginx"), _free_port()
    with _place() as place:
        rules = (site / "server" / "nginx.conf").read_text(encoding="utf-8")
        rules = rules.replace("/var/www/site", str(site)).replace("listen 80;", f"listen 127.0.0.1:{port};")
        paths = "".join(
            f"{name}_temp_path {place}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        (place / "nginx.conf").write_text(
            f"{user}daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{ }}\n"
            f"http {{\naccess_log off;\nkeepalive_requests 1000000;\n{paths}{rules}}}\n",
            encoding="utf-8",
        )
        command = [program, "-c", str(place / "nginx.conf"), "-p", str(place), "-e", str(place / "error.log")]
        with _running(command, port, place / "out.log") as client:
            yield client


SERVERS = {"apache-folder": apache_folder, "apache-host": apache_host, "nginx": nginx}
Server = Callable[[Path, str], object]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    """The name of a server."""
    return str(request.param)


def _expected(published: Published) -> tuple[dict[str, list[str]], dict[str, Triples]]:
    """Return the IRIs of the dump under the base that have a file, by file, and what the dump says there."""
    base = published.build.base
    addresses = Addresses(base, _cuts(published))
    said: dict[str, list[str]] = {}
    iris: dict[str, set[str]] = {}
    for name in ("facts.nq", "inferred.nq"):
        for quad in parse(path=str(published.build.folder / name), format=RdfFormat.N_QUADS):
            for term in (quad.subject, quad.object, quad.graph_name):
                if isinstance(term, NamedNode) and (file := addresses.file(term.value)) is not None:
                    iris.setdefault(file, set()).add(term.value)
            assert isinstance(quad.subject, NamedNode)
            if (file := addresses.file(quad.subject.value)) is not None:
                said.setdefault(file, []).append(f"{quad.triple} .\n")
    triples = {file: _triples("".join(lines).encode(), "nt") for file, lines in said.items()}
    return {file: sorted(found) for file, found in iris.items()}, triples


def _cuts(published: Published) -> dict[str, int]:
    """Return how many characters of ids name the files of a site."""
    cuts: dict[str, int] = json.loads((published.site / MARK).read_text(encoding="utf-8"))["cuts"]
    return cuts


def _triples(data: bytes, form: str) -> Triples:
    if (data, form) not in _PARSED:
        graph = rdflib.Graph(bind_namespaces="none")
        graph.parse(data=data, format=form)
        _PARSED[data, form] = frozenset(graph)
    return _PARSED[data, form]


def _path(iri: str) -> str:
    """Return what a client asks for: what is not ASCII in an IRI is encoded."""
    parts = urlsplit(iri)
    return quote(parts.path, safe="%/!$&'()*+,;=:@~-._") + (f"?{parts.query}" if parts.query else "")


@pytest.fixture(autouse=True, scope="module")
def _as_written() -> Iterator[None]:
    """Have RDFLib keep literals as they are written."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    yield
    rdflib.NORMALIZE_LITERALS = before


def _check(published: Published, server: str, *, leave_out: Callable[[str], bool] = lambda _: False) -> int:
    files, expected = _expected(published)
    base = about(published.build).base
    path, count, wrong = urlsplit(base).path, 0, []
    with SERVERS[server](published.site, path) as client:
        fetched: dict[str, Answer] = {}
        for file, iris in files.items():
            for iri in filter(lambda iri: not leave_out(iri), iris):
                count += 1
                for form in FORMATS:
                    answer = client.get(_path(iri), f"{form.name}, */*;q=0.1")
                    target = answer.headers.get("location", "")
                    where = "page" if form.suffix == "html" else "data"
                    named = unquote(urlsplit(target).path)
                    if answer.status != 303 or named != f"{path}{where}/{file}.{form.suffix}":
                        wrong.append((iri, form.suffix, answer.status, target))
                        continue
                    if "accept" not in answer.headers.get("vary", "").lower():
                        wrong.append((iri, form.suffix, "Vary", answer.headers.get("vary", "")))
                    if target in fetched:
                        continue
                    found = fetched[target] = client.get(urlsplit(target).path)
                    media = found.headers.get("content-type", "").split(";")[0]
                    if found.status != 200 or media != form.name or "content-encoding" in found.headers:
                        wrong.append((iri, target, found.status, str(found.headers)))
                    elif (
                        form.suffix != "html"
                        and file in expected
                        and _triples(found.body, _RDF[media]) != expected[file]
                    ):
                        wrong.append((iri, target, "other triples", ""))
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:8]}"
    return count


def test_every_iri_of_the_example_leads_to_its_page_and_its_data(example_site: Published, server: str) -> None:
    assert _check(example_site, server) > 3000


def test_odd_iris_lead_to_their_pages_and_data(odd_site: Published, server: str) -> None:
    def not_served(iri: str) -> bool:
        if server == "nginx":
            # It does not see the suffix of a name that is only dots.
            file = Addresses(odd_site.build.base, _cuts(odd_site)).file(iri) or ""
            return file.rsplit("/", 1)[-1] in (".", "..")
        # Apache looks for a file of the name of each part of a path before it reads the rules of a folder.
        parts = urlsplit(iri).path.split("/")
        return server == "apache-folder" and any(len(re.sub("%(?!2F)..", "x", part)) > 255 for part in parts)

    assert _check(odd_site, server, leave_out=not_served) > 150


def test_an_id_that_is_too_long_for_a_folder_is_there() -> None:
    assert all(len(text) > 255 for text in LONG_IDS)


ACCEPTED = [
    (None, "html"),
    ("", "html"),
    ("*/*", "html"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
    ("text/turtle", "ttl"),
    ("TEXT/Turtle", "ttl"),
    ("text/turtle;q=0.9, text/html;q=0.8", "ttl"),
    ("text/turtle;q=0.8, text/html;q=0.9", "html"),
    ("text/turtle;q=0.85, text/html;q=0.9", "html"),
    ("text/turtle;q=0.95,text/html;q=0.9", "ttl"),
    ("text/turtle;q=0.9;level=1, text/html;q=0.8", "ttl"),
    ("text/turtle;charset=utf-8;q=0.5, application/ld+json;q=0.6", "jsonld"),
    ("text/turtle, */*", "ttl"),
    ("text/turtle;q=0.5, */*", "html"),
    ("text/turtle;q=0, */*", "html"),
    ("text/html;q=0, */*", "ttl"),
    ("text/html;q=0.0, text/turtle;q=0.000, */*;q=0.1", "jsonld"),
    ("application/ld+json", "jsonld"),
    ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
    ("application/n-triples", "nt"),
    ("application/n-triples;q=1.0, text/turtle;q=0.999", "nt"),
    ("application/*", "jsonld"),
    ("application/ld+json, application/*;q=0.5", "jsonld"),
    ("text/*", "html"),
    ("application/rdf+xml, text/turtle;q=0.5", "ttl"),
    ("application/rdf+xml,text/rdf+n3;q=0.9,application/xhtml+xml;q=0.5,*/*;q=0.1", "ttl"),
    ("image/png", "html"),
    ("text/turtles", "html"),
    ("x-text/turtle", "html"),
]


@pytest.mark.parametrize("place", ["resource", "base"])
def test_the_format_is_the_one_that_a_client_would_rather_have(
    example_site: Published, server: str, place: str
) -> None:
    base = urlsplit(example_site.build.base).path
    wrong = []
    with SERVERS[server](example_site.site, base) as client:
        for accept, suffix in ACCEPTED:
            answer = client.get(f"{base}organization/airbus" if place == "resource" else base, accept)
            location = urlsplit(answer.headers.get("location", "")).path
            if place == "resource":
                folder = "page" if suffix == "html" else "data"
                expected = (303, f"{base}{folder}/organization/airbus.{suffix}")
            else:
                expected = (200, "") if suffix == "html" else (303, f"{base}catalogue.{suffix}")
            if (answer.status, location) != expected or "accept" not in answer.headers.get("vary", "").lower():
                wrong.append((accept, suffix, answer.status, location, answer.headers.get("vary")))
    assert not wrong, wrong


def test_ranks_compare_as_qualities_do() -> None:
    shown = ["0", "0.!0", "0.001!3", "0.5!1", "0.5!3", "0.55!1", "0.85!2", "0.9!1", "1!1", "1!3"]
    for place, low in enumerate(shown):
        for other, high in enumerate(shown):
            assert bool(re.search(greater(), f"{high} {low}")) == (other > place) == (high > low)
    assert all(re.compile(rank.pattern) for form in FORMATS for rank in ranks(form))


def test_pages_and_data_say_what_they_are_about(example_site: Published, server: str) -> None:
    facts = about(example_site.build)
    path = urlsplit(facts.base).path
    group = next(
        file for file in sorted(_expected(example_site)[0]) if file.startswith("group/cell/") and "%" not in file
    )
    with SERVERS[server](example_site.site, path) as client:
        page = client.get(f"{path}page/{group}.html")
        links = _links(page.headers["link"])
        assert links["cite-as"] == [f"{facts.base}{group}"]
        assert links["license"] == [facts.license]
        assert links["type"] == ["https://schema.org/AboutPage"]
        described = [urlsplit(link).path for link in links["describedby"]]
        assert described == [f"{path}data/{group}.{suffix}" for suffix in ("ttl", "jsonld", "nt")]
        data = client.get(described[0])
        assert [urlsplit(link).path for link in _links(data.headers["link"])["describes"]] == [
            f"{path}page/{group}.html"
        ]
        assert data.headers["access-control-allow-origin"] == "*"
        home = client.get(path)
        links = _links(home.headers["link"])
        assert {"describedby", "item", "cite-as", "type", "license"} <= set(links)
        for link in [*links["describedby"], *links["item"]]:
            assert client.get(urlsplit(link).path).status == 200, link
        for answer in (page, data, home, client.get(f"{path}organization/airbus"), client.get(f"{path}nothing")):
            assert "script-src 'self' 'wasm-unsafe-eval'" in answer.headers["content-security-policy"]
            assert "unsafe-inline" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_files_have_their_media_types(example_site: Published, server: str) -> None:
    path = urlsplit(example_site.build.base).path
    (wasm,) = (file.relative_to(example_site.site).as_posix() for file in example_site.site.rglob("*.wasm"))
    with SERVERS[server](example_site.site, path) as client:
        for name, media in (
            ("void.ttl", "text/turtle"),
            (".well-known/void", "text/turtle"),
            ("dumps/graph.nq.gz", "application/gzip"),
            ("dumps/graph.parquet", "application/vnd.apache.parquet"),
            ("dumps/groups.csv", "text/csv"),
            ("catalogue.jsonld", "application/ld+json"),
            ("catalogue.nt", "application/n-triples"),
            ("sitemap.xml", "application/xml"),
            ("robots.txt", "text/plain"),
            (wasm, "application/wasm"),
        ):
            answer = client.get(path + name)
            assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, media), name
            assert "content-encoding" not in answer.headers, name
        for name in ("organization/no-such", "page/organization/no-such.html", "organization", "organization/"):
            answer = client.get(path + name)
            followed = client.get(urlsplit(answer.headers["location"]).path) if answer.status == 303 else answer
            assert followed.status == 404, name


def test_a_permanent_address_leads_to_the_site_with_the_id_as_it_was_sent(odd_site: Published) -> None:
    program, port = _program("apache2"), _free_port()
    rules = (
        (odd_site.site / "server" / "w3id.htaccess").read_text(encoding="utf-8").replace("Options -MultiViews\n", "")
    )
    with _place() as place:
        (place / "www" / "o" / "dd").mkdir(parents=True)
        (place / "www" / "o" / "dd" / ".htaccess").write_text(rules, encoding="utf-8")
        rest = (
            f"DocumentRoot {place}/www\n<Directory {place}/www>\nRequire all granted\nOptions FollowSymLinks\nAllowOverride FileInfo\n"
            "</Directory>\nAllowEncodedSlashes NoDecode\n"
        )
        with _running([program, "-X", "-f", str(_apache_config(place, port, rest))], port, place / "out.log") as client:
            for name in ("organization/a%2Fb%20%25c", "", "group/cell/R%2F1/S%251/member/x?y=z"):
                answer = client.get(f"/o/dd/{name}")
                assert (answer.status, answer.headers["location"]) == (
                    303,
                    f"https://example.org/o/dd/{name}",
                )


def _links(header: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for target, parameters in re.findall(r"<([^>]*)>((?:\s*;\s*[a-z]+=\"[^\"]*\")*)", header):
        for rel in dict(re.findall(r"([a-z]+)=\"([^\"]*)\"", parameters))["rel"].split():
            out.setdefault(rel, []).append(target)
    return out
