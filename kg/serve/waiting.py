"""Requests are answered for as long as somebody waits for the answer."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["while_there"]


async def while_there(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Have an application answer a request; when the client goes away before, it is cancelled.

    Parameters
    ----------
    app, scope, receive, send:
        As ASGI has them; the body of the request is read before the application is asked.

    Raises
    ------
    ClientDisconnect
        when nobody waits any more.
    """
    body, whole = b"", False
    while not whole:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        whole = not message.get("more_body", False)
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    gone, ended = asyncio.Event(), False

    async def again() -> Message:
        if given:
            return given.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def sending(message: Message) -> None:
        nonlocal ended
        ended = message["type"] == "http.response.body" and not message.get("more_body", False)
        await send(message)

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    answering, watching = asyncio.ensure_future(app(scope, again, sending)), asyncio.ensure_future(watch())
    try:
        await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done() or ended:  # the end of an answer ends the waiting too
            await answering
        else:
            raise ClientDisconnect
    finally:
        answering.cancel()
        watching.cancel()
        await asyncio.gather(answering, watching, return_exceptions=True)
