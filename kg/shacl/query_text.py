"""The text of a query of a shape: what it may not hold, and the same query for many focus nodes at once.

SHACL runs the query of a constraint for each focus node, with ``$this`` bound before (section 5.3, "pre-binding").
Here it is run once: each group of patterns that names a pre-bound variable is joined with the set of its values first,
which is the same as long as every solution of a group stays with its focus node. Where it would not be, as for
aggregates, limits and named graphs, the query is run for each focus node by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from kg.errors import ShapesError

__all__ = ["QueryText"]

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<iri><[^<>"{}|^`\\\s]*>)
    |(?P<string>(?:'''(?:(?:'|'')?(?:[^'\\]|\\.))*'''|\"\"\"(?:(?:"|"")?(?:[^"\\]|\\.))*\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    |(?P<variable>[?$][\w·]+)
    |(?P<word>(?:[^\W\d](?:[\w.\-]*[\w\-])?)?:(?:(?:[\w.\-%:]|\\.)*(?:[\w\-%:]|\\.))?|[^\W\d][\w\-]*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED, _UNESCAPED = re.compile(r"\\(.)"), r"\1"
#: What pre-binding has no meaning for (SHACL, section 5.3.1).
_REFUSED = ("MINUS", "SERVICE", "VALUES")
_AGGREGATES = frozenset(["COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"])
#: Words by which solutions of several focus nodes would no longer be apart.
_ALONE = frozenset(["LIMIT", "OFFSET", "GRAPH"])


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def keyword(self) -> str:
        """The word in capitals, nothing for what is no word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def variable(self) -> str:
        """The name of the variable, nothing for what is none."""
        return self.text[1:] if self.kind == "variable" else ""


