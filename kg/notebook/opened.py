"""An open build as notebooks use it: what `kg` commands say, as tables, drawings and graphs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from kg.ask import ask, query
from kg.build import Build, open_build
from kg.engines import Solutions
from kg.explain import Explanation, Tie, explain
from kg.notebook.convert import to_geopandas, to_networkx
from kg.notebook.drawings import COLOURS, Drawing, map_of, network_of
from kg.notebook.table import Table, of_solutions, render
from kg.publish.render import DRIVERS, shown
from kg.render import name_of

__all__ = ["Explanations", "OpenBuild", "open_for_reading"]

#: How many ties are shown for each driver of an explanation.
_MOST_TIES = 10
_NO_TIE: tuple[str | None, ...] = (None, None, None, None)


class Explanations(list[Explanation]):
    """Why an organisation is in groups, or is not; it is shown in words."""

    def __init__(self, found: Iterable[Explanation], build: Build) -> None:
        super().__init__(found)
        self._build = build

    def table(self) -> Table:
        """Return the explanations as a table, one row for each tie, or for each explanation without one."""
        columns = ("organization", "group", "outcome", "text", "driver", "partner", "fact", "where")
        rows: list[tuple[str | None, ...]] = [
            (one.organization, one.group, one.outcome, one.text, *tie)
            for one in self
            for tie in (map(_cells, one.ties) if one.ties else [_NO_TIE])
        ]
        cells = zip(*rows, strict=True) if rows else [()] * len(columns)
        arrow = pa.table({name: pa.array(cell, pa.string()) for name, cell in zip(columns, cells, strict=True)})
        return Table(arrow, lambda value: name_of(self._build, value))

    def to_arrow(self) -> pa.Table:
        """Return :meth:`table` as an Arrow table."""
        return self.table().to_arrow()

    def to_pandas(self, **options: Any) -> Any:
        """Return :meth:`table` as a DataFrame."""
        return self.table().to_pandas(**options)

    def _shown(self) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for one in self:
            drivers = []
            for name, _ in sorted(DRIVERS):
                ties = [tie for tie in one.ties if tie.driver == name]
                if ties:
                    rows = [
                        (shown(self._build.label(tie.partner), 80), shown(tie.fact), shown(tie.where, 200))
                        for tie in ties[:_MOST_TIES]
                    ]
                    drivers.append((name, rows, len(ties) - len(rows)))
            out.append({"text": shown(one.text, 400), "drivers": drivers})
        return out

    def __repr__(self) -> str:
        lines = []
        for one in self._shown():
            lines.append(one["text"])
            for name, rows, more in one["drivers"]:
                lines += [
                    f"  {name}: {partner}: {fact}{f' [{where}]' if where else ''}" for partner, fact, where in rows
                ]
                lines += [f"  {name}: and {more} more"] if more else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        colours = {name: COLOURS[letter] for name, letter in DRIVERS}
        return render("explanations.html.j2", explanations=self._shown(), colours=colours)


def _cells(tie: Tie) -> tuple[str | None, ...]:
    return tie.driver, tie.partner, tie.fact, tie.where


class OpenBuild(Build):
    """A build, open for reading.

    Groups are named by their IRI, the end of it, or their name as tables show it; organisations by IRI, id or name.
    """

    def _table(self, arrow: pa.Table) -> Table:
        return Table(arrow, lambda value: name_of(self, value))

    def groups(self) -> Table:
        """Return the groups, the largest first."""
        return self._table(self.table("groups").sort_by([("members", "descending"), ("group", "ascending")]))

    def memberships(self) -> Table:
        """Return who belongs to which group."""
        return self._table(self.table("memberships"))

    def not_evidenced(self) -> Table:
        """Return the candidates that came to nothing, and the organisations that were dropped from each, with why."""
        return self._table(self.table("not_evidenced"))

    def explain(self, organization: str, group: str | None = None) -> Explanations:
        """Say why an organisation is a member of a group, or of all it was considered for; or why it is not.

        Parameters
        ----------
        organization, group:
            IRIs, ids or names.
        """
        return Explanations(explain(self, organization, group), self)

    def ask(self, question: str, /, **parameters: object) -> Table:
        """Answer a question of the library, as a table.

        Parameters
        ----------
        question:
            Its name; ``kg questions`` lists them.
        parameters:
            Values for its parameters.
        """
        given = {name: str(value) for name, value in parameters.items()}
        return of_solutions(ask(self, question, given), lambda value: name_of(self, value))

    def query(self, text: str) -> Any:
        """Run any SPARQL query: a table for SELECT, triples for CONSTRUCT and DESCRIBE, a truth value for ASK."""
        answer = query(text, build=self)
        return of_solutions(answer, lambda value: name_of(self, value)) if isinstance(answer, Solutions) else answer

    def map(self, group: str | None = None) -> Drawing:
        """Draw the clusters on a map, or the members of one group.

        Raises
        ------
        UsageError
            when nothing that is to be shown has a place.
        """
        return map_of(self, None if group is None else self.find_group(group))

    def network(self, group: str) -> Drawing:
        """Draw the members of a group and their ties of supply and collaboration."""
        return network_of(self, self.find_group(group))

    def to_networkx(self, group: str | None = None) -> Any:
        """Return the members and ties of a group as a graph of networkx; without a group, who is in which.

        See :func:`kg.notebook.convert.to_networkx`.
        """
        return to_networkx(self, None if group is None else self.find_group(group))

    def to_geopandas(self) -> Any:
        """Return the organisations that have a place as a GeoDataFrame; see :func:`kg.notebook.convert.to_geopandas`."""
        return to_geopandas(self)

    def _summary(self) -> list[tuple[str, str]]:
        counts = self.run["counts"]
        kinds = {
            kind: counts["kinds"].get(kind, 0) for kind in ("Cluster", "BusinessWeb", "Network", "Community", "Hub")
        }
        profile = self.run["profile"]
        return [
            ("groups", f"{counts['groups']:,}"),
            ("kinds", ", ".join(f"{kind} {count:,}" for kind, count in kinds.items() if count) or "none"),
            ("memberships", f"{counts['memberships']:,}"),
            ("statements read", f"{counts['facts']:,}"),
            (
                "profile",
                f"{profile['name']}: region level {profile['region_level']}, sector level {profile['sector_level']}",
            ),
        ]

    def __repr__(self) -> str:
        rows = [(name, value) for name, value in self._summary()]
        title = shown(self.run["title"])
        return "\n".join([f"Build of {title!r}", *(f"  {name}: {value}" for name, value in rows)])

    def _repr_html_(self) -> str:
        return render("build.html.j2", title=shown(self.run["title"]), rows=self._summary())


def open_for_reading(folder: Path | str = ".") -> OpenBuild:
    """Open the build of a project, or a build folder itself.

    Raises
    ------
    InputError
        when there is none.
    """
    return OpenBuild(open_build(folder).folder)
