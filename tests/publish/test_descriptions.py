"""How a site describes its data: VoID, DCAT-AP, CSV on the Web, RO-Crate, sitemap; for builds that say less as well."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pyshacl
import pytest
import rdflib
from click.testing import CliRunner
from csvw import CSVW
from rdflib import RDF, SH
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, VOID

import kg
from kg.build import Build
from kg.cli import cli
from kg.errors import UsageError
from kg.publish import publish
from kg.publish.catalogue import catalogue_graph
from kg.publish.dataset import about
from kg.publish.distributions import Distribution
from kg.publish.statistics import Coverage
from kg.publish.tables import METADATA
from kg.resources import ontology_files
from kg.results import COLUMNS
from tests.conftest import SHARED
from tests.publish.conftest import Published

SHAPES = SHARED / "w3c" / "dcat-ap-3.0.1-shacl"


@pytest.fixture(params=["example_site", "odd_whole", "old_site"])
def published(request: pytest.FixtureRequest) -> Published:
    """A site."""
    found: Published = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def old_site(example_site: Published, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The site of a build that says nothing of itself, as builds did before."""
    folder = tmp_path_factory.mktemp("old")
    shutil.copytree(example_site.build.folder, folder / "build")
    run = json.loads((folder / "build" / "run.json").read_text(encoding="utf-8"))
    for name in ("license", "about", "sources", "finished"):
        del run[name]
    (folder / "build" / "run.json").write_text(json.dumps(run), encoding="utf-8")
    publish(Build(folder / "build"), folder / "site")
    return Published(Build(folder / "build"), folder / "site")


