"""Runs a WSGI application behind an ASGI server, with the body read before it starts.

A WSGI server hands a body over while it still arrives, so that whoever announces one
and never sends it holds a thread, and some dozens of them hold the whole server. Here
the event loop waits instead, for a bounded time and a bounded size, and a thread starts
with the whole body. `docs/dependencies.md` says why no ready adapter does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from apikeys.access.refusals import Refusal
from config.serving import HEALTH_PATH, HEALTHY
from config.wsgi_call import Application, ClientLeft, WsgiCall

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_TOO_LARGE = Refusal(
    "body_too_large", "Body too large", "No call needs a body as large.", 413, 413
)
BODY_TOO_SLOW = Refusal(
    "body_too_slow", "Body too slow", "The body did not arrive in time.", 408, 408
)
BODIES_TOO_MANY = Refusal(
    "bodies_too_many",
    "Too many large bodies",
    "The server holds as many large bodies as it can. Try again shortly.",
    503,
    503,
)
# A body up to this size is always taken; larger ones share `Bounds.bytes_at_once`.
_SMALL_BODY = 64 * 1024
_WITH_A_BODY = (b"content-length", b"transfer-encoding")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process takes at most."""

    threads: int
    body_bytes: int
    body_seconds: float
    bytes_at_once: int = 64 * 1024 * 1024


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class Front:
    """ASGI application for HTTP alone, without lifespan (granian's `asginl`)."""

    def __init__(self, application: Application, bounds: Bounds) -> None:
        self._application = application
        self._bounds = bounds
        self._threads = ThreadPoolExecutor(bounds.threads, thread_name_prefix="call")
        self._held_bytes = 0

    async def __call__(
        self, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        body = bytearray()
        try:
            await self._read(body, scope, receive)
            if _asks_for_health(scope):
                # Here and not on a thread, which all may have their hands full.
                await _answer(200, {"content-type": "text/plain"}, HEALTHY, send)
                return
            await self._run(WsgiCall(scope, bytes(body), send), receive)
        except _Refused as refused:
            await _refuse(refused.refusal, send)
        except ClientLeft:
            pass
        finally:
            self._held_bytes -= len(body)

    async def _read(
        self, body: bytearray, scope: Mapping[str, Any], receive: Receive
    ) -> None:
        announced = [value for name, value in scope["headers"] if name in _WITH_A_BODY]
        if not announced:
            return
        if any(int(v) > self._bounds.body_bytes for v in announced if v.isdigit()):
            raise _Refused(BODY_TOO_LARGE)
        try:
            async with asyncio.timeout(self._bounds.body_seconds):
                while await self._read_piece(body, receive):
                    pass
        except TimeoutError:
            raise _Refused(BODY_TOO_SLOW) from None

    async def _read_piece(self, body: bytearray, receive: Receive) -> bool:
        """Read on and return whether there is more."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        piece = message.get("body", b"")
        body += piece
        self._held_bytes += len(piece)
        if len(body) > self._bounds.body_bytes:
            raise _Refused(BODY_TOO_LARGE)
        if len(body) > _SMALL_BODY and self._held_bytes > self._bounds.bytes_at_once:
            raise _Refused(BODIES_TOO_MANY)
        return bool(message.get("more_body", False))

    async def _run(self, call: WsgiCall, receive: Receive) -> None:
        loop = asyncio.get_running_loop()
        watch = loop.create_task(_watch(call, receive))
        try:
            await loop.run_in_executor(self._threads, call.run, self._application)
            await call.send_rest()
        finally:
            watch.cancel()


def _asks_for_health(scope: Mapping[str, Any]) -> bool:
    return (scope["method"], scope["raw_path"]) == ("GET", HEALTH_PATH.encode())


async def _watch(call: WsgiCall, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    call.is_left = True


async def _refuse(refusal: Refusal, send: Send) -> None:
    body = json.dumps(refusal.problem(refusal.status)).encode()
    headers = {
        "content-type": "application/problem+json",
        # What still comes of the body must not be taken for a next call.
        "connection": "close",
        **refusal.headers(refusal.status),
    }
    await _answer(refusal.status, headers, body, send)


async def _answer(
    status: int, headers: Mapping[str, str], body: bytes, send: Send
) -> None:
    always = {"content-length": str(len(body)), "cache-control": "no-store"}
    encoded = [
        (name.lower().encode(), value.encode())
        for name, value in {**always, **headers}.items()
    ]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
