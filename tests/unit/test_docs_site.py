"""The documentation builds without a warning."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_it_builds(tmp_path: Path) -> None:
    build = pytest.importorskip("sphinx.cmd.build")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    assert build.build_main(["--quiet", "--fail-on-warning", str(tmp_path / "docs"), str(tmp_path / "out")]) == 0
    for page in ("index", "method", "guide/own-data", "reference/commands", "reference/python", "reference/shapes"):
        text = (tmp_path / "out" / f"{page}.html").read_text(encoding="utf-8")
        assert len(text) > 5_000, page
    assert "clusters-of-a-region" in (tmp_path / "out" / "reference" / "questions.html").read_text(encoding="utf-8")
    assert "Write a build as a static site" in (tmp_path / "out" / "reference" / "commands.html").read_text(
        encoding="utf-8"
    )
