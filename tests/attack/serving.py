"""The product as `make run` and `make run-gate` serve it, on one database."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gate.stack import (
    HOST,
    PATIENCE_SECONDS,
    PROJECT,
    Answer,
    Product,
    await_port,
    free_port,
)

BODY_SECONDS = 1
HEADER_SECONDS = 1
THREADS = 4


@dataclass
class Served(Product):
    """Pages, API and `/gate` behind the front, and the gate alone beside it."""

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "DJANGO_SETTINGS_MODULE": "tests.attack.settings",
            "ALLOWED_HOSTS": HOST,
            "SECURE_COOKIES": "false",
            "BODY_SECONDS": str(BODY_SECONDS),
            "CALL_THREADS": str(THREADS),
        }

    def start(self) -> None:
        self.server = self._granian(
            *("--port", str(self.port), "--interface", "asginl"),
            "config.asgi:application",
        )
        self.gate_server = self._granian(
            *("--port", str(self.gate_port), "--interface", "wsgi"),
            *("--blocking-threads", str(THREADS), "config.gate:application"),
        )
        await_port(self.port, self.server)
        await_port(self.gate_port, self.gate_server)
        # A port is open before its worker answers.
        for port in (self.port, self.gate_port):
            assert self.ask("/healthz", port=port).status == 200

    def _granian(self, *options: str) -> subprocess.Popen[bytes]:
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "granian", "--host", HOST, "--no-ws"),
                    *("--http", "1", "--workers", "1", "--log-level", "warning"),
                    *("--http1-header-read-timeout", str(HEADER_SECONDS * 1_000)),
                    *("--workers-kill-timeout", "10", *options),
                ],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    @contextmanager
    def logging(self) -> Iterator[list[str]]:
        """Give the lines that both servers log inside the block, once it is over."""
        lines: list[str] = []
        before = len(self.log)
        yield lines
        lines += self.log[before:].splitlines()

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        port: int = 0,
    ) -> Answer:
        """Ask once; a body without a length is sent in chunks."""
        connection = http.client.HTTPConnection(
            HOST, port or self.port, timeout=PATIENCE_SECONDS
        )
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def ask_gate(self, token: str, port: int = 0) -> int:
        headers = {
            "Authorization": f"Bearer {token}",
            "X-Original-Method": "GET",
            "X-Original-URI": "/api/egress/leads",
            "X-Forwarded-For": "192.0.2.7",
        }
        return self.ask("/gate", headers=headers, port=port).status


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    served = Served(folder, "original", free_port(), gate_port=free_port())
    served.manage("migrate", "--verbosity", "0")
    try:
        served.start()
        yield served
    finally:
        served.stop()


def opened(port: int, sent: bytes = b"") -> socket.socket:
    """Connect and say this much."""
    connection = socket.create_connection((HOST, port), timeout=PATIENCE_SECONDS)
    connection.sendall(sent)
    return connection


def rest_of(connection: socket.socket) -> bytes:
    """Return what comes until the server closes, and close."""
    received = bytearray()
    with connection:
        while piece := _received(connection):
            received += piece
    return bytes(received)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""
