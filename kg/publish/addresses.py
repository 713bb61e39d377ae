"""Which files of a site are about which IRI: a rule that Apache and nginx can follow too.

An IRI ``{base}{kind}/{id}…`` is described by ``data/{kind}/{shard}`` in each format and by ``page/{kind}/{shard}.html``. The
shard is the beginning of the encoded id, so many characters that a kind has a bounded number of files; a shard of a small
build is a whole id. A membership is described with its group, a geometry with its region, a link with its first party.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from kg.identifiers import encode

__all__ = ["LONGEST", "MOST_FILES", "Addresses", "cut_for", "url"]

#: The most characters of an id in the name of a file, and the most files for one kind.
LONGEST, MOST_FILES = 100, 20_000


def cut_for(ids: Iterable[str], most: int = MOST_FILES) -> int:
    """Return how many characters of encoded ids name files, so that there are at most so many files.

    Parameters
    ----------
    ids:
        Encoded ids of one kind.
    most:
        How many files there may be.
    """
    names = {name[:LONGEST] for name in ids}
    length = LONGEST
    while len(names) > most and length > 1:
        length = min(length, max(map(len, names))) - 1
        names = {name[:length] for name in names}
    return length


@dataclass(frozen=True)
class Addresses:
    """The files about the resources of a build.

    Parameters
    ----------
    base:
        The base IRI of the build.
    cuts:
        How many characters of an id name a file, for the kinds with fewer than :data:`LONGEST`; see :func:`cut_for`.
    """

    base: str
    cuts: Mapping[str, int]

    def file(self, iri: str, kind: str = "") -> str | None:
        """Return the file about a resource, without ``page/`` or ``data/`` and suffix; nothing where there is none.

        A resource with an IRI of its own has one where its `kind` is given: its id is the whole IRI.

        >>> Addresses("https://e.org/", {"organization": 2}).file("https://e.org/organization/a%2Fb")
        'organization/a%'
        >>> Addresses("https://e.org/", {}).file("https://e.org/group/cell/DE%201/26/member/x")
        'group/cell/DE%201/26'
        """
        rest = iri.removeprefix(self.base)
        if rest == iri:
            if not kind:
                return None
            rest = f"{kind}/{encode(iri)}"
        parts = rest.split("#", 1)[0].split("/")
        if len(parts) < 2 or not parts[0].isalpha() or not parts[1]:
            return None
        if parts[0] == "group":
            wanted = 4 if parts[1] == "cell" else 3
            if len(parts) < wanted:
                return None
            return "/".join([*parts[:2], *(part[:LONGEST] for part in parts[2:wanted])])
        return f"{parts[0]}/{parts[1][: self.cuts.get(parts[0], LONGEST)]}"


def url(file: str, origin: str) -> str:
    """Return the relative address of one file of the site from another; names hold ``%`` as it is, addresses ``%25``.

    >>> url("page/organization/a%20b.html", "page/group/cell/x/y.html")
    '../../../organization/a%2520b.html'
    """
    target, here = file.split("/"), origin.split("/")
    common = 0
    while common < min(len(target), len(here)) - 1 and target[common] == here[common]:
        common += 1
    steps = [".."] * (len(here) - 1 - common) + [quote(part, safe="-_.~") for part in target[common:]]
    return "/".join(steps)
