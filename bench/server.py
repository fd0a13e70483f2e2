"""Servers of a run: one granian each, with one worker, on loopback."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from bench.machine import pinned

HOST = "127.0.0.1"
BLOCKING_THREADS = 4
FRONT = "config.asgi:application"
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs on loopback."""

    port: int

    def url(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"

    def status(self, path: str, headers: Mapping[str, str]) -> int:
        """Ask once and return the status."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", path, headers=dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Granian(Server):
    """A granian and its one worker process."""

    worker: int


@contextmanager
def running(
    application: str, core: int, environment: Mapping[str, str], nice: int = 0
) -> Iterator[Granian]:
    """Serve an application, `FRONT` or a WSGI callable, on one core until the block ends."""
    port = free_port()
    interface = ["--interface", "wsgi", "--blocking-threads", str(BLOCKING_THREADS)]
    if application == FRONT:
        # It has as many threads by itself.
        interface = ["--interface", "asginl"]
    command = [
        *("nice", f"-n{nice}"),
        *(sys.executable, "-m", "granian", "--no-ws", "--http", "1", *interface),
        *("--host", HOST, "--port", str(port), "--log-level", "warning"),
        *("--workers", "1", application),
    ]
    with pinned(core):
        process = subprocess.Popen(command, env={**os.environ, **environment})  # noqa: S603 (our own words)
    try:
        _await_port(process, port)
        (worker,) = psutil.Process(process.pid).children()
        yield Granian(port, worker.pid)
    finally:
        _stop(process)


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The server did not start; its own words stand above.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
