from __future__ import annotations

import pytest

from apikeys.access.endpoint_permissions import permission_for, rows

ROWS = (
    *rows("/api/egress/leads", {"GET": "crm.view_lead", "POST": "crm.add_lead"}),
    *rows("/api/egress/*", {"GET": "crm.view_anything"}),
)


@pytest.fixture(autouse=True)
def contributed(endpoint_permissions):
    endpoint_permissions(*ROWS)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("GET", "/api/egress/leads", "crm.view_lead", id="first-row"),
        pytest.param("POST", "/api/egress/leads", "crm.add_lead", id="other-method"),
        pytest.param("HEAD", "/api/egress/leads", "crm.view_lead", id="head-is-get"),
        pytest.param("get", "/api/egress/leads", "crm.view_lead", id="small-letters"),
        pytest.param("GET", "/api/egress/x", "crm.view_anything", id="star"),
        pytest.param("GET", "/crm/leads", None, id="path-without-a-row"),
        pytest.param("GET", None, None, id="malformed-path"),
    ],
)
def test_call_needs(method, path, expected):
    assert permission_for(method, path) == expected
