"""The redirect rules that https://w3id.org asks for: one folder with an .htaccess and a README."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg.errors import UsageError

__all__ = ["FORMATS", "Route", "checked_site", "htaccess", "readme", "relative"]

#: The formats by the extension of their file: their media types and the wider ranges that mean them too, most specific
#: first. Where a client likes two equally the earlier is sent. HTML has no `*/*`: who asks for anything is a program.
FORMATS: dict[str, tuple[str, ...]] = {
    "html": (r"(?:text/html|application/xhtml\+xml)", r"text/\*"),
    "ttl": (r"(?:text/turtle|application/x-turtle)", r"text/\*", r"\*/\*"),
    "jsonld": (r"(?:application/ld\+json|application/json)", r"application/\*", r"\*/\*"),
    "rdf": (r"application/rdf\+xml", r"application/\*", r"\*/\*"),
    "nt": (r"application/n-triples", r"application/\*", r"\*/\*"),
}

#: What stands before and after a media range in the header `Accept` (RFC 9110, section 12.5.1). What is caught is the
#: quality without its leading zero: "1", or ".8", or nothing for 0. It is read from the end of the string, where rules
#: put " q=1", when a range has none.
_BEFORE = r"(?:^|,)\s*"
_AFTER = r"\s*(?:;(?!\s*q=)[^,;]*)*(?:;\s*|(?:,.*)? )q=0*(1|\.\d*?[1-9]|)[.0]*(?:[\s,;]|$)"

_SITE = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~@-]+)*\Z")
_HOST = re.compile(r"https?://w3id\.org/")


@dataclass(frozen=True, slots=True)
class Route:
    """Where one kind of IRI leads.

    `pattern` matches what follows the folder in the IRI; `target` is below the site and may use what the pattern
    caught. With `page` the client chooses: `page` is sent for HTML, and `target` with an extension for all else.
    """

    pattern: str
    target: str
    page: str = ""


def checked_site(site: str) -> str:
    """Return the address of a site without a slash at its end.

    Raises
    ------
    UsageError
        when it is no plain web address: rules would obey some of its characters.
    """
    site = site.rstrip("/")
    if not _SITE.match(site):
        raise UsageError(f"--site {site}: write it as https://host/path, with letters, digits and . _ ~ @ - only")
    return site


def relative(iri: str) -> tuple[str, str] | None:
    """Return the w3id folder of an IRI and what follows it, or None when it is not on w3id.org.

    >>> relative("https://w3id.org/clusterkg/ontology#")
    ('clusterkg', 'ontology')
    """
    if not _HOST.match(iri):
        return None
    name, _, rest = _HOST.sub("", iri).rstrip("#/").partition("/")
    return (name, rest) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) else None


def htaccess(heading: Sequence[str], site: str, routes: Sequence[Route]) -> str:
    """Write the rules for Apache's mod_rewrite.

    The format is chosen by the qualities that the header `Accept` gives; a client that accepts none of them gets
    Turtle, as RFC 9110, section 12.4.1, allows.

    Parameters
    ----------
    heading:
        Lines of comment: what this is, and whom to ask.
    site:
        The address below which the released files are.
    routes:
        Where IRIs lead, the first that matches.
    """
    lines = [f"# {line}".rstrip() for line in heading]
    lines += [
        "",
        "Options -MultiViews",
        "RewriteEngine on",
        "<IfModule mod_headers.c>",
        '    Header always set Access-Control-Allow-Origin "*"',
        '    Header always set Vary "Accept"',
        "</IfModule>",
        "",
        "# Files that are there in one format",
    ]
    lines += [_rule(route.pattern, f"{site}/{route.target}") for route in routes if not route.page]
    lines += [
        "",
        "# The format that the client likes best. For each format in turn: the quality that the header Accept gives to",
        '# its media type, or else to a range such as text/*; without one it is 1, the " q=1" put at the end. When it is',
        "# higher than the best so far, the format is this one.",
    ]
    lines.append("RewriteRule ^ - [E=best:0,E=format:ttl]")
    for extension, ranges in FORMATS.items():
        lines += ["", f"# {extension}", "RewriteRule ^ - [E=quality:0]"]
        for number, media in enumerate(ranges, start=1):
            flags = "NC" if number == len(ranges) else "NC,OR"
            lines.append(f'RewriteCond "%{{HTTP_ACCEPT}} q=1" "{_BEFORE}{media}{_AFTER}" [{flags}]')
        lines.append("RewriteRule ^ - [E=quality:0%1]")
        lines.append("RewriteCond expr \"reqenv('quality') > reqenv('best')\"")
        lines.append(f"RewriteRule ^ - [E=best:%{{ENV:quality}},E=format:{extension}]")
    lines += ["", "# Documents that are there in all formats"]
    for route in routes:
        if route.page:
            lines.append("RewriteCond %{ENV:format} =html")
            lines.append(_rule(route.pattern, f"{site}/{route.page}"))
            lines.append(_rule(route.pattern, f"{site}/{route.target}.%{{ENV:format}}"))
    return "\n".join(lines) + "\n"


def _rule(pattern: str, target: str) -> str:
    return f"RewriteRule ^{pattern}$ {target} [R=303,L]"


def readme(name: str, about: str, iris: Sequence[tuple[str, str]], contacts: Sequence[str], site: str) -> str:
    """Write the README that w3id.org asks for: what the folder is for, its IRIs, and whom to ask.

    See https://github.com/perma-id/w3id.org#suitable-pr-content.
    """
    listed = "\n".join(f"- <{iri}>: {what}" for iri, what in iris)
    people = "\n".join(f"- {contact}" for contact in contacts)
    return (
        f"# /{name}/\n\n"
        f"Permanent identifiers of {about}.\n\n"
        f"## Identifiers\n\n{listed}\n\n"
        "The identifiers redirect with 303 See Other. HTML, Turtle, JSON-LD, RDF/XML and N-Triples are told apart by the\n"
        f"header `Accept`. The files are at <{site}/>.\n\n"
        f"## Contact\n\nThis space is administered by:\n\n{people}\n"
    )
