"""IRIs as functions of keys: the same facts give the same IRIs on every engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import quote, unquote

__all__ = ["community_iri", "encode", "identifier", "local_name", "mint", "short_hash"]


def encode(identifier: str) -> str:
    """Percent-encode an id as SPARQL's ENCODE_FOR_URI does (SPARQL 1.1, section 17.4.3.11).

    >>> encode("a/b c")
    'a%2Fb%20c'
    """
    return quote(identifier, safe="-_.~")


def mint(base: str, *segments: str) -> str:
    """Return `base` followed by the segments; the first is a fixed word, the others are ids to encode.

    >>> mint("https://e.org/", "supply", "a", "b/c")
    'https://e.org/supply/a/b%2Fc'
    """
    return base + "/".join([segments[0], *map(encode, segments[1:])])


def identifier(base: str, kind: str, iri: str) -> str:
    """Return the id of a resource: what was minted after ``{base}{kind}/``, else its whole IRI.

    >>> identifier("https://e.org/", "region", "https://e.org/region/DE%201")
    'DE 1'
    """
    prefix = f"{base}{kind}/"
    return unquote(iri[len(prefix) :]) if iri.startswith(prefix) else iri


def local_name(iri: str) -> str:
    """Return what follows the last ``#`` or ``/`` of an IRI."""
    return iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def short_hash(*parts: str) -> str:
    """Return the first 16 hexadecimal digits of SHA-256 over the parts, joined by a line feed."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def community_iri(base: str, organizations: Iterable[str]) -> str:
    """Return the IRI of the community whose candidate organisations have these IRIs, in any order."""
    return f"{base}group/community/{short_hash(*sorted(organizations))}"
