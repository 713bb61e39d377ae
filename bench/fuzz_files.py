"""Small projects and what goes wrong with their files: cells, rows, columns, delimiters, encodings, bytes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.cells import COLUMNS

__all__ = ["BASE", "Fuzzed", "fuzzed_project"]

BASE = "https://example.org/fuzz/"
CORDIS = {
    "organization": "organisationID legalName vatNumber activityType country lat lon geolocation nutsCode nutsName url",
    "participation": "projectID organisationID role",
    "project": "id acronym title startDate endDate topic",
    "euroSciVoc": "projectID code title path",
}
#: What stands in place of a cell.
ODD = (
    "", " ", "\t", "\u00a0", "\u2003", "\u200b", "\ufeff", "\x1c", "\x0b", "\x7f", "\x85", "\u2028", "\u202eabc\u202c", "\u200fabc",
    "é", "e\u0301", "İ", "ß", "😀", "👩‍👩‍👧", "\ufffe", "\uffff", "\U0010ffff", "\ud7ff\ue000", "ａ１", "٣٤", "①",
    ".", "..", "...", "./", "../..", "/", "//", "a/b", "/a", "a/", "%2F", "%", "%zz", "+", "a b", "a#b", "a?b", "#", ":", "urn:x",
    "<b>", "<>", "{}", "[]", "\\", "\\u0041", "\\n", "^^", "@en", "_:b", "'", "''", "' OR 1=1 --", '"', '""', '"""', "`", "$1", "$$", "?x",
    "=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"x\")", "null", "NULL", "None", "nan", "true", "#N/A",
    "0", "-0", "+0", "00", "007", "1.", ".5", "-.5", "+.5", ".", "-", "1e3", "1E400", "NaN", "INF", "-INF", "0x10", "1_000", "1,5", "1 000",
    "3", "2", "1", "999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" * 40, "9" * 400,
    "0." + "0" * 50 + "1", "1." + "3" * 40, "179.9999999999999999999", "90", "-90", "90.0000000000000000001", "180", "-180.1", "１２",
    "2020", "2020-02-30", "2019-02-29", "2020-02-29", "2020-13", "2020-1-5", "31/12/2019", "0000", "0000-01-01", "-0001-01-01", "10000-01-01",
    "99999", "2020-01-01T00:00:00Z", "2020-01-01Z", "2020-01-01+25:00", "2199-12-31", "2200", "soon", " 2020 ", "2020\n", "２０２０",
    ";", ";;", "a;b", " a ; ;b ", "a\nb", "a\r\nb", "a\rb", "\n", "\r", "line\n\nline", 'say "hi"', "a,b", "a\tb",
    "http://", "https://e.org/x y", "https://e.org/a;https://e.org/b", "ftp://e.org", "javascript:alert(1)", "https://e.org/\u202e", "HTTP://E.ORG",
    "DE", "de", "DEU", "D\n", "Q42", "Q0", "Q4２", "Q42 ", "http://www.wikidata.org/entity/Q42", "company", "Company", " company ", "PRC", "prc",
    "rd-project", "/23/53/373", "23/53", "/./..", "/../", "/23//53", "23.53", "/ /", "POINT(1 2)", "(50,4)", "50 4", "(,)", "50,4,3", "1" * 3000,
    "x" * 70_000, "é" * 9_000, ";" * 2_000, ";".join(map(str, range(400))), "a/" * 40_000, "/1" * 20_000, '"' * 999, "\n" * 500,
)  # fmt: skip
DELIMITERS = (",", ";", "\t", "|", ":", " ")
NAMES = (
    "ID",
    "Name ",
    "naem",
    "",
    " ",
    "id\u200b",
    "\ufeffid",
    "line",
    "reason",
    "row",
    "node",
    "iri",
    "other",
    "c0",
    "x" * 5000,
    "a\rb",
    "é",
    '"',
)
HUGE = 1_000_000


