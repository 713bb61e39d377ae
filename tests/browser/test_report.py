"""The validation report in Chromium: accessible, at home on a phone, filters, links, and hostile text as text."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from kg.reports import report_html
from kg.rows import Finding, Row, RowCounts, RowTable
from tests.browser.test_reference import ALL, COLOURS, violations

TABLE = RowTable(
    "data/organizations.csv", "organizations", ("id", "name", "sectors"), {"id": 0, "name": 1, "sectors": 2}
)
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u202ejavascript:alert(1)"
)


def findings() -> list[Finding]:
    out = []
    for line in range(2, 40):
        name = {2: HOSTILE + "x" * 100_000, 3: "شركة الرقائق", 4: "W" * 300}.get(line, f"Firm {line}")
        row = Row(TABLE, line, (f"o{line}", name, "26.1l"))
        message = "unknown sector '26.1l': did you mean '26.11'?"
        out.append(Finding("Violation", "left-out", message, 1, TABLE.file, line, "sectors", "26.1l", shape="urn:s", row=row, stated="unknown sector"))  # fmt: skip
    row = Row(TABLE, 5, ("o5", "Firm 5", "26.1l"))
    out.append(Finding("Violation", "rejected", "the id 'o5' was already given in line 2", 1, TABLE.file, 5, "id", "o5", component="DuplicateId", row=row))  # fmt: skip
    other = RowTable("data/supplies.csv", "supplies", ("supplier", "customer"), {"supplier": 0, "customer": 1})
    out.append(Finding("Warning", "kept", "the row is the same as line 2 and adds nothing", 1, other.file, 3, component="RepeatedRow", row=Row(other, 3, ("a", "b"))))  # fmt: skip
    return out


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report_html(findings(), rows=RowCounts(50, 1), title=HOSTILE), encoding="utf-8")
    return file


def shown(page: Page) -> int:
    return page.locator("li[data-kind]:visible").count()


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_is_accessible_and_fits(
    browser: Browser, report: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    outside: list[str] = []

    def note(request: Request) -> None:
        if request.url != report.as_uri():
            outside.append(request.url)

    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        page.on("request", note)
        page.goto(report.as_uri())
        assert violations(page, ALL if scheme == "light" else COLOURS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.title() != "owned"
        assert "<script>document.title" in page.locator("#row-0-2").inner_text()
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert outside == []
    levels = [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    assert (sum(levels) > 600) == (scheme == "light")


def test_filters_narrow_the_rows(browser: Browser, report: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(report.as_uri())
        found = page.locator("#_found")
        assert (shown(page), found.inner_text()) == (40, "40 findings")
        page.get_by_label("Severity").select_option("warning")
        assert (shown(page), found.inner_text()) == (1, "1 of 40 findings")
        assert page.locator("section.file:visible h3").all_inner_texts() == ["data/supplies.csv"]
        page.get_by_role("button", name="Show all").click()
        expect(page.locator("#_found")).to_have_text("40 findings")
        page.get_by_label("File").select_option(label="data/organizations.csv")
        assert shown(page) == 39
        page.get_by_label("Effect").select_option(label="row rejected")
        assert shown(page) == 1
        assert page.locator("#row-0-5 li:visible").count() == 1
        page.get_by_label("Effect").select_option("")
        page.get_by_label("Kind").select_option(label="unknown sector")
        assert shown(page) == 38
        page.get_by_label("Search").fill("FIRM 17")
        assert page.locator("article:visible h4").all_inner_texts() == ["line 17"]
        page.get_by_label("Search").fill("no such thing")
        assert (shown(page), found.inner_text()) == (0, "0 of 40 findings")


def test_a_link_shows_its_row_though_it_was_filtered_away(browser: Browser, report: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(report.as_uri())
        page.get_by_label("Severity").select_option("warning")
        page.get_by_role("link", name="unknown sector").click()
        expect(page.locator("#_found")).to_have_text("40 findings")
        assert page.url.endswith("#row-0-2-1")
        assert page.locator("#row-0-2").is_visible()


def test_report_is_text_and_tables_without_script(browser: Browser, report: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(report.as_uri())
        assert shown(page) == 40
        assert not page.get_by_label("Severity").is_visible()
        assert page.get_by_role("table").count() == 2
        page.get_by_role("link", name="data/supplies.csv").click()
        assert page.url.endswith("#file-1")


def test_paper_has_no_filters(browser: Browser, report: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(report.as_uri())
        page.emulate_media(media="print")
        assert not page.get_by_label("Severity").is_visible()
        assert shown(page) == 40
