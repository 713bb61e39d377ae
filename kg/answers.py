"""Answers of queries in the standard formats, whichever engine gave them."""

from __future__ import annotations

import json

from pyoxigraph import BlankNode, Literal, NamedNode, QueryResultsFormat, Triple, parse_query_results

from kg.engines import Solutions
from kg.engines.base import Term
from kg.namespaces import XSD

__all__ = ["serialize_answer"]


def serialize_answer(answer: Solutions | bool, form: QueryResultsFormat) -> bytes:
    """Return solutions or a truth value in a standard format.

    Parameters
    ----------
    answer:
        What a SELECT or an ASK gave.
    form:
        One of the formats of SPARQL 1.1 results (https://www.w3.org/TR/sparql11-overview/#sparql11-results).
    """
    if isinstance(answer, bool):
        document: dict[str, object] = {"head": {}, "boolean": answer}
    else:
        rows = [
            {name: _json(term) for name, term in zip(answer.variables, row, strict=True) if term is not None}
            for row in answer
        ]
        document = {"head": {"vars": list(answer.variables)}, "results": {"bindings": rows}}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if form == QueryResultsFormat.JSON:
        return text.encode("utf-8", "replace")
    return parse_query_results(text, format=QueryResultsFormat.JSON).serialize(format=form) or b""


def _json(term: Term | Triple) -> dict[str, object]:
    match term:
        case Triple():  # https://www.w3.org/TR/sparql12-results-json/
            parts = {name: _json(getattr(term, name)) for name in ("subject", "predicate", "object")}
            return {"type": "triple", "value": parts}
        case NamedNode():
            return {"type": "uri", "value": term.value}
        case BlankNode():
            return {"type": "bnode", "value": term.value}
        case Literal() if term.language:
            return {"type": "literal", "value": term.value, "xml:lang": term.language}
        case _ if term.datatype == XSD["string"]:
            return {"type": "literal", "value": term.value}
        case _:
            return {"type": "literal", "value": term.value, "datatype": term.datatype.value}
