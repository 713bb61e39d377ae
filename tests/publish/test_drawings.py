"""What is drawn: the map, the network, charts; and the search index and texts."""

from __future__ import annotations

from math import hypot, sqrt
from typing import Any

import pytest

from kg.publish.charts import years_chart
from kg.publish.labels import Sign, labels, width_of
from kg.publish.network import HEIGHT, MOST_LINES, MOST_NODES, WIDTH, network
from kg.publish.reading import Record
from kg.publish.render import percent, safe_json, shown, web
from kg.publish.start import _inside, _levels
from kg.publish.words import KINDS, bits_of, terms, too_few, words_of
from kg.publish.worldmap import _equal_earth, _lambert, base_map


def test_equal_earth_is_as_published() -> None:
    # Šavrič and others 2019: the width of the map at the equator is 2.05458 times its height.
    east, north = _equal_earth(180, 0)[0], _equal_earth(0, 90)[1]
    assert east / north == pytest.approx(2.05458, abs=1e-4)
    assert _equal_earth(10, 0)[0] == pytest.approx(-_equal_earth(-10, 0)[0])


def test_lambert_keeps_areas_and_directions() -> None:
    project = _lambert(-100, 40)
    assert project(-100, 40) == pytest.approx((0, 0))
    # Snyder 1987, p. 332, on a sphere of radius 3: 20° S, 100° E is at -4.2339303, 4.0257775; so far away only the direction is kept.
    x, y = project(100, -20)
    assert x / y == pytest.approx(-4.2339303 / 4.0257775, abs=1e-5)
    # Half of the globe has the area of a disc of radius √2.
    assert hypot(*project(-10, 0)) == pytest.approx(sqrt(2))


def test_a_map_shows_all_points_with_room_around_them() -> None:
    points = [(-9.1, 38.7), (24.9, 60.2), (10.0, 45.0)]
    base = base_map(points)
    for point in points:
        x, y = base.project(*point)
        assert 20 < x < base.width - 20
        assert 10 < y < base.height - 10
    assert base.path.startswith("M")
    assert base.path.count("z") > 20


def test_a_map_over_the_date_line_is_no_map_of_the_world() -> None:
    base = base_map([(179, -17), (-179, -16), (178, -18)])
    (a, _), (b, _) = base.project(179, -17), base.project(-179, -17)
    assert 0 < b - a < base.width
    assert abs(b - a) > 100


def test_what_lies_on_the_date_line_is_not_drawn_across_the_world() -> None:
    steps = [part.split("l")[1].rstrip("z") for part in base_map([]).path.split("M")[1:]]
    numbers = [abs(float(one)) for part in steps for one in part.split(" ")[::2]]
    assert len(numbers) > 5_000
    # Only Antarctica, cut off below, has a long straight side.
    assert len([one for one in numbers if one > 120]) <= 2


@pytest.mark.parametrize("points", [[], [(5.4, 51.4)], [(-122, 37), (139, 35), (2, 48)]])
def test_maps_of_little_and_of_much(points: list[tuple[float, float]]) -> None:
    base = base_map(points)
    assert base.width == 1000
    assert 400 < base.height < 700
    for point in points:
        x, y = base.project(*point)
        assert 0 <= x <= base.width
        assert 0 <= y <= base.height


def test_signs_wait_where_they_would_cover_others() -> None:
    places = [
        {"x": 100.0, "y": 100.0, "reach": 10.0},
        {"x": 104.0, "y": 100.0, "reach": 6.0},
        {"x": 300.0, "y": 9.0, "reach": 6.0},
    ]
    _levels(places)
    assert [place["z"] for place in places] == [0, 2, 0]


def test_signs_at_the_ends_of_the_world_are_on_the_map() -> None:
    points = [(180.0, 0.0), (-180.0, 52.0), (0.0, 90.0), (0.0, -89.0), (5.0, 50.0)]
    base = base_map(points)
    for point in points:
        x, y = base.project(*point)
        place = {"x": x, "y": y, "reach": 13.0}
        assert 0 <= x <= base.width
        assert 0 <= y <= base.height
        _inside(place, base)
        assert 13 <= place["x"] <= base.width - 13
        assert 13 <= place["y"] <= base.height - 13
        assert hypot(place["x"] - x, place["y"] - y) < 20


def member(number: int, links: int = 1) -> dict[str, Any]:
    return {"organization": number, "vertical": links, "horizontal": 0, "name": f"MEMBER {number} OF A GROUP"}


