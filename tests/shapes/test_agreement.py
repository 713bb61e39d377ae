"""Random data and shapes: both engines and pySHACL find the same results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pyshacl.constraints.core import property_pair_constraints, value_range_constraints
from rdflib.namespace import SH

from kg.engines import ColumnarEngine, Engine, OxigraphEngine
from kg.reference import read_result
from kg.shacl.paths import read_path
from kg.shacl.report import Result
from kg.shacl.shapes import ShapesGraph
from kg.shacl.terms import sparql, to_rdflib
from kg.validate import Shapes, validate
from tests.shapes.random_shapes import DATES, DECLARED, LITERALS, NUMBERS, ODD, PREFIXES, TEXTS, data, shapes_graphs

EXAMPLES = settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
#: RDFLib leaves a variable free that is bound before to one of these, which are false in Python.
FALSE = ('""', "false", '"x"^^xsd:boolean')
_QUERIES = (":longer", ":known", ":only", "sh:sparql")
_ASKS = (rdflib.URIRef("http://e/LongerComponent"), rdflib.URIRef("http://e/KnownComponent"))
_EMPTY = ox.Store()

Key = tuple[str, ...]


@cache
def _order(one: str, other: str) -> int | None:
    for sign, order in (("=", 0), ("<", -1), (">", 1)):
        if _EMPTY.query(f"ASK {{ FILTER({one} {sign} {other}) }}"):
            return order
    return None


def compared(one: rdflib.term.Node, other: rdflib.term.Node) -> int:
    """Compare two literals as SPARQL does, where the standard says so; pySHACL goes by RDFLib's order of terms."""
    order = (
        _order(sparql(one), sparql(other))
        if isinstance(one, rdflib.Literal) and isinstance(other, rdflib.Literal)
        else None
    )
    if order is None:
        raise TypeError
    return order


def _accepts(accepted: Iterable[int]) -> Callable[..., object]:
    def holds(one: rdflib.term.Node, other: rdflib.term.Node) -> bool:
        try:
            return compared(one, other) in accepted
        except TypeError:
            return False

    def compare(
        self: object, values: dict[object, Iterable[object]], others: Iterable[object], graph: object, focus: object
    ) -> object:
        make = self.make_v_result  # type: ignore[attr-defined]
        reports = [make(graph, focus, value_node=v) for v in values for o in others if not holds(v, o)]  # type: ignore[arg-type]
        return bool(reports), reports

    return compare


@pytest.fixture(autouse=True)
def _pyshacl_compares_as_sparql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_range_constraints, "compare_literal", compared)
    pairs = property_pair_constraints
    monkeypatch.setattr(pairs.LessThanConstraintComponent, "_compare_lt", _accepts((-1,)))
    monkeypatch.setattr(pairs.LessThanOrEqualsConstraintComponent, "_compare_ltoe", _accepts((-1, 0)))


def _key(result: Result, graph: rdflib.Graph) -> Key:
    """Return what results are compared by; the values of ASK and the messages of queries are left out, where pySHACL differs."""
    core = str(result.component).startswith(str(SH)) and result.constraint is None
    asked = result.component in _ASKS and result.path is not None
    said = core and (result.shape, SH.message, None) in graph
    return (
        str(result.focus),
        "" if result.path is None else read_path(graph, result.path).text,
        "" if result.value is None or asked else str(result.value),
        str(result.component),
        str(result.severity),
        str(result.shape),
        str(result.constraint),
        *(sorted(message.n3() for message in result.messages) if said else ()),
    )


def _parsed(turtle: str) -> list[ox.Quad]:
    return list(dict.fromkeys(ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE)))


def _stored(quads: list[ox.Quad]) -> list[ox.Quad]:
    store = ox.Store()
    store.extend(quads)
    return list(store)


def _graph(quads: Iterable[ox.Quad]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for quad in quads:
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


def _found(engine: Engine, quads: Iterable[ox.Quad], shapes: rdflib.Graph) -> Counter[Key]:
    engine.load(quads)
    results = validate(engine, Shapes(ShapesGraph(shapes), frozenset())).results
    return Counter(_key(result, shapes) for result in results)


def _reference(quads: Iterable[ox.Quad], shapes: rdflib.Graph) -> Counter[Key]:
    _, report, text = pyshacl.validate(_graph(quads), shacl_graph=shapes, inplace=True, advanced=True)
    assert isinstance(report, rdflib.Graph), text
    return Counter(_key(read_result(report, node), shapes) for node in report.objects(None, SH.result))


@pytest.mark.parametrize(
    "literals", [NUMBERS + ODD, TEXTS + ODD[:4], DATES + NUMBERS[:3]], ids=["numbers", "texts", "dates"]
)
@EXAMPLES
@given(drawn=st.data())
def test_engines_and_pyshacl_find_the_same(literals: list[str], drawn: st.DataObject) -> None:
    text = drawn.draw(shapes_graphs(literals))
    triples = drawn.draw(data(literals))
    queries = any(name in text.removeprefix(DECLARED) for name in _QUERIES)
    assume(not (queries and any(value in text.removeprefix(DECLARED) + triples for value in FALSE)))
    shapes = _graph(_parsed(text))
    quads = _parsed(triples)
    assert _found(ColumnarEngine(threads=1), quads, shapes) == _reference(quads, shapes)
    # Oxigraph shortens numbers when it stores them, and those of queries.
    short, shapes = _stored(quads), _graph(_stored(_parsed(text)))
    assert _found(OxigraphEngine(), short, shapes) == _found(ColumnarEngine(threads=1), short, shapes)


def test_the_literals_are_all_drawn() -> None:
    assert set(LITERALS) == {*NUMBERS, *TEXTS, *DATES, *ODD}
