"""One call of a WSGI application, made on a thread for an event loop that waits for it.

The call stays on one thread from its first to its last byte, as database connections
want it. An answer that announces its length and is not long is handed over whole, which
frees the thread at once; any other is sent piece by piece, no faster than the client
reads, and ends as soon as the client leaves.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from io import BytesIO
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

Application = Callable[..., Iterable[bytes]]
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType]

_WHOLE_ANSWER = 1024 * 1024
# How long a client may take to read one piece of a longer answer.
_SECONDS_OF_A_PIECE = 30.0


class ClientLeft(Exception):
    """Nobody reads the answer any more."""


class WsgiCall:
    """`run` works on a thread; the rest belongs to the event loop that made this."""

    def __init__(
        self,
        scope: Mapping[str, Any],
        body: bytes,
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        self.is_left = False
        self._environ = environ_of(scope, body)
        self._loop = asyncio.get_running_loop()
        self._send = send
        self._start: dict[str, Any] | None = None
        self._is_started = self._is_streamed = False
        self._pieces: list[bytes] = []

    def run(self, application: Application) -> None:
        """Make the call, and send what is streamed. Raises `ClientLeft`."""
        if self.is_left:
            raise ClientLeft
        answer = application(self._environ, self._start_response)
        try:
            if self._environ["REQUEST_METHOD"] != "HEAD":
                for piece in answer:
                    self._take(piece)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    async def send_rest(self) -> None:
        """Send what `run` has not sent, and end the answer."""
        await self._send_pieces(more_body=False)

    def _start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExceptionInfo | None = None,
    ) -> Callable[[bytes], None]:
        if exc_info is not None and self._is_started:
            raise exc_info[1].with_traceback(exc_info[2])
        encoded = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers
        ]
        length = dict(encoded).get(b"content-length")
        self._is_streamed = length is None or int(length) > _WHOLE_ANSWER
        self._start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": encoded,
        }
        return self._take

    def _take(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
        if not self._is_streamed or not piece:
            return
        if self.is_left:
            raise ClientLeft
        sent = asyncio.run_coroutine_threadsafe(
            self._send_pieces(more_body=True), self._loop
        )
        try:
            sent.result(_SECONDS_OF_A_PIECE)
        except TimeoutError:
            sent.cancel()
            self.is_left = True
            raise ClientLeft from None

    async def _send_pieces(self, *, more_body: bool) -> None:
        if not self._is_started:
            if self._start is None:
                raise RuntimeError("The application gave no status.")
            self._is_started = True
            await self._send(self._start)
        body = b"".join(self._pieces)
        self._pieces.clear()
        await self._send(
            {"type": "http.response.body", "body": body, "more_body": more_body}
        )


def environ_of(scope: Mapping[str, Any], body: bytes) -> WSGIEnvironment:
    """Return the environment of a call (PEP 3333) whose body is there as a whole."""
    root = scope.get("root_path", "")
    path = unquote_to_bytes(scope["raw_path"]).decode("latin-1")
    # Absent where a server listens on a Unix socket.
    host, port = scope.get("server") or ("localhost", None)
    address, _ = scope.get("client") or ("", None)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": path.removeprefix(root) if root else path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope["headers"]),
    }
    if body or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        # A name with an underscore would read like the one with a hyphen, which a proxy
        # sets; the body is not chunked any more.
        if b"_" in raw_name or raw_name == b"transfer-encoding":
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        if name in found:
            separator = "; " if name == "HTTP_COOKIE" else ","
            value = f"{found[name]}{separator}{value}"
        found[name] = value
    return found
