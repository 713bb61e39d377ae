"""Cells of tables as terms: SQL functions that give the key of the literal that a text stands for.

A text that is not of its form becomes an ill-typed literal, for the shapes to find.
"""

from __future__ import annotations

from kg.sparql.terms import typed

__all__ = ["CELLS"]

#: What Python's ``str.strip`` takes away: white space of Unicode and the four separators of ASCII.
_SPACES = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
                            0x2028, 0x2029, 0x202F, 0x205F, 0x3000]))  # fmt: skip

#: Name and parameters, and what each gives; in an order in which each knows those it uses.
CELLS = {
    "plain(c)": "c BETWEEN '!' AND '~'",
    "stripped(t)": f"CASE WHEN plain(t[1]) AND plain(t[-1]) THEN t ELSE trim(t, '{_SPACES}') END",
    "blank(t)": "CASE WHEN t = '' THEN true WHEN plain(t[1]) THEN false ELSE stripped(t) = '' END",
    # A decimal without sign and zeros that say nothing, from its sign, its whole part and its decimal places.
    "shortest(sign, whole, places)": """CASE WHEN whole = '' AND places = '' THEN '0'
        ELSE sign || CASE whole WHEN '' THEN '0' ELSE whole END || CASE places WHEN '' THEN '' ELSE '.' || places END END""",
    "canonical(t)": """shortest(CASE WHEN starts_with(t, '-') THEN '-' ELSE '' END,
        ltrim(split_part(ltrim(t, '+-'), '.', 1), '0'), rtrim(split_part(t, '.', 2), '0'))""",
    "decimal_form(t)": r"""CASE WHEN regexp_full_match(t, '-?[1-9][0-9]*(\.[0-9]*[1-9])?') THEN t
        WHEN regexp_full_match(t, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)') THEN canonical(t) ELSE t END""",
    "integer_form(t)": """CASE WHEN regexp_full_match(t, '[1-9][0-9]{0,17}') THEN t
        WHEN regexp_full_match(t, '[+-]?[0-9]{1,18}') AND length(t) <= 18 THEN CAST(CAST(t AS BIGINT) AS VARCHAR)
        ELSE t END""",
    "decimal_key(t)": f"'{typed('decimal')}' || decimal_form(stripped(t))",
    "integer_key(t)": f"'{typed('integer')}' || integer_form(stripped(t))",
    "date_key(t)": f"""CASE WHEN regexp_full_match(stripped(t), '[0-9]{{4}}') THEN '{typed("gYear")}'
        WHEN regexp_full_match(stripped(t), '[0-9]{{4}}-[0-9]{{2}}') THEN '{typed("gYearMonth")}'
        ELSE '{typed("date")}' END || stripped(t)""",
}
