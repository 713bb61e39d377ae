"""The rules exported as SHACL rules: up to date, and pySHACL running them concludes the same."""

from __future__ import annotations

from pathlib import Path

import pyshacl
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse
from rdflib import Graph

import kg
from kg.shacl_rules import rules_turtle
from tests.conftest import EXAMPLE

RULES = Path(__file__).parents[2] / "shapes" / "rules.ttl"
WORKING = "https://w3id.org/clusterkg/working#"
CKG = "https://w3id.org/clusterkg/ontology#"


def test_the_export_is_up_to_date() -> None:
    assert RULES.read_text(encoding="utf-8") == rules_turtle()


def test_pyshacl_concludes_the_same(tmp_path: Path) -> None:
    toml = (EXAMPLE / "kg.toml").read_text(encoding="utf-8").replace('"data"', f'"{EXAMPLE / "data"}"')
    (tmp_path / "kg.toml").write_text(toml, encoding="utf-8")
    build = kg.build(tmp_path, engine="oxigraph", with_validation=False, with_store=False)
    run = build.run["run"]
    facts = {quad.triple for quad in parse(path=str(tmp_path / "build" / "facts.nq"), format=RdfFormat.N_QUADS)}
    inferred = {quad.triple for quad in parse(path=str(tmp_path / "build" / "inferred.nq"), format=RdfFormat.N_QUADS)}
    asserted = {
        triple
        for triple in inferred
        if triple.subject.value.startswith(run)
        or (
            "/group/community/" in triple.subject.value
            and (
                triple.predicate.value in (f"{CKG}candidateSource", f"{CKG}hasCandidateMember")
                or triple.object == NamedNode(f"{CKG}Candidate")
            )
        )
    }
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in facts | asserted)
    found = pyshacl.shacl_rules(
        store, shacl_graph=Graph().parse(RULES), advanced=True, iterate_rules=True, inplace=True
    )
    result = found if isinstance(found, Store) else store
    concluded = {quad.triple for quad in result} - facts
    concluded = {
        triple
        for triple in concluded
        if not triple.predicate.value.startswith(WORKING)
        and not (isinstance(triple.object, NamedNode) and triple.object.value.startswith(WORKING))
    }
    assert concluded == inferred - facts
