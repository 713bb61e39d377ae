"""Questions with typed parameters, and free SPARQL, on a build, on RDF files or on a server."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyoxigraph as ox
from SPARQLWrapper import SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from kg.build import Build
from kg.catalog import Parameter, Query, find
from kg.engines import ColumnarEngine, OxigraphEngine, RemoteEngine, Solutions
from kg.engines.base import Engine, Term
from kg.errors import EngineError, InputError, UnsupportedQuery, UsageError, nearest
from kg.namespaces import PREFIXES, XSD

__all__ = ["ask", "bind", "endpoint", "files_engine", "query"]

#: The most digits of a number before or after its point: it is written out, and might be of any length.
_DIGITS = 40


def ask(
    build: Build, name: str, parameters: Mapping[str, str] | None = None, *, server: RemoteEngine | None = None
) -> Solutions:
    """Answer a question of the library on a build.

    Parameters
    ----------
    build:
        An open build.
    name:
        The name of the question.
    parameters:
        Values for its parameters, as a person writes them; they are bound as terms, never put into the text.
    server:
        A server that has the build, to be asked in its place.

    Raises
    ------
    UsageError
        for an unknown question or parameter, a missing or impossible value.
    """
    question = find("queries/questions", name)
    given = bind(build, question, parameters or {})
    return build.select(question.text, given) if server is None else server.select(question.text, given)


def bind(build: Build, question: Query, given: Mapping[str, str]) -> dict[str, Term]:
    """Return the terms of a question's parameters."""
    known = {parameter.name: parameter for parameter in question.parameters}
    for name in given:
        if name not in known:
            raise UsageError(f"the question '{question.name}' has no parameter '{name}'{nearest(name, known)}")
    out: dict[str, Term] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None:
            raise UsageError(f"the question '{question.name}' needs --{name}: {parameter.description}")
        out[name] = _term(build, parameter, value)
    return out


def _term(build: Build, parameter: Parameter, value: str) -> Term:
    match parameter.type:
        case "organization":
            return ox.NamedNode(build.find_organization(value))
        case "group":
            return ox.NamedNode(build.find_group(value))
        case "integer" | "decimal":
            try:
                number = Decimal(value)
            except InvalidOperation:
                raise UsageError(f"--{parameter.name} {value}: that is no number") from None
            if not number.is_finite() or abs(number.adjusted()) > _DIGITS:
                raise UsageError(f"--{parameter.name} {value[:80]}: that is no number that can be counted with")
            if parameter.type == "integer" and number != number.to_integral_value():
                raise UsageError(f"--{parameter.name} {value}: it must be a whole number")
            written = f"{int(number)}" if parameter.type == "integer" else f"{number:f}"
            return ox.Literal(written, datatype=XSD[parameter.type])
        case "string":
            return ox.Literal(value)
        case "iri":
            return _iri(parameter, value)
        case kind:
            return _iri(parameter, value if "://" in value else build.find_thing(kind, value))


def _iri(parameter: Parameter, value: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(value)
    except ValueError:
        raise UsageError(f"--{parameter.name} {value[:200]}: that is no IRI") from None


def files_engine(files: Iterable[Path | str]) -> OxigraphEngine:
    """Return Oxigraph over RDF files; quads keep their graphs, and queries see the union.

    Raises
    ------
    InputError
        when a file can't be read.
    """
    engine = OxigraphEngine(union=True)
    load_files(engine, files)
    return engine


def load_files(engine: Engine, files: Iterable[Path | str]) -> None:
    for name in files:
        path = Path(name)
        kind = ox.RdfFormat.from_extension(path.suffix.lstrip(".").replace("owl", "rdf"))
        if not path.is_file():
            raise InputError("there is no such file", file=path)
        if kind is None:
            raise InputError("its extension is none of an RDF format", file=path)
        try:
            engine.load(ox.parse(path=str(path), format=kind))
        except SyntaxError as error:
            raise InputError(f"this is no {kind.name}: {error.msg}", file=path, line=error.lineno) from None


def query(
    text: str,
    *,
    data: Sequence[Path | str] = (),
    engine: str = "oxigraph",
    build: Build | None = None,
    tell: Callable[[str], None] | None = None,
) -> Solutions | list[ox.Triple] | bool:
    """Run any SPARQL query on RDF files or on a build.

    Parameters
    ----------
    text:
        SPARQL 1.1.
    data:
        RDF files.
    engine:
        ``oxigraph`` or ``columnar``: what that refuses, Oxigraph answers.
    build:
        An open build, when there are no files.
    tell:
        Called with a line when Oxigraph answers in place of the columnar engine; without it a warning is issued.

    Returns
    -------
    Solutions, triples, or a truth value, as the form of the query has it.
    """
    if engine not in ("oxigraph", "columnar"):
        raise UsageError(f"there is no engine '{engine}' for this; use oxigraph or columnar")
    if engine == "columnar":
        try:
            return _columnar(build, data).query(text)
        except UnsupportedQuery as error:
            line = f"{error}; Oxigraph answers"
            if tell is None:
                warnings.warn(line, stacklevel=2)
            else:
                tell(line)
    if build is not None and not data:
        return build.engine.query(text)
    return files_engine(data).query(text)


def _columnar(build: Build | None, data: Sequence[Path | str]) -> ColumnarEngine:
    """Return the columnar engine over RDF files, or over the columns of a build."""
    if build is not None and not data:
        if build.columns is None:
            raise UnsupportedQuery("the build has no columns, for it was made with --engine oxigraph")
        return build.columns
    columnar = ColumnarEngine(union=True)
    load_files(columnar, data)
    return columnar


def endpoint(url: str, text: str, *, accept: str, timeout: int = 60) -> bytes:
    """Send a query to a SPARQL 1.1 server and return its answer as it came.

    Parameters
    ----------
    url:
        The address of the endpoint.
    text:
        SPARQL 1.1.
    accept:
        The media type to ask for.
    timeout:
        Seconds.

    Raises
    ------
    EngineError
        when the server fails or can't be reached.
    """
    client = SPARQLWrapper(url)
    prologue = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items() if f"{prefix}:" in text)
    client.setQuery(text if "PREFIX" in text.upper() else prologue + text)
    client.setTimeout(timeout)
    client.setMethod("POST")
    client.addCustomHttpHeader("Accept", accept)
    try:
        return bytes(client.query().response.read())
    except (SPARQLWrapperException, OSError) as error:
        raise EngineError(f"{url} did not answer: {str(error).splitlines()[0]}") from None
