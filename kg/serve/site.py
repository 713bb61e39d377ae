"""The files of a published site, and the IRIs that lead to them with 303.

https://www.w3.org/TR/cooluris/
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import mimetypes
import os
import stat
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from kg.publish.addresses import Addresses
from kg.publish.model import anchor_of
from kg.publish.servers.accept import FORMATS
from kg.publish.site import MARK
from kg.serve.address import path_of
from kg.serve.formats import accepted, accepts, takes

__all__ = ["Pages"]

#: Files up to this size are kept in memory, so many bytes of them.
_SMALL, _KEPT = 1 << 20, 64 << 20
#: Media types that are worth compressing.
_TEXTS = (
    "text/",
    "application/json",
    "application/ld+json",
    "application/n-triples",
    "image/svg+xml",
    "application/wasm",
)
_TYPES = {".ttl": "text/turtle", ".jsonld": "application/ld+json", ".nt": "application/n-triples", ".wasm": "application/wasm",
          ".nq": "application/n-quads", ".parquet": "application/vnd.apache.parquet", ".js": "text/javascript",
          ".gz": "application/gzip", "": "text/plain"}  # fmt: skip
#: Folders of a site that are for other servers.
_HIDDEN = frozenset({"server"})
_SUFFIXES = {kind: form.suffix for form in FORMATS for kind in form.types}


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent: with the time it was changed, and compressed where that pays."""

    type: str
    body: bytes
    packed: bytes | None
    tag: str
    changed: float


class Pages:
    """A site that is served from a folder.

    Parameters
    ----------
    folder:
        The folder of the site.
    base:
        The base IRI of what it is about.
    """

    def __init__(self, folder: Path, base: str) -> None:
        self.folder = folder.resolve()
        self.base = base
        self._kept: OrderedDict[tuple[str, int, int], _File] = OrderedDict()
        self._size = 0
        self._mark: tuple[tuple[int, int], Addresses] | None = None

    async def __call__(self, request: Request) -> Response:
        """Answer for a file of the site, or for an IRI that it is about."""
        path = path_of(request)
        found = self._file(path)
        if found is None and not self.folder.is_dir():
            await asyncio.sleep(0.1)  # it is being replaced
            found = self._file(path)
        if found is not None:
            return self._sent(request, found)
        return self._see_other(request, path)

    def _file(self, path: str) -> Path | None:
        """Return the file that a path names, if it is one of the site; names of files hold ``%`` as it is."""
        parts = [unquote(part) for part in path.split("/") if part != ""]
        if any(part in (".", "..") or "/" in part or "\\" in part or "\0" in part for part in parts):
            return None
        if parts and (
            parts[0] in _HIDDEN or (parts[0].startswith(".") and parts[0] != ".well-known") or parts[0] == MARK
        ):
            return None
        file = self.folder.joinpath(*parts)
        if path.endswith("/"):
            file /= "index.html"
        try:
            known = file.lstat()
        except (OSError, ValueError):
            return None
        # A folder of the path may be a link that leads out of the site.
        return file if stat.S_ISREG(known.st_mode) and os.path.realpath(file.parent) == str(file.parent) else None

    def _sent(self, request: Request, file: Path) -> Response:
        try:
            known = file.stat()
            if known.st_size > _SMALL:
                return _large(request, file, known)
            kept = self._read(file, known.st_mtime_ns, known.st_size)
        except OSError:
            return PlainTextResponse("There is no such page.\n", 404)
        headers = {
            "ETag": kept.tag,
            "Last-Modified": formatdate(kept.changed, usegmt=True),
            "Cache-Control": "max-age=300",
        }
        if kept.packed is not None:
            headers["Vary"] = "Accept-Encoding"
        if _unchanged(request, kept.tag, kept.changed):
            return Response(status_code=304, headers=headers)
        body = kept.body
        if kept.packed is not None and takes(request.headers.get("accept-encoding"), "gzip"):
            body = kept.packed
            headers["Content-Encoding"] = "gzip"
        return Response(body, media_type=kept.type, headers=headers)

    def _read(self, file: Path, changed: int, size: int) -> _File:
        key = (str(file), changed, size)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        body, kind = file.read_bytes(), _type(file)
        packed = gzip.compress(body, 6, mtime=0) if len(body) > 500 and kind.startswith(_TEXTS) else None
        kept = _File(kind, body, packed, f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"', changed / 1e9)
        self._kept[key] = kept
        self._size += len(body) + len(packed or b"")
        while self._size > _KEPT and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._size -= len(old.body) + len(old.packed or b"")
        return kept

    def _see_other(self, request: Request, path: str) -> Response:
        """Lead an IRI to the page or to the data about it, by what the client accepts."""
        addresses = self._addresses()
        name = addresses.file(self.base + path.lstrip("/")) if addresses is not None else None
        if name is None:
            return PlainTextResponse("There is no such page.\n", 404)
        kind = accepted(accepts(request), list(_SUFFIXES))
        headers = {"Vary": "Accept"}
        if kind is None:
            return PlainTextResponse(f"This is there as {', '.join(_SUFFIXES)}.\n", 406, headers)
        suffix = _SUFFIXES[kind]
        file = f"{'page' if suffix == 'html' else 'data'}/{name}.{suffix}"
        if not (self.folder / file).is_file():
            return PlainTextResponse("Nothing is said of this here.\n", 404, headers)
        target = f"{request.scope.get('root_path', '')}/{quote(file, safe='/-_.~')}"
        if suffix == "html" and name.split("/")[0] in (addresses.cuts if addresses is not None else ()):
            target += "#" + quote(anchor_of(self.base, self.base + path.lstrip("/"), name.split("/")[0]), safe="/-_.~")
        return RedirectResponse(target, 303, headers)

    def _addresses(self) -> Addresses | None:
        """Return which files are about which IRI, as the site that is there says; nothing when there is none."""
        file = self.folder / MARK
        try:
            known = file.stat()
            stamp = (known.st_mtime_ns, known.st_ino)
            if self._mark is None or self._mark[0] != stamp:
                self._mark = (stamp, Addresses(self.base, json.loads(file.read_text(encoding="utf-8"))["cuts"]))
        except (OSError, ValueError, KeyError):
            return None if self._mark is None else self._mark[1]
        return self._mark[1]


def _type(file: Path) -> str:
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _large(request: Request, file: Path, known: os.stat_result) -> Response:
    """Return a file that is read as it is sent, or the part of it that is asked for."""
    response = FileResponse(file, media_type=_type(file), headers={"Cache-Control": "max-age=300"}, stat_result=known)
    if not _unchanged(request, response.headers["etag"], known.st_mtime):
        return response
    kept = {name: response.headers[name] for name in ("etag", "last-modified", "cache-control")}
    return Response(status_code=304, headers=kept)


def _unchanged(request: Request, tag: str, changed: float) -> bool:
    """Whether the client has what would be sent: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2"""
    if (tags := request.headers.get("if-none-match")) is not None:
        return tags.strip() == "*" or any(
            one.strip().removeprefix("W/") == tag.removeprefix("W/") for one in tags.split(",")
        )
    if (since := request.headers.get("if-modified-since")) is not None:
        try:
            return int(changed) <= parsedate_to_datetime(since).timestamp()
        except (TypeError, ValueError, OverflowError):
            return False
    return False
