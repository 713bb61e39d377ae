"""Terms of pyoxigraph to keys and back; see :mod:`kg.sparql.terms`."""

from __future__ import annotations

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.engines.base import Term
from kg.errors import UnsupportedQuery
from kg.sparql.terms import XSD

__all__ = ["sparql_text", "term_of", "to_key"]


def to_key(term: object) -> str:
    """Return the key of a term."""
    if isinstance(term, NamedNode):
        return f"<{term.value}"
    if isinstance(term, BlankNode):
        return f"_{term.value}"
    if not isinstance(term, Literal):
        raise UnsupportedQuery("triples as terms are not supported by the columnar engine")
    if term.language:
        return f"@{term.language} {term.value}"
    datatype = term.datatype.value
    return f'"{term.value}' if datatype == XSD + "string" else f"^{datatype} {term.value}"


def term_of(key: str) -> Term:
    """Return the term that a key stands for."""
    match key[0]:
        case "<":
            return NamedNode(key[1:])
        case "_":
            return BlankNode(key[1:])
        case '"':
            return Literal(key[1:])
    tag, lexical = key[1:].split(" ", 1)
    return Literal(lexical, language=tag) if key[0] == "@" else Literal(lexical, datatype=NamedNode(tag))


def sparql_text(key: str) -> str:
    """Return a term as SPARQL writes it; UNDEF for a blank node, which no query can name."""
    return "UNDEF" if key[0] == "_" else str(term_of(key))
