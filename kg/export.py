"""The graph of a build in the formats that others read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, serialize

from kg.build import Build
from kg.errors import InputError, UsageError, nearest
from kg.namespaces import PREFIXES

__all__ = ["FORMATS", "export"]

FORMATS = {
    "nq": RdfFormat.N_QUADS,
    "nt": RdfFormat.N_TRIPLES,
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "rdfxml": RdfFormat.RDF_XML,
    "parquet": None,
}


def export(build: Build, kind: str, target: Path | None = None) -> bytes:
    """Return (or write) the facts and conclusions of a build.

    Parameters
    ----------
    build:
        An open build.
    kind:
        One of :data:`FORMATS`. Formats without graphs hold the union of all of them. Parquet has the columns subject,
        predicate, object, datatype, language, graph, and needs a `target`.
    target:
        A file to write; without it the bytes are returned.
    """
    if kind not in FORMATS:
        raise UsageError(f"there is no export format '{kind}'{nearest(kind, FORMATS)}")
    quads = sorted(build.engine.store, key=str)
    form = FORMATS[kind]
    if form is None:
        return _parquet(quads, target)
    graphs = kind in ("nq", "jsonld")
    items = quads if graphs else sorted({quad.triple for quad in quads}, key=str)
    data = serialize(items, format=form, prefixes=PREFIXES) or b""
    if target is not None:
        try:
            target.write_bytes(data)
        except OSError as error:
            raise InputError(f"the file can't be written ({error.strerror})", file=target) from None
        return b""
    return data


def _parquet(quads: list, target: Path | None) -> bytes:  # type: ignore[type-arg]
    if target is None:
        raise UsageError("parquet is no text: name a file with --out FILE")
    rows = []
    for quad in quads:
        value = quad.object
        literal = isinstance(value, Literal)
        graph = None if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name.value
        rows.append(
            {
                "subject": quad.subject.value,
                "predicate": quad.predicate.value,
                "object": value.value if isinstance(value, Literal | NamedNode) else str(value),
                "datatype": value.datatype.value if literal else None,
                "language": value.language if literal else None,
                "graph": graph,
            }
        )
    try:
        pq.write_table(pa.Table.from_pylist(rows), target, compression="zstd")
    except OSError as error:
        raise InputError(f"the file can't be written ({error.strerror})", file=target) from None
    return b""
