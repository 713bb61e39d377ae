"""The algebra of queries goes through JSON and comes back whole."""

from __future__ import annotations

import json

import pytest

from kg.catalog import asked_often
from kg.namespaces import PREFIXES
from kg.sparql.algebra_json import from_json, to_json
from kg.sparql.parse import parse
from kg.sparql.translate import named
from kg.sparql.walk import constants, variables

PATHS = (
    "SELECT * { ?s (<http://e/a>/^<http://e/b>|!(<http://e/c>|^<http://e/d>))+ ?o . ?o <http://e/e>? 'x'@en, 01, _:b }"
)


@pytest.mark.parametrize("text", [PATHS, *asked_often()[::7]])
def test_algebra_comes_back_whole(text: str) -> None:
    algebra = parse(text, PREFIXES)
    again = from_json(json.loads(json.dumps(to_json(algebra))))
    assert to_json(again) == to_json(algebra)
    assert list(again.items())
    assert variables(again) == variables(algebra) != set()
    assert set(constants(again)) == set(constants(algebra))
    assert named(text, PREFIXES)
