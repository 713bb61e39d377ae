"""The pages of everything else: a plain table of properties for each file of data that has no page yet."""

from __future__ import annotations

from itertools import groupby, islice

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.identifiers import local_name
from kg.namespaces import shorten
from kg.publish.model import anchor_of, href_of
from kg.publish.render import Frame, Resource
from kg.publish.site import Site
from kg.publish.words import terms

__all__ = ["write_things"]

#: How many statements are shown on a page.
MOST_STATEMENTS = 2_000
_BATCH = 200


def write_things(frame: Frame, site: Site) -> int:
    """Write a page for each file of data that has none, and return how many."""
    run = site.graph.connection.execute
    files = run("SELECT no, file FROM files ORDER BY no").fetchall()
    left = [(no, file) for no, file in files if not _has_page(site, file)]
    for begin in range(0, len(left), _BATCH):
        part = dict(left[begin : begin + _BATCH])
        found = run(
            f"""SELECT file, s, p, o FROM (SELECT DISTINCT file, s, p, o FROM facts WHERE file IN (SELECT unnest(?::INTEGER[])))
            QUALIFY row_number() OVER (PARTITION BY file ORDER BY s, p, o) <= {MOST_STATEMENTS} ORDER BY file, s, p, o""",
            [list(part)],
        ).fetchall()
        for no, rows in groupby(found, key=lambda row: row[0]):
            _write(frame, site, part[no], [row[1:] for row in rows])
    return len(left) + _described(frame, site)


def _described(frame: Frame, site: Site) -> int:
    """Write the pages of what other parts describe beside the facts, such as the graphs."""
    count = 0
    for path in sorted((site.folder / "data").rglob("*.nt")):
        file = path.relative_to(site.folder / "data").as_posix().removesuffix(".nt")
        if not _has_page(site, file):
            quads = islice(parse(path=str(path), format=RdfFormat.N_TRIPLES), MOST_STATEMENTS)
            rows = sorted((str(quad.subject), str(quad.predicate), str(quad.object)) for quad in quads)
            _write(frame, site, file, rows)
            count += 1
    return count


def _has_page(site: Site, file: str) -> bool:
    return (site.folder / f"page/{file}.html").is_file()


def _write(frame: Frame, site: Site, file: str, rows: list[tuple[str, str, str]]) -> None:
    things = []
    for subject, said in groupby(rows, key=lambda row: row[0]):
        iri = subject[1:-1]
        facts = [{"property": _property(p[1:-1]), "value": _value(site, o)} for _, p, o in said]
        kind = file.split("/", 1)[0]
        things.append({"iri": iri, "anchor": anchor_of(frame.base, iri, kind), "facts": facts,
                       "name": _name(facts) or iri.removeprefix(frame.base)})  # fmt: skip
    iri = str(things[0]["iri"]) if len(things) == 1 else ""
    frame.page("things.html.j2", Resource(file, iri), things=things, whole=len(rows) < MOST_STATEMENTS)


def _name(facts: list[dict[str, dict[str, str]]]) -> str:
    return next(
        (fact["value"]["text"] for fact in facts if fact["property"]["text"] in ("skos:prefLabel", "dct:title")), ""
    )


def _property(iri: str) -> dict[str, str]:
    known = terms().get(iri)
    return {"text": known.label if known else shorten(iri), "title": iri, "href": iri}


def _value(site: Site, text: str) -> dict[str, str]:
    """Return a term of N-Quads to be shown, and where it leads."""
    (triple,) = parse(f"<a:b> <a:b> {text} .".encode(), format=RdfFormat.N_TRIPLES)
    term = triple.object
    if isinstance(term, Literal):
        kind = term.language or local_name(term.datatype.value)
        return {"text": term.value, "kind": "" if kind == "string" else kind, "href": ""}
    if not isinstance(term, NamedNode):
        return {"text": str(term), "kind": "", "href": ""}
    file = site.addresses.file(term.value)
    known = terms().get(term.value)
    if (
        file
        and term.value.startswith(site.build.base)
        and (_has_page(site, file) or (site.folder / f"data/{file}.nt").is_file())
    ):
        return {"text": term.value.removeprefix(site.build.base), "kind": "", "href": href_of(file)}
    return {"text": known.label if known else shorten(term.value), "kind": "", "href": ""}
