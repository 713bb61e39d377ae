"""What a worker is asked to do, and how it does it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from itertools import chain, islice
from typing import TypeVar

import pyoxigraph as ox

from kg.answers import serialize_answer
from kg.ask import bind
from kg.build import Build
from kg.catalog import find
from kg.engines import Solutions
from kg.engines.base import Term
from kg.errors import ClusterKGError, EngineError, UnsupportedQuery, UsageError
from kg.explain import explain
from kg.namespaces import PREFIXES, XSD
from kg.serve.arrow import arrow_stream
from kg.serve.formats import ARROW, GRAPHS, RESULTS
from kg.serve.limits import Limits
from kg.serve.names import names_of
from kg.serve.text import look

__all__ = ["TOO_MUCH", "Answer", "Refused", "Task", "carry_out"]

#: The name of the default graph in requests to a graph store.
DEFAULT = "default"
#: What is said of a query that needs more memory than it may have.
TOO_MUCH = "the query needs more memory than it may have"
_Item = TypeVar("_Item")


class Refused(ClusterKGError):
    """A request that is well formed and not carried out; `status` is that of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Task:
    """Something that a worker can do.

    Attributes
    ----------
    kind:
        ``query``, ``ask``, ``explain``, ``describe``, ``find``, ``graph`` or ``graphs``.
    text:
        The query; the name of a question; the IRI of a graph or a thing; an organisation; a part of a name.
    type, graph_type:
        The media types that are wanted of solutions and truth values, and of triples.
    engine:
        ``oxigraph``, ``columnar``, or ``auto``: which of them is seen when it is known how long it takes.
    default_graphs, named_graphs:
        The data set of the protocol, in place of that of the query, where either is given.
    parameters:
        Values for a question, as people write them; the group of an explanation; the kind of what is sought.
    rows:
        Fewer rows than the limit; 0 for the limit.
    cut:
        Whether an answer that has more is cut, and says so, and not refused; a graph is refused.
    named:
        Whether the answer comes with the names of the things in it.
    """

    kind: str
    text: str = ""
    type: str = "application/sparql-results+json"
    graph_type: str = "text/turtle"
    engine: str = "auto"
    default_graphs: list[str] = field(default_factory=list)
    named_graphs: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    cut: bool = False
    named: bool = False

    @property
    def key(self) -> str:
        """What tells this task from others; answers of equal ones are equal."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in its media type, with how many rows or triples it has and the engine that gave it.

    `more` says that it was cut; `names` are those of the things in it, by IRI, where they were wanted.
    """

    type: str
    body: bytes
    count: int = 1
    engine: str = "oxigraph"
    more: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


def carry_out(build: Build, task: Task, limits: Limits) -> Answer:
    """Do what is asked, within the limits.

    Parameters
    ----------
    build:
        The build, with its columns if the task is for them.
    task, limits:
        What is asked, and how much may be used for it.

    Raises
    ------
    Refused, ClusterKGError
        when it can't be done.
    """
    if task.engine == "columnar":
        _limit(build, limits)
    try:
        return _KINDS[task.kind](build, task, limits)
    except UnsupportedQuery as error:
        raise Refused(str(error), 501) from None
    except EngineError as error:
        if "memory" in str(error).casefold():
            raise Refused(TOO_MUCH, 507) from None
        if task.engine == "columnar":
            raise Refused("the columnar engine can't answer this", 501) from None
        raise


def _limit(build: Build, limits: Limits) -> None:
    """Keep DuckDB from taking half of the machine; what does not fit is refused rather than written to a disk."""
    if build.columns is None:
        raise Refused("this build has no columns", 501)
    for setting in (f"memory_limit = '{limits.memory // 2}MB'", "temp_directory = ''", "threads = 1"):
        build.columns.store.connection.execute(f"SET {setting}")


def _query(build: Build, task: Task, limits: Limits) -> Answer:
    seen = look(task.text)
    if seen.service:
        raise Refused("SERVICE is refused here: this server calls no other", 403)
    if task.engine == "columnar":
        return _in_columns(build, task, limits)
    given = bool(task.default_graphs or task.named_graphs)
    graphs: dict[str, object] = {"use_default_graph_as_union": not seen.dataset}
    if given:
        graphs = {"default_graph": _graphs(task.default_graphs), "named_graphs": _graphs(task.named_graphs)}
    try:
        found = build.engine.store.query(task.text, base_iri=build.base, prefixes=PREFIXES, **graphs)  # type: ignore[arg-type]
        if isinstance(found, ox.QueryBoolean):
            return _serialized(bool(found), task, limits)
        if isinstance(found, ox.QueryTriples):
            _no_graph(task)
            return _triples(found, task, limits)
        names = tuple(variable.value for variable in found.variables)
        if task.cut:
            return _cut(build, names, map(tuple, found), task, limits)
        return _serialized(Solutions(names, _rows(map(tuple, found), task, limits)), task, limits)
    except SyntaxError as error:
        raise UsageError(f"the query is not well formed: {error.msg or error}") from None
    except OSError:  # of the store, or of a call that went nowhere
        raise Refused("the query can't be carried out: it needs what can't be reached from here", 400) from None
    except (ValueError, RuntimeError) as error:
        raise Refused(f"the query can't be carried out: {error}", 400) from None


