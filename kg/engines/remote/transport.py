"""Requests that are sent until they are answered: time-outs, retries, who asks, and no redirects."""

from __future__ import annotations

import base64
import http.client
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from typing import IO, Any, NoReturn, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    OpenerDirector,
    Request,
    build_opener,
    parse_http_list,
    parse_keqv_list,
)

from kg.engines.remote.options import RemoteOptions
from kg.errors import EngineError

__all__ = ["Answer", "Broken", "Missing", "Transport", "Unreachable"]

#: Seconds before the first retry; each is twice the one before.
FIRST_WAIT = 0.5
#: The most seconds that are waited before a retry, whatever a server asks for.
LONGEST_WAIT = 60.0
#: What says that a request was not carried out, or may not have been.
_LATER = frozenset([429, 502, 503, 504])
#: Bytes of an answer that are kept in memory.
_IN_MEMORY = 1 << 24
_BLOCK = 1 << 16
#: The most characters of a server's words that a message repeats.
_WORDS = 300

T = TypeVar("T")


class Broken(Exception):
    """An answer is not whole or not what was asked for; asking again may help."""


class Missing(EngineError):
    """What is asked for is not there."""


class Unreachable(EngineError):
    """There was no answer, however often it was tried."""


class _Later(Exception):
    """There is no answer yet; `wait` is what the server asks for, `unsent` says that it has not begun to work."""

    def __init__(self, message: str, *, wait: float | None = None, unsent: bool = False) -> None:
        super().__init__(message)
        self.wait, self.unsent = wait, unsent


@dataclass(slots=True)
class Answer:
    """An answer that has come whole."""

    status: int
    headers: Message
    body: IO[bytes]

    @property
    def kind(self) -> str:
        """Its media type."""
        return self.headers.get_content_type() if "content-type" in self.headers else ""

    def expect(self, *kinds: str) -> None:
        """Refuse an answer of another media type.

        Raises
        ------
        EngineError
            naming the type.
        """
        if self.kind not in kinds:
            hint = ": is this the address of the endpoint?" if "html" in self.kind else ""
            raise EngineError(f"the server answered with {self.kind or 'no media type'}, not {kinds[0]}{hint}")


