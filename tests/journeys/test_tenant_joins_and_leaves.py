from __future__ import annotations

import json

import pytest

from tests.plugin_tokens import JSON, authorize, bearer, make_full_key

pytestmark = pytest.mark.django_db


def test_tenant_joins_and_its_page_is_let_in_until_it_leaves(client):
    """As the CRM's own code does it, with a base URL and a key and nothing else."""
    key = make_full_key()

    def call(method, path, body=None):
        response = client.generic(
            method, path, "" if body is None else json.dumps(body), JSON, **bearer(key)
        )
        assert response.status_code == 200, response.content
        return response.json()

    def page_is_let_in(origin):
        response = authorize(client, value, origin)
        assert response.json()["allowed"] is (response.status_code == 200)
        assert ("Access-Control-Allow-Origin" in response) is (
            response.status_code == 200
        )
        return response.status_code == 200

    # The CRM embeds the editor: one token, its own domain.
    data = call("POST", "/api/api-tokens", {"name": "editor", "domains": "crm.com"})[
        "data"
    ]
    path, value = f"/api/api-tokens/{data['id']}", data["token"]
    assert page_is_let_in("https://app.crm.com")
    assert not page_is_let_in("https://acme.example")

    # Two tenants with domains of their own join.
    call("POST", f"{path}/add-domains", {"domains": "acme.example"})
    call("POST", f"{path}/add-domains", {"domains": "Globex.example:8443"})
    assert page_is_let_in("https://mail.acme.example")
    assert page_is_let_in("https://globex.example:8443")
    assert not page_is_let_in("https://globex.example")
    assert not page_is_let_in("https://notacme.example")

    # Its token is what it was all the while; the CRM reads it again.
    (listed,) = call("GET", "/api/api-tokens")["data"]
    assert listed["token"] == value
    assert listed["domains"] == "crm.com,acme.example,globex.example:8443"

    # One tenant leaves: its pages are shut out, the others' are not.
    call("POST", f"{path}/delete-domains", {"domains": "acme.example"})
    assert not page_is_let_in("https://mail.acme.example")
    assert not page_is_let_in("https://acme.example")
    assert page_is_let_in("https://globex.example:8443")
    assert page_is_let_in("https://app.crm.com")

    # The CRM gives the editor up.
    assert call("DELETE", path) == {"success": True}
    assert not page_is_let_in("https://app.crm.com")
    assert call("GET", "/api/api-tokens") == {"data": []}
