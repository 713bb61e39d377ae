"""Terms and triples as N-Triples and N-Quads in SQL, written as Oxigraph writes them.

https://www.w3.org/TR/n-quads/
"""

from __future__ import annotations

__all__ = ["CODES", "NAMED", "NTRIPLES"]

#: The characters with an escape of their own.
NAMED = {8: r"\b", 9: r"\t", 10: r"\n", 12: r"\f", 13: r"\r", 34: r"\"", 92: r"\\"}
#: The characters that are escaped, the backslash first, so that no escape is escaped again.
CODES = [92, *(code for code in (*range(32), 34, 127) if code != 92)]


def _escapes(text: str) -> str:
    for code in CODES:
        text = f"replace({text}, chr({code}), '{NAMED.get(code, f'{chr(92)}u{code:04X}')}')"
    return text


#: Macros: a text escaped, and a term given by its key.
NTRIPLES = {
    "escaped(t)": rf"""CASE WHEN regexp_matches(t, '[\x00-\x1F"\\\x7F]') THEN {_escapes("t")} ELSE t END""",
    "after_space(k)": "substr(k, strpos(k, ' ') + 1)",
    "ntriples(k)": """CASE substr(k, 1, 1)
        WHEN '<' THEN k || '>'
        WHEN '_' THEN '_:' || substr(k, 2)
        WHEN '"' THEN '"' || escaped(substr(k, 2)) || '"'
        WHEN '@' THEN '"' || escaped(after_space(k)) || '"@' || substr(k, 2, strpos(k, ' ') - 2)
        ELSE '"' || escaped(after_space(k)) || '"^^<' || substr(k, 2, strpos(k, ' ') - 2) || '>' END""",
    # The value of a term: the IRI, the label of a blank node or the lexical form.
    "value_of(k)": """CASE WHEN starts_with(k, '@') OR starts_with(k, '^') THEN after_space(k) ELSE substr(k, 2) END""",
}