@dataclass(slots=True)
class Fuzzed:
    """A project: its files before and after what happened to them."""

    folder: Path
    sound: dict[Path, bytes] = field(default_factory=dict)
    mutated: dict[Path, bytes] = field(default_factory=dict)
    #: The kind of each source, and whether it passes over columns that it doesn't know, in order.
    sources: list[tuple[str, bool]] = field(default_factory=list)

    def write(self) -> None:
        """Write all files as they are now."""
        for file, content in {**self.sound, **self.mutated}.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def heal(self, file: Path) -> None:
        """Put a file back as it was."""
        del self.mutated[file]
        if file.is_dir():
            file.rmdir()
        if file in self.sound:
            file.write_bytes(self.sound[file])
        else:
            file.unlink(missing_ok=True)


def fuzzed_project(rng: random.Random, folder: Path, kinds: str) -> Fuzzed:
    """Make a project with a source for each letter of `kinds`: (t)ables, (c)ordis, (o)ld cordis or (r)df."""
    project = Fuzzed(folder)
    toml = f'[project]\nbase = "{BASE}"\n'
    for number, kind in enumerate(kinds, start=1):
        place = folder / f"s{number}"
        ignore = kind == "t" and rng.random() < 0.3
        name = {"t": "tables", "r": "rdf"}.get(kind, "cordis")
        project.sources.append((name, ignore))
        toml += f'\n[[source]]\ntype = "{name}"\npath = "s{number}"\n' + 'extra_columns = "ignore"\n' * ignore
        if kind == "r":
            _rdf(rng, project, place, number)
            continue
        for table, rows in (_tables(rng, number) if kind == "t" else _cordis(rng, number, old=kind == "o")).items():
            suffix = "tsv" if kind == "t" and rng.random() < 0.15 else "csv"
            file = place / f"{table}.{suffix}"
            project.sound[file] = _text(rows, "\t" if suffix == "tsv" else ",").encode()
            if rng.random() < 0.9:
                project.mutated[file] = _mutated(rng, rows, suffix)
        if rng.random() < 0.03:
            _odd_file(rng, project, place)
    project.sound[folder / "kg.toml"] = toml.encode()
    project.write()
    return project


Rows = list[list[str]]


def _tables(rng: random.Random, number: int) -> dict[str, Rows]:
    """Sound tables of a few rows; ids have the source's number."""

    def some(what: str, count: int) -> list[str]:
        return [f"{what}{number}.{at}" for at in range(count)]

    organizations, regions, sectors = some("o", rng.randint(4, 9)), some("r", 5), some("s", 5)
    skills, ties, groups = some("k", 3), some("c", 4), some("g", 3)
    pick = rng.choice
    made: dict[str, list[dict[str, str]]] = {
        "regions": [
            {"id": name, "name": f"Region {name}", "parent": regions[0] if at else "", "level": "3" if at else "2", "latitude": f"{45 + at}.5", "longitude": "7"}
            for at, name in enumerate(regions)
        ],
        "sectors": [
            {"id": name, "name": f"Sector {name}", "broader": sectors[0] if at else "", "level": "2" if at else "1", "scheme": "nace"}
            for at, name in enumerate(sectors)
        ],
        "skills": [{"id": name, "name": f"Skill {name}"} for name in skills],
        "organizations": [
            {"id": name, "name": f"Firm {name}", "kind": "company", "country": "DE", "region": pick([*regions[1:], ""]), "latitude": "46.25", "longitude": "7.1",
             "sectors": f"{pick(sectors[1:])};{pick(sectors)}", "skills": pick(skills), "employees": str(rng.randint(1, 900)), "founded": "1999-05", "website": "https://e.org/x",
             "lei": "529900T8BM49AURSDO55", "vat": f"DE{rng.randint(1, 10**9)}", "wikidata": f"Q{rng.randint(1, 10**6)}"}
            for name in organizations
        ],
        "supplies": [
            {"supplier": pick(organizations), "customer": pick(organizations), "product": "gears", "since": "2019", "until": "", "source": "a list"}
            for _ in range(6)
        ],
        "collaborations": [
            {"id": name, "name": f"Project {name}", "kind": "rd-project", "start": "2020-01-01", "end": "2021", "topics": "a;b", "website": "https://e.org/p"}
            for name in ties
        ],
        "participants": [{"collaboration": pick(ties), "organization": pick(organizations), "role": pick(["", "lead"])} for _ in range(9)],
        "competitors": [{"organization": pick(organizations), "competitor": pick(organizations), "market": "pumps"} for _ in range(4)],
        "groups": [{"id": name, "name": f"Group {name}", "region": pick(regions), "sector": pick(sectors), "website": "https://e.org/g"} for name in groups],
        "members": [{"group": pick(groups), "organization": pick(organizations)} for _ in range(7)],
    }  # fmt: skip
    return {
        name: [COLUMNS[name].split(), *([row[column] for column in COLUMNS[name].split()] for row in rows)]
        for name, rows in made.items()
    }


