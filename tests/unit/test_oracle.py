"""The second program on worlds small enough to be worked out by hand."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest

from tests.oracle.findings import enough, held, partners, settle
from tests.oracle.load import read_project, read_tables, specific_fields
from tests.oracle.projects import write_project
from tests.oracle.rules import (
    Collaboration,
    Node,
    Organization,
    Parameters,
    Row,
    Supply,
    World,
    evaluate,
)
from tests.oracle.world import Facts, canonical, in_force, iri

BASE = "https://example.org/r/"
ORGANIZATION = BASE + "organization/"


def world_of(**organizations: Organization) -> World:
    """Two regions R1 and R2 of a country A, two sectors s and t, and these organisations."""
    regions = {"A": Node(0), "R1": Node(3, "A"), "R2": Node(3, "A"), "R3": Node(3, None)}
    return World(organizations, regions, {"s": Node(2), "t": Node(2)})


def at(region: str | None, *sectors: str, skills: str = "") -> Organization:
    """An organisation in a region and in sectors, with a skill for each letter."""
    return Organization(region, frozenset(sectors), frozenset(skills))


def by_name(rows: list[Row]) -> dict[str, Row]:
    """Rows by the id of their organisation."""
    return {row["organization"].removeprefix(ORGANIZATION): row for row in rows}


def star() -> World:
    """In R1 a supplies b, c and d, and e abroad; in R2 four of another sector that nobody ties."""
    world = world_of(**{o: at("R1", "s") for o in "abcd"}, **{o: at("R2", "t") for o in "efgh"})
    world.supplies = [Supply("a", o) for o in "bcde"] + [Supply("b", "a", "2020")]
    world.competitors = {("b", "c"), ("d", "h")}
    return world


def test_a_cell_with_a_star_is_a_cluster_with_a_focal_organisation() -> None:
    result = evaluate(star(), Parameters(min_members=4))
    # quotient (4/4)/(4/8) = 2; 3 of 6 pairs linked; of ab, ac, ad, ae three are local; degrees 3 1 1 1 are a star
    assert result.groups == [
        {
            "group": BASE + "group/cell/R1/s",
            "source": "cell",
            "kinds": "Cluster",
            "types": "value-chain",
            "drivers": "Geography;Sector;Vertical",
            "region": BASE + "region/R1",
            "sector": BASE + "sector/s",
            "members": "4",
            "location_quotient": "2",
            "link_density": "0.5",
            "local_link_share": "0.75",
            "herfindahl": "1",
            "centralization": "1",
            "vertical_pairs": "3",
            "horizontal_pairs": "0",
            "regions": "1",
            "countries": "1",
            "competitive": "0",
            "cooperative": "2",
            "both": "2",
            "independent": "0",
            "focal": ORGANIZATION + "a",
        }
    ]
    rows = by_name(result.memberships)
    assert [rows[o]["vertical"] for o in "abcd"] == ["3", "1", "1", "1"]
    assert [rows[o]["role"] for o in "abcd"] == ["focal", "member", "member", "member"]
    assert rows["b"]["stance"] == "competitive;cooperative"
    assert rows["d"]["stance"] == "cooperative"  # its competitor is not in the group
    assert {(r["geography"], r["sector"], r["horizontal"]) for r in rows.values()} == {("3", "3", "0")}


def test_a_cell_that_nobody_ties_is_reported_with_what_each_lacked() -> None:
    first, *dropped = evaluate(star(), Parameters(min_members=4)).not_evidenced
    assert first == {
        "group": BASE + "group/cell/R2/t",
        "source": "cell",
        "reason": "too-small",
        "organization": "",
        "round": "",
        "drivers": "",
        "lacks": "",
    }
    assert [row["organization"] for row in dropped] == [ORGANIZATION + o for o in "efgh"]
    assert {(row["reason"], row["round"], row["drivers"], row["lacks"]) for row in dropped} == {
        ("dropped", "1", "Geography;Sector", "Horizontal;Vertical")
    }


@pytest.mark.parametrize(("quotient", "groups"), [("2", 1), ("2.0001", 0)])
def test_admission_compares_the_quotient_exactly(quotient: str, groups: int) -> None:
    parameters = Parameters(min_members=4, min_location_quotient=Fraction(quotient))
    assert len(evaluate(star(), parameters).groups) == groups


def test_one_region_admits_by_size_alone() -> None:
    world = world_of(**{o: at("R1", "s") for o in "abc"}, d=at("R1", "t"))
    world.supplies = [Supply("a", "b"), Supply("b", "c")]
    (group,) = evaluate(world, Parameters(min_members=3)).groups  # (3/4)/(3/4), below 1.25
    assert (group["group"], group["location_quotient"]) == (BASE + "group/cell/R1/s", "1")


def test_a_chain_of_two_partners_each_falls_apart_from_its_ends() -> None:
    world = world_of(**{o: at(None, "s") for o in "abcde"})
    world.supplies = [Supply(o, p) for o, p in zip("abcd", "bcde", strict=True)]
    world.declared = {"g 1": frozenset("abcde")}
    result = evaluate(world, Parameters(min_members=2, min_partners=2))
    first, *rows = result.not_evidenced
    assert (first["group"], first["reason"]) == (BASE + "group/declared/g%201", "too-small")
    assert {o: (row["round"], row["drivers"]) for o, row in by_name(rows).items()} == {
        "a": ("1", "Sector"),
        "b": ("2", "Sector"),
        "c": ("3", ""),
        "d": ("2", "Sector"),
        "e": ("1", "Sector"),
    }
    assert by_name(rows)["c"]["lacks"] == "Geography;Horizontal;Sector;Vertical"
    assert result.groups == []


def forum() -> World:
    """A forum of four, no two in one place."""
    world = world_of(a=at("R1", "s", skills="xyz"), b=at("R2", "s", skills="xy"), c=at("R3", "s", "t"), d=at("A", "s"))
    world.collaborations = {"f": Collaboration(frozenset("abcd"), "SharedInterest", "2020-05", None)}
    world.declared = {"g": frozenset("abcd")}
    return world


def test_a_forum_across_regions_is_a_community_and_a_network() -> None:
    result = evaluate(forum(), Parameters(min_members=4))
    (group,) = result.groups
    assert (group["kinds"], group["drivers"]) == ("Community;Network", "Horizontal;Sector")
    assert group["types"] == "skill"  # a and b share x and y: two of four
    assert (group["region"], group["sector"]) == ("", BASE + "sector/s")
    assert group["herfindahl"] == "0.68"  # s four times, t once: (16 + 1) / 25
    assert (group["link_density"], group["centralization"], group["focal"]) == ("1", "0", "")
    assert (group["regions"], group["countries"], group["horizontal_pairs"]) == ("3", "1", "6")
    assert (group["local_link_share"], group["location_quotient"]) == ("0", "")
    assert {row["role"] for row in result.memberships} == {"node"}
    assert result.links_by_year == [{"group": group["group"], "year": "2020", "linked": "6", "local": "0"}]


def test_a_collaboration_that_is_too_large_ties_nobody() -> None:
    result = evaluate(forum(), Parameters(min_members=4, max_collaboration_size=3))
    assert result.groups == []
    assert len(result.not_evidenced) == 5


def test_a_star_of_alliances_is_a_hub() -> None:
    world = world_of(a=at("R1", "s"), b=at("R2", "s"), c=at("R3", "s"), d=at(None, "s"), e=at(None, "s"))
    world.collaborations = {f"c{o}": Collaboration(frozenset({"a", o}), "KnowledgeExchange") for o in "bcd"} | {
        "cde": Collaboration(frozenset("de"), "Alliance")
    }
    world.declared = {"g": frozenset("abcde")}
    (group,) = evaluate(world).groups
    # degrees 3 1 1 2 1: (0 + 2 + 2 + 1 + 2) / (4 · 3) = 7/12; a has 3 and d has 2 of the 4 others
    assert (group["kinds"], group["types"]) == ("Hub;Network", "innovation")
    assert group["centralization"] == "0.5833"
    assert group["focal"] == f"{ORGANIZATION}a;{ORGANIZATION}d"
    assert group["link_density"] == "0.4"
    assert group["local_link_share"] == "0"


@pytest.mark.parametrize(("share", "thin"), [("0.5", False), ("0.51", True)])
def test_two_halves_that_hold_different_drivers_may_be_too_thin(share: str, thin: bool) -> None:
    world = world_of(**{o: at("R1") for o in "abc"}, **{o: at(None, "s") for o in "def"})
    world.supplies = [Supply("a", "b"), Supply("b", "c")]
    world.collaborations = {"c": Collaboration(frozenset("def"))}
    world.declared = {"g": frozenset("abcdef")}
    result = evaluate(world, Parameters(driver_share=Fraction(share)))
    if thin:
        (row,) = result.not_evidenced
        assert (row["reason"], row["drivers"]) == ("too-thin", "")
        assert row["lacks"] == "Geography;Horizontal;Sector;Vertical"
    else:
        assert result.groups[0]["drivers"] == "Geography;Horizontal;Sector;Vertical"
        assert [row["role"] for row in result.memberships] == ["member"] * 3 + ["affiliate"] * 3


def dated() -> World:
    """Two declared members with dated links; links among the others name the first and the last year."""
    world = world_of(a=at("R1", "s"), b=at("R1", "s"), x=at("R2"), y=at("R2"))
    world.supplies = [
        Supply("a", "b", "2019", "2020-05"),
        Supply("a", "x", until="2018"),
        Supply("x", "y", "2016-02-03", "2016"),
        Supply("a", "y"),
    ]
    world.collaborations = {"c": Collaboration(frozenset("abx"), None, "2021", None)}
    world.collaborations["last"] = Collaboration(frozenset("y"), None, None, "2022-12-31")
    world.declared = {"g": frozenset("ab")}
    return world


def test_links_count_in_the_years_of_their_interval() -> None:
    rows = evaluate(dated(), Parameters(min_members=2)).links_by_year
    declared = [row for row in rows if "/declared/" in row["group"]]
    # a–x 2016 to 2018; a–b 2019 and 2020; the collaboration 2021 and 2022: ab, ax, bx
    expected = [("2016", "1", "0"), ("2017", "1", "0"), ("2018", "1", "0"), ("2019", "1", "1")]
    expected += [("2020", "1", "1"), ("2021", "3", "1"), ("2022", "3", "1")]
    assert [(row["year"], row["linked"], row["local"]) for row in declared] == expected


@pytest.mark.parametrize(
    ("date", "vertical", "horizontal"),
    [("2018-12-31", None, None), ("2019-01-01", "1", "0"), ("2020-05-31", "1", "0"), ("2021-01-01", "0", "1")],
)
def test_only_links_in_force_tie(date: str, vertical: str | None, horizontal: str | None) -> None:
    result = evaluate(dated(), Parameters(min_members=2, as_of=date))
    groups = [row for row in result.groups if row["source"] == "declared"]
    found = [(row["vertical_pairs"], row["horizontal_pairs"]) for row in groups]
    assert found == ([] if vertical is None else [(vertical, horizontal)])


def test_months_span_their_last_day() -> None:
    assert in_force("2023-12", "2024-02", "2024-02-29")
    assert not in_force(None, "2023-02", "2023-03-01")
    assert not in_force("2024-01-02", None, "2024-01-01")


def test_a_community_with_the_members_of_a_cell_is_not_written_again() -> None:
    same, other = frozenset("abcde"), frozenset("efgh")
    result = evaluate(star(), Parameters(min_members=4), [same, other])
    assert [row["source"] for row in result.groups] == ["cell"]  # e holds one driver only, and is dropped
    key = hashlib.sha256("\n".join(ORGANIZATION + o for o in "efgh").encode()).hexdigest()[:16]
    groups = {row["group"] for row in result.not_evidenced if row["source"] == "community"}
    assert groups == {f"{BASE}group/community/{key}"}


def test_equal_places_are_settled_by_iri() -> None:
    world = World(
        {o: Organization(r, frozenset()) for o, r in zip("abcd", ["é", "é", "z", "z"], strict=True)},
        {"é": Node(3), "z": Node(3)},
    )
    world.collaborations = {"c": Collaboration(frozenset("abcd"))}
    world.declared = {"g": frozenset("abcd")}
    (group,) = evaluate(world, Parameters(min_members=4)).groups
    assert group["region"] == BASE + "region/%C3%A9"  # the percent sign comes before z, é does not


def test_figures_are_rounded_half_up_and_written_short() -> None:
    values = [Fraction(1, 3), Fraction(1, 20000), Fraction(1, 20001), Fraction(10), Fraction(5, 8), Fraction(0)]
    assert [canonical(value) for value in values] == ["0.3333", "0.0001", "0", "10", "0.625", "0"]
    assert iri(BASE, "sector", "a b/ü~(é)") == BASE + "sector/a%20b%2F%C3%BC~%28%C3%A9%29"


def test_points_without_a_region_are_placed_in_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "regions.csv").write_text(
        "id,name,level,latitude,longitude\nC,C,0,50,8\nz,Z,3,50,8\nb,B,3,50,8\nf,F,3,52,8\n"
    )
    (tmp_path / "organizations.csv").write_text(
        "id,name,region,latitude,longitude\nnear,N,,50.1,8\nfar,F,,51,8\nnorth,O,,51.2,8\ngiven,G,C,50,8\n"
    )
    regions = {id_: o.region for id_, o in read_tables(tmp_path).organizations.items()}
    # a degree of latitude is 111.2 km: `far` is that far from both, `north` 89 km from f; b and z are one point
    assert regions == {"near": "b", "far": None, "north": "f", "given": "C"}


def test_a_field_needs_two_projects_and_gives_way_to_a_more_specific_one() -> None:
    fields = {"p": {"1", "1.2", "1.2.3", "4"}, "q": {"1", "1.2", "1.2.5"}, "r": {"4", "4.9", "1"}}
    assert specific_fields("pq", fields, 2) == {"1.2"}
    assert specific_fields("pqr", fields, 2) == {"1.2", "4"}
    assert specific_fields("p", fields, 2) == set()


def test_a_project_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("other", 6)):
        write_project(tmp_path / name, seed)
    text = {name: [p.read_bytes() for p in sorted((tmp_path / name).rglob("*.*"))] for name in ("one", "two", "other")}
    assert text["one"] == text["two"] != text["other"]


@pytest.mark.parametrize("seed", range(12))
def test_members_are_the_union_of_all_sets_that_satisfy_the_rule(tmp_path: Path, seed: int) -> None:
    write_project(tmp_path, seed, min_organizations=10, max_organizations=10)
    world, parameters, base = read_project(tmp_path)
    facts = Facts(world, parameters, base)
    everybody = sorted(world.organizations)
    union: set[str] = set()
    for size in range(1, len(everybody) + 1):
        for some in map(frozenset, combinations(everybody, size)):
            counts = partners(facts, some)
            if all(enough(held(counts, o, parameters.min_partners), parameters) for o in some):
                union |= some
    assert settle(facts, frozenset(everybody))[0] == union
