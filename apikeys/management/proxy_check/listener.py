"""Stands in for the application behind a proxy and keeps what arrives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as the application gets it."""

    target: str
    headers: tuple[tuple[str, str], ...]

    def has(self, name: str) -> bool:
        return any(name.lower() == other.lower() for other, _ in self.headers)

    def names_with(self, text: str) -> list[str]:
        """Return the names of headers in whose value a text stands."""
        return [name for name, value in self.headers if text.lower() in value.lower()]


@dataclass
class Listener:
    """The calls that arrived since they were last taken."""

    arrivals: list[Arrival] = field(default_factory=list)

    def take(self) -> list[Arrival]:
        taken, self.arrivals = self.arrivals, []
        return taken


@contextmanager
def listening(host: str, port: int) -> Iterator[Listener]:
    """Answer every call at an address with 200 until the block ends."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = tuple(self.headers.items())
            listener.arrivals.append(Arrival(self.path, headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            # A header may hold what nobody should read in a log.
            pass

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
