"""What can be seen of a query before it is run: whether it would call another server, and whether it is analytical."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Seen", "look", "names_service", "shape"]

#: The tokens of SPARQL that hide others, and words: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
_TOKENS = re.compile(
    r"""<[^<>"{}|^`\\\x00-\x20]*>            # an IRI
    |\'\'\'(?:[^\\\']|\\.|\'{1,2}(?!\'))*\'\'\' # long and short strings
    |\"\"\"(?:[^\\"]|\\.|"{1,2}(?!"))*\"\"\"
    |'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*"
    |\#[^\n\r]*                               # a comment
    |[?$]\w+                                  # a variable
    |(?P<prefix>[\w.-]*):(?:\\.|[^\s<>"'{}()\[\];,|^/*+?!=&@\#\\])*  # a name with a prefix
    |@[A-Za-z-]+
    |(?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
_CALL = "SERVICE"
_ESCAPES = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
#: Words that gather many rows into one.
_GATHERING = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX", "GROUP_CONCAT", "SAMPLE", "GROUP"})


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a query.

    Attributes
    ----------
    service:
        Whether it has a SERVICE, or may have one.
    dataset:
        Whether it names its graphs with FROM.
    gathers:
        Whether it groups or counts.
    graph:
        Whether it may build a graph: a CONSTRUCT or a DESCRIBE.
    """

    service: bool
    dataset: bool
    gathers: bool
    graph: bool


def look(query: str) -> Seen:
    """Return what can be seen of the text of a query, which need not be well formed.

    >>> look("SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }").service
    True
    >>> look("SELECT ?service { ?s ex:SERVICE 'SERVICE' } # SERVICE").service
    False
    """
    words = {match["word"].upper() for match in _TOKENS.finditer(query) if match["word"]}
    # Readers of SPARQL differ in whether a keyword may be run on, and in when they replace escapes.
    run_on = {match["prefix"].upper() for match in _TOKENS.finditer(query) if match["prefix"]}
    service = any(_CALL in word for word in words | run_on)
    if not service and _ESCAPES.search(query):
        service = _CALL in query.upper() or _CALL in _ESCAPES.sub(_character, query).upper()
    return Seen(service, "FROM" in words, bool(words & _GATHERING), bool(words & {"CONSTRUCT", "DESCRIBE"}))


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code < 0x110000 else ""


def names_service(query: str) -> bool:
    """Whether the word SERVICE stands anywhere in a text, however it is read.

    >>> names_service("SELECT * { ?s ?p 'services' }")
    True
    """
    return _CALL in query.upper() or _CALL in _ESCAPES.sub(_character, query).upper()


def shape(query: str) -> str:
    """Return a query without what may be changed at will: constants, names, comments, layout.

    >>> shape("SELECT ?a { ?a ?b 'x' } # 1") == shape("select  ?s{?s ?t 'another'}")
    True
    """
    return re.sub(r"\s+|\d+(\.\d+)?", "", _TOKENS.sub(_sort, query))


def _sort(match: re.Match[str]) -> str:
    """Return what sort of token it is; of a word, the word."""
    if match["word"]:
        return match["word"].upper()
    if match["prefix"] is not None:
        return ":"
    return {"#": "", "$": "?", "<": ":"}.get(match[0][0], match[0][0])
