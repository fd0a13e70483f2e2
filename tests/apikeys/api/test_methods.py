from __future__ import annotations

import pytest

from tests.factories import IssuedFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.apikeys.api.echo_urls"),
]

URL = "/api/egress/echo"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("endpoints", [(), ("/api/egress/*",)], ids=["all", "one"])
def test_read_only_key_reads(endpoints, method, client):
    assert _call(client, method, endpoints=endpoints, read_only=True).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "endpoints", [(), ("/api/egress/*",), ("PUT,DELETE /api/egress/*",)]
)
def test_read_only_key_does_nothing_else(endpoints, method, client):
    response = _call(client, method, endpoints=endpoints, read_only=True)

    body = response.json()
    assert (response.status_code, body["code"]) == (403, "endpoint_not_allowed")
    assert body["detail"] == (
        f"This key is read only: GET, HEAD and OPTIONS may pass, {method} not."
    )


@pytest.mark.parametrize(
    ("method", "status"),
    [("GET", 200), ("HEAD", 200), ("PATCH", 200), ("POST", 403), ("OPTIONS", 403)],
)
def test_endpoint_permission_holds_for_its_methods(method, status, client):
    response = _call(client, method, endpoints=("GET,PATCH /api/egress/*",))

    assert response.status_code == status
    if status == 403:
        assert response.json()["detail"] == (
            f"No endpoint permission matches {method} {URL}."
            " The key allows it only for GET, PATCH."
        )


def test_key_without_methods_in_its_permissions_uses_any(client):
    assert _call(client, "DELETE", endpoints=("/api/egress/*",)).status_code == 200


def test_explain_judges_head_as_get_and_tells_the_methods(client):
    issued = IssuedFactory(fields__endpoints=("GET /api/egress/*",))

    def explain(method):
        return client.get(
            f"/api/explain?method={method}&path={URL}",
            headers={"Authorization": f"Bearer {issued.token.text}"},
        ).json()

    assert explain("head")["allowed"] is True
    assert (explain("PUT")["rule"], explain("PUT")["detail"]) == (
        "endpoint",
        f"No endpoint permission matches PUT {URL}. The key allows it only for GET.",
    )


def _call(client, method, **fields):
    issued = IssuedFactory(
        **{f"fields__{name}": value for name, value in fields.items()}
    )
    return client.generic(
        method, URL, headers={"Authorization": f"Bearer {issued.token.text}"}
    )
