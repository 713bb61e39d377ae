"""What machines read: descriptions and dumps have the triples of the build, neither more nor less."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import duckdb
import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.build import Build
from kg.publish import publish
from kg.publish import shards as shards_module
from tests.publish.conftest import Published

FORMATS = {"ttl": RdfFormat.TURTLE, "jsonld": RdfFormat.JSON_LD, "nt": RdfFormat.N_TRIPLES}


def _quads(build: Build) -> list[Quad]:
    return [
        quad
        for name in ("facts.nq", "inferred.nq")
        for quad in parse(path=str(build.folder / name), format=RdfFormat.N_QUADS)
    ]


def _triples(data: bytes, form: RdfFormat) -> list[Triple]:
    return [quad.triple for quad in parse(data, format=form)]


@pytest.fixture(params=["example_site", "odd_whole", "odd_cut"])
def published(request: pytest.FixtureRequest) -> Published:
    """A site."""
    found: Published = request.getfixturevalue(request.param)
    return found


def test_each_dump_has_the_whole_graph(published: Published) -> None:
    quads = set(_quads(published.build))
    dumps = published.site / "dumps"
    assert set(parse(gzip.decompress((dumps / "graph.nq.gz").read_bytes()), format=RdfFormat.N_QUADS)) == quads
    triples = {quad.triple for quad in quads}
    for suffix in ("ttl", "jsonld"):
        found = _triples(gzip.decompress((dumps / f"graph.{suffix}.gz").read_bytes()), FORMATS[suffix])
        assert len(found) == len(triples)
        assert set(found) == triples


def test_the_parquet_dump_has_a_row_for_each_quad(published: Published) -> None:
    rows = duckdb.sql(f"FROM '{published.site / 'dumps' / 'graph.parquet'}'").fetchall()

    def term(value: str, datatype: str | None, language: str | None) -> NamedNode | Literal:
        if datatype is None:
            return NamedNode(value)
        return Literal(value, language=language) if language else Literal(value, datatype=NamedNode(datatype))

    found = {
        Quad(NamedNode(s), NamedNode(p), term(o, datatype, language), NamedNode(graph))
        for s, p, o, datatype, language, graph in rows
    }
    assert found == set(_quads(published.build))
    assert len(rows) == len(found)


def test_the_three_formats_of_a_file_say_the_same_and_all_of_them_say_all(published: Published) -> None:
    data, said = published.site / "data", set()
    for path in sorted(data.rglob("*.nt")):
        triples = _triples(path.read_bytes(), FORMATS["nt"])
        assert len(triples) == len(set(triples)) > 0
        for suffix in ("ttl", "jsonld"):
            other = _triples(path.with_name(f"{path.name.removesuffix('.nt')}.{suffix}").read_bytes(), FORMATS[suffix])
            assert sorted(map(str, other)) == sorted(map(str, triples)), path
        if path.parent.name != "graph":
            assert not said & set(triples)
            said |= set(triples)
    assert said == {quad.triple for quad in _quads(published.build)}


def test_processes_of_their_own_write_the_same(
    example_site: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards_module, "_WORTH_PROCESSES", 0)
    publish(example_site.build, tmp_path / "site")
    for folder in ("data", "dumps"):
        once, again = (
            {
                path.relative_to(site): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in (site / folder).rglob("*")
                if path.is_file()
            }
            for site in (example_site.site, tmp_path / "site")
        )
        assert once == again


def test_checksums_are_those_of_the_files(example_site: Published) -> None:
    lines = (example_site.site / "dumps" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 9
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((example_site.site / "dumps" / name).read_bytes()).hexdigest() == digest
