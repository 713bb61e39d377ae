"""The pages of questions: each with its answer as a table and, where it has numbers, as a chart."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode

from kg.ask import bind
from kg.build import WORTH_COLUMNS, Build
from kg.catalog import Parameter, Query, load
from kg.engines.base import Solutions, Term
from kg.errors import ClusterKGError, UnsupportedQuery
from kg.identifiers import local_name
from kg.lines import csv_text
from kg.namespaces import CKG, shorten
from kg.publish.charts import YearsChart, years_chart
from kg.publish.model import frugal
from kg.publish.reading import Model, Record
from kg.publish.render import DRIVERS, Frame
from kg.publish.words import terms

__all__ = ["write_questions"]

#: The most rows of an answer that are kept, those on the page, and bars of a chart.
MOST_ROWS, ON_PAGE, MOST_BARS = 5_000, 200, 15
#: Seconds that a question may take.
PATIENCE = 20.0
#: How many things of a kind a form lets one choose from.
MOST_CHOICES = 40
_DRIVERS = {f"{CKG}{name}": letter for name, letter in DRIVERS}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of an answer: its text, where it leads, and whether it is a number."""

    text: str
    href: str
    number: bool
    driver: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: what the parameters were given, its columns and rows, whether there were more, and a chart."""

    given: list[tuple[str, str]]
    file: str
    columns: list[str]
    rows: list[list[Cell]]
    count: int
    more: bool
    chart: list[Record]
    chart_of: str
    years: YearsChart | None
    fault: str


def write_questions(frame: Frame, build: Build, model: Model) -> None:
    """Answer all questions of the library and write their pages and the index."""
    choices = _choices(model)
    questions = load("queries/questions")
    with frugal(build):
        for query in questions:
            _question(frame, build, model, query, choices)
    tags: dict[str, list[Query]] = {}
    for query in questions:
        tags.setdefault(query.tags[0] if query.tags else "other", []).append(query)
    frame.write("questions.html.j2", "questions/index.html", tags=dict(sorted(tags.items())), count=len(questions))


def _question(frame: Frame, build: Build, model: Model, query: Query, choices: dict[str, list[Record]]) -> None:
    answers = []
    for place, given in enumerate(_examples(query, choices)):
        name = f"questions/{query.name}{'' if place == 0 else f'-{place + 1}'}.csv"
        answers.append(_answer(frame, build, model, query, given, name))
    first: dict[str, int] = {}
    parameters = []
    for one in query.parameters:
        place = first.setdefault(one.type, -1) + 1
        first[one.type] = place
        parameters.append({"name": one.name, "type": one.type, "description": one.description, "default": one.default,
                           "choices": choices.get(one.type, []), "first": place})  # fmt: skip
    text = "\n".join(line for line in query.text.splitlines() if not line.startswith("#+")).strip()
    frame.write("question.html.j2", f"questions/{query.name}.html", query=query, text=text, answers=answers,
                parameters=parameters, on_page=ON_PAGE)  # fmt: skip


def _choices(model: Model) -> dict[str, list[Record]]:
    """Return things that questions may be asked about, by the type of their parameter, the most important first."""
    return {
        "group": model.rows(f'SELECT iri, name FROM "group" WHERE evidenced ORDER BY n LIMIT {MOST_CHOICES}'),
        "organization": model.rows(f"""SELECT o.iri, o.name FROM organization o JOIN score s ON s.n = o.n
            ORDER BY s.groups DESC, s.ties DESC, o.n LIMIT {MOST_CHOICES}"""),
        "region": model.rows(f"""SELECT r.iri, r.name FROM region r JOIN (SELECT region, count(*) AS c FROM "group"
            WHERE evidenced AND contains(kinds, 'Cluster') GROUP BY 1) g ON g.region = r.n ORDER BY g.c DESC, r.n LIMIT {MOST_CHOICES}"""),
        "sector": model.rows(f"""SELECT s.iri, s.name FROM sector s JOIN (SELECT sector, count(*) AS c FROM "group"
            WHERE evidenced GROUP BY 1) g ON g.sector = s.n ORDER BY g.c DESC, s.n LIMIT {MOST_CHOICES}"""),
        "collaboration": model.rows(f"""SELECT c.iri, c.name FROM collaboration c JOIN collaboration_size z ON z.collaboration = c.n
            ORDER BY z.size DESC, c.n LIMIT {MOST_CHOICES}"""),
    }  # fmt: skip


def _examples(query: Query, choices: dict[str, list[Record]]) -> Iterator[dict[str, str]]:
    """Yield values for the parameters: the defaults, and for things the two most important."""
    required = [one for one in query.parameters if one.required]
    if not required:
        yield {}
        return
    for place in range(2):
        given: dict[str, str] = {}
        taken: dict[str, int] = {}
        for one in required:
            listed = choices.get(one.type, [])
            which = place + taken.get(one.type, 0)
            if which >= len(listed):
                return
            given[one.name] = listed[which]["iri"]
            taken[one.type] = taken.get(one.type, 0) + 1
        yield given


def _answer(frame: Frame, build: Build, model: Model, query: Query, given: dict[str, str], file: str) -> Answer:
    shown = [(one.description or one.name, _given(model, one, given)) for one in query.parameters]
    try:
        found = _asked(build, query, _terms(build, query, given))
    except ClusterKGError as error:
        return Answer(shown, "", [], [], 0, False, [], "", None, str(error))
    rows = found.rows[:MOST_ROWS]
    lines = [csv_text(found.variables), *(csv_text("" if t is None else t.value for t in row) for row in rows)]
    path = frame.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(lines).encode("utf-8", "replace"))
    known = _known(model, rows[:ON_PAGE])
    cells = [[_cell(term, known) for term in row] for row in rows[:ON_PAGE]]
    chart, chart_of = _chart(found.variables, cells)
    columns = [_spaced(name) for name in found.variables]
    return Answer(shown, file.rsplit("/", 1)[-1], columns, cells, len(rows), len(found.rows) > MOST_ROWS, chart,
                  _spaced(chart_of), _years(found.variables, cells), "")  # fmt: skip


def _terms(build: Build, query: Query, given: dict[str, str]) -> dict[str, Term]:
    """Return the terms of the parameters; things are given by their IRIs, which need not be looked for."""
    own = {name: NamedNode(iri) for name, iri in given.items()}
    rest = Query(query.name, query.text, parameters=tuple(one for one in query.parameters if one.name not in own))
    return {**bind(build, rest, {}), **own}


def _given(model: Model, parameter: Parameter, given: dict[str, str]) -> str:
    iri = given.get(parameter.name)
    if iri is None:
        return parameter.default or ""
    return _named(model, [iri]).get(iri, (iri, ""))[0]


def _asked(build: Build, query: Query, terms: dict[str, Term]) -> Solutions:
    """Answer a question, one row more than is kept; a large build has only its columns asked, and not for long."""
    text = f"{query.text}\nLIMIT {MOST_ROWS + 1}"
    if build.columns is None or build.run["counts"]["facts"] < WORTH_COLUMNS:
        return build.select(text, terms)
    connection = build.columns.store.connection
    with _patience(connection):
        return build.columns.select(text, terms)


@contextmanager
def _patience(connection: Any) -> Iterator[None]:
    """Stop what runs on a connection when it takes too long."""
    timer = threading.Timer(PATIENCE, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except UnsupportedQuery as error:
        if "interrupt" in str(error).lower():
            raise UnsupportedQuery(f"it takes more than {PATIENCE:.0f} seconds on so many facts") from None
        raise
    finally:
        timer.cancel()


# -- cells


def _known(model: Model, rows: Sequence[Sequence[Term | None]]) -> dict[str, tuple[str, str]]:
    iris = {term.value for row in rows for term in row if isinstance(term, NamedNode)}
    return _named(model, sorted(iris))


def _named(model: Model, iris: list[str]) -> dict[str, tuple[str, str]]:
    """Return the names and addresses of things that have a page."""
    out: dict[str, tuple[str, str]] = {}
    for table in ("organization", "region", "sector", "skill", "collaboration", "group"):
        rows = model.rows(f'SELECT iri, name, href FROM "{table}" WHERE iri IN (SELECT unnest(?::VARCHAR[]))', [iris])
        out |= {row["iri"]: (row["name"], row["href"]) for row in rows}
    return out


def _cell(term: Term | None, known: dict[str, tuple[str, str]]) -> Cell:
    if term is None:
        return Cell("", "", False, "")
    if isinstance(term, NamedNode):
        text, href = known.get(term.value, ("", ""))
        if not text:
            found = terms().get(term.value)
            text = found.label if found else shorten(term.value)
        return Cell(text, href, False, _DRIVERS.get(term.value, ""))
    kind = local_name(term.datatype.value) if isinstance(term, Literal) else ""
    if kind == "boolean":
        return Cell("yes" if term.value == "true" else "no", "", False, "")
    return Cell(term.value, "", kind in ("integer", "decimal", "double"), "")


def _spaced(name: str) -> str:
    """Return the name of a variable as words.

    >>> _spaced("linkDensity")
    'link density'
    """
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _years(names: Sequence[str], rows: list[list[Cell]]) -> YearsChart | None:
    """Return the chart of an answer that has linked and local pairs by year."""
    wanted = ("year", "linkedPairs", "localPairs")
    if not all(name in names for name in wanted):
        return None
    places = [list(names).index(name) for name in wanted]
    if not all(row[place].text.isdecimal() for row in rows for place in places):
        return None
    return years_chart([dict(zip(("year", "linked", "near"), (int(row[p].text) for p in places), strict=True))
                        for row in sorted(rows, key=lambda row: int(row[places[0]].text))])  # fmt: skip


def _chart(names: Sequence[str], rows: list[list[Cell]]) -> tuple[list[Record], str]:
    """Return bars for the first column of numbers, and its name; nothing where rows have no name of their own."""
    if len(rows) < 2:
        return [], ""
    numbers = [
        place for place in range(len(names)) if all(row[place].number for row in rows) and "year" not in names[place]
    ]
    labels = [place for place in range(len(names)) if place not in numbers]
    if not numbers or not labels:
        return [], ""
    first = numbers[0]
    shown = rows[:MOST_BARS]
    texts: list[str] = []
    for count in range(1, len(labels) + 1):
        texts = [", ".join(row[place].text for place in labels[:count] if row[place].text) for row in shown]
        if len(set(texts)) == len(texts):
            break
    else:
        return [], ""
    values = [float(row[first].text) for row in shown]
    most = max(values)
    if most <= 0 or min(values) < 0 or len(set(values)) == 1:
        return [], ""
    return [
        {"label": text, "href": row[labels[0]].href, "value": row[first].text, "share": round(100 * value / most, 1),
         "class": next((row[place].driver for place in labels if row[place].driver), "k")}
        for text, row, value in zip(texts, shown, values, strict=True)
    ], names[first]  # fmt: skip
