"""The little English grammar that sentences about an ontology need: articles, plurals, verbs and nouns."""

from __future__ import annotations

import re

__all__ = ["amount", "article", "phrase", "plural"]

_PREPOSITIONS = frozenset("about as at by for from in into of on through to under upon with within".split())  # noqa: SIM905
#: Words that open a name which is a verb phrase already.
_VERBS = frozenset("is are was were can may must does do did".split())  # noqa: SIM905
#: Names that open with one of these endings look like a verb in the third person and are none.
_NO_VERB = ("ss", "us", "is", "ics", "ness")
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_AN_LETTERS = "AEFHILMNORSX"


def article(name: str) -> str:
    """Return ``a`` or ``an``, as a name needs it; nothing before a plural.

    >>> [article(name) for name in ("cluster", "organisation", "university", "hour", "LEI", "URL", "yearly links")]
    ['a', 'an', 'a', 'an', 'an', 'a', '']
    """
    if _is_plural(name):
        return ""
    word = re.split(r"[\s:_-]", name.strip(), maxsplit=1)[0]
    if len(word) > 1 and word.isupper():
        return "an" if word[0] in _AN_LETTERS else "a"
    low = word.lower()
    if low.startswith(("uni", "use", "usu", "eu", "one", "once")) and not low.startswith("unin"):
        return "a"
    return "an" if low.startswith(("a", "e", "i", "o", "u", "hour", "honest", "heir", "honour")) else "a"


def plural(name: str) -> str:
    """Return the plural of a noun phrase; of ``x of y`` that of x.

    >>> [plural(name) for name in ("cluster", "candidate source", "body of law", "business", "day", "yearly links")]
    ['clusters', 'candidate sources', 'bodies of law', 'businesses', 'days', 'yearly links']
    """
    if _is_plural(name):
        return name
    head, of, rest = name.partition(" of ")
    if head.endswith(("s", "x", "z", "ch", "sh")):
        return f"{head}es{of}{rest}"
    if re.search(r"[^aeiou]y\Z", head):
        return f"{head[:-1]}ies{of}{rest}"
    return f"{head}s{of}{rest}"


def _is_plural(name: str) -> bool:
    head = name.partition(" of ")[0]
    return head.endswith("s") and len(head) > 3 and not head.isupper() and not head.endswith(_NO_VERB)


def amount(number: str) -> str:
    """Return a number as a word up to twelve, else in digits."""
    return _NUMBERS[int(number)] if number.isdecimal() and int(number) < len(_NUMBERS) else number


def phrase(label: str, *, datatype: bool = False) -> tuple[str, str, bool]:
    """Tell how the name of a property is used in a sentence.

    Returns
    -------
    What stands before the name, the name as it stands there, and whether it is a noun, so that the sentence runs
    "has the (name) x" and not "(name) x".

    >>> phrase("sustained by"), phrase("has outcome"), phrase("supplies")
    (('is', 'sustained by', False), ('has', 'outcome', True), ('', 'supplies', False))
    >>> phrase("member of"), phrase("start date"), phrase("org:hasMember")
    (('is a', 'member of', False), ('has', 'start date', True), ('', 'org:hasMember', False))
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", label.rpartition(":")[2]).lower().split()
    if not words:
        return "has", label, True
    first = words[0]
    if " " not in label and len(words) > 1:  # a name without a label, such as org:hasMember
        return "", label, False
    if first == "has" and len(words) > 1 and words[-1] not in _PREPOSITIONS:
        rest = label.split(maxsplit=1)[1] if " " in label else label
        return "has", rest, True
    if first in _VERBS or first == "has":
        return "", label, False
    looks_like_verb = first.endswith("s") and len(first) > 3 and not first.endswith(_NO_VERB)
    if looks_like_verb and not datatype:
        return "", label, False
    if words[-1] in _PREPOSITIONS or first in _PREPOSITIONS:
        is_noun_of = words[-1] == "of" and not first.endswith("ed") and first not in _PREPOSITIONS
        return f"is {article(label)}" if is_noun_of else "is", label, False
    if first.endswith("ed") and len(words) > 1 and not datatype:
        return "", label, False
    return "has", label, True
