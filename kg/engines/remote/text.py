"""Queries as text: their parts, rules as updates, and terms for variables.

A server takes text and nothing else. Terms go into it as N-Triples writes them, in VALUES and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from pyoxigraph import BlankNode

from kg.engines.base import Term
from kg.errors import UnsupportedQuery, UsageError
from kg.namespaces import PREFIXES

__all__ = ["Parts", "bound", "declared", "parts", "rule_update", "words"]

#: The tokens of SPARQL, as far as they are needed to find groups: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
_TOKEN = re.compile(
    r"""(?P<gap>\s+|\#[^\n\r]*)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<word>[?$]?[\w:](?:[\w:%-]|\.(?=[\w:])|\\.)*)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_FORMS = ("SELECT", "CONSTRUCT", "ASK", "DESCRIBE")


@dataclass(frozen=True, slots=True)
class Parts:
    """A query in parts: what stands before its form, the form, what stands between, the groups and the end.

    `template` is that of CONSTRUCT, without its braces; `pattern` is that of WHERE, without its braces.
    """

    prologue: str
    form: str
    head: str
    template: str | None
    pattern: str
    rest: str
    dataset: bool


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    for found in _TOKEN.finditer(text):
        yield str(found.lastgroup), found.group(), found.start()


def words(text: str) -> list[str]:
    """Return the tokens of a query without gaps, IRIs and strings; names of functions and keywords in capitals."""
    shown = (token if token[:1] in "?$" or ":" in token else token.upper() for kind, token, _ in _tokens(text)
             if kind in ("word", "mark"))  # fmt: skip
    return list(shown)


def parts(text: str) -> Parts:
    """Return the parts of a query.

    Raises
    ------
    UsageError
        when it is no query.
    """
    form, begin, dataset = "", 0, False
    groups: list[tuple[int, int]] = []
    depth = start = 0
    for kind, token, place in _tokens(text):
        if kind == "word" and depth == 0:
            if not form and token.upper() in _FORMS:
                form, begin = token.upper(), place
            dataset = dataset or token.upper() == "FROM"
        elif kind == "mark" and token in "{(":
            if depth == 0:
                start = place
            depth += 1
        elif kind == "mark" and token in "})":
            depth -= 1
            if depth == 0 and token == "}":
                groups.append((start, place))
    if not form or depth:
        raise UsageError("the query is not well formed: its form or its braces can't be found")
    if not groups and form == "DESCRIBE":
        return Parts(text[:begin], form, text[begin + len(form) :], None, "", "", dataset)
    if not groups:
        raise UnsupportedQuery(f"the remote engine doesn't know {form} without a pattern")
    template = None
    if form == "CONSTRUCT" and len(groups) > 1 and not text[begin + len(form) : groups[0][0]].strip():
        template = text[groups[0][0] + 1 : groups[0][1]]
        del groups[0]
    (opened, closed), *more = groups
    if len(more) > 1 or (more and "VALUES" not in words(text[closed + 1 : more[0][0]])):
        raise UsageError("the query is not well formed: it has more than one pattern")
    head = text[begin + len(form) : opened]
    return Parts(text[:begin], form, head, template, text[opened + 1 : closed], text[closed + 1 :], dataset)


def declared(text: str) -> str:
    """Return a query in which the prefixes of :data:`kg.namespaces.PREFIXES` that it uses are declared."""
    tokens = [token for kind, token, _ in _tokens(text) if kind == "word"]
    known = {after for before, after in pairwise(tokens) if before.upper() == "PREFIX"}
    used = {token.split(":", 1)[0] for token in tokens if ":" in token}
    missing = [name for name in PREFIXES if name in used and f"{name}:" not in known]
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in missing) + text


def rule_update(construct: str, *, into: str, seen: str, using: bool) -> str:
    """Return a rule as an update that adds what it says to a graph.

    Parameters
    ----------
    construct:
        A CONSTRUCT query with a template.
    into:
        The IRI of the graph that is added to.
    seen:
        The IRI of the graph that the pattern sees; another one, so that the update can be repeated.
    using:
        Whether to say that by ``USING``; else the pattern is put into ``GRAPH``.

    Raises
    ------
    UnsupportedQuery
        for what can't be said as an update, or can't be repeated.
    """
    rule = parts(construct)
    if rule.form != "CONSTRUCT" or rule.template is None:
        raise UnsupportedQuery("the remote engine runs rules that are CONSTRUCT queries with a template")
    if rule.dataset:
        raise UnsupportedQuery("the remote engine doesn't know FROM in a rule")
    if any(kind != "gap" for kind, _, _ in _tokens(rule.rest)):
        raise UnsupportedQuery("the remote engine doesn't know ORDER BY, LIMIT or VALUES at the end of a rule")
    if any(token in "[](" or token.startswith("_:") for kind, token, _ in _tokens(rule.template) if kind != "gap"):
        raise UnsupportedQuery("the remote engine doesn't know blank nodes in the template of a rule")
    insert = f"{rule.prologue}INSERT {{ GRAPH <{into}> {{{rule.template}}} }}"
    if using:
        return declared(f"{insert}\nUSING <{seen}>\nWHERE {{{rule.pattern}}}")
    return declared(f"{insert}\nWHERE {{ GRAPH <{seen}> {{{rule.pattern}}} }}")


def bound(query: str, bindings: Mapping[str, Term]) -> str:
    """Return a query in which some variables of its outermost pattern are bound to terms, by VALUES.

    Raises
    ------
    UsageError
        when a term is a blank node, which has no name on a server.
    """
    if not bindings:
        return query
    if any(isinstance(term, BlankNode) for term in bindings.values()):
        raise UsageError("a blank node has no name on a server: name a resource with an IRI")
    found = parts(query)
    names = " ".join(f"?{name}" for name in bindings)
    values = f"VALUES ({names}) {{ ({' '.join(map(str, bindings.values()))}) }}"
    begins = next((token.upper() for kind, token, _ in _tokens(found.pattern) if kind != "gap"), "")
    inner = f"{{{found.pattern}}}" if begins == "SELECT" else found.pattern
    return f"{found.prologue}{found.form}{found.head}{{ {values} {inner} }}{found.rest}"
