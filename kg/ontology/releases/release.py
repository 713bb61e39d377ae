"""A release of an ontology: every format, context, changelog, migration queries and redirect rules, from its modules."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rdflib import DC, DCTERMS, FOAF, OWL, RDF, VANN, BNode, Graph, URIRef

from kg.errors import InputError, UsageError
from kg.folders import replacing
from kg.ontology.releases import w3id
from kg.ontology.releases.changelog import changelog, changes_json, changes_turtle
from kg.ontology.releases.changes import compare
from kg.ontology.releases.context import context_of
from kg.ontology.releases.folders import SCRATCH, by_age, found_in, newest
from kg.ontology.releases.formats import canonical, jsonld, ntriples, rdfxml
from kg.ontology.releases.migrate import migrations
from kg.ontology.releases.names import file_name, label, names_of, title, version, version_key
from kg.ontology.releases.written import written
from kg.ontology.vocabulary import Module, Vocabulary
from kg.turtle import canonical_turtle, leading_comment

__all__ = ["LATEST", "Released", "contents", "release", "stem"]

#: The folder of the newest version.
LATEST = "latest"
#: The folders of a release that are written anew each time; all else in it stays.
_OURS = (LATEST, "w3id")
_CHANGELOG = "CHANGELOG.md"
_NUMBER = r"(v?[0-9]+\.[0-9]+(?:\.[0-9]+)?)"

_PAGE = "html/index.html"

Files = dict[str, bytes]
#: What makes the HTML pages of an ontology, by file name; :func:`kg.ontology.reference.pages.reference` does.
Pages = Callable[[Vocabulary], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Released:
    """What was released: where, under which version and name, which files, and what a person should know."""

    folder: Path
    version: str
    name: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Plan:
    """What goes into a release."""

    vocabulary: Vocabulary
    name: str
    #: All other versions that are known, oldest first, later ones included.
    others: Sequence[Vocabulary] = ()
    #: Folders of versions that are there and stay as they are.
    kept: frozenset[str] = frozenset()
    #: Other graphs that go with the ontology, by the ends of their IRIs, which are beside that of the ontology.
    extras: Mapping[str, Graph] = field(default_factory=dict)
    site: str = ""
    contacts: Sequence[str] = ()
    pages: Pages | None = None

    @property
    def folder(self) -> str:
        """The name of the folder of the version; empty when the version is unknown."""
        return _folder(self.vocabulary)

    @property
    def previous(self) -> Sequence[Vocabulary]:
        """The versions before this, oldest first."""
        now = version_key(version(self.vocabulary))
        return [one for one in self.others if not now or (version_key(version(one)) or now) <= now]

    @property
    def later(self) -> Sequence[Vocabulary]:
        """The versions after this, oldest first."""
        now = version_key(version(self.vocabulary))
        return [one for one in self.others if now and (version_key(version(one)) or now) > now]

    @property
    def latest(self) -> str:
        """The folder that `latest` is a copy of."""
        last = newest(self.later)
        return self.folder if last is None else _folder(last)


def _folder(vocabulary: Vocabulary) -> str:
    return file_name(version(vocabulary))


def stem(vocabulary: Vocabulary) -> str:
    """Return the name of the files of an ontology: its folder on w3id.org, its preferred prefix, or the end of its IRI."""
    place = w3id.relative(vocabulary.iri)
    prefix = str(vocabulary.graph.value(vocabulary.iri, VANN.preferredNamespacePrefix) or "")
    parts = re.split(r"[/#]", str(vocabulary.iri).rstrip("/#"))
    candidates = (place[0] if place else "", prefix, parts[-1], vocabulary.modules[0].name)
    return next((name for name in map(file_name, candidates) if name), "ontology")


def release(
    vocabulary: Vocabulary,
    out: Path,
    *,
    previous: Sequence[Vocabulary] = (),
    extras: Mapping[str, Graph] | None = None,
    name: str = "",
    site: str = "",
    contacts: Sequence[str] = (),
    pages: Pages | None = None,
    replace: bool = False,
) -> Released:
    """Write a release into a folder; when anything fails, the folder is as it was.

    Parameters
    ----------
    vocabulary:
        The ontology.
    out:
        A folder that is new, empty, or holds earlier releases, which are kept.
    previous:
        The other versions: for the changelog, and written too where the folder lacks them. Those that are in the
        folder need not be given. The order is that of their numbers, or the one given where some has none.
    extras:
        Other graphs that go with it, such as shapes, by the ends of their IRIs, which are beside that of the ontology.
    name:
        The name of the files; see :func:`stem` for what it is without.
    site:
        The web address at which `out` will be; without it no redirect rules are written.
    contacts:
        Whom to ask about the redirect rules; without any, the creators of the ontology.
    pages:
        What makes the HTML pages of each version.
    replace:
        Write a version that is there already once more, though it differs.

    Raises
    ------
    UsageError
        when the folder holds something else, or the version with other contents; a version is named like something
        else in a release; or the site is no web address.
    InputError
        when some format can't hold the ontology, or the folder can't be written.
    """
    if file_name(name) != name:
        raise UsageError(f"'{name}' is no name for files; use letters, digits, . _ and -")
    site = w3id.checked_site(site) if site else ""
    place = _resolved(out)
    name = name or stem(vocabulary)
    _check_versions(place, [*previous, vocabulary])
    _check_folder(out)
    others, kept = _others(place, vocabulary, previous, name)
    plan = _Plan(vocabulary, name, others, kept, extras or {}, site, contacts, pages)
    files = contents(plan)
    if not replace:
        _check_same(place, plan.folder, files)
    notes = list(_notes(plan))
    with replacing(place, SCRATCH) as fresh:
        _write(fresh, place, plan, files)
    return Released(out, version(vocabulary), plan.name, tuple(sorted(files)), tuple(notes))


def _resolved(out: Path) -> Path:
    """Return the folder that a path leads to, through symbolic links: a link stays one."""
    try:
        return out.resolve()
    except (OSError, RuntimeError):
        raise InputError("this link leads to itself; name a folder", file=out) from None


def _check_versions(out: Path, versions: Sequence[Vocabulary]) -> None:
    """See that every version can have a folder of its own."""
    for one in versions:
        name = _folder(one)
        if name.lower() in (*_OURS, _CHANGELOG.lower()) or (out / name).is_file():
            raise UsageError(f"the version '{name}' has the name of something else in the release; give it a number")
    names = [name for one in versions[:-1] if (name := _folder(one))]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise UsageError(f"two earlier versions are both '{twice}'; name each only once")


def _check_folder(out: Path) -> None:
    """See that a folder is new, empty, or one of releases."""
    if out.is_dir() and any(out.iterdir()) and not (out / LATEST).is_dir():
        raise UsageError(f"{out} is not empty and holds no release; name a new folder")


def _others(
    out: Path, vocabulary: Vocabulary, previous: Sequence[Vocabulary], name: str
) -> tuple[tuple[Vocabulary, ...], frozenset[str]]:
    """Return the versions that are given or in the folder, this one left out, and which of their folders are there."""
    given = {_folder(one) for one in (*previous, vocabulary)}
    there = [one for one in found_in(out, name, str(vocabulary.iri)) if _folder(one) not in given]
    others = by_age([*there, *previous])
    return others, frozenset(folder for one in others if (folder := _folder(one)) and (out / folder).is_dir())


def _check_same(out: Path, number: str, files: Files) -> None:
    """See that the version is not there with other contents."""
    if changed := _differs(out, number, files):
        raise UsageError(
            f"{out} holds version {number} already, and {changed} differs; raise owl:versionInfo, "
            "or give --replace if that version was never published"
        )


def _differs(out: Path, number: str, files: Files) -> str:
    """Return the first file of this version that is there with other contents, or lacks; empty when all is the same."""
    if not number or not (out / number).is_dir():
        return ""
    wanted = [path for path in sorted(files) if path.startswith(f"{number}/")]
    return next((p for p in wanted if not (out / p).is_file() or (out / p).read_bytes() != files[p]), "")


def _write(fresh: Path, out: Path, plan: _Plan, files: Files) -> None:
    """Write the files into a new folder, with what was in the old one and is not written anew."""
    for there in sorted(out.iterdir()) if out.is_dir() else ():
        if there.name not in (*_OURS, plan.folder) and not there.name.startswith(SCRATCH):
            (shutil.copytree if there.is_dir() else shutil.copy2)(there, fresh / there.name)
    for path, data in files.items():
        target = fresh / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    if plan.later:
        shutil.copytree(fresh / plan.latest, fresh / LATEST)


def contents(plan: _Plan) -> Files:
    """Return the files of a release by their paths: the same plan gives the same bytes."""
    versions = [*plan.previous, plan.vocabulary, *plan.later]
    files: Files = {_CHANGELOG: changelog(versions[-1], versions[:-1]).encode()}
    current: Files = {}
    for path, data in _version(plan):
        if path in current:
            raise InputError(f"two files would be named {path}; give the modules different names")
        current[path] = data
    for number in filter(None, (plan.folder, "" if plan.later else LATEST)):
        files |= {f"{number}/{path}": data for path, data in current.items()}
    for old in plan.others:
        number = _folder(old)
        if number and number != plan.folder and number not in plan.kept:
            graph = written(old).graph
            files |= {f"{number}/{path}": data for path, data in _document(old, graph, plan.name, _header(old))}
            files[f"{number}/context.jsonld"] = context_of(old).write()
            files |= {f"{number}/{path}": data for path, data in _pages(plan, old)}
    place = w3id.relative(plan.vocabulary.iri)
    if place and plan.site:
        routes = _routes(plan, place[1])
        heading = [f"Permanent identifiers of {_line(plan)}", *(f"Contact: {who}" for who in _contacts(plan))]
        files[f"w3id/{place[0]}/.htaccess"] = w3id.htaccess(heading, plan.site, routes).encode()
        about = w3id.readme(place[0], _line(plan), _iris(plan, place[0], routes), _contacts(plan), plan.site)
        files[f"w3id/{place[0]}/README.md"] = about.encode()
    return files


def _version(plan: _Plan) -> Iterator[tuple[str, bytes]]:
    """Yield the files of one version."""
    vocabulary, exact = plan.vocabulary, written(plan.vocabulary)
    yield from _document(vocabulary, exact.graph, plan.name, _header(vocabulary))
    yield "context.jsonld", context_of(vocabulary).write()
    for module in exact.modules:
        yield f"modules/{file_name(module.name) or 'module'}.ttl", _module(module)
    for module in exact.alignments:
        path = f"alignments/{file_name(module.name)}"
        yield from _document(vocabulary, module.graph, path, _comment(module))
    for name, graph in plan.extras.items():
        yield from _document(vocabulary, graph, name, f"{title(vocabulary)}: {name}.")
    if plan.previous:
        changes = compare(plan.previous[-1], vocabulary)
        yield "changes.json", changes_json(changes).encode()
        yield "changes.ttl", changes_turtle(changes).encode()
    for migration in migrations(vocabulary):
        number = file_name(migration.version) or "unversioned"
        local = file_name(migration.term.removeprefix(vocabulary.namespace)) or "term"
        yield f"migrations/{number}/{local}.ru", migration.text.encode()
    yield from _pages(plan, vocabulary)


def _pages(plan: _Plan, vocabulary: Vocabulary) -> Iterator[tuple[str, bytes]]:
    """Yield the HTML pages of a version."""
    for name, text in plan.pages(vocabulary).items() if plan.pages else ():
        yield f"html/{name}", text.encode()


def _document(vocabulary: Vocabulary, graph: Graph, path: str, header: str) -> Iterator[tuple[str, bytes]]:
    """Yield one graph in all formats."""
    triples = canonical(graph)
    yield f"{path}.ttl", canonical_turtle(graph, header=header).encode()
    yield f"{path}.rdf", rdfxml(triples, names_of(vocabulary, graph).prefixes)
    yield f"{path}.jsonld", jsonld(triples, context_of(vocabulary, graph))
    yield f"{path}.nt", ntriples(triples)


def _header(vocabulary: Vocabulary) -> str:
    number = version(vocabulary)
    text = f"{title(vocabulary)}{', version ' + number if number else ''}: all modules in one file."
    licences = sorted(map(str, vocabulary.graph.objects(vocabulary.iri, DCTERMS.license)))
    return "\n".join([text, *(f"Licence: {' '.join(licence.split())}" for licence in licences)])


def _module(module: Module) -> bytes:
    return canonical_turtle(module.graph, header=_comment(module)).encode()


def _comment(module: Module) -> str:
    return leading_comment(module.path.read_text(encoding="utf-8")) if module.path.suffix == ".ttl" else ""


# --- redirect rules


def _routes(plan: _Plan, path: str) -> list[w3id.Route]:
    """Return where the IRIs of the ontology lead; `path` is what its IRI adds to the folder on w3id.org."""
    name, base = plan.name, re.escape(path) if path else ""
    below = f"{base}/" if base else ""
    beside = re.escape(path.rpartition("/")[0]) + "/" if "/" in path else ""
    routes = [
        w3id.Route(f"{beside}context(?:\\.jsonld)?", f"{LATEST}/context.jsonld"),
        w3id.Route(f"{below}{_NUMBER}/context(?:\\.jsonld)?", "$1/context.jsonld"),
    ]
    if base:
        routes.append(w3id.Route("", f"{LATEST}/{_PAGE}"))
    routes.append(w3id.Route(f"{base}/?", f"{LATEST}/{name}", f"{LATEST}/{_PAGE}"))
    routes.append(w3id.Route(f"{below}{_NUMBER}/?", f"$1/{name}", f"$1/{_PAGE}"))
    if plan.vocabulary.alignments:
        named = "alignments/([A-Za-z0-9._-]+?)"
        routes.append(w3id.Route(f"{below}{named}/?", f"{LATEST}/alignments/$1", f"{LATEST}/{_PAGE}"))
        routes.append(w3id.Route(f"{below}{_NUMBER}/{named}/?", "$1/alignments/$2", f"$1/{_PAGE}"))
    routes += [w3id.Route(f"{beside}{re.escape(x)}/?", f"{LATEST}/{x}", f"{LATEST}/{_PAGE}") for x in plan.extras]
    return routes


def _iris(plan: _Plan, folder: str, routes: Sequence[w3id.Route]) -> list[tuple[str, str]]:
    """Return the IRIs that redirect, with what they stand for."""
    vocabulary = plan.vocabulary
    found = [(str(vocabulary.iri), "the ontology, in its newest version")]
    for one in (*plan.previous, vocabulary, *plan.later):
        found += [(iri, f"version {version(one)}") for iri in _version_iris(one)]
    for module in vocabulary.alignments:
        for iri in sorted(s for s in module.graph.subjects(RDF.type, OWL.Ontology) if isinstance(s, URIRef)):
            found.append((str(iri), " ".join(str(module.graph.value(iri, DCTERMS.title) or "alignment").split())))
    parent = (w3id.relative(vocabulary.iri) or ("", ""))[1].rpartition("/")[0]
    beside = f"https://w3id.org/{folder}/{parent}{'/' if parent else ''}"
    found += [(beside + name, f"{name}, in the newest version") for name in plan.extras]
    found.append((beside + "context", "the JSON-LD context, of the newest version"))
    return [(iri, what) for iri, what in found if _leads(iri, folder, routes)]


def _version_iris(vocabulary: Vocabulary) -> list[str]:
    return sorted(map(str, vocabulary.graph.objects(vocabulary.iri, OWL.versionIRI)))


def _leads(iri: str, folder: str, routes: Sequence[w3id.Route]) -> bool:
    """Return whether the rules of a folder lead an IRI anywhere."""
    place = w3id.relative(iri)
    return place is not None and place[0] == folder and any(re.fullmatch(r.pattern, place[1]) for r in routes)


def _line(plan: _Plan) -> str:
    return f"{title(plan.vocabulary)} <{plan.vocabulary.iri}>"


def _contacts(plan: _Plan) -> list[str]:
    """Return whom to ask: those given, else the creators."""
    graph, iri = plan.vocabulary.graph, plan.vocabulary.iri
    creators = [o for p in (DCTERMS.creator, DC.creator) for o in graph.objects(iri, p)]
    names = {str(graph.value(o, FOAF.name) or label(graph, o) or ("" if isinstance(o, BNode) else o)) for o in creators}
    return [" ".join(who.split()) for who in plan.contacts or sorted(names - {""})]


def _notes(plan: _Plan) -> Iterator[str]:
    """Yield what a person should know of the release."""
    place = w3id.relative(plan.vocabulary.iri)
    if plan.previous:
        yield from compare(plan.previous[-1], plan.vocabulary).faults
    if plan.later:
        yield f"version {plan.latest} is newer than {plan.folder}: '{LATEST}' stays at {plan.latest}"
    if not plan.folder:
        yield "the ontology states no version (owl:versionInfo): only the folder 'latest' is written"
    if place is None:
        yield "the ontology is not on w3id.org: no redirect rules are written"
    elif not plan.site:
        yield "no redirect rules are written; --site says at which address the folder will be"
    elif not plan.contacts:
        yield "w3id.org asks for somebody to contact with a GitHub name; --contact gives one"
    if place and plan.site:
        for iri in _version_iris(plan.vocabulary):
            if not _leads(iri, place[0], _routes(plan, place[1])):
                yield f"no redirect rule leads to the version IRI {iri}; {plan.vocabulary.iri}/VERSION would have one"
