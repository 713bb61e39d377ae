"""Whether what pages say of groups is so: reasons, numbers and names, and the same each time."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

from pyoxigraph import NamedNode

import kg
from kg.namespaces import CKG, RDF
from kg.publish import publish
from tests.conftest import ROOT, Writer
from tests.pages import read_page
from tests.publish.conftest import Published


def _text(site: Path, name: str) -> str:
    text = (site / name).read_text(encoding="utf-8")
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text[text.index("<main") :])).split())


def test_a_candidate_says_what_was_lacking(example_site: Published) -> None:
    text = _text(example_site.site, "page/group/declared/paypal-mafia.html")
    needed = "at least 2 of the four drivers, at least 1 of them Vertical or Horizontal"
    assert f"that each hold {needed}, among themselves" in text
    assert "Geography, Sector neither Vertical nor Horizontal" in text
    for name in ("index.html", "method.html"):
        assert needed in _text(example_site.site, name)


def test_the_method_counts_all_candidates(example_site: Published) -> None:
    kind = NamedNode(f"{CKG}Candidate")
    found = example_site.build.engine.select(f"SELECT DISTINCT ?g WHERE {{ ?g <{RDF['type'].value}> <{kind.value}> }}")
    assert f"candidate {len(found.rows)} " in _text(example_site.site, "method.html").lower()


def test_a_group_without_a_place_has_no_share_in_one(example_site: Published) -> None:
    texts = {
        path: _text(example_site.site, path.relative_to(example_site.site).as_posix())
        for path in (example_site.site / "page" / "group").rglob("*.html")
    }
    virtual = [text for text in texts.values() if ", not a cluster: no place has enough" in text]
    assert len(virtual) == 13
    assert all("Geography no place is that of the group – does not sustain it" in text for text in virtual)
    assert not any("Geography in the place of the group 0 %" in text for text in texts.values())


def test_files_are_described_as_what_they_are(example_site: Published) -> None:
    text = _text(example_site.site, "data.html")
    assert "ro-crate-metadata.json RO-Crate" in text
    assert "csv-metadata.json what the columns of the CSV files mean" in text
    assert "SHA256SUMS the SHA-256 of each dump" in text
    assert "catalogue.nt N-Triples" in text


def test_the_same_build_gives_the_same_bytes(example_site: Published, tmp_path: Path) -> None:
    """In another process, too, in which sets of texts have another order."""
    subprocess.run(
        [sys.executable, "-c", "from kg.cli import main; main()", "publish", str(example_site.build.folder.parent),
         "--out", str(tmp_path / "site")],
        check=True, capture_output=True, timeout=240, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
    )  # fmt: skip

    def digests(site: Path) -> dict[str, str]:
        return {
            path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in site.rglob("*")
            if path.is_file()
        }

    once, again = digests(example_site.site), digests(tmp_path / "site")
    assert sorted(once) == sorted(again)
    assert {name for name in once if once[name] != again[name]} == set()


def test_a_group_is_named_after_members_that_are_in_its_place(write: Writer, tmp_path: Path) -> None:
    names = [f"in{n}" for n in range(6)] + ["out1", "out2"]
    rows = [f"{name},{name},{'a' if name.startswith('in') else 'b'},s{n % 4}" for n, name in enumerate(names)]
    # Others far away, so that there is more than one community.
    rows += [f"far{n},far{n},c,s{n % 4}" for n in range(6)]
    ties = [f"p{n},in{n}" for n in range(6)] + [f"p{n},in{(n + 1) % 6}" for n in range(6)]
    ties += [f"q{n}-{out},{one}" for n in range(6) for out in ("out1", "out2") for one in (out, f"in{n}")]
    ties += [f"f{a}-{b},far{n}" for a in range(6) for b in range(a) for n in (a, b)]
    projects = sorted({tie.split(",")[0] for tie in ties})
    build = kg.build(write(**{
        "organizations": "id,name,region,sectors\n" + "\n".join(rows),
        "regions": "id,name,level\na,A,1\nb,B,1\nc,C,1",
        "sectors": "id,name,level\n" + "\n".join(f"s{n},S{n},1" for n in range(4)),
        "collaborations": "id,name,kind\n" + "\n".join(f"{one},{one},project" for one in projects),
        "participants": "collaboration,organization\n" + "\n".join(ties),
    }), settings={"region_level": 1, "sector_level": 1})  # fmt: skip
    groups = {iri for iri in build.groups()["group"].to_pylist() if "/group/community/" in iri}
    roles = {
        (row["group"], row["organization"].rsplit("/", 1)[-1]): row["role"] for row in build.memberships().to_pylist()
    }
    assert groups
    assert any(roles.get((iri, "out1")) == "affiliate" for iri in groups)
    publish(build, tmp_path / "site")
    for iri in (iri for iri in groups if (iri, "out1") in roles):
        label = build.label(iri)
        assert re.match(r"around in\d, in\d \(", label), label
        page = tmp_path / "site" / "page" / f"{iri.removeprefix(build.base)}.html"
        head = read_page(page.read_text(encoding="utf-8"))
        assert label.casefold() in " ".join(one.text for one in head.elements if one.name == "h1").casefold()
