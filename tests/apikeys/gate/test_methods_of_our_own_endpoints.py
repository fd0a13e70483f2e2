"""A method that an endpoint of ours does not answer is closed, whatever its name."""

from __future__ import annotations

import pytest

from apikeys.keys.values import KeySettings
from tests.apikeys.gate.asking import assert_refused, bearer
from tests.factories import IssuedFactory, RoleFactory

pytestmark = pytest.mark.django_db

ID = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "method",
    [
        "FOO",
        "PUT",
        "PROPFIND",
        "PURGE",
        "QUERY",
        "query",
        "TRACE",
        "CONNECT",
        "OPTIONS",
    ],
)
@pytest.mark.parametrize(
    "path", ["/api/api-tokens", "/api/api-tokens/", f"/api/api-tokens/{ID}"]
)
def test_method_without_a_row_is_closed(path, method, ask):
    issued = IssuedFactory(roles=[RoleFactory()], fields=KeySettings("Holds nothing"))

    answer = ask(
        **bearer(issued), HTTP_X_ORIGINAL_METHOD=method, HTTP_X_ORIGINAL_URI=path
    )

    assert_refused(answer, 403, "method_not_allowed")


@pytest.mark.parametrize("method", ["GET", "POST", "get", "HEAD"])
def test_method_with_a_row_needs_its_permission(method, ask):
    issued = IssuedFactory(roles=[RoleFactory()], fields=KeySettings("Holds nothing"))

    answer = ask(
        **bearer(issued),
        HTTP_X_ORIGINAL_METHOD=method,
        HTTP_X_ORIGINAL_URI="/api/api-tokens",
    )

    assert_refused(answer, 403, "permission_missing")
