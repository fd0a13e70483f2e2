from __future__ import annotations

import pytest

from apikeys.access.endpoint_permissions import Route, RouteTable
from apikeys.access.paths import judged_method

LEADS = Route("/api/leads", {"GET": "crm.view_lead", "POST": "crm.add_lead"})
ONE = Route("/api/leads/[^/]+", {"GET": "crm.view_lead"})
NEWEST = Route("/api/leads/newest", {"GET": None})
TABLE = RouteTable([LEADS, NEWEST, ONE])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/api/leads", LEADS, id="literal"),
        pytest.param("/api/leads/17", ONE, id="any-segment"),
        pytest.param("/api/leads/newest", NEWEST, id="first-that-matches"),
        pytest.param("/api/leads/17/notes", None, id="longer"),
        pytest.param("/api", None, id="shorter"),
        pytest.param("/api/Leads", None, id="other-case"),
        pytest.param("/", None, id="root"),
        pytest.param(None, None, id="malformed-path"),
    ],
)
def test_path_is_of_route(path, expected):
    assert TABLE.find(path) is expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [("get", "GET"), ("HEAD", "GET"), ("head", "GET"), ("Put", "PUT")],
)
def test_method_is_judged_as(method, expected):
    assert judged_method(method) == expected
