"""Shapes that are not well formed are refused, and the message says which shape and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import ShapesError
from kg.validate import KINDS, read_shapes, shapes

PREFIXES = "@prefix : <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
MALFORMED = [
    (":S a sh:PropertyShape .", "http://e/S .*needs sh:path"),
    (":S a sh:NodeShape ; sh:path :p .", "a node shape has no sh:path"),
    (":S a sh:PropertyShape ; sh:path :p, :q .", "one sh:path, not several"),
    (":S a sh:PropertyShape ; sh:path [ sh:inversePath :p ; sh:zeroOrMorePath :q ] .", "not one of the property paths"),
    (":S a sh:PropertyShape ; sh:path ( :p ) .", "at least two"),
    (":S a sh:PropertyShape ; sh:path [ rdf:first :p ; rdf:rest [ rdf:first :q ] ] .", "not one rdf:first and one rdf:rest"),
    (":S a sh:PropertyShape ; sh:path _:a . _:a rdf:first :p ; rdf:rest _:a .", "contains itself"),
    (":S a sh:NodeShape ; sh:minCount 1 .", "for property shapes"),
    (":S sh:path :p ; sh:minCount 1, 2 .", "sh:minCount may have one value, and has 2"),
    (':S sh:path :p ; sh:minCount "1" .', "sh:minCount"),
    (":S sh:path :p ; sh:datatype [] .", "sh:datatype"),
    (":S sh:path :p ; sh:nodeKind :p .", "sh:nodeKind"),
    (':S sh:path :p ; sh:pattern "(" .', "a regular expression of SPARQL"),
    (':S sh:path :p ; sh:pattern "a" ; sh:flags "z" .', "a regular expression of SPARQL"),
    (":S sh:path :p ; sh:in :p .", "sh:in must be a list"),
    (":S sh:path :p ; sh:languageIn ( 1 ) .", "sh:languageIn"),
    (":S sh:path :p ; sh:uniqueLang 3 .", "true or false"),
    (':S sh:path :p ; sh:class "C" .', "sh:class"),
    (':S sh:targetClass "C" .', "sh:targetClass must be an IRI"),
    (":S sh:targetNode [] .", "an IRI or a literal"),
    (":S a sh:NodeShape ; sh:property [ sh:nodeKind sh:IRI ] .", "must be a property shape"),
    (":S a sh:NodeShape ; sh:node [ sh:path :p ] .", "must be a node shape"),
    (':S a sh:NodeShape ; sh:not "x" .', "a shape"),
    (':S a sh:NodeShape ; sh:severity "bad" .', "sh:severity must be an IRI"),
    (":S a sh:NodeShape ; sh:message 1 .", "sh:message must be a string"),
    (":S a sh:NodeShape ; sh:deactivated 1 .", "true or false"),
    (":S a sh:NodeShape ; sh:closed true ; sh:ignoredProperties ( 1 ) .", "sh:ignoredProperties"),
    (":S a sh:NodeShape ; sh:sparql [] .", "needs one sh:select"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { $this :p ?x }" ] .', "the prefix '' of its query is not declared"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT ?x { $this ?p ?x }" ] .', r"does not select \$this"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "ASK { $this ?p ?x }" ] .', "is no SELECT"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { $this ?p ?x MINUS { $this ?q ?x } }" ] .', "MINUS"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { VALUES $this { 1 } }" ] .', "VALUES"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { BIND(1 AS $this) }" ] .', r"binds \?this"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { { SELECT ?x { ?x ?p ?y } } }" ] .', r"inner SELECT without \?this"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { $this $PATH ?x }" ] .', r"names \$PATH"),
    (':S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { $this ?p }" ] .', "can't be read"),
    (':C a sh:ConstraintComponent ; sh:parameter [ sh:path "p" ] . :S a sh:NodeShape .', "needs an IRI as sh:path"),
    (":C a sh:ConstraintComponent ; sh:parameter [ sh:path :this ] . :S a sh:NodeShape .", "no variable can have"),
    (":S a sh:NodeShape ; sh:js [] .", "can't be checked"),
    (":S a sh:NodeShape ; sh:target [ sh:jsFunctionName \"f\" ] .", "target in JavaScript"),
    (':S sh:path :p ; sh:maxCount "1_000"^^<http://www.w3.org/2001/XMLSchema#integer> .', "a whole number"),
    ("[] a sh:NodeShape, rdfs:Class .", "needs an IRI"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MALFORMED, ids=[text for text, _ in MALFORMED])
def test_what_is_not_well_formed_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + text, encoding="utf-8")
    with pytest.raises(ShapesError, match=message):
        read_shapes([file])


def test_a_shape_within_is_told_by_its_path_and_by_what_it_is_in(tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + ":S sh:property [ sh:path :p ; sh:or ( [ sh:minCount 1 ] ) ] .", encoding="utf-8")
    with pytest.raises(
        ShapesError, match=r"a shape in http://e/S is not well formed: sh:minCount is for property shapes"
    ):
        read_shapes([file])


def notes(folder: Path, text: str) -> tuple[str, ...]:
    file = folder / "shapes.ttl"
    file.write_text(PREFIXES + text, encoding="utf-8")
    return read_shapes([file]).notes


def test_what_may_be_a_mistake_is_noted(tmp_path: Path) -> None:
    assert notes(tmp_path, ":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCont 1 ; sh:class :D ] .") == (
        "sh:minCont is no term of SHACL: did you mean 'minCount'?",
    )
    assert notes(tmp_path, ":S sh:targetClass :C ; sh:property :T .") == (
        "http://e/T is named as a property shape, and these files don't have it",
    )
    assert notes(tmp_path, ":S a sh:NodeShape .") == ("no shape has a target, so that nothing is looked at",)
    assert [shapes(kind).notes for kind in KINDS] == [()] * len(KINDS)
