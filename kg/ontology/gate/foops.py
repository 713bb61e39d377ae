"""The tests of FOOPS!, as far as they can be made without a network.

The 24 tests are those of https://w3id.org/foops/catalogue. The hygiene queries carry their identifiers as tags: a test
has failed when one of its queries found something. A test that has to ask the web is never counted as passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.ontology.gate.rules import rules

__all__ = ["FAILED", "NOT_CHECKED", "PASSED", "Foops", "foops"]

PASSED, FAILED, NOT_CHECKED = "passed", "failed", "not checked offline"

#: Identifier, FAIR principle and title of each test, and whether it has to ask the web.
_TESTS: tuple[tuple[str, str, str, bool], ...] = (
    ("PURL1", "Findable", "Persistent URL", False),
    ("URI1", "Findable", "Ontology URI is resolvable", True),
    ("URI2", "Findable", "Consistent ontology IDs", True),
    ("VER1", "Findable", "Version IRI", False),
    ("VER2", "Findable", "Version IRI resolves", True),
    ("OM1", "Findable", "Minimum metadata", False),
    ("FIND1", "Findable", "Ontology prefix", False),
    ("FIND2", "Findable", "Prefix is in registry", True),
    ("FIND3", "Findable", "Ontology in metadata registry", True),
    ("FIND_3_BIS", "Accessible", "Metadata are accessible, even when ontology is not", True),
    ("CN1", "Accessible", "Content negotiation for RDF", True),
    ("HTTP1", "Accessible", "Open protocol", False),
    ("RDF1", "Interoperable", "RDF availability", True),
    ("VOC1", "Interoperable", "Vocabulary reuse (metadata)", False),
    ("VOC2", "Interoperable", "Vocabulary reuse", False),
    ("DOC1", "Reusable", "HTML availability", True),
    ("OM2", "Reusable", "Recommended metadata", False),
    ("OM3", "Reusable", "Detailed metadata", False),
    ("OM4.1", "Reusable", "Licence availability", False),
    ("OM4.2", "Reusable", "Licence is resolvable", True),
    ("OM5.1", "Reusable", "Basic provenance metadata", False),
    ("OM5.2", "Reusable", "Detailed provenance metadata", False),
    ("VOC3", "Reusable", "Documentation: labels", False),
    ("VOC4", "Reusable", "Documentation: definitions", False),
)


@dataclass(frozen=True, slots=True)
class Foops:
    """One test of FOOPS!: its status, and the checks whose findings made it fail."""

    test: str
    principle: str
    title: str
    status: str
    because: tuple[str, ...] = ()


def foops(found: Iterable[str]) -> tuple[Foops, ...]:
    """Return the result of each test.

    Parameters
    ----------
    found:
        The names of the checks that found something.
    """
    names = sorted(set(found))
    results = []
    for test, principle, title, network in _TESTS:
        because = tuple(name for name in names if test in rules()[name].tags)
        status = FAILED if because else NOT_CHECKED if network else PASSED
        results.append(Foops(test, principle, title, status, because))
    return tuple(results)
