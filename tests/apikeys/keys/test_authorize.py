from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access.rules import Grant
from apikeys.keys.authorize import explain_call

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GRANT = Grant(
    key_id="kd_0123456789ABCDEF",
    name="Billing",
    key_type="v1",
    covered=("/api",),
)


@pytest.mark.parametrize(
    ("path", "passes"),
    [
        pytest.param("/api/egress/leads", True, id="path"),
        pytest.param(" https://crm.example/api/x/?a=1 ", True, id="pasted-url"),
        pytest.param("/api/%6Ceads", True, id="encoded-letter"),
        pytest.param("/apis/x", False, id="not-covered"),
        pytest.param("/api/%2e%2e/x", False, id="encoded-dots"),
        pytest.param("leads", False, id="no-path"),
        pytest.param("", False, id="empty"),
    ],
)
def test_explained_path_is_the_one_that_the_gate_would_see(path, passes):
    answer = explain_call(GRANT, method="get", path=path, address=None, at=NOW)

    assert answer.allowed is passes


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        pytest.param("GET", "/api/whoami", None, id="declared"),
        pytest.param("head", "/api/whoami/", None, id="head-is-get"),
        pytest.param("POST", "/api/whoami", "method_not_allowed", id="without-a-row"),
        pytest.param("PURGE", "/api/api-tokens", "method_not_allowed", id="unheard-of"),
        pytest.param("GET", "/api/api-tokens", "permission_missing", id="no-role"),
        pytest.param("GET", "/api/api-tokens/x", "permission_missing", id="any-id"),
        pytest.param("PURGE", "/api/egress/leads", None, id="the-host-crms"),
    ],
)
def test_route_of_ours_is_closed_and_the_hosts_paths_are_not(method, path, code):
    answer = explain_call(GRANT, method=method, path=path, address=None, at=NOW)

    assert (answer.refusal and answer.refusal.code) == code


@pytest.mark.urls("tests.apikeys.keys.pages.guarded_urls")
@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param("/api/egress/numbered/7", "permission_missing", id="number"),
        pytest.param("/api/egress/numbered/newest", None, id="named-one-behind-it"),
        pytest.param("/api/egress/numbered/x", None, id="the-host-crms"),
    ],
)
def test_route_is_judged_as_the_router_finds_it(path, code):
    answer = explain_call(GRANT, method="GET", path=path, address=None, at=NOW)

    assert (answer.refusal and answer.refusal.code) == code


@given(st.text(), st.text())
def test_any_method_and_path_are_explained(method, path):
    answer = explain_call(GRANT, method=method, path=path, address=None, at=NOW)

    assert answer.detail
