"""What a fault does: rows are kept out, values are left out, and whatever depends on them follows.

The shapes alone decide: drafts of all rows are validated, the rows and values that results blame are taken out, and
the nodes that this touches are validated again, until nothing more is found.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from pyoxigraph import NamedNode
from rdflib import URIRef
from rdflib.namespace import SH

from kg.engines import ColumnarEngine, Engine, RemoteEngine
from kg.engines.columnar import Drafts
from kg.engines.columnar.drafts import DraftFact
from kg.engines.columnar.input_rows import SOURCE
from kg.engines.columnar.keys import term_of, to_key
from kg.engines.remote import Changed
from kg.identifiers import encode
from kg.namespaces import RDFS
from kg.rows import Finding, Loaded, Progress, Row, RowCounts, in_graph, silent
from kg.shacl.report import Result
from kg.validate import Shapes, finding_of, shapes, validate
from kg.validated import Validated, keep
from kg.wording import worded

__all__ = ["CAUSE", "Quarantine"]

#: What is said of a finding that other findings led to.
CAUSE = " (because of what was kept out)"

_BELOW = to_key(RDFS["subClassOf"])

#: The constraints that compare values with others.
_COMPARING = frozenset(
    [
        SH.SPARQLConstraintComponent,
        SH.LessThanConstraintComponent,
        SH.LessThanOrEqualsConstraintComponent,
        SH.EqualsConstraintComponent,
        SH.DisjointConstraintComponent,
    ]
)
#: The most characters of a cell that a finding repeats, where it has the value itself.
_LONGEST = 1_000


class Quarantine:
    """What is kept out of the drafts of all sources, and why.

    Parameters
    ----------
    engine, drafts, loaded:
        The engine, the drafts in its store, and what is known of each source that they are from, in order.
    progress:
        Called during the work.
    """

    def __init__(
        self, engine: ColumnarEngine, drafts: Drafts, loaded: list[Loaded], *, progress: Progress = silent
    ) -> None:
        self.engine = engine
        self.drafts = drafts
        self.loaded = loaded
        self.progress = progress
        self.findings: list[Finding] = [finding for source in loaded for finding in source.findings]
        self.first: set[tuple[object, ...]] = set()
        self.elsewhere: RemoteEngine | None = None

    @property
    def rows(self) -> RowCounts:
        """How many rows the sources have, and how many of them are kept out."""
        read = sum(count for source in self.loaded for count in source.read.values())
        rejected = {
            finding.row for finding in self.findings if finding.effect == "rejected" and finding.row is not None
        }
        return RowCounts(read, len(rejected))

    def run(
        self,
        against: Shapes | None = None,
        *,
        before: Path | None = None,
        target: Path | None = None,
        by_reference: bool = False,
        elsewhere: RemoteEngine | None = None,
    ) -> None:
        """Validate the drafts and take out what the shapes blame, until nothing more is found.

        Parameters
        ----------
        against:
            Shapes other than those that ship.
        before, target:
            Folders with what was validated before, and for what is now.
        by_reference:
            Leave the shapes to pySHACL.
        elsewhere:
            The server that the shapes are run on; each time it is given what the drafts are then.
        """
        self.elsewhere = elsewhere
        against = against or shapes("input")
        self.drafts.load()
        self.progress("validating", 0, 0)
        results = self._first(against, before, by_reference=by_reference)
        self.first = set(map(_key, results))
        if target is not None:
            keep(target, self.engine.store, results, against)
        seen: set[tuple[object, ...]] = set()
        while new := [result for result in results if _key(result) not in seen and self._is_said(result)]:
            now, later = _apart(new)
            seen.update(map(_key, now))
            touched = self._take_out(now, against)
            self.progress("validating what is touched", 0, 0)
            only = None if touched is None else map(NamedNode, touched)
            results = validate(self._validator(), against, only=only, by_reference=by_reference).results
            if touched is not None:
                looked = set(touched)
                results += [result for result in later if result.focus.value not in looked]
        self.findings = worded(self.findings, against, self.engine)

    def _first(self, against: Shapes, before: Path | None, *, by_reference: bool) -> list[Result]:
        """Return the results on all drafts; those about what did not change are as they were."""
        validated = None if before is None or by_reference or self.elsewhere else Validated(before)
        if validated is None or not validated.fits(self.engine.store, against):
            return validate(self._validator(), against, by_reference=by_reference).results
        changed = validated.changed(self.engine.store, against.steps)
        again = validate(self.engine, against, only=map(NamedNode, changed)).results
        nodes = set(changed)
        return again + [result for result in validated.results() if result.focus.value not in nodes]

    def _validator(self) -> Engine:
        """Return the engine that the shapes are run on, with the drafts as they are now."""
        if self.elsewhere is None:
            return self.engine
        self.elsewhere.clear()
        drafts = self.engine.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
        assert isinstance(drafts, list)
        try:
            self.elsewhere.load(map(in_graph, drafts))
        except Changed as error:
            # It may be a value that is kept out; one that is not is refused when facts are loaded.
            self.elsewhere.notes.append(f"validated here and not on the server, for {error}")
            return self.engine
        return self.elsewhere

    def _is_said(self, result: Result) -> bool:
        """Whether a result is told: a warning is not that comes of what is kept out, which is told already."""
        return result.severity not in (SH.Warning, SH.Info) or _key(result) in self.first

    def _take_out(self, results: list[Result], against: Shapes) -> list[str] | None:
        """Keep out what the results blame; return the nodes that have to be looked at again, None for all."""
        blamed = _Blamed(self.drafts, {result.focus.value for result in results})
        for result in results:
            effect = "kept" if result.severity in (SH.Warning, SH.Info) else "left-out"
            if effect == "left-out" and str(result.shape) in against.rejecting:
                effect = "rejected"
            self._apply(result, effect, blamed)
        if not blamed.gone:
            return []
        touched = self.drafts.leave_out(blamed.rejected, blamed.gone, steps=against.steps)
        for source in {row >> SOURCE for row in blamed.rejected}:
            self.loaded[source - 1].derive()
        # Which classes are below which decides what every shape looks at.
        return None if any(fact.p == _BELOW for fact in blamed.gone) else touched

    def _apply(self, result: Result, effect: str, blamed: _Blamed) -> None:
        writers = blamed.writers(result)
        if effect == "rejected":
            rows = [fact.row for fact in writers] or blamed.describing(result.focus.value)
            for row in dict.fromkeys(rows):
                if blamed.reject(row):
                    column = next((blamed.column(fact) for fact in writers if fact.row == row), "")
                    self._note(result, "rejected", blamed.rows[row], column or blamed.near(result, row))
            return
        for fact in writers:
            column = blamed.column(fact)
            if effect == "left-out" and len(blamed.stated[fact.row]) == 1:
                # A row that states nothing else, such as a statement of an RDF file, is kept out whole.
                if blamed.reject(fact.row):
                    self._note(result, "rejected", blamed.rows[fact.row], column)
                continue
            if effect == "left-out":
                blamed.leave_out(fact)
            self._note(result, effect, blamed.rows[fact.row], column)
        if not writers:
            rows = blamed.describing(result.focus.value)
            self._note(result, "kept", blamed.rows[rows[0]] if rows else None, "")

    def _note(self, result: Result, effect: str, row: Row | None, column: str) -> None:
        found = finding_of(result)
        text = row[column] if row is not None and column else ""
        self.findings.append(
            replace(
                found,
                effect=effect,  # type: ignore[arg-type]
                message=found.message + ("" if _key(result) in self.first else CAUSE),
                stated=found.message,
                source=row.table.source if row is not None else 0,
                file=row.table.file if row is not None else "",
                line=row.line if row is not None else 0,
                column=column,
                # A cell of very many values is not repeated for each of them.
                value=text if len(text) <= _LONGEST or not found.value else found.value,
                row=row,
            )
        )


class _Blamed:
    """The facts about some nodes, the rows that wrote them with all they state, and what of it is to be left out."""

    def __init__(self, drafts: Drafts, nodes: set[str]) -> None:
        self.columns = drafts.columns
        self.by_path: dict[tuple[str, str], list[DraftFact]] = defaultdict(list)
        self.by_triple: dict[tuple[str, str, str], list[DraftFact]] = defaultdict(list)
        self.by_node: dict[str, list[int]] = defaultdict(list)
        self.by_subject: dict[str, list[int]] = defaultdict(list)
        self.stated: dict[int, list[DraftFact]] = defaultdict(list)
        self.rejected: set[int] = set()
        self.gone: set[DraftFact] = set()
        for row, node in drafts.nodes(nodes):
            self.by_node[node].append(row)
        for fact in drafts.about(nodes):
            self.by_path[fact.s[1:], fact.p[1:]].append(fact)
            self.by_triple[fact[2:]].append(fact)
            self.by_subject[fact.s[1:]].append(fact.row)
        concerned = {row for rows in (*self.by_node.values(), *self.by_subject.values()) for row in rows}
        for fact in drafts.stated(concerned):
            self.stated[fact.row].append(fact)
        self.rows = drafts.rows(concerned)

    def column(self, fact: DraftFact) -> str:
        """Return the column to blame for a fact."""
        return next(iter(self.columns[fact.part]), "")

    def reject(self, row: int) -> bool:
        """Keep a row out with all that it states; return whether it was not kept out before."""
        if row in self.rejected:
            return False
        self.rejected.add(row)
        self.gone.update(self.stated[row])
        return True

    def leave_out(self, fact: DraftFact) -> None:
        """Leave a fact out, and with a column that is not alone to blame all that is made from it."""
        columns = self.columns[fact.part]
        self.gone.update(other for other in self.by_triple[fact[2:]] if other.row == fact.row)
        if len(columns) > 1:
            self.gone.update(other for other in self.stated[fact.row] if columns[0] in self.columns[other.part])

    def describing(self, node: str) -> list[int]:
        """Return the rows that describe a node; where none does, those that say something of it."""
        return list(dict.fromkeys(self.by_node.get(node) or self.by_subject.get(node) or []))

    def near(self, result: Result, row: int) -> str:
        """Return the column of a row that comes nearest to what nobody wrote.

        Of too few values it is the last one's; of a node that is no such thing, the one that names the node.
        """
        if isinstance(result.path, URIRef):
            facts = self.by_path.get((result.focus.value, str(result.path)), [])
            return next((self.column(fact) for fact in reversed(facts) if fact.row == row), "")
        if result.component != SH.ClassConstraintComponent:
            return ""
        found, end = self.rows[row], result.focus.value.rsplit("/", 1)[-1]
        return next((name for name in found.table.positions if encode(found[name]) == end), "")

    def writers(self, result: Result) -> list[DraftFact]:
        """Return who wrote the triple that a result blames; of too many values all but the first."""
        if not isinstance(result.path, URIRef):
            return []
        if result.value is not None:
            key = f"<{result.focus.value}", f"<{result.path}", to_key(result.value)
            return self.by_triple.get(key, [])
        facts = self.by_path.get((result.focus.value, str(result.path)), [])
        if result.component == SH.MaxCountConstraintComponent:
            own = (str(term_of(fact.o)) for fact in facts if fact.row >> SOURCE == facts[0].row >> SOURCE)
            first = min(own, default="")
            return [fact for fact in facts if str(term_of(fact.o)) != first]
        return []


def _apart(results: list[Result]) -> tuple[list[Result], list[Result]]:
    """Part results that compare values of a node, which has wrong ones, from the others: first the wrong ones go."""
    wrong = {result.focus for result in results if result.component not in _COMPARING}
    later = [result for result in results if result.component in _COMPARING and result.focus in wrong]
    return [result for result in results if result.component not in _COMPARING or result.focus not in wrong], later


def _key(result: Result) -> tuple[object, ...]:
    return result.focus, result.path, result.value, result.shape, result.component
