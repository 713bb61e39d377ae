"""What was validated before: the state of each node then and the results, so that only what changed is looked at again.

The state of a node is a number over the triples it is the subject of. A shape whose reach is bounded
(:mod:`kg.shacl.reach`) can only have another result for a node whose state changed, or from which triples lead to one
in so many steps; all other shapes are run on all nodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rdflib import BNode, Literal, URIRef

from kg.engines.columnar.keys import term_of, to_key
from kg.engines.columnar.store import ColumnarStore, quoted
from kg.namespaces import RDFS
from kg.shacl.report import Result
from kg.validate import Shapes

__all__ = ["Validated", "keep"]

_STATES, _RESULTS = "states.parquet", "results.parquet"
_NAMES = ("focus", "path", "value", "component", "shape", "severity", "messages")


def keep(folder: Path, store: ColumnarStore, results: Iterable[Result], against: Shapes) -> None:
    """Write the states of all nodes and the results of the shapes whose reach is bounded.

    Parameters
    ----------
    folder:
        Where to; it is made. Nothing is written where a result can't be told again: a shape without a name has another
        one each time it is read.
    store, results, against:
        What was validated, what was found, and by which shapes.
    """
    rows = []
    for result in results:
        if str(result.shape) in against.unbounded:
            continue
        if isinstance(result.shape, BNode) or isinstance(result.path, BNode):
            return
        messages = [[str(text), text.language] for text in result.messages]
        value = None if result.value is None else to_key(result.value)
        shown = (to_key(result.focus), result.path, value, result.component, result.shape, result.severity)
        rows.append([*(None if part is None else str(part) for part in shown), json.dumps(messages)])
    folder.mkdir()
    columns = list(zip(*rows, strict=True)) or [()] * len(_NAMES)
    arrays = [pa.array(column, pa.string()) for column in columns]
    metadata = {"by": _by(store, against)}
    table = pa.table(dict(zip(_NAMES, arrays, strict=True))).replace_schema_metadata(metadata)
    pq.write_table(table, folder / _RESULTS, compression="zstd")
    target = quoted(str(folder / _STATES))
    store.connection.execute(f"COPY ({store.states()}) TO {target} (FORMAT parquet, COMPRESSION zstd)")


def _by(store: ColumnarStore, against: Shapes) -> str:
    """What results are good for: the shapes, and which classes are below which."""
    return f"{against.digest} {store.state_of(to_key(RDFS['subClassOf']))}"


class Validated:
    """What was kept of a validation before.

    Parameters
    ----------
    folder:
        Where :func:`keep` wrote it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fits(self, store: ColumnarStore, against: Shapes) -> bool:
        """Whether there is something that was found by the same shapes, with the same classes below others."""
        try:
            metadata = pq.read_schema(self.folder / _RESULTS).metadata or {}
        except (OSError, pa.ArrowInvalid):
            return False
        return (self.folder / _STATES).is_file() and metadata.get(b"by") == _by(store, against).encode()

    def changed(self, store: ColumnarStore, steps: int) -> list[str]:
        """Return the IRIs of the nodes whose state is another now, and of those from which so many steps lead to one."""
        run = store.connection.execute
        run(f"""CREATE OR REPLACE TEMP TABLE changed AS SELECT coalesce(a.s, b.s) AS s
            FROM read_parquet({quoted(str(self.folder / _STATES))}) a FULL JOIN ({store.states()}) b ON a.s = b.s
            WHERE a.state IS DISTINCT FROM b.state""")
        for _ in range(steps):
            run(f"INSERT INTO changed {store.leading_to('SELECT s FROM changed')} EXCEPT SELECT s FROM changed")
        return store.names("SELECT s FROM changed")

    def results(self) -> list[Result]:
        """Return what was found."""
        found = []
        for row in pq.read_table(self.folder / _RESULTS).to_pylist():
            messages = (Literal(text, lang=language) for text, language in json.loads(row["messages"]))
            focus = term_of(row["focus"])
            found.append(
                Result(
                    focus=focus,
                    path=URIRef(row["path"]) if row["path"] else None,
                    value=None if row["value"] is None else term_of(row["value"]),
                    component=URIRef(row["component"]),
                    shape=URIRef(row["shape"]),
                    severity=URIRef(row["severity"]),
                    messages=tuple(messages),
                )
            )
        return found