def _cordis(rng: random.Random, number: int, *, old: bool) -> dict[str, Rows]:
    """Sound files of CORDIS; in the old form a row of organization.csv is a participation too."""
    organizations = [f"9{number}{at}" for at in range(rng.randint(3, 7))]
    projects = [f"1{number}{at}" for at in range(4)]
    links = [[rng.choice(projects), rng.choice(organizations), rng.choice(["", "coordinator"])] for _ in range(10)]
    about = {
        name: [name, f"LEGAL {name}", f"DE{name}", "PRC", "EL", "50.1", "4.25", "", f"BE{number % 10}1{at % 5}", "Somewhere", "www.e.org"]
        for at, name in enumerate(organizations)
    }  # fmt: skip
    columns = {name: text.split() for name, text in CORDIS.items()}
    made: dict[str, Rows] = {
        "project": [
            columns["project"],
            *([name, "ACR", f"Title {name}", "2020-01-01", "2022-06-30", "TOPIC-1"] for name in projects),
        ],
        "organization": [columns["organization"], *about.values()],
        "participation": [columns["participation"], *links],
        "euroSciVoc": [
            columns["euroSciVoc"],
            *(
                [rng.choice(projects), f"/23/5{rng.randint(1, 4)}/373", "chemistry", "/natural/chemical/chemistry"]
                for _ in range(8)
            ),
        ],
    }
    if old:
        del made["participation"]
        made["organization"] = [
            [*columns["organization"], "projectID", "role"],
            *([*about[organization], project, role] for project, organization, role in links),
        ]
    return made


def _rdf(rng: random.Random, project: Fuzzed, place: Path, number: int) -> None:
    """Statements in three formats, some of them broken."""
    lines = [
        f'<urn:o{at}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/org#Organization> .\n<urn:o{at}> <http://www.w3.org/2004/02/skos/core#prefLabel> "O {at}" .'
        for at in range(number * 10, number * 10 + 5)
    ]
    lines += [f'_:b{at} <https://schema.org/name> "n{at}"@de .\n<urn:x> <https://schema.org/knows> _:b{at} .' for at in range(3)]  # fmt: skip
    lines += [f'<urn:o{number * 10}> <https://schema.org/numberOfEmployees> "{rng.choice(("5", "007", "x", "1e5", "9" * 30))}"^^<http://www.w3.org/2001/XMLSchema#integer> .']  # fmt: skip
    for suffix in ("nt", "ttl", "nq", "trig", "n3"):
        head = "" if suffix.startswith("n") and suffix != "n3" else "@prefix s: <https://schema.org/> .\n"
        file = place / f"d{number}.{suffix}"
        project.sound[file] = (head + "\n".join(lines) + "\n").encode()
        content = bytearray(project.sound[file])
        for _ in range(rng.choice((0, 0, 1, 2, 4))):
            if rng.random() < 0.6:
                texts = (
                    '"', "<", ">", ".", ";", ",", " _:b ", '"""', "@en", "^^", "\\u0000", "\\uD800", "\\U00110000", "a", "[]", "()", "{", "}", "<<", "<<( ",
                    "\n@base <x> .\n", "\n# note\n", "s:x", "\x00", "\r", "\u202e", "=>", "<x y>", '"a"@-', '"a"@en--ltr', "<urn:\\u0020>", "true", "1e", "-", "BASE ", "?v",
                )  # fmt: skip
                at = rng.randrange(len(content) + 1)
                content[at:at] = rng.choice(texts).encode()
            else:
                _break_bytes(rng, content)
        project.mutated[file] = bytes(content)


def _odd_file(rng: random.Random, project: Fuzzed, place: Path) -> None:
    name = rng.choice(["notes.csv", "skills.xlsx", "Regions.CSV", "regions.TSV", "organizations.tsv", "x\udcff.csv"])
    project.mutated[place / name] = b"id,name\n1,2\n"


