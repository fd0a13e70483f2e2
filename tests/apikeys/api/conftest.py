from __future__ import annotations

from typing import Any

import pytest

from tests.factories import IssuedFactory

CHALLENGE = 'Bearer realm="api"'


def bearer(issued: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {issued.token.text}"}


@pytest.fixture
def issued():
    """A key that may call everything of its type from the test client's address."""
    return IssuedFactory(fields__name="Billing", fields__endpoints=())


@pytest.fixture
def call(client, issued):
    """Make a call with the key's bearer token."""

    def make(path: str, method: str = "get", **values: Any) -> Any:
        headers = bearer(issued) | values.pop("headers", {})
        return getattr(client, method)(path, headers=headers, **values)

    return make


@pytest.fixture
def assert_problem():
    """Assert that a response is a problem (RFC 9457) with status and code."""

    def check(response: Any, status: int, code: str) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        assert (response.status_code, body["code"]) == (status, code)
        assert response["Content-Type"] == "application/problem+json"
        assert body["status"] == status
        assert {"type", "title", "detail"} <= body.keys()
        challenge = CHALLENGE if status == 401 else None
        assert response.headers.get("WWW-Authenticate") == challenge
        return body

    return check
