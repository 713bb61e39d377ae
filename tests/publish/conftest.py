"""Sites that tests share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

import kg
from kg.build import Build
from kg.publish import publish
from tests.conftest import Once

#: Ids that are hard on servers; of a length that a server's folder rules can still serve.
ODD_IDS = (
    "a b",
    "a/b",
    "a//b",
    "a%b",
    "a%2Fb",
    "100%",
    "a?b=c",
    "a#b",
    "é ü",
    "日本電気株式会社",
    "😀",
    "a.b",
    "..a",
    "...",
    "a..",
    "a+b",
    "a&b;c=d,e",
    "a:b@c",
    "(x)!*'",
    '"q"',
    "a\\b",
    "<b>",
    "x.html",
    "x.gz",
    "x.php",
    "x.de",
    "index",
    "organization",
    "~a_b-c",
    "a|b^c`d{e}",
    "%",
    "%%%",
    "-" * 99,
    "z" * 100,
    "z" * 101,
    "y" * 240,
    " " * 40 + "x",
)
#: Ids that only rules of a whole server can serve: no file has so long a name.
LONG_IDS = ("w" * 300, "long " * 400, "/" * 300)


@dataclass(frozen=True)
class Published:
    """A build, and the site that is made of it."""

    build: Build
    site: Path


def _open(folder: Path) -> Path:
    """Let others read a folder: servers that are started by root don't run as root."""
    for place in (folder, *folder.parents):
        if place.owner() == folder.owner() and str(place) not in ("/", "/tmp", "/var", "/home"):
            place.chmod(place.stat().st_mode | 0o055)
    return folder


@pytest.fixture(scope="session")
def example_site(once: Once, example_build: Build) -> Published:
    """The example, built and published; to be read only, or copied."""
    folder = once("example-site", lambda place: publish(example_build, _open(place) / "site"))
    return Published(example_build, folder / "site")


def odd_project(folder: Path) -> Path:
    """Write a project whose ids are odd."""
    ids = [*ODD_IDS, *LONG_IDS]

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    data = folder / "data"
    data.mkdir(parents=True)
    about = 'publisher = "Office of Odd Ids"\ncontact = "odd@example.org"\nkeywords = ["odd", "ids"]\n'
    source = 'title = "Odd organisations"\nlicense = "https://creativecommons.org/publicdomain/zero/1.0/"\npublisher = "A & B"\nhomepage = "https://example.org/odd"\n'
    (folder / "kg.toml").write_text(
        f'[project]\ntitle = "Odd ids"\nbase = "https://example.org/o/dd/"\nlicense = "https://creativecommons.org/licenses/by/4.0/"\n{about}'
        f'[[source]]\ntype = "tables"\npath = "data"\n{source}'
        '[[source]]\ntype = "rdf"\npath = "more.ttl"\n[engine]\nname = "oxigraph"\n[profile]\nregion_level = 1\nsector_level = 1\n',
        encoding="utf-8",
    )
    (folder / "more.ttl").write_text(
        "@prefix org: <http://www.w3.org/ns/org#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "@prefix schema: <https://schema.org/> . @prefix o: <https://example.org/o/dd/organization/> .\n"
        '<https://other.org/é/x?y#z> a org:Organization ; skos:prefLabel "Elsewhere" ; schema:sameAs <http://www.wikidata.org/entity/Q1> .\n'
        '<https://example.org/o/dd/organization/ünï> a org:Organization ; skos:prefLabel "an IRI that is not ASCII" .\n'
        'o:sub a org:Organization ; skos:prefLabel "a text with \\"quotes\\", \\\\ and \\n line\\tends" ; schema:foundingDate [ skos:prefLabel "nobody knows"@en ] .\n',
        encoding="utf-8",
    )
    rows = "\n".join(f"{cell(name)},{cell('Name of ' + name[:20])},R/1 ü,S%1" for name in ids)
    (data / "organizations.csv").write_text(f"id,name,region,sectors\n{rows}\n", encoding="utf-8")
    (data / "regions.csv").write_text('id,name,level\n"R/1 ü",Region,1\n', encoding="utf-8")
    (data / "sectors.csv").write_text("id,name,level\nS%1,Sector,1\n", encoding="utf-8")
    supplies = "\n".join(f"{cell(one)},{cell(two)}" for one, two in pairwise(ids))
    (data / "supplies.csv").write_text(f"supplier,customer\n{supplies}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def odd_build(once: Once) -> Build:
    """A project with odd ids, built."""
    folder = once("odd", lambda place: kg.build(odd_project(_open(place) / "project")))
    return kg.open(folder / "project")


@pytest.fixture(scope="session")
def odd_whole(once: Once, odd_build: Build) -> Published:
    """Odd ids, published with a file for each."""
    folder = once("odd-whole", lambda place: publish(odd_build, _open(place) / "site"))
    return Published(odd_build, folder / "site")


@pytest.fixture(scope="session")
def odd_cut(once: Once, odd_build: Build) -> Published:
    """Odd ids, published with few files."""
    folder = once("odd-cut", lambda place: publish(odd_build, _open(place) / "site", most_files=5))
    return Published(odd_build, folder / "site")


@pytest.fixture(params=["whole", "cut"])
def odd_site(request: pytest.FixtureRequest) -> Published:
    """Odd ids, published in both ways."""
    found: Published = request.getfixturevalue(f"odd_{request.param}")
    return found
