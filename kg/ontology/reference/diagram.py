"""A diagram of the classes of an ontology: who is a kind of whom, and which properties lead from one to another.

A class stands in a box with the properties that it has; its subclasses stand below it, indented, as in a table of
contents. Such stacks are put in columns by :mod:`kg.ontology.reference.placement`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from rdflib import OWL, RDF, RDFS, XSD, Graph, URIRef
from rdflib.term import Node

from kg.ontology.reference.entries import Entries
from kg.ontology.reference.placement import Item, Link, place
from kg.ontology.reference.texts import Text

__all__ = ["Box", "Diagram", "Line", "Relation", "Row", "diagram"]

#: Most classes that a diagram shows; of more, those with most relations.
MOST = 60
#: Longest row in letters; a longer one takes two lines.
_LONG = 31
_LINE, _HEAD, _NOTE, _PAD, _INDENT, _GAP = 16, 26, 14, 10, 18, 8
#: Width of a letter, of the names of classes (bold) and of the rows, in pixels of the sizes that the style sheet sets.
_WIDE, _NARROW = 7.0, 5.7
_BUILT_IN = tuple(str(namespace) for namespace in (OWL, RDF, RDFS, XSD))


@dataclass(frozen=True, slots=True)
class Relation:
    """What the diagram says, as text: a class, a property or none for `is a kind of`, and another class."""

    source: URIRef
    by: URIRef | None
    target: URIRef


@dataclass(slots=True)
class Row:
    """A property inside a box, with the class that it leads to; `folded` when it takes two lines."""

    by: URIRef
    name: Text
    target: URIRef
    target_name: Text
    y: float = 0

    @property
    def folded(self) -> bool:
        """Whether the class that it leads to stands on a line of its own."""
        return len(self.name.value) + len(self.target_name.value) + 3 > _LONG

    @property
    def lines(self) -> int:
        """How many lines of text it takes."""
        return 2 if self.folded else 1

    @property
    def width(self) -> float:
        """Width of its text."""
        name, target = len(self.name.value), len(self.target_name.value)
        return (max(name, target + 4) if self.folded else name + target + 3) * _NARROW


@dataclass(slots=True)
class Box:
    """A class: its name, the classes of others above it, and its properties."""

    iri: URIRef
    name: Text
    own: bool
    above: str
    rows: list[Row] = field(default_factory=list)
    depth: int = 0
    x: float = 0
    y: float = 0
    width: float = 0

    @property
    def head(self) -> float:
        """Height of what stands above the properties."""
        return _HEAD + (_NOTE if self.above else 0)

    @property
    def height(self) -> float:
        """Height of the box."""
        lines = sum(row.lines for row in self.rows)
        return self.head + (_LINE * lines + 5 if lines else 0)

    @property
    def name_y(self) -> float:
        """Where the name stands."""
        return self.y + self.head - 9

    def measure(self) -> float:
        """Return the width that the texts need."""
        texts = (len(self.name.value) * _WIDE, len(self.above) * _NARROW, *(row.width for row in self.rows))
        return round(max(60, *texts)) + 2 * _PAD

    def move(self, x: float, y: float) -> None:
        """Put the box and its rows in their place."""
        self.x, self.y = x, y
        line = y + self.head + 8
        for row in self.rows:
            row.y = line
            line += _LINE * row.lines


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the diagram, as the path of an SVG, with the kind that styles it."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes and lines with their size in pixels, the same as text, and how many classes were left out."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int
    relations: tuple[Relation, ...]
    left_out: int


def diagram(entries: Entries) -> Diagram | None:
    """Draw the classes of an ontology; None where it has no two that are related.

    Parameters
    ----------
    entries:
        The entries of the ontology, which know its names.
    """
    relations = sorted(set(_relations(entries)), key=lambda one: (one.source, str(one.by or ""), one.target))
    found = list(dict.fromkeys(node for one in relations for node in (one.source, one.target)))
    degree = {node: sum(node in (one.source, one.target) for one in relations) for node in found}
    kept = set(sorted(found, key=lambda node: (-degree[node], node))[:MOST])
    drawn = [one for one in relations if one.source in kept and one.target in kept]
    if not drawn:
        return None
    boxes = _boxes(entries, drawn)
    parents = _parents(boxes, drawn)
    stacks = _stacks(boxes, parents)
    links = [_link(boxes, stacks, one) for one in drawn if _is_line(boxes, parents, one)]
    items = {root: Item(*_size(stack)) for root, stack in stacks.items()}
    ways = place(items, links)
    for root, stack in stacks.items():
        _move(stack, items[root])
    lines = [Line(_elbow(boxes[parent], boxes[node]), "kind") for node, parent in parents.items()]
    lines += [_curve(boxes, one, way) for one, way in zip((link.what for link in links), ways, strict=True)]
    width = max(box.x + box.width for box in boxes.values()) + 2
    height = max([*(box.y + box.height for box in boxes.values()), *(y for way in ways for _, _, y in way)]) + 4
    return Diagram(
        tuple(boxes.values()), tuple(lines), round(width), round(height), tuple(relations), len(found) - len(kept)
    )


# --- what is drawn


def _relations(entries: Entries) -> Iterator[Relation]:
    graph = entries.graph
    for term in entries.vocabulary.terms:
        kind = entries.kind(term)
        if kind == "Class":
            for above in set(_above(graph, term)) - {term}:
                yield Relation(term, None, above)
        if kind in ("Object property", "Property"):
            for source in _classes(graph, term, RDFS.domain, "domainIncludes"):
                for target in _classes(graph, term, RDFS.range, "rangeIncludes"):
                    yield Relation(source, term, target)


def _above(graph: Graph, term: Node) -> Iterator[URIRef]:
    """Yield the named classes that a class is stated to be a kind of, also as part of its definition."""
    for node in graph.objects(term, RDFS.subClassOf):
        if isinstance(node, URIRef) and not node.startswith(str(OWL)):
            yield node
    for node in graph.objects(term, OWL.equivalentClass):
        yield from _members(graph, node, OWL.intersectionOf)


def _classes(graph: Graph, term: Node, strict: URIRef, loose: str) -> list[URIRef]:
    predicates = (strict, URIRef(f"https://schema.org/{loose}"), URIRef(f"http://schema.org/{loose}"))
    nodes = [node for predicate in predicates for node in graph.objects(term, predicate)]
    found = {node for node in nodes if isinstance(node, URIRef)}
    found |= {member for node in nodes for member in _members(graph, node, OWL.unionOf)}
    return sorted(node for node in found if not str(node).startswith(_BUILT_IN))


def _members(graph: Graph, node: Node, predicate: URIRef) -> list[URIRef]:
    head = graph.value(node, predicate)
    try:
        return [] if head is None else [item for item in graph.items(head) if isinstance(item, URIRef)]
    except ValueError:  # a list that runs in a circle
        return []


def _boxes(entries: Entries, relations: list[Relation]) -> dict[URIRef, Box]:
    """Return the boxes; a class of others that is only above own ones is a word inside these, not a box."""
    namespace = entries.vocabulary.namespace
    joined = {node for one in relations if one.by for node in (one.source, one.target)}
    nodes = {node for one in relations for node in (one.source, one.target)}
    tops = {node for node in nodes - joined if not node.startswith(namespace)}
    boxes: dict[URIRef, Box] = {}
    for node in sorted(nodes - tops):
        above = [one.target for one in relations if one.source == node and one.target in tops]
        words = ", ".join(str(entries.names.label(other)) for other in above)
        box = Box(node, entries.names.label(node), node.startswith(namespace), words)
        for one in relations:
            if one.source == node and one.by:
                name, target = entries.names.label(one.by), entries.names.label(one.target)
                box.rows.append(Row(one.by, name, one.target, target))
        box.rows.sort(key=lambda row: (str(row.name).casefold(), str(row.target_name)))
        boxes[node] = box
    return boxes


def _parents(boxes: dict[URIRef, Box], relations: list[Relation]) -> dict[URIRef, URIRef]:
    """Return for each box the one that it stands below: one above it, chosen so that nothing stands below itself."""
    parents: dict[URIRef, URIRef] = {}
    for one in relations:
        if one.by is None and one.target in boxes and one.source not in parents:
            here: URIRef | None = one.target
            while here is not None and here != one.source:
                here = parents.get(here)
            if here is None:
                parents[one.source] = one.target
    return parents


def _stacks(boxes: dict[URIRef, Box], parents: dict[URIRef, URIRef]) -> dict[URIRef, list[Box]]:
    """Return the boxes by the class at the top, each followed by those below it."""
    below: dict[URIRef, list[URIRef]] = defaultdict(list)
    for node, parent in parents.items():
        below[parent].append(node)

    def walk(node: URIRef, depth: int) -> Iterator[Box]:
        boxes[node].depth = depth
        yield boxes[node]
        for child in sorted(below[node], key=lambda child: str(boxes[child].name).casefold()):
            yield from walk(child, depth + 1)

    return {node: list(walk(node, 0)) for node in boxes if node not in parents}


def _size(stack: list[Box]) -> tuple[float, float]:
    width = max(box.measure() + box.depth * _INDENT for box in stack)
    return width, sum(box.height + _GAP for box in stack) - _GAP


def _move(stack: list[Box], item: Item) -> None:
    y = item.y
    for box in stack:
        box.width = item.width - box.depth * _INDENT
        box.move(item.x + box.depth * _INDENT, y)
        y += box.height + _GAP


# --- lines


def _is_line(boxes: dict[URIRef, Box], parents: dict[URIRef, URIRef], one: Relation) -> bool:
    if one.source not in boxes or one.target not in boxes or one.source == one.target:
        return False
    return one.by is not None or parents.get(one.source) != one.target


def _link(boxes: dict[URIRef, Box], stacks: dict[URIRef, list[Box]], one: Relation) -> Link[Relation, URIRef]:
    home = {box.iri: root for root, stack in stacks.items() for box in stack}

    def down(node: URIRef) -> float:
        stack = stacks[home[node]]
        above = stack[: stack.index(boxes[node])]
        return sum(box.height + _GAP for box in above) + boxes[node].head / 2

    return Link(one, home[one.source], home[one.target], down(one.source), down(one.target))


def _elbow(parent: Box, child: Box) -> str:
    """Return the line from a box to the one that it stands below."""
    x = parent.x + _INDENT / 2
    return f"M{child.x:g} {child.y + child.head / 2:g}H{x:g}V{parent.y + parent.height:g}"


def _curve(boxes: dict[URIRef, Box], one: Relation, way: list[tuple[float, float, float]]) -> Line:
    """Return a line from a row to a box, along its way past the columns between: where each begins, ends, and how high."""
    source, target = boxes[one.source], boxes[one.target]
    rows = [row for row in source.rows if (row.by, row.target) == (one.by, one.target)]
    start = rows[0].y - 4 if rows else source.name_y - 4
    end = target.name_y - 4
    kind = "property" if one.by else "kind"
    if source.x < target.x + target.width and target.x < source.x + source.width:
        x, x2 = source.x + source.width, target.x + target.width
        return Line(f"M{x:g} {start:g}C{x + 26:g} {start:g} {x2 + 26:g} {end:g} {x2:g} {end:g}", kind)
    rightward = source.x < target.x
    x = source.x + source.width if rightward else source.x
    path = f"M{x:g} {start:g}"
    stops = [(first, last, y) if rightward else (last, first, y) for first, last, y in way]
    stops.append((target.x if rightward else target.x + target.width, 0, end))
    y = start
    for into, out, height in stops:
        half = (x + into) / 2
        path += f"C{half:g} {y:g} {half:g} {height:g} {into:g} {height:g}"
        if (into, height) != (stops[-1][0], end):
            path += f"H{out:g}"
        x, y = out, height
    return Line(path, kind)
