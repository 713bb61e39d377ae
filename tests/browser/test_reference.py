"""The reference in Chromium: accessible, at home on a phone, light and dark, without script and without network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

#: All rules that axe has by default, and the size of targets that WCAG 2.2 asks for; details of violations only.
ALL = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
#: What axe is asked in the second scheme: the document is the same, only colours differ.
COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


def pages(site: Path) -> list[Path]:
    return sorted(site.glob("*.html"))


def violations(page: Page, options: dict[str, object]) -> list[str]:
    found = Axe().run(page, options=options).response
    assert found["passes"]
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@pytest.mark.parametrize(("scheme", "width"), [("light", 400), ("light", 1400), ("dark", 1400)])
def test_pages_are_accessible_and_fit(
    browser: Browser, reference_site: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    files = pages(reference_site)
    assert len(files) >= 6
    outside: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(reference_site.as_uri()):
            outside.append(request.url)

    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        page.on("request", note)
        for file in files:
            page.goto(file.as_uri())
            assert violations(page, ALL if scheme == "light" else COLOURS) == [], file.name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
    assert outside == []


def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content('<html><body><img src="x"><p style="color:#aaa;background:#bbb">pale</p></body></html>')
        found = " ".join(violations(page, ALL))
    assert "image-alt" in found
    assert "color-contrast" in found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_and_ink_follow_the_scheme(
    browser: Browser, reference_site: Path, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        page.goto((reference_site / "index.html").as_uri())
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    levels = [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    assert (sum(levels) > 600) == (scheme == "light")


def test_search_narrows_the_list(browser: Browser, reference_site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((reference_site / "index.html").as_uri())
        rows = page.locator("ul.terms > li")
        every = rows.count()
        page.get_by_label("Find a term").fill("business WEB")
        shown = [row for row in rows.all() if row.is_visible()]
        assert 0 < len(shown) < every
        assert page.locator("ul.terms > li#BusinessWeb").is_visible()
        assert page.locator("#_found").inner_text() == f"{len(shown)} of {every} terms"
        page.get_by_label("Find a term").fill("")
        assert all(row.is_visible() for row in rows.all()[:20])


def test_list_is_there_without_script(browser: Browser, reference_site: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((reference_site / "index.html").as_uri())
        assert page.locator("ul.terms > li#Cluster").is_visible()
        assert not page.get_by_label("Find a term").is_visible()
        page.locator("ul.terms > li#Cluster a").click()
        assert page.url.endswith("clusterkg.html#Cluster")
        assert page.locator("article#Cluster h3").is_visible()


def test_diagram_scrolls_in_its_own_box_and_its_text_stays_inside(browser: Browser, reference_site: Path) -> None:
    with browser.new_context(viewport={"width": 400, "height": 900}) as context:
        page = context.new_page()
        page.goto((reference_site / "index.html").as_uri())
        box = page.get_by_role("region", name="Diagram of the classes")
        box.focus()
        before = box.evaluate("element => element.scrollLeft")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.querySelector('.diagram').scrollLeft > 0")
        assert before == 0
        sizes = box.evaluate(
            """element => [...element.querySelectorAll('svg > g:not(.lines)')].flatMap(group => {
                 const frame = group.querySelector('rect').getBBox();
                 return [...group.querySelectorAll('text')]
                   .filter(text => text.getBBox().x + text.getBBox().width > frame.x + frame.width)
                   .map(text => text.textContent);
               })"""
        )
    assert sizes == []
