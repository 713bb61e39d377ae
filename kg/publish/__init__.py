"""A build as a static site: pages for people, data for machines, no server of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from kg.build import Build
from kg.errors import InputError
from kg.publish.addresses import MOST_FILES
from kg.publish.catalogue import catalogue
from kg.publish.crate import crate
from kg.publish.data import data
from kg.publish.own_templates import check_templates
from kg.publish.pages import data_page, pages
from kg.publish.query_page import query_page
from kg.publish.servers import servers
from kg.publish.site import MARK, Site, replacing_site
from kg.publish.sitemap import sitemap
from kg.publish.staged import staged
from kg.publish.void import void
from kg.publish.whole import whole
from kg.rows import Progress, silent

__all__ = ["Published", "publish"]

#: What is written, in this order; each part takes the site and writes its files.
PARTS: tuple[Callable[[Site], None], ...] = (
    data,
    void,
    catalogue,
    crate,
    pages,
    query_page,
    data_page,
    servers,
    sitemap,
)


@dataclass(frozen=True, slots=True)
class Published:
    """What was written, and where."""

    folder: Path
    files: int
    bytes: int


def publish(
    build: Build,
    out: Path,
    *,
    templates: Path | None = None,
    most_files: int = MOST_FILES,
    progress: Progress = silent,
) -> Published:
    """Write the site of a build; the site that is there stays until the new one is whole.

    Parameters
    ----------
    build:
        An open build.
    out:
        The folder of the site: new, empty, or a site written before.
    templates:
        A folder with templates in place of ours, by name.
    most_files:
        How many files a kind of resources may have; groups have one each.
    progress:
        Is told what is done.

    Raises
    ------
    InputError
        when the folder holds something else, or the build or a template can't be read.
    """
    _apart(build.folder.resolve(), out)
    whole(build)
    if templates is not None:
        check_templates(templates)
    with replacing_site(out) as folder, staged(build, folder, most=most_files) as graph:
        site = Site(build, folder, graph, templates, progress)
        for part in PARTS:
            part(site)
        mark = {"run": build.run["run"], "clusterkg": metadata.version("clusterkg"), "cuts": site.addresses.cuts}
        site.write(MARK, json.dumps(mark) + "\n")
        written = [path for path in folder.rglob("*") if path.is_file()]
        count, size = len(written), sum(path.stat().st_size for path in written)
    return Published(out, count, size)


def _apart(build: Path, out: Path) -> None:
    """Refuse a site in the folder of its build, which the next build replaces, and one around it, which replaces the build."""
    site = out.resolve()
    if site.is_relative_to(build) or build.is_relative_to(site):
        raise InputError(f"the site and the build ({build}) can't hold each other; name a folder elsewhere", file=out)
