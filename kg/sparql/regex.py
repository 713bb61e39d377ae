"""Which regular expressions mean the same to DuckDB (RE2) as to the evaluator (XPath's, by Rust's `regex`)."""

from __future__ import annotations

import re

__all__ = ["is_portable"]

# No dot, no classes of Unicode or of blanks, no word boundaries, no flags, no look at lines: there the two differ. In a
# class Rust has set operations, written with two signs, and RE2 has names in brackets.
_ESCAPE = r"\\[-.\\^$|?*+()\[\]{}/]"
_PLAIN = r"[^\\^$|?*+()\[\]{}.]"
_SET = rf"\[\^?(?:{_ESCAPE}|(?!&&|--|~~)[^\\\[\]^])+\]"
_TIMES = r"(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})"
_PART = re.compile(
    rf"(?P<anchor>[\^$])|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<or>\|)|(?:{_ESCAPE}|{_PLAIN}|{_SET}){_TIMES}?"
)
_AFTER = re.compile(_TIMES)


def is_portable(pattern: str) -> bool:
    """Whether a pattern without flags matches the same texts in both.

    >>> is_portable("^[A-Z]{2}$"), is_portable("a.c"), is_portable(r"\\d+")
    (True, False, False)
    """
    place = depth = 0
    while place < len(pattern):
        found = _PART.match(pattern, place)
        if found is None:
            return False
        place = found.end()
        if found.lastgroup == "open":
            depth += 1
        elif found.lastgroup == "close":
            depth -= 1
            if depth < 0:
                return False
            times = _AFTER.match(pattern, place)
            place = times.end() if times else place
    return depth == 0
