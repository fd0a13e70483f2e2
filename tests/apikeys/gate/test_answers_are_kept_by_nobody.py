"""No answer about a key stays in a cache, whatever the entrance and the outcome."""

from __future__ import annotations

import pytest

from tests.apikeys.gate.asking import bearer, from_elsewhere
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

PATHS = [
    "/api/whoami",
    "/api/explain?path=/api/egress/x",
    "/api/schema",
    "/api/docs",
    "/api/api-tokens",
    "/api/egress/none",
]


def test_gate_says_so_with_every_answer(ask, issued):
    for answer in (ask(**bearer(issued)), ask(**from_elsewhere(issued)), ask()):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.names.count("Cache-Control") == 1


@pytest.mark.parametrize("path", PATHS)
def test_api_says_so_with_and_without_a_key(client, path):
    key = IssuedFactory(fields__endpoints=())

    assert client.get(path, **bearer(key))["Cache-Control"] == "no-store"
    assert client.get(path)["Cache-Control"] == "no-store"


def test_plugin_answer_says_so(client):
    answer = client.post("/api/plugin/authorize", {"token": "x"})

    assert answer["Cache-Control"] == "no-store"
