"""What is said of a data set, from the record of its run; builds of before say less."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin

from kg.build import Build

__all__ = ["About", "Source", "about"]

#: Languages of the European Union's table of languages, by their tag.
_LANGUAGES = dict(
    item.split("=")
    for item in [
        "bg=BUL",
        "cs=CES",
        "da=DAN",
        "de=DEU",
        "el=ELL",
        "en=ENG",
        "es=SPA",
        "et=EST",
        "fi=FIN",
        "fr=FRA",
        "ga=GLE",
        "hr=HRV",
        "hu=HUN",
        "it=ITA",
        "lt=LIT",
        "lv=LAV",
        "mt=MLT",
        "nl=NLD",
        "no=NOR",
        "pl=POL",
        "pt=POR",
        "ro=RON",
        "sk=SLK",
        "sl=SLV",
        "sv=SWE",
    ]
)


@dataclass(frozen=True, slots=True)
class Source:
    """A source of a build, by its number; what is not stated is empty."""

    number: int
    type: str
    title: str
    license: str = ""
    publisher: str = ""
    homepage: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a data set.

    Attributes
    ----------
    base:
        The base IRI, which is the IRI of the data set too.
    site:
        The address at which its site is published; it ends in ``/``.
    finished:
        When it was built, as ``xsd:dateTime``; empty where that is not known.
    publisher_stated:
        Whether the publisher is one that was given.
    """

    base: str
    site: str
    title: str
    description: str
    license: str
    publisher: str
    publisher_stated: bool
    contact: str
    language: str
    keywords: tuple[str, ...]
    endpoint: str
    run: str
    finished: str
    digest: str
    sources: tuple[Source, ...]
    counts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """The base IRI without a ``#`` at its end: what IRIs of parts of the data set begin with."""
        return self.base.removesuffix("#")

    def part(self, name: str) -> str:
        """Return the IRI of something that belongs to the data set and has no page of its own."""
        return f"{self.document}#{name}"

    def address(self, file: str) -> str:
        """Return the address of a file of the site."""
        return self.site + quote(file, safe="/-_.~")

    @property
    def language_iri(self) -> str:
        """The language in the table of the European Union, or of the Library of Congress."""
        tag = self.language.split("-")[0].lower()
        if tag in _LANGUAGES:
            return f"http://publications.europa.eu/resource/authority/language/{_LANGUAGES[tag]}"
        return f"http://id.loc.gov/vocabulary/iso639-{1 if len(tag) == 2 else 2}/{tag}"


def about(build: Build) -> About:
    """Return what is said of the data set of a build.

    Parameters
    ----------
    build:
        An open build.
    """
    run, said = build.run, build.run.get("about", {})
    title = str(run.get("title") or "A knowledge graph of business clusters")
    counts = run.get("counts", {})
    return About(
        base=build.base,
        site=str(said.get("site") or urljoin(build.base.split("#")[0], ".")),
        title=title,
        description=str(said.get("description") or _described(counts)),
        license=str(run.get("license", "")),
        publisher=str(said.get("publisher") or "Publisher not stated"),
        publisher_stated=bool(said.get("publisher")),
        contact=str(said.get("contact", "")),
        language=str(said.get("language", "en")),
        keywords=tuple(said.get("keywords", ("business clusters", "organisations", "regions", "supply chains"))),
        endpoint=str(said.get("endpoint", "")),
        run=str(run.get("run", "")),
        finished=re.sub(r"\+00:00$", "Z", str(run.get("finished", ""))),
        digest=str(run.get("digests", {}).get("facts", "")),
        sources=_sources(run, counts),
        counts=counts,
    )


def _described(counts: Mapping[str, Any]) -> str:
    kinds = counts.get("kinds", {})
    found = ", ".join(
        f"{kinds.get(name, 0):,} {shown}"
        for name, shown in (("Cluster", "clusters"), ("VirtualGroup", "groups without a place"))
    )
    return (
        f"A knowledge graph of organisations and of the business clusters that they form: {counts.get('facts', 0):,} facts, "
        f"{found}, with the evidence for each membership."
    )


def _sources(run: Mapping[str, Any], counts: Mapping[str, Any]) -> tuple[Source, ...]:
    """Return the sources; of a build that does not list them, those that files are of."""
    listed = run.get("sources") or [
        {"number": number, "type": ""} for number in sorted({file["source"] for file in counts.get("files", [])})
    ]
    return tuple(
        Source(
            number=entry["number"],
            type=entry.get("type", ""),
            title=entry.get("title")
            or f"Source {entry['number']}" + (f" ({entry['type']})" if entry.get("type") else ""),
            license=entry.get("license", ""),
            publisher=entry.get("publisher", ""),
            homepage=entry.get("homepage", ""),
        )
        for entry in listed
    )
