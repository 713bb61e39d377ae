"""What is seen of a query before it is run: no way of writing SERVICE may be missed."""

from __future__ import annotations

import time

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.serve.text import GUESSED, form, look, shape

CALLS = [
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { service<http://127.0.0.1:1/>{?s ?p ?o} }",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<http://127.0.0.1:1/> { ?s ?p ?o } }",
    "PREFIX ex: <http://127.0.0.1:1/> SELECT * { SERVICE ex:a { ?s ?p ?o } }",
    "PREFIX ex: <http://127.0.0.1:1/> SELECT * { SERVICEex:a { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o FILTER(?s<?p)SERVICE ?o { ?a ?b ?c } }",
    r"PREFIX ex: <http://e.org/> SELECT * { ?s ex:a\' ?o . SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } ?s ex:b\' ?o }",
    r"SELECT * { ?s <http://e.org/\u0041#> ?o . SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } }",
    r"SELECT * { \u0053ERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } }",
    "SELECT * { # it's\n SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } }",
    "SELECT * { ?s ?p '''it's ''' . SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } }",
    "ASK { { SELECT * { SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } } } }",
]
HARMLESS = [
    "SELECT ?service { ?service ?p 'SERVICE' }",
    "SELECT * { ?s <http://e.org/SERVICE> ?o } # SERVICE",
    'SELECT * { ?s ?p """a SERVICE "quoted" """ }',
    "PREFIX ex: <http://e.org/> SELECT * { ?s ex:SERVICE ?o }",
    "SELECT ($service AS ?x) { ?s ?p '\\'SERVICE' }",
]


@pytest.mark.parametrize("query", CALLS)
def test_a_call_is_seen(query: str) -> None:
    assert look(query).service


@pytest.mark.parametrize("query", HARMLESS)
def test_what_is_no_call_is_let_through(query: str) -> None:
    assert not look(query).service
    ox.Store().query(query)  # it is well formed


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["SERVICE", "SILENT", "<http://127.0.0.1:1/>", "'", '"', "'''", "#", "\n", "\\'", "\\", "<", ">", "ex:", "ex:a",
             "?s", "?p", "?o", " ", " ", " ", "{", "}", ".", "1", "@en", "\\u0053", "FILTER(?s<?p)", "_:b", "a"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_nothing_that_runs_calls(parts: list[str]) -> None:
    body = "".join(parts)
    query = f"PREFIX ex: <http://e.org/> SELECT * {{ ?x ?y ?z . {body} }}"
    if look(query).service:
        return
    store = ox.Store()
    node = ox.NamedNode("http://e.org/a")
    store.add(ox.Quad(node, node, node))
    fault = ""
    try:
        list(store.query(query))  # type: ignore[arg-type]
    except SyntaxError:
        return
    except OSError as error:  # nobody listens there
        fault = str(error)
    assert not fault, f"it called: {query!r}"


def test_words() -> None:
    seen = look("SELECT (COUNT(*) AS ?n) FROM <http://e.org/g> { ?construct ?p ?o }")
    assert (seen.dataset, seen.gathers) == (True, True)
    assert form("CONSTRUCT WHERE { ?s ?p ?o }") == "CONSTRUCT"
    assert form("BASE <http://e.org/ask> # select\nPREFIX ask: <construct>\nDescribe <http://e.org/a>") == "DESCRIBE"
    assert form("SELECT (1 AS ?construct) { ?s ?p 'CONSTRUCT' }") == "SELECT"
    assert form("'SELECT' ASK {}") == ""


LONG = ["1", ".", "-", "a.", "a-", r"\'", "\\'''\n", r'"""\ ', "<a", "_", "a:", "?", "@a", "#", r"\u0053", "{"]


@pytest.mark.parametrize("part", LONG)
def test_no_text_takes_long_to_look_at(part: str) -> None:
    query = "SELECT * { ?s ?p " + (part * 256_000)[:256_000]
    began = time.process_time()
    shape(query)
    form(query)
    look(query[:GUESSED])
    assert time.process_time() - began < 5  # a text of this length took minutes
