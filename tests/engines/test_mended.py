"""Queries that were once answered wrongly: errors that became terms, and what RDFLib's parser and algebra lose."""

from __future__ import annotations

from collections import Counter

import pytest
from pyoxigraph import RdfFormat, parse

from kg.engines import ColumnarEngine, OxigraphEngine, Solutions
from kg.errors import UnsupportedQuery, UsageError

PREFIXES = "PREFIX : <http://e/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
DATA = """@prefix : <http://e/> .
:a :u :b ; :l "x" , "2" ; :n 1 , 2 , 3 . <http://e/a-b> :p "v" . :b :q :c . :c :q 5 ."""
SAME = [
    "SELECT * { ?s :u ?u ; :l ?l FILTER(?u != 1/0) }",
    "SELECT * { ?s :u ?u ; :l ?l FILTER(?u NOT IN (IRI(?l+1))) }",
    "SELECT * { ?s :u ?u ; :l ?l FILTER(?l != STR(?l+1)) }",
    "SELECT * { ?s :u ?u ; :l ?l FILTER(?l != LANG(:a)) }",
    "SELECT * { ?s :u ?u ; :l ?l FILTER(?u != DATATYPE(?u)) }",
    "SELECT * { ?s :u ?u FILTER(sameTerm(1/0, 1/0)) }",
    "SELECT * { ?s :u ?u FILTER(!sameTerm(1/0, :a)) }",
    "SELECT * { :a :l ?l BIND(xsd:integer(STR(?l)) AS ?x) ?z :n ?x }",
    "SELECT (COUNT(?x) AS ?c) { {:a :n ?x} UNION {:a :l ?l BIND(xsd:integer(STR(?l)) AS ?x)} }",
    "SELECT * { {:a :n ?x} UNION {:a :l ?l BIND(xsd:integer(STR(?l)) AS ?x)} FILTER(!bound(?x)) }",
    "SELECT * { :a :l ?l ; :n ?n FILTER(COALESCE(?l, ?n) = 2) }",
    "SELECT * { :a :l ?l ; :n ?n FILTER(COALESCE(?l, ?n) < 3) }",
    "SELECT * { :a :n ?n FILTER(COALESCE(:b, 2) = 2) }",
    "SELECT * { :a :n ?n FILTER(COALESCE(?zz, ?n) = 2) }",
    *(f"SELECT * {{ :a :n ?n FILTER({falsy}) }}" for falsy in ("false", '""', "0", "0.0", '""@en', '"0"^^xsd:boolean')),
    "ASK { FILTER(false) }",
    "SELECT * { :a :n ?n OPTIONAL { :a :l ?l FILTER(false) } }",
    r"SELECT * { :a\-b :p ?x }",
    r"SELECT (:a\-b AS ?y) {}",
    "CONSTRUCT { } WHERE { ?s :q ?o }",
    "CONSTRUCT WHERE { ?s :q ?o }",
    "SELECT * { GRAPH :nope { } }",
    "ASK { GRAPH :nope { BIND(1 AS ?x) } }",
    "SELECT * { GRAPH :nope { OPTIONAL { :a :q ?x } } }",
    "SELECT * { ?s :q ?o } VALUES ?zz { 1 2 }",
    "SELECT * { ?s :l ?o MINUS { ?a :q ?b } }",
    "SELECT * { ?s :q ?o FILTER EXISTS { ?o :q ?b } }",
    "SELECT * { { SELECT * { ?s :q ?o } VALUES ?zz { 1 2 } } ?s :q ?k OPTIONAL { ?k :q ?kk } }",
    'SELECT (IRI("urn:x:#a#b") AS ?r) {}',
    r'SELECT (GROUP_CONCAT(STR(?n); SEPARATOR="\r") AS ?c) { ?s :n ?n FILTER(?n = 1) }',
    "SELECT ?s (COUNT(*) + ?k AS ?c) { ?s :n ?o BIND(1 AS ?k) } GROUP BY ?s ?k",
    "SELECT (?s2 AS ?t) (MAX(?o) AS ?m) { ?s :n ?o } GROUP BY (STR(?s) AS ?s2) HAVING(COUNT(*) > 1)",
    "SELECT ?s { ?s :n ?o FILTER(?o = 2 && false) }",
]
REFUSED = {
    "SELECT * { {:a :n ?x} UNION {:a :n ?n BIND(?n*10000000000000000*500 AS ?x)} }": "more than 17 digits",
    "SELECT (<a> AS ?y) {}": "relative IRI",
    r"""SELECT ("it\'s" AS ?x) {}""": "RDFLib can't read",
    "SELECT (COUNT(*) AS ?c) { ?s :n ?n } GROUP BY (?s = :a)": "without AS",
}
NOT_ALLOWED = [
    "SELECT * { ?s :n ?n } GROUP BY ?s",
    "SELECT ?s (COUNT(?o) AS ?c) { ?s :n ?o }",
    "SELECT ?o { ?s :n ?o } GROUP BY ?s",
    "SELECT (COUNT(*) AS ?c) (?c * 2 AS ?d) { ?s :n ?o }",
]


