"""The quality gate: everything that can be checked of an ontology without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from rdflib import OWL, VANN, URIRef

from kg.catalog import load
from kg.engines import OxigraphEngine
from kg.errors import EngineError, InputError
from kg.namespaces import CKGSH
from kg.ontology.gate.dl import DlBreach
from kg.ontology.gate.foops import Foops, foops
from kg.ontology.gate.places import Places
from kg.ontology.gate.profiles import Profile, profiles
from kg.ontology.gate.rules import HYGIENE, SEVERITIES, rules
from kg.ontology.reason import Refused, classify
from kg.ontology.usage import usage, usage_faults
from kg.ontology.vocabulary import Vocabulary
from kg.resources import folder, ontology_files
from kg.rows import Progress, silent
from kg.validate import read_shapes, validate

__all__ = ["Check", "Finding", "check"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found: about which term, what with, where, why it matters and what to do."""

    check: str
    severity: str
    term: str
    detail: str
    message: str
    problem: str
    solution: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Check:
    """What the quality gate found of an ontology."""

    ontology: str
    version: str
    #: What the IRIs of its terms begin with, and the prefix that stands for it ("" where it has none).
    namespace: str
    prefix: str
    #: How many terms of its own it has.
    terms: int
    #: Worst first, then by check and term.
    findings: tuple[Finding, ...]
    profiles: Mapping[str, Profile]
    foops: tuple[Foops, ...]
    #: What the reasoner said, or why it was not asked.
    reasoner: str
    #: What became of the check that each term is used.
    usage: str
    #: Why the reasoner failed on an ontology that it should take; empty where it did not.
    failure: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def passed(self) -> bool:
        """Whether there is neither a Violation nor a Warning."""
        return not (self.counts["Violation"] or self.counts["Warning"])


@dataclass(frozen=True, slots=True)
class _Hit:
    check: str
    term: str
    detail: str = ""
    message: str = ""


def check(
    vocabulary: Vocabulary, *, reasoner: bool = True, with_usage: bool | None = None, progress: Progress = silent
) -> Check:
    """Check an ontology.

    Parameters
    ----------
    vocabulary:
        The ontology. What it imports is not fetched.
    reasoner:
        Whether to ask HermiT for contradictions.
    with_usage:
        Whether each term must be used by a shape, rule or question that ships; by default for the ontology that ships.
    progress:
        Called with what is being done.

    Raises
    ------
    InputError
        when the ontology has an IRI that is none.
    EngineError
        when the reasoner is asked for and missing, or takes too long.
    """
    if reasoner and find_spec("owlready2") is None:
        raise EngineError(
            "the reasoner is not installed; run: pip install 'clusterkg[ontology]', or give --no-reasoner"
        )
    if with_usage is None:
        with_usage = [module.path for module in vocabulary.modules] == ontology_files()
    progress("reading the ontology", 0, 5)
    engine = _engine(vocabulary)
    progress("asking the hygiene queries", 1, 5)
    hits = list(_hygiene(engine))
    progress("testing the style", 2, 5)
    hits += _style(engine)
    progress("reading the axioms", 3, 5)
    report, breaches = profiles(vocabulary.graph, namespace=vocabulary.namespace)
    hits += [_of_breach(breach, vocabulary) for breach in breaches]
    progress("reasoning", 4, 5)
    said, failure, found = _reasoned(vocabulary, report["DL"].holds) if reasoner else ("not checked, as asked", "", [])
    hits += found
    hits += _misaligned(vocabulary)
    said_of_usage, found = _used(vocabulary) if with_usage else (_NO_USAGE, [])
    hits += found
    progress("done", 5, 5)
    return Check(
        str(vocabulary.iri),
        str(vocabulary.graph.value(vocabulary.iri, OWL.versionInfo) or ""),
        vocabulary.namespace,
        _prefix(vocabulary),
        len(vocabulary.terms),
        _findings(vocabulary, hits),
        report,
        foops(hit.check for hit in hits),
        said,
        said_of_usage,
        failure,
    )


