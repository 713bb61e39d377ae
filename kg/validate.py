"""Validation: compiled shapes, run on an engine; what is not compiled is left to pySHACL, never out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Store, Triple
from rdflib import URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from kg.engines import ColumnarEngine, Engine, OxigraphEngine, Solutions
from kg.engines.base import Term
from kg.errors import InputError, UnsupportedQuery, UsageError, nearest
from kg.namespaces import CKGSH, MARKS, ORG, RDF, RDFS
from kg.reference import by_pyshacl
from kg.resources import folder
from kg.rows import Finding, in_graph
from kg.shacl.checks import Alone, Check, shared
from kg.shacl.compiler import Compiler, Foreign, Nodes
from kg.shacl.model import Shape
from kg.shacl.reach import reach
from kg.shacl.report import Result, result_of
from kg.shacl.shapes import ShapesGraph
from kg.shacl.terms import is_rdf, named, read_graph, sparql, to_rdflib

__all__ = [
    "HIERARCHY",
    "KINDS",
    "Report",
    "Shapes",
    "chosen_shapes",
    "finding_of",
    "read_shapes",
    "shapes",
    "validate",
]

#: Which classes are below others for the shapes that ship: both classes of organisation are one.
HIERARCHY: Mapping[str, tuple[str, ...]] = {ORG["Organization"].value: (ORG["FormalOrganization"].value,)}
#: The class of the nodes that are looked at, where not all are.
LOOKED = MARKS["looked"]
#: Queries that are worth a file of their algebra.
_WORTH_KEEPING = 20
#: Focus nodes that are named in a query at once where an engine can't be told of them otherwise.
_AT_ONCE = 200


@dataclass(frozen=True)
class Shapes:
    """A shapes graph, and which of its shapes reject a row."""

    graph: ShapesGraph
    rejecting: frozenset[str]
    #: SHA-256 of the files.
    digest: str = ""
    #: What may be a mistake in it.
    notes: tuple[str, ...] = ()
    #: Which classes are below others, beside what the data says.
    hierarchy: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @cached_property
    def unbounded(self) -> frozenset[str]:
        """The shapes, nested ones too, whose results can be about nodes far from what changed."""
        return frozenset(str(node) for root in self._far for node in self._within(root))

    @cached_property
    def steps(self) -> int:
        """How far from a node what the other shapes look at can be, at most."""
        found = (reach(self.graph, shape) for shape in self.graph.roots() if str(shape.node) not in self.unbounded)
        return max((steps for steps in found if steps is not None), default=0)

    @property
    def _far(self) -> list[Shape]:
        """The shapes with targets that have no bound, or have a shape within that is in one of those."""
        roots = self.graph.roots()
        far = [shape for shape in roots if reach(self.graph, shape) is None]
        within = {node for shape in far for node in self._within(shape)}
        return far + [shape for shape in roots if shape not in far and within & self._within(shape)]

    def _within(self, shape: Shape) -> set[Node]:
        found, waiting = {shape.node}, [shape]
        while waiting:
            for constraint in waiting.pop().constraints:
                if constraint.kind == "property" and constraint.value not in found:
                    found.add(constraint.value)
                    waiting.append(self.graph.shape(constraint.value))
        return found


@dataclass(slots=True)
class Report:
    """What validation found, the focus nodes it looked at, and why it left something to pySHACL."""

    results: list[Result] = field(default_factory=list)
    focus_nodes: int = 0
    by_pyshacl: list[str] = field(default_factory=list)


#: The shapes that ship, by name, and the folders that they are in.
KINDS: Mapping[str, tuple[str, ...]] = {"input": ("input",), "strict": ("input", "strict"), "output": ("output",)}


@cache
def shapes(kind: str) -> Shapes:
    """Return the shapes that ship.

    Parameters
    ----------
    kind:
        One of :data:`KINDS`: what facts must be, ``strict`` with what they had better be, and what conclusions are.
    """
    files = (file for name in KINDS[kind] for file in sorted(folder(f"shapes/{name}").glob("*.ttl")))
    return replace(read_shapes(files), hierarchy=HIERARCHY)


def chosen_shapes(names: Sequence[str]) -> Shapes:
    """Return shapes that are named: one name of :data:`KINDS`, or files.

    Raises
    ------
    InputError, ShapesError
        as :func:`read_shapes`.
    """
    if len(names) == 1 and names[0] in KINDS:
        return shapes(names[0])
    missing = next((name for name in names if not Path(name).exists()), None)
    if missing is not None:
        raise UsageError(f"there are no shapes '{missing}': name a file, or one of {', '.join(KINDS)}")
    return read_shapes(file for name in names for file in _files(Path(name))) if names else shapes("input")


def _files(path: Path) -> list[Path]:
    """Return a file, or the files of RDF in a folder."""
    found = sorted(file for file in path.iterdir() if is_rdf(file)) if path.is_dir() else [path]
    if not found:
        raise InputError("there is no file of RDF in this folder", file=path)
    return found


def read_shapes(files: Iterable[Path]) -> Shapes:
    """Read a shapes graph from files of RDF and check that its shapes are well formed.

    Raises
    ------
    InputError
        when a file is missing or not well formed.
    ShapesError
        when a shape is not.
    """
    listed = list(files)
    graph = ShapesGraph(read_graph(listed))
    graph.all()
    digest = sha256(b"".join(file.read_bytes() for file in listed)).hexdigest()
    effect, reject = to_rdflib(CKGSH["onViolation"]), to_rdflib(CKGSH["RejectRow"])
    rejecting = frozenset(str(shape) for shape in graph.graph.subjects(effect, reject))
    return Shapes(graph, rejecting, digest, tuple(_notes(graph)))


def _notes(graph: ShapesGraph) -> Iterator[str]:
    """Yield what may be a mistake in a shapes graph and is none by the standard."""
    if not graph.roots():
        yield "no shape has a target, so that nothing is looked at"
    for value in sorted(set(graph.graph.objects(None, SH.property)), key=str):
        if (value, None, None) not in graph.graph:
            yield f"{named(value)} is named as a property shape, and these files don't have it"
    known = {str(term).removeprefix(str(SH)) for term in dir(SH)} | {"and", "class", "in", "not", "or", "values"}
    used = {str(p).removeprefix(str(SH)) for p in set(graph.graph.predicates()) if str(p).startswith(str(SH))}
    for name in sorted(used - known):
        hint = nearest(name, known)
        if "did you mean" in hint:
            yield f"sh:{name} is no term of SHACL{hint}"


def validate(
    engine: Engine, against: Shapes, *, only: Iterable[NamedNode] | None = None, by_reference: bool = False
) -> Report:
    """Validate the graph that the queries of an engine see.

    Parameters
    ----------
    engine:
        Has the data, which is not changed.
    against:
        The shapes.
    only:
        When given, only these focus nodes are looked at, but by shapes that can have another result far from what
        changed, which look at all.
    by_reference:
        Leave all of it to pySHACL.

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
    run = _Run(engine, against, None if only is None else sorted(set(only), key=lambda node: node.value))
    if by_reference:
        run.refer()
    else:
        try:
            run.begin()
            for shape in against.graph.roots():
                if not shape.deactivated:
                    run.shape(shape)
            run.end()
        finally:
            run.forget()
    run.report.results.sort(key=_order)
    return run.report


