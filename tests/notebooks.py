"""Running the notebooks of the examples: what they show is stored in them, and stays the same.

``python -m tests.notebooks`` runs them and stores what they show.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"
NOTEBOOKS = sorted((EXAMPLES / "notebooks").glob("*.ipynb"))


def executed(path: Path, place: Path) -> Any:
    """Run a notebook in a copy of the examples and return it with what it shows, without what differs each time."""
    folder = place / "examples"
    if not folder.exists():
        shutil.copytree(EXAMPLES / "landmarks", folder / "landmarks", ignore=shutil.ignore_patterns("build"))
        (folder / "notebooks").mkdir()
    book = nbformat.read(path, as_version=4)
    NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder / "notebooks")}}
    ).execute(env=os.environ | {"PYTHONPATH": str(EXAMPLES.parent)})
    book.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for number, cell in enumerate(book.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
    return book


def main() -> None:
    """Run all notebooks and store what they show."""
    with tempfile.TemporaryDirectory() as place:
        for path in NOTEBOOKS:
            nbformat.write(executed(path, Path(place)), path)
            print(path.name)


if __name__ == "__main__":
    main()
