"""The changes of an ontology as Markdown, JSON, Turtle and rows."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rdflib import DCTERMS, OWL, RDF, SKOS, BNode, Graph, Literal, URIRef

from kg.ontology.releases.changes import KINDS, Change, Changes, compare
from kg.ontology.releases.names import title, version
from kg.ontology.vocabulary import Vocabulary
from kg.turtle import canonical_turtle

__all__ = ["COLUMNS", "changelog", "changes_json", "changes_markdown", "changes_turtle", "rows", "summary"]

#: The columns of :func:`rows`.
COLUMNS = ("change", "term", "label", "detail", "fault")

_TITLES = {
    "removed": "Removed",
    "redefined": "Redefined",
    "deprecated": "Deprecated",
    "restored": "Deprecated no longer",
    "added": "Added",
    "linked": "Imports, and statements about what is not of this ontology",
    "moved": "Moved to another module",
    "redocumented": "Documented anew",
}


def summary(changes: Changes) -> str:
    """Say in one line what changed and which step of the version it asks for."""
    counted = ", ".join(f"{count} {kind}" for kind, count in changes.counts.items()) or "no change"
    asked = f"; asks for a {changes.asked} step" if changes.asked != "none" else ""
    stated = {"": "; the versions can't be compared", "none": "; the version is the same"}.get(
        changes.stated, f"; the version makes a {changes.stated} step" if changes.stated != "backwards" else ""
    )
    return f"{changes.old or 'old'} to {changes.new or 'new'}: {counted}{asked}{stated}"


def rows(changes: Changes) -> list[tuple[str, ...]]:
    """Return one row for each change."""
    return [(c.kind, changes.names.shorten(c.term), c.label, "; ".join(c.detail), c.fault) for c in changes.changes]


def changes_json(changes: Changes) -> str:
    """Write changes as one JSON object."""
    document = {
        "ontology": changes.iri,
        "old": changes.old,
        "new": changes.new,
        "asked": changes.asked,
        "stated": changes.stated,
        "counts": changes.counts,
        "faults": changes.faults,
        "changes": [
            {"change": c.kind, "term": c.term, "label": c.label, "detail": c.detail, "fault": c.fault}
            for c in changes.changes
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def changes_turtle(changes: Changes) -> str:
    """Write changes as Turtle: a `skos:changeNote` of each term, as a resource with the kind and the version.

    See https://www.w3.org/TR/skos-primer/#secadvanceddocumentation.
    """
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in changes.names.prefixes.items():
        graph.bind(prefix, namespace)
    for change in changes.changes:
        note = BNode()
        text = "; ".join((_TITLES[change.kind], *change.detail))
        graph.add((change.term, SKOS.changeNote, note))
        graph.add((note, RDF.value, Literal(text, lang="en")))
        graph.add((note, DCTERMS.type, Literal(change.kind)))
        graph.add((note, DCTERMS.isPartOf, URIRef(changes.version_iri)))
        graph.add((note, OWL.versionInfo, Literal(changes.new)))
    return canonical_turtle(graph, header=summary(changes))


def changes_markdown(changes: Changes) -> str:
    """Write changes as one section of a changelog."""
    lines = [f"## {_plain(changes.new or 'new version')}", "", f"{_plain(summary(changes))}.", ""]
    lines += [f"**Fault:** {_plain(fault)}.\n" for fault in changes.faults]
    by_kind: dict[str, list[Change]] = defaultdict(list)
    for change in changes.changes:
        by_kind[change.kind].append(change)
    for kind in KINDS:
        if by_kind[kind]:
            lines += [f"### {_TITLES[kind]}", "", *_listed(by_kind[kind], changes), ""]
    return "\n".join(lines)


def _listed(found: Sequence[Change], changes: Changes) -> Iterable[str]:
    """Yield the lines of one kind of change; terms with the same detail share a line."""
    together: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in found:
        together[change.detail].append(change)
    for detail, terms in sorted(together.items(), key=lambda item: item[1][0].term):
        if len(terms) > 1 and detail:
            named = ", ".join(_code(changes.names.shorten(change.term)) for change in terms)
            yield f"- {len(terms)} terms: {'; '.join(map(_code, detail))}: {named}"
            continue
        for change in terms:
            yield f"- {_code(changes.names.shorten(change.term))}" + (
                f" ({_plain(change.label)})" if change.label else ""
            )
            yield from (f"  - {_code(line)}" for line in detail)


def changelog(vocabulary: Vocabulary, previous: Sequence[Vocabulary] = ()) -> str:
    """Write the changelog of an ontology: every version against the one before, newest first.

    Parameters
    ----------
    vocabulary:
        The newest version.
    previous:
        The earlier ones, oldest first.
    """
    versions = [*previous, vocabulary]
    sections = [
        f"## {_plain(version(versions[0]) or 'first version')}\n\nThe oldest version here: {len(versions[0].terms)} terms.\n"
    ]
    for old, new in pairwise(versions):
        sections.append(changes_markdown(compare(old, new)))
    head = f"# Changes of {_plain(title(vocabulary))}\n\nComputed from the graphs of its versions.\n"
    return "\n".join([head, *reversed(sections)])


def _plain(text: str) -> str:
    """Return a text of a stranger with nothing in it that Markdown or HTML would obey."""
    escaped = "".join("\\" + c if c in "\\`*_[]#|" else c for c in " ".join(text.split()))
    return html.escape(escaped, quote=False)


def _code(text: str) -> str:
    """Return a text as code in Markdown (https://spec.commonmark.org/0.31.2/#code-spans)."""
    text = " ".join(text.split())
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}"
