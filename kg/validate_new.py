"""Validation: compiled shapes, run on an engine; what is not compiled is left to pySHACL, never out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Store

from kg.engines import ColumnarEngine, Engine, OxigraphEngine, Solutions
from kg.engines.base import Term
from kg.errors import UnsupportedQuery
from kg.namespaces import CKGSH, ORG, RDF, RDFS, WORKING
from kg.reference import by_pyshacl
from kg.resources import folder
from kg.shacl.compiler import Alone, Check, Compiler, Foreign, Nodes
from kg.shacl.report import Result, result_of
from kg.shacl.shapes import Shape, ShapesGraph
from kg.shacl.terms import named, read_graph, sparql, to_rdflib

__all__ = ["HIERARCHY", "Report", "Shapes", "read_shapes", "shapes", "validate"]

#: Which classes are below others beside what the data says: both classes of organisation are one.
HIERARCHY: Mapping[str, tuple[str, ...]] = {ORG["Organization"].value: (ORG["FormalOrganization"].value,)}
#: Focus nodes that are named in a query at once where an engine can't be told of them otherwise.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Shapes:
    """A shapes graph, and which of its shapes reject a row."""

    graph: ShapesGraph
    rejecting: frozenset[str]


@dataclass(slots=True)
class Report:
    """What validation found, the focus nodes it looked at, and why it left something to pySHACL."""

    results: list[Result] = field(default_factory=list)
    focus_nodes: int = 0
    by_pyshacl: list[str] = field(default_factory=list)


@cache
def shapes(kind: str) -> Shapes:
    """Return the shapes that ship.

    Parameters
    ----------
    kind:
        ``input`` or ``output``.
    """
    return read_shapes(sorted(folder(f"shapes/{kind}").glob("*.ttl")))


def read_shapes(files: Iterable[Path]) -> Shapes:
    """Read a shapes graph from files of RDF and check that its shapes are well formed.

    Raises
    ------
    InputError
        when a file is missing or not well formed.
    ShapesError
        when a shape is not.
    """
    graph = ShapesGraph(read_graph(files))
    graph.all()
    effect, reject = to_rdflib(CKGSH["onViolation"]), to_rdflib(CKGSH["RejectRow"])
    return Shapes(graph, frozenset(str(shape) for shape in graph.graph.subjects(effect, reject)))


def validate(engine: Engine, against: Shapes, *, only: Iterable[NamedNode] | None = None) -> Report:
    """Validate the graph that the queries of an engine see.

    Parameters
    ----------
    engine:
        Has the data, which is not changed.
    against:
        The shapes.
    only:
        When given, only these focus nodes are looked at.

    Returns
    -------
    The results in a fixed order.

    Raises
    ------
    ShapesError
        when a shape is not well formed.
    EngineError
        when the engine, or pySHACL in its place, fails.
    """
    run = _Run(engine, against.graph, None if only is None else sorted(set(only), key=lambda node: node.value))
    for shape in against.graph.roots():
        if not shape.deactivated:
            run.shape(shape)
    run.end()
    run.report.results.sort(key=_order)
    return run.report


class _Run:
    """Runs the queries of shapes."""

    def __init__(self, engine: Engine, graph: ShapesGraph, only: list[NamedNode] | None) -> None:
        self.engine, self.graph, self.only = engine, graph, only
        self.compiler = Compiler(graph, self._classes)
        self.report = Report()
        self._below: dict[str, list[str]] = {}
        self._sets: dict[str, tuple[NamedNode, int]] = {}
        self._store: Store | None = None
        if only is not None and isinstance(engine, ColumnarEngine):
            engine.conclude_pairs(RDF["type"], [n.value for n in only], [f"{WORKING}Looked"] * len(only))

    def end(self) -> None:
        """Forget what the engine was told."""
        if isinstance(self.engine, ColumnarEngine):
            self.engine.store.forget(WORKING)

    def _classes(self, name: str) -> list[str]:
        if name not in self._below:
            query = f"SELECT DISTINCT ?below WHERE {{ ?below <{RDFS['subClassOf'].value}>+ <{name}> }}"
            found = {term.value for (term,) in self.engine.select(query) if isinstance(term, NamedNode)}
            self._below[name] = sorted({name, *HIERARCHY.get(name, ()), *found})
        return self._below[name]

    def shape(self, shape: Shape) -> None:
        """Validate the focus nodes of a shape."""
        try:
            focus = self.compiler.focus(shape)
            if not focus:
                return
            for nodes in self._nodes(focus, shape):
                for check in self.compiler.checks(shape, nodes):
                    if isinstance(check, Alone):
                        self._alone(check)
                    else:
                        self._check(check)
        except Foreign as reason:
            self.report.by_pyshacl.append(str(reason))
            self.report.results += by_pyshacl(self._data(), self.graph.graph, shape.node, only=self.only)

    def _nodes(self, focus: str, shape: Shape) -> Iterator[Nodes]:
        """Yield the focus nodes of a shape as patterns, so many at once as the engine takes."""
        if isinstance(self.engine, ColumnarEngine):
            yield self._marked(focus, shape)
        elif self.only is None:
            yield Nodes(focus, "?this")
        else:
            for start in range(0, len(self.only), _AT_ONCE):
                listed = " ".join(map(str, self.only[start : start + _AT_ONCE]))
                yield Nodes(f"VALUES ?this {{ {listed} }} {{ {focus} }}", "?this")

    def _marked(self, focus: str, shape: Shape) -> Nodes:
        """Return a class of the focus nodes; their own where that is what they are."""
        literals = any(t.kind in ("targetNode", "targetObjectsOf", "target") for t in shape.targets)
        if literals:
            looked = f" ?this a <{WORKING}Looked> ." if self.only is not None else ""
            return Nodes(f"{{ {focus} }}{looked}", "?this")
        if self.only is None and focus.startswith("?this a <") and "UNION" not in focus:
            return Nodes(focus, "?this", once=True)
        if focus not in self._sets:
            name = WORKING[f"focus-{len(self._sets)}"]
            looked = f" ?this a <{WORKING}Looked> ." if self.only is not None else ""
            rule = f"CONSTRUCT {{ ?this a {name} }} WHERE {{ {{ {focus} }}{looked} }}"
            self._sets[focus] = name, self.engine.run_rule(rule)
        return Nodes(f"?this a {self._sets[focus][0]} .", "?this", once=True)

    def _data(self) -> Store:
        """Return the data as a store of Oxigraph."""
        if self._store is None:
            self._store = self.engine.copy()
        return self._store

    def _select(self, query: str) -> Solutions:
        try:
            return self.engine.select(query)
        except UnsupportedQuery:
            return self._other().select(query)

    def _other(self) -> OxigraphEngine:
        return OxigraphEngine(self._data())

    def _check(self, check: Check) -> None:
        for solution in _named(self._select(check.query)):
            focus = solution[check.focus[1:]]
            value, path = solution.get(check.value[1:]), solution.get(check.path[1:])
            for place, (shape, constraint) in enumerate(check.constraints):
                if check.flags and getattr(solution.get(check.flags[place][1:]), "value", "") != "true":
                    continue
                self.report.results.append(
                    result_of(shape, constraint, focus, value=value, path=path, solution=solution)
                )

    def _alone(self, alone: Alone) -> None:
        made = alone.constraint.value
        engine: Engine = self.engine
        for solution in _named(self._select(alone.nodes)):
            focus = solution[alone.focus[1:]]
            if isinstance(focus, BlankNode):
                raise Foreign(f"a query of {named(alone.shape.node)} is run for each node, and one has no name")
            given = {name: sparql(value) for name, value in made.parameters} | {"this": str(focus)}
            query = alone.query(given)
            try:
                found = engine.select(query)
            except UnsupportedQuery:
                engine = self._other()
                found = engine.select(query)
            for row in _named(found):
                self.report.results.append(
                    result_of(
                        alone.shape,
                        alone.constraint,
                        focus,
                        value=row.get("value"),
                        path=row.get("path"),
                        solution=row | {"this": focus},
                    )
                )


def _named(solutions: Solutions) -> Iterator[dict[str, Term]]:
    for row in solutions:
        yield {name: term for name, term in zip(solutions.variables, row, strict=True) if term is not None}


def _order(result: Result) -> tuple[str, ...]:
    texts = (result.focus, result.path, result.value, result.shape, result.component)
    return tuple(str(text) for text in texts)