@dataclass(frozen=True)
class QueryText:
    """A SELECT or ASK query of a shape, and the prefixes that it may use."""

    text: str
    prefixes: tuple[tuple[str, str], ...] = ()

    @cached_property
    def tokens(self) -> list[_Token]:
        """The tokens of the query without its prologue, spaces too; prefixed names are whole.

        Raises
        ------
        ShapesError
            when a prefix is not declared.
        """
        found = [_Token(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(self.text)]
        prefixes = dict(self.prefixes)
        start = next((n for n, token in enumerate(found) if token.keyword in ("SELECT", "ASK")), len(found))
        prologue = [token for token in found[:start] if token.kind != "space"]
        for word, prefix, iri in zip(prologue, prologue[1:], prologue[2:], strict=False):
            if word.keyword == "PREFIX":
                prefixes[prefix.text.removesuffix(":")] = iri.text[1:-1]
        return [self._whole(token, prefixes) for token in found[start:]]

    def _whole(self, token: _Token, prefixes: Mapping[str, str]) -> _Token:
        prefix, colon, local = token.text.partition(":")
        if token.kind != "word" or not colon or prefix == "_":
            return token
        if prefix not in prefixes:
            raise ShapesError(f"the prefix '{prefix}' of a query is not declared (sh:prefixes): {self._beginning}")
        return _Token("iri", f"<{prefixes[prefix]}{_ESCAPED.sub(_UNESCAPED, local)}>")

    @property
    def _beginning(self) -> str:
        return " ".join(self.text.split())[:80]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the query, in capitals."""
        return frozenset(token.keyword for token in self.tokens)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names of the variables of the query."""
        return frozenset(token.variable for token in self.tokens if token.variable)

    def check(self, prebound: Iterable[str], shape: str) -> None:
        """Refuse what pre-binding has no meaning for.

        Raises
        ------
        ShapesError
            when there is such a construct. https://www.w3.org/TR/shacl/#pre-binding
        """
        names = set(prebound)
        for word in _REFUSED:
            if word in self.words:
                raise ShapesError(f"a query of the shape {shape} holds {word}, which a constraint may not")
        seen = [token for token in self.tokens if token.kind != "space"]
        for one, other in pairwise(seen):
            if one.keyword == "AS" and other.variable in names:
                raise ShapesError(
                    f"a query of the shape {shape} binds ?{other.variable}, which is bound before it is run"
                )
        for projected in self._nested(seen):
            missing = names - projected
            if missing:
                raise ShapesError(
                    f"a query of the shape {shape} has an inner SELECT without ?{min(missing)}, which is bound before it is run"
                )

    @staticmethod
    def _nested(tokens: list[_Token]) -> Iterable[set[str]]:
        """Yield the variables that each inner SELECT names as its result."""
        first = True
        for place, token in enumerate(tokens):
            if token.keyword != "SELECT":
                continue
            if first:
                first = False
                if not any(before.keyword == "ASK" for before in tokens[:place]):
                    continue
            found: set[str] = set()
            depth = 0
            for other in tokens[place + 1 :]:
                if other.text == "{" or other.keyword == "WHERE":
                    break
                depth += (other.text == "(") - (other.text == ")")
                if depth == 0 and other.variable:
                    found.add(other.variable)
            yield found

    @cached_property
    def alone(self) -> bool:
        """Whether the query has to be run for each focus node by itself."""
        if self.words & _ALONE or self.variables & {"shapesGraph", "currentShape"}:
            return True
        seen = [token for token in self.tokens if token.kind != "space"]
        grouped = [place for place, token in enumerate(seen) if token.keyword == "GROUP"]
        if self.words & _AGGREGATES and len(grouped) < sum(token.keyword == "SELECT" for token in seen):
            return True
        return not all(_groups_by_this(seen[place + 2 :]) for place in grouped)

    @cached_property
    def may_stay(self) -> bool:
        """Whether a property path of the query may have no step at all."""
        steps = ("iri", "word")
        return any(
            other.text in ("*", "?") and (one.kind in steps or one.text == ")") for one, other in pairwise(self.tokens)
        )

    def split(self) -> tuple[list[_Token], list[_Token]]:
        """Return the tokens of the head, and those from the first brace on."""
        brace = next((place for place, token in enumerate(self.tokens) if token.text == "{"), None)
        if brace is None:
            raise ShapesError(f"the query has no pattern: {self._beginning}")
        return self.tokens[:brace], self.tokens[brace:]

    def head(self, names: Mapping[str, str]) -> str:
        """Return SELECT and what it selects, with variables renamed."""
        head, _ = self.split()
        return "".join(_renamed(token, names) for token in head)

    def joined(self, first: str, names: Mapping[str, str]) -> str:
        """Return the pattern and what follows it, with something to join in every group that names a pre-bound variable.

        Parameters
        ----------
        first:
            A pattern that binds the variables that they are renamed to; nothing to join without it.
        names:
            The variables that are bound before, and what they are renamed to.
        """
        _, body = self.split()
        concerned = _groups_with(body, set(names)) | {0} if first else set()
        out = []
        for place, token in enumerate(body):
            out.append(_renamed(token, names))
            if place in concerned:
                out.append(f" {first} ")
        return "".join(out)


def _renamed(token: _Token, names: Mapping[str, str]) -> str:
    if token.variable in names:
        return names[token.variable]
    return token.text.replace("$", "?", 1) if token.kind == "variable" else token.text


def _groups_by_this(tokens: list[_Token]) -> bool:
    """Whether the variable of the focus node is among what is grouped by, given what follows GROUP BY."""
    for token in tokens:
        if token.variable == "this":
            return True
        if token.text in ("}", "(") or token.keyword in ("HAVING", "ORDER"):
            return False
    return False


def _groups_with(tokens: list[_Token], names: set[str]) -> set[int]:
    """Return the places of the braces that open a group in which, inner groups too, a variable is named.

    Groups of EXISTS are left out: a solution's values are put into them.
    """
    found: set[int] = set()
    open_: list[tuple[int, bool]] = []
    before = _Token("", "")
    for place, token in enumerate(tokens):
        if token.text == "{":
            open_.append((place, before.keyword == "EXISTS" or bool(open_ and open_[-1][1])))
        elif token.text == "}":
            if open_:
                open_.pop()
        elif token.variable in names:
            found.update(place for place, exists in open_ if not exists)
        if token.kind != "space":
            before = token
    # The brace of an inner SELECT's clause comes after the SELECT; the one around it holds nothing to join with.
    return {place for place in found if not _opens_select(tokens, place)}


def _opens_select(tokens: list[_Token], place: int) -> bool:
    following = (token for token in tokens[place + 1 :] if token.kind != "space")
    return next(following, _Token("", "")).keyword == "SELECT"
