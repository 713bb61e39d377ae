"""The media types of answers, and which of them a client accepts.

https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyoxigraph import QueryResultsFormat, RdfFormat
from starlette.requests import Request

__all__ = ["ARROW", "GRAPHS", "NAMES", "RESULTS", "accepted", "accepts", "takes"]

ARROW = "application/vnd.apache.arrow.stream"
#: Of solutions and truth values; the first where a client does not mind.
RESULTS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
    "application/json": QueryResultsFormat.JSON,
    "application/xml": QueryResultsFormat.XML,
    "text/xml": QueryResultsFormat.XML,
}
#: Of triples.
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/x-turtle": RdfFormat.TURTLE,
    "text/n3": RdfFormat.TURTLE,
    "text/rdf+n3": RdfFormat.TURTLE,
    "text/plain": RdfFormat.N_TRIPLES,
    "application/json": RdfFormat.JSON_LD,
    "application/xml": RdfFormat.RDF_XML,
}
#: Short names of media types, for ``?format=``.
NAMES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "ttl": "text/turtle",
    "turtle": "text/turtle",
    "n3": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "json-ld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "rdf+xml": "application/rdf+xml",
    "arrow": ARROW,
}


def accepts(request: Request) -> str | None:
    """Return the field ``Accept`` of a request, which may come in pieces; nothing when there is none."""
    return ", ".join(request.headers.getlist("accept")) or None


def accepted(header: str | None, offered: Sequence[str]) -> str | None:
    """Return the media type that a client likes best of those offered; nothing when it accepts none.

    Parameters
    ----------
    header:
        The field ``Accept``; without it everything is accepted.
    offered:
        Media types, those that are better for us first.

    >>> accepted("text/*;q=0.5, text/csv", ["text/html", "text/csv"])
    'text/csv'
    >>> accepted("image/png", ["text/html"]) is None
    True
    """
    if not header or not header.strip():
        return offered[0]
    ranges = list(_ranges(header))
    best, quality = None, 0.0
    for kind in offered:
        value = max((one for one in ranges if _matches(one[0], kind)), key=lambda one: _exactness(one[0]), default=None)
        if value is not None and value[1] > quality:
            best, quality = kind, value[1]
    return best


def takes(header: str | None, coding: str) -> bool:
    """Whether a client takes a coding of content, by its field ``Accept-Encoding``.

    >>> takes("gzip;q=0, br", "gzip"), takes("br, *", "gzip"), takes(None, "gzip")
    (False, True, False)
    """
    said = dict(_ranges(header or ""))
    return said.get(coding, said.get("*", 0.0)) > 0


def _ranges(header: str) -> Iterable[tuple[str, float]]:
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    quality = min(1.0, max(0.0, float(value.strip())))
                except ValueError:
                    quality = 0.0
        if name:
            yield name.lower(), quality


def _matches(name: str, kind: str) -> bool:
    return name in (kind, "*/*", "*") or (name.endswith("/*") and kind.startswith(name[:-1]))


def _exactness(name: str) -> int:
    return 0 if name in ("*/*", "*") else 1 if name.endswith("/*") else 2
