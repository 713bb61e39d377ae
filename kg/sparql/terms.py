"""Terms written as one string each (a *key*), and the classes that numbers of terms tell apart.

A key begins with its kind: ``<`` an IRI, ``_`` a blank node, ``"`` a plain string, ``@`` a text with a language
(``@en Hello``), ``^`` any other literal (``^datatype lexical``). Neither a language tag nor an IRI holds a space, so a
key is read back without loss, ill-typed literals too.

The number of a term is a function of its key: IRIs have the negative numbers, every other class has its own range of
:data:`SHIFT` bits. Short numbers in canonical form are their own number; of all other terms it is a hash.
"""

from __future__ import annotations

import re

import rdflib
from rdflib.term import Identifier

__all__ = [
    "ALL", "BLANK", "CLASSES", "DECIMAL", "DECIMAL_FORM", "DOUBLE", "FALSE", "INLINE", "INTEGER", "INTEGER_FORM", "IRI",
    "LANG", "LITERALS", "LONG", "OTHER", "RESOURCES", "SHIFT", "SHORT", "SHORT_FORM", "SHORT_ZERO", "STRING", "TRUE",
    "UNIT", "WHOLE", "WHOLE_FORM", "WHOLE_ZERO", "XSD", "class_of", "key_of", "typed",
]  # fmt: skip

XSD = "http://www.w3.org/2001/XMLSchema#"

#: How many classes there are.
CLASSES = 10
#: Classes of terms, as bits of a mask: what is known of a column before a query runs. WHOLE and SHORT are the whole and
#: decimal numbers that are their own number; the two LONG classes are the others of these datatypes.
BLANK, IRI, STRING, LANG, WHOLE, SHORT, DOUBLE, OTHER, _LONG_WHOLE, _LONG_DECIMAL = (1 << n for n in range(CLASSES))
INTEGER = WHOLE | _LONG_WHOLE
DECIMAL = SHORT | _LONG_DECIMAL
INLINE = WHOLE | SHORT
LONG = _LONG_WHOLE | _LONG_DECIMAL
RESOURCES = BLANK | IRI
LITERALS = STRING | LANG | INTEGER | DECIMAL | DOUBLE | OTHER
ALL = RESOURCES | LITERALS

#: The number of a term that is no IRI is its class (the place of the bit above) shifted by this, plus the rest.
SHIFT = 59
#: The numbers of the whole and of the decimal zero.
WHOLE_ZERO = (4 << SHIFT) + (1 << (SHIFT - 1))
SHORT_ZERO = (5 << SHIFT) + (1 << (SHIFT - 1))
#: Exact values are whole numbers of units of the eighteenth decimal place.
UNIT = 10**18

#: Forms whose value is kept as a number: nothing that a cast might read in another way than the standard does.
INTEGER_FORM = r"[+-]?[0-9]{1,18}"
DECIMAL_FORM = r"[+-]?([0-9]{1,19}(\.[0-9]{0,18})?|\.[0-9]{1,18})"
#: Canonical forms that are their own number.
WHOLE_FORM = r"0|-?[1-9][0-9]{0,16}"
SHORT_FORM = r"0|-?[1-9][0-9]{0,7}|-?(0|[1-9][0-9]{0,7})\.[0-9]{0,8}[1-9]"
_FORMS = {
    "integer": (re.compile(WHOLE_FORM), WHOLE, re.compile(INTEGER_FORM), _LONG_WHOLE),
    "decimal": (re.compile(SHORT_FORM), SHORT, re.compile(DECIMAL_FORM), _LONG_DECIMAL),
}


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
    name = datatype.removeprefix(XSD)
    if datatype != name and name in _FORMS:
        short, inline, form, long = _FORMS[name]
        return inline if short.fullmatch(lexical) else long if form.fullmatch(lexical) else OTHER
    return DOUBLE if datatype in (XSD + "double", XSD + "float") else OTHER