def test_a_network_is_drawn_the_same_each_time_and_inside_its_frame() -> None:
    members = [member(n) for n in range(40)]
    supplies = [(n, (n * 7) % 40) for n in range(35) if n != (n * 7) % 40]
    one, two = (network(members, supplies, [[1, 2, 3], [3, 4]], 40) for _ in range(2))
    assert one == two
    assert all(0 < node.x < WIDTH and 0 < node.y < HEIGHT for node in one.nodes)
    assert {line.driver for line in one.lines} == {"v", "h"}
    assert len([line for line in one.lines if line.driver == "h"]) == 4


def test_a_large_network_is_bounded() -> None:
    members = [member(n) for n in range(500)]
    drawn = network(members, [(n, n + 1) for n in range(499)], [list(range(500))], 500)
    assert len(drawn.nodes) == MOST_NODES
    assert len(drawn.lines) <= MOST_LINES
    assert {line.driver for line in drawn.lines} == {"v", "h"}
    assert drawn.members == 500
    assert drawn.all_lines == MOST_NODES * (MOST_NODES - 1) // 2 + MOST_NODES - 1
    assert drawn.aside == 0


def test_every_member_that_has_a_line_keeps_one() -> None:
    # A dense middle has the strongest ties; the others are each tied to one of it, in a collaboration of many.
    middle = [[a, b] for a in range(40) for b in range(a)]
    drawn = network([member(n) for n in range(MOST_NODES)], [], [*middle, *([n, 0] for n in range(40, 58))] * 2, 90)
    reached = {end for line in drawn.lines for end in (line.one, line.other)}
    assert len(drawn.lines) == MOST_LINES < drawn.all_lines == 40 * 39 // 2 + 18
    assert reached == set(range(58))
    assert drawn.aside == 2


