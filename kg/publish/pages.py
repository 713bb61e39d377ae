"""The pages for people: from a model of the build, in several processes where there are many."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata, resources
from pathlib import Path

from kg.publish.groups import write_groups
from kg.publish.model import make_model
from kg.publish.organizations import spans, write_organizations
from kg.publish.reading import Model
from kg.publish.render import Frame
from kg.publish.site import Site
from kg.publish.start import write_start

__all__ = ["pages"]

#: From so many organisations on pages are written by several processes.
_MANY = 20_000
_PROCESSES = 2
#: One piece of work: a function of this package, and the range of numbers that it writes.
Work = tuple[Callable[[Frame, Model, int, int], int], int, int]


def frame_of(site: Site) -> Frame:
    """Return what all pages of a site share; other parts write their pages with it as well."""
    run = site.build.run
    about = {
        "title": str(run.get("title") or "Clusters"),
        "license": str(run.get("license") or ""),
        "run": run["run"],
        "version": metadata.version("clusterkg"),
        "profile": run["profile"],
        "counts": run["counts"],
        "digests": run["digests"],
        "versions": run["versions"],
        "notes": run.get("notes", []),
    }
    return Frame(site.folder, site.templates, site.build.base, about)


def pages(site: Site) -> None:
    """Write the pages for people, with the style sheet and scripts that they share."""
    frame = frame_of(site)
    _assets(site)
    with tempfile.TemporaryDirectory(prefix=".model-", dir=site.folder.parent) as work:
        file = Path(work) / "model.duckdb"
        make_model(site.build, site.addresses, file, site.progress)
        model = Model(file)
        try:
            write_start(frame, model)
            _many(frame, model, file, site)
        finally:
            model.close()


def _assets(site: Site) -> None:
    """Copy the style sheet, scripts and libraries; a user's own stand in place of ours."""
    ours = resources.files("kg") / "templates" / "site"
    with resources.as_file(ours) as folder:
        for source, target in (("assets", "assets"), ("vendor", "assets/vendor")):
            shutil.copytree(folder / source, site.folder / target, dirs_exist_ok=True)
    if site.templates is not None and (site.templates / "assets").is_dir():
        shutil.copytree(site.templates / "assets", site.folder / "assets", dirs_exist_ok=True)


def _many(frame: Frame, model: Model, file: Path, site: Site) -> None:
    """Write the pages of which there is one for each group, and those of organisations."""
    groups = model.one('SELECT count(*) FROM "group"')
    organizations = model.one("SELECT count(*) FROM organization")
    work: list[Work] = [(write_groups, begin, min(begin + 2_000, groups)) for begin in range(0, groups, 2_000)]
    work += [(write_organizations, *part) for part in spans(model, "organization", 0, organizations, 24_000)]
    if organizations < _MANY or (os.cpu_count() or 1) < 2:
        for done, (function, first, last) in enumerate(work):
            site.progress("pages", done, len(work))
            function(frame, model, first, last)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, mp_context=context, initializer=_begin, initargs=(frame, file)) as pool:
        for done, _ in enumerate(pool.map(_do, work)):
            site.progress("pages", done + 1, len(work))


_open: list[tuple[Frame, Model]] = []


def _begin(frame: Frame, file: Path) -> None:
    _open.append((frame, Model(file, threads=1)))


def _do(work: Work) -> int:
    function, first, last = work
    return function(*_open[0], first, last)
