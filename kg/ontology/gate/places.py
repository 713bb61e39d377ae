"""Where in its files the block of a term begins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from rdflib import URIRef

from kg.ontology.vocabulary import Module, Vocabulary

__all__ = ["Places"]

#: A prefix declaration of Turtle. RDFLib renames prefixes that it knows from elsewhere, so that its own are not enough.
_PREFIX = re.compile(r"^\s*(?:@prefix|PREFIX)\s+([\w-]*):\s*<([^<>\s]*)>", re.MULTILINE | re.IGNORECASE)


class Places:
    """Finds the file and line of terms; 0 where the term stands in a form that is not recognised."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._texts: dict[Path, str] = {}
        self._known: dict[str, tuple[str, int]] = {}

    def of(self, term: str) -> tuple[str, int]:
        """Return the file, relative to where the program runs, and the line of a term."""
        if term not in self._known:
            self._known[term] = self._find(URIRef(term))
        return self._known[term]

    def _find(self, term: URIRef) -> tuple[str, int]:
        modules = self._vocabulary.modules
        home = self._vocabulary.module_of(term)
        users = (m for m in modules if (term, None, None) in m.graph or (None, None, term) in m.graph)
        module = home or next(users, modules[0])
        return _shown(module.path), self._line(module, term)

    def _line(self, module: Module, term: URIRef) -> int:
        if module.path not in self._texts:
            try:
                self._texts[module.path] = module.path.read_text(encoding="utf-8", errors="replace")
            except OSError:
                self._texts[module.path] = ""
        text = self._texts[module.path]
        prefixes = {*_PREFIX.findall(text), *((p, str(namespace)) for p, namespace in module.graph.namespaces())}
        forms = "|".join(map(re.escape, _written(prefixes, term)))
        # An indented mention is a value more often than a block of its own.
        block = rf"(?:{forms})(?=[\s;,.]|$)"
        for pattern in (rf"^{block}", rf"^\s*{block}", rf"(?<![\w-])(?:{forms})(?![\w-])"):
            if match := re.search(pattern, text, re.MULTILINE):
                return text.count("\n", 0, match.end()) + 1
        return 0


def _written(prefixes: Iterable[tuple[str, str]], term: URIRef) -> list[str]:
    """Return the forms in which RDF formats may write the name of a term."""
    local = re.sub(r"^.*[#/]", "", term)
    forms = [f"<{term}>", f'"{term}"']
    forms += [
        f"{prefix}:{term.removeprefix(namespace)}"
        for prefix, namespace in sorted(prefixes)
        if namespace and term.startswith(namespace) and str(term) != namespace
    ]
    return forms + ([f"<#{local}>", f'"#{local}"', f';{local}"', f'rdf:ID="{local}"'] if local else [])


def _shown(path: Path) -> str:
    here = Path.cwd()
    resolved = path.resolve()
    return str(resolved.relative_to(here)) if resolved.is_relative_to(here) else str(path)
