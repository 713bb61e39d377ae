"""Whether a server keeps what it is given: each triple is compared with what it gives back."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b

import numpy as np
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Triple

from kg.errors import EngineError
from kg.rows import in_graph

__all__ = ["Changed", "Tally", "has_blank_nodes"]

#: How many values a message names.
_NAMED = 3
#: The most characters of each.
_LONGEST = 200


def _number(line: str) -> int:
    return int.from_bytes(blake2b(line.encode(), digest_size=8).digest(), "little")


def has_blank_nodes(triple: Triple) -> bool:
    """Whether the subject or the object of a triple is a blank node."""
    return isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)


class Changed(EngineError):
    """A server does not keep a value that it is given; the message names it."""


class Tally:
    """The triples of a graph, each as a number of 64 bits; those with blank nodes as they are."""

    def __init__(self) -> None:
        self._numbers = array("Q")
        self.blank: list[Triple] = []

    def __len__(self) -> int:
        return len(self.numbers) + len(set(self.blank))

    @property
    def numbers(self) -> np.ndarray:
        """The numbers, each once, in order."""
        return np.unique(np.frombuffer(self._numbers, np.uint64)) if self._numbers else np.empty(0, np.uint64)

    def add(self, line: str) -> None:
        """Count a triple without blank nodes, as N-Triples writes it."""
        self._numbers.append(_number(line))

    def add_all(self, triples: Iterable[Triple]) -> None:
        """Count triples."""
        for triple in triples:
            if has_blank_nodes(triple):
                self.blank.append(triple)
            else:
                self.add(str(triple))

    @classmethod
    def union(cls, tallies: Iterable[Tally]) -> Tally:
        """Return the tally of the union of graphs."""
        found = cls()
        for tally in tallies:
            found._numbers.extend(tally._numbers)
            found.blank += tally.blank
        return found

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Tally:
        """Return the tally of triples."""
        tally = cls()
        tally.add_all(triples)
        return tally

    def compare(self, came: Tally, lines: Callable[[], Iterable[str]], again: Callable[[], Iterable[Triple]]) -> None:
        """Refuse a server that does not have what it was given.

        Parameters
        ----------
        came:
            The tally of what the server gave back.
        lines:
            The triples that it was given, as lines, once more; those with blank nodes may be left out.
        again:
            What it gave back, once more.

        Raises
        ------
        Changed
            naming some of the values.
        """
        given, found = self.numbers, came.numbers
        lost, added = np.setdiff1d(given, found), np.setdiff1d(found, given)
        if len(lost) or len(added):
            raise Changed(_named(set(lost.tolist()), set(added.tolist()), lines(), again()))
        if _canonical(self.blank) != _canonical(came.blank):
            raise Changed(
                f"the server does not keep triples with blank nodes: {len(set(self.blank))} were given and {len(set(came.blank))} "
                "others came back"
            )


def _canonical(triples: list[Triple]) -> frozenset[str]:
    """Return triples with the labels that canonicalization gives: https://www.w3.org/TR/rdf-canon/."""
    dataset = Dataset(map(in_graph, triples))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(map(str, dataset))


def _named(lost: set[int], added: set[int], lines: Iterable[str], again: Iterable[Triple]) -> str:
    """Say which triples are lost, and what came in their place."""
    gone = list(_first(line for line in lines if _number(line) in lost))
    others = [str(triple) for triple in again if _number(str(triple)) in added]
    said = []
    for line in gone:
        about, value = _value(line)
        instead = [shown for other, shown in map(_value, others) if other == about]
        instead = [shown for shown in instead if _kind(shown) == _kind(value)] or instead
        became = f"came back as {' and '.join(map(_brief, instead[:2]))}" if instead else "did not come back"
        said.append(f"{_brief(value)} of {about} {became}")
    if not gone:
        said = [f"{_brief(line)} came back and was not given" for line in others[:_NAMED]]
    more = max(len(lost), len(added)) - len(said)
    return f"the server does not keep what it is given: {'; '.join(said)}" + (f"; and {more} more" if more > 0 else "")


def _first(lines: Iterator[str]) -> Iterator[str]:
    for _, line in zip(range(_NAMED), lines, strict=False):
        yield line


def _value(line: str) -> tuple[str, str]:
    """Return the subject and predicate of a triple, and its object."""
    subject, predicate, value = line.split(" ", 2)
    return f"{subject} {predicate}", value


def _kind(value: str) -> str:
    """Return what stands after the form of a literal: its datatype or language."""
    return value.rpartition('"')[2]


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
