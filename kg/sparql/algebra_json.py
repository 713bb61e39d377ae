"""RDFLib's algebra as JSON, to hand it to another process or to keep it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue, Expr
from rdflib.term import BNode, Identifier, Literal, URIRef, Variable

from kg.sparql.terms import key_of

__all__ = ["from_json", "to_json"]

_SEVERAL = {"list": list, "tuple": tuple, "set": set}
_PATHS = {"/": SequencePath, "|": AlternativePath, "!": NegatedPath}


def to_json(node: Any) -> Any:
    """Return a part of an algebra as what JSON can hold; how expressions are evaluated is left out.

    Raises
    ------
    TypeError
        for what no algebra holds.
    """
    if node is None or isinstance(node, (bool, int, float)):
        return node
    if isinstance(node, Variable):
        return f"?{node}"
    if isinstance(node, Identifier):
        return key_of(node)
    if isinstance(node, str):
        return f"'{node}"
    if isinstance(node, CompValue):
        attributes = {name: to_json(part) for name, part in node.__dict__.items() if name != "_evalfn"}
        kind = "expression" if isinstance(node, Expr) else "node"
        return {"kind": kind, "attributes": attributes, "parts": {name: to_json(part) for name, part in node.items()}}
    if isinstance(node, Path):
        return {"kind": "path", **_path(node)}
    if isinstance(node, dict):
        return {"kind": "dict", "items": [[to_json(name), to_json(part)] for name, part in node.items()]}
    for kind, made in _SEVERAL.items():
        if type(node) is made:
            parts = [to_json(part) for part in node]
            return {"kind": kind, "items": sorted(parts) if kind == "set" else parts}
    raise TypeError(f"{type(node)} in an algebra")


def _path(path: Path) -> dict[str, Any]:
    if isinstance(path, InvPath):
        return {"step": "^", "items": [to_json(path.arg)]}
    if isinstance(path, MulPath):
        return {"step": path.mod, "items": [to_json(path.path)]}
    for step, made in _PATHS.items():
        if isinstance(path, made):
            return {"step": step, "items": [to_json(part) for part in path.args]}
    raise TypeError(f"{type(path)} in an algebra")


def from_json(data: Any) -> Any:
    """Return the part of an algebra that :func:`to_json` made this of.

    Raises
    ------
    ValueError, KeyError
        for what it did not make.
    """
    if isinstance(data, str):
        return _term(data)
    if not isinstance(data, dict):
        return data
    kind = data["kind"]
    if kind in ("node", "expression"):
        node = CompValue.__new__(Expr if kind == "expression" else CompValue)
        OrderedDict.__init__(node)
        node.__dict__.update((name, from_json(part)) for name, part in data["attributes"].items())
        for name, part in data["parts"].items():
            OrderedDict.__setitem__(node, name, from_json(part))
        return node
    items = [from_json(item) if isinstance(item, (str, dict)) else item for item in data["items"]]
    if kind == "dict":
        return {from_json(name): from_json(part) for name, part in items}
    if kind != "path":
        return _SEVERAL[kind](items)
    match data["step"]:
        case "^":
            return InvPath(items[0])
        case "/":
            return SequencePath(*items)
        case "|":
            return AlternativePath(*items)
        case "!":
            return NegatedPath(AlternativePath(*items))
        case step:
            return MulPath(items[0], step)


def _term(text: str) -> Any:
    first, rest = text[:1], text[1:]
    if first == "?":
        return Variable(rest)
    if first == "'":
        return rest
    if first == "<":
        return URIRef(rest)
    if first == "_":
        return BNode(rest)
    if first == '"':
        return Literal(rest)
    tag, _, form = rest.partition(" ")
    if first == "@":
        return Literal(form, lang=tag)
    if first == "^":
        return Literal(form, datatype=URIRef(tag), normalize=False)
    raise ValueError(f"{text!r} is no term")
