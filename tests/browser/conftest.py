"""What browser tests share: a Chromium that the system has, and pages written once."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

import kg
from kg.ontology.reference.pages import reference, write_site
from kg.ontology.vocabulary import read_vocabulary
from kg.publish.servers.rules import SECURITY
from tests.conftest import Once

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
def reference_site(once: Once, example_build: kg.Build) -> Path:
    """The reference of the ontology that ships, with the example project."""

    def fill(place: Path) -> None:
        write_site(reference(read_vocabulary(), example=example_build), place / "site")

    return once("reference", fill) / "site"


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder under the policy that the server rules of a site have."""

    def end_headers(self) -> None:
        for name, value in SECURITY.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def served(folder: Path) -> Iterator[str]:
    """Serve a site, and yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def watched(browser: Browser, address: str) -> Iterator[Page]:
    """Yield a page; nothing may be asked of another host, nothing fail, nothing be refused by the policy."""
    outside: list[str] = []
    said: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((address, "blob:", "data:")):
            outside.append(request.url)

    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        context.on("request", note)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
    assert outside == []
    assert said == []
