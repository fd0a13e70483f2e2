"""The gate alone: what it answers beside the gate's own question."""

from __future__ import annotations

import json
from importlib import import_module
from io import BytesIO
from typing import Any

import pytest

# The start counts keys whose pepper is lost.
pytestmark = pytest.mark.django_db


def asked(path: str) -> tuple[str, dict[str, str], bytes]:
    answer: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "REMOTE_ADDR": "203.0.113.9",
        "wsgi.input": BytesIO(),
    }
    application = import_module("config.gate").application
    body = b"".join(application(environ, lambda *given: answer.extend(given)))
    return answer[0], dict(answer[1]), body


def test_health_is_answered():
    status, headers, body = asked("/healthz")

    assert (status, body) == ("200 OK", b"ok\n")
    assert headers["Cache-Control"] == "no-store"


def test_gate_is_answered():
    status, _, body = asked("/gate")

    assert status == "403 Forbidden"
    assert json.loads(body)["code"] == "peer_not_trusted"


@pytest.mark.parametrize(
    "path", ["/", "/settings/", "/api/whoami", "/static/css/base.css", "/readyz", ""]
)
def test_nothing_else_is_there(path):
    status, headers, body = asked(path)

    assert status == "404 Not Found"
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["code"] == "not_found"