@pytest.fixture(scope="module")
def columnar() -> ColumnarEngine:
    engine = ColumnarEngine(threads=1)
    engine.load(parse(DATA, format=RdfFormat.TURTLE))
    return engine


@pytest.fixture(scope="module")
def oxigraph() -> OxigraphEngine:
    engine = OxigraphEngine()
    engine.load(parse(DATA, format=RdfFormat.TURTLE))
    return engine


def shown(answer: object) -> object:
    if isinstance(answer, Solutions):
        rows = ({n: str(t) for n, t in zip(answer.variables, row, strict=True)} for row in answer)
        return sorted(answer.variables), Counter(tuple(sorted(row.items())) for row in rows)
    return sorted(map(str, answer)) if isinstance(answer, list) else answer


@pytest.mark.parametrize("query", SAME)
def test_the_answer_is_that_of_oxigraph(query: str, columnar: ColumnarEngine, oxigraph: OxigraphEngine) -> None:
    assert shown(columnar.query(PREFIXES + query)) == shown(oxigraph.query(PREFIXES + query))


@pytest.mark.parametrize(("query", "reason"), REFUSED.items())
def test_what_can_not_be_answered_is_refused_by_name(query: str, reason: str, columnar: ColumnarEngine) -> None:
    with pytest.raises(UnsupportedQuery, match=reason):
        columnar.query(PREFIXES + query)


@pytest.mark.parametrize("query", NOT_ALLOWED)
def test_what_sparql_does_not_allow_is_an_error(query: str, columnar: ColumnarEngine, oxigraph: OxigraphEngine) -> None:
    for engine in (columnar, oxigraph):
        with pytest.raises(UsageError):
            engine.query(PREFIXES + query)


def test_an_error_is_no_triple_of_a_rule() -> None:
    engine = ColumnarEngine(threads=1)
    engine.load(parse(DATA, format=RdfFormat.TURTLE))
    rule = 'CONSTRUCT { ?s :x ?r } WHERE { ?s :l ?l FILTER(?l = "x") BIND(xsd:integer(?l) AS ?r) }'
    assert engine.run_rule(PREFIXES + rule) == 0
    engine.update(PREFIXES + "INSERT { ?s :y ?r } WHERE { ?s :l ?l BIND(?l + 1 AS ?r) }")
    assert engine.query(PREFIXES + "SELECT * { ?s :x|:y ?o }") == Solutions(("s", "o"), [])


def test_a_graph_that_is_not_there_has_no_solutions(columnar: ColumnarEngine) -> None:
    assert columnar.query(PREFIXES + "SELECT * { GRAPH :nope { VALUES ?x { 1 2 } } }") == Solutions(("x",), [])


def test_labels_of_a_template_that_look_alike_are_different_nodes(columnar: ColumnarEngine) -> None:
    found = columnar.query(PREFIXES + "CONSTRUCT { _:a_b :x :k . _:axb :y :k } WHERE { :a :u ?x }")
    assert isinstance(found, list)
    assert len({triple.subject for triple in found}) == 2
