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
#: An association that all are in, so that nobody stands out by the number of partners.
CLIQUE = collaborations(("association", "2020", "", NAMES))


def clique(kind: str) -> dict[str, str]:
    return collaborations((kind, "2020", "", NAMES))


@pytest.mark.parametrize(
    ("tables", "share", "expected"),
    [
        (STAR, "50", {"Aggregation"}),
        (STAR | MAKING, "50", {"ValueChainWeb"}),
        (STAR | MAKING, "86", {"Aggregation"}),
        (RING | MAKING, "50", {"AllianceWeb"}),
        (RING | clique("standards-body"), "50", {"AllianceWeb"}),
        (RING | clique("interest-group"), "50", {"AllianceWeb"}),
        (RING | clique("forum"), "50", set()),
        (RING, "50", {"Agora"}),
        (RING | collaborations(("forum", "2020", "", "abc")), "50", {"Agora"}),
        (RING | collaborations(("forum", "2020", "", "abcd")), "50", set()),
        (RING | collaborations(("forum", "2020", "", "abcd")), "58", {"Agora"}),
        (clique("consortium"), "50", {"AllianceWeb"}),
        (clique("association"), "50", set()),
    ],
)
def test_business_webs(write: Writer, tables: dict[str, str], share: str, expected: set[str]) -> None:
    """A ring is a market as long as its members are tied by little else; an alliance web needs no supply."""
    folder = write(sectors=SECTORS, organizations=organizations(), **tables, **declared())
    assert readings(folder, "business-web-types", share=share) == expected


def test_an_association_commands_nobody(write: Writer) -> None:
    """The association in the centre of a star is no firm that leads: the parts are made together without one."""
    pairs = collaborations(*(("rd-project", "2020", "", two) for two in ("bc", "de", "fg")))
    tables = {"sectors": SECTORS, "organizations": organizations(), **declared(), **STAR, **pairs}
    assert readings(write(**tables), "business-web-types") == {"ValueChainWeb"}
    tables["organizations"] = organizations().replace("a,a,company", "a,a,association")
    assert readings(write(**tables), "business-web-types") == {"AllianceWeb"}


def spans_of(*spans: tuple[str, str, str]) -> dict[str, str]:
    return collaborations(*(("rd-project", *span) for span in spans))


BEFORE = ("2000", "2001", "vwxyz")


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([BEFORE, ("2021", "2025", "abcdefg")], "EmergingStage"),
        ([BEFORE, ("2020", "2025", "abcdefg")], "GrowingStage"),
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
    assert readings(write(**staged(*spans)), "life-cycle") == {expected}


def staged(*spans: tuple[str, str, str]) -> dict[str, str]:
    others = "".join(f"{name},{name},company,q,t\n" for name in "vwxyz")
    tables = {"regions": REGIONS, "sectors": SECTORS, "organizations": organizations(region="r") + others}
    return tables | declared() | spans_of(*spans)


def test_links_with_outsiders_make_no_stage(write: Writer) -> None:
    """Seven pairs inside all the time; each member's new links to five outsiders are no growth of the group."""
    outside = [("2021", "2025", f"{name}{other}") for name in NAMES for other in "vwxyz"]
    ring = [("2000", "2025", f"{one}{other}") for one, other in pairwise(NAMES + NAMES[0])]
    assert readings(write(**staged(*ring, *outside)), "life-cycle") == {"SustainingStage"}


def test_a_link_or_two_make_no_stage(write: Writer) -> None:
    """Seven members that are in one undated association: with six dated pairs inside no stage is given, with seven one is."""
    chain = [("2000", "2025", f"{one}{other}") for one, other in pairwise(NAMES)]
    tables = staged(*chain, ("", "", NAMES))
    assert readings(write(**tables), "life-cycle") == set()
    assert readings(write(**tables), "life-cycle", least="0.8") == {"SustainingStage"}
    tables = staged(*chain, ("2000", "2025", "ga"), ("", "", NAMES))
    assert readings(write(**tables), "life-cycle") == {"SustainingStage"}


def test_supplies_count_as_links(write: Writer) -> None:
    """A pair that both supply and collaborate is one pair, and a supply link counts from its year."""
    pairs = list(pairwise(NAMES + NAMES[0]))
    rows = "".join(f"{one},{other},2000,\n" for one, other in pairs) + "a,c,2021,\n"
    tables = staged(BEFORE, ("2021", "2025", "ab")) | {"supplies": f"supplier,customer,since,until\n{rows}"}
    assert readings(write(**tables), "life-cycle", percent="14") == {"GrowingStage"}
    assert readings(write(**tables), "life-cycle", percent="15") == {"SustainingStage"}


@pytest.mark.parametrize(
    ("kind", "tables", "expected"),
    [
        ("company", STAR, {"HubAndSpokeDistrict"}),
        ("university", STAR, {"StateAnchoredDistrict"}),
        ("association", STAR, {"MarshallianDistrict"}),
        ("other", STAR, {"MarshallianDistrict"}),
        ("company", RING, {"MarshallianDistrict"}),
    ],
)
def test_districts(write: Writer, kind: str, tables: dict[str, str], expected: set[str]) -> None:
    everybody = organizations(kind, "r")
    folder = write(regions=REGIONS, sectors=SECTORS, organizations=everybody, **tables, **declared())
    assert readings(folder, "district-types") == expected


