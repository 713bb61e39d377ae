"""The query page as the server serves it, in Chromium: the server is asked, nothing is loaded into the page, nothing fails."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import watched
from tests.serve.conftest import Server, served_build, served_site, server

__all__ = ["served_build", "served_site", "server"]


@pytest.fixture
def asked() -> list[Request]:
    return []


@pytest.fixture
def page(browser: Browser, server: Server, asked: list[Request]) -> Iterator[Page]:
    said: list[str] = []
    for page in watched(browser, server.address):
        page.on("request", lambda request: asked.append(request))
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{server.address}query.html")
        expect(page.locator("#ask")).to_be_visible()
        yield page
        assert [text for text in said if "ontent Security" in text or "Refused" in text] == []


def run(page: Page, server: Server, query: str) -> None:
    page.goto("about:blank")
    page.goto(f"{server.address}query.html#query={quote(query, safe='')}")
    page.locator("#run").click()
    expect(page.locator("#answer")).to_be_visible()


def test_a_question_is_answered_by_the_server(page: Page, asked: list[Request], server: Server) -> None:
    expect(page.locator("#by-server")).to_be_visible()
    expect(page.locator("#by-browser")).to_be_hidden()
    page.locator("#question-strongest-clusters summary").click()
    page.locator("#question-strongest-clusters .ask-use").click()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    expect(page.locator("#rows tbody a").first).to_be_visible()
    addresses = [request.url for request in asked]
    assert f"{server.address}sparql" in addresses
    assert not [address for address in addresses if address.endswith((".wasm", ".nq.gz"))]


def test_names_are_shown_and_links_lead_to_pages(page: Page, server: Server) -> None:
    run(page, server, "SELECT ?o WHERE { ?o a <http://www.w3.org/ns/org#Organization> } ORDER BY ?o LIMIT 3")
    link = page.locator("#rows tbody a").first
    expect(link).to_be_visible()
    iri = link.get_attribute("title")
    assert iri is not None
    name = server.ask(
        f"/sparql?format=csv&query={quote(f'SELECT ?n {{ <{iri}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?n }}')}"
    )
    assert link.inner_text() in name.body.decode()
    link.click()
    page.wait_for_url("**/page/**")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ASK {}", "Yes."),
        ("CONSTRUCT { <a:s> <a:p> 1 } WHERE {}", "A graph."),
        ("SELECT * { <a:b> ?p ?o }", "No rows."),
    ],
)
def test_other_answers(page: Page, server: Server, query: str, text: str) -> None:
    run(page, server, query)
    expect(page.locator("#counted")).to_have_text(text)


@pytest.mark.parametrize(
    ("query", "text"),
    [("SELECT * {", "not well formed"), ("SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }", "SERVICE is refused")],
)
def test_faults_are_told(browser: Browser, server: Server, query: str, text: str) -> None:
    with browser.new_context() as context:  # the browser tells of the status in its console: that is no fault
        page = context.new_page()
        run(page, server, query)
        expect(page.locator("#fault")).to_contain_text(text)


def test_answers_are_saved(page: Page, server: Server) -> None:
    run(page, server, "SELECT (1 AS ?one) {}")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert download.value.path().read_text(encoding="utf-8").split() == ["one", "1"]


def test_pages_of_the_site_break_no_rule(browser: Browser, server: Server) -> None:
    for page in watched(browser, server.address):
        for name in ("index.html", "groups.html", "search.html", "questions/index.html", "data.html", "query.html"):
            answer = page.goto(server.address + name, wait_until="networkidle")
            assert answer is not None
            assert answer.status == 200, name
