"""The columnar engine by itself: terms kept exactly, refusals that name the construct, the command line."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

import kg
from kg.cli import cli
from kg.engines import ColumnarEngine, OxigraphEngine, Solutions
from kg.engines.columnar.files import open_file, save
from kg.engines.columnar.store import ColumnarStore
from kg.errors import EngineError, UnsupportedQuery

TURTLE = """@prefix : <http://e/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a :v "01"^^xsd:integer, "1.50"^^xsd:double, "abc"^^xsd:integer, "x y"@en-GB, " "^^:t, "q\\"\\n\\\\", true, _:b ; :p :b .
"""


@pytest.fixture
def engine() -> ColumnarEngine:
    engine = ColumnarEngine(threads=1)
    engine.load(ox.parse(TURTLE, format=ox.RdfFormat.TURTLE))
    return engine


def rows(engine: ColumnarEngine, query: str) -> set[tuple[str, ...]]:
    answer = engine.query("PREFIX : <http://e/> " + query)
    assert isinstance(answer, Solutions)
    return {tuple(str(term) for term in row) for row in answer}


def test_terms_come_back_exactly(engine: ColumnarEngine) -> None:
    answer = engine.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    assert isinstance(answer, list)
    given = [quad.triple for quad in ox.parse(TURTLE, format=ox.RdfFormat.TURTLE)]
    as_set = {str(t) for t in given if not isinstance(t.object, ox.BlankNode)}
    assert {str(t) for t in answer if not isinstance(t.object, ox.BlankNode)} == as_set
    assert len(answer) == len(given)


def test_an_ill_typed_literal_is_an_error_in_a_filter_and_stays_a_term(engine: ColumnarEngine) -> None:
    assert rows(engine, "SELECT ?v { :a :v ?v FILTER(?v = 1) }") == {
        ('"01"^^<http://www.w3.org/2001/XMLSchema#integer>',)
    }
    assert len(rows(engine, 'SELECT ?v { :a :v ?v FILTER(STR(?v) = "abc") }')) == 1


def test_variables_that_differ_in_case_only(engine: ColumnarEngine) -> None:
    assert rows(engine, "SELECT ?x ?X { ?x :p ?X }") == {("<http://e/a>", "<http://e/b>")}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("SELECT * FROM <http://e/g> { ?s ?p ?o }", "FROM"),
        ("DESCRIBE <http://e/a>", "DESCRIBE"),
        ("SELECT * { SERVICE <http://e/s> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT (<http://e/f>(1) AS ?x) {}", "http://e/f"),
        ("SELECT * { ?s ?p ?o FILTER(RAND() < 0.5) }", "RAND"),
        ("SELECT * { ?s !^<http://e/p> ?o }", "negated property set"),
        ("SELECT * { ?s ?p ?o OPTIONAL { ?o ?q ?r FILTER EXISTS { ?s ?q ?r } } }", "EXISTS"),
        ("SELECT * { ?s ?p ?o FILTER EXISTS { ?o ?q ?r MINUS { ?s ?q ?r } } }", "MINUS"),
        ("SELECT * { ?s ?p ?o } OFFSET 1", "OFFSET"),
    ],
)
def test_refusals_name_the_construct(engine: ColumnarEngine, query: str, named: str) -> None:
    with pytest.raises(UnsupportedQuery, match=named):
        engine.query(query)


def test_a_rule_gives_what_is_new(engine: ColumnarEngine) -> None:
    rule = "PREFIX : <http://e/> CONSTRUCT { ?y :p ?x } WHERE { ?x :p ?y }"
    assert engine.run_rule(rule) == 1
    assert engine.query("ASK { <http://e/b> <http://e/p> <http://e/a> }") is True
    assert engine.run_rule(rule) == 0


def test_bindings_are_terms(engine: ColumnarEngine) -> None:
    answer = engine.select("SELECT ?x ?y { ?x <http://e/p> ?y }", {"x": ox.NamedNode("http://e/a")})
    assert answer == Solutions(("y",), [(ox.NamedNode("http://e/b"),)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.ttl"
    path.write_text(TURTLE, encoding="utf-8")
    return path


def test_the_command_line_says_who_answers(file: Path, tmp_path: Path) -> None:
    query = tmp_path / "q.rq"
    query.write_text("ASK { ?s <http://e/p> ?o }", encoding="utf-8")
    found = CliRunner().invoke(cli, ["query", str(query), "--engine", "columnar", "--data", str(file)])
    assert (found.exit_code, found.stdout, found.stderr) == (0, "true\n", "")
    query.write_text("DESCRIBE <http://e/b>", encoding="utf-8")
    found = CliRunner().invoke(cli, ["query", str(query), "--engine", "columnar", "--data", str(file)])
    assert found.exit_code == 0
    assert "DESCRIBE" in found.stderr
    assert "Oxigraph answers" in found.stderr


def test_the_library_warns_when_oxigraph_answers(file: Path) -> None:
    with pytest.warns(UserWarning, match="Oxigraph answers"):
        kg.query("DESCRIBE <http://e/b>", data=[file], engine="columnar")
    assert kg.query("ASK { ?s <http://e/p> ?o }", data=[file], engine="columnar") is True


@pytest.mark.parametrize("order", ["?v", "DESC(?v)"])
def test_rows_stand_in_the_order_of_the_standard(order: str) -> None:
    """Unbound, blank nodes, IRIs, then literals; numbers by value, whatever their type."""
    data = """@prefix : <http://e/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    :a :v 10 . :b :v 9.5 . :c :v "2"^^xsd:integer . :d :v -1 . :e :v "text" . :f :v :x . :g :v :y . :h :v [] . :i :w 1 .
    :j :v "a" . :k :v "1e1"^^xsd:double .
    """
    columnar, oxigraph = ColumnarEngine(threads=1), OxigraphEngine()
    for engine in (columnar, oxigraph):
        engine.load(ox.parse(data, format=ox.RdfFormat.TURTLE))
    query = f"PREFIX : <http://e/> SELECT ?s {{ ?s ?p ?o OPTIONAL {{ ?s :v ?v }} }} ORDER BY {order} ?s"
    found = [[str(term) for term in row] for row in columnar.select(query)]
    assert found == [[str(term) for term in row] for row in oxigraph.select(query)]
    assert len(found) == 11


def test_sums_of_distinct_stored_numbers_are_refused(engine: ColumnarEngine) -> None:
    with pytest.raises(UnsupportedQuery, match="DISTINCT"):
        engine.query("PREFIX : <http://e/> SELECT (SUM(DISTINCT ?v) AS ?n) { :a :v ?v }")


def test_numbers_that_a_double_rounds_are_refused_beside_one_and_ordered_without(engine: ColumnarEngine) -> None:
    exact = "SELECT ?v { VALUES ?v { 0.30000000000000001 0.3 0.2 } } ORDER BY ?v"
    assert [row[0].value for row in engine.select(exact) if row[0]] == ["0.2", "0.3", "0.30000000000000001"]
    with pytest.raises(UnsupportedQuery, match="double"):
        engine.query("SELECT ?v { VALUES ?v { 0.30000000000000001 3e-1 } } ORDER BY ?v")


UPDATES = [
    "INSERT { ?y :q ?x ; :n 7 } WHERE { ?x :p ?y }",
    "DELETE WHERE { ?x :p ?y }",
    'INSERT DATA { :c :p :d ; :v 1, 2.5, "x"@en . :d a :T }',
    "INSERT DATA { :c a :T, :U } ; DELETE DATA { :c a :T . :a :v true }",
    "DELETE { ?x :v ?v } INSERT { ?x :w ?m } WHERE { ?x :v ?v BIND(STRLEN(STR(?v)) AS ?m) }",
    "DELETE { ?x :v ?v } WHERE { ?x :v ?v FILTER(isNumeric(?v)) }",
]


@pytest.mark.parametrize("text", UPDATES)
def test_an_update_gives_the_graph_that_oxigraph_has(text: str) -> None:
    columnar, oxigraph = ColumnarEngine(threads=1), OxigraphEngine()
    for each in (columnar, oxigraph):
        # Out of a store, numbers are in the form in which Oxigraph keeps them.
        turtle = TURTLE.replace('"01"^^xsd:integer, "1.50"^^xsd:double', '1, "1.5"^^xsd:double').replace(", _:b", "")
        each.load(ox.parse(turtle + ":a a :T .", format=ox.RdfFormat.TURTLE))
    columnar.update("PREFIX : <http://e/> " + text)
    oxigraph.store.update("PREFIX : <http://e/> " + text)
    whole = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
    found, expected = columnar.query(whole), oxigraph.query(whole)
    assert isinstance(found, list)
    assert isinstance(expected, list)
    assert {str(triple) for triple in found} == {str(triple) for triple in expected}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("CLEAR ALL", "CLEAR"),
        ("INSERT DATA { GRAPH :g { :a :b :c } }", "GRAPH"),
        ("INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }", "predicate"),
        ("WITH :g DELETE { ?s :p ?o } WHERE { ?s :p ?o }", "WITH"),
    ],
)
def test_refused_updates_name_the_construct(engine: ColumnarEngine, text: str, named: str) -> None:
    with pytest.raises(UnsupportedQuery, match=named):
        engine.update("PREFIX : <http://e/> " + text)


def test_two_terms_of_one_number_stop_everything() -> None:
    """No two terms are known to have one number, so two are given one here."""
    store = ColumnarStore()
    store.add_terms("""SELECT '"one' AS key""")
    store.check()
    store.connection.execute("CREATE OR REPLACE MACRO term_id(k) AS 2")
    store.add_terms("""SELECT '"one' AS key""")

    def take_another() -> None:
        store.add_terms("""SELECT '"other' AS key""")
        store.check()

    with pytest.raises(EngineError, match=r"two terms have the same number .*one.*other"):
        take_another()


def test_a_term_with_the_number_of_another_in_a_file_stops_the_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ColumnarStore()
    number = store.numbered('"one')
    save(store, tmp_path / "columns.duckdb")
    opened = open_file(tmp_path / "columns.duckdb")
    assert opened.numbered('"one') == number
    opened.keep()
    monkeypatch.setattr("kg.engines.columnar.store._numbers", {'"other': number})
    assert opened.numbered('"other') == number
    with pytest.raises(EngineError, match=r"two terms have the same number .*one.*other"):
        opened.keep()


def test_terms_that_a_file_lacks_are_kept_beside_it(tmp_path: Path) -> None:
    engine = ColumnarEngine()
    engine.update("INSERT DATA { <http://e/a> <http://e/p> 'x' }")
    engine.save(tmp_path / "columns.duckdb")
    opened = ColumnarEngine.open(tmp_path / "columns.duckdb")
    query = "SELECT ?s ?new { ?s ?p 'x' VALUES ?new { 'x' <http://e/new> 'newer' 7 } } ORDER BY ?new"
    assert [[str(term) for term in row] for row in opened.select(query)] == [
        ["<http://e/a>", "<http://e/new>"],
        ["<http://e/a>", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'],
        ["<http://e/a>", '"newer"'],
        ["<http://e/a>", '"x"'],
    ]
