"""What tests share: where the shared data lies, and small projects written on the spot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
EXAMPLE = ROOT / "examples" / "landmarks"

Writer = Callable[..., Path]


@pytest.fixture(scope="session")
def cordis() -> Path:
    """The CORDIS extract; its absence fails in CI and skips elsewhere."""
    folder = SHARED / "data" / "cordis"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """A function that writes a project from tables given as text and returns its folder.

    It is built on Oxigraph, which is quicker with a few rows; both engines read rows in the same way, and tests/engines has
    them write the same bytes.
    """

    def writer(profile: str = "", source: str = "", **tables: str) -> Path:
        folder = tmp_path / "project"
        (folder / "data").mkdir(parents=True, exist_ok=True)
        toml = '[project]\nbase = "https://example.org/t/"\n[[source]]\ntype = "tables"\npath = "data"\n'
        (folder / "kg.toml").write_text(
            f'{toml}{source}\n[engine]\nname = "oxigraph"\n[profile]\n{profile}\n', encoding="utf-8"
        )
        for name, text in tables.items():
            (folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
        return folder

    return writer
