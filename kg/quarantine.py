"""What a fault does: rows are kept out, values are left out, and whatever depends on them follows.

The shapes alone decide: drafts of all rows are validated, the rows and values that results blame are taken out, and
the nodes that this touches are validated again, until nothing more is found.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Store

from kg.engines.columnar.drafts import DraftFact, Drafts
from kg.engines.columnar.input_rows import SOURCE
from kg.engines.columnar.keys import term_of
from kg.rows import Finding, Loaded, Progress, Row, in_graph, silent
from kg.validate import HIERARCHY, Result, Shapes, shapes, validate

__all__ = ["Quarantine"]

_DEFAULT = DefaultGraph()


class Quarantine:
    """What is kept out of the drafts of all sources, and why.

    Parameters
    ----------
    drafts, loaded:
        The drafts, and what is known of each source that they are from, in order.
    progress:
        Called during the work.
    """

    def __init__(self, drafts: Drafts, loaded: list[Loaded], *, progress: Progress = silent) -> None:
        self.drafts = drafts
        self.loaded = loaded
        self.progress = progress
        self.findings: list[Finding] = [finding for source in loaded for finding in source.findings]
        self.cause = ""

    def run(self, folder: Path, against: Shapes | None = None) -> None:
        """Validate the drafts and take out what the shapes blame, until nothing more is found.

        Parameters
        ----------
        folder:
            A place for a file while this runs.
        against:
            Shapes other than those that ship.
        """
        against = against or shapes("input")
        self.progress("drafting facts", 0, 0)
        store = Store()
        file = folder / "drafts.nt"
        self.drafts.write_triples(file)
        store.bulk_load(path=str(file), format=RdfFormat.N_TRIPLES, lenient=True)
        file.unlink()
        store.extend(in_graph(triple) for triple in HIERARCHY)
        self.progress("validating", 0, 0)
        results = validate(store, against)
        seen: set[tuple[str, str, str, str]] = set()
        while new := [result for result in results if _key(result) not in seen]:
            seen.update(map(_key, new))
            touched = self._take_out(store, new, against)
            self.progress("validating what is touched", 0, 0)
            self.cause = " (because of what was kept out)"
            results = validate(store, against, focus=touched)

    def _take_out(self, store: Store, results: list[Result], against: Shapes) -> set[str]:
        """Keep out what the results blame; return the nodes that have to be looked at again."""
        blamed = _Blamed(self.drafts, {result.focus for result in results})
        for result in results:
            effect = "kept" if result.severity != "Violation" else "left-out"
            if effect == "left-out" and result.shape in against.rejecting:
                effect = "rejected"
            self._apply(result, effect, blamed)
        if not blamed.gone:
            return set()
        self.drafts.leave_out(blamed.rejected, blamed.gone)
        for source in {row >> SOURCE for row in blamed.rejected}:
            self.loaded[source - 1].derive()
        kept = self.drafts.still(blamed.gone)
        gone = [fact for fact in blamed.gone if fact[2:] not in kept]
        touched = {fact.s[1:] for fact in gone}
        for fact in gone:
            store.remove(in_graph(fact.triple))
        for node in list(touched):
            for quad in store.quads_for_pattern(None, None, NamedNode(node), _DEFAULT):
                if isinstance(quad.subject, NamedNode):
                    touched.add(quad.subject.value)
        return touched

    def _apply(self, result: Result, effect: str, blamed: _Blamed) -> None:
        writers = blamed.writers(result)
        if effect == "rejected":
            rows = [fact.row for fact in writers] or blamed.describing(result.focus)
            for row in dict.fromkeys(rows):
                if blamed.reject(row):
                    column = next((blamed.column(fact) for fact in writers if fact.row == row), "")
                    self._note(result, "rejected", blamed.rows[row], column)
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
            rows = blamed.describing(result.focus)
            self._note(result, "kept", blamed.rows[rows[0]] if rows else None, "")

    def _note(self, result: Result, effect: str, row: Row | None, column: str) -> None:
        value = result.value
        text = row[column] if row is not None and column else ""
        self.findings.append(
            Finding(
                result.severity,
                effect,  # type: ignore[arg-type]
                result.message + self.cause,
                source=row.table.source if row is not None else 0,
                file=row.table.file if row is not None else "",
                line=row.line if row is not None else 0,
                column=column,
                value=text or value,
                focus=result.focus,
                path=result.path,
                component=result.component,
                shape=result.shape,
                term=value,
                row=row,
            )
        )


class _Blamed:
    """The facts about some nodes, the rows that wrote them with all they state, and what of it is to be left out."""

    def __init__(self, drafts: Drafts, nodes: set[str]) -> None:
        self.columns = drafts.columns
        self.by_path: dict[tuple[str, str], list[DraftFact]] = defaultdict(list)
        self.by_node: dict[str, list[int]] = defaultdict(list)
        self.by_subject: dict[str, list[int]] = defaultdict(list)
        self.stated: dict[int, list[DraftFact]] = defaultdict(list)
        self.rejected: set[int] = set()
        self.gone: set[DraftFact] = set()
        for row, node in drafts.nodes(nodes):
            self.by_node[node].append(row)
        for fact in drafts.about(nodes):
            self.by_path[fact.s[1:], fact.p[1:]].append(fact)
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
        self.gone.update(
            other
            for other in self.stated[fact.row]
            if other[2:] == fact[2:] or (len(columns) > 1 and columns[0] in self.columns[other.part])
        )

    def describing(self, node: str) -> list[int]:
        """Return the rows that describe a node; where none does, those that say something of it."""
        return list(dict.fromkeys(self.by_node.get(node) or self.by_subject.get(node) or []))

    def writers(self, result: Result) -> list[DraftFact]:
        """Return who wrote the triple that a result blames; of too many values all but the first."""
        if not result.path:
            return []
        facts = self.by_path.get((result.focus, result.path), [])
        if result.value:
            return [fact for fact in facts if _same(fact.o, result.value)]
        if result.component == "MaxCountConstraintComponent":
            own = (str(term_of(fact.o)) for fact in facts if fact.row >> SOURCE == facts[0].row >> SOURCE)
            first = min(own, default="")
            return [fact for fact in facts if str(term_of(fact.o)) != first]
        return []


def _same(key: str, text: str) -> bool:
    term = term_of(key)
    if isinstance(term, NamedNode):
        return f"<{term.value}>" == text
    if isinstance(term, Literal):
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        if datatype == rdflib.XSD.string:
            datatype = None
        plain = rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
        normal = rdflib.Literal(term.value, lang=term.language, datatype=datatype)  # how pySHACL may have read it
        return text in (plain.n3(), normal.n3(), f"{plain.n3()}^^<{rdflib.XSD.string}>")
    return False


def _key(result: Result) -> tuple[str, str, str, str]:
    return result.focus, result.path, result.value, f"{result.shape} {result.component}"
