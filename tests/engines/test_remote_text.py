"""Queries as text for a server: their parts, rules as updates, terms for variables; and the settings of a server."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.catalog import load
from kg.engines import OxigraphEngine
from kg.engines.remote import RemoteOptions, remote_options
from kg.engines.remote.text import bound, declared, parts, rule_update
from kg.errors import UnsupportedQuery, UsageError
from kg.infer import rules
from kg.settings import read_settings

WORKING, SAID = "http://e/working", "http://e/said"


@pytest.mark.parametrize("using", [True, False])
def test_every_rule_is_an_update_that_adds_what_the_rule_says(using: bool) -> None:
    graph = ox.Store()
    graph.load(
        b"<http://e/a> <http://e/p> <http://e/b> . <http://e/b> <http://e/p> <http://e/c> .", format=ox.RdfFormat.TURTLE
    )
    for shipped in rules():
        STORE.update(rule_update(shipped.text, into=SAID, seen=WORKING, using=using))  # it is well formed
    rule = "CONSTRUCT { ?s <http://e/q> ?n } # as { says\nWHERE { SELECT ?s (COUNT(?o) AS ?n) { ?s <http://e/p> ?o } GROUP BY ?s }"
    expected = {str(triple) for triple in graph.query(rule)}  # type: ignore[union-attr]
    store = ox.Store()
    store.extend(ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode(WORKING)) for q in graph)
    store.update(rule_update(rule, into=SAID, seen=WORKING, using=using))
    assert {str(q.triple) for q in store.quads_for_pattern(None, None, None, ox.NamedNode(SAID))} == expected
    assert len(store) == 2 + len(expected)


@pytest.mark.parametrize(
    ("rule", "construct"),
    [
        ("CONSTRUCT { ?s ?p _:b } WHERE { ?s ?p ?o }", "blank nodes"),
        ("CONSTRUCT { ?s ?p [ ?p ?o ] } WHERE { ?s ?p ?o }", "blank nodes"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3", "LIMIT"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } VALUES ?s { 1 }", "VALUES"),
        ("CONSTRUCT { ?s ?p ?o } FROM <http://e/g> WHERE { ?s ?p ?o }", "FROM"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "template"),
        ("SELECT ?s WHERE { ?s ?p ?o }", "CONSTRUCT"),
    ],
)
def test_rules_that_are_no_updates_are_refused(rule: str, construct: str) -> None:
    with pytest.raises(UnsupportedQuery, match=construct):
        rule_update(rule, into=SAID, seen=WORKING, using=True)


def test_the_parts_of_a_query_are_found_behind_braces_in_strings_and_comments() -> None:
    query = 'PREFIX select: <http://e/#> # { \nSELECT (IF(EXISTS { ?s ?p "}" }, 1, 2) AS ?x) WHERE { ?s select:p """ } "" """ . } ORDER BY ?x'
    found = parts(query)
    assert found.form == "SELECT"
    assert found.pattern == ' ?s select:p """ } "" """ . '
    assert found.rest == " ORDER BY ?x"
    for damaged in (
        "",
        "SELECT",
        "ASK",
        "SELECT ?x { ?x",
        "SELECT ?x { ?x }}",
        "nonsense { }",
        "SELECT ?x { } { } { }",
    ):
        with pytest.raises((UsageError, UnsupportedQuery)):
            parts(damaged)


def test_prefixes_are_declared_once() -> None:
    assert declared("SELECT ?x { ?x a skos:Concept }").startswith(
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
    )
    query = "PREFIX skos: <http://e/> SELECT ?x { ?x a skos:Concept }"
    assert declared(query) == query


#: Only for texts of queries: a new store takes a while.
STORE = ox.Store()
HOSTILE = ['" } ; DROP ALL #', "'", '"""', "\\", "\n\r\t", "}", "é\u2028\U0001f600", "?x", "\x01\x7f", ""]


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "en", "type"])
)
def test_terms_stay_terms(text: str, kind: str) -> None:
    """What a term says never becomes a part of the query."""
    term = (
        ox.Literal(text, datatype=ox.NamedNode("http://e/type"))
        if kind == "type"
        else ox.Literal(text, language=kind or None)
    )
    STORE.clear()
    STORE.add(ox.Quad(ox.NamedNode("http://e/a"), ox.NamedNode("http://e/p"), term))
    (solution,) = STORE.query(bound("SELECT ?s ?o { ?s <http://e/p> ?o }", {"o": term}))  # type: ignore[misc]
    assert solution["o"] == term


