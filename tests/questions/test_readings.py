"""Readings of the literature that the example does not bring out: each from a project made for it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import kg
from tests.conftest import Writer

REGIONS = "id,name,level\nr,R,3\nq,Q,3\n"
SECTORS = "id,name,level\ns,S,2\nt,T,2\n"
NAMES = "abcdefg"


def organizations(kind: str = "company", region: str = "", letters: str = NAMES) -> str:
    rows = [f"{name},{name},{kind},{region},s" for name in letters]
    return "\n".join(["id,name,kind,region,sectors", *rows, ""])


def declared(letters: str = NAMES) -> dict[str, str]:
    rows = "".join(f"g,{name}\n" for name in letters)
    return {"groups": "id,name\ng,G\n", "members": f"group,organization\n{rows}"}


def collaborations(*which: tuple[str, str, str, str]) -> dict[str, str]:
    """Return the tables of collaborations given as kind, start, end and letters of the participants."""
    rows = "".join(f"c{at},C,{kind},{start},{end}\n" for at, (kind, start, end, _) in enumerate(which))
    parts = "".join(f"c{at},{name}\n" for at, row in enumerate(which) for name in row[3])
    return {
        "collaborations": f"id,name,kind,start,end\n{rows}",
        "participants": f"collaboration,organization\n{parts}",
    }


def supplies(*pairs: tuple[str, str]) -> dict[str, str]:
    return {"supplies": "supplier,customer\n" + "".join(f"{one},{other}\n" for one, other in pairs)}


def readings(folder: Path, question: str, **parameters: str) -> set[str]:
    """Return what the declared group resembles; an empty text where it is listed and resembles nothing."""
    answer = kg.ask(kg.build(folder, with_validation=False, with_store=False), question, parameters)
    reading = answer.variables.index("resembles")
    found = [row[reading] for row in answer if row[0] is not None and row[0].value.endswith("/declared/g")]
    return {"" if term is None else term.value.rsplit("#", 1)[-1] for term in found}


STAR = supplies(*((name, "a") for name in NAMES[1:]))
RING = supplies(*pairwise(NAMES + NAMES[0]))
#: Everybody makes something with somebody, and nobody leads.
MAKING = collaborations(("rd-project", "2020", "", "bcd"), ("rd-project", "2020", "", "efg"))


@pytest.mark.parametrize(
    ("tables", "share", "expected"),
    [
        (STAR, "50", {"Aggregation"}),
        (RING, "50", {"Agora", "DistributiveNetwork"}),
        (STAR | MAKING, "50", {"ValueChainWeb"}),
        (STAR | MAKING, "86", {"Aggregation"}),
        (RING | MAKING, "50", {"AllianceWeb", "DistributiveNetwork"}),
        (RING | collaborations(("forum", "2020", "", "abcdefg")), "50", {"Agora", "DistributiveNetwork"}),
        (
            RING | collaborations(("standards-body", "2020", "", "abcdefg")),
            "50",
            {"AllianceWeb", "DistributiveNetwork"},
        ),
    ],
)
def test_business_webs(write: Writer, tables: dict[str, str], share: str, expected: set[str]) -> None:
    folder = write(sectors=SECTORS, organizations=organizations(), **tables, **declared())
    assert readings(folder, "business-web-types", share=share) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("2000", "2001", "vwxyz"), ("2021", "2025", "abcdefg")], "EmergingStage"),
        ([("2021", "2025", "abcdefg")], "GrowingStage"),
        ([("2000", "2001", "ab"), ("2021", "2025", "abcdefg")], "GrowingStage"),
        ([("2000", "2018", "abcdefg"), ("2000", "2025", "ab")], "DecliningStage"),
        ([("2000", "2025", "abcdefg")], "SustainingStage"),
        ([("2000", "2025", "abcdef"), ("2021", "2025", "abc"), ("2021", "2025", "fg")], "SustainingStage"),
        ([("2000", "2025", "abcde"), ("2021", "2025", "abc"), ("2021", "2025", "fg")], "SustainingStage"),
        ([("2000", "2025", "abcde"), ("2021", "2025", "efg")], "GrowingStage"),
    ],
)
def test_stages(write: Writer, spans: list[tuple[str, str, str]], expected: str) -> None:
    """Of the ten years to 2025, five run to 2020 and five from 2021. One more link of ten is no growth, three are.

    Where the first links of all are of 2021, nobody knows what was before.
    """
    others = "".join(f"{name},{name},company,q,t\n" for name in "vwxyz")
    links = collaborations(*(("rd-project", *span) for span in spans))
    everybody = organizations(region="r") + others
    folder = write(regions=REGIONS, sectors=SECTORS, organizations=everybody, **links, **declared())
    assert readings(folder, "life-cycle") == {expected}


@pytest.mark.parametrize(
    ("kind", "tables", "expected"),
    [
        ("company", STAR, {"HubAndSpokeDistrict"}),
        ("university", STAR, {"StateAnchoredDistrict"}),
        ("association", STAR, {"MarshallianDistrict"}),
        ("company", RING, {"MarshallianDistrict"}),
    ],
)
def test_districts(write: Writer, kind: str, tables: dict[str, str], expected: set[str]) -> None:
    everybody = organizations(kind, "r")
    folder = write(regions=REGIONS, sectors=SECTORS, organizations=everybody, **tables, **declared())
    assert readings(folder, "district-types") == expected


def test_districts_whose_links_leave(write: Writer) -> None:
    """Two suppliers far away of every member: with a ring inside a satellite platform, with a clique none of the four."""
    everybody = organizations(region="r") + "x,x,company,q,t\ny,y,company,q,t\n"
    far = [(away, name) for away in "xy" for name in NAMES]
    tables = {"regions": REGIONS, "sectors": SECTORS, "organizations": everybody, **declared()}
    ring = supplies(*far, *pairwise(NAMES + NAMES[0]))
    assert readings(write(**tables, **ring), "district-types") == {"SatellitePlatform"}
    more = [(away, name) for away in "xyzw" for name in NAMES]
    tables["organizations"] = everybody + "z,z,company,q,t\nw,w,company,q,t\n"
    clique = supplies(*more) | collaborations(("forum", "2020", "", "abcdefg"))
    assert readings(write(**tables, **clique), "district-types") == {""}
