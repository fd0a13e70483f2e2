"""Bodies in every frame that HTTP/1.1 has, sent to the server itself."""

from __future__ import annotations

import json

import pytest

from tests.attack.serving import opened, rest_of

JSON = "application/json"
LIMIT = 2_621_440


def pieces(body: bytes):
    """A body without a length, which http.client sends in chunks."""
    return iter([body[:7], body[7:]])


@pytest.mark.parametrize("frame", [bytes, pieces], ids=["length", "chunked"])
def test_body_is_read_however_it_is_framed(frame, served, token):
    name = f"framed by {frame.__name__}"
    body = json.dumps({"name": name, "domains": "example.com"}).encode()

    answer = served.ask(
        "/api/api-tokens",
        method="POST",
        headers={"Authorization": f"Bearer {token}", "Content-Type": JSON},
        body=frame(body),
    )

    assert answer.status == 200, answer.body
    assert json.loads(answer.body)["data"]["name"] == name


@pytest.mark.parametrize("frame", [bytes, pieces], ids=["length", "chunked"])
def test_credentials_are_found_however_the_body_is_framed(frame, served):
    key = served.create_key(f"accepts {frame.__name__}", "--accept-parameters")
    parts = {"api": key["api_id"], "apikey": key["api_key"]}

    answer = served.ask(
        "/api/whoami",
        headers={"Content-Type": JSON},
        body=frame(json.dumps(parts).encode()),
    )

    assert answer.status == 200, answer.body


@pytest.mark.parametrize("path", ["/settings/login/", "/api/api-tokens", "/gate"])
def test_announced_large_body_is_refused_and_not_asked_for(path, served):
    answer = rest_of(
        opened(
            served.port,
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
            f"Content-Length: {LIMIT + 1}\r\n\r\n".encode(),
        )
    )

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body)["code"] == "body_too_large"


def test_large_chunked_body_is_refused(served):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    connection = opened(
        served.port,
        b"POST /api/api-tokens HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
    )
    # No more than what the bound takes, so that all of it is read before the answer.
    for _ in range(LIMIT // 0x10000 + 1):
        connection.sendall(chunk)

    assert rest_of(connection).startswith(b"HTTP/1.1 413 ")


def test_largest_body_is_taken(served):
    answer = served.ask("/healthz", body=b"x" * LIMIT)

    assert answer.status == 200
