"""Terms written as one string each (a *key*), and the classes that numbers of terms tell apart.

A key begins with its kind: ``<`` an IRI, ``_`` a blank node, ``"`` a plain string, ``@`` a text with a language
(``@en Hello``), ``^`` any other literal (``^datatype lexical``). Neither a language tag nor an IRI holds a space, so a
key is read back without loss, ill-typed literals too.
"""

from __future__ import annotations

import re

import rdflib
from rdflib.term import Identifier

__all__ = [
    "ALL", "BLANK", "DECIMAL", "DECIMAL_FORM", "DOUBLE", "FALSE", "INTEGER", "INTEGER_FORM", "IRI", "LANG", "LITERALS",
    "OTHER", "RESOURCES", "SHIFT", "STRING", "TRUE", "XSD", "class_of", "key_of", "typed",
]  # fmt: skip

XSD = "http://www.w3.org/2001/XMLSchema#"

#: Classes of terms, as bits of a mask: what is known of a column before a query runs.
BLANK, IRI, STRING, LANG, INTEGER, DECIMAL, DOUBLE, OTHER = (1 << place for place in range(8))
RESOURCES = BLANK | IRI
LITERALS = STRING | LANG | INTEGER | DECIMAL | DOUBLE | OTHER
ALL = RESOURCES | LITERALS

#: The number of a stored term is its class (the place of the bit above) shifted by this, plus a running number.
SHIFT = 48

#: Forms whose value is kept as a number: nothing that a cast might read in another way than the standard does.
INTEGER_FORM = r"[+-]?[0-9]{1,18}"
DECIMAL_FORM = r"[+-]?([0-9]{1,19}(\.[0-9]{0,18})?|\.[0-9]{1,18})"
_INTEGER = re.compile(INTEGER_FORM)
_DECIMAL = re.compile(DECIMAL_FORM)


def typed(datatype: str, lexical: str = "") -> str:
    """Return the key of a literal of a datatype of XML Schema, or what it begins with."""
    return f"^{XSD}{datatype} {lexical}"


TRUE = typed("boolean", "true")
FALSE = typed("boolean", "false")


def key_of(term: Identifier) -> str:
    """Return the key of a term of RDFLib."""
    if isinstance(term, rdflib.URIRef):
        return f"<{term}"
    if isinstance(term, rdflib.BNode):
        return f"_{term}"
    assert isinstance(term, rdflib.Literal)
    if term.language:
        return f"@{term.language.lower()} {term}"
    if term.datatype is None or str(term.datatype) == XSD + "string":
        return f'"{term}'
    return f"^{term.datatype} {term}"


def class_of(key: str) -> int:
    """Return the class of a term."""
    match key[0]:
        case "<":
            return IRI
        case "_":
            return BLANK
        case '"':
            return STRING
        case "@":
            return LANG
    datatype, lexical = key[1:].split(" ", 1)
    if datatype == XSD + "integer" and _INTEGER.fullmatch(lexical):
        return INTEGER
    if datatype == XSD + "decimal" and _DECIMAL.fullmatch(lexical):
        return DECIMAL
    return DOUBLE if datatype in (XSD + "double", XSD + "float") else OTHER
