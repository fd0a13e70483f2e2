"""What a stop in order does with calls in flight and with what is not yet written."""

from __future__ import annotations

import json
import socket
import sqlite3
from datetime import UTC, datetime
from time import monotonic

import pytest

from tests.attack.serving import Served, opened, rest_of, serving
from tests.gate.stack import HOST, PATIENCE_SECONDS


@pytest.fixture
def stopping(tmp_path):
    with serving(tmp_path) as product:
        yield product


def last_use(served: Served) -> datetime | None:
    with sqlite3.connect(served.database) as connection:
        ((text,),) = connection.execute("SELECT last_used_at FROM apikeys_keysecret")
    connection.close()
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def await_no_listener(port: int) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            return
    raise AssertionError("The server goes on listening.")


def test_call_in_flight_is_finished_when_the_server_stops(stopping):
    token = stopping.create_key("in flight")["token"]
    body = json.dumps({"name": "in flight", "domains": "example.com"}).encode()
    head = (
        "POST /api/api-tokens HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection = opened(stopping.port, head.encode() + body[:9])
    # The server has seen the call once it has answered another one.
    assert stopping.ask("/healthz").status == 200

    stopping.server.terminate()
    await_no_listener(stopping.port)
    connection.sendall(body[9:])

    assert rest_of(connection).startswith(b"HTTP/1.1 200 ")
    assert stopping.server.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("which", ["server", "gate_server"])
def test_last_uses_are_written_when_the_server_stops(which, stopping):
    token = stopping.create_key("used")["token"]
    port = stopping.port if which == "server" else stopping.gate_port
    assert stopping.ask_gate(token, port) == 200
    deadline = monotonic() + PATIENCE_SECONDS
    while last_use(stopping) is None:
        assert monotonic() < deadline
    before = datetime.now(UTC)

    # Within an hour of the first: kept for the next minute, or for the end.
    assert stopping.ask_gate(token, port) == 200
    process = getattr(stopping, which)
    process.terminate()

    assert process.wait(PATIENCE_SECONDS) == 0
    written = last_use(stopping)
    assert written is not None
    assert written >= before