def _graph(path: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(path)


def _one(build: Build, query: str) -> int:
    (row,) = build.engine.select(query).rows
    return int(getattr(row[0], "value", "-1"))


def test_void_counts_as_sparql_does(published: Published) -> None:
    graph, build = _graph(published.site / "void.ttl"), published.build
    dataset = rdflib.URIRef(build.base)

    def said(node: rdflib.term.Node, prop: rdflib.URIRef) -> int:
        return int(str(graph.value(node, prop)))

    for prop, query in (
        (VOID.triples, "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } }"),
        (VOID.distinctSubjects, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }"),
        (VOID.distinctObjects, "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }"),
        (VOID.properties, "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }"),
        (VOID.classes, "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?s a ?c }"),
    ):
        assert said(dataset, prop) == _one(build, query), prop
    counted = {
        tuple(getattr(term, "value", "") for term in row)
        for row in build.engine.select(
            "SELECT ?p (COUNT(DISTINCT *) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects) "
            "{ SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } } GROUP BY ?p"
        )
    }
    parts = {
        tuple(
            str(graph.value(part, prop))
            for prop in (VOID.property, VOID.triples, VOID.distinctSubjects, VOID.distinctObjects)
        )
        for part in graph.objects(dataset, VOID.propertyPartition)
    }
    assert parts == counted
    counted = {
        tuple(getattr(term, "value", "") for term in row)
        for row in build.engine.select("SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c } GROUP BY ?c")
    }
    classes = graph.objects(dataset, VOID.classPartition)
    assert {
        tuple(str(graph.value(part, prop)) for prop in (VOID["class"], VOID.entities)) for part in classes
    } == counted
    for linkset in graph.subjects(RDF.type, VOID.Linkset):
        target = graph.value(linkset, VOID.objectsTarget)
        space, prop = graph.value(target, VOID.uriSpace), graph.value(linkset, VOID.linkPredicate)
        query = f'SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?s ?o {{ ?s <{prop}> ?o FILTER(STRSTARTS(STR(?o), "{space}")) }} }}'
        assert said(linkset, VOID.triples) == _one(build, query)
    assert rdflib.Literal("http://www.wikidata.org/entity/") in set(graph.objects(None, VOID.uriSpace))
    assert said(dataset, VOID.documents) == sum(
        1 for path in (published.site / "data").rglob("*.nt") if path.parent.name != "graph"
    )
    assert isomorphic(graph, rdflib.Graph().parse(published.site / ".well-known" / "void", format="turtle"))


def test_each_source_has_its_licence_and_where_it_is_from(odd_whole: Published) -> None:
    base = odd_whole.build.base
    for graph in (_graph(odd_whole.site / "void.ttl"), _graph(odd_whole.site / "data" / "graph" / "source.ttl")):
        name, other = rdflib.URIRef(f"{base}graph/source/1"), rdflib.URIRef(f"{base}graph/source/2")
        zero = rdflib.URIRef("https://creativecommons.org/publicdomain/zero/1.0/")
        assert set(graph.objects(name, DCTERMS.license)) == {zero}
        assert set(graph.objects(other, DCTERMS.license)) == {
            rdflib.URIRef("https://creativecommons.org/licenses/by/4.0/")
        }
        origin = graph.value(name, PROV.wasDerivedFrom)
        assert str(graph.value(graph.value(origin, DCTERMS.publisher), FOAF.name)) == "A & B"
        assert str(graph.value(origin, FOAF.homepage)) == "https://example.org/odd"
        assert str(graph.value(origin, DCTERMS.title)) == "Odd organisations"


def _shapes(*names: str) -> rdflib.Graph:
    if not SHAPES.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{SHAPES} is missing in CI")
        pytest.skip("the shapes of DCAT-AP are not beside this checkout")
    graph = rdflib.Graph()
    for name in names:
        graph.parse(SHAPES / name)
    # The published files name a few property shapes that they don't have: for those there is nothing to check.
    for shape, part in list(graph.subject_objects(SH.property)):
        if (part, SH.path, None) not in graph:
            graph.remove((shape, SH.property, part))
    return graph


def _with_endpoint(build: Build) -> rdflib.Graph:
    facts = replace(
        about(build), endpoint="https://example.org/sparql", contact="https://example.org/ask", language="gsw"
    )
    file = Distribution(
        "dumps/graph.nq.gz", "All", "N-Quads", "application/n-quads", "RDF_N_QUADS", True, 12, "0a" * 32
    )
    return catalogue_graph(facts, Coverage("1999", "2024-05", (-3.5, 40.0, 20.0, 60.25), ("DE", "FR")), [file])


@pytest.mark.parametrize(
    "names", [("dcat-ap-SHACL.ttl",), ("dcat-ap-SHACL.ttl", "ranges.ttl")], ids=["shapes", "ranges"]
)
def test_the_catalogue_has_no_violation_of_dcat_ap(
    published: Published, names: tuple[str, ...], tmp_path: Path
) -> None:
    shapes = _shapes(*names)
    written = _graph(published.site / "catalogue.ttl")
    for number, graph in enumerate((written, _with_endpoint(published.build))):
        conforms, _, text = pyshacl.validate(graph, shacl_graph=shapes)
        assert conforms, text
        data, file = tmp_path / f"{number}.ttl", tmp_path / "shapes.ttl"
        graph.serialize(data)
        shapes.serialize(file)
        result = CliRunner().invoke(cli, ["validate", str(data), "--shapes", str(file)])
        assert result.exit_code == 0, result.output
    for broken, prop in ((DCAT.Distribution, DCAT.accessURL), (FOAF.Agent, FOAF.name), (DCAT.Dataset, DCTERMS.title)):
        graph = rdflib.Graph() + written
        for subject in graph.subjects(RDF.type, broken):
            graph.remove((subject, prop, None))
        assert not pyshacl.validate(graph, shacl_graph=shapes)[0]


def test_the_catalogue_says_what_the_files_are(published: Published) -> None:
    graph, facts = _graph(published.site / "catalogue.ttl"), about(published.build)
    spdx = rdflib.Namespace("http://spdx.org/rdf/terms#")
    sums = dict(reversed(line.split("  ")) for line in (published.site / "dumps/SHA256SUMS").read_text().splitlines())
    found = list(graph.objects(rdflib.URIRef(facts.base), DCAT.distribution))
    assert len(found) == len(sums) == 9
    for item in found:
        address = str(graph.value(item, DCAT.downloadURL))
        path = published.site / unquote(address.removeprefix(facts.site))
        assert int(str(graph.value(item, DCAT.byteSize))) == path.stat().st_size
        assert str(graph.value(graph.value(item, spdx.checksum), spdx.checksumValue)).lower() == sums[path.name]
        assert (graph.value(item, DCAT.compressFormat) is not None) == (path.suffix == ".gz")
        assert graph.value(item, DCAT.accessService) is None
    for suffix in ("jsonld", "nt"):
        assert isomorphic(graph, _graph(published.site / f"catalogue.{suffix}"))


def test_the_catalogue_says_what_the_data_covers(example_site: Published) -> None:
    graph = _graph(example_site.site / "catalogue.ttl")
    dataset = rdflib.URIRef(example_site.build.base)
    rows = list(csv.DictReader((example_site.build.folder.parent / "data/organizations.csv").open(encoding="utf-8")))
    places = list(graph.objects(dataset, DCTERMS.spatial))
    codes = {str(code) for place in places for code in graph.objects(place, DCTERMS.identifier)}
    assert codes == {row["country"] for row in rows if row["country"]}
    (box,) = (str(value) for place in places for value in graph.objects(place, DCAT.bbox))
    corners = [tuple(map(float, pair.split())) for pair in box.removeprefix("POLYGON((").removesuffix("))").split(", ")]
    points = [(float(row["longitude"]), float(row["latitude"])) for row in rows if row["longitude"]]
    west, south = map(min, zip(*points, strict=True))
    assert corners[0][0] <= west + 0.001
    assert corners[0][1] <= south + 0.001
    period = graph.value(dataset, DCTERMS.temporal)
    dates = [
        row[name]
        for file, names in (("collaborations", ("start", "end")), ("supplies", ("since", "until")))
        for row in csv.DictReader((example_site.build.folder.parent / f"data/{file}.csv").open(encoding="utf-8"))
        for name in names
        if row.get(name)
    ]
    assert str(graph.value(period, DCAT.startDate)) == min(dates)
    assert str(graph.value(period, DCAT.endDate)) == max(dates)


def test_tables_are_as_their_metadata_has_them(published: Published) -> None:
    described = CSVW(str(published.site / METADATA), validate=True)
    assert described.is_valid, [str(warning.message) for warning in described.warnings]
    assert len(described.tables) == len(COLUMNS) == 5
    for table in described.tables:
        path = published.site / "dumps" / str(table.url)
        assert path.read_bytes() == (published.build.folder / path.name).read_bytes()
        with path.open(encoding="utf-8") as stream:
            assert next(csv.reader(stream)) == [column.name for column in table.tableSchema.columns]
            assert len(list(table)) == sum(1 for _ in csv.reader(stream))
    said = json.loads((published.site / METADATA).read_text(encoding="utf-8"))
    vocabulary = {str(term) for file in ontology_files() for term in _graph(file).subjects()} | {str(RDF.type)}
    for table in said["tables"]:
        for column in table["tableSchema"]["columns"]:
            assert column.get("propertyUrl", str(RDF.type)) in vocabulary


def test_the_crate_is_as_the_specification_has_it(published: Published) -> None:
    crate = json.loads((published.site / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.2/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    assert descriptor["about"] == {"@id": "./"}
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license"} <= set(root)
    assert all("@type" in entity for entity in entities.values())

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            return [value["@id"]] if "@id" in value else [name for part in value.values() for name in references(part)]
        return [name for part in value for name in references(part)] if isinstance(value, list) else []

    named = {
        name
        for entity in entities.values()
        for prop, value in entity.items()
        if prop != "conformsTo"
        for name in references(value)
    }
    assert named <= set(entities)
    # Every entity is reached from the root, as the specification asks of contextual entities.
    reached, todo = {"./", "ro-crate-metadata.json"}, ["./"]
    while todo:
        new = {name for value in entities[todo.pop()].values() for name in references(value)} - reached
        reached |= new
        todo += new
    assert reached == set(entities)
    files = [entity for entity in entities.values() if entity["@type"] == "File"]
    assert {file["@id"] for file in files} == {part["@id"] for part in root["hasPart"]}
    for file in files:
        assert int(file["contentSize"]) == (published.site / unquote(file["@id"])).stat().st_size


def test_the_sitemap_has_every_page(published: Published, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    site, pages = (
        published.site,
        {path.relative_to(published.site).as_posix() for path in published.site.rglob("*.html")},
    )

    def addresses(file: Path, kind: str) -> list[str]:
        return [node.text or "" for node in ElementTree.parse(file).getroot().iterfind(f"s:{kind}/s:loc", space)]

    found = addresses(site / "sitemap.xml", "url")
    assert sorted(unquote(address.removeprefix(published.build.base)) for address in found) == sorted(pages)
    assert "Sitemap: " + published.build.base + "sitemap.xml" in (site / "robots.txt").read_text(encoding="utf-8")


def test_a_sitemap_of_many_pages_has_several_files(
    example_site: Published, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.modules["kg.publish.sitemap"], "MOST", 100)
    publish(example_site.build, tmp_path / "site")
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    index = ElementTree.parse(tmp_path / "site" / "sitemap.xml").getroot()
    parts = [urlsplit(node.text or "").path.rsplit("/", 1)[-1] for node in index.iterfind("s:sitemap/s:loc", space)]
    counts = [len(ElementTree.parse(tmp_path / "site" / part).getroot().findall("s:url", space)) for part in parts]
    assert sum(counts) == sum(1 for _ in (tmp_path / "site").rglob("*.html"))
    assert max(counts) == 100


@pytest.mark.parametrize(
    ("line", "where", "message"),
    [
        ("publischer = 'x'", "project", "has no setting 'publischer': did you mean 'publisher'?"),
        ("keywords = 'x'", "project", "keywords must be a list of texts"),
        ("language = 'English!'", "project", "must be a language tag"),
        ("contact = 'me'", "project", "must be an address of e-mail or of a page"),
        ("site = 'https://example.org/x'", "project", "must be an address that ends in /"),
        ("publisher = 3", "project", "must be a text"),
        ("homepage = 'javascript:x'", "source", "must be an address"),
        ("titel = 'x'", "source", "has no setting 'titel': did you mean 'title'?"),
    ],
)
def test_what_a_project_says_of_itself_is_checked(tmp_path: Path, line: str, where: str, message: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "organizations.csv").write_text("id,name\na,A\n", encoding="utf-8")
    more = {"project": "", "source": ""} | {where: line + "\n"}
    (tmp_path / "kg.toml").write_text(
        f'[project]\nbase = "https://example.org/t/"\n{more["project"]}[[source]]\ntype = "tables"\npath = "data"\n{more["source"]}',
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as raised:
        kg.build(tmp_path)
    assert message in str(raised.value)
