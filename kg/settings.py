"""Reading `kg.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from kg.errors import InputError, UsageError, nearest
from kg.profile import Profile, profile_names, shipped_profile

__all__ = ["ENGINES", "Settings", "SourceEntry", "read_settings"]

#: Engines that a project may name; the first is used where none is named, the last two are not there in this release.
ENGINES = ("columnar", "oxigraph", "remote", "spark")
_KEYS = {"project": {"title", "base", "license"}, "engine": {"name"}}


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One `[[source]]`: its type, its path and its other settings."""

    type: str
    path: Path
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Settings:
    """A project's settings."""

    folder: Path
    title: str
    base: str
    license: str
    sources: tuple[SourceEntry, ...]
    profile: Profile
    engine: str


def read_settings(
    folder: Path, *, profile: str | None = None, settings: Mapping[str, object] | None = None
) -> Settings:
    """Read a project's `kg.toml`.

    Parameters
    ----------
    folder:
        The project folder.
    profile:
        The name of a rule profile, in place of the one in the file.
    settings:
        Rule parameters that differ from the profile and the file.

    Raises
    ------
    InputError
        when there is no such file or it is no TOML.
    UsageError
        for an unknown key or an impossible value.
    """
    file = folder / "kg.toml"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise InputError("there is no such file; 'kg new DIR' writes a project folder", file=file) from None
    except UnicodeDecodeError:
        raise InputError("this is not UTF-8", file=file) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise InputError(f"this is no TOML ({error})", file=file, line=int(line[1]) if line else None) from None
    except OSError as error:
        raise InputError(f"the file can't be read ({error.strerror})", file=file) from None
    for name in content:
        if name not in {"project", "source", "profile", "engine"}:
            raise UsageError(
                f"{file}: there is no section '{name}'{nearest(name, ['project', 'source', 'profile', 'engine'])}"
            )
    project = _section(file, content, "project")
    base = project.get("base", "")
    if not isinstance(base, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\\[\]]*[/#]", base):
        raise UsageError(f"{file}: [project] base = {base!r} must be an absolute IRI that ends in / or #")
    engine = _section(file, content, "engine").get("name", ENGINES[0])
    if engine not in ENGINES:
        raise UsageError(f"{file}: there is no engine {engine!r}{nearest(str(engine), ENGINES)}")
    return Settings(
        folder=folder,
        title=str(project.get("title", folder.resolve().name)),
        base=base,
        license=str(project.get("license", "")),
        sources=_sources(file, folder, content.get("source", [])),
        profile=_profile(file, content.get("profile", {}), profile).with_settings(settings or {}),
        engine=engine,
    )


def _section(file: Path, content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise UsageError(f"{file}: [{name}] must be a table")
    for key in section:
        if key not in _KEYS[name]:
            raise UsageError(f"{file}: [{name}] has no setting '{key}'{nearest(key, _KEYS[name])}")
    return section


def _sources(file: Path, folder: Path, entries: object) -> tuple[SourceEntry, ...]:
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{file}: there is no [[source]]; name at least one")
    out = []
    for number, entry in enumerate(entries, start=1):
        for name in ("type", "path"):
            if not isinstance(entry, dict) or not isinstance(entry.get(name), str):
                raise UsageError(f"{file}: [[source]] {number} has no {name}")
        options = {key: value for key, value in entry.items() if key not in ("type", "path")}
        out.append(SourceEntry(entry["type"], folder / entry["path"], options))
    return tuple(out)


def _profile(file: Path, section: object, name: str | None) -> Profile:
    if not isinstance(section, dict):
        raise UsageError(f"{file}: [profile] must be a table")
    values = dict(section)
    own = values.pop("name", "default")
    if own not in profile_names():
        raise UsageError(f"{file}: there is no rule profile {own!r}{nearest(str(own), profile_names())}")
    return shipped_profile(name or own).with_settings(values)