def _in_columns(build: Build, task: Task, limits: Limits) -> Answer:
    assert build.columns is not None  # as it was limited
    if task.default_graphs or task.named_graphs:
        raise Refused("the columnar engine can't take a data set of the protocol", 501)
    found = build.columns.query(task.text)
    if isinstance(found, list):
        _no_graph(task)
        return _triples(found, task, limits, engine="columnar")
    if isinstance(found, Solutions) and task.cut:
        return replace(_cut(build, found.variables, found.rows, task, limits), engine="columnar")
    if isinstance(found, Solutions):
        found = Solutions(found.variables, _rows(found.rows, task, limits))
    return _serialized(found, task, limits, engine="columnar")


def _no_graph(task: Task) -> None:
    if task.cut:
        raise Refused("this query gives a graph; ask with SELECT or ASK", 400)


def _graphs(names: Iterable[str]) -> list[ox.NamedNode]:
    try:
        return [ox.NamedNode(name) for name in names]
    except ValueError as error:
        raise Refused(f"the name of a graph is no IRI: {error}", 400) from None


def _rows(rows: Iterable[tuple[Term | None, ...]], task: Task, limits: Limits) -> list[tuple[Term | None, ...]]:
    """Return the rows, when they are not too many and not too long."""
    return list(_bounded(rows, task.rows or limits.rows, limits, "rows", lambda row: sum(map(_length, row))))


def _cut(
    build: Build, names: tuple[str, ...], rows: Iterable[tuple[Term | None, ...]], task: Task, limits: Limits
) -> Answer:
    """Return as many rows as are wanted, and whether there are more."""
    most = min(task.rows or limits.rows, limits.rows)
    kept = list(_bounded(islice(rows, most + 1), most + 1, limits, "rows", lambda row: sum(map(_length, row))))
    answer = _serialized(Solutions(names, kept[:most]), task, limits)
    called = names_of(build, (term for row in kept[:most] for term in row)) if task.named else {}
    return replace(answer, more=len(kept) > most, names=called)


def _length(term: Term | None) -> int:
    return 0 if term is None else len(str(term)) if isinstance(term, ox.Triple) else len(term.value) + 20


def _bounded(
    items: Iterable[_Item], most: int, limits: Limits, what: str, length: Callable[[_Item], int]
) -> Iterator[_Item]:
    size = 0
    for place, item in enumerate(items):
        size += length(item)
        if place >= most:
            raise Refused(f"the answer has more than {most:,} {what}; ask for fewer, with LIMIT and OFFSET", 413)
        if size > limits.megabytes << 20:
            raise Refused(f"the answer has more than {limits.megabytes} MB; ask for less, with LIMIT and OFFSET", 413)
        yield item


def _serialized(found: Solutions | bool, task: Task, limits: Limits, *, engine: str = "oxigraph") -> Answer:
    if task.type == ARROW:
        body = arrow_stream(found if isinstance(found, Solutions) else Solutions(("boolean",), [(_truth(found),)]))
    else:
        body = serialize_answer(found, RESULTS[task.type])
    if len(body) > limits.megabytes << 20:
        raise Refused(f"the answer has more than {limits.megabytes} MB; ask for less, with LIMIT and OFFSET", 413)
    return Answer(task.type, body, len(found.rows) if isinstance(found, Solutions) else 1, engine)


def _truth(value: bool) -> ox.Literal:
    return ox.Literal("true" if value else "false", datatype=XSD["boolean"])


def _triples(found: Iterable[ox.Triple], task: Task, limits: Limits, *, engine: str = "oxigraph") -> Answer:
    kept = list(dict.fromkeys(_bounded(found, task.rows or limits.rows, limits, "triples", lambda t: len(str(t)))))
    if GRAPHS[task.graph_type] == ox.RdfFormat.RDF_XML:
        for triple in kept:
            # What a property is called in XML: https://www.w3.org/TR/rdf-syntax-grammar/#section-Serialising
            if not re.search(r"[^\W\d][\w.-]*$", triple.predicate.value):
                raise Refused(f"RDF/XML has no way to write the property {triple.predicate}", 406)
    body = ox.serialize(kept, format=GRAPHS[task.graph_type], prefixes=PREFIXES) or b""
    return Answer(task.graph_type, body, len(kept), engine)


