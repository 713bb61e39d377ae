"""Every command line of the README and of the documentation runs; those of the guide have a test of their own."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import cli
from kg.errors import ClusterKGError
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "landmarks"
_FENCED = re.compile(r"^( *)```(?:sh|console)?\n(.*?)^\1```$", re.M | re.S)
#: What stands for something of the reader's own.
_OWN = {
    "GROUP": "Brainport Eindhoven",
    "ORGANIZATION": "Airbus",
    "OLD": "old.ttl",
    "NEW": "new.ttl",
    "https://HOST/PATH": "https://example.org/ontology",
}
SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
[] a sh:NodeShape ; sh:targetClass org:Organization ; sh:property [ sh:path skos:prefLabel ; sh:minCount 1 ] .
"""
DATA = "<https://example.org/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/org#Organization> .\n"
ONTOLOGY = "<https://example.org/o> a <http://www.w3.org/2002/07/owl#Ontology> .\n"


def commands() -> list[str]:
    """Return the command lines, in their order."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    blocks = (match[2] for file in files for match in _FENCED.finditer(file.read_text(encoding="utf-8")))
    lines = (line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines())
    return [line for line in lines if line.startswith("kg ")]


@pytest.mark.slow
def test_they_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frozen = sorted((ROOT / "ontology" / "releases").glob("*.ttl"))[-1]
    files = {"my-shapes.ttl": SHAPE, "data.nt": DATA, "data.ttl": DATA, "data.nq": DATA, "theirs.ttl": ONTOLOGY}
    files |= {"old.ttl": frozen.read_text(encoding="utf-8"), "new.ttl": frozen.read_text(encoding="utf-8")}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = commands()
    assert len(lines) > 20
    for line in lines:
        words = [_OWN.get(word, word) for word in shlex.split(line, comments=True)]
        if words[1] in ("serve", "mcp"):  # they run until they are stopped: tests/serve
            CliRunner().invoke(cli, [*words[1:], "--help"], catch_exceptions=False)
            continue
        found = CliRunner().invoke(cli, words[1:], input="SELECT * { ?s ?p ?o } LIMIT 1")
        if "remote" in words:  # tests/engines has servers; here none is named
            assert "server" in str(found.exception), f"{line}: {found.output} {found.exception!r}"
            continue
        # 1 is what a report says of data, or of a change of the ontology, not a failure.
        judged = words[1] == "validate" or words[1:3] == ["ontology", "changes"]
        assert found.exit_code in ((0, 1) if judged else (0,)), f"{line}: {found.output} {found.exception!r}"
        assert not isinstance(found.exception, ClusterKGError), f"{line}: {found.exception}"
        if words[1] == "new":  # the reader fills it in
            shutil.copytree(EXAMPLE / "data", tmp_path / "my-region" / "data", dirs_exist_ok=True)
            shutil.copyfile(EXAMPLE / "kg.toml", tmp_path / "my-region" / "kg.toml")
