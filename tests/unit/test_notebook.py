"""What `kg.open` gives in Python and notebooks: tables, words, drawings, graphs; hostile names are text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute
import pytest

import kg
from kg.errors import InputError, UsageError
from tests.conftest import EXAMPLE

HOSTILE = "<img src=x onerror=alert(1)>\u202e\"' & </svg><script>"


@pytest.fixture
def build(example_build: kg.OpenBuild) -> kg.OpenBuild:
    return example_build


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> kg.OpenBuild:
    """Five firms of one place and trade that supply one another, all with hostile names."""
    project = tmp_path_factory.mktemp("hostile")
    (project / "data").mkdir()
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    tables = {
        "regions": f"id,name,parent,level,latitude,longitude\nc,C,,0,,\nr,{quoted},c,3,48,16\n",
        "sectors": f"id,name,broader,level,scheme\ns,{quoted},,2,\n",
        "organizations": "id,name,region,sectors\n" + "".join(f"o{n},{quoted},r,s\n" for n in range(5)),
        "supplies": "supplier,customer\n" + "".join(f"o{n},o{(n + 1) % 5}\n" for n in range(5)),
    }
    for name, text in tables.items():
        (project / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    (project / "kg.toml").write_text(
        '[project]\nbase = "https://e.org/"\ntitle = "<b>bold</b>"\n[[source]]\ntype = "tables"\npath = "data"\n'
    )
    return kg.build(project, with_validation=False)


def test_tables_are_arrow_and_show_names(build: kg.OpenBuild) -> None:
    groups = build.groups()
    assert isinstance(groups.to_arrow(), pa.Table)
    assert groups["group"][0].as_py().startswith("https://")
    assert groups.num_rows == len(groups) == 40
    assert isinstance(groups.filter(pa.compute.equal(groups["source"], "declared")), kg.Table)
    assert "Aerospace Valley" in repr(groups.filter(pa.compute.equal(groups["source"], "declared")))
    assert "https://" not in groups._repr_html_()
    assert "https://example.org" in str(groups.to_pandas()["group"][0])
    assert "https://" not in str(groups.named().to_pandas()["group"].tolist())
    assert duckdb.sql("SELECT count(*) FROM groups").fetchall() == [(40,)]
    assert not hasattr(groups, "no_such_thing")


def test_members_are_those_of_the_group(build: kg.OpenBuild) -> None:
    members = build.members("Aerospace Valley")
    assert len(members) == 11
    assert set(members["group"].to_pylist()) == {"https://example.org/landmarks/group/declared/aerospace-valley"}


def test_explanations_are_words_and_rows(build: kg.OpenBuild) -> None:
    found = build.explain("Airbus", "Aerospace Valley")
    assert repr(found).startswith("Airbus is a member of Aerospace Valley")
    assert "Safran supplies Airbus" in found._repr_html_()
    table = found.table()
    assert table.column_names == ["organization", "group", "outcome", "text", "driver", "partner", "fact", "where"]
    assert len(table) == len(found[0].ties) == len(found.to_pandas())
    assert build.explain("PayPal").to_arrow()["driver"].to_pylist()[0] is None or build.explain("PayPal")[0].ties


def test_questions_have_typed_columns(build: kg.OpenBuild) -> None:
    answer = build.ask("clusters-of-a-region", region="Toulouse")
    assert answer.schema.types == [pa.string(), pa.string(), pa.int64(), pa.float64()]
    assert build.ask("district-types", share=40).schema.field("ledByCompany").type == pa.bool_()
    empty = build.ask("clusters-of-a-region", region="Napa Valley").slice(0, 0)
    assert repr(empty).endswith("0 rows")
    with pytest.raises(UsageError, match="has no parameter 'place'"):
        build.ask("clusters-of-a-region", place="x")


def test_a_query_gives_what_its_form_gives(build: kg.OpenBuild) -> None:
    assert build.query("SELECT (COUNT(*) AS ?n) WHERE { ?c a ckg:Cluster }")["n"].to_pylist() == [27]
    assert build.query("ASK { ?c a ckg:Cluster }") is True
    assert len(build.query("CONSTRUCT { ?c a ckg:Cluster } WHERE { ?c a ckg:Cluster }")) == 27


def test_drawings_need_nothing_else(build: kg.OpenBuild, tmp_path: Path) -> None:
    for drawing in (build.map(), build.map("Medicon Valley"), build.network("Medicon Valley")):
        svg = ET.fromstring(drawing._repr_svg_())
        assert svg.attrib["aria-label"] == drawing.label
        assert (
            re.findall(r"(?:href|src|url)\s*[=(]|<script|<style|<image|https?://(?!www\.w3\.org/2000/svg)", drawing.svg)
            == []
        )
        drawing.save(tmp_path / "drawing.svg")
        assert (tmp_path / "drawing.svg").read_text(encoding="utf-8") == drawing.svg
    assert build.map().svg.count("<title>") == 27
    assert build.map().svg == build.map().svg
    assert build.network("Medicon Valley").svg.count("<title>") == 9
    with pytest.raises(UsageError, match="is no group"):
        build.network('"PayPal Mafia" companies (a label of the press)')
    with pytest.raises(InputError, match="can't be written"):
        build.map().save(tmp_path / "none" / "drawing.svg")


def test_without_points_there_is_no_map(write: object) -> None:
    folder = write(organizations="id,name\na,A\nb,B\n")  # type: ignore[operator]
    with pytest.raises(UsageError, match="no map"):
        kg.build(folder, with_validation=False).map()


def test_hostile_names_are_text(hostile: kg.OpenBuild) -> None:
    group = hostile.groups()["group"][0].as_py()
    drawings = [hostile.map(), hostile.map(group), hostile.network(group)]
    for drawing in drawings:
        assert len(ET.fromstring(drawing.svg)) > 3
    texts = [
        hostile._repr_html_(),
        hostile.groups()._repr_html_(),
        hostile.members(group)._repr_html_(),
        hostile.explain("o1", group)._repr_html_(),
        *(drawing.svg for drawing in drawings),
    ]
    for text in texts:
        assert re.findall(r"<(?:img|script|b)\b|\u202e", text) == []
    assert "&lt;img" in texts[2]
    assert all("\u202e" not in repr(one) for one in (hostile.groups(), hostile.explain("o1", group)))


def test_graphs_have_the_ties_of_the_network(build: kg.OpenBuild) -> None:
    networkx = pytest.importorskip("networkx")
    graph = build.to_networkx("Aerospace Valley")
    members = build.members("Aerospace Valley").to_pylist()
    assert set(graph) == {row["organization"] for row in members}
    undirected = networkx.Graph(graph)
    assert undirected.number_of_edges() == 55
    assert build.network("Aerospace Valley").label == "Network of Aerospace Valley: 11 members, 55 linked pairs"
    for row in members:
        for driver, column in (("Vertical", "vertical"), ("Horizontal", "horizontal")):
            ends = {frozenset((a, b)) for a, b, held in graph.edges(data="driver") if held == driver and row["organization"] in (a, b)}  # fmt: skip
            assert len(ends) == row[column]
    affiliation = build.to_networkx()
    assert networkx.is_bipartite(affiliation)
    assert affiliation.number_of_edges() == len(build.memberships())


def test_points_are_those_of_the_tables(build: kg.OpenBuild) -> None:
    pytest.importorskip("geopandas")
    places = build.to_geopandas()
    airbus = places[places["name"] == "Airbus"].iloc[0]
    line = next(
        one
        for one in (EXAMPLE / "data" / "organizations.csv").read_text(encoding="utf-8").splitlines()
        if one.startswith("airbus,")
    )
    assert f"{airbus.geometry.y:g}" in line
    assert f"{airbus.geometry.x:g}" in line
    assert places.crs.to_epsg() == 4326
    assert airbus["groups"] == len(
        build.explain("airbus").table().filter(pa.compute.field("outcome") == "member")["group"].unique()
    )


def test_a_missing_library_is_told(build: kg.OpenBuild, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pandas", "networkx", "geopandas"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    for call in (build.groups().to_pandas, build.to_networkx, build.to_geopandas):
        with pytest.raises(UsageError, match=r"pip install 'clusterkg\[notebook\]'"):
            call()


def test_a_build_says_what_it_is(build: kg.OpenBuild) -> None:
    assert repr(build).splitlines()[1] == "  groups: 40"
    assert "Cluster 27" in build._repr_html_()
