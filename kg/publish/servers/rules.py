"""Which part of an IRI names the files about it, as regular expressions that Apache and nginx share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from kg.publish.addresses import GROUPS, LONGEST
from kg.publish.dataset import About
from kg.publish.site import Site

__all__ = ["MEDIA_TYPES", "SECURITY", "Rules", "Shape", "rules"]

#: One character of a segment of a path, as a client sends it.
_PART = r"[^/?#\s]"
#: The kinds whose pages are about one resource where their names are whole ids.
_OF_ONE = ("organization", "region", "sector", "skill", "collaboration", "run", "scheme")

MEDIA_TYPES = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "csv": "text/csv",
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "json": "application/json",
    "xml": "application/xml",
    "txt": "text/plain",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "wasm": "application/wasm",
    "parquet": "application/vnd.apache.parquet",
    "gz": "application/gzip",
}
#: Headers of every answer.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """IRIs of one shape: what follows the base, with a group for each part of the name, and the folder of their files."""

    kind: str
    pattern: str
    folder: str
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """What rules are made from.

    Attributes
    ----------
    path:
        The path of the address of the site, from ``/`` to ``/``.
    shapes:
        The shapes of IRIs; no two fit the same.
    kinds:
        A pattern for how they begin.
    cited:
        A pattern for names of pages about one resource, whose IRI is the name after the base.
    """

    facts: About
    path: str
    shapes: tuple[Shape, ...]
    kinds: str
    cited: str
    ontology: bool


def rules(facts: About, site: Site) -> Rules:
    """Return what the rules of a site are made from.

    Parameters
    ----------
    facts:
        What is said of the data set.
    site:
        The site, with its data written.
    """
    cuts = site.addresses.cuts
    found = site.graph.connection.execute("SELECT DISTINCT split_part(file, '/', 1) FROM files ORDER BY 1").fetchall()
    minted = sorted({"graph", *(kind for (kind,) in found if kind not in ("group", "genid", "thing"))})
    shapes = [_shape(kind, cuts) for kind in minted]
    for kind, parts in GROUPS.items():
        one, rest = f"({_PART}{{1,{LONGEST}}})", f"{_PART}*"
        shapes.append(Shape("group", f"group/{kind}/" + f"{rest}/".join([one] * parts), f"group/{kind}", parts))
    shapes.append(Shape("genid", rf"\.well-known/genid/({_PART}{{1,{LONGEST}}})", "genid"))
    whole = [kind for kind in _OF_ONE if kind in minted and kind not in cuts]
    # A page about something with an IRI of its own has that IRI as its name, and is not at it.
    name = f"(?![A-Za-z][A-Za-z0-9+.-]*%3A)[A-Za-z0-9%._~-]{{1,{LONGEST - 1}}}"
    groups = "|".join(f"{kind}/" + "/".join([name] * parts) for kind, parts in GROUPS.items())
    cited = f"(?:(?:{'|'.join(whole)})/{name}|group/(?:{groups}))" if whole else f"group/(?:{groups})"
    kinds = rf"(?:{'|'.join([*minted, 'group', r'[.]well-known/genid'])})/"
    path = urlsplit(facts.site).path or "/"
    return Rules(facts, path, tuple(shapes), kinds, cited, (site.folder / "ontology").is_dir())


def _shape(kind: str, cuts: Mapping[str, int]) -> Shape:
    return Shape(kind, f"{kind}/({_PART}{{1,{cuts.get(kind, LONGEST)}}})", kind)
