"""The published site in Chromium: every kind of page accessible at both widths, map, filters, search and network at work."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

import kg
from kg.publish import publish, search, start
from tests.browser.conftest import served, watched
from tests.browser.test_reference import ALL, COLOURS, violations
from tests.conftest import EXAMPLE

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\u202eevil"
#: One page of each kind.
KINDS = (
    "index.html", "groups.html", "search.html?q=uni", "regions.html", "sectors.html", "method.html", "report.html",
    "data.html", "ontology/index.html", "questions/index.html", "questions/how-local.html",
    "questions/skills-of-a-group.html", "questions/less-local-over-the-years.html",
    "page/group/declared/silicon-saxony.html", "page/group/declared/global-compact.html", "page/organization/asml.html",
    "page/organization/hostile.html", "page/region/eindhoven.html", "page/sector/26.html", "page/skill/optics.html",
    "page/collaboration/asml-tue.html", "page/supply/asml.html", "page/competition/asml.html", "page/graph/source.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the example and one hostile organisation, with limits so small that data is in several files."""
    project = tmp_path_factory.mktemp("landmarks")
    shutil.copytree(EXAMPLE / "data", project / "data")
    shutil.copy(EXAMPLE / "kg.toml", project)
    table = project / "data" / "organizations.csv"
    text = table.read_text(encoding="utf-8")
    cells = {
        "id": "hostile",
        "name": '"' + (HOSTILE + "x" * 100_000).replace('"', '""') + '"',
        "website": "javascript:alert(1)",
    }
    line = ",".join(cells.get(column, "") for column in text.splitlines()[0].split(","))
    table.write_text(f"{text}{line}\n", encoding="utf-8")
    build = kg.build(project, with_validation=False)
    limits = pytest.MonkeyPatch()
    limits.setattr(start, "ON_START", 10)
    limits.setattr(start, "SHARD", 15)
    limits.setattr(search, "MOST_ENTRIES", 12)
    limits.setattr(search, "KEPT", 6)
    site = publish(build, tmp_path_factory.mktemp("published") / "site").folder
    limits.undo()
    return site


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    yield from served(folder)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page, watched."""
    yield from watched(browser, address)


@pytest.mark.parametrize(("scheme", "width"), [("light", 400), ("light", 1400), ("dark", 1400)])
def test_every_kind_of_page_is_accessible_and_fits(
    browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    faults: list[str] = []
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        for name in KINDS:
            page.goto(address + name)
            faults += [f"{name}: {one}" for one in violations(page, ALL if scheme == "light" else COLOURS)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                faults.append(f"{name}: {wide} pixels wide")
            assert page.title() != "owned"
    assert faults == []


def test_the_map_is_enlarged_and_moved_and_leads_to_groups(page: Page, address: str) -> None:
    page.goto(f"{address}index.html")
    svg = page.locator("[data-map] svg")
    shown = "[...document.querySelectorAll('[data-map] .place')].filter(one => getComputedStyle(one).display !== 'none').length"
    before = page.evaluate(shown)
    assert page.locator("[data-map] .place").count() > before > 3
    whole = svg.get_attribute("viewBox")
    page.get_by_role("button", name="Enlarge the map").click()
    page.get_by_role("button", name="Enlarge the map").click()
    x, _, width, _ = map(float, (svg.get_attribute("viewBox") or "").split())
    assert width == float((whole or "").split()[2]) / 4
    assert page.evaluate(shown) > before
    page.locator("[data-map]").focus()
    page.keyboard.press("ArrowRight")
    assert float((svg.get_attribute("viewBox") or "").split()[0]) > x
    page.get_by_role("button", name="Whole map").click()
    assert [float(one) for one in (svg.get_attribute("viewBox") or "").split()] == [
        float(one) for one in (whole or "").split()
    ]
    box = svg.bounding_box()
    assert box
    page.get_by_role("button", name="Enlarge the map").click()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + box["height"] - 120, steps=5)
    page.mouse.up()
    assert page.url.endswith("index.html")
    page.get_by_role("button", name="Whole map").click()
    mark = page.locator("[data-map] .z0 a").last
    name = (mark.get_attribute("aria-label") or "").rsplit(",", 1)[0]
    mark.locator(".disc").click(force=True)
    page.wait_for_url(re.compile(r"page/group/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(name, ignore_case=True)


def rows(page: Page) -> list[str]:
    return page.locator(
        "section table.list tbody tr:visible th, main > div table.list tbody tr:visible th"
    ).all_inner_texts()


def test_filters_look_through_all_groups(page: Page, address: str) -> None:
    page.goto(f"{address}index.html")
    found = page.locator("[data-found]")
    expect(found).to_have_text("The 10 largest of 40 groups")
    assert len(rows(page)) == 10
    page.locator("[data-by=k]").select_option(label="hub")
    expect(found).to_have_text("3 of 40 groups")
    assert len(rows(page)) == 3
    page.locator("[data-by=k]").select_option("")
    page.locator("[data-by=d]").select_option(label="Vertical")
    page.locator("[data-by=t]").select_option(label="value chain")
    expect(found).to_have_text("20 of 40 groups")
    page.get_by_role("button", name="Show all").click()
    expect(found).to_have_text("The 10 largest of 40 groups")
    assert len(rows(page)) == 10
    page.locator("[data-by=r]").select_option(label="Dresden (2)")
    expect(found).to_have_text("2 of 40 groups")
    assert sorted(rows(page)) == ["Dresden · Semiconductors", "Silicon Saxony"]
    page.get_by_role("button", name="Show all").click()
    page.locator("[data-by=name]").fill("medoc")
    expect(found).to_have_text("1 of 40 groups")
    page.get_by_role("link", name="Bordeaux and the Médoc").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Médoc")


def test_a_list_that_is_whole_filters_its_own_rows(page: Page, address: str) -> None:
    page.route("**/assets/data/groups/*", lambda route: route.abort())
    page.goto(f"{address}groups.html")
    page.locator("[data-by=k]").select_option(label="hub")
    expect(page.locator("[data-found]")).to_have_text("3 of 40 groups")
    assert len(rows(page)) == 3


def test_search_finds_names_by_their_beginnings_without_accents(page: Page, address: str) -> None:
    page.goto(f"{address}index.html")
    page.get_by_role("searchbox", name="Find an organisation or a group").fill("asml")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"search\.html\?q=asml"))
    results = page.locator("[data-results] li")
    expect(results.get_by_role("link", name="ASML", exact=True)).to_be_visible()
    field = page.get_by_role("searchbox", name="Name of an organisation")
    for typed, name in (
        ("medoc", "Bordeaux and the Médoc"),
        ("SAXONY sil", "Silicon Saxony"),
        ("eindhoven univ", "Eindhoven University of Technology"),
    ):
        field.fill(typed)
        expect(results.get_by_role("link", name=name).first).to_be_visible()
    field.fill("u")
    expect(page.locator("[data-found]")).to_contain_text("Write more of the name")
    field.fill("zzz")
    expect(page.locator("[data-found]")).to_have_text("Nothing is called so.")
    for typed in ("😀", "{{"):
        field.fill(typed)
        expect(page.locator("[data-found]")).to_have_text("Nothing is called so.")
    field.fill("")
    expect(page.locator("[data-found]")).to_have_text("")
    field.fill("global compact")
    expect(results.first).to_contain_text("Considered, and no group")
    field.fill("img")
    expect(results).to_have_count(1)
    assert page.title() != "owned"
    results.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    assert page.title() != "owned"


def test_the_network_hides_drivers_and_lights_up_the_ties_of_a_member(page: Page, address: str) -> None:
    page.goto(f"{address}page/group/declared/silicon-saxony.html")
    net = page.locator("svg.net")
    across = "() => [...document.querySelectorAll('svg.net line')].filter(one => getComputedStyle(one).display !== 'none').map(one => one.getAttribute('class'))"
    assert set(page.evaluate(across)) == {"h", "v"}
    page.get_by_role("checkbox", name="Horizontal").uncheck()
    assert set(page.evaluate(across)) == {"v"}
    page.get_by_role("checkbox", name="Geography").check()
    assert page.evaluate(across).count("g") == 36
    page.get_by_role("checkbox", name="Geography").uncheck()
    page.get_by_role("checkbox", name="Horizontal").check()
    assert page.evaluate(across).count("g") == 0
    net.locator("g.node", has_text="NaMLab").locator("circle").first.hover(force=True)
    assert net.locator("line.lit").count() == 8
    assert "some" in (net.get_attribute("class") or "")
    net.locator("g.node", has_text="NaMLab").locator("circle").first.click(force=True)
    page.wait_for_url(re.compile("organization/namlab"))


def test_names_in_the_network_stand_clear_and_others_are_written_when_pointed_at(page: Page, address: str) -> None:
    boxes = """() => [...document.querySelectorAll('svg.net .node')].map(one => {
        const box = one => { const b = one?.getBoundingClientRect(); return b && [b.left, b.top, b.right, b.bottom]; };
        return [box(one.querySelector('text')), box(one.querySelector('circle'))]; })"""
    page.goto(f"{address}page/group/declared/silicon-saxony.html")
    found = page.evaluate(boxes)
    texts = [(place, text) for place, (text, _) in enumerate(found) if text]
    assert len(texts) > 5
    frame = page.locator("svg.net").bounding_box()
    assert frame
    for place, (left, top, right, bottom) in texts:
        assert frame["x"] <= left < right <= frame["x"] + frame["width"]
        for other, (text, disc) in enumerate(found):
            for a, b, c, d in (one for one in (text, disc) if one and other != place):
                # The boxes of lines are higher than letters.
                assert right <= a or c <= left or bottom - 3 <= b or d <= top + 3
    page.evaluate("document.querySelectorAll('svg.net .node text').forEach(one => one.remove())")
    page.locator("svg.net g.node", has_text="NaMLab").locator("circle").first.hover(force=True)
    expect(page.locator("svg.net text.over")).to_have_text(re.compile("NaMLab"))
    page.mouse.move(2, 2)
    expect(page.locator("svg.net text.over")).to_have_text("")


def test_a_small_screen_shows_captions_whole_and_that_there_is_more(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 400, "height": 900}) as context:
        page = context.new_page()
        wide = "one => one.getBoundingClientRect().right"
        for name in ("page/group/declared/silicon-saxony.html", "page/organization/asml.html", "data.html"):
            page.goto(address + name)
            for caption in page.locator("main .scroll caption:not(.unseen)").all():
                assert caption.evaluate(wide) <= 400, (name, caption.text_content())
        page.goto(f"{address}page/group/declared/silicon-saxony.html")
        box = page.locator(".network .scroll")
        assert box.evaluate("one => one.scrollWidth - one.clientWidth - 2 * one.scrollLeft") in (-1, 0, 1)
        assert box.evaluate("one => one.scrollLeft") > 50
        assert "linear-gradient" in box.evaluate("one => getComputedStyle(one).backgroundImage")
        expect(page.get_by_text("can be moved sideways")).to_be_visible()
        page.goto(f"{address}index.html")
        map_, buttons = (
            page.locator("[data-map] svg").bounding_box(),
            page.locator("[data-map] .buttons").bounding_box(),
        )
        assert map_
        assert buttons
        assert buttons["y"] >= map_["y"] + map_["height"] - 1


def test_the_form_of_a_question_leads_to_the_query(page: Page, address: str) -> None:
    page.goto(f"{address}questions/skills-of-a-group.html")
    page.get_by_label("the smallest number of members").fill("none")
    page.get_by_role("button", name="Ask this").click()
    assert "questions/" in page.url
    page.get_by_label("the smallest number of members").fill("3")
    page.locator("select[name=group]").select_option(label="Silicon Saxony")
    page.get_by_role("button", name="Ask this").click()
    page.wait_for_url(re.compile(r"query\.html#query="))
    page.wait_for_function(
        "document.querySelector('.CodeMirror')?.CodeMirror.getValue().includes('VALUES ?least { 3 }')"
    )


def test_pages_are_whole_without_script(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}groups.html")
        assert page.locator("table.list tbody tr").count() == 40
        assert not page.locator("[data-by=k]").is_visible()
        page.goto(f"{address}index.html")
        assert page.locator("[data-map] .z0 a").count() > 3
        assert not page.get_by_role("button", name="Whole map").is_visible()
        page.goto(f"{address}page/group/declared/silicon-saxony.html")
        assert page.locator("svg.net .node").count() == 9
        assert not page.get_by_role("checkbox", name="Vertical").is_visible()
        page.goto(f"{address}search.html?q=asml")
        assert page.get_by_role("link", name="Silicon Saxony").is_visible()


def test_paper_has_the_text_and_no_controls(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}index.html")
        page.emulate_media(media="print")
        assert not page.locator("[data-by=k]").is_visible()
        assert not page.get_by_role("navigation").is_visible()
        assert page.locator("[data-map] svg").is_visible()
        assert page.locator("table.list tbody tr").first.is_visible()


def test_a_page_on_paper_is_as_wide_as_paper(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 800, "height": 1100}) as context:
        page = context.new_page()
        page.emulate_media(media="print")
        for name in (
            "page/group/declared/silicon-saxony.html",
            "page/organization/asml.html",
            "index.html",
            "data.html",
        ):
            page.goto(address + name)
            assert page.evaluate("document.documentElement.scrollWidth") <= 800, name
        page.goto(f"{address}page/group/declared/silicon-saxony.html")
        who = page.locator("[aria-labelledby=evidence] table").first.locator("tbody tr td:nth-child(5)").first
        assert who.evaluate("one => one.clientWidth") > 130


def test_the_skip_link_leads_to_the_text(page: Page, address: str) -> None:
    page.goto(f"{address}page/organization/asml.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_it_works_from_a_file_as_far_as_browsers_let_it(browser: Browser, folder: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((folder / "index.html").as_uri())
        page.get_by_role("button", name="Enlarge the map").click()
        page.locator("[data-by=k]").select_option(label="hub")
        expect(page.locator("[data-found]")).to_contain_text("needs the site on a web server")
        page.get_by_role("link", name="All groups").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Groups")
        page.goto((folder / "search.html").as_uri() + "?q=asml")
        expect(page.locator("[data-found]")).to_contain_text("needs the site on a web server")
