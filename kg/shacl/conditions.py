"""What value nodes must not be, as SPARQL expressions that are always true or false."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rdflib
from rdflib.namespace import SH, XSD

from kg.shacl.terms import sparql

__all__ = ["CONDITIONS", "well_formed"]

_WHOLE = "^[+-]?[0-9]+$"
_ZONE = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_YEAR, _MONTH, _DAY = "-?([1-9][0-9]{3,}|0[0-9]{3})", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_28 = "(0[1-9]|1[0-9]|2[0-8])"
#: Days of all years, and the years that have one more: every fourth, of full hundreds every fourth of those.
_COMMON = f"((0[13578]|1[02])-{_DAY}|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-{_28})"
_FOURTH = "(0[48]|[2468][048]|[13579][26])"
_LEAP = f"-?(([0-9]{{2}}|[1-9][0-9]{{2,}}){_FOURTH}|(00|[1-9][0-9]*00|([1-9][0-9]*)?{_FOURTH})00)"
_DATE = f"({_YEAR}-{_COMMON}|{_LEAP}-02-29)"
_TIME = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?|24:00:00(\\.0+)?)"
_SPAN = r"(P([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\\.[0-9]+)?S)?)?)"
_64 = "[A-Za-z0-9+/]"
#: The lexical spaces of XML Schema (Part 2, section 3), as regular expressions for a literal of SPARQL.
_FORMS = {
    "integer": _WHOLE,
    "decimal": r"^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)$",
    "double": r"^([+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([Ee][+-]?[0-9]+)?|[+-]?INF|NaN)$",
    "boolean": "^(true|false|1|0)$",
    "nonNegativeInteger": "^([+]?[0-9]+|-0+)$",
    "positiveInteger": "^[+]?0*[1-9][0-9]*$",
    "nonPositiveInteger": "^(-[0-9]+|[+]?0+)$",
    "negativeInteger": "^-0*[1-9][0-9]*$",
    "date": f"^{_DATE}{_ZONE}$",
    "dateTime": f"^{_DATE}T{_TIME}{_ZONE}$",
    "dateTimeStamp": f"^{_DATE}T{_TIME}{_ZONE[:-1]}$",
    "time": f"^{_TIME}{_ZONE}$",
    "gYear": f"^{_YEAR}{_ZONE}$",
    "gYearMonth": f"^{_YEAR}-{_MONTH}{_ZONE}$",
    "gMonth": f"^--{_MONTH}{_ZONE}$",
    "gDay": f"^---{_DAY}{_ZONE}$",
    "gMonthDay": f"^--(0[13578]-{_DAY}|1[02]-{_DAY}|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9])){_ZONE}$",
    "duration": f"^-?{_SPAN}$",
    "dayTimeDuration": r"^-?P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\\.[0-9]+)?S)?)?$",
    "yearMonthDuration": "^-?P([0-9]+Y)?([0-9]+M)?$",
    "hexBinary": "^([0-9a-fA-F]{2})*$",
    "base64Binary": f"^(({_64} ?){{4}})*({_64} ?{_64} ?({_64} ?{_64}|[AEIMQUYcgkosw048] ?=)|{_64} ?[AQgw] ?= ?=)$|^$",
    "language": "^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$",
}
#: The bounded whole numbers: how far they go below zero and above.
_RANGES = {
    "byte": (2**7, 2**7 - 1),
    "short": (2**15, 2**15 - 1),
    "int": (2**31, 2**31 - 1),
    "long": (2**63, 2**63 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1),
}
#: A duration must have something after P and after T.
_SPANS = frozenset(["duration", "dayTimeDuration", "yearMonthDuration"])


def _at_most(limit: int) -> str:
    """Return a regular expression of the whole numbers up to one, with any zeros before."""
    digits = str(limit)
    smaller = [
        f"{digits[:place]}[0-{int(digit) - 1}][0-9]{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if digit > "0"
    ]
    return f"0*({'|'.join([f'[0-9]{{1,{len(digits) - 1}}}', *smaller, digits] if limit > 9 else [f'[0-{limit}]'])})"


_FORMS["float"] = _FORMS["double"]
_FORMS |= {name: f"^([+]?{_at_most(above)}|-{_at_most(below)})$" for name, (below, above) in _RANGES.items()}


def well_formed(v: str, datatype: rdflib.URIRef) -> str:
    """Return SPARQL for whether a literal of a datatype is in its lexical space; nothing where no text is looked at."""
    name = str(datatype).removeprefix(str(XSD)) if str(datatype).startswith(str(XSD)) else ""
    if name not in _FORMS:
        return ""
    form = f'REGEX(STR({v}), "{_FORMS[name]}")'
    if name in ("integer", "decimal", "double", "float"):
        return f"IF(isNumeric({v}), true, {form})"
    if name in _SPANS:
        return f'({form} && !REGEX(STR({v}), "[PT]$"))'
    return form


def _datatype(v: str, value: Any) -> str:
    form = well_formed(v, value)
    test = f"isLiteral({v}) && DATATYPE({v}) = {sparql(value)}" + (f" && {form}" if form else "")
    return f"!COALESCE({test}, false)"


_KINDS = {
    SH.IRI: "isIRI({v})",
    SH.BlankNode: "isBlank({v})",
    SH.Literal: "isLiteral({v})",
    SH.BlankNodeOrIRI: "(isBlank({v}) || isIRI({v}))",
    SH.BlankNodeOrLiteral: "(isBlank({v}) || isLiteral({v}))",
    SH.IRIOrLiteral: "(isIRI({v}) || isLiteral({v}))",
}


def _node_kind(v: str, value: Any) -> str:
    return "!" + _KINDS[value].format(v=v)


def _compared(sign: str) -> Callable[[str, Any], str]:
    return lambda v, value: f"!COALESCE({v} {sign} {sparql(value)}, false)"


def _length(sign: str) -> Callable[[str, Any], str]:
    return lambda v, value: f"(isBlank({v}) || STRLEN(STR({v})) {sign} {value})"


def _pattern(v: str, value: Any) -> str:
    pattern, flags = (sparql(rdflib.Literal(text)) for text in value)
    flags = "" if flags == '""' else f", {flags}"
    return f"(isBlank({v}) || !REGEX(STR({v}), {pattern}{flags}))"


def _language_in(v: str, value: Any) -> str:
    ranges = " || ".join(f"LANGMATCHES(LANG({v}), {sparql(rdflib.Literal(text))})" for text in value) or "false"
    return f'!COALESCE(isLiteral({v}) && LANG({v}) != "" && ({ranges}), false)'


#: The expression that is true of value nodes that violate a constraint, for its kind: of a variable and its value.
CONDITIONS: dict[str, Callable[[str, Any], str]] = {
    "datatype": _datatype,
    "nodeKind": _node_kind,
    "minExclusive": _compared(">"),
    "minInclusive": _compared(">="),
    "maxExclusive": _compared("<"),
    "maxInclusive": _compared("<="),
    "minLength": _length("<"),
    "maxLength": _length(">"),
    "pattern": _pattern,
    "languageIn": _language_in,
}
