"""docs/seed.md traces every statement of the page that the ontology was distilled from."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import pytest
from rdflib import OWL, RDF, SKOS, Literal, URIRef

from kg.catalog import load
from kg.namespaces import CKG
from kg.ontology.usage import REFERENCE_ONLY
from kg.ontology.vocabulary import Vocabulary, read_vocabulary
from tests.conftest import ROOT, SHARED

PAGE = ROOT / "docs" / "seed.md"
#: Lines of the page that state nothing about clusters: navigation, the site, a name, a greeting, an invitation.
LEFT_OUT = (
    "Knowledge Center",
    "Next Topic",
    "Diamond Model and Clusters > Forum > Clusters and Knowledge Economy",
    "Make sure you are part of the SIG on Clusters at 12manage and Register ;-)",
    "I agree with Bertrand.",
    "Edmund L.",
    "Special Interest Group Leader",
    "Interested? Sign up for free.",
    "Best Practices",
    "About 12manage | Advertising | Link to us / Cite us | Privacy | Suggestions | Terms of Service",
    "2019 12manage - The Executive Fast Track. V15.1 - Last updated: 24-8-2019. All names of their owners.",
)
#: The end of a sentence, but not of the number of an entry in a list.
END = re.compile(r"(?<=[^\d\s][.!?])\s+(?=[A-Z\"'])")
NONE = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of either table: what it is about, the terms, the questions and the answer on the example."""

    subject: str
    terms: tuple[str, ...]
    questions: tuple[str, ...]
    answer: str
    quoted: bool


def squeeze(text: str) -> str:
    return " ".join(text.split())


def table_rows() -> list[Row]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("| ") or set(line) <= set("| -") or cells[-1] == "On the example":
            continue
        subject, (*_, terms, questions, answer) = cells[0], cells
        named = tuple(re.findall(r"`([^`]+)`", questions)) or (questions,)
        found.append(
            Row(subject.strip("“”"), tuple(re.findall(r"`ckg:(\w+)`", terms)), named, answer, subject[0] == "“")
        )
    return found


ROWS = table_rows()
STATEMENTS = [row.subject for row in ROWS if row.quoted]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_vocabulary()


@pytest.fixture(scope="module")
def seed() -> str:
    """The page as text; its absence fails in CI and skips elsewhere."""
    files = sorted((SHARED / "seeds").glob("*.txt"))
    if not files:
        if os.environ.get("CI"):
            pytest.fail(f"{SHARED / 'seeds'} is missing in CI")
        pytest.skip("the shared texts are not beside this checkout")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def sentences(text: str) -> list[str]:
    left_out = {squeeze(line) for line in LEFT_OUT}
    lines = [squeeze(line) for line in text.splitlines() if line.strip()]
    parts = [part for line in lines if line not in left_out for part in END.split(line)]
    return [part for part in parts if part not in left_out]


def test_every_statement_is_quoted_as_it_stands(seed: str) -> None:
    page = squeeze(seed)
    assert [statement for statement in STATEMENTS if squeeze(statement) not in page] == []


def test_every_sentence_is_covered(seed: str) -> None:
    quoted = [squeeze(statement) for statement in STATEMENTS]
    assert [part for part in sentences(seed) if not any(part in statement for statement in quoted)] == []


def test_what_is_left_out_is_there(seed: str) -> None:
    page = squeeze(seed)
    assert [line for line in LEFT_OUT if line not in page] == []


def test_a_sentence_that_nobody_quotes_is_found(seed: str) -> None:
    added = sentences(f"{seed}\nClusters are a myth. They are not: they pay.")
    assert added[-2:] == ["Clusters are a myth.", "They are not: they pay."]
    assert not any(added[-2] in statement for statement in STATEMENTS)


def test_sentences_end_at_stops_and_not_after_numbers_of_entries() -> None:
    assert sentences("1. SKILL CLUSTERS: With skills\nYes: it is. But not all! Next\nNext Topic") == [
        "1. SKILL CLUSTERS: With skills",
        "Yes: it is.",
        "But not all!",
        "Next",
    ]


def test_both_tables_are_read() -> None:
    assert len(STATEMENTS) >= 25
    assert len(ROWS) - len(STATEMENTS) >= 25
    assert len(set(STATEMENTS)) == len(STATEMENTS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.subject[:60])
def test_terms_and_questions_are_there(vocabulary: Vocabulary, row: Row) -> None:
    known = {query.name for query in load("queries/questions")}
    terms = [URIRef(CKG[name].value) for name in row.terms]
    assert terms
    assert [term for term in terms if term not in vocabulary.terms] == []
    assert row.answer
    if row.questions == (NONE,):
        assert not row.quoted
        marked = set(vocabulary.graph.subjects(REFERENCE_ONLY, Literal(True)))
        assert [term for term in terms if term not in marked] == []
    else:
        assert [name for name in row.questions if name not in known] == []


def test_every_question_names_what_a_statement_is_expressed_by() -> None:
    """At least one of the questions of a row names at least one of its terms, so that the two belong together."""
    text = {query.name: query.text for query in load("queries/questions")}
    apart = [
        row.subject
        for row in ROWS
        if row.questions != (NONE,)
        and not any(re.search(rf"ckg:{term}\b", text[name]) for name in row.questions for term in row.terms)
    ]
    assert apart == []


def test_classes_and_concepts_of_the_literature_are_all_in_the_tables(vocabulary: Vocabulary) -> None:
    (literature,) = [module.graph for module in vocabulary.modules if module.name == "literature"]
    declared = {s for kind in (OWL.Class, SKOS.Concept) for s in literature.subjects(RDF.type, kind)}
    own = {term for term in declared if term in vocabulary.terms}
    named = {URIRef(CKG[name].value) for row in ROWS for name in row.terms}
    assert len(own) > 20
    assert own - named == set()
