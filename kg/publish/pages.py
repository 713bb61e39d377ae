"""The pages for people: from a model of the build, in several processes where there are many."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from importlib import metadata, resources
from pathlib import Path

from kg.folders import beside
from kg.markup import read_style
from kg.publish.about import write_data_page, write_method, write_ontology, write_report
from kg.publish.dataset import about
from kg.publish.groups import write_groups
from kg.publish.links import write_collaborations, write_competitions, write_participations, write_supplies
from kg.publish.model import make_model
from kg.publish.organizations import spans, write_organizations
from kg.publish.places import write_indexes, write_regions, write_sectors, write_skills
from kg.publish.questions import write_questions
from kg.publish.reading import Model
from kg.publish.render import Frame
from kg.publish.search import write_search
from kg.publish.site import Site
from kg.publish.start import write_start
from kg.publish.things import write_things

__all__ = ["data_page", "frame_of", "pages"]

#: From so many organisations on pages are written by several processes.
_MANY = 20_000
_PROCESSES = 2
#: What has pages by the thousand: its table, what writes them, and how many things are one piece of work.
_PARTS: tuple[tuple[str, Callable[[Frame, Model, int, int], int], int], ...] = (
    ("group", write_groups, 2_000),
    ("organization", write_organizations, 24_000),
    ("region", write_regions, 1_600),
    ("sector", write_sectors, 400),
    ("skill", write_skills, 10_000),
    ("collaboration", write_collaborations, 20_000),
    ("supply", write_supplies, 100_000),
    ("competition", write_competitions, 100_000),
    ("participation", write_participations, 100_000),
)
#: One piece of work: a function of this package, and the range of numbers that it writes.
Work = tuple[Callable[[Frame, Model, int, int], int], int, int]


def frame_of(site: Site) -> Frame:
    """Return what all pages of a site share; other parts write their pages with it as well."""
    run, said = site.build.run, about(site.build)
    known = {
        "title": str(run.get("title") or "Clusters"),
        "license": str(run.get("license") or ""),
        "base": site.build.base,
        "description": said.description,
        "publisher": said.publisher if said.publisher_stated else "",
        "contact": said.contact,
        "keywords": said.keywords,
        "language": said.language,
        "finished": said.finished,
        "sources": [asdict(one) for one in said.sources],
        "run": run["run"],
        "version": metadata.version("clusterkg"),
        "profile": run["profile"],
        "counts": run["counts"],
        "digests": run["digests"],
        "versions": run["versions"],
        "notes": run.get("notes", []),
    }
    return Frame(site.folder, site.templates, site.build.base, known)


def pages(site: Site) -> None:
    """Write the pages for people, with the style sheet and scripts that they share."""
    frame = frame_of(site)
    _assets(site)
    with beside(site.folder, "model") as work:
        file = work / "model.duckdb"
        make_model(site.build, site.addresses, file, site.progress)
        model = Model(file)
        try:
            write_start(frame, model)
            write_indexes(frame, model)
            write_search(frame, model)
            write_questions(frame, site.build, model)
            _many(frame, model, file, site)
            write_things(frame, site)
            write_method(frame)
            write_report(frame, site)
            write_ontology(frame, site)
        finally:
            model.close()


def data_page(site: Site) -> None:
    """Write the page of downloads, when all that it offers is there."""
    write_data_page(frame_of(site), site)


def _assets(site: Site) -> None:
    """Copy the style sheet and scripts, a user's own in place of ours, and the licence of the shapes of the map."""
    with resources.as_file(resources.files("kg") / "templates" / "site") as folder:
        shutil.copytree(folder / "assets", site.folder / "assets", dirs_exist_ok=True)
        site.write("assets/site.css", read_style("site/assets/site.css"))
        for name in ("LICENSE", "vendor.json"):
            shutil.copyfile(folder / "vendor" / "world-atlas" / name, site.path(f"assets/vendor/world-atlas/{name}"))
    if site.templates is not None and (site.templates / "assets").is_dir():
        shutil.copytree(site.templates / "assets", site.folder / "assets", dirs_exist_ok=True)


def _many(frame: Frame, model: Model, file: Path, site: Site) -> None:
    """Write the pages of which there is one for each group, and those of organisations."""
    work: list[Work] = []
    for table, function, size in _PARTS:
        count = model.one(f'SELECT count(*) FROM "{table}"')
        if table in ("group", "skill"):
            work += [(function, begin, min(begin + size, count)) for begin in range(0, count, size)]
        else:
            work += [(function, *part) for part in spans(model, table, 0, count, size)]
    organizations = model.one("SELECT count(*) FROM organization")
    if organizations < _MANY or (os.cpu_count() or 1) < 2:
        for done, (function, first, last) in enumerate(work):
            site.progress("pages", done, len(work))
            function(frame, model, first, last)
        return
    # A frame that has been used holds templates, which another process can't be given.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        _PROCESSES, mp_context=context, initializer=_begin, initargs=(replace(frame), file)
    ) as pool:
        for done, _ in enumerate(pool.map(_do, work)):
            site.progress("pages", done + 1, len(work))


_open: list[tuple[Frame, Model]] = []


def _begin(frame: Frame, file: Path) -> None:
    _open.append((frame, Model(file, threads=1)))


def _do(work: Work) -> int:
    function, first, last = work
    return function(*_open[0], first, last)
