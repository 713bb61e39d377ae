"""The tools of an assistant: what each is called, takes and gives, and how it is carried out."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mcp_types import CallToolResult, TextContent, ToolAnnotations
from mcp_types import Tool as Declared

from kg.catalog import Query, load
from kg.errors import ClusterKGError, UsageError, nearest
from kg.namespaces import PREFIXES
from kg.serve.mcp import answers, schemas, vocabulary
from kg.serve.mcp.answers import Reply, plain
from kg.serve.state import Keeper, State
from kg.serve.tasks import Refused, Task

__all__ = ["Tools"]

_log = logging.getLogger("kg.serve")
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_KINDS = ["organization", "group", "region", "sector", "skill", "collaboration"]
#: Rows of ties that are read for explanations, of which a few are shown; facts of a thing; characters of a query.
_TIES, _FACTS, _QUERY = 20_000, 150, 20_000

Arguments = Mapping[str, Any]
Work = Callable[[State, Arguments], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class _Tool:
    declared: Declared
    work: Work


class Tools:
    """The tools over the build that a keeper keeps.

    Parameters
    ----------
    keeper:
        Keeps the build.
    each:
        Whether every question is a tool of its own as well, in place of one that answers any.
    """

    def __init__(self, keeper: Keeper, *, each: bool = False) -> None:
        self.keeper = keeper
        questions = load(vocabulary.QUESTIONS)
        asking = [_question(query) for query in questions] if each else [_asking(questions)]
        self._tools = {tool.declared.name: tool for tool in (*_general(questions), *asking)}

    @property
    def declared(self) -> list[Declared]:
        """What the tools are called, take and give."""
        return [tool.declared for tool in self._tools.values()]

    def schema(self, name: str) -> Mapping[str, Any] | None:
        """Return the schema of what a tool takes; nothing where there is no such tool."""
        return self._tools[name].declared.input_schema if name in self._tools else None

    async def call(self, name: str, arguments: Arguments) -> CallToolResult:
        """Carry out a tool; what goes wrong is in the result, as one line, for the assistant to read."""
        try:
            if name not in self._tools:
                raise UsageError(f"there is no tool '{plain(name, 80)}'{nearest(name[:80], self._tools)}")
            tool = self._tools[name]
            schemas.check(arguments, tool.declared.input_schema)
            _readable(arguments)
            if self.keeper.state is None:
                raise Refused("the server is starting; try again in a moment", 503)
            reply = await tool.work(self.keeper.state, arguments)
        except (Refused, ClusterKGError) as error:
            return _failed(str(error))
        except Exception:
            _log.exception("tool %s", name)
            return _failed("something went wrong here; it is in the log of the server")
        return CallToolResult(content=[TextContent(text=reply.text)], structured_content=reply.values)


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=plain(message, 800))], is_error=True)


def _readable(value: object) -> None:
    """Refuse characters that no text has; pyoxigraph and JSON would stumble over them."""
    if isinstance(value, Mapping):
        for one in (*value.keys(), *value.values()):
            _readable(one)
    elif isinstance(value, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        raise UsageError("there are characters in this that no text has")


def _tool(name: str, title: str, description: str, takes: dict[str, Any], gives: dict[str, Any], work: Work) -> _Tool:
    annotations = _READS.model_copy(update={"title": title})
    declared = Declared(name=name, title=title, description=description, input_schema=takes, output_schema=gives,
                        annotations=annotations)  # fmt: skip
    return _Tool(declared, work)


def _general(questions: tuple[Query, ...]) -> list[_Tool]:
    tags = sorted({tag for query in questions for tag in query.tags})
    return [
        _tool(
            "list_questions", "The questions that can be asked",
            "List the questions of the library with their parameters: by tag, or one by name with what it means and its "
            "SPARQL. Each was written and tested by those who made the rules; prefer one to a query of your own.",
            schemas.given({"name": {"type": "string", "enum": [query.name for query in questions], "description": "One question"},
                           "tag": {"type": "string", "enum": tags, "description": "Those about this"}}),
            schemas.QUESTIONS, _list_questions,
        ),
        _tool(
            "find", "Find things by name",
            "Find organisations, groups, regions, sectors, skills and collaborations by a part of their name. A candidate is a "
            "group that was considered and not found to hold together.",
            schemas.given({"text": schemas.text("A part of the name", 200),
                           "kind": {"type": "string", "enum": _KINDS, "description": "Only these"},
                           "limit": {**schemas.LIMIT, "default": 20}}, "text"),
            schemas.FOUND, _find,
        ),
        _tool(
            "explain", "Why an organisation is in a group, or is not",
            "Say why an organisation is a member of a group, driver by driver with a few of its ties and the lines of the files that "
            "state them, or why it is not. Without a group: for all groups that it was considered for.",
            schemas.given({"organization": schemas.text("Its IRI, id or name"),
                           "group": schemas.text("A group: its IRI, the end of it, or its name")}, "organization"),
            schemas.EXPLAINED, _explain,
        ),
        _tool(
            "describe", "What is said of a thing",
            "Give the facts of one thing by its IRI, and those of others that name it.",
            schemas.given({"iri": schemas.text("An IRI as other tools give it; prefixes may be used")}, "iri"),
            schemas.DESCRIBED, _describe,
        ),
        _tool(
            "vocabulary", "The words of the data",
            "Give the classes and properties for writing SPARQL, with definitions and prefixes; or the terms, concepts too, that "
            "have a text in their name or definition.",
            schemas.given({"about": schemas.text("A term such as ckg:Cluster, or a word", 200)}),
            schemas.TERMS, _vocabulary,
        ),
        _tool(
            "select", "Ask in SPARQL",
            "Run a SPARQL 1.1 query, SELECT or ASK, over all facts and conclusions. Read the vocabulary first. Read-only; SERVICE "
            "is refused; what takes too long is stopped. Prefixes of the vocabulary need not be declared.",
            schemas.given({"query": schemas.text("SELECT or ASK", _QUERY), "limit": schemas.LIMIT}, "query"),
            schemas.ROWS, _select,
        ),
    ]  # fmt: skip


def _asking(questions: tuple[Query, ...]) -> _Tool:
    return _tool(
        "ask", "Ask a question of the library",
        "Answer one of the questions that list_questions lists. Organisations, groups, regions and sectors are given by IRI, id or "
        "name.",
        schemas.given({
            "question": {"type": "string", "enum": [query.name for query in questions], "description": "Its name"},
            "parameters": {"type": "object", "additionalProperties": {"type": ["string", "number"], "maxLength": 2000},
                           "maxProperties": 10, "description": "Its parameters, by name"},
            "limit": schemas.LIMIT,
        }, "question"),
        schemas.ROWS, _ask,
    )  # fmt: skip


def _question(query: Query) -> _Tool:
    """Return a question as a tool of its own."""
    takes = schemas.parameters_of(query)
    takes["properties"]["limit"] = schemas.LIMIT

    async def work(state: State, arguments: Arguments) -> Reply:
        parameters = {name: value for name, value in arguments.items() if name != "limit"}
        return await _answered(state, query.name, parameters, arguments)

    return _tool(query.name, query.summary, f"{query.summary} {query.description}".strip(), takes, schemas.ROWS, work)


async def _list_questions(_: State, arguments: Arguments) -> Reply:
    chosen = [
        query for query in load(vocabulary.QUESTIONS)
        if arguments.get("name", query.name) == query.name and ("tag" not in arguments or arguments["tag"] in query.tags)
    ]  # fmt: skip
    whole = "name" in arguments
    text = vocabulary.question_text(chosen[0]) if whole and chosen else vocabulary.questions_text(chosen)
    return Reply({"questions": [vocabulary.question_values(query, whole=whole) for query in chosen]}, text or "none")


async def _ask(state: State, arguments: Arguments) -> Reply:
    query = next(query for query in load(vocabulary.QUESTIONS) if query.name == arguments["question"])
    parameters = arguments.get("parameters", {})
    takes = schemas.parameters_of(query)
    # A number may come as a text here: the schema of this tool can't say what each is.
    schemas.check(parameters, {**takes, "properties": {name: {} for name in takes["properties"]}})
    return await _answered(state, query.name, parameters, arguments)


async def _answered(state: State, name: str, parameters: Arguments, arguments: Arguments) -> Reply:
    given = {key: _written(value) for key, value in parameters.items()}
    return answers.rows(
        await state.pool.run(Task("ask", name, parameters=given, rows=_limit(arguments), cut=True, named=True))
    )


async def _select(state: State, arguments: Arguments) -> Reply:
    task = Task("query", arguments["query"], engine="auto", rows=_limit(arguments), cut=True, named=True)
    return answers.rows(await state.pool.run(task))


async def _find(state: State, arguments: Arguments) -> Reply:
    parameters = {"kind": arguments.get("kind", "")}
    task = Task("find", arguments["text"].strip(), parameters=parameters, rows=arguments.get("limit", 20), cut=True)
    return answers.found(await state.pool.run(task))


async def _explain(state: State, arguments: Arguments) -> Reply:
    parameters = {"group": arguments["group"]} if "group" in arguments else {}
    task = Task("explain", arguments["organization"], parameters=parameters, rows=_TIES, cut=True, named=True)
    return answers.explained(await state.pool.run(task))


async def _describe(state: State, arguments: Arguments) -> Reply:
    iri = arguments["iri"].strip().removeprefix("<").removesuffix(">")
    prefix, colon, rest = iri.partition(":")
    if colon and prefix in PREFIXES:
        iri = PREFIXES[prefix] + rest
    task = Task("describe", iri, graph_type="application/n-triples", rows=_FACTS, cut=True, named=True)
    try:
        return answers.described(await state.pool.run(task), iri)
    except Refused as error:
        if error.status in (400, 404):
            raise Refused(
                f"{error}: find gives the IRIs of things by name, vocabulary says what terms mean", error.status
            ) from None
        raise


async def _vocabulary(_: State, arguments: Arguments) -> Reply:
    about = arguments.get("about", "")
    chosen = vocabulary.sought(about)
    if not chosen:
        raise UsageError(f"no term has '{plain(about, 80)}' in its name or definition; without 'about' all are given")
    text = f"{vocabulary.vocabulary_text(chosen, notes=bool(about))}\n\n{vocabulary.prefixes()}"
    return Reply({"prefixes": vocabulary.prefixes(), "terms": [term.values() for term in chosen]}, text)


def _limit(arguments: Arguments) -> int:
    return int(arguments.get("limit", schemas.LIMIT["default"]))


def _written(value: object) -> str:
    """Return a value as a person would write it."""
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)
