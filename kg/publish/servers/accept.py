"""What a client accepts, as regular expressions that Apache and nginx share.

Each format gets a text that compares as its quality does, character by character: ``1!3`` before ``0.85!3`` before
``0.85!1``. The digit behind the mark is how exactly the format is named, so that a wildcard loses against a name. What is
not acceptable is ``0``.

https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["FORMATS", "Format", "Rank", "greater", "ranks"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that resources are served in: the suffix of its files, and the media types that ask for it."""

    suffix: str
    types: tuple[str, ...]

    @property
    def name(self) -> str:
        """The media type that it is served with."""
        return self.types[0]


#: In the order of preference where a client has none.
FORMATS = (
    Format("html", ("text/html", "application/xhtml+xml")),
    Format("ttl", ("text/turtle", "application/x-turtle", "text/n3", "text/rdf+n3")),
    Format("jsonld", ("application/ld+json", "application/json")),
    Format("nt", ("application/n-triples",)),
)
#: Characters of a rank, in their order.
_ALPHABET = "!.0123456789"


@dataclass(frozen=True, slots=True)
class Rank:
    """A pattern for the header and the rank that it means; ``{}`` is where the digits of the quality go."""

    pattern: str
    rank: str


def ranks(form: Format) -> list[Rank]:
    """Return the patterns of a format, the most exact first: the first that is found counts.

    Parameters
    ----------
    form:
        One of :data:`FORMATS`.
    """
    out = []
    wide = f"{form.name.split('/')[0]}/*"
    named = [*((name, 3) for name in form.types), (wide, 2), ("*/*", 1)]
    for name, exactness in named:
        # Parameters before the quality are passed over: profiles and character sets are not told apart.
        start = rf"(?:^|,)\s*{re.escape(name).replace('/', '/')}\s*(?:;\s*(?!q\s*=)[^,;]*)*"
        end = r"\s*(?:[,;]|$)"
        out += [
            Rank(rf"{start};\s*q\s*=\s*0(?:\.0*)?{end}", "0"),
            Rank(rf"{start};\s*q\s*=\s*0?\.([0-9]*[1-9])0*{end}", f"0.{{}}!{exactness}"),
            Rank(rf"{start}(?:;\s*q\s*=\s*1(?:\.0*)?)?{end}", f"1!{exactness}"),
        ]
    return out


def greater() -> str:
    """Return a pattern for two ranks with a space between them of which the first is the greater.

    >>> bool(re.search(greater(), "1!3 0.9!3")), bool(re.search(greater(), "0.5!1 0.5!3"))
    (True, False)
    """
    ways = [
        f"{re.escape(high)}[^ ]* \\1[{re.escape(_ALPHABET[:place])}]" for place, high in enumerate(_ALPHABET) if place
    ]
    return f"^([^ ]*)(?:{'|'.join(ways)}|[^ ]+ \\1$)"
