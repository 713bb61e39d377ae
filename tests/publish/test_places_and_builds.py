"""Where a site may be, and builds that are not whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.build import Build
from kg.errors import InputError
from kg.folders import beside, replacing
from kg.publish import publish
from tests.publish.conftest import Published


def test_a_link_stays_and_what_it_leads_to_is_replaced(example_site: Published, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        with replacing(tmp_path / "link", ".x-") as fresh:
            (fresh / "file").write_text("new", encoding="utf-8")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real" / "file").read_text(encoding="utf-8") == "new"
    shutil.rmtree(tmp_path / "real")
    shutil.copytree(example_site.site, tmp_path / "real")
    (tmp_path / "real" / "left.txt").write_text("of the site before", encoding="utf-8")
    publish(example_site.build, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert not (tmp_path / "real" / "left.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_link_that_leads_nowhere_is_named(example_site: Published, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("gone")
    with pytest.raises(InputError, match=r"/link: this link leads nowhere"):
        publish(example_site.build, tmp_path / "link")


@pytest.mark.parametrize("inside", ["site", ".", "..", "../.."])
def test_a_site_is_not_in_the_folder_of_its_build_nor_around_it(
    example_site: Published, tmp_path: Path, inside: str
) -> None:
    shutil.copytree(example_site.build.folder, tmp_path / "a" / "b" / "build")
    build = Build(tmp_path / "a" / "b" / "build")
    (tmp_path / "a" / "clusterkg-site.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="can't hold each other"):
        publish(build, build.folder / inside)
    assert (build.folder / "run.json").is_file()


def test_what_a_run_that_was_killed_left_is_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".site-{gone.pid}-abc" / "page").mkdir(parents=True)
    with replacing(tmp_path / "site", ".site-") as fresh, beside(fresh, "model") as place:
        assert place.parent == tmp_path
        left = place.name.replace(f"-{os.getpid()}-", f"-{gone.pid}-")
        assert left != place.name
        (tmp_path / left).mkdir()
    assert sorted(path.name for path in tmp_path.iterdir()) == [left, "site"]
    with replacing(tmp_path / "site", ".site-"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_all_that_publish_makes_beside_a_site_has_the_name_of_its_run(
    example_site: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()

    def look(*_: object) -> None:
        seen.update(path.name for path in tmp_path.iterdir())

    publish(example_site.build, tmp_path / "site", progress=look)
    assert len(seen) >= 3
    assert all(name.startswith(f".site-{os.getpid()}-") for name in seen)


def _half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


FAULTS: list[tuple[str, Callable[[Path], None], str]] = [
    *((name, Path.unlink, "not there; build again") for name in (
        "rows.parquet", "links_by_year.csv", "report.html", "report.csv", "facts.nq", "inferred.nq")),
    *((name, _half, "damaged; build again") for name in (
        "groups.csv", "memberships.csv", "facts.nq", "inferred.nq", "columns.duckdb", "rows.parquet", "report.html")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fault", "message"), FAULTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_build_that_is_not_whole_is_refused(
    example_site: Published, tmp_path: Path, name: str, fault: Callable[[Path], None], message: str
) -> None:
    shutil.copytree(example_site.build.folder, tmp_path / "build")
    fault(tmp_path / "build" / name)
    with pytest.raises(InputError) as caught:
        publish(Build(tmp_path / "build"), tmp_path / "site")
    assert str(caught.value).startswith(f"{tmp_path / 'build' / name}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


@pytest.mark.parametrize("name", ["groups.csv", "facts.nq"])
def test_a_build_from_before_sizes_were_recorded_is_checked_too(
    example_site: Published, tmp_path: Path, name: str
) -> None:
    shutil.copytree(example_site.build.folder, tmp_path / "build")
    run = json.loads((tmp_path / "build" / "run.json").read_text(encoding="utf-8"))
    del run["sizes"]
    (tmp_path / "build" / "run.json").write_text(json.dumps(run), encoding="utf-8")
    _half(tmp_path / "build" / name)
    with pytest.raises(InputError, match=f"{name}: .*damaged; build again"):
        publish(Build(tmp_path / "build"), tmp_path / "site")
