"""The vocabulary for whoever writes a query: what the ontology says of its terms, and the questions as examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from kg.ask import files_engine
from kg.catalog import Parameter, Query, find
from kg.namespaces import CKG, PREFIXES, shorten
from kg.resources import ontology_files

__all__ = [
    "QUESTIONS",
    "Term",
    "label",
    "prefixes",
    "question_text",
    "question_values",
    "questions_text",
    "sought",
    "terms",
    "vocabulary_text",
]

#: Where the questions are.
QUESTIONS = "queries/questions"
_HEADINGS = {"class": "Classes", "property to a thing": "Properties whose values are things", "property to a value": "Properties whose values are texts, numbers and dates", "concept": "Concepts, which are values of properties"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A term as it is written in a query, what kind it is, and what the ontology says of it."""

    name: str
    kind: str
    label: str
    definition: str
    note: str
    above: str
    scheme: str

    def values(self) -> dict[str, str]:
        """Return what is known of the term."""
        known = {"term": self.name, "kind": self.kind, "label": self.label, "definition": self.definition,
                 "note": self.note, "above": self.above, "list": self.scheme}  # fmt: skip
        return {key: value for key, value in known.items() if value}


@cache
def terms() -> Mapping[str, Term]:
    """Return the terms of the ontology that queries may use, by IRI."""
    found: dict[str, Term] = {}
    for row in files_engine(ontology_files()).select(find("queries/serve", "terms").text):
        iri, kind, name, definition, note, above, scheme = ("" if one is None else one.value for one in row)
        found[iri] = Term(shorten(iri), kind, name, definition, note, shorten(above), shorten(scheme))
    return found


def label(iri: str) -> str:
    """Return the name of a term of the ontology; nothing for other things."""
    found = terms().get(iri) if iri.startswith(CKG) else None
    return found.label if found else ""


def sought(text: str) -> list[Term]:
    """Return the terms with a text in their name or definition, the nearest first; without a text all but concepts."""
    if not text.strip():
        return [term for term in terms().values() if term.kind != "concept"]
    wanted = text.strip().casefold()

    def rank(term: Term) -> int:
        names = {term.name.casefold(), term.name.partition(":")[2].casefold(), term.label.casefold()}
        return 0 if wanted in names else 1 if any(wanted in name for name in names) else 2

    near = [t for t in terms().values() if wanted in f"{t.name}\n{t.label}\n{t.definition}\n{t.scheme}".casefold()]
    return sorted(near, key=lambda term: (rank(term), term.name))


def vocabulary_text(chosen: Sequence[Term], *, notes: bool = False) -> str:
    """Return terms with their definitions as a text, by kind."""
    parts = []
    for kind, heading in _HEADINGS.items():
        lines = [_line(term, notes) for term in chosen if term.kind == kind]
        if lines:
            parts += [f"## {heading}", "", *lines, ""]
    return "\n".join(parts).strip()


def _line(term: Term, notes: bool) -> str:
    above = f" (a kind of {term.above})" if term.above else f" (of {term.scheme})" if term.scheme else ""
    note = f" Note: {term.note}" if notes and term.note else ""
    return f"- {term.name}{above}" + (f": {term.definition}{note}" if term.definition else "")


def prefixes() -> str:
    """Return the prefixes that queries need not declare."""
    return "\n".join(f"PREFIX {prefix}: <{iri}>" for prefix, iri in PREFIXES.items())


def questions_text(queries: Sequence[Query]) -> str:
    """Return questions and their parameters as a text, a line each."""
    return "\n".join(
        f"- {query.name}({', '.join(map(_parameter, query.parameters))}): {query.summary}" for query in queries
    )


def question_text(query: Query) -> str:
    """Return a question with all that is said of it and its SPARQL, as a text."""
    body = "\n".join(line for line in query.text.splitlines() if not line.startswith("#+")).strip()
    given = [f"- {_parameter(one)} ({one.type}): {one.description}" for one in query.parameters]
    return "\n".join([f"# {query.name}", query.summary, query.description, *given, "", "```sparql", body, "```"])


def question_values(query: Query, *, whole: bool = False) -> dict[str, Any]:
    """Return a question as values, with its SPARQL if the whole is wanted."""
    known: dict[str, Any] = {
        "name": query.name,
        "summary": query.summary,
        "parameters": [
            {"name": one.name, "type": one.type, "required": one.required, "description": one.description}
            | ({} if one.default is None else {"default": one.default})
            for one in query.parameters
        ],
    }
    return known | ({"description": query.description, "sparql": query.text} if whole else {})


def _parameter(parameter: Parameter) -> str:
    return parameter.name if parameter.required else f"{parameter.name}={parameter.default}"
