"""The Turtle writer: what it writes reads back, and depends on the triples alone."""

from __future__ import annotations

import pytest
from rdflib import XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from kg.turtle import PREFIXES, canonical_turtle, leading_comment

EX = Namespace("https://example.org/")
PREAMBLE = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
PREAMBLE += f"@prefix : <{EX}> .\n"


def turtle(text: str) -> Graph:
    """A graph from Turtle without its prefix declarations."""
    return Graph().parse(data=PREAMBLE + text, format="turtle")


ODD = {
    "numbers": ":s :p 1, 1.5, -2, .5, true, 1e3, '1'^^xsd:decimal, 'x'^^xsd:integer, '2020'^^xsd:gYear .",
    "texts": r""":s :p "a\"b\\c", "tab\t", "two\nlines", "ends\n\"", "\"\"\"\n\"\"\"\"" .""",
    "letters": r""":s :p "é"@fr, "日本"@ja-JP, "\r", "\u0001\n", "\u007F" .""",
    "iris": "<https://example.org/a/b.c> <https://example.org/p%20q> <https://example.org/#>, <urn:x:y> .",
    "nested": ":s :p [ :q [ :r 1 ], [] ] . [] :p :o . [] :p :o2 .",
    "lists": ":s :p (), ( 1 2 ), ( [ :q ( :a ) ] ( ) ), ( [] ) . ( :x ) :p :o .",
    "broken list": ":s :p [ rdf:first 1, 2 ; rdf:rest () ], [ rdf:first 1 ] .",
    "list with more": ":s :p [ rdf:first 1 ; rdf:rest () ; :q 3 ] .",
    "shared": ":s :p _:a ; :q _:a . _:a :r ( 1 _:b ) . _:c :r _:b .",
    "ring": "_:a :p _:b . _:b :p _:c . _:c :p _:a . :s :p [ :q 1 ] .",
    "loop": "_:a :p _:a .",
    "shared tail": ":s :p [ rdf:first 1 ; rdf:rest _:t ] . _:t rdf:first 2 ; rdf:rest () . :z :p _:t .",
    "sections": ":C a owl:Class . :p a owl:TransitiveProperty . :i a :C . :S a sh:NodeShape . :n :p 1 .",
    "empty": "",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_what_is_written_reads_back(text: str) -> None:
    graph = turtle(text)
    written = canonical_turtle(graph, header="A header\n\nof three lines")
    again = Graph().parse(data=written, format="turtle")
    assert isomorphic(graph, again)
    assert canonical_turtle(again, header=leading_comment(written)) == written


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_order_and_labels_do_not_matter(text: str) -> None:
    graph = turtle(text)
    renamed = {node: BNode() for triple in graph for node in triple if isinstance(node, BNode)}
    other = Graph()
    for s, p, o in sorted(graph, reverse=True):
        other.add((renamed.get(s, s), p, renamed.get(o, o)))  # type: ignore[call-overload]
    assert canonical_turtle(other) == canonical_turtle(graph)


def test_layout() -> None:
    graph = turtle(
        """@prefix ex: <https://example.org/> .
        ex:b a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:hasValue 1 ] .
        ex:a a owl:Class, skos:Concept ; skos:notation "x"^^xsd:string ; ex:list ( 1 "two" ) .
        [] a owl:AllDifferent ; owl:distinctMembers ( ex:x ex:y ) ."""
    )
    assert canonical_turtle(graph, header="Why\n\nand how") == (
        """\
# Why
#
# and how

@prefix ex: <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

# --- Classes

ex:a
    a
        owl:Class ,
        skos:Concept
        ;
    ex:list ( 1 "two" ) ;
    skos:notation "x" ;
    .

ex:b
    a owl:Class ;
    rdfs:subClassOf [
        a owl:Restriction ;
        owl:hasValue 1 ;
        owl:onProperty ex:p ;
    ] ;
    .

# --- Other

[]
    a owl:AllDifferent ;
    owl:distinctMembers ( ex:x ex:y ) ;
    .
"""
    )


def test_string_is_written_as_rdf_1_1_has_it() -> None:
    plain, typed = turtle(':s :p "x" .'), turtle(':s :p "x"^^xsd:string .')
    assert canonical_turtle(plain) == canonical_turtle(typed)


def test_one_more_triple_is_one_more_line() -> None:
    before = turtle(":s a :C ; :q 1 ; :r [ :p 2 ] .")
    lines = canonical_turtle(before).splitlines()
    assert [x for x in canonical_turtle(before + turtle(":s :p 3 .")).splitlines() if x not in lines] == [
        "    <https://example.org/p> 3 ;"
    ]


def test_known_prefixes_win_over_those_of_the_graph() -> None:
    graph = Graph()
    graph.bind("s", PREFIXES["schema"], replace=True)
    graph.bind("ckg", EX, replace=True)
    graph.add((EX.a, URIRef(PREFIXES["schema"] + "url"), Literal("x", datatype=XSD.anyURI)))
    assert "schema:url" in canonical_turtle(graph)
    assert "<https://example.org/a>" in canonical_turtle(graph)
