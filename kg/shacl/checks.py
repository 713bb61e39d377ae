"""The queries that shapes are compiled to, and how those that look at the same nodes become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.shacl.components import SparqlConstraint
from kg.shacl.model import Constraint, Shape

__all__ = ["CUT", "Alone", "Check", "shared"]

#: Parts what is selected from where.
CUT = "\n"


@dataclass(frozen=True, slots=True)
class Check:
    """A query that returns violations, one for each solution.

    With several constraints `flags` are variables, each true where its constraint is violated.
    """

    query: str
    constraints: tuple[tuple[Shape, Constraint], ...]
    focus: str
    value: str = ""
    path: str = ""
    flags: tuple[str, ...] = ()
    #: What is selected and the pattern, where the violation is nothing but a condition on the value nodes.
    select: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Alone:
    """A SPARQL constraint that has to be run for each focus node by itself: `nodes` selects them as `focus`."""

    nodes: str
    focus: str
    shape: Shape
    constraint: Constraint

    def query(self, given: Mapping[str, str]) -> str:
        """Return the query with the pre-bound variables given as text of a query."""
        made: SparqlConstraint = self.constraint.value
        variables, terms = " ".join(f"?{name}" for name in given), " ".join(given.values())
        names = {name: f"?{name}" for name in given}
        if self.shape.path is not None:
            names["PATH"] = self.shape.path.text
        return made.query.head(names) + made.query.joined(f"VALUES ({variables}) {{ ({terms}) }}", names)


def shared(checks: Iterable[Check]) -> list[Check]:
    """Return the same with one pass over the value nodes for all conditions on them, of whichever shapes."""
    by_pattern: dict[str, list[Check]] = {}
    for check in checks:
        by_pattern.setdefault(check.select or check.query, []).append(check)
    out = []
    for select, group in by_pattern.items():
        first = group[0]
        if len(group) == 1 or not first.condition:
            out += group
            continue
        flags = tuple(f"?flag{place}" for place in range(len(group)))
        bound = " ".join(f"BIND({check.condition} AS {flag})" for check, flag in zip(group, flags, strict=True))
        head, _, pattern = select.partition(CUT)
        query = f"{head} {' '.join(flags)} {pattern} {bound} FILTER({' || '.join(flags)}) }}"
        constraints = tuple(one for check in group for one in check.constraints)
        out.append(Check(query, constraints, first.focus, first.value, flags=flags))
    return out
