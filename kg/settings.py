"""Reading `kg.toml`."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from kg.engines.remote import REMOTE_KEYS, RemoteEngine, RemoteOptions, remote_engine, remote_options
from kg.errors import InputError, UsageError, nearest
from kg.identifiers import mint
from kg.profile import Profile, profile_names, shipped_profile

__all__ = ["ABOUT_PROJECT", "ABOUT_SOURCE", "ENGINES", "Settings", "SourceEntry", "read_settings"]

#: Engines that a project may name; the first is used where none is named, the last is not there in this release.
ENGINES = ("columnar", "oxigraph", "remote", "spark")
#: What a project may say of itself for those who read what is published; `keywords` is a list, the others are texts.
ABOUT_PROJECT = ("publisher", "contact", "description", "language", "keywords", "site", "endpoint")
#: What it may say of each source.
ABOUT_SOURCE = ("title", "license", "publisher", "homepage")
_SECTIONS = ("project", "source", "profile", "engine", "serve")
_KEYS = {"project": {"title", "base", "license", *ABOUT_PROJECT}, "engine": {"name", *REMOTE_KEYS}}
#: How a text has to be that is no plain one, and what that is called.
_FORMS = {
    "contact": (r"[^\s@]+@[^\s@]+\.[^\s@]+|https?://[^\s<>\"{}|^`\\]+", "an address of e-mail or of a page"),
    "language": (r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", "a language tag such as en"),
    "site": (r"https?://[^\s<>\"{}|^`\\?#]+/", "an address that ends in /"),
    "endpoint": (r"https?://[^\s<>\"{}|^`\\]+", "an address"),
    "homepage": (r"https?://[^\s<>\"{}|^`\\]+", "an address"),
}


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One `[[source]]`: its type, its path, its other settings, and what is said of it for readers."""

    type: str
    path: Path
    options: Mapping[str, object]
    about: Mapping[str, str] = field(default_factory=dict)


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
    #: What the project says of itself for readers, by :data:`ABOUT_PROJECT`.
    about: Mapping[str, str | list[str]] = field(default_factory=dict)
    #: The limits of a server, as they stand in ``[serve]``.
    serve: Mapping[str, object] = field(default_factory=dict)
    #: The server that the engine `remote` runs on.
    remote: RemoteOptions | None = None

    def on_server(self, name: str) -> RemoteEngine:
        """Return the engine on the project's server, whose graph for the time of the work has a name.

        Raises
        ------
        UsageError
            when the project names no server.
        """
        if self.remote is None:
            raise UsageError(
                f"{self.folder / 'kg.toml'}: [engine] names no server: the remote engine needs url, and server or "
                "update and graph_store"
            )
        return remote_engine(self.remote, mint(self.base, "graph", name))


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
        if name not in _SECTIONS:
            raise UsageError(f"{file}: there is no section '{name}'{nearest(name, _SECTIONS)}")
    project = _section(file, content, "project")
    base = project.get("base", "")
    if not isinstance(base, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\\[\]]*[/#]", base):
        raise UsageError(f"{file}: [project] base = {base!r} must be an absolute IRI that ends in / or #")
    server = _section(file, content, "engine")
    engine = server.get("name", ENGINES[0])
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
        about=_about(f"{file}: [project]", project, ABOUT_PROJECT),
        remote=remote_options(f"{file}: [engine]", server, os.environ),
        serve=_table(file, content, "serve"),
    )


def _about(where: str, section: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return what a section says for readers."""
    said = {name: section[name] for name in names if name in section}
    for name, value in said.items():
        if name == "keywords":
            if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
                raise UsageError(f"{where} keywords must be a list of texts")
            continue
        form, what = _FORMS.get(name, (r"(?s).*\S.*", "a text"))
        if not isinstance(value, str) or not re.fullmatch(form, value):
            raise UsageError(f"{where} {name} = {value!r} must be {what}")
    return said


def _section(file: Path, content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = _table(file, content, name)
    for key in section:
        if key not in _KEYS[name]:
            raise UsageError(f"{file}: [{name}] has no setting '{key}'{nearest(key, _KEYS[name])}")
    return section


def _table(file: Path, content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise UsageError(f"{file}: [{name}] must be a table")
    return section


def _sources(file: Path, folder: Path, entries: object) -> tuple[SourceEntry, ...]:
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{file}: there is no [[source]]; name at least one")
    out = []
    for number, entry in enumerate(entries, start=1):
        for name in ("type", "path"):
            if not isinstance(entry, dict) or not isinstance(entry.get(name), str):
                raise UsageError(f"{file}: [[source]] {number} has no {name}")
        options = {key: value for key, value in entry.items() if key not in ("type", "path", *ABOUT_SOURCE)}
        about = _about(f"{file}: [[source]] {number}", entry, ABOUT_SOURCE)
        out.append(SourceEntry(entry["type"], folder / entry["path"], options, about))
    return tuple(out)


def _profile(file: Path, section: object, name: str | None) -> Profile:
    if not isinstance(section, dict):
        raise UsageError(f"{file}: [profile] must be a table")
    values = dict(section)
    own = values.pop("name", "default")
    if own not in profile_names():
        raise UsageError(f"{file}: there is no rule profile {own!r}{nearest(str(own), profile_names())}")
    return shipped_profile(name or own).with_settings(values)
