"""Which files of a site are about which IRI: a rule that Apache and nginx can follow too.

An IRI ``{base}{kind}/{id}…`` is described by ``data/{kind}/{shard}`` in each format and by ``page/{kind}/{shard}.html``. The
shard is the beginning of the encoded id, so many characters that a kind has a bounded number of files; a shard of a small
build is a whole id. A membership is described with its group, a geometry with its region, a link with its first party.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from kg.identifiers import encode

__all__ = ["FOLDERS", "GROUPS", "LONGEST", "MOST_FILES", "Addresses", "url"]

#: The most characters of an id in the name of a file, and the most files for one kind.
LONGEST, MOST_FILES = 100, 20_000
#: The folders of a site: no kind of resource has their names.
FOLDERS = frozenset({"assets", "data", "dumps", "ontology", "page", "questions", "server"})
#: What follows ``group/`` in the IRI of a group, and how many ids follow that.
GROUPS = {"cell": 2, "declared": 1, "community": 1}
#: What an address may hold as it is; the rest of an IRI reaches a server percent-encoded.
_PLAIN = "%!$&'()*+,;=:@-_.~"


@dataclass(frozen=True)
class Addresses:
    """The files about the resources of a build.

    Parameters
    ----------
    base:
        The base IRI of the build.
    cuts:
        How many characters of an id name a file, for the kinds with fewer than :data:`LONGEST`.
    """

    base: str
    cuts: Mapping[str, int]

    def file(self, iri: str, kind: str = "") -> str | None:
        """Return the file about a resource, without ``page/`` or ``data/`` and suffix; nothing where there is none.

        A resource with an IRI of its own has one where its `kind` is given (of a group ``group/declared``): its id is the
        whole IRI.

        >>> Addresses("https://e.org/", {"organization": 2}).file("https://e.org/organization/a%2Fb")
        'organization/a%'
        >>> Addresses("https://e.org/", {}).file("https://e.org/group/cell/DE%201/26/member/x")
        'group/cell/DE%201/26'
        """
        found = self._minted(iri.removeprefix(self.base)) if iri.startswith(self.base) else None
        if found is None and kind:
            return f"{kind}/{encode(iri)[: self.cuts.get(kind, LONGEST)]}"
        return found

    def _minted(self, rest: str) -> str | None:
        """Return the file of what is minted, by what follows the base in its IRI."""
        parts = [quote(part, safe=_PLAIN) for part in re.split("[?#]", rest, maxsplit=1)[0].split("/")]
        if parts[:2] == [".well-known", "genid"]:
            parts[:2] = ["genid"]
        if parts[0] == "group":
            head = len(parts) > 1 and GROUPS.get(parts[1], 0)
            ids = parts[2 : 2 + head] if head else []
            if not head or len(ids) < head or not all(map(_names, ids)):
                return None
            return "/".join([*parts[:2], *(part[:LONGEST] for part in ids)])
        if not re.fullmatch("[A-Za-z]+", parts[0]) or parts[0] in FOLDERS or len(parts) < 2 or not _names(parts[1]):
            return None
        return f"{parts[0]}/{parts[1][: self.cuts.get(parts[0], LONGEST)]}"


def _names(part: str) -> bool:
    """Whether a part of a path names something there."""
    return part not in ("", ".", "..")


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
