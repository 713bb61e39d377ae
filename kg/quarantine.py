"""What a fault does: rows are kept out, values are left out, and whatever depends on them follows.

The shapes alone decide: drafts of all rows are validated, the rows and values that results blame are taken out, and
the nodes that this touches are validated again, until nothing more is found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Store, Triple

from kg.rows import Fact, Finding, Loaded, Progress, Row, in_graph, silent
from kg.validate import HIERARCHY, Result, Shapes, shapes, validate

__all__ = ["Quarantine"]

_DEFAULT = DefaultGraph()


class Quarantine:
    """The rows of all sources, and which of them and of their values are kept out of the facts.

    Parameters
    ----------
    loaded:
        What the sources read, in order.
    progress:
        Called during the work.
    """

    def __init__(self, loaded: list[Loaded], *, progress: Progress = silent) -> None:
        self.loaded = loaded
        self.progress = progress
        self.findings: list[Finding] = [finding for source in loaded for finding in source.findings]
        self.rejected: set[Row] = set()
        #: For a row, the columns and the triples that are left out of its facts.
        self.columns_out: dict[Row, set[str]] = defaultdict(set)
        self.triples_out: dict[Row, set[Triple]] = defaultdict(set)
        self.cause = ""

    def accepted(self, source: Loaded) -> list[Row]:
        """Return the rows of a source that are not kept out."""
        return [row for row in source.rows if row not in self.rejected]

    def row_facts(self, source: Loaded, row: Row) -> Iterator[Fact]:
        """Yield the facts of an accepted row that are not left out."""
        out, columns = self.triples_out.get(row), self.columns_out.get(row)
        for fact in source.facts(row):
            if not (out and fact.triple in out) and not (columns and not columns.isdisjoint(fact.columns)):
                yield fact

    def facts(self) -> Iterator[tuple[int, Triple]]:
        """Yield every fact with the number of its source; a fact may come more than once."""
        for source in self.loaded:
            rows = self.accepted(source)
            for row in rows:
                for fact in self.row_facts(source, row):
                    yield source.number, fact.triple
            for fact in source.derived(rows):
                yield source.number, fact.triple

    def run(self, against: Shapes | None = None) -> None:
        """Validate the drafts and take out what the shapes blame, until nothing more is found."""
        against = against or shapes("input")
        self.progress("drafting facts", 0, 0)
        store = Store()
        store.bulk_extend(in_graph(triple) for _, triple in self.facts())
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
        blamed = _Blamed(self, {result.focus for result in results})
        gone: set[Triple] = set()
        for result in results:
            effect = "kept" if result.severity != "Violation" else "left-out"
            if effect == "left-out" and result.shape in against.rejecting:
                effect = "rejected"
            self._apply(result, effect, blamed, gone)
        if not gone:
            return set()
        kept = {triple for _, triple in self.facts() if triple in gone}
        gone -= kept
        touched = {triple.subject.value for triple in gone if isinstance(triple.subject, NamedNode)}
        for triple in gone:
            store.remove(in_graph(triple))
        for node in list(touched):
            for quad in store.quads_for_pattern(None, None, NamedNode(node), _DEFAULT):
                if isinstance(quad.subject, NamedNode):
                    touched.add(quad.subject.value)
        return touched

    def _apply(self, result: Result, effect: str, blamed: _Blamed, gone: set[Triple]) -> None:
        writers = blamed.writers(result)
        if effect == "rejected":
            rows = [row for _, row, _ in writers] or blamed.rows(result.focus)
            for row in dict.fromkeys(rows):
                if row not in self.rejected:
                    self.rejected.add(row)
                    gone.update(fact.triple for fact in blamed.source(row).facts(row))
                    column = next((fact.columns[0] for _, other, fact in writers if other is row and fact.columns), "")
                    self._note(result, "rejected", row, column)
            return
        for source, row, fact in writers:
            column = fact.columns[0] if fact.columns else ""
            alone = effect == "left-out" and sum(1 for _ in source.facts(row)) == 1
            if alone:  # a row that states nothing else, such as a statement of an RDF file, is kept out whole
                if row not in self.rejected:
                    self.rejected.add(row)
                    gone.add(fact.triple)
                    self._note(result, "rejected", row, column)
                continue
            if effect == "left-out":
                self.triples_out[row].add(fact.triple)
                gone.add(fact.triple)
                if len(fact.columns) > 1:
                    self.columns_out[row].add(column)
                    gone.update(other.triple for other in source.facts(row) if column in other.columns)
            self._note(result, effect, row, column)
        if not writers:
            rows = blamed.rows(result.focus)
            self._note(result, "kept", rows[0] if rows else None, "")

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
    """The facts about some nodes, with the rows that wrote them."""

    def __init__(self, quarantine: Quarantine, nodes: set[str]) -> None:
        self.by_path: dict[tuple[str, str], list[tuple[Loaded, Row, Fact]]] = defaultdict(list)
        self.by_node: dict[str, list[Row]] = defaultdict(list)
        self.by_subject: dict[str, list[Row]] = defaultdict(list)
        self.sources: dict[Row, Loaded] = {}
        for source in quarantine.loaded:
            for row in quarantine.accepted(source):
                if row.node in nodes:
                    self.by_node[row.node].append(row)
                    self.sources[row] = source
                for fact in quarantine.row_facts(source, row):
                    subject = fact.triple.subject
                    assert isinstance(subject, NamedNode)
                    if subject.value in nodes:
                        entry = (source, row, fact)
                        self.sources[row] = source
                        self.by_path[subject.value, fact.triple.predicate.value].append(entry)
                        self.by_subject[subject.value].append(row)

    def source(self, row: Row) -> Loaded:
        return self.sources[row]

    def rows(self, node: str) -> list[Row]:
        """Return the rows that describe a node; where none does, those that say something of it."""
        return list(dict.fromkeys(self.by_node.get(node) or self.by_subject.get(node) or []))

    def writers(self, result: Result) -> list[tuple[Loaded, Row, Fact]]:
        """Return who wrote the triple that a result blames; of too many values all but the first."""
        if not result.path:
            return []
        entries = self.by_path.get((result.focus, result.path), [])
        if result.value:
            return [entry for entry in entries if _same(entry[2].triple.object, result.value)]
        if result.component == "MaxCountConstraintComponent":
            first = min((str(entry[2].triple.object) for entry in entries if entry[0] is entries[0][0]), default="")
            return [entry for entry in entries if str(entry[2].triple.object) != first]
        return []


def _same(term: object, text: str) -> bool:
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
