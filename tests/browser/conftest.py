"""What browser tests share: a Chromium that the system has, and pages written once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

import kg
from kg.ontology.reference.pages import reference, write_site
from kg.ontology.vocabulary import read_vocabulary
from tests.conftest import EXAMPLE

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; its absence fails in CI and skips elsewhere."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium in CI; .ci/run installs it")
        pytest.skip("there is no Chromium here; install it to run the browser tests")
    with sync_playwright() as playwright:
        # As root, as CI is, Chromium starts only without its sandbox; the pages are our own and load nothing.
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def reference_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference of the ontology that ships, with the example project."""
    project = tmp_path_factory.mktemp("landmarks")
    toml = (EXAMPLE / "kg.toml").read_text(encoding="utf-8").replace('"data"', f'"{EXAMPLE / "data"}"')
    (project / "kg.toml").write_text(toml, encoding="utf-8")
    kg.build(project, with_validation=False)
    site = tmp_path_factory.mktemp("reference") / "site"
    write_site(reference(read_vocabulary(), example=kg.open(project)), site)
    return site
