"""What can be seen of a query before it is run: whether it would call another server, and whether it is analytical."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["GUESSED", "Seen", "form", "look", "names_service", "shape"]

#: The tokens of SPARQL that hide others, and runs of what words are made of: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
_TOKENS = re.compile(
    r"""<[^<>"{}|^`\\\x00-\x20]*+>            # an IRI
    |\'\'\'(?:[^\\\']|\\.|\'{1,2}(?!\'))*+\'\'\' # long and short strings
    |\"\"\"(?:[^\\"]|\\.|"{1,2}(?!"))*+\"\"\"
    |'(?:[^'\\\n\r]|\\.)*+'|"(?:[^"\\\n\r]|\\.)*+"
    |\#[^\n\r]*+                               # a comment
    |[?$]\w++                                  # a variable
    |@[A-Za-z-]++
    |(?P<run>[\w.-]*+)(?P<local>:(?:\\.|[^\s<>"'{}()\[\];,|^/*+?!=&@\#\\])*+)  # a name with a prefix
    |(?P<words>[\w.-]++)""",
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z_]\w*")
#: How much of a query is looked at where a guess will do: more might take long.
GUESSED = 4_000
_CALL = "SERVICE"
_ESCAPES = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
#: Words that say what a query gives, and those that gather many rows into one.
_FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
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
    """

    service: bool
    dataset: bool
    gathers: bool


def look(query: str) -> Seen:
    """Return what can be seen of the text of a query, which need not be well formed.

    >>> look("SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }").service
    True
    >>> look("SELECT ?service { ?s ex:SERVICE 'SERVICE' } # SERVICE").service
    False
    """
    words, run_on = set[str](), set[str]()
    for match in _TOKENS.finditer(query):
        words.update(word.upper() for word in _WORD.findall(match["words"] or ""))
        if match["local"]:
            run_on.add(match["run"].upper())
    # Readers of SPARQL differ in whether a keyword may be run on, and in when they replace escapes.
    service = any(_CALL in word for word in words | run_on)
    if not service and _ESCAPES.search(query):
        service = _CALL in query.upper() or _CALL in _ESCAPES.sub(_character, query).upper()
    return Seen(service, "FROM" in words, bool(words & _GATHERING))


def form(query: str) -> str:
    """Return the first word of a query after its prologue that says what it gives; nothing where there is none.

    >>> form("PREFIX ask: <http://e.org/select> DESCRIBE ask:a")
    'DESCRIBE'
    """
    for match in _TOKENS.finditer(query):
        if match[0][0] in "'\"":  # no prologue has strings, and many might take long
            break
        for word in _WORD.findall(match["words"] or ""):
            if word.upper() in _FORMS:
                return str(word.upper())
    return ""


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
    return re.sub(r"\s+", "", _TOKENS.sub(_sort, query[:GUESSED]))


def _sort(match: re.Match[str]) -> str:
    """Return what sort of token it is; of words these, of numbers their length."""
    if match["words"]:
        return re.sub(r"\d", "0", match["words"].upper())
    if match["local"]:
        return ":"
    return {"#": "", "$": "?", "<": ":"}.get(match[0][0], match[0][0])
