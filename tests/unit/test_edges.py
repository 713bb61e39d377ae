"""Each rule on a small graph where it fires, and on one where it just does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

import kg
from tests.conftest import Writer

REGIONS = "id,name,parent,level\nc,C,,0\nr,R,c,3\nq,Q,c,3\n"
SECTORS = "id,name,broader,level\ns,S,,2\nt,T,,2\n"


def organizations(*kinds: tuple[int, str, str], skills: dict[str, str] | None = None) -> str:
    """Return a table of organisations o0, o1 … : (how many, region, sector) after each other."""
    lines, number = ["id,name,region,sectors,skills"], 0
    for count, region, sector in kinds:
        for _ in range(count):
            lines.append(f"o{number},O{number},{region},{sector},{(skills or {}).get(f'o{number}', '')}")
            number += 1
    return "\n".join(lines) + "\n"


def together(*groups: Iterable[int], kind: str = "rd-project", start: str = "", end: str = "") -> dict[str, str]:
    """Return tables of one collaboration for each group of organisation numbers."""
    rows = [(f"k{number}", member) for number, group in enumerate(groups) for member in group]
    names = [f"k{number},K,{kind},{start},{end}" for number in range(len(groups))]
    return {
        "collaborations": "id,name,kind,start,end\n" + "\n".join(names) + "\n",
        "participants": "collaboration,organization\n" + "".join(f"{name},o{member}\n" for name, member in rows),
    }


def declared(members: Iterable[int]) -> dict[str, str]:
    return {
        "groups": "id,name\ng,G\n",
        "members": "group,organization\n" + "".join(f"g,o{member}\n" for member in members),
    }


def groups(write: Writer, profile: str = "", **tables: str) -> dict[str, dict[str, Any]]:
    folder = write(profile=profile, **{"regions": REGIONS, "sectors": SECTORS, **tables})
    build = kg.build(folder, with_validation=False, with_store=False)
    rows = build.groups().to_pylist()
    return {row["group"].removeprefix("https://example.org/t/group/"): row for row in rows}


@pytest.mark.parametrize(("size", "found"), [(5, True), (4, False)])
def test_min_members(write: Writer, size: int, found: bool) -> None:
    table = organizations((size, "r", "s"), (10, "q", "t"))
    assert ("cell/r/s" in groups(write, organizations=table, **together(range(size)))) is found


@pytest.mark.parametrize(("others", "found"), [(3, True), (4, False)])
def test_location_quotient_is_compared_exactly(write: Writer, others: int, found: bool) -> None:
    """5·20 / (8·10) is 1.25 and admitted; 5·20 / (9·10) is not."""
    table = organizations((5, "r", "s"), (others, "r", "t"), (5, "q", "s"), (10 - others, "q", "t"))
    result = groups(write, organizations=table, **together(range(5)))
    assert ("cell/r/s" in result) is found
    if found:
        assert result["cell/r/s"]["location_quotient"] == 1.25


@pytest.mark.parametrize(("partners", "members"), [(2, 6), (3, 5)])
def test_min_partners(write: Writer, partners: int, members: int) -> None:
    """The sixth deals with exactly two others; of the first five everyone deals with four."""
    table = organizations((6, "r", "s"), (10, "q", "t"))
    result = groups(write, f"min_partners = {partners}", organizations=table, **together(range(5), (0, 5), (1, 5)))
    assert result["cell/r/s"]["members"] == members


def test_dropping_cascades_round_by_round(write: Writer) -> None:
    """A chain hangs on its last link: under two partners everybody falls, one end a round."""
    table = organizations((6, "r", "s"), (10, "q", "t"))
    pairs = [(n, n + 1) for n in range(5)]
    folder = write(
        profile="min_partners = 2", regions=REGIONS, sectors=SECTORS, organizations=table, **together(*pairs)
    )
    build = kg.build(folder, with_validation=False, with_store=False)
    rounds = {
        row["organization"].rsplit("/", 1)[-1]: row["round"]
        for row in build.table("not_evidenced").to_pylist()
        if row["group"].endswith("cell/r/s") and row["reason"] == "dropped"
    }
    assert rounds == {"o0": 1, "o5": 1, "o1": 2, "o4": 2, "o2": 3, "o3": 3}


@pytest.mark.parametrize(("network", "found"), [(0, True), (1, False)])
def test_min_network_drivers(write: Writer, network: int, found: bool) -> None:
    table = organizations((5, "r", "s"), (10, "q", "t"))
    result = groups(write, f"min_network_drivers = {network}", organizations=table)
    assert ("cell/r/s" in result) is found


@pytest.mark.parametrize(("near", "kinds"), [(3, "Cluster"), (2, "Community;Network")])
def test_geography_sustains_from_the_share_on(write: Writer, near: int, kinds: str) -> None:
    """Of six members three in one place are half of them; two, two and two are not."""
    spread = (near, "r", "s"), (1 if near == 3 else 2, "q", "s"), (2, "", "s")
    table = organizations(*spread)
    result = groups(write, organizations=table, **together(range(6), kind="forum"), **declared(range(6)))
    assert result["declared/g"]["kinds"] == kinds


@pytest.mark.parametrize(
    ("edges", "hub"), [([(0, n) for n in range(1, 6)], True), ([(n, (n + 1) % 6) for n in range(6)], False)]
)
def test_a_star_is_a_hub_and_a_ring_is_none(write: Writer, edges: list[tuple[int, int]], hub: bool) -> None:
    table = organizations((6, "", "s"))
    supplies = "supplier,customer\n" + "".join(f"o{a},o{b}\n" for a, b in edges)
    group = groups(write, organizations=table, supplies=supplies, **declared(range(6)))["declared/g"]
    assert group["kinds"] == ("BusinessWeb;Hub" if hub else "BusinessWeb")
    assert group["centralization"] == (1 if hub else 0)
    assert (group["focal"] or "").endswith("organization/o0" if hub else "")
    assert bool(group["focal"]) is hub
    assert group["types"] == "value-chain"


@pytest.mark.parametrize(("shared", "skill"), [("a;b", True), ("a", False)])
def test_skill_similarity_needs_enough_shared_skills(write: Writer, shared: str, skill: bool) -> None:
    table = organizations(
        (6, "r", "s"), (9, "q", "t"), skills={"o0": "a;b;c", "o1": shared, "o2": "b;a"} | ({} if skill else {"o2": "b"})
    )
    result = groups(
        write, organizations=table, skills="id,name\na,A\nb,B\nc,C\n", **together(range(6), kind="joint-venture")
    )
    assert result["cell/r/s"]["types"] == ("skill" if skill else "")


@pytest.mark.parametrize(("kind", "types"), [("co-patent", "innovation"), ("consortium", "")])
def test_innovation_needs_knowledge_exchange(write: Writer, kind: str, types: str) -> None:
    table = organizations((5, "r", "s"), (10, "q", "t"))
    assert groups(write, organizations=table, **together(range(5), kind=kind))["cell/r/s"]["types"] == types


@pytest.mark.parametrize(("size", "found"), [(5, True), (4, False)])
def test_a_collaboration_that_is_too_large_ties_nobody(write: Writer, size: int, found: bool) -> None:
    table = organizations((5, "r", "s"), (10, "q", "t"))
    result = groups(write, f"max_collaboration_size = {size}", organizations=table, **together(range(5)))
    assert ("cell/r/s" in result) is found


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2024-06", "2024-06", True),
        ("2024-06-30", "", True),
        ("2024-07", "", False),
        ("", "2024", True),
        ("", "2024-06-29", False),
        ("2024", "2023", False),
    ],
)
def test_as_of_spans_whole_periods(write: Writer, start: str, end: str, found: bool) -> None:
    table = organizations((5, "r", "s"), (10, "q", "t"))
    links = together(range(5), start=start, end=end)
    assert ("cell/r/s" in groups(write, "as_of = 2024-06-30", organizations=table, **links)) is found


def test_stances_and_roles(write: Writer) -> None:
    """o0 to o4 in one place, o5 elsewhere; o0 and o1 compete; o4 deals with nobody."""
    table = organizations((5, "r", "s"), (1, "q", "s"))
    folder = write(
        profile="min_network_drivers = 0\nmin_location_quotient = 100",
        regions=REGIONS,
        sectors=SECTORS,
        organizations=table,
        competitors="organization,competitor\no0,o1\n",
        **together((0, 2), (3, 5)),
        **declared(range(6)),
    )
    build = kg.build(folder, with_validation=False, with_store=False)
    rows = {row["organization"].rsplit("/", 1)[-1]: row for row in build.members("g").to_pylist()}
    stances = {name: row["stance"] for name, row in rows.items()}
    assert (
        stances
        == {
            "o0": "competitive;cooperative",
            "o1": "competitive",
            "o2": "cooperative",
            "o3": "cooperative",
            "o4": "independent",
            "o5": "cooperative",
        }
        or "o5" not in rows
    )
    assert rows["o0"]["role"] == "member"
    assert rows["o5"]["role"] == "affiliate"


def test_too_thin_is_reported_with_what_it_has(write: Writer) -> None:
    """Six of whom each has a neighbour and a partner, but no place has half of them and no theme is common."""
    table = "id,name,region\n" + "".join(f"o{n},O{n},r{n // 2}\n" for n in range(6))
    regions = "id,name,level\n" + "".join(f"r{n},R{n},3\n" for n in range(3))
    folder = write(organizations=table, regions=regions, **together((0, 1), (2, 3), (4, 5)), **declared(range(6)))
    build = kg.build(folder, with_validation=False, with_store=False)
    rows = [row for row in build.table("not_evidenced").to_pylist() if row["group"].endswith("declared/g")]
    assert [(row["reason"], row["drivers"], row["lacks"]) for row in rows] == [
        ("too-thin", "Horizontal", "Geography;Sector;Vertical")
    ]


def test_links_by_year_and_local_share(write: Writer) -> None:
    """Ten pairs inside the place in 2020 and 2021; in 2021 also one to the outside."""
    table = organizations((5, "r", "s"), (10, "q", "t"))
    links = together(range(5), start="2020", end="2021-03")
    folder = write(
        regions=REGIONS,
        sectors=SECTORS,
        organizations=table,
        supplies="supplier,customer,since,until\no0,o9,2021,2021\n",
        **links,
    )
    build = kg.build(folder, with_validation=False, with_store=False)
    group = next(row for row in build.groups().to_pylist() if row["group"].endswith("cell/r/s"))
    assert group["local_link_share"] == 0.9091
    years = [row for row in build.table("links_by_year").to_pylist() if row["group"] == group["group"]]
    assert [(row["year"], row["linked"], row["local"]) for row in years] == [(2020, 10, 10), (2021, 11, 10)]
