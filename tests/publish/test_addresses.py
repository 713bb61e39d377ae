"""Which file is about which IRI: SQL and Python say the same, and servers can follow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from kg.build import Build
from kg.namespaces import CKG, ORG, RDF
from kg.publish.addresses import Addresses
from kg.publish.staged import staged

BASE = "https://e.org/x/"
ODD = [
    "organization/a%2Fb",
    "organization/.",
    "organization/..",
    "organization/",
    "organization//a",
    "organization/a?b=c",
    "organization/a#b/c",
    "organization/é/ü",
    "organization/😀",
    "organization/" + "ä" * 60,
    "group/cell/DE%201/26/member/x",
    "group/cell/DE%201",
    "group/cell/../x",
    "group/declared/x",
    "group/declared/",
    "group/other/x",
    "group/community/0123456789abcdef/links/2001",
    "graph/source/1",
    ".well-known/genid/0123-c14n0",
    ".well-known/x/y",
    "page/x",
    "data/organization/x.ttl",
    "Organization/x",
    "supply/a/b/c",
    "a.b/c",
    "",
    "x",
]


def _build(folder: Path, iris: list[str], classes: dict[str, str] | None = None) -> Build:
    folder.mkdir(exist_ok=True)
    graph = NamedNode(f"{BASE}graph/source/1")
    quads = [
        Quad(NamedNode(iri), RDF["type"], NamedNode((classes or {}).get(iri, f"{BASE}Class")), graph) for iri in iris
    ]
    (folder / "facts.nq").write_bytes(serialize(quads, format=RdfFormat.N_QUADS) or b"")
    (folder / "inferred.nq").write_bytes(b"")
    (folder / "run.json").write_text(json.dumps({"base": BASE}), encoding="utf-8")
    return Build(folder)


def _files(build: Build, beside: Path, most: int = 20_000) -> tuple[dict[str, str], Addresses]:
    with staged(build, beside, most=most) as graph:
        found = graph.connection.execute("SELECT s[2:-2], file FROM subjects").fetchall()
        return dict(found), graph.addresses


def test_odd_iris_have_the_same_file_in_sql_and_in_python(tmp_path: Path) -> None:
    iris = [BASE + rest for rest in ODD]
    found, addresses = _files(_build(tmp_path / "b", iris), tmp_path)
    assert found == {iri: addresses.file(iri, "thing") for iri in iris}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([*"ab/.é#?2F-", "%2F", "%25"]), max_size=12)
        .map("".join)
        .filter(lambda t: t.count("#") < 2),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 4),
)
def test_any_iris_have_the_same_file_in_sql_and_in_python(
    tmp_path_factory: pytest.TempPathFactory, rests: list[str], most: int
) -> None:
    place = tmp_path_factory.mktemp("build")
    iris = [f"{BASE}{kind}/{rest}" for rest in rests for kind in ("organization", "group/cell", "group/declared")]
    found, addresses = _files(_build(place / "b", iris), place, most)
    assert found == {iri: addresses.file(iri, "thing") for iri in iris}


def test_a_resource_with_its_own_iri_is_of_the_kind_of_its_class(tmp_path: Path) -> None:
    classes = {
        "https://other.org/a b".replace(" ", "%20"): f"{ORG}Organization",
        f"{BASE}acme": f"{ORG}FormalOrganization",
        "https://other.org/r": f"{CKG}Region",
        "https://other.org/g": f"{CKG}DeclaredGroup",
        "urn:x:y": "https://other.org/Class",
    }
    found, addresses = _files(_build(tmp_path / "b", list(classes), classes), tmp_path)
    assert found["https://other.org/a%20b"] == "organization/https%3A%2F%2Fother.org%2Fa%2520b"
    assert found[f"{BASE}acme"] == "organization/https%3A%2F%2Fe.org%2Fx%2Facme"
    assert found["https://other.org/g"] == "group/declared/https%3A%2F%2Fother.org%2Fg"
    assert found["urn:x:y"] == "thing/urn%3Ax%3Ay"
    assert all(found[iri] == addresses.file(iri, file.rsplit("/", 1)[0]) for iri, file in found.items())


@pytest.mark.parametrize("most", [1, 10, 36, 100, 999, 5000])
def test_the_longest_shards_with_few_enough_files_are_taken(tmp_path: Path, most: int) -> None:
    ids = [f"{number:04x}" for number in range(0, 50_000, 23)]
    found, addresses = _files(_build(tmp_path / "b", [f"{BASE}organization/{name}" for name in ids]), tmp_path, most)
    length = addresses.cuts.get("organization", 4)
    assert len(set(found.values())) == len({name[:length] for name in ids})
    assert len({name[:length] for name in ids}) <= most or length == 1
    assert length == 4 or len({name[: length + 1] for name in ids}) > most