def test_terms_are_bound_as_the_embedded_engine_does() -> None:
    engine = OxigraphEngine()
    engine.add(
        ox.Triple(ox.NamedNode(f"http://e/{s}"), ox.NamedNode("http://e/p"), ox.Literal(n))
        for s, n in zip("aabbb", range(5), strict=True)
    )
    queries = [
        "SELECT ?s ?n WHERE { { SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o } GROUP BY ?s } FILTER(?n >= ?least) } ORDER BY ?s",
        "SELECT ?s ?least WHERE { SELECT ?s ?least { ?s ?p ?least } } ORDER BY ?s",
        "SELECT ?s ?o WHERE { ?s ?p ?o FILTER(?o > ?least) } ORDER BY ?o LIMIT 1",
    ]
    for query in queries:
        given = {"least": ox.Literal(3)}
        embedded = query if "?least" in parts(query).head else query.replace("SELECT", "SELECT ?least", 1)
        expected = engine.select(embedded, given).rows
        answer = engine.select(bound(query, given))
        shown = [place for place, name in enumerate(answer.variables) if name != "least"]
        assert [tuple(row[place] for place in shown) for row in answer] == expected
    with pytest.raises(UsageError, match="blank node"):
        bound("SELECT ?s { ?s ?p ?o }", {"s": ox.BlankNode()})


def test_every_question_with_parameters_is_well_formed_when_they_are_bound() -> None:
    asked = 0
    for question in load("queries/questions"):
        terms = {parameter.name: ox.Literal('a "term"') for parameter in question.parameters}
        answer = STORE.query(bound(question.text, terms))
        assert isinstance(answer, ox.QuerySolutions), question.name
        asked += bool(terms)
    assert asked > 10


URL = {"url": "http://localhost:7878/query"}


def options(**section: object) -> RemoteOptions:
    found = remote_options("[engine]", URL | {"server": "oxigraph"} | section, {"WORD": "s3cret"})
    assert found is not None
    return found


def test_endpoints_are_told_by_the_server() -> None:
    assert (options().update, options().graph_store) == ("http://localhost:7878/update", "http://localhost:7878/store")
    virtuoso = options(server="virtuoso", url="https://e.org/db/sparql-auth", user="dba")
    assert (virtuoso.update, virtuoso.graph_store) == (
        "https://e.org/db/sparql-auth",
        "https://e.org/db/sparql-graph-crud-auth",
    )
    assert virtuoso.authentication == "digest"
    assert options(update="http://localhost/u").update == "http://localhost/u"
    assert options(user="me", password_env="WORD").password == "s3cret"
    assert "s3cret" not in repr(options(user="me", password_env="WORD"))
    assert remote_options("[engine]", {"name": "columnar"}, {}) is None


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"server": "oxigraf"}, "did you mean 'oxigraph'"),
        ({"server": "sparql11"}, "needs update"),
        ({"url": "http://localhost:7878/sparql"}, "needs update"),
        ({"url": "localhost:7878/query"}, "must be an address"),
        ({"url": "ftp://localhost/query"}, "must be an address"),
        ({"url": "http://local host/query"}, "must be an address"),
        ({"url": "http://localhost:99999/query"}, "must be an address"),
        ({"url": 7}, "must be an address"),
        ({"url": "http://me:s3cret@localhost/query"}, "must not name a user"),
        ({"url": None}, "needs url"),
        ({"authentication": "digets", "user": "me"}, "did you mean 'digest'"),
        ({"authentication": "digest"}, "needs a user"),
        ({"password": "s3cret"}, "has a password and no user"),
        ({"user": "me", "password": "s3cret", "password_env": "WORD"}, "leave one of them out"),
        ({"user": "me", "password_env": "WORDS"}, "the environment has no such variable"),
        ({"user": "me", "password": 7}, "password must be a text"),
        ({"user": "m:e", "password": "s3cret"}, "no colon"),
        ({"timeout": 0}, "must be from"),
        ({"timeout": "soon"}, "must be a number"),
        ({"timeout": float("nan")}, "must be a number"),
        ({"batch": 2.5}, "must be a whole number"),
        ({"batch": 0}, "must be from"),
        ({"retries": True}, "must be a whole number"),
        ({"retries": -1}, "must be from"),
    ],
)
def test_impossible_settings_are_refused(section: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        options(**section)
    assert "s3cret" not in str(raised.value)


def test_settings_of_a_project(tmp_path: Path) -> None:
    def read(engine: str) -> object:
        text = f'[project]\nbase = "https://e.org/"\n[engine]\n{engine}\n[[source]]\ntype = "tables"\npath = "data"\n'
        (tmp_path / "kg.toml").write_text(text)
        return read_settings(tmp_path)

    with pytest.raises(UsageError, match="no setting 'graph_stor': did you mean 'graph_store'"):
        read('graph_stor = "http://localhost"')
    with pytest.raises(UsageError, match="did you mean 'remote'"):
        read('name = "remot"')
    with pytest.raises(UsageError, match="names no server: the remote engine needs url"):
        read('name = "remote"').on_server("working")  # type: ignore[attr-defined]
