"""The search index: for the first letters of every word of a name a small file, as deep as there are many names.

A file ``assets/data/search/{letters}.json`` has the names with a word that begins so. Where there are more than fit, it has
the most important of them, says how many there are, and which letters lead on. Words are folded: without accents, in small
letters; ``assets/search.js`` folds what is typed in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from kg.publish.reading import Model, Record
from kg.publish.render import Frame

__all__ = ["FOLDED", "MOST_ENTRIES", "file_of", "folded", "write_search"]

#: The most names in a file, those that are kept where there are more, and the longest beginning of a word.
MOST_ENTRIES, KEPT, DEEPEST = 300, 60, 10
#: How much of a name is listed.
_LONGEST = 90
#: Letters that are no letter with an accent, and what they are searched as.
FOLDED = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
_LETTERS = "[^\\p{L}\\p{N}]+"


def folded(column: str) -> str:
    """Return SQL for a name as it is searched."""
    text = f"strip_accents(lower({column}))"
    for letter, plain in FOLDED.items():
        text = f"replace({text}, '{letter}', '{plain}')"
    return text


def cut(column: str) -> str:
    """Return SQL for a name as it is listed: cut, but with the sign in brackets that tells apart what is named alike."""
    return f"""CASE WHEN length({column}) <= {_LONGEST} THEN {column}
        WHEN regexp_matches({column}, ' [(][0-9a-f]{{6}}[)]$') THEN left({column}, {_LONGEST - 10}) || '… ' || right({column}, 8)
        ELSE left({column}, {_LONGEST - 1}) || '…' END"""


def file_of(letters: str) -> str:
    """Return the name of the file for the beginning of a word: what is not a to z or a digit by its number.

    >>> file_of("ab"), file_of("żó")
    ('ab', '_17c_f3')
    """
    return "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}" for c in letters)


def write_search(frame: Frame, model: Model) -> int:
    """Write the index and the page that uses it; return how many files it has."""
    run = model.connection.execute
    run(f"""CREATE TEMP TABLE found AS
        SELECT CASE WHEN evidenced THEN 'g' ELSE 'c' END AS kind, n, {cut("name")} AS name, href, coalesce(members, 0) * 4 + 1000 AS weight, NULL AS place,
            {folded("left(name, 200)")} AS words FROM "group" WHERE evidenced OR source = 'declared'
        UNION ALL SELECT 'o', o.n, {cut("o.name")}, o.href, s.groups * 10 + s.ties, r.name, {folded("left(o.name, 200)")}
            FROM organization o JOIN score s ON s.n = o.n LEFT JOIN region r ON r.n = o.region
        UNION ALL SELECT 'r', n, {cut("name")}, href, 500, NULL, {folded("left(name, 200)")} FROM region
        UNION ALL SELECT 's', n, {cut("name")}, href, 500, NULL, {folded("left(name, 200)")} FROM sector""")
    run(f"""CREATE TEMP TABLE word AS SELECT DISTINCT kind, n, left(w, 40) AS word FROM
        (SELECT kind, n, unnest(regexp_split_to_array(words, '{_LETTERS}')) AS w FROM found) WHERE w <> ''""")
    count = 0
    run("CREATE TEMP TABLE open AS SELECT DISTINCT left(word, 1) AS letters FROM word")
    for depth in range(1, DEEPEST + 1):
        run(f"""CREATE OR REPLACE TEMP TABLE here AS SELECT left(word, {depth}) AS letters, kind, n,
                bool_or(length(word) = {depth}) AS whole FROM word SEMI JOIN open ON open.letters = left(word, {depth})
            WHERE length(word) >= {depth} GROUP BY 1, 2, 3""")
        run("CREATE OR REPLACE TEMP TABLE counted AS SELECT letters, count(*) AS all FROM here GROUP BY 1")
        run(f"""CREATE OR REPLACE TEMP TABLE next AS SELECT left(word, {depth + 1}) AS letters FROM word
            JOIN counted ON counted.letters = left(word, {depth}) WHERE counted.all > {MOST_ENTRIES}
            AND length(word) > {depth} AND {depth} < {DEEPEST} GROUP BY 1""")
        for file in _files(model, depth):
            frame.data(f"assets/data/search/{file_of(file['letters'])}.json", {
                "all": file["all"], "next": file["next"], "names": json.loads(file["names"]),
            })  # fmt: skip
            count += 1
        run("CREATE OR REPLACE TEMP TABLE open AS SELECT * FROM next")
    for table in ("found", "word", "open", "here", "counted", "next"):
        run(f"DROP TABLE {table}")
    frame.write("search.html.j2", "search.html", letters=_letters(model))
    return count


def _files(model: Model, depth: int) -> Iterator[Record]:
    """Yield the files for the beginnings of a length: all names where they fit, else the most important."""
    found = model.connection.execute(
        f"""SELECT k.letters, any_value(k.all) AS all, coalesce(any_value(x.next), '') AS next, to_json(list([k.kind, f.name, f.href,
            coalesce(f.place, '')] ORDER BY k.whole DESC, f.weight DESC, f.name)) AS names
        FROM (SELECT here.*, counted.all, row_number() OVER (PARTITION BY here.letters ORDER BY here.whole DESC, g.weight DESC, g.name)
                AS place FROM here JOIN counted USING (letters) JOIN found g ON g.kind = here.kind AND g.n = here.n) k
        JOIN found f ON f.kind = k.kind AND f.n = k.n
        LEFT JOIN (SELECT left(letters, {depth}) AS letters, string_agg(substr(letters, {depth + 1}), '' ORDER BY letters) AS next
            FROM next GROUP BY 1) x ON x.letters = k.letters
        WHERE k.place <= CASE WHEN k.all > {MOST_ENTRIES} THEN {KEPT} ELSE {MOST_ENTRIES} END GROUP BY k.letters"""
    )
    names = [column[0] for column in found.description or ()]
    while rows := found.fetchmany(1_000):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def _letters(model: Model) -> list[Record]:
    """Return, for readers without scripts, the largest groups, the largest first."""
    return model.rows("""SELECT name, href FROM "group" WHERE evidenced ORDER BY n LIMIT 60""")
