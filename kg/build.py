"""A finished build, open for reading: its tables, its run record, its store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from pyoxigraph import Literal, NamedNode

from kg.catalog import asked_often, find
from kg.engines import ColumnarEngine, OxigraphEngine, Solutions
from kg.engines.base import Term
from kg.errors import InputError, UnsupportedQuery, UsageError, nearest
from kg.identifiers import encode, mint
from kg.namespaces import CKG, IS_ORGANIZATION, SKOS

__all__ = ["COLUMNS_FILE", "Build", "open_build"]

#: The file of a build that has its graph in columns.
COLUMNS_FILE = "columns.duckdb"
#: From so many facts on, questions are answered from the columns.
WORTH_COLUMNS = 200_000
#: Bytes of a table read at a time: a row has to fit.
_BLOCK = 1 << 26
#: How much of a name that is not known is said, and with how many names it is compared.
_SHOWN, _COMPARED = 200, 10_000
#: From so many things on, those that groups are named after are read all at once.
_MANY = 200
#: What a group is, or a candidate that came to nothing, ?o.
_IS_GROUP = f"?o a <{CKG}Candidate>"


class Build:
    """What `kg build` wrote, read from `DIR/build/`.

    Parameters
    ----------
    folder:
        The folder of the build.
    columnar:
        Whether its columns may be used; else all is read from its store.
    """

    def __init__(self, folder: Path, *, columnar: bool = True) -> None:
        self.folder = folder
        self.columnar = columnar

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
        """The columnar engine over the build's columns; nothing for a build that has none, or where they may not be used."""
        file = self.folder / COLUMNS_FILE
        if not (self.columnar and file.is_file()):
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
        prefix = f"{self.base}group/"
        tried = (text, prefix + text, *(f"{prefix}{kind}/{text}" for kind in ("cell", "community", "declared")))
        return self._found(text, tried, _IS_GROUP, "group", prefix)

    def find_organization(self, text: str) -> str:
        """Return the IRI of the organisation that a text names: an IRI, an id, or a name."""
        minted = mint(self.base, "organization", _written(text))
        return self._found(text, (minted, text), IS_ORGANIZATION, "organisation", f"{self.base}organization/")

    def find_thing(self, kind: str, text: str) -> str:
        """Return the IRI of the region, sector or collaboration that a text names: an IRI, an id, or a name."""
        prefix = f"{self.base}{kind}/"
        has_name = (
            f'?o skos:prefLabel ?any FILTER(STRSTARTS(STR(?o), {Literal(prefix)}) && !STRENDS(STR(?o), "/geometry"))'
        )
        return self._found(text, (prefix + encode(_written(text)), text, prefix + text), has_name, kind, prefix)

    def _found(self, text: str, tried: tuple[str, ...], known: str, what: str, prefix: str) -> str:
        """Return the IRI that a text names: one that is tried, or that of what has the name, out of what is known, ?o."""
        if not text.strip():
            raise UsageError(f"name the {what}: by its IRI, its id or its name")
        with suppress(ValueError):  # it is no IRI
            for iri in tried:
                if self.select(f"SELECT ?o WHERE {{ {known} }}", {"o": NamedNode(iri)}).rows:
                    return iri
        labels = f"?o skos:prefLabel ?name FILTER(CONTAINS(LCASE(STR(?name)), LCASE({Literal(_written(text))})))"
        found = _named(text, self._names(f"{{ {labels} }} {known}"))
        if not found:
            every = self._names(known)
            found = _named(text, every)
        if len(found) == 1:
            return next(iter(found))
        if not found:
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            raise UsageError(f"there is no {what} '{shown}'{_close(text, every, prefix)}")
        shown = ", ".join(f"{name} <{iri}>".strip() for iri, name in islice(found.items(), 5))
        raise UsageError(f"'{text}' names {len(found)} {what}s: {shown}" + (" …" if len(found) > 5 else ""))

    def _names(self, pattern: str) -> dict[str, str]:
        """Return the names of the things that a pattern finds, ?o, by IRI, in the order of IRIs."""
        found = sorted({term.value for (term,) in self.select(f"SELECT ?o WHERE {{ {pattern} }}") if term is not None})
        if pattern == _IS_GROUP and len(found) > _MANY:
            self._central  # noqa: B018  (one look at the table, in place of a query for each community)
        return {iri: self.name(iri) for iri in found}

    @cached_property
    def _stored(self) -> bool:
        return (self.folder / "store").is_dir()

    @cached_property
    def _labels(self) -> dict[str, str]:
        """The label of everything that has one, by IRI, of a build that has no store to look them up in."""
        found = self.select("SELECT ?thing ?name WHERE { ?thing skos:prefLabel ?name } ORDER BY DESC(STR(?name))")
        return {thing.value: name.value for thing, name in found if thing is not None and name is not None}

    def _label(self, iri: str) -> str:
        if not self._stored:
            return self._labels.get(iri, "")
        try:
            quads = self.engine.store.quads_for_pattern(NamedNode(iri), SKOS["prefLabel"], None)
        except ValueError:
            return ""
        return min((quad.object.value for quad in quads if isinstance(quad.object, Literal)), default="")

    def label(self, iri: str) -> str:
        """Return the name of a thing; where it has none, the end of its IRI."""
        return self.name(iri) or iri.removeprefix(self.base)

    def name(self, iri: str) -> str:
        """Return the name of a thing; of a cell its region and sector, of a community who is central; else nothing."""
        if own := self._label(iri):
            return own
        kind, _, rest = iri.removeprefix(f"{self.base}group/").partition("/")
        if kind == "cell" and rest.count("/") == 1:
            region, sector = rest.split("/")
            return f"{self.label(f'{self.base}region/{region}')} · {self.label(f'{self.base}sector/{sector}')}"
        if kind == "community" and "/" not in rest:
            central = self._two_central(iri)
            return f"around {', '.join(map(self.label, central))} ({rest[:6]})" if central else ""
        return ""

    def _two_central(self, group: str) -> list[str]:
        if not self._stored or "_central" in vars(self):
            return self._central.get(group, [])[:2]
        found = self.engine.select(find("queries/serve", "central").text, {"group": NamedNode(group)})
        return [term.value for (term,) in found if term is not None]

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

    def stated(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
        """Return the places (file and line) that state things, or links between two things, by their keys."""
        wanted = pa.array(sorted({node for node, _ in keys}), pa.string())
        out: dict[tuple[str, str], list[str]] = {}
        for batch in _batches(self.folder / "rows.parquet"):
            for row in batch.filter(pc.is_in(batch["node"], value_set=wanted)).to_pylist():
                place = f"{row['file']} line {row['line']}" if row["line"] else str(row["file"])
                out.setdefault((row["node"], row["other"]), []).append(place)
        return out

    def link_keys(self, collaboration: str, organizations: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return the keys of :meth:`stated` under which participations are stated, by tables or in RDF."""
        kind = f"{self.base}collaboration/"
        part = collaboration.removeprefix(kind)
        keys = []
        for organization in organizations:
            rest = organization.removeprefix(f"{self.base}organization/")
            keys.append((f"{self.base}participation/{part}/{rest}", organization))
        return keys


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    try:
        yield from pq.ParquetFile(file).iter_batches(use_threads=False)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"the table is damaged ({error}); build the project again", file=file) from None


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


def _written(text: str) -> str:
    """Return a text that can be part of a query.

    Raises
    ------
    UsageError
        when it has halves of surrogate pairs, as arguments that are no UTF-8 do.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("the name has bytes that are no UTF-8") from None
    return text


def _named(text: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return which of some things a text names: wholly, or else in part; they are given by IRI with their names."""
    wanted = text.casefold()
    exact = {iri: name for iri, name in names.items() if name.casefold() == wanted or iri.endswith(f"/{text}")}
    return exact or {iri: name for iri, name in names.items() if wanted in name.casefold()}


def _close(text: str, names: Mapping[str, str], prefix: str) -> str:
    """Return a suggestion; among many names only those that begin alike are compared, for each takes a while."""
    known = {*names.values(), *(iri.removeprefix(prefix) for iri in names)} - {""}
    if len(known) > _COMPARED:
        begins = text[:2].casefold()
        known = {name for name in known if name[:2].casefold() == begins and abs(len(name) - len(text)) <= 3}
    hint = nearest(text[:_SHOWN], known)
    return hint if "did you mean" in hint else ""
