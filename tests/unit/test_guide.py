"""The guide does what it says: its files are written, its commands run, in the order of the text, in a new folder."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from kg.cli import cli
from kg.errors import ClusterKGError
from tests.conftest import ROOT

GUIDE = ROOT / "docs" / "guide"
_BLOCK = re.compile(r"^```(?:\{code-block\} )?(\w+)\n(?::caption: (\S+)\n)?(.*?)^```$", re.M | re.S)


def steps(page: str) -> Iterator[tuple[str, str]]:
    """Yield the files, command lines and Python of a page: ("boats/kg.toml", text), ("$", command), ("python", text)."""
    for _, kind, caption, text in (
        (m.start(), *m.groups()) for m in _BLOCK.finditer((GUIDE / page).read_text("utf-8"))
    ):
        if caption:
            yield caption, text
        elif kind == "python":
            yield kind, text
        elif kind == "console":
            for line in text.splitlines():
                assert line.startswith("$ "), line
                yield "$", line[2:]


def run(command: str) -> str:
    """Run a command line of the guide and return what it prints."""
    words = shlex.split(command)
    if words[:2] == ["kg", "serve"]:
        code = "from kg.cli import main; main()"
        return served([sys.executable, "-c", code, *words[1:]], "ready", "query.html")
    if words[0] == "kg":
        found = CliRunner().invoke(cli, words[1:])
        # A report of faults, which the guide shows, is 1.
        fine = (0, 1) if words[1] == "validate" else (0,)
        assert found.exit_code in fine, f"{command}: {found.output} {found.exception!r}"
        assert not isinstance(found.exception, ClusterKGError)
        return found.output
    if words[0] == "pip":
        extra = re.search(r"clusterkg\[(\w+)\]", command)
        assert extra is not None
        assert f"\n{extra[1]} = [" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        return ""
    assert words[:4] == ["python", "-m", "http.server", "8000"], command
    return served([sys.executable, *words[1:]], "query.html")


def served(words: list[str], *pages: str) -> str:
    """Run what serves on port 8000, on another one, and return what it answers with."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = subprocess.Popen([port if word == "8000" else word for word in words], stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                return "".join(urlopen(f"http://127.0.0.1:{port}/{page}").read().decode() for page in pages)
            except OSError:
                assert server.poll() is None, f"{words} ended"
                time.sleep(0.1)
        pytest.fail(f"{words} serves nothing")
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_the_guide_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    said: dict[str, str] = {}
    seen: dict[str, Any] = {}
    pages = ["tutorial.md", *sorted(path.name for path in GUIDE.glob("*.md") if path.name != "tutorial.md")]
    for page in pages:
        for what, text in steps(page):
            if what == "$":
                said[text] = run(text)
            elif what == "python":
                exec(compile(text, page, "exec"), seen)
            else:
                (tmp_path / what).write_text(text, encoding="utf-8")
    assert "1 rows" in said["kg groups boats"]
    assert "School of Naval Design" in said["kg members boats --project boats"]
    assert "was not admitted" in said['kg explain "Bread House" --project boats']
    assert "participants.csv line" in said['kg explain "School of Naval Design" --project boats']
    assert "skills.csv" in said["kg validate boats"]
    declared = said['kg explain "Bread House" "Lakeland Maritime Cluster" --project boats']
    assert "Bread House" in declared
    assert "member of" not in declared
    assert json.loads(said[next(line for line in said if line.endswith("--format json"))])
    assert seen["build"].members("boats").num_rows > 0
    assert (tmp_path / "site" / "index.html").is_file()
    assert '"status":"ready"' in said["kg serve boats --port 8000"]
    assert "Ask the data" in said["python -m http.server 8000 --bind 127.0.0.1 --directory site"]
