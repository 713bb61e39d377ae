"""The page on which a site's own data is asked with SPARQL, by Oxigraph in a Web Worker of the reader's browser.

Where ``kg serve`` serves the site, its server is asked instead: it answers for ``assets/endpoint.json``, which in the folder
of the site names none.

The editor is Yasqe, the part of YASGUI that edits; the answer is a table of our own, for Yasr has critical faults of
accessibility, no dark dress, and links that leave the site. What the page needs of a server with a content security policy::

    script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'

for the page and for ``assets/query-worker.js`` alike: a worker has the policy that it is served with. The data may be served
with ``Content-Encoding: gzip`` or as it is. A page opened from a file says how to serve it: browsers start no worker there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyoxigraph import NamedNode

from kg.ask import bind
from kg.build import Build
from kg.catalog import Query, load
from kg.engines.base import Term
from kg.publish.addresses import GROUPS, LONGEST
from kg.publish.data import DUMP
from kg.publish.pages import frame_of
from kg.publish.site import Site
from kg.publish.vendor import ship

__all__ = ["DATA", "ENDPOINT", "MOST_STATEMENTS", "Example", "examples", "query_page", "with_values"]

#: The dump that the browser loads.
DATA = f"{DUMP}.nq.gz"
#: The file that says where a server answers queries.
ENDPOINT = "assets/endpoint.json"
#: With more statements there is no query page that works: the browser's memory for WASM ends at 4 GB, and a phone's sooner.
MOST_STATEMENTS = 3_000_000
_SCRIPTS = ("query.css", "query.js", "query-worker.js")
_WHERE = re.compile(r"\bWHERE\s*\{")


@dataclass(frozen=True, slots=True)
class Example:
    """A question of the library as text that can be run as it is."""

    name: str
    title: str
    description: str
    text: str
    #: What its parameters were given, as a reader would say it: the name of a thing, or a value.
    given: tuple[tuple[str, str, str], ...]
    #: Parameters for which the build has nothing.
    lacking: tuple[str, ...]


def query_page(site: Site) -> None:
    """Write ``query.html`` and its scripts; it asks the dump that is there."""
    statements = site.graph.quads
    fits = statements <= MOST_STATEMENTS
    data = _data(site) if fits else {}
    config = {
        "base": site.build.base,
        "cuts": dict(site.addresses.cuts),
        "longest": LONGEST,
        "groups": GROUPS,
        "pages": sorted(path.name for path in (site.folder / "page").glob("*") if path.is_dir()),
        **data,
    }
    for name in ("oxigraph", "yasqe"):
        ship(site, name)
    assets = files("kg") / "templates" / "site" / "assets"
    for name in _SCRIPTS:
        site.write(f"assets/{name}", (assets / name).read_bytes())
    site.write(ENDPOINT, b'{"endpoint": null}\n')
    frame_of(site).write(
        "query.html.j2",
        "query.html",
        statements=statements,
        fits=fits,
        most=MOST_STATEMENTS,
        megabytes=max(1, round(data.get("size", 0) / 1e6)),
        config=json.dumps(config),
        examples=list(examples(site.build)),
    )


def _data(site: Site) -> dict[str, Any]:
    """Return where the facts and conclusions are in one compressed file, and how large it is, packed and unpacked."""
    length = sum((site.build.folder / name).stat().st_size for name in ("facts.nq", "inferred.nq"))
    return {"data": DATA, "size": site.path(DATA).stat().st_size, "length": length}


def examples(build: Build) -> Iterator[Example]:
    """Yield the questions of the library; what they need to be given is something that this build has."""
    found = _found(build)
    for question in load("queries/questions"):
        terms, given, lacking = _terms(build, question, found)
        text = "\n".join(line for line in question.text.splitlines() if not line.startswith("#+")).strip() + "\n"
        yield Example(
            question.name,
            question.summary,
            question.description,
            with_values(text, terms),
            tuple(given),
            tuple(lacking),
        )


def with_values(text: str, terms: Mapping[str, Term]) -> str:
    """Return a query with the terms of some variables at the beginning of its outermost pattern.

    >>> print(with_values("SELECT * WHERE { ?s ?p ?o }", {"s": NamedNode("https://e.org/s")}))
    SELECT * WHERE {
      VALUES ?s { <https://e.org/s> } ?s ?p ?o }
    """
    where = _WHERE.search(text)
    if where is None or not terms:
        return text
    values = "".join(f"\n  VALUES ?{name} {{ {term} }}" for name, term in terms.items())
    return text[: where.end()] + values + text[where.end() :]


def _terms(
    build: Build, question: Query, found: Mapping[str, list[str]]
) -> tuple[dict[str, Term], list[tuple[str, str, str]], list[str]]:
    """Return the terms of a question's parameters, how a reader is told of them, and those without one."""
    easy = tuple(parameter for parameter in question.parameters if not parameter.required)
    defaults = bind(build, replace(question, parameters=easy), {})
    terms: dict[str, Term] = {}
    told: list[tuple[str, str, str]] = []
    lacking: list[str] = []
    taken: Counter[str] = Counter()
    for parameter in question.parameters:
        if parameter.name in defaults:
            terms[parameter.name] = defaults[parameter.name]
            told.append((parameter.name, defaults[parameter.name].value, parameter.description))
            continue
        things = found.get(parameter.type, [])
        if taken[parameter.type] == len(things):
            lacking.append(parameter.name)
            continue
        iri = things[taken[parameter.type]]
        taken[parameter.type] += 1
        terms[parameter.name] = NamedNode(iri)
        told.append((parameter.name, build.label(iri), parameter.description))
    return terms, told, lacking


def _found(build: Build) -> dict[str, list[str]]:
    """Return a few things of each kind that questions ask about: the largest groups, who is in most of them, their places."""
    groups = build.groups().sort_by([("members", "descending"), ("group", "ascending")])
    out = {"group": groups["group"][:2].to_pylist()}
    for kind in ("region", "sector"):
        named = groups[kind].drop_null() if groups[kind].type != pa.null() else pa.chunked_array([[]], pa.string())
        out[kind] = [iri for iri in named.to_pylist() if iri][:1]
    counted = pc.value_counts(build.memberships()["organization"])
    if len(counted):
        table = pa.table({"iri": counted.field("values"), "count": counted.field("counts")})
        out["organization"] = [str(table.sort_by([("count", "descending"), ("iri", "ascending")])["iri"][0])]
    return out