def test_names_cover_neither_each_other_nor_signs() -> None:
    members = [member(n) for n in range(MOST_NODES)]
    drawn = network(members, [(n, n // 3) for n in range(1, MOST_NODES)], [], MOST_NODES)
    boxes = []
    for node in drawn.nodes:
        if node.label:
            wide = width_of(node.label.text)
            left = node.x + node.label.dx - {"start": 0, "middle": wide / 2, "end": wide}[node.label.anchor]
            middle = node.y + node.label.dy - 4
            boxes.append((node, left, middle - 7, left + wide, middle + 7))
    assert len(boxes) > 15
    for place, (own, left, top, right, bottom) in enumerate(boxes):
        assert 0 < left < right < WIDTH
        assert 0 < top < bottom < HEIGHT
        for _, a, b, c, d in boxes[:place]:
            assert right <= a or c <= left or bottom <= b or d <= top
        for node in drawn.nodes:
            assert node is own or not (
                left < node.x + node.size and node.x - node.size < right
                and top < node.y + node.size and node.y - node.size < bottom
            )  # fmt: skip


def test_signs_of_a_network_stand_apart() -> None:
    drawn = network([member(n) for n in range(50)], [(0, n) for n in range(1, 50)], [list(range(12))], 50)
    nodes = drawn.nodes
    for place, one in enumerate(nodes):
        for other in nodes[:place]:
            assert hypot(one.x - other.x, one.y - other.y) > one.size + other.size


def test_a_name_that_fits_nowhere_is_left_out() -> None:
    signs = [
        Sign(100, 100, 10, ("ONE",)),
        Sign(112, 100, 10, ("TWO",)),
        Sign(300, 100, 10, ("a name as wide as the frame " * 9,)),
    ]
    assert set(labels(signs, [0, 1, 2], [], 400, 200)) == {0, 1}
    assert labels(signs, [0, 1], [], 400, 200)[0].anchor == "end"


def test_a_name_that_does_not_fit_is_cut_shorter() -> None:
    sign = Sign(100, 100, 10, ("a name that is far too long for it", "a name…"))
    assert labels([sign], [0], [], 200, 200)[0].text == "a name…"


def test_a_name_stands_where_no_line_runs() -> None:
    sign = Sign(100, 100, 10, ("ONE",))
    assert labels([sign], [0], [], 400, 200)[0].anchor == "start"
    assert labels([sign], [0], [(100, 100, 300, 101)], 400, 200)[0].anchor == "end"
    sides = [(0.0, 100.0, 300.0, 100.0), (120.0, 0.0, 120.0, 200.0)]
    assert labels([sign], [0], sides, 400, 200)[0].dy > 10


def test_a_network_of_nobody_linked_stands_in_rows() -> None:
    drawn = network([member(n, 0) for n in range(30)], [], [], 30)
    assert len({(node.x, node.y) for node in drawn.nodes}) == 30


def test_years_are_placed_by_their_distance() -> None:
    chart = years_chart([{"year": 2000, "linked": 10, "near": 10}, {"year": 2003, "linked": 20, "near": 5}])
    assert chart is not None
    assert (chart.bars[0].height, chart.bars[1].height) == (93, 186)
    assert chart.change == pytest.approx(-75)
    assert chart.first is not None
    assert chart.last is not None
    assert (chart.first["year"], chart.last["year"]) == (2000, 2003)
    assert years_chart([{"year": 2000, "linked": 10, "near": 1}]) is None


def test_texts_are_cut_and_made_visible() -> None:
    assert shown("Zürich") == "Zürich"
    assert shown("a\u202eb") == "a\\u202eb"
    assert shown("x" * 1000, 20) == "x" * 19 + "…"
    assert shown("a\nb") == "a b"
    assert shown(f"around {'x' * 200} (0123ab)", 60) == f"around {'x' * 43}… (0123ab)"
    assert len(shown(f"around {'x' * 200} (0123ab)", 60)) == 60


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("https://example.org/a", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)", False),
        (" https://example.org", False),
        ("https://", False),
        ("http://[", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_on_the_web_are_links(address: str | None, same: bool) -> None:
    assert web(address) == (address if same else "")


def test_json_can_not_end_a_script() -> None:
    assert safe_json({"a": "</script>\u2028&"}) == '{"a":"\\u003c/script\\u003e\\u2028\\u0026"}'


def test_shares_are_not_rounded_to_nothing() -> None:
    assert [percent(0), percent(0.001), percent(0.5), percent(None), percent(1, 3)] == [
        "0 %",
        "<1 %",
        "50 %",
        "–",
        "33 %",
    ]


def test_kinds_have_bits_and_words() -> None:
    assert bits_of("Cluster", KINDS) == 1
    assert words_of("Hub;BusinessWeb", KINDS) == "business web, hub"
    assert terms()["https://w3id.org/clusterkg/ontology#linkDensity"].label == "link density"


def _years(*rows: tuple[int, int, int]) -> list[Record]:
    return [dict(zip(("year", "linked", "near"), row, strict=True)) for row in rows]


def test_a_change_is_told_of_years_that_are_past_and_have_links_enough() -> None:
    rows = [(1984, 1, 1), (1990, 0, 0), (2000, 40, 20), (2021, 50, 10), (2024, 9, 9), (2027, 60, 1)]
    chart = years_chart(_years(*rows), 2026)
    assert chart is not None
    assert chart.first is not None
    assert chart.last is not None
    assert (chart.first["year"], chart.last["year"]) == (2000, 2021)
    assert chart.change == pytest.approx(-30)
    # What is a lot elsewhere is little beside thousands.
    chart = years_chart(_years((2021, 20, 10), (2022, 5359, 100), (2023, 5000, 300)))
    assert chart is not None
    assert chart.first is not None
    assert chart.first["year"] == 2022
    chart = years_chart(_years((1984, 1, 1), (2024, 86, 40)))
    assert chart is not None
    assert (chart.first, chart.last, chart.change) == (None, None, 0)


def test_all_years_are_in_the_table_of_a_chart() -> None:
    chart = years_chart(_years(*((1937 + n, 20, 10) for n in range(88))))
    assert chart is not None
    assert (len(chart.bars), len(chart.rows), chart.rows[0]["year"]) == (60, 88, 1937)
    assert chart.first is not None
    assert chart.first["year"] == 1937


@pytest.mark.parametrize(
    ("drivers", "few"),
    [
        (3, "neither Vertical nor Horizontal"),
        (0, "0 of 2 drivers, neither Vertical nor Horizontal"),
        (4, "1 of 2 drivers"),
        (5, ""),
    ],
)
def test_what_an_organisation_lacked_is_said(drivers: int, few: str) -> None:
    assert too_few(drivers, {"min_drivers": 2, "min_network_drivers": 1}) == few
    assert too_few(3, {"min_drivers": 2}) == ""