@pytest.mark.parametrize(
    ("kind", "pairs", "parameters", "expected"),
    [
        ("company", ["ba", "ca", "da"], {}, {"HubAndSpokeDistrict"}),
        ("public", ["ba", "ca", "ad"], {}, {"StateAnchoredDistrict"}),
        ("association", ["ba", "ca", "da"], {}, {"MarshallianDistrict"}),
        ("other", ["ba", "ca", "da"], {}, {"MarshallianDistrict"}),
        ("company", ["ba", "ca", "da"], {"least": "4"}, {""}),
        ("company", ["ba", "ca"], {}, {""}),
        ("company", ["ba", "ca"], {"least": "2"}, {"HubAndSpokeDistrict"}),
        ("company", ["ba"], {}, {"MarshallianDistrict"}),
        ("company", ["ba", "ca", "da", "ed", "fe", "gf"], {}, {"HubAndSpokeDistrict"}),
        ("company", ["ba", "ca", "da", "ed", "fe", "gf"], {"share": "51"}, {"MarshallianDistrict"}),
        ("company", [one + other for one in NAMES for other in NAMES if one < other], {}, {"MarshallianDistrict"}),
        ("company", ["ab", "bc", "cd", "da"], {}, {"MarshallianDistrict"}),
    ],
)
def test_a_hub_in_a_clique(
    write: Writer, kind: str, pairs: list[str], parameters: dict[str, str], expected: set[str]
) -> None:
    """Where one association links all to all nobody is focal: who leads is seen by who deals with whom.

    Two that deal with one and with nobody else are too few for a leader, but enough to doubt that there is none. A
    single pair is not, nor are four in a ring or seven that all supply each other, where nobody stands out.
    """
    everybody = organizations(kind, "r")
    folder = write(
        regions=REGIONS,
        sectors=SECTORS,
        organizations=everybody,
        **CLIQUE,
        **supplies(*((pair[0], pair[1]) for pair in pairs)),
        **declared(),
    )
    assert readings(folder, "district-types", **parameters) == expected


def test_several_leaders(write: Writer) -> None:
    """Two firms share the suppliers, three each, so that neither is focal; a public body beside them is another form."""
    pairs = ["ca", "da", "ea", "eb", "fb", "gb"]
    tables = {
        "regions": REGIONS,
        "sectors": SECTORS,
        **CLIQUE,
        **supplies(*((pair[0], pair[1]) for pair in pairs)),
        **declared(),
    }
    everybody = organizations(region="r")
    assert readings(write(**tables, organizations=everybody), "district-types") == {"HubAndSpokeDistrict"}
    everybody = everybody.replace("a,a,company", "a,a,public")
    both = {"HubAndSpokeDistrict", "StateAnchoredDistrict"}
    assert readings(write(**tables, organizations=everybody), "district-types") == both


def test_districts_whose_links_leave(write: Writer) -> None:
    """Two suppliers far away of every member: with a ring inside a satellite platform, with a clique none of the four."""
    everybody = organizations(region="r") + "x,x,company,q,t\ny,y,company,q,t\n"
    far = [(away, name) for away in "xy" for name in NAMES]
    tables = {"regions": REGIONS, "sectors": SECTORS, "organizations": everybody, **declared()}
    ring = supplies(*far, *pairwise(NAMES + NAMES[0]))
    assert readings(write(**tables, **ring), "district-types") == {"SatellitePlatform"}
    more = [(away, name) for away in "xyzw" for name in NAMES]
    tables["organizations"] = everybody + "z,z,company,q,t\nw,w,company,q,t\n"
    dense = supplies(*more) | CLIQUE
    assert readings(write(**tables, **dense), "district-types") == {""}


def trades(folder: Path) -> int:
    """Return how many suppliers in the place stand for related and supporting industries of the declared group."""
    answer = kg.ask(kg.build(folder, with_validation=False, with_store=False), "diamond")
    found = {
        int(row[answer.variables.index("number")].value)  # type: ignore[union-attr]
        for row in answer
        if row[0] is not None
        and row[0].value.endswith("/declared/g")
        and any(term is not None and term.value.endswith("#RelatedAndSupportingIndustries") for term in row)
    }
    return max(found, default=0)


@pytest.mark.parametrize(
    ("supplier", "sectors", "expected"),
    [
        ("of another sector", "r,u", 1),
        ("of the same sector", "r,s1", 0),
        ("of the sector above", "r,s", 0),
        ("of a sector below", "r,s11", 0),
        ("of a sector beside", "r,s2", 1),
        ("of both", "r,s1;s2", 0),
        ("of no sector", "r,", 0),
        ("from elsewhere", "q,u", 0),
    ],
)
def test_related_industries_are_of_another_trade(write: Writer, supplier: str, sectors: str, expected: int) -> None:
    """The member supplied states s1, which is below s as s2 is: the maker of parts has the theme of the cluster too."""
    region, stated = sectors.split(",")
    tree = "id,name,broader,level\ns,S,,2\nu,U,,2\ns1,S1,s,3\ns2,S2,s,3\ns11,S11,s1,4\n"
    rows = "".join(f"{name},{name},company,r,s1\n" for name in NAMES)
    folder = write(
        regions=REGIONS,
        sectors=tree,
        organizations=f"id,name,kind,region,sectors\n{rows}x,{supplier},company,{region},{stated}\n",
        **CLIQUE,
        **supplies(("x", "a"), ("b", "c")),
        **declared(),
    )
    assert trades(folder) == expected