def finding_of(result: Result, *, prefix: str = "") -> Finding:
    """Return a result as a finding that has no row and changes nothing."""
    severity = str(result.severity).removeprefix(str(SH))
    value = "" if result.value is None else str(result.value)
    return Finding(
        severity if severity in ("Warning", "Info") else "Violation",  # type: ignore[arg-type]
        "kept",
        prefix + result.message,
        value=value,
        term=value,
        focus=result.focus.value,
        path=str(result.path) if isinstance(result.path, URIRef) else "",
        component=str(result.component).removeprefix(str(SH)),
        shape=str(result.shape),
    )


class _Run:
    """Runs the queries of shapes."""

    def __init__(self, engine: Engine, against: Shapes, only: list[NamedNode] | None) -> None:
        self.engine, self.graph, self.only = engine, against.graph, only
        self.against = against
        self.compiler = Compiler(self.graph, self._classes)
        self.report = Report()
        self._below: dict[str, list[str]] = {}
        self._sets: dict[str, tuple[NamedNode, int]] = {}
        self._store: Store | None = None
        self._second: OxigraphEngine | None = None
        self._checks: list[Check] = []

    def begin(self) -> None:
        """Tell the engine which nodes are looked at."""
        if self.only is not None and isinstance(self.engine, ColumnarEngine):
            nodes = [node.value for node in self.only]
            self.engine.conclude_pairs(RDF["type"], nodes, [LOOKED.value] * len(nodes))

    def end(self) -> None:
        """Run what shapes share."""
        checks = shared(self._checks)
        if isinstance(self.engine, ColumnarEngine):
            # Of shapes that stay the same the queries do too.
            self.engine.expect((check.query for check in checks), begin=len(checks) > _WORTH_KEEPING)
        for check in checks:
            self._check(check)

    def forget(self) -> None:
        """Have the engine forget which nodes are looked at."""
        if isinstance(self.engine, ColumnarEngine):
            self.engine.store.forget(MARKS)

    def refer(self, reason: str = "", shape: Shape | None = None) -> None:
        """Leave a shape, or all of them, to pySHACL."""
        if reason:
            self.report.by_pyshacl.append(reason)
        if self._store is None:
            self._store = self.engine.copy()
            self._store.extend(
                in_graph(Triple(NamedNode(one), RDFS["subClassOf"], NamedNode(name)))
                for name, below in self.against.hierarchy.items()
                for one in below
            )
        shapes = self.graph.roots() if shape is None else [shape]
        focus = {one.node: None if self._looks_at_all(one) else self._focus_nodes(one) for one in shapes}
        self.report.results += by_pyshacl(self._store, self.graph.aimed(focus))

    def _focus_nodes(self, shape: Shape) -> list[Node]:
        """Return the focus nodes of a shape that are to be looked at."""
        focus = self.compiler.focus(shape)
        found = self.engine.select(f"SELECT DISTINCT ?this WHERE {{ {focus} }}") if focus else ()
        looked = set(self.only or ())
        return [to_rdflib(node) for (node,) in found if node in looked]

    def _classes(self, name: str) -> list[str]:
        if name not in self._below:
            query = f"SELECT DISTINCT ?below WHERE {{ ?below <{RDFS['subClassOf'].value}>+ <{name}> }}"
            found = {term.value for (term,) in self.engine.select(query) if isinstance(term, NamedNode)}
            self._below[name] = sorted({name, *self.against.hierarchy.get(name, ()), *found})
        return self._below[name]

    def shape(self, shape: Shape) -> None:
        """Validate the focus nodes of a shape."""
        before = len(self.report.results)
        try:
            focus = self.compiler.focus(shape)
            if not focus:
                return
            found: list[Check] = []
            for nodes in self._nodes(focus, shape):
                for check in self.compiler.checks(shape, nodes):
                    if isinstance(check, Alone):
                        self._alone(check)
                    else:
                        found.append(check)
        except Foreign as reason:
            del self.report.results[before:]
            self.refer(str(reason), shape)
        else:
            self._checks += found

    def _nodes(self, focus: str, shape: Shape) -> Iterator[Nodes]:
        """Yield the focus nodes of a shape as patterns, so many at once as the engine takes."""
        only = None if self._looks_at_all(shape) else self.only
        if isinstance(self.engine, ColumnarEngine):
            yield self._marked(focus, shape, all_nodes=only is None)
        elif only is None:
            yield Nodes(focus, "?this")
        else:
            for start in range(0, len(only), _AT_ONCE):
                listed = " ".join(map(str, only[start : start + _AT_ONCE]))
                yield Nodes(f"VALUES ?this {{ {listed} }} {{ {focus} }}", "?this")

    def _looks_at_all(self, shape: Shape) -> bool:
        return self.only is None or str(shape.node) in self.against.unbounded

    def _marked(self, focus: str, shape: Shape, *, all_nodes: bool) -> Nodes:
        """Return a class of the focus nodes; their own where that is what they are."""
        literals = any(t.kind in ("targetNode", "targetObjectsOf", "target") for t in shape.targets)
        looked = "" if all_nodes else f" {_mark(LOOKED)}"
        if literals:
            return Nodes(f"{{ {focus} }}{looked}", "?this")
        if all_nodes and focus.startswith("?this a <") and "UNION" not in focus:
            return Nodes(focus, "?this", once=True)
        pattern = f"{{ {focus} }}{looked}"
        if pattern not in self._sets:
            name = MARKS[f"focus-{len(self._sets)}"]
            self._sets[pattern] = name, self.engine.run_rule(f"CONSTRUCT {{ ?this a {name} }} WHERE {{ {pattern} }}")
        return Nodes(_mark(self._sets[pattern][0]), "?this", once=True)

    def _select(self, query: str) -> Solutions:
        try:
            return self.engine.select(query)
        except UnsupportedQuery:
            return self._other().select(self._without_marks(query))

    def _without_marks(self, query: str) -> str:
        """Return a query with the patterns in place of the marks that only the engine was told of."""
        for pattern, (name, _) in self._sets.items():
            query = query.replace(_mark(name), f"{{ SELECT DISTINCT ?this WHERE {{ {pattern} }} }}")
        return query.replace(_mark(LOOKED), f"VALUES ?this {{ {' '.join(map(str, self.only or ()))} }}")

    def _other(self) -> OxigraphEngine:
        """Return Oxigraph over the same data, for queries that the engine refuses."""
        if self._second is None:
            self._second = OxigraphEngine(self.engine.copy())
        return self._second

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


def _mark(mark: NamedNode) -> str:
    return f"?this a {mark} ."


def _named(solutions: Solutions) -> Iterator[dict[str, Term]]:
    for row in solutions:
        yield {name: term for name, term in zip(solutions.variables, row, strict=True) if term is not None}


def _order(result: Result) -> tuple[str, ...]:
    texts = (result.focus, result.path, result.value, result.shape, result.component)
    return tuple(str(text) for text in texts)