def _ask(build: Build, task: Task, limits: Limits) -> Answer:
    question = find("queries/questions", task.text)
    engine = build.columns if task.engine == "columnar" and build.columns is not None else build.engine
    found = engine.select(question.text, bind(build, question, task.parameters))
    if task.cut:
        return replace(_cut(build, found.variables, found.rows, task, limits), engine=_engine(task))
    most = task.rows or limits.rows
    rows = list(islice(found.rows, most))
    if len(found.rows) > most and not task.rows:
        raise Refused(f"the answer has more than {most:,} rows; ask for fewer", 413)
    return _serialized(Solutions(found.variables, rows), task, limits, engine=_engine(task))


def _engine(task: Task) -> str:
    return "columnar" if task.engine == "columnar" else "oxigraph"


def _explain(build: Build, task: Task, limits: Limits) -> Answer:
    columns = ("organization", "group", "outcome", "text", "driver", "partner", "fact", "where")
    rows: list[tuple[Term | None, ...]] = []
    for one in explain(build, task.text, task.parameters.get("group") or None):
        head = (ox.NamedNode(one.organization), ox.NamedNode(one.group) if one.group else None)
        said = (ox.Literal(one.outcome), ox.Literal(one.text))
        ties = [
            (ox.Literal(tie.driver), ox.NamedNode(tie.partner), ox.Literal(tie.fact), ox.Literal(tie.where))
            for tie in one.ties
        ]
        rows += [(*head, *said, *tie) for tie in ties] or [(*head, *said, None, None, None, None)]
    if task.cut:
        return replace(_cut(build, columns, rows, task, limits), engine=_engine(task))
    return _serialized(Solutions(columns, _rows(rows, task, limits)), task, limits, engine=_engine(task))


def _find(build: Build, task: Task, limits: Limits) -> Answer:
    """Return what has a name with a text in it."""
    given: dict[str, Term] = {"text": ox.Literal(task.text), "wanted": ox.Literal(task.parameters.get("kind", ""))}
    found = build.engine.select(find("queries/serve", "find").text, given)
    return _cut(build, found.variables, found.rows, task, limits)


def _describe(build: Build, task: Task, limits: Limits) -> Answer:
    """Return what is said of a thing, and who says what of it: the triples that it is the subject or the object of."""
    node = _graphs([task.text])[0]
    store = build.engine.store
    about = (quad.triple for quad in store.quads_for_pattern(node, None, None))
    from_others = (quad.triple for quad in store.quads_for_pattern(None, None, node))
    if task.cut:
        most = task.rows or limits.rows
        said = dict.fromkeys(islice(about, most + 1))
        triples = list(said | dict.fromkeys(islice(from_others, most + 1 - len(said))))
        called = names_of(build, (term for t in triples for term in (t.subject, t.object)) if task.named else ())  # type: ignore[misc]
        answer = replace(_triples(triples[:most], task, limits), more=len(triples) > most, names=called)
    else:
        answer = _triples(chain(about, from_others), task, limits)
    if answer.count == 0:
        raise Refused("nothing is said of this here", 404)
    return answer


def _graph(build: Build, task: Task, limits: Limits) -> Answer:
    """Return a graph; the default graph is the union of all, as it is for queries."""
    store = build.engine.store
    if task.text == DEFAULT:
        quads = store.quads_for_pattern(None, None, None, None)
    else:
        name = _graphs([task.text])[0]
        if not store.contains_named_graph(name):
            raise Refused("there is no such graph here", 404)
        quads = store.quads_for_pattern(None, None, None, name)
    return _triples((quad.triple for quad in quads), task, limits)


def _list_graphs(build: Build, task: Task, limits: Limits) -> Answer:
    """Return the names of all graphs."""
    names = sorted(name.value for name in build.engine.store.named_graphs() if isinstance(name, ox.NamedNode))
    return _serialized(Solutions(("graph",), [(ox.NamedNode(name),) for name in names]), task, limits)


_KINDS: Mapping[str, Callable[[Build, Task, Limits], Answer]] = {
    "query": _query,
    "ask": _ask,
    "explain": _explain,
    "describe": _describe,
    "find": _find,
    "graph": _graph,
    "graphs": _list_graphs,
}
