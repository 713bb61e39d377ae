"""Nothing about the rules lives in Python: a bare loop over the shipped files concludes the same."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

import kg
from kg.infer import rules
from tests.oracle.projects import write_project

RULES = sorted((Path(__file__).parents[2] / "queries" / "infer").glob("*.rq"))
WORKING = "https://w3id.org/clusterkg/working#"
CKG = "https://w3id.org/clusterkg/ontology#"


def lines(path: Path) -> set[str]:
    return set(path.read_text(encoding="utf-8").splitlines())


def bare_loop(build: Path, leave_out: str = "") -> set[str]:
    """Run every rule of a stage until the stage adds nothing, knowing only files, facts and what was asserted."""
    store = Store()
    inferred = list(parse(path=str(build / "inferred.nq"), format=RdfFormat.N_QUADS))
    for quad in parse(path=str(build / "facts.nq"), format=RdfFormat.N_QUADS):
        store.add(Quad(quad.subject, quad.predicate, quad.object))
    run = next(quad.subject for quad in inferred if quad.predicate.value == f"{CKG}usedProfile")
    asserted = {
        quad.triple
        for quad in inferred
        if (quad.subject.value.startswith(run.value) and quad.predicate.value != f"{CKG}leavesOutCollaboration")
        or (
            "/group/community/" in quad.subject.value
            and (
                quad.predicate.value in (f"{CKG}candidateSource", f"{CKG}hasCandidateMember")
                or quad.object == NamedNode(f"{CKG}Candidate")
            )
        )
    }
    concluded = set(asserted)
    for triple in asserted:
        store.add(Quad(triple.subject, triple.predicate, triple.object))
    files = [path for path in RULES if path.stem != leave_out]
    for _, stage in groupby(files, key=lambda path: path.name[:2]):
        texts = [path.read_text(encoding="utf-8") for path in stage]
        while True:
            new = {triple for text in texts for triple in store.query(text)} - concluded
            new = {t for t in new if Quad(t.subject, t.predicate, t.object) not in store}
            if not new:
                break
            concluded |= new
            store.extend(Quad(t.subject, t.predicate, t.object) for t in new)
    graph = inferred[0].graph_name
    return {
        f"{Quad(t.subject, t.predicate, t.object, graph)} ."
        for t in concluded
        if not t.predicate.value.startswith(WORKING)
        and not (isinstance(t.object, NamedNode) and t.object.value.startswith(WORKING))
    }


@pytest.fixture(scope="module")
def built(example_project: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    out = []
    for seed in (2, 3, 5, 8, 13):
        folder = tmp_path_factory.mktemp(f"p{seed}")
        write_project(folder, seed)
        kg.build(folder, engine="oxigraph", with_validation=False, with_store=False)
        out.append(folder / "build")
    return [*out, example_project / "build"]


def test_a_bare_loop_concludes_the_same(built: list[Path]) -> None:
    for build in built:
        assert bare_loop(build) == lines(build / "inferred.nq")


@pytest.mark.parametrize("name", [rule.name for rule in rules()])
def test_no_rule_is_idle(built: list[Path], name: str) -> None:
    """Dropping any one rule changes what is concluded."""
    assert any(bare_loop(build, leave_out=name) != lines(build / "inferred.nq") for build in built[::-1])


def test_two_builds_are_the_same_bytes_and_rdf_gives_the_same_groups(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    write_project(folder, 5)
    kg.build(folder, engine="oxigraph", with_validation=False, with_store=False)
    names = ["facts.nq", "inferred.nq", *(path.name for path in (folder / "build").glob("*.csv"))]
    first = {name: (folder / "build" / name).read_bytes() for name in names}
    for table in (folder / "data").glob("*.csv"):
        header, *rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
        table.write_text(header + "".join(reversed(rows)), encoding="utf-8")
    kg.build(folder, engine="oxigraph", with_validation=False, with_store=False)
    assert {name: (folder / "build" / name).read_bytes() for name in names} == first
    again = tmp_path / "again"
    again.mkdir()
    (again / "facts.nq").write_bytes(first["facts.nq"])
    toml = (folder / "kg.toml").read_text(encoding="utf-8")
    (again / "kg.toml").write_text(toml.replace('"tables"', '"rdf"').replace('"data"', '"facts.nq"'), encoding="utf-8")
    kg.build(again, engine="oxigraph", with_validation=False, with_store=False)
    for name in ("groups.csv", "memberships.csv", "not_evidenced.csv"):
        assert (again / "build" / name).read_bytes() == first[name]
