"""SPARQL text to the algebra, by RDFLib's parser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import rdflib
from pyparsing.exceptions import ParseBaseException
from rdflib.plugins.sparql.algebra import translateQuery, translateUpdate
from rdflib.plugins.sparql.parser import parseQuery, parseUpdate
from rdflib.plugins.sparql.parserutils import CompValue, Expr

from kg.errors import ClusterKGError, UnsupportedQuery, UsageError
from kg.sparql.ahead import Ahead
from kg.sparql.mended import mend

__all__ = ["is_parsed", "parse", "parse_ahead", "parse_update"]

_lock = threading.Lock()
Key = tuple[str, tuple[tuple[str, str], ...]]
#: The algebra of queries by text and prefixes, and who is at work on those that are to come.
_parsed: dict[Key, CompValue] = {}
_ahead: dict[Key, Ahead] = {}
_MOST_PARSED = 1_000


def parse(text: str, prefixes: Mapping[str, str]) -> CompValue:
    """Return the algebra of a query.

    Raises
    ------
    UsageError
        when RDFLib finds it not well formed.
    UnsupportedQuery
        for a query that RDFLib reads in another way than the standard, and for updates.
    """
    key = text, tuple(sorted(prefixes.items()))
    if key not in _parsed:
        made = _ahead.pop(key, None)
        found = made.take(text) if made is not None else None
        if len(_parsed) >= _MOST_PARSED:
            _parsed.clear()
        _parsed[key] = found if found is not None else _parse(text, prefixes)
    return _parsed[key]


def parse_ahead(texts: Iterable[str], prefixes: Mapping[str, str], *, begin: bool = True) -> None:
    """Have queries ready for :func:`parse` that were parsed before, or begin to parse them in another process."""
    given = tuple(sorted(prefixes.items()))
    listed = list(dict.fromkeys(texts))
    new = [text for text in listed if (text, given) not in _parsed]
    if new:
        # All of them, so that what is kept is found whatever was asked before.
        made = Ahead(listed, prefixes, begin=begin)
        _ahead.update(((text, given), made) for text in new)


def is_parsed(text: str, prefixes: Mapping[str, str]) -> bool:
    """Whether the algebra of a query is there without parsing it or waiting for it."""
    key = text, tuple(sorted(prefixes.items()))
    return key in _parsed or (key in _ahead and _ahead[key].kept)


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


def _parse(text: str, prefixes: Mapping[str, str]) -> CompValue:
    based = bool(re.search(r"\bBASE\s*<", text, re.IGNORECASE))
    algebra: CompValue = _read(
        lambda: translateQuery(mend(parseQuery(text), based=based), initNs=dict(prefixes)).algebra, text
    )
    _check(algebra, [])
    return algebra


def _read(work: Callable[[], Any], text: str = "") -> Any:
    with _lock:
        before = rdflib.NORMALIZE_LITERALS
        # A constant keeps the form in which it is written: 01 is no 1.
        rdflib.NORMALIZE_LITERALS = False
        try:
            return work()
        except ClusterKGError:
            raise
        except ParseBaseException as error:
            if re.search(r"""\\["']""", text):
                # RDFLib takes an escaped quotation mark only in a text between marks of that kind.
                raise UnsupportedQuery(f"RDFLib can't read the query ({str(error).splitlines()[0]})") from None
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
