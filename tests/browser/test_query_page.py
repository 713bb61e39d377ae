"""The query page in Chromium: examples run on the site's own data, faults are told, queries end when cancelled."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

import kg
from kg.publish import publish
from kg.publish.query_page import DATA, examples, query_page
from kg.publish.site import Site
from kg.publish.staged import staged
from tests.browser.conftest import served, watched
from tests.browser.test_reference import ALL, COLOURS, violations
from tests.conftest import EXAMPLE

HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\u202ejavascript:alert(1)"
)
#: So many rows that no browser ends in the time of a test.
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> kg.Build:
    """The example project, one organisation of which has a hostile name of 100 kB."""
    project = tmp_path_factory.mktemp("landmarks")
    shutil.copytree(EXAMPLE / "data", project / "data")
    shutil.copy(EXAMPLE / "kg.toml", project)
    table = project / "data" / "organizations.csv"
    text = table.read_text(encoding="utf-8")
    columns = text.splitlines()[0].split(",")
    cells = {"id": "hostile", "name": '"' + (HOSTILE + "x" * 100_000).replace('"', '""') + '"'}
    table.write_text(text + ",".join(cells.get(column, "") for column in columns) + "\n", encoding="utf-8")
    kg.build(project, with_validation=False)
    return kg.open(project)


@pytest.fixture(scope="module")
def folder(build: kg.Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, with pages that links lead to."""
    return publish(build, tmp_path_factory.mktemp("published") / "site").folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    yield from served(folder)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, watched."""
    for page in watched(browser, address):
        page.goto(f"{address}query.html")
        yield page


def ask(page: Page, query: str) -> None:
    page.locator(".CodeMirror").wait_for()
    page.evaluate("text => document.querySelector('.CodeMirror').CodeMirror.setValue(text)", query)
    page.get_by_role("button", name="Run", exact=True).click()


def answered(page: Page) -> None:
    expect(page.locator("#status")).to_contain_text("Answered in", timeout=30_000)


def test_an_example_gives_rows_with_names_that_lead_to_pages(page: Page) -> None:
    example = page.locator("#question-groups-of-an-organization")
    example.locator("summary").click()
    example.get_by_role("button", name="Run this").click()
    answered(page)
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    assert page.locator("#rows thead th").all_inner_texts()[:2] == ["group", "role"]
    link = page.locator("#rows tbody tr").first.get_by_role("link").last
    assert re.fullmatch(r"page/organization/[^/]+\.html#[^/]+", link.get_attribute("href") or "")
    assert link.get_attribute("title") != link.inner_text()
    title = page.locator("#rows tbody tr td").first.inner_text()
    page.locator("#rows tbody tr").first.get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text(title)


def test_every_example_has_as_many_rows_as_the_question(page: Page, build: kg.Build) -> None:
    ask(page, "ASK { ?s ?p ?o }")
    answered(page)
    assert page.locator("#counted").inner_text() == "Yes."
    shown = page.locator(".ask-examples details")
    counts = {
        example.name: len(list(build.engine.store.query(example.text, use_default_graph_as_union=True)))
        for example in examples(build)
    }
    assert shown.count() == len(counts) > 40
    for name, count in counts.items():
        one = page.locator(f"#question-{name}")
        one.evaluate("element => { element.open = true; document.querySelector('#counted').textContent = ''; }")
        one.get_by_role("button", name="Run this").click()
        wanted = "No rows." if count == 0 else "1 row." if count == 1 else f"{count} rows."
        expect(page.locator("#counted")).to_have_text(wanted, timeout=30_000)


def test_a_broken_query_shows_its_error_and_the_page_goes_on(page: Page) -> None:
    ask(page, "SELECT * WHERE { ?s ?p ")
    expect(page.locator("#fault")).to_contain_text("error at 1:", timeout=30_000)
    ask(page, "SELECT * WHERE { SERVICE <https://elsewhere.example/sparql> { ?s ?p ?o } }")
    expect(page.locator("#fault")).to_contain_text("not supported")
    ask(page, "SELECT ?s WHERE { ?s ?p ?o } LIMIT 7")
    answered(page)
    assert page.locator("#fault").is_hidden()
    assert page.locator("#counted").inner_text() == "7 rows."


def test_a_query_can_be_cancelled_while_the_page_stays_alive(page: Page) -> None:
    ask(page, ENDLESS)
    expect(page.locator("#status")).to_contain_text("Looking for the answer", timeout=30_000)
    page.get_by_label("Find a question").fill("business web")
    assert "questions" in page.locator("#found").inner_text()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#status")).to_contain_text("Cancelled")
    ask(page, "SELECT ?s WHERE { ?s ?p ?o } LIMIT 1")
    answered(page)
    assert page.locator("#counted").inner_text() == "1 row."


def test_hostile_names_are_text(page: Page) -> None:
    ask(
        page,
        """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?o ?name ?made WHERE { ?o skos:prefLabel ?name FILTER(STRLEN(?name) > 1000)
          BIND(IRI("javascript:document.title='owned'") AS ?made) }""",
    )
    answered(page)
    row = page.locator("#rows tbody tr")
    assert row.count() == 1
    for cell in row.locator("td").all()[:2]:
        text = cell.inner_text()
        assert text.startswith("<img src=x onerror=")
        assert len(text) < 500
    assert row.locator("img, script").count() == 0
    assert row.locator("td").nth(2).inner_text() == "javascript:document.title='owned'"
    assert row.locator("td").nth(2).get_by_role("link").count() == 0
    assert page.title() != "owned"


def test_rows_come_by_and_by_and_are_saved_whole(page: Page) -> None:
    ask(page, "SELECT ?s ?p WHERE { ?s ?p ?o } LIMIT 450")
    answered(page)
    expect(page.locator("#rows tbody tr")).to_have_count(200)
    page.get_by_role("button", name="Show more rows").click()
    expect(page.locator("#rows tbody tr")).to_have_count(400)
    page.get_by_role("button", name="Show more rows").click()
    expect(page.locator("#rows tbody tr")).to_have_count(450)
    assert page.locator("#more").is_hidden()
    with page.expect_download() as saved:
        page.get_by_role("button", name="JSON").click()
    assert len(json.loads(saved.value.path().read_text(encoding="utf-8"))["results"]["bindings"]) == 450


def test_a_graph_is_shown_as_turtle(page: Page) -> None:
    ask(page, "CONSTRUCT { ?s a ?kind } WHERE { ?s a ?kind } LIMIT 3")
    answered(page)
    assert "<https://example.org/" in page.locator("#graph").inner_text()


def test_a_link_brings_its_query(page: Page, address: str) -> None:
    page.goto("about:blank")
    page.goto(f"{address}query.html#question-communities")
    assert page.locator("#question-communities pre").is_visible()
    assert "ckg:Community" in page.locator("#editor .CodeMirror-code").inner_text()
    page.goto("about:blank")
    page.goto(f"{address}query.html#query=ASK%20%7B%7D")
    assert "ASK {}" in page.locator("#editor .CodeMirror-code").inner_text()


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible_and_fits(
    browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"{address}query.html#question-clusters-of-a-region")
        page.get_by_role("button", name="Run", exact=True).click()
        answered(page)
        found = violations(page, ALL if scheme == "light" else COLOURS)
        assert found == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_queries_are_there_without_script(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}query.html")
        page.locator("#question-communities summary").click()
        assert "ckg:Community" in page.locator("#question-communities pre").inner_text()
        assert page.get_by_text("Your browser runs no scripts").is_visible()
        assert not page.get_by_role("button", name="Run").first.is_visible()


def test_opened_from_a_file_it_says_how_to_serve_it(browser: Browser, folder: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((folder / "query.html").as_uri())
        assert page.get_by_text("python -m http.server").is_visible()
        assert page.locator("#ask").is_hidden()
        page.locator("#question-communities summary").click()
        assert page.locator("#question-communities pre").is_visible()


def test_too_large_a_build_offers_the_downloads(
    tmp_path: Path, build: kg.Build, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["kg.publish.query_page"], "MOST_STATEMENTS", 10)
    site = tmp_path / "site"
    site.mkdir()
    with staged(build, tmp_path) as graph:
        query_page(Site(build, site, graph))
    assert not (site / DATA).exists()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "query.html").as_uri())
        assert page.get_by_text("more than a browser can hold").is_visible()
        assert page.locator("#ask").is_hidden()
        assert page.get_by_text("python -m http.server").is_hidden()
