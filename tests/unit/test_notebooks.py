"""The notebooks of the examples run, and show what is stored in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebooks import NOTEBOOKS, executed


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


def shown(book: Any) -> list[object]:
    """What each cell shows; of a drawing only that it is one, for the places of its signs depend on versions."""
    out: list[object] = []
    for cell in book.cells:
        for output in cell.get("outputs", []):
            assert output["output_type"] == "execute_result", output
            data = output["data"]
            out.append({kind: "svg" if kind == "image/svg+xml" else text for kind, text in data.items()})
    return out


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_shows_what_is_stored(path: Path, place: Path) -> None:
    stored = nbformat.read(path, as_version=4)
    assert len(shown(stored)) >= 6
    assert shown(executed(path, place)) == shown(stored)


def test_both_notebooks_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["check-a-declared-cluster", "find-the-clusters-of-my-region"]
