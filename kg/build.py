"""A finished build, open for reading: its tables, its run record, its store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from pyoxigraph import NamedNode

from kg.catalog import asked_often
from kg.engines import ColumnarEngine, OxigraphEngine, Solutions
from kg.engines.base import Term
from kg.errors import InputError, UnsupportedQuery, UsageError, nearest
from kg.identifiers import encode, mint
from kg.namespaces import IS_ORGANIZATION

__all__ = ["COLUMNS_FILE", "Build", "open_build"]

#: The file of a build that has its graph in columns.
COLUMNS_FILE = "columns.duckdb"
#: From so many facts on, questions are answered from the columns.
WORTH_COLUMNS = 200_000
#: Bytes of a table read at a time: a row has to fit.
_BLOCK = 1 << 26


class Build:
    """What `kg build` wrote, read from `DIR/build/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        return f"Build({str(self.folder)!r})"

    @cached_property
    def run(self) -> Mapping[str, Any]:
        """The run record: profile, versions, digests, counts, seconds."""
        try:
            record: Mapping[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except ValueError:
            message = "the run record is damaged; build the project again"
            raise InputError(message, file=self.folder / "run.json") from None
        return record

    @cached_property
    def base(self) -> str:
        """The base IRI of what was minted."""
        return str(self.run["base"])

    @cached_property
    def engine(self) -> OxigraphEngine:
        """The build's store; without one, facts and conclusions are loaded into memory."""
        if (self.folder / "store").is_dir():
            return OxigraphEngine.open(self.folder / "store")
        engine = OxigraphEngine(union=True)
        for name in ("facts.nq", "inferred.nq"):
            engine.load_file(self.folder / name)
        return engine

    @cached_property
    def columns(self) -> ColumnarEngine | None:
        """The columnar engine over the build's columns; nothing for a build that has none."""
        file = self.folder / COLUMNS_FILE
        if not file.is_file():
            return None
        ColumnarEngine.expect(asked_often(), begin=False)
        return ColumnarEngine.open(file)

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Run a SELECT query with some variables bound to terms, on the engine that is quicker with this build.

        The columnar engine pays for a translation, which a large graph is worth; what it refuses, Oxigraph answers.
        """
        if self.run["counts"]["facts"] >= WORTH_COLUMNS and self.columns is not None:
            try:
                return self.columns.select(query, bindings)
            except UnsupportedQuery:
                pass
        return self.engine.select(query, bindings)

    def table(self, name: str) -> pa.Table:
        """Return one of the CSV files as an Arrow table; numbers as integers and decimals as floats.

        Raises
        ------
        UsageError
            when there is no such table.
        """
        file = self.folder / f"{name}.csv"
        known = [path.stem for path in self.folder.glob("*.csv")]
        if name not in known:
            raise UsageError(f"a build has no table '{name}'{nearest(name, known)}")
        with file.open(encoding="utf-8") as stream:
            names = stream.readline().strip().split(",")
        try:
            found = pyarrow.csv.read_csv(
                file,
                read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            )
        except pa.ArrowInvalid as error:
            raise InputError(f"the table is damaged ({error}); build the project again", file=file) from None
        return pa.table({column: _typed(found[column], column) for column in found.column_names})

    def groups(self) -> pa.Table:
        """Return the groups, one row each."""
        return self.table("groups")

    def memberships(self) -> pa.Table:
        """Return who belongs to which group."""
        return self.table("memberships")

    def members(self, group: str) -> pa.Table:
        """Return the members of a group, given by its IRI or the end of it.

        Raises
        ------
        UsageError
            when there is no such group, or more than one.
        """
        iri = self.find_group(group)
        table = self.memberships()
        return table.filter(pc.equal(table["group"], iri))

    def find_group(self, text: str) -> str:
        """Return the IRI of the group that a text names: an IRI, the end of one, or its name as tables show it."""
        tables = [self.table(name)["group"] for name in ("groups", "candidates")]
        for iri in (text, f"{self.base}group/{text}"):
            if any(pc.is_in(pa.scalar(iri), table).as_py() for table in tables):
                return iri
        candidates = sorted({iri for table in tables for iri in table.to_pylist()})
        names = self.labels | {iri: self.label(iri) for iri in candidates}
        return _resolve(text, candidates, names, "group", f"{self.base}group/")

    def find_organization(self, text: str) -> str:
        """Return the IRI of the organisation that a text names: an IRI, an id, or a name."""
        minted = mint(self.base, "organization", text)
        for iri in (minted, text):
            if self._is_organization(iri):
                return iri
        found = self.select(f"SELECT DISTINCT ?o WHERE {{ {IS_ORGANIZATION} }}")
        known = sorted(term.value for (term,) in found if term is not None)
        return _resolve(text, known, self.labels, "organisation", f"{self.base}organization/")

    def _is_organization(self, iri: str) -> bool:
        try:
            node = NamedNode(iri)
        except ValueError:
            return False
        return bool(self.select(f"SELECT ?o WHERE {{ {IS_ORGANIZATION} }}", {"o": node}).rows)

    def find_thing(self, kind: str, text: str) -> str:
        """Return the IRI of the region, sector or collaboration that a text names: an IRI, an id, or a name."""
        prefix = f"{self.base}{kind}/"
        known = sorted(iri for iri in self.labels if iri.startswith(prefix) and not iri.endswith("/geometry"))
        return _resolve(encode(text) if prefix + encode(text) in known else text, known, self.labels, kind, prefix)

    @cached_property
    def labels(self) -> dict[str, str]:
        """The name of everything that has one, by IRI."""
        found = self.select("SELECT ?thing ?name WHERE { ?thing skos:prefLabel ?name } ORDER BY DESC(STR(?name))")
        return {thing.value: name.value for thing, name in found if thing is not None and name is not None}

    def label(self, iri: str) -> str:
        """Return the name of a thing; of a cell its region and sector; else the end of its IRI."""
        if iri in self.labels:
            return self.labels[iri]
        rest = iri.removeprefix(f"{self.base}group/cell/")
        if rest != iri and rest.count("/") == 1:
            region, sector = rest.split("/")
            return f"{self.label(f'{self.base}region/{region}')} · {self.label(f'{self.base}sector/{sector}')}"
        if "/group/community/" in iri and iri in self._central:
            names = [self.label(organization) for organization in self._central[iri][:2]]
            return f"around {', '.join(names)} ({iri.rsplit('/', 1)[-1][:6]})"
        return iri.removeprefix(self.base)

    @cached_property
    def _central(self) -> dict[str, list[str]]:
        """The members of each group, those with the most vertical and horizontal partners first, affiliates last."""
        rows = self.memberships().to_pylist()
        rows.sort(
            key=lambda row: (
                row["role"] == "affiliate",
                -(row["vertical"] or 0) - (row["horizontal"] or 0),
                row["organization"],
            )
        )
        out: dict[str, list[str]] = {}
        for row in rows:
            out.setdefault(row["group"], []).append(row["organization"])
        return out

    @cached_property
    def lines(self) -> dict[tuple[str, str], list[str]]:
        """The places (file and line) that state a thing, or a link between two things."""
        table = pq.read_table(self.folder / "rows.parquet")
        out: dict[tuple[str, str], list[str]] = {}
        for row in table.to_pylist():
            place = f"{row['file']} line {row['line']}" if row["line"] else str(row["file"])
            out.setdefault((row["node"], row["other"]), []).append(place)
        return out

    def link_keys(self, collaboration: str, organizations: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return the keys of :attr:`lines` under which participations are stated, by tables or in RDF."""
        kind = f"{self.base}collaboration/"
        part = collaboration.removeprefix(kind)
        keys = []
        for organization in organizations:
            rest = organization.removeprefix(f"{self.base}organization/")
            keys.append((f"{self.base}participation/{part}/{rest}", organization))
        return keys


def open_build(folder: Path | str = ".") -> Build:
    """Open the build of a project, or a build folder itself.

    Raises
    ------
    InputError
        when there is none.
    """
    path = Path(folder)
    for place in (path / "build", path):
        if (place / "run.json").is_file() and (place / "groups.csv").is_file():
            return Build(place)
    raise InputError("there is no build here; run 'kg build' first", file=path)


def _typed(texts: pa.ChunkedArray, column: str) -> pa.ChunkedArray:
    if column in ("value", "message"):
        return texts
    given = texts.filter(pc.not_equal(texts, ""))
    for form, kind in ((r"^-?\d{1,17}$", pa.int64()), (r"^-?(\d+\.?\d*|\.\d+)$", pa.float64())):
        if len(given) and pc.all(pc.match_substring_regex(given, form)).as_py():
            return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts).cast(kind)
    return texts


def _resolve(text: str, known: list[str], labels: Mapping[str, str], what: str, prefix: str) -> str:
    if text in known:
        return text
    if prefix + text in known:
        return prefix + text
    wanted = text.casefold()
    exact = [iri for iri in known if labels.get(iri, "").casefold() == wanted or iri.endswith(f"/{text}")]
    found = exact or [iri for iri in known if wanted and wanted in labels.get(iri, "").casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(f"{labels.get(iri, '')} <{iri}>".strip() for iri in found[:5])
        raise UsageError(f"'{text}' names {len(found)} {what}s: {shown}" + (" …" if len(found) > 5 else ""))
    names = {labels.get(iri, iri.removeprefix(prefix)) for iri in known} | {iri.removeprefix(prefix) for iri in known}
    raise UsageError(f"there is no {what} '{text}'" + _close(text, names))


def _close(text: str, names: set[str]) -> str:
    hint = nearest(text, names)
    return hint if "did you mean" in hint else ""