def _prefix(vocabulary: Vocabulary) -> str:
    stated = vocabulary.graph.value(vocabulary.iri, VANN.preferredNamespacePrefix)
    bound = (prefix for prefix, namespace in vocabulary.graph.namespaces() if str(namespace) == vocabulary.namespace)
    return str(stated or next(bound, ""))


_NO_USAGE = "not checked: that each term is used is asked of the ontology that ships only"


def _engine(vocabulary: Vocabulary) -> OxigraphEngine:
    try:
        return vocabulary.engine()
    except ValueError as error:
        files = ", ".join(str(module.path) for module in vocabulary.modules)
        raise InputError(f"a name in it is no IRI ({error}); correct it", file=files) from None


def _hygiene(engine: OxigraphEngine) -> Iterator[_Hit]:
    for query in load(HYGIENE):
        for term, *rest in engine.select(query.text):
            detail = next((cell.value for cell in rest if cell is not None), "")
            yield _Hit(query.name, "" if term is None else term.value, detail)


def _style(engine: OxigraphEngine) -> Iterator[_Hit]:
    for result in validate(engine, read_shapes([folder("shapes") / "style.ttl"])).results:
        name = str(result.constraint or result.shape).removeprefix(CKGSH)
        value = "" if result.value is None else result.value.value
        if result.constraint:
            yield _Hit(name, value, message=result.message)
        else:
            yield _Hit(name, result.focus.value, value, result.message)


def _of_breach(breach: DlBreach, vocabulary: Vocabulary) -> _Hit:
    named = isinstance(breach.term, URIRef)
    return _Hit(breach.rule, str(breach.term if named else vocabulary.iri), breach.detail)


def _reasoned(vocabulary: Vocabulary, in_dl: bool) -> tuple[str, str, list[_Hit]]:
    """Return what the reasoner said, why it failed, and what it found; alignments are reasoned over as well."""
    try:
        result = classify(vocabulary.aligned, values=False)
    except Refused as error:
        if in_dl:
            return "failed", str(error), []
        # The findings on OWL 2 DL say what the reasoner stumbled over.
        return f"not checked, for it takes OWL 2 DL only: see the findings that begin with dl- ({error})", "", []
    told = f"; {result.set_aside} statements with datatypes outside OWL 2 set aside" if result.set_aside else ""
    if not result.consistent:
        return f"inconsistent{told}", "", [_Hit("inconsistent", str(vocabulary.iri))]
    hits = [_Hit("unsatisfiable-class", str(term)) for term in result.unsatisfiable]
    which = "no unsatisfiable class" if not hits else f"{len(hits)} unsatisfiable class{'es' * (len(hits) > 1)}"
    return f"consistent, {which}{told}", "", hits


def _misaligned(vocabulary: Vocabulary) -> list[_Hit]:
    own = {
        (node, module.name)
        for module in vocabulary.alignments
        for node in module.graph.all_nodes()
        if isinstance(node, URIRef) and node.startswith(vocabulary.namespace)
    }
    known = {vocabulary.iri, *vocabulary.terms}
    return [_Hit("alignment-of-an-unknown-term", str(node), f"in {name}") for node, name in own if node not in known]


def _used(vocabulary: Vocabulary) -> tuple[str, list[_Hit]]:
    unused, stale = usage_faults(vocabulary, usage(vocabulary))
    hits = [_Hit("unused-term", str(term)) for term in unused]
    hits += [_Hit("reference-only-term-in-use", str(term)) for term in stale]
    return f"{len(vocabulary.terms) - len(unused)} of {len(vocabulary.terms)} terms used or marked", hits


def _findings(vocabulary: Vocabulary, hits: Iterable[_Hit]) -> tuple[Finding, ...]:
    places = Places(vocabulary)
    found = []
    for hit in set(hits):
        rule = rules()[hit.check]
        file, line = places.of(hit.term)
        message = hit.message or rule.summary
        found.append(
            Finding(
                hit.check,
                rule.severity,
                hit.term,
                hit.detail,
                message,
                rule.problem,
                rule.solution,
                file,
                line,
            )
        )
    return tuple(sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.check, f.term, f.detail, f.message)))