class Transport:
    """Sends requests to the endpoints of a server.

    Parameters
    ----------
    options:
        Where they are, who asks, and how patient one is.
    wait:
        Called with the seconds before a retry.
    """

    def __init__(self, options: RemoteOptions, *, wait: Callable[[float], None] = sleep) -> None:
        self.options = options
        self._wait = wait
        self._opener = _opener(options)

    def send(
        self, make: Callable[[], Request], read: Callable[[Answer], T], *, what: str, repeatable: bool = True
    ) -> T:
        """Send a request and return what is read of its answer.

        Parameters
        ----------
        make:
            Makes the request, anew for each try.
        read:
            Reads the answer; :class:`Broken` says that it is not whole.
        what:
            What is asked for, for messages.
        repeatable:
            Whether the request does no harm when it is carried out twice. One that is not is only sent again when the
            server can't have begun to work on it.

        Raises
        ------
        Unreachable
            when there is no answer.
        EngineError
            when there is none in time, or it says that something is wrong.
        """
        tries = 0
        while True:
            address = ""
            try:
                request = make()
                address = _shown(request.full_url)
                return read(self._once(request))
            except (_Later, Broken) as error:
                tries += 1
                later = error if isinstance(error, _Later) else _Later(str(error))
                if tries > self.options.retries or not (repeatable or later.unsent):
                    times = f" ({tries} times)" if tries > 1 else ""
                    kind = Unreachable if isinstance(error, _Later) else EngineError
                    raise kind(f"{address}: {what}: {later}{times}") from None
                self._wait(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1) if later.wait is None else later.wait))
            except EngineError as error:
                raise type(error)(f"{address}: {what}: {error}") from None

    def _once(self, request: Request) -> Answer:
        """Send a request once.

        Raises
        ------
        _Later
            when there is no answer, and later there may be.
        EngineError
            when there never will be.
        """
        end = monotonic() + self.options.timeout
        if self.options.authentication == "basic":
            pair = f"{self.options.user}:{self.options.password}".encode()
            request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
        try:
            with self._opener.open(request, timeout=self.options.timeout) as response:
                return self._whole(response, end)
        except HTTPError as error:
            with error:
                self._refused(error)
        except TimeoutError:
            self._too_late()
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                self._too_late()
            unsent = isinstance(error.reason, ConnectionRefusedError)
            raise _Later(f"no connection ({_reason(error.reason)})", unsent=unsent) from None
        except (http.client.HTTPException, OSError) as error:
            raise _Later(f"the connection broke ({_reason(error)})") from None
        except ValueError as error:
            # The standard library's way to say that the server asks for what it doesn't know.
            raise EngineError(f"digest authentication failed ({error})") from None

    def _whole(self, response: Any, end: float) -> Answer:
        """Return an answer once all of it has come."""
        body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it is read by others
        length, came = response.headers.get("content-length"), 0
        # What has come, so that an answer that drips is noticed.
        while block := response.read1(_BLOCK):
            body.write(block)
            came += len(block)
            if monotonic() > end:
                self._too_late()
        if length is not None and length.isdecimal() and came < int(length):
            raise _Later(f"the answer is cut short: {came} of {length} bytes")
        body.seek(0)
        return Answer(response.status, response.headers, body)

    def _too_late(self) -> NoReturn:
        # Not again: the server may still be at it, and it will hardly be quicker the next time.
        raise EngineError(f"no answer within {self.options.timeout:g} seconds; [engine] timeout says how long to wait")

    def _refused(self, error: HTTPError) -> NoReturn:
        """Say why a request was refused."""
        if error.code in _LATER:
            raise _Later(f"the server is not ready (status {error.code})", wait=_asked_wait(error.headers),
                         unsent=error.code in (429, 503)) from None  # fmt: skip
        if 300 <= error.code < 400:
            place = _shown(error.headers.get("location", "nowhere"))
            raise EngineError(
                f"the server redirects to {place}, which is not followed; name the right address"
            ) from None
        if error.code in (401, 403):
            how = self.options.authentication or "none"
            asked = (error.headers.get("www-authenticate") or "").split(" ")[0].casefold()
            wanted = f"; the server asks for {asked}" if asked in ("basic", "digest") and asked != how else ""
            raise EngineError(
                f"the server does not let us in (status {error.code}); [engine] user, password or password_env and "
                f"authentication (now {how}) say who asks{wanted}"
            ) from None
        kind = Missing if error.code == 404 else EngineError
        raise kind(f"status {error.code}{_words(error)}") from None


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirect: requests would become others, and credentials go where nobody meant them to."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class _Digest(HTTPDigestAuthHandler):
    """Digest authentication that remembers what the server asked for, so that a body is not sent twice each time.

    https://www.rfc-editor.org/rfc/rfc7616
    """

    _asked: dict[str, str] | None = None

    def retry_http_digest_auth(self, req: Request, auth: str) -> Any:
        if auth.split(" ", 1)[0].casefold() == "digest":
            self._asked = parse_keqv_list(list(filter(None, parse_http_list(auth.split(" ", 1)[1]))))
        return super().retry_http_digest_auth(req, auth)

    def http_request(self, req: Request) -> Request:
        """Add the credentials to a request as the server asked for them before."""
        if self._asked is not None and not req.has_header(self.auth_header):
            made = self.get_authorization(req, self._asked)
            if made:
                req.add_unredirected_header(self.auth_header, f"Digest {made}")
        return req

    https_request = http_request


def _opener(options: RemoteOptions) -> OpenerDirector:
    handlers: list[Any] = [_NoRedirects()]
    if options.authentication == "digest":
        passwords = HTTPPasswordMgrWithDefaultRealm()
        for address in (options.url, options.update, options.graph_store):
            passwords.add_password(None, address, options.user, options.password)
        handlers.append(_Digest(passwords))
    return build_opener(*handlers)


def _asked_wait(headers: Message) -> float | None:
    """Return the seconds that Retry-After asks for: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after."""
    text = (headers.get("retry-after") or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _words(error: HTTPError) -> str:
    """Return the first words of an error's page, without its markup."""
    try:
        text = error.read(_BLOCK).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^<>]{0,200}>" if "<html" in text.casefold() else r"\0", " ", text)
    text = " ".join(text.split()).split(" SPARQL query:")[0]  # Virtuoso repeats the query
    return f": {text[:_WORDS]}" + ("…" if len(text) > _WORDS else "") if text else ""


def _shown(address: str) -> str:
    """Return an address without what may be secret in it."""
    try:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else parts.path
    except ValueError:
        return "an address that is none"


def _reason(error: object) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]
