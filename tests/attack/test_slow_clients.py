"""Clients that announce much, send little and stay: nobody else notices them."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from tests.attack.serving import THREADS, opened, rest_of

# Of each kind; as many as the server has threads.
CLIENTS = THREADS

HOST = b"Host: 127.0.0.1\r\n"
LENGTH = b"Content-Length: 1000\r\n\r\n"
HELD = [
    b"POST /settings/login/ HTTP/1.1\r\n" + HOST + LENGTH + b"username=",
    b"POST /api/api-tokens HTTP/1.1\r\n" + HOST + LENGTH,
    b"POST /api/api-tokens HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    b"GET /healthz HTTP/1.1\r\n" + HOST + LENGTH,
    b"GET /gate HTTP/1.1\r\n" + HOST + LENGTH,
    b"GET /nothing HTTP/1.1\r\n" + HOST + LENGTH,
]
SILENT = [
    b"",
    b"GET /heal",
    b"GET /healthz HTTP/1.1\r\n" + HOST,
    # Stays after its answer.
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
]


def everything_answers(served, token) -> None:
    for _ in range(3):
        assert served.ask("/settings/login/").status == 200
        headers = {"Authorization": f"Bearer {token}"}
        assert served.ask("/api/whoami", headers=headers).status == 200
        assert served.ask_gate(token) == 200
        assert served.ask_gate(token, served.gate_port) == 200


def test_held_bodies_disturb_nobody_and_are_refused(served, token):
    with ExitStack() as stack:
        held = [opened(served.port, sent) for sent in CLIENTS * HELD]
        for connection in held:
            stack.enter_context(connection)
        everything_answers(served, token)
        answers = [rest_of(connection) for connection in held]

    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert json.loads(body)["code"] == "body_too_slow"


def test_held_bodies_do_not_disturb_the_gate_alone(served, token):
    with ExitStack() as stack:
        for sent in CLIENTS * HELD:
            stack.enter_context(opened(served.gate_port, sent))
        for _ in range(10):
            assert served.ask_gate(token, served.gate_port) == 200


@pytest.mark.parametrize("which", ["port", "gate_port"])
def test_connections_that_say_nothing_are_closed(which, served, token):
    silent = [opened(getattr(served, which), sent) for sent in CLIENTS * SILENT]

    everything_answers(served, token)

    for connection in silent:
        rest_of(connection)


def test_client_that_comes_back_in_time_is_served(served):
    head = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n" + LENGTH
    connection = opened(served.port, head + b"x" * 400)

    connection.sendall(b"x" * 600)

    assert rest_of(connection).startswith(b"HTTP/1.1 200 ")
