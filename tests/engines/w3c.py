"""The W3C's SPARQL 1.1 evaluation tests: what each asks, of what data, and what the answer is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kg.engines import Solutions

__all__ = ["FOLDERS", "Case", "answer_form", "cases"]

FOLDERS = (
    "aggregates", "bind", "bindings", "cast", "construct", "exists", "functions", "grouping", "negation",
    "project-expression", "property-path", "subquery",
)  # fmt: skip
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
KINDS = {".srx": ox.QueryResultsFormat.XML, ".srj": ox.QueryResultsFormat.JSON}

Answer = Solutions | list[ox.Triple] | bool


@dataclass(frozen=True)
class Case:
    """One test."""

    name: str
    query: Path
    data: tuple[Path, ...]
    named: tuple[tuple[str, Path], ...]
    result: Path

    @property
    def text(self) -> str:
        return f"BASE <{self.query.as_uri()}>\n" + self.query.read_text(encoding="utf-8")

    def quads(self) -> Iterator[ox.Quad]:
        for path in self.data:
            yield from parse(path)
        for name, path in self.named:
            for quad in parse(path):
                yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))

    def expected(self) -> Answer:
        kind = KINDS.get(self.result.suffix)
        if kind is None:
            quads = parse(self.result)
            return (
                result_set(quads)
                if any("ResultSet" in str(quad.object) for quad in quads)
                else [quad.triple for quad in quads]
            )
        found = ox.parse_query_results(path=str(self.result), format=kind)
        if isinstance(found, ox.QueryBoolean):
            return bool(found)
        return Solutions(tuple(v.value for v in found.variables), [tuple(row) for row in found])


def parse(path: Path) -> list[ox.Quad]:
    kind = ox.RdfFormat.from_extension(path.suffix.lstrip("."))
    return list(ox.parse(path=str(path), format=kind, base_iri=path.as_uri()))


def cases(root: Path) -> list[Case]:
    """Every query evaluation test of the folders."""
    out = []
    for folder in FOLDERS:
        manifest = ox.Store()
        manifest.extend(parse(root / folder / "manifest.ttl"))
        rows = manifest.query(
            f"""SELECT ?test ?query ?result (GROUP_CONCAT(DISTINCT ?d) AS ?data) (GROUP_CONCAT(DISTINCT ?g) AS ?named)
            {{ ?test a <{MF}QueryEvaluationTest> ; <{MF}action> ?action ; <{MF}result> ?result .
              ?action <{QT}query> ?query .
              OPTIONAL {{ ?action <{QT}data> ?file }} BIND(COALESCE(STR(?file), "") AS ?d)
              OPTIONAL {{ ?action <{QT}graphData> ?graph }} BIND(COALESCE(STR(?graph), "") AS ?g) }}
            GROUP BY ?test ?query ?result ORDER BY ?test"""
        )
        for test, query, result, data, named in rows:
            out.append(
                Case(
                    f"{folder}/{test.value.rsplit('#', 1)[1]}",
                    local(query.value),
                    tuple(local(name) for name in data.value.split()),
                    tuple((name, local(name)) for name in named.value.split()),
                    local(result.value),
                )
            )
    return out


def result_set(quads: list[ox.Quad]) -> Solutions:
    """Solutions written as a graph in the vocabulary of the tests."""
    store = ox.Store()
    store.extend(quads)
    rs = "PREFIX rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#>"
    names = tuple(row[0].value for row in store.query(f"{rs} SELECT ?name {{ ?set rs:resultVariable ?name }}"))
    rows: dict[object, dict[str, ox.Literal]] = {}
    cells = f"{rs} SELECT ?row ?name ?value {{ ?set rs:solution ?row . ?row rs:binding [ rs:variable ?name ; rs:value ?value ] }}"
    for row, name, value in store.query(cells):
        rows.setdefault(row, {})[name.value] = value
    return Solutions(names, [tuple(cells.get(name) for name in names) for cells in rows.values()])


def local(iri: str) -> Path:
    return Path(ox_path(iri))


def ox_path(iri: str) -> str:
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(iri).path)


def plain(term: object) -> object:
    """A term with its number in one form: engines may shorten numbers."""
    if isinstance(term, ox.Literal) and term.datatype.value.startswith(XSD):
        try:
            match term.datatype.value.removeprefix(XSD):
                case "decimal":
                    whole, _, rest = term.value.partition(".")
                    rest = rest.rstrip("0")
                    return ox.Literal(f"{int(whole or 0)}" + (f".{rest}" if rest else ""), datatype=term.datatype)
                case "double" | "float":
                    return ox.Literal(repr(float(term.value)), datatype=term.datatype)
                case "integer":
                    return ox.Literal(str(int(term.value)), datatype=term.datatype)
        except ValueError:
            return term
    return term


def answer_form(answer: Answer) -> object:
    """An answer as something that is equal for equal answers, whatever the blank nodes are called."""
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, list):
        return canonical([ox.Triple(t.subject, t.predicate, plain(t.object)) for t in answer])
    names = sorted(answer.variables)
    order = [answer.variables.index(name) for name in names]
    triples = []
    counts: Counter[tuple[object, ...]] = Counter(tuple(plain(row[i]) for i in order) for row in answer.rows)
    for row, count in counts.items():
        node = ox.BlankNode()
        triples.append(ox.Triple(node, ox.NamedNode("row:count"), ox.Literal(str(count))))
        for name, term in zip(names, row, strict=True):
            if term is not None:
                triples.append(ox.Triple(node, ox.NamedNode(f"row:{name}"), term))
    return names if not names else canonical(triples)


def canonical(triples: list[ox.Triple]) -> frozenset[str]:
    found = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, found))
