"""What tests share: where the shared data lies, and small projects written on the spot."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import kg

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
EXAMPLE = ROOT / "examples" / "landmarks"

Writer = Callable[..., Path]
Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def cordis() -> Path:
    """The CORDIS extract; its absence fails in CI and skips elsewhere."""
    folder = SHARED / "data" / "cordis"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """A function that has a folder of a name filled by whichever process of the run comes first; none changes it after."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent

    def folder(name: str, fill: Callable[[Path], object]) -> Path:
        place, made = root / f"once-{name}", root / f"once-{name}.made"
        with (root / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                fill(place)
                made.touch()
        return place

    return folder


@pytest.fixture(scope="session")
def example_project(once: Once) -> Path:
    """The example, built with all that a build has; to be read only, or copied."""

    def fill(place: Path) -> None:
        shutil.copytree(EXAMPLE, place / "project", ignore=shutil.ignore_patterns("build", "site"))
        kg.build(place / "project")

    return once("example", fill) / "project"


@pytest.fixture(scope="session")
def example_build(example_project: Path) -> kg.OpenBuild:
    """The build of the example; to be read only."""
    return kg.open(example_project)


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
