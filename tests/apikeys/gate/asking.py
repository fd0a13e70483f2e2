"""What the gate is asked and answers, as a proxy sees it."""

from __future__ import annotations

import json

from apikeys.access import tokens

PROXY, CALLER = "10.0.0.1", "192.0.2.7"
TARGET = "/api/egress/leads"
API_HEADERS = {"X-Api-Key-Id", "X-Api-Key-Name", "X-Api-Location", "X-Api-Roles"}


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes):
        texts = [text for header in headers for text in header]
        assert all(text.isascii() and text.isprintable() for text in texts)
        self.status = int(status.split(maxsplit=1)[0])
        self.headers = dict(headers)
        self.names = [name for name, _ in headers]
        self.body = body


def bearer(issued):
    return {"HTTP_AUTHORIZATION": f"Bearer {issued.token.text}"}


def pair(issued, names=("HTTP_X_API_ID", "HTTP_X_API_KEY")):
    return dict(zip(names, (issued.token.public_id, issued.token.secret), strict=True))


def query(issued):
    parameters = f"api={issued.token.public_id}&apikey={issued.token.secret}"
    return {"HTTP_X_ORIGINAL_URI": f"{TARGET}?{parameters}"}


def wrong_secret(issued):
    token = tokens.with_new_secret(issued.token.public_id)
    return {"HTTP_AUTHORIZATION": f"Bearer {token.text}"}


def from_elsewhere(issued):
    return bearer(issued) | {"HTTP_X_FORWARDED_FOR": "198.51.100.1"}


def assert_allowed(answer, issued):
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["X-Api-Key-Id"] == issued.key.key_id
    assert answer.names.count("Content-Length") == 1
    assert set(answer.headers) >= API_HEADERS


def assert_refused(answer, status, code):
    body = json.loads(answer.body)
    assert (answer.status, body["code"], body["status"]) == (status, code, status)
    assert answer.headers["X-Refusal"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Cache-Control"] == "no-store"
    challenge = 'Bearer realm="api"' if status == 401 else None
    assert answer.headers.get("WWW-Authenticate") == challenge
    assert {answer.headers[name] for name in API_HEADERS} == {""}
    return body
