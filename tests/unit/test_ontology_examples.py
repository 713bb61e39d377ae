"""The examples of the ontology are true of the example project, and every one of them is checked here.

`ontology_examples.tsv` names, for each example that mentions the project, the triple that it rests on: a positive
example is a triple of the build, a negative one (`no`) is a triple that one might expect and that is not there.
`{run}` stands for the inference run, whose IRI holds a digest of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from rdflib import SKOS, Dataset, Graph, Literal, URIRef
from rdflib.term import Node
from rdflib.util import from_n3

import kg
from kg.ontology.vocabulary import read_vocabulary
from kg.turtle import PREFIXES

TABLE = Path(__file__).with_name("ontology_examples.tsv")
HEADER = ["term", "kind", "thing", "predicate", "value", "text"]
MARK = " (landmarks)"
NEGATIVE = "Negative example: "
#: How many rows rest on no triple: examples of what the project has nothing of.
UNCHECKED = 0


@dataclass(frozen=True)
class Row:
    """An example and the triple that it rests on."""

    term: str
    kind: str
    thing: str
    predicate: str
    value: str
    text: str

    def __str__(self) -> str:
        return f"{self.term}-{self.kind}-{self.thing.rsplit('/', 1)[-1]}"


@dataclass(frozen=True)
class Facts:
    """What the build of the example states and concludes, and what it calls things."""

    graph: Graph
    build: kg.Build

    @property
    def run(self) -> str:
        return str(self.build.run["run"])

    def triple(self, row: Row) -> tuple[URIRef, URIRef, Node]:
        """Return the triple that a row names."""
        value = row.value.replace("{run}", self.run)
        node = from_n3(value) if value.startswith('"') else URIRef(value)
        assert isinstance(node, Node), row.value
        return URIRef(row.thing.replace("{run}", self.run)), URIRef(row.predicate), node

    def name(self, node: Node) -> str:
        """Return what a node is called, nothing if it has no name; a node of a run goes by its profile."""
        if str(node).startswith(self.run):
            return f"{self.build.run['profile']['name']} profile"
        name = self.build.label(str(node))
        return "" if name == str(node).removeprefix(self.build.base) else name

    def names(self, row: Row) -> set[str]:
        """Return the names by which a text may call its subject: for records, those of what they are about."""
        thing, _, value = self.triple(row)
        about = [] if self.name(thing) else self.graph.objects(thing)
        return {self.name(node) for node in (thing, value, *about)} - {""}


def read_rows() -> list[Row]:
    """Return the rows of the table; quotation marks are part of the texts."""
    header, *lines = TABLE.read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == HEADER
    return [Row(*line.split("\t")) for line in lines]


ROWS = read_rows()
RESTING = [row for row in ROWS if row.thing]


@pytest.fixture(scope="module")
def facts(example_build: kg.Build) -> Facts:
    build = example_build
    graph = Graph()
    for name in ("facts.nq", "inferred.nq"):
        quads = Dataset()
        quads.parse(build.folder / name, format="nquads")
        for subject, predicate, value, _ in quads.quads((None, None, None, None)):
            graph.add((subject, predicate, value))
    return Facts(graph, build)


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return read_vocabulary().graph


def test_the_table_is_well_formed() -> None:
    assert len({(row.term, row.text) for row in ROWS}) == len(ROWS)
    assert len(ROWS) - len(RESTING) == UNCHECKED
    assert {row.kind for row in ROWS} == {"yes", "no"}
    for row in ROWS:
        assert row.text.startswith(NEGATIVE) == (row.kind == "no"), row.text
        assert row.text.endswith("."), row.text
        assert bool(row.thing) == bool(row.predicate) == bool(row.value), row.text


@pytest.mark.parametrize("row", RESTING, ids=str)
def test_an_example_is_true_of_the_project(facts: Facts, row: Row) -> None:
    thing, predicate, value = facts.triple(row)
    assert (thing, None, None) in facts.graph, f"the project has no {thing}"
    assert ((thing, predicate, value) in facts.graph) == (row.kind == "yes")


@pytest.mark.parametrize("row", RESTING, ids=str)
def test_an_example_names_what_it_is_about(facts: Facts, row: Row) -> None:
    names = facts.names(row)
    assert any(f"{name}{MARK}" in row.text for name in names), f"{row.text} names none of {sorted(names)}"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_an_example_stands_in_the_ontology(ontology: Graph, row: Row) -> None:
    term = URIRef(PREFIXES["ckg"] + row.term)
    assert (term, SKOS.example, Literal(row.text, lang="en")) in ontology


def test_every_example_from_the_project_is_checked(ontology: Graph) -> None:
    checked = {(row.term, row.text) for row in ROWS}
    stated = {
        (str(term).removeprefix(PREFIXES["ckg"]), str(text))
        for term, text in ontology.subject_objects(SKOS.example)
        if MARK in str(text)
    }
    assert sorted(stated - checked) == []
    assert stated
