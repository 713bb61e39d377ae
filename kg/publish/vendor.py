"""Browser code of others: pinned versions of npm packages, with their licences, each file checked by its digest.

Each of these folders of ``kg/templates/site/vendor`` has a ``vendor.json``: the packages that its files come from, with version,
licence and the integrity that the registry states of the whole package, and for each file its place in the package (or
null, where it was added by us: a licence text that the package lacks) and its SHA-512.

``make vendor`` fetches the packages again (with ``npm pack``), checks their integrity and writes the files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from kg.errors import InputError, UsageError
from kg.publish.site import Site

__all__ = ["FOLDERS", "Package", "check", "fetch", "integrity", "packages", "refetch", "ship"]

#: The folders whose files are files of packages as they are, and the list in each.
FOLDERS = ("oxigraph", "yasqe")
LIST = "vendor.json"


@dataclass(frozen=True, slots=True)
class Package:
    """A package that files come from."""

    name: str
    version: str
    license: str
    homepage: str
    integrity: str
    #: By the name of the file: its place in the package and its integrity.
    files: dict[str, tuple[str | None, str]]


def ship(site: Site, name: str) -> None:
    """Copy the code of a folder to ``assets/vendor/NAME`` of a site, with its licences and its list."""
    with as_file(files("kg") / "templates" / "site" / "vendor" / name) as folder:
        for path in sorted(folder.iterdir()):
            shutil.copyfile(path, site.path(f"assets/vendor/{name}/{path.name}"))


def packages(folder: Path) -> list[Package]:
    """Return the packages of a folder of vendored code.

    Raises
    ------
    InputError
        when its list is missing or damaged.
    """
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
        return [
            Package(
                one["package"],
                one["version"],
                one["license"],
                one["homepage"],
                one["integrity"],
                {name: (given["from"], given["integrity"]) for name, given in one["files"].items()},
            )
            for one in listed
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the list of vendored packages can't be read ({error})", file=folder / LIST) from None


def integrity(data: bytes) -> str:
    """Return the integrity of some bytes, as npm and browsers write it."""
    return f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"


def check(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the files of a folder: missing, changed, or of no package."""
    known = {LIST}
    for package in packages(folder):
        for name, (_, wanted) in package.files.items():
            known.add(name)
            if not (folder / name).is_file():
                yield f"{folder.name}/{name} is missing"
            elif integrity((folder / name).read_bytes()) != wanted:
                yield f"{folder.name}/{name} is not the file of {package.name} {package.version}"
    yield from (f"{folder.name}/{p.name} is of no package" for p in sorted(folder.iterdir()) if p.name not in known)


def fetch(folder: Path) -> None:
    """Fetch the packages of a folder again and write their files.

    Raises
    ------
    UsageError
        when npm is not there, or what it fetches is not what the list says.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise UsageError("there is no npm here; install it to fetch packages")
    for package in packages(folder):
        with tempfile.TemporaryDirectory() as place:
            command = [npm, "pack", "--json", "--pack-destination", place, f"{package.name}@{package.version}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise UsageError(f"npm could not fetch {package.name} {package.version}: {done.stderr.strip()[:300]}")
            archive = next(Path(place).glob("*.tgz"))
            if integrity(archive.read_bytes()) != package.integrity:
                raise UsageError(f"{package.name} {package.version} is not the package that was pinned")
            with tarfile.open(archive) as opened:
                for name, (member, wanted) in package.files.items():
                    if member is None:
                        continue
                    stream = opened.extractfile(member)
                    data = stream.read() if stream else b""
                    if integrity(data) != wanted:
                        raise UsageError(
                            f"{member} of {package.name} {package.version} is not the file that was pinned"
                        )
                    (folder / name).write_bytes(data)


def refetch() -> list[str]:
    """Fetch the packages of all folders again and return what is wrong with the files."""
    faults: list[str] = []
    with as_file(files("kg") / "templates" / "site" / "vendor") as root:
        for name in FOLDERS:
            fetch(root / name)
            faults += check(root / name)
    return faults
