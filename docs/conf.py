"""The documentation: texts in Markdown, reference from docstrings, commands, queries and shapes."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

from kg.catalog import Query, load
from kg.resources import folder

project = "ClusterKG"
version = release = metadata.version("clusterkg")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
html_theme = "furo"
html_title = "ClusterKG"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
autodoc_typehints = "description"
napoleon_google_docstring = False
# Texts link to files of the checkout as they are read there.
suppress_warnings = ["myst.xref_missing", "myst.header", "misc.highlighting_failure"]


def _fenced(query: Query) -> str:
    return f"```sparql\n{query.text.strip()}\n```\n"


def _queries(title: str, place: str) -> str:
    parts = [f"# {title}\n"]
    for query in load(place):
        parts += [f"## {query.name}\n", f"{query.summary}\n" if query.summary else ""]
        parts += [f"{query.description}\n" if query.description else "", _fenced(query)]
    return "\n".join(parts)


def _shapes() -> str:
    files = sorted(folder("shapes").glob("*.ttl"))
    return "\n".join(
        ["# Shapes\n", *(f"## {f.name}\n\n```turtle\n{f.read_text(encoding='utf-8').strip()}\n```\n" for f in files)]
    )


def _generate(app: Sphinx) -> None:
    reference = Path(app.srcdir) / "reference"
    pages = {
        "questions": _queries("Questions", "queries/questions"),
        "rules": _queries("Rules", "queries/infer"),
        "shapes": _shapes(),
    }
    for name, text in pages.items():
        (reference / f"{name}.md").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Write the pages that are generated before the others are read."""
    app.connect("builder-inited", _generate)