# -- what happens to a table


def _mutated(rng: random.Random, rows: Rows, suffix: str) -> bytes:
    rows = [list(row) for row in rows]
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        if len(rows) > 1 and rng.random() < 0.75:
            row = rng.choice(rows[1:])
            if row:
                row[rng.randrange(len(row))] = _odd(rng)
        else:
            _STRUCTURE[rng.choices(range(len(_STRUCTURE)), _WEIGHTS)[0]](rng, rows)
    delimiter = "\t" if suffix == "tsv" else rng.choice(",,,,,,,,,;")
    if rng.random() < 0.02:
        delimiter = rng.choice(DELIMITERS)
    content = bytearray(_encoded(rng, _untidy(rng, rows, delimiter)))
    if rng.random() < 0.12:
        for _ in range(rng.randint(1, 3)):
            _break_bytes(rng, content)
    return bytes(content)


def _odd(rng: random.Random) -> str:
    if rng.random() < 0.004:
        size = HUGE + rng.choice((-2, -1, 0, 1, 500_000))
        return rng.choice(("x", "é", "1", "\n", '"', "a;", " ")) * (size // rng.choice((1, 2)))
    if rng.random() < 0.15:
        return "".join(chr(rng.choice((rng.randrange(1, 128), rng.randrange(160, 0xD800)))) for _ in range(rng.randint(1, 6)))  # fmt: skip
    return rng.choice(ODD)


def _drop_column(rng: random.Random, rows: Rows) -> None:
    at = rng.randrange(max(1, len(rows[0])))
    for row in rows:
        del row[at : at + 1]


def _repeat_column(rng: random.Random, rows: Rows) -> None:
    at = rng.randrange(max(1, len(rows[0])))
    for row in rows:
        row[len(row) :] = row[at : at + 1]


def _rename_column(rng: random.Random, rows: Rows) -> None:
    if rows[0]:
        rows[0][rng.randrange(len(rows[0]))] = rng.choice(NAMES)


def _alias_column(rng: random.Random, rows: Rows) -> None:
    name = rng.choice(("name", "organizationURL", "legalName", "url"))
    for at, row in enumerate(rows):
        row.append("" if at and rng.random() < 0.5 else f"other {at}" if at else name)


def _shuffle_columns(rng: random.Random, rows: Rows) -> None:
    order = list(range(len(rows[0])))
    rng.shuffle(order)
    for row in rows:
        row[:] = [row[at] for at in order if at < len(row)]


def _many_columns(rng: random.Random, rows: Rows) -> None:
    count = rng.choice((20, 300, 2000))
    for at, row in enumerate(rows):
        row += [f"more{column}" if at == 0 else "m" for column in range(count)]


def _shift_cells(rng: random.Random, rows: Rows) -> None:
    for row in rows[rng.randrange(len(rows)) :]:
        row.insert(rng.randrange(len(row) + 1), rng.choice(("", "shifted")))


def _cut_rows(rng: random.Random, rows: Rows) -> None:
    for row in rng.sample(rows[1:], min(len(rows) - 1, 2)):
        del row[rng.randrange(len(row) + 1) :]


def _longer_rows(rng: random.Random, rows: Rows) -> None:
    for row in rng.sample(rows[1:], min(len(rows) - 1, 2)):
        row += [rng.choice(("", "surplus", " ", "é"))] * rng.randint(1, 4)


def _no_rows(rng: random.Random, rows: Rows) -> None:
    del rows[1:]


def _repeat_row(rng: random.Random, rows: Rows) -> None:
    rows.insert(rng.randrange(1, len(rows) + 1), list(rng.choice(rows)))


def _same_id(rng: random.Random, rows: Rows) -> None:
    if len(rows) > 2:
        one, other = rng.sample(rows[1:], 2)
        other[:1] = one[:1]


def _self_link(rng: random.Random, rows: Rows) -> None:
    if len(rows) > 1:
        row = rng.choice(rows[1:])
        row[1:2] = row[:1]


def _cycle(rng: random.Random, rows: Rows) -> None:
    for one, other in zip(rows[1:], [*rows[2:], *rows[1:2]], strict=True):
        one[2:3] = other[:1]


def _blank_rows(rng: random.Random, rows: Rows) -> None:
    for _ in range(rng.randint(1, 3)):
        rows.insert(rng.randrange(len(rows) + 1), rng.choice(([], [""], [" "], ["", "", ""])))


Mutation = Callable[[random.Random, Rows], None]
_STRUCTURES: dict[Mutation, int] = {
    _drop_column: 2, _repeat_column: 1, _rename_column: 1, _alias_column: 1, _shuffle_columns: 6, _many_columns: 1, _shift_cells: 4, _cut_rows: 6,
    _longer_rows: 6, _no_rows: 1, _repeat_row: 8, _same_id: 8, _self_link: 6, _cycle: 6, _blank_rows: 6,
}  # fmt: skip
_STRUCTURE, _WEIGHTS = list(_STRUCTURES), list(_STRUCTURES.values())


def _text(rows: Rows, delimiter: str) -> str:
    return "".join(delimiter.join(_quoted(cell, delimiter) for cell in row) + "\n" for row in rows)


def _quoted(cell: str, delimiter: str) -> str:
    if any(char in cell for char in f'{delimiter}"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _untidy(rng: random.Random, rows: Rows, delimiter: str) -> str:
    """Rows as text: with one end of line or several, every cell quoted, or one not quoted that should be."""
    ends = rng.choice(
        (*[["\n"]] * 24, *[["\r\n"], ["\n", "\r\n"], ["\n", "\n\n"]] * 4, ["\r"], ["\n", "\n", "\n", "\n", "\r"])
    )
    every = rng.random() < 0.1
    careless = 0.02 if rng.random() < 0.2 else 0.0
    lines = []
    for row in rows:
        cells = []
        for cell in row:
            shown = '"' + cell.replace('"', '""') + '"' if every else _quoted(cell, delimiter)
            if rng.random() < careless:
                shown = rng.choice((cell, '"' + shown, shown + '"', ' "' + cell + '"', f'"{cell}"x', f'x"{cell}'))
            cells.append(shown)
        lines.append(delimiter.join(cells) + rng.choice(ends))
    text = "".join(lines)
    return text.rstrip("\r\n") if rng.random() < 0.2 else text


def _encoded(rng: random.Random, text: str) -> bytes:
    chance = rng.random()
    if chance < 0.05:
        return "\ufeff".encode() + text.encode()
    if chance < 0.06:
        return "\ufeff\ufeff".encode() + text.encode()
    if chance < 0.07:
        return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-32")))
    if chance < 0.08:
        return text.encode("latin-1", "replace")
    if chance < 0.09:
        return b"\n".join(line.encode(rng.choice(("utf-8", "latin-1", "utf-16")), "replace") for line in text.split("\n"))  # fmt: skip
    if chance < 0.095:
        return text.encode() + b"\n" * 9000 + rng.choice((b"x\0y,z\n", b"\xff", b"a,b\n\0\n"))
    return text.encode()


def _break_bytes(rng: random.Random, content: bytearray) -> None:
    at = rng.randrange(len(content) + 1)
    match rng.randrange(9):
        case 0:
            del content[at:]
        case 1:
            del content[at : at + rng.randint(1, 20)]
        case 2:
            content[at:at] = content[rng.randrange(len(content) + 1) :][: rng.randint(1, 200)]
        case 3:
            content[at:at] = rng.choice((b'"', b"\n", b"\r", b",", b";", b"\t", b'","', b'"\n"', b"\r\r\n", b'""'))
        case 4:
            content[at:at] = rng.choice((b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\x1a", b"\x80"))  # fmt: skip
        case 5:
            content[at:at] = rng.randbytes(rng.randint(1, 40))
        case 6:
            content[at : at + 1] = bytes([rng.randrange(256)])
        case 7 if rng.random() < 0.3:
            content[:] = rng.choice((b"", b"\n", b"\xef\xbb\xbf", rng.randbytes(rng.randint(1, 2000)), b"PK\x03\x04", b"%PDF-1.7"))  # fmt: skip
        case _:
            content[at:at] = bytes(rng.randrange(32, 127) for _ in range(rng.randint(1, 30)))
