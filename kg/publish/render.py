"""How every page of the site is written: templates, safe texts and links, and what stands in the head."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import cos, pi, sin
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment
from markupsafe import Markup, escape

from kg.markup import environment
from kg.publish.own_templates import told
from kg.publish.words import needed
from kg.reports.kinds import readable

__all__ = ["DRIVERS", "FORMATS", "Frame", "Resource", "about_page", "safe_json", "web"]

#: The formats in which a page's content is there for machines, by the suffix of the file.
FORMATS = {"ttl": "text/turtle", "jsonld": "application/ld+json", "nt": "application/n-triples"}
#: The drivers in the order of their bits, with the letter of their class in the style sheet.
DRIVERS = (("Geography", "g"), ("Sector", "s"), ("Vertical", "v"), ("Horizontal", "h"))
_SIGN = re.compile(r" \([0-9a-f]{6}\)\Z")
#: How much of a text is shown in a line.
MOST = 120


def shown(text: object, most: int = MOST) -> str:
    """Return a text as it can be shown: on one line, cut, and without signs that turn what follows."""
    given = str(text)
    if len(given) > most:
        # What tells apart things that are named alike stands at the end.
        sign = _SIGN.search(given)
        if sign and most > 2 * len(sign[0]):
            return f"{shown(given[: sign.start()], most - len(sign[0]))}{sign[0]}"
        return f"{readable(given[: most - 1], most).rstrip()}…"
    return given if given.isprintable() else readable(given, most)


def name(text: object, most: int = MOST) -> Markup:
    """Return a text from data as HTML, kept apart from the direction of what is around it."""
    return Markup(f"<bdi>{escape(shown(text, most))}</bdi>")


def headed(text: object) -> str:
    """Return a name that we made as a heading has it; names from data stay as they are.

    >>> headed("around A, B (0123ab)"), headed("eBay")
    ('Around A, B (0123ab)', 'eBay')
    """
    given = str(text)
    return f"A{given[1:]}" if given.startswith("around ") and _SIGN.search(given) else given


def web(address: object) -> str:
    """Return an address that may be a link: http or https, with a host; else nothing."""
    text = str(address or "")
    if len(text) > 2000 or not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""


def safe_json(value: object) -> Markup:
    """Return JSON that can stand in an element ``script``: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def number(value: object) -> str:
    """Return a whole number with thousands apart, or a share as it is; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if isinstance(value, float) else str(value)


def percent(part: float | None, whole: float = 1) -> str:
    """Return a share in per cent; what is not nothing is never shown as 0 %."""
    if part is None or not whole:
        return "–"
    share = 100 * part / whole
    return "<1 %" if 0 < share < 1 else f"{share:.0f} %"


def ring(drivers: int) -> str:
    """Return the classes of the sign for some drivers, as the style sheet has them."""
    return " ".join(letter for place, (_, letter) in enumerate(DRIVERS) if drivers >> place & 1)


def listed(drivers: int) -> list[str]:
    """Return the names of some drivers."""
    return [text for place, (text, _) in enumerate(DRIVERS) if drivers >> place & 1]


def _sign(drivers: int) -> Markup:
    """Return the sign for some drivers, with their names for who does not see it."""
    names = ", ".join(listed(drivers)) or "no driver"
    return Markup('<i class="ring {}" role="img" aria-label="{}" title="{}"></i>').format(ring(drivers), names, names)


@cache
def arc(radius: float, letter: str) -> str:
    """Return the quarter of a ring for a driver, clockwise from above, as a path with a gap at both ends.

    >>> arc(10, "g")
    'M.5-10A10 10 0 0 1 10-.5'
    """
    begin = -pi / 2 + pi / 2 * "gsvh".index(letter)
    ends = [(radius * cos(at), radius * sin(at)) for at in (begin + 0.05, begin + pi / 2 - 0.05)]
    (a, b), (c, d) = ([_short(value) for value in end] for end in ends)
    size = _short(radius)
    return f"M{a}{'' if b.startswith('-') else ' '}{b}A{size} {size} 0 0 1 {c}{'' if d.startswith('-') else ' '}{d}"


def _short(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return {"-0": "0"}.get(text, text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text)


#: The sign for each combination of drivers, and the letters of its drivers.
SIGNS = [_sign(drivers) for drivers in range(16)]
LETTERS = [ring(drivers).split() for drivers in range(16)]


@dataclass(frozen=True)
class Resource:
    """What a page is about, for its head.

    `file` is the name of the files of data without suffix; `iri` is given where the page is about one thing.
    """

    file: str
    iri: str = ""
    type: str = ""
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Frame:
    """Where pages are written and what all of them say; it can be handed to another process.

    Attributes
    ----------
    folder:
        The folder of the site.
    templates:
        A folder with templates in place of ours.
    base:
        The base IRI.
    about:
        What every page may say of the build: title, license, run, version and counts.
    """

    folder: Path
    templates: Path | None
    base: str
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def environment(self) -> Environment:
        """The templates, a user's own before ours."""
        made = environment("site", before=self.templates)
        made.filters |= {
            "shown": shown, "name": name, "headed": headed, "web": web, "json": safe_json, "number": number, "percent": percent,
            "ring": ring, "arc": arc, "drivers": listed, "path": lambda text: quote(str(text), safe="/-_.~"),
        }  # fmt: skip
        made.globals |= {
            "DRIVERS": DRIVERS,
            "FORMATS": FORMATS,
            "about": self.about,
            "NEEDED": needed(self.about.get("profile", {})),
            "SIGNS": SIGNS,
            "LETTERS": LETTERS,
        }
        return made

    def render(self, template: str, file: str, **context: Any) -> str:
        """Return a page of the site; `root` leads from it to the start page's folder."""
        context.setdefault("resource", None)
        root = "../" * file.count("/")
        with told(self.templates):
            return self.environment.get_template(template).render(root=root, file=file, **context)

    def write(self, template: str, file: str, **context: Any) -> None:
        """Write a page of the site."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.render(template, file, **context).encode("utf-8", "replace"))

    def page(self, template: str, resource: Resource, **context: Any) -> None:
        """Write the page about a thing, or about the things of one file."""
        self.write(template, f"page/{resource.file}.html", resource=resource, **context)

    def data(self, file: str, value: object) -> None:
        """Write data that a script of the site fetches."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        path.write_bytes(text.encode("utf-8", "replace"))


def about_page(frame: Frame, about: object) -> dict[str, Any]:
    """Return what a page is about as JSON-LD: a thing of schema.org, or several."""
    return {
        "@context": "https://schema.org",
        "@type": "AboutPage",
        "isPartOf": {"@type": "Dataset", "name": shown(frame.about["title"], 200), "@id": frame.base},
        "about": about,
    }
