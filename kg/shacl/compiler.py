"""Shapes to SPARQL: for each constraint a query that returns its violations.

A set of nodes is a pattern that binds a variable to each of them. What violates a shape is such a pattern too
(:meth:`Compiler.bad`), so that shapes within shapes, `sh:not`, `sh:or`, `sh:xone`, `sh:qualifiedValueShape`, are
joins, MINUS and counts of patterns: nothing is asked node by node.

https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

import rdflib
from rdflib.namespace import SH
from rdflib.term import Node

from kg.shacl.checks import CUT, Alone, Check
from kg.shacl.components import SparqlConstraint, read_target
from kg.shacl.conditions import CONDITIONS
from kg.shacl.model import Constraint, Qualified, Shape, Target
from kg.shacl.shapes import ShapesGraph
from kg.shacl.terms import named, sparql

__all__ = ["Compiler", "Foreign", "Nodes"]

#: The classes below a class in the data, itself included.
Classes = Callable[[str], Iterable[str]]


class Foreign(Exception):
    """A shape holds what is not compiled; the message says what."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """A set of nodes: a pattern that binds `node`, and with it, in `chain`, the nodes from which it was reached."""

    pattern: str
    node: str
    chain: tuple[str, ...] = ()
    #: Whether the pattern has each solution once.
    once: bool = False

    @property
    def variables(self) -> str:
        """All variables, for a SELECT."""
        return " ".join([*self.chain, self.node])

    @property
    def group(self) -> str:
        """A pattern that has each solution once."""
        return self.pattern if self.once else f"{{ SELECT DISTINCT {self.variables} WHERE {{ {self.pattern} }} }}"


@dataclass(frozen=True, slots=True)
class _Found:
    """A pattern of violations: the variables of value and path, where there are any, and others that tell results apart."""

    pattern: str
    value: str = ""
    path: str = ""
    also: tuple[str, ...] = ()


class Compiler:
    """Compiles the shapes of a graph.

    Parameters
    ----------
    shapes:
        The shapes.
    classes:
        Gives the IRIs of the classes below a class in the data, itself included.
    """

    def __init__(self, shapes: ShapesGraph, classes: Classes) -> None:
        self.shapes, self.classes = shapes, classes
        self._numbers = count(1)
        #: Whether focus nodes can be terms that the data doesn't have.
        self._outside = False

    def _fresh(self) -> str:
        return f"?kg{next(self._numbers)}"

    # -- targets

    def focus(self, shape: Shape) -> str:
        """Return a pattern that binds ?this to the focus nodes of a shape, maybe several times.

        Raises
        ------
        Foreign
            for targets that are not compiled.
        """
        parts = [self._target(target) for target in shape.targets]
        named_nodes = " ".join(sparql(t.value) for t in shape.targets if t.kind == "targetNode")
        if named_nodes:
            parts.append(f"VALUES ?this {{ {named_nodes} }}")
        parts = list(dict.fromkeys(part for part in parts if part))
        return parts[0] if len(parts) == 1 else " UNION ".join(f"{{ {part} }}" for part in parts)

    def _target(self, target: Target) -> str:
        match target.kind:
            case "targetClass":
                of = [f"?this a <{name}> ." for name in sorted(self.classes(str(target.value)))]
                return of[0] if len(of) == 1 else " UNION ".join(f"{{ {one} }}" for one in of)
            case "targetSubjectsOf":
                return f"?this {sparql(target.value)} {self._fresh()} ."
            case "targetObjectsOf":
                return f"{self._fresh()} {sparql(target.value)} ?this ."
            case "targetNode":
                return ""
        query = read_target(self.shapes.graph, target.value)
        if query is None:
            raise Foreign("a target that is no query")
        return f"{{ {query.head({})}{query.joined('', {})} }}"

    # -- results

    def checks(self, shape: Shape, nodes: Nodes) -> list[Check | Alone]:
        """Return the queries for the violations of a shape, and of the property shapes in it, among nodes.

        Raises
        ------
        Foreign
            when it holds what is not compiled.
        """
        self._outside = any(target.kind in ("targetNode", "target") for target in shape.targets)
        found: list[Check | Alone] = []
        self._checks(shape, nodes, found, ())
        return found

    def _checks(self, shape: Shape, nodes: Nodes, found: list[Check | Alone], above: tuple[Node, ...]) -> None:
        self._may(shape, above)
        if shape.deactivated:
            return
        above = (*above, shape.node)
        values = self._values(shape, nodes, f"?kgv{len(above)}")
        for constraint in shape.constraints:
            if constraint.kind == "property":
                self._checks(self.shapes.shape(constraint.value), self._inner(nodes, values), found, above)
            elif constraint.kind in ("sparql", "custom") and constraint.value.form == "select":
                found.append(self._select(shape, constraint, nodes))
            else:
                violations = self._violations(shape, constraint, nodes, values, above)
                if violations is not None:
                    found.append(self._check(shape, constraint, nodes, values, violations))

    @staticmethod
    def _check(shape: Shape, constraint: Constraint, nodes: Nodes, values: Nodes, found: _Found) -> Check:
        names = dict.fromkeys([*nodes.chain, nodes.node, *filter(None, (found.value, found.path)), *found.also])
        distinct = "" if values.once and constraint.kind in CONDITIONS else "DISTINCT "
        query = f"SELECT {distinct}{' '.join(names)} WHERE {{ {found.pattern} }}"
        if constraint.kind not in CONDITIONS:
            return Check(query, ((shape, constraint),), nodes.node, found.value, found.path)
        select = f"SELECT {distinct}{' '.join(names)}{CUT}WHERE {{ {values.pattern} "
        condition = CONDITIONS[constraint.kind](values.node, constraint.value)
        return Check(
            query, ((shape, constraint),), nodes.node, found.value, found.path, select=select, condition=condition
        )

    def _may(self, shape: Shape, above: tuple[Node, ...]) -> None:
        if shape.foreign:
            raise Foreign(f"{named(shape.node)} has {', '.join(named(rdflib.URIRef(name)) for name in shape.foreign)}")
        if shape.node in above:
            raise Foreign(f"{named(shape.node)} contains itself")

    @staticmethod
    def _inner(nodes: Nodes, values: Nodes) -> Nodes:
        """The value nodes as the focus nodes of a shape within."""
        if values is nodes:
            return nodes
        return Nodes(values.pattern, values.node, (*nodes.chain, nodes.node), values.once)

    def _values(self, shape: Shape, nodes: Nodes, name: str = "") -> Nodes:
        """Return the value nodes of a shape, with the focus node of each last in the chain."""
        if shape.path is None:
            return nodes
        v = name or self._fresh()
        pattern = f"{nodes.group} {nodes.node} {shape.path.text} {v} ."
        if shape.path.nullable:
            pattern = f"{{ {pattern} }} UNION {{ {nodes.group} BIND({nodes.node} AS {v}) }}"
        once = nodes.once and shape.path.predicate is not None
        return Nodes(pattern, v, (*nodes.chain, nodes.node), once)

    # -- what violates

    def bad(self, shape: Shape, nodes: Nodes, above: tuple[Node, ...]) -> str | None:
        """Return a pattern that binds the node of `nodes` to each that violates a shape; None where none can."""
        self._may(shape, above)
        if shape.deactivated:
            return None
        above = (*above, shape.node)
        values = self._values(shape, nodes)
        parts = []
        conditions = [CONDITIONS[c.kind](values.node, c.value) for c in shape.constraints if c.kind in CONDITIONS]
        if conditions:
            parts.append(f"{values.pattern} FILTER({' || '.join(conditions)})")
        for constraint in shape.constraints:
            if constraint.kind in CONDITIONS:
                continue
            if constraint.kind == "property":
                within = self._among(values)
                inner = self.bad(self.shapes.shape(constraint.value), within, above)
                parts.append(f"{values.pattern} {inner}" if inner else "")
            elif constraint.kind in ("sparql", "custom") and constraint.value.form == "select":
                check = self._select(shape, constraint, nodes)
                if isinstance(check, Alone):
                    raise Foreign(f"a query of {named(shape.node)} that is run for each node")
                parts.append(f"{{ {check.query} }}")
            else:
                found = self._violations(shape, constraint, nodes, values, above)
                parts.append(found.pattern if found else "")
        parts = [part for part in parts if part]
        if not parts:
            return None
        body = parts[0] if len(parts) == 1 else " UNION ".join(f"{{ {part} }}" for part in parts)
        return f"{{ SELECT DISTINCT {nodes.node} WHERE {{ {body} }} }}"

    @staticmethod
    def _among(values: Nodes) -> Nodes:
        """The value nodes alone."""
        return Nodes(f"{{ SELECT DISTINCT {values.node} WHERE {{ {values.pattern} }} }}", values.node, (), once=True)

    def _violations(
        self, shape: Shape, constraint: Constraint, nodes: Nodes, values: Nodes, above: tuple[Node, ...]
    ) -> _Found | None:
        kind, value = constraint.kind, constraint.value
        if kind in CONDITIONS:
            return _Found(f"{values.pattern} FILTER({CONDITIONS[kind](values.node, value)})", values.node)
        if kind in ("node", "and", "or", "not", "xone"):
            return self._logical(kind, value, values, above)
        method = getattr(self, f"_{kind}", None)
        if method is None:
            raise Foreign(f"{named(shape.node)} has {named(SH[kind])}")
        found: _Found | None = method(shape, value, nodes, values, above)
        return found

    def _class(self, shape: Shape, value: Node, nodes: Nodes, values: Nodes, _: object) -> _Found:
        none = " ".join(
            f"FILTER NOT EXISTS {{ {values.node} a <{name}> }}" for name in sorted(self.classes(str(value)))
        )
        return _Found(f"{values.pattern} {none}", values.node)

    def _minCount(self, shape: Shape, value: int, nodes: Nodes, values: Nodes, _: object) -> _Found | None:
        assert shape.path is not None
        if value == 0 or (value == 1 and shape.path.nullable):
            return None
        if value == 1 and shape.path.predicate is not None:
            none = f"FILTER NOT EXISTS {{ {nodes.node} {shape.path.text} {self._fresh()} }}"
            return _Found(f"{nodes.group} {none}")
        return self._fewer(nodes, values, values.pattern, value)

    def _maxCount(self, shape: Shape, value: int, nodes: Nodes, values: Nodes, _: object) -> _Found:
        return self._more(nodes, values, values.pattern, value)

    def _fewer(self, nodes: Nodes, values: Nodes, counted: str, least: int) -> _Found:
        number = self._fresh()
        inner = f"SELECT {nodes.node} (COUNT(DISTINCT {values.node}) AS {number}) WHERE {{ {counted} }} GROUP BY {nodes.node}"
        return _Found(f"{nodes.group} OPTIONAL {{ {inner} }} FILTER(COALESCE({number}, 0) < {least})")

    def _more(self, nodes: Nodes, values: Nodes, counted: str, most: int) -> _Found:
        """Those with more values; the counts of all are what is cheap, so the others are left out afterwards."""
        number = "*" if values.once and counted == values.pattern else f"DISTINCT {values.node}"
        inner = f"SELECT {nodes.node} WHERE {{ {counted} }} GROUP BY {nodes.node} HAVING(COUNT({number}) > {most})"
        return _Found(f"{nodes.group if nodes.chain else ''} {{ {inner} }}")

    def _hasValue(self, shape: Shape, value: Node, nodes: Nodes, values: Nodes, _: object) -> _Found:
        if isinstance(value, rdflib.BNode):
            return _Found(nodes.group)
        term = sparql(value)
        if shape.path is not None and shape.path.predicate is not None:
            return _Found(f"{nodes.group} FILTER NOT EXISTS {{ {nodes.node} {shape.path.text} {term} }}")
        has = f"{values.pattern} VALUES {values.node} {{ {term} }}"
        return _Found(f"{nodes.group} MINUS {{ SELECT DISTINCT {nodes.node} WHERE {{ {has} }} }}")

    def _in(self, shape: Shape, value: list[Node], nodes: Nodes, values: Nodes, _: object) -> _Found:
        terms = " ".join(sparql(term) for term in value if not isinstance(term, rdflib.BNode))
        listed = f" MINUS {{ VALUES {values.node} {{ {terms} }} }}" if terms else ""
        return _Found(f"{values.pattern}{listed}", values.node)

    def _pairs(self, shape: Shape, nodes: Nodes, values: Nodes) -> Nodes:
        """The value nodes as a variable of their own, of node shapes too."""
        if shape.path is not None:
            return values
        v = self._fresh()
        return Nodes(f"{nodes.group} BIND({nodes.node} AS {v})", v, (*nodes.chain, nodes.node), once=True)

    def _equals(self, shape: Shape, value: Node, nodes: Nodes, values: Nodes, _: object) -> _Found:
        pairs = self._pairs(shape, nodes, values)
        v, of = pairs.node, sparql(value)
        missing = f"{pairs.pattern} MINUS {{ {nodes.node} {of} {v} }}"
        surplus = f"{nodes.group} {nodes.node} {of} {v} . MINUS {{ SELECT DISTINCT {nodes.node} {v} WHERE {{ {pairs.pattern} }} }}"
        return _Found(f"{{ {missing} }} UNION {{ {surplus} }}", v)

    def _disjoint(self, shape: Shape, value: Node, nodes: Nodes, values: Nodes, _: object) -> _Found:
        pairs = self._pairs(shape, nodes, values)
        return _Found(f"{pairs.pattern} {nodes.node} {sparql(value)} {pairs.node} .", pairs.node)

    def _lessThan(self, shape: Shape, value: Node, nodes: Nodes, values: Nodes, _: object) -> _Found:
        return self._less("<", value, nodes, values)

    def _lessThanOrEquals(self, shape: Shape, value: Node, nodes: Nodes, values: Nodes, _: object) -> _Found:
        return self._less("<=", value, nodes, values)

    def _less(self, sign: str, value: Node, nodes: Nodes, values: Nodes) -> _Found:
        """One result for each pair of values that are not so, those that can't be compared included."""
        other = self._fresh()
        # Oxigraph has an IRI or a blank node <= itself.
        literal = f"isLiteral({other}) && " if sign == "<=" else ""
        test = f"FILTER(!COALESCE({literal}{values.node} {sign} {other}, false))"
        return _Found(f"{values.pattern} {nodes.node} {sparql(value)} {other} . {test}", values.node, also=(other,))

    def _uniqueLang(self, shape: Shape, value: bool, nodes: Nodes, values: Nodes, _: object) -> _Found:
        tag = self._fresh()
        several = f"GROUP BY {nodes.node} {tag} HAVING(COUNT(DISTINCT {values.node}) > 1)"
        tags = f'{values.pattern} BIND(LANG({values.node}) AS {tag}) FILTER({tag} != "")'
        inner = f"{{ SELECT {nodes.node} {tag} WHERE {{ {tags} }} {several} }}"
        return _Found(f"{nodes.group if nodes.chain else ''} {inner}", also=(tag,))

    def _closed(self, shape: Shape, value: tuple[str, ...], nodes: Nodes, values: Nodes, _: object) -> _Found:
        p, o = self._fresh(), self._fresh()
        allowed = ", ".join(f"<{name}>" for name in value)
        others = f"FILTER({p} NOT IN ({allowed}))" if allowed else ""
        return _Found(f"{values.pattern} {values.node} {p} {o} . {others}", o, p, (values.node,))

    def _logical(self, kind: str, value: Node | list[Node], values: Nodes, above: tuple[Node, ...]) -> _Found | None:
        listed = value if isinstance(value, list) else [value]
        among = self._among(values)
        parts = [self.bad(self.shapes.shape(one), among, above) for one in listed]
        bad = [part for part in parts if part is not None]
        if kind == "not":
            return _Found(f"{values.pattern} MINUS {bad[0]}" if bad else values.pattern, values.node)
        if kind == "or":
            return _Found(f"{values.pattern} {' '.join(bad)}", values.node) if len(bad) == len(parts) else None
        union = " UNION ".join(bad)
        if kind == "xone":
            number = self._fresh()
            counted = f"SELECT {values.node} (COUNT(*) AS {number}) WHERE {{ {union} }} GROUP BY {values.node}"
            wrong = f"OPTIONAL {{ {counted} }} FILTER(COALESCE({number}, 0) != {len(parts) - 1})"
            if not bad:
                return None if len(parts) == 1 else _Found(values.pattern, values.node)
            return _Found(f"{values.pattern} {wrong}", values.node)
        if not bad:
            return None
        any_ = bad[0] if len(bad) == 1 else f"{{ SELECT DISTINCT {values.node} WHERE {{ {union} }} }}"
        return _Found(f"{values.pattern} {any_}", values.node)

    def _qualifiedMinCount(
        self, shape: Shape, value: Qualified, nodes: Nodes, values: Nodes, above: tuple[Node, ...]
    ) -> _Found:
        counted = self._conforming(value, values, above)
        return (
            _Found(nodes.group)
            if counted is None and value.count
            else self._fewer(nodes, values, counted or values.pattern, value.count)
        )

    def _qualifiedMaxCount(
        self, shape: Shape, value: Qualified, nodes: Nodes, values: Nodes, above: tuple[Node, ...]
    ) -> _Found | None:
        counted = self._conforming(value, values, above)
        return None if counted is None else self._more(nodes, values, counted, value.count)

    def _conforming(self, value: Qualified, values: Nodes, above: tuple[Node, ...]) -> str | None:
        """A pattern of the values that conform to a qualified shape and to none of its siblings; None where none can."""
        among = self._among(values)
        bad = self.bad(self.shapes.shape(value.shape), among, above)
        others = [self.bad(self.shapes.shape(sibling), among, above) for sibling in value.siblings]
        if any(other is None for other in others):
            return None
        return f"{values.pattern} {' '.join(filter(None, others))}" + (f" MINUS {bad}" if bad else "")

    # -- queries of shapes

    def _select(self, shape: Shape, constraint: Constraint, nodes: Nodes) -> Check | Alone:
        made: SparqlConstraint = constraint.value
        self._may_run(shape, made)
        if made.query.alone:
            return Alone(
                f"SELECT DISTINCT {nodes.variables} WHERE {{ {nodes.pattern} }}", nodes.node, shape, constraint
            )
        names = {"this": nodes.node}
        if shape.path is not None:
            names["PATH"] = shape.path.text
        # The chain comes in afterwards: a node that is reached from several would be counted several times.
        among = self._among(nodes) if nodes.chain else nodes
        bound = names | {name: f"?{name}" for name, _ in made.parameters}
        query = made.query.head(names) + made.query.joined(f"{among.group} {parameter_values(made)}", bound)
        if nodes.chain:
            query = f"SELECT * WHERE {{ {nodes.group} {{ {query} }} }}"
        return Check(query, ((shape, constraint),), nodes.node, "?value", "?path")

    def _may_run(self, shape: Shape, made: SparqlConstraint) -> None:
        nullable = shape.path is not None and shape.path.nullable and "PATH" in made.query.variables
        if self._outside and (nullable or made.query.may_stay):
            # Of variables a path of no step joins the nodes of the graph only, of a term that is bound before that term.
            raise Foreign(
                f"a query of {named(shape.node)} has a path that may have no step, and a target that may be no node"
            )

    def _custom(self, shape: Shape, made: SparqlConstraint, nodes: Nodes, values: Nodes, _: object) -> _Found:
        """The value nodes of which the ASK query of a component is not true."""
        self._may_run(shape, made)
        if made.query.alone:
            raise Foreign(f"a query of {named(shape.node)} that is run for each value")
        names = {"this": nodes.node, "value": values.node}
        if shape.path is not None:
            names["PATH"] = shape.path.text
        body = made.query.joined("", names)
        return _Found(f"{values.pattern} {parameter_values(made)} FILTER NOT EXISTS {body}", values.node)


def parameter_values(made: SparqlConstraint) -> str:
    """Return a pattern that binds the parameters of a constraint component."""
    if not made.parameters:
        return ""
    if any(isinstance(value, rdflib.BNode) for _, value in made.parameters):
        raise Foreign(f"a parameter of {named(made.node)} is a node without a name")
    names = " ".join(f"?{name}" for name, _ in made.parameters)
    return f"VALUES ({names}) {{ ({' '.join(sparql(value) for _, value in made.parameters)}) }}"
