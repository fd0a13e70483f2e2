from __future__ import annotations

import pytest

from tests.apikeys.gate.asking import assert_allowed, assert_refused, bearer
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

CRM = "/crm/invoices"


@pytest.fixture(autouse=True)
def host_path(settings):
    """A path of the host CRM, for which there is no permission row."""
    settings.KEY_TYPE_EXTRA_PATHS = {"v1": ["/crm"]}


@pytest.mark.parametrize("method", ["GET", "get", "HEAD", "OPTIONS", "options"])
@pytest.mark.parametrize("endpoints", [(), ("/crm/*",)], ids=["all", "one"])
def test_read_only_key_reads(endpoints, method, ask):
    issued = _issued(endpoints=endpoints, read_only=True)

    assert_allowed(_ask(ask, issued, method), issued)


@pytest.mark.parametrize(
    "method", ["POST", "post", "PUT", "PATCH", "DELETE", "TRACE", "GETX", "X" * 3_000]
)
@pytest.mark.parametrize("endpoints", [(), ("/crm/*",), ("POST /crm/*",)])
def test_read_only_key_does_nothing_else(endpoints, method, ask):
    issued = _issued(endpoints=endpoints, read_only=True)

    body = assert_refused(_ask(ask, issued, method), 403, "endpoint_not_allowed")

    assert body["detail"] == (
        f"This key is read only: GET, HEAD and OPTIONS may pass, {method.upper()} not."
    )


def test_read_only_key_may_ask_about_itself_with_any_method(ask):
    issued = _issued(endpoints=("/crm/*",), read_only=True)

    answer = _ask(ask, issued, "GET", "/api/whoami")

    assert_allowed(answer, issued)


@pytest.mark.parametrize(
    ("method", "is_allowed"),
    [
        ("GET", True),
        ("HEAD", True),
        ("get", True),
        ("PATCH", True),
        ("POST", False),
        ("OPTIONS", False),
    ],
)
def test_endpoint_permission_holds_for_its_methods(method, is_allowed, ask):
    issued = _issued(endpoints=("GET,PATCH /crm/*", "POST /crm/other"))

    answer = _ask(ask, issued, method)

    if is_allowed:
        assert_allowed(answer, issued)
        return
    body = assert_refused(answer, 403, "endpoint_not_allowed")
    assert body["detail"] == (
        f"No endpoint permission matches {method} {CRM}."
        " The key allows it only for GET, PATCH."
    )


def _issued(**fields):
    return IssuedFactory(
        **{f"fields__{name}": value for name, value in fields.items()},
        fields__networks=(),
    )


def _ask(ask, issued, method, path=CRM):
    return ask(
        **bearer(issued), HTTP_X_ORIGINAL_METHOD=method, HTTP_X_ORIGINAL_URI=path
    )
