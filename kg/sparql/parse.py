"""SPARQL text to the algebra, by RDFLib's parser."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import rdflib
from pyparsing.exceptions import ParseBaseException
from rdflib.plugins.sparql.algebra import translateQuery, translateUpdate
from rdflib.plugins.sparql.parser import parseQuery, parseUpdate
from rdflib.plugins.sparql.parserutils import CompValue, Expr

from kg.errors import UnsupportedQuery, UsageError

__all__ = ["parse", "parse_ahead", "parse_update"]

_lock = threading.Lock()


def parse(text: str, prefixes: Mapping[str, str]) -> CompValue:
    """Return the algebra of a query.

    Raises
    ------
    UsageError
        when RDFLib finds it not well formed.
    UnsupportedQuery
        for a query that RDFLib reads in another way than the standard, and for updates.
    """
    return _parse(text, tuple(sorted(prefixes.items())))


def parse_ahead(texts: Iterable[str], prefixes: Mapping[str, str]) -> threading.Thread:
    """Parse queries in the background, so that :func:`parse` has them ready; faults show when they are asked for."""

    def work() -> None:
        for text in texts:
            with contextlib.suppress(UsageError, UnsupportedQuery):
                parse(text, prefixes)

    thread = threading.Thread(target=work, name="parse ahead", daemon=True)
    thread.start()
    return thread


def parse_update(text: str, prefixes: Mapping[str, str]) -> list[CompValue]:
    """Return the operations of an update.

    Raises
    ------
    UsageError
        when RDFLib finds it not well formed.
    UnsupportedQuery
        for what RDFLib reads in another way than the standard.
    """
    operations: list[CompValue] = _read(lambda: list(translateUpdate(parseUpdate(text), initNs=dict(prefixes)).algebra))
    _check(operations, [])
    return operations


@lru_cache(maxsize=256)
def _parse(text: str, prefixes: tuple[tuple[str, str], ...]) -> CompValue:
    algebra: CompValue = _read(lambda: translateQuery(parseQuery(text), initNs=dict(prefixes)).algebra)
    _check(algebra, [])
    return algebra


def _read(work: Callable[[], Any]) -> Any:
    with _lock:
        before = rdflib.NORMALIZE_LITERALS
        # A constant keeps the form in which it is written: 01 is no 1.
        rdflib.NORMALIZE_LITERALS = False
        try:
            return work()
        except ParseBaseException as error:
            raise UsageError(f"the query is not well formed: {str(error).splitlines()[0]}") from None
        except RecursionError:
            raise UnsupportedQuery("the query is nested too deeply for its parser") from None
        except Exception as error:
            # RDFLib raises plain exceptions for undeclared prefixes and misplaced variables.
            raise UnsupportedQuery(f"RDFLib can't translate the query ({str(error).splitlines()[0]})") from None
        finally:
            rdflib.NORMALIZE_LITERALS = before


def _check(node: Any, above: list[str]) -> None:
    """Refuse what RDFLib's algebra gets wrong."""
    if isinstance(node, (CompValue, Expr)):
        if node.name == "ServiceGraphPattern":
            raise UnsupportedQuery("SERVICE is not supported by the columnar engine")
        for key, value in node.items():
            if key != "_vars":
                _check(value, above)
    elif isinstance(node, (list, tuple)):
        for part in node:
            _check(part, above)
