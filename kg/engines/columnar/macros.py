"""Terms and their numbers as SQL functions: the macros that translated queries call; see :mod:`kg.sparql.terms`."""

from __future__ import annotations

from kg.sparql.terms import (
    DECIMAL_FORM,
    INTEGER_FORM,
    SHIFT,
    SHORT_FORM,
    SHORT_ZERO,
    UNIT,
    WHOLE_FORM,
    WHOLE_ZERO,
    typed,
)

__all__ = ["MACROS"]

# The hash of NULL is a number like others: what is unbound must not get it.
# DuckDB's own hash of a text is quick and weak: IRIs that differ in two letters only can have the same. Of digests it is sound.
_INT, _DEC = typed("integer"), typed("decimal")
_LEXICAL_INT = f"substr(k, {len(_INT) + 1})"
_LEXICAL_DEC = f"substr(k, {len(_DEC) + 1})"
_SHORTEST = UNIT // 10**9


def _hashed(number: int) -> str:
    return f"(CAST(hash(md5(k)) & {(1 << SHIFT) - 1} AS BIGINT) | {number << SHIFT})"


_UNITS = "CAST(replace(CAST(CAST({} AS DECIMAL(38, 18)) AS VARCHAR), '.', '') AS HUGEINT)"

#: Name and parameters, and what each gives; in an order in which each knows those it uses.
MACROS = {
    # The number of an IRI given by its key.
    "iri_id(k)": f"""CASE WHEN k IS NOT NULL
        THEN CAST(hash(md5(k)) >> 1 AS BIGINT) + ({-(1 << 62)}) + ({-(1 << 62)}) END""",
    # The number of any term given by its key.
    "term_id(k)": f"""CASE WHEN k IS NULL THEN NULL
        WHEN starts_with(k, '<') THEN iri_id(k)
        WHEN starts_with(k, '"') THEN {_hashed(2)}
        WHEN starts_with(k, '@') THEN {_hashed(3)}
        WHEN starts_with(k, '_') THEN {_hashed(0)}
        WHEN starts_with(k, '{_INT}') THEN
            CASE WHEN regexp_full_match({_LEXICAL_INT}, '{WHOLE_FORM}')
                 THEN CAST({_LEXICAL_INT} AS BIGINT) + {WHOLE_ZERO}
                 WHEN regexp_full_match({_LEXICAL_INT}, '{INTEGER_FORM}') THEN {_hashed(8)} ELSE {_hashed(7)} END
        WHEN starts_with(k, '{_DEC}') THEN
            CASE WHEN regexp_full_match({_LEXICAL_DEC}, '{SHORT_FORM}')
                 THEN CAST(replace(CAST(CAST({_LEXICAL_DEC} AS DECIMAL(18, 9)) AS VARCHAR), '.', '') AS BIGINT)
                      + {SHORT_ZERO}
                 WHEN regexp_full_match({_LEXICAL_DEC}, '{DECIMAL_FORM}') THEN {_hashed(9)} ELSE {_hashed(7)} END
        WHEN starts_with(k, '{typed("double")}') OR starts_with(k, '{typed("float")}') THEN {_hashed(6)}
        ELSE {_hashed(7)} END""",
    # The place of the bit of a term's class.
    "term_class(n)": f"CASE WHEN n < 0 THEN 1 ELSE n >> {SHIFT} END",
    # A decimal in units, in canonical form.
    "decimal_text(u)": f"""CASE WHEN u % {UNIT} = 0 THEN CAST(u // {UNIT} AS VARCHAR)
        ELSE CASE WHEN u < 0 THEN '-' ELSE '' END || CAST(abs(u) // {UNIT} AS VARCHAR) || '.' ||
        rtrim(lpad(CAST(abs(u) % {UNIT} AS VARCHAR), 18, '0'), '0') END""",
    # The numbers of a whole number, and of a decimal in units.
    "whole_id(v)": f"""CASE WHEN abs(v) < {10**17} THEN v + {WHOLE_ZERO} ELSE term_id('{_INT}' || CAST(v AS VARCHAR)) END""",
    "decimal_id(u)": f"""CASE WHEN u % {_SHORTEST} = 0 AND abs(u) < {10**8 * UNIT}
        THEN CAST(u // {_SHORTEST} AS BIGINT) + {SHORT_ZERO} ELSE term_id('{_DEC}' || decimal_text(u)) END""",
    # The number of a whole number that stands beside stored terms: one that is not its own number, nobody could look up.
    "short_whole_id(v)": f"""CASE WHEN v IS NULL THEN NULL WHEN abs(v) < {10**17} THEN v + {WHOLE_ZERO}
        ELSE error('a computed whole number of more than 17 digits beside stored terms') END""",
    # The key of a term that may be its own number; k is its key in the dictionary.
    "key_of_id(n, k)": f"""CASE term_class(n) WHEN 4 THEN '{_INT}' || CAST(n - {WHOLE_ZERO} AS VARCHAR)
        WHEN 5 THEN '{_DEC}' || decimal_text(CAST(n - {SHORT_ZERO} AS HUGEINT) * {_SHORTEST}) ELSE k END""",
    # The value in units of a term that may be its own number; x is its value in the dictionary.
    "units_of_id(n, x)": f"""CASE term_class(n) WHEN 4 THEN CAST(n - {WHOLE_ZERO} AS HUGEINT) * {UNIT}
        WHEN 5 THEN CAST(n - {SHORT_ZERO} AS HUGEINT) * {_SHORTEST} ELSE x END""",
    # The value in units of a term given by its key; NULL where it is no number that is kept exactly.
    "units_of_key(k)": f"""CASE WHEN starts_with(k, '{_INT}') AND regexp_full_match({_LEXICAL_INT}, '{INTEGER_FORM}')
        THEN CAST({_LEXICAL_INT} AS HUGEINT) * {UNIT}
        WHEN starts_with(k, '{_DEC}') AND regexp_full_match({_LEXICAL_DEC}, '{DECIMAL_FORM}')
        THEN {_UNITS.format(_LEXICAL_DEC)} END""",
}
