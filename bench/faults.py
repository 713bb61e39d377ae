"""The faults that are seeded, and the files in which the place of each is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.cells import Ints

Kinds = dict[str, tuple[str, ...]]
_REPEATED = ("insert", "", "{line}")
#: Dates that are none; those of links begin with a year, for without validation any other leaves no link a year.
_BAD_DATES = ("2019-02-30", "2021-13-01", "2020-1-5")
_NO_DATES = (*_BAD_DATES, "31/12/2019", "soon")
#: What may be wrong in each table: a cell that is spoilt, a line that is changed, or one that is put in after a row.
KINDS_OF: dict[str, Kinds] = {
    "regions": {
        "unknown-parent": ("insert", "parent", "X{count},Nowhere,nowhere,3,,"),
        "ill-typed-number": ("insert", "level", "X{count},Nowhere,,three,,"),
    },
    "sectors": {
        "unknown-parent": ("insert", "broader", "X{count},Nothing,nothing,3,nace"),
        "ill-typed-number": ("insert", "level", "X{count},Nothing,,3.5,nace"),
    },
    "organizations": {
        "unknown-region": ("cell", "region", "nowhere", "ZZ.1"),
        "unknown-sector": ("cell", "sectors", "99.99", "alchemy"),
        "unknown-skill": ("cell", "skills", "alchemy", "augury"),
        "impossible-latitude": ("cell", "latitude", "91.5", "-123.25"),
        "ill-typed-number": ("cell", "employees", "many", "12.5", "1e3"),
        "negative-employees": ("cell", "employees", "-5"),
        "bad-date": ("cell", "founded", *_NO_DATES),
        "unknown-code": ("cell", "kind", "firm", "startup"),
        "bad-country": ("cell", "country", "Germany", "de"),
        "bad-lei": ("cell", "lei", "529900", "not-a-lei"),
        "bad-wikidata": ("cell", "wikidata", "42", "Q0"),
        "bad-website": ("cell", "website", "www.example.org", "ftp://example.org"),
        "missing-name": ("insert", "name", "nameless{count},,company,,,,,,,,,,,,"),
        "missing-id": ("insert", "id", ",Without an id {count},company,,,,,,,,,,,,"),
        "duplicate-id": ("insert", "id", "{id},Somebody else,company,,,,,,,,,,,,"),
        "repeated-row": _REPEATED,
        "surplus-cells": ("change", "{line},surplus,cells"),
        "short-row": ("insert", "", "short{count},Short row,company"),
        "blank-line": ("insert", "", ""),
    },
    "supplies": {
        "unknown-organization": ("insert", "customer", "{supplier},ghost{count},gears,2019,,"),
        "self-link": ("insert", "customer", "{supplier},{supplier},gears,2019,,self{count}"),
        "missing-key": ("insert", "customer", "{supplier},,gears,2019,,"),
        "bad-date": ("cell", "since", *_BAD_DATES),
        "repeated-row": _REPEATED,
        "blank-line": ("insert", "", ""),
    },
    "collaborations": {
        "unknown-code": ("cell", "kind", "picnic"),
        "bad-date": ("cell", "end", *_BAD_DATES),
        "missing-name": ("insert", "name", "nameless{count},,forum,,,,"),
        "duplicate-id": ("insert", "id", "{id},Something else,forum,,,,"),
    },
    "participants": {
        "unknown-organization": ("insert", "organization", "{collaboration},ghost{count},"),
        "unknown-collaboration": ("insert", "collaboration", "ghost{count},{organization},"),
        "repeated-row": _REPEATED,
    },
    "competitors": {
        "unknown-organization": ("insert", "competitor", "{organization},ghost{count},"),
        "self-link": ("insert", "competitor", "{organization},{organization},self{count}"),
    },
    "members": {
        "unknown-organization": ("insert", "organization", "{group},ghost{count}"),
        "unknown-group": ("insert", "group", "ghost{count},{organization}"),
    },
}


@dataclass(slots=True)
class Faults:
    """The faults of one chunk: cells that were spoilt, lines that were changed, lines that were put in after others."""

    cells: list[tuple[int, str, str]] = field(default_factory=list)
    changed: dict[int, tuple[str, str]] = field(default_factory=dict)
    inserted: list[tuple[int, str, str, str]] = field(default_factory=list)


class Table:
    """A CSV file that is written in chunks, with the place of every fault in it.

    Parameters
    ----------
    folder:
        Where the file goes.
    name:
        The name of the table.
    columns:
        The names of its columns.
    places:
        Where faults are noted, as file, line, column and kind.
    """

    def __init__(
        self, folder: Path, name: str, columns: Sequence[str], places: list[tuple[str, int, str, str]]
    ) -> None:
        self.file = f"{name}.csv"
        self.line = 1
        self.places = places
        self.stream = (folder / self.file).open("wb")
        self.stream.write((",".join(columns) + "\n").encode())

    def write(self, columns: Sequence[pa.Array], faults: Faults | None = None) -> None:
        """Write rows, given as columns of text, and the faults among them; `{line}` in a fault is the row as it was."""
        lines = pc.binary_join_element_wise(*columns, ",")
        faults = faults or Faults()
        count, changed = len(lines), list(faults.changed)
        texts = [text.replace("{line}", lines[place].as_py()) for place, (text, _) in faults.changed.items()]
        texts += [text.replace("{line}", lines[place].as_py()) for place, text, _, _ in faults.inserted]
        order = np.arange(count)
        order[changed] = count + np.arange(len(changed))
        after = np.array([place + 1 for place, _, _, _ in faults.inserted], dtype=np.int64)
        order = np.insert(order, after, count + len(changed) + np.arange(len(after)))
        lines = pa.concat_arrays([lines, pa.array(texts, pa.string())]).take(pa.array(order))
        where = np.zeros(count + len(texts), dtype=np.int64)
        where[order] = self.line + 1 + np.arange(len(order))
        self._note(faults, where, count)
        self.stream.write(_bytes(pc.binary_join_element_wise(lines, pa.scalar("\n"), "")))
        self.line += len(order)

    def _note(self, faults: Faults, where: Ints, count: int) -> None:
        found = [(place, column, kind) for place, column, kind in faults.cells]
        found += [(count + number, "", kind) for number, (_, kind) in enumerate(faults.changed.values())]
        start = count + len(faults.changed)
        found += [(number, column, kind) for number, (_, _, column, kind) in enumerate(faults.inserted, start)]
        self.places += [(self.file, int(where[place]), column, kind) for place, column, kind in found]


def _bytes(text: pa.Array) -> memoryview:
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(data)[: int(ends[len(text)])]


class Spoiler:
    """Chooses which rows get a fault, the same share of every kind."""

    def __init__(self, rng: np.random.Generator, share: float) -> None:
        self.rng, self.share = rng, share

    def choose(self, rows: int, kinds: Sequence[str], *, first: bool) -> Iterator[tuple[str, int]]:
        """Yield a kind and a row for each fault of a chunk, each row once; in the first chunk every kind occurs."""
        if not self.share:
            return
        counts = self.rng.multinomial(self.rng.binomial(rows, self.share), [1 / len(kinds)] * len(kinds))
        counts = np.maximum(counts, 1) if first else counts
        chosen = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
        places = self.rng.permutation(rows)[: len(chosen)]
        yield from zip(chosen, places.tolist(), strict=False)

    def spoil(self, columns: dict[str, pa.Array], kinds: Kinds, *, first: bool, number: int = 0) -> Faults:
        """Return the faults of a chunk; cells are spoilt in `columns` itself."""
        faults = Faults()
        spoilt: dict[str, dict[int, str]] = {}
        rows = len(next(iter(columns.values())))
        for count, (kind, place) in enumerate(self.choose(rows, list(kinds), first=first), number):
            match kinds[kind]:
                case ("cell", column, *values):
                    spoilt.setdefault(column, {})[place] = values[count % len(values)]
                    if column == "latitude":
                        spoilt.setdefault("longitude", {})[place] = "10.5"
                    faults.cells.append((place, column, kind))
                case ("change", text):
                    faults.changed[place] = text, kind
                case ("insert", column, text):
                    own = {name: values[place].as_py() for name, values in columns.items()}
                    faults.inserted.append((place, text.format(line="{line}", count=count, **own), column, kind))
        for column, texts in spoilt.items():
            places = np.zeros(rows, dtype=bool)
            places[list(texts)] = True
            ordered = pa.array([texts[place] for place in sorted(texts)], pa.string())
            columns[column] = pc.replace_with_mask(columns[column], pa.array(places), ordered)
        faults.inserted.sort(key=lambda item: item[0])
        return faults
